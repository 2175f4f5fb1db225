//! The way into every function: panics are caught here, failures reported.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::error::{Failure, hscode_error};
use crate::status::hscode_status;

/// Runs the body of a function that returns a status; writes the error to `err` unless that is NULL.
pub(crate) fn run(err: *mut *mut hscode_error, body: impl FnOnce() -> Result<(), Failure>) -> hscode_status {
    let failure = match catch_unwind(AssertUnwindSafe(body)) {
        Ok(Ok(())) => return hscode_status::HSCODE_STATUS_OK,
        Ok(Err(failure)) => failure,
        Err(payload) => panicked(payload),
    };
    let status = failure.status;
    if !err.is_null() {
        quietly(|| {
            let handle = failure.into_handle();
            // SAFETY: not NULL, so the caller gave a place for the error.
            unsafe { err.write_unaligned(handle) };
        });
    }
    status
}

/// Runs the body of a function that cannot report; it gives `otherwise` when the body fails.
pub(crate) fn value<T>(otherwise: T, body: impl FnOnce() -> Result<T, Failure>) -> T {
    match catch_unwind(AssertUnwindSafe(body)) {
        Ok(Ok(value)) => value,
        Ok(Err(_)) => otherwise,
        Err(payload) => {
            discard(payload);
            otherwise
        }
    }
}

/// Runs a body that gives nothing back.
pub(crate) fn quietly(body: impl FnOnce()) {
    if let Err(payload) = catch_unwind(AssertUnwindSafe(body)) {
        discard(payload);
    }
}

fn panicked(payload: Box<dyn Any + Send>) -> Failure {
    discard(payload);
    // The panic's own words may hold a description: they go no further.
    Failure::new(
        hscode_status::HSCODE_STATUS_PANIC,
        "a fault inside the library, please report it; free the handles of this call",
    )
}

/// Drops what a panic carried; that may panic again, and ends then.
fn discard(payload: Box<dyn Any + Send>) {
    if let Err(again) = catch_unwind(AssertUnwindSafe(|| drop(payload))) {
        std::mem::forget(again);
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic)]
mod tests {
    use super::*;
    use crate::error::{hscode_error_free, hscode_error_message, hscode_error_status};
    use std::ffi::CStr;

    struct PanicsAgain;

    impl Drop for PanicsAgain {
        fn drop(&mut self) {
            panic!("dropped");
        }
    }

    #[test]
    fn a_panic_is_status_99_with_an_error() {
        let mut err = std::ptr::null_mut();
        let status = run(&raw mut err, || panic!("secret goods"));
        assert_eq!(status, hscode_status::HSCODE_STATUS_PANIC);
        // SAFETY: `err` was just written.
        unsafe {
            assert_eq!(hscode_error_status(err), 99);
            let message = CStr::from_ptr(hscode_error_message(err)).to_str().unwrap().to_owned();
            assert!(message.contains("please report") && !message.contains("secret"), "{message}");
            hscode_error_free(err);
        }
    }

    #[test]
    fn panics_without_a_place_for_the_error_or_twice_are_caught_too() {
        assert_eq!(run(std::ptr::null_mut(), || panic!("no place")), hscode_status::HSCODE_STATUS_PANIC);
        let twice = run(std::ptr::null_mut(), || std::panic::panic_any(PanicsAgain));
        assert_eq!(twice, hscode_status::HSCODE_STATUS_PANIC);
        assert_eq!(value(7, || panic!("value")), 7);
        quietly(|| panic!("quiet"));
    }

    #[test]
    fn success_leaves_the_error_alone() {
        let mut err = std::ptr::dangling_mut();
        let before = err;
        assert_eq!(run(&raw mut err, || Ok(())), hscode_status::HSCODE_STATUS_OK);
        assert_eq!(err, before);
    }
}
