//! Correlation between editions. (Skeleton.)

use crate::HsCode;

/// How a code changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// The same code, the same scope.
    Same,
}

/// One target of a correlation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Target {
    /// The code in the target edition.
    pub code: HsCode,
    /// How it changed.
    pub change: Change,
}

/// The correlation of one edition to another.
#[derive(Debug)]
pub struct CorrelationTable {}
