//! A share of rows with its interval.

use serde::{Deserialize, Serialize};
use statrs::distribution::{ContinuousCDF, Normal};

use super::number::round6;

/// The confidence of every interval in an evaluation.
pub const CONFIDENCE: f64 = 0.95;

/// The standard normal quantile that belongs to a two-sided interval of [`CONFIDENCE`]: about 1.96.
pub(crate) fn z() -> f64 {
    Normal::standard().inverse_cdf(0.5 + CONFIDENCE / 2.0)
}

/// So many of `n` rows, with the 95% Wilson score interval of the share.
///
/// ```
/// use hscode_train::evaluate::Proportion;
///
/// let right = Proportion::of(81, 263);
/// assert_eq!(right.rate, Some(0.307985));
/// assert_eq!((right.low, right.high), (0.255289, 0.36621));
/// ```
///
/// Source: E. B. Wilson, "Probable inference, the law of succession, and statistical inference", JASA 22 (1927).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Proportion {
    /// How many rows have the property.
    pub hits: u64,
    /// Of how many.
    pub n: u64,
    /// `hits / n`; none when there are no rows.
    pub rate: Option<f64>,
    /// The lower end of the interval; 0 when there are no rows.
    pub low: f64,
    /// The upper end of the interval; 1 when there are no rows.
    pub high: f64,
}

impl Proportion {
    /// The share of `hits` in `n` rows; more hits than rows count as all rows.
    pub fn of(hits: u64, n: u64) -> Self {
        let hits = hits.min(n);
        if n == 0 {
            return Self { hits, n, rate: None, low: 0.0, high: 1.0 };
        }
        let (low, high) = wilson(hits, n);
        Self { hits, n, rate: Some(round6(hits as f64 / n as f64)), low: round6(low), high: round6(high) }
    }

    /// Counts the rows for which `yes` holds.
    pub(crate) fn count(answers: impl IntoIterator<Item = bool>) -> Self {
        let (mut hits, mut n) = (0, 0);
        for yes in answers {
            n += 1;
            hits += u64::from(yes);
        }
        Self::of(hits, n)
    }

    /// As `52.1%`, or `-` when there are no rows.
    pub fn percent(&self) -> String {
        self.rate.map_or_else(|| "-".to_owned(), percent)
    }

    /// As `52.1% (48.0 to 56.1)`, or `-` when there are no rows.
    pub fn percent_with_interval(&self) -> String {
        if self.rate.is_none() {
            return "-".to_owned();
        }
        format!("{} ({:.1} to {:.1})", self.percent(), self.low * 100.0, self.high * 100.0)
    }
}

/// A share as `52.1%`.
pub(crate) fn percent(rate: f64) -> String {
    format!("{:.1}%", rate * 100.0)
}

/// The Wilson score interval, not rounded; `n` is not 0.
pub(crate) fn wilson(hits: u64, n: u64) -> (f64, f64) {
    let (rate, size, z) = (hits as f64 / n as f64, n as f64, z());
    let square = z * z;
    let middle = rate + square / (2.0 * size);
    let half = z * (rate * (1.0 - rate) / size + square / (4.0 * size * size)).sqrt();
    let scale = 1.0 + square / size;
    // At the ends the formula gives 0 and 1 but for rounding.
    let low = if hits == 0 { 0.0 } else { (middle - half) / scale };
    let high = if hits == n { 1.0 } else { (middle + half) / scale };
    (low, high)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Newcombe, "Two-sided confidence intervals for the single proportion", Stat. Med. 17 (1998), table I,
    /// method 3.
    #[test]
    fn wilson_gives_the_published_intervals() {
        for (hits, n, low, high) in [
            (81, 263, 0.2553, 0.3662),
            (15, 148, 0.0624, 0.1605),
            (0, 20, 0.0, 0.1611),
            (1, 29, 0.0061, 0.1718),
        ] {
            let p = Proportion::of(hits, n);
            assert!((p.low - low).abs() < 5e-5 && (p.high - high).abs() < 5e-5, "{hits}/{n}: {p:?}");
        }
    }

    #[test]
    fn no_rows_say_nothing() {
        let none = Proportion::of(0, 0);
        assert_eq!((none.rate, none.low, none.high), (None, 0.0, 1.0));
        assert_eq!(none.percent_with_interval(), "-");
        assert_eq!(serde_json::to_value(none).unwrap()["rate"], serde_json::Value::Null);
    }

    #[test]
    fn reads_as_people_write_it() {
        assert_eq!(Proportion::of(81, 263).percent_with_interval(), "30.8% (25.5 to 36.6)");
    }

    proptest! {
        #[test]
        fn interval_holds_the_rate_and_mirrors(n in 1..5000_u64, part in 0.0..=1.0_f64) {
            let hits = (part * n as f64) as u64;
            let (p, q) = (Proportion::of(hits, n), Proportion::of(n - hits, n));
            let rate = p.rate.unwrap();
            prop_assert!(0.0 <= p.low && p.low <= rate && rate <= p.high && p.high <= 1.0);
            prop_assert!((p.low - (1.0 - q.high)).abs() < 2e-6);
        }
    }
}
