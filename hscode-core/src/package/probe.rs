//! `probe.jsonl`: descriptions with the exact answers that the package gives.
//!
//! A line is one object without white space: the description, what is asked (left out where it is the default)
//! and the answer. Scores are written as the shortest decimal that reads back to the same number, so that a line
//! is right when it is the same to the last byte.

use std::fmt::Write as _;

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::PROBE;
use crate::{Classifier, Error, ErrorKind, HsCode, Level, Options, Prediction};

/// The largest probe read, in bytes.
pub(super) const MAX_PROBE_BYTES: usize = 1 << 22;
/// The most questions.
const MAX_CASES: usize = 1000;

/// A question of the probe: a description and what is asked of it.
///
/// ```
/// use hscode_core::package::ProbeCase;
/// let case = ProbeCase::new("mens cotton crew neck tee").with_coverage(0.9);
/// assert_eq!(case.description, "mens cotton crew neck tee");
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ProbeCase {
    /// The description; it stands in the package for all to read.
    pub description: String,
    /// The level of the candidates; `None` is the deepest.
    pub level: Option<Level>,
    /// Only codes at or below this one.
    pub within: Option<HsCode>,
    /// Also ask for the candidate set of this coverage.
    pub coverage: Option<f32>,
}

impl ProbeCase {
    /// A description, asked with the default options.
    pub fn new(description: impl Into<String>) -> Self {
        Self { description: description.into(), level: None, within: None, coverage: None }
    }

    /// Asks for candidates of this level.
    #[must_use]
    pub fn with_level(mut self, level: Level) -> Self {
        self.level = Some(level);
        self
    }

    /// Asks for codes at or below `code` only.
    #[must_use]
    pub fn with_within(mut self, code: HsCode) -> Self {
        self.within = Some(code);
        self
    }

    /// Asks for the candidate set of this coverage too.
    #[must_use]
    pub fn with_coverage(mut self, coverage: f32) -> Self {
        self.coverage = Some(coverage);
        self
    }

    /// What `classifier` answers, as the probe writes it.
    pub(super) fn answer(&self, classifier: &dyn Classifier) -> Result<String, Error> {
        let mut options = Options::default();
        options.top_k = options.top_k.min(classifier.info().classes());
        options.level = self.level;
        options.within = self.within;
        options.coverage = self.coverage;
        Ok(written(&classifier.classify(&self.description, &options)?))
    }

    /// The line of this question with this answer.
    fn line(&self, answer: &str) -> Result<String, Error> {
        let description = serde_json::to_string(&self.description)
            .map_err(|error| Error::new(ErrorKind::InvalidInput, error.to_string()))?;
        let mut line = format!("{{\"description\":{description}");
        if let Some(level) = self.level {
            put(&mut line, format_args!(",\"level\":\"{level}\""));
        }
        if let Some(within) = self.within {
            put(&mut line, format_args!(",\"within\":\"{within}\""));
        }
        if let Some(coverage) = self.coverage {
            put(&mut line, format_args!(",\"coverage\":{coverage}"));
        }
        put(&mut line, format_args!("{ANSWER}{answer}}}"));
        Ok(line)
    }
}

const ANSWER: &str = ",\"answer\":";

fn put(text: &mut String, what: std::fmt::Arguments<'_>) {
    // Writing to a String cannot fail.
    let _ = text.write_fmt(what);
}

/// A prediction as one line of JSON, without its texts and the model's name.
fn written(prediction: &Prediction) -> String {
    let decision = prediction.decision();
    let mut text = format!("{{\"decision\":\"{}\"", decision.as_str());
    if let Some(code) = decision.code() {
        put(&mut text, format_args!(",\"code\":\"{code}\""));
    }
    if let Some(score) = prediction.score() {
        put(&mut text, format_args!(",\"score\":{score}"));
    }
    if let Some(reason) = decision.reason() {
        put(&mut text, format_args!(",\"reason\":\"{reason}\""));
    }
    put(&mut text, format_args!(",\"classifier\":\"{}\",\"candidates\":[", prediction.classifier()));
    for (at, candidate) in prediction.candidates().iter().enumerate() {
        let comma = if at > 0 { "," } else { "" };
        put(&mut text, format_args!("{comma}[\"{}\",{}]", candidate.code(), candidate.score()));
    }
    text.push(']');
    if let Some(set) = prediction.candidate_set() {
        let codes: Vec<String> = set.iter().map(|code| format!("\"{code}\"")).collect();
        put(&mut text, format_args!(",\"candidate_set\":[{}]", codes.join(",")));
    }
    if prediction.truncated() {
        text.push_str(",\"truncated\":true");
    }
    text.push('}');
    text
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    description: String,
    level: Option<Level>,
    within: Option<HsCode>,
    coverage: Option<f32>,
    #[serde(rename = "answer")]
    _answer: IgnoredAny,
}

/// A question with the answer that the file expects.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Expected {
    pub(super) case: ProbeCase,
    pub(super) answer: String,
}

/// The bytes of a probe that `classifier` answers itself.
pub(super) fn write(classifier: &dyn Classifier, cases: &[ProbeCase]) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    for (at, case) in cases.iter().enumerate() {
        let line = case
            .answer(classifier)
            .and_then(|answer| case.line(&answer))
            .map_err(|error| error.at(format!("{PROBE} line {}", at + 1)))?;
        bytes.extend_from_slice(line.as_bytes());
        bytes.push(b'\n');
    }
    Ok(bytes)
}

