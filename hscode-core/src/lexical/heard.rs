//! What the references say, by code: for an answer of their own, or for a classifier that has more to hear.

use std::ops::AddAssign;

use super::Lexical;
use super::fuse::Scratch;
use crate::HsCode;

#[cfg(feature = "text-cnn")]
impl Lexical {
    /// Whether there are references of the user's own.
    pub(crate) fn has_own(&self) -> bool {
        self.own.is_some()
    }

    /// Scores the likeliest codes at or below `within` for the description that was read into `scratch`.
    pub(crate) fn hear(&self, within: Option<HsCode>, scratch: &mut Scratch) {
        self.fuse(self.range(within), scratch);
    }
}

impl Lexical {
    /// What was heard: codes ascending, each once, with their part; at most 1 together.
    pub(crate) fn said(&self, scratch: &mut Scratch, out: &mut Vec<(HsCode, f64)>) {
        let Scratch { candidates, scores, order, .. } = scratch;
        order.clear();
        order.extend(0..candidates.len() as u16);
        // Codes are numbered in their order.
        order.sort_unstable_by_key(|&at| candidates[usize::from(at)]);
        let heard = order.iter().map(|&at| (candidates[usize::from(at)], scores[usize::from(at)]));
        out.clear();
        out.extend(heard.map(|(class, score)| (self.corpus.codes[usize::from(class)], score)));
    }

    /// Lets the user's own references outrank `scores`, which have codes ascending, each once, before and after.
    pub(crate) fn outrank(
        &self,
        within: Option<HsCode>,
        scratch: &mut Scratch,
        scores: &mut Vec<(HsCode, f64)>,
    ) {
        self.make_room(within, scratch, scores);
        scratch.own.voices.iter().for_each(|&(code, share)| add(scores, code, share));
    }

    /// Scales `scores` for the user's own references, whose voices are then to be added.
    pub(super) fn make_room(
        &self,
        within: Option<HsCode>,
        scratch: &mut Scratch,
        scores: &mut [(HsCode, f64)],
    ) {
        let Some(own) = &self.own else { return };
        own.search(&scratch.description, within, &mut scratch.own);
        let nearest = scratch.neighbours.nearest.first();
        let ours = nearest.map_or(0.0, |nearest| if nearest.exact { 1.0 } else { nearest.cosine });
        own.outrank(&mut scratch.own, ours, scores);
    }
}

/// Adds a share to scores that have codes ascending, each once.
pub(super) fn add<T: AddAssign>(scores: &mut Vec<(HsCode, T)>, code: HsCode, share: T) {
    match scores.binary_search_by_key(&code, |&(code, _)| code) {
        Ok(at) => scores[at].1 += share,
        Err(at) => scores.insert(at, (code, share)),
    }
}
