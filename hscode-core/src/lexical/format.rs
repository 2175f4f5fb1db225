//! Reference texts as bytes: what is committed and embedded.
//!
//! ```text
//! magic       8 bytes, "HSREFS" and the version of this format as two digits
//! digest      8 bytes, little endian, over all that follows
//! counts      words, codes, texts, tokens: 4 bytes each, little endian
//! words       Huffman code lengths of the bytes (256 + end of word), 1 byte each; then the words as bits:
//!             shared letters with the word before (a byte of the same code), the other letters, end
//! lengths     Huffman code lengths of the words and of the end of text, as bits of a code whose own 32 code
//!             lengths come first, 1 byte each
//! codes       distance to the code before and number of texts, as variable-length integers
//! shared      Huffman code lengths of how many first words a text shares with the one before it, 32 of 1 byte
//! texts       as bits: words shared with the text before it under the same code, other words, end of text
//! ```
//! Each bit section starts with its length in bytes, 4 bytes, little endian.

use super::corpus::{Corpus, MAX_WORDS};
use super::huffman::{BitReader, BitWriter, Decoder, Encoder, lengths};
use super::words::Words;
use crate::{Error, ErrorKind, HsCode};

const MAGIC: &[u8; 8] = b"HSREFS02";
const MAX_CODES: usize = 10_000;
const MAX_TOTAL_WORDS: usize = 1 << 22;
const MAX_TOKENS: usize = 1 << 26;
const MAX_WORD_BYTES: usize = 1 << 10;
const END_OF_WORD: usize = 256;
const MAX_SHARED: usize = 31;

fn damaged(what: impl std::fmt::Display) -> Error {
    Error::new(ErrorKind::Package, format!("references: {what}"))
}

