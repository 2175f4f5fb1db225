//! Codes and titles of an edition.

use std::ffi::{CString, c_char};
use std::sync::OnceLock;

use hscode_core::{Edition, HsCode, Nomenclature};

use crate::code::{self, hscode_code};
use crate::entry;
use crate::error::{Failure, hscode_error};
use crate::handle::{self, Handle};
use crate::out::{Out, OutArray};
use crate::prediction::hscode_candidate;
use crate::status::hscode_status;
use crate::string::c_string;
use crate::text::{self, path};

/// All codes of one edition, with titles where there are any. May be used by many threads at once.
pub struct hscode_nomenclature {
    _opaque: [u8; 0],
}

// SAFETY: the tag is that of no other type.
unsafe impl Handle for hscode_nomenclature {
    const TAG: u64 = handle::tag(b"hscnomen");
    type Value = Table;
}

/// What an [`hscode_nomenclature`] holds.
pub(crate) struct Table {
    source: Source,
    edition: CString,
    titles: OnceLock<Vec<Option<CString>>>,
}

enum Source {
    Embedded(&'static Nomenclature),
    File(Box<Nomenclature>),
}

impl Table {
    fn new(source: Source) -> Self {
        let mut table = Self { source, edition: CString::default(), titles: OnceLock::new() };
        table.edition = c_string(table.nomenclature().edition().as_str());
        table
    }

    pub(crate) fn nomenclature(&self) -> &Nomenclature {
        match &self.source {
            Source::Embedded(nomenclature) => nomenclature,
            Source::File(nomenclature) => nomenclature,
        }
    }

    /// The title of a code for C; all of them are made when the first is asked for.
    fn title(&self, code: HsCode) -> Option<&CString> {
        let all = self.nomenclature().all();
        let make = |code: &HsCode| self.nomenclature().title(*code).map(c_string);
        let titles = self.titles.get_or_init(|| all.iter().map(make).collect());
        titles.get(all.binary_search(&code).ok()?)?.as_ref()
    }
}

/// The longest name of an edition, in bytes: a tariff's name, `@` and a day.
const MAX_EDITION: usize = 48;

/// A caller's edition.
///
/// # Safety
/// `edition` is NULL or points to a short name as [`text::name`] reads it.
pub(crate) unsafe fn edition(edition: *const c_char, what: &str) -> Result<Edition, Failure> {
    // SAFETY: as promised.
    Ok(unsafe { text::name(edition, MAX_EDITION, what)? }.parse()?)
}

/// Opens the codes of an international edition that the library carries; HS2022 has titles in plain English.
///
/// `edition`: `HS1992` to `HS2022`, NUL-terminated. `out`: the nomenclature; the caller frees it with
/// `hscode_nomenclature_free`. `err` may be NULL.
///
/// Threads: any, at once. Statuses: NULL_ARGUMENT; EDITION_MISMATCH for an edition that is not known; UNSUPPORTED
/// for a national tariff: open a file of it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hscode_nomenclature_embedded(
    edition: *const c_char,
    out: *mut *mut hscode_nomenclature,
    err: *mut *mut hscode_error,
) -> hscode_status {
    entry::run(err, || {
        let out = Out::new(out, "out")?;
        // SAFETY: the contract of all functions.
        let edition = unsafe { self::edition(edition, "edition")? };
        let table = Table::new(Source::Embedded(Nomenclature::of(&edition)?));
        // SAFETY: as above.
        unsafe { out.give(table) };
        Ok(())
    })
}

