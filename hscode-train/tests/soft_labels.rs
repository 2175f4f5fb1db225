//! The committed soft labels belong to the committed texts and to what `compose` makes of them today.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::path::Path;

use hscode_train::compose::{Source, compose};
use hscode_train::labels::Labels;

/// The seed and the number of the composed texts that were labelled.
const SEED: u64 = 1;
const COUNT: usize = 400_000;

#[test]
fn labels_belong_to_texts() {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../data");
    let mut files: Vec<_> =
        std::fs::read_dir(data.join("descriptions")).unwrap().map(|e| e.unwrap().path()).collect();
    files.sort();
    let read: String = files.iter().map(|f| std::fs::read_to_string(f).unwrap()).collect();
    let sources: Vec<Source<'_>> = read
        .lines()
        .filter(|line| !line.starts_with("code\t"))
        .map(|line| {
            let mut columns = line.splitn(3, '\t');
            let code = columns.next().unwrap();
            Source { code, text: columns.nth(1).unwrap() }
        })
        .collect();
    let mut codes: Vec<&str> = sources.iter().map(|s| s.code).collect();
    codes.sort_unstable();
    codes.dedup();
    let titles = std::fs::read_to_string(data.join("titles/hs2022.tsv")).unwrap();
    let composed = compose(&sources, SEED, COUNT);
    let mut texts: Vec<&str> = sources.iter().map(|s| s.text).collect();
    texts.extend(
        titles
            .lines()
            .filter_map(|line| line.split_once('\t'))
            .filter(|(code, _)| codes.binary_search(code).is_ok())
            .map(|(_, title)| title),
    );
    let own = texts.len();
    texts.extend(composed.iter().map(|c| c.text.as_str()));

    let labels = Labels::from_bytes(&std::fs::read(data.join("labels/soft.bin")).unwrap()).unwrap();
    labels.check_texts(&texts, &codes).unwrap();
    let right = (0..sources.len())
        .filter(|&at| {
            let label = labels.get(at).unwrap();
            label.classes.first().is_some_and(|&class| codes[usize::from(class)] == sources[at].code)
        })
        .count();
    let share = right as f64 / sources.len() as f64;
    assert!((0.70..0.80).contains(&share), "{share} of {own}");
}
