//! The lexical classifier and the embedded default, from outside, on real descriptions.
#![cfg(feature = "embedded-model")]
#![allow(missing_docs, clippy::unwrap_used)]

use std::sync::Arc;

use hscode_core::lexical::{Lexical, Reference};
use hscode_core::{Classifier, Decision, ErrorKind, HsCode, Level, Options, Reason, embedded};

fn code(text: &str) -> HsCode {
    text.parse().unwrap()
}

fn best(text: &str) -> HsCode {
    embedded().unwrap().classify(text, &Options::default()).unwrap().best().unwrap().code()
}

#[test]
fn real_descriptions_get_their_codes() {
    for (text, expected) in [
        ("mens cotton crew neck tee", "610910"),
        ("MEN'S T-SHIRT 100% COTTON, SIZE XL", "610910"),
        ("stainless steel kitchen sink", "732410"),
        ("toothbrush", "960321"),
        ("roasted coffee beans 1 kg", "090121"),
        ("lithium-ion battery pack", "850760"),
        ("beeswax candles", "340600"),
    ] {
        assert_eq!(best(text), code(expected), "{text}");
    }
}

#[test]
fn typos_plurals_compounds_and_cut_words_still_match() {
    for (written, plain) in [
        ("tothbrush", "toothbrush"),
        ("toothbrushes", "toothbrush"),
        ("tooth brush", "toothbrush"),
        ("beeswaxx candlles", "beeswax candles"),
        ("stnlss steel kitchen sink", "stainless steel kitchen sink"),
        ("coffeebeans roasted", "coffee beans roasted"),
        ("STAINLESS STEEL KITCHEN SINKS", "stainless steel kitchen sink"),
    ] {
        assert_eq!(best(written), best(plain), "{written}");
    }
}

#[test]
fn explains_with_evidence_and_contributions() {
    let options = Options::default().with_explain(true);
    let prediction = embedded().unwrap().classify("Toothbrush holder, ceramic", &options).unwrap();
    let explanation = prediction.explanation().unwrap();
    let words: Vec<_> = explanation.tokens.iter().map(|token| token.text.as_str()).collect();
    assert_eq!(words, ["Toothbrush", "holder", "ceramic"]);
    assert!(explanation.tokens.iter().all(|token| token.contribution.is_finite()));
    assert!((1..=5).contains(&explanation.evidence.len()));
    for pair in explanation.evidence.windows(2) {
        assert!(pair[0].similarity > 0.0 && pair[1].similarity <= 1.0);
    }
    assert!(!explanation.path.is_empty());
}

#[test]
fn an_exact_reference_is_reported_as_such() {
    let options = Options::default().with_explain(true);
    // A reference of the house, word for word, but for case and plural.
    let prediction = embedded().unwrap().classify("MENS COTTON KNIT COATS", &options).unwrap();
    let evidence = prediction.explanation().unwrap().evidence.first().unwrap();
    assert_eq!((evidence.text.as_str(), evidence.code), ("mens cotton knit coat", code("610120")));
    assert_eq!(evidence.similarity, 1.0);
    assert_eq!(prediction.decision(), Decision::Accept(code("610120")));
    // A number makes another article of it.
    let other = embedded().unwrap().classify("mens cotton knit coat 2", &options).unwrap();
    assert!(other.explanation().unwrap().evidence.iter().all(|evidence| evidence.similarity < 1.0));
    let near = embedded().unwrap().classify("mens cotton knit coat grey", &options).unwrap();
    assert!(near.explanation().unwrap().evidence.iter().all(|evidence| evidence.similarity < 1.0));
}

#[test]
fn options_are_kept() {
    let classifier = embedded().unwrap();
    let within = Options::default().with_within(code("62")).with_top_k(3);
    let prediction = classifier.classify("mens cotton shirt", &within).unwrap();
    assert_eq!(prediction.candidates().len(), 3);
    assert!(prediction.candidates().iter().all(|c| c.code().chapter() == code("62")));
    let heading = Options::default().with_level(Level::Heading).with_within(code("8517"));
    let prediction = classifier.classify("mens cotton shirt", &heading).unwrap();
    assert!(prediction.candidates().len() <= 1);
    let line = Options::default().with_level(Level::TariffLine);
    assert!(classifier.classify("shirt", &line).is_err());
}

#[test]
fn answers_do_not_depend_on_batch_or_threads() {
    let texts = [
        "mens cotton crew neck tee",
        "ingred hyaluronic acid",
        "x",
        "",
        "LED lamp 12 W",
        "steel bolts M8",
        "3d printed beer tap handle",
        "mens cotton crew neck tee",
    ];
    let classifier = embedded().unwrap();
    let options = Options::default().with_explain(true).with_coverage(0.9);
    let batch = classifier.classify_batch(&texts, &options).unwrap();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            let classifier = Arc::clone(&classifier);
            let (batch, options) = (&batch, &options);
            scope.spawn(move || {
                for (text, expected) in texts.iter().zip(batch).rev() {
                    assert_eq!(&classifier.classify(text, options).unwrap(), expected);
                }
            });
        }
    });
    assert_eq!(batch[0], batch[7]);
}

