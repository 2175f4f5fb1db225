//! Our latency on a network, and the files from which `benches/peers.py` measures that of others.
//!
//!     cargo run --release -p hscode-train --example peers -- MODEL.bin TEXTS.jsonl FOLDER [SETTINGS]
//!
//! `TEXTS.jsonl`: objects with `text`. `SETTINGS`: lines of text-cnn.tsv, such as a walk; all classes are scored
//! without one. Texts are run in their order, five times; the best time of each counts. The engine's own logits go
//! along, so that the script also compares the answers of the engine with those of the exported network.

#![allow(clippy::print_stdout)]

use std::error::Error;
use std::fs;
use std::path::Path;
use std::time::Instant;

use hscode_core::features::{Features, WordPiece};
use hscode_core::text::Description;
use hscode_core::{Classifier, Options, TextCnn};
use hscode_train::disk::Folders;
use hscode_train::models::NeuralModel;
use hscode_train::pack::text_cnn_weights;
use serde_json::{Value, json};

const THRESHOLDS: &str = "threshold chapter 0.5\nthreshold heading 0.5\nthreshold subheading 0.5\n";

/// The best of five times of each text, in microseconds, sorted.
fn times(texts: &[String], mut run: impl FnMut(&str)) -> Vec<f64> {
    let mut best = vec![f64::INFINITY; texts.len()];
    for _ in 0..5 {
        for (text, best) in texts.iter().zip(&mut best) {
            let start = Instant::now();
            run(text);
            *best = best.min(start.elapsed().as_secs_f64() * 1e6);
        }
    }
    best.sort_by(f64::total_cmp);
    best
}

fn figures(name: &str, sorted: &[f64]) -> Value {
    let at = |share: f64| sorted[((sorted.len() - 1) as f64 * share) as usize];
    println!("{name}: p50 {:.1} us, p99 {:.1} us, n={}", at(0.5), at(0.99), sorted.len());
    json!({ "p50": at(0.5), "p99": at(0.99) })
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [model, texts, folder, more @ ..] = &arguments[..] else {
        return Err("expected MODEL.bin TEXTS.jsonl FOLDER [SETTINGS]".into());
    };
    let folder = Path::new(folder);
    let model = NeuralModel::open(&Folders, Path::new(model))?;
    let texts: Vec<String> = fs::read_to_string(texts)?
        .lines()
        .map(|line| Ok(serde_json::from_str::<Value>(line)?["text"].as_str().unwrap_or_default().to_owned()))
        .collect::<Result<_, serde_json::Error>>()?;
    fs::create_dir_all(folder)?;
    let files = hscode_train::onnx::folder(&model)?;
    fs::write(folder.join("model.onnx"), &files["model.onnx"])?;
    fs::write(folder.join("plain.onnx"), hscode_train::onnx::export_plain(&model)?)?;

    let settings = match more {
        [path] => fs::read_to_string(path)?,
        _ => THRESHOLDS.to_owned(),
    };
    let engine = |settings: &str| -> Result<TextCnn, hscode_core::Error> {
        TextCnn::from_weights(text_cnn_weights(&model)?, model.vocabulary(), settings, "peers@1")
    };
    let (walking, flat) = (engine(&settings)?, engine(THRESHOLDS)?);
    let options = Options::default();
    let ours = json!({
        "text": figures("text to top-5", &times(&texts, |text| {
            let _ = walking.classify(text, &options);
        })),
        "flat": figures("text to top-5, all classes scored", &times(&texts, |text| {
            let _ = flat.classify(text, &options);
        })),
    });
    fs::write(folder.join("ours.json"), ours.to_string())?;
    write_inputs(&model, &flat, &texts, &folder.join("inputs.jsonl"))
}

/// The ids that the network reads of each text, and the five highest logits of the engine with their classes.
fn write_inputs(
    model: &NeuralModel,
    engine: &TextCnn,
    texts: &[String],
    path: &Path,
) -> Result<(), Box<dyn Error>> {
    let spec = model.shape().features();
    let pieces = WordPiece::from_text(model.vocabulary())?;
    let (mut description, mut features, mut out) = (Description::new(), Features::default(), String::new());
    for text in texts {
        description.read(text);
        spec.read(description.tokens().map(|token| token.text), Some(&pieces), &mut features);
        let list = |ids: &[u32], padding: u32| if ids.is_empty() { vec![padding] } else { ids.to_vec() };
        let mut inputs = json!({ "tokens": list(&features.tokens, pieces.len() as u32) });
        if let Some(pairs) = spec.pairs {
            inputs["pairs"] = json!(list(&features.pairs, pairs.buckets));
        }
        if let Some(grams) = spec.grams {
            inputs["grams"] = json!(list(&features.grams, grams.buckets));
        }
        let logits = engine.logits(text);
        let mut best: Vec<usize> = (0..logits.len()).collect();
        best.sort_by(|&a, &b| logits[b].total_cmp(&logits[a]).then(a.cmp(&b)));
        let best: Vec<(usize, f32)> = best.into_iter().take(5).map(|at| (at, logits[at])).collect();
        out.push_str(&json!({ "text": text, "inputs": inputs, "best": best }).to_string());
        out.push('\n');
    }
    Ok(fs::write(path, out)?)
}
