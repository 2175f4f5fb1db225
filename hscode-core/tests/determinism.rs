//! The embedded model gives the answers of tests/vectors/predictions.jsonl to the last bit: with each instruction
//! set, in every batch, on one thread and on two. `cargo xtask vectors` writes the file.
#![cfg(all(feature = "embedded-model", feature = "text-cnn"))]
#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

use std::sync::Arc;

use hscode_core::text_cnn::SimdLevel;
use hscode_core::{Classifier, Options, Prediction};
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    model: String,
}

/// An answer, its scores as the bits of floats.
#[derive(Deserialize, Debug, PartialEq)]
#[serde(deny_unknown_fields)]
struct Line {
    text: String,
    decision: String,
    code: String,
    score: String,
    reason: String,
    classifier: String,
    candidates: Vec<(String, String)>,
}

impl Line {
    fn of(text: &str, prediction: &Prediction) -> Self {
        let decision = prediction.decision();
        let bits = |score: f32| format!("{:08x}", score.to_bits());
        Self {
            text: text.to_owned(),
            decision: decision.as_str().to_owned(),
            code: decision.code().map_or(String::new(), |code| code.to_string()),
            score: prediction.score().map_or(String::new(), bits),
            reason: decision.reason().map_or(String::new(), |reason| reason.as_str().to_owned()),
            classifier: prediction.classifier().to_owned(),
            candidates: prediction
                .candidates()
                .iter()
                .map(|candidate| (candidate.code().to_string(), bits(candidate.score())))
                .collect(),
        }
    }
}

fn check(classifier: &Arc<dyn Classifier>, lines: &[&Line], batch: usize, what: &str) {
    for lines in lines.chunks(batch) {
        let texts: Vec<&str> = lines.iter().map(|line| line.text.as_str()).collect();
        let predictions = classifier.classify_batch(&texts, &Options::default()).unwrap();
        for (line, prediction) in lines.iter().zip(&predictions) {
            assert_eq!(Line::of(&line.text, prediction), **line, "{what}, batch {batch}");
        }
    }
}

#[test]
fn answers_are_the_same_bits_everywhere() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/vectors/predictions.jsonl");
    let file = std::fs::read_to_string(path).unwrap();
    let (header, rest) = file.split_once('\n').unwrap();
    let header: Header = serde_json::from_str(header).unwrap();
    let lines: Vec<Line> = rest.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(lines.len() > 2000, "{}", lines.len());
    let all: Vec<&Line> = lines.iter().collect();
    for level in SimdLevel::ALL.into_iter().filter(|&level| level <= SimdLevel::detected()) {
        level.limit();
        let package = hscode_core::embedded_package().unwrap();
        assert_eq!(package.manifest().id(), header.model, "run cargo xtask vectors");
        let classifier = package.classifier();
        let what = format!("{level:?}");
        // Two threads share the model; each has every other answer, one by one, so that they meet.
        std::thread::scope(|scope| {
            for part in 0..2 {
                let (classifier, what) = (&classifier, &what);
                let half: Vec<&Line> = all.iter().copied().skip(part).step_by(2).collect();
                scope.spawn(move || check(classifier, &half, 1, what));
            }
        });
        let some = |from: usize, count: usize| -> Vec<&Line> {
            all.iter().copied().cycle().skip(from).take(count.min(all.len())).collect()
        };
        check(&classifier, &some(level as usize * 700, 700), 7, &what);
        check(&classifier, &some(level as usize * 700 + 300, 700), 64, &what);
    }
}
