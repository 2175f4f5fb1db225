//! A user's own file of codes and titles: CSV of any of the usual shapes.

use std::borrow::Cow;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use super::embedded::with_ancestors;
use super::{Extent, Nomenclature};
use crate::{Edition, Error, ErrorKind, HsCode};

const MAX_BYTES: u64 = 64 << 20;
const MAX_CODES: usize = 200_000;
const MAX_TITLE_BYTES: usize = 16 << 10;
const MAX_FIELDS: usize = 256;

/// Column names as they are compared: letters and digits alone, in lower case.
const CODE_COLUMNS: [&str; 13] = [
    "code",
    "hscode",
    "hs",
    "hs6",
    "hs4",
    "hs8",
    "hs10",
    "cmdcode",
    "commoditycode",
    "productcode",
    "goodscode",
    "goodsnomenclatureitemid",
    "htsnumber",
];
const TITLE_COLUMNS: [&str; 9] = [
    "description",
    "title",
    "text",
    "label",
    "name",
    "cmddesc",
    "descriptionen",
    "goodsdescription",
    "commoditydescription",
];

pub(super) fn open(path: &Path, edition: &Edition) -> Result<Nomenclature, Error> {
    let place = path.display();
    let file = File::open(path)
        .map_err(|cause| Error::new(ErrorKind::Io, "cannot open").with_source(cause).at(&place))?;
    from_reader(file, edition).map_err(|error| error.at(&place))
}

pub(super) fn from_reader(reader: impl Read, edition: &Edition) -> Result<Nomenclature, Error> {
    let mut bytes = Vec::new();
    reader
        .take(MAX_BYTES + 1)
        .read_to_end(&mut bytes)
        .map_err(|cause| Error::new(ErrorKind::Io, "cannot read").with_source(cause))?;
    from_bytes(&bytes, edition)
}

pub(super) fn from_bytes(bytes: &[u8], edition: &Edition) -> Result<Nomenclature, Error> {
    if bytes.len() as u64 > MAX_BYTES {
        return Err(invalid(format!("expected at most {} MiB of text", MAX_BYTES >> 20)));
    }
    let mut rows = rows(decode(bytes)?)?;
    rows.sort_by_key(|row| (row.code, row.line)); // by line as well, so that the message is always the same
    for pair in rows.windows(2) {
        if pair[0].code == pair[1].code {
            return Err(invalid(format!(
                "line {}: code {} stands on line {} already; expected each code once",
                pair[1].line, pair[1].code, pair[0].line
            )));
        }
    }
    let given: Vec<HsCode> = rows.iter().map(|row| row.code).collect();
    let codes = with_ancestors(&given);
    let mut text = String::new();
    let mut titles = Vec::with_capacity(codes.len());
    let mut rows = rows.into_iter().peekable();
    for code in &codes {
        let title = rows.next_if(|row| row.code == *code).map(|row| row.title).unwrap_or_default();
        // Both fit: the text was at most 64 MiB.
        titles.push(Extent { start: text.len() as u32, len: title.len() as u32 });
        text.push_str(&title);
    }
    if text.is_empty() {
        titles.clear();
    }
    Ok(Nomenclature::assemble(edition, codes, titles, Cow::Owned(text)))
}

/// The text without its byte order mark.
fn decode(bytes: &[u8]) -> Result<&str, Error> {
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return Err(invalid("line 1: expected UTF-8, saw UTF-16; save the file as \"CSV UTF-8\"".to_owned()));
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    std::str::from_utf8(bytes).map_err(|cause| {
        let line = 1 + bytes[..cause.valid_up_to()].iter().filter(|b| **b == b'\n').count();
        let byte = bytes.get(cause.valid_up_to()).copied().unwrap_or_default();
        invalid(format!("line {line}: expected UTF-8, saw byte 0x{byte:02x}; save the file as \"CSV UTF-8\""))
            .with_source(cause)
    })
}

struct Row {
    line: usize,
    code: HsCode,
    title: String,
}

fn rows(text: &str) -> Result<Vec<Row>, Error> {
    let first_line = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    let mut reader = Fields { text, separator: separator(first_line), at: 0, line: 1 };
    let mut rows = Vec::new();
    let mut columns = None;
    while let Some((line, fields)) = reader.next_row()? {
        if fields.iter().all(|field| field.trim().is_empty()) {
            continue;
        }
        let (code_column, title_column) = match columns {
            Some(columns) => columns,
            None => {
                let (found, is_head) = head(line, &fields)?;
                columns = Some(found);
                if is_head {
                    continue;
                }
                found
            }
        };
        let Some(code) = fields.get(code_column) else {
            return Err(invalid(format!(
                "line {line}: expected a code in column {}, saw {} columns",
                code_column + 1,
                fields.len()
            )));
        };
        let code = HsCode::parse(code).map_err(|error| error.at(format_args!("line {line}")))?;
        let title = title_column.and_then(|column| fields.get(column)).map(|title| title.trim());
        let title = title.unwrap_or_default().to_owned();
        if title.len() > MAX_TITLE_BYTES {
            return Err(invalid(format!(
                "line {line}: expected a title of at most {MAX_TITLE_BYTES} bytes, saw {}",
                title.len()
            )));
        }
        if rows.len() == MAX_CODES {
            return Err(invalid(format!("line {line}: expected at most {MAX_CODES} codes")));
        }
        rows.push(Row { line, code, title });
    }
    if rows.is_empty() {
        return Err(invalid("expected lines of code and description, saw no code".to_owned()));
    }
    Ok(rows)
}

