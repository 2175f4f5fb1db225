//! `hscode evaluate` as people use it.

#![allow(clippy::unwrap_used, clippy::panic)] // a test fails by panicking

mod common;

use common::{Folder, hscode};
use serde_json::Value;

const GOODS: &str = "\
description,code
mens cotton crew neck t-shirt,6109.10.00.12
stainless steel hexagon head bolt M8,731815
wooden dining chair with upholstered seat,9401.61
,610910
leather wallet,42O231
live horse,10121
phone case,999999
";

#[test]
fn tells_accuracy_and_every_row_that_cannot_be_judged() {
    let folder = Folder::new("evaluate-text");
    let data = folder.file("goods.csv", GOODS);
    let run = hscode(&["evaluate", "--data", &data, "--time", "3", "--threads", "2"]).status(1);
    let text = &run.stdout;
    assert!(text.starts_with("goods: 7 rows, 3 judged in HS2022\n"), "{text}");
    assert!(text.contains("1 codes had more than six digits and were cut"), "{text}");
    assert!(
        text.contains("4 rows cannot be judged: 1 empty_description, 2 bad_code, 1 unknown_code"),
        "{text}"
    );
    assert!(
        text.contains("row 5: \"10121\": 5 digits; did a spreadsheet drop the zero of 010121?"),
        "{text}"
    );
    assert!(text.contains("\n  6       3  "), "accuracy at six digits of 3 rows: {text}");
    assert!(!text.contains("crew neck") && !text.contains("wallet"), "descriptions stay out: {text}");
    run.says("4 rows cannot be judged");
}

#[test]
fn json_and_the_folder_hold_the_same_report() {
    let folder = Folder::new("evaluate-json");
    let data = folder.file("goods.csv", GOODS);
    let out = folder.path("out");
    let arguments = [
        "evaluate",
        "--data",
        &data,
        "--coverage",
        "0.9",
        "--json",
        "--report",
        &out,
        "--against",
        "embedded",
    ];
    let run = hscode(&arguments).status(1);
    let report: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(report["format"], "hscode-evaluation/1");
    assert_eq!(report["data"][0]["rows"]["unjudged"], 4);
    assert_eq!(report["models"][1]["label"], "embedded-2");
    assert_eq!(report["evaluations"][0]["levels"][2]["top"][0]["right"]["n"], 3);
    assert_eq!(report["evaluations"][0]["candidate_sets"]["asked"], 0.9);
    // The same model twice: no row differs.
    let pair = &report["comparisons"][0]["pair"];
    assert_eq!((&pair["only_first"], &pair["difference"]), (&0.into(), &0.0.into()));
    assert_eq!(serde_json::from_str::<Value>(&folder.read("out/report.json")).unwrap(), report);
    assert_eq!(folder.read("out/outcomes.jsonl").lines().count(), 6);
    assert_eq!(folder.read("out/unjudged.jsonl").lines().count(), 4);
    assert!(folder.read("out/report.txt").contains("Side by side on goods"));
    let page = folder.read("out/report.html");
    assert!(page.starts_with("<!doctype html>") && page.ends_with("</html>\n"));
    assert!(page.contains("2 models on goods") && !page.contains("crew neck"));
}

#[test]
fn own_references_are_compared_with_the_plain_model() {
    let folder = Folder::new("evaluate-references");
    let data = folder.file("goods.csv", "text,code\nzorblat type 4,731815\ncotton t-shirt,610910\n");
    let settled = folder.file("settled.csv", "description,code\nzorblat type 4,731815\n");
    let run = hscode(&["evaluate", "--data", &data, "--references", &settled, "--json"]).status(0);
    let report: Value = serde_json::from_str(&run.stdout).unwrap();
    let labels: Vec<&str> =
        report["models"].as_array().unwrap().iter().map(|m| m["label"].as_str().unwrap()).collect();
    assert_eq!(labels, ["embedded", "embedded+references"]);
    let six = report["comparisons"].as_array().unwrap().iter().find(|c| c["level"] == "subheading").unwrap();
    assert_eq!((&six["pair"]["only_second"], &six["pair"]["only_first"]), (&1.into(), &0.into()));
}

#[test]
fn logs_of_training_are_drawn() {
    let folder = Folder::new("evaluate-logs");
    let data = folder.file("goods.csv", "text,code\ncotton t-shirt,610910\n");
    let log = folder.file("log.json", "{\"model\":\"svc\",\"entries\":[{\"epoch\":1.0,\"train_loss\":0.5}]}");
    let out = folder.path("out");
    hscode(&["evaluate", "--data", &data, "--report", &out, "--log", &log]).status(0);
    assert!(folder.read("out/report.html").contains("mean loss of training"));
    let wrong = folder.file("wrong.json", "{}");
    hscode(&["evaluate", "--data", &data, "--report", &out, "--log", &wrong])
        .status(4)
        .says("wrong.json: expected a log with one of the fields");
    hscode(&["evaluate", "--data", &data, "--log", &log]).status(2);
}

#[test]
fn older_codes_go_through_the_correlation() {
    let folder = Folder::new("evaluate-edition");
    let data = folder.file("old.jsonl", "{\"text\":\"smartphone 128 GB\",\"hs6\":\"851712\"}\n");
    let run = hscode(&["evaluate", "--data", &data, "--data-edition", "HS2017", "--json"]).status(0);
    let report: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(report["data"][0]["data_edition"], "HS2017");
    assert_eq!(report["data"][0]["rows"]["several_targets"], 1);
    // In the model's own edition the code is not known.
    hscode(&["evaluate", "--data", &data]).status(4).says("1 unknown_code");
}

#[test]
fn bad_input_is_told_with_its_place() {
    let folder = Folder::new("evaluate-bad");
    let named = folder.file("named.csv", "goods,tariff\ntee,610910\n");
    hscode(&["evaluate", "--data", &named]).status(4).says("saw \"goods\", \"tariff\"");
    hscode(&["evaluate", "--data", &named, "--text-column", "goods", "--code-column", "hs"])
        .status(4)
        .says("\"hs\"");
    let empty = folder.file("empty.csv", "text,code\n");
    hscode(&["evaluate", "--data", &empty])
        .status(4)
        .says("expected at least one row to judge by, saw 0 rows");
    hscode(&["evaluate", "--data", &folder.path("gone.csv")]).status(4).says("gone.csv");
    hscode(&["evaluate"]).status(2);
    let data = folder.file("goods.csv", GOODS);
    hscode(&["evaluate", "--data", &data, "--coverage", "2"]).status(2).says("coverage 2");
    hscode(&["evaluate", "--data", &data, "--core-hour-price=-1"]).status(2).says("price of 0 or more");
    hscode(&["evaluate", "--data", &data, "--data", &data]).status(2).says("expected each name once");
    hscode(&["evaluate", "--data", &data, "--report", &format!("{data}/x")])
        .status(4)
        .says("cannot make the folder");
}
