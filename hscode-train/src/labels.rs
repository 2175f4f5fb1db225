//! Soft labels: what the teachers answered to every training text, in one compact file.
//!
//! A label is a few subheadings with their probabilities, best first; what is missing to 1 lies on subheadings
//! that are not in the file. The texts themselves are not in it: their order and digest are those of
//! `data/labels/README.md`, and [`Labels::check_texts`] tells whether labels and texts belong together.
//!
//! Layout, version 1, little-endian: `HSCLABEL`; u32 version; u32 texts; u16 classes; u8 most entries a text; u8
//! zero; SHA-256 of the texts, each followed by a line feed; SHA-256 of the class codes in order, each followed by
//! a line feed; u32 entries; u32 length of what follows; a zlib stream of four parts without gaps: the number of
//! entries of every text (u8); the probabilities times 255 (u8); the low and the high bytes of the class
//! differences (zigzag, u16). The last three parts hold the first entries of all texts, then the second entries of
//! the texts that have one, and so on. The difference of a first entry is to the first entry before it in the
//! file (to 0 at the start), that of a further entry to the first entry of its own text.

use std::io::{Read, Write};

use flate2::Compression;
use flate2::read::ZlibDecoder;
use flate2::write::ZlibEncoder;
use hscode_core::{Error, ErrorKind};
use sha2::{Digest, Sha256};

const MAGIC: &[u8; 8] = b"HSCLABEL";
const VERSION: u32 = 1;
const HEADER: usize = 92;
/// No file of this version holds more texts.
const MOST_TEXTS: usize = 1 << 22;
/// No text has more entries.
const MOST_ENTRIES: usize = 8;

/// The label of one text: class numbers and probabilities times 255, best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Label<'a> {
    /// Numbers in the ascending order of the subheadings' codes.
    pub classes: &'a [u16],
    /// Probabilities times 255, as many as classes, never rising.
    pub probabilities: &'a [u8],
}

/// The labels of all texts, in the order of the texts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Labels {
    class_count: u16,
    texts_digest: [u8; 32],
    classes_digest: [u8; 32],
    /// Where the entries of each text begin, and one place more.
    starts: Vec<u32>,
    classes: Vec<u16>,
    probabilities: Vec<u8>,
}

/// The digest of strings in order: SHA-256 over each of them and a line feed.
pub fn digest_of<'a>(strings: impl IntoIterator<Item = &'a str>) -> [u8; 32] {
    let mut hash = Sha256::new();
    for string in strings {
        hash.update(string.as_bytes());
        hash.update(b"\n");
    }
    hash.finalize().into()
}

impl Labels {
    /// Joins labels: for every text its classes with their probabilities times 255, best first.
    ///
    /// # Errors
    /// `InvalidInput` when a text has more than eight entries, a class is not below `class_count`, a probability is
    /// zero or above the one before it, or there are too many texts.
    pub fn new(
        class_count: u16,
        texts_digest: [u8; 32],
        classes_digest: [u8; 32],
        labels: &[Vec<(u16, u8)>],
    ) -> Result<Self, Error> {
        let mut starts = Vec::with_capacity(labels.len() + 1);
        starts.push(0);
        let (mut classes, mut probabilities) = (Vec::new(), Vec::new());
        for label in labels {
            classes.extend(label.iter().map(|entry| entry.0));
            probabilities.extend(label.iter().map(|entry| entry.1));
            starts.push(classes.len() as u32);
        }
        let made = Self { class_count, texts_digest, classes_digest, starts, classes, probabilities };
        made.verify().map_err(|fault| Error::new(ErrorKind::InvalidInput, fault))?;
        Ok(made)
    }

