//! Many descriptions into arrays of the caller.

use std::ffi::c_char;

use hscode_core::{Options, Prediction};

use crate::classifier::{Held, hscode_classifier};
use crate::entry;
use crate::error::{Failure, hscode_error};
use crate::handle;
use crate::options::{self, hscode_options};
use crate::out::OutArray;
use crate::prediction::{decision_of, hscode_candidate};
use crate::status::hscode_status;
use crate::text::{self, hscode_str};

/// How many texts go to the classifier at once: the memory in use does not grow with the caller's array.
const CHUNK: usize = 512;

/// The answer to one of many descriptions.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct hscode_row {
    /// What became of this text, an `hscode_status`; the other fields are zero when it is not 0.
    pub status: i32,
    /// An `hscode_decision_kind`.
    pub kind: i32,
    /// Why it is not a full answer, an `hscode_reason`.
    pub reason: i32,
    /// The score of `code`, in 0 to 1; 0 when abstaining.
    pub score: f32,
    /// The code decided for: the best candidate or an ancestor; all NULs when abstaining.
    pub code: [c_char; 16],
}

impl hscode_row {
    fn failed(status: hscode_status) -> Self {
        Self { status: status as i32, kind: 0, reason: 0, score: 0.0, code: [0; 16] }
    }

    fn of(prediction: &Prediction) -> Self {
        let decision = decision_of(prediction.decision());
        Self {
            status: hscode_status::HSCODE_STATUS_OK as i32,
            kind: decision.kind,
            reason: decision.reason,
            score: prediction.score().unwrap_or(0.0),
            code: decision.code,
        }
    }
}

const NO_CANDIDATE: hscode_candidate = hscode_candidate { code: [0; 16], score: 0.0 };

/// Classifies many descriptions into arrays of the caller; nothing is to be freed.
///
/// A bad text gets its status in its row, and the others are answered. Memory in use does not grow with `n`.
///
/// `texts`, `n`: the descriptions. `options`: NULL for the defaults. `rows`: room for `n` answers. `candidates`:
/// room for `n * per_row` candidates, those of text `i` from `i * per_row` on, best first, places without one
/// zeroed; NULL where `per_row` is 0. `err` may be NULL.
///
/// Threads: any, at once, also on one classifier, each with arrays of its own. Statuses: OK when every row has
/// its answer or its status; NULL_ARGUMENT, INVALID_INPUT or UNSUPPORTED for the call as a whole, and then nothing
/// is written. After PANIC the arrays hold whatever was done.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hscode_classify_rows(
    classifier: *const hscode_classifier,
    texts: *const hscode_str,
    n: usize,
    options: *const hscode_options,
    rows: *mut hscode_row,
    candidates: *mut hscode_candidate,
    per_row: usize,
    err: *mut *mut hscode_error,
) -> hscode_status {
    entry::run(err, || {
        // SAFETY: the contract of all functions.
        let (held, options) = unsafe { (handle::get(classifier, "classifier")?, options::read(options)?) };
        text::check_array(texts, n)?;
        let rows = OutArray::new(rows, n, "rows")?;
        let room = n.checked_mul(per_row).ok_or_else(|| Failure::invalid("per_row: too large"))?;
        let candidates = OutArray::new(candidates, room, "candidates")?;
        options.check(held.classifier.info())?;
        for start in (0..n).step_by(CHUNK) {
            for (at, answer) in (start..n).zip(answers(held, texts, start..n.min(start + CHUNK), &options)) {
                let row = answer.as_ref().map_or_else(|status| hscode_row::failed(*status), hscode_row::of);
                // SAFETY: the caller promises the room of both arrays.
                unsafe { rows.write(at, row) };
                let found = answer.as_ref().map_or(&[][..], |prediction| prediction.candidates());
                for place in 0..per_row {
                    let candidate =
                        found.get(place).map_or(NO_CANDIDATE, |c| hscode_candidate::of(c.code(), c.score()));
                    // SAFETY: as above.
                    unsafe { candidates.write(at * per_row + place, candidate) };
                }
            }
        }
        Ok(())
    })
}

/// The answers to some of the caller's texts, or what became of them.
fn answers(
    held: &Held,
    texts: *const hscode_str,
    range: std::ops::Range<usize>,
    options: &Options,
) -> Vec<Result<Prediction, hscode_status>> {
    // SAFETY: texts of the caller's array, each pointing to its bytes.
    let read = range.map(|at| unsafe { text::nth(texts, at).read("text") }.map_err(|failure| failure.status));
    let read: Vec<Result<&str, hscode_status>> = read.collect();
    let good: Vec<&str> = read.iter().filter_map(|text| text.as_ref().ok().copied()).collect();
    let mut answered: Box<dyn Iterator<Item = Result<Prediction, hscode_status>>> =
        match held.classifier.classify_batch(&good, options) {
            Ok(predictions) => Box::new(predictions.into_iter().map(Ok)),
            Err(error) => {
                let status = hscode_status::of(error.kind());
                Box::new(std::iter::repeat_with(move || Err(status)))
            }
        };
    let missing = hscode_status::HSCODE_STATUS_INFERENCE;
    read.into_iter().map(|text| text.and_then(|_| answered.next().unwrap_or(Err(missing)))).collect()
}
