//! `manifest.json`: what a package is, what it was made of, and which files belong to it.

use serde::{Deserialize, Serialize};

use super::check;
use super::digest::{DIGITS, is_digest, sha256, short};
use crate::{Edition, Error, ErrorKind, Level, text};

/// The name of the manifest's file.
pub const MANIFEST: &str = "manifest.json";
/// The format that this version writes and reads.
pub const FORMAT: u32 = 1;
/// The longest manifest read, in bytes.
pub(super) const MAX_MANIFEST_BYTES: u64 = 1 << 18;

/// What a package is and what it was made of.
///
/// Written by [`ModelPackage::build`](super::ModelPackage::build), which fills in the files; read by
/// [`ModelPackage::open`](super::ModelPackage::open). `docs/package.md` shows one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Manifest {
    /// The number of the format, [`FORMAT`].
    format: u32,
    /// The name, such as `hscode-default`: 1 to 64 letters, digits, `-`, `_` and `.`.
    pub name: String,
    /// The version, such as `1`, written as names are; a published version never changes.
    pub version: String,
    /// The kinds of models inside, in the order in which they are asked; see `docs/package.md`.
    pub models: Vec<String>,
    /// The edition of the codes that it answers.
    pub edition: Edition,
    /// The deepest level that it answers.
    pub level: Level,
    /// The version of normalisation and tokens that it learnt from ([`text::VERSION`]).
    text_version: u32,
    /// What its random numbers started from; `None` where nothing was drawn.
    pub seed: Option<u64>,
    /// What it was made of.
    pub data: Vec<DataSource>,
    /// The SHA-256 of the file that says which row was for training, development and test; `None` where nothing
    /// was split.
    pub split_sha256: Option<String>,
    /// What was measured.
    pub metrics: Vec<Metric>,
    /// The programs that made it.
    pub tools: Vec<Tool>,
    /// All files but this one, by name.
    files: Vec<FileEntry>,
    /// The SHA-256 of all that stands before it in the file.
    seal: String,
}

/// Data that a model was made of.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DataSource {
    /// What it is called.
    pub name: String,
    /// Its licence, as an SPDX expression, or words such as `own declarations`.
    pub licence: String,
    /// Where it is from, or how it came about.
    pub origin: String,
    /// Whether a machine wrote the texts.
    pub machine_written: bool,
    /// The rows used.
    pub rows: u64,
    /// The SHA-256 of its bytes; of several files that of the list of their digests, as `sha256sum` prints it.
    pub sha256: String,
}

/// A figure measured on held-out rows, with its interval of 95%.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Metric {
    /// What was measured, such as `accuracy_top1`.
    pub name: String,
    /// At which level of codes.
    pub level: Level,
    /// The name of the rows.
    pub data: String,
    /// The SHA-256 of the rows' file, or the digest that `hscode evaluate` gives.
    pub data_digest: String,
    /// The number of rows.
    pub n: u64,
    /// The figure.
    pub value: f64,
    /// The low end of its interval.
    pub low: f64,
    /// The high end of its interval.
    pub high: f64,
}

/// A program and its version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tool {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
}

/// A file of the package.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct FileEntry {
    /// Its name: a plain one, without a path.
    pub name: String,
    /// Its size in bytes.
    pub bytes: u64,
    /// Its SHA-256.
    pub sha256: String,
}

impl FileEntry {
    pub(super) fn of(name: &str, bytes: &[u8]) -> Self {
        Self { name: name.to_owned(), bytes: bytes.len() as u64, sha256: sha256(bytes) }
    }
}

/// Only the number, to tell a newer format from a damaged file.
#[derive(Deserialize)]
struct FormatOnly {
    format: u32,
}

