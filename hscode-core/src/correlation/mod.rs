//! Correlation between editions: which codes of one edition the goods of a code of another may fall under.

mod compose;
mod embedded;

use std::fmt;
use std::sync::OnceLock;

use crate::nomenclature::position;
use crate::{Edition, Error, ErrorKind, HsCode, Level, Nomenclature};

/// How a code changed, seen from the edition that is converted from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Change {
    /// One code to one, with the same number.
    Same,
    /// One code to one, with another number.
    Renumbered,
    /// The code has several targets, and this target has no other source.
    Split,
    /// The code has this one target, and the target has further sources.
    Merged,
    /// The code has several targets, and this target has further sources.
    Complex,
}

impl Change {
    /// The name in lower case: `same`, `renumbered`, `split`, `merged` or `complex`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Same => "same",
            Self::Renumbered => "renumbered",
            Self::Split => "split",
            Self::Merged => "merged",
            Self::Complex => "complex",
        }
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// What a target rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Link {
    /// The correlation table lists the pair.
    Listed,
    /// No table lists the pair: it was worked out through a third edition and may be too wide.
    Composed,
    /// The table lists the pair, but the newer code gathers a small part of more than a hundred older codes of
    /// other headings (flat panel display modules of 8524, electrical waste of 8549 ...): seldom what one looks
    /// for.
    Gathering,
}

impl Link {
    /// The name in lower case: `listed`, `composed` or `gathering`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Listed => "listed",
            Self::Composed => "composed",
            Self::Gathering => "gathering",
        }
    }
}

/// One target of a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Target {
    /// The code in the edition that is converted to.
    pub code: HsCode,
    /// How the code changed on the way to this target.
    pub change: Change,
    /// What the pair rests on.
    pub link: Link,
}

/// The correlation of one edition to another, code by code; one-to-many is kept.
///
/// Where the UN publishes a table of the two editions, the pairs are those of that table
/// ([`is_direct`](Self::is_direct)); between other editions they are composed through HS2022, over all targets but
/// the gathering ones ([`via`](Self::via)). Both directions are made of the same pairs, so that `b` is a target
/// of `a` exactly where `a` is a target of `b` on the way back. Headings and chapters are correlated as the
/// subheadings below them are.
///
/// ```
/// use hscode_core::{Change, CorrelationTable, Edition};
///
/// let table = CorrelationTable::between(&Edition::HS2017, &Edition::HS2022)?;
/// let phones = table.main_targets("851712".parse()?);
/// assert_eq!(phones.iter().map(|t| t.code.to_string()).collect::<Vec<_>>(), ["851713", "851714"]);
/// assert_eq!(phones[0].change, Change::Split);
/// # Ok::<(), hscode_core::Error>(())
/// ```
///
/// Source: UN Statistics Division, correlation tables of HS 2022 to each older edition and of HS 2017 to HS 2012
/// (`data/nomenclature/README.md`).
pub struct CorrelationTable {
    from: &'static Edition,
    to: &'static Edition,
    via: Option<&'static Edition>,
    rows: Vec<Row>, // in the order of `code`
    targets: Vec<Target>,
}

/// The targets of a code: `targets[start..end]`, the gathering ones from `gathering` on.
#[derive(Debug, Clone, Copy)]
struct Row {
    code: HsCode,
    start: u32,
    gathering: u32,
    end: u32,
}

/// A pair of subheadings of an older and a newer edition, or of any two on the way to a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Pair {
    from: HsCode,
    to: HsCode,
    link: Link,
}

