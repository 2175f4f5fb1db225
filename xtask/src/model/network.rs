//! `cargo xtask default-model`: the network of the embedded model, trained from data/ alone.

use std::fs;
use std::io::{IsTerminal, Write};
use std::path::Path;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use hscode_core::package::{TEXT_CNN_SETTINGS, TEXT_CNN_VOCABULARY, TEXT_CNN_WEIGHTS, sha256};
use hscode_train::disk::Folders;
use hscode_train::house;
use hscode_train::models::{NeuralModel, Place, train};
use hscode_train::pack::text_cnn_files;
use hscode_train::progress::Progress;

use super::recipe::{NetworkRecipe, Recipe};

/// Where a run keeps its checkpoint, from the repository's root.
const PLACE: &str = "target/default-model";

/// The files of a network, by name.
pub(crate) type NetworkFiles = [(&'static str, Vec<u8>); 2];

/// The network's files as they stand in the package's folder.
pub(crate) fn committed(root: &Path, recipe: &Recipe) -> Result<NetworkFiles, String> {
    let read = |name: &'static str| {
        let path = root.join(&recipe.folder).join(name);
        fs::read(&path).map(|bytes| (name, bytes)).map_err(|why| format!("{}: {why}\n", path.display()))
    };
    Ok([read(TEXT_CNN_WEIGHTS)?, read(TEXT_CNN_VOCABULARY)?])
}

/// Trains the network. A run that was stopped goes on from its checkpoint.
pub(crate) fn trained(root: &Path, network: &NetworkRecipe) -> Result<NetworkFiles, String> {
    let folder = root.join(PLACE);
    fs::create_dir_all(&folder).map_err(|why| format!("{}: {why}\n", folder.display()))?;
    let data = house::read(&root.join("data"), Some(network.composed)).map_err(|why| format!("{why}\n"))?;
    let place = Place { disk: &Folders, folder: folder.clone() };
    let trained = train(&network.train, &data, Some(&place), &Shown::default())
        .map_err(|why| format!("default-model: {why:?}\n"))?;
    let path = folder.join("model.bin");
    trained.model.save(&Folders, &path).map_err(|why| format!("{why}\n"))?;
    let model = NeuralModel::open(&Folders, &path).map_err(|why| format!("{why}\n"))?;
    files_of(root, &model)
}

/// The files of a network that was trained before.
pub(crate) fn saved(root: &Path, path: &Path) -> Result<NetworkFiles, String> {
    files_of(root, &NeuralModel::open(&Folders, path).map_err(|why| format!("{why}\n"))?)
}

fn files_of(root: &Path, model: &NeuralModel) -> Result<NetworkFiles, String> {
    let path = root.join(super::SETTINGS).join(TEXT_CNN_SETTINGS);
    let settings = fs::read_to_string(&path).map_err(|why| format!("{}: {why}\n", path.display()))?;
    let mut files = text_cnn_files(model, &settings).map_err(|why| format!("{why}\n"))?;
    let mut take = |name: &'static str| {
        files.remove(name).map(|bytes| (name, bytes)).ok_or_else(|| format!("{name}: expected it\n"))
    };
    Ok([take(TEXT_CNN_WEIGHTS)?, take(TEXT_CNN_VOCABULARY)?])
}

/// One digest for a network, for messages.
pub(crate) fn digest(files: &NetworkFiles) -> String {
    let digests: String = files.iter().map(|(name, bytes)| format!("{}  {name}\n", sha256(bytes))).collect();
    sha256(digests.as_bytes())
}

/// Progress as lines on standard error: often on a terminal, each minute elsewhere.
struct Shown {
    state: Mutex<(String, u64, Instant, Option<Instant>)>,
}

impl Default for Shown {
    fn default() -> Self {
        Self { state: Mutex::new((String::new(), 0, Instant::now(), None)) }
    }
}

impl Progress for Shown {
    fn begin(&self, what: &str, unit: &str, total: Option<u64>) {
        if let Ok(mut state) = self.state.lock() {
            *state = (format!("{what}, {unit}"), total.unwrap_or(0), Instant::now(), None);
        }
    }

    fn advance(&self, done: u64) {
        let Ok(mut state) = self.state.lock() else { return };
        let terminal = std::io::stderr().is_terminal();
        let pause = Duration::from_secs(if terminal { 1 } else { 60 });
        if state.3.is_some_and(|last| last.elapsed() < pause) && done != state.1 {
            return;
        }
        state.3 = Some(Instant::now());
        let seconds = state.2.elapsed().as_secs();
        let mut out = std::io::stderr().lock();
        let end = if terminal { "\r" } else { "\n" };
        let _ = write!(out, "{}: {done} of {} in {seconds} s  {end}", state.0, state.1);
        let _ = out.flush();
    }

    fn note(&self, line: &str) {
        let _ = writeln!(std::io::stderr().lock(), "{line}");
    }
}