    /// Reads labels from the bytes of a file.
    ///
    /// # Errors
    /// `Package` when the bytes are not whole, not of this version, or not consistent; `Unsupported` when they are of
    /// another version. Nothing is allocated beyond what the limits of the version allow.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        let header = bytes.get(..HEADER).ok_or_else(|| {
            damaged(format!("expected a header of {HEADER} bytes, found a file of {} bytes", bytes.len()))
        })?;
        if !header.starts_with(MAGIC) {
            return Err(damaged("expected it to begin with HSCLABEL, it does not"));
        }
        let version = u32_at(header, 8);
        if version != VERSION {
            return Err(Error::new(
                ErrorKind::Unsupported,
                format!("labels: expected version {VERSION}, found {version}"),
            ));
        }
        let texts = u32_at(header, 12) as usize;
        let class_count = u16::from_le_bytes([header[16], header[17]]);
        let most = usize::from(header[18]);
        let entries = u32_at(header, 84) as usize;
        let packed = u32_at(header, 88) as usize;
        if texts > MOST_TEXTS || most > MOST_ENTRIES || header[19] != 0 {
            return Err(damaged(format!(
                "expected at most {MOST_TEXTS} texts of at most {MOST_ENTRIES} entries, found {texts} of {most}"
            )));
        }
        if entries > texts * most {
            return Err(damaged(format!("expected at most {} entries, found {entries}", texts * most)));
        }
        if bytes.len() - HEADER != packed {
            return Err(damaged(format!(
                "expected {packed} bytes after the header, found {}",
                bytes.len() - HEADER
            )));
        }
        // Read one byte more than announced at most, and grow as bytes come.
        let size = texts + 3 * entries;
        let mut raw = Vec::new();
        let mut stream = ZlibDecoder::new(&bytes[HEADER..]).take(size as u64 + 1);
        stream.read_to_end(&mut raw).map_err(|e| damaged("the zlib stream is broken").with_source(e))?;
        if raw.len() != size {
            let found = if raw.len() > size { "more".to_owned() } else { raw.len().to_string() };
            return Err(damaged(format!("expected {size} bytes in the zlib stream, found {found}")));
        }
        if stream.into_inner().total_in() != packed as u64 {
            return Err(damaged("bytes follow the zlib stream"));
        }
        let (counts, rest) = raw.split_at(texts);
        let (packed_p, rest) = rest.split_at(entries);
        let (low, high) = rest.split_at(entries);
        let (starts, classes, probabilities) = unpack(counts, most, packed_p, low, high)?;
        let made = Self {
            class_count,
            texts_digest: digest_at(header, 20),
            classes_digest: digest_at(header, 52),
            starts,
            classes,
            probabilities,
        };
        made.verify().map_err(damaged)?;
        Ok(made)
    }

    /// Gives the bytes of the file; the same labels give the same bytes.
    ///
    /// # Errors
    /// `Io` when the compressor fails.
    pub fn to_bytes(&self) -> Result<Vec<u8>, Error> {
        let most = self.iter().map(|label| label.classes.len()).max().unwrap_or(0);
        let counts: Vec<u8> = self.iter().map(|label| label.classes.len() as u8).collect();
        let (mut probabilities, mut low, mut high) = (Vec::new(), Vec::new(), Vec::new());
        let mut before = 0u16;
        for column in 0..most {
            for label in self.iter() {
                let (Some(&class), Some(&probability)) =
                    (label.classes.get(column), label.probabilities.get(column))
                else {
                    continue;
                };
                let base = if column == 0 { before } else { label.classes[0] };
                let packed = zigzag(i32::from(class) - i32::from(base));
                if column == 0 {
                    before = class;
                }
                probabilities.push(probability);
                low.push(packed as u8);
                high.push((packed >> 8) as u8);
            }
        }
        let mut zlib = ZlibEncoder::new(Vec::new(), Compression::best());
        for part in [&counts, &probabilities, &low, &high] {
            zlib.write_all(part).map_err(io)?;
        }
        let stream = zlib.finish().map_err(io)?;
        let mut out = Vec::with_capacity(HEADER + stream.len());
        out.extend_from_slice(MAGIC);
        out.extend_from_slice(&VERSION.to_le_bytes());
        out.extend_from_slice(&(counts.len() as u32).to_le_bytes());
        out.extend_from_slice(&self.class_count.to_le_bytes());
        out.extend_from_slice(&[most as u8, 0]);
        out.extend_from_slice(&self.texts_digest);
        out.extend_from_slice(&self.classes_digest);
        out.extend_from_slice(&(self.classes.len() as u32).to_le_bytes());
        out.extend_from_slice(&(stream.len() as u32).to_le_bytes());
        out.extend_from_slice(&stream);
        Ok(out)
    }

    /// Number of texts.
    pub fn len(&self) -> usize {
        self.starts.len() - 1
    }

    /// Whether there is no text.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Number of classes; class numbers are below it.
    pub fn class_count(&self) -> u16 {
        self.class_count
    }

    /// The label of text number `at`; `None` past the end.
    pub fn get(&self, at: usize) -> Option<Label<'_>> {
        let range = *self.starts.get(at)? as usize..*self.starts.get(at + 1)? as usize;
        Some(Label {
            classes: self.classes.get(range.clone())?,
            probabilities: self.probabilities.get(range)?,
        })
    }

    /// The labels of all texts in order.
    pub fn iter(&self) -> impl Iterator<Item = Label<'_>> {
        (0..self.len()).filter_map(|at| self.get(at))
    }

    /// Checks that these labels belong to these texts and to this order of classes.
    ///
    /// # Errors
    /// `InvalidInput` when a count or a digest differs: the text was edited after it was labelled.
    pub fn check_texts(&self, texts: &[&str], codes: &[&str]) -> Result<(), Error> {
        let wrong = if texts.len() != self.len() {
            format!("expected {} texts, found {}", self.len(), texts.len())
        } else if digest_of(codes.iter().copied()) != self.classes_digest {
            "they were made for other classes".to_owned()
        } else if digest_of(texts.iter().copied()) != self.texts_digest {
            "a text has changed since they were made; label the texts again".to_owned()
        } else {
            return Ok(());
        };
        Err(Error::new(ErrorKind::InvalidInput, format!("labels: {wrong}")))
    }

    fn verify(&self) -> Result<(), String> {
        if self.len() > MOST_TEXTS {
            return Err(format!("expected at most {MOST_TEXTS} texts, found {}", self.len()));
        }
        for (at, label) in self.iter().enumerate() {
            if label.classes.len() > MOST_ENTRIES {
                return Err(format!("text {at}: more than {MOST_ENTRIES} entries"));
            }
            if let Some(class) = label.classes.iter().find(|class| **class >= self.class_count) {
                return Err(format!("text {at}: class {class} is not below {}", self.class_count));
            }
            let rises = label.probabilities.windows(2).any(|pair| pair[0] < pair[1]);
            if rises || label.probabilities.last() == Some(&0) {
                return Err(format!("text {at}: probabilities are zero or rise"));
            }
        }
        Ok(())
    }
}

