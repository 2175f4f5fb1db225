//! One row of a table.

use std::borrow::Cow;
use std::sync::Arc;

use crate::Error;

/// One cell of a row, as the format gives it.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Cell {
    /// The row does not have the column (JSONL).
    Missing,
    /// The column is there, without a value.
    Null,
    /// Text.
    Text(String),
    /// A whole number.
    Integer(i64),
    /// A number with a fraction, or a whole one beyond 64 bits.
    Float(f64),
    /// True or false.
    Boolean(bool),
    /// A list or an object, as JSON text.
    Nested(String),
    /// Bytes that are no UTF-8 from this position of the cell on.
    NotUtf8(usize),
}

impl Cell {
    pub(crate) fn from_bytes(bytes: &[u8]) -> Self {
        match std::str::from_utf8(bytes) {
            Ok(text) => Self::Text(text.to_owned()),
            Err(error) => Self::NotUtf8(error.valid_up_to()),
        }
    }

    fn described(&self) -> String {
        match self {
            Self::Missing => "nothing".to_owned(),
            Self::Null => "null".to_owned(),
            Self::Text(_) => "text".to_owned(),
            Self::Integer(_) => "a whole number".to_owned(),
            Self::Float(_) => "a number".to_owned(),
            Self::Boolean(_) => "a truth value".to_owned(),
            Self::Nested(json) if json.starts_with('[') => "a list".to_owned(),
            Self::Nested(_) => "an object".to_owned(),
            Self::NotUtf8(at) => format!("bytes that are no UTF-8 (at byte {at} of the cell)"),
        }
    }
}

/// One row: its place in the table and the cells of the columns asked for, in that order.
#[derive(Debug, Clone)]
pub struct Row {
    pub(crate) index: u64,
    pub(crate) line: Option<u64>,
    pub(crate) cells: Vec<Cell>,
    pub(crate) heading: Arc<Heading>,
}

/// What all rows of one table share.
#[derive(Debug)]
pub(crate) struct Heading {
    pub(crate) file: Arc<str>,
    pub(crate) columns: Vec<String>,
}

impl Row {
    /// The number of the row in its table, from 0; unreadable rows count.
    pub fn index(&self) -> u64 {
        self.index
    }

    /// The line of a text file where the row starts, from 1; a Parquet file has none.
    pub fn line(&self) -> Option<u64> {
        self.line
    }

    /// The cells of the columns asked for, in that order.
    pub fn cells(&self) -> &[Cell] {
        &self.cells
    }

    /// The cells, given away.
    pub fn into_cells(self) -> Vec<Cell> {
        self.cells
    }

    /// The cell of the `at`-th column asked for, which must be text (it may be empty).
    ///
    /// # Errors
    /// `Row`: the cell is missing, null, of another type, or not UTF-8.
    pub fn text(&self, at: usize) -> Result<&str, Error> {
        match self.cells.get(at) {
            Some(Cell::Text(text)) => Ok(text),
            other => Err(self.expected("text", at, other)),
        }
    }

    /// As [`text`](Self::text), but whole numbers are given as their digits: for codes and ids that a program
    /// has stored as numbers.
    ///
    /// # Errors
    /// `Row`: the cell is missing, null, of another type, or not UTF-8.
    pub fn text_or_digits(&self, at: usize) -> Result<Cow<'_, str>, Error> {
        match self.cells.get(at) {
            Some(Cell::Text(text)) => Ok(Cow::Borrowed(text)),
            Some(Cell::Integer(number)) => Ok(Cow::Owned(number.to_string())),
            other => Err(self.expected("text or digits", at, other)),
        }
    }

    /// An error about a cell of this row, for callers that read more out of the text than the table does.
    pub fn error(&self, at: usize, message: impl Into<String>) -> Error {
        let error = Error::row(&self.heading.file, self.index, self.line, message);
        match self.heading.columns.get(at) {
            Some(column) => error.in_column(column),
            None => error,
        }
    }

    fn expected(&self, expected: &str, at: usize, seen: Option<&Cell>) -> Error {
        let seen = seen.unwrap_or(&Cell::Missing).described();
        self.error(at, format!("expected {expected}, saw {seen}"))
    }
}
