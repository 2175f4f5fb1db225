//! Rows of a file into examples: what cannot be judged is kept with its reason.

use std::collections::BTreeMap;

use hscode_core::{CorrelationTable, Edition, Error, ErrorKind, HsCode, Level, Nomenclature};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::Example;

/// Descriptions with right codes, from one file.
#[derive(Debug, Clone)]
pub struct Dataset {
    name: String,
    edition: Edition,
    data_edition: Edition,
    examples: Vec<Example>,
    unjudged: Vec<Unjudged>,
    counts: RowCounts,
    digest: String,
}

/// How many rows came, and what became of them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RowCounts {
    /// Rows of the file.
    pub rows: u64,
    /// Rows that are judged.
    pub judged: u64,
    /// Rows that cannot be judged; `judged + unjudged = rows`.
    pub unjudged: u64,
    /// Of the judged rows, those whose code had more than six digits and was cut.
    pub cut: u64,
    /// Of the judged rows, those whose code has another counterpart in the classifiers' edition.
    pub moved: u64,
    /// Of the judged rows, those with several counterparts, of which any counts as right.
    pub several_targets: u64,
}

/// A row that cannot be judged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Unjudged {
    /// The row's number in its file, from 0.
    pub index: u64,
    /// Why, as a class.
    pub reason: UnjudgedReason,
    /// What was expected and seen; never the description.
    pub detail: String,
}

/// Why a row cannot be judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum UnjudgedReason {
    /// The reader could not make sense of the row.
    Unreadable,
    /// There is no description.
    EmptyDescription,
    /// There is no code.
    EmptyCode,
    /// The code is not well formed.
    BadCode,
    /// The edition of the data does not have the code.
    UnknownCode,
    /// The correlation table leads nowhere from the code.
    NoCounterpart,
}

impl UnjudgedReason {
    /// The reason in lower snake case, as the JSON spells it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unreadable => "unreadable",
            Self::EmptyDescription => "empty_description",
            Self::EmptyCode => "empty_code",
            Self::BadCode => "bad_code",
            Self::UnknownCode => "unknown_code",
            Self::NoCounterpart => "no_counterpart",
        }
    }
}

impl Dataset {
    /// The name that reports use.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The edition in which the rows are judged: that of the classifiers.
    pub fn edition(&self) -> &Edition {
        &self.edition
    }

    /// The edition of the codes in the file.
    pub fn data_edition(&self) -> &Edition {
        &self.data_edition
    }

    /// The rows to judge by, in the order of the file; at least one.
    pub fn examples(&self) -> &[Example] {
        &self.examples
    }

    /// The rows that cannot be judged, in the order of the file.
    pub fn unjudged(&self) -> &[Unjudged] {
        &self.unjudged
    }

    /// How many rows came, and what became of them.
    pub fn counts(&self) -> RowCounts {
        self.counts
    }

    /// SHA-256 over the judged rows (description and right codes), in hexadecimal: the same rows give the same
    /// digest whatever the file format.
    pub fn digest(&self) -> &str {
        &self.digest
    }
}

/// Collects the rows of one file.
pub struct DatasetBuilder {
    name: String,
    edition: Edition,
    data_edition: Edition,
    nomenclature: &'static Nomenclature,
    correlation: Option<&'static CorrelationTable>,
    examples: Vec<Example>,
    unjudged: Vec<Unjudged>,
    counts: RowCounts,
    digest: Sha256,
}

impl DatasetBuilder {
    /// Starts a data set whose codes are of `data_edition` and are judged in `edition`, that of the classifiers.
    ///
    /// Where the two differ, codes go through the correlation table, without its gathering targets where there
    /// are others; a row whose code has several counterparts is right if any of them is answered.
    ///
    /// # Errors
    /// `Unsupported` when an edition has no table here; as [`Nomenclature::of`] and
    /// [`CorrelationTable::between`].
    pub fn new(name: &str, data_edition: Edition, edition: Edition) -> Result<Self, Error> {
        let correlation = if data_edition == edition {
            None
        } else {
            Some(CorrelationTable::between(&data_edition, &edition)?)
        };
        Ok(Self {
            name: name.to_owned(),
            nomenclature: Nomenclature::of(&data_edition)?,
            edition,
            data_edition,
            correlation,
            examples: Vec::new(),
            unjudged: Vec::new(),
            counts: RowCounts::default(),
            digest: Sha256::new(),
        })
    }

