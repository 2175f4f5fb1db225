//! Faults of what packages are read from; the rest is tested from outside (`tests/package.rs`).

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::{self, Read};
use std::path::Path;

use super::manifest::MANIFEST;
use super::source::{Files, Folder, Source, read, read_exactly};
use crate::{Error, ErrorKind};

fn tiny() -> Files {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/packages/tiny");
    read(&Folder(&folder)).unwrap().1
}

/// Gives so many bytes and then fails.
struct Fails(usize);

impl Read for Fails {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.0 == 0 {
            return Err(io::Error::other("the disk is gone"));
        }
        let count = buffer.len().min(self.0).min(7);
        self.0 -= count;
        Ok(count)
    }
}

#[test]
fn reading_stops_at_the_size_and_names_the_file() {
    assert_eq!(read_exactly(&b"abc"[..], "a.bin", 3).unwrap(), b"abc");
    let message = |content: &[u8], bytes| read_exactly(content, "a.bin", bytes).unwrap_err().to_string();
    assert_eq!(message(b"abc", 4), "a.bin: expected 4 bytes, saw 3");
    assert_eq!(message(b"abc", 2), "a.bin: expected 2 bytes, saw more");
    // A file that never ends is read to one byte past its size.
    let error = read_exactly(io::repeat(7), "a.bin", 10).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Package);
    let error = read_exactly(Fails(100), "a.bin", 200).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Io);
    assert_eq!(error.message(), "a.bin: cannot read: the disk is gone");
    assert!(std::error::Error::source(&error).is_some());
}

/// A folder in which one file cannot be read, or changes after it was listed.
struct Faulty {
    files: Files,
    unreadable: String,
    changed: Option<Vec<u8>>,
}

impl Source for Faulty {
    fn list(&self) -> Result<BTreeMap<String, u64>, Error> {
        self.files.list()
    }

    fn read(&self, name: &str, bytes: u64) -> Result<Cow<'static, [u8]>, Error> {
        match &self.changed {
            _ if name != self.unreadable => self.files.read(name, bytes),
            Some(changed) => Ok(Cow::Owned(changed.clone())),
            None => Err(Error::new(ErrorKind::Io, format!("{name}: cannot read: permission denied"))),
        }
    }
}

#[test]
fn nothing_opens_when_one_file_cannot_be_read_or_changes_meanwhile() {
    let files = tiny();
    for name in files.keys() {
        let faulty = Faulty { files: files.clone(), unreadable: name.clone(), changed: None };
        let error = read(&faulty).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Io);
        assert!(error.message().starts_with(name), "{error}");
        let mut other = files[name].to_vec();
        other.rotate_left(1);
        let faulty = Faulty { files: files.clone(), unreadable: name.clone(), changed: Some(other) };
        let error = read(&faulty).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Package);
        assert!(error.message().starts_with(name), "{error}");
    }
    let (manifest, read) = read(&files).unwrap();
    assert_eq!(read.len(), files.len());
    assert_eq!(manifest.to_bytes().unwrap(), *files[MANIFEST]);
}
