//! Model packages from outside: whole ones open, and nothing else does.
#![cfg(feature = "packages")]
#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

#[path = "common/damage.rs"]
mod damage;
#[path = "common/draw.rs"]
mod draw;

use std::borrow::Cow;
use std::fs;
use std::path::{Path, PathBuf};

use damage::{Files, every_flip_and_truncation_is_refused, open};
use hscode_core::package::{
    CARD, DataSource, LEXICAL, LEXICAL_SETTINGS, MANIFEST, Manifest, Metric, PROBE, ProbeCase, REFERENCES,
    diff, sha256,
};
use hscode_core::{Classifier, Edition, ErrorKind, Level, ModelPackage, Options};

/// The package of two chapters that `cargo xtask model` makes.
fn tiny_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/packages/tiny")
}

fn tiny() -> Files {
    let entries = fs::read_dir(tiny_folder()).unwrap().map(|entry| entry.unwrap());
    entries.map(|entry| (entry.file_name().into_string().unwrap(), fs::read(entry.path()).unwrap())).collect()
}

/// The manifest with one text in place of another, sealed anew: only then are the rules behind the seal reached.
fn with_manifest(from: &str, to: &str) -> Files {
    let mut files = tiny();
    let text = String::from_utf8(files[MANIFEST].clone()).unwrap();
    assert!(text.contains(from), "{from}");
    files.insert(MANIFEST.to_owned(), sealed(&text.replacen(from, to, 1)));
    files
}

fn sealed(manifest: &str) -> Vec<u8> {
    let at = manifest.rfind("\"seal\": \"").unwrap() + 9;
    format!("{}{}\"\n}}\n", &manifest[..at], sha256(&manifest.as_bytes()[..at])).into_bytes()
}

/// The package with another file, its digest and size in the manifest.
fn with_file(name: &str, bytes: Vec<u8>) -> Files {
    let mut files = tiny();
    let old = files.insert(name.to_owned(), bytes).unwrap();
    let entry = |bytes: &[u8]| {
        format!(
            "\"name\": \"{name}\",\n      \"bytes\": {},\n      \"sha256\": \"{}\"",
            bytes.len(),
            sha256(bytes)
        )
    };
    let text = String::from_utf8(files[MANIFEST].clone()).unwrap();
    let (from, to) = (entry(&old), entry(&files[name]));
    assert!(text.contains(&from), "{from}");
    files.insert(MANIFEST.to_owned(), sealed(&text.replacen(&from, &to, 1)));
    files
}

#[track_caller]
fn refused(files: &Files, kind: ErrorKind, part: &str) {
    let error = open(files).unwrap_err();
    assert_eq!(error.kind(), kind, "{error}");
    assert!(error.message().contains(part), "expected {part:?} in: {error}");
}

#[test]
fn a_whole_package_opens_and_answers() {
    let package = ModelPackage::open(tiny_folder()).unwrap();
    let manifest = package.manifest();
    assert_eq!((manifest.name.as_str(), manifest.version.as_str()), ("tiny", "1"));
    assert_eq!(manifest.id(), format!("tiny@1#{}", &manifest.seal()[..12]));
    assert_eq!(package.file(MANIFEST), Some(&tiny()[MANIFEST][..]));
    assert_eq!(package.file("other"), None);
    assert!(package.probe_len() >= 5 && manifest.total_bytes() < 200_000);
    let classifier = package.classifier();
    let prediction = classifier.classify("live horse", &Options::default()).unwrap();
    assert_eq!(prediction.model(), manifest.id());
    assert!(prediction.best().unwrap().code().as_str().starts_with("0101"));
    assert_eq!(classifier.info().edition(), &Edition::HS2022);
    assert_eq!(ModelPackage::verify(tiny_folder()).unwrap(), *manifest);
    assert_eq!(open(&tiny()).unwrap().manifest(), manifest);
    // The classifier outlives its package.
    drop(package);
    assert!(classifier.classify("oil painting", &Options::default()).is_ok());
}

#[test]
fn every_flip_and_truncation_is_refused_with_the_file_named() {
    every_flip_and_truncation_is_refused(&tiny());
}

