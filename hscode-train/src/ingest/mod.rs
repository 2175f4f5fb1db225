//! Ingest: tables of any format become rows of one kind, and what cannot be used is put aside with the reason.
//!
//! Codes of 6 to 12 digits are read, cut to subheadings and moved to the model's edition by the correlation
//! tables; a code that has several targets there is put aside with them. Every row of a source is kept, rejected
//! or not selected (by `only` or `sample`): the counts add up.

mod codes;
mod table;
mod take;

use std::path::Path;

use hscode_core::{Error, ErrorKind};
use serde::Serialize;

use crate::config::{Config, Source};
use crate::progress::{Progress, StepError, Ticker, io_error};
use crate::row::Reject;
use crate::steps::{Counts, FileDigest};
use crate::workdir::{Output, Ran, Step, WorkDir};

use table::{InRow, Table};

pub use take::{RawRow, Taken, take};

/// Raised when the same tables give other rows than before.
const VERSION: u32 = 1;

/// The file of the rows that are used.
pub const ROWS: &str = "ingest/rows.jsonl";
/// The file of those that are not.
pub const REJECTS: &str = "ingest/rejects.jsonl";

#[derive(Serialize)]
struct Settings<'a> {
    edition: &'a hscode_core::Edition,
    seed: Option<u64>,
    sources: Vec<Source>,
}

/// Reads all sources of the settings into the working folder.
///
/// Writes [`ROWS`] and [`REJECTS`]. Counts `read`, `not_selected`, `kept` and `rejected`, each reason, and what
/// was done to codes; then `read` and `kept` of each source.
///
/// # Errors
/// `InvalidInput`: no source in the settings, a table of an unknown format, a missing column, no row that can be
/// used; `Io`; stopped.
pub fn run(work: &WorkDir, config: &Config, progress: &dyn Progress) -> Result<Ran, StepError> {
    if config.sources.is_empty() {
        let message = "no data: expected at least one [[sources]] in the settings";
        return Err(Error::new(ErrorKind::InvalidInput, message).into());
    }
    let mut tables = Vec::new();
    let mut inputs: Vec<FileDigest> = Vec::new();
    for source in &config.sources {
        for (path, id) in table::files_of(source)? {
            inputs.push(work.digest(&path, &id)?);
            tables.push((source, path, id));
        }
    }
    let settings = Settings {
        edition: &config.edition,
        seed: config.sources.iter().any(|source| source.sample < 1.0).then_some(config.seed),
        // The digests tell what was read; where it lay is this machine's own affair.
        sources: config
            .sources
            .iter()
            .map(|source| Source {
                path: source.path.file_name().map(Into::into).unwrap_or_default(),
                ..source.clone()
            })
            .collect(),
    };
    work.run(Step { name: "ingest", version: VERSION, settings, inputs }, progress, |out| {
        let mut sink = Sorter {
            config,
            counts: Counts::default(),
            kept: out.create("rows.jsonl")?,
            rejects: out.create("rejects.jsonl")?,
            first: None,
        };
        for name in ["read", "not_selected", "kept", "rejected"] {
            sink.counts.add(name, 0);
        }
        for (source, path, id) in &tables {
            sink.table(source, path, id, progress)?;
        }
        let Sorter { counts, kept, rejects, first, .. } = sink;
        if counts.get("kept") == 0 {
            return Err(nothing_kept(&counts, first.as_ref()).into());
        }
        out.finish(kept)?;
        out.finish(rejects)?;
        Ok(counts)
    })
}

/// Sends rows to the file that they belong in, and counts.
struct Sorter<'a> {
    config: &'a Config,
    counts: Counts,
    kept: Output,
    rejects: Output,
    first: Option<Reject>,
}

impl Sorter<'_> {
    fn table(
        &mut self,
        source: &Source,
        path: &Path,
        id: &str,
        progress: &dyn Progress,
    ) -> Result<(), StepError> {
        let table = Table::open(path, source)?;
        let mut ticker = Ticker::begin(progress, &format!("read {id}"), "rows", None);
        for item in table.rows(id)? {
            let item = item?;
            self.count(source, "read");
            match item {
                InRow::Other => self.counts.add("not_selected", 1),
                InRow::Raw(raw) if !take::in_sample(&raw.id, source.sample, self.config.seed) => {
                    self.counts.add("not_selected", 1);
                }
                InRow::Raw(raw) => match take(&raw, source, &self.config.edition, &mut self.counts)? {
                    Taken::Row(row) => {
                        self.count(source, "kept");
                        self.kept.row(&row)?;
                    }
                    Taken::Reject(reject) => self.reject(reject)?,
                },
                InRow::Unreadable(reject) => self.reject(reject)?,
            }
            ticker.tick()?;
        }
        ticker.end()
    }

    fn count(&mut self, source: &Source, name: &str) {
        self.counts.add(name, 1);
        self.counts.add(&format!("{}.{name}", source.name), 1);
    }

    fn reject(&mut self, reject: Reject) -> Result<(), Error> {
        self.counts.add("rejected", 1);
        self.counts.add(&format!("rejected.{}", reject.reason.as_str()), 1);
        self.rejects.row(&reject)?;
        self.first.get_or_insert(reject);
        Ok(())
    }
}

fn nothing_kept(counts: &Counts, first: Option<&Reject>) -> Error {
    let mut message = format!(
        "no row can be used: {} read, {} not selected, {} rejected",
        counts.get("read"),
        counts.get("not_selected"),
        counts.get("rejected")
    );
    if let Some(first) = first {
        let detail = first.detail.as_deref().map_or(String::new(), |detail| format!(" ({detail})"));
        message.push_str(&format!("; the first, {}: {}{detail}", first.id, first.reason.as_str()));
    }
    Error::new(ErrorKind::InvalidInput, message)
}

/// Wraps an error of the file system about a source.
fn source_error(source: &Source, path: &Path, what: &str, error: std::io::Error) -> Error {
    io_error(format!("source {:?}: {}", source.name, path.display()), what, error)
}

#[cfg(test)]
mod tests;
