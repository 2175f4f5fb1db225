//! From normal text to tokens.
//!
//! - Letters of one script in a row are a word; Han, hiragana and katakana do not mix with others, and each Han
//!   character is a word of its own. Scripts without spaces that have many letters to a word (Thai, Lao, Khmer)
//!   stay in runs as written: character n-grams are what reads them.
//! - An apostrophe joins (`men's`, `mens`), except after an article that lost its vowel (`d'olive`, `d olive`).
//! - A hyphen joins a single letter to its word (`t-shirt`, `tshirt`; `x-ray`, `xray`) and two short parts
//!   (`wi-fi`, `wifi`), and a single letter to digits (`r-134a`, `r134a`); elsewhere it parts words
//!   (`stainless-steel`). The commonest of the first kind are joined when written with a space, too (`t shirt`).
//! - Points between single letters join (`p.u.`, `pu`).
//! - HTML tags are left out.
//! - Numbers part from what follows; if that is a unit, it gets its one spelling.

use std::ops::Range;

use unicode_normalization::char::is_combining_mark;

use super::description::TokenKind;
use super::normalise::Span;
use super::units;

/// The longest HTML tag that is left out, in bytes.
const MAX_TAG: usize = 128;

/// A token: its place in the canonical text and in the raw text.
#[derive(Debug, Clone)]
pub(super) struct Piece {
    pub(super) text: Range<usize>,
    pub(super) span: Span,
    pub(super) kind: TokenKind,
}

