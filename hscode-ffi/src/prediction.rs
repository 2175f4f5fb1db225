//! What comes back: candidates and a decision.

use std::ffi::{CString, c_char};
use std::sync::OnceLock;

use hscode_core::{Decision, HsCode, Nomenclature, Passed, PassedWhy, Prediction, Record};

use crate::code::{self, hscode_code};
use crate::entry;
use crate::error::{Failure, hscode_error};
use crate::explanation::ExplanationTexts;
use crate::handle::{self, Handle};
use crate::nomenclature::hscode_nomenclature;
use crate::out::Out;
use crate::status::hscode_status;
use crate::string::{c_string, hscode_string};
use crate::text::text;

/// The answer to one description. May be read by many threads at once.
pub struct hscode_prediction {
    _opaque: [u8; 0],
}

// SAFETY: the tag is that of no other type.
unsafe impl Handle for hscode_prediction {
    const TAG: u64 = handle::tag(b"hscpredi");
    type Value = Predicted;
}

/// A scored code.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct hscode_candidate {
    /// The digits, then NULs.
    pub code: [c_char; 16],
    /// Its calibrated probability, in 0 to 1. The score of a heading is the sum of its subheadings'.
    pub score: f32,
}

impl hscode_candidate {
    pub(crate) fn of(code: HsCode, score: f32) -> Self {
        Self { code: code::field(code), score }
    }
}

/// What to do with the answer.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct hscode_decision {
    /// An `hscode_decision_kind`.
    pub kind: i32,
    /// Why it is not a full answer, an `hscode_reason`.
    pub reason: i32,
    /// The code decided for: the best candidate or an ancestor; all NULs when abstaining.
    pub code: [c_char; 16],
}

/// What the library advises to do with the answer.
#[repr(i32)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum hscode_decision_kind {
    /// The score meets the threshold of its level.
    HSCODE_DECISION_ACCEPT = 1,
    /// Too unsure at the level asked for, but sure enough of this ancestor.
    HSCODE_DECISION_BACK_OFF = 2,
    /// No code is sure enough: ask the sender, or send it to a person.
    HSCODE_DECISION_ABSTAIN = 3,
}

/// Why a decision is not a full answer.
#[repr(i32)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum hscode_reason {
    /// It is a full answer.
    HSCODE_REASON_NONE = 0,
    /// The best score is under the threshold.
    HSCODE_REASON_LOW_SCORE = 1,
    /// The description is too vague.
    HSCODE_REASON_VAGUE = 2,
    /// There are no words in the description.
    HSCODE_REASON_NO_WORDS = 3,
    /// Nothing in the description is known to the classifier, or nothing within the codes asked for.
    HSCODE_REASON_NO_EVIDENCE = 4,
}

/// A stage of a cascade that did not give the answer.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct hscode_passed {
    /// The stage's name, NUL-terminated; valid until the prediction is freed.
    pub classifier: *const c_char,
    /// Why it abstained, an `hscode_reason`; 0 when it failed.
    pub reason: i32,
    /// The message of its failure, NUL-terminated; valid until the prediction is freed. NULL when it abstained.
    pub failure: *const c_char,
}

/// What an [`hscode_prediction`] holds; texts for C are made when first asked for.
pub(crate) struct Predicted {
    pub(crate) prediction: Prediction,
    names: OnceLock<Names>,
    pub(crate) explained: OnceLock<ExplanationTexts>,
}

struct Names {
    classifier: CString,
    model: CString,
    edition: CString,
    passed: Vec<(CString, i32, Option<CString>)>,
}

impl Names {
    fn of(prediction: &Prediction) -> Self {
        let passed = |Passed { classifier, why, .. }: &Passed| match why {
            PassedWhy::Abstained(reason) => (c_string(classifier), *reason as i32, None),
            PassedWhy::Failed(message) => (c_string(classifier), 0, Some(c_string(message))),
            _ => (c_string(classifier), 0, Some(CString::default())),
        };
        Self {
            classifier: c_string(prediction.classifier()),
            model: c_string(prediction.model()),
            edition: c_string(prediction.edition().as_str()),
            passed: prediction.passed().iter().map(passed).collect(),
        }
    }
}

impl Predicted {
    pub(crate) fn new(prediction: Prediction) -> Self {
        Self { prediction, names: OnceLock::new(), explained: OnceLock::new() }
    }

    fn names(&self) -> &Names {
        self.names.get_or_init(|| Names::of(&self.prediction))
    }
}

