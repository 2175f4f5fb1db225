//! Reading: what is accepted, what is refused, and that a bad row costs no other.

#![allow(clippy::unwrap_used, clippy::panic)] // a test fails by panicking

use std::io::{Cursor, Write};
use std::path::PathBuf;

use hscode_table::{Cell, ErrorKind, Format, Kind, MAX_ROW_BYTES, Reader};
use proptest::prelude::*;

fn read(format: Format, bytes: impl Into<Vec<u8>>, columns: &[&str]) -> Vec<Result<String, String>> {
    let reader = Reader::from_read("goods", Cursor::new(bytes.into()), format).unwrap();
    reader
        .rows(columns)
        .unwrap()
        .map(|row| {
            row.and_then(|row| {
                let texts: Result<Vec<&str>, _> = (0..columns.len()).map(|at| row.text(at)).collect();
                texts.map(|texts| format!("{}:{}", row.index(), texts.join("|")))
            })
            .map_err(|error| error.to_string())
        })
        .collect()
}

fn ok(texts: &[&str]) -> Vec<Result<String, String>> {
    texts.iter().map(|text| Ok((*text).to_owned())).collect()
}

fn refusal(format: Format, bytes: impl Into<Vec<u8>>) -> String {
    match Reader::from_read("goods", Cursor::new(bytes.into()), format) {
        Ok(_) => panic!("accepted"),
        Err(error) => {
            assert_eq!(error.kind(), ErrorKind::Format);
            error.to_string()
        }
    }
}

fn temporary(name: &str, bytes: &[u8]) -> PathBuf {
    let path = std::env::temp_dir().join(format!("hscode-table-{}-{name}", std::process::id()));
    std::fs::write(&path, bytes).unwrap();
    path
}

#[test]
fn csv_with_mark_windows_line_ends_quotes_and_line_breaks_in_cells() {
    let csv =
        "\u{feff}id,description\r\nA1,\"tee, cotton\"\r\n\r\nA2,\"two\nlines\"\r\nA3,\"3\"\" pipe\"\r\n";
    assert_eq!(
        read(Format::Csv, csv, &["description", "id"]),
        ok(&["0:tee, cotton|A1", "1:two\nlines|A2", "2:3\" pipe|A3"])
    );
}

#[test]
fn csv_with_semicolons_or_tabs_is_recognised_by_its_header() {
    assert_eq!(read(Format::Csv, "id;description\nA;x, y\n", &["description"]), ok(&["0:x, y"]));
    assert_eq!(read(Format::Csv, "id\tdescription\nA\tx, y\n", &["description"]), ok(&["0:x, y"]));
    assert_eq!(read(Format::Csv, "\"a;b\",description\nA,x\n", &["description"]), ok(&["0:x"]));
}

#[test]
fn a_ragged_row_is_one_error_with_its_line() {
    let seen = read(Format::Csv, "id,description\nA,x\nB\nC,y,z\nD,w\n", &["description"]);
    assert_eq!(
        seen,
        vec![
            Ok("0:x".to_owned()),
            Err("goods: line 3: 1 field, expected 2 as in the header".to_owned()),
            Err("goods: line 4: 3 fields, expected 2 as in the header".to_owned()),
            Ok("3:w".to_owned()),
        ]
    );
}

const OPEN: &str = "expected the quote that opens a field to be closed before the next field";

#[test]
fn a_quote_that_is_not_closed_costs_its_own_row_only() {
    let kept = |text: &str| Ok(text.to_owned());
    let open = |line: u64| Err(format!("goods: line {line}: {OPEN}"));
    // To the end of the file, in any column.
    let seen = read(Format::Csv, "id,description\nA,x\nB,\"y\nC,z\n\nD,w\n", &["description"]);
    assert_eq!(seen, vec![kept("0:x"), open(3), kept("2:z"), kept("3:w")]);
    let seen = read(Format::Csv, "description\n\"y\nz\n", &["description"]);
    assert_eq!(seen, vec![open(2), kept("1:z")]);
    // Up to a later row with quotes of its own, also with a line break in them.
    let csv = "id,description\nB,\"y\nC,z\nD,\"w, \"\"v\"\"\nu\"\nE,t\n";
    let seen = read(Format::Csv, csv, &["description"]);
    assert_eq!(seen, vec![open(2), kept("1:z"), kept("2:w, \"v\"\nu"), kept("3:t")]);
    // Where the quotes fit together by chance, the number of fields tells.
    let seen = read(Format::Csv, "id,description\n\"B,y\nC,z\"\nD,w\n", &["description"]);
    let ragged = "goods: line 2: 1 field, expected 2 as in the header".to_owned();
    assert_eq!(seen, vec![Err(ragged), kept("1:z\""), kept("2:w")]);
}

