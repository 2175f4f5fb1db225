//! How accurate the answers are when only the surest are taken.

use serde::{Deserialize, Serialize};

use super::number::round6;

/// The most points of a curve in a report.
const POINTS: usize = 100;

/// Accuracy of the surest answers against their share of all rows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RiskCoverage {
    /// Rows.
    pub n: u64,
    /// The area under the curve of errors: the mean, over all shares, of the error rate among the surest rows.
    /// Less is better; a classifier that knows when it errs is far below its error rate.
    pub aurc: f64,
    /// The curve by share ascending, at most 100 points, the last with every row that has an answer.
    pub points: Vec<CoveragePoint>,
    /// The largest shares at which the answers are still this accurate. Read off the same rows that they are
    /// reported on, so a little hopeful.
    pub at_accuracy: Vec<AtAccuracy>,
}

/// One threshold: the rows at or above it, and how many of them are right.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CoveragePoint {
    /// The least score taken.
    pub threshold: f64,
    /// The share of all rows taken.
    pub coverage: f64,
    /// The share of the rows taken that is right.
    pub accuracy: f64,
}

/// The largest share of rows that can be taken at an accuracy.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AtAccuracy {
    /// The accuracy asked for.
    pub accuracy: f64,
    /// The share of rows; 0 when no threshold reaches it.
    pub coverage: f64,
    /// The threshold; none when no threshold reaches it.
    pub threshold: Option<f64>,
}

impl RiskCoverage {
    /// The curve of rows given as (best score, or none without an answer; right).
    pub fn of(rows: &[(Option<f32>, bool)]) -> Self {
        let n = rows.len();
        let mut answered: Vec<(f32, bool)> =
            rows.iter().filter_map(|&(score, right)| Some((score?, right))).collect();
        answered.sort_by(|a, b| b.0.total_cmp(&a.0));
        let mut points = Vec::new();
        let (mut taken, mut hits, mut area) = (0_usize, 0_usize, 0.0);
        // Rows of one score are taken together: no threshold tells them apart.
        for group in answered.chunk_by(|a, b| a.0 == b.0) {
            taken += group.len();
            hits += group.iter().filter(|row| row.1).count();
            let accuracy = hits as f64 / taken as f64;
            area += group.len() as f64 * (1.0 - accuracy);
            points.push(CoveragePoint {
                threshold: round6(f64::from(group[0].0)),
                coverage: round6(taken as f64 / n as f64),
                accuracy: round6(accuracy),
            });
        }
        // Taking rows without an answer brings errors only.
        for more in taken + 1..=n {
            area += 1.0 - hits as f64 / more as f64;
        }
        let at_accuracy = [0.7, 0.8, 0.9, 0.95].map(|accuracy| {
            let best = points.iter().rev().find(|point| point.accuracy >= accuracy);
            AtAccuracy {
                accuracy,
                coverage: best.map_or(0.0, |point| point.coverage),
                threshold: best.map(|point| point.threshold),
            }
        });
        Self {
            n: n as u64,
            aurc: round6(area / n.max(1) as f64),
            points: thin(points),
            at_accuracy: at_accuracy.to_vec(),
        }
    }
}

/// At most [`POINTS`] points, spread over the coverage, the last one kept.
fn thin(points: Vec<CoveragePoint>) -> Vec<CoveragePoint> {
    if points.len() <= POINTS {
        return points;
    }
    let last = points.len() - 1;
    let mut kept: Vec<CoveragePoint> = Vec::with_capacity(POINTS);
    let mut next = 0.0;
    for (at, point) in points.into_iter().enumerate() {
        if at == last || (point.coverage >= next && kept.len() < POINTS - 1) {
            next = point.coverage + 1.0 / (POINTS - 1) as f64;
            kept.push(point);
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn curve_equals_that_by_hand() {
        let curve =
            RiskCoverage::of(&[(Some(0.9), true), (Some(0.5), false), (Some(0.7), true), (None, false)]);
        let seen: Vec<(f64, f64)> = curve.points.iter().map(|p| (p.coverage, p.accuracy)).collect();
        assert_eq!(seen, [(0.25, 1.0), (0.5, 1.0), (0.75, 0.666_667)]);
        assert_eq!(curve.aurc, round6((0.0 + 0.0 + 1.0 / 3.0 + 0.5) / 4.0));
        let at_80 = curve.at_accuracy[1];
        assert_eq!(
            (at_80.accuracy, at_80.coverage, at_80.threshold),
            (0.8, 0.5, Some(0.7).map(|t: f32| round6(t.into())))
        );
    }

    #[test]
    fn equal_scores_are_taken_together() {
        let curve = RiskCoverage::of(&[(Some(0.5), true), (Some(0.5), false)]);
        assert_eq!(curve.points.len(), 1);
        assert_eq!(curve.aurc, 0.5);
        assert_eq!(RiskCoverage::of(&[]).points.len(), 0);
    }

    proptest! {
        #[test]
        fn long_curves_are_thinned_and_end_at_the_whole(
            rows in proptest::collection::vec((0.0..1.0_f32, any::<bool>()), 1..600)
        ) {
            let rows: Vec<_> = rows.into_iter().map(|(s, r)| (Some(s), r)).collect();
            let curve = RiskCoverage::of(&rows);
            prop_assert!(curve.points.len() <= POINTS);
            let last = curve.points.last().unwrap();
            prop_assert_eq!(last.coverage, 1.0);
            let accuracy = rows.iter().filter(|r| r.1).count() as f64 / rows.len() as f64;
            prop_assert!((last.accuracy - accuracy).abs() < 1e-6);
            prop_assert!(curve.points.is_sorted_by(|a, b| a.coverage < b.coverage && a.threshold > b.threshold - 1e-6));
        }
    }
}
