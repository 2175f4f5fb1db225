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

#[cfg(test)]
mod tests {
    use super::super::vector::Vectoriser;
    use super::*;

    /// At the optimum the slope of the primal objective is zero:
    /// w = 2 C sum of y x max(0, 1 - y w.x) over the rows.
    #[test]
    fn ends_where_the_objective_is_flat() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../data/descriptions");
        let text = std::fs::read_to_string(folder.join("09.tsv")).unwrap();
        let rows: Vec<(&str, &str)> = text
            .lines()
            .skip(1)
            .step_by(5)
            .map(|line| (line.split('\t').next().unwrap(), line.rsplit('\t').next().unwrap()))
            .collect();
        let texts: Vec<&str> = rows.iter().map(|row| row.1).collect();
        let mut codes: Vec<&str> = rows.iter().map(|row| row.0).collect();
        codes.sort_unstable();
        codes.dedup();
        let labels: Vec<u32> = rows.iter().map(|row| codes.binary_search(&row.0).unwrap() as u32).collect();
        let config = SvcConfig {
            gram_buckets: 1 << 12,
            pair_buckets: 1 << 12,
            epochs: 300,
            least_weight: 0.0,
            ..SvcConfig::default()
        };
        let vectoriser = Vectoriser::learn(&config, &texts);
        let vectors = vectoriser.vectors(&texts);
        let row_weights: Vec<f32> = (0..rows.len()).map(|at| if at % 3 == 0 { 0.5 } else { 1.0 }).collect();
        let all: Vec<u32> = (0..rows.len() as u32).collect();
        let count = codes.len().min(BLOCK);
        let problem = Problem {
            vectors: &vectors,
            rows: &all,
            labels: &labels,
            row_weights: &row_weights,
            first: 0,
            count,
        };
        let weights = descend(&problem, &config, 7, &|| false).unwrap();
        for class in 0..count as u32 {
            let mut w = vec![0.0f64; vectoriser.features()];
            weights.iter().filter(|x| x.1 == class).for_each(|x| w[x.0 as usize] = f64::from(x.2));
            let mut slope = w.clone();
            for row in 0..rows.len() {
                let y = if labels[row] == class { 1.0 } else { -1.0 };
                let margin: f64 = vectors.row(row).iter().map(|&(f, x)| f64::from(x) * w[f as usize]).sum();
                let short = (1.0 - y * margin).max(0.0);
                let factor = 2.0 * f64::from(config.cost * row_weights[row]) * y * short;
                vectors.row(row).iter().for_each(|&(f, x)| slope[f as usize] -= factor * f64::from(x));
            }
            let size = |v: &[f64]| v.iter().map(|x| x * x).sum::<f64>().sqrt();
            assert!(size(&slope) < 2e-3 * size(&w), "class {class}: {} of {}", size(&slope), size(&w));
        }
        assert!(descend(&problem, &config, 7, &|| true).is_none());
    }
}
