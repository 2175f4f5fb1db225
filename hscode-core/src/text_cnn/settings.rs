//! `text-cnn.tsv`: what turns logits into scores and scores into decisions.

use crate::{DecisionPolicy, Error, settings};

use super::walk::Beam;

/// The values of the file.
#[derive(Debug)]
pub(super) struct Settings {
    pub(super) policy: DecisionPolicy,
    /// What logits are divided by before they become probabilities.
    pub(super) temperature: f32,
    /// How many chapters and headings the walk looks into; `None` scores all classes.
    pub(super) beam: Option<Beam>,
}

const EXPECTED: &str = "'temperature NUMBER' (0.05 to 20), 'walk CHAPTERS HEADINGS' (from 1 up)";

/// Reads settings; besides what every model has, `temperature` and `walk`.
pub(super) fn read(text: &str) -> Result<Settings, Error> {
    let mut temperature = 1.0;
    let mut beam = None;
    let policy = settings::read(text, EXPECTED, |key, values| match (key, values) {
        ("temperature", values) => {
            let value = settings::number(values, 0.05..=20.0);
            temperature = value.unwrap_or(temperature);
            value.is_some()
        }
        ("walk", [chapters, headings]) => {
            let count = |value: &str| settings::number::<usize>(&[value], 1..=1 << 16);
            beam =
                count(chapters).zip(count(headings)).map(|(chapters, headings)| Beam { chapters, headings });
            beam.is_some()
        }
        _ => false,
    })?;
    Ok(Settings { policy, temperature, beam })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_is_there_and_names_the_line() {
        let text = "threshold chapter 0.5\nthreshold heading 0.6\nthreshold subheading 0.7 # why\n\
                    temperature 1.25\nwalk 8 24\n";
        let settings = read(text).unwrap();
        assert_eq!(settings.temperature, 1.25);
        assert_eq!(settings.beam, Some(Beam { chapters: 8, headings: 24 }));
        for (from, to) in [("1.25", "0"), ("1.25", "NaN"), ("8 24", "8"), ("8 24", "0 4"), ("walk", "beam")] {
            let error = read(&text.replace(from, to)).unwrap_err();
            assert!(error.message().starts_with("settings line"), "{error}");
            assert!(error.message().contains("'walk CHAPTERS HEADINGS'"), "{error}");
        }
    }
}
