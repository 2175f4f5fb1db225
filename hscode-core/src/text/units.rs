//! Units of measure and of count in one spelling.

/// The one spelling of a unit in lower case; `None` if it is none.
///
/// `attached`: it follows its number without a space (`10a`), so that letters that are words by themselves
/// count as units too.
pub(super) fn canonical(word: &str, attached: bool) -> Option<&'static str> {
    let unit = match word {
        // Length
        "mm" | "millimeter" | "millimeters" | "millimetre" | "millimetres" | "мм" => "mm",
        "cm" | "cms" | "centimeter" | "centimeters" | "centimetre" | "centimetres" | "см" => "cm",
        "m" | "mtr" | "mtrs" | "meter" | "meters" | "metre" | "metres" | "м" => "m",
        "km" | "kilometer" | "kilometers" | "kilometre" | "kilometres" => "km",
        "um" | "μm" | "micron" | "microns" => "μm",
        "nm" => "nm",
        "inch" | "inches" | "zoll" | "pulgadas" => "inch",
        "in" if attached => "inch",
        "ft" | "feet" | "foot" => "ft",
        "yd" | "yds" | "yard" | "yards" => "yd",
        "mil" | "mils" => "mil",
        // Area and volume
        "sqm" | "m2" => "m2",
        "cm2" | "sqcm" => "cm2",
        "mm2" | "sqmm" => "mm2",
        "sqft" | "ft2" => "ft2",
        "sq" => "sq",
        "m3" | "cbm" | "cum" => "m3",
        "cm3" | "cc" | "ccm" => "cm3",
        "ft3" | "cuft" | "cft" => "ft3",
        "l" | "lt" | "ltr" | "ltrs" | "liter" | "liters" | "litre" | "litres" | "л" => "l",
        "ml" | "milliliter" | "milliliters" | "millilitre" | "millilitres" | "мл" => "ml",
        "cl" => "cl",
        "dl" => "dl",
        "gal" | "gallon" | "gallons" => "gal",
        "qt" | "quart" | "quarts" => "qt",
        "pt" | "pint" | "pints" => "pt",
        "fl" => "fl",
        "floz" => "floz",
        // Mass
        "mg" | "milligram" | "milligrams" => "mg",
        "ug" | "μg" | "mcg" => "μg",
        "g" | "gm" | "gms" | "gr" | "grs" | "gram" | "grams" | "gramme" | "grammes" | "г" => "g",
        "kg" | "kgs" | "kilo" | "kilos" | "kilogram" | "kilograms" | "кг" => "kg",
        "t" if attached => "t",
        "mt" | "ton" | "tons" | "tonne" | "tonnes" => "t",
        "oz" | "ounce" | "ounces" => "oz",
        "lb" | "lbs" | "pound" | "pounds" => "lb",
        "gsm" => "gsm",
        "den" | "denier" => "den",
        "dtex" => "dtex",
        "carat" | "carats" | "ctw" | "cttw" => "carat",
        // Electricity, power, frequency
        "v" | "vac" | "vdc" | "volt" | "volts" => "v",
        "kv" => "kv",
        "mv" => "mv",
        "a" if attached => "a",
        "amp" | "amps" | "ampere" | "amperes" => "a",
        "ma" if attached => "ma",
        "mah" => "mah",
        "ah" => "ah",
        "w" | "watt" | "watts" => "w",
        "kw" | "kilowatt" | "kilowatts" => "kw",
        "mw" => "mw",
        "wh" => "wh",
        "kwh" => "kwh",
        "va" => "va",
        "kva" => "kva",
        "hp" | "bhp" => "hp",
        "ohm" | "ohms" | "ω" => "ohm",
        "kω" | "kohm" => "kohm",
        "mω" | "mohm" => "mohm",
        "uf" | "μf" => "μf",
        "pf" => "pf",
        "nf" => "nf",
        "hz" => "hz",
        "khz" => "khz",
        "mhz" => "mhz",
        "ghz" => "ghz",
        // Data, light, sound, pictures
        "kb" => "kb",
        "mb" => "mb",
        "gb" => "gb",
        "tb" => "tb",
        "mbps" => "mbps",
        "gbps" => "gbps",
        "lm" | "lumen" | "lumens" => "lm",
        "lux" => "lux",
        "db" => "db",
        "mp" | "megapixel" | "megapixels" => "mp",
        "dpi" => "dpi",
        "px" => "px",
        // Pressure, heat, speed, strength
        "bar" if attached => "bar",
        "psi" => "psi",
        "kpa" => "kpa",
        "mpa" => "mpa",
        "rpm" => "rpm",
        "btu" => "btu",
        "kcal" => "kcal",
        "cfm" => "cfm",
        "iu" => "iu",
        "ppm" => "ppm",
        "h" | "s" if attached => return Some(if word == "h" { "h" } else { "s" }),
        // Count
        "pc" | "pcs" | "pce" | "pces" | "piece" | "pieces" | "pzs" | "stk" | "шт" => "pcs",
        "pk" | "pks" | "pkt" | "pkts" | "pack" | "packs" | "packet" | "packets" => "pack",
        "ct" | "count" => "ct",
        "pr" | "prs" | "pair" | "pairs" => "pair",
        "dz" | "doz" | "dozen" | "dozens" => "dozen",
        "ctn" | "ctns" | "carton" | "cartons" => "ctn",
        "plt" | "plts" | "pallet" | "pallets" => "pallet",
        "ply" => "ply",
        _ => return None,
    };
    Some(unit)
}

/// What follows `12 in` when `in` is the preposition: `2 in 1`, `6 in a box`.
pub(super) fn follows_preposition(word: &str) -> bool {
    matches!(
        word,
        "one"
            | "a"
            | "an"
            | "the"
            | "box"
            | "boxes"
            | "carton"
            | "cartons"
            | "case"
            | "set"
            | "pack"
            | "bag"
            | "bags"
            | "total"
            | "each"
            | "bulk"
            | "stock"
    )
}
