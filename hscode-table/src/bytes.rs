//! From a file or a pipe to bytes of text: decompressed, without byte order mark, of a known kind.

use std::io::{self, BufRead, BufReader, Chain, Cursor, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use flate2::bufread::MultiGzDecoder;

use crate::{Error, ErrorKind, Format};

/// The most bytes of one row of a text file; a longer one is an error, so that memory stays bounded.
pub const MAX_ROW_BYTES: usize = 16 << 20;

/// How far a reader has come; shared, so that another thread may show it.
#[derive(Debug, Clone, Default)]
pub struct Progress {
    pub(crate) done: Arc<AtomicU64>,
    pub(crate) total: Option<u64>,
    pub(crate) rows: bool,
}

impl Progress {
    /// Bytes read from the file so far (as they lie on the disk), or rows of a Parquet file.
    pub fn done(&self) -> u64 {
        self.done.load(Ordering::Relaxed)
    }

    /// All bytes or rows of the file; `None` for a pipe.
    pub fn total(&self) -> Option<u64> {
        self.total
    }

    /// Whether the numbers are rows; else they are bytes.
    pub fn counts_rows(&self) -> bool {
        self.rows
    }
}

/// A source of text lines; what [`open`] makes of a pipe or file.
pub(crate) type Text = Box<dyn BufRead + Send>;

struct Counted<R> {
    inner: R,
    done: Arc<AtomicU64>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.done.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}

/// Bytes that were looked at, then the rest.
type Peeked<R> = Chain<Cursor<Vec<u8>>, R>;

/// Enough to know a byte order mark or a magic number.
const HEAD: usize = 8;

/// Looks at the first bytes; a pipe that has given a whole line is not waited for.
fn peek<R: Read>(mut reader: R) -> io::Result<(Vec<u8>, Peeked<R>)> {
    let mut head = Vec::with_capacity(HEAD);
    let mut buffer = [0; HEAD];
    while head.len() < HEAD && !head.contains(&b'\n') {
        match reader.read(&mut buffer[..HEAD - head.len()]) {
            Ok(0) => break,
            Ok(read) => head.extend_from_slice(&buffer[..read]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok((head.clone(), Cursor::new(head).chain(reader)))
}

/// Prepares a source of text: counts, decompresses gzip, refuses what is no UTF-8 text, skips the mark.
pub(crate) fn open(
    source: Box<dyn Read + Send>,
    file: &Arc<str>,
    format: Format,
    progress: &Progress,
) -> Result<Text, Error> {
    let failed = |error| Error::io(file, "cannot read", error);
    let counted = Counted { inner: source, done: Arc::clone(&progress.done) };
    let (head, whole) = peek(counted).map_err(failed)?;
    let inner: Box<dyn Read + Send> = if head.starts_with(&[0x1f, 0x8b]) {
        Box::new(MultiGzDecoder::new(BufReader::with_capacity(1 << 16, whole)))
    } else {
        Box::new(whole)
    };
    let (head, whole) = peek(inner).map_err(failed)?;
    if let Some(seen) = foreign(&head) {
        return Err(Error::new(ErrorKind::Format, file, format!("expected {format} in UTF-8, saw {seen}")));
    }
    let mut text = BufReader::with_capacity(1 << 16, whole);
    if head.starts_with(b"\xef\xbb\xbf") {
        let mut mark = [0; 3];
        text.read_exact(&mut mark).map_err(failed)?;
    }
    Ok(Box::new(text))
}

/// What the first bytes show, if it cannot be text in UTF-8.
fn foreign(head: &[u8]) -> Option<&'static str> {
    const UTF_16: &str =
        "UTF-16 (in a spreadsheet: save as \"CSV UTF-8\"; elsewhere: iconv -f UTF-16 -t UTF-8)";
    match head {
        [0xff, 0xfe, 0, 0, ..] | [0, 0, 0xfe, 0xff, ..] => Some("UTF-32"),
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] | [0, 1..=0x7f, ..] | [1..=0x7f, 0, ..] => Some(UTF_16),
        [b'P', b'A', b'R', b'1', ..] => Some("a Parquet file (choose the format parquet)"),
        [b'P', b'K', 3, 4, ..] => Some("a zip archive or .xlsx spreadsheet (save the sheet as CSV UTF-8)"),
        [0xd0, 0xcf, 0x11, 0xe0, ..] => Some("an old spreadsheet or document (save the sheet as CSV UTF-8)"),
        [b'%', b'P', b'D', b'F', ..] => Some("a PDF document"),
        _ => None,
    }
}

/// What [`LineReader::next`] found.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Line {
    /// A line is in the buffer, without its end.
    Whole,
    /// A line longer than [`MAX_ROW_BYTES`] was passed over.
    TooLong,
    /// There are no more.
    End,
}

/// Lines of a text, counted from 1, in bounded memory.
pub(crate) struct LineReader {
    text: Text,
    number: u64,
    spare: Vec<u8>,
}

impl LineReader {
    pub(crate) fn new(text: Text) -> Self {
        Self { text, number: 0, spare: Vec::new() }
    }

    /// The number of the last line given.
    pub(crate) fn number(&self) -> u64 {
        self.number
    }

    /// Memory for a line: what was last given to [`set_buffer`](Self::set_buffer).
    pub(crate) fn buffer(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.spare)
    }

    /// Gives back the memory of a line.
    pub(crate) fn set_buffer(&mut self, buffer: Vec<u8>) {
        self.spare = buffer;
    }

    /// Puts the next line into `line`, without `\n` or `\r\n`.
    pub(crate) fn next(&mut self, line: &mut Vec<u8>) -> io::Result<Line> {
        line.clear();
        let (mut started, mut too_long) = (false, false);
        loop {
            let available = match self.text.fill_buf() {
                Ok(available) => available,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            if available.is_empty() {
                if !started {
                    return Ok(Line::End);
                }
                break;
            }
            started = true;
            let (part, used, ended) = match available.iter().position(|&byte| byte == b'\n') {
                Some(at) => (&available[..at], at + 1, true),
                None => (available, available.len(), false),
            };
            if line.len() + part.len() > MAX_ROW_BYTES {
                too_long = true;
                line.clear();
            }
            if !too_long {
                line.extend_from_slice(part);
            }
            self.text.consume(used);
            if ended {
                break;
            }
        }
        self.number += 1;
        if line.last() == Some(&b'\r') {
            line.pop();
        }
        Ok(if too_long { Line::TooLong } else { Line::Whole })
    }
}

/// The message about a row beyond [`MAX_ROW_BYTES`].
pub(crate) fn too_long() -> String {
    format!("the row is longer than {} MiB", MAX_ROW_BYTES >> 20)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn reader(bytes: Vec<u8>) -> LineReader {
        LineReader::new(Box::new(BufReader::with_capacity(16, Cursor::new(bytes))))
    }

    proptest! {
        #[test]
        fn lines_are_those_of_the_standard_library(text in "[ab\r\n]{0,60}") {
            let expected: Vec<String> = text.lines().map(str::to_owned).collect();
            let (mut lines, mut line, mut seen) = (reader(text.into_bytes()), Vec::new(), Vec::new());
            while lines.next(&mut line).unwrap() == Line::Whole {
                seen.push(String::from_utf8(line.clone()).unwrap());
            }
            prop_assert_eq!(lines.number(), expected.len() as u64);
            // The standard library keeps a lone '\r' at the very end, which has no '\n' after it.
            let seen: Vec<&str> = seen.iter().map(|line| line.trim_end_matches('\r')).collect();
            let expected: Vec<&str> = expected.iter().map(|line| line.trim_end_matches('\r')).collect();
            prop_assert_eq!(seen, expected);
        }
    }

    #[test]
    fn a_line_beyond_the_limit_is_passed_over() {
        let mut bytes = vec![b'x'; MAX_ROW_BYTES + 1];
        bytes.extend_from_slice(b"\nnext\n");
        let (mut lines, mut line) = (reader(bytes), Vec::new());
        assert_eq!(lines.next(&mut line).unwrap(), Line::TooLong);
        assert_eq!(lines.next(&mut line).unwrap(), Line::Whole);
        assert_eq!((line.as_slice(), lines.number()), (b"next".as_slice(), 2));
        assert_eq!(lines.next(&mut line).unwrap(), Line::End);
    }
}
