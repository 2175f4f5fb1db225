//! A trained model as a classifier, to be compared with others before it is packed.

use std::sync::Arc;

use hscode_core::{Classifier, ClassifierInfo, DecisionPolicy, Edition, Error, External, Level, Thresholds};

use super::Model;

/// Less probability than this is passed over: of thousands of codes only some dozens have more.
const LEAST: f32 = 1e-5;

/// A classifier that answers as `model` does, under the name of its kind.
///
/// `identity`: what tells it from others, such as `svc@run1`. Its scores are the model's own, not calibrated, so its
/// decisions, by thresholds of one half, say little; accuracy and ranks do. A packed network answers from integers
/// and is calibrated.
///
/// # Errors
/// None of a model whose classes are subheadings of `edition`; answers with other codes are refused one by one.
pub fn as_classifier(
    model: Box<dyn Model>,
    identity: &str,
    edition: Edition,
) -> Result<Arc<dyn Classifier>, Error> {
    let info = ClassifierInfo::new(
        model.kind().as_str(),
        identity,
        edition,
        Level::Subheading,
        model.classes().len(),
    );
    let half = Thresholds { chapter: 0.5, heading: 0.5, subheading: 0.5 };
    let external = External::new(info, DecisionPolicy::with_thresholds(half), move |texts, _| {
        let scores = model.scores(texts)?;
        let rows = scores.chunks_exact(model.classes().len().max(1));
        Ok(rows
            .map(|row| {
                model
                    .classes()
                    .iter()
                    .zip(row)
                    .filter(|(_, score)| **score >= LEAST)
                    .map(|(code, score)| (*code, score.min(1.0)))
                    .collect()
            })
            .collect())
    })?;
    Ok(Arc::new(external))
}
