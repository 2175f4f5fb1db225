//! Classifiers and predictions on their way to other processes.
//!
//! A classifier goes as where it is from and what it was there; the other side opens it again and refuses another.

use std::path::PathBuf;

use hscode_core::Prediction;
use pyo3::exceptions::PyValueError;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyModule, PyString, PyTuple};

use crate::classifier::{Origin, PyClassifier};
use crate::errors::PackageError;
use crate::prediction::{Answer, PyPrediction};

fn native<'py>(py: Python<'py>) -> PyResult<Bound<'py, PyModule>> {
    py.import(intern!(py, "hscode._hscode"))
}

/// What `pickle` needs to open a classifier of a package again.
pub(crate) fn reduce_classifier<'py>(
    py: Python<'py>,
    classifier: &PyClassifier,
) -> PyResult<Bound<'py, PyTuple>> {
    match &classifier.origin {
        Origin::Embedded => {
            let again = native(py)?.getattr(intern!(py, "embedded_again"))?;
            (again, (classifier.inner.info().model(),)).into_pyobject(py)
        }
        Origin::Folder { path, seal } => {
            let again = native(py)?.getattr(intern!(py, "opened_again"))?;
            (again, (path.clone(), seal.as_str())).into_pyobject(py)
        }
        Origin::Composed => Err(pyo3::exceptions::PyTypeError::new_err(
            "this classifier cannot be pickled: it is no package, no Cascade and no External",
        )),
    }
}

/// Opens the embedded classifier, which must be the one that was pickled.
#[pyfunction]
#[pyo3(signature = (model, /))]
pub(crate) fn embedded_again(py: Python<'_>, model: &str) -> PyResult<Py<PyClassifier>> {
    let classifier = PyClassifier::open_embedded(py)?;
    let here = classifier.inner.info().model().to_owned();
    if here != model {
        return Err(PackageError::new_err(format!(
            "embedded model: expected {model}, which was pickled, saw {here}: install the same version of hscode"
        )));
    }
    Py::new(py, classifier)
}

/// Opens a package from its folder, which must be the one that was pickled.
#[pyfunction]
#[pyo3(signature = (path, seal, /))]
pub(crate) fn opened_again(py: Python<'_>, path: PathBuf, seal: &str) -> PyResult<Py<PyClassifier>> {
    let classifier = PyClassifier::open_folder(py, path)?;
    match &classifier.origin {
        Origin::Folder { path, seal: here } if here != seal => {
            let short = |seal: &str| seal.chars().take(12).collect::<String>();
            Err(PackageError::new_err(format!(
                "{}: expected the package {}, which was pickled, saw {}",
                path.display(),
                short(seal),
                short(here)
            )))
        }
        _ => Py::new(py, classifier),
    }
}

/// What `pickle` needs to make a prediction again.
pub(crate) fn reduce_prediction<'py>(py: Python<'py>, row: &PyPrediction) -> PyResult<Bound<'py, PyTuple>> {
    let again = native(py)?.getattr(intern!(py, "prediction_again"))?;
    let (answer, error) = match &row.answer {
        Answer::Given(prediction) => {
            let bytes = serde_json::to_vec(prediction)
                .map_err(|error| PyValueError::new_err(format!("cannot pickle the prediction: {error}")))?;
            (Some(PyBytes::new(py, &bytes)), None)
        }
        Answer::Bad(why) => (None, Some(why.as_str())),
    };
    let description = row.description.as_ref().map(|text| text.clone_ref(py));
    (again, (row.index, description, answer, error)).into_pyobject(py)
}

/// Makes a prediction again from what [`reduce_prediction`] gave.
#[pyfunction]
#[pyo3(signature = (index, description, answer, error, /))]
pub(crate) fn prediction_again(
    index: u64,
    description: Option<Py<PyString>>,
    answer: Option<&[u8]>,
    error: Option<String>,
) -> PyResult<PyPrediction> {
    let wrong = |why: String| PyValueError::new_err(format!("not a pickled prediction: {why}"));
    let answer = match (answer, error) {
        (Some(bytes), None) => {
            let prediction: Prediction =
                serde_json::from_slice(bytes).map_err(|error| wrong(error.to_string()))?;
            Answer::Given(Box::new(prediction))
        }
        (None, Some(why)) => Answer::Bad(why),
        _ => return Err(wrong("expected an answer or an error".to_owned())),
    };
    Ok(PyPrediction { index, description, answer })
}
