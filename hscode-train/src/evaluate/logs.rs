//! What training, calibrating and tuning wrote down, for the page to draw.

use std::collections::BTreeMap;

use hscode_core::{Error, ErrorKind, Level};
use serde::{Deserialize, Serialize};

use super::Calibration;

/// The logs that a page draws beside the figures of a report.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Logs {
    /// Learning curves.
    pub curves: Vec<Curve>,
    /// Scores before and after calibration.
    pub calibrations: Vec<CalibrationLog>,
    /// Searches for settings.
    pub studies: Vec<Study>,
}

/// A learning curve: the fields of a training log that are drawn; others are passed over.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Curve {
    /// The model that was trained.
    pub model: String,
    /// Its weights.
    #[serde(default)]
    pub weights: u64,
    /// Texts learnt from.
    #[serde(default)]
    pub samples: u64,
    /// The measurements, in order.
    pub entries: Vec<CurveEntry>,
}

/// One measurement of a learning curve.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CurveEntry {
    /// Passes over the rows done, in parts.
    pub epoch: f64,
    /// The mean loss of training since the entry before.
    pub train_loss: f64,
    /// Seconds of training so far.
    #[serde(default)]
    pub seconds: f64,
    /// Accuracy on the development sets.
    #[serde(default)]
    pub dev: Vec<CurveFigures>,
}

/// Accuracy on one development set, as shares of `n` at 2, 4 and 6 digits.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CurveFigures {
    /// The set's name.
    pub set: String,
    /// Its texts.
    pub n: u64,
    /// Share whose best code is right.
    pub top1: [f64; 3],
    /// Share whose five best codes hold the right one.
    pub top5: [f64; 3],
}

/// The scores of one model on one set before and after calibration.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CalibrationLog {
    /// The model.
    pub model: String,
    /// The held-out set that the scores were measured on.
    pub set: String,
    /// By level, from the chapter down.
    pub calibration: Vec<CalibrationStep>,
}

/// The scores of one level before and after.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CalibrationStep {
    /// The level.
    pub level: Level,
    /// Raw scores.
    pub before: Calibration,
    /// Calibrated scores.
    pub after: Calibration,
}

/// A search for settings.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Study {
    /// The search's name.
    pub study: String,
    /// What is searched for, such as `dev top-1 at 6 digits`; more is better.
    pub metric: String,
    /// The trials, in order.
    pub trials: Vec<Trial>,
}

/// One trial of a search.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Trial {
    /// Its number, from 0.
    pub number: u64,
    /// How it ended.
    pub state: TrialState,
    /// The metric reached: of a pruned trial, when it was stopped; none of a failed one.
    pub value: Option<f64>,
    /// How long it took.
    pub seconds: f64,
    /// The settings tried, by name.
    pub parameters: BTreeMap<String, Parameter>,
}

/// How a trial ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TrialState {
    /// It ran to its end.
    Complete,
    /// It was stopped early, since it did badly.
    Pruned,
    /// It ended with an error.
    Failed,
}

/// The value of a setting.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Parameter {
    /// A whole number.
    Integer(i64),
    /// A number.
    Number(f64),
    /// Yes or no.
    Flag(bool),
    /// A name.
    Name(String),
}

impl Logs {
    /// Adds the log in `json`, known by its fields: `entries` (a training log), `calibration` or `trials`.
    ///
    /// # Errors
    /// `InvalidInput` when it is none of these.
    pub fn add(&mut self, json: &str) -> Result<(), Error> {
        let wrong = |message: String| Error::new(ErrorKind::InvalidInput, message);
        let value: serde_json::Value =
            serde_json::from_str(json).map_err(|e| wrong(format!("expected JSON: {e}")))?;
        let has = |field: &str| value.get(field).is_some();
        let kinds = [has("entries"), has("calibration"), has("trials")];
        let failed = |e: serde_json::Error| wrong(e.to_string());
        match kinds {
            [true, false, false] => self.curves.push(serde_json::from_value(value).map_err(failed)?),
            [false, true, false] => self.calibrations.push(serde_json::from_value(value).map_err(failed)?),
            [false, false, true] => self.studies.push(serde_json::from_value(value).map_err(failed)?),
            _ => {
                return Err(wrong(
                    "expected a log with one of the fields entries, calibration, trials".to_owned(),
                ));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logs_are_known_by_their_fields() {
        let mut logs = Logs::default();
        logs.add(concat!(
            r#"{"model":"text_cnn","weights":7,"samples":9,"steps":4,"entries":[{"step":4,"epoch":1.0,"#,
            r#""train_loss":2.5,"learning_rate":0.1,"seconds":3.0,"dev":[{"set":"dev","n":5,"#,
            r#""top1":[0.6,0.4,0.2],"top5":[1.0,0.8,0.6]}]}]}"#
        ))
        .unwrap();
        logs.add(concat!(
            r#"{"study":"s","metric":"m","trials":[{"number":0,"state":"pruned","value":0.3,"seconds":1.5,"#,
            r#""parameters":{"rate":0.1,"width":3,"loss":"ce","bias":true}}]}"#
        ))
        .unwrap();
        let calibration = Calibration::of(&[(0.5, true)]);
        let step = CalibrationStep { level: Level::Heading, before: calibration.clone(), after: calibration };
        let log = CalibrationLog { model: "m".into(), set: "dev".into(), calibration: vec![step] };
        logs.add(&serde_json::to_string(&log).unwrap()).unwrap();
        assert_eq!((logs.curves[0].entries[0].dev[0].top1[2], logs.calibrations[0] == log), (0.2, true));
        let parameters = &logs.studies[0].trials[0].parameters;
        assert_eq!(parameters["width"], Parameter::Integer(3));
        assert_eq!(parameters["rate"], Parameter::Number(0.1));
        assert_eq!(parameters["bias"], Parameter::Flag(true));
    }

    #[test]
    fn anything_else_is_refused() {
        let message = |json: &str| Logs::default().add(json).unwrap_err().message().to_owned();
        assert!(message("{").starts_with("expected JSON"));
        assert!(message("{}").starts_with("expected a log with one of the fields"));
        assert!(message(r#"{"study":"s","metric":"m","trials":[{"number":0}]}"#).contains("missing field"));
    }
}
