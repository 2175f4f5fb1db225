//! The commands as people use them.

#![allow(clippy::unwrap_used, clippy::panic)] // a test fails by panicking

mod common;

use common::{Folder, hscode, hscode_reading, indexes, records};

#[test]
fn classify_shows_a_table_for_people() {
    let run = hscode(&["classify", "mens cotton crew neck tee"]).status(0);
    let lines: Vec<&str> = run.stdout.lines().collect();
    assert_eq!(lines[0], "mens cotton crew neck tee");
    assert!(lines[1].starts_with("  accept 6109.10  ") || lines[1].starts_with("  back off"), "{}", lines[1]);
    assert!(lines[2..].iter().any(|line| line.starts_with("    6109.10  #")), "{}", run.stdout);
    assert!(run.stdout.contains(" > "), "title paths: {}", run.stdout);
    // Not a terminal: no colours, ASCII bars.
    assert!(!run.stdout.contains('\x1b') && !run.stdout.contains('█'));
    assert!(run.stdout.lines().all(|line| line.chars().count() <= 120));
}

#[test]
fn the_first_candidate_for_a_cotton_tee_is_610910() {
    let records = hscode(&["classify", "mens cotton crew neck tee", "--json"]).status(0).records();
    assert_eq!(records[0]["candidates"][0]["code"], "610910");
    assert_eq!(records[0]["edition"], "HS2022");
    assert!(records[0]["candidates"][0]["title"].as_str().unwrap().contains("otton"));
}

#[test]
fn classify_options_reach_the_classifier() {
    let record = |options: &[&str]| {
        let mut arguments = vec!["classify", "cotton t-shirt", "--json"];
        arguments.extend(options);
        hscode(&arguments).status(0).records().remove(0)
    };
    assert_eq!(record(&["--top", "2"])["candidates"].as_array().unwrap().len(), 2);
    assert_eq!(record(&["--level", "heading"])["candidates"][0]["code"], "6109");
    let within = record(&["--within", "62"]);
    assert!(
        within["candidates"]
            .as_array()
            .unwrap()
            .iter()
            .all(|c| c["code"].as_str().unwrap().starts_with("62"))
    );
    assert!(record(&[]).get("explanation").is_none());
    let explained = record(&["--explain"]);
    assert_eq!(explained["explanation"]["path"].as_array().unwrap().len(), 3);
    assert!(!explained["explanation"]["evidence"].as_array().unwrap().is_empty());
    let set = record(&["--coverage", "0.9"]);
    assert_eq!(set["candidate_set"][0], set["candidates"][0]["code"]);
    let text = hscode(&["classify", "cotton t-shirt", "--explain"]).status(0).stdout;
    assert!(text.contains("why 6109.10") && text.contains("words") && text.contains("like"), "{text}");
}

#[test]
fn references_of_the_user_outrank_ours() {
    let folder = Folder::new("references");
    let references = folder.file(
        "ours.csv",
        "description,code\nzorbulator mk2,8479.89\n\"cotton t-shirt, house brand\",620520\n",
    );
    let run = hscode(&[
        "classify",
        "zorbulator mk2",
        "cotton t-shirt, house brand",
        "--json",
        "--references",
        &references,
    ]);
    let records = run.status(0).records();
    assert_eq!((&records[0]["code"], &records[0]["decision"]), (&"847989".into(), &"accept".into()));
    assert_eq!(records[1]["code"], "620520");
    let why =
        hscode(&["classify", "zorbulator mk2", "--explain", "--references", &references]).status(0).stdout;
    assert!(why.contains("(ours.csv)"), "{why}");
    let bad = folder.file("bad.csv", "description,code\ncotton tee,61.9\n");
    hscode(&["classify", "x", "--references", &bad]).status(4).says("bad.csv: line 2: column \"code\"");
    let bad = folder.file("bad.csv", "description,code\ncotton tee,851712\n");
    hscode(&["classify", "x", "--references", &bad])
        .status(4)
        .says("bad.csv: line 2")
        .says("HS2022 has no code 851712");
    let bad = folder.file("bad.csv", "description,code\ncotton tee\n");
    hscode(&["classify", "x", "--references", &bad]).status(4).says("bad.csv: line 2: 1 field, expected 2");
    let bad = folder.file("bad.csv", "description,hs\ncotton tee,6109\n");
    hscode(&["classify", "x", "--references", &bad]).status(4).says("expected a column named \"code\"");
}

