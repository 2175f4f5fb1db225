//! What is computed from the texts when they are opened: terms, their rarity, and which codes use them.

use super::corpus::Corpus;
use super::postings::{Having, Posting, Postings};
use super::stem::stem;
use super::words::Words;
use crate::math::ln;
use crate::{HsCode, Level};

/// A run of neighbouring codes: those of a chapter or of a heading, as the numbers of the first and past the
/// last.
#[derive(Debug, Clone, Copy)]
pub(super) struct Run {
    pub(super) start: u32,
    pub(super) end: u32,
}

/// Terms (words without their plural endings) and how they spread over the codes.
#[derive(Debug)]
pub(super) struct Index {
    pub(super) terms: Words,
    /// The term of each word.
    pub(super) term_of: Vec<u32>,
    /// The logarithm of how rare each term is, squared.
    pub(super) idf_squared: Vec<f32>,
    texts: usize,
    postings: Postings,
    /// Sums of the counts of all terms, by code, heading, chapter; and of all.
    pub(super) totals: Vec<f32>,
    pub(super) heading_totals: Vec<f32>,
    pub(super) chapter_totals: Vec<f32>,
    pub(super) total: f32,
    pub(super) headings: Vec<Run>,
    pub(super) chapters: Vec<Run>,
    pub(super) heading_of: Vec<u16>,
    pub(super) chapter_of: Vec<u16>,
}

/// How rare a term of so many texts is among all texts: the unit of evidence of a word.
fn idf(texts: usize, texts_with: u32) -> f32 {
    ln(1.0 + texts as f64 / f64::from(texts_with.max(1))) as f32
}

impl Index {
    pub(super) fn new(corpus: &Corpus) -> Self {
        let (terms, term_of) = terms(&corpus.words);
        let postings = Postings::new(corpus, &term_of, terms.len());
        let texts = corpus.text_ends.len();
        let idf_squared = (0..terms.len() as u32).map(|term| {
            let idf = idf(texts, postings.texts(term).len() as u32);
            idf * idf
        });
        let idf_squared = idf_squared.collect();
        let (headings, heading_of) = runs(&corpus.codes, Level::Heading);
        let (chapters, chapter_of) = runs(&corpus.codes, Level::Chapter);
        let mut totals = vec![0_f32; corpus.codes.len()];
        for posting in (0..terms.len() as u32).flat_map(|term| postings.classes(term)) {
            totals[usize::from(posting.class)] += f32::from(posting.count);
        }
        let sums = |runs: &[Run]| -> Vec<f32> {
            runs.iter().map(|run| totals[run.start as usize..run.end as usize].iter().sum()).collect()
        };
        Self {
            heading_totals: sums(&headings),
            chapter_totals: sums(&chapters),
            total: totals.iter().sum::<f32>().max(1.0),
            totals,
            terms,
            term_of,
            texts,
            idf_squared,
            postings,
            headings,
            chapters,
            heading_of,
            chapter_of,
        }
    }

    /// The rarity of a term that stands in so many texts.
    pub(super) fn idf_of(&self, texts_with: u32) -> f32 {
        idf(self.texts, texts_with)
    }

    /// The number of texts with a term.
    pub(super) fn texts_with(&self, term: u32) -> u32 {
        self.postings.texts(term).len() as u32
    }

    /// The codes that use a term, ascending, with how many of their texts do.
    pub(super) fn postings(&self, term: u32) -> &[Posting] {
        self.postings.classes(term)
    }

    /// The texts that have a term, ascending.
    pub(super) fn texts(&self, term: u32) -> &[u32] {
        self.postings.texts(term)
    }

    /// The codes that use a term, ascending, with the texts that do.
    pub(super) fn texts_by_class<'a>(
        &'a self,
        corpus: &'a Corpus,
        term: u32,
    ) -> impl Iterator<Item = Having<'a>> {
        self.postings.texts_by_class(corpus, term)
    }
}

/// The different stems of the words, and the stem of each word.
fn terms(words: &Words) -> (Words, Vec<u32>) {
    // Words without an ending are their own stem and come in order; a stem never has an ending, so that only
    // those that are no words themselves have to be sorted in.
    let mut buffer = String::new();
    let mut cut = vec![false; words.len()];
    let mut extra: Vec<String> = Vec::new();
    for (number, word) in words.iter().enumerate() {
        let stem = stem(word, &mut buffer);
        cut[number] = stem != word;
        if cut[number] && words.find(stem).is_none() {
            extra.push(stem.to_owned());
        }
    }
    extra.sort_unstable();
    extra.dedup();
    let mut own = words.iter().zip(&cut).filter(|(_, cut)| !**cut).map(|(word, _)| word).peekable();
    let mut extra = extra.iter().map(String::as_str).peekable();
    let mut terms = Words::with_capacity(words.len(), 0);
    loop {
        let next = match (own.peek(), extra.peek()) {
            (Some(a), Some(b)) if a < b => own.next(),
            (Some(_), None) => own.next(),
            _ => extra.next(),
        };
        let Some(next) = next else { break };
        terms.push(next);
    }
    terms.index();
    let term_of = words.iter().map(|word| terms.find(stem(word, &mut buffer)).unwrap_or_default()).collect();
    (terms, term_of)
}

fn runs(codes: &[HsCode], level: Level) -> (Vec<Run>, Vec<u16>) {
    let mut runs: Vec<Run> = Vec::new();
    let mut run_of = Vec::with_capacity(codes.len());
    let mut last = None;
    for (class, code) in codes.iter().enumerate() {
        let class = class as u32;
        let above = code.at(level);
        match runs.last_mut() {
            Some(run) if last == Some(above) => run.end = class + 1,
            _ => runs.push(Run { start: class, end: class + 1 }),
        }
        last = Some(above);
        run_of.push(runs.len() as u16 - 1);
    }
    (runs, run_of)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn index(rows: &[(&str, &str)]) -> (Corpus, Index) {
        let rows = rows.iter().map(|&(code, text)| (code.parse().unwrap(), text));
        let corpus = Corpus::from_texts(rows).unwrap();
        let index = Index::new(&corpus);
        (corpus, index)
    }

    #[test]
    fn counts_texts_by_code() {
        let (_, index) = index(&[
            ("610910", "tee shirts, shirt shirt"),
            ("610910", "cotton shirt"),
            ("610990", "shirts"),
            ("620520", "shirtings"),
        ]);
        let shirt = index.terms.find("shirt").unwrap();
        let counts: Vec<_> = index.postings(shirt).iter().map(|p| (p.class, p.count)).collect();
        assert_eq!(counts, [(0, 2), (1, 1)]);
        assert_eq!(index.texts_with(shirt), 3);
        assert_eq!(index.terms.find("shirts"), None);
        assert_eq!(index.headings.len(), 2);
        assert_eq!((index.heading_of[2], index.chapter_of[2]), (1, 1));
        assert_eq!(index.total, 6.0);
    }

    #[test]
    fn terms_are_the_stems_in_order() {
        let (corpus, index) = index(&[("900490", "berries glasses glass watches zinc")]);
        assert_eq!(index.terms.iter().collect::<Vec<_>>(), ["berry", "glass", "watch", "zinc"]);
        let of = |word: &str| index.terms.get(index.term_of[corpus.words.find(word).unwrap() as usize]);
        assert_eq!((of("glasses"), of("glass"), of("berries")), ("glass", "glass", "berry"));
    }
}
