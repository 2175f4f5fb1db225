//! A report for people at a terminal.

use std::fmt::Write as _;

use hscode_core::Level;

use super::proportion::percent;
use super::table::Table;
use super::{DataReport, Evaluation, Report};

impl Report {
    /// The report as plain text, at most about 110 columns wide but for names and titles.
    pub fn to_text(&self) -> String {
        let mut out = String::new();
        for data in &self.data {
            data_head(&mut out, data);
            for evaluation in self.evaluations.iter().filter(|e| e.data == data.name) {
                one_model(&mut out, self, evaluation);
            }
            comparisons(&mut out, self, data);
        }
        out
    }
}

/// Writes a line; a String takes all that is written to it.
macro_rules! line {
    ($out:expr, $($part:tt)*) => { let _ = writeln!($out, $($part)*); };
}

fn data_head(out: &mut String, data: &DataReport) {
    line!(out, "{}: {} rows, {} judged in {}", data.name, data.rows.rows, data.rows.judged, data.edition);
    if data.rows.cut > 0 {
        line!(out, "  {} codes had more than six digits and were cut", data.rows.cut);
    }
    if data.data_edition != data.edition {
        line!(
            out,
            "  codes of {}: {} have another code in {}, {} of the rows several, any of which counts as right",
            data.data_edition,
            data.rows.moved,
            data.edition,
            data.rows.several_targets
        );
    }
    if data.rows.unjudged > 0 {
        let reasons: Vec<String> =
            data.unjudged_reasons.iter().map(|(reason, n)| format!("{n} {}", reason.as_str())).collect();
        line!(out, "  {} rows cannot be judged: {}", data.rows.unjudged, reasons.join(", "));
        for row in data.unjudged_rows.iter().take(5) {
            line!(out, "    row {}: {}", row.index, row.detail);
        }
        if data.rows.unjudged > 5 {
            line!(out, "    and {} more", data.rows.unjudged - 5);
        }
    }
    line!(out, "  rows' SHA-256 {}", data.digest);
}

fn one_model(out: &mut String, report: &Report, evaluation: &Evaluation) {
    let model = report.models.iter().find(|model| model.label == evaluation.model);
    let identity = model.map_or_else(String::new, |m| format!(" ({}, {})", m.classifier, m.model));
    line!(out, "\n{} on {}{identity}", evaluation.model, evaluation.data);
    if let Some(failure) = &evaluation.first_failure {
        line!(out, "  failed on {} rows, counted as wrong; the first: {failure}", evaluation.failed);
    }
    accuracy(out, evaluation);
    averages(out, evaluation);
    decisions(out, evaluation);
    calibration(out, evaluation);
    stages(out, evaluation);
    chapters(out, evaluation);
    confusions(out, evaluation);
    speed(out, evaluation);
}

fn accuracy(out: &mut String, evaluation: &Evaluation) {
    line!(out, "\nRight code among the first k, in % with 95% interval");
    let mut table = Table::new(&["digits", "n", "top-1", "top-3", "top-5", "best code cut"]);
    for level in &evaluation.levels {
        let mut cells = vec![level.level.digits().to_string(), level.n.to_string()];
        cells.extend(level.top.iter().map(|top| top.right.percent_with_interval()));
        cells.push(level.best_code_cut.percent_with_interval());
        table.row(cells);
    }
    table.write(out);
}

fn averages(out: &mut String, evaluation: &Evaluation) {
    line!(out, "\nOver classes: precision, recall, F1 in %");
    let mut table = Table::new(&[
        "digits",
        "classes",
        "never answered",
        "macro P",
        "R",
        "F1 (95%)",
        "weighted P",
        "R",
        "F1 (95%)",
    ]);
    for level in &evaluation.levels {
        let Some(averages) = &level.averages else { continue };
        let mut cells = vec![
            level.level.digits().to_string(),
            averages.classes.to_string(),
            averages.never_answered.to_string(),
        ];
        for average in [&averages.macro_average, &averages.weighted_average] {
            let f1 = average.f1;
            cells.push(percent(average.precision.value));
            cells.push(percent(average.recall.value));
            cells.push(format!("{} ({:.1} to {:.1})", percent(f1.value), f1.low * 100.0, f1.high * 100.0));
        }
        table.row(cells);
    }
    table.write(out);
}

