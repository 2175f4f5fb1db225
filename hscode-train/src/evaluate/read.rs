//! A data set from a file: CSV, TSV, JSONL (each also gzipped) or Parquet.

use std::path::Path;

use hscode_core::{Edition, Error, ErrorKind};
use hscode_table::{Cell, Reader, Row};

use super::{Dataset, DatasetBuilder};
use crate::progress::{Progress, StepError, check};

/// The columns looked for when none is named, in this order.
const TEXT_COLUMNS: [&str; 2] = ["text", "description"];
const CODE_COLUMNS: [&str; 2] = ["hs6", "code"];

/// Rows between two looks at the stop flag.
const EVERY: u64 = 1024;

/// How to read a file of descriptions with right codes.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct ReadOptions<'a> {
    /// The column of descriptions; `None` takes `text` or `description`.
    pub text_column: Option<&'a str>,
    /// The column of right codes; `None` takes `hs6` or `code`.
    pub code_column: Option<&'a str>,
    /// The edition of the codes; `None` is the edition they are judged in.
    pub data_edition: Option<&'a Edition>,
}

impl Dataset {
    /// Reads a file; its name without the endings of the format becomes the data set's.
    ///
    /// `edition`: that of the classifiers, in which the rows are judged. Codes may be stored as whole numbers;
    /// one that has lost its leading zero is not guessed but kept with the reason.
    ///
    /// # Errors
    /// `Io`: the file cannot be read. `InvalidInput`: it is of another format, a column is missing (the message
    /// lists those seen), or no row can be judged. `Stopped` when `progress` says so. Otherwise as
    /// [`DatasetBuilder::new`].
    pub fn open(
        path: &Path,
        edition: &Edition,
        options: &ReadOptions<'_>,
        progress: &dyn Progress,
    ) -> Result<Self, StepError> {
        let mut reader = Reader::open(path, None).map_err(failed)?;
        let text = column(&mut reader, path, options.text_column, &TEXT_COLUMNS, false)?;
        let code = column(&mut reader, path, options.code_column, &CODE_COLUMNS, true)?;
        let name = name_of(path);
        let data_edition = options.data_edition.unwrap_or(edition).clone();
        let mut builder = DatasetBuilder::new(&name, data_edition, edition.clone())?;
        let far = reader.progress();
        let unit = if far.counts_rows() { "rows" } else { "bytes" };
        progress.begin(&format!("reading {name}"), unit, far.total());
        for (index, row) in (0_u64..).zip(reader.rows(&[text, code]).map_err(failed)?) {
            match row {
                Ok(row) => take(&mut builder, &row),
                Err(error) if error.is_row() => {
                    builder.push_unreadable(error.index().unwrap_or(index), error.without_file());
                }
                Err(error) => return Err(failed(error).into()),
            }
            if index.is_multiple_of(EVERY) {
                progress.advance(far.done());
                check(progress)?;
            }
        }
        progress.end();
        Ok(builder.finish().map_err(|error| error.at(path.display()))?)
    }
}

fn take(builder: &mut DatasetBuilder, row: &Row) {
    // A cell without a value is an empty one; what holds something else than text is told by its type.
    let empty = |at: usize| matches!(row.cells().get(at), Some(Cell::Null | Cell::Missing) | None);
    let text = if empty(0) { Ok("") } else { row.text(0) };
    let code = if empty(1) { Ok("".into()) } else { row.text_or_digits(1) };
    match (text, code) {
        (Ok(text), Ok(code)) => builder.push(row.index(), text, &code),
        (Err(error), _) | (_, Err(error)) => builder.push_unreadable(row.index(), error.without_file()),
    }
}

/// The column named, or the first of the usual ones that is there.
fn column(
    reader: &mut Reader,
    path: &Path,
    named: Option<&str>,
    usual: &[&str],
    digits: bool,
) -> Result<String, Error> {
    let mut find = |name: &str| {
        let found = if digits { reader.text_or_digits_column(name) } else { reader.text_column(name) };
        found.map(|column| column.name().to_owned())
    };
    if let Some(name) = named {
        return find(name).map_err(failed);
    }
    for name in usual {
        if let Ok(found) = find(name) {
            return Ok(found);
        }
    }
    let seen: Vec<String> =
        reader.columns().iter().take(30).map(|column| format!("{:?}", column.name())).collect();
    let what = if digits { "right codes" } else { "descriptions" };
    Err(Error::new(
        ErrorKind::InvalidInput,
        format!(
            "{}: expected a column of {what} named {}, saw {}; name the column to read",
            path.display(),
            usual.join(" or "),
            if seen.is_empty() { "no columns".to_owned() } else { seen.join(", ") }
        ),
    ))
}

/// `pairs/dev_goods.jsonl.gz` is `dev_goods`.
fn name_of(path: &Path) -> String {
    let name = path.file_name().map_or_else(|| path.to_string_lossy(), |name| name.to_string_lossy());
    let name = name.strip_suffix(".gz").unwrap_or(&name);
    name.rsplit_once('.').map_or(name, |(stem, _)| if stem.is_empty() { name } else { stem }).to_owned()
}

