//! Errors of the library as Python exceptions. The only file that chooses exception types.
//!
//! | kind | exception |
//! |---|---|
//! | `InvalidInput` | `ValueError` |
//! | `UnknownCode`, `EditionMismatch` | `HsCodeError` |
//! | `Package`, `Unsupported` | `PackageError` |
//! | `Io` | `OSError` |
//! | `Inference`, a panic | `InferenceError` |

use std::any::Any;
use std::error::Error as _;

use hscode_core::{Error, ErrorKind};
use pyo3::create_exception;
use pyo3::exceptions::{PyException, PyOSError, PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyFloat, PyType};

create_exception!(
    hscode,
    HsCodeError,
    PyException,
    "A code that the edition does not have, or editions that do not fit; the other errors of the library are below it. What a caller does: choose the edition, use ``convert``."
);
create_exception!(
    hscode,
    PackageError,
    HsCodeError,
    "A model package that is damaged or made for another version, or a question that its model cannot answer, such as a deeper level. What a caller does: reinstall, keep the old package."
);
create_exception!(
    hscode,
    InferenceError,
    HsCodeError,
    "A classifier failed while it answered. Where an own Python classifier raised, that exception with its traceback is ``__cause__``. A cascade has already asked the next stage."
);

/// The exception for an error of the library. An exception of a Python classifier below it becomes its cause.
pub(crate) fn raise(py: Python<'_>, error: &Error) -> PyErr {
    let message = error.to_string();
    let raised = match error.kind() {
        ErrorKind::InvalidInput => PyValueError::new_err(message),
        ErrorKind::UnknownCode | ErrorKind::EditionMismatch => HsCodeError::new_err(message),
        ErrorKind::Package | ErrorKind::Unsupported => PackageError::new_err(message),
        ErrorKind::Io => match system_code(error) {
            // With a number Python makes it a FileNotFoundError, a PermissionError ...
            Some(number) => PyOSError::new_err((number, message)),
            None => PyOSError::new_err(message),
        },
        _ => InferenceError::new_err(message),
    };
    if let Some(cause) = python_cause(py, error) {
        raised.set_cause(py, Some(cause));
    }
    raised
}

/// The operating system's number of the fault below an error.
fn system_code(error: &Error) -> Option<i32> {
    let mut below = error.source();
    while let Some(cause) = below {
        if let Some(io) = cause.downcast_ref::<std::io::Error>() {
            return io.raw_os_error();
        }
        below = cause.source();
    }
    None
}

/// The Python exception below an error, with its traceback.
fn python_cause(py: Python<'_>, error: &Error) -> Option<PyErr> {
    let mut below = error.source();
    while let Some(cause) = below {
        if let Some(exception) = cause.downcast_ref::<PyErr>() {
            return Some(exception.clone_ref(py));
        }
        below = cause.source();
    }
    None
}

/// The failure of a Python classifier as an error of the library, which keeps the exception.
///
/// Its message is cut: it may hold text of the caller's.
pub(crate) fn failed_in_python(py: Python<'_>, exception: PyErr) -> Error {
    let kind = exception.get_type(py).name().map_or_else(|_| "exception".to_owned(), |name| name.to_string());
    let said: String = exception.value(py).to_string().chars().take(200).collect();
    let message = if said.is_empty() { kind } else { format!("{kind}: {said}") };
    Error::new(ErrorKind::Inference, message).with_source(exception)
}

/// A panic of the library; it is a fault of ours, never of the caller's.
pub(crate) fn panicked(payload: &(dyn Any + Send)) -> PyErr {
    let said = payload
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| payload.downcast_ref::<&str>().copied())
        .unwrap_or("no message");
    InferenceError::new_err(format!("a fault in hscode, please report it: {said}"))
}

/// A wrong type: says what was expected and what came.
pub(crate) fn wrong_type(what: &str, expected: &str, seen: &Bound<'_, PyAny>) -> PyErr {
    PyTypeError::new_err(format!("{what}: expected {expected}, saw {}", type_name(seen)))
}

/// A wrong value of the right type.
pub(crate) fn wrong_value(message: impl Into<String>) -> PyErr {
    PyValueError::new_err(message.into())
}

/// A fault of the system, such as a thread that cannot be started.
pub(crate) fn system(what: &str, error: &std::io::Error) -> PyErr {
    PyOSError::new_err(format!("{what}: {error}"))
}

/// The name of an object's type; of none and nan, the object itself.
pub(crate) fn type_name(object: &Bound<'_, PyAny>) -> String {
    if object.is_none() {
        return "None".to_owned();
    }
    if object.cast::<PyFloat>().is_ok_and(|float| float.value().is_nan()) {
        return "nan".to_owned();
    }
    let of: Bound<'_, PyType> = object.get_type();
    of.name().map_or_else(|_| "an object".to_owned(), |name| name.to_string())
}

/// Whether an exception ends the program or the call rather than a stage: Ctrl-C, `sys.exit`.
pub(crate) fn is_exit(py: Python<'_>, exception: &PyErr) -> bool {
    !exception.is_instance_of::<PyException>(py)
}
