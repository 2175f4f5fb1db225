//! All figures of one level of the nomenclature.

use hscode_core::Level;
use serde::{Deserialize, Serialize};

use super::outcome::{Judged, TOP};
use super::{Calibration, ClassAverages, Outcome, Proportion, RiskCoverage};

/// The places whose accuracy is reported.
pub(crate) const PLACES: [u8; 3] = [1, 3, TOP as u8];

/// How well the rankings of one level are.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LevelReport {
    /// The level.
    pub level: Level,
    /// Rows that can be judged at it.
    pub n: u64,
    /// Rows whose right code is among the first `k` candidates of this level's own ranking; `k` is 1, 3, 5.
    pub top: Vec<TopK>,
    /// Rows where the best code of the deepest level, cut to this level, is right.
    pub best_code_cut: Proportion,
    /// Precision, recall, F1; none without rows.
    pub averages: Option<ClassAverages>,
    /// Whether the scores mean what they say.
    pub calibration: Calibration,
    /// Accuracy of the surest answers.
    pub risk_coverage: RiskCoverage,
}

/// The accuracy of the first `k` candidates.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TopK {
    /// How many candidates are looked at.
    pub k: u8,
    /// Rows with the right code among them.
    pub right: Proportion,
}

impl LevelReport {
    /// Whether the right code is among the first `k`; none when `k` is not reported.
    pub fn top(&self, k: u8) -> Option<&Proportion> {
        self.top.iter().find(|top| top.k == k).map(|top| &top.right)
    }

    pub(crate) fn of(level: Level, outcomes: &[Outcome]) -> Self {
        let rows: Vec<&Judged> = outcomes.iter().filter_map(|outcome| outcome.at(level)).collect();
        let classes: Vec<_> = rows.iter().map(|row| (row.truth, row.predicted)).collect();
        let scored: Vec<_> =
            rows.iter().filter(|row| row.predicted.is_some()).map(|row| (row.score, row.right())).collect();
        let by_score: Vec<_> =
            rows.iter().map(|row| (row.predicted.map(|_| row.score), row.right())).collect();
        Self {
            level,
            n: rows.len() as u64,
            top: top_k(&rows),
            best_code_cut: Proportion::count(rows.iter().map(|row| row.cut_right)),
            averages: ClassAverages::of(&classes),
            calibration: Calibration::of(&scored),
            risk_coverage: RiskCoverage::of(&by_score),
        }
    }
}

/// The accuracies at 1, 3 and 5 candidates.
pub(crate) fn top_k(rows: &[&Judged]) -> Vec<TopK> {
    let right = |k| Proportion::count(rows.iter().map(|row| row.within(k)));
    PLACES.iter().map(|&k| TopK { k, right: right(k) }).collect()
}
