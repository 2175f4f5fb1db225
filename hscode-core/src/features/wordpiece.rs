//! A word-piece vocabulary and its greedy encoder.

use crate::{Error, ErrorKind};

/// The mark of a piece that continues a word.
const CONTINUING: &[u8] = b"##";
/// The piece that stands for a word which no pieces cover.
const UNKNOWN: &str = "[UNK]";
/// Words of more characters are unknown.
const MAX_WORD_CHARS: usize = 100;
/// Most pieces of a vocabulary, so that a damaged file cannot ask for any amount of memory.
const MAX_PIECES: usize = 1 << 20;
/// Most bytes of one piece.
const MAX_PIECE_BYTES: usize = 255;
/// Pieces of most vocabularies are no longer: a shorter list of hashes is quicker to make.
const USUAL_PIECE_BYTES: usize = 32;
const EMPTY: u32 = u32::MAX;
/// The start of FNV-1a.
const START: u64 = 0xCBF2_9CE4_8422_2325;

/// A word-piece vocabulary: words become the ids of the longest pieces that cover them, from the left.
///
/// This is the encoder of BERT: at each place of a word the longest piece of the vocabulary that fits is taken;
/// pieces inside a word carry `##`. A word that cannot be covered, or of more than 100 characters, is one
/// `[UNK]`. Encoding allocates nothing but room in the output.
///
/// ```
/// use hscode_core::features::WordPiece;
///
/// let pieces = WordPiece::from_text("[PAD]\n[UNK]\ntee\nshirt\n##s\nt\n")?;
/// let mut ids = Vec::new();
/// pieces.encode_word("shirts", &mut ids);
/// pieces.encode_word("tee", &mut ids);
/// pieces.encode_word("trousers", &mut ids);
/// assert_eq!(ids, [3, 4, 2, 1]);
/// # Ok::<(), hscode_core::Error>(())
/// ```
///
/// Source: Song et al., "Fast WordPiece Tokenization", EMNLP 2021, for the rule.
#[derive(Debug, Clone)]
pub struct WordPiece {
    /// All pieces, one behind another.
    bytes: Vec<u8>,
    /// Where each piece ends in `bytes`.
    ends: Vec<u32>,
    /// Open addressing by hash, the upper half of the hash with each id; the size is a power of two.
    table: Vec<(u32, u32)>,
    /// Bytes of the longest piece.
    longest: usize,
    unknown: u32,
}

impl WordPiece {
    /// Reads a vocabulary: one piece a line, the line number from 0 is its id.
    ///
    /// # Errors
    /// `Package`: no `[UNK]`, a repeated or empty piece, a piece of more than 255 bytes, more than 2^20 pieces.
    pub fn from_text(text: &str) -> Result<Self, Error> {
        let bad =
            |line: usize, why: &str| Err(Error::new(ErrorKind::Package, format!("line {}: {why}", line + 1)));
        let count = text.lines().count();
        if count > MAX_PIECES {
            return bad(MAX_PIECES, "expected at most 1048576 pieces");
        }
        let mut pieces = Self {
            bytes: Vec::with_capacity(text.len()),
            ends: Vec::with_capacity(count),
            table: vec![(0, EMPTY); (count * 2).next_power_of_two().max(16)],
            longest: 0,
            unknown: EMPTY,
        };
        for (line, piece) in text.lines().enumerate() {
            let id = line as u32;
            let bytes = piece.as_bytes();
            if bytes.is_empty() || bytes.len() > MAX_PIECE_BYTES {
                return bad(line, &format!("expected a piece of 1 to 255 bytes, seen {}", bytes.len()));
            }
            pieces.bytes.extend_from_slice(bytes);
            pieces.ends.push(pieces.bytes.len() as u32);
            pieces.longest = pieces.longest.max(bytes.len());
            let hash = bytes.iter().fold(START, |hash, &byte| step(hash, byte));
            let mut slot = pieces.slot(hash);
            while let (tag, other) = pieces.table[slot]
                && other != EMPTY
            {
                if tag == upper(hash) && pieces.is(other, &[], bytes) {
                    return bad(line, "expected a new piece, seen one of a line before");
                }
                slot = (slot + 1) & (pieces.table.len() - 1);
            }
            pieces.table[slot] = (upper(hash), id);
            if piece == UNKNOWN {
                pieces.unknown = id;
            }
        }
        if pieces.unknown == EMPTY {
            return Err(Error::new(ErrorKind::Package, "vocabulary: expected a piece [UNK], seen none"));
        }
        Ok(pieces)
    }

    /// The number of pieces.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there are no pieces; never true of a vocabulary that was read.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The id of `[UNK]`.
    pub fn unknown(&self) -> u32 {
        self.unknown
    }

    /// The piece of an id, with `##` if it continues a word; `None` for an id out of range.
    pub fn piece(&self, id: u32) -> Option<String> {
        self.bytes_of(id).map(|bytes| String::from_utf8_lossy(bytes).into_owned())
    }

