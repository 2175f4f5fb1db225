//! How likely each code's texts would say what the description says.
//!
//! A unigram model of every code, smoothed by its heading's, that by its chapter's, that by all texts'
//! (Jelinek-Mercer). Of each word only the ratio to all texts counts, so that a word that no text has says
//! nothing, and a common one little.

use super::index::Index;
use super::query::Query;
use crate::math::ln;

/// How much of a model is what lies above it: of a chapter all texts, of a heading its chapter, of a
/// subheading its heading. Chosen on held-out texts; all between 0.15 and 0.6 are within a point.
const ABOVE_CHAPTER: f32 = 0.5;
const ABOVE_HEADING: f32 = 0.3;
const ABOVE_SUBHEADING: f32 = 0.2;
/// Words added to each code's count: a code with few texts is no surer for that.
const EXTRA_WORDS: f32 = 20.0;
const EXTRA_COUNT: f32 = 0.5;

/// Factors of the smoothed counts, one a code, heading, chapter.
#[derive(Debug)]
pub(super) struct Classes {
    by_class: Vec<f32>,
    by_heading: Vec<f32>,
    by_chapter: Vec<f32>,
    /// How common each code is before a word is read: the more texts we wrote, the more it is traded.
    prior: Vec<f64>,
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
        Self {
            prior: index.totals.iter().map(|&total| f64::from(total)).collect(),
            by_class: factors(&index.totals, 1.0 - ABOVE_SUBHEADING, EXTRA_WORDS),
            by_heading: factors(&index.heading_totals, ABOVE_SUBHEADING * (1.0 - ABOVE_HEADING), 0.0),
            by_chapter: factors(
                &index.chapter_totals,
                ABOVE_SUBHEADING * ABOVE_HEADING * (1.0 - ABOVE_CHAPTER),
                0.0,
            ),
        }
    }

    /// Fills `scores.product`: for each code its prior, times over the slots how much likelier its texts say it
    /// than all texts.
    pub(super) fn score(&self, index: &Index, query: &Query, scores: &mut ClassScores) {
        scores.product.clear();
        scores.product.extend_from_slice(&self.prior);
        for slot in &query.slots {
            if query.alternatives(slot).is_empty() {
                continue;
            }
            self.ratios(index, query, slot, &mut scores.ratio);
            for _ in 0..slot.halvings {
                scores.ratio.iter_mut().for_each(|ratio| *ratio = ratio.sqrt());
            }
            for (product, &ratio) in scores.product.iter_mut().zip(&scores.ratio) {
                *product *= f64::from(ratio);
            }
        }
    }

    /// The ratios of one slot, by code.
    fn ratios(&self, index: &Index, query: &Query, slot: &super::query::Slot, ratio: &mut Vec<f32>) {
        let alternatives = query.alternatives(slot);
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
                if query.alternatives(slot).is_empty() {
                    return 0.0;
                }
                self.ratios(index, query, slot, &mut scores.ratio);
                let halved = f64::from(1_u32 << slot.halvings);
                ln(f64::from(scores.ratio[class])) / halved
            })
            .collect()
    }
}

/// The numbers of the best `count` codes of `range`, best first; of equal ones the first.
pub(super) fn best(product: &[f64], range: std::ops::Range<usize>, count: usize, out: &mut Vec<u16>) {
    out.clear();
    out.extend((range.start..range.end).map(|class| class as u16));
    let order =
        |a: &u16, b: &u16| product[usize::from(*b)].total_cmp(&product[usize::from(*a)]).then(a.cmp(b));
    if out.len() > count {
        out.select_nth_unstable_by(count, order);
        out.truncate(count);
    }
    out.sort_unstable_by(order);
}
