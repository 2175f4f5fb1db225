//! Codes: how they come in, how they go out.

use std::ffi::c_char;

use hscode_core::{HsCode, Level};

use crate::entry;
use crate::error::{Failure, hscode_error};
use crate::out::Out;
use crate::status::hscode_status;
use crate::text::{name, text};

/// The size of every field that holds a code: 10 digits at most, and NULs up to the end.
pub const HSCODE_CODE_SIZE: usize = 16;

/// A code: digits, then NULs up to the end of the field; all NULs where there is no code.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct hscode_code {
    /// The digits, such as `610910`.
    pub digits: [c_char; 16],
}

/// How deep a code goes: the number of its digits.
#[repr(i32)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum hscode_level {
    /// In options: the deepest level that the classifier answers.
    HSCODE_LEVEL_DEEPEST = 0,
    /// Two digits.
    HSCODE_LEVEL_CHAPTER = 2,
    /// Four digits.
    HSCODE_LEVEL_HEADING = 4,
    /// Six digits: the deepest international level.
    HSCODE_LEVEL_SUBHEADING = 6,
    /// Eight or ten digits: national.
    HSCODE_LEVEL_TARIFF_LINE = 8,
}

/// The longest spelling of a code that is read: ten digits with separators.
const MOST: usize = HSCODE_CODE_SIZE;

const LEVELS: [Level; 4] = [Level::Chapter, Level::Heading, Level::Subheading, Level::TariffLine];

/// The field of a code.
pub(crate) fn field(code: HsCode) -> [c_char; 16] {
    let mut field = [0; 16];
    for (place, digit) in field.iter_mut().zip(code.as_str().bytes()) {
        *place = digit as c_char;
    }
    field
}

/// The field where there may be no code.
pub(crate) fn field_or_empty(code: Option<HsCode>) -> [c_char; 16] {
    code.map_or([0; 16], field)
}

impl hscode_code {
    pub(crate) fn of(code: HsCode) -> Self {
        Self { digits: field(code) }
    }
}

/// The number of a level.
pub(crate) fn level_number(level: Level) -> i32 {
    match level {
        Level::Chapter => 2,
        Level::Heading => 4,
        Level::Subheading => 6,
        Level::TariffLine => 8,
    }
}

/// The level of a number.
pub(crate) fn level(number: i32, what: &str) -> Result<Level, Failure> {
    LEVELS
        .into_iter()
        .find(|level| level_number(*level) == number)
        .ok_or_else(|| Failure::invalid(format!("{what} {number}: expected 2, 4, 6 or 8 digits")))
}

/// A caller's code.
///
/// # Safety
/// `code` is NULL or points to a short name as [`name`] reads it.
pub(crate) unsafe fn read(code: *const c_char, what: &str) -> Result<HsCode, Failure> {
    // SAFETY: as promised.
    let text = unsafe { name(code, MOST, what)? };
    HsCode::parse(text).map_err(|error| Failure::from(error).at(what))
}

/// Reads a code as people write it: 2, 4, 6, 8 or 10 digits, dots and spaces between pairs of digits.
///
/// `utf8`, `len`: the text, such as `6109.10`. `out`: the digits, `610910`. A well-formed code need not exist:
/// ask a nomenclature. `err` may be NULL.
///
/// Threads: any, at once. Statuses: NULL_ARGUMENT; INVALID_INPUT when it is no code, with the hint that a
/// spreadsheet may have dropped a leading zero.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hscode_code_parse(
    utf8: *const u8,
    len: usize,
    out: *mut hscode_code,
    err: *mut *mut hscode_error,
) -> hscode_status {
    entry::run(err, || {
        let out = Out::new(out, "out")?;
        // SAFETY: the contract of all functions.
        let code = HsCode::parse(unsafe { text(utf8, len, "text")? })?;
        // SAFETY: as above.
        unsafe { out.write(hscode_code::of(code)) };
        Ok(())
    })
}

/// Writes a code as the tariff prints it, such as `6109.10`, NUL-terminated.
///
/// `code`: NUL-terminated, or padded with spaces to 16 bytes; no more than 16 bytes are read. `out`: 16 bytes.
/// `err` may be NULL.
///
/// Threads: any, at once. Statuses: NULL_ARGUMENT; INVALID_INPUT when it is no code.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hscode_code_dotted(
    code: *const c_char,
    out: *mut hscode_code,
    err: *mut *mut hscode_error,
) -> hscode_status {
    entry::run(err, || {
        let out = Out::new(out, "out")?;
        // SAFETY: the contract of all functions.
        let code = unsafe { read(code, "code")? };
        let mut digits = [0; 16];
        for (place, byte) in digits.iter_mut().zip(code.dotted().bytes()) {
            *place = byte as c_char;
        }
        // SAFETY: as above.
        unsafe { out.write(hscode_code { digits }) };
        Ok(())
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_numbers_of_digits() {
        for level_ in LEVELS {
            assert_eq!(level(level_number(level_), "level").unwrap(), level_);
            assert_eq!(level_number(level_) as usize, level_.digits());
        }
        assert_eq!(hscode_level::HSCODE_LEVEL_TARIFF_LINE as i32, level_number(Level::TariffLine));
        for wrong in [-1, 0, 1, 3, 7, 10, i32::MAX] {
            assert!(level(wrong, "level").is_err());
        }
    }

    #[test]
    fn the_longest_dotted_code_fits_its_field() {
        let code = HsCode::parse("6109.10.00.12").unwrap();
        assert!(code.dotted().len() < HSCODE_CODE_SIZE && code.as_str().len() < HSCODE_CODE_SIZE);
    }
}
