//! Writing: the same columns in every format, read back; files appear whole or not at all.

#![allow(clippy::unwrap_used, clippy::panic)] // a test fails by panicking

use std::io::Write;
use std::path::{Path, PathBuf};

use hscode_table::{Cell, ErrorKind, Field, Format, Kind, NewFile, Reader, Type, Value, Writer};
use proptest::prelude::*;

struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("hscode-write-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn names(&self) -> Vec<String> {
        let names = std::fs::read_dir(&self.0).unwrap();
        names.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn fields() -> Vec<Field> {
    let candidate = vec![Field::new("code", Type::Text), Field::new("score", Type::Single)];
    vec![
        Field::new("index", Type::Integer),
        Field::new("text", Type::Text),
        Field::new("share", Type::Double),
        Field::new("candidates", Type::List(Box::new(Type::Struct(candidate)))),
        Field::new("set", Type::List(Box::new(Type::Text))).optional(),
        Field::new("raw", Type::Json).optional(),
        Field::new("flag", Type::Boolean).optional(),
    ]
}

fn candidate(code: &str, score: f32) -> Value {
    Value::Struct(vec![Value::text(code), Value::Single(score)])
}

fn rows() -> Vec<Vec<Value>> {
    vec![
        vec![
            Value::Integer(0),
            Value::text("a, \"b\"\nc"),
            Value::Double(0.1),
            Value::List(vec![candidate("610910", 0.93), Value::Struct(vec![Value::Null, Value::Null])]),
            Value::List(vec![Value::text("x"), Value::Null]),
            Value::Json("{\"k\":[1]}".to_owned()),
            Value::Boolean(true),
        ],
        vec![
            Value::Integer(1),
            Value::Null,
            Value::Null,
            Value::List(vec![]),
            Value::Null,
            Value::Null,
            Value::Null,
        ],
        vec![
            Value::Integer(2),
            Value::text(""),
            Value::Double(-2.0),
            Value::Null,
            Value::Null,
            Value::Null,
            Value::Null,
        ],
    ]
}

fn write(path: &Path, format: Format, rows: &[Vec<Value>]) {
    let file = NewFile::create(path).unwrap();
    let mut writer = Writer::to_file(file, "out", format, fields()).unwrap();
    for row in rows {
        writer.write(row).unwrap();
    }
    writer.finish().unwrap();
}

#[test]
fn jsonl_and_csv_carry_the_same_columns() {
    let folder = Folder::new("same");
    let path = folder.0.join("out");
    write(&path, Format::Jsonl, &rows());
    let written = std::fs::read_to_string(&path).unwrap();
    assert_eq!(
        written,
        concat!(
            r#"{"index":0,"text":"a, \"b\"\nc","share":0.1,"candidates":[{"code":"610910","score":0.93},{"code":null,"score":null}],"set":["x",null],"raw":{"k":[1]},"flag":true}"#,
            "\n",
            r#"{"index":1,"text":null,"share":null,"candidates":[]}"#,
            "\n",
            r#"{"index":2,"text":"","share":-2.0,"candidates":null}"#,
            "\n"
        )
    );
    write(&path, Format::Csv, &rows());
    let reader = Reader::open(&path, Some(Format::Csv)).unwrap();
    let names: Vec<&str> = reader.columns().iter().map(|column| column.name()).collect();
    assert_eq!(names, ["index", "text", "share", "candidates", "set", "raw", "flag"]);
    let read: Vec<_> = reader.rows(&["text", "candidates", "raw"]).unwrap().map(Result::unwrap).collect();
    assert_eq!(read[0].text(0).unwrap(), "a, \"b\"\nc");
    assert_eq!(read[0].text(1).unwrap(), r#"[{"code":"610910","score":0.93},{"code":null,"score":null}]"#);
    assert_eq!(read[0].text(2).unwrap(), r#"{"k":[1]}"#);
    assert_eq!(read[1].text(1).unwrap(), "[]");
    assert_eq!(folder.names(), ["out"]);
}

#[test]
fn parquet_keeps_types_nulls_and_row_groups() {
    let folder = Folder::new("types");
    let path = folder.0.join("out.parquet");
    let many: Vec<Vec<Value>> = rows().into_iter().cycle().take(100_000).collect();
    write(&path, Format::Parquet, &many);
    let reader = Reader::open(&path, None).unwrap();
    let kinds: Vec<Kind> = reader.columns().iter().map(|column| column.kind()).collect();
    assert_eq!(
        kinds,
        [Kind::Integer, Kind::Text, Kind::Float, Kind::Nested, Kind::Nested, Kind::Text, Kind::Boolean]
    );
    let progress = reader.progress();
    assert_eq!(progress.total(), Some(100_000));
    let mut count = 0;
    for (at, row) in reader.rows(&["index", "text", "share", "flag"]).unwrap().enumerate() {
        let row = row.unwrap();
        let cells = row.cells();
        assert_eq!(cells[0], Cell::Integer(at as i64 % 3));
        match at % 3 {
            0 => assert_eq!(
                cells[1..],
                [Cell::Text("a, \"b\"\nc".to_owned()), Cell::Float(0.1), Cell::Boolean(true)]
            ),
            1 => assert_eq!(cells[1..], [Cell::Null, Cell::Null, Cell::Null]),
            _ => assert_eq!(cells[1..], [Cell::Text(String::new()), Cell::Float(-2.0), Cell::Null]),
        }
        count += 1;
    }
    assert_eq!((count, progress.done()), (100_000, 100_000));
}

#[test]
fn parquet_of_another_type_is_refused_by_name() {
    let folder = Folder::new("kind");
    let path = folder.0.join("out.parquet");
    write(&path, Format::Parquet, &rows());
    let mut reader = Reader::open(&path, None).unwrap();
    let error = reader.text_column("index").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Column);
    assert!(
        error.to_string().ends_with("out.parquet: column \"index\": expected text, saw INT64"),
        "{error}"
    );
    assert!(reader.text_or_digits_column("index").is_ok());
    let error = reader.rows(&["candidates"]).err().unwrap().to_string();
    assert!(
        error.ends_with("column \"candidates\": expected text, numbers, truth values or dates, saw LIST"),
        "{error}"
    );
}

#[test]
fn a_damaged_parquet_file_is_an_error_wherever_the_damage_is() {
    let folder = Folder::new("damage");
    let path = folder.0.join("out.parquet");
    write(&path, Format::Parquet, &rows().into_iter().cycle().take(3_000).collect::<Vec<_>>());
    let whole = std::fs::read(&path).unwrap();
    let mut refused = 0;
    for at in (0..whole.len()).step_by(whole.len() / 200) {
        let mut damaged = whole.clone();
        damaged[at] ^= 0x5a;
        std::fs::write(&path, &damaged).unwrap();
        // Whatever comes back, it must come back.
        let read = Reader::open(&path, None).and_then(|reader| {
            reader.rows(&["index", "text", "share", "flag"])?.collect::<Result<Vec<_>, _>>()
        });
        refused += usize::from(read.is_err());
        std::fs::write(&path, &whole[..at]).unwrap();
        assert!(Reader::open(&path, None).is_err());
    }
    assert!(refused > 20, "{refused}");
}

#[test]
fn values_of_another_type_are_refused() {
    let fields = vec![Field::new("n", Type::Integer)];
    let mut writer = Writer::to_stream("out", Box::new(std::io::sink()), Format::Csv, fields).unwrap();
    assert_eq!(writer.write(&[Value::text("x")]).unwrap_err().kind(), ErrorKind::Column);
    assert_eq!(writer.write(&[]).unwrap_err().to_string(), "out: expected 1 values in a row, saw 0");
    let lines = Writer::to_stream("out", Box::new(std::io::sink()), Format::Lines, Vec::new());
    assert_eq!(lines.err().unwrap().kind(), ErrorKind::Format);
}

#[test]
fn a_file_that_is_not_finished_leaves_the_old_one() {
    let folder = Folder::new("old");
    let path = folder.0.join("out.csv");
    std::fs::write(&path, "old").unwrap();
    let mut file = NewFile::create(&path).unwrap();
    file.write_all(b"new").unwrap();
    assert_eq!(folder.names().len(), 2);
    assert!(file.partial_path().unwrap().to_str().unwrap().ends_with(".partial"));
    drop(file);
    assert_eq!(folder.names(), ["out.csv"]);
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "old");
    let mut file = NewFile::create(&path).unwrap();
    file.write_all(b"new").unwrap();
    file.commit().unwrap();
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "new");
    assert_eq!(folder.names(), ["out.csv"]);
}

