//! What comes back: candidates, a decision, and who gave it.

use std::sync::Arc;

use smallvec::SmallVec;

use crate::{ClassifierInfo, Decision, Edition, Explanation, HsCode, Level, Reason};

/// A scored code.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Candidate {
    code: HsCode,
    score: f32,
}

impl Candidate {
    pub(crate) const fn new(code: HsCode, score: f32) -> Self {
        Self { code, score }
    }

    /// The code, of the level asked for.
    pub fn code(&self) -> HsCode {
        self.code
    }

    /// Its calibrated probability, in `0.0..=1.0`. The score of a heading is the sum of its subheadings'.
    pub fn score(&self) -> f32 {
        self.score
    }
}

/// The answer to one description.
///
/// Up to eight candidates stand in the value itself, without the heap. With the feature `serde` it is written and
/// read whole, for caches and for other processes; [`Record`](crate::Record) is the form for people.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct Prediction {
    pub(crate) candidates: SmallVec<[Candidate; 8]>,
    pub(crate) decision: Decision,
    pub(crate) decided_score: Option<f32>,
    pub(crate) level: Level,
    pub(crate) classifier: Arc<str>,
    pub(crate) model: Arc<str>,
    pub(crate) edition: Edition,
    pub(crate) explanation: Option<Box<Explanation>>,
    pub(crate) candidate_set: Option<Vec<HsCode>>,
    pub(crate) truncated: bool,
    pub(crate) passed: Vec<Passed>,
}

impl Prediction {
    /// An abstention without candidates, for classifiers that have nothing to say.
    pub fn abstention(info: &ClassifierInfo, level: Level, reason: Reason) -> Self {
        Self {
            candidates: SmallVec::new(),
            decision: Decision::Abstain(reason),
            decided_score: None,
            level,
            classifier: info.shared_name(),
            model: info.shared_model(),
            edition: info.edition().clone(),
            explanation: None,
            candidate_set: None,
            truncated: false,
            passed: Vec::new(),
        }
    }

    /// Declines: the candidates stay, for a person.
    pub(crate) fn decline(&mut self, reason: Reason) {
        self.decision = Decision::Abstain(reason);
        self.decided_score = None;
    }

    /// The candidates, best first; ties stand in the order of their codes. There in every case, also when
    /// abstaining; empty only when nothing speaks for any code.
    pub fn candidates(&self) -> &[Candidate] {
        &self.candidates
    }

    /// The best candidate.
    pub fn best(&self) -> Option<Candidate> {
        self.candidates.first().copied()
    }

    /// What to do with the answer.
    pub fn decision(&self) -> Decision {
        self.decision
    }

    /// The code decided for: the best candidate or an ancestor; `None` when abstaining.
    pub fn code(&self) -> Option<HsCode> {
        self.decision.code()
    }

    /// The score of [`code`](Self::code).
    pub fn score(&self) -> Option<f32> {
        self.decided_score
    }

    /// The level of the candidates.
    pub fn level(&self) -> Level {
        self.level
    }

    /// The name of the classifier that answered: in a cascade, of the stage.
    pub fn classifier(&self) -> &str {
        &self.classifier
    }

    /// What identifies its model.
    pub fn model(&self) -> &str {
        &self.model
    }

    /// The edition of the codes.
    pub fn edition(&self) -> &Edition {
        &self.edition
    }

    /// Why, if it was asked for.
    pub fn explanation(&self) -> Option<&Explanation> {
        self.explanation.as_deref()
    }

    /// The codes that hold the right one with the coverage asked for, best first.
    pub fn candidate_set(&self) -> Option<&[HsCode]> {
        self.candidate_set.as_deref()
    }

    /// Whether the description was longer than what is read.
    pub fn truncated(&self) -> bool {
        self.truncated
    }

    /// The stages of a cascade that were asked before the one that answered, and why they did not.
    pub fn passed(&self) -> &[Passed] {
        &self.passed
    }
}

/// A stage of a cascade that did not give the answer.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Passed {
    /// The stage's name.
    pub classifier: Arc<str>,
    /// Why the next stage was asked.
    pub why: PassedWhy,
}

/// Why a stage did not give the answer.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum PassedWhy {
    /// It abstained.
    Abstained(Reason),
    /// It failed with this message.
    Failed(String),
}
