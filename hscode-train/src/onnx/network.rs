//! A network as a graph of ONNX.

use hscode_core::{Error, ErrorKind};

use super::graph::{Graph, Value};
use super::proto::{Attribute, Model, Port, Size, Type};
use super::{GRAMS, LOGITS, PAIRS, TOKENS};
use crate::nets::{BagScale, IntegerLayer, IntegerNetwork, Lstm, Network, Reader, Scale};

/// The vectors of a list of ids and what is known of the list.
struct List {
    /// Rows of the table, padding the last.
    table: Value,
    /// Texts x ids x numbers; zeros for padding.
    vectors: Value,
    /// Texts x ids: 1 for an id, 0 for padding.
    mask: Value,
    /// Texts x 1: how many ids, at least 1.
    count: Value,
}

/// Writes a network into a graph; `facts` go into the file as they are.
pub(super) fn model(network: &Network, facts: Vec<(&'static str, String)>) -> Result<Model, Error> {
    let integers = network.integers();
    let mut writer = Writer { graph: Graph::default(), network, integers: integers.as_ref() };
    let [pooled, mean] = writer.read_tokens()?;
    let scale = network.shape.bag_scale;
    let pairs = writer.bag(PAIRS, scale)?;
    let grams = writer.bag(GRAMS, scale)?;
    let mut segments = Vec::new();
    for (at, segment) in [pooled, mean, pairs, grams].into_iter().enumerate() {
        if let Some(segment) = segment {
            segments.push(match &network.rounding {
                Some(rounding) => writer.round(&segment, rounding.input[at]),
                None => segment,
            });
        }
    }
    let mut value = writer.graph.beside(&segments);
    for at in 0..network.hidden.len() {
        value = writer.linear(&value, at)?;
        value = writer.graph.plain("Relu", &[&value]);
        if let Some(rounding) = &network.rounding {
            value = writer.round(&value, rounding.hidden[at]);
        }
    }
    value = writer.linear(&value, network.hidden.len())?;
    let port =
        |name, length| Port { name, kind: Type::I64, shape: vec![Size::Named("texts"), Size::Named(length)] };
    let inputs = [
        (TOKENS, network.tokens.is_some()),
        (PAIRS, network.pairs.is_some()),
        (GRAMS, network.grams.is_some()),
    ]
    .into_iter()
    .filter(|input| input.1)
    .map(|(name, _)| port(name, name))
    .collect();
    let output = Port {
        name: LOGITS,
        kind: Type::F32,
        shape: vec![Size::Named("texts"), Size::Fixed(network.output.outputs)],
    };
    Ok(writer.graph.finish(&value, inputs, output, facts))
}

struct Writer<'a> {
    graph: Graph,
    network: &'a Network,
    integers: Option<&'a IntegerNetwork>,
}

impl<'a> Writer<'a> {
    /// What is pooled from the tokens, or the last states; and the mean of their vectors.
    fn read_tokens(&mut self) -> Result<[Option<Value>; 2], Error> {
        let network = self.network;
        let mut pooled = Vec::new();
        let mut mean = None;
        match &network.reader {
            Reader::None => {}
            Reader::Mean => mean = self.bag(TOKENS, BagScale::Mean)?,
            Reader::Conv(conv) => {
                let Some(list) = self.list(TOKENS)? else { return Ok([None, None]) };
                let one = self.graph.number(1.0);
                let factor = self.graph.plain("Div", &[&one, &list.count]);
                let turned = self.transpose(&list.vectors, &[0, 2, 1]);
                let mask = self.graph.widen(&list.mask, 1);
                let mut means = Vec::new();
                for width in &conv.widths {
                    let outputs = self.convolve(&turned, width.width)?;
                    // Outputs are 0 or more, so zeros for padding change neither the largest nor the sum.
                    let outputs = self.graph.plain("Mul", &[&outputs, &mask]);
                    if conv.max {
                        let axes = vec![("axes", Attribute::Ints(vec![2])), ("keepdims", Attribute::Int(0))];
                        pooled.push(self.graph.apply("ReduceMax", &[&outputs], axes));
                    }
                    if conv.mean {
                        let sum = self.graph.sum(&outputs, 2, false);
                        means.push(self.graph.plain("Mul", &[&sum, &factor]));
                    }
                }
                pooled.extend(means);
                if conv.plain_mean {
                    mean = Some(self.scaled_sum(TOKENS, &list, &factor));
                }
            }
            Reader::Lstm(lstms) => pooled = self.remember(lstms)?,
        }
        let pooled = (!pooled.is_empty()).then(|| self.graph.beside(&pooled));
        Ok([pooled, mean])
    }

