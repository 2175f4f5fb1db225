//! `hscode ingest`, `clean`, `split`, `audit`: from tables to an audited division.

use std::io::Write as _;
use std::path::PathBuf;
use std::time::Instant;

use hscode_train::config::Config;
use hscode_train::prepare::{Prepare, prepare};
use hscode_train::workdir::WorkDir;

use crate::exit::{Failure, Status};
use crate::steps::Watch;

/// What all steps of training need.
#[derive(Debug, clap::Args)]
struct StepArgs {
    /// The settings; --print-config shows every one with its default
    #[arg(long, value_name = "FILE", default_value = "train.toml")]
    config: PathBuf,

    /// The working folder; it is made if need be
    #[arg(long, value_name = "DIR", default_value = "work")]
    work: PathBuf,

    /// Print the documented settings file with all defaults, and do nothing
    #[arg(long)]
    print_config: bool,
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
    if args.print_config {
        out.write_all(Config::DEFAULT_TOML.as_bytes())?;
        return Ok(Status::Done);
    }
    let config = Config::open(&args.config).map_err(Failure::file)?;
    let work = WorkDir::open(&args.work).map_err(Failure::file)?;
    let watch = Watch::start()?;
    let mut started = Instant::now();
    let mut lines = Vec::new();
    let result = prepare(&work, &config, last, &watch, |step, ran| {
        let seconds = started.elapsed().as_secs_f64();
        started = Instant::now();
        let how = if ran.skipped { "nothing changed".to_owned() } else { format!("{seconds:.1} s") };
        lines.push(format!("{} ({how})", step.as_str()));
        let counts = ran.record.counts.iter().map(|(name, count)| {
            format!("  {:>12}  {}", indicatif::HumanCount(count).to_string(), name.replace('_', " "))
        });
        lines.extend(counts);
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
