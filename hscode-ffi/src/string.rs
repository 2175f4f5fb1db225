//! Texts that go out and belong to the caller.

use std::ffi::{CString, c_char};

use crate::entry;
use crate::handle::{self, Handle};

/// A text that the caller owns.
pub struct hscode_string {
    _opaque: [u8; 0],
}

// SAFETY: the tag is that of no other type.
unsafe impl Handle for hscode_string {
    const TAG: u64 = handle::tag(b"hscstrng");
    type Value = CString;
}

/// The text for C: a NUL inside, which C would take for the end, becomes a space.
pub(crate) fn c_string(text: &str) -> CString {
    CString::new(text).unwrap_or_else(|_| CString::new(text.replace('\0', " ")).unwrap_or_default())
}

/// The text, NUL-terminated UTF-8; valid until it is freed. An empty text when `string` is NULL or no string.
///
/// Threads: any, at once.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hscode_string_data(string: *const hscode_string) -> *const c_char {
    entry::value(c"".as_ptr(), || {
        // SAFETY: NULL or a handle, as the contract asks.
        Ok(unsafe { handle::get(string, "string")? }.as_ptr())
    })
}

/// The number of bytes of the text, without the NUL at its end.
///
/// Threads: any, at once.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hscode_string_len(string: *const hscode_string) -> usize {
    entry::value(0, || {
        // SAFETY: NULL or a handle, as the contract asks.
        Ok(unsafe { handle::get(string, "string")? }.as_bytes().len())
    })
}

/// Frees a text. NULL is fine; one that was freed, or a handle of another kind, is left alone.
///
/// Threads: one, and no other uses this text meanwhile.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hscode_string_free(string: *mut hscode_string) {
    // SAFETY: NULL or a handle, as the contract asks.
    entry::quietly(|| unsafe { handle::free(string) });
}
