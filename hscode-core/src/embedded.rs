//! The default classifier, carried in the binary.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use crate::{Cascade, Classifier, Error, Lexical};

static DEFAULT: OnceLock<Arc<dyn Classifier>> = OnceLock::new();
static OPENING: Mutex<()> = Mutex::new(());

/// The default classifier of HS2022, opened on first use and then shared.
///
/// A [`Cascade`] of the stages carried in the binary; at present the references of the house
/// ([`Lexical::embedded`]). No model file is needed and nothing is done before the first call, which takes tens
/// of milliseconds; later calls take none.
///
/// # Errors
/// `Package` when the model in the binary is damaged; a later call tries again.
///
/// # Examples
/// ```
/// use hscode_core::{Classifier, Options};
///
/// let classifier = hscode_core::embedded()?;
/// let prediction = classifier.classify("mens cotton crew neck tee", &Options::default())?;
/// assert_eq!(prediction.best().map(|c| c.code().dotted()).as_deref(), Some("6109.10"));
/// # Ok::<(), hscode_core::Error>(())
/// ```
pub fn embedded() -> Result<Arc<dyn Classifier>, Error> {
    if let Some(classifier) = DEFAULT.get() {
        return Ok(Arc::clone(classifier));
    }
    // One thread opens, the others wait for it.
    let _opening = OPENING.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(classifier) = DEFAULT.get() {
        return Ok(Arc::clone(classifier));
    }
    let cascade = Cascade::new("default", vec![Arc::new(Lexical::embedded()?)])?;
    Ok(Arc::clone(DEFAULT.get_or_init(|| Arc::new(cascade))))
}
