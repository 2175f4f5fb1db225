//! A network from word pieces, pairs and grams to subheadings.

use hscode_core::features::Features;

use super::bag;
use super::conv::{Conv, ConvCache};
use super::gemm::Room;
use super::linear::{Linear, dropout, relu, relu_backward};
use super::lstm::{Lstm, LstmCache};
use super::math::Draws;
use super::param::{Dense, Table, used_at};
use super::ragged::Ragged;
use super::rounding::Rounding;
use super::shape::{NetworkShape, TokenReader};

/// What texts of a batch look like to a network.
#[derive(Debug, Clone, Default)]
pub(crate) struct Batch {
    pub tokens: Ragged,
    pub pairs: Ragged,
    pub grams: Ragged,
}

impl Batch {
    pub(crate) fn clear(&mut self) {
        self.tokens.clear();
        self.pairs.clear();
        self.grams.clear();
    }

    pub(crate) fn push(&mut self, features: &Features) {
        self.tokens.push(&features.tokens);
        self.pairs.push(&features.pairs);
        self.grams.push(&features.grams);
    }

    pub(crate) fn len(&self) -> usize {
        self.tokens.len()
    }
}

/// The part that reads word pieces.
#[derive(Debug, Clone)]
pub(crate) enum Reader {
    None,
    Mean,
    Conv(Conv),
    Lstm(Box<[Lstm; 2]>),
}

/// The weights of a network.
#[derive(Debug, Clone)]
pub(crate) struct Network {
    pub shape: NetworkShape,
    pub tokens: Option<Table>,
    pub pairs: Option<Table>,
    pub grams: Option<Table>,
    pub reader: Reader,
    pub hidden: Vec<Linear>,
    pub output: Linear,
    /// Rounding to integers in the forward pass, once it has begun.
    pub rounding: Option<Rounding>,
}

/// Results of the forward pass and room kept between steps.
#[derive(Default)]
pub(crate) struct Cache {
    pub room: Room,
    conv: ConvCache,
    lstm: [LstmCache; 2],
    /// What the first linear layer reads, then the output of each hidden layer.
    pub layers: Vec<Vec<f32>>,
    /// After the forward pass the logits; the loss puts their gradient in place.
    pub logits: Vec<f32>,
    grads: [Vec<f32>; 2],
    tokens_grad: Vec<f32>,
    uses: Vec<u64>,
}

/// Dropout of a forward pass in training.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Dropout {
    /// Of what the first linear layer reads.
    pub input: f32,
    /// Of each hidden layer.
    pub hidden: f32,
    /// Draws of this step.
    pub draws: Draws,
}

impl Network {
    /// A network with drawn weights; `classes` outputs.
    pub(crate) fn new(shape: &NetworkShape, classes: usize, seed: u64) -> Self {
        let draws = |part: u64| Draws::new(seed, 1000 + part);
        let table = |rows: usize, dim: usize, part| {
            Table::normal(rows, dim, if part == 0 { 0.3 } else { 0.05 }, draws(part))
        };
        let hashed = |h: super::shape::HashedShape, part| {
            (h.buckets > 0).then(|| table(h.buckets as usize, h.dim, part))
        };
        let reader = match shape.reader {
            TokenReader::None => Reader::None,
            TokenReader::Mean => Reader::Mean,
            TokenReader::Conv => Reader::Conv(Conv::new(
                shape.token_dim,
                shape.filters,
                &shape.widths,
                (shape.max_pool, shape.mean_pool, shape.mean_tokens),
                draws(3),
            )),
            TokenReader::Lstm => {
                let lstm =
                    |reversed, part| Lstm::new(shape.token_dim, shape.lstm_units, reversed, draws(part));
                Reader::Lstm(Box::new([lstm(false, 4), lstm(true, 5)]))
            }
        };
        let mut new = Self {
            shape: shape.clone(),
            tokens: (shape.reader != TokenReader::None).then(|| table(shape.pieces, shape.token_dim, 0)),
            pairs: hashed(shape.pairs, 1),
            grams: hashed(shape.grams, 2),
            reader,
            hidden: Vec::new(),
            output: Linear::new(0, 0, 1.0, draws(0)),
            rounding: None,
        };
        let mut inputs = new.segments().iter().map(|s| s.1).sum();
        for (at, &units) in shape.hidden.iter().enumerate() {
            new.hidden.push(Linear::new(inputs, units, 2.0, draws(10 + at as u64)));
            inputs = units;
        }
        new.output = Linear::new(inputs, classes, 1.0, draws(6));
        new
    }

