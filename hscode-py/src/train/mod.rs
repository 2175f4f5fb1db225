//! Models that learn in this process, for `hscode.sklearn`.

mod memory;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::time::Duration;

use hscode_core::{Error, ErrorKind, HsCode, Level};
use hscode_train::encoder::{VocabularyConfig, train_vocabulary};
use hscode_train::models::{self, Model, Sample, TrainConfig, Trained, TrainingData};
use hscode_train::progress::{Progress, StepError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyList, PyTuple};

use crate::classes;
use crate::errors::{panicked, raise, system};
use memory::Memory;

/// The name of the one file in memory.
const FILE: &str = "model.bin";
/// How often training looks for Ctrl-C.
const BLINK: Duration = Duration::from_millis(50);

/// A trained model in memory; see ``hscode.sklearn.HsCodeClassifier``.
#[pyclass(frozen, module = "hscode._hscode")]
pub(crate) struct TrainedModel(Box<dyn Model>);

#[pymethods]
impl TrainedModel {
    /// Which model it is: ``svc``, ``dnn``, ``lstm`` or ``text_cnn``.
    #[getter]
    fn kind(&self) -> &'static str {
        self.0.kind().as_str()
    }

    /// The classes, ascending.
    #[getter]
    fn classes<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        let codes = self.0.classes().iter().map(|&code| classes::code(py, code));
        PyList::new(py, codes.collect::<PyResult<Vec<_>>>()?)
    }

    /// The number of weights.
    #[getter]
    fn weights(&self) -> usize {
        self.0.weights()
    }

    /// Probabilities as 32-bit floats of this machine, a row a text, a column a class; not calibrated.
    #[pyo3(signature = (texts, threads, /))]
    fn scores<'py>(
        &self,
        py: Python<'py>,
        texts: Vec<String>,
        threads: usize,
    ) -> PyResult<Bound<'py, PyBytes>> {
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        // A pool of its own: one that is kept would not live through a fork.
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
        let pool = pool.map_err(|error| system("cannot start threads", &std::io::Error::other(error)))?;
        let scored = py.detach(|| catch_unwind(AssertUnwindSafe(|| pool.install(|| self.0.scores(&texts)))));
        let scores = scored.map_err(|payload| panicked(&*payload))?.map_err(|error| raise(py, &error))?;
        let bytes: Vec<u8> = scores.iter().flat_map(|score| score.to_ne_bytes()).collect();
        Ok(PyBytes::new(py, &bytes))
    }

    /// The model as bytes.
    fn to_bytes<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        let memory = Memory::default();
        py.detach(|| self.0.save(&memory, Path::new(FILE))).map_err(|error| raise(py, &error))?;
        let bytes = memory.take(Path::new(FILE)).ok_or_else(|| panicked(&"the model wrote no file"))?;
        Ok(PyBytes::new(py, &bytes))
    }

    /// A model from its bytes; raises ``PackageError`` when they are damaged.
    #[staticmethod]
    #[pyo3(signature = (data, /))]
    fn from_bytes(py: Python<'_>, data: &[u8]) -> PyResult<Self> {
        let memory = Memory::of(Path::new(FILE), data.to_vec());
        let opened = catch_unwind(AssertUnwindSafe(|| models::open(&memory, Path::new(FILE))));
        let opened = opened.map_err(|payload| panicked(&*payload))?;
        opened.map(Self).map_err(|error| raise(py, &error))
    }

    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        let again = py.get_type::<Self>().getattr("from_bytes")?;
        (again, (self.to_bytes(py)?,)).into_pyobject(py)
    }
}

/// Trains a model in memory; see ``hscode.sklearn.HsCodeClassifier``.
#[pyfunction]
#[pyo3(signature = (texts, codes, weights, settings, vocabulary, progress, /))]
pub(crate) fn train_model(
    py: Python<'_>,
    texts: Vec<String>,
    codes: Vec<String>,
    weights: Option<Vec<f32>>,
    settings: &str,
    vocabulary: Option<String>,
    progress: Option<&Bound<'_, PyAny>>,
) -> PyResult<TrainedModel> {
    let config: TrainConfig = serde_json::from_str(settings)
        .map_err(|error| raise(py, &Error::new(ErrorKind::InvalidInput, format!("settings: {error}"))))?;
    let data = data(texts, &codes, weights, vocabulary, &config).map_err(|error| raise(py, &error))?;
    let trained = in_background(py, &config, &data, progress)?;
    Ok(TrainedModel(trained.model))
}

