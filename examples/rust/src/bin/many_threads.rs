//! One classifier, many threads, the same answers: what a service does.

use hscode_core::{Classifier, Error, Options, Prediction};

const GOODS: [&str; 6] = [
    "mens cotton crew neck tee, 3 pack",
    "frozen shrimp, peeled, 2 kg",
    "LED desk lamp with USB charger",
    "stainless steel hex bolts M8",
    "children's picture book",
    "bicycle inner tube 28 inch",
];

fn main() -> Result<(), Error> {
    let classifier = hscode_core::embedded()?;
    let alone = classifier.classify_batch(&GOODS, &Options::default())?;
    let answers: Vec<Result<Vec<Prediction>, Error>> = std::thread::scope(|scope| {
        let workers: Vec<_> =
            (0..4).map(|_| scope.spawn(|| classifier.classify_batch(&GOODS, &Options::default()))).collect();
        workers.into_iter().filter_map(|worker| worker.join().ok()).collect()
    });
    for answer in answers {
        assert_eq!(answer?, alone, "an answer depends on the description alone");
    }
    for (goods, prediction) in GOODS.iter().zip(&alone) {
        println!(
            "{}\t{}\t{goods}",
            prediction.decision().as_str(),
            prediction.code().map_or_else(String::new, |c| c.dotted())
        );
    }
    Ok(())
}
