//! The editions embedded in the crate: text of our own form, made by `cargo xtask nomenclature`.
//!
//! Each file has one head line, `hscode <kind> <name> <count> <digest>`, and a body. `count` is the number of
//! body lines, `digest` the FNV-1a 64 of the body: a damaged file does not open.
//!
//! HS2022 is a tree: a line a code, indented by its level, the last two digits, then the title. An older edition
//! is told by its difference to the next newer one: a heading, then the subheadings that it has more (`+12`) and
//! less (`-13`). Headings and chapters exist where they have subheadings.

use std::borrow::Cow;

use super::{Extent, Nomenclature};
use crate::{Edition, Error, ErrorKind, HsCode};

/// No edition comes near this many codes of all levels; a damaged file stops here.
const MAX_CODES: usize = 20_000;

const FILES: [&str; 7] = [
    include_str!("../../data/nomenclature/hs1992.txt"),
    include_str!("../../data/nomenclature/hs1996.txt"),
    include_str!("../../data/nomenclature/hs2002.txt"),
    include_str!("../../data/nomenclature/hs2007.txt"),
    include_str!("../../data/nomenclature/hs2012.txt"),
    include_str!("../../data/nomenclature/hs2017.txt"),
    include_str!("../../data/nomenclature/hs2022.txt"),
];

/// Where an international edition stands in [`Edition::INTERNATIONAL`].
pub(crate) fn position(edition: &Edition) -> Option<usize> {
    Edition::INTERNATIONAL.iter().position(|known| known == edition)
}

/// Opens an embedded edition.
pub(super) fn open(edition: &Edition) -> Result<Nomenclature, Error> {
    let at = position(edition);
    let text = at.and_then(|at| FILES.get(at)).copied().unwrap_or_default();
    match at.and_then(|at| Edition::INTERNATIONAL.get(at + 1)) {
        None => tree(edition, text),
        Some(newer) => difference(edition, text, Nomenclature::of(newer)?),
    }
    .map_err(|error| error.at(format_args!("embedded {edition}")))
}

/// The body of an embedded file, after its head line is found to fit.
pub(crate) fn body<'a>(text: &'a str, kind: &str, name: &str) -> Result<&'a str, Error> {
    let (head, body) =
        text.split_once('\n').ok_or_else(|| damaged("expected a head line, saw none".to_owned()))?;
    let fields: Vec<&str> = head.split(' ').collect();
    let ["hscode", seen_kind, seen_name, count, digest] = fields.as_slice() else {
        return Err(damaged("head line: expected hscode, kind, name, count and digest".to_owned()));
    };
    if *seen_kind != kind || *seen_name != name {
        return Err(damaged(format!("head line: expected {kind} {name}")));
    }
    let lines = body.bytes().filter(|b| *b == b'\n').count();
    if count.parse() != Ok(lines) || !(body.is_empty() || body.ends_with('\n')) {
        return Err(damaged(format!("expected the {lines} lines that there are, saw another count")));
    }
    if *digest != format!("{:016x}", fnv1a64(body.as_bytes())) {
        return Err(damaged("the digest of the head line does not fit the body".to_owned()));
    }
    Ok(body)
}

