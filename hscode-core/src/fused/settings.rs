//! `fused.tsv`: how network and references are put together, and what turns their scores into decisions.

use crate::{DecisionPolicy, Error, settings};

/// The values of the file.
#[derive(Debug)]
pub(super) struct Settings {
    pub(super) policy: DecisionPolicy,
    /// From which score on the network answers alone.
    pub(super) sure: f32,
    /// The share of the references; the rest is the network's.
    pub(super) weight: f64,
    /// Added to what the references say of a code.
    pub(super) floor: f64,
    /// What the sum of logarithms is divided by before it becomes probabilities.
    pub(super) temperature: f64,
    /// What is left in doubt.
    pub(super) doubt: Doubt,
}

/// A share of the score that follows the network alone at a high temperature: neither network nor references know
/// what is unlike all that they have read.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Doubt {
    pub(super) share: f64,
    pub(super) temperature: f64,
}

impl Doubt {
    const NONE: Self = Self { share: 0.0, temperature: 1.0 };
}

const EXPECTED: &str =
    "'sure SCORE', 'weight SHARE', 'floor SHARE' (0.0000001 to 1), 'temperature NUMBER' (0.05 to 20)";
const TEMPERATURES: std::ops::RangeInclusive<f64> = 0.05..=20.0;
const MAY: &str = "'doubt SHARE TEMPERATURE'";

/// Reads settings; besides what every model has, all of the values above but doubt are expected.
pub(super) fn read(text: &str) -> Result<Settings, Error> {
    let (mut sure, mut weight, mut floor, mut temperature) = (None, None, None, None);
    let mut doubt = Some(Doubt::NONE);
    let policy = settings::read(text, &format!("{EXPECTED}, {MAY}"), |key, values| match key {
        "sure" => {
            sure = settings::number(values, 0.0..=1.01);
            sure.is_some()
        }
        "weight" => {
            weight = settings::number(values, 0.0..=1.0);
            weight.is_some()
        }
        "floor" => {
            floor = settings::number(values, 1e-7..=1.0);
            floor.is_some()
        }
        "temperature" => {
            temperature = settings::number(values, TEMPERATURES);
            temperature.is_some()
        }
        "doubt" => {
            doubt = match values {
                [share, temperature] => settings::number(&[share], 0.0..=1.0)
                    .zip(settings::number(&[temperature], TEMPERATURES))
                    .map(|(share, temperature)| Doubt { share, temperature }),
                _ => None,
            };
            doubt.is_some()
        }
        _ => false,
    })?;
    match (sure, weight, floor, temperature, doubt) {
        (Some(sure), Some(weight), Some(floor), Some(temperature), Some(doubt)) => {
            Ok(Settings { policy, sure, weight, floor, temperature, doubt })
        }
        _ => Err(Error::new(
            crate::ErrorKind::Package,
            format!("settings: expected a line each of {EXPECTED}"),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "threshold chapter 0.5\nthreshold heading 0.6\nthreshold subheading 0.7\n\
                        sure 0.8\nweight 0.5\nfloor 0.0003\ntemperature 0.9\n";

    #[test]
    fn reads_what_is_there_and_names_the_line() {
        let settings = read(TEXT).unwrap();
        assert_eq!((settings.sure, settings.weight, settings.floor), (0.8, 0.5, 0.0003));
        assert_eq!((settings.temperature, settings.doubt), (0.9, Doubt::NONE));
        let doubting = read(&format!("{TEXT}doubt 0.2 2.5\n")).unwrap();
        assert_eq!(doubting.doubt, Doubt { share: 0.2, temperature: 2.5 });
        for wrong in ["doubt 0.2", "doubt 1.2 2", "doubt 0.2 0", "doubt 0.2 2 2", "doubt"] {
            let error = read(&format!("{TEXT}{wrong}\n")).unwrap_err();
            assert!(error.message().starts_with("settings line"), "{error}");
        }
        for (from, to) in [
            ("temperature 0.9", "temperature 0.9 1"),
            ("sure 0.8", "sure 2"),
            ("0.0003", "0"),
            ("weight 0.5", "weight x"),
            ("0.9", "NaN"),
        ] {
            let error = read(&TEXT.replace(from, to)).unwrap_err();
            assert!(error.message().starts_with("settings line"), "{error}");
        }
        for line in ["sure 0.8\n", "weight 0.5\n", "floor 0.0003\n", "temperature 0.9\n"] {
            let error = read(&TEXT.replace(line, "")).unwrap_err();
            assert!(error.message().contains("a line each"), "{error}");
        }
    }
}
