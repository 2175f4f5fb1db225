//! Which descriptions are refused, warned of, or taken; and how seldom good ones are refused.

#![allow(clippy::unwrap_used, reason = "a test may fail by panic")]

use std::fs;
use std::path::Path;

use hscode_core::text::{Check, FindingReason, MAX_DESCRIPTION_BYTES, VagueTerms, Verdict, check};
use proptest::prelude::*;

#[test]
fn refuses_what_names_no_article() {
    use FindingReason::*;
    let rows = [
        ("", Empty),
        (" \t\u{200b}\0", Empty),
        ("!!! ...", NoLetters),
        ("🎁🎁", NoLetters),
        ("12345", OnlyCodesOrQuantities),
        ("10 pcs 5 kg", OnlyCodesOrQuantities),
        ("4711-0815", OnlyCodesOrQuantities),
        ("20-20-20", OnlyCodesOrQuantities),
        ("powder", VagueTerm),
        ("A1B2C3D4E5F6", OnlyCodesOrQuantities),
        ("k", TooShort),
        ("xxx", Placeholder),
        ("test", Placeholder),
        ("N/A", Placeholder),
        ("asdf", Placeholder),
        ("gift", PurposeOnly),
        ("GIFTS!", PurposeOnly),
        ("Gift for her", PurposeOnly),
        ("birthday gift", PurposeOnly),
        ("10 cartons of samples", PurposeOnly),
        ("Parts", VagueTerm),
        ("spare parts", VagueTerm),
        ("SPARE-PARTS", VagueTerm),
        ("auto parts", VagueTerm),
        ("steel parts", VagueTerm),
        ("parts & accessories", VagueTerm),
        ("new accessories", VagueTerm),
        ("goods", VagueTerm),
        ("various merchandise", VagueTerm),
        ("electronics", VagueTerm),
        ("clothes", VagueTerm),
        ("clothes and accessories", VagueTerm),
        ("tools", VagueTerm),
        ("chemicals", VagueTerm),
        ("general cargo", MixedCargo),
        ("FAK", MixedCargo),
        ("F.A.K.", MixedCargo),
        ("STC 20 pallets", MixedCargo),
        ("said to contain", MixedCargo),
        ("personal effects", PersonalEffects),
        ("used household goods", PersonalEffects),
        ("boxes", PackagingOnly),
        ("as per invoice", ReferenceToDocument),
        ("As per attached invoice no. 4711", ReferenceToDocument),
        ("see packing list", ReferenceToDocument),
        ("new", VagueTerm),
        ("regalo", PurposeOnly),
        ("Mercancías varias", VagueTerm),
        ("efectos personales", PersonalEffects),
        ("según factura", ReferenceToDocument),
        ("cadeaux", PurposeOnly),
        ("pièces détachées", VagueTerm),
        ("échantillons sans valeur commerciale", PurposeOnly),
        ("Geschenk", PurposeOnly),
        ("Ersatzteile", VagueTerm),
        ("laut Rechnung", ReferenceToDocument),
        ("礼品", PurposeOnly),
        ("零配件", VagueTerm),
        ("日用百货", VagueTerm),
    ];
    for (raw, reason) in rows {
        let check = check(raw);
        assert_eq!(check.verdict, Verdict::Refuse, "{raw}: {check:?}");
        assert!(check.findings.iter().any(|finding| finding.reason == reason), "{raw}: {check:?}");
    }
}

#[test]
fn warns_of_what_may_be_too_little() {
    for raw in [
        "spare parts for Toyota Corolla: brake pads",
        "cotton shirts as per invoice",
        "STC cotton shirts",
        "toys",
        "shoes",
        "gift toys",
        "toys and shoes",
        "steel",
        "pipes",
        "tv",
        "CR2032",
        "samples box",
        "used clothing",
        "R-134a",
        "PS4",
        "SM-G991B",
        "zapatos",
        "Schuhe",
        "玩具",
    ] {
        let check = check(raw);
        assert_eq!(check.verdict, Verdict::Warn, "{raw}: {check:?}");
        assert!(check.findings.iter().all(|finding| !finding.advice.is_empty()));
    }
}

#[test]
fn takes_what_names_an_article() {
    for raw in [
        "gift wrapping paper",
        "gift box of bath salts",
        "mens cotton crew neck tee",
        "sample cups, plastic, 50 ml",
        "pregnancy test",
        "steel pipes",
        "leather shoes",
        "oil lamp",
        "probe",
        "wooden boxes",
        "cardboard boxes",
        "tool box, steel",
        "baby powder",
        "iron powder",
        "clothes hangers",
        "food processor",
        "electronic kitchen scale",
        "machine oil",
        "iphone 13",
        "茶",
        "礼品袋",
        "棉质T恤",
        "chocolat",
        "Baumwollhemd",
    ] {
        let check = check(raw);
        assert_eq!(check.verdict, Verdict::Acceptable, "{raw}: {check:?}");
        assert!(check.findings.is_empty());
    }
}

