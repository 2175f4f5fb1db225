//! A long short-term memory over tokens, read in one direction; the last state is the answer.

use rayon::prelude::*;

use super::gemm::{Out, Room, View, gemm};
use super::linear::column_sums;
use super::math::{Draws, sigmoid, tanh, wide};
use super::param::{Dense, Table};
use super::ragged::Ragged;

/// One direction of an LSTM. Gates stand in the order input, forget, cell, output.
///
/// Source: Hochreiter, Schmidhuber, "Long short-term memory", 1997; the forget gate of Gers et al., 2000.
#[derive(Debug, Clone)]
pub(crate) struct Lstm {
    /// Numbers of a token vector.
    pub dim: usize,
    /// Numbers of the state.
    pub units: usize,
    /// Whether the text is read from its end.
    pub reversed: bool,
    /// `4 * units` x `dim`.
    pub input: Dense,
    /// `4 * units` x `units`.
    pub state: Dense,
    /// `4 * units`.
    pub bias: Dense,
}

/// What the backward pass needs, and room kept between steps. Rows are by step, then by text, longest first.
#[derive(Default)]
pub(crate) struct LstmCache {
    /// Texts, longest first.
    order: Vec<u32>,
    /// Where the rows of each step start; one more than there are steps.
    steps: Vec<usize>,
    /// The token of each row.
    tokens: Vec<u32>,
    vectors: Vec<f32>,
    gates: Vec<f32>,
    cells: Vec<f32>,
    states: Vec<f32>,
    grads: Vec<f32>,
    state_grad: Vec<f32>,
    cell_grad: Vec<f32>,
}

impl Lstm {
    /// Normal weights of variance 1 / inputs; the forget gate starts open (bias 1).
    pub(crate) fn new(dim: usize, units: usize, reversed: bool, draws: Draws) -> Self {
        let mut bias = Dense::zeros(4 * units, false);
        bias.value[units..2 * units].fill(1.0);
        let deviation = |n: usize| (1.0 / n as f32).sqrt();
        Self {
            dim,
            units,
            reversed,
            input: Dense::normal(4 * units * dim, deviation(dim), draws.sub(0)),
            state: Dense::normal(4 * units * units, deviation(units), draws.sub(1)),
            bias,
        }
    }

    /// Writes the last state of each text into columns from `offset` of rows `stride` wide.
    pub(crate) fn forward(
        &self,
        table: &Table,
        texts: &Ragged,
        cache: &mut LstmCache,
        (output, stride, offset): (&mut [f32], usize, usize),
        room: &mut Room,
    ) {
        let (dim, units) = (self.dim, self.units);
        self.lay_out(texts, cache);
        let rows = cache.tokens.len();
        cache.vectors.clear();
        for &token in &cache.tokens {
            cache.vectors.extend_from_slice(table.row(texts.ids[token as usize]));
        }
        for (buffer, size) in
            [(&mut cache.gates, 4 * units), (&mut cache.cells, units), (&mut cache.states, units)]
        {
            buffer.resize(rows * size, 0.0);
        }
        let input = View::new(&self.input.value, 4 * units, dim);
        gemm(View::new(&cache.vectors, rows, dim), input.t(), Out::set(&mut cache.gates, 4 * units), room);
        for step in 0..cache.steps.len() - 1 {
            let (from, to) = (cache.steps[step], cache.steps[step + 1]);
            let before = if step == 0 { 0 } else { cache.steps[step - 1] };
            let count = to - from;
            let gates = &mut cache.gates[from * 4 * units..to * 4 * units];
            let (old_states, states) = cache.states.split_at_mut(from * units);
            let (old_cells, cells) = cache.cells.split_at_mut(from * units);
            if step > 0 {
                let last = View::new(&old_states[before * units..], count, units);
                let weight = View::new(&self.state.value, 4 * units, units);
                gemm(last, weight.t(), Out { data: gates, stride: 4 * units, offset: 0, add: true }, room);
            }
            let old_cells = &old_cells[before * units..];
            (
                gates.par_chunks_mut(4 * units),
                states[..count * units].par_chunks_mut(units),
                cells[..count * units].par_chunks_mut(units),
            )
                .into_par_iter()
                .enumerate()
                .for_each(|(row, (gates, states, cells))| {
                    let old = (step > 0).then(|| &old_cells[row * units..][..units]);
                    wide(
                        #[inline(always)]
                        || self.cell(gates, old, cells, states),
                    );
                });
        }
        for (rank, &text) in cache.order.iter().enumerate() {
            let length = texts.range(text as usize).len();
            let out = &mut output[text as usize * stride + offset..][..units];
            if length == 0 {
                out.fill(0.0);
            } else {
                out.copy_from_slice(&cache.states[(cache.steps[length - 1] + rank) * units..][..units]);
            }
        }
    }

    #[inline(always)]
    fn cell(&self, gates: &mut [f32], old: Option<&[f32]>, cells: &mut [f32], states: &mut [f32]) {
        let units = self.units;
        for (at, (x, b)) in gates.iter_mut().zip(&self.bias.value).enumerate() {
            let x_b = *x + b;
            *x = if at / units == 2 { tanh(x_b) } else { sigmoid(x_b) };
        }
        for u in 0..units {
            let kept = old.map_or(0.0, |old| gates[units + u] * old[u]);
            cells[u] = kept + gates[u] * gates[2 * units + u];
            states[u] = gates[3 * units + u] * tanh(cells[u]);
        }
    }

