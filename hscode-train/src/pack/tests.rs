//! Packing: the same bytes, whole folders or none, cards that say what they must.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use hscode_core::package::{
    CARD, DataSource, LEXICAL, LEXICAL_SETTINGS, MANIFEST, Metric, ModelPackage, ProbeCase, REFERENCES, Tool,
    sha256,
};
use hscode_core::{Classifier, Edition, ErrorKind, Level, lexical};

use super::{Card, Manifest, metrics_of, pack, publish};
use crate::disk::Folders;
use crate::disk::faulty::{Fault, FaultyDisk};
use crate::evaluate::{Contestant, DatasetBuilder, EvaluateOptions, evaluate};
use crate::progress::Silent;

const TEXTS: [(&str, &str); 6] = [
    ("010121", "pure-bred breeding stallion"),
    ("090121", "roasted coffee beans, arabica"),
    ("610910", "mens cotton crew neck tee"),
    ("610910", "ladies cotton tee shirt"),
    ("640399", "leather shoes for men"),
    ("901310", "telescopic sight for rifle"),
];

fn card() -> Card {
    Card {
        licence: "CC0-1.0".to_owned(),
        summary: "Six goods.".to_owned(),
        intended_use: vec!["Tests.".to_owned()],
        limits: vec!["Knows six texts.".to_owned()],
    }
}

fn manifest() -> Manifest {
    let mut manifest = Manifest::new("six", "3", &[LEXICAL], Edition::HS2022, Level::Subheading);
    manifest.data.push(DataSource {
        name: "a | b".to_owned(),
        licence: "CC0-1.0".to_owned(),
        origin: "this test".to_owned(),
        machine_written: true,
        rows: 6,
        sha256: sha256(b"six"),
    });
    manifest.tools.push(Tool { name: "hscode".to_owned(), version: "0.1.0".to_owned() });
    manifest
}

fn files() -> BTreeMap<String, Vec<u8>> {
    let texts = TEXTS.map(|(code, text)| (code.parse().unwrap(), text));
    let settings = "threshold chapter 0.5\nthreshold heading 0.5\nthreshold subheading 0.5\n";
    BTreeMap::from([
        (REFERENCES.to_owned(), lexical::reference_bytes(texts).unwrap()),
        (LEXICAL_SETTINGS.to_owned(), settings.as_bytes().to_vec()),
    ])
}

fn package() -> ModelPackage {
    pack(manifest(), &card(), files(), &[ProbeCase::new("cotton tee"), ProbeCase::new("gift")]).unwrap()
}

fn bytes(package: &ModelPackage) -> BTreeMap<String, Vec<u8>> {
    package.files().map(|(name, bytes)| (name.to_owned(), bytes.to_vec())).collect()
}

#[test]
fn the_same_facts_give_the_same_bytes_wherever_they_are_written() {
    let folder = tempfile::tempdir().unwrap();
    let (first, second) = (package(), package());
    assert_eq!(bytes(&first), bytes(&second));
    for (name, package) in [("one", &first), ("elsewhere", &second)] {
        publish(&Folders, &folder.path().join(name), package).unwrap();
    }
    for (name, expected) in bytes(&first) {
        assert_eq!(fs::read(folder.path().join("one").join(&name)).unwrap(), expected, "{name}");
        assert_eq!(fs::read(folder.path().join("elsewhere").join(&name)).unwrap(), expected, "{name}");
    }
    assert_eq!(names(folder.path()), ["elsewhere", "one"]);
    assert_eq!(ModelPackage::open(folder.path().join("one")).unwrap().manifest(), first.manifest());
}

#[test]
fn the_card_says_what_the_model_is_for_and_what_it_was_made_of() {
    let mut facts = manifest();
    facts.metrics.push(Metric {
        name: "accuracy_top1".to_owned(),
        level: Level::Subheading,
        data: "dev".to_owned(),
        data_digest: sha256(b"dev"),
        n: 183,
        value: 0.628,
        low: 0.556,
        high: 0.695,
    });
    let package = pack(facts, &card(), files(), &[ProbeCase::new("cotton tee")]).unwrap();
    let text = String::from_utf8(package.file(CARD).unwrap().to_vec()).unwrap();
    for part in [
        "# six 3\n\nSix goods.",
        "| answers | codes of HS2022, down to the subheading |",
        "| licence | CC0-1.0 |",
        "## Intended use\n\n- Tests.",
        "## Limits\n\n- Knows six texts.",
        "| a \\| b | 6 | machine | CC0-1.0 | this test |",
        "Texts written by a machine are not declarations",
        "| dev | subheading | accuracy_top1 | 183 | 62.8 | 55.6 | 69.5 |",
        "Made by hscode 0.1.0.",
    ] {
        assert!(text.contains(part), "{part:?} in:\n{text}");
    }
    let without = package_text();
    assert!(without.contains("None were measured for this package."), "{without}");
    for change in [
        (|card: &mut Card| card.limits.clear()) as fn(&mut Card),
        |card| card.intended_use.clear(),
        |card| card.summary = " ".to_owned(),
        |card| card.licence.clear(),
    ] {
        let mut card = card();
        change(&mut card);
        let error = pack(manifest(), &card, files(), &[ProbeCase::new("tee")]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error}");
    }
    let mut with_card = files();
    with_card.insert(CARD.to_owned(), Vec::new());
    let error = pack(manifest(), &card(), with_card, &[ProbeCase::new("tee")]).unwrap_err();
    assert!(error.message().starts_with("CARD.md: expected the model's files only"), "{error}");
}

