//! HS codes: two to ten digits, leading zeros kept.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use crate::{Error, ErrorKind};

/// The longest code: a national tariff line.
const MAX_DIGITS: usize = 10;

/// How deep a code goes in the nomenclature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
pub enum Level {
    /// Two digits.
    Chapter,
    /// Four digits.
    Heading,
    /// Six digits: the deepest international level.
    Subheading,
    /// Eight or ten digits: national.
    TariffLine,
}

impl Level {
    /// The international levels, from the top down.
    pub const INTERNATIONAL: [Level; 3] = [Level::Chapter, Level::Heading, Level::Subheading];

    /// The number of digits of a code of this level; of a tariff line, the least (8).
    pub const fn digits(self) -> usize {
        match self {
            Self::Chapter => 2,
            Self::Heading => 4,
            Self::Subheading => 6,
            Self::TariffLine => 8,
        }
    }

    /// The level's name as the command line and the records spell it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Chapter => "chapter",
            Self::Heading => "heading",
            Self::Subheading => "subheading",
            Self::TariffLine => "tariff-line",
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Level {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        match text {
            "chapter" => Ok(Self::Chapter),
            "heading" => Ok(Self::Heading),
            "subheading" => Ok(Self::Subheading),
            "tariff-line" => Ok(Self::TariffLine),
            _ => Err(Error::new(
                ErrorKind::InvalidInput,
                format!("level {}: expected chapter, heading, subheading or tariff-line", quoted(text)),
            )),
        }
    }
}

/// A code of the Harmonized System: a chapter, heading, subheading or national tariff line.
///
/// Holds 2, 4, 6, 8 or 10 digits. It is `Copy` and needs no heap. The order is that of the tariff: a code
/// stands right before the codes below it (`61 < 6109 < 610910 < 6110`).
///
/// A well-formed code need not exist: ask a [`Nomenclature`](crate::Nomenclature).
///
/// ```
/// use hscode_core::{HsCode, Level};
///
/// let code: HsCode = "0101.21".parse()?;
/// assert_eq!(code.as_str(), "010121");
/// assert_eq!(code.dotted(), "0101.21");
/// assert_eq!(code.level(), Level::Subheading);
/// assert_eq!(code.heading().map(|h| h.to_string()), Some("0101".to_owned()));
/// # Ok::<(), hscode_core::Error>(())
/// ```
///
/// Source: HS Convention, article 3 (six-digit codes; national subdivisions beyond them).
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
// Aligned, so that codes are copied in whole words.
#[repr(align(4))]
pub struct HsCode {
    // ASCII digits, then zero bytes: the order of these bytes is that of the tariff.
    digits: [u8; MAX_DIGITS],
    len: u8,
}

impl Ord for HsCode {
    fn cmp(&self, other: &Self) -> Ordering {
        // The first eight digits as a number; ten are rare. Codes of other lengths differ in their digits.
        self.first_eight().cmp(&other.first_eight()).then_with(|| self.digits.cmp(&other.digits))
    }
}

impl PartialOrd for HsCode {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl HsCode {
    /// Reads a code of 2, 4, 6, 8 or 10 digits; dots and spaces between the digits are skipped.
    ///
    /// # Errors
    /// `InvalidInput`: another character, an odd or too large count of digits, a dot or space inside a pair of
    /// digits, chapter 00. The message says what was expected and seen; an odd count gets the hint that a
    /// spreadsheet may have dropped a leading zero.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let trimmed = text.trim();
        read(trimmed).map_err(|why| {
            let digits: String = trimmed.chars().filter(char::is_ascii_digit).collect();
            let padded = if digits.len() % 2 == 1 && digits.len() > 1 && digits.len() < MAX_DIGITS {
                read(&format!("0{trimmed}")).ok()
            } else {
                None
            };
            let why = match padded {
                Some(code) => format!("{} digits; did a spreadsheet drop the zero of {code}?", digits.len()),
                None => why,
            };
            Error::new(ErrorKind::InvalidInput, format!("{}: {why}", quoted(text)))
        })
    }

    /// The digits without dots, as `"610910"`.
    pub fn as_str(&self) -> &str {
        // Only ASCII digits are ever stored, so the fallback is never taken.
        std::str::from_utf8(&self.digits[..usize::from(self.len)]).unwrap_or_default()
    }

    /// The code with its dots, as `61`, `6109`, `6109.10`, `6109.10.00` or `6109.10.00.12`.
    pub fn dotted(&self) -> String {
        let digits = self.as_str();
        let mut out = String::with_capacity(digits.len() + 3);
        for (at, digit) in digits.char_indices() {
            if at >= 4 && at % 2 == 0 {
                out.push('.');
            }
            out.push(digit);
        }
        out
    }