/// A check against damage, not against forgery: packages have SHA-256 for that.
fn digest(bytes: &[u8]) -> u64 {
    let mut digest = bytes.len() as u64 ^ 0x5851_f42d_4c95_7f2d;
    for chunk in bytes.chunks(8) {
        let mut block = [0_u8; 8];
        block[..chunk.len()].copy_from_slice(chunk);
        digest = (digest ^ u64::from_le_bytes(block)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        digest ^= digest >> 29;
    }
    digest
}

/// The bytes of a corpus; the same corpus gives the same bytes.
pub(super) fn encode(corpus: &Corpus) -> Result<Vec<u8>, Error> {
    let words = corpus.words.len();
    let mut body = Vec::new();
    for count in [words, corpus.codes.len(), corpus.text_ends.len(), corpus.tokens.len()] {
        let count = u32::try_from(count).map_err(|_| damaged("more than 2^32 entries"))?;
        body.extend_from_slice(&count.to_le_bytes());
    }
    put_words(&corpus.words, &mut body)?;

    let mut counts = vec![0_u32; words + 1];
    let shared = shared_words(corpus);
    for (text, &count) in shared.iter().enumerate() {
        corpus.text(text).iter().skip(count).for_each(|&token| counts[token as usize] += 1);
    }
    counts[words] = corpus.text_ends.len() as u32;
    let code = lengths(&counts)?;
    let mut length_counts = [0_u32; 32];
    code.iter().for_each(|&length| length_counts[usize::from(length)] += 1);
    let length_code = lengths(&length_counts)?;
    body.extend_from_slice(&length_code);
    let encoder = Encoder::new(&length_code)?;
    let mut bits = BitWriter::default();
    code.iter().for_each(|&length| encoder.put(length.into(), &mut bits));
    put_section(bits, &mut body)?;

    let mut last = 0;
    for (class, hs_code) in corpus.codes.iter().enumerate() {
        let number: u32 = hs_code.as_str().parse().map_err(|_| damaged(format!("code {hs_code}")))?;
        put_number(number - last, &mut body);
        put_number(corpus.texts_of(class).len() as u32, &mut body);
        last = number;
    }

    let mut shared_counts = [0_u32; MAX_SHARED + 1];
    shared.iter().for_each(|&count| shared_counts[count] += 1);
    let shared_code = lengths(&shared_counts)?;
    body.extend_from_slice(&shared_code);
    let shared_encoder = Encoder::new(&shared_code)?;
    let encoder = Encoder::new(&code)?;
    let mut bits = BitWriter::default();
    for (text, &count) in shared.iter().enumerate() {
        shared_encoder.put(count, &mut bits);
        corpus.text(text).iter().skip(count).for_each(|&token| encoder.put(token as usize, &mut bits));
        encoder.put(words, &mut bits);
    }
    put_section(bits, &mut body)?;

    let mut bytes = MAGIC.to_vec();
    bytes.extend_from_slice(&digest(&body).to_le_bytes());
    bytes.append(&mut body);
    Ok(bytes)
}

/// How many first words each text shares with the one before it under the same code.
fn shared_words(corpus: &Corpus) -> Vec<usize> {
    let mut shared = Vec::with_capacity(corpus.text_ends.len());
    for class in 0..corpus.codes.len() {
        let mut last: &[u32] = &[];
        for text in corpus.texts_of(class) {
            let own = corpus.text(text);
            shared.push(own.iter().zip(last).take_while(|(a, b)| a == b).count().min(MAX_SHARED));
            last = own;
        }
    }
    shared
}

fn put_words(words: &Words, body: &mut Vec<u8>) -> Result<(), Error> {
    let mut symbols: Vec<usize> = Vec::new();
    let mut last = "";
    for word in words.iter() {
        let shared = word.bytes().zip(last.bytes()).take_while(|(a, b)| a == b).count().min(31);
        symbols.push(shared);
        symbols.extend(word.bytes().skip(shared).map(usize::from));
        symbols.push(END_OF_WORD);
        last = word;
    }
    let mut counts = [0_u32; END_OF_WORD + 1];
    symbols.iter().for_each(|&symbol| counts[symbol] += 1);
    let code = lengths(&counts)?;
    body.extend_from_slice(&code);
    let encoder = Encoder::new(&code)?;
    let mut bits = BitWriter::default();
    symbols.iter().for_each(|&symbol| encoder.put(symbol, &mut bits));
    put_section(bits, body)
}

fn put_section(bits: BitWriter, body: &mut Vec<u8>) -> Result<(), Error> {
    let bytes = bits.finish();
    let length = u32::try_from(bytes.len()).map_err(|_| damaged("more than 4 GB"))?;
    body.extend_from_slice(&length.to_le_bytes());
    body.extend_from_slice(&bytes);
    Ok(())
}

fn put_number(mut number: u32, out: &mut Vec<u8>) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

/// The corpus of these bytes.
///
/// # Errors
/// `Package`, saying what is wrong. Bytes of any content are safe to give.
pub(super) fn decode(bytes: &[u8]) -> Result<Corpus, Error> {
    let mut rest = Bytes(bytes);
    if rest.take(8)? != MAGIC {
        return Err(damaged(format!("expected a file that starts with {}", MAGIC.escape_ascii())));
    }
    let expected = rest.array::<8>()?;
    if u64::from_le_bytes(expected) != digest(rest.0) {
        return Err(damaged("the digest does not fit: the file is damaged"));
    }
    let words = rest.count("words", MAX_TOTAL_WORDS)?;
    let codes = rest.count("codes", MAX_CODES)?;
    // Every text takes a bit at least, and shares so many tokens at most; every other token takes a bit.
    let texts = rest.count("texts", bytes.len() * 8)?;
    let tokens = rest.count("tokens", MAX_TOKENS.min(bytes.len() * 8 + texts * MAX_SHARED))?;
    let list = take_words(&mut rest, words)?;

    let length_code = rest.take(32)?;
    let decoder = Decoder::new(length_code)?;
    let section = rest.section()?;
    let mut bits = BitReader::new(section);
    let mut code = Vec::with_capacity(words + 1);
    for _ in 0..=words {
        code.push(decoder.next(&mut bits).ok_or_else(|| damaged("word lengths end early"))? as u8);
    }

    let mut corpus = Corpus { words: list, ..Corpus::default() };
    take_codes(&mut rest, codes, texts, &mut corpus)?;

    let shared_decoder = Decoder::new(rest.take(MAX_SHARED + 1)?)?;
    let decoder = Decoder::new(&code)?;
    let mut bits = BitReader::new(rest.section()?);
    corpus.tokens.reserve_exact(tokens);
    corpus.text_ends.reserve_exact(texts);
    let ended = || damaged("texts end early");
    for class in 0..codes {
        let mut last = 0..0;
        for _ in corpus.texts_of(class) {
            let shared = shared_decoder.next(&mut bits).ok_or_else(ended)? as usize;
            let start = corpus.tokens.len();
            if shared > last.len() || start + shared > tokens {
                return Err(damaged("a text shares too much"));
            }
            corpus.tokens.extend_from_within(last.start..last.start + shared);
            loop {
                let symbol = decoder.next(&mut bits).ok_or_else(ended)?;
                if symbol as usize == words {
                    break;
                }
                if corpus.tokens.len() == tokens || corpus.tokens.len() - start >= MAX_WORDS {
                    return Err(damaged("more words than announced"));
                }
                corpus.tokens.push(symbol);
            }
            last = start..corpus.tokens.len();
            corpus.text_ends.push(last.end as u32);
        }
    }
    if corpus.tokens.len() != tokens || !rest.0.is_empty() {
        return Err(damaged("expected the end of the file"));
    }
    Ok(corpus)
}

fn take_words(rest: &mut Bytes<'_>, count: usize) -> Result<Words, Error> {
    let decoder = Decoder::new(rest.take(END_OF_WORD + 1)?)?;
    let section = rest.section()?;
    let mut bits = BitReader::new(section);
    let mut words = Words::with_capacity(count.min(section.len() * 8), section.len() * 2);
    let (mut last, mut word) = (Vec::new(), Vec::new());
    let mut spelled = String::new();
    for _ in 0..count {
        let mut next = || decoder.next(&mut bits).ok_or_else(|| damaged("words end early"));
        let shared = next()? as usize;
        word.clear();
        word.extend_from_slice(last.get(..shared).ok_or_else(|| damaged("a word shares too much"))?);
        loop {
            let symbol = next()? as usize;
            if symbol == END_OF_WORD {
                break;
            }
            if word.len() == MAX_WORD_BYTES {
                return Err(damaged("a word is too long"));
            }
            word.push(symbol as u8);
        }
        if word <= last {
            return Err(damaged("words out of order"));
        }
        spelled.clear();
        spelled.push_str(std::str::from_utf8(&word).map_err(|_| damaged("a word is not UTF-8"))?);
        words.push(&spelled);
        std::mem::swap(&mut last, &mut word);
    }
    words.index();
    Ok(words)
}

fn take_codes(rest: &mut Bytes<'_>, codes: usize, texts: usize, corpus: &mut Corpus) -> Result<(), Error> {
    let (mut last, mut sum) = (0_u32, 0_usize);
    for _ in 0..codes {
        let step = rest.number()?;
        let number = last.checked_add(step).filter(|&n| step > 0 && n < 1_000_000);
        last = number.ok_or_else(|| damaged("codes out of order"))?;
        corpus.codes.push(HsCode::parse(&format!("{last:06}")).map_err(damaged)?);
        let own = rest.number()? as usize;
        sum += own;
        if own == 0 || sum > texts {
            return Err(damaged("texts of the codes do not add up"));
        }
        corpus.code_ends.push(sum as u32);
    }
    if sum == texts { Ok(()) } else { Err(damaged("texts of the codes do not add up")) }
}

/// What is still to read.
struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8], Error> {
        let (head, tail) = self.0.split_at_checked(count).ok_or_else(|| damaged("the file ends early"))?;
        self.0 = tail;
        Ok(head)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Error> {
        self.take(N)?.try_into().map_err(|_| damaged("the file ends early"))
    }

    fn count(&mut self, what: &str, most: usize) -> Result<usize, Error> {
        let count = u32::from_le_bytes(self.array()?) as usize;
        if count > most {
            return Err(damaged(format!("{count} {what}: expected at most {most}")));
        }
        Ok(count)
    }

    fn section(&mut self) -> Result<&'a [u8], Error> {
        let length = u32::from_le_bytes(self.array()?) as usize;
        self.take(length)
    }

    fn number(&mut self) -> Result<u32, Error> {
        let mut number = 0_u32;
        for shift in [0, 7, 14, 21] {
            let [byte] = self.array()?;
            number |= u32::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok(number);
            }
        }
        Err(damaged("a number is too long"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn sample() -> Corpus {
        let rows = [
            ("010121", "pure-bred breeding stallion"),
            ("010121", "thoroughbred mare for breeding"),
            ("090121", "roasted coffee beans, arabica"),
            ("610910", "mens cotton crew neck tee"),
            ("610910", "café tee shirt, ladies"),
            ("901310", "telescopic sight for rifle"),
        ];
        Corpus::from_texts(rows.map(|(code, text)| (code.parse().unwrap(), text))).unwrap()
    }

    fn sealed(mut bytes: Vec<u8>) -> Vec<u8> {
        let sum = digest(&bytes[16..]);
        bytes[8..16].copy_from_slice(&sum.to_le_bytes());
        bytes
    }

    #[test]
    fn comes_back_as_it_was() {
        let corpus = sample();
        let bytes = encode(&corpus).unwrap();
        let back = decode(&bytes).unwrap();
        assert_eq!(back.codes, corpus.codes);
        assert_eq!(back.code_ends, corpus.code_ends);
        assert_eq!(back.text_ends, corpus.text_ends);
        assert_eq!(back.tokens, corpus.tokens);
        assert!(back.words.iter().eq(corpus.words.iter()));
        assert_eq!(encode(&back).unwrap(), bytes);
    }

    #[test]
    fn empty_corpus_is_fine() {
        let bytes = encode(&Corpus::default()).unwrap();
        assert_eq!(decode(&bytes).unwrap().codes.len(), 0);
    }

    #[test]
    fn truncation_and_flips_are_package_errors() {
        let bytes = encode(&sample()).unwrap();
        for length in 0..bytes.len() {
            assert_eq!(decode(&bytes[..length]).unwrap_err().kind(), ErrorKind::Package);
        }
        for at in 0..bytes.len() {
            let mut flipped = bytes.clone();
            flipped[at] ^= 1 << (at % 8);
            assert_eq!(decode(&flipped).unwrap_err().kind(), ErrorKind::Package);
        }
    }

    proptest! {
        // With a digest that fits, so that the checks behind it are reached.
        #[test]
        fn forged_bytes_never_panic(changes in proptest::collection::vec((16..400_usize, any::<u8>()), 1..6),
                                    cut in 0..40_usize) {
            let mut bytes = encode(&sample()).unwrap();
            for (at, value) in changes {
                let at = at % bytes.len();
                if at >= 16 {
                    bytes[at] = value;
                }
            }
            bytes.truncate(bytes.len() - cut);
            if let Err(error) = decode(&sealed(bytes)) {
                prop_assert_eq!(error.kind(), ErrorKind::Package);
            }
        }

        #[test]
        fn garbage_never_panics(body in proptest::collection::vec(any::<u8>(), 0..600)) {
            let mut bytes = MAGIC.to_vec();
            bytes.extend([0; 8]);
            bytes.extend(body);
            prop_assert!(decode(&sealed(bytes)).is_err());
        }
    }
}
