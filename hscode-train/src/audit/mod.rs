//! Audit: what is wrong with the data, before anything is trained or balanced.
//!
//! - classes: how many there are, which have no row, how long the tail is, by chapter;
//! - label noise: how often a judge that has not seen a row, nor its near-duplicates, would give another code, and
//!   the rows where it is surest;
//! - leakage: tested rows whose like trains, in the division made and in a random one of the same rows;
//! - conflicts: equal texts with different codes, as `clean` settled them or could not.
//!
//! Written as `audit/audit.json` and `audit/audit.md`.

mod centroids;
mod leaks;
mod markdown;

use std::collections::{BTreeMap, BTreeSet};

use hscode_core::{Edition, Error, ErrorKind, HsCode, Level, Nomenclature};
use serde::{Deserialize, Serialize};

pub use leaks::Leaks;

use crate::config::Config;
use crate::evaluate::Proportion;
use crate::progress::{Progress, StepError};
use crate::rng::SplitMix64;
use crate::row::{Part, Reason, Row};
use crate::split::{self, canonical_texts, check_classes};
use crate::steps::Counts;
use crate::workdir::{Ran, Step, WorkDir};

/// Raised when the same rows give another report than before.
const VERSION: u32 = 1;

/// The report for programs.
pub const JSON: &str = "audit/audit.json";
/// The report for people.
pub const MARKDOWN: &str = "audit/audit.md";

/// What was found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Audit {
    /// The edition of the codes.
    pub edition: Edition,
    /// The digest of the division, as `split.json` has it.
    pub split_digest: String,
    /// Rows by part: training, development, test.
    pub parts: [usize; 3],
    /// The classes.
    pub classes: Classes,
    /// Rows and agreement by chapter.
    pub chapters: Vec<Chapter>,
    /// Label noise over all rows.
    pub noise: Agreement,
    /// Label noise by source.
    pub sources: Vec<(String, Agreement)>,
    /// Rows whose code the judge doubts most, surest first.
    pub doubtful: Vec<Doubtful>,
    /// Leaks of the division made: development and test against training.
    pub leaks: Leaks,
    /// Leaks if the same rows were divided one by one at random.
    pub leaks_at_random: Leaks,
    /// Ids of tested rows that leak; none, unless something is wrong.
    pub leaking: Vec<String>,
    /// Rows that `clean` put aside because equal texts had other codes.
    pub conflicts: Conflicts,
}

/// The classes of the data.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Classes {
    /// Subheadings of the edition.
    pub in_edition: usize,
    /// Those with a row that trains.
    pub trained: usize,
    /// Those without, in tariff order.
    pub empty: Vec<HsCode>,
    /// Those with fewer rows than the settings' tail, and at least one.
    pub tail: usize,
    /// Training rows of the median class with a row.
    pub median: usize,
    /// The class with the most training rows, and how many.
    pub largest: Option<(HsCode, usize)>,
}

/// A chapter of the data.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Chapter {
    /// The chapter.
    pub chapter: HsCode,
    /// Rows that train.
    pub rows: usize,
    /// Its subheadings with a row that trains.
    pub classes: usize,
    /// Its subheadings in the edition.
    pub in_edition: usize,
    /// Whether the judge agrees at 6 digits, over all rows of the chapter.
    pub agreement: Proportion,
}

/// How often the judge gives the row's own code, at 2, 4 and 6 digits.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Agreement {
    /// At 2 digits.
    pub chapter: Proportion,
    /// At 4 digits.
    pub heading: Proportion,
    /// At 6 digits.
    pub subheading: Proportion,
}

/// A row whose code is in doubt.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Doubtful {
    /// The row.
    pub id: String,
    /// Its code.
    pub code: HsCode,
    /// The code that the judge would give.
    pub suggested: HsCode,
    /// How much nearer that is, as a difference of cosines, 0 to 1.
    pub margin: f32,
    /// Its description, at most 120 characters of it.
    pub text: String,
}

/// What became of equal texts with different codes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Conflicts {
    /// Rows that a more binding source or a majority stood against.
    pub outvoted: u64,
    /// Rows put aside because nothing settled it.
    pub unsettled: u64,
}