pub(crate) fn failed(error: hscode_table::Error) -> Error {
    let kind = match error.kind() {
        hscode_table::ErrorKind::Io => ErrorKind::Io,
        _ => ErrorKind::InvalidInput,
    };
    Error::new(kind, error.to_string()).with_source(error)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluate::UnjudgedReason;
    use crate::progress::Silent;
    use std::path::PathBuf;

    fn file(folder: &tempfile::TempDir, name: &str, bytes: &[u8]) -> PathBuf {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    }

    fn open(path: &Path, options: &ReadOptions<'_>) -> Result<Dataset, String> {
        Dataset::open(path, &Edition::HS2022, options, &Silent).map_err(|error| error.to_string())
    }

    fn reasons(data: &Dataset) -> Vec<(u64, UnjudgedReason)> {
        data.unjudged().iter().map(|row| (row.index, row.reason)).collect()
    }

    #[test]
    fn reads_csv_with_all_its_faults() {
        let folder = tempfile::tempdir().unwrap();
        let csv = "\u{feff}description,code,note\r\ncotton tee,6109.10,x\r\nshort\r\n,610910,x\r\n\"steel, bolt\",7318150050,x\r\n";
        let data = open(&file(&folder, "goods.csv", csv.as_bytes()), &ReadOptions::default()).unwrap();
        assert_eq!(data.name(), "goods");
        assert_eq!(data.examples().iter().map(|e| e.index()).collect::<Vec<_>>(), [0, 3]);
        assert_eq!(data.examples()[1].text(), "steel, bolt");
        assert_eq!(reasons(&data), [(1, UnjudgedReason::Unreadable), (2, UnjudgedReason::EmptyDescription)]);
        assert!(data.unjudged()[0].detail.starts_with("line 3: "), "{}", data.unjudged()[0].detail);
        assert_eq!(data.counts().cut, 1);
    }

    #[test]
    fn reads_jsonl_and_prefers_six_digits() {
        let folder = tempfile::tempdir().unwrap();
        let jsonl = concat!(
            "{\"text\": \"tee\", \"code\": \"9999\", \"hs6\": \"610910\"}\n",
            "{\"text\": \"mare\", \"hs6\": 10121}\n",
            "{\"text\": \"bolt\", \"hs6\": 731815}\n",
            "{\"text\": null, \"hs6\": \"731815\"}\n",
            "{\"text\": \"nut\"}\n",
            "{broken\n"
        );
        let path = file(&folder, "dev.jsonl", jsonl.as_bytes());
        let data = open(&path, &ReadOptions::default()).unwrap();
        assert_eq!(data.examples().len(), 2);
        assert_eq!(
            reasons(&data),
            [
                (1, UnjudgedReason::BadCode),
                (3, UnjudgedReason::EmptyDescription),
                (4, UnjudgedReason::EmptyCode),
                (5, UnjudgedReason::Unreadable)
            ]
        );
        assert!(data.unjudged()[0].detail.contains("did a spreadsheet drop the zero"));
        let named = ReadOptions { code_column: Some("code"), ..ReadOptions::default() };
        assert!(open(&path, &named).unwrap_err().contains("expected at least one row to judge by"));
    }

    #[test]
    fn a_missing_column_lists_those_seen() {
        let folder = tempfile::tempdir().unwrap();
        let path = file(&folder, "goods.tsv", b"name\tcode\ntee\t610910\n");
        let message = open(&path, &ReadOptions::default()).unwrap_err();
        assert!(
            message.ends_with(
                "goods.tsv: expected a column of descriptions named text or description, saw \"name\", \"code\"; name the column to read"
            ),
            "{message}"
        );
        let named = ReadOptions { text_column: Some("goods"), ..ReadOptions::default() };
        let message = open(&path, &named).unwrap_err();
        assert!(message.contains("\"goods\"") && message.contains("saw \"name\", \"code\""), "{message}");
        let right = ReadOptions { text_column: Some("name"), ..ReadOptions::default() };
        assert_eq!(open(&path, &right).unwrap().examples().len(), 1);
    }

    #[test]
    fn what_is_no_table_is_an_error_with_the_name() {
        let folder = tempfile::tempdir().unwrap();
        for (name, bytes) in [("none.csv", &b""[..]), ("x.parquet", b"PAR1"), ("x.xlsx", b"PK")] {
            let path = file(&folder, name, bytes);
            let message = open(&path, &ReadOptions::default()).unwrap_err();
            assert!(message.contains(name), "{message}");
        }
        let gone = open(&folder.path().join("gone.csv"), &ReadOptions::default()).unwrap_err();
        assert!(gone.contains("gone.csv: cannot open"), "{gone}");
    }

    #[test]
    fn names_lose_their_endings() {
        let names = ["a/dev_goods.jsonl.gz", "goods.csv", ".csv", "goods"].map(|p| name_of(Path::new(p)));
        assert_eq!(names, ["dev_goods", "goods", ".csv", "goods"]);
    }
}
