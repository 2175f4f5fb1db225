//! `train.toml`: every setting of training, with its default.
//!
//! [`Config::DEFAULT_TOML`] is the documented file with all defaults; a test holds it to the code.

mod sources;
mod unknown;

use std::path::{Path, PathBuf};

use hscode_core::{Edition, Error, ErrorKind};
use serde::{Deserialize, Serialize};

pub use sources::{Columns, Names, Source, SourceEdition, SourcePart};

use crate::models::TrainConfig;
use crate::pack::Card;
use crate::progress::io_error;
use crate::tune::TuneConfig;

/// All settings of training.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Where every random choice starts from: equal seeds and data give equal bytes.
    pub seed: u64,
    /// The international edition that the model answers in; older codes are moved to it.
    pub edition: Edition,
    /// The data, one entry a source; there is none by default.
    pub sources: Vec<Source>,
    /// How rows are cleaned.
    pub clean: CleanConfig,
    /// How rows are divided into training, development and test.
    pub split: SplitConfig,
    /// What is looked for before training.
    pub audit: AuditConfig,
    /// How rare classes are made to count.
    pub balance: BalanceConfig,
    /// What a network starts from.
    pub start: StartConfig,
    /// Which model is trained and how.
    pub train: TrainConfig,
    /// How better settings are searched for.
    pub tune: TuneConfig,
    /// What the package is called and holds.
    pub package: PackageConfig,
    /// What the model card says beyond the facts.
    pub card: CardConfig,
}

/// What the model card says beyond the facts; unlike [`Card`] with words for who says nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CardConfig {
    /// The licence of the package.
    pub licence: String,
    /// What the model does, in a few sentences.
    pub summary: String,
    /// What it is meant for, a sentence each.
    pub intended_use: Vec<String>,
    /// What it cannot do or should not be used for, a sentence each.
    pub limits: Vec<String>,
}

impl CardConfig {
    pub(crate) fn to_card(&self) -> Card {
        Card {
            licence: self.licence.clone(),
            summary: self.summary.clone(),
            intended_use: self.intended_use.clone(),
            limits: self.limits.clone(),
        }
    }
}

impl Default for CardConfig {
    fn default() -> Self {
        let limits = [
            "It reads a description, not the goods: what the description leaves out, it cannot know.",
            "It repeats the habits of the labels that it learnt from, right or wrong.",
            "It answers six digits; national tariff lines need the national tariff.",
        ];
        Self {
            licence: "not stated".to_owned(),
            summary:
                "Subheadings of the Harmonized System from goods descriptions, learnt from the data below."
                    .to_owned(),
            intended_use: vec![
                "Proposing codes to people who decide, or who check those that are accepted.".to_owned(),
            ],
            limits: limits.map(str::to_owned).to_vec(),
        }
    }
}

/// What `hscode pack` makes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PackageConfig {
    /// The name: 1 to 64 letters, digits, `-`, `_`, `+` and `.`.
    pub name: String,
    /// The version, written as names are; a published version never changes.
    pub version: String,
    /// Whether the training texts go in as references: they are asked beside the network and are the evidence of
    /// answers. Whoever has the package can read them.
    pub references: bool,
    /// The share of accepted answers that should be right, on the development part, above 0 to below 1.
    pub right: f64,
    /// Descriptions whose exact answers the package carries, to be asked whenever it opens. All can read them.
    pub questions: Vec<String>,
}

/// What a network starts from. Paths are taken from the folder of the `train.toml`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct StartConfig {
    /// A trained model, `model.bin` of `train` or the folder of a package: its sizes, classes, word pieces, weights.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<PathBuf>,
    /// Word pieces, a line each; learnt from the training part where there are none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vocabulary: Option<PathBuf>,
    /// Vectors of the word pieces, in the format of data/encoder/vectors.bin; drawn where there are none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vectors: Option<PathBuf>,
}

/// How rows are cleaned.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CleanConfig {
    /// Whether descriptions that are too vague to classify are dropped.
    pub drop_vague: bool,
    /// Whether rows with the same code and the same set of words are dropped but one.
    pub drop_same_words: bool,
    /// From this cosine of character 4-grams on, rows of one code count as the same; above 1 none do.
    pub near_duplicate_cosine: f64,
    /// Whether equal texts with different codes are settled; else all stay, and the model learns the mix.
    pub settle_conflicts: bool,
    /// The share of the votes that a code needs to settle a conflict within the most binding sources.
    pub majority: f64,
}

/// How rows are divided.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SplitConfig {
    /// By date or at random.
    pub by: SplitBy,
    /// The share of the rows that settings are chosen on, 0 to 0.5; none where a source is fixed for it.
    pub dev: f64,
    /// The share of the rows for reporting only, 0 to 0.5; none where a source is fixed for it.
    pub test: f64,
    /// From this cosine of character 4-grams on, two rows stay in one part.
    pub near_duplicate_cosine: f64,
}

