//! What forms of a word have in common: endings of the plural, consonants.

/// The word without the ending of its English plural. Short words and words with digits or letters beyond
/// ASCII stay as they are.
pub(super) fn stem<'a>(word: &'a str, buffer: &'a mut String) -> &'a str {
    let bytes = word.as_bytes();
    let length = bytes.len();
    if length < 4 || bytes[length - 1] != b's' || !bytes.iter().all(u8::is_ascii_lowercase) {
        return word;
    }
    if word.ends_with("ies") && length > 4 {
        buffer.clear();
        buffer.push_str(&word[..length - 3]);
        buffer.push('y');
        return buffer;
    }
    if ["sses", "shes", "ches", "xes", "zes"].iter().any(|ending| word.ends_with(ending)) {
        return &word[..length - 2];
    }
    if ["ss", "us", "is"].iter().any(|ending| word.ends_with(ending)) {
        return word;
    }
    &word[..length - 1]
}

/// Writes the consonants of a word into `out`: the first letter, then what is no vowel, doubles once.
pub(super) fn skeleton(word: &str, out: &mut Vec<u8>) {
    out.clear();
    for (at, byte) in word.bytes().enumerate() {
        if (at == 0 || !matches!(byte, b'a' | b'e' | b'i' | b'o' | b'u')) && out.last() != Some(&byte) {
            out.push(byte);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plurals_meet_their_singulars() {
        for (word, expected) in [
            ("boxes", "box"),
            ("brushes", "brush"),
            ("batteries", "battery"),
            ("knives", "knive"),
            ("dresses", "dress"),
            ("glass", "glass"),
            ("citrus", "citrus"),
            ("ties", "tie"),
            ("gas", "gas"),
            ("shoes", "shoe"),
            ("a4s", "a4s"),
            ("ça", "ça"),
        ] {
            assert_eq!(stem(word, &mut String::new()), expected);
        }
    }

    proptest::proptest! {
        #[test]
        fn a_stem_is_its_own_stem(word in "[a-z]{0,6}(i|h|s|x|ch)?(e?s){0,3}") {
            let once = stem(&word, &mut String::new()).to_owned();
            let mut buffer = String::new();
            proptest::prop_assert_eq!(stem(&once, &mut buffer), &once);
        }
    }

    #[test]
    fn dropped_vowels_leave_the_skeleton() {
        let mut full = Vec::new();
        let mut cut = Vec::new();
        for (word, label) in [("stainless", "stnlss"), ("conditioner", "cndtnr"), ("plastic", "plstc")] {
            skeleton(word, &mut full);
            skeleton(label, &mut cut);
            assert_eq!(full, cut, "{word}");
        }
    }
}
