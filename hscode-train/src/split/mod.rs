//! Dividing rows into training, development and test, so that near-duplicates never straddle.
//!
//! Rows that are equal, have the same words or are alike by character 4-grams are linked; whatever is linked, also
//! over others, is one group, and a group goes to one part as a whole. A model is then never tested on what it
//! has all but seen.
//!
//! - At random: each class gives its share to each part as nearly as whole groups allow; a share below one row is
//!   decided by the seed, and the first row of a class trains.
//! - By date: the latest rows are for test, those before for development, the rest train. A group goes to the part
//!   of its earliest row; its later rows are put aside, for they repeat what was seen before.
//! - Sources with a fixed part keep it. Rows near to a fixed test row cannot train, nor do they join it: they are put
//!   aside. Where a source is fixed for test, no further rows are taken for test; so for development.

mod by_date;
mod stratified;

use std::collections::BTreeMap;

use hscode_core::text::{Description, VERSION as TEXT_VERSION};
use hscode_core::{Error, ErrorKind, HsCode};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::clean;
use crate::config::{Config, SplitBy, SplitConfig};
use crate::progress::{Progress, StepError, check};
use crate::row::{Part, Reason, Reject, Row};
use crate::similar::group_similar;
use crate::steps::Counts;
use crate::workdir::{Ran, Step, WorkDir, hex};

/// Raised when the same rows are divided in another way than before.
const VERSION: u32 = 1;

/// The files of the parts, in the order of [`Part::ALL`].
pub const PARTS: [&str; 3] = ["split/train.jsonl", "split/dev.jsonl", "split/test.jsonl"];
/// The file of the rows put aside.
pub const REJECTS: &str = "split/rejects.jsonl";
/// The file that tells how the rows were divided.
pub const SUMMARY: &str = "split/split.json";

/// How rows were divided: the content of [`SUMMARY`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Summary {
    /// By date or at random.
    pub by: SplitBy,
    /// The seed of what chance decided.
    pub seed: u64,
    /// How many groups of near-duplicates there are.
    pub groups: usize,
    /// The rows of the largest group.
    pub largest_group: usize,
    /// SHA-256 over ids and parts; see [`Divided::digest`].
    pub digest: String,
    /// Rows that train.
    pub train: usize,
    /// Rows on which settings are chosen.
    pub dev: usize,
    /// Rows for reporting only.
    pub test: usize,
    /// Rows put aside.
    pub rejected: usize,
}

/// Divides the rows of `clean` in the working folder.
///
/// Writes [`PARTS`], [`REJECTS`] and [`SUMMARY`].
///
/// # Errors
/// `InvalidInput` when `clean` has not run, and as [`split`]; `Io`; stopped.
pub fn run(work: &WorkDir, config: &Config, progress: &dyn Progress) -> Result<Ran, StepError> {
    let inputs = vec![work.input("clean", clean::ROWS)?];
    let settings = (&config.split, config.seed, TEXT_VERSION);
    work.run(Step { name: "split", version: VERSION, settings, inputs }, progress, |out| {
        let rows: Vec<Row> = work.read_rows(clean::ROWS, progress)?;
        let mut counts = Counts::default();
        counts.add("read", rows.len() as u64);
        let divided = split(rows, &config.split, config.seed, progress)?;
        for (part, rows) in Part::ALL.iter().zip([&divided.train, &divided.dev, &divided.test]) {
            counts.add(part.as_str(), rows.len() as u64);
            out.write_rows(&format!("{}.jsonl", part.as_str()), rows, progress)?;
        }
        counts.add("rejected", divided.rejects.len() as u64);
        out.write_rows("rejects.jsonl", &divided.rejects, progress)?;
        let summary = Summary {
            by: divided.by,
            seed: config.seed,
            groups: divided.groups,
            largest_group: divided.largest_group,
            digest: divided.digest,
            train: divided.train.len(),
            dev: divided.dev.len(),
            test: divided.test.len(),
            rejected: divided.rejects.len(),
        };
        let mut json = serde_json::to_string_pretty(&summary)
            .map_err(|e| Error::new(ErrorKind::Io, format!("{SUMMARY}: {e}")))?;
        json.push('\n');
        out.write("split.json", json.as_bytes())?;
        counts.add("groups", divided.groups as u64);
        counts.add("largest_group", divided.largest_group as u64);
        Ok(counts)
    })
}

/// What dividing gives.
#[derive(Debug, Clone, PartialEq)]
pub struct Divided {
    /// The rows that train, in their order, each with its group.
    pub train: Vec<Row>,
    /// The rows on which settings are chosen.
    pub dev: Vec<Row>,
    /// The rows for reporting only.
    pub test: Vec<Row>,
    /// Rows put aside because they are near to a row of another part.
    pub rejects: Vec<Reject>,
    /// How the rows were divided: `Date` or `Random`.
    pub by: SplitBy,
    /// How many groups there are.
    pub groups: usize,
    /// The rows of the largest group.
    pub largest_group: usize,
    /// SHA-256 over the ids and parts in order, in hexadecimal: what a report names to say what was tested on.
    pub digest: String,
}

