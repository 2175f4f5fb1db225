//! From a working folder to a package: the same bytes, what it says, what it refuses.

use std::path::Path;

use hscode_core::{Classifier as _, ErrorKind, Options};

use super::*;
use crate::config::Config;
use crate::disk::Folders;
use crate::models::{Model as _, NeuralModel, network_of};
use crate::prepare::{Prepare, prepare};
use crate::progress::{Silent, StepError};
use crate::training;
use crate::workdir::WorkDir;

/// A small network over two chapters of the repository's own texts.
fn config(references: &str) -> Config {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../data/descriptions");
    let mut text = format!(
        "[split]\ndev = 0.15\ntest = 0.15\n[package]\nname = \"two-chapters\"\nversion = \"3\"\nright = 0.6\n{references}\
         questions = [\"natural cork stoppers\", \"locust bean gum\"]\n\
         [train.network]\npieces = 600\ntoken_dim = 12\nfilters = 8\nhidden = [24]\n\
         [train.network.grams]\nbuckets = 1000\ndim = 12\n[train.learn]\nepochs = 12\nbatch = 24\nrate = 0.01\n"
    );
    for chapter in ["13", "45"] {
        let path = data.join(format!("{chapter}.tsv"));
        text.push_str(&format!(
            "[[sources]]\nname = \"c{chapter}\"\npath = {path:?}\nlicence = \"MIT OR Apache-2.0\"\n\
             machine_written = true\n"
        ));
    }
    Config::parse(&text).unwrap()
}

fn trained(config: &Config) -> (tempfile::TempDir, WorkDir) {
    let folder = tempfile::tempdir().unwrap();
    let work = WorkDir::open(folder.path()).unwrap();
    prepare(&work, config, Prepare::Split, &Silent, |_, _| ()).unwrap();
    training::encode(&work, config, &Silent).unwrap();
    training::run(&work, config, &Silent).unwrap();
    (folder, work)
}

fn message(result: Result<Packed, StepError>) -> String {
    match result {
        Err(StepError::Failed(error)) => error.to_string(),
        _ => panic!("no error"),
    }
}

#[test]
fn a_working_folder_becomes_a_package_always_of_the_same_bytes() {
    let config = config("references = false\n");
    let (folder, work) = trained(&config);
    let Packed { package, measured } = pack_work(&work, &config, &Silent).unwrap();
    let manifest = package.manifest();
    assert!(manifest.id().starts_with("two-chapters@3#"));
    let sources: Vec<&str> = manifest.data.iter().map(|source| source.name.as_str()).collect();
    assert_eq!(sources, ["c13", "c45"]);
    assert!(manifest.data[0].machine_written && manifest.data[0].origin == "13.tsv");
    let bytes = std::fs::read(&config.sources[0].path).unwrap();
    assert_eq!(manifest.data[0].sha256, hscode_core::package::sha256(&bytes));
    assert_eq!(manifest.seed, Some(2022));
    assert!(manifest.split_sha256.is_some());
    // What was measured is in the package, of this very test part.
    let (data, evaluated) = measured.unwrap();
    let n = work.record("split").unwrap().unwrap().counts.get("test");
    assert_eq!(evaluated.report.evaluations[0].n, n);
    let top1 = manifest.metrics.iter().find(|m| m.name == "accuracy_top1").unwrap();
    assert_eq!((top1.n, top1.data_digest.as_str()), (n, data.digest()));
    assert!(manifest.metrics.iter().any(|metric| metric.name == "accuracy_top5" && metric.value > 0.5));
    let settings = String::from_utf8(package.file("text-cnn.tsv").unwrap().to_vec()).unwrap();
    assert!(settings.contains("held-out rows: 60% of the accepted were right"), "{settings}");
    assert!(!settings.contains("subheading 0.500") && settings.contains("temperature "), "{settings}");
    // Again, in another folder: the same bytes.
    let (_other, other) = trained(&config);
    let again = pack_work(&other, &config, &Silent).unwrap().package;
    assert!(package.files().eq(again.files()));
    // It opens from the disk, and another training starts from it.
    let out = folder.path().join("package");
    publish(&Folders, &out, &package).unwrap();
    let mut next = config.clone();
    next.start.model = Some(out);
    next.train.learn.epochs = 1;
    let (_third, third) = trained(&next);
    let started = pack_work(&third, &next, &Silent).unwrap().package;
    assert_eq!(started.manifest().data[2].name, "start");
}