    /// The vectors of the ids of an input; `None` when the network has no such table. With rounding the vectors
    /// are whole numbers, in steps of the table.
    fn list(&mut self, name: &'static str) -> Result<Option<List>, Error> {
        let network = self.network;
        let table = match name {
            TOKENS => &network.tokens,
            PAIRS => &network.pairs,
            _ => &network.grams,
        };
        let Some(table) = table else { return Ok(None) };
        let (dim, rows) = (table.dim, table.value.len() / table.dim);
        let ids = name.to_owned();
        // The id behind the last is padding: a row of zeros.
        let (table, vectors) = match self.integers {
            None => {
                let mut padded = table.value.clone();
                padded.resize((rows + 1) * dim, 0.0);
                let table = self.graph.floats(name, &padded, &[rows + 1, dim]);
                let vectors = self.graph.plain("Gather", &[&table, &ids]);
                (table, vectors)
            }
            Some(integers) => {
                let table = integers
                    .tables
                    .iter()
                    .find(|table| table.name == name)
                    .ok_or_else(|| lacking(&format!("table {name}")))?;
                let (mut numbers, mut multiples) = (table.numbers.clone(), table.multiples.clone());
                numbers.resize((rows + 1) * dim, 0);
                multiples.resize(rows + 1, 1);
                let table = self.graph.bytes(name, &numbers, &[rows + 1, dim]);
                let multiples = self.graph.unsigned("multiples", multiples, &[rows + 1, 1]);
                let numbers = self.graph.plain("Gather", &[&table, &ids]);
                let multiples = self.graph.plain("Gather", &[&multiples, &ids]);
                let (numbers, multiples) = (self.graph.float(&numbers), self.graph.float(&multiples));
                (table, self.graph.plain("Mul", &[&numbers, &multiples]))
            }
        };
        let padding = self.graph.ints("padding", &[rows as i64]);
        let mask = self.graph.plain("Less", &[&ids, &padding]);
        let mask = self.graph.float(&mask);
        let count = self.graph.sum(&mask, 1, true);
        let one = self.graph.number(1.0);
        let count = self.graph.plain("Max", &[&count, &one]);
        Ok(Some(List { table, vectors, mask, count }))
    }

    /// The scaled sum of the vectors of an input.
    fn bag(&mut self, name: &'static str, scale: BagScale) -> Result<Option<Value>, Error> {
        let Some(list) = self.list(name)? else { return Ok(None) };
        let count = match scale {
            BagScale::Mean => list.count.clone(),
            BagScale::Root => self.graph.plain("Sqrt", &[&list.count]),
        };
        let one = self.graph.number(1.0);
        let factor = self.graph.plain("Div", &[&one, &count]);
        Ok(Some(self.scaled_sum(name, &list, &factor)))
    }

    fn scaled_sum(&mut self, name: &str, list: &List, factor: &Value) -> Value {
        let sum = self.graph.sum(&list.vectors, 1, false);
        let mut factor = factor.clone();
        if let Some(table) = self.integers.and_then(|all| all.tables.iter().find(|table| table.name == name))
        {
            let step = self.graph.number(table.step);
            factor = self.graph.plain("Mul", &[&step, &factor]);
        }
        self.graph.plain("Mul", &[&sum, &factor])
    }

