//! What a call returns.

use std::ffi::{CStr, c_char};

use hscode_core::ErrorKind;

/// What a call returns. The numbers never change; later versions may add some.
#[repr(i32)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum hscode_status {
    /// Done; the outputs are written.
    HSCODE_STATUS_OK = 0,
    /// A pointer that has to point somewhere is NULL.
    HSCODE_STATUS_NULL_ARGUMENT = 1,
    /// An argument is not of the form asked for: text that is no UTF-8, a malformed code, an option out of its
    /// range, a struct of a wrong size, a handle that was freed or is of another kind. Fix the call.
    HSCODE_STATUS_INVALID_INPUT = 2,
    /// The code is well formed, but the edition does not have it.
    HSCODE_STATUS_UNKNOWN_CODE = 3,
    /// Two editions meet that do not fit, or an edition is not known.
    HSCODE_STATUS_EDITION_MISMATCH = 4,
    /// A model package or a data file is damaged or of another format. Reinstall it, keep the old one.
    HSCODE_STATUS_PACKAGE = 5,
    /// This library or this model cannot do what was asked.
    HSCODE_STATUS_UNSUPPORTED = 6,
    /// The operating system refused to read. Retry, fix the path.
    HSCODE_STATUS_IO = 7,
    /// A classifier failed while answering.
    HSCODE_STATUS_INFERENCE = 8,
    /// An index is past the end.
    HSCODE_STATUS_OUT_OF_RANGE = 9,
    /// There is not enough memory for what was asked.
    HSCODE_STATUS_NO_MEMORY = 10,
    /// A fault inside this library, which was caught. The handles of the call should be freed; others are not
    /// touched. Please report it.
    HSCODE_STATUS_PANIC = 99,
}

use hscode_status::*;

impl hscode_status {
    pub(crate) fn of(kind: ErrorKind) -> Self {
        match kind {
            ErrorKind::InvalidInput => HSCODE_STATUS_INVALID_INPUT,
            ErrorKind::UnknownCode => HSCODE_STATUS_UNKNOWN_CODE,
            ErrorKind::EditionMismatch => HSCODE_STATUS_EDITION_MISMATCH,
            ErrorKind::Package => HSCODE_STATUS_PACKAGE,
            ErrorKind::Unsupported => HSCODE_STATUS_UNSUPPORTED,
            ErrorKind::Io => HSCODE_STATUS_IO,
            // Kinds that core may add later are failures while answering until they get a number here.
            _ => HSCODE_STATUS_INFERENCE,
        }
    }
}

/// The name of a status in lower snake case, such as `invalid_input`; `unknown` for another number. A static
/// text, never to be freed.
///
/// Threads: any, at once.
#[unsafe(no_mangle)]
pub extern "C" fn hscode_status_name(status: i32) -> *const c_char {
    let name: &'static CStr = match status {
        0 => c"ok",
        1 => c"null_argument",
        2 => c"invalid_input",
        3 => c"unknown_code",
        4 => c"edition_mismatch",
        5 => c"package",
        6 => c"unsupported",
        7 => c"io",
        8 => c"inference",
        9 => c"out_of_range",
        10 => c"no_memory",
        99 => c"panic",
        _ => c"unknown",
    };
    name.as_ptr()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    /// The contract of DESIGN.md, section 5: never renumbered.
    #[test]
    fn numbers_and_names_are_those_of_the_contract() {
        let contract = [
            (HSCODE_STATUS_OK, 0, "ok"),
            (HSCODE_STATUS_NULL_ARGUMENT, 1, "null_argument"),
            (HSCODE_STATUS_INVALID_INPUT, 2, "invalid_input"),
            (HSCODE_STATUS_UNKNOWN_CODE, 3, "unknown_code"),
            (HSCODE_STATUS_EDITION_MISMATCH, 4, "edition_mismatch"),
            (HSCODE_STATUS_PACKAGE, 5, "package"),
            (HSCODE_STATUS_UNSUPPORTED, 6, "unsupported"),
            (HSCODE_STATUS_IO, 7, "io"),
            (HSCODE_STATUS_INFERENCE, 8, "inference"),
            (HSCODE_STATUS_OUT_OF_RANGE, 9, "out_of_range"),
            (HSCODE_STATUS_NO_MEMORY, 10, "no_memory"),
            (HSCODE_STATUS_PANIC, 99, "panic"),
        ];
        for (status, number, name) in contract {
            assert_eq!(status as i32, number);
            // SAFETY: the function gives static texts.
            let seen = unsafe { CStr::from_ptr(hscode_status_name(number)) };
            assert_eq!(seen.to_str().unwrap(), name);
        }
        for kind in [
            ErrorKind::InvalidInput,
            ErrorKind::UnknownCode,
            ErrorKind::EditionMismatch,
            ErrorKind::Package,
            ErrorKind::Unsupported,
            ErrorKind::Io,
            ErrorKind::Inference,
        ] {
            // SAFETY: as above.
            let name = unsafe { CStr::from_ptr(hscode_status_name(hscode_status::of(kind) as i32)) };
            assert_eq!(name.to_str().unwrap(), kind.as_str());
        }
    }
}
