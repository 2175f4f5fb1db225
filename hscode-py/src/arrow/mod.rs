//! `Classifier.classify_arrow`: tables in and out by the Arrow C data interface.
//!
//! Whatever speaks it (pyarrow, pandas, polars, DuckDB, nanoarrow) hands over its buffers; the texts are read where
//! they lie and the column goes into the answer as it is.

mod answers;
mod capsule;
mod table;
mod texts;

use std::sync::Arc;

use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::{ArrowError, Schema};
use pyo3::prelude::*;
use pyo3::types::PyString;

use crate::batch::Run;
use crate::code::str_of;
use crate::errors::{wrong_type, wrong_value};

pub(crate) use table::AnswerTable;

/// The column that is read unless another is named.
const COLUMN: &str = "description";
/// Rows of a batch of answers at most, so that no column of text outgrows its 32-bit offsets.
const ROWS: usize = 65_536;

/// An error of Arrow's: the data that came do not keep to the interface.
fn damaged(error: &ArrowError) -> PyErr {
    wrong_value(format!("Arrow data: {error}"))
}

/// Answers the texts of a column; the answer is a table with a row for each.
pub(crate) fn classify<'py>(
    py: Python<'py>,
    run: &Run<'_, 'py>,
    given: &Bound<'py, PyAny>,
    column: Option<&Bound<'py, PyAny>>,
    keep: Option<&Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyAny>> {
    run.options.check(run.classifier.info()).map_err(|error| crate::errors::raise(py, &error))?;
    let named = column.map(|column| str_of("column", "a str", column)).transpose()?;
    let keep = keep.map_or(Ok(Vec::new()), names)?;
    let source = capsule::import(given)?;
    let column = texts::find(source.schema(), named, given)?;
    let kept = texts::kept(source.schema(), &keep)?;
    let layout = answers::Layout::new(run.options, source.schema(), column, &kept)?;
    let mut batches = Vec::new();
    let mut index = 0;
    for batch in source {
        let batch = batch.map_err(|error| damaged(&error))?;
        for start in (0..batch.num_rows()).step_by(ROWS) {
            let part = batch.slice(start, ROWS.min(batch.num_rows() - start));
            batches.push(answer(py, run, &layout, &part, index)?);
            index += part.num_rows() as u64;
        }
    }
    AnswerTable::new(layout.schema(), batches).hand_out(py)
}

fn answer(
    py: Python<'_>,
    run: &Run<'_, '_>,
    layout: &answers::Layout,
    part: &RecordBatch,
    index: u64,
) -> PyResult<RecordBatch> {
    let column: &ArrayRef = part.column(layout.column());
    let read = texts::read(column)?;
    let texts: Vec<Option<&str>> = read.iter().map(|text| text.as_ref().ok().copied()).collect();
    let predictions = run.answer(py, &texts)?;
    layout.fill(part, index, &read, &predictions).map_err(|error| damaged(&error))
}

/// The names in a list of `str`.
fn names(given: &Bound<'_, PyAny>) -> PyResult<Vec<String>> {
    if given.cast::<PyString>().is_ok() {
        return Err(wrong_type("keep", "a list of column names", given));
    }
    let items = given.try_iter().map_err(|_| wrong_type("keep", "a list of column names", given))?;
    items.map(|item| Ok(str_of("keep", "a list of column names", &item?)?.to_owned())).collect()
}

/// A schema that can be shared.
fn shared(schema: Schema) -> Arc<Schema> {
    Arc::new(schema)
}
