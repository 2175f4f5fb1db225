//! CSV and TSV with a header line.

use std::io::{self, BufRead, Cursor, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::bytes::{MAX_ROW_BYTES, Text, too_long};
use crate::row::Heading;
use crate::{Cell, Column, Error, ErrorKind, Format, Row};

/// The table with its header read.
pub(crate) struct DelimitedTable {
    reader: csv::Reader<Capped>,
    /// Bytes given to the parser since the last whole row.
    since_row: Arc<AtomicUsize>,
    pub(crate) columns: Vec<Column>,
}

/// Stops a row that does not end, such as after a quote that is never closed.
struct Capped {
    text: Box<dyn Read + Send>,
    since_row: Arc<AtomicUsize>,
}

impl Read for Capped {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        // The parser reads ahead by one buffer, so the limit is met within one buffer's length.
        if self.since_row.load(Ordering::Relaxed) > MAX_ROW_BYTES {
            return Err(io::Error::new(io::ErrorKind::InvalidData, too_long() + "; is a quote not closed?"));
        }
        let read = self.text.read(buffer)?;
        self.since_row.fetch_add(read, Ordering::Relaxed);
        Ok(read)
    }
}

impl DelimitedTable {
    pub(crate) fn open(mut text: Text, file: &Arc<str>, format: Format) -> Result<Self, Error> {
        let header = first_line(&mut text).map_err(|error| Error::io(file, "cannot read", error))?;
        if header.trim_ascii().is_empty() {
            let seen = if header.is_empty() { "an empty file" } else { "an empty line" };
            let message = format!("expected a header line with the names of the columns, saw {seen}");
            return Err(Error::new(ErrorKind::Format, file, message));
        }
        let delimiter = match format {
            Format::Tsv => b'\t',
            _ => delimiter_of(&header),
        };
        let since_row = Arc::new(AtomicUsize::new(0));
        let text = Box::new(Cursor::new(header).chain(text));
        let mut reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(delimiter)
            .buffer_capacity(1 << 16)
            .from_reader(Capped { text, since_row: Arc::clone(&since_row) });
        let mut header = csv::ByteRecord::new();
        reader.read_byte_record(&mut header).map_err(|error| read_error(file, error))?;
        let mut columns = Vec::with_capacity(header.len());
        for (at, name) in header.iter().enumerate() {
            let name = std::str::from_utf8(name).map_err(|_| {
                let message = format!("expected the header in UTF-8, saw other bytes in column {}", at + 1);
                Error::new(ErrorKind::Format, file, message)
            })?;
            columns.push(Column::text(name.trim()));
        }
        Ok(Self { reader, since_row, columns })
    }

    /// `at`: the positions of the columns asked for.
    pub(crate) fn rows(self, at: Vec<usize>, heading: Arc<Heading>) -> DelimitedRows {
        DelimitedRows { table: self, at, heading, record: csv::ByteRecord::new() }
    }
}

/// The first line with its end; of a longer line than a row may be, only the start.
fn first_line(text: &mut Text) -> io::Result<Vec<u8>> {
    let mut line = Vec::new();
    text.by_ref().take(MAX_ROW_BYTES as u64).read_until(b'\n', &mut line)?;
    Ok(line)
}

/// A comma, unless the header has none and has semicolons or tabs outside of quotes.
fn delimiter_of(header: &[u8]) -> u8 {
    let mut quoted = false;
    let mut counts = [0usize; 3];
    for &byte in header {
        match byte {
            b'"' => quoted = !quoted,
            b',' if !quoted => counts[0] += 1,
            b';' if !quoted => counts[1] += 1,
            b'\t' if !quoted => counts[2] += 1,
            _ => {}
        }
    }
    match counts {
        [0, semicolons, tabs] if semicolons > 0 && semicolons >= tabs => b';',
        [0, _, tabs] if tabs > 0 => b'\t',
        _ => b',',
    }
}

fn read_error(file: &Arc<str>, error: csv::Error) -> Error {
    match error.into_kind() {
        csv::ErrorKind::Io(error) if error.kind() == io::ErrorKind::InvalidData => {
            Error::new(ErrorKind::Format, file, error.to_string())
        }
        csv::ErrorKind::Io(error) => Error::io(file, "cannot read", error),
        other => Error::new(ErrorKind::Format, file, format!("expected CSV, saw {other:?}")),
    }
}

pub(crate) struct DelimitedRows {
    table: DelimitedTable,
    at: Vec<usize>,
    heading: Arc<Heading>,
    record: csv::ByteRecord,
}

impl DelimitedRows {
    pub(crate) fn next(&mut self, index: u64) -> Option<Result<Row, Error>> {
        let file = &self.heading.file;
        let line = self.table.reader.position().line();
        self.table.since_row.store(0, Ordering::Relaxed);
        match self.table.reader.read_byte_record(&mut self.record) {
            Ok(false) => return None,
            Ok(true) => {}
            Err(error) => {
                let error = read_error(file, error);
                return Some(Err(if error.kind() == ErrorKind::Format {
                    error.at_line(line)
                } else {
                    error
                }));
            }
        }
        // Empty lines before the row are passed over by the parser; the record knows where it starts.
        let line = self.record.position().map_or(line, csv::Position::line);
        let (seen, expected) = (self.record.len(), self.table.columns.len());
        if seen != expected {
            let fields = if seen == 1 { "1 field".to_owned() } else { format!("{seen} fields") };
            let mut message = format!("{fields}, expected {expected} as in the header");
            let ended = self.table.reader.position().line();
            if ended > line + 1 {
                message.push_str(&format!(
                    "; the row goes on to line {}: is a quote not closed?",
                    ended.saturating_sub(1)
                ));
            }
            return Some(Err(Error::row(file, index, Some(line), message)));
        }
        let cells = self.at.iter().map(|&at| self.record.get(at).map_or(Cell::Missing, Cell::from_bytes));
        let cells = cells.collect();
        Some(Ok(Row { index, line: Some(line), cells, heading: Arc::clone(&self.heading) }))
    }
}
