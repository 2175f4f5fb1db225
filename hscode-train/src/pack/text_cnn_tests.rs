//! The shipped engine against what training computes: to the bit against the integers, closely against floats.

use std::path::Path;

use hscode_core::features::Features;
use hscode_core::package::{ModelPackage, ProbeCase, TEXT_CNN, TEXT_CNN_VOCABULARY, TEXT_CNN_WEIGHTS};
use hscode_core::text_cnn::{TextCnn, Weights};
use hscode_core::{Classifier, Edition, ErrorKind, HsCode, Level, Options};

use super::{Card, Manifest, pack, text_cnn_files, text_cnn_weights};
use crate::disk::Folders;
use crate::encoder::{VocabularyConfig, train_vocabulary};
use crate::models::{
    DevSet, Model, ModelKind, NeuralModel, Sample, TextReader, TrainConfig, TrainingData, train,
};
use crate::nets::{
    BagScale, Batch, Cache, HashedShape, IntegerLayer, IntegerNetwork, IntegerTable, Network, NetworkShape,
    RoundingConfig, TokenReader,
};
use crate::progress::Silent;

const SETTINGS: &str =
    "threshold chapter 0.5\nthreshold heading 0.5\nthreshold subheading 0.5\ntemperature 1\n";

/// Real rows of two chapters.
fn rows(every: usize) -> Vec<(HsCode, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../data/descriptions");
    let mut rows = Vec::new();
    for chapter in ["09", "66"] {
        let text = std::fs::read_to_string(folder.join(format!("{chapter}.tsv"))).unwrap();
        for line in text.lines().skip(1).step_by(every) {
            let mut cells = line.splitn(3, '\t');
            rows.push((cells.next().unwrap().parse().unwrap(), cells.nth(1).unwrap().to_owned()));
        }
    }
    rows
}

fn vocabulary(rows: &[(HsCode, String)]) -> String {
    let config = VocabularyConfig { pieces: 500, ..VocabularyConfig::default() };
    train_vocabulary(rows.iter().map(|row| row.1.as_str()), &config).unwrap()
}

fn classes(rows: &[(HsCode, String)]) -> Vec<HsCode> {
    let mut classes: Vec<HsCode> = rows.iter().map(|row| row.0).collect();
    classes.sort();
    classes.dedup();
    classes
}

fn shape() -> NetworkShape {
    NetworkShape {
        pieces: 400,
        token_dim: 13,
        filters: 10,
        widths: vec![1, 2, 4],
        pairs: HashedShape { buckets: 500, dim: 6 },
        grams: HashedShape { buckets: 900, dim: 9 },
        hidden: vec![70],
        ..NetworkShape::default()
    }
}

/// A network with drawn weights, rounded.
fn drawn(shape: &NetworkShape, bits: u32) -> NeuralModel {
    let rows = rows(9);
    let (vocabulary, classes) = (vocabulary(&rows), classes(&rows));
    let reader = TextReader::new(shape, &vocabulary).unwrap();
    let mut network = Network::new(shape, classes.len(), 5);
    let mut batch = Batch::default();
    let texts: Vec<&str> = rows.iter().map(|row| row.1.as_str()).collect();
    reader.read(&texts, &mut batch);
    let config = RoundingConfig { share: 1.0, token_bits: bits, pair_bits: 4, gram_bits: bits };
    network.begin_rounding(&config, &batch, &mut Cache::default());
    NeuralModel { kind: ModelKind::TextCnn, classes, vocabulary, reader, network, walk: None }
}

