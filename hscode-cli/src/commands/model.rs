//! `hscode model`: what a model is.

use std::io::Write;
use std::path::PathBuf;

use serde::Serialize;

use crate::exit::{Failure, Status};
use crate::human::{Ink, Look};
use crate::model;

/// Describes models
#[derive(Debug, clap::Subcommand)]
pub(crate) enum ModelCommand {
    Info(InfoArgs),
}

/// Shows what a model is: its classifier, edition, level and number of codes
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  hscode model info
  hscode model info --json

Exit status: 0, 2 usage, 3 the model cannot be opened, 4 input or output.")]
pub(crate) struct InfoArgs {
    /// Folder of a model package [default: the embedded model]
    #[arg(value_name = "DIR")]
    model: Option<PathBuf>,

    /// One JSON object instead of text
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Info<'a> {
    classifier: &'a str,
    model: &'a str,
    edition: &'a str,
    level: &'static str,
    codes: usize,
    embedded: bool,
    version: &'static str,
}

pub(crate) fn run(command: &ModelCommand) -> Result<Status, Failure> {
    match command {
        ModelCommand::Info(args) => info(args),
    }
}

fn info(args: &InfoArgs) -> Result<Status, Failure> {
    let classifier = model::open(args.model.as_deref())?;
    let about = classifier.info();
    let info = Info {
        classifier: about.name(),
        model: about.model(),
        edition: about.edition().as_str(),
        level: about.level().as_str(),
        codes: about.classes(),
        embedded: args.model.is_none(),
        version: env!("CARGO_PKG_VERSION"),
    };
    let mut stdout = std::io::stdout().lock();
    if args.json {
        writeln!(stdout, "{}", serde_json::to_string(&info).map_err(std::io::Error::from)?)?;
        return Ok(Status::Done);
    }
    let look = Look::of_stdout();
    let from = if info.embedded { "embedded in this program" } else { "a package" };
    let lines = [
        ("model", info.model.to_owned()),
        ("from", from.to_owned()),
        ("classifier", info.classifier.to_owned()),
        ("edition", info.edition.to_owned()),
        ("answers", format!("{} codes of the level {}", info.codes, info.level)),
        ("hscode", info.version.to_owned()),
    ];
    for (name, value) in lines {
        writeln!(stdout, "{} {value}", look.paint(Ink::Faint, &format!("{name:<11}")))?;
    }
    Ok(Status::Done)
}
