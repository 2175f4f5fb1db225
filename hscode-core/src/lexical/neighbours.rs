//! The texts of the likeliest codes that share a word with the description: how like it each is.
//!
//! They are found by the lists of texts by term. Most share one word only. Of the others the lists tell where in the
//! text each word stands: what a text gains is a sum of floats in the order in which it first has what the description
//! says. Only texts that have such a word twice are read.

use super::corpus::Corpus;
use super::index::Index;
use super::postings::{Having, SEVERAL};
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

// Terms asked for are numbered by bytes.
const _: () = assert!(MAX_SLOTS * MOST < u8::MAX as usize);

/// A term of the description.
#[derive(Debug, Clone, Copy)]
struct Asked {
    term: u32,
    slot: u8,
    /// What a match is worth.
    worth: f32,
    /// No text without another match has a larger cosine.
    most: f32,
    /// Before which of `hits` its own end.
    end: u32,
}

/// A text that a term has led to.
#[derive(Debug, Clone, Copy)]
struct Hit {
    text: u32,
    /// Number + 1 of the hit of the same text before this one.
    before: u32,
    candidate: u16,
    /// The number of the term among those asked for.
    asked: u8,
    /// Where the text has it, or [`SEVERAL`].
    place: u8,
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
    /// By candidate: what to add to a text's number, wrapping, for its place in `last_hit`.
    shifts: Vec<u32>,
    /// By text of the candidates: number + 1 of the last of its hits.
    last_hit: Vec<u32>,
    /// By term.
    hits: Vec<Hit>,
    /// The second hits of the texts that have several.
    again: Vec<Hit>,
    pair_weights: Vec<f32>,
    /// What one text has of what is asked for: places and numbers of terms.
    steps: Vec<(u8, u8)>,
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
        let Self { asked, candidate_of, shifts, last_hit, hits, again, .. } = self;
        candidate_of.resize(corpus.codes.len(), 0);
        shifts.clear();
        let mut texts = 0;
        for (candidate, &class) in candidates.iter().enumerate() {
            let own = corpus.texts_of(usize::from(class));
            candidate_of[usize::from(class)] = candidate as u16 + 1;
            shifts.push((texts as u32).wrapping_sub(own.start as u32));
            texts += own.len();
        }
        last_hit.clear();
        last_hit.resize(texts, 0);
        hits.clear();
        again.clear();
        for (number, asked) in asked.iter_mut().enumerate() {
            for Having { class, texts, places } in index.texts_by_class(corpus, asked.term) {
                let Some(candidate) = candidate_of[usize::from(class)].checked_sub(1) else { continue };
                let shift = shifts[usize::from(candidate)];
                for (&text, &place) in texts.iter().zip(places) {
                    let last = &mut last_hit[text.wrapping_add(shift) as usize];
                    let hit = Hit { text, before: *last, candidate, asked: number as u8, place };
                    if *last > 0 && hits[*last as usize - 1].before == 0 {
                        again.push(hit);
                    }
                    hits.push(hit);
                    *last = hits.len() as u32;
                }
            }
            asked.end = hits.len() as u32;
        }
        candidates.iter().for_each(|&class| candidate_of[usize::from(class)] = 0);
    }

    /// Gathers the nearest of the texts found, and counts pairs.
    fn gather(&mut self, corpus: &Corpus, index: &Index, norms: &[f32], query: &Query, query_norm: f32) {
        let mut nearest = Nearest { all: std::mem::take(&mut self.nearest), least: f32::NEG_INFINITY };
        let all_pairs: f32 = self.pair_weights.iter().sum::<f32>().max(f32::MIN_POSITIVE);
        let near = |hit: &Hit, gain: f32, pairs: f32| {
            let cosine = (gain / (query_norm * norms[hit.text as usize])).min(1.0);
            let ranked = cosine * (1.0 + PAIR_BONUS * pairs / all_pairs);
            Neighbour { text: hit.text, cosine, ranked, candidate: hit.candidate, exact: false }
        };
        for at in 0..self.again.len() {
            let hit = self.again[at];
            self.find_steps(corpus, index, &hit);
            let (gain, pairs) = self.follow(query, hit.candidate);
            nearest.offer(near(&hit, gain, pairs));
        }
        let mut start = 0;
        for asked in &self.asked {
            let hits = start..asked.end;
            start = asked.end;
            if asked.most < nearest.least {
                continue;
            }
            for at in hits {
                let hit = &self.hits[at as usize];
                if hit.before == 0 && self.last_hit(hit) == at + 1 {
                    nearest.offer(near(hit, asked.worth, 0.0));
                }
            }
        }
        self.nearest = nearest.take();
    }

    /// Number + 1 of the last hit of the same text.
    fn last_hit(&self, hit: &Hit) -> u32 {
        self.last_hit[hit.text.wrapping_add(self.shifts[usize::from(hit.candidate)]) as usize]
    }

    /// Fills `steps`, by place ascending, with what a text has of what is asked for.
    fn find_steps(&mut self, corpus: &Corpus, index: &Index, hit: &Hit) {
        self.steps.clear();
        let mut last = self.last_hit(hit);
        while let Some(at) = last.checked_sub(1) {
            let Hit { before, asked, place, .. } = self.hits[at as usize];
            if place == SEVERAL {
                return self.read_steps(corpus, index, hit.text);
            }
            // Few: put in where they belong.
            let behind = self.steps.iter().rposition(|step| step.0 < place).map_or(0, |at| at + 1);
            self.steps.insert(behind, (place, asked));
            last = before;
        }
    }

    /// The same by reading the text.
    fn read_steps(&mut self, corpus: &Corpus, index: &Index, text: u32) {
        self.steps.clear();
        for (place, &word) in corpus.text(text as usize).iter().enumerate() {
            let number = self.asked_of[index.term_of[word as usize] as usize];
            if let Some(number) = number.checked_sub(1) {
                self.steps.push((place as u8, number));
            }
        }
    }

    /// What a text of these steps gains, and the weights of its pairs, which are counted.
    fn follow(&mut self, query: &Query, candidate: u16) -> (f32, f32) {
        let counts_from = usize::from(candidate) * query.pairs.len();
        let (mut gain, mut pairs) = (0.0_f32, 0.0_f32);
        let (mut seen, mut seen_pairs) = (0_u64, 0_u64);
        let mut last: Option<(u8, u8)> = None;
        for &(place, number) in &self.steps {
            let Asked { slot, worth, .. } = self.asked[usize::from(number)];
            if seen >> slot & 1 == 0 {
                seen |= 1 << slot;
                gain += worth;
            }
            if let Some((last_place, last_slot)) = last
                && last_place + 1 == place
                && let Some(pair) = query.pairs.iter().position(|&pair| pair == (last_slot, slot))
                && seen_pairs >> pair & 1 == 0
            {
                seen_pairs |= 1 << pair;
                pairs += self.pair_weights[pair];
                self.pair_counts[counts_from + pair] += 1;
            }
            last = Some((place, slot));
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
