//! A file that appears under its name only once it is whole.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::{Error, ErrorKind};

/// A file written beside its final place and renamed by [`commit`](NewFile::commit).
///
/// Dropped before that, it leaves nothing behind; killed, it leaves only the temporary file, whose name starts
/// with a dot and ends in `.partial`. A file that stands there before is replaced in one step and kept until
/// then. What is no regular file (a pipe, `/dev/null`) is written in place.
#[derive(Debug)]
pub struct NewFile {
    file: File,
    name: Arc<str>,
    /// The temporary file and the final one; none when written in place or committed.
    rename: Option<(PathBuf, PathBuf)>,
}

impl NewFile {
    /// Creates the temporary file beside `path`.
    ///
    /// # Errors
    /// `Io`: the folder is missing or not writable, or `path` is a folder or not writable.
    pub fn create(path: &Path) -> Result<Self, Error> {
        let name: Arc<str> = path.display().to_string().into();
        let failed = |error| Error::io(&name, "cannot write", error);
        // A link is followed, so that the file it points to is replaced and the link stays.
        let target = match fs::canonicalize(path) {
            Ok(target) => target,
            Err(error) if error.kind() == io::ErrorKind::NotFound => path.to_owned(),
            Err(error) => return Err(failed(error)),
        };
        let existing = fs::metadata(&target).ok();
        match &existing {
            Some(found) if found.is_dir() => {
                return Err(Error::new(ErrorKind::Io, &name, "cannot write: expected a file, saw a folder"));
            }
            Some(found) if !found.is_file() => {
                let file = OpenOptions::new().write(true).open(&target).map_err(failed)?;
                return Ok(Self { file, name, rename: None });
            }
            // Renaming would go around the file's own write protection.
            Some(_) => drop(OpenOptions::new().append(true).open(&target).map_err(failed)?),
            None => {}
        }
        let Some(last) = target.file_name() else {
            return Err(Error::new(ErrorKind::Io, &name, "cannot write: expected the name of a file"));
        };
        let mut partial = std::ffi::OsString::from(".");
        partial.push(last);
        partial.push(format!(".{}.partial", std::process::id()));
        let partial = target.with_file_name(partial);
        let file =
            OpenOptions::new().write(true).create(true).truncate(true).open(&partial).map_err(failed)?;
        let new = Self { file, name: Arc::clone(&name), rename: Some((partial, target)) };
        if let Some(found) = existing {
            new.file.set_permissions(found.permissions()).map_err(failed)?;
        }
        Ok(new)
    }

    /// The temporary file, for callers that must remove it themselves when they are stopped.
    pub fn partial_path(&self) -> Option<&Path> {
        self.rename.as_ref().map(|(partial, _)| partial.as_path())
    }

    /// Writes everything to the disk and gives the file its name.
    ///
    /// # Errors
    /// `Io`: the disk is full, or the file cannot be renamed; nothing is then left of the new file.
    pub fn commit(mut self) -> Result<(), Error> {
        let Some((partial, target)) = self.rename.take() else {
            return self.file.flush().map_err(|error| Error::io(&self.name, "cannot write", error));
        };
        let done = self.file.sync_all().and_then(|()| fs::rename(&partial, &target));
        done.map_err(|error| {
            let _ = fs::remove_file(&partial);
            Error::io(&self.name, "cannot write", error)
        })
    }
}

impl Write for NewFile {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        self.file.write(buffer)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Drop for NewFile {
    fn drop(&mut self) {
        if let Some((partial, _)) = &self.rename {
            // Nobody is left to hear of a failure; the name says that the file is partial.
            let _ = fs::remove_file(partial);
        }
    }
}
