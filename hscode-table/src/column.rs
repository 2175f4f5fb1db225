//! The columns of a table that is read.

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// Text.
    Text,
    /// Whole numbers.
    Integer,
    /// Numbers with a fraction.
    Float,
    /// True or false.
    Boolean,
    /// Lists, records or another type that has no plain value.
    Nested,
    /// Not known before the rows are read.
    Unknown,
}

/// A column by name and kind.
///
/// CSV, TSV and lines hold text only. For JSONL the columns are the keys of the first readable rows, and the
/// kind is that of the first value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    name: String,
    kind: Kind,
    type_name: String,
}

impl Column {
    pub(crate) fn new(name: impl Into<String>, kind: Kind, type_name: impl Into<String>) -> Self {
        Self { name: name.into(), kind, type_name: type_name.into() }
    }

    pub(crate) fn text(name: impl Into<String>) -> Self {
        Self::new(name, Kind::Text, "text")
    }

    /// The name, as the header spells it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it holds.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// The type as the format names it, such as `INT64`, for messages.
    pub fn type_name(&self) -> &str {
        &self.type_name
    }
}
