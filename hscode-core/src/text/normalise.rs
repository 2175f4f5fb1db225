//! From raw text to the normal form, keeping where every byte came from.

use unicode_normalization::char::{
    canonical_combining_class, compose, decompose_compatible, is_combining_mark,
};

use super::{MAX_DESCRIPTION_BYTES, entities, fold};

/// Marks kept on one letter; more are noise (or an attack).
const MAX_MARKS: usize = 8;

/// Where in the raw text something is, in bytes. Raw text is cut to `MAX_DESCRIPTION_BYTES`, which fits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) start: u16,
    pub(super) end: u16,
}

/// A character on its way to composed form.
#[derive(Debug, Clone, Copy)]
struct Piece {
    c: char,
    class: u8,
    span: Span,
}

/// The normal form of a text. Buffers are kept between texts.
#[derive(Debug, Clone, Default)]
pub(super) struct Normaliser {
    pub(super) text: String,
    /// For each byte of `text`, the raw bytes that it came from.
    pub(super) spans: Vec<Span>,
    pieces: Vec<Piece>,
    composed: Vec<Piece>,
    /// There are marks that may have to be composed with their letter.
    has_marks: bool,
    /// There is an ampersand, so a semicolon may end a character reference.
    has_ampersand: bool,
}

impl Normaliser {
    /// Reads `raw`; returns whether some of it was cut.
    pub(super) fn read(&mut self, raw: &str) -> bool {
        let cut = floor_char_boundary(raw, MAX_DESCRIPTION_BYTES);
        let read = &raw[..cut];
        self.text.clear();
        self.spans.clear();
        self.has_marks = false;
        self.has_ampersand = false;
        self.text.reserve(read.len());
        self.spans.reserve(read.len());
        let bytes = read.as_bytes();
        let mut at = 0;
        while let Some(&byte) = bytes.get(at) {
            if byte.is_ascii() {
                self.push_ascii(byte, span(at, at + 1));
                at += 1;
            } else {
                let Some(c) = read[at..].chars().next() else { break };
                self.push(c, span(at, at + c.len_utf8()));
                at += c.len_utf8();
            }
        }
        if self.has_marks {
            self.compose();
        }
        let end = floor_char_boundary(&self.text, MAX_DESCRIPTION_BYTES);
        let truncated = cut < raw.len() || end < self.text.len();
        self.text.truncate(end);
        while self.text.ends_with(' ') {
            self.text.pop();
        }
        self.spans.truncate(self.text.len());
        truncated
    }

    /// How much memory each buffer holds.
    #[cfg(test)]
    pub(super) fn capacities(&self) -> [usize; 4] {
        [self.text.capacity(), self.spans.capacity(), self.pieces.capacity(), self.composed.capacity()]
    }

    fn push_ascii(&mut self, byte: u8, span: Span) {
        match byte {
            0..=b' ' | 0x7f => {
                if !matches!(self.text.as_bytes().last(), None | Some(b' ')) {
                    self.put_ascii(b' ', span);
                }
            }
            b'`' => self.put_ascii(b'\'', span),
            b'&' => {
                self.has_ampersand = true;
                self.put_ascii(byte, span);
            }
            b';' => {
                self.put_ascii(byte, span);
                if self.has_ampersand {
                    self.reference();
                }
            }
            _ => self.put_ascii(byte.to_ascii_lowercase(), span),
        }
    }

    fn put_ascii(&mut self, byte: u8, span: Span) {
        self.text.push(char::from(byte));
        self.spans.push(span);
    }

    fn put(&mut self, c: char, span: Span) {
        self.text.push(c);
        self.spans.resize(self.text.len(), span);
    }

    /// The text ends in a semicolon: if that ends a character reference, what it stands for takes its place.
    ///
    /// This looks at the output, not at the raw text, so that a reference within a reference (`&amp;amp;`) or
    /// one that only appears by normalisation (`＆amp；`) is read too, and nothing is left for a second reading.
    fn reference(&mut self) {
        loop {
            let bytes = self.text.as_bytes();
            let semicolon = bytes.len() - 1;
            let from = semicolon.saturating_sub(entities::MAX_BODY + 1);
            let Some(ampersand) = bytes[from..semicolon].iter().rposition(|&b| b == b'&') else { return };
            let ampersand = from + ampersand;
            let Some(c) = entities::decode(&self.text[ampersand + 1..semicolon]) else { return };
            let span = Span { start: self.spans[ampersand].start, end: self.spans[semicolon].end };
            self.text.truncate(ampersand);
            self.spans.truncate(ampersand);
            if !fold::is_semicolon(c) {
                return self.push(c, span);
            }
            self.put_ascii(b';', span);
        }
    }

