//! Accept, back off or abstain: what a score is good for.

use std::fmt;

use crate::{Error, ErrorKind, HsCode, Level};

/// What the library advises to do with the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Decision {
    /// The score of this code meets the threshold of its level.
    Accept(HsCode),
    /// Too unsure at the level asked for, but sure enough of this ancestor.
    BackOff {
        /// The deepest ancestor whose score meets its level's threshold.
        code: HsCode,
        /// Why not deeper.
        reason: Reason,
    },
    /// No code is sure enough: ask the sender, or send it to a person.
    Abstain(Reason),
}

impl Decision {
    /// The code answered; `None` when abstaining.
    pub fn code(&self) -> Option<HsCode> {
        match self {
            Self::Accept(code) | Self::BackOff { code, .. } => Some(*code),
            Self::Abstain(_) => None,
        }
    }

    /// Why the answer is not a full one; `None` when accepting.
    pub fn reason(&self) -> Option<Reason> {
        match self {
            Self::Accept(_) => None,
            Self::BackOff { reason, .. } | Self::Abstain(reason) => Some(*reason),
        }
    }

    /// `accept`, `back_off` or `abstain`, as records spell it.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Accept(_) => "accept",
            Self::BackOff { .. } => "back_off",
            Self::Abstain(_) => "abstain",
        }
    }
}

/// Why a decision is not a full answer. The numbers are stable: the C interface hands them out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
#[repr(u8)]
pub enum Reason {
    /// The best score is under the threshold.
    LowScore = 1,
    /// The description is too vague to classify (see [`text::check`](crate::text::check)).
    Vague = 2,
    /// There are no words in the description: it is empty, or only digits, signs or emoji.
    NoWords = 3,
    /// Nothing in the description is known to the classifier, or nothing within the codes asked for.
    NoEvidence = 4,
}

impl Reason {
    /// The reason in lower snake case, as records spell it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::LowScore => "low_score",
            Self::Vague => "vague",
            Self::NoWords => "no_words",
            Self::NoEvidence => "no_evidence",
        }
    }

    /// The reason as a sentence for people.
    pub const fn explanation(self) -> &'static str {
        match self {
            Self::LowScore => "no code is sure enough",
            Self::Vague => "the description is too vague: say what the article is and what it is made of",
            Self::NoWords => "the description has no words",
            Self::NoEvidence => "nothing known speaks for any code",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The smallest score that is accepted, by level; each in `0.0..=1.0`.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct Thresholds {
    /// For two digits.
    pub chapter: f32,
    /// For four digits.
    pub heading: f32,
    /// For six digits and more.
    pub subheading: f32,
}

impl Thresholds {
    /// The threshold of `level`.
    pub fn at(&self, level: Level) -> f32 {
        match level {
            Level::Chapter => self.chapter,
            Level::Heading => self.heading,
            Level::Subheading | Level::TariffLine => self.subheading,
        }
    }
}

/// How scores become decisions and candidate sets; data of a model, chosen on held-out text.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct DecisionPolicy {
    /// The smallest score accepted, by level.
    pub thresholds: Thresholds,
    /// Coverages with cumulative scores for chapter, heading and subheading, all rising: a set of the best candidates
    /// of a level holds the right code with that probability once its scores add up to this. Between two of them the
    /// line is straight; it starts at (0, 0) and ends at (1, 1).
    pub coverage: Vec<(f32, [f32; 3])>,
}

impl DecisionPolicy {
    /// A policy that takes scores at their word: these thresholds, and sets by cumulative score.
    pub fn with_thresholds(thresholds: Thresholds) -> Self {
        Self { thresholds, coverage: Vec::new() }
    }

    /// Checks that thresholds and coverage pairs are probabilities and the pairs rise.
    ///
    /// # Errors
    /// `Package`, naming the value.
    pub fn check(&self) -> Result<(), Error> {
        let probability = |what: &str, value: f32| {
            if (0.0..=1.0).contains(&value) {
                Ok(())
            } else {
                Err(Error::new(ErrorKind::Package, format!("{what} {value}: expected 0.0 to 1.0")))
            }
        };
        for level in Level::INTERNATIONAL {
            probability(&format!("threshold of {level}"), self.thresholds.at(level))?;
        }
        let mut last = (0.0, [0.0; 3]);
        for &(coverage, masses) in &self.coverage {
            probability("coverage", coverage)?;
            masses.iter().try_for_each(|&mass| probability("cumulative score", mass))?;
            if coverage <= last.0 || masses.iter().zip(last.1).any(|(&mass, last)| mass < last) {
                return Err(Error::new(
                    ErrorKind::Package,
                    format!("coverage {coverage} with {masses:?}: expected to rise from {last:?}"),
                ));
            }
            last = (coverage, masses);
        }
        Ok(())
    }

    /// The cumulative score that a candidate set of `level` needs for `coverage`.
    pub(crate) fn mass_for(&self, coverage: f32, level: Level) -> f32 {
        let place = (level as usize).min(2);
        let mut low = (0.0_f32, 0.0_f32);
        let pairs = self.coverage.iter().map(|&(coverage, masses)| (coverage, masses[place]));
        for high in pairs.chain(std::iter::once((1.0, 1.0))) {
            if coverage <= high.0 {
                let width = high.0 - low.0;
                if width <= 0.0 {
                    return high.1;
                }
                return low.1 + (coverage - low.0) / width * (high.1 - low.1);
            }
            low = high;
        }
        1.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HALF: Thresholds = Thresholds { chapter: 0.5, heading: 0.5, subheading: 0.5 };

    #[test]
    fn coverage_is_piecewise_linear() {
        let mut policy = DecisionPolicy::with_thresholds(HALF);
        assert_eq!(policy.mass_for(0.25, Level::Heading), 0.25);
        policy.coverage = vec![(0.5, [0.6, 0.7, 0.8]), (0.9, [0.9; 3])];
        assert_eq!(policy.mass_for(0.25, Level::Subheading), 0.4);
        assert_eq!(policy.mass_for(0.25, Level::TariffLine), 0.4);
        assert_eq!(policy.mass_for(0.5, Level::Chapter), 0.6);
        assert!((policy.mass_for(0.7, Level::Heading) - 0.8).abs() < 1e-6);
        assert!((policy.mass_for(0.95, Level::Heading) - 0.95).abs() < 1e-6);
        policy.check().unwrap();
    }

    #[test]
    fn refuses_values_that_are_no_probabilities() {
        let mut policy = DecisionPolicy::with_thresholds(Thresholds { heading: 1.5, ..HALF });
        assert_eq!(policy.check().unwrap_err().message(), "threshold of heading 1.5: expected 0.0 to 1.0");
        policy.thresholds = HALF;
        policy.coverage = vec![(0.9, [0.9; 3]), (0.95, [0.9, 0.8, 0.95])];
        assert!(policy.check().unwrap_err().message().starts_with("coverage 0.95 with"));
        policy.coverage = vec![(f32::NAN, [0.9; 3])];
        assert!(policy.check().is_err());
    }
}
