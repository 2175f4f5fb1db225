//! Reads texts by a tokenizer file of the transformers. The only file of this crate that knows `tokenizers`.

use std::panic::{AssertUnwindSafe, catch_unwind};

use tokenizers::{Tokenizer, TruncationParams};

use crate::{Error, ErrorKind};

/// The largest tokenizer file, in bytes.
const MAX_BYTES: usize = 1 << 25;
/// The kinds of tokenizers.
const MODELS: [&str; 4] = ["WordPiece", "BPE", "Unigram", "WordLevel"];

/// A tokenizer that gives at most so many ids.
pub(super) struct Reader {
    tokenizer: Tokenizer,
    most: usize,
}

fn wrong(what: impl Into<String>) -> Error {
    Error::new(ErrorKind::Package, what)
}

impl Reader {
    /// Reads a `tokenizer.json`. Its own truncation and padding are left out.
    ///
    /// # Errors
    /// `Package`: damaged, too large, or with patterns of its own, whose time has no bound.
    pub(super) fn open(bytes: &[u8], most: usize) -> Result<Self, Error> {
        if bytes.len() > MAX_BYTES {
            return Err(wrong(format!("{} bytes: expected at most {MAX_BYTES}", bytes.len())));
        }
        let mut json: serde_json::Value = serde_json::from_slice(bytes)
            .map_err(|error| wrong(format!("line {}: expected JSON", error.line())))?;
        let kind = json.pointer("/model/type").and_then(serde_json::Value::as_str).unwrap_or_default();
        if !MODELS.contains(&kind) {
            return Err(wrong(format!("model \"{}\": expected one of {MODELS:?}", kind.escape_debug())));
        }
        for part in ["normalizer", "pre_tokenizer", "post_processor"] {
            if json.get(part).is_some_and(has_pattern) {
                return Err(wrong(format!("{part}: expected parts without a pattern of their own")));
            }
        }
        if let Some(all) = json.as_object_mut() {
            for part in ["truncation", "padding", "decoder"] {
                all.insert(part.to_owned(), serde_json::Value::Null);
            }
        }
        let text = json.to_string();
        let tokenizer = guarded(|| {
            let mut tokenizer = Tokenizer::from_bytes(text.as_bytes())?;
            let cut = TruncationParams { max_length: most, ..TruncationParams::default() };
            tokenizer.with_truncation(Some(cut))?;
            Ok(tokenizer)
        });
        let reader = Self { tokenizer: tokenizer.map_err(wrong)?, most };
        match reader.ids("a b")? {
            ids if ids.is_empty() => Err(wrong("expected ids for a text, saw none")),
            _ => Ok(reader),
        }
    }

    /// The ids of a text, those of the frame (`[CLS]`, `[SEP]`) among them.
    ///
    /// # Errors
    /// `Inference` when the tokenizer fails.
    pub(super) fn ids(&self, text: &str) -> Result<Vec<i64>, Error> {
        let encoded = guarded(|| self.tokenizer.encode_fast(text, true));
        let encoded = encoded.map_err(|why| Error::new(ErrorKind::Inference, why))?;
        Ok(encoded.get_ids().iter().take(self.most).map(|&id| i64::from(id)).collect())
    }

    /// The largest id.
    pub(super) fn last(&self) -> i64 {
        self.tokenizer.get_vocab(true).values().max().map_or(0, |&id| i64::from(id))
    }
}

/// Whether a pattern stands anywhere in this part.
fn has_pattern(part: &serde_json::Value) -> bool {
    match part {
        serde_json::Value::Object(all) => {
            all.iter().any(|(name, value)| name == "Regex" || has_pattern(value))
        }
        serde_json::Value::Array(all) => all.iter().any(has_pattern),
        _ => false,
    }
}

/// Runs what may fail or panic. Why is not told in full: it may hold the text.
fn guarded<T>(run: impl FnOnce() -> tokenizers::Result<T>) -> Result<T, String> {
    match catch_unwind(AssertUnwindSafe(run)) {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(_)) => Err("the tokenizer failed".to_owned()),
        Err(_) => Err("the tokenizer failed by a panic".to_owned()),
    }
}
