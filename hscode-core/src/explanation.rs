//! Reasons for an answer that a person can check.

use std::sync::Arc;

use crate::HsCode;

/// Why a classifier answered as it did.
#[derive(Debug, Clone, PartialEq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Explanation {
    /// The words read, in the order of the text, each with what it added to the best code.
    pub tokens: Vec<TokenContribution>,
    /// The references nearest to the description, nearest first.
    pub evidence: Vec<Evidence>,
    /// The titles from the chapter down to the best code.
    pub path: Vec<String>,
}

/// What one word added to the score of the best code.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
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
    /// than all references.
    pub contribution: f32,
}

/// A reference that speaks for a code.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
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
