//! Networks as models: what they hold, how they answer, how they are kept.

use std::io::Write;
use std::path::Path;

use hscode_core::features::{FeatureSpec, Features, WordPiece};
use hscode_core::text::Description;
use hscode_core::{Error, ErrorKind, HsCode};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::container::{self, Contents};
use super::{Model, ModelKind};
use crate::disk::Disk;
use crate::nets::{Batch, Cache, IntegerLayer, IntegerNetwork, Network, NetworkShape, Rounding, softmax};
use crate::progress::io_error;

/// Texts of one forward pass.
const ANSWER_BATCH: usize = 512;

/// A trained network with what it needs to read texts.
pub struct NeuralModel {
    pub(crate) kind: ModelKind,
    pub(crate) classes: Vec<HsCode>,
    pub(crate) vocabulary: String,
    pub(crate) reader: TextReader,
    pub(crate) network: Network,
    /// Layers over chapters and headings beside the output, for the engine.
    pub(crate) walk: Option<[IntegerLayer; 2]>,
}

/// Turns texts into features.
pub(crate) struct TextReader {
    pub spec: FeatureSpec,
    pub pieces: Option<WordPiece>,
}

impl TextReader {
    /// `vocabulary`: all pieces; the first `shape.pieces` are used.
    pub(crate) fn new(shape: &NetworkShape, vocabulary: &str) -> Result<Self, Error> {
        let pieces = if shape.reader == crate::nets::TokenReader::None {
            None
        } else {
            let end = vocabulary.match_indices('\n').nth(shape.pieces.saturating_sub(1));
            let Some((end, _)) = end else {
                let what = format!(
                    "vocabulary: expected {} pieces or more, seen {}",
                    shape.pieces,
                    vocabulary.lines().count()
                );
                return Err(Error::new(ErrorKind::InvalidInput, what));
            };
            Some(WordPiece::from_text(&vocabulary[..=end]).map_err(|e| e.at("vocabulary"))?)
        };
        Ok(Self { spec: shape.features(), pieces })
    }

    /// Reads texts, in their order, on all threads.
    pub(crate) fn read<S: AsRef<str> + Sync>(&self, texts: &[S], batch: &mut Batch) {
        self.read_each(texts.len(), batch, |at, read| read(texts[at].as_ref()), |_, _| ());
    }

    /// Reads `n` texts: `text` hands each to a reader, `after` may change what was read.
    pub(crate) fn read_each(
        &self,
        n: usize,
        batch: &mut Batch,
        text: impl Fn(usize, &mut dyn FnMut(&str)) + Sync,
        after: impl Fn(usize, &mut Features) + Sync,
    ) {
        let all: Vec<Features> = (0..n)
            .into_par_iter()
            .map_init(Description::new, |description, at| {
                let mut features = Features::default();
                text(at, &mut |text: &str| {
                    description.read(text);
                    let words = description.tokens().map(|token| token.text);
                    self.spec.read(words, self.pieces.as_ref(), &mut features);
                });
                after(at, &mut features);
                features
            })
            .collect();
        batch.clear();
        all.iter().for_each(|features| batch.push(features));
    }
}

/// What a file of a network says about it.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Meta {
    model: ModelKind,
    shape: NetworkShape,
    classes: Vec<HsCode>,
    vocabulary: String,
    rounding: Option<Rounding>,
    #[serde(default)]
    walk: bool,
    text_version: u32,
    feature_hash_version: u32,
}

impl NeuralModel {
    /// The sizes of the network.
    pub fn shape(&self) -> &NetworkShape {
        &self.network.shape
    }

    /// The word pieces in use, a line each.
    pub fn vocabulary(&self) -> &str {
        &self.vocabulary
    }

    /// The scales of integers, if the network was trained with rounding.
    pub fn rounding(&self) -> Option<&Rounding> {
        self.network.rounding.as_ref()
    }

    /// The network as the integers that it learnt to be, for packing; `None` when it was trained without rounding.
    pub fn integers(&self) -> Option<IntegerNetwork> {
        self.network.integers()
    }

    /// Two small layers over the last hidden units, `chapters` and `headings` in ascending order of their codes:
    /// where the engine looks for subheadings. `None` when the network was trained without rounding.
    pub fn walk(&self) -> Option<&[IntegerLayer; 2]> {
        self.walk.as_ref()
    }

    /// All weights in a fixed order, with their names: `tokens`, `pairs`, `grams`, then the matrices and biases
    /// of the reader, the hidden layers and the output.
    pub fn tensors(&self) -> Vec<(String, Vec<f32>)> {
        self.network.named().into_iter().map(|(name, data)| (name, data.to_vec())).collect()
    }

    /// Logits: a row a text, a column a class.
    pub fn logits(&self, texts: &[&str]) -> Vec<f32> {
        let mut out = Vec::with_capacity(texts.len() * self.classes.len());
        let (mut batch, mut cache) = (Batch::default(), Cache::default());
        for texts in texts.chunks(ANSWER_BATCH) {
            self.reader.read(texts, &mut batch);
            self.network.forward(&batch, &mut cache, None);
            out.extend_from_slice(&cache.logits);
        }
        out
    }

