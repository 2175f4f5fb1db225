//! Codes from Python strings and back.

use hscode_core::{Edition, HsCode, Level};
use pyo3::prelude::*;
use pyo3::types::PyString;

use crate::errors::{raise, wrong_type, wrong_value};

/// Reads a code from a `str`; `what` names the argument in messages.
pub(crate) fn code_of(what: &str, given: &Bound<'_, PyAny>) -> PyResult<HsCode> {
    let text = str_of(what, "a str such as \"6109.10\"", given)?;
    HsCode::parse(text).map_err(|error| raise(given.py(), &error.at(what)))
}

/// Reads a level from a `str`.
pub(crate) fn level_of(what: &str, given: &Bound<'_, PyAny>) -> PyResult<Level> {
    let text = str_of(what, "\"chapter\", \"heading\", \"subheading\" or \"tariff-line\"", given)?;
    text.parse().map_err(|error| raise(given.py(), &error))
}

/// Reads an edition from a `str`.
pub(crate) fn edition_of(what: &str, given: &Bound<'_, PyAny>) -> PyResult<Edition> {
    let text = str_of(what, "a str such as \"HS2022\"", given)?;
    text.parse().map_err(|error| raise(given.py(), &error))
}

/// The text of a `str`.
pub(crate) fn str_of<'a>(what: &str, expected: &str, given: &'a Bound<'_, PyAny>) -> PyResult<&'a str> {
    let text = given.cast::<PyString>().map_err(|_| wrong_type(what, expected, given))?;
    text.to_str().map_err(|_| lone_surrogate(what))
}

/// The complaint about a `str` that is no Unicode text.
pub(crate) fn lone_surrogate(what: &str) -> PyErr {
    wrong_value(format!("{what}: expected text, saw a str with a lone surrogate, which is no character"))
}

/// The digits of a code.
#[pyfunction]
pub(crate) fn parse_code(code: &Bound<'_, PyAny>) -> PyResult<String> {
    Ok(code_of("code", code)?.as_str().to_owned())
}

/// Of the digits of a code: level, dotted form, heading, subheading, parent.
#[pyfunction]
#[pyo3(signature = (code, /))]
#[expect(clippy::type_complexity, reason = "a tuple that Python takes apart at once")]
pub(crate) fn code_parts(
    code: &Bound<'_, PyAny>,
) -> PyResult<(&'static str, String, Option<String>, Option<String>, Option<String>)> {
    let code = code_of("code", code)?;
    let text = |code: HsCode| code.as_str().to_owned();
    Ok((
        code.level().as_str(),
        code.dotted(),
        code.heading().map(text),
        code.subheading().map(text),
        code.parent().map(text),
    ))
}
