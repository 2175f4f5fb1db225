//! What can go wrong with a table, and where.

use std::fmt;
use std::sync::Arc;

/// The class of an [`Error`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// One row cannot be used; the rows after it can.
    Row,
    /// A column is missing, named twice or of another type.
    Column,
    /// The table is not of the format it is read as.
    Format,
    /// The operating system refused to open, read or write.
    Io,
}

/// An error that says where: the file, the line or row, the column.
///
/// Messages never hold the text of a cell, since declarations are confidential.
#[derive(Debug)]
pub struct Error(Box<Inner>);

#[derive(Debug)]
struct Inner {
    kind: ErrorKind,
    file: Arc<str>,
    index: Option<u64>,
    line: Option<u64>,
    column: Option<String>,
    message: String,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, file: &Arc<str>, message: impl Into<String>) -> Self {
        Self(Box::new(Inner {
            kind,
            file: Arc::clone(file),
            index: None,
            line: None,
            column: None,
            message: message.into(),
            source: None,
        }))
    }

    pub(crate) fn io(file: &Arc<str>, what: &str, error: std::io::Error) -> Self {
        let mut made = Self::new(ErrorKind::Io, file, format!("{what}: {}", plain(&error)));
        made.0.source = Some(Box::new(error));
        made
    }

    /// The row with this index (from 0), at this line of a text file (from 1), cannot be used.
    pub(crate) fn row(file: &Arc<str>, index: u64, line: Option<u64>, message: impl Into<String>) -> Self {
        let mut made = Self::new(ErrorKind::Row, file, message);
        made.0.index = Some(index);
        made.0.line = line;
        made
    }

    pub(crate) fn in_column(mut self, column: &str) -> Self {
        self.0.column = Some(column.to_owned());
        self
    }

    /// The class of the error.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// Whether only one row is concerned, so that reading can go on.
    pub fn is_row(&self) -> bool {
        self.0.kind == ErrorKind::Row
    }

    /// The number of the row in its table, from 0, for errors of a row.
    pub fn index(&self) -> Option<u64> {
        self.0.index
    }

    /// The line of a text file where the row starts, from 1; a Parquet file has none.
    pub fn line(&self) -> Option<u64> {
        self.0.line
    }

    /// The place and the message without the name of the file: `line 3: 1 field, expected 2`.
    pub fn without_file(&self) -> String {
        let mut text = String::new();
        match (self.0.line, self.0.index) {
            (Some(line), _) => text = format!("line {line}: "),
            (None, Some(index)) => text = format!("row {index}: "),
            (None, None) => {}
        }
        if let Some(column) = &self.0.column {
            text.push_str(&format!("column {column:?}: "));
        }
        text.push_str(&self.0.message);
        text
    }
}

/// The message of the operating system without its number.
fn plain(error: &std::io::Error) -> String {
    let text = error.to_string();
    match text.find(" (os error") {
        Some(at) => text[..at].to_owned(),
        None => text,
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.0.file, self.without_file())
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source.as_deref().map(|source| source as _)
    }
}
