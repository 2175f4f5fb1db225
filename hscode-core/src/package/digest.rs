//! SHA-256 as the manifest spells it.

use std::fmt::Write as _;

use sha2::{Digest, Sha256};

/// The length of a digest in hexadecimal digits.
pub(super) const DIGITS: usize = 64;

/// The SHA-256 of `bytes` as 64 hexadecimal digits in lower case.
///
/// ```
/// let digest = hscode_core::package::sha256(b"abc");
/// assert!(digest.starts_with("ba7816bf8f01cfea"));
/// ```
pub fn sha256(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(DIGITS);
    for byte in Sha256::digest(bytes) {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// Whether this is a digest as the manifest spells it.
pub(super) fn is_digest(text: &str) -> bool {
    text.len() == DIGITS && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// The first digits of a digest, for messages and names.
pub(super) fn short(digest: &str) -> &str {
    digest.get(..12).unwrap_or(digest)
}
