//! Precision, recall and F1, averaged over classes.

use std::collections::BTreeMap;

use hscode_core::HsCode;
use serde::{Deserialize, Serialize};

use super::number::round6;
use super::proportion::z;

/// A figure with an approximate 95% interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Estimate {
    /// The figure, in `0.0..=1.0`.
    pub value: f64,
    /// The lower end.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

/// Precision, recall and F1 of one way of averaging.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Average {
    /// Of the rows answered with a class, the share that is of it.
    pub precision: Estimate,
    /// Of the rows of a class, the share answered with it.
    pub recall: Estimate,
    /// The harmonic mean of the two, class by class.
    pub f1: Estimate,
}

/// Precision, recall and F1 over the classes that occur among the right codes.
///
/// A class never answered has precision 0. A class answered but never right is not in the means; that costs the
/// recall of the classes whose rows it took.
///
/// The intervals of the weighted figures are by the infinitesimal jackknife over rows (of weighted recall, that is
/// the plain normal interval of the accuracy). Those of the macro figures are the wider of that and of the spread
/// of the classes' values, since with one or two rows a class the rows alone would promise far too much.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClassAverages {
    /// Classes that occur among the right codes: the mean is over these.
    pub classes: u64,
    /// Of these, classes that were never answered.
    pub never_answered: u64,
    /// Classes that were answered and occur in no row: outside the mean.
    pub answered_only: u64,
    /// Every class counts the same.
    #[serde(rename = "macro")]
    pub macro_average: Average,
    /// Every class counts by its rows; weighted recall is the accuracy.
    #[serde(rename = "weighted")]
    pub weighted_average: Average,
}

#[derive(Debug, Clone, Copy, Default)]
struct Class {
    /// Rows of the class, rows answered with it, rows of both.
    rows: f64,
    answered: f64,
    hits: f64,
}

impl Class {
    fn precision(&self) -> f64 {
        if self.answered > 0.0 { self.hits / self.answered } else { 0.0 }
    }

    fn recall(&self) -> f64 {
        self.hits / self.rows
    }

    fn f1(&self) -> f64 {
        2.0 * self.hits / (self.rows + self.answered)
    }
}

impl ClassAverages {
    /// Averages over rows given as (right code, best candidate); `None` without rows.
    pub(crate) fn of(rows: &[(HsCode, Option<HsCode>)]) -> Option<Self> {
        let mut counts: BTreeMap<HsCode, Class> = BTreeMap::new();
        for &(truth, answer) in rows {
            counts.entry(truth).or_default().rows += 1.0;
            if let Some(answer) = answer {
                let class = counts.entry(answer).or_default();
                class.answered += 1.0;
                class.hits += f64::from(answer == truth);
            }
        }
        let classes: BTreeMap<HsCode, Class> = counts
            .iter()
            .filter(|(_, class)| class.rows > 0.0)
            .map(|(code, class)| (*code, *class))
            .collect();
        if classes.is_empty() {
            return None;
        }
        let (n, k) = (rows.len() as f64, classes.len() as f64);
        Some(Self {
            classes: classes.len() as u64,
            never_answered: classes.values().filter(|class| class.answered == 0.0).count() as u64,
            answered_only: (counts.len() - classes.len()) as u64,
            macro_average: average(rows, &classes, |_| 1.0 / k, false),
            weighted_average: average(rows, &classes, |class| class.rows / n, true),
        })
    }
}

/// The averages under `weight` with the influence of every row on them; `by_rows`: the weights themselves are
/// shares of the rows.
fn average(
    rows: &[(HsCode, Option<HsCode>)],
    classes: &BTreeMap<HsCode, Class>,
    weight: impl Fn(&Class) -> f64,
    by_rows: bool,
) -> Average {
    let mean = |figure: fn(&Class) -> f64| classes.values().map(|c| weight(c) * figure(c)).sum::<f64>();
    let (precision, recall, f1) = (mean(Class::precision), mean(Class::recall), mean(Class::f1));
    let mut squares = [0.0_f64; 3];
    for (truth, answer) in rows {
        let Some(own) = classes.get(truth) else { continue };
        let hit = f64::from(*answer == Some(*truth));
        let taken = answer.and_then(|answer| classes.get(&answer));
        let mut influence = [
            taken.map_or(0.0, |class| weight(class) * (hit - class.precision()) / class.answered),
            weight(own) * (hit - own.recall()) / own.rows,
            weight(own) * (2.0 * hit - own.f1()) / (own.rows + own.answered)
                - taken.map_or(0.0, |c| weight(c) * c.f1() / (c.rows + c.answered)),
        ];
        if by_rows {
            let n = rows.len() as f64;
            influence[0] += (own.precision() - precision) / n;
            influence[1] += (own.recall() - recall) / n;
            influence[2] += (own.f1() - f1) / n;
        }
        for (sum, part) in squares.iter_mut().zip(influence) {
            *sum += part * part;
        }
    }
    let spread = |figure: fn(&Class) -> f64, mean: f64| {
        let k = classes.len() as f64;
        let around: f64 = classes.values().map(|class| (figure(class) - mean).powi(2)).sum();
        if by_rows || classes.len() < 2 { 0.0 } else { around / (k - 1.0) / k }
    };
    let by_class =
        [spread(Class::precision, precision), spread(Class::recall, recall), spread(Class::f1, f1)];
    let half = |rows: f64, classes: f64| z() * rows.max(classes).sqrt();
    let (p, r, f) =
        (half(squares[0], by_class[0]), half(squares[1], by_class[1]), half(squares[2], by_class[2]));
    Average { precision: estimate(precision, p), recall: estimate(recall, r), f1: estimate(f1, f) }
}

