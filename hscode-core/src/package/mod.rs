//! Model packages: a model on disk with everything that it takes to trust it.
//!
//! A package is a folder of plain files. `manifest.json` names the others with their sizes and digests, and says
//! what the model was made of; `CARD.md` says it in words; `probe.jsonl` holds descriptions with the exact
//! answers that the model gives. Opening checks sizes, then digests, then opens the models, then asks the probe:
//! a package that opens answers as it did where it was made. Nothing opens in part. `docs/package.md` describes
//! the files.
//!
//! Digests tell damage from what was published. They are no signature: who can write the folder can write
//! another package, so keep the seal ([`Manifest::seal`]) of a package that you rely on.

mod check;
mod diff;
mod digest;
mod kinds;
mod manifest;
mod probe;
mod source;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use crate::{Classifier, DecisionPolicy, Error, ErrorKind};

pub use diff::{Difference, diff};
pub use digest::sha256;
pub use kinds::{
    FUSED, FUSED_SETTINGS, LEXICAL, LEXICAL_SETTINGS, REFERENCES, TEXT_CNN, TEXT_CNN_SETTINGS,
    TEXT_CNN_VOCABULARY, TEXT_CNN_WEIGHTS,
};
pub use kinds::{ONNX, ONNX_CODES, ONNX_NETWORK, ONNX_SETTINGS, ONNX_TOKENIZER, ONNX_VOCABULARY};
pub use manifest::{DataSource, FORMAT, FileEntry, MANIFEST, Manifest, Metric, Tool};
pub use probe::ProbeCase;

use probe::Expected;
use source::{Files, Folder, Source};

/// The name of the probe's file.
pub const PROBE: &str = "probe.jsonl";
/// The name of the model card's file.
pub const CARD: &str = "CARD.md";

/// A model package that was checked and opened.
///
/// The classifier lives on when the package is dropped, which frees the bytes of its files.
pub struct ModelPackage {
    manifest: Manifest,
    files: Files,
    probe: Vec<Expected>,
    policies: Vec<DecisionPolicy>,
    classifier: Arc<dyn Classifier>,
}

impl ModelPackage {
    /// Opens the package in a folder.
    ///
    /// The folder may be a link; what is in it must be plain files, and only those that the manifest names.
    ///
    /// # Errors
    /// `Package`, naming the file and what was expected and seen, when there is no folder of this name, a file
    /// lacks, is too many or was changed, or the models answer the probe otherwise than expected. `Unsupported`
    /// when the package is sound but made for another version of this library. `Io` when a file cannot be read.
    ///
    /// # Examples
    /// ```no_run
    /// use hscode_core::package::ModelPackage;
    /// use hscode_core::{Classifier, Options};
    ///
    /// let classifier = ModelPackage::open("models/hscode-default-0.1.0")?.classifier();
    /// let prediction = classifier.classify("mens cotton crew neck tee", &Options::default())?;
    /// # Ok::<(), hscode_core::Error>(())
    /// ```
    pub fn open(folder: impl AsRef<Path>) -> Result<Self, Error> {
        let folder = folder.as_ref();
        Self::from_source(&Folder(folder)).map_err(|error| error.at(folder.display()))
    }

    /// Checks the package in a folder as [`open`](Self::open) does, and tells what it is.
    ///
    /// # Errors
    /// As `open`.
    pub fn verify(folder: impl AsRef<Path>) -> Result<Manifest, Error> {
        Self::open(folder).map(|package| package.manifest)
    }

