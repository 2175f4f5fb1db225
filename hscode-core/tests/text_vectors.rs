//! The vectors that every language is tested with: `tests/vectors/text.jsonl` and `check.jsonl`.
//!
//! Offsets are in bytes of the UTF-8 text. To add a row, write `{"raw":"..."}` at the end of a file, run
//! `cargo test -p hscode-core --test text_vectors -- --ignored rewrite`, and read what it made of it. A row that
//! changes means that [`VERSION`] has to rise.
#![cfg(feature = "serde")]
#![allow(clippy::unwrap_used, reason = "a test may fail by panic")]

use std::fs;
use std::path::PathBuf;

use hscode_core::text::{Description, VERSION, check};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, PartialEq, Debug)]
#[serde(deny_unknown_fields)]
struct Text {
    raw: String,
    version: u32,
    normalised: String,
    canonical: String,
    has_words: bool,
    tokens: Vec<Token>,
}

#[derive(Serialize, Deserialize, PartialEq, Debug)]
#[serde(deny_unknown_fields)]
struct Token {
    text: String,
    start: usize,
    end: usize,
    kind: String,
}

#[derive(Serialize, Deserialize, PartialEq, Debug)]
#[serde(deny_unknown_fields)]
struct Checked {
    raw: String,
    verdict: String,
    findings: Vec<Found>,
}

#[derive(Serialize, Deserialize, PartialEq, Debug)]
#[serde(deny_unknown_fields)]
struct Found {
    reason: String,
    verdict: String,
    term: String,
    start: usize,
    end: usize,
}

fn text_of(raw: &str) -> Text {
    let mut description = Description::new();
    description.read(raw);
    let token = |token: hscode_core::text::Token<'_>| Token {
        text: token.text.to_owned(),
        start: token.start,
        end: token.end,
        kind: token.kind.as_str().to_owned(),
    };
    Text {
        raw: raw.to_owned(),
        version: VERSION,
        normalised: description.text().to_owned(),
        canonical: description.canonical().to_owned(),
        has_words: description.has_words(),
        tokens: description.tokens().map(token).collect(),
    }
}

fn checked(raw: &str) -> Checked {
    let check = check(raw);
    let found = |finding: &hscode_core::text::Finding| Found {
        reason: finding.reason.as_str().to_owned(),
        verdict: finding.verdict.as_str().to_owned(),
        term: finding.term.clone(),
        start: finding.start,
        end: finding.end,
    };
    Checked {
        raw: raw.to_owned(),
        verdict: check.verdict.as_str().to_owned(),
        findings: check.findings.iter().map(found).collect(),
    }
}

fn path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../tests/vectors").join(name)
}

fn rows<T: for<'a> Deserialize<'a>>(name: &str) -> Vec<T> {
    let file = fs::read_to_string(path(name)).unwrap();
    file.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn texts_read_as_the_vectors_say() {
    let rows: Vec<Text> = rows("text.jsonl");
    assert!(rows.len() >= 60);
    for row in rows {
        assert_eq!(text_of(&row.raw), row);
    }
}

#[test]
fn checks_answer_as_the_vectors_say() {
    let rows: Vec<Checked> = rows("check.jsonl");
    assert!(rows.len() >= 40);
    for row in rows {
        assert_eq!(checked(&row.raw), row);
    }
}

#[test]
fn unknown_fields_are_refused() {
    let mut row = serde_json::to_value(text_of("tea")).unwrap();
    assert!(serde_json::from_value::<Text>(row.clone()).is_ok());
    row["normalized"] = "tea".into();
    assert!(serde_json::from_value::<Text>(row).is_err());
}

#[test]
#[ignore = "writes the vectors anew from their raw texts"]
fn rewrite() {
    fn lines<T: Serialize>(name: &str, of: impl Fn(&str) -> T) {
        let rows: Vec<serde_json::Value> = rows(name);
        let lines: Vec<_> = rows
            .iter()
            .map(|row| serde_json::to_string(&of(row["raw"].as_str().unwrap())).unwrap() + "\n")
            .collect();
        fs::write(path(name), lines.concat()).unwrap();
    }
    lines("text.jsonl", text_of);
    lines("check.jsonl", checked);
}
