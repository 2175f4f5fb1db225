//! The rows that go from step to step, and the rows that are put aside with a reason.

use hscode_core::{Edition, HsCode};
use serde::{Deserialize, Serialize};

/// Where a row belongs when the data is divided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Part {
    /// The model learns from it.
    Train,
    /// Settings are chosen on it.
    Dev,
    /// It is for reporting only.
    Test,
}

impl Part {
    /// The parts, in the order of their files.
    pub const ALL: [Self; 3] = [Self::Train, Self::Dev, Self::Test];

    /// The name as files and settings spell it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Train => "train",
            Self::Dev => "dev",
            Self::Test => "test",
        }
    }
}

/// A description with its code: one line of a row file.
///
/// Row files are JSON lines, UTF-8, one row a line; fields at their defaults are left out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Row {
    /// `source:file:row`, the row counted from 1 after the header; unique in a working folder.
    pub id: String,
    /// The description as it came, or as `clean` tidied it.
    pub text: String,
    /// The subheading, in the edition that the model is for.
    pub code: HsCode,
    /// The name of the source in the settings.
    pub source: String,
    /// How much the row counts in training; 1 is usual.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub weight: f32,
    /// How binding the source is; where texts are equal and codes differ, the higher one holds.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub authority: u32,
    /// The weights of this row and of the equal rows (same text, same code) that it stands for.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub votes: f32,
    /// The day of the declaration or ruling, as `YYYY-MM-DD`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub date: Option<String>,
    /// The part that the settings fix for its source; left to `split` when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub part: Option<Part>,
    /// After `split`: rows of one group are near-duplicates of one another and stay in one part.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<u32>,
    /// The code and edition as they came, where they are not `code` and the model's edition.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<Origin>,
}

/// A code before it was cut to a subheading and moved to the model's edition.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Origin {
    /// The code, at most ten digits of it.
    pub code: HsCode,
    /// Its edition.
    pub edition: Edition,
}

/// Why a row is not used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// ingest: the file's row could not be read.
    UnreadableRow,
    /// ingest: no description.
    MissingText,
    /// ingest: no code.
    MissingCode,
    /// ingest: the code is not one: other characters, an odd number of digits.
    MalformedCode,
    /// ingest: a chapter or heading only, where six digits are the least.
    ShortCode,
    /// ingest: the row's edition is none that this library knows.
    UnknownEdition,
    /// ingest: its edition has no such subheading.
    UnknownCode,
    /// ingest: the subheading was split on the way to the model's edition, so the text would have to decide.
    SeveralTargets,
    /// ingest: the day is not of the form `YYYY-MM-DD`.
    MalformedDate,
    /// ingest: the weight is not a number above 0.
    MalformedWeight,
    /// clean: nothing is left of the text once tidied.
    Empty,
    /// clean: too vague to classify.
    Vague,
    /// clean: same text and code as the row kept.
    SameText,
    /// clean: same text as rows of a more binding source or of a majority, other code.
    Outvoted,
    /// clean: same text as other rows, other codes, and nothing to settle it by.
    Unsettled,
    /// clean: same words and code as the row kept.
    SameWords,
    /// clean: nearly the text of the row kept, same code.
    NearDuplicate,
    /// split: nearly the text of a row in a part that is fixed by the settings or comes earlier.
    NearOtherPart,
}

impl Reason {
    /// The name as `rejects.jsonl` spells it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::UnreadableRow => "unreadable_row",
            Self::MissingText => "missing_text",
            Self::MissingCode => "missing_code",
            Self::MalformedCode => "malformed_code",
            Self::ShortCode => "short_code",
            Self::UnknownEdition => "unknown_edition",
            Self::UnknownCode => "unknown_code",
            Self::SeveralTargets => "several_targets",
            Self::MalformedDate => "malformed_date",
            Self::MalformedWeight => "malformed_weight",
            Self::Empty => "empty",
            Self::Vague => "vague",
            Self::SameText => "same_text",
            Self::Outvoted => "outvoted",
            Self::Unsettled => "unsettled",
            Self::SameWords => "same_words",
            Self::NearDuplicate => "near_duplicate",
            Self::NearOtherPart => "near_other_part",
        }
    }
}

/// A row that is not used: one line of a `rejects.jsonl`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reject {
    /// The row's id.
    pub id: String,
    /// Why.
    pub reason: Reason,
    /// What was expected and seen, where the reason alone does not tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// The code as it came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// The description as it came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// The row that stands for it, of a duplicate or an outvoted row.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kept: Option<String>,
    /// The codes that it could become, of a split code; the codes that stand against each other, of a conflict.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub codes: Vec<HsCode>,
}

impl Reject {
    /// Puts a row aside.
    #[must_use]
    pub fn of(row: &Row, reason: Reason) -> Self {
        Self {
            id: row.id.clone(),
            reason,
            detail: None,
            code: Some(row.code.to_string()),
            text: Some(row.text.clone()),
            kept: None,
            codes: Vec::new(),
        }
    }

    /// Names the row that stands for it.
    #[must_use]
    pub fn kept(mut self, id: &str) -> Self {
        self.kept = Some(id.to_owned());
        self
    }
}

const fn one() -> f32 {
    1.0
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
fn is_one(value: &f32) -> bool {
    *value == 1.0
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
const fn is_zero(value: &u32) -> bool {
    *value == 0
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A row for tests.
    pub(crate) fn row(id: &str, text: &str, code: &str) -> Row {
        Row {
            id: id.to_owned(),
            text: text.to_owned(),
            code: code.parse().unwrap(),
            source: "test".to_owned(),
            weight: 1.0,
            authority: 0,
            votes: 1.0,
            date: None,
            part: None,
            group: None,
            origin: None,
        }
    }

    #[test]
    fn a_plain_row_is_a_short_line_and_comes_back() {
        let mut r = row("a:1", "men's tee", "610910");
        let line = serde_json::to_string(&r).unwrap();
        assert_eq!(line, r#"{"id":"a:1","text":"men's tee","code":"610910","source":"test"}"#);
        assert_eq!(serde_json::from_str::<Row>(&line).unwrap(), r);
        r.weight = 0.25;
        r.votes = 3.0;
        r.authority = 2;
        r.part = Some(Part::Test);
        r.group = Some(7);
        r.date = Some("2025-01-31".to_owned());
        r.origin = Some(Origin { code: "6109100012".parse().unwrap(), edition: Edition::HS2017 });
        assert_eq!(serde_json::from_str::<Row>(&serde_json::to_string(&r).unwrap()).unwrap(), r);
        assert!(
            serde_json::from_str::<Row>(r#"{"id":"a","text":"t","code":"610910","source":"s","extra":1}"#)
                .is_err()
        );
    }

    #[test]
    fn reasons_are_spelt_in_one_way() {
        for reason in [Reason::UnreadableRow, Reason::SeveralTargets, Reason::NearOtherPart, Reason::SameText]
        {
            assert_eq!(serde_json::to_string(&reason).unwrap(), format!("\"{}\"", reason.as_str()));
        }
    }
}
