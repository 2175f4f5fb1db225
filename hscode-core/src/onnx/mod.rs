//! Any exported text classifier: a network in ONNX, how texts become its inputs, and what its outputs mean.
//!
//! [`Onnx`] runs networks of the trainer of this repository and transformers alike: a package says how texts are
//! read ([`features`](crate::features), or a tokenizer file), which input of the graph is given what, and which
//! code each output stands for. `docs/onnx.md` describes the files.
//!
//! One text is run at a time, so an answer never depends on the others of a batch. The numbers are f32 as the
//! machine's instructions sum them: the same on one machine every time, and on another alike to about six digits.

mod check;
mod engine;
mod fact;
mod layers;
mod operators;
mod places;
mod reader;
mod settings;
#[cfg(test)]
mod tests;
mod tokenizer;
mod wire;

use crate::explanation::title_path;
use crate::ranking::predict_sorted;
use crate::text::{self, Description};
use crate::{
    Classifier, ClassifierInfo, DecisionPolicy, Edition, Error, ErrorKind, Explanation, HsCode, Level,
    Options, Prediction, math,
};

/// The most codes that a network may answer.
const MAX_CODES: usize = 1 << 16;
/// The largest network, in bytes.
const MAX_NETWORK_BYTES: usize = 1 << 29;

/// The files of an exported classifier.
#[derive(Debug, Clone, Copy)]
pub struct OnnxFiles<'a> {
    /// `model.onnx`: the graph, with its constants inside.
    pub network: &'a [u8],
    /// `codes.txt`: the subheading of each output, a line each.
    pub codes: &'a str,
    /// `onnx.tsv`: how texts are read, the names of inputs and output, temperature and thresholds.
    pub settings: &'a str,
    /// `vocabulary.txt`: word pieces, a line each, where the settings read features.
    pub vocabulary: Option<&'a str>,
    /// `tokenizer.json`, where the settings read by a tokenizer.
    pub tokenizer: Option<&'a [u8]>,
}

/// A classifier by an exported network.
pub struct Onnx {
    info: ClassifierInfo,
    policy: DecisionPolicy,
    temperature: f32,
    reader: reader::Reader,
    engine: engine::Engine,
    codes: Vec<HsCode>,
    /// The outputs by code ascending.
    order: Vec<u32>,
}

impl Onnx {
    /// Opens an exported classifier. The graph is checked, run dry, and run with the largest ids on the shortest
    /// and the longest text, so that a damaged or hostile file is an error here, within bounded time and memory.
    ///
    /// `model`: what identifies the files, for [`ClassifierInfo::model`]. `edition`: of the codes.
    ///
    /// # Errors
    /// `Package`, naming the file, when one is damaged, missing or does not fit the others; `Unsupported` for an
    /// operator that this version does not run.
    pub fn open(files: OnnxFiles<'_>, model: &str, edition: Edition) -> Result<Self, Error> {
        let settings = settings::Settings::read(files.settings).map_err(|error| error.at("onnx.tsv"))?;
        let codes = read_codes(files.codes).map_err(|error| error.at("codes.txt"))?;
        let info = ClassifierInfo::new("onnx", model, edition, Level::Subheading, codes.len());
        for &code in &codes {
            info.check_code(code).map_err(|error| {
                Error::new(ErrorKind::Package, error.message().to_owned()).at("codes.txt")
            })?;
        }
        let mut order: Vec<u32> = (0..codes.len() as u32).collect();
        order.sort_by_key(|&at| codes[at as usize]);
        if let Some(pair) = order.windows(2).find(|pair| codes[pair[0] as usize] == codes[pair[1] as usize]) {
            let code = codes[pair[0] as usize];
            return Err(Error::new(ErrorKind::Package, format!("codes.txt: {code} twice: expected it once")));
        }
        let reader = reader::Reader::open(&settings, files.vocabulary, files.tokenizer)?;
        let ports = settings.ports();
        if files.network.len() > MAX_NETWORK_BYTES {
            let what =
                format!("model.onnx: {} bytes: expected at most {MAX_NETWORK_BYTES}", files.network.len());
            return Err(Error::new(ErrorKind::Package, what));
        }
        let engine = engine::Engine::open(files.network, &ports, &settings.output, codes.len())
            .map_err(|error| error.at("model.onnx"))?;
        let longest: Vec<usize> = ports.iter().map(|port| port.0.longest.max(1)).collect();
        for lengths in [vec![1; ports.len()], longest] {
            engine.run(&reader.largest(&lengths)).map_err(|error| {
                let what = format!("model.onnx: with lists of {lengths:?} ids: {}", error.message());
                Error::new(ErrorKind::Package, what)
            })?;
        }
        let settings::Settings { policy, temperature, .. } = settings;
        Ok(Self { info, policy, temperature, reader, engine, codes, order })
    }

