//! `hscode ingest`, `clean`, `split`, `audit`: from tables to an audited division.

use std::io::Write;
use std::path::PathBuf;
use std::time::Instant;

use hscode_train::config::Config;
use hscode_train::prepare::{Prepare, prepare};
use hscode_train::workdir::{Ran, WorkDir};

use crate::exit::{Failure, Status};
use crate::interrupt;
use crate::steps::Watch;

/// What all steps of training need.
#[derive(Debug, clap::Args)]
pub(crate) struct StepArgs {
    /// The settings; --print-config shows every one with its default
    #[arg(long, value_name = "FILE", default_value = "train.toml")]
    config: PathBuf,

    /// The working folder; it is made if need be
    #[arg(long, value_name = "DIR", default_value = "work")]
    work: PathBuf,

    /// Change one setting, as `train.learn.epochs=3`; may be repeated
    #[arg(long = "set", value_name = "KEY=VALUE")]
    changes: Vec<String>,

    /// Print the documented settings file with all defaults, and do nothing
    #[arg(long)]
    print_config: bool,
}

impl StepArgs {
    /// Reads the settings, opens the working folder and listens for Ctrl-C; `None` when only the settings were
    /// asked for, which are printed.
    pub(crate) fn begin(&self, out: &mut dyn Write) -> Result<Option<(Config, WorkDir, Watch)>, Failure> {
        if self.print_config {
            out.write_all(Config::DEFAULT_TOML.as_bytes())?;
            return Ok(None);
        }
        let mut changes = Vec::new();
        for change in &self.changes {
            changes.push(change.split_once('=').ok_or_else(|| {
                Failure::usage(format!("--set {change}: expected KEY=VALUE, as train.learn.epochs=3"))
            })?);
        }
        let config = Config::open(&self.config)
            .and_then(|config| config.with(changes.iter().copied()).map_err(|e| e.at("--set")))
            .map_err(Failure::file)?;
        let work = WorkDir::open(&self.work).map_err(Failure::file)?;
        let watch = Watch::start()?;
        interrupt::attend();
        Ok(Some((config, work, watch)))
    }
}

/// What a step did, in lines for people.
pub(crate) fn ran_lines(name: &str, ran: &Ran, started: Instant, lines: &mut Vec<String>) {
    let seconds = started.elapsed().as_secs_f64();
    let how = if ran.skipped { "nothing changed".to_owned() } else { format!("{seconds:.1} s") };
    lines.push(format!("{name} ({how})"));
    lines.extend(ran.record.counts.iter().map(|(name, count)| {
        format!("  {:>12}  {}", indicatif::HumanCount(count).to_string(), name.replace('_', " "))
    }));
}

/// Reads the tables of the settings into the working folder
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Rows that are used go to work/ingest/rows.jsonl, the others to work/ingest/rejects.jsonl with the reason.
A step is skipped when nothing that it reads has changed. Ctrl-C stops; the same command goes on.

Examples:
  hscode ingest --print-config > train.toml
  hscode ingest --config train.toml --work work

Exit status: 0 done (rows put aside are counted), 4 settings, input or output, 130 stopped.")]
pub(crate) struct IngestArgs {
    #[command(flatten)]
    step: StepArgs,
}

/// Puts aside what is empty, vague, there twice or contradictory (after ingest, if that has to run)
#[derive(Debug, clap::Args)]
pub(crate) struct CleanArgs {
    #[command(flatten)]
    step: StepArgs,
}

/// Divides rows into training, development and test so that near-duplicates stay together (after clean)
#[derive(Debug, clap::Args)]
pub(crate) struct SplitArgs {
    #[command(flatten)]
    step: StepArgs,
}

/// Reports label noise, leakage, classes and conflicts (after split) in work/audit/audit.md and audit.json
#[derive(Debug, clap::Args)]
pub(crate) struct AuditArgs {
    #[command(flatten)]
    step: StepArgs,
}

pub(crate) fn ingest(args: &IngestArgs) -> Result<Status, Failure> {
    run(&args.step, Prepare::Ingest)
}

pub(crate) fn clean(args: &CleanArgs) -> Result<Status, Failure> {
    run(&args.step, Prepare::Clean)
}

pub(crate) fn split(args: &SplitArgs) -> Result<Status, Failure> {
    run(&args.step, Prepare::Split)
}

pub(crate) fn audit(args: &AuditArgs) -> Result<Status, Failure> {
    run(&args.step, Prepare::Audit)
}

fn run(args: &StepArgs, last: Prepare) -> Result<Status, Failure> {
    let mut out = std::io::stdout().lock();
    let Some((config, work, watch)) = args.begin(&mut out)? else { return Ok(Status::Done) };
    let mut started = Instant::now();
    let mut lines = Vec::new();
    let result = prepare(&work, &config, last, &watch, |step, ran| {
        ran_lines(step.as_str(), ran, started, &mut lines);
        started = Instant::now();
    });
    watch.clear();
    // What was complete is worth telling, also when a later step failed.
    for line in lines {
        writeln!(out, "{line}")?;
    }
    result?;
    if last == Prepare::Audit {
        writeln!(out, "report: {}", work.path(hscode_train::audit::MARKDOWN).display())?;
    }
    Ok(Status::Done)
}