/// What decides on the part of a group of rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SplitBy {
    /// The date where every row to divide has one, else at random.
    Auto,
    /// The date: the latest rows are for test, those before for development. Rows without a date train.
    Date,
    /// Chance, class by class.
    Random,
}

/// What is looked for before training.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AuditConfig {
    /// Into how many folds the rows are put to let a model judge rows that it has not seen; 2 to 20.
    pub folds: usize,
    /// A class with fewer rows belongs to the tail.
    pub tail: usize,
    /// How many doubtful rows, and how many leaks, are listed.
    pub examples: usize,
}

/// How rare classes are made to count. Applies to the training part only, after the split.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct BalanceConfig {
    /// Whether a row that stands for several equal ones counts as many, else as one.
    pub count_repeats: bool,
    /// The method.
    pub method: BalanceMethod,
    /// up-sample: rare classes are repeated up to this share of the largest class, 0 to 1.
    pub up_sample_to: f64,
    /// up-sample: no row is repeated more often than this.
    pub up_sample_limit: u32,
    /// class-balanced: 0 (rows weigh alike) to below 1 (nearer 1: the weight of a class nearer to 1 / rows).
    pub beta: f64,
}

/// A way to make rare classes count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BalanceMethod {
    /// Rows as they are.
    None,
    /// Rows of rare classes are drawn again, as in the paper.
    UpSample,
    /// The loss of a row is weighted by the effective number of rows of its class.
    ClassBalanced,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            seed: 2022,
            edition: Edition::HS2022,
            sources: Vec::new(),
            clean: CleanConfig::default(),
            split: SplitConfig::default(),
            audit: AuditConfig::default(),
            balance: BalanceConfig::default(),
            start: StartConfig::default(),
            train: TrainConfig::default(),
            tune: TuneConfig::default(),
            package: PackageConfig::default(),
            card: CardConfig::default(),
        }
    }
}

impl Default for PackageConfig {
    fn default() -> Self {
        let questions = [
            "mens cotton crew neck t-shirt",
            "stainless steel hexagon bolts M8",
            "wooden dining table",
            "lithium ion battery pack 36V",
            "roasted coffee beans 1 kg",
        ];
        Self {
            name: "own-model".to_owned(),
            version: "1".to_owned(),
            references: true,
            right: 0.9,
            questions: questions.map(str::to_owned).to_vec(),
        }
    }
}

impl Default for CleanConfig {
    fn default() -> Self {
        Self {
            drop_vague: true,
            drop_same_words: true,
            near_duplicate_cosine: 0.9,
            settle_conflicts: true,
            majority: 0.67,
        }
    }
}

impl Default for SplitConfig {
    fn default() -> Self {
        Self { by: SplitBy::Auto, dev: 0.05, test: 0.05, near_duplicate_cosine: 0.85 }
    }
}

impl Default for AuditConfig {
    fn default() -> Self {
        Self { folds: 5, tail: 10, examples: 50 }
    }
}

impl Default for BalanceConfig {
    fn default() -> Self {
        Self {
            count_repeats: true,
            method: BalanceMethod::None,
            up_sample_to: 1.0,
            up_sample_limit: 100,
            beta: 0.99,
        }
    }
}

impl Config {
    /// The file with every setting at its default, each with its meaning and unit; `hscode train --print-config`
    /// prints it.
    pub const DEFAULT_TOML: &str = include_str!("../../train.toml");

    /// Reads a `train.toml`. Paths in it are taken from the folder that it is in.
    ///
    /// # Errors
    /// `Io`; `InvalidInput` as [`parse`](Self::parse).
    pub fn open(path: &Path) -> Result<Self, Error> {
        let text = std::fs::read_to_string(path).map_err(|e| io_error(path.display(), "read", e))?;
        let mut config = Self::parse(&text).map_err(|e| e.at(path.display()))?;
        let folder = path.parent().unwrap_or(Path::new(""));
        for source in &mut config.sources {
            source.path = folder.join(std::mem::take(&mut source.path));
        }
        let start = &mut config.start;
        for path in [&mut start.model, &mut start.vocabulary, &mut start.vectors].into_iter().flatten() {
            *path = folder.join(std::mem::take(path));
        }
        Ok(config)
    }

    /// Reads the text of a `train.toml`.
    ///
    /// # Errors
    /// `InvalidInput` with the line: not TOML, an unknown key (with the nearest known one), a value of another
    /// type or out of range.
    ///
    /// ```
    /// use hscode_train::config::Config;
    /// let error = Config::parse("[split]\ntets = 0.1\n").unwrap_err();
    /// assert_eq!(error.message(), "line 2: unknown key `tets`; did you mean `test`? Known here: by, dev, test, near_duplicate_cosine");
    /// ```
    pub fn parse(text: &str) -> Result<Self, Error> {
        let config: Self = toml::from_str(text).map_err(|e| {
            let line = e.span().map(|span| 1 + text[..span.start.min(text.len())].matches('\n').count());
            let what = unknown::explain(e.message());
            let place = line.map_or(String::new(), |line| format!("line {line}: "));
            Error::new(ErrorKind::InvalidInput, format!("{place}{what}"))
        })?;
        config.check()?;
        Ok(config)
    }

