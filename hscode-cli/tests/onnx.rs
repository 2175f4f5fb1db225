//! Networks out as ONNX, in as packages, and against the engine of the house.
#![cfg(feature = "onnx")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::collections::BTreeMap;
use std::path::Path;

use common::{Folder, hscode};
use hscode_core::onnx::{Onnx, OnnxFiles};
use hscode_core::{Classifier, Edition, ErrorKind, HsCode, ModelPackage, Options, TextCnn};
use hscode_train::disk::Folders;
use hscode_train::encoder::{VocabularyConfig, train_vocabulary};
use hscode_train::models::{Model, ModelKind, NeuralModel, Sample, TrainConfig, TrainingData, train};
use hscode_train::nets::{HashedShape, NetworkShape};
use hscode_train::pack::text_cnn_weights;
use hscode_train::progress::Silent;

/// Texts of this repository over two chapters.
fn rows() -> Vec<(HsCode, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../data/descriptions");
    let mut rows = Vec::new();
    for chapter in ["09", "66"] {
        let text = std::fs::read_to_string(folder.join(format!("{chapter}.tsv"))).unwrap();
        for line in text.lines().skip(1) {
            let mut cells = line.splitn(3, '\t');
            rows.push((cells.next().unwrap().parse().unwrap(), cells.nth(1).unwrap().to_owned()));
        }
    }
    rows
}

/// A small network that has learnt from every third text, kept in a file and read again.
fn network(folder: &Folder, model: ModelKind, rounded: bool) -> (NeuralModel, String) {
    let rows: Vec<(HsCode, String)> = rows().into_iter().step_by(3).collect();
    let mut classes: Vec<HsCode> = rows.iter().map(|row| row.0).collect();
    classes.sort();
    classes.dedup();
    let vocabulary = VocabularyConfig { pieces: 500, ..VocabularyConfig::default() };
    let vocabulary = train_vocabulary(rows.iter().map(|row| row.1.as_str()), &vocabulary).unwrap();
    let sample = |(code, text): &(HsCode, String)| Sample {
        text: text.clone(),
        class: classes.binary_search(code).ok().map(|class| class as u32),
        ..Sample::default()
    };
    let samples = rows.iter().map(sample).collect();
    let data = TrainingData { samples, vocabulary, classes, ..TrainingData::default() };
    let mut config = TrainConfig { model, threads: 1, ..TrainConfig::default() };
    config.network = NetworkShape {
        pieces: 400,
        token_dim: 12,
        filters: 10,
        widths: vec![1, 2, 3],
        lstm_units: 10,
        pairs: HashedShape { buckets: 500, dim: 6 },
        grams: HashedShape { buckets: 900, dim: 8 },
        hidden: vec![24],
        ..NetworkShape::default()
    };
    config.learn.epochs = 6;
    config.learn.batch = 48;
    config.learn.rate = 0.01;
    config.learn.measure_every = 0;
    config.rounding.share = if rounded { 0.25 } else { 0.0 };
    let path = folder.path("model.bin");
    train(&config, &data, None, &Silent).unwrap().model.save(&Folders, Path::new(&path)).unwrap();
    (NeuralModel::open(&Folders, Path::new(&path)).unwrap(), path)
}

/// Texts that were learnt from and others, the empty one, a word, and the longest.
fn texts() -> Vec<String> {
    let mut texts: Vec<String> = rows().into_iter().skip(1).step_by(7).map(|row| row.1).collect();
    texts.push(String::new());
    texts.push("tea".to_owned());
    texts.push("qwxzv".to_owned());
    texts.push("black tea in bags, green tea, umbrella of cotton and steel ".repeat(60));
    texts.push("uncharacteristically-internationalized ".repeat(50));
    texts.push("コーヒー豆".to_owned());
    texts
}

fn open(model: &NeuralModel) -> Onnx {
    let files: BTreeMap<String, Vec<u8>> = hscode_train::onnx::folder(model).unwrap();
    let text = |name: &str| files.get(name).map(|bytes| std::str::from_utf8(bytes).unwrap());
    let files = OnnxFiles {
        network: &files["model.onnx"],
        codes: text("codes.txt").unwrap(),
        settings: text("onnx.tsv").unwrap(),
        vocabulary: text("vocabulary.txt"),
        tokenizer: None,
    };
    Onnx::open(files, "test@1", Edition::HS2022).unwrap()
}

#[test]
fn logits_of_the_export_are_those_of_the_trainer() {
    for (kind, rounded) in [
        (ModelKind::TextCnn, false),
        (ModelKind::Dnn, false),
        (ModelKind::Lstm, false),
        (ModelKind::TextCnn, true),
        (ModelKind::Dnn, true),
    ] {
        let folder = Folder::new(&format!("onnx-{}-{rounded}", kind.as_str()));
        let (model, _) = network(&folder, kind, rounded);
        let export = open(&model);
        let texts = texts();
        let borrowed: Vec<&str> = texts.iter().map(String::as_str).collect();
        let expected = model.logits(&borrowed);
        let mut apart = 0;
        for (text, expected) in texts.iter().zip(expected.chunks_exact(model.classes().len())) {
            let seen = export.logits(text).unwrap();
            let most = seen.iter().zip(expected).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
            // The trainer sums f32, the export whole numbers: where they fall on two sides of a tie, one
            // activation differs by its step.
            assert!(most < if rounded { 0.3 } else { 1e-4 }, "{kind:?}, rounded {rounded}: {most}");
            apart += usize::from(most >= 1e-4);
        }
        assert!(apart * 50 <= texts.len(), "{kind:?}: {apart} of {}", texts.len());
    }
}

