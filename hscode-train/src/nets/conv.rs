//! Convolution over tokens, with max and mean pooling.

use rayon::prelude::*;

use super::gemm::{Out, Room, View, gemm};
use super::linear::column_sums;
use super::math::{Draws, wide};
use super::param::{Dense, Table, used_at};
use super::ragged::Ragged;
use super::rounding::TableScale;

/// One width: windows of `width` tokens, each `filters` outputs.
#[derive(Debug, Clone)]
pub(crate) struct Width {
    /// Tokens of a window.
    pub width: usize,
    /// `filters` x `width * dim`.
    pub weight: Dense,
    /// `filters`.
    pub bias: Dense,
    /// The weight as the forward pass saw it, when that is not the weight itself.
    pub seen: Option<Vec<f32>>,
}

/// Windows of one or more widths start at every token; those that reach beyond the text see zeros. The outputs
/// are cut below at 0 and pooled over the text: largest, mean, or both.
#[derive(Debug, Clone)]
pub(crate) struct Conv {
    /// Numbers of a token vector.
    pub dim: usize,
    /// Outputs of each width.
    pub filters: usize,
    /// The widths, ascending.
    pub widths: Vec<Width>,
    /// Whether the largest is pooled.
    pub max: bool,
    /// Whether the mean is pooled.
    pub mean: bool,
    /// Whether the mean of the token vectors themselves stands behind the pooled outputs.
    pub plain_mean: bool,
}

/// What the backward pass needs of the forward pass, and room kept between steps.
#[derive(Default)]
pub(crate) struct ConvCache {
    /// Token vectors, each text followed by zero rows.
    padded: Vec<f32>,
    /// Where each token's row starts in `padded`.
    starts: Vec<u32>,
    /// Outputs of each width after the cut, a row a token.
    outputs: Vec<Vec<f32>>,
    /// The token of the largest output, for each text, width and filter.
    best: Vec<u32>,
    windows: Vec<f32>,
    padded_grad: Vec<f32>,
}

impl Conv {
    /// Normal weights of variance 2 / inputs.
    pub(crate) fn new(
        dim: usize,
        filters: usize,
        widths: &[usize],
        (max, mean, plain_mean): (bool, bool, bool),
        draws: Draws,
    ) -> Self {
        let make = |(at, &width): (usize, &usize)| Width {
            width,
            weight: Dense::normal(
                filters * width * dim,
                (2.0 / (width * dim) as f32).sqrt(),
                draws.sub(at as u64),
            ),
            bias: Dense::zeros(filters, false),
            seen: None,
        };
        Self { dim, filters, widths: widths.iter().enumerate().map(make).collect(), max, mean, plain_mean }
    }

    /// Numbers out, a text: all widths' largest, all widths' means, the mean of the vectors.
    pub(crate) fn outputs(&self) -> usize {
        self.pooled() + if self.plain_mean { self.dim } else { 0 }
    }

    /// Numbers out without the mean of the vectors.
    pub(crate) fn pooled(&self) -> usize {
        self.filters * self.widths.len() * (usize::from(self.max) + usize::from(self.mean))
    }

    fn padding(&self) -> usize {
        self.widths.last().map_or(0, |w| w.width - 1)
    }

    /// Writes the pooled outputs of each text into columns from `offset` of rows `stride` wide.
    pub(crate) fn forward(
        &self,
        table: &Table,
        seen: Option<TableScale>,
        tokens: &Ragged,
        cache: &mut ConvCache,
        (output, stride, offset): (&mut [f32], usize, usize),
        room: &mut Room,
    ) {
        let (dim, padding, filters) = (self.dim, self.padding(), self.filters);
        cache.padded.clear();
        cache.padded.resize((tokens.ids.len() + padding * tokens.len()) * dim, 0.0);
        cache.starts.clear();
        for text in 0..tokens.len() {
            for at in tokens.range(text) {
                let start = (at + text * padding) * dim;
                cache.starts.push(start as u32);
                let out = &mut cache.padded[start..start + dim];
                match seen {
                    Some(seen) => seen.round(table.row(tokens.ids[at]), out),
                    None => out.copy_from_slice(table.row(tokens.ids[at])),
                }
            }
        }
        cache.outputs.resize(self.widths.len(), Vec::new());
        let columns = filters * self.widths.len();
        cache.best.resize(tokens.len() * columns, 0);
        for (width, out) in self.widths.iter().zip(&mut cache.outputs) {
            out.resize(tokens.ids.len() * filters, 0.0);
            let inputs = width.width * dim;
            let weight = View::new(width.seen.as_deref().unwrap_or(&width.weight.value), filters, inputs);
            gemm(
                View::gathered(&cache.padded, &cache.starts, inputs),
                weight.t(),
                Out::set(out, filters),
                room,
            );
            out.par_chunks_mut(filters * 64).for_each(|rows| {
                wide(
                    #[inline(always)]
                    || {
                        for row in rows.chunks_exact_mut(filters) {
                            for (x, b) in row.iter_mut().zip(&width.bias.value) {
                                *x = if *x + b > 0.0 { *x + b } else { 0.0 };
                            }
                        }
                    },
                );
            });
        }
        let (outputs, vectors, starts) = (&cache.outputs, &cache.padded, &cache.starts);
        (output.par_chunks_mut(stride), cache.best.par_chunks_mut(columns))
            .into_par_iter()
            .enumerate()
            .for_each(|(text, (row, best))| {
                let range = tokens.range(text);
                let scale = 1.0 / range.len().max(1) as f32;
                let row = &mut row[offset..offset + self.outputs()];
                let (row, plain) = row.split_at_mut(self.pooled());
                if self.plain_mean {
                    plain.fill(0.0);
                    for token in range.clone() {
                        let vector = &vectors[starts[token] as usize..][..dim];
                        plain.iter_mut().zip(vector).for_each(|(sum, x)| *sum += x);
                    }
                    plain.iter_mut().for_each(|x| *x *= scale);
                }
                let (largest, mean) = row.split_at_mut(if self.max { columns } else { 0 });
                for (at, outputs) in outputs.iter().enumerate() {
                    let part = at * filters..(at + 1) * filters;
                    if self.max {
                        let (largest, best) = (&mut largest[part.clone()], &mut best[part.clone()]);
                        largest.fill(-1.0);
                        for token in range.clone() {
                            let z = &outputs[token * filters..][..filters];
                            wide(
                                #[inline(always)]
                                || {
                                    for ((x, b), &z) in largest.iter_mut().zip(best.iter_mut()).zip(z) {
                                        let more = z > *x;
                                        *x = if more { z } else { *x };
                                        *b = if more { token as u32 } else { *b };
                                    }
                                },
                            );
                        }
                    }
                    if self.mean {
                        let mean = &mut mean[part];
                        mean.fill(0.0);
                        for token in range.clone() {
                            let z = &outputs[token * filters..][..filters];
                            wide(
                                #[inline(always)]
                                || mean.iter_mut().zip(z).for_each(|(x, z)| *x += z),
                            );
                        }
                        mean.iter_mut().for_each(|x| *x *= scale);
                    }
                }
            });
    }

