//! Writes tests/vectors/predictions.jsonl: descriptions in many scripts with the exact answers of the embedded model.
//!
//! ```text
//! cargo run --release -p hscode-core --example prediction_vectors [-- --check]
//! ```
//! The same as `cargo xtask vectors`. `--check` writes nothing and fails if the file would change.

#![allow(clippy::print_stdout, clippy::print_stderr, missing_docs)]

#[path = "../tests/common/draw.rs"]
mod draw;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::ExitCode;

use draw::Draw;
use hscode_core::{Classifier, ModelPackage, Options};

/// What is written.
const FILE: &str = "tests/vectors/predictions.jsonl";
/// Texts of each chapter.
const OF_A_CHAPTER: usize = 12;
/// Texts drawn from each range of letters.
const OF_A_SCRIPT: usize = 30;
/// Texts of any characters.
const OF_NOISE: usize = 150;

/// Ranges of letters, by script.
const SCRIPTS: [(u32, u32); 22] = [
    (0x00E0, 0x00FF), // Latin with accents
    (0x0100, 0x017F), // Latin, extended
    (0x0391, 0x03C9), // Greek
    (0x0410, 0x044F), // Cyrillic
    (0x0531, 0x0556), // Armenian
    (0x05D0, 0x05EA), // Hebrew
    (0x0621, 0x064A), // Arabic
    (0x0905, 0x0939), // Devanagari
    (0x0985, 0x09B9), // Bengali
    (0x0A05, 0x0A39), // Gurmukhi
    (0x0B85, 0x0BB9), // Tamil
    (0x0C05, 0x0C39), // Telugu
    (0x0E01, 0x0E2E), // Thai
    (0x0E81, 0x0EAE), // Lao
    (0x10D0, 0x10F0), // Georgian
    (0x1200, 0x1248), // Ethiopic
    (0x1780, 0x17B3), // Khmer
    (0x3041, 0x3096), // Hiragana
    (0x30A1, 0x30FA), // Katakana
    (0x4E00, 0x9FA5), // Chinese
    (0xAC00, 0xD7A3), // Hangul
    (0xFF21, 0xFF5A), // full-width Latin
];

