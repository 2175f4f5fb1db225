//! Words that are not known: typing errors, cut and vowelless words, words written together.

use super::index::Index;
use super::stem::{skeleton, stem};

/// A known term in place of a word, and how much of the word it stands for, in `0.0..=1.0`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Alternative {
    pub(super) term: u32,
    pub(super) weight: f32,
}

const LETTERS: usize = 28;
const LONGEST: usize = 32;
/// The most alternatives of a word.
pub(super) const MOST: usize = 6;
/// What the alternatives of a word may weigh together: a guess is never as good as the word itself.
const CAP: f32 = 0.8;
/// What a cut or vowelless word may weigh.
const ABBREVIATION: f32 = 0.7;
/// The least cosine between the letter triples of words that are taken for each other.
const LEAST_COSINE: f32 = 0.5;
const MOST_BY_TRIPLES: usize = 5;
/// How many words may start with a cut word before it says nothing.
const MOST_COMPLETIONS: usize = 500;
/// In how many texts each part of a compound must stand.
const COMPOUND_TEXTS: u32 = 3;

/// Finds known terms like unknown words.
#[derive(Debug)]
pub(super) struct Similar {
    /// Where the terms of each letter triple end.
    ends: Vec<u32>,
    by_triple: Vec<u32>,
    triples_of: Vec<u8>,
    /// Hashes of skeletons with their terms, ascending.
    skeletons: Vec<(u32, u32)>,
}

/// Working memory of [`Similar::find`].
#[derive(Debug, Default)]
pub(super) struct SimilarScratch {
    shared: Vec<u8>,
    touched: Vec<u32>,
    triples: Vec<u16>,
    bytes: Vec<u8>,
    other_bytes: Vec<u8>,
    text: String,
    other: String,
    same: Vec<u32>,
    found: Vec<(f32, u32)>,
}

fn readable(word: &str) -> bool {
    (3..=LONGEST).contains(&word.len()) && word.bytes().all(|b| b.is_ascii_lowercase())
}

fn triples(word: &str, out: &mut Vec<u16>) {
    out.clear();
    let letter = |at: usize| match at.checked_sub(1) {
        None => 0,
        Some(at) => word.as_bytes().get(at).map_or(LETTERS - 1, |b| usize::from(b - b'a') + 1),
    };
    for at in 0..word.len() {
        out.push(((letter(at) * LETTERS + letter(at + 1)) * LETTERS + letter(at + 2)) as u16);
    }
    out.sort_unstable();
    out.dedup();
}

fn hash(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0x811c_9dc5, |hash, &b| (hash ^ u32::from(b)).wrapping_mul(0x0100_0193))
}

impl Similar {
    pub(super) fn new(index: &Index) -> Self {
        let mut ends = vec![0_u32; LETTERS * LETTERS * LETTERS];
        let mut triples_of = vec![0_u8; index.terms.len()];
        let mut skeletons = Vec::with_capacity(index.terms.len());
        let (mut own, mut bytes, mut all) = (Vec::new(), Vec::new(), Vec::new());
        for (term, word) in index.terms.iter().enumerate().filter(|(_, word)| readable(word)) {
            triples(word, &mut own);
            triples_of[term] = own.len() as u8;
            own.iter().for_each(|&triple| ends[usize::from(triple)] += 1);
            all.extend_from_slice(&own);
            skeleton(word, &mut bytes);
            if bytes.len() >= 3 {
                skeletons.push((hash(&bytes), term as u32));
            }
        }
        skeletons.sort_unstable();
        let mut sum = 0;
        for end in &mut ends {
            let start = sum;
            sum += *end;
            *end = start;
        }
        let mut by_triple = vec![0_u32; all.len()];
        let mut rest = all.as_slice();
        for (term, &count) in triples_of.iter().enumerate() {
            let (own, after) = rest.split_at(usize::from(count));
            rest = after;
            for &triple in own {
                let place = &mut ends[usize::from(triple)];
                by_triple[*place as usize] = term as u32;
                *place += 1;
            }
        }
        Self { ends, by_triple, triples_of, skeletons }
    }

    /// The two known terms that an unknown word is made of.
    pub(super) fn parts(&self, index: &Index, word: &str, scratch: &mut SimilarScratch) -> Option<[u32; 2]> {
        if word.len() < 6 || !readable(word) {
            return None;
        }
        let SimilarScratch { text, other, .. } = scratch;
        let whole = stem(word, text);
        let mut best: Option<(u32, [u32; 2])> = None;
        for at in 3..=whole.len().saturating_sub(3) {
            let (head, tail) = whole.split_at(at);
            let Some(tail) = index.terms.find(tail) else { continue };
            let Some(head) = index.terms.find(stem(head, other)) else { continue };
            let texts = index.texts_with(head).min(index.texts_with(tail));
            if texts >= COMPOUND_TEXTS && best.is_none_or(|(most, _)| texts > most) {
                best = Some((texts, [head, tail]));
            }
        }
        best.map(|(_, parts)| parts)
    }

