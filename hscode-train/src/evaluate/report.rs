//! What an evaluation gives: the structs behind the JSON, the text and the page.

use std::collections::BTreeMap;

use hscode_core::{Edition, Level};
use serde::{Deserialize, Serialize};

use super::{
    ChapterReport, ConfusionReport, DecisionReport, Latency, LevelReport, Pair, RowCounts, SetReport,
    StageReport, Unjudged, UnjudgedReason,
};

/// The name and version of the JSON; raised when a field changes its meaning or goes.
pub const FORMAT: &str = "hscode-evaluation/1";

/// Classifiers on data sets, side by side. `docs/evaluation.md` describes each field.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Report {
    /// [`FORMAT`].
    pub format: String,
    /// The program and version that made it.
    pub tool: String,
    /// The confidence of every interval.
    pub confidence: f64,
    /// The data sets, in the order given.
    pub data: Vec<DataReport>,
    /// The classifiers, in the order given.
    pub models: Vec<ModelReport>,
    /// Every classifier on every data set: by data set, then by classifier.
    pub evaluations: Vec<Evaluation>,
    /// Every two classifiers on every data set.
    pub comparisons: Vec<Comparison>,
}

/// One data set.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DataReport {
    /// Its name.
    pub name: String,
    /// The edition in which it is judged.
    pub edition: Edition,
    /// The edition of the codes in the file.
    pub data_edition: Edition,
    /// How many rows came, and what became of them.
    pub rows: RowCounts,
    /// SHA-256 over the judged rows.
    pub digest: String,
    /// How many rows cannot be judged, by reason.
    pub unjudged_reasons: BTreeMap<UnjudgedReason, u64>,
    /// The first of the rows that cannot be judged, at most 100; the report folder lists all.
    pub unjudged_rows: Vec<Unjudged>,
}

/// One classifier.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelReport {
    /// The name that this report uses.
    pub label: String,
    /// The kind of classifier.
    pub classifier: String,
    /// What identifies the data behind it.
    pub model: String,
    /// The edition of its codes.
    pub edition: Edition,
    /// The deepest level it answers.
    pub level: Level,
    /// How many codes of that level it can answer.
    pub classes: u64,
    /// The size of its package, in bytes, where it is known.
    pub size_bytes: Option<u64>,
}

/// One classifier on one data set.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Evaluation {
    /// The data set's name.
    pub data: String,
    /// The classifier's label.
    pub model: String,
    /// Rows judged.
    pub n: u64,
    /// Rows on which the classifier failed; they count as wrong everywhere.
    pub failed: u64,
    /// The first failure's message.
    pub first_failure: Option<String>,
    /// The figures by level, from the chapter down.
    pub levels: Vec<LevelReport>,
    /// What was accepted, backed off and abstained from.
    pub decisions: DecisionReport,
    /// The candidate sets, if a coverage was asked for.
    pub candidate_sets: Option<SetReport>,
    /// The figures by chapter of the right code.
    pub chapters: Vec<ChapterReport>,
    /// The commonest confusions of headings and subheadings.
    pub confusions: Vec<ConfusionReport>,
    /// Which classifier of a cascade answered.
    pub stages: Vec<StageReport>,
    /// Times and cost; the only figures that differ from run to run.
    pub speed: Speed,
}

impl Evaluation {
    /// The figures of `level`.
    pub fn at(&self, level: Level) -> Option<&LevelReport> {
        self.levels.iter().find(|report| report.level == level)
    }
}

/// Times and cost of one classifier on one data set.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Speed {
    /// Single descriptions on one thread; none when not timed.
    pub single: Option<Latency>,
    /// The mean time of a description inside a batch, in microseconds of one thread, at the deepest level.
    pub batch_us: f64,
    /// Descriptions in a batch.
    pub batch: u64,
    /// Threads that asked at the same time.
    pub threads: u64,
    /// The price of an hour of one core that `cost_per_million` is reckoned with.
    pub core_hour_price: Option<f64>,
    /// What a million descriptions cost in batches, in the unit of the price.
    pub cost_per_million: Option<f64>,
}

/// Two classifiers on one data set, row by row.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Comparison {
    /// The data set's name.
    pub data: String,
    /// The first classifier's label.
    pub first: String,
    /// The second classifier's label.
    pub second: String,
    /// The level.
    pub level: Level,
    /// How many candidates are looked at: 1 or 5.
    pub k: u8,
    /// The counts, the difference and the test.
    pub pair: Pair,
}

impl Report {
    /// Reads a report back from its JSON.
    ///
    /// # Errors
    /// `InvalidInput` when it is no evaluation or one of another format; the message says which.
    pub fn from_json(json: &str) -> Result<Self, hscode_core::Error> {
        let wrong = |message: String| {
            hscode_core::Error::new(hscode_core::ErrorKind::InvalidInput, format!("evaluation: {message}"))
        };
        #[derive(Deserialize)]
        struct Head {
            format: Option<String>,
        }
        let head: Head = serde_json::from_str(json).map_err(|e| wrong(format!("expected JSON: {e}")))?;
        if head.format.as_deref() != Some(FORMAT) {
            let seen = head.format.map(|format| format.chars().take(40).collect::<String>());
            let seen = seen.map_or_else(|| "none".to_owned(), |format| format!("{format:?}"));
            return Err(wrong(format!("format {seen}: expected {FORMAT}")));
        }
        serde_json::from_str(json).map_err(|e| wrong(e.to_string()))
    }

    /// Writes the JSON, indented, with a line end.
    ///
    /// # Errors
    /// `Inference` if a figure is no number, which does not happen.
    pub fn to_json(&self) -> Result<String, hscode_core::Error> {
        let mut json = serde_json::to_string_pretty(self).map_err(|e| {
            hscode_core::Error::new(hscode_core::ErrorKind::Inference, format!("evaluation: {e}"))
        })?;
        json.push('\n');
        Ok(json)
    }

    /// The evaluation of classifier `model` on data set `data`.
    pub fn evaluation(&self, data: &str, model: &str) -> Option<&Evaluation> {
        self.evaluations.iter().find(|e| e.data == data && e.model == model)
    }
}
