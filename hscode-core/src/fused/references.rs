//! The references of a fused model, opened at once or when they are first needed.

#[cfg(feature = "embedded-model")]
use std::sync::OnceLock;

use crate::{Error, Lexical};

/// References; those of the embedded model are opened at the first description that needs them, since the network
/// alone opens faster and answers many.
pub(crate) enum References {
    /// Open.
    Open(Box<Lexical>),
    /// To be opened.
    #[cfg(feature = "embedded-model")]
    Later(OnceLock<Box<Lexical>>, fn() -> Result<Lexical, Error>),
}

impl References {
    /// References that `open` opens when they are first needed.
    #[cfg(feature = "embedded-model")]
    pub(crate) fn later(open: fn() -> Result<Lexical, Error>) -> Self {
        Self::Later(OnceLock::new(), open)
    }

    /// The references, opened if need be.
    ///
    /// # Errors
    /// `Package` when they are damaged.
    pub(crate) fn get(&self) -> Result<&Lexical, Error> {
        match self {
            Self::Open(lexical) => Ok(lexical),
            #[cfg(feature = "embedded-model")]
            Self::Later(cell, open) => match cell.get() {
                Some(lexical) => Ok(lexical),
                None => {
                    // Two threads may open them at once; the first one's are kept.
                    let lexical = Box::new(open()?);
                    Ok(cell.get_or_init(|| lexical))
                }
            },
        }
    }

    /// The references to own.
    pub(crate) fn into_lexical(self) -> Result<Lexical, Error> {
        match self {
            Self::Open(lexical) => Ok(*lexical),
            #[cfg(feature = "embedded-model")]
            Self::Later(cell, open) => match cell.into_inner() {
                Some(lexical) => Ok(*lexical),
                None => open(),
            },
        }
    }

    /// Whether there are references of the user's own, which are always asked.
    pub(crate) fn has_own(&self) -> bool {
        match self {
            Self::Open(lexical) => lexical.has_own(),
            #[cfg(feature = "embedded-model")]
            Self::Later(..) => false,
        }
    }
}
