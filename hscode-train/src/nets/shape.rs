//! What a network is made of: settings, in the terms of train.toml.

use hscode_core::features::{FeatureSpec, GramSpec, PairSpec};
use serde::{Deserialize, Serialize};

use super::bag::BagScale;

/// How the word pieces of a text become one vector.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TokenReader {
    /// Word pieces are not read.
    None,
    /// The mean of their vectors.
    Mean,
    /// Convolution with pooling.
    Conv,
    /// The last states of an LSTM in both directions.
    Lstm,
}

/// A table of hashed features.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct HashedShape {
    /// Rows of the table; 0 leaves these features out.
    pub buckets: u32,
    /// Numbers of a row.
    pub dim: usize,
}

impl Default for HashedShape {
    fn default() -> Self {
        Self { buckets: 65_536, dim: 96 }
    }
}

/// The sizes of a network: `[network]` of train.toml.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct NetworkShape {
    /// How word pieces are read. Default `conv`.
    pub reader: TokenReader,
    /// Pieces of the vocabulary that are used, the first so many. Default 16,384.
    pub pieces: usize,
    /// Numbers of a token vector. Default 96.
    pub token_dim: usize,
    /// Widths of the convolution in tokens, ascending. Default 1 to 4.
    pub widths: Vec<usize>,
    /// Filters of each width. Default 96.
    pub filters: usize,
    /// Whether the largest output of each filter is pooled. Default true.
    pub max_pool: bool,
    /// Whether the mean output of each filter is pooled. Default false.
    pub mean_pool: bool,
    /// Whether the mean of the token vectors stands beside the pooled filters. Default true.
    pub mean_tokens: bool,
    /// State of the LSTM in each direction. Default 128.
    pub lstm_units: usize,
    /// Hashed pairs of words. Default none.
    pub pairs: HashedShape,
    /// How far the second word of a pair may stand behind the first, in words. Default 1.
    pub pair_reach: u32,
    /// Hashed runs of characters of words. Default 65,536 x 96.
    pub grams: HashedShape,
    /// Shortest run, in characters, the marks of the word's ends counted. Default 3.
    pub gram_shortest: u32,
    /// Longest run, in characters. Default 5.
    pub gram_longest: u32,
    /// Whether each whole word is hashed among the runs. Default true.
    pub gram_words: bool,
    /// How bags of pairs and grams are scaled. Default `root`.
    pub bag_scale: BagScale,
    /// Hidden layers, in units. Default one of 256.
    pub hidden: Vec<usize>,
    /// Most words read of a text. Default 48.
    pub max_words: u32,
    /// Most word pieces read of a text. Default 48.
    pub max_tokens: u32,
}

impl Default for NetworkShape {
    fn default() -> Self {
        Self {
            reader: TokenReader::Conv,
            pieces: 16_384,
            token_dim: 96,
            widths: vec![1, 2, 3, 4],
            filters: 96,
            max_pool: true,
            mean_pool: false,
            mean_tokens: true,
            lstm_units: 128,
            pairs: HashedShape { buckets: 0, dim: 48 },
            pair_reach: 1,
            grams: HashedShape::default(),
            gram_shortest: 3,
            gram_longest: 5,
            gram_words: true,
            bag_scale: BagScale::Root,
            hidden: vec![256],
            max_words: 48,
            max_tokens: 48,
        }
    }
}

impl NetworkShape {
    /// How texts are read for a network of this shape.
    pub fn features(&self) -> FeatureSpec {
        FeatureSpec {
            max_words: self.max_words,
            max_tokens: self.max_tokens,
            max_word_bytes: 64,
            pairs: (self.pairs.buckets > 0)
                .then_some(PairSpec { buckets: self.pairs.buckets, reach: self.pair_reach }),
            grams: (self.grams.buckets > 0).then_some(GramSpec {
                buckets: self.grams.buckets,
                shortest: self.gram_shortest,
                longest: self.gram_longest,
                words: self.gram_words,
            }),
        }
    }

    /// What is wrong with the sizes, if anything: expected and seen, in one line.
    pub fn fault(&self) -> Option<String> {
        let rising = self.widths.windows(2).all(|pair| pair[0] < pair[1]);
        let checks = [
            (
                self.reader == TokenReader::None || (1..=1024).contains(&self.token_dim),
                "token_dim in 1..=1024",
            ),
            (self.reader == TokenReader::None || self.pieces >= 3, "at least 3 pieces"),
            (
                self.reader != TokenReader::Conv
                    || (rising && self.widths.first().is_some_and(|&w| w > 0) && self.widths.len() <= 8),
                "1 to 8 widths, ascending, from 1 up",
            ),
            (self.reader != TokenReader::Conv || (1..=4096).contains(&self.filters), "filters in 1..=4096"),
            (self.reader != TokenReader::Conv || self.max_pool || self.mean_pool, "max_pool or mean_pool"),
            (
                self.reader != TokenReader::Lstm || (1..=4096).contains(&self.lstm_units),
                "lstm_units in 1..=4096",
            ),
            (
                self.reader != TokenReader::None || self.pairs.buckets > 0 || self.grams.buckets > 0,
                "word pieces, pairs or grams to read",
            ),
            (
                self.grams.buckets == 0
                    || (2 <= self.gram_shortest
                        && self.gram_shortest <= self.gram_longest
                        && self.gram_longest <= 16),
                "2 <= gram_shortest <= gram_longest <= 16",
            ),
            (
                [self.pairs, self.grams].iter().all(|h| h.buckets == 0 || (1..=1024).contains(&h.dim)),
                "dim in 1..=1024",
            ),
            ([self.pairs, self.grams].iter().all(|h| h.buckets <= 1 << 24), "at most 2^24 buckets"),
            (
                self.hidden.iter().all(|units| (1..=65_536).contains(units)),
                "hidden layers of 1..=65536 units",
            ),
            (self.max_words > 0 && self.max_tokens > 0, "max_words and max_tokens above 0"),
        ];
        checks.iter().find(|(good, _)| !good).map(|(_, expected)| format!("network: expected {expected}"))
    }
}
