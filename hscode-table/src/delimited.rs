//! CSV and TSV with a header line.
//!
//! Read by our own parser instead of a crate's, for one reason: a quote that is never closed must cost its own
//! row and not all rows after it.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::bytes::{Line, LineReader, MAX_ROW_BYTES, Text, too_long};
use crate::row::Heading;
use crate::{Cell, Column, Error, ErrorKind, Format, Row};

/// The table with its header read.
pub(crate) struct DelimitedTable {
    lines: Lines,
    delimiter: u8,
    pub(crate) columns: Vec<Column>,
}

impl DelimitedTable {
    pub(crate) fn open(text: Text, file: &Arc<str>, format: Format) -> Result<Self, Error> {
        let format_error = |message: String| Error::new(ErrorKind::Format, file, message);
        let mut lines = Lines { reader: LineReader::new(text), ahead: VecDeque::new() };
        let first = lines.next().map_err(|error| Error::io(file, "cannot read", error))?;
        let seen = match &first {
            None => Some("an empty file"),
            Some(Numbered { text: None, .. }) => return Err(format_error(too_long())),
            Some(Numbered { text: Some(header), .. }) if header.trim_ascii().is_empty() => {
                Some("an empty line")
            }
            Some(Numbered { text: Some(header), .. }) if header.contains(&b'\r') => {
                Some("line ends of a carriage return alone")
            }
            Some(_) => None,
        };
        let Some(Numbered { number, text: Some(header) }) = first.filter(|_| seen.is_none()) else {
            let seen = seen.unwrap_or_default();
            return Err(format_error(format!(
                "expected a header line with the names of the columns, saw {seen}"
            )));
        };
        let delimiter = match format {
            Format::Tsv => b'\t',
            _ => delimiter_of(&header),
        };
        let mut record = Record::default();
        match lines.record(number, &header, delimiter, &mut record) {
            Ok(true) => {}
            Ok(false) => return Err(format_error("the header has a quote that is not closed".to_owned())),
            Err(error) => return Err(Error::io(file, "cannot read", error)),
        }
        let mut columns = Vec::with_capacity(record.len());
        for at in 0..record.len() {
            let name = std::str::from_utf8(record.field(at)).map_err(|_| {
                format_error(format!("expected the header in UTF-8, saw other bytes in column {}", at + 1))
            })?;
            columns.push(Column::text(name.trim()));
        }
        Ok(Self { lines, delimiter, columns })
    }

    /// `at`: the positions of the columns asked for.
    pub(crate) fn rows(self, at: Vec<usize>, heading: Arc<Heading>) -> DelimitedRows {
        DelimitedRows { table: self, at, heading, record: Record::default() }
    }
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

pub(crate) struct DelimitedRows {
    table: DelimitedTable,
    at: Vec<usize>,
    heading: Arc<Heading>,
    record: Record,
}

impl DelimitedRows {
    pub(crate) fn next(&mut self, index: u64) -> Option<Result<Row, Error>> {
        let file = &self.heading.file;
        let read_error = |error| Some(Err(Error::io(file, "cannot read", error)));
        let (number, text) = loop {
            match self.table.lines.next() {
                Ok(None) => return None,
                // Lines without anything are no rows, also in a table of one column, as elsewhere.
                Ok(Some(Numbered { text: Some(text), .. })) if text.is_empty() => {
                    self.table.lines.reuse(text)
                }
                Ok(Some(Numbered { number, text: Some(text) })) => break (number, text),
                Ok(Some(Numbered { number, text: None })) => {
                    return Some(Err(Error::row(file, index, Some(number), too_long())));
                }
                Err(error) => return read_error(error),
            }
        };
        let bad = |message: &str| Some(Err(Error::row(file, index, Some(number), message)));
        match self.table.lines.record(number, &text, self.table.delimiter, &mut self.record) {
            Ok(true) => {}
            Ok(false) => {
                return bad("expected the quote that opens a field to be closed before the next field");
            }
            Err(error) => return read_error(error),
        }
        let (seen, expected) = (self.record.len(), self.table.columns.len());
        if seen != expected {
            // Of a row over several lines, the later lines may be rows that an open quote has swallowed.
            self.table.lines.give_back(&mut self.record);
            let fields = if seen == 1 { "1 field".to_owned() } else { format!("{seen} fields") };
            return bad(&format!("{fields}, expected {expected} as in the header"));
        }
        self.table.lines.reuse(text);
        let cells = self.at.iter().map(|&at| Cell::from_bytes(self.record.field(at))).collect();
        Some(Ok(Row { index, line: Some(number), cells, heading: Arc::clone(&self.heading) }))
    }
}

/// A line with its number; without text where it is longer than a row may be.
struct Numbered {
    number: u64,
    text: Option<Vec<u8>>,
}

/// Lines that can be given back, so that what an open quote swallowed is read again.
struct Lines {
    reader: LineReader,
    ahead: VecDeque<Numbered>,
}

impl Lines {
    fn next(&mut self) -> std::io::Result<Option<Numbered>> {
        if let Some(line) = self.ahead.pop_front() {
            return Ok(Some(line));
        }
        let mut text = self.reader.buffer();
        let text = match self.reader.next(&mut text)? {
            Line::End => return Ok(None),
            Line::Whole => Some(text),
            Line::TooLong => None,
        };
        Ok(Some(Numbered { number: self.reader.number(), text }))
    }

