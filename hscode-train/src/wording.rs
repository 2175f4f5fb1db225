//! Small changes to a text, all on ASCII rules: attributes, abbreviations,
//! typing errors, plural, word order.

use crate::rng::SplitMix64;

const COLOURS: [&str; 24] = [
    "black",
    "white",
    "red",
    "blue",
    "green",
    "grey",
    "pink",
    "navy",
    "beige",
    "brown",
    "silver",
    "gold",
    "purple",
    "yellow",
    "orange",
    "ivory",
    "teal",
    "khaki",
    "burgundy",
    "turquoise",
    "cream",
    "multicolour",
    "rose gold",
    "dark blue",
];
const SIZES: [&str; 20] = [
    "S",
    "M",
    "L",
    "XL",
    "XXL",
    "small",
    "medium",
    "large",
    "size 8",
    "size 10",
    "size 12",
    "size 42",
    "A4",
    "A5",
    "mini",
    "one size",
    "jumbo",
    "full size",
    "travel size",
    "2XL",
];
const UNITS: [&str; 16] =
    ["ml", "g", "kg", "cm", "mm", "m", "l", "oz", "inch", "lb", "V", "W", "mg", "ft", "gsm", "in"];
const AMOUNTS: [&str; 18] = [
    "1", "2", "3", "5", "10", "12", "15", "20", "25", "30", "50", "60", "100", "120", "200", "250", "500",
    "750",
];
const PACKS: [&str; 12] = [
    "x2",
    "x10",
    "2 pcs",
    "3 pack",
    "pack of 6",
    "set of 4",
    "12pcs",
    "10 pieces",
    "1 pc",
    "lot",
    "1 pair",
    "box of 24",
];
const EXTRAS: [&str; 20] = [
    "new",
    "gift",
    "vintage",
    "handmade",
    "used",
    "sample",
    "replacement",
    "for home",
    "2024",
    "custom",
    "free shipping",
    "premium",
    "original",
    "no battery",
    "spare",
    "bulk",
    "Christmas gift",
    "(new)",
    "UK",
    "personalised",
];
const ONSETS: [&str; 24] = [
    "b", "br", "c", "d", "dr", "f", "g", "h", "j", "k", "l", "m", "n", "p", "r", "s", "st", "t", "tr", "v",
    "w", "x", "y", "z",
];
const VOWELS: [&str; 10] = ["a", "e", "i", "o", "u", "a", "o", "i", "ee", "ay"];
const CODAS: [&str; 12] = ["", "", "", "n", "x", "l", "r", "s", "co", "tek", "lle", "nd"];

/// Splits at ASCII white space.
pub(crate) fn words_of(text: &str) -> Vec<&str> {
    text.split_ascii_whitespace().collect()
}

fn of<'a>(list: &[&'a str], rng: &mut SplitMix64) -> &'a str {
    rng.pick(list).copied().unwrap_or("")
}

/// Makes a word that looks like a brand, or a model number.
pub(crate) fn brand(rng: &mut SplitMix64) -> String {
    let mut out = String::new();
    if rng.percent(20) {
        for _ in 0..1 + rng.below(3) {
            out.push(char::from(b'A' + rng.below(26) as u8));
        }
        if rng.percent(50) {
            out.push('-');
        }
        for _ in 0..2 + rng.below(3) {
            out.push(char::from(b'0' + rng.below(10) as u8));
        }
        return out;
    }
    for _ in 0..1 + rng.below(2) {
        out.push_str(of(&ONSETS, rng));
        out.push_str(of(&VOWELS, rng));
    }
    out.push_str(of(&ONSETS, rng));
    out.push_str(of(&VOWELS, rng));
    out.push_str(of(&CODAS, rng));
    capital(&out)
}

fn attribute(rng: &mut SplitMix64) -> String {
    match rng.below(6) {
        0 | 1 => of(&COLOURS, rng).to_owned(),
        2 => of(&SIZES, rng).to_owned(),
        3 => {
            let gap = if rng.percent(50) { "" } else { " " };
            format!("{}{gap}{}", of(&AMOUNTS, rng), of(&UNITS, rng))
        }
        4 => of(&PACKS, rng).to_owned(),
        _ => of(&EXTRAS, rng).to_owned(),
    }
}

/// Puts `count` attributes before or behind the text.
pub(crate) fn add_attributes(text: &str, count: usize, rng: &mut SplitMix64) -> String {
    let mut out = text.to_owned();
    for _ in 0..count {
        let extra = if rng.percent(20) { brand(rng) } else { attribute(rng) };
        out = match rng.below(10) {
            0..=3 => format!("{extra} {out}"),
            4..=7 => format!("{out} {extra}"),
            8 => format!("{out}, {extra}"),
            _ => format!("{out} - {extra}"),
        };
    }
    out
}

/// Exchanges colours and some numbers for others.
pub(crate) fn swap_attributes(text: &str, rng: &mut SplitMix64) -> String {
    let mut out: Vec<String> = Vec::new();
    for word in words_of(text) {
        let bare = word.trim_matches(|c: char| !c.is_ascii_alphanumeric());
        let lower = bare.to_ascii_lowercase();
        if COLOURS.contains(&lower.as_str()) {
            out.push(word.replace(bare, of(&COLOURS, rng)));
        } else if !bare.is_empty() && bare.bytes().all(|b| b.is_ascii_digit()) && rng.percent(50) {
            out.push(word.replace(bare, of(&AMOUNTS, rng)));
        } else {
            out.push(word.to_owned());
        }
    }
    out.join(" ")
}

fn is_vowel(byte: u8) -> bool {
    matches!(byte.to_ascii_lowercase(), b'a' | b'e' | b'i' | b'o' | b'u')
}

