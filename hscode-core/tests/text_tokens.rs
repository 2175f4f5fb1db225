//! What becomes which token: the rules of docs/descriptions.md.

use hscode_core::text::{Description, TokenKind};

/// `word`, `#number`, `@unit`, `!code`.
fn tokens(raw: &str) -> String {
    let mut description = Description::new();
    description.read(raw);
    let marked: Vec<_> = description
        .tokens()
        .map(|token| {
            let mark = match token.kind {
                TokenKind::Number => "#",
                TokenKind::Unit => "@",
                TokenKind::Code => "!",
                _ => "",
            };
            format!("{mark}{}", token.text)
        })
        .collect();
    marked.join("|")
}

#[test]
fn quantities_keep_their_meaning() {
    let rows = [
        ("500ML", "#500|@ml"),
        ("500 ml", "#500|@ml"),
        ("0,5 Liter", "#0.5|@l"),
        (".5oz", "#0.5|@oz"),
        ("12\" pan", "#12|@inch|pan"),
        ("12'' pan", "#12|@inch|pan"),
        ("12 inch pan", "#12|@inch|pan"),
        ("12-inch pan", "#12|@inch|pan"),
        ("12in pan", "#12|@inch|pan"),
        ("12 in pan", "#12|@inch|pan"),
        ("2 in 1 mop", "#2|in|#1|mop"),
        ("2in1 mop", "!2in1|mop"),
        ("6 in a box", "#6|in|a|box"),
        ("6' ladder", "#6|@ft|ladder"),
        ("5'10\"", "#5|@ft|#10|@inch"),
        ("1980's poster", "#1980|poster"),
        ("3.5 kW", "#3.5|@kw"),
        ("3.50kW", "#3.5|@kw"),
        ("10x20cm", "#10|#20|@cm"),
        ("10cmx20cm", "#10|@cm|#20|@cm"),
        ("10 x 20 cm", "#10|#20|@cm"),
        ("10×20 cm", "#10|#20|@cm"),
        ("10*20*30mm", "#10|#20|#30|@mm"),
        ("M8x40 bolt", "!m8x40|bolt"),
        ("100% cotton", "#100|@%|cotton"),
        ("100 % cotton", "#100|@%|cotton"),
        ("1/2\" pipe", "#1/2|@inch|pipe"),
        ("1½″ pipe", "#1|#1/2|@inch|pipe"),
        ("80/20 polycotton", "#80|#20|polycotton"),
        ("5,000 pcs", "#5000|@pcs"),
        ("1,234,567", "#1234567"),
        ("1,2,3", "#1|#2|#3"),
        ("2.5L", "#2.5|@l"),
        ("220V", "#220|@v"),
        ("220-240V 50/60Hz", "#220|#240|@v|#50|#60|@hz"),
        ("20°C", "#20|@°c"),
        ("90° elbow", "#90|@°|elbow"),
        ("180 g/m2", "#180|@g|@m2"),
        ("25㎡", "#25|@m2"),
        ("16 fl oz", "#16|@fl|@oz"),
        ("16 fl. oz.", "#16|@fl|@oz"),
        ("100 sq ft", "#100|@sq|@ft"),
        ("10 pairs socks", "#10|@pair|socks"),
        ("3PK", "#3|@pack"),
        ("64GB", "#64|@gb"),
        ("10kΩ", "#10|@kohm"),
        ("5кг", "#5|@kg"),
        ("500克", "#500|克"),
        ("３００ｍｌ", "#300|@ml"),
        ("٣٠٠ مل", "#300|مل"),
        ("usb3.0 cable", "!usb3.0|cable"),
        ("CR2032 battery", "!cr2032|battery"),
        ("4K 3D TV", "!4k|!3d|tv"),
        ("14k gold", "!14k|gold"),
        ("3x zoom", "#3|zoom"),
        ("xbox series x", "xbox|series|x"),
        ("A4 paper", "!a4|paper"),
        ("HS 6109.10", "hs|#6109.1"),
        ("007", "#007"),
    ];
    for (raw, expected) in rows {
        assert_eq!(tokens(raw), expected, "{raw}");
    }
}