/// Audits the rows of `split` in the working folder.
///
/// # Errors
/// `InvalidInput` when `clean` and `split` have not run; `Io`; stopped.
pub fn run(work: &WorkDir, config: &Config, progress: &dyn Progress) -> Result<Ran, StepError> {
    let mut inputs = vec![work.input("split", split::SUMMARY)?];
    for part in split::PARTS {
        inputs.push(work.input("split", part)?);
    }
    let conflicts = match work.record("clean")? {
        Some(record) => Conflicts {
            outvoted: record.counts.get(&format!("rejected.{}", Reason::Outvoted.as_str())),
            unsettled: record.counts.get(&format!("rejected.{}", Reason::Unsettled.as_str())),
        },
        None => Conflicts::default(),
    };
    let settings = (
        &config.audit,
        config.split.near_duplicate_cosine,
        config.split.test,
        &config.edition,
        config.seed,
        &conflicts,
    );
    work.run(Step { name: "audit", version: VERSION, settings, inputs }, progress, |out| {
        let summary: split::Summary = work.read_json(split::SUMMARY)?;
        let mut rows: Vec<(Part, Row)> = Vec::new();
        for (part, name) in Part::ALL.into_iter().zip(split::PARTS) {
            rows.extend(work.read_rows::<Row>(name, progress)?.into_iter().map(|row| (part, row)));
        }
        let audit = audit(&rows, config, summary.digest, conflicts.clone(), progress)?;
        let mut json = serde_json::to_string_pretty(&audit)
            .map_err(|e| Error::new(ErrorKind::Io, format!("{JSON}: {e}")))?;
        json.push('\n');
        out.write("audit.json", json.as_bytes())?;
        out.write("audit.md", markdown::write(&audit, config)?.as_bytes())?;
        let mut counts = Counts::default();
        counts.add("rows", rows.len() as u64);
        counts.add("disagree", audit.noise.subheading.n - audit.noise.subheading.hits);
        counts.add("leaks", audit.leaks.all() as u64);
        counts.add("empty_classes", audit.classes.empty.len() as u64);
        Ok(counts)
    })
}

