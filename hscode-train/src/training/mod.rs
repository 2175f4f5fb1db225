//! The step `train`: from the training part to a model and the log of how it learnt.
//!
//! Only the training part is learnt from and balanced; the development part is measured on, source by source.
//! A network that starts from nothing needs word pieces: the step `encode` before it learns them, unless the
//! settings name a file of them or a model to start from.

mod data;
mod start;
#[cfg(test)]
mod tests;

use hscode_core::{Error, ErrorKind};
use serde::Serialize;

use crate::config::{BalanceConfig, Config};
use crate::encoder::{VocabularyConfig, train_vocabulary};
use crate::models::{ModelKind, Place, TrainConfig, TrainingLog, train_from};
use crate::progress::{Progress, StepError, check};
use crate::row::Row;
use crate::split::PARTS;
use crate::steps::{Counts, FileDigest};
use crate::workdir::{Ran, Step, WorkDir};

pub use data::Learning;
pub use start::Start;

/// Raised when the same rows and settings give another model than before.
const VERSION: u32 = 1;
/// Raised when the same rows give other word pieces than before.
const ENCODE_VERSION: u32 = 1;

/// The trained model.
pub const MODEL: &str = "train/model.bin";
/// How it learnt. It has times, so it is no output in `steps.json`.
pub const LOG: &str = "train/log.json";
/// The word pieces that `encode` learnt.
pub const VOCABULARY: &str = "encode/vocabulary.txt";

/// What the model of a step depends on, beside its files.
#[derive(Serialize)]
struct Settings<'a> {
    train: TrainConfig,
    balance: &'a BalanceConfig,
    seed: u64,
}

/// Learns word pieces from the training part; `None` where none have to be learnt.
///
/// # Errors
/// `InvalidInput` when `split` has not run or its text holds no word; `Io`; stopped.
pub fn encode(work: &WorkDir, config: &Config, progress: &dyn Progress) -> Result<Option<Ran>, StepError> {
    let given = config.start.model.is_some() || config.start.vocabulary.is_some();
    if given || config.train.model == ModelKind::Svc {
        return Ok(None);
    }
    let settings = VocabularyConfig { pieces: config.train.network.pieces, ..VocabularyConfig::default() };
    let inputs = vec![work.input("split", PARTS[0])?];
    let version = (ENCODE_VERSION, hscode_core::text::VERSION);
    let step = Step { name: "encode", version: ENCODE_VERSION, settings: (&settings, version), inputs };
    let ran = work.run(step, progress, |out| {
        let rows: Vec<Row> = work.read_rows(PARTS[0], progress)?;
        progress.begin("learn word pieces", "pieces", None);
        let vocabulary = train_vocabulary(rows.iter().map(|row| row.text.as_str()), &settings)?;
        check(progress)?;
        let mut counts = Counts::default();
        counts.add("texts", rows.len() as u64);
        counts.add("pieces", vocabulary.lines().count() as u64);
        progress.end();
        out.write("vocabulary.txt", vocabulary.as_bytes())?;
        Ok(counts)
    })?;
    Ok(Some(ran))
}

/// Trains the model of the settings on the training part of the working folder.
///
/// Writes [`MODEL`] and [`LOG`]. Stopped, it keeps a checkpoint in the step's folder; run again with the same
/// settings and data it goes on from there, to the same bytes.
///
/// # Errors
/// `InvalidInput`: `split` or [`encode`] has not run, settings and data or a model to start from do not fit, or a
/// checkpoint is of other settings; `Package`: a damaged checkpoint or start; `Io`; stopped.
pub fn run(work: &WorkDir, config: &Config, progress: &dyn Progress) -> Result<Ran, StepError> {
    let (start, mut inputs) = Start::open(work, config)?;
    inputs.splice(0..0, [work.input("split", PARTS[0])?, work.input("split", PARTS[1])?]);
    work.run(step(config, inputs), progress, |out| {
        let learning = Learning::read(work, config, &start, progress)?;
        let mut counts = learning.counts.clone();
        let place = Place { disk: work.disk(), folder: work.path("train") };
        let trained = train_from(&config.train, &learning.data, start.model(), Some(&place), progress)?;
        counts.add("steps", u64::from(trained.log.steps));
        counts.add("weights", trained.model.weights() as u64);
        work.write_aside(LOG, to_json(&trained.log)?.as_bytes())?;
        let mut model = out.create("model.bin")?;
        trained.model.write(&mut model).map_err(|e| e.at(work.path(MODEL).display()))?;
        out.finish(model)?;
        Ok(counts)
    })
}

fn step(config: &Config, inputs: Vec<FileDigest>) -> Step<'static, Settings<'_>> {
    let mut train = config.train.clone();
    // The model does not depend on these.
    train.threads = 0;
    train.learn.measure_every = 0;
    train.learn.checkpoint_every = 0;
    let settings = Settings { train, balance: &config.balance, seed: config.seed };
    Step { name: "train", version: VERSION, settings, inputs }
}

/// How the model of the working folder learnt.
///
/// # Errors
/// `Io`, as when `train` has not run; `InvalidInput` when the file holds something else.
pub fn log(work: &WorkDir) -> Result<TrainingLog, Error> {
    work.read_json(LOG)
}

fn to_json(log: &TrainingLog) -> Result<String, Error> {
    let mut text = serde_json::to_string_pretty(log)
        .map_err(|e| Error::new(ErrorKind::Io, format!("{LOG}: cannot write")).with_source(e))?;
    text.push('\n');
    Ok(text)
}