/// A group of rows that stay together.
#[derive(Debug)]
struct Group {
    members: Vec<usize>,
    part: Option<Part>,
    /// Whether it has rows of a fixed development or test set, which none may join.
    closed: bool,
}

/// Divides rows.
///
/// # Errors
/// `InvalidInput` when there is no row, when all rows have one code, when the date is asked for and no row has
/// one, or when no row would train; stopped.
pub fn split(
    mut rows: Vec<Row>,
    config: &SplitConfig,
    seed: u64,
    progress: &dyn Progress,
) -> Result<Divided, StepError> {
    check_classes(&rows)?;
    let by = choose(&rows, config.by)?;
    let mut config = config.clone();
    for (part, share) in [(Part::Dev, &mut config.dev), (Part::Test, &mut config.test)] {
        if rows.iter().any(|row| row.part == Some(part)) {
            *share = 0.0;
        }
    }
    let config = &config;
    let texts = canonical_texts(&rows);
    let numbers = group_similar(&texts, config.near_duplicate_cosine, progress)?;
    check(progress)?;
    let mut groups: Vec<Group> = Vec::new();
    for (at, number) in numbers.iter().enumerate() {
        rows[at].group = Some(*number);
        match groups.get_mut(*number as usize) {
            Some(group) => group.members.push(at),
            None => groups.push(Group { members: vec![at], part: None, closed: false }),
        }
    }
    for group in &mut groups {
        // Test before development before training: what is fixed for test must not be seen.
        group.part = group.members.iter().filter_map(|&at| rows[at].part).max();
        group.closed = matches!(group.part, Some(Part::Dev | Part::Test));
    }
    let mut parts: Vec<Option<Part>> = vec![None; rows.len()];
    match by {
        SplitBy::Date => by_date::assign(&rows, &mut groups, config, &mut parts),
        SplitBy::Auto | SplitBy::Random => stratified::assign(&rows, &mut groups, config, seed),
    }
    for group in &groups {
        for &at in &group.members {
            // A row that is fixed elsewhere, or that `by_date` found too late, is put aside; so is a free one that
            // is like a row of a fixed test set.
            let own = rows[at].part.or(parts[at]).or(group.part);
            let joins = rows[at].part.is_some() || !group.closed;
            parts[at] = if joins && own == group.part { own } else { None };
        }
    }
    let (n_groups, largest_group) = (groups.len(), groups.iter().map(|g| g.members.len()).max().unwrap_or(0));
    let mut divided = Divided {
        train: Vec::new(),
        dev: Vec::new(),
        test: Vec::new(),
        rejects: Vec::new(),
        by,
        groups: n_groups,
        largest_group,
        digest: String::new(),
    };
    let mut hash = Sha256::new();
    for (row, part) in rows.into_iter().zip(parts) {
        let Some(part) = part else {
            divided.rejects.push(Reject::of(&row, Reason::NearOtherPart));
            continue;
        };
        hash.update(format!("{}\t{}\n", row.id, part.as_str()));
        match part {
            Part::Train => divided.train.push(row),
            Part::Dev => divided.dev.push(row),
            Part::Test => divided.test.push(row),
        }
    }
    divided.digest = hex(&hash.finalize());
    if divided.train.is_empty() {
        let message = "no row is left to train on: every row is in or near another part";
        return Err(Error::new(ErrorKind::InvalidInput, message).into());
    }
    Ok(divided)
}

/// The texts as the classifier reads them, tokens with single spaces between.
pub(crate) fn canonical_texts(rows: &[Row]) -> Vec<String> {
    let mut description = Description::new();
    rows.iter()
        .map(|row| {
            description.read(&row.text);
            description.canonical().to_owned()
        })
        .collect()
}

/// Refuses data from which nothing can be learnt.
pub(crate) fn check_classes(rows: &[Row]) -> Result<(), Error> {
    let mut codes: BTreeMap<HsCode, usize> = BTreeMap::new();
    for row in rows {
        *codes.entry(row.code).or_default() += 1;
    }
    let message = match (codes.len(), codes.first_key_value()) {
        (0, _) => "no rows: expected descriptions with at least two codes".to_owned(),
        (1, Some((code, n))) => {
            format!(
                "one class only: all {n} rows have the code {code}; expected at least two codes to tell apart"
            )
        }
        _ => return Ok(()),
    };
    Err(Error::new(ErrorKind::InvalidInput, message))
}

fn choose(rows: &[Row], by: SplitBy) -> Result<SplitBy, Error> {
    let to_divide = || rows.iter().filter(|row| row.part.is_none());
    let dated = to_divide().filter(|row| row.date.is_some()).count();
    match by {
        SplitBy::Auto if dated > 0 && dated == to_divide().count() => Ok(SplitBy::Date),
        SplitBy::Date if dated == 0 => Err(Error::new(
            ErrorKind::InvalidInput,
            "split.by = \"date\": expected rows with a date, saw none; name the column in sources.columns.date",
        )),
        SplitBy::Date => Ok(SplitBy::Date),
        SplitBy::Auto | SplitBy::Random => Ok(SplitBy::Random),
    }
}

#[cfg(test)]
mod tests;
