//! Small text files of values beside a model: a line a value, white space between, `#` starts a comment.

use crate::{DecisionPolicy, Error, ErrorKind, Thresholds};

/// Reads the lines that every model has, `threshold LEVEL SCORE` for each of three levels and `coverage PART SCORE`
/// (or three scores: for chapter, heading, subheading), and hands the others to `own`: a key and its values.
///
/// `expected`: the model's own lines, for messages. `own` answers whether it has understood the line.
///
/// # Errors
/// `Package`, naming the line.
pub(crate) fn read(
    text: &str,
    expected: &str,
    mut own: impl FnMut(&str, &[&str]) -> bool,
) -> Result<DecisionPolicy, Error> {
    let mut thresholds = [None; 3];
    let mut coverage = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let wrong = || {
            Error::new(
                ErrorKind::Package,
                format!(
                    "settings line {}: expected 'threshold LEVEL SCORE', 'coverage PART SCORE' (or three: for chapter, heading, subheading) or {expected}",
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
            ["coverage", part, mass] => coverage.push((score(part)?, [score(mass)?; 3])),
            ["coverage", part, chapter, heading, subheading] => {
                coverage.push((score(part)?, [score(chapter)?, score(heading)?, score(subheading)?]));
            }
            [key, ref values @ ..] => {
                if !own(key, values) {
                    return Err(wrong());
                }
            }
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
    Ok(policy)
}

/// A number in a range, for [`read`].
pub(crate) fn number<T: std::str::FromStr + PartialOrd>(
    values: &[&str],
    range: std::ops::RangeInclusive<T>,
) -> Option<T> {
    let [value] = values else { return None };
    value.parse().ok().filter(|value| range.contains(value))
}
