//! The texts of the likeliest codes, read one by one: how like the description each is.

use super::corpus::Corpus;
use super::index::Index;
use super::query::Query;

/// How many of the nearest texts speak for their codes.
const NEAREST: usize = 60;
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

/// Working memory and result of a scan.
#[derive(Debug, Default)]
pub(super) struct Neighbours {
    /// By term: number + 1 of the alternative it is.
    alternative_of: Vec<u16>,
    /// By alternative: its slot and what a match is worth.
    gains: Vec<(u8, f32)>,
    /// The nearest texts, nearest first.
    pub(super) nearest: Vec<Neighbour>,
    /// By candidate and pair: how many of its texts have the pair; `candidates x pairs`.
    pub(super) pair_counts: Vec<u32>,
}

impl Neighbours {
    /// Reads the texts of the candidate codes.
    pub(super) fn scan(&mut self, corpus: &Corpus, index: &Index, query: &Query, candidates: &[u16]) {
        self.nearest.clear();
        self.pair_counts.clear();
        self.pair_counts.resize(candidates.len() * query.pairs.len(), 0);
        self.alternative_of.resize(index.terms.len(), 0);
        self.gains.clear();
        let unknown = index.idf_of(1);
        let mut query_norm = 0.0_f32;
        for (at, slot) in query.slots.iter().enumerate() {
            let alternatives = query.alternatives(slot);
            let mut most = 0.0_f32;
            for alternative in alternatives {
                let squared = index.idf_squared[alternative.term as usize];
                most = most.max(squared);
                let place = &mut self.alternative_of[alternative.term as usize];
                if *place == 0 {
                    self.gains.push((at as u8, alternative.weight * squared));
                    *place = self.gains.len() as u16;
                }
            }
            query_norm += if alternatives.is_empty() { unknown * unknown } else { most };
        }
        if query_norm > 0.0 {
            self.read(corpus, index, query, candidates, query_norm.sqrt());
        }
        for slot in &query.slots {
            for alternative in query.alternatives(slot) {
                self.alternative_of[alternative.term as usize] = 0;
            }
        }
        let order = |a: &Neighbour, b: &Neighbour| b.ranked.total_cmp(&a.ranked).then(a.text.cmp(&b.text));
        if self.nearest.len() > NEAREST {
            self.nearest.select_nth_unstable_by(NEAREST, order);
            self.nearest.truncate(NEAREST);
        }
        self.nearest.sort_unstable_by(order);
    }

    fn read(&mut self, corpus: &Corpus, index: &Index, query: &Query, candidates: &[u16], query_norm: f32) {
        let pair_weights: Vec<f32> = query
            .pairs
            .iter()
            .map(|&(a, b)| {
                let rarest = |slot: u8| {
                    let alternatives = query.alternatives(&query.slots[usize::from(slot)]);
                    alternatives.first().map_or(0.0, |a| index.idf_squared[a.term as usize].sqrt())
                };
                rarest(a) + rarest(b)
            })
            .collect();
        let all_pairs: f32 = pair_weights.iter().sum::<f32>().max(f32::MIN_POSITIVE);
        for (candidate, &class) in candidates.iter().enumerate() {
            let counts_from = candidate * query.pairs.len();
            for text in corpus.texts_of(usize::from(class)) {
                let (mut gain, mut norm, mut pairs) = (0.0_f32, 0.0_f32, 0.0_f32);
                let (mut seen, mut seen_pairs) = (0_u64, 0_u64);
                let mut last_slot = u8::MAX;
                for &word in corpus.text(text) {
                    let term = index.term_of[word as usize] as usize;
                    norm += index.idf_squared[term];
                    let Some(place) = usize::from(self.alternative_of[term]).checked_sub(1) else {
                        last_slot = u8::MAX;
                        continue;
                    };
                    let (slot, worth) = self.gains[place];
                    if seen >> slot & 1 == 0 {
                        seen |= 1 << slot;
                        gain += worth;
                    }
                    if last_slot != u8::MAX
                        && let Some(pair) = query.pairs.iter().position(|&pair| pair == (last_slot, slot))
                        && seen_pairs >> pair & 1 == 0
                    {
                        seen_pairs |= 1 << pair;
                        pairs += pair_weights[pair];
                        self.pair_counts[counts_from + pair] += 1;
                    }
                    last_slot = slot;
                }
                if seen == 0 {
                    continue;
                }
                let cosine = (gain / (query_norm * norm.sqrt())).min(1.0);
                self.nearest.push(Neighbour {
                    text: text as u32,
                    cosine,
                    ranked: cosine * (1.0 + PAIR_BONUS * pairs / all_pairs),
                    candidate: candidate as u16,
                    exact: query.complete && same_words(corpus, index, query, text),
                });
            }
        }
    }
}

pub(super) fn same_words(corpus: &Corpus, index: &Index, query: &Query, text: usize) -> bool {
    let words = corpus.text(text);
    words.len() == query.exact.len()
        && words.iter().zip(&query.exact).all(|(&word, &term)| index.term_of[word as usize] == term)
}
