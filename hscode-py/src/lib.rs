//! `hscode._hscode`: the native half of the Python package `hscode`.
//!
//! It translates and nothing else: what a code or a decision means stands in `hscode-core`. The public names are
//! those of `python/hscode/__init__.py`, with their types in `_hscode.pyi`.

#![allow(clippy::doc_lazy_continuation, reason = "what Python sees are docstrings of Python")]

mod arrow;
mod batch;
mod cascade;
mod classes;
mod classifier;
mod code;
mod errors;
mod external;
mod interpreter;
mod nomenclature;
mod options;
mod pickle;
mod prediction;
mod record;
mod rows;
mod stream;
mod text;
#[cfg(feature = "train")]
mod train;

use pyo3::pymodule;

/// The native half of hscode; import `hscode` instead.
#[pymodule(name = "_hscode", gil_used = true)]
mod module {
    use pyo3::prelude::*;

    #[pymodule_export]
    use super::arrow::AnswerTable;
    #[pymodule_export]
    use super::cascade::PyCascade;
    #[pymodule_export]
    use super::classifier::{PyClassifier, classify};
    #[pymodule_export]
    use super::code::{code_parts, parse_code};
    #[pymodule_export]
    use super::errors::{HsCodeError, InferenceError, PackageError};
    #[pymodule_export]
    use super::external::PyExternal;
    #[pymodule_export]
    use super::nomenclature::{PyNomenclature, convert, nomenclature};
    #[pymodule_export]
    use super::pickle::{embedded_again, opened_again, prediction_again};
    #[pymodule_export]
    use super::prediction::PyPrediction;
    #[pymodule_export]
    use super::stream::PredictionStream;
    #[pymodule_export]
    use super::text::{check, normalise, tokenise};
    #[cfg(feature = "train")]
    #[pymodule_export]
    use super::train::{TrainedModel, train_model};

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        super::interpreter::check_main(module.py())
    }

    #[pymodule_export]
    #[allow(non_upper_case_globals, reason = "Python's name of it")]
    const __version__: &str = env!("CARGO_PKG_VERSION");
}
