use super::*;
use proptest::prelude::*;

fn code(text: &str) -> HsCode {
    HsCode::parse(text).unwrap()
}

#[test]
fn every_edition_has_its_totals() {
    // Source: UN Statistics Division tables, without the codes that they mark as no code of the WCO.
    for (edition, headings, subheadings) in [
        (Edition::HS1992, 1241, 5020),
        (Edition::HS1996, 1241, 5113),
        (Edition::HS2002, 1244, 5224),
        (Edition::HS2007, 1221, 5052),
        (Edition::HS2012, 1224, 5205),
        (Edition::HS2017, 1222, 5387),
        (Edition::HS2022, 1228, 5612),
    ] {
        let nomenclature = Nomenclature::of(&edition).unwrap();
        assert_eq!(nomenclature.edition(), &edition);
        let counts = Level::INTERNATIONAL.map(|level| nomenclature.count(level));
        assert_eq!(counts, [96, headings, subheadings], "{edition}");
        assert_eq!(counts, Level::INTERNATIONAL.map(|level| nomenclature.codes(level).count()));
        assert_eq!(nomenclature.len(), counts.iter().sum::<usize>());
        assert!(nomenclature.all().windows(2).all(|pair| pair[0] < pair[1]));
        assert!(!nomenclature.contains(code("77")), "chapter 77 is reserved");
        assert!(nomenclature.all().iter().all(|c| *c < code("98")), "98 and 99 are national");
    }
}

#[test]
fn hs2022_has_a_title_of_every_code_and_the_older_ones_none() {
    let hs2022 = Nomenclature::of(&Edition::HS2022).unwrap();
    for c in hs2022.all() {
        let title = hs2022.title(*c).unwrap();
        assert!(title.trim() == title && title.len() > 2, "{c}: {title:?}");
    }
    assert!(hs2022.title(code("610910")).unwrap().to_lowercase().contains("cotton"));
    assert_eq!(hs2022.title(code("77")), None);
    let hs2017 = Nomenclature::of(&Edition::HS2017).unwrap();
    assert!(!hs2017.has_titles());
    assert_eq!(hs2017.title(code("610910")), None);
}

#[test]
fn the_tree_is_walked_both_ways() {
    let hs2022 = Nomenclature::of(&Edition::HS2022).unwrap();
    let below: Vec<HsCode> = hs2022.children(code("8517")).collect();
    assert_eq!(below.first(), Some(&code("851711")));
    assert!(below.contains(&code("851713")) && !below.contains(&code("851712")));
    assert_eq!(hs2022.descendants(code("8517")).len(), below.len() + 1);
    assert_eq!(
        hs2022.path(code("851713")).map(|(c, _)| c).collect::<Vec<_>>(),
        [code("85"), code("8517"), code("851713")]
    );
    assert!(hs2022.path(code("851713")).all(|(_, title)| title.is_some()));
    assert_eq!(hs2022.parent(code("851713")), Some(code("8517")));
    for unknown in ["851712", "77", "9999", "8517130000"] {
        assert_eq!(hs2022.parent(code(unknown)), None);
        assert_eq!(hs2022.path(code(unknown)).count(), 0);
        assert_eq!(hs2022.children(code(unknown)).count(), 0);
        assert!(hs2022.descendants(code(unknown)).is_empty());
    }
    assert_eq!(hs2022.children(code("851713")).count(), 0);
}

#[test]
fn unknown_codes_say_where_they_are() {
    let message = |edition: Edition, text: &str| {
        let error = Nomenclature::of(&edition).unwrap().check(code(text)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::UnknownCode);
        error.to_string()
    };
    assert_eq!(
        message(Edition::HS2022, "851712"),
        "HS2022 has no code 851712; HS2007 to HS2017 have it: convert it from there"
    );
    assert_eq!(
        message(Edition::HS2017, "851713"),
        "HS2017 has no code 851713; HS2022 has it: convert it from there"
    );
    assert_eq!(message(Edition::HS2022, "851799"), "HS2022 has no code 851799; it has 8517");
    assert_eq!(message(Edition::HS2022, "7701"), "HS2022 has no code 7701");
    assert_eq!(
        message(Edition::HS2022, "8517130000"),
        "HS2022 has no code 8517130000; tariff lines are national, it has 851713"
    );
    assert!(Nomenclature::of(&Edition::HS2022).unwrap().check(code("851713")).is_ok());
}

#[test]
fn national_tariffs_are_not_embedded() {
    let error = Nomenclature::of(&"US-HTS@2025-01-01".parse().unwrap()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert!(error.message().starts_with("edition US-HTS@2025-01-01: "), "{error}");
}

#[test]
fn opened_once_and_shared() {
    let threads: Vec<_> = (0..4)
        .map(|_| {
            std::thread::spawn(|| std::ptr::from_ref(Nomenclature::of(&Edition::HS2012).unwrap()) as usize)
        })
        .collect();
    let places: Vec<usize> = threads.into_iter().map(|thread| thread.join().unwrap()).collect();
    assert!(places.windows(2).all(|pair| pair[0] == pair[1]));
}

#[test]
fn hs2022_with_titles_is_under_400_kb() {
    let hs2022 = Nomenclature::of(&Edition::HS2022).unwrap();
    assert!(hs2022.text.len() < 400_000, "{}", hs2022.text.len());
}

proptest! {
    #[test]
    fn the_tree_laws_hold(at in 0_usize..6936, edition in 0_usize..7) {
        let nomenclature = Nomenclature::of(&Edition::INTERNATIONAL[edition]).unwrap();
        let c = nomenclature.all()[at % nomenclature.len()];
        prop_assert!(nomenclature.check(c).is_ok());
        for below in nomenclature.children(c) {
            prop_assert_eq!(nomenclature.parent(below), Some(c));
        }
        if c.level() < Level::Subheading {
            prop_assert!(nomenclature.children(c).count() > 0);
        }
        if let Some(parent) = c.parent() {
            prop_assert!(nomenclature.children(parent).any(|below| below == c));
        }
        prop_assert_eq!(nomenclature.path(c).last().map(|(last, _)| last), Some(c));
    }
}
