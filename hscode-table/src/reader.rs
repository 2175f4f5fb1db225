//! Reads rows from any format.

use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use crate::bytes::{self, Progress};
use crate::delimited::{DelimitedRows, DelimitedTable};
use crate::jsonl::{JsonlRows, JsonlTable};
use crate::lines::LineRows;
use crate::parquet_in::{ParquetRows, ParquetTable};
use crate::row::Heading;
use crate::{Column, Error, ErrorKind, Format, Kind, Row};

/// A table that is open, with its columns known; [`rows`](Reader::rows) then reads it.
///
/// Text formats may be compressed with gzip, which is recognised by content. A byte order mark of UTF-8 and
/// Windows line ends are accepted; UTF-16, spreadsheets and other foreign content are refused with a hint.
pub struct Reader {
    table: Table,
    file: Arc<str>,
    format: Format,
    progress: Progress,
}

enum Table {
    Delimited(DelimitedTable),
    Jsonl(JsonlTable),
    Lines(bytes::Text, [Column; 1]),
    Parquet(ParquetTable),
}

impl Reader {
    /// The name of the one column of [`Format::Lines`].
    pub const LINE_COLUMN: &'static str = "description";

    /// Opens a file; without `format`, its extension decides.
    ///
    /// # Errors
    /// `Io`: it is missing, a folder, or may not be read. `Format`: the format is not known or another, or
    /// there is no header.
    pub fn open(path: &Path, format: Option<Format>) -> Result<Self, Error> {
        let name: Arc<str> = path.display().to_string().into();
        let Some(format) = format.or_else(|| Format::of_path(path)) else {
            let message =
                "expected a name ending in .csv, .tsv, .jsonl, .parquet or .txt (also with .gz), or a format";
            return Err(Error::new(ErrorKind::Format, &name, message));
        };
        let failed = |error| Error::io(&name, "cannot open", error);
        let file = File::open(path).map_err(failed)?;
        let found = file.metadata().map_err(failed)?;
        if found.is_dir() {
            return Err(Error::new(ErrorKind::Io, &name, "cannot open: expected a file, saw a folder"));
        }
        let mut progress = Progress::default();
        if format == Format::Parquet {
            if !found.is_file() {
                return Err(Self::parquet_needs_file(&name));
            }
            let table = ParquetTable::open(file, &name)?;
            progress.rows = true;
            progress.total = Some(table.row_count());
            return Ok(Self { table: Table::Parquet(table), file: name, format, progress });
        }
        progress.total = found.is_file().then_some(found.len());
        Self::from_text(name, Box::new(file), format, progress)
    }

    /// Reads from a stream, such as standard input; `name` stands in messages.
    ///
    /// # Errors
    /// As [`open`](Self::open); `Format` for Parquet, which cannot be read from a stream.
    pub fn from_read(name: &str, source: impl Read + Send + 'static, format: Format) -> Result<Self, Error> {
        let name: Arc<str> = name.into();
        if format == Format::Parquet {
            return Err(Self::parquet_needs_file(&name));
        }
        Self::from_text(name, Box::new(source), format, Progress::default())
    }

    fn parquet_needs_file(name: &Arc<str>) -> Error {
        Error::new(ErrorKind::Format, name, "expected a file: Parquet cannot be read from a pipe")
    }

    fn from_text(
        file: Arc<str>,
        source: Box<dyn Read + Send>,
        format: Format,
        progress: Progress,
    ) -> Result<Self, Error> {
        let text = bytes::open(source, &file, format, &progress)?;
        let table = match format {
            Format::Csv | Format::Tsv => Table::Delimited(DelimitedTable::open(text, &file, format)?),
            Format::Jsonl => Table::Jsonl(JsonlTable::open(text, &file)?),
            Format::Lines | Format::Parquet => Table::Lines(text, [Column::text(Self::LINE_COLUMN)]),
        };
        Ok(Self { table, file, format, progress })
    }

    /// The columns, in their order. Of JSONL, those seen so far: a key that comes later can be asked for too.
    pub fn columns(&self) -> &[Column] {
        match &self.table {
            Table::Delimited(table) => &table.columns,
            Table::Jsonl(table) => &table.columns,
            Table::Lines(_, columns) => columns,
            Table::Parquet(table) => &table.columns,
        }
    }

    /// The format that is read.
    pub fn format(&self) -> Format {
        self.format
    }

    /// How far the reader has come; a handle that stays valid while rows are read.
    pub fn progress(&self) -> Progress {
        self.progress.clone()
    }

    /// The column of this name: as it is spelt, else in any letter case if only one is spelt so.
    ///
    /// # Errors
    /// `Column`: there is none, or more than one; the message lists the columns seen.
    pub fn column(&mut self, name: &str) -> Result<Column, Error> {
        self.position(name).map(|at| self.columns()[at].clone())
    }

    /// As [`column`](Self::column), and it must hold text. Of JSONL each row is checked instead.
    ///
    /// # Errors
    /// `Column`: as above, or it is of another type.
    pub fn text_column(&mut self, name: &str) -> Result<Column, Error> {
        self.column_of(name, "text", &[Kind::Text])
    }

