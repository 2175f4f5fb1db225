//! A rounded network as the integers that it learnt to be, for packing.

use rayon::prelude::*;

use super::network::{Network, Reader};
use super::rounding::{NEAREST, Rounding, input_factors, row_scale};

/// A matrix as integers: an output is `scale * (sum of numbers * inputs) + bias`, where the inputs are integers.
#[derive(Debug, Clone, PartialEq)]
pub struct IntegerLayer {
    /// As [`NeuralModel::tensors`](crate::models::NeuralModel::tensors) names it, without `.weight`.
    pub name: String,
    /// Numbers in.
    pub inputs: usize,
    /// A row an output.
    pub numbers: Vec<i8>,
    /// The scale of each output.
    pub scales: Vec<f32>,
    /// Added to each output.
    pub bias: Vec<f32>,
}

/// A table as integers: a number is `step * multiple of its row * integer`.
#[derive(Debug, Clone, PartialEq)]
pub struct IntegerTable {
    /// `tokens`, `pairs` or `grams`.
    pub name: String,
    /// Numbers of a row.
    pub dim: usize,
    /// The step of the table.
    pub step: f32,
    /// The largest integer.
    pub most: i8,
    /// The multiple of each row, 1 to 255.
    pub multiples: Vec<u8>,
    /// Row after row.
    pub numbers: Vec<i8>,
}

/// A network as the integers that it learnt to be; see [`Rounding`] for the scales of what flows between layers.
#[derive(Debug, Clone, PartialEq)]
pub struct IntegerNetwork {
    /// The tables.
    pub tables: Vec<IntegerTable>,
    /// Convolutions by width, hidden layers, the output.
    pub layers: Vec<IntegerLayer>,
    /// The scales of activations.
    pub rounding: Rounding,
}

pub(super) fn integer_layer(
    name: String,
    weight: &[f32],
    bias: &[f32],
    factors: &[f32],
    below: f32,
) -> IntegerLayer {
    let mut layer = IntegerLayer {
        name,
        inputs: factors.len(),
        numbers: Vec::with_capacity(weight.len()),
        scales: Vec::with_capacity(bias.len()),
        bias: bias.to_vec(),
    };
    for row in weight.chunks_exact(factors.len()) {
        let scale = row_scale(row, factors);
        layer.scales.push(scale.step * below);
        layer.numbers.extend(row.iter().zip(factors).map(|(x, f)| {
            let scaled = (x * f / scale.step).clamp(-127.0, 127.0);
            (scaled + NEAREST - NEAREST) as i8
        }));
    }
    layer
}

impl Network {
    /// The network as integers; `None` when it was not trained with rounding.
    pub(crate) fn integers(&self) -> Option<IntegerNetwork> {
        let rounding = self.rounding.clone()?;
        let mut tables = Vec::new();
        for (at, (name, table)) in
            [("tokens", &self.tokens), ("pairs", &self.pairs), ("grams", &self.grams)].into_iter().enumerate()
        {
            let (Some(table), scale) = (table, rounding.tables[at]) else { continue };
            let rows: Vec<(u8, Vec<i8>)> =
                table.value.par_chunks_exact(table.dim).map(|row| scale.integers(row)).collect();
            tables.push(IntegerTable {
                name: name.to_owned(),
                dim: table.dim,
                step: scale.step,
                most: scale.most as i8,
                multiples: rows.iter().map(|row| row.0).collect(),
                numbers: rows.into_iter().flat_map(|row| row.1).collect(),
            });
        }
        let mut layers = Vec::new();
        if let Reader::Conv(conv) = &self.reader {
            for width in &conv.widths {
                let factors = vec![1.0; width.width * conv.dim];
                let name = format!("conv{}", width.width);
                let below = rounding.tables[0].step;
                layers.push(integer_layer(name, &width.weight.value, &width.bias.value, &factors, below));
            }
        }
        let mut factors = input_factors(&self.segments(), &rounding);
        let mut below = 1.0;
        for (at, layer) in self.hidden.iter().chain([&self.output]).enumerate() {
            let name = if at == self.hidden.len() { "output".to_owned() } else { format!("hidden{at}") };
            layers.push(integer_layer(name, &layer.weight.value, &layer.bias.value, &factors, below));
            factors = vec![1.0; layer.outputs];
            below = rounding.hidden.get(at).map_or(1.0, |scale| scale.step);
        }
        Some(IntegerNetwork { tables, layers, rounding })
    }
}
