//! The published tables, embedded as text of our own form, made by `cargo xtask nomenclature`.
//!
//! The head line is that of the editions. A body line is a code of the older edition and its main targets in the
//! newer one; a target of two digits stands in the heading of the code before it. A line without targets is a code
//! that leads nowhere. A code of both editions without a line leads to itself. `~` before a line: its targets are
//! not in the published table, they were filled in. At the end, `@` starts a block of gathering codes: the codes,
//! then, indented, the headings and subheadings of all older codes that each of them gathers from.

use super::compose::same_numbers;
use super::{DEEPEST, Link, Pair};
use crate::nomenclature::{body, damaged};
use crate::{Edition, Error, HsCode, Nomenclature};

/// No table comes near this many pairs; a damaged file stops here.
const MAX_PAIRS: usize = 100_000;

const FILES: [(Edition, Edition, &str); 7] = [
    (Edition::HS1992, Edition::HS2022, include_str!("../../data/nomenclature/hs1992-hs2022.txt")),
    (Edition::HS1996, Edition::HS2022, include_str!("../../data/nomenclature/hs1996-hs2022.txt")),
    (Edition::HS2002, Edition::HS2022, include_str!("../../data/nomenclature/hs2002-hs2022.txt")),
    (Edition::HS2007, Edition::HS2022, include_str!("../../data/nomenclature/hs2007-hs2022.txt")),
    (Edition::HS2012, Edition::HS2022, include_str!("../../data/nomenclature/hs2012-hs2022.txt")),
    (Edition::HS2017, Edition::HS2022, include_str!("../../data/nomenclature/hs2017-hs2022.txt")),
    (Edition::HS2012, Edition::HS2017, include_str!("../../data/nomenclature/hs2012-hs2017.txt")),
];

/// The pairs of the embedded table of an older to a newer edition, in order; `None` where there is no table.
pub(super) fn open(older: &Nomenclature, newer: &Nomenclature) -> Result<Option<Vec<Pair>>, Error> {
    let fits = |(from, to, _): &&(Edition, Edition, &str)| from == older.edition() && to == newer.edition();
    let Some((from, to, text)) = FILES.iter().find(fits) else { return Ok(None) };
    let name = format!("{from}-{to}");
    body(text, "correlation", &name)
        .and_then(|body| read(body, older, newer))
        .map(Some)
        .map_err(|error| error.at(format_args!("embedded {name}")))
}

fn read(body: &str, older: &Nomenclature, newer: &Nomenclature) -> Result<Vec<Pair>, Error> {
    let mut pairs: Vec<Pair> = Vec::with_capacity(20_000);
    let mut told = vec![false; older.len()];
    let mut last_told = None;
    let mut gathering: Vec<Place> = Vec::new();
    for (number, line) in body.split_terminator('\n').enumerate() {
        let at = |error: Error| error.at(format_args!("line {}", number + 2));
        if let Some(codes) = line.strip_prefix("@ ") {
            gathering.clear();
            read_from(codes, newer, "", |place| gathering.push(place)).map_err(at)?;
        } else if let Some(codes) = line.strip_prefix(' ') {
            let (heading, subheadings) = codes.split_once(' ').unwrap_or((codes, ""));
            read_from(subheadings, older, heading, |from| {
                for to in &gathering {
                    let same_heading = from.code.heading() == to.code.heading();
                    let link = if same_heading { Link::Listed } else { Link::Gathering };
                    pairs.push(Pair { from: from.at, to: to.at, link });
                }
            })
            .map_err(at)?;
        } else {
            let (codes, link) = match line.strip_prefix('~') {
                Some(codes) => (codes, Link::Composed),
                None => (line, Link::Listed),
            };
            let (from, targets) = codes.split_once(' ').unwrap_or((codes, ""));
            let place = known(older, from).map_err(at)?;
            if last_told >= Some(place.at) || !gathering.is_empty() {
                return Err(at(damaged("the codes are not in order".to_owned())));
            }
            last_told = Some(place.at);
            told[place.at as usize] = true;
            if !targets.is_empty() {
                read_from(targets, newer, from, |to| pairs.push(Pair { from: place.at, to: to.at, link }))
                    .map_err(at)?;
            }
        }
        if pairs.len() > MAX_PAIRS {
            return Err(at(damaged(format!("expected at most {MAX_PAIRS} pairs"))));
        }
    }
    for (from, to) in same_numbers(older, newer) {
        if !told[from as usize] && older.all()[from as usize].level() == DEEPEST {
            pairs.push(Pair { from, to, link: Link::Listed });
        }
    }
    pairs.sort_unstable();
    pairs.dedup_by_key(|pair| (pair.from, pair.to));
    Ok(pairs)
}

