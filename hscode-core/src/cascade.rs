//! Classifiers in order: the next is asked when one abstains or fails.

use std::sync::Arc;

use crate::{Classifier, ClassifierInfo, Decision, Error, ErrorKind, Options, Passed, PassedWhy, Prediction};

/// Stages asked in order until one gives a code.
///
/// Each description stops at the first stage that accepts or backs off. When all abstain, the abstention with
/// the best-scored candidate is given (of equal ones, the earlier stage's), so that a person sees the best
/// guesses. [`Prediction::classifier`] names the stage that answered, [`Prediction::passed`] those before it
/// with their reasons. A stage that fails fails for its whole batch: those descriptions go on together.
pub struct Cascade {
    info: ClassifierInfo,
    stages: Vec<Arc<dyn Classifier>>,
}

impl Cascade {
    /// Puts `stages` in order, under `name`.
    ///
    /// # Errors
    /// `InvalidInput` without any stage; `EditionMismatch` when the stages answer codes of different editions.
    pub fn new(name: &str, stages: Vec<Arc<dyn Classifier>>) -> Result<Self, Error> {
        let Some(first) = stages.first() else {
            return Err(Error::new(
                ErrorKind::InvalidInput,
                format!("cascade {name}: expected at least one stage"),
            ));
        };
        let edition = first.info().edition().clone();
        for stage in &stages {
            if *stage.info().edition() != edition {
                return Err(Error::new(
                    ErrorKind::EditionMismatch,
                    format!(
                        "cascade {name}: stage {} answers {}, the first stage {edition}; convert by the correlation table",
                        stage.info().name(),
                        stage.info().edition()
                    ),
                ));
            }
        }
        // The cascade promises what every stage can keep: the shallowest level, the fewest classes.
        let level = stages.iter().map(|stage| stage.info().level()).min().unwrap_or(first.info().level());
        let classes = stages.iter().map(|stage| stage.info().classes()).min().unwrap_or(0);
        let info = ClassifierInfo::new(name, first.info().model(), edition, level, classes);
        Ok(Self { info, stages })
    }

    /// The stages in the order they are asked.
    pub fn stages(&self) -> &[Arc<dyn Classifier>] {
        &self.stages
    }
}

/// One description on its way through the stages.
#[derive(Default)]
struct Journey {
    passed: Vec<Passed>,
    best_abstention: Option<Prediction>,
    answer: Option<Prediction>,
}

impl Journey {
    fn take(&mut self, prediction: Prediction) {
        let Decision::Abstain(reason) = prediction.decision() else {
            self.answer = Some(prediction);
            return;
        };
        self.passed.push(Passed {
            classifier: Arc::clone(&prediction.classifier),
            why: PassedWhy::Abstained(reason),
        });
        let score = |p: &Prediction| p.best().map_or(-1.0, |candidate| candidate.score());
        if self.best_abstention.as_ref().is_none_or(|best| score(&prediction) > score(best)) {
            self.best_abstention = Some(prediction);
        }
    }

    /// The answer, or the best abstention, with the stages that it passed.
    fn end(self) -> Option<Prediction> {
        let mut prediction = self.answer.or(self.best_abstention)?;
        prediction.passed = self.passed;
        prediction.passed.retain(|passed| {
            passed.classifier != prediction.classifier || !matches!(passed.why, PassedWhy::Abstained(_))
        });
        Some(prediction)
    }
}

impl Classifier for Cascade {
    fn info(&self) -> &ClassifierInfo {
        &self.info
    }

    /// # Errors
    /// As every classifier; `Inference` when every stage fails on some description: the message names each
    /// stage with its failure.
    fn classify_batch(&self, descriptions: &[&str], options: &Options) -> Result<Vec<Prediction>, Error> {
        options.check(&self.info)?;
        let options = Options { level: Some(options.answer_level(&self.info)), ..options.clone() };
        let mut journeys: Vec<Journey> = descriptions.iter().map(|_| Journey::default()).collect();
        let mut open: Vec<usize> = (0..descriptions.len()).collect();
        let mut failures: Vec<String> = Vec::new();
        let mut last_failure = None;
        for stage in &self.stages {
            if open.is_empty() {
                break;
            }
            let name = stage.info().shared_name();
            let texts: Vec<&str> = open.iter().map(|&at| descriptions[at]).collect();
            let failed = match stage.classify_batch(&texts, &options) {
                Ok(predictions) if predictions.len() == texts.len() => {
                    for (&at, prediction) in open.iter().zip(predictions) {
                        journeys[at].take(prediction);
                    }
                    open.retain(|&at| journeys[at].answer.is_none());
                    continue;
                }
                Ok(predictions) => Error::new(
                    ErrorKind::Inference,
                    format!("expected {} answers, saw {}", texts.len(), predictions.len()),
                ),
                Err(error) => error,
            };
            failures.push(format!("{name}: {failed}"));
            for &at in &open {
                journeys[at].passed.push(Passed {
                    classifier: Arc::clone(&name),
                    why: PassedWhy::Failed(failed.to_string()),
                });
            }
            last_failure = Some(failed);
        }
        journeys
            .into_iter()
            .map(|journey| {
                journey.end().ok_or_else(|| {
                    Error::new(ErrorKind::Inference, format!("every stage failed: {}", failures.join("; ")))
                })
            })
            .collect::<Result<_, _>>()
            .map_err(|error: Error| match last_failure {
                Some(cause) => error.with_source(cause),
                None => error,
            })
    }
}
