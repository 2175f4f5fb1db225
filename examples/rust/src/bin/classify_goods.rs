//! One description: the decision, and what a broker's program does with each kind of answer.

use hscode_core::{Classifier, Decision, Edition, Error, Nomenclature, Options};

fn main() -> Result<(), Error> {
    let description = std::env::args().nth(1).unwrap_or_else(|| "mens cotton crew neck tee".to_owned());
    let classifier = hscode_core::embedded()?;
    let titles = Nomenclature::of(&Edition::HS2022)?;

    let prediction = classifier.classify(&description, &Options::default().with_explain(true))?;
    match prediction.decision() {
        Decision::Accept(code) => println!("declare {}", code.dotted()),
        Decision::BackOff { code, reason } => {
            println!(
                "only {} is sure ({}): ask for what tells its subheadings apart",
                code.dotted(),
                reason.explanation()
            );
        }
        Decision::Abstain(reason) => println!("send to a person: {}", reason.explanation()),
        // Decisions may be added in later versions.
        other => println!("{}", other.as_str()),
    }
    for candidate in prediction.candidates() {
        let title = titles.title(candidate.code()).unwrap_or("");
        println!("{:>10}  {:5.1} %  {title}", candidate.code().dotted(), 100.0 * candidate.score());
    }
    for evidence in prediction.explanation().iter().flat_map(|why| &why.evidence) {
        println!("like {:?} ({}, {:.2})", evidence.text, evidence.code.dotted(), evidence.similarity);
    }
    Ok(())
}
