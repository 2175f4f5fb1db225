//! Where the files of a package are: a folder, or memory.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::Read;
use std::path::Path;

use super::check::{MAX_FILES, MAX_PACKAGE_BYTES, shown};
use super::digest::{sha256, short};
use super::manifest::{MANIFEST, MAX_MANIFEST_BYTES, Manifest};
use crate::{Error, ErrorKind};

/// The files of a package by name, whole.
pub(super) type Files = BTreeMap<String, Cow<'static, [u8]>>;

/// Gives files by name.
pub(super) trait Source {
    /// The names and sizes of all files; more than a package may have are not listed to the end.
    fn list(&self) -> Result<BTreeMap<String, u64>, Error>;

    /// A file, of which the size is known; no more than a byte past it is read.
    fn read(&self, name: &str, bytes: u64) -> Result<Cow<'static, [u8]>, Error>;
}

/// Reads the manifest and the files that it names: sizes first, then digests.
///
/// # Errors
/// `Package` naming the file and what was expected and seen; `Unsupported`; `Io`.
pub(super) fn read(source: &dyn Source) -> Result<(Manifest, Files), Error> {
    let listed = source.list()?;
    let Some(&size) = listed.get(MANIFEST) else {
        return Err(missing(MANIFEST));
    };
    if size > MAX_MANIFEST_BYTES {
        return Err(Error::new(
            ErrorKind::Package,
            format!("{MANIFEST}: {size} bytes: expected at most {MAX_MANIFEST_BYTES}"),
        ));
    }
    let manifest_bytes = source.read(MANIFEST, size)?;
    let manifest = Manifest::from_bytes(&manifest_bytes)?;
    let named: BTreeSet<&str> = manifest.files().iter().map(|file| file.name.as_str()).collect();
    if let Some(extra) = listed.keys().find(|name| *name != MANIFEST && !named.contains(name.as_str())) {
        return Err(Error::new(
            ErrorKind::Package,
            format!("{}: not in {MANIFEST}: expected no other files in the folder", shown(extra)),
        ));
    }
    for file in manifest.files() {
        let Some(&seen) = listed.get(&file.name) else {
            return Err(missing(&file.name));
        };
        if seen != file.bytes {
            return Err(Error::new(
                ErrorKind::Package,
                format!("{}: expected {} bytes, saw {seen}", file.name, file.bytes),
            ));
        }
    }
    let mut files = Files::new();
    for file in manifest.files() {
        let bytes = source.read(&file.name, file.bytes)?;
        let seen = sha256(&bytes);
        if seen != file.sha256 {
            return Err(Error::new(
                ErrorKind::Package,
                format!(
                    "{}: expected SHA-256 {}, saw {}: the file was changed",
                    file.name,
                    short(&file.sha256),
                    short(&seen)
                ),
            ));
        }
        files.insert(file.name.clone(), bytes);
    }
    files.insert(MANIFEST.to_owned(), manifest_bytes);
    Ok((manifest, files))
}

fn missing(name: &str) -> Error {
    Error::new(ErrorKind::Package, format!("{name}: expected a file, saw none"))
}

impl Source for Files {
    fn list(&self) -> Result<BTreeMap<String, u64>, Error> {
        Ok(self.iter().map(|(name, bytes)| (name.clone(), bytes.len() as u64)).collect())
    }

    fn read(&self, name: &str, _: u64) -> Result<Cow<'static, [u8]>, Error> {
        self.get(name).cloned().ok_or_else(|| missing(name))
    }
}

/// A folder of plain files.
pub(super) struct Folder<'a>(pub(super) &'a Path);

impl Source for Folder<'_> {
    fn list(&self) -> Result<BTreeMap<String, u64>, Error> {
        // The folder itself may be a link: that is how a deployment moves from one package to the next.
        let io = |error: std::io::Error| {
            Error::new(ErrorKind::Io, format!("cannot read the folder: {error}")).with_source(error)
        };
        match fs::metadata(self.0) {
            Ok(about) if about.is_dir() => {}
            Ok(_) => {
                return Err(Error::new(
                    ErrorKind::Package,
                    "expected the folder of a model package, saw something else of that name",
                ));
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Err(Error::new(
                    ErrorKind::Package,
                    "expected the folder of a model package, saw nothing of that name",
                ));
            }
            Err(error) => return Err(io(error)),
        }
        let mut listed = BTreeMap::new();
        for entry in fs::read_dir(self.0).map_err(io)? {
            let entry = entry.map_err(io)?;
            let name = entry.file_name().into_string().map_err(|name| {
                Error::new(
                    ErrorKind::Package,
                    format!("{}: expected a plain name", shown(&name.to_string_lossy())),
                )
            })?;
            // Of the entry itself: a link is not followed.
            let about = entry.metadata().map_err(|error| cannot_read(&name, error))?;
            if !about.is_file() {
                let what = if about.is_dir() {
                    "a folder"
                } else if about.is_symlink() {
                    "a link"
                } else {
                    "something that is no file"
                };
                return Err(Error::new(
                    ErrorKind::Package,
                    format!("{}: expected a plain file, saw {what}", shown(&name)),
                ));
            }
            listed.insert(name, about.len());
            if listed.len() > MAX_FILES + 1 {
                return Err(Error::new(
                    ErrorKind::Package,
                    format!("expected at most {} files in the folder, saw more", MAX_FILES + 1),
                ));
            }
        }
        Ok(listed)
    }

    fn read(&self, name: &str, bytes: u64) -> Result<Cow<'static, [u8]>, Error> {
        let file = File::open(self.0.join(name)).map_err(|error| cannot_read(name, error))?;
        read_exactly(file, name, bytes).map(Cow::Owned)
    }
}

/// Reads a file that should have this size; what is allocated is at most what a package may have.
pub(super) fn read_exactly(file: impl Read, name: &str, bytes: u64) -> Result<Vec<u8>, Error> {
    let size = usize::try_from(bytes.min(MAX_PACKAGE_BYTES)).unwrap_or(0);
    let mut content = Vec::with_capacity(size);
    file.take(bytes.saturating_add(1)).read_to_end(&mut content).map_err(|error| cannot_read(name, error))?;
    if content.len() as u64 != bytes {
        let seen = if content.len() as u64 > bytes { "more".to_owned() } else { content.len().to_string() };
        return Err(Error::new(ErrorKind::Package, format!("{name}: expected {bytes} bytes, saw {seen}")));
    }
    Ok(content)
}

fn cannot_read(name: &str, error: std::io::Error) -> Error {
    Error::new(ErrorKind::Io, format!("{}: cannot read: {error}", shown(name))).with_source(error)
}
