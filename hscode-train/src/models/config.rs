//! Settings of training models, in the terms of train.toml.

use hscode_core::{Error, ErrorKind};
use serde::{Deserialize, Serialize};

use super::augment::AugmentConfig;
use super::svc::SvcConfig;
use crate::nets::{HashedShape, NetworkShape, RoundingConfig, TokenReader};

/// Which model is trained.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ModelKind {
    /// A linear support vector classifier over words and characters.
    Svc,
    /// The mean of token vectors and hidden layers.
    Dnn,
    /// An LSTM over tokens, in both directions.
    Lstm,
    /// Convolution over tokens with hashed pairs and grams beside it.
    TextCnn,
}

impl ModelKind {
    /// The name as settings and records spell it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Svc => "svc",
            Self::Dnn => "dnn",
            Self::Lstm => "lstm",
            Self::TextCnn => "text_cnn",
        }
    }
}

/// How a model is trained: `[train]` of train.toml.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TrainConfig {
    /// Which model. Default `text_cnn`.
    pub model: ModelKind,
    /// Where every draw starts from. Default 2022.
    pub seed: u64,
    /// Threads; 0 takes as many as there are cores. The result does not depend on it. Default 0.
    pub threads: usize,
    /// Sizes of the networks. `dnn` and `lstm` take the sizes of their own parts from it.
    pub network: NetworkShape,
    /// How networks learn.
    pub learn: LearnConfig,
    /// How texts are varied while networks learn.
    pub augment: AugmentConfig,
    /// Rounding to integers in the last part of training, for the shipped engine (`text_cnn` and `dnn`).
    pub rounding: RoundingConfig,
    /// The linear model.
    pub svc: SvcConfig,
}

impl Default for TrainConfig {
    fn default() -> Self {
        Self {
            model: ModelKind::TextCnn,
            seed: 2022,
            threads: 0,
            network: NetworkShape::default(),
            learn: LearnConfig::default(),
            augment: AugmentConfig::default(),
            rounding: RoundingConfig::default(),
            svc: SvcConfig::default(),
        }
    }
}

/// How networks learn: `[train.learn]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LearnConfig {
    /// Passes over the rows. Default 10.
    pub epochs: u32,
    /// Rows of a step. Default 512.
    pub batch: usize,
    /// Highest learning rate of weights. Default 0.002.
    pub rate: f32,
    /// Learning rate of token vectors, as a factor on `rate`. Default 5.
    pub token_rate: f32,
    /// Learning rate of the tables of pairs and grams, as a factor on `rate`. Default 5.
    pub hashed_rate: f32,
    /// Root mean square of the token vectors to start from. Default 0.3.
    pub token_size: f32,
    /// Share of the steps in which the rate rises from 0. Default 0.05.
    pub warm_up: f64,
    /// Share of the highest rate that is left at the end of the cosine. Default 0.01.
    pub last_rate: f64,
    /// Decay of matrices per step, times the learning rate (AdamW). Default 0.
    pub weight_decay: f32,
    /// Largest norm of all gradients together; longer ones are scaled. Default 1.
    pub clip: f64,
    /// Share of the numbers that the first linear layer reads which are dropped, 0 to below 1. Default 0.05.
    pub input_dropout: f32,
    /// Share of hidden units dropped. Default 0.2.
    pub hidden_dropout: f32,
    /// Share of word pieces, pairs and grams that a text loses. Default 0.05.
    pub feature_dropout: f32,
    /// Weight of the loss over headings (summed probabilities) against subheadings. Default 0.3.
    pub heading_loss: f32,
    /// Weight of the loss over chapters. Default 0.3.
    pub chapter_loss: f32,
    /// Share of the target that is spread evenly over all classes. Default 0.
    pub label_smoothing: f32,
    /// How much of the target are a teacher's probabilities, where a text has them; the rest is its label.
    /// Default 0.7.
    pub soft_share: f32,
    /// Class balance by the effective number of rows: 0 (rows weigh alike) to below 1. Default 0.
    pub class_balance: f64,
    /// Steps between measurements on the development sets; 0 for the end only. Default 500.
    pub measure_every: u32,
    /// Steps between checkpoints; 0 for none but the one when stopped. Default 500.
    pub checkpoint_every: u32,
}

