//! Laws of normalisation and tokens, over every character and over arbitrary text.

use hscode_core::text::{Description, MAX_DESCRIPTION_BYTES, TokenKind, normalise};
use proptest::prelude::*;

/// Holds for every text whatever.
fn laws(description: &mut Description, raw: &str) -> Result<(), String> {
    description.read(raw);
    let text = description.text().to_owned();
    let tokens: Vec<_> = description.tokens().collect();
    let joined: Vec<_> = tokens.iter().map(|token| token.text).collect();
    let law =
        |holds: bool, what: &str| if holds { Ok(()) } else { Err(format!("{what}: {raw:?} -> {text:?}")) };
    law(text.len() <= MAX_DESCRIPTION_BYTES, "is bounded")?;
    law(normalise(&text) == text, &format!("stays as it is, got {:?}", normalise(&text)))?;
    law(!text.starts_with(' ') && !text.ends_with(' ') && !text.contains("  "), "white space is single")?;
    law(text.chars().all(|c| !c.is_control() && (c == ' ' || !c.is_whitespace())), "white space is a space")?;
    law(description.canonical() == joined.join(" "), "canonical text is the tokens")?;
    let mut last = (0, 0);
    for token in &tokens {
        law(!token.text.is_empty() && !token.text.contains('\''), "tokens have text")?;
        law(token.start < token.end && token.end <= raw.len(), "tokens are within the raw text")?;
        law(raw.is_char_boundary(token.start) && raw.is_char_boundary(token.end), "tokens cut no character")?;
        law((token.start, token.end) >= last && token.end >= last.1, "tokens ascend")?;
        last = (token.start, token.end);
    }
    law(
        description.has_words() == tokens.iter().any(|token| token.kind == TokenKind::Word),
        "has words if there is one",
    )?;
    let kinds: Vec<_> = tokens.iter().map(|token| (token.text.to_owned(), token.kind)).collect();
    description.read(&text);
    let again: Vec<_> = description.tokens().map(|token| (token.text.to_owned(), token.kind)).collect();
    law(again == kinds, "normal text has the same tokens")
}

#[test]
fn every_character_alone_and_in_company() {
    let mut description = Description::new();
    // All planes that have characters; the rest is unassigned or private.
    for c in ('\0'..='\u{323af}').chain('\u{e0000}'..='\u{e0fff}').chain('\u{10fff0}'..=char::MAX) {
        for raw in
            [format!("{c}"), format!("a{c}b"), format!("5{c}5"), format!("к{c}\u{301}"), format!("&{c}amp;")]
        {
            laws(&mut description, &raw).unwrap();
        }
    }
}

/// Pieces that make trouble together.
fn trouble() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        "\\PC{1,4}",
        "[a-z]{1,8}",
        "[0-9.,/x]{1,8}",
        "&(amp|quot|nbsp|#39|#x27|#8203|#769|eacute|frac12|semi|#59|#38|#894|#1103|zz);?",
        Just("&".to_owned()),
        Just(";".to_owned()),
        Just("\u{ff1b}".to_owned()),
        Just("\u{ff06}amp".to_owned()),
        Just("amp;".to_owned()),
        Just("'".to_owned()),
        Just("-".to_owned()),
        Just("\"".to_owned()),
        Just("\0".to_owned()),
        Just("\u{200b}".to_owned()),
        "[\u{300}-\u{36f}]{1,12}",
        "[\u{590}-\u{5cf}\u{640}-\u{670}]{1,4}",
        "[\u{1100}-\u{11ff}]{1,4}",
        "[\u{900}-\u{d7f}]{1,4}",
        "[\u{3040}-\u{30ff}\u{3099}\u{309a}\u{ff61}-\u{ff9f}]{1,4}",
        "[\u{400}-\u{4ff}]{1,3}",
        "[\u{4e00}-\u{4e20}]{1,3}",
        "[\u{bc}-\u{be}\u{2070}-\u{208e}\u{2150}-\u{215f}\u{2460}-\u{2473}\u{33a0}-\u{33c0}]",
        "(kg|ml|inch|in|ft|fl oz|sq m|t shirt|t-shirt|<br>|</b|№|d'olive|wi-fi|m2|x| )",
    ];
    proptest::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4096, ..ProptestConfig::default() })]

    #[test]
    fn laws_hold_for_trouble(raw in trouble()) {
        laws(&mut Description::new(), &raw).map_err(TestCaseError::fail)?;
    }

    #[test]
    fn laws_hold_for_printable_text(raw in "\\PC*") {
        laws(&mut Description::new(), &raw).map_err(TestCaseError::fail)?;
    }

    #[test]
    fn laws_hold_for_any_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..256)) {
        laws(&mut Description::new(), &String::from_utf8_lossy(&bytes)).map_err(TestCaseError::fail)?;
    }

    #[test]
    fn a_used_reader_reads_as_a_new_one(first in trouble(), second in trouble()) {
        let (mut used, mut new) = (Description::new(), Description::new());
        used.read(&first);
        used.read(&second);
        new.read(&second);
        prop_assert_eq!(used.text(), new.text());
        prop_assert!(used.tokens().eq(new.tokens()));
    }
}

