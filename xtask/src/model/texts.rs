//! The texts of data/ by which the lexical classifier answers.

use std::fs;
use std::path::Path;

use hscode_core::package::DataSource;
use hscode_core::{HsCode, Level};
use hscode_train::house;
use hscode_train::pack::digest_of_files;

use super::recipe::{Described, Material};

/// Texts with their codes, and what they are made of.
pub(crate) struct Texts {
    pub(crate) texts: Vec<(HsCode, String)>,
    pub(crate) sources: Vec<DataSource>,
}

/// Reads the descriptions and titles whose code starts with one of `chapters`; with none, all.
pub(crate) fn read(root: &Path, chapters: &[String], described: &[Described]) -> Result<Texts, String> {
    let mut all = Texts { texts: Vec::new(), sources: Vec::new() };
    for source in described {
        let path = root.join(&source.path);
        let columns: Vec<&str> = source.columns.iter().map(String::as_str).collect();
        let mut files = Vec::new();
        if path.is_dir() {
            let entries = fs::read_dir(&path).map_err(|why| format!("{}: {why}\n", path.display()))?;
            for entry in entries {
                let entry = entry.map_err(|why| format!("{}: {why}\n", path.display()))?;
                files.push((entry.file_name().to_string_lossy().into_owned(), entry.path()));
            }
            files.sort();
        } else {
            files.push((source.path.clone(), path));
        }
        let mut contents: Vec<(String, String)> = Vec::new();
        let before = all.texts.len();
        for (name, file) in files {
            let content = fs::read_to_string(&file).map_err(|why| format!("{}: {why}\n", file.display()))?;
            // Chapters 98 and 99 are national: the titles name them, no text classifies into them.
            let of_ours = |code: &HsCode| {
                code.level() == Level::Subheading
                    && code.as_str() < "98"
                    && (chapters.is_empty()
                        || chapters.iter().any(|chapter| code.as_str().starts_with(chapter)))
            };
            let used = all.texts.len();
            house::table(&name, &content, &columns, |code, text| {
                if of_ours(&code) {
                    all.texts.push((code, text.to_owned()));
                }
            })
            .map_err(|why| format!("{why}\n"))?;
            if all.texts.len() > used {
                contents.push((name, content));
            }
        }
        let digest =
            digest_of_files(contents.iter().map(|(name, content)| (name.as_str(), content.as_bytes())));
        all.sources.push(DataSource {
            name: source.name.clone(),
            licence: source.licence.clone(),
            origin: source.origin.clone(),
            machine_written: source.machine_written,
            rows: (all.texts.len() - before) as u64,
            sha256: digest,
        });
    }
    Ok(all)
}

/// What the network learns from beside texts, with the digests of its files; words about them are not counted.
pub(crate) fn material(root: &Path, material: &[Material]) -> Result<Vec<DataSource>, String> {
    let mut sources = Vec::new();
    for part in material {
        let folder = root.join(&part.path);
        let failed = |why| format!("{}: {why}\n", folder.display());
        let mut contents = Vec::new();
        for entry in fs::read_dir(&folder).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let name = entry.file_name().to_string_lossy().into_owned();
            if !name.ends_with(".md") {
                contents.push((name, fs::read(entry.path()).map_err(failed)?));
            }
        }
        sources.push(DataSource {
            name: part.name.clone(),
            licence: part.licence.clone(),
            origin: part.origin.clone(),
            machine_written: true,
            rows: part.rows,
            sha256: digest_of_files(contents.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice()))),
        });
    }
    Ok(sources)
}