#[test]
fn every_bit_of_the_manifest_counts() {
    let whole = tiny();
    for at in 0..whole[MANIFEST].len() * 8 {
        let mut files = whole.clone();
        files.get_mut(MANIFEST).unwrap()[at / 8] ^= 1 << (at % 8);
        let error = open(&files).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Package, "bit {at}: {error}");
        assert!(error.message().starts_with("manifest.json: "), "bit {at}: {error}");
    }
}

#[test]
fn files_must_be_those_of_the_manifest() {
    for name in tiny().keys() {
        let mut files = tiny();
        files.remove(name);
        refused(&files, ErrorKind::Package, &format!("{name}: expected a file, saw none"));
    }
    let mut files = tiny();
    files.insert("notes.txt".to_owned(), b"hello".to_vec());
    refused(&files, ErrorKind::Package, "notes.txt: not in manifest.json");
    refused(&Files::new(), ErrorKind::Package, "manifest.json: expected a file, saw none");
    let twice = [("a", Cow::Borrowed(&b""[..])), ("a", Cow::Borrowed(&b""[..]))];
    assert_eq!(ModelPackage::from_files(twice).unwrap_err().kind(), ErrorKind::InvalidInput);
}

#[test]
fn manifests_of_other_versions_are_unsupported() {
    let cases = [
        ("\"format\": 1", "\"format\": 2", "format 2: this version reads format 1"),
        (
            "\"text_version\": 1",
            "\"text_version\": 2",
            "text_version 2: this version reads text as version 1",
        ),
        ("\"lexical\"\n", "\"oracle\"\n", "model of kind \"oracle\": this version opens lexical"),
        ("\"HS2022\"", "\"HS2017\"", "edition HS2017: models of kind lexical answer HS2022"),
        ("\"HS2022\"", "\"US-HTS@2025-01-01\"", "edition US-HTS@2025-01-01"),
        // A newer format may have fields that this version does not know.
        ("\"format\": 1", "\"format\": 7,\n  \"colour\": \"red\"", "format 7"),
    ];
    for (from, to, part) in cases {
        refused(&with_manifest(from, to), ErrorKind::Unsupported, part);
    }
}

