//! The classes that are written in Python: codes and the named tuples of answers.

use hscode_core::HsCode;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyString, PyTuple, PyType};

macro_rules! classes {
    ($($(#[$doc:meta])* $function:ident = $module:literal $class:literal;)*) => {
        $($(#[$doc])*
        pub(crate) fn $function<'py>(py: Python<'py>) -> PyResult<&'py Bound<'py, PyType>> {
            static CLASS: PyOnceLock<Py<PyType>> = PyOnceLock::new();
            CLASS.import(py, $module, $class)
        })*
    };
}

classes! {
    /// `hscode.HsCode`.
    hs_code = "hscode._code" "HsCode";
    /// `hscode.Candidate`.
    candidate = "hscode._types" "Candidate";
    /// `hscode.Explanation`.
    explanation = "hscode._types" "Explanation";
    /// `hscode.TokenContribution`.
    token_contribution = "hscode._types" "TokenContribution";
    /// `hscode.RunnerUp`.
    runner_up = "hscode._types" "RunnerUp";
    /// `hscode.Evidence`.
    evidence = "hscode._types" "Evidence";
    /// `hscode.Passed`.
    passed = "hscode._types" "Passed";
    /// `hscode.Target`.
    target = "hscode._types" "Target";
    /// `hscode.Hit`.
    hit = "hscode._types" "Hit";
    /// `hscode.Check`.
    check = "hscode._types" "Check";
    /// `hscode.Finding`.
    finding = "hscode._types" "Finding";
    /// `hscode.Token`.
    token = "hscode._types" "Token";
}

/// Makes a named tuple of `class`.
pub(crate) fn make<'py>(
    class: &Bound<'py, PyType>,
    values: impl IntoPyObject<'py, Target = PyTuple, Output = Bound<'py, PyTuple>, Error = PyErr>,
) -> PyResult<Bound<'py, PyAny>> {
    let values = values.into_pyobject(class.py())?;
    class.call1(values)
}

/// A code as `hscode.HsCode`, without reading its digits again.
pub(crate) fn code<'py>(py: Python<'py>, code: HsCode) -> PyResult<Bound<'py, PyAny>> {
    // `HsCode.__new__` would parse: `str.__new__` takes the digits as they are.
    py.get_type::<PyString>().call_method1(intern!(py, "__new__"), (hs_code(py)?, code.as_str()))
}

/// A code that may be missing.
pub(crate) fn some_code<'py>(py: Python<'py>, given: Option<HsCode>) -> PyResult<Option<Bound<'py, PyAny>>> {
    given.map(|given| code(py, given)).transpose()
}
