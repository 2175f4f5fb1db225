//! Where rows come from and where answers go: the options that commands over rows share.

mod sink;
mod source;

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use hscode_table::Format;

pub(crate) use sink::{Plan, Sink};
pub(crate) use source::{Item, Origin, Source};

/// Options of commands that answer rows.
#[derive(Debug, clap::Args)]
pub(crate) struct RowArgs {
    /// Read rows from this file (.csv .tsv .jsonl .parquet .txt, text also with .gz); - is standard input, a
    /// row a line
    #[arg(long, short, value_name = "FILE|-", help_heading = "Input")]
    pub(crate) input: Option<PathBuf>,

    /// The column to read [default: the one named as the rows are called, else the only one with text]
    #[arg(long, short, value_name = "NAME", help_heading = "Input")]
    pub(crate) column: Option<String>,

    /// The input's format: csv, tsv, jsonl, parquet or lines [default: by extension; lines for -]
    #[arg(long, value_name = "FORMAT", help_heading = "Input")]
    pub(crate) format: Option<Format>,

    /// Carry these input columns into the output; NAME=OTHER writes one under another name
    #[arg(long, value_name = "COLUMNS", value_delimiter = ',', help_heading = "Input")]
    pub(crate) keep: Vec<String>,

    /// Write answers to this file (.jsonl .csv .tsv .parquet), which appears once it is whole; - is standard
    /// output [default: a table for people on a terminal, else jsonl to standard output]
    #[arg(long, short, value_name = "FILE|-", help_heading = "Output")]
    pub(crate) output: Option<PathBuf>,

    /// The output's format: jsonl, csv, tsv or parquet [default: by extension; jsonl for -]
    #[arg(long, value_name = "FORMAT", help_heading = "Output")]
    pub(crate) output_format: Option<Format>,

    /// Short for --output-format jsonl
    #[arg(long, conflicts_with = "output_format", help_heading = "Output")]
    pub(crate) json: bool,

    /// Threads that answer; answers do not depend on it [default: all cores]
    #[arg(long, value_name = "N", help_heading = "Running")]
    pub(crate) threads: Option<NonZeroUsize>,

    /// Rows answered at a time; 1 answers each row as soon as it comes; answers do not depend on it
    #[arg(long, value_name = "N", default_value = "64", help_heading = "Running")]
    pub(crate) batch: NonZeroUsize,
}

impl RowArgs {
    /// The number of threads to answer with.
    pub(crate) fn threads(&self) -> usize {
        self.threads
            .or_else(|| std::thread::available_parallelism().ok())
            .map_or(1, NonZeroUsize::get)
            .min(1024)
    }

    /// Whether answers go to a file, and not to standard output, where somebody may wait for each.
    pub(crate) fn writes_file(&self) -> bool {
        self.output.as_deref().is_some_and(|path| !is_dash(path))
    }

    fn output_format(&self) -> Option<Format> {
        if self.json { Some(Format::Jsonl) } else { self.output_format }
    }
}

/// Whether a path is the `-` of standard input or output.
fn is_dash(path: &Path) -> bool {
    path.as_os_str() == "-"
}
