//! Times the opening of the embedded model package: `cargo run --release -p hscode-core --example open_model`.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

use std::time::Instant;

use hscode_core::package::sha256;
use hscode_core::{Lexical, embedded_package};

const RUNS: usize = 31;

/// Prints the median and the quartiles in milliseconds, and gives what the last run gave.
fn time<T>(what: &str, mut work: impl FnMut() -> T) -> T {
    let mut times = Vec::new();
    let mut last = None;
    for _ in 0..RUNS {
        let start = Instant::now();
        last = Some(work());
        times.push(start.elapsed().as_secs_f64() * 1e3);
    }
    times.sort_by(f64::total_cmp);
    println!(
        "{what}: median {:.1} ms, quartiles {:.1} to {:.1}, best {:.1} (n={RUNS})",
        times[RUNS / 2],
        times[RUNS / 4],
        times[RUNS * 3 / 4],
        times[0]
    );
    last.unwrap()
}

fn main() {
    let package = time("whole package: digests, models, probe", || embedded_package().unwrap());
    time("digests alone", || package.files().map(|(_, bytes)| sha256(bytes).len()).sum::<usize>());
    time("digests and references, without the probe", || Lexical::embedded().unwrap());
    println!("{}: {} answers in the probe", package.manifest().id(), package.probe_len());
}
