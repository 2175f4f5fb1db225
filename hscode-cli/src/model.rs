//! The classifier that answers: the embedded default, or a model package.

use std::path::Path;
use std::sync::Arc;

use hscode_core::{Classifier, Edition, Fused, ModelPackage};

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

/// Opens the embedded classifier with settled descriptions of the user, which outrank its own.
pub(crate) fn embedded_with(references: &Path) -> Result<Arc<dyn Classifier>, Failure> {
    let references = references::read(references, &Edition::HS2022)?;
    Ok(Arc::new(Fused::embedded()?.with_references(references).map_err(Failure::file)?))
}
