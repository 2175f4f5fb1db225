//! Flat calls for hosts that cannot hold pointers: COBOL, fixed records.

use std::ffi::c_char;

use hscode_core::Options;

use crate::classifier::embedded;
use crate::code;
use crate::entry;
use crate::out::Out;
use crate::status::hscode_status;
use crate::text::text;

/// Classifies one description with the embedded classifier into two fields of the caller.
///
/// `text`, `len`: the description, UTF-8; spaces at its end do not matter, so that a field of fixed length may be
/// given whole. `code`: 16 bytes; digits, then NULs. Six digits are a full answer; fewer are the heading or chapter
/// that is sure; all NULs mean that no code is sure enough: ask the sender, or a person. `score`: the probability
/// of that code, 0 where there is none; may be NULL. The fields need no alignment.
///
/// The first call opens the model.
///
/// Threads: any, at once. Statuses: NULL_ARGUMENT; INVALID_INPUT for text that is no UTF-8; PACKAGE; UNSUPPORTED
/// when the library was built without a model; INFERENCE.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hscode_classify_simple(
    text: *const c_char,
    len: usize,
    code: *mut c_char,
    score: *mut f32,
) -> hscode_status {
    entry::run(std::ptr::null_mut(), || {
        let code = Out::new(code.cast::<[c_char; 16]>(), "code")?;
        // SAFETY: the contract of all functions.
        let description = unsafe { self::text(text.cast(), len, "text")? };
        let prediction = embedded()?.classify(description, &Options::default().with_top_k(1))?;
        // SAFETY: as above.
        unsafe {
            code.write(code::field_or_empty(prediction.code()));
            if let Ok(score) = Out::new(score, "score") {
                score.write(prediction.score().unwrap_or(0.0));
            }
        }
        Ok(())
    })
}

/// Checks one description into two fields of the caller: would customs take it?
///
/// `text`, `len`: the description, UTF-8; spaces at its end do not matter. `verdict`: an `hscode_verdict`. `reason`:
/// of the gravest finding, an `hscode_finding_reason`, 0 where there is none; may be NULL. The fields need no
/// alignment.
///
/// Threads: any, at once. Statuses: NULL_ARGUMENT; INVALID_INPUT for text that is no UTF-8.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hscode_check_simple(
    text: *const c_char,
    len: usize,
    verdict: *mut i32,
    reason: *mut i32,
) -> hscode_status {
    entry::run(std::ptr::null_mut(), || {
        let verdict = Out::new(verdict, "verdict")?;
        // SAFETY: the contract of all functions.
        let description = unsafe { self::text(text.cast(), len, "text")? };
        let check = hscode_core::text::check(description);
        let gravest = check.findings.iter().find(|finding| finding.verdict == check.verdict);
        // SAFETY: as above.
        unsafe {
            verdict.write(check.verdict as i32);
            if let Ok(reason) = Out::new(reason, "reason") {
                reason.write(gravest.map_or(0, |finding| finding.reason as i32));
            }
        }
        Ok(())
    })
}
