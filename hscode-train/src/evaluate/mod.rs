//! How good a classifier is, how sure that is, and which of two is better.
//!
//! [`DatasetBuilder`] takes the rows of a file and keeps those that cannot be judged with their reasons.
//! [`evaluate`] asks every classifier for every row at every level and gives a [`Report`]: one set of structs
//! behind the JSON, the text ([`Report::to_text`]) and the page ([`Report::to_html`]). Every figure has its count of rows and its 95%
//! interval; `docs/evaluation.md` in the repository defines each.

mod average;
mod calibration;
mod chapters;
mod confusions;
mod dataset;
mod decisions;
#[expect(clippy::module_inception, reason = "the function of this name is what the module is for")]
mod evaluate;
mod example;
mod folder;
mod latency;
mod level;
mod logs;
mod number;
mod outcome;
mod page;
mod pair;
mod proportion;
mod read;
mod report;
mod risk;
mod run;
mod sets;
mod stages;
mod table;
mod text;

#[cfg(test)]
mod tests;

pub use average::{Average, ClassAverages, Estimate};
pub use calibration::{Calibration, ReliabilityBin};
pub use chapters::{ChapterLevel, ChapterReport};
pub use confusions::{Confusion, ConfusionExample, ConfusionReport};
pub use dataset::{Dataset, DatasetBuilder, RowCounts, Unjudged, UnjudgedReason};
pub use decisions::{BackedOff, DecisionReport};
pub use evaluate::{Contestant, EvaluateOptions, Evaluated, evaluate};
pub use example::Example;
pub use latency::Latency;
pub use level::{LevelReport, TopK};
pub use logs::{
    CalibrationLog, CalibrationStep, Curve, CurveEntry, CurveFigures, Logs, Parameter, Study, Trial,
    TrialState,
};
pub use outcome::{Outcome, TOP};
pub use pair::Pair;
pub use proportion::{CONFIDENCE, Proportion};
pub use read::ReadOptions;
pub use report::{Comparison, DataReport, Evaluation, FORMAT, ModelReport, Report, Speed};
pub use risk::{AtAccuracy, CoveragePoint, RiskCoverage};
pub use run::{Run, RunOptions, run};
pub use sets::SetReport;
pub use stages::StageReport;
