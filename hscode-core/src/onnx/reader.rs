//! From texts to the ids that the inputs of a graph are given.

use super::settings::{self, Part, Settings};
use super::tokenizer;
use crate::features::{FeatureSpec, Features, WordPiece};
use crate::text::{Description, MAX_DESCRIPTION_BYTES};
use crate::{Error, ErrorKind};

/// Reads texts.
pub(super) struct Reader {
    parts: Vec<Part>,
    by: By,
}

enum By {
    Features { spec: FeatureSpec, pieces: Option<WordPiece> },
    Tokenizer { tokenizer: Box<tokenizer::Reader>, words: bool },
}

impl Reader {
    /// A reader by settings, and the vocabulary or tokenizer that they ask for.
    ///
    /// # Errors
    /// `Package`: damaged, or not there.
    pub(super) fn open(
        settings: &Settings,
        vocabulary: Option<&str>,
        tokenizer: Option<&[u8]>,
    ) -> Result<Self, Error> {
        let parts: Vec<Part> = settings.inputs.iter().map(|input| input.0).collect();
        let needed = |what: &str| Error::new(ErrorKind::Package, format!("{what}: expected such a file"));
        let by = match &settings.reader {
            settings::Reader::Features(spec) => {
                let pieces = match (parts.contains(&Part::Tokens), vocabulary) {
                    (false, _) => None,
                    (true, None) => return Err(needed("vocabulary.txt")),
                    (true, Some(text)) => {
                        Some(WordPiece::from_text(text).map_err(|error| error.at("vocabulary.txt"))?)
                    }
                };
                By::Features { spec: *spec, pieces }
            }
            settings::Reader::Tokenizer { most, words } => {
                let bytes = tokenizer.ok_or_else(|| needed("tokenizer.json"))?;
                let tokenizer =
                    tokenizer::Reader::open(bytes, *most).map_err(|error| error.at("tokenizer.json"))?;
                By::Tokenizer { tokenizer: Box::new(tokenizer), words: *words }
            }
        };
        Ok(Self { parts, by })
    }

    /// The ids of a text for each input. `description`: the text, read.
    ///
    /// # Errors
    /// `Inference` when the tokenizer fails.
    pub(super) fn ids(&self, text: &str, description: &Description) -> Result<Vec<Vec<i64>>, Error> {
        match &self.by {
            By::Features { spec, pieces } => {
                let mut features = Features::default();
                spec.read(description.tokens().map(|token| token.text), pieces.as_ref(), &mut features);
                let list = |part: &Part| {
                    let (ids, padding) = match part {
                        Part::Pairs => (&features.pairs, spec.pairs.map_or(0, |pairs| pairs.buckets)),
                        Part::Grams => (&features.grams, spec.grams.map_or(0, |grams| grams.buckets)),
                        _ => (&features.tokens, pieces.as_ref().map_or(0, |pieces| pieces.len() as u32)),
                    };
                    match ids[..] {
                        // The id behind the last counts for nothing.
                        [] => vec![i64::from(padding)],
                        _ => ids.iter().map(|&id| i64::from(id)).collect(),
                    }
                };
                Ok(self.parts.iter().map(list).collect())
            }
            By::Tokenizer { tokenizer, words } => {
                let ids = if *words {
                    let words: Vec<&str> = description.tokens().map(|token| token.text).collect();
                    tokenizer.ids(&words.join(" "))?
                } else {
                    let end = (0..=MAX_DESCRIPTION_BYTES.min(text.len()))
                        .rev()
                        .find(|&end| text.is_char_boundary(end));
                    tokenizer.ids(&text[..end.unwrap_or(0)])?
                };
                Ok(self.framed(ids))
            }
        }
    }

    fn framed(&self, ids: Vec<i64>) -> Vec<Vec<i64>> {
        let each = |part: &Part| match part {
            Part::Mask => vec![1; ids.len()],
            Part::Types => vec![0; ids.len()],
            _ => ids.clone(),
        };
        self.parts.iter().map(each).collect()
    }

    /// Lists of these lengths of the largest ids that a text may have: a graph that can take them can take all.
    pub(super) fn largest(&self, lengths: &[usize]) -> Vec<Vec<i64>> {
        match &self.by {
            By::Features { spec, pieces } => {
                let last = |part: &Part| match part {
                    Part::Pairs => spec.pairs.map_or(0, |pairs| pairs.buckets),
                    Part::Grams => spec.grams.map_or(0, |grams| grams.buckets),
                    _ => pieces.as_ref().map_or(0, |pieces| pieces.len() as u32),
                };
                self.parts
                    .iter()
                    .zip(lengths)
                    .map(|(part, &length)| vec![last(part).into(); length])
                    .collect()
            }
            By::Tokenizer { tokenizer, .. } => {
                let length = lengths.first().copied().unwrap_or(1);
                self.framed(vec![tokenizer.last(); length])
            }
        }
    }
}
