//! The classifier that answers: the embedded default, or a model package.

use std::path::Path;
use std::sync::Arc;

use hscode_core::{Classifier, Edition, Lexical};

use crate::exit::{Failure, Status};
use crate::references;

/// Opens the classifier of a run.
pub(crate) fn open(model: Option<&Path>) -> Result<Arc<dyn Classifier>, Failure> {
    match model {
        None => Ok(hscode_core::embedded()?),
        Some(folder) => Err(Failure::Said(
            Status::Package,
            format!(
                "{}: this version opens no model packages; without --model the embedded model answers",
                folder.display()
            ),
        )),
    }
}

/// Opens the embedded classifier with settled descriptions of the user, which outrank its own.
pub(crate) fn embedded_with(references: &Path) -> Result<Arc<dyn Classifier>, Failure> {
    let references = references::read(references, &Edition::HS2022)?;
    Ok(Arc::new(Lexical::embedded()?.with_references(references).map_err(Failure::file)?))
}
