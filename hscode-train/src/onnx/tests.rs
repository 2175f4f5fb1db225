//! Exports against the trainer, by the results of another runtime.

use hscode_core::features::Features;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::*;
use crate::nets::{
    BagScale, Batch, Cache, HashedShape, Network, NetworkShape, Ragged, RoundingConfig, TokenReader,
};

/// Lists of ids, and the logits that onnxruntime gives for them.
#[derive(Serialize, Deserialize)]
struct Case {
    name: String,
    /// Of the exported file: the logits are of this very network.
    sha256: String,
    /// Ids filled up with padding, by the name of the input.
    inputs: BTreeMap<String, Vec<Vec<u32>>>,
    #[serde(default)]
    logits: Vec<Vec<f32>>,
}

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/onnx");

fn shape(reader: TokenReader) -> NetworkShape {
    NetworkShape {
        reader,
        pieces: 30,
        token_dim: 6,
        widths: vec![1, 2, 4],
        filters: 5,
        lstm_units: 5,
        pairs: HashedShape { buckets: 20, dim: 3 },
        grams: HashedShape { buckets: 25, dim: 4 },
        hidden: vec![9, 8],
        ..NetworkShape::default()
    }
}

/// Every part that a network may have, at least once.
fn networks() -> Vec<(String, Network)> {
    let none = HashedShape { buckets: 0, dim: 0 };
    let shapes = [
        ("text_cnn", shape(TokenReader::Conv), false),
        ("text_cnn rounded", NetworkShape { mean_pool: true, ..shape(TokenReader::Conv) }, true),
        (
            "text_cnn by means, rounded",
            NetworkShape {
                max_pool: false,
                mean_pool: true,
                mean_tokens: false,
                pairs: none,
                bag_scale: BagScale::Mean,
                hidden: vec![],
                ..shape(TokenReader::Conv)
            },
            true,
        ),
        ("dnn", NetworkShape { pairs: none, grams: none, ..shape(TokenReader::Mean) }, false),
        ("dnn rounded", NetworkShape { pairs: none, grams: none, ..shape(TokenReader::Mean) }, true),
        ("lstm", NetworkShape { pairs: none, grams: none, ..shape(TokenReader::Lstm) }, false),
        ("grams alone", NetworkShape { pairs: none, ..shape(TokenReader::None) }, false),
    ];
    let (batch, _) = batch(&shape(TokenReader::Conv));
    shapes
        .into_iter()
        .map(|(name, shape, rounded)| {
            let mut network = Network::new(&shape, 7, 3);
            for table in network.tables() {
                table.value.iter_mut().for_each(|x| *x *= 10.0);
            }
            for (number, p) in network.dense().into_iter().enumerate().filter(|(_, p)| !p.decays) {
                let draws = crate::nets::Draws::new(9, number as u64);
                p.value.iter_mut().enumerate().for_each(|(at, x)| *x += 0.2 * draws.normal(at as u64));
            }
            if rounded {
                network.begin_rounding(&RoundingConfig::default(), &batch, &mut Cache::default());
            }
            (name.to_owned(), network)
        })
        .collect()
}

/// Texts of 1 to 12 tokens, without and with pairs and grams; and the same as rows filled up with padding.
fn batch(shape: &NetworkShape) -> (Batch, BTreeMap<String, Vec<Vec<u32>>>) {
    let mut batch = Batch::default();
    for text in 0..24u64 {
        let draws = crate::nets::Draws::new(5, 5).sub(text);
        let ids = |from: u64, n: usize, below: usize| -> Vec<u32> {
            (0..n as u64).map(|at| draws.below(from + at, below) as u32).collect()
        };
        let longest = if text == 7 { 12 } else { 6 };
        batch.push(&Features {
            tokens: ids(0, 1 + draws.below(999, longest), shape.pieces),
            pairs: ids(100, draws.below(998, 4), 20),
            grams: ids(200, draws.below(997, 9), 25),
        });
    }
    let rows = |lists: &Ragged, padding: u32| -> Vec<Vec<u32>> {
        let longest = (0..lists.len()).map(|at| lists.list(at).len()).max().unwrap_or(0).max(1);
        (0..lists.len())
            .map(|at| {
                let mut row = lists.list(at).to_vec();
                row.resize(longest, padding);
                row
            })
            .collect()
    };
    let inputs = BTreeMap::from([
        (TOKENS.to_owned(), rows(&batch.tokens, 30)),
        (PAIRS.to_owned(), rows(&batch.pairs, 20)),
        (GRAMS.to_owned(), rows(&batch.grams, 25)),
    ]);
    (batch, inputs)
}

fn file(network: &Network) -> Vec<u8> {
    network::model(network, Vec::new()).unwrap().to_bytes()
}

fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn inputs(network: &Network) -> BTreeMap<String, Vec<Vec<u32>>> {
    let (_, mut inputs) = batch(&network.shape);
    let has = [(TOKENS, &network.tokens), (PAIRS, &network.pairs), (GRAMS, &network.grams)];
    for (name, _) in has.into_iter().filter(|(_, table)| table.is_none()) {
        inputs.remove(name);
    }
    inputs
}

/// Step 1 of 2 of renewing the fixture; `tests/onnx/reference_logits.py` is the other.
#[test]
#[ignore = "writes what tests/onnx/reference_logits.py reads"]
fn write_models() {
    let folder = std::path::Path::new(FOLDER).join("models");
    std::fs::create_dir_all(&folder).unwrap();
    let mut cases = Vec::new();
    for (at, (name, network)) in networks().into_iter().enumerate() {
        let bytes = file(&network);
        std::fs::write(folder.join(format!("{at}.onnx")), &bytes).unwrap();
        cases.push(Case { name, sha256: sha256(&bytes), inputs: inputs(&network), logits: Vec::new() });
    }
    std::fs::write(folder.join("cases.json"), serde_json::to_string(&cases).unwrap()).unwrap();
}

#[test]
fn logits_are_those_of_onnxruntime() {
    #[derive(Deserialize)]
    struct Fixture {
        cases: Vec<Case>,
    }
    let path = format!("{FOLDER}/reference_logits.json");
    let fixture: Fixture = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let networks = networks();
    assert_eq!(fixture.cases.len(), networks.len());
    for (case, (name, network)) in fixture.cases.iter().zip(&networks) {
        assert_eq!(&case.name, name);
        assert_eq!(case.sha256, sha256(&file(network)), "{name}: the export changed; renew the fixture");
        let (batch, _) = batch(&network.shape);
        let mut cache = Cache::default();
        network.forward(&batch, &mut cache, None);
        let seen: Vec<f32> = case.logits.concat();
        assert_eq!(seen.len(), cache.logits.len(), "{name}");
        for (at, (seen, expected)) in seen.iter().zip(&cache.logits).enumerate() {
            assert!((seen - expected).abs() < 1e-4, "{name}, logit {at}: {seen}, trainer {expected}");
        }
    }
}
