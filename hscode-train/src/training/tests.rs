//! From the division to a model: stopped, killed, on a full disk, balanced, from a model.

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use super::*;
use crate::disk::Folders;
use crate::disk::faulty::{Fault, FaultyDisk};
use crate::models::{Model as _, NeuralModel};
use crate::prepare::{Prepare, prepare};
use crate::progress::Silent;

/// A small network over two chapters of the repository's own texts.
fn config(more: &str) -> Config {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../data/descriptions");
    let mut text = format!(
        "{more}\n[split]\ndev = 0.1\n[train.network]\npieces = 400\ntoken_dim = 8\nfilters = 6\nhidden = [12]\n\
         [train.network.grams]\nbuckets = 600\ndim = 6\n[train.svc]\ngram_buckets = 4096\npair_buckets = 4096\n\
         [train.learn]\nepochs = 3\nbatch = 24\nrate = 0.02\ncheckpoint_every = 5\nmeasure_every = 10\n"
    );
    for chapter in ["13", "45"] {
        let path = data.join(format!("{chapter}.tsv"));
        text.push_str(&format!("[[sources]]\nname = \"c{chapter}\"\npath = {path:?}\n"));
    }
    Config::parse(&text).unwrap()
}

fn all(work: &WorkDir, config: &Config, progress: &dyn Progress) -> Result<Ran, StepError> {
    prepare(work, config, Prepare::Split, progress, |_, _| ())?;
    encode(work, config, progress)?;
    run(work, config, progress)
}

fn state(folder: &Path) -> String {
    std::fs::read_to_string(folder.join("steps.json")).unwrap()
}

fn whole(config: &Config) -> String {
    let folder = tempfile::tempdir().unwrap();
    let work = WorkDir::open(folder.path()).unwrap();
    let ran = all(&work, config, &Silent).unwrap();
    assert!(!ran.skipped && all(&work, config, &Silent).unwrap().skipped);
    assert!(!folder.path().join("train/checkpoint.bin").exists());
    state(folder.path())
}

/// Stops when the network has done so many steps, if it got there.
struct StopAt(AtomicU64, u64);

impl Progress for StopAt {
    fn begin(&self, name: &str, _unit: &str, _total: Option<u64>) {
        self.0.store(if name == "train" { 1 } else { 0 }, Ordering::Relaxed);
    }
    fn advance(&self, done: u64) {
        if self.0.load(Ordering::Relaxed) > 0 {
            self.0.store(1 + done, Ordering::Relaxed);
        }
    }
    fn stop(&self) -> bool {
        self.0.load(Ordering::Relaxed) > self.1
    }
}

#[test]
fn a_model_with_its_log_is_written_and_measured_by_source() {
    let folder = tempfile::tempdir().unwrap();
    let work = WorkDir::open(folder.path()).unwrap();
    let ran = all(&work, &config(""), &Silent).unwrap();
    let log = log(&work).unwrap();
    let last = log.entries.last().unwrap();
    assert_eq!(last.dev.iter().map(|set| set.set.as_str()).collect::<Vec<_>>(), ["c13", "c45"]);
    assert!(last.dev.iter().all(|set| set.top1[0] > 0.3), "{last:?}");
    let model = NeuralModel::open(&Folders, &work.path(MODEL)).unwrap();
    assert_eq!(model.classes().len() as u64, ran.record.counts.get("classes"));
    assert_eq!(ran.record.outputs[0].name, MODEL);
    let mut svc = config("");
    svc.train.model = ModelKind::Svc;
    assert!(encode(&work, &svc, &Silent).unwrap().is_none());
    assert!(!run(&work, &svc, &Silent).unwrap().skipped);
}

#[test]
fn a_stop_between_steps_resumes_to_the_same_bytes() {
    let expected = whole(&config(""));
    for after in [1, 33, 70] {
        let folder = tempfile::tempdir().unwrap();
        let work = WorkDir::open(folder.path()).unwrap();
        let stopped = all(&work, &config(""), &StopAt(AtomicU64::new(0), after));
        assert!(matches!(stopped, Err(StepError::Stopped)), "{after}");
        assert!(folder.path().join("train/checkpoint.bin").exists());
        assert!(!folder.path().join(MODEL).exists());
        all(&work, &config(""), &Silent).unwrap();
        assert_eq!(state(folder.path()), expected, "stopped after {after}");
    }
}

#[test]
fn a_full_or_failing_disk_resumes_to_the_same_bytes() {
    let expected = whole(&config(""));
    let folder = tempfile::tempdir().unwrap();
    prepare(&WorkDir::open(folder.path()).unwrap(), &config(""), Prepare::Split, &Silent, |_, _| ()).unwrap();
    let mut failed = 0;
    for (fault, budget) in [
        (Fault::Full, 0),
        (Fault::Full, 4_000),
        (Fault::Full, 60_000),
        (Fault::Full, 160_000),
        (Fault::Killed, 5),
        (Fault::Killed, 900),
        (Fault::Killed, 2_000),
        (Fault::Killed, 4_000),
    ] {
        let work = WorkDir::on(Box::new(FaultyDisk::new(fault, budget)), folder.path()).unwrap();
        if let Err(error) = all(&work, &config(""), &Silent) {
            failed += 1;
            assert!(error.to_string().contains("cannot"), "{error}");
        }
        drop(work);
        all(&WorkDir::open(folder.path()).unwrap(), &config(""), &Silent).unwrap();
        assert_eq!(state(folder.path()), expected, "{fault:?} after {budget}");
        std::fs::remove_dir_all(folder.path().join("train")).unwrap();
        std::fs::remove_dir_all(folder.path().join("encode")).unwrap();
    }
    assert!(failed >= 4, "{failed}");
}