#[test]
fn titles_of_the_user_are_shown() {
    let folder = Folder::new("titles");
    let titles = folder
        .file("official.csv", "code,description\n61,My chapter\n6109,My heading\n610910,My subheading\n");
    let run = hscode(&["classify", "cotton t-shirt", "--top", "1", "--titles", &titles]).status(0);
    assert!(run.stdout.contains("My chapter > My heading > My subheading"), "{}", run.stdout);
    let run = hscode(&["lookup", "6109", "--titles", &titles]).status(0);
    assert!(run.stdout.contains("My heading"), "{}", run.stdout);
}

#[test]
fn lookup_shows_the_way_down_and_what_is_below() {
    let run = hscode(&["lookup", "6109"]).status(0);
    let lines: Vec<&str> = run.stdout.lines().collect();
    assert!(lines[0].starts_with("61 ") && lines[1].starts_with("  6109 "), "{}", run.stdout);
    assert!(lines[2].starts_with("    6109.10 ") && lines[3].starts_with("    6109.90 "), "{}", run.stdout);
    assert_eq!(lines[4], "HS2022 heading, 2 codes right below");
    let records = hscode(&["lookup", "6109.10", "7701", "--json"]).status(1).records();
    assert_eq!(records[0]["path"].as_array().unwrap().len(), 3);
    assert_eq!(records[0]["children"], serde_json::json!([]));
    assert_eq!(records[1]["error"], "HS2022 has no code 7701");
    let old = hscode(&["lookup", "851712", "--edition", "HS2017"]).status(0);
    assert!(old.stdout.contains("8517.12"), "{}", old.stdout);
}

#[test]
fn search_finds_by_words_of_titles() {
    let run = hscode(&["search", "table lamp"]).status(0);
    assert!(run.stdout.lines().next().unwrap().starts_with("9405.2"), "{}", run.stdout);
    let records =
        hscode(&["search", "horses", "--level", "subheading", "--top", "2", "--json"]).status(0).records();
    assert!(!records.is_empty() && records.len() <= 2);
    assert!(records.iter().all(|record| record["level"] == "subheading"));
    hscode(&["search", "qqqqzzzz"]).status(1).says("no title has these words");
    hscode(&["search", "horses", "--edition", "HS1992"]).status(1).says("--titles FILE");
}

#[test]
fn convert_lists_every_target_with_its_change() {
    let run = hscode(&["convert", "851712", "--from", "HS2017", "--to", "HS2022"]).status(0);
    let lines: Vec<&str> = run.stdout.lines().collect();
    assert!(lines[0].starts_with("HS2017 8517.12"), "{}", run.stdout);
    assert!(lines[1].starts_with("  HS2022 8517.13  split "), "{}", run.stdout);
    assert!(lines[2].starts_with("  HS2022 8517.14  split "), "{}", run.stdout);
    let records = hscode(&["convert", "8517.12", "010121", "--from", "HS2017", "--to", "HS2022", "--json"])
        .status(0)
        .records();
    let codes: Vec<&str> = records[0]["targets"]
        .as_array()
        .unwrap()
        .iter()
        .map(|target| target["code"].as_str().unwrap())
        .collect();
    assert_eq!(codes, ["851713", "851714"]);
    assert!(records[0]["target"].is_null());
    assert_eq!(
        (&records[1]["target"], &records[1]["targets"][0]["change"]),
        (&"010121".into(), &"same".into())
    );
    let all = hscode(&["convert", "851712", "--from", "HS2017", "--to", "HS2022", "--json", "--all"])
        .status(0)
        .records();
    assert!(all[0]["targets"].as_array().unwrap().len() > 2);
}

#[test]
fn convert_reads_files_of_codes_also_stored_as_numbers() {
    let folder = Folder::new("convert");
    let input = folder.file("tariff.jsonl", "{\"sku\":\"A\",\"code\":851712}\n{\"sku\":\"B\",\"code\":10121}\n{\"sku\":\"C\",\"code\":\"0101.21\"}\n");
    let run = hscode(&[
        "convert", "--input", &input, "--from", "HS2017", "--to", "HS2022", "--keep", "sku", "--json",
    ]);
    let records = run.status(1).records();
    assert_eq!(indexes(&records), [0, 1, 2]);
    assert_eq!(records[0]["targets"][0]["code"], "851713");
    assert!(records[1]["error"].as_str().unwrap().contains("did a spreadsheet drop the zero of 010121?"));
    assert_eq!((&records[1]["code"], &records[1]["sku"]), (&"10121".into(), &"B".into()));
    assert_eq!(records[2]["target"], "010121");
    let lines = hscode_reading(&["convert", "--from", "HS2012", "--to", "HS2022"], b"0101.21\n").status(0);
    assert_eq!(lines.records()[0]["target"], "010121");
}

