//! Classification by reference texts, without a trained network.
//!
//! [`Lexical`] holds texts with settled codes: those of the house ([`Lexical::embedded`]), and a user's own
//! ([`Lexical::with_references`]), which outrank ours. How it works and what each part is worth is measured in
//! `docs/lexical.md`.

mod classes;
mod corpus;
mod explain;
mod format;
mod fuse;
mod huffman;
mod index;
mod math;
mod neighbours;
#[cfg(any(feature = "embedded-model", test))]
mod policy;
mod query;
mod similar;
mod stem;
mod words;

use std::sync::{Mutex, PoisonError};

use crate::{
    Classifier, ClassifierInfo, Decision, DecisionPolicy, Edition, Error, HsCode, Level, Options, Prediction,
    Ranking, Reason,
};

use classes::Classes;
use corpus::Corpus;
use fuse::Scratch;
use index::Index;
use similar::Similar;

/// Reference texts with their codes as the bytes that [`Lexical::from_bytes`] reads; the same texts in any order
/// give the same bytes.
///
/// # Errors
/// `InvalidInput`: a code is shorter than a subheading.
pub fn reference_bytes<'a>(texts: impl IntoIterator<Item = (HsCode, &'a str)>) -> Result<Vec<u8>, Error> {
    format::encode(&Corpus::from_texts(texts)?)
}

/// A classifier by reference texts.
#[derive(Debug)]
pub struct Lexical {
    info: ClassifierInfo,
    policy: DecisionPolicy,
    corpus: Corpus,
    index: Index,
    classes: Classes,
    similar: Similar,
    idle: Mutex<Vec<Scratch>>,
}

impl Lexical {
    /// Opens the references of the house, which the binary carries: about 350,000 texts over all subheadings of
    /// HS2022. Takes tens of milliseconds and 40 MB; [`embedded`](crate::embedded()) opens them once for all.
    ///
    /// # Errors
    /// `Package` when they are damaged.
    #[cfg(feature = "embedded-model")]
    pub fn embedded() -> Result<Self, Error> {
        const REFERENCES: &[u8] = include_bytes!("../../model/references.bin");
        const POLICY: &str = include_str!("../../model/lexical.tsv");
        let model =
            format!("hscode-references@{}#{}", env!("CARGO_PKG_VERSION"), format::digest_of(REFERENCES));
        Self::from_bytes(REFERENCES, &model, policy::read(POLICY)?)
    }

    /// Opens references of HS2022 from the bytes that [`reference_bytes`] makes.
    ///
    /// `policy`: thresholds for scores of this classifier.
    ///
    /// # Errors
    /// `Package` when the bytes are damaged or the policy holds values that are no probabilities.
    pub fn from_bytes(bytes: &[u8], model: &str, policy: DecisionPolicy) -> Result<Self, Error> {
        policy.check()?;
        Ok(Self::new(format::decode(bytes)?, model, policy))
    }

    /// Makes a classifier of texts with their codes, of HS2022.
    ///
    /// # Errors
    /// `InvalidInput`: a code is shorter than a subheading. `Package`: as [`from_bytes`](Self::from_bytes).
    pub fn from_texts<'a>(
        texts: impl IntoIterator<Item = (HsCode, &'a str)>,
        model: &str,
        policy: DecisionPolicy,
    ) -> Result<Self, Error> {
        policy.check()?;
        Ok(Self::new(Corpus::from_texts(texts)?, model, policy))
    }

    fn new(corpus: Corpus, model: &str, policy: DecisionPolicy) -> Self {
        let index = Index::new(&corpus);
        let classes = Classes::new(&index);
        let similar = Similar::new(&index);
        let info =
            ClassifierInfo::new("lexical", model, Edition::HS2022, Level::Subheading, corpus.codes.len());
        Self { info, policy, corpus, index, classes, similar, idle: Mutex::new(Vec::new()) }
    }

    fn predict(
        &self,
        description: &str,
        options: &Options,
        scratch: &mut Scratch,
    ) -> Result<Prediction, Error> {
        scratch.description.read(description);
        let refused = if scratch.description.has_words() { None } else { Some(Reason::NoWords) };
        self.fuse(self.range(options.within), scratch);
        let scores = scratch.candidates.iter().zip(&scratch.scores);
        let ranking = Ranking::new(
            scores.map(|(&class, &score)| (self.corpus.codes[usize::from(class)], score as f32)),
        )?;
        let mut prediction = ranking.predict(&self.info, &self.policy, options)?;
        prediction.truncated = scratch.description.truncated();
        if let Some(reason) = refused {
            prediction.decision = Decision::Abstain(reason);
            prediction.decided_score = None;
        }
        if options.explain {
            prediction.explanation = self.explain(description, &prediction, scratch).map(Box::new);
        }
        Ok(prediction)
    }

    /// The numbers of the codes at or below `within`.
    fn range(&self, within: Option<HsCode>) -> std::ops::Range<usize> {
        let Some(within) = within else { return 0..self.corpus.codes.len() };
        let fits = |code: &HsCode| within.covers(code) || code.covers(&within);
        let start = self.corpus.codes.partition_point(|code| *code < within && !fits(code));
        let count = self.corpus.codes[start..].iter().take_while(|code| fits(code)).count();
        start..start + count
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<Scratch>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Classifier for Lexical {
    fn info(&self) -> &ClassifierInfo {
        &self.info
    }

    fn classify_batch(&self, descriptions: &[&str], options: &Options) -> Result<Vec<Prediction>, Error> {
        options.check(&self.info)?;
        let mut scratch = self.idle().pop().unwrap_or_default();
        let predictions = descriptions.iter().map(|text| self.predict(text, options, &mut scratch)).collect();
        self.idle().push(scratch);
        predictions
    }
}
