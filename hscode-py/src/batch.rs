//! Runs batches without holding the interpreter: on so many threads, stopped by Ctrl-C, with progress.
//!
//! Threads live for one call. None is kept, so a process may fork at any time between calls.

use std::cell::RefCell;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use hscode_core::{Classifier, Error, ErrorKind, Options, Prediction};
use pyo3::prelude::*;

use crate::errors;

/// Rows that go to the classifier together unless the caller says otherwise.
pub(crate) const BATCH: usize = 64;
/// How often a long call looks for Ctrl-C.
const BLINK: Duration = Duration::from_millis(50);

/// How a batch is run.
pub(crate) struct Run<'a, 'py> {
    pub(crate) classifier: &'a dyn Classifier,
    pub(crate) options: &'a Options,
    /// At least 1.
    pub(crate) threads: usize,
    /// Rows that go to the classifier together, at least 1.
    pub(crate) batch: usize,
    /// Called with the number of rows that were done since the last call.
    pub(crate) progress: Option<&'a Bound<'py, PyAny>>,
}

/// Why a chunk has no answers.
enum Fault {
    /// The classifier says so.
    Library(Error),
    /// An exception of Python that ends the call.
    Python(PyErr),
}

impl Fault {
    fn raise(self, py: Python<'_>) -> PyErr {
        match self {
            Self::Library(error) => errors::raise(py, &error),
            Self::Python(exception) => exception,
        }
    }
}

thread_local! {
    /// An exception such as `KeyboardInterrupt` that came up inside a Python classifier on this thread. It is no
    /// failure of a stage, which the cascade would pass over.
    static EXIT: RefCell<Option<PyErr>> = const { RefCell::new(None) };
}

/// Keeps an exception that must end the call on this thread, whatever the classifiers make of it.
pub(crate) fn leave_with(exception: PyErr) {
    EXIT.with_borrow_mut(|exit| *exit = Some(exception));
}

/// Classifies one description without holding the interpreter.
pub(crate) fn one(
    py: Python<'_>,
    classifier: &dyn Classifier,
    text: &str,
    options: &Options,
) -> PyResult<Prediction> {
    py.detach(|| guarded(|| classifier.classify(text, options))).map_err(|fault| fault.raise(py))
}

/// Runs a piece of the library: a panic becomes an exception, an exit inside it comes out.
fn guarded<T>(piece: impl FnOnce() -> Result<T, Error>) -> Result<T, Fault> {
    let done = catch_unwind(AssertUnwindSafe(piece));
    if let Some(exit) = EXIT.with_borrow_mut(Option::take) {
        return Err(Fault::Python(exit));
    }
    match done {
        Ok(done) => done.map_err(Fault::Library),
        Err(payload) => Err(Fault::Python(errors::panicked(&*payload))),
    }
}

impl Run<'_, '_> {
    /// Answers every row that has a text; the answer of the others is `None`.
    ///
    /// Answers are in the order of the rows, whatever the number of threads.
    pub(crate) fn answer(&self, py: Python<'_>, rows: &[Option<&str>]) -> PyResult<Vec<Option<Prediction>>> {
        self.options.check(self.classifier.info()).map_err(|error| errors::raise(py, &error))?;
        // A few chunks for each thread, so that no thread ends long before the others.
        let chunk = self.batch.min(rows.len().div_ceil(self.threads)).max(1);
        let threads = self.threads.min(rows.len().div_ceil(chunk));
        if threads <= 1 {
            self.on_this_thread(py, rows, chunk)
        } else {
            self.on_threads(py, rows, chunk, threads)
        }
    }

    fn on_this_thread(
        &self,
        py: Python<'_>,
        rows: &[Option<&str>],
        chunk: usize,
    ) -> PyResult<Vec<Option<Prediction>>> {
        let (classifier, options, reports) = (self.classifier, self.options, self.progress.is_some());
        let mut answers = Vec::with_capacity(rows.len());
        while answers.len() < rows.len() {
            let start = answers.len();
            let done = py.detach(|| {
                let since = Instant::now();
                while answers.len() < rows.len() {
                    let end = (answers.len() + chunk).min(rows.len());
                    answers.extend(answer_chunk(classifier, options, &rows[answers.len()..end])?);
                    if reports || since.elapsed() >= BLINK {
                        break;
                    }
                }
                Ok::<(), Fault>(())
            });
            done.map_err(|fault| fault.raise(py))?;
            self.look_up(py, answers.len() - start)?;
        }
        Ok(answers)
    }

