//! Every classifier on every data set, and every two classifiers against each other.

use std::collections::BTreeSet;

use hscode_core::{Classifier, Error, ErrorKind, Level, Nomenclature};

use super::dataset::reasons;
use super::number::round6;
use super::outcome::TOP;
use super::proportion::CONFIDENCE;
use super::report::FORMAT;
use super::{
    ChapterReport, Comparison, ConfusionReport, DataReport, Dataset, DecisionReport, Evaluation, LevelReport,
    ModelReport, Outcome, Pair, Report, Run, RunOptions, SetReport, Speed, StageReport, run,
};
use crate::progress::{Progress, StepError};

/// The most rows that cannot be judged which a report names.
const LISTED: usize = 100;

/// A classifier under the name that the report uses.
#[derive(Clone, Copy)]
pub struct Contestant<'a> {
    /// The name in the report; each its own.
    pub label: &'a str,
    /// The classifier.
    pub classifier: &'a dyn Classifier,
    /// The size of its package, in bytes, if known.
    pub size_bytes: Option<u64>,
}

/// How to evaluate.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct EvaluateOptions {
    /// How to ask.
    pub run: RunOptions,
    /// How many confusions to list a level. Default 20.
    pub worst: usize,
    /// Whether descriptions may stand in the report. Default: no, since declarations are confidential.
    pub show_text: bool,
    /// The price of an hour of one core, in any currency, to reckon cost with. Default: none.
    pub core_hour_price: Option<f64>,
}

impl Default for EvaluateOptions {
    fn default() -> Self {
        Self { run: RunOptions::default(), worst: 20, show_text: false, core_hour_price: None }
    }
}

/// A report with the outcomes behind it.
#[derive(Debug, Clone)]
pub struct Evaluated {
    /// The figures.
    pub report: Report,
    /// The outcomes, in the order of [`Report::evaluations`].
    pub runs: Vec<Run>,
}

/// Evaluates every classifier on every data set.
///
/// # Errors
/// `Stopped` when `progress` says so; nothing is given in part. `InvalidInput`: nothing to evaluate, or two of one name. `EditionMismatch`: a classifier answers in another
/// edition than a data set is judged in. Otherwise as [`run`].
///
/// # Examples
/// ```
/// use hscode_core::{ClassifierInfo, DecisionPolicy, Edition, External, Level, Thresholds};
/// use hscode_train::evaluate::{Contestant, DatasetBuilder, EvaluateOptions, evaluate};
/// use hscode_train::progress::Silent;
///
/// let mut data = DatasetBuilder::new("goods", Edition::HS2022, Edition::HS2022)?;
/// data.push(0, "cotton tee", "610910");
/// data.push(1, "steel bolt", "731815");
/// let info = ClassifierInfo::new("always-tee", "rule@1", Edition::HS2022, Level::Subheading, 5612);
/// let policy = DecisionPolicy::with_thresholds(Thresholds { chapter: 0.5, heading: 0.5, subheading: 0.5 });
/// let tee = "610910".parse()?;
/// let classifier = External::new(info, policy, move |d, _| Ok(vec![vec![(tee, 0.9)]; d.len()]))?;
/// let contestant = Contestant { label: "tee", classifier: &classifier, size_bytes: None };
/// let evaluated = evaluate(&[data.finish()?], &[contestant], &EvaluateOptions::default(), &Silent)?;
/// let six_digits = evaluated.report.evaluations[0].at(Level::Subheading).and_then(|level| level.top(1));
/// assert_eq!(six_digits.and_then(|right| right.rate), Some(0.5));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn evaluate(
    datasets: &[Dataset],
    contestants: &[Contestant<'_>],
    options: &EvaluateOptions,
    progress: &dyn Progress,
) -> Result<Evaluated, StepError> {
    check(datasets, contestants)?;
    let mut report = Report {
        format: FORMAT.to_owned(),
        tool: format!("hscode {}", env!("CARGO_PKG_VERSION")),
        confidence: CONFIDENCE,
        data: datasets.iter().map(data_report).collect(),
        models: contestants.iter().map(model_report).collect(),
        evaluations: Vec::new(),
        comparisons: Vec::new(),
    };
    let mut runs = Vec::new();
    for data in datasets {
        let first = runs.len();
        for contestant in contestants {
            let place = format!("{} on {}", contestant.label, data.name());
            progress.begin(&place, "rows", Some(data.examples().len() as u64));
            let found =
                run(contestant.classifier, data.examples(), &options.run, progress).map_err(|e| match e {
                    StepError::Failed(error) => StepError::Failed(error.at(place)),
                    StepError::Stopped => StepError::Stopped,
                })?;
            progress.end();
            report.evaluations.push(summarise(data, contestant, &found, options)?);
            runs.push(found);
        }
        let here: &[Run] = runs.get(first..).unwrap_or_default();
        for (at, (one, first)) in contestants.iter().zip(here).enumerate() {
            for (other, second) in contestants.iter().zip(here).skip(at + 1) {
                report.comparisons.extend(compare(data.name(), (one.label, first), (other.label, second)));
            }
        }
    }
    Ok(Evaluated { report, runs })
}