/// A network that has learnt, as it comes back from its file.
fn trained(shape: NetworkShape) -> NeuralModel {
    let rows = rows(3);
    let classes = classes(&rows);
    let sample = |(code, text): &(HsCode, String)| Sample {
        text: text.clone(),
        class: Some(classes.binary_search(code).unwrap() as u32),
        soft: Vec::new(),
        weight: 1.0,
        share: 1.0,
    };
    let samples = rows.iter().map(sample).collect();
    let vocabulary = vocabulary(&rows);
    let data = TrainingData { classes, samples, dev: Vec::<DevSet>::new(), vocabulary, vectors: Vec::new() };
    let mut config = TrainConfig { network: shape, ..TrainConfig::default() };
    config.learn.epochs = 12;
    config.learn.batch = 48;
    config.learn.rate = 0.01;
    config.learn.measure_every = 0;
    let trained = train(&config, &data, None, &Silent).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.bin");
    trained.model.save(&Folders, &path).unwrap();
    NeuralModel::open(&Folders, &path).unwrap()
}

fn engine(model: &NeuralModel, settings: &str) -> TextCnn {
    let files = text_cnn_files(model, settings).unwrap();
    let text = |name: &str| std::str::from_utf8(&files[name]).unwrap();
    TextCnn::from_bytes(&files[TEXT_CNN_WEIGHTS], text(TEXT_CNN_VOCABULARY), settings, "test").unwrap()
}

/// The plain definition of what the engine computes, over integers of 64 bits.
fn plain(network: &IntegerNetwork, shape: &NetworkShape, features: &Features) -> Vec<f32> {
    let table = |name: &str| network.tables.iter().find(|table| table.name == name);
    let layer = |name: &str| network.layers.iter().find(|layer| layer.name == name).unwrap();
    let row = |table: &IntegerTable, row: u32| -> Vec<i64> {
        let row = row as usize;
        let multiple = i64::from(table.multiples[row]);
        table.numbers[row * table.dim..][..table.dim].iter().map(|&n| multiple * i64::from(n)).collect()
    };
    let round = |value: f32, step: f32| (value / step).clamp(-127.0, 127.0).round_ties_even() as i64;
    let value = |layer: &IntegerLayer, output: usize, inputs: &[i64]| {
        let weights = &layer.numbers[output * layer.inputs..][..layer.inputs];
        let sum: i64 = weights.iter().zip(inputs).map(|(&w, x)| i64::from(w) * x).sum();
        sum as i32 as f32 * layer.scales[output] + layer.bias[output]
    };
    let steps: Vec<f32> = network.rounding.input.iter().map(|scale| scale.step).collect();
    let mut inputs: Vec<i64> = Vec::new();
    let bag = |name: &str, ids: &[u32], factor: f32, step: f32, inputs: &mut Vec<i64>| {
        let Some(table) = table(name) else { return };
        let mut sum = vec![0_i64; table.dim];
        for &id in ids {
            sum.iter_mut().zip(row(table, id)).for_each(|(sum, x)| *sum += x);
        }
        inputs.extend(sum.iter().map(|&sum| round(sum as f32 * (table.step * factor), step)));
    };
    if shape.reader == TokenReader::Conv {
        let tokens = table("tokens").unwrap();
        for &width in &shape.widths {
            let layer = layer(&format!("conv{width}"));
            for filter in 0..shape.filters {
                let windows = (0..features.tokens.len()).map(|start| {
                    let mut window: Vec<i64> =
                        features.tokens[start..].iter().take(width).flat_map(|&id| row(tokens, id)).collect();
                    window.resize(layer.inputs, 0);
                    value(layer, filter, &window).max(0.0)
                });
                inputs.push(round(windows.fold(0.0, f32::max), steps[0]));
            }
        }
    }
    if shape.reader == TokenReader::Mean || (shape.reader == TokenReader::Conv && shape.mean_tokens) {
        let n = features.tokens.len();
        bag("tokens", &features.tokens, 1.0 / n as f32, steps[1], &mut inputs);
    }
    for (name, ids, step) in [("pairs", &features.pairs, steps[2]), ("grams", &features.grams, steps[3])] {
        let factor = shape.bag_scale.factor(ids.len());
        bag(name, ids, factor, step, &mut inputs);
    }
    for (at, scale) in network.rounding.hidden.iter().enumerate() {
        let layer = layer(&format!("hidden{at}"));
        inputs = (0..layer.bias.len())
            .map(|unit| round(value(layer, unit, &inputs).max(0.0), scale.step))
            .collect();
    }
    let output = layer("output");
    (0..output.bias.len()).map(|class| value(output, class, &inputs)).collect()
}

