//! The words of the references: sorted, in one string, found by a hash table of numbers.

use std::ops::Range;

/// Different words in ascending order of their bytes, numbered from 0.
#[derive(Debug, Default)]
pub(super) struct Words {
    text: String,
    /// Where each word ends.
    ends: Vec<u32>,
    /// Open addressing: 0 for a free place, or number + 1 of a word, and above its bits as many of the word's hash as
    /// there is room for; a power of two, at least half free.
    table: Vec<u32>,
    /// The bits of `table` that number words.
    numbers: u32,
}

fn hash(word: &str) -> u64 {
    let mut hash = 0x9e37_79b9_7f4a_7c15_u64;
    for chunk in word.as_bytes().chunks(8) {
        let mut block = [0_u8; 8];
        block[..chunk.len()].copy_from_slice(chunk);
        hash = (hash ^ u64::from_le_bytes(block)).wrapping_mul(0xff51_afd7_ed55_8ccd);
        hash ^= hash >> 32;
    }
    hash
}

impl Words {
    /// An empty list with room for `count` words of `bytes` bytes.
    pub(super) fn with_capacity(count: usize, bytes: usize) -> Self {
        Self { text: String::with_capacity(bytes), ends: Vec::with_capacity(count), ..Self::default() }
    }

    /// Takes sorted, different words.
    pub(super) fn from_sorted<'a>(words: impl IntoIterator<Item = &'a str>) -> Self {
        let mut list = Self::default();
        words.into_iter().for_each(|word| list.push(word));
        list.index();
        list
    }

    /// Adds a word behind the last, which must be smaller; [`index`](Self::index) ends the list.
    pub(super) fn push(&mut self, word: &str) {
        self.text.push_str(word);
        self.ends.push(self.text.len() as u32);
    }

    /// Makes the words findable.
    pub(super) fn index(&mut self) {
        self.text.shrink_to_fit();
        self.numbers = u32::MAX.checked_shr((self.len() as u32).leading_zeros()).unwrap_or(0);
        let size = (self.len() * 2).next_power_of_two().max(2);
        let mut table = vec![0_u32; size];
        for number in 0..self.len() {
            let hash = hash(self.get(number as u32));
            let mut place = hash as usize & (size - 1);
            while table[place] != 0 {
                place = (place + 1) & (size - 1);
            }
            table[place] = (number as u32 + 1) | self.tag(hash);
        }
        self.table = table;
    }

    /// What stands above a word's number.
    fn tag(&self, hash: u64) -> u32 {
        (hash >> 32) as u32 & !self.numbers
    }

    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    fn range(&self, number: u32) -> Range<usize> {
        let start = number.checked_sub(1).map_or(0, |before| self.ends[before as usize]);
        start as usize..self.ends[number as usize] as usize
    }

    pub(super) fn get(&self, number: u32) -> &str {
        &self.text[self.range(number)]
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &str> {
        (0..self.len() as u32).map(|number| self.get(number))
    }

    /// The number of `word`.
    pub(super) fn find(&self, word: &str) -> Option<u32> {
        if self.table.is_empty() {
            return None;
        }
        let hash = hash(word);
        let tag = self.tag(hash);
        let mut place = hash as usize & (self.table.len() - 1);
        loop {
            let seen = self.table[place];
            let number = (seen & self.numbers).checked_sub(1)?;
            if seen & !self.numbers == tag && self.get(number) == word {
                return Some(number);
            }
            place = (place + 1) & (self.table.len() - 1);
        }
    }

    /// The numbers of the words that start with `prefix`, at most `limit`.
    pub(super) fn with_prefix(&self, prefix: &str, limit: usize) -> Range<u32> {
        let (mut low, mut high) = (0_u32, self.len() as u32);
        while low < high {
            let middle = low + (high - low) / 2;
            if self.get(middle) < prefix {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        let most = (self.len() - low as usize).min(limit) as u32;
        let count = (0..most).take_while(|&at| self.get(low + at).starts_with(prefix)).count();
        low..low + count as u32
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn finds_prefixes() {
        let words = Words::from_sorted(["condenser", "condition", "conditioner", "conduit", "é"]);
        assert_eq!(words.with_prefix("condit", 10), 1..3);
        assert_eq!(words.with_prefix("condit", 1), 1..2);
        assert_eq!(words.with_prefix("x", 10), 4..4);
        assert_eq!(words.with_prefix("", 10), 0..5);
        assert_eq!(Words::default().find("x"), None);
    }

    proptest! {
        #[test]
        fn finds_exactly_what_is_there(words in proptest::collection::btree_set("[a-d]{1,4}|\\PC{1,3}", 0..200),
                                       other in "[a-d]{1,4}") {
            let list = Words::from_sorted(words.iter().map(String::as_str));
            for (number, word) in words.iter().enumerate() {
                prop_assert_eq!(list.find(word), Some(number as u32));
                prop_assert_eq!(list.get(number as u32), word);
            }
            prop_assert_eq!(list.find(&other).is_some(), words.contains(&other));
        }
    }
}
