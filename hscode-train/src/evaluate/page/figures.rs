//! Accuracy by level, averages over classes, and speed.

use super::Page;
use super::chart::{Axis, Chart};
use super::mark::{Cell, details, figure, grid, note, table};
use crate::evaluate::Estimate;

impl Page<'_> {
    /// A chart a data set: levels and models as rows, top-1 filled and top-5 hollow, with intervals.
    pub(super) fn levels(&self) -> String {
        let several = self.report.models.len() > 1;
        let charts: Vec<String> = self
            .report
            .data
            .iter()
            .map(|data| {
                let mut rows = Vec::new();
                for level in hscode_core::Level::INTERNATIONAL {
                    for (series, evaluation) in self.of_data(&data.name) {
                        let Some(found) = evaluation.at(level) else { continue };
                        let name = match several {
                            true if series == 0 => format!("{} digits", level.digits()),
                            true => String::new(),
                            false => format!("{} digits", level.digits()),
                        };
                        rows.push((name, series, &evaluation.model, found));
                    }
                }
                let names: Vec<String> = rows.iter().map(|row| row.0.clone()).collect();
                let mut chart =
                    Chart::rows(Axis::percent("right, %"), &names, if several { 20.0 } else { 34.0 });
                for (at, (_, series, model, level)) in rows.iter().enumerate() {
                    for (k, hollow) in [(5, true), (1, false)] {
                        let Some(right) = level.top(k) else { continue };
                        let Some(rate) = right.rate else { continue };
                        chart.across(right.low, right.high, at as f64, *series);
                        let hint = format!(
                            "{model}, {} digits, top-{k}: {} of n={}",
                            level.level.digits(),
                            right.percent_with_interval(),
                            right.n
                        );
                        chart.dot(rate, at as f64, *series, hollow, &hint);
                    }
                }
                let label = format!("Accuracy by level on {}", data.name);
                figure(&chart.finish(&label), &format!("{}, n={}", data.name, data.rows.judged))
            })
            .collect();
        let mut out = note(
            "Filled: the first candidate is right. Hollow: one of the first five. Lines: 95% intervals.",
        );
        out.push_str(&self.legend());
        out.push_str(&grid(&charts));
        out.push_str(&self.each_data(|data| {
            let mut rows = Vec::new();
            for (_, evaluation) in self.of_data(data) {
                for level in &evaluation.levels {
                    let mut cells = vec![
                        Cell::text(&evaluation.model),
                        Cell::number(&level.level.digits().to_string(), level.level.digits() as f64),
                        Cell::count(level.n),
                    ];
                    cells.extend(level.top.iter().map(|top| Cell::share(&top.right)));
                    cells.push(Cell::share(&level.best_code_cut));
                    rows.push(cells);
                }
            }
            let heads = ["Model", "Digits", "n", "Top-1", "Top-3", "Top-5", "Best code cut"];
            let listed = table(&heads, &rows, true);
            if self.report.data.len() == 1 { listed } else { details("As a table", &listed, false) }
        }));
        out
    }

    /// Precision, recall and F1 of every model at every level.
    pub(super) fn classes(&self) -> String {
        let mut out = note(
            "In %, over the codes that occur among the right ones. Macro: every code counts the same; weighted: by its \
             rows. A code never answered has precision 0. Intervals of macro figures follow the spread of the codes.",
        );
        out.push_str(&self.each_data(|data| {
            let mut rows = Vec::new();
            for (_, evaluation) in self.of_data(data) {
                for level in &evaluation.levels {
                    let Some(averages) = &level.averages else { continue };
                    let mut cells = vec![
                        Cell::text(&evaluation.model),
                        Cell::number(&level.level.digits().to_string(), level.level.digits() as f64),
                        Cell::count(averages.classes),
                        Cell::count(averages.never_answered),
                    ];
                    for average in [&averages.macro_average, &averages.weighted_average] {
                        cells.extend([&average.precision, &average.recall, &average.f1].map(estimate));
                    }
                    rows.push(cells);
                }
            }
            let heads = [
                "Model",
                "Digits",
                "Codes",
                "Never answered",
                "Macro P",
                "Macro R",
                "Macro F1",
                "Weighted P",
                "Weighted R",
                "Weighted F1",
            ];
            table(&heads, &rows, true)
        }));
        out
    }

    /// Time, size and cost of every model.
    pub(super) fn speed(&self) -> String {
        let mut rows = Vec::new();
        let mut price = None;
        for evaluation in &self.report.evaluations {
            let speed = &evaluation.speed;
            let model = self.report.models.iter().find(|model| model.label == evaluation.model);
            let time = |us: Option<f64>| {
                us.map_or_else(|| Cell::number("–", -1.0), |us| Cell::number(&format!("{us:.0}"), us))
            };
            let size = model.and_then(|model| model.size_bytes);
            price = price.or(speed.core_hour_price);
            rows.push(vec![
                Cell::text(&evaluation.model),
                Cell::text(&evaluation.data),
                time(speed.single.map(|single| single.p50_us)),
                time(speed.single.map(|single| single.p90_us)),
                time(speed.single.map(|single| single.p99_us)),
                time(Some(speed.batch_us)),
                size.map_or_else(
                    || Cell::number("–", -1.0),
                    |bytes| Cell::number(&format!("{:.2}", bytes as f64 / 1e6), bytes as f64),
                ),
                speed.cost_per_million.map_or_else(
                    || Cell::number("–", -1.0),
                    |cost| Cell::number(&format!("{cost:.3}"), cost),
                ),
            ]);
        }
        let priced = price.map_or_else(
            || "No price of a core hour was given, so there is no cost.".to_owned(),
            |price| format!("Cost at {price} a core hour, in the unit of that price."),
        );
        let mut out = note(&format!(
            "Microseconds. Single: one description at a time on one thread, warm. Batch: mean time of a thread a \
             description. Times depend on the machine and its load. {priced}"
        ));
        let heads =
            ["Model", "Data set", "Single p50", "p90", "p99", "Batch", "Package, MB", "Cost of a million"];
        out.push_str(&table(&heads, &rows, true));
        out
    }
}

fn estimate(estimate: &Estimate) -> Cell {
    let shown =
        format!("{:.1} ({:.0}–{:.0})", estimate.value * 100.0, estimate.low * 100.0, estimate.high * 100.0);
    Cell::number(&shown, estimate.value)
}
