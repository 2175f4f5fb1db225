//! `hscode.Classifier`: a model that answers.

use std::path::PathBuf;
use std::sync::Arc;

use hscode_core::{Classifier, ModelPackage};
use pyo3::prelude::*;
use pyo3::types::{PyList, PyTuple};

use crate::batch::{self, BATCH, Run};
use crate::errors::raise;
use crate::options::{Asked, positive, threads_of};
use crate::prediction::{Answer, PyPrediction};
use crate::stream::PredictionStream;
use crate::{arrow, pickle, rows};

/// A classifier of goods descriptions.
///
/// Open one and keep it; threads may share it. Answers do not depend on the batch, on threads or on the machine. A
/// classifier pickles as the place of its package and the digest: the other side opens the same one, or raises
/// ``PackageError``.
///
/// The keyword arguments are the same everywhere:
///
/// ``top_k``: the most candidates, 1 to ``classes``. ``level``: of the candidates; ``None`` is the deepest. ``within``:
/// only codes at or below this one, scores then add up to 1. ``explain``: also say why. ``coverage``: also give the
/// set of codes that holds the right one with this probability, between 0 and 1.
///
/// Raises ``ValueError`` for a wrong value, ``TypeError`` for a wrong type, ``PackageError`` for a level that the model
/// does not answer, ``InferenceError`` when the classifier fails.
#[pyclass(subclass, frozen, module = "hscode", name = "Classifier")]
pub(crate) struct PyClassifier {
    pub(crate) inner: Arc<dyn Classifier>,
    pub(crate) origin: Origin,
}

/// Where a classifier is from, so that another process can open it.
pub(crate) enum Origin {
    /// The package in the module.
    Embedded,
    /// A package in a folder.
    Folder { path: PathBuf, seal: String },
    /// Put together in Python.
    Composed,
}

impl PyClassifier {
    pub(crate) fn open_embedded(py: Python<'_>) -> PyResult<Self> {
        let inner = py.detach(hscode_core::embedded).map_err(|error| raise(py, &error))?;
        Ok(Self { inner, origin: Origin::Embedded })
    }

    pub(crate) fn open_folder(py: Python<'_>, path: PathBuf) -> PyResult<Self> {
        let package = py.detach(|| ModelPackage::open(&path)).map_err(|error| raise(py, &error))?;
        // Another process may work in another folder.
        let path = std::path::absolute(&path).unwrap_or(path);
        let origin = Origin::Folder { path, seal: package.manifest().seal().to_owned() };
        Ok(Self { inner: package.classifier(), origin })
    }
}

#[pymethods]
impl PyClassifier {
    /// The classifier in the module; opened on first use, then shared.
    ///
    /// >>> import hscode
    /// >>> hscode.Classifier.embedded().edition
    /// 'HS2022'
    #[staticmethod]
    #[pyo3(signature = ())]
    fn embedded(py: Python<'_>) -> PyResult<Self> {
        Self::open_embedded(py)
    }

    /// Opens the model package in a folder: sizes, digests, then its probe.
    ///
    /// Raises ``PackageError`` naming the file when anything is off, ``OSError`` when it cannot be read.
    #[staticmethod]
    #[pyo3(signature = (path))]
    fn open(py: Python<'_>, path: PathBuf) -> PyResult<Self> {
        Self::open_folder(py, path)
    }

    /// The kind or name, such as ``"lexical"``.
    #[getter]
    fn name(&self) -> &str {
        self.inner.info().name()
    }

    /// What identifies the model, as ``name@version#digest``.
    #[getter]
    fn model(&self) -> &str {
        self.inner.info().model()
    }

    /// The edition of its codes.
    #[getter]
    fn edition(&self) -> &str {
        self.inner.info().edition().as_str()
    }

