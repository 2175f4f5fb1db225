//! Measures `Lexical`: accuracy on files of real descriptions, calibration, opening time, memory, latency.
//!
//! ```text
//! cargo run --release -p hscode-core --example lexical_measure -- [--texts data] [--hold 10] [--top 1000] FILE..
//! ```
//! FILE: JSON lines with `text` and `hs6`. `--texts DIR`: open the texts of that folder instead of the embedded
//! ones. `--hold N`: leave out every Nth of them, and measure on those too. `--top N`: the first N rows a file.

#![allow(clippy::print_stdout, clippy::unwrap_used, clippy::expect_used, missing_docs)]

use std::time::Instant;

use hscode_core::{Classifier, HsCode, Level, Lexical, Options};

type Row = (HsCode, String);

fn main() {
    let mut arguments = std::env::args().skip(1);
    let (mut texts, mut hold, mut top, mut files) = (None, 0_u64, usize::MAX, Vec::new());
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--texts" => texts = arguments.next(),
            "--hold" => hold = arguments.next().and_then(|n| n.parse().ok()).expect("--hold N"),
            "--top" => top = arguments.next().and_then(|n| n.parse().ok()).expect("--top N"),
            _ => files.push(argument),
        }
    }
    let settings =
        std::fs::read_to_string("hscode-core/model/lexical.tsv").expect("run from the repository's root");
    let mut sets: Vec<(String, Vec<Row>)> = Vec::new();
    let started;
    let lexical = match texts {
        Some(folder) => {
            let (kept, held) = read_texts(&folder, hold);
            if hold > 0 {
                sets.push(("held out".to_owned(), held));
            }
            let rows = kept.iter().map(|(code, text)| (*code, text.as_str()));
            let bytes = hscode_core::lexical::reference_bytes(rows).unwrap();
            println!("{} texts, {} bytes", kept.len(), bytes.len());
            drop(kept);
            started = (Instant::now(), cpu());
            Lexical::from_bytes(&bytes, "measured", &settings).unwrap()
        }
        None => {
            started = (Instant::now(), cpu());
            Lexical::embedded().unwrap()
        }
    };
    let (wall, work) = (started.0.elapsed().as_secs_f64() * 1e3, (cpu() - started.1) * 1e3);
    println!("opened in {wall:.1} ms (processor {work:.1} ms), resident {} KB", resident());
    for file in files {
        let name = file.rsplit('/').next().unwrap_or_default().trim_end_matches(".jsonl").to_owned();
        sets.push((name, read_rows(&file)));
    }
    for (name, rows) in &sets {
        let rows = &rows[..rows.len().min(top)];
        measure(&lexical, name, rows);
        if name == "held out" {
            coverage(&lexical, rows);
        }
    }
    latency(&lexical, &sets);
    println!("resident {} KB", resident());
}

fn measure(lexical: &Lexical, name: &str, rows: &[Row]) {
    let mut line = format!("{name} n={}", rows.len());
    let texts: Vec<&str> = rows.iter().map(|(_, text)| text.as_str()).collect();
    for level in Level::INTERNATIONAL {
        let options = Options::default().with_level(level);
        let predictions = lexical.classify_batch(&texts, &options).unwrap();
        let (mut first, mut five) = (0, 0);
        let mut scored: Vec<(f32, bool)> = Vec::new();
        for ((code, _), prediction) in rows.iter().zip(&predictions) {
            let right = code.at(level).unwrap();
            let hit = prediction.best().is_some_and(|best| best.code() == right);
            first += usize::from(hit);
            five += usize::from(prediction.candidates().iter().any(|c| c.code() == right));
            scored.push((prediction.best().map_or(0.0, |best| best.score()), hit));
        }
        let part = |count: usize| 100.0 * count as f64 / rows.len().max(1) as f64;
        line += &format!(
            " | {} {:.1}/{:.1} ece {:.1}",
            level.digits(),
            part(first),
            part(five),
            100.0 * ece(&scored)
        );
        for allowed in [0.1, 0.2, 0.3] {
            let (threshold, coverage) = threshold(&mut scored, allowed);
            line += &format!(" {:.0}%>{threshold:.3}:{coverage:.2}", 100.0 * allowed);
        }
    }
    println!("{line}");
}