fn estimate(value: f64, half: f64) -> Estimate {
    Estimate {
        value: round6(value),
        low: round6((value - half).max(0.0)),
        high: round6((value + half).min(1.0)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn code(text: &str) -> HsCode {
        text.parse().unwrap()
    }

    /// Rows of 01: right, right, taken by 02. Of 02: right. Of 03: taken by 04, unanswered.
    fn rows() -> Vec<(HsCode, Option<HsCode>)> {
        [
            ("01", Some("01")),
            ("01", Some("01")),
            ("01", Some("02")),
            ("02", Some("02")),
            ("03", Some("04")),
            ("03", None),
        ]
        .map(|(truth, answer)| (code(truth), answer.map(code)))
        .to_vec()
    }

    #[test]
    fn averages_equal_those_by_hand() {
        let averages = ClassAverages::of(&rows()).unwrap();
        assert_eq!((averages.classes, averages.never_answered, averages.answered_only), (3, 1, 1));
        // Precision 1, 1/2, 0; recall 2/3, 1, 0; F1 4/5, 2/3, 0.
        let m = averages.macro_average;
        assert_eq!((m.precision.value, m.recall.value, m.f1.value), (0.5, 0.555_556, 0.488_889));
        let w = averages.weighted_average;
        assert_eq!((w.precision.value, w.recall.value), (0.583_333, 0.5));
        assert_eq!(w.f1.value, round6((3.0 * 0.8 + 2.0 / 3.0) / 6.0));
    }

    #[test]
    fn weighted_recall_has_the_interval_of_a_share() {
        let w = ClassAverages::of(&rows()).unwrap().weighted_average;
        let half = z() * (0.5_f64 * 0.5 / 6.0).sqrt();
        assert_eq!((w.recall.low, w.recall.high), (round6(0.5 - half), round6(0.5 + half)));
    }

    #[test]
    fn no_rows_have_no_averages() {
        assert_eq!(ClassAverages::of(&[]), None);
    }

    /// Macro recall 2/3, 1, 0: the spread of the three classes is wider than what their rows say.
    #[test]
    fn macro_intervals_take_the_spread_of_classes() {
        let m = ClassAverages::of(&rows()).unwrap().macro_average;
        let mean: f64 = 5.0 / 9.0;
        let around = (2.0 / 3.0 - mean).powi(2) + (1.0 - mean).powi(2) + mean.powi(2);
        assert_eq!(m.recall.low, round6((mean - z() * (around / 6.0).sqrt()).max(0.0)));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(16))]

        /// The influences are derivatives: they agree with leaving out one row after the other.
        #[test]
        fn jackknife_agrees_with_brute_force(
            cells in proptest::collection::vec((1..5_u8, proptest::option::weighted(0.9, 1..5_u8)), 200..260)
        ) {
            let rows: Vec<_> = cells.iter().map(|(t, a)| {
                (code(&format!("{t:02}")), a.map(|a| code(&format!("{a:02}"))))
            }).collect();
            let f1 = |rows: &[_]| ClassAverages::of(rows).unwrap().weighted_average.f1;
            let (whole, n) = (f1(&rows), rows.len() as f64);
            let changes: Vec<f64> = (0..rows.len()).map(|at| {
                let mut left = rows.clone();
                left.remove(at);
                f1(&left).value - whole.value
            }).collect();
            let mean = changes.iter().sum::<f64>() / n;
            let squares: f64 = changes.iter().map(|change| (change - mean).powi(2)).sum();
            let brute = z() * ((n - 1.0) / n * squares).sqrt();
            let half = whole.high - whole.value;
            prop_assert!((brute - half).abs() < 0.1 * brute, "{brute} {half}");
        }
    }
}
