//! Packages with a network inside: whole ones open, and nothing else does.
#![cfg(all(feature = "packages", feature = "text-cnn"))]
#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

#[path = "common/damage.rs"]
mod damage;
#[path = "common/draw.rs"]
mod draw;
#[path = "common/network.rs"]
mod network;

use std::collections::BTreeMap;

use damage::{Files, every_flip_and_truncation_is_refused, open};
use hscode_core::package::{
    CARD, Manifest, ProbeCase, TEXT_CNN, TEXT_CNN_SETTINGS, TEXT_CNN_VOCABULARY, TEXT_CNN_WEIGHTS,
};
use hscode_core::{Classifier, Edition, ErrorKind, Level, ModelPackage, Options};
use network::{Shape, WALK, full, vocabulary, weights};

fn parts() -> (Manifest, Files, Vec<ProbeCase>) {
    let shape = Shape { chapters: vec!["09", "66"], hidden: vec![20], ..full() };
    let files = BTreeMap::from([
        (CARD.to_owned(), b"# Drawn\n".to_vec()),
        (TEXT_CNN_WEIGHTS.to_owned(), weights(2, &shape).to_bytes().unwrap()),
        (TEXT_CNN_VOCABULARY.to_owned(), vocabulary().into_bytes()),
        (TEXT_CNN_SETTINGS.to_owned(), WALK.as_bytes().to_vec()),
    ]);
    let manifest = Manifest::new("drawn", "1", &[TEXT_CNN], Edition::HS2022, Level::Subheading);
    let questions = vec![
        ProbeCase::new("cotton lamp"),
        ProbeCase::new("steel pipe").with_level(Level::Heading),
        ProbeCase::new("umbrella").with_within("66".parse().unwrap()).with_coverage(0.9),
        ProbeCase::new("gift"),
    ];
    (manifest, files, questions)
}

fn whole() -> Files {
    let (manifest, files, questions) = parts();
    let package = ModelPackage::build(manifest, files, &questions).unwrap();
    package.files().map(|(name, bytes)| (name.to_owned(), bytes.to_vec())).collect()
}

#[test]
fn a_whole_package_opens_and_answers() {
    let package = open(&whole()).unwrap();
    assert_eq!(package.probe_len(), 4);
    let (kind, policy) = package.policies().next().unwrap();
    assert_eq!((kind, policy.thresholds.heading), (TEXT_CNN, 0.5));
    let prediction = package.classifier().classify("cotton lamp", &Options::default()).unwrap();
    assert_eq!((prediction.classifier(), prediction.candidates().len()), ("text-cnn", 5));
    assert!(prediction.model().starts_with("drawn@1#"));
}

#[test]
fn every_flip_and_truncation_is_refused_with_the_file_named() {
    every_flip_and_truncation_is_refused(&whole());
}

#[test]
fn models_that_do_not_open_are_named_by_their_file() {
    let (manifest, files, questions) = parts();
    let refused = |name: &str, bytes: Vec<u8>, part: &str| {
        let files = files.clone().into_iter().chain([(name.to_owned(), bytes)]).collect();
        let error = ModelPackage::build(manifest.clone(), files, &questions).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Package);
        assert!(error.message().contains(part), "expected {part:?} in: {error}");
    };
    refused(TEXT_CNN_WEIGHTS, b"hscnn".to_vec(), "text-cnn.bin: the file ends early");
    refused(TEXT_CNN_SETTINGS, b"walk 1".to_vec(), "text-cnn.tsv: settings line 1");
    refused(TEXT_CNN_SETTINGS, b"\xff".to_vec(), "text-cnn.tsv: not UTF-8");
    refused(TEXT_CNN_VOCABULARY, b"[UNK]\n".to_vec(), "text-cnn.bin: vocabulary: expected 94 word pieces");
    let mut without = files.clone();
    without.remove(TEXT_CNN_VOCABULARY);
    let error = ModelPackage::build(manifest.clone(), without, &questions).unwrap_err();
    assert!(error.message().contains("vocabulary.txt: expected a file of this name"), "{error}");
    let other = Manifest::new(
        "drawn",
        "1",
        &[TEXT_CNN],
        Edition::national("US-HTS", "2025-01-01").unwrap(),
        Level::Subheading,
    );
    let error = ModelPackage::build(other, files, &questions).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert!(error.message().contains("models of kind text-cnn answer HS2022"), "{error}");
}
