//! A linear support vector classifier: chapters first, then the subheadings of each chapter.

mod descent;
mod vector;

use std::io::Write;
use std::path::Path;

use hscode_core::{Error, ErrorKind, HsCode};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use self::descent::{BLOCK, Problem, descend};
use self::vector::{Vectoriser, Vectors};
use super::data::TrainingData;
use super::log::{LogEntry, TrainingLog, figures};
use super::{Model, ModelKind, TrainConfig, Trained, container};
use crate::disk::Disk;
use crate::nets::softmax;
use crate::progress::{Progress, StepError, io_error};

/// How the linear model is trained: `[train.svc]` of train.toml.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SvcConfig {
    /// Buckets of words and runs of characters. Default 2^20.
    pub gram_buckets: u32,
    /// Buckets of pairs of neighbouring words. Default 2^20.
    pub pair_buckets: u32,
    /// Shortest run of characters, the marks of a word's ends counted. Default 3.
    pub gram_shortest: u32,
    /// Longest run of characters. Default 5.
    pub gram_longest: u32,
    /// Texts in which a feature must stand to be used. Default 2.
    pub least_texts: u32,
    /// Cost of a violated margin against the size of the weights (C). Default 0.5.
    pub cost: f32,
    /// Passes of coordinate descent. Default 8.
    pub epochs: u32,
    /// Weights closer to 0 than this are left out of the trained model. Default 0.01.
    pub least_weight: f32,
    /// Factor on margins before they become probabilities. Default 5.
    pub sharpness: f32,
}

impl Default for SvcConfig {
    fn default() -> Self {
        Self {
            gram_buckets: 1 << 20,
            pair_buckets: 1 << 20,
            gram_shortest: 3,
            gram_longest: 5,
            least_texts: 2,
            cost: 0.5,
            epochs: 8,
            least_weight: 0.01,
            sharpness: 5.0,
        }
    }
}

impl SvcConfig {
    /// Checks every value.
    ///
    /// # Errors
    /// `InvalidInput` that names the setting, what was expected and what was seen.
    pub fn check(&self) -> Result<(), Error> {
        let buckets = 1..=1u32 << 24;
        let checks = [
            (
                "svc.gram_buckets",
                buckets.contains(&self.gram_buckets),
                "1 to 2^24",
                self.gram_buckets.to_string(),
            ),
            (
                "svc.pair_buckets",
                buckets.contains(&self.pair_buckets),
                "1 to 2^24",
                self.pair_buckets.to_string(),
            ),
            (
                "svc.gram_longest",
                2 <= self.gram_shortest && self.gram_shortest <= self.gram_longest && self.gram_longest <= 16,
                "gram_shortest of 2 or more up to 16",
                self.gram_longest.to_string(),
            ),
            ("svc.cost", self.cost > 0.0 && self.cost.is_finite(), "above 0", self.cost.to_string()),
            ("svc.epochs", self.epochs > 0, "1 or more", self.epochs.to_string()),
            ("svc.least_weight", self.least_weight >= 0.0, "0 or more", self.least_weight.to_string()),
            ("svc.sharpness", self.sharpness > 0.0, "above 0", self.sharpness.to_string()),
        ];
        match checks.into_iter().find(|check| !check.1) {
            Some((name, _, expected, seen)) => {
                Err(Error::new(ErrorKind::InvalidInput, format!("{name}: expected {expected}, seen {seen}")))
            }
            None => Ok(()),
        }
    }
}

/// A trained linear model.
pub struct SvcModel {
    config: SvcConfig,
    classes: Vec<HsCode>,
    /// Where the classes of each chapter end.
    chapter_ends: Vec<u32>,
    vectoriser: Vectoriser,
    /// Where the weights of each feature end.
    ends: Vec<u32>,
    /// The target of each weight: a chapter, or the number of chapters and a class.
    targets: Vec<u16>,
    weights: Vec<f32>,
}

/// Weights as they come from training: feature, target, weight.
type Loose = Vec<(u32, u16, f32)>;

