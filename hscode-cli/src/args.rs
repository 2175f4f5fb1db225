//! The command line: commands, options, help.

use clap::{Parser, Subcommand};

use crate::commands::{
    check, classify, completions, convert, evaluate, lookup, model, pack, prepare, search, train, tune,
};

/// HS codes from goods descriptions.
#[derive(Debug, Parser)]
#[command(
    name = "hscode",
    version,
    about = "Harmonized System (HS) codes from goods descriptions",
    after_help = "\
Examples:
  hscode classify \"mens cotton crew neck tee\"
  hscode classify --input goods.csv --column description --output answers.jsonl
  hscode lookup 6109.10
  hscode search \"table lamp\"
  hscode convert 851712 --from HS2017 --to HS2022
  hscode check \"gift\"
  hscode evaluate --data goods.csv --text-column description --code-column code

Exit status: 0 all rows answered, 1 some rows bad, 2 usage, 3 model package, 4 input or output,
130 stopped by Ctrl-C. `hscode COMMAND --help` says more of each command.",
    disable_help_subcommand = true
)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// One command each; its file in `commands` holds its options.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Classify(classify::ClassifyArgs),
    Lookup(lookup::LookupArgs),
    Search(search::SearchArgs),
    Convert(convert::ConvertArgs),
    Check(check::CheckArgs),
    Evaluate(evaluate::EvaluateArgs),
    #[command(subcommand)]
    Model(model::ModelCommand),
    Ingest(prepare::IngestArgs),
    Clean(prepare::CleanArgs),
    Split(prepare::SplitArgs),
    Audit(prepare::AuditArgs),
    Train(train::TrainArgs),
    Tune(tune::TuneArgs),
    Pack(pack::PackArgs),
    Completions(completions::CompletionsArgs),
}
