//! The feature hash, version 1.

/// The version of the feature hash. A model package names it, since another hash would shuffle every table.
pub const FEATURE_HASH_VERSION: u32 = 1;

/// What a hashed feature is made of. Families do not meet: the same bytes in two of them hash apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Family {
    /// One whole word.
    Word,
    /// Two words in their order.
    Pair,
    /// A run of characters of one word, with `<` and `>` for its ends.
    Gram,
}

impl Family {
    const fn seed(self) -> u64 {
        match self {
            Self::Word => 0x9AE1_6A3B_2F90_404F,
            Self::Pair => 0xC949_D7C7_509E_6557,
            Self::Gram => 0xD6E8_FEB8_6659_FD93,
        }
    }
}

const PRIME: u64 = 0x0000_0100_0000_01B3;

/// A running hash over bytes: FNV-1a of 64 bits from a start of the family's own, finished by a mixer.
///
/// The running form lets all runs of one start share their prefix. Only integer arithmetic that wraps is used, so
/// every platform has the same value.
///
/// ```
/// use hscode_core::features::{Family, FeatureHash};
///
/// let whole = FeatureHash::new(Family::Word).bytes(b"cotton");
/// assert_eq!(whole, FeatureHash::new(Family::Word).bytes(b"cot").bytes(b"ton"));
/// assert!(whole.bucket(1000) < 1000);
/// ```
///
/// Source: Fowler, Noll, Vo, FNV-1a (public domain); the mixer is the finaliser of MurmurHash3 (public domain).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FeatureHash(u64);

impl FeatureHash {
    /// Starts a hash of the family.
    pub const fn new(family: Family) -> Self {
        Self(family.seed())
    }

    /// Takes one byte in.
    #[inline]
    #[must_use]
    pub const fn byte(self, byte: u8) -> Self {
        Self((self.0 ^ byte as u64).wrapping_mul(PRIME))
    }

    /// Takes bytes in, in order.
    #[inline]
    #[must_use]
    pub fn bytes(self, bytes: &[u8]) -> Self {
        bytes.iter().fold(self, |hash, &byte| hash.byte(byte))
    }

    /// The 64 bits of the hash, mixed so that each depends on every byte.
    #[inline]
    pub const fn finish(self) -> u64 {
        let mut x = self.0;
        x = (x ^ (x >> 33)).wrapping_mul(0xFF51_AFD7_ED55_8CCD);
        x = (x ^ (x >> 33)).wrapping_mul(0xC4CE_B9FE_1A85_EC53);
        x ^ (x >> 33)
    }

    /// The bucket in `0..buckets`, by the upper 32 bits; any size is allowed, 0 gives 0.
    #[inline]
    pub const fn bucket(self, buckets: u32) -> u32 {
        (((self.finish() >> 32) * buckets as u64) >> 32) as u32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // A change of these values is a change of FEATURE_HASH_VERSION.
    #[test]
    fn version_1_is_fixed() {
        let of = |family, text: &str| FeatureHash::new(family).bytes(text.as_bytes()).finish();
        assert_eq!(FEATURE_HASH_VERSION, 1);
        let seen = [
            of(Family::Word, "cotton"),
            of(Family::Pair, "cotton"),
            of(Family::Gram, ""),
            of(Family::Gram, "é"),
        ];
        assert_eq!(seen, VALUES);
    }

    // From a second implementation, in Python.
    const VALUES: [u64; 4] =
        [0x702D_6CC4_31D9_24D1, 0xEEAC_631F_3927_2662, 0xE514_FD3B_A511_17AD, 0x7CEF_71AE_DA79_236C];

    #[test]
    fn buckets_are_even() {
        let mut counts = [0u32; 37];
        for n in 0..37_000u32 {
            let hash = FeatureHash::new(Family::Gram).bytes(n.to_string().as_bytes());
            counts[hash.bucket(37) as usize] += 1;
        }
        // Mean 1000, standard deviation 31.
        assert!(counts.iter().all(|c| (850..1150).contains(c)), "{counts:?}");
        assert_eq!(FeatureHash::new(Family::Word).bucket(0), 0);
    }
}
