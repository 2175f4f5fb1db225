//! From descriptions to a packaged model: ingest, clean, split, train, tune, evaluate, pack.
//!
//! Each step reads files and writes files in a [working folder](workdir::WorkDir), keeps a record of what it
//! read, wrote and counted, and is skipped when nothing changed. Nothing is printed: a caller hears of progress
//! through [`Progress`](progress::Progress), by which it can also stop a step.

pub mod audit;
pub mod balance;
pub mod clean;
pub mod compose;
pub mod config;
pub mod disk;
pub mod encoder;
pub mod evaluate;
pub mod house;
pub mod ingest;
pub mod labels;
pub mod models;
pub mod nets;
pub mod onnx;
pub mod pack;
pub mod prepare;
pub mod progress;
pub mod rng;
pub mod row;
pub mod similar;
pub mod split;
pub mod steps;
pub mod training;
pub mod tune;
mod wording;
pub mod workdir;

#[cfg(test)]
mod pipeline_tests;

pub use pack::{pack, publish};
