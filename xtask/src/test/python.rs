//! The tests of the Python module: `hscode-py/tests/run.py`.

use std::process::Command;

/// How the script says that it could not test: no Python, no packages.
const MISSING: i32 = 77;

/// Builds the wheel and tests it. Where there is no Python, or no package index to take pytest from, that is said
/// loudly and passes, but not on CI.
pub(super) fn run() -> Result<(), String> {
    let python = std::env::var_os("PYTHON").unwrap_or_else(|| "python3".into());
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../hscode-py/tests/run.py");
    let status = match Command::new(python).arg(script).status() {
        Ok(status) => status,
        Err(error) if std::env::var_os("CI").is_some() => {
            return Err(format!("Python: cannot start python3: {error}\n"));
        }
        Err(error) => {
            crate::complain(&format!("\nThe Python module was NOT TESTED: cannot start python3: {error}\n"));
            return Ok(());
        }
    };
    match status.code() {
        Some(0) => Ok(()),
        Some(MISSING) => {
            crate::complain("\nThe Python module was NOT TESTED; the lines above say what is missing\n");
            Ok(())
        }
        _ => Err(format!("Python: hscode-py/tests/run.py: {status}\n")),
    }
}