    /// Adds known terms that an unknown word may stand for to `out`, the likeliest first.
    pub(super) fn find(
        &self,
        index: &Index,
        word: &str,
        scratch: &mut SimilarScratch,
        out: &mut Vec<Alternative>,
    ) {
        if !readable(word) {
            return;
        }
        let start = out.len();
        if word.len() >= 4 {
            let terms = index.terms.with_prefix(word, MOST_COMPLETIONS + 1);
            if terms.len() <= MOST_COMPLETIONS {
                share(index, terms, out, start);
            }
        }
        skeleton(stem(word, &mut scratch.text), &mut scratch.bytes);
        if scratch.bytes.len() >= 3 {
            let key = hash(&scratch.bytes);
            let first = self.skeletons.partition_point(|&(hash, _)| hash < key);
            let SimilarScratch { bytes, other_bytes: other, same: terms, .. } = scratch;
            let same = self.skeletons[first..].iter().take_while(|&&(hash, _)| hash == key);
            terms.clear();
            terms.extend(same.map(|&(_, term)| term).filter(|&term| {
                skeleton(index.terms.get(term), other);
                other == bytes
            }));
            share(index, terms.iter().copied(), out, start);
        }
        self.by_triples(index, word, scratch, out, start);
        let own = &mut out[start..];
        own.sort_unstable_by(|a, b| b.weight.total_cmp(&a.weight).then(a.term.cmp(&b.term)));
        out.truncate(start + MOST);
        let sum: f32 = out[start..].iter().map(|a| a.weight).sum();
        if sum > CAP {
            out[start..].iter_mut().for_each(|a| a.weight *= CAP / sum);
        }
    }

    fn by_triples(
        &self,
        index: &Index,
        word: &str,
        scratch: &mut SimilarScratch,
        out: &mut Vec<Alternative>,
        start: usize,
    ) {
        let SimilarScratch { shared, touched, triples: own, text, found, .. } = scratch;
        shared.resize(index.terms.len(), 0);
        triples(stem(word, text), own);
        for &triple in own.iter() {
            let triple = usize::from(triple);
            let first = triple.checked_sub(1).map_or(0, |before| self.ends[before]);
            for &term in &self.by_triple[first as usize..self.ends[triple] as usize] {
                let count = &mut shared[term as usize];
                if *count == 0 {
                    touched.push(term);
                }
                *count += 1;
            }
        }
        found.clear();
        for term in touched.drain(..) {
            let count = f32::from(std::mem::take(&mut shared[term as usize]));
            let product = own.len() as f32 * f32::from(self.triples_of[term as usize]);
            if count * count >= LEAST_COSINE * LEAST_COSINE * product {
                found.push((count / product.sqrt(), term));
            }
        }
        found.sort_unstable_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        found.truncate(MOST_BY_TRIPLES);
        let fourth = |cosine: f32| cosine * cosine * cosine * cosine;
        let sum: f32 = found.iter().map(|&(cosine, _)| fourth(cosine)).sum();
        for &(cosine, term) in found.iter() {
            raise(out, start, Alternative { term, weight: cosine * cosine * fourth(cosine) / sum });
        }
    }
}

/// Terms share the weight of an abbreviation by how many texts they have.
fn share(index: &Index, terms: impl Iterator<Item = u32> + Clone, out: &mut Vec<Alternative>, start: usize) {
    let sum: u32 = terms.clone().map(|term| index.texts_with(term)).sum();
    for term in terms {
        let part = index.texts_with(term) as f32 / sum as f32;
        if part > 0.01 {
            raise(out, start, Alternative { term, weight: ABBREVIATION * part });
        }
    }
}

/// Keeps the larger weight of a term.
fn raise(out: &mut Vec<Alternative>, start: usize, new: Alternative) {
    match out[start..].iter_mut().find(|old| old.term == new.term) {
        Some(old) => old.weight = old.weight.max(new.weight),
        None => out.push(new),
    }
}

#[cfg(test)]
mod tests {
    use super::super::corpus::Corpus;
    use super::*;
    use proptest::prelude::*;

    fn index() -> (Index, Similar) {
        let texts = [
            "hair conditioner bottle",
            "hair conditioner",
            "leather conditioner",
            "stainless steel holder",
            "toothbrush holder",
            "toothbrush",
            "toothbrush",
            "candle holder",
            "perfume",
            "ear rings",
            "battery",
        ];
        let code = "330590".parse().unwrap();
        let corpus = Corpus::from_texts(texts.map(|text| (code, text))).unwrap();
        let index = Index::new(&corpus);
        let similar = Similar::new(&index);
        (index, similar)
    }

    #[test]
    fn cut_vowelless_and_mistyped_words_are_known_again() {
        let (index, similar) = index();
        let mut scratch = SimilarScratch::default();
        for (word, expected) in [
            ("condit", "conditioner"),
            ("cndtnr", "conditioner"),
            ("conditoner", "conditioner"),
            ("stnlss", "stainless"),
            ("perfumme", "perfume"),
            ("baterries", "battery"),
        ] {
            let mut out = Vec::new();
            similar.find(&index, word, &mut scratch, &mut out);
            assert_eq!(out.first().map(|a| index.terms.get(a.term)), Some(expected), "{word}");
        }
    }

    #[test]
    fn compounds_are_parted() {
        let corpus = ["toothbrush holder", "toothbrush holders", "toothbrush holder set", "tooth"];
        let corpus = Corpus::from_texts(corpus.map(|text| ("960321".parse().unwrap(), text))).unwrap();
        let index = Index::new(&corpus);
        let similar = Similar::new(&index);
        let parts = similar.parts(&index, "toothbrushholders", &mut SimilarScratch::default()).unwrap();
        assert_eq!(parts.map(|term| index.terms.get(term)), ["toothbrush", "holder"]);
    }

    proptest! {
        #[test]
        fn weights_are_parts_of_a_whole(word in "[a-z]{0,40}|\\PC{0,9}") {
            let (index, similar) = index();
            let mut out = Vec::new();
            similar.find(&index, &word, &mut SimilarScratch::default(), &mut out);
            prop_assert!(out.len() <= MOST);
            prop_assert!(out.iter().map(|a| a.weight).sum::<f32>() <= CAP * 1.0001);
            prop_assert!(out.iter().all(|a| a.weight > 0.0));
        }
    }
}