    /// These settings with some changed: paths of keys, as `train.learn.epochs`, with values as TOML writes them; a
    /// value that is no TOML is taken as text.
    ///
    /// # Errors
    /// `InvalidInput` that names the key: unknown, or its value of another type or out of range.
    ///
    /// ```
    /// use hscode_train::config::Config;
    /// let config = Config::default().with([("train.model", "svc"), ("train.learn.epochs", "3")])?;
    /// assert_eq!(config.train.learn.epochs, 3);
    /// let error = Config::default().with([("train.learn.epoch", "3")]).unwrap_err();
    /// assert!(error.message().starts_with("train.learn.epoch: unknown key `epoch`; did you mean `epochs`?"));
    /// # Ok::<(), hscode_core::Error>(())
    /// ```
    pub fn with<'a>(&self, changes: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<Self, Error> {
        let mut config = self.clone();
        for (key, value) in changes {
            let text = toml::Value::String(value.to_owned());
            let parsed = toml::from_str::<toml::Table>(&format!("x = {value}"))
                .ok()
                .and_then(|mut table| table.remove("x").filter(|_| table.is_empty()));
            config = match parsed {
                None => config.with_value(key, text)?,
                // A version 2 is text, although it is written as a number.
                Some(parsed) => config
                    .with_value(key, parsed)
                    .or_else(|error| config.with_value(key, text).map_err(|_| error))?,
            };
        }
        Ok(config)
    }

    /// These settings with one changed.
    pub(crate) fn with_value(&self, key: &str, value: toml::Value) -> Result<Self, Error> {
        let wrong = |what: String| Error::new(ErrorKind::InvalidInput, format!("{key}: {what}"));
        let mut table = toml::Table::try_from(self).map_err(|e| wrong(e.to_string()))?;
        let (path, last) = key.rsplit_once('.').unwrap_or(("", key));
        let mut at = &mut table;
        for part in path.split('.').filter(|part| !part.is_empty()) {
            at = at
                .get_mut(part)
                .and_then(toml::Value::as_table_mut)
                .ok_or_else(|| wrong(format!("unknown key; `{part}` is no table of settings")))?;
        }
        at.insert(last.to_owned(), value);
        let config: Self =
            table.try_into().map_err(|e: toml::de::Error| wrong(unknown::explain(e.message())))?;
        config.check().map_err(|e| e.at(key))?;
        Ok(config)
    }

    fn check(&self) -> Result<(), Error> {
        let between = |key: &str, value: f64, low: f64, high: f64| {
            if (low..=high).contains(&value) {
                return Ok(());
            }
            Err(Error::new(ErrorKind::InvalidInput, format!("{key} = {value}: expected {low} to {high}")))
        };
        if !self.edition.is_international() {
            return Err(Error::new(
                ErrorKind::InvalidInput,
                format!(
                    "edition = \"{}\": expected an international edition, HS1992 to HS2022",
                    self.edition
                ),
            ));
        }
        between("clean.near_duplicate_cosine", self.clean.near_duplicate_cosine, 0.3, 2.0)?;
        between("clean.majority", self.clean.majority, 0.5, 1.0)?;
        between("split.near_duplicate_cosine", self.split.near_duplicate_cosine, 0.3, 1.0)?;
        between("split.dev", self.split.dev, 0.0, 0.5)?;
        between("split.test", self.split.test, 0.0, 0.5)?;
        between("split.dev + split.test", self.split.dev + self.split.test, 0.0, 0.9)?;
        between("audit.folds", self.audit.folds as f64, 2.0, 20.0)?;
        between("balance.up_sample_to", self.balance.up_sample_to, 0.0, 1.0)?;
        between("package.right", self.package.right, 0.01, 0.999)?;
        between("balance.beta", self.balance.beta, 0.0, 0.999_999)?;
        if self.start.model.is_some() && (self.start.vocabulary.is_some() || self.start.vectors.is_some()) {
            return Err(Error::new(
                ErrorKind::InvalidInput,
                "start: expected a model, or vocabulary and vectors, seen both; a model has its own",
            ));
        }
        if self.start.vectors.is_some() && self.start.vocabulary.is_none() {
            return Err(Error::new(
                ErrorKind::InvalidInput,
                "start.vectors: expected the vocabulary that they are of beside them, seen none",
            ));
        }
        self.train.check().map_err(|e| e.at("train"))?;
        self.tune.check().map_err(|e| e.at("tune"))?;
        let mut names: Vec<&str> = Vec::new();
        for source in &self.sources {
            source.check()?;
            if names.contains(&source.name.as_str()) {
                let message = format!("source {:?}: expected a name of its own, saw it twice", source.name);
                return Err(Error::new(ErrorKind::InvalidInput, message));
            }
            names.push(&source.name);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
