//! The vectors of the repository, read through the C interface: the same answers as from Rust, byte for byte.

#![allow(unsafe_code, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::ffi::CStr;
use std::fs;
use std::path::Path;
use std::ptr::{null, null_mut};

use hscode_ffi::*;
use serde::Deserialize;

const OK: hscode_status = hscode_status::HSCODE_STATUS_OK;

fn vectors(name: &str) -> String {
    let place = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/vectors").join(name);
    fs::read_to_string(&place).unwrap_or_else(|error| panic!("{}: {error}", place.display()))
}

/// The text of a `hscode_string`, which is freed.
fn text_of(string: *mut hscode_string) -> String {
    // SAFETY: a string that the library just gave.
    unsafe {
        let text = CStr::from_ptr(hscode_string_data(string)).to_str().unwrap().to_owned();
        assert_eq!(hscode_string_len(string), text.len());
        hscode_string_free(string);
        text
    }
}

#[derive(Deserialize)]
struct TextVector {
    raw: String,
    normalised: String,
    canonical: String,
}

#[test]
fn texts_are_normalised_as_everywhere() {
    let mut count = 0;
    for line in vectors("text.jsonl").lines() {
        let vector: TextVector = serde_json::from_str(line).unwrap();
        let (mut normalised, mut canonical) = (null_mut(), null_mut());
        let (bytes, len) = (vector.raw.as_ptr(), vector.raw.len());
        // SAFETY: a live text and places for the outputs.
        unsafe {
            assert_eq!(hscode_description_normalise(bytes, len, &raw mut normalised, null_mut()), OK);
            assert_eq!(hscode_description_canonical(bytes, len, &raw mut canonical, null_mut()), OK);
        }
        assert_eq!(text_of(normalised), vector.normalised, "{:?}", vector.raw);
        assert_eq!(text_of(canonical), vector.canonical, "{:?}", vector.raw);
        count += 1;
    }
    assert!(count > 20, "{count} vectors");
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CheckVector {
    raw: String,
    verdict: String,
    findings: Vec<FindingVector>,
}

#[derive(Deserialize, Debug, PartialEq)]
#[serde(deny_unknown_fields)]
struct FindingVector {
    reason: String,
    verdict: String,
    term: String,
    start: usize,
    end: usize,
}

const VERDICTS: [&str; 3] = ["acceptable", "warn", "refuse"];
const REASONS: [&str; 13] = [
    "",
    "empty",
    "no_letters",
    "only_codes_or_quantities",
    "too_short",
    "placeholder",
    "vague_term",
    "purpose_only",
    "mixed_cargo",
    "personal_effects",
    "packaging_only",
    "reference_to_document",
    "too_long",
];

#[test]
fn descriptions_are_checked_as_everywhere() {
    let mut count = 0;
    for line in vectors("check.jsonl").lines() {
        let vector: CheckVector = serde_json::from_str(line).unwrap();
        let mut findings = null_mut();
        // SAFETY: a live text, a place for the output, then the findings themselves.
        unsafe {
            let status = hscode_check(vector.raw.as_ptr(), vector.raw.len(), &raw mut findings, null_mut());
            assert_eq!(status, OK);
            assert_eq!(
                VERDICTS[hscode_findings_verdict(findings) as usize],
                vector.verdict,
                "{}",
                vector.raw
            );
            let mut seen = Vec::new();
            for i in 0..hscode_findings_len(findings) {
                let mut finding = std::mem::zeroed::<hscode_finding>();
                assert_eq!(hscode_findings_get(findings, i, &raw mut finding), OK);
                assert!(!CStr::from_ptr(finding.advice).is_empty());
                seen.push(FindingVector {
                    reason: REASONS[finding.reason as usize].to_owned(),
                    verdict: VERDICTS[finding.verdict as usize].to_owned(),
                    term: CStr::from_ptr(finding.term).to_str().unwrap().to_owned(),
                    start: finding.start,
                    end: finding.end,
                });
            }
            assert_eq!(seen, vector.findings, "{}", vector.raw);
            hscode_findings_free(findings);
        }
        count += 1;
    }
    assert!(count > 20, "{count} vectors");
}

/// The record of a description through C, with explanation and candidate set.
fn record_through_c(classifier: *const hscode_classifier, index: u64, text: &str) -> String {
    let options = hscode_options {
        struct_size: size_of::<hscode_options>(),
        top_k: 0,
        level: 0,
        explain: 1,
        coverage: 0.9,
        within: [0; 16],
        reserved: 0,
    };
    let (mut prediction, mut line) = (null_mut(), null_mut());
    // SAFETY: live options and text, places for the outputs; the prediction is freed once.
    unsafe {
        let (at, len) = (text.as_ptr(), text.len());
        let status =
            hscode_classify(classifier, at, len, &raw const options, &raw mut prediction, null_mut());
        assert_eq!(status, OK);
        let status = hscode_prediction_json(prediction, index, at, len, null(), &raw mut line, null_mut());
        assert_eq!(status, OK);
        hscode_prediction_free(prediction);
    }
    text_of(line)
}

#[test]
fn predictions_are_those_of_rust_byte_for_byte() {
    let rust = hscode_core::embedded().unwrap();
    let options = hscode_core::Options::default().with_explain(true).with_coverage(0.9);
    let titles = hscode_core::Nomenclature::of(&hscode_core::Edition::HS2022).unwrap();
    let mut classifier = null_mut();
    // SAFETY: a place for the output.
    assert_eq!(unsafe { hscode_classifier_embedded(&raw mut classifier, null_mut()) }, OK);
    let texts: Vec<String> = ["text.jsonl", "check.jsonl"]
        .iter()
        .flat_map(|name| vectors(name).lines().map(str::to_owned).collect::<Vec<_>>())
        .map(|line| {
            serde_json::from_str::<serde_json::Value>(&line).unwrap()["raw"].as_str().unwrap().to_owned()
        })
        .collect();
    for (index, text) in (0..).zip(&texts) {
        let prediction = hscode_core::Classifier::classify(&*rust, text, &options).unwrap();
        let record = hscode_core::Record::new(index, text, &prediction, titles);
        assert_eq!(record_through_c(classifier, index, text), serde_json::to_string(&record).unwrap());
    }
    // SAFETY: freed once.
    unsafe { hscode_classifier_free(classifier) };
    assert!(texts.len() > 100, "{} texts", texts.len());
}

/// A line of the vectors of predictions: scores are the bits of their floats, in hexadecimal.
#[derive(Deserialize, Debug, PartialEq)]
#[serde(deny_unknown_fields)]
struct PredictionVector {
    text: String,
    decision: String,
    code: String,
    score: String,
    reason: String,
    classifier: String,
    candidates: Vec<(String, String)>,
}

const DECISIONS: [&str; 4] = ["", "accept", "back_off", "abstain"];
const PREDICTION_REASONS: [&str; 5] = ["", "low_score", "vague", "no_words", "no_evidence"];

fn digits(field: &[std::ffi::c_char; 16]) -> String {
    field.iter().take_while(|digit| **digit != 0).map(|digit| char::from(*digit as u8)).collect()
}

/// # Safety
/// `prediction` lives.
unsafe fn seen(text: &str, prediction: *const hscode_prediction) -> PredictionVector {
    // SAFETY: as promised, with places for the outputs.
    unsafe {
        let mut decision = std::mem::zeroed::<hscode_decision>();
        assert_eq!(hscode_prediction_decision(prediction, &raw mut decision), OK);
        let mut candidates = Vec::new();
        for i in 0..hscode_prediction_len(prediction) {
            let mut candidate = std::mem::zeroed::<hscode_candidate>();
            assert_eq!(hscode_prediction_candidate(prediction, i, &raw mut candidate), OK);
            candidates.push((digits(&candidate.code), format!("{:08x}", candidate.score.to_bits())));
        }
        let code = digits(&decision.code);
        let score = hscode_prediction_score(prediction).to_bits();
        PredictionVector {
            text: text.to_owned(),
            decision: DECISIONS[decision.kind as usize].to_owned(),
            score: if code.is_empty() { String::new() } else { format!("{score:08x}") },
            code,
            reason: PREDICTION_REASONS[decision.reason as usize].to_owned(),
            classifier: CStr::from_ptr(hscode_prediction_classifier(prediction)).to_str().unwrap().to_owned(),
            candidates,
        }
    }
}

#[test]
fn the_embedded_model_answers_as_everywhere() {
    let file = vectors("predictions.jsonl");
    let (head, lines) = file.split_once('\n').unwrap();
    let head: serde_json::Value = serde_json::from_str(head).unwrap();
    let lines: Vec<PredictionVector> =
        lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(lines.len() > 1000, "{} vectors", lines.len());
    let texts: Vec<hscode_str> =
        lines.iter().map(|line| hscode_str { utf8: line.text.as_ptr(), len: line.text.len() }).collect();
    let n = texts.len();
    let (mut classifier, mut all) = (null_mut(), null_mut());
    let mut rows = vec![hscode_row { status: 1, kind: 0, reason: 0, score: 0.0, code: [0; 16] }; n];
    // SAFETY: live texts, rooms of the sizes told, places for the outputs; each handle is freed once.
    unsafe {
        assert_eq!(hscode_classifier_embedded(&raw mut classifier, null_mut()), OK);
        let model = CStr::from_ptr(hscode_classifier_model(classifier)).to_str().unwrap();
        assert_eq!(head["model"], model, "run cargo xtask vectors");
        assert_eq!(
            hscode_classify_batch(classifier, texts.as_ptr(), n, null(), &raw mut all, null_mut()),
            OK
        );
        let rows_at = rows.as_mut_ptr();
        let status =
            hscode_classify_rows(classifier, texts.as_ptr(), n, null(), rows_at, null_mut(), 0, null_mut());
        assert_eq!(status, OK);
        for (i, line) in lines.iter().enumerate() {
            let mut prediction = null();
            assert_eq!(hscode_predictions_get(all, i, &raw mut prediction, null_mut()), OK);
            assert_eq!(seen(&line.text, prediction), *line);
            let row = &rows[i];
            let score = if row.code[0] == 0 { String::new() } else { format!("{:08x}", row.score.to_bits()) };
            assert_eq!((row.status, digits(&row.code), score), (0, line.code.clone(), line.score.clone()));
            assert_eq!(DECISIONS[row.kind as usize], line.decision);
            assert_eq!(PREDICTION_REASONS[row.reason as usize], line.reason);
        }
        hscode_predictions_free(all);
        hscode_classifier_free(classifier);
    }
}
