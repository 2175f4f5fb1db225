//! From a folder with an exported network to a package.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use hscode_core::package::{
    CARD, DataSource, MANIFEST, Metric, ModelPackage, ONNX, ONNX_CODES, ONNX_NETWORK, ONNX_SETTINGS, PROBE,
    ProbeCase, Tool,
};
use hscode_core::{Edition, Error, ErrorKind, HsCode, Level};
use serde::Deserialize;

use super::{Card, Manifest, pack};

/// The file that says what the package is.
pub const DESCRIPTION: &str = "package.toml";
/// The largest description and the largest file, in bytes.
const MAX_BYTES: [u64; 2] = [1 << 20, 1 << 30];
/// The most files.
const MAX_FILES: usize = 32;

/// What `package.toml` holds.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Described {
    name: String,
    version: String,
    edition: Edition,
    card: Card,
    #[serde(default)]
    data: Vec<DataSource>,
    #[serde(default)]
    metrics: Vec<Metric>,
    #[serde(default)]
    tools: Vec<Tool>,
    question: Vec<Question>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Question {
    description: String,
    level: Option<Level>,
    within: Option<HsCode>,
    coverage: Option<f32>,
}

/// Makes a package of the kind `onnx` from a folder: `package.toml` says what it is, all other files go in as they
/// are. `docs/onnx.md` describes them.
///
/// # Errors
/// `InvalidInput`, naming the file, when one is missing or `package.toml` is not understood; `Io`; `Unsupported`
/// when this build does not run such networks; otherwise as [`pack`].
pub fn import_onnx(folder: &Path) -> Result<ModelPackage, Error> {
    import(folder).map_err(|error| error.at(folder.display()))
}

fn import(folder: &Path) -> Result<ModelPackage, Error> {
    let invalid = |what: String| Error::new(ErrorKind::InvalidInput, what);
    let io = |name: &str, error: std::io::Error| {
        Error::new(ErrorKind::Io, format!("{name}: cannot read: {error}")).with_source(error)
    };
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(folder).map_err(|error| io("the folder", error))? {
        let entry = entry.map_err(|error| io("the folder", error))?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let size = entry.path().metadata().map_err(|error| io(&name, error))?.len();
        let most = MAX_BYTES[usize::from(name != DESCRIPTION)];
        if size > most {
            return Err(invalid(format!("{name}: {size} bytes: expected at most {most}")));
        }
        files.insert(name.clone(), fs::read(entry.path()).map_err(|error| io(&name, error))?);
        if files.len() > MAX_FILES {
            return Err(invalid(format!("expected at most {MAX_FILES} files, saw more")));
        }
    }
    for own in [MANIFEST, CARD, PROBE] {
        if files.contains_key(own) {
            return Err(invalid(format!("{own}: expected the exported files, saw those of a package")));
        }
    }
    for needed in [ONNX_NETWORK, ONNX_CODES, ONNX_SETTINGS] {
        if !files.contains_key(needed) {
            return Err(invalid(format!("{needed}: expected such a file, saw none")));
        }
    }
    let about = files
        .remove(DESCRIPTION)
        .ok_or_else(|| invalid(format!("{DESCRIPTION}: expected such a file, saw none")))?;
    let about: Described = std::str::from_utf8(&about)
        .map_err(|error| error.to_string())
        .and_then(|text| toml::from_str(text).map_err(|error| error.to_string()))
        .map_err(|why| invalid(format!("{DESCRIPTION}: {why}")))?;
    let mut manifest = Manifest::new(&about.name, &about.version, &[ONNX], about.edition, Level::Subheading);
    manifest.data = about.data;
    manifest.metrics = about.metrics;
    manifest.tools = about.tools;
    let questions: Vec<ProbeCase> = about
        .question
        .into_iter()
        .map(|question| {
            let mut case = ProbeCase::new(question.description);
            (case.level, case.within, case.coverage) = (question.level, question.within, question.coverage);
            case
        })
        .collect();
    pack(manifest, &about.card, files, &questions)
}