    fn lay_out(&self, texts: &Ragged, cache: &mut LstmCache) {
        cache.order.clear();
        cache.order.extend(0..texts.len() as u32);
        cache.order.sort_by_key(|&text| std::cmp::Reverse(texts.range(text as usize).len()));
        cache.steps.clear();
        cache.steps.push(0);
        cache.tokens.clear();
        for step in 0.. {
            for &text in &cache.order {
                let range = texts.range(text as usize);
                if range.len() <= step {
                    break;
                }
                let token = if self.reversed { range.end - 1 - step } else { range.start + step };
                cache.tokens.push(token as u32);
            }
            if cache.tokens.len() == cache.steps[step] {
                break;
            }
            cache.steps.push(cache.tokens.len());
        }
    }

    /// Sets the gradients of the weights and adds that of each token's vector into `tokens_grad`.
    pub(crate) fn backward(
        &mut self,
        texts: &Ragged,
        cache: &mut LstmCache,
        (grad, stride, offset): (&[f32], usize, usize),
        tokens_grad: &mut [f32],
        room: &mut Room,
    ) {
        let (dim, units) = (self.dim, self.units);
        let rows = cache.tokens.len();
        cache.grads.resize(rows * 4 * units, 0.0);
        let texts_in = cache.order.len();
        cache.state_grad.clear();
        cache.state_grad.resize(texts_in * units, 0.0);
        cache.cell_grad.clear();
        cache.cell_grad.resize(texts_in * units, 0.0);
        for step in (0..cache.steps.len() - 1).rev() {
            let (from, to) = (cache.steps[step], cache.steps[step + 1]);
            let after = cache.steps.get(step + 2).map_or(0, |end| end - to);
            let before = if step == 0 { 0 } else { cache.steps[step - 1] };
            let count = to - from;
            // Texts that end with this step take their gradient from above.
            for rank in after..count {
                let text = cache.order[rank] as usize;
                cache.state_grad[rank * units..][..units]
                    .copy_from_slice(&grad[text * stride + offset..][..units]);
            }
            let (gates, cells) = (&cache.gates, &cache.cells);
            (
                cache.grads[from * 4 * units..to * 4 * units].par_chunks_mut(4 * units),
                cache.state_grad[..count * units].par_chunks_mut(units),
                cache.cell_grad[..count * units].par_chunks_mut(units),
            )
                .into_par_iter()
                .enumerate()
                .for_each(|(row, (out, state_grad, cell_grad))| {
                    let gates = &gates[(from + row) * 4 * units..][..4 * units];
                    let cells = &cells[(from + row) * units..];
                    let old = (step > 0).then(|| &cache.cells[(before + row) * units..][..units]);
                    for u in 0..units {
                        let (i, f, g, o) =
                            (gates[u], gates[units + u], gates[2 * units + u], gates[3 * units + u]);
                        let squashed = tanh(cells[u]);
                        let dc = cell_grad[u] + state_grad[u] * o * (1.0 - squashed * squashed);
                        out[u] = dc * g * i * (1.0 - i);
                        out[units + u] = dc * old.map_or(0.0, |old| old[u]) * f * (1.0 - f);
                        out[2 * units + u] = dc * i * (1.0 - g * g);
                        out[3 * units + u] = state_grad[u] * squashed * o * (1.0 - o);
                        cell_grad[u] = dc * f;
                    }
                });
            if step > 0 {
                let above = View::new(&cache.grads[from * 4 * units..], count, 4 * units);
                let weight = View::new(&self.state.value, 4 * units, units);
                gemm(above, weight, Out::set(&mut cache.state_grad[..count * units], units), room);
            }
        }
        let above = View::new(&cache.grads, rows, 4 * units);
        let vectors = View::new(&cache.vectors, rows, dim);
        gemm(above.t(), vectors, Out::set(&mut self.input.grad, dim), room);
        column_sums(&cache.grads, 4 * units, &mut self.bias.grad);
        // The state before each row of the second step and later ones.
        let first = cache.steps.get(1).copied().unwrap_or(0);
        let mut starts = Vec::with_capacity(rows - first);
        for step in 1..cache.steps.len() - 1 {
            let count = cache.steps[step + 1] - cache.steps[step];
            starts.extend((0..count).map(|row| ((cache.steps[step - 1] + row) * units) as u32));
        }
        let later = View::new(&cache.grads[first * 4 * units..], rows - first, 4 * units);
        let states = View::gathered(&cache.states, &starts, units);
        gemm(later.t(), states, Out::set(&mut self.state.grad, units), room);
        // Vectors are no longer needed: their gradient takes their room.
        let weight = View::new(&self.input.value, 4 * units, dim);
        gemm(above, weight, Out::set(&mut cache.vectors, dim), room);
        for (row, &token) in cache.tokens.iter().enumerate() {
            let out = &mut tokens_grad[token as usize * dim..][..dim];
            out.iter_mut().zip(&cache.vectors[row * dim..]).for_each(|(sum, x)| *sum += x);
        }
        debug_assert!(texts.ids.len() == rows);
    }
}