    /// The code of each output.
    pub fn codes(&self) -> &[HsCode] {
        &self.codes
    }

    /// The raw outputs for a text, in the order of [`codes`](Self::codes).
    ///
    /// # Errors
    /// `Inference` when the engine fails.
    pub fn logits(&self, description: &str) -> Result<Vec<f32>, Error> {
        let mut read = Description::new();
        read.read(description);
        self.engine.run(&self.reader.ids(description, &read)?)
    }

    /// What turns scores into decisions.
    #[cfg(feature = "packages")]
    pub(crate) fn policy(&self) -> &DecisionPolicy {
        &self.policy
    }

    fn predict(
        &self,
        description: &str,
        options: &Options,
        (read, key): &mut (Description, String),
    ) -> Result<Prediction, Error> {
        read.read(description);
        let refused = text::refusal(read, key);
        // Nothing is computed of a text that names nothing.
        let scores = if read.names_something() {
            self.scores(&self.engine.run(&self.reader.ids(description, read)?)?)
        } else {
            Vec::new()
        };
        let mut prediction = predict_sorted(&scores, &self.info, &self.policy, options);
        prediction.truncated = read.truncated();
        if let Some(reason) = refused {
            prediction.decline(reason);
        }
        if options.explain {
            prediction.explanation = self.explain(&prediction).map(Box::new);
        }
        Ok(prediction)
    }

    /// Probabilities by code ascending.
    fn scores(&self, logits: &[f32]) -> Vec<(HsCode, f32)> {
        let top = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let raw = |logit: f32| math::exp(f64::from((logit - top) / self.temperature));
        let total: f64 = logits.iter().map(|&logit| raw(logit)).sum();
        let score = |&at: &u32| {
            let at = at as usize;
            (self.codes[at], (raw(logits[at]) / total) as f32)
        };
        self.order.iter().map(score).collect()
    }

    /// The titles of the best code; a graph of any kind has no words to weigh.
    fn explain(&self, prediction: &Prediction) -> Option<Explanation> {
        let path = title_path(self.info.edition(), prediction.best()?.code());
        Some(Explanation { path, ..Explanation::default() })
    }
}

impl std::fmt::Debug for Onnx {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Onnx").field("model", &self.info.model()).finish_non_exhaustive()
    }
}

impl Classifier for Onnx {
    fn info(&self) -> &ClassifierInfo {
        &self.info
    }

    fn classify_batch(&self, descriptions: &[&str], options: &Options) -> Result<Vec<Prediction>, Error> {
        options.check(&self.info)?;
        let mut room = (Description::new(), String::new());
        descriptions.iter().map(|text| self.predict(text, options, &mut room)).collect()
    }
}

fn read_codes(text: &str) -> Result<Vec<HsCode>, Error> {
    let wrong = |what: String| Error::new(ErrorKind::Package, what);
    let mut codes = Vec::new();
    for (at, line) in text.lines().enumerate() {
        let code = line.trim().parse::<HsCode>().ok().filter(|code| code.level() == Level::Subheading);
        codes.push(code.ok_or_else(|| wrong(format!("line {}: expected a subheading", at + 1)))?);
        if codes.len() > MAX_CODES {
            return Err(wrong(format!("expected at most {MAX_CODES} codes")));
        }
    }
    if codes.len() < 2 {
        return Err(wrong(format!("expected two codes or more, saw {}", codes.len())));
    }
    Ok(codes)
}
