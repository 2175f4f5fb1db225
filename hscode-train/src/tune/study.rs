//! `tune/trials.jsonl`: a line that says what is searched, then a line a trial.

use std::collections::BTreeMap;
use std::io::Read as _;

use hscode_core::{Error, ErrorKind};
use serde::{Deserialize, Serialize};

use super::propose::Seen;
use super::space::Setting;
use crate::evaluate;
use crate::evaluate::TrialState;
use crate::progress::io_error;
use crate::workdir::WorkDir;

/// The trials with the line that says what they are of.
pub const TRIALS: &str = "tune/trials.jsonl";

/// What is searched: the first line of [`TRIALS`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    /// 1.
    format: u32,
    /// What is made large.
    metric: String,
    /// A digest of settings and data.
    digest: String,
}

/// A trial: a line of [`TRIALS`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Trial {
    /// Its number, from 0.
    pub number: u64,
    /// How it ended.
    pub state: TrialState,
    /// What it reached: of one that was stopped early, by then; none of one that failed.
    pub value: Option<f64>,
    /// Seconds of training, over all runs.
    pub seconds: f64,
    /// The settings that it tried.
    pub parameters: BTreeMap<String, Setting>,
    /// What it had reached at each measurement.
    pub curve: Vec<f64>,
    /// Why it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
}

/// A search with its trials so far.
#[derive(Debug, Clone, PartialEq)]
pub struct Study {
    metric: String,
    digest: String,
    trials: Vec<Trial>,
}

impl Study {
    /// The search of these settings and data in the working folder, with the trials of earlier runs.
    ///
    /// # Errors
    /// `InvalidInput` when the trials there are of other settings or data, or damaged; `Io`.
    pub(super) fn open(work: &WorkDir, metric: String, digest: String) -> Result<Self, Error> {
        let mut study = Self { metric, digest, trials: Vec::new() };
        let path = work.path(TRIALS);
        let mut text = String::new();
        match work.disk().open(&path).and_then(|mut file| file.read_to_string(&mut text)) {
            Ok(_) => {}
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(study),
            Err(e) => return Err(io_error(path.display(), "read", e)),
        }
        let wrong = |what: String| Error::new(ErrorKind::InvalidInput, format!("{}: {what}", path.display()));
        let mut lines = text.lines().enumerate();
        let header: Header = lines
            .next()
            .and_then(|(_, line)| serde_json::from_str(line).ok())
            .ok_or_else(|| wrong("line 1: expected what is searched; put the file aside".to_owned()))?;
        if header != study.header() {
            return Err(wrong(
                "its trials are of other settings or data; put the file aside or take another working folder"
                    .to_owned(),
            ));
        }
        for (at, line) in lines {
            let trial: Trial = serde_json::from_str(line)
                .map_err(|e| wrong(format!("line {}: expected a trial: {e}", at + 1)))?;
            if trial.number != study.trials.len() as u64 {
                let message =
                    format!("line {}: expected trial {}, seen {}", at + 1, study.trials.len(), trial.number);
                return Err(wrong(message));
            }
            study.trials.push(trial);
        }
        Ok(study)
    }

    fn header(&self) -> Header {
        Header { format: 1, metric: self.metric.clone(), digest: self.digest.clone() }
    }

    /// Adds a trial, on the disk first: the file holds the trials before it, or it as well, never half of it.
    pub(super) fn add(&mut self, work: &WorkDir, trial: Trial) -> Result<(), Error> {
        let failed = |e: serde_json::Error| Error::new(ErrorKind::Io, format!("{TRIALS}: {e}"));
        let mut text = serde_json::to_string(&self.header()).map_err(failed)?;
        text.push('\n');
        for trial in self.trials.iter().chain([&trial]) {
            text.push_str(&serde_json::to_string(trial).map_err(failed)?);
            text.push('\n');
        }
        work.write_aside(TRIALS, text.as_bytes())?;
        self.trials.push(trial);
        Ok(())
    }

    /// What is made large.
    pub fn metric(&self) -> &str {
        &self.metric
    }

    /// The trials, in order.
    pub fn trials(&self) -> &[Trial] {
        &self.trials
    }

    /// The best of the complete trials; of equals the first.
    pub fn best(&self) -> Option<&Trial> {
        let complete = self.trials.iter().filter(|trial| trial.state == TrialState::Complete);
        complete.fold(None, |best: Option<&Trial>, trial| match best {
            Some(best) if trial.value <= best.value => Some(best),
            _ => Some(trial),
        })
    }

    pub(super) fn seen(&self) -> Vec<Seen<'_>> {
        self.trials.iter().map(|trial| Seen { parameters: &trial.parameters, value: trial.value }).collect()
    }

    /// The median of what the trials had reached at a measurement; `None` when fewer than `least` got there.
    pub(super) fn median(&self, measurement: usize, least: u32) -> Option<f64> {
        let mut there: Vec<f64> =
            self.trials.iter().filter_map(|trial| trial.curve.get(measurement).copied()).collect();
        if there.len() < (least as usize).max(1) {
            return None;
        }
        there.sort_by(f64::total_cmp);
        let middle = there.len() / 2;
        Some(if there.len() % 2 == 1 { there[middle] } else { (there[middle - 1] + there[middle]) / 2.0 })
    }

    /// The search as the report draws it.
    pub fn to_log(&self) -> evaluate::Study {
        let trials = self.trials.iter().map(|trial| evaluate::Trial {
            number: trial.number,
            state: trial.state,
            value: trial.value,
            seconds: trial.seconds,
            parameters: trial
                .parameters
                .iter()
                .map(|(key, value)| (key.clone(), value.to_parameter()))
                .collect(),
        });
        evaluate::Study {
            study: "settings of training".to_owned(),
            metric: self.metric.clone(),
            trials: trials.collect(),
        }
    }

    /// The settings of the best trial as lines of a train.toml, with their reason above them; `None` before any.
    pub fn to_toml(&self) -> Option<String> {
        let best = self.best()?;
        let value = best.value.unwrap_or(0.0);
        let mut text = format!(
            "# The best of {} trials, number {}: {} {value:.4}.\n# These lines stand before the first [table] of a \
             train.toml.\n",
            self.trials.len(),
            best.number,
            self.metric
        );
        for (key, value) in &best.parameters {
            text.push_str(&format!("{key} = {}\n", value.to_toml()));
        }
        Some(text)
    }
}
