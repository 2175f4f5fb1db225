//! From the integers of a package back to a network that can go on learning.

use hscode_core::text_cnn::{BagScale, Layer, Reader, Table, Weights};
use hscode_core::{Error, ErrorKind};

use super::ModelKind;
use super::neural::{NeuralModel, TextReader};
use crate::nets::{self, HashedShape, Network, NetworkShape, TokenReader};

/// The network that the integers of a package stand for, in floating point: what was rounded away stays away, so it
/// answers as the package does but for the rounding of what flows between layers.
///
/// # Errors
/// `Package` when weights and vocabulary do not fit together.
pub fn network_of(weights: &Weights, vocabulary: &str) -> Result<NeuralModel, Error> {
    weights.check()?;
    let shape = shape_of(weights);
    if let Some(fault) = shape.fault() {
        return Err(Error::new(ErrorKind::Package, fault));
    }
    let reader = TextReader::new(&shape, vocabulary)?;
    let mut network = Network::new(&shape, weights.classes.len(), 0);
    let factors: Vec<f32> = network
        .segments()
        .iter()
        .zip(weights.input_steps)
        .flat_map(|((_, size), step)| std::iter::repeat_n(step, *size))
        .collect();
    for (name, value) in network.named_mut() {
        let (part, what) = name.split_once('.').unwrap_or((&name, "table"));
        let found = match (part, what) {
            ("tokens", _) => weights.tokens.as_ref().map(numbers),
            ("pairs", _) => weights.pairs.as_ref().map(numbers),
            ("grams", _) => weights.grams.as_ref().map(numbers),
            (part, what) => layer_of(weights, part, &factors).map(|(layer, factors, below)| match what {
                "bias" => layer.bias.clone(),
                _ => floats(layer, factors, below),
            }),
        };
        match found {
            Some(numbers) if numbers.len() == value.len() => *value = numbers,
            _ => {
                return Err(Error::new(
                    ErrorKind::Package,
                    format!("weights: {name}: expected {} numbers", value.len()),
                ));
            }
        }
    }
    let kind = if shape.reader == TokenReader::Mean && weights.pairs.is_none() && weights.grams.is_none() {
        ModelKind::Dnn
    } else {
        ModelKind::TextCnn
    };
    let vocabulary = vocabulary.lines().take(shape.pieces).flat_map(|line| [line, "\n"]).collect();
    Ok(NeuralModel { kind, classes: weights.classes.clone(), vocabulary, reader, network, walk: None })
}

fn shape_of(weights: &Weights) -> NetworkShape {
    let features = &weights.features;
    let hashed = |table: &Option<Table>, buckets: Option<u32>, unused: HashedShape| match (table, buckets) {
        (Some(table), Some(buckets)) => HashedShape { buckets, dim: table.dim },
        _ => HashedShape { buckets: 0, ..unused },
    };
    let plain = NetworkShape::default();
    let mut shape = NetworkShape {
        pieces: weights.tokens.as_ref().map_or(0, |table| table.multiples.len()),
        token_dim: weights.tokens.as_ref().map_or(1, |table| table.dim),
        pairs: hashed(&weights.pairs, features.pairs.as_ref().map(|pairs| pairs.buckets), plain.pairs),
        grams: hashed(&weights.grams, features.grams.as_ref().map(|grams| grams.buckets), plain.grams),
        bag_scale: match weights.bag_scale {
            BagScale::Mean => nets::BagScale::Mean,
            BagScale::Root => nets::BagScale::Root,
        },
        hidden: weights.hidden.iter().map(|hidden| hidden.layer.outputs()).collect(),
        max_words: features.max_words,
        max_tokens: features.max_tokens,
        ..plain
    };
    if let Some(pairs) = &features.pairs {
        shape.pair_reach = pairs.reach;
    }
    if let Some(grams) = &features.grams {
        (shape.gram_shortest, shape.gram_longest, shape.gram_words) =
            (grams.shortest, grams.longest, grams.words);
    }
    match &weights.reader {
        Reader::Conv { widths, mean } => {
            shape.widths = widths.iter().map(|filters| filters.width).collect();
            shape.filters = widths.first().map_or(1, |filters| filters.layer.outputs());
            shape.mean_tokens = *mean;
        }
        Reader::Mean => shape.reader = TokenReader::Mean,
        Reader::None => shape.reader = TokenReader::None,
    }
    shape
}

fn numbers(table: &Table) -> Vec<f32> {
    let rows = table.multiples.iter().enumerate();
    rows.flat_map(|(row, multiple)| {
        let step = table.step * f32::from(*multiple);
        table.row(row).into_iter().map(move |number| step * f32::from(number))
    })
    .collect()
}

/// A layer by its name, with the factors of its inputs and the step of the integers below it.
fn layer_of<'a>(weights: &'a Weights, name: &str, factors: &'a [f32]) -> Option<(&'a Layer, &'a [f32], f32)> {
    if let Some(width) = name.strip_prefix("conv") {
        let Reader::Conv { widths, .. } = &weights.reader else { return None };
        let filters = widths.iter().find(|filters| filters.width.to_string() == width)?;
        return Some((&filters.layer, &[], weights.tokens.as_ref()?.step));
    }
    let (at, layer) = match name.strip_prefix("hidden") {
        Some(at) => {
            let at: usize = at.parse().ok()?;
            (at, &weights.hidden.get(at)?.layer)
        }
        None if name == "output" => (weights.hidden.len(), &weights.output),
        None => return None,
    };
    match at.checked_sub(1) {
        None => Some((layer, factors, 1.0)),
        Some(before) => Some((layer, &[], weights.hidden.get(before)?.step)),
    }
}

/// What the integers of a layer stand for; no factors are factors of 1.
fn floats(layer: &Layer, factors: &[f32], below: f32) -> Vec<f32> {
    let rows = layer.weights.chunks_exact(layer.inputs).zip(&layer.scales);
    rows.flat_map(|(row, scale)| {
        let scale = scale / below;
        row.iter()
            .enumerate()
            .map(move |(at, number)| f32::from(*number) * scale / factors.get(at).copied().unwrap_or(1.0))
    })
    .collect()
}
