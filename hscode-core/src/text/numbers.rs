//! Numbers, and the units and codes that begin with one.

use super::description::TokenKind;
use super::normalise::Span;
use super::tokenise::{Piece, Reader, Script, is_letter, is_word, script};
use super::units;

impl Reader<'_> {
    /// A number at `at` and the unit that is attached to it.
    pub(super) fn number(&mut self, at: usize) -> usize {
        let whole = self.digits(at);
        let mut end = whole;
        let grouped = (1..=3).contains(&(whole - at)) && self.bytes[at] != b'0';
        while grouped && self.bytes.get(end) == Some(&b',') && self.digits(end + 1) == end + 4 {
            end += 4;
        }
        let mut decimals = end..end;
        match self.bytes.get(end) {
            Some(b'.') if self.digit_at(end + 1) => decimals = end + 1..self.digits(end + 1),
            // 2,5 kg; but 1,2,3 is a list
            Some(b',') if end == whole && end > at && self.digit_at(end + 1) => {
                let after = self.digits(end + 1);
                let list = self.bytes.get(after) == Some(&b',') && self.digit_at(after + 1);
                let listed = at > 1 && self.bytes[at - 1] == b',' && self.bytes[at - 2].is_ascii_digit();
                if !list && !listed && after - end <= 3 {
                    decimals = end + 1..after;
                }
            }
            Some(b'/') if end == whole && decimals.is_empty() => {
                let after = self.digits(end + 1);
                let part = &self.text[end + 1..after];
                let chain = self.bytes.get(after) == Some(&b'/') || (at > 0 && self.bytes[at - 1] == b'/');
                let usual = ["2", "3", "4", "5", "6", "8", "10", "12", "16", "32", "64"].contains(&part);
                if whole - at <= 2 && usual && !chain {
                    self.out_token(at..after, TokenKind::Number, None);
                    return self.attached(at, after);
                }
            }
            _ => {}
        }
        let place = self.begin();
        if end == at {
            self.out.push('0');
        }
        for &byte in &self.bytes[at..end] {
            if byte != b',' {
                self.out.push(char::from(byte));
            }
        }
        let figures = self.text[decimals.clone()].trim_end_matches('0');
        if !figures.is_empty() {
            self.out.push('.');
            self.out.push_str(figures);
        }
        let end = decimals.end.max(end);
        self.finish(place, at..end, TokenKind::Number);
        self.attached(at, end)
    }

    /// What follows the number at `number..at` without a space: a unit, a times sign, or the rest of a code.
    fn attached(&mut self, number: usize, at: usize) -> usize {
        let Some(first) = self.char_at(at) else { return at };
        if first == '*' {
            return at + 1;
        }
        if !is_letter(first) || script(first) != Script::Other {
            return at;
        }
        let letters = self.run(at, |c| is_letter(c) && script(c) == Script::Other);
        let word = &self.text[at..letters];
        if word == "x" {
            return letters; // 10x20, 3x
        }
        let of_code = |c| is_word(c) && script(c) == Script::Other;
        let mut all = letters;
        if !self.char_at(letters).is_some_and(of_code) {
            if word == "in" && self.preposition(letters) {
                return at; // 2in 1
            }
            if let Some(unit) = units::canonical(word, true) {
                self.out_token(at..letters, TokenKind::Unit, Some(unit));
                return letters;
            }
        } else {
            // 10cmx20cm
            if let Some(unit) = word.strip_suffix('x').and_then(|unit| units::canonical(unit, true)) {
                self.out_token(at..letters - 1, TokenKind::Unit, Some(unit));
                return letters;
            }
            // 5m2
            all = self.run(letters, of_code);
            if let Some(unit) = units::canonical(&self.text[at..all], true) {
                self.out_token(at..all, TokenKind::Unit, Some(unit));
                return all;
            }
        }
        // 3d, 4k, 2nd, 2in1: the number and the letters are one code
        if let Some(piece) = self.pieces.pop() {
            self.out.truncate(piece.text.start);
            self.out.push_str(&self.text[number..all]);
            let text = piece.text.start..self.out.len();
            let span = Span { start: self.spans[number].start, end: self.spans[all - 1].end };
            self.pieces.push(Piece { text, span, kind: TokenKind::Code });
            self.last_end = all;
        }
        all
    }

    /// `20°c`, `90°`.
    pub(super) fn degree(&mut self, at: usize) -> usize {
        let sign = at + '°'.len_utf8();
        if !(self.last_is(TokenKind::Number) && matches!(self.gap(at), "" | " ")) {
            return sign;
        }
        let scale = match self.bytes.get(sign) {
            Some(&scale @ (b'c' | b'f')) if !self.char_at(sign + 1).is_some_and(is_word) => Some(scale),
            _ => None,
        };
        let (end, unit) = match scale {
            Some(b'c') => (sign + 1, "°c"),
            Some(_) => (sign + 1, "°f"),
            None => (sign, "°"),
        };
        self.out_token(at..end, TokenKind::Unit, Some(unit));
        end
    }

    /// The end of the digits at `at`.
    fn digits(&self, at: usize) -> usize {
        let rest = self.bytes.get(at..).unwrap_or_default();
        at + rest.iter().take_while(|byte| byte.is_ascii_digit()).count()
    }

    /// Whether what follows `in` says that it is the preposition.
    pub(super) fn preposition(&self, at: usize) -> bool {
        let Some(rest) = self.text.get(at..).and_then(|rest| rest.strip_prefix([' ', '-'])) else {
            return false;
        };
        let word = &rest[..rest.find(|c| !is_word(c)).unwrap_or(rest.len())];
        word.starts_with(|c: char| c.is_ascii_digit()) || units::follows_preposition(word)
    }
}
