//! The network and the references together, which is how the default model answers.
//!
//! The network answers alone where it is sure; elsewhere the references are asked too, and the logarithms of both
//! probabilities are added up with weights. Networks and references err differently: on development sets the sum is
//! right 3.6 to 12 points more often than the network and 4 to 7 more often than the references
//! (`docs/default-model.md`).

mod references;
mod settings;

use crate::lexical::{self, Lexical};
use crate::math::{self, ln};
use crate::pool::Pool;
use crate::ranking::predict_sorted;
use crate::text_cnn::Look;
use crate::{Classifier, ClassifierInfo, Error, HsCode, Options, Prediction, Reason, TextCnn, text};

use lexical::Reference;
pub(crate) use references::References;
use settings::Settings;

/// What the network alone answers as.
const ALONE: &str = "text-cnn";
/// What both together answer as.
const TOGETHER: &str = "text-cnn+lexical";

/// The thresholds and candidate sets that settings name; see [`Fused::new`].
#[cfg(feature = "packages")]
pub(crate) fn read_policy(settings: &str) -> Result<crate::DecisionPolicy, Error> {
    settings::read(settings).map(|settings| settings.policy)
}

/// A network that asks references where it is not sure.
///
/// [`Prediction::classifier`] tells who answered: `text-cnn` the network alone, `text-cnn+lexical` both.
pub struct Fused {
    alone: ClassifierInfo,
    together: ClassifierInfo,
    network: TextCnn,
    references: References,
    settings: Settings,
    pool: Pool<Scratch>,
}

/// Working memory of one classification.
#[derive(Default)]
struct Scratch {
    key: String,
    look: Look,
    /// Holds the description too.
    lexical: lexical::Scratch,
    /// What the references say, by code.
    heard: Vec<(HsCode, f64)>,
    sums: Vec<f64>,
    scores: Vec<(HsCode, f32)>,
}

impl Fused {
    /// Opens the default model, which the binary carries, to add references of one's own to it; for its answers alone
    /// [`embedded`](crate::embedded()) opens it once for all.
    ///
    /// # Errors
    /// `Package` when it is damaged.
    #[cfg(feature = "embedded-model")]
    pub fn embedded() -> Result<Self, Error> {
        crate::package::fused_of(&crate::embedded::FILES, Lexical::embedded).map(|(_, model)| model)
    }

    /// Puts a network and references of the same edition together.
    ///
    /// `settings`: lines `sure SCORE` (from which score on the network answers alone), `weight SHARE` (of the
    /// references, the rest is the network's), `floor SHARE` (added to what the references say of a code, so that
    /// one they do not know stays possible), `temperature NUMBER` (what the sum is divided by), maybe `doubt SHARE
    /// TEMPERATURE` (the share of the score that follows the network alone at that temperature), and the lines that
    /// every model has.
    ///
    /// # Errors
    /// `Package` when the settings are damaged.
    pub fn new(network: TextCnn, lexical: Lexical, settings: &str) -> Result<Self, Error> {
        Self::of(network, References::Open(Box::new(lexical)), settings)
    }

    pub(crate) fn of(network: TextCnn, references: References, settings: &str) -> Result<Self, Error> {
        let info = network.info();
        let named = |name| {
            ClassifierInfo::new(name, info.model(), info.edition().clone(), info.level(), info.classes())
        };
        Ok(Self {
            alone: named(ALONE),
            together: named(TOGETHER),
            settings: settings::read(settings)?,
            network,
            references,
            pool: Pool::default(),
        })
    }

    /// Adds a user's own references, which outrank the network and the references inside: they are asked for every
    /// description, one that says the very same decides, a similar one counts by its similarity. See
    /// [`Lexical::with_references`].
    ///
    /// ```
    /// use hscode_core::lexical::Reference;
    /// use hscode_core::{Classifier, Fused, Options};
    ///
    /// let own = Reference::new("Model X200 blue", "847130".parse()?, "our-catalogue.csv");
    /// let classifier = Fused::embedded()?.with_references(vec![own])?;
    /// let prediction = classifier.classify("model X200, blue", &Options::default())?;
    /// assert_eq!(prediction.code().map(|code| code.dotted()).as_deref(), Some("8471.30"));
    /// # Ok::<(), hscode_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// As there.
    pub fn with_references(self, references: Vec<Reference>) -> Result<Self, Error> {
        let lexical = self.references.into_lexical()?.with_references(references)?;
        Ok(Self { references: References::Open(Box::new(lexical)), ..self })
    }

