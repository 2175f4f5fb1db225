//! How likely each code's texts would say what the description says.
//!
//! A unigram model of every code, smoothed by its heading's, that by its chapter's, that by all texts'
//! (Jelinek-Mercer). Of each word only the ratio to all texts counts, so that a word that no text has says
//! nothing, and a common one little.

use std::cmp::Reverse;

use super::index::Index;
use super::query::Query;
use super::similar::Alternative;
use crate::math::ln;

/// How much of a model is what lies above it: of a chapter all texts, of a heading its chapter, of a
/// subheading its heading. Chosen on held-out texts; all between 0.15 and 0.6 are within a point.
const ABOVE_CHAPTER: f32 = 0.5;
const ABOVE_HEADING: f32 = 0.3;
const ABOVE_SUBHEADING: f32 = 0.2;
/// Words added to each code's count: a code with few texts is no surer for that.
const EXTRA_WORDS: f32 = 20.0;
const EXTRA_COUNT: f32 = 0.5;
/// How many of the terms that the most codes use have their ratios laid out when the references are opened.
const LAID_OUT: usize = 64;

/// Factors of the smoothed counts, one a code, heading, chapter.
#[derive(Debug)]
pub(super) struct Classes {
    by_class: Vec<f32>,
    by_heading: Vec<f32>,
    by_chapter: Vec<f32>,
    /// How common each code is before a word is read: the more texts we wrote, the more it is traded.
    prior: Vec<f64>,
    /// The terms that the most codes use, ascending.
    common: Vec<u32>,
    /// Their ratios, by term and code.
    laid_out: Vec<f32>,
}

/// Working memory: the product of ratios by code, and the ratios of one slot.
#[derive(Debug, Default)]
pub(super) struct ClassScores {
    pub(super) product: Vec<f64>,
    ratio: Vec<f32>,
}

const FLOOR: f32 = ABOVE_SUBHEADING * ABOVE_HEADING * ABOVE_CHAPTER;

impl Classes {
    pub(super) fn new(index: &Index) -> Self {
        let factors = |totals: &[f32], part: f32, extra: f32| -> Vec<f32> {
            totals.iter().map(|total| part / (total + extra)).collect()
        };
        let mut classes = Self {
            prior: index.totals.iter().map(|&total| f64::from(total)).collect(),
            by_class: factors(&index.totals, 1.0 - ABOVE_SUBHEADING, EXTRA_WORDS),
            by_heading: factors(&index.heading_totals, ABOVE_SUBHEADING * (1.0 - ABOVE_HEADING), 0.0),
            by_chapter: factors(
                &index.chapter_totals,
                ABOVE_SUBHEADING * ABOVE_HEADING * (1.0 - ABOVE_CHAPTER),
                0.0,
            ),
            common: common(index),
            laid_out: Vec::new(),
        };
        let (mut laid_out, mut ratio) = (Vec::new(), Vec::new());
        for &term in &classes.common {
            classes.ratios(index, &[Alternative { term, weight: 1.0 }], &mut ratio);
            laid_out.extend_from_slice(&ratio);
        }
        classes.laid_out = laid_out;
        classes
    }

    /// Fills `scores.product`: for each code its prior, times over the slots how much likelier its texts say it
    /// than all texts.
    pub(super) fn score(&self, index: &Index, query: &Query, scores: &mut ClassScores) {
        scores.product.clear();
        scores.product.extend_from_slice(&self.prior);
        let ClassScores { product, ratio } = scores;
        for slot in &query.slots {
            let ratios = match query.alternatives(slot) {
                [] => continue,
                alternatives => self.ratios_of(index, alternatives, ratio),
            };
            let pairs = product.iter_mut().zip(ratios);
            match slot.halvings {
                0 => pairs.for_each(|(product, ratio)| *product *= f64::from(*ratio)),
                1 => pairs.for_each(|(product, ratio)| *product *= f64::from(ratio.sqrt())),
                _ => pairs.for_each(|(product, ratio)| *product *= f64::from(ratio.sqrt().sqrt())),
            }
        }
    }

