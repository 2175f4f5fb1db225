//! A broker's own rules first, the embedded model for all the rest.

use std::sync::Arc;

use hscode_core::{
    Cascade, Classifier, ClassifierInfo, DecisionPolicy, Edition, Error, External, Level, Options, Thresholds,
};

fn main() -> Result<(), Error> {
    let embedded = hscode_core::embedded()?;

    // Articles of one customer, whose codes an authority has ruled on.
    let rulings = [("ACME-4711", "848180"), ("ACME-0815", "391723")];
    let info =
        ClassifierInfo::new("house-rules", "rulings@2026-11", Edition::HS2022, Level::Subheading, 5612);
    let policy = DecisionPolicy::with_thresholds(Thresholds { chapter: 0.9, heading: 0.9, subheading: 0.9 });
    let rules = External::new(info, policy, move |descriptions, _options| {
        descriptions
            .iter()
            .map(|description| {
                let ruled = rulings.iter().find(|(article, _)| description.contains(article));
                ruled.map(|(_, code)| Ok((code.parse()?, 1.0))).into_iter().collect()
            })
            .collect()
    })?;

    let cascade = Cascade::new("acme", vec![Arc::new(rules), embedded])?;
    for description in ["valve ACME-4711", "solid oak dining chair, upholstered seat"] {
        let prediction = cascade.classify(description, &Options::default())?;
        let code = prediction.code().map_or("none".to_owned(), |code| code.dotted());
        println!("{description}: {code}, answered by {}", prediction.classifier());
    }
    Ok(())
}
