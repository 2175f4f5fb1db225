//! Whether customs would take a description, why not, and what to add.

use std::fmt;
use std::ops::Range;

use super::advice::Advice;
use super::description::{Description, Token, TokenKind};
use super::vague::{Term, TermKind, VagueTerms};

/// The longest code that may be an article's name in trade, in bytes; longer ones are stock numbers.
const MAX_TRADE_NAME: usize = 10;

/// Whether a description is fit for a declaration. The numbers are stable and rise with the fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "snake_case"))]
#[non_exhaustive]
#[repr(u8)]
pub enum Verdict {
    /// Nothing is wrong with it.
    Acceptable = 0,
    /// It may do, and would be better with what the findings advise.
    Warn = 1,
    /// It names no article: customs cannot act on it, nor can a classifier.
    Refuse = 2,
}

impl Verdict {
    /// `acceptable`, `warn` or `refuse`, as JSON spells it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Acceptable => "acceptable",
            Self::Warn => "warn",
            Self::Refuse => "refuse",
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

macro_rules! reasons {
    ($($(#[$doc:meta])* $name:ident = $number:literal, $text:literal;)*) => {
        /// What is wrong with a description. Names and numbers are stable.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "snake_case"))]
        #[non_exhaustive]
        #[repr(u8)]
        pub enum FindingReason { $($(#[$doc])* $name = $number,)* }

        impl FindingReason {
            /// The reason in lower snake case, as JSON spells it.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }

            pub(super) fn from_name(name: &str) -> Option<Self> {
                match name { $($text => Some(Self::$name),)* _ => None }
            }
        }
    };
}

reasons! {
    /// There is no text, or only white space and invisible characters.
    Empty = 1, "empty";
    /// There are only signs or emoji.
    NoLetters = 2, "no_letters";
    /// There are only numbers, units and codes.
    OnlyCodesOrQuantities = 3, "only_codes_or_quantities";
    /// There are too few letters to mean anything.
    TooShort = 4, "too_short";
    /// The text stands in for a description that nobody wrote: `test`, `n/a`, `xxx`.
    Placeholder = 5, "placeholder";
    /// The term fits many articles: `parts`, `clothes`, `electronics`.
    VagueTerm = 6, "vague_term";
    /// It says why the goods travel, not what they are: `gift`, `samples`.
    PurposeOnly = 7, "purpose_only";
    /// It is a transport term for goods of any kind: `general cargo`, `FAK`, `said to contain`.
    MixedCargo = 8, "mixed_cargo";
    /// It says whose the goods are: `personal effects`, `household goods`.
    PersonalEffects = 9, "personal_effects";
    /// It names what the goods are packed in.
    PackagingOnly = 10, "packaging_only";
    /// It points to a paper that customs does not have before it: `as per invoice`.
    ReferenceToDocument = 11, "reference_to_document";
    /// It is longer than what is read; what comes after is not seen.
    TooLong = 12, "too_long";
}

impl fmt::Display for FindingReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One fault of a description.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Finding {
    /// What is wrong.
    pub reason: FindingReason,
    /// How much it weighs here.
    pub verdict: Verdict,
    /// The words that it is about, in normal form; empty where it is about the whole text.
    pub term: String,
    /// Where they start in the raw text, in bytes.
    pub start: usize,
    /// Where they end, in bytes, exclusive.
    pub end: usize,
    /// What to add, as a sentence in English.
    pub advice: &'static str,
}

/// What [`check`] answers.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Check {
    /// The gravest verdict of the findings.
    pub verdict: Verdict,
    /// The faults, in the order of the text.
    pub findings: Vec<Finding>,
}

/// Checks a description against the list of the house, [`VagueTerms::embedded`].
///
/// A text that names no article is refused; one that does and has a vague term beside it is warned of where
/// that term is a bad sign. A verdict is about the words only: it does not say that they are true.
///
/// ```
/// use hscode_core::text::{FindingReason, Verdict, check};
///
/// let gift = check("Gifts");
/// assert_eq!(gift.verdict, Verdict::Refuse);
/// assert_eq!(gift.findings[0].reason, FindingReason::PurposeOnly);
/// assert!(gift.findings[0].advice.starts_with("Say what the gift is"));
/// assert_eq!(check("gift wrapping paper").verdict, Verdict::Acceptable);
/// assert_eq!(check("spare parts for Toyota Corolla: brake pads").verdict, Verdict::Warn);
/// ```
pub fn check(raw: &str) -> Check {
    VagueTerms::embedded().check(raw)
}

/// A term that was found.
struct Hit<'a> {
    term: &'a Term,
    /// Its first word, and the one after its last.
    words: Range<usize>,
    text: String,
    start: usize,
    end: usize,
}

impl Hit<'_> {
    fn finding(&self, verdict: Verdict) -> Finding {
        Finding {
            reason: self.term.reason,
            verdict,
            term: self.text.clone(),
            start: self.start,
            end: self.end,
            advice: self.term.advice.text(),
        }
    }
}

impl VagueTerms {
    /// Checks a description against this list; see [`check`](super::check).
    pub fn check(&self, raw: &str) -> Check {
        let mut description = Description::new();
        description.read(raw);
        let mut findings = self.find(&description, raw.len());
        if description.truncated() {
            findings.push(whole(FindingReason::TooLong, Verdict::Warn, Advice::Shorter, raw.len()));
        }
        let verdict = findings.iter().map(|finding| finding.verdict).max().unwrap_or(Verdict::Acceptable);
        Check { verdict, findings }
    }

    fn find(&self, description: &Description, raw_len: usize) -> Vec<Finding> {
        let has_name = description.tokens().any(|token| may_be_trade_name(&token));
        let words: Vec<_> = description.tokens().filter(|token| token.kind == TokenKind::Word).collect();
        if words.is_empty() {
            let (reason, verdict, advice) = if description.text().is_empty() {
                (FindingReason::Empty, Verdict::Refuse, Advice::What)
            } else if description.tokens().len() == 0 {
                (FindingReason::NoLetters, Verdict::Refuse, Advice::What)
            } else {
                let verdict = if has_name { Verdict::Warn } else { Verdict::Refuse };
                (FindingReason::OnlyCodesOrQuantities, verdict, Advice::Code)
            };
            return vec![whole(reason, verdict, advice, raw_len)];
        }
        let texts: Vec<_> = words.iter().map(|word| word.text).collect();
        let mut key = String::new();
        let mut hits = Vec::new();
        let mut says_more = false;
        let mut at = 0;
        while at < words.len() {
            match self.longest(&texts[at..], &mut key) {
                None => {
                    says_more |= !is_repeated_letter(texts[at]);
                    at += 1;
                }
                Some((term, count)) => {
                    let end = at + count;
                    if term.kind == TermKind::Article {
                        says_more = true;
                    } else {
                        let text = texts[at..end].join(" ");
                        hits.push(Hit {
                            term,
                            words: at..end,
                            text,
                            start: words[at].start,
                            end: words[end - 1].end,
                        });
                    }
                    at = end;
                }
            }
        }
        if says_more {
            let embedded = hits.iter().filter(|hit| hit.term.warns_embedded);
            let mut findings: Vec<_> = embedded.map(|hit| hit.finding(Verdict::Warn)).collect();
            findings.extend(too_short(&texts, description.tokens().len() > texts.len(), raw_len));
            return findings;
        }
        if hits.is_empty() {
            return vec![whole(FindingReason::Placeholder, Verdict::Refuse, Advice::Placeholder, raw_len)];
        }
        alone(&hits, has_name)
    }
}

/// The findings of a text that consists of terms of the list.
fn alone(hits: &[Hit<'_>], has_name: bool) -> Vec<Finding> {
    let of = |kind: TermKind, verdict: Verdict| {
        let hits = hits.iter().filter(move |hit| hit.term.kind == kind);
        hits.map(move |hit| hit.finding(verdict)).collect::<Vec<_>>()
    };
    let has = |kind: TermKind| hits.iter().any(|hit| hit.term.kind == kind);
    if has(TermKind::Refuse) {
        // "steel parts" are parts; "gift toys" are toys, "tool box" is a box: the next word is the head.
        let is_head = |at: usize, hit: &Hit<'_>| {
            hit.term.kind == TermKind::Refuse
                && !hits.get(at + 1).is_some_and(|next| {
                    next.words.start == hit.words.end
                        && matches!(next.term.kind, TermKind::Weak | TermKind::Material | TermKind::Form)
                })
        };
        let refused = !has(TermKind::Weak) && hits.iter().enumerate().any(|(at, hit)| is_head(at, hit));
        return of(TermKind::Refuse, if refused { Verdict::Refuse } else { Verdict::Warn });
    }
    let poor = if has_name { Verdict::Warn } else { Verdict::Refuse };
    match (has(TermKind::Weak), has(TermKind::Form), has(TermKind::Material)) {
        (true, _, true) | (_, true, true) => Vec::new(), // steel pipes, wooden boxes, iron powder
        (true, _, false) if is_narrowed(hits) => Vec::new(), // oil lamp, photo book
        (true, _, false) => of(TermKind::Weak, Verdict::Warn),
        (false, true, false) => of(TermKind::Form, poor),
        (false, false, true) => of(TermKind::Material, Verdict::Warn),
        (false, false, false) => of(TermKind::Filler, poor),
    }
}

/// Two wide classes side by side are one narrower class.
fn is_narrowed(hits: &[Hit<'_>]) -> bool {
    let weak = |hit: &Hit<'_>| hit.term.kind == TermKind::Weak;
    hits.windows(2).any(
        |pair| matches!(pair, [one, next] if weak(one) && weak(next) && one.words.end == next.words.start),
    )
}

/// PS4 and CR2032 are known in trade; 4711-0815 is known to one firm, and so are long codes.
pub(super) fn may_be_trade_name(token: &Token<'_>) -> bool {
    token.kind == TokenKind::Code && token.text.len() <= MAX_TRADE_NAME
}

fn whole(reason: FindingReason, verdict: Verdict, advice: Advice, raw_len: usize) -> Finding {
    Finding { reason, verdict, term: String::new(), start: 0, end: raw_len, advice: advice.text() }
}

/// `xxx`, `aaaa`: a key held down.
pub(super) fn is_repeated_letter(word: &str) -> bool {
    let mut letters = word.chars();
    let first = letters.next();
    word.is_ascii() && word.len() >= 3 && letters.all(|letter| Some(letter) == first)
}

/// A text of one or two letters and nothing else; an ideograph, a kana or a syllable may be a word by itself.
fn too_short(words: &[&str], has_more: bool, raw_len: usize) -> Option<Finding> {
    let letters: Vec<_> = words.iter().flat_map(|word| word.chars()).take(3).collect();
    if letters.len() > 2 || letters.iter().any(|&letter| letter >= '\u{1100}') {
        return None;
    }
    let verdict = if letters.len() == 1 && !has_more { Verdict::Refuse } else { Verdict::Warn };
    Some(whole(FindingReason::TooShort, verdict, Advice::What, raw_len))
}
