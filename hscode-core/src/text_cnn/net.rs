//! The network, laid out for the kernels, and its forward pass up to the last hidden layer.

use crate::features::{FeatureSpec, Features};

use super::conv::{Conv, ConvRoom};
use super::kernel::{self, Line, Simd};
use super::weights::{BagScale, Layer, Reader, Table, Weights};

/// A fully connected layer; its rows are whole lines, filled with zeros.
#[derive(Debug)]
pub(super) struct Dense {
    /// Lines of a row.
    lines: usize,
    weights: Vec<Line>,
    pub(super) scales: Vec<f32>,
    pub(super) bias: Vec<f32>,
}

impl Dense {
    fn new(layer: Layer) -> Self {
        let lines = layer.inputs.div_ceil(Line::SIZE);
        let mut weights = vec![Line::ZERO; lines * layer.outputs()];
        let rows = layer.weights.chunks_exact(layer.inputs).zip(weights.chunks_exact_mut(lines));
        for (row, out) in rows {
            for (weights, line) in row.chunks(Line::SIZE).zip(out) {
                line.0[..weights.len()].copy_from_slice(weights);
            }
        }
        Self { lines, weights, scales: layer.scales, bias: layer.bias }
    }

    pub(super) fn outputs(&self) -> usize {
        self.scales.len()
    }

    /// The weights of an output.
    pub(super) fn row(&self, output: usize) -> &[Line] {
        &self.weights[output * self.lines..][..self.lines]
    }

    /// The sums of some outputs.
    pub(super) fn sums(
        &self,
        simd: Simd,
        range: std::ops::Range<usize>,
        inputs: &[Line],
        out: &mut Vec<i32>,
    ) {
        out.clear();
        out.resize(range.len(), 0);
        kernel::dense(simd, &self.weights[range.start * self.lines..range.end * self.lines], inputs, out);
    }

    /// Appends the values of some outputs.
    pub(super) fn values(
        &self,
        simd: Simd,
        range: std::ops::Range<usize>,
        inputs: &[Line],
        sums: &mut Vec<i32>,
        out: &mut Vec<f32>,
    ) {
        self.sums(simd, range.clone(), inputs, sums);
        let start = out.len();
        out.resize(start + range.len(), 0.0);
        kernel::affine(simd, sums, &self.scales[range.clone()], &self.bias[range], &mut out[start..]);
    }
}

/// How many rows of a table are asked for before they are needed.
const AHEAD: usize = 16;

/// The network.
#[derive(Debug)]
pub(super) struct Net {
    pub(super) simd: Simd,
    pub(super) spec: FeatureSpec,
    pub(super) tokens: Option<Table>,
    pub(super) pairs: Option<Table>,
    pub(super) grams: Option<Table>,
    pub(super) conv: Option<Conv>,
    pub(super) bag_scale: BagScale,
    pub(super) input_steps: [f32; 4],
    /// Sizes of what the first layer reads: filters, mean of tokens, pairs, grams.
    pub(super) segments: [usize; 4],
    /// Hidden layers with the step of their outputs.
    pub(super) hidden: Vec<(Dense, f32)>,
    pub(super) output: Dense,
    pub(super) chapters: Option<Dense>,
    pub(super) headings: Option<Dense>,
}

/// What the network read of a text and made of it, and working memory.
#[derive(Debug, Default)]
pub(super) struct Activations {
    pub(super) features: Features,
    pub(super) conv: ConvRoom,
    /// What the first layer reads, then the outputs of each hidden layer, in whole lines.
    pub(super) layers: Vec<Vec<Line>>,
    /// Sums of the segments of bags, as integers: mean of tokens, pairs, grams.
    pub(super) bags: [Vec<i32>; 3],
    pub(super) sums: Vec<i32>,
}

/// What the output reads.
pub(super) fn last(layers: &[Vec<Line>]) -> &[Line] {
    layers.last().map_or(&[], |layer| layer)
}

