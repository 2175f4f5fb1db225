//! The classifier that answers: the embedded default, or a model package.

use std::path::Path;
use std::sync::Arc;

use hscode_core::Classifier;

use crate::exit::{Failure, Status};

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
