//! The committed `train.toml` is the default, and mistakes in a file are told where they are.

use super::*;

/// The names of all values, as `section.key`.
fn keys(value: &toml::Value, path: &str, out: &mut Vec<String>) {
    if let toml::Value::Table(table) = value {
        for (key, value) in table {
            keys(value, &format!("{path}.{key}"), out);
        }
    } else {
        out.push(path.trim_start_matches('.').to_owned());
    }
}

/// The file with its commented-out settings switched on: `#key = value`, without a space after the sign.
fn example_on() -> String {
    let lines = Config::DEFAULT_TOML.lines().map(|line| match line.strip_prefix('#') {
        Some(setting) if setting.starts_with(|c: char| c.is_ascii_lowercase() || c == '[') => setting,
        _ => line,
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn the_committed_file_is_the_default() {
    assert_eq!(Config::parse(Config::DEFAULT_TOML).unwrap(), Config::default());
    assert_eq!(Config::parse("").unwrap(), Config::default());
}

#[test]
fn the_committed_file_names_and_explains_every_setting() {
    let mut expected = Vec::new();
    keys(&toml::Value::try_from(Config::default()).unwrap(), "", &mut expected);
    let file: toml::Value = toml::from_str(Config::DEFAULT_TOML).unwrap();
    let mut seen = Vec::new();
    keys(&file, "", &mut seen);
    expected.retain(|key| key != "sources");
    expected.sort();
    seen.sort();
    assert_eq!(seen, expected);
    // The example of a source has every key of a source; those of a start do not go together.
    let example = example_on().replace("\nmodel = \"model.bin\"", "");
    let example = Config::parse(&example).unwrap();
    assert!(example.start.vocabulary.is_some() && example.start.vectors.is_some());
    let source = toml::Value::try_from(example.sources.first().unwrap()).unwrap();
    let full = Source {
        format: Some("csv".to_owned()),
        origin: Some("o".to_owned()),
        columns: Columns {
            edition: Some("e".to_owned()),
            date: Some("d".to_owned()),
            weight: Some("w".to_owned()),
            ..Columns::default()
        },
        ..example.sources[0].clone()
    };
    let (mut seen, mut expected) = (Vec::new(), Vec::new());
    keys(&source, "", &mut seen);
    keys(&toml::Value::try_from(full).unwrap(), "", &mut expected);
    assert_eq!(seen, expected);
    // A comment stands right above every setting.
    let mut explained = false;
    for line in Config::DEFAULT_TOML.lines() {
        let setting = line.trim_start_matches('#');
        if setting.split_once('=').is_some_and(|(key, _)| {
            !key.is_empty() && key.trim().chars().all(|c| c.is_ascii_lowercase() || c == '_')
        }) && !setting.starts_with(' ')
        {
            assert!(explained, "{line}: expected a comment above it");
        }
        explained = line.starts_with("# ");
    }
}

#[test]
fn mistakes_are_told_with_line_and_remedy() {
    let message = |text: &str| Config::parse(text).unwrap_err().message().to_owned();
    assert_eq!(
        message("seed = 1\nedtion = \"HS2022\"\n"),
        "line 2: unknown key `edtion`; did you mean `edition`? \
         Known here: seed, edition, sources, clean, split, audit, balance, start, train, tune, package, card"
    );
    assert!(message("[split]\nby = \"dates\"").contains("unknown value `dates`; did you mean `date`?"));
    assert!(message("[split]\ndev = 0.7").contains("split.dev = 0.7: expected 0 to 0.5"));
    assert!(
        message("edition = \"HS2021\"").starts_with("line 1: edition \"HS2021\": expected one of HS1992")
    );
    assert!(message("edition = \"US-HTS@2025-01-01\"").contains("expected an international edition"));
    assert!(message("seed = \"one\"").starts_with("line 1: invalid type: string"));
    assert!(message("seed = ").starts_with("line 1: "));
    let source = |more: &str| message(&format!("[[sources]]\nname = \"a\"\npath = \"a.csv\"\n{more}"));
    assert!(source("weight = 0.0").contains("source \"a\": weight = 0: expected above 0"));
    assert!(source("format = \"xls\"").contains("expected csv, tsv, jsonl or parquet"));
    assert!(source("edition = \"US-HTS@2025-01-01\"").contains("that the tariff rests on"));
    assert!(source("[sources.columns]\ntext = []").contains("empty list"));
    assert!(source("[sources.columns]\nlabel = \"x\"").contains("unknown key `label`"));
    assert!(source("[[sources]]\nname = \"a\"\npath = \"b.csv\"").contains("saw it twice"));
    assert!(message("[[sources]]\npath = \"a.csv\"").contains("missing field `name`"));
}

#[test]
fn paths_are_taken_from_the_folder_of_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("train.toml");
    std::fs::write(&file, "[[sources]]\nname = \"a\"\npath = \"rows/a.csv\"\n").unwrap();
    let config = Config::open(&file).unwrap();
    assert_eq!(config.sources[0].path, folder.path().join("rows/a.csv"));
    std::fs::write(&file, "sed = 1").unwrap();
    let error = Config::open(&file).unwrap_err();
    assert!(
        error.message().contains("train.toml: line 1: unknown key `sed`; did you mean `seed`?"),
        "{error}"
    );
}
