//! The network of the house: a Text-CNN in integers.
//!
//! [`TextCnn`] reads word pieces and hashed runs of characters ([`features`](crate::features)) and answers
//! subheadings. Weights are integers of 4 and 8 bits, sums have 32, and the few floats have one order of single
//! operations, so that an answer has the same bits on every machine, with every instruction set, alone or in a
//! batch. [`Weights`] is what a trainer fills; `docs/text-cnn.md` describes the computation and the files.

mod conv;
mod explain;
mod format;
mod kernel;
mod math;
mod net;
mod settings;
mod split;
mod walk;
mod weights;

use crate::features::WordPiece;
use crate::pool::Pool;
use crate::ranking::{predict_sorted, run_within};
use crate::text::Description;
use crate::{
    Classifier, ClassifierInfo, DecisionPolicy, Edition, Error, ErrorKind, HsCode, Level, Options,
    Prediction, text,
};

use net::{Activations, Net};
use walk::{Beam, Found, Tree};

pub use kernel::SimdLevel;
pub use weights::{BagScale, Filters, HiddenLayer, Layer, Reader, Table, Weights};

/// The thresholds and candidate sets that settings name; see [`TextCnn::from_bytes`].
#[cfg(feature = "packages")]
pub(crate) fn read_policy(settings: &str) -> Result<DecisionPolicy, Error> {
    settings::read(settings).map(|settings| settings.policy)
}

/// A classifier by a network in integers.
#[derive(Debug)]
pub struct TextCnn {
    info: ClassifierInfo,
    policy: DecisionPolicy,
    sharpness: f32,
    beam: Option<Beam>,
    vocabulary: Option<WordPiece>,
    classes: Vec<HsCode>,
    tree: Tree,
    net: Net,
    pool: Pool<Scratch>,
}

/// Working memory of one look at a description, and what was found.
#[derive(Debug, Default)]
pub(crate) struct Look {
    work: Activations,
    found: Found,
    /// Whether the description names anything; nothing is computed of one that does not.
    named: bool,
    /// The classes found, by code ascending, with their scores as [`TextCnn::probabilities`] or
    /// [`TextCnn::log_probabilities`] left them.
    pub(crate) scores: Vec<(HsCode, f32)>,
    values: Vec<f32>,
}

/// Working memory of one classification.
#[derive(Debug, Default)]
struct Scratch {
    description: Description,
    key: String,
    look: Look,
}

impl TextCnn {
    /// Opens a network of HS2022 from the bytes of its files.
    ///
    /// `weights`: as [`Weights::to_bytes`] makes them. `vocabulary`: the word pieces, a line each; empty where the
    /// network reads none. `settings`: lines `threshold LEVEL SCORE` for each of three levels, `temperature
    /// NUMBER`, `walk CHAPTERS HEADINGS`, `coverage PART SCORE..`. `model`: what identifies them, for
    /// [`ClassifierInfo::model`].
    ///
    /// # Errors
    /// `Package` when weights, vocabulary or settings are damaged or do not fit together; `Unsupported` when the
    /// weights were made for another version of text or features.
    pub fn from_bytes(weights: &[u8], vocabulary: &str, settings: &str, model: &str) -> Result<Self, Error> {
        let weights = Weights::from_bytes(weights)?;
        Self::of_checked(weights, vocabulary, settings, model)
    }

    /// Makes a classifier of weights; the rest as [`from_bytes`](Self::from_bytes).
    ///
    /// # Errors
    /// As `from_bytes`.
    pub fn from_weights(
        weights: Weights,
        vocabulary: &str,
        settings: &str,
        model: &str,
    ) -> Result<Self, Error> {
        weights.check()?;
        Self::of_checked(weights, vocabulary, settings, model)
    }

    fn of_checked(weights: Weights, vocabulary: &str, settings: &str, model: &str) -> Result<Self, Error> {
        let settings::Settings { policy, temperature, beam } = settings::read(settings)?;
        let rows = weights.tokens.as_ref().map(|table| table.multiples.len());
        let pieces = match rows {
            Some(_) => Some(WordPiece::from_text(vocabulary).map_err(|error| error.at("vocabulary"))?),
            None => None,
        };
        let seen = pieces.as_ref().map_or(vocabulary.len(), WordPiece::len);
        if seen != rows.unwrap_or(0) {
            let what = format!("vocabulary: expected {} word pieces, seen {seen}", rows.unwrap_or(0));
            return Err(Error::new(ErrorKind::Package, what));
        }
        if beam.is_some() && weights.chapters.is_none() {
            let what = "settings: a walk needs weights with the layers of chapters and headings, seen none";
            return Err(Error::new(ErrorKind::Package, what));
        }
        let classes = weights.classes.clone();
        Ok(Self {
            info: ClassifierInfo::new("text-cnn", model, Edition::HS2022, Level::Subheading, classes.len()),
            policy,
            sharpness: 1.0 / temperature,
            beam,
            vocabulary: pieces,
            tree: Tree::new(&classes),
            classes,
            net: Net::new(weights),
            pool: Pool::default(),
        })
    }

