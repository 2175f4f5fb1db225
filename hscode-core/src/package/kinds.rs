//! The kinds of models that a package may hold: which files each has, and how it is opened.

use std::sync::Arc;

use super::manifest::{MANIFEST, Manifest};
use super::source::Files;
use crate::lexical::{self, Lexical};
use crate::{Cascade, Classifier, DecisionPolicy, Edition, Error, ErrorKind};

/// [`Lexical`]: classification by reference texts.
pub const LEXICAL: &str = "lexical";
/// The texts of a `lexical` model, as [`lexical::reference_bytes`] makes them.
pub const REFERENCES: &str = "references.bin";
/// The thresholds and calibration of a `lexical` model; see [`Lexical::from_bytes`].
pub const LEXICAL_SETTINGS: &str = "lexical.tsv";

/// What the models of a package are together.
pub(super) struct Opened {
    pub(super) classifier: Arc<dyn Classifier>,
    /// What turns the scores of each model into decisions, in the order of the models.
    pub(super) policies: Vec<DecisionPolicy>,
}

/// Opens the models in the order of the manifest, as the stages of a cascade.
///
/// # Errors
/// `Package` naming the file; `Unsupported` for a kind that this version does not know.
pub(super) fn open(manifest: &Manifest, files: &Files) -> Result<Opened, Error> {
    let mut stages: Vec<Arc<dyn Classifier>> = Vec::new();
    let mut policies = Vec::new();
    for kind in &manifest.models {
        match kind.as_str() {
            LEXICAL => {
                let (model, policy) = lexical(manifest, files)?;
                stages.push(Arc::new(model));
                policies.push(policy);
            }
            other => {
                return Err(Error::new(
                    ErrorKind::Unsupported,
                    format!(
                        "{MANIFEST}: model of kind \"{}\": this version opens {LEXICAL}",
                        super::check::shown(other)
                    ),
                ));
            }
        }
    }
    let classifier = Cascade::new(&manifest.name, stages).map_err(|error| error.at(MANIFEST))?;
    if classifier.info().level() != manifest.level {
        return Err(Error::new(
            ErrorKind::Package,
            format!(
                "{MANIFEST}: level {}: the models inside answer {}",
                manifest.level,
                classifier.info().level()
            ),
        ));
    }
    Ok(Opened { classifier: Arc::new(classifier), policies })
}

/// Opens the references of a package.
pub(super) fn lexical(manifest: &Manifest, files: &Files) -> Result<(Lexical, DecisionPolicy), Error> {
    if manifest.edition != Edition::HS2022 {
        return Err(Error::new(
            ErrorKind::Unsupported,
            format!("{MANIFEST}: edition {}: models of kind {LEXICAL} answer HS2022", manifest.edition),
        ));
    }
    let settings = std::str::from_utf8(file(files, LEXICAL_SETTINGS)?)
        .map_err(|error| Error::new(ErrorKind::Package, format!("{LEXICAL_SETTINGS}: not UTF-8: {error}")))?;
    let policy = lexical::read_policy(settings).map_err(|error| error.at(LEXICAL_SETTINGS))?;
    let references = file(files, REFERENCES)?;
    let model =
        Lexical::from_bytes(references, &manifest.id(), settings).map_err(|error| error.at(REFERENCES))?;
    if model.info().classes() == 0 {
        return Err(Error::new(ErrorKind::Package, format!("{REFERENCES}: expected texts, saw none")));
    }
    Ok((model, policy))
}

fn file<'a>(files: &'a Files, name: &str) -> Result<&'a [u8], Error> {
    match files.get(name) {
        Some(bytes) => Ok(bytes),
        None => {
            Err(Error::new(ErrorKind::Package, format!("{name}: expected a file of this name in {MANIFEST}")))
        }
    }
}
