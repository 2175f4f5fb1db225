//! The encoder of the house: a word-piece vocabulary trained on the corpus, and token vectors to start from.

mod vectors;
mod vocabulary;

pub use vectors::TokenVectors;
pub use vocabulary::{VocabularyConfig, train_vocabulary};
