//! From a model to a package: the card, the manifest, the probe, and the folder on disk.
//!
//! [`pack`] makes the bytes, and the same arguments give the same ones: nothing of the machine, the clock or the
//! paths goes into them. [`publish`] writes them into a folder of their own, whole or not at all.

mod calibrate;
mod card;
mod data;
mod figures;
mod import;
mod publish;
#[cfg(test)]
mod tests;
mod text_cnn;
#[cfg(test)]
mod text_cnn_tests;
mod work;
#[cfg(test)]
mod work_tests;

use std::collections::BTreeMap;

use hscode_core::package::{CARD, ModelPackage, ProbeCase};
use hscode_core::{Error, ErrorKind};

pub use card::Card;
pub use data::digest_of_files;
pub use figures::metrics_of;
pub use hscode_core::package::{DataSource, Manifest};
pub use import::{DESCRIPTION, import_onnx};
pub(crate) use publish::new_folder;
pub use publish::publish;
pub use text_cnn::{text_cnn_files, text_cnn_weights};
pub use work::{Packed, pack_work};

/// Makes a package of a model's files; its card is written from the facts, its probe is answered by the model
/// itself, and the whole is opened as any other package before it is given back.
///
/// `manifest`: what the package is and what it was made of. `files`: those of its models. `questions`: at least
/// one; they stand in the package for all to read, so take no declarations of others.
///
/// # Errors
/// `InvalidInput`: `files` has a card already, which is written here, or a fact is missing; otherwise as
/// [`ModelPackage::build`].
///
/// # Examples
/// ```
/// use std::collections::BTreeMap;
/// use hscode_core::package::{LEXICAL, LEXICAL_SETTINGS, ProbeCase, REFERENCES};
/// use hscode_core::{Edition, Level, lexical};
/// use hscode_train::pack::{Card, Manifest, pack};
///
/// let texts = [("610910".parse()?, "cotton tee"), ("640399".parse()?, "leather shoes")];
/// let settings = "threshold chapter 0.5\nthreshold heading 0.5\nthreshold subheading 0.5\n";
/// let files = BTreeMap::from([
///     (REFERENCES.to_owned(), lexical::reference_bytes(texts)?),
///     (LEXICAL_SETTINGS.to_owned(), settings.as_bytes().to_vec()),
/// ]);
/// let manifest = Manifest::new("two-goods", "1", &[LEXICAL], Edition::HS2022, Level::Subheading);
/// let card = Card {
///     licence: "CC0-1.0".to_owned(),
///     summary: "Tees and shoes.".to_owned(),
///     intended_use: vec!["Examples.".to_owned()],
///     limits: vec!["Knows two goods.".to_owned()],
/// };
/// let package = pack(manifest, &card, files, &[ProbeCase::new("leather shoes")])?;
/// assert!(package.manifest().id().starts_with("two-goods@1#"));
/// # Ok::<(), hscode_core::Error>(())
/// ```
pub fn pack(
    manifest: Manifest,
    card: &Card,
    mut files: BTreeMap<String, Vec<u8>>,
    questions: &[ProbeCase],
) -> Result<ModelPackage, Error> {
    let text = card::write(card, &manifest)?;
    if files.insert(CARD.to_owned(), text.into_bytes()).is_some() {
        return Err(Error::new(
            ErrorKind::InvalidInput,
            format!("{CARD}: expected the model's files only, the card is written from the facts"),
        ));
    }
    ModelPackage::build(manifest, files, questions)
}