#[test]
fn manifests_that_break_a_rule_are_refused() {
    let seed = "\"seed\": null";
    let settings = "\"lexical.tsv\"";
    let size = format!("\"bytes\": {}", tiny()[LEXICAL_SETTINGS].len());
    let metric = |n: u64, low: f64| {
        format!(
            "\"metrics\": [{{\"name\":\"a\",\"level\":\"heading\",\"data\":\"d\",\"data_digest\":\"x\",\"n\":{n},\
             \"value\":0.5,\"low\":{low},\"high\":0.6}}]"
        )
    };
    let none = "\"metrics\": []";
    let cases: Vec<(&str, String, &str)> = vec![
        (seed, format!("{seed},\n  \"colour\": \"red\""), "unknown field `colour`"),
        (seed, format!("{seed},\n  {seed}"), "duplicate field `seed`"),
        (seed, "\"seed\": -1".into(), "invalid value"),
        (&seed[..6], "\"sed\"".into(), "unknown field `sed`"),
        ("\"HS2022\"", "\"HS2021\"".into(), "edition \"HS2021\": expected one of HS1992"),
        ("\"subheading\"", "\"heading\"".into(), "level heading: the models inside answer subheading"),
        ("\"subheading\"", "\"section\"".into(), "unknown variant"),
        ("\"tiny\"", "\"../tiny\"".into(), "name \"../tiny\": expected"),
        ("\"version\": \"1\"", "\"version\": \"\"".into(), "version \"\": expected"),
        ("\"lexical\"\n", "\"lexical\", \"lexical\"\n".into(), "models: \"lexical\" twice"),
        ("\"lexical\"\n", "\n".into(), "models: expected 1 to 8, saw 0"),
        (settings, "\"../lexical.tsv\"".into(), "file \"../lexical.tsv\": expected a plain name"),
        (settings, "\"/etc/passwd\"".into(), "file \"/etc/passwd\": expected a plain name"),
        (settings, "\"a\\\\b\"".into(), "expected a plain name"),
        (settings, "\".lexical\"".into(), "expected a plain name"),
        (settings, "\"lex\\u0000ical\"".into(), "file \"lex\\0ical\": expected a plain name"),
        (settings, "\"\"".into(), "expected a plain name"),
        (settings, "\"Manifest.json\"".into(), "file Manifest.json: named twice"),
        (settings, "\"probe.JSONL\"".into(), "file probe.jsonl: named twice"),
        (settings, "\"CARD.md\"".into(), "file CARD.md: named twice"),
        (settings, "\"zzz.tsv\"".into(), "expected files in the order of their names"),
        (settings, "\"lexical.txt\"".into(), "lexical.tsv: not in manifest.json"),
        (&size, "\"bytes\": 18446744073709551615".into(), "18446744073709551615 bytes: expected at most"),
        (&size, "\"bytes\": 1073741825".into(), "expected at most 1073741824"),
        (&size, "\"bytes\": 1073741".into(), "lexical.tsv: expected 1073741 bytes, saw"),
        (&size, "\"bytes\": -1".into(), "invalid value"),
        (&size, "\"bytes\": 1e3".into(), "invalid type"),
        (
            "\"split_sha256\": null",
            "\"split_sha256\": \"abc\"".into(),
            "split_sha256: \"abc\": expected a SHA-256",
        ),
        (none, metric(0, 0.4), "metric a on d: expected n above 0"),
        (none, metric(5, 0.55), "expected n above 0 and low <= value <= high"),
    ];
    for (from, to, part) in cases {
        let files = with_manifest(from, &to);
        refused(&files, ErrorKind::Package, part);
        assert!(open(&files).unwrap_err().message().starts_with(match part {
            part if part.starts_with("lexical.tsv: ") => "lexical.tsv: ",
            _ => "manifest.json: ",
        }));
    }
    let files = with_manifest(none, &metric(5, 0.4));
    assert_eq!(open(&files).unwrap().manifest().metrics[0].n, 5);
}

#[test]
fn hostile_manifests_are_errors_in_bounded_time() {
    let manifest = |bytes: Vec<u8>| Files::from([(MANIFEST.to_owned(), bytes)]);
    refused(&manifest(Vec::new()), ErrorKind::Package, "manifest.json: ");
    refused(&manifest(b"{}".to_vec()), ErrorKind::Package, "manifest.json: ");
    refused(&manifest(vec![0xff; 1000]), ErrorKind::Package, "manifest.json: ");
    refused(&manifest(vec![b'['; 200_000]), ErrorKind::Package, "manifest.json: ");
    refused(&manifest(vec![b' '; 300_000]), ErrorKind::Package, "300000 bytes: expected at most 262144");
    let many = format!("\"tools\": [{}\n", "{\"name\":\"t\",\"version\":\"1\"},".repeat(600));
    refused(
        &with_manifest("\"tools\": [\n", &many),
        ErrorKind::Package,
        "tools: expected at most 512 entries",
    );
    let long = format!("\"origin\": \"{}", "x".repeat(2000));
    refused(&with_manifest("\"origin\": \"", &long), ErrorKind::Package, "expected 1 to 1024 bytes");
    // Not the last field, or something behind it.
    let text = String::from_utf8(tiny()[MANIFEST].clone()).unwrap();
    refused(&manifest(format!("{text}\n").into_bytes()), ErrorKind::Package, "expected a last line \"seal\"");
}

