//! Which codes are most often taken for which.

use std::collections::BTreeMap;

use hscode_core::{HsCode, Level, Nomenclature};
use serde::{Deserialize, Serialize};

use super::{Example, Outcome};

/// The most confused pairs of one level.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConfusionReport {
    /// The level.
    pub level: Level,
    /// Rows whose best candidate is wrong at it.
    pub wrong: u64,
    /// Of these, rows without any candidate.
    pub unanswered: u64,
    /// Different pairs among the rest.
    pub pairs: u64,
    /// The commonest pairs, most rows first, then by code.
    pub worst: Vec<Confusion>,
}

/// One code taken for another.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Confusion {
    /// The right code.
    pub right: HsCode,
    /// Its title, where the nomenclature has one.
    pub right_title: Option<String>,
    /// The code answered.
    pub answered: HsCode,
    /// Its title.
    pub answered_title: Option<String>,
    /// Rows with this pair.
    pub rows: u64,
    /// Rows of the right code in all.
    pub of: u64,
    /// The first few of the rows.
    pub examples: Vec<ConfusionExample>,
}

/// A row with the confusion.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConfusionExample {
    /// The row's number in its file, from 0.
    pub index: u64,
    /// The description, only where it was asked for: declarations are confidential.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub text: Option<String>,
}

/// Rows shown for a pair.
const EXAMPLES: usize = 3;

impl ConfusionReport {
    /// The `worst` commonest confusions of `level`, with texts if `show_text`.
    pub(crate) fn of(
        level: Level,
        examples: &[Example],
        outcomes: &[Outcome],
        nomenclature: &Nomenclature,
        worst: usize,
        show_text: bool,
    ) -> Self {
        let mut rows_of: BTreeMap<HsCode, u64> = BTreeMap::new();
        let mut pairs: BTreeMap<(HsCode, HsCode), (u64, Vec<&Example>)> = BTreeMap::new();
        let (mut wrong, mut unanswered) = (0, 0);
        for (example, outcome) in examples.iter().zip(outcomes) {
            let Some(judged) = outcome.at(level) else { continue };
            *rows_of.entry(judged.truth).or_default() += 1;
            if judged.right() {
                continue;
            }
            wrong += 1;
            let Some(answered) = judged.predicted else {
                unanswered += 1;
                continue;
            };
            let (count, shown) = pairs.entry((judged.truth, answered)).or_default();
            *count += 1;
            if shown.len() < EXAMPLES {
                shown.push(example);
            }
        }
        let different = pairs.len() as u64;
        let mut ranked: Vec<_> = pairs.into_iter().collect();
        ranked.sort_by_key(|(codes, (count, _))| (std::cmp::Reverse(*count), *codes));
        ranked.truncate(worst);
        let title = |code: HsCode| nomenclature.title(code).map(str::to_owned);
        let worst = ranked
            .into_iter()
            .map(|((right, answered), (rows, shown))| Confusion {
                right,
                right_title: title(right),
                answered,
                answered_title: title(answered),
                rows,
                of: rows_of.get(&right).copied().unwrap_or(rows),
                examples: shown
                    .into_iter()
                    .map(|example| ConfusionExample {
                        index: example.index(),
                        text: show_text.then(|| example.text().to_owned()),
                    })
                    .collect(),
            })
            .collect();
        Self { level, wrong, unanswered, pairs: different, worst }
    }
}
