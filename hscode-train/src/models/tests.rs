//! Whole runs: the same bytes on any number of threads, after a stop, after a kill at any write.

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use hscode_core::HsCode;

use super::*;
use crate::disk::Folders;
use crate::encoder::{VocabularyConfig, train_vocabulary};
use crate::nets::{HashedShape, NetworkShape};
use crate::progress::Silent;

/// Real rows of two chapters, every `every`-th; every tenth of them has a teacher's opinion as well.
fn data(every: usize) -> TrainingData {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../data/descriptions");
    let mut rows: Vec<(HsCode, String)> = Vec::new();
    for chapter in ["09", "66"] {
        let text = std::fs::read_to_string(folder.join(format!("{chapter}.tsv"))).unwrap();
        for line in text.lines().skip(1).step_by(every) {
            let mut cells = line.splitn(3, '\t');
            rows.push((cells.next().unwrap().parse().unwrap(), cells.nth(1).unwrap().to_owned()));
        }
    }
    let mut classes: Vec<HsCode> = rows.iter().map(|row| row.0).collect();
    classes.sort();
    classes.dedup();
    let config = VocabularyConfig { pieces: 500, ..VocabularyConfig::default() };
    let vocabulary = train_vocabulary(rows.iter().map(|row| row.1.as_str()), &config).unwrap();
    let samples: Vec<Sample> = rows
        .iter()
        .enumerate()
        .map(|(at, (code, text))| {
            let class = classes.binary_search(code).unwrap() as u32;
            let other = (class + 1) % classes.len() as u32;
            Sample {
                text: text.clone(),
                class: (at % 20 != 0).then_some(class),
                soft: if at % 10 == 0 { vec![(class, 0.6), (other, 0.2)] } else { Vec::new() },
                weight: 1.0,
                share: if at % 5 == 0 { 0.5 } else { 1.0 },
            }
        })
        .collect();
    let (texts, codes) = rows.iter().step_by(7).map(|row| (row.1.clone(), row.0)).unzip();
    TrainingData {
        classes,
        samples,
        dev: vec![DevSet { name: "seen".into(), texts, codes }],
        vocabulary,
        vectors: Vec::new(),
    }
}

fn config(model: ModelKind) -> TrainConfig {
    let mut config = TrainConfig { model, ..TrainConfig::default() };
    config.network = NetworkShape {
        pieces: 400,
        token_dim: 12,
        filters: 10,
        widths: vec![1, 2, 3],
        lstm_units: 10,
        pairs: HashedShape { buckets: 500, dim: 6 },
        grams: HashedShape { buckets: 900, dim: 8 },
        hidden: vec![24],
        mean_pool: true,
        ..NetworkShape::default()
    };
    config.learn.epochs = 4;
    config.learn.batch = 48;
    config.learn.rate = 0.01;
    config.learn.measure_every = 0;
    config.learn.checkpoint_every = 7;
    config.svc.gram_buckets = 1 << 12;
    config.svc.pair_buckets = 1 << 12;
    config
}

fn bytes(trained: &Trained) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.bin");
    trained.model.save(&Folders, &path).unwrap();
    std::fs::read(path).unwrap()
}

const ALL: [ModelKind; 4] = [ModelKind::Svc, ModelKind::Dnn, ModelKind::Lstm, ModelKind::TextCnn];

#[test]
fn every_model_learns_and_gives_the_same_bytes_on_one_two_and_three_threads() {
    let data = data(3);
    for kind in ALL {
        let run = |threads| {
            let mut config = TrainConfig { threads, ..config(kind) };
            config.learn.epochs = 12;
            let trained = train(&config, &data, None, &Silent).unwrap();
            let seen = trained.log.entries.last().unwrap().dev[0].top1;
            (bytes(&trained), seen)
        };
        let (one, seen) = run(1);
        assert!(seen[0] > 0.8 && seen[2] > 0.3, "{kind:?}: {seen:?}");
        assert!(one == run(2).0, "{kind:?} on 2 threads");
        assert!(one == run(3).0, "{kind:?} on 3 threads");
    }
}

/// Stops after so many steps.
struct StopAt(AtomicU64, u64);

impl Progress for StopAt {
    fn advance(&self, done: u64) {
        self.0.store(done, Ordering::Relaxed);
    }
    fn stop(&self) -> bool {
        self.0.load(Ordering::Relaxed) >= self.1
    }
}

#[test]
fn a_stopped_run_goes_on_to_the_same_bytes() {
    let data = data(4);
    for kind in [ModelKind::Lstm, ModelKind::TextCnn] {
        let config = config(kind);
        let whole = bytes(&train(&config, &data, None, &Silent).unwrap());
        let folder = tempfile::tempdir().unwrap();
        let place = Place { disk: &Folders, folder: folder.path().to_owned() };
        let mut stops = 0;
        // Stops fall before, in and after the steps that round, and on another number of threads.
        let trained = loop {
            let limit = TrainConfig { threads: 1 + stops % 2, ..config.clone() };
            match train(&limit, &data, Some(&place), &StopAt(AtomicU64::new(0), 11 * (stops as u64 + 1))) {
                Ok(trained) => break trained,
                Err(StepError::Stopped) => stops += 1,
                Err(StepError::Failed(e)) => panic!("{e}"),
            }
        };
        assert!(stops >= 2, "{stops}");
        assert!(bytes(&trained) == whole, "{kind:?}");
        assert!(!place.checkpoint().exists());
    }
}