    /// Any character, from the raw text or from a reference.
    fn push(&mut self, c: char, span: Span) {
        if c.is_ascii() {
            return self.push_ascii(c as u8, span);
        }
        if fold::is_fraction(c) && self.text.as_bytes().last().is_some_and(u8::is_ascii_digit) {
            self.put_ascii(b' ', span);
        }
        if !self.push_known(c, span) {
            decompose_compatible(c, |part| self.push_part(part, span));
        }
    }

    /// Characters with a meaning of their own; false if `c` has none.
    fn push_known(&mut self, c: char, span: Span) -> bool {
        if let Some(text) = fold::replacement(c) {
            text.chars().for_each(|part| self.put(part, span));
        } else if let Some(digit) = fold::digit(c) {
            self.put_ascii(digit, span);
        } else if fold::is_invisible(c) {
            // Nothing to see.
        } else if fold::is_white(c) {
            self.push_ascii(b' ', span);
        } else {
            return false;
        }
        true
    }

    /// A part of a decomposed character.
    fn push_part(&mut self, part: char, span: Span) {
        if part.is_ascii() {
            self.push_ascii(part as u8, span);
        } else if is_combining_mark(part) {
            self.push_mark(part, span);
        } else if !self.push_known(part, span) {
            for lower in part.to_lowercase() {
                if lower == part {
                    self.has_marks |= matches!(part, '\u{1100}'..='\u{11ff}');
                    self.put(part, span);
                } else {
                    decompose_compatible(lower, |part| {
                        if part.is_ascii() {
                            self.push_ascii(part as u8, span);
                        } else if is_combining_mark(part) {
                            self.push_mark(part, span);
                        } else if !self.push_known(part, span) {
                            self.put(part, span);
                        }
                    });
                }
            }
        }
    }

    fn push_mark(&mut self, mark: char, span: Span) {
        let mut marks = 0;
        let mut base = ' ';
        for c in self.text.chars().rev() {
            if !is_combining_mark(c) {
                base = c;
                break;
            }
            marks += 1;
        }
        let dropped = fold::drops_accents(base)
            || fold::is_optional_mark(mark)
            || fold::is_invisible(mark)
            || (base == 'е' && mark == '\u{308}')
            || marks >= MAX_MARKS;
        if !dropped {
            self.has_marks = true;
            self.put(mark, span);
        } else if base != ' '
            && let Some(last) = self.spans.last_mut()
        {
            last.end = last.end.max(span.end); // the accent belongs to its letter, read or not
        }
    }

    /// Puts marks into canonical order and composes them with their letters, as NFC does.
    fn compose(&mut self) {
        self.pieces.clear();
        self.composed.clear();
        for (at, c) in self.text.char_indices() {
            let span = Span { start: self.spans[at].start, end: self.spans[at + c.len_utf8() - 1].end };
            self.pieces.push(Piece { c, class: canonical_combining_class(c), span });
        }
        for cluster in self.pieces.chunk_by_mut(|_, next| next.class != 0) {
            let start = cluster.iter().map(|piece| piece.span.start).min().unwrap_or(0);
            let end = cluster.iter().map(|piece| piece.span.end).max().unwrap_or(0);
            cluster.iter_mut().for_each(|piece| piece.span = Span { start, end });
            let marks = cluster.iter().position(|piece| piece.class != 0).unwrap_or(cluster.len());
            cluster[marks..].sort_by_key(|piece| piece.class);
        }
        let mut starter = None;
        for &piece in &self.pieces {
            if let (Some(at), Some(last)) = (starter, self.composed.len().checked_sub(1)) {
                let last_class = self.composed[last].class;
                let open = last == at || (last_class != 0 && last_class < piece.class);
                let base: &mut Piece = &mut self.composed[at];
                if open && let Some(c) = compose(base.c, piece.c) {
                    base.c = c;
                    base.span.end = base.span.end.max(piece.span.end);
                    continue;
                }
            }
            if piece.class == 0 {
                starter = Some(self.composed.len());
            }
            self.composed.push(piece);
        }
        self.text.clear();
        self.spans.clear();
        for at in 0..self.composed.len() {
            let piece = self.composed[at];
            self.put(piece.c, piece.span);
        }
    }
}

fn span(start: usize, end: usize) -> Span {
    Span { start: start as u16, end: end as u16 }
}

/// The last character boundary at or before `at`.
fn floor_char_boundary(text: &str, at: usize) -> usize {
    if at >= text.len() {
        return text.len();
    }
    (0..=at).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0)
}