/// Shortens a word of more than four ASCII letters: without its inner vowels
/// (`by_vowels`), or cut to its first three to five letters.
pub(crate) fn abbreviate(word: &str, by_vowels: bool) -> String {
    if word.len() <= 4 || !word.bytes().all(|b| b.is_ascii_alphabetic()) {
        return word.to_owned();
    }
    if !by_vowels {
        return word.chars().take(2 + word.len() / 3).take(5).collect();
    }
    let mut out = String::new();
    let mut before = 0u8;
    for (at, byte) in word.bytes().enumerate() {
        let doubled = byte.eq_ignore_ascii_case(&before);
        if at == 0 || (!is_vowel(byte) && !doubled) {
            out.push(char::from(byte));
        }
        before = byte;
    }
    out
}

/// Cuts after `limit` characters.
pub(crate) fn cut(text: &str, limit: usize) -> String {
    text.chars().take(limit).collect()
}

fn capital(word: &str) -> String {
    let mut chars = word.chars();
    match chars.next() {
        Some(first) => {
            let mut out = String::from(first.to_ascii_uppercase());
            out.push_str(chars.as_str());
            out
        }
        None => String::new(),
    }
}

/// Capitalises every word.
pub(crate) fn title_case(text: &str) -> String {
    let words: Vec<String> = words_of(text).into_iter().map(capital).collect();
    words.join(" ")
}

/// Toggles plural and singular by the commonest rules of English spelling.
pub(crate) fn plural(word: &str) -> String {
    let lower = word.to_ascii_lowercase();
    if word.len() < 3 || !lower.bytes().all(|b| b.is_ascii_alphabetic()) {
        return word.to_owned();
    }
    if let Some(stem) = lower.strip_suffix("ies") {
        return format!("{stem}y");
    }
    for end in ["ches", "shes", "xes", "sses"] {
        if lower.ends_with(end) {
            return lower.get(..lower.len() - 2).unwrap_or(&lower).to_owned();
        }
    }
    if lower.ends_with('s') && !lower.ends_with("ss") && !lower.ends_with("us") {
        return lower.get(..lower.len() - 1).unwrap_or(&lower).to_owned();
    }
    for end in ["ch", "sh", "x", "ss"] {
        if lower.ends_with(end) {
            return format!("{word}es");
        }
    }
    if let Some(stem) = lower.strip_suffix('y')
        && !stem.bytes().last().is_some_and(is_vowel)
    {
        return format!("{stem}ies");
    }
    if lower.ends_with('s') {
        return word.to_owned();
    }
    format!("{word}s")
}

/// Makes one typing error in a word of at least four ASCII letters.
pub(crate) fn typo(word: &str, rng: &mut SplitMix64) -> String {
    let n = word.len();
    if n < 4 || !word.is_ascii() {
        return word.to_owned();
    }
    let mut bytes = word.as_bytes().to_vec();
    let at = 1 + rng.below(n - 2);
    match rng.below(4) {
        0 => bytes.swap(at, at + 1),
        1 => {
            bytes.remove(at);
        }
        2 => bytes.insert(at, bytes[at]),
        _ => bytes[at] = b'a' + rng.below(26) as u8,
    }
    String::from_utf8(bytes).unwrap_or_else(|_| word.to_owned())
}

/// Puts the head (the last one or two words before a comma) first, in the
/// plural half of the time: "ceramic soup bowl" becomes "bowls, ceramic soup".
pub(crate) fn invert(text: &str, rng: &mut SplitMix64) -> String {
    let first = text.split(',').next().unwrap_or(text);
    let words = words_of(first);
    if words.len() < 2 || words.len() > 8 {
        return plural(text);
    }
    let heads = if words.len() > 3 && rng.percent(40) { 2 } else { 1 };
    let (rest, head) = words.split_at(words.len() - heads);
    let mut head: Vec<String> = head.iter().map(|w| (*w).to_owned()).collect();
    if rng.percent(50)
        && let Some(last) = head.last_mut()
    {
        *last = plural(last);
    }
    let join = if rng.percent(70) { ", " } else { " - " };
    format!("{}{join}{}", head.join(" "), rest.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plurals_both_ways() {
        for (one, many) in [
            ("bowl", "bowls"),
            ("box", "boxes"),
            ("brush", "brushes"),
            ("battery", "batteries"),
            ("toy", "toys"),
            ("glass", "glasses"),
        ] {
            assert_eq!(plural(one), many);
            assert_eq!(plural(many), one);
        }
        assert_eq!(plural("xl5"), "xl5");
        assert_eq!(plural("Größe"), "Größe");
    }

    #[test]
    fn abbreviations() {
        assert_eq!(abbreviate("cleanser", true), "clnsr");
        assert_eq!(abbreviate("bottle", true), "btl");
        assert_eq!(abbreviate("women", false), "wom");
        assert_eq!(abbreviate("cup", true), "cup");
        assert_eq!(abbreviate("t-shirt", true), "t-shirt");
    }

    #[test]
    fn typo_keeps_text_valid() {
        for item in 0..500 {
            let mut rng = SplitMix64::for_item(5, item);
            let out = typo("cleanser", &mut rng);
            assert!((7..=9).contains(&out.len()));
            assert_eq!(typo("Größe", &mut rng), "Größe");
        }
    }

    #[test]
    fn head_first() {
        let seen: Vec<String> =
            (0..50).map(|n| invert("ceramic soup bowl", &mut SplitMix64::for_item(1, n))).collect();
        assert!(seen.contains(&"bowls, ceramic soup".to_owned()));
        assert!(seen.contains(&"bowl - ceramic soup".to_owned()));
    }

    #[test]
    fn cut_counts_characters() {
        assert_eq!(cut("Größe", 3), "Grö");
    }
}
