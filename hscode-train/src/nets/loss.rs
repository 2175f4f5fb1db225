//! The loss over subheadings, headings and chapters at once.

use rayon::prelude::*;

use super::math::{softmax, wide};

/// The tree above the classes: classes in ascending order of code, so each group is a range.
#[derive(Debug, Clone)]
pub(crate) struct Groups {
    /// The group of each class.
    pub of: Vec<u32>,
    /// Where each group ends.
    pub ends: Vec<u32>,
}

impl Groups {
    /// Groups classes by the first `digits` of their codes.
    pub(crate) fn new<'a>(codes: impl Iterator<Item = &'a str>, digits: usize) -> Self {
        let mut new = Self { of: Vec::new(), ends: Vec::new() };
        let mut last = "";
        for (class, code) in codes.enumerate() {
            let head = code.get(..digits).unwrap_or(code);
            if head != last {
                new.ends.push(class as u32);
                last = head;
            }
            let group = new.ends.len() - 1;
            new.of.push(group as u32);
            new.ends[group] = class as u32 + 1;
        }
        new
    }

    fn range(&self, group: u32) -> std::ops::Range<usize> {
        let group = group as usize;
        let start = if group == 0 { 0 } else { self.ends[group - 1] as usize };
        start..self.ends[group] as usize
    }
}

/// What a text should answer: few classes with their shares, together 1.
#[derive(Debug, Clone, Default)]
pub(crate) struct Target {
    /// Class and share, each class once.
    pub shares: Vec<(u32, f32)>,
    /// How much the text counts.
    pub weight: f32,
}

/// Weights of the loss.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LossWeights {
    /// Of headings against subheadings.
    pub heading: f32,
    /// Of chapters against subheadings.
    pub chapter: f32,
    /// Share of the target that is spread over all classes.
    pub smoothing: f32,
}

/// The loss of each text, and its gradient in place of the logits, divided by `divisor`.
///
/// Loss of one text: weight x (NLL of subheadings + a x NLL of headings + b x NLL of chapters), where a group's
/// probability is the sum of its classes'. Source: the hierarchical loss of docs/measurements, 2026.
pub(crate) fn forward_backward(
    logits: &mut [f32],
    targets: &[Target],
    (headings, chapters): (&Groups, &Groups),
    weights: LossWeights,
    divisor: f32,
) -> f64 {
    let classes = headings.of.len();
    let losses: Vec<f64> = logits
        .par_chunks_exact_mut(classes)
        .zip(targets)
        .map(|(row, target)| one(row, target, headings, chapters, weights, divisor))
        .collect();
    losses.iter().sum::<f64>() / f64::from(divisor)
}

fn one(
    row: &mut [f32],
    target: &Target,
    headings: &Groups,
    chapters: &Groups,
    weights: LossWeights,
    divisor: f32,
) -> f64 {
    let classes = row.len() as f32;
    let total: f32 = target.shares.iter().map(|s| s.1).sum();
    let LossWeights { heading, chapter, smoothing } = weights;
    let hard = 1.0 - smoothing;
    let mut loss = 0.0f64;
    let mean_logit = if smoothing > 0.0 {
        row.iter().map(|&x| f64::from(x)).sum::<f64>() / f64::from(classes)
    } else {
        0.0
    };
    let kept: Vec<f64> = target.shares.iter().map(|s| f64::from(row[s.0 as usize])).collect();
    let log_sum = softmax(row);
    for ((_, share), logit) in target.shares.iter().zip(kept) {
        loss += f64::from(hard * share) * (log_sum - logit);
    }
    loss += f64::from(smoothing * total) * (log_sum - mean_logit);
    // Shares of the groups that the target touches, with the probabilities that the network gives them.
    let group_part = |groups: &Groups, row: &[f32]| {
        let mut parts: Vec<(u32, f32)> = Vec::new();
        for &(class, share) in &target.shares {
            let group = groups.of[class as usize];
            match parts.iter_mut().find(|part| part.0 == group) {
                Some(part) => part.1 += share,
                None => parts.push((group, share)),
            }
        }
        parts
            .into_iter()
            .map(|(group, share)| {
                let p = row[groups.range(group)].iter().sum::<f32>().max(1e-30);
                (groups.range(group), share, p)
            })
            .collect::<Vec<_>>()
    };
    let by_heading = if heading > 0.0 { group_part(headings, row) } else { Vec::new() };
    let by_chapter = if chapter > 0.0 { group_part(chapters, row) } else { Vec::new() };
    for (weight, parts) in [(heading, &by_heading), (chapter, &by_chapter)] {
        for (_, share, p) in parts {
            loss -= f64::from(weight * share) * f64::from(*p).ln();
        }
    }
    let scale = target.weight / divisor;
    // Group parts need the probabilities as they are, so their factors are kept and applied in one pass each.
    let all = (1.0 + heading + chapter) * total;
    let kept: Vec<Vec<f32>> =
        by_heading.iter().chain(&by_chapter).map(|(range, ..)| row[range.clone()].to_vec()).collect();
    let spread = smoothing * total / classes;
    wide(
        #[inline(always)]
        || row.iter_mut().for_each(|p| *p = (*p * all - spread) * scale),
    );
    let factors = by_heading.iter().map(|_| heading).chain(by_chapter.iter().map(|_| chapter));
    for (((range, share, p), weight), kept) in by_heading.iter().chain(&by_chapter).zip(factors).zip(&kept) {
        let factor = weight * share / p * scale;
        row[range.clone()].iter_mut().zip(kept).for_each(|(g, p)| *g -= factor * p);
    }
    for &(class, share) in &target.shares {
        row[class as usize] -= hard * share * scale;
    }
    loss * f64::from(target.weight)
}
