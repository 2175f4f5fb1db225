//! What a network sees of a description: word pieces and hashed features, the same in training and inference.
//!
//! Three kinds of numbers are drawn from the words of a description, all with integer arithmetic alone:
//!
//! * **tokens**: the ids of [`WordPiece`], a vocabulary trained on the corpus;
//! * **pairs**: neighbouring words, hashed into a table of fixed size;
//! * **grams**: the runs of characters of each word, its ends marked, hashed into a table of fixed size.
//!
//! Hashing needs no vocabulary, so it also speaks for words that no corpus has seen: a typing error or an
//! abbreviation keeps most of its grams. [`FeatureSpec`] says how; two models with one spec read text alike.

mod hash;
mod spec;
mod wordpiece;

pub use hash::{FEATURE_HASH_VERSION, Family, FeatureHash};
pub use spec::{FeatureSpec, Features, GramSpec, PairSpec};
pub use wordpiece::WordPiece;
