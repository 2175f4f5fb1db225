//! The kinds of models that a package may hold: which files each has, and how it is opened.

use std::sync::Arc;

use super::manifest::{MANIFEST, Manifest};
use super::source::Files;
#[cfg(feature = "text-cnn")]
use crate::fused::{self, Fused, References};
use crate::lexical::{self, Lexical};
use crate::{Cascade, Classifier, DecisionPolicy, Edition, Error, ErrorKind};

/// [`Lexical`]: classification by reference texts.
pub const LEXICAL: &str = "lexical";
/// The texts of a `lexical` model, as [`lexical::reference_bytes`] makes them.
pub const REFERENCES: &str = "references.bin";
/// The thresholds and calibration of a `lexical` model; see [`Lexical::from_bytes`].
pub const LEXICAL_SETTINGS: &str = "lexical.tsv";

/// [`TextCnn`](crate::TextCnn): the network of the house.
pub const TEXT_CNN: &str = "text-cnn";
/// The weights of a `text-cnn` model, as [`Weights::to_bytes`](crate::text_cnn::Weights::to_bytes) makes them.
pub const TEXT_CNN_WEIGHTS: &str = "text-cnn.bin";
/// The word pieces of a `text-cnn` model, a line each; empty where it reads none.
pub const TEXT_CNN_VOCABULARY: &str = "vocabulary.txt";
/// The thresholds, temperature and walk of a `text-cnn` model; see
/// [`TextCnn::from_bytes`](crate::TextCnn::from_bytes).
pub const TEXT_CNN_SETTINGS: &str = "text-cnn.tsv";

/// [`Fused`](crate::Fused): a network that asks references where it is not sure, with the files of both.
pub const FUSED: &str = "fused";
/// How network and references of a `fused` model are put together; see [`Fused::new`](crate::Fused::new).
pub const FUSED_SETTINGS: &str = "fused.tsv";

/// `Onnx` (with the feature of that name): an exported network.
pub const ONNX: &str = "onnx";
/// The graph of an `onnx` model, with its constants inside.
pub const ONNX_NETWORK: &str = "model.onnx";
/// The subheading of each output of an `onnx` model, a line each.
pub const ONNX_CODES: &str = "codes.txt";
/// How texts are read for an `onnx` model, and its temperature and thresholds; see `docs/onnx.md`.
pub const ONNX_SETTINGS: &str = "onnx.tsv";
/// The word pieces of an `onnx` model that reads features, a line each.
pub const ONNX_VOCABULARY: &str = "vocabulary.txt";
/// The tokenizer of an `onnx` model that reads by one.
pub const ONNX_TOKENIZER: &str = "tokenizer.json";

/// The kinds that this build opens.
const KNOWN: &[&str] = &[
    LEXICAL,
    #[cfg(feature = "text-cnn")]
    TEXT_CNN,
    #[cfg(feature = "text-cnn")]
    FUSED,
    #[cfg(feature = "onnx")]
    ONNX,
];

/// How far scores of a network in f32 may differ between machines: they sum in the order of their instructions.
#[cfg(feature = "onnx")]
const ONNX_TOLERANCE: f32 = 1e-3;

/// What the models of a package are together.
pub(super) struct Opened {
    pub(super) classifier: Arc<dyn Classifier>,
    /// What turns the scores of each model into decisions, in the order of the models.
    pub(super) policies: Vec<DecisionPolicy>,
    /// How far scores may be from those of the probe; 0 where all are the same everywhere.
    pub(super) tolerance: f32,
}

