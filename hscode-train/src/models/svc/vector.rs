//! Texts as sparse vectors: hashed words, pairs and runs of characters, weighted by how rare they are.

use hscode_core::features::{FeatureSpec, Features, GramSpec, PairSpec};
use hscode_core::text::Description;
use rayon::prelude::*;

use super::SvcConfig;
use crate::nets::ln;

/// Buckets that are no feature.
const NONE: u32 = u32::MAX;

/// Knows the features and their weights.
pub(super) struct Vectoriser {
    spec: FeatureSpec,
    grams: u32,
    /// The feature of each bucket: grams first, then pairs.
    feature_of: Vec<u32>,
    /// The bucket of each feature; the last feature is the constant, whose bucket is behind all others.
    bucket_of: Vec<u32>,
    /// Inverse document frequency of each feature.
    idf: Vec<f32>,
}

/// Sparse rows: features ascending.
pub(super) struct Vectors {
    entries: Vec<(u32, f32)>,
    ends: Vec<usize>,
}

impl Vectors {
    pub(super) fn row(&self, at: usize) -> &[(u32, f32)] {
        let from = if at == 0 { 0 } else { self.ends[at - 1] };
        &self.entries[from..self.ends[at]]
    }
}

fn spec(config: &SvcConfig) -> FeatureSpec {
    FeatureSpec {
        max_words: 64,
        max_tokens: 0,
        max_word_bytes: 64,
        pairs: Some(PairSpec { buckets: config.pair_buckets, reach: 1 }),
        grams: Some(GramSpec {
            buckets: config.gram_buckets,
            shortest: config.gram_shortest,
            longest: config.gram_longest,
            words: true,
        }),
    }
}

impl Vectoriser {
    /// Counts in how many texts each bucket stands and keeps those of `least_texts` or more.
    pub(super) fn learn(config: &SvcConfig, texts: &[&str]) -> Self {
        let spec = spec(config);
        let buckets = (config.gram_buckets + config.pair_buckets) as usize;
        let mut counts = vec![0u32; buckets];
        // Blocks keep the memory of the lists of all texts small.
        for texts in texts.chunks(1 << 14) {
            let lists: Vec<Vec<u32>> = texts
                .par_iter()
                .map_init(Room::default, |room, text| {
                    let mut all: Vec<u32> = room.buckets(&spec, config.gram_buckets, text).0.to_vec();
                    all.dedup();
                    all
                })
                .collect();
            lists.iter().flatten().for_each(|&bucket| counts[bucket as usize] += 1);
        }
        let kept = |count: u32| count >= config.least_texts.max(1);
        let bucket_of: Vec<u32> = (0..buckets as u32).filter(|&b| kept(counts[b as usize])).collect();
        let texts = texts.len() as f64;
        let idf = bucket_of
            .iter()
            .map(|&b| (ln((1.0 + texts) / (1.0 + f64::from(counts[b as usize]))) + 1.0) as f32)
            .collect();
        Self::new(spec, config.gram_buckets, bucket_of, idf)
    }

    fn new(spec: FeatureSpec, grams: u32, mut bucket_of: Vec<u32>, mut idf: Vec<f32>) -> Self {
        let buckets = grams + spec.pairs.map_or(0, |pairs| pairs.buckets);
        let mut feature_of = vec![NONE; buckets as usize];
        for (feature, &bucket) in bucket_of.iter().enumerate() {
            feature_of[bucket as usize] = feature as u32;
        }
        bucket_of.push(buckets);
        idf.push(1.0);
        Self { spec, grams, feature_of, bucket_of, idf }
    }

    /// From a saved model; `None` when a bucket is out of range or out of order.
    pub(super) fn from_parts(config: &SvcConfig, buckets: &[u32], mut idf: Vec<f32>) -> Option<Self> {
        let (last, buckets) = buckets.split_last()?;
        let end = config.gram_buckets.checked_add(config.pair_buckets)?;
        let good = buckets.is_sorted_by(|a, b| a < b) && buckets.iter().all(|&b| b < end) && *last == end;
        idf.pop();
        good.then(|| Self::new(spec(config), config.gram_buckets, buckets.to_vec(), idf))
    }

    /// Features, the constant among them.
    pub(super) fn features(&self) -> usize {
        self.bucket_of.len()
    }

    pub(super) fn buckets(&self) -> impl Iterator<Item = u32> + '_ {
        self.bucket_of.iter().copied()
    }

    pub(super) fn idf(&self) -> &[f32] {
        &self.idf
    }

    /// The vectors of texts, in their order. Words with pairs and runs of characters each have length 1; a
    /// constant 1 stands last.
    pub(super) fn vectors(&self, texts: &[&str]) -> Vectors {
        let constant = self.features() as u32 - 1;
        let rows: Vec<Vec<(u32, f32)>> = texts
            .par_iter()
            .map_init(Room::default, |room, text| {
                let (buckets, words) = room.buckets(&self.spec, self.grams, text);
                let mut row: Vec<(u32, f32)> = Vec::new();
                for &bucket in buckets {
                    let feature = self.feature_of[bucket as usize];
                    if feature == NONE {
                        continue;
                    }
                    match row.last_mut() {
                        Some(last) if last.0 == feature => last.1 += 1.0,
                        _ => row.push((feature, 1.0)),
                    }
                }
                // Words are found among the grams by their buckets; a run that shares one counts with them.
                let is_word = |feature: u32| {
                    let bucket = self.bucket_of[feature as usize];
                    bucket >= self.grams || words.binary_search(&bucket).is_ok()
                };
                let (mut of_words, mut of_grams) = (0.0f32, 0.0f32);
                for (feature, x) in &mut row {
                    *x = x.sqrt() * self.idf[*feature as usize];
                    if is_word(*feature) { of_words += *x * *x } else { of_grams += *x * *x }
                }
                let factor = |square: f32| if square > 0.0 { 1.0 / square.sqrt() } else { 0.0 };
                let (of_words, of_grams) = (factor(of_words), factor(of_grams));
                for (feature, x) in &mut row {
                    *x *= if is_word(*feature) { of_words } else { of_grams };
                }
                row.push((constant, 1.0));
                row
            })
            .collect();
        let mut ends = Vec::with_capacity(rows.len());
        let mut sum = 0;
        for row in &rows {
            sum += row.len();
            ends.push(sum);
        }
        Vectors { entries: rows.concat(), ends }
    }
}

/// Room for one thread.
#[derive(Default)]
struct Room {
    description: Description,
    features: Features,
    all: Vec<u32>,
    words: Vec<u32>,
}

impl Room {
    /// All buckets of a text, sorted, repeats kept; and those of whole words, sorted.
    fn buckets(&mut self, spec: &FeatureSpec, grams: u32, text: &str) -> (&[u32], &[u32]) {
        self.description.read(text);
        let words = || self.description.tokens().map(|token| token.text);
        spec.read(words(), None, &mut self.features);
        self.all.clear();
        self.all.extend_from_slice(&self.features.grams);
        self.all.extend(self.features.pairs.iter().map(|pair| grams + pair));
        self.all.sort_unstable();
        self.words.clear();
        for word in words().take(spec.max_words as usize) {
            let hash = hscode_core::features::FeatureHash::new(hscode_core::features::Family::Word);
            self.words.push(hash.bytes(word.as_bytes()).bucket(grams));
        }
        self.words.sort_unstable();
        (&self.all, &self.words)
    }
}
