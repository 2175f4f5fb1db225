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
    from: &'static Nomenclature,
    to: &'static Nomenclature,
    via: Option<&'static Edition>,
    rows: Vec<Row>, // one a code of `from`, in its order
    targets: Vec<Target>,
}

/// The targets of a code: `targets[start..end]`, the gathering ones from `gathering` on.
#[derive(Debug, Clone, Copy, Default)]
struct Row {
    start: u32,
    gathering: u32,
    end: u32,
}

/// Two codes that correlate, by their places in their nomenclatures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Pair {
    from: u32,
    to: u32,
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
        let open = |at: usize| Nomenclature::of(&EDITIONS[at]);
        let (older, newer) = (open(from.min(to))?, open(from.max(to))?);
        let newest = open(EDITIONS.len() - 1)?;
        let (mut pairs, via) = if from == to {
            let itself = |at: u32| Pair { from: at, to: at, link: Link::Listed };
            (
                (0..)
                    .zip(older.all())
                    .filter(|(_, c)| c.level() == DEEPEST)
                    .map(|(at, _)| itself(at))
                    .collect(),
                None,
            )
        } else if let Some(pairs) = embedded::open(older, newer)? {
            (pairs, None)
        } else {
            let table = |of: &Nomenclature| {
                let no_table = || crate::nomenclature::damaged(format!("no table of {}", of.edition()));
                embedded::open(of, newest)?.ok_or_else(no_table)
            };
            let pairs =
                compose::through(&table(older)?, &table(newer)?, &compose::same_numbers(older, newer));
            (pairs, Some(&EDITIONS[EDITIONS.len() - 1]))
        };
        if from > to {
            for pair in &mut pairs {
                std::mem::swap(&mut pair.from, &mut pair.to);
            }
        }
        let table = Self { from: open(from)?, to: open(to)?, via, rows: Vec::new(), targets: Vec::new() };
        Ok(table.filled(pairs))
    }

    /// Fills an empty table with pairs of subheadings, in any order, and what they say of the levels above.
    fn filled(mut self, mut pairs: Vec<Pair>) -> Self {
        self.rows.resize(self.from.len(), Row::default());
        self.targets.reserve(pairs.len() + pairs.len() / 4);
        for level in [Level::Subheading, Level::Heading, Level::Chapter] {
            let (from_above, to_above) = (places_at(self.from, level), places_at(self.to, level));
            for pair in &mut pairs {
                pair.from = from_above[pair.from as usize];
                pair.to = to_above[pair.to as usize];
            }
            // Of equal pairs the strongest link comes first and stays.
            pairs.sort_unstable();
            pairs.dedup_by_key(|pair| (pair.from, pair.to));
            self.add_level(&pairs);
        }
        self
    }

    fn add_level(&mut self, pairs: &[Pair]) {
        let mut sources = vec![0_u32; self.to.len()];
        for pair in pairs {
            sources[pair.to as usize] += 1;
        }
        for of_one in pairs.chunk_by(|a, b| a.from == b.from) {
            let from = of_one[0].from as usize;
            let start = self.targets.len() as u32; // no table has 4 G pairs
            let mut gathering = start;
            for is_gathering in [false, true] {
                gathering = if is_gathering { self.targets.len() as u32 } else { start };
                for pair in of_one.iter().filter(|pair| (pair.link == Link::Gathering) == is_gathering) {
                    let code = self.to.all()[pair.to as usize];
                    let change = match (of_one.len() > 1, sources[pair.to as usize] > 1) {
                        (false, false) if self.from.all()[from] == code => Change::Same,
                        (false, false) => Change::Renumbered,
                        (true, false) => Change::Split,
                        (false, true) => Change::Merged,
                        (true, true) => Change::Complex,
                    };
                    self.targets.push(Target { code, change, link: pair.link });
                }
            }
            self.rows[from] = Row { start, gathering, end: self.targets.len() as u32 };
        }
    }

    /// The edition that is converted from.
    pub fn from(&self) -> &Edition {
        self.from.edition()
    }

    /// The edition that is converted to.
    pub fn to(&self) -> &Edition {
        self.to.edition()
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
        self.rows.get(self.from.index(code)?)
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
            self.from.check(code)?;
            return Err(Error::new(
                ErrorKind::UnknownCode,
                format!(
                    "{} {code} has no target in {}: the correlation table lists none",
                    self.from(),
                    self.to()
                ),
            ));
        }
        Ok(targets)
    }

    /// How many pairs of subheadings the table holds.
    pub fn len(&self) -> usize {
        self.targets.iter().filter(|target| target.code.level() == DEEPEST).count()
    }

    /// Whether there is no pair; never so for an opened table.
    pub fn is_empty(&self) -> bool {
        self.targets.is_empty()
    }
}

/// The level of the pairs of a table.
const DEEPEST: Level = Level::Subheading;

/// For every code the place of the code of `level` at or above it; of codes above that level, their own.
fn places_at(nomenclature: &Nomenclature, level: Level) -> Vec<u32> {
    let mut last = 0;
    let place = |(at, code): (u32, &HsCode)| {
        if code.level() == level {
            last = at;
        }
        if code.level() < level { at } else { last }
    };
    (0..).zip(nomenclature.all()).map(place).collect()
}

static EDITIONS: [Edition; Edition::INTERNATIONAL.len()] = Edition::INTERNATIONAL;

impl fmt::Debug for CorrelationTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CorrelationTable")
            .field("from", &self.from().as_str())
            .field("to", &self.to().as_str())
            .field("via", &self.via.map(Edition::as_str))
            .field("pairs", &self.len())
            .finish()
    }
}

#[cfg(test)]
mod tests;