#[test]
fn references_are_asked_beside_the_network() {
    let config = config("");
    let (_folder, work) = trained(&config);
    let package = pack_work(&work, &config, &Silent).unwrap().package;
    assert_eq!(package.manifest().models, ["fused"]);
    let settings = String::from_utf8(package.file("fused.tsv").unwrap().to_vec()).unwrap();
    assert!(settings.contains("held-out rows") && settings.contains("\nsure 1.01\nweight 0."), "{settings}");
    let answer = package
        .classifier()
        .classify("natural cork stoppers", &Options::default().with_explain(true))
        .unwrap();
    assert_eq!(answer.classifier(), "text-cnn+lexical");
    assert!(!answer.explanation().unwrap().evidence.is_empty());
    assert!(package.files().eq(pack_work(&work, &config, &Silent).unwrap().package.files()));
}

#[test]
fn the_integers_of_a_package_are_a_network_again() {
    let config = config("references = false\n");
    let (_folder, work) = trained(&config);
    let model = NeuralModel::open(&Folders, &work.path(training::MODEL)).unwrap();
    let again = network_of(&text_cnn_weights(&model).unwrap(), model.vocabulary()).unwrap();
    assert_eq!(again.shape(), model.shape());
    let texts = ["natural cork stoppers for wine", "locust bean gum thickener", "agglomerated cork tiles"];
    let (before, after) = (model.scores(&texts).unwrap(), again.scores(&texts).unwrap());
    let most = before.iter().zip(&after).map(|(a, b)| (a - b).abs()).fold(0.0f32, f32::max);
    assert!(most < 0.1, "{most}");
    let best = |row: &[f32]| row.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1)).unwrap().0;
    let classes = model.classes().len();
    for (a, b) in before.chunks(classes).zip(after.chunks(classes)) {
        assert_eq!(best(a), best(b));
    }
}

#[test]
fn what_packages_do_not_hold_is_told() {
    let good = config("references = false\n");
    let (_folder, work) = trained(&good);
    let mut wrong = good.clone();
    wrong.package.questions.clear();
    assert!(message(pack_work(&work, &wrong, &Silent)).contains("package.questions: expected at least one"));
    wrong = good.clone();
    wrong.card.limits.clear();
    assert!(message(pack_work(&work, &wrong, &Silent)).contains("card: limits"));
    wrong = good.clone();
    wrong.package.name = "a name with spaces".to_owned();
    assert!(message(pack_work(&work, &wrong, &Silent)).contains("name"));
    // Nothing to measure on, little to choose on.
    let mut few = good.clone();
    few.split = crate::config::SplitConfig { dev: 0.02, test: 0.0, ..few.split };
    let (_folder, work) = trained(&few);
    let packed = pack_work(&work, &few, &Silent).unwrap();
    assert!(packed.measured.is_none() && packed.package.manifest().metrics.is_empty());
    assert!(packed.package.classifier().classify("cork", &Options::default()).is_ok());
    // The linear model and one without rounding are no packages.
    let mut svc = good.clone();
    svc.train.model = crate::models::ModelKind::Svc;
    svc.train.svc.gram_buckets = 4096;
    let (_folder, work) = trained(&svc);
    assert!(message(pack_work(&work, &svc, &Silent)).contains("train.model = \"text_cnn\" or \"dnn\""));
    let mut float = good;
    float.train.rounding.share = 0.0;
    let (_folder, work) = trained(&float);
    let Err(StepError::Failed(error)) = pack_work(&work, &float, &Silent) else { panic!("no error") };
    assert_eq!(error.kind(), ErrorKind::Unsupported);
}
