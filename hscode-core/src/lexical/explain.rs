//! Why: what each word adds, and which references are nearest.

use std::sync::Arc;

use super::Lexical;
use super::fuse::Scratch;
use crate::explanation::title_path;
use crate::{Evidence, Explanation, Prediction, TokenContribution};

/// How many references are shown.
const SHOWN: usize = 5;

impl Lexical {
    pub(super) fn explain(
        &self,
        description: &str,
        prediction: &Prediction,
        scratch: &mut Scratch,
    ) -> Option<Explanation> {
        let best = prediction.best()?.code();
        // The likeliest code below the best candidate stands for it.
        let mut top: Option<(f64, u16)> = None;
        for (&class, &score) in scratch.candidates.iter().zip(&scratch.scores) {
            if best.covers(&self.corpus.codes[usize::from(class)]) && top.is_none_or(|(most, _)| score > most)
            {
                top = Some((score, class));
            }
        }
        // A code that only the user's own references know has evidence, and no words of ours to weigh.
        let parts = top.map_or_else(Vec::new, |(_, class)| {
            self.classes.contributions(&self.index, &scratch.query, usize::from(class), &mut scratch.classes)
        });
        let mut tokens: Vec<TokenContribution> = scratch
            .description
            .tokens()
            .take(scratch.query.words)
            .map(|token| TokenContribution {
                text: description.get(token.start..token.end).unwrap_or(token.text).to_owned(),
                start: token.start,
                end: token.end,
                contribution: 0.0,
            })
            .collect();
        for (slot, part) in scratch.query.slots.iter().zip(parts) {
            let words = usize::from(slot.first)..usize::from(slot.last) + 1;
            let share = (part / words.len() as f64) as f32;
            if let Some(words) = tokens.get_mut(words) {
                words.iter_mut().for_each(|word| word.contribution += share);
            }
        }
        let evidence = self.evidence(scratch);
        let path = title_path(self.info.edition(), best);
        Some(Explanation { tokens, evidence, path, ..Explanation::default() })
    }

    /// The nearest references, nearest first.
    pub(crate) fn evidence(&self, scratch: &Scratch) -> Vec<Evidence> {
        let mut evidence: Vec<Evidence> = Vec::new();
        if let Some(own) = &self.own {
            evidence.extend(scratch.own.nearest.iter().take(SHOWN).map(|neighbour| Evidence {
                text: own.corpus.spelled(neighbour.text as usize),
                code: own.code(neighbour.text),
                source: Arc::clone(own.source(neighbour.text)),
                similarity: neighbour.cosine,
            }));
        }
        let source: Arc<str> = "hscode".into();
        evidence.extend(scratch.neighbours.nearest.iter().take(SHOWN).map(|neighbour| Evidence {
            text: self.corpus.spelled(neighbour.text as usize),
            code: self.corpus.codes[self.corpus.class_of(neighbour.text as usize)],
            source: Arc::clone(&source),
            similarity: if neighbour.exact { 1.0 } else { neighbour.cosine.min(0.999) },
        }));
        // Stable: of equally similar ones the user's own come first.
        evidence.sort_by(|a, b| b.similarity.total_cmp(&a.similarity));
        evidence.truncate(SHOWN);
        evidence
    }
}
