//! HTML character references, as they are left in web-shop titles and exported tables.

/// The longest text between `&` and `;` that is looked at, in bytes.
pub(super) const MAX_BODY: usize = 10;

/// The character that a reference such as `amp`, `#39` or `#x27` (lower case, without `&` and `;`) stands for.
///
/// Accented letters need no table of capitals: text is in lower case by then, and accents are folded anyway.
/// Source: names, WHATWG HTML Living Standard, named character references (the ones that goods texts use).
pub(super) fn decode(body: &str) -> Option<char> {
    if let Some(number) = body.strip_prefix('#') {
        let code = match number.strip_prefix('x') {
            Some(hex) if !hex.is_empty() && hex.bytes().all(|b| b.is_ascii_hexdigit()) => {
                u32::from_str_radix(hex, 16).ok()?
            }
            None if !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()) => {
                number.parse().ok()?
            }
            _ => return None,
        };
        return Some(by_number(code));
    }
    Some(match body {
        "amp" => '&',
        "quot" => '"',
        "apos" => '\'',
        "lt" => '<',
        "gt" => '>',
        "nbsp" | "ensp" | "emsp" | "thinsp" | "tab" | "newline" => ' ',
        "shy" | "zwj" | "zwnj" | "lrm" | "rlm" => '\u{ad}',
        "lsquo" | "rsquo" | "sbquo" | "prime" | "acute" => '\'',
        "ldquo" | "rdquo" | "bdquo" | "laquo" | "raquo" => '"',
        "ndash" | "mdash" | "hyphen" | "minus" => '-',
        "hellip" => '…',
        "bull" | "middot" => '·',
        "times" => '×',
        "divide" => '÷',
        "deg" => '°',
        "plusmn" => '±',
        "micro" | "mu" => 'µ',
        "ohm" | "omega" => 'ω',
        "alpha" => 'α',
        "beta" => 'β',
        "gamma" => 'γ',
        "delta" => 'δ',
        "sup1" => '¹',
        "sup2" => '²',
        "sup3" => '³',
        "frac14" => '¼',
        "frac12" | "half" => '½',
        "frac34" => '¾',
        "trade" => '™',
        "reg" => '®',
        "copy" => '©',
        "euro" => '€',
        "pound" => '£',
        "yen" => '¥',
        "cent" => '¢',
        "sect" => '§',
        "le" => '≤',
        "ge" => '≥',
        "iexcl" => '¡',
        "iquest" => '¿',
        "num" => '#',
        "percnt" => '%',
        "sol" => '/',
        "plus" => '+',
        "comma" => ',',
        "period" => '.',
        "colon" => ':',
        "semi" => ';',
        "lpar" => '(',
        "rpar" => ')',
        "szlig" => 'ß',
        "aelig" => 'æ',
        "oelig" => 'œ',
        "oslash" => 'ø',
        "eth" => 'ð',
        "thorn" => 'þ',
        _ => return accented(body),
    })
}

/// `eacute`, `ntilde`, `ccedil`, ...: one letter and the name of its accent; the accent is folded.
fn accented(body: &str) -> Option<char> {
    let letter = body.chars().next().filter(char::is_ascii_lowercase)?;
    let accents = ["grave", "acute", "circ", "tilde", "uml", "ring", "cedil", "caron"];
    accents.contains(&&body[1..]).then_some(letter)
}

/// As browsers read numbers: 128 to 159 are the letters of Windows-1252, what is no character is U+FFFD.
fn by_number(code: u32) -> char {
    match code {
        128 => '€',
        130 | 145 | 146 => '\'',
        132 | 147 | 148 => '"',
        133 => '…',
        138 | 154 => 's',
        140 | 156 => 'œ',
        142 | 158 => 'z',
        149 => '·',
        150 | 151 => '-',
        153 => '™',
        159 => 'y',
        0 => '\u{fffd}',
        _ => char::from_u32(code).unwrap_or('\u{fffd}'),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_numbers_and_nonsense() {
        assert_eq!(decode("amp"), Some('&'));
        assert_eq!(decode("#39"), Some('\''));
        assert_eq!(decode("#x27"), Some('\''));
        assert_eq!(decode("#0039"), Some('\''));
        assert_eq!(decode("#146"), Some('\''));
        assert_eq!(decode("eacute"), Some('e'));
        assert_eq!(decode("ntilde"), Some('n'));
        assert_eq!(decode("#xd800"), Some('\u{fffd}'));
        for bad in ["", "#", "#x", "#12a", "#xg1", "#-1", "#+1", "nothing", "éacute", "m", "99999"] {
            assert_eq!(decode(bad), None, "{bad}");
        }
    }
}
