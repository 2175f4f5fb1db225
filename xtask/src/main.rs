//! Tasks of the repository that are no part of the product: `cargo xtask`.

mod model;
mod nomenclature;
mod test;

use std::process::ExitCode;

const USAGE: &str = "\
Usage: cargo xtask TASK

Tasks:
  test
      Runs all tests of all languages, and the examples to their end.
  nomenclature [--from DIR] [--check]
      Writes hscode-core/data/nomenclature: the codes of the editions and their correlation from the UN tables in
      DIR (hsYYYY.csv.gz, correlation_un.csv.gz, conversion_un.csv.gz), the titles from data/titles.
      Without --from only the titles are renewed. --check writes nothing and fails if a file would change.
  model [--check | --figures DIR]
      Writes the model packages of the repository by the recipes in data/model: hscode-core/model, which the binary
      carries, and tests/packages/tiny. --check writes nothing and fails if a file would change. --figures takes
      the figures of the embedded model from the report that `hscode evaluate --report DIR` wrote.
  default-model [--check | --from MODEL.bin]
      Trains the network of the embedded model from data/ alone, about 20 minutes on two free cores, and makes the
      packages anew. A run that was stopped goes on. --check fails where a byte differs from the committed one.
      --from takes a network that was trained before instead.
  vectors [--check]
      Writes tests/vectors/predictions.jsonl: descriptions in many scripts with the exact answers of the
      embedded model. --check writes nothing and fails if the file would change.
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match arguments.split_first() {
        Some((&"nomenclature", options)) => nomenclature::run(options),
        Some((&"model", options)) => model::run(options),
        // Training is for optimised code.
        Some((&"default-model", options)) if cfg!(debug_assertions) => {
            test::optimised("default-model", options)
        }
        Some((&"default-model", options)) => model::train(options),
        Some((&"test", options)) => test::run(options),
        Some((&"vectors", options)) => test::vectors(options),
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

#[allow(clippy::print_stdout, reason = "a command answers on standard output")]
fn show(report: &str) {
    print!("{report}");
}

#[allow(clippy::print_stderr, reason = "a command complains on standard error")]
fn complain(why: &str) {
    eprintln!("{why}");
}