/// The columns of code and title, and whether the line names them or is a row already.
fn head(line: usize, fields: &[Cow<'_, str>]) -> Result<((usize, Option<usize>), bool), Error> {
    let plain: Vec<String> = fields
        .iter()
        .map(|name| name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect())
        .collect();
    let find = |names: &[&str]| names.iter().find_map(|name| plain.iter().position(|field| field == name));
    if let Some(code) = find(&CODE_COLUMNS) {
        let title = find(&TITLE_COLUMNS).filter(|title| *title != code);
        return Ok(((code, title), true));
    }
    if fields.first().is_some_and(|field| field.chars().any(|c| c.is_ascii_digit())) {
        return Ok(((0, Some(1)), false));
    }
    Err(invalid(format!(
        "line {line}: expected a column named code (or hs_code, commodity_code ...) among the {} there are, or \
         rows of code and description without a head line",
        fields.len()
    )))
}

/// The separator of the first line, outside quotes: the one seen most often; comma if none is.
fn separator(line: &str) -> u8 {
    let count = |separator: u8| {
        let mut quoted = false;
        line.bytes()
            .filter(|b| {
                quoted ^= *b == b'"';
                !quoted && *b == separator
            })
            .count()
    };
    let mut best = b',';
    for other in [b'\t', b';'] {
        if count(other) > count(best) {
            best = other;
        }
    }
    best
}

/// Rows of a CSV text (RFC 4180); borrowed where no quote is doubled.
struct Fields<'a> {
    text: &'a str,
    separator: u8,
    at: usize,
    line: usize,
}

type Line<'a> = (usize, Vec<Cow<'a, str>>);

impl<'a> Fields<'a> {
    /// The next row with the number of its first line; `None` at the end.
    fn next_row(&mut self) -> Result<Option<Line<'a>>, Error> {
        if self.at >= self.text.len() {
            return Ok(None);
        }
        let line = self.line;
        let mut fields = Vec::with_capacity(4);
        loop {
            if fields.len() == MAX_FIELDS {
                return Err(invalid(format!("line {line}: expected at most {MAX_FIELDS} columns")));
            }
            fields.push(self.field()?);
            let bytes = self.text.as_bytes();
            match bytes.get(self.at) {
                Some(b) if *b == self.separator => self.at += 1,
                Some(b'\r') if bytes.get(self.at + 1) == Some(&b'\n') => {
                    self.at += 2;
                    break;
                }
                Some(_) => {
                    self.at += 1; // a line feed, or a carriage return of old
                    break;
                }
                None => break,
            }
        }
        self.line += 1;
        Ok(Some((line, fields)))
    }

    /// The next field; afterwards `at` is on a separator, a line end or the end.
    fn field(&mut self) -> Result<Cow<'a, str>, Error> {
        let rest = self.text.get(self.at..).unwrap_or_default();
        if !rest.starts_with('"') {
            let end = rest.bytes().position(|b| b == self.separator || b == b'\n' || b == b'\r');
            let field = &rest[..end.unwrap_or(rest.len())];
            self.at += field.len();
            return Ok(Cow::Borrowed(field));
        }
        let opened_on = self.line;
        let mut value = Cow::Borrowed("");
        let mut inner = &rest[1..];
        self.at += 1;
        loop {
            let Some(end) = inner.find('"') else {
                return Err(invalid(format!("line {opened_on}: a quote is opened and not closed")));
            };
            let part = &inner[..end];
            self.line += part.bytes().filter(|b| *b == b'\n').count();
            self.at += end + 1;
            inner = &inner[end + 1..];
            if value.is_empty() {
                value = Cow::Borrowed(part);
            } else {
                value.to_mut().push_str(part);
            }
            match inner.as_bytes().first() {
                Some(b'"') => {
                    value.to_mut().push('"');
                    self.at += 1;
                    inner = &inner[1..];
                }
                None | Some(b'\n' | b'\r') => return Ok(value),
                Some(b) if *b == self.separator => return Ok(value),
                Some(_) => {
                    return Err(invalid(format!(
                        "line {}: expected a separator or the line's end after a closing quote",
                        self.line
                    )));
                }
            }
        }
    }
}

