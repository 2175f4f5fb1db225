//! The convolution over word pieces, laid out for the kernels.
//!
//! What a token adds to a filter depends on the token and its place in the window alone, so each token is
//! multiplied once with all filters at all places, and windows are sums of such products.

use super::kernel::{self, Blocks, Line, Simd};
use super::weights::{Filters, Table};

/// Filters of a block.
pub(super) const BLOCK: usize = 16;

/// The filters of one width.
#[derive(Debug)]
pub(super) struct Width {
    pub(super) width: usize,
    /// Where its products start among those of a token.
    pub(super) first: usize,
    pub(super) scales: Vec<f32>,
    pub(super) bias: Vec<f32>,
}

/// All filters.
#[derive(Debug)]
pub(super) struct Conv {
    /// Filters of a width, and the same rounded up to whole blocks.
    pub(super) filters: usize,
    pub(super) padded: usize,
    pub(super) widths: Vec<Width>,
    /// Products of a token.
    pub(super) units: usize,
    blocks: Blocks,
}

impl Conv {
    /// `widths`: checked.
    pub(super) fn new(widths: &[Filters], table: &Table) -> Self {
        let dim = table.dim;
        let filters = widths.first().map_or(0, |width| width.layer.outputs());
        let (quads, padded) = (dim.div_ceil(4), filters.next_multiple_of(BLOCK));
        let units = widths.iter().map(|width| width.width * padded).sum();
        let mut blocks = Blocks {
            lines: vec![Line::ZERO; units / BLOCK * quads],
            quads,
            raised: vec![0; units],
            small: table.most <= 7,
        };
        let offset = i32::from(kernel::offset(table.most));
        let mut first = 0;
        let widths = widths.iter().map(|Filters { width, layer }| {
            for (filter, row) in layer.weights.chunks_exact(layer.inputs).enumerate() {
                for (place, vector) in row.chunks_exact(dim).enumerate() {
                    let unit = first + place * padded + filter;
                    for (at, &weight) in vector.iter().enumerate() {
                        let line = &mut blocks.lines[unit / BLOCK * quads + at / 4];
                        line.0[unit % BLOCK * 4 + at % 4] = weight;
                        blocks.raised[unit] += offset * i32::from(weight);
                    }
                }
            }
            let new = Width { width: *width, first, scales: layer.scales.clone(), bias: layer.bias.clone() };
            first += width * padded;
            new
        });
        let widths = widths.collect();
        Self { filters, padded, widths, units, blocks }
    }

    /// Multiplies tokens with all filters into `room.products`, a row a token.
    pub(super) fn multiply(&self, simd: Simd, table: &Table, tokens: &[u32], room: &mut ConvRoom) {
        let size = self.blocks.quads * 4;
        room.tokens.clear();
        room.tokens.resize(tokens.len() * size, 0);
        room.multiples.clear();
        for (&token, out) in tokens.iter().zip(room.tokens.chunks_exact_mut(size)) {
            kernel::unpack_raised(table.packed_row(token as usize), table.most, &mut out[..table.dim]);
            room.multiples.push(i32::from(table.multiples[token as usize]));
        }
        room.products.resize(tokens.len() * self.units, 0);
        kernel::products(simd, &self.blocks, &room.tokens, &room.multiples, &mut room.products);
    }

    /// Writes the largest output of each filter as an activation; as [`multiply`](Self::multiply) left the room.
    pub(super) fn pool(&self, simd: Simd, step: f32, room: &mut ConvRoom, out: &mut [i8]) {
        room.best.resize(self.padded, 0);
        for (width, out) in self.widths.iter().zip(out.chunks_exact_mut(self.filters)) {
            let place = (width.first, self.padded, width.width);
            kernel::pool(simd, &room.products, self.units, place, &mut room.best);
            kernel::activate(simd, &room.best, &width.scales, &width.bias, step, out);
        }
    }
}

/// Working memory of the convolution.
#[derive(Debug, Default)]
pub(super) struct ConvRoom {
    tokens: Vec<u8>,
    multiples: Vec<i32>,
    pub(super) products: Vec<i32>,
    best: Vec<i32>,
}
