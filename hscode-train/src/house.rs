//! What the default model learns from: the folder `data/` of the repository.
//!
//! `descriptions/*.tsv` (code, pass, description), `titles/hs2022.tsv` (code, title), the composed texts that
//! [`compose`](crate::compose) makes of the descriptions, the teachers' probabilities of all of them
//! (`labels/soft.bin`), and the word pieces with their vectors (`encoder/`).

use std::fs;
use std::path::{Path, PathBuf};

use hscode_core::{Error, ErrorKind, HsCode};

use crate::compose::{Source, compose};
use crate::labels::Labels;
use crate::models::{Sample, TrainingData};
use crate::progress::io_error;

/// Where the draws of the composed texts start; the labels belong to these texts.
const COMPOSE_SEED: u64 = 1;

/// Reads the folder.
///
/// `composed`: the share of the epochs in which a composed text is read, above 0, at most 1; 0.58 makes them 40% of
/// what is read. `None` leaves the composed texts and the teachers out.
///
/// # Errors
/// `Io` when a file lacks or cannot be read; `Package` when the labels are damaged or belong to other texts;
/// `InvalidInput` naming file and line when a table is not as expected.
pub fn read(folder: &Path, composed: Option<f32>) -> Result<TrainingData, Error> {
    let mut rows = Vec::new();
    for file in files(&folder.join("descriptions"))? {
        let mut add = |code, text: &str| rows.push((code, text.to_owned()));
        table(&file.display().to_string(), &text_of(&file)?, &["code", "pass", "description"], &mut add)?;
    }
    let mut classes: Vec<HsCode> = rows.iter().map(|row| row.0).collect();
    classes.sort();
    classes.dedup();
    let written = rows.len();
    let titles = folder.join("titles/hs2022.tsv");
    table(&titles.display().to_string(), &text_of(&titles)?, &["code", "title"], |code, text| {
        if classes.binary_search(&code).is_ok() {
            rows.push((code, text.to_owned()));
        }
    })?;
    let mut samples: Vec<Sample> = rows
        .into_iter()
        .map(|(code, text)| Sample {
            class: classes.binary_search(&code).ok().map(|at| at as u32),
            text,
            ..Sample::default()
        })
        .collect();
    if let Some(share) = composed {
        add_composed(folder, &classes, written, share, &mut samples)?;
    }
    let encoder = folder.join("encoder");
    Ok(TrainingData {
        classes,
        samples,
        dev: Vec::new(),
        vocabulary: text_of(&encoder.join("vocabulary.txt"))?,
        vectors: bytes_of(&encoder.join("vectors.bin"))?,
    })
}

/// Adds the composed texts, and to all texts the teachers' probabilities.
fn add_composed(
    folder: &Path,
    classes: &[HsCode],
    written: usize,
    share: f32,
    samples: &mut Vec<Sample>,
) -> Result<(), Error> {
    let path = folder.join("labels/soft.bin");
    let labels = Labels::from_bytes(&bytes_of(&path)?).map_err(|error| error.at(path.display()))?;
    let codes: Vec<&str> = classes.iter().map(HsCode::as_str).collect();
    let sources: Vec<Source<'_>> = samples[..written]
        .iter()
        .map(|s| Source { code: s.class.map_or("", |class| codes[class as usize]), text: &s.text })
        .collect();
    let composed = compose(&sources, COMPOSE_SEED, labels.len().saturating_sub(samples.len()));
    samples.extend(composed.into_iter().map(|text| Sample {
        // A text across two codes has no label of its own.
        class: match text.other {
            Some(_) => None,
            None => codes.binary_search(&text.code.as_str()).ok().map(|at| at as u32),
        },
        text: text.text,
        share,
        ..Sample::default()
    }));
    let texts: Vec<&str> = samples.iter().map(|s| s.text.as_str()).collect();
    labels.check_texts(&texts, &codes).map_err(|error| error.at(path.display()))?;
    for (sample, label) in samples.iter_mut().zip(labels.iter()) {
        let shares = label.probabilities.iter().map(|&p| f32::from(p) / 255.0);
        sample.soft = label.classes.iter().map(|&class| u32::from(class)).zip(shares).collect();
    }
    Ok(())
}

/// Hands on the first and the last column of a table of the house, tab-separated with a head line: a code and a text.
///
/// `name`: the file, for messages.
///
/// # Errors
/// `InvalidInput` naming file and line when the columns are not these; what a code that is none gives.
pub fn table(
    name: &str,
    content: &str,
    columns: &[&str],
    mut row: impl FnMut(HsCode, &str),
) -> Result<(), Error> {
    let wrong =
        |line: usize, what: String| Error::new(ErrorKind::InvalidInput, format!("{name}:{line}: {what}"));
    for (number, line) in content.lines().enumerate() {
        let fields: Vec<&str> = line.split('\t').collect();
        if number == 0 {
            if fields != columns {
                return Err(wrong(1, format!("expected the columns {columns:?}, seen {fields:?}")));
            }
            continue;
        }
        match fields[..] {
            [code, .., text] if fields.len() == columns.len() => {
                let code = code.parse().map_err(|error: Error| error.at(format!("{name}:{}", number + 1)))?;
                row(code, text);
            }
            _ => {
                let what = format!("expected {} columns, seen {}", columns.len(), fields.len());
                return Err(wrong(number + 1, what));
            }
        }
    }
    Ok(())
}

/// The files of a folder, by name.
fn files(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let failed = |error| io_error(folder.display(), "read the folder", error);
    let entries = fs::read_dir(folder).map_err(failed)?;
    let mut files: Vec<PathBuf> =
        entries.map(|entry| entry.map(|entry| entry.path())).collect::<Result<_, _>>().map_err(failed)?;
    files.sort();
    Ok(files)
}

fn text_of(path: &Path) -> Result<String, Error> {
    fs::read_to_string(path).map_err(|error| io_error(path.display(), "read", error))
}

fn bytes_of(path: &Path) -> Result<Vec<u8>, Error> {
    fs::read(path).map_err(|error| io_error(path.display(), "read", error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_repository_and_labels_every_text() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../data");
        let data = read(&folder, Some(0.58)).unwrap();
        data.check().unwrap();
        assert_eq!(data.classes.len(), 5612);
        let composed = data.samples.iter().filter(|sample| sample.share < 1.0).count();
        assert_eq!((data.samples.len() - composed, composed), (351_441, 400_000));
        // The teachers are silent where no class has a share that a byte can hold.
        let labelled = data.samples.iter().filter(|sample| !sample.soft.is_empty()).count();
        assert!(labelled * 100 > data.samples.len() * 98, "{labelled} of {}", data.samples.len());
        let plain = read(&folder, None).unwrap();
        assert_eq!(plain.samples.len(), 351_441);
        assert!(plain.samples.iter().all(|sample| sample.soft.is_empty() && sample.class.is_some()));
    }

    #[test]
    fn a_wrong_line_is_named() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("descriptions")).unwrap();
        let file = folder.path().join("descriptions/01.tsv");
        for (content, expected) in [
            ("code\ttext\n", "01.tsv:1: expected the columns"),
            ("code\tpass\tdescription\n010121\twritten\n", "01.tsv:2: expected 3 columns, seen 2"),
            ("code\tpass\tdescription\n01x\twritten\thorse\n", "01.tsv:2"),
        ] {
            fs::write(&file, content).unwrap();
            let error = read(folder.path(), None).unwrap_err();
            assert!(error.message().contains(expected), "{error}");
        }
        fs::remove_file(file).unwrap();
        assert_eq!(read(folder.path(), None).unwrap_err().kind(), ErrorKind::Io);
    }
}
