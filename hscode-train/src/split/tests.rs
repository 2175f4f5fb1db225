//! No near-duplicate straddles; the shares are met; bad input is told.

use super::*;
use crate::progress::Silent;
use crate::row::tests::row;
use crate::similar::{similar_pairs, word_set};
use proptest::prelude::*;

const CODES: [&str; 4] = ["610910", "180632", "732690", "851762"];
const WORDS: [&str; 12] = [
    "cotton",
    "tee",
    "milk",
    "chocolate",
    "steel",
    "hook",
    "modem",
    "router",
    "large",
    "blue",
    "box",
    "womens",
];

fn random_rows(n: usize, seed: u64) -> Vec<Row> {
    let mut rng = crate::rng::SplitMix64::for_item(seed, 0);
    (0..n)
        .map(|at| {
            let words: Vec<&str> = (0..1 + rng.below(5)).map(|_| WORDS[rng.below(WORDS.len())]).collect();
            let number = if rng.percent(50) { format!(" {}", rng.below(9)) } else { String::new() };
            row(&at.to_string(), &format!("{}{number}", words.join(" ")), CODES[rng.below(4)])
        })
        .collect()
}

fn parts(divided: &Divided) -> Vec<(&Row, Part)> {
    let mut all: Vec<(&Row, Part)> = Vec::new();
    all.extend(divided.train.iter().map(|row| (row, Part::Train)));
    all.extend(divided.dev.iter().map(|row| (row, Part::Dev)));
    all.extend(divided.test.iter().map(|row| (row, Part::Test)));
    all
}

/// Compares every pair across parts, without groups and without the join.
fn assert_nothing_straddles(divided: &Divided, threshold: f64) {
    let all = parts(divided);
    let rows: Vec<Row> = all.iter().map(|(row, _)| (*row).clone()).collect();
    let texts = canonical_texts(&rows);
    for i in 0..all.len() {
        for j in 0..i {
            if all[i].1 == all[j].1 {
                continue;
            }
            assert_ne!(word_set(&texts[i]), word_set(&texts[j]));
            let alike = similar_pairs(&[&texts[i], &texts[j]], threshold, &Silent).unwrap();
            assert!(alike.is_empty(), "{} and {}", all[i].0.id, all[j].0.id);
        }
    }
}

#[test]
fn no_near_duplicate_straddles_at_random_or_by_date() {
    for seed in 0..4 {
        let mut rows = random_rows(160, seed);
        let config = SplitConfig { dev: 0.2, test: 0.2, ..SplitConfig::default() };
        let divided = split(rows.clone(), &config, seed, &Silent).unwrap();
        assert_eq!(divided.by, SplitBy::Random);
        assert!(!divided.test.is_empty() && !divided.dev.is_empty() && divided.rejects.is_empty());
        assert_nothing_straddles(&divided, config.near_duplicate_cosine);
        for (at, row) in rows.iter_mut().enumerate() {
            row.date = Some(format!("2025-{:02}-{:02}", 1 + at % 12, 1 + at % 28));
            row.part = (at % 17 == 0).then_some(Part::Test);
        }
        let divided = split(rows, &config, seed, &Silent).unwrap();
        assert_eq!(divided.by, SplitBy::Date);
        assert_nothing_straddles(&divided, config.near_duplicate_cosine);
    }
}

#[test]
fn each_class_gives_its_share() {
    // Texts without likeness: every row is a group.
    let rows: Vec<Row> = (0..400_u64)
        .map(|at| {
            let text = format!("{:016x}", crate::similar::mix(at + 1));
            let text: String =
                text.chars().map(|c| char::from(b'a' + c.to_digit(16).unwrap() as u8)).collect();
            row(
                &at.to_string(),
                &text,
                CODES[if at < 200 {
                    0
                } else if at < 300 {
                    1
                } else if at < 397 {
                    2
                } else {
                    3
                }],
            )
        })
        .collect();
    let config = SplitConfig { dev: 0.1, test: 0.25, ..SplitConfig::default() };
    let divided = split(rows.clone(), &config, 1, &Silent).unwrap();
    let count = |rows: &[Row], code: &str| rows.iter().filter(|row| row.code.as_str() == code).count();
    assert_eq!(divided.groups, 400);
    assert_eq!([count(&divided.dev, CODES[0]), count(&divided.test, CODES[0])], [20, 50]);
    assert_eq!([count(&divided.dev, CODES[1]), count(&divided.test, CODES[1])], [10, 25]);
    assert!((9..=10).contains(&count(&divided.dev, CODES[2])));
    assert!(count(&divided.train, CODES[3]) >= 1);
    // The same seed gives the same parts, another one others.
    assert_eq!(split(rows.clone(), &config, 1, &Silent).unwrap(), divided);
    assert_ne!(split(rows, &config, 2, &Silent).unwrap().digest, divided.digest);
}

