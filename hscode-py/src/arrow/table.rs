//! The table of answers on its way to Python.

use arrow_array::ffi_stream::FFI_ArrowArrayStream;
use arrow_array::{RecordBatch, RecordBatchIterator};
use arrow_schema::SchemaRef;
use pyo3::exceptions::PyImportError;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyCapsule, PyDict, PyList};

/// Answers as a table that speaks Arrow, for where pyarrow is not installed: ``polars.DataFrame(answers)``.
#[pyclass(frozen, module = "hscode")]
pub(crate) struct AnswerTable {
    schema: SchemaRef,
    batches: Vec<RecordBatch>,
}

impl AnswerTable {
    pub(super) fn new(schema: SchemaRef, batches: Vec<RecordBatch>) -> Self {
        Self { schema, batches }
    }

    /// A `pyarrow.Table` where there is pyarrow, else the table itself.
    pub(super) fn hand_out(self, py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
        let table = Bound::new(py, self)?.into_any();
        match py.import(intern!(py, "pyarrow")) {
            Ok(pyarrow) => {
                let reader = pyarrow.getattr(intern!(py, "RecordBatchReader"))?;
                reader.call_method1("from_stream", (table,))?.call_method0("read_all")
            }
            Err(error) if error.is_instance_of::<PyImportError>(py) => Ok(table),
            Err(error) => Err(error),
        }
    }
}

#[pymethods]
impl AnswerTable {
    #[getter]
    fn num_rows(&self) -> usize {
        self.batches.iter().map(RecordBatch::num_rows).sum()
    }

    #[getter]
    fn column_names<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        PyList::new(py, self.schema.fields().iter().map(|field| field.name().as_str()))
    }

    fn __len__(&self) -> usize {
        self.num_rows()
    }

    #[pyo3(signature = (requested_schema=None))]
    fn __arrow_c_stream__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyCapsule>> {
        // A wish for other types may be passed over by the rules of the interface.
        let _ = requested_schema;
        let batches = self.batches.clone().into_iter().map(Ok);
        let stream =
            FFI_ArrowArrayStream::new(Box::new(RecordBatchIterator::new(batches, self.schema.clone())));
        PyCapsule::new_with_value(py, stream, c"arrow_array_stream")
    }

    fn __repr__(&self) -> String {
        format!("<AnswerTable of {} rows>", self.num_rows())
    }

    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let _ = py;
        Err(pyo3::exceptions::PyTypeError::new_err("AnswerTable cannot be pickled: make a table of it first"))
    }
}