/// Opens the models in the order of the manifest, as the stages of a cascade.
///
/// # Errors
/// `Package` naming the file; `Unsupported` for a kind that this version does not know.
pub(super) fn open(manifest: &Manifest, files: &Files) -> Result<Opened, Error> {
    let mut stages: Vec<Arc<dyn Classifier>> = Vec::new();
    let mut policies = Vec::new();
    #[cfg_attr(not(feature = "onnx"), expect(unused_mut))]
    let mut tolerance = 0.0;
    for kind in &manifest.models {
        match kind.as_str() {
            LEXICAL => {
                let (model, policy) = lexical(manifest, files)?;
                stages.push(Arc::new(model));
                policies.push(policy);
            }
            #[cfg(feature = "text-cnn")]
            TEXT_CNN => {
                let (model, policy) = text_cnn(manifest, files)?;
                stages.push(Arc::new(model));
                policies.push(policy);
            }
            #[cfg(feature = "text-cnn")]
            FUSED => {
                let (lexical, _) = lexical(manifest, files)?;
                let (model, policy) = fused(manifest, files, References::Open(Box::new(lexical)))?;
                stages.push(Arc::new(model));
                policies.push(policy);
            }
            #[cfg(feature = "onnx")]
            ONNX => {
                let model = onnx(manifest, files)?;
                policies.push(model.policy().clone());
                stages.push(Arc::new(model));
                tolerance = ONNX_TOLERANCE;
            }
            other => {
                return Err(Error::new(
                    ErrorKind::Unsupported,
                    format!(
                        "{MANIFEST}: model of kind \"{}\": this version opens {}",
                        super::check::shown(other),
                        KNOWN.join(", ")
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
    Ok(Opened { classifier: Arc::new(classifier), policies, tolerance })
}

/// Opens the references of a package.
pub(super) fn lexical(manifest: &Manifest, files: &Files) -> Result<(Lexical, DecisionPolicy), Error> {
    check_edition(manifest, LEXICAL)?;
    let settings = text(files, LEXICAL_SETTINGS)?;
    let policy = lexical::read_policy(settings).map_err(|error| error.at(LEXICAL_SETTINGS))?;
    let references = file(files, REFERENCES)?;
    let model =
        Lexical::from_bytes(references, &manifest.id(), settings).map_err(|error| error.at(REFERENCES))?;
    if model.info().classes() == 0 {
        return Err(Error::new(ErrorKind::Package, format!("{REFERENCES}: expected texts, saw none")));
    }
    Ok((model, policy))
}

/// Opens the network of a package.
#[cfg(feature = "text-cnn")]
pub(super) fn text_cnn(
    manifest: &Manifest,
    files: &Files,
) -> Result<(crate::TextCnn, DecisionPolicy), Error> {
    check_edition(manifest, TEXT_CNN)?;
    let settings = text(files, TEXT_CNN_SETTINGS)?;
    let policy = crate::text_cnn::read_policy(settings).map_err(|error| error.at(TEXT_CNN_SETTINGS))?;
    let vocabulary = text(files, TEXT_CNN_VOCABULARY)?;
    let weights = file(files, TEXT_CNN_WEIGHTS)?;
    let model = crate::TextCnn::from_bytes(weights, vocabulary, settings, &manifest.id());
    Ok((model.map_err(|error| error.at(TEXT_CNN_WEIGHTS))?, policy))
}

/// Opens the network of a package, with references that are open or will be.
#[cfg(feature = "text-cnn")]
pub(super) fn fused(
    manifest: &Manifest,
    files: &Files,
    references: References,
) -> Result<(Fused, DecisionPolicy), Error> {
    let (network, _) = text_cnn(manifest, files)?;
    let settings = text(files, FUSED_SETTINGS)?;
    let policy = fused::read_policy(settings).map_err(|error| error.at(FUSED_SETTINGS))?;
    Ok((Fused::of(network, references, settings).map_err(|error| error.at(FUSED_SETTINGS))?, policy))
}

/// Models of these kinds answer one edition.
fn check_edition(manifest: &Manifest, kind: &str) -> Result<(), Error> {
    if manifest.edition == Edition::HS2022 {
        return Ok(());
    }
    let what = format!("{MANIFEST}: edition {}: models of kind {kind} answer HS2022", manifest.edition);
    Err(Error::new(ErrorKind::Unsupported, what))
}

fn text<'a>(files: &'a Files, name: &str) -> Result<&'a str, Error> {
    std::str::from_utf8(file(files, name)?)
        .map_err(|error| Error::new(ErrorKind::Package, format!("{name}: not UTF-8: {error}")))
}

/// Opens the exported network of a package.
#[cfg(feature = "onnx")]
fn onnx(manifest: &Manifest, files: &Files) -> Result<crate::Onnx, Error> {
    let vocabulary = files.contains_key(ONNX_VOCABULARY).then(|| text(files, ONNX_VOCABULARY)).transpose()?;
    let parts = crate::onnx::OnnxFiles {
        network: file(files, ONNX_NETWORK)?,
        codes: text(files, ONNX_CODES)?,
        settings: text(files, ONNX_SETTINGS)?,
        vocabulary,
        tokenizer: files.get(ONNX_TOKENIZER).map(|bytes| &**bytes),
    };
    crate::Onnx::open(parts, &manifest.id(), manifest.edition.clone())
}

fn file<'a>(files: &'a Files, name: &str) -> Result<&'a [u8], Error> {
    match files.get(name) {
        Some(bytes) => Ok(bytes),
        None => {
            Err(Error::new(ErrorKind::Package, format!("{name}: expected a file of this name in {MANIFEST}")))
        }
    }
}
