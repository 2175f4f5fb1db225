//! Whether candidate sets hold the right code as often as they promise.

use serde::{Deserialize, Serialize};

use super::number::round6;
use super::{Outcome, Proportion};

/// The candidate sets for a coverage against the right codes.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SetReport {
    /// The coverage asked for.
    pub asked: f64,
    /// Rows whose set holds a right code, of those deep enough to tell.
    pub covered: Proportion,
    /// The mean number of codes in a set.
    pub mean_size: f64,
    /// The median number.
    pub median_size: u64,
    /// 90 of 100 sets have at most so many.
    pub p90_size: u64,
    /// Sets of exactly one code, of all sets.
    pub single: Proportion,
    /// Sets without any code, of all sets.
    pub empty: Proportion,
}

impl SetReport {
    pub(crate) fn of(asked: f32, outcomes: &[Outcome]) -> Self {
        // A row on which the classifier failed has no set: it covers nothing.
        let sets: Vec<_> = outcomes
            .iter()
            .map(|o| match &o.set {
                Some(set) => (set.size, set.holds),
                None => (0, Some(false)),
            })
            .collect();
        let mut sizes: Vec<usize> = sets.iter().map(|set| set.0).collect();
        sizes.sort_unstable();
        let at = |q: f64| {
            let place = (q * sizes.len() as f64).ceil().max(1.0) as usize - 1;
            sizes.get(place).copied().unwrap_or(0) as u64
        };
        Self {
            // The digits that the caller wrote, not those of the nearest f32.
            asked: asked.to_string().parse().unwrap_or(f64::from(asked)),
            covered: Proportion::count(sets.iter().filter_map(|set| set.1)),
            mean_size: round6(sizes.iter().sum::<usize>() as f64 / sizes.len().max(1) as f64),
            median_size: at(0.5),
            p90_size: at(0.9),
            single: Proportion::count(sizes.iter().map(|size| *size == 1)),
            empty: Proportion::count(sizes.iter().map(|size| *size == 0)),
        }
    }
}
