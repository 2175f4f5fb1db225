//! The bad inputs of users: each has a message, an exit status, and costs no other row.

#![allow(clippy::unwrap_used, clippy::panic)] // a test fails by panicking

mod common;

use common::{Folder, errors, hscode, hscode_reading, indexes, records};
use hscode_table::{Field, Format, NewFile, Type, Value, Writer};

#[test]
fn empty_text_one_letter_and_digits_are_answered_by_abstaining() {
    let run = hscode(&["classify", "--json", "", "x", "12345", "!?", "棉"]).status(0);
    let records = run.records();
    assert_eq!(indexes(&records), [0, 1, 2, 3, 4]);
    for record in &records[..4] {
        assert_eq!(record["decision"], "abstain", "{record}");
        assert!(record["code"].is_null() && record["score"].is_null());
        assert!(record["reason"].is_string());
        assert!(record["candidates"].is_array());
    }
}

#[test]
fn a_mebibyte_of_text_is_cut_and_flagged() {
    let long = "cotton t-shirt ".repeat(70_000);
    assert!(long.len() > 1 << 20);
    let run = hscode_reading(&["classify", "--json"], format!("{long}\nsteel bolt\n").as_bytes()).status(0);
    let records = run.records();
    assert_eq!(records[0]["truncated"], true);
    assert_eq!(records[0]["description"].as_str().unwrap().len(), long.len());
    assert!(records[1].get("truncated").is_none());
    assert!(records[1]["code"].is_string() || records[1]["decision"] == "abstain");
}

#[test]
fn bytes_that_are_no_utf8_cost_only_their_row() {
    let folder = Folder::new("utf8");
    let input =
        folder.file("goods.csv", b"sku,description\nA,cotton tee\nB,caf\xe9 cr\xe8me\nC,steel bolt\n");
    let run = hscode(&["classify", "--input", &input, "--keep", "sku", "--json"])
        .status(1)
        .says("1 of 3 rows is bad:\n  line 3: column \"description\"");
    let records = run.records();
    assert_eq!(indexes(&records), [0, 1, 2]);
    let message =
        "line 3: column \"description\": expected text, saw bytes that are no UTF-8 (at byte 3 of the cell)";
    assert_eq!(errors(&records), [(1, message.to_owned())]);
    // The bad row still says which it is, and has the fields of every record.
    assert_eq!(records[1]["sku"], "B");
    assert!(records[1]["description"].is_null() && records[1]["decision"].is_null());
    assert_eq!(records[1]["candidates"], serde_json::json!([]));
}

#[test]
fn a_missing_column_is_refused_before_any_work() {
    let folder = Folder::new("column");
    let input = folder.file("goods.csv", "sku,goods,price\nA,cotton tee,3\n");
    let output = folder.path("out.jsonl");
    let expected = "goods.csv: expected a column named \"description\" or a single column with text, saw \"sku\", \"goods\", \"price\"";
    hscode(&["classify", "--input", &input, "--output", &output]).status(4).says(expected);
    hscode(&["classify", "--input", &input, "--column", "text"])
        .status(4)
        .says("expected a column named \"text\", saw \"sku\", \"goods\", \"price\"");
    hscode(&["classify", "--input", &input, "--column", "goods", "--keep", "colour"])
        .status(4)
        .says("expected a column named \"colour\"");
    assert_eq!(folder.names(), ["goods.csv"]);
    hscode(&["classify", "--input", &input, "--column", "goods"]).status(0);
}

#[test]
fn ragged_rows_are_records_with_an_error() {
    let folder = Folder::new("ragged");
    let input =
        folder.file("goods.csv", "sku,description\nA,cotton tee\nB\nC,steel bolt,extra\nD,table lamp\n");
    let output = folder.path("out.jsonl");
    hscode(&["classify", "--input", &input, "--output", &output])
        .status(1)
        .says("2 of 4 rows are bad:\n  line 3: 1 field, expected 2 as in the header\n  line 4: 3 fields");
    let records = records(&folder.read("out.jsonl"));
    assert_eq!(indexes(&records), [0, 1, 2, 3]);
    assert_eq!(errors(&records).iter().map(|(index, _)| *index).collect::<Vec<_>>(), [1, 2]);
    assert_eq!(records[3]["description"], "table lamp");
}

