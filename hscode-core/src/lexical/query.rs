//! A description as the references are asked for it.

use super::index::Index;
use super::similar::{Alternative, Similar, SimilarScratch};
use super::stem::stem;
use crate::text::{Description, Token};

/// The most different words read; what follows hardly says what the goods are.
pub(super) const MAX_SLOTS: usize = 36;

/// The most neighbouring pairs read.
const MAX_PAIRS: usize = 64;

/// Words that bind others and hardly tell goods apart.
const BINDING: [&str; 16] =
    ["a", "an", "and", "as", "at", "by", "for", "from", "in", "is", "of", "on", "or", "the", "to", "with"];

/// One thing that the description says: a word, two words that are also written as one, or half a compound.
#[derive(Debug, Clone)]
pub(super) struct Slot {
    /// The words read, as numbers of the first and the last.
    pub(super) first: u16,
    pub(super) last: u16,
    /// How often its evidence is halved: once for a word that only binds others, once behind `for` or `with`,
    /// where what the goods go with is told rather than what they are.
    pub(super) halvings: u8,
    /// Where its alternatives start and end; none when the word is not known.
    start: u32,
    end: u32,
}

/// A description's slots.
#[derive(Debug, Default)]
pub(super) struct Query {
    pub(super) slots: Vec<Slot>,
    alternatives: Vec<Alternative>,
    /// Neighbouring slots, each pair once.
    pub(super) pairs: Vec<(u8, u8)>,
    /// The terms of the words as they stand, while all are known: for the comparison word for word.
    pub(super) exact: Vec<u32>,
    /// Whether all words are known and read.
    pub(super) complete: bool,
    /// How many words were read.
    pub(super) words: usize,
    halvings: u8,
    joined: String,
    stemmed: String,
    similar: SimilarScratch,
}

impl Query {
    /// The known terms of a slot.
    pub(super) fn alternatives(&self, slot: &Slot) -> &[Alternative] {
        &self.alternatives[slot.start as usize..slot.end as usize]
    }

    /// How much of the description is understood, in `0.0..=1.0`: words that are only guessed count by their
    /// weight, unknown ones half (most are names).
    pub(super) fn understood(&self) -> f64 {
        let parts = self.slots.iter().map(|slot| match self.alternatives(slot) {
            [] => 0.5,
            alternatives => f64::from(alternatives.iter().map(|a| a.weight).sum::<f32>().min(1.0)),
        });
        parts.sum::<f64>() / self.slots.len().max(1) as f64
    }

    /// Reads a description.
    pub(super) fn read(&mut self, description: &Description, index: &Index, similar: &Similar) {
        self.slots.clear();
        self.alternatives.clear();
        self.pairs.clear();
        self.exact.clear();
        self.complete = true;
        self.words = 0;
        let mut before: Option<(Token<'_>, u8)> = None;
        let mut behind = 0;
        for token in description.tokens() {
            if self.slots.len() + 3 > MAX_SLOTS {
                self.complete = false;
                break;
            }
            self.halvings = behind + u8::from(BINDING.contains(&token.text));
            let word = self.words as u16;
            self.words += 1;
            let slots = self.word(word, token.text, index, similar);
            if let Some((last, slot)) = before {
                self.pair(slot, slots.0);
                self.join(word, last.text, token.text, index);
            }
            before = Some((token, slots.1));
            if word > 0 && matches!(token.text, "for" | "with") {
                behind = 1;
            }
        }
    }

    /// Adds a word; the numbers of its first and last slot.
    fn word(&mut self, word: u16, text: &str, index: &Index, similar: &Similar) -> (u8, u8) {
        let term = index.terms.find(stem(text, &mut self.stemmed));
        if let Some(term) = term {
            self.exact.push(term);
            let slot = self.known(term, word, word);
            return (slot, slot);
        }
        self.complete = false;
        if let Some([head, tail]) = similar.parts(index, text, &mut self.similar) {
            let (head, tail) = (self.known(head, word, word), self.known(tail, word, word));
            self.pair(head, tail);
            return (head, tail);
        }
        let start = self.alternatives.len();
        similar.find(index, text, &mut self.similar, &mut self.alternatives);
        let slot = self.add(start, word, word);
        (slot, slot)
    }

    fn pair(&mut self, first: u8, second: u8) {
        if first != second && self.pairs.len() < MAX_PAIRS && !self.pairs.contains(&(first, second)) {
            self.pairs.push((first, second));
        }
    }

    /// Adds two words that the references also write as one.
    fn join(&mut self, word: u16, first: &str, second: &str, index: &Index) {
        if first.len() < 2 || second.len() < 2 {
            return;
        }
        self.joined.clear();
        self.joined.push_str(first);
        self.joined.push_str(second);
        if let Some(term) = index.terms.find(stem(&self.joined, &mut self.stemmed))
            && index.texts_with(term) >= 2
        {
            self.known(term, word - 1, word);
        }
    }

    /// The slot of a known term: its first, or a new one.
    fn known(&mut self, term: u32, first: u16, last: u16) -> u8 {
        let own = |slot: &Slot| matches!(self.alternatives(slot), [only] if only.term == term);
        if let Some(at) = self.slots.iter().position(own) {
            return at as u8;
        }
        let start = self.alternatives.len();
        self.alternatives.push(Alternative { term, weight: 1.0 });
        self.add(start, first, last)
    }

    fn add(&mut self, start: usize, first: u16, last: u16) -> u8 {
        let (start, end) = (start as u32, self.alternatives.len() as u32);
        self.slots.push(Slot { first, last, halvings: self.halvings, start, end });
        self.slots.len() as u8 - 1
    }
}
