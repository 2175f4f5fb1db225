//! The default classifier, carried in the binary as a model package.

use std::borrow::Cow;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use crate::package::fused_of;
use crate::{Cascade, Classifier, Error, Lexical, ModelPackage};

/// The files of `model/`, which `cargo xtask model` makes.
pub(crate) static FILES: [(&str, &[u8]); 9] = [
    ("CARD.md", include_bytes!("../model/CARD.md")),
    ("fused.tsv", include_bytes!("../model/fused.tsv")),
    ("lexical.tsv", include_bytes!("../model/lexical.tsv")),
    ("manifest.json", include_bytes!("../model/manifest.json")),
    ("probe.jsonl", include_bytes!("../model/probe.jsonl")),
    ("references.bin", include_bytes!("../model/references.bin")),
    ("text-cnn.bin", include_bytes!("../model/text-cnn.bin")),
    ("text-cnn.tsv", include_bytes!("../model/text-cnn.tsv")),
    ("vocabulary.txt", include_bytes!("../model/vocabulary.txt")),
];

static DEFAULT: OnceLock<Arc<dyn Classifier>> = OnceLock::new();
static OPENING: Mutex<()> = Mutex::new(());

/// The default classifier of HS2022, opened on first use and then shared.
///
/// It answers as the classifier of [`embedded_package`]. No model file is needed and nothing is done before the first
/// call, which takes milliseconds; later calls take none. The references, which are asked where the network is not
/// sure, are opened by the first description that needs them, in tens of milliseconds.
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
    let (name, model) = fused_of(&FILES, Lexical::embedded).map_err(|error| error.at("embedded model"))?;
    let classifier: Arc<dyn Classifier> = Arc::new(Cascade::new(&name, vec![Arc::new(model)])?);
    Ok(Arc::clone(DEFAULT.get_or_init(|| classifier)))
}

/// Opens the model package in the binary as any other: sizes, digests, models, probe. Each call opens it anew;
/// [`embedded`] opens it once for all.
///
/// # Errors
/// `Package` when it is damaged.
pub fn embedded_package() -> Result<ModelPackage, Error> {
    ModelPackage::from_files(FILES.iter().map(|&(name, bytes)| (name, Cow::Borrowed(bytes))))
        .map_err(|error| error.at("embedded model"))
}
