//! What differs between two packages.

use std::collections::BTreeMap;
use std::fmt;

use super::ModelPackage;
use crate::{Error, Level};

/// Something that two packages do not have alike.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Difference {
    /// Which part: `manifest`, `file`, `data`, `metric`, `threshold`, `coverage` or `answer`.
    pub part: &'static str,
    /// Which of them, such as a file's name.
    pub name: String,
    /// What the first package has; `None` where it lacks it.
    pub first: Option<String>,
    /// What the second has.
    pub second: Option<String>,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |side: &Option<String>| side.clone().unwrap_or_else(|| "none".to_owned());
        write!(f, "{} {}: {} -> {}", self.part, self.name, shown(&self.first), shown(&self.second))
    }
}

type Facts = BTreeMap<(&'static str, String), String>;

/// Lists what differs: facts of the manifest, files, data, metrics, thresholds, and the answers that both give to
/// the questions of both probes. Empty for packages of the same bytes.
///
/// Answers are named by the line of the probe that asks, and never show the description.
///
/// # Errors
/// `Inference` when a classifier fails to answer.
pub fn diff(first: &ModelPackage, second: &ModelPackage) -> Result<Vec<Difference>, Error> {
    let (mut ours, mut theirs) = (facts(first), facts(second));
    let mut asked = Vec::new();
    for (which, package) in [("first", first), ("second", second)] {
        for (at, question) in package.probe.iter().enumerate() {
            if asked.contains(&&question.case) {
                continue;
            }
            asked.push(&question.case);
            let name = format!("to line {:03} of the {which} probe", at + 1);
            for (package, facts) in [(first, &mut ours), (second, &mut theirs)] {
                // A question that one of them cannot be asked (a level, a chapter) is a difference too.
                let answer =
                    question.case.answer(&*package.classifier).unwrap_or_else(|error| error.to_string());
                facts.insert(("answer", name.clone()), answer);
            }
        }
    }
    let mut names: Vec<&(&'static str, String)> = ours.keys().chain(theirs.keys()).collect();
    names.sort();
    names.dedup();
    Ok(names
        .into_iter()
        .filter(|name| ours.get(*name) != theirs.get(*name))
        .map(|name| Difference {
            part: name.0,
            name: name.1.clone(),
            first: ours.get(name).cloned(),
            second: theirs.get(name).cloned(),
        })
        .collect())
}

fn facts(package: &ModelPackage) -> Facts {
    let manifest = package.manifest();
    let mut facts = Facts::new();
    let mut put = |part: &'static str, name: String, value: String| {
        // Names that come twice, such as two figures of one name, are kept apart by their number.
        let (mut key, mut number) = (name.clone(), 1);
        while facts.contains_key(&(part, key.clone())) {
            number += 1;
            key = format!("{name} ({number})");
        }
        facts.insert((part, key), value);
    };
    let whole = [
        ("name", manifest.name.clone()),
        ("version", manifest.version.clone()),
        ("models", manifest.models.join(", ")),
        ("edition", manifest.edition.to_string()),
        ("level", manifest.level.to_string()),
        ("text_version", manifest.text_version().to_string()),
        ("seed", manifest.seed.map_or_else(|| "none".to_owned(), |seed| seed.to_string())),
        ("split_sha256", manifest.split_sha256.clone().unwrap_or_else(|| "none".to_owned())),
    ];
    for (name, value) in whole {
        put("manifest", name.to_owned(), value);
    }
    for tool in &manifest.tools {
        put("manifest", format!("tool {}", tool.name), tool.version.clone());
    }
    for file in manifest.files() {
        let value = format!("{} bytes, SHA-256 {}", file.bytes, super::digest::short(&file.sha256));
        put("file", file.name.clone(), value);
    }
    for data in &manifest.data {
        let value = format!(
            "{} rows, SHA-256 {}, licence {}",
            data.rows,
            super::digest::short(&data.sha256),
            data.licence
        );
        put("data", data.name.clone(), value);
    }
    for metric in &manifest.metrics {
        let name = format!("{} of {} on {}", metric.name, metric.level, metric.data);
        let value = format!("{} ({} to {}), n {}", metric.value, metric.low, metric.high, metric.n);
        put("metric", name, value);
    }
    for (kind, policy) in manifest.models.iter().zip(&package.policies) {
        for level in Level::INTERNATIONAL {
            put("threshold", format!("of {kind} for a {level}"), policy.thresholds.at(level).to_string());
        }
        put("coverage", format!("of {kind}"), format!("{:?}", policy.coverage));
    }
    facts
}