impl Manifest {
    /// A manifest of models of these kinds; what they were made of is added by its fields.
    pub fn new(name: &str, version: &str, models: &[&str], edition: Edition, level: Level) -> Self {
        Self {
            format: FORMAT,
            name: name.to_owned(),
            version: version.to_owned(),
            models: models.iter().map(|&kind| kind.to_owned()).collect(),
            edition,
            level,
            text_version: text::VERSION,
            seed: None,
            data: Vec::new(),
            split_sha256: None,
            metrics: Vec::new(),
            tools: Vec::new(),
            files: Vec::new(),
            seal: String::new(),
        }
    }

    /// What identifies the package in predictions and logs: name, version and the first digits of the seal, as
    /// `hscode-default@0.1.0#3f9a0c1d22ab`.
    pub fn id(&self) -> String {
        format!("{}@{}#{}", self.name, self.version, short(&self.seal))
    }

    /// The SHA-256 that stands for the whole package: of the manifest, which holds those of all files.
    pub fn seal(&self) -> &str {
        &self.seal
    }

    /// The version of normalisation and tokens that it learnt from.
    pub fn text_version(&self) -> u32 {
        self.text_version
    }

    /// All files but the manifest, by name.
    pub fn files(&self) -> &[FileEntry] {
        &self.files
    }

    /// The size of all files but the manifest, in bytes.
    pub fn total_bytes(&self) -> u64 {
        self.files.iter().map(|file| file.bytes).sum()
    }

    pub(super) fn set_files(&mut self, files: Vec<FileEntry>) {
        self.files = files;
    }

    /// The bytes of `manifest.json`, sealed: fields in the order of the type, two spaces a step.
    pub(super) fn to_bytes(&self) -> Result<Vec<u8>, Error> {
        let unsealed = Self { seal: String::new(), ..self.clone() };
        let failed =
            |why: &str| Error::new(ErrorKind::InvalidInput, format!("{MANIFEST}: cannot write: {why}"));
        let text = serde_json::to_string_pretty(&unsealed).map_err(|error| failed(&error.to_string()))?;
        let mut text =
            text.strip_suffix(END.trim_end()).ok_or_else(|| failed("the seal is not last"))?.to_owned();
        let seal = sha256(text.as_bytes());
        text.push_str(&seal);
        text.push_str(END);
        Ok(text.into_bytes())
    }

    /// Reads and checks `manifest.json`; bytes of any content are safe to give.
    pub(super) fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        Self::read(bytes).map_err(|error| error.at(MANIFEST))
    }

    fn read(bytes: &[u8]) -> Result<Self, Error> {
        let sealed = check_seal(bytes);
        if let Ok(FormatOnly { format }) = serde_json::from_slice(bytes)
            && format != FORMAT
        {
            let kind = if sealed.is_ok() { ErrorKind::Unsupported } else { ErrorKind::Package };
            return Err(Error::new(kind, format!("format {format}: this version reads format {FORMAT}")));
        }
        let manifest: Self = serde_json::from_slice(bytes)
            .map_err(|error| Error::new(ErrorKind::Package, error.to_string()))?;
        sealed?;
        check::manifest(&manifest)?;
        Ok(manifest)
    }
}

/// What stands behind the seal.
const END: &str = "\"\n}\n";
/// What stands before it.
const START: &[u8] = b"\"seal\": \"";

/// Checks the digest at the end of the file over all that stands before it.
fn check_seal(bytes: &[u8]) -> Result<(), Error> {
    let unsealed = || {
        let text = "expected a last line \"seal\" with the SHA-256 of all before it, and nothing behind it";
        Error::new(ErrorKind::Package, text)
    };
    let rest = bytes.strip_suffix(END.as_bytes()).ok_or_else(unsealed)?;
    let (before, seal) = rest.split_at_checked(rest.len().wrapping_sub(DIGITS)).ok_or_else(unsealed)?;
    let seal = std::str::from_utf8(seal).ok().filter(|seal| is_digest(seal)).ok_or_else(unsealed)?;
    if !before.ends_with(START) {
        return Err(unsealed());
    }
    let seen = sha256(before);
    if seen == seal {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::Package,
        format!(
            "expected what the seal {} stands for, saw {}: the file was changed",
            short(seal),
            short(&seen)
        ),
    ))
}
