//! Dual coordinate descent for many one-against-the-rest problems side by side.

use super::SvcConfig;
use super::vector::Vectors;
use crate::nets::{Draws, wide};

/// Classes that are trained side by side.
pub(super) const BLOCK: usize = 32;

/// Rows and classes of one block.
pub(super) struct Problem<'a> {
    pub vectors: &'a Vectors,
    /// The rows to learn from.
    pub rows: &'a [u32],
    /// The label of every row of `vectors`.
    pub labels: &'a [u32],
    /// The weight of every row of `vectors`.
    pub row_weights: &'a [f32],
    /// The first label of the block.
    pub first: u32,
    /// Labels in the block, at most [`BLOCK`].
    pub count: usize,
}

/// Solves the block: linear classifiers with squared hinge loss, each label against the other rows.
///
/// Answers feature, label less `first`, weight; features ascending; weights below `least_weight` are left out.
/// `None` when stopped.
///
/// Source: Hsieh et al., "A dual coordinate descent method for large-scale linear SVM", ICML 2008, the method
/// of LIBLINEAR (its solver 1).
pub(super) fn descend(
    problem: &Problem<'_>,
    config: &SvcConfig,
    seed: u64,
    stop: &(dyn Fn() -> bool + Sync),
) -> Option<Vec<(u32, u32, f32)>> {
    // Features of these rows, numbered from 0.
    let mut features: Vec<u32> =
        problem.rows.iter().flat_map(|&row| problem.vectors.row(row as usize)).map(|entry| entry.0).collect();
    features.sort_unstable();
    features.dedup();
    let top = features.last().map_or(0, |&f| f as usize + 1);
    let mut local = vec![0u32; top];
    for (at, &feature) in features.iter().enumerate() {
        local[feature as usize] = at as u32;
    }
    let squares: Vec<f32> = problem
        .rows
        .iter()
        .map(|&row| problem.vectors.row(row as usize).iter().map(|(_, x)| x * x).sum())
        .collect();
    let mut weights = vec![[0.0f32; BLOCK]; features.len()];
    let mut alphas = vec![[0.0f32; BLOCK]; problem.rows.len()];
    let mut order: Vec<u32> = (0..problem.rows.len() as u32).collect();
    for epoch in 0..config.epochs {
        let draws = Draws::new(seed, u64::from(epoch));
        for last in (1..order.len()).rev() {
            order.swap(last, draws.below(last as u64, last + 1));
        }
        for (count, &at) in order.iter().enumerate() {
            if count % 65_536 == 0 && stop() {
                return None;
            }
            let at = at as usize;
            let row = problem.rows[at] as usize;
            let diagonal = 0.5 / (config.cost * problem.row_weights[row].max(1e-6));
            let label = problem.labels[row].wrapping_sub(problem.first) as usize;
            let vector = problem.vectors.row(row);
            wide(
                #[inline(always)]
                || {
                    let mut margins = [0.0f32; BLOCK];
                    for &(feature, x) in vector {
                        let weight = &weights[local[feature as usize] as usize];
                        for c in 0..BLOCK {
                            margins[c] += x * weight[c];
                        }
                    }
                    let mut signs = [-1.0f32; BLOCK];
                    if label < BLOCK {
                        signs[label] = 1.0;
                    }
                    let alpha = &mut alphas[at];
                    let step = 1.0 / (squares[at] + diagonal);
                    let mut moves = [0.0f32; BLOCK];
                    let mut moved = 0.0f32;
                    for c in 0..BLOCK {
                        let slope = signs[c] * margins[c] - 1.0 + diagonal * alpha[c];
                        let new = alpha[c] - slope * step;
                        let new = if new > 0.0 { new } else { 0.0 };
                        moves[c] = (new - alpha[c]) * signs[c];
                        moved += moves[c] * moves[c];
                        alpha[c] = new;
                    }
                    if moved > 0.0 {
                        for &(feature, x) in vector {
                            let weight = &mut weights[local[feature as usize] as usize];
                            for c in 0..BLOCK {
                                weight[c] += x * moves[c];
                            }
                        }
                    }
                },
            );
        }
    }
    let mut out = Vec::new();
    for (feature, weights) in features.iter().zip(&weights) {
        for (class, &weight) in weights.iter().take(problem.count).enumerate() {
            if weight.abs() >= config.least_weight && weight != 0.0 {
                out.push((*feature, class as u32, weight));
            }
        }
    }
    Some(out)
}
