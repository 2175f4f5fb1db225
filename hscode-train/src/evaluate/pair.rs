//! Two classifiers on the same rows: which is right more often, and is it chance?

use serde::{Deserialize, Serialize};
use statrs::distribution::{Binomial, Discrete, DiscreteCDF};

use super::number::{round6, significant4};
use super::proportion::wilson;

/// The four counts of a paired comparison, with the difference and McNemar's test.
///
/// ```
/// use hscode_train::evaluate::Pair;
///
/// // 1 row right by both, 1 only by the first, 7 only by the second, 12 by neither.
/// let pair = Pair::of(1, 1, 7, 12);
/// assert_eq!(pair.p_exact, 0.07031);
/// assert_eq!(pair.p_mid, 0.03906);
/// assert_eq!((pair.low, pair.high), (-0.50692, -0.025559));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pair {
    /// Rows judged by both.
    pub n: u64,
    /// Rows that both have right.
    pub both: u64,
    /// Rows that only the first has right.
    pub only_first: u64,
    /// Rows that only the second has right.
    pub only_second: u64,
    /// Rows that neither has right.
    pub neither: u64,
    /// The share right by the first less that of the second.
    pub difference: f64,
    /// The lower end of the 95% interval of the difference.
    pub low: f64,
    /// The upper end of the interval.
    pub high: f64,
    /// The two-sided p-value of McNemar's exact test.
    pub p_exact: f64,
    /// The two-sided mid-p value: the test to read, since the exact one is too careful.
    pub p_mid: f64,
}

impl Pair {
    /// Compares by the four counts; without rows the difference is 0, its interval -1 to 1, p 1.
    ///
    /// Sources: the interval is method 10 of R. G. Newcombe, "Improved confidence intervals for the difference
    /// between binomial proportions based on paired data", Stat. Med. 17 (1998); for the mid-p test see M. W.
    /// Fagerland, S. Lydersen, P. Laake, BMC Med. Res. Methodol. 13:91 (2013).
    pub fn of(both: u64, only_first: u64, only_second: u64, neither: u64) -> Self {
        let (difference, low, high) = newcombe(both, only_first, only_second, neither);
        let (p_exact, p_mid) = mcnemar(only_first, only_second);
        Self {
            n: both + only_first + only_second + neither,
            both,
            only_first,
            only_second,
            neither,
            difference: round6(difference),
            low: round6(low),
            high: round6(high),
            p_exact: significant4(p_exact),
            p_mid: significant4(p_mid),
        }
    }

    /// Counts rows given as (right by the first, right by the second).
    pub(crate) fn count(rows: impl IntoIterator<Item = (bool, bool)>) -> Self {
        let mut counts = [[0_u64; 2]; 2];
        for (first, second) in rows {
            counts[usize::from(first)][usize::from(second)] += 1;
        }
        Self::of(counts[1][1], counts[1][0], counts[0][1], counts[0][0])
    }
}

/// The difference of the shares with its interval.
fn newcombe(both: u64, only_first: u64, only_second: u64, neither: u64) -> (f64, f64, f64) {
    let n = both + only_first + only_second + neither;
    if n == 0 {
        return (0.0, -1.0, 1.0);
    }
    let (first, second) = (both + only_first, both + only_second);
    let (size, p1, p2) = (n as f64, first as f64 / n as f64, second as f64 / n as f64);
    let ((l1, u1), (l2, u2)) = (wilson(first, n), wilson(second, n));
    // How the two go together, with the paper's correction by continuity.
    let product = both as f64 * neither as f64 - only_first as f64 * only_second as f64;
    let corrected = if product > 0.0 { (product - size / 2.0).max(0.0) } else { product };
    let margins = first as f64 * (n - first) as f64 * second as f64 * (n - second) as f64;
    let phi = if margins > 0.0 { corrected / margins.sqrt() } else { 0.0 };
    let distance = |a: f64, b: f64| (a * a - 2.0 * phi * a * b + b * b).max(0.0).sqrt();
    let difference = p1 - p2;
    let low = difference - distance(p1 - l1, u2 - p2);
    let high = difference + distance(u1 - p1, p2 - l2);
    (difference, low.max(-1.0), high.min(1.0))
}

/// The exact and the mid-p value of the rows on which the two differ: under chance, a fair coin each.
fn mcnemar(only_first: u64, only_second: u64) -> (f64, f64) {
    let (n, less) = (only_first + only_second, only_first.min(only_second));
    if n == 0 {
        return (1.0, 1.0);
    }
    let Ok(coin) = Binomial::new(0.5, n) else { return (1.0, 1.0) };
    let tail = coin.cdf(less);
    let exact = (2.0 * tail).min(1.0);
    // What is more extreme than seen, and half of what is as extreme. With equal counts every other outcome is
    // more extreme.
    let point = coin.pmf(less);
    let mid = if only_first == only_second { 1.0 - point / 2.0 } else { 2.0 * tail - point };
    (exact, mid.clamp(0.0, exact))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Airway hyper-responsiveness before and after stem cell transplantation (Bentur 2009), as worked in
    /// Fagerland, Lydersen, Laake: exact 0.070, mid-p 0.039, square-and-add -0.507 to -0.026.
    #[test]
    fn gives_the_published_values() {
        let pair = Pair::of(1, 1, 7, 12);
        assert!((pair.p_exact - 0.0703).abs() < 1e-4 && (pair.p_mid - 0.0391).abs() < 1e-4, "{pair:?}");
        assert!((pair.low + 0.507).abs() < 5e-4 && (pair.high + 0.026).abs() < 5e-4, "{pair:?}");
    }

    #[test]
    fn same_answers_are_no_difference() {
        let pair = Pair::of(30, 0, 0, 12);
        assert_eq!((pair.difference, pair.p_exact, pair.p_mid), (0.0, 1.0, 1.0));
        assert!(pair.low <= 0.0 && pair.high >= 0.0);
        let none = Pair::of(0, 0, 0, 0);
        assert_eq!((none.low, none.high, none.p_mid), (-1.0, 1.0, 1.0));
    }

    #[test]
    fn many_rows_keep_a_tiny_p() {
        let pair = Pair::of(10_000, 900, 300, 5_000);
        assert!(pair.p_mid > 0.0 && pair.p_mid < 1e-60, "{pair:?}");
        let huge = Pair::of(0, 2_000_000, 1_999_000, 0);
        assert!(huge.p_mid > 0.5 && huge.p_mid < 0.7, "{huge:?}");
    }

    proptest! {
        #[test]
        fn swapping_the_two_mirrors(a in 0..60_u64, b in 0..60_u64, c in 0..60_u64, d in 0..60_u64) {
            let (here, there) = (Pair::of(a, b, c, d), Pair::of(a, c, b, d));
            prop_assert_eq!(here.difference, -there.difference);
            prop_assert!((here.low + there.high).abs() < 2e-6);
            prop_assert_eq!(here.p_exact, there.p_exact);
            prop_assert!(here.p_mid <= here.p_exact && here.p_mid >= 0.0 && here.p_exact <= 1.0);
            prop_assert!(here.low <= here.difference && here.difference <= here.high);
        }

        #[test]
        fn counting_rows_adds_up(rows in proptest::collection::vec((any::<bool>(), any::<bool>()), 0..200)) {
            let pair = Pair::count(rows.iter().copied());
            prop_assert_eq!(pair.n as usize, rows.len());
            prop_assert_eq!(pair.both + pair.only_first, rows.iter().filter(|r| r.0).count() as u64);
            prop_assert_eq!(pair.both + pair.only_second, rows.iter().filter(|r| r.1).count() as u64);
        }
    }
}
