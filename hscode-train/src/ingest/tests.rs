//! Whole tables in; the counts add up.

use super::*;
use crate::progress::Silent;
use crate::row::{Reason, Row};

fn ingest(files: &[(&str, &str)], settings: &str) -> Result<(Ran, Vec<Row>, Vec<Reject>), StepError> {
    let folder = tempfile::tempdir().unwrap();
    for (name, content) in files {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }
    let toml = folder.path().join("train.toml");
    std::fs::write(&toml, settings).unwrap();
    let config = Config::open(&toml)?;
    let work = WorkDir::open(folder.path().join("work"))?;
    let ran = run(&work, &config, &Silent)?;
    assert!(run(&work, &config, &Silent)?.skipped);
    let counts = &ran.record.counts;
    let rows: Vec<Row> = work.read_rows(ROWS, &Silent)?;
    let rejects: Vec<Reject> = work.read_rows(REJECTS, &Silent)?;
    assert_eq!(counts.get("kept"), rows.len() as u64);
    assert_eq!(counts.get("rejected"), rejects.len() as u64);
    assert_eq!(counts.get("read"), counts.get("kept") + counts.get("rejected") + counts.get("not_selected"));
    let by_reason: u64 =
        counts.iter().filter(|(name, _)| name.starts_with("rejected.")).map(|(_, n)| n).sum();
    assert_eq!(by_reason, counts.get("rejected"));
    Ok((ran, rows, rejects))
}

const CSV: &str = "product,material,hs\n\
    Tee,cotton,6109.10\n\
    \"Hook, coat\",steel,732690\n\
    Phone,,851712\n\
    Horse,,10121\n\
    ,,610910\n\
    Gone,,\n\
    broken\n";

#[test]
fn a_csv_with_faults() {
    let settings = "[[sources]]\nname = \"shop\"\npath = \"shop.csv\"\nrestore_leading_zero = true\n\
        [sources.columns]\ntext = [\"product\", \"material\"]\ncode = \"HS\"\n";
    let (ran, rows, rejects) = ingest(&[("shop.csv", CSV)], settings).unwrap();
    assert_eq!(rows.iter().map(|row| row.id.as_str()).collect::<Vec<_>>(), ["shop:1", "shop:2", "shop:4"]);
    assert_eq!(rows[1].text, "Hook, coat, steel");
    assert_eq!(rows[2].code.as_str(), "010121");
    let reasons: Vec<Reason> = rejects.iter().map(|reject| reject.reason).collect();
    assert_eq!(
        reasons,
        [Reason::SeveralTargets, Reason::MissingText, Reason::MissingCode, Reason::UnreadableRow]
    );
    assert_eq!(rejects[0].codes.len(), 2);
    assert_eq!(ran.record.counts.get("leading_zero_restored"), 1);
    assert_eq!(ran.record.counts.get("shop.read"), 7);
}

#[test]
fn json_lines_with_codes_as_numbers_editions_dates_and_a_choice_of_rows() {
    let lines = concat!(
        "{\"t\":\"tee\",\"c\":610910,\"from\":\"a\"}\n",
        "{\"t\":\"hook\",\"c\":\"6109.10\",\"from\":\"b\",\"d\":\"2024-05-06\",\"e\":\"HS2012\"}\n",
        "{\"t\":\"hook two\",\"c\":732690.0,\"from\":\"b\",\"d\":null}\n",
        "{\"t\":\"hook three\",\"c\":true,\"from\":\"b\"}\n",
    );
    let settings = "[[sources]]\nname = \"j\"\npath = \"j.jsonl\"\nonly = { from = [\"b\", \"c\"] }\n\
        [sources.columns]\ntext = \"t\"\ncode = \"c\"\nedition = \"e\"\ndate = \"d\"\n";
    let (ran, rows, rejects) = ingest(&[("j.jsonl", lines)], settings).unwrap();
    assert_eq!(rows.len(), 2);
    assert_eq!(rows[0].date.as_deref(), Some("2024-05-06"));
    assert_eq!(rows[1].code.as_str(), "732690");
    assert_eq!(rejects[0].reason, Reason::MalformedCode);
    assert_eq!(ran.record.counts.get("not_selected"), 1);
    assert_eq!(ran.record.counts.get("moved_from_HS2012"), 1);
}

#[test]
fn a_folder_is_read_in_the_order_of_names() {
    let settings = "[[sources]]\nname = \"d\"\npath = \"data\"\n";
    let table = |text: &str| format!("code\tpass\tdescription\n010121\tw\t{text}\n");
    let (_, rows, _) = ingest(
        &[("data/02.tsv", &table("b")), ("data/01.tsv", &table("a")), ("data/readme.md", "no table")],
        settings,
    )
    .unwrap();
    assert_eq!(
        rows.iter().map(|row| (row.id.as_str(), row.text.as_str())).collect::<Vec<_>>(),
        [("d:01.tsv:1", "a"), ("d:02.tsv:1", "b")]
    );
}

#[test]
fn what_cannot_be_read_at_all_is_told() {
    let message = |files: &[(&str, &str)], settings: &str| ingest(files, settings).unwrap_err().to_string();
    assert!(message(&[], "").starts_with("no data: expected at least one [[sources]]"));
    let one = "[[sources]]\nname = \"a\"\npath = \"a.csv\"\n";
    assert!(message(&[], one).contains("a.csv: cannot open"));
    let missing = message(&[("a.csv", "text,code\nx,610910\n")], one);
    assert!(missing.contains("source \"a\"") && missing.contains("\"description\""), "{missing}");
    let none = message(&[("a.csv", "description,code\nsecret,610999\n")], one);
    assert!(none.starts_with("no row can be used: 1 read, 0 not selected, 1 rejected"), "{none}");
    assert!(none.contains("a:1: unknown_code") && !none.contains("secret"), "{none}");
    let empty = message(&[("a.csv", "description,code\n")], one);
    assert!(empty.starts_with("no row can be used: 0 read"), "{empty}");
    let folder = "[[sources]]\nname = \"a\"\npath = \"data\"\n";
    assert!(message(&[("data/x.md", "")], folder).contains("saw none"));
}
