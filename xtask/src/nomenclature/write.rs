//! The embedded form, as `hscode-core` reads it (see its `nomenclature` and `correlation` modules).

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::tables::{Codes, Table, Tables};
use super::{EDITIONS, Files};

pub(super) fn all(tables: &Tables, titles: &BTreeMap<String, String>) -> Result<Files, String> {
    let mut files = Files::new();
    for pair in EDITIONS.windows(2) {
        let text = difference(pair[0], &tables.subheadings[pair[0]], &tables.subheadings[pair[1]]);
        files.insert(format!("{}.txt", pair[0].to_lowercase()), text);
    }
    files.insert("hs2022.txt".to_owned(), tree(&tables.subheadings["HS2022"], titles)?);
    for ((older, newer), table) in &tables.correlation {
        files.insert(
            format!("{}-{}.txt", older.to_lowercase(), newer.to_lowercase()),
            correlation(&format!("{older}-{newer}"), table, &tables.subheadings[older]),
        );
    }
    Ok(files)
}

/// The head line and the body.
fn file(kind: &str, name: &str, body: &str) -> String {
    let digest = body.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    format!("hscode {kind} {name} {} {digest:016x}\n{body}", body.lines().count())
}

/// The newest edition: a line a code, indented by level, with its title.
pub(super) fn tree(subheadings: &Codes, titles: &BTreeMap<String, String>) -> Result<String, String> {
    let all: BTreeSet<&str> =
        subheadings.iter().flat_map(|code| [&code[..2], &code[..4], code.as_str()]).collect();
    let mut body = String::new();
    for code in all {
        let title = titles.get(code).ok_or_else(|| format!("data/titles/hs2022.tsv: no title of {code}"))?;
        let depth = code.len() / 2 - 1;
        line(&mut body, format_args!("{:depth$}{} {title}", "", &code[2 * depth..]));
    }
    Ok(file("edition", "HS2022", &body))
}

/// The subheadings of a tree that was written before.
pub(super) fn codes_of(tree: &str) -> Result<Codes, String> {
    let mut codes = Codes::new();
    let mut code = String::new();
    for line in tree.lines().skip(1) {
        let depth = line.len() - line.trim_start().len();
        let pair = line.get(depth..depth + 2).filter(|_| code.len() >= 2 * depth);
        code.truncate(2 * depth);
        code.push_str(pair.ok_or("hs2022.txt: expected a tree of codes")?);
        if depth == 2 {
            codes.insert(code.clone());
        }
    }
    Ok(codes)
}

/// An older edition by its difference to the next newer one.
fn difference(edition: &str, older: &Codes, newer: &Codes) -> String {
    let mut by_heading: BTreeMap<&str, String> = BTreeMap::new();
    for code in older.symmetric_difference(newer) {
        let sign = if older.contains(code) { '+' } else { '-' };
        let changes = by_heading.entry(&code[..4]).or_default();
        changes.push(' ');
        changes.push(sign);
        changes.push_str(&code[4..]);
    }
    let mut body = String::new();
    for (heading, changes) in by_heading {
        line(&mut body, format_args!("{heading}{changes}"));
    }
    file("edition", edition, &body)
}

fn correlation(name: &str, table: &Table, older: &Codes) -> String {
    let main = table.main();
    let none = Codes::new();
    let mut body = String::new();
    for code in older {
        let targets = main.get(code).unwrap_or(&none);
        let filled_in = table.filled_in.contains(code);
        // A code that leads to itself alone needs no line; one that leads nowhere has an empty one.
        if targets.len() == 1 && targets.contains(code) && !filled_in {
            continue;
        }
        let mark = if filled_in { "~" } else { "" };
        line(&mut body, format_args!("{mark}{code}{}", short(targets, &code[..4])));
    }
    let mut blocks: BTreeMap<Codes, Codes> = BTreeMap::new();
    for (code, from) in table.gathering() {
        blocks.entry(from).or_default().insert(code);
    }
    for (from, codes) in blocks {
        line(&mut body, format_args!("@{}", short(&codes, "")));
        let mut by_heading: BTreeMap<&str, String> = BTreeMap::new();
        for code in &from {
            let subheadings = by_heading.entry(&code[..4]).or_default();
            subheadings.push(' ');
            subheadings.push_str(&code[4..]);
        }
        for (heading, subheadings) in by_heading {
            line(&mut body, format_args!(" {heading}{subheadings}"));
        }
    }
    file("correlation", name, &body)
}

/// Codes, each after a space; two digits where the heading is that of the code before.
fn short(codes: &Codes, before: &str) -> String {
    let mut text = String::new();
    let mut heading = before;
    for code in codes {
        text.push(' ');
        text.push_str(if &code[..4] == heading { &code[4..] } else { code });
        heading = &code[..4];
    }
    text
}

fn line(body: &mut String, text: std::fmt::Arguments<'_>) {
    // Writing to a string does not fail.
    let _ = writeln!(body, "{text}");
}
