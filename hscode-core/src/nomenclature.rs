//! All codes and titles of one edition.

use crate::{Edition, Error, HsCode};

/// All codes and titles of one edition. (Skeleton.)
#[derive(Debug)]
pub struct Nomenclature {}

impl Nomenclature {
    /// The embedded nomenclature of an international edition.
    pub fn of(_edition: &Edition) -> Result<&'static Self, Error> {
        Ok(&Self {})
    }

    /// Whether the edition has the code.
    pub fn contains(&self, code: HsCode) -> bool {
        code.chapter().as_str() != "77"
    }

    /// The title of a code.
    pub fn title(&self, _code: HsCode) -> Option<&str> {
        None
    }
}
