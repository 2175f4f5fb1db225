//! Measures `TextCnn`: accuracy on files of real descriptions, what the walk loses, opening time, memory, latency.
//!
//! ```text
//! cargo run --release -p hscode-core --example text_cnn_measure -- [--walk C,H].. [--simd LEVEL] FOLDER FILE..
//! ```
//! FOLDER: text-cnn.bin, vocabulary.txt, text-cnn.tsv. FILE: JSON lines with `text` and `hs6`. `--walk C,H`: a walk
//! over the C best chapters and H best headings beside that of the settings; any number of times. `--simd LEVEL`:
//! portable, avx2 or avx512 at most. `--repeat N`: classify the rows N times and nothing else, for a profiler.

#![allow(clippy::print_stdout, clippy::unwrap_used, clippy::expect_used, missing_docs)]

use std::hint::black_box;
use std::time::Instant;

use hscode_core::features::{Features, WordPiece};
use hscode_core::text::Description;
use hscode_core::text_cnn::{SimdLevel, Weights};
use hscode_core::{Classifier, HsCode, Level, Options, TextCnn};

type Row = (HsCode, String);

fn main() {
    let mut arguments = std::env::args().skip(1);
    let (mut walks, mut folder, mut files, mut repeat) = (Vec::new(), None, Vec::new(), 0_usize);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--walk" => walks.push(arguments.next().expect("--walk C,H").replace(',', " ")),
            "--simd" => match arguments.next().expect("--simd LEVEL").as_str() {
                "portable" => SimdLevel::Portable.limit(),
                "avx2" => SimdLevel::Avx2.limit(),
                _ => SimdLevel::Avx512.limit(),
            },
            "--repeat" => repeat = arguments.next().and_then(|n| n.parse().ok()).expect("--repeat N"),
            _ if folder.is_none() => folder = Some(argument),
            _ => files.push(argument),
        }
    }
    let folder = folder.expect("FOLDER of the model's files");
    let weights = std::fs::read(format!("{folder}/text-cnn.bin")).unwrap();
    let vocabulary = std::fs::read_to_string(format!("{folder}/vocabulary.txt")).unwrap();
    let settings = std::fs::read_to_string(format!("{folder}/text-cnn.tsv")).unwrap();
    let open = |settings: &str| TextCnn::from_bytes(&weights, &vocabulary, settings, "measured").unwrap();
    let mut opening: Vec<f64> = (0..11)
        .map(|_| {
            let started = Instant::now();
            black_box(open(&settings));
            started.elapsed().as_secs_f64() * 1e3
        })
        .collect();
    opening.sort_by(f64::total_cmp);
    let model = open(&settings);
    println!(
        "{} bytes, {} classes, {:?}, opened in {:.1} ms (median of 11, from {:.1}), resident {} KB",
        weights.len(),
        model.classes().len(),
        model.simd(),
        opening[5],
        opening[0],
        resident()
    );
    let sets: Vec<(String, Vec<Row>)> = files.iter().map(|file| (name_of(file), read_rows(file))).collect();
    if repeat > 0 {
        let started = Instant::now();
        let texts = || sets.iter().flat_map(|(_, rows)| rows.iter().map(|row| row.1.as_str()));
        for text in (0..repeat).flat_map(|_| texts()) {
            black_box(model.classify(text, &Options::default()).unwrap());
        }
        let microseconds = started.elapsed().as_secs_f64() * 1e6 / (repeat * texts().count()) as f64;
        println!("{microseconds:.1} us a text, the mean of {repeat} times all");
        return;
    }
    for (name, rows) in &sets {
        accuracy(&model, name, rows);
    }
    let without_walk: String =
        settings.lines().filter(|line| !line.starts_with("walk")).map(|line| format!("{line}\n")).collect();
    let flat = open(&without_walk);
    for walk in std::iter::once(None).chain(walks.iter().map(Some)) {
        let (name, walked) = match walk {
            None => ("settings".to_owned(), open(&settings)),
            Some(walk) => (walk.clone(), open(&format!("{without_walk}walk {walk}\n"))),
        };
        for (set, rows) in &sets {
            loss(&flat, &walked, &name, set, rows);
        }
    }
    let texts: Vec<&str> = sets.iter().flat_map(|(_, rows)| rows.iter().map(|r| r.1.as_str())).collect();
    let spec = Weights::from_bytes(&weights).unwrap().features;
    let pieces = WordPiece::from_text(&vocabulary).ok();
    let mut evict = vec![0_u8; 96 << 20];
    for (temperature, cold) in [("hot", false), ("cold", true)] {
        let mut description = Description::new();
        let mut features = Features::default();
        let explain = Options::default().with_explain(true);
        let some: Vec<&str> = texts.iter().copied().step_by(if cold { 8 } else { 1 }).collect();
        let mut time = |what: &str, call: &mut dyn FnMut(&str)| {
            let mut times: Vec<f64> = Vec::new();
            for text in &some {
                // The best of three: on a shared machine the others tell of its neighbours. Cold: one call each.
                let runs = (0..if cold { 1 } else { 3 }).map(|_| {
                    if cold {
                        evict.iter_mut().step_by(64).for_each(|byte| *byte = byte.wrapping_add(1));
                        black_box(&evict);
                    }
                    let started = Instant::now();
                    call(text);
                    started.elapsed().as_secs_f64() * 1e6
                });
                times.push(runs.fold(f64::MAX, f64::min));
            }
            times.sort_by(f64::total_cmp);
            let at = |part: usize| times.get(times.len() * part / 100).copied().unwrap_or(0.0);
            println!(
                "{temperature} {what}: n={} p50 {:.1} us, p90 {:.1}, p99 {:.1}",
                times.len(),
                at(50),
                at(90),
                at(99)
            );
        };
        time("normalise and tokenise", &mut |text| description.read(text));
        time("and features", &mut |text| {
            description.read(text);
            spec.read(description.tokens().map(|token| token.text), pieces.as_ref(), &mut features);
        });
        time("and network, all classes", &mut |text| drop(black_box(flat.logits(text))));
        time("classify, walk of the settings", &mut |text| {
            black_box(model.classify(text, &Options::default()).unwrap());
        });
        time("classify, all classes", &mut |text| {
            black_box(flat.classify(text, &Options::default()).unwrap());
        });
        time("classify and explain", &mut |text| drop(black_box(model.classify(text, &explain).unwrap())));
    }
    println!("resident {} KB, 96 MB of them to empty caches", resident());
}

