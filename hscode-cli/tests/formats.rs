//! The same answers in every format, in the order of the rows, whatever the threads and batches.

#![allow(clippy::unwrap_used, clippy::panic)] // a test fails by panicking

mod common;

use common::{Folder, hscode, hscode_reading, indexes, records};
use hscode_core::{Nomenclature, Options, Record};
use hscode_table::{Cell, Kind, Reader};

const GOODS: [&str; 12] = [
    "mens cotton crew neck tee",
    "gift",
    "LED desk lamp with USB port",
    "rubber gasket 20 mm",
    "frozen boneless beef",
    "parts",
    "stainless steel hex bolt M8",
    "green tea in bags, 50 g",
    "",
    "lithium ion battery for laptop",
    "children's wooden puzzle",
    "женские кожаные сапоги",
];

fn lines(times: usize) -> String {
    (0..times).map(|row| format!("{} {row}\n", GOODS[row % GOODS.len()])).collect()
}

#[test]
fn records_are_those_of_the_library() {
    let mut arguments = vec!["classify", "--json", "--explain", "--coverage", "0.9", "--top", "3"];
    arguments.extend(GOODS);
    let run = hscode(&arguments).status(0);
    let classifier = hscode_core::embedded().unwrap();
    let nomenclature = Nomenclature::of(classifier.info().edition()).unwrap();
    let options = Options::default().with_top_k(3).with_explain(true).with_coverage(0.9);
    let predictions = classifier.classify_batch(&GOODS, &options).unwrap();
    for (at, line) in run.stdout.lines().enumerate() {
        let record = Record::new(at as u64, GOODS[at], &predictions[at], nomenclature);
        assert_eq!(line, serde_json::to_string(&record).unwrap());
    }
    assert_eq!(run.stdout.lines().count(), GOODS.len());
}

#[test]
fn threads_and_batches_change_nothing() {
    let input = lines(300);
    let run = |threads: &str, batch: &str| {
        let arguments = ["classify", "--threads", threads, "--batch", batch, "--explain"];
        hscode_reading(&arguments, input.as_bytes()).status(0).stdout
    };
    let expected = run("1", "64");
    assert_eq!(indexes(&records(&expected)), (0..300).collect::<Vec<u64>>());
    for (threads, batch) in [("1", "1"), ("1", "7"), ("2", "1"), ("2", "7"), ("2", "64"), ("5", "3")] {
        assert!(run(threads, batch) == expected, "--threads {threads} --batch {batch}");
    }
}

