//! Descriptions from Python objects: one, or the rows of a batch.

use pyo3::intern;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedStr;
use pyo3::types::{PyBytes, PyDict, PyList, PyString};

use crate::code::lone_surrogate;
use crate::errors::{type_name, wrong_type};

/// A row of a batch.
pub(crate) enum Row {
    /// A description; the bytes are those of the Python string.
    Text(PyBackedStr),
    /// No description, and why not. The batch goes on.
    Bad(String),
}

impl Row {
    /// The description, if there is one.
    pub(crate) fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Bad(_) => None,
        }
    }

    fn of(item: Bound<'_, PyAny>) -> Self {
        match item.cast_into::<PyString>() {
            Ok(text) => match PyBackedStr::try_from(text) {
                Ok(text) => Self::Text(text),
                Err(_) => Self::Bad("expected text, saw a str with a lone surrogate".to_owned()),
            },
            Err(error) => Self::Bad(format!("expected a str, saw {}", type_name(&error.into_inner()))),
        }
    }
}

/// The one description of a call.
pub(crate) fn description_of(given: Bound<'_, PyAny>) -> PyResult<PyBackedStr> {
    match given.cast_into::<PyString>() {
        Ok(text) => PyBackedStr::try_from(text).map_err(|_| lone_surrogate("description")),
        Err(error) => Err(wrong_type("description", "a str", &error.into_inner())),
    }
}

/// The rows of a batch: any iterable of `str`, such as a list, a pandas or polars column, a numpy array.
///
/// Items of other types become bad rows. What surely is a mistake is refused: one `str`, a table, a dict.
pub(crate) fn rows_of(given: &Bound<'_, PyAny>) -> PyResult<Vec<Row>> {
    if let Ok(list) = given.cast::<PyList>() {
        return Ok(list.iter().map(Row::of).collect());
    }
    let py = given.py();
    refuse_mistakes(given)?;
    // A pyarrow array gives scalars of its own when iterated.
    if given.hasattr(intern!(py, "to_pylist"))? {
        let list = given.call_method0(intern!(py, "to_pylist"))?;
        return list.try_iter()?.map(|item| Ok(Row::of(item?))).collect();
    }
    let items = given.try_iter().map_err(|_| wrong_type("descriptions", "a list of str", given))?;
    items.map(|item| Ok(Row::of(item?))).collect()
}

/// Reads the next rows of a stream, at most `count`; what the stream raises comes with the rows before it.
pub(crate) fn next_rows(items: &Bound<'_, PyAny>, count: usize) -> (Vec<Row>, Option<PyResult<()>>) {
    let mut rows = Vec::with_capacity(count);
    let Ok(items) = items.cast::<pyo3::types::PyIterator>() else { return (rows, Some(Ok(()))) };
    let mut items = items.clone();
    while rows.len() < count {
        match items.next() {
            Some(Ok(item)) => rows.push(Row::of(item)),
            Some(Err(error)) => return (rows, Some(Err(error))),
            None => return (rows, Some(Ok(()))),
        }
    }
    (rows, None)
}

/// Refuses what can be iterated, but never as descriptions.
pub(crate) fn refuse_mistakes(given: &Bound<'_, PyAny>) -> PyResult<()> {
    let expected = if given.cast::<PyString>().is_ok() {
        "a list of str (for one description use classify)"
    } else if given.cast::<PyBytes>().is_ok() || given.cast::<PyDict>().is_ok() {
        "a list of str"
    } else if given.hasattr("columns")? || given.hasattr("column_names")? {
        "a list of str or one column (for a table use classify_arrow)"
    } else {
        return Ok(());
    };
    Err(wrong_type("descriptions", expected, given))
}