#[cfg(unix)]
#[test]
fn links_stay_links_permissions_stay_and_devices_are_not_replaced() {
    use std::os::unix::fs::{FileTypeExt, PermissionsExt, symlink};
    let folder = Folder::new("links");
    let (real, link) = (folder.0.join("real"), folder.0.join("link"));
    std::fs::write(&real, "old").unwrap();
    std::fs::set_permissions(&real, std::fs::Permissions::from_mode(0o640)).unwrap();
    symlink(&real, &link).unwrap();
    let mut file = NewFile::create(&link).unwrap();
    file.write_all(b"new").unwrap();
    file.commit().unwrap();
    assert!(std::fs::symlink_metadata(&link).unwrap().is_symlink());
    assert_eq!(std::fs::read_to_string(&real).unwrap(), "new");
    assert_eq!(std::fs::metadata(&real).unwrap().permissions().mode() & 0o777, 0o640);
    NewFile::create("/dev/null".as_ref()).unwrap().commit().unwrap();
    assert!(std::fs::metadata("/dev/null").unwrap().file_type().is_char_device());
}

#[test]
fn places_that_cannot_be_written_are_named() {
    let error = NewFile::create("no/such/folder/out.csv".as_ref()).unwrap_err();
    assert_eq!(error.to_string(), "no/such/folder/out.csv: cannot write: No such file or directory");
    let folder = Folder::new("places");
    let error = NewFile::create(&folder.0).unwrap_err();
    assert!(error.to_string().ends_with("cannot write: expected a file, saw a folder"), "{error}");
    assert_eq!(error.kind(), ErrorKind::Io);
}

