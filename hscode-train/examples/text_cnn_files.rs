//! Writes the files of a `text-cnn` model from a trained network, and compares the two.
//!
//! ```text
//! cargo run --release -p hscode-train --example text_cnn_files -- MODEL OUT SETTINGS [FILE..]
//! ```
//! MODEL: as `Model::save` writes it. OUT: a folder for the files. SETTINGS: the lines of text-cnn.tsv, as a file.
//! FILE: JSON lines with `text`: on these the shipped engine is compared with the network as training computes it.

#![allow(clippy::print_stdout, clippy::unwrap_used, clippy::expect_used, missing_docs)]

use std::path::Path;

use hscode_core::TextCnn;
use hscode_core::package::{TEXT_CNN_VOCABULARY, TEXT_CNN_WEIGHTS};
use hscode_train::disk::Folders;
use hscode_train::models::{Model, NeuralModel};
use hscode_train::pack::text_cnn_files;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [model, out, settings, files @ ..] = arguments.as_slice() else {
        println!("expected MODEL OUT SETTINGS [FILE..]");
        return;
    };
    let model = NeuralModel::open(&Folders, Path::new(model)).unwrap();
    let settings = std::fs::read_to_string(settings).unwrap();
    let made = text_cnn_files(&model, &settings).unwrap();
    std::fs::create_dir_all(out).unwrap();
    for (name, bytes) in &made {
        println!("{name}: {} bytes", bytes.len());
        std::fs::write(Path::new(out).join(name), bytes).unwrap();
    }
    let flat: String =
        settings.lines().filter(|line| !line.starts_with("walk")).map(|line| format!("{line}\n")).collect();
    let vocabulary = std::str::from_utf8(&made[TEXT_CNN_VOCABULARY]).unwrap();
    let engine = TextCnn::from_bytes(&made[TEXT_CNN_WEIGHTS], vocabulary, &flat, "compared").unwrap();
    for file in files {
        let text = std::fs::read_to_string(file).expect(file);
        let texts: Vec<String> = text
            .lines()
            .map(|line| {
                let row: serde_json::Value = serde_json::from_str(line).unwrap();
                row["text"].as_str().unwrap().to_owned()
            })
            .collect();
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let expected = model.scores(&texts).unwrap();
        let (mut same, mut largest, mut read) = (0, 0.0_f32, 0);
        for (text, row) in texts.iter().zip(expected.chunks_exact(model.classes().len())) {
            let seen: Vec<f32> = engine.scores(text).iter().map(|score| score.1.exp()).collect();
            if seen.is_empty() {
                continue; // it names nothing: the engine does not ask the network
            }
            read += 1;
            let best =
                |row: &[f32]| (0..row.len()).max_by(|&a, &b| row[a].total_cmp(&row[b]).then(b.cmp(&a)));
            same += usize::from(best(&seen) == best(row));
            largest = seen.iter().zip(row).fold(largest, |most, (a, b)| most.max((a - b).abs()));
        }
        println!(
            "{file}: the same subheading for {same} of {read}; probabilities differ by at most {largest:.2e}"
        );
    }
}
