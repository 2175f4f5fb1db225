//! How the program ends: exit statuses and the messages before them.

use std::io::{self, Write};
use std::process::ExitCode;

use hscode_core::ErrorKind;

/// The exit statuses of `docs/cli.md`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Status {
    /// All rows are answered.
    Done = 0,
    /// Some rows are bad; the others are answered.
    BadRows = 1,
    /// The command line is wrong.
    Usage = 2,
    /// The model cannot be opened or cannot answer.
    Package = 3,
    /// A file cannot be read or written, or is not what it was said to be.
    InputOutput = 4,
    /// Stopped by Ctrl-C or a signal.
    Interrupted = 130,
}

/// Why a command could not go on.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Said on standard error, with the status.
    Said(Status, String),
    /// Whoever read our standard output has gone: end without a word.
    ReaderGone,
    /// Stopped by the user.
    Interrupted,
}

impl Failure {
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::Said(Status::Usage, message.into())
    }

    /// An error of a file that the user named: wrong content is as bad as none.
    pub(crate) fn file(error: hscode_core::Error) -> Self {
        match Self::from(error) {
            Self::Said(Status::Usage, message) => Self::Said(Status::InputOutput, message),
            other => other,
        }
    }

    /// An error of a model package that the user named: damaged, of another version, or unreadable.
    pub(crate) fn package(error: hscode_core::Error) -> Self {
        Self::Said(Status::Package, error.to_string())
    }

    fn status(&self) -> Status {
        match self {
            Self::Said(status, _) => *status,
            Self::ReaderGone => Status::Done,
            Self::Interrupted => Status::Interrupted,
        }
    }
}

impl From<hscode_core::Error> for Failure {
    fn from(error: hscode_core::Error) -> Self {
        let status = match error.kind() {
            ErrorKind::Package | ErrorKind::Unsupported | ErrorKind::Inference => Status::Package,
            ErrorKind::Io => Status::InputOutput,
            _ => Status::Usage,
        };
        Self::Said(status, error.to_string())
    }
}

impl From<hscode_table::Error> for Failure {
    fn from(error: hscode_table::Error) -> Self {
        let cause = std::error::Error::source(&error).and_then(|source| source.downcast_ref::<io::Error>());
        if cause.is_some_and(|cause| cause.kind() == io::ErrorKind::BrokenPipe) {
            return Self::ReaderGone;
        }
        Self::Said(Status::InputOutput, error.to_string())
    }
}

impl From<io::Error> for Failure {
    /// Of writing to standard output.
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe {
            return Self::ReaderGone;
        }
        Self::Said(Status::InputOutput, format!("standard output: cannot write: {error}"))
    }
}

/// Says what there is to say and gives the exit code.
pub(crate) fn finish(result: Result<Status, Failure>) -> ExitCode {
    let status = match result {
        Ok(status) => status,
        Err(failure) => {
            match &failure {
                Failure::Said(_, message) => say(&format!("hscode: {message}")),
                Failure::Interrupted => say("hscode: stopped"),
                Failure::ReaderGone => {}
            }
            failure.status()
        }
    };
    ExitCode::from(status as u8)
}

/// Ends at once, without waiting for threads that may be blocked in reading.
pub(crate) fn now(failure: Failure) -> ! {
    let status = failure.status();
    finish(Err(failure));
    std::process::exit(status as i32)
}

/// Writes a line to standard error; nobody can be told when that fails.
pub(crate) fn say(line: &str) {
    let _ = writeln!(io::stderr().lock(), "{line}");
}
