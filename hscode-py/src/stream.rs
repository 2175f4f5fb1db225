//! `Classifier.classify_iter`: answers to a stream, a batch at a time.

use std::collections::VecDeque;
use std::sync::Arc;

use hscode_core::{Classifier, Options};
use pyo3::prelude::*;

use crate::batch::Run;
use crate::prediction::PyPrediction;
use crate::rows::{self, Row};

/// The answers to a stream; see ``Classifier.classify_iter``.
#[pyclass(module = "hscode")]
pub(crate) struct PredictionStream {
    classifier: Arc<dyn Classifier>,
    options: Options,
    threads: usize,
    batch: usize,
    /// What is read; none when it has ended.
    items: Option<Py<PyAny>>,
    /// How it ended, told when the answers before it are out.
    ended: PyResult<()>,
    ready: VecDeque<PyPrediction>,
    next: u64,
}

impl PredictionStream {
    pub(crate) fn open(
        classifier: Arc<dyn Classifier>,
        options: Options,
        threads: usize,
        batch: usize,
        descriptions: &Bound<'_, PyAny>,
    ) -> PyResult<Self> {
        rows::refuse_mistakes(descriptions)?;
        let items = descriptions
            .try_iter()
            .map_err(|_| crate::errors::wrong_type("descriptions", "an iterable of str", descriptions))?;
        let items = Some(items.into_any().unbind());
        Ok(Self {
            classifier,
            options,
            threads,
            batch,
            items,
            ended: Ok(()),
            ready: VecDeque::new(),
            next: 0,
        })
    }

    fn fill(&mut self, py: Python<'_>) -> PyResult<()> {
        let Some(items) = self.items.take() else { return Ok(()) };
        let (read, end) = rows::next_rows(items.bind(py), self.batch.saturating_mul(self.threads));
        match end {
            Some(ended) => self.ended = ended,
            None => self.items = Some(items),
        }
        let run = Run {
            classifier: &*self.classifier,
            options: &self.options,
            threads: self.threads,
            batch: self.batch,
            progress: None,
        };
        let texts: Vec<Option<&str>> = read.iter().map(Row::text).collect();
        let answers = run.answer(py, &texts)?;
        drop(texts);
        for (row, answer) in read.into_iter().zip(answers) {
            self.ready.push_back(PyPrediction::of(py, self.next, row, answer));
            self.next += 1;
        }
        Ok(())
    }
}

#[pymethods]
impl PredictionStream {
    fn __iter__(slf: PyRef<'_, Self>) -> PyRef<'_, Self> {
        slf
    }

    fn __next__(&mut self, py: Python<'_>) -> PyResult<Option<PyPrediction>> {
        if self.ready.is_empty() {
            self.fill(py)?;
        }
        if let Some(prediction) = self.ready.pop_front() {
            return Ok(Some(prediction));
        }
        std::mem::replace(&mut self.ended, Ok(())).map(|()| None)
    }
}
