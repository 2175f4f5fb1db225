//! How long one description takes.

use std::time::{Duration, Instant};

use hscode_core::{Classifier, Options};
use serde::{Deserialize, Serialize};

use super::Example;
use super::number::round6;
use crate::progress::Progress;

/// Calls made before the clock counts.
const WARM_UP: usize = 10;
/// The longest time spent on timing.
const BUDGET: Duration = Duration::from_secs(20);

/// Times of single descriptions, warm, on one thread, with nothing else of ours at work; in microseconds.
///
/// Times depend on the machine and its load: no other figure of an evaluation does.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Latency {
    /// Descriptions timed, spread evenly over the data.
    pub n: u64,
    /// The median.
    pub p50_us: f64,
    /// 90 of 100 take at most this.
    pub p90_us: f64,
    /// 99 of 100 take at most this.
    pub p99_us: f64,
    /// The mean.
    pub mean_us: f64,
}

pub(crate) fn measure_latency(
    classifier: &dyn Classifier,
    examples: &[Example],
    options: &Options,
    samples: usize,
    progress: &dyn Progress,
) -> Option<Latency> {
    let samples = samples.min(examples.len());
    let sample = |at: usize| examples.get(at * examples.len() / samples.max(1)).map(Example::text);
    let start = Instant::now();
    for text in (0..samples.min(WARM_UP)).filter_map(sample) {
        let _ = classifier.classify(text, options);
    }
    let mut times_us = Vec::with_capacity(samples);
    for text in (0..samples).filter_map(sample) {
        if progress.stop() || (start.elapsed() > BUDGET && !times_us.is_empty()) {
            break;
        }
        let before = Instant::now();
        let answered = classifier.classify(text, options).is_ok();
        let took = before.elapsed();
        if answered {
            times_us.push(took.as_nanos() as f64 / 1e3);
        }
    }
    summarise(times_us)
}

fn summarise(mut times_us: Vec<f64>) -> Option<Latency> {
    times_us.sort_by(f64::total_cmp);
    let quantile = |q: f64| {
        // The least time that at least this share of the calls did not pass.
        let place = (q * times_us.len() as f64).ceil().max(1.0) as usize - 1;
        times_us.get(place).map(|us| round6(*us))
    };
    Some(Latency {
        n: times_us.len() as u64,
        p50_us: quantile(0.5)?,
        p90_us: quantile(0.9)?,
        p99_us: quantile(0.99)?,
        mean_us: round6(times_us.iter().sum::<f64>() / times_us.len() as f64),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_times_that_were_seen() {
        let latency = summarise((1..=200).rev().map(f64::from).collect()).unwrap();
        assert_eq!((latency.n, latency.p50_us, latency.p90_us, latency.p99_us), (200, 100.0, 180.0, 198.0));
        assert_eq!(latency.mean_us, 100.5);
        assert_eq!(summarise(vec![7.0]).unwrap().p99_us, 7.0);
        assert_eq!(summarise(vec![]), None);
    }
}
