//! Measures `Fused`: what the weight of the references gives, what its scores mean under these and other settings, the
//! candidate sets, how it decides, who answers.
//!
//! ```text
//! cargo run --release -p hscode-core --example fused_measure -- FOLDER FILE..
//! ```
//! FOLDER: the files of a `fused` package, as hscode-core/model. FILE: JSON lines with `text` and `hs6`. Every file
//! counts alike in what is said of all, however many rows it has; "all rows" counts the rows alike.

#![allow(clippy::print_stdout, clippy::unwrap_used, clippy::expect_used, missing_docs)]

use hscode_core::{Classifier, Decision, Fused, HsCode, Level, Lexical, Options, Prediction, TextCnn};

/// Bins of the calibration error.
const BINS: usize = 15;

struct Set {
    name: String,
    rows: Vec<(HsCode, String)>,
}

/// A score, whether it was right, and how much the row counts.
type Told = (f64, bool, f64);

fn main() {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().expect("FOLDER of the model's files");
    let sets: Vec<Set> = arguments.map(|path| read(&path)).collect();
    let text = |name: &str| std::fs::read_to_string(format!("{folder}/{name}")).unwrap();
    let bytes = |name: &str| std::fs::read(format!("{folder}/{name}")).unwrap();
    let open_with = |alone: &str, fused: &str| {
        let (weights, vocabulary) = (bytes("text-cnn.bin"), text("vocabulary.txt"));
        let network = TextCnn::from_bytes(&weights, &vocabulary, alone, "measured");
        let lexical = Lexical::from_bytes(&bytes("references.bin"), "measured", &text("lexical.tsv"));
        Fused::new(network.unwrap(), lexical.unwrap(), fused).unwrap()
    };
    let (shipped, alone) = (text("fused.tsv"), text("text-cnn.tsv"));
    let open = |fused: &str| open_with(&alone, fused);

    println!("6 digits, top-1/top-5, references always asked:");
    for (weight, floor) in [
        ("0", "0.0003"),
        ("0.35", "0.0003"),
        ("0.4", "0.0003"),
        ("0.5", "0.0001"),
        ("0.5", "0.0003"),
        ("0.5", "0.001"),
        ("0.6", "0.0003"),
        ("1", "0.0003"),
    ] {
        let settings = with(&with(&with(&shipped, "sure", "1.01"), "weight", weight), "floor", floor);
        println!("  weight {weight}, floor {floor}: {}", accuracy(&open(&settings), &sets));
    }
    let model = open(&shipped);
    println!("  as shipped: {}", accuracy(&model, &sets));
    for set in &sets {
        let alone = ask(&model, set, Level::Subheading);
        let share = alone.iter().filter(|p| p.classifier() == "text-cnn").count() as f64 / alone.len() as f64;
        println!("the network alone answers {:.0}% of {} (n={})", 100.0 * share, set.name, set.rows.len());
    }
    calibration("as shipped", &model, &sets);
    // Temperature of the network alone, from which score on it is, temperature of both, share and temperature of doubt.
    for [network, sure, both, doubt] in [
        ["1.6", "0.55", "1.05", "0 1"],
        ["1.8", "0.50", "1.05", "0 1"],
        ["1.8", "0.50", "0.90", "0 1"],
        ["1.8", "0.50", "0.90", "0.1 3.0"],
        ["1.8", "0.50", "0.90", "0.2 3.0"],
        ["1.8", "0.50", "0.90", "0.15 2.0"],
        ["1.8", "0.60", "0.95", "0.15 3.0"],
    ] {
        let fused = with(&with(&with(&shipped, "sure", sure), "temperature", both), "doubt", doubt);
        let other = open_with(&with(&alone, "temperature", network), &fused);
        calibration(&format!("{network}, {sure}, {both}, doubt {doubt}"), &other, &sets);
    }
    masses(&model, &sets);
    decisions(&model, &sets);
    for (coverage, level) in
        [0.5, 0.8, 0.9, 0.95].into_iter().flat_map(|c| Level::INTERNATIONAL.map(|l| (c, l)))
    {
        let options = Options::default().with_coverage(coverage).with_level(level);
        let mut sizes = Vec::new();
        let mut all = 0.0;
        let held: Vec<String> = sets
            .iter()
            .map(|set| {
                let held = set.rows.iter().filter(|(code, text)| {
                    let p = model.classify(text, &options).unwrap();
                    let codes = p.candidate_set().unwrap_or_default();
                    sizes.push(codes.len());
                    code.at(level).is_some_and(|code| codes.contains(&code))
                });
                let part = 100.0 * held.count() as f64 / set.rows.len() as f64;
                all += part / sets.len() as f64;
                format!("{part:.1}")
            })
            .collect();
        sizes.sort_unstable();
        let middle = sizes.get(sizes.len() / 2).copied().unwrap_or(0);
        println!(
            "sets for {coverage}, {level}: hold {} %, alike {all:.1}; median of {middle} codes",
            held.join(", ")
        );
    }
}

fn read(path: &str) -> Set {
    let rows = std::fs::read_to_string(path).unwrap();
    let rows = rows.lines().filter_map(|line| {
        let row: serde_json::Value = serde_json::from_str(line).ok()?;
        Some((row["hs6"].as_str()?.parse().ok()?, row["text"].as_str()?.to_owned()))
    });
    let name = path.rsplit('/').next().unwrap_or(path).to_owned();
    Set { name, rows: rows.collect() }
}

