//! What a caller may ask of one classification.

use crate::{ClassifierInfo, Error, ErrorKind, HsCode, Level};

/// How to answer: how many candidates, how deep, within what, with which extras.
///
/// ```
/// use hscode_core::{Level, Options};
/// let options = Options::default().with_top_k(3).with_level(Level::Heading).with_explain(true);
/// assert_eq!(options.top_k, 3);
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Options {
    /// The most candidates to give, best first; at least 1, at most the number of classes. Default 5.
    pub top_k: usize,
    /// The level of the candidates; `None` (the default) is the deepest that the classifier knows.
    pub level: Option<Level>,
    /// Only codes at or below this one, their scores renormalised to sum to 1. Default: the whole edition.
    pub within: Option<HsCode>,
    /// Whether to say why: contributions of words, nearest references, the title path. Default: no.
    pub explain: bool,
    /// Also give the set of codes that holds the right one with this probability, in `0.0..1.0` exclusive.
    /// Default: none.
    pub coverage: Option<f32>,
}

impl Default for Options {
    fn default() -> Self {
        Self { top_k: 5, level: None, within: None, explain: false, coverage: None }
    }
}

impl Options {
    /// Sets the most candidates to give.
    #[must_use]
    pub fn with_top_k(mut self, top_k: usize) -> Self {
        self.top_k = top_k;
        self
    }

    /// Sets the level of the candidates.
    #[must_use]
    pub fn with_level(mut self, level: Level) -> Self {
        self.level = Some(level);
        self
    }

    /// Restricts the answer to codes at or below `code`.
    #[must_use]
    pub fn with_within(mut self, code: HsCode) -> Self {
        self.within = Some(code);
        self
    }

    /// Asks for the reasons.
    #[must_use]
    pub fn with_explain(mut self, explain: bool) -> Self {
        self.explain = explain;
        self
    }

    /// Asks for the set of codes with this coverage.
    #[must_use]
    pub fn with_coverage(mut self, coverage: f32) -> Self {
        self.coverage = Some(coverage);
        self
    }

    /// The level of the candidates that `info`'s classifier gives under these options.
    pub fn answer_level(&self, info: &ClassifierInfo) -> Level {
        self.level.unwrap_or(info.level())
    }

    /// Checks the options against what a classifier can do; every classifier calls it first.
    ///
    /// # Errors
    /// `InvalidInput`: `top_k` is 0 or above the number of classes, `coverage` is not between 0 and 1, `within`
    /// is a code that the edition lacks. `Unsupported`: `level` is deeper than the classifier answers.
    pub fn check(&self, info: &ClassifierInfo) -> Result<(), Error> {
        if self.top_k == 0 || self.top_k > info.classes() {
            return Err(Error::new(
                ErrorKind::InvalidInput,
                format!(
                    "top_k {}: expected 1 to {}, the classes of {}",
                    self.top_k,
                    info.classes(),
                    info.name()
                ),
            ));
        }
        if let Some(coverage) = self.coverage
            && !(coverage > 0.0 && coverage < 1.0)
        {
            return Err(Error::new(
                ErrorKind::InvalidInput,
                format!("coverage {coverage}: expected a probability between 0 and 1, such as 0.95"),
            ));
        }
        if let Some(level) = self.level
            && level > info.level()
        {
            return Err(Error::new(
                ErrorKind::Unsupported,
                format!("level {level}: {} answers down to {}", info.name(), info.level()),
            ));
        }
        if let Some(within) = self.within {
            info.check_code(within).map_err(|error| {
                Error::new(ErrorKind::InvalidInput, format!("within {within}: {}", error.message()))
            })?;
        }
        Ok(())
    }
}