    /// The instructions that the loops of this network use.
    pub fn simd(&self) -> SimdLevel {
        self.net.simd.level()
    }

    /// The subheadings that the network answers, by code ascending.
    pub fn classes(&self) -> &[HsCode] {
        &self.classes
    }

    /// The raw output of each class, in the order of [`classes`](Self::classes); none when the description names
    /// nothing.
    pub fn logits(&self, description: &str) -> Vec<f32> {
        self.pool.with(|scratch| {
            scratch.description.read(description);
            let look = &mut scratch.look;
            self.read(&scratch.description, look);
            if look.named {
                look.found.flat(&self.net, &mut look.work, 0..self.classes.len());
            }
            look.found.logits.clone()
        })
    }

    /// Natural logarithms of the probabilities of the likeliest subheadings, by code ascending, before
    /// calibration, for fusing them with another classifier's.
    ///
    /// The subheadings are those that the walk scores, all without a walk; the probabilities are over them. None
    /// when the description names nothing.
    pub fn scores(&self, description: &str) -> Vec<(HsCode, f32)> {
        self.scores_with(description, &[])
    }

    /// As [`scores`](Self::scores), and those of the subheadings of `more` among them whether the walk comes by
    /// or not. Codes that are no classes of the network are left out.
    pub fn scores_with(&self, description: &str, more: &[HsCode]) -> Vec<(HsCode, f32)> {
        self.pool.with(|Scratch { description: read, look, .. }| {
            read.read(description);
            self.look(read, None, look);
            self.look_at(more.iter().copied(), look);
            self.log_probabilities(look);
            look.scores.clone()
        })
    }

    /// Finds the likeliest subheadings of a description; of those within a code, all.
    pub(crate) fn look(&self, description: &Description, within: Option<HsCode>, look: &mut Look) {
        self.read(description, look);
        let Look { work, found, named, .. } = look;
        match within {
            _ if !*named => {}
            Some(within) => found.flat(&self.net, work, run_within(&self.classes, |&code| code, within)),
            None => found.walk(&self.net, &self.tree, self.beam, work),
        }
    }

    /// Computes the hidden layers for a description, if it names anything.
    fn read(&self, description: &Description, look: &mut Look) {
        look.found.clear();
        look.named = description.names_something();
        if look.named {
            let words = description.tokens().map(|token| token.text);
            self.net.spec.read(words, self.vocabulary.as_ref(), &mut look.work.features);
            self.net.forward(&mut look.work);
        }
    }

    /// Looks at more subheadings of the description that was last looked at.
    pub(crate) fn look_at(&self, more: impl Iterator<Item = HsCode>, look: &mut Look) {
        if !look.named {
            return;
        }
        let classes = more.filter_map(|code| self.classes.binary_search(&code).ok());
        look.found.and(&self.net, &mut look.work, classes.map(|class| class as u32));
    }

    /// Fills `look.scores` with probabilities over what was found, at the temperature of the settings.
    pub(crate) fn probabilities(&self, look: &mut Look) {
        self.score(look, |values| math::softmax(values, self.sharpness));
    }

    /// Fills `look.scores` with logarithms of probabilities over what was found, at temperature 1.
    pub(crate) fn log_probabilities(&self, look: &mut Look) {
        self.score(look, math::log_softmax);
    }

    fn score(&self, look: &mut Look, turn: impl Fn(&mut [f32])) {
        let Look { found, scores, values, .. } = look;
        values.clear();
        values.extend_from_slice(&found.logits);
        turn(values);
        scores.clear();
        let codes = found.classes.iter().map(|&class| self.classes[class as usize]);
        scores.extend(codes.zip(values.iter().copied()));
    }

    /// What turns the scores of [`probabilities`](Self::probabilities) into decisions.
    pub(crate) fn policy(&self) -> &DecisionPolicy {
        &self.policy
    }

    fn predict(&self, description: &str, options: &Options, scratch: &mut Scratch) -> Prediction {
        let Scratch { description: read, key, look } = scratch;
        read.read(description);
        let refused = text::refusal(read, key);
        self.look(read, options.within, look);
        self.probabilities(look);
        let mut prediction = predict_sorted(&look.scores, &self.info, &self.policy, options);
        prediction.truncated = read.truncated();
        if let Some(reason) = refused {
            prediction.decline(reason);
        }
        if options.explain {
            let explanation = self.explain(description, read, prediction.candidates(), look);
            prediction.explanation = explanation.map(Box::new);
        }
        prediction
    }
}

impl Classifier for TextCnn {
    fn info(&self) -> &ClassifierInfo {
        &self.info
    }

    fn classify_batch(&self, descriptions: &[&str], options: &Options) -> Result<Vec<Prediction>, Error> {
        options.check(&self.info)?;
        let all = |scratch: &mut Scratch| {
            descriptions.iter().map(|text| self.predict(text, options, scratch)).collect()
        };
        Ok(self.pool.with(all))
    }

    fn classify(&self, description: &str, options: &Options) -> Result<Prediction, Error> {
        options.check(&self.info)?;
        Ok(self.pool.with(|scratch| self.predict(description, options, scratch)))
    }
}
