//! Takes Arrow data out of Python capsules. The only unsafe code of this crate.
#![allow(unsafe_code, reason = "the C data interface hands over raw pointers")]

use std::ffi::CStr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use arrow_array::ArrayReader;
use arrow_array::ffi::{FFI_ArrowArray, FFI_ArrowSchema, from_ffi};
use arrow_array::ffi_stream::{ArrayStreamReader, FFI_ArrowArrayStream};
use arrow_array::{Array, ArrayRef, RecordBatch, RecordBatchOptions, StructArray, make_array};
use arrow_schema::{ArrowError, DataType, Field, Schema, SchemaRef};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::PyCapsule;

use crate::errors::{panicked, wrong_type};

/// Batches of a table that a Python object handed over; an array of texts is a table of one column without a name.
pub(super) struct Source {
    schema: SchemaRef,
    arrays: Box<dyn Iterator<Item = Result<ArrayRef, ArrowError>>>,
}

impl Source {
    pub(super) fn schema(&self) -> &SchemaRef {
        &self.schema
    }
}

impl Iterator for Source {
    type Item = Result<RecordBatch, ArrowError>;

    fn next(&mut self) -> Option<Self::Item> {
        // Arrow's crates panic on some data that break the rules of the interface.
        let next = catch_unwind(AssertUnwindSafe(|| {
            self.arrays.next().map(|array| array.and_then(|array| batch(&self.schema, array)))
        }));
        next.unwrap_or_else(|_| Some(Err(ArrowError::CDataInterface("the arrays are malformed".to_owned()))))
    }
}

fn batch(schema: &SchemaRef, array: ArrayRef) -> Result<RecordBatch, ArrowError> {
    let options = RecordBatchOptions::new().with_row_count(Some(array.len()));
    let columns = match array.as_any().downcast_ref::<StructArray>() {
        Some(table) if table.null_count() == 0 => table.columns().to_vec(),
        Some(_) => {
            return Err(ArrowError::CDataInterface("a table has rows that are null as a whole".to_owned()));
        }
        None => vec![array],
    };
    RecordBatch::try_new_with_options(Arc::clone(schema), columns, &options)
}

/// Takes the data of an object over by the Arrow PyCapsule interface.
pub(super) fn import(given: &Bound<'_, PyAny>) -> PyResult<Source> {
    let py = given.py();
    let (field, arrays): (Arc<Field>, Box<dyn Iterator<Item = _>>) =
        if let Some(export) = given.getattr_opt(intern!(py, "__arrow_c_stream__"))? {
            let reader = stream(&export.call0()?)?;
            (Arc::clone(reader.field()), Box::new(reader))
        } else if let Some(export) = given.getattr_opt(intern!(py, "__arrow_c_array__"))? {
            let (schema, array) = export.call0()?.extract::<(Bound<'_, PyAny>, Bound<'_, PyAny>)>()?;
            let (field, array) = one_array(&schema, &array)?;
            (field, Box::new(std::iter::once(Ok(array))))
        } else {
            let expected = "a table that speaks Arrow (pyarrow, pandas 3, polars, DuckDB)";
            return Err(wrong_type("table", expected, given));
        };
    let schema = match field.data_type() {
        DataType::Struct(fields) => Schema::new(fields.clone()),
        _ => Schema::new(vec![field.as_ref().clone().with_name("").with_nullable(true)]),
    };
    Ok(Source { schema: Arc::new(schema), arrays })
}

/// The address in a capsule of this name; an error for any other object.
fn pointer<T>(capsule: &Bound<'_, PyAny>, name: &'static CStr) -> PyResult<*mut T> {
    let capsule =
        capsule.cast::<PyCapsule>().map_err(|_| wrong_type("Arrow export", "a capsule", capsule))?;
    Ok(capsule.pointer_checked(Some(name))?.cast::<T>().as_ptr())
}

fn stream(capsule: &Bound<'_, PyAny>) -> PyResult<ArrayStreamReader> {
    let raw = pointer::<FFI_ArrowArrayStream>(capsule, c"arrow_array_stream")?;
    // SAFETY: a capsule of this name holds the address of an initialised ArrowArrayStream (Arrow PyCapsule
    // interface). It is moved out and the one in the capsule marked as released, so that each is released once.
    // The capsule lives for the whole call, as it is borrowed.
    let stream = unsafe { FFI_ArrowArrayStream::from_raw(raw) };
    catch_unwind(AssertUnwindSafe(|| ArrayStreamReader::try_new(stream)))
        .map_err(|payload| panicked(&*payload))?
        .map_err(|error| super::damaged(&error))
}

fn one_array(schema: &Bound<'_, PyAny>, array: &Bound<'_, PyAny>) -> PyResult<(Arc<Field>, ArrayRef)> {
    let schema = pointer::<FFI_ArrowSchema>(schema, c"arrow_schema")?;
    let array = pointer::<FFI_ArrowArray>(array, c"arrow_array")?;
    // SAFETY: capsules of these names hold the addresses of an initialised ArrowSchema and ArrowArray (Arrow
    // PyCapsule interface); both are moved out, which marks those in the capsules as released.
    let (schema, array) = unsafe { (FFI_ArrowSchema::from_raw(schema), FFI_ArrowArray::from_raw(array)) };
    catch_unwind(AssertUnwindSafe(|| {
        let field = Field::try_from(&schema)?;
        // SAFETY: the interface promises that the array is of the type that the schema beside it describes.
        let data = unsafe { from_ffi(array, &schema) }?;
        Ok((Arc::new(field), make_array(data)))
    }))
    .map_err(|payload| panicked(&*payload))?
    .map_err(|error: ArrowError| super::damaged(&error))
}
