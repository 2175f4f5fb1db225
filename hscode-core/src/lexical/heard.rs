//! What the references say, for a classifier that has more to hear.

use super::Lexical;
use super::fuse::Scratch;
use crate::HsCode;
use crate::ranking::merge;

impl Lexical {
    /// Whether there are references of the user's own.
    pub(crate) fn has_own(&self) -> bool {
        self.own.is_some()
    }

    /// Scores the likeliest codes at or below `within` for the description that was read into `scratch`.
    pub(crate) fn hear(&self, within: Option<HsCode>, scratch: &mut Scratch) {
        self.fuse(self.range(within), scratch);
    }

    /// What was heard: codes ascending, each once, with their part; at most 1 together.
    pub(crate) fn said(&self, scratch: &Scratch, out: &mut Vec<(HsCode, f64)>) {
        out.clear();
        let codes = scratch.candidates.iter().map(|&class| self.corpus.codes[usize::from(class)]);
        out.extend(codes.zip(scratch.scores.iter().copied()));
        out.sort_unstable_by_key(|&(code, _)| code);
    }

    /// Lets the user's own references outrank `scores`, which have codes ascending, each once, before and after.
    pub(crate) fn outrank(
        &self,
        within: Option<HsCode>,
        scratch: &mut Scratch,
        scores: &mut Vec<(HsCode, f64)>,
    ) {
        let Some(own) = &self.own else { return };
        own.search(&scratch.description, within, &mut scratch.own);
        let nearest = scratch.neighbours.nearest.first();
        let ours = nearest.map_or(0.0, |nearest| if nearest.exact { 1.0 } else { nearest.cosine });
        own.outrank(&scratch.own, ours, scores);
        merge(scores);
    }
}
