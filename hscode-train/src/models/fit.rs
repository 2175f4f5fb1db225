//! How networks learn.

use std::time::Instant;

use hscode_core::{Error, ErrorKind, HsCode};
use serde::{Deserialize, Serialize};

use super::augment::Augmenter;
use super::container;
use super::data::TrainingData;
use super::log::{LogEntry, TrainingLog, figures};
use super::neural::{NeuralModel, TextReader};
use super::order::{Order, epoch_ends, row_weights};
use super::{LearnConfig, Model, Place, TrainConfig, Trained};
use crate::encoder::TokenVectors;
use crate::nets::{
    AdamW, BETA1, BETA2, Batch, Cache, Draws, Dropout, Groups, LossWeights, Network, Rounding, Target,
    cos_pi, forward_backward, norm_squared,
};
use crate::progress::{Progress, StepError};

/// What a checkpoint says beside its tensors.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Position {
    /// Digest of settings and data: a checkpoint of another run is not used.
    run: String,
    step: u32,
    loss: f64,
    losses: u32,
    rounding: Option<Rounding>,
    log: TrainingLog,
}

struct Fit<'a> {
    config: &'a TrainConfig,
    learn: &'a LearnConfig,
    data: &'a TrainingData,
    model: NeuralModel,
    cache: Cache,
    batch: Batch,
    log: TrainingLog,
    run: String,
    step: u32,
    steps: u32,
    /// Where the steps of each epoch end.
    ends: Vec<u32>,
    /// Sum and count of losses since the last entry.
    loss: (f64, u32),
    weights: Vec<f32>,
    groups: (Groups, Groups),
    augmenter: Augmenter<'a>,
}

/// Trains the network that `config` names.
pub(crate) fn fit(
    config: &TrainConfig,
    data: &TrainingData,
    start: Option<&NeuralModel>,
    place: Option<&Place<'_>>,
    progress: &dyn Progress,
) -> Result<Trained, StepError> {
    let mut fit = Fit::begin(config, data, start)?;
    if let Some(place) = place {
        fit.resume(place)?;
    }
    progress.begin("train", "steps", Some(u64::from(fit.steps)));
    fit.log.entries.iter().for_each(|entry| progress.measured(entry));
    let mut order = Order::new();
    let before = fit.log.entries.last().map_or(0.0, |entry| entry.seconds);
    let (begin, mut measuring) = (Instant::now(), 0.0);
    while fit.step < fit.steps {
        if progress.stop() {
            if let Some(place) = place {
                fit.keep(place)?;
            }
            return Err(StepError::Stopped);
        }
        let rate = fit.one_step(&mut order);
        progress.advance(u64::from(fit.step));
        let step = fit.step;
        let due = |every: u32| every > 0 && step.is_multiple_of(every);
        if fit.step == fit.steps || due(fit.learn.measure_every) {
            let from = begin.elapsed().as_secs_f64();
            fit.measure(rate, before + from - measuring)?;
            if let Some(entry) = fit.log.entries.last() {
                progress.note(&entry.line());
                progress.measured(entry);
            }
            measuring += begin.elapsed().as_secs_f64() - from;
        }
        if let Some(place) = place
            && fit.step < fit.steps
            && due(fit.learn.checkpoint_every)
        {
            fit.keep(place)?;
        }
    }
    progress.end();
    match super::walk::learn(&fit.model, config, data, progress) {
        Err(StepError::Stopped) => {
            if let Some(place) = place {
                fit.keep(place)?;
            }
            return Err(StepError::Stopped);
        }
        learnt => fit.model.walk = learnt?,
    }
    if let Some(place) = place {
        place.remove_checkpoint()?;
    }
    Ok(Trained { model: Box::new(fit.model), log: fit.log })
}

