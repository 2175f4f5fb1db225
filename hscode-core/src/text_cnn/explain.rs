//! Why: what each word adds to the best code, and what to the next.

use crate::explanation::{RunnerUp, title_path};
use crate::features::{FeatureSpec, Features};
use crate::text::Description;
use crate::{Candidate, Explanation, HsCode, TokenContribution};

use super::split::Parts;
use super::{Look, TextCnn};

/// Contributions are whole numbers of these parts of a nat, so that floats hold them and their sums exactly.
const PARTS_OF_A_NAT: f32 = 1024.0;

/// A split of a logit over words: units of [`PARTS_OF_A_NAT`], and what is of no word.
struct Split {
    words: Vec<i64>,
    base: i64,
}

impl TextCnn {
    /// Explains the candidates of a description that was looked at, best first; `raw` is its text.
    pub(crate) fn explain(
        &self,
        raw: &str,
        description: &Description,
        candidates: &[Candidate],
        look: &mut Look,
    ) -> Option<Explanation> {
        let best = candidates.first()?.code();
        let mut explanation =
            Explanation { path: title_path(self.info.edition(), best), ..Explanation::default() };
        let owners = self.owners(description);
        if let Some(split) = self.split_code(best, &owners, look) {
            explanation.tokens = tokens(raw, description, &split);
            explanation.base = Some(split.base as f32 / PARTS_OF_A_NAT);
        }
        if let Some(next) = candidates.get(1)
            && let Some(split) = self.split_code(next.code(), &owners, look)
        {
            explanation.runner_up = Some(RunnerUp {
                code: next.code(),
                score: next.score(),
                tokens: tokens(raw, description, &split),
                base: split.base as f32 / PARTS_OF_A_NAT,
            });
        }
        Some(explanation)
    }

    /// Splits the logit of the likeliest class at or below a code.
    fn split_code(&self, code: HsCode, owners: &Owners, look: &mut Look) -> Option<Split> {
        let mut top: Option<(u32, f32)> = None;
        for (&class, &logit) in look.found.classes.iter().zip(&look.found.logits) {
            if code.covers(&self.classes[class as usize]) && top.is_none_or(|(_, most)| logit > most) {
                top = Some((class, logit));
            }
        }
        let (class, logit) = top?;
        let parts = self.net.split(class as usize, &mut look.work);
        Some(owners.split(&parts, logit))
    }

    /// Which word each piece, pair and gram is of.
    fn owners(&self, description: &Description) -> Owners {
        let mut owners = Owners::default();
        let FeatureSpec { max_words, max_tokens, pairs, .. } = self.net.spec;
        let reach = pairs.map_or(0, |pairs| pairs.reach);
        let (mut features, mut pieces) = (Features::default(), Vec::new());
        for (word, token) in description.tokens().take(max_words as usize).enumerate() {
            pieces.clear();
            if let Some(vocabulary) = &self.vocabulary {
                vocabulary.encode_word(token.text, &mut pieces);
            }
            owners.tokens.extend(pieces.iter().map(|_| word));
            self.net.spec.read([token.text], None, &mut features);
            owners.grams.extend(features.grams.iter().map(|_| word));
            owners.pairs.extend((1..=word.min(reach as usize)).map(|back| (word - back, word)));
            owners.words += 1;
        }
        owners.tokens.truncate(max_tokens as usize);
        owners
    }
}

/// The words that features are of.
#[derive(Debug, Default)]
struct Owners {
    words: usize,
    tokens: Vec<usize>,
    pairs: Vec<(usize, usize)>,
    grams: Vec<usize>,
}

impl Owners {
    fn split(&self, parts: &Parts, logit: f32) -> Split {
        let mut words = vec![0.0_f32; self.words];
        for (owners, parts) in [(&self.tokens, &parts.tokens), (&self.grams, &parts.grams)] {
            owners.iter().zip(parts).for_each(|(&word, part)| words[word] += part);
        }
        for (&(first, second), part) in self.pairs.iter().zip(&parts.pairs) {
            words[first] += 0.5 * part;
            words[second] += 0.5 * part;
        }
        let units = |value: f32| (value * PARTS_OF_A_NAT).round_ties_even() as i64;
        let words: Vec<i64> = words.into_iter().map(units).collect();
        let base = units(logit) - words.iter().sum::<i64>();
        Split { words, base }
    }
}

fn tokens(raw: &str, description: &Description, split: &Split) -> Vec<TokenContribution> {
    let words = description.tokens().zip(&split.words);
    words
        .map(|(token, &units)| TokenContribution {
            text: raw.get(token.start..token.end).unwrap_or(token.text).to_owned(),
            start: token.start,
            end: token.end,
            contribution: units as f32 / PARTS_OF_A_NAT,
        })
        .collect()
}
