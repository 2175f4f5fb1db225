//! Classification by reference texts, without a trained network.
//!
//! [`Lexical`] holds texts with settled codes: those of the house ([`Lexical::embedded`]), and a user's own
//! ([`Lexical::with_references`]), which outrank ours. How it works and what each part is worth is measured in
//! `docs/lexical.md`.

mod best;
mod classes;
mod corpus;
mod explain;
mod format;
mod fuse;
mod heard;
mod huffman;
mod index;
mod neighbours;
mod own;
mod policy;
mod postings;
mod query;
mod similar;
mod stem;
mod words;

use crate::pool::Pool;
use crate::ranking::{predict_sorted, run_within};
use crate::{
    Classifier, ClassifierInfo, DecisionPolicy, Edition, Error, HsCode, Level, Options, Prediction, Reason,
    text,
};

use classes::Classes;
use corpus::Corpus;
#[cfg(feature = "text-cnn")]
pub(crate) use fuse::Scratch;
#[cfg(not(feature = "text-cnn"))]
use fuse::Scratch;
use index::Index;
use own::Own;
use similar::Similar;

pub use own::Reference;

/// Reference texts with their codes as the bytes that [`Lexical::from_bytes`] reads; the same texts in any order
/// give the same bytes.
///
/// # Errors
/// `InvalidInput`: a code is shorter than a subheading.
pub fn reference_bytes<'a>(texts: impl IntoIterator<Item = (HsCode, &'a str)>) -> Result<Vec<u8>, Error> {
    format::encode(&Corpus::from_texts(texts)?)
}

/// The thresholds and candidate sets that settings name; see [`Lexical::from_bytes`].
#[cfg(feature = "packages")]
pub(crate) fn read_policy(settings: &str) -> Result<DecisionPolicy, Error> {
    policy::read(settings).map(|settings| settings.policy)
}

/// A classifier by reference texts.
#[derive(Debug)]
pub struct Lexical {
    info: ClassifierInfo,
    policy: DecisionPolicy,
    sharpness: f64,
    corpus: Corpus,
    index: Index,
    classes: Classes,
    similar: Similar,
    /// By text; see [`neighbours::norms`].
    norms: Vec<f32>,
    own: Option<Box<Own>>,
    pool: Pool<Scratch>,
}

impl Lexical {
    /// Opens the references of the house, which the binary carries: about 350,000 texts over all subheadings of
    /// HS2022. Takes tens of milliseconds and 40 MB; [`embedded`](crate::embedded()) opens them once for all.
    ///
    /// # Errors
    /// `Package` when they are damaged.
    #[cfg(feature = "embedded-model")]
    pub fn embedded() -> Result<Self, Error> {
        crate::package::lexical_of(&crate::embedded::FILES)
    }

    /// Opens references of HS2022 from the bytes that [`reference_bytes`] makes.
    ///
    /// `model`: what identifies them, for [`ClassifierInfo::model`]. `settings`: lines `threshold LEVEL SCORE` for
    /// each of three levels, `sharpness EXPONENT`, `coverage PART SCORE..`, as in `model/lexical.tsv`.
    ///
    /// # Errors
    /// `Package` when bytes or settings are damaged.
    pub fn from_bytes(bytes: &[u8], model: &str, settings: &str) -> Result<Self, Error> {
        Self::new(format::decode(bytes)?, model, settings)
    }

    /// Makes a classifier of texts with their codes, of HS2022; the rest as [`from_bytes`](Self::from_bytes).
    ///
    /// # Errors
    /// `InvalidInput`: a code is shorter than a subheading. `Package`: the settings are damaged.
    pub fn from_texts<'a>(
        texts: impl IntoIterator<Item = (HsCode, &'a str)>,
        model: &str,
        settings: &str,
    ) -> Result<Self, Error> {
        Self::new(Corpus::from_texts(texts)?, model, settings)
    }

