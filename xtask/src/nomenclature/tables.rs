//! The UN tables as they come, with their faults found and told.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs::{self, File};
use std::path::Path;

use super::EDITIONS;

pub(super) type Codes = BTreeSet<String>;

/// A correlation table: of each older code, its newer ones.
#[derive(Debug, Default)]
pub(super) struct Table {
    pub(super) newer_of: BTreeMap<String, Codes>,
    /// Older codes whose newer ones are filled in, because the rows of the table are not there.
    pub(super) filled_in: Codes,
}

impl Table {
    fn older_of(&self) -> BTreeMap<String, Codes> {
        let mut older_of: BTreeMap<String, Codes> = BTreeMap::new();
        for (older, newer) in &self.newer_of {
            for newer in newer {
                older_of.entry(newer.clone()).or_default().insert(older.clone());
            }
        }
        older_of
    }

    /// Newer codes that gather from more than a hundred older ones, and these.
    pub(super) fn gathering(&self) -> BTreeMap<String, Codes> {
        self.older_of().into_iter().filter(|(_, older)| older.len() > 100).collect()
    }

    /// Of each older code the newer ones, without the gathering ones of other headings.
    pub(super) fn main(&self) -> BTreeMap<String, Codes> {
        let gathering = self.gathering();
        let keep = |older: &str, newer: &str| !gathering.contains_key(newer) || older[..4] == newer[..4];
        let of = |older: &String, newer: &Codes| {
            (older.clone(), newer.iter().filter(|newer| keep(older, newer)).cloned().collect())
        };
        self.newer_of.iter().map(|(older, newer)| of(older, newer)).collect()
    }
}

pub(super) struct Tables {
    /// The subheadings of each edition.
    pub(super) subheadings: BTreeMap<&'static str, Codes>,
    /// By older and newer edition.
    pub(super) correlation: BTreeMap<(&'static str, &'static str), Table>,
}

struct Row {
    newer: String,
    older: String,
    relation: String,
}

pub(super) fn read(from: &Path, report: &mut String) -> Result<Tables, String> {
    let mut subheadings = BTreeMap::new();
    for edition in EDITIONS {
        let path = from.join(format!("{}.csv.gz", edition.to_lowercase()));
        subheadings.insert(edition, edition_codes(&path, report)?);
    }
    let rows = correlation_rows(&from.join("correlation_un.csv.gz"))?;
    let conversion = correlation_rows(&from.join("conversion_un.csv.gz"))?;
    let mut correlation = BTreeMap::new();
    for ((older, newer), rows) in &rows {
        let name = format!("{older}-{newer}");
        let table = table(rows, &subheadings[older], &subheadings[newer])
            .map_err(|why| format!("correlation_un.csv.gz: {name}: {why}"))?;
        say(
            report,
            format_args!("{name}: {} pairs", table.newer_of.values().map(Codes::len).sum::<usize>()),
        )?;
        correlation.insert((*older, *newer), table);
    }
    fill_in(&mut correlation, &rows, &conversion, &subheadings, report)?;
    Ok(Tables { subheadings, correlation })
}

fn say(report: &mut String, line: std::fmt::Arguments<'_>) -> Result<(), String> {
    writeln!(report, "{line}").map_err(|e| e.to_string())
}

fn reader(path: &Path) -> Result<csv::Reader<flate2::read::GzDecoder<File>>, String> {
    let file = File::open(path).map_err(|e| format!("{}: {e}", path.display()))?;
    Ok(csv::Reader::from_reader(flate2::read::GzDecoder::new(file)))
}

/// The subheadings of an edition; the UN's own codes (9999, and those marked as no code of the WCO) are left out.
fn edition_codes(path: &Path, report: &mut String) -> Result<Codes, String> {
    let mut codes = Codes::new();
    let mut above = Codes::new();
    let mut not_wco = 0;
    for row in reader(path)?.records() {
        let row = row.map_err(|e| format!("{}: {e}", path.display()))?;
        let (code, text) = (row.get(0).unwrap_or_default(), row.get(3).unwrap_or_default());
        if !code.bytes().all(|b| b.is_ascii_digit()) || ![2, 4, 6].contains(&code.len()) {
            return Err(format!("{}: code {code:?}: expected 2, 4 or 6 digits", path.display()));
        }
        if text.contains("NON-WCO CODE") {
            not_wco += 1;
        } else if code.starts_with("99") {
        } else if code.len() == 6 {
            codes.insert(code.to_owned());
        } else {
            above.insert(code.to_owned());
        }
    }
    // Headings and chapters are told by their subheadings: make sure that this loses none.
    let told: Codes = codes.iter().flat_map(|code| [code[..2].to_owned(), code[..4].to_owned()]).collect();
    if told != above {
        let odd: Vec<&String> = told.symmetric_difference(&above).collect();
        return Err(format!("{}: headings without subheadings or the other way: {odd:?}", path.display()));
    }
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let chapters = above.iter().filter(|code| code.len() == 2).count();
    say(
        report,
        format_args!(
            "{name}: {chapters} chapters, {} headings, {} subheadings; {not_wco} left out as no code of the WCO",
            above.len() - chapters,
            codes.len()
        ),
    )?;
    Ok(codes)
}

type Rows = BTreeMap<(&'static str, &'static str), Vec<Row>>;

