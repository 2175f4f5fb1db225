//! Rounding in the forward pass, so that the network learns to live with the integers of the shipped engine.
//!
//! Weights and activations are rounded to multiples of a scale; gradients pass as if nothing was rounded
//! (straight through). Each row of a table is integers times a whole multiple of one step of the table, so that
//! rows can be summed as integers; linear layers and convolutions have one scale an output; activations one
//! scale a segment.

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::math::wide;
use super::network::{Batch, Cache, Network, Reader};
use super::param::CHUNK;

/// A scale and the largest integer: numbers become `scale * n` with `n` in `-most..=most`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Scale {
    /// The step.
    pub step: f32,
    /// The largest integer.
    pub most: f32,
}

/// Adding and taking away this rounds to the nearest integer, ties to even.
pub(super) const NEAREST: f32 = 12_582_912.0;

impl Scale {
    /// Rounds a number.
    #[inline(always)]
    pub fn round(self, x: f32) -> f32 {
        ((x / self.step).clamp(-self.most, self.most) + NEAREST - NEAREST) * self.step
    }

    /// The scale of `most` steps that changes the numbers least, by the sum of squares: wide tails are cut
    /// where that costs less than coarse steps would.
    fn best(numbers: &[f32], most: f32) -> Self {
        let largest = numbers.par_iter().map(|x| x.abs()).reduce(|| 0.0, f32::max);
        if largest == 0.0 {
            return Self { step: 1.0, most };
        }
        // A sample at fixed places is enough, and quick.
        let every = (numbers.len() / 200_000).max(1);
        let sample: Vec<f32> = numbers.iter().step_by(every).copied().collect();
        let candidates: Vec<Self> =
            (1..=40).map(|n| Self { step: largest * n as f32 / 40.0 / most, most }).collect();
        let costs: Vec<f64> = candidates
            .par_iter()
            .map(|scale| sample.iter().map(|&x| f64::from(scale.round(x) - x).powi(2)).sum())
            .collect();
        let best = (0..candidates.len()).min_by(|&a, &b| costs[a].total_cmp(&costs[b])).unwrap_or(0);
        candidates[best]
    }
}

/// How rows of a table are stored: `step * multiple * n`, with a multiple of 1 to 255 a row and `n` in
/// `-most..=most`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct TableScale {
    /// The step of the table.
    pub step: f32,
    /// The largest integer.
    pub most: f32,
}

impl TableScale {
    /// The step at which the largest row needs the multiple 255.
    fn of(numbers: &[f32], bits: u32) -> Self {
        let most = most(bits);
        let largest = numbers.par_iter().map(|x| x.abs()).reduce(|| 0.0, f32::max);
        Self { step: if largest > 0.0 { largest / most / 255.0 } else { 1.0 }, most }
    }

    /// The multiple of a row: the least whose largest integer reaches the row's largest number.
    #[inline(always)]
    pub fn multiple(self, row: &[f32]) -> f32 {
        let mut largest = 0.0f32;
        for x in row {
            largest = if x.abs() > largest { x.abs() } else { largest };
        }
        (largest / (self.step * self.most) + 0.499 + NEAREST - NEAREST).clamp(1.0, 255.0)
    }

    /// The integers of a row and their multiple, for packing.
    pub fn integers(self, row: &[f32]) -> (u8, Vec<i8>) {
        let multiple = self.multiple(row);
        let scale = Scale { step: self.step * multiple, most: self.most };
        (
            multiple as u8,
            row.iter().map(|&x| (scale.round(x) / scale.step + NEAREST - NEAREST) as i8).collect(),
        )
    }

    /// Rounds a row into `out`.
    pub(crate) fn round(self, row: &[f32], out: &mut [f32]) {
        wide(
            #[inline(always)]
            || {
                let scale = Scale { step: self.step * self.multiple(row), most: self.most };
                out.iter_mut().zip(row).for_each(|(out, x)| *out = scale.round(*x));
            },
        );
    }
}

/// Bits of the tables: `[rounding]` of train.toml.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RoundingConfig {
    /// Share of the steps, at the end, in which the forward pass rounds; 0 for never. Default 0.25.
    pub share: f32,
    /// Bits of token vectors, 2 to 8. Default 4.
    pub token_bits: u32,
    /// Bits of pair vectors, 2 to 8. Default 4.
    pub pair_bits: u32,
    /// Bits of gram vectors, 2 to 8. Default 4.
    pub gram_bits: u32,
}

impl Default for RoundingConfig {
    fn default() -> Self {
        Self { share: 0.25, token_bits: 4, pair_bits: 4, gram_bits: 4 }
    }
}

/// The scales in force.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Rounding {
    /// Of tokens, pairs and grams.
    pub tables: [TableScale; 3],
    /// Of what the first linear layer reads: pooled filters, mean of tokens, pairs, grams.
    pub input: [Scale; 4],
    /// Of each hidden layer's outputs.
    pub hidden: Vec<Scale>,
}

fn most(bits: u32) -> f32 {
    ((1u32 << (bits.clamp(2, 8) - 1)) - 1) as f32
}

impl Rounding {
    pub(crate) fn round_input(&self, rows: &mut [f32], segments: &[(usize, usize); 4]) {
        let stride = segments.iter().map(|s| s.1).sum();
        rows.par_chunks_mut(stride).for_each(|row| {
            for ((offset, size), scale) in segments.iter().zip(&self.input) {
                let row = &mut row[*offset..offset + size];
                wide(
                    #[inline(always)]
                    || row.iter_mut().for_each(|x| *x = scale.round(*x)),
                );
            }
        });
    }

