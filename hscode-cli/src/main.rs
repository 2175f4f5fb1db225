//! The `hscode` command: HS codes from goods descriptions, files and streams.
//!
//! Thin over the library: each command has its own file, the streaming of rows is in `rows`, what a person
//! sees is in `human`.

mod args;
mod commands;
mod exit;
mod human;
mod interrupt;
mod io;
mod model;
mod progress;
mod references;
mod rows;
mod steps;
mod titles;

use std::process::ExitCode;

fn main() -> ExitCode {
    exit::finish(commands::run())
}
