//! Classifiers in order.

use std::ffi::c_char;
use std::sync::Arc;

use hscode_core::Cascade;

use crate::classifier::{Held, hscode_classifier};
use crate::entry;
use crate::error::{Failure, hscode_error};
use crate::handle;
use crate::out::Out;
use crate::status::hscode_status;
use crate::text;

/// The longest name of a classifier, in bytes.
pub(crate) const MAX_NAME: usize = 256;

/// The most stages of a cascade.
const MAX_STAGES: usize = 64;

/// Puts classifiers in order: each description stops at the first that accepts or backs off; when one fails, the
/// next is asked. When all abstain, the best abstention is given.
///
/// `name`: what to call the cascade, NUL-terminated, at most 256 bytes. `stages`, `n`: 1 to 64 classifiers of one
/// edition, in the order they are asked; they are shared, so the caller may free its handles. `out`: the cascade;
/// the caller frees it with `hscode_classifier_free`. `err` may be NULL.
///
/// Threads: any, at once. Statuses: NULL_ARGUMENT; INVALID_INPUT without stages, with too many, or with a handle
/// that is no classifier; EDITION_MISMATCH.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hscode_classifier_cascade(
    name: *const c_char,
    stages: *const *const hscode_classifier,
    n: usize,
    out: *mut *mut hscode_classifier,
    err: *mut *mut hscode_error,
) -> hscode_status {
    entry::run(err, || {
        let out = Out::new(out, "out")?;
        // SAFETY: the contract of all functions.
        let name = unsafe { text::name(name, MAX_NAME, "name")? };
        if n > MAX_STAGES {
            return Err(Failure::invalid(format!("n {n}: expected 1 to {MAX_STAGES} stages")));
        }
        if stages.is_null() && n > 0 {
            return Err(Failure::null("stages"));
        }
        let mut shared = Vec::with_capacity(n);
        for at in 0..n {
            // SAFETY: `n` pointers by the caller's promise, each NULL or a handle.
            let held = unsafe {
                let stage = stages.add(at).read_unaligned();
                handle::get(stage, &format!("stages[{at}]"))?
            };
            shared.push(Arc::clone(&held.classifier));
        }
        let held = Held::new(Arc::new(Cascade::new(name, shared)?));
        // SAFETY: as above.
        unsafe { out.give(held) };
        Ok(())
    })
}
