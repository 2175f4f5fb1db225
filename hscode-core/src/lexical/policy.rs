//! What turns scores into decisions, as a small text file beside the references.

use crate::{DecisionPolicy, Error, ErrorKind, Thresholds};

/// The values of the file.
#[derive(Debug)]
pub(super) struct Settings {
    pub(super) policy: DecisionPolicy,
    /// The exponent that makes raw scores probabilities; above 1 it makes them surer.
    pub(super) sharpness: f64,
}

/// Reads settings: a line a value, white space between, `#` starts a comment.
///
/// `threshold`, level, score; `sharpness`, exponent; `coverage`, probability, cumulative score (optional).
pub(super) fn read(text: &str) -> Result<Settings, Error> {
    let mut thresholds = [None; 3];
    let mut sharpness = 1.0;
    let mut coverage = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let wrong = || {
            Error::new(
                ErrorKind::Package,
                format!(
                    "settings line {}: expected 'threshold LEVEL SCORE', 'sharpness EXPONENT' (0.1 to 10) or \
                     'coverage PART SCORE'",
                    number + 1
                ),
            )
        };
        let score = |text: &str| text.parse::<f32>().map_err(|_| wrong());
        let fields: Vec<&str> = line.split('#').next().unwrap_or_default().split_whitespace().collect();
        match fields[..] {
            [] => {}
            ["threshold", "chapter", value] => thresholds[0] = Some(score(value)?),
            ["threshold", "heading", value] => thresholds[1] = Some(score(value)?),
            ["threshold", "subheading", value] => thresholds[2] = Some(score(value)?),
            ["sharpness", value] => {
                let value = value.parse::<f64>().ok().filter(|value| (0.1..=10.0).contains(value));
                sharpness = value.ok_or_else(wrong)?;
            }
            ["coverage", part, mass] => coverage.push((score(part)?, score(mass)?)),
            _ => return Err(wrong()),
        }
    }
    let [Some(chapter), Some(heading), Some(subheading)] = thresholds else {
        return Err(Error::new(
            ErrorKind::Package,
            "settings: expected a threshold for each of three levels",
        ));
    };
    let policy = DecisionPolicy { thresholds: Thresholds { chapter, heading, subheading }, coverage };
    policy.check()?;
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
        assert_eq!(settings.policy.coverage, [(0.9, 0.95)]);
        assert!(read(&text.replace("1.5", "NaN")).is_err());
        let error = read("threshold chapter 0.5\nthreshold section 0.5").unwrap_err();
        assert!(error.message().starts_with("settings line 2: expected"), "{error}");
        assert!(read("threshold chapter 0.5").is_err());
        assert!(read("threshold chapter 2\nthreshold heading 0.6\nthreshold subheading 0.7").is_err());
    }
}