    /// The deepest level it answers.
    #[getter]
    fn level(&self) -> &'static str {
        self.inner.info().level().as_str()
    }

    /// How many codes of that level it can answer.
    #[getter]
    fn classes(&self) -> usize {
        self.inner.info().classes()
    }

    /// Classifies one description. The interpreter is free for other threads meanwhile.
    ///
    /// >>> import hscode
    /// >>> classifier = hscode.Classifier.embedded()
    /// >>> classifier.classify("table lamp", level="heading").candidates[0].code
    /// HsCode('9405')
    #[pyo3(
        signature = (description, *, top_k=None, level=None, within=None, explain=None, coverage=None),
        text_signature = "($self, description, *, top_k=5, level=None, within=None, explain=False, coverage=None)"
    )]
    #[expect(clippy::too_many_arguments, reason = "keyword arguments of Python")]
    pub(crate) fn classify<'py>(
        &self,
        py: Python<'py>,
        description: Bound<'py, PyAny>,
        top_k: Option<&Bound<'py, PyAny>>,
        level: Option<&Bound<'py, PyAny>>,
        within: Option<&Bound<'py, PyAny>>,
        explain: Option<&Bound<'py, PyAny>>,
        coverage: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<PyPrediction> {
        let text = rows::description_of(description)?;
        let options = Asked { top_k, level, within, explain, coverage }.options()?;
        let prediction = batch::one(py, &*self.inner, &text, &options)?;
        let description = Some(text.as_py_str().clone_ref(py));
        Ok(PyPrediction { index: 0, description, answer: Answer::Given(Box::new(prediction)) })
    }

    /// Classifies each description; answers keep the order and the length.
    ///
    /// ``descriptions``: a list, or anything that gives ``str``: a pandas or polars column, an array of numpy or
    /// pyarrow. A row that is no text (``None``, ``nan``, a number) becomes a prediction with ``error``, and the rest
    /// goes on. ``threads``: 0 for all cores; the answers are the same. ``batch_size``: rows that go to the
    /// classifier at a time. ``progress``: called in this thread with the number of rows done since the last call.
    ///
    /// Ctrl-C stops it between batches, within a fraction of a second, and raises ``KeyboardInterrupt``.
    ///
    /// >>> import hscode
    /// >>> answers = hscode.Classifier.embedded().classify_batch(["live horses", None, "red wine"])
    /// >>> [answer.error or answer.candidates[0].code.chapter for answer in answers]
    /// [HsCode('01'), 'expected a str, saw None', HsCode('22')]
    #[pyo3(
        signature = (
            descriptions, *, top_k=None, level=None, within=None, explain=None, coverage=None, threads=None,
            batch_size=None, progress=None
        ),
        text_signature = "($self, descriptions, *, top_k=5, level=None, within=None, explain=False, coverage=None, \
                          threads=1, batch_size=64, progress=None)"
    )]
    #[expect(clippy::too_many_arguments, reason = "keyword arguments of Python")]
    fn classify_batch<'py>(
        &self,
        py: Python<'py>,
        descriptions: &Bound<'py, PyAny>,
        top_k: Option<&Bound<'py, PyAny>>,
        level: Option<&Bound<'py, PyAny>>,
        within: Option<&Bound<'py, PyAny>>,
        explain: Option<&Bound<'py, PyAny>>,
        coverage: Option<&Bound<'py, PyAny>>,
        threads: Option<&Bound<'py, PyAny>>,
        batch_size: Option<&Bound<'py, PyAny>>,
        progress: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyList>> {
        let options = Asked { top_k, level, within, explain, coverage }.options()?;
        let run = Run {
            classifier: &*self.inner,
            options: &options,
            threads: threads_of(threads)?,
            batch: batch_size.map_or(Ok(BATCH), |size| positive("batch_size", size))?,
            progress,
        };
        let rows = rows::rows_of(descriptions)?;
        let texts: Vec<Option<&str>> = rows.iter().map(rows::Row::text).collect();
        let answers = run.answer(py, &texts)?;
        drop(texts);
        let list = PyList::empty(py);
        for (index, (row, answer)) in (0..).zip(rows.into_iter().zip(answers)) {
            list.append(Bound::new(py, PyPrediction::of(py, index, row, answer))?)?;
        }
        Ok(list)
    }

    /// Classifies a stream of any length in constant memory; answers come in order.
    ///
    /// It reads ``batch_size`` rows for each thread ahead: 1 answers each row as soon as it comes. What the stream
    /// raises comes out after the answers to the rows before it.
    ///
    /// >>> import hscode
    /// >>> stream = hscode.Classifier.embedded().classify_iter(line for line in ["red wine", "live horses"])
    /// >>> next(stream).candidates[0].code.heading
    /// HsCode('2204')
    #[pyo3(
        signature = (
            descriptions, *, top_k=None, level=None, within=None, explain=None, coverage=None, threads=None,
            batch_size=None
        ),
        text_signature = "($self, descriptions, *, top_k=5, level=None, within=None, explain=False, coverage=None, \
                          threads=1, batch_size=64)"
    )]
    #[expect(clippy::too_many_arguments, reason = "keyword arguments of Python")]
    fn classify_iter<'py>(
        &self,
        py: Python<'py>,
        descriptions: &Bound<'py, PyAny>,
        top_k: Option<&Bound<'py, PyAny>>,
        level: Option<&Bound<'py, PyAny>>,
        within: Option<&Bound<'py, PyAny>>,
        explain: Option<&Bound<'py, PyAny>>,
        coverage: Option<&Bound<'py, PyAny>>,
        threads: Option<&Bound<'py, PyAny>>,
        batch_size: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<PredictionStream> {
        let options = Asked { top_k, level, within, explain, coverage }.options()?;
        options.check(self.inner.info()).map_err(|error| raise(py, &error))?;
        let threads = threads_of(threads)?;
        let batch = batch_size.map_or(Ok(BATCH), |size| positive("batch_size", size))?;
        PredictionStream::open(Arc::clone(&self.inner), options, threads, batch, descriptions)
    }

    /// Classifies a column of a table; gives a ``pyarrow.Table`` with a row for each, in order.
    ///
    /// ``table``: whatever speaks Arrow (``__arrow_c_stream__`` or ``__arrow_c_array__``): a table, batch, array or
    /// reader of pyarrow, a frame or column of pandas 3 or polars, a relation of DuckDB. The column may be ``string``,
    /// ``large_string``, ``string_view`` or a dictionary of them; its buffers are read in place and go into the answer
    /// as ``description``. ``keep``: columns of the table that go into the answer as they are.
    ///
    /// The columns are those of the command (docs/cli.md): ``index``, ``description``, ``decision``, ``code``,
    /// ``score``, ``reason``, ``level``, ``candidates``, ``classifier``, ``edition``, ``model``, ``truncated``, with
    /// ``explain`` ``explanation``, with ``coverage`` ``candidate_set``, then ``error`` and the kept ones. Scores are
    /// of single precision, places count bytes of UTF-8.
    ///
    /// Where pyarrow is not installed it gives an ``AnswerTable``, which polars, pandas and DuckDB take as it is.
    ///
    /// Raises ``KeyError`` when there is no such column, ``TypeError`` when it holds no text.
    #[pyo3(
        signature = (
            table, column=None, *, keep=None, top_k=None, level=None, within=None, explain=None, coverage=None,
            threads=None, batch_size=None, progress=None
        ),
        text_signature = "($self, table, column='description', *, keep=(), top_k=5, level=None, within=None, \
                          explain=False, coverage=None, threads=1, batch_size=64, progress=None)"
    )]
    #[expect(clippy::too_many_arguments, reason = "keyword arguments of Python")]
    fn classify_arrow<'py>(
        &self,
        py: Python<'py>,
        table: &Bound<'py, PyAny>,
        column: Option<&Bound<'py, PyAny>>,
        keep: Option<&Bound<'py, PyAny>>,
        top_k: Option<&Bound<'py, PyAny>>,
        level: Option<&Bound<'py, PyAny>>,
        within: Option<&Bound<'py, PyAny>>,
        explain: Option<&Bound<'py, PyAny>>,
        coverage: Option<&Bound<'py, PyAny>>,
        threads: Option<&Bound<'py, PyAny>>,
        batch_size: Option<&Bound<'py, PyAny>>,
        progress: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let options = Asked { top_k, level, within, explain, coverage }.options()?;
        let run = Run {
            classifier: &*self.inner,
            options: &options,
            threads: threads_of(threads)?,
            batch: batch_size.map_or(Ok(BATCH), |size| positive("batch_size", size))?,
            progress,
        };
        arrow::classify(py, &run, table, column, keep)
    }

    fn __repr__(&self) -> String {
        let info = self.inner.info();
        format!("<{} {} of {}, {}s>", info.name(), info.model(), info.edition(), info.level())
    }

    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        pickle::reduce_classifier(py, self)
    }
}

/// Classifies one description with the embedded model: ``Classifier.embedded().classify(...)``.
#[pyfunction]
#[pyo3(
    signature = (description, *, top_k=None, level=None, within=None, explain=None, coverage=None),
    text_signature = "(description, *, top_k=5, level=None, within=None, explain=False, coverage=None)"
)]
pub(crate) fn classify<'py>(
    py: Python<'py>,
    description: Bound<'py, PyAny>,
    top_k: Option<&Bound<'py, PyAny>>,
    level: Option<&Bound<'py, PyAny>>,
    within: Option<&Bound<'py, PyAny>>,
    explain: Option<&Bound<'py, PyAny>>,
    coverage: Option<&Bound<'py, PyAny>>,
) -> PyResult<PyPrediction> {
    PyClassifier::open_embedded(py)?.classify(py, description, top_k, level, within, explain, coverage)
}