fn check(datasets: &[Dataset], contestants: &[Contestant<'_>]) -> Result<(), Error> {
    let wrong = |message: String| Err(Error::new(ErrorKind::InvalidInput, message));
    if datasets.is_empty() || contestants.is_empty() {
        return wrong(format!(
            "expected at least one data set and one classifier, saw {} and {}",
            datasets.len(),
            contestants.len()
        ));
    }
    let (mut names, mut labels) = (BTreeSet::new(), BTreeSet::new());
    if let Some(twice) = datasets.iter().find(|data| !names.insert(data.name())) {
        return wrong(format!("data set {}: expected each name once", twice.name()));
    }
    if let Some(twice) = contestants.iter().find(|c| !labels.insert(c.label)) {
        return wrong(format!("classifier {}: expected each label once", twice.label));
    }
    for data in datasets {
        for contestant in contestants {
            let edition = contestant.classifier.info().edition();
            if edition != data.edition() {
                return Err(Error::new(
                    ErrorKind::EditionMismatch,
                    format!(
                        "{} answers {edition}, {} is judged in {}",
                        contestant.label,
                        data.name(),
                        data.edition()
                    ),
                ));
            }
        }
    }
    Ok(())
}

fn data_report(data: &Dataset) -> DataReport {
    DataReport {
        name: data.name().to_owned(),
        edition: data.edition().clone(),
        data_edition: data.data_edition().clone(),
        rows: data.counts(),
        digest: data.digest().to_owned(),
        unjudged_reasons: reasons(data.unjudged()),
        unjudged_rows: data.unjudged().iter().take(LISTED).cloned().collect(),
    }
}

fn model_report(contestant: &Contestant<'_>) -> ModelReport {
    let info = contestant.classifier.info();
    ModelReport {
        label: contestant.label.to_owned(),
        classifier: info.name().to_owned(),
        model: info.model().to_owned(),
        edition: info.edition().clone(),
        level: info.level(),
        classes: info.classes() as u64,
        size_bytes: contestant.size_bytes,
    }
}

fn summarise(
    data: &Dataset,
    contestant: &Contestant<'_>,
    run: &Run,
    options: &EvaluateOptions,
) -> Result<Evaluation, Error> {
    let outcomes = &run.outcomes;
    let nomenclature = Nomenclature::of(data.edition())?;
    let levels = || Level::INTERNATIONAL.into_iter().filter(|level| *level <= run.deepest);
    let confusions = levels().filter(|level| *level != Level::Chapter).map(|level| {
        let (worst, show_text) = (options.worst, options.show_text);
        ConfusionReport::of(level, data.examples(), outcomes, nomenclature, worst, show_text)
    });
    Ok(Evaluation {
        data: data.name().to_owned(),
        model: contestant.label.to_owned(),
        n: outcomes.len() as u64,
        failed: outcomes.iter().filter(|outcome| outcome.failure.is_some()).count() as u64,
        first_failure: outcomes.iter().find_map(|outcome| outcome.failure.clone()),
        levels: levels().map(|level| LevelReport::of(level, outcomes)).collect(),
        decisions: DecisionReport::of(outcomes),
        candidate_sets: options.run.coverage.map(|coverage| SetReport::of(coverage, outcomes)),
        chapters: ChapterReport::all(outcomes),
        confusions: confusions.collect(),
        stages: StageReport::all(outcomes),
        speed: Speed {
            single: run.latency,
            batch_us: round6(run.batch_us),
            batch: options.run.batch.get() as u64,
            threads: options.run.threads.get() as u64,
            core_hour_price: options.core_hour_price,
            // Microseconds a description are seconds a million.
            cost_per_million: options.core_hour_price.map(|price| round6(run.batch_us / 3600.0 * price)),
        },
    })
}

/// The comparisons at every level that both answer, for the best and for the five best candidates.
fn compare(data: &str, first: (&str, &Run), second: (&str, &Run)) -> Vec<Comparison> {
    let rows = |run: &Run, level, k| -> Vec<Option<bool>> {
        run.outcomes
            .iter()
            .map(|outcome: &Outcome| outcome.at(level).map(|judged| judged.within(k)))
            .collect()
    };
    let mut comparisons = Vec::new();
    for level in Level::INTERNATIONAL {
        for k in [1, TOP as u8] {
            let (one, other) = (rows(first.1, level, k), rows(second.1, level, k));
            let both = one.into_iter().zip(other).filter_map(|(a, b)| Some((a?, b?)));
            let pair = Pair::count(both);
            if pair.n > 0 {
                comparisons.push(Comparison {
                    data: data.to_owned(),
                    first: first.0.to_owned(),
                    second: second.0.to_owned(),
                    level,
                    k,
                    pair,
                });
            }
        }
    }
    comparisons
}