/// Expected calibration error over ten equal parts of 0 to 1.
fn ece(scored: &[(f32, bool)]) -> f64 {
    let mut bins = [(0.0_f64, 0.0_f64); 10];
    for &(score, hit) in scored {
        let bin = &mut bins[((score * 10.0) as usize).min(9)];
        bin.0 += f64::from(score);
        bin.1 += f64::from(u8::from(hit));
    }
    bins.iter().map(|(score, hits)| (score - hits).abs()).sum::<f64>() / scored.len().max(1) as f64
}

/// The least threshold above which at most `allowed` are wrong, and what part of the rows it accepts.
fn threshold(scored: &mut [(f32, bool)], allowed: f64) -> (f32, f64) {
    scored.sort_by(|a, b| b.0.total_cmp(&a.0));
    let (mut wrong, mut best) = (0, (1.0, 0.0));
    for (at, &(score, hit)) in scored.iter().enumerate() {
        wrong += usize::from(!hit);
        if wrong as f64 <= allowed * (at + 1) as f64 {
            best = (score, (at + 1) as f64 / scored.len() as f64);
        }
    }
    best
}

/// The cumulative scores that candidate sets need to hold the right code with these probabilities.
fn coverage(lexical: &Lexical, rows: &[Row]) {
    let texts: Vec<&str> = rows.iter().map(|(_, text)| text.as_str()).collect();
    let predictions = lexical.classify_batch(&texts, &Options::default().with_top_k(128)).unwrap();
    let mut masses: Vec<f32> = Vec::new();
    for ((code, _), prediction) in rows.iter().zip(&predictions) {
        let mut mass = 0.0;
        let found = prediction.candidates().iter().any(|candidate| {
            mass += candidate.score();
            candidate.code() == *code
        });
        masses.push(if found { mass } else { 1.0 });
    }
    masses.sort_by(f32::total_cmp);
    for part in [0.5, 0.8, 0.9, 0.95] {
        println!("coverage\t{part}\t{:.3}", masses[(part * masses.len() as f64) as usize]);
    }
}

fn latency(lexical: &Lexical, sets: &[(String, Vec<Row>)]) {
    let texts: Vec<&str> =
        sets.iter().flat_map(|(_, rows)| rows.iter().map(|r| r.1.as_str()).take(1000)).collect();
    let long: Vec<String> = texts.windows(120).step_by(40).map(|some| some.join(" ")).collect();
    let long = long.iter().map(|text| text.get(..4096).unwrap_or(text)).collect();
    for (name, texts) in [("texts", texts), ("texts of 4,096 bytes", long)] {
        let mut times: Vec<f64> = Vec::new();
        for text in &texts {
            // The best of five: on a shared machine the others tell of its neighbours.
            let best = (0..5).map(|_| {
                let started = Instant::now();
                std::hint::black_box(lexical.classify(text, &Options::default()).unwrap());
                started.elapsed().as_secs_f64() * 1e6
            });
            times.push(best.fold(f64::MAX, f64::min));
        }
        times.sort_by(f64::total_cmp);
        if let (Some(&median), Some(&p99)) = (times.get(times.len() / 2), times.get(times.len() * 99 / 100)) {
            println!("{name}: n={} best of five: median {median:.0} us, p99 {p99:.0} us", times.len());
        }
    }
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

fn read_texts(folder: &str, hold: u64) -> (Vec<Row>, Vec<Row>) {
    let mut files: Vec<_> =
        std::fs::read_dir(format!("{folder}/descriptions")).unwrap().map(|f| f.unwrap().path()).collect();
    files.sort();
    files.push(format!("{folder}/titles/hs2022.tsv").into());
    let (mut kept, mut held) = (Vec::new(), Vec::new());
    let mut number = 0_u64;
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap();
        let titles = text.starts_with("code\ttitle");
        for line in text.lines().skip(1) {
            let fields: Vec<&str> = line.split('\t').collect();
            let code: HsCode = fields[0].parse().unwrap();
            if code.level() < Level::Subheading || fields[0] >= "98" {
                continue;
            }
            number += 1;
            let row = (code, fields[fields.len() - 1].to_owned());
            if hold > 0 && !titles && (number.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 40).is_multiple_of(hold)
            {
                held.push(row);
            } else {
                kept.push(row);
            }
        }
    }
    (kept, held)
}

/// Seconds this process has had a processor: on a shared machine the fairer time.
fn cpu() -> f64 {
    let line = std::fs::read_to_string("/proc/self/schedstat").unwrap_or_default();
    line.split_whitespace().next().and_then(|ns| ns.parse::<f64>().ok()).unwrap_or(0.0) / 1e9
}

fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|kb| kb.parse().ok()).unwrap_or(0)
}
