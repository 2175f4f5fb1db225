//! Stages in order, seen from outside: who answers, who passed, what a failure does.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::sync::Arc;

use hscode_core::{
    Cascade, Classifier, ClassifierInfo, Decision, DecisionPolicy, Edition, Error, ErrorKind, External,
    HsCode, Level, Options, PassedWhy, Prediction, Reason, Thresholds,
};

fn code(text: &str) -> HsCode {
    text.parse().unwrap()
}

/// A classifier that knows the descriptions with `word` in them.
fn knows(name: &str, word: &'static str, answer: &str, score: f32) -> Arc<dyn Classifier> {
    let info = ClassifierInfo::new(name, &format!("{name}@1"), Edition::HS2022, Level::Subheading, 5612);
    let policy = DecisionPolicy::with_thresholds(Thresholds { chapter: 0.7, heading: 0.6, subheading: 0.5 });
    let answer = code(answer);
    let classifier = External::new(info, policy, move |descriptions, _| {
        Ok(descriptions
            .iter()
            .map(|d| if d.contains(word) { vec![(answer, score)] } else { vec![] })
            .collect())
    });
    Arc::new(classifier.unwrap())
}

/// A classifier that always fails in the given way.
fn fails<F>(name: &str, function: F) -> Arc<dyn Classifier>
where
    F: Fn(&[&str]) -> Result<Vec<Vec<(HsCode, f32)>>, Error> + Send + Sync + 'static,
{
    let info = ClassifierInfo::new(name, "broken@1", Edition::HS2022, Level::Subheading, 5612);
    let policy = DecisionPolicy::with_thresholds(Thresholds { chapter: 0.5, heading: 0.5, subheading: 0.5 });
    Arc::new(External::new(info, policy, move |descriptions, _| function(descriptions)).unwrap())
}

fn classify(cascade: &Cascade, descriptions: &[&str]) -> Vec<Prediction> {
    cascade.classify_batch(descriptions, &Options::default()).unwrap()
}

#[test]
fn each_description_stops_at_the_first_stage_that_answers() {
    let stages = vec![knows("tees", "tee", "610910", 0.9), knows("lamps", "lamp", "940521", 0.8)];
    let cascade = Cascade::new("both", stages).unwrap();
    let answers = classify(&cascade, &["table lamp", "cotton tee", "tee with a lamp", "live horse"]);
    assert_eq!(answers[0].decision(), Decision::Accept(code("940521")));
    assert_eq!(answers[0].classifier(), "lamps");
    assert_eq!(answers[0].passed().len(), 1);
    assert_eq!(&*answers[0].passed()[0].classifier, "tees");
    assert_eq!(answers[0].passed()[0].why, PassedWhy::Abstained(Reason::NoEvidence));
    assert_eq!(answers[1].classifier(), "tees");
    assert!(answers[1].passed().is_empty());
    assert_eq!(answers[2].code(), Some(code("610910")));
    assert_eq!(answers[3].decision(), Decision::Abstain(Reason::NoEvidence));
    // One at a time gives what the batch gave.
    let single = cascade.classify("tee with a lamp", &Options::default()).unwrap();
    assert_eq!(single, answers[2]);
}

#[test]
fn an_abstention_keeps_the_best_guess_of_all_stages() {
    let stages = vec![knows("weak", "tee", "610910", 0.1), knows("weaker", "tee", "610990", 0.05)];
    let cascade = Cascade::new("weak", stages).unwrap();
    let answer = &classify(&cascade, &["tee"])[0];
    assert_eq!(answer.decision(), Decision::Abstain(Reason::LowScore));
    assert_eq!(answer.best().map(|c| c.code()), Some(code("610910")));
    assert_eq!(answer.classifier(), "weak");
    assert_eq!(answer.passed().len(), 1, "the other stage passed too");
}