fn main() -> ExitCode {
    let options: Vec<String> = std::env::args().skip(1).collect();
    match run(&options) {
        Ok(report) => {
            print!("{report}");
            ExitCode::SUCCESS
        }
        Err(why) => {
            eprint!("{why}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: &[String]) -> Result<String, String> {
    let check = match options {
        [] => false,
        [only] if only == "--check" => true,
        _ => return Err(format!("{}: expected nothing or --check\n", options.join(" "))),
    };
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().ok_or("no folder above hscode-core")?;
    let texts = texts(root)?;
    if !(2000..6000).contains(&texts.len()) {
        return Err(format!("{} texts: expected a few thousand\n", texts.len()));
    }
    let package = hscode_core::embedded_package().map_err(|why| format!("{why}\n"))?;
    let made = answers(&package, &texts)?;
    let path = root.join(FILE);
    let report = |what: &str| format!("{FILE}: {what}, {} texts, {}\n", texts.len(), package.manifest().id());
    if fs::read(&path).is_ok_and(|old| old == made.as_bytes()) {
        return Ok(report("as it is"));
    }
    if check {
        return Err(format!("{FILE}: not what the embedded model answers; run cargo xtask vectors\n"));
    }
    fs::write(&path, made).map_err(|why| format!("{FILE}: {why}\n"))?;
    Ok(report("written"))
}

/// A line a text: the text, the decision with its score, the candidates with theirs; scores are the bits of their
/// floats, in hexadecimal.
fn answers(package: &ModelPackage, texts: &BTreeSet<String>) -> Result<String, String> {
    let classifier = package.classifier();
    let mut out = format!("{{\"model\":\"{}\"}}\n", package.manifest().id());
    for text in texts {
        let prediction = classifier.classify(text, &Options::default()).map_err(|why| format!("{why}\n"))?;
        let quoted = serde_json::to_string(text).map_err(|why| format!("{why}\n"))?;
        let decision = prediction.decision();
        let code = decision.code().map_or(String::new(), |code| code.to_string());
        let bits =
            |score: Option<f32>| score.map_or(String::new(), |score| format!("{:08x}", score.to_bits()));
        let candidates: Vec<String> = prediction
            .candidates()
            .iter()
            .map(|candidate| format!("[\"{}\",\"{}\"]", candidate.code(), bits(Some(candidate.score()))))
            .collect();
        let reason = decision.reason().map_or("", |reason| reason.as_str());
        // Writing to a String cannot fail.
        let _ = writeln!(
            out,
            "{{\"text\":{quoted},\"decision\":\"{}\",\"code\":\"{code}\",\"score\":\"{}\",\"reason\":\"{reason}\",\
             \"classifier\":\"{}\",\"candidates\":[{}]}}",
            decision.as_str(),
            bits(prediction.score()),
            prediction.classifier(),
            candidates.join(",")
        );
    }
    Ok(out)
}

impl Draw {
    fn character(&mut self, low: u32, high: u32) -> char {
        char::from_u32(low + self.below(u64::from(high - low + 1)) as u32).unwrap_or('?')
    }

    fn word(&mut self, (low, high): (u32, u32)) -> String {
        (0..2 + self.below(6)).map(|_| self.character(low, high)).collect()
    }
}

/// Our own descriptions, some of them changed; the terms of the list of vague ones, in their languages; words of
/// letters of every script; noise.
fn texts(root: &Path) -> Result<BTreeSet<String>, String> {
    let mut draw = Draw(20_261_126);
    let mut texts = BTreeSet::new();
    let mut own: Vec<String> = Vec::new();
    for chapter in 1..=97 {
        let path = format!("data/descriptions/{chapter:02}.tsv");
        // Chapter 77 is kept for later by the Harmonized System.
        let Ok(file) = fs::read_to_string(root.join(&path)) else { continue };
        let rows: Vec<&str> = file.lines().skip(1).filter_map(|line| line.split('\t').nth(2)).collect();
        for _ in 0..OF_A_CHAPTER.min(rows.len()) {
            own.push(rows[draw.place(rows.len())].to_owned());
        }
    }
    if own.is_empty() {
        return Err("data/descriptions: expected texts by chapter, saw none\n".to_owned());
    }
    let vague = "hscode-core/data/vague-terms.tsv";
    let vague = fs::read_to_string(root.join(vague)).map_err(|why| format!("{vague}: {why}\n"))?;
    let terms =
        vague.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split('\t').next());
    texts.extend(terms.step_by(9).map(str::to_owned));
    for (at, text) in own.iter().enumerate() {
        texts.insert(text.clone());
        if at % 3 == 0 {
            texts.insert(changed(text, at / 3, &own, &mut draw));
        }
    }
    for script in SCRIPTS {
        for at in 0..OF_A_SCRIPT {
            let mut words: Vec<String> = (0..1 + draw.place(5)).map(|_| draw.word(script)).collect();
            if at % 3 == 0 {
                words.push(own[draw.place(own.len())].split(' ').next().unwrap_or_default().to_owned());
            }
            texts.insert(words.join(" "));
        }
    }
    for _ in 0..OF_NOISE {
        let length = 1 + draw.place(40);
        texts.insert((0..length).map(|_| draw.character(1, 0x2_FFFF)).collect());
        let length = 1 + draw.place(30);
        texts.insert((0..length).map(|_| draw.character(0x20, 0x7E)).collect());
    }
    for text in ["", " ", "\u{0}", "12345", "🎁🎁", "a", "x x x", "6109.10"] {
        texts.insert(text.to_owned());
    }
    texts.insert("cotton shirt ".repeat(400));
    Ok(texts)
}

/// A text as others would write it.
fn changed(text: &str, kind: usize, own: &[String], draw: &mut Draw) -> String {
    let characters: Vec<char> = text.chars().collect();
    let at = draw.place(characters.len());
    match kind % 8 {
        0 => text.to_uppercase(),
        1 => text.replace(' ', "  \u{a0}"),
        2 => text.chars().filter(|c| !"aeiou".contains(*c)).collect(),
        3 => characters.iter().enumerate().filter(|(place, _)| *place != at).map(|(_, c)| c).collect(),
        4 => format!("{text} / {}", own[draw.place(own.len())]),
        5 => format!("{} PCS {text} &amp; 12&quot; x 3,5 KG", draw.place(900)),
        6 => text
            .chars()
            .map(|c| if c.is_ascii_graphic() { char::from_u32(c as u32 + 0xFEE0).unwrap_or(c) } else { c })
            .collect(),
        _ => text.split(' ').rev().collect::<Vec<_>>().join(" "),
    }
}
