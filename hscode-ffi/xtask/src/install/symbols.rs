//! The symbols of the library: `symbols.txt` has one a line, with the version of the interface that it came with.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

/// A function, and the version that brought it.
pub(crate) struct Symbol {
    pub(crate) name: String,
    version: String,
}

/// Reads `symbols.txt` and compares it with the functions of the header.
pub(crate) fn read() -> Result<Vec<Symbol>, String> {
    let folder = crate::crate_dir();
    let text =
        |name: &str| fs::read_to_string(folder.join(name)).map_err(|error| format!("{name}: {error}\n"));
    let mut symbols = Vec::new();
    for line in text("symbols.txt")?.lines().filter(|line| !line.starts_with('#')) {
        let (name, version) =
            line.split_once(' ').ok_or_else(|| format!("symbols.txt: {line:?}: expected NAME VERSION\n"))?;
        symbols.push(Symbol { name: name.to_owned(), version: version.to_owned() });
    }
    let listed: BTreeSet<&str> = symbols.iter().map(|symbol| symbol.name.as_str()).collect();
    let header = text("include/hscode.h")?;
    let declared: BTreeSet<&str> = header.lines().filter_map(declared).collect();
    if listed == declared && listed.len() == symbols.len() {
        return Ok(symbols);
    }
    Err(format!("symbols.txt: differs from hscode.h in {:?}\n", listed.symmetric_difference(&declared)))
}

/// The function that a line of the header declares.
fn declared(line: &str) -> Option<&str> {
    let before = line.split_once('(')?.0;
    let is_declaration = !before.starts_with([' ', '#', '/', '*']) && !line.starts_with("typedef");
    let name = before.rsplit([' ', '*']).next()?;
    (is_declaration && name.starts_with("hscode_")).then_some(name)
}

/// The script that gives each symbol its version and hides all others.
pub(crate) fn version_script(symbols: &[Symbol]) -> String {
    let versions: BTreeSet<&str> = symbols.iter().map(|symbol| symbol.version.as_str()).collect();
    let mut script = String::new();
    let mut before = "";
    for version in versions {
        script.push_str(&format!("{version} {{\n  global:\n"));
        for symbol in symbols.iter().filter(|symbol| symbol.version == version) {
            script.push_str(&format!("    {};\n", symbol.name));
        }
        if before.is_empty() {
            script.push_str("  local: *;\n");
        }
        script.push_str(&format!("}}{}{before};\n", if before.is_empty() { "" } else { " " }));
        before = version;
    }
    script
}

/// Compares what a shared library exports with the list.
pub(crate) fn check(library: &Path) -> Result<String, String> {
    let output = Command::new("nm")
        .args(["--dynamic", "--defined-only", "--with-symbol-versions"])
        .arg(library)
        .output()
        .map_err(|error| format!("symbols: cannot start nm: {error}\n"))?;
    if !output.status.success() {
        return Err(format!("symbols: nm: {}\n", String::from_utf8_lossy(&output.stderr)));
    }
    let told = String::from_utf8_lossy(&output.stdout);
    // Lines are "address kind name"; those of kind A are the versions themselves.
    let exported: BTreeSet<String> = told
        .lines()
        .filter_map(|line| Some((line.split(' ').nth_back(1)?, line.rsplit(' ').next()?)))
        .filter(|(kind, _)| *kind != "A")
        .map(|(_, name)| name.to_owned())
        .collect();
    let listed: BTreeSet<String> =
        read()?.iter().map(|symbol| format!("{}@@{}", symbol.name, symbol.version)).collect();
    if exported == listed {
        return Ok(format!("{} symbols, as listed\n", listed.len()));
    }
    let differ: Vec<&String> = exported.symmetric_difference(&listed).collect();
    Err(format!("symbols: {} differs from symbols.txt in {differ:?}\n", library.display()))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_that_of_the_header() {
        let symbols = read().unwrap();
        assert!(symbols.len() >= 70);
        assert!(symbols.iter().any(|symbol| symbol.name == "hscode_classify_simple"));
    }

    #[test]
    fn declarations_are_told_from_types_and_comments() {
        assert_eq!(declared("const char *hscode_version(void);"), Some("hscode_version"));
        assert_eq!(declared("hscode_status hscode_check(const uint8_t *utf8,"), Some("hscode_check"));
        assert_eq!(declared("typedef void (*hscode_free_fn)(void *user);"), None);
        assert_eq!(declared(" * hscode_classify(classifier)"), None);
        assert_eq!(declared("} hscode_code;"), None);
    }

    #[test]
    fn later_versions_follow_earlier_ones() {
        let symbol =
            |name: &str, version: &str| Symbol { name: name.to_owned(), version: version.to_owned() };
        let script = version_script(&[symbol("b", "HSCODE_1.1"), symbol("a", "HSCODE_1.0")]);
        let expected = "HSCODE_1.0 {\n  global:\n    a;\n  local: *;\n};\n\
                        HSCODE_1.1 {\n  global:\n    b;\n} HSCODE_1.0;\n";
        assert_eq!(script, expected);
    }
}