#[test]
fn case_and_accents_say_nothing() {
    let rows = [
        ("CAFÉ FILTERS", "cafe filters"),
        ("cafe\u{301} filters", "Café ﬁlters"),
        ("ΕΛΑΙΟΛΑΔΟ", "ελαιόλαδο"),
        ("ёлка", "ЕЛКА"),
        ("ＣＯＴＴＯＮ　１００％", "cotton 100%"),
        ("МОЙКА", "мойка"),
        ("İPEK EŞARP", "ipek eşarp"),
        ("Straße", "STRASSE"),
        ("ﾀｵﾙ", "タオル"),
        ("ｶﾞﾗｽ", "ガラス"),
        ("한글", "한글"),
    ];
    for (one, other) in rows {
        assert_eq!(normalise(one), normalise(other), "{one} {other}");
    }
    assert_ne!(normalise("мойка"), normalise("моика"), "й is a letter, not an accent");
    assert_ne!(normalise("ガラス"), normalise("カラス"), "dakuten are no accents");
}

#[test]
fn bombs_are_bounded_in_time_and_space() {
    let megabyte = 1 << 20;
    let bombs = [
        "a".repeat(megabyte),
        "\u{301}".repeat(megabyte),
        format!("e{}", "\u{301}".repeat(megabyte)),
        format!("к{}", "\u{301}\u{316}".repeat(megabyte)),
        "\u{fdfa}".repeat(megabyte),
        "&amp;".repeat(megabyte),
        format!("{};", "&amp".repeat(megabyte)),
        format!("{};", "&#59".repeat(1000)),
        format!("{};", "&#894".repeat(800)),
        format!("&{}", "amp;".repeat(1000)),
        "&#38;".repeat(800),
        ";".repeat(megabyte),
        " ".repeat(megabyte),
        "\0".repeat(megabyte),
        "1,".repeat(megabyte),
        "1/".repeat(megabyte),
        "5x".repeat(megabyte),
        "5cmx".repeat(megabyte),
        "5cm".repeat(megabyte),
        "a1-".repeat(megabyte),
        "a-1".repeat(megabyte),
        "<a".repeat(megabyte),
        "\u{e01}\u{e31}".repeat(megabyte),
        "\u{915}\u{94d}".repeat(megabyte),
        "5'".repeat(megabyte),
        "d'".repeat(megabyte),
        "a-".repeat(megabyte),
        "a.".repeat(megabyte),
        "1in ".repeat(megabyte),
        "t shirt ".repeat(megabyte),
        "棉".repeat(megabyte),
        "\u{1100}\u{1161}\u{11a8}".repeat(megabyte),
        "👕".repeat(megabyte),
    ];
    let mut description = Description::new();
    for bomb in &bombs {
        let start: String = bomb.chars().take(8).collect();
        let clock = std::time::Instant::now();
        description.read(bomb);
        let took = clock.elapsed();
        // Catches work that grows with the square of the text, not a slow machine.
        assert!(took.as_secs() < 5, "{start:?}: {took:?}");
        assert_eq!(description.truncated(), bomb.len() > MAX_DESCRIPTION_BYTES || start.contains('\u{fdfa}'));
        laws(&mut description, bomb).unwrap();
        assert!(description.canonical().len() <= 8 * MAX_DESCRIPTION_BYTES);
    }
}

#[test]
fn long_text_is_cut_at_a_character_and_flagged() {
    let mut description = Description::new();
    let raw = format!("{}é rest", "a".repeat(MAX_DESCRIPTION_BYTES - 1));
    description.read(&raw);
    assert!(description.truncated());
    assert_eq!(description.text(), "a".repeat(MAX_DESCRIPTION_BYTES - 1));
    description.read(&"a".repeat(MAX_DESCRIPTION_BYTES));
    assert!(!description.truncated());
}
