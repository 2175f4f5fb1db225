//! The one file that knows the table reader.

use std::path::{Path, PathBuf};

use hscode_core::{Error, ErrorKind};
use hscode_table::{Cell, Format, Reader};

use super::{RawRow, source_error};
use crate::config::Source;
use crate::row::{Reason, Reject};

/// A table of a source, open, with its columns found.
pub(super) struct Table<'a> {
    reader: Reader,
    source: &'a Source,
    columns: Vec<String>,
}

/// What stands in one row of a table.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum InRow {
    /// A row that the settings ask for.
    Raw(RawRow),
    /// One that they leave out.
    Other,
    /// One that cannot be read.
    Unreadable(Reject),
}

impl<'a> Table<'a> {
    /// Opens a table and finds the columns that the settings name.
    ///
    /// # Errors
    /// `Io`; `InvalidInput` when the format is not known or a column is missing, with the columns there are.
    pub(super) fn open(path: &Path, source: &'a Source) -> Result<Self, Error> {
        let format = match &source.format {
            Some(name) => Some(name.parse::<Format>().map_err(|e| {
                Error::new(ErrorKind::InvalidInput, format!("source {:?}: {e}", source.name))
            })?),
            None => None,
        };
        let reader = Reader::open(path, format).map_err(|e| table_error(source, &e))?;
        let columns = &source.columns;
        let mut names: Vec<String> = columns.text.0.clone();
        names.push(columns.code.clone());
        names.extend([&columns.edition, &columns.date, &columns.weight].into_iter().flatten().cloned());
        names.extend(source.only.keys().cloned());
        Ok(Self { reader, source, columns: names })
    }

    /// Reads the rows; `id` is how the table is called.
    ///
    /// # Errors
    /// `InvalidInput`: a column is missing. Each item: `Io`, when the file cannot be read on.
    pub(super) fn rows(
        self,
        id: &str,
    ) -> Result<impl Iterator<Item = Result<InRow, Error>> + use<'a>, Error> {
        let Self { mut reader, source, columns } = self;
        // Of JSON lines a column may be absent from the first rows, or from all: then its cells are empty.
        let (mut asked, mut place_of) = (Vec::<String>::new(), Vec::new());
        for column in &columns {
            let name = reader.column(column).map_err(|e| table_error(source, &e))?.name().to_owned();
            let place = asked.iter().position(|known| *known == name).unwrap_or(asked.len());
            if place == asked.len() {
                asked.push(name);
            }
            place_of.push(place);
        }
        let rows = reader.rows(&asked).map_err(|e| table_error(source, &e))?;
        let id = id.to_owned();
        Ok(rows.zip(1_u64..).map(move |(row, number)| {
            let id = format!("{id}:{number}");
            let row = match row {
                Ok(row) => row,
                Err(e) if e.is_row() => {
                    return Ok(InRow::Unreadable(Reject {
                        id,
                        reason: Reason::UnreadableRow,
                        detail: Some(e.without_file()),
                        code: None,
                        text: None,
                        kept: None,
                        codes: Vec::new(),
                    }));
                }
                Err(e) => return Err(table_error(source, &e)),
            };
            Ok(raw_row(id, source, row.cells(), &place_of))
        }))
    }
}

fn raw_row(id: String, source: &Source, cells: &[Cell], place_of: &[usize]) -> InRow {
    let mut values = place_of.iter().map(|&place| cells.get(place).and_then(value));
    let texts: Vec<Option<String>> = values.by_ref().take(source.columns.text.0.len()).collect();
    let code = values.next().flatten();
    let mut optional = |named: &Option<String>| named.as_ref().and_then(|_| values.next().flatten());
    let columns = &source.columns;
    let (edition, date, weight) =
        (optional(&columns.edition), optional(&columns.date), optional(&columns.weight));
    for allowed in source.only.values() {
        let seen = values.next().flatten().unwrap_or_default();
        if !allowed.contains(&seen) {
            return InRow::Other;
        }
    }
    InRow::Raw(RawRow { id, texts, code, edition, date, weight })
}

/// A cell as text; `None` where there is nothing in it.
fn value(cell: &Cell) -> Option<String> {
    match cell {
        Cell::Text(text) => (!text.trim().is_empty()).then(|| text.clone()),
        Cell::Integer(number) => Some(number.to_string()),
        Cell::Float(number) => Some(number.to_string()),
        Cell::Boolean(value) => Some(value.to_string()),
        Cell::Nested(json) => Some(json.clone()),
        _ => None,
    }
}

fn table_error(source: &Source, error: &hscode_table::Error) -> Error {
    let kind = match error.kind() {
        hscode_table::ErrorKind::Io => ErrorKind::Io,
        _ => ErrorKind::InvalidInput,
    };
    Error::new(kind, format!("source {:?}: {error}", source.name))
}

/// The files of a source with what they are called: the source's path, or each table in the folder in the order
/// of names.
pub(super) fn files_of(source: &Source) -> Result<Vec<(PathBuf, String)>, Error> {
    let path = &source.path;
    if !path.is_dir() {
        return Ok(vec![(path.clone(), source.name.clone())]);
    }
    let failed = |e| source_error(source, path, "list the folder", e);
    let mut files = Vec::new();
    for entry in std::fs::read_dir(path).map_err(failed)? {
        let file = entry.map_err(failed)?.path();
        let is_table = source.format.is_some() || Format::of_path(&file).is_some_and(|f| f != Format::Lines);
        if file.is_file() && is_table {
            let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
            files.push((file, format!("{}:{name}", source.name)));
        }
    }
    files.sort();
    if files.is_empty() {
        let message = format!(
            "source {:?}: {}: expected files ending in .csv, .tsv, .jsonl or .parquet (also with .gz), saw none",
            source.name,
            path.display()
        );
        return Err(Error::new(ErrorKind::InvalidInput, message));
    }
    Ok(files)
}