#[test]
fn answers_other_than_the_probe_s_are_refused() {
    // Other thresholds decide otherwise; the files themselves are sound.
    let settings = "threshold chapter 0.99\nthreshold heading 0.99\nthreshold subheading 0.99\n";
    let error = open(&with_file(LEXICAL_SETTINGS, settings.as_bytes().to_vec())).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Package);
    assert!(error.message().starts_with("probe.jsonl line "), "{error}");
    assert!(
        error.message().contains(": expected {\"decision\":")
            && error.message().contains(", saw {\"decision\":")
    );
    assert!(!error.message().contains("horse") && !error.message().contains("painting"), "{error}");

    let probe = String::from_utf8(tiny()[PROBE].clone()).unwrap();
    let score = probe.find("\"score\":0.").unwrap() + 12;
    let mut last_digit = probe.clone().into_bytes();
    last_digit[score] = if last_digit[score] == b'1' { b'2' } else { b'1' };
    refused(&with_file(PROBE, last_digit), ErrorKind::Package, "probe.jsonl line ");
    let cases: [(String, &str); 10] = [
        (String::new(), "probe.jsonl: expected at least one line"),
        ("\n".to_owned(), "probe.jsonl: line 1: column 0"),
        (
            probe.replacen("{\"description\"", "{ \"description\"", 1),
            "line 1: expected the fields in their order",
        ),
        (
            probe.replacen(",\"answer\"", ",\"level\":null,\"answer\"", 1),
            "line 1: expected the fields in their order",
        ),
        (probe.replacen("\"description\"", "\"text\"", 1), "line 1: column"),
        (probe.replacen(",\"answer\"", ",\"within\":\"77\",\"answer\"", 1), "probe.jsonl line 1: within 77"),
        (
            probe.replacen(",\"answer\"", ",\"level\":\"tariff-line\",\"answer\"", 1),
            "line 1: level tariff-line",
        ),
        (probe.replacen(",\"answer\"", ",\"coverage\":2,\"answer\"", 1), "line 1: coverage 2"),
        (
            probe.lines().next().unwrap().to_owned().add_newline().repeat(1001),
            "line 1001: expected at most 1000 lines",
        ),
        (format!("{}\n", "x".repeat(1 << 22)), "expected at most 4194304"),
    ];
    for (probe, part) in cases {
        refused(&with_file(PROBE, probe.into_bytes()), ErrorKind::Package, part);
    }
    refused(&with_file(PROBE, vec![0xff, b'\n']), ErrorKind::Package, "probe.jsonl: not UTF-8");
}

trait Newline {
    fn add_newline(self) -> String;
}

impl Newline for String {
    fn add_newline(mut self) -> String {
        self.push('\n');
        self
    }
}

#[test]
fn models_that_do_not_open_are_named_by_their_file() {
    refused(
        &with_file(LEXICAL_SETTINGS, b"threshold chapter 2".to_vec()),
        ErrorKind::Package,
        "lexical.tsv: settings",
    );
    refused(&with_file(LEXICAL_SETTINGS, vec![0xff]), ErrorKind::Package, "lexical.tsv: not UTF-8");
    refused(&with_file(REFERENCES, b"HSREFS09".to_vec()), ErrorKind::Package, "references.bin: references: ");
    let empty = hscode_core::lexical::reference_bytes([]).unwrap();
    refused(&with_file(REFERENCES, empty), ErrorKind::Package, "references.bin: expected texts, saw none");
}

