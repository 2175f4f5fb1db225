//! A disk in memory, so that a model can be written to bytes.

use std::collections::BTreeMap;
use std::io::{self, Cursor, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use hscode_train::disk::{Disk, Sink};

type Files = BTreeMap<PathBuf, Vec<u8>>;

/// Files by path; folders are not kept.
#[derive(Default)]
pub(super) struct Memory(Arc<Mutex<Files>>);

impl Memory {
    /// A disk with one file.
    pub(super) fn of(path: &Path, bytes: Vec<u8>) -> Self {
        let memory = Self::default();
        memory.files().insert(path.to_owned(), bytes);
        memory
    }

    /// Takes a file off the disk.
    pub(super) fn take(&self, path: &Path) -> Option<Vec<u8>> {
        self.files().remove(path)
    }

    fn files(&self) -> MutexGuard<'_, Files> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct FileInMemory {
    files: Arc<Mutex<Files>>,
    path: PathBuf,
    bytes: Vec<u8>,
}

impl Write for FileInMemory {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.bytes.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Sink for FileInMemory {
    fn finish(self: Box<Self>) -> io::Result<()> {
        let mut files = self.files.lock().unwrap_or_else(PoisonError::into_inner);
        files.insert(self.path, self.bytes);
        Ok(())
    }
}

impl Disk for Memory {
    fn open(&self, path: &Path) -> io::Result<Box<dyn Read + Send>> {
        let bytes = self.files().get(path).cloned().ok_or(io::ErrorKind::NotFound)?;
        Ok(Box::new(Cursor::new(bytes)))
    }

    fn create(&self, path: &Path) -> io::Result<Box<dyn Sink>> {
        Ok(Box::new(FileInMemory { files: Arc::clone(&self.0), path: path.to_owned(), bytes: Vec::new() }))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        let mut files = self.files();
        let bytes = files.remove(from).ok_or(io::ErrorKind::NotFound)?;
        files.insert(to.to_owned(), bytes);
        Ok(())
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.files().remove(path).map(drop).ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn remove_folder(&self, _: &Path) -> io::Result<()> {
        Ok(())
    }

    fn make_folder(&self, _: &Path) -> io::Result<()> {
        Ok(())
    }
}
