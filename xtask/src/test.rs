//! The one command that passes all tests of all languages.

mod older;
mod python;

use std::process::Command;

/// What is run, in order; each step is a cargo command of its own.
const STEPS: [(&str, &[&str]); 2] = [
    ("unit, integration and documentation tests", &["test", "--workspace", "--locked"]),
    ("examples build", &["build", "--package", "hscode-examples", "--locked"]),
];

/// The examples that are run to their end after they are built.
const EXAMPLES: [&str; 4] = ["classify_goods", "house_rules", "own_references", "many_threads"];

/// Runs every step and stops at the first that fails.
pub(crate) fn run(options: &[&str]) -> Result<String, String> {
    if let Some(unknown) = options.first() {
        return Err(format!("test: expected no arguments, saw {unknown:?}\n"));
    }
    for (what, arguments) in STEPS {
        cargo(what, arguments)?;
    }
    for example in EXAMPLES {
        let arguments = ["run", "--quiet", "--locked", "--package", "hscode-examples", "--bin", example];
        cargo(&format!("example {example}"), &arguments)?;
    }
    older::run()?;
    c_library()?;
    python::run()?;
    Ok("all tests passed\n".to_owned())
}

/// Builds programs in C, C++ and other languages against an installed C library, and runs them.
fn c_library() -> Result<(), String> {
    cargo("hscode.h", &["xtask-c", "header", "--check"])?;
    if cfg!(not(target_os = "linux")) {
        return Ok(()); // the script knows Linux; elsewhere the Rust tests of hscode-ffi stand for it
    }
    let script = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../hscode-ffi/tests/consumers.sh");
    let mut consumers = Command::new("bash");
    consumers.arg(script);
    // The command that the tests have just built, beside this program; without it the script builds its own.
    let command = std::env::current_exe().map(|this| this.with_file_name("hscode"));
    if let (None, Ok(command)) = (std::env::var_os("HSCODE"), command)
        && command.exists()
    {
        consumers.env("HSCODE", command);
    }
    let status = consumers.status().map_err(|error| format!("C library: cannot start bash: {error}\n"))?;
    if status.success() { Ok(()) } else { Err(format!("C library: consumers.sh: {status}\n")) }
}

/// Runs a task again in a program that was compiled for speed.
pub(crate) fn optimised(task: &str, options: &[&str]) -> Result<String, String> {
    let mut arguments = vec!["run", "--release", "--quiet", "--locked", "--package", "xtask", "--", task];
    arguments.extend(options);
    cargo(task, &arguments)?;
    Ok(String::new())
}

/// Writes or checks the answers of the embedded model; this program does not carry it.
pub(crate) fn vectors(options: &[&str]) -> Result<String, String> {
    let mut arguments = vec!["run", "--release", "--quiet", "--locked", "--package", "hscode-core"];
    arguments.extend(["--example", "prediction_vectors", "--"]);
    arguments.extend(options);
    cargo("vectors", &arguments)?;
    Ok(String::new())
}

fn cargo(what: &str, arguments: &[&str]) -> Result<(), String> {
    cargo_with(what, arguments, &[])
}

fn cargo_with(what: &str, arguments: &[&str], environment: &[(&str, &str)]) -> Result<(), String> {
    // The cargo that runs this program, so that the pinned toolchain is kept.
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let status = Command::new(cargo)
        .args(arguments)
        .envs(environment.iter().copied())
        .status()
        .map_err(|error| format!("{what}: cannot start cargo: {error}\n"))?;
    if status.success() { Ok(()) } else { Err(format!("{what}: cargo {}: {status}\n", arguments.join(" "))) }
}