    /// Windows of `width` tokens over vectors (texts x numbers x tokens), cut below at 0; those that reach beyond
    /// the text see zeros.
    fn convolve(&mut self, vectors: &Value, width: usize) -> Result<Value, Error> {
        let Reader::Conv(conv) = &self.network.reader else { return Err(lacking("convolution")) };
        let (dim, filters) = (conv.dim, conv.filters);
        let attributes = vec![
            ("kernel_shape", Attribute::Ints(vec![width as i64])),
            ("pads", Attribute::Ints(vec![0, width as i64 - 1])),
        ];
        let name = format!("conv{width}");
        let shape = [filters, dim, width];
        let outputs = match self.layer(&name)? {
            None => {
                let width = conv.widths.iter().find(|w| w.width == width).ok_or_else(|| lacking(&name))?;
                let weight = turn(&width.weight.value, filters, width.width, dim);
                let weight = self.graph.floats(&name, &weight, &shape);
                let bias = self.graph.floats("bias", &width.bias.value, &[filters]);
                self.graph.apply("Conv", &[vectors, &weight, &bias], attributes)
            }
            Some(layer) => {
                let weight = self.graph.bytes(&name, &turn(&layer.numbers, filters, width, dim), &shape);
                let weight = self.graph.float(&weight);
                let sums = self.graph.apply("Conv", &[vectors, &weight], attributes);
                self.scaled(&sums, layer, &[filters, 1])
            }
        };
        Ok(self.graph.plain("Relu", &[&outputs]))
    }

    /// A linear layer: hidden by number, and behind them the output.
    fn linear(&mut self, input: &Value, at: usize) -> Result<Value, Error> {
        let network = self.network;
        let (name, layer) = match network.hidden.get(at) {
            Some(layer) => (format!("hidden{at}"), layer),
            None => ("output".to_owned(), &network.output),
        };
        let (inputs, outputs) = (layer.inputs, layer.outputs);
        match self.layer(&name)? {
            None => {
                let weight = turn(&layer.weight.value, 1, outputs, inputs);
                let weight = self.graph.floats(&name, &weight, &[inputs, outputs]);
                let bias = self.graph.floats("bias", &layer.bias.value, &[outputs]);
                let product = self.graph.plain("MatMul", &[input, &weight]);
                Ok(self.graph.plain("Add", &[&product, &bias]))
            }
            Some(integers) => {
                let weight = turn(&integers.numbers, 1, outputs, inputs);
                let weight = self.graph.bytes(&name, &weight, &[inputs, outputs]);
                let weight = self.graph.float(&weight);
                let sums = self.graph.plain("MatMul", &[input, &weight]);
                Ok(self.scaled(&sums, integers, &[outputs]))
            }
        }
    }

    /// Sums of integers as the numbers that they stand for, with the bias.
    fn scaled(&mut self, sums: &Value, layer: &IntegerLayer, shape: &[usize]) -> Value {
        let scales = self.graph.floats("scales", &layer.scales, shape);
        let bias = self.graph.floats("bias", &layer.bias, shape);
        let scaled = self.graph.plain("Mul", &[sums, &scales]);
        self.graph.plain("Add", &[&scaled, &bias])
    }