#[test]
fn folders_hold_plain_files_only() {
    let at = tempfile::tempdir().unwrap();
    let folder = |name: &str| {
        let folder = at.path().join(name);
        fs::create_dir(&folder).unwrap();
        for (name, bytes) in tiny() {
            fs::write(folder.join(name), bytes).unwrap();
        }
        folder
    };
    #[track_caller]
    fn refused(folder: &Path, part: &str) {
        let error = ModelPackage::open(folder).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Package, "{error}");
        assert!(error.message().starts_with(&folder.display().to_string()), "{error}");
        assert!(error.message().contains(part), "expected {part:?} in: {error}");
    }
    ModelPackage::open(folder("whole")).unwrap();
    refused(&at.path().join("none"), "saw nothing of that name");
    fs::create_dir(at.path().join("empty")).unwrap();
    refused(&at.path().join("empty"), "manifest.json: expected a file, saw none");
    fs::write(at.path().join("file"), b"{}").unwrap();
    refused(&at.path().join("file"), "saw something else of that name");

    let missing = folder("missing");
    fs::remove_file(missing.join(REFERENCES)).unwrap();
    refused(&missing, "references.bin: expected a file, saw none");
    let extra = folder("extra");
    fs::write(extra.join("x.txt"), b"").unwrap();
    refused(&extra, "x.txt: not in manifest.json");
    let inner = folder("inner");
    fs::remove_file(inner.join(CARD)).unwrap();
    fs::create_dir(inner.join(CARD)).unwrap();
    refused(&inner, "CARD.md: expected a plain file, saw a folder");
    let cut = folder("cut");
    fs::write(cut.join(REFERENCES), &tiny()[REFERENCES][..1000]).unwrap();
    refused(&cut, "references.bin: expected ");
    let many = folder("many");
    for number in 0..100 {
        fs::write(many.join(format!("{number}.txt")), b"").unwrap();
    }
    refused(&many, "expected at most 65 files");
    #[cfg(unix)]
    {
        use std::os::unix::ffi::OsStrExt as _;
        let linked = folder("linked");
        fs::rename(linked.join(CARD), at.path().join(CARD)).unwrap();
        std::os::unix::fs::symlink(at.path().join(CARD), linked.join(CARD)).unwrap();
        refused(&linked, "CARD.md: expected a plain file, saw a link");
        let odd = folder("odd");
        fs::write(odd.join(std::ffi::OsStr::from_bytes(b"a\xff")), b"").unwrap();
        refused(&odd, "expected a plain name");
        let socket = folder("socket");
        let _listening = std::os::unix::net::UnixListener::bind(socket.join("s")).unwrap();
        refused(&socket, "s: expected a plain file, saw something that is no file");
        // A deployment may point to the package in force by a link.
        std::os::unix::fs::symlink(at.path().join("whole"), at.path().join("current")).unwrap();
        ModelPackage::open(at.path().join("current")).unwrap();
    }
}

/// The two chapters as the parts that `build` takes.
fn parts() -> (Manifest, Files, Vec<ProbeCase>) {
    let mut files = tiny();
    files.retain(|name, _| name != MANIFEST && name != PROBE);
    let mut manifest = Manifest::new("built", "2", &[LEXICAL], Edition::HS2022, Level::Subheading);
    manifest.seed = Some(7);
    manifest.data.push(DataSource {
        name: "own".to_owned(),
        licence: "own declarations".to_owned(),
        origin: "a test".to_owned(),
        machine_written: false,
        rows: 3,
        sha256: sha256(b"rows"),
    });
    manifest.metrics.push(Metric {
        name: "accuracy_top1".to_owned(),
        level: Level::Subheading,
        data: "dev".to_owned(),
        data_digest: sha256(b"dev"),
        n: 100,
        value: 0.1 + 0.2,
        low: 0.1,
        high: 0.7,
    });
    let questions = vec![
        ProbeCase::new("thoroughbred \"mare\" \\ é\n for breeding"),
        ProbeCase::new("oil painting").with_coverage(0.35),
        ProbeCase::new("bronze statue").with_level(Level::Chapter),
        ProbeCase::new("live donkey").with_within("0101".parse().unwrap()),
        ProbeCase::new("x".repeat(10_000)),
    ];
    (manifest, files, questions)
}

#[test]
fn the_same_parts_give_the_same_bytes_and_open() {
    let build = || {
        let (manifest, files, questions) = parts();
        ModelPackage::build(manifest, files, &questions).unwrap()
    };
    let package = build();
    let bytes: Files = package.files().map(|(name, bytes)| (name.to_owned(), bytes.to_vec())).collect();
    let again: Files = build().files().map(|(name, bytes)| (name.to_owned(), bytes.to_vec())).collect();
    assert_eq!(bytes, again);
    let opened = open(&bytes).unwrap();
    assert_eq!(opened.manifest(), package.manifest());
    assert_eq!((opened.manifest().seed, opened.probe_len()), (Some(7), 5));
    assert_eq!(opened.manifest().metrics[0].value, 0.1 + 0.2);
}