    /// Takes a row: its number from 0, its description, its code as it is written.
    pub fn push(&mut self, index: u64, text: &str, code: &str) {
        match self.judge(text, code) {
            Ok((written, targets)) => {
                let known = at_most_six(written);
                self.counts.cut += u64::from(written != known);
                self.counts.moved += u64::from(targets != [known]);
                self.counts.several_targets += u64::from(targets.len() > 1);
                self.digest.update(text.as_bytes());
                for target in &targets {
                    self.digest.update([b'\t']);
                    self.digest.update(target.as_str());
                }
                self.digest.update([b'\n']);
                self.examples.push(Example::new(index, text.to_owned(), targets));
            }
            Err((reason, detail)) => self.unjudged.push(Unjudged { index, reason, detail }),
        }
    }

    /// Takes a row that could not be read, with the reader's message.
    pub fn push_unreadable(&mut self, index: u64, message: impl Into<String>) {
        self.unjudged.push(Unjudged { index, reason: UnjudgedReason::Unreadable, detail: message.into() });
    }

    /// Ends the data set.
    ///
    /// # Errors
    /// `InvalidInput` when no row can be judged; the message counts the reasons.
    pub fn finish(self) -> Result<Dataset, Error> {
        let mut counts = self.counts;
        counts.judged = self.examples.len() as u64;
        counts.unjudged = self.unjudged.len() as u64;
        counts.rows = counts.judged + counts.unjudged;
        if self.examples.is_empty() {
            let reasons: Vec<String> = reasons(&self.unjudged)
                .into_iter()
                .map(|(reason, count)| format!("{count} {}", reason.as_str()))
                .collect();
            let first = self
                .unjudged
                .first()
                .map_or_else(String::new, |row| format!("; the first, row {}: {}", row.index, row.detail));
            return Err(Error::new(
                ErrorKind::InvalidInput,
                format!(
                    "{}: expected at least one row to judge by, saw {} rows ({}){first}",
                    self.name,
                    counts.rows,
                    if reasons.is_empty() { "an empty file".to_owned() } else { reasons.join(", ") }
                ),
            ));
        }
        let digest = self.digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(Dataset {
            name: self.name,
            edition: self.edition,
            data_edition: self.data_edition,
            examples: self.examples,
            unjudged: self.unjudged,
            counts,
            digest,
        })
    }

    /// The code of a row as it is written and its right codes, or why it cannot be judged.
    fn judge(&self, text: &str, code: &str) -> Result<(HsCode, Vec<HsCode>), (UnjudgedReason, String)> {
        if text.trim().is_empty() {
            return Err((UnjudgedReason::EmptyDescription, "expected a description".to_owned()));
        }
        if code.trim().is_empty() {
            return Err((UnjudgedReason::EmptyCode, "expected a code".to_owned()));
        }
        let written = HsCode::parse(code).map_err(|e| (UnjudgedReason::BadCode, e.message().to_owned()))?;
        let known = at_most_six(written);
        self.nomenclature
            .check(known)
            .map_err(|error| (UnjudgedReason::UnknownCode, error.message().to_owned()))?;
        let Some(correlation) = self.correlation else { return Ok((written, vec![known])) };
        let mut found = correlation.main_targets(known);
        if found.is_empty() {
            found = correlation.targets(known);
        }
        let mut targets: Vec<HsCode> = found.iter().map(|target| target.code).collect();
        targets.sort_unstable();
        if targets.is_empty() {
            let detail = format!("{known} of {} has no counterpart in {}", self.data_edition, self.edition);
            return Err((UnjudgedReason::NoCounterpart, detail));
        }
        Ok((written, targets))
    }
}

/// The code without its national digits.
fn at_most_six(code: HsCode) -> HsCode {
    code.at(Level::Subheading).unwrap_or(code)
}

