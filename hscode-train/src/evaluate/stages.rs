//! Which classifier of a cascade answered, and how well.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::outcome::{DecisionKind, PassedHow};
use super::{Outcome, Proportion};

/// One classifier: of a cascade a stage, else the whole.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StageReport {
    /// The classifier's name.
    pub classifier: String,
    /// Rows whose prediction is this one's, of all rows.
    pub gave: Proportion,
    /// Of these, rows whose best candidate is right at the deepest level that can be judged.
    pub top1: Proportion,
    /// Of these, rows that it accepted.
    pub accepted: Proportion,
    /// Of the accepted, rows whose code is right.
    pub accepted_right: Proportion,
    /// Rows that it abstained from and passed on.
    pub passed_on: u64,
    /// Rows on which it failed.
    pub failed: u64,
}

impl StageReport {
    /// The classifiers by the number of rows they gave, most first, then by name.
    pub(crate) fn all(outcomes: &[Outcome]) -> Vec<Self> {
        let mut passed: BTreeMap<&str, [u64; 2]> = BTreeMap::new();
        for outcome in outcomes {
            let stage = passed.entry(&outcome.stage).or_default();
            stage[1] += u64::from(outcome.failure.is_some());
            for (name, how) in &outcome.passed {
                let place = usize::from(*how == PassedHow::Failed);
                passed.entry(name).or_default()[place] += 1;
            }
        }
        let mut stages: Vec<Self> = passed
            .into_iter()
            .map(|(name, [passed_on, failed])| {
                let own = || outcomes.iter().filter(|o| &*o.stage == name && o.failure.is_none());
                let accepted = |o: &&Outcome| o.decided.kind == DecisionKind::Accept;
                Self {
                    classifier: name.to_owned(),
                    gave: Proportion::of(own().count() as u64, outcomes.len() as u64),
                    top1: Proportion::count(own().filter_map(|o| o.deepest()).map(|judged| judged.right())),
                    accepted: Proportion::count(own().map(|o| accepted(&o))),
                    accepted_right: Proportion::count(own().filter(accepted).filter_map(|o| o.decided.right)),
                    passed_on,
                    failed,
                }
            })
            .collect();
        stages.sort_by_key(|stage| std::cmp::Reverse(stage.gave.hits));
        stages
    }
}