    /// Appends the ids of one word's pieces to `out`; an empty word appends nothing.
    pub fn encode_word(&self, word: &str, out: &mut Vec<u32>) {
        let before = out.len();
        if word.len() > MAX_WORD_CHARS && word.chars().count() > MAX_WORD_CHARS {
            out.push(self.unknown);
            return;
        }
        let bytes = word.as_bytes();
        let mut at = 0;
        while at < bytes.len() {
            let found = match self.longest <= USUAL_PIECE_BYTES {
                true => self.longest_at::<USUAL_PIECE_BYTES>(bytes, at),
                false => self.longest_at::<MAX_PIECE_BYTES>(bytes, at),
            };
            match found {
                Some((id, end)) => {
                    out.push(id);
                    at = end;
                }
                None => {
                    out.truncate(before);
                    out.push(self.unknown);
                    return;
                }
            }
        }
    }

    /// The longest piece at a place of a word: its id and where it ends. No piece has more than `MOST` bytes.
    fn longest_at<const MOST: usize>(&self, bytes: &[u8], at: usize) -> Option<(u32, usize)> {
        let mut hashes = [0u64; MOST];
        let most = self.longest.min(bytes.len() - at);
        let mark = if at > 0 { CONTINUING } else { &[] };
        let mut hash = mark.iter().fold(START, |hash, &byte| step(hash, byte));
        for (kept, &byte) in hashes[..most].iter_mut().zip(&bytes[at..]) {
            hash = step(hash, byte);
            *kept = hash;
        }
        for length in (1..=most).rev() {
            let end = at + length;
            // A piece is whole characters, so it cannot end inside one.
            if bytes.get(end).is_some_and(|byte| byte & 0xC0 == 0x80) {
                continue;
            }
            let hash = hashes[length - 1];
            let mut slot = self.slot(hash);
            while let (tag, id) = self.table[slot]
                && id != EMPTY
            {
                if tag == upper(hash) && self.is(id, mark, &bytes[at..end]) {
                    return Some((id, end));
                }
                slot = (slot + 1) & (self.table.len() - 1);
            }
        }
        None
    }

    fn slot(&self, hash: u64) -> usize {
        ((hash ^ (hash >> 29)).wrapping_mul(0xBF58_476D_1CE4_E5B9) >> 32) as usize & (self.table.len() - 1)
    }

    fn bytes_of(&self, id: u32) -> Option<&[u8]> {
        let at = id as usize;
        let end = *self.ends.get(at)? as usize;
        let start = if at == 0 { 0 } else { self.ends[at - 1] as usize };
        self.bytes.get(start..end)
    }

    fn is(&self, id: u32, mark: &[u8], bare: &[u8]) -> bool {
        self.bytes_of(id).and_then(|bytes| bytes.strip_prefix(mark)) == Some(bare)
    }
}

fn upper(hash: u64) -> u32 {
    (hash >> 32) as u32
}

fn step(hash: u64, byte: u8) -> u64 {
    (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01B3)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The plain definition, over strings.
    fn plain(vocabulary: &[&str], word: &str) -> Vec<u32> {
        let unknown = vocabulary.iter().position(|p| *p == UNKNOWN).unwrap() as u32;
        let chars: Vec<char> = word.chars().collect();
        if chars.len() > MAX_WORD_CHARS {
            return vec![unknown];
        }
        let mut out = Vec::new();
        let mut at = 0;
        'word: while at < chars.len() {
            for end in (at + 1..=chars.len()).rev() {
                let mut piece: String = chars[at..end].iter().collect();
                if at > 0 {
                    piece.insert_str(0, "##");
                }
                if let Some(id) = vocabulary.iter().position(|p| *p == piece) {
                    out.push(id as u32);
                    at = end;
                    continue 'word;
                }
            }
            return vec![unknown];
        }
        out
    }

    const SMALL: [&str; 14] =
        ["[UNK]", "a", "b", "##a", "##b", "ab", "##ab", "aba", "##bba", "é", "##é", "##éa", "漢", "#"];

    proptest! {
        #[test]
        fn same_as_the_plain_definition(word in "[abéc漢#]{0,14}") {
            let pieces = WordPiece::from_text(&SMALL.join("\n")).unwrap();
            let mut ids = Vec::new();
            pieces.encode_word(&word, &mut ids);
            prop_assert_eq!(ids, plain(&SMALL, &word));
        }

        #[test]
        fn any_text_is_a_vocabulary_or_an_error(text in "(\\PC{0,6}\n){0,20}", word in ".{0,20}") {
            if let Ok(pieces) = WordPiece::from_text(&text) {
                let mut ids = Vec::new();
                pieces.encode_word(&word, &mut ids);
                prop_assert!(ids.iter().all(|&id| (id as usize) < pieces.len()));
            }
        }
    }

    #[test]
    fn limits() {
        let pieces = WordPiece::from_text(&SMALL.join("\n")).unwrap();
        let encode = |word: &str| {
            let mut ids = vec![7];
            pieces.encode_word(word, &mut ids);
            ids
        };
        assert_eq!(encode(&"a".repeat(101)), [7, 0]);
        assert_eq!(encode(&"é".repeat(100)).len(), 101);
        assert_eq!(encode(""), [7]);
        assert_eq!(pieces.piece(8).as_deref(), Some("##bba"));
        assert_eq!(pieces.piece(99), None);
    }

    #[test]
    fn damaged_vocabularies_name_the_line() {
        let message = |text: &str| WordPiece::from_text(text).unwrap_err().to_string();
        assert!(message("[UNK]\na\na").starts_with("line 3"));
        assert!(message("[UNK]\n\na").starts_with("line 2"));
        assert!(message("a\nb").contains("[UNK]"));
        assert!(message(&format!("[UNK]\n{}", "a".repeat(256))).starts_with("line 2"));
    }
}
