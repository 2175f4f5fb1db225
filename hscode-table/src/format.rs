//! The formats of tables.

use std::fmt;
use std::path::Path;
use std::str::FromStr;

/// The format of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Format {
    /// Comma-separated values with a header line; semicolons or tabs are recognised by the header.
    Csv,
    /// Tab-separated values with a header line.
    Tsv,
    /// One JSON object a line.
    Jsonl,
    /// Apache Parquet.
    Parquet,
    /// One text a line, without a header.
    Lines,
}

impl Format {
    /// All formats, as messages list them.
    pub const ALL: [Self; 5] = [Self::Csv, Self::Tsv, Self::Jsonl, Self::Parquet, Self::Lines];

    /// The name, as options spell it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Tsv => "tsv",
            Self::Jsonl => "jsonl",
            Self::Parquet => "parquet",
            Self::Lines => "lines",
        }
    }

    /// The format that the extension of a file stands for, looking through a last `.gz`; `None` if it says
    /// nothing.
    ///
    /// ```
    /// use hscode_table::Format;
    /// assert_eq!(Format::of_path("goods.CSV.gz".as_ref()), Some(Format::Csv));
    /// assert_eq!(Format::of_path("goods".as_ref()), None);
    /// ```
    pub fn of_path(path: &Path) -> Option<Self> {
        let extension = path.extension()?.to_str()?.to_ascii_lowercase();
        match extension.as_str() {
            "gz" => Self::of_path(Path::new(path.file_stem()?)),
            "csv" => Some(Self::Csv),
            "tsv" | "tab" => Some(Self::Tsv),
            "jsonl" | "ndjson" | "json" => Some(Self::Jsonl),
            "parquet" | "pq" => Some(Self::Parquet),
            "txt" => Some(Self::Lines),
            _ => None,
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Format {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|format| format.as_str().eq_ignore_ascii_case(text))
            .ok_or_else(|| format!("format {text:?}: expected csv, tsv, jsonl, parquet or lines"))
    }
}
