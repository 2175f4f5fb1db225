//! Balance: rare classes are made to count. Only the training part is balanced, after the split.
//!
//! Up-sampling draws rows of rare classes again until each class has the rows that are wanted. Done before the
//! split it puts copies of one row on both sides, and a model is tested on what it was trained on; so this step
//! takes training rows only (`docs/training.md` shows what the wrong order is worth).
//!
//! Source: class-balanced weights, Cui, Jia, Lin, Song, Belongie, "Class-balanced loss based on effective number
//! of samples", CVPR 2019.

use std::collections::BTreeMap;

use hscode_core::HsCode;

use crate::config::{BalanceConfig, BalanceMethod};
use crate::rng::SplitMix64;

/// What a balanced epoch is made of.
#[derive(Debug, Clone, PartialEq)]
pub struct Balanced {
    /// The places of the rows to train on, with repeats; every row is there at least once.
    pub rows: Vec<u32>,
    /// For each row of the input, a factor on its weight in the loss; their mean is 1.
    pub weights: Vec<f32>,
}

/// Balances training rows, given by their codes.
///
/// ```
/// use hscode_train::balance::balance;
/// use hscode_train::config::{BalanceConfig, BalanceMethod};
///
/// let codes = ["610910", "610910", "610910", "732690"].map(|code| code.parse().unwrap());
/// let config = BalanceConfig { method: BalanceMethod::UpSample, ..BalanceConfig::default() };
/// assert_eq!(balance(&codes, &config, 1).rows, [0, 1, 2, 3, 3, 3]);
/// ```
pub fn balance(codes: &[HsCode], config: &BalanceConfig, seed: u64) -> Balanced {
    let plain = || (0..codes.len() as u32).collect();
    match config.method {
        BalanceMethod::None => Balanced { rows: plain(), weights: vec![1.0; codes.len()] },
        BalanceMethod::UpSample => Balanced {
            rows: up_sample(codes, config.up_sample_to, config.up_sample_limit, seed),
            weights: vec![1.0; codes.len()],
        },
        BalanceMethod::ClassBalanced => {
            Balanced { rows: plain(), weights: effective_weights(codes, config.beta) }
        }
    }
}

/// Repeats rows of rare classes until each class has `share` of the rows of the largest, no row more than `limit`
/// times. The rows of a class are drawn evenly: none is drawn twice more than another before all were drawn.
///
/// Returns places in `codes`: all rows in order, then the repeats, class by class.
pub fn up_sample(codes: &[HsCode], share: f64, limit: u32, seed: u64) -> Vec<u32> {
    let mut classes: BTreeMap<HsCode, Vec<u32>> = BTreeMap::new();
    for (code, at) in codes.iter().zip(0..) {
        classes.entry(*code).or_default().push(at);
    }
    let largest = classes.values().map(Vec::len).max().unwrap_or(0);
    let target = (share.clamp(0.0, 1.0) * largest as f64).ceil() as usize;
    let mut drawn: Vec<u32> = (0..codes.len() as u32).collect();
    for (class, (_, rows)) in classes.iter_mut().enumerate() {
        let most = rows.len().saturating_mul(limit.max(1) as usize);
        let mut missing = target.min(most).saturating_sub(rows.len());
        while missing >= rows.len() {
            drawn.extend(&*rows);
            missing -= rows.len();
        }
        let mut rng = SplitMix64::for_item(seed, class as u64);
        for place in 0..missing {
            let other = place + rng.below(rows.len() - place);
            rows.swap(place, other);
        }
        rows[..missing].sort_unstable();
        drawn.extend(&rows[..missing]);
    }
    drawn
}

/// The weight of each row by the effective number of rows of its class, `(1 - beta^n) / (1 - beta)`: a class of n
/// like rows shows less than n times what one shows. The mean over the rows is 1.
pub fn effective_weights(codes: &[HsCode], beta: f64) -> Vec<f32> {
    let mut counts: BTreeMap<HsCode, i32> = BTreeMap::new();
    for code in codes {
        *counts.entry(*code).or_default() += 1;
    }
    let beta = beta.clamp(0.0, 0.999_999);
    let weight = |n: i32| (1.0 - beta) / (1.0 - power(beta, n));
    let total: f64 = counts.values().map(|n| weight(*n) * f64::from(*n)).sum();
    let scale = if total > 0.0 { codes.len() as f64 / total } else { 0.0 };
    codes.iter().map(|code| counts.get(code).map_or(1.0, |n| (weight(*n) * scale) as f32)).collect()
}