/// Settings with another value of one key.
fn with(settings: &str, key: &str, value: &str) -> String {
    let line = |line: &str| match line.split_whitespace().next() == Some(key) {
        true => format!("{key}\t{value}\n"),
        false => format!("{line}\n"),
    };
    settings.lines().map(line).collect()
}

fn ask(model: &Fused, set: &Set, level: Level) -> Vec<Prediction> {
    let texts: Vec<&str> = set.rows.iter().map(|row| row.1.as_str()).collect();
    model.classify_batch(&texts, &Options::default().with_level(level)).unwrap()
}

fn accuracy(model: &Fused, sets: &[Set]) -> String {
    let of = |set: &Set| {
        let answers = ask(model, set, Level::Subheading);
        let right = |k: usize| {
            let hits = answers.iter().zip(&set.rows);
            let hits = hits.filter(|(p, row)| p.candidates().iter().take(k).any(|c| c.code() == row.0));
            100.0 * hits.count() as f64 / set.rows.len() as f64
        };
        format!("{:.1}/{:.1}", right(1), right(5))
    };
    sets.iter().map(of).collect::<Vec<_>>().join(", ")
}

fn tell(model: &Fused, set: &Set, level: Level) -> Vec<Told> {
    let count = 1.0 / set.rows.len() as f64;
    let answers = ask(model, set, level);
    let best = answers.iter().zip(&set.rows).filter_map(|(p, row)| Some((p.best()?, row.0)));
    best.map(|(best, code)| (f64::from(best.score()), Some(best.code()) == code.at(level), count)).collect()
}

/// The calibration error at each level, beside what chance gives, and the accuracy.
fn calibration(name: &str, model: &Fused, sets: &[Set]) {
    println!("calibration, {name}: top-1/top-5 {}", accuracy(model, sets));
    for level in [Level::Subheading, Level::Heading, Level::Chapter] {
        let all: Vec<Told> = sets.iter().flat_map(|set| tell(model, set, level)).collect();
        let alike: Vec<Told> = all.iter().map(|&(score, right, _)| (score, right, 1.0)).collect();
        let ((seen, chance), (seen_rows, chance_rows)) = (error(&all), error(&alike));
        println!(
            "  {level}: error {seen:.3} (files alike; chance alone {chance:.3}), {seen_rows:.3} (all rows; chance \
             alone {chance_rows:.3})"
        );
    }
}

/// The lines of the settings that candidate sets of these coverages take on these files, counting alike.
fn masses(model: &Fused, sets: &[Set]) {
    let needed = Level::INTERNATIONAL.map(|level| {
        let options = Options::default().with_level(level).with_top_k(model.info().classes());
        let mut needed: Vec<(f64, f64)> = Vec::new();
        for set in sets {
            for (code, text) in &set.rows {
                let answer = model.classify(text, &options).unwrap();
                let mut before = 0.0;
                let found = answer.candidates().iter().any(|candidate| {
                    let right = code.at(level) == Some(candidate.code());
                    before += if right { 0.0 } else { f64::from(candidate.score()) };
                    right
                });
                needed.push((if found { before } else { 1.0 }, 1.0 / (set.rows.len() * sets.len()) as f64));
            }
        }
        needed.sort_by(|a, b| a.0.total_cmp(&b.0));
        needed
    });
    for coverage in [0.5, 0.7, 0.8, 0.9, 0.95] {
        let mass = needed.each_ref().map(|needed| {
            let mut part = 0.0;
            let at = needed.iter().find(|&&(_, count)| {
                part += count;
                part >= coverage
            });
            // A set is closed by the score that reaches the mass, so a little more lets the right code in.
            at.map_or(1.0, |&(before, _)| (before + 1e-4).min(1.0))
        });
        println!("coverage {coverage} {:.4} {:.4} {:.4}", mass[0], mass[1], mass[2]);
    }
}

/// The expected calibration error, in bins of equal width, and what chance alone gives a model whose every score is
/// true: the mean size of a normal variable of each bin's variance.
fn error(told: &[Told]) -> (f64, f64) {
    let mut bins = [(0.0, 0.0, 0.0); BINS];
    for &(score, right, count) in told {
        let bin = &mut bins[((score * BINS as f64) as usize).min(BINS - 1)];
        bin.0 += score * count;
        bin.1 += f64::from(u8::from(right)) * count;
        bin.2 += count * count * score * (1.0 - score);
    }
    let all: f64 = told.iter().map(|&(.., count)| count).sum();
    let seen = bins.iter().map(|(said, right, _)| (said - right).abs()).sum::<f64>() / all;
    let chance = bins.iter().map(|bin| (bin.2 * 2.0 / std::f64::consts::PI).sqrt()).sum::<f64>() / all;
    (seen, chance)
}

/// How many rows are answered at each level, and how many of those rightly, files alike.
fn decisions(model: &Fused, sets: &[Set]) {
    let mut counts = [(0.0, 0.0); 3];
    for set in sets {
        for (p, (code, _)) in ask(model, set, Level::Subheading).iter().zip(&set.rows) {
            let (Decision::Accept(given) | Decision::BackOff { code: given, .. }) = p.decision() else {
                continue;
            };
            let place =
                &mut counts[Level::INTERNATIONAL.iter().position(|&l| l == given.level()).unwrap_or(2)];
            let part = 1.0 / (set.rows.len() * sets.len()) as f64;
            place.0 += part;
            place.1 += if given.covers(code) { part } else { 0.0 };
        }
    }
    for (level, (given, right)) in Level::INTERNATIONAL.iter().zip(counts) {
        println!("{level}: answered {:.1}%, of these right {:.1}%", 100.0 * given, 100.0 * right / given);
    }
}
