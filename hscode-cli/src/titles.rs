//! Codes and titles of an edition: the library's, or a file of the user's.

use std::ops::Deref;
use std::path::Path;

use hscode_core::{Edition, Nomenclature};

use crate::exit::Failure;

/// A nomenclature to show titles of.
pub(crate) enum Titles {
    Embedded(&'static Nomenclature),
    Given(Box<Nomenclature>),
}

impl Titles {
    pub(crate) fn open(path: Option<&Path>, edition: &Edition) -> Result<Self, Failure> {
        Ok(match path {
            None => Self::Embedded(Nomenclature::of(edition)?),
            Some(path) => Self::Given(Box::new(Nomenclature::open(path, edition).map_err(Failure::file)?)),
        })
    }
}

impl Deref for Titles {
    type Target = Nomenclature;

    fn deref(&self) -> &Nomenclature {
        match self {
            Self::Embedded(nomenclature) => nomenclature,
            Self::Given(nomenclature) => nomenclature,
        }
    }
}
