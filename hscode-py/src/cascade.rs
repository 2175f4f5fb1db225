//! `hscode.Cascade`: classifiers in order.

use std::sync::Arc;

use hscode_core::{Cascade, Classifier};
use pyo3::PyClassInitializer;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyTuple};

use crate::classifier::{Origin, PyClassifier};
use crate::code::str_of;
use crate::errors::{raise, wrong_type};
use crate::external;

/// Classifiers in order: the next is asked when one abstains or fails.
///
/// ``stages``: classifiers; other objects become ``External``. Each description stops at the first stage that accepts
/// or backs off. When all abstain, the abstention with the best-scored candidate is given. ``Prediction.classifier``
/// names the stage that answered, ``Prediction.passed`` those before it with their reasons.
///
/// Raises ``ValueError`` without any stage, ``HsCodeError`` when stages answer codes of different editions.
#[pyclass(extends = PyClassifier, frozen, module = "hscode", name = "Cascade")]
pub(crate) struct PyCascade {
    stages: Vec<Py<PyClassifier>>,
}

#[pymethods]
impl PyCascade {
    #[new]
    #[pyo3(signature = (stages, *, name=None), text_signature = "(stages, *, name='cascade')")]
    fn new<'py>(
        py: Python<'py>,
        stages: &Bound<'py, PyAny>,
        name: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<PyClassInitializer<Self>> {
        let name = name.map_or(Ok("cascade"), |name| str_of("name", "a str", name))?;
        let given = stages.try_iter().map_err(|_| wrong_type("stages", "a list of classifiers", stages))?;
        let mut kept: Vec<Py<PyClassifier>> = Vec::new();
        let mut inner: Vec<Arc<dyn Classifier>> = Vec::new();
        for stage in given {
            let stage = stage?;
            let stage = match stage.cast_into::<PyClassifier>() {
                Ok(stage) => stage,
                Err(other) => {
                    let made = external::wrap(&other.into_inner(), &PyDict::new(py))?;
                    Bound::new(py, made)?.cast_into::<PyClassifier>()?
                }
            };
            inner.push(Arc::clone(&stage.get().inner));
            kept.push(stage.unbind());
        }
        let cascade = Cascade::new(name, inner).map_err(|error| raise(py, &error))?;
        let base = PyClassifier { inner: Arc::new(cascade), origin: Origin::Composed };
        Ok(PyClassInitializer::from(base).add_subclass(Self { stages: kept }))
    }

    /// The stages in the order they are asked.
    #[getter]
    fn stages<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        PyList::new(py, self.stages.iter().map(|stage| stage.clone_ref(py)))
    }

    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyTuple>> {
        let py = slf.py();
        let settings = PyDict::new(py);
        settings.set_item("name", slf.as_super().get().inner.info().name())?;
        let class = py.get_type::<Self>();
        let made = py.import("functools")?.getattr("partial")?.call((class,), Some(&settings))?;
        (made, (slf.get().stages(py)?,)).into_pyobject(py)
    }
}
