//! Near-duplicates: all pairs of texts whose character 4-grams are alike, exactly and fast.
//!
//! Two texts are compared by the cosine of their sets of character 4-grams, `|A and B| / sqrt(|A| |B|)`. Every
//! pair at or above a threshold is found, none is guessed: grams are put in order from rare to common, and a pair
//! that reaches the threshold must share one of the few rarest grams of each side (prefix filtering), at a place
//! from which it can still reach it (position filtering), and be of like size.
//!
//! Source: Bayardo, Ma, Srikant, "Scaling up all pairs similarity search", WWW 2007; Xiao, Wang, Lin, Yu,
//! "Efficient similarity joins for near duplicate detection", WWW 2008.

use std::collections::HashMap;

use crate::progress::{Progress, StepError, Ticker};

/// The length of a gram in characters.
const GRAM: usize = 4;

/// Two texts that are alike.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pair {
    /// The place of one text; below `right`.
    pub left: u32,
    /// The place of the other.
    pub right: u32,
    /// The cosine of their sets of character 4-grams, in `0.0..=1.0`.
    pub cosine: f64,
}

/// Finds every pair of texts whose cosine is at least `threshold`, in the order of their places.
///
/// `texts` should be normalised, and each should be there once: n equal texts give n(n-1)/2 pairs. A text of
/// fewer than four characters is one gram. `threshold` is held within 0.3 and 1; the lower, the slower.
///
/// # Errors
/// [`StepError::Stopped`].
pub fn similar_pairs<T: AsRef<str>>(
    texts: &[T],
    threshold: f64,
    progress: &dyn Progress,
) -> Result<Vec<Pair>, StepError> {
    let threshold = if threshold.is_finite() { threshold.clamp(0.3, 1.0) } else { 1.0 };
    let sets = ranked_sets(texts);
    let mut order: Vec<u32> = (0..sets.len() as u32).collect();
    order.sort_by_key(|&at| (sets[at as usize].len(), at));

    let grams = sets.iter().filter_map(|set| set.last()).max().map_or(0, |max| *max as usize + 1);
    let mut postings: Vec<Postings> = vec![Postings::default(); grams];
    let mut shared: Vec<u16> = vec![0; sets.len()];
    let mut touched: Vec<u32> = Vec::new();
    let mut pairs = Vec::new();
    let mut ticker = Ticker::begin(progress, "compare texts", "texts", Some(sets.len() as u64));
    for &right in &order {
        let set = &sets[right as usize];
        let n = set.len();
        let smallest = at_least(threshold * threshold * n as f64);
        let probed = n + 1 - smallest.clamp(1, n.max(1));
        for (i, &gram) in set.iter().take(probed).enumerate() {
            let list = &mut postings[gram as usize];
            // Entries are in the order of size: those that are too small for this text are for all to come.
            while list.entries.get(list.start).is_some_and(|&(left, _)| sets[left as usize].len() < smallest)
            {
                list.start += 1;
            }
            for &(left, j) in &list.entries[list.start..] {
                let m = sets[left as usize].len();
                let seen = &mut shared[left as usize];
                if *seen == DEAD {
                    continue;
                }
                let wanted = at_least(threshold * ((n * m) as f64).sqrt());
                let possible = usize::from(*seen) + 1 + (n - i - 1).min(m - usize::from(j) - 1);
                if *seen == 0 {
                    touched.push(left);
                }
                *seen = if possible >= wanted { *seen + 1 } else { DEAD };
            }
        }
        for left in touched.drain(..) {
            let alive = std::mem::take(&mut shared[left as usize]) != DEAD;
            if alive && let Some(cosine) = cosine_at_least(&sets[left as usize], set, threshold) {
                pairs.push(Pair { left: left.min(right), right: left.max(right), cosine });
            }
        }
        // A text to come is no smaller, so it shares at least threshold * n grams with this one.
        let indexed = n + 1 - at_least(threshold * n as f64).clamp(1, n.max(1));
        for (j, &gram) in set.iter().take(indexed).enumerate() {
            postings[gram as usize].entries.push((right, j as u16));
        }
        ticker.tick()?;
    }
    ticker.end()?;
    pairs.sort_unstable_by_key(|pair| (pair.left, pair.right));
    Ok(pairs)
}

/// A pair that cannot reach the threshold any more.
const DEAD: u16 = u16::MAX;

#[derive(Debug, Clone, Default)]
struct Postings {
    start: usize,
    entries: Vec<(u32, u16)>,
}

/// The least whole number that is not below `x`, up to rounding errors of products.
fn at_least(x: f64) -> usize {
    (x - 1e-9).ceil().max(0.0) as usize
}

