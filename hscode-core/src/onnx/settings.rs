//! `onnx.tsv`: how texts become ids, which of the graph's values are which, and how logits become decisions.

use super::check::Input;
use crate::features::{FeatureSpec, GramSpec, PairSpec};
use crate::{DecisionPolicy, Error, ErrorKind, settings};

/// The values of the file.
#[derive(Debug)]
pub(super) struct Settings {
    pub policy: DecisionPolicy,
    /// What logits are divided by before they become probabilities.
    pub temperature: f32,
    pub reader: Reader,
    /// What each input of the graph is given, with its name.
    pub inputs: Vec<(Part, String)>,
    /// The name of the logits.
    pub output: String,
}

/// How texts become ids.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Reader {
    /// By [`crate::features`] and a vocabulary of word pieces.
    Features(FeatureSpec),
    /// By a tokenizer file.
    Tokenizer {
        /// The most ids of a text, its frame counted.
        most: usize,
        /// Whether the text is given as normalised words, not as it came.
        words: bool,
    },
}

/// What an input of the graph is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// Word pieces of the vocabulary.
    Tokens,
    /// Buckets of word pairs.
    Pairs,
    /// Buckets of runs of characters.
    Grams,
    /// Ids of the tokenizer.
    Ids,
    /// 1 for each id.
    Mask,
    /// 0 for each id.
    Types,
}

const EXPECTED: &str = "'reader features|tokenizer', 'max_words COUNT', 'max_tokens COUNT', \
    'max_word_bytes COUNT', 'pairs BUCKETS REACH', 'grams BUCKETS SHORTEST LONGEST words|runs', \
    'text raw|words', 'input tokens|pairs|grams|ids|mask|types NAME', 'output NAME', \
    'temperature NUMBER' (0.05 to 20)";

const FEATURE_PARTS: [Part; 3] = [Part::Tokens, Part::Pairs, Part::Grams];

impl Settings {
    /// Reads settings.
    ///
    /// # Errors
    /// `Package`, naming the line or what is missing.
    pub(super) fn read(text: &str) -> Result<Self, Error> {
        let mut temperature = 1.0;
        let (mut tokenizer, mut words) = (None, false);
        let mut spec =
            FeatureSpec { max_words: 48, max_tokens: 48, max_word_bytes: 64, pairs: None, grams: None };
        let mut inputs: Vec<(Part, String)> = Vec::new();
        let mut output = None;
        let policy = settings::read(text, EXPECTED, |key, values| {
            let count = |value: &&str, most: u32| settings::number::<u32>(&[value], 1..=most);
            match (key, values) {
                ("temperature", values) => {
                    let value = settings::number(values, 0.05..=20.0);
                    temperature = value.unwrap_or(temperature);
                    value.is_some()
                }
                ("reader", ["features"]) => tokenizer.replace(false).is_none(),
                ("reader", ["tokenizer"]) => tokenizer.replace(true).is_none(),
                ("max_words", [value]) => set(&mut spec.max_words, count(value, 1024)),
                ("max_tokens", [value]) => set(&mut spec.max_tokens, count(value, 1024)),
                ("max_word_bytes", [value]) => set(&mut spec.max_word_bytes, count(value, 256)),
                ("pairs", [buckets, reach]) => {
                    let pairs = count(buckets, 1 << 24).zip(count(reach, 4));
                    set(&mut spec.pairs, pairs.map(|(buckets, reach)| Some(PairSpec { buckets, reach })))
                }
                ("grams", [buckets, shortest, longest, kind @ ("words" | "runs")]) => {
                    let sizes =
                        count(shortest, 16).zip(count(longest, 16)).filter(|(a, b)| 2 <= *a && a <= b);
                    let grams = count(buckets, 1 << 24).zip(sizes).map(|(buckets, (shortest, longest))| {
                        Some(GramSpec { buckets, shortest, longest, words: *kind == "words" })
                    });
                    set(&mut spec.grams, grams)
                }
                ("text", [form @ ("raw" | "words")]) => {
                    words = *form == "words";
                    true
                }
                ("input", [part, name]) => match part_of(part) {
                    Some(part) if inputs.iter().all(|input| input.0 != part && input.1 != *name) => {
                        inputs.push((part, (*name).to_owned()));
                        true
                    }
                    _ => false,
                },
                ("output", [name]) => output.replace((*name).to_owned()).is_none(),
                _ => false,
            }
        })?;
        let missing = |what: &str| Error::new(ErrorKind::Package, format!("settings: expected {what}"));
        let reader = match tokenizer.ok_or_else(|| missing("a reader"))? {
            true => Reader::Tokenizer { most: spec.max_tokens as usize, words },
            false => Reader::Features(spec),
        };
        let by_features = matches!(reader, Reader::Features(_));
        let fits = inputs.iter().all(|input| FEATURE_PARTS.contains(&input.0) == by_features);
        let has = |part| inputs.iter().any(|input| input.0 == part);
        if inputs.is_empty() || !fits || !(by_features || has(Part::Ids)) {
            return Err(missing(
                "inputs of the reader: tokens, pairs and grams of features, ids, mask and types of a tokenizer",
            ));
        }
        if (has(Part::Pairs), has(Part::Grams)) != (spec.pairs.is_some(), spec.grams.is_some()) {
            return Err(missing("pairs and grams as inputs and with their sizes, or not at all"));
        }
        let output = output.ok_or_else(|| missing("an output"))?;
        Ok(Self { policy, temperature, reader, inputs, output })
    }