#[test]
fn findings_point_at_the_term_and_advise_by_kind() {
    let raw = "Cotton shirts, AS PER INVOICE 12";
    let check = check(raw);
    let finding = &check.findings[0];
    assert_eq!(&raw[finding.start..finding.end], "AS PER INVOICE");
    assert_eq!(finding.term, "as per invoice");
    assert!(finding.advice.starts_with("Write out what the other paper says"));
    let advice = |raw: &str| hscode_core::text::check(raw).findings[0].advice;
    assert!(advice("car parts").contains("which machine or vehicle"));
    assert!(advice("clothing").contains("knitted or woven"));
    assert!(advice("chemicals").contains("CAS number"));
    assert!(advice("shoes").contains("upper and the sole"));
}

#[test]
fn long_text_is_warned_of() {
    let check = check(&"cotton shirt ".repeat(MAX_DESCRIPTION_BYTES));
    assert_eq!(check.verdict, Verdict::Warn);
    assert_eq!(check.findings[0].reason, FindingReason::TooLong);
}

#[cfg(feature = "serde")]
#[test]
fn json_is_stable() {
    let json = serde_json::to_string(&check("Gifts")).unwrap();
    assert_eq!(
        json,
        "{\"verdict\":\"refuse\",\"findings\":[{\"reason\":\"purpose_only\",\"verdict\":\"refuse\",\"term\":\"gifts\",\
         \"start\":0,\"end\":5,\"advice\":\"Say what the gift is: each article, its material and its use; that it is \
         a gift belongs in the type of transaction.\"}]}"
    );
    assert_eq!(
        serde_json::to_string(&check("mens cotton tee")).unwrap(),
        r#"{"verdict":"acceptable","findings":[]}"#
    );
}

#[test]
fn an_office_may_have_its_own_list() {
    let list = VagueTerms::parse(
        "# version: 3\nterm\tlanguage\tkind\tembedded\treason\tadvice\tsince\tuntil\tsource\n\
         widget\ten\trefuse\twarn\tvague_term\twhat\t2026-11-26\t\tours\n",
    )
    .unwrap();
    assert_eq!(list.version(), 3);
    assert_eq!(list.check("Widgets").verdict, Verdict::Refuse);
    assert_eq!(list.check("brass widgets").verdict, Verdict::Warn);
    assert_eq!(list.check("gift").verdict, Verdict::Acceptable);
}

proptest! {
    #[test]
    fn any_text_has_a_verdict(raw in "\\PC*") {
        verdict_holds_together(&raw, &check(&raw))?;
    }

    #[test]
    fn any_bytes_have_a_verdict(bytes in proptest::collection::vec(any::<u8>(), 0..128)) {
        let raw = String::from_utf8_lossy(&bytes);
        verdict_holds_together(&raw, &check(&raw))?;
    }

    #[test]
    fn terms_in_any_company(words in proptest::collection::vec(
        "(gifts?|parts|as|per|invoice|and|of|spare|box|steel|shoes|brake|pads|[0-9]{1,3}|样品|xxx|&amp;|!|\u{301})", 0..8))
    {
        let raw = words.join(" ");
        verdict_holds_together(&raw, &check(&raw))?;
        prop_assert_eq!(check(&raw.to_uppercase()).verdict, check(&raw).verdict);
    }
}

fn verdict_holds_together(raw: &str, check: &Check) -> Result<(), TestCaseError> {
    let worst = check.findings.iter().map(|finding| finding.verdict).max();
    prop_assert_eq!(check.verdict, worst.unwrap_or(Verdict::Acceptable));
    for finding in &check.findings {
        prop_assert!(finding.start <= finding.end && finding.end <= raw.len());
        prop_assert!(raw.is_char_boundary(finding.start) && raw.is_char_boundary(finding.end));
        prop_assert!(finding.verdict != Verdict::Acceptable);
    }
    Ok(())
}

/// The descriptions of the data folder name their article: a refusal is a fault of the list or of the row.
fn rates(every: usize) -> (usize, Vec<String>, usize) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../data/descriptions");
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let (mut read, mut refused, mut warned) = (0, Vec::new(), 0);
    for file in files {
        for line in fs::read_to_string(&file).unwrap().lines().skip(1).step_by(every) {
            let raw = line.split('\t').nth(2).unwrap();
            read += 1;
            match check(raw).verdict {
                Verdict::Refuse => refused.push(line.to_owned()),
                Verdict::Warn => warned += 1,
                _ => {}
            }
        }
    }
    (read, refused, warned)
}

#[test]
fn good_descriptions_are_seldom_refused() {
    let (read, refused, warned) = rates(10);
    assert!(read > 30_000, "{read}");
    assert!(refused.len() * 1_250 < read, "{} of {read} refused: {refused:#?}", refused.len());
    assert!(warned * 20 < read, "{warned} of {read} warned of");
}

#[test]
#[ignore = "prints the rates over all descriptions"]
fn print_rates() {
    let (read, refused, warned) = rates(1);
    refused.iter().for_each(|line| println!("refused: {line}"));
    println!("read {read}, refused {}, warned of {warned}", refused.len());
}
