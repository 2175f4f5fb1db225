//! `hscode.Prediction`: the answer to one description.

use hscode_core::{Decision, HsCode, PassedWhy, Prediction, RunnerUp, TokenContribution};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyString, PyTuple};

use crate::rows::Row;
use crate::{classes, pickle, record};

/// The answer to one description, or why a row of a batch has none (``error``).
///
/// Immutable; compares by content; pickles. Its ``repr`` leaves the description out, since it ends in logs.
///
/// >>> import hscode
/// >>> prediction = hscode.classify("mens cotton crew neck tee", top_k=2)
/// >>> [code.dotted for code, score, title in prediction.candidates]
/// ['6109.10', '6110.20']
#[pyclass(frozen, module = "hscode", name = "Prediction")]
pub(crate) struct PyPrediction {
    pub(crate) index: u64,
    pub(crate) description: Option<Py<PyString>>,
    pub(crate) answer: Answer,
}

/// What came of a row.
#[derive(PartialEq)]
pub(crate) enum Answer {
    /// The classifier's answer.
    Given(Box<Prediction>),
    /// Why there is none.
    Bad(String),
}

impl PyPrediction {
    /// Puts the answer to a row with the row.
    pub(crate) fn of(py: Python<'_>, index: u64, row: Row, answer: Option<Prediction>) -> Self {
        match (row, answer) {
            (Row::Text(text), Some(answer)) => Self {
                index,
                description: Some(text.as_py_str().clone_ref(py)),
                answer: Answer::Given(Box::new(answer)),
            },
            (Row::Text(text), None) => Self {
                index,
                description: Some(text.as_py_str().clone_ref(py)),
                answer: Answer::Bad("the row was not answered".to_owned()),
            },
            (Row::Bad(why), _) => Self { index, description: None, answer: Answer::Bad(why) },
        }
    }

    /// The library's prediction, if there is one.
    pub(crate) fn given(&self) -> Option<&Prediction> {
        match &self.answer {
            Answer::Given(prediction) => Some(prediction),
            Answer::Bad(_) => None,
        }
    }

    /// The description, empty if there is none.
    pub(crate) fn text<'a>(&'a self, py: Python<'a>) -> PyResult<&'a str> {
        self.description.as_ref().map_or(Ok(""), |text| text.bind(py).to_str())
    }
}

#[pymethods]
impl PyPrediction {
    /// The number of the row in its batch or stream, from 0.
    #[getter]
    fn index(&self) -> u64 {
        self.index
    }

    /// The description as it came; ``None`` of a bad row.
    #[getter]
    fn description(&self, py: Python<'_>) -> Option<Py<PyString>> {
        self.description.as_ref().map(|text| text.clone_ref(py))
    }

    /// Why the row has no answer; ``None`` where it has one.
    #[getter]
    fn error(&self) -> Option<&str> {
        match &self.answer {
            Answer::Given(_) => None,
            Answer::Bad(why) => Some(why),
        }
    }

