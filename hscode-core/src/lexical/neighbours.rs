//! The texts of the likeliest codes that share a word with the description: how like it each is.
//!
//! They are found by the lists of texts by term. What a text gains is a sum of floats in the order in which it first
//! has what the description says. Most share one word or two that are no pair, so that there is no order to look for;
//! only the others are read word by word.

use std::ops::Range;

use super::corpus::Corpus;
use super::index::Index;
use super::query::{MAX_SLOTS, Query};
use super::similar::MOST;

/// How many of the nearest texts speak for their codes.
const NEAREST: usize = 60;
/// How many are gathered before all but the nearest are dropped.
const GATHERED: usize = 4 * NEAREST;
/// How much word pairs in the same order add to a similarity.
const PAIR_BONUS: f32 = 0.5;

/// A text and how like the description it is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Neighbour {
    pub(super) text: u32,
    /// Cosine over rare and common words, in `0.0..=1.0`.
    pub(super) cosine: f32,
    /// The cosine, raised by pairs of words that stand together in both.
    pub(super) ranked: f32,
    /// The place of its code among the candidates.
    pub(super) candidate: u16,
    /// Whether it says the same words in the same order.
    pub(super) exact: bool,
}

/// What is known of a text of the candidates: 0, number + 1 of the one term that led to it, or these.
const BY_TWO: u8 = u8::MAX - 1;
const BY_MORE: u8 = u8::MAX;
const _: () = assert!(MAX_SLOTS * MOST < BY_TWO as usize);

/// A term of the description.
#[derive(Debug, Clone, Copy)]
struct Asked {
    term: u32,
    slot: u8,
    /// What a match is worth.
    worth: f32,
    /// No text without another match has a larger cosine.
    most: f32,
    /// Before which of `once` the texts that it was the first to lead to end.
    end: u32,
}

/// A text that a term has led to.
#[derive(Debug, Clone, Copy)]
struct Met {
    text: u32,
    candidate: u16,
    /// The numbers of the first term that led to it and of this one.
    by: [u8; 2],
}

/// Working memory and result of a scan.
#[derive(Debug, Default)]
pub(super) struct Neighbours {
    /// The terms asked for, each once (of several slots the first has it), those of the largest `most` first.
    asked: Vec<Asked>,
    /// By term: number + 1 among those asked for.
    asked_of: Vec<u8>,
    /// By code: number + 1 among the candidates.
    candidate_of: Vec<u16>,
    /// By candidate: what to add to a text's number, wrapping, for its place in `met_by`.
    shifts: Vec<u32>,
    /// By text of the candidates: which terms have led to it.
    met_by: Vec<u8>,
    /// Texts that a first term has led to, by term.
    once: Vec<Met>,
    /// Texts that a second term has led to.
    again: Vec<Met>,
    pair_weights: Vec<f32>,
    /// Texts to be read, and before which of `words` the words of each end.
    to_read: Vec<(Met, u32)>,
    /// By word of them: number + 1 among the terms asked for.
    words: Vec<u8>,
    /// The nearest texts, nearest first.
    pub(super) nearest: Vec<Neighbour>,
    /// By candidate and pair: how many of its texts have the pair; `candidates x pairs`.
    pub(super) pair_counts: Vec<u32>,
}

/// The length of each text as a vector of its words' rarities.
pub(super) fn norms(corpus: &Corpus, index: &Index) -> Vec<f32> {
    let norm = |text: usize| {
        let squares = corpus.text(text).iter().map(|&word| index.term_of[word as usize] as usize);
        squares.fold(0.0_f32, |sum, term| sum + index.idf_squared[term]).sqrt()
    };
    (0..corpus.text_ends.len()).map(norm).collect()
}

impl Neighbours {
    /// Finds the nearest texts of the candidate codes. `norms`: as [`norms`] gives them.
    pub(super) fn scan(
        &mut self,
        corpus: &Corpus,
        index: &Index,
        norms: &[f32],
        query: &Query,
        candidates: &[u16],
    ) {
        self.nearest.clear();
        self.pair_counts.clear();
        self.pair_counts.resize(candidates.len() * query.pairs.len(), 0);
        let query_norm = self.ask(index, query);
        if query_norm > 0.0 {
            self.meet(corpus, index, candidates);
            self.gather(corpus, index, norms, query, query_norm);
        }
        for asked in &self.asked {
            self.asked_of[asked.term as usize] = 0;
        }
        self.nearest.sort_unstable_by(nearer);
        for neighbour in &mut self.nearest {
            neighbour.exact = query.complete && same_words(corpus, index, query, neighbour.text as usize);
        }
    }

