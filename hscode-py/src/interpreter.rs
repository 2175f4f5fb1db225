//! Refuses sub-interpreters: classes and shared objects of this module belong to one interpreter.
#![allow(unsafe_code, reason = "Python's interface for the number of an interpreter is in C alone")]

use pyo3::exceptions::PyImportError;
use pyo3::ffi;
use pyo3::prelude::*;

/// Fails in any interpreter but the main one.
pub(crate) fn check_main(_attached: Python<'_>) -> PyResult<()> {
    // SAFETY: the thread is attached to an interpreter, as `_attached` shows; then the first call gives a valid
    // pointer, which the second reads at once.
    let number = unsafe { ffi::PyInterpreterState_GetID(ffi::PyInterpreterState_Get()) };
    if number == 0 {
        return Ok(());
    }
    Err(PyImportError::new_err(
        "hscode does not work in sub-interpreters: use threads, which it does not hold up, or processes",
    ))
}
