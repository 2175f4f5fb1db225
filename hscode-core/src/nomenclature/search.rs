//! Search over titles: whole words, plurals, beginnings; rare words weigh more.

use std::cmp::Ordering;

use unicode_normalization::UnicodeNormalization;

use super::Nomenclature;
use crate::HsCode;

/// More words of a query than this are not read.
const MAX_WORDS: usize = 32;
/// How well a word fits that is the plural or singular of the one asked for.
const PLURAL: f32 = 0.95;
/// How well a word fits of which all but nothing is the beginning asked for.
const PREFIX: f32 = 0.8;
/// The part of a fit that counts when the word stands in a title above.
const ABOVE: f32 = 0.5;
/// After one of these words the rest of a clause says what the code does not hold...
const EXCLUDING: [&str; 4] = ["not", "without", "except", "excluding"];
/// ... and counts for this part only.
const EXCLUDED: f32 = 0.2;
/// What each further word of the title costs, as a part of the score.
const PER_WORD: f32 = 0.01;

/// A code whose title fits a query.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Hit {
    code: HsCode,
    score: f32,
}

impl Hit {
    /// The code.
    pub fn code(&self) -> HsCode {
        self.code
    }

    /// How much of the query the title covers, `0.0..=1.0`; to rank by, not a probability.
    pub fn score(&self) -> f32 {
        self.score
    }
}

pub(super) fn search(nomenclature: &Nomenclature, query: &str, limit: usize) -> Vec<Hit> {
    let mut asked: Vec<String> = Vec::new();
    for word in query.nfkc().collect::<String>().split(|c: char| !c.is_alphanumeric()) {
        let word = word.to_lowercase();
        if !word.is_empty() && asked.len() < MAX_WORDS && !asked.contains(&word) {
            asked.push(word);
        }
    }
    if asked.is_empty() || limit == 0 || !nomenclature.has_titles() {
        return Vec::new();
    }

    // How well each word fits each title, and how many titles each word is in.
    let mut fits = vec![0.0_f32; nomenclature.codes.len() * asked.len()];
    let mut words_in = vec![0_u32; nomenclature.codes.len()];
    let mut titles_with = vec![0_u32; asked.len()];
    let mut lowered = String::new();
    for (at, fit) in fits.chunks_exact_mut(asked.len()).enumerate() {
        let Some(title) = nomenclature.title_at(at) else { continue };
        lowered.clear();
        if title.is_ascii() {
            lowered.push_str(title);
            lowered.make_ascii_lowercase();
        } else {
            lowered.extend(title.chars().flat_map(char::to_lowercase));
        }
        for clause in lowered.split([',', ';', '(', ')']) {
            let mut counts = 1.0;
            for word in clause.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()) {
                words_in[at] += 1;
                if EXCLUDING.contains(&word) {
                    counts = EXCLUDED;
                }
                for (slot, asked) in fit.iter_mut().zip(&asked) {
                    // Whatever fits begins alike.
                    if word.as_bytes().first() == asked.as_bytes().first() {
                        *slot = slot.max(counts * fit_of(word, asked));
                    }
                }
            }
        }
        for (count, fit) in titles_with.iter_mut().zip(fit) {
            *count += u32::from(*fit > 0.0);
        }
    }

    let titles = nomenclature.codes.len() as f32;
    let weights: Vec<f32> = titles_with.iter().map(|n| (1.0 + titles / (1.0 + *n as f32)).ln()).collect();
    let whole: f32 = weights.iter().sum();
    let mut hits = Vec::new();
    let mut above = [0_usize; 5]; // where the codes above stand, by depth
    for (at, code) in nomenclature.codes.iter().enumerate() {
        let depth = code.digits() / 2 - 1;
        above[depth] = at;
        let own = &fits[at * asked.len()..(at + 1) * asked.len()];
        if own.iter().all(|fit| *fit == 0.0) {
            continue;
        }
        let mut score = 0.0;
        for (word, weight) in weights.iter().enumerate() {
            let from_above = above[..depth].iter().map(|at| fits[at * asked.len() + word]);
            score += weight * from_above.map(|fit| fit * ABOVE).fold(own[word], f32::max);
        }
        let length = 1.0 + PER_WORD * words_in[at].saturating_sub(asked.len() as u32) as f32;
        hits.push(Hit { code: *code, score: score / (whole * length) });
    }
    hits.sort_unstable_by(order);
    hits.truncate(limit);
    hits
}

