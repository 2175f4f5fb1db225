//! What turns scores into decisions, as a small text file beside the references.

use crate::{DecisionPolicy, Error, settings};

/// The values of the file.
#[derive(Debug)]
pub(super) struct Settings {
    pub(super) policy: DecisionPolicy,
    /// The exponent that makes raw scores probabilities; above 1 it makes them surer.
    pub(super) sharpness: f64,
}

/// Reads settings; besides what every model has, `sharpness`, exponent.
pub(super) fn read(text: &str) -> Result<Settings, Error> {
    let mut sharpness = 1.0;
    let policy = settings::read(text, "'sharpness EXPONENT' (0.1 to 10)", |key, values| {
        let value = if key == "sharpness" { settings::number(values, 0.1..=10.0) } else { None };
        sharpness = value.unwrap_or(sharpness);
        value.is_some()
    })?;
    Ok(Settings { policy, sharpness })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_is_there_and_names_the_line() {
        let text = "# chosen on held-out texts\nthreshold\tchapter\t0.5\nthreshold heading 0.6 # x\n\
                    threshold subheading 0.7\nsharpness 1.5\ncoverage 0.9 0.95\n";
        let settings = read(text).unwrap();
        assert_eq!(settings.policy.thresholds.heading, 0.6);
        assert_eq!(settings.sharpness, 1.5);
        assert_eq!(settings.policy.coverage, [(0.9, [0.95; 3])]);
        let by_level = read(&text.replace("coverage 0.9 0.95", "coverage 0.9 0.93 0.94 0.95")).unwrap();
        assert_eq!(by_level.policy.coverage, [(0.9, [0.93, 0.94, 0.95])]);
        assert!(read(&text.replace("1.5", "NaN")).is_err());
        let error = read("threshold chapter 0.5\nthreshold section 0.5").unwrap_err();
        assert!(error.message().starts_with("settings line 2: expected"), "{error}");
        assert!(read("threshold chapter 0.5").is_err());
        assert!(read("threshold chapter 2\nthreshold heading 0.6\nthreshold subheading 0.7").is_err());
    }
}
