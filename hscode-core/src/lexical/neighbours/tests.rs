//! What is found by lists is what reading every text word by word finds, to the bit.

use super::super::best::{Best, best};
use super::super::classes::{ClassScores, Classes};
use super::super::similar::Similar;
use super::*;
use crate::HsCode;
use crate::text::Description;
use proptest::prelude::*;

/// The definition: every text of the candidates is read, with all sums in the order of its words.
fn plain(corpus: &Corpus, index: &Index, query: &Query, candidates: &[u16]) -> (Vec<Neighbour>, Vec<u32>) {
    let mut worth_of: Vec<Option<(u8, f32)>> = vec![None; index.terms.len()];
    let mut query_norm = 0.0_f32;
    for (at, slot) in query.slots.iter().enumerate() {
        let mut most = 0.0_f32;
        for alternative in query.alternatives(slot) {
            let squared = index.idf_squared[alternative.term as usize];
            most = most.max(squared);
            worth_of[alternative.term as usize].get_or_insert((at as u8, alternative.weight * squared));
        }
        let unknown = index.idf_of(1) * index.idf_of(1);
        query_norm += if query.alternatives(slot).is_empty() { unknown } else { most };
    }
    let query_norm = query_norm.sqrt();
    let weight = |slot: u8| {
        let first = query.alternatives(&query.slots[usize::from(slot)]).first();
        first.map_or(0.0, |a| index.idf_squared[a.term as usize].sqrt())
    };
    let weights: Vec<f32> = query.pairs.iter().map(|&(a, b)| weight(a) + weight(b)).collect();
    let all_pairs = weights.iter().sum::<f32>().max(f32::MIN_POSITIVE);
    let mut found = Vec::new();
    let mut counts = vec![0; candidates.len() * query.pairs.len()];
    for (candidate, &class) in candidates.iter().enumerate() {
        for text in corpus.texts_of(usize::from(class)) {
            let terms = corpus.text(text).iter().map(|&word| index.term_of[word as usize] as usize);
            let norm = terms.clone().fold(0.0_f32, |norm, term| norm + index.idf_squared[term]).sqrt();
            let named: Vec<Option<(u8, f32)>> = terms.map(|term| worth_of[term]).collect();
            let (mut gain, mut seen) = (0.0_f32, Vec::new());
            for &(slot, worth) in named.iter().flatten() {
                if !seen.contains(&slot) {
                    seen.push(slot);
                    gain += worth;
                }
            }
            let (mut pairs, mut seen_pairs) = (0.0_f32, Vec::new());
            for two in named.windows(2) {
                let [Some((a, _)), Some((b, _))] = two else { continue };
                let Some(pair) = query.pairs.iter().position(|pair| pair == &(*a, *b)) else { continue };
                if !seen_pairs.contains(&pair) {
                    seen_pairs.push(pair);
                    pairs += weights[pair];
                    counts[candidate * query.pairs.len() + pair] += 1;
                }
            }
            if seen.is_empty() {
                continue;
            }
            let cosine = (gain / (query_norm * norm)).min(1.0);
            found.push(Neighbour {
                text: text as u32,
                cosine,
                ranked: cosine * (1.0 + PAIR_BONUS * pairs / all_pairs),
                candidate: candidate as u16,
                exact: query.complete && same_words(corpus, index, query, text),
            });
        }
    }
    found.sort_by(nearer);
    found.truncate(NEAREST);
    (found, counts)
}

fn bits(neighbour: &Neighbour) -> (u32, u32, u32, u16, bool) {
    let Neighbour { text, cosine, ranked, candidate, exact } = *neighbour;
    (text, cosine.to_bits(), ranked.to_bits(), candidate, exact)
}

/// Words that meet: endings, typing errors, cut words, words written as one, words that bind.
fn word() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "steel",
        "steels",
        "stel",
        "stainless",
        "stnlss",
        "sink",
        "sinks",
        "kitchen",
        "kitchensink",
        "tooth",
        "brush",
        "toothbrush",
        "toothbrushes",
        "brushes",
        "for",
        "of",
        "with",
        "and",
        "the",
        "holder",
        "hold",
        "condition",
        "conditioner",
        "conditioning",
        "condi",
        "cndtnr",
        "12",
        "kg",
        "a4",
        "zzyzx",
    ])
}

fn text() -> impl Strategy<Value = String> {
    prop::collection::vec(word(), 1..9).prop_map(|words| words.join(" "))
}

fn rows() -> impl Strategy<Value = Vec<(u8, String)>> {
    prop::collection::vec((0_u8..12, text()), 1..700)
}

fn code(number: u8) -> HsCode {
    format!("{:02}{:02}{:02}", 10 + number / 6, number / 3, number).parse().unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn finds_what_reading_every_text_finds(
        rows in rows(),
        queries in prop::collection::vec((text(), 1_usize..14, any::<bool>()), 1..12),
    ) {
        let corpus = Corpus::from_texts(rows.iter().map(|(number, text)| (code(*number), text.as_str()))).unwrap();
        if corpus.codes.is_empty() {
            return Ok(());
        }
        let index = Index::new(&corpus);
        let (similar, norms) = (Similar::new(&index), norms(&corpus, &index));
        let classes = Classes::new(&index);
        let (mut query, mut description) = (Query::default(), Description::new());
        let (mut neighbours, mut scores) = (Neighbours::default(), ClassScores::default());
        // The working memory is kept, as between calls.
        for (text, count, exact) in &queries {
            let text = if *exact { &rows[count % rows.len()].1 } else { text };
            description.read(text);
            query.read(&description, &index, &similar);
            classes.score(&index, &query, &mut scores);
            let mut candidates = Vec::new();
            best(&scores.product, 0..corpus.codes.len(), *count, &mut Best::default(), &mut candidates);
            let (nearest, counts) = plain(&corpus, &index, &query, &candidates);
            neighbours.scan(&corpus, &index, &norms, &query, &candidates);
            prop_assert_eq!(
                neighbours.nearest.iter().map(bits).collect::<Vec<_>>(),
                nearest.iter().map(bits).collect::<Vec<_>>(),
                "{}", text
            );
            prop_assert_eq!(&neighbours.pair_counts, &counts);
        }
    }
}
