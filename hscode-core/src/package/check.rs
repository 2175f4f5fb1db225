//! The rules that a manifest keeps; every length has its cap.

use super::digest::is_digest;
use super::manifest::{MANIFEST, Manifest};
use super::{CARD, PROBE};
use crate::{Error, ErrorKind, text};

/// The most files, without the manifest.
pub(super) const MAX_FILES: usize = 64;
/// The largest file and the largest package, in bytes.
pub(super) const MAX_PACKAGE_BYTES: u64 = 1 << 30;
const MAX_MODELS: usize = 8;
const MAX_ENTRIES: usize = 512;
const MAX_TEXT: usize = 1024;

fn wrong(message: String) -> Error {
    Error::new(ErrorKind::Package, message)
}

/// Whether this can be the name of a file, a package or a version: no path, nothing hidden, the same on every
/// system.
pub(super) fn is_plain_name(name: &str) -> bool {
    (1..=64).contains(&name.len())
        && !name.starts_with('.')
        && !name.ends_with('.')
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'+'))
}

/// At most the first characters, with what is not printable escaped: a name as a message may show it.
pub(super) fn shown(name: &str) -> String {
    name.chars().take(MAX_SHOWN).flat_map(char::escape_debug).collect()
}
const MAX_SHOWN: usize = 64;

/// Checks all but the files' content.
///
/// # Errors
/// `Package`, or `Unsupported` where another version of this library would open it.
pub(super) fn manifest(manifest: &Manifest) -> Result<(), Error> {
    for (what, name) in [("name", &manifest.name), ("version", &manifest.version)] {
        if !is_plain_name(name) {
            return Err(wrong(format!(
                "{what} \"{}\": expected 1 to 64 letters, digits, '-', '_', '+' and '.'",
                shown(name)
            )));
        }
    }
    if manifest.text_version() != text::VERSION {
        return Err(Error::new(
            ErrorKind::Unsupported,
            format!(
                "text_version {}: this version reads text as version {}; take a package made for it",
                manifest.text_version(),
                text::VERSION
            ),
        ));
    }
    if !(1..=MAX_MODELS).contains(&manifest.models.len()) {
        return Err(wrong(format!("models: expected 1 to {MAX_MODELS}, saw {}", manifest.models.len())));
    }
    for (at, kind) in manifest.models.iter().enumerate() {
        if manifest.models[..at].contains(kind) {
            return Err(wrong(format!("models: \"{}\" twice: expected each kind once", shown(kind))));
        }
    }
    entries("data", manifest.data.len())?;
    entries("metrics", manifest.metrics.len())?;
    entries("tools", manifest.tools.len())?;
    for data in &manifest.data {
        texts("data", [&data.name, &data.licence, &data.origin])?;
        digest(&format!("data {}", shown(&data.name)), &data.sha256)?;
    }
    if let Some(split) = &manifest.split_sha256 {
        digest("split_sha256", split)?;
    }
    for tool in &manifest.tools {
        texts("tools", [&tool.name, &tool.version])?;
    }
    metrics(manifest)?;
    files(manifest)
}

fn metrics(manifest: &Manifest) -> Result<(), Error> {
    for metric in &manifest.metrics {
        texts("metrics", [&metric.name, &metric.data, &metric.data_digest])?;
        if !(metric.n > 0 && metric.low <= metric.value && metric.value <= metric.high) {
            return Err(wrong(format!(
                "metric {} on {}: expected n above 0 and low <= value <= high, saw n {}, {} <= {} <= {}",
                shown(&metric.name),
                shown(&metric.data),
                metric.n,
                metric.low,
                metric.value,
                metric.high
            )));
        }
    }
    Ok(())
}

fn files(manifest: &Manifest) -> Result<(), Error> {
    let files = manifest.files();
    if files.len() > MAX_FILES {
        return Err(wrong(format!("files: expected at most {MAX_FILES}, saw {}", files.len())));
    }
    let mut total = 0_u64;
    for (at, file) in files.iter().enumerate() {
        if !is_plain_name(&file.name) {
            return Err(wrong(format!(
                "file \"{}\": expected a plain name of 1 to 64 letters, digits, '-', '_', '+' and '.', without a path",
                shown(&file.name)
            )));
        }
        if files[..at].iter().map(|other| other.name.as_str()).chain([MANIFEST]).any(|other| {
            // Some file systems take both for one.
            other.eq_ignore_ascii_case(&file.name)
        }) {
            return Err(wrong(format!("file {}: named twice", file.name)));
        }
        if at > 0 && files[at - 1].name > file.name {
            return Err(wrong(format!("file {}: expected files in the order of their names", file.name)));
        }
        digest(&format!("file {}", file.name), &file.sha256)?;
        total = total.saturating_add(file.bytes);
        if total > MAX_PACKAGE_BYTES {
            return Err(wrong(format!(
                "file {}: {} bytes: expected at most {MAX_PACKAGE_BYTES} bytes in all files together",
                file.name, file.bytes
            )));
        }
    }
    for needed in [CARD, PROBE] {
        if !files.iter().any(|file| file.name == needed) {
            return Err(wrong(format!("files: expected {needed} among them")));
        }
    }
    Ok(())
}

fn entries(what: &str, count: usize) -> Result<(), Error> {
    if count > MAX_ENTRIES {
        return Err(wrong(format!("{what}: expected at most {MAX_ENTRIES} entries, saw {count}")));
    }
    Ok(())
}

fn texts<const N: usize>(what: &str, texts: [&String; N]) -> Result<(), Error> {
    for text in texts {
        if text.is_empty() || text.len() > MAX_TEXT || text.chars().any(char::is_control) {
            return Err(wrong(format!(
                "{what}: \"{}\": expected 1 to {MAX_TEXT} bytes of text on one line",
                shown(text)
            )));
        }
    }
    Ok(())
}

fn digest(what: &str, digest: &str) -> Result<(), Error> {
    if is_digest(digest) {
        return Ok(());
    }
    Err(wrong(format!("{what}: \"{}\": expected a SHA-256 as 64 hexadecimal digits", shown(digest))))
}
