//! Ctrl-C and termination: while rows stream, the first asks the program to stop between batches; before that,
//! and the second time, it stops at once.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use crate::exit::{Failure, Status};

static ASKED: AtomicBool = AtomicBool::new(false);
static ATTENDED: AtomicBool = AtomicBool::new(false);
static PARTIAL: Mutex<Option<PathBuf>> = Mutex::new(None);

/// Listens for Ctrl-C and termination from here on.
pub(crate) fn listen() -> Result<(), Failure> {
    ctrlc::set_handler(|| {
        if ASKED.swap(true, Ordering::SeqCst) || !ATTENDED.load(Ordering::SeqCst) {
            if let Some(partial) = PARTIAL.lock().unwrap_or_else(PoisonError::into_inner).as_deref() {
                let _ = std::fs::remove_file(partial);
            }
            std::process::exit(Status::Interrupted as i32);
        }
    })
    .map_err(|error| Failure::Said(Status::InputOutput, format!("cannot listen for Ctrl-C: {error}")))
}

/// Says that [`asked`] is looked at from here on.
pub(crate) fn attend() {
    ATTENDED.store(true, Ordering::SeqCst);
}

/// Whether the user wants the program to stop.
pub(crate) fn asked() -> bool {
    ASKED.load(Ordering::SeqCst)
}

/// Names the temporary file to remove when the program is stopped at once.
pub(crate) fn remember(partial: Option<&Path>) {
    *PARTIAL.lock().unwrap_or_else(PoisonError::into_inner) = partial.map(Path::to_owned);
}
