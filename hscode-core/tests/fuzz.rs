//! The fuzz targets of fuzz/ on a stable compiler: drawn bytes, and real files with bytes changed.
#![cfg(all(feature = "packages", feature = "text-cnn"))]
#![allow(missing_docs, clippy::unwrap_used)]

#[path = "common/draw.rs"]
mod draw;
#[path = "common/network.rs"]
mod network;
#[path = "../../fuzz/src/lib.rs"]
#[allow(unreachable_pub, reason = "another crate's root")]
mod targets;

use network::Draw;

/// Runs a target on each file whole, on files with up to eight bytes changed, inserted or cut, and on drawn bytes.
///
/// With HSCODE_FUZZ_SEEDS=DIR it only writes the files to DIR/NAME, for libFuzzer to start from (fuzz/run.sh).
fn run(name: &str, target: fn(&[u8]), files: &[&[u8]], rounds: usize) {
    if let Some(folder) = std::env::var_os("HSCODE_FUZZ_SEEDS") {
        let folder = std::path::Path::new(&folder).join(name);
        std::fs::create_dir_all(&folder).unwrap();
        for (at, file) in files.iter().enumerate() {
            std::fs::write(folder.join(format!("seed-{at}")), file).unwrap();
        }
        return;
    }
    let mut draw = Draw(rounds as u64);
    let mut below = |end: usize| draw.place(end);
    files.iter().for_each(|file| target(file));
    for round in 0..rounds {
        let mut bytes = match round % 4 {
            0 => (0..below(200)).map(|_| below(256) as u8).collect::<Vec<u8>>(),
            _ => files[round % files.len()].to_vec(),
        };
        for _ in 0..1 + below(8) {
            let at = below(bytes.len());
            match below(5) {
                0 => bytes.truncate(at),
                1 => bytes.insert(at.min(bytes.len()), below(256) as u8),
                2 => drop(bytes.drain(at..(at + below(20)).min(bytes.len()))),
                3 if !bytes.is_empty() => bytes[at] = below(256) as u8,
                _ if !bytes.is_empty() => bytes[at] ^= 1 << below(8),
                _ => {}
            }
        }
        target(&bytes);
    }
}

fn file(name: &str) -> Vec<u8> {
    std::fs::read(format!("{}/../tests/packages/tiny/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

#[test]
fn manifests() {
    run("manifest", targets::manifest, &[&file("manifest.json")], 400);
}

#[test]
fn probes() {
    run("probe", targets::probe, &[&file("probe.jsonl")], 400);
}

#[test]
fn weights() {
    let shape = network::Shape { chapters: vec!["66"], ..network::full() };
    let files: Vec<Vec<u8>> = [shape.clone(), network::Shape { reader: "mean", most: 127, ..shape }]
        .iter()
        .map(|shape| network::weights(1, shape).to_bytes().unwrap())
        .collect();
    run("weights", targets::weights, &[&files[0], &files[1], &files[0][..300]], 4000);
}

#[test]
fn references() {
    run("references", targets::references, &[&file("references.bin")], 400);
}

#[test]
fn vocabularies() {
    run(
        "vocabulary",
        targets::vocabulary,
        &[network::vocabulary().as_bytes(), b"[UNK]\na\n##b\n\nabab", b"\n\n"],
        4000,
    );
}

#[test]
fn descriptions() {
    let texts = network::descriptions();
    let texts: Vec<&[u8]> = texts.iter().map(String::as_bytes).filter(|text| text.len() < 2000).collect();
    run("description", targets::description, &texts, 4000);
}

#[test]
fn codes() {
    run(
        "code",
        targets::code,
        &[b"6109.10", b"610910", b"6109 10 00", b"01", "\u{661}\u{662}".as_bytes()],
        20_000,
    );
}

#[test]
fn nomenclatures() {
    let csv = b"code,title\n01,Live animals\n0101,Horses\n010121,Pure-bred\n";
    let tsv = b"\xef\xbb\xbfcode\ttitle\r\n01\tLive animals\r\n0101\t\"Horses\"\r\n";
    run("nomenclature", targets::nomenclature, &[csv, tsv], 4000);
}
