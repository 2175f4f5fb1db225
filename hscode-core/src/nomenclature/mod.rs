//! All codes and titles of one edition.

mod embedded;
mod file;
mod search;

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;
use std::path::Path;
use std::sync::OnceLock;

pub use search::Hit;

pub(crate) use embedded::{body, damaged, position};

use crate::{Edition, Error, ErrorKind, HsCode, Level};

/// All codes of one edition as a tree, with titles where there are any.
///
/// The international editions are embedded and opened on first use ([`of`](Self::of)): HS2022 with short
/// plain-English titles written for this project, the older ones with codes alone. The official texts are not
/// embedded; load your own copy with [`open`](Self::open) and see those instead.
///
/// ```
/// use hscode_core::{Edition, Nomenclature};
///
/// let hs2022 = Nomenclature::of(&Edition::HS2022)?;
/// let code = "0101.21".parse()?;
/// assert!(hs2022.contains(code));
/// assert_eq!(hs2022.path(code).map(|(c, _)| c.dotted()).collect::<Vec<_>>(), ["01", "0101", "0101.21"]);
/// # Ok::<(), hscode_core::Error>(())
/// ```
///
/// Source: codes, UN Statistics Division, tables of HS 1992 to 2022 (`data/nomenclature/README.md`).
pub struct Nomenclature {
    edition: Edition,
    codes: Vec<HsCode>,  // in tariff order
    titles: Vec<Extent>, // one a code, or none at all
    text: Cow<'static, str>,
    counts: [usize; 4], // by level
}

/// Where a title stands in the text; no length is no title.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Extent {
    start: u32,
    len: u32,
}

