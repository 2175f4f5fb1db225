//! Learning where the engine looks: the layers over chapters and headings, after the network is done.

use super::TrainConfig;
use super::data::TrainingData;
use super::neural::NeuralModel;
use super::order::Order;
use crate::nets::{Batch, Cache, IntegerLayer, Walk, softmax};
use crate::progress::{Progress, StepError};

use hscode_core::HsCode;
use rayon::prelude::*;

/// Texts of a step.
const BATCH: usize = 512;
/// Most steps; the layers have a few hundred thousand weights and see each text at most once.
const STEPS: usize = 1000;

/// Fits the layers on the training texts; `None` for a network that no integers were made of.
pub(crate) fn learn(
    model: &NeuralModel,
    config: &TrainConfig,
    data: &TrainingData,
    progress: &dyn Progress,
) -> Result<Option<[IntegerLayer; 2]>, StepError> {
    let Some(rounding) = model.rounding() else { return Ok(None) };
    // Networks without hidden layers have no integers below the output that these layers could share.
    let Some(below) = rounding.hidden.last() else { return Ok(None) };
    let mut order = Order::new();
    // An epoch that training did not have, so an order of its own.
    let rows = order.of(config.learn.epochs, &data.samples, config.seed);
    let steps: Vec<&[u32]> = rows.chunks(BATCH).take(STEPS).collect();
    let network = &model.network;
    let mut walk = Walk::new(model.classes.iter().map(HsCode::as_str), network.output.inputs, config.seed);
    let (mut batch, mut cache) = (Batch::default(), Cache::default());
    progress.begin("walk", "steps", Some(steps.len() as u64));
    for (at, rows) in steps.iter().enumerate() {
        if progress.stop() {
            return Err(StepError::Stopped);
        }
        let texts: Vec<&str> = rows.iter().map(|&row| data.samples[row as usize].text.as_str()).collect();
        model.reader.read(&texts, &mut batch);
        network.forward(&batch, &mut cache, None);
        cache.logits.par_chunks_exact_mut(model.classes.len()).for_each(|row| {
            softmax(row);
        });
        let hidden = cache.layers.last().map_or(&[][..], Vec::as_slice);
        walk.learn(texts.len(), hidden, &cache.logits, steps.len() as u32);
        progress.advance(at as u64 + 1);
    }
    progress.end();
    Ok(Some(walk.integers(below.step)))
}