/// Fills `out` with the tokens' texts, spaces between, and `pieces` with where they are.
pub(super) fn tokenise(text: &str, spans: &[Span], out: &mut String, pieces: &mut Vec<Piece>) {
    out.clear();
    pieces.clear();
    let mut reader = Reader { text, bytes: text.as_bytes(), spans, out, pieces, last_end: 0 };
    let mut at = 0;
    while at < text.len() {
        at = reader.step(at);
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Script {
    Han,
    Hiragana,
    Katakana,
    Other,
}

pub(super) struct Reader<'a> {
    pub(super) text: &'a str,
    pub(super) bytes: &'a [u8],
    pub(super) spans: &'a [Span],
    pub(super) out: &'a mut String,
    pub(super) pieces: &'a mut Vec<Piece>,
    /// Where the last token ended in `text`.
    pub(super) last_end: usize,
}

impl Reader<'_> {
    /// Reads what is at `at`; returns where to go on.
    fn step(&mut self, at: usize) -> usize {
        let byte = self.bytes[at];
        if byte.is_ascii_lowercase() {
            return self.word(at);
        }
        if byte.is_ascii_digit() {
            return self.number(at);
        }
        if byte.is_ascii() {
            return self.sign(at, byte);
        }
        let c = self.char_at(at).unwrap_or(' ');
        if c == '°' {
            return self.degree(at);
        }
        if is_letter(c) {
            return if script(c) == Script::Han {
                let end = at + c.len_utf8();
                self.out_token(at..end, TokenKind::Word, None);
                end
            } else {
                self.word(at)
            };
        }
        at + c.len_utf8()
    }

    fn sign(&mut self, at: usize, byte: u8) -> usize {
        match byte {
            b'.' if self.digit_at(at + 1) && !self.alphanumeric_before(at) => return self.number(at),
            b'<' => return self.tag(at).unwrap_or(at + 1),
            b'"' if self.after_number(at) => self.out_token(at..at + 1, TokenKind::Unit, Some("inch")),
            b'\'' if self.after_number(at) => {
                if self.bytes.get(at + 1) == Some(&b'\'') {
                    self.out_token(at..at + 2, TokenKind::Unit, Some("inch"));
                    return at + 2;
                }
                if self.char_at(at + 1).is_some_and(is_letter) {
                    // the 1980's: the s says nothing
                    let plural = self.bytes.get(at + 1) == Some(&b's')
                        && !self.char_at(at + 2).is_some_and(|c| is_letter(c) || c.is_ascii_digit());
                    return at + if plural { 2 } else { 1 };
                }
                self.out_token(at..at + 1, TokenKind::Unit, Some("ft"));
            }
            b'%' if self.last_is(TokenKind::Number) && matches!(self.gap(at), "" | " ") => {
                self.out_token(at..at + 1, TokenKind::Unit, Some("%"));
            }
            _ => {}
        }
        at + 1
    }

    /// The end of a HTML tag, such as `<br>` or `</b>`, that was left in the text.
    fn tag(&self, at: usize) -> Option<usize> {
        let name = if self.bytes.get(at + 1) == Some(&b'/') { at + 2 } else { at + 1 };
        if !self.bytes.get(name)?.is_ascii_lowercase() {
            return None;
        }
        let mut rest = self.bytes[name..].iter().take(MAX_TAG);
        let close = rest.position(|byte| matches!(byte, b'<' | b'>'))?;
        (self.bytes[name + close] == b'>').then_some(name + close + 1)
    }

    /// A word, a code that begins with a letter, or a unit after a number and a space.
    fn word(&mut self, at: usize) -> usize {
        let first = self.char_at(at).unwrap_or('a');
        let kind_of_script = script(first);
        let place = self.begin();
        let mut end = at;
        let mut has_digits = false;
        let mut parts = 0;
        loop {
            let start = end;
            while let Some(&byte) = self.bytes.get(end) {
                if byte.is_ascii_lowercase() && kind_of_script == Script::Other {
                    end += 1;
                } else if byte.is_ascii_digit() && kind_of_script == Script::Other {
                    has_digits = true;
                    end += 1;
                } else if byte.is_ascii() {
                    break;
                } else {
                    match self.char_at(end) {
                        Some(c) if is_word(c) && (script(c) == kind_of_script || is_combining_mark(c)) => {
                            end += c.len_utf8();
                        }
                        _ => break,
                    }
                }
            }
            self.out.push_str(&self.text[start..end]);
            parts += 1;
            let Some(&sign) = self.bytes.get(end) else { break };
            if !matches!(sign, b'\'' | b'-' | b'.') {
                break;
            }
            let part = &self.text[start..end];
            let next = end + 1;
            let joins = match sign {
                b'\'' => {
                    self.char_at(next).is_some_and(|c| is_letter(c) && script(c) == kind_of_script)
                        && !(parts == 1 && self.is_elision(part, next))
                }
                b'-' if parts == 1 && part.len() == 1 && self.digit_at(next) => {
                    has_digits = true; // r-134a
                    true
                }
                b'-' => parts == 1 && !has_digits && self.hyphen_joins(part, next),
                _ if has_digits => self.digit_at(next) && part.ends_with(|c: char| c.is_ascii_digit()),
                _ => part.len() == 1 && self.single_letter(next),
            };
            if !joins {
                break;
            }
            if sign == b'.' && has_digits {
                self.out.push('.'); // usb3.0
            }
            end = next;
        }
        let word_end = end;
        let text = &self.out[place.0..];
        let unit = if self.last_is(TokenKind::Number) && matches!(self.gap(at), " " | "-") {
            let attached = text == "in" && !self.preposition(word_end);
            units::canonical(text, attached)
        } else if self.last_is(TokenKind::Unit) {
            let last = self.last_text();
            match self.gap(at) {
                "/" => units::canonical(text, true),
                " " | "." | ". " if last == "fl" && text == "oz" => Some("oz"),
                " " | "." | ". " if last == "sq" => units::canonical(text, true),
                _ => None,
            }
        } else {
            None
        };
        if let Some(unit) = unit {
            self.out.truncate(place.0);
            self.out.push_str(unit);
            self.finish(place, at..end, TokenKind::Unit);
            return end;
        }
        if has_digits {
            self.finish(place, at..end, TokenKind::Code);
            return end;
        }
        // 10 x 20: a sign, not a word
        if text == "x" && (self.last_is(TokenKind::Number) || self.last_is(TokenKind::Unit)) {
            self.out.truncate(place.1);
            return end;
        }
        if self.joins_last(text, at) {
            // t shirt
            if let Some(last) = self.pieces.last_mut() {
                self.out.replace_range(place.1..place.0, "");
                last.text.end = self.out.len();
                last.span.end = self.spans[end - 1].end;
                self.last_end = end;
                return end;
            }
        }
        self.finish(place, at..end, TokenKind::Word);
        end
    }

    /// Articles and prepositions that lost their vowel, as in `d'olive`, `l'eau`, `dell'acqua`; not `o'ring`.
    fn is_elision(&self, part: &str, next: usize) -> bool {
        let known = matches!(
            part,
            "d" | "l" | "j" | "m" | "n" | "s" | "c" | "qu" | "un" | "all" | "dall" | "dell" | "nell" | "sull"
        );
        known && self.run(next, is_letter) >= next + 3
    }

    fn hyphen_joins(&self, part: &str, next: usize) -> bool {
        if part.len() > 2 || !part.bytes().all(|b| b.is_ascii_lowercase()) {
            return false;
        }
        let end = self.run(next, |c| c.is_ascii_lowercase());
        if self.char_at(end).is_some_and(is_word) {
            return false;
        }
        let length = end - next;
        length > 0 && ((part.len() == 1 && length > 1) || (part.len() == 2 && length == 2))
    }

    /// Whether the last token is the single letter that belongs to `word`.
    fn joins_last(&self, word: &str, at: usize) -> bool {
        const PAIRS: [(&str, &str); 14] = [
            ("t", "shirt"),
            ("t", "shirts"),
            ("x", "ray"),
            ("x", "rays"),
            ("v", "neck"),
            ("o", "ring"),
            ("o", "rings"),
            ("u", "bolt"),
            ("u", "bolts"),
            ("e", "bike"),
            ("e", "bikes"),
            ("e", "cigarette"),
            ("e", "cigarettes"),
            ("v", "belt"),
        ];
        self.last_is(TokenKind::Word)
            && self.last_text().len() == 1
            && self.gap(at) == " "
            && PAIRS.contains(&(self.last_text(), word))
    }

    /// Makes room for a token: where its text starts, and where the text before it ended.
    pub(super) fn begin(&mut self) -> (usize, usize) {
        let before = self.out.len();
        if before > 0 {
            self.out.push(' ');
        }
        (self.out.len(), before)
    }

    pub(super) fn finish(&mut self, place: (usize, usize), range: Range<usize>, kind: TokenKind) {
        let span = Span { start: self.spans[range.start].start, end: self.spans[range.end - 1].end };
        self.pieces.push(Piece { text: place.0..self.out.len(), span, kind });
        self.last_end = range.end;
    }

    /// A token with the text at `range`, or with `text`.
    pub(super) fn out_token(&mut self, range: Range<usize>, kind: TokenKind, text: Option<&str>) {
        let place = self.begin();
        self.out.push_str(text.unwrap_or(&self.text[range.clone()]));
        self.finish(place, range, kind);
    }

    pub(super) fn last_is(&self, kind: TokenKind) -> bool {
        self.pieces.last().is_some_and(|piece| piece.kind == kind)
    }

    fn last_text(&self) -> &str {
        self.pieces.last().map_or("", |piece| &self.out[piece.text.clone()])
    }

    /// The text between the last token and `at`.
    pub(super) fn gap(&self, at: usize) -> &str {
        &self.text[self.last_end..at]
    }

    fn after_number(&self, at: usize) -> bool {
        self.last_is(TokenKind::Number) && self.last_end == at
    }

    pub(super) fn char_at(&self, at: usize) -> Option<char> {
        self.text.get(at..)?.chars().next()
    }

    pub(super) fn digit_at(&self, at: usize) -> bool {
        self.bytes.get(at).is_some_and(u8::is_ascii_digit)
    }

    fn alphanumeric_before(&self, at: usize) -> bool {
        self.text[..at].chars().next_back().is_some_and(|c| is_word(c) || c == '.')
    }

    /// The end of the characters at `at` that are `wanted`.
    pub(super) fn run(&self, at: usize, wanted: impl Fn(char) -> bool) -> usize {
        let rest = self.text.get(at..).unwrap_or_default();
        rest.find(|c| !wanted(c)).map_or(self.text.len().max(at), |length| at + length)
    }

    /// A single letter, and no second one, at `at`.
    fn single_letter(&self, at: usize) -> bool {
        self.bytes.get(at).is_some_and(u8::is_ascii_lowercase)
            && !self.char_at(at + 1).is_some_and(|c| is_word(c) || c == '\'')
    }
}

pub(super) fn is_letter(c: char) -> bool {
    c.is_alphabetic() || (!c.is_ascii() && is_combining_mark(c))
}

pub(super) fn is_word(c: char) -> bool {
    is_letter(c) || c.is_ascii_digit() || (!c.is_ascii() && c.is_numeric())
}

pub(super) fn script(c: char) -> Script {
    match c {
        '\u{3041}'..='\u{309f}' => Script::Hiragana,
        '\u{30a0}'..='\u{30ff}' | '\u{31f0}'..='\u{31ff}' => Script::Katakana,
        '\u{3005}'
        | '\u{3007}'
        | '\u{3400}'..='\u{4dbf}'
        | '\u{4e00}'..='\u{9fff}'
        | '\u{f900}'..='\u{faff}' => Script::Han,
        '\u{20000}'..='\u{3ffff}' => Script::Han,
        _ => Script::Other,
    }
}