    fn meta(&self) -> Result<serde_json::Value, Error> {
        let meta = Meta {
            model: self.kind,
            shape: self.network.shape.clone(),
            classes: self.classes.clone(),
            vocabulary: self.vocabulary.clone(),
            rounding: self.network.rounding.clone(),
            walk: self.walk.is_some(),
            text_version: hscode_core::text::VERSION,
            feature_hash_version: hscode_core::features::FEATURE_HASH_VERSION,
        };
        serde_json::to_value(meta)
            .map_err(|e| Error::new(ErrorKind::Io, "model: cannot write its header").with_source(e))
    }

    /// Reads a model that [`Model::save`] wrote.
    ///
    /// # Errors
    /// `Io`: no such file or not readable. `Package`: damaged, or of another version.
    pub fn open(disk: &dyn Disk, path: &Path) -> Result<Self, Error> {
        let mut contents = container::read(disk, path)?.ok_or_else(|| {
            Error::new(ErrorKind::Io, format!("{}: expected a model, seen no file", path.display()))
        })?;
        Self::from_contents(&mut contents).map_err(|e| e.at(path.display()))
    }

    fn from_contents(contents: &mut Contents) -> Result<Self, Error> {
        let bad = |what: String| Error::new(ErrorKind::Package, what);
        let meta: Meta = serde_json::from_value(std::mem::take(&mut contents.meta))
            .map_err(|e| bad("header: expected that of a network".into()).with_source(e))?;
        let versions = (hscode_core::text::VERSION, hscode_core::features::FEATURE_HASH_VERSION);
        if (meta.text_version, meta.feature_hash_version) != versions {
            return Err(bad(format!(
                "expected text and hash versions {versions:?}, seen {:?}",
                (meta.text_version, meta.feature_hash_version)
            )));
        }
        if let Some(fault) = meta.shape.fault() {
            return Err(bad(fault));
        }
        let reader = TextReader::new(&meta.shape, &meta.vocabulary)?;
        let mut network = Network::new(&meta.shape, meta.classes.len(), 0);
        for (name, value) in network.named_mut() {
            *value = contents.take(&name, Some(value.len()))?;
        }
        network.rounding = meta.rounding;
        network.refresh_rounding();
        let walk = match meta.walk {
            false => None,
            true => Some(walk_layers(contents, network.output.inputs)?),
        };
        Ok(Self {
            kind: meta.model,
            classes: meta.classes,
            vocabulary: meta.vocabulary,
            reader,
            network,
            walk,
        })
    }
}

impl Model for NeuralModel {
    fn kind(&self) -> ModelKind {
        self.kind
    }

    fn classes(&self) -> &[HsCode] {
        &self.classes
    }

    fn scores(&self, texts: &[&str]) -> Result<Vec<f32>, Error> {
        let mut out = self.logits(texts);
        out.par_chunks_exact_mut(self.classes.len()).for_each(|row| {
            softmax(row);
        });
        Ok(out)
    }

    fn weights(&self) -> usize {
        self.network.named().iter().map(|(_, data)| data.len()).sum()
    }

    fn save(&self, disk: &dyn Disk, path: &Path) -> Result<(), Error> {
        self.with_parts(|meta, tensors| container::write(disk, path, meta, tensors))
    }

    fn write(&self, out: &mut dyn Write) -> Result<(), Error> {
        self.with_parts(|meta, tensors| {
            container::put(out, meta, tensors).map_err(|e| io_error("model", "write", e))
        })
    }
}

impl NeuralModel {
    /// Hands over what a file of the model holds.
    fn with_parts(
        &self,
        act: impl FnOnce(serde_json::Value, &mut dyn Iterator<Item = (String, &[f32])>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let numbers = self.walk.iter().flatten().map(|layer| {
            let numbers: Vec<f32> = layer.numbers.iter().map(|&n| f32::from(n)).collect();
            (layer, numbers)
        });
        let numbers: Vec<_> = numbers.collect();
        let walk = numbers.iter().flat_map(|(layer, numbers)| {
            let parts: [(&str, &[f32]); 3] =
                [("bias", &layer.bias), ("scales", &layer.scales), ("numbers", numbers)];
            parts.map(|(part, data)| (format!("{}.{part}", layer.name), data))
        });
        act(self.meta()?, &mut self.network.named().into_iter().chain(walk))
    }
}

/// Reads the layers over chapters and headings.
fn walk_layers(contents: &mut Contents, inputs: usize) -> Result<[IntegerLayer; 2], Error> {
    let mut layer = |name: &str| {
        let mut take = |part: &str, len| contents.take(&format!("{name}.{part}"), len);
        let bias = take("bias", None)?;
        let scales = take("scales", Some(bias.len()))?;
        let numbers = take("numbers", Some(bias.len() * inputs))?.into_iter().map(|n| n as i8).collect();
        Ok(IntegerLayer { name: name.to_owned(), inputs, numbers, scales, bias })
    };
    Ok([layer("chapters")?, layer("headings")?])
}