#[test]
fn check_says_what_is_wrong_and_what_to_add() {
    let run = hscode(&["check", "gift"]).status(1);
    assert!(run.stdout.starts_with("gift\n  refused\n"), "{}", run.stdout);
    assert!(run.stdout.contains("Say what the gift is"), "{}", run.stdout);
    assert_eq!(run.stderr, "hscode: 1 of 1 row is refused\n");
    let fine = hscode(&["check", "stainless steel hex bolt M8"]).status(0);
    assert!(fine.stdout.contains("acceptable"));
    let records = hscode_reading(&["check"], b"gift\nsteel bolt\nas per invoice\n").status(1).records();
    let verdicts: Vec<&str> = records.iter().map(|record| record["verdict"].as_str().unwrap()).collect();
    assert_eq!(verdicts, ["refuse", "acceptable", "refuse"]);
    assert_eq!(records[0]["findings"][0]["reason"], "purpose_only");
    assert!(records[0].get("error").is_none());
}

#[test]
fn model_info_describes_the_embedded_model() {
    let run = hscode(&["model", "info"]).status(0);
    assert!(
        run.stdout.contains("HS2022") && run.stdout.contains("embedded in this program"),
        "{}",
        run.stdout
    );
    let records = hscode(&["model", "info", "--json"]).status(0).records();
    assert_eq!(records[0]["edition"], "HS2022");
    assert_eq!(records[0]["codes"], 5612);
    assert_eq!(records[0]["classifier"], "fused");
    let seal = records[0]["package"]["seal"].as_str().unwrap();
    assert!(records[0]["model"].as_str().unwrap().ends_with(&format!("@0.1.0#{}", &seal[..12])), "{seal}");
    hscode(&["model", "info", "no/such"]).status(3).says("no/such");
}

/// A package of two chapters.
const TINY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/packages/tiny");

#[test]
fn a_model_package_answers_in_place_of_the_embedded_model() {
    let record = |model: &[&str]| {
        let mut arguments = vec!["classify", "live horse", "--json"];
        arguments.extend(model);
        hscode(&arguments).status(0).records().remove(0)
    };
    let tiny = record(&["--model", TINY]);
    assert!(tiny["model"].as_str().unwrap().starts_with("tiny@1#"), "{tiny}");
    let chapters: Vec<&str> = tiny["candidates"]
        .as_array()
        .unwrap()
        .iter()
        .map(|candidate| &candidate["code"].as_str().unwrap()[..2])
        .collect();
    assert!(chapters.iter().all(|chapter| ["01", "97"].contains(chapter)), "{chapters:?}");
    assert!(record(&[])["model"].as_str().unwrap().starts_with("hscode-default@0.1.0#"));
    let info = hscode(&["model", "info", TINY]).status(0);
    for part in ["tiny@1#", "a package", "seal ", "lexical: from ", "machine-written"] {
        assert!(info.stdout.contains(part), "{part:?} in {}", info.stdout);
    }
}

#[test]
fn model_verify_names_the_file_that_was_changed() {
    let run = hscode(&["model", "verify", TINY]).status(0);
    assert!(
        run.stdout.starts_with("tiny@1#") && run.stdout.contains("answers as expected"),
        "{}",
        run.stdout
    );
    let seal = hscode(&["model", "verify", TINY, "--json"]).status(0).records()[0]["seal"].clone();
    let seal = seal.as_str().unwrap();
    hscode(&["model", "verify", TINY, "--seal", seal]).status(0);
    hscode(&["model", "verify", TINY, "--seal", &seal[..12]]).status(0);
    hscode(&["model", "verify", TINY, "--seal", "000000000000"]).status(3).says("it is whole, but another");
    hscode(&["model", "verify", TINY, "--seal", "abc"]).status(2).says("12 to 64 hexadecimal digits");
    let folder = Folder::new("verify");
    for entry in std::fs::read_dir(TINY).unwrap() {
        let entry = entry.unwrap();
        folder.file(entry.file_name().to_str().unwrap(), std::fs::read(entry.path()).unwrap());
    }
    let copy = folder.path("");
    hscode(&["model", "verify", &copy]).status(0);
    let references = std::fs::read(folder.path("references.bin")).unwrap();
    let mut changed = references.clone();
    changed[references.len() / 2] ^= 1;
    folder.file("references.bin", changed);
    for arguments in [
        vec!["model", "verify", &copy],
        vec!["model", "info", &copy],
        vec!["model", "diff", TINY, &copy],
        vec!["classify", "live horse", "--model", &copy],
    ] {
        let run = hscode(&arguments).status(3).says("references.bin: expected SHA-256 ");
        assert!(run.stdout.is_empty(), "{}", run.stdout);
    }
    folder.file("references.bin", references);
    folder.file("notes.txt", "");
    hscode(&["model", "verify", &copy]).status(3).says("notes.txt: not in manifest.json");
}

