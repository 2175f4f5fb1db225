//! Each cleaning step by itself, and all of them together.

use super::*;
use crate::progress::Silent;
use crate::row::tests::row;
use proptest::prelude::*;

fn items(rows: Vec<Row>) -> Vec<Item> {
    normalise(rows, &Silent).unwrap()
}

fn kept(sifted: &Sifted) -> Vec<&str> {
    sifted.kept.iter().map(|item| item.row.id.as_str()).collect()
}

#[test]
fn normalise_reads_as_the_classifier_does_and_keeps_the_words() {
    let items = items(vec![row("1", "  MEN&#39;S T-Shirt,  500ML", "610910")]);
    assert_eq!(items[0].key, "mens tshirt 500 ml");
    assert_eq!(items[0].row.text, "  MEN&#39;S T-Shirt,  500ML");
}

#[test]
fn empty_is_what_leaves_nothing() {
    let sifted = drop_empty(items(vec![
        row("1", " \u{200b} ", "610910"),
        row("2", "!!!", "610910"),
        row("3", "CR2032", "850650"),
        row("4", "", "610910"),
    ]));
    assert_eq!(kept(&sifted), ["3"]);
    assert_eq!(sifted.rejects.len(), 3);
}

#[test]
fn vague_texts_are_dropped_with_the_findings() {
    let sifted = drop_vague(items(vec![
        row("1", "gift", "610910"),
        row("2", "gift wrapping paper", "481190"),
        row("3", "12345", "610910"),
    ]));
    assert_eq!(kept(&sifted), ["2"]);
    assert_eq!(sifted.rejects[0].detail.as_deref(), Some("purpose_only"));
    assert!(sifted.rejects.iter().all(|reject| reject.reason == Reason::Vague));
}

#[test]
fn equal_texts_become_one_with_all_votes() {
    let mut ruling = row("ruling", "Cotton tee!", "610910");
    ruling.authority = 2;
    let mut heavy = row("heavy", "COTTON  TEE", "610910");
    heavy.votes = 2.5;
    let sifted = merge_same_text(items(vec![
        row("first", "cotton tee", "610910"),
        heavy,
        row("other code", "cotton tee", "610990"),
        ruling,
        row("other text", "tee cotton", "610910"),
    ]));
    assert_eq!(kept(&sifted), ["other code", "ruling", "other text"]);
    assert_eq!(sifted.kept[1].row.votes, 4.5);
    assert!(sifted.rejects.iter().all(|reject| reject.kept.as_deref() == Some("ruling")));
}

#[test]
fn equal_words_of_one_code_become_one() {
    let sifted = drop_same_words(items(vec![
        row("1", "milk chocolate", "180632"),
        row("2", "chocolate, milk, chocolate", "180632"),
        row("3", "chocolate milk", "220299"),
    ]));
    assert_eq!(kept(&sifted), ["1", "3"]);
}

#[test]
fn near_duplicates_fall_to_a_row_that_stays() {
    let long = "stainless steel kitchen sink with double bowl and drainer";
    let mut second = row("2", &format!("{long} 1"), "732410");
    second.authority = 1;
    let sifted = near::drop_near_duplicates(
        items(vec![
            row("1", long, "732410"),
            second,
            row("3", &format!("{long} 2"), "732410"),
            row("4", &format!("{long} 3"), "761510"),
            row("5", "plastic bucket", "732410"),
        ]),
        0.85,
        &Silent,
    )
    .unwrap();
    assert_eq!(kept(&sifted), ["2", "4", "5"]);
    assert_eq!(sifted.kept[0].row.votes, 3.0);
    assert!(sifted.rejects.iter().all(|reject| reject.kept.as_deref() == Some("2")));
}

#[test]
fn a_fixed_part_is_compared_within_itself() {
    let mut test_row = row("test", "cotton tee", "610990");
    test_row.part = Some(Part::Test);
    let cleaned =
        clean(vec![row("train", "cotton tee", "610910"), test_row], &CleanConfig::default(), &Silent)
            .unwrap();
    assert_eq!(cleaned.rows.len(), 2);
}

#[test]
fn a_fixed_test_set_keeps_its_rows_in_their_places() {
    let mut rows: Vec<Row> =
        [("1", "gift"), ("2", "gift"), ("3", "cotton tee"), ("4", "Cotton Tee"), ("5", "cotton tee")]
            .iter()
            .map(|(id, text)| row(id, text, "610910"))
            .collect();
    for at in [1, 3, 4] {
        rows[at].part = Some(Part::Test);
    }
    let cleaned = clean(rows, &CleanConfig::default(), &Silent).unwrap();
    assert_eq!(cleaned.rows.iter().map(|row| row.id.as_str()).collect::<Vec<_>>(), ["2", "3", "4", "5"]);
    assert_eq!(cleaned.stages.last().map(|stage| stage.after), Some(4));
}

#[test]
fn steps_can_be_left_out() {
    let config = CleanConfig {
        drop_vague: false,
        drop_same_words: false,
        near_duplicate_cosine: 1.5,
        settle_conflicts: false,
        ..CleanConfig::default()
    };
    let rows = vec![row("1", "milk chocolate", "180632"), row("2", "chocolate milk", "180632")];
    let cleaned = clean(rows, &config, &Silent).unwrap();
    assert_eq!(cleaned.rows.len(), 2);
    let names: Vec<_> = cleaned.stages.iter().map(|stage| stage.name).collect();
    assert_eq!(names, ["normalise", "empty", "same_text"]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn rows_and_votes_add_up_and_cleaning_again_changes_nothing(
        texts in proptest::collection::vec(("[ab]{0,3}( [abc]{1,2}){0,3}", 0..3_usize, 0..2_u32), 0..40),
    ) {
        let codes = ["610910", "610990", "180632"];
        let rows: Vec<Row> = texts
            .iter()
            .enumerate()
            .map(|(at, (text, code, authority))| {
                let mut row = row(&at.to_string(), text, codes[*code]);
                row.authority = *authority;
                row
            })
            .collect();
        let n = rows.len();
        // The texts are too short to mean anything, which is not what is tested here.
        let config = CleanConfig { drop_vague: false, ..CleanConfig::default() };
        let cleaned = clean(rows, &config, &Silent).unwrap();
        prop_assert_eq!(cleaned.rows.len() + cleaned.rejects.len(), n);
        for pair in cleaned.stages.windows(2) {
            prop_assert_eq!(pair[0].after, pair[1].before);
        }
        let merged = |reason| [Reason::SameText, Reason::SameWords, Reason::NearDuplicate].contains(&reason);
        let votes: f32 = cleaned.rows.iter().map(|row| row.votes).sum();
        let merged = cleaned.rejects.iter().filter(|reject| merged(reject.reason)).count();
        prop_assert!(votes as usize >= cleaned.rows.len());
        prop_assert!(votes as usize <= cleaned.rows.len() + merged);
        let again = clean(cleaned.rows.clone(), &config, &Silent).unwrap();
        prop_assert_eq!(again.rows, cleaned.rows);
    }
}