#[test]
fn every_shape_gives_the_bits_of_the_plain_definition() {
    let shapes = [
        (shape(), 4),
        (NetworkShape { widths: vec![3], filters: 33, hidden: vec![5, 130], ..shape() }, 8),
        (NetworkShape { mean_tokens: false, bag_scale: BagScale::Mean, token_dim: 64, ..shape() }, 2),
        (NetworkShape { reader: TokenReader::Mean, hidden: Vec::new(), token_dim: 1, ..shape() }, 5),
        (
            NetworkShape {
                reader: TokenReader::None,
                pairs: HashedShape { buckets: 0, dim: 4 },
                grams: HashedShape { buckets: 300, dim: 129 },
                ..shape()
            },
            4,
        ),
    ];
    let texts = rows(11);
    let bits = |logits: &[f32]| logits.iter().map(|x| x.to_bits()).collect::<Vec<_>>();
    for (shape, table_bits) in shapes {
        let model = drawn(&shape, table_bits);
        let (engine, integers) = (engine(&model, SETTINGS), model.integers().unwrap());
        for (_, text) in &texts {
            let mut features = Features::default();
            let mut description = hscode_core::text::Description::new();
            description.read(text);
            let words = description.tokens().map(|token| token.text);
            model.reader.spec.read(words, model.reader.pieces.as_ref(), &mut features);
            let (seen, expected) = (engine.logits(text), plain(&integers, &shape, &features));
            assert_eq!(bits(&seen), bits(&expected), "{shape:?}");
        }
    }
}

#[test]
fn a_trained_network_answers_as_it_did_in_training() {
    let model = trained(shape());
    let engine = engine(&model, SETTINGS);
    let texts = rows(5);
    let texts: Vec<&str> = texts.iter().map(|row| row.1.as_str()).collect();
    let expected = model.scores(&texts).unwrap();
    let (mut same, mut largest) = (0, 0.0_f32);
    for (text, row) in texts.iter().zip(expected.chunks_exact(model.classes().len())) {
        let seen = engine.scores(text);
        assert_eq!(seen.len(), row.len());
        let best = |of: &dyn Fn(usize) -> f32| {
            (0..row.len()).max_by(|&a, &b| of(a).total_cmp(&of(b)).then(b.cmp(&a))).unwrap()
        };
        same += usize::from(best(&|at| seen[at].1) == best(&|at| row[at]));
        let difference = |(log, p): (&(HsCode, f32), &f32)| (log.1.exp() - p).abs();
        largest = seen.iter().zip(row).map(difference).fold(largest, f32::max);
    }
    // Sums of floats differ in the last bits, so that an activation now and then rounds to its neighbour.
    assert!(texts.len() > 300, "{}", texts.len());
    assert!(same + texts.len() / 200 >= texts.len(), "the same code for {same} of {}", texts.len());
    assert!(largest < 0.05, "probabilities differ by {largest}");
}

#[test]
fn a_walk_looks_where_it_has_learnt_to() {
    let model = trained(shape());
    let flat = engine(&model, SETTINGS);
    let walked = engine(&model, &format!("{SETTINGS}walk 1 4\n"));
    let widest = engine(&model, &format!("{SETTINGS}walk 2 64\n"));
    let (mut right, texts) = (0, rows(5));
    for (code, text) in &texts {
        let (all, some) = (flat.scores(text), walked.scores(text));
        assert_eq!(widest.scores(text), all);
        assert!(some.len() < all.len());
        // A few steps on a few rows teach which of two chapters more often than not.
        right += usize::from(some[0].0.chapter() == code.chapter());
        // Asked for, every class is scored: as the flat scan does, to the last bit.
        assert_eq!(walked.scores_with(text, walked.classes()), all);
        let within = Options::default().with_within("66".parse().unwrap());
        let (one, other) = (flat.classify(text, &within).unwrap(), walked.classify(text, &within).unwrap());
        assert_eq!(one.candidates(), other.candidates());
        let sum: f32 = one.candidates().iter().map(|candidate| candidate.score()).sum();
        assert!(one.candidates().len() == 5 && sum > 0.3 && sum < 1.0 + 1e-5, "{sum}");
    }
    assert!(right * 100 >= texts.len() * 70, "the right chapter for {right} of {}", texts.len());
}

