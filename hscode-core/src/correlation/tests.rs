use super::*;
use proptest::prelude::*;

fn code(text: &str) -> HsCode {
    HsCode::parse(text).unwrap()
}

fn table(from: &Edition, to: &Edition) -> &'static CorrelationTable {
    CorrelationTable::between(from, to).unwrap()
}

fn targets(from: &Edition, to: &Edition, of: &str) -> Vec<(String, Change)> {
    let targets = table(from, to).main_targets(code(of)).iter();
    targets.map(|target| (target.code.to_string(), target.change)).collect()
}

fn subheadings(edition: &Edition) -> impl Iterator<Item = HsCode> {
    Nomenclature::of(edition).unwrap().codes(Level::Subheading)
}

#[test]
fn phones_split_and_come_together() {
    let to = |code: &str, change| (code.to_owned(), change);
    assert_eq!(
        targets(&Edition::HS2017, &Edition::HS2022, "851712"),
        [to("851713", Change::Split), to("851714", Change::Split)]
    );
    assert_eq!(targets(&Edition::HS2022, &Edition::HS2017, "851713"), [to("851712", Change::Merged)]);
    assert_eq!(targets(&Edition::HS2022, &Edition::HS2017, "010121"), [to("010121", Change::Same)]);
    // The gathering ones are there, after the main ones.
    let all = table(&Edition::HS2017, &Edition::HS2022).convert(code("8517.12")).unwrap();
    assert_eq!(all.len(), 17);
    assert!(all[2..].iter().all(|target| target.link == Link::Gathering));
    assert!(all[2..].windows(2).all(|pair| pair[0].code < pair[1].code));
}

#[test]
fn headings_and_chapters_follow_their_subheadings() {
    let forward = table(&Edition::HS2017, &Edition::HS2022);
    let main = forward.main_targets(code("8517"));
    assert!(main.iter().any(|target| target.code == code("8517")));
    assert_eq!(forward.main_targets(code("01")).first().map(|t| t.code), Some(code("01")));
}

/// The counts of the UN tables, so that a change of the data or of its reading is seen.
#[test]
fn totals_of_the_tables() {
    for (older, pairs, single, single_main, nowhere) in [
        (Edition::HS2017, 15_656, 4_150, 5_165, 1),
        (Edition::HS2012, 16_376, 3_783, 4_705, 0),
        (Edition::HS2007, 16_634, 3_544, 4_468, 0),
        (Edition::HS2002, 18_241, 3_502, 4_406, 0),
        (Edition::HS1996, 18_599, 3_278, 4_160, 0),
        (Edition::HS1992, 18_899, 3_117, 3_919, 0),
    ] {
        let forward = table(&older, &Edition::HS2022);
        assert_eq!(forward.len(), pairs, "{older}");
        assert_eq!(table(&Edition::HS2022, &older).len(), pairs, "{older}");
        assert!(forward.is_direct() && forward.via().is_none());
        let count =
            |of: &dyn Fn(HsCode) -> usize, n: usize| subheadings(&older).filter(|c| of(*c) == n).count();
        assert_eq!(count(&|c| forward.targets(c).len(), 1), single, "{older}");
        assert_eq!(count(&|c| forward.main_targets(c).len(), 1), single_main, "{older}");
        assert_eq!(count(&|c| forward.targets(c).len(), 0), nowhere, "{older}");
        assert!(
            subheadings(&Edition::HS2022).all(|c| !table(&Edition::HS2022, &older).targets(c).is_empty())
        );
    }
}

#[test]
fn what_leads_nowhere_says_so() {
    let forward = table(&Edition::HS2017, &Edition::HS2022);
    let error = forward.convert(code("300219")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UnknownCode);
    assert_eq!(error.message(), "HS2017 300219 has no target in HS2022: the correlation table lists none");
    let error = forward.convert(code("851713")).unwrap_err();
    assert_eq!(error.message(), "HS2017 has no code 851713; HS2022 has it: convert it from there");
    assert!(forward.targets(code("851713")).is_empty());
    assert!(forward.convert(code("8517120000")).unwrap_err().message().contains("it has 851712"));
}

