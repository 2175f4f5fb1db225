//! `cargo xtask nomenclature`: from the UN tables to the embedded form.

mod tables;
mod write;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

/// Oldest first.
const EDITIONS: [&str; 7] = ["HS1992", "HS1996", "HS2002", "HS2007", "HS2012", "HS2017", "HS2022"];

/// File names and their text.
type Files = BTreeMap<String, String>;

pub(crate) fn run(options: &[&str]) -> Result<String, String> {
    let (mut from, mut check) = (None, false);
    let mut options = options.iter();
    while let Some(option) = options.next() {
        match *option {
            "--check" => check = true,
            "--from" => from = Some(PathBuf::from(options.next().ok_or("--from: expected a directory")?)),
            other => return Err(format!("nomenclature {other}: expected --from DIR or --check")),
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().ok_or("no folder above xtask")?;
    let folder = root.join("hscode-core/data/nomenclature");
    let titles = tables::titles(&root.join("data/titles/hs2022.tsv"))?;
    let mut report = String::new();
    let files = match from {
        Some(from) => {
            let tables = tables::read(&from, &mut report)?;
            write::all(&tables, &titles)?
        }
        None => {
            let path = folder.join("hs2022.txt");
            let tree = fs::read_to_string(&path).map_err(|e| format!("{}: {e}", path.display()))?;
            Files::from([("hs2022.txt".to_owned(), write::tree(&write::codes_of(&tree)?, &titles)?)])
        }
    };
    for (name, text) in files {
        let path = folder.join(&name);
        let changed = fs::read(&path).ok().is_none_or(|there| there != text.as_bytes());
        if changed && check {
            return Err(format!("{}: out of date; run cargo xtask nomenclature", path.display()));
        }
        if changed {
            fs::write(&path, &text).map_err(|e| format!("{}: {e}", path.display()))?;
        }
        let state = if changed { "written" } else { "as it was" };
        writeln!(report, "{name}: {} bytes, {state}", text.len()).map_err(|e| e.to_string())?;
    }
    Ok(report)
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_embedded_titles_are_those_of_data() {
        super::run(&["--check"]).unwrap();
    }

    #[test]
    fn options_are_checked() {
        assert!(super::run(&["--form", "x"]).is_err());
        assert!(super::run(&["--from"]).is_err());
        assert!(super::run(&["--from", "/nonexistent", "--check"]).unwrap_err().contains("/nonexistent"));
    }
}
