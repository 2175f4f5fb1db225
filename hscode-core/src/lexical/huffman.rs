//! Canonical Huffman codes over large alphabets: what keeps the reference file small.

use crate::{Error, ErrorKind};

/// The longest code word accepted. Counts of less than two million symbols cannot need more.
const MAX_LENGTH: usize = 30;
/// Code words up to this length are decoded by one look into a table.
const TABLE_BITS: u32 = 15;
/// A table entry: the symbol above these bits, the length of its code word in them.
const LENGTH_BITS: u32 = 5;

fn damaged(what: &str) -> Error {
    Error::new(ErrorKind::Package, format!("references: {what}"))
}

/// The length of each symbol's code word, from how often each symbol occurs; 0 for symbols that never do.
pub(super) fn lengths(counts: &[u32]) -> Result<Vec<u8>, Error> {
    // Two sorted queues instead of a heap: leaves by count, then inner nodes in the order they are made.
    let mut leaves: Vec<usize> = (0..counts.len()).filter(|&symbol| counts[symbol] > 0).collect();
    leaves.sort_by_key(|&symbol| (counts[symbol], symbol));
    let mut lengths = vec![0_u8; counts.len()];
    if leaves.len() < 2 {
        for &symbol in &leaves {
            lengths[symbol] = 1;
        }
        return Ok(lengths);
    }
    let count = leaves.len();
    let mut weights: Vec<u64> = leaves.iter().map(|&symbol| u64::from(counts[symbol])).collect();
    let mut parents = vec![0_usize; 2 * count - 1];
    let (mut leaf, mut inner) = (0, count);
    for node in count..2 * count - 1 {
        let mut weight = 0;
        for _ in 0..2 {
            let take_leaf = leaf < count && (inner >= node || weights[leaf] <= weights[inner]);
            let taken = if take_leaf { &mut leaf } else { &mut inner };
            weight += weights[*taken];
            parents[*taken] = node;
            *taken += 1;
        }
        weights.push(weight);
    }
    let mut depths = vec![0_usize; 2 * count - 1];
    for node in (0..2 * count - 2).rev() {
        depths[node] = depths[parents[node]] + 1;
    }
    for (at, &symbol) in leaves.iter().enumerate() {
        if depths[at] > MAX_LENGTH {
            return Err(damaged("too many texts: a code word would be too long"));
        }
        lengths[symbol] = depths[at] as u8;
    }
    Ok(lengths)
}

/// The first code word and the first rank of each length, from the number of symbols of each length.
struct Canon {
    /// Symbols in the order of their code words.
    symbols: Vec<u32>,
    first_code: [u64; MAX_LENGTH + 2],
    first_rank: [usize; MAX_LENGTH + 2],
    count: [usize; MAX_LENGTH + 2],
}

impl Canon {
    fn new(lengths: &[u8]) -> Result<Self, Error> {
        let mut count = [0_usize; MAX_LENGTH + 2];
        for &length in lengths {
            let length = usize::from(length);
            if length > MAX_LENGTH {
                return Err(damaged(&format!("code word of {length} bits: expected at most {MAX_LENGTH}")));
            }
            count[length] += 1;
        }
        count[0] = 0;
        let (mut first_code, mut first_rank) = ([0_u64; MAX_LENGTH + 2], [0_usize; MAX_LENGTH + 2]);
        let (mut code, mut rank) = (0_u64, 0_usize);
        for length in 1..=MAX_LENGTH + 1 {
            code = (code + count[length - 1] as u64) << 1;
            rank += count[length - 1];
            first_code[length] = code;
            first_rank[length] = rank;
            if length <= MAX_LENGTH && code + count[length] as u64 > 1 << length {
                return Err(damaged("code words overlap"));
            }
        }
        let mut next = first_rank;
        let mut symbols = vec![0_u32; rank];
        for (symbol, &length) in lengths.iter().enumerate() {
            if length > 0 {
                let place = &mut next[usize::from(length)];
                symbols[*place] = symbol as u32;
                *place += 1;
            }
        }
        Ok(Self { symbols, first_code, first_rank, count })
    }
}

/// Writes symbols as code words.
pub(super) struct Encoder {
    words: Vec<(u32, u8)>,
}

impl Encoder {
    pub(super) fn new(lengths: &[u8]) -> Result<Self, Error> {
        let canon = Canon::new(lengths)?;
        let mut words = vec![(0_u32, 0_u8); lengths.len()];
        for length in 1..=MAX_LENGTH {
            for at in 0..canon.count[length] {
                let symbol = canon.symbols[canon.first_rank[length] + at];
                words[symbol as usize] = ((canon.first_code[length] + at as u64) as u32, length as u8);
            }
        }
        Ok(Self { words })
    }

    pub(super) fn put(&self, symbol: usize, out: &mut BitWriter) {
        let (word, length) = self.words[symbol];
        out.put(word, length);
    }
}

/// Reads code words as symbols.
pub(super) struct Decoder {
    canon: Canon,
    /// By the next bits: the symbol and the length of its code word, 0 for longer ones.
    table: Vec<u32>,
}

