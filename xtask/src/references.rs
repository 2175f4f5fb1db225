//! `cargo xtask references`: the texts of data/ as the bytes that the lexical classifier opens.

use std::fs;
use std::path::Path;

use hscode_core::{HsCode, Level};

const FILE: &str = "hscode-core/model/references.bin";

pub(crate) fn run(options: &[&str]) -> Result<String, String> {
    let check = match options {
        [] => false,
        ["--check"] => true,
        _ => return Err(format!("references {}: expected nothing or --check\n", options.join(" "))),
    };
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().ok_or("no folder above xtask")?;
    let mut texts = Vec::new();
    let folder = root.join("data/descriptions");
    let entries = fs::read_dir(&folder).map_err(|why| format!("{}: {why}\n", folder.display()))?;
    let mut files: Vec<_> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    files.sort();
    for file in &files {
        read(file, &["code", "pass", "description"], &mut texts)?;
    }
    read(&root.join("data/titles/hs2022.tsv"), &["code", "title"], &mut texts)?;
    // Chapters 98 and 99 are national: the titles name them, no text classifies into them.
    texts.retain(|(code, _)| code.level() == Level::Subheading && code.as_str() < "98");
    let bytes =
        hscode_core::lexical::reference_bytes(texts.iter().map(|(code, text)| (*code, text.as_str())))
            .map_err(|why| format!("{why}\n"))?;
    let path = root.join(FILE);
    if fs::read(&path).is_ok_and(|old| old == bytes) {
        return Ok(format!("{FILE}: as it is, {} texts, {} bytes\n", texts.len(), bytes.len()));
    }
    if check {
        return Err(format!("{FILE}: not what data/ gives; run cargo xtask references\n"));
    }
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(|why| format!("{}: {why}\n", folder.display()))?;
    }
    let beside = path.with_extension("new");
    fs::write(&beside, &bytes)
        .and_then(|()| fs::rename(&beside, &path))
        .map_err(|why| format!("{FILE}: {why}\n"))?;
    Ok(format!("{FILE}: written, {} texts, {} bytes\n", texts.len(), bytes.len()))
}

/// Adds the first and the last column of a file with these columns.
fn read(file: &Path, columns: &[&str], texts: &mut Vec<(HsCode, String)>) -> Result<(), String> {
    let name = file.display();
    let content = fs::read_to_string(file).map_err(|why| format!("{name}: {why}\n"))?;
    for (number, line) in content.lines().enumerate() {
        let fields: Vec<&str> = line.split('\t').collect();
        if number == 0 {
            if fields != columns {
                return Err(format!("{name}: expected the columns {columns:?}, saw {fields:?}\n"));
            }
            continue;
        }
        let [code, .., text] = fields[..] else {
            return Err(format!("{name}:{}: expected {} columns\n", number + 1, columns.len()));
        };
        if fields.len() != columns.len() {
            return Err(format!("{name}:{}: expected {} columns\n", number + 1, columns.len()));
        }
        let code = HsCode::parse(code).map_err(|why| format!("{name}:{}: {why}\n", number + 1))?;
        texts.push((code, text.to_owned()));
    }
    Ok(())
}
