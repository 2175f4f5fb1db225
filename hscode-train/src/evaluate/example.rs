//! One row to judge by: a description and the codes that are right for it.

use hscode_core::{HsCode, Level};

/// A description with its right code, or codes where the correlation to another edition has several.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Example {
    index: u64,
    text: String,
    // By code ascending, of one level, at most six digits, at least one.
    targets: Vec<HsCode>,
}

impl Example {
    pub(crate) fn new(index: u64, text: String, targets: Vec<HsCode>) -> Self {
        Self { index, text, targets }
    }

    /// The row's number in its file, from 0: the `index` that `hscode classify` writes for it.
    pub fn index(&self) -> u64 {
        self.index
    }

    /// The description.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The right codes, ascending; more than one only when an edition splits a code.
    pub fn targets(&self) -> &[HsCode] {
        &self.targets
    }

    /// The level of the right codes: rows cannot be judged below it.
    pub fn level(&self) -> Level {
        self.targets.first().map_or(Level::Chapter, HsCode::level)
    }

    /// Whether `code` is right: one of the targets or an ancestor of one.
    ///
    /// `None` when the code is deeper than the targets, so that nobody can say.
    pub fn is_right(&self, code: HsCode) -> Option<bool> {
        (code.level() <= self.level()).then(|| self.targets.iter().any(|target| code.covers(target)))
    }

    /// The right code of `level` to count under: the predicted one when it is right, else the first target.
    pub(crate) fn truth(&self, level: Level, predicted: Option<HsCode>) -> Option<HsCode> {
        let first = self.targets.first()?.at(level)?;
        match predicted {
            Some(code) if self.is_right(code) == Some(true) => Some(code),
            _ => Some(first),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(text: &str) -> HsCode {
        text.parse().unwrap()
    }

    #[test]
    fn any_target_is_right_at_its_level_and_above() {
        let example = Example::new(0, "phone".into(), vec![code("851713"), code("851714")]);
        assert_eq!(example.is_right(code("851714")), Some(true));
        assert_eq!(example.is_right(code("8517")), Some(true));
        assert_eq!(example.is_right(code("851712")), Some(false));
        assert_eq!(example.is_right(code("85171300")), None);
        assert_eq!(example.truth(Level::Subheading, Some(code("851714"))), Some(code("851714")));
        assert_eq!(example.truth(Level::Subheading, Some(code("610910"))), Some(code("851713")));
        assert_eq!(example.truth(Level::Heading, None), Some(code("8517")));
    }

    #[test]
    fn a_heading_says_nothing_about_subheadings() {
        let example = Example::new(0, "tee".into(), vec![code("6109")]);
        assert_eq!(example.is_right(code("610910")), None);
        assert_eq!(example.truth(Level::Subheading, None), None);
    }
}