/// A whole power by squaring: the same bits everywhere, which the system's own is not bound to give.
fn power(base: f64, mut exponent: i32) -> f64 {
    let (mut result, mut square) = (1.0, base);
    while exponent > 0 {
        if exponent % 2 == 1 {
            result *= square;
        }
        square *= square;
        exponent /= 2;
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn codes(counts: &[usize]) -> Vec<HsCode> {
        let all = ["610910", "732690", "180632", "851762"];
        let of = |(at, n): (usize, &usize)| std::iter::repeat_n(all[at].parse().unwrap(), *n);
        counts.iter().enumerate().flat_map(of).collect()
    }

    fn per_class(codes: &[HsCode], rows: &[u32]) -> Vec<usize> {
        let mut counts: BTreeMap<HsCode, usize> = BTreeMap::new();
        for row in rows {
            *counts.entry(codes[*row as usize]).or_default() += 1;
        }
        counts.into_values().collect()
    }

    #[test]
    fn up_sampling_reaches_the_share_and_stops_at_the_limit() {
        let codes = codes(&[10, 3, 1]); // in tariff order: 180632 has 1, 610910 has 10, 732690 has 3
        assert_eq!(per_class(&codes, &up_sample(&codes, 1.0, 100, 7)), [10, 10, 10]);
        assert_eq!(per_class(&codes, &up_sample(&codes, 0.5, 100, 7)), [5, 10, 5]);
        assert_eq!(per_class(&codes, &up_sample(&codes, 1.0, 4, 7)), [4, 10, 10]);
        assert_eq!(up_sample(&codes, 0.0, 100, 7), (0..14).collect::<Vec<_>>());
        assert_eq!(up_sample(&[], 1.0, 100, 7), Vec::<u32>::new());
    }

    #[test]
    fn effective_weights_go_from_none_to_one_over_n() {
        let codes = codes(&[90, 10]);
        assert!(effective_weights(&codes, 0.0).iter().all(|w| (w - 1.0).abs() < 1e-6));
        let strong = effective_weights(&codes, 0.999_999);
        assert!((strong[99] / strong[0] - 9.0).abs() < 0.01, "{}", strong[99] / strong[0]);
        // By hand: beta 0.9, n = 10 and 90: (1 - 0.9^90) / (1 - 0.9^10) = 0.99992 / 0.65132.
        let middle = effective_weights(&codes, 0.9);
        assert!((f64::from(middle[99] / middle[0]) - 0.999_924 / 0.651_322).abs() < 1e-4);
    }

    proptest! {
        #[test]
        fn repeats_are_even_and_seeded(counts in proptest::collection::vec(1_usize..20, 1..5), seed in any::<u64>()) {
            let codes = codes(&counts);
            let rows = up_sample(&codes, 1.0, 1000, seed);
            prop_assert_eq!(&rows, &up_sample(&codes, 1.0, 1000, seed));
            let largest = counts.iter().max().unwrap();
            prop_assert!(per_class(&codes, &rows).iter().all(|n| n == largest));
            let mut times = vec![0_usize; codes.len()];
            for row in &rows {
                times[*row as usize] += 1;
            }
            for code in &codes {
                let of_class: Vec<usize> =
                    (0..codes.len()).filter(|at| codes[*at] == *code).map(|at| times[at]).collect();
                prop_assert!(of_class.iter().max().unwrap() - of_class.iter().min().unwrap() <= 1);
                prop_assert!(*of_class.iter().min().unwrap() >= 1);
            }
        }

        #[test]
        fn weights_have_mean_one(counts in proptest::collection::vec(1_usize..50, 1..5), beta in 0.0_f64..1.0) {
            let codes = codes(&counts);
            let weights = effective_weights(&codes, beta);
            let mean = weights.iter().map(|w| f64::from(*w)).sum::<f64>() / weights.len() as f64;
            prop_assert!((mean - 1.0).abs() < 1e-4, "{mean}");
        }
    }
}
