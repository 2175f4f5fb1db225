//! The figures of `docs/nomenclature.md`: how many codes the editions have, and how many lead to one code of
//! another edition. `cargo run --release -p hscode-core --example editions`

use hscode_core::{CorrelationTable, Edition, Error, Level, Nomenclature};

#[allow(clippy::print_stdout, reason = "an example shows what it finds")]
fn main() -> Result<(), Error> {
    println!("edition  chapters  headings  subheadings");
    for edition in &Edition::INTERNATIONAL {
        let nomenclature = Nomenclature::of(edition)?;
        let [chapters, headings, subheadings] = Level::INTERNATIONAL.map(|level| nomenclature.count(level));
        println!("{edition}   {chapters:8}  {headings:8}  {subheadings:11}");
    }
    println!("\nsubheadings (%) with one main target, by edition from (row) and to (column); * composed");
    let names: Vec<String> = Edition::INTERNATIONAL.iter().map(|to| format!("{to:>7}")).collect();
    println!("        {}", names.join(" "));
    for from in &Edition::INTERNATIONAL {
        let codes = Nomenclature::of(from)?;
        let mut line = format!("{from} ");
        for to in &Edition::INTERNATIONAL {
            let table = CorrelationTable::between(from, to)?;
            let single = codes.codes(Level::Subheading).filter(|code| table.main_targets(*code).len() == 1);
            let share = 100.0 * single.count() as f64 / codes.count(Level::Subheading) as f64;
            line.push_str(&format!("  {share:5.1}{}", if table.is_direct() { ' ' } else { '*' }));
        }
        println!("{line}");
    }
    Ok(())
}