impl Nomenclature {
    /// The embedded nomenclature of an international edition; opened on first use, then shared.
    ///
    /// # Errors
    /// `Unsupported` for a national tariff: there is none in the library, [`open`](Self::open) a file of it.
    pub fn of(edition: &Edition) -> Result<&'static Self, Error> {
        static OPENED: [OnceLock<Result<Nomenclature, Error>>; Edition::INTERNATIONAL.len()] =
            [const { OnceLock::new() }; Edition::INTERNATIONAL.len()];
        let opened = position(edition).and_then(|at| OPENED.get(at)).ok_or_else(|| {
            Error::new(
                ErrorKind::Unsupported,
                format!(
                    "edition {edition}: no codes of it are in the library; expected HS1992 to HS2022, \
                     or load a file of its codes with Nomenclature::open"
                ),
            )
        })?;
        opened.get_or_init(|| embedded::open(edition)).as_ref().map_err(Error::copied)
    }

    /// Reads a text file of codes and titles, such as an official one: CSV with a code and a description.
    ///
    /// The separator (comma, semicolon or tab) and the columns are found by the first line: a column `code`,
    /// `hs_code`, `hs6`, `commodity_code` ... and one `description`, `title`, `text` ...; without such a line
    /// the first two columns are taken. Quoted fields, a byte order mark and Windows line ends are accepted.
    /// Ancestors that the file leaves out are added without a title; tariff lines are kept.
    ///
    /// # Errors
    /// `Io` when the file cannot be read; `InvalidInput` with the line when a code is malformed or stands
    /// twice, a quote is not closed, the text is not UTF-8, no code is found, or a limit is passed (64 MiB,
    /// 200,000 codes, 16 KiB a title).
    pub fn open(path: impl AsRef<Path>, edition: &Edition) -> Result<Self, Error> {
        file::open(path.as_ref(), edition)
    }

    /// Reads such a text from a reader, as [`open`](Self::open) does.
    ///
    /// # Errors
    /// As `open`.
    pub fn from_reader(reader: impl std::io::Read, edition: &Edition) -> Result<Self, Error> {
        file::from_reader(reader, edition)
    }

    /// Reads such a text from memory, as [`open`](Self::open) does.
    ///
    /// # Errors
    /// `InvalidInput` as `open`.
    pub fn from_bytes(bytes: &[u8], edition: &Edition) -> Result<Self, Error> {
        file::from_bytes(bytes, edition)
    }

    /// Puts together codes in tariff order, each once and with all its ancestors, and the places of their
    /// titles in `text`.
    fn assemble(edition: &Edition, codes: Vec<HsCode>, titles: Vec<Extent>, text: Cow<'static, str>) -> Self {
        let mut counts = [0; 4];
        for code in &codes {
            counts[code.level() as usize] += 1;
        }
        Self { edition: edition.clone(), codes, titles, text, counts }
    }

    /// The edition.
    pub fn edition(&self) -> &Edition {
        &self.edition
    }

    /// Whether the edition has the code.
    pub fn contains(&self, code: HsCode) -> bool {
        self.index(code).is_some()
    }

    /// Where the code stands among [`all`](Self::all).
    pub(crate) fn index(&self, code: HsCode) -> Option<usize> {
        self.codes.binary_search(&code).ok()
    }

    /// Checks that the edition has the code.
    ///
    /// # Errors
    /// `UnknownCode`, naming the edition, and the other international editions that have the code, or the
    /// nearest ancestor that there is.
    pub fn check(&self, code: HsCode) -> Result<(), Error> {
        if self.contains(code) {
            return Ok(());
        }
        let elsewhere: Vec<&str> = Edition::INTERNATIONAL
            .iter()
            .filter(|other| **other != self.edition)
            .filter(|other| Self::of(other).is_ok_and(|nomenclature| nomenclature.contains(code)))
            .map(Edition::as_str)
            .collect();
        let known = code.ancestors().rev().find(|ancestor| self.contains(*ancestor));
        let hint = match (elsewhere.as_slice(), known) {
            ([], _) if code.level() == Level::TariffLine && self.counts[Level::TariffLine as usize] == 0 => {
                match known {
                    Some(known) => format!("; tariff lines are national, it has {known}"),
                    None => "; tariff lines are national".to_owned(),
                }
            }
            ([], Some(known)) => format!("; it has {known}"),
            ([], None) => String::new(),
            (names, _) => format!("; {} it: convert it from there", have(names)),
        };
        Err(Error::new(ErrorKind::UnknownCode, format!("{} has no code {code}{hint}", self.edition)))
    }

    /// The title of a code; `None` where the edition does not have the code, or no title of it.
    pub fn title(&self, code: HsCode) -> Option<&str> {
        self.title_at(self.index(code)?)
    }

    fn title_at(&self, at: usize) -> Option<&str> {
        let extent = self.titles.get(at)?;
        let start = extent.start as usize;
        self.text.get(start..start + extent.len as usize).filter(|title| !title.is_empty())
    }

    /// Whether any code has a title.
    pub fn has_titles(&self) -> bool {
        !self.titles.is_empty()
    }

    /// The code above; `None` of a chapter, or of a code that the edition does not have.
    pub fn parent(&self, code: HsCode) -> Option<HsCode> {
        if self.contains(code) { code.parent() } else { None }
    }

    /// The codes right below, in order; empty for the deepest level and for unknown codes.
    pub fn children(&self, code: HsCode) -> impl Iterator<Item = HsCode> + '_ {
        let digits = code.digits() + 2;
        self.codes[self.span(code)].iter().copied().filter(move |below| below.digits() == digits)
    }

    /// All codes at or below `code`, in order; empty for unknown codes.
    pub fn descendants(&self, code: HsCode) -> &[HsCode] {
        &self.codes[self.span(code)]
    }

    fn span(&self, code: HsCode) -> Range<usize> {
        let start = self.codes.partition_point(|c| *c < code);
        let len = self.codes[start..].partition_point(|c| code.covers(c));
        if self.codes.get(start) == Some(&code) { start..start + len } else { start..start }
    }

    /// The codes from the chapter down to `code`, each with its title; empty for unknown codes.
    pub fn path(&self, code: HsCode) -> impl Iterator<Item = (HsCode, Option<&str>)> + '_ {
        let known = self.contains(code);
        code.ancestors().chain([code]).filter(move |_| known).map(|c| (c, self.title(c)))
    }

    /// All codes of a level, in tariff order.
    pub fn codes(&self, level: Level) -> impl Iterator<Item = HsCode> + '_ {
        self.codes.iter().copied().filter(move |code| code.level() == level)
    }

    /// All codes of all levels, in tariff order: a code stands right before those below it.
    pub fn all(&self) -> &[HsCode] {
        &self.codes
    }

    /// How many codes of a level there are.
    pub fn count(&self, level: Level) -> usize {
        self.counts[level as usize]
    }

    /// How many codes of all levels there are.
    pub fn len(&self) -> usize {
        self.codes.len()
    }

    /// Whether there are no codes; never so for an opened nomenclature.
    pub fn is_empty(&self) -> bool {
        self.codes.is_empty()
    }

    /// The codes whose titles fit the query best, best first, at most `limit`.
    ///
    /// Words match whole, as plural or singular, or by their beginning (from three letters on); rare words
    /// weigh more than common ones; words of the titles above count for less than those of the code's own title.
    /// Every hit has at least one word in its own title. The same query always gives the same list; ties are in
    /// tariff order. Empty where there are no titles.
    ///
    /// ```
    /// use hscode_core::{Edition, Nomenclature};
    /// let hits = Nomenclature::of(&Edition::HS2022)?.search("table lamp", 5);
    /// assert!(hits.iter().any(|hit| hit.code().as_str().starts_with("9405")));
    /// # Ok::<(), hscode_core::Error>(())
    /// ```
    pub fn search(&self, query: &str, limit: usize) -> Vec<Hit> {
        search::search(self, query, limit)
    }
}

/// `HS2017 has`, `HS2012 and HS2017 have`, `HS1992 to HS2017 have` for more than two.
fn have(names: &[&str]) -> String {
    match names {
        [one] => format!("{one} has"),
        [first, .., last] if names.len() > 2 && contiguous(names) => format!("{first} to {last} have"),
        _ => format!("{} have", names.join(", ")),
    }
}

fn contiguous(names: &[&str]) -> bool {
    let all = Edition::INTERNATIONAL.each_ref().map(Edition::as_str);
    all.windows(names.len()).any(|window| window == names)
}

impl fmt::Debug for Nomenclature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Nomenclature")
            .field("edition", &self.edition.as_str())
            .field("codes", &self.codes.len())
            .field("titles", &self.has_titles())
            .finish()
    }
}

#[cfg(test)]
mod tests;