/// Trains the linear model on the samples that have a class.
pub(crate) fn fit(
    config: &TrainConfig,
    data: &TrainingData,
    progress: &dyn Progress,
) -> Result<Trained, StepError> {
    let begin = std::time::Instant::now();
    let svc = &config.svc;
    let rows: Vec<usize> = (0..data.samples.len()).filter(|&at| data.samples[at].class.is_some()).collect();
    if rows.is_empty() {
        return Err(
            Error::new(ErrorKind::InvalidInput, "svc: expected samples with classes, seen none").into()
        );
    }
    let texts: Vec<&str> = rows.iter().map(|&at| data.samples[at].text.as_str()).collect();
    let labels: Vec<u32> = rows.iter().map(|&at| data.samples[at].class.unwrap_or(0)).collect();
    let weights: Vec<f32> = rows.iter().map(|&at| data.samples[at].weight).collect();
    let vectoriser = Vectoriser::learn(svc, &texts);
    let vectors = vectoriser.vectors(&texts);

    let mut chapter_of = Vec::with_capacity(data.classes.len());
    let mut chapter_ends: Vec<u32> = Vec::new();
    for (class, code) in data.classes.iter().enumerate() {
        if class == 0 || data.classes[class - 1].chapter() != code.chapter() {
            chapter_ends.push(class as u32);
        }
        chapter_of.push(chapter_ends.len() as u32 - 1);
        if let Some(end) = chapter_ends.last_mut() {
            *end = class as u32 + 1;
        }
    }
    let chapters = chapter_ends.len();
    if chapters + data.classes.len() > usize::from(u16::MAX) {
        let what =
            format!("svc: expected fewer than 65,535 classes and chapters, seen {}", data.classes.len());
        return Err(Error::new(ErrorKind::InvalidInput, what).into());
    }

    // Tasks: a block of classes of one problem each. The largest go first so that threads end together.
    let all: Vec<u32> = (0..rows.len() as u32).collect();
    let mut by_chapter: Vec<Vec<u32>> = vec![Vec::new(); chapters];
    for (row, &label) in labels.iter().enumerate() {
        by_chapter[chapter_of[label as usize] as usize].push(row as u32);
    }
    let of_row: Vec<u32> = labels.iter().map(|&label| chapter_of[label as usize]).collect();
    struct Task<'a> {
        rows: &'a [u32],
        labels: &'a [u32],
        first: u32,
        count: u32,
        target: u32,
    }
    let mut tasks: Vec<Task<'_>> = Vec::new();
    let blocks =
        |first: u32, end: u32| (first..end).step_by(BLOCK).map(move |at| (at, (BLOCK as u32).min(end - at)));
    if chapters > 1 {
        for (first, count) in blocks(0, chapters as u32) {
            tasks.push(Task { rows: &all, labels: &of_row, first, count, target: first });
        }
    }
    for (chapter, rows) in by_chapter.iter().enumerate() {
        let first = if chapter == 0 { 0 } else { chapter_ends[chapter - 1] };
        let end = chapter_ends[chapter];
        if end - first > 1 && !rows.is_empty() {
            for (from, count) in blocks(first, end) {
                tasks.push(Task {
                    rows,
                    labels: &labels,
                    first: from,
                    count,
                    target: chapters as u32 + from,
                });
            }
        }
    }
    tasks.sort_by_key(|task| std::cmp::Reverse(task.rows.len()));
    progress.begin("train", "blocks", Some(tasks.len() as u64));
    let done = std::sync::atomic::AtomicU64::new(0);
    let results: Vec<Option<Loose>> = tasks
        .par_iter()
        .with_max_len(1)
        .map(|task| {
            let problem = Problem {
                vectors: &vectors,
                rows: task.rows,
                labels: task.labels,
                row_weights: &weights,
                first: task.first,
                count: task.count as usize,
            };
            let seed = config.seed ^ (u64::from(task.target) << 32);
            let loose = descend(&problem, svc, seed, &|| progress.stop())?;
            done.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            Some(loose.into_iter().map(|(f, c, w)| (f, (task.target + c) as u16, w)).collect())
        })
        .collect();
    progress.advance(done.into_inner());
    let Some(results) = results.into_iter().collect::<Option<Vec<Loose>>>() else {
        return Err(StepError::Stopped);
    };
    let (ends, targets, weights) = assemble(vectoriser.features(), results);
    let model = SvcModel {
        config: svc.clone(),
        classes: data.classes.clone(),
        chapter_ends,
        vectoriser,
        ends,
        targets,
        weights,
    };
    let seconds = begin.elapsed().as_secs_f64();
    let mut dev = Vec::new();
    for set in &data.dev {
        let texts: Vec<&str> = set.texts.iter().map(String::as_str).collect();
        dev.push(figures(set, &data.classes, &model.scores(&texts)?));
    }
    let entry = LogEntry {
        step: svc.epochs,
        epoch: f64::from(svc.epochs),
        train_loss: 0.0,
        learning_rate: 0.0,
        seconds,
        dev,
    };
    progress.note(&entry.line());
    progress.measured(&entry);
    progress.end();
    let log = TrainingLog {
        model: ModelKind::Svc.as_str().to_owned(),
        weights: model.weights(),
        samples: rows.len(),
        steps: svc.epochs,
        entries: vec![entry],
    };
    Ok(Trained { model: Box::new(model), log })
}

