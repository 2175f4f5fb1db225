//! From held-out rows to what scores mean: a temperature, thresholds, candidate sets.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use hscode_core::{Classifier, HsCode, Level, Options};

use crate::nets::ln;
use crate::progress::{Progress, StepError, check};

/// Candidates looked at; what lies behind them has next to no probability.
const CANDIDATES: usize = 100;
/// What a right code that is not among them is worth.
const FLOOR: f64 = 1e-5;
/// The fewest accepted rows that a threshold rests on.
const FEWEST: usize = 20;
/// The parts of the rows for which candidate sets are measured.
const COVERAGE: [f32; 4] = [0.5, 0.8, 0.9, 0.95];
/// Descriptions asked at a time.
const BATCH: usize = 64;

/// What a classifier answers to a held-out row.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Answer {
    /// The best candidates with their scores.
    candidates: Vec<(HsCode, f64)>,
    right: HsCode,
}

/// What held-out rows say of a classifier's scores.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Calibration {
    /// What logits are to be divided by.
    pub(super) temperature: f64,
    /// The mean negative logarithm of the right code's probability at that temperature; less is better.
    pub(super) loss: f64,
    thresholds: [f64; 3],
    /// Parts of the rows with the cumulative scores of chapter, heading and subheading.
    coverage: Vec<(f32, [f64; 3])>,
    rows: usize,
    wanted: f64,
}

/// Asks a classifier.
pub(super) fn ask(
    classifier: &dyn Classifier,
    rows: &[(&str, HsCode)],
    progress: &dyn Progress,
) -> Result<Vec<Answer>, StepError> {
    let options = Options::default().with_top_k(CANDIDATES.min(classifier.info().classes()));
    let mut answers = Vec::with_capacity(rows.len());
    for rows in rows.chunks(BATCH) {
        check(progress)?;
        let texts: Vec<&str> = rows.iter().map(|row| row.0).collect();
        for (prediction, row) in classifier.classify_batch(&texts, &options)?.iter().zip(rows) {
            let candidates = prediction.candidates().iter();
            let candidates = candidates.map(|c| (c.code(), f64::from(c.score()))).collect();
            answers.push(Answer { candidates, right: row.1 });
        }
    }
    Ok(answers)
}

impl Answer {
    /// The candidates as they are at another temperature.
    fn at(&self, temperature: f64) -> Vec<(HsCode, f64)> {
        let logs = self.candidates.iter().map(|(_, score)| ln(score.max(1e-12)) / temperature);
        let logs: Vec<f64> = logs.collect();
        let most = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let parts: Vec<f64> = logs.iter().map(|log| (log - most).exp()).collect();
        let all: f64 = parts.iter().sum();
        self.candidates.iter().zip(parts).map(|((code, _), part)| (*code, part / all)).collect()
    }

    fn loss(&self, temperature: f64) -> f64 {
        let right = self.at(temperature).into_iter().find(|(code, _)| *code == self.right);
        -ln(right.map_or(FLOOR, |(_, score)| score.max(FLOOR)))
    }
}

impl Calibration {
    /// Finds the temperature of the least loss, then for each level the lowest threshold at which `wanted` of the
    /// accepted rows are right.
    pub(super) fn fit(answers: &[Answer], wanted: f64) -> Self {
        let loss = |temperature: f64| {
            answers.iter().map(|answer| answer.loss(temperature)).sum::<f64>() / answers.len().max(1) as f64
        };
        // 0.25 to 4 in steps of 5%: a finer one is within the noise of any held-out set.
        let steps = (-28..=28).map(|step| (f64::from(step) * 0.05).exp());
        let (temperature, loss) = steps
            .map(|t| (t, loss(t)))
            .fold((1.0, f64::INFINITY), |best, next| if next.1 < best.1 { next } else { best });
        let temperature = (temperature * 1e3).round() / 1e3;
        let tempered: Vec<(Vec<(HsCode, f64)>, HsCode)> =
            answers.iter().map(|answer| (answer.at(temperature), answer.right)).collect();
        Self {
            temperature,
            loss,
            thresholds: Level::INTERNATIONAL.map(|level| threshold(&tempered, level, wanted)),
            coverage: coverage(&tempered),
            rows: answers.len(),
            wanted,
        }
    }

    /// The lines that the settings of every model have.
    pub(super) fn lines(&self) -> String {
        let mut text = format!(
            "# Chosen on {} held-out rows: {:.0}% of the accepted were right.\n",
            self.rows,
            100.0 * self.wanted
        );
        for (level, threshold) in Level::INTERNATIONAL.iter().zip(self.thresholds) {
            let _ = writeln!(text, "threshold {level} {threshold:.3}");
        }
        for (part, [chapter, heading, subheading]) in &self.coverage {
            let _ = writeln!(text, "coverage {part} {chapter:.4} {heading:.4} {subheading:.4}");
        }
        text
    }
}