    /// What the first linear layer reads: offset and size of what is pooled or the last states, of the mean of
    /// token vectors, of pairs and of grams.
    pub(crate) fn segments(&self) -> [(usize, usize); 4] {
        let (pooled, mean) = match &self.reader {
            Reader::None => (0, 0),
            Reader::Mean => (0, self.shape.token_dim),
            Reader::Conv(conv) => (conv.pooled(), conv.outputs() - conv.pooled()),
            Reader::Lstm(_) => (2 * self.shape.lstm_units, 0),
        };
        let read = pooled + mean;
        let dim = |table: &Option<Table>| table.as_ref().map_or(0, |table| table.dim);
        let (pairs, grams) = (dim(&self.pairs), dim(&self.grams));
        [(0, pooled), (pooled, mean), (read, pairs), (read + pairs, grams)]
    }

    /// Dense parameters, in a fixed order.
    pub(crate) fn dense(&mut self) -> Vec<&mut Dense> {
        let mut all = Vec::new();
        match &mut self.reader {
            Reader::Conv(conv) => {
                for width in &mut conv.widths {
                    all.push(&mut width.weight);
                    all.push(&mut width.bias);
                }
            }
            Reader::Lstm(lstms) => {
                for lstm in lstms.iter_mut() {
                    all.extend([&mut lstm.input, &mut lstm.state, &mut lstm.bias]);
                }
            }
            Reader::None | Reader::Mean => {}
        }
        for layer in self.hidden.iter_mut().chain([&mut self.output]) {
            all.extend([&mut layer.weight, &mut layer.bias]);
        }
        all
    }

    /// Tables, in a fixed order: tokens, pairs, grams.
    pub(crate) fn tables(&mut self) -> Vec<&mut Table> {
        [&mut self.tokens, &mut self.pairs, &mut self.grams].into_iter().flatten().collect()
    }

    /// The number of weights.
    pub(crate) fn weights(&mut self) -> usize {
        self.dense().iter().map(|p| p.value.len()).sum::<usize>()
            + self.tables().iter().map(|t| t.value.len()).sum::<usize>()
    }

    /// Computes the logits of a batch into `cache.logits`, a row a text.
    pub(crate) fn forward(&self, batch: &Batch, cache: &mut Cache, training: Option<Dropout>) {
        let rows = batch.len();
        let [_, _, pairs, grams] = self.segments();
        let stride = grams.0 + grams.1;
        cache.layers.resize(1 + self.hidden.len(), Vec::new());
        let input = &mut cache.layers[0];
        input.resize(rows * stride, 0.0);
        let scale = self.shape.bag_scale;
        let seen = |part: usize| self.rounding.as_ref().map(|rounding| rounding.tables[part]);
        if let Some(table) = &self.tokens {
            let seen = seen(0);
            match &self.reader {
                Reader::None => {}
                Reader::Mean => {
                    bag::forward(table, seen, &batch.tokens, bag::BagScale::Mean, input, stride, 0)
                }
                Reader::Conv(conv) => {
                    let out = (input.as_mut_slice(), stride, 0);
                    conv.forward(table, seen, &batch.tokens, &mut cache.conv, out, &mut cache.room);
                }
                Reader::Lstm(lstms) => {
                    for (at, (lstm, cached)) in lstms.iter().zip(&mut cache.lstm).enumerate() {
                        let out = (input.as_mut_slice(), stride, at * lstm.units);
                        lstm.forward(table, &batch.tokens, cached, out, &mut cache.room);
                    }
                }
            }
        }
        for (part, table, lists, (offset, _)) in
            [(1, &self.pairs, &batch.pairs, pairs), (2, &self.grams, &batch.grams, grams)]
        {
            if let Some(table) = table {
                bag::forward(table, seen(part), lists, scale, input, stride, offset);
            }
        }
        if let Some(rounding) = &self.rounding {
            rounding.round_input(input, &self.segments());
        }
        if let Some(d) = training {
            dropout(input, d.input, d.draws.sub(0));
        }
        for (at, layer) in self.hidden.iter().enumerate() {
            let (below, above) = cache.layers.split_at_mut(at + 1);
            layer.forward(rows, &below[at], &mut above[0], &mut cache.room);
            relu(&mut above[0]);
            if let Some(rounding) = &self.rounding {
                rounding.round_hidden(&mut above[0], at);
            }
            if let Some(d) = training {
                dropout(&mut above[0], d.hidden, d.draws.sub(1 + at as u64));
            }
        }
        let last = &cache.layers[self.hidden.len()];
        self.output.forward(rows, last, &mut cache.logits, &mut cache.room);
    }