    /// Adds a user's own references, which outrank ours: one that says the very same decides, a similar one
    /// counts by its similarity. References that were added before are replaced; those without words are left
    /// out. 100,000 references take less than a second.
    ///
    /// ```
    /// use hscode_core::lexical::{Lexical, Reference};
    /// use hscode_core::{Classifier, Options};
    ///
    /// let own = Reference::new("Model X200 blue", "847130".parse()?, "our-catalogue.csv");
    /// let classifier = Lexical::embedded()?.with_references(vec![own])?;
    /// let prediction = classifier.classify("model X200, blue", &Options::default())?;
    /// assert_eq!(prediction.code().map(|code| code.dotted()).as_deref(), Some("8471.30"));
    /// # Ok::<(), hscode_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// `UnknownCode`: the edition lacks a code. `InvalidInput`: a code is shorter than a subheading. The message
    /// gives the reference's index.
    pub fn with_references(mut self, references: Vec<Reference>) -> Result<Self, Error> {
        for (index, reference) in references.iter().enumerate() {
            let code = reference.code.at(Level::Subheading).unwrap_or(reference.code);
            self.info.check_code(code).map_err(|error| error.at(format!("reference {index}")))?;
        }
        let own = Own::new(&references)?;
        let new = own.corpus.codes.iter().filter(|code| self.corpus.codes.binary_search(code).is_err());
        let classes = self.corpus.codes.len() + new.count();
        self.info = ClassifierInfo::new(
            self.info.name(),
            self.info.model(),
            self.info.edition().clone(),
            Level::Subheading,
            classes,
        );
        self.own = Some(Box::new(own));
        Ok(self)
    }

    /// The raw scores of the likeliest subheadings (at most 128, by code), before calibration, for fusing them
    /// with another classifier's; at most 1 together, and none when no word is known.
    ///
    /// A user's own references are heard.
    pub fn scores(&self, description: &str) -> Vec<(HsCode, f64)> {
        self.pool.with(|scratch| {
            scratch.description.read(description);
            self.fuse(0..self.corpus.codes.len(), scratch);
            let mut scores = Vec::new();
            self.said(scratch, &mut scores);
            self.outrank(None, scratch, &mut scores);
            scores
        })
    }

    fn new(corpus: Corpus, model: &str, settings: &str) -> Result<Self, Error> {
        let policy::Settings { policy, sharpness } = policy::read(settings)?;
        let index = Index::new(&corpus);
        let classes = Classes::new(&index);
        let similar = Similar::new(&index);
        let norms = neighbours::norms(&corpus, &index);
        let info =
            ClassifierInfo::new("lexical", model, Edition::HS2022, Level::Subheading, corpus.codes.len());
        Ok(Self {
            info,
            policy,
            sharpness,
            corpus,
            index,
            classes,
            similar,
            norms,
            own: None,
            pool: Pool::default(),
        })
    }

    fn predict(&self, description: &str, options: &Options, scratch: &mut Scratch) -> Prediction {
        scratch.description.read(description);
        let refused = text::refusal(&scratch.description, &mut scratch.key);
        self.fuse(self.range(options.within), scratch);
        self.calibrate(&mut scratch.scores);
        self.rank(options.within, scratch);
        let mut prediction = predict_sorted(&scratch.ranked, &self.info, &self.policy, options);
        prediction.truncated = scratch.description.truncated();
        // What the user has settled is not vague to them.
        let settled = refused == Some(Reason::Vague) && scratch.own.says_the_same();
        if let Some(reason) = refused.filter(|_| !settled) {
            prediction.decline(reason);
        }
        if options.explain {
            prediction.explanation = self.explain(description, &prediction, scratch).map(Box::new);
        }
        prediction
    }

    /// Fills `scratch.ranked` with what was heard, the user's own references among it, by code ascending.
    fn rank(&self, within: Option<HsCode>, scratch: &mut Scratch) {
        let mut heard = std::mem::take(&mut scratch.heard);
        self.said(scratch, &mut heard);
        self.make_room(within, scratch, &mut heard);
        let Scratch { ranked, own, .. } = scratch;
        ranked.clear();
        ranked.extend(heard.iter().map(|&(code, score)| (code, score as f32)));
        own.voices.iter().for_each(|&(code, share)| heard::add(ranked, code, share as f32));
        scratch.heard = heard;
    }

    /// The numbers of the codes at or below `within`.
    fn range(&self, within: Option<HsCode>) -> std::ops::Range<usize> {
        match within {
            None => 0..self.corpus.codes.len(),
            Some(within) => run_within(&self.corpus.codes, |&code| code, within),
        }
    }
}

impl Classifier for Lexical {
    fn info(&self) -> &ClassifierInfo {
        &self.info
    }

    fn classify_batch(&self, descriptions: &[&str], options: &Options) -> Result<Vec<Prediction>, Error> {
        options.check(&self.info)?;
        let all = |scratch: &mut Scratch| {
            descriptions.iter().map(|text| self.predict(text, options, scratch)).collect()
        };
        Ok(self.pool.with(all))
    }

    fn classify(&self, description: &str, options: &Options) -> Result<Prediction, Error> {
        options.check(&self.info)?;
        Ok(self.pool.with(|scratch| self.predict(description, options, scratch)))
    }
}