fn decisions(out: &mut String, evaluation: &Evaluation) {
    let d = &evaluation.decisions;
    line!(out, "\nDecisions, and how often they are right at their own level");
    let mut table = Table::new(&["decision", "rows", "share", "right"]);
    let mut row = |name: &str, share: &super::Proportion, right: &super::Proportion| {
        let cells = [share.hits.to_string(), share.percent_with_interval(), right.percent_with_interval()];
        table.row(std::iter::once(name.to_owned()).chain(cells).collect());
    };
    row("accept", &d.accepted, &d.accepted_right);
    for level in &d.backed_off_by_level {
        row(&format!("back off to {}", level.level), &level.share, &level.right);
    }
    row("answered", &d.answered, &d.answered_right);
    row("abstain (right: best candidate)", &d.abstained, &d.abstained_best_right);
    table.write(out);
    if !d.reasons.is_empty() {
        let reasons: Vec<String> = d.reasons.iter().map(|(reason, n)| format!("{n} {reason}")).collect();
        line!(out, "  not in full because: {}", reasons.join(", "));
    }
    if let Some(sets) = &evaluation.candidate_sets {
        line!(
            out,
            "  candidate sets for {}: hold the right code {}; size median {}, mean {:.1}, p90 {}; {} empty",
            percent(sets.asked),
            sets.covered.percent_with_interval(),
            sets.median_size,
            sets.mean_size,
            sets.p90_size,
            sets.empty.hits
        );
    }
}

fn calibration(out: &mut String, evaluation: &Evaluation) {
    line!(
        out,
        "\nScores: ECE (by chance), mean score less accuracy, Brier; share of rows at 80% and 90% accuracy"
    );
    let mut table =
        Table::new(&["digits", "n", "ECE", "by chance", "over", "Brier", "AURC", "at 80%", "at 90%"]);
    for level in &evaluation.levels {
        let (c, r) = (&level.calibration, &level.risk_coverage);
        let at = |accuracy: f64| {
            let found = r.at_accuracy.iter().find(|at| at.accuracy == accuracy);
            found.map_or_else(|| "-".to_owned(), |at| percent(at.coverage))
        };
        table.row(vec![
            level.level.digits().to_string(),
            c.n.to_string(),
            format!("{:.3}", c.ece),
            format!("{:.3}", c.ece_by_chance),
            format!("{:+.3}", c.overconfidence),
            format!("{:.3}", c.brier),
            format!("{:.3}", r.aurc),
            at(0.8),
            at(0.9),
        ]);
    }
    table.write(out);
    if let Some(deepest) = evaluation.levels.last() {
        line!(out, "\nReliability at {} digits: mean score against share right", deepest.level.digits());
        let mut table = Table::new(&["score", "n", "mean", "right"]);
        for bin in &deepest.calibration.bins {
            table.row(vec![
                format!("{:.1} to {:.1}", bin.from, bin.to),
                bin.right.n.to_string(),
                percent(bin.mean_score),
                bin.right.percent_with_interval(),
            ]);
        }
        table.write(out);
    }
}

fn stages(out: &mut String, evaluation: &Evaluation) {
    if evaluation.stages.len() < 2 {
        return;
    }
    line!(out, "\nWho answered");
    let head = ["classifier", "rows", "share", "top-1", "accepted", "accepted right", "passed on", "failed"];
    let mut table = Table::new(&head);
    for stage in &evaluation.stages {
        table.row(vec![
            stage.classifier.clone(),
            stage.gave.hits.to_string(),
            stage.gave.percent(),
            stage.top1.percent_with_interval(),
            stage.accepted.percent(),
            stage.accepted_right.percent_with_interval(),
            stage.passed_on.to_string(),
            stage.failed.to_string(),
        ]);
    }
    table.write(out);
}