impl<'a> Fit<'a> {
    fn begin(
        config: &'a TrainConfig,
        data: &'a TrainingData,
        start: Option<&NeuralModel>,
    ) -> Result<Self, Error> {
        let vocabulary = start.map_or(data.vocabulary.as_str(), |start| &start.vocabulary);
        let mut shape = match start {
            Some(start) => {
                check_start(start, config, data)?;
                start.network.shape.clone()
            }
            None => {
                config.shape().ok_or_else(|| Error::new(ErrorKind::InvalidInput, "expected a network"))?
            }
        };
        // A small corpus may not have as many pieces as were asked for.
        shape.pieces = shape.pieces.min(vocabulary.lines().count());
        let learn = &config.learn;
        let reader = TextReader::new(&shape, vocabulary)?;
        let mut network = Network::new(&shape, data.classes.len(), config.seed);
        if let Some(start) = start {
            for ((_, value), (_, known)) in network.named_mut().into_iter().zip(start.network.named()) {
                value.copy_from_slice(known);
            }
        } else if let (Some(table), false) = (&mut network.tokens, data.vectors.is_empty()) {
            let vectors = TokenVectors::from_bytes(&data.vectors)?;
            table.value = vectors.turned(shape.pieces, shape.token_dim, learn.token_size, config.seed)?;
        }
        let used = reader.pieces.as_ref().map_or(0, |pieces| pieces.len());
        let vocabulary: String = vocabulary.lines().take(used).flat_map(|line| [line, "\n"]).collect();
        let ends = epoch_ends(&data.samples, learn, config.seed)?;
        let steps = ends.last().copied().unwrap_or(0);
        if steps == 0 {
            return Err(Error::new(
                ErrorKind::InvalidInput,
                "samples: expected shares that make up a step, seen too few",
            ));
        }
        let weights = network.weights();
        let groups = |digits| Groups::new(data.classes.iter().map(HsCode::as_str), digits);
        Ok(Self {
            config,
            learn,
            data,
            cache: Cache::default(),
            batch: Batch::default(),
            log: TrainingLog {
                model: config.model.as_str().to_owned(),
                weights,
                samples: data.samples.len(),
                steps,
                entries: Vec::new(),
            },
            run: super::run_digest(config, data, start)?,
            step: 0,
            steps,
            ends,
            loss: (0.0, 0),
            weights: row_weights(&data.samples, data.classes.len(), learn.class_balance),
            groups: (groups(4), groups(2)),
            augmenter: Augmenter::new(&config.augment, &data.samples, data.classes.len(), config.seed),
            model: NeuralModel {
                kind: config.model,
                classes: data.classes.clone(),
                vocabulary,
                reader,
                network,
                walk: None,
            },
        })
    }

    fn target(&self, row: usize) -> Target {
        let sample = &self.data.samples[row];
        let mut shares: Vec<(u32, f32)> = Vec::with_capacity(sample.soft.len() + 1);
        let total: f32 = sample.soft.iter().map(|s| s.1).sum();
        let soft = match (sample.class, total > 0.0) {
            (Some(_), true) => self.learn.soft_share,
            (Some(_), false) => 0.0,
            (None, _) => 1.0,
        };
        if soft > 0.0 {
            shares.extend(sample.soft.iter().map(|&(class, share)| (class, soft * share / total)));
        }
        if let Some(class) = sample.class.filter(|_| soft < 1.0) {
            match shares.iter_mut().find(|s| s.0 == class) {
                Some(share) => share.1 += 1.0 - soft,
                None => shares.push((class, 1.0 - soft)),
            }
        }
        Target { shares, weight: self.weights[row] }
    }

    /// Learning rate of a step: up in a line, down in a cosine.
    fn rate(&self, step: u32) -> f32 {
        let (done, all) = (f64::from(step) + 1.0, f64::from(self.steps));
        let warm = (self.learn.warm_up * all).max(1.0);
        let factor = if done < warm {
            done / warm
        } else {
            let left = 0.5 + 0.5 * cos_pi(((done - warm) / (all - warm).max(1.0)).clamp(0.0, 1.0));
            self.learn.last_rate + (1.0 - self.learn.last_rate) * left
        };
        self.learn.rate * factor as f32
    }

