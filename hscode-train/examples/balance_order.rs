//! What up-sampling is worth before and after the division into training and test, and what else there is.
//!
//! `cargo run --release -p hscode-train --example balance_order -- WORK/ingest/rows.jsonl [SHARE] [TEST]`
//!
//! Trains the linear model on the same rows in six ways. SHARE: rare classes are repeated up to this share of the
//! largest class (default 0.1). TEST: the share of the rows that is tested (default 0.2).

use std::collections::BTreeMap;
use std::error::Error;
use std::io::Write as _;

use hscode_core::HsCode;
use hscode_train::balance::{effective_weights, up_sample};
use hscode_train::config::{SplitBy, SplitConfig};
use hscode_train::evaluate::Proportion;
use hscode_train::models::{ModelKind, Sample, TrainConfig, TrainingData, train};
use hscode_train::progress::Silent;
use hscode_train::rng::SplitMix64;
use hscode_train::row::Row;
use hscode_train::split::split;

const SEED: u64 = 2022;
const LIMIT: u32 = 100;

/// Rows to train on with weights, and rows to test on.
struct Arm<'a> {
    name: &'a str,
    train: Vec<&'a Row>,
    weights: Vec<f32>,
    test: Vec<&'a Row>,
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let path = arguments.first().ok_or("expected the path of rows.jsonl")?;
    let share: f64 = arguments.get(1).map_or(Ok(0.1), |text| text.parse())?;
    let test: f64 = arguments.get(2).map_or(Ok(0.2), |text| text.parse())?;
    let text = std::fs::read_to_string(path)?;
    let rows: Vec<Row> = text.lines().map(serde_json::from_str).collect::<Result<_, _>>()?;
    let rows: Vec<Row> = rows.into_iter().filter(|row| row.part.is_none()).collect();
    let config = SplitConfig { by: SplitBy::Random, dev: 0.0, test, ..SplitConfig::default() };
    let grouped = split(rows.clone(), &config, SEED, &Silent)?;
    let codes = |rows: &[&Row]| rows.iter().map(|row| row.code).collect::<Vec<HsCode>>();
    let sampled = |rows: &[&'_ Row]| up_sample(&codes(rows), share, LIMIT, SEED);

    let all: Vec<&Row> = rows.iter().collect();
    let (plain_train, plain_test) = at_random(&all, test);
    let repeated: Vec<&Row> = sampled(&all).iter().map(|at| all[*at as usize]).collect();
    let (leaky_train, leaky_test) = at_random(&repeated, test);
    let after: Vec<&Row> = sampled(&plain_train).iter().map(|at| plain_train[*at as usize]).collect();
    let group_train: Vec<&Row> = grouped.train.iter().collect();
    let group_test: Vec<&Row> = grouped.test.iter().collect();
    let group_after: Vec<&Row> = sampled(&group_train).iter().map(|at| group_train[*at as usize]).collect();
    let even = |rows: &[&Row]| vec![1.0; rows.len()];
    let balanced = effective_weights(&codes(&group_train), 0.99);
    let arms = [
        Arm {
            name: "row by row, as they are",
            weights: even(&plain_train),
            train: plain_train,
            test: plain_test.clone(),
        },
        Arm {
            name: "row by row, up-sampled before the division",
            weights: even(&leaky_train),
            train: leaky_train,
            test: leaky_test,
        },
        Arm {
            name: "row by row, up-sampled after it",
            weights: even(&after),
            train: after,
            test: plain_test,
        },
        Arm {
            name: "by groups, as they are",
            weights: even(&group_train),
            train: group_train.clone(),
            test: group_test.clone(),
        },
        Arm {
            name: "by groups, up-sampled after the division",
            weights: even(&group_after),
            train: group_after,
            test: group_test.clone(),
        },
        Arm {
            name: "by groups, class-balanced loss",
            weights: balanced,
            train: group_train,
            test: group_test,
        },
    ];
    let mut out = std::io::stdout().lock();
    writeln!(out, "{} rows, share {share}, test {test}, seed {SEED}\n", rows.len())?;
    writeln!(
        out,
        "| division | trained on | tested on | right at 6 digits | mean over classes |\n|---|---|---|---|---|"
    )?;
    for arm in &arms {
        let (right, by_class) = measure(arm)?;
        writeln!(
            out,
            "| {} | {} | {} | {} | {:.1}% |",
            arm.name,
            arm.train.len(),
            arm.test.len(),
            right.percent_with_interval(),
            by_class * 100.0
        )?;
        out.flush()?;
    }
    Ok(())
}

/// Divides rows one by one, copies like any other.
fn at_random<'a>(rows: &[&'a Row], test: f64) -> (Vec<&'a Row>, Vec<&'a Row>) {
    let (mut train, mut tested) = (Vec::new(), Vec::new());
    for (at, row) in rows.iter().enumerate() {
        let chance = (SplitMix64::for_item(SEED, at as u64).next_u64() >> 11) as f64 / (1_u64 << 53) as f64;
        if chance < test { tested.push(*row) } else { train.push(*row) }
    }
    (train, tested)
}

/// Trains on one part and answers the other: the share of right answers, and the mean of it over classes.
fn measure(arm: &Arm<'_>) -> Result<(Proportion, f64), Box<dyn Error>> {
    let mut classes: Vec<HsCode> = arm.train.iter().map(|row| row.code).collect();
    classes.sort_unstable();
    classes.dedup();
    let samples = arm
        .train
        .iter()
        .zip(&arm.weights)
        .map(|(row, weight)| Sample {
            text: row.text.clone(),
            class: classes.binary_search(&row.code).ok().map(|class| class as u32),
            soft: Vec::new(),
            weight: *weight,
            ..Sample::default()
        })
        .collect();
    let config = TrainConfig { model: ModelKind::Svc, ..TrainConfig::default() };
    let data = TrainingData { classes: classes.clone(), samples, ..TrainingData::default() };
    let model = train(&config, &data, None, &Silent)?.model;
    let mut hits = 0;
    let mut of_class: BTreeMap<HsCode, (u32, u32)> = BTreeMap::new();
    for rows in arm.test.chunks(256) {
        let texts: Vec<&str> = rows.iter().map(|row| row.text.as_str()).collect();
        let scores = model.scores(&texts)?;
        for (row, scores) in rows.iter().zip(scores.chunks(classes.len())) {
            let best =
                (1..scores.len()).fold(0, |best, at| if scores[at] > scores[best] { at } else { best });
            let right = classes[best] == row.code;
            hits += u64::from(right);
            let count = of_class.entry(row.code).or_default();
            count.0 += u32::from(right);
            count.1 += 1;
        }
    }
    let mean = of_class.values().map(|(right, n)| f64::from(*right) / f64::from(*n)).sum::<f64>();
    Ok((Proportion::of(hits, arm.test.len() as u64), mean / of_class.len() as f64))
}