fn package_text() -> String {
    String::from_utf8(package().file(CARD).unwrap().to_vec()).unwrap()
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn what_is_published_stays_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path().join("six");
    publish(&Folders, &at, &package()).unwrap();
    let before = fs::read(at.join(MANIFEST)).unwrap();
    let error = publish(&Folders, &at, &package()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    assert!(error.message().contains("what is published is never changed"), "{error}");
    assert_eq!(fs::read(at.join(MANIFEST)).unwrap(), before);
    // Not over anything else either: an empty folder, a file, a link that leads nowhere.
    let other = folder.path().join("other");
    fs::create_dir(&other).unwrap();
    assert!(publish(&Folders, &other, &package()).is_err());
    fs::write(folder.path().join("file"), b"x").unwrap();
    assert!(publish(&Folders, &folder.path().join("file"), &package()).is_err());
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink("nowhere", folder.path().join("link")).unwrap();
        assert!(publish(&Folders, &folder.path().join("link"), &package()).is_err());
    }
    assert!(publish(&Folders, Path::new("/"), &package()).is_err());
    assert!(!names(folder.path()).iter().any(|name| name.ends_with(".part")));
}

#[test]
fn a_full_disk_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path().join("six");
    let package = package();
    let total: usize = package.files().map(|(_, bytes)| bytes.len()).sum();
    for budget in (0..total).step_by(total / 40) {
        let disk = FaultyDisk::new(Fault::Full, budget as i64);
        let error = publish(&disk, &at, &package).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Io, "{error}");
        assert!(error.message().contains("six.part"), "{error}");
        assert_eq!(names(folder.path()), [""; 0], "budget {budget}");
    }
    publish(&FaultyDisk::new(Fault::Full, total as i64), &at, &package).unwrap();
    ModelPackage::open(&at).unwrap();
}

#[test]
fn a_run_that_is_killed_leaves_no_package_and_the_next_one_goes_on() {
    let package = package();
    let mut killed = 0;
    for budget in 0.. {
        let folder = tempfile::tempdir().unwrap();
        let at = folder.path().join("six");
        let disk = FaultyDisk::new(Fault::Killed, budget);
        if publish(&disk, &at, &package).is_ok() {
            break;
        }
        killed += 1;
        assert!(!at.exists(), "operation {budget}");
        publish(&Folders, &at, &package).unwrap();
        assert_eq!(names(folder.path()), ["six"]);
    }
    assert!(killed > 10, "{killed}");
}

#[test]
fn figures_come_from_the_report_of_this_very_model() {
    let package = package();
    let mut rows = DatasetBuilder::new("dev", Edition::HS2022, Edition::HS2022).unwrap();
    for (index, (code, text)) in TEXTS.iter().enumerate() {
        rows.push(index as u64, text, code);
    }
    let data = [rows.finish().unwrap()];
    let classifier = package.classifier();
    let contestants = [Contestant { label: "six", classifier: &*classifier, size_bytes: None }];
    let mut options = EvaluateOptions::default();
    options.run.latency_samples = 0;
    let report = evaluate(&data, &contestants, &options, &Silent).unwrap().report;
    let id = package.manifest().id();
    assert_eq!(classifier.info().model(), id);
    let metrics = metrics_of(&report, &id).unwrap();
    let top = metrics.iter().find(|m| m.name == "accuracy_top1" && m.level == Level::Subheading).unwrap();
    assert_eq!((top.n, top.data.as_str()), (6, "dev"));
    assert!(top.low < top.value && top.value <= top.high && top.value > 0.9);
    assert_eq!(top.data_digest, data[0].digest());
    assert!(metrics.iter().any(|m| m.name == "accuracy_top5" && m.level == Level::Chapter));
    assert!(metrics.iter().any(|m| m.name == "accepted_right"));
    let mut facts = manifest();
    facts.metrics = metrics;
    pack(facts, &card(), files(), &[ProbeCase::new("tee")]).unwrap();
    let error = metrics_of(&report, "six@3#000000000000").unwrap_err();
    assert!(error.message().contains(&id), "{error}");
}
