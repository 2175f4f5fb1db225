//! Makes a row of what a source says, or puts it aside with the reason.

use hscode_core::{Edition, Error};

use super::codes::{Refused, place, read_code};
use crate::config::{Source, SourceEdition};
use crate::row::{Reason, Reject, Row};
use crate::similar::mix;
use crate::steps::Counts;

/// A row as its table gives it: the cells of the columns that the settings name, empty ones as `None`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RawRow {
    /// What the row will be called.
    pub id: String,
    /// The cells of the text columns.
    pub texts: Vec<Option<String>>,
    /// The cell of the code column.
    pub code: Option<String>,
    /// The cell of the edition column.
    pub edition: Option<String>,
    /// The cell of the date column.
    pub date: Option<String>,
    /// The cell of the weight column.
    pub weight: Option<String>,
}

/// A row, or why it is none.
#[derive(Debug, Clone, PartialEq)]
pub enum Taken {
    /// It is used.
    Row(Row),
    /// It is not.
    Reject(Reject),
}

/// Takes a row of a source into an edition; what was changed on the way is added to `counts`.
///
/// # Errors
/// Only when the edition has no table in this library; a bad row is a [`Taken::Reject`].
///
/// ```
/// use hscode_core::Edition;
/// use hscode_train::config::Config;
/// use hscode_train::ingest::{RawRow, Taken, take};
/// use hscode_train::steps::Counts;
///
/// let config = Config::parse("[[sources]]\nname = \"own\"\npath = \"own.csv\"\nedition = \"HS2017\"")?;
/// let raw = RawRow {
///     id: "own:1".to_owned(),
///     texts: vec![Some("mens cotton tee".to_owned())],
///     code: Some("6109.10.0012".to_owned()),
///     ..RawRow::default()
/// };
/// let Taken::Row(row) = take(&raw, &config.sources[0], &Edition::HS2022, &mut Counts::default())? else {
///     panic!("not used");
/// };
/// assert_eq!(row.code.as_str(), "610910");
/// # Ok::<(), hscode_core::Error>(())
/// ```
pub fn take(raw: &RawRow, source: &Source, target: &Edition, counts: &mut Counts) -> Result<Taken, Error> {
    let text = raw.texts.iter().flatten().map(|text| text.trim()).collect::<Vec<_>>().join(", ");
    let reject = |reason: Reason, detail: Option<String>| {
        Taken::Reject(Reject {
            id: raw.id.clone(),
            reason,
            detail,
            code: raw.code.clone(),
            text: (!text.is_empty()).then(|| text.clone()),
            kept: None,
            codes: Vec::new(),
        })
    };
    let refuse = |refused: Refused| match reject(refused.reason, Some(refused.detail)) {
        Taken::Reject(reject) => Taken::Reject(Reject { codes: refused.codes, ..reject }),
        row @ Taken::Row(_) => row,
    };
    if text.is_empty() {
        return Ok(reject(Reason::MissingText, None));
    }
    let Some(code) = &raw.code else { return Ok(reject(Reason::MissingCode, None)) };
    let edition = match raw.edition.as_deref().map(str::trim) {
        None | Some("unknown") => source.edition.clone(),
        Some(name) => match name.parse::<Edition>() {
            Ok(edition) if edition.is_international() => SourceEdition::Is(edition),
            Ok(_) => {
                let detail = "a national tariff: expected the international edition that it rests on";
                return Ok(reject(Reason::UnknownEdition, Some(detail.to_owned())));
            }
            Err(e) => return Ok(reject(Reason::UnknownEdition, Some(e.message().to_owned()))),
        },
    };
    let date = match raw.date.as_deref().map(day) {
        None => None,
        Some(Some(day)) => Some(day.to_owned()),
        Some(None) => {
            let detail = "expected YYYY-MM-DD, such as 2025-01-31";
            return Ok(reject(Reason::MalformedDate, Some(detail.to_owned())));
        }
    };
    let weight = match raw.weight.as_deref().map(|text| text.trim().parse::<f32>()) {
        None => source.weight,
        Some(Ok(weight)) if weight > 0.0 && weight <= 1000.0 => source.weight * weight,
        Some(_) => {
            let detail = "expected a number above 0, at most 1000";
            return Ok(reject(Reason::MalformedWeight, Some(detail.to_owned())));
        }
    };
    let (code, notes) = match read_code(code, source.restore_leading_zero) {
        Ok(read) => read,
        Err(refused) => return Ok(refuse(refused)),
    };
    let placed = match place(code, &edition, target)? {
        Ok(placed) => placed,
        Err(refused) => return Ok(refuse(refused)),
    };
    for (happened, name) in [
        (notes.cut, "cut_to_ten_digits"),
        (notes.zero, "leading_zero_restored"),
        (notes.decimal, "decimal_point_removed"),
    ] {
        if happened {
            counts.add(name, 1);
        }
    }
    if let Some(from) = &placed.moved_from {
        counts.add(&format!("moved_from_{from}"), 1);
    }
    Ok(Taken::Row(Row {
        id: raw.id.clone(),
        text,
        code: placed.code,
        source: source.name.clone(),
        weight,
        authority: source.authority,
        votes: weight,
        date,
        part: source.part.fixed(),
        group: None,
        origin: placed.origin,
    }))
}