    /// The number of digits: 2, 4, 6, 8 or 10.
    pub fn digits(&self) -> usize {
        usize::from(self.len)
    }

    /// The level that the number of digits stands for.
    pub fn level(&self) -> Level {
        match self.len {
            2 => Level::Chapter,
            4 => Level::Heading,
            6 => Level::Subheading,
            _ => Level::TariffLine,
        }
    }

    /// The first two digits.
    pub fn chapter(&self) -> Self {
        self.cut(2)
    }

    /// The first four digits; `None` of a chapter.
    pub fn heading(&self) -> Option<Self> {
        (self.len >= 4).then(|| self.cut(4))
    }

    /// The first six digits; `None` of a chapter or heading.
    pub fn subheading(&self) -> Option<Self> {
        (self.len >= 6).then(|| self.cut(6))
    }

    /// The ancestor at `level`, or the code itself if it is of that level; `None` if it is not that deep.
    ///
    /// For [`Level::TariffLine`] this is the first eight digits.
    pub fn at(&self, level: Level) -> Option<Self> {
        (self.digits() >= level.digits()).then(|| self.cut(level.digits()))
    }

    /// The code two digits shorter; `None` of a chapter.
    pub fn parent(&self) -> Option<Self> {
        (self.len > 2).then(|| self.cut(self.digits() - 2))
    }

    /// All ancestors from the chapter down, without the code itself.
    pub fn ancestors(&self) -> impl DoubleEndedIterator<Item = Self> + use<> {
        let code = *self;
        (2..code.digits()).step_by(2).map(move |digits| code.cut(digits))
    }

    /// Whether this code is `other` or stands above it.
    pub fn covers(&self, other: &Self) -> bool {
        // The first eight digits at once; ten are rare.
        let differ = (self.first_eight() ^ other.first_eight()) >> (64 - 8 * u32::from(self.len.min(8)));
        differ == 0 && (self.len <= 8 || self.digits == other.digits)
    }

    /// The digits down to an international level, as one number that no other code has; of a shorter code, all.
    pub(crate) fn prefix(&self, level: Level) -> u64 {
        self.first_eight() >> (64 - 8 * level.digits() as u32)
    }

    fn first_eight(&self) -> u64 {
        self.digits.first_chunk::<8>().map_or(0, |digits| u64::from_be_bytes(*digits))
    }

    fn cut(&self, digits: usize) -> Self {
        let mut cut = *self;
        for digit in &mut cut.digits[digits..] {
            *digit = 0;
        }
        cut.len = digits as u8;
        cut
    }
}

/// Reads a code, or says why not.
fn read(text: &str) -> Result<HsCode, String> {
    const EXPECTED: &str = "expected 2, 4, 6, 8 or 10 digits such as 6109.10";
    let mut digits = [0_u8; MAX_DIGITS];
    let mut count = 0_usize;
    let mut may_separate = false; // a separator may not start the code, nor follow another
    let mut split_pair = false;
    for c in text.chars() {
        match c {
            '0'..='9' => {
                if let Some(place) = digits.get_mut(count) {
                    *place = c as u8;
                }
                count += 1;
                may_separate = true;
            }
            '.' | ' ' | '\u{a0}' if may_separate => {
                split_pair |= count % 2 == 1;
                may_separate = false;
            }
            _ => return Err(format!("{EXPECTED}; saw {c:?}")),
        }
    }
    match count {
        2 | 4 | 6 | 8 | 10 if split_pair || !may_separate => {
            Err(format!("{EXPECTED}; a dot or space may only stand between pairs of digits"))
        }
        2 | 4 | 6 | 8 | 10 if digits.starts_with(b"00") => {
            Err("chapter 00 does not exist; expected 01 to 99".to_owned())
        }
        2 | 4 | 6 | 8 | 10 => Ok(HsCode { digits, len: count as u8 }),
        1 => Err(format!("{EXPECTED}; saw 1 digit")),
        _ => Err(format!(
            "{EXPECTED}; saw {} digits",
            if count == 0 { "no".to_owned() } else { count.to_string() }
        )),
    }
}

/// Text for a message: at most 24 characters of it, so that a pasted page does not flood a log.
fn quoted(text: &str) -> String {
    if text.chars().count() <= 24 {
        format!("{text:?}")
    } else {
        let start: String = text.chars().take(24).collect();
        format!("{start:?}... ({} bytes)", text.len())
    }
}

impl FromStr for HsCode {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        Self::parse(text)
    }
}

impl TryFrom<&str> for HsCode {
    type Error = Error;

    fn try_from(text: &str) -> Result<Self, Error> {
        Self::parse(text)
    }
}

impl AsRef<str> for HsCode {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

impl fmt::Display for HsCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Debug for HsCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HsCode({})", self.as_str())
    }
}

