//! Cleaning: rows that say nothing, say it twice, or contradict one another are put aside.
//!
//! The steps, in this order, each with its count before and after:
//! 1. `normalise`: every text is read as the classifier reads it; the row keeps its own words.
//! 2. `empty`: rows without a word, number or sign that is read.
//! 3. `vague`: rows that are too vague to classify.
//! 4. `same_text`: rows with equal text and code become one, with their votes added.
//! 5. `conflicts`: of rows with equal text and different codes the most binding source holds, then the majority;
//!    without either all are put aside.
//! 6. `same_words`: of rows with equal code and equal words in any order or number one is kept.
//! 7. `near_duplicates`: of rows with equal code and nearly equal text one is kept.
//!
//! Rows that the settings fix for development or test stay as they are: a test set keeps its rows, so that figures
//! on it can be compared. Rows fixed for training are compared within their part; `split` sees to the rest.

mod conflicts;
mod near;

use std::collections::HashMap;

use hscode_core::text::{Description, VERSION as TEXT_VERSION, Verdict, check};
use hscode_core::{Error, ErrorKind, HsCode};

use crate::config::CleanConfig;
use crate::progress::{Progress, StepError, Ticker};
use crate::row::{Part, Reason, Reject, Row};
use crate::similar::word_set;
use crate::steps::Counts;
use crate::workdir::{Ran, Step, WorkDir};
use crate::{config::Config, ingest};

/// Raised when the same rows give others than before.
const VERSION: u32 = 1;

/// The file of the rows that are kept.
pub const ROWS: &str = "clean/rows.jsonl";
/// The file of those that are not.
pub const REJECTS: &str = "clean/rejects.jsonl";

/// Cleans the rows of `ingest` in the working folder.
///
/// Writes [`ROWS`] and [`REJECTS`]. Counts `read`, the rows after each step by its name, `kept`, `rejected` and
/// each reason.
///
/// # Errors
/// `InvalidInput` when `ingest` has not run, or when nothing is kept; `Io`; stopped.
pub fn run(work: &WorkDir, config: &Config, progress: &dyn Progress) -> Result<Ran, StepError> {
    let inputs = vec![work.input("ingest", ingest::ROWS)?];
    let settings = (&config.clean, TEXT_VERSION);
    work.run(Step { name: "clean", version: VERSION, settings, inputs }, progress, |out| {
        let cleaned = clean(work.read_rows(ingest::ROWS, progress)?, &config.clean, progress)?;
        let mut counts = Counts::default();
        counts.add("read", cleaned.stages.first().map_or(0, |stage| stage.before as u64));
        for stage in &cleaned.stages {
            counts.add(stage.name, stage.after as u64);
        }
        counts.add("kept", cleaned.rows.len() as u64);
        counts.add("rejected", cleaned.rejects.len() as u64);
        for reject in &cleaned.rejects {
            counts.add(&format!("rejected.{}", reject.reason.as_str()), 1);
        }
        if cleaned.rows.is_empty() {
            let message = format!("nothing is left of {} rows after cleaning", counts.get("read"));
            return Err(Error::new(ErrorKind::InvalidInput, message).into());
        }
        out.write_rows("rows.jsonl", &cleaned.rows, progress)?;
        out.write_rows("rejects.jsonl", &cleaned.rejects, progress)?;
        Ok(counts)
    })
}

/// What cleaning gives.
#[derive(Debug, Clone, PartialEq)]
pub struct Cleaned {
    /// The rows kept, in their order.
    pub rows: Vec<Row>,
    /// The rows put aside, step by step.
    pub rejects: Vec<Reject>,
    /// The counts, in the order of the steps.
    pub stages: Vec<Stage>,
}

/// The count of one cleaning step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stage {
    /// The step's name.
    pub name: &'static str,
    /// Rows before it.
    pub before: usize,
    /// Rows after it.
    pub after: usize,
}

/// A row and its text as the classifier reads it.
#[derive(Debug, Clone, PartialEq)]
struct Item {
    row: Row,
    key: String,
}

/// What one step keeps and puts aside.
#[derive(Debug, Default)]
struct Sifted {
    kept: Vec<Item>,
    rejects: Vec<Reject>,
}

