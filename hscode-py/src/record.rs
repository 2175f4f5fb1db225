//! A prediction as a dict or a line of JSON: the record of the command line.

use hscode_core::{Edition, Explanation, Nomenclature, Prediction, Record, TokenContribution};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};

use crate::errors::wrong_value;
use crate::prediction::{Answer, PyPrediction};

/// The titles to show with codes of an edition; of a national tariff, those of the international codes above.
pub(crate) fn titles(edition: &Edition) -> Option<&'static Nomenclature> {
    Nomenclature::of(edition).or_else(|_| Nomenclature::of(&Edition::HS2022)).ok()
}

/// Places in a text: from bytes of its UTF-8 to characters, as Python counts them.
pub(crate) struct Places<'a>(&'a str);

impl<'a> Places<'a> {
    pub(crate) fn of(text: &'a str) -> Self {
        Self(text)
    }

    pub(crate) fn character(&self, byte: usize) -> usize {
        if self.0.is_ascii() {
            return byte;
        }
        self.0.char_indices().take_while(|(at, _)| *at < byte).count()
    }
}

/// The record as a dict; keys and order are those of the command's JSONL. Places are counted in characters.
pub(crate) fn to_dict<'py>(py: Python<'py>, row: &PyPrediction) -> PyResult<Bound<'py, PyDict>> {
    let dict = PyDict::new(py);
    dict.set_item("index", row.index)?;
    dict.set_item("description", row.description.as_ref())?;
    match &row.answer {
        Answer::Given(prediction) => put_answer(py, &dict, row.text(py)?, prediction)?,
        Answer::Bad(why) => {
            for key in ["decision", "code", "score", "reason", "level"] {
                dict.set_item(key, py.None())?;
            }
            dict.set_item("candidates", PyList::empty(py))?;
            for key in ["classifier", "edition", "model"] {
                dict.set_item(key, py.None())?;
            }
            dict.set_item("error", why)?;
        }
    }
    Ok(dict)
}

fn put_answer(py: Python<'_>, dict: &Bound<'_, PyDict>, text: &str, prediction: &Prediction) -> PyResult<()> {
    let decision = prediction.decision();
    dict.set_item("decision", decision.as_str())?;
    dict.set_item("code", decision.code().as_ref().map(|code| code.as_str()))?;
    dict.set_item("score", prediction.score())?;
    dict.set_item("reason", decision.reason().map(|reason| reason.as_str()))?;
    dict.set_item("level", decision.code().map_or(prediction.level(), |code| code.level()).as_str())?;
    let (candidates, titles) = (PyList::empty(py), titles(prediction.edition()));
    for candidate in prediction.candidates() {
        let one = PyDict::new(py);
        one.set_item("code", candidate.code().as_str())?;
        one.set_item("score", candidate.score())?;
        one.set_item("title", titles.and_then(|titles| titles.title(candidate.code())))?;
        candidates.append(one)?;
    }
    dict.set_item("candidates", candidates)?;
    dict.set_item("classifier", prediction.classifier())?;
    dict.set_item("edition", prediction.edition().as_str())?;
    dict.set_item("model", prediction.model())?;
    if prediction.truncated() {
        dict.set_item("truncated", true)?;
    }
    if let Some(explanation) = prediction.explanation() {
        dict.set_item("explanation", explained(py, text, explanation)?)?;
    }
    if let Some(set) = prediction.candidate_set() {
        dict.set_item("candidate_set", PyList::new(py, set.iter().map(|code| code.as_str().to_owned()))?)?;
    }
    Ok(())
}

fn explained<'py>(py: Python<'py>, text: &str, given: &Explanation) -> PyResult<Bound<'py, PyDict>> {
    let places = Places::of(text);
    let words = |given: &[TokenContribution]| -> PyResult<Bound<'py, PyList>> {
        let tokens = PyList::empty(py);
        for token in given {
            let one = PyDict::new(py);
            one.set_item("text", &token.text)?;
            one.set_item("start", places.character(token.start))?;
            one.set_item("end", places.character(token.end))?;
            one.set_item("contribution", token.contribution)?;
            tokens.append(one)?;
        }
        Ok(tokens)
    };
    let (all, evidence) = (PyDict::new(py), PyList::empty(py));
    for found in &given.evidence {
        let one = PyDict::new(py);
        one.set_item("text", &found.text)?;
        one.set_item("code", found.code.as_str())?;
        one.set_item("source", &*found.source)?;
        one.set_item("similarity", found.similarity)?;
        evidence.append(one)?;
    }
    all.set_item("tokens", words(&given.tokens)?)?;
    all.set_item("evidence", evidence)?;
    all.set_item("path", &given.path)?;
    if let Some(base) = given.base {
        all.set_item("base", base)?;
    }
    if let Some(second) = &given.runner_up {
        let one = PyDict::new(py);
        one.set_item("code", second.code.as_str())?;
        one.set_item("score", second.score)?;
        one.set_item("tokens", words(&second.tokens)?)?;
        one.set_item("base", second.base)?;
        all.set_item("runner_up", one)?;
    }
    Ok(all)
}

/// The record as a line of JSON, byte for byte that of the command. Places are counted in bytes.
pub(crate) fn to_json(py: Python<'_>, row: &PyPrediction) -> PyResult<String> {
    let written = match &row.answer {
        Answer::Given(prediction) => {
            let Some(titles) = titles(prediction.edition()) else {
                return Err(wrong_value("the titles of the edition cannot be read"));
            };
            serde_json::to_string(&Record::new(row.index, row.text(py)?, prediction, titles))
        }
        Answer::Bad(why) => serde_json::to_string(why).map(|why| {
            format!(
                "{{\"index\":{},\"description\":null,\"decision\":null,\"code\":null,\"score\":null,\"reason\":null,\
                 \"level\":null,\"candidates\":[],\"classifier\":null,\"edition\":null,\"model\":null,\"error\":{why}}}",
                row.index
            )
        }),
    };
    written.map_err(|error| wrong_value(format!("the record cannot be written: {error}")))
}