    /// The integers of a layer, with rounding; `None` without.
    fn layer(&self, name: &str) -> Result<Option<&'a IntegerLayer>, Error> {
        match self.integers {
            None => Ok(None),
            Some(all) => {
                let layer = all.layers.iter().find(|layer| layer.name == name);
                layer.map(Some).ok_or_else(|| lacking(name))
            }
        }
    }

    /// Numbers as whole steps of a scale; ties go to the even one.
    fn round(&mut self, value: &Value, scale: Scale) -> Value {
        let (step, low, high) =
            (self.graph.number(scale.step), self.graph.number(-scale.most), self.graph.number(scale.most));
        let steps = self.graph.plain("Div", &[value, &step]);
        let steps = self.graph.plain("Clip", &[&steps, &low, &high]);
        self.graph.plain("Round", &[&steps])
    }

    fn transpose(&mut self, value: &Value, order: &[i64]) -> Value {
        self.graph.apply("Transpose", &[value], vec![("perm", Attribute::Ints(order.to_vec()))])
    }

    /// The last states of an LSTM in each direction. The operator's own lengths are not known to every runtime:
    /// both directions read forward, one of them ids in turned order, and the state at the last id is taken.
    fn remember(&mut self, lstms: &[Lstm; 2]) -> Result<Vec<Value>, Error> {
        let Some(list) = self.list(TOKENS)? else { return Err(lacking("table tokens")) };
        let axis = self.graph.index(1);
        let seen = self.graph.plain("CumSum", &[&list.mask, &axis]);
        let last = self.graph.plain("Equal", &[&seen, &list.count]);
        let last = self.graph.float(&last);
        let last = self.graph.plain("Mul", &[&last, &list.mask]);
        // Tokens x texts x 1.
        let last = self.transpose(&last, &[1, 0]);
        let last = self.graph.widen(&last, 2);
        let mut states = Vec::new();
        for lstm in lstms {
            let vectors = if lstm.reversed {
                // The first id stands for padding, whose states nobody takes.
                let from_end = self.graph.plain("Sub", &[&list.count, &seen]);
                let from_end = self.graph.plain("Mul", &[&from_end, &list.mask]);
                let from_end =
                    self.graph.apply("Cast", &[&from_end], vec![("to", Attribute::Int(Type::I64 as i64))]);
                let ids = self.graph.apply(
                    "GatherElements",
                    &[&TOKENS.to_owned(), &from_end],
                    vec![("axis", Attribute::Int(1))],
                );
                self.graph.plain("Gather", &[&list.table, &ids])
            } else {
                list.vectors.clone()
            };
            let steps = self.transpose(&vectors, &[1, 0, 2]);
            let units = lstm.units;
            let input = self.graph.floats("lstm_input", &gates(&lstm.input.value), &[1, 4 * units, lstm.dim]);
            let state = self.graph.floats("lstm_state", &gates(&lstm.state.value), &[1, 4 * units, units]);
            let mut bias = gates(&lstm.bias.value);
            bias.resize(8 * units, 0.0);
            let bias = self.graph.floats("lstm_bias", &bias, &[1, 8 * units]);
            let attributes = vec![
                ("direction", Attribute::Text("forward")),
                ("hidden_size", Attribute::Int(units as i64)),
            ];
            let all = self.graph.apply("LSTM", &[&steps, &input, &state, &bias], attributes);
            let axes = self.graph.ints("axes", &[1]);
            let all = self.graph.plain("Squeeze", &[&all, &axes]);
            let chosen = self.graph.plain("Mul", &[&all, &last]);
            states.push(self.graph.sum(&chosen, 0, false));
        }
        Ok(states)
    }
}

fn lacking(what: &str) -> Error {
    Error::new(ErrorKind::InvalidInput, format!("network: expected {what}, seen none"))
}

/// The last two of three axes changed: `blocks x rows x cols` to `blocks x cols x rows`.
fn turn<T: Copy>(numbers: &[T], blocks: usize, rows: usize, cols: usize) -> Vec<T> {
    let mut out = Vec::with_capacity(numbers.len());
    for block in 0..blocks {
        for col in 0..cols {
            out.extend((0..rows).map(|row| numbers[(block * rows + row) * cols + col]));
        }
    }
    out
}

/// Gates in the order of ONNX (input, output, forget, cell) from ours (input, forget, cell, output).
fn gates(numbers: &[f32]) -> Vec<f32> {
    let part = |gate: usize| &numbers[gate * numbers.len() / 4..(gate + 1) * numbers.len() / 4];
    [part(0), part(3), part(1), part(2)].concat()
}
