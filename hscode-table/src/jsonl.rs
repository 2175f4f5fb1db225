//! JSONL: one JSON object a line; empty lines are passed over.

use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};

use crate::bytes::{Line, LineReader, Text, too_long};
use crate::row::Heading;
use crate::{Cell, Column, Error, ErrorKind, Kind, Row};

/// How many rows are looked at to learn the columns.
const ROWS_TO_LEARN: usize = 100;

/// The table before its columns are chosen: some rows are read and kept.
pub(crate) struct JsonlTable {
    lines: LineReader,
    file: Arc<str>,
    kept: VecDeque<Kept>,
    learnt: usize,
    ended: bool,
    pub(crate) columns: Vec<Column>,
}

struct Kept {
    number: u64,
    line: Option<Vec<u8>>,
}

impl JsonlTable {
    /// Reads up to the first row that is an object.
    pub(crate) fn open(text: Text, file: &Arc<str>) -> Result<Self, Error> {
        let mut table = Self {
            lines: LineReader::new(text),
            file: Arc::clone(file),
            kept: VecDeque::new(),
            learnt: 0,
            ended: false,
            columns: Vec::new(),
        };
        while table.columns.is_empty() && table.learn_more()? {}
        Ok(table)
    }

    /// Reads one more row to learn its columns; `false` when there are no more, or enough were read.
    pub(crate) fn learn_more(&mut self) -> Result<bool, Error> {
        if self.ended || self.learnt >= ROWS_TO_LEARN {
            return Ok(false);
        }
        self.learnt += 1;
        let mut line = Vec::new();
        let found = self.lines.next(&mut line).map_err(|e| Error::io(&self.file, "cannot read", e))?;
        match found {
            Line::End => self.ended = true,
            Line::TooLong => self.kept.push_back(Kept { number: self.lines.number(), line: None }),
            Line::Whole => {
                if self.lines.number() == 1 && line.trim_ascii_start().starts_with(b"[") {
                    return Err(Error::new(
                        ErrorKind::Format,
                        &self.file,
                        "expected one JSON object a line, saw a list (turn it into lines: jq -c '.[]')",
                    ));
                }
                for (name, kind) in keys(&line).unwrap_or_default() {
                    if !self.columns.iter().any(|column| column.name() == name) {
                        self.columns.push(Column::new(name, kind, type_name(kind)));
                    }
                }
                self.kept.push_back(Kept { number: self.lines.number(), line: Some(line) });
            }
        }
        Ok(!self.ended)
    }

    pub(crate) fn rows(self, heading: Arc<Heading>) -> JsonlRows {
        JsonlRows { table: self, heading, buffer: Vec::new() }
    }
}

fn type_name(kind: Kind) -> &'static str {
    match kind {
        Kind::Text => "text",
        Kind::Integer | Kind::Float => "number",
        Kind::Boolean => "truth value",
        Kind::Nested => "list or object",
        Kind::Unknown => "null",
    }
}

pub(crate) struct JsonlRows {
    table: JsonlTable,
    heading: Arc<Heading>,
    buffer: Vec<u8>,
}

impl JsonlRows {
    pub(crate) fn next(&mut self, index: u64) -> Option<Result<Row, Error>> {
        loop {
            let number = match self.table.kept.pop_front() {
                Some(Kept { number, line: Some(line) }) => {
                    self.buffer = line;
                    number
                }
                Some(Kept { number, line: None }) => return Some(Err(self.bad(index, number, too_long()))),
                None if self.table.ended => return None,
                None => match self.table.lines.next(&mut self.buffer) {
                    Ok(Line::End) => return None,
                    Ok(Line::Whole) => self.table.lines.number(),
                    Ok(Line::TooLong) => {
                        return Some(Err(self.bad(index, self.table.lines.number(), too_long())));
                    }
                    Err(error) => return Some(Err(Error::io(&self.heading.file, "cannot read", error))),
                },
            };
            if self.buffer.trim_ascii().is_empty() {
                continue;
            }
            return Some(self.row(index, number));
        }
    }