/// Reads codes and titles from a file, such as an official text: CSV with a code and a description.
///
/// `utf8_path`: the file, NUL-terminated. `edition`: `HS1992` to `HS2022`, or a national tariff as
/// `NAME@YYYY-MM-DD`, NUL-terminated. `out`: the nomenclature; the caller frees it with `hscode_nomenclature_free`.
/// `err` may be NULL.
///
/// Threads: any, at once. Statuses: NULL_ARGUMENT; INVALID_INPUT, naming the line; EDITION_MISMATCH; IO.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hscode_nomenclature_open(
    utf8_path: *const c_char,
    edition: *const c_char,
    out: *mut *mut hscode_nomenclature,
    err: *mut *mut hscode_error,
) -> hscode_status {
    entry::run(err, || {
        let out = Out::new(out, "out")?;
        // SAFETY: the contract of all functions.
        let (file, edition) = unsafe { (path(utf8_path, "utf8_path")?, self::edition(edition, "edition")?) };
        let table = Table::new(Source::File(Box::new(Nomenclature::open(file, &edition)?)));
        // SAFETY: as above.
        unsafe { out.give(table) };
        Ok(())
    })
}

/// The edition, NUL-terminated; valid until the nomenclature is freed. NULL when `nomenclature` is none.
///
/// Threads: any, at once.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hscode_nomenclature_edition(
    nomenclature: *const hscode_nomenclature,
) -> *const c_char {
    entry::value(std::ptr::null(), || {
        // SAFETY: NULL or a handle, as the contract asks.
        Ok(unsafe { handle::get(nomenclature, "nomenclature")? }.edition.as_ptr())
    })
}

/// Whether the edition has a code.
///
/// `code`: NUL-terminated, or padded with spaces to 16 bytes. `out`: 1 or 0. `err` may be NULL.
///
/// Threads: any, at once. Statuses: NULL_ARGUMENT; INVALID_INPUT for a malformed code.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hscode_nomenclature_contains(
    nomenclature: *const hscode_nomenclature,
    code: *const c_char,
    out: *mut i32,
    err: *mut *mut hscode_error,
) -> hscode_status {
    entry::run(err, || {
        let out = Out::new(out, "out")?;
        // SAFETY: the contract of all functions.
        let (table, code) =
            unsafe { (handle::get(nomenclature, "nomenclature")?, code::read(code, "code")?) };
        // SAFETY: as above.
        unsafe { out.write(i32::from(table.nomenclature().contains(code))) };
        Ok(())
    })
}

/// The title of a code.
///
/// `code`: NUL-terminated, or padded with spaces to 16 bytes. `out`: the title, NUL-terminated UTF-8, valid until
/// the nomenclature is freed; NULL where the edition has the code and no title of it. `err` may be NULL.
///
/// Threads: any, at once. Statuses: NULL_ARGUMENT; INVALID_INPUT for a malformed code; UNKNOWN_CODE, with a hint
/// which editions have it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hscode_nomenclature_title(
    nomenclature: *const hscode_nomenclature,
    code: *const c_char,
    out: *mut *const c_char,
    err: *mut *mut hscode_error,
) -> hscode_status {
    entry::run(err, || {
        let out = Out::new(out, "out")?;
        // SAFETY: the contract of all functions.
        let (table, code) =
            unsafe { (handle::get(nomenclature, "nomenclature")?, code::read(code, "code")?) };
        table.nomenclature().check(code)?;
        let title = table.title(code).map_or(std::ptr::null(), |title| title.as_ptr());
        // SAFETY: as above.
        unsafe { out.write(title) };
        Ok(())
    })
}

/// The code above.
///
/// `code`: NUL-terminated, or padded with spaces to 16 bytes. `out`: the code two digits shorter; all NULs for a
/// chapter. `err` may be NULL.
///
/// Threads: any, at once. Statuses: NULL_ARGUMENT; INVALID_INPUT for a malformed code; UNKNOWN_CODE.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hscode_nomenclature_parent(
    nomenclature: *const hscode_nomenclature,
    code: *const c_char,
    out: *mut hscode_code,
    err: *mut *mut hscode_error,
) -> hscode_status {
    entry::run(err, || {
        let out = Out::new(out, "out")?;
        // SAFETY: the contract of all functions.
        let (table, code) =
            unsafe { (handle::get(nomenclature, "nomenclature")?, code::read(code, "code")?) };
        table.nomenclature().check(code)?;
        let digits = code::field_or_empty(table.nomenclature().parent(code));
        // SAFETY: as above.
        unsafe { out.write(hscode_code { digits }) };
        Ok(())
    })
}

