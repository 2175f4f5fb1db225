//! Texts varied while a network learns, in the ways in which people write.
//!
//! A variation depends on the seed, the epoch and the row alone, never on threads or order. Case, accents and
//! the spelling of units need no variation: `hscode_core::text` reads them alike.

use hscode_core::{Error, ErrorKind};
use serde::{Deserialize, Serialize};

use super::data::Sample;
use crate::rng::SplitMix64;
use crate::wording::{
    abbreviate, add_attributes, brand, cut, invert, plural, swap_attributes, typo, words_of,
};

/// How often texts are varied: `[train.augment]` of train.toml. All values are percent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AugmentConfig {
    /// Texts that are varied in an epoch; the others are read as they are. Default 25.
    pub varied: usize,
    /// Of the varied: the first half of the text and the second half of another of its code. Default 20.
    pub halves: usize,
    /// Of the varied: another text of its code is put behind. Default 10.
    pub joined: usize,
    /// Of the varied: colours, sizes, counts, brands added or exchanged. Default 20.
    pub attributes: usize,
    /// Of the varied: abbreviated and cut, as on freight labels. Default 20.
    pub freight: usize,
    /// Of the varied: the head first, as in an index. Default 5. What is left of 100 is noise: typing errors, a
    /// word less, two words exchanged, plural and singular.
    pub inverted: usize,
}

impl Default for AugmentConfig {
    fn default() -> Self {
        Self { varied: 25, halves: 20, joined: 10, attributes: 20, freight: 20, inverted: 5 }
    }
}

impl AugmentConfig {
    /// Checks that percentages are percentages.
    ///
    /// # Errors
    /// `InvalidInput` that says what was expected.
    pub fn check(&self) -> Result<(), Error> {
        let kinds = self.halves + self.joined + self.attributes + self.freight + self.inverted;
        if self.varied > 100 || kinds > 100 {
            let what =
                format!("augment: expected percentages, seen {} varied, kinds {kinds} in all", self.varied);
            return Err(Error::new(ErrorKind::InvalidInput, what));
        }
        Ok(())
    }
}

/// Rows by class, to find another text of the same code.
pub(crate) struct Augmenter<'a> {
    config: &'a AugmentConfig,
    samples: &'a [Sample],
    /// Rows sorted by class; those without a class are left out.
    rows: Vec<u32>,
    /// Where the rows of each class end.
    ends: Vec<u32>,
    seed: u64,
}

impl<'a> Augmenter<'a> {
    pub(crate) fn new(config: &'a AugmentConfig, samples: &'a [Sample], classes: usize, seed: u64) -> Self {
        let mut rows: Vec<u32> =
            (0..samples.len() as u32).filter(|&r| samples[r as usize].class.is_some()).collect();
        rows.sort_by_key(|&row| samples[row as usize].class);
        let mut ends = Vec::with_capacity(classes);
        for class in 0..classes as u32 {
            ends.push(rows.partition_point(|&row| samples[row as usize].class <= Some(class)) as u32);
        }
        Self { config, samples, rows, ends, seed }
    }