    /// As [`text_column`](Self::text_column), but whole numbers will do too: see
    /// [`Row::text_or_digits`](crate::Row::text_or_digits).
    ///
    /// # Errors
    /// `Column`: as above.
    pub fn text_or_digits_column(&mut self, name: &str) -> Result<Column, Error> {
        self.column_of(name, "text or whole numbers", &[Kind::Text, Kind::Integer])
    }

    fn column_of(&mut self, name: &str, expected: &str, kinds: &[Kind]) -> Result<Column, Error> {
        let column = self.column(name)?;
        let row_by_row = matches!(self.table, Table::Jsonl(_));
        if row_by_row || kinds.contains(&column.kind()) {
            return Ok(column);
        }
        let message = format!("expected {expected}, saw {}", column.type_name());
        Err(Error::new(ErrorKind::Column, &self.file, message).in_column(column.name()))
    }

    /// The column that a program means when nobody named one: `default`, else the only one that holds text.
    ///
    /// # Errors
    /// `Column`: none or several could be meant; the message lists the columns seen.
    pub fn default_text_column(&mut self, default: &str) -> Result<Column, Error> {
        if let Ok(at) = self.position(default) {
            let name = self.columns()[at].name().to_owned();
            return self.text_column(&name);
        }
        let mut texts = self.columns().iter().filter(|column| column.kind() == Kind::Text);
        match (texts.next(), texts.next()) {
            (Some(only), None) => Ok(only.clone()),
            _ => {
                let message = format!(
                    "expected a column named {default:?} or a single column with text, saw {}; name the column to read",
                    self.seen()
                );
                Err(Error::new(ErrorKind::Column, &self.file, message))
            }
        }
    }

    fn seen(&self) -> String {
        const SHOWN: usize = 30;
        let columns = self.columns();
        if columns.is_empty() {
            return "no columns".to_owned();
        }
        let mut names: Vec<String> =
            columns.iter().take(SHOWN).map(|column| format!("{:?}", column.name())).collect();
        if columns.len() > SHOWN {
            names.push(format!("and {} more", columns.len() - SHOWN));
        }
        names.join(", ")
    }

    fn position(&mut self, name: &str) -> Result<usize, Error> {
        loop {
            let columns = self.columns();
            let find = |same: &dyn Fn(&str) -> bool| -> Vec<usize> {
                (0..columns.len()).filter(|&at| same(columns[at].name())).collect()
            };
            let mut found = find(&|seen| seen == name);
            if found.is_empty() {
                found = find(&|seen| seen.trim().to_lowercase() == name.trim().to_lowercase());
            }
            if let [at] = found[..] {
                return Ok(at);
            }
            if found.is_empty()
                && let Table::Jsonl(table) = &mut self.table
                && table.learn_more()?
            {
                continue;
            }
            let message = if found.is_empty() {
                format!("expected a column named {name:?}, saw {}", self.seen())
            } else {
                let places: Vec<String> = found.iter().map(|at| (at + 1).to_string()).collect();
                format!("expected one column named {name:?}, saw columns {}", places.join(" and "))
            };
            return Err(Error::new(ErrorKind::Column, &self.file, message));
        }
    }

    /// Reads the rows; each carries the cells of the columns named, in that order.
    ///
    /// # Errors
    /// `Column`: a column is missing or named twice, or holds what cannot be read.
    pub fn rows<S: AsRef<str>>(mut self, names: &[S]) -> Result<Rows, Error> {
        let mut at = Vec::with_capacity(names.len());
        for name in names {
            at.push(self.position(name.as_ref())?);
        }
        let columns = at.iter().map(|&at| self.columns()[at].name().to_owned()).collect();
        let heading = Arc::new(Heading { file: Arc::clone(&self.file), columns });
        let source = match self.table {
            Table::Delimited(table) => Source::Delimited(Box::new(table.rows(at, heading))),
            Table::Jsonl(table) => Source::Jsonl(Box::new(table.rows(heading))),
            Table::Lines(text, _) => Source::Lines(Box::new(LineRows::new(text, heading))),
            Table::Parquet(table) => {
                Source::Parquet(Box::new(table.rows(&at, heading, self.progress.clone())?))
            }
        };
        Ok(Rows { source, index: 0, ended: false })
    }
}

enum Source {
    Delimited(Box<DelimitedRows>),
    Jsonl(Box<JsonlRows>),
    Lines(Box<LineRows>),
    Parquet(Box<ParquetRows>),
}

/// The rows of a table, one at a time.
///
/// An item is a row, an error of one row ([`Error::is_row`]), after which reading goes on, or another error,
/// after which there is no more.
pub struct Rows {
    source: Source,
    index: u64,
    ended: bool,
}

impl Iterator for Rows {
    type Item = Result<Row, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let item = match &mut self.source {
            Source::Delimited(rows) => rows.next(self.index),
            Source::Jsonl(rows) => rows.next(self.index),
            Source::Lines(rows) => rows.next(self.index),
            Source::Parquet(rows) => rows.next(self.index),
        };
        self.index += 1;
        self.ended = match &item {
            None => true,
            Some(Err(error)) => !error.is_row(),
            Some(Ok(_)) => false,
        };
        item
    }
}
