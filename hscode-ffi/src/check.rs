//! Is a description acceptable?

use std::ffi::{CString, c_char};

use hscode_core::text::{Check, Description};

use crate::entry;
use crate::error::{Failure, hscode_error};
use crate::handle::{self, Handle};
use crate::out::Out;
use crate::status::hscode_status;
use crate::string::{c_string, hscode_string};
use crate::text::text;

/// What is wrong with a description. May be read by many threads at once.
pub struct hscode_findings {
    _opaque: [u8; 0],
}

// SAFETY: the tag is that of no other type.
unsafe impl Handle for hscode_findings {
    const TAG: u64 = handle::tag(b"hscfindi");
    type Value = Found;
}

/// Whether a description is fit for a declaration; the numbers rise with the fault.
#[repr(i32)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum hscode_verdict {
    /// Nothing is wrong with it.
    HSCODE_VERDICT_ACCEPTABLE = 0,
    /// It may do, and would be better with what the findings advise.
    HSCODE_VERDICT_WARN = 1,
    /// It names no article: customs cannot act on it, nor can a classifier.
    HSCODE_VERDICT_REFUSE = 2,
}

/// What is wrong with a description.
#[repr(i32)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum hscode_finding_reason {
    /// There is no text.
    HSCODE_FINDING_EMPTY = 1,
    /// There are only signs or emoji.
    HSCODE_FINDING_NO_LETTERS = 2,
    /// There are only numbers, units and codes.
    HSCODE_FINDING_ONLY_CODES_OR_QUANTITIES = 3,
    /// There are too few letters to mean anything.
    HSCODE_FINDING_TOO_SHORT = 4,
    /// The text stands in for a description that nobody wrote.
    HSCODE_FINDING_PLACEHOLDER = 5,
    /// The term fits many articles.
    HSCODE_FINDING_VAGUE_TERM = 6,
    /// It says why the goods travel, not what they are.
    HSCODE_FINDING_PURPOSE_ONLY = 7,
    /// It is a transport term for goods of any kind.
    HSCODE_FINDING_MIXED_CARGO = 8,
    /// It says whose the goods are.
    HSCODE_FINDING_PERSONAL_EFFECTS = 9,
    /// It names what the goods are packed in.
    HSCODE_FINDING_PACKAGING_ONLY = 10,
    /// It points to a paper that customs does not have before it.
    HSCODE_FINDING_REFERENCE_TO_DOCUMENT = 11,
    /// It is longer than what is read.
    HSCODE_FINDING_TOO_LONG = 12,
}

/// One fault of a description. The texts are valid until the findings are freed.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct hscode_finding {
    /// An `hscode_finding_reason`.
    pub reason: i32,
    /// How much it weighs here, an `hscode_verdict`.
    pub verdict: i32,
    /// Where the words it is about start in the description, in bytes.
    pub start: usize,
    /// Where they end, in bytes, exclusive.
    pub end: usize,
    /// The words in normal form, NUL-terminated; empty where it is about the whole text.
    pub term: *const c_char,
    /// What to add, a sentence in English, NUL-terminated.
    pub advice: *const c_char,
}

/// What [`hscode_findings`] hold.
pub(crate) struct Found {
    check: Check,
    texts: Vec<(CString, CString)>,
}

/// Checks a description: would customs take it, why not, and what to add.
///
/// `utf8`, `len`: the description. `out`: the findings; the caller frees them with `hscode_findings_free`. `err` may
/// be NULL.
///
/// Threads: any, at once. Statuses: NULL_ARGUMENT; INVALID_INPUT for text that is no UTF-8.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hscode_check(
    utf8: *const u8,
    len: usize,
    out: *mut *mut hscode_findings,
    err: *mut *mut hscode_error,
) -> hscode_status {
    entry::run(err, || {
        let out = Out::new(out, "out")?;
        // SAFETY: the contract of all functions.
        let check = hscode_core::text::check(unsafe { text(utf8, len, "text")? });
        let texts = check.findings.iter().map(|f| (c_string(&f.term), c_string(f.advice))).collect();
        // SAFETY: as above.
        unsafe { out.give(Found { check, texts }) };
        Ok(())
    })
}