/// Every text as its set of grams, each gram by its rank from rare to common.
fn ranked_sets<T: AsRef<str>>(texts: &[T]) -> Vec<Box<[u32]>> {
    let mut hashed: Vec<Vec<u64>> = Vec::with_capacity(texts.len());
    let mut counts: HashMap<u64, u32> = HashMap::new();
    for text in texts {
        let set = grams(text.as_ref());
        for gram in &set {
            *counts.entry(*gram).or_default() += 1;
        }
        hashed.push(set);
    }
    let mut by_count: Vec<(u32, u64)> = counts.iter().map(|(gram, count)| (*count, *gram)).collect();
    by_count.sort_unstable();
    let ranks: HashMap<u64, u32> = by_count.iter().zip(0..).map(|((_, gram), rank)| (*gram, rank)).collect();
    hashed
        .into_iter()
        .map(|set| {
            let mut ranked: Box<[u32]> = set.iter().filter_map(|gram| ranks.get(gram).copied()).collect();
            ranked.sort_unstable();
            ranked
        })
        .collect()
}

/// The set of the hashes of a text's character 4-grams, with a space before and after the text; at most 60,000.
fn grams(text: &str) -> Vec<u64> {
    let mut window = [0_u32; GRAM];
    let mut filled = 0;
    let mut set = Vec::with_capacity(text.len());
    for c in std::iter::once(' ').chain(text.chars()).chain(std::iter::once(' ')) {
        window.rotate_left(1);
        window[GRAM - 1] = c as u32;
        filled += 1;
        if filled >= GRAM {
            set.push(hash(&window));
        }
    }
    if filled < GRAM && !text.is_empty() {
        set.push(hash(&window));
    }
    set.sort_unstable();
    set.dedup();
    set.truncate(60_000); // places are kept in 16 bits; core reads less of a text than that
    set
}

fn hash(window: &[u32; GRAM]) -> u64 {
    // 4 x 21 bits do not fit in 64: mix them (a bijection of each half, so collisions are as rare as chance).
    let low = u64::from(window[0]) | (u64::from(window[1]) << 32);
    let high = u64::from(window[2]) | (u64::from(window[3]) << 32);
    mix(low ^ mix(high ^ 0x9e37_79b9_7f4a_7c15))
}

/// The finaliser of SplitMix64: a bijection that spreads every bit.
pub(crate) const fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

fn cosine_at_least(a: &[u32], b: &[u32], threshold: f64) -> Option<f64> {
    let root = ((a.len() * b.len()) as f64).sqrt();
    let wanted = at_least(threshold * root);
    let (mut i, mut j, mut shared) = (0, 0, 0_usize);
    while let (Some(x), Some(y)) = (a.get(i), b.get(j)) {
        if shared + (a.len() - i).min(b.len() - j) < wanted {
            return None;
        }
        shared += usize::from(x == y);
        i += usize::from(x <= y);
        j += usize::from(y <= x);
    }
    (shared >= wanted && shared > 0).then(|| shared as f64 / root)
}

/// The words of a text that has single spaces between them, each once, in order: equal for texts that differ in
/// the order and the number of their words only.
pub fn word_set(normal: &str) -> String {
    let mut words: Vec<&str> = normal.split(' ').filter(|word| !word.is_empty()).collect();
    words.sort_unstable();
    words.dedup();
    words.join(" ")
}

/// Sets that are united pair by pair.
#[derive(Debug, Clone)]
pub struct Groups {
    parents: Vec<u32>,
}

impl Groups {
    /// `n` sets of one member each.
    pub fn new(n: usize) -> Self {
        Self { parents: (0..n as u32).collect() }
    }

    /// Unites the sets of two members.
    pub fn unite(&mut self, a: u32, b: u32) {
        let (a, b) = (self.root(a), self.root(b));
        // The lower root stays, so the numbers do not depend on the order of the pairs.
        self.parents[a.max(b) as usize] = a.min(b);
    }

    fn root(&mut self, mut at: u32) -> u32 {
        while self.parents[at as usize] != at {
            let above = self.parents[self.parents[at as usize] as usize];
            self.parents[at as usize] = above;
            at = above;
        }
        at
    }

    /// The number of each member's set; sets are numbered from 0 in the order of their first members.
    pub fn numbers(mut self) -> Vec<u32> {
        let mut numbers = vec![u32::MAX; self.parents.len()];
        let mut next = 0;
        (0..self.parents.len() as u32)
            .map(|at| {
                let root = self.root(at) as usize;
                if numbers[root] == u32::MAX {
                    numbers[root] = next;
                    next += 1;
                }
                numbers[root]
            })
            .collect()
    }
}