    fn partner(&self, row: usize, rng: &mut SplitMix64) -> Option<&'a str> {
        let class = self.samples[row].class? as usize;
        let from = if class == 0 { 0 } else { self.ends[class - 1] } as usize;
        let rows = &self.rows[from..self.ends[class] as usize];
        let other = *rng.pick(rows)? as usize;
        (other != row).then(|| self.samples[other].text.as_str())
    }

    /// The text of a row as the network reads it in an epoch; `None` when it is read as it is.
    pub(crate) fn vary(&self, epoch: u32, row: usize) -> Option<String> {
        let mut rng = SplitMix64::for_item(self.seed ^ (u64::from(epoch) << 40), row as u64);
        let config = self.config;
        if !rng.percent(config.varied) {
            return None;
        }
        let text = self.samples[row].text.as_str();
        let mut roll = rng.below(100);
        let mut is = |percent: usize| {
            let hit = roll < percent;
            roll = roll.wrapping_sub(percent);
            hit
        };
        if is(config.halves) {
            let other = self.partner(row, &mut rng)?;
            let (first, second) = (words_of(text), words_of(other));
            let head = first.len().div_ceil(2);
            let mut words: Vec<&str> = first.into_iter().take(head).collect();
            words.extend(second.iter().skip(second.len() / 2));
            Some(words.join(" "))
        } else if is(config.joined) {
            Some(format!("{text} {}", self.partner(row, &mut rng)?))
        } else if is(config.attributes) {
            let swapped = swap_attributes(text, &mut rng);
            let count = 1 + rng.below(2);
            let more = add_attributes(&swapped, count, &mut rng);
            Some(if rng.percent(25) { format!("{} {more}", brand(&mut rng)) } else { more })
        } else if is(config.freight) {
            Some(freight(text, &mut rng))
        } else if is(config.inverted) {
            Some(invert(text, &mut rng))
        } else {
            Some(noise(text, &mut rng))
        }
    }
}

fn freight(text: &str, rng: &mut SplitMix64) -> String {
    let strength = 25 + 15 * rng.below(4);
    let words: Vec<String> = words_of(text)
        .into_iter()
        .map(|word| if rng.percent(strength) { abbreviate(word, rng.percent(65)) } else { word.to_owned() })
        .collect();
    let out = words.join(" ");
    if rng.percent(70) { cut(&out, 30) } else { out }
}

fn noise(text: &str, rng: &mut SplitMix64) -> String {
    let mut words: Vec<String> = words_of(text).into_iter().map(str::to_owned).collect();
    if words.len() >= 3 && rng.percent(40) {
        words.remove(rng.below(words.len()));
    }
    if words.len() >= 2 && rng.percent(40) {
        let at = rng.below(words.len() - 1);
        words.swap(at, at + 1);
    }
    if rng.percent(40)
        && let Some(last) = words.last_mut()
    {
        *last = plural(last);
    }
    if rng.percent(50) {
        let at = rng.below(words.len());
        if let Some(word) = words.get_mut(at) {
            *word = typo(word, rng);
        }
    }
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn samples() -> Vec<Sample> {
        ["ceramic soup bowl, white", "porcelain teacup with saucer", "steel hex bolt M8", "brass nut"]
            .iter()
            .enumerate()
            .map(|(at, text)| Sample {
                text: (*text).to_owned(),
                class: Some(at as u32 / 2),
                ..Sample::default()
            })
            .collect()
    }

    #[test]
    fn depends_on_seed_epoch_and_row_alone() {
        let (config, samples) = (AugmentConfig { varied: 100, ..Default::default() }, samples());
        let all = |seed, epoch| {
            let augmenter = Augmenter::new(&config, &samples, 2, seed);
            (0..4).rev().map(|row| augmenter.vary(epoch, row)).collect::<Vec<_>>()
        };
        assert_eq!(all(1, 0), all(1, 0));
        assert_ne!(all(1, 0), all(1, 1));
        assert_ne!(all(1, 0), all(2, 0));
    }

    #[test]
    fn varies_as_often_as_asked_and_joins_only_one_code() {
        let samples = samples();
        let config =
            AugmentConfig { varied: 30, halves: 50, joined: 50, attributes: 0, freight: 0, inverted: 0 };
        let augmenter = Augmenter::new(&config, &samples, 2, 1);
        let mut varied = 0;
        for epoch in 0..1000 {
            if let Some(text) = augmenter.vary(epoch, 0) {
                varied += 1;
                assert!(text.starts_with("ceramic soup"));
                assert!(!text.contains("bolt") && !text.contains("brass"));
            }
        }
        // Half of the partners are the row itself, which is then read as it is.
        assert!((100..200).contains(&varied), "{varied}");
        let wrong = AugmentConfig { varied: 101, ..AugmentConfig::default() };
        assert!(wrong.check().is_err());
    }
}
