//! Networks with drawn weights over real subheadings: small, and with every part that a network may have.
#![allow(dead_code, reason = "each test takes what it needs")]
#![allow(missing_docs, unreachable_pub, clippy::unwrap_used)]

use hscode_core::features::{FeatureSpec, GramSpec, PairSpec};
use hscode_core::text_cnn::{BagScale, Filters, HiddenLayer, Layer, Reader, Table, Weights};
use hscode_core::{Edition, HsCode, Level, Nomenclature};

pub use crate::draw::Draw;

/// Settings of a network without a walk.
pub const FLAT: &str = "threshold chapter 0.4\nthreshold heading 0.5\nthreshold subheading 0.6\n\
                        temperature 0.7\ncoverage 0.5 0.6\ncoverage 0.9 0.95\n";
/// The same with a walk.
pub const WALK: &str = "threshold chapter 0.4\nthreshold heading 0.5\nthreshold subheading 0.6\n\
                        temperature 0.7\nwalk 3 7\n";

/// Word pieces: letters and some words.
pub fn vocabulary() -> String {
    let mut pieces = vec!["[PAD]".to_owned(), "[UNK]".to_owned()];
    for word in ["cotton", "steel", "pipe", "shoe", "leather", "tee", "men", "frozen", "lamp", "toy"] {
        pieces.push(word.to_owned());
        pieces.push(format!("##{word}"));
    }
    for letter in ('a'..='z').chain('0'..='9') {
        pieces.push(letter.to_string());
        pieces.push(format!("##{letter}"));
    }
    pieces.join("\n") + "\n"
}

/// What differs between networks.
#[derive(Debug, Clone)]
pub struct Shape {
    pub chapters: Vec<&'static str>,
    pub widths: Vec<usize>,
    pub filters: usize,
    pub reader: &'static str,
    pub dim: usize,
    pub most: u8,
    pub pairs: bool,
    pub grams: usize,
    pub hidden: Vec<usize>,
    pub walk: bool,
}

/// A small network with everything.
pub fn full() -> Shape {
    Shape {
        chapters: vec!["09", "61", "66", "73", "95"],
        widths: vec![1, 2, 3],
        filters: 20,
        reader: "conv and mean",
        dim: 13,
        most: 7,
        pairs: true,
        grams: 257,
        hidden: vec![40, 70],
        walk: true,
    }
}

/// Networks that between them have every part and lack every part.
pub fn shapes() -> Vec<Shape> {
    vec![
        full(),
        Shape { reader: "conv", most: 127, dim: 32, pairs: false, walk: false, hidden: vec![64], ..full() },
        Shape { reader: "mean", grams: 0, hidden: Vec::new(), ..full() },
        Shape { reader: "none", pairs: false, chapters: vec!["66"], hidden: vec![9], walk: false, ..full() },
    ]
}

impl Draw {
    fn number(&mut self, most: u8) -> i8 {
        (self.below(2 * u64::from(most) + 1) as i64 - i64::from(most)) as i8
    }

    pub fn table(&mut self, rows: usize, dim: usize, most: u8) -> Table {
        let multiples = (0..rows).map(|_| 1 + self.below(60) as u8).collect();
        let numbers: Vec<i8> = (0..rows * dim).map(|_| self.number(most)).collect();
        Table::new(dim, 0.01 / f32::from(most), most, multiples, &numbers).unwrap()
    }

    pub fn layer(&mut self, inputs: usize, outputs: usize, scale: f32) -> Layer {
        Layer {
            inputs,
            weights: (0..inputs * outputs).map(|_| self.number(127)).collect(),
            scales: (0..outputs).map(|_| scale * (1.0 + self.below(100) as f32 / 100.0)).collect(),
            bias: (0..outputs).map(|_| self.below(200) as f32 / 400.0 - 0.25).collect(),
        }
    }
}