    /// Sets all gradients from that of the logits, which `cache.logits` holds.
    pub(crate) fn backward(&mut self, batch: &Batch, cache: &mut Cache, training: Dropout) {
        let rows = batch.len();
        let [_, _, pairs, grams] = self.segments();
        let stride = grams.0 + grams.1;
        let [mut above, mut below] = std::mem::take(&mut cache.grads);
        self.output.backward(
            rows,
            &cache.layers[self.hidden.len()],
            &cache.logits,
            Some(&mut above),
            &mut cache.room,
        );
        for (at, layer) in self.hidden.iter_mut().enumerate().rev() {
            // Where the output is 0, by the cut or by dropout, nothing goes back; the others were scaled.
            dropout(&mut above, training.hidden, training.draws.sub(1 + at as u64));
            relu_backward(&cache.layers[at + 1], &mut above);
            layer.backward(rows, &cache.layers[at], &above, Some(&mut below), &mut cache.room);
            std::mem::swap(&mut above, &mut below);
        }
        dropout(&mut above, training.input, training.draws.sub(0));
        let grad = above.as_slice();
        if let Some(table) = &mut self.tokens {
            match &mut self.reader {
                Reader::None => {}
                Reader::Mean => {
                    bag::backward(table, &batch.tokens, bag::BagScale::Mean, grad, stride, 0, &mut cache.uses)
                }
                Reader::Conv(conv) => {
                    let above = (grad, stride, 0);
                    conv.backward(
                        table,
                        &batch.tokens,
                        &mut cache.conv,
                        above,
                        &mut cache.uses,
                        &mut cache.room,
                    );
                }
                Reader::Lstm(lstms) => {
                    cache.tokens_grad.clear();
                    cache.tokens_grad.resize(batch.tokens.ids.len() * table.dim, 0.0);
                    for (at, (lstm, cached)) in lstms.iter_mut().zip(&mut cache.lstm).enumerate() {
                        let above = (grad, stride, at * lstm.units);
                        lstm.backward(&batch.tokens, cached, above, &mut cache.tokens_grad, &mut cache.room);
                    }
                    let (dim, tokens_grad) = (table.dim, &cache.tokens_grad);
                    let uses = &mut cache.uses;
                    uses.clear();
                    uses.extend(batch.tokens.ids.iter().enumerate().map(|(at, &id)| used_at(id, at)));
                    table.collect(uses, |token, sum| {
                        sum.iter_mut().zip(&tokens_grad[token * dim..]).for_each(|(sum, x)| *sum += x);
                    });
                }
            }
        }
        let scale = self.shape.bag_scale;
        for (table, lists, (offset, _)) in
            [(&mut self.pairs, &batch.pairs, pairs), (&mut self.grams, &batch.grams, grams)]
        {
            if let Some(table) = table {
                bag::backward(table, lists, scale, grad, stride, offset, &mut cache.uses);
            }
        }
        cache.grads = [above, below];
    }
}
