//! The weights of a network by name, in a fixed order, to write and read them.

use super::network::{Network, Reader};
use super::param::Dense;

type Named<'a> = Vec<(String, &'a [f32])>;
type NamedMut<'a> = Vec<(String, &'a mut Vec<f32>)>;

impl Network {
    /// Whether the forward pass can be rounded to integers; an LSTM cannot.
    pub(crate) fn can_round(&self) -> bool {
        !matches!(self.reader, Reader::Lstm(_))
    }

    /// All weights, named, in a fixed order.
    pub(crate) fn named(&self) -> Named<'_> {
        let mut copy = Vec::new();
        self.each(|name, p| copy.push((name, p.0)));
        copy
    }

    /// All weights with the state of their optimiser.
    pub(crate) fn named_state(&self) -> Named<'_> {
        let mut all = Vec::new();
        self.each(|name, (value, first, second)| {
            all.push((format!("{name}.first"), first));
            all.push((format!("{name}.second"), second));
            all.push((name, value));
        });
        all
    }

    fn each<'a>(&'a self, mut take: impl FnMut(String, (&'a [f32], &'a [f32], &'a [f32]))) {
        for (name, table) in [("tokens", &self.tokens), ("pairs", &self.pairs), ("grams", &self.grams)] {
            if let Some(t) = table {
                take(name.to_owned(), (&t.value, &t.first, &t.second));
            }
        }
        let mut dense = |name: String, p: &'a Dense| take(name, (&p.value, &p.first, &p.second));
        match &self.reader {
            Reader::Conv(conv) => {
                for width in &conv.widths {
                    dense(format!("conv{}.weight", width.width), &width.weight);
                    dense(format!("conv{}.bias", width.width), &width.bias);
                }
            }
            Reader::Lstm(lstms) => {
                for (at, lstm) in lstms.iter().enumerate() {
                    dense(format!("lstm{at}.input"), &lstm.input);
                    dense(format!("lstm{at}.state"), &lstm.state);
                    dense(format!("lstm{at}.bias"), &lstm.bias);
                }
            }
            Reader::None | Reader::Mean => {}
        }
        for (at, layer) in self.hidden.iter().enumerate() {
            dense(format!("hidden{at}.weight"), &layer.weight);
            dense(format!("hidden{at}.bias"), &layer.bias);
        }
        dense("output.weight".to_owned(), &self.output.weight);
        dense("output.bias".to_owned(), &self.output.bias);
    }

    /// All weights to be set, in the order of [`named`](Self::named).
    pub(crate) fn named_mut(&mut self) -> NamedMut<'_> {
        let names: Vec<String> = self.named().into_iter().map(|(name, _)| name).collect();
        names.into_iter().zip(self.values_mut().into_iter().map(|state| state.2)).collect()
    }

    /// All weights and states to be set, in the order of [`named_state`](Self::named_state).
    pub(crate) fn named_state_mut(&mut self) -> NamedMut<'_> {
        let names: Vec<String> = self.named_state().into_iter().map(|(name, _)| name).collect();
        let values = self.values_mut().into_iter().flat_map(|(first, second, value)| [first, second, value]);
        names.into_iter().zip(values).collect()
    }

    fn values_mut(&mut self) -> Vec<(&mut Vec<f32>, &mut Vec<f32>, &mut Vec<f32>)> {
        let Self { tokens, pairs, grams, reader, hidden, output, .. } = self;
        let mut all = Vec::new();
        for table in [tokens, pairs, grams].into_iter().flatten() {
            all.push((&mut table.first, &mut table.second, &mut table.value));
        }
        let mut dense: Vec<&mut Dense> = Vec::new();
        match reader {
            Reader::Conv(conv) => {
                for width in &mut conv.widths {
                    dense.extend([&mut width.weight, &mut width.bias]);
                }
            }
            Reader::Lstm(lstms) => {
                for lstm in lstms.iter_mut() {
                    dense.extend([&mut lstm.input, &mut lstm.state, &mut lstm.bias]);
                }
            }
            Reader::None | Reader::Mean => {}
        }
        for layer in hidden.iter_mut().chain([output]) {
            dense.extend([&mut layer.weight, &mut layer.bias]);
        }
        all.extend(dense.into_iter().map(|p| (&mut p.first, &mut p.second, &mut p.value)));
        all
    }
}
