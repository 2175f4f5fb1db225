//! Harmonized System (HS) codes from goods descriptions.
//!
//! A short description goes in ("mens cotton crew neck tee, 3 pack"), ranked codes come out, with calibrated
//! scores, reasons, and a decision: accept, back off to an ancestor, or abstain.
//!
//! The crate is silent: no network, no standard output, no environment variables, no logger, no threads of its
//! own. The same input and the same model give the same bits on every machine.

mod cascade;
mod classify;
mod code;
mod correlation;
mod decision;
mod edition;
#[cfg(feature = "embedded-model")]
mod embedded;
mod error;
mod explanation;
mod external;
pub mod features;
#[cfg(feature = "text-cnn")]
mod fused;
pub mod lexical;
mod math;
mod nomenclature;
#[cfg(feature = "onnx")]
pub mod onnx;
mod options;
#[cfg(feature = "packages")]
pub mod package;
mod pool;
mod prediction;
mod ranking;
#[cfg(feature = "serde")]
mod record;
mod settings;
pub mod text;
#[cfg(feature = "text-cnn")]
pub mod text_cnn;

pub use cascade::Cascade;
pub use classify::{Classifier, ClassifierInfo};
pub use code::{HsCode, Level};
pub use correlation::{Change, CorrelationTable, Link, Target};
pub use decision::{Decision, DecisionPolicy, Reason, Thresholds};
pub use edition::Edition;
#[cfg(feature = "embedded-model")]
pub use embedded::{embedded, embedded_package};
pub use error::{Error, ErrorKind};
pub use explanation::{Evidence, Explanation, RunnerUp, TokenContribution};
pub use external::External;
#[cfg(feature = "text-cnn")]
pub use fused::Fused;
pub use lexical::Lexical;
pub use nomenclature::{Hit, Nomenclature};
#[cfg(feature = "onnx")]
pub use onnx::Onnx;
pub use options::Options;
#[cfg(feature = "packages")]
pub use package::ModelPackage;
pub use prediction::{Candidate, Passed, PassedWhy, Prediction};
pub use ranking::Ranking;
#[cfg(feature = "serde")]
pub use record::Record;
#[cfg(feature = "text-cnn")]
pub use text_cnn::TextCnn;
