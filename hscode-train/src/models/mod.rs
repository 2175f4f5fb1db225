//! Models that learn subheadings from descriptions: a linear one and three networks, behind one trait.
//!
//! [`train`] takes settings and data and gives a [`Model`] with the [log](TrainingLog) of its training. The same
//! seed, settings and data give the same bytes on any number of threads; a run that was stopped or killed goes
//! on from its checkpoint to the same bytes.

mod augment;
mod classifier;
mod config;
mod container;
mod data;
mod fit;
mod log;
mod neural;
mod order;
mod svc;
#[cfg(test)]
mod tests;
mod unpack;
mod walk;

use std::io::Write;
use std::path::{Path, PathBuf};

use hscode_core::{Error, ErrorKind, HsCode};
use sha2::{Digest, Sha256};

pub use augment::AugmentConfig;
pub use classifier::as_classifier;
pub use config::{LearnConfig, ModelKind, TrainConfig};
pub use data::{DevSet, Sample, TrainingData};
pub use log::{DevFigures, LogEntry, TrainingLog};
pub use neural::NeuralModel;
#[cfg(test)]
pub(crate) use neural::TextReader;
pub use svc::{SvcConfig, SvcModel};
pub use unpack::network_of;

use crate::disk::Disk;
use crate::progress::{Progress, StepError, io_error};

/// A trained model.
pub trait Model: Send + Sync {
    /// Which model it is.
    fn kind(&self) -> ModelKind;

    /// The classes: subheadings, ascending.
    fn classes(&self) -> &[HsCode];

    /// Probabilities: a row a text, a column a class; each row sums to 1. Not calibrated.
    ///
    /// # Errors
    /// `Inference` when the model cannot answer.
    fn scores(&self, texts: &[&str]) -> Result<Vec<f32>, Error>;

    /// The number of weights.
    fn weights(&self) -> usize;

    /// Writes the model into one file, beside and renamed.
    ///
    /// # Errors
    /// `Io` when the file cannot be written.
    fn save(&self, disk: &dyn Disk, path: &Path) -> Result<(), Error>;

    /// Writes the bytes of that file.
    ///
    /// # Errors
    /// `Io` when `out` fails.
    fn write(&self, out: &mut dyn Write) -> Result<(), Error>;
}

/// Reads a model of any kind that [`Model::save`] wrote.
///
/// # Errors
/// `Io`: no such file or not readable. `Package`: damaged, or of another version.
pub fn open(disk: &dyn Disk, path: &Path) -> Result<Box<dyn Model>, Error> {
    match NeuralModel::open(disk, path) {
        Ok(model) => Ok(Box::new(model)),
        Err(network) => match SvcModel::open(disk, path) {
            Ok(model) => Ok(Box::new(model)),
            Err(_) => Err(network),
        },
    }
}

/// Probabilities of several models together: the mean of their logarithms, weighted, as probabilities again.
///
/// `scores`: of each model, as [`Model::scores`] gives them, all of `classes` columns.
pub fn mean_of_logs(scores: &[(Vec<f32>, f32)], classes: usize) -> Vec<f32> {
    let total: f32 = scores.iter().map(|s| s.1).sum();
    let mut out = vec![0.0f32; scores.first().map_or(0, |s| s.0.len())];
    for (scores, weight) in scores {
        for (sum, p) in out.iter_mut().zip(scores) {
            *sum += weight / total * crate::nets::ln(f64::from(p.max(1e-9))) as f32;
        }
    }
    out.chunks_exact_mut(classes.max(1)).for_each(|row| {
        crate::nets::softmax(row);
    });
    out
}

/// Accuracy on a set from probabilities, a row of all classes a text.
pub fn measure(set: &DevSet, classes: &[HsCode], scores: &[f32]) -> DevFigures {
    log::figures(set, classes, scores)
}

/// A model and how it came about.
pub struct Trained {
    /// The model.
    pub model: Box<dyn Model>,
    /// The course of training.
    pub log: TrainingLog,
}

/// Where a run keeps its checkpoint.
pub struct Place<'a> {
    /// The disk.
    pub disk: &'a dyn Disk,
    /// A folder of the run's own; it must be there.
    pub folder: PathBuf,
}