/// The lowest score of a level from which on `wanted` of the rows are right; 0.99 where no score does.
fn threshold(answers: &[(Vec<(HsCode, f64)>, HsCode)], level: Level, wanted: f64) -> f64 {
    let mut best: Vec<(f64, bool)> = answers
        .iter()
        .filter_map(|(candidates, right)| {
            // Of equal scores the first code.
            let sums = at_level(candidates, level).into_iter();
            let first = sums.reduce(|best, next| if next.1 > best.1 { next } else { best })?;
            Some((first.1, Some(first.0) == right.at(level)))
        })
        .collect();
    best.sort_by(|a, b| b.0.total_cmp(&a.0));
    let (mut right, mut found) = (0usize, 0.99);
    for (at, (score, is_right)) in best.iter().enumerate() {
        right += usize::from(*is_right);
        // Rows of one score are accepted together.
        let last = best.get(at + 1).is_none_or(|next| next.0 < *score);
        if last && at + 1 >= FEWEST && right as f64 >= wanted * (at + 1) as f64 {
            found = *score;
        }
    }
    found
}

/// How much score a set of the best candidates of each level needs to hold the right code in a part of the rows.
fn coverage(answers: &[(Vec<(HsCode, f64)>, HsCode)]) -> Vec<(f32, [f64; 3])> {
    let needed = Level::INTERNATIONAL.map(|level| {
        let mut needed: Vec<f64> =
            answers.iter().map(|(all, right)| needed_for(all, *right, level)).collect();
        needed.sort_by(f64::total_cmp);
        needed
    });
    let mut pairs: Vec<(f32, [f64; 3])> = Vec::new();
    for part in COVERAGE {
        let mut masses = needed.each_ref().map(|needed| {
            let at =
                ((f64::from(part) * needed.len() as f64).ceil() as usize).clamp(1, needed.len().max(1)) - 1;
            needed.get(at).copied().unwrap_or(1.0).min(0.9999)
        });
        if let Some((_, last)) = pairs.last() {
            masses.iter_mut().zip(last).for_each(|(mass, last)| *mass = mass.max(*last));
        }
        pairs.push((part, masses));
    }
    pairs
}

/// The scores of a level's codes, each the sum of those below it.
fn at_level(candidates: &[(HsCode, f64)], level: Level) -> BTreeMap<HsCode, f64> {
    let mut sums = BTreeMap::new();
    for (code, score) in candidates {
        if let Some(code) = code.at(level) {
            *sums.entry(code).or_default() += score;
        }
    }
    sums
}

/// The scores of the best codes of a level down to the right one, summed.
fn needed_for(candidates: &[(HsCode, f64)], right: HsCode, level: Level) -> f64 {
    let groups = at_level(candidates, level);
    let Some(own) = right.at(level).and_then(|right| groups.get(&right).copied()) else { return 1.0 };
    groups.values().filter(|&&score| score >= own).sum::<f64>().min(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(text: &str) -> HsCode {
        text.parse().unwrap()
    }

    /// 100 rows at each of ten scores of the first of two codes, right as often as `how` says.
    fn answers(how: impl Fn(f64) -> f64) -> Vec<Answer> {
        let mut answers = Vec::new();
        for tenth in 0..10 {
            let score = 0.5 + 0.05 * f64::from(tenth);
            for row in 0..100 {
                let right = f64::from(row) < 100.0 * how(score);
                answers.push(Answer {
                    candidates: vec![(code("610910"), score), (code("731815"), 1.0 - score)],
                    right: code(if right { "610910" } else { "731815" }),
                });
            }
        }
        answers
    }

    #[test]
    fn scores_that_are_right_stay_and_bold_ones_are_cooled() {
        let honest = Calibration::fit(&answers(|score| score), 0.9);
        assert!((honest.temperature - 1.0).abs() < 0.11, "{honest:?}");
        let bold = Calibration::fit(&answers(|score| 0.5 + (score - 0.5) / 2.0), 0.9);
        assert!(bold.temperature > 1.5 && bold.loss > honest.loss, "{bold:?}");
    }

    #[test]
    fn thresholds_give_the_wanted_accuracy_and_sets_the_wanted_coverage() {
        let all = answers(|score| score);
        let fitted = Calibration::fit(&all, 0.9);
        let tempered: Vec<Vec<(HsCode, f64)>> = all.iter().map(|a| a.at(fitted.temperature)).collect();
        let accepted = all.iter().zip(&tempered).filter(|(_, t)| t[0].1 >= fitted.thresholds[2] - 1e-9);
        let right = accepted.clone().filter(|(a, _)| a.right == code("610910")).count();
        let n = accepted.count();
        assert!(n >= 100 && right as f64 >= 0.9 * n as f64, "{right} of {n}");
        assert!(fitted.coverage.windows(2).all(|pair| pair[0].1[2] <= pair[1].1[2]));
        assert!(
            fitted.coverage.iter().all(|(_, masses)| masses.iter().all(|mass| (0.0..=1.0).contains(mass)))
        );
        let lines = fitted.lines();
        assert!(lines.contains("threshold chapter 0.") && lines.contains("coverage 0.95 "), "{lines}");
        // Never right: nothing is accepted.
        assert_eq!(Calibration::fit(&answers(|_| 0.0), 0.9).thresholds, [0.99; 3]);
        assert_eq!(Calibration::fit(&[], 0.9).thresholds, [0.99; 3]);
    }
}
