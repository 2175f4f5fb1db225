//! The C interface of hscode.
//!
//! What C sees is `include/hscode.h`, which `cargo xtask-c header` writes from this crate's types and comments;
//! `docs/c.md` is the guide. Nothing here decides anything about goods: core does, this crate translates.
//!
//! The promises, kept in one place each:
//! - a panic never crosses: every function runs inside `entry::run` or `entry::value`;
//! - a handle that is freed or of another kind is an error where that can be seen: `handle`;
//! - outputs are written on success only, and need no alignment: `out`;
//! - texts come as pointer and length and are checked: `text`;
//! - option structs grow at their end: `options`.
//!
//! # Safety
//! All functions share one contract: pointers are NULL or point to what the header says, for as long as the call
//! takes. What is checked beyond that is said at each function.

#![allow(unsafe_code, reason = "this is the one crate that hands out pointers")]
#![allow(non_camel_case_types, reason = "the names of the types are those of C")]
#![allow(clippy::missing_safety_doc, reason = "the contract is one for all functions and stands above")]
#![warn(clippy::undocumented_unsafe_blocks)]

#[cfg(panic = "abort")]
compile_error!("hscode-ffi catches panics before they reach the host: build it with panic = \"unwind\"");

mod batch;
mod callback;
mod cascade;
mod check;
mod classifier;
mod classify;
mod code;
mod convert;
mod entry;
mod error;
mod explanation;
mod handle;
mod nomenclature;
mod options;
mod out;
mod prediction;
mod rows;
mod simple;
mod status;
mod string;
mod text;
mod version;

pub use batch::*;
pub use callback::*;
pub use cascade::*;
pub use check::*;
pub use classifier::*;
pub use classify::*;
pub use code::*;
pub use convert::*;
pub use error::*;
pub use explanation::*;
pub use nomenclature::*;
pub use options::*;
pub use prediction::*;
pub use rows::*;
pub use simple::*;
pub use status::*;
pub use string::*;
pub use text::*;
pub use version::*;
