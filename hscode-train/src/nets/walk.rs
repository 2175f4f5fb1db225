//! Two small layers beside the output, over the last hidden units: how likely each chapter and each heading is.
//!
//! The engine asks them first and computes the logits of the likeliest headings' subheadings alone, a few
//! hundred instead of thousands. They decide where to look, never what is answered, so they learn after the
//! network and change nothing in it: their target is the sum of the network's own probabilities.

use rayon::prelude::*;

use super::gemm::Room;
use super::integers::{IntegerLayer, integer_layer};
use super::linear::Linear;
use super::loss::Groups;
use super::math::{Draws, softmax};
use super::param::{AdamW, BETA1, BETA2};

/// Highest learning rate; it falls in a line to 0.
const RATE: f32 = 0.005;

/// The layers over chapters and headings while they learn.
pub(crate) struct Walk {
    levels: [(Groups, Linear); 2],
    logits: Vec<f32>,
    room: Room,
    step: u32,
}

impl Walk {
    /// Layers for classes of these codes, over `units` hidden units.
    pub(crate) fn new<'a>(codes: impl Iterator<Item = &'a str> + Clone, units: usize, seed: u64) -> Self {
        let level = |digits: usize| {
            let groups = Groups::new(codes.clone(), digits);
            let layer = Linear::new(units, groups.ends.len(), 0.1, Draws::new(seed, 50 + digits as u64));
            (groups, layer)
        };
        Self { levels: [level(2), level(4)], logits: Vec::new(), room: Room::default(), step: 0 }
    }

    /// One step of `steps` on the hidden units of `rows` texts and the network's probabilities for them.
    pub(crate) fn learn(&mut self, rows: usize, hidden: &[f32], probabilities: &[f32], steps: u32) {
        self.step += 1;
        let left = f64::from(steps - self.step.min(steps) + 1) / f64::from(steps);
        let power = |base: f32| 1.0 - (0..self.step).fold(1.0f64, |p, _| p * f64::from(base)) as f32;
        let adam = AdamW {
            rate: RATE * left as f32,
            decay: 0.0,
            scale: 1.0 / rows as f32,
            young: (power(BETA1), power(BETA2)),
        };
        for (groups, layer) in &mut self.levels {
            layer.forward(rows, hidden, &mut self.logits, &mut self.room);
            let classes = groups.of.len();
            self.logits
                .par_chunks_exact_mut(layer.outputs)
                .zip(probabilities.par_chunks_exact(classes))
                .for_each(|(row, classes)| {
                    softmax(row);
                    let mut start = 0;
                    for (gradient, &end) in row.iter_mut().zip(&groups.ends) {
                        *gradient -= classes[start..end as usize].iter().sum::<f32>();
                        start = end as usize;
                    }
                });
            layer.backward(rows, hidden, &self.logits, None, &mut self.room);
            adam.dense(&mut layer.weight);
            adam.dense(&mut layer.bias);
        }
    }

    /// The layers as integers, `chapters` and `headings`; `below` is the step of the hidden units.
    pub(crate) fn integers(&self, below: f32) -> [IntegerLayer; 2] {
        let [chapters, headings] = &self.levels;
        [("chapters", chapters), ("headings", headings)].map(|(name, (_, layer))| {
            let ones = vec![1.0; layer.inputs];
            integer_layer(name.to_owned(), &layer.weight.value, &layer.bias.value, &ones, below)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layers_learn_the_sums_of_probabilities() {
        let codes = ["010121", "010129", "010130", "020110", "020120", "020210"];
        let mut walk = Walk::new(codes.into_iter(), 6, 1);
        // Each text lights one unit, and the network is sure of the class of that number.
        let hidden: Vec<f32> = (0..36).map(|at| f32::from(u8::from(at % 7 == 0))).collect();
        let probabilities: Vec<f32> = hidden.iter().map(|x| 0.9 * x + 0.1 / 6.0).collect();
        for _ in 0..2000 {
            walk.learn(6, &hidden, &probabilities, 2000);
        }
        let [chapters, headings] = walk.integers(1.0);
        for (layer, of) in [(&chapters, [0, 0, 0, 1, 1, 1]), (&headings, [0, 0, 0, 1, 1, 2])] {
            for (class, group) in of.into_iter().enumerate() {
                let logit =
                    |at: usize| layer.bias[at] + layer.scales[at] * f32::from(layer.numbers[at * 6 + class]);
                let best = (0..layer.bias.len()).max_by(|&a, &b| logit(a).total_cmp(&logit(b)));
                assert_eq!(best, Some(group), "{} of class {class}", layer.name);
                let sum: f32 = (0..layer.bias.len()).map(|at| (logit(at) - logit(group)).exp()).sum();
                let expected = if class == 5 { 0.917 } else { 0.933 };
                assert!((1.0 / sum - expected).abs() < 0.05, "{}: {}", layer.name, 1.0 / sum);
            }
        }
    }
}
