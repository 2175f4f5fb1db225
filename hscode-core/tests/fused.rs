//! The default model: who answers, and that network and references hold together what each promises.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
#![cfg(feature = "embedded-model")]

use std::path::Path;

use hscode_core::lexical::Reference;
use hscode_core::{Classifier, Decision, Fused, HsCode, Level, Options, embedded, embedded_package};

/// Descriptions from data/, every so many.
fn descriptions(every: usize) -> Vec<(HsCode, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../data/descriptions");
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let mut all = Vec::new();
    for file in files {
        for line in std::fs::read_to_string(file).unwrap().lines().skip(1) {
            let (code, text) = line.split_once('\t').unwrap();
            all.push((code.parse().unwrap(), text.split_once('\t').unwrap().1.to_owned()));
        }
    }
    all.into_iter().step_by(every).collect()
}

#[test]
fn answers_alike_opened_at_once_or_when_needed() {
    let package = embedded_package().unwrap().classifier();
    let lazy = embedded().unwrap();
    let all = descriptions(1999);
    let texts: Vec<&str> =
        all.iter().map(|(_, text)| text.as_str()).chain(["", "gift", "棉 shirt"]).collect();
    for options in [Options::default(), Options::default().with_explain(true).with_coverage(0.9)] {
        let expected = package.classify_batch(&texts, &options).unwrap();
        assert_eq!(lazy.classify_batch(&texts, &options).unwrap(), expected);
    }
}

#[test]
fn the_network_answers_alone_where_it_is_sure_and_asks_elsewhere() {
    let model = Fused::embedded().unwrap();
    let all = descriptions(997);
    let (mut alone, mut asked) = (0, 0);
    for (_, text) in &all {
        let p = model.classify(text, &Options::default()).unwrap();
        match p.classifier() {
            "text-cnn" => {
                alone += 1;
                let vague = matches!(p.decision(), Decision::Abstain(_));
                assert!(vague || p.best().unwrap().score() > 0.5, "{text}");
            }
            "text-cnn+lexical" => asked += 1,
            other => panic!("{other}"),
        }
        let sum: f32 = p.candidates().iter().map(|candidate| candidate.score()).sum();
        assert!(sum <= 1.0001, "{text}: {sum}");
    }
    // Both paths are in use on our own text.
    assert!(alone > all.len() / 10 && asked > all.len() / 20, "{alone} and {asked} of {}", all.len());
}

#[test]
fn levels_are_sums_and_within_is_exact() {
    let model = Fused::embedded().unwrap();
    for (code, text) in descriptions(4999) {
        let all = Options::default().with_top_k(5612);
        let deep = model.classify(&text, &all).unwrap();
        for level in [Level::Chapter, Level::Heading] {
            let up = model.classify(&text, &all.clone().with_level(level)).unwrap();
            assert_eq!(up.classifier(), deep.classifier());
            for candidate in up.candidates() {
                let below = deep.candidates().iter().filter(|c| candidate.code().covers(&c.code()));
                let sum: f32 = below.map(|c| c.score()).sum();
                assert!((sum - candidate.score()).abs() < 1e-5, "{text}: {sum}");
            }
        }
        let chapter = code.at(Level::Chapter).unwrap();
        let inside = model.classify(&text, &all.with_within(chapter)).unwrap();
        assert!(inside.candidates().iter().all(|candidate| chapter.covers(&candidate.code())));
        let sum: f32 = inside.candidates().iter().map(|candidate| candidate.score()).sum();
        assert!((sum - 1.0).abs() < 1e-3, "{text}: {sum}");
    }
}

#[test]
fn own_references_outrank_and_are_named() {
    let own = |text: &str, code: &str| Reference::new(text, code.parse().unwrap(), "catalogue.csv");
    let model = Fused::embedded()
        .unwrap()
        .with_references(vec![own("mens cotton crew neck tee", "620520"), own("gizmo K17", "847130")])
        .unwrap();
    // The network alone is sure of another code for the first.
    for (text, expected) in [("Mens cotton crew-neck tee", "620520"), ("gizmo k17", "847130")] {
        let p = model.classify(text, &Options::default().with_explain(true)).unwrap();
        assert_eq!(p.code().map(|code| code.as_str().to_owned()).as_deref(), Some(expected), "{text}: {p:?}");
        assert_eq!(&*p.explanation().unwrap().evidence[0].source, "catalogue.csv");
    }
    let unknown = model.classify("ladies leather handbag", &Options::default()).unwrap();
    assert_eq!(unknown.best().unwrap().code().at(Level::Heading).unwrap().as_str(), "4202");
}

#[test]
fn explanations_have_words_references_and_titles_on_both_paths() {
    let model = Fused::embedded().unwrap();
    let options = Options::default().with_explain(true);
    let mut seen = [false; 2];
    for (_, text) in descriptions(6007) {
        let p = model.classify(&text, &options).unwrap();
        let Some(explanation) = p.explanation() else { continue };
        seen[usize::from(p.classifier() == "text-cnn")] = true;
        assert!(!explanation.tokens.is_empty() && !explanation.evidence.is_empty(), "{text}");
        assert_eq!(explanation.path.len(), 3);
        for token in &explanation.tokens {
            assert_eq!(&text[token.start..token.end], token.text);
        }
    }
    assert_eq!(seen, [true; 2]);
}
