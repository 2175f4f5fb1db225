//! Tasks of the C library: `cargo xtask-c`.

mod header;
mod install;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

const USAGE: &str = "\
Usage: cargo xtask-c TASK

Tasks:
  header [--check]
      Writes hscode-ffi/include/hscode.h from the sources. --check writes nothing and fails if it would change.
  install --prefix DIR [--libdir DIR] [--destdir DIR] [--features LIST] [--from LIBRARY]
      Builds the C library for release and installs it: shared and static library, headers, pkg-config file, CMake
      package. --libdir: where libraries go, below the prefix (default: lib). --destdir: put before all paths.
      --features: further features, such as onnx. --from: a libhscode_ffi.a that is built already.
  symbols LIBRARY
      Compares what a shared library exports with hscode-ffi/symbols.txt.
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match arguments.split_first() {
        Some((&"header", options)) => header::run(options),
        Some((&"install", options)) => install::run(options),
        Some((&"symbols", [library])) => install::symbols::check(Path::new(library)),
        _ => Err(USAGE.to_owned()),
    };
    match done {
        Ok(report) => {
            show(&report);
            ExitCode::SUCCESS
        }
        Err(why) => {
            complain(&why);
            ExitCode::from(2)
        }
    }
}

/// The folder of the C library's crate.
fn crate_dir() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_owned()
}

#[allow(clippy::print_stdout, reason = "a command answers on standard output")]
fn show(report: &str) {
    print!("{report}");
}

#[allow(clippy::print_stderr, reason = "a command complains on standard error")]
fn complain(why: &str) {
    eprint!("{why}");
}
