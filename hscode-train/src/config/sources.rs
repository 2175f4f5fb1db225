//! The settings of one source of data.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use hscode_core::{Edition, Error, ErrorKind};
use serde::de::{SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::row::Part;

/// Data of one origin: a table, or a folder of tables with the same columns.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// A short name of its own, for ids and reports.
    pub name: String,
    /// A file, or a folder of which every table is read; from the folder of the `train.toml`.
    pub path: PathBuf,
    /// `csv`, `tsv`, `jsonl` or `parquet`; the extension tells when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub format: Option<String>,
    /// Under which terms the data may be used; goes into the model card.
    #[serde(default = "not_stated")]
    pub licence: String,
    /// Where it is from, for the model card; the file's name when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<String>,
    /// Whether a machine wrote the texts; goes into the model card.
    #[serde(default)]
    pub machine_written: bool,
    /// The edition of the codes.
    #[serde(default)]
    pub edition: SourceEdition,
    /// How much a row counts in training, above 0.
    #[serde(default = "one")]
    pub weight: f32,
    /// Where equal texts have different codes the higher authority holds: rulings over declarations.
    #[serde(default)]
    pub authority: u32,
    /// The part that all its rows go to; `split` divides them.
    #[serde(default)]
    pub part: SourcePart,
    /// The share of its rows that is taken, above 0 to 1, chosen by the seed.
    #[serde(default = "all")]
    pub sample: f64,
    /// Whether a code of 5, 7, 9 or 11 digits lost its leading zero to a spreadsheet and gets it back.
    #[serde(default)]
    pub restore_leading_zero: bool,
    /// Which columns hold what.
    #[serde(default)]
    pub columns: Columns,
    /// Only rows whose column holds one of the values, for every column named.
    #[serde(default)]
    pub only: BTreeMap<String, Vec<String>>,
}

/// Which columns of a source hold what.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Columns {
    /// The description; several columns are joined with a comma.
    pub text: Names,
    /// The code.
    pub code: String,
    /// The edition of the row's code, such as HS2017; the source's where the cell is empty or `unknown`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub edition: Option<String>,
    /// The day, as `YYYY-MM-DD`; what follows the day is not read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date: Option<String>,
    /// A weight for the row, times the source's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub weight: Option<String>,
}

impl Default for Columns {
    fn default() -> Self {
        Self {
            text: Names(vec!["description".to_owned()]),
            code: "code".to_owned(),
            edition: None,
            date: None,
            weight: None,
        }
    }
}

/// One name, or a list of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Names(pub Vec<String>);

impl Serialize for Names {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0.as_slice() {
            [one] => one.serialize(serializer),
            many => many.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Names {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct OneOrMore;
        impl<'de> Visitor<'de> for OneOrMore {
            type Value = Names;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the name of a column, or a list of names")
            }
            fn visit_str<E: serde::de::Error>(self, name: &str) -> Result<Names, E> {
                Ok(Names(vec![name.to_owned()]))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Names, A::Error> {
                let mut names = Vec::new();
                while let Some(name) = seq.next_element()? {
                    names.push(name);
                }
                if names.is_empty() {
                    return Err(serde::de::Error::custom("expected the name of a column, saw an empty list"));
                }
                Ok(Names(names))
            }
        }
        deserializer.deserialize_any(OneOrMore)
    }
}

/// The edition of a source's codes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum SourceEdition {
    /// `auto`: the model's edition where it has the code, else the newest one that has it.
    #[default]
    Auto,
    /// An international edition.
    Is(Edition),
}

impl Serialize for SourceEdition {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Auto => "auto".serialize(serializer),
            Self::Is(edition) => edition.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for SourceEdition {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        if text == "auto" {
            return Ok(Self::Auto);
        }
        match text.parse::<Edition>() {
            Ok(edition) if edition.is_international() => Ok(Self::Is(edition)),
            Ok(_) => Err(serde::de::Error::custom(format!(
                "edition {text:?}: expected the international edition that the tariff rests on, such as HS2022"
            ))),
            Err(e) => Err(serde::de::Error::custom(format!("{e}, or auto"))),
        }
    }
}

/// The part that a source's rows go to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SourcePart {
    /// They are divided.
    #[default]
    Split,
    /// All train.
    Train,
    /// All are for choosing settings.
    Dev,
    /// All are for reporting.
    Test,
}

impl SourcePart {
    /// The fixed part, if there is one.
    pub fn fixed(self) -> Option<Part> {
        match self {
            Self::Split => None,
            Self::Train => Some(Part::Train),
            Self::Dev => Some(Part::Dev),
            Self::Test => Some(Part::Test),
        }
    }
}

impl Source {
    pub(crate) fn check(&self) -> Result<(), Error> {
        let wrong = |what: String| {
            Err(Error::new(ErrorKind::InvalidInput, format!("source {:?}: {what}", self.name)))
        };
        let well_named = (1..=40).contains(&self.name.len())
            && self.name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b));
        if !well_named {
            return wrong("expected a name of 1 to 40 letters, digits, '-', '_' or '.'".to_owned());
        }
        if !(self.weight > 0.0 && self.weight <= 1000.0) {
            return wrong(format!("weight = {}: expected above 0, at most 1000", self.weight));
        }
        if !(self.sample > 0.0 && self.sample <= 1.0) {
            return wrong(format!("sample = {}: expected above 0, at most 1", self.sample));
        }
        if let Some(format) = &self.format
            && !["csv", "tsv", "jsonl", "parquet"].contains(&format.as_str())
        {
            return wrong(format!("format = {format:?}: expected csv, tsv, jsonl or parquet"));
        }
        Ok(())
    }
}

fn not_stated() -> String {
    "not stated".to_owned()
}

const fn one() -> f32 {
    1.0
}

const fn all() -> f64 {
    1.0
}