#[test]
fn every_format_carries_the_same_columns() {
    let folder = Folder::new("same");
    let csv: String =
        GOODS.iter().enumerate().map(|(row, text)| format!("A{row},\"{text}\",{row}\n")).collect();
    let input = folder.file("goods.csv", format!("sku,description,price\n{csv}"));
    let base =
        ["classify", "--input", &input, "--keep", "sku,price=given_price", "--coverage", "0.9", "--explain"];
    let write = |name: &str| {
        let path = folder.path(name);
        let mut arguments = base.to_vec();
        arguments.extend(["--output", &path]);
        hscode(&arguments).status(0);
        path
    };
    let jsonl = write("out.jsonl");
    let expected = records(&folder.read("out.jsonl"));
    assert_eq!(expected[3]["sku"], "A3");
    assert_eq!(expected[3]["given_price"], "3");
    let columns = [
        "index",
        "description",
        "decision",
        "code",
        "score",
        "reason",
        "level",
        "candidates",
        "classifier",
        "edition",
        "model",
        "truncated",
        "explanation",
        "candidate_set",
        "error",
        "sku",
        "given_price",
    ];
    for name in ["out.csv", "out.tsv"] {
        let reader = Reader::open(write(name).as_ref(), None).unwrap();
        assert_eq!(reader.columns().iter().map(|column| column.name()).collect::<Vec<_>>(), columns);
        for (row, expected) in reader.rows(&columns).unwrap().zip(&expected) {
            let row = row.unwrap();
            for (at, column) in columns.iter().enumerate() {
                let expected = match expected.get(column) {
                    None | Some(serde_json::Value::Null) => String::new(),
                    Some(serde_json::Value::String(text)) => text.clone(),
                    Some(_) if ["candidates", "explanation", "candidate_set"].contains(column) => {
                        let cell: serde_json::Value = serde_json::from_str(row.text(at).unwrap()).unwrap();
                        assert_eq!(&cell, expected.get(column).unwrap());
                        continue;
                    }
                    Some(number) => number.to_string(),
                };
                assert_eq!(row.text(at).unwrap(), expected, "{name} {column}");
            }
        }
    }
    let reader = Reader::open(write("out.parquet").as_ref(), None).unwrap();
    let kinds: Vec<(&str, Kind)> =
        reader.columns().iter().map(|column| (column.name(), column.kind())).collect();
    assert_eq!(kinds.iter().map(|(name, _)| *name).collect::<Vec<_>>(), columns);
    assert_eq!((kinds[0].1, kinds[3].1, kinds[4].1), (Kind::Integer, Kind::Text, Kind::Float));
    assert_eq!((kinds[7].1, kinds[13].1), (Kind::Nested, Kind::Nested));
    let rows: Vec<_> = reader.rows(&["index", "code", "score", "sku"]).unwrap().map(Result::unwrap).collect();
    assert_eq!(rows.len(), GOODS.len());
    for (at, (row, expected)) in rows.iter().zip(&expected).enumerate() {
        assert_eq!(row.cells()[0], Cell::Integer(at as i64));
        assert_eq!(row.text(1).ok(), expected["code"].as_str());
        assert_eq!(row.text(3).unwrap(), format!("A{at}"));
    }
    // What was written can be read again.
    for path in [&jsonl, &folder.path("out.parquet")] {
        let again = hscode(&["classify", "--input", path, "--keep", "sku", "--json"]).status(0);
        let codes = |records: &[serde_json::Value]| -> Vec<serde_json::Value> {
            records.iter().map(|record| record["code"].clone()).collect()
        };
        assert_eq!(codes(&again.records()), codes(&expected));
    }
}

#[test]
fn kept_columns_keep_their_kind() {
    let folder = Folder::new("kinds");
    let input = folder.file(
        "goods.jsonl",
        "{\"description\":\"cotton tee\",\"id\":7,\"tags\":[\"a\"],\"ok\":true}\n{\"description\":\"steel bolt\",\"id\":\"8\"}\n",
    );
    let run = hscode(&["classify", "--input", &input, "--keep", "id,tags,ok", "--json"]).status(0);
    let records = run.records();
    assert_eq!(records[0]["id"], 7);
    assert_eq!(records[0]["tags"], serde_json::json!(["a"]));
    assert_eq!(records[0]["ok"], true);
    assert_eq!(records[1]["id"], "8");
    assert!(records[1]["tags"].is_null());
    let output = folder.path("out.parquet");
    hscode(&["classify", "--input", &input, "--keep", "id,tags", "--output", &output]).status(0);
    let rows = Reader::open(output.as_ref(), None).unwrap().rows(&["id", "tags"]).unwrap();
    let rows: Vec<_> = rows.map(|row| row.unwrap().into_cells()).collect();
    assert_eq!(rows[0], [Cell::Text("7".to_owned()), Cell::Text("[\"a\"]".to_owned())]);
    assert_eq!(rows[1], [Cell::Text("8".to_owned()), Cell::Null]);
}

#[test]
fn lines_are_rows_and_an_empty_line_is_one_too() {
    let run = hscode_reading(&["classify"], b"cotton tee\n\nsteel bolt").status(0);
    let records = run.records();
    assert_eq!(records.len(), 3);
    assert_eq!(records[1]["reason"], "no_words");
    let dash = hscode_reading(&["classify", "-"], b"cotton tee\n").status(0);
    assert_eq!(dash.stdout.lines().next(), run.stdout.lines().next());
    assert_eq!(hscode_reading(&["classify"], b"").status(0).stdout, "");
    let csv = hscode_reading(&["classify", "--output-format", "csv"], b"cotton tee\n").status(0).stdout;
    assert!(csv.starts_with("index,description,decision,code,score,reason,level,candidates,"), "{csv}");
}
