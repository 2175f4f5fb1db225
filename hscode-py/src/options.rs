//! Options of a classification from Python arguments.

use hscode_core::Options;
use pyo3::exceptions::PyOverflowError;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyFloat, PyInt};

use crate::code::{code_of, level_of};
use crate::errors::{wrong_type, wrong_value};

/// More threads than this are not started, whatever is asked for.
const MAX_THREADS: usize = 1024;

/// The keyword arguments that every way of classifying takes, as they came.
pub(crate) struct Asked<'a, 'py> {
    pub(crate) top_k: Option<&'a Bound<'py, PyAny>>,
    pub(crate) level: Option<&'a Bound<'py, PyAny>>,
    pub(crate) within: Option<&'a Bound<'py, PyAny>>,
    pub(crate) explain: Option<&'a Bound<'py, PyAny>>,
    pub(crate) coverage: Option<&'a Bound<'py, PyAny>>,
}

impl Asked<'_, '_> {
    /// The options; whether the classifier can do what they say is not checked yet.
    pub(crate) fn options(&self) -> PyResult<Options> {
        let mut options = Options::default();
        if let Some(top_k) = self.top_k {
            options = options.with_top_k(count_of("top_k", top_k)?);
        }
        if let Some(level) = self.level {
            options = options.with_level(level_of("level", level)?);
        }
        if let Some(within) = self.within {
            options = options.with_within(code_of("within", within)?);
        }
        if let Some(explain) = self.explain {
            let explain =
                explain.cast::<PyBool>().map_err(|_| wrong_type("explain", "True or False", explain))?;
            options = options.with_explain(explain.is_true());
        }
        if let Some(coverage) = self.coverage {
            options = options.with_coverage(probability_of("coverage", coverage)?);
        }
        Ok(options)
    }
}

/// A whole number of 0 or more; one that no memory could hold is a wrong value too.
pub(crate) fn count_of(what: &str, given: &Bound<'_, PyAny>) -> PyResult<usize> {
    let py = given.py();
    let whole = given.cast::<PyInt>().is_ok() && given.cast::<PyBool>().is_err();
    // Whole numbers of other packages, such as numpy's, say so by `__index__`.
    if !whole && (given.cast::<PyBool>().is_ok() || !given.hasattr("__index__")?) {
        return Err(wrong_type(what, "an int", given));
    }
    given.extract::<usize>().map_err(|error| {
        if error.is_instance_of::<PyOverflowError>(py) {
            wrong_value(format!("{what}: expected a number from 0 on that fits the machine"))
        } else {
            error
        }
    })
}

/// A count of at least 1.
pub(crate) fn positive(what: &str, given: &Bound<'_, PyAny>) -> PyResult<usize> {
    match count_of(what, given)? {
        0 => Err(wrong_value(format!("{what} 0: expected 1 or more"))),
        count => Ok(count),
    }
}

/// How many threads to take: one unless told otherwise, all cores for 0.
pub(crate) fn threads_of(given: Option<&Bound<'_, PyAny>>) -> PyResult<usize> {
    match given.map_or(Ok(1), |given| count_of("threads", given))? {
        0 => Ok(std::thread::available_parallelism().map_or(1, usize::from)),
        threads => Ok(threads.min(MAX_THREADS)),
    }
}

/// A number; the library checks its range.
pub(crate) fn probability_of(what: &str, given: &Bound<'_, PyAny>) -> PyResult<f32> {
    let number =
        given.cast::<PyFloat>().is_ok() || (given.cast::<PyBool>().is_err() && given.hasattr("__float__")?);
    if !number {
        return Err(wrong_type(what, "a float", given));
    }
    // Scores have single precision.
    Ok(given.extract::<f64>()? as f32)
}
