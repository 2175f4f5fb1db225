//! Which texts have a term, and how many of each code's.

use std::ops::Range;

use super::corpus::{Corpus, MAX_WORDS};

/// How many texts of a code have a term; 65,535 also stands for more.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Posting {
    pub(super) class: u16,
    pub(super) count: u16,
}

/// A place in a text that stands for several.
pub(super) const SEVERAL: u8 = u8::MAX;
const _: () = assert!(MAX_WORDS <= SEVERAL as usize);

/// Texts of one code that have a term.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Having<'a> {
    pub(super) class: u16,
    /// Their numbers, ascending.
    pub(super) texts: &'a [u32],
    /// At which word each has the term, from 0, or [`SEVERAL`].
    pub(super) places: &'a [u8],
}

/// Inverted lists, by term.
#[derive(Debug)]
pub(super) struct Postings {
    /// Before which of `texts` those of each term end.
    text_ends: Vec<u32>,
    /// The numbers of each term's texts, ascending, and so by code.
    texts: Vec<u32>,
    /// At which word each of these has the term, or [`SEVERAL`].
    places: Vec<u8>,
    /// Before which of `classes` those of each term end.
    class_ends: Vec<u32>,
    classes: Vec<Posting>,
}

impl Postings {
    /// `term_of`: the term of each word. `terms`: how many there are.
    pub(super) fn new(corpus: &Corpus, term_of: &[u32], terms: usize) -> Self {
        let mut last = vec![u32::MAX; terms];
        let mut text_ends = vec![0_u32; terms];
        each_word(corpus, term_of, &mut last, |_, term, _, first| text_ends[term] += u32::from(first));
        let mut sum = 0;
        for end in &mut text_ends {
            let start = sum;
            sum += *end;
            *end = start;
        }
        last.fill(u32::MAX);
        let (mut texts, mut places) = (vec![0_u32; sum as usize], vec![SEVERAL; sum as usize]);
        each_word(corpus, term_of, &mut last, |text, term, place, first| {
            let end = &mut text_ends[term];
            if first {
                texts[*end as usize] = text;
                places[*end as usize] = place;
                *end += 1;
            } else {
                places[*end as usize - 1] = SEVERAL;
            }
        });
        let (class_ends, classes) = (Vec::with_capacity(terms), Vec::new());
        let mut postings = Self { text_ends, texts, places, class_ends, classes };
        postings.count(corpus);
        postings
    }

    /// Fills the codes' counts from the lists of texts.
    fn count(&mut self, corpus: &Corpus) {
        let codes = 0..corpus.codes.len();
        let class_of: Vec<u16> =
            codes.flat_map(|class| corpus.texts_of(class).map(move |_| class as u16)).collect();
        let mut start = 0;
        for &end in &self.text_ends {
            let mut open: Option<Posting> = None;
            for &text in &self.texts[start..end as usize] {
                let class = class_of[text as usize];
                match &mut open {
                    Some(posting) if posting.class == class => {
                        posting.count = posting.count.saturating_add(1)
                    }
                    _ => self.classes.extend(open.replace(Posting { class, count: 1 })),
                }
            }
            self.classes.extend(open);
            self.class_ends.push(self.classes.len() as u32);
            start = end as usize;
        }
        self.classes.shrink_to_fit();
    }

    /// The texts that have a term, ascending.
    pub(super) fn texts(&self, term: u32) -> &[u32] {
        &self.texts[span(&self.text_ends, term)]
    }

    /// The codes whose texts have a term, ascending.
    pub(super) fn classes(&self, term: u32) -> &[Posting] {
        &self.classes[span(&self.class_ends, term)]
    }

    /// The codes whose texts have a term, ascending, with these texts.
    pub(super) fn texts_by_class<'a>(
        &'a self,
        corpus: &'a Corpus,
        term: u32,
    ) -> impl Iterator<Item = Having<'a>> {
        let span = span(&self.text_ends, term);
        let (mut texts, mut places) = (&self.texts[span.clone()], &self.places[span]);
        self.classes(term).iter().map(move |&Posting { class, count }| {
            let count = match count {
                u16::MAX => {
                    let end = corpus.texts_of(usize::from(class)).end;
                    texts.partition_point(|&text| (text as usize) < end)
                }
                count => usize::from(count),
            };
            let (these, behind) = texts.split_at(count);
            let (their_places, places_behind) = places.split_at(count);
            (texts, places) = (behind, places_behind);
            Having { class, texts: these, places: their_places }
        })
    }
}

