//! What one classifier made of one row.

use std::sync::Arc;

use hscode_core::{Decision, HsCode, Level, PassedWhy, Prediction, Reason};

use super::Example;

/// The deepest place in a ranking that is looked at: top-5.
pub const TOP: usize = 5;

/// What one classifier made of one row, judged; without the description.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// By level, in the order of [`Level::INTERNATIONAL`]; none where the row or the classifier does not go
    /// that deep.
    pub(crate) levels: [Option<Judged>; 3],
    pub(crate) decided: Decided,
    pub(crate) set: Option<JudgedSet>,
    pub(crate) stage: Arc<str>,
    pub(crate) passed: Vec<(Arc<str>, PassedHow)>,
    pub(crate) failure: Option<String>,
}

/// The ranking of one level against the right codes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Judged {
    /// The code to count under: see [`Example::truth`].
    pub(crate) truth: HsCode,
    /// The best candidate.
    pub(crate) predicted: Option<HsCode>,
    /// Its score; 0 without a candidate.
    pub(crate) score: f32,
    /// The place of the first right candidate, from 1; none when it is not among the first [`TOP`].
    pub(crate) rank: Option<u8>,
    /// Whether the best code of the deepest level, cut to this level, is right.
    pub(crate) cut_right: bool,
}

impl Judged {
    /// Whether a right code is among the first `k`.
    pub(crate) fn within(&self, k: u8) -> bool {
        self.rank.is_some_and(|rank| rank <= k)
    }

    /// Whether the best candidate is right.
    pub(crate) fn right(&self) -> bool {
        self.within(1)
    }
}

/// The decision against the right codes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Decided {
    pub(crate) kind: DecisionKind,
    pub(crate) code: Option<HsCode>,
    pub(crate) reason: Option<Reason>,
    /// Whether the code is right; none when abstaining, or when it is deeper than the row's right code.
    pub(crate) right: Option<bool>,
}

/// The three kinds of decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum DecisionKind {
    Accept,
    BackOff,
    Abstain,
}

/// A candidate set against the right codes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct JudgedSet {
    pub(crate) size: usize,
    /// Whether a right code is in it; none when the row is not that deep.
    pub(crate) holds: Option<bool>,
}

/// How a stage of a cascade passed a row on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum PassedHow {
    Abstained,
    Failed,
}

impl Outcome {
    /// Judges the predictions of one row, `None` where the classifier is not asked at that level; the last one
    /// there is of the deepest level.
    pub(crate) fn judge(example: &Example, predictions: [Option<&Prediction>; 3]) -> Option<Self> {
        let deepest = predictions.iter().rev().find_map(|p| *p)?;
        let best = deepest.best().map(|candidate| candidate.code());
        let mut levels = [None; 3];
        for ((judged, prediction), level) in levels.iter_mut().zip(predictions).zip(Level::INTERNATIONAL) {
            *judged = prediction.and_then(|prediction| judge_level(example, prediction, best, level));
        }
        let decision = deepest.decision();
        Some(Self {
            levels,
            decided: Decided {
                kind: match decision {
                    Decision::Accept(_) => DecisionKind::Accept,
                    Decision::BackOff { .. } => DecisionKind::BackOff,
                    _ => DecisionKind::Abstain,
                },
                code: decision.code(),
                reason: decision.reason(),
                right: decision.code().and_then(|code| example.is_right(code)),
            },
            set: deepest.candidate_set().map(|set| JudgedSet {
                size: set.len(),
                holds: (example.level() >= deepest.level())
                    .then(|| set.iter().any(|code| example.is_right(*code) == Some(true))),
            }),
            stage: deepest.classifier().into(),
            passed: deepest
                .passed()
                .iter()
                .map(|passed| {
                    let how = match passed.why {
                        PassedWhy::Failed(_) => PassedHow::Failed,
                        _ => PassedHow::Abstained,
                    };
                    (Arc::clone(&passed.classifier), how)
                })
                .collect(),
            failure: None,
        })
    }

    /// A row on which the classifier failed: no answer, at no level.
    pub(crate) fn failed(example: &Example, name: &str, deepest: Level, message: String) -> Self {
        let levels = Level::INTERNATIONAL.map(|level| {
            let truth = example.truth(level, None).filter(|_| level <= deepest)?;
            Some(Judged { truth, predicted: None, score: 0.0, rank: None, cut_right: false })
        });
        let decided = Decided { kind: DecisionKind::Abstain, code: None, reason: None, right: None };
        let (stage, passed) = (name.into(), Vec::new());
        Self { levels, decided, set: None, stage, passed, failure: Some(message) }
    }

    /// The judgement of `level`.
    pub(crate) fn at(&self, level: Level) -> Option<&Judged> {
        let place = Level::INTERNATIONAL.iter().position(|l| *l == level)?;
        self.levels.get(place)?.as_ref()
    }

    /// The judgement of the deepest level at which the row could be judged.
    pub(crate) fn deepest(&self) -> Option<&Judged> {
        self.levels.iter().rev().find_map(Option::as_ref)
    }
}

fn judge_level(
    example: &Example,
    prediction: &Prediction,
    deepest_best: Option<HsCode>,
    level: Level,
) -> Option<Judged> {
    let best = prediction.best();
    let predicted = best.map(|candidate| candidate.code());
    let truth = example.truth(level, predicted)?;
    let right = |code: HsCode| example.is_right(code) == Some(true);
    let rank = prediction.candidates().iter().take(TOP).position(|candidate| right(candidate.code()));
    Some(Judged {
        truth,
        predicted,
        score: best.map_or(0.0, |candidate| candidate.score()),
        rank: rank.map(|place| place as u8 + 1),
        cut_right: deepest_best.and_then(|code| code.at(level)).is_some_and(right),
    })
}