/// Reads a probe; bytes of any content are safe to give.
pub(super) fn read(bytes: &[u8]) -> Result<Vec<Expected>, Error> {
    let wrong = |message: String| Error::new(ErrorKind::Package, format!("{PROBE}: {message}"));
    if bytes.len() > MAX_PROBE_BYTES {
        return Err(wrong(format!("{} bytes: expected at most {MAX_PROBE_BYTES}", bytes.len())));
    }
    let text = std::str::from_utf8(bytes).map_err(|error| wrong(format!("not UTF-8: {error}")))?;
    let mut expected = Vec::new();
    for (at, line) in text.split_terminator('\n').enumerate() {
        let here = |message: String| wrong(format!("line {}: {message}", at + 1));
        if at == MAX_CASES {
            return Err(here(format!("expected at most {MAX_CASES} lines")));
        }
        // The place only: the parser's message may quote the line.
        let read: Line = serde_json::from_str(line).map_err(|error| {
            here(format!(
                "column {}: expected an object of description, level, within, coverage and answer",
                error.column()
            ))
        })?;
        let case = ProbeCase {
            description: read.description,
            level: read.level,
            within: read.within,
            coverage: read.coverage,
        };
        let start = case.line("").map(|start| start.len() - 1)?;
        let answer = line
            .get(start..)
            .and_then(|rest| rest.strip_suffix('}'))
            .filter(|answer| case.line(answer).is_ok_and(|written| written == line))
            .ok_or_else(|| here("expected the fields in their order, without white space".to_owned()))?;
        expected.push(Expected { answer: answer.to_owned(), case });
    }
    if expected.is_empty() {
        return Err(wrong("expected at least one line, saw none".to_owned()));
    }
    Ok(expected)
}

/// Asks every question and compares the answers: codes and decisions exactly, scores within `tolerance`, to the
/// last digit where it is 0.
pub(super) fn run(expected: &[Expected], classifier: &dyn Classifier, tolerance: f32) -> Result<(), Error> {
    for (at, Expected { case, answer }) in expected.iter().enumerate() {
        let place = format!("{PROBE} line {}", at + 1);
        let seen = case
            .answer(classifier)
            .map_err(|error| Error::new(ErrorKind::Package, error.message().to_owned()).at(&place))?;
        if seen != *answer && !(tolerance > 0.0 && alike(answer, &seen, tolerance)) {
            return Err(Error::new(ErrorKind::Package, format!("{place}: expected {answer}, saw {seen}")));
        }
    }
    Ok(())
}

/// An answer as the file has it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Answer {
    decision: String,
    code: Option<HsCode>,
    score: Option<f32>,
    reason: Option<String>,
    classifier: String,
    candidates: Vec<(HsCode, f32)>,
    candidate_set: Option<Vec<HsCode>>,
    #[serde(default)]
    truncated: bool,
}

/// Whether two answers are the same but for scores that differ by `tolerance` at most, and the order of codes
/// whose scores are that near.
fn alike(expected: &str, seen: &str, tolerance: f32) -> bool {
    let read = |text: &str| serde_json::from_str::<Answer>(text).ok();
    let (Some(a), Some(b)) = (read(expected), read(seen)) else { return false };
    let near = |x: f32, y: f32| (x - y).abs() <= tolerance;
    let said = |a: &Answer| (a.decision.clone(), a.code, a.reason.clone(), a.classifier.clone(), a.truncated);
    let decided = said(&a) == said(&b)
        && match (a.score, b.score) {
            (Some(x), Some(y)) => near(x, y),
            (x, y) => x == y,
        };
    // The last of the list may have given its place to one that is as good.
    let lowest = a.candidates.last().map_or(0.0, |last| last.1);
    let ranked = a.candidates.len() == b.candidates.len()
        && a.candidates.iter().zip(&b.candidates).all(|(x, y)| near(x.1, y.1))
        && b.candidates.iter().all(|(code, score)| match a.candidates.iter().find(|old| old.0 == *code) {
            Some(old) => near(old.1, *score),
            None => near(lowest, *score),
        });
    let sorted = |set: &Option<Vec<HsCode>>| {
        set.clone().map(|mut set| {
            set.sort();
            set
        })
    };
    decided && ranked && sorted(&a.candidate_set) == sorted(&b.candidate_set)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scores_may_differ_by_the_tolerance_and_nothing_else_may() {
        let answer = |score: &str, first: &str, second: &str, code: &str| {
            format!(
                "{{\"decision\":\"accept\",\"code\":\"{code}\",\"score\":{score},\"classifier\":\"onnx\",\
                 \"candidates\":[{first},{second}],\"candidate_set\":[\"610910\",\"610990\"]}}"
            )
        };
        let (tee, other) = ("[\"610910\",0.4]", "[\"610990\",0.3999]");
        let expected = answer("0.4", tee, other, "610910");
        for (seen, same) in [
            (answer("0.4004", "[\"610910\",0.4004]", other, "610910"), true),
            (answer("0.4", "[\"610990\",0.4001]", "[\"610910\",0.4]", "610910"), true),
            (answer("0.4", tee, "[\"620520\",0.3995]", "610910"), true),
            (answer("0.4", tee, "[\"620520\",0.37]", "610910"), false),
            (answer("0.41", tee, other, "610910"), false),
            (answer("0.4", tee, other, "610990"), false),
            (answer("0.4", tee, other, "610910").replace("onnx", "lexical"), false),
            (answer("0.4", tee, other, "610910").replace(",\"610990\"]", "]"), false),
        ] {
            assert_eq!(alike(&expected, &seen, 1e-3), same, "{seen}");
        }
    }
}
