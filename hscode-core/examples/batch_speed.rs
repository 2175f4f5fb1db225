//! The loop that other languages are measured against: a file of descriptions, a line each, in batches of 64 on so
//! many threads.
//!
//! ```text
//! cargo run --release -p hscode-core --example batch_speed -- goods.txt --threads 1 [--rounds 5]
//! ```
//!
//! Prints JSON: seconds of each of the rounds over all lines, by the clock and of processor time (Linux, in
//! hundredths), nanoseconds of each of single calls in a row, and the numbers of those that network and references
//! answered together. The model is opened and has answered some lines before the first round.

use std::error::Error;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use hscode_core::{Classifier, Options, Prediction, embedded};

const BATCH: usize = 64;
const SINGLE: usize = 2000;

#[allow(clippy::print_stdout, reason = "a program that measures")]
fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let (path, threads, count) = match arguments.as_slice() {
        [path, "--threads", threads] => (path, threads, &"5"),
        [path, "--threads", threads, "--rounds", rounds] => (path, threads, rounds),
        _ => return Err("FILE --threads N [--rounds N]".into()),
    };
    let (threads, count): (usize, usize) = (threads.parse()?, count.parse()?);
    let text = std::fs::read_to_string(path)?;
    let lines: Vec<&str> = text.lines().collect();
    let classifier = embedded()?;
    let options = Options::default();
    let (mut rounds, mut busy) = (Vec::new(), Vec::new());
    answer(&*classifier, lines.get(..1000).unwrap_or(&lines), &options, threads);
    for _ in 0..count {
        let (started, before) = (Instant::now(), processor());
        let answers = answer(&*classifier, &lines, &options, threads);
        rounds.push(started.elapsed().as_secs_f64());
        busy.push(processor() - before);
        if answers.iter().map(Vec::len).sum::<usize>() != lines.len() {
            return Err("expected an answer to each line".into());
        }
    }
    let (mut single, mut together) = (Vec::new(), Vec::new());
    for (number, line) in lines.iter().cycle().take(SINGLE).enumerate() {
        let started = Instant::now();
        let prediction = classifier.classify(line, &options)?;
        single.push(started.elapsed().as_nanos());
        if prediction.classifier().contains('+') {
            together.push(number);
        }
    }
    println!(
        "{{\"rows\":{},\"threads\":{threads},\"rounds_s\":{rounds:?},\"busy_s\":{busy:?},\"single_ns\":{single:?},\
         \"together\":{together:?}}}",
        lines.len()
    );
    Ok(())
}

/// Seconds of processor time of this process; 0 where the system does not tell.
fn processor() -> f64 {
    const TICKS: f64 = 100.0;
    let told = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // The name in brackets may hold spaces; user and system time are the 14th and 15th field.
    let fields: Vec<&str> = told.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks = |at: usize| fields.get(at).and_then(|field| field.parse::<f64>().ok()).unwrap_or(0.0);
    (ticks(11) + ticks(12)) / TICKS
}

/// All answers, in the order of the lines.
fn answer(
    classifier: &dyn Classifier,
    lines: &[&str],
    options: &Options,
    threads: usize,
) -> Vec<Vec<Prediction>> {
    let chunks: Vec<&[&str]> = lines.chunks(BATCH).collect();
    if threads <= 1 {
        return chunks
            .iter()
            .map(|chunk| classifier.classify_batch(chunk, options).unwrap_or_default())
            .collect();
    }
    let next = AtomicUsize::new(0);
    let work = || {
        let mut done = Vec::new();
        while let Some(chunk) = chunks.get(next.fetch_add(1, Ordering::Relaxed)) {
            done.push(classifier.classify_batch(chunk, options).unwrap_or_default());
        }
        done
    };
    std::thread::scope(|scope| {
        let running: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        running.into_iter().flat_map(|thread| thread.join().unwrap_or_default()).collect()
    })
}
