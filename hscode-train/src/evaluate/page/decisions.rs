//! Accepted, backed off, abstained; and how accurate the surest answers are.

use super::Page;
use super::chart::{Axis, Chart};
use super::mark::{Cell, figure, grid, note, table};
use crate::evaluate::{DecisionReport, Proportion};

/// The parts of a bar: rows, class of the style sheet, name.
fn parts(d: &DecisionReport) -> [(u64, &'static str, &'static str); 6] {
    let (accepted, backed) = (&d.accepted_right, &d.backed_off_right);
    let unjudged = d.accepted.hits + d.backed_off.hits - accepted.n - backed.n;
    [
        (accepted.hits, "good", "accepted, right"),
        (accepted.n - accepted.hits, "bad", "accepted, wrong"),
        (backed.hits, "fair", "backed off, right"),
        (backed.n - backed.hits, "poor", "backed off, wrong"),
        (unjudged, "none", "answered deeper than the right code"),
        (d.abstained.hits, "none", "abstained"),
    ]
}

impl Page<'_> {
    /// A bar a model and data set, with a table.
    pub(super) fn decisions(&self) -> String {
        let mut out = note(
            "Accepted: the score meets the threshold of the deepest level. Backed off: an ancestor is sure enough; it is \
             right if the right code lies below it. Abstained: left to a person.",
        );
        out.push_str(
            "<ul class=\"legend\"><li><i class=\"good\"></i>accepted, right</li><li><i class=\"bad\"></i>accepted, \
             wrong</li><li><i class=\"fair\"></i>backed off, right</li><li><i class=\"poor\"></i>backed off, \
             wrong</li><li><i class=\"none\"></i>abstained</li></ul>\n",
        );
        let mut charts = Vec::new();
        for data in &self.report.data {
            let rows: Vec<_> = self.of_data(&data.name).collect();
            let names: Vec<String> = rows.iter().map(|(_, e)| short(&e.model)).collect();
            let mut chart = Chart::rows(Axis::percent("of all rows, %"), &names, 34.0);
            for (at, (_, evaluation)) in rows.iter().enumerate() {
                let (mut from, n) = (0.0, evaluation.decisions.n.max(1) as f64);
                for (count, class, name) in parts(&evaluation.decisions) {
                    let share = count as f64 / n;
                    if count > 0 {
                        let hint = format!("{}: {name} {count} ({:.1}%)", evaluation.model, share * 100.0);
                        chart.bar(from, from + share, at as f64, 0.62, class, &hint);
                    }
                    from += share;
                }
            }
            charts.push(figure(&chart.finish(&format!("Decisions on {}", data.name)), &data.name));
        }
        out.push_str(&grid(&charts));
        let mut rows = Vec::new();
        for evaluation in &self.report.evaluations {
            let d = &evaluation.decisions;
            let mut row = vec![Cell::text(&evaluation.model), Cell::text(&evaluation.data)];
            row.extend(
                [
                    &d.accepted,
                    &d.accepted_right,
                    &d.backed_off,
                    &d.backed_off_right,
                    &d.answered,
                    &d.answered_right,
                    &d.abstained,
                    &d.abstained_best_right,
                ]
                .map(|share: &Proportion| Cell::share(share)),
            );
            rows.push(row);
        }
        let heads = [
            "Model",
            "Data set",
            "Accepted",
            "of these right",
            "Backed off",
            "of these right",
            "Answered",
            "of these right",
            "Abstained",
            "best was right",
        ];
        out.push_str(&table(&heads, &rows, true));
        out.push_str(&self.sets());
        out
    }

    /// The candidate sets, if they were asked for.
    fn sets(&self) -> String {
        let rows: Vec<Vec<Cell>> = self
            .report
            .evaluations
            .iter()
            .filter_map(|evaluation| {
                let sets = evaluation.candidate_sets?;
                Some(vec![
                    Cell::text(&evaluation.model),
                    Cell::text(&evaluation.data),
                    Cell::number(&format!("{:.1}", sets.asked * 100.0), sets.asked),
                    Cell::share(&sets.covered),
                    Cell::count(sets.median_size),
                    Cell::number(&format!("{:.1}", sets.mean_size), sets.mean_size),
                    Cell::count(sets.p90_size),
                    Cell::share(&sets.single),
                ])
            })
            .collect();
        if rows.is_empty() {
            return String::new();
        }
        let heads = [
            "Model",
            "Data set",
            "Asked, %",
            "Holds the right code",
            "Median size",
            "Mean",
            "p90",
            "One code",
        ];
        format!("<h3>Candidate sets</h3>\n{}", table(&heads, &rows, true))
    }

    /// A chart a data set: accuracy of the surest rows against their share.
    pub(super) fn coverage(&self) -> String {
        let level = self.deepest();
        let mut charts = Vec::new();
        for data in &self.report.data {
            let mut chart =
                Chart::new(Axis::percent("answered, % of rows, the surest first"), Axis::percent("right, %"));
            for (series, evaluation) in self.of_data(&data.name) {
                let Some(found) = evaluation.at(level) else { continue };
                let curve = &found.risk_coverage.points;
                let points: Vec<(f64, f64)> = curve.iter().map(|p| (p.coverage, p.accuracy)).collect();
                chart.line(&points, series);
                // Where the model's own threshold stands.
                let d = &evaluation.decisions;
                if let (Some(x), Some(y)) = (d.accepted.rate, d.accepted_right.rate) {
                    let hint = format!(
                        "{}: accepts {}, right {}",
                        evaluation.model,
                        d.accepted.percent(),
                        d.accepted_right.percent_with_interval()
                    );
                    chart.dot(x, y, series, false, &hint);
                }
            }
            let label = format!("Accuracy against coverage on {}", data.name);
            charts.push(figure(&chart.finish(&label), &format!("{}, {} digits", data.name, level.digits())));
        }
        let mut out = note(
            "From the left, more and more rows are answered, the surest first. Dots: where the model's own threshold \
             accepts. The table gives the largest share that can be answered at an accuracy, read off these same rows, \
             so a little hopeful.",
        );
        out.push_str(&self.legend());
        out.push_str(&grid(&charts));
        let mut rows = Vec::new();
        for evaluation in &self.report.evaluations {
            let Some(found) = evaluation.at(level) else { continue };
            let curve = &found.risk_coverage;
            let mut row = vec![
                Cell::text(&evaluation.model),
                Cell::text(&evaluation.data),
                Cell::number(&format!("{:.3}", curve.aurc), curve.aurc),
            ];
            row.extend(curve.at_accuracy.iter().map(|at| {
                let threshold = at.threshold.map_or_else(String::new, |t| format!(" (≥{t:.2})"));
                Cell::number(&format!("{:.1}{threshold}", at.coverage * 100.0), at.coverage)
            }));
            rows.push(row);
        }
        let heads = ["Model", "Data set", "AURC", "at 70%", "at 80%", "at 90%", "at 95%"];
        out.push_str(&table(&heads, &rows, true));
        out
    }
}

/// A name that fits beside a chart.
pub(super) fn short(name: &str) -> String {
    if name.chars().count() <= 22 {
        return name.to_owned();
    }
    name.chars().take(21).chain(std::iter::once('…')).collect()
}