#[test]
fn words_are_read_as_they_are_searched() {
    let rows = [
        ("men's", "mens"),
        ("MEN\u{2019}S", "mens"),
        ("men&#39;s", "mens"),
        ("men\u{b4}s", "mens"),
        ("boys' shirts", "boys|shirts"),
        ("T-Shirt", "tshirt"),
        ("T SHIRT", "tshirt"),
        ("tshirt", "tshirt"),
        ("t\u{2011}shirt", "tshirt"),
        ("X-ray", "xray"),
        ("wi-fi", "wifi"),
        ("stainless-steel", "stainless|steel"),
        ("non-woven", "non|woven"),
        ("vitamin-c", "vitamin|c"),
        ("R-134a gas", "!r134a|gas"),
        ("vitamin B-12", "vitamin|!b12"),
        ("vitamin c cream", "vitamin|c|cream"),
        ("pu-leather", "pu|leather"),
        ("huile d'olive", "huile|d|olive"),
        ("l\u{2019}eau", "l|eau"),
        ("o'ring", "oring"),
        ("P.U. leather", "pu|leather"),
        ("No.5 bolts", "no|#5|bolts"),
        ("h&m dress", "h|m|dress"),
        ("salt &amp; pepper", "salt|pepper"),
        ("salt&nbsp;pepper", "salt|pepper"),
        ("cotton\0shirt", "cotton|shirt"),
        ("cot\u{200b}ton", "cotton"),
        ("棉质T恤", "棉|质|t|恤"),
        ("綿のタオル", "綿|の|タオル"),
        ("면 티셔츠", "면|티셔츠"),
        ("เสื้อยืดผ้าฝ้าย", "เสื้อยืดผ้าฝ้าย"),
        ("قميص قطني", "قميص|قطني"),
        ("חולצת כותנה", "חולצת|כותנה"),
        ("Хлопковая футболка", "хлопковая|футболка"),
        ("बच्चों के कपड़े", "बच्चों|के|कपड\u{93c}े"),
        ("👕 shirt 🎁", "shirt"),
        ("red<br/>shoe &lt;b class=x&gt;new&lt;/b&gt;", "red|shoe|new"),
        ("length < 5 cm", "length|#5|@cm"),
        ("№5 bolts", "no|#5|bolts"),
        ("birra moretti l'autentica 2l", "birra|moretti|l|autentica|#2|@l"),
        ("philips oneblade f&b, 1x360", "philips|oneblade|f|b|#1|#360"),
    ];
    for (raw, expected) in rows {
        assert_eq!(tokens(raw), expected, "{raw}");
    }
}

#[test]
fn offsets_point_into_the_raw_text() {
    let mut description = Description::new();
    let rows: [(&str, &[&str]); 6] = [
        ("MEN&#39;S  T-SHIRT 500ML", &["MEN&#39;S", "T-SHIRT", "500", "ML"]),
        ("Cafe\u{301} noir", &["Cafe\u{301}", "noir"]),
        ("T SHIRT", &["T SHIRT"]),
        ("25㎡ tile", &["25", "㎡", "tile"]),
        ("\u{200b} \0Ｂａｇ", &["Ｂａｇ"]),
        ("ガラ\u{309a}ス 5,000.50 kg", &["ガラ\u{309a}ス", "5,000.50", "kg"]),
    ];
    for (raw, expected) in rows {
        description.read(raw);
        let pieces: Vec<_> = description.tokens().map(|token| &raw[token.start..token.end]).collect();
        assert_eq!(pieces, expected, "{raw}");
    }
}

#[test]
fn knows_when_there_is_no_word() {
    let mut description = Description::new();
    for (raw, expected) in [
        ("", false),
        (" \u{200b}\0", false),
        ("12345 500ml", false),
        ("CR2032", false),
        ("?!&", false),
        ("🎁", false),
        ("茶", true),
        ("tea", true),
    ] {
        description.read(raw);
        assert_eq!(description.has_words(), expected, "{raw:?}");
    }
}
