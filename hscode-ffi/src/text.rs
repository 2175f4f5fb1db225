//! Texts that come in: pointer and length, or short names.

use std::ffi::c_char;

use crate::error::Failure;

/// The longest text or array, in bytes: no object is longer.
pub(crate) const MAX_LEN: usize = isize::MAX as usize;

/// The longest path read, in bytes.
const MAX_PATH: usize = 32_768;

/// A text: `len` bytes of UTF-8, without a NUL at the end. `utf8` may be NULL where `len` is 0.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct hscode_str {
    /// The first byte.
    pub utf8: *const u8,
    /// The number of bytes.
    pub len: usize,
}

impl hscode_str {
    pub(crate) fn of(text: &str) -> Self {
        Self { utf8: text.as_ptr(), len: text.len() }
    }

    /// # Safety
    /// As [`text`].
    pub(crate) unsafe fn read<'a>(self, what: &str) -> Result<&'a str, Failure> {
        // SAFETY: as promised.
        unsafe { text(self.utf8, self.len, what) }
    }
}

/// A caller's text.
///
/// # Safety
/// `utf8` is NULL or points to `len` bytes that stay for `'a`.
pub(crate) unsafe fn text<'a>(utf8: *const u8, len: usize, what: &str) -> Result<&'a str, Failure> {
    if len == 0 {
        return Ok("");
    }
    if utf8.is_null() {
        return Err(Failure::null(what));
    }
    if len > MAX_LEN {
        return Err(Failure::invalid(format!(
            "{what}: a length of {len} bytes is more than any memory holds"
        )));
    }
    // SAFETY: not NULL, not too long, and there by the caller's promise.
    let bytes = unsafe { std::slice::from_raw_parts(utf8, len) };
    std::str::from_utf8(bytes).map_err(|error| {
        let at = error.valid_up_to();
        let byte = bytes.get(at).copied().unwrap_or_default();
        Failure::invalid(format!("{what}: expected UTF-8, saw the byte 0x{byte:02X} at {at} of {len}"))
    })
}

/// The text at `index` of a caller's array.
///
/// # Safety
/// `texts` points to more than `index` texts.
pub(crate) unsafe fn nth(texts: *const hscode_str, index: usize) -> hscode_str {
    // SAFETY: within the array by the caller's promise; unaligned, as everything of the caller may be.
    unsafe { texts.add(index).read_unaligned() }
}

/// Checks that an array of `n` texts may be there.
pub(crate) fn check_array(texts: *const hscode_str, n: usize) -> Result<(), Failure> {
    if texts.is_null() && n > 0 {
        return Err(Failure::null("texts"));
    }
    if n.checked_mul(size_of::<hscode_str>()).is_none_or(|bytes| bytes > MAX_LEN) {
        return Err(Failure::invalid(format!("n: {n} texts are more than any memory holds")));
    }
    Ok(())
}

/// A short name: it ends with a NUL, or has `most` bytes with spaces at the end. No byte past the first NUL or
/// past `most` is looked at.
///
/// # Safety
/// `name` is NULL or points to such a text that stays for `'a`.
pub(crate) unsafe fn name<'a>(name: *const c_char, most: usize, what: &str) -> Result<&'a str, Failure> {
    // SAFETY: as promised.
    unsafe { up_to_nul(name, most, what) }.map(|text| text.trim_end_matches(' '))
}

/// A path: UTF-8 that ends with a NUL.
///
/// # Safety
/// `path` is NULL or points to such a text that stays for `'a`.
pub(crate) unsafe fn path<'a>(path: *const c_char, what: &str) -> Result<&'a str, Failure> {
    // SAFETY: as promised.
    let text = unsafe { up_to_nul(path, MAX_PATH, what)? };
    if text.is_empty() || text.len() == MAX_PATH {
        return Err(Failure::invalid(format!(
            "{what}: expected a path of 1 to {} bytes that ends with a NUL",
            MAX_PATH - 1
        )));
    }
    Ok(text)
}

unsafe fn up_to_nul<'a>(text: *const c_char, most: usize, what: &str) -> Result<&'a str, Failure> {
    if text.is_null() {
        return Err(Failure::null(what));
    }
    let bytes = text.cast::<u8>();
    // SAFETY: byte by byte up to the NUL, or to `most`; the caller of `name` or `path` promises as much.
    let len = (0..most).find(|&at| unsafe { bytes.add(at).read() } == 0).unwrap_or(most);
    // SAFETY: these bytes were just read.
    unsafe { self::text(bytes, len, what) }
}
