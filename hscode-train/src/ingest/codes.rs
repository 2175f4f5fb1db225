//! Reads codes as sources write them, and moves them to the model's edition.

use hscode_core::{CorrelationTable, Edition, Error, HsCode, Level, Nomenclature, Target};

use crate::config::SourceEdition;
use crate::row::{Origin, Reason};

/// What was done to a code that could not be taken as it stood; counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Notes {
    /// Digits after the tenth were left out.
    pub(super) cut: bool,
    /// A leading zero was put back.
    pub(super) zero: bool,
    /// A `.0` was taken off, as programs write that hold codes as numbers.
    pub(super) decimal: bool,
}

/// Why a code cannot be used.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Refused {
    pub(super) reason: Reason,
    pub(super) detail: String,
    pub(super) codes: Vec<HsCode>,
}

impl Refused {
    fn new(reason: Reason, detail: impl Into<String>) -> Self {
        Self { reason, detail: detail.into(), codes: Vec::new() }
    }
}

/// Reads a code of 6 to 12 digits; of more than ten digits the first ten are kept.
pub(super) fn read_code(text: &str, restore_leading_zero: bool) -> Result<(HsCode, Notes), Refused> {
    let mut notes = Notes::default();
    let mut text = text.trim();
    if let Some(whole) = text.strip_suffix(".0")
        && whole.len() >= 5
        && whole.bytes().all(|b| b.is_ascii_digit())
    {
        text = whole;
        notes.decimal = true;
    }
    let digits = |text: &str| text.bytes().filter(u8::is_ascii_digit).count();
    let mut padded = String::new();
    if restore_leading_zero && matches!(digits(text), 5 | 7 | 9 | 11) {
        padded.push('0');
        padded.push_str(text);
        text = &padded;
        notes.zero = true;
    }
    if matches!(digits(text), 11 | 12) {
        if digits(text) == 11 {
            return Err(Refused::new(
                Reason::MalformedCode,
                "11 digits: expected 6, 8, 10 or 12; restore_leading_zero puts back a zero that a spreadsheet \
                 dropped",
            ));
        }
        let mut seen = 0;
        let end = text
            .char_indices()
            .find(|(_, c)| {
                seen += usize::from(c.is_ascii_digit());
                seen > 10
            })
            .map_or(text.len(), |(at, _)| at);
        text = text[..end].trim_end_matches(['.', ' ', '\u{a0}']);
        notes.cut = true;
    }
    let code =
        HsCode::parse(text).map_err(|e| Refused::new(Reason::MalformedCode, e.message().to_owned()))?;
    if code.digits() < Level::Subheading.digits() {
        let detail = format!("{} digits: expected at least 6", code.digits());
        return Err(Refused::new(Reason::ShortCode, detail));
    }
    Ok((code, notes))
}

/// A subheading in the model's edition.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Placed {
    pub(super) code: HsCode,
    /// What it was, if it is not now what it was.
    pub(super) origin: Option<Origin>,
    /// The edition that it was moved from.
    pub(super) moved_from: Option<Edition>,
}

