//! What a search may change, and within which bounds.

use std::collections::BTreeMap;

use hscode_core::{Error, ErrorKind};
use serde::{Deserialize, Serialize};

use crate::evaluate::Parameter;

/// The settings of a search: `[tune]` of train.toml.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TuneConfig {
    /// Most trials, those of earlier runs counted. Default 30.
    pub trials: u32,
    /// Most minutes of this run; 0 for no limit. A trial that is then under way keeps a checkpoint. Default 0.
    pub minutes: f64,
    /// Trials drawn evenly from the ranges before the search learns from what it has seen. Default 8.
    pub drawn: u32,
    /// The share of the training rows that trials learn from, above 0 to 1, chosen by the seed. Default 1.
    pub sample: f64,
    /// What is searched for: the right code first, or among the first five. Default `top1`.
    pub metric: Metric,
    /// At how many digits, 2, 4 or 6. Default 6.
    pub digits: u8,
    /// The development set, by the name of its source; all together where it is left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub set: Option<String>,
    /// Measurements of a trial, evenly spread over its steps. Default 8.
    pub measurements: u32,
    /// Whether a trial that stands below the median of the others at the same measurement ends. Default true.
    pub prune: bool,
    /// How many others must have been measured there. Default 4.
    pub prune_after: u32,
    /// The settings that are changed, by their paths, as `train.learn.rate`.
    pub parameters: BTreeMap<String, Range>,
}

/// What a search makes large.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Metric {
    /// The share of rows whose best code is right.
    Top1,
    /// The share of rows whose five best codes hold the right one.
    Top5,
}

/// The values that a setting may take: numbers between two ends, or some of a list.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Range {
    /// The least value. Where both ends are whole, so are the values.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Setting>,
    /// The largest value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<Setting>,
    /// Whether ratios count rather than differences, as for learning rates.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub log: bool,
    /// The values to choose from, instead of ends.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub of: Vec<Setting>,
}

/// The value of a setting.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Setting {
    /// Yes or no.
    Flag(bool),
    /// A whole number.
    Whole(i64),
    /// A number.
    Real(f64),
    /// A name.
    Text(String),
    /// Several.
    List(Vec<Setting>),
}

impl Default for TuneConfig {
    fn default() -> Self {
        let real = |from, to, log| Range {
            from: Some(Setting::Real(from)),
            to: Some(Setting::Real(to)),
            log,
            of: Vec::new(),
        };
        Self {
            trials: 30,
            minutes: 0.0,
            drawn: 8,
            sample: 1.0,
            metric: Metric::Top1,
            digits: 6,
            set: None,
            measurements: 8,
            prune: true,
            prune_after: 4,
            parameters: BTreeMap::from([
                ("train.learn.rate".to_owned(), real(0.0005, 0.01, true)),
                ("train.learn.hidden_dropout".to_owned(), real(0.0, 0.5, false)),
                ("train.learn.feature_dropout".to_owned(), real(0.0, 0.3, false)),
            ]),
        }
    }
}

impl TuneConfig {
    /// Checks every value.
    ///
    /// # Errors
    /// `InvalidInput` that names the setting, what was expected and what was seen.
    pub fn check(&self) -> Result<(), Error> {
        let bad = |what: String| Err(Error::new(ErrorKind::InvalidInput, what));
        if !(self.minutes.is_finite() && self.minutes >= 0.0) {
            return bad(format!("minutes = {}: expected 0 or more", self.minutes));
        }
        if !(self.sample > 0.0 && self.sample <= 1.0) {
            return bad(format!("sample = {}: expected above 0 to 1", self.sample));
        }
        if ![2, 4, 6].contains(&self.digits) {
            return bad(format!("digits = {}: expected 2, 4 or 6", self.digits));
        }
        if !(1..=1000).contains(&self.measurements) {
            return bad(format!("measurements = {}: expected 1 to 1000", self.measurements));
        }
        if !(1..=100_000).contains(&self.trials) {
            return bad(format!("trials = {}: expected 1 to 100000", self.trials));
        }
        for (key, range) in &self.parameters {
            // Other settings change the rows, and with them what is measured.
            if !(key.starts_with("train.") || key.starts_with("balance.")) {
                return bad(format!("parameters.{key}: expected a setting of [train] or [balance]"));
            }
            range.check().map_err(|e| e.at(format!("parameters.{key}")))?;
        }
        Ok(())
    }
}