/// Puts texts and codes together.
fn data(
    texts: Vec<String>,
    codes: &[String],
    weights: Option<Vec<f32>>,
    vocabulary: Option<String>,
    config: &TrainConfig,
) -> Result<TrainingData, Error> {
    let bad = |what: String| Error::new(ErrorKind::InvalidInput, what);
    if texts.len() != codes.len() || weights.as_ref().is_some_and(|weights| weights.len() != texts.len()) {
        return Err(bad(format!("expected a code and a weight for each of {} texts", texts.len())));
    }
    let codes = codes
        .iter()
        .enumerate()
        .map(|(at, text)| {
            let code = HsCode::parse(text).map_err(|error| error.at(format!("y: row {at}")))?;
            match code.level() {
                Level::Subheading => Ok(code),
                level => Err(bad(format!("y: row {at}: expected a subheading, saw the {level} {code}"))),
            }
        })
        .collect::<Result<Vec<HsCode>, Error>>()?;
    let mut classes = codes.clone();
    classes.sort_unstable();
    classes.dedup();
    let vocabulary = match vocabulary {
        Some(vocabulary) => vocabulary,
        None if config.shape().is_none() => String::new(),
        None => {
            let pieces = VocabularyConfig { pieces: config.network.pieces, ..VocabularyConfig::default() };
            train_vocabulary(texts.iter().map(String::as_str), &pieces)?
        }
    };
    let weights = weights.unwrap_or_else(|| vec![1.0; texts.len()]);
    let samples = texts.into_iter().zip(codes).zip(weights).map(|((text, code), weight)| Sample {
        text,
        class: classes.binary_search(&code).ok().and_then(|class| u32::try_from(class).ok()),
        weight,
        ..Sample::default()
    });
    Ok(TrainingData { samples: samples.collect(), classes, vocabulary, ..TrainingData::default() })
}

/// Hears of training on its thread and tells the thread that waits.
struct Watch<'a> {
    stop: &'a AtomicBool,
    notes: Mutex<Sender<String>>,
}

impl Progress for Watch<'_> {
    fn note(&self, line: &str) {
        if let Ok(notes) = self.notes.lock() {
            // Nobody listens any more when the call has ended.
            let _ = notes.send(line.to_owned());
        }
    }

    fn stop(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }
}

/// Trains on another thread while this one looks for Ctrl-C and passes on notes.
fn in_background(
    py: Python<'_>,
    config: &TrainConfig,
    data: &TrainingData,
    progress: Option<&Bound<'_, PyAny>>,
) -> PyResult<Trained> {
    let progress = progress.map(|progress| progress.clone().unbind());
    let stop = AtomicBool::new(false);
    let (notes, heard) = channel();
    let stop = &stop;
    let (interrupted, trained) = py.detach(move || {
        std::thread::scope(|scope| {
            let watch = Watch { stop, notes: Mutex::new(notes) };
            let training = scope
                .spawn(move || catch_unwind(AssertUnwindSafe(|| models::train(config, data, None, &watch))));
            let mut interrupted = None;
            loop {
                let note = match heard.recv_timeout(BLINK) {
                    Ok(note) => Some(note),
                    Err(RecvTimeoutError::Timeout) => None,
                    Err(RecvTimeoutError::Disconnected) => break,
                };
                let looked = Python::attach(|py| {
                    py.check_signals()?;
                    match (&progress, note) {
                        (Some(progress), Some(note)) => progress.call1(py, (note,)).map(drop),
                        _ => Ok(()),
                    }
                });
                if let Err(exception) = looked {
                    stop.store(true, Ordering::Relaxed);
                    interrupted = interrupted.or(Some(exception));
                }
            }
            (interrupted, training.join())
        })
    });
    if let Some(exception) = interrupted {
        return Err(exception);
    }
    match trained.unwrap_or_else(Err).map_err(|payload| panicked(&*payload))? {
        Ok(trained) => Ok(trained),
        Err(StepError::Failed(error)) => Err(raise(py, &error)),
        Err(stopped @ StepError::Stopped) => Err(panicked(&stopped.to_string())),
    }
}
