//! A network as ONNX: a file that other runtimes load, and a check on our own engine.
//!
//! The graph reads lists of ids and gives logits:
//!
//! | name | type and shape | what |
//! |---|---|---|
//! | `tokens` | i64, texts x length | word-piece ids |
//! | `pairs` | i64, texts x length | buckets of word pairs, where the network has them |
//! | `grams` | i64, texts x length | buckets of runs of characters, where the network has them |
//! | `logits` | f32, texts x classes | in the order of `codes.txt` |
//!
//! Shorter lists are filled up with the id behind the last one (the number of rows of the table), which counts
//! for nothing; a list has at least one id, be it of that kind. [`hscode_core::features`] says how ids come from
//! text, and `onnx.tsv`, which [`folder`] writes, with which sizes.
//!
//! A network that was trained with rounding is written with its integers (one byte a weight) and rounds in the
//! graph as it does in training; one that was not, with its f32. The file of the first is exact where sums of
//! whole numbers stay below 2^24, the largest that f32 holds without gaps.

mod graph;
mod network;
mod proto;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use hscode_core::Error;
use hscode_core::package::{ONNX_CODES, ONNX_NETWORK, ONNX_SETTINGS, ONNX_VOCABULARY};

use crate::disk::Disk;
use crate::models::{Model, NeuralModel};
use crate::pack::DESCRIPTION;

const TOKENS: &str = "tokens";
const PAIRS: &str = "pairs";
const GRAMS: &str = "grams";
const LOGITS: &str = "logits";

/// The bytes of a trained network's ONNX file; the same network gives the same bytes.
///
/// # Errors
/// `InvalidInput` when the network lacks a part that its shape names.
pub fn export(model: &NeuralModel) -> Result<Vec<u8>, Error> {
    Ok(network::model(&model.network, facts(model))?.to_bytes())
}

/// The same network in plain f32, without the rounding that it was trained for: for comparing other runtimes at
/// their best, since it asks them for fewer operators.
///
/// # Errors
/// As [`export`].
pub fn export_plain(model: &NeuralModel) -> Result<Vec<u8>, Error> {
    let network = crate::nets::Network { rounding: None, ..model.network.clone() };
    Ok(network::model(&network, facts(model))?.to_bytes())
}

fn facts(model: &NeuralModel) -> Vec<(&'static str, String)> {
    vec![
        ("model", model.kind().as_str().to_owned()),
        ("text_version", hscode_core::text::VERSION.to_string()),
        ("feature_hash_version", hscode_core::features::FEATURE_HASH_VERSION.to_string()),
    ]
}

/// The files of a folder from which `hscode model import` makes a package: the network, its vocabulary, its codes,
/// and settings to edit: thresholds that accept nothing and a description of the package.
///
/// # Errors
/// As [`export`].
pub fn folder(model: &NeuralModel) -> Result<BTreeMap<String, Vec<u8>>, Error> {
    let codes: String = model.classes().iter().map(|code| format!("{code}\n")).collect();
    let mut files = BTreeMap::from([
        (ONNX_NETWORK.to_owned(), export(model)?),
        (ONNX_CODES.to_owned(), codes.into_bytes()),
        (ONNX_SETTINGS.to_owned(), settings(model).into_bytes()),
        (DESCRIPTION.to_owned(), description(model).into_bytes()),
    ]);
    if model.network.tokens.is_some() {
        files.insert(ONNX_VOCABULARY.to_owned(), model.vocabulary().as_bytes().to_vec());
    }
    Ok(files)
}

/// Writes the files of [`folder`] into a new folder, whole or not at all.
///
/// # Errors
/// As [`export`]; `InvalidInput` when there is something of that name, `Io` when the disk fails.
pub fn write(disk: &dyn Disk, path: &Path, model: &NeuralModel) -> Result<(), Error> {
    let files = folder(model)?;
    let files = files.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice()));
    crate::pack::new_folder(disk, path, files, |_| Ok(()))
}

fn settings(model: &NeuralModel) -> String {
    let spec = model.shape().features();
    let mut text = format!(
        "# How texts become ids, and scores decisions; docs/onnx.md says what each line means.\n\
         reader\tfeatures\nmax_words\t{}\nmax_tokens\t{}\nmax_word_bytes\t{}\n",
        spec.max_words, spec.max_tokens, spec.max_word_bytes
    );
    // Writing to a String cannot fail.
    if let Some(pairs) = spec.pairs.filter(|_| model.network.pairs.is_some()) {
        let _ = writeln!(text, "pairs\t{}\t{}", pairs.buckets, pairs.reach);
    }
    if let Some(grams) = spec.grams.filter(|_| model.network.grams.is_some()) {
        let words = if grams.words { "words" } else { "runs" };
        let _ = writeln!(text, "grams\t{}\t{}\t{}\t{words}", grams.buckets, grams.shortest, grams.longest);
    }
    let tables = [
        (TOKENS, model.network.tokens.is_some()),
        (PAIRS, model.network.pairs.is_some()),
        (GRAMS, model.network.grams.is_some()),
    ];
    for (name, _) in tables.into_iter().filter(|table| table.1) {
        let _ = writeln!(text, "input\t{name}\t{name}");
    }
    let _ = write!(
        text,
        "output\t{LOGITS}\n\
         # Choose these on held-out text: until then nothing is accepted.\n\
         temperature\t1\nthreshold\tchapter\t1\nthreshold\theading\t1\nthreshold\tsubheading\t1\n"
    );
    text
}

fn description(model: &NeuralModel) -> String {
    format!(
        "# What the package is; `hscode model import` makes it of this folder.\n\
         name = \"{}\"\nversion = \"1\"\nedition = \"HS2022\"\n\n\
         [card]\nlicence = \"not stated\"\n\
         summary = \"Gives HS codes for goods descriptions by a network ({}) of {} weights over {} codes.\"\n\
         intended_use = [\"Proposing codes to people who decide.\"]\n\
         limits = [\"It gives no legal ruling.\", \"Its scores were not calibrated, so it accepts nothing.\"]\n\n\
         # Its questions stand in the package for all to read: take no declarations of others.\n\
         [[question]]\ndescription = \"mens cotton crew neck tee\"\n\
         [[question]]\ndescription = \"gift\"\n",
        model.kind().as_str().replace('_', "-"),
        model.kind().as_str(),
        model.weights(),
        model.classes().len(),
    )
}
