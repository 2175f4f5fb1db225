//! What each fuzz target does with its bytes: read them, and check what must hold of whatever is read.
//!
//! The targets of `fuzz_targets/` hand these functions to libFuzzer; `hscode-core/tests/fuzz.rs` calls the same
//! functions with drawn and changed bytes on a stable compiler, with every run of the tests.

use std::borrow::Cow;
use std::collections::BTreeMap;

use hscode_core::features::{FeatureSpec, Features, GramSpec, PairSpec, WordPiece};
use hscode_core::package::{MANIFEST, PROBE, sha256};
use hscode_core::text::{Description, check};
use hscode_core::text_cnn::Weights;
use hscode_core::{Edition, HsCode, Lexical, ModelPackage, Nomenclature};

/// Settings that any model of references takes.
const SETTINGS: &str = "threshold chapter 0.5\nthreshold heading 0.5\nthreshold subheading 0.5\n";

/// A whole package of two files and a probe, to put bytes into.
const PACKAGE: [(&str, &[u8]); 5] = [
    ("CARD.md", include_bytes!("../../tests/packages/tiny/CARD.md")),
    ("lexical.tsv", include_bytes!("../../tests/packages/tiny/lexical.tsv")),
    (MANIFEST, include_bytes!("../../tests/packages/tiny/manifest.json")),
    (PROBE, include_bytes!("../../tests/packages/tiny/probe.jsonl")),
    ("references.bin", include_bytes!("../../tests/packages/tiny/references.bin")),
];

fn opened(files: BTreeMap<&str, Vec<u8>>) -> bool {
    let files = files.into_iter().map(|(name, bytes)| (name, Cow::Owned(bytes)));
    ModelPackage::from_files(files).is_ok()
}

fn package() -> BTreeMap<&'static str, Vec<u8>> {
    PACKAGE.iter().map(|&(name, bytes)| (name, bytes.to_vec())).collect()
}

/// The manifest with the seal that its text has, so that the rules behind the seal are reached.
fn sealed(manifest: &str) -> Vec<u8> {
    let Some(at) = manifest.rfind("\"seal\": \"").map(|at| at + 9) else { return manifest.into() };
    format!("{}{}\"\n}}\n", &manifest[..at], sha256(&manifest.as_bytes()[..at])).into_bytes()
}

/// `manifest.json` of a package, as it is and sealed.
pub fn manifest(bytes: &[u8]) {
    let mut files = package();
    files.insert(MANIFEST, bytes.to_vec());
    opened(files.clone());
    if let Ok(text) = std::str::from_utf8(bytes) {
        files.insert(MANIFEST, sealed(text));
        opened(files);
    }
}

/// `probe.jsonl` of a package, with its size and digest in the manifest.
pub fn probe(bytes: &[u8]) {
    let mut files = package();
    let entry = |bytes: &[u8]| {
        let (length, digest) = (bytes.len(), sha256(bytes));
        format!("\"name\": \"{PROBE}\",\n      \"bytes\": {length},\n      \"sha256\": \"{digest}\"")
    };
    let (old, new) = (entry(&files[PROBE]), entry(bytes));
    let manifest = String::from_utf8_lossy(&files[MANIFEST]).into_owned();
    assert!(manifest.contains(&old), "the package in the repository is another");
    files.insert(MANIFEST, sealed(&manifest.replacen(&old, &new, 1)));
    files.insert(PROBE, bytes.to_vec());
    opened(files);
}

/// `text-cnn.bin`.
pub fn weights(bytes: &[u8]) {
    if let Ok(weights) = Weights::from_bytes(bytes) {
        assert_eq!(weights.to_bytes().as_deref().ok(), Some(bytes), "the file is not what is written");
    }
}

/// `references.bin`.
pub fn references(bytes: &[u8]) {
    if let Ok(model) = Lexical::from_bytes(bytes, "fuzzed", SETTINGS) {
        model.scores("cotton tee");
    }
}

/// `vocabulary.txt`, with a word to read by it behind the first empty line.
pub fn vocabulary(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let (pieces, word) = text.split_once("\n\n").unwrap_or((text, "cotton"));
    if let Ok(pieces) = WordPiece::from_text(pieces) {
        let mut ids = Vec::new();
        pieces.encode_word(word, &mut ids);
        assert!(ids.iter().all(|&id| (id as usize) < pieces.len()));
        assert_eq!(ids.is_empty(), word.is_empty());
    }
}

/// A description: any text is read, checked, cut into tokens and features.
pub fn description(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let mut description = Description::new();
    description.read(&text);
    for token in description.tokens() {
        assert!(text.get(token.start..token.end).is_some() && !token.text.is_empty());
    }
    // What is normal stays as it is.
    let normal = description.text().to_owned();
    let mut again = Description::new();
    again.read(&normal);
    assert_eq!(again.text(), normal);
    for finding in check(&text).findings {
        assert!(finding.start <= finding.end && finding.end <= text.len());
    }
    let spec = FeatureSpec {
        max_words: 48,
        max_tokens: 48,
        max_word_bytes: 64,
        pairs: Some(PairSpec { buckets: 97, reach: 3 }),
        grams: Some(GramSpec { buckets: 89, shortest: 3, longest: 5, words: true }),
    };
    let mut features = Features::default();
    spec.read(description.tokens().map(|token| token.text), None, &mut features);
    assert!(features.pairs.iter().all(|&pair| pair < 97) && features.grams.iter().all(|&gram| gram < 89));
}

/// A code as people write it.
pub fn code(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if let Ok(code) = HsCode::parse(text) {
        assert_eq!(HsCode::parse(code.as_str()).ok(), Some(code));
        assert_eq!(HsCode::parse(&code.dotted()).ok(), Some(code));
        assert!(code.chapter().covers(&code));
    }
}

/// An official file of a nomenclature.
pub fn nomenclature(bytes: &[u8]) {
    if let Ok(nomenclature) = Nomenclature::from_bytes(bytes, &Edition::HS2022) {
        for &code in nomenclature.all() {
            assert!(nomenclature.contains(code));
            nomenclature.title(code);
        }
    }
}
