//! How a description becomes numbers.

use super::hash::{Family, FeatureHash};
use super::wordpiece::WordPiece;

/// Hashed pairs of words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct PairSpec {
    /// Rows of the table.
    pub buckets: u32,
    /// How far the second word may stand behind the first: 1 takes neighbours only.
    pub reach: u32,
}

/// Hashed runs of characters of words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct GramSpec {
    /// Rows of the table.
    pub buckets: u32,
    /// Shortest run in characters, the marks of the word's ends counted.
    pub shortest: u32,
    /// Longest run in characters.
    pub longest: u32,
    /// Whether each whole word is a feature as well.
    pub words: bool,
}

/// Which numbers a model reads from a description.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct FeatureSpec {
    /// Most words read; those behind are not seen.
    pub max_words: u32,
    /// Most word pieces read.
    pub max_tokens: u32,
    /// Most bytes of one word that are read for pairs and grams; a longer word is cut at a character boundary.
    pub max_word_bytes: u32,
    /// Pairs of words, if any.
    pub pairs: Option<PairSpec>,
    /// Runs of characters, if any.
    pub grams: Option<GramSpec>,
}

/// The numbers of one description. Kept by the caller and filled again, so that nothing is allocated per call.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Features {
    /// Word-piece ids in the order of the text; never empty after [`FeatureSpec::read`] with a vocabulary.
    pub tokens: Vec<u32>,
    /// Buckets of pairs, in the order of the text, repeats kept.
    pub pairs: Vec<u32>,
    /// Buckets of runs of characters, in the order of the text, repeats kept.
    pub grams: Vec<u32>,
}

impl FeatureSpec {
    /// Reads the words of one description into `out`, which is emptied first.
    ///
    /// `words`: normalised words in the order of the text. `vocabulary`: the word pieces, if the model reads them;
    /// a description without words is one unknown token.
    ///
    /// ```
    /// use hscode_core::features::{FeatureSpec, Features, GramSpec, PairSpec};
    ///
    /// let spec = FeatureSpec {
    ///     max_words: 32,
    ///     max_tokens: 48,
    ///     max_word_bytes: 64,
    ///     pairs: Some(PairSpec { buckets: 100, reach: 1 }),
    ///     grams: Some(GramSpec { buckets: 100, shortest: 3, longest: 4, words: true }),
    /// };
    /// let mut features = Features::default();
    /// spec.read(["cotton", "tee"], None, &mut features);
    /// assert_eq!(features.pairs.len(), 1);
    /// // <co cot ott tto ton on> <cot cott otto tton ton> <tee ... and the two words
    /// assert_eq!(features.grams.len(), 6 + 5 + 3 + 2 + 2);
    /// ```
    pub fn read<'a>(
        &self,
        words: impl IntoIterator<Item = &'a str>,
        vocabulary: Option<&WordPiece>,
        out: &mut Features,
    ) {
        out.tokens.clear();
        out.pairs.clear();
        out.grams.clear();
        // The words just read, newest first, as far back as pairs reach.
        let mut before = [""; MAX_REACH];
        for word in words.into_iter().take(self.max_words as usize) {
            if let Some(vocabulary) = vocabulary {
                vocabulary.encode_word(word, &mut out.tokens);
            }
            let word = cut(word, self.max_word_bytes as usize);
            if let Some(spec) = &self.pairs {
                for first in before.iter().take(spec.reach as usize).filter(|first| !first.is_empty()) {
                    out.pairs.push(pair(first, word, spec.buckets));
                }
            }
            if let Some(spec) = &self.grams {
                spec.read_word(word, &mut out.grams);
            }
            before.rotate_right(1);
            before[0] = word;
        }
        if let Some(vocabulary) = vocabulary {
            out.tokens.truncate(self.max_tokens as usize);
            if out.tokens.is_empty() {
                out.tokens.push(vocabulary.unknown());
            }
        }
    }
}

/// Pairs reach no further than this.
const MAX_REACH: usize = 4;

fn pair(first: &str, second: &str, buckets: u32) -> u32 {
    // 0x1F, the unit separator, stands in no word.
    FeatureHash::new(Family::Pair).bytes(first.as_bytes()).byte(0x1F).bytes(second.as_bytes()).bucket(buckets)
}

