//! What a long step tells its caller, and how the caller stops it.

use std::fmt;

use hscode_core::{Error, ErrorKind};

use crate::models::LogEntry;

/// Hears how a step goes and may ask it to stop.
///
/// The library prints nothing; a front end draws its bars from these calls. Every method has an empty default,
/// so an implementation takes what it needs. Calls come from the thread that runs the step, in order: `begin`,
/// then any number of `advance` and `note`, then `end` (which is left out when the step fails or stops).
///
/// ```
/// use std::sync::atomic::{AtomicBool, Ordering};
/// use hscode_train::progress::{Progress, StepError, check};
///
/// /// Stops when Ctrl-C has set the flag.
/// struct CtrlC(AtomicBool);
/// impl Progress for CtrlC {
///     fn stop(&self) -> bool {
///         self.0.load(Ordering::Relaxed)
///     }
/// }
///
/// let watch = CtrlC(AtomicBool::new(true));
/// assert!(matches!(check(&watch), Err(StepError::Stopped)));
/// ```
pub trait Progress: Sync {
    /// A piece of work starts: its name, what is counted (`rows`, `steps`) and how many there will be, if known.
    fn begin(&self, _name: &str, _unit: &str, _total: Option<u64>) {}

    /// So many units of the piece are done, counted from its start.
    fn advance(&self, _done: u64) {}

    /// One line for people: a count, a loss, a file written. Never a description.
    fn note(&self, _line: &str) {}

    /// A model that learns was measured; [`stop`](Self::stop) is asked next. A run that goes on from a checkpoint
    /// tells the measurements before it again.
    fn measured(&self, _entry: &LogEntry) {}

    /// The piece is complete.
    fn end(&self) {}

    /// Whether the step should stop at the next safe place; asked between batches, so answer fast.
    fn stop(&self) -> bool {
        false
    }
}

/// Hears nothing and never stops.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Progress for Silent {}

/// Why a step did not finish.
#[derive(Debug)]
pub enum StepError {
    /// The caller asked to stop. What was complete is kept; running the same command again goes on from there.
    Stopped,
    /// Something is wrong with the input, the settings or the disk.
    Failed(Error),
}

impl From<Error> for StepError {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

impl fmt::Display for StepError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stopped => f.write_str("stopped; the same command goes on from the last complete step"),
            Self::Failed(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for StepError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Stopped => None,
            Self::Failed(error) => std::error::Error::source(error),
        }
    }
}

/// Stops when the caller asked for it.
///
/// # Errors
/// [`StepError::Stopped`] when [`Progress::stop`] says so.
pub fn check(progress: &dyn Progress) -> Result<(), StepError> {
    if progress.stop() { Err(StepError::Stopped) } else { Ok(()) }
}

/// Counts units and reports every few thousand, so that hot loops do not pay for a call each.
pub(crate) struct Ticker<'a> {
    progress: &'a dyn Progress,
    done: u64,
}

impl<'a> Ticker<'a> {
    const EVERY: u64 = 4096;

    pub(crate) fn begin(progress: &'a dyn Progress, name: &str, unit: &str, total: Option<u64>) -> Self {
        progress.begin(name, unit, total);
        Self { progress, done: 0 }
    }

    /// Counts one unit; now and then reports and looks at the stop flag.
    pub(crate) fn tick(&mut self) -> Result<(), StepError> {
        self.done += 1;
        if self.done.is_multiple_of(Self::EVERY) {
            self.progress.advance(self.done);
            check(self.progress)?;
        }
        Ok(())
    }

    pub(crate) fn end(self) -> Result<(), StepError> {
        self.progress.advance(self.done);
        self.progress.end();
        check(self.progress)
    }
}

/// An error about a file, with the operating system's words as its cause.
pub(crate) fn io_error(place: impl fmt::Display, what: &str, error: std::io::Error) -> Error {
    Error::new(ErrorKind::Io, format!("{place}: cannot {what}: {error}")).with_source(error)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU64, Ordering};

    struct StopsAfter(AtomicU64, u64);
    impl Progress for StopsAfter {
        fn advance(&self, done: u64) {
            self.0.store(done, Ordering::Relaxed);
        }
        fn stop(&self) -> bool {
            self.0.load(Ordering::Relaxed) >= self.1
        }
    }

    #[test]
    fn a_ticker_reports_and_stops() {
        let watch = StopsAfter(AtomicU64::new(0), 8192);
        let mut ticker = Ticker::begin(&watch, "x", "rows", None);
        let stopped = (0..20_000).find(|_| ticker.tick().is_err());
        assert_eq!(stopped, Some(8191));
        assert!(matches!(ticker.end(), Err(StepError::Stopped)));
        assert!(Ticker::begin(&Silent, "x", "rows", Some(1)).end().is_ok());
    }

    #[test]
    fn errors_keep_their_cause() {
        let error: StepError = io_error("a.jsonl", "write", std::io::Error::other("disk gone")).into();
        assert_eq!(error.to_string(), "a.jsonl: cannot write: disk gone");
        assert!(std::error::Error::source(&error).is_some());
    }
}