    /// Sets the gradients of the weights and collects that of the token table.
    pub(crate) fn backward(
        &mut self,
        table: &mut Table,
        tokens: &Ragged,
        cache: &mut ConvCache,
        (grad, stride, offset): (&[f32], usize, usize),
        uses: &mut Vec<u64>,
        room: &mut Room,
    ) {
        let (dim, padding, filters) = (self.dim, self.padding(), self.filters);
        let columns = filters * self.widths.len();
        cache.padded_grad.clear();
        cache.padded_grad.resize(cache.padded.len(), 0.0);
        if self.plain_mean {
            let pooled = self.pooled();
            for text in 0..tokens.len() {
                let range = tokens.range(text);
                let scale = 1.0 / range.len().max(1) as f32;
                let above = &grad[text * stride + offset + pooled..][..dim];
                for token in range {
                    let own = &mut cache.padded_grad[cache.starts[token] as usize..][..dim];
                    own.iter_mut().zip(above).for_each(|(own, g)| *own = g * scale);
                }
            }
        }
        let (max, mean) = (self.max, self.mean);
        for (at, width) in self.widths.iter_mut().enumerate() {
            // The gradient of each window's output replaces the output.
            let outputs = &mut cache.outputs[at];
            let mut rest = outputs.as_mut_slice();
            let mut texts = Vec::with_capacity(tokens.len());
            for text in 0..tokens.len() {
                let (own, behind) = rest.split_at_mut(tokens.range(text).len() * filters);
                texts.push(own);
                rest = behind;
            }
            texts.into_par_iter().enumerate().for_each(|(text, own)| {
                let range = tokens.range(text);
                let scale = 1.0 / range.len().max(1) as f32;
                let row = &grad[text * stride + offset..];
                let from = at * filters;
                let best = &cache.best[text * columns + from..][..filters];
                let largest = &row[from..];
                let means = &row[if max && mean { columns } else { 0 } + from..];
                for (token, z) in range.zip(own.chunks_exact_mut(filters)) {
                    wide(
                        #[inline(always)]
                        || {
                            for f in 0..filters {
                                let mut g = 0.0;
                                if mean {
                                    g += means[f] * scale;
                                }
                                if max {
                                    g += if best[f] == token as u32 { largest[f] } else { 0.0 };
                                }
                                z[f] = if z[f] > 0.0 { g } else { 0.0 };
                            }
                        },
                    );
                }
            });
            let inputs = width.width * dim;
            let above = View::new(outputs, tokens.ids.len(), filters);
            let windows = View::gathered(&cache.padded, &cache.starts, inputs);
            gemm(above.t(), windows, Out::set(&mut width.weight.grad, inputs), room);
            column_sums(outputs, filters, &mut width.bias.grad);
            cache.windows.resize(tokens.ids.len() * inputs, 0.0);
            let weight = View::new(width.seen.as_deref().unwrap_or(&width.weight.value), filters, inputs);
            gemm(above, weight, Out::set(&mut cache.windows, inputs), room);
            // Windows overlap: each text adds its own, in order.
            let mut rest = cache.padded_grad.as_mut_slice();
            let mut texts = Vec::with_capacity(tokens.len());
            for text in 0..tokens.len() {
                let (own, behind) = rest.split_at_mut((tokens.range(text).len() + padding) * dim);
                texts.push(own);
                rest = behind;
            }
            let windows = &cache.windows;
            texts.into_par_iter().enumerate().for_each(|(text, own)| {
                for (n, token) in tokens.range(text).enumerate() {
                    let out = &mut own[n * dim..][..inputs];
                    let window = &windows[token * inputs..][..inputs];
                    wide(
                        #[inline(always)]
                        || out.iter_mut().zip(window).for_each(|(sum, x)| *sum += x),
                    );
                }
            });
        }
        uses.clear();
        uses.extend(tokens.ids.iter().enumerate().map(|(at, &id)| used_at(id, at)));
        let (starts, padded_grad) = (&cache.starts, &cache.padded_grad);
        table.collect(uses, |token, sum| {
            let row = &padded_grad[starts[token] as usize..][..dim];
            wide(
                #[inline(always)]
                || sum.iter_mut().zip(row).for_each(|(sum, x)| *sum += x),
            );
        });
    }
}
