//! One file of numbers with a description: models and checkpoints.
//!
//! "HSTENS01", the length of the header (u64), the header (JSON), the numbers (f32), SHA-256 of all before;
//! little endian. Written beside and renamed, so the final name always holds a whole file.

use std::io::{Read, Write};
use std::path::Path;

use hscode_core::{Error, ErrorKind};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::disk::Disk;
use crate::progress::io_error;

const MAGIC: &[u8; 8] = b"HSTENS01";
/// Most bytes of a header, so that a damaged length cannot ask for any amount of memory.
const MAX_HEADER: u64 = 256 << 20;

/// Where a tensor is and what it is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    name: String,
    len: usize,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    meta: serde_json::Value,
    tensors: Vec<Entry>,
}

/// Writes `tensors` with `meta` to `path`.
pub(crate) fn write<'a>(
    disk: &dyn Disk,
    path: &Path,
    meta: serde_json::Value,
    tensors: impl Iterator<Item = (String, &'a [f32])>,
) -> Result<(), Error> {
    let beside = path.with_extension("part");
    let failed = |what: &str, e| io_error(beside.display(), what, e);
    let mut sink = disk.create(&beside).map_err(|e| failed("create", e))?;
    put(&mut sink, meta, tensors).map_err(|e| failed("write", e))?;
    sink.finish().map_err(|e| failed("write", e))?;
    disk.rename(&beside, path).map_err(|e| io_error(path.display(), "rename to", e))
}

/// The bytes of a file, into any place.
pub(crate) fn put<'a>(
    out: &mut dyn Write,
    meta: serde_json::Value,
    tensors: impl Iterator<Item = (String, &'a [f32])>,
) -> std::io::Result<()> {
    let tensors: Vec<(String, &[f32])> = tensors.collect();
    let entries = tensors.iter().map(|(name, data)| Entry { name: name.clone(), len: data.len() }).collect();
    let header = serde_json::to_vec(&Header { meta, tensors: entries })?;
    let mut digest = Sha256::new();
    let mut write = |bytes: &[u8]| {
        digest.update(bytes);
        out.write_all(bytes)
    };
    write(MAGIC)?;
    write(&(header.len() as u64).to_le_bytes())?;
    write(&header)?;
    let mut bytes = Vec::with_capacity(1 << 18);
    for (_, data) in &tensors {
        for part in data.chunks(1 << 16) {
            bytes.clear();
            bytes.extend(part.iter().flat_map(|x| x.to_le_bytes()));
            write(&bytes)?;
        }
    }
    out.write_all(&digest.finalize())
}

/// What was read of a file.
#[derive(Debug)]
pub(crate) struct Contents {
    /// The description.
    pub meta: serde_json::Value,
    tensors: Vec<(String, Vec<f32>)>,
}

impl Contents {
    /// Takes the next tensor, which must have this name and, if given, this length.
    pub(crate) fn take(&mut self, name: &str, len: Option<usize>) -> Result<Vec<f32>, Error> {
        let bad = |what: String| Error::new(ErrorKind::Package, what);
        if self.tensors.is_empty() {
            return Err(bad(format!("tensors: expected {name}, seen the end")));
        }
        let (seen, data) = self.tensors.remove(0);
        if seen != name {
            return Err(bad(format!("tensors: expected {name}, seen {seen}")));
        }
        match len {
            Some(len) if len != data.len() => {
                Err(bad(format!("tensor {name}: expected {len} numbers, seen {}", data.len())))
            }
            _ => Ok(data),
        }
    }
}

/// Reads a file; `None` when there is none.
pub(crate) fn read(disk: &dyn Disk, path: &Path) -> Result<Option<Contents>, Error> {
    let mut file = match disk.open(path) {
        Ok(file) => file,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(e) => return Err(io_error(path.display(), "open", e)),
    };
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes).map_err(|e| io_error(path.display(), "read", e))?;
    parse(&bytes).map(Some).map_err(|e| e.at(path.display()))
}

fn parse(bytes: &[u8]) -> Result<Contents, Error> {
    let bad = |what: &str| Error::new(ErrorKind::Package, what.to_owned());
    let (body, digest) = bytes
        .split_last_chunk::<32>()
        .ok_or_else(|| bad("expected a file of numbers, seen too few bytes"))?;
    if Sha256::digest(body).as_slice() != digest {
        return Err(bad("expected the digest at its end to fit, seen another: the file is damaged or cut"));
    }
    let rest = body.strip_prefix(MAGIC).ok_or_else(|| bad("expected a file that starts with HSTENS01"))?;
    let (length, rest) =
        rest.split_first_chunk::<8>().ok_or_else(|| bad("expected a header, seen the end"))?;
    let length = u64::from_le_bytes(*length);
    if length > MAX_HEADER || length > rest.len() as u64 {
        return Err(bad("expected a header within the file"));
    }
    let (header, mut data) = rest.split_at(length as usize);
    let header: Header = serde_json::from_slice(header)
        .map_err(|e| bad("header: expected JSON of this format").with_source(e))?;
    let mut tensors = Vec::with_capacity(header.tensors.len());
    for entry in header.tensors {
        let size = entry.len.checked_mul(4).filter(|&size| size <= data.len());
        let size = size.ok_or_else(|| bad("expected the numbers of every tensor, seen the end"))?;
        let (own, behind) = data.split_at(size);
        let (numbers, _) = own.as_chunks::<4>();
        tensors.push((entry.name, numbers.iter().map(|b| f32::from_le_bytes(*b)).collect()));
        data = behind;
    }
    if !data.is_empty() {
        return Err(bad("expected nothing behind the last tensor"));
    }
    Ok(Contents { meta: header.meta, tensors })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::disk::Folders;

    #[test]
    fn comes_back_as_written_and_every_damage_shows() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("model.bin");
        let (a, b) = (vec![1.5f32, -2.0, f32::MIN_POSITIVE], vec![0.25f32; 70_000]);
        let meta = serde_json::json!({ "kind": "test" });
        let tensors = [("a".to_owned(), a.as_slice()), ("b".to_owned(), b.as_slice())];
        write(&Folders, &path, meta.clone(), tensors.into_iter()).unwrap();
        let mut seen = read(&Folders, &path).unwrap().unwrap();
        assert_eq!(seen.meta, meta);
        assert_eq!(seen.take("a", Some(3)).unwrap(), a);
        assert!(seen.take("c", None).unwrap_err().to_string().contains("expected c, seen b"));
        let bytes = std::fs::read(&path).unwrap();
        for at in (0..bytes.len()).step_by(997) {
            let mut flipped = bytes.clone();
            flipped[at] ^= 1;
            assert!(parse(&flipped).is_err(), "byte {at}");
            assert!(parse(&bytes[..at]).is_err(), "cut at {at}");
        }
        assert!(read(&Folders, &folder.path().join("none")).unwrap().is_none());
    }
}