/// Orders weights by feature; within a feature by target.
fn assemble(features: usize, results: Vec<Loose>) -> (Vec<u32>, Vec<u16>, Vec<f32>) {
    let mut all: Loose = results.into_iter().flatten().collect();
    all.par_sort_unstable_by_key(|&(feature, target, _)| (feature, target));
    let mut ends = vec![0u32; features];
    for &(feature, ..) in &all {
        ends[feature as usize] += 1;
    }
    let mut sum = 0;
    for end in &mut ends {
        sum += *end;
        *end = sum;
    }
    (ends, all.iter().map(|w| w.1).collect(), all.iter().map(|w| w.2).collect())
}

impl SvcModel {
    /// Margins of chapters, then of classes within their chapters.
    fn margins(&self, vector: &[(u32, f32)]) -> Vec<f32> {
        let mut out = vec![0.0f32; self.chapter_ends.len() + self.classes.len()];
        for &(feature, x) in vector {
            let from = if feature == 0 { 0 } else { self.ends[feature as usize - 1] } as usize;
            let to = self.ends[feature as usize] as usize;
            for (target, weight) in self.targets[from..to].iter().zip(&self.weights[from..to]) {
                out[usize::from(*target)] += x * weight;
            }
        }
        out
    }

    fn probabilities(&self, vector: &[(u32, f32)], out: &mut [f32]) {
        let mut margins = self.margins(vector);
        margins.iter_mut().for_each(|m| *m *= self.config.sharpness);
        let (chapters, classes) = margins.split_at_mut(self.chapter_ends.len());
        softmax(chapters);
        let mut first = 0;
        for (chapter, &end) in chapters.iter().zip(&self.chapter_ends) {
            let own = &mut classes[first..end as usize];
            softmax(own);
            for (out, p) in out[first..end as usize].iter_mut().zip(own) {
                *out = chapter * *p;
            }
            first = end as usize;
        }
    }

    /// Sets the factor on margins before they become probabilities, to be fitted on held-out text.
    pub fn set_sharpness(&mut self, sharpness: f32) {
        self.config.sharpness = sharpness;
    }