#[test]
fn the_engine_of_the_house_computes_what_the_export_does() {
    for kind in [ModelKind::TextCnn, ModelKind::Dnn] {
        let folder = Folder::new(&format!("oracle-{}", kind.as_str()));
        let (model, _) = network(&folder, kind, true);
        let export = open(&model);
        let settings = "threshold chapter 0.5\nthreshold heading 0.5\nthreshold subheading 0.5\n";
        let weights = text_cnn_weights(&model).unwrap();
        let engine = TextCnn::from_weights(weights, model.vocabulary(), settings, "test@1").unwrap();
        let options = Options::default().with_top_k(5);
        let texts = texts();
        let mut compared = 0;
        for text in &texts {
            let ours = engine.logits(text);
            if ours.is_empty() {
                continue;
            }
            let seen = export.logits(text).unwrap();
            let most = seen.iter().zip(&ours).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
            assert!(most < 1e-4, "{kind:?}: {most}");
            let (a, b) = (engine.classify(text, &options).unwrap(), export.classify(text, &options).unwrap());
            assert_eq!(a.best().map(|best| best.code()), b.best().map(|best| best.code()), "{kind:?}");
            compared += 1;
        }
        assert!(compared + 5 > texts.len(), "{compared} of {}", texts.len());
    }
}

#[test]
fn a_network_goes_out_and_in_again_by_two_commands() {
    let folder = Folder::new("onnx-commands");
    let (model, path) = network(&folder, ModelKind::TextCnn, true);
    let (exported, package) = (folder.path("exported"), folder.path("package"));
    let said = hscode(&["model", "export", &path, &exported]).status(0).stdout;
    assert!(said.contains(&format!("{} codes", model.classes().len())), "{said}");
    hscode(&["model", "export", &path, &exported]).status(2);
    hscode(&["model", "export", &folder.path("none.bin"), &folder.path("other")]).status(4);
    hscode(&["model", "export", &folder.file("bad.bin", b"nothing"), &folder.path("other")]).status(3);

    // A threshold that accepts, as one would choose.
    let settings = folder.read("exported/onnx.tsv").replace("subheading\t1", "subheading\t0.3");
    folder.file("exported/onnx.tsv", settings);
    let said = hscode(&["model", "import", &exported, &package]).status(0).stdout;
    assert!(said.contains("text-cnn@1#"), "{said}");
    hscode(&["model", "verify", &package]).status(0);
    let info = hscode(&["model", "info", &package, "--json"]).status(0).stdout;
    assert!(info.contains("\"onnx\""), "{info}");
    let answer = hscode(&[
        "classify",
        "--model",
        &package,
        "black tea in bags, fermented",
        "--output-format",
        "jsonl",
    ]);
    let answer: serde_json::Value = serde_json::from_str(answer.status(0).stdout.trim()).unwrap();
    assert_eq!(answer["classifier"], "onnx");
    assert!(answer["candidates"][0]["code"].as_str().unwrap().starts_with("09"), "{answer}");

    // A file of the package that was changed, and networks that cannot be run.
    let network = std::fs::read(folder.path("package/model.onnx")).unwrap();
    let mut changed = network.clone();
    changed[network.len() / 2] ^= 1;
    folder.file("package/model.onnx", &changed);
    let said = hscode(&["model", "verify", &package]).status(3).stderr;
    assert!(said.contains("model.onnx"), "{said}");
    folder.file("exported/model.onnx", &network[..network.len() / 2]);
    let said = hscode(&["model", "import", &exported, &folder.path("second")]).status(3).stderr;
    assert!(said.contains("model.onnx"), "{said}");
    std::fs::remove_file(folder.path("exported/codes.txt")).unwrap();
    let said = hscode(&["model", "import", &exported, &folder.path("second")]).status(2).stderr;
    assert!(said.contains("codes.txt"), "{said}");
    assert!(!Path::new(&folder.path("second")).exists());
}

#[test]
fn packages_of_networks_are_refused_when_an_answer_differs() {
    let folder = Folder::new("onnx-probe");
    let (_, path) = network(&folder, ModelKind::Dnn, true);
    hscode(&["model", "export", &path, &folder.path("exported")]).status(0);
    let package = hscode_train::pack::import_onnx(Path::new(&folder.path("exported"))).unwrap();
    let mut files: BTreeMap<String, Vec<u8>> =
        package.files().map(|(name, bytes)| (name.to_owned(), bytes.to_vec())).collect();
    files.insert("onnx.tsv".to_owned(), b"".to_vec());
    let given = files.iter().map(|(name, bytes)| (name.as_str(), bytes.clone().into()));
    let error = ModelPackage::from_files(given).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Package);
    assert!(error.message().starts_with("onnx.tsv"), "{error}");
}