type Unpacked = (Vec<u32>, Vec<u16>, Vec<u8>);

/// Puts the columns of the file back into rows.
fn unpack(counts: &[u8], most: usize, packed_p: &[u8], low: &[u8], high: &[u8]) -> Result<Unpacked, Error> {
    let entries = packed_p.len();
    let mut starts = Vec::with_capacity(counts.len() + 1);
    let mut sum = 0usize;
    starts.push(0);
    for (at, &count) in counts.iter().enumerate() {
        if usize::from(count) > most {
            return Err(damaged(format!("text {at}: expected at most {most} entries, found {count}")));
        }
        sum += usize::from(count);
        starts.push(sum as u32);
    }
    if sum != entries {
        return Err(damaged(format!("expected {entries} entries, the texts have {sum}")));
    }
    let (mut classes, mut probabilities) = (vec![0u16; entries], vec![0u8; entries]);
    let mut next = 0;
    let mut before = 0i32;
    for column in 0..most {
        for (at, &count) in counts.iter().enumerate() {
            if usize::from(count) <= column {
                continue;
            }
            let place = starts[at] as usize;
            let base = if column == 0 { before } else { i32::from(classes[place]) };
            let class = base + unzigzag(u16::from_le_bytes([low[next], high[next]]));
            let class = u16::try_from(class)
                .map_err(|_| damaged(format!("text {at}: {class} is no class number")))?;
            if column == 0 {
                before = i32::from(class);
            }
            classes[place + column] = class;
            probabilities[place + column] = packed_p[next];
            next += 1;
        }
    }
    Ok((starts, classes, probabilities))
}

fn zigzag(value: i32) -> u16 {
    ((value << 1) ^ (value >> 31)) as u16
}

fn unzigzag(value: u16) -> i32 {
    i32::from(value >> 1) ^ -i32::from(value & 1)
}

fn u32_at(header: &[u8], at: usize) -> u32 {
    u32::from_le_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]])
}

fn digest_at(header: &[u8], at: usize) -> [u8; 32] {
    let mut digest = [0; 32];
    digest.copy_from_slice(&header[at..at + 32]);
    digest
}

