//! The report for people.

use std::fmt::Write;

use hscode_core::{Error, ErrorKind};

use super::{Agreement, Audit, Leaks};
use crate::config::Config;
use crate::evaluate::Proportion;

/// How many of the weakest chapters and of the empty classes are shown.
const SHOWN: usize = 15;

pub(super) fn write(audit: &Audit, config: &Config) -> Result<String, Error> {
    let mut out = String::new();
    page(&mut out, audit, config)
        .map_err(|e| Error::new(ErrorKind::Io, format!("{}: {e}", super::MARKDOWN)))?;
    Ok(out)
}

fn page(out: &mut String, audit: &Audit, config: &Config) -> std::fmt::Result {
    let [train, dev, test] = audit.parts;
    let rows = train + dev + test;
    writeln!(out, "# Audit of the training data\n")?;
    writeln!(
        out,
        "{rows} rows, edition {}: {train} train, {dev} development, {test} test (division `{}`).\n",
        audit.edition,
        audit.split_digest.get(..12).unwrap_or(&audit.split_digest)
    )?;
    classes(out, audit, config)?;
    noise(out, audit, config)?;
    leaks(out, audit, config)?;
    writeln!(out, "## Conflicts\n")?;
    writeln!(
        out,
        "Equal texts with different codes: {} rows gave way to a more binding source or a majority of {}; {} rows \
         were put aside because nothing settled it.\n",
        audit.conflicts.outvoted, config.clean.majority, audit.conflicts.unsettled
    )?;
    writeln!(out, "## Chapters\n")?;
    writeln!(out, "| chapter | training rows | classes with rows | of | judge agrees at 6 digits |")?;
    writeln!(out, "|---|---|---|---|---|")?;
    for chapter in &audit.chapters {
        writeln!(
            out,
            "| {} | {} | {} | {} | {} |",
            chapter.chapter,
            chapter.rows,
            chapter.classes,
            chapter.in_edition,
            chapter.agreement.percent_with_interval()
        )?;
    }
    Ok(())
}

fn classes(out: &mut String, audit: &Audit, config: &Config) -> std::fmt::Result {
    let classes = &audit.classes;
    writeln!(out, "## Classes\n")?;
    writeln!(out, "| | |\n|---|---|")?;
    writeln!(out, "| subheadings in the edition | {} |", classes.in_edition)?;
    writeln!(out, "| with a training row | {} |", classes.trained)?;
    writeln!(out, "| without | {} |", classes.empty.len())?;
    writeln!(out, "| with fewer than {} training rows | {} |", config.audit.tail, classes.tail)?;
    writeln!(out, "| training rows of the median class | {} |", classes.median)?;
    if let Some((code, n)) = classes.largest {
        writeln!(out, "| of the largest, {code} | {n} |")?;
    }
    writeln!(out)?;
    if !classes.empty.is_empty() {
        let shown: Vec<String> = classes.empty.iter().take(SHOWN).map(ToString::to_string).collect();
        let more = classes.empty.len().saturating_sub(SHOWN);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        writeln!(out, "No model can answer these: {}{more}.\n", shown.join(", "))?;
    }
    Ok(())
}

fn noise(out: &mut String, audit: &Audit, config: &Config) -> std::fmt::Result {
    writeln!(out, "## Label noise\n")?;
    writeln!(
        out,
        "A judge (nearest class by words and pairs of words, in {} folds, near-duplicates in one fold) gives each \
         row a code without having seen it. It is no expert: read the share as a comparison between sources and \
         chapters, and the list as a place to look. 95% intervals.\n",
        config.audit.folds
    )?;
    writeln!(out, "| source | rows | agrees at 2 digits | 4 | 6 |\n|---|---|---|---|---|")?;
    let line = |out: &mut String, name: &str, of: &Agreement| {
        let show = Proportion::percent_with_interval;
        let (a, b, c) = (show(&of.chapter), show(&of.heading), show(&of.subheading));
        writeln!(out, "| {name} | {} | {a} | {b} | {c} |", of.subheading.n)
    };
    line(out, "all", &audit.noise)?;
    for (name, agreement) in &audit.sources {
        line(out, name, agreement)?;
    }
    if !audit.doubtful.is_empty() {
        writeln!(out, "\nRows whose code is doubted most:\n")?;
        writeln!(out, "| row | code | judge says | by | text |\n|---|---|---|---|---|")?;
        for row in &audit.doubtful {
            let text: String = row.text.replace('|', "/").replace(['\n', '\r'], " ");
            writeln!(out, "| {} | {} | {} | {:.2} | {text} |", row.id, row.code, row.suggested, row.margin)?;
        }
    }
    writeln!(out)
}

fn leaks(out: &mut String, audit: &Audit, config: &Config) -> std::fmt::Result {
    writeln!(out, "## Leakage\n")?;
    writeln!(
        out,
        "Development and test rows whose like is among the training rows. The second line divides the same rows \
         one by one at random, as is often done.\n"
    )?;
    writeln!(
        out,
        "| division | rows tested | same text | same words | 4-gram cosine of {} and more | in all |",
        config.split.near_duplicate_cosine
    )?;
    writeln!(out, "|---|---|---|---|---|---|")?;
    let line = |out: &mut String, name: &str, of: &Leaks| {
        let all = Proportion::of(of.all() as u64, of.tested as u64).percent_with_interval();
        writeln!(
            out,
            "| {name} | {} | {} | {} | {} | {all} |",
            of.tested, of.same_text, of.same_words, of.near
        )
    };
    line(out, "by groups", &audit.leaks)?;
    line(out, "at random", &audit.leaks_at_random)?;
    if !audit.leaking.is_empty() {
        writeln!(out, "\nLeaking: {}.", audit.leaking.join(", "))?;
    }
    writeln!(out)
}
