//! What a model learns from and is measured on.

use hscode_core::{Error, ErrorKind, HsCode, Level};

/// A text to learn from.
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    /// The description.
    pub text: String,
    /// Its class, an index into [`TrainingData::classes`]; `None` when only a teacher has labelled it.
    pub class: Option<u32>,
    /// A teacher's few best classes with their probabilities; may be empty.
    pub soft: Vec<(u32, f32)>,
    /// How much the text counts; 1 is usual.
    pub weight: f32,
    /// The share of the epochs in which networks read the text, above 0, at most 1.
    pub share: f32,
}

impl Default for Sample {
    fn default() -> Self {
        Self { text: String::new(), class: None, soft: Vec::new(), weight: 1.0, share: 1.0 }
    }
}

/// A set of texts with known classes, to measure on while a model learns.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct DevSet {
    /// Its name in the log.
    pub name: String,
    /// The descriptions.
    pub texts: Vec<String>,
    /// Their codes; those that are no class of the model count as wrong.
    pub codes: Vec<HsCode>,
}

/// Everything that training reads.
#[derive(Debug, Clone, Default)]
pub struct TrainingData {
    /// The classes: subheadings, ascending, each once.
    pub classes: Vec<HsCode>,
    /// The texts to learn from.
    pub samples: Vec<Sample>,
    /// Sets to measure on.
    pub dev: Vec<DevSet>,
    /// The word pieces, a line each; needed by models that read them.
    pub vocabulary: String,
    /// Token vectors to start from, in the format of data/encoder/vectors.bin; empty for drawn ones.
    pub vectors: Vec<u8>,
}

impl TrainingData {
    /// Checks that samples and classes fit together.
    ///
    /// # Errors
    /// `InvalidInput`: no samples, fewer than two classes, classes not ascending subheadings, a sample with a
    /// class out of range, without any label, or with a weight or share that is not a number of 0 or more.
    pub fn check(&self) -> Result<(), Error> {
        let bad = |what: String| Err(Error::new(ErrorKind::InvalidInput, what));
        if self.samples.is_empty() {
            return bad("training data: expected texts, seen none".into());
        }
        if self.classes.len() < 2 {
            return bad(format!("training data: expected 2 classes or more, seen {}", self.classes.len()));
        }
        if let Some(code) = self.classes.iter().find(|code| code.level() != Level::Subheading) {
            return bad(format!("classes: expected subheadings, seen {code}"));
        }
        if let Some(pair) = self.classes.windows(2).find(|pair| pair[0] >= pair[1]) {
            return bad(format!("classes: expected ascending codes, seen {} before {}", pair[0], pair[1]));
        }
        let classes = self.classes.len() as u32;
        for (at, sample) in self.samples.iter().enumerate() {
            let shares = sample.soft.iter().map(|s| s.1);
            if sample.class.is_some_and(|c| c >= classes) || sample.soft.iter().any(|s| s.0 >= classes) {
                return bad(format!("sample {at}: expected classes below {classes}"));
            }
            if sample.class.is_none() && shares.clone().sum::<f32>() <= 0.0 {
                return bad(format!(
                    "sample {at}: expected a class or a teacher's probabilities, seen neither"
                ));
            }
            if !(sample.share > 0.0 && sample.share <= 1.0) {
                return bad(format!(
                    "sample {at}: expected a share of epochs above 0, at most 1, seen {}",
                    sample.share
                ));
            }
            if shares.chain([sample.weight]).any(|x| !x.is_finite() || x < 0.0) {
                return bad(format!("sample {at}: expected weights and shares of 0 or more"));
            }
        }
        Ok(())
    }
}