    fn bad(&self, index: u64, number: u64, message: impl Into<String>) -> Error {
        Error::row(&self.heading.file, index, Some(number), message)
    }

    fn row(&self, index: u64, number: u64) -> Result<Row, Error> {
        let text = std::str::from_utf8(&self.buffer).map_err(|error| {
            let at = error.valid_up_to();
            self.bad(index, number, format!("expected UTF-8, saw other bytes at byte {at} of the line"))
        })?;
        let mut cells = vec![Cell::Missing; self.heading.columns.len()];
        let mut json = serde_json::Deserializer::from_str(text);
        let picked = json
            .deserialize_any(Pick { names: &self.heading.columns, cells: &mut cells })
            .and_then(|()| json.end());
        match picked {
            Ok(()) => Ok(Row { index, line: Some(number), cells, heading: Arc::clone(&self.heading) }),
            Err(error) => Err(self.bad(index, number, explained(&error))),
        }
    }
}

/// What serde_json says, with the place in the line in our words, and without the text that it saw.
fn explained(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let message = match text.rfind(" at line ") {
        Some(at) => &text[..at],
        None => &text,
    };
    if error.is_data() {
        return "expected a JSON object, saw another JSON value".to_owned();
    }
    format!("expected a JSON object, saw broken JSON: {message} (column {} of the line)", error.column())
}

/// Puts the values of the named keys into `cells`.
struct Pick<'a> {
    names: &'a [String],
    cells: &'a mut [Cell],
}

impl<'de> Visitor<'de> for Pick<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(wanted) = map.next_key_seed(Position { names: self.names })? {
            let Some(first) = wanted else {
                map.next_value::<IgnoredAny>()?;
                continue;
            };
            let cell = cell(map.next_value()?);
            for at in first..self.names.len() {
                if self.names[at] == self.names[first] {
                    self.cells[at] = cell.clone();
                }
            }
        }
        Ok(())
    }
}

/// Finds a key among the names without keeping it.
struct Position<'a> {
    names: &'a [String],
}

impl<'de> DeserializeSeed<'de> for Position<'_> {
    type Value = Option<usize>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Position<'_> {
    type Value = Option<usize>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E>(self, key: &str) -> Result<Self::Value, E> {
        Ok(self.names.iter().position(|name| name == key))
    }
}

fn cell(value: serde_json::Value) -> Cell {
    use serde_json::Value;
    match value {
        Value::Null => Cell::Null,
        Value::Bool(value) => Cell::Boolean(value),
        Value::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(number), _) => Cell::Integer(number),
            (None, Some(number)) => Cell::Float(number),
            (None, None) => Cell::Null,
        },
        Value::String(text) => Cell::Text(text),
        nested @ (Value::Array(_) | Value::Object(_)) => Cell::Nested(nested.to_string()),
    }
}

/// The keys of an object with the kinds of their values, in order; `None` if the line is no object.
fn keys(line: &[u8]) -> Option<Vec<(String, Kind)>> {
    struct Keys(Vec<(String, Kind)>);
    impl<'de> Visitor<'de> for Keys {
        type Value = Vec<(String, Kind)>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }

        fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<Self::Value, A::Error> {
            while let Some(key) = map.next_key::<String>()? {
                let kind = match cell(map.next_value()?) {
                    Cell::Text(_) => Kind::Text,
                    Cell::Integer(_) => Kind::Integer,
                    Cell::Float(_) => Kind::Float,
                    Cell::Boolean(_) => Kind::Boolean,
                    Cell::Nested(_) => Kind::Nested,
                    Cell::Null | Cell::Missing | Cell::NotUtf8(_) => Kind::Unknown,
                };
                self.0.push((key, kind));
            }
            Ok(self.0)
        }
    }
    serde_json::Deserializer::from_slice(line).deserialize_any(Keys(Vec::new())).ok()
}