#[test]
fn a_mark_and_windows_line_ends_change_nothing() {
    let folder = Folder::new("mark");
    let plain = folder.file("plain.csv", "description,sku\ncotton tee,A\n\"steel\nbolt\",B\n");
    let windows =
        folder.file("windows.csv", "\u{feff}description,sku\r\ncotton tee,A\r\n\"steel\nbolt\",B\r\n");
    let run =
        |input: &str| hscode(&["classify", "--input", input, "--keep", "sku", "--json"]).status(0).stdout;
    assert_eq!(run(&plain), run(&windows));
    let lines = hscode_reading(&["classify", "--json"], "\u{feff}cotton tee\r\n".as_bytes()).status(0);
    assert_eq!(lines.records()[0]["description"], "cotton tee");
}

#[test]
fn utf16_is_refused_with_what_to_do() {
    let folder = Folder::new("utf16");
    let bytes: Vec<u8> =
        "\u{feff}description\r\ncotton tee\r\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let input = folder.file("goods.csv", bytes);
    hscode(&["classify", "--input", &input])
        .status(4)
        .says("goods.csv: expected csv in UTF-8, saw UTF-16 (in a spreadsheet: save as \"CSV UTF-8\"");
}

#[test]
fn parquet_with_another_type_names_column_type_and_what_was_expected() {
    let folder = Folder::new("parquet");
    let path = folder.0.join("goods.parquet");
    let fields = vec![Field::new("description", Type::Integer), Field::new("text", Type::Text)];
    let mut writer =
        Writer::to_file(NewFile::create(&path).unwrap(), "goods", Format::Parquet, fields).unwrap();
    writer.write(&[Value::Integer(1), Value::text("cotton tee")]).unwrap();
    writer.write(&[Value::Integer(2), Value::Null]).unwrap();
    writer.write(&[Value::Integer(3), Value::text("steel bolt")]).unwrap();
    writer.finish().unwrap();
    let input = folder.path("goods.parquet");
    hscode(&["classify", "--input", &input])
        .status(4)
        .says("goods.parquet: column \"description\": expected text, saw INT64");
    let run = hscode(&["classify", "--input", &input, "--column", "text", "--json"]).status(1);
    let message = "row 1: column \"text\": expected text, saw null";
    assert_eq!(errors(&run.records()), [(1, message.to_owned())]);
    assert_eq!(run.records()[2]["description"], "steel bolt");
    let broken = folder.file("broken.parquet", &std::fs::read(&path).unwrap()[..100]);
    hscode(&["classify", "--input", &broken]).status(4).says("expected a Parquet file");
}

#[test]
fn json_lines_with_faults_are_records_with_an_error() {
    let input = concat!(
        "{\"description\":\"cotton tee\",\"n\":1}\n",
        "{\"description\":null}\n{\"description\":7}\n{\"desc\n[]\n{\"n\":2}\n\n",
        "{\"description\":\"steel bolt\"}\n"
    );
    let run =
        hscode_reading(&["classify", "--input", "-", "--format", "jsonl", "--keep", "n"], input.as_bytes());
    let records = run.status(1).says("5 of 7 rows are bad").records();
    assert_eq!(indexes(&records), [0, 1, 2, 3, 4, 5, 6]);
    let errors = errors(&records);
    assert_eq!(errors[0].1, "line 2: column \"description\": expected text, saw null");
    assert_eq!(errors[1].1, "line 3: column \"description\": expected text, saw a whole number");
    assert!(errors[2].1.starts_with("line 4: expected a JSON object, saw broken JSON"));
    assert_eq!(errors[3].1, "line 5: expected a JSON object, saw another JSON value");
    assert_eq!(errors[4].1, "line 6: column \"description\": expected text, saw nothing");
    assert_eq!((&records[0]["n"], &records[5]["n"]), (&1.into(), &2.into()));
    assert_eq!(records[6]["description"], "steel bolt");
}