    /// ``accept``; ``back_off``, then ``code`` is an ancestor; ``abstain``, then ``code`` is ``None``. ``None`` of
    /// a bad row.
    #[getter]
    fn decision(&self) -> Option<&'static str> {
        self.given().map(|prediction| prediction.decision().as_str())
    }

    /// The code decided for; ``None`` when abstaining.
    #[getter]
    fn code<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        classes::some_code(py, self.given().and_then(Prediction::code))
    }

    /// The calibrated probability of ``code``, 0 to 1, of single precision.
    #[getter]
    fn score(&self) -> Option<f32> {
        self.given().and_then(Prediction::score)
    }

    /// Why it is not a full answer; ``None`` when accepting.
    #[getter]
    fn reason(&self) -> Option<&'static str> {
        self.given().and_then(|prediction| prediction.decision().reason()).map(|reason| reason.as_str())
    }

    /// The level of ``code``, or of the candidates where there is no code.
    #[getter]
    fn level(&self) -> Option<&'static str> {
        let level = |p: &Prediction| p.code().map_or(p.level(), |code| code.level()).as_str();
        self.given().map(level)
    }

    /// The candidates, best first, whatever the decision; empty only when nothing speaks for any code.
    #[getter]
    fn candidates<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        let list = PyList::empty(py);
        let Some(prediction) = self.given() else { return Ok(list) };
        let (titles, class) = (record::titles(prediction.edition()), classes::candidate(py)?);
        for candidate in prediction.candidates() {
            let code = candidate.code();
            let title = titles.and_then(|titles| titles.title(code));
            list.append(classes::make(class, (classes::code(py, code)?, candidate.score(), title))?)?;
        }
        Ok(list)
    }

    /// The name of the classifier that answered: in a cascade, of the stage.
    #[getter]
    fn classifier(&self) -> Option<&str> {
        self.given().map(Prediction::classifier)
    }

    /// The edition of the codes, such as ``"HS2022"``.
    #[getter]
    fn edition(&self) -> Option<&str> {
        self.given().map(|prediction| prediction.edition().as_str())
    }

    /// What identifies the model, as ``name@version#digest``.
    #[getter]
    fn model(&self) -> Option<&str> {
        self.given().map(Prediction::model)
    }

    /// Whether the description was longer than what is read (4,096 bytes of UTF-8).
    #[getter]
    fn truncated(&self) -> bool {
        self.given().is_some_and(Prediction::truncated)
    }

    /// Why; only with ``explain=True``.
    #[getter]
    fn explanation<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        let Some(explanation) = self.given().and_then(Prediction::explanation) else { return Ok(None) };
        let text = self.text(py)?;
        let places = record::Places::of(text);
        let words = |given: &[TokenContribution]| -> PyResult<Bound<'py, PyList>> {
            let tokens = PyList::empty(py);
            for token in given {
                let (start, end) = (places.character(token.start), places.character(token.end));
                let values = (token.text.as_str(), start, end, token.contribution);
                tokens.append(classes::make(classes::token_contribution(py)?, values)?)?;
            }
            Ok(tokens)
        };
        let second = |one: &RunnerUp| {
            let values = (classes::code(py, one.code)?, one.score, words(&one.tokens)?, one.base);
            classes::make(classes::runner_up(py)?, values)
        };
        let evidence = PyList::empty(py);
        for found in &explanation.evidence {
            let code = classes::code(py, found.code)?;
            let values = (found.text.as_str(), code, &*found.source, found.similarity);
            evidence.append(classes::make(classes::evidence(py)?, values)?)?;
        }
        let path = PyList::new(py, &explanation.path)?;
        let runner_up = explanation.runner_up.as_ref().map(second).transpose()?;
        let values = (words(&explanation.tokens)?, evidence, path, explanation.base, runner_up);
        classes::make(classes::explanation(py)?, values).map(Some)
    }

    /// The codes that hold the right one with the probability asked for by ``coverage``, best first.
    #[getter]
    fn candidate_set<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyList>>> {
        let Some(set) = self.given().and_then(Prediction::candidate_set) else { return Ok(None) };
        let codes = set.iter().map(|&code| classes::code(py, code)).collect::<PyResult<Vec<_>>>()?;
        PyList::new(py, codes).map(Some)
    }

    /// The stages of a cascade that were asked before the one that answered.
    #[getter]
    fn passed<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        let list = PyList::empty(py);
        for passed in self.given().map_or(&[][..], Prediction::passed) {
            let (why, said) = match &passed.why {
                PassedWhy::Abstained(reason) => ("abstained", reason.as_str()),
                PassedWhy::Failed(message) => ("failed", message.as_str()),
                _ => continue,
            };
            list.append(classes::make(classes::passed(py)?, (&*passed.classifier, why, said))?)?;
        }
        Ok(list)
    }

    /// The record: the keys of the command's JSONL in its order. Places in ``explanation`` count characters.
    fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        record::to_dict(py, self)
    }

    /// The record as the command writes it, byte for byte. Places in ``explanation`` count bytes of UTF-8.
    fn to_json(&self, py: Python<'_>) -> PyResult<String> {
        record::to_json(py, self)
    }

    fn __repr__(&self) -> String {
        // The description stays out: a repr ends in logs.
        let prediction = match &self.answer {
            Answer::Bad(why) => return format!("<Prediction error={why:?}>"),
            Answer::Given(prediction) => prediction,
        };
        let scored = |code: HsCode| format!("{} {:.3}", code.dotted(), prediction.score().unwrap_or(0.0));
        match prediction.decision() {
            Decision::Accept(code) => format!("<Prediction accept {}>", scored(code)),
            Decision::BackOff { code, reason } => {
                format!("<Prediction back_off {} ({})>", scored(code), reason.as_str())
            }
            Decision::Abstain(reason) => format!("<Prediction abstain ({})>", reason.as_str()),
            other => format!("<Prediction {}>", other.as_str()),
        }
    }

    fn __eq__(&self, py: Python<'_>, other: &Bound<'_, PyAny>) -> PyResult<Py<PyAny>> {
        let Ok(other) = other.cast::<Self>() else { return Ok(py.NotImplemented()) };
        let other = other.get();
        let same = self.index == other.index
            && self.answer == other.answer
            && self.description.is_some() == other.description.is_some()
            && self.text(py)? == other.text(py)?;
        Ok(same.into_pyobject(py)?.to_owned().into_any().unbind())
    }

    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        pickle::reduce_prediction(py, self)
    }
}
