//! Composed texts: new descriptions made from the repository's own, in the
//! ways in which people write them on parcels, invoices and freight labels.
//!
//! The texts depend on the sources, their order, the seed and the count alone:
//! integer arithmetic, ASCII case rules, one random stream per text. A change
//! of one byte here changes the digest of the texts, and with it the teacher
//! labels that belong to them, so change it only together with those.

use crate::rng::SplitMix64;
use crate::wording::{
    abbreviate, add_attributes, brand, cut, invert, plural, swap_attributes, title_case, typo, words_of,
};
use std::collections::BTreeMap;

/// A description with the subheading it belongs to.
#[derive(Clone, Copy, Debug)]
pub struct Source<'a> {
    /// Six digits.
    pub code: &'a str,
    /// The description.
    pub text: &'a str,
}

/// How a text was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The first half of one description and the second half of another of the same code.
    Halves,
    /// Two short terms of one code.
    Terms,
    /// Colour, size, pack count or a brand-like word added or exchanged.
    Attributes,
    /// A web-shop title: brand, terms, attributes.
    Shop,
    /// Vowels dropped, words cut, the whole cut at about 30 characters.
    Freight,
    /// A typing error, another word order, a word less, plural or singular.
    Noise,
    /// Head word first, as in an index ("bowls, ceramic").
    Inverted,
    /// Parts of two codes of one heading; only a teacher can label it.
    Cross,
}

impl Kind {
    /// The name used in files.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Halves => "halves",
            Kind::Terms => "terms",
            Kind::Attributes => "attributes",
            Kind::Shop => "shop",
            Kind::Freight => "freight",
            Kind::Noise => "noise",
            Kind::Inverted => "inverted",
            Kind::Cross => "cross",
        }
    }
}

/// A composed text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Composed {
    /// The subheading of its first source.
    pub code: String,
    /// The subheading of its second source, when that is another one.
    pub other: Option<String>,
    /// How it was made.
    pub kind: Kind,
    /// The fold of all its sources (see [`fold`]).
    pub fold: u8,
    /// The text.
    pub text: String,
}

/// Number of folds for out-of-fold teacher labels.
pub const FOLDS: u8 = 3;

/// Gives the fold of a text, from its set of words alone, so that texts with
/// the same words never straddle folds.
///
/// Words are runs of ASCII letters, digits and non-ASCII bytes, in ASCII lower
/// case; sorted, without repeats, joined by one space; FNV-1a (64 bits), its
/// upper half modulo [`FOLDS`].
pub fn fold(text: &str) -> u8 {
    let lower = text.to_ascii_lowercase();
    let mut words: Vec<&[u8]> = lower
        .as_bytes()
        .split(|b| !(b.is_ascii_alphanumeric() || *b >= 0x80))
        .filter(|w| !w.is_empty())
        .collect();
    words.sort_unstable();
    words.dedup();
    let mut hash: u64 = 0xCBF2_9CE4_8422_2325;
    for (at, word) in words.iter().enumerate() {
        let space: &[u8] = if at == 0 { b"" } else { b" " };
        for byte in space.iter().chain(word.iter()) {
            hash = (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01B3);
        }
    }
    ((hash >> 32) % u64::from(FOLDS)) as u8
}

struct Index<'a> {
    sources: &'a [Source<'a>],
    folds: Vec<u8>,
    codes: Vec<&'a str>,
    /// Rows of a code in a fold.
    by_code: BTreeMap<(&'a str, u8), Vec<usize>>,
    /// Rows of a code.
    all_of: BTreeMap<&'a str, Vec<usize>>,
    /// Codes of a heading.
    headings: BTreeMap<&'a str, Vec<&'a str>>,
}

impl<'a> Index<'a> {
    fn new(sources: &'a [Source<'a>]) -> Self {
        let folds: Vec<u8> = sources.iter().map(|s| fold(s.text)).collect();
        let mut by_code: BTreeMap<(&str, u8), Vec<usize>> = BTreeMap::new();
        let mut all_of: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        let mut headings: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (at, (source, &fold)) in sources.iter().zip(&folds).enumerate() {
            by_code.entry((source.code, fold)).or_default().push(at);
            all_of.entry(source.code).or_default().push(at);
        }
        for &code in all_of.keys() {
            let heading = code.get(..4).unwrap_or(code);
            headings.entry(heading).or_default().push(code);
        }
        let codes = all_of.keys().copied().collect();
        Self { sources, folds, codes, by_code, all_of, headings }
    }

    /// Half of the draws are by row, half by code, so that thin codes are seen too.
    fn draw(&self, rng: &mut SplitMix64) -> Option<usize> {
        if rng.percent(50) {
            return Some(rng.below(self.sources.len()));
        }
        let code = rng.pick(&self.codes)?;
        rng.pick(self.all_of.get(code)?).copied()
    }

    /// Another row of `code` in the fold of `row`; `row` itself when there is none.
    fn partner(&self, row: usize, code: &str, rng: &mut SplitMix64) -> Option<usize> {
        let rows = self.by_code.get(&(code, *self.folds.get(row)?))?;
        for _ in 0..3 {
            let other = *rng.pick(rows)?;
            if other != row {
                return Some(other);
            }
        }
        None
    }

    /// A row of another code of the same heading, in the same fold.
    fn neighbour(&self, row: usize, rng: &mut SplitMix64) -> Option<usize> {
        let code = self.sources.get(row)?.code;
        let siblings = self.headings.get(code.get(..4).unwrap_or(code))?;
        for _ in 0..4 {
            let other = *rng.pick(siblings)?;
            if other != code
                && let Some(found) = self.partner(row, other, rng)
            {
                return Some(found);
            }
        }
        None
    }

    /// A short row (at most four words) of the same code and fold.
    fn short_partner(&self, row: usize, rng: &mut SplitMix64) -> Option<usize> {
        let code = self.sources.get(row)?.code;
        for _ in 0..6 {
            let other = self.partner(row, code, rng)?;
            if words_of(self.sources.get(other)?.text).len() <= 4 {
                return Some(other);
            }
        }
        None
    }
}

