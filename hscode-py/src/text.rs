//! Descriptions as text: whether customs would take one, and how it is read.

use hscode_core::text;
use pyo3::prelude::*;
use pyo3::types::PyList;

use crate::classes;
use crate::record::Places;
use crate::rows::description_of;

/// Whether a description is fit for a customs declaration, why not, and what to add.
///
/// >>> import hscode
/// >>> hscode.check("gift").verdict
/// 'refuse'
#[pyfunction]
#[pyo3(signature = (description))]
pub(crate) fn check<'py>(py: Python<'py>, description: Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    let raw = description_of(description)?;
    let check = text::check(&raw);
    let (places, findings) = (Places::of(&raw), PyList::empty(py));
    for finding in &check.findings {
        let values = (
            finding.reason.as_str(),
            finding.verdict.as_str(),
            finding.term.as_str(),
            places.character(finding.start),
            places.character(finding.end),
            finding.advice,
        );
        findings.append(classes::make(classes::finding(py)?, values)?)?;
    }
    classes::make(classes::check(py)?, (check.verdict.as_str(), findings))
}

/// The description in the form in which it is read.
#[pyfunction]
#[pyo3(signature = (description))]
pub(crate) fn normalise(description: Bound<'_, PyAny>) -> PyResult<String> {
    Ok(text::normalise(&description_of(description)?))
}

/// The words, numbers and units that are read in a description.
///
/// >>> import hscode
/// >>> [token.text for token in hscode.tokenise("Steel pipe 1/2 inch")]
/// ['steel', 'pipe', '1/2', 'inch']
#[pyfunction]
#[pyo3(signature = (description))]
pub(crate) fn tokenise<'py>(py: Python<'py>, description: Bound<'py, PyAny>) -> PyResult<Bound<'py, PyList>> {
    let raw = description_of(description)?;
    let mut read = text::Description::new();
    read.read(&raw);
    let (places, tokens) = (Places::of(&raw), PyList::empty(py));
    for token in read.tokens() {
        let (start, end) = (places.character(token.start), places.character(token.end));
        let values = (token.text, start, end, token.kind.as_str());
        tokens.append(classes::make(classes::token(py)?, values)?)?;
    }
    Ok(tokens)
}
