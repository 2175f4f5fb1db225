//! The step `tune`: a search for settings by trials on the development part.
//!
//! Trials are drawn at first and then proposed by TPE, which models where good and bad trials lie. A trial that
//! stands below the median of the others at the same share of its steps ends early. Each trial that ended is kept
//! on the disk before the next begins; one that was stopped goes on from its checkpoint. So a search that was
//! stopped makes the same trials as one that was not.

mod propose;
mod space;
mod study;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use hscode_core::{Error, ErrorKind};
use sha2::{Digest as _, Sha256};

pub use space::{Metric, Range, Setting, TuneConfig};
pub use study::{Study, TRIALS, Trial};

use crate::config::Config;
use crate::evaluate::TrialState;
use crate::models::{DevFigures, LogEntry, Place, steps_of, train_from};
use crate::progress::{Progress, StepError, io_error};
use crate::rng::SplitMix64;
use crate::row::Row;
use crate::split::PARTS;
use crate::training::{Learning, Start};
use crate::workdir::{WorkDir, hex};

/// The search as `hscode evaluate --log` reads it.
pub const STUDY: &str = "tune/study.json";
/// The settings of the best trial, as lines of a train.toml.
pub const BEST: &str = "tune/best.toml";

/// How a search ended.
#[derive(Debug, Clone, PartialEq)]
pub struct Tuned {
    /// The trials of this run and those before.
    pub study: Study,
    /// Whether the minutes ended it, so that running it again makes more trials.
    pub out_of_time: bool,
}

/// Searches until there are as many trials as wanted, or the minutes are over; `told` hears of each trial.
///
/// Writes [`TRIALS`] after each trial, [`STUDY`] and [`BEST`] at the end.
///
/// # Errors
/// `InvalidInput`: nothing to search, no development rows, trials of other settings there, an unknown setting;
/// `Io`; stopped: the trials that ended are kept, the one under way goes on in the next run.
pub fn run(
    work: &WorkDir,
    config: &Config,
    progress: &dyn Progress,
    mut told: impl FnMut(&Study, &Trial),
) -> Result<Tuned, StepError> {
    let tune = &config.tune;
    let begin = Instant::now();
    let (start, mut inputs) = Start::open(work, config)?;
    inputs.splice(0..0, [work.input("split", PARTS[0])?, work.input("split", PARTS[1])?]);
    let digest = digest(config, &inputs)?;
    let folder = work.path("tune");
    work.disk().make_folder(&folder).map_err(|e| io_error(folder.display(), "make the folder", e))?;
    let mut study = Study::open(work, metric_name(tune), digest)?;
    let train = sampled(work.read_rows(PARTS[0], progress)?, tune.sample, config.seed);
    let dev: Vec<Row> = work.read_rows::<Row>(PARTS[1], progress)?;
    let dev: Vec<Row> =
        dev.into_iter().filter(|row| tune.set.as_ref().is_none_or(|set| row.source == *set)).collect();
    if tune.parameters.is_empty() || dev.is_empty() {
        let what = if dev.is_empty() { "development rows to measure on" } else { "[tune.parameters]" };
        return Err(Error::new(ErrorKind::InvalidInput, format!("tune: expected {what}, seen none")).into());
    }
    // A mistake in the ranges is told now, not trial by trial.
    for (key, range) in &tune.parameters {
        for place in [range.line().0, range.line().1] {
            config.with_value(key, range.at(place).to_toml()).map_err(|e| e.at("tune.parameters"))?;
        }
    }
    let deadline = (tune.minutes > 0.0).then(|| begin + Duration::from_secs_f64(tune.minutes * 60.0));
    let mut out_of_time = false;
    while study.trials().len() < tune.trials as usize {
        if deadline.is_some_and(|deadline| Instant::now() >= deadline) {
            out_of_time = true;
            break;
        }
        let number = study.trials().len() as u64;
        let parameters = propose::propose(&tune.parameters, &study.seen(), config.seed, number, tune.drawn)?;
        let watch = Watch {
            number,
            study: &study,
            tune,
            progress,
            deadline,
            pruned: AtomicBool::new(false),
            steps: AtomicU32::new(0),
            curve: Mutex::new(Vec::new()),
        };
        match trial(work, config, &start, &train, &dev, parameters, &watch)? {
            Some(trial) => {
                study.add(work, trial)?;
                if let Some(trial) = study.trials().last() {
                    told(&study, trial);
                }
            }
            None => {
                out_of_time = true;
                break;
            }
        }
    }
    let mut json = serde_json::to_string_pretty(&study.to_log())
        .map_err(|e| Error::new(ErrorKind::Io, format!("{STUDY}: cannot write")).with_source(e))?;
    json.push('\n');
    work.write_aside(STUDY, json.as_bytes())?;
    if let Some(text) = study.to_toml() {
        work.write_aside(BEST, text.as_bytes())?;
    }
    Ok(Tuned { study, out_of_time })
}