#[test]
fn small_classes_give_their_share_in_all() {
    let rows: Vec<Row> = (0..3000_u64)
        .map(|at| {
            let text: String = format!("{:016x}", crate::similar::mix(at + 1))
                .chars()
                .map(|c| char::from(b'a' + c.to_digit(16).unwrap() as u8))
                .collect();
            row(&at.to_string(), &text, &format!("{:06}", 100_000 + at / 3))
        })
        .collect();
    let config = SplitConfig { dev: 0.05, test: 0.1, ..SplitConfig::default() };
    let divided = split(rows, &config, 3, &Silent).unwrap();
    assert!((250..350).contains(&divided.test.len()), "{}", divided.test.len());
    assert!((110..190).contains(&divided.dev.len()), "{}", divided.dev.len());
    let trained: std::collections::BTreeSet<HsCode> = divided.train.iter().map(|row| row.code).collect();
    assert_eq!(trained.len(), 1000);
}

#[test]
fn by_date_the_latest_are_for_test_and_later_repeats_are_put_aside() {
    let mut rows: Vec<Row> =
        ["cotton tee", "steel hook", "modem", "milk chocolate", "blue router", "large box"]
            .iter()
            .enumerate()
            .map(|(at, text)| row(&at.to_string(), text, CODES[at % 4]))
            .collect();
    rows.push(row("repeat", "tee cotton", CODES[0]));
    for (at, row) in rows.iter_mut().enumerate() {
        row.date = Some(format!("2025-01-{:02}", at + 1));
    }
    rows.push(row("undated", "womens handbag", CODES[1]));
    let config =
        SplitConfig { by: SplitBy::Date, dev: 1.0 / 7.0, test: 2.0 / 7.0, near_duplicate_cosine: 0.85 };
    let divided = split(rows, &config, 0, &Silent).unwrap();
    let ids = |rows: &[Row]| rows.iter().map(|row| row.id.clone()).collect::<Vec<_>>();
    assert_eq!(ids(&divided.train), ["0", "1", "2", "3", "undated"]);
    assert_eq!((ids(&divided.dev), ids(&divided.test)), (vec!["4".to_owned()], vec!["5".to_owned()]));
    assert_eq!(
        (divided.rejects[0].id.as_str(), divided.rejects[0].reason),
        ("repeat", Reason::NearOtherPart)
    );
}

#[test]
fn a_fixed_test_row_keeps_its_likes_out_of_training() {
    let mut fixed = row("fixed", "mens cotton crew neck tee", CODES[0]);
    fixed.part = Some(Part::Test);
    let mut own = row("own", "neck crew tee cotton mens", CODES[0]);
    own.part = Some(Part::Train);
    let rows = vec![
        own,
        row("free", "mens cotton crew neck tees", CODES[0]),
        fixed,
        row("other", "steel hook", CODES[2]),
    ];
    let config = SplitConfig { dev: 0.0, test: 0.5, ..SplitConfig::default() };
    let divided = split(rows, &config, 0, &Silent).unwrap();
    assert_eq!(divided.train.iter().map(|row| row.id.as_str()).collect::<Vec<_>>(), ["other"]);
    assert_eq!(divided.test.iter().map(|row| row.id.as_str()).collect::<Vec<_>>(), ["fixed"]);
    assert_eq!(divided.rejects.iter().map(|reject| reject.id.as_str()).collect::<Vec<_>>(), ["own", "free"]);
}

#[test]
fn nothing_to_learn_from_is_an_error() {
    let message = |rows: Vec<Row>, by: SplitBy| {
        let config = SplitConfig { by, ..SplitConfig::default() };
        split(rows, &config, 0, &Silent).unwrap_err().to_string()
    };
    assert!(message(Vec::new(), SplitBy::Auto).starts_with("no rows"));
    let one = vec![row("1", "cotton tee", CODES[0]), row("2", "blue tee", CODES[0])];
    assert!(message(one, SplitBy::Auto).starts_with("one class only: all 2 rows have the code 610910"));
    let two = vec![row("1", "cotton tee", CODES[0]), row("2", "steel hook", CODES[2])];
    assert!(message(two, SplitBy::Date).contains("saw none"));
    let mut fixed = vec![row("1", "cotton tee", CODES[0]), row("2", "steel hook", CODES[2])];
    for row in &mut fixed {
        row.part = Some(Part::Test);
    }
    assert!(message(fixed, SplitBy::Random).starts_with("no row is left to train on"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]
    #[test]
    fn rows_add_up_whatever_is_fixed(seed in 0_u64..1000, n in 8_usize..80) {
        let mut rows = random_rows(n, seed);
        for (at, row) in rows.iter_mut().enumerate() {
            row.part = [None, None, None, Some(Part::Train), Some(Part::Dev), Some(Part::Test)][(at + seed as usize) % 6];
        }
        let fixed: Vec<(String, Option<Part>)> = rows.iter().map(|row| (row.id.clone(), row.part)).collect();
        match split(rows, &SplitConfig::default(), seed, &Silent) {
            Ok(divided) => {
                let all = parts(&divided);
                prop_assert_eq!(all.len() + divided.rejects.len(), n);
                for (row, part) in all {
                    let own = fixed.iter().find(|(id, _)| *id == row.id).unwrap().1;
                    prop_assert!(own.is_none_or(|own| own == part));
                }
            }
            Err(error) => prop_assert!(error.to_string().contains("expected") || error.to_string().contains("left")),
        }
    }
}