    /// Reads a model that [`Model::save`] wrote.
    ///
    /// # Errors
    /// `Io`: no such file or not readable. `Package`: damaged, or of another version.
    pub fn open(disk: &dyn Disk, path: &Path) -> Result<Self, Error> {
        let bad = |what: &str| Error::new(ErrorKind::Package, format!("{}: {what}", path.display()));
        let mut contents = container::read(disk, path)?.ok_or_else(|| {
            Error::new(ErrorKind::Io, format!("{}: expected a model, seen no file", path.display()))
        })?;
        let meta: Meta = serde_json::from_value(std::mem::take(&mut contents.meta))
            .map_err(|e| bad("header: expected that of a linear model").with_source(e))?;
        let versions = (hscode_core::text::VERSION, hscode_core::features::FEATURE_HASH_VERSION);
        if (meta.text_version, meta.feature_hash_version) != versions {
            return Err(bad("expected the text and hash versions of this build, seen others"));
        }
        let whole = |numbers: Vec<f32>| -> Vec<u32> { numbers.iter().map(|&x| x as u32).collect() };
        let features = whole(contents.take("features", None)?);
        let idf = contents.take("idf", Some(features.len()))?;
        // Counts above 2^24 would not be exact as f32, so lengths are kept instead of ends.
        let mut sum = 0u32;
        let ends: Vec<u32> = whole(contents.take("lengths", Some(features.len()))?)
            .into_iter()
            .map(|length| {
                sum = sum.saturating_add(length);
                sum
            })
            .collect();
        let targets = whole(contents.take("targets", Some(sum as usize))?);
        let weights = contents.take("weights", Some(sum as usize))?;
        let most = meta.chapter_ends.len() + meta.classes.len();
        if targets.iter().any(|&t| t as usize >= most)
            || meta.chapter_ends.last() != Some(&(meta.classes.len() as u32))
        {
            return Err(bad("expected weights of its own classes"));
        }
        if meta.chapter_ends.windows(2).any(|pair| pair[0] >= pair[1]) {
            return Err(bad("expected ascending ends of chapters"));
        }
        let vectoriser = Vectoriser::from_parts(&meta.svc, &features, idf)
            .ok_or_else(|| bad("expected features in range"))?;
        Ok(Self {
            config: meta.svc,
            classes: meta.classes,
            chapter_ends: meta.chapter_ends,
            vectoriser,
            ends,
            targets: targets.iter().map(|&t| t as u16).collect(),
            weights,
        })
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Meta {
    svc: SvcConfig,
    classes: Vec<HsCode>,
    chapter_ends: Vec<u32>,
    text_version: u32,
    feature_hash_version: u32,
}

impl Model for SvcModel {
    fn kind(&self) -> ModelKind {
        ModelKind::Svc
    }

    fn classes(&self) -> &[HsCode] {
        &self.classes
    }

    fn scores(&self, texts: &[&str]) -> Result<Vec<f32>, Error> {
        let vectors: Vectors = self.vectoriser.vectors(texts);
        let mut out = vec![0.0f32; texts.len() * self.classes.len()];
        out.par_chunks_exact_mut(self.classes.len())
            .enumerate()
            .for_each(|(at, row)| self.probabilities(vectors.row(at), row));
        Ok(out)
    }

    fn weights(&self) -> usize {
        self.weights.len()
    }

    fn save(&self, disk: &dyn Disk, path: &Path) -> Result<(), Error> {
        self.with_parts(|meta, tensors| container::write(disk, path, meta, tensors))
    }

    fn write(&self, out: &mut dyn Write) -> Result<(), Error> {
        self.with_parts(|meta, tensors| {
            container::put(out, meta, tensors).map_err(|e| io_error("model", "write", e))
        })
    }
}

impl SvcModel {
    /// Hands over what a file of the model holds.
    fn with_parts(
        &self,
        act: impl FnOnce(serde_json::Value, &mut dyn Iterator<Item = (String, &[f32])>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let meta = Meta {
            svc: self.config.clone(),
            classes: self.classes.clone(),
            chapter_ends: self.chapter_ends.clone(),
            text_version: hscode_core::text::VERSION,
            feature_hash_version: hscode_core::features::FEATURE_HASH_VERSION,
        };
        let meta = serde_json::to_value(meta)
            .map_err(|e| Error::new(ErrorKind::Io, "model: cannot write its header").with_source(e))?;
        let whole =
            |numbers: &mut dyn Iterator<Item = u32>| -> Vec<f32> { numbers.map(|n| n as f32).collect() };
        let features = whole(&mut self.vectoriser.buckets());
        let lengths = whole(&mut self.ends.iter().scan(0, |last, &end| {
            let length = end - *last;
            *last = end;
            Some(length)
        }));
        let targets = whole(&mut self.targets.iter().map(|&t| u32::from(t)));
        let tensors: [(&str, &[f32]); 5] = [
            ("features", &features),
            ("idf", self.vectoriser.idf()),
            ("lengths", &lengths),
            ("targets", &targets),
            ("weights", &self.weights),
        ];
        act(meta, &mut tensors.into_iter().map(|(name, data)| (name.to_owned(), data)))
    }
}
