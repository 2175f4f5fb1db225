//! `data/model/figures.json`: what `hscode evaluate` measured of the embedded model, and of which bytes.

use std::fs;
use std::path::Path;

use hscode_core::package::{CARD, MANIFEST, Metric, ModelPackage};
use hscode_train::evaluate::Report;
use hscode_train::pack::{digest_of_files, metrics_of};
use serde::{Deserialize, Serialize};

const FILE: &str = "data/model/figures.json";

/// The figures of one model.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Figures {
    /// The digest of the model's files and answers: figures of another model are not taken.
    of: String,
    metrics: Vec<Metric>,
}

/// What a model is, without its figures and words: its files, and what it answers with them.
fn identity(package: &ModelPackage) -> String {
    digest_of_files(package.files().filter(|(name, _)| ![CARD, MANIFEST].contains(name)))
}

/// The figures measured of this very model; none, with the reason, where they are of another.
pub(crate) fn of(root: &Path, package: &ModelPackage) -> Result<(Vec<Metric>, Option<String>), String> {
    let text = match fs::read_to_string(root.join(FILE)) {
        Ok(text) => text,
        Err(why) if why.kind() == std::io::ErrorKind::NotFound => {
            return Ok((
                Vec::new(),
                Some(format!("{FILE}: not there: the card says that nothing was measured")),
            ));
        }
        Err(why) => return Err(format!("{FILE}: {why}\n")),
    };
    let figures: Figures = serde_json::from_str(&text).map_err(|why| format!("{FILE}: {why}\n"))?;
    if figures.of == identity(package) {
        return Ok((figures.metrics, None));
    }
    let why = "the model has changed since: its figures are left out until it is measured anew";
    Ok((
        Vec::new(),
        Some(format!("{FILE}: {why} (hscode evaluate --report DIR, cargo xtask model --figures DIR)")),
    ))
}

/// Takes the figures of the embedded model from an evaluation's folder.
pub(crate) fn take(root: &Path, folder: &Path, package: &ModelPackage) -> Result<(), String> {
    let path = folder.join("report.json");
    let text = fs::read_to_string(&path).map_err(|why| format!("{}: {why}\n", path.display()))?;
    let report: Report = serde_json::from_str(&text).map_err(|why| format!("{}: {why}\n", path.display()))?;
    let metrics = metrics_of(&report, &package.manifest().id())
        .map_err(|why| format!("{}: {why}\n", path.display()))?;
    let figures = Figures { of: identity(package), metrics };
    let mut text = serde_json::to_string_pretty(&figures).map_err(|why| format!("{FILE}: {why}\n"))?;
    text.push('\n');
    super::replace(&root.join(FILE), text.as_bytes())
}
