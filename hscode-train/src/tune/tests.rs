//! Whole searches: stopped, on failing disks, out of time, pruned.

use std::path::Path;
use std::sync::atomic::AtomicU64;

use super::*;
use crate::disk::faulty::{Fault, FaultyDisk};
use crate::evaluate::Logs;
use crate::prepare::{Prepare, prepare};
use crate::progress::Silent;
use crate::training::encode;

/// A small network over two chapters of the repository's own texts.
fn config(more: &str) -> Config {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../data/descriptions");
    let mut text = format!(
        "[split]\ndev = 0.1\n[train.network]\npieces = 400\ntoken_dim = 8\nfilters = 4\nhidden = [8]\n\
         [train.network.grams]\nbuckets = 400\ndim = 4\n\
         [train.learn]\nepochs = 2\nbatch = 24\nrate = 0.02\ncheckpoint_every = 4\n\
         [tune]\ntrials = 7\ndrawn = 3\nmeasurements = 4\nprune_after = 2\n{more}\n\
         [tune.parameters]\n\"train.learn.rate\" = {{ from = 1e-5, to = 0.05, log = true }}\n\
         \"train.network.hidden\" = {{ of = [[8], [16]] }}\n\"train.learn.epochs\" = {{ from = 1, to = 2 }}\n"
    );
    for chapter in ["13", "45"] {
        let path = data.join(format!("{chapter}.tsv"));
        text.push_str(&format!("[[sources]]\nname = \"c{chapter}\"\npath = {path:?}\n"));
    }
    Config::parse(&text).unwrap()
}

/// A folder that is divided and encoded.
fn divided(config: &Config) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let work = WorkDir::open(folder.path()).unwrap();
    prepare(&work, config, Prepare::Split, &Silent, |_, _| ()).unwrap();
    encode(&work, config, &Silent).unwrap();
    drop(work);
    folder
}

fn search(folder: &Path, config: &Config, progress: &dyn Progress) -> Result<Tuned, StepError> {
    run(&WorkDir::open(folder).unwrap(), config, progress, |_, _| ())
}

/// What does not depend on the clock.
fn steady(study: &Study) -> Vec<Trial> {
    study.trials().iter().map(|trial| Trial { seconds: 0.0, ..trial.clone() }).collect()
}

#[test]
fn a_search_finds_settings_prunes_and_writes_its_files() {
    let config = config("");
    let folder = divided(&config);
    let mut heard = 0;
    let work = WorkDir::open(folder.path()).unwrap();
    let tuned = run(&work, &config, &Silent, |study, trial| {
        heard += 1;
        assert_eq!(study.trials().last(), Some(trial));
    })
    .unwrap();
    assert_eq!((tuned.study.trials().len(), heard, tuned.out_of_time), (7, 7, false));
    let pruned = tuned.study.trials().iter().filter(|trial| trial.state == TrialState::Pruned);
    assert!(pruned.clone().count() >= 1);
    assert!(pruned.clone().all(|trial| trial.number >= 2 && trial.curve.len() < 4));
    let best = tuned.study.best().unwrap();
    assert!(
        tuned
            .study
            .trials()
            .iter()
            .all(|trial| trial.value <= best.value || trial.state != TrialState::Complete)
    );
    assert!(best.value.unwrap() > 0.2, "{best:?}");
    let mut logs = Logs::default();
    logs.add(&std::fs::read_to_string(work.path(STUDY)).unwrap()).unwrap();
    assert_eq!(logs.studies[0].trials.len(), 7);
    // The best settings are lines of a train.toml.
    let text = std::fs::read_to_string(work.path(BEST)).unwrap();
    let read = Config::parse(&text).unwrap();
    assert_eq!(
        Setting::List(vec![Setting::Whole(read.train.network.hidden[0] as i64)]),
        best.parameters["train.network.hidden"]
    );
    // More trials go on from these; the same search has nothing left to do.
    let mut more = config.clone();
    more.tune.trials = 9;
    let longer = run(&work, &more, &Silent, |_, _| ()).unwrap();
    assert_eq!(longer.study.trials()[..7], *tuned.study.trials());
    assert_eq!(run(&work, &config, &Silent, |_, _| panic!("a trial")).unwrap().study, longer.study);
}