fn halves(a: &str, b: &str) -> String {
    let (first, second) = (words_of(a), words_of(b));
    let head = first.len().div_ceil(2);
    let tail = second.len() / 2;
    let mut out: Vec<&str> = first.into_iter().take(head).collect();
    out.extend(second.into_iter().skip(tail));
    out.join(" ")
}

fn joined(a: &str, b: &str, rng: &mut SplitMix64) -> String {
    const JOINS: [&str; 8] = [" ", " ", " ", ", ", ", ", " - ", " / ", " & "];
    let join = rng.pick(&JOINS).copied().unwrap_or(" ");
    format!("{a}{join}{b}")
}

fn noise(text: &str, rng: &mut SplitMix64) -> String {
    let mut words: Vec<String> = words_of(text).into_iter().map(str::to_owned).collect();
    let n = words.len();
    if n >= 3 && rng.percent(35) {
        let at = rng.below(n);
        words.remove(at);
    }
    let n = words.len();
    if n >= 2 && rng.percent(35) {
        let at = rng.below(n - 1);
        words.swap(at, at + 1);
    }
    if rng.percent(35)
        && let Some(last) = words.last_mut()
    {
        *last = plural(last);
    }
    if rng.percent(70) {
        let at = rng.below(words.len());
        if let Some(word) = words.get_mut(at) {
            *word = typo(word, rng);
        }
    }
    words.join(" ")
}

fn freight(text: &str, rng: &mut SplitMix64) -> String {
    let mut words: Vec<String> = Vec::new();
    if rng.percent(25) {
        let name = brand(rng).to_ascii_lowercase();
        words.push(if rng.percent(50) { abbreviate(&name, true) } else { name });
    }
    let strength = 25 + 15 * rng.below(4);
    for word in words_of(text) {
        if rng.percent(strength) {
            words.push(abbreviate(word, rng.percent(65)));
        } else {
            words.push(word.to_owned());
        }
    }
    let mut out = words.join(" ");
    if rng.percent(30) {
        out = add_attributes(&out, 1, rng);
    }
    match rng.below(10) {
        0..=6 => cut(&out, 30),
        7 | 8 => cut(&out, 18 + rng.below(20)),
        _ => out,
    }
}

fn make(index: &Index<'_>, row: usize, rng: &mut SplitMix64) -> Option<(Kind, usize, String)> {
    let source = index.sources.get(row)?;
    let same = |rng: &mut SplitMix64| index.partner(row, source.code, rng);
    let text = |at: usize| index.sources.get(at).map_or("", |s| s.text);
    let roll = rng.below(100);
    Some(match roll {
        0..=15 => {
            let other = same(rng)?;
            (Kind::Halves, other, halves(source.text, text(other)))
        }
        16..=29 => {
            let other = index.short_partner(row, rng)?;
            (Kind::Terms, other, joined(source.text, text(other), rng))
        }
        30..=43 => {
            let swapped = swap_attributes(source.text, rng);
            let extra = 1 + rng.below(2);
            let out = if swapped != source.text && rng.percent(50) {
                swapped
            } else {
                add_attributes(&swapped, extra, rng)
            };
            (Kind::Attributes, row, out)
        }
        44..=53 => {
            let other = index.short_partner(row, rng).unwrap_or(row);
            let mut out = source.text.to_owned();
            if other != row {
                out = joined(&out, text(other), rng);
            }
            let extra = 1 + rng.below(3);
            out = add_attributes(&out, extra, rng);
            if rng.percent(60) {
                out = format!("{} {out}", brand(rng));
            }
            (Kind::Shop, other, title_case(&out))
        }
        54..=75 => {
            let other = if rng.percent(35) { index.short_partner(row, rng).unwrap_or(row) } else { row };
            let base = if other == row {
                source.text.to_owned()
            } else {
                format!("{} {}", source.text, text(other))
            };
            (Kind::Freight, other, freight(&base, rng))
        }
        76..=86 => (Kind::Noise, row, noise(source.text, rng)),
        87..=91 => (Kind::Inverted, row, invert(source.text, rng)),
        _ => {
            let other = index.neighbour(row, rng)?;
            let out = if rng.percent(50) {
                halves(source.text, text(other))
            } else {
                joined(source.text, text(other), rng)
            };
            (Kind::Cross, other, out)
        }
    })
}

