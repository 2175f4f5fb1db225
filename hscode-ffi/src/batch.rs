//! The predictions of a batch.

use crate::entry;
use crate::error::{Failure, hscode_error};
use crate::handle::{self, Handle, Tagged};
use crate::out::Out;
use crate::prediction::hscode_prediction;
use crate::status::hscode_status;

/// The predictions of a batch, in the order of its texts.
pub struct hscode_predictions {
    _opaque: [u8; 0],
}

// SAFETY: the tag is that of no other type.
unsafe impl Handle for hscode_predictions {
    const TAG: u64 = handle::tag(b"hscbatch");
    type Value = Box<[Tagged<hscode_prediction>]>;
}

/// How many predictions there are; 0 when `predictions` are none.
///
/// Threads: any, at once.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hscode_predictions_len(predictions: *const hscode_predictions) -> usize {
    entry::value(0, || {
        // SAFETY: NULL or a handle, as the contract asks.
        Ok(unsafe { handle::get(predictions, "predictions")? }.len())
    })
}

/// The prediction of the text at `index`.
///
/// `out`: the prediction. It belongs to `predictions` and is valid until those are freed (using it later is not
/// detected); `hscode_prediction_free` leaves it alone. `err` may be NULL.
///
/// Threads: any, at once. Statuses: NULL_ARGUMENT; INVALID_INPUT when `predictions` are none; OUT_OF_RANGE.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hscode_predictions_get(
    predictions: *const hscode_predictions,
    index: usize,
    out: *mut *const hscode_prediction,
    err: *mut *mut hscode_error,
) -> hscode_status {
    entry::run(err, || {
        let out = Out::new(out, "out")?;
        // SAFETY: the contract of all functions.
        let all = unsafe { handle::get(predictions, "predictions")? };
        let prediction = all.get(index).ok_or_else(|| Failure::past("prediction", index, all.len()))?;
        // SAFETY: as above.
        unsafe { out.write(prediction.as_handle()) };
        Ok(())
    })
}

/// Frees the predictions of a batch, with every prediction in it. NULL is fine; ones that were freed, or a handle
/// of another kind, are left alone.
///
/// Threads: one, and no other uses them meanwhile.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hscode_predictions_free(predictions: *mut hscode_predictions) {
    // SAFETY: NULL or a handle, as the contract asks.
    entry::quietly(|| unsafe { handle::free(predictions) });
}