    /// Notes what is asked for; the length of the description as a vector.
    fn ask(&mut self, index: &Index, query: &Query) -> f32 {
        self.asked.clear();
        self.asked_of.resize(index.terms.len(), 0);
        let unknown = index.idf_of(1);
        let mut norm = 0.0_f32;
        for (slot, own) in query.slots.iter().enumerate() {
            let (slot, alternatives) = (slot as u8, query.alternatives(own));
            let mut most = 0.0_f32;
            for alternative in alternatives {
                let term = alternative.term;
                let squared = index.idf_squared[term as usize];
                most = most.max(squared);
                let number = &mut self.asked_of[term as usize];
                if *number == 0 {
                    let worth = alternative.weight * squared;
                    self.asked.push(Asked { term, slot, worth, most: 0.0, end: 0 });
                    *number = self.asked.len() as u8;
                }
            }
            norm += if alternatives.is_empty() { unknown * unknown } else { most };
        }
        let norm = norm.sqrt();
        for asked in &mut self.asked {
            // A text is at least as long as one word of it; each operation keeps that order, rounding included.
            asked.most = asked.worth / (norm * index.idf_squared[asked.term as usize].sqrt());
        }
        self.asked.sort_unstable_by(|a, b| b.most.total_cmp(&a.most));
        for (number, asked) in self.asked.iter().enumerate() {
            self.asked_of[asked.term as usize] = number as u8 + 1;
        }
        let rarest = |slot: u8| {
            let alternatives = query.alternatives(&query.slots[usize::from(slot)]);
            alternatives.first().map_or(0.0, |a| index.idf_squared[a.term as usize].sqrt())
        };
        self.pair_weights.clear();
        self.pair_weights.extend(query.pairs.iter().map(|&(a, b)| rarest(a) + rarest(b)));
        norm
    }

    /// Finds the candidates' texts that have what is asked for.
    fn meet(&mut self, corpus: &Corpus, index: &Index, candidates: &[u16]) {
        let Self { asked, candidate_of, shifts, met_by, once, again, .. } = self;
        candidate_of.resize(corpus.codes.len(), 0);
        shifts.clear();
        let mut texts = 0;
        for (candidate, &class) in candidates.iter().enumerate() {
            let own = corpus.texts_of(usize::from(class));
            candidate_of[usize::from(class)] = candidate as u16 + 1;
            shifts.push((texts as u32).wrapping_sub(own.start as u32));
            texts += own.len();
        }
        met_by.clear();
        met_by.resize(texts, 0);
        once.clear();
        again.clear();
        for (number, asked) in asked.iter_mut().enumerate() {
            let number = number as u8;
            for (class, texts) in index.texts_by_class(corpus, asked.term) {
                let Some(candidate) = candidate_of[usize::from(class)].checked_sub(1) else { continue };
                let shift = shifts[usize::from(candidate)];
                for &text in texts {
                    let by = &mut met_by[text.wrapping_add(shift) as usize];
                    match *by {
                        0 => {
                            once.push(Met { text, candidate, by: [number; 2] });
                            *by = number + 1;
                        }
                        BY_TWO.. => *by = BY_MORE,
                        first => {
                            again.push(Met { text, candidate, by: [first - 1, number] });
                            *by = BY_TWO;
                        }
                    }
                }
            }
            asked.end = once.len() as u32;
        }
        candidates.iter().for_each(|&class| candidate_of[usize::from(class)] = 0);
    }

