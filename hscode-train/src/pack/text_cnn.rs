//! From a trained network to the files of a `text-cnn` model.

use std::collections::BTreeMap;

use hscode_core::package::{TEXT_CNN_SETTINGS, TEXT_CNN_VOCABULARY, TEXT_CNN_WEIGHTS};
use hscode_core::text_cnn::{BagScale, Filters, HiddenLayer, Layer, Reader, Table, Weights};
use hscode_core::{Error, ErrorKind};

use crate::models::{Model, NeuralModel};
use crate::nets::{self, IntegerLayer, IntegerTable, TokenReader};

/// The weights of the shipped engine, with the layers that say where to look, if the network has learnt them.
///
/// # Errors
/// `Unsupported`: the network was trained without rounding, has an LSTM or pools means of filters. `Package`: the
/// engine refuses the sizes or scales, as [`Weights::check`] says.
pub fn text_cnn_weights(model: &NeuralModel) -> Result<Weights, Error> {
    let unsupported = |what: &str| Error::new(ErrorKind::Unsupported, format!("network: {what}"));
    let shape = model.shape();
    if shape.reader == TokenReader::Conv && shape.mean_pool {
        return Err(unsupported("expected filters pooled by their largest output alone, seen mean_pool"));
    }
    if shape.reader == TokenReader::Lstm {
        return Err(unsupported("expected a network without LSTM: its states are no integers"));
    }
    let integers = model
        .integers()
        .ok_or_else(|| unsupported("expected one trained with rounding ([rounding] share)"))?;
    let mut tables = BTreeMap::new();
    for IntegerTable { name, dim, step, most, multiples, numbers } in integers.tables {
        tables.insert(name, Table::new(dim, step, most as u8, multiples, &numbers)?);
    }
    let mut layers = integers.layers.into_iter().map(layer);
    let mut next = || layers.next().ok_or_else(|| unsupported("expected more layers"));
    let reader = match shape.reader {
        TokenReader::Conv => {
            let mut widths = Vec::new();
            for &width in &shape.widths {
                widths.push(Filters { width, layer: next()? });
            }
            Reader::Conv { widths, mean: shape.mean_tokens }
        }
        TokenReader::Mean => Reader::Mean,
        TokenReader::None | TokenReader::Lstm => Reader::None,
    };
    let mut hidden = Vec::new();
    for scale in &integers.rounding.hidden {
        hidden.push(HiddenLayer { layer: next()?, step: scale.step });
    }
    let weights = Weights {
        features: shape.features(),
        classes: model.classes().to_vec(),
        tokens: tables.remove("tokens"),
        pairs: tables.remove("pairs"),
        grams: tables.remove("grams"),
        reader,
        bag_scale: match shape.bag_scale {
            nets::BagScale::Mean => BagScale::Mean,
            nets::BagScale::Root => BagScale::Root,
        },
        input_steps: integers.rounding.input.map(|scale| scale.step),
        hidden,
        output: next()?,
        chapters: model.walk().map(|[chapters, _]| layer(chapters.clone())),
        headings: model.walk().map(|[_, headings]| layer(headings.clone())),
    };
    weights.check()?;
    Ok(weights)
}

fn layer(layer: IntegerLayer) -> Layer {
    Layer { inputs: layer.inputs, weights: layer.numbers, scales: layer.scales, bias: layer.bias }
}

/// The files of a `text-cnn` model by name, for [`pack`](super::pack).
///
/// `settings`: the text of `text-cnn.tsv`, see
/// [`TextCnn::from_bytes`](hscode_core::TextCnn::from_bytes).
///
/// # Errors
/// As [`text_cnn_weights`]; `Package` too when the settings are damaged or ask for a walk that is not there.
pub fn text_cnn_files(model: &NeuralModel, settings: &str) -> Result<BTreeMap<String, Vec<u8>>, Error> {
    let weights = text_cnn_weights(model)?;
    let pieces = weights.tokens.as_ref().map_or(0, |table| table.multiples.len());
    let mut vocabulary = String::new();
    for piece in model.vocabulary().lines().take(pieces) {
        vocabulary.push_str(piece);
        vocabulary.push('\n');
    }
    let bytes = weights.to_bytes()?;
    hscode_core::TextCnn::from_weights(weights, &vocabulary, settings, "")?;
    Ok(BTreeMap::from([
        (TEXT_CNN_WEIGHTS.to_owned(), bytes),
        (TEXT_CNN_VOCABULARY.to_owned(), vocabulary.into_bytes()),
        (TEXT_CNN_SETTINGS.to_owned(), settings.as_bytes().to_vec()),
    ]))
}
