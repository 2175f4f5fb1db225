//! The integer network from outside: its file, its answers, the same bits everywhere.
#![cfg(feature = "text-cnn")]
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "common/draw.rs"]
mod draw;
#[path = "common/network.rs"]
mod network;

use std::sync::Arc;

use hscode_core::text_cnn::{Reader, SimdLevel, Table, Weights};
use hscode_core::{
    Candidate, Classifier, Decision, ErrorKind, HsCode, Level, Lexical, Options, Prediction, Reason, TextCnn,
};
use network::{FLAT, Shape, WALK, descriptions, full, shapes, vocabulary, weights};
use proptest::prelude::*;

fn open(shape: &Shape, settings: &str) -> TextCnn {
    let vocabulary = if shape.reader == "none" { String::new() } else { vocabulary() };
    let bytes = weights(7, shape).to_bytes().unwrap();
    TextCnn::from_bytes(&bytes, &vocabulary, settings, "drawn@1").unwrap()
}

fn all_options() -> Vec<Options> {
    vec![
        Options::default(),
        Options::default().with_level(Level::Heading).with_top_k(3),
        Options::default().with_level(Level::Chapter).with_top_k(1).with_coverage(0.9),
        Options::default().with_within("66".parse().unwrap()).with_coverage(0.5),
        Options::default().with_within("6601".parse().unwrap()).with_explain(true),
        Options::default().with_explain(true),
    ]
}

#[test]
fn files_come_back_as_they_were() {
    for (at, shape) in shapes().iter().enumerate() {
        let weights = weights(at as u64, shape);
        let bytes = weights.to_bytes().unwrap();
        let back = Weights::from_bytes(&bytes).unwrap();
        assert_eq!(back, weights);
        assert_eq!(back.to_bytes().unwrap(), bytes);
    }
}

#[test]
fn damaged_files_are_errors() {
    let bytes = weights(1, &Shape { chapters: vec!["66"], ..full() }).to_bytes().unwrap();
    for length in (0..bytes.len()).step_by(7).chain(bytes.len() - 50..bytes.len()) {
        assert_eq!(Weights::from_bytes(&bytes[..length]).unwrap_err().kind(), ErrorKind::Package);
    }
    let more = [&bytes[..], &[0]].concat();
    let error = Weights::from_bytes(&more).unwrap_err();
    assert!(error.message().contains("expected the end of the file, seen 1 more bytes"), "{error}");
    let mut newer = bytes.clone();
    newer[8] += 1;
    assert_eq!(Weights::from_bytes(&newer).unwrap_err().kind(), ErrorKind::Unsupported);
}

#[test]
fn weights_that_do_not_fit_name_the_part() {
    let refused = |change: &dyn Fn(&mut Weights), part: &str| {
        let mut weights = weights(1, &full());
        change(&mut weights);
        let error = weights.to_bytes().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Package);
        assert!(error.message().contains(part), "expected {part:?} in {error}");
    };
    refused(&|w| w.output.scales[3] = 0.0, "output: scale 0");
    refused(&|w| w.output.scales[3] = f32::NAN, "output: scale NaN");
    refused(&|w| w.hidden[1].step = f32::INFINITY, "hidden layer 1: scale inf");
    refused(&|w| w.input_steps[3] = -1.0, "input: scale -1");
    refused(&|w| w.output.bias[0] = f32::NAN, "output: bias NaN");
    refused(&|w| w.output.weights[0] = -128, "output: a weight of -128");
    refused(&|w| w.classes.swap(0, 1), "expected ascending codes");
    refused(&|w| w.classes[0] = "0901".parse().unwrap(), "class 0901: expected subheadings");
    refused(&|w| w.classes.truncate(30), "output: ");
    refused(&|w| w.pairs = None, "pairs: expected a table");
    refused(&|w| w.features.grams = None, "grams: expected a table");
    refused(&|w| w.tokens.as_mut().unwrap().multiples[5] = 0, "tokens: a multiple of 0");
    refused(&|w| w.tokens.as_mut().unwrap().packed[5] = 0, "tokens: an integer out of");
    // The half behind the last integer of an odd row is empty.
    refused(&|w| w.tokens.as_mut().unwrap().packed[6] |= 0x10, "tokens: an integer out of");
    refused(&|w| w.tokens.as_mut().unwrap().step = 1e-40, "tokens: scale");
    refused(&|w| w.chapters = None, "chapters and headings: expected both or neither");
    refused(&|w| w.hidden[0].layer.inputs += 1, "hidden layer 0: ");
    refused(&|w| w.features.max_tokens = 0, "features: expected max_tokens");
    refused(&|w| w.features.max_tokens = 1 << 20, "features: expected max_tokens");
    refused(&|w| w.reader = Reader::None, "tokens: expected no table");
    let numbers = vec![127_i8; 101 * 5];
    let large = Table::new(5, 0.1, 127, vec![255; 101], &numbers).unwrap();
    refused(
        &|w| {
            w.pairs = Some(large.clone());
            w.features.max_words = 4096;
            w.features.max_word_bytes = 4096;
            w.features.grams.as_mut().unwrap().longest = 16;
            w.grams.as_mut().unwrap().multiples.fill(255);
        },
        "grams: expected sums of 32 bits",
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]
    #[test]
    fn changed_bytes_never_panic(
        changes in prop::collection::vec((0usize..100_000, any::<u8>()), 1..8), head: bool, cut in 0usize..20,
    ) {
        let mut bytes = weights(1, &Shape { chapters: vec!["66"], ..full() }).to_bytes().unwrap();
        let length = if head { 200 } else { bytes.len() };
        for (at, value) in changes {
            bytes[at % length] = value;
        }
        bytes.truncate(bytes.len() - cut);
        match Weights::from_bytes(&bytes) {
            Ok(weights) => prop_assert_eq!(weights.to_bytes().unwrap(), bytes),
            Err(error) => prop_assert!(matches!(error.kind(), ErrorKind::Package | ErrorKind::Unsupported)),
        }
    }
}