#[test]
fn quotes_inside_of_fields_mean_themselves() {
    let csv = "id,description\nA,12\" pipe\nB,\"12\"\" pipe\"\nC,\"steel\" bolt\nD,\"\"\nE,\n";
    assert_eq!(
        read(Format::Csv, csv, &["description"]),
        ok(&["0:12\" pipe", "1:12\" pipe", "2:steel bolt", "3:", "4:"])
    );
}

#[test]
fn an_open_quote_does_not_take_all_memory() {
    let mut csv = b"id,description\nA,x\nB,\"open\n".to_vec();
    csv.resize(csv.len() + MAX_ROW_BYTES * 3, b'x');
    csv.extend_from_slice(b"\nC,y\n");
    let seen = read(Format::Csv, csv, &["description"]);
    let expected = vec![
        Ok("0:x".to_owned()),
        Err(format!("goods: line 3: {OPEN}")),
        Err("goods: line 4: the row is longer than 16 MiB".to_owned()),
        Ok("3:y".to_owned()),
    ];
    assert_eq!(seen, expected);
}

#[test]
fn a_header_must_be_whole() {
    assert!(refusal(Format::Csv, "id,\"description\nA,x\n").contains("a quote that is not closed"));
    assert!(refusal(Format::Csv, "id,description\rA,x\r").contains("carriage return"));
    assert_eq!(read(Format::Csv, "\"two\nlines\",b\nA,x\n", &["two\nlines"]), ok(&["0:A"]));
}

proptest! {
    /// What a careful writer writes comes back, whatever stands in it.
    #[test]
    fn well_formed_csv_is_read_as_the_csv_crate_reads_it(
        rows in prop::collection::vec(prop::collection::vec("[ab,;\"\n ]{0,6}", 3), 1..8),
    ) {
        let mut writer = csv::Writer::from_writer(Vec::new());
        writer.write_record(["p", "q", "r"]).unwrap();
        for row in &rows {
            writer.write_record(row).unwrap();
        }
        let csv = writer.into_inner().unwrap();
        let expected: Vec<Result<String, String>> =
            rows.iter().enumerate().map(|(at, row)| Ok(format!("{at}:{}", row.join("|")))).collect();
        prop_assert_eq!(read(Format::Csv, csv, &["p", "q", "r"]), expected);
    }

    /// Whatever comes in, every line that is not blank is in some row, good or bad.
    #[test]
    fn no_line_is_lost(lines in prop::collection::vec("[a,\"]{0,8}", 0..12)) {
        let text = format!("p,q\n{}", lines.join("\n"));
        let reader = Reader::from_read("goods", Cursor::new(text.clone()), Format::Csv).unwrap();
        let mut covered = vec![false; lines.len()];
        for row in reader.rows(&["p", "q"]).unwrap() {
            let (line, breaks) = match row {
                Ok(row) => {
                    let breaks: usize = (0..2).map(|at| row.text(at).unwrap().matches('\n').count()).sum();
                    (row.line().unwrap(), breaks)
                }
                Err(error) => (error.line().unwrap(), 0),
            };
            for at in 0..=breaks {
                covered[usize::try_from(line).unwrap() - 2 + at] = true;
            }
        }
        for (line, covered) in lines.iter().zip(covered) {
            prop_assert!(covered || line.is_empty(), "{:?} in {:?}", line, text);
        }
    }
}