#[test]
fn national_tariffs_have_no_table() {
    let tariff = Edition::national("US-HTS", "2025-01-01").unwrap();
    for (from, to) in [(&tariff, &Edition::HS2022), (&Edition::HS2022, &tariff)] {
        assert_eq!(CorrelationTable::between(from, to).unwrap_err().kind(), ErrorKind::Unsupported);
    }
}

#[test]
fn the_table_that_lacks_rows_is_filled_in() {
    let back = table(&Edition::HS2017, &Edition::HS2012);
    assert!(back.is_direct());
    let leads_nowhere: Vec<HsCode> =
        subheadings(&Edition::HS2017).filter(|c| back.targets(*c).is_empty()).collect();
    assert!(leads_nowhere.is_empty(), "{leads_nowhere:?}");
    let all = || subheadings(&Edition::HS2017).flat_map(|c| back.targets(c));
    assert_eq!(all().filter(|target| target.link == Link::Listed).count(), 4_787);
    assert_eq!(all().filter(|target| target.link == Link::Composed).count(), 934);
    // An older code without rows in the table has several newer ones: that is why its rows are not there.
    let forward = table(&Edition::HS2012, &Edition::HS2017);
    for c in subheadings(&Edition::HS2012) {
        let targets = forward.targets(c);
        if targets.iter().any(|target| target.link == Link::Composed) {
            assert!(targets.iter().all(|target| target.link == Link::Composed), "{c}");
        } else {
            assert_eq!(targets.len(), 1, "{c}");
        }
    }
}

/// For every two editions: both directions hold the same pairs, codes exist, the changes fit the counts.
#[test]
fn both_directions_agree_between_all_editions() {
    for from in &Edition::INTERNATIONAL {
        for to in &Edition::INTERNATIONAL {
            let (there, back) = (table(from, to), table(to, from));
            assert_eq!((there.from(), there.to()), (from, to));
            assert_eq!((there.len(), there.via()), (back.len(), back.via()));
            let known = Nomenclature::of(to).unwrap();
            let mut without = 0;
            for c in Nomenclature::of(from).unwrap().all() {
                let targets = there.targets(*c);
                without += usize::from(targets.is_empty());
                for target in targets {
                    assert!(known.contains(target.code) && target.code.level() == c.level());
                    let sources = back.targets(target.code);
                    let source = sources.iter().find(|source| source.code == *c).unwrap();
                    assert_eq!(source.link, target.link);
                    let expected = match (targets.len(), sources.len()) {
                        (1, 1) if target.code == *c => Change::Same,
                        (1, 1) => Change::Renumbered,
                        (_, 1) => Change::Split,
                        (1, _) => Change::Merged,
                        _ => Change::Complex,
                    };
                    assert_eq!(target.change, expected, "{from} {c} to {to} {}", target.code);
                }
            }
            assert!(without <= 3, "{from} to {to}: {without} codes lead nowhere");
        }
    }
}

#[test]
fn composed_tables_say_so() {
    let table = table(&Edition::HS1996, &Edition::HS2007);
    assert!(!table.is_direct());
    assert_eq!(table.via(), Some(&Edition::HS2022));
    assert!(table.targets(code("010111")).iter().all(|target| target.link == Link::Composed));
}

proptest! {
    #[test]
    fn an_edition_to_itself_is_the_identity(edition in 0_usize..7, at in 0_usize..7000) {
        let edition = &Edition::INTERNATIONAL[edition];
        let all = Nomenclature::of(edition).unwrap().all();
        let c = all[at % all.len()];
        let to_itself = [Target { code: c, change: Change::Same, link: Link::Listed }];
        prop_assert_eq!(table(edition, edition).targets(c), to_itself);
    }

    #[test]
    fn main_targets_start_the_targets(from in 0_usize..7, to in 0_usize..7, at in 0_usize..7000) {
        let (from, to) = (&Edition::INTERNATIONAL[from], &Edition::INTERNATIONAL[to]);
        let all = Nomenclature::of(from).unwrap().all();
        let c = all[at % all.len()];
        let (main, targets) = (table(from, to).main_targets(c), table(from, to).targets(c));
        prop_assert!(targets.starts_with(main));
        prop_assert!(targets[main.len()..].iter().all(|target| target.link == Link::Gathering));
        for part in [main, &targets[main.len()..]] {
            prop_assert!(part.windows(2).all(|pair| pair[0].code < pair[1].code));
        }
    }
}