/// The gravest verdict, an `hscode_verdict`; HSCODE_VERDICT_REFUSE when `findings` are none.
///
/// Threads: any, at once.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hscode_findings_verdict(findings: *const hscode_findings) -> i32 {
    entry::value(hscode_verdict::HSCODE_VERDICT_REFUSE as i32, || {
        // SAFETY: NULL or a handle, as the contract asks.
        Ok(unsafe { handle::get(findings, "findings")? }.check.verdict as i32)
    })
}

/// How many findings there are; 0 when `findings` are none.
///
/// Threads: any, at once.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hscode_findings_len(findings: *const hscode_findings) -> usize {
    entry::value(0, || {
        // SAFETY: NULL or a handle, as the contract asks.
        Ok(unsafe { handle::get(findings, "findings")? }.check.findings.len())
    })
}

/// A finding, in the order of the text.
///
/// Threads: any, at once. Statuses: NULL_ARGUMENT; INVALID_INPUT when `findings` are none; OUT_OF_RANGE.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hscode_findings_get(
    findings: *const hscode_findings,
    i: usize,
    out: *mut hscode_finding,
) -> hscode_status {
    entry::run(std::ptr::null_mut(), || {
        let out = Out::new(out, "out")?;
        // SAFETY: the contract of all functions.
        let found = unsafe { handle::get(findings, "findings")? };
        let (finding, (term, advice)) = found
            .check
            .findings
            .get(i)
            .zip(found.texts.get(i))
            .ok_or_else(|| Failure::past("finding", i, found.check.findings.len()))?;
        let value = hscode_finding {
            reason: finding.reason as i32,
            verdict: finding.verdict as i32,
            start: finding.start,
            end: finding.end,
            term: term.as_ptr(),
            advice: advice.as_ptr(),
        };
        // SAFETY: as above.
        unsafe { out.write(value) };
        Ok(())
    })
}

/// Frees findings. NULL is fine; ones that were freed, or a handle of another kind, are left alone.
///
/// Threads: one, and no other uses them meanwhile.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hscode_findings_free(findings: *mut hscode_findings) {
    // SAFETY: NULL or a handle, as the contract asks.
    entry::quietly(|| unsafe { handle::free(findings) });
}

/// A description in normal form: lower case, entities and full-width characters read, white space in one piece
/// (docs/descriptions.md).
///
/// `utf8`, `len`: the description. `out`: the text; the caller frees it with `hscode_string_free`. `err` may be NULL.
///
/// Threads: any, at once. Statuses: NULL_ARGUMENT; INVALID_INPUT for text that is no UTF-8.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hscode_description_normalise(
    utf8: *const u8,
    len: usize,
    out: *mut *mut hscode_string,
    err: *mut *mut hscode_error,
) -> hscode_status {
    entry::run(err, || {
        let out = Out::new(out, "out")?;
        let mut description = Description::new();
        // SAFETY: the contract of all functions.
        description.read(unsafe { text(utf8, len, "text")? });
        // SAFETY: as above.
        unsafe { out.give(c_string(description.text())) };
        Ok(())
    })
}

/// A description in canonical form: the tokens of its normal form, one space between them; descriptions that say
/// the same in other spellings are the same in it.
///
/// Parameters, threads and statuses: as `hscode_description_normalise`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hscode_description_canonical(
    utf8: *const u8,
    len: usize,
    out: *mut *mut hscode_string,
    err: *mut *mut hscode_error,
) -> hscode_status {
    entry::run(err, || {
        let out = Out::new(out, "out")?;
        let mut description = Description::new();
        // SAFETY: the contract of all functions.
        description.read(unsafe { text(utf8, len, "text")? });
        // SAFETY: as above.
        unsafe { out.give(c_string(description.canonical())) };
        Ok(())
    })
}
