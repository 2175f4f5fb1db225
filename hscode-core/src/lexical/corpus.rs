//! Reference texts as numbers of words, by code.

use std::ops::Range;

use super::words::Words;
use crate::text::Description;
use crate::{Error, ErrorKind, HsCode, Level};

/// The longest reference read, in words; the rest says nothing new about a code.
pub(super) const MAX_WORDS: usize = 255;

/// References of one edition: texts by code ascending, each a row of word numbers.
#[derive(Debug, Default)]
pub(super) struct Corpus {
    pub(super) words: Words,
    /// The subheadings that have texts, ascending.
    pub(super) codes: Vec<HsCode>,
    /// Before which text each code's texts end.
    pub(super) code_ends: Vec<u32>,
    /// Before which token each text ends.
    pub(super) text_ends: Vec<u32>,
    /// The texts' words.
    pub(super) tokens: Vec<u32>,
}

/// Whether a text names anything: numbers and units alone do not.
pub(super) fn names_something(description: &Description) -> bool {
    description.names_something()
}

impl Corpus {
    /// Reads texts with their codes. Texts of the same words under one code are kept once; under several codes
    /// under each.
    ///
    /// # Errors
    /// `InvalidInput`: a code is shorter than a subheading, or there are too many words.
    pub(super) fn from_texts<'a>(texts: impl IntoIterator<Item = (HsCode, &'a str)>) -> Result<Self, Error> {
        Self::from_tagged(texts.into_iter().map(|(code, text)| (code, text, 0))).map(|(corpus, _)| corpus)
    }

    /// As [`from_texts`](Self::from_texts), with the tag of each text that is kept: of equal ones the least.
    pub(super) fn from_tagged<'a>(
        texts: impl IntoIterator<Item = (HsCode, &'a str, u32)>,
    ) -> Result<(Self, Vec<u32>), Error> {
        let mut description = Description::new();
        let mut rows: Vec<(HsCode, String, u32)> = Vec::new();
        for (index, (code, text, tag)) in texts.into_iter().enumerate() {
            let code = code.at(Level::Subheading).ok_or_else(|| {
                Error::new(
                    ErrorKind::InvalidInput,
                    format!("reference {index}: code {code}: expected a subheading, 6 digits or more"),
                )
            })?;
            description.read(text);
            if !names_something(&description) {
                continue;
            }
            let mut line = String::new();
            for token in description.tokens().take(MAX_WORDS) {
                if !line.is_empty() {
                    line.push(' ');
                }
                line.push_str(token.text);
            }
            rows.push((code, line, tag));
        }
        rows.sort();
        rows.dedup_by(|next, kept| (next.0, &next.1) == (kept.0, &kept.1));
        let mut words: Vec<&str> = rows.iter().flat_map(|(_, line, _)| line.split(' ')).collect();
        words.sort_unstable();
        words.dedup();
        let mut corpus = Self { words: Words::from_sorted(words), ..Self::default() };
        for (code, line, _) in &rows {
            if corpus.codes.last() != Some(code) {
                corpus.codes.push(*code);
                corpus.code_ends.push(corpus.text_ends.len() as u32);
            }
            for word in line.split(' ') {
                corpus.tokens.push(corpus.words.find(word).unwrap_or_default());
            }
            if u32::try_from(corpus.tokens.len()).is_err() {
                return Err(Error::new(ErrorKind::InvalidInput, "references: more than 2^32 words"));
            }
            corpus.text_ends.push(corpus.tokens.len() as u32);
            if let Some(end) = corpus.code_ends.last_mut() {
                *end = corpus.text_ends.len() as u32;
            }
        }
        Ok((corpus, rows.into_iter().map(|(_, _, tag)| tag).collect()))
    }

    /// The texts of a code, by its number.
    pub(super) fn texts_of(&self, class: usize) -> Range<usize> {
        span(&self.code_ends, class)
    }

    /// The words of a text.
    pub(super) fn text(&self, text: usize) -> &[u32] {
        &self.tokens[span(&self.text_ends, text)]
    }

    /// A text as it reads in normal form.
    pub(super) fn spelled(&self, text: usize) -> String {
        let words: Vec<&str> = self.text(text).iter().map(|&word| self.words.get(word)).collect();
        words.join(" ")
    }

    /// The number of the code that a text stands under.
    pub(super) fn class_of(&self, text: usize) -> usize {
        self.code_ends.partition_point(|&end| end as usize <= text)
    }
}

/// The range that ends at `ends[at]` and starts where the one before ends.
fn span(ends: &[u32], at: usize) -> Range<usize> {
    let start = at.checked_sub(1).map_or(0, |before| ends[before]);
    start as usize..ends[at] as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sorts_by_code_and_keeps_a_text_once_a_code() {
        let code = |text: &str| text.parse::<HsCode>().unwrap();
        let corpus = Corpus::from_texts([
            (code("610910"), "T-Shirts, cotton"),
            (code("01012100"), "horse"),
            (code("610910"), "tshirts COTTON"),
            (code("610990"), "t-shirts cotton"),
            (code("610990"), "12 kg"),
        ])
        .unwrap();
        assert_eq!(corpus.codes, [code("010121"), code("610910"), code("610990")]);
        let texts: Vec<_> = (0..corpus.text_ends.len()).map(|at| corpus.spelled(at)).collect();
        assert_eq!(texts, ["horse", "tshirts cotton", "tshirts cotton"]);
        assert_eq!((corpus.class_of(0), corpus.class_of(2)), (0, 2));
        assert_eq!(corpus.texts_of(2), 2..3);
        let error = Corpus::from_texts([(code("6109"), "tee")]).unwrap_err();
        assert_eq!(error.message(), "reference 0: code 6109: expected a subheading, 6 digits or more");
    }
}
