//! `steps.json`: the record of every step of a working folder.

use std::collections::BTreeMap;
use std::fmt;

use hscode_core::{Error, ErrorKind};
use serde::de::{MapAccess, Visitor};
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The format of `steps.json` and of the row files that it describes.
const FORMAT: u32 = 1;

/// A file by name, size and digest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileDigest {
    /// In the working folder its path from there, such as `clean/rows.jsonl`; of data from outside
    /// `source:file`.
    pub name: String,
    /// Its size in bytes.
    pub bytes: u64,
    /// Its SHA-256 in hexadecimal.
    pub sha256: String,
}

/// Named counts, in the order in which the step made them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counts(Vec<(String, u64)>);

impl Counts {
    /// Adds to a count, making it at 0 first.
    pub fn add(&mut self, name: &str, n: u64) {
        match self.0.iter_mut().find(|(known, _)| known == name) {
            Some((_, count)) => *count += n,
            None => self.0.push((name.to_owned(), n)),
        }
    }

    /// The count, 0 if it was never made.
    pub fn get(&self, name: &str) -> u64 {
        self.0.iter().find(|(known, _)| known == name).map_or(0, |(_, count)| *count)
    }

    /// The counts, in their order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, u64)> {
        self.0.iter().map(|(name, count)| (name.as_str(), *count))
    }
}

impl Serialize for Counts {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, count) in &self.0 {
            map.serialize_entry(name, count)?;
        }
        map.end()
    }
}

impl<'de> Deserialize<'de> for Counts {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Entries;
        impl<'de> Visitor<'de> for Entries {
            type Value = Counts;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of names and counts")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Counts, A::Error> {
                let mut counts = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    counts.push(entry);
                }
                Ok(Counts(counts))
            }
        }
        deserializer.deserialize_map(Entries)
    }
}

/// What a step read, wrote and counted. It holds no times, so that equal runs leave equal files.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StepRecord {
    /// The version of the step's code: other outputs for the same inputs have another version.
    pub version: u32,
    // JSON inside, not in the public API: the settings that the outputs depend on.
    settings: serde_json::Value,
    /// The files read.
    pub inputs: Vec<FileDigest>,
    /// The files written.
    pub outputs: Vec<FileDigest>,
    /// What was counted, in order.
    pub counts: Counts,
}

impl StepRecord {
    pub(crate) fn new(version: u32, settings: serde_json::Value, inputs: Vec<FileDigest>) -> Self {
        Self { version, settings, inputs, outputs: Vec::new(), counts: Counts::default() }
    }

    /// Whether the same work would be done: version, settings and inputs are equal.
    pub(crate) fn same_work(&self, other: &Self) -> bool {
        self.version == other.version && self.settings == other.settings && self.inputs == other.inputs
    }

    /// A file that the step wrote, by its name, such as `clean/rows.jsonl`.
    pub fn output(&self, name: &str) -> Option<&FileDigest> {
        self.outputs.iter().find(|file| file.name == name)
    }

    /// The settings that the outputs depend on, as JSON text.
    pub fn settings_json(&self) -> String {
        self.settings.to_string()
    }
}

/// All records of a working folder.
#[derive(Debug, Default)]
pub(crate) struct Steps(BTreeMap<String, StepRecord>);

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StepsFile {
    format: u32,
    steps: BTreeMap<String, StepRecord>,
}

impl Steps {
    pub(crate) fn get(&self, step: &str) -> Option<&StepRecord> {
        self.0.get(step)
    }

    pub(crate) fn put(&mut self, step: &str, record: StepRecord) {
        self.0.insert(step.to_owned(), record);
    }

    pub(crate) fn from_json(text: &str) -> Result<Self, Error> {
        #[derive(Deserialize)]
        struct Version {
            format: u32,
        }
        let damaged = |e: serde_json::Error| {
            Error::new(
                ErrorKind::InvalidInput,
                format!("damaged: {e}; remove the file to run every step again"),
            )
        };
        let version: Version = serde_json::from_str(text).map_err(damaged)?;
        if version.format != FORMAT {
            return Err(Error::new(
                ErrorKind::InvalidInput,
                format!(
                    "format {}: expected {FORMAT}; the folder was made by another version of hscode, so take a \
                     new one",
                    version.format
                ),
            ));
        }
        let file: StepsFile = serde_json::from_str(text).map_err(damaged)?;
        Ok(Self(file.steps))
    }

    pub(crate) fn to_json(&self) -> Result<String, Error> {
        let file = StepsFile { format: FORMAT, steps: self.0.clone() };
        let mut text = serde_json::to_string_pretty(&file)
            .map_err(|e| Error::new(ErrorKind::Io, format!("steps.json: {e}")))?;
        text.push('\n');
        Ok(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_keep_their_order() {
        let mut counts = Counts::default();
        counts.add("read", 3);
        counts.add("a", 1);
        counts.add("read", 2);
        let json = serde_json::to_string(&counts).unwrap();
        assert_eq!(json, r#"{"read":5,"a":1}"#);
        assert_eq!(serde_json::from_str::<Counts>(&json).unwrap(), counts);
        assert_eq!((counts.get("read"), counts.get("none")), (5, 0));
    }

    #[test]
    fn damaged_and_newer_files_say_so() {
        let error = Steps::from_json("{\"format\": 2, \"more\": 1}").unwrap_err();
        assert!(error.message().starts_with("format 2: expected 1"), "{error}");
        assert!(Steps::from_json("{\"format\": 1").unwrap_err().message().starts_with("damaged"));
    }
}
