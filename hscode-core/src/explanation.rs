//! Reasons for an answer that a person can check.

use std::sync::Arc;

use crate::{Edition, HsCode, Level, Nomenclature};

/// Why a classifier answered as it did.
#[derive(Debug, Clone, PartialEq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Explanation {
    /// The words read, in the order of the text, each with what it added to the best code.
    pub tokens: Vec<TokenContribution>,
    /// The references nearest to the description, nearest first.
    pub evidence: Vec<Evidence>,
    /// The titles from the chapter down to the best code.
    pub path: Vec<String>,
    /// What is of no word, such as how common the best code is: with the contributions of the words it adds up to
    /// the classifier's raw output for it. Absent where the contributions are all there is.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    pub base: Option<f32>,
    /// The code that came second, with what the words add to it; absent where there is none or a classifier does
    /// not say.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    pub runner_up: Option<RunnerUp>,
}

/// The code that came second, and which words speak for it.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct RunnerUp {
    /// The code, of the level asked for.
    pub code: HsCode,
    /// Its score.
    pub score: f32,
    /// The words read, each with what it added to this code, in the unit of the best code's.
    pub tokens: Vec<TokenContribution>,
    /// What is of no word, as [`Explanation::base`].
    pub base: f32,
}

/// The titles from the chapter down to a code.
pub(crate) fn title_path(edition: &Edition, code: HsCode) -> Vec<String> {
    let Ok(nomenclature) = Nomenclature::of(edition) else { return Vec::new() };
    let codes = Level::INTERNATIONAL.into_iter().filter_map(|level| code.at(level));
    codes.filter_map(|code| nomenclature.title(code).map(str::to_owned)).collect()
}

/// What one word added to the score of the best code.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct TokenContribution {
    /// The word as it was read.
    pub text: String,
    /// Where it starts in the description, in bytes.
    pub start: usize,
    /// Where it ends, in bytes, exclusive.
    pub end: usize,
    /// Its part in the evidence for the best code; the parts of a text add up to the whole. The unit is the
    /// classifier's own: of `lexical`, nats, the logarithm of how much likelier the code's references say it
    /// than all references; of `text-cnn`, nats of the code's logit, whole numbers of 1/1024, so that the parts
    /// and [`Explanation::base`] add up to it exactly.
    pub contribution: f32,
}

/// A reference that speaks for a code.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Evidence {
    /// The reference's text.
    pub text: String,
    /// Its settled code.
    pub code: HsCode,
    /// Where it is from, such as `hscode` or the name of a user's own file.
    pub source: Arc<str>,
    /// How like the description it is, in `0.0..=1.0`; 1 is the same text.
    pub similarity: f32,
}