/// Lines as the numbers in them.
pub(super) fn numbers(lines: &[Line]) -> impl Iterator<Item = i8> {
    lines.iter().flat_map(|line| line.0)
}

impl Net {
    /// `weights`: checked.
    pub(super) fn new(weights: Weights) -> Self {
        let segments = weights.segments();
        let conv = match (&weights.reader, &weights.tokens) {
            (Reader::Conv { widths, .. }, Some(tokens)) => Some(Conv::new(widths, tokens)),
            _ => None,
        };
        Self {
            simd: Simd::new(),
            spec: weights.features,
            tokens: weights.tokens,
            pairs: weights.pairs,
            grams: weights.grams,
            conv,
            bag_scale: weights.bag_scale,
            input_steps: weights.input_steps,
            segments,
            hidden: weights
                .hidden
                .into_iter()
                .map(|hidden| (Dense::new(hidden.layer), hidden.step))
                .collect(),
            output: Dense::new(weights.output),
            chapters: weights.chapters.map(Dense::new),
            headings: weights.headings.map(Dense::new),
        }
    }

    /// The bags: table, rows to sum, factor of the sum, for the mean of tokens, pairs and grams.
    pub(super) fn bags<'a>(&'a self, features: &'a Features) -> [Option<(&'a Table, &'a [u32], f32)>; 3] {
        let bag = |table: &'a Option<Table>, rows: &'a [u32], size: usize, scale: BagScale| {
            let table = table.as_ref().filter(|_| size > 0)?;
            Some((table, rows, table.step * scale.factor(rows.len())))
        };
        let [_, mean, pairs, grams] = self.segments;
        [
            bag(&self.tokens, &features.tokens, mean, BagScale::Mean),
            bag(&self.pairs, &features.pairs, pairs, self.bag_scale),
            bag(&self.grams, &features.grams, grams, self.bag_scale),
        ]
    }

    /// Computes all hidden layers for `work.features`.
    pub(super) fn forward(&self, work: &mut Activations) {
        let Activations { features, conv: room, layers, bags, sums } = work;
        layers.resize_with(self.hidden.len() + 1, Vec::new);
        let inputs: usize = self.segments.iter().sum();
        let [first, above @ ..] = layers.as_mut_slice() else { return };
        first.clear();
        first.resize(inputs.div_ceil(Line::SIZE), Line::ZERO);
        if let Some(table) = &self.tokens {
            features.tokens.iter().take(AHEAD).for_each(|&row| table.expect(row as usize));
        }
        let mut place = 0;
        if let (Some(conv), Some(table)) = (&self.conv, &self.tokens) {
            conv.multiply(self.simd, table, &features.tokens, room);
            place = self.segments[0];
            conv.pool(self.simd, self.input_steps[0], room, &mut kernel::flat(first)[..place]);
        }
        for (at, bag) in self.bags(features).into_iter().enumerate() {
            let Some((table, rows, factor)) = bag else { continue };
            let sums = &mut bags[at];
            sums.clear();
            sums.resize(table.dim, 0);
            rows.iter().take(AHEAD).for_each(|&row| table.expect(row as usize));
            for (at, &row) in rows.iter().enumerate() {
                if let Some(&next) = rows.get(at + AHEAD) {
                    table.expect(next as usize);
                }
                let row = row as usize;
                kernel::add_row(self.simd, table.packed_row(row), table.most, table.multiples[row], sums);
            }
            let out = &mut kernel::flat(first)[place..place + table.dim];
            kernel::quantise(self.simd, sums, factor, self.input_steps[at + 1], out);
            place += table.dim;
        }
        let mut below: &[Line] = first;
        for ((dense, step), out) in self.hidden.iter().zip(above) {
            dense.sums(self.simd, 0..dense.outputs(), below, sums);
            out.clear();
            out.resize(dense.outputs().div_ceil(Line::SIZE), Line::ZERO);
            let numbers = &mut kernel::flat(out)[..dense.outputs()];
            kernel::activate(self.simd, sums, &dense.scales, &dense.bias, *step, numbers);
            below = out;
        }
    }
}