#[test]
fn a_failing_stage_hands_over_and_says_why() {
    let broken = [
        fails("error", |_| Err(Error::new(ErrorKind::Io, "the remote model is away"))),
        fails("panic", |_| panic!("a bug in a caller's function")),
        fails("short", |_| Ok(vec![])),
        fails("unknown-code", |d| Ok(d.iter().map(|_| vec![(code("770000"), 0.9)]).collect())),
        fails("wrong-level", |d| Ok(d.iter().map(|_| vec![(code("61"), 0.9)]).collect())),
        fails("no-probability", |d| Ok(d.iter().map(|_| vec![(code("610910"), 1.7)]).collect())),
    ];
    let mut stages = broken.to_vec();
    stages.push(knows("tees", "tee", "610910", 0.9));
    let answer = &classify(&Cascade::new("robust", stages).unwrap(), &["cotton tee"])[0];
    assert_eq!(answer.classifier(), "tees");
    let why: Vec<(&str, &str)> = answer
        .passed()
        .iter()
        .map(|passed| match &passed.why {
            PassedWhy::Failed(message) => (&*passed.classifier, message.as_str()),
            other => panic!("{other:?}"),
        })
        .collect();
    let expected = [
        ("error", "the remote model is away"),
        ("panic", "panicked"),
        ("short", "expected 1 answers, saw 0"),
        ("unknown-code", "HS2022 has no code 770000"),
        ("wrong-level", "code 61: expected a subheading"),
        ("no-probability", "sum to 1.7"),
    ];
    assert_eq!(why.len(), expected.len());
    for ((name, message), (expected_name, part)) in why.iter().zip(expected) {
        assert_eq!(*name, expected_name);
        assert!(message.contains(part), "{name}: {message}");
    }
}

#[test]
fn when_every_stage_fails_the_error_names_each() {
    let stages = vec![
        fails("first", |_| Err(Error::new(ErrorKind::Io, "away"))),
        fails("second", |_| Err(Error::new(ErrorKind::Package, "damaged"))),
    ];
    let error =
        Cascade::new("lost", stages).unwrap().classify("cotton tee", &Options::default()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Inference);
    assert!(error.message().contains("first: ") && error.message().contains("second: "), "{error}");
    assert!(std::error::Error::source(&error).is_some());
}

#[test]
fn wrong_options_are_refused_before_any_stage_runs() {
    let cascade = Cascade::new("one", vec![fails("broken", |_| panic!("must not run"))]).unwrap();
    for options in [
        Options::default().with_top_k(0),
        Options::default().with_coverage(2.0),
        Options::default().with_within(code("7799")),
    ] {
        let error = cascade.classify("tee", &options).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error}");
    }
    let error = cascade.classify("tee", &Options::default().with_level(Level::TariffLine)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
}

#[test]
fn refuses_no_stages_and_mixed_editions() {
    assert_eq!(Cascade::new("none", vec![]).err().map(|e| e.kind()), Some(ErrorKind::InvalidInput));
    let info = ClassifierInfo::new("old", "old@1", Edition::HS2017, Level::Subheading, 5387);
    let policy = DecisionPolicy::with_thresholds(Thresholds { chapter: 0.5, heading: 0.5, subheading: 0.5 });
    let old = External::new(info, policy, |d, _| Ok(vec![vec![]; d.len()])).unwrap();
    let mixed = Cascade::new("mixed", vec![knows("new", "tee", "610910", 0.9), Arc::new(old)]);
    let error = mixed.err().unwrap();
    assert_eq!(error.kind(), ErrorKind::EditionMismatch);
    assert!(error.message().contains("HS2017"), "{error}");
}

#[test]
fn a_heading_level_stage_makes_the_cascade_answer_headings() {
    let info = ClassifierInfo::new("headings", "h@1", Edition::HS2022, Level::Heading, 1228);
    let policy = DecisionPolicy::with_thresholds(Thresholds { chapter: 0.5, heading: 0.5, subheading: 0.5 });
    let headings =
        External::new(info, policy, |d, _| Ok(d.iter().map(|_| vec![(code("9405"), 0.9)]).collect()));
    let stages =
        vec![knows("tees", "tee", "610910", 0.9), Arc::new(headings.unwrap()) as Arc<dyn Classifier>];
    let cascade = Cascade::new("mixed-levels", stages).unwrap();
    let answers = classify(&cascade, &["cotton tee", "table lamp"]);
    assert_eq!(answers[0].decision(), Decision::Accept(code("6109")));
    assert_eq!(answers[1].decision(), Decision::Accept(code("9405")));
    assert!(answers.iter().all(|answer| answer.level() == Level::Heading));
}
