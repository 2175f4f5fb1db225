//! A transformer with its tokenizer as a package, against onnxruntime.
#![cfg(feature = "onnx")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use hscode_core::onnx::{Onnx, OnnxFiles};
use hscode_core::package::{Manifest, ModelPackage, ONNX, ProbeCase};
use hscode_core::{Classifier, Edition, ErrorKind, Level, Options};

const NAMES: [&str; 4] = ["codes.txt", "model.onnx", "onnx.tsv", "tokenizer.json"];

fn read(name: &str) -> Vec<u8> {
    let folder = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/tiny-encoder"));
    std::fs::read(folder.join(name)).unwrap()
}

fn open() -> Onnx {
    let [codes, network, settings, tokenizer] = NAMES.map(read);
    let files = OnnxFiles {
        network: &network,
        codes: std::str::from_utf8(&codes).unwrap(),
        settings: std::str::from_utf8(&settings).unwrap(),
        vocabulary: None,
        tokenizer: Some(&tokenizer),
    };
    Onnx::open(files, "tiny@1", Edition::HS2022).unwrap()
}

/// `hscode-train/teacher/tiny_encoder.py` made the fixture.
#[test]
fn logits_of_a_transformer_are_those_of_onnxruntime() {
    #[derive(serde::Deserialize)]
    struct Case {
        text: String,
        logits: Vec<f32>,
    }
    let model = open();
    let cases: Vec<Case> = serde_json::from_slice(&read("reference.json")).unwrap();
    assert!(cases.len() > 10);
    for case in cases {
        let seen = model.logits(&case.text).unwrap();
        assert_eq!(seen.len(), case.logits.len());
        for (seen, expected) in seen.iter().zip(&case.logits) {
            assert!((seen - expected).abs() < 1e-4, "{:?}: {seen}, onnxruntime {expected}", case.text);
        }
    }
}

#[test]
fn any_text_is_answered_the_same_from_every_thread() {
    let model = Arc::new(open());
    let texts: Vec<String> = [
        "live horse",
        "",
        "\u{0} \u{7f} NUL \u{0} inside",
        "😀😀😀",
        "12345",
        "ปลา horse ﷽ ﬁ ǆ",
        "[CLS] [SEP] [PAD] horse [MASK]",
        "a\u{301}\u{301}\u{301} horse",
    ]
    .map(str::to_owned)
    .into_iter()
    .chain(["leather shoe ".repeat(10_000), "x".repeat(100_000)])
    .collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let options = Options::default().with_top_k(6).with_coverage(0.8).with_explain(true);
    let expected = model.classify_batch(&texts, &options).unwrap();
    assert!(expected[8].truncated() && expected[8].best().is_some());
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for (text, expected) in texts.iter().zip(&expected) {
                    assert_eq!(&model.classify(text, &options).unwrap(), expected);
                }
            });
        }
    });
    let within = options.with_within("64".parse().unwrap());
    let inside = model.classify("leather shoe", &within).unwrap();
    assert_eq!(inside.candidates().len(), 1);
    assert!((inside.candidates()[0].score() - 1.0).abs() < 1e-6);
}

fn package() -> ModelPackage {
    let manifest = Manifest::new("tiny-encoder", "1", &[ONNX], Edition::HS2022, Level::Subheading);
    let mut files: BTreeMap<String, Vec<u8>> =
        NAMES.iter().map(|name| ((*name).to_owned(), read(name))).collect();
    let card = "# tiny-encoder 1\n\nA transformer of drawn weights that has learnt nothing; for tests.\n";
    files.insert("CARD.md".to_owned(), card.into());
    let questions = ["live horse", "cotton tee", "gift", ""].map(ProbeCase::new);
    ModelPackage::build(manifest, files, &questions).unwrap()
}

fn reopened(package: &ModelPackage, change: impl Fn(&mut BTreeMap<String, Vec<u8>>)) -> ErrorKind {
    let mut files: BTreeMap<String, Vec<u8>> =
        package.files().map(|(name, bytes)| (name.to_owned(), bytes.to_vec())).collect();
    change(&mut files);
    let given = files.iter().map(|(name, bytes)| (name.as_str(), Cow::Owned(bytes.clone())));
    ModelPackage::from_files(given).unwrap_err().kind()
}

#[test]
fn a_package_of_a_transformer_opens_and_a_changed_one_does_not() {
    let package = package();
    assert_eq!(package.policies().next().unwrap().0, "onnx");
    assert_eq!(package.classifier().info().classes(), 6);
    let one_byte = |name: &'static str| {
        reopened(&package, |files| {
            let bytes = files.get_mut(name).unwrap();
            let middle = bytes.len() / 2;
            bytes[middle] ^= 1;
        })
    };
    for name in NAMES.into_iter().chain(["probe.jsonl", "manifest.json"]) {
        assert_eq!(one_byte(name), ErrorKind::Package, "{name}");
    }
    let manifest = Manifest::new("tiny-encoder", "1", &[ONNX], Edition::HS2022, Level::Subheading);
    let files = BTreeMap::from([("CARD.md".to_owned(), b"# tiny\n".to_vec())]);
    let error = ModelPackage::build(manifest, files, &[ProbeCase::new("x")]).unwrap_err();
    assert!(error.message().contains("model.onnx"), "{error}");
}

/// The same package in the repository: what Python, C and the command open in their tests.
fn committed() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/packages/tiny-onnx"))
}

#[test]
fn the_package_of_the_repository_is_this_one() {
    let committed = ModelPackage::open(committed()).unwrap();
    let built = package();
    assert_eq!(committed.probe_len(), built.probe_len());
    // Scores differ in the last digits between machines, and with them the probe's bytes and the seal.
    let files = |package: &ModelPackage| -> BTreeMap<String, Vec<u8>> {
        let own = package.files().filter(|(name, _)| !["manifest.json", "probe.jsonl"].contains(name));
        own.map(|(name, bytes)| (name.to_owned(), bytes.to_vec())).collect()
    };
    assert_eq!(files(&committed), files(&built));
}

/// Writes it anew: `cargo test -p hscode-core --features onnx --test onnx -- --ignored`.
#[test]
#[ignore = "writes tests/packages/tiny-onnx"]
fn write_the_package_of_the_repository() {
    std::fs::create_dir_all(committed()).unwrap();
    for (name, bytes) in package().files() {
        std::fs::write(committed().join(name), bytes).unwrap();
    }
}
