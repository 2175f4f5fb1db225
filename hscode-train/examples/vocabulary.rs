//! Trains the word-piece vocabulary of data/encoder on the repository's own texts:
//! `cargo run --release -p hscode-train --example vocabulary -- data/descriptions data/encoder/vocabulary.txt`
//!
//! With a third argument it also writes the words of the texts for teacher/token_vectors.py: word, count and
//! piece ids, a word a line.

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt::Write;

use hscode_core::features::WordPiece;
use hscode_core::text::Description;
use hscode_train::encoder::{VocabularyConfig, train_vocabulary};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(folder), Some(target)) = (arguments.next(), arguments.next()) else {
        return Err("expected two arguments: the folder of descriptions and the file to write".into());
    };
    let mut files: Vec<_> =
        std::fs::read_dir(folder)?.map(|e| e.map(|e| e.path())).collect::<Result<_, _>>()?;
    files.sort();
    let mut texts = Vec::new();
    for file in files.iter().filter(|file| file.extension().is_some_and(|e| e == "tsv")) {
        let text = std::fs::read_to_string(file)?;
        texts.extend(text.lines().skip(1).filter_map(|line| Some(line.splitn(3, '\t').nth(2)?.to_owned())));
    }
    let vocabulary = train_vocabulary(texts.iter().map(String::as_str), &VocabularyConfig::default())?;
    std::fs::write(target, &vocabulary)?;
    let Some(words) = arguments.next() else { return Ok(()) };
    let pieces = WordPiece::from_text(&vocabulary)?;
    let mut description = Description::new();
    let mut counts: BTreeMap<String, u64> = BTreeMap::new();
    for text in &texts {
        description.read(text);
        for token in description.tokens() {
            *counts.entry(token.text.to_owned()).or_default() += 1;
        }
    }
    let (mut out, mut ids) = (String::new(), Vec::new());
    for (word, count) in &counts {
        ids.clear();
        pieces.encode_word(word, &mut ids);
        write!(out, "{word}\t{count}\t")?;
        let ids: Vec<String> = ids.iter().map(u32::to_string).collect();
        writeln!(out, "{}", ids.join(" "))?;
    }
    std::fs::write(words, out)?;
    Ok(())
}