/// Puts texts that are equal, have the same words, or are alike by 4-grams into one group, and theirs too.
///
/// `texts` are normalised, single spaces between words. Returns a group number a text, from 0 in the order of
/// first appearance.
///
/// # Errors
/// [`StepError::Stopped`].
pub fn group_similar<T: AsRef<str>>(
    texts: &[T],
    threshold: f64,
    progress: &dyn Progress,
) -> Result<Vec<u32>, StepError> {
    let mut groups = Groups::new(texts.len());
    let mut first_of: HashMap<&str, u32> = HashMap::with_capacity(texts.len());
    let mut first_words: HashMap<String, u32> = HashMap::with_capacity(texts.len());
    let mut unique: Vec<u32> = Vec::with_capacity(texts.len());
    for (text, at) in texts.iter().zip(0..) {
        let first = *first_of.entry(text.as_ref()).or_insert(at);
        if first == at {
            unique.push(at);
            let words = *first_words.entry(word_set(text.as_ref())).or_insert(at);
            groups.unite(words, at);
        } else {
            groups.unite(first, at);
        }
    }
    let distinct: Vec<&str> = unique.iter().map(|&at| texts[at as usize].as_ref()).collect();
    for pair in similar_pairs(&distinct, threshold, progress)? {
        groups.unite(unique[pair.left as usize], unique[pair.right as usize]);
    }
    Ok(groups.numbers())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::progress::Silent;
    use proptest::prelude::*;

    fn slow_cosine(a: &str, b: &str) -> f64 {
        let (a, b) = (grams(a), grams(b));
        let shared = a.iter().filter(|gram| b.contains(gram)).count();
        if a.is_empty() || b.is_empty() { 0.0 } else { shared as f64 / ((a.len() * b.len()) as f64).sqrt() }
    }

    #[test]
    fn cosines_are_as_computed_by_hand() {
        // " abcde " has the grams " abc", "abcd", "bcde", "cde "; " abcd " has " abc", "abcd", "bcd ".
        let pairs = similar_pairs(&["abcde", "abcd", "xyz"], 0.5, &Silent).unwrap();
        assert_eq!(pairs.len(), 1);
        assert_eq!((pairs[0].left, pairs[0].right), (0, 1));
        assert!((pairs[0].cosine - 2.0 / 12_f64.sqrt()).abs() < 1e-12);
        assert!(similar_pairs(&["abcde", "abcd"], 0.6, &Silent).unwrap().is_empty());
        assert_eq!(similar_pairs(&["a", "b", ""], 0.3, &Silent).unwrap(), []);
        assert_eq!(similar_pairs::<&str>(&[], 0.3, &Silent).unwrap(), []);
    }

    #[test]
    fn groups_follow_links_and_number_by_first_appearance() {
        let texts = [
            "milk chocolate bar",
            "steel screw",
            "bar milk chocolate",
            "milk chocolate bars",
            "milk chocolate bar",
            "",
        ];
        assert_eq!(group_similar(&texts, 0.85, &Silent).unwrap(), [0, 1, 0, 0, 0, 2]);
        assert_eq!(word_set("a b a c"), word_set("c b a"));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn finds_exactly_the_pairs_that_a_full_comparison_finds(
            texts in proptest::collection::vec("[abé ]{0,14}", 0..40),
            threshold in 0.3_f64..1.0,
        ) {
            let mut texts: Vec<String> = texts;
            texts.sort();
            texts.dedup();
            let mut expected = Vec::new();
            for i in 0..texts.len() {
                for j in i + 1..texts.len() {
                    // Not where the last bit of a product would decide.
                    let cosine = slow_cosine(&texts[i], &texts[j]);
                    prop_assume!((cosine - threshold).abs() > 1e-6);
                    if cosine >= threshold {
                        expected.push((i as u32, j as u32));
                    }
                }
            }
            let found: Vec<_> = similar_pairs(&texts, threshold, &Silent)
                .unwrap()
                .iter()
                .map(|pair| (pair.left, pair.right))
                .collect();
            prop_assert_eq!(found, expected);
        }

        #[test]
        fn the_order_of_links_does_not_matter(links in proptest::collection::vec((0_u32..30, 0_u32..30), 0..40)) {
            let united = |links: &mut dyn Iterator<Item = &(u32, u32)>| {
                let mut groups = Groups::new(30);
                links.for_each(|(a, b)| groups.unite(*a, *b));
                groups.numbers()
            };
            prop_assert_eq!(united(&mut links.iter()), united(&mut links.iter().rev()));
        }
    }
}