/// Moves a code of at least six digits from its edition to the model's.
///
/// # Errors
/// Outer: the model's edition has no table. Inner: the code cannot be used.
pub(super) fn place(
    code: HsCode,
    edition: &SourceEdition,
    target: &Edition,
) -> Result<Result<Placed, Refused>, Error> {
    let subheading = code.subheading().unwrap_or(code);
    let own = Nomenclature::of(target)?;
    let from = match edition {
        SourceEdition::Is(edition) => edition.clone(),
        SourceEdition::Auto if own.contains(subheading) => target.clone(),
        SourceEdition::Auto => {
            let mut having = None;
            for other in Edition::INTERNATIONAL.iter().rev() {
                if having.is_none() && Nomenclature::of(other)?.contains(subheading) {
                    having = Some(other.clone());
                }
            }
            match having {
                Some(edition) => edition,
                None => {
                    let detail = format!("no edition from HS1992 to HS2022 has {subheading}");
                    return Ok(Err(Refused::new(Reason::UnknownCode, detail)));
                }
            }
        }
    };
    if let Err(e) = Nomenclature::of(&from)?.check(subheading) {
        return Ok(Err(Refused::new(Reason::UnknownCode, e.message().to_owned())));
    }
    if from == *target {
        let origin = (code != subheading).then_some(Origin { code, edition: from });
        return Ok(Ok(Placed { code: subheading, origin, moved_from: None }));
    }
    let table = CorrelationTable::between(&from, target)?;
    // What a code that gathers small parts of many others took away is seldom what a row is about.
    let main = table.main_targets(subheading);
    let targets = if main.is_empty() { table.targets(subheading) } else { main };
    Ok(match targets {
        [] => Err(Refused::new(
            Reason::UnknownCode,
            format!("the correlation table leads from {from} {subheading} to no code of {target}"),
        )),
        [Target { code: moved, .. }] => Ok(Placed {
            code: *moved,
            origin: Some(Origin { code, edition: from.clone() }),
            moved_from: Some(from),
        }),
        several => {
            let mut refused = Refused::new(
                Reason::SeveralTargets,
                format!("{from} {subheading} may be any of {} codes of {target}", several.len()),
            );
            refused.codes = several.iter().map(|target| target.code).collect();
            Err(refused)
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(text: &str, restore: bool) -> Result<(String, Notes), Reason> {
        read_code(text, restore).map(|(code, notes)| (code.to_string(), notes)).map_err(|r| r.reason)
    }

    fn moved(code: &str, edition: SourceEdition) -> Result<Placed, Refused> {
        place(code.parse().unwrap(), &edition, &Edition::HS2022).unwrap()
    }

    #[test]
    fn reads_six_to_twelve_digits() {
        for (text, code) in [
            ("6109.10", "610910"),
            ("6109100012", "6109100012"),
            ("610910001234", "6109100012"),
            ("6109.10.00.12.34", "6109100012"),
            ("6109 10 00", "61091000"),
            ("610910.0", "610910"),
        ] {
            assert_eq!(read(text, false).unwrap().0, code, "{text}");
        }
        assert!(read("610910001234", false).unwrap().1.cut);
        assert!(read("610910.0", false).unwrap().1.decimal);
        assert!(!read("6109100012", false).unwrap().1.cut);
    }

    #[test]
    fn a_lost_zero_is_given_back_only_when_asked() {
        assert_eq!(read("10121", false), Err(Reason::MalformedCode));
        assert_eq!(
            read("10121", true).unwrap(),
            ("010121".to_owned(), Notes { zero: true, ..Notes::default() })
        );
        assert_eq!(read("10121.0", true).unwrap().0, "010121");
        assert_eq!(read("101210010", true).unwrap().0, "0101210010");
        assert_eq!(read("10121001012", true).unwrap().0, "0101210010");
        assert_eq!(read("10121001012", false), Err(Reason::MalformedCode));
        // Six digits lost none.
        assert_eq!(read("610910", true).unwrap().1, Notes::default());
    }

    #[test]
    fn what_is_no_code_is_refused() {
        for text in ["", "n/a", "6109-10", "6109100012345", "123"] {
            assert_eq!(read(text, false), Err(Reason::MalformedCode), "{text}");
        }
        assert_eq!(read("61", false), Err(Reason::ShortCode));
        assert_eq!(read("6109", false), Err(Reason::ShortCode));
    }

    #[test]
    fn codes_of_the_models_edition_stay() {
        let placed = moved("6109100012", SourceEdition::Is(Edition::HS2022)).unwrap();
        assert_eq!(placed.code.as_str(), "610910");
        assert_eq!(placed.origin.unwrap().code.as_str(), "6109100012");
        assert_eq!(moved("610910", SourceEdition::Auto).unwrap().origin, None);
    }

    #[test]
    fn older_codes_are_moved_where_there_is_one_target_and_kept_aside_where_there_are_more() {
        // HS 2017 8517.12 (telephones for cellular networks) became 8517.13 and 8517.14.
        let split = moved("8517120000", SourceEdition::Is(Edition::HS2017)).unwrap_err();
        assert_eq!(split.reason, Reason::SeveralTargets);
        assert_eq!(split.codes.iter().map(HsCode::as_str).collect::<Vec<_>>(), ["851713", "851714"]);
        assert_eq!(moved("851712", SourceEdition::Auto).unwrap_err(), split);
        // Every code of HS 2012 that has one target goes there.
        let table = CorrelationTable::between(&Edition::HS2012, &Edition::HS2022).unwrap();
        let mut renumbered = 0;
        for code in Nomenclature::of(&Edition::HS2012).unwrap().codes(Level::Subheading) {
            let placed = place(code, &SourceEdition::Is(Edition::HS2012), &Edition::HS2022).unwrap();
            match table.main_targets(code) {
                [one] => {
                    let placed = placed.unwrap();
                    assert_eq!((placed.code, placed.moved_from), (one.code, Some(Edition::HS2012)));
                    renumbered += usize::from(one.code != code);
                }
                [] => {}
                _ => assert_eq!(placed.unwrap_err().reason, Reason::SeveralTargets),
            }
        }
        assert!(renumbered > 50, "{renumbered}");
    }

    #[test]
    fn a_code_in_no_edition_and_one_of_another_edition_say_so() {
        let nowhere = moved("610999", SourceEdition::Auto).unwrap_err();
        assert_eq!(nowhere.reason, Reason::UnknownCode);
        assert!(nowhere.detail.contains("no edition"), "{}", nowhere.detail);
        let elsewhere = moved("851712", SourceEdition::Is(Edition::HS2022)).unwrap_err();
        assert_eq!(elsewhere.reason, Reason::UnknownCode);
        assert!(elsewhere.detail.contains("HS2017"), "{}", elsewhere.detail);
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "\\PC{0,20}|[0-9. ]{0,16}", restore in any::<bool>()) {
            if let Ok((code, _)) = read_code(&text, restore) {
                prop_assert!(code.digits() >= 6);
                let digits: String = text.chars().filter(char::is_ascii_digit).collect();
                let zero = format!("0{digits}");
                prop_assert!(digits.starts_with(code.as_str()) || (restore && zero.starts_with(code.as_str())));
            }
        }
    }
}