/// How many rows each reason took.
pub(crate) fn reasons(unjudged: &[Unjudged]) -> BTreeMap<UnjudgedReason, u64> {
    let mut counts = BTreeMap::new();
    for row in unjudged {
        *counts.entry(row.reason).or_insert(0) += 1;
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(text: &str) -> HsCode {
        text.parse().unwrap()
    }

    fn rows(data: &Dataset) -> Vec<(u64, UnjudgedReason)> {
        data.unjudged().iter().map(|row| (row.index, row.reason)).collect()
    }

    #[test]
    fn every_row_is_judged_or_has_a_reason() {
        let mut builder = DatasetBuilder::new("goods.csv", Edition::HS2022, Edition::HS2022).unwrap();
        builder.push(0, "cotton tee", "6109.10.00.12");
        builder.push(1, "  ", "610910");
        builder.push(2, "cotton tee", "");
        builder.push(3, "purebred mare", "10121");
        builder.push(4, "reserved", "770100");
        builder.push_unreadable(5, "expected 2 fields, saw 3");
        builder.push(6, "cotton tee", "6109");
        let data = builder.finish().unwrap();
        assert_eq!(
            rows(&data),
            [
                (1, UnjudgedReason::EmptyDescription),
                (2, UnjudgedReason::EmptyCode),
                (3, UnjudgedReason::BadCode),
                (4, UnjudgedReason::UnknownCode),
                (5, UnjudgedReason::Unreadable),
            ]
        );
        assert!(data.unjudged()[2].detail.contains("did a spreadsheet drop the zero of 010121?"));
        assert_eq!(data.examples()[0].targets(), [code("610910")]);
        assert_eq!(data.examples()[1].level(), Level::Heading);
        let counts = data.counts();
        assert_eq!((counts.rows, counts.judged, counts.unjudged, counts.cut), (7, 2, 5, 1));
    }

    #[test]
    fn another_edition_goes_through_the_correlation() {
        let mut builder = DatasetBuilder::new("old", Edition::HS2017, Edition::HS2022).unwrap();
        builder.push(0, "mobile phone", "85171200");
        builder.push(1, "tee", "610910");
        builder.push(2, "phone", "8517");
        builder.push(3, "of the newer edition", "851713");
        let data = builder.finish().unwrap();
        assert_eq!(data.examples()[0].targets(), [code("851713"), code("851714")]);
        assert_eq!(data.examples()[1].targets(), [code("610910")]);
        assert_eq!(data.examples()[2].level(), Level::Heading);
        assert!(data.examples()[2].targets().contains(&code("8517")));
        assert_eq!(data.counts().cut, 1);
        assert!(data.counts().moved >= 1 && data.counts().several_targets >= 1);
        assert_eq!(rows(&data), [(3, UnjudgedReason::UnknownCode)]);
    }

    #[test]
    fn a_national_tariff_has_no_table_here() {
        let tariff = Edition::national("US-HTS", "2025-01-01").unwrap();
        assert!(DatasetBuilder::new("us", tariff, Edition::HS2022).is_err());
    }

    #[test]
    fn no_usable_row_is_an_error_that_counts_the_reasons() {
        let mut builder = DatasetBuilder::new("goods.csv", Edition::HS2022, Edition::HS2022).unwrap();
        builder.push(0, "secret thing", "61O910");
        builder.push(1, "", "610910");
        let error = builder.finish().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        let message = error.message();
        assert!(message.contains("saw 2 rows (1 empty_description, 1 bad_code)"), "{message}");
        assert!(message.contains("row 0: \"61O910\"") && !message.contains("secret"), "{message}");
        let empty =
            DatasetBuilder::new("empty.csv", Edition::HS2022, Edition::HS2022).unwrap().finish().unwrap_err();
        assert!(empty.message().contains("saw 0 rows (an empty file)"), "{empty}");
    }

    #[test]
    fn the_digest_is_that_of_the_rows_used() {
        let digest = |rows: &[(&str, &str)]| {
            let mut builder = DatasetBuilder::new("x", Edition::HS2022, Edition::HS2022).unwrap();
            for (at, (text, code)) in rows.iter().enumerate() {
                builder.push(at as u64, text, code);
            }
            builder.finish().unwrap().digest().to_owned()
        };
        let one = digest(&[("tee", "610910")]);
        assert_eq!(one, digest(&[("tee", "6109.10"), ("", "610910")]));
        assert_ne!(one, digest(&[("tee", "610990")]));
        assert_eq!(one.len(), 64);
    }
}
