//! `hscode lookup`: what a code is.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::PathBuf;

use hscode_core::{Edition, HsCode, Nomenclature};
use serde::Serialize;

use crate::exit::{self, Failure, Status};
use crate::human::{Ink, Look};
use crate::titles::Titles;

/// Shows codes: the titles from the chapter down, and the codes below
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  hscode lookup 6109.10
  hscode lookup 61 0101.21 --json
  hscode lookup 851712 --edition HS2017

Exit status: 0 all codes are there, 1 some code is malformed or not in the edition (the message names the
editions that have it), 2 usage, 4 input or output.")]
pub(crate) struct LookupArgs {
    /// Codes of 2, 4 or 6 digits, with or without dots
    #[arg(value_name = "CODE", required = true)]
    codes: Vec<String>,

    /// The edition to look in
    #[arg(long, value_name = "EDITION", default_value = "HS2022")]
    edition: Edition,

    /// Show these titles instead of ours: CSV with code and description, such as an official text
    #[arg(long, value_name = "FILE")]
    titles: Option<PathBuf>,

    /// One JSON object a code instead of text
    #[arg(long)]
    json: bool,
}

/// What is said of a code.
#[derive(Serialize)]
struct Found<'a> {
    code: HsCode,
    level: &'static str,
    edition: &'a Edition,
    title: Option<&'a str>,
    path: Vec<Entry<'a>>,
    children: Vec<Entry<'a>>,
}

#[derive(Serialize)]
struct Entry<'a> {
    code: HsCode,
    title: Option<&'a str>,
}

pub(crate) fn run(args: &LookupArgs) -> Result<Status, Failure> {
    let titles = Titles::open(args.titles.as_deref(), &args.edition)?;
    let look = Look::of_stdout();
    let mut stdout = std::io::stdout().lock();
    let mut status = Status::Done;
    for (at, text) in args.codes.iter().enumerate() {
        match find(text, &titles) {
            Ok(found) if args.json => {
                let json = serde_json::to_string(&found).map_err(std::io::Error::from)?;
                writeln!(stdout, "{json}")?;
            }
            Ok(found) => {
                let space = if at > 0 { "\n" } else { "" };
                write!(stdout, "{space}{}", shown(&look, &found))?;
            }
            Err(error) => {
                if args.json {
                    let object = serde_json::json!({ "code": text, "edition": args.edition, "error": error });
                    writeln!(stdout, "{object}")?;
                }
                stdout.flush()?;
                exit::say(&format!("hscode: {error}"));
                status = Status::BadRows;
            }
        }
    }
    stdout.flush()?;
    Ok(status)
}

fn find<'a>(text: &str, titles: &'a Nomenclature) -> Result<Found<'a>, String> {
    let code: HsCode = text.parse().map_err(|error: hscode_core::Error| format!("code {error}"))?;
    titles.check(code).map_err(|error| error.to_string())?;
    Ok(Found {
        code,
        level: code.level().as_str(),
        edition: titles.edition(),
        title: titles.title(code),
        path: titles.path(code).map(|(code, title)| Entry { code, title }).collect(),
        children: titles.children(code).map(|code| Entry { code, title: titles.title(code) }).collect(),
    })
}

fn shown(look: &Look, found: &Found<'_>) -> String {
    let mut out = String::new();
    let widest =
        found.path.iter().chain(&found.children).map(|entry| entry.code.dotted().len()).max().unwrap_or(0);
    let mut line = |entry: &Entry<'_>, ink: Option<Ink>, depth: usize| {
        let title = look.wrapped(entry.title.unwrap_or_default(), 2 * depth + widest + 2);
        let code = match entry.title {
            Some(_) => format!("{:<widest$}", entry.code.dotted()),
            None => entry.code.dotted(),
        };
        let code = ink.map_or(code.clone(), |ink| look.paint(ink, &code));
        // Writing to a String does not fail.
        let _ = writeln!(
            out,
            "{}{code}{}{title}",
            " ".repeat(2 * depth),
            if title.is_empty() { "" } else { "  " }
        );
    };
    for (depth, entry) in found.path.iter().enumerate() {
        line(entry, Some(if entry.code == found.code { Ink::Strong } else { Ink::Faint }), depth);
    }
    for entry in &found.children {
        line(entry, None, found.path.len());
    }
    let mut note = format!("{} {}", found.edition, found.level);
    match found.children.len() {
        0 => {}
        1 => note.push_str(", 1 code right below"),
        below => note.push_str(&format!(", {below} codes right below")),
    }
    if found.path.iter().all(|entry| entry.title.is_none()) {
        note.push_str(&format!("; our titles are of {}, --titles FILE shows others", Edition::HS2022));
    }
    let _ = writeln!(out, "{}", look.paint(Ink::Faint, &note));
    out
}