#[test]
fn only_training_rows_are_balanced() {
    let folder = tempfile::tempdir().unwrap();
    let work = WorkDir::open(folder.path()).unwrap();
    let plain = config("");
    prepare(&work, &plain, Prepare::Split, &Silent, |_, _| ()).unwrap();
    let start = Start::default();
    let as_is = Learning::read(&work, &plain, &start, &Silent).unwrap();
    let sampled = config("[balance]\nmethod = \"up-sample\"");
    let sampled = Learning::read(&work, &sampled, &start, &Silent).unwrap();
    let per_class = |learning: &Learning| {
        let mut counts = vec![0; learning.data.classes.len()];
        learning.data.samples.iter().for_each(|s| counts[s.class.unwrap() as usize] += 1);
        counts
    };
    let largest = per_class(&as_is).into_iter().max().unwrap();
    assert!(per_class(&as_is).iter().any(|&n| n < largest));
    assert!(per_class(&sampled).iter().all(|&n| n == largest));
    assert_eq!(as_is.data.dev, sampled.data.dev);
    let weighted = config("[balance]\nmethod = \"class-balanced\"");
    let weighted = Learning::read(&work, &weighted, &start, &Silent).unwrap();
    assert_eq!(weighted.data.samples.len(), as_is.data.samples.len());
    let weights: Vec<f32> = weighted.data.samples.iter().map(|s| s.weight).collect();
    assert!(weights.iter().any(|w| (w - weights[0]).abs() > 0.1));
}

#[test]
fn a_model_goes_on_learning_from_where_another_ended() {
    let folder = tempfile::tempdir().unwrap();
    let work = WorkDir::open(folder.path()).unwrap();
    all(&work, &config(""), &Silent).unwrap();
    let first = log(&work).unwrap();
    let saved = folder.path().join("first.bin");
    std::fs::copy(work.path(MODEL), &saved).unwrap();
    // The sizes of the start hold, whatever the settings say.
    let mut from = config("");
    from.start.model = Some(saved.clone());
    from.train.network.token_dim = 77;
    from.train.learn.rate = 0.002;
    let expected = {
        all(&work, &from, &Silent).unwrap();
        let second = log(&work).unwrap();
        assert!(second.entries[0].train_loss < first.entries[0].train_loss);
        assert_eq!(second.weights, first.weights);
        std::fs::read(work.path(MODEL)).unwrap()
    };
    std::fs::remove_file(work.path(MODEL)).unwrap();
    assert!(run(&work, &from, &StopAt(AtomicU64::new(0), 6)).is_err());
    run(&work, &from, &Silent).unwrap();
    assert_eq!(std::fs::read(work.path(MODEL)).unwrap(), expected, "resumed");
    // Another start is other work.
    let message = |config: &Config| match run(&work, config, &Silent) {
        Err(StepError::Failed(error)) => error.to_string(),
        other => panic!("{other:?}"),
    };
    let mut other = from.clone();
    other.train.model = ModelKind::Dnn;
    assert!(message(&other).contains("expected a model of the kind dnn, seen text_cnn"));
    other.train.model = ModelKind::Svc;
    assert!(message(&other).contains("svc, which has no start"));
    std::fs::write(&saved, b"HSTENS01").unwrap();
    assert!(message(&from).contains("first.bin"));
    // A code that the start does not know.
    let narrow = tempfile::tempdir().unwrap();
    let work_narrow = WorkDir::open(narrow.path()).unwrap();
    let mut one = config("");
    one.sources.truncate(1);
    all(&work_narrow, &one, &Silent).unwrap();
    from.start.model = Some(work_narrow.path(MODEL));
    let said = message(&from);
    assert!(said.contains("start.model: it has") && said.contains("45011"), "{said}");
}

#[test]
fn what_does_not_fit_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let work = WorkDir::open(folder.path()).unwrap();
    let message = |config: &Config| match run(&work, config, &Silent) {
        Err(StepError::Failed(error)) => error.to_string(),
        other => panic!("{other:?}"),
    };
    assert!(
        message(&config("")).contains("run `hscode encode` first")
            || message(&config("")).contains("run `hscode split` first")
    );
    all(&work, &config(""), &StopAt(AtomicU64::new(0), 6)).unwrap_err();
    let mut other = config("");
    other.train.seed = 1;
    assert!(message(&other).contains("other settings or data"));
    let error = Config::parse("[start]\nmodel = \"a\"\nvocabulary = \"b\"\n").unwrap_err();
    assert!(error.message().contains("expected a model, or vocabulary and vectors"));
    let error = Config::parse("[start]\nvectors = \"b\"\n").unwrap_err();
    assert!(error.message().contains("start.vectors: expected the vocabulary"));
}