    fn on_threads(
        &self,
        py: Python<'_>,
        rows: &[Option<&str>],
        chunk: usize,
        threads: usize,
    ) -> PyResult<Vec<Option<Prediction>>> {
        let (classifier, options) = (self.classifier, self.options);
        let progress = self.progress.map(|progress| progress.clone().unbind());
        let chunks = rows.len().div_ceil(chunk);
        let range = |at: usize| at * chunk..((at + 1) * chunk).min(rows.len());
        let (next, stop) = (AtomicUsize::new(0), AtomicBool::new(false));
        let collected = py.detach(|| {
            std::thread::scope(|scope| {
                let (done_in, done) = channel();
                for _ in 0..threads {
                    let done_in = done_in.clone();
                    let (next, stop) = (&next, &stop);
                    let work = move || {
                        while !stop.load(Ordering::Relaxed) {
                            let at = next.fetch_add(1, Ordering::Relaxed);
                            if at >= chunks {
                                break;
                            }
                            let answers = answer_chunk(classifier, options, &rows[range(at)]);
                            if answers.is_err() {
                                stop.store(true, Ordering::Relaxed);
                            }
                            if done_in.send((at, answers)).is_err() {
                                break;
                            }
                        }
                    };
                    let builder = std::thread::Builder::new().name("hscode".to_owned());
                    if let Err(error) = builder.spawn_scoped(scope, work) {
                        stop.store(true, Ordering::Relaxed);
                        return Err(Fault::Python(errors::system("cannot start a thread", &error)));
                    }
                }
                drop(done_in);
                let collected = collect(&done, chunks, range, progress.as_ref());
                stop.store(true, Ordering::Relaxed);
                collected
            })
        });
        let collected = collected.map_err(|fault| fault.raise(py))?;
        // A short call ends before its first look, and of a stream of them nobody else may be looking.
        py.check_signals()?;
        let mut answers = Vec::with_capacity(rows.len());
        for part in collected {
            answers.extend(part);
        }
        if answers.len() == rows.len() { Ok(answers) } else { Err(errors::panicked(&"a thread ended early")) }
    }

    /// Looks for Ctrl-C and reports progress.
    fn look_up(&self, py: Python<'_>, done: usize) -> PyResult<()> {
        py.check_signals()?;
        if let Some(progress) = self.progress {
            progress.call1((done,))?;
        }
        Ok(())
    }
}

type Answers = Vec<Option<Prediction>>;

/// Takes the answers of the threads, in the order of the chunks; meanwhile looks for Ctrl-C and reports progress.
fn collect(
    done: &Receiver<(usize, Result<Answers, Fault>)>,
    chunks: usize,
    range: impl Fn(usize) -> Range<usize>,
    progress: Option<&Py<PyAny>>,
) -> Result<Vec<Answers>, Fault> {
    let mut parts: Vec<Answers> = std::iter::repeat_with(Vec::new).take(chunks).collect();
    let mut first_fault: Option<(usize, Fault)> = None;
    let (mut looked, mut unreported) = (Instant::now(), 0);
    loop {
        let over = match done.recv_timeout(BLINK) {
            Ok((at, Ok(answers))) => {
                unreported += range(at).len();
                parts[at] = answers;
                false
            }
            Ok((at, Err(fault))) => {
                // Of several faults the first row's is told; all that were under way have come by the end.
                if first_fault.as_ref().is_none_or(|(first, _)| at < *first) {
                    first_fault = Some((at, fault));
                }
                false
            }
            Err(RecvTimeoutError::Timeout) => false,
            Err(RecvTimeoutError::Disconnected) => true,
        };
        if (unreported > 0 && progress.is_some()) || looked.elapsed() >= BLINK {
            Python::attach(|py| {
                py.check_signals()?;
                if let Some(progress) = progress.filter(|_| unreported > 0) {
                    progress.call1(py, (unreported,))?;
                }
                Ok(())
            })
            .map_err(Fault::Python)?;
            (looked, unreported) = (Instant::now(), 0);
        }
        if over {
            return match first_fault {
                Some((_, fault)) => Err(fault),
                None => Ok(parts),
            };
        }
    }
}

/// Answers the rows of a chunk that have a text.
fn answer_chunk(
    classifier: &dyn Classifier,
    options: &Options,
    rows: &[Option<&str>],
) -> Result<Answers, Fault> {
    let texts: Vec<&str> = rows.iter().copied().flatten().collect();
    if texts.is_empty() {
        return Ok(rows.iter().map(|_| None).collect());
    }
    let predictions = guarded(|| classifier.classify_batch(&texts, options))?;
    if predictions.len() != texts.len() {
        let message = format!("expected {} answers, saw {}", texts.len(), predictions.len());
        return Err(Fault::Library(Error::new(ErrorKind::Inference, message)));
    }
    let mut predictions = predictions.into_iter();
    Ok(rows.iter().map(|row| row.and_then(|_| predictions.next())).collect())
}