#[cfg(feature = "serde")]
impl serde::Serialize for HsCode {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

#[cfg(feature = "serde")]
impl<'de> serde::Deserialize<'de> for HsCode {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl serde::de::Visitor<'_> for Visitor {
            type Value = HsCode;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an HS code as a string, such as \"6109.10\"")
            }
            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<HsCode, E> {
                HsCode::parse(text).map_err(E::custom)
            }
        }
        deserializer.deserialize_str(Visitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn code(text: &str) -> HsCode {
        HsCode::parse(text).unwrap()
    }

    #[test]
    fn reads_the_usual_spellings() {
        for text in ["6109.10", "610910", "6109 10", " 6109.10 ", "61.09.10", "6109\u{a0}10"] {
            assert_eq!(code(text).as_str(), "610910", "{text}");
        }
        assert_eq!(code("6109 10 00").as_str(), "61091000");
        assert_eq!(code("6109.10.00.12").dotted(), "6109.10.00.12");
        assert_eq!(code("01").level(), Level::Chapter);
        assert_eq!(code("0101").heading(), Some(code("0101")));
    }

    #[test]
    fn says_what_it_expected() {
        let message = |text: &str| HsCode::parse(text).unwrap_err().to_string();
        assert_eq!(
            message("61.9"),
            "\"61.9\": expected 2, 4, 6, 8 or 10 digits such as 6109.10; saw 3 digits"
        );
        assert_eq!(message("10121"), "\"10121\": 5 digits; did a spreadsheet drop the zero of 010121?");
        assert_eq!(message("101.21"), "\"101.21\": 5 digits; did a spreadsheet drop the zero of 010121?");
        assert_eq!(
            message("101210010"),
            "\"101210010\": 9 digits; did a spreadsheet drop the zero of 0101210010?"
        );
        assert!(message("").ends_with("saw no digits"));
        assert!(message("6").ends_with("saw 1 digit"));
        assert!(message("61O9").ends_with("saw 'O'"));
        assert!(message("6109..10").ends_with("saw '.'"));
        assert!(message("6109.10.").contains("between pairs"));
        assert!(message("610.910").contains("between pairs"));
        assert!(message("610910001234").ends_with("saw 12 digits"));
        assert!(message("0012").contains("chapter 00"));
        assert!(message("-6109").ends_with("saw '-'"));
        assert!(message("٦١٠٩").contains("saw"));
        assert!(message(&"9".repeat(1000)).len() < 120);
    }

    #[cfg(feature = "serde")]
    #[test]
    fn serialises_as_digits_and_refuses_numbers() {
        assert_eq!(serde_json::to_string(&code("0101.21")).unwrap(), "\"010121\"");
        assert_eq!(serde_json::from_str::<HsCode>("\"0101.21\"").unwrap(), code("010121"));
        assert!(serde_json::from_str::<HsCode>("10121").is_err());
        assert_eq!(serde_json::to_string(&Level::TariffLine).unwrap(), "\"tariff-line\"");
    }

    fn any_code() -> impl Strategy<Value = HsCode> {
        (1..100_u64, 0..100_000_000_u64, 1..=5_usize)
            .prop_map(|(chapter, rest, pairs)| code(&format!("{chapter:02}{rest:08}")[..pairs * 2]))
    }

    #[test]
    fn covers_is_about_the_first_digits() {
        let codes =
            ["61", "6109", "6110", "610910", "61091000", "61091010", "6109100012", "6109100013", "62"];
        for one in codes {
            for other in codes {
                let (code, below) = (HsCode::parse(one).unwrap(), HsCode::parse(other).unwrap());
                assert_eq!(code.covers(&below), other.starts_with(one), "{one} {other}");
            }
        }
    }

    proptest! {
        #[test]
        fn round_trips(c in any_code()) {
            prop_assert_eq!(code(c.as_str()), c);
            prop_assert_eq!(code(&c.dotted()), c);
            prop_assert_eq!(c.to_string().len(), c.digits());
        }

        #[test]
        fn ancestors_cover_and_precede(c in any_code()) {
            let chain: Vec<HsCode> = c.ancestors().collect();
            prop_assert_eq!(chain.len(), c.digits() / 2 - 1);
            prop_assert_eq!(chain.last().copied(), c.parent());
            for a in chain {
                prop_assert!(a.covers(&c) && !c.covers(&a) && a < c);
                prop_assert_eq!(a.chapter(), c.chapter());
            }
        }

        #[test]
        fn order_is_that_of_the_digits(a in any_code(), b in any_code()) {
            prop_assert_eq!(a.cmp(&b), a.as_str().cmp(b.as_str()));
        }

        #[test]
        fn never_panics(text in "\\PC*") {
            let _ = HsCode::parse(&text);
        }
    }
}
