//! A fully connected layer.

use rayon::prelude::*;

use super::gemm::{Out, Room, View, gemm};
use super::math::{Draws, wide};
use super::param::{CHUNK, Dense};

/// `out = in * weight^T + bias`; the weight has a row an output.
#[derive(Debug, Clone)]
pub(crate) struct Linear {
    /// Numbers in.
    pub inputs: usize,
    /// Numbers out.
    pub outputs: usize,
    /// `outputs` x `inputs`.
    pub weight: Dense,
    /// `outputs`.
    pub bias: Dense,
    /// The weight as the forward pass saw it, when that is not the weight itself (rounded, for one).
    pub seen: Option<Vec<f32>>,
}

impl Linear {
    /// Normal weights of variance `gain / inputs`, zero biases.
    pub(crate) fn new(inputs: usize, outputs: usize, gain: f32, draws: Draws) -> Self {
        let deviation = (gain / inputs as f32).sqrt();
        Self {
            inputs,
            outputs,
            weight: Dense::normal(inputs * outputs, deviation, draws),
            bias: Dense::zeros(outputs, false),
            seen: None,
        }
    }

    /// The weight that products use.
    pub(crate) fn used(&self) -> &[f32] {
        self.seen.as_deref().unwrap_or(&self.weight.value)
    }

    /// Writes `rows` rows of outputs.
    pub(crate) fn forward(&self, rows: usize, input: &[f32], output: &mut Vec<f32>, room: &mut Room) {
        output.resize(rows * self.outputs, 0.0);
        let (left, right) =
            (View::new(input, rows, self.inputs), View::new(self.used(), self.outputs, self.inputs));
        gemm(left, right.t(), Out::set(output, self.outputs), room);
        output.par_chunks_mut(self.outputs).for_each(|row| {
            wide(
                #[inline(always)]
                || row.iter_mut().zip(&self.bias.value).for_each(|(x, b)| *x += b),
            );
        });
    }

    /// Sets the gradients of weight and bias; writes that of the inputs into `back`, if wanted.
    pub(crate) fn backward(
        &mut self,
        rows: usize,
        input: &[f32],
        grad: &[f32],
        back: Option<&mut Vec<f32>>,
        room: &mut Room,
    ) {
        let above = View::new(grad, rows, self.outputs);
        let weight_grad = Out::set(&mut self.weight.grad, self.inputs);
        gemm(above.t(), View::new(input, rows, self.inputs), weight_grad, room);
        column_sums(grad, self.outputs, &mut self.bias.grad);
        if let Some(back) = back {
            back.resize(rows * self.inputs, 0.0);
            let weight =
                View::new(self.seen.as_deref().unwrap_or(&self.weight.value), self.outputs, self.inputs);
            gemm(above, weight, Out::set(back, self.inputs), room);
        }
    }
}

/// Sums of columns, each down its rows in order.
pub(crate) fn column_sums(rows: &[f32], cols: usize, out: &mut [f32]) {
    const WIDE: usize = 256;
    out.par_chunks_mut(WIDE).enumerate().for_each(|(task, out)| {
        out.fill(0.0);
        for row in rows.chunks_exact(cols) {
            let row = &row[task * WIDE..][..out.len()];
            wide(
                #[inline(always)]
                || out.iter_mut().zip(row).for_each(|(sum, x)| *sum += x),
            );
        }
    });
}

/// max(x, 0) in place.
pub(crate) fn relu(x: &mut [f32]) {
    x.par_chunks_mut(CHUNK).for_each(|x| {
        wide(
            #[inline(always)]
            || x.iter_mut().for_each(|x| *x = if *x > 0.0 { *x } else { 0.0 }),
        );
    });
}

/// Lets through the gradient where the output was above 0.
pub(crate) fn relu_backward(output: &[f32], grad: &mut [f32]) {
    (grad.par_chunks_mut(CHUNK), output.par_chunks(CHUNK)).into_par_iter().for_each(|(grad, output)| {
        wide(
            #[inline(always)]
            || grad.iter_mut().zip(output).for_each(|(g, &y)| *g = if y > 0.0 { *g } else { 0.0 }),
        );
    });
}

/// Zeroes each number with probability `rate` and scales the others, by place: forward and backward alike.
pub(crate) fn dropout(x: &mut [f32], rate: f32, draws: Draws) {
    if rate <= 0.0 {
        return;
    }
    let scale = 1.0 / (1.0 - rate);
    let below = (f64::from(rate) * 65_536.0) as u64;
    x.par_chunks_mut(CHUNK).enumerate().for_each(|(task, x)| {
        wide(
            #[inline(always)]
            || {
                // One draw serves four numbers, 16 bits each.
                for (at, four) in x.chunks_mut(4).enumerate() {
                    let bits = draws.bits((task * (CHUNK / 4) + at) as u64);
                    for (n, x) in four.iter_mut().enumerate() {
                        let dropped = (bits >> (16 * n)) & 0xFFFF < below;
                        *x = if dropped { 0.0 } else { *x * scale };
                    }
                }
            },
        );
    });
}
