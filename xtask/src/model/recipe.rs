//! `data/model/*.toml`: what a package is, beyond its files.

use std::fs;
use std::path::Path;

use hscode_core::package::ProbeCase;
use hscode_core::{Edition, HsCode, Level};
use hscode_train::models::TrainConfig;
use hscode_train::pack::Card;
use serde::Deserialize;

/// The recipe of a package.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Recipe {
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) edition: Edition,
    /// The folder of the package, from the repository's root.
    pub(crate) folder: String,
    /// The chapters whose texts go in; none for all.
    #[serde(default)]
    pub(crate) chapters: Vec<String>,
    /// How the network is trained; without it the package answers by references alone.
    pub(crate) network: Option<NetworkRecipe>,
    pub(crate) card: Card,
    pub(crate) data: Vec<Described>,
    /// What else the network learns from, beside texts.
    #[serde(default)]
    pub(crate) material: Vec<Material>,
    pub(crate) question: Vec<Question>,
}

/// A folder of files of any kind by its path from the repository's root.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Material {
    pub(crate) name: String,
    pub(crate) path: String,
    pub(crate) licence: String,
    pub(crate) origin: String,
    pub(crate) rows: u64,
}

/// How the network of a package is made.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NetworkRecipe {
    /// The share of the epochs in which a composed text is read.
    pub(crate) composed: f32,
    /// As `[train]` of train.toml.
    pub(crate) train: TrainConfig,
}

/// Data by its path from the repository's root: a file, or a folder of files.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Described {
    pub(crate) name: String,
    pub(crate) path: String,
    pub(crate) columns: Vec<String>,
    pub(crate) licence: String,
    pub(crate) origin: String,
    pub(crate) machine_written: bool,
}

/// A question of the probe.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Question {
    description: String,
    level: Option<Level>,
    within: Option<HsCode>,
    coverage: Option<f32>,
}

impl Recipe {
    pub(crate) fn read(path: &Path) -> Result<Self, String> {
        let text = fs::read_to_string(path).map_err(|why| format!("{}: {why}\n", path.display()))?;
        toml::from_str(&text).map_err(|why| format!("{}: {why}\n", path.display()))
    }

    pub(crate) fn questions(&self) -> Vec<ProbeCase> {
        self.question
            .iter()
            .map(|question| {
                let mut case = ProbeCase::new(&question.description);
                case.level = question.level;
                case.within = question.within;
                case.coverage = question.coverage;
                case
            })
            .collect()
    }
}