/// A decision as C sees it.
pub(crate) fn decision_of(decision: Decision) -> hscode_decision {
    let kind = match decision {
        Decision::Accept(_) => hscode_decision_kind::HSCODE_DECISION_ACCEPT,
        Decision::BackOff { .. } => hscode_decision_kind::HSCODE_DECISION_BACK_OFF,
        _ => hscode_decision_kind::HSCODE_DECISION_ABSTAIN,
    };
    hscode_decision {
        kind: kind as i32,
        reason: decision.reason().map_or(0, |reason| reason as i32),
        code: code::field_or_empty(decision.code()),
    }
}

/// How many candidates there are; 0 when `prediction` is none, or when nothing speaks for any code.
///
/// Threads: any, at once.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hscode_prediction_len(prediction: *const hscode_prediction) -> usize {
    entry::value(0, || {
        // SAFETY: NULL or a handle, as the contract asks.
        Ok(unsafe { handle::get(prediction, "prediction")? }.prediction.candidates().len())
    })
}

/// A candidate; 0 is the best, equal scores stand in the order of their codes.
///
/// They are there in every case, also when abstaining.
///
/// Threads: any, at once. Statuses: NULL_ARGUMENT; INVALID_INPUT when `prediction` is none; OUT_OF_RANGE.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hscode_prediction_candidate(
    prediction: *const hscode_prediction,
    i: usize,
    out: *mut hscode_candidate,
) -> hscode_status {
    entry::run(std::ptr::null_mut(), || {
        let out = Out::new(out, "out")?;
        // SAFETY: the contract of all functions.
        let candidates = unsafe { handle::get(prediction, "prediction")? }.prediction.candidates();
        let found = candidates.get(i).ok_or_else(|| Failure::past("candidate", i, candidates.len()))?;
        // SAFETY: as above.
        unsafe { out.write(hscode_candidate::of(found.code(), found.score())) };
        Ok(())
    })
}

/// What to do with the answer.
///
/// Threads: any, at once. Statuses: NULL_ARGUMENT; INVALID_INPUT when `prediction` is none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hscode_prediction_decision(
    prediction: *const hscode_prediction,
    out: *mut hscode_decision,
) -> hscode_status {
    entry::run(std::ptr::null_mut(), || {
        let out = Out::new(out, "out")?;
        // SAFETY: the contract of all functions.
        let decision = unsafe { handle::get(prediction, "prediction")? }.prediction.decision();
        // SAFETY: as above.
        unsafe { out.write(decision_of(decision)) };
        Ok(())
    })
}

/// The score of the code decided for, in 0 to 1; 0 when abstaining, or when `prediction` is none.
///
/// Threads: any, at once.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hscode_prediction_score(prediction: *const hscode_prediction) -> f32 {
    entry::value(0.0, || {
        // SAFETY: NULL or a handle, as the contract asks.
        Ok(unsafe { handle::get(prediction, "prediction")? }.prediction.score().unwrap_or(0.0))
    })
}

/// The level of the candidates, an `hscode_level`; 0 when `prediction` is none.
///
/// Threads: any, at once.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hscode_prediction_level(prediction: *const hscode_prediction) -> i32 {
    entry::value(0, || {
        // SAFETY: NULL or a handle, as the contract asks.
        Ok(code::level_number(unsafe { handle::get(prediction, "prediction")? }.prediction.level()))
    })
}

/// 1 when the description was longer than what is read, else 0.
///
/// Threads: any, at once.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hscode_prediction_truncated(prediction: *const hscode_prediction) -> i32 {
    entry::value(0, || {
        // SAFETY: NULL or a handle, as the contract asks.
        Ok(i32::from(unsafe { handle::get(prediction, "prediction")? }.prediction.truncated()))
    })
}

/// The classifier that answered, in a cascade the stage; valid until the prediction is freed. NULL when
/// `prediction` is none.
///
/// Threads: any, at once.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hscode_prediction_classifier(prediction: *const hscode_prediction) -> *const c_char {
    entry::value(std::ptr::null(), || {
        // SAFETY: NULL or a handle, as the contract asks.
        Ok(unsafe { handle::get(prediction, "prediction")? }.names().classifier.as_ptr())
    })
}

/// What identifies the model that answered; valid until the prediction is freed. NULL when `prediction` is none.
///
/// Threads: any, at once.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hscode_prediction_model(prediction: *const hscode_prediction) -> *const c_char {
    entry::value(std::ptr::null(), || {
        // SAFETY: NULL or a handle, as the contract asks.
        Ok(unsafe { handle::get(prediction, "prediction")? }.names().model.as_ptr())
    })
}

/// The edition of the codes; valid until the prediction is freed. NULL when `prediction` is none.
///
/// Threads: any, at once.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hscode_prediction_edition(prediction: *const hscode_prediction) -> *const c_char {
    entry::value(std::ptr::null(), || {
        // SAFETY: NULL or a handle, as the contract asks.
        Ok(unsafe { handle::get(prediction, "prediction")? }.names().edition.as_ptr())
    })
}