fn damaged(fault: impl Into<String>) -> Error {
    Error::new(ErrorKind::Package, format!("labels: {}", fault.into()))
}

fn io(error: std::io::Error) -> Error {
    Error::new(ErrorKind::Io, "labels: the compressor failed").with_source(error)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn sample() -> Labels {
        let rows = [vec![(3, 200), (5, 40)], vec![], vec![(5611, 255)], vec![(0, 90), (5611, 90), (7, 1)]];
        Labels::new(5612, digest_of(["a", "b", "c", "d"]), digest_of(["0101"]), &rows).unwrap()
    }

    #[test]
    fn reads_back_what_was_written() {
        let labels = sample();
        let bytes = labels.to_bytes().unwrap();
        let back = Labels::from_bytes(&bytes).unwrap();
        assert_eq!(back, labels);
        assert_eq!(back.len(), 4);
        let last = back.get(3).unwrap();
        assert_eq!((last.classes, last.probabilities), (&[0, 5611, 7][..], &[90, 90, 1][..]));
        assert_eq!(back.get(1).unwrap().classes.len(), 0);
        assert!(back.get(4).is_none());
    }

    #[test]
    fn belongs_to_its_texts_only() {
        let labels = sample();
        assert!(labels.check_texts(&["a", "b", "c", "d"], &["0101"]).is_ok());
        let told = |texts: &[&str], codes: &[&str]| {
            labels.check_texts(texts, codes).unwrap_err().message().to_owned()
        };
        assert!(told(&["a", "b", "c"], &["0101"]).contains("expected 4 texts, found 3"));
        assert!(told(&["a", "b", "c", "x"], &["0101"]).contains("changed"));
        assert!(told(&["a", "b", "c", "d"], &["0102"]).contains("classes"));
    }

    #[test]
    fn refuses_wrong_entries() {
        let make = |row: Vec<(u16, u8)>| Labels::new(10, [0; 32], [0; 32], &[row]);
        assert!(make(vec![(10, 3)]).is_err());
        assert!(make(vec![(1, 0)]).is_err());
        assert!(make(vec![(1, 3), (2, 4)]).is_err());
        assert!(make(vec![(1, 3); 9]).is_err());
        assert!(make(vec![(1, 3); 8]).is_ok());
    }

    #[test]
    fn refuses_every_cut_and_what_follows() {
        let bytes = sample().to_bytes().unwrap();
        for end in 0..bytes.len() {
            assert!(Labels::from_bytes(&bytes[..end]).is_err(), "{end}");
        }
        let mut longer = bytes.clone();
        longer.push(0);
        assert!(Labels::from_bytes(&longer).is_err());
        let length = (bytes.len() - HEADER + 1) as u32;
        longer[88..92].copy_from_slice(&length.to_le_bytes());
        assert!(Labels::from_bytes(&longer).unwrap_err().message().contains("follow"));
    }

    #[test]
    fn tells_another_version_and_limits() {
        let mut bytes = sample().to_bytes().unwrap();
        bytes[8] = 2;
        assert_eq!(Labels::from_bytes(&bytes).unwrap_err().kind(), ErrorKind::Unsupported);
        bytes[8] = 1;
        bytes[12..16].copy_from_slice(&u32::MAX.to_le_bytes());
        assert!(Labels::from_bytes(&bytes).unwrap_err().message().contains("at most"));
    }

    proptest! {
        #[test]
        fn changed_bytes_never_panic(at in 0usize..200, value: u8) {
            let mut bytes = sample().to_bytes().unwrap();
            let at = at % bytes.len();
            bytes[at] = value;
            let _ = Labels::from_bytes(&bytes);
        }

        #[test]
        fn any_label_survives(rows in prop::collection::vec(
            prop::collection::vec((0u16..5612, 1u8..), 0..8), 0..40)) {
            let rows: Vec<Vec<(u16, u8)>> = rows.into_iter().map(|mut row| {
                row.sort_by_key(|entry| std::cmp::Reverse(entry.1));
                row
            }).collect();
            let labels = Labels::new(5612, [1; 32], [2; 32], &rows).unwrap();
            prop_assert_eq!(Labels::from_bytes(&labels.to_bytes().unwrap()).unwrap(), labels);
        }
    }
}
