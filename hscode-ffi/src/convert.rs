//! From one edition to another.

use std::ffi::c_char;

use hscode_core::{Change, CorrelationTable, Link, Target};

use crate::code;
use crate::entry;
use crate::error::hscode_error;
use crate::nomenclature::edition;
use crate::out::{Out, OutArray};
use crate::status::hscode_status;

/// How a code changed, seen from the edition that is converted from.
#[repr(i32)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum hscode_change {
    /// One code to one, with the same number.
    HSCODE_CHANGE_SAME = 1,
    /// One code to one, with another number.
    HSCODE_CHANGE_RENUMBERED = 2,
    /// The code has several targets, and this target has no other source.
    HSCODE_CHANGE_SPLIT = 3,
    /// The code has this one target, and the target has further sources.
    HSCODE_CHANGE_MERGED = 4,
    /// The code has several targets, and this target has further sources.
    HSCODE_CHANGE_COMPLEX = 5,
}

/// What a target rests on.
#[repr(i32)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum hscode_link {
    /// The correlation table lists the pair.
    HSCODE_LINK_LISTED = 1,
    /// It was worked out through a third edition and may be too wide.
    HSCODE_LINK_COMPOSED = 2,
    /// The table lists the pair, but the newer code gathers small parts of very many older ones: seldom what one
    /// looks for.
    HSCODE_LINK_GATHERING = 3,
}

/// A code of the edition that is converted to.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct hscode_target {
    /// The digits, then NULs.
    pub code: [c_char; 16],
    /// An `hscode_change`.
    pub change: i32,
    /// An `hscode_link`.
    pub link: i32,
}

impl hscode_target {
    fn of(target: &Target) -> Self {
        let change = match target.change {
            Change::Same => hscode_change::HSCODE_CHANGE_SAME,
            Change::Renumbered => hscode_change::HSCODE_CHANGE_RENUMBERED,
            Change::Split => hscode_change::HSCODE_CHANGE_SPLIT,
            Change::Merged => hscode_change::HSCODE_CHANGE_MERGED,
            Change::Complex => hscode_change::HSCODE_CHANGE_COMPLEX,
        };
        let link = match target.link {
            Link::Listed => hscode_link::HSCODE_LINK_LISTED,
            Link::Composed => hscode_link::HSCODE_LINK_COMPOSED,
            Link::Gathering => hscode_link::HSCODE_LINK_GATHERING,
        };
        Self { code: code::field(target.code), change: change as i32, link: link as i32 }
    }
}

/// The codes of another edition that the goods of a code may fall under: first the main ones, then the gathering
/// ones, each part in the order of the tariff.
///
/// `code`: NUL-terminated, or padded with spaces to 16 bytes. `from`, `to`: editions `HS1992` to `HS2022`,
/// NUL-terminated. `targets`, `room`: an array of the caller; the first `room` targets are written, `targets` may be
/// NULL where `room` is 0. `count`: how many there are, also where there is less room; at least 1. `err` may be
/// NULL.
///
/// Threads: any, at once. Statuses: NULL_ARGUMENT; INVALID_INPUT for a malformed code; UNKNOWN_CODE when `from` does
/// not have it, with a hint where it is; EDITION_MISMATCH for an edition that is not known; UNSUPPORTED for a
/// national tariff.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hscode_convert(
    code: *const c_char,
    from: *const c_char,
    to: *const c_char,
    targets: *mut hscode_target,
    room: usize,
    count: *mut usize,
    err: *mut *mut hscode_error,
) -> hscode_status {
    entry::run(err, || {
        let (targets, count) = (OutArray::new(targets, room, "targets")?, Out::new(count, "count")?);
        // SAFETY: the contract of all functions.
        let (code, from, to) =
            unsafe { (code::read(code, "code")?, edition(from, "from")?, edition(to, "to")?) };
        let found = CorrelationTable::between(&from, &to)?.convert(code)?;
        // SAFETY: as above.
        unsafe { count.write(targets.fill(found.iter().map(hscode_target::of))) };
        Ok(())
    })
}