fn chapters(out: &mut String, evaluation: &Evaluation) {
    line!(out, "\nBy chapter of the right code: top-1 in % at 2, 4, 6 digits, top-5 at 6");
    let mut table = Table::new(&["chapter", "n", "2", "4", "6 (95%)", "6 top-5"]);
    for chapter in &evaluation.chapters {
        let top = |level: Level, k: u8| {
            let found = chapter.levels.iter().find(|l| l.level == level);
            found.and_then(|l| l.top.iter().find(|top| top.k == k)).map(|top| top.right)
        };
        let plain = |level, k| top(level, k).map_or_else(|| "-".to_owned(), |p| p.percent());
        table.row(vec![
            chapter.chapter.to_string(),
            chapter.n.to_string(),
            plain(Level::Chapter, 1),
            plain(Level::Heading, 1),
            top(Level::Subheading, 1).map_or_else(|| "-".to_owned(), |p| p.percent_with_interval()),
            plain(Level::Subheading, 5),
        ]);
    }
    table.write(out);
}

fn confusions(out: &mut String, evaluation: &Evaluation) {
    for confusion in &evaluation.confusions {
        line!(
            out,
            "\nWorst confusions of {}s: {} rows wrong in {} pairs, {} without a candidate",
            confusion.level,
            confusion.wrong,
            confusion.pairs,
            confusion.unanswered
        );
        let mut table = Table::new(&["right", "answered", "rows", "of", "examples"]).left(&[1, 4]);
        for pair in confusion.worst.iter().take(10) {
            let examples: Vec<String> = pair
                .examples
                .iter()
                .map(|example| match &example.text {
                    Some(text) => format!("{} {:?}", example.index, shortened(text)),
                    None => example.index.to_string(),
                })
                .collect();
            table.row(vec![
                pair.right.dotted(),
                pair.answered.dotted(),
                pair.rows.to_string(),
                pair.of.to_string(),
                examples.join(", "),
            ]);
        }
        table.write(out);
    }
}

/// At most 40 characters.
fn shortened(text: &str) -> String {
    if text.chars().count() <= 40 {
        return text.to_owned();
    }
    text.chars().take(39).chain(std::iter::once('…')).collect()
}

fn speed(out: &mut String, evaluation: &Evaluation) {
    let speed = &evaluation.speed;
    if let Some(single) = &speed.single {
        line!(
            out,
            "\nOne description on one thread, microseconds: median {:.0}, p90 {:.0}, p99 {:.0} (n={})",
            single.p50_us,
            single.p90_us,
            single.p99_us,
            single.n
        );
    }
    line!(
        out,
        "In batches of {}, {} threads: {:.0} microseconds of a thread a description",
        speed.batch,
        speed.threads,
        speed.batch_us
    );
    if let (Some(price), Some(cost)) = (speed.core_hour_price, speed.cost_per_million) {
        line!(out, "A million descriptions: {cost:.4} at {price} a core hour");
    }
}

fn comparisons(out: &mut String, report: &Report, data: &DataReport) {
    let here: Vec<_> = report.comparisons.iter().filter(|c| c.data == data.name).collect();
    if here.is_empty() {
        return;
    }
    line!(
        out,
        "\nSide by side on {}: difference in points with 95% interval, McNemar's mid-p and exact p",
        data.name
    );
    let head = [
        "first",
        "second",
        "digits",
        "top",
        "n",
        "only first",
        "only second",
        "difference",
        "mid-p",
        "exact p",
    ];
    let mut table = Table::new(&head).left(&[1]);
    for c in here {
        let p = &c.pair;
        table.row(vec![
            c.first.clone(),
            c.second.clone(),
            c.level.digits().to_string(),
            c.k.to_string(),
            p.n.to_string(),
            p.only_first.to_string(),
            p.only_second.to_string(),
            format!("{:+.1} ({:+.1} to {:+.1})", p.difference * 100.0, p.low * 100.0, p.high * 100.0),
            p_value(p.p_mid),
            p_value(p.p_exact),
        ]);
    }
    table.write(out);
}

/// A p-value to read: three decimals, or how small it is.
pub(crate) fn p_value(p: f64) -> String {
    if p >= 0.001 {
        format!("{p:.3}")
    } else if p < 1e-6 {
        "<1e-6".to_owned()
    } else {
        format!("{p:.0e}")
    }
}
