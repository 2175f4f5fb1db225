//! `hscode evaluate`: how good models are on descriptions with right codes.

use std::collections::BTreeSet;
use std::io::Write;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use hscode_core::{Classifier, Edition};
use hscode_train::evaluate::{Contestant, Dataset, EvaluateOptions, Logs, ReadOptions, evaluate};
use hscode_train::progress::StepError;

use crate::exit::{self, Failure, Status};
use crate::steps::Watch;
use crate::{interrupt, model};

/// Measures models on descriptions with right codes: accuracy, decisions, calibration, confusions
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  hscode evaluate --data goods.csv --text-column description --code-column code
  hscode evaluate --data dev.jsonl.gz --report out --coverage 0.95
  hscode evaluate --data a.csv --data b.csv --model embedded --model my-model --report out
  hscode evaluate --data goods.csv --against my-model --json

Every figure has its number of rows and a 95% interval. Rows that cannot be judged (no description, a code that
is malformed or not in the edition) are counted and listed with reasons. Codes of more than six digits are cut;
codes of another edition need --data-edition and go through the correlation table. The folder of --report gets
report.html (one file with tables and drawings that opens offline), report.json, report.txt, outcomes.jsonl (a
line a row, without descriptions) and unjudged.jsonl.
Descriptions are shown only with --show-text. docs/evaluation.md defines each figure.
Exit status: 0 all rows judged, 1 some rows cannot be judged or the model failed on some, 2 usage, 3 model,
4 input or output, 130 stopped.")]
pub(crate) struct EvaluateArgs {
    /// File of descriptions with right codes (.csv .tsv .jsonl .parquet, text also with .gz); may be repeated
    #[arg(long, value_name = "FILE", required = true, help_heading = "Input")]
    data: Vec<PathBuf>,

    /// The column of descriptions [default: text or description]
    #[arg(long, value_name = "NAME", help_heading = "Input")]
    text_column: Option<String>,

    /// The column of right codes [default: hs6 or code]
    #[arg(long, value_name = "NAME", help_heading = "Input")]
    code_column: Option<String>,

    /// The edition of the right codes [default: that of the model]
    #[arg(long, value_name = "EDITION", help_heading = "Input")]
    data_edition: Option<Edition>,

    /// Folder of a model package, `embedded`, or the model.bin of `train`; may be repeated [default: embedded]
    #[arg(long, value_name = "DIR", help_heading = "Models")]
    model: Vec<PathBuf>,

    /// A further model to compare with the others, row by row; may be repeated
    #[arg(long, value_name = "DIR", help_heading = "Models")]
    against: Vec<PathBuf>,

    /// Also evaluate the embedded model with your own settled references, columns `description` and `code`
    #[arg(long, value_name = "FILE", help_heading = "Models")]
    references: Option<PathBuf>,

    /// Also measure candidate sets of this coverage, as 0.95
    #[arg(long, value_name = "P", help_heading = "What to measure")]
    coverage: Option<f32>,

    /// Confusions to list at each level
    #[arg(long, value_name = "N", default_value = "20", help_heading = "What to measure")]
    worst: usize,

    /// Descriptions to time one by one; 0 for none
    #[arg(long, value_name = "N", default_value = "500", help_heading = "What to measure")]
    time: usize,

    /// Price of an hour of one core, in any currency, to reckon the cost of a million descriptions
    #[arg(long, value_name = "PRICE", help_heading = "What to measure")]
    core_hour_price: Option<f64>,

    /// Write the report into this folder
    #[arg(long, value_name = "DIR", help_heading = "Output")]
    report: Option<PathBuf>,

    /// Also draw this log of training, calibrating or tuning (JSON) on the page; may be repeated
    #[arg(long, value_name = "FILE", requires = "report", help_heading = "Output")]
    log: Vec<PathBuf>,

    /// Print the report as JSON instead of text
    #[arg(long, help_heading = "Output")]
    json: bool,

    /// Let the report quote descriptions of confused rows; declarations may be confidential
    #[arg(long, help_heading = "Output")]
    show_text: bool,

    /// Threads that answer; figures but times do not depend on it [default: all cores]
    #[arg(long, value_name = "N", help_heading = "Running")]
    threads: Option<NonZeroUsize>,

    /// Descriptions answered at a time; figures but times do not depend on it
    #[arg(long, value_name = "N", default_value = "64", help_heading = "Running")]
    batch: NonZeroUsize,
}

impl EvaluateArgs {
    fn options(&self) -> EvaluateOptions {
        let mut options = EvaluateOptions::default();
        let cores = || std::thread::available_parallelism().ok();
        options.run.threads = self.threads.or_else(cores).unwrap_or(NonZeroUsize::MIN);
        options.run.batch = self.batch;
        options.run.coverage = self.coverage;
        options.run.latency_samples = self.time;
        options.worst = self.worst;
        options.show_text = self.show_text;
        options.core_hour_price = self.core_hour_price;
        options
    }
}