impl Place<'_> {
    pub(crate) fn checkpoint(&self) -> PathBuf {
        self.folder.join("checkpoint.bin")
    }

    pub(crate) fn remove_checkpoint(&self) -> Result<(), Error> {
        let path = self.checkpoint();
        match self.disk.remove(&path) {
            Err(e) if e.kind() != std::io::ErrorKind::NotFound => Err(io_error(path.display(), "remove", e)),
            _ => Ok(()),
        }
    }
}

/// Trains the model that the settings name.
///
/// `place`: where checkpoints are kept; a run that finds one of its own goes on from it. Progress is told in
/// steps (of the linear model in epochs); figures on the development sets come as notes.
///
/// # Errors
/// `InvalidInput` for settings or data that do not fit, `Io` for the disk, `Package` for a damaged checkpoint.
/// [`StepError::Stopped`] when `progress` asked to stop: networks keep a checkpoint first.
pub fn train(
    config: &TrainConfig,
    data: &TrainingData,
    place: Option<&Place<'_>>,
    progress: &dyn Progress,
) -> Result<Trained, StepError> {
    train_from(config, data, None, place, progress)
}

/// The same from the weights of a trained network, for text of another kind than it learnt from.
///
/// `start`: its sizes, classes and word pieces hold, so `config.network` and `data.vocabulary` are not read. It
/// learns as settings say from the first step on: a lower `learn.rate` than at first keeps more of what it knows.
///
/// # Errors
/// As [`train`]; `InvalidInput` when `start` is another model or has other classes than `data`.
pub fn train_from(
    config: &TrainConfig,
    data: &TrainingData,
    start: Option<&NeuralModel>,
    place: Option<&Place<'_>>,
    progress: &dyn Progress,
) -> Result<Trained, StepError> {
    config.check()?;
    data.check()?;
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(config.threads)
        .build()
        .map_err(|e| Error::new(ErrorKind::Io, "cannot start threads").with_source(e))?;
    pool.install(|| match config.model {
        ModelKind::Svc if start.is_some() => Err(Error::new(
            ErrorKind::InvalidInput,
            "start: expected to train dnn, lstm or text_cnn from a model, seen svc, which has no start",
        )
        .into()),
        ModelKind::Svc => svc::fit(config, data, progress),
        ModelKind::Dnn | ModelKind::Lstm | ModelKind::TextCnn => {
            fit::fit(config, data, start, place, progress)
        }
    })
}

/// The steps that training takes; of the linear model its epochs.
///
/// # Errors
/// `InvalidInput` when there are too many to count.
pub fn steps_of(config: &TrainConfig, data: &TrainingData) -> Result<u32, Error> {
    fit::steps(config, data)
}

/// A digest of everything that the bytes of a run depend on: not of threads, nor of how often is measured.
fn run_digest(
    config: &TrainConfig,
    data: &TrainingData,
    start: Option<&NeuralModel>,
) -> Result<String, Error> {
    let mut config = config.clone();
    config.threads = 0;
    config.learn.measure_every = 0;
    config.learn.checkpoint_every = 0;
    let settings = serde_json::to_vec(&config)
        .map_err(|e| Error::new(ErrorKind::InvalidInput, "settings: cannot write them").with_source(e))?;
    let mut digest = Sha256::new();
    let mut put = |bytes: &[u8]| {
        digest.update((bytes.len() as u64).to_le_bytes());
        digest.update(bytes);
    };
    put(&settings);
    data.classes.iter().for_each(|code| put(code.as_str().as_bytes()));
    for sample in &data.samples {
        put(sample.text.as_bytes());
        put(&sample.class.map_or(u32::MAX, |class| class).to_le_bytes());
        put(&[sample.weight.to_le_bytes(), sample.share.to_le_bytes()].concat());
        for (class, share) in &sample.soft {
            put(&[class.to_le_bytes(), share.to_le_bytes()].concat());
        }
    }
    put(data.vocabulary.as_bytes());
    put(&data.vectors);
    for (name, numbers) in start.map(NeuralModel::tensors).unwrap_or_default() {
        put(name.as_bytes());
        put(&numbers.iter().flat_map(|x| x.to_le_bytes()).collect::<Vec<u8>>());
    }
    Ok(digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}