impl Default for LearnConfig {
    fn default() -> Self {
        Self {
            epochs: 10,
            batch: 512,
            rate: 0.002,
            token_rate: 5.0,
            hashed_rate: 5.0,
            token_size: 0.3,
            warm_up: 0.05,
            last_rate: 0.01,
            weight_decay: 0.0,
            clip: 1.0,
            input_dropout: 0.05,
            hidden_dropout: 0.2,
            feature_dropout: 0.05,
            heading_loss: 0.3,
            chapter_loss: 0.3,
            label_smoothing: 0.0,
            soft_share: 0.7,
            class_balance: 0.0,
            measure_every: 500,
            checkpoint_every: 500,
        }
    }
}

impl TrainConfig {
    /// The network that the chosen model stands for; `None` for `svc`.
    pub fn shape(&self) -> Option<NetworkShape> {
        let none = HashedShape { buckets: 0, dim: 0 };
        let reader = match self.model {
            ModelKind::Svc => return None,
            ModelKind::TextCnn => return Some(self.network.clone()),
            ModelKind::Dnn => TokenReader::Mean,
            ModelKind::Lstm => TokenReader::Lstm,
        };
        Some(NetworkShape { reader, pairs: none, grams: none, ..self.network.clone() })
    }

    /// Checks every value.
    ///
    /// # Errors
    /// `InvalidInput` that names the setting, what was expected and what was seen.
    pub fn check(&self) -> Result<(), Error> {
        let bad = |what: String| Err(Error::new(ErrorKind::InvalidInput, what));
        if let Some(fault) = self.shape().and_then(|shape| shape.fault()) {
            return bad(fault);
        }
        let learn = &self.learn;
        let below_one = |x: f32| (0.0..1.0).contains(&x);
        let share = |x: f32| (0.0..=1.0).contains(&x);
        let checks = [
            ("learn.epochs", learn.epochs > 0, "1 or more", learn.epochs.to_string()),
            ("learn.batch", (1..=65_536).contains(&learn.batch), "1 to 65536", learn.batch.to_string()),
            ("learn.rate", learn.rate > 0.0 && learn.rate < 1.0, "above 0, below 1", learn.rate.to_string()),
            ("learn.token_rate", learn.token_rate >= 0.0, "0 or more", learn.token_rate.to_string()),
            ("learn.hashed_rate", learn.hashed_rate >= 0.0, "0 or more", learn.hashed_rate.to_string()),
            ("learn.token_size", learn.token_size > 0.0, "above 0", learn.token_size.to_string()),
            ("learn.warm_up", (0.0..1.0).contains(&learn.warm_up), "0 to below 1", learn.warm_up.to_string()),
            (
                "learn.last_rate",
                (0.0..=1.0).contains(&learn.last_rate),
                "0 to 1",
                learn.last_rate.to_string(),
            ),
            ("learn.weight_decay", learn.weight_decay >= 0.0, "0 or more", learn.weight_decay.to_string()),
            ("learn.clip", learn.clip > 0.0, "above 0", learn.clip.to_string()),
            (
                "learn.input_dropout",
                below_one(learn.input_dropout),
                "0 to below 1",
                learn.input_dropout.to_string(),
            ),
            (
                "learn.hidden_dropout",
                below_one(learn.hidden_dropout),
                "0 to below 1",
                learn.hidden_dropout.to_string(),
            ),
            (
                "learn.feature_dropout",
                below_one(learn.feature_dropout),
                "0 to below 1",
                learn.feature_dropout.to_string(),
            ),
            ("learn.heading_loss", learn.heading_loss >= 0.0, "0 or more", learn.heading_loss.to_string()),
            ("learn.chapter_loss", learn.chapter_loss >= 0.0, "0 or more", learn.chapter_loss.to_string()),
            (
                "learn.label_smoothing",
                below_one(learn.label_smoothing),
                "0 to below 1",
                learn.label_smoothing.to_string(),
            ),
            ("learn.soft_share", share(learn.soft_share), "0 to 1", learn.soft_share.to_string()),
            (
                "learn.class_balance",
                (0.0..1.0).contains(&learn.class_balance),
                "0 to below 1",
                learn.class_balance.to_string(),
            ),
            ("rounding.share", share(self.rounding.share), "0 to 1", self.rounding.share.to_string()),
            ("threads", self.threads <= 1024, "at most 1024", self.threads.to_string()),
        ];
        for (name, good, expected, seen) in checks {
            if !good {
                return bad(format!("{name}: expected {expected}, seen {seen}"));
            }
        }
        self.augment.check()?;
        self.svc.check()
    }
}
