//! Writes `hscode-ffi/include/hscode.h` from the sources of the crate.

use std::fs;
use std::path::Path;

/// The sources in the order in which their functions stand in the header.
const SOURCES: [&str; 19] = [
    "version",
    "status",
    "error",
    "text",
    "string",
    "code",
    "options",
    "classifier",
    "cascade",
    "callback",
    "classify",
    "prediction",
    "explanation",
    "batch",
    "rows",
    "simple",
    "check",
    "nomenclature",
    "convert",
];

/// `--check` compares, without it the header is written.
pub(crate) fn run(options: &[&str]) -> Result<String, String> {
    let check = match options {
        [] => false,
        ["--check"] => true,
        _ => return Err(format!("header: expected nothing or --check, saw {options:?}\n")),
    };
    let folder = super::crate_dir();
    let made = make(&folder)?;
    let place = folder.join("include/hscode.h");
    let seen = fs::read_to_string(&place).unwrap_or_default();
    if seen == made {
        return Ok("hscode.h: as the sources say\n".to_owned());
    }
    if check {
        return Err("hscode.h: differs from the sources; run `cargo xtask-c header`\n".to_owned());
    }
    fs::write(&place, made).map_err(|error| format!("{}: {error}\n", place.display()))?;
    Ok("hscode.h: written\n".to_owned())
}

fn make(folder: &Path) -> Result<String, String> {
    let config = cbindgen::Config::from_file(folder.join("cbindgen.toml"))
        .map_err(|error| format!("cbindgen.toml: {error}\n"))?;
    let mut builder = cbindgen::Builder::new().with_config(config);
    for name in SOURCES {
        builder = builder.with_src(folder.join("src").join(name).with_extension("rs"));
    }
    let bindings = builder.generate().map_err(|error| format!("header: {error}\n"))?;
    let mut bytes = Vec::new();
    bindings.write(&mut bytes);
    String::from_utf8(bytes).map_err(|error| format!("header: {error}\n"))
}
