//! The commands.

pub(crate) mod check;
pub(crate) mod classify;
mod classify_view;
pub(crate) mod completions;
pub(crate) mod convert;
pub(crate) mod evaluate;
pub(crate) mod lookup;
pub(crate) mod model;
pub(crate) mod pack;
pub(crate) mod prepare;
pub(crate) mod search;
pub(crate) mod train;
pub(crate) mod tune;

use clap::Parser;

use crate::args::{Args, Command};
use crate::exit::{Failure, Status};

/// Reads the command line and runs the command.
pub(crate) fn run() -> Result<Status, Failure> {
    match Args::parse().command {
        Command::Classify(args) => classify::run(&args),
        Command::Lookup(args) => lookup::run(&args),
        Command::Search(args) => search::run(&args),
        Command::Convert(args) => convert::run(&args),
        Command::Check(args) => check::run(&args),
        Command::Evaluate(args) => evaluate::run(&args),
        Command::Model(command) => model::run(&command),
        Command::Ingest(args) => prepare::ingest(&args),
        Command::Clean(args) => prepare::clean(&args),
        Command::Split(args) => prepare::split(&args),
        Command::Audit(args) => prepare::audit(&args),
        Command::Train(args) => train::run(&args),
        Command::Tune(args) => tune::run(&args),
        Command::Pack(args) => pack::run(&args),
        Command::Completions(args) => completions::run(&args),
    }
}