impl Range {
    fn check(&self) -> Result<(), Error> {
        let bad = |what: &str| Err(Error::new(ErrorKind::InvalidInput, what.to_owned()));
        match (self.ends(), self.of.len()) {
            (Some(_), 1..) => bad("expected `from` and `to`, or `of`, seen both"),
            (Some((from, to)), 0) if !(from < to && (to - from).is_finite()) => {
                bad("expected `from` below `to`")
            }
            (Some((from, _)), 0) if self.log && from <= 0.0 => bad("log: expected `from` above 0"),
            (None, 0) => bad("expected numbers `from` and `to`, or a list `of` values"),
            (None, 1) => bad("expected two values or more to choose from"),
            (None, _) if self.from.is_some() || self.to.is_some() || self.log => {
                bad("expected `from` and `to`, or `of`, seen parts of both")
            }
            _ => Ok(()),
        }
    }

    fn ends(&self) -> Option<(f64, f64)> {
        Some((self.from.as_ref()?.number()?, self.to.as_ref()?.number()?))
    }

    fn is_whole(&self) -> bool {
        matches!((&self.from, &self.to), (Some(Setting::Whole(_)), Some(Setting::Whole(_))))
    }

    /// How many values there are to choose from; `None` of numbers.
    pub(super) fn choices(&self) -> Option<usize> {
        (!self.of.is_empty()).then_some(self.of.len())
    }

    /// The ends of the line on which the search moves: numbers, their logarithms, or places in the list. Values
    /// that are whole get the room of half a step on both sides.
    pub(super) fn line(&self) -> (f64, f64) {
        let (from, to) = match self.ends() {
            None => return (0.0, self.of.len() as f64),
            Some((from, to)) if self.is_whole() => (from - 0.499, to + 0.499),
            Some(ends) => ends,
        };
        // The end of a line is no part of it, and the largest value should be.
        if self.log { (ln(from), ln(to) + 1e-9) } else { (from, to + (to - from) * 1e-9) }
    }

    /// The value at a place on that line.
    pub(super) fn at(&self, place: f64) -> Setting {
        let Some((from, to)) = self.ends() else {
            let choice = (place.max(0.0) as usize).min(self.of.len().saturating_sub(1));
            return self.of.get(choice).cloned().unwrap_or(Setting::Flag(false));
        };
        let number = if self.log { place.exp() } else { place };
        if self.is_whole() {
            return Setting::Whole(number.round().clamp(from, to) as i64);
        }
        Setting::Real(short(number).clamp(from, to))
    }

    /// The place of a value on that line; `None` of a value that is not in the range.
    pub(super) fn place(&self, value: &Setting) -> Option<f64> {
        let (low, high) = self.line();
        let place = match self.ends() {
            None => self.of.iter().position(|known| known == value)? as f64,
            Some(_) if self.log => ln(value.number().filter(|n| *n > 0.0)?),
            Some(_) => value.number()?,
        };
        (low..high).contains(&place).then_some(place)
    }
}

impl Setting {
    fn number(&self) -> Option<f64> {
        match self {
            Self::Whole(number) => Some(*number as f64),
            Self::Real(number) => Some(*number),
            _ => None,
        }
    }