    /// One step; the answer is its learning rate.
    fn one_step(&mut self, order: &mut Order) -> f32 {
        let (config, learn, data) = (self.config, self.learn, self.data);
        let epoch = self.ends.partition_point(|&end| end <= self.step) as u32;
        let first = if epoch == 0 { 0 } else { self.ends[epoch as usize - 1] };
        let from = (self.step - first) as usize * learn.batch;
        let rows = order.of(epoch, &data.samples, config.seed);
        let rows = &rows[from..(from + learn.batch).min(rows.len())];
        let augmenter = &self.augmenter;
        let losing = Draws::new(config.seed, 2).sub(u64::from(epoch));
        self.model.reader.read_each(
            rows.len(),
            &mut self.batch,
            |at, read| {
                let row = rows[at] as usize;
                match augmenter.vary(epoch, row) {
                    Some(text) => read(&text),
                    None => read(&data.samples[row].text),
                }
            },
            |at, features| {
                let draws = losing.sub(u64::from(rows[at]));
                for (part, list) in
                    [&mut features.tokens, &mut features.pairs, &mut features.grams].into_iter().enumerate()
                {
                    lose(list, learn.feature_dropout, draws.sub(part as u64));
                }
            },
        );
        let targets: Vec<Target> = rows.iter().map(|&row| self.target(row as usize)).collect();
        let rate = self.rate(self.step);
        let network = &mut self.model.network;
        let rounded = (f64::from(config.rounding.share) * f64::from(self.steps)) as u32;
        if network.rounding.is_none()
            && rounded > 0
            && self.step + rounded >= self.steps
            && network.can_round()
        {
            network.begin_rounding(&config.rounding, &self.batch, &mut self.cache);
        }
        network.refresh_rounding();
        let dropout = Dropout {
            input: learn.input_dropout,
            hidden: learn.hidden_dropout,
            draws: Draws::new(config.seed, 3).sub(u64::from(self.step)),
        };
        network.forward(&self.batch, &mut self.cache, Some(dropout));
        let weights = LossWeights {
            heading: learn.heading_loss,
            chapter: learn.chapter_loss,
            smoothing: learn.label_smoothing,
        };
        let groups = (&self.groups.0, &self.groups.1);
        let loss = forward_backward(&mut self.cache.logits, &targets, groups, weights, rows.len() as f32);
        network.backward(&self.batch, &mut self.cache, dropout);
        let square = network.dense().iter().map(|p| norm_squared(&p.grad)).sum::<f64>()
            + network.tables().iter().map(|t| norm_squared(&t.grad)).sum::<f64>();
        let norm = square.sqrt();
        let scale = if norm > learn.clip { learn.clip / norm } else { 1.0 };
        let number = self.step as i32 + 1;
        let step = AdamW {
            rate,
            decay: learn.weight_decay,
            scale: scale as f32,
            young: (1.0 - power(BETA1, number), 1.0 - power(BETA2, number)),
        };
        network.dense().into_iter().for_each(|p| step.dense(p));
        for (table, rate) in [
            (&mut self.model.network.tokens, learn.token_rate),
            (&mut self.model.network.pairs, learn.hashed_rate),
            (&mut self.model.network.grams, learn.hashed_rate),
        ] {
            if let Some(table) = table {
                step.table(table, rate);
            }
        }
        self.step += 1;
        self.loss.0 += loss;
        self.loss.1 += 1;
        rate
    }