    /// Keeps the memory of a line for the next one.
    fn reuse(&mut self, text: Vec<u8>) {
        self.reader.set_buffer(text);
    }

    /// Reads the record that starts with this line into `record`, with as many further lines as its quotes go
    /// over. `false` when a quote is not closed; the further lines are then given back.
    fn record(
        &mut self,
        number: u64,
        first: &[u8],
        delimiter: u8,
        record: &mut Record,
    ) -> std::io::Result<bool> {
        record.clear();
        let mut size = first.len();
        let mut state = record.add_line(first, delimiter, None);
        while state == State::Open {
            let Some(line) = self.next()? else { break };
            size += line.text.as_ref().map_or(MAX_ROW_BYTES, Vec::len);
            state = match &line.text {
                Some(text) if size <= MAX_ROW_BYTES => record.add_line(text, delimiter, Some(number)),
                _ => State::Broken,
            };
            record.further.push(line);
        }
        if state != State::Closed {
            self.give_back(record);
        }
        Ok(state == State::Closed)
    }

    fn give_back(&mut self, record: &mut Record) {
        for line in record.further.drain(..).rev() {
            self.ahead.push_front(line);
        }
    }
}

/// How a line left a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// The record has ended.
    Closed,
    /// A quote is open.
    Open,
    /// The quote that closed the one from a line before stands inside a field, so the opening one was no quote.
    Broken,
}

/// The fields of one record, and the lines that it took after its first.
#[derive(Default)]
struct Record {
    bytes: Vec<u8>,
    ends: Vec<usize>,
    further: Vec<Numbered>,
}

impl Record {
    fn clear(&mut self) {
        self.bytes.clear();
        self.ends.clear();
        self.further.clear();
    }

    fn len(&self) -> usize {
        self.ends.len()
    }

    fn field(&self, at: usize) -> &[u8] {
        let start = if at == 0 { 0 } else { self.ends[at - 1] };
        &self.bytes[start..self.ends[at]]
    }

    fn end_field(&mut self) {
        self.ends.push(self.bytes.len());
    }

    /// Adds a line; `open_since`: the line where the quote was opened that is still open.
    fn add_line(&mut self, line: &[u8], delimiter: u8, open_since: Option<u64>) -> State {
        let mut rest = line;
        let mut quoted = open_since.is_some();
        let mut from_before = quoted;
        if quoted {
            self.bytes.push(b'\n');
        } else if let Some((b'"', after)) = rest.split_first() {
            (quoted, rest) = (true, after);
        }
        loop {
            if quoted {
                let Some(at) = rest.iter().position(|&byte| byte == b'"') else {
                    self.bytes.extend_from_slice(rest);
                    return State::Open;
                };
                self.bytes.extend_from_slice(&rest[..at]);
                rest = &rest[at + 1..];
                match rest.first() {
                    Some(b'"') => {
                        self.bytes.push(b'"');
                        rest = &rest[1..];
                        continue;
                    }
                    Some(&byte) if byte != delimiter && from_before => return State::Broken,
                    _ => (quoted, from_before) = (false, false),
                }
            }
            // Quotes inside of a field that does not start with one mean themselves: `12" pipe`.
            let Some(at) = rest.iter().position(|&byte| byte == delimiter) else {
                self.bytes.extend_from_slice(rest);
                self.end_field();
                return State::Closed;
            };
            self.bytes.extend_from_slice(&rest[..at]);
            self.end_field();
            rest = &rest[at + 1..];
            if let Some((b'"', after)) = rest.split_first() {
                (quoted, rest) = (true, after);
            }
        }
    }
}
