//! Versions: of the binary interface, and of the release.

use std::ffi::{CStr, c_char};

/// The major number of the binary interface; a program built for another one does not fit. The name of the
/// shared library carries it (`libhscode.so.1`).
pub const HSCODE_ABI_MAJOR: u32 = 1;

/// The minor number; it rises whenever functions are added. A program built for a lower one fits.
pub const HSCODE_ABI_MINOR: u32 = 0;

const VERSION: &CStr = match CStr::from_bytes_with_nul(concat!(env!("CARGO_PKG_VERSION"), "\0").as_bytes()) {
    Ok(version) => version,
    Err(_) => c"",
};

/// The version of the binary interface of the library that is loaded: the major number times 65536, plus the
/// minor number.
///
/// A host that loads the library by itself compares it first: `hscode_abi_version() >> 16 == HSCODE_ABI_MAJOR`.
///
/// Threads: any, at once.
#[unsafe(no_mangle)]
pub extern "C" fn hscode_abi_version() -> u32 {
    (HSCODE_ABI_MAJOR << 16) | HSCODE_ABI_MINOR
}

/// The version of the release, such as `0.1.0`. A static text, never to be freed.
///
/// Threads: any, at once.
#[unsafe(no_mangle)]
pub extern "C" fn hscode_version() -> *const c_char {
    VERSION.as_ptr()
}
