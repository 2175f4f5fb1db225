//! The figures of every chapter that occurs.

use std::collections::BTreeMap;

use hscode_core::{HsCode, Level};
use serde::{Deserialize, Serialize};

use super::level::top_k;
use super::outcome::Judged;
use super::{Outcome, TopK};

/// The rows whose right code is of one chapter.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChapterReport {
    /// The chapter.
    pub chapter: HsCode,
    /// Its rows.
    pub n: u64,
    /// Rows answered with this chapter, right or wrong.
    pub answered: u64,
    /// The accuracies by level.
    pub levels: Vec<ChapterLevel>,
}

/// The accuracies of one chapter at one level.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChapterLevel {
    /// The level.
    pub level: Level,
    /// Rows with the right code among the first 1, 3, 5.
    pub top: Vec<TopK>,
}

impl ChapterReport {
    /// The chapters that occur among the right codes, ascending.
    pub(crate) fn all(outcomes: &[Outcome]) -> Vec<Self> {
        let mut chapters: BTreeMap<HsCode, Vec<&Outcome>> = BTreeMap::new();
        let mut answered: BTreeMap<HsCode, u64> = BTreeMap::new();
        for outcome in outcomes {
            let Some(judged) = outcome.at(Level::Chapter) else { continue };
            chapters.entry(judged.truth).or_default().push(outcome);
            if let Some(code) = judged.predicted {
                *answered.entry(code).or_default() += 1;
            }
        }
        chapters
            .into_iter()
            .map(|(chapter, rows)| Self {
                chapter,
                n: rows.len() as u64,
                answered: answered.get(&chapter).copied().unwrap_or(0),
                levels: Level::INTERNATIONAL
                    .into_iter()
                    .filter_map(|level| {
                        let judged: Vec<&Judged> = rows.iter().filter_map(|row| row.at(level)).collect();
                        (!judged.is_empty()).then(|| ChapterLevel { level, top: top_k(&judged) })
                    })
                    .collect(),
            })
            .collect()
    }
}