#[test]
fn a_full_disk_is_an_error_at_the_latest_on_finish() {
    if !Path::new("/dev/full").exists() {
        return;
    }
    for format in [Format::Csv, Format::Jsonl, Format::Parquet] {
        let file = NewFile::create("/dev/full".as_ref()).unwrap();
        let written = Writer::to_file(file, "full", format, fields()).and_then(|mut writer| {
            for row in rows() {
                writer.write(&row)?;
            }
            writer.finish()
        });
        let error = written.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Io, "{format}");
        assert!(error.to_string().contains("No space left on device"), "{format}: {error}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn any_text_comes_back_from_every_format(
        texts in prop::collection::vec(proptest::option::of(any::<String>()), 1..40),
    ) {
        let folder = Folder::new("any");
        let fields = || vec![Field::new("n", Type::Integer), Field::new("text", Type::Text)];
        for format in [Format::Csv, Format::Tsv, Format::Jsonl, Format::Parquet] {
            let path = folder.0.join("out");
            let mut writer = Writer::to_file(NewFile::create(&path).unwrap(), "out", format, fields()).unwrap();
            for (at, text) in texts.iter().enumerate() {
                writer.write(&[Value::Integer(at as i64), Value::optional_text(text.clone())]).unwrap();
            }
            writer.finish().unwrap();
            let rows = Reader::open(&path, Some(format)).unwrap().rows(&["text"]).unwrap();
            let read: Vec<Option<String>> = rows.map(|row| row.unwrap().text(0).ok().map(str::to_owned)).collect();
            // CSV has no null: it comes back as empty text.
            let expected: Vec<Option<String>> = match format {
                Format::Csv | Format::Tsv => texts.iter().map(|text| Some(text.clone().unwrap_or_default())).collect(),
                _ => texts.clone(),
            };
            prop_assert_eq!(read, expected);
        }
    }
}
