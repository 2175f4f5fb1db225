//! Plain lines: one text a line.

use std::sync::Arc;

use crate::bytes::{Line, LineReader, Text, too_long};
use crate::row::Heading;
use crate::{Cell, Error, Row};

pub(crate) struct LineRows {
    lines: LineReader,
    heading: Arc<Heading>,
    buffer: Vec<u8>,
}

impl LineRows {
    pub(crate) fn new(text: Text, heading: Arc<Heading>) -> Self {
        Self { lines: LineReader::new(text), heading, buffer: Vec::new() }
    }

    pub(crate) fn next(&mut self, index: u64) -> Option<Result<Row, Error>> {
        let file = &self.heading.file;
        match self.lines.next(&mut self.buffer) {
            Ok(Line::End) => None,
            Ok(Line::TooLong) => Some(Err(Error::row(file, index, Some(self.lines.number()), too_long()))),
            Ok(Line::Whole) => {
                // The same column may be asked for more than once.
                let cells = self.heading.columns.iter().map(|_| Cell::from_bytes(&self.buffer)).collect();
                let line = Some(self.lines.number());
                Some(Ok(Row { index, line, cells, heading: Arc::clone(&self.heading) }))
            }
            Err(error) => Some(Err(Error::io(file, "cannot read", error))),
        }
    }
}