/// The day at the start of a text; what follows it, such as a time, is not read.
fn day(text: &str) -> Option<&str> {
    let day = text.trim().get(..10)?;
    let bytes = day.as_bytes();
    let digits = |from: usize, to: usize| {
        bytes[from..to].iter().all(u8::is_ascii_digit).then(|| day[from..to].parse::<u32>().ok()).flatten()
    };
    let rest = text.trim()[10..].chars().next();
    let whole = bytes[4] == b'-'
        && bytes[7] == b'-'
        && digits(0, 4).is_some()
        && digits(5, 7).is_some_and(|month| (1..=12).contains(&month))
        && digits(8, 10).is_some_and(|day| (1..=31).contains(&day))
        && rest.is_none_or(|c| c == 'T' || c == ' ');
    whole.then_some(day)
}

/// Whether the row of this id is in the sample of a source: the same rows for the same seed, whatever the order.
pub(super) fn in_sample(id: &str, sample: f64, seed: u64) -> bool {
    if sample >= 1.0 {
        return true;
    }
    let hash = id.bytes().fold(seed, |hash, byte| mix(hash ^ u64::from(byte)).wrapping_add(0x9e37));
    ((mix(hash) >> 11) as f64 / (1_u64 << 53) as f64) < sample
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    fn source(more: &str) -> Source {
        let text = format!("[[sources]]\nname = \"s\"\npath = \"s.csv\"\n{more}");
        Config::parse(&text).unwrap().sources.remove(0)
    }

    fn raw(text: &str, code: &str) -> RawRow {
        RawRow {
            id: "s:1".to_owned(),
            texts: vec![Some(text.to_owned())],
            code: Some(code.to_owned()),
            ..RawRow::default()
        }
    }

    fn reason(raw: &RawRow, source: &Source) -> Reason {
        match take(raw, source, &Edition::HS2022, &mut Counts::default()).unwrap() {
            Taken::Reject(reject) => {
                assert_eq!(reject.code, raw.code);
                reject.reason
            }
            Taken::Row(row) => panic!("taken as {}", row.code),
        }
    }

    #[test]
    fn a_row_carries_what_its_source_says() {
        let source = source("weight = 0.5\nauthority = 2\npart = \"test\"\nedition = \"HS2017\"");
        let row = RawRow {
            texts: vec![Some(" tee ".to_owned()), None, Some("cotton".to_owned())],
            date: Some("2025-01-31T10:00:00Z".to_owned()),
            weight: Some("3".to_owned()),
            edition: Some("unknown".to_owned()),
            ..raw("", "610910001234")
        };
        let mut counts = Counts::default();
        let Taken::Row(row) = take(&row, &source, &Edition::HS2022, &mut counts).unwrap() else { panic!() };
        assert_eq!(row.text, "tee, cotton");
        assert_eq!((row.weight, row.votes, row.authority), (1.5, 1.5, 2));
        assert_eq!(row.date.as_deref(), Some("2025-01-31"));
        assert_eq!(row.part, Some(crate::row::Part::Test));
        assert_eq!(row.origin.unwrap().edition, Edition::HS2017);
        assert_eq!((counts.get("cut_to_ten_digits"), counts.get("moved_from_HS2017")), (1, 1));
    }

    #[test]
    fn every_fault_has_its_reason() {
        let s = source("");
        assert_eq!(reason(&raw("  ", "610910"), &s), Reason::MissingText);
        assert_eq!(reason(&RawRow { code: None, ..raw("tee", "") }, &s), Reason::MissingCode);
        assert_eq!(reason(&raw("tee", "abc"), &s), Reason::MalformedCode);
        assert_eq!(reason(&raw("tee", "6109"), &s), Reason::ShortCode);
        assert_eq!(reason(&raw("tee", "610999"), &s), Reason::UnknownCode);
        assert_eq!(reason(&raw("phone", "851712"), &s), Reason::SeveralTargets);
        let with = |edition: &str| RawRow { edition: Some(edition.to_owned()), ..raw("tee", "610910") };
        assert_eq!(reason(&with("HS2019"), &s), Reason::UnknownEdition);
        assert_eq!(reason(&with("US-HTS@2025-01-01"), &s), Reason::UnknownEdition);
        for date in ["31.01.2025", "2025-13-01", "2025-01-32", "2025-01-311", "2025", "+025-01-01"] {
            let row = RawRow { date: Some(date.to_owned()), ..raw("tee", "610910") };
            assert_eq!(reason(&row, &s), Reason::MalformedDate, "{date}");
        }
        for weight in ["0", "-1", "x", "NaN", "1e9"] {
            let row = RawRow { weight: Some(weight.to_owned()), ..raw("tee", "610910") };
            assert_eq!(reason(&row, &s), Reason::MalformedWeight, "{weight}");
        }
    }

    #[test]
    fn a_sample_is_a_share_and_the_seeds_choice() {
        let chosen =
            |seed| (0..10_000).filter(|at| in_sample(&format!("s:{at}"), 0.3, seed)).collect::<Vec<_>>();
        assert!((2_800..3_200).contains(&chosen(1).len()));
        assert_eq!(chosen(1), chosen(1));
        assert_ne!(chosen(1), chosen(2));
        assert!(in_sample("x", 1.0, 0));
    }
}