#[test]
fn model_diff_lists_what_differs() {
    let alike = hscode(&["model", "diff", TINY, TINY]).status(0);
    assert!(alike.stdout.starts_with("no difference: tiny@1#"), "{}", alike.stdout);
    let run = hscode(&["model", "diff", TINY, "embedded", "--json"]).status(1);
    let records = run.records();
    let named = |part: &str, name: &str| {
        let found = records.iter().find(|record| record["part"] == part && record["name"] == name);
        found.unwrap_or_else(|| panic!("{part} {name} in {}", run.stdout)).clone()
    };
    assert_eq!(named("manifest", "name")["second"], "hscode-default");
    assert!(named("file", "references.bin")["first"].as_str().unwrap().contains(" bytes, SHA-256 "));
    assert!(
        named("answer", "to line 001 of the first probe")["second"].as_str().unwrap().contains("decision")
    );
    let text = hscode(&["model", "diff", TINY, "embedded"]).status(1).stdout;
    assert!(text.contains("manifest name\n  1: tiny\n  2: hscode-default\n"), "{text}");
}

#[test]
fn every_command_has_help_with_examples() {
    for command in [
        "classify",
        "lookup",
        "search",
        "convert",
        "check",
        "model info",
        "model verify",
        "model diff",
        "completions",
    ] {
        let mut arguments: Vec<&str> = command.split(' ').collect();
        arguments.push("--help");
        let help = hscode(&arguments).status(0).stdout;
        assert!(
            help.contains("Examples:") && help.contains(&format!("hscode {command}")),
            "{command}: {help}"
        );
    }
    assert!(hscode(&["--version"]).status(0).stdout.starts_with("hscode "));
}

#[test]
fn completions_know_the_commands() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = hscode(&["completions", shell]).status(0).stdout;
        assert!(script.contains("classify") && script.contains("explain"), "{shell}");
    }
    hscode(&["completions", "cmd"]).status(2);
}

#[test]
fn answers_to_files_end_in_a_summary_only_where_people_read() {
    let folder = Folder::new("quiet");
    let input = folder.file("goods.csv", "description\ncotton tee\n");
    let output = folder.path("out.jsonl");
    let run = hscode(&["classify", "--input", &input, "--output", &output]).status(0);
    assert_eq!((run.stdout.as_str(), run.stderr.as_str()), ("", ""));
    assert_eq!(records(&folder.read("out.jsonl")).len(), 1);
}

/// Runs the command on a terminal of its own, as `script` makes one.
#[cfg(target_os = "linux")]
fn on_terminal(variables: &str, arguments: &str) -> Option<String> {
    let line = format!("env -u NO_COLOR TERM=xterm {variables} {} {arguments}", env!("CARGO_BIN_EXE_hscode"));
    let mut script = std::process::Command::new("script");
    let output =
        script.args(["-qec", &line, "/dev/null"]).stdin(std::process::Stdio::null()).output().ok()?;
    Some(String::from_utf8(output.stdout).unwrap())
}

#[cfg(target_os = "linux")]
#[test]
fn a_terminal_gets_colours_unless_it_does_not_want_them() {
    let Some(coloured) = on_terminal("", "check gift") else {
        return; // there is no `script` here
    };
    assert!(coloured.contains("\x1b[31mrefused\x1b[0m"), "{coloured:?}");
    for variables in ["NO_COLOR=1", "TERM=dumb"] {
        let plain = on_terminal(variables, "check gift").unwrap();
        assert!(plain.contains("refused") && !plain.contains('\x1b'), "{variables}: {plain:?}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_terminal_without_arguments_gets_a_hint() {
    let line = format!("{} classify", env!("CARGO_BIN_EXE_hscode"));
    // Unlike the others, standard input is the terminal here.
    let shell = format!("exec {line} < /dev/tty");
    let mut script = std::process::Command::new("script");
    let Ok(output) = script.args(["-qec", &format!("sh -c '{shell}'"), "/dev/null"]).output() else {
        return; // there is no `script` here
    };
    let shown = String::from_utf8(output.stdout).unwrap();
    assert!(shown.contains("such as: hscode classify \"mens cotton crew neck tee\""), "{shown:?}");
    assert_eq!(output.status.code(), Some(2));
}