#[test]
fn parts_that_cannot_be_a_package_are_refused() {
    let build = |change: &dyn Fn(&mut Manifest, &mut Files, &mut Vec<ProbeCase>)| {
        let (mut manifest, mut files, mut questions) = parts();
        change(&mut manifest, &mut files, &mut questions);
        ModelPackage::build(manifest, files, &questions).unwrap_err()
    };
    for own in [MANIFEST, PROBE] {
        let error = build(&|_, files, _| drop(files.insert(own.to_owned(), Vec::new())));
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error}");
    }
    let error = build(&|_, _, questions| questions.clear());
    assert!(error.message().contains("probe.jsonl: expected at least one line"), "{error}");
    let error = build(&|_, _, questions| questions.push(ProbeCase::new("x").with_coverage(1.5)));
    assert!(error.message().starts_with("probe.jsonl line 6: coverage 1.5"), "{error}");
    let error = build(&|_, files, _| drop(files.remove(CARD)));
    assert!(error.message().contains("expected CARD.md among them"), "{error}");
    let error = build(&|_, files, _| drop(files.remove(REFERENCES)));
    assert!(error.message().starts_with("references.bin: expected a file"), "{error}");
    let error = build(&|_, files, _| drop(files.insert("a/b".to_owned(), Vec::new())));
    assert!(error.message().contains("expected a plain name"), "{error}");
    let error = build(&|manifest, _, _| manifest.models.push("oracle".to_owned()));
    assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
    let error = build(&|manifest, _, _| manifest.metrics[0].n = 0);
    assert!(error.message().contains("expected n above 0"), "{error}");
    let error = build(&|manifest, _, _| manifest.data[0].sha256.push('0'));
    assert!(error.message().contains("expected a SHA-256"), "{error}");
}

#[test]
fn differences_are_named_and_show_no_description() {
    let package = open(&tiny()).unwrap();
    assert_eq!(diff(&package, &open(&tiny()).unwrap()).unwrap(), []);
    let (mut manifest, mut files, mut questions) = parts();
    manifest.name = "tiny".to_owned();
    questions.truncate(1);
    let strict = "threshold chapter 0.99\nthreshold heading 0.99\nthreshold subheading 0.99\n";
    files.insert(LEXICAL_SETTINGS.to_owned(), strict.as_bytes().to_vec());
    let other = ModelPackage::build(manifest, files, &questions).unwrap();
    let differences = diff(&package, &other).unwrap();
    let named = |part: &str| -> Vec<&str> {
        differences.iter().filter(|d| d.part == part).map(|d| d.name.as_str()).collect()
    };
    assert_eq!(named("file"), ["lexical.tsv", "probe.jsonl"]);
    assert_eq!(named("metric"), ["accuracy_top1 of subheading on dev"]);
    assert_eq!(named("threshold").len(), 3);
    assert_eq!(named("data"), ["descriptions", "own", "titles"]);
    assert_eq!(named("manifest"), ["seed", "tool hscode", "version"]);
    assert!(named("answer").contains(&"to line 002 of the first probe"), "{differences:?}");
    assert!(named("answer").contains(&"to line 001 of the second probe"), "{differences:?}");
    let shown: String = differences.iter().map(|d| format!("{d}\n")).collect();
    assert!(shown.contains("manifest version: 1 -> 2\n"), "{shown}");
    assert!(!shown.contains("mare") && !shown.contains("painting") && !shown.contains("horse"), "{shown}");
    // The other way round, first and second change places.
    let back = diff(&other, &package).unwrap();
    assert!(
        back.iter().any(|d| d.part == "manifest" && d.name == "version" && d.first.as_deref() == Some("2"))
    );
}

#[cfg(feature = "embedded-model")]
#[test]
fn the_embedded_model_is_a_whole_package() {
    let package = hscode_core::embedded_package().unwrap();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("model");
    let on_disk = ModelPackage::open(folder).unwrap();
    assert_eq!(package.manifest(), on_disk.manifest());
    assert_eq!(package.classifier().info().classes(), 5612);
    let prediction = hscode_core::embedded().unwrap().classify("cotton tee", &Options::default()).unwrap();
    assert_eq!(prediction.model(), package.manifest().id());
    assert!(package.manifest().data.iter().all(|data| data.machine_written));
    let card = String::from_utf8(package.file(CARD).unwrap().to_vec()).unwrap();
    assert!(card.contains("machine") && card.contains("## Limits") && card.contains("## Intended use"));
    let lexical = hscode_core::Lexical::embedded().unwrap();
    assert_eq!(lexical.info().model(), package.manifest().id());
}
