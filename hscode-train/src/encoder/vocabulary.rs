//! Training a word-piece vocabulary. The only file that knows the `tokenizers` crate.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use hscode_core::text::Description;
use hscode_core::{Error, ErrorKind};
use serde::{Deserialize, Serialize};
use tokenizers::Trainer;
use tokenizers::models::wordpiece::{WordPiece, WordPieceTrainerBuilder};
use tokenizers::tokenizer::AddedToken;

/// How a vocabulary is trained: `[vocabulary]` of train.toml.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct VocabularyConfig {
    /// Most pieces. Pieces stand in the order in which they were found, the most useful first, so a vocabulary
    /// cut after N lines is the vocabulary of N pieces. Default 30,000.
    pub pieces: usize,
    /// Least occurrences of a pair of pieces that becomes a piece. Default 3.
    pub least: u64,
    /// Most different characters; words with rarer ones are unknown. Default 2,000.
    pub alphabet: usize,
}

impl Default for VocabularyConfig {
    fn default() -> Self {
        Self { pieces: 30_000, least: 3, alphabet: 2_000 }
    }
}

/// Trains a vocabulary on texts; the answer is one piece a line, as
/// [`hscode_core::features::WordPiece::from_text`] reads it: `[PAD]`, `[UNK]`, the characters inside and at the
/// start of words, then the pieces.
///
/// # Errors
/// `InvalidInput` when the texts hold no word; `Inference` when training fails.
pub fn train_vocabulary<'a>(
    texts: impl Iterator<Item = &'a str>,
    config: &VocabularyConfig,
) -> Result<String, Error> {
    let mut description = Description::new();
    let mut counts: BTreeMap<String, u64> = BTreeMap::new();
    for text in texts {
        description.read(text);
        for token in description.tokens() {
            match counts.get_mut(token.text) {
                Some(count) => *count += 1,
                None => {
                    counts.insert(token.text.to_owned(), 1);
                }
            }
        }
    }
    if counts.is_empty() {
        return Err(Error::new(ErrorKind::InvalidInput, "vocabulary: expected texts with words, seen none"));
    }
    // The crate numbers the continuing characters in the order of a hash map, and ties between pairs go by
    // number. Given first and in order, their numbers are fixed, and with them the vocabulary.
    let alphabet = alphabet(&counts, config.alphabet);
    counts.retain(|word, _| word.chars().all(|c| alphabet.contains(&c)));
    let special = |text: &str| AddedToken::from(text, true);
    let mut first = vec![special("[PAD]"), special("[UNK]")];
    first.extend(alphabet.iter().map(|c| special(&format!("##{c}"))));
    let mut trainer = WordPieceTrainerBuilder::new()
        .show_progress(false)
        .vocab_size(config.pieces)
        .min_frequency(config.least)
        .initial_alphabet(alphabet.into_iter().collect::<HashSet<_>>())
        .special_tokens(first)
        .build();
    let failed = |error: tokenizers::Error| {
        Error::new(ErrorKind::Inference, format!("vocabulary: training failed: {error}"))
    };
    let lines = counts.iter().map(|(word, count)| format!("{word} {count}"));
    trainer
        .feed(lines, |line| {
            let (word, count) = line.rsplit_once(' ').unwrap_or((line, "1"));
            Ok(vec![word.to_owned(); count.parse().unwrap_or(1)])
        })
        .map_err(failed)?;
    let mut model = WordPiece::default();
    trainer.train(&mut model).map_err(failed)?;
    let mut pieces: Vec<(u32, String)> =
        tokenizers::Model::get_vocab(&model).into_iter().map(|(piece, id)| (id, piece)).collect();
    pieces.sort_unstable();
    Ok(pieces.into_iter().map(|(_, piece)| piece + "\n").collect())
}

/// Printable ASCII without capitals, and the most frequent other characters: `most` in all.
fn alphabet(counts: &BTreeMap<String, u64>, most: usize) -> BTreeSet<char> {
    let mut alphabet: BTreeSet<char> = ('!'..='~').filter(|c| !c.is_ascii_uppercase()).collect();
    let mut others: BTreeMap<char, u64> = BTreeMap::new();
    for (word, count) in counts {
        for c in word.chars().filter(|c| !alphabet.contains(c)) {
            *others.entry(c).or_default() += count;
        }
    }
    let mut others: Vec<(char, u64)> = others.into_iter().collect();
    others.sort_by_key(|&(c, count)| (std::cmp::Reverse(count), c));
    let room = most.saturating_sub(alphabet.len());
    alphabet.extend(others.into_iter().take(room).map(|(c, _)| c));
    alphabet
}

#[cfg(test)]
mod tests {
    use super::*;

    fn corpus() -> Vec<String> {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../data/descriptions");
        ["61", "84", "33"]
            .iter()
            .flat_map(|chapter| {
                let text = std::fs::read_to_string(folder.join(format!("{chapter}.tsv"))).unwrap();
                text.lines()
                    .skip(1)
                    .map(|line| line.rsplit('\t').next().unwrap().to_owned())
                    .collect::<Vec<_>>()
            })
            .collect()
    }

    #[test]
    fn the_same_texts_give_the_same_vocabulary_and_cutting_it_is_training_smaller() {
        let texts = corpus();
        let train = |pieces| {
            let config = VocabularyConfig { pieces, ..Default::default() };
            train_vocabulary(texts.iter().map(String::as_str), &config).unwrap()
        };
        let large = train(3000);
        // Five times: the crate's hash maps are seeded anew each time.
        for _ in 0..5 {
            assert_eq!(large, train(3000));
        }
        let small = train(1000);
        assert_eq!(small.lines().count(), 1000);
        assert!(large.starts_with(&small));
        assert!(train_vocabulary(["--"].into_iter(), &VocabularyConfig::default()).is_err());
    }

    /// Our own encoder in core gives the ids of the `tokenizers` crate, on every description of the corpus.
    #[test]
    fn core_encodes_like_the_tokenizers_crate() {
        let texts = corpus();
        let config = VocabularyConfig { pieces: 4000, ..Default::default() };
        let vocabulary = train_vocabulary(texts.iter().map(String::as_str), &config).unwrap();
        let ours = hscode_core::features::WordPiece::from_text(&vocabulary).unwrap();
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), &vocabulary).unwrap();
        let theirs =
            WordPiece::from_file(file.path().to_str().unwrap()).unk_token("[UNK]".into()).build().unwrap();
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../data/descriptions");
        let mut files: Vec<_> =
            std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        files.sort();
        let mut description = Description::new();
        let (mut words, mut unknown) = (0, 0);
        for file in files {
            for line in std::fs::read_to_string(file).unwrap().lines().skip(1) {
                description.read(line.rsplit('\t').next().unwrap());
                for token in description.tokens() {
                    let mut ids = Vec::new();
                    ours.encode_word(token.text, &mut ids);
                    let expected: Vec<u32> = tokenizers::Model::tokenize(&theirs, token.text)
                        .unwrap()
                        .iter()
                        .map(|t| t.id)
                        .collect();
                    assert_eq!(ids, expected, "{}", token.text);
                    words += 1;
                    unknown += usize::from(ids == [ours.unknown()]);
                }
            }
        }
        assert!(words > 1_500_000 && unknown > 0, "{words} words, {unknown} unknown");
    }
}