/// Audits divided rows.
///
/// # Errors
/// `InvalidInput` when there are fewer than two classes; stopped.
pub fn audit(
    parted: &[(Part, Row)],
    config: &Config,
    split_digest: String,
    conflicts: Conflicts,
    progress: &dyn Progress,
) -> Result<Audit, StepError> {
    let rows: Vec<Row> = parted.iter().map(|(_, row)| row.clone()).collect();
    check_classes(&rows)?;
    let texts = canonical_texts(&rows);
    let codes: Vec<HsCode> = rows.iter().map(|row| row.code).collect::<BTreeSet<_>>().into_iter().collect();
    let class_of = |code: &HsCode| codes.binary_search(code).unwrap_or(0) as u32;
    let classes: Vec<u32> = rows.iter().map(|row| class_of(&row.code)).collect();
    let folds: Vec<u32> = rows
        .iter()
        .zip(0_u64..)
        .map(|(row, at)| {
            // Near-duplicates are of one group: they must not judge one another.
            let item = row.group.map_or(at | (1 << 40), u64::from);
            SplitMix64::for_item(config.seed ^ 0x666f_6c64, item).below(config.audit.folds.max(2)) as u32
        })
        .collect();
    let judged = centroids::judge(&texts, &classes, codes.len(), &folds, progress)?;
    let given = |at: usize| judged[at].class.and_then(|class| codes.get(class as usize)).copied();

    let likeness = leaks::Likeness::of(&texts, config.split.near_duplicate_cosine, progress)?;
    let tested = |at: usize| parted[at].0 != Part::Train;
    let (leaks, leaking) = likeness.count(tested, config.audit.examples);
    let share = leaks.tested as f64 / rows.len() as f64;
    let leaks_at_random = likeness.count_at_random(if leaks.tested > 0 { share } else { 0.1 }, config.seed);

    let all: Vec<usize> = (0..rows.len()).collect();
    let mut sources: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    let mut by_chapter: BTreeMap<HsCode, Vec<usize>> = BTreeMap::new();
    for (at, row) in rows.iter().enumerate() {
        sources.entry(row.source.as_str()).or_default().push(at);
        by_chapter.entry(row.code.chapter()).or_default().push(at);
    }
    let nomenclature = Nomenclature::of(&config.edition)?;
    let mut trained: BTreeMap<HsCode, usize> = BTreeMap::new();
    for (_, row) in parted.iter().filter(|(part, _)| *part == Part::Train) {
        *trained.entry(row.code).or_default() += 1;
    }
    let chapters = nomenclature
        .codes(Level::Chapter)
        .map(|chapter| {
            let members = by_chapter.get(&chapter).map_or(&[][..], Vec::as_slice);
            let of_chapter = || trained.iter().filter(|(code, _)| code.chapter() == chapter);
            Chapter {
                chapter,
                rows: of_chapter().map(|(_, n)| n).sum(),
                classes: of_chapter().count(),
                in_edition: nomenclature.codes(Level::Subheading).filter(|c| c.chapter() == chapter).count(),
                agreement: agreement(&rows, members, &given).subheading,
            }
        })
        .collect();
    Ok(Audit {
        edition: config.edition.clone(),
        split_digest,
        parts: Part::ALL.map(|part| parted.iter().filter(|(of, _)| *of == part).count()),
        classes: class_counts(&trained, nomenclature, config.audit.tail),
        chapters,
        noise: agreement(&rows, &all, &given),
        sources: sources
            .into_iter()
            .map(|(name, members)| (name.to_owned(), agreement(&rows, &members, &given)))
            .collect(),
        doubtful: doubtful(&rows, &judged, &given, config.audit.examples),
        leaks,
        leaks_at_random,
        leaking: leaking.into_iter().map(|at| rows[at].id.clone()).collect(),
        conflicts,
    })
}

fn class_counts(trained: &BTreeMap<HsCode, usize>, nomenclature: &Nomenclature, tail: usize) -> Classes {
    let mut sizes: Vec<usize> = trained.values().copied().collect();
    sizes.sort_unstable();
    let empty: Vec<HsCode> =
        nomenclature.codes(Level::Subheading).filter(|code| !trained.contains_key(code)).collect();
    let largest = trained.iter().max_by_key(|(code, n)| (**n, std::cmp::Reverse(**code)));
    Classes {
        in_edition: nomenclature.count(Level::Subheading),
        trained: trained.len(),
        tail: sizes.iter().filter(|n| **n < tail).count(),
        median: sizes.get(sizes.len() / 2).copied().unwrap_or(0),
        largest: largest.map(|(code, n)| (*code, *n)),
        empty,
    }
}

fn agreement(rows: &[Row], members: &[usize], given: &impl Fn(usize) -> Option<HsCode>) -> Agreement {
    let at = |level: Level| {
        let same = members
            .iter()
            .filter(|&&at| given(at).is_some_and(|code| code.at(level) == rows[at].code.at(level)));
        Proportion::of(same.count() as u64, members.len() as u64)
    };
    Agreement { chapter: at(Level::Chapter), heading: at(Level::Heading), subheading: at(Level::Subheading) }
}

fn doubtful(
    rows: &[Row],
    judged: &[centroids::Judgement],
    given: &impl Fn(usize) -> Option<HsCode>,
    most: usize,
) -> Vec<Doubtful> {
    let mut places: Vec<usize> =
        (0..rows.len()).filter(|&at| given(at).is_some_and(|code| code != rows[at].code)).collect();
    places.sort_by(|a, b| judged[*b].margin.total_cmp(&judged[*a].margin).then(a.cmp(b)));
    places
        .into_iter()
        .take(most)
        .filter_map(|at| {
            Some(Doubtful {
                id: rows[at].id.clone(),
                code: rows[at].code,
                suggested: given(at)?,
                margin: judged[at].margin,
                text: rows[at].text.chars().take(120).collect(),
            })
        })
        .collect()
}

#[cfg(test)]
mod tests;
