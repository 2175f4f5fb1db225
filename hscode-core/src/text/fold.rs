//! What single characters become: typography to ASCII, white space, what is invisible, letters without accents.

/// Typographic variants that mean an ASCII sign, and Latin letters that have no decomposition.
pub(super) fn replacement(c: char) -> Option<&'static str> {
    Some(match c {
        // Apostrophes and single quotes; the prime is a foot mark after numbers.
        '\u{b4}' | '\u{2b9}' | '\u{2bb}'..='\u{2bd}' | '\u{2c8}' | '\u{2018}'..='\u{201b}' => "'",
        '\u{2032}' | '\u{2035}' | '\u{2039}' | '\u{203a}' | '\u{ff07}' => "'",
        // Double quotes; the double prime is an inch mark.
        '\u{ab}' | '\u{bb}' | '\u{2ba}' | '\u{2dd}' | '\u{201c}'..='\u{201f}' => "\"",
        '\u{2033}' | '\u{2036}' | '\u{301d}'..='\u{301f}' | '\u{ff02}' => "\"",
        '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{2043}' | '\u{fe58}' | '\u{fe63}' | '\u{ff0d}' => "-",
        '\u{d7}' | '\u{2715}' | '\u{2716}' | '\u{2a2f}' => "x",
        '\u{2044}' | '\u{2215}' | '\u{29f8}' => "/",
        '\u{3001}' | '\u{60c}' => ",",
        '\u{3002}' => ".",
        '\u{ba}' => "°",
        '\u{2116}' => "no.", // №5 must not read as a code
        'ß' => "ss",
        'æ' | 'ǽ' => "ae",
        'œ' => "oe",
        'ø' | 'ɵ' => "o",
        'ð' | 'đ' | 'ɖ' => "d",
        'þ' => "th",
        'ł' => "l",
        'ħ' => "h",
        'ı' => "i",
        'ŋ' => "n",
        'ĸ' => "k",
        'ŧ' => "t",
        'ς' => "σ",
        _ => return None,
    })
}

/// Vulgar fractions: `1½` must not read as 11/2.
pub(super) fn is_fraction(c: char) -> bool {
    matches!(c, '\u{bc}'..='\u{be}' | '\u{2150}'..='\u{215f}' | '\u{2189}')
}

/// White space and what stands in its place: control characters, private use, the replacement character.
pub(super) fn is_white(c: char) -> bool {
    c.is_whitespace()
        || c.is_control()
        || matches!(c, '\u{fffc}' | '\u{fffd}' | '\u{e000}'..='\u{f8ff}' | '\u{f0000}'..='\u{10ffff}')
}

/// Characters of no width and no meaning here: joiners, direction marks, variation selectors, fillers, tags.
///
/// Source: Unicode, Default_Ignorable_Code_Point.
pub(super) fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{640}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
        | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}'
        | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

/// Vowel points that are usually left out: Hebrew points and accents, Arabic harakat.
pub(super) fn is_optional_mark(c: char) -> bool {
    matches!(c, '\u{591}'..='\u{5bd}' | '\u{5bf}' | '\u{5c1}' | '\u{5c2}' | '\u{5c4}' | '\u{5c5}' | '\u{5c7}'
        | '\u{610}'..='\u{61a}' | '\u{64b}'..='\u{652}' | '\u{670}' | '\u{6d6}'..='\u{6dc}')
}

/// Whether accents on this letter are dropped: Latin (resumé), Greek (capitals carry none); not й or が.
pub(super) fn drops_accents(base: char) -> bool {
    !base.is_alphabetic()
        || matches!(base, '\0'..='\u{24f}' | '\u{250}'..='\u{2ff}' | '\u{370}'..='\u{3ff}'
            | '\u{1d00}'..='\u{1dbf}' | '\u{1e00}'..='\u{1fff}' | '\u{2c60}'..='\u{2c7f}'
            | '\u{a720}'..='\u{a7ff}' | '\u{ab30}'..='\u{ab6f}')
}

/// The ASCII digit of a decimal digit of another script (Unicode category Nd; the scripts in use).
pub(super) fn digit(c: char) -> Option<u8> {
    const ZEROS: [u32; 22] = [
        0x660, 0x6f0, 0x7c0, 0x966, 0x9e6, 0xa66, 0xae6, 0xb66, 0xbe6, 0xc66, 0xce6, 0xd66, 0xe50, 0xed0,
        0xf20, 0x1040, 0x17e0, 0x1810, 0x1946, 0x19d0, 0x1b50, 0xa9d0,
    ];
    let code = u32::from(c);
    if code < 0x660 {
        return None;
    }
    ZEROS.iter().find(|&&zero| (zero..zero + 10).contains(&code)).map(|zero| b'0' + (code - zero) as u8)
}

/// Characters that compatibility decomposition turns into a semicolon.
pub(super) fn is_semicolon(c: char) -> bool {
    matches!(c, ';' | '\u{37e}' | '\u{fe14}' | '\u{fe54}' | '\u{ff1b}')
}