/// How many codes the candidate set has; 0 when no coverage was asked for, or when `prediction` is none.
///
/// Threads: any, at once.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hscode_prediction_set_len(prediction: *const hscode_prediction) -> usize {
    entry::value(0, || {
        // SAFETY: NULL or a handle, as the contract asks.
        Ok(unsafe { handle::get(prediction, "prediction")? }.prediction.candidate_set().map_or(0, <[_]>::len))
    })
}

/// A code of the candidate set: the codes that hold the right one with the coverage asked for, best first.
///
/// Threads: any, at once. Statuses: NULL_ARGUMENT; INVALID_INPUT when `prediction` is none; OUT_OF_RANGE.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hscode_prediction_set_code(
    prediction: *const hscode_prediction,
    i: usize,
    out: *mut hscode_code,
) -> hscode_status {
    entry::run(std::ptr::null_mut(), || {
        let out = Out::new(out, "out")?;
        // SAFETY: the contract of all functions.
        let set = unsafe { handle::get(prediction, "prediction")? }.prediction.candidate_set().unwrap_or(&[]);
        let code = set.get(i).ok_or_else(|| Failure::past("code of the set", i, set.len()))?;
        // SAFETY: as above.
        unsafe { out.write(hscode_code::of(*code)) };
        Ok(())
    })
}

/// How many stages of a cascade were asked before the one that answered; 0 when `prediction` is none.
///
/// Threads: any, at once.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hscode_prediction_passed_len(prediction: *const hscode_prediction) -> usize {
    entry::value(0, || {
        // SAFETY: NULL or a handle, as the contract asks.
        Ok(unsafe { handle::get(prediction, "prediction")? }.prediction.passed().len())
    })
}

/// A stage of a cascade that was asked before the one that answered, and why it did not.
///
/// Threads: any, at once. Statuses: NULL_ARGUMENT; INVALID_INPUT when `prediction` is none; OUT_OF_RANGE.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hscode_prediction_passed(
    prediction: *const hscode_prediction,
    i: usize,
    out: *mut hscode_passed,
) -> hscode_status {
    entry::run(std::ptr::null_mut(), || {
        let out = Out::new(out, "out")?;
        // SAFETY: the contract of all functions.
        let passed = &unsafe { handle::get(prediction, "prediction")? }.names().passed;
        let (classifier, reason, failure) =
            passed.get(i).ok_or_else(|| Failure::past("stage", i, passed.len()))?;
        let failure = failure.as_ref().map_or(std::ptr::null(), |message| message.as_ptr());
        // SAFETY: as above.
        unsafe { out.write(hscode_passed { classifier: classifier.as_ptr(), reason: *reason, failure }) };
        Ok(())
    })
}

/// The prediction as one line of JSON, as the command and the Python package write it (docs/cli.md).
///
/// `index`: the row's number, for `"index"`. `utf8`, `len`: the description, for `"description"`. `titles`: whose
/// titles to write; NULL for those that the library carries. `out`: the text; the caller frees it with
/// `hscode_string_free`. `err` may be NULL.
///
/// Threads: any, at once. Statuses: NULL_ARGUMENT; INVALID_INPUT; UNSUPPORTED when `titles` is NULL and the
/// edition is a national tariff.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hscode_prediction_json(
    prediction: *const hscode_prediction,
    index: u64,
    utf8: *const u8,
    len: usize,
    titles: *const hscode_nomenclature,
    out: *mut *mut hscode_string,
    err: *mut *mut hscode_error,
) -> hscode_status {
    entry::run(err, || {
        let out = Out::new(out, "out")?;
        // SAFETY: the contract of all functions.
        let (predicted, text) = unsafe { (handle::get(prediction, "prediction")?, text(utf8, len, "text")?) };
        let prediction = &predicted.prediction;
        let titles = if titles.is_null() {
            Nomenclature::of(prediction.edition())?
        } else {
            // SAFETY: as above.
            unsafe { handle::get(titles, "titles")? }.nomenclature()
        };
        let line = serde_json::to_string(&Record::new(index, text, prediction, titles))
            .map_err(|error| Failure::new(hscode_status::HSCODE_STATUS_INFERENCE, error.to_string()))?;
        // SAFETY: as above.
        unsafe { out.give(c_string(&line)) };
        Ok(())
    })
}

/// Frees a prediction. NULL is fine; one that was freed or belongs to a batch, or a handle of another kind, is
/// left alone.
///
/// Threads: one, and no other uses this prediction meanwhile.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hscode_prediction_free(prediction: *mut hscode_prediction) {
    // SAFETY: NULL or a handle, as the contract asks.
    entry::quietly(|| unsafe { handle::free(prediction) });
}