    /// Opens a package from the bytes of its files by name, the manifest among them.
    ///
    /// # Errors
    /// As [`open`](Self::open); `InvalidInput` when a name comes twice.
    pub fn from_files<'a>(
        files: impl IntoIterator<Item = (&'a str, Cow<'static, [u8]>)>,
    ) -> Result<Self, Error> {
        let mut by_name = Files::new();
        for (name, bytes) in files {
            if by_name.insert(name.to_owned(), bytes).is_some() {
                return Err(Error::new(ErrorKind::InvalidInput, format!("{name}: given twice")));
            }
        }
        Self::from_source(&by_name)
    }

    fn from_source(source: &dyn Source) -> Result<Self, Error> {
        let (manifest, files) = source::read(source)?;
        let kinds::Opened { classifier, policies, tolerance } = kinds::open(&manifest, &files)?;
        let probe = probe::read(files.get(PROBE).map_or(&[][..], |bytes| bytes))?;
        probe::run(&probe, &*classifier, tolerance)?;
        Ok(Self { manifest, files, probe, policies, classifier })
    }

    /// Makes a package: answers the questions with the models in `files` themselves, writes the manifest, and
    /// opens the result as any other package. The same arguments give the same bytes.
    ///
    /// `manifest`: what the package is; its list of files is filled in. `files`: those of its models, the card
    /// ([`CARD`]) and any others; not the manifest and the probe. `questions`: at least one; they stand in the
    /// package for all to read.
    ///
    /// # Errors
    /// `InvalidInput` for a file that this function writes itself; otherwise as [`open`](Self::open).
    pub fn build(
        mut manifest: Manifest,
        files: BTreeMap<String, Vec<u8>>,
        questions: &[ProbeCase],
    ) -> Result<Self, Error> {
        for own in [MANIFEST, PROBE] {
            if files.contains_key(own) {
                return Err(Error::new(
                    ErrorKind::InvalidInput,
                    format!("{own}: expected the other files only, this one is written from them"),
                ));
            }
        }
        let mut files: Files = files.into_iter().map(|(name, bytes)| (name, Cow::Owned(bytes))).collect();
        let answered = probe::write(&*kinds::open(&manifest, &files)?.classifier, questions)?;
        files.insert(PROBE.to_owned(), Cow::Owned(answered));
        manifest.set_files(files.iter().map(|(name, bytes)| FileEntry::of(name, bytes)).collect());
        files.insert(MANIFEST.to_owned(), Cow::Owned(manifest.to_bytes()?));
        Self::from_source(&files)
    }

    /// What the package is.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// The bytes of a file of the package; `None` when it has none of this name.
    pub fn file(&self, name: &str) -> Option<&[u8]> {
        self.files.get(name).map(|bytes| &**bytes)
    }

    /// All files by name, the manifest among them.
    pub fn files(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.files.iter().map(|(name, bytes)| (name.as_str(), &**bytes))
    }

    /// The number of questions that were asked on opening.
    pub fn probe_len(&self) -> usize {
        self.probe.len()
    }

    /// What turns the scores of each model into decisions, by kind, in the order in which they are asked.
    pub fn policies(&self) -> impl Iterator<Item = (&str, &DecisionPolicy)> {
        self.manifest.models.iter().map(String::as_str).zip(&self.policies)
    }

    /// The classifier: a [`Cascade`](crate::Cascade) of the models inside.
    pub fn classifier(&self) -> Arc<dyn Classifier> {
        Arc::clone(&self.classifier)
    }
}

impl std::fmt::Debug for ModelPackage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ModelPackage").field("id", &self.manifest.id()).finish_non_exhaustive()
    }
}

/// Opens the fused model of a package that the binary carries, and gives the package's name. Neither digests nor
/// probe are checked: tests do it for bytes that cannot change; the references are opened by `later` when they are
/// first needed.
#[cfg(feature = "embedded-model")]
pub(crate) fn fused_of(
    files: &[(&str, &'static [u8])],
    later: fn() -> Result<crate::Lexical, Error>,
) -> Result<(String, crate::Fused), Error> {
    let files: Files = files.iter().map(|&(name, bytes)| (name.to_owned(), Cow::Borrowed(bytes))).collect();
    let manifest = manifest_of(&files)?;
    let (model, _) = kinds::fused(&manifest, &files, crate::fused::References::later(later))?;
    Ok((manifest.name, model))
}

/// Opens the references of a package that the binary carries, for a classifier that adds a user's own to them;
/// unchecked as [`fused_of`].
#[cfg(feature = "embedded-model")]
pub(crate) fn lexical_of(files: &[(&str, &'static [u8])]) -> Result<crate::Lexical, Error> {
    let files: Files = files.iter().map(|&(name, bytes)| (name.to_owned(), Cow::Borrowed(bytes))).collect();
    Ok(kinds::lexical(&manifest_of(&files)?, &files)?.0)
}

#[cfg(feature = "embedded-model")]
fn manifest_of(files: &Files) -> Result<Manifest, Error> {
    Manifest::from_bytes(files.get(MANIFEST).map_or(&[][..], |bytes| bytes))
}
