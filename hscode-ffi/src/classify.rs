//! One description, or many, to predictions.

use crate::batch::hscode_predictions;
use crate::classifier::hscode_classifier;
use crate::entry;
use crate::error::{Failure, hscode_error};
use crate::handle::{self, Tagged};
use crate::options::{self, hscode_options};
use crate::out::Out;
use crate::prediction::{Predicted, hscode_prediction};
use crate::status::hscode_status;
use crate::text::{self, hscode_str, text};

/// Classifies one description.
///
/// `classifier`: see `hscode_classifier_embedded`. `utf8`, `len`: the description; text past 4096 bytes is cut, and
/// the prediction says so. `options`: NULL for the defaults. `out`: the prediction; the caller frees it with
/// `hscode_prediction_free`. `err` may be NULL.
///
/// Vague or unknown text is no error: the decision then says so.
///
/// Threads: any, at once, also on one classifier. Statuses: NULL_ARGUMENT; INVALID_INPUT for text that is no UTF-8
/// or options out of their range; UNSUPPORTED for a level deeper than the classifier answers; INFERENCE.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hscode_classify(
    classifier: *const hscode_classifier,
    utf8: *const u8,
    len: usize,
    options: *const hscode_options,
    out: *mut *mut hscode_prediction,
    err: *mut *mut hscode_error,
) -> hscode_status {
    entry::run(err, || {
        let out = Out::new(out, "out")?;
        // SAFETY: the contract of all functions.
        let (held, text, options) = unsafe {
            (handle::get(classifier, "classifier")?, text(utf8, len, "text")?, options::read(options)?)
        };
        let prediction = Predicted::new(held.classifier.classify(text, &options)?);
        // SAFETY: as above.
        unsafe { out.give(prediction) };
        Ok(())
    })
}

/// Classifies many descriptions; the predictions keep their order.
///
/// `texts`, `n`: the descriptions; NULL is fine where `n` is 0. The rest is as in `hscode_classify`; `out`: the
/// predictions; the caller frees them with `hscode_predictions_free`. `hscode_classify_rows` fills arrays of the
/// caller instead, and goes on where a text is bad.
///
/// Threads: any, at once, also on one classifier. Statuses: as `hscode_classify`, for the first text that fails,
/// which the message names by its index; nothing is given in part. NO_MEMORY.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hscode_classify_batch(
    classifier: *const hscode_classifier,
    texts: *const hscode_str,
    n: usize,
    options: *const hscode_options,
    out: *mut *mut hscode_predictions,
    err: *mut *mut hscode_error,
) -> hscode_status {
    entry::run(err, || {
        let out = Out::new(out, "out")?;
        // SAFETY: the contract of all functions.
        let (held, options) = unsafe { (handle::get(classifier, "classifier")?, options::read(options)?) };
        text::check_array(texts, n)?;
        let mut read: Vec<&str> = Vec::new();
        read.try_reserve_exact(n).map_err(|_| Failure::no_memory("texts"))?;
        for at in 0..n {
            // SAFETY: `n` texts by the caller's promise.
            read.push(unsafe { text::nth(texts, at).read(&format!("texts[{at}]"))? });
        }
        let predictions = held.classifier.classify_batch(&read, &options)?;
        let mut lent = Vec::new();
        lent.try_reserve_exact(predictions.len()).map_err(|_| Failure::no_memory("predictions"))?;
        lent.extend(predictions.into_iter().map(|prediction| Tagged::lend(Predicted::new(prediction))));
        // SAFETY: as above.
        unsafe { out.give(lent.into_boxed_slice()) };
        Ok(())
    })
}