#[test]
fn many_bad_rows_are_counted_and_the_first_told() {
    let input = "{}\n".repeat(9) + "{\"description\":\"cotton tee\"}\n";
    let run = hscode_reading(&["classify", "--format", "jsonl"], input.as_bytes());
    let run = run.status(1).says("9 of 10 rows are bad").says("and 4 more; the error column of the output");
    assert_eq!(run.stderr.lines().count(), 7);
    assert_eq!(run.records().len(), 10);
}

#[test]
fn unknown_editions_and_codes_say_what_there_is() {
    hscode(&["classify", "cotton tee", "--edition", "HS2021"])
        .status(2)
        .says("edition \"HS2021\": expected one of HS1992, HS1996, HS2002, HS2007, HS2012, HS2017, HS2022");
    hscode(&["classify", "cotton tee", "--edition", "HS2017"])
        .status(2)
        .says("the model answers HS2022")
        .says("hscode convert --input answers.jsonl --column code --from HS2022 --to HS2017");
    hscode(&["classify", "cotton tee", "--within", "7701"])
        .status(2)
        .says("within 7701: HS2022 has no code 7701");
    hscode(&["classify", "cotton tee", "--within", "61.9"])
        .status(2)
        .says("expected 2, 4, 6, 8 or 10 digits");
    hscode(&["classify", "cotton tee", "--level", "section"]).status(2).says("expected chapter, heading");
    hscode(&["classify", "cotton tee", "--level", "tariff-line"])
        .status(3)
        .says("answers down to subheading");
    hscode(&["classify", "cotton tee", "--top", "0"]).status(2).says("top_k 0");
    hscode(&["classify", "cotton tee", "--coverage", "1.5"]).status(2).says("expected a probability");
    hscode(&["classify", "cotton tee", "--threads", "0"]).status(2);
    hscode(&["convert", "851712", "--from", "HS2017", "--to", "HS2031"]).status(2).says("edition \"HS2031\"");
    let run = hscode(&["lookup", "851712", "6109.10", "61.9", "10121"]).status(1);
    assert!(run.stdout.contains("6109.10"), "{}", run.stdout);
    let run = run.says("HS2022 has no code 851712; HS2007 to HS2017 have it");
    run.says("code \"61.9\": expected").says("did a spreadsheet drop the zero of 010121?");
}

#[test]
fn outputs_that_cannot_be_written_are_told_before_any_work() {
    let folder = Folder::new("unwritable");
    let input = folder.file("goods.csv", "description\ncotton tee\n");
    let missing = folder.path("no/such/out.jsonl");
    hscode(&["classify", "--input", &input, "--output", &missing])
        .status(4)
        .says("no/such/out.jsonl: cannot write: No such file or directory");
    hscode(&["classify", "--input", &input, "--output", &folder.path("")]).status(2);
    std::fs::create_dir(folder.0.join("dir.csv")).unwrap();
    hscode(&["classify", "--input", &input, "--output", &folder.path("dir.csv")])
        .status(4)
        .says("dir.csv: cannot write: expected a file, saw a folder");
    hscode(&["classify", "--input", &input, "--output", &folder.path("out.xlsx")])
        .status(2)
        .says("expected a name ending in .jsonl, .csv, .tsv or .parquet, or --output-format");
    hscode(&["classify", "--input", &input, "--output", &input]).status(2).says("is the input");
    assert_eq!(folder.names(), ["dir.csv", "goods.csv"]);
    assert_eq!(folder.read("goods.csv"), "description\ncotton tee\n");
}

