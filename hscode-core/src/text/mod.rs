//! What a description is. (Skeleton.)

/// The longest text read, in bytes; longer text is cut at a character boundary.
pub const MAX_DESCRIPTION_BYTES: usize = 16 * 1024;

/// Whether a description is fit to classify. (Skeleton.)
pub fn check(_description: &str) {}
