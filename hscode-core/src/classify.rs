//! The interface that every model, fallback and caller's own function implements.

use std::sync::Arc;

use crate::{Edition, Error, ErrorKind, HsCode, Level, Nomenclature, Options, Prediction};

/// Anything that turns goods descriptions into predictions.
///
/// Object safe and shared by threads: `Arc<dyn Classifier>` is how models are kept, swapped and stacked. An
/// answer depends on the description and the options alone, never on the other descriptions of the batch.
///
/// ```
/// use hscode_core::{Classifier, Options};
///
/// fn first_codes(classifier: &dyn Classifier, goods: &[&str]) -> Result<Vec<String>, hscode_core::Error> {
///     let predictions = classifier.classify_batch(goods, &Options::default())?;
///     Ok(predictions.iter().filter_map(|p| p.best()).map(|c| c.code().dotted()).collect())
/// }
/// ```
pub trait Classifier: Send + Sync {
    /// What this classifier is and which classes it knows.
    fn info(&self) -> &ClassifierInfo;

    /// Classifies each description; answers keep input order and length.
    ///
    /// `descriptions`: any UTF-8 text; text past [`MAX_DESCRIPTION_BYTES`](crate::text::MAX_DESCRIPTION_BYTES)
    /// is cut and the prediction says so. Returns one prediction a description, each with
    /// `1..=options.top_k` candidates, best first, or none when nothing speaks for any code. `score` is a
    /// calibrated probability in `0.0..=1.0`.
    ///
    /// # Errors
    /// `InvalidInput` or `Unsupported` when [`Options::check`] refuses the options.
    /// `Inference` when the engine fails; nothing is returned in part.
    fn classify_batch(&self, descriptions: &[&str], options: &Options) -> Result<Vec<Prediction>, Error>;

    /// Classifies one description, as [`classify_batch`](Self::classify_batch) does.
    ///
    /// # Errors
    /// As `classify_batch`.
    fn classify(&self, description: &str, options: &Options) -> Result<Prediction, Error> {
        let mut predictions = self.classify_batch(&[description], options)?;
        match (predictions.pop(), predictions.is_empty()) {
            (Some(prediction), true) => Ok(prediction),
            _ => Err(Error::new(
                ErrorKind::Inference,
                format!("{}: expected 1 prediction for 1 description", self.info().name()),
            )),
        }
    }
}

impl<C: Classifier + ?Sized> Classifier for Arc<C> {
    fn info(&self) -> &ClassifierInfo {
        (**self).info()
    }

    fn classify_batch(&self, descriptions: &[&str], options: &Options) -> Result<Vec<Prediction>, Error> {
        (**self).classify_batch(descriptions, options)
    }

    fn classify(&self, description: &str, options: &Options) -> Result<Prediction, Error> {
        (**self).classify(description, options)
    }
}

/// What a classifier is: its name, its model, and the codes that it can answer.
///
/// Cloning shares the strings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClassifierInfo {
    name: Arc<str>,
    model: Arc<str>,
    edition: Edition,
    level: Level,
    classes: usize,
}

impl ClassifierInfo {
    /// Describes a classifier.
    ///
    /// `name`: the kind, such as `text-cnn`. `model`: what identifies the data behind it, such as
    /// `hscode-default@0.1.0#3f9a0c1d22ab`. `level`: the deepest level it answers. `classes`: how many codes
    /// of that level it can answer.
    pub fn new(name: &str, model: &str, edition: Edition, level: Level, classes: usize) -> Self {
        Self { name: name.into(), model: model.into(), edition, level, classes }
    }

    /// The kind of classifier, such as `lexical`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What identifies the model behind it.
    pub fn model(&self) -> &str {
        &self.model
    }

    /// The edition of the codes it answers.
    pub fn edition(&self) -> &Edition {
        &self.edition
    }

    /// The deepest level it answers.
    pub fn level(&self) -> Level {
        self.level
    }

    /// How many codes of that level it can answer.
    pub fn classes(&self) -> usize {
        self.classes
    }

    pub(crate) fn shared_name(&self) -> Arc<str> {
        Arc::clone(&self.name)
    }

    pub(crate) fn shared_model(&self) -> Arc<str> {
        Arc::clone(&self.model)
    }

    /// Checks that the edition has `code`; of a national tariff only the six international digits are known.
    pub(crate) fn check_code(&self, code: HsCode) -> Result<(), Error> {
        if !self.edition.is_international() {
            return Ok(());
        }
        let known = code.at(Level::Subheading).unwrap_or(code);
        let nomenclature = Nomenclature::of(&self.edition)?;
        if nomenclature.contains(known)
            && (code.level() <= Level::Subheading || self.level == Level::TariffLine)
        {
            Ok(())
        } else {
            Err(Error::new(ErrorKind::UnknownCode, format!("{} has no code {code}", self.edition)))
        }
    }
}
