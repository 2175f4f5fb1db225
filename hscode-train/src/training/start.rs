//! What a network starts from: a trained model, or word pieces and their vectors.

use std::io::Read as _;
use std::path::Path;

use hscode_core::package::{MANIFEST, ModelPackage, TEXT_CNN, TEXT_CNN_VOCABULARY, TEXT_CNN_WEIGHTS};
use hscode_core::text_cnn::Weights;
use hscode_core::{Error, ErrorKind};

use super::VOCABULARY;
use crate::config::Config;
use crate::models::{ModelKind, NeuralModel, network_of};
use crate::progress::io_error;
use crate::steps::FileDigest;
use crate::workdir::WorkDir;

/// What a network starts from.
#[derive(Default)]
pub struct Start {
    model: Option<NeuralModel>,
    pub(super) vocabulary: String,
    pub(super) vectors: Vec<u8>,
}

impl Start {
    /// Reads what the settings name, and where they name nothing what `encode` learnt, with the digests of the
    /// files. The linear model starts from nothing.
    ///
    /// # Errors
    /// `InvalidInput`: `encode` has not run where it should. `Package`: a model that is damaged or no network.
    /// `Io`.
    pub fn open(work: &WorkDir, config: &Config) -> Result<(Self, Vec<FileDigest>), Error> {
        let mut start = Self::default();
        let mut files = Vec::new();
        let named = &config.start;
        if let Some(path) = &named.model {
            if path.is_dir() {
                // The seal of the manifest stands for all files of a package.
                files.push(work.digest(&path.join(MANIFEST), "start:manifest")?);
                start.model = Some(of_package(path)?);
            } else {
                files.push(work.digest(path, "start:model")?);
                start.model = Some(NeuralModel::open(work.disk(), path)?);
            }
            return Ok((start, files));
        }
        if config.train.model == ModelKind::Svc {
            return Ok((start, files));
        }
        match &named.vocabulary {
            Some(path) => {
                files.push(work.digest(path, "start:vocabulary")?);
                start.vocabulary = String::from_utf8_lossy(&read(work, path)?).into_owned();
            }
            None => {
                files.push(work.input("encode", VOCABULARY)?);
                start.vocabulary = String::from_utf8_lossy(&read(work, &work.path(VOCABULARY))?).into_owned();
            }
        }
        if let Some(path) = &named.vectors {
            files.push(work.digest(path, "start:vectors")?);
            start.vectors = read(work, path)?;
        }
        Ok((start, files))
    }

    /// The model, if one is named.
    pub fn model(&self) -> Option<&NeuralModel> {
        self.model.as_ref()
    }
}

impl std::fmt::Debug for Start {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Start").field("model", &self.model.is_some()).finish_non_exhaustive()
    }
}

/// The network of a package, as far as its integers tell.
fn of_package(folder: &Path) -> Result<NeuralModel, Error> {
    let package = ModelPackage::open(folder)?;
    let missing = || {
        let message = format!(
            "{}: expected a package with a network ({TEXT_CNN}) to start from, seen {}",
            folder.display(),
            package.manifest().models.join(", ")
        );
        Error::new(ErrorKind::InvalidInput, message)
    };
    let weights = package.file(TEXT_CNN_WEIGHTS).ok_or_else(missing)?;
    let vocabulary = String::from_utf8_lossy(package.file(TEXT_CNN_VOCABULARY).ok_or_else(missing)?);
    network_of(&Weights::from_bytes(weights)?, &vocabulary).map_err(|e| e.at(folder.display()))
}

fn read(work: &WorkDir, path: &Path) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    work.disk()
        .open(path)
        .and_then(|mut file| file.read_to_end(&mut bytes))
        .map_err(|e| io_error(path.display(), "read", e))?;
    Ok(bytes)
}