    fn measure(&mut self, rate: f32, seconds: f64) -> Result<(), Error> {
        self.model.network.refresh_rounding();
        let mut dev = Vec::new();
        for set in &self.data.dev {
            let texts: Vec<&str> = set.texts.iter().map(String::as_str).collect();
            dev.push(figures(set, &self.data.classes, &self.model.scores(&texts)?));
        }
        let entry = LogEntry {
            step: self.step,
            epoch: f64::from(self.step) / f64::from(self.steps) * f64::from(self.learn.epochs),
            train_loss: self.loss.0 / f64::from(self.loss.1.max(1)),
            learning_rate: f64::from(rate),
            seconds,
            dev,
        };
        self.loss = (0.0, 0);
        self.log.entries.push(entry);
        Ok(())
    }

    fn keep(&self, place: &Place<'_>) -> Result<(), Error> {
        let position = Position {
            run: self.run.clone(),
            step: self.step,
            loss: self.loss.0,
            losses: self.loss.1,
            rounding: self.model.network.rounding.clone(),
            log: self.log.clone(),
        };
        let meta = serde_json::to_value(position)
            .map_err(|e| Error::new(ErrorKind::Io, "checkpoint: cannot write its header").with_source(e))?;
        container::write(place.disk, &place.checkpoint(), meta, self.model.network.named_state().into_iter())
    }

    /// Goes on from the checkpoint of the same run, if there is one.
    fn resume(&mut self, place: &Place<'_>) -> Result<(), Error> {
        let path = place.checkpoint();
        let Some(mut contents) = container::read(place.disk, &path)? else { return Ok(()) };
        let at = |e: Error| e.at(path.display());
        let position: Position = serde_json::from_value(std::mem::take(&mut contents.meta)).map_err(|e| {
            Error::new(ErrorKind::Package, format!("{}: expected a checkpoint", path.display()))
                .with_source(e)
        })?;
        if position.run != self.run {
            return Err(Error::new(
                ErrorKind::InvalidInput,
                format!(
                    "{}: it is of other settings or data; put it aside or train in another folder",
                    path.display()
                ),
            ));
        }
        for (name, value) in self.model.network.named_state_mut() {
            *value = contents.take(&name, Some(value.len())).map_err(at)?;
        }
        self.model.network.rounding = position.rounding;
        self.step = position.step;
        self.loss = (position.loss, position.losses);
        self.log = position.log;
        Ok(())
    }
}

/// The steps of a run; of the linear model its epochs.
pub(crate) fn steps(config: &TrainConfig, data: &TrainingData) -> Result<u32, Error> {
    match config.model {
        super::ModelKind::Svc => Ok(config.svc.epochs),
        _ => Ok(epoch_ends(&data.samples, &config.learn, config.seed)?.last().copied().unwrap_or(0)),
    }
}

/// A start must be the model that is trained, over the same classes.
fn check_start(start: &NeuralModel, config: &TrainConfig, data: &TrainingData) -> Result<(), Error> {
    let bad = |what: String| Err(Error::new(ErrorKind::InvalidInput, format!("start: {what}")));
    if start.kind != config.model {
        return bad(format!(
            "expected a model of the kind {}, seen {}; set train.model",
            config.model.as_str(),
            start.kind.as_str()
        ));
    }
    if start.classes != data.classes {
        return bad(format!(
            "expected a model of the same {} classes, seen one of {}",
            data.classes.len(),
            start.classes.len()
        ));
    }
    Ok(())
}

/// By repeated multiplication: `powi` may differ between platforms.
fn power(base: f32, exponent: i32) -> f32 {
    let (mut result, mut square, mut left) = (1.0f64, f64::from(base), exponent);
    while left > 0 {
        if left % 2 == 1 {
            result *= square;
        }
        square *= square;
        left /= 2;
    }
    result as f32
}

/// Takes each id out with probability `rate`; the last one stays.
fn lose(list: &mut Vec<u32>, rate: f32, draws: Draws) {
    if rate <= 0.0 || list.len() < 2 {
        return;
    }
    let (last, mut at) = (list.len() - 1, 0);
    let mut kept = 0;
    list.retain(|_| {
        let keep = draws.unit(at) >= rate || (kept == 0 && at as usize == last);
        at += 1;
        kept += usize::from(keep);
        keep
    });
}