/// Best first, then in tariff order.
fn order(a: &Hit, b: &Hit) -> Ordering {
    b.score.total_cmp(&a.score).then_with(|| a.code.cmp(&b.code))
}

/// How well a word of a title fits the one asked for: 1 the same, 0 not at all.
fn fit_of(word: &str, asked: &str) -> f32 {
    if word == asked {
        1.0
    } else if singular(word) == singular(asked) {
        PLURAL
    } else if asked.chars().count() >= 3 && word.starts_with(asked) {
        PREFIX * asked.len() as f32 / word.len() as f32
    } else {
        0.0
    }
}

/// The word without the ending of an English plural: `boxes`, `lamps`, `berries` and `box`, `lamp`, `berry`
/// come to the same.
fn singular(word: &str) -> (&str, &str) {
    if !word.is_ascii() || word.len() < 4 {
        return (word, "");
    }
    if let Some(stem) = word.strip_suffix("ies").filter(|stem| stem.len() > 1) {
        return (stem, "y");
    }
    if let Some(stem) = word.strip_suffix('y') {
        return (stem, "y");
    }
    for ending in ["ches", "shes", "sses", "xes", "zes", "oes"] {
        if word.ends_with(ending) {
            return (&word[..word.len() - 2], "");
        }
    }
    match word.strip_suffix('s') {
        Some(stem) if !stem.ends_with('s') && !stem.ends_with('u') => (stem, ""),
        _ => (word, ""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Edition;
    use proptest::prelude::*;

    #[test]
    fn plurals_meet_their_singulars() {
        for (one, many) in [
            ("lamp", "lamps"),
            ("box", "boxes"),
            ("berry", "berries"),
            ("brush", "brushes"),
            ("potato", "potatoes"),
        ] {
            assert_eq!(singular(one), singular(many), "{one}");
            assert_eq!(fit_of(one, many), PLURAL);
        }
        for (one, other) in [("glass", "glas"), ("bus", "bu"), ("lamp", "lam")] {
            assert_ne!(singular(one), singular(other), "{one}");
        }
        assert!(fit_of("electric", "elec") > fit_of("electrical", "elec"));
        assert_eq!(fit_of("electric", "el"), 0.0);
        assert_eq!(fit_of("el", "electric"), 0.0);
    }

    #[test]
    fn finds_goods_by_their_words() {
        let hs2022 = Nomenclature::of(&Edition::HS2022).unwrap();
        for (query, start) in [
            ("table lamp", "9405"),
            ("t-shirt cotton", "610910"),
            ("live horses", "0101"),
            ("SMARTPHONES", "851713"),
            ("wine", "2204"),
            ("umbrella", "6601"),
            ("smartphone", "851713"),
        ] {
            let hits = hs2022.search(query, 10);
            assert!(hits.iter().take(3).any(|hit| hit.code.as_str().starts_with(start)), "{query}: {hits:?}");
            assert_eq!(hits, hs2022.search(query, 10));
            assert_eq!(hits[..3], hs2022.search(query, 3)[..]);
        }
        // "Other mobile phones (not smartphones)" comes after the smartphones.
        assert_eq!(hs2022.search("smartphone", 1)[0].code.as_str(), "851713");
        for query in ["", "  ", "zzzzqq", "!"] {
            assert!(hs2022.search(query, 10).is_empty(), "{query}");
        }
        assert!(hs2022.search("lamp", 0).is_empty());
        assert!(Nomenclature::of(&Edition::HS2017).unwrap().search("lamp", 5).is_empty());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn any_query_gives_ordered_scores(query in "\\PC{0,40}", limit in 0_usize..20) {
            let hits = Nomenclature::of(&Edition::HS2022).unwrap().search(&query, limit);
            prop_assert!(hits.len() <= limit);
            prop_assert!(hits.iter().all(|hit| hit.score > 0.0 && hit.score <= 1.0));
            prop_assert!(hits.windows(2).all(|pair| order(&pair[0], &pair[1]) == Ordering::Less));
        }
    }
}