    fn predict(
        &self,
        description: &str,
        options: &Options,
        scratch: &mut Scratch,
    ) -> Result<Prediction, Error> {
        let Scratch { key, look, lexical: lexical::Scratch { description: read, .. }, .. } = scratch;
        read.read(description);
        let refused = text::refusal(read, key);
        self.network.look(read, options.within, look);
        self.network.probabilities(look);
        let top = look.scores.iter().map(|&(_, score)| score).fold(0.0, f32::max);
        let own = self.references.has_own();
        // What is refused is not looked at twice; its candidates are for a person.
        let asked = own || (top < self.settings.sure && refused.is_none());
        let mut prediction = if asked {
            self.fuse(options, scratch)?;
            predict_sorted(&scratch.scores, &self.together, &self.settings.policy, options)
        } else {
            predict_sorted(&look.scores, &self.alone, self.network.policy(), options)
        };
        prediction.truncated = scratch.lexical.description.truncated();
        // What the user has settled is not vague to them.
        let settled = own && refused == Some(Reason::Vague) && scratch.lexical.own.says_the_same();
        if let Some(reason) = refused.filter(|_| !settled) {
            prediction.decline(reason);
        }
        if options.explain {
            if !asked {
                self.references.get()?.hear(options.within, &mut scratch.lexical);
            }
            self.explain(description, &mut prediction, scratch)?;
        }
        Ok(prediction)
    }

    /// Fills `scratch.scores` with what network and references say together, by code ascending.
    fn fuse(&self, options: &Options, scratch: &mut Scratch) -> Result<(), Error> {
        let lexical = self.references.get()?;
        let Scratch { look, lexical: said, heard, sums, scores, .. } = scratch;
        lexical.hear(options.within, said);
        lexical.said(said, heard);
        self.network.look_at(heard.iter().map(|&(code, _)| code), look);
        self.network.log_probabilities(look);
        let Settings { weight, floor, temperature, doubt, .. } = self.settings;
        let unheard = ln(floor);
        sums.clear();
        let mut at = 0;
        for &(code, network) in &look.scores {
            // Both are in the order of codes.
            while heard.get(at).is_some_and(|&(other, _)| other < code) {
                at += 1;
            }
            let told = heard.get(at).filter(|&&(other, _)| other == code);
            let told = told.map_or(unheard, |&(_, share)| ln(share + floor));
            sums.push(((1.0 - weight) * f64::from(network) + weight * told) / temperature);
        }
        math::softmax(sums);
        heard.clear();
        heard.extend(look.scores.iter().zip(sums.iter()).map(|(&(code, _), &sum)| (code, sum)));
        if doubt.share > 0.0 {
            sums.clear();
            sums.extend(look.scores.iter().map(|&(_, network)| f64::from(network) / doubt.temperature));
            math::softmax(sums);
            for ((_, score), broad) in heard.iter_mut().zip(sums.iter()) {
                *score = (1.0 - doubt.share) * *score + doubt.share * broad;
            }
        }
        lexical.outrank(options.within, said, heard);
        scores.clear();
        scores.extend(heard.iter().map(|&(code, score)| (code, score as f32)));
        Ok(())
    }

    /// What the words add to the network's part, the references that speak for the answer, the titles.
    fn explain(
        &self,
        description: &str,
        prediction: &mut Prediction,
        scratch: &mut Scratch,
    ) -> Result<(), Error> {
        let lexical = self.references.get()?;
        let Scratch { look, lexical: said, .. } = scratch;
        let explanation = self.network.explain(description, &said.description, prediction.candidates(), look);
        prediction.explanation = explanation.map(|mut explanation| {
            explanation.evidence = lexical.evidence(said);
            Box::new(explanation)
        });
        Ok(())
    }
}

impl Classifier for Fused {
    fn info(&self) -> &ClassifierInfo {
        &self.alone
    }

    fn classify_batch(&self, descriptions: &[&str], options: &Options) -> Result<Vec<Prediction>, Error> {
        options.check(&self.alone)?;
        self.pool
            .with(|scratch| descriptions.iter().map(|text| self.predict(text, options, scratch)).collect())
    }

    fn classify(&self, description: &str, options: &Options) -> Result<Prediction, Error> {
        options.check(&self.alone)?;
        self.pool.with(|scratch| self.predict(description, options, scratch))
    }
}