/// The subheadings of chapters.
pub fn classes(chapters: &[&str]) -> Vec<HsCode> {
    let nomenclature = Nomenclature::of(&Edition::HS2022).unwrap();
    let inside = |code: &HsCode| chapters.contains(&code.chapter().as_str());
    let all = nomenclature.all().iter().copied();
    all.filter(|code| code.level() == Level::Subheading).filter(inside).collect()
}

/// Draws the weights of a network.
pub fn weights(seed: u64, shape: &Shape) -> Weights {
    let mut draw = Draw(seed);
    let Shape { chapters, widths, filters, reader, dim, most, pairs, grams, hidden, walk } = shape.clone();
    let classes = classes(&chapters);
    let pieces = vocabulary().lines().count();
    let tokens = (reader != "none").then(|| draw.table(pieces, dim, most));
    let mut inputs = 0;
    let mean = matches!(reader, "mean" | "conv and mean");
    let made = match reader {
        "none" => Reader::None,
        "mean" => Reader::Mean,
        _ => {
            let widths: Vec<Filters> = widths
                .iter()
                .map(|&width| Filters { width, layer: draw.layer(width * dim, filters, 2e-5) })
                .collect();
            inputs += widths.len() * filters;
            Reader::Conv { widths, mean }
        }
    };
    inputs += if mean { dim } else { 0 };
    let pair_table = pairs.then(|| draw.table(101, 5, 7));
    let gram_table = (grams > 0).then(|| draw.table(grams, 11, most));
    inputs += if pairs { 5 } else { 0 } + if grams > 0 { 11 } else { 0 };
    let mut layers = Vec::new();
    for units in hidden {
        layers.push(HiddenLayer { layer: draw.layer(inputs, units, 2e-5), step: 0.004 });
        inputs = units;
    }
    let count = |level: Level| {
        let mut codes: Vec<_> = classes.iter().filter_map(|code| code.at(level)).collect();
        codes.dedup();
        codes.len()
    };
    let (chapter_count, heading_count) = (count(Level::Chapter), count(Level::Heading));
    Weights {
        features: FeatureSpec {
            max_words: 24,
            max_tokens: 32,
            max_word_bytes: 40,
            pairs: pairs.then_some(PairSpec { buckets: 101, reach: 2 }),
            grams: (grams > 0).then_some(GramSpec {
                buckets: grams as u32,
                shortest: 3,
                longest: 5,
                words: true,
            }),
        },
        output: draw.layer(inputs, classes.len(), 2e-5),
        chapters: walk.then(|| draw.layer(inputs, chapter_count, 2e-4)),
        headings: walk.then(|| draw.layer(inputs, heading_count, 2e-4)),
        classes,
        tokens,
        pairs: pair_table,
        grams: gram_table,
        reader: made,
        bag_scale: if dim % 2 == 1 { BagScale::Root } else { BagScale::Mean },
        input_steps: [0.004, 0.002, 0.002, 0.002],
        hidden: layers,
    }
}

/// Descriptions of every kind, good and bad.
pub fn descriptions() -> Vec<String> {
    let mut texts: Vec<String> = [
        "mens cotton crew neck tee",
        "stainless steel pipe 1/2\" x 3.5 m",
        "FROZEN SHRIMPS, peeled",
        "gift",
        "parts",
        "12345",
        "x",
        "PS4",
        "",
        "🎁🎁🎁",
        "棉质T恤 男士",
        "Хлопковая футболка",
        "قميص قطن",
        "a\u{0}b",
        "toy lamp toy lamp toy lamp",
        "leather-shoes for men & boys; size 42",
    ]
    .map(str::to_owned)
    .to_vec();
    texts.push("steel ".repeat(20_000));
    texts.push("ab".repeat(5_000));
    texts.push((0..10_000).map(|n| format!("t{n} ")).collect());
    let words = ["cotton", "steel", "pipes", "lamp", "for", "men", "shoe", "boxes", "led", "x200", "5", "kg"];
    let mut draw = Draw(11);
    for _ in 0..80 {
        let length = 1 + draw.below(12);
        let some: Vec<&str> = (0..length).map(|_| words[draw.place(words.len())]).collect();
        texts.push(some.join(" "));
    }
    texts
}