    /// The ratios of one slot, by code: those laid out, or computed in `room`.
    fn ratios_of<'a>(
        &'a self,
        index: &Index,
        alternatives: &[Alternative],
        room: &'a mut Vec<f32>,
    ) -> &'a [f32] {
        let classes = index.totals.len();
        if let [Alternative { term, weight: 1.0 }] = alternatives
            && let Ok(at) = self.common.binary_search(term)
        {
            return &self.laid_out[at * classes..(at + 1) * classes];
        }
        self.ratios(index, alternatives, room);
        room
    }

    /// Computes the ratios of one slot, by code.
    fn ratios(&self, index: &Index, alternatives: &[Alternative], ratio: &mut Vec<f32>) {
        let sum: f32 = alternatives.iter().map(|a| a.weight).sum();
        ratio.clear();
        ratio.resize(index.totals.len(), (1.0 - sum).max(0.0) + sum * FLOOR);
        for alternative in alternatives {
            let postings = index.postings(alternative.term);
            let all: u32 = postings.iter().map(|posting| u32::from(posting.count)).sum();
            let scale = alternative.weight * index.total / (all as f32 + EXTRA_COUNT);
            let mut rest = postings;
            while let Some(first) = rest.first() {
                let chapter = usize::from(index.chapter_of[usize::from(first.class)]);
                let run = index.chapters[chapter];
                let count = rest.iter().take_while(|posting| u32::from(posting.class) < run.end).count();
                let (mut these, after) = rest.split_at(count);
                rest = after;
                let own: u32 = these.iter().map(|posting| u32::from(posting.count)).sum();
                let plus = scale * self.by_chapter[chapter] * own as f32;
                ratio[run.start as usize..run.end as usize].iter_mut().for_each(|r| *r += plus);
                while let Some(first) = these.first() {
                    let heading = usize::from(index.heading_of[usize::from(first.class)]);
                    let run = index.headings[heading];
                    let count = these.iter().take_while(|posting| u32::from(posting.class) < run.end).count();
                    let (same, after) = these.split_at(count);
                    these = after;
                    let own: u32 = same.iter().map(|posting| u32::from(posting.count)).sum();
                    let plus = scale * self.by_heading[heading] * own as f32;
                    ratio[run.start as usize..run.end as usize].iter_mut().for_each(|r| *r += plus);
                    for posting in same {
                        let class = usize::from(posting.class);
                        ratio[class] += scale * self.by_class[class] * f32::from(posting.count);
                    }
                }
            }
        }
    }

    /// What each slot says for one code: logarithms of its ratio, in nats.
    pub(super) fn contributions(
        &self,
        index: &Index,
        query: &Query,
        class: usize,
        scores: &mut ClassScores,
    ) -> Vec<f64> {
        query
            .slots
            .iter()
            .map(|slot| {
                let alternatives = query.alternatives(slot);
                if alternatives.is_empty() {
                    return 0.0;
                }
                let ratio = self.ratios_of(index, alternatives, &mut scores.ratio)[class];
                ln(f64::from(ratio)) / f64::from(1_u32 << slot.halvings)
            })
            .collect()
    }
}

/// The terms that the most codes use, ascending.
fn common(index: &Index) -> Vec<u32> {
    let mut terms: Vec<u32> = (0..index.terms.len() as u32).collect();
    if terms.len() > LAID_OUT {
        let order = |term: &u32| (Reverse(index.postings(*term).len()), *term);
        terms.select_nth_unstable_by_key(LAID_OUT, order);
        terms.truncate(LAID_OUT);
        terms.sort_unstable();
    }
    terms
}

#[cfg(test)]
mod tests {
    use super::super::corpus::Corpus;
    use super::super::similar::Similar;
    use super::*;
    use crate::HsCode;
    use crate::text::Description;
    use proptest::prelude::*;

    /// The definition, for one code: the ratio of each slot, each sum in its order.
    fn plain(classes: &Classes, index: &Index, query: &Query, class: usize) -> f64 {
        let (heading, chapter) = (index.heading_of[class], index.chapter_of[class]);
        let mut product = f64::from(index.totals[class]);
        for slot in query.slots.iter().filter(|slot| !query.alternatives(slot).is_empty()) {
            let alternatives = query.alternatives(slot);
            let sum: f32 = alternatives.iter().map(|a| a.weight).sum();
            let mut ratio = (1.0 - sum).max(0.0) + sum * FLOOR;
            for alternative in alternatives {
                let count = |within: &dyn Fn(usize) -> bool| -> u32 {
                    let inside = index.postings(alternative.term).iter();
                    inside.filter(|p| within(usize::from(p.class))).map(|p| u32::from(p.count)).sum()
                };
                let scale = alternative.weight * index.total / (count(&|_| true) as f32 + EXTRA_COUNT);
                let below_chapter = count(&|other| index.chapter_of[other] == chapter);
                let below_heading = count(&|other| index.heading_of[other] == heading);
                let own = count(&|other| other == class);
                ratio += scale * classes.by_chapter[usize::from(chapter)] * below_chapter as f32;
                ratio += scale * classes.by_heading[usize::from(heading)] * below_heading as f32;
                ratio += scale * classes.by_class[class] * own as f32;
            }
            (0..slot.halvings).for_each(|_| ratio = ratio.sqrt());
            product *= f64::from(ratio);
        }
        product
    }

    fn text() -> impl Strategy<Value = String> {
        // More words than are laid out, some more common than others.
        let word = (0.0..1.0_f64).prop_map(|part| format!("wo{}", (part * part * 150.0) as u32));
        let binding = prop::sample::select(vec!["for", "of", "with"]).prop_map(str::to_owned);
        prop::collection::vec(prop_oneof![8 => word, 1 => binding], 1..12).prop_map(|words| words.join(" "))
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(100))]

        #[test]
        fn products_are_those_of_the_definition(
            rows in prop::collection::vec((0_u32..30, text()), 1..200),
            queries in prop::collection::vec(text(), 1..8),
        ) {
            let code = |number: u32| -> HsCode {
                format!("{:02}{:02}{:02}", 10 + number / 9, number / 3, number).parse().unwrap()
            };
            let rows = rows.iter().map(|(number, text)| (code(*number), text.as_str()));
            let corpus = Corpus::from_texts(rows).unwrap();
            let index = Index::new(&corpus);
            let (similar, classes) = (Similar::new(&index), Classes::new(&index));
            let (mut query, mut description) = (Query::default(), Description::new());
            let mut scores = ClassScores::default();
            for text in &queries {
                description.read(text);
                query.read(&description, &index, &similar);
                classes.score(&index, &query, &mut scores);
                for (class, product) in scores.product.iter().enumerate() {
                    let expected = plain(&classes, &index, &query, class);
                    prop_assert_eq!(product.to_bits(), expected.to_bits(), "{} {}", text, class);
                }
            }
        }
    }
}
