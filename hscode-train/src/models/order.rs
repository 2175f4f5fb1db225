//! Which rows an epoch reads, in which order, and how much each counts.

use hscode_core::{Error, ErrorKind};

use super::LearnConfig;
use super::data::Sample;
use crate::nets::Draws;

/// The rows of an epoch, in its order.
pub(super) struct Order {
    epoch: u32,
    rows: Vec<u32>,
}

/// Whether a row is read in an epoch: rows of share 1/2 every second time, each from a start of its own.
fn is_read(sample: &Sample, row: u32, epoch: u32, draws: Draws) -> bool {
    if sample.share >= 1.0 {
        return true;
    }
    let at = |epoch: u32| f64::from(epoch) * f64::from(sample.share) + f64::from(draws.unit(u64::from(row)));
    at(epoch + 1).floor() > at(epoch).floor()
}

impl Order {
    /// No epoch yet.
    pub(super) fn new() -> Self {
        Self { epoch: u32::MAX, rows: Vec::new() }
    }

    /// The rows of an epoch.
    pub(super) fn of(&mut self, epoch: u32, samples: &[Sample], seed: u64) -> &[u32] {
        if self.epoch != epoch {
            let draws = Draws::new(seed, 1).sub(u64::from(epoch));
            let starts = Draws::new(seed, 4);
            self.rows.clear();
            self.rows.extend(
                (0..samples.len() as u32).filter(|&row| is_read(&samples[row as usize], row, epoch, starts)),
            );
            for last in (1..self.rows.len()).rev() {
                self.rows.swap(last, draws.below(last as u64, last + 1));
            }
            self.epoch = epoch;
        }
        &self.rows
    }
}

/// Where the steps of each epoch end.
pub(super) fn epoch_ends(samples: &[Sample], learn: &LearnConfig, seed: u64) -> Result<Vec<u32>, Error> {
    let starts = Draws::new(seed, 4);
    let mut sum = 0u32;
    (0..learn.epochs)
        .map(|epoch| {
            let rows = samples.iter().zip(0u32..).filter(|(s, row)| is_read(s, *row, epoch, starts)).count();
            sum = u32::try_from(rows.div_ceil(learn.batch))
                .ok()
                .and_then(|steps| sum.checked_add(steps))
                .ok_or_else(|| {
                    Error::new(ErrorKind::InvalidInput, "learn: expected fewer than 2^32 steps; lower epochs")
                })?;
            Ok(sum)
        })
        .collect()
}

/// Weights of the rows, with mean 1: their own, and by the effective number of rows of their class.
///
/// Source: Cui et al., "Class-balanced loss based on effective number of samples", CVPR 2019.
pub(super) fn row_weights(samples: &[Sample], classes: usize, beta: f64) -> Vec<f32> {
    let mut counts = vec![0i32; classes];
    samples.iter().filter_map(|s| s.class).for_each(|class| counts[class as usize] += 1);
    let balance = |sample: &Sample| match sample.class {
        Some(class) if beta > 0.0 => {
            let mut kept = 1.0f64;
            let (mut square, mut left) = (beta, counts[class as usize]);
            while left > 0 {
                if left % 2 == 1 {
                    kept *= square;
                }
                square *= square;
                left /= 2;
            }
            (1.0 - beta) / (1.0 - kept).max(1e-12)
        }
        _ => 1.0,
    };
    let labelled = samples.iter().filter(|s| s.class.is_some()).count().max(1) as f64;
    let mean_balance = samples.iter().filter(|s| s.class.is_some()).map(balance).sum::<f64>() / labelled;
    let all: Vec<f64> = samples
        .iter()
        .map(|s| {
            f64::from(s.weight) * if s.class.is_some() { balance(s) / mean_balance.max(1e-12) } else { 1.0 }
        })
        .collect();
    let mean = all.iter().sum::<f64>() / all.len().max(1) as f64;
    all.iter().map(|w| (w / mean.max(1e-12)) as f32).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn samples() -> Vec<Sample> {
        (0..1000)
            .map(|at| Sample {
                class: Some(u32::from(at % 10 == 0)),
                share: if at < 500 { 1.0 } else { 0.4 },
                ..Sample::default()
            })
            .collect()
    }

    #[test]
    fn rows_are_read_in_their_share_of_the_epochs_each_epoch_in_another_order() {
        let samples = samples();
        let learn = LearnConfig { epochs: 10, batch: 100, ..LearnConfig::default() };
        let ends = epoch_ends(&samples, &learn, 3).unwrap();
        let mut order = Order::new();
        let mut reads = vec![0u32; 1000];
        let mut first = Vec::new();
        for epoch in 0..10 {
            let rows = order.of(epoch, &samples, 3).to_vec();
            let before = if epoch == 0 { 0 } else { ends[epoch as usize - 1] };
            assert_eq!(rows.len().div_ceil(100) as u32, ends[epoch as usize] - before);
            rows.iter().for_each(|&row| reads[row as usize] += 1);
            first.push(rows[0]);
        }
        assert!(reads[..500].iter().all(|&n| n == 10));
        assert!(reads[500..].iter().all(|&n| n == 4), "evenly spread, not by chance");
        first.dedup();
        assert!(first.len() > 5);
    }

    #[test]
    fn weights_have_mean_one_and_rare_classes_count_more() {
        let samples = samples();
        let plain = row_weights(&samples, 2, 0.0);
        assert!(plain.iter().all(|&w| (w - 1.0).abs() < 1e-6));
        let balanced = row_weights(&samples, 2, 0.999);
        let mean = balanced.iter().sum::<f32>() / 1000.0;
        assert!((mean - 1.0).abs() < 1e-4);
        // Effective numbers of 100 and 900 rows at 0.999: 95.2 and 593.5.
        assert!((balanced[0] / balanced[1] - 593.5 / 95.2).abs() < 0.05, "{}", balanced[0] / balanced[1]);
    }
}
