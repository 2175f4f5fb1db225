//! A caller's own function as a classifier.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::{
    Classifier, ClassifierInfo, DecisionPolicy, Error, ErrorKind, HsCode, Options, Prediction, Ranking,
};

/// Any function from descriptions to scored codes: house rules, a remote model, a language model.
///
/// The function gets the whole batch and gives, for each description, codes of the level in its
/// [`ClassifierInfo`] with probabilities. From there on its answers are treated as everybody's: summed by
/// level, restricted, ranked, decided.
///
/// ```
/// use hscode_core::{Classifier, ClassifierInfo, DecisionPolicy, Edition, External, Level, Options, Thresholds};
///
/// let info = ClassifierInfo::new("house-rules", "rules@7", Edition::HS2022, Level::Subheading, 5612);
/// let policy = DecisionPolicy::with_thresholds(Thresholds { chapter: 0.8, heading: 0.8, subheading: 0.8 });
/// let rules = External::new(info, policy, |descriptions, _options| {
///     let tee = "610910".parse()?;
///     Ok(descriptions.iter().map(|d| if d.contains("tee") { vec![(tee, 1.0)] } else { vec![] }).collect())
/// })?;
/// let prediction = rules.classify("cotton tee", &Options::default())?;
/// assert_eq!(prediction.code().map(|c| c.dotted()).as_deref(), Some("6109.10"));
/// # Ok::<(), hscode_core::Error>(())
/// ```
pub struct External<F> {
    info: ClassifierInfo,
    policy: DecisionPolicy,
    function: F,
}

impl<F> External<F>
where
    F: Fn(&[&str], &Options) -> Result<Vec<Vec<(HsCode, f32)>>, Error> + Send + Sync,
{
    /// Wraps `function`, which answers under the name and for the codes of `info`.
    ///
    /// # Errors
    /// `Package` when `policy` holds values that are no probabilities.
    pub fn new(info: ClassifierInfo, policy: DecisionPolicy, function: F) -> Result<Self, Error> {
        policy.check()?;
        Ok(Self { info, policy, function })
    }
}

impl<F> Classifier for External<F>
where
    F: Fn(&[&str], &Options) -> Result<Vec<Vec<(HsCode, f32)>>, Error> + Send + Sync,
{
    fn info(&self) -> &ClassifierInfo {
        &self.info
    }

    /// # Errors
    /// `Inference`: the function failed or panicked, gave another count of answers than it got descriptions,
    /// a code that the edition lacks, or scores that are no probabilities.
    fn classify_batch(&self, descriptions: &[&str], options: &Options) -> Result<Vec<Prediction>, Error> {
        options.check(&self.info)?;
        let name = self.info.name();
        let answers = catch_unwind(AssertUnwindSafe(|| (self.function)(descriptions, options)))
            .map_err(|_| Error::new(ErrorKind::Inference, format!("{name}: the function panicked")))?
            .map_err(|error| {
                Error::new(ErrorKind::Inference, format!("{name}: {error}")).with_source(error)
            })?;
        if answers.len() != descriptions.len() {
            return Err(Error::new(
                ErrorKind::Inference,
                format!("{name}: expected {} answers, saw {}", descriptions.len(), answers.len()),
            ));
        }
        answers
            .into_iter()
            .enumerate()
            .map(|(index, scores)| {
                self.predict(scores, options).map_err(|e| e.at(format!("{name}: answer {index}")))
            })
            .collect()
    }
}

impl<F> External<F> {
    fn predict(&self, scores: Vec<(HsCode, f32)>, options: &Options) -> Result<Prediction, Error> {
        for &(code, _) in &scores {
            let failed = |what: String| Error::new(ErrorKind::Inference, what);
            if code.level() != self.info.level() {
                return Err(failed(format!("code {code}: expected a {}", self.info.level())));
            }
            self.info.check_code(code).map_err(|error| failed(error.message().to_owned()))?;
        }
        Ranking::new(scores)?.predict(&self.info, &self.policy, options)
    }
}
