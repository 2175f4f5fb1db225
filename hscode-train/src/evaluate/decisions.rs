//! What was accepted, backed off and abstained from, and how often that was right.

use std::collections::BTreeMap;

use hscode_core::Level;
use serde::{Deserialize, Serialize};

use super::outcome::DecisionKind;
use super::{Outcome, Proportion};

/// The decisions at the deepest level.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DecisionReport {
    /// Rows; accepted, backed off and abstained add up to it.
    pub n: u64,
    /// Rows answered in full, of all rows.
    pub accepted: Proportion,
    /// Of these, rows whose code is right (of those deep enough to tell).
    pub accepted_right: Proportion,
    /// Rows answered with an ancestor, of all rows.
    pub backed_off: Proportion,
    /// Of these, rows whose ancestor is right.
    pub backed_off_right: Proportion,
    /// The same by the level of the ancestor.
    pub backed_off_by_level: Vec<BackedOff>,
    /// Rows answered in full or with an ancestor, of all rows: the coverage.
    pub answered: Proportion,
    /// Of these, rows whose answer is right at its own level.
    pub answered_right: Proportion,
    /// Rows not answered, of all rows.
    pub abstained: Proportion,
    /// Of these, rows whose best candidate would have been right (of those with a candidate or not).
    pub abstained_best_right: Proportion,
    /// How many rows were not answered or not in full, by reason; `failed` where the classifier failed.
    pub reasons: BTreeMap<String, u64>,
}

/// Answers with an ancestor of one level.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BackedOff {
    /// The ancestor's level.
    pub level: Level,
    /// Rows answered at it, of all rows.
    pub share: Proportion,
    /// Of these, rows whose ancestor is right.
    pub right: Proportion,
}

impl DecisionReport {
    pub(crate) fn of(outcomes: &[Outcome]) -> Self {
        let share = |yes: &dyn Fn(&Outcome) -> bool| Proportion::count(outcomes.iter().map(yes));
        let right = |yes: &dyn Fn(&Outcome) -> bool| {
            Proportion::count(outcomes.iter().filter(|o| yes(o)).filter_map(|o| o.decided.right))
        };
        let is = |kind: DecisionKind| move |o: &Outcome| o.decided.kind == kind;
        let (accept, back_off, abstain) =
            (is(DecisionKind::Accept), is(DecisionKind::BackOff), is(DecisionKind::Abstain));
        let answered = |o: &Outcome| o.decided.kind != DecisionKind::Abstain;
        let mut reasons = BTreeMap::new();
        for outcome in outcomes {
            let reason = match (&outcome.failure, outcome.decided.reason) {
                (Some(_), _) => "failed",
                (None, Some(reason)) => reason.as_str(),
                (None, None) => continue,
            };
            *reasons.entry(reason.to_owned()).or_insert(0) += 1;
        }
        Self {
            n: outcomes.len() as u64,
            accepted: share(&accept),
            accepted_right: right(&accept),
            backed_off: share(&back_off),
            backed_off_right: right(&back_off),
            backed_off_by_level: Level::INTERNATIONAL
                .into_iter()
                .filter_map(|level| {
                    let here =
                        |o: &Outcome| back_off(o) && o.decided.code.is_some_and(|c| c.level() == level);
                    let found = BackedOff { level, share: share(&here), right: right(&here) };
                    (found.share.hits > 0).then_some(found)
                })
                .collect(),
            answered: share(&answered),
            answered_right: right(&answered),
            abstained: share(&abstain),
            abstained_best_right: Proportion::count(
                outcomes
                    .iter()
                    .filter(|o| abstain(o))
                    .filter_map(|o| o.deepest())
                    .map(|judged| judged.right()),
            ),
            reasons,
        }
    }
}
