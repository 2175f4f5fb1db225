//! What to try next. The only file that knows the `tpe` crate.
//!
//! A proposal depends on the seed, its number and the trials before it, and on nothing else: a search that was
//! stopped proposes what it would have proposed.
//!
//! Source: Bergstra, Bardenet, Bengio, Kégl, "Algorithms for hyper-parameter optimization", NIPS 2011.

use std::collections::BTreeMap;
use std::convert::Infallible;

use hscode_core::{Error, ErrorKind};
use tpe::{TpeOptimizerBuilder, histogram_estimator, parzen_estimator};

use super::space::{Range, Setting};
use crate::rng::SplitMix64;

/// The share of the trials that count as good.
const GOOD: f64 = 0.1;
/// Candidates of which the most promising is proposed.
const CANDIDATES: usize = 64;
/// How often a proposal that was tried before is drawn anew.
const AGAIN: u32 = 20;

/// A trial as the search sees it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Seen<'a> {
    pub parameters: &'a BTreeMap<String, Setting>,
    /// More is better; none of a trial that failed.
    pub value: Option<f64>,
}

/// Settings for trial `number`: drawn evenly while `number` is below `drawn`, then by what was seen.
pub(super) fn propose(
    space: &BTreeMap<String, Range>,
    seen: &[Seen<'_>],
    seed: u64,
    number: u64,
    drawn: u32,
) -> Result<BTreeMap<String, Setting>, Error> {
    let mut draws = Draws(SplitMix64::for_item(seed, number));
    let mut proposal = BTreeMap::new();
    for _ in 0..AGAIN {
        proposal.clear();
        for (key, range) in space {
            let place = if number < u64::from(drawn) || seen.is_empty() {
                let (low, high) = range.line();
                low + (high - low) * draws.unit()
            } else {
                by_what_was_seen(key, range, seen, &mut draws)?
            };
            proposal.insert(key.clone(), range.at(place));
        }
        if seen.iter().all(|trial| *trial.parameters != proposal) {
            break;
        }
    }
    Ok(proposal)
}

fn by_what_was_seen(key: &str, range: &Range, seen: &[Seen<'_>], draws: &mut Draws) -> Result<f64, Error> {
    let failed = |what: String| Error::new(ErrorKind::Inference, format!("search for {key}: {what}"));
    let (low, high) = range.line();
    let line = tpe::range(low, high).map_err(|e| failed(e.to_string()))?;
    let estimator = if range.choices().is_some() { histogram_estimator() } else { parzen_estimator() };
    let mut search = TpeOptimizerBuilder::new()
        .gamma(GOOD)
        .candidates(CANDIDATES)
        .build(estimator, line)
        .map_err(|e| failed(e.to_string()))?;
    let worst = seen.iter().filter_map(|trial| trial.value).fold(f64::INFINITY, f64::min).min(0.0);
    for trial in seen {
        // The crate looks for the least.
        let place = trial.parameters.get(key).and_then(|value| range.place(value)).unwrap_or(f64::NAN);
        search.tell(place, -trial.value.unwrap_or(worst)).map_err(|e| failed(e.to_string()))?;
    }
    search.ask(draws).map_err(|e| failed(e.to_string()))
}

/// Our own generator as the crate wants one, so that no other version of one changes a search.
struct Draws(SplitMix64);

impl Draws {
    /// From 0 to below 1.
    fn unit(&mut self) -> f64 {
        (self.0.next_u64() >> 11) as f64 / (1u64 << 53) as f64
    }
}

impl rand::TryRng for Draws {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok((self.0.next_u64() >> 32) as u32)
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(self.0.next_u64())
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        for chunk in bytes.chunks_mut(8) {
            let drawn = self.0.next_u64().to_le_bytes();
            chunk.copy_from_slice(&drawn[..chunk.len()]);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn space() -> BTreeMap<String, Range> {
        let number = |from, to, log| Range {
            from: Some(Setting::Real(from)),
            to: Some(Setting::Real(to)),
            log,
            of: Vec::new(),
        };
        let of = ["a", "b", "c"].map(|name| Setting::Text(name.to_owned())).to_vec();
        BTreeMap::from([
            ("rate".to_owned(), number(1e-4, 1.0, true)),
            ("drop".to_owned(), number(0.0, 1.0, false)),
            ("kind".to_owned(), Range { of, ..Range::default() }),
        ])
    }

    /// Best at rate 0.01, drop 0.3, kind b.
    fn value(parameters: &BTreeMap<String, Setting>) -> f64 {
        let number = |key: &str| match parameters[key] {
            Setting::Real(number) => number,
            _ => panic!("no number"),
        };
        let kind = f64::from(u8::from(parameters["kind"] != Setting::Text("b".to_owned())));
        -((number("rate").log10() + 2.0).powi(2) + (number("drop") - 0.3).powi(2) * 4.0 + kind)
    }

    fn search(seed: u64, trials: u64, drawn: u32) -> Vec<(BTreeMap<String, Setting>, f64)> {
        let mut known: Vec<(BTreeMap<String, Setting>, f64)> = Vec::new();
        for number in 0..trials {
            let seen: Vec<Seen<'_>> =
                known.iter().map(|(parameters, value)| Seen { parameters, value: Some(*value) }).collect();
            let next = propose(&space(), &seen, seed, number, drawn).unwrap();
            let reached = value(&next);
            known.push((next, reached));
        }
        known
    }

    #[test]
    fn it_finds_better_settings_than_chance_does() {
        let best = |drawn| {
            let mut sum = 0.0;
            for seed in 0..30 {
                sum += search(seed, 40, drawn).iter().map(|t| t.1).fold(f64::NEG_INFINITY, f64::max);
            }
            sum / 30.0
        };
        let (searched, drawn) = (best(8), best(40));
        assert!(searched > drawn * 0.5 && searched > -0.1, "searched {searched}, drawn {drawn}");
    }

    #[test]
    fn a_proposal_depends_on_seed_number_and_history_alone() {
        let whole = search(3, 20, 8);
        let seen: Vec<Seen<'_>> =
            whole[..13].iter().map(|(parameters, value)| Seen { parameters, value: Some(*value) }).collect();
        assert_eq!(propose(&space(), &seen, 3, 13, 8).unwrap(), whole[13].0);
        assert_ne!(propose(&space(), &seen, 4, 13, 8).unwrap(), whole[13].0);
        // A failed trial counts as bad, and one of another space says nothing of a setting.
        let none = BTreeMap::new();
        let failed = [Seen { parameters: &none, value: None }];
        assert_eq!(propose(&space(), &failed, 3, 13, 8).unwrap().len(), 3);
    }
}
