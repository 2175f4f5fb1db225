//! How long the integer network takes, by instruction set, with warm and with empty caches.
//!
//! `cargo bench -p hscode-core --bench text_cnn`. The network has the sizes of the default one and drawn weights:
//! time does not depend on what they say, but that the walk finds headings of about average size. Descriptions are
//! the repository's own, every so many of data/descriptions.

#[path = "../tests/common/draw.rs"]
mod draw;
#[path = "../tests/common/network.rs"]
mod network;

use std::error::Error;
use std::hint::black_box;
use std::time::Instant;

use hscode_core::features::{FeatureSpec, GramSpec};
use hscode_core::text_cnn::{BagScale, Filters, HiddenLayer, Reader, SimdLevel, Weights};
use hscode_core::{Classifier, Options, TextCnn};
use network::Draw;

const CHAPTERS: usize = 97;
const PIECES: usize = 16_384;
const FILTERS: usize = 96;
const DIM: usize = 96;
const HIDDEN: usize = 256;
const BUCKETS: usize = 65_536;
const TEXTS: usize = 1000;
/// More than the caches of a server's processor hold for one core.
const EVICT: usize = 64 << 20;

#[allow(clippy::print_stdout, reason = "a bench answers on standard output")]
fn main() -> Result<(), Box<dyn Error>> {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
    let vocabulary = pieces(root)?;
    let weights = weights();
    let texts = texts(root)?;
    let settings = format!("{}walk 24 32\n", network::FLAT);
    println!("{} texts, {} bytes of weights", texts.len(), weights.to_bytes()?.len());
    println!("{:<10} {:<34} {:>9} {:>9} {:>9}", "", "microseconds a text", "p50", "p90", "p99");
    for level in SimdLevel::ALL.into_iter().filter(|&level| level <= SimdLevel::detected()) {
        level.limit();
        let walk = TextCnn::from_weights(weights.clone(), &vocabulary, &settings, "drawn")?;
        let flat = TextCnn::from_weights(weights.clone(), &vocabulary, network::FLAT, "drawn")?;
        let (plain, explain) = (Options::default(), Options::default().with_explain(true));
        let mut evict = vec![0_u8; EVICT];
        for (what, model, options) in [
            ("classify, walk", &walk, &plain),
            ("classify, all", &flat, &plain),
            ("explain", &walk, &explain),
        ] {
            for cold in [false, true] {
                let mut times = Vec::new();
                for text in texts.iter().step_by(if cold { 10 } else { 1 }) {
                    let run = |evict: &mut Vec<u8>| -> Result<f64, hscode_core::Error> {
                        if cold {
                            evict.iter_mut().step_by(64).for_each(|byte| *byte = byte.wrapping_add(1));
                            black_box(&evict);
                        }
                        let start = Instant::now();
                        black_box(model.classify(black_box(text), options)?);
                        Ok(start.elapsed().as_secs_f64() * 1e6)
                    };
                    // Warm: the best of three, since other programs of the machine only ever add.
                    let mut best = run(&mut evict)?;
                    for _ in 0..if cold { 0 } else { 2 } {
                        best = best.min(run(&mut evict)?);
                    }
                    times.push(best);
                }
                times.sort_by(f64::total_cmp);
                let at = |part: usize| times[times.len() * part / 100];
                let name = format!("{what}{}", if cold { ", cold caches" } else { "" });
                println!(
                    "{:<10} {name:<34} {:>9.1} {:>9.1} {:>9.1}",
                    format!("{level:?}"),
                    at(50),
                    at(90),
                    at(99)
                );
            }
        }
    }
    Ok(())
}

/// The word pieces of the repository, as many as the default network reads.
fn pieces(root: &str) -> Result<String, Box<dyn Error>> {
    let all = std::fs::read_to_string(format!("{root}/data/encoder/vocabulary.txt"))?;
    let mut pieces: Vec<String> = all.lines().take(PIECES).map(str::to_owned).collect();
    while pieces.len() < PIECES {
        pieces.push(format!("[unused{}]", pieces.len()));
    }
    Ok(pieces.join("\n") + "\n")
}

fn texts(root: &str) -> Result<Vec<String>, Box<dyn Error>> {
    let mut all = Vec::new();
    for chapter in 1..=CHAPTERS {
        let Ok(file) = std::fs::read_to_string(format!("{root}/data/descriptions/{chapter:02}.tsv")) else {
            continue;
        };
        all.extend(file.lines().skip(1).filter_map(|line| line.split('\t').nth(2)).map(str::to_owned));
    }
    let every = (all.len() / TEXTS).max(1);
    Ok(all.into_iter().step_by(every).collect())
}

fn weights() -> Weights {
    let mut draw = Draw(5);
    let chapters: Vec<String> = (1..=CHAPTERS).map(|chapter| format!("{chapter:02}")).collect();
    let chapters: Vec<&str> = chapters.iter().map(String::as_str).collect();
    let classes = network::classes(&chapters);
    let count = |digits: usize| {
        let mut codes: Vec<&str> = classes.iter().map(|code| &code.as_str()[..digits]).collect();
        codes.dedup();
        codes.len()
    };
    let widths: Vec<Filters> =
        (1..=4).map(|width| Filters { width, layer: draw.layer(width * DIM, FILTERS, 2e-6) }).collect();
    let inputs = 4 * FILTERS + 2 * DIM;
    Weights {
        features: FeatureSpec {
            max_words: 48,
            max_tokens: 48,
            max_word_bytes: 64,
            pairs: None,
            grams: Some(GramSpec { buckets: BUCKETS as u32, shortest: 3, longest: 5, words: true }),
        },
        tokens: Some(draw.table(PIECES, DIM, 7)),
        pairs: None,
        grams: Some(draw.table(BUCKETS, DIM, 7)),
        reader: Reader::Conv { widths, mean: true },
        bag_scale: BagScale::Root,
        input_steps: [0.002; 4],
        hidden: vec![HiddenLayer { layer: draw.layer(inputs, HIDDEN, 2e-6), step: 0.002 }],
        output: draw.layer(HIDDEN, classes.len(), 2e-5),
        chapters: Some(draw.layer(HIDDEN, count(2), 2e-5)),
        headings: Some(draw.layer(HIDDEN, count(4), 2e-5)),
        classes,
    }
}