#[test]
fn bytes_that_are_no_utf8_cost_only_their_row() {
    let csv = b"id,description\nA,caf\xe9\nB,tea\n\xff,rice\n";
    let seen = read(Format::Csv, &csv[..], &["description"]);
    let message = "goods: line 2: column \"description\": expected text, saw bytes that are no UTF-8 (at byte 3 of the cell)";
    assert_eq!(seen[0], Err(message.to_owned()));
    // The last row's fault is in a column that nobody asked for.
    assert_eq!(seen[1..], ok(&["1:tea", "2:rice"]));
    let seen = read(Format::Lines, &b"tea\n\xff\xfe \nrice"[..], &["description"]);
    assert!(seen[1].is_err() && seen[2] == Ok("2:rice".to_owned()));
    let seen = read(Format::Jsonl, &b"{\"d\":\"a\"}\n{\"d\":\"\xe9\"}\n{\"d\":\"b\"}\n"[..], &["d"]);
    let message = "goods: line 2: expected UTF-8, saw other bytes at byte 6 of the line";
    assert_eq!(seen, vec![Ok("0:a".to_owned()), Err(message.to_owned()), Ok("2:b".to_owned())]);
}

#[test]
fn missing_columns_are_refused_with_those_seen() {
    let open = |csv: &'static str| Reader::from_read("goods", Cursor::new(csv), Format::Csv).unwrap();
    let error = open("id,Goods\nA,x\n").column("description").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Column);
    assert_eq!(error.to_string(), "goods: expected a column named \"description\", saw \"id\", \"Goods\"");
    assert_eq!(open("id,Goods\nA,x\n").column("goods").unwrap().name(), "Goods");
    let error = open("a,a\n1,2\n").column("a").unwrap_err();
    assert_eq!(error.to_string(), "goods: expected one column named \"a\", saw columns 1 and 2");
}

#[test]
fn the_default_column_is_the_named_one_or_the_only_text() {
    let default = |format, text: &'static str| {
        let mut reader = Reader::from_read("goods", Cursor::new(text), format).unwrap();
        reader.default_text_column("description").map(|column| column.name().to_owned())
    };
    assert_eq!(default(Format::Csv, "id,Description\n").unwrap(), "Description");
    assert_eq!(default(Format::Csv, "goods\nx\n").unwrap(), "goods");
    assert_eq!(default(Format::Jsonl, "{\"id\":1,\"goods\":\"x\"}\n").unwrap(), "goods");
    let error = default(Format::Csv, "id,goods\n").unwrap_err().to_string();
    assert!(error.contains("saw \"id\", \"goods\"; name the column"), "{error}");
}

#[test]
fn jsonl_rows_with_faults_are_told_apart() {
    let text = "\n{\"d\":\"a\",\"x\":[1,{\"y\":2}]}\n{\"d\":null}\n{\"e\":1}\n{\"d\":5}\n{\"d\":\n[1]\n\"s\"\n\n{\"d\":\"b\"} x\n{\"d\":\"c\"}";
    let seen = read(Format::Jsonl, text, &["d"]);
    let at = |index: usize| seen[index].clone().unwrap_err();
    assert_eq!(seen[0], Ok("0:a".to_owned()));
    assert_eq!(at(1), "goods: line 3: column \"d\": expected text, saw null");
    assert_eq!(at(2), "goods: line 4: column \"d\": expected text, saw nothing");
    assert_eq!(at(3), "goods: line 5: column \"d\": expected text, saw a whole number");
    assert_eq!(
        at(4),
        "goods: line 6: expected a JSON object, saw broken JSON: EOF while parsing a value (column 5 of the line)"
    );
    assert_eq!(at(5), "goods: line 7: expected a JSON object, saw another JSON value");
    assert_eq!(at(6), "goods: line 8: expected a JSON object, saw another JSON value");
    assert!(at(7).contains("line 10: expected a JSON object, saw broken JSON: trailing characters"));
    assert_eq!(seen[8], Ok("8:c".to_owned()));
    assert_eq!(seen.len(), 9);
}

