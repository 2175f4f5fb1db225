//! The verdict of a check alone, without findings and without memory of its own: for classifiers.

use std::ops::Range;

use super::check::{is_repeated_letter, may_be_trade_name};
use super::description::{Description, TokenKind};
use super::vague::{TermKind, VagueTerms};
use crate::Reason;

/// Words looked at in one go; no term of the list is longer.
const WINDOW: usize = 16;

/// Why no classifier answers the description that was read: it has no words, or [`check`](super::check) refuses it.
/// Finds nothing else out, and allocates nothing once `key` has grown.
pub(crate) fn refusal(description: &Description, key: &mut String) -> Option<Reason> {
    if !description.has_words() {
        Some(Reason::NoWords)
    } else {
        VagueTerms::embedded().refuses(description, key).then_some(Reason::Vague)
    }
}

/// A term that was found: what it is, and its words.
type Hit = (TermKind, Range<usize>);

impl VagueTerms {
    /// Whether a check refuses the description, by any list of terms of up to [`WINDOW`] words.
    pub(super) fn refuses(&self, description: &Description, key: &mut String) -> bool {
        let mut words = description.tokens().filter(|token| token.kind == TokenKind::Word);
        let has_name = || description.tokens().any(|token| may_be_trade_name(&token));
        let window = self.most_words().min(WINDOW);
        let (mut at, mut seen) = (0, [false; 6]);
        let mut last: Option<Hit> = None;
        let mut head = false;
        loop {
            let mut texts = [""; WINDOW];
            let mut count = 0;
            for (text, word) in texts.iter_mut().zip(words.clone().take(window.max(1))) {
                *text = word.text;
                count += 1;
            }
            if count == 0 {
                break;
            }
            let term = self.longest(&texts[..count], key);
            let length = match term {
                None if is_repeated_letter(texts[0]) => 1,
                None => return is_one_letter(description),
                Some((term, _)) if term.kind == TermKind::Article => return is_one_letter(description),
                Some((term, length)) => {
                    let kind = term.kind;
                    // A refused term is the head unless a word of another kind follows at once.
                    head |= last.take().is_some_and(|last| is_head(&last, Some(&(kind, at..at + length))));
                    seen[kind as usize] = true;
                    last = Some((kind, at..at + length));
                    length
                }
            };
            at += length;
            for _ in 0..length {
                words.next();
            }
        }
        if at == 0 {
            return description.text().is_empty() || description.tokens().len() == 0 || !has_name();
        }
        let Some(last) = last else { return true }; // only keys held down
        head |= is_head(&last, None);
        let has = |kind: TermKind| seen[kind as usize];
        if has(TermKind::Refuse) {
            return !has(TermKind::Weak) && head;
        }
        let stands = has(TermKind::Weak) || (has(TermKind::Material));
        !stands && !has_name()
    }
}

fn is_head((kind, words): &Hit, next: Option<&Hit>) -> bool {
    *kind == TermKind::Refuse
        && !next.is_some_and(|(kind, next)| {
            next.start == words.end && matches!(kind, TermKind::Weak | TermKind::Material | TermKind::Form)
        })
}

/// A text of one letter and nothing else; an ideograph, a kana or a syllable may be a word by itself.
fn is_one_letter(description: &Description) -> bool {
    let mut tokens = description.tokens();
    let only = tokens.next().filter(|token| tokens.next().is_none() && token.kind == TokenKind::Word);
    only.is_some_and(|word| {
        let mut letters = word.text.chars();
        letters.next().is_some_and(|letter| letter < '\u{1100}') && letters.next().is_none()
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::{Verdict, check};
    use super::*;

    fn agree(text: &str) -> bool {
        let mut description = Description::new();
        description.read(text);
        let refused = VagueTerms::embedded().refuses(&description, &mut String::new());
        refused == (check(text).verdict == Verdict::Refuse)
    }

    #[test]
    fn the_longest_term_fits_the_window() {
        assert!(VagueTerms::embedded().most_words() <= WINDOW);
    }

    /// Words of every kind of term, and others.
    const WORDS: [&str; 36] = [
        "gift",
        "gifts",
        "parts",
        "spare",
        "steel",
        "cotton",
        "wooden",
        "box",
        "boxes",
        "pipes",
        "toys",
        "lamp",
        "oil",
        "powder",
        "new",
        "the",
        "of",
        "for",
        "xxx",
        "test",
        "x",
        "a",
        "棉",
        "PS4",
        "4711-0815",
        "12",
        "kg",
        "!",
        "samples",
        "accessories",
        "brake",
        "pads",
        "personal",
        "effects",
        "general",
        "cargo",
    ];

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4000))]
        #[test]
        fn says_what_the_check_says(words in prop::collection::vec(prop::sample::select(&WORDS[..]), 0..6)) {
            let text = words.join(" ");
            prop_assert!(agree(&text), "{}", text);
        }

        #[test]
        fn says_what_the_check_says_of_any_text(text in ".{0,20}") {
            prop_assert!(agree(&text), "{}", text);
        }
    }

    #[test]
    fn every_term_of_the_list_alone_and_in_pairs() {
        let list = include_str!("../../data/vague-terms.tsv");
        let terms: Vec<&str> = list
            .lines()
            .filter(|line| !line.starts_with('#'))
            .skip(1)
            .filter_map(|line| line.split('\t').next())
            .collect();
        for (at, term) in terms.iter().enumerate() {
            let other = terms[(at * 7919 + 13) % terms.len()];
            for text in [(*term).to_owned(), format!("{term} {other}"), format!("{term}, {other} xxx")] {
                assert!(agree(&text), "{text}");
            }
        }
    }
}
