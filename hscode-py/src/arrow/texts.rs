//! The column of texts: which it is, and what stands in its rows.

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, OffsetSizeTrait, StringViewArray};
use arrow_schema::{DataType, Schema};
use pyo3::prelude::*;

use super::COLUMN;
use crate::errors::{panicked, type_name, wrong_value};
use pyo3::exceptions::{PyKeyError, PyTypeError};

/// What stands in a row: a text where it lies, or why there is none.
pub(super) type Text<'a> = Result<&'a str, &'static str>;

const NULL: &str = "expected text, saw null";
const NOT_UTF8: &str = "expected text in UTF-8, saw other bytes";

/// Finds the column of texts by its name, or the only column.
pub(super) fn find(schema: &Schema, named: Option<&str>, given: &Bound<'_, PyAny>) -> PyResult<usize> {
    let name = named.unwrap_or(COLUMN);
    let fields = schema.fields();
    let found = match (fields.len(), named) {
        // A column by itself has no name.
        (1, None) => Some(0),
        (1, Some(_)) if fields[0].name().is_empty() => Some(0),
        _ => fields.iter().position(|field| field.name() == name),
    };
    let Some(found) = found else {
        let names: Vec<&str> = fields.iter().take(12).map(|field| field.name().as_str()).collect();
        let more = if fields.len() > names.len() { " ..." } else { "" };
        return Err(PyKeyError::new_err(format!(
            "column {name:?}: {} has the columns {}{more}",
            type_name(given),
            names.join(", ")
        )));
    };
    let kind = fields[found].data_type();
    if is_text(kind) {
        return Ok(found);
    }
    Err(PyTypeError::new_err(format!("column {:?}: expected text, saw {kind}", fields[found].name())))
}

fn is_text(kind: &DataType) -> bool {
    match kind {
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View | DataType::Null => true,
        DataType::Dictionary(_, values) => is_text(values),
        _ => false,
    }
}

/// The places of the columns that go into the answer as they are.
pub(super) fn kept(schema: &Schema, names: &[String]) -> PyResult<Vec<usize>> {
    let place =
        |name: &String| {
            schema.fields().iter().position(|field| field.name() == name).ok_or_else(|| {
                PyKeyError::new_err(format!("keep: expected the name of a column, saw {name:?}"))
            })
        };
    names.iter().map(place).collect()
}

/// Reads the texts of a column where they lie.
///
/// Bytes are checked: nothing in the interface makes a producer keep to UTF-8.
pub(super) fn read(column: &ArrayRef) -> PyResult<Vec<Text<'_>>> {
    let read = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| texts(column)));
    read.map_err(|payload| panicked(&*payload))?
}

fn texts(column: &dyn Array) -> PyResult<Vec<Text<'_>>> {
    match column.data_type() {
        DataType::Null => Ok(vec![Err(NULL); column.len()]),
        DataType::Utf8 => Ok(by_offsets::<i32>(column)),
        DataType::LargeUtf8 => Ok(by_offsets::<i64>(column)),
        DataType::Utf8View => {
            let views = column.as_string_view();
            Ok((0..column.len()).map(|at| checked(column, at, viewed(views, at))).collect())
        }
        DataType::Dictionary(_, _) => {
            let dictionary = column.as_any_dictionary();
            let values = texts(dictionary.values().as_ref())?;
            if values.is_empty() {
                return Ok(vec![Err(NULL); column.len()]);
            }
            let of = |(at, key): (usize, &usize)| match values.get(*key) {
                Some(text) if !column.is_null(at) => *text,
                _ => Err(NULL),
            };
            Ok(dictionary.normalized_keys().iter().enumerate().map(of).collect())
        }
        other => Err(wrong_value(format!("column: expected text, saw {other}"))),
    }
}

fn by_offsets<O: OffsetSizeTrait>(column: &dyn Array) -> Vec<Text<'_>> {
    let strings = column.as_string::<O>();
    let (offsets, bytes) = (strings.value_offsets(), strings.value_data());
    let of =
        |(at, ends): (usize, &[O])| checked(column, at, bytes.get(ends[0].as_usize()..ends[1].as_usize()));
    offsets.windows(2).enumerate().map(of).collect()
}

/// The bytes of a view: in the view itself when they are at most 12, else in a buffer that it names.
///
/// Source: Arrow columnar format, variable-size binary view layout.
fn viewed(strings: &StringViewArray, at: usize) -> Option<&[u8]> {
    const INLINE: usize = 12;
    let view = *strings.views().get(at)?;
    let length = view as u32 as usize;
    if length <= INLINE {
        let start = at * size_of::<u128>() + size_of::<u32>();
        return strings.views().inner().as_slice().get(start..start + length);
    }
    let (buffer, offset) = ((view >> 64) as u32 as usize, (view >> 96) as u32 as usize);
    strings.data_buffers().get(buffer)?.as_slice().get(offset..offset + length)
}

fn checked<'a>(column: &dyn Array, at: usize, bytes: Option<&'a [u8]>) -> Text<'a> {
    if column.is_null(at) {
        return Err(NULL);
    }
    let text = bytes.and_then(|bytes| std::str::from_utf8(bytes).ok());
    text.ok_or(NOT_UTF8)
}
