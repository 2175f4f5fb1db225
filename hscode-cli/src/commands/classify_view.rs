//! An answer as a person reads it.

use std::fmt::Write;

use hscode_core::{
    Decision, Evidence, Explanation, HsCode, Level, Nomenclature, PassedWhy, Prediction, Reason,
};

use crate::human::{Ink, Look, percent};

const BAR: usize = 12;
/// Evidence and words shown at most.
const SHOWN: usize = 6;
/// Codes of a candidate set shown at most.
const SET: usize = 18;

/// The lines of one answer, with an empty line after.
pub(super) fn block(
    look: &Look,
    description: &str,
    prediction: &Prediction,
    titles: &Nomenclature,
) -> String {
    let mut out = String::new();
    let shown = look.line(description, 0);
    let shown =
        if shown.is_empty() { look.paint(Ink::Faint, "(empty)") } else { look.paint(Ink::Strong, &shown) };
    // Writing to a String does not fail.
    let _ = writeln!(out, "{shown}");
    let _ = writeln!(out, "  {}", decision(look, prediction, titles));
    candidates(&mut out, look, prediction, titles);
    if let Some(explanation) = prediction.explanation() {
        explain(&mut out, look, prediction, explanation);
    }
    notes(&mut out, look, prediction);
    out.push('\n');
    out
}

fn decision(look: &Look, prediction: &Prediction, titles: &Nomenclature) -> String {
    let score = prediction.score().map(percent).unwrap_or_default();
    let named = |word: &str, ink: Ink, code: HsCode, tail: &str| {
        let title = titles.title(code).map(|title| format!("  {title}")).unwrap_or_default();
        let used = 2 + word.len() + 1 + code.dotted().len() + 2 + score.len();
        let rest = look.line(&format!("{title}{tail}"), used);
        format!("{} {}  {score}  {rest}", look.paint(ink, word), look.paint(Ink::Strong, &code.dotted()))
    };
    match prediction.decision() {
        Decision::Accept(code) => named("accept", Ink::Good, code, ""),
        Decision::BackOff { code, reason } => {
            let why = match (reason, below(code, prediction)) {
                (Reason::LowScore, Some(level)) => format!("no {level} of it is sure enough"),
                _ => reason.explanation().to_owned(),
            };
            let word = format!("back off to {}", code.level());
            format!("{}\n    {why}", named(&word, Ink::Unsure, code, ""))
        }
        Decision::Abstain(reason) => {
            format!("{}: {}", look.paint(Ink::Unsure, "abstain"), look.wrapped(reason.explanation(), 11))
        }
        _ => prediction.decision().as_str().to_owned(),
    }
}

/// The level right below the code that was backed off to.
fn below(code: HsCode, prediction: &Prediction) -> Option<Level> {
    let levels = [Level::Heading, Level::Subheading, Level::TariffLine];
    levels.into_iter().find(|level| *level > code.level() && *level <= prediction.level())
}

fn candidates(out: &mut String, look: &Look, prediction: &Prediction, titles: &Nomenclature) {
    let widest = prediction.candidates().iter().map(|c| c.code().dotted().len()).max().unwrap_or(0);
    for candidate in prediction.candidates() {
        let code = candidate.code();
        let chosen = prediction.code().is_some_and(|chosen| chosen.covers(&code));
        let ink = if chosen { Ink::Strong } else { Ink::Faint };
        let bar = look.paint(if chosen { Ink::Good } else { Ink::Faint }, &look.bar(candidate.score(), BAR));
        let dotted = format!("{:<widest$}", code.dotted());
        let path = look.path(titles, code, 4 + widest + 2 + BAR + 1 + 4 + 2);
        let _ = writeln!(
            out,
            "    {}  {bar} {:>4}  {path}",
            look.paint(ink, &dotted),
            percent(candidate.score())
        );
    }
    if let Some(set) = prediction.candidate_set().filter(|set| !set.is_empty()) {
        let mut codes: Vec<String> = set.iter().take(SET).map(HsCode::dotted).collect();
        if set.len() > SET {
            codes.push(format!("and {} more", set.len() - SET));
        }
        let label = format!("coverage set of {}: ", set.len());
        let _ = writeln!(out, "    {label}{}", look.wrapped(&codes.join(", "), 4 + label.len()));
    }
}

fn explain(out: &mut String, look: &Look, prediction: &Prediction, explanation: &Explanation) {
    if let Some(best) = prediction.best() {
        let _ = writeln!(out, "    {}", look.paint(Ink::Faint, &format!("why {}", best.code().dotted())));
    }
    let mut words: Vec<_> = explanation.tokens.iter().filter(|token| token.contribution != 0.0).collect();
    words.sort_by(|a, b| b.contribution.abs().total_cmp(&a.contribution.abs()).then(a.start.cmp(&b.start)));
    if !words.is_empty() {
        let words: Vec<String> =
            words.iter().take(SHOWN).map(|word| format!("{} {:+.2}", word.text, word.contribution)).collect();
        let _ = writeln!(out, "      words     {}", look.wrapped(&words.join(",  "), 16));
    }
    for (at, evidence) in explanation.evidence.iter().take(SHOWN).enumerate() {
        let label = if at == 0 { "like" } else { "" };
        let _ = writeln!(out, "      {label:<8}  {}", reference(look, evidence));
    }
}

fn reference(look: &Look, evidence: &Evidence) -> String {
    let (similarity, code) = (percent(evidence.similarity), evidence.code.dotted());
    let source = format!("({})", evidence.source);
    let text = look.line(&evidence.text, 16 + 5 + code.len() + 4 + source.len());
    format!("{similarity:>4} {code}  {text}  {}", look.paint(Ink::Faint, &source))
}

fn notes(out: &mut String, look: &Look, prediction: &Prediction) {
    for passed in prediction.passed() {
        let why = match &passed.why {
            PassedWhy::Abstained(reason) => format!("abstained: {}", reason.explanation()),
            PassedWhy::Failed(message) => format!("failed: {message}"),
            _ => continue,
        };
        let note = format!("{} {why}; {} answered", passed.classifier, prediction.classifier());
        let _ = writeln!(out, "    {}", look.paint(Ink::Faint, &look.line(&note, 4)));
    }
    if prediction.truncated() {
        let note = "the description is longer than what is read; the rest was not looked at";
        let _ = writeln!(out, "    {}", look.paint(Ink::Unsure, note));
    }
}
