//! What training reports: the learning curve, with the figures on the development sets.

use hscode_core::{HsCode, Level};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::data::DevSet;

/// The course of one training run.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrainingLog {
    /// The model, as settings spell it.
    pub model: String,
    /// Weights of the model.
    pub weights: usize,
    /// Texts learnt from.
    pub samples: usize,
    /// Steps in all; epochs for the linear model.
    pub steps: u32,
    /// One entry a measurement, in order.
    pub entries: Vec<LogEntry>,
}

/// One measurement.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LogEntry {
    /// Steps done.
    pub step: u32,
    /// Passes over the rows done, in parts.
    pub epoch: f64,
    /// Mean loss of training since the entry before.
    pub train_loss: f64,
    /// The learning rate of the last step.
    pub learning_rate: f64,
    /// Seconds of training so far, without measuring; over all runs, if it was resumed.
    pub seconds: f64,
    /// Figures on the development sets.
    pub dev: Vec<DevFigures>,
}

/// Accuracy on one set, as shares of `n`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DevFigures {
    /// The name of the set.
    pub set: String,
    /// Texts of the set.
    pub n: usize,
    /// Share whose best code is right, at 2, 4 and 6 digits.
    pub top1: [f64; 3],
    /// Share whose five best codes hold the right one, at 2, 4 and 6 digits.
    pub top5: [f64; 3],
}

/// Figures of a set from probabilities, a row of all classes a text. The probability of a heading or chapter is
/// the sum of its subheadings'; ties go to the lower code.
pub(crate) fn figures(set: &DevSet, classes: &[HsCode], scores: &[f32]) -> DevFigures {
    let hits: Vec<[(bool, bool); 3]> = scores
        .par_chunks_exact(classes.len())
        .zip(&set.codes)
        .map(|(row, code)| {
            Level::INTERNATIONAL.map(|level| {
                let Some(wanted) = code.at(level) else { return (false, false) };
                let mut groups: Vec<(HsCode, f32)> = Vec::new();
                for (class, score) in classes.iter().zip(row) {
                    let Some(group) = class.at(level) else { continue };
                    match groups.last_mut() {
                        Some(last) if last.0 == group => last.1 += score,
                        _ => groups.push((group, *score)),
                    }
                }
                let Some(at) = groups.iter().position(|g| g.0 == wanted) else { return (false, false) };
                let own = groups[at].1;
                let better =
                    groups.iter().enumerate().filter(|(n, g)| g.1 > own || (g.1 == own && *n < at)).count();
                (better == 0, better < 5)
            })
        })
        .collect();
    let n = set.texts.len();
    let share = |level: usize, of: fn(&(bool, bool)) -> bool| {
        hits.iter().filter(|hit| of(&hit[level])).count() as f64 / n.max(1) as f64
    };
    DevFigures {
        set: set.name.clone(),
        n,
        top1: [0, 1, 2].map(|level| share(level, |hit| hit.0)),
        top5: [0, 1, 2].map(|level| share(level, |hit| hit.1)),
    }
}

impl LogEntry {
    /// The entry in one line for people: top-1/top-5 at 6 digits of each set.
    pub fn line(&self) -> String {
        let sets: Vec<String> = self
            .dev
            .iter()
            .map(|f| format!("{} {:.1}/{:.1}", f.set, 100.0 * f.top1[2], 100.0 * f.top5[2]))
            .collect();
        format!(
            "step {} epoch {:.2} loss {:.4} rate {:.5} {:.0} s  {}",
            self.step,
            self.epoch,
            self.train_loss,
            self.learning_rate,
            self.seconds,
            sets.join("  ")
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_sum_and_unknown_codes_are_wrong() {
        let code = |text: &str| text.parse::<HsCode>().unwrap();
        let classes = ["010121", "010129", "020110", "020120"].map(code);
        let set = DevSet {
            name: "x".into(),
            texts: vec!["a".into(), "b".into()],
            codes: vec![code("010129"), code("999999")],
        };
        // The best subheading is 020110, the best heading 0101.
        let row = [0.3, 0.3, 0.35, 0.05];
        let seen = figures(&set, &classes, &[row, row].concat());
        assert_eq!(seen.top1, [0.5, 0.5, 0.0]);
        assert_eq!(seen.top5, [0.5, 0.5, 0.5]);
    }
}