#[test]
fn explanations_add_up_to_the_last_unit() {
    let model = trained(NetworkShape { hidden: vec![40, 70], ..shape() });
    let engine = engine(&model, SETTINGS);
    let options = Options::default().with_explain(true);
    let mut outside = 0.0_f32;
    for (_, text) in rows(9) {
        let prediction = engine.classify(&text, &options).unwrap();
        let logits = engine.logits(&text);
        let logit = |code: HsCode| logits[engine.classes().binary_search(&code).unwrap()];
        let explanation = prediction.explanation().unwrap();
        let next = explanation.runner_up.as_ref().unwrap();
        assert_eq!(next.code, prediction.candidates()[1].code());
        let splits = [
            (prediction.best().unwrap().code(), &explanation.tokens, explanation.base.unwrap()),
            (next.code, &next.tokens, next.base),
        ];
        for (code, tokens, base) in splits {
            // Floats hold these sums exactly, so that their order does not matter.
            let sum = tokens.iter().rev().fold(base, |sum, token| sum + token.contribution);
            assert_eq!(sum, (logit(code) * 1024.0).round_ties_even() / 1024.0);
            outside = outside.max(base.abs());
            assert!(tokens.iter().any(|token| token.contribution != 0.0));
        }
        assert_eq!(prediction, engine.classify(&text, &options).unwrap());
        assert!(!explanation.path.is_empty());
    }
    assert!(outside < 8.0, "what is of no word: {outside}");
}

#[test]
fn packs_and_opens_and_answers() {
    let model = trained(shape());
    let files = text_cnn_files(&model, SETTINGS).unwrap();
    assert_eq!(files, text_cnn_files(&model, SETTINGS).unwrap());
    let weights = text_cnn_weights(&model).unwrap();
    assert_eq!(Weights::from_bytes(&files[TEXT_CNN_WEIGHTS]).unwrap(), weights);
    let card = Card {
        licence: "CC0-1.0".to_owned(),
        summary: "Spices and umbrellas.".to_owned(),
        intended_use: vec!["Tests.".to_owned()],
        limits: vec!["Two chapters.".to_owned()],
    };
    let manifest = Manifest::new("two", "1", &[TEXT_CNN], Edition::HS2022, Level::Subheading);
    let package = pack(manifest, &card, files, &[ProbeCase::new("folding umbrella")]).unwrap();
    let again =
        ModelPackage::from_files(package.files().map(|(name, bytes)| (name, bytes.to_vec().into()))).unwrap();
    let prediction = again.classifier().classify("folding umbrella", &Options::default()).unwrap();
    assert_eq!(prediction.classifier(), "text-cnn");
    assert_eq!(prediction.best().unwrap().code().chapter().as_str(), "66");
}

#[test]
fn what_the_engine_cannot_do_is_said() {
    let refused = |shape: NetworkShape| {
        let error = text_cnn_weights(&drawn(&shape, 4)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported);
        error.message().to_owned()
    };
    assert!(refused(NetworkShape { mean_pool: true, ..shape() }).contains("mean_pool"));
    assert!(refused(NetworkShape { reader: TokenReader::Lstm, ..shape() }).contains("LSTM"));
    let mut model = drawn(&shape(), 4);
    model.network.rounding = None;
    let error = text_cnn_weights(&model).unwrap_err();
    assert!(error.message().contains("rounding"), "{error}");
}