/// FNV-1a, 64 bits: every change of a single byte changes it.
fn fnv1a64(bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

pub(crate) fn damaged(why: String) -> Error {
    Error::new(ErrorKind::Package, why)
}

/// Reads the newest edition, codes and titles.
fn tree(edition: &Edition, text: &'static str) -> Result<Nomenclature, Error> {
    let body = body(text, "edition", edition.as_str())?;
    let (codes, titles) = tree_lines(body)?;
    Ok(Nomenclature::assemble(edition, codes, titles, Cow::Borrowed(body)))
}

fn tree_lines(body: &str) -> Result<(Vec<HsCode>, Vec<Extent>), Error> {
    let mut codes: Vec<HsCode> = Vec::with_capacity(7_000);
    let mut titles = Vec::with_capacity(7_000);
    let mut digits = String::with_capacity(6);
    let mut start = 0;
    for (number, line) in body.split_terminator('\n').enumerate() {
        let wrong = |why: &str| damaged(format!("line {}: {why}", number + 2));
        let code_at = line.bytes().take_while(|b| *b == b' ').count();
        let pair = line.get(code_at..code_at + 2).ok_or_else(|| wrong("expected two digits"))?;
        if code_at > 2 || digits.len() < 2 * code_at {
            return Err(wrong("a code stands without the one above it"));
        }
        digits.truncate(2 * code_at);
        digits.push_str(pair);
        let code = HsCode::parse(&digits).map_err(|_| wrong("expected two digits"))?;
        if code.digits() != digits.len() || codes.last().is_some_and(|last| *last >= code) {
            return Err(wrong("the codes are not in order"));
        }
        let title = line.get(code_at + 2..).unwrap_or_default();
        if !(title.is_empty() || title.starts_with(' ')) || codes.len() == MAX_CODES {
            return Err(wrong("expected a space and a title"));
        }
        let title_at = start + code_at + 3;
        let len = title.len().saturating_sub(1);
        titles.push(Extent { start: fit(title_at)?, len: fit(len)? });
        codes.push(code);
        start += line.len() + 1;
    }
    if codes.is_empty() {
        return Err(damaged("expected codes, saw none".to_owned()));
    }
    Ok((codes, titles))
}

fn fit(number: usize) -> Result<u32, Error> {
    u32::try_from(number).map_err(|_| damaged("the text is longer than 4 GiB".to_owned()))
}

/// Reads an older edition by what it has more and less than `newer`.
fn difference(edition: &Edition, text: &str, newer: &Nomenclature) -> Result<Nomenclature, Error> {
    let changes = difference_lines(body(text, "edition", edition.as_str())?)?;
    let mut changes = changes.into_iter().peekable();
    let mut subheadings = Vec::with_capacity(newer.len());
    let mut known = newer.codes(crate::Level::Subheading).peekable();
    // Both run in tariff order.
    loop {
        match (known.peek().copied(), changes.peek().copied()) {
            (None, None) => break,
            (Some(code), Some((changed, here))) if code == changed => {
                if here {
                    return Err(damaged(format!("{code} stands in the newer edition as well")));
                }
                known.next();
                changes.next();
            }
            (code, Some((changed, here))) if code.is_none_or(|code| changed < code) => {
                if !here {
                    return Err(damaged(format!("{changed} does not stand in the newer edition")));
                }
                subheadings.push(changed);
                changes.next();
            }
            (code, _) => {
                subheadings.extend(code);
                known.next();
            }
        }
    }
    Ok(Nomenclature::assemble(edition, with_ancestors(&subheadings), Vec::new(), Cow::Borrowed("")))
}

/// The changed subheadings, and whether the older edition has them.
fn difference_lines(body: &str) -> Result<Vec<(HsCode, bool)>, Error> {
    let mut changes: Vec<(HsCode, bool)> = Vec::new();
    for (number, line) in body.split_terminator('\n').enumerate() {
        let wrong = |why: &str| damaged(format!("line {}: {why}", number + 2));
        let mut words = line.split(' ');
        let heading = words.next().filter(|heading| heading.len() == 4);
        let heading = heading.ok_or_else(|| wrong("expected a heading"))?;
        for word in words {
            let (here, pair) = match (word.strip_prefix('+'), word.strip_prefix('-')) {
                (Some(pair), _) => (true, pair),
                (_, Some(pair)) => (false, pair),
                _ => return Err(wrong("expected + or - and two digits")),
            };
            let code = HsCode::parse(&format!("{heading}{pair}")).ok().filter(|code| code.digits() == 6);
            let code = code.ok_or_else(|| wrong("expected + or - and two digits"))?;
            if changes.last().is_some_and(|(last, _)| *last >= code) || changes.len() == MAX_CODES {
                return Err(wrong("the codes are not in order"));
            }
            changes.push((code, here));
        }
    }
    Ok(changes)
}

/// The codes, which are in order, with all their ancestors, each once.
pub(super) fn with_ancestors(codes: &[HsCode]) -> Vec<HsCode> {
    let mut all: Vec<HsCode> = Vec::with_capacity(codes.len() + codes.len() / 4);
    for code in codes {
        for above in code.ancestors() {
            // The codes are in order: an ancestor that is already there covers the last one.
            if !all.last().is_some_and(|last| above.covers(last)) {
                all.push(above);
            }
        }
        all.push(*code);
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_edition_opens_and_a_changed_one_does_not() {
        for (edition, text) in Edition::INTERNATIONAL.iter().zip(FILES) {
            assert!(body(text, "edition", edition.as_str()).is_ok());
            assert!(body(text, "edition", "HS1900").is_err());
            assert!(body(text, "correlation", edition.as_str()).is_err());
            // Cut anywhere, or one byte changed anywhere: an error.
            for at in (0..text.len()).step_by(1 + text.len() / 97) {
                if text.is_char_boundary(at) {
                    assert!(body(&text[..at], "edition", edition.as_str()).is_err(), "{edition} cut at {at}");
                }
                let mut bytes = text.as_bytes().to_vec();
                bytes[at] = if bytes[at] == b'7' { b'8' } else { b'7' };
                if let Ok(changed) = String::from_utf8(bytes) {
                    assert!(body(&changed, "edition", edition.as_str()).is_err(), "{edition} byte {at}");
                }
            }
        }
    }

    #[test]
    fn damage_below_the_digest_is_an_error_too() {
        for wrong in ["", "1", "001", " 01 x", "01 a\n  21 b", "01x", "02 b\n01 a", "01 a\n01 b", "é1 a"] {
            assert!(tree_lines(wrong).is_err(), "{wrong}");
        }
        for wrong in ["010", "0101 12", "0101 +1", "0101 +12 +12", "0101 +123", "0102 +10\n0101 +10"] {
            assert!(difference_lines(wrong).is_err(), "{wrong}");
        }
        let newer = Nomenclature::of(&Edition::HS2022).unwrap();
        for wrong in ["0101 +21\n", "0101 -99\n"] {
            let text = format!("hscode edition HS2017 1 {:016x}\n{wrong}", fnv1a64(wrong.as_bytes()));
            assert!(difference(&Edition::HS2017, &text, newer).is_err(), "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn reading_any_text_never_panics(text in "[ 0-9a+\\-\n]{0,80}", rest in "\\PC{0,40}") {
            let _ = tree_lines(&text);
            let _ = tree_lines(&rest);
            let _ = difference_lines(&text);
            let _ = body(&text, "edition", "HS2022");
            let _ = body(&format!("hscode edition HS2022 {text}\n{rest}"), "edition", "HS2022");
        }
    }
}
