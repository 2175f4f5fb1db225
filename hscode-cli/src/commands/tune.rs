//! `hscode tune`: a search for better settings.

use std::io::Write as _;
use std::time::Instant;

use hscode_train::evaluate::TrialState;
use hscode_train::prepare::{Prepare, prepare};
use hscode_train::progress::Progress as _;
use hscode_train::training;
use hscode_train::tune::{self, BEST, STUDY, Study, Trial};

use super::prepare::{StepArgs, ran_lines};
use crate::exit::{Failure, Status};

/// Searches for better settings by trials on the development part (after the steps before, if they have to run)
#[derive(Debug, clap::Args)]
#[command(after_help = "\
[tune] of train.toml says what may be changed, within which bounds, what is made large, and for how many trials or
minutes. Trials are kept in work/tune/trials.jsonl as they end; Ctrl-C keeps them and a checkpoint of the one under
way, and the same command goes on to the same trials. At the end work/tune/best.toml has the best settings, and
work/tune/study.json is what `hscode evaluate --report DIR --log work/tune/study.json` draws.

Examples:
  hscode tune --config train.toml --work work
  hscode tune --set tune.minutes=30 --set tune.sample=0.2

Exit status: 0 done, 2 usage, 3 a model that is damaged, 4 settings, input or output, 130 stopped.")]
pub(crate) struct TuneArgs {
    #[command(flatten)]
    step: StepArgs,
}

pub(crate) fn run(args: &TuneArgs) -> Result<Status, Failure> {
    let mut out = std::io::stdout().lock();
    let Some((config, work, watch)) = args.step.begin(&mut out)? else { return Ok(Status::Done) };
    let mut lines = Vec::new();
    let mut started = Instant::now();
    let result = prepare(&work, &config, Prepare::Split, &watch, |step, ran| {
        ran_lines(step.as_str(), ran, started, &mut lines);
        started = Instant::now();
    })
    .and_then(|()| training::encode(&work, &config, &watch))
    .inspect(|ran| ran.iter().for_each(|ran| ran_lines("encode", ran, started, &mut lines)));
    for line in lines {
        writeln!(out, "{line}")?;
    }
    result?;
    let result = tune::run(&work, &config, &watch, |study, trial| watch.note(&heard(study, trial)));
    watch.clear();
    let tuned = result?;
    for line in table(&tuned.study) {
        writeln!(out, "{line}")?;
    }
    if tuned.out_of_time {
        writeln!(out, "the minutes are over; the same command makes more trials")?;
    }
    writeln!(out, "trials: {}", work.path(STUDY).display())?;
    if tuned.study.best().is_some() {
        writeln!(out, "best settings: {}", work.path(BEST).display())?;
    }
    Ok(Status::Done)
}

fn heard(study: &Study, trial: &Trial) -> String {
    let best = study
        .best()
        .map_or_else(String::new, |best| format!("; best {} of trial {}", value(best), best.number));
    format!("trial {}: {} {} in {:.0} s{best}", trial.number, state(trial.state), value(trial), trial.seconds)
}

fn state(state: TrialState) -> &'static str {
    match state {
        TrialState::Complete => "complete",
        TrialState::Pruned => "stopped early",
        TrialState::Failed => "failed",
    }
}

fn value(trial: &Trial) -> String {
    trial.value.map_or_else(|| "-".to_owned(), |value| format!("{:.2}%", 100.0 * value))
}

/// The trials, best first, complete ones before the others.
fn table(study: &Study) -> Vec<String> {
    let mut trials: Vec<&Trial> = study.trials().iter().collect();
    let rank = |trial: &Trial| (trial.state == TrialState::Complete, trial.value.unwrap_or(-1.0));
    trials.sort_by(|a, b| {
        let (a, b) = (rank(a), rank(b));
        b.0.cmp(&a.0).then(b.1.total_cmp(&a.1))
    });
    let mut lines = vec![format!("{} of {} trials, best first", study.metric(), trials.len())];
    for trial in trials {
        let parameters: Vec<String> =
            trial.parameters.iter().map(|(key, value)| format!("{key}={}", value)).collect();
        lines.push(format!(
            "{:>5}  {:>7}  {:<13}  {:>6.0} s  {}",
            trial.number,
            value(trial),
            state(trial.state),
            trial.seconds,
            trial.failure.clone().unwrap_or_else(|| parameters.join(" "))
        ));
    }
    lines
}