#[test]
fn files_that_do_not_fit_together_are_refused() {
    let shape = full();
    let bytes = weights(1, &shape).to_bytes().unwrap();
    let error = |vocabulary: &str, settings: &str| {
        TextCnn::from_bytes(&bytes, vocabulary, settings, "m").unwrap_err().to_string()
    };
    assert!(error("[UNK]\na\n", FLAT).contains("vocabulary: expected 94 word pieces, seen 2"));
    assert!(error(&vocabulary(), "walk 3").contains("settings line 1"));
    let bare = weights(1, &Shape { walk: false, ..shape });
    let error = TextCnn::from_weights(bare, &vocabulary(), WALK, "m").unwrap_err();
    assert!(error.message().contains("a walk needs"), "{error}");
}

#[test]
fn the_same_bits_at_every_level_in_every_batch_on_every_thread() {
    let texts = descriptions();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    for shape in shapes() {
        let settings = if shape.walk { WALK } else { FLAT };
        let within_66 = shape.chapters.contains(&"66");
        assert!(within_66);
        for options in all_options() {
            let mut options = options;
            options.top_k = options.top_k.min(3);
            let mut first: Option<Vec<Prediction>> = None;
            for level in SimdLevel::ALL.into_iter().filter(|&level| level <= SimdLevel::detected()) {
                level.limit();
                let model = Arc::new(open(&shape, settings));
                assert_eq!(model.simd(), level);
                for batch in [1, 7, 64] {
                    let answers: Vec<Prediction> = texts
                        .chunks(batch)
                        .flat_map(|texts| model.classify_batch(texts, &options).unwrap())
                        .collect();
                    let first = first.get_or_insert_with(|| answers.clone());
                    assert!(*first == answers, "{level:?}, batch {batch}");
                }
                let two: Vec<Prediction> = std::thread::scope(|scope| {
                    let halves = texts.chunks(texts.len().div_ceil(2));
                    let run = |texts| {
                        let (model, options) = (Arc::clone(&model), options.clone());
                        scope.spawn(move || model.classify_batch(texts, &options).unwrap())
                    };
                    let threads: Vec<_> = halves.map(run).collect();
                    threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
                });
                assert!(first.as_ref() == Some(&two), "{level:?}, two threads");
            }
            // The floats themselves, since equal floats may differ in bits.
            SimdLevel::Portable.limit();
            let low = open(&shape, settings).classify_batch(&texts, &options).unwrap();
            SimdLevel::detected().limit();
            let high = open(&shape, settings).classify_batch(&texts, &options).unwrap();
            let bits = |prediction: &Prediction| -> Vec<(HsCode, u32)> {
                prediction.candidates().iter().map(|c| (c.code(), c.score().to_bits())).collect()
            };
            assert!(low.iter().map(bits).eq(high.iter().map(bits)));
        }
    }
}

#[test]
fn bad_and_vague_texts_are_decided_as_the_lexical_model_decides_them() {
    let (model, lexical) = (open(&full(), WALK), Lexical::embedded().unwrap());
    for text in descriptions() {
        let (ours, theirs) = (
            model.classify(&text, &Options::default()).unwrap(),
            lexical.classify(&text, &Options::default()).unwrap(),
        );
        let refused = |prediction: &Prediction| match prediction.decision() {
            Decision::Abstain(reason @ (Reason::NoWords | Reason::Vague)) => Some(reason),
            _ => None,
        };
        let start: String = text.chars().take(40).collect();
        assert_eq!(refused(&ours), refused(&theirs), "{start}");
        assert_eq!(ours.truncated(), theirs.truncated(), "{start}");
        if ours.candidates().is_empty() {
            assert!(theirs.candidates().is_empty(), "{start}");
        }
    }
}