impl Decoder {
    /// # Errors
    /// `Package` when the lengths are of no prefix code.
    pub(super) fn new(lengths: &[u8]) -> Result<Self, Error> {
        let canon = Canon::new(lengths)?;
        if lengths.len() >> (32 - LENGTH_BITS) > 0 {
            return Err(damaged("too many symbols"));
        }
        let mut table = vec![0_u32; 1 << TABLE_BITS];
        for length in 1..=TABLE_BITS as usize {
            for at in 0..canon.count[length] {
                let symbol = canon.symbols[canon.first_rank[length] + at];
                let start = (canon.first_code[length] as usize + at) << (TABLE_BITS as usize - length);
                table[start..start + (1 << (TABLE_BITS as usize - length))]
                    .fill(symbol << LENGTH_BITS | length as u32);
            }
        }
        Ok(Self { canon, table })
    }

    /// The next symbol; `None` where no code word stands or the bits have ended.
    #[inline]
    pub(super) fn next(&self, bits: &mut BitReader<'_>) -> Option<u32> {
        let ahead = bits.peek();
        let entry = self.table[(ahead >> (64 - TABLE_BITS)) as usize];
        if entry > 0 {
            return bits.skip(entry & ((1 << LENGTH_BITS) - 1)).then_some(entry >> LENGTH_BITS);
        }
        for length in TABLE_BITS as usize + 1..=MAX_LENGTH {
            let code = ahead >> (64 - length);
            let at = code.wrapping_sub(self.canon.first_code[length]) as usize;
            if at < self.canon.count[length] {
                let symbol = self.canon.symbols[self.canon.first_rank[length] + at];
                return bits.skip(length as u32).then_some(symbol);
            }
        }
        None
    }
}

/// Bits, the first in the highest place of the first byte.
#[derive(Default)]
pub(super) struct BitWriter {
    bytes: Vec<u8>,
    pending: u64,
    count: u32,
}

impl BitWriter {
    fn put(&mut self, word: u32, length: u8) {
        self.pending = self.pending << length | u64::from(word);
        self.count += u32::from(length);
        while self.count >= 8 {
            self.count -= 8;
            self.bytes.push((self.pending >> self.count) as u8);
        }
    }

    /// The bytes, the last filled up with zero bits.
    pub(super) fn finish(mut self) -> Vec<u8> {
        if self.count > 0 {
            self.bytes.push((self.pending << (8 - self.count)) as u8);
        }
        self.bytes
    }
}

/// Reads bits as [`BitWriter`] writes them.
pub(super) struct BitReader<'a> {
    bytes: &'a [u8],
    next: usize,
    buffer: u64,
    count: u32,
}

impl<'a> BitReader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, next: 0, buffer: 0, count: 0 }
    }

    /// The next bits, zeros after the end; at least 32 of them are the file's where it has so many.
    #[inline]
    fn peek(&mut self) -> u64 {
        if self.count < 32 {
            if let Some(chunk) = self.bytes.get(self.next..).and_then(|rest| rest.first_chunk::<4>()) {
                self.buffer |= u64::from(u32::from_be_bytes(*chunk)) << (32 - self.count);
                self.count += 32;
                self.next += 4;
            } else {
                while self.count <= 56
                    && let Some(&byte) = self.bytes.get(self.next)
                {
                    self.buffer |= u64::from(byte) << (56 - self.count);
                    self.count += 8;
                    self.next += 1;
                }
            }
        }
        self.buffer
    }

    /// Leaves out bits; `false` when there are not so many.
    #[inline]
    fn skip(&mut self, length: u32) -> bool {
        if length > self.count {
            return false;
        }
        self.buffer <<= length;
        self.count -= length;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn symbols_come_back(symbols in proptest::collection::vec(0..300_u32, 0..2000), skew in 0..6_u32) {
            let symbols: Vec<usize> = symbols.iter().map(|s| (s >> (s % (skew + 1))) as usize).collect();
            let mut counts = vec![0_u32; 300];
            symbols.iter().for_each(|&s| counts[s] += 1);
            let lengths = lengths(&counts).unwrap();
            let encoder = Encoder::new(&lengths).unwrap();
            let mut out = BitWriter::default();
            symbols.iter().for_each(|&s| encoder.put(s, &mut out));
            let bytes = out.finish();
            let decoder = Decoder::new(&lengths).unwrap();
            let mut bits = BitReader::new(&bytes);
            for &symbol in &symbols {
                prop_assert_eq!(decoder.next(&mut bits), Some(symbol as u32));
            }
        }

        #[test]
        fn any_lengths_and_bits_are_survived(lengths in proptest::collection::vec(0..40_u8, 0..50),
                                             bytes in proptest::collection::vec(any::<u8>(), 0..50)) {
            if let Ok(decoder) = Decoder::new(&lengths) {
                let mut bits = BitReader::new(&bytes);
                let mut read = 0;
                while decoder.next(&mut bits).is_some() {
                    read += 1;
                }
                prop_assert!(read <= bytes.len() * 8);
            }
        }
    }

    #[test]
    fn rare_symbols_get_long_words() {
        // Fibonacci counts make the deepest tree.
        let mut counts = vec![1_u32, 1];
        while counts.len() < 28 {
            counts.push(counts[counts.len() - 1] + counts[counts.len() - 2]);
        }
        let lengths = lengths(&counts).unwrap();
        assert_eq!(lengths.iter().max(), Some(&27));
        Decoder::new(&lengths).unwrap();
    }
}