#[test]
fn odd_texts_are_answered_or_declined() {
    let classifier = Lexical::embedded().unwrap();
    let options = Options::default().with_explain(true);
    for text in ["", " ", "🎁🎁", "12 kg", "....", "500"] {
        let prediction = classifier.classify(text, &options).unwrap();
        assert_eq!(prediction.decision(), Decision::Abstain(Reason::NoWords), "{text}");
        assert!(prediction.candidates().is_empty());
    }
    let prediction = classifier.classify("陶瓷杯", &options).unwrap();
    assert_eq!(prediction.decision(), Decision::Abstain(Reason::NoEvidence));
    for text in ["q", "qqqqzzzzxxxx", "\u{0}\u{ffff}", "tee\u{301}\u{301}\u{301}", "ﷺ", "а́"] {
        classifier.classify(text, &options).unwrap();
    }
    let long = "stainless steel sink ".repeat(50_000);
    let prediction = classifier.classify(&long, &options).unwrap();
    assert!(prediction.truncated());
    assert_eq!(prediction.best().unwrap().code(), code("732410"));
    let many: String =
        (0..5000).map(|n| format!("w{} lamp{} ", n, (b'a' + (n % 26) as u8) as char)).collect();
    classifier.classify(&many, &options).unwrap();
}

#[test]
fn vague_texts_are_declined_with_candidates() {
    let prediction = embedded().unwrap().classify("Gifts", &Options::default()).unwrap();
    assert_eq!(prediction.decision(), Decision::Abstain(Reason::Vague));
    assert!(!prediction.candidates().is_empty());
    assert_eq!(prediction.score(), None);
}

#[test]
fn own_references_outrank_ours() {
    let own = |text: &str, hs: &str, source: &str| Reference::new(text, code(hs), source);
    let plain = Lexical::embedded().unwrap();
    let text = "mens cotton crew neck tee";
    let options = Options::default().with_explain(true);
    assert_eq!(plain.classify(text, &options).unwrap().best().unwrap().code(), code("610910"));
    let classifier = plain
        .with_references(vec![
            own("Men's Cotton Crew-Neck Tee", "6203421100", "settled.csv"),
            own("zorbex 3000 stand-alone", "847130", "catalogue.csv"),
            own("12 kg", "847130", "catalogue.csv"),
        ])
        .unwrap();
    let prediction = classifier.classify(text, &options).unwrap();
    assert_eq!(prediction.decision(), Decision::Accept(code("620342")));
    let first = prediction.explanation().unwrap().evidence.first().unwrap();
    assert_eq!((&*first.source, first.similarity, first.code), ("settled.csv", 1.0, code("620342")));
    // A word that only the user has, mistyped.
    let prediction = classifier.classify("ZORBEXX 3000", &options).unwrap();
    assert_eq!(prediction.best().unwrap().code(), code("847130"));
    let within = options.clone().with_within(code("61"));
    let prediction = classifier.classify(text, &within).unwrap();
    assert_eq!(prediction.best().unwrap().code(), code("610910"));
    // What they say nothing about stays as it was.
    let without = Lexical::embedded().unwrap();
    let beans = "roasted coffee beans";
    assert_eq!(
        classifier.classify(beans, &Options::default()).unwrap(),
        without.classify(beans, &Options::default()).unwrap()
    );
}

#[test]
fn disagreeing_own_references_share() {
    let references = ["850440", "850440", "850490"].map(|hs| Reference::new("qwx brick", code(hs), "x"));
    let classifier = Lexical::embedded().unwrap().with_references(references.to_vec()).unwrap();
    let prediction = classifier.classify("qwx brick", &Options::default()).unwrap();
    let scores: Vec<_> = prediction.candidates().iter().take(2).map(|c| (c.code(), c.score())).collect();
    assert_eq!([scores[0].0, scores[1].0], [code("850440"), code("850490")]);
    assert!(scores.iter().all(|(_, score)| (0.4..0.6).contains(score)), "{scores:?}");
}

#[test]
fn own_references_with_wrong_codes_are_refused() {
    let with = |hs: &str| {
        let references =
            vec![Reference::new("tee", code("610910"), "x"), Reference::new("tee", code(hs), "x")];
        Lexical::embedded().unwrap().with_references(references).unwrap_err()
    };
    assert_eq!(with("610911").kind(), ErrorKind::UnknownCode);
    assert!(with("610911").message().starts_with("reference 1: "));
    assert_eq!(with("6109").kind(), ErrorKind::InvalidInput);
}

#[test]
fn raw_scores_are_ordered_parts_of_one() {
    assert!(Lexical::embedded().unwrap().scores("12 kg").is_empty());
    let scores = Lexical::embedded().unwrap().scores("stainless steel kitchen sink");
    assert!(scores.windows(2).all(|pair| pair[0].0 < pair[1].0));
    assert!(scores.iter().map(|(_, score)| score).sum::<f64>() <= 1.0 + 1e-9);
    let best = scores.iter().max_by(|a, b| a.1.total_cmp(&b.1)).unwrap();
    assert_eq!(best.0, code("732410"));
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(200))]
    #[test]
    fn any_text_is_survived(text in "(\\PC{0,12} ?|[a-z]{1,12} ){0,20}", within in 1..98_u32, top_k in 1..50_usize) {
        let Ok(within) = HsCode::parse(&format!("{within:02}")) else { return Ok(()) };
        let options = Options::default().with_top_k(top_k).with_explain(true);
        let prediction = embedded().unwrap().classify(&text, &options).unwrap();
        let sum: f32 = prediction.candidates().iter().map(|c| c.score()).sum();
        proptest::prop_assert!(sum <= 1.001);
        if let Ok(prediction) = embedded().unwrap().classify(&text, &options.with_within(within)) {
            proptest::prop_assert!(prediction.candidates().iter().all(|c| within.covers(&c.code())));
        }
    }
}
