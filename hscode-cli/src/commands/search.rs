//! `hscode search`: codes by words of their titles.

use std::io::Write;
use std::num::NonZeroUsize;
use std::path::PathBuf;

use hscode_core::{Edition, HsCode, Level};
use serde::Serialize;

use crate::exit::{self, Failure, Status};
use crate::human::{Ink, Look};
use crate::titles::Titles;

/// Finds codes whose titles have these words (to classify goods, use classify)
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  hscode search \"table lamp\"
  hscode search horses --level subheading --top 3 --json

Exit status: 0 something is found, 1 nothing is, 2 usage, 4 input or output.")]
pub(crate) struct SearchArgs {
    /// Words of a title; they also match as plural or singular, or by their beginning
    #[arg(value_name = "WORDS", required = true)]
    words: Vec<String>,

    /// The most codes to show, best first
    #[arg(long, value_name = "N", default_value = "10")]
    top: NonZeroUsize,

    /// Only codes of this level: chapter, heading or subheading
    #[arg(long, value_name = "LEVEL")]
    level: Option<Level>,

    /// Only codes at or below this one
    #[arg(long, value_name = "CODE")]
    within: Option<HsCode>,

    /// The edition to search
    #[arg(long, value_name = "EDITION", default_value = "HS2022")]
    edition: Edition,

    /// Search these titles instead of ours: CSV with code and description, such as an official text
    #[arg(long, value_name = "FILE")]
    titles: Option<PathBuf>,

    /// One JSON object a code instead of text
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Found<'a> {
    code: HsCode,
    level: &'static str,
    title: Option<&'a str>,
    path: Vec<&'a str>,
    score: f32,
    edition: &'a Edition,
}

pub(crate) fn run(args: &SearchArgs) -> Result<Status, Failure> {
    let titles = Titles::open(args.titles.as_deref(), &args.edition)?;
    let query = args.words.join(" ");
    // Filters come after the ranking, so that all of it is asked for where there is one.
    let filtered = args.level.is_some() || args.within.is_some();
    let limit = if filtered { titles.len() } else { args.top.get() };
    let hits = titles.search(&query, limit).into_iter().filter(|hit| {
        args.level.is_none_or(|level| hit.code().level() == level)
            && args.within.is_none_or(|within| within.covers(&hit.code()))
    });
    let hits: Vec<_> = hits.take(args.top.get()).collect();
    let look = Look::of_stdout();
    let mut stdout = std::io::stdout().lock();
    let widest = hits.iter().map(|hit| hit.code().dotted().len()).max().unwrap_or(0);
    for hit in &hits {
        let code = hit.code();
        if args.json {
            let found = Found {
                code,
                level: code.level().as_str(),
                title: titles.title(code),
                path: titles.path(code).filter_map(|(_, title)| title).collect(),
                score: hit.score(),
                edition: titles.edition(),
            };
            let json = serde_json::to_string(&found).map_err(std::io::Error::from)?;
            writeln!(stdout, "{json}")?;
        } else {
            let dotted = format!("{:<widest$}", code.dotted());
            let path = look.path(&titles, code, widest + 2);
            writeln!(stdout, "{}  {path}", look.paint(Ink::Strong, &dotted))?;
        }
    }
    stdout.flush()?;
    if !hits.is_empty() {
        return Ok(Status::Done);
    }
    let why = if titles.has_titles() {
        "no title has these words; hscode classify reads descriptions of goods".to_owned()
    } else {
        format!("there are no titles of {} to search; load some with --titles FILE", args.edition)
    };
    exit::say(&format!("hscode: {why}"));
    Ok(Status::BadRows)
}