#[test]
fn levels_are_sums_and_within_is_exact() {
    let model = open(&full(), FLAT);
    let classes = model.classes().len();
    for text in ["mens cotton tee", "steel pipe", "toy lamp for men"] {
        let ask = |options: Options| model.classify(text, &options.with_top_k(classes)).unwrap();
        let all = ask(Options::default());
        assert_eq!(all.candidates().len(), classes);
        let sum = |candidates: &[Candidate], code: HsCode| -> f64 {
            let inside = candidates.iter().filter(|candidate| code.covers(&candidate.code()));
            inside.map(|candidate| f64::from(candidate.score())).sum()
        };
        for level in [Level::Chapter, Level::Heading] {
            for candidate in ask(Options::default().with_level(level)).candidates() {
                let sum = sum(all.candidates(), candidate.code());
                assert!((sum - f64::from(candidate.score())).abs() < 1e-5);
            }
        }
        let within: HsCode = "61".parse().unwrap();
        let inside = ask(Options::default().with_within(within));
        let mass = sum(all.candidates(), within);
        assert!((sum(inside.candidates(), within) - 1.0).abs() < 1e-5);
        for candidate in inside.candidates() {
            let before = all.candidates().iter().find(|c| c.code() == candidate.code()).unwrap();
            assert!((f64::from(before.score()) / mass - f64::from(candidate.score())).abs() < 1e-5);
        }
        let scores = model.scores(text);
        assert!((scores.iter().map(|score| f64::from(score.1).exp()).sum::<f64>() - 1.0).abs() < 1e-5);
        assert!(scores.windows(2).all(|pair| pair[0].0 < pair[1].0));
    }
}

#[test]
fn a_walk_scores_what_it_finds_and_what_it_is_asked_for() {
    let (walked, flat) = (open(&full(), WALK), open(&full(), FLAT));
    for text in ["mens cotton tee", "steel pipe", "toy lamp for men"] {
        let (some, all) = (walked.scores(text), flat.scores(text));
        assert!(some.len() < all.len() / 2, "{} of {}", some.len(), all.len());
        let headings: std::collections::BTreeSet<_> = some.iter().map(|(code, _)| code.heading()).collect();
        assert!(headings.len() <= 7);
        assert_eq!(walked.scores_with(text, flat.classes()), all);
        let one = ["660110".parse().unwrap(), "847130".parse().unwrap(), some[0].0];
        let more = walked.scores_with(text, &one);
        assert!(more.iter().any(|(code, _)| *code == one[0]) && more.iter().all(|(code, _)| *code != one[1]));
        // Differences of logarithms are differences of logits, whatever else was scored.
        let difference = |scores: &[(HsCode, f32)]| {
            let of = |code: HsCode| scores.iter().find(|(other, _)| *other == code).unwrap().1;
            of(some[0].0) - of(some[some.len() - 1].0)
        };
        assert!((difference(&more) - difference(&all)).abs() < 1e-4);
        assert_eq!(walked.logits(text), flat.logits(text));
    }
    assert!(walked.scores("12 kg").is_empty() && walked.logits("").is_empty());
    assert!(walked.scores_with("!", flat.classes()).is_empty());
}

#[test]
fn explanations_add_up() {
    for shape in shapes() {
        let model = open(&shape, FLAT);
        for text in descriptions().iter().filter(|text| text.len() < 4096) {
            let prediction = model.classify(text, &Options::default().with_explain(true)).unwrap();
            let Some(explanation) = prediction.explanation() else {
                assert!(prediction.candidates().is_empty());
                continue;
            };
            let logits = model.logits(text);
            let best = model.classes().binary_search(&prediction.best().unwrap().code()).unwrap();
            let sum =
                explanation.tokens.iter().fold(explanation.base.unwrap(), |sum, t| sum + t.contribution);
            assert_eq!(sum, (logits[best] * 1024.0).round_ties_even() / 1024.0);
            assert!(explanation.path.len() >= 2);
            for token in &explanation.tokens {
                assert!(text.get(token.start..token.end).is_some());
            }
            assert_eq!(explanation.runner_up.as_ref().unwrap().code, prediction.candidates()[1].code());
        }
    }
}

#[test]
fn options_out_of_range_are_refused() {
    let model = open(&full(), WALK);
    let classes = model.classes().len();
    for options in [
        Options::default().with_top_k(0),
        Options::default().with_top_k(classes + 1),
        Options::default().with_coverage(0.0),
        Options::default().with_within("77".parse().unwrap()),
    ] {
        assert_eq!(model.classify("tee", &options).unwrap_err().kind(), ErrorKind::InvalidInput);
        assert_eq!(model.classify_batch(&["tee"], &options).unwrap_err().kind(), ErrorKind::InvalidInput);
    }
    // A chapter that the edition has and the network does not.
    let other = Options::default().with_within("85".parse().unwrap());
    let prediction = model.classify("tee", &other).unwrap();
    assert_eq!(prediction.decision(), Decision::Abstain(Reason::NoEvidence));
}