/// A subheading and where it stands in its nomenclature.
#[derive(Debug, Clone, Copy)]
struct Place {
    code: HsCode,
    at: u32,
}

/// Reads codes of six digits, or of two that stand in the heading of the code before.
fn read_from(words: &str, of: &Nomenclature, before: &str, mut each: impl FnMut(Place)) -> Result<(), Error> {
    let mut code = String::with_capacity(6);
    code.push_str(before);
    for word in words.split(' ') {
        if word.len() == 2 && code.is_char_boundary(4) {
            code.truncate(4);
        } else {
            code.clear();
        }
        code.push_str(word);
        each(known(of, &code)?);
    }
    Ok(())
}

/// A subheading that the edition has.
fn known(of: &Nomenclature, text: &str) -> Result<Place, Error> {
    let code = HsCode::parse(text).ok().filter(|code| text.len() == 6 && code.level() == DEEPEST);
    code.and_then(|code| Some(Place { code, at: u32::try_from(of.index(code)?).ok()? }))
        .ok_or_else(|| damaged(format!("expected a subheading of {}", of.edition())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read_2017(text: &str) -> Result<Vec<Pair>, Error> {
        read(text, Nomenclature::of(&Edition::HS2017)?, Nomenclature::of(&Edition::HS2022)?)
    }

    #[test]
    fn reads_its_form() {
        let pairs = read_2017("851712 13 14\n~851761 62 841510\n010121\n").unwrap_err();
        assert!(pairs.message().contains("line 4: the codes are not in order"), "{pairs}");
        let pairs = read_2017("010121\n851712 13 14\n~851761 62 841510\n@ 854921 29\n 8415 10\n").unwrap();
        let (hs2017, hs2022) =
            (Nomenclature::of(&Edition::HS2017).unwrap(), Nomenclature::of(&Edition::HS2022).unwrap());
        let of = |from: &str| -> Vec<(String, Link)> {
            let at = hs2017.index(HsCode::parse(from).unwrap()).unwrap() as u32;
            let pairs = pairs.iter().filter(|pair| pair.from == at);
            pairs.map(|pair| (hs2022.all()[pair.to as usize].to_string(), pair.link)).collect()
        };
        let to = |to: &str, link| (to.to_owned(), link);
        assert_eq!(of("010121"), []);
        assert_eq!(of("010129"), [to("010129", Link::Listed)]);
        assert_eq!(of("851712"), [to("851713", Link::Listed), to("851714", Link::Listed)]);
        assert_eq!(of("851761"), [to("841510", Link::Composed), to("851762", Link::Composed)]);
        assert_eq!(of("841510").len(), 3);
        assert_eq!(of("841510")[1], to("854921", Link::Gathering));
    }

    #[test]
    fn damage_is_an_error() {
        for wrong in
            ["851799 13", "851712 99", "851712 x", "851712  13", "@ 851799", " 8415 1", "@ ", "8517é2 13"]
        {
            let error = read_2017(wrong).unwrap_err();
            assert_eq!(error.kind(), crate::ErrorKind::Package, "{wrong}");
            assert!(error.message().starts_with("line 2: "), "{error}");
        }
        for (older, newer, text) in FILES {
            let name = format!("{older}-{newer}");
            assert!(body(text, "correlation", &name).is_ok());
            assert!(body(&text[..text.len() - 1], "correlation", &name).is_err());
            assert!(body(&text.replacen('1', "2", 1), "correlation", &name).is_err());
        }
    }

    proptest! {
        #[test]
        fn reading_any_text_never_panics(text in "[ 0-9~@\n]{0,80}", rest in "\\PC{0,40}", cut in 0_usize..4000) {
            let _ = read_2017(&text);
            let _ = read_2017(&rest);
            let whole = FILES[5].2;
            let _ = read_2017(&whole[cut.min(whole.len())..]);
        }
    }
}