    /// The inputs of the graph with the most ids that each is given, and a name that those of one length share.
    pub(super) fn ports(&self) -> Vec<(Input, &'static str)> {
        let longest = |part: Part| -> usize {
            match &self.reader {
                Reader::Tokenizer { most, .. } => *most,
                Reader::Features(spec) => {
                    let words = spec.max_words as usize;
                    match part {
                        Part::Pairs => words * spec.pairs.map_or(0, |pairs| pairs.reach as usize),
                        Part::Grams => words * spec.grams.map_or(0, |grams| runs(spec, grams)),
                        _ => spec.max_tokens as usize,
                    }
                }
            }
        };
        let length = |part: Part| match part {
            Part::Pairs => "P",
            Part::Grams => "G",
            _ => "T",
        };
        self.inputs
            .iter()
            .map(|(part, name)| (Input { name: name.clone(), longest: longest(*part) }, length(*part)))
            .collect()
    }
}

/// The most runs of characters of one word.
fn runs(spec: &FeatureSpec, grams: GramSpec) -> usize {
    let marked = spec.max_word_bytes as usize + 2;
    marked * (grams.longest - grams.shortest + 1) as usize + usize::from(grams.words)
}

fn set<T>(place: &mut T, value: Option<T>) -> bool {
    value.map(|value| *place = value).is_some()
}

fn part_of(name: &str) -> Option<Part> {
    Some(match name {
        "tokens" => Part::Tokens,
        "pairs" => Part::Pairs,
        "grams" => Part::Grams,
        "ids" => Part::Ids,
        "mask" => Part::Mask,
        "types" => Part::Types,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "reader features\nmax_words 8\nmax_tokens 9\npairs 20 1\ngrams 30 3 5 words\n\
        input tokens a\ninput pairs b\ninput grams c\noutput d\ntemperature 0.9\n\
        threshold chapter 0.5\nthreshold heading 0.6\nthreshold subheading 0.7\n";

    #[test]
    fn reads_what_is_there() {
        let settings = Settings::read(TEXT).unwrap();
        assert_eq!(settings.temperature, 0.9);
        assert_eq!(settings.policy.thresholds.heading, 0.6);
        let longest: Vec<usize> = settings.ports().into_iter().map(|port| port.0.longest).collect();
        assert_eq!(longest, [9, 8, 8 * (66 * 3 + 1)]);
        let tokenizer = "reader tokenizer\nmax_tokens 40\ninput ids x\ninput mask y\noutput z\n\
            threshold chapter 0\nthreshold heading 0\nthreshold subheading 0\n";
        let settings = Settings::read(tokenizer).unwrap();
        assert_eq!(settings.reader, Reader::Tokenizer { most: 40, words: false });
    }

    #[test]
    fn names_what_is_wrong() {
        let changes = [
            ("max_words 8", "max_words 0"),
            ("max_words 8", "max_words 1000000"),
            ("30 3 5 words", "30 5 3 words"),
            ("30 3 5 words", "30 3 5"),
            ("pairs 20 1\n", ""),
            ("input pairs b", "input ids b"),
            ("input pairs b", "input pairs a"),
            ("input tokens a\ninput pairs b\ninput grams c", ""),
            ("output d", ""),
            ("reader features", "reader"),
            ("reader features", ""),
            ("0.9", "nan"),
            ("threshold heading 0.6", "threshold heading 1.6"),
        ];
        for (from, to) in changes {
            let error = Settings::read(&TEXT.replace(from, to)).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Package, "{from} -> {to}");
        }
    }
}