/// Cleans rows. Rows in plus nothing are rows out: `rows.len()` is `kept + rejects`.
///
/// # Errors
/// [`StepError::Stopped`].
///
/// ```
/// use hscode_train::clean::clean;
/// use hscode_train::config::CleanConfig;
/// use hscode_train::progress::Silent;
/// use hscode_train::row::Row;
///
/// let row = |id: &str, text: &str, code: &str| -> Row {
///     serde_json::from_str(&format!(r#"{{"id":"{id}","text":"{text}","code":"{code}","source":"s"}}"#)).unwrap()
/// };
/// let rows = vec![row("1", "Men's cotton tee", "610910"), row("2", "MENS COTTON TEE", "610910")];
/// let cleaned = clean(rows, &CleanConfig::default(), &Silent)?;
/// assert_eq!(cleaned.rows.len(), 1);
/// assert_eq!(cleaned.rejects[0].kept.as_deref(), Some("1"));
/// # Ok::<(), hscode_train::progress::StepError>(())
/// ```
pub fn clean(rows: Vec<Row>, config: &CleanConfig, progress: &dyn Progress) -> Result<Cleaned, StepError> {
    let mut work = Work::default();
    let before = rows.len();
    let places: HashMap<String, usize> =
        rows.iter().enumerate().map(|(at, row)| (row.id.clone(), at)).collect();
    let (fixed, rows): (Vec<Row>, Vec<Row>) =
        rows.into_iter().partition(|row| matches!(row.part, Some(Part::Dev | Part::Test)));
    work.fixed = fixed.len();
    work.items = normalise(rows, progress)?;
    work.stages.push(Stage { name: "normalise", before, after: work.items.len() + work.fixed });
    work.stage("empty", |items| Ok(drop_empty(items)))?;
    if config.drop_vague {
        work.stage("vague", |items| Ok(drop_vague(items)))?;
    }
    work.stage("same_text", |items| Ok(merge_same_text(items)))?;
    if config.settle_conflicts {
        work.stage("conflicts", |items| Ok(conflicts::settle(items, config.majority)))?;
    }
    if config.drop_same_words {
        work.stage("same_words", |items| Ok(drop_same_words(items)))?;
    }
    if config.near_duplicate_cosine <= 1.0 {
        work.stage("near_duplicates", |items| {
            near::drop_near_duplicates(items, config.near_duplicate_cosine, progress)
        })?;
    }
    let mut rows = fixed;
    rows.extend(work.items.into_iter().map(|item| item.row));
    rows.sort_by_key(|row| places.get(&row.id));
    Ok(Cleaned { rows, rejects: work.rejects, stages: work.stages })
}

#[derive(Default)]
struct Work {
    items: Vec<Item>,
    fixed: usize,
    rejects: Vec<Reject>,
    stages: Vec<Stage>,
}

impl Work {
    fn stage(
        &mut self,
        name: &'static str,
        step: impl FnOnce(Vec<Item>) -> Result<Sifted, StepError>,
    ) -> Result<(), StepError> {
        let items = std::mem::take(&mut self.items);
        let before = items.len() + self.fixed;
        let Sifted { kept, rejects } = step(items)?;
        self.stages.push(Stage { name, before, after: kept.len() + self.fixed });
        self.items = kept;
        self.rejects.extend(rejects);
        Ok(())
    }
}

fn normalise(rows: Vec<Row>, progress: &dyn Progress) -> Result<Vec<Item>, StepError> {
    let mut ticker = Ticker::begin(progress, "normalise", "rows", Some(rows.len() as u64));
    let mut description = Description::new();
    let mut items = Vec::with_capacity(rows.len());
    for row in rows {
        description.read(&row.text);
        items.push(Item { key: description.canonical().to_owned(), row });
        ticker.tick()?;
    }
    ticker.end()?;
    Ok(items)
}

fn drop_empty(items: Vec<Item>) -> Sifted {
    sift(items, |item| item.key.is_empty().then(|| Reject::of(&item.row, Reason::Empty)))
}

fn drop_vague(items: Vec<Item>) -> Sifted {
    sift(items, |item| vague(&item.row))
}

fn vague(row: &Row) -> Option<Reject> {
    let check = check(&row.text);
    (check.verdict == Verdict::Refuse).then(|| {
        let reasons: Vec<&str> = check.findings.iter().map(|finding| finding.reason.as_str()).collect();
        Reject { detail: Some(reasons.join(", ")), ..Reject::of(row, Reason::Vague) }
    })
}

fn sift(items: Vec<Item>, mut reject: impl FnMut(&Item) -> Option<Reject>) -> Sifted {
    let mut sifted = Sifted::default();
    for item in items {
        match reject(&item) {
            Some(reason) => sifted.rejects.push(reason),
            None => sifted.kept.push(item),
        }
    }
    sifted
}

/// Makes one row of those with equal part, text and code: the first of the most binding, with all votes.
fn merge_same_text(items: Vec<Item>) -> Sifted {
    merge(items, Reason::SameText, |item| (item.row.part, item.key.clone(), item.row.code))
}

fn drop_same_words(items: Vec<Item>) -> Sifted {
    merge(items, Reason::SameWords, |item| (item.row.part, word_set(&item.key), item.row.code))
}

fn merge(
    items: Vec<Item>,
    reason: Reason,
    key_of: impl Fn(&Item) -> (Option<Part>, String, HsCode),
) -> Sifted {
    let mut best: HashMap<(Option<Part>, String, HsCode), usize> = HashMap::with_capacity(items.len());
    let mut stands_for: Vec<usize> = Vec::with_capacity(items.len());
    let keys: Vec<_> = items.iter().map(key_of).collect();
    for (at, key) in keys.iter().enumerate() {
        let kept = best.entry(key.clone()).or_insert(at);
        if items[at].row.authority > items[*kept].row.authority {
            *kept = at;
        }
    }
    for key in &keys {
        stands_for.extend(best.get(key));
    }
    replace(items, &stands_for, reason)
}

/// Keeps the rows that stand for themselves, adds to them the votes of the rows they stand for, and puts those
/// aside.
fn replace(mut items: Vec<Item>, stands_for: &[usize], reason: Reason) -> Sifted {
    let mut rejects = Vec::new();
    for (at, &kept) in stands_for.iter().enumerate() {
        if kept != at {
            let votes = items[at].row.votes;
            items[kept].row.votes += votes;
            rejects.push(Reject::of(&items[at].row, reason).kept(&items[kept].row.id));
        }
    }
    let mut place = 0;
    items.retain(|_| {
        place += 1;
        stands_for[place - 1] == place - 1
    });
    Sifted { kept: items, rejects }
}

#[cfg(test)]
mod tests;
