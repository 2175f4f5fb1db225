//! Classifiers: the embedded one, and packages from disk.

use std::ffi::{CString, c_char};
use std::sync::Arc;

use hscode_core::{Classifier, ModelPackage};

use crate::code;
use crate::entry;
use crate::error::hscode_error;
use crate::handle::{self, Handle};
use crate::out::Out;
use crate::status::hscode_status;
use crate::string::c_string;
use crate::text::path;

/// A classifier: a model that is open, a caller's own function, or several in order. May be used by many threads
/// at once.
pub struct hscode_classifier {
    _opaque: [u8; 0],
}

// SAFETY: the tag is that of no other type.
unsafe impl Handle for hscode_classifier {
    const TAG: u64 = handle::tag(b"hscclass");
    type Value = Held;
}

/// What an [`hscode_classifier`] holds.
pub(crate) struct Held {
    pub(crate) classifier: Arc<dyn Classifier>,
    name: CString,
    model: CString,
    edition: CString,
}

impl Held {
    pub(crate) fn new(classifier: Arc<dyn Classifier>) -> Self {
        let info = classifier.info();
        Self {
            name: c_string(info.name()),
            model: c_string(info.model()),
            edition: c_string(info.edition().as_str()),
            classifier,
        }
    }
}

/// Opens the classifier that the library carries. The first call opens the model (see docs/c.md for the time it
/// takes), later ones share it.
///
/// `out`: the classifier; the caller frees it with `hscode_classifier_free`. `err` may be NULL.
///
/// Threads: any, at once. Statuses: NULL_ARGUMENT; PACKAGE when the model in the library is damaged; UNSUPPORTED
/// when the library was built without a model.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hscode_classifier_embedded(
    out: *mut *mut hscode_classifier,
    err: *mut *mut hscode_error,
) -> hscode_status {
    entry::run(err, || {
        let out = Out::new(out, "out")?;
        let held = Held::new(embedded()?);
        // SAFETY: the contract of all functions.
        unsafe { out.give(held) };
        Ok(())
    })
}

/// The embedded classifier.
#[cfg(feature = "embedded-model")]
pub(crate) fn embedded() -> Result<Arc<dyn Classifier>, crate::error::Failure> {
    Ok(hscode_core::embedded()?)
}

/// There is none.
#[cfg(not(feature = "embedded-model"))]
pub(crate) fn embedded() -> Result<Arc<dyn Classifier>, crate::error::Failure> {
    Err(crate::error::Failure::new(
        hscode_status::HSCODE_STATUS_UNSUPPORTED,
        "this library was built without a model: open a package with hscode_classifier_open",
    ))
}

/// Opens the model package in a folder. Its sizes and digests are checked and its probe is asked; nothing opens
/// in part.
///
/// `utf8_path`: the folder, NUL-terminated. `out`: the classifier; the caller frees it with
/// `hscode_classifier_free`. `err` may be NULL.
///
/// Threads: any, at once. Statuses: NULL_ARGUMENT; INVALID_INPUT for a path that is no UTF-8; PACKAGE, naming the
/// file; UNSUPPORTED for a package of another version; IO.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hscode_classifier_open(
    utf8_path: *const c_char,
    out: *mut *mut hscode_classifier,
    err: *mut *mut hscode_error,
) -> hscode_status {
    entry::run(err, || {
        let out = Out::new(out, "out")?;
        // SAFETY: the contract of all functions.
        let folder = unsafe { path(utf8_path, "utf8_path")? };
        let held = Held::new(ModelPackage::open(folder)?.classifier());
        // SAFETY: as above.
        unsafe { out.give(held) };
        Ok(())
    })
}

/// The kind of classifier, such as `text-cnn`; valid until it is freed. NULL when `classifier` is none.
///
/// Threads: any, at once.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hscode_classifier_name(classifier: *const hscode_classifier) -> *const c_char {
    entry::value(std::ptr::null(), || {
        // SAFETY: NULL or a handle, as the contract asks.
        Ok(unsafe { handle::get(classifier, "classifier")? }.name.as_ptr())
    })
}

/// What identifies the model, such as `hscode-default@0.1.0#3f9a0c1d22ab`; valid until the classifier is freed.
/// NULL when `classifier` is none.
///
/// Threads: any, at once.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hscode_classifier_model(classifier: *const hscode_classifier) -> *const c_char {
    entry::value(std::ptr::null(), || {
        // SAFETY: NULL or a handle, as the contract asks.
        Ok(unsafe { handle::get(classifier, "classifier")? }.model.as_ptr())
    })
}

/// The edition of the codes it answers, such as `HS2022`; valid until the classifier is freed. NULL when
/// `classifier` is none.
///
/// Threads: any, at once.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hscode_classifier_edition(classifier: *const hscode_classifier) -> *const c_char {
    entry::value(std::ptr::null(), || {
        // SAFETY: NULL or a handle, as the contract asks.
        Ok(unsafe { handle::get(classifier, "classifier")? }.edition.as_ptr())
    })
}

/// The deepest level it answers, an `hscode_level`; 0 when `classifier` is none.
///
/// Threads: any, at once.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hscode_classifier_level(classifier: *const hscode_classifier) -> i32 {
    entry::value(0, || {
        // SAFETY: NULL or a handle, as the contract asks.
        let held = unsafe { handle::get(classifier, "classifier")? };
        Ok(code::level_number(held.classifier.info().level()))
    })
}

/// How many codes of that level it can answer: the most that `top_k` may ask for. 0 when `classifier` is none.
///
/// Threads: any, at once.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hscode_classifier_classes(classifier: *const hscode_classifier) -> usize {
    entry::value(0, || {
        // SAFETY: NULL or a handle, as the contract asks.
        Ok(unsafe { handle::get(classifier, "classifier")? }.classifier.info().classes())
    })
}

/// Frees a classifier. NULL is fine; one that was freed, or a handle of another kind, is left alone. Predictions
/// and cascades made with it stay valid.
///
/// Threads: one, and no other uses this classifier meanwhile.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hscode_classifier_free(classifier: *mut hscode_classifier) {
    // SAFETY: NULL or a handle, as the contract asks.
    entry::quietly(|| unsafe { handle::free(classifier) });
}