/// Stops after so many steps of all trials together.
struct StopAfter(AtomicU64);

impl Progress for StopAfter {
    fn advance(&self, _done: u64) {
        let _ = self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1));
    }
    fn stop(&self) -> bool {
        self.0.load(Ordering::Relaxed) == 0
    }
}

#[test]
fn a_stopped_search_makes_the_same_trials() {
    let config = config("");
    let folder = divided(&config);
    let whole = steady(&search(folder.path(), &config, &Silent).unwrap().study);
    let folder = divided(&config);
    let mut stops = 0;
    let study = loop {
        match search(folder.path(), &config, &StopAfter(AtomicU64::new(9 + 5 * stops))) {
            Ok(tuned) => break tuned.study,
            Err(StepError::Stopped) => stops += 1,
            Err(StepError::Failed(error)) => panic!("{error}"),
        }
    };
    assert!(stops >= 3, "{stops}");
    assert_eq!(steady(&study), whole);
    // A kill or a full disk at some writes: what was kept is whole, and the search ends the same.
    let folder = divided(&config);
    for (fault, budget) in [
        (Fault::Killed, 3),
        (Fault::Killed, 700),
        (Fault::Killed, 1_500),
        (Fault::Full, 30_000),
        (Fault::Full, 100_000),
    ] {
        let work = WorkDir::on(Box::new(FaultyDisk::new(fault, budget)), folder.path()).unwrap();
        let error = run(&work, &config, &Silent, |_, _| ()).err();
        assert!(error.is_none_or(|error| error.to_string().contains("cannot")));
    }
    assert_eq!(steady(&search(folder.path(), &config, &Silent).unwrap().study), whole);
}

#[test]
fn minutes_end_a_search_which_then_goes_on() {
    let mut config = config("");
    let folder = divided(&config);
    config.tune.minutes = 1e-9;
    let tuned = search(folder.path(), &config, &Silent).unwrap();
    assert!(tuned.out_of_time && tuned.study.trials().is_empty());
    config.tune.minutes = 0.0;
    assert_eq!(search(folder.path(), &config, &Silent).unwrap().study.trials().len(), 7);
}

#[test]
fn what_does_not_fit_is_told() {
    let good = config("");
    let folder = divided(&good);
    let message = |config: &Config| match search(folder.path(), config, &Silent) {
        Err(StepError::Failed(error)) => error.to_string(),
        other => panic!("{other:?}"),
    };
    let mut wrong = good.clone();
    wrong.tune.parameters = BTreeMap::new();
    assert!(message(&wrong).contains("expected [tune.parameters], seen none"));
    let range = good.tune.parameters["train.learn.epochs"].clone();
    wrong.tune.parameters = BTreeMap::from([("train.learn.epoch".to_owned(), range.clone())]);
    assert!(message(&wrong).contains("did you mean `epochs`?"), "{}", message(&wrong));
    wrong.tune.parameters = BTreeMap::from([("train.learn.hidden_dropout".to_owned(), range)]);
    assert!(message(&wrong).contains("expected 0 to below 1"), "{}", message(&wrong));
    wrong = good.clone();
    wrong.tune.set = Some("none".to_owned());
    assert!(message(&wrong).contains("development rows to measure on, seen none"));
    let mut few = good.clone();
    few.tune.trials = 1;
    search(folder.path(), &few, &Silent).unwrap();
    few.train.seed = 5;
    assert!(message(&few).contains("trials.jsonl: its trials are of other settings or data"));
    let path = folder.path().join(TRIALS);
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text.replace("\"number\":0", "\"number\":3")).unwrap();
    assert!(message(&good).contains("line 2: expected trial 0, seen 3"));
    std::fs::write(&path, "{").unwrap();
    assert!(message(&good).contains("line 1: expected what is searched"));
}
