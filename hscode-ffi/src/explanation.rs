//! Why a classifier answered as it did, if `explain` was asked for.

use std::ffi::{CString, c_char};

use hscode_core::Explanation;

use crate::code;
use crate::entry;
use crate::error::Failure;
use crate::handle;
use crate::out::Out;
use crate::prediction::{Predicted, hscode_prediction};
use crate::status::hscode_status;
use crate::string::c_string;

/// What one word added to the score of the best code. The texts are valid until the prediction is freed.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct hscode_token {
    /// The word as it was read, NUL-terminated.
    pub text: *const c_char,
    /// Where it starts in the description, in bytes.
    pub start: usize,
    /// Where it ends, in bytes, exclusive.
    pub end: usize,
    /// Its part in the evidence for the best code; the parts of a text add up to the whole. The unit is the
    /// classifier's own.
    pub contribution: f32,
}

/// A reference that speaks for a code. The texts are valid until the prediction is freed.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct hscode_evidence {
    /// The reference's text, NUL-terminated.
    pub text: *const c_char,
    /// Where it is from, NUL-terminated.
    pub source: *const c_char,
    /// Its settled code.
    pub code: [c_char; 16],
    /// How like the description it is, in 0 to 1; 1 is the same text.
    pub similarity: f32,
}

/// The texts of an explanation for C.
pub(crate) struct ExplanationTexts {
    tokens: Vec<CString>,
    evidence: Vec<(CString, CString)>,
    path: Vec<CString>,
}

impl ExplanationTexts {
    fn of(explanation: &Explanation) -> Self {
        Self {
            tokens: explanation.tokens.iter().map(|token| c_string(&token.text)).collect(),
            evidence: explanation.evidence.iter().map(|e| (c_string(&e.text), c_string(&e.source))).collect(),
            path: explanation.path.iter().map(|title| c_string(title)).collect(),
        }
    }
}

impl Predicted {
    fn explanation(&self) -> Option<(&Explanation, &ExplanationTexts)> {
        let explanation = self.prediction.explanation()?;
        Some((explanation, self.explained.get_or_init(|| ExplanationTexts::of(explanation))))
    }
}

/// How many words the explanation has; 0 when there is none, or when `prediction` is none.
///
/// Threads: any, at once.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hscode_prediction_token_len(prediction: *const hscode_prediction) -> usize {
    entry::value(0, || {
        // SAFETY: NULL or a handle, as the contract asks.
        let explanation = unsafe { handle::get(prediction, "prediction")? }.prediction.explanation();
        Ok(explanation.map_or(0, |e| e.tokens.len()))
    })
}

/// A word of the description, in the order of the text, with what it added.
///
/// Threads: any, at once. Statuses: NULL_ARGUMENT; INVALID_INPUT when `prediction` is none; OUT_OF_RANGE.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hscode_prediction_token(
    prediction: *const hscode_prediction,
    i: usize,
    out: *mut hscode_token,
) -> hscode_status {
    entry::run(std::ptr::null_mut(), || {
        let out = Out::new(out, "out")?;
        // SAFETY: the contract of all functions.
        let explanation = unsafe { handle::get(prediction, "prediction")? }.explanation();
        let len = explanation.map_or(0, |(e, _)| e.tokens.len());
        let (token, text) = explanation
            .and_then(|(e, texts)| Some((e.tokens.get(i)?, texts.tokens.get(i)?)))
            .ok_or_else(|| Failure::past("token", i, len))?;
        let (start, end, contribution) = (token.start, token.end, token.contribution);
        // SAFETY: as above.
        unsafe { out.write(hscode_token { text: text.as_ptr(), start, end, contribution }) };
        Ok(())
    })
}

/// How many references the explanation has; 0 when there is none, or when `prediction` is none.
///
/// Threads: any, at once.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hscode_prediction_evidence_len(prediction: *const hscode_prediction) -> usize {
    entry::value(0, || {
        // SAFETY: NULL or a handle, as the contract asks.
        let explanation = unsafe { handle::get(prediction, "prediction")? }.prediction.explanation();
        Ok(explanation.map_or(0, |e| e.evidence.len()))
    })
}

/// A reference, nearest first.
///
/// Threads: any, at once. Statuses: NULL_ARGUMENT; INVALID_INPUT when `prediction` is none; OUT_OF_RANGE.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hscode_prediction_evidence(
    prediction: *const hscode_prediction,
    i: usize,
    out: *mut hscode_evidence,
) -> hscode_status {
    entry::run(std::ptr::null_mut(), || {
        let out = Out::new(out, "out")?;
        // SAFETY: the contract of all functions.
        let explanation = unsafe { handle::get(prediction, "prediction")? }.explanation();
        let len = explanation.map_or(0, |(e, _)| e.evidence.len());
        let (evidence, (text, source)) = explanation
            .and_then(|(e, texts)| Some((e.evidence.get(i)?, texts.evidence.get(i)?)))
            .ok_or_else(|| Failure::past("evidence", i, len))?;
        let value = hscode_evidence {
            text: text.as_ptr(),
            source: source.as_ptr(),
            code: code::field(evidence.code),
            similarity: evidence.similarity,
        };
        // SAFETY: as above.
        unsafe { out.write(value) };
        Ok(())
    })
}

/// How many titles the path has; 0 when there is no explanation, or when `prediction` is none.
///
/// Threads: any, at once.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hscode_prediction_path_len(prediction: *const hscode_prediction) -> usize {
    entry::value(0, || {
        // SAFETY: NULL or a handle, as the contract asks.
        let explanation = unsafe { handle::get(prediction, "prediction")? }.prediction.explanation();
        Ok(explanation.map_or(0, |e| e.path.len()))
    })
}

/// A title of the path from the chapter (0) down to the best code, NUL-terminated; valid until the prediction is
/// freed. NULL past the end, or when `prediction` is none.
///
/// Threads: any, at once.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hscode_prediction_path_title(
    prediction: *const hscode_prediction,
    i: usize,
) -> *const c_char {
    entry::value(std::ptr::null(), || {
        // SAFETY: NULL or a handle, as the contract asks.
        let explanation = unsafe { handle::get(prediction, "prediction")? }.explanation();
        let title = explanation.and_then(|(_, texts)| texts.path.get(i));
        Ok(title.map_or(std::ptr::null(), |title| title.as_ptr()))
    })
}
