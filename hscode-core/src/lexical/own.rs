//! A user's own references, which outrank ours.

use std::sync::Arc;

use super::corpus::{Corpus, names_something};
use super::index::Index;
use super::neighbours::same_words;
use super::query::Query;
use super::similar::Similar;
use crate::text::Description;
use crate::{Error, HsCode};

/// How many of the nearest own references speak for their codes.
const NEAREST: usize = 30;
/// How much more an own reference says than one of ours that is as similar: where both have the very same words,
/// the own one gets 19 parts of 20.
const WEIGHT: f64 = 19.0;

/// A text of the user with its settled code.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Reference {
    /// The description.
    pub text: String,
    /// Its code: a subheading, or deeper (then its subheading counts).
    pub code: HsCode,
    /// Where it is from, such as a file's name; evidence names it.
    pub source: Arc<str>,
}

impl Reference {
    /// A text with its settled code and where it is from.
    pub fn new(text: impl Into<String>, code: HsCode, source: impl Into<Arc<str>>) -> Self {
        Self { text: text.into(), code, source: source.into() }
    }
}

/// Own references, found by an inverted index: there are few codes with many texts among them, so that reading
/// all texts of a code would be slow.
#[derive(Debug)]
pub(super) struct Own {
    pub(super) corpus: Corpus,
    index: Index,
    similar: Similar,
    sources: Vec<Arc<str>>,
    source_of: Vec<u32>,
    /// By text: the root of the sum of its different words' squared rarities.
    norms: Vec<f32>,
}

/// An own reference near a description.
#[derive(Debug, Clone, Copy)]
pub(super) struct OwnNeighbour {
    pub(super) text: u32,
    pub(super) cosine: f32,
    pub(super) exact: bool,
}

/// Working memory and result of a search.
#[derive(Debug, Default)]
pub(crate) struct OwnScratch {
    query: Query,
    gains: Vec<f32>,
    touched: Vec<u32>,
    /// The nearest own references, nearest first.
    pub(super) nearest: Vec<OwnNeighbour>,
    /// What they give their codes, nearest first; a code may come several times.
    pub(super) voices: Vec<(HsCode, f64)>,
}

impl OwnScratch {
    /// Whether a reference says the very same.
    pub(crate) fn says_the_same(&self) -> bool {
        self.nearest.first().is_some_and(|neighbour| neighbour.exact)
    }
}

impl Own {
    pub(super) fn new(references: &[Reference]) -> Result<Self, Error> {
        let mut sources: Vec<Arc<str>> = references.iter().map(|r| Arc::clone(&r.source)).collect();
        sources.sort_unstable();
        sources.dedup();
        let tagged = references.iter().map(|reference| {
            let source = sources.partition_point(|source| **source < *reference.source);
            (reference.code, reference.text.as_str(), source as u32)
        });
        let (corpus, source_of) = Corpus::from_tagged(tagged)?;
        let index = Index::new(&corpus);
        let similar = Similar::new(&index);
        let mut seen = Vec::new();
        let norms = (0..corpus.text_ends.len()).map(|text| {
            seen.clear();
            seen.extend(corpus.text(text).iter().map(|&word| index.term_of[word as usize]));
            seen.sort_unstable();
            seen.dedup();
            seen.iter().map(|&term| index.idf_squared[term as usize]).sum::<f32>().sqrt()
        });
        Ok(Self { norms: norms.collect(), similar, sources, source_of, corpus, index })
    }

    /// Finds the nearest references at or below `within`.
    pub(super) fn search(&self, description: &Description, within: Option<HsCode>, scratch: &mut OwnScratch) {
        let OwnScratch { query, gains, touched, nearest, .. } = scratch;
        nearest.clear();
        if !names_something(description) {
            return;
        }
        query.read(description, &self.index, &self.similar);
        touched.clear();
        gains.resize(self.corpus.text_ends.len(), 0.0);
        let unknown = self.index.idf_of(1);
        let mut norm = 0.0_f32;
        for slot in &query.slots {
            let alternatives = query.alternatives(slot);
            let mut most = 0.0_f32;
            for alternative in alternatives {
                let squared = self.index.idf_squared[alternative.term as usize];
                most = most.max(squared);
                for &text in self.index.texts(alternative.term) {
                    let gain = &mut gains[text as usize];
                    if *gain == 0.0 {
                        touched.push(text);
                    }
                    *gain += alternative.weight * squared;
                }
            }
            norm += if alternatives.is_empty() { unknown * unknown } else { most };
        }
        let norm = norm.sqrt();
        for &text in touched.iter() {
            let at = text as usize;
            let gain = std::mem::take(&mut gains[at]);
            if within.is_some_and(|within| !within.covers(&self.code(text))) {
                continue;
            }
            let exact = query.complete && same_words(&self.corpus, &self.index, query, at);
            let cosine = if exact { 1.0 } else { (gain / (norm * self.norms[at])).min(0.999) };
            nearest.push(OwnNeighbour { text, cosine, exact });
        }
        let order =
            |a: &OwnNeighbour, b: &OwnNeighbour| b.cosine.total_cmp(&a.cosine).then(a.text.cmp(&b.text));
        if nearest.len() > NEAREST {
            nearest.select_nth_unstable_by(NEAREST, order);
            nearest.truncate(NEAREST);
        }
        nearest.sort_unstable_by(order);
    }

    /// Lets the nearest references speak: scales `scores`, and fills `scratch.voices` with what is to be added.
    ///
    /// `ours`: the similarity of the nearest of our references. The own ones get their part by how much more
    /// similar they are, and no more than they are similar at all.
    pub(super) fn outrank(&self, scratch: &mut OwnScratch, ours: f32, scores: &mut [(HsCode, f64)]) {
        scratch.voices.clear();
        let Some(first) = scratch.nearest.first() else { return };
        // References of the very same words leave the merely similar ones without a voice.
        let voices = scratch.nearest.iter().filter(|neighbour| neighbour.exact == first.exact);
        let cube = |cosine: f32| f64::from(cosine) * f64::from(cosine) * f64::from(cosine);
        let all: f64 = voices.clone().map(|neighbour| cube(neighbour.cosine)).sum();
        let own = WEIGHT * cube(first.cosine);
        // One that says the very same decides, whatever ours say.
        let ours = if first.exact { 0.0 } else { cube(ours) };
        let part = f64::from(first.cosine) * own / (own + ours);
        scores.iter_mut().for_each(|(_, score)| *score *= 1.0 - part);
        let voice = |neighbour: &OwnNeighbour| part * cube(neighbour.cosine) / all;
        scratch.voices.extend(voices.map(|neighbour| (self.code(neighbour.text), voice(neighbour))));
    }

    pub(super) fn code(&self, text: u32) -> HsCode {
        self.corpus.codes[self.corpus.class_of(text as usize)]
    }

    pub(super) fn source(&self, text: u32) -> &Arc<str> {
        &self.sources[self.source_of[text as usize] as usize]
    }
}