pub(crate) fn run(args: &EvaluateArgs) -> Result<Status, Failure> {
    if let Some(price) = args.core_hour_price.filter(|price| !(price.is_finite() && *price >= 0.0)) {
        return Err(Failure::usage(format!("--core-hour-price {price}: expected a price of 0 or more")));
    }
    let mut logs = read_logs(&args.log)?;
    let models = open_models(args)?;
    if args.report.is_some() {
        models.iter().for_each(|model| model.draw_training(&mut logs));
    }
    let watch = Watch::start()?;
    let Some(edition) = models.first().map(|model| model.classifier.info().edition().clone()) else {
        return Err(Failure::usage("expected at least one model"));
    };
    let how = ReadOptions {
        text_column: args.text_column.as_deref(),
        code_column: args.code_column.as_deref(),
        data_edition: args.data_edition.as_ref(),
    };
    let mut datasets = Vec::new();
    for path in &args.data {
        let data = Dataset::open(path, &edition, &how, &watch);
        watch.clear();
        datasets.push(data?);
    }
    interrupt::attend();
    let contestants: Vec<Contestant<'_>> = models
        .iter()
        .map(|model| Contestant {
            label: &model.label,
            classifier: &*model.classifier,
            size_bytes: model.size_bytes,
        })
        .collect();
    // What is wrong now is wrong with the options or the model, not with a file.
    let evaluated = evaluate(&datasets, &contestants, &args.options(), &watch);
    watch.clear();
    let evaluated = evaluated.map_err(|error| match error {
        StepError::Stopped => Failure::Interrupted,
        StepError::Failed(error) => Failure::from(error),
    })?;
    if let Some(folder) = &args.report {
        evaluated.write_folder(folder, &datasets, &logs)?;
    }
    let shown = if args.json { evaluated.report.to_json()? } else { evaluated.report.to_text() };
    let mut stdout = std::io::stdout().lock();
    stdout.write_all(shown.as_bytes())?;
    stdout.flush()?;
    let unjudged: u64 = evaluated.report.data.iter().map(|data| data.rows.unjudged).sum();
    let failed: u64 = evaluated.report.evaluations.iter().map(|evaluation| evaluation.failed).sum();
    if unjudged + failed == 0 {
        return Ok(Status::Done);
    }
    exit::say(&format!("hscode: {unjudged} rows cannot be judged; a model failed on {failed}"));
    Ok(Status::BadRows)
}

fn read_logs(paths: &[PathBuf]) -> Result<Logs, Failure> {
    let mut logs = Logs::default();
    for path in paths {
        let told = |what: String| Failure::Said(Status::InputOutput, format!("{}: {what}", path.display()));
        let json = std::fs::read_to_string(path).map_err(|error| told(format!("cannot read: {error}")))?;
        logs.add(&json).map_err(|error| told(error.to_string()))?;
    }
    Ok(logs)
}

/// A model with the name that the report uses.
struct Opened {
    label: String,
    classifier: Arc<dyn Classifier>,
    size_bytes: Option<u64>,
    /// The log of training beside it.
    log: Option<PathBuf>,
}

impl Opened {
    /// Adds the log of training, if there is one, under the name of the report.
    fn draw_training(&self, logs: &mut Logs) {
        let text = self.log.as_ref().and_then(|log| std::fs::read_to_string(log).ok());
        // A log that is something else is not drawn: nobody has named it.
        if text.is_some_and(|text| logs.add(&text).is_ok())
            && let Some(curve) = logs.curves.last_mut()
        {
            curve.model.clone_from(&self.label);
        }
    }
}

/// What a report calls a model: its folder or, of a model.bin of `train`, the working folder.
fn base_of(path: &Path) -> String {
    let mut named = path;
    if path.is_file() {
        named = path.parent().unwrap_or(path);
        if named.file_name().is_some_and(|name| name == "train") {
            named = named.parent().unwrap_or(named);
        }
    }
    named.file_name().map_or_else(|| path.display().to_string(), |name| name.to_string_lossy().into())
}

fn open_models(args: &EvaluateArgs) -> Result<Vec<Opened>, Failure> {
    let embedded = Path::new("embedded");
    let mut named: Vec<&Path> = args.model.iter().map(PathBuf::as_path).collect();
    if named.is_empty() {
        named.push(embedded);
    }
    named.extend(args.against.iter().map(PathBuf::as_path));
    let mut seen = BTreeSet::new();
    let mut models = Vec::new();
    for path in named {
        let folder = (path != embedded).then_some(path);
        let base = base_of(path);
        let mut label: String = base.clone();
        let mut copy = 1;
        while !seen.insert(label.clone()) {
            copy += 1;
            label = format!("{base}-{copy}");
        }
        let log = path.is_file().then(|| path.with_file_name("log.json"));
        models.push(match folder {
            Some(file) if file.is_file() => {
                let size_bytes = file.metadata().ok().map(|found| found.len());
                Opened { classifier: model::trained(file, &label)?, label, size_bytes, log }
            }
            _ => {
                let size_bytes = folder.and_then(size_of);
                Opened { label, classifier: model::open(folder)?, size_bytes, log }
            }
        });
    }
    if let Some(references) = &args.references {
        let label = "embedded+references".to_owned();
        models.push(Opened {
            label,
            classifier: model::embedded_with(references)?,
            size_bytes: None,
            log: None,
        });
    }
    Ok(models)
}

/// The bytes of the files of a package.
fn size_of(folder: &Path) -> Option<u64> {
    let mut bytes = 0;
    for entry in std::fs::read_dir(folder).ok()? {
        let entry = entry.ok()?;
        let found = entry.metadata().ok()?;
        bytes += if found.is_dir() { size_of(&entry.path())? } else { found.len() };
    }
    Some(bytes)
}
