//! Errors: what went wrong, as a status and a message.

use std::error::Error as _;
use std::ffi::{CString, c_char};

use crate::entry;
use crate::handle::{self, Handle};
use crate::status::hscode_status;
use crate::string::c_string;

/// What went wrong: a status, and a message for people.
///
/// Messages say what was expected, what was seen and where. They never hold a whole description.
pub struct hscode_error {
    _opaque: [u8; 0],
}

// SAFETY: the tag is that of no other type.
unsafe impl Handle for hscode_error {
    const TAG: u64 = handle::tag(b"hscerror");
    type Value = Reported;
}

/// What an [`hscode_error`] holds.
pub(crate) struct Reported {
    status: hscode_status,
    message: CString,
}

/// A failure on its way to the caller.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) status: hscode_status,
    pub(crate) message: String,
}

impl Failure {
    pub(crate) fn new(status: hscode_status, message: impl Into<String>) -> Self {
        Self { status, message: message.into() }
    }

    pub(crate) fn null(what: &str) -> Self {
        Self::new(hscode_status::HSCODE_STATUS_NULL_ARGUMENT, format!("{what}: is NULL"))
    }

    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self::new(hscode_status::HSCODE_STATUS_INVALID_INPUT, message)
    }

    /// An index that is not below `len`.
    pub(crate) fn past(what: &str, index: usize, len: usize) -> Self {
        Self::new(
            hscode_status::HSCODE_STATUS_OUT_OF_RANGE,
            format!("{what} {index}: expected an index below {len}"),
        )
    }

    pub(crate) fn no_memory(what: &str) -> Self {
        Self::new(hscode_status::HSCODE_STATUS_NO_MEMORY, format!("{what}: not enough memory"))
    }

    /// Puts a place before the message.
    pub(crate) fn at(mut self, place: impl std::fmt::Display) -> Self {
        self.message = format!("{place}: {}", self.message);
        self
    }

    pub(crate) fn into_handle(self) -> *mut hscode_error {
        handle::make(Reported { status: self.status, message: c_string(&self.message) })
    }
}

impl From<hscode_core::Error> for Failure {
    fn from(error: hscode_core::Error) -> Self {
        let mut message = error.to_string();
        let mut cause = error.source();
        while let Some(below) = cause {
            let below_text = below.to_string();
            if !message.contains(&below_text) {
                message = format!("{message}: {below_text}");
            }
            cause = below.source();
        }
        Self::new(hscode_status::of(error.kind()), message)
    }
}

/// The status of an error: that which the failed call returned. 0 when `error` is NULL or no error.
///
/// Threads: any, at once.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hscode_error_status(error: *const hscode_error) -> i32 {
    entry::value(0, || {
        // SAFETY: NULL or a handle, as the contract asks.
        let error = unsafe { handle::get(error, "error")? };
        Ok(error.status as i32)
    })
}

/// The message of an error, NUL-terminated UTF-8; valid until the error is freed. An empty text when `error` is
/// NULL or no error.
///
/// Threads: any, at once.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hscode_error_message(error: *const hscode_error) -> *const c_char {
    entry::value(c"".as_ptr(), || {
        // SAFETY: NULL or a handle, as the contract asks.
        let error = unsafe { handle::get(error, "error")? };
        Ok(error.message.as_ptr())
    })
}

/// Frees an error. NULL is fine; an error that was freed, or a handle of another kind, is left alone.
///
/// Threads: one, and no other uses this error meanwhile.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hscode_error_free(error: *mut hscode_error) {
    // SAFETY: NULL or a handle, as the contract asks.
    entry::quietly(|| unsafe { handle::free(error) });
}