fn invalid(why: String) -> Error {
    Error::new(ErrorKind::InvalidInput, why)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Level;
    use proptest::prelude::*;

    fn read(text: &[u8]) -> Result<Nomenclature, Error> {
        Nomenclature::from_bytes(text, &Edition::HS2022)
    }

    fn code(text: &str) -> HsCode {
        HsCode::parse(text).unwrap()
    }

    #[test]
    fn reads_the_usual_shapes() {
        for text in [
            "code,description\n6109.10,\"Tee, of \"\"cotton\"\"\"\n61,Knitted\n",
            "\u{feff}Code;Title\r\n61;Knitted\r\n6109.10;\"Tee, of \"\"cotton\"\"\"\r\n",
            "level\tHS Code\tDescription\n2\t61\tKnitted\n6\t610910\t\"Tee, of \"\"cotton\"\"\"",
            "\n61,Knitted\n610910,\"Tee, of \"\"cotton\"\"\",rest\n",
            "code,description\r61,Knitted\r610910,\"Tee, of \"\"cotton\"\"\"\r",
        ] {
            let read = read(text.as_bytes()).unwrap();
            assert_eq!(read.title(code("610910")), Some("Tee, of \"cotton\""), "{text:?}");
            assert_eq!(read.title(code("61")), Some("Knitted"));
            assert_eq!(read.title(code("6109")), None);
            assert!(read.contains(code("6109")) && read.len() == 3);
        }
    }

    #[test]
    fn keeps_tariff_lines_and_the_codes_between() {
        let read = read(b"code,description\n8517130000,Smart\n8517.14.00.10,Other\n").unwrap();
        assert_eq!(read.count(Level::TariffLine), 4);
        assert_eq!(read.children(code("851713")).collect::<Vec<_>>(), [code("85171300")]);
        assert_eq!(read.parent(code("8517130000")), Some(code("85171300")));
        assert_eq!(read.path(code("8517130000")).last(), Some((code("8517130000"), Some("Smart"))));
    }

    #[test]
    fn says_what_is_wrong_and_where() {
        let message = |text: &[u8]| read(text).unwrap_err().to_string();
        assert_eq!(
            message(b"code,description\n61,x\n10121,y\n"),
            "line 3: \"10121\": 5 digits; did a spreadsheet drop the zero of 010121?"
        );
        assert_eq!(
            message(b"code,description\n61,x\n\n\"62\",\"two\nlines\"\n61,y\n"),
            "line 6: code 61 stands on line 2 already; expected each code once"
        );
        assert!(message(b"code,description\n61,\"x\n62,y\n").starts_with("line 2: a quote is opened"));
        assert!(message(b"code,description\n61,\"x\"y\n").starts_with("line 2: expected a separator"));
        assert!(
            message(b"code,description\n61,caf\xe9\n").starts_with("line 2: expected UTF-8, saw byte 0xe9")
        );
        assert!(message(b"\xff\xfe6\x001\x00").contains("saw UTF-16"));
        assert!(message(b"").contains("saw no code"));
        assert!(message(b"code,description\n").contains("saw no code"));
        assert!(message(b"colour,size\nred,XL\n").starts_with("line 1: expected a column named code"));
        assert!(message(b"title,code\nx\n").starts_with("line 2: expected a code in column 2, saw 1"));
        let long = format!("code,description\n61,{}\n", "x".repeat(MAX_TITLE_BYTES + 1));
        assert!(message(long.as_bytes()).starts_with("line 2: expected a title of at most"));
        assert!(message(",".repeat(1000).as_bytes()).contains("columns"));
        let missing = Nomenclature::open("/nonexistent/hs.csv", &Edition::HS2022).unwrap_err();
        assert_eq!(missing.kind(), ErrorKind::Io);
        assert!(missing.to_string().starts_with("/nonexistent/hs.csv: "), "{missing}");
    }

    #[test]
    fn a_reader_that_fails_is_an_io_error() {
        struct Broken;
        impl Read for Broken {
            fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
                Err(std::io::Error::other("disk gone"))
            }
        }
        assert_eq!(Nomenclature::from_reader(Broken, &Edition::HS2022).unwrap_err().kind(), ErrorKind::Io);
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = read(&bytes);
        }

        #[test]
        fn any_text_like_csv_is_read_or_refused(text in "(code,description\n)?[0-9\",;\r\n\t.a]{0,60}") {
            if let Ok(read) = read(text.as_bytes()) {
                prop_assert!(read.all().windows(2).all(|pair| pair[0] < pair[1]));
                for c in read.all() {
                    prop_assert!(c.ancestors().all(|above| read.contains(above)));
                }
            }
        }

        #[test]
        fn what_is_written_is_read(
            titles in proptest::collection::btree_map(1..100_u32, "[a-z,;\"\n\t][a-zé,;\"\n]{0,20}[a-z\"]", 1..20)
        ) {
            let mut text = "code,description\r\n".to_owned();
            for (number, title) in &titles {
                text.push_str(&format!("{number:02},\"{}\"\r\n", title.replace('"', "\"\"")));
            }
            let read = read(text.as_bytes()).unwrap();
            prop_assert_eq!(read.len(), titles.len());
            for (number, title) in &titles {
                prop_assert_eq!(read.title(code(&format!("{number:02}"))), Some(title.trim()));
            }
        }
    }
}