/// Composes `count` texts; the answer is sorted by code, then by the order in
/// which they were drawn.
///
/// `sources`: descriptions in the order of the repository's files. A text has
/// one or two sources, both of one fold. Nothing is returned for an empty
/// list. Texts may repeat.
///
/// # Examples
/// ```
/// use hscode_train::compose::{compose, Source};
/// let sources = [
///     Source { code: "691110", text: "porcelain soup bowl" },
///     Source { code: "691110", text: "bone china tea cup with saucer" },
/// ];
/// let texts = compose(&sources, 7, 10);
/// assert_eq!(texts.len(), 10);
/// assert_eq!(texts, compose(&sources, 7, 10));
/// ```
pub fn compose(sources: &[Source<'_>], seed: u64, count: usize) -> Vec<Composed> {
    if sources.is_empty() {
        return Vec::new();
    }
    let index = Index::new(sources);
    let mut out: Vec<Composed> = Vec::with_capacity(count.min(1 << 22));
    for item in 0..count {
        let mut rng = SplitMix64::for_item(seed, item as u64);
        let mut last = None;
        for _ in 0..8 {
            let Some(row) = index.draw(&mut rng) else {
                continue;
            };
            let Some((kind, other, mut text)) = make(&index, row, &mut rng) else {
                continue;
            };
            if rng.percent(10) {
                text = text.to_ascii_uppercase();
            }
            let text = words_of(&text).join(" ");
            let source = sources.get(row).map_or("", |s| s.text);
            let good = text.len() > 1 && !text.eq_ignore_ascii_case(source);
            last = Some((row, other, kind, text));
            if good {
                break;
            }
        }
        let (row, other, kind, text) = last.unwrap_or((0, 0, Kind::Noise, sources[0].text.to_owned()));
        let code = sources.get(row).map_or("", |s| s.code);
        let second = sources.get(other).map_or("", |s| s.code);
        out.push(Composed {
            code: code.to_owned(),
            other: (second != code).then(|| second.to_owned()),
            kind,
            fold: index.folds.get(row).copied().unwrap_or(0),
            text,
        });
    }
    out.sort_by(|a, b| a.code.cmp(&b.code));
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOURCES: [Source<'static>; 8] = [
        Source { code: "691110", text: "porcelain soup bowl" },
        Source { code: "691110", text: "bone china tea cup with saucer, white" },
        Source { code: "691110", text: "dinner plate porcelain 27 cm" },
        Source { code: "691110", text: "china teapot" },
        Source { code: "691190", text: "porcelain soap dish" },
        Source { code: "691190", text: "china toothbrush mug" },
        Source { code: "610910", text: "cotton t-shirt printed" },
        Source { code: "610910", text: "men's crew neck tee Größe L" },
    ];

    #[test]
    fn same_seed_same_texts_and_prefix_independent_of_count() {
        let long = compose(&SOURCES, 1, 400);
        assert_eq!(long, compose(&SOURCES, 1, 400));
        assert_ne!(long, compose(&SOURCES, 2, 400));
        let short = compose(&SOURCES, 1, 50);
        assert!(short.iter().all(|t| long.contains(t)));
    }

    #[test]
    fn every_kind_appears_and_sources_share_the_fold() {
        let texts = compose(&SOURCES, 3, 4000);
        for kind in [
            Kind::Halves,
            Kind::Terms,
            Kind::Attributes,
            Kind::Shop,
            Kind::Freight,
            Kind::Noise,
            Kind::Inverted,
        ] {
            assert!(texts.iter().any(|t| t.kind == kind), "{kind:?}");
        }
        assert!(texts.iter().all(|t| t.fold < FOLDS && !t.text.is_empty()));
        assert!(texts.iter().all(|t| t.other.is_none() || t.kind == Kind::Cross));
        assert!(texts.windows(2).all(|w| w[0].code <= w[1].code));
        assert!(texts.iter().all(|t| !t.text.contains(['\t', '\n']) && !t.text.contains("  ")));
    }

    #[test]
    fn fold_ignores_order_case_repeats_and_punctuation() {
        assert_eq!(fold("Soup bowl, porcelain"), fold("porcelain BOWL soup soup"));
        let spread: Vec<u8> = (0..60).map(|n| fold(&format!("word {n}"))).collect();
        assert!((0..FOLDS).all(|f| spread.contains(&f)));
        assert_eq!(fold(""), fold("--"));
    }

    #[test]
    fn no_sources_no_texts() {
        assert!(compose(&[], 1, 5).is_empty());
    }
}
