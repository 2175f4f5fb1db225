//! `hscode train`: from the training part to a model.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Instant;

use hscode_train::config::{Config, StartConfig};
use hscode_train::models::{DevFigures, TrainingLog};
use hscode_train::pack::publish;
use hscode_train::prepare::{Prepare, prepare};
use hscode_train::training;
use hscode_train::workdir::{Ran, WorkDir};

use super::prepare::{StepArgs, ran_lines};
use crate::exit::{Failure, Status};
use crate::steps::Watch;

/// Trains the model of the settings (after ingest, clean and split, if they have to run)
#[derive(Debug, clap::Args)]
#[command(after_help = "\
The model goes to work/train/model.bin, the course of training to work/train/log.json, which
`hscode evaluate --log` draws. Ctrl-C stops between steps of training and keeps a checkpoint; the same command goes
on from there, to the same bytes as a run that was not stopped.

Examples:
  hscode train --print-config > train.toml
  hscode train --config train.toml --work work
  hscode train --from embedded                     start from the model of the house
  hscode train --from model.bin                    start from your own (also: [start] in train.toml)
  hscode train --work svc --set train.model=svc    the same settings but one

Exit status: 0 done, 2 usage, 3 a model or checkpoint that is damaged, 4 settings, input or output, 130 stopped.")]
pub(crate) struct TrainArgs {
    #[command(flatten)]
    step: StepArgs,

    #[command(flatten)]
    from: From,
}

/// What training starts from.
#[derive(Debug, clap::Args)]
pub(crate) struct From {
    /// Start from the classes, sizes and weights of a trained model: a model.bin, the folder of a package, or
    /// `embedded`
    #[arg(long = "from", value_name = "MODEL")]
    model: Option<PathBuf>,
}

impl From {
    /// Puts it in the place of what the settings say.
    pub(crate) fn put(&self, config: &mut Config, work: &WorkDir) -> Result<(), Failure> {
        let Some(named) = &self.model else { return Ok(()) };
        let model = if named == Path::new("embedded") { embedded(work)? } else { named.clone() };
        config.start = StartConfig { model: Some(model), ..StartConfig::default() };
        Ok(())
    }
}

pub(crate) fn run(args: &TrainArgs) -> Result<Status, Failure> {
    let mut out = std::io::stdout().lock();
    let Some((mut config, work, watch)) = args.step.begin(&mut out)? else { return Ok(Status::Done) };
    args.from.put(&mut config, &work)?;
    train(&work, &config, &watch, &mut out)?;
    writeln!(out, "model: {}", work.path(training::MODEL).display())?;
    Ok(Status::Done)
}

/// The embedded package as a folder in the working folder, under its own seal.
fn embedded(work: &WorkDir) -> Result<PathBuf, Failure> {
    let package = hscode_core::embedded_package()?;
    let folder = work.path(&format!("embedded-{}", package.manifest().seal().get(..12).unwrap_or_default()));
    if !folder.exists() {
        publish(work.disk(), &folder, &package).map_err(Failure::file)?;
    }
    Ok(folder)
}

/// Runs the steps up to training and tells what they did.
pub(crate) fn train(
    work: &WorkDir,
    config: &Config,
    watch: &Watch,
    out: &mut dyn Write,
) -> Result<(), Failure> {
    let mut lines = Vec::new();
    let mut started = Instant::now();
    let mut told = |name: &str, ran: &Ran| {
        ran_lines(name, ran, started, &mut lines);
        started = Instant::now();
    };
    let result = prepare(work, config, Prepare::Split, watch, |step, ran| told(step.as_str(), ran))
        .and_then(|()| training::encode(work, config, watch))
        .inspect(|ran| ran.iter().for_each(|ran| told("encode", ran)))
        .and_then(|_| training::run(work, config, watch))
        .inspect(|ran| told("train", ran));
    watch.clear();
    for line in lines {
        writeln!(out, "{line}")?;
    }
    result?;
    let log = training::log(work).map_err(Failure::file)?;
    for line in figures(&log) {
        writeln!(out, "{line}")?;
    }
    Ok(())
}

/// The last figures on the development sets, a line each, under a header.
fn figures(log: &TrainingLog) -> Vec<String> {
    let Some(last) = log.entries.last() else { return Vec::new() };
    let mut lines = vec![format!(
        "{} steps in {:.0} s of training, {} weights",
        log.steps,
        last.seconds,
        indicatif::HumanCount(log.weights as u64)
    )];
    if last.dev.is_empty() {
        lines.push("no development rows: nothing was measured".to_owned());
        return lines;
    }
    let width = last.dev.iter().map(|set| set.set.len()).max().unwrap_or(0).max(11);
    lines.push(format!(
        "{:width$}  {:>6}  top-1 in % at 2, 4, 6 digits   top-5 at 2, 4, 6 digits",
        "development", "n"
    ));
    lines.extend(last.dev.iter().map(|set| line(set, width)));
    lines
}

fn line(set: &DevFigures, width: usize) -> String {
    let cells = |shares: [f64; 3]| shares.map(|share| format!("{:>7.1}", 100.0 * share)).concat();
    format!("{:width$}  {:>6}{}          {}", set.set, set.n, cells(set.top1), cells(set.top5))
}