    pub(crate) fn round_hidden(&self, x: &mut [f32], layer: usize) {
        let scale = self.hidden[layer];
        x.par_chunks_mut(CHUNK).for_each(|x| {
            wide(
                #[inline(always)]
                || x.iter_mut().for_each(|x| *x = scale.round(*x)),
            );
        });
    }
}

/// The scale of a row of a matrix: 127 steps reach its largest number. `factors`: one for each column, the scale
/// of what is multiplied with it, which the integers carry.
#[inline(always)]
pub(super) fn row_scale(row: &[f32], factors: &[f32]) -> Scale {
    let mut largest = 0.0f32;
    for (x, f) in row.iter().zip(factors) {
        let x = (x * f).abs();
        largest = if x > largest { x } else { largest };
    }
    Scale { step: (largest / 127.0).max(1e-20), most: 127.0 }
}

/// Rounds each row of a matrix to integers of its own scale.
fn round_rows(weight: &[f32], factors: &[f32], out: &mut Vec<f32>) {
    let cols = factors.len();
    out.resize(weight.len(), 0.0);
    out.par_chunks_mut(cols).zip(weight.par_chunks(cols)).for_each(|(out, row)| {
        wide(
            #[inline(always)]
            || {
                let scale = row_scale(row, factors);
                for ((out, x), f) in out.iter_mut().zip(row).zip(factors) {
                    *out = scale.round(x * f) / f;
                }
            },
        );
    });
}

impl Network {
    /// Begins to round: scales of tables by their numbers, scales of activations by a batch that is typical.
    pub(crate) fn begin_rounding(&mut self, config: &RoundingConfig, batch: &Batch, cache: &mut Cache) {
        let table = |table: &Option<super::param::Table>, bits| {
            TableScale::of(table.as_ref().map_or(&[], |table| table.value.as_slice()), bits)
        };
        let tables = [
            table(&self.tokens, config.token_bits),
            table(&self.pairs, config.pair_bits),
            table(&self.grams, config.gram_bits),
        ];
        self.forward(batch, cache, None);
        let segments = self.segments();
        let stride: usize = segments.iter().map(|s| s.1).sum();
        let input = segments.map(|(offset, size)| {
            let part: Vec<f32> = cache.layers[0]
                .chunks_exact(stride)
                .flat_map(|row| &row[offset..offset + size])
                .copied()
                .collect();
            // Activations keep their tails: the cut is where a batch ends, and a little more.
            let largest = part.iter().fold(0.0f32, |a, x| a.max(x.abs()));
            let best = Scale::best(&part, 127.0);
            Scale { step: best.step.max(largest / 127.0 * 0.5), most: 127.0 }
        });
        let hidden = cache.layers[1..].iter().map(|layer| Scale::best(layer, 127.0)).collect();
        self.rounding = Some(Rounding { tables, input, hidden });
        self.refresh_rounding();
    }

    /// Rounds the weights as they now are; called before each forward pass.
    pub(crate) fn refresh_rounding(&mut self) {
        let Some(rounding) = &self.rounding else { return };
        let segments = self.segments();
        if let Reader::Conv(conv) = &mut self.reader {
            for width in &mut conv.widths {
                let factors = vec![1.0; width.width * conv.dim];
                round_rows(&width.weight.value, &factors, width.seen.get_or_insert_default());
            }
        }
        let input = input_factors(&segments, rounding);
        for (at, layer) in self.hidden.iter_mut().chain([&mut self.output]).enumerate() {
            let ones;
            let factors = if at == 0 {
                &input
            } else {
                ones = vec![1.0; layer.inputs];
                &ones
            };
            round_rows(&layer.weight.value, factors, layer.seen.get_or_insert_default());
        }
    }
}

/// The scale of each number that the first linear layer reads.
pub(super) fn input_factors(segments: &[(usize, usize); 4], rounding: &Rounding) -> Vec<f32> {
    segments
        .iter()
        .zip(&rounding.input)
        .flat_map(|((_, size), scale)| std::iter::repeat_n(scale.step, *size))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_of_integers_are_what_the_network_saw() {
        let draws = super::super::math::Draws::new(1, 1);
        let table: Vec<f32> =
            (0..50 * 16u64).map(|at| draws.normal(at) * if at < 160 { 1.0 } else { 0.02 }).collect();
        for bits in [2, 4, 8] {
            let scale = TableScale::of(&table, bits);
            for row in table.chunks_exact(16) {
                let mut seen = [0.0; 16];
                scale.round(row, &mut seen);
                let (multiple, integers) = scale.integers(row);
                assert!(multiple >= 1);
                let largest = row.iter().fold(0.0f32, |a, x| a.max(x.abs()));
                for ((&n, &x), &given) in integers.iter().zip(&seen).zip(row) {
                    assert!(f32::from(n.abs()) <= scale.most);
                    assert_eq!(f32::from(n) * (scale.step * f32::from(multiple)), x);
                    // Half a step of this row, where the multiple is not rounded to much.
                    let step = largest / scale.most + scale.step;
                    assert!((x - given).abs() <= 0.51 * step + 1e-7, "{bits}: {given} seen as {x}");
                }
            }
        }
    }
}
