//! What a description is: normalisation, tokens, and whether it says enough.
//!
//! [`Description`] reads a text as people and machines write it (upper-case labels, HTML entities, full-width
//! digits, any script) into one normal form and its tokens; [`check`] says whether customs would take it.
//!
//! ```
//! use hscode_core::text::{Description, TokenKind};
//!
//! let mut description = Description::new();
//! description.read("MEN&#39;S T-SHIRT, 100% Cotton  500ML");
//! assert_eq!(description.text(), "men's t-shirt, 100% cotton 500ml");
//! let words: Vec<_> =
//!     description.tokens().filter(|token| token.kind == TokenKind::Word).map(|token| token.text).collect();
//! assert_eq!(words, ["mens", "tshirt", "cotton"]);
//! assert_eq!(description.canonical(), "mens tshirt 100 % cotton 500 ml");
//! ```

mod advice;
mod check;
mod description;
mod entities;
mod fold;
mod normalise;
mod numbers;
mod refuse;
mod tokenise;
mod units;
mod vague;

pub use check::{Check, Finding, FindingReason, Verdict, check};
pub use description::{Description, Token, TokenKind, Tokens, normalise};
pub(crate) use refuse::refusal;
pub use vague::VagueTerms;

/// The longest text read, in bytes, before and after normalisation; longer text is cut at a character boundary
/// and flagged ([`Description::truncated`]).
pub const MAX_DESCRIPTION_BYTES: usize = 4096;

/// The version of normalisation and tokens. A model learns from what this module makes of text, so packages
/// record it and a package of another version is not opened. It rises whenever any text reads differently.
pub const VERSION: u32 = 1;
