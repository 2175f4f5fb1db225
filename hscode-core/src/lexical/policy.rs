//! Thresholds and coverage as a small text file beside the references.

use crate::{DecisionPolicy, Error, ErrorKind, Thresholds};

/// Reads a policy: a line a value, tabs between, `#` starts a comment.
///
/// `threshold`, level, score; `coverage`, probability, cumulative score.
pub(super) fn read(text: &str) -> Result<DecisionPolicy, Error> {
    let mut thresholds = [None; 3];
    let mut coverage = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let wrong = || {
            Error::new(
                ErrorKind::Package,
                format!(
                    "policy line {}: expected 'threshold LEVEL SCORE' or 'coverage PART SCORE'",
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
            ["coverage", part, mass] => coverage.push((score(part)?, score(mass)?)),
            _ => return Err(wrong()),
        }
    }
    let [Some(chapter), Some(heading), Some(subheading)] = thresholds else {
        return Err(Error::new(ErrorKind::Package, "policy: expected a threshold for each of three levels"));
    };
    let policy = DecisionPolicy { thresholds: Thresholds { chapter, heading, subheading }, coverage };
    policy.check()?;
    Ok(policy)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_is_there_and_names_the_line() {
        let text = "# chosen on held-out texts\nthreshold\tchapter\t0.5\nthreshold heading 0.6 # x\n\
                    threshold subheading 0.7\ncoverage 0.9 0.95\n";
        let policy = read(text).unwrap();
        assert_eq!(policy.thresholds.heading, 0.6);
        assert_eq!(policy.coverage, [(0.9, 0.95)]);
        let error = read("threshold chapter 0.5\nthreshold section 0.5").unwrap_err();
        assert!(error.message().starts_with("policy line 2: expected"), "{error}");
        assert!(read("threshold chapter 0.5").is_err());
        assert!(read("threshold chapter 2\nthreshold heading 0.6\nthreshold subheading 0.7").is_err());
    }
}
