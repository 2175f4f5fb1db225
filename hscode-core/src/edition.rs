//! Editions: dated versions of the nomenclature.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use crate::{Error, ErrorKind};

/// A dated version of the nomenclature: an international edition, or a national tariff.
///
/// International editions are named `HS1992` to `HS2022`; a national tariff has a name and the day from which
/// it holds, as `US-HTS@2025-01-01`. Cloning is cheap (no heap for the international ones).
///
/// ```
/// use hscode_core::Edition;
/// let edition: Edition = "HS2017".parse()?;
/// assert_eq!(edition, Edition::HS2017);
/// # Ok::<(), hscode_core::Error>(())
/// ```
///
/// Source: WCO, HS Nomenclature editions in force from 1 January of the year in their name (HS1992 is the
/// edition of 1988 with the corrections of 1992).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Edition(Name);

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Name {
    International(&'static str),
    National(Arc<str>),
}

impl Edition {
    /// In force from 1992 (the first edition, with its corrections).
    pub const HS1992: Self = Self(Name::International("HS1992"));
    /// In force from 1996.
    pub const HS1996: Self = Self(Name::International("HS1996"));
    /// In force from 2002.
    pub const HS2002: Self = Self(Name::International("HS2002"));
    /// In force from 2007.
    pub const HS2007: Self = Self(Name::International("HS2007"));
    /// In force from 2012.
    pub const HS2012: Self = Self(Name::International("HS2012"));
    /// In force from 2017.
    pub const HS2017: Self = Self(Name::International("HS2017"));
    /// In force from 2022.
    pub const HS2022: Self = Self(Name::International("HS2022"));

    /// The international editions that this library carries, oldest first.
    pub const INTERNATIONAL: [Self; 7] =
        [Self::HS1992, Self::HS1996, Self::HS2002, Self::HS2007, Self::HS2012, Self::HS2017, Self::HS2022];

    /// A national tariff by its name and the day from which it holds (`YYYY-MM-DD`).
    ///
    /// # Errors
    /// `InvalidInput` when the name is empty, longer than 32 bytes or has other characters than ASCII letters,
    /// digits and `-`, when it could be taken for an international edition, or when the day is not of that form.
    pub fn national(name: &str, from: &str) -> Result<Self, Error> {
        let well_named = (1..=32).contains(&name.len())
            && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
            && !is_international_like(name);
        if !well_named {
            return Err(Error::new(
                ErrorKind::InvalidInput,
                "tariff name: expected 1 to 32 letters, digits or '-', such as US-HTS, and not HS with a year",
            ));
        }
        if !is_day(from) {
            return Err(Error::new(
                ErrorKind::InvalidInput,
                format!("tariff {name}: expected the day it holds from as YYYY-MM-DD, such as 2025-01-01"),
            ));
        }
        Ok(Self(Name::National(format!("{name}@{from}").into())))
    }

    /// The name, as records and manifests spell it.
    pub fn as_str(&self) -> &str {
        match &self.0 {
            Name::International(name) => name,
            Name::National(name) => name,
        }
    }

    /// Whether this is an edition of the international Harmonized System.
    pub fn is_international(&self) -> bool {
        matches!(self.0, Name::International(_))
    }
}

fn is_international_like(name: &str) -> bool {
    name.len() == 6
        && name.is_char_boundary(2)
        && name[..2].eq_ignore_ascii_case("hs")
        && name[2..].bytes().all(|b| b.is_ascii_digit())
}

fn is_day(text: &str) -> bool {
    let bytes = text.as_bytes();
    let number = |from: usize, to: usize| text.get(from..to).and_then(|part| part.parse::<u32>().ok());
    bytes.len() == 10
        && bytes
            .iter()
            .enumerate()
            .all(|(at, b)| if at == 4 || at == 7 { *b == b'-' } else { b.is_ascii_digit() })
        && number(5, 7).is_some_and(|month| (1..=12).contains(&month))
        && number(8, 10).is_some_and(|day| (1..=31).contains(&day))
}

impl fmt::Display for Edition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Edition {
    type Err = Error;

    /// Reads `HS2022` (any case), or a national tariff as `NAME@YYYY-MM-DD`.
    fn from_str(text: &str) -> Result<Self, Error> {
        if let Some(edition) = Self::INTERNATIONAL.iter().find(|e| e.as_str().eq_ignore_ascii_case(text)) {
            return Ok(edition.clone());
        }
        if let Some((name, from)) = text.split_once('@') {
            return Self::national(name, from);
        }
        let known: Vec<&str> = Self::INTERNATIONAL.iter().map(Self::as_str).collect();
        let seen: String = text.chars().take(24).collect();
        Err(Error::new(
            ErrorKind::EditionMismatch,
            format!("edition {seen:?}: expected one of {}, or a tariff as NAME@YYYY-MM-DD", known.join(", ")),
        ))
    }
}

#[cfg(feature = "serde")]
impl serde::Serialize for Edition {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

#[cfg(feature = "serde")]
impl<'de> serde::Deserialize<'de> for Edition {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_names_and_says_what_it_knows() {
        assert_eq!("hs2012".parse::<Edition>().unwrap(), Edition::HS2012);
        let error = "HS2021".parse::<Edition>().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::EditionMismatch);
        assert!(error.message().starts_with("edition \"HS2021\": expected one of HS1992, "), "{error}");
    }

    #[test]
    fn national_tariffs_have_a_name_and_a_day() {
        let tariff: Edition = "US-HTS@2025-01-01".parse().unwrap();
        assert!(!tariff.is_international());
        assert_eq!(tariff.as_str(), "US-HTS@2025-01-01");
        for wrong in ["US-HTS@2025-13-01", "@2025-01-01", "HS2031@2031-01-01", "X@2025-1-1", "Ü@2025-01-01"]
        {
            assert!(wrong.parse::<Edition>().is_err(), "{wrong}");
        }
    }
}
