//! From tables to an audited division, as a customer does it.

#![allow(clippy::unwrap_used, clippy::panic)] // a test fails by panicking

mod common;

use common::{Folder, hscode};
use serde_json::Value;

const SETTINGS: &str = "[split]\ntest = 0.2\n[[sources]]\nname = \"own\"\npath = \"own.csv\"\n\
    [sources.columns]\ntext = \"goods\"\ncode = \"hs\"\n";

fn table() -> String {
    let mut table = "goods,hs\n".to_owned();
    let colours = ["red", "blue", "green", "white", "black", "pink", "brown", "grey", "gold", "teal"];
    for (goods, code) in [("cotton tee", "6109.10"), ("steel wood screw", "7318120012"), ("phone", "851712")]
    {
        for colour in colours {
            table.push_str(&format!("{colour} {goods},{code}\n"));
        }
    }
    table
}

#[test]
fn the_settings_are_printed_and_can_be_read_back() {
    let printed = hscode(&["ingest", "--print-config"]).status(0).stdout;
    assert!(printed.contains("[split]") && printed.contains("#[[sources]]"));
    let folder = Folder::new("print-config");
    let settings = folder.file("train.toml", &printed);
    let work = folder.path("work");
    hscode(&["ingest", "--config", &settings, "--work", &work]).status(4).says("at least one [[sources]]");
}

#[test]
fn audit_runs_the_steps_before_it_once() {
    let folder = Folder::new("audit");
    folder.file("own.csv", table());
    let settings = folder.file("train.toml", SETTINGS);
    let work = folder.path("work");
    let run = hscode(&["audit", "--config", &settings, "--work", &work]).status(0);
    assert!(run.stdout.contains("10  rejected.several targets"), "{}", run.stdout);
    assert!(run.stdout.contains("audit.md"), "{}", run.stdout);
    let report: Value = serde_json::from_str(&folder.read("work/audit/audit.json")).unwrap();
    assert_eq!(report["classes"]["trained"], 2);
    let rejects = folder.read("work/ingest/rejects.jsonl");
    let first: Value = serde_json::from_str(rejects.lines().next().unwrap()).unwrap();
    assert_eq!(first["reason"], "several_targets");
    assert_eq!(first["codes"], serde_json::json!(["851713", "851714"]));
    let again = hscode(&["audit", "--config", &settings, "--work", &work]).status(0).stdout;
    assert_eq!(again.matches("(nothing changed)").count(), 4, "{again}");
}

#[test]
fn wrong_settings_and_data_are_told() {
    let folder = Folder::new("wrong");
    let work = folder.path("work");
    let run = |name: &str, text: &str| {
        let settings = folder.file(name, text);
        hscode(&["split", "--config", &settings, "--work", &work]).status(4)
    };
    run("a.toml", "sed = 1\n").says("a.toml: line 1: unknown key `sed`; did you mean `seed`?");
    hscode(&["clean", "--config", &folder.path("none.toml")]).status(4).says("none.toml: cannot read");
    run("b.toml", SETTINGS).says("own.csv: cannot open");
    folder.file("own.csv", "goods,hs\n");
    run("c.toml", SETTINGS).says("no row can be used: 0 read");
    folder.file("own.csv", "goods,hs\ncotton tee,610910\nblue jersey tee,610910\n");
    run("d.toml", SETTINGS).says("one class only: all 2 rows have the code 610910");
}
