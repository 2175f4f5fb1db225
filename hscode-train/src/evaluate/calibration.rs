//! Whether a score of 0.8 is right 8 times of 10.

use serde::{Deserialize, Serialize};

use super::Proportion;
use super::number::round6;

/// Bins of equal width over the scores.
const BINS: usize = 10;

/// The scores of the best candidates against how often they are right.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Calibration {
    /// Rows with a candidate.
    pub n: u64,
    /// The expected calibration error: the mean over rows of the distance between their bin's mean score and
    /// accuracy.
    pub ece: f64,
    /// What the expected calibration error would be of a perfectly calibrated classifier on as many rows, by
    /// chance alone: an error near this says nothing against the scores.
    pub ece_by_chance: f64,
    /// The mean score less the accuracy: above 0 the scores promise too much.
    pub overconfidence: f64,
    /// The mean squared distance between score and outcome (1 right, 0 wrong).
    pub brier: f64,
    /// The bins with rows, by score ascending.
    pub bins: Vec<ReliabilityBin>,
}

/// The rows whose best score is above `from` and at most `to`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReliabilityBin {
    /// The lower bound, exclusive (of the first bin, inclusive).
    pub from: f64,
    /// The upper bound, inclusive.
    pub to: f64,
    /// The mean score of its rows.
    pub mean_score: f64,
    /// How many of its rows are right.
    pub right: Proportion,
}

impl Calibration {
    /// Bins rows given as (score in `0.0..=1.0`, right).
    ///
    /// ```
    /// use hscode_train::evaluate::Calibration;
    ///
    /// // Two rows at 0.9, one right; two at 0.2, none right.
    /// let c = Calibration::of(&[(0.9, true), (0.9, false), (0.2, false), (0.2, false)]);
    /// assert_eq!(c.ece, 0.3); // (2 x |0.9 - 0.5| + 2 x |0.2 - 0|) / 4
    /// assert_eq!(c.overconfidence, 0.3);
    /// ```
    ///
    /// Source: C. Guo, G. Pleiss, Y. Sun, K. Weinberger, "On calibration of modern neural networks", ICML 2017.
    pub fn of(rows: &[(f32, bool)]) -> Self {
        let mut bins = [(0.0_f64, 0_u64, 0_u64); BINS]; // sum of scores, right, rows
        let mut squares = 0.0;
        for &(score, right) in rows {
            let score = f64::from(score.clamp(0.0, 1.0));
            let (sum, hits, n) = &mut bins[bin_of(score)];
            *sum += score;
            *hits += u64::from(right);
            *n += 1;
            squares += (score - f64::from(u8::from(right))).powi(2);
        }
        let n = rows.len() as u64;
        let size = (n as f64).max(1.0);
        let (mut ece, mut chance, mut over) = (0.0, 0.0, 0.0);
        let mut filled = Vec::new();
        for (at, &(sum, hits, count)) in bins.iter().enumerate() {
            if count == 0 {
                continue;
            }
            let share = count as f64 / size;
            let (mean, accuracy) = (sum / count as f64, hits as f64 / count as f64);
            ece += share * (mean - accuracy).abs();
            over += share * (mean - accuracy);
            // The mean distance of a normal variable from its mean is sqrt(2 / pi) standard deviations.
            chance += share * (std::f64::consts::FRAC_2_PI * mean * (1.0 - mean) / count as f64).sqrt();
            filled.push(ReliabilityBin {
                from: round6(at as f64 / BINS as f64),
                to: round6((at + 1) as f64 / BINS as f64),
                mean_score: round6(mean),
                right: Proportion::of(hits, count),
            });
        }
        Self {
            n,
            ece: round6(ece),
            ece_by_chance: round6(chance),
            overconfidence: round6(over),
            brier: round6(squares / size),
            bins: filled,
        }
    }
}

/// The bin of a score: its upper bound belongs to it.
fn bin_of(score: f64) -> usize {
    ((score * BINS as f64).ceil() as usize).clamp(1, BINS) - 1
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn bounds_belong_to_the_bin_below() {
        assert_eq!((bin_of(0.0), bin_of(0.05), bin_of(0.1), bin_of(0.100_1), bin_of(1.0)), (0, 0, 0, 1, 9));
    }

    #[test]
    fn figures_equal_those_by_hand() {
        let c = Calibration::of(&[(0.95, true), (0.85, true), (0.85, false), (0.15, false)]);
        // Bins: 0.95 against 1; 0.85 against 0.5 (two rows); 0.15 against 0.
        assert_eq!(c.ece, round6((0.05 + 2.0 * 0.35 + 0.15) / 4.0));
        assert_eq!(c.overconfidence, round6((-0.05 + 2.0 * 0.35 + 0.15) / 4.0));
        assert_eq!(c.brier, round6((0.05_f64.powi(2) + 0.15_f64.powi(2) * 2.0 + 0.85_f64.powi(2)) / 4.0));
        assert_eq!(c.bins.len(), 3);
        assert_eq!((c.bins[1].from, c.bins[1].to, c.bins[1].right.hits), (0.8, 0.9, 1));
    }

    #[test]
    fn no_rows_have_no_error() {
        let c = Calibration::of(&[]);
        assert_eq!((c.n, c.ece, c.brier, c.bins.len()), (0, 0.0, 0.0, 0));
    }

    /// Scores that mean what they say have an error near that of chance.
    #[test]
    fn chance_level_is_that_of_honest_scores() {
        let mut state = 7_u64;
        let mut random = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 40) as f32 / (1_u64 << 24) as f32
        };
        let (mut seen, mut expected) = (0.0, 0.0);
        for _ in 0..200 {
            let rows: Vec<(f32, bool)> = (0..500)
                .map(|_| {
                    let s = random();
                    (s, random() < s)
                })
                .collect();
            let c = Calibration::of(&rows);
            seen += c.ece / 200.0;
            expected += c.ece_by_chance / 200.0;
        }
        assert!((seen - expected).abs() < 0.1 * expected, "{seen} {expected}");
    }

    proptest! {
        #[test]
        fn bins_add_up(rows in proptest::collection::vec((0.0..=1.0_f32, any::<bool>()), 0..300)) {
            let c = Calibration::of(&rows);
            prop_assert_eq!(c.bins.iter().map(|b| b.right.n).sum::<u64>(), c.n);
            prop_assert_eq!(c.bins.iter().map(|b| b.right.hits).sum::<u64>(), rows.iter().filter(|r| r.1).count() as u64);
            prop_assert!(c.ece + 1e-6 >= c.overconfidence.abs() && c.ece <= 1.0);
            for b in &c.bins {
                prop_assert!(b.from - 1e-6 <= b.mean_score && b.mean_score <= b.to + 1e-6);
            }
        }
    }
}
