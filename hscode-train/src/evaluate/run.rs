//! Asks a classifier for every row, in batches on the threads given.

use std::num::NonZeroUsize;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Instant;

use hscode_core::{Classifier, Error, ErrorKind, Level, Options, Prediction};

use super::latency::{Latency, measure_latency};
use super::outcome::TOP;
use super::{Example, Outcome};
use crate::progress::{Progress, StepError, check};

/// How to ask.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct RunOptions {
    /// Threads that ask; the result does not depend on their number. Default 1.
    pub threads: NonZeroUsize,
    /// Descriptions in one call. Default 64.
    pub batch: NonZeroUsize,
    /// Also ask for candidate sets of this coverage, in `0.0..1.0` exclusive. Default: no.
    pub coverage: Option<f32>,
    /// How many descriptions to time one by one; 0 times none. Default 500.
    pub latency_samples: usize,
}

impl Default for RunOptions {
    fn default() -> Self {
        Self {
            threads: NonZeroUsize::MIN,
            batch: NonZeroUsize::MIN.saturating_add(63),
            coverage: None,
            latency_samples: 500,
        }
    }
}

/// What one classifier made of all rows of one data set.
#[derive(Debug, Clone)]
pub struct Run {
    /// One outcome an example, in their order.
    pub(crate) outcomes: Vec<Outcome>,
    pub(crate) deepest: Level,
    pub(crate) latency: Option<Latency>,
    pub(crate) batch_us: f64,
}

/// The levels at which a classifier is judged: down to its own, at most six digits.
fn levels_of(classifier: &dyn Classifier) -> impl Iterator<Item = Level> {
    let deepest = classifier.info().level();
    Level::INTERNATIONAL.into_iter().filter(move |level| *level <= deepest)
}

/// A batch's outcomes, once it is done.
type Slot = Option<Result<Vec<Outcome>, Error>>;

/// Classifies all examples at every level and judges the answers.
///
/// The classifier is asked once a level, since a heading's own ranking is more than its subheadings' cut. A row
/// on which it fails counts as not answered.
///
/// # Errors
/// `Stopped` when `progress` says so. `InvalidInput`, `Unsupported`: the classifier refuses the options.
/// `Inference`: it fails on every row.
pub fn run(
    classifier: &dyn Classifier,
    examples: &[Example],
    options: &RunOptions,
    progress: &dyn Progress,
) -> Result<Run, StepError> {
    let info = classifier.info();
    let deepest = levels_of(classifier).last().unwrap_or(Level::Chapter);
    let base = Options::default().with_top_k(TOP.min(info.classes()).max(1));
    let asked: Vec<Options> = levels_of(classifier)
        .map(|level| {
            let mut at_level = base.clone().with_level(level);
            at_level.coverage = options.coverage.filter(|_| level == deepest);
            at_level
        })
        .collect();
    for options in &asked {
        options.check(info)?;
    }

    let batches: Vec<&[Example]> = examples.chunks(options.batch.get()).collect();
    let results: Vec<Mutex<Slot>> = batches.iter().map(|_| Mutex::new(None)).collect();
    let (next, done, busy_ns) = (AtomicUsize::new(0), AtomicU64::new(0), AtomicU64::new(0));
    let work = |tells: bool| {
        while !progress.stop() {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let (Some(batch), Some(slot)) = (batches.get(at), results.get(at)) else { return };
            let result = ask(classifier, batch, &asked, deepest, &busy_ns);
            let failed = result.is_err();
            if let Ok(mut slot) = slot.lock() {
                *slot = Some(result);
            }
            if failed {
                next.store(batches.len(), Ordering::Relaxed); // no sense in asking on
                return;
            }
            let done = done.fetch_add(batch.len() as u64, Ordering::Relaxed) + batch.len() as u64;
            if tells {
                progress.advance(done);
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 1..options.threads.get().min(batches.len()) {
            scope.spawn(|| work(false));
        }
        work(true); // only the caller's thread tells, in order
    });

    let mut outcomes = Vec::with_capacity(examples.len());
    for result in results {
        match result.into_inner().ok().flatten() {
            Some(result) => outcomes.extend(result?),
            None => return Err(StepError::Stopped),
        }
    }
    if let Some(failure) = outcomes.first().and_then(|outcome| outcome.failure.clone())
        && outcomes.iter().all(|outcome| outcome.failure.is_some())
    {
        let message =
            format!("{} failed on all {} rows; on the first: {failure}", info.name(), outcomes.len());
        return Err(Error::new(ErrorKind::Inference, message).into());
    }
    let batch_us = busy_ns.into_inner() as f64 / 1e3 / examples.len().max(1) as f64;
    let latency = asked
        .last()
        .and_then(|alone| measure_latency(classifier, examples, alone, options.latency_samples, progress));
    check(progress)?; // the timing may have been cut short
    progress.advance(examples.len() as u64);
    Ok(Run { outcomes, deepest, latency, batch_us })
}

/// One batch, at every level; row by row where the batch fails.
fn ask(
    classifier: &dyn Classifier,
    batch: &[Example],
    asked: &[Options],
    deepest: Level,
    busy_ns: &AtomicU64,
) -> Result<Vec<Outcome>, Error> {
    match ask_at_once(classifier, batch, asked, busy_ns) {
        Ok(outcomes) => return Ok(outcomes),
        Err(error) if matches!(error.kind(), ErrorKind::InvalidInput | ErrorKind::Unsupported) => {
            return Err(error);
        }
        Err(_) => {}
    }
    let mut outcomes = Vec::with_capacity(batch.len());
    for example in batch {
        match ask_at_once(classifier, std::slice::from_ref(example), asked, busy_ns) {
            Ok(mut one) => outcomes.append(&mut one),
            Err(error) => {
                let name = classifier.info().name();
                outcomes.push(Outcome::failed(example, name, deepest, error.message().to_owned()));
            }
        }
    }
    Ok(outcomes)
}

fn ask_at_once(
    classifier: &dyn Classifier,
    batch: &[Example],
    asked: &[Options],
    busy_ns: &AtomicU64,
) -> Result<Vec<Outcome>, Error> {
    let texts: Vec<&str> = batch.iter().map(Example::text).collect();
    let mut by_level: Vec<Vec<Prediction>> = Vec::with_capacity(asked.len());
    for (at, options) in asked.iter().enumerate() {
        let start = Instant::now();
        let predictions = classifier.classify_batch(&texts, options)?;
        if at + 1 == asked.len() {
            busy_ns.fetch_add(start.elapsed().as_nanos() as u64, Ordering::Relaxed);
        }
        if predictions.len() != texts.len() {
            return Err(Error::new(
                ErrorKind::Inference,
                format!("expected {} answers, saw {}", texts.len(), predictions.len()),
            ));
        }
        by_level.push(predictions);
    }
    let judge = |(row, example): (usize, &Example)| {
        let mut predictions = [None; 3];
        for (slot, level) in predictions.iter_mut().zip(&by_level) {
            *slot = level.get(row);
        }
        Outcome::judge(example, predictions)
    };
    Ok(batch.iter().enumerate().filter_map(judge).collect())
}
