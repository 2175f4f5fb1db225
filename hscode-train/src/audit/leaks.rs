//! How much of a test part a model has all but seen.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};

use crate::progress::{Progress, StepError};
use crate::rng::SplitMix64;
use crate::similar::{similar_pairs, word_set};

/// How many rows that are tested have their like among those that train; each is counted at its strongest.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Leaks {
    /// Rows tested.
    pub tested: usize,
    /// Those whose text trains too.
    pub same_text: usize,
    /// Those whose set of words trains too.
    pub same_words: usize,
    /// Those with a text that trains at or above the threshold of the settings (4-gram cosine).
    pub near: usize,
}

impl Leaks {
    /// Rows that leak in any way.
    pub fn all(&self) -> usize {
        self.same_text + self.same_words + self.near
    }
}

/// Texts compared once, so that the leaks of several divisions can be counted.
pub(super) struct Likeness<'a> {
    texts: &'a [String],
    words: Vec<String>,
    alike: Vec<(u32, u32)>, // places of distinct texts that are alike
    distinct: Vec<u32>,     // for each row the place of its text
    n_distinct: usize,
}

impl<'a> Likeness<'a> {
    pub(super) fn of(
        texts: &'a [String],
        threshold: f64,
        progress: &dyn Progress,
    ) -> Result<Self, StepError> {
        let mut first: std::collections::HashMap<&str, u32> = std::collections::HashMap::new();
        let mut unique: Vec<&str> = Vec::new();
        let mut distinct = Vec::with_capacity(texts.len());
        for text in texts {
            let place = *first.entry(text).or_insert_with(|| {
                unique.push(text);
                unique.len() as u32 - 1
            });
            distinct.push(place);
        }
        let pairs = similar_pairs(&unique, threshold, progress)?;
        let words = unique.iter().map(|text| word_set(text)).collect();
        let alike = pairs.iter().map(|pair| (pair.left, pair.right)).collect();
        Ok(Self { texts, words, alike, distinct, n_distinct: unique.len() })
    }

    /// Counts the leaks when `tested` says which rows are tested and the others train; also the places of the
    /// first `most` rows that leak.
    pub(super) fn count(&self, tested: impl Fn(usize) -> bool, most: usize) -> (Leaks, Vec<usize>) {
        let mut trains = vec![false; self.n_distinct];
        for at in (0..self.texts.len()).filter(|&at| !tested(at)) {
            trains[self.distinct[at] as usize] = true;
        }
        let mut near = vec![false; self.n_distinct];
        for &(left, right) in &self.alike {
            near[left as usize] |= trains[right as usize];
            near[right as usize] |= trains[left as usize];
        }
        let words: HashSet<&str> = self
            .words
            .iter()
            .zip(&trains)
            .filter(|(_, trains)| **trains)
            .map(|(words, _)| words.as_str())
            .collect();
        let mut leaks = Leaks::default();
        let mut examples = Vec::new();
        for at in (0..self.texts.len()).filter(|&at| tested(at)) {
            let place = self.distinct[at] as usize;
            leaks.tested += 1;
            if trains[place] {
                leaks.same_text += 1;
            } else if words.contains(self.words[place].as_str()) {
                leaks.same_words += 1;
            } else if near[place] {
                leaks.near += 1;
            } else {
                continue;
            }
            if examples.len() < most {
                examples.push(at);
            }
        }
        (leaks, examples)
    }

    /// The leaks of a division row by row, a share of `test` drawn by the seed: what the usual random split does.
    pub(super) fn count_at_random(&self, test: f64, seed: u64) -> Leaks {
        let drawn = |at: usize| {
            let chance = SplitMix64::for_item(seed ^ 0x6c65_616b, at as u64).next_u64();
            ((chance >> 11) as f64 / (1_u64 << 53) as f64) < test
        };
        self.count(drawn, 0).0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::progress::Silent;

    #[test]
    fn each_leak_is_counted_at_its_strongest() {
        let texts: Vec<String> = [
            "mens cotton crew neck tee",  // trains
            "steel wood screw",           // trains
            "mens cotton crew neck tee",  // same text
            "screw wood steel",           // same words
            "mens cotton crew neck tees", // near
            "plastic bucket",             // none
        ]
        .map(str::to_owned)
        .to_vec();
        let likeness = Likeness::of(&texts, 0.85, &Silent).unwrap();
        let (leaks, examples) = likeness.count(|at| at >= 2, 2);
        assert_eq!(leaks, Leaks { tested: 4, same_text: 1, same_words: 1, near: 1 });
        assert_eq!((leaks.all(), examples), (3, vec![2, 3]));
        // Nothing trains: nothing leaks.
        assert_eq!(likeness.count(|_| true, 9).0.all(), 0);
    }

    #[test]
    fn a_random_division_of_repeats_leaks() {
        let texts: Vec<String> = (0..1000).map(|at| format!("article number {}", at % 100)).collect();
        let leaks = Likeness::of(&texts, 1.0, &Silent).unwrap().count_at_random(0.1, 5);
        assert!((60..140).contains(&leaks.tested), "{}", leaks.tested);
        assert_eq!(leaks.same_text, leaks.tested);
    }
}
