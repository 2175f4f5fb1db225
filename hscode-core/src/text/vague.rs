//! The list of terms that say too little, and how a text is looked up in it.

use std::collections::{BTreeMap, HashMap};
use std::sync::OnceLock;

use super::advice::Advice;
use super::check::FindingReason;
use super::description::Description;
use crate::{Error, ErrorKind};

const EMBEDDED: &str = include_str!("../../data/vague-terms.tsv");
const HEADER: &str = "term\tlanguage\tkind\tembedded\treason\tadvice\tsince\tuntil\tsource";

/// The longest term file read, in bytes.
const MAX_FILE_BYTES: usize = 16 << 20;

/// What it means that a text consists of a term.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TermKind {
    /// It names no article.
    Refuse,
    /// It names a class that is too wide.
    Weak,
    /// It names a material and no article.
    Material,
    /// It names what the goods look like or are packed in.
    Form,
    /// It says nothing by itself.
    Filler,
    /// It names an article, although it begins like another term (`baby powder`).
    Article,
}

#[derive(Debug, Clone)]
pub(super) struct Term {
    pub(super) kind: TermKind,
    pub(super) warns_embedded: bool,
    pub(super) reason: FindingReason,
    pub(super) advice: Advice,
}

/// Terms that say too little, such as `gift` or `as per invoice`, with the reason and the advice for each.
///
/// [`VagueTerms::embedded`] is the list of the house; an office with its own list reads it with
/// [`VagueTerms::parse`]. Both then [`check`](VagueTerms::check) descriptions.
#[derive(Debug, Clone)]
pub struct VagueTerms {
    version: u32,
    terms: BTreeMap<Box<str>, Term>,
    /// Words of the longest term that starts with a word.
    starts: HashMap<Box<str>, usize>,
    most_words: usize,
}

impl VagueTerms {
    /// The list that comes with this library (`data/vague-terms.tsv`); read on first use.
    pub fn embedded() -> &'static Self {
        static LIST: OnceLock<VagueTerms> = OnceLock::new();
        LIST.get_or_init(|| {
            // A test reads the embedded file strictly, so nothing is lost here.
            Self::parse(EMBEDDED).unwrap_or_else(|_| Self {
                version: 0,
                terms: BTreeMap::new(),
                starts: HashMap::new(),
                most_words: 0,
            })
        })
    }

    /// Reads a list: tab-separated UTF-8 with the header line of `data/vague-terms.tsv`, where each column is
    /// explained. Lines that start with `#` are remarks; `# version: N` numbers the list. Terms whose `until` is
    /// set are retired and left out.
    ///
    /// # Errors
    /// `InvalidInput`, with the line and what was expected there.
    pub fn parse(file: &str) -> Result<Self, Error> {
        let wrong = |line: usize, what: String| {
            Error::new(ErrorKind::InvalidInput, format!("vague terms, line {line}: {what}"))
        };
        if file.len() > MAX_FILE_BYTES {
            return Err(wrong(1, format!("{} bytes: expected at most {MAX_FILE_BYTES}", file.len())));
        }
        let mut list = Self { version: 0, terms: BTreeMap::new(), starts: HashMap::new(), most_words: 0 };
        let mut description = Description::new();
        let mut has_header = false;
        for (at, line) in file.lines().enumerate() {
            let number = at + 1;
            if let Some(remark) = line.strip_prefix('#') {
                if let Some(version) = remark.trim().strip_prefix("version:") {
                    let version = version.trim();
                    list.version = version
                        .parse()
                        .map_err(|_| wrong(number, format!("version {version:?}: expected a number")))?;
                }
                continue;
            }
            if !has_header {
                if line != HEADER {
                    return Err(wrong(number, format!("expected the columns {HEADER:?}")));
                }
                has_header = true;
                continue;
            }
            let columns: Vec<_> = line.split('\t').collect();
            let &[term, _language, kind, embedded, reason, advice, since, until, _source] =
                columns.as_slice()
            else {
                return Err(wrong(number, format!("{} columns: expected 9", columns.len())));
            };
            let kind = match kind {
                "refuse" => TermKind::Refuse,
                "weak" => TermKind::Weak,
                "material" => TermKind::Material,
                "form" => TermKind::Form,
                "filler" => TermKind::Filler,
                "article" => TermKind::Article,
                _ => {
                    let expected = "refuse, weak, material, form, filler or article";
                    return Err(wrong(number, format!("kind {kind:?}: expected {expected}")));
                }
            };
            let warns_embedded = match embedded {
                "warn" => true,
                "pass" => false,
                _ => return Err(wrong(number, format!("embedded {embedded:?}: expected warn or pass"))),
            };
            let reason = FindingReason::from_name(reason)
                .ok_or_else(|| wrong(number, format!("reason {reason:?}: expected such as vague_term")))?;
            let advice = Advice::from_name(advice)
                .ok_or_else(|| wrong(number, format!("advice {advice:?}: expected such as what")))?;
            for (column, day, may_be_empty) in [("since", since, false), ("until", until, true)] {
                if !(is_day(day) || (may_be_empty && day.is_empty())) {
                    return Err(wrong(number, format!("{column} {day:?}: expected a day as 2026-11-26")));
                }
            }
            description.read(term);
            let words = description.tokens().count();
            let Some(first) = description.tokens().next().filter(|_| !description.truncated()) else {
                return Err(wrong(number, "expected a term of one or more words".into()));
            };
            if until.is_empty() {
                let term = Term { kind, warns_embedded, reason, advice };
                list.most_words = list.most_words.max(words);
                let most = list.starts.entry(first.text.into()).or_default();
                *most = words.max(*most);
                if list.terms.insert(description.canonical().into(), term).is_some() {
                    return Err(wrong(number, "this term is there already".into()));
                }
            }
        }
        if !has_header {
            return Err(wrong(1, format!("expected the columns {HEADER:?}, seen no line")));
        }
        Ok(list)
    }

    /// The list's own number; 0 where it has none.
    pub fn version(&self) -> u32 {
        self.version
    }

    /// How many terms are in force.
    pub fn len(&self) -> usize {
        self.terms.len()
    }

    /// Whether there is no term.
    pub fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }

    /// The longest term at the start of `words`, and how many words it has. `key`: room for its spelling.
    pub(super) fn longest(&self, words: &[&str], key: &mut String) -> Option<(&Term, usize)> {
        let first = words.first()?;
        // Most words start no term: then nothing is spelled out.
        key.clear();
        push_singular(key, first);
        let most = [first, key.as_str()].into_iter().filter_map(|first| self.starts.get(first)).max()?;
        for count in (1..=words.len().min(*most)).rev() {
            let words = &words[..count];
            // As written, then the last word in the singular (spare parts), then all (parts accessories).
            for plurals in [0, 1, count] {
                key.clear();
                for (at, word) in words.iter().enumerate() {
                    if at > 0 {
                        key.push(' ');
                    }
                    if at + plurals >= count { push_singular(key, word) } else { key.push_str(word) }
                }
                if let Some(term) = self.terms.get(key.as_str()) {
                    return Some((term, count));
                }
            }
        }
        None
    }

    /// Words of the longest term.
    pub(super) fn most_words(&self) -> usize {
        self.most_words
    }
}