    /// Gathers the nearest of the texts found, and counts pairs.
    fn gather(&mut self, corpus: &Corpus, index: &Index, norms: &[f32], query: &Query, query_norm: f32) {
        let mut nearest = Nearest { all: std::mem::take(&mut self.nearest), least: f32::NEG_INFINITY };
        let all_pairs: f32 = self.pair_weights.iter().sum::<f32>().max(f32::MIN_POSITIVE);
        let near = |met: &Met, gain: f32, pairs: f32| {
            let cosine = (gain / (query_norm * norms[met.text as usize])).min(1.0);
            let ranked = cosine * (1.0 + PAIR_BONUS * pairs / all_pairs);
            Neighbour { text: met.text, cosine, ranked, candidate: met.candidate, exact: false }
        };
        self.to_read.clear();
        self.words.clear();
        for met in &self.again {
            let [a, b] = met.by.map(|number| self.asked[usize::from(number)]);
            let pair = |&pair: &(u8, u8)| pair == (a.slot, b.slot) || pair == (b.slot, a.slot);
            if self.met_by(met) == BY_TWO && a.slot != b.slot && !query.pairs.iter().any(pair) {
                nearest.offer(near(met, a.worth + b.worth, 0.0));
                continue;
            }
            // All are looked up before anything is decided by one, so that no look-up waits for another.
            let terms = corpus.text(met.text as usize).iter().map(|&word| index.term_of[word as usize]);
            self.words.extend(terms.map(|term| self.asked_of[term as usize]));
            self.to_read.push((*met, self.words.len() as u32));
        }
        let mut start = 0;
        for at in 0..self.to_read.len() {
            let (met, end) = self.to_read[at];
            let (gain, pairs) = self.read(query, &met, start..end as usize);
            start = end as usize;
            nearest.offer(near(&met, gain, pairs));
        }
        let mut start = 0;
        for asked in &self.asked {
            let once = &self.once[start..asked.end as usize];
            start = asked.end as usize;
            if asked.most < nearest.least {
                continue;
            }
            for met in once.iter().filter(|met| self.met_by(met) < BY_TWO) {
                nearest.offer(near(met, asked.worth, 0.0));
            }
        }
        self.nearest = nearest.take();
    }

    /// Which terms have led to a text.
    fn met_by(&self, met: &Met) -> u8 {
        let shift = self.shifts[usize::from(met.candidate)];
        self.met_by[met.text.wrapping_add(shift) as usize]
    }

    /// Reads a text word by word: what it gains, and the weights of its pairs, which are counted.
    fn read(&mut self, query: &Query, met: &Met, words: Range<usize>) -> (f32, f32) {
        let counts_from = usize::from(met.candidate) * query.pairs.len();
        let (mut gain, mut pairs) = (0.0_f32, 0.0_f32);
        let (mut seen, mut seen_pairs) = (0_u64, 0_u64);
        let mut last_slot = None;
        for &number in &self.words[words] {
            let Some(number) = number.checked_sub(1) else {
                last_slot = None;
                continue;
            };
            let Asked { slot, worth, .. } = self.asked[usize::from(number)];
            if seen >> slot & 1 == 0 {
                seen |= 1 << slot;
                gain += worth;
            }
            if let Some(last) = last_slot
                && let Some(pair) = query.pairs.iter().position(|&pair| pair == (last, slot))
                && seen_pairs >> pair & 1 == 0
            {
                seen_pairs |= 1 << pair;
                pairs += self.pair_weights[pair];
                self.pair_counts[counts_from + pair] += 1;
            }
            last_slot = Some(slot);
        }
        (gain, pairs)
    }
}

/// Nearest first; of texts that are equally near the first.
fn nearer(a: &Neighbour, b: &Neighbour) -> std::cmp::Ordering {
    b.ranked.total_cmp(&a.ranked).then(a.text.cmp(&b.text))
}

/// The nearest of all that is offered.
struct Nearest {
    all: Vec<Neighbour>,
    /// What is below is not among them.
    least: f32,
}

impl Nearest {
    fn offer(&mut self, new: Neighbour) {
        if new.ranked < self.least {
            return;
        }
        self.all.push(new);
        if self.all.len() == GATHERED {
            self.drop_the_others();
        }
    }

    fn drop_the_others(&mut self) {
        if self.all.len() > NEAREST {
            let (_, last, _) = self.all.select_nth_unstable_by(NEAREST - 1, nearer);
            self.least = last.ranked;
            self.all.truncate(NEAREST);
        }
    }

    /// The nearest, in any order.
    fn take(mut self) -> Vec<Neighbour> {
        self.drop_the_others();
        self.all
    }
}

/// Whether a text says the same words in the same order.
pub(super) fn same_words(corpus: &Corpus, index: &Index, query: &Query, text: usize) -> bool {
    let words = corpus.text(text);
    words.len() == query.exact.len()
        && words.iter().zip(&query.exact).all(|(&word, &term)| index.term_of[word as usize] == term)
}

#[cfg(test)]
mod tests;
