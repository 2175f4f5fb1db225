//! The scaled sum of table rows: hashed pairs and grams, and the mean of tokens.

use rayon::prelude::*;

use super::math::wide;
use super::param::{Table, used_at};
use super::ragged::Ragged;
use super::rounding::TableScale;

/// How a bag of n rows is scaled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BagScale {
    /// The sum over n.
    Mean,
    /// The sum over the square root of n: a long text speaks louder than a short one, but not n times.
    Root,
}

impl BagScale {
    /// The factor for `n` rows; 0 for none.
    pub fn factor(self, n: usize) -> f32 {
        match (self, n) {
            (_, 0) => 0.0,
            (Self::Mean, n) => 1.0 / n as f32,
            (Self::Root, n) => 1.0 / (n as f32).sqrt(),
        }
    }
}

/// Writes the bag of each list into columns `offset..offset + dim` of rows `stride` wide.
pub(crate) fn forward(
    table: &Table,
    seen: Option<TableScale>,
    lists: &Ragged,
    scale: BagScale,
    output: &mut [f32],
    stride: usize,
    offset: usize,
) {
    output.par_chunks_mut(stride).take(lists.len()).enumerate().for_each(|(text, row)| {
        let out = &mut row[offset..offset + table.dim];
        out.fill(0.0);
        let ids = lists.list(text);
        let mut rounded = vec![0.0; if seen.is_some() { table.dim } else { 0 }];
        for &id in ids {
            let mut row = table.row(id);
            if let Some(seen) = seen {
                seen.round(row, &mut rounded);
                row = &rounded;
            }
            wide(
                #[inline(always)]
                || out.iter_mut().zip(row).for_each(|(sum, x)| *sum += x),
            );
        }
        let factor = scale.factor(ids.len());
        out.iter_mut().for_each(|x| *x *= factor);
    });
}

/// Collects the gradient of the table from the gradients of the bags.
pub(crate) fn backward(
    table: &mut Table,
    lists: &Ragged,
    scale: BagScale,
    grad: &[f32],
    stride: usize,
    offset: usize,
    uses: &mut Vec<u64>,
) {
    uses.clear();
    for text in 0..lists.len() {
        uses.extend(lists.list(text).iter().map(|&id| used_at(id, text)));
    }
    let factors: Vec<f32> = (0..lists.len()).map(|text| scale.factor(lists.range(text).len())).collect();
    let dim = table.dim;
    table.collect(uses, |text, sum| {
        let (row, factor) = (&grad[text * stride + offset..][..dim], factors[text]);
        wide(
            #[inline(always)]
            || sum.iter_mut().zip(row).for_each(|(sum, x)| *sum += x * factor),
        );
    });
}
