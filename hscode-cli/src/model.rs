//! The classifier that answers: the embedded default, or a model package.

use std::path::Path;
use std::sync::Arc;

use hscode_core::{Classifier, Edition, Fused, ModelPackage};
use hscode_train::disk::Folders;
use hscode_train::models::as_classifier;

use crate::exit::Failure;
use crate::references;

/// Opens the classifier of a run.
pub(crate) fn open(model: Option<&Path>) -> Result<Arc<dyn Classifier>, Failure> {
    match model {
        None => Ok(hscode_core::embedded()?),
        Some(folder) => Ok(package(folder)?.classifier()),
    }
}

/// Opens the package in a folder; whatever is wrong with it is a fault of the package.
pub(crate) fn package(folder: &Path) -> Result<ModelPackage, Failure> {
    ModelPackage::open(folder).map_err(Failure::package)
}

/// Opens the model.bin of `hscode train`, to be compared with others.
pub(crate) fn trained(file: &Path, label: &str) -> Result<Arc<dyn Classifier>, Failure> {
    let model = hscode_train::models::open(&Folders, file).map_err(Failure::package)?;
    let identity = format!("{}@{label}", model.kind().as_str());
    Ok(as_classifier(model, &identity, Edition::HS2022)?)
}

/// Opens the embedded classifier with settled descriptions of the user, which outrank its own.
pub(crate) fn embedded_with(references: &Path) -> Result<Arc<dyn Classifier>, Failure> {
    let references = references::read(references, &Edition::HS2022)?;
    Ok(Arc::new(Fused::embedded()?.with_references(references).map_err(Failure::file)?))
}
