//! `CARD.md`: what a model is for, what it was made of, how good it is and where it ends.

use std::fmt::Write as _;

use hscode_core::package::{Manifest, Metric};
use hscode_core::{Error, ErrorKind};
use serde::Deserialize;

/// What the card says beyond the facts of the manifest.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Card {
    /// The licence of the package.
    pub licence: String,
    /// What the model does, in a few sentences.
    pub summary: String,
    /// What it is meant for, a sentence each.
    pub intended_use: Vec<String>,
    /// What it cannot do or should not be used for, a sentence each.
    pub limits: Vec<String>,
}

/// Writes the card.
///
/// # Errors
/// `InvalidInput` when a text is missing: a card without limits is not one.
pub(super) fn write(card: &Card, manifest: &Manifest) -> Result<String, Error> {
    for (what, missing) in [
        ("licence", card.licence.trim().is_empty()),
        ("summary", card.summary.trim().is_empty()),
        ("intended_use", card.intended_use.is_empty()),
        ("limits", card.limits.is_empty()),
    ] {
        if missing {
            return Err(Error::new(
                ErrorKind::InvalidInput,
                format!("card: {what}: expected it to be said, saw nothing"),
            ));
        }
    }
    let mut text = String::new();
    put(&mut text, format_args!("# {} {}\n\n{}\n\n", manifest.name, manifest.version, card.summary.trim()));
    put(&mut text, format_args!("| | |\n|---|---|\n"));
    put(
        &mut text,
        format_args!("| answers | codes of {}, down to the {} |\n", manifest.edition, manifest.level),
    );
    put(&mut text, format_args!("| models, in the order asked | {} |\n", manifest.models.join(", ")));
    put(&mut text, format_args!("| reads text as | version {} |\n", manifest.text_version()));
    if let Some(seed) = manifest.seed {
        put(&mut text, format_args!("| random numbers start from | {seed} |\n"));
    }
    put(&mut text, format_args!("| licence | {} |\n", card.licence));
    list(&mut text, "Intended use", &card.intended_use);
    list(&mut text, "Limits", &card.limits);
    data(&mut text, manifest);
    figures(&mut text, &manifest.metrics);
    if !manifest.tools.is_empty() {
        let tools: Vec<String> =
            manifest.tools.iter().map(|tool| format!("{} {}", tool.name, tool.version)).collect();
        put(
            &mut text,
            format_args!(
                "\nMade by {}. This card is generated from the facts of the package.\n",
                tools.join(", ")
            ),
        );
    }
    Ok(text)
}

fn list(text: &mut String, title: &str, lines: &[String]) {
    put(text, format_args!("\n## {title}\n\n"));
    for line in lines {
        put(text, format_args!("- {}\n", line.trim()));
    }
}

fn data(text: &mut String, manifest: &Manifest) {
    text.push_str("\n## Data\n\n");
    if manifest.data.is_empty() {
        text.push_str("Not stated.\n");
        return;
    }
    text.push_str("| data | rows | written by | licence | origin | SHA-256 |\n|---|---:|---|---|---|---|\n");
    for source in &manifest.data {
        let writer = if source.machine_written { "machine" } else { "people" };
        put(
            text,
            format_args!(
                "| {} | {} | {writer} | {} | {} | `{}` |\n",
                cell(&source.name),
                source.rows,
                cell(&source.licence),
                cell(&source.origin),
                &source.sha256.get(..16).unwrap_or(&source.sha256)
            ),
        );
    }
    if manifest.data.iter().any(|source| source.machine_written) {
        text.push_str(
            "\nTexts written by a machine are not declarations: they tell how goods may be described, not how \
             often. Nobody checked each of them.\n",
        );
    }
    match &manifest.split_sha256 {
        Some(split) => {
            put(text, format_args!("\nSplit into training, development and test: SHA-256 `{split}`.\n"))
        }
        None => text.push_str("\nNothing was held back: figures are of other data than this.\n"),
    }
}

fn figures(text: &mut String, metrics: &[Metric]) {
    text.push_str("\n## Figures\n\n");
    if metrics.is_empty() {
        text.push_str("None were measured for this package.\n");
        return;
    }
    text.push_str(
        "In percent, with the 95% interval. accuracy_topK: the right code is among the first K. accepted: answered \
         in full; answered: in full or with a heading or chapter; ..._right: of these, the answer is right. The \
         manifest has the digests of the rows.\n\n",
    );
    text.push_str("| data | level | figure | n | value | from | to |\n|---|---|---|---:|---:|---:|---:|\n");
    for metric in metrics {
        put(
            text,
            format_args!(
                "| {} | {} | {} | {} | {:.1} | {:.1} | {:.1} |\n",
                cell(&metric.data),
                metric.level,
                cell(&metric.name),
                metric.n,
                metric.value * 100.0,
                metric.low * 100.0,
                metric.high * 100.0
            ),
        );
    }
}

/// A text as a cell of a table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

fn put(text: &mut String, what: std::fmt::Arguments<'_>) {
    // Writing to a String cannot fail.
    let _ = text.write_fmt(what);
}
