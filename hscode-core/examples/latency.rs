//! The default model's latency by who answers, and its throughput on one and two threads: the table of README.md.
//!
//! ```text
//! cargo run --release -p hscode-core --example latency -- FILE..
//! ```
//! FILE: JSON lines with `text`; every file counts alike in the shares. Times are microseconds of one description,
//! the best of five passes over all rows, one thread; throughput is the median of seven rounds in batches of 64.

#![allow(clippy::print_stdout, clippy::unwrap_used, clippy::expect_used, missing_docs)]

use std::collections::BTreeMap;
use std::hint::black_box;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use hscode_core::lexical::Reference;
use hscode_core::{Classifier, Fused, HsCode, Options, Prediction};

const PASSES: usize = 5;
const ROUNDS: usize = 7;
const BATCH: usize = 64;

fn main() {
    let sets: Vec<Vec<String>> = std::env::args().skip(1).map(|path| read(&path)).collect();
    let started = Instant::now();
    let model = Fused::embedded().unwrap();
    let opened = started.elapsed();
    model.classify("roasted coffee beans", &Options::default()).unwrap();
    let first = started.elapsed();
    println!("opened, references too, in {:.1} ms, first answer after {:.1} ms", ms(opened), ms(first));

    let mut paths: BTreeMap<String, (f64, Vec<f64>)> = BTreeMap::new();
    for rows in &sets {
        for (prediction, best) in time(&model, rows) {
            let place = paths.entry(path_of(&prediction)).or_default();
            place.0 += 1.0 / (rows.len() * sets.len()) as f64;
            place.1.push(best);
        }
    }
    let all: Vec<&String> = sets.iter().flatten().collect();
    let owned = all.iter().step_by(10).map(|text| {
        let code: HsCode = "610910".parse().unwrap();
        Reference::new(text.as_str(), code, "own")
    });
    let own = Fused::embedded().unwrap().with_references(owned.collect()).unwrap();
    let settled: Vec<String> = all.iter().step_by(10).map(|text| (*text).clone()).collect();
    let times = time(&own, &settled).into_iter().map(|(_, best)| best).collect();
    paths.insert("a user's own reference of the very same words".into(), (f64::NAN, times));

    println!("| who answers | rows | share, files alike | p50 us | p90 | p99 |");
    println!("|---|---|---|---|---|---|");
    for (path, (share, mut times)) in paths {
        times.sort_by(f64::total_cmp);
        let at = |part: usize| times[(times.len() * part / 100).min(times.len() - 1)];
        let share = if share.is_nan() { String::new() } else { format!("{:.0}%", 100.0 * share) };
        let (n, p50, p90, p99) = (times.len(), at(50), at(90), at(99));
        println!("| {path} | {n} | {share} | {p50:.0} | {p90:.0} | {p99:.0} |");
    }

    let one = throughput(&model, &all, 1);
    let two = throughput(&model, &all, 2);
    println!(
        "{one:.0} descriptions a second on one thread, {two:.0} on two: {:.2}x (n={})",
        two / one,
        all.len()
    );
}

fn ms(time: std::time::Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

fn read(path: &str) -> Vec<String> {
    let rows = std::fs::read_to_string(path).unwrap();
    let rows = rows.lines().filter_map(|line| {
        let row: serde_json::Value = serde_json::from_str(line).ok()?;
        Some(row["text"].as_str()?.to_owned())
    });
    rows.collect()
}

fn path_of(prediction: &Prediction) -> String {
    if prediction.candidates().is_empty() {
        return "nobody: no words, nothing known".into();
    }
    match prediction.classifier() {
        "text-cnn" => "the network alone".into(),
        _ => "the network and the references".into(),
    }
}

/// Each answer and its best time in microseconds.
fn time(model: &Fused, rows: &[String]) -> Vec<(Prediction, f64)> {
    let options = Options::default();
    let mut best: Vec<(Prediction, f64)> =
        rows.iter().map(|text| (model.classify(text, &options).unwrap(), f64::INFINITY)).collect();
    for _ in 0..PASSES {
        for (text, (_, best)) in rows.iter().zip(&mut best) {
            let started = Instant::now();
            black_box(model.classify(black_box(text), &options).unwrap());
            *best = best.min(started.elapsed().as_secs_f64() * 1e6);
        }
    }
    best
}

/// Descriptions a second.
fn throughput(model: &Fused, rows: &[&String], threads: usize) -> f64 {
    let texts: Vec<&str> = rows.iter().map(|text| text.as_str()).collect();
    let batches: Vec<&[&str]> = texts.chunks(BATCH).collect();
    let mut rates: Vec<f64> = (0..ROUNDS)
        .map(|_| {
            let next = AtomicUsize::new(0);
            let started = Instant::now();
            std::thread::scope(|scope| {
                for _ in 0..threads {
                    scope.spawn(|| {
                        while let Some(batch) = batches.get(next.fetch_add(1, Ordering::Relaxed)) {
                            black_box(model.classify_batch(batch, &Options::default()).unwrap());
                        }
                    });
                }
            });
            texts.len() as f64 / started.elapsed().as_secs_f64()
        })
        .collect();
    rates.sort_by(f64::total_cmp);
    rates[ROUNDS / 2]
}
