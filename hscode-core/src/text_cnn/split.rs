//! The logit of a class as a sum over what the network read.
//!
//! Backwards from the logit, each unit hands what it adds to the units below in the shares in which they made it.
//! A unit that was cut at 0 adds nothing. One that was not is a sum: weights times inputs, and a bias; rounding to
//! an integer scales the sum a little, and all its shares with it. Of a filter's windows the one with the largest
//! output made it. So the parts of all pieces, pairs, grams and biases add up to the logit, but for the last bits
//! of floats. The share of a unit is bounded: an integer is at most twice the sum that it was rounded from.

use super::kernel;
use super::net::{Activations, Net, numbers};

/// What each piece, pair and gram of a text added to a logit, in the order of the features.
#[derive(Debug, Default)]
pub(super) struct Parts {
    pub(super) tokens: Vec<f32>,
    pub(super) pairs: Vec<f32>,
    pub(super) grams: Vec<f32>,
    /// What biases added; the rest of the logit.
    pub(super) bias: f32,
}

impl Net {
    /// Splits the output `class` of the text in `work`.
    pub(super) fn split(&self, class: usize, work: &mut Activations) -> Parts {
        let mut parts = Parts { bias: self.output.bias[class], ..Parts::default() };
        // What a unit of 1 of each input of a layer adds.
        let scale = self.output.scales[class];
        let mut gradient: Vec<f32> = numbers(self.output.row(class)).map(|n| f32::from(n) * scale).collect();
        let Activations { layers, sums, .. } = &mut *work;
        for (at, (dense, _)) in self.hidden.iter().enumerate().rev() {
            let (below, above) = (&layers[at], &layers[at + 1]);
            dense.sums(self.simd, 0..dense.outputs(), below, sums);
            let mut next = vec![0.0; below.len() * kernel::Line::SIZE];
            for (unit, number) in numbers(above).take(dense.outputs()).enumerate().filter(|unit| unit.1 > 0) {
                let scale = dense.scales[unit];
                let share =
                    gradient[unit] * f32::from(number) / (sums[unit] as f32 * scale + dense.bias[unit]);
                parts.bias += share * dense.bias[unit];
                kernel::add_scaled(self.simd, dense.row(unit), share * scale, &mut next);
            }
            gradient = next;
        }
        // From here on what a unit of 1 before rounding adds.
        let inputs: Vec<i8> = numbers(&layers[0]).collect();
        let filters = self.segments[0];
        self.split_filters(work, &gradient[..filters], &inputs[..filters], &mut parts);
        let mut place = filters;
        for (at, bag) in self.bags(&work.features).into_iter().enumerate() {
            let Some((table, rows, _)) = bag else { continue };
            let out = [&mut parts.tokens, &mut parts.pairs, &mut parts.grams].into_iter().nth(at);
            let Some(out) = out else { continue };
            out.resize(rows.len(), 0.0);
            let weigh = |(at, &sum): (usize, &i32)| {
                if sum == 0 { 0.0 } else { gradient[place + at] * f32::from(inputs[place + at]) / sum as f32 }
            };
            let weights: Vec<f32> = work.bags[at].iter().enumerate().map(weigh).collect();
            let mut row_numbers = vec![0; table.dim];
            for (out, &row) in out.iter_mut().zip(rows) {
                kernel::unpack(table.packed_row(row as usize), table.most, &mut row_numbers);
                let products = row_numbers.iter().zip(&weights).map(|(&n, weight)| f32::from(n) * weight);
                *out += products.fold(0.0, |a, b| a + b) * f32::from(table.multiples[row as usize]);
            }
            place += table.dim;
        }
        parts
    }

    fn split_filters(&self, work: &Activations, gradient: &[f32], inputs: &[i8], parts: &mut Parts) {
        let Some(conv) = &self.conv else { return };
        let tokens = work.features.tokens.len();
        parts.tokens.resize(tokens, 0.0);
        let product = |token: usize, unit: usize| work.conv.products[token * conv.units + unit];
        for (at, width) in conv.widths.iter().enumerate() {
            for filter in 0..conv.filters {
                let number = inputs[at * conv.filters + filter];
                if number == 0 {
                    continue;
                }
                let unit = |place: usize| width.first + place * conv.padded + filter;
                let window = |start: usize| 0..width.width.min(tokens - start);
                let sum = |start: usize| window(start).map(|at| product(start + at, unit(at))).sum::<i32>();
                // The first of the windows with the largest sum.
                let mut best = (0, i32::MIN);
                for start in 0..tokens {
                    let sum = sum(start);
                    best = if sum > best.1 { (start, sum) } else { best };
                }
                let (scale, bias) = (width.scales[filter], width.bias[filter]);
                let value = best.1 as f32 * scale + bias;
                let share = gradient[at * conv.filters + filter] * f32::from(number) / value;
                parts.bias += share * bias;
                for at in window(best.0) {
                    parts.tokens[best.0 + at] += share * scale * product(best.0 + at, unit(at)) as f32;
                }
            }
        }
    }
}