/// Does something with each word of each text, texts ascending: text, term, place in the text, whether the text has
/// the term there first. `last`: `u32::MAX` for each term.
fn each_word(corpus: &Corpus, term_of: &[u32], last: &mut [u32], mut work: impl FnMut(u32, usize, u8, bool)) {
    for text in 0..corpus.text_ends.len() {
        for (place, &word) in corpus.text(text).iter().enumerate() {
            let term = term_of[word as usize] as usize;
            let first = last[term] != text as u32;
            last[term] = text as u32;
            work(text as u32, term, place as u8, first);
        }
    }
}

/// The range that ends at `ends[at]` and starts where the one before ends.
fn span(ends: &[u32], at: u32) -> Range<usize> {
    let start = at.checked_sub(1).map_or(0, |before| ends[before as usize]);
    start as usize..ends[at as usize] as usize
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A corpus of words that are numbers, their own terms.
    fn corpus(classes: &[Vec<Vec<u32>>]) -> Corpus {
        let mut corpus = Corpus::default();
        for (class, texts) in classes.iter().enumerate() {
            for text in texts {
                corpus.tokens.extend(text);
                corpus.text_ends.push(corpus.tokens.len() as u32);
            }
            corpus.codes.push(format!("{:06}", 10_000 + class).parse().unwrap());
            corpus.code_ends.push(corpus.text_ends.len() as u32);
        }
        corpus
    }

    /// Every list as it must be, found by reading all texts for each term.
    fn check(corpus: &Corpus, postings: &Postings, terms: u32) {
        for term in 0..terms {
            let has = |&text: &usize| corpus.text(text).contains(&term);
            let texts: Vec<u32> = (0..corpus.text_ends.len()).filter(has).map(|text| text as u32).collect();
            assert_eq!(postings.texts(term), texts);
            let mut by_class = Vec::new();
            for class in 0..corpus.codes.len() {
                let own: Vec<u32> = corpus.texts_of(class).filter(has).map(|text| text as u32).collect();
                if !own.is_empty() {
                    by_class.push((class as u16, own));
                }
            }
            let count = |own: &[u32]| u16::try_from(own.len()).unwrap_or(u16::MAX);
            let counts = by_class.iter().map(|(class, own)| Posting { class: *class, count: count(own) });
            assert_eq!(postings.classes(term), counts.collect::<Vec<_>>());
            let found: Vec<_> = postings.texts_by_class(corpus, term).collect();
            assert_eq!(found.iter().map(|own| (own.class, own.texts.to_vec())).collect::<Vec<_>>(), by_class);
            for (&text, &place) in found.iter().flat_map(|own| own.texts.iter().zip(own.places)) {
                let words = corpus.text(text as usize).iter().enumerate();
                let places: Vec<usize> = words.filter(|&(_, &word)| word == term).map(|(at, _)| at).collect();
                match places.as_slice() {
                    [only] => assert_eq!(usize::from(place), *only),
                    _ => assert_eq!(place, SEVERAL),
                }
            }
        }
    }

    #[test]
    fn a_count_that_is_full_stands_for_more() {
        let many = |count| vec![vec![0_u32]; count];
        let corpus = corpus(&[many(65_534), many(65_535), many(65_536), vec![vec![1, 0], vec![1]]]);
        check(&corpus, &Postings::new(&corpus, &[0, 1], 2), 2);
    }

    proptest! {
        #[test]
        fn lists_are_what_reading_all_texts_finds(
            classes in prop::collection::vec(
                prop::collection::vec(prop::collection::vec(0_u32..9, 1..6), 1..6), 1..9),
        ) {
            let corpus = corpus(&classes);
            let term_of: Vec<u32> = (0..9).collect();
            check(&corpus, &Postings::new(&corpus, &term_of, 9), 9);
        }
    }
}
