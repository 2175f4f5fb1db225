//! From the parts of the working folder to what a model learns from.

use std::collections::BTreeMap;

use hscode_core::{Error, ErrorKind, HsCode};

use super::Start;
use crate::balance::balance;
use crate::config::Config;
use crate::models::{DevSet, Model as _, Sample, TrainingData};
use crate::progress::{Progress, StepError};
use crate::row::Row;
use crate::split::PARTS;
use crate::steps::Counts;
use crate::workdir::WorkDir;

/// Most codes that an error names.
const NAMED: usize = 5;

/// The training part, balanced, with the development part by source.
#[derive(Debug, Clone)]
pub struct Learning {
    /// What a model learns from and is measured on.
    pub data: TrainingData,
    /// Rows, samples after balancing, classes, rows measured on.
    pub counts: Counts,
}

impl Learning {
    /// Reads the parts of the working folder and balances the training part, and that alone.
    ///
    /// # Errors
    /// `InvalidInput`: a training row has a code that the model to start from does not know, or there are fewer
    /// than two classes; `Io`; stopped.
    pub fn read(
        work: &WorkDir,
        config: &Config,
        start: &Start,
        progress: &dyn Progress,
    ) -> Result<Self, StepError> {
        let train: Vec<Row> = work.read_rows(PARTS[0], progress)?;
        let dev: Vec<Row> = work.read_rows(PARTS[1], progress)?;
        Ok(Self::of(&train, &dev, config, start)?)
    }

    /// The same of rows.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub fn of(train: &[Row], dev: &[Row], config: &Config, start: &Start) -> Result<Self, Error> {
        let codes: Vec<HsCode> = train.iter().map(|row| row.code).collect();
        let mut seen = codes.clone();
        seen.sort();
        seen.dedup();
        let classes = match start.model() {
            Some(model) => known(&seen, model.classes())?,
            None => seen.clone(),
        };
        let balanced = balance(&codes, &config.balance, config.seed);
        let mut samples = Vec::with_capacity(balanced.rows.len());
        for &at in &balanced.rows {
            let row = &train[at as usize];
            let repeats = if config.balance.count_repeats { row.votes } else { row.weight };
            samples.push(Sample {
                text: row.text.clone(),
                class: classes.binary_search(&row.code).ok().map(|class| class as u32),
                weight: repeats * balanced.weights[at as usize],
                ..Sample::default()
            });
        }
        let mut counts = Counts::default();
        counts.add("rows", train.len() as u64);
        counts.add("samples", samples.len() as u64);
        counts.add("classes", classes.len() as u64);
        if classes.len() > seen.len() {
            counts.add("classes_with_rows", seen.len() as u64);
        }
        counts.add("dev", dev.len() as u64);
        let data = TrainingData {
            classes,
            samples,
            dev: sets(dev),
            vocabulary: start.vocabulary.clone(),
            vectors: start.vectors.clone(),
        };
        Ok(Self { data, counts })
    }
}

/// All classes of the model to start from, which must know every code of the training part.
fn known(seen: &[HsCode], classes: &[HsCode]) -> Result<Vec<HsCode>, Error> {
    let unknown: Vec<&str> =
        seen.iter().filter(|code| classes.binary_search(code).is_err()).map(HsCode::as_str).collect();
    if unknown.is_empty() {
        return Ok(classes.to_vec());
    }
    let more = if unknown.len() > NAMED { ", ..." } else { "" };
    Err(Error::new(
        ErrorKind::InvalidInput,
        format!(
            "start.model: it has {} classes and lacks {} codes of the training part: {}{more}; start from a model \
             that knows them, or from none",
            classes.len(),
            unknown.len(),
            unknown.iter().take(NAMED).copied().collect::<Vec<_>>().join(", ")
        ),
    ))
}

/// The development part, a set a source, by name.
fn sets(rows: &[Row]) -> Vec<DevSet> {
    let mut sets: BTreeMap<String, DevSet> = BTreeMap::new();
    for row in rows {
        let set = sets
            .entry(row.source.clone())
            .or_insert_with_key(|name| DevSet { name: name.clone(), ..DevSet::default() });
        set.texts.push(row.text.clone());
        set.codes.push(row.code);
    }
    sets.into_values().collect()
}