#[test]
fn a_run_whose_disk_fails_at_any_byte_goes_on_to_the_same_bytes() {
    use crate::disk::faulty::{Fault, FaultyDisk};
    let data = data(16);
    let config = config(ModelKind::TextCnn);
    let whole = bytes(&train(&config, &data, None, &Silent).unwrap());
    let mut failed = 0;
    for budget in [0, 100, 3_000, 6_000, 12_000, 24_000] {
        let folder = tempfile::tempdir().unwrap();
        let faulty = FaultyDisk::new(Fault::Killed, budget);
        let place = Place { disk: &faulty, folder: folder.path().to_owned() };
        failed += u32::from(train(&config, &data, Some(&place), &Silent).is_err());
        let place = Place { disk: &Folders, folder: folder.path().to_owned() };
        let trained = train(&config, &data, Some(&place), &Silent).unwrap();
        assert!(bytes(&trained) == whole, "after {budget} operations");
    }
    assert!(failed >= 2, "{failed}");
}

#[test]
fn a_checkpoint_of_other_settings_is_not_used() {
    let data = data(16);
    let folder = tempfile::tempdir().unwrap();
    let place = Place { disk: &Folders, folder: folder.path().to_owned() };
    let first = config(ModelKind::Dnn);
    assert!(train(&first, &data, Some(&place), &StopAt(AtomicU64::new(0), 3)).is_err());
    let other = TrainConfig { seed: 1, ..first.clone() };
    let Err(StepError::Failed(error)) = train(&other, &data, Some(&place), &Silent) else {
        panic!("no error")
    };
    assert!(error.to_string().contains("other settings or data"), "{error}");
    // How often is measured changes nothing.
    let mut same = first;
    same.learn.measure_every = 5;
    assert!(train(&same, &data, Some(&place), &Silent).is_ok());
}

#[test]
fn saved_models_answer_as_before() {
    let data = data(6);
    let texts: Vec<&str> = data.dev[0].texts.iter().map(String::as_str).chain(["", "漢字 x"]).collect();
    for kind in ALL {
        let trained = train(&config(kind), &data, None, &Silent).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("model.bin");
        trained.model.save(&Folders, &path).unwrap();
        let opened: Box<dyn Model> = if kind == ModelKind::Svc {
            Box::new(SvcModel::open(&Folders, &path).unwrap())
        } else {
            Box::new(NeuralModel::open(&Folders, &path).unwrap())
        };
        if kind == ModelKind::TextCnn {
            let again = folder.path().join("again.bin");
            let network = NeuralModel::open(&Folders, &path).unwrap();
            assert!(
                network.walk().is_some_and(|[chapters, headings]| chapters.bias.len() <= headings.bias.len())
            );
            network.save(&Folders, &again).unwrap();
            assert_eq!(std::fs::read(&again).unwrap(), std::fs::read(&path).unwrap());
        }
        let before = trained.model.scores(&texts).unwrap();
        assert_eq!(opened.scores(&texts).unwrap(), before, "{kind:?}");
        for row in before.chunks_exact(data.classes.len()) {
            assert!((row.iter().sum::<f32>() - 1.0).abs() < 1e-4);
        }
        // One text alone answers like in a batch, to the bit.
        let one = trained.model.scores(&texts[3..4]).unwrap();
        assert_eq!(one, before[3 * data.classes.len()..4 * data.classes.len()], "{kind:?}");
        let mut damaged = std::fs::read(&path).unwrap();
        let middle = damaged.len() / 2;
        damaged[middle] ^= 4;
        std::fs::write(&path, damaged).unwrap();
        assert!(NeuralModel::open(&Folders, &path).is_err());
    }
}

#[test]
fn a_model_is_compared_as_a_classifier() {
    use hscode_core::{Classifier as _, Edition, Options};
    let data = data(6);
    let texts: Vec<&str> = data.dev[0].texts.iter().map(String::as_str).collect();
    for kind in [ModelKind::Svc, ModelKind::TextCnn] {
        let trained = train(&config(kind), &data, None, &Silent).unwrap();
        let scores = trained.model.scores(&texts).unwrap();
        let classifier = as_classifier(trained.model, "own@1", Edition::HS2022).unwrap();
        assert_eq!(classifier.info().name(), kind.as_str());
        let seen = classifier.classify_batch(&texts, &Options::default()).unwrap();
        for (row, seen) in scores.chunks_exact(data.classes.len()).zip(seen) {
            let best = row.iter().copied().fold(0.0f32, f32::max);
            assert_eq!(seen.best().unwrap().score(), best);
        }
    }
}

#[test]
fn wrong_settings_and_data_are_named() {
    let data = data(16);
    let message = |config: &TrainConfig, data: &TrainingData| match train(config, data, None, &Silent) {
        Err(StepError::Failed(e)) => e.to_string(),
        _ => panic!("no error"),
    };
    let good = config(ModelKind::TextCnn);
    let mut wrong = good.clone();
    wrong.learn.batch = 0;
    assert!(message(&wrong, &data).contains("learn.batch: expected 1 to 65536, seen 0"));
    let mut none = data.clone();
    none.vocabulary.clear();
    assert!(message(&good, &none).contains("vocabulary"));
    let mut empty = data.clone();
    empty.samples.clear();
    assert!(message(&good, &empty).contains("expected texts, seen none"));
    let mut one = data.clone();
    one.classes.truncate(1);
    assert!(message(&good, &one).contains("expected 2 classes or more, seen 1"));
    let mut out = data.clone();
    out.samples[4].class = Some(9999);
    assert!(message(&good, &out).contains("sample 4"));
    let mut odd = data;
    odd.samples[5].weight = f32::NAN;
    assert!(message(&good, &odd).contains("sample 5"));
    assert!(serde_json::from_str::<TrainConfig>(r#"{"learn":{"epoch":3}}"#).is_err());
}
