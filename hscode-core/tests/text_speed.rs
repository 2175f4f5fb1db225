//! How long reading and checking a description takes. `cargo test --release -p hscode-core --test text_speed --
//! --ignored --nocapture` prints it.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test may fail by panic; this one is there to print"
)]

use std::fs;
use std::path::Path;
use std::time::Instant;

use hscode_core::text::{Description, check};

#[test]
#[ignore = "prints times"]
fn print_times() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../data/descriptions");
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let mut texts = Vec::new();
    for file in files {
        for line in fs::read_to_string(&file).unwrap().lines().skip(1) {
            texts.push(line.split('\t').nth(2).unwrap().to_owned());
        }
    }
    let ours: Vec<_> = texts.iter().map(String::as_str).collect();
    let sixty: Vec<_> = ours.iter().copied().filter(|text| (55..=65).contains(&text.len())).collect();
    let accents: Vec<_> = ours.iter().copied().filter(|text| !text.is_ascii()).collect();
    let other = [
        "Хлопковая футболка мужская с коротким рукавом, 100% хлопок",
        "ガラス製 タオル 綿100% 34×80cm 白 10枚入り",
    ];
    let mut description = Description::new();
    for (name, texts) in
        [("all", &ours[..]), ("55 to 65 bytes", &sixty), ("not ASCII", &accents), ("other scripts", &other)]
    {
        times(&format!("read, {name}"), texts, |text| {
            description.read(text);
            description.tokens().len()
        });
    }
    times("check, all", &ours, |text| check(text).findings.len());
}

/// Median and 99th percentile of one call each, after one round to warm up.
fn times(name: &str, texts: &[&str], mut call: impl FnMut(&str) -> usize) {
    texts.iter().for_each(|text| assert!(call(text) < usize::MAX));
    let mut took: Vec<_> = texts
        .iter()
        .map(|text| {
            let clock = Instant::now();
            let count = call(text);
            let nanos = clock.elapsed().as_nanos();
            assert!(count < usize::MAX);
            nanos
        })
        .collect();
    took.sort_unstable();
    let at = |share: usize| took[(took.len() - 1) * share / 100];
    println!("{name}: n {}, median {} ns, 99% {} ns", took.len(), at(50), at(99));
}
