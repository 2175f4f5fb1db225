//! From what codes' texts say in general and what the nearest texts say to one probability a code.

use super::Lexical;
use super::best::{Best, best};
use super::classes::ClassScores;
use super::corpus::names_something;
use super::neighbours::Neighbours;
use super::own::OwnScratch;
use super::query::Query;
use crate::HsCode;
use crate::math::{exp, ln};
use crate::text::Description;

/// How many codes are looked at closely.
const CANDIDATES: usize = 128;
/// The part of the nearest texts in the score.
const NEAREST_PART: f64 = 0.5;
/// What the votes of the nearest texts must add up to before they are taken whole.
const VOTES: f64 = 0.3;
/// How far the word model is believed, for a description of three words. Words are not independent, so that
/// the evidence of more words counts for less each: by the square root.
const BELIEF: f64 = 0.7;
const BELIEF_WORDS: f64 = 3.0;
/// A pair of words that a code's texts have: logarithm of 1 + this x (its part of all texts with the pair).
const PAIR_RATIO: f64 = 20.0;
const PAIR_EXTRA: f64 = 5.0;
/// The part of the references that say the very same, in the score.
const EXACT_PART: f64 = 0.5;

/// Working memory of one classification, and its result.
#[derive(Debug, Default)]
pub(crate) struct Scratch {
    pub(crate) description: Description,
    /// Room for the spelling of a vague term.
    pub(super) key: String,
    pub(super) query: Query,
    pub(super) classes: ClassScores,
    best: Best,
    pub(super) neighbours: Neighbours,
    /// The numbers of the likeliest codes.
    pub(super) candidates: Vec<u16>,
    /// Their probabilities before calibration; at most 1 together.
    pub(super) scores: Vec<f64>,
    votes: Vec<f64>,
    /// The places of the candidates, by code ascending.
    pub(super) order: Vec<u16>,
    /// What was heard, and the same as an answer's scores.
    pub(super) heard: Vec<(HsCode, f64)>,
    pub(super) ranked: Vec<(HsCode, f32)>,
    pub(crate) own: OwnScratch,
}

impl Lexical {
    /// Scores the codes of `range` for the description read into `scratch`.
    pub(super) fn fuse(&self, range: std::ops::Range<usize>, scratch: &mut Scratch) {
        let Scratch {
            description, query, classes, best: work, neighbours, candidates, scores, votes, ..
        } = scratch;
        candidates.clear();
        scores.clear();
        neighbours.nearest.clear();
        if !names_something(description) {
            return;
        }
        query.read(description, &self.index, &self.similar);
        let known = query.slots.iter().filter(|slot| !query.alternatives(slot).is_empty()).count();
        if known == 0 {
            return;
        }
        self.classes.score(&self.index, query, classes);
        best(&classes.product, range, CANDIDATES, work, candidates);
        neighbours.scan(&self.corpus, &self.index, &self.norms, query, candidates);

        // The word model, with the evidence of pairs: logarithms, then their soft maximum.
        scores.extend(candidates.iter().map(|&class| ln(classes.product[usize::from(class)])));
        let pairs = query.pairs.len();
        for pair in 0..pairs {
            let count = |candidate: usize| f64::from(neighbours.pair_counts[candidate * pairs + pair]);
            let all: f64 = (0..candidates.len()).map(count).sum();
            if all > 0.0 {
                for (candidate, score) in scores.iter_mut().enumerate() {
                    *score += ln(1.0 + PAIR_RATIO * count(candidate) / (all + PAIR_EXTRA));
                }
            }
        }
        let belief = BELIEF * (BELIEF_WORDS / query.slots.len() as f64).sqrt();
        let most = scores.iter().copied().fold(f64::MIN, f64::max);
        scores.iter_mut().for_each(|score| *score = exp((*score - most) * belief));
        let sum: f64 = scores.iter().sum();
        scores.iter_mut().for_each(|score| *score *= (1.0 - NEAREST_PART) / sum);

        // The nearest texts vote with the cube of their similarity.
        votes.clear();
        votes.resize(candidates.len(), 0.0);
        let mut exact = 0;
        for neighbour in &neighbours.nearest {
            let ranked = f64::from(neighbour.ranked);
            votes[usize::from(neighbour.candidate)] += ranked * ranked * ranked;
            exact += usize::from(neighbour.exact);
        }
        let all = votes.iter().sum::<f64>() + VOTES;
        for (score, vote) in scores.iter_mut().zip(votes.iter()) {
            *score += NEAREST_PART * vote / all;
        }
        let understood = query.understood();
        scores.iter_mut().for_each(|score| *score *= understood);
        if exact > 0 {
            scores.iter_mut().for_each(|score| *score *= 1.0 - EXACT_PART);
            for neighbour in neighbours.nearest.iter().filter(|neighbour| neighbour.exact) {
                scores[usize::from(neighbour.candidate)] += EXACT_PART / exact as f64;
            }
        }
    }

    /// Makes the scores surer or less sure, so that they are probabilities; what they sum to stays.
    pub(super) fn calibrate(&self, scores: &mut [f64]) {
        let before: f64 = scores.iter().sum();
        let top = scores.iter().copied().fold(0.0, f64::max);
        if top <= 0.0 {
            return;
        }
        for score in scores.iter_mut().filter(|score| **score > 0.0) {
            *score = exp(self.sharpness * ln(*score / top));
        }
        let after: f64 = scores.iter().sum();
        scores.iter_mut().for_each(|score| *score *= before / after);
    }
}