fn accuracy(model: &TextCnn, name: &str, rows: &[Row]) {
    let mut line = format!("{name} n={}", rows.len());
    let texts: Vec<&str> = rows.iter().map(|(_, text)| text.as_str()).collect();
    for level in Level::INTERNATIONAL {
        let predictions = model.classify_batch(&texts, &Options::default().with_level(level)).unwrap();
        let (mut first, mut five) = (0, 0);
        for ((code, _), prediction) in rows.iter().zip(&predictions) {
            let right = code.at(level).unwrap();
            first += usize::from(prediction.best().is_some_and(|best| best.code() == right));
            five += usize::from(prediction.candidates().iter().any(|c| c.code() == right));
        }
        let part = |count: usize| 100.0 * count as f64 / rows.len().max(1) as f64;
        line += &format!(" | {} digits {:.1}/{:.1}", level.digits(), part(first), part(five));
    }
    println!("{line}");
}

/// Top-1 and top-5 of the walk against the flat scan, and how many subheadings it scores.
fn loss(flat: &TextCnn, walked: &TextCnn, walk: &str, set: &str, rows: &[Row]) {
    let (mut same, mut scored, mut right) = (0, 0, [0_i64; 4]);
    for (code, text) in rows {
        let ask = |model: &TextCnn| model.classify(text, &Options::default()).unwrap();
        let (all, some) = (ask(flat), ask(walked));
        same += usize::from(all.best().map(|best| best.code()) == some.best().map(|best| best.code()));
        scored += walked.scores(text).len();
        for (at, prediction) in [all, some].iter().enumerate() {
            right[at] += i64::from(prediction.best().is_some_and(|best| best.code() == *code));
            right[at + 2] += i64::from(prediction.candidates().iter().any(|c| c.code() == *code));
        }
    }
    let part = |count: i64| 100.0 * count as f64 / rows.len().max(1) as f64;
    println!(
        "walk {walk}, {set}: same top-1 {:.2}%, loses {:.2} points top-1, {:.2} top-5; {} subheadings of {}",
        part(same as i64),
        part(right[0] - right[1]),
        part(right[2] - right[3]),
        scored / rows.len().max(1),
        flat.classes().len()
    );
}

fn name_of(file: &str) -> String {
    file.rsplit('/').next().unwrap_or_default().trim_end_matches(".jsonl").to_owned()
}

fn read_rows(file: &str) -> Vec<Row> {
    let text = std::fs::read_to_string(file).expect(file);
    text.lines()
        .map(|line| {
            let row: serde_json::Value = serde_json::from_str(line).unwrap();
            (row["hs6"].as_str().unwrap().parse().unwrap(), row["text"].as_str().unwrap().to_owned())
        })
        .collect()
}

fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|kb| kb.parse().ok()).unwrap_or(0)
}