/// One trial; `None` when the time was over before it ended.
fn trial(
    work: &WorkDir,
    config: &Config,
    start: &Start,
    train: &[Row],
    dev: &[Row],
    parameters: BTreeMap<String, Setting>,
    watch: &Watch<'_>,
) -> Result<Option<Trial>, StepError> {
    let begin = Instant::now();
    let place = Place { disk: work.disk(), folder: work.path("tune") };
    let prepared = settings(config, &parameters).and_then(|mut config| {
        let learning = Learning::of(train, dev, &config, start)?;
        let steps = steps_of(&config.train, &learning.data)?;
        config.train.learn.measure_every = steps.div_ceil(config.tune.measurements).max(1);
        watch.steps.store(steps, Ordering::Relaxed);
        Ok((config, learning))
    });
    let ended = |state, value, failure| {
        let curve = watch.curve();
        let seconds = watch.seconds().unwrap_or_else(|| begin.elapsed().as_secs_f64());
        Trial {
            number: watch.number,
            state,
            value,
            seconds: (seconds * 10.0).round() / 10.0,
            parameters: parameters.clone(),
            curve,
            failure,
        }
    };
    // Settings that do not go together are a trial that failed; a fault of the disk ends the search.
    let (config, learning) = match prepared {
        Ok(prepared) => prepared,
        Err(error) => return Ok(Some(ended(TrialState::Failed, None, Some(error.to_string())))),
    };
    let trial = match train_from(&config.train, &learning.data, start.model(), Some(&place), watch) {
        Ok(trained) => {
            let last = trained.log.entries.last().map(|entry| watch.value(&entry.dev));
            ended(TrialState::Complete, last, None)
        }
        Err(StepError::Stopped) if watch.pruned.load(Ordering::Relaxed) => {
            ended(TrialState::Pruned, watch.curve().last().copied(), None)
        }
        Err(StepError::Stopped) if !watch.progress.stop() => return Ok(None),
        Err(other) => return Err(other),
    };
    place.remove_checkpoint()?;
    Ok(Some(trial))
}

/// The settings of a trial.
fn settings(config: &Config, parameters: &BTreeMap<String, Setting>) -> Result<Config, Error> {
    parameters.iter().try_fold(config.clone(), |config, (key, value)| config.with_value(key, value.to_toml()))
}

/// A share of the rows, each chosen by the seed and its place.
fn sampled(rows: Vec<Row>, share: f64, seed: u64) -> Vec<Row> {
    let kept = |at: usize| {
        let drawn = SplitMix64::for_item(seed, at as u64).next_u64() >> 11;
        (drawn as f64) < share * (1u64 << 53) as f64
    };
    rows.into_iter().enumerate().filter(|(at, _)| kept(*at)).map(|(_, row)| row).collect()
}

fn metric_name(tune: &TuneConfig) -> String {
    let top = match tune.metric {
        Metric::Top1 => "top-1",
        Metric::Top5 => "top-5",
    };
    format!("{top} at {} digits on {}", tune.digits, tune.set.as_deref().unwrap_or("development"))
}

/// A digest of everything that the trials depend on: not of how many are wanted, nor for how long.
fn digest(config: &Config, inputs: &[crate::steps::FileDigest]) -> Result<String, Error> {
    let mut tune = config.tune.clone();
    (tune.trials, tune.minutes) = (1, 0.0);
    let mut train = config.train.clone();
    (train.threads, train.learn.measure_every, train.learn.checkpoint_every) = (0, 0, 0);
    let all = serde_json::to_vec(&(config.seed, &config.balance, tune, train, inputs))
        .map_err(|e| Error::new(ErrorKind::InvalidInput, "settings: cannot write them").with_source(e))?;
    Ok(hex(&Sha256::digest(all)))
}

/// Hears of a trial's measurements, and ends it when it does badly or the time is over.
struct Watch<'a> {
    number: u64,
    study: &'a Study,
    tune: &'a TuneConfig,
    progress: &'a dyn Progress,
    deadline: Option<Instant>,
    pruned: AtomicBool,
    steps: AtomicU32,
    curve: Mutex<Vec<(f64, f64)>>,
}

impl Watch<'_> {
    /// The share of all development rows, set by set.
    fn value(&self, dev: &[DevFigures]) -> f64 {
        let level = usize::from(self.tune.digits / 2).saturating_sub(1);
        let share = |set: &DevFigures| match self.tune.metric {
            Metric::Top1 => set.top1.get(level).copied(),
            Metric::Top5 => set.top5.get(level).copied(),
        };
        let right: f64 = dev.iter().map(|set| set.n as f64 * share(set).unwrap_or(0.0)).sum();
        let rows: f64 = dev.iter().map(|set| set.n as f64).sum();
        // Six digits: as many as people read, and sums of shares then compare as equal when they are.
        (right / rows.max(1.0) * 1e6).round() / 1e6
    }

    fn curve(&self) -> Vec<f64> {
        self.curve.lock().unwrap_or_else(PoisonError::into_inner).iter().map(|point| point.0).collect()
    }

    fn seconds(&self) -> Option<f64> {
        self.curve.lock().unwrap_or_else(PoisonError::into_inner).last().map(|point| point.1)
    }
}

impl Progress for Watch<'_> {
    fn begin(&self, name: &str, unit: &str, total: Option<u64>) {
        let name = if name == "train" {
            format!("trial {} of {}", self.number + 1, self.tune.trials)
        } else {
            name.to_owned()
        };
        self.progress.begin(&name, unit, total);
    }

    fn advance(&self, done: u64) {
        self.progress.advance(done);
    }

    fn measured(&self, entry: &LogEntry) {
        let value = self.value(&entry.dev);
        let mut curve = self.curve.lock().unwrap_or_else(PoisonError::into_inner);
        let at = curve.len();
        curve.push((value, entry.seconds));
        // The last measurement is the end.
        let early = self.tune.prune && entry.step < self.steps.load(Ordering::Relaxed);
        let below = |median: f64| value < median && self.number >= u64::from(self.tune.prune_after);
        if early && self.study.median(at, self.tune.prune_after).is_some_and(below) {
            self.pruned.store(true, Ordering::Relaxed);
        }
    }

    fn end(&self) {
        self.progress.end();
    }

    fn stop(&self) -> bool {
        self.pruned.load(Ordering::Relaxed)
            || self.deadline.is_some_and(|deadline| Instant::now() >= deadline)
            || self.progress.stop()
    }
}