#[test]
fn a_full_disk_ends_with_a_message_and_no_file() {
    if !std::path::Path::new("/dev/full").exists() {
        return;
    }
    let run =
        hscode(&["classify", "cotton tee", "--output", "/dev/full", "--output-format", "jsonl"]).status(4);
    run.says("/dev/full: cannot write: No space left on device");
}

#[test]
fn inputs_that_cannot_be_opened_are_named() {
    let folder = Folder::new("open");
    hscode(&["classify", "--input", "no/such.csv"]).status(4).says("no/such.csv: cannot open: No such file");
    let dir = folder.path(".");
    hscode(&["classify", "--input", &dir, "--format", "csv"]).status(4).says("expected a file, saw a folder");
    let odd = folder.file("goods.dat", "x");
    hscode(&["classify", "--input", &odd]).status(4).says("expected a name ending in .csv, .tsv");
    hscode(&["classify", "--input", &odd, "--format", "xml"]).status(2).says("expected csv, tsv, jsonl");
    let empty = folder.file("empty.csv", "");
    hscode(&["classify", "--input", &empty]).status(4).says("expected a header line");
    let sheet = folder.file("goods.csv", b"PK\x03\x04\x14\0");
    hscode(&["classify", "--input", &sheet]).status(4).says(".xlsx spreadsheet");
    let titles = folder.file("titles.csv", "nothing of use\n");
    hscode(&["classify", "cotton tee", "--titles", &titles]).status(4).says("titles.csv");
}

#[test]
fn a_file_cut_in_the_middle_of_its_compression_gives_no_output_file() {
    let folder = Folder::new("cut");
    let rows: String = (0..20_000).map(|row| format!("cotton tee {}\n", row * 7919 % 10_007)).collect();
    let whole = {
        let mut child = std::process::Command::new("gzip")
            .args(["-c"])
            .stdin(std::process::Stdio::piped())
            .stdout(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdin = child.stdin.take().unwrap();
        let text = rows.clone();
        std::thread::spawn(move || std::io::Write::write_all(&mut stdin, text.as_bytes()).unwrap());
        child.wait_with_output().unwrap().stdout
    };
    let input = folder.file("goods.txt.gz", &whole[..whole.len() / 8]);
    let output = folder.path("out.csv");
    hscode(&["check", "--input", &input, "--output", &output]).status(4).says("goods.txt.gz: cannot read");
    assert_eq!(folder.names(), ["goods.txt.gz"]);
    let input = folder.file("goods.txt.gz", &whole);
    hscode(&["check", "--input", &input, "--output", &output]).status(0);
    assert_eq!(folder.read("out.csv").lines().count(), 20_001);
}

#[test]
fn wrong_command_lines_are_usage_errors() {
    let folder = Folder::new("usage");
    let input = folder.file("goods.csv", "description,code\ncotton tee,6109\n");
    hscode(&["classify", "cotton tee", "--input", &input]).status(2).says("saw both");
    hscode(&["classify", &input]).status(2).says("goods.csv is a file; to answer its rows: --input ");
    hscode(&["classify", "cotton tee", "--column", "x"]).status(2).says("--column is about an --input file");
    hscode(&["classify", "cotton tee", "--format", "csv"]).status(2).says("--output-format");
    hscode(&["classify", "--input", &input, "--keep", "code"])
        .status(2)
        .says("write yours under another name: --keep code=given_code");
    let run = hscode(&["classify", "--input", &input, "--keep", "code=given_code", "--json"]).status(0);
    assert_eq!(run.records()[0]["given_code"], "6109");
    hscode(&["classify", "--input", &input, "--output-format", "lines"]).status(2);
    hscode(&[]).status(2);
    hscode(&["clasify"]).status(2).says("classify");
    hscode(&["classify", "cotton tee", "--model", &folder.path("none")]).status(3);
}