    pub(super) fn to_toml(&self) -> toml::Value {
        match self {
            Self::Flag(flag) => toml::Value::Boolean(*flag),
            Self::Whole(number) => toml::Value::Integer(*number),
            Self::Real(number) => toml::Value::Float(*number),
            Self::Text(text) => toml::Value::String(text.clone()),
            Self::List(values) => toml::Value::Array(values.iter().map(Self::to_toml).collect()),
        }
    }

    pub(super) fn to_parameter(&self) -> Parameter {
        match self {
            Self::Flag(flag) => Parameter::Flag(*flag),
            Self::Whole(number) => Parameter::Integer(*number),
            Self::Real(number) => Parameter::Number(*number),
            Self::Text(text) => Parameter::Name(text.clone()),
            list @ Self::List(_) => Parameter::Name(list.to_toml().to_string()),
        }
    }
}

/// As TOML writes it.
impl std::fmt::Display for Setting {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.to_toml().fmt(f)
    }
}

fn ln(number: f64) -> f64 {
    crate::nets::ln(number)
}

/// Four digits that count: what a person would write, and the same number on every platform.
fn short(number: f64) -> f64 {
    format!("{number:.3e}").parse().unwrap_or(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(text: &str) -> Range {
        let config: TuneConfig = toml::from_str(&format!("[parameters]\n\"train.x\" = {text}")).unwrap();
        config.check().unwrap();
        config.parameters["train.x"].clone()
    }

    #[test]
    fn values_stay_in_their_range_and_come_back_to_their_place() {
        for (text, low, high) in [
            ("{ from = 1e-4, to = 1e-2, log = true }", Setting::Real(1e-4), Setting::Real(1e-2)),
            ("{ from = 0.0, to = 0.5 }", Setting::Real(0.0), Setting::Real(0.5)),
            ("{ from = 2, to = 10 }", Setting::Whole(2), Setting::Whole(10)),
            ("{ from = 16, to = 512, log = true }", Setting::Whole(16), Setting::Whole(512)),
            (
                "{ of = [[128], [256, 64]] }",
                Setting::List(vec![Setting::Whole(128)]),
                Setting::List(vec![Setting::Whole(256), Setting::Whole(64)]),
            ),
            ("{ of = [true, false] }", Setting::Flag(true), Setting::Flag(false)),
        ] {
            let range = range(text);
            let (from, to) = range.line();
            assert_eq!(range.at(from), low, "{text}");
            assert_eq!(range.at(to - 1e-12), high, "{text}");
            for step in 0..100 {
                let value = range.at(from + (to - from) * f64::from(step) / 100.0);
                let place = range.place(&value).expect(text);
                assert_eq!(range.at(place), value, "{text}");
            }
        }
        assert_eq!(range("{ of = [1, 2] }").place(&Setting::Whole(3)), None);
        assert_eq!(range("{ from = 1, to = 2 }").place(&Setting::Whole(9)), None);
    }

    #[test]
    fn ranges_that_make_no_sense_are_told() {
        let message = |text: &str| {
            let config: TuneConfig = toml::from_str(text).unwrap();
            config.check().unwrap_err().message().to_owned()
        };
        let parameter = |range: &str| message(&format!("[parameters]\n\"train.x\" = {range}"));
        assert!(parameter("{ from = 2, to = 1 }").contains("parameters.train.x: expected `from` below `to`"));
        assert!(parameter("{ from = 0.0, to = 1.0, log = true }").contains("expected `from` above 0"));
        assert!(parameter("{ of = [1] }").contains("two values or more"));
        assert!(parameter("{}").contains("expected numbers `from` and `to`"));
        assert!(parameter("{ from = 1, to = 2, of = [1, 2] }").contains("seen both"));
        assert!(parameter("{ from = 1, of = [1, 2] }").contains("seen parts of both"));
        assert!(
            message("[parameters]\n\"split.dev\" = { of = [0.1, 0.2] }").contains("[train] or [balance]")
        );
        assert!(message("digits = 8").contains("expected 2, 4 or 6"));
        assert!(message("sample = 0").contains("above 0 to 1"));
    }
}