impl GramSpec {
    fn read_word(&self, word: &str, out: &mut Vec<u32>) {
        let bytes = word.as_bytes();
        // Positions: -1 is the mark '<', then the characters, then the mark '>'. A run starts at a position and
        // grows one character at a time, so that all its lengths share one pass.
        let mut start = 0;
        let mut marked = true;
        loop {
            let mut hash = FeatureHash::new(Family::Gram);
            let mut length = 0;
            let mut at = start;
            if marked {
                hash = hash.byte(b'<');
                length += 1;
            }
            while length < self.longest {
                if at == bytes.len() {
                    hash = hash.byte(b'>');
                    length += 1;
                    if length >= self.shortest {
                        out.push(hash.bucket(self.buckets));
                    }
                    break;
                }
                let end = next_boundary(bytes, at);
                hash = hash.bytes(&bytes[at..end]);
                at = end;
                length += 1;
                if length >= self.shortest {
                    out.push(hash.bucket(self.buckets));
                }
            }
            if marked {
                marked = false;
            } else if start < bytes.len() {
                start = next_boundary(bytes, start);
            }
            if start >= bytes.len() {
                break;
            }
        }
        if self.words {
            out.push(FeatureHash::new(Family::Word).bytes(bytes).bucket(self.buckets));
        }
    }
}

/// The end of the character that starts at `at`; `at` must be below the length.
fn next_boundary(bytes: &[u8], at: usize) -> usize {
    let mut end = at + 1;
    while end < bytes.len() && bytes[end] & 0xC0 == 0x80 {
        end += 1;
    }
    end
}

fn cut(word: &str, bytes: usize) -> &str {
    if word.len() <= bytes {
        return word;
    }
    let end = (0..=bytes).rev().find(|&end| word.is_char_boundary(end)).unwrap_or(0);
    &word[..end]
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The plain definition: all runs of the marked word, by start, then length.
    fn plain_grams(word: &str, spec: &GramSpec) -> Vec<u32> {
        let marked: Vec<char> = format!("<{word}>").chars().collect();
        let mut out = Vec::new();
        for start in 0..marked.len() {
            for length in spec.shortest as usize..=spec.longest as usize {
                if let Some(run) = marked.get(start..start + length) {
                    let run: String = run.iter().collect();
                    out.push(FeatureHash::new(Family::Gram).bytes(run.as_bytes()).bucket(spec.buckets));
                }
            }
        }
        if spec.words {
            out.push(FeatureHash::new(Family::Word).bytes(word.as_bytes()).bucket(spec.buckets));
        }
        out
    }

    proptest! {
        #[test]
        fn grams_are_all_runs_of_the_marked_word(word in "[a-zé漢0-9]{0,12}", shortest in 1u32..5, more in 0u32..4) {
            let spec = GramSpec { buckets: 1 << 30, shortest: shortest.max(2), longest: shortest.max(2) + more, words: true };
            let mut seen = Vec::new();
            spec.read_word(&word, &mut seen);
            prop_assert_eq!(seen, plain_grams(&word, &spec));
        }

        #[test]
        fn any_words_stay_within_the_tables(words in prop::collection::vec(".{0,40}", 0..20), reach in 0u32..6) {
            let spec = FeatureSpec {
                max_words: 8, max_tokens: 8, max_word_bytes: 10,
                pairs: Some(PairSpec { buckets: 11, reach }),
                grams: Some(GramSpec { buckets: 7, shortest: 3, longest: 5, words: false }),
            };
            let mut features = Features::default();
            spec.read(words.iter().map(String::as_str), None, &mut features);
            prop_assert!(features.pairs.iter().all(|&p| p < 11));
            prop_assert!(features.grams.iter().all(|&g| g < 7));
            prop_assert!(features.pairs.len() <= 8 * 4);
            prop_assert!(features.grams.len() <= 8 * 3 * 12);
        }
    }

    #[test]
    fn pairs_keep_their_order_and_reach() {
        let spec = |reach| FeatureSpec {
            max_words: 8,
            max_tokens: 8,
            max_word_bytes: 64,
            pairs: Some(PairSpec { buckets: 1 << 30, reach }),
            grams: None,
        };
        let read = |reach, words: &[&str]| {
            let mut features = Features::default();
            spec(reach).read(words.iter().copied(), None, &mut features);
            features.pairs
        };
        let of = |a, b| pair(a, b, 1 << 30);
        assert_eq!(read(1, &["a", "b", "c"]), [of("a", "b"), of("b", "c")]);
        assert_eq!(read(2, &["a", "b", "c"]), [of("a", "b"), of("b", "c"), of("a", "c")]);
        assert_ne!(of("a", "b"), of("b", "a"));
        assert!(read(1, &["a"]).is_empty());
    }
}