/// The codes right below a code, in order.
///
/// `code`: NUL-terminated, or padded with spaces to 16 bytes. `codes`, `room`: an array of the caller; the first
/// `room` codes are written, `codes` may be NULL where `room` is 0. `count`: how many codes there are, also where
/// there is less room. `err` may be NULL.
///
/// Threads: any, at once. Statuses: NULL_ARGUMENT; INVALID_INPUT for a malformed code; UNKNOWN_CODE.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hscode_nomenclature_children(
    nomenclature: *const hscode_nomenclature,
    code: *const c_char,
    codes: *mut hscode_code,
    room: usize,
    count: *mut usize,
    err: *mut *mut hscode_error,
) -> hscode_status {
    entry::run(err, || {
        let (codes, count) = (OutArray::new(codes, room, "codes")?, Out::new(count, "count")?);
        // SAFETY: the contract of all functions.
        let (table, code) =
            unsafe { (handle::get(nomenclature, "nomenclature")?, code::read(code, "code")?) };
        table.nomenclature().check(code)?;
        // SAFETY: as above.
        unsafe { count.write(codes.fill(table.nomenclature().children(code).map(hscode_code::of))) };
        Ok(())
    })
}

/// All codes of a level, in the order of the tariff.
///
/// `level`: an `hscode_level` other than 0. The rest is as in `hscode_nomenclature_children`.
///
/// Threads: any, at once. Statuses: NULL_ARGUMENT; INVALID_INPUT for a level that there is not.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hscode_nomenclature_codes(
    nomenclature: *const hscode_nomenclature,
    level: i32,
    codes: *mut hscode_code,
    room: usize,
    count: *mut usize,
    err: *mut *mut hscode_error,
) -> hscode_status {
    entry::run(err, || {
        let (codes, count) = (OutArray::new(codes, room, "codes")?, Out::new(count, "count")?);
        let level = code::level(level, "level")?;
        // SAFETY: the contract of all functions.
        let table = unsafe { handle::get(nomenclature, "nomenclature")? };
        // SAFETY: as above.
        unsafe { count.write(codes.fill(table.nomenclature().codes(level).map(hscode_code::of))) };
        Ok(())
    })
}

/// The codes whose titles fit the words best, best first.
///
/// `utf8`, `len`: the words, such as `table lamp`. `hits`, `room`: an array of the caller; at most `room` hits are
/// looked for. The score of a hit ranks it among the hits and is no probability. `count`: how many were written.
/// `err` may be NULL.
///
/// Threads: any, at once. Statuses: NULL_ARGUMENT; INVALID_INPUT for text that is no UTF-8.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hscode_nomenclature_search(
    nomenclature: *const hscode_nomenclature,
    utf8: *const u8,
    len: usize,
    hits: *mut hscode_candidate,
    room: usize,
    count: *mut usize,
    err: *mut *mut hscode_error,
) -> hscode_status {
    entry::run(err, || {
        let (hits, count) = (OutArray::new(hits, room, "hits")?, Out::new(count, "count")?);
        // SAFETY: the contract of all functions.
        let (table, words) =
            unsafe { (handle::get(nomenclature, "nomenclature")?, text::text(utf8, len, "text")?) };
        let limit = room.min(table.nomenclature().len());
        let found = table.nomenclature().search(words, limit);
        // SAFETY: as above.
        unsafe {
            count.write(hits.fill(found.iter().map(|hit| hscode_candidate::of(hit.code(), hit.score()))))
        };
        Ok(())
    })
}

/// Frees a nomenclature. NULL is fine; one that was freed, or a handle of another kind, is left alone.
///
/// Threads: one, and no other uses this nomenclature meanwhile.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hscode_nomenclature_free(nomenclature: *mut hscode_nomenclature) {
    // SAFETY: NULL or a handle, as the contract asks.
    entry::quietly(|| unsafe { handle::free(nomenclature) });
}
