//! A firm's settled articles outrank the built-in references.

use hscode_core::lexical::Reference;
use hscode_core::{Classifier, Error, Fused, Options};

fn main() -> Result<(), Error> {
    // What this firm has cleared before, with the codes that customs took.
    let cleared = [
        ("Widget X200, blue anodised", "761699"),
        ("Widget X200 mounting kit", "731815"),
        ("AquaPro 3 replacement cartridge", "842199"),
    ];
    let references = cleared
        .iter()
        .map(|(text, code)| Ok(Reference::new(*text, code.parse()?, "cleared-2026.csv")))
        .collect::<Result<Vec<_>, Error>>()?;
    let classifier = Fused::embedded()?.with_references(references)?;

    for description in ["widget X200 blue", "cartridge for AquaPro 3", "wooden garden bench"] {
        let prediction = classifier.classify(description, &Options::default().with_explain(true))?;
        let code = prediction.code().map_or("none".to_owned(), |code| code.dotted());
        println!("{description}: {code} ({})", prediction.decision().as_str());
        for evidence in prediction.explanation().iter().flat_map(|why| &why.evidence).take(2) {
            println!("  like {:?} of {}, {}", evidence.text, evidence.source, evidence.code.dotted());
        }
    }
    Ok(())
}