fn correlation_rows(path: &Path) -> Result<Rows, String> {
    let mut rows = Rows::new();
    for row in reader(path)?.records() {
        let row = row.map_err(|e| format!("{}: {e}", path.display()))?;
        let edition = |at: usize| {
            let name = row.get(at).unwrap_or_default();
            let known = EDITIONS.into_iter().find(|edition| *edition == name);
            known.ok_or_else(|| format!("{}: edition {name:?}", path.display()))
        };
        let text = |at: usize| row.get(at).unwrap_or_default().to_owned();
        let (newer, older) = (edition(0)?, edition(2)?);
        let row = Row { newer: text(1), older: text(3), relation: text(4) };
        if row.newer.starts_with("99") && row.older.starts_with("99") {
            continue; // the UN's own code for goods not classified
        }
        rows.entry((older, newer)).or_default().push(row);
    }
    Ok(rows)
}

fn table(rows: &[Row], older: &Codes, newer: &Codes) -> Result<Table, String> {
    let mut table = Table::default();
    for row in rows {
        if !older.contains(&row.older) || !newer.contains(&row.newer) {
            return Err(format!("{} to {}: a code that its edition does not have", row.newer, row.older));
        }
        if !table.newer_of.entry(row.older.clone()).or_default().insert(row.newer.clone()) {
            return Err(format!("{} to {} stands twice", row.newer, row.older));
        }
    }
    Ok(table)
}

/// Fills in the rows that the table of HS2017 to HS2012 lacks.
///
/// As we have it, it holds only rows whose older code has one newer code (relations 1:1 and 1:n); those of older
/// codes with several are not there. Filled in: the UN's conversion (one older code for each newer one), and the
/// pairs that meet in HS2022, between the older codes that are missing and the newer codes that are missing or
/// marked as having several.
fn fill_in(
    correlation: &mut BTreeMap<(&'static str, &'static str), Table>,
    rows: &Rows,
    conversion: &Rows,
    subheadings: &BTreeMap<&'static str, Codes>,
    report: &mut String,
) -> Result<(), String> {
    let key = ("HS2012", "HS2017");
    for (key, rows) in rows {
        // The relation is that of the degrees of the pair; where it is not, rows are missing.
        let older_of = correlation[key].older_of();
        let off = rows.iter().filter(|row| {
            let newer = correlation[key].newer_of[&row.older].len() > 1;
            let older = older_of[&row.newer].len() > 1;
            let expected = [["1:1", "1:n"], ["n:1", "n:n"]][usize::from(newer)][usize::from(older)];
            row.relation != expected
        });
        let off = off.count();
        if off > 0 {
            say(report, format_args!("{}-{}: {off} rows whose relation needs further rows", key.0, key.1))?;
        }
    }
    let images = |edition| correlation.get(&(edition, "HS2022")).map(Table::main).unwrap_or_default();
    let (older, newer) = (images("HS2012"), images("HS2017"));
    let none = Codes::new();
    let image = |of: &BTreeMap<String, Codes>, code: &String| of.get(code).unwrap_or(&none).clone();
    let unchanged = |code: &String| {
        let (then, now) = (image(&older, code), image(&newer, code));
        !then.is_empty() && then == now
    };
    let Some(table) = correlation.get(&key) else { return Ok(()) };
    let missing: Codes =
        subheadings[key.0].iter().filter(|code| !table.newer_of.contains_key(*code)).cloned().collect();
    let told: Codes = table.newer_of.values().flatten().cloned().collect();
    let several = rows[&key].iter().filter(|row| row.relation == "1:n").map(|row| row.newer.clone());
    let open: Codes =
        subheadings[key.1].iter().filter(|code| !told.contains(*code)).cloned().chain(several).collect();

    let mut filled: BTreeMap<String, Codes> = BTreeMap::new();
    for row in conversion.get(&key).into_iter().flatten() {
        if !told.contains(&row.newer) {
            filled.entry(row.older.clone()).or_default().insert(row.newer.clone());
        }
    }
    for then in &missing {
        for now in &open {
            let meets = then == now || !(unchanged(then) && unchanged(now));
            if meets && !image(&older, then).is_disjoint(&image(&newer, now)) {
                filled.entry(then.clone()).or_default().insert(now.clone());
            }
        }
    }
    let pairs = filled.values().map(Codes::len).sum::<usize>();
    say(
        report,
        format_args!(
            "{}-{}: {} older and {} newer codes without a row; {pairs} pairs filled in for {} older codes",
            key.0,
            key.1,
            missing.len(),
            subheadings[key.1].len() - told.len(),
            filled.len()
        ),
    )?;
    if let Some(table) = correlation.get_mut(&key) {
        table.filled_in = filled.keys().cloned().collect();
        table.newer_of.extend(filled);
    }
    Ok(())
}

/// Our titles by code.
pub(super) fn titles(path: &Path) -> Result<BTreeMap<String, String>, String> {
    let text = fs::read_to_string(path).map_err(|e| format!("{}: {e}", path.display()))?;
    let mut titles = BTreeMap::new();
    for (number, line) in text.lines().enumerate().skip(1) {
        let (code, title) =
            line.split_once('\t').ok_or_else(|| format!("{}:{}: no tab", path.display(), number + 1))?;
        if title.trim() != title || title.is_empty() || title.contains(char::is_control) {
            return Err(format!("{}:{}: expected a title in one line", path.display(), number + 1));
        }
        if titles.insert(code.to_owned(), title.to_owned()).is_some() {
            return Err(format!("{}:{}: {code} stands twice", path.display(), number + 1));
        }
    }
    Ok(titles)
}