impl CorrelationTable {
    /// The correlation of `from` to `to`; made on first use, then shared.
    ///
    /// Of an edition to itself every code is its own only target.
    ///
    /// # Errors
    /// `Unsupported` when one of them is a national tariff.
    pub fn between(from: &Edition, to: &Edition) -> Result<&'static Self, Error> {
        const N: usize = Edition::INTERNATIONAL.len();
        static OPENED: [OnceLock<Result<CorrelationTable, Error>>; N * N] =
            [const { OnceLock::new() }; N * N];
        let place = |edition: &Edition| {
            position(edition).ok_or_else(|| {
                Error::new(
                    ErrorKind::Unsupported,
                    format!(
                        "edition {edition}: no correlation of it is in the library; expected HS1992 to HS2022"
                    ),
                )
            })
        };
        let (from, to) = (place(from)?, place(to)?);
        OPENED[from * N + to].get_or_init(|| Self::make(from, to)).as_ref().map_err(Error::copied)
    }

    fn make(from: usize, to: usize) -> Result<Self, Error> {
        let (older, newer) = (from.min(to), from.max(to));
        let newest = EDITIONS.len() - 1;
        let (mut pairs, via) = if older == newer {
            let codes = Nomenclature::of(&EDITIONS[older])?.codes(Level::Subheading);
            (codes.map(|code| Pair { from: code, to: code, link: Link::Listed }).collect(), None)
        } else {
            match embedded::open(&EDITIONS[older], &EDITIONS[newer])? {
                Some(pairs) => (pairs, None),
                None => {
                    let open = |at: usize| {
                        embedded::open(&EDITIONS[at], &EDITIONS[newest])?
                            .ok_or_else(|| crate::nomenclature::damaged(format!("no {} table", EDITIONS[at])))
                    };
                    (compose::through(&open(older)?, &open(newer)?), Some(&EDITIONS[newest]))
                }
            }
        };
        if from > to {
            for pair in &mut pairs {
                std::mem::swap(&mut pair.from, &mut pair.to);
            }
        }
        Ok(Self::assemble(&EDITIONS[from], &EDITIONS[to], via, pairs))
    }

    /// Makes a table of pairs of subheadings, in any order.
    fn assemble(
        from: &'static Edition,
        to: &'static Edition,
        via: Option<&'static Edition>,
        pairs: Vec<Pair>,
    ) -> Self {
        let mut table = Self { from, to, via, rows: Vec::new(), targets: Vec::with_capacity(pairs.len()) };
        for level in [Level::Subheading, Level::Heading, Level::Chapter] {
            let cut = pairs.iter().filter_map(|pair| {
                Some(Pair { from: pair.from.at(level)?, to: pair.to.at(level)?, link: pair.link })
            });
            table.add_level(cut.collect());
        }
        table.rows.sort_unstable_by_key(|row| row.code);
        table
    }

    fn add_level(&mut self, mut pairs: Vec<Pair>) {
        // Of equal pairs the strongest link comes first and stays.
        pairs.sort_unstable();
        pairs.dedup_by_key(|pair| (pair.from, pair.to));
        let mut sources: Vec<HsCode> = pairs.iter().map(|pair| pair.to).collect();
        sources.sort_unstable();
        let has_more_sources = |code: HsCode| {
            let first = sources.partition_point(|c| *c < code);
            sources.get(first + 1) == Some(&code)
        };
        for of_one in pairs.chunk_by_mut(|a, b| a.from == b.from) {
            of_one.sort_unstable_by_key(|pair| (pair.link == Link::Gathering, pair.to));
            let start = self.targets.len();
            let code = of_one[0].from;
            let main = of_one.partition_point(|pair| pair.link != Link::Gathering);
            for pair in &*of_one {
                let change = match (of_one.len() > 1, has_more_sources(pair.to)) {
                    (false, false) if pair.from == pair.to => Change::Same,
                    (false, false) => Change::Renumbered,
                    (true, false) => Change::Split,
                    (false, true) => Change::Merged,
                    (true, true) => Change::Complex,
                };
                self.targets.push(Target { code: pair.to, change, link: pair.link });
            }
            // No table has 4 G pairs.
            let at = |offset: usize| (start + offset) as u32;
            self.rows.push(Row { code, start: at(0), gathering: at(main), end: at(of_one.len()) });
        }
    }

    /// The edition that is converted from.
    pub fn from(&self) -> &Edition {
        self.from
    }

    /// The edition that is converted to.
    pub fn to(&self) -> &Edition {
        self.to
    }

    /// Whether the pairs are those of a published table of the two editions.
    ///
    /// One table is published in part only (HS2017 to HS2012, as we have it); the pairs that were filled in have
    /// [`Link::Composed`].
    pub fn is_direct(&self) -> bool {
        self.via.is_none()
    }

    /// The edition through which the pairs were composed; `None` of a direct table.
    pub fn via(&self) -> Option<&Edition> {
        self.via
    }

    fn row(&self, code: HsCode) -> Option<&Row> {
        self.rows.get(self.rows.binary_search_by_key(&code, |row| row.code).ok()?)
    }

    /// All targets of a code: first the main ones, then the [gathering](Link::Gathering) ones, each part in tariff
    /// order.
    ///
    /// Empty for a code that the edition does not have, and for the few that no table leads on
    /// ([`convert`](Self::convert) tells them apart).
    pub fn targets(&self, code: HsCode) -> &[Target] {
        self.row(code).map_or(&[], |row| &self.targets[row.start as usize..row.end as usize])
    }

    /// The targets of a code without the [gathering](Link::Gathering) ones.
    pub fn main_targets(&self, code: HsCode) -> &[Target] {
        self.row(code).map_or(&[], |row| &self.targets[row.start as usize..row.gathering as usize])
    }

    /// The targets of a code as [`targets`](Self::targets) gives them, at least one.
    ///
    /// # Errors
    /// `UnknownCode` when the edition does not have the code (with a hint where it is), or when no table leads
    /// from it to the other edition.
    pub fn convert(&self, code: HsCode) -> Result<&[Target], Error> {
        let targets = self.targets(code);
        if targets.is_empty() {
            Nomenclature::of(self.from)?.check(code)?;
            return Err(Error::new(
                ErrorKind::UnknownCode,
                format!(
                    "{} {code} has no target in {}: the correlation table lists none",
                    self.from, self.to
                ),
            ));
        }
        Ok(targets)
    }

    /// How many pairs of subheadings the table holds.
    pub fn len(&self) -> usize {
        let subheadings = self.rows.iter().filter(|row| row.code.level() == Level::Subheading);
        subheadings.map(|row| (row.end - row.start) as usize).sum()
    }

    /// Whether there is no pair; never so for an opened table.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }
}

static EDITIONS: [Edition; Edition::INTERNATIONAL.len()] = Edition::INTERNATIONAL;

impl fmt::Debug for CorrelationTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CorrelationTable")
            .field("from", &self.from.as_str())
            .field("to", &self.to.as_str())
            .field("via", &self.via.map(Edition::as_str))
            .field("pairs", &self.len())
            .finish()
    }
}

#[cfg(test)]
mod tests;
