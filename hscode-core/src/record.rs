//! The one-row record that every front end writes: command line, Python, C hosts over JSON.

use serde::Serialize;

use crate::{Edition, Explanation, HsCode, Level, Nomenclature, Prediction};

/// A prediction as one flat row, with titles; serialises to the JSON of the documentation.
///
/// `decision` is `accept`, `back_off` (then `code` is an ancestor) or `abstain` (then `code` and `score` are
/// null). `level` is that of `code`, or of the candidates where there is no code.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Record<'a> {
    /// The row's number in its input, from 0.
    pub index: u64,
    /// The description as it came.
    pub description: &'a str,
    /// `accept`, `back_off` or `abstain`.
    pub decision: &'static str,
    /// The code decided for.
    pub code: Option<HsCode>,
    /// The score of `code`.
    pub score: Option<f32>,
    /// Why the decision is not a full answer, such as `low_score`.
    pub reason: Option<&'static str>,
    /// The level of `code`.
    pub level: Level,
    /// The candidates, best first.
    pub candidates: Vec<RecordCandidate<'a>>,
    /// The classifier that answered.
    pub classifier: &'a str,
    /// The edition of the codes.
    pub edition: &'a Edition,
    /// What identifies the model.
    pub model: &'a str,
    /// Whether the description was longer than what is read; absent when it was not.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub truncated: bool,
    /// Why, if it was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub explanation: Option<&'a Explanation>,
    /// The set of codes for the coverage, if it was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub candidate_set: Option<&'a [HsCode]>,
}

/// A candidate with its title.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RecordCandidate<'a> {
    /// The code.
    pub code: HsCode,
    /// Its score.
    pub score: f32,
    /// Its title, where the nomenclature has one.
    pub title: Option<&'a str>,
}

impl<'a> Record<'a> {
    /// Puts a prediction into a row; titles are `nomenclature`'s.
    pub fn new(
        index: u64,
        description: &'a str,
        prediction: &'a Prediction,
        nomenclature: &'a Nomenclature,
    ) -> Self {
        let decision = prediction.decision();
        Self {
            index,
            description,
            decision: decision.as_str(),
            code: decision.code(),
            score: prediction.score(),
            reason: decision.reason().map(|reason| reason.as_str()),
            level: decision.code().map_or(prediction.level(), |code| code.level()),
            candidates: prediction
                .candidates()
                .iter()
                .map(|candidate| RecordCandidate {
                    code: candidate.code(),
                    score: candidate.score(),
                    title: nomenclature.title(candidate.code()),
                })
                .collect(),
            classifier: prediction.classifier(),
            edition: prediction.edition(),
            model: prediction.model(),
            truncated: prediction.truncated(),
            explanation: prediction.explanation(),
            candidate_set: prediction.candidate_set(),
        }
    }
}