fn is_day(day: &str) -> bool {
    let bytes = day.as_bytes();
    bytes.len() == 10
        && bytes
            .iter()
            .enumerate()
            .all(|(at, byte)| if at == 4 || at == 7 { *byte == b'-' } else { byte.is_ascii_digit() })
}

/// The singular of an English word, as far as its letters tell; other words as they are.
fn push_singular(key: &mut String, word: &str) {
    let cut = |length: usize| &word[..word.len() - length];
    if !word.is_ascii() || word.len() < 4 || !word.ends_with('s') {
        key.push_str(word);
    } else if word.ends_with("ies") && word.len() > 4 {
        key.push_str(cut(3));
        key.push('y');
    } else if ["sses", "shes", "ches", "xes", "zes"].iter().any(|end| word.ends_with(end)) {
        key.push_str(cut(2));
    } else if ["ss", "us", "is"].iter().any(|end| word.ends_with(end)) {
        key.push_str(word);
    } else {
        key.push_str(cut(1));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_embedded_list_is_well_formed() {
        let list = VagueTerms::parse(EMBEDDED).unwrap();
        assert_eq!(list.version(), 1);
        assert!(list.len() > 1500, "{}", list.len());
        assert_eq!(VagueTerms::embedded().len(), list.len());
    }

    #[test]
    fn says_what_is_wrong_and_where() {
        let row = "gift\ten\trefuse\tpass\tpurpose_only\tgift\t2026-11-26\t\town";
        let parse = |row: &str| VagueTerms::parse(&format!("# version: 7\n{HEADER}\n{row}\n"));
        let good = parse(row).unwrap();
        assert_eq!((good.version(), good.len()), (7, 1));
        let retired = parse(&row.replace("26\t\t", "26\t2027-01-01\t")).unwrap();
        assert!(retired.is_empty());
        let faults = [
            (row.replace("refuse", "reject"), "line 3: kind \"reject\": expected refuse, weak"),
            (row.replace("pass", "maybe"), "line 3: embedded \"maybe\": expected warn or pass"),
            (
                row.replace("purpose_only", "because"),
                "line 3: reason \"because\": expected such as vague_term",
            ),
            (row.replace("\tgift", "\tgifts"), "line 3: advice \"gifts\": expected such as what"),
            (row.replace("2026-11-26", "today"), "line 3: since \"today\": expected a day"),
            (row.replace("\town", ""), "line 3: 8 columns: expected 9"),
            (row.replace("gift\ten", "!\ten"), "line 3: expected a term of one or more words"),
            (
                format!("{row}\n{}", row.replace("gift\ten", "GIFT!\ten")),
                "line 4: this term is there already",
            ),
        ];
        for (row, expected) in faults {
            let error = parse(&row).unwrap_err();
            assert!(error.message().contains(expected), "{expected}: {}", error.message());
            assert_eq!(error.kind(), ErrorKind::InvalidInput);
        }
        assert!(VagueTerms::parse("").unwrap_err().message().contains("expected the columns"));
        assert!(VagueTerms::parse(row).unwrap_err().message().contains("line 1: expected the columns"));
    }

    #[test]
    fn plurals_of_the_usual_kinds() {
        let rows = [
            ("gifts", "gift"),
            ("accessories", "accessory"),
            ("boxes", "box"),
            ("glass", "glass"),
            ("gas", "gas"),
            ("apparatus", "apparatus"),
            ("dresses", "dress"),
            ("watches", "watch"),
            ("товары", "товары"),
        ];
        for (word, expected) in rows {
            let mut key = String::new();
            push_singular(&mut key, word);
            assert_eq!(key, expected);
        }
    }
}