#[test]
fn a_key_of_a_later_json_row_can_be_asked_for_and_values_keep_their_kind() {
    let text = "{\"a\":1}\n{\"a\":2.5,\"b\":true}\n{\"c\":[1, 2],\"b\":null}\n";
    let reader = Reader::from_read("goods", Cursor::new(text), Format::Jsonl).unwrap();
    assert_eq!(reader.columns()[0].kind(), Kind::Integer);
    let cells: Vec<Vec<Cell>> =
        reader.rows(&["c", "b", "a"]).unwrap().map(|row| row.unwrap().into_cells()).collect();
    assert_eq!(cells[0], [Cell::Missing, Cell::Missing, Cell::Integer(1)]);
    assert_eq!(cells[1], [Cell::Missing, Cell::Boolean(true), Cell::Float(2.5)]);
    assert_eq!(cells[2], [Cell::Nested("[1,2]".to_owned()), Cell::Null, Cell::Missing]);
}

#[test]
fn deep_json_is_an_error_not_a_crash() {
    let text = format!("{{\"d\":{}}}\n{{\"d\":\"a\"}}\n", "[".repeat(100_000));
    let seen = read(Format::Jsonl, text, &["d"]);
    assert!(seen[0].is_err());
    assert_eq!(seen[1], Ok("1:a".to_owned()));
}

#[test]
fn foreign_content_is_refused_with_a_hint() {
    let utf16: Vec<u8> = "\u{feff}id,description".encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert!(refusal(Format::Csv, utf16.clone()).contains("expected csv in UTF-8, saw UTF-16"));
    assert!(refusal(Format::Jsonl, &utf16[2..]).contains("UTF-16"));
    assert!(refusal(Format::Csv, &b"PK\x03\x04...."[..]).contains(".xlsx spreadsheet"));
    assert!(refusal(Format::Lines, &b"PAR1...."[..]).contains("Parquet"));
    assert!(refusal(Format::Csv, "").contains("saw an empty file"));
    assert!(refusal(Format::Csv, "\nid\n").contains("saw an empty line"));
    assert!(refusal(Format::Jsonl, "[{\"d\":1}]").contains("jq -c"));
    assert!(refusal(Format::Parquet, "x").contains("from a pipe"));
    let path = temporary("not.parquet", b"id,description\nA,x\n");
    let error = Reader::open(&path, None).err().unwrap().to_string();
    assert!(error.contains("expected a Parquet file"), "{error}");
    std::fs::remove_file(path).unwrap();
}

#[test]
fn files_that_cannot_be_opened_are_named() {
    let error = Reader::open("no/such.csv".as_ref(), None).err().unwrap();
    assert_eq!(error.kind(), ErrorKind::Io);
    assert_eq!(error.to_string(), "no/such.csv: cannot open: No such file or directory");
    let error = Reader::open(&std::env::temp_dir(), Some(Format::Csv)).err().unwrap();
    assert!(error.to_string().ends_with("expected a file, saw a folder"), "{error}");
    let error = Reader::open("goods.dat".as_ref(), None).err().unwrap();
    assert!(error.to_string().contains("or a format"), "{error}");
}

#[test]
fn gzip_is_recognised_by_content_and_its_damage_ends_the_table() {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    for row in 0..50_000 {
        writeln!(packed, "row {row} {}", row * 7919 % 10_007).unwrap();
    }
    let packed = packed.finish().unwrap();
    let seen = read(Format::Lines, packed.clone(), &["description"]);
    assert_eq!((seen.len(), &seen[49_999]), (50_000, &Ok("49999:row 49999 5119".to_owned())));
    let seen = read(Format::Lines, &packed[..packed.len() / 2], &["description"]);
    let error = seen.last().unwrap().clone().unwrap_err();
    assert!(error.starts_with("goods: cannot read: "), "{error}");
    assert!(seen.len() > 10_000 && seen[..seen.len() - 1].iter().all(Result::is_ok));
}

#[test]
fn one_cell_of_a_mebibyte_is_read() {
    let long = "word ".repeat(1 << 18);
    let seen = read(Format::Csv, format!("description\n{long}\nx\n"), &["description"]);
    assert_eq!(seen[0].as_ref().unwrap().len(), long.len() + 2);
    assert_eq!(seen[1], Ok("1:x".to_owned()));
}
