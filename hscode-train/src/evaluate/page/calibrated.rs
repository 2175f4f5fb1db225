//! Reliability diagrams.

use super::chart::{Axis, Chart};
use super::mark::{Cell, escape, figure, grid, note, table};
use super::{Page, legend_item};
use crate::evaluate::Calibration;

/// Draws the bins of one calibration as a line with dots, and their intervals if asked.
fn draw(chart: &mut Chart, calibration: &Calibration, series: usize, name: &str, intervals: bool) {
    let bins: Vec<_> =
        calibration.bins.iter().filter_map(|bin| Some((bin.mean_score, bin.right.rate?, bin))).collect();
    chart.line(&bins.iter().map(|(x, y, _)| (*x, *y)).collect::<Vec<_>>(), series);
    for (x, y, bin) in bins {
        if intervals {
            chart.upright(x, bin.right.low, bin.right.high, series);
        }
        let hint = format!(
            "{name}: scores {:.1} to {:.1}, mean {:.2}, right {} of n={}",
            bin.from,
            bin.to,
            bin.mean_score,
            bin.right.percent_with_interval(),
            bin.right.n
        );
        chart.dot(x, y, series, false, &hint);
    }
}

fn empty() -> Chart {
    let mut chart = Chart::new(Axis::percent("mean score, %"), Axis::percent("right, %"));
    chart.diagonal();
    chart
}

impl Page<'_> {
    /// The scores of every data set and level, then before and after calibration where a log has it.
    pub(super) fn calibration(&self) -> String {
        let mut out = note(
            "A dot gathers the rows of a tenth of the scores. On the dotted line scores mean what they say; below it \
             they promise too much. ECE is the mean distance from the line over rows; by chance alone it would be as \
             the column beside it says.",
        );
        out.push_str(&self.legend());
        let intervals = self.report.models.len() <= 2;
        out.push_str(&self.each_data(|data| {
            let charts: Vec<String> = hscode_core::Level::INTERNATIONAL
                .into_iter()
                .rev()
                .filter_map(|level| {
                    let mut chart = empty();
                    let mut any = false;
                    for (series, evaluation) in self.of_data(data) {
                        let Some(found) = evaluation.at(level) else { continue };
                        any = true;
                        draw(&mut chart, &found.calibration, series, &evaluation.model, intervals);
                    }
                    let label = format!("Reliability at {} digits on {data}", level.digits());
                    any.then(|| figure(&chart.finish(&label), &format!("{} digits", level.digits())))
                })
                .collect();
            let mut rows = Vec::new();
            for (_, evaluation) in self.of_data(data) {
                for level in &evaluation.levels {
                    let c = &level.calibration;
                    let number = |value: f64| Cell::number(&format!("{value:.3}"), value);
                    rows.push(vec![
                        Cell::text(&evaluation.model),
                        Cell::number(&level.level.digits().to_string(), level.level.digits() as f64),
                        Cell::count(c.n),
                        number(c.ece),
                        number(c.ece_by_chance),
                        Cell::number(&format!("{:+.3}", c.overconfidence), c.overconfidence),
                        number(c.brier),
                    ]);
                }
            }
            let heads = ["Model", "Digits", "n", "ECE", "ECE by chance", "Score less accuracy", "Brier"];
            grid(&charts) + &table(&heads, &rows, true)
        }));
        for log in &self.logs.calibrations {
            let title = format!("{} on {}: before and after calibration", log.model, log.set);
            out.push_str(&format!("<h3>{}</h3>\n<ul class=\"legend\">", escape(&title)));
            out.push_str(&legend_item(1, "before"));
            out.push_str(&legend_item(0, "after"));
            out.push_str("</ul>\n");
            let charts: Vec<String> = log
                .calibration
                .iter()
                .rev()
                .map(|step| {
                    let mut chart = empty();
                    draw(&mut chart, &step.before, 1, "before", false);
                    draw(&mut chart, &step.after, 0, "after", true);
                    let digits = step.level.digits();
                    let caption = format!(
                        "{digits} digits, n={}: ECE {:.3} before, {:.3} after",
                        step.after.n, step.before.ece, step.after.ece
                    );
                    figure(
                        &chart.finish(&format!("Reliability at {digits} digits, before and after")),
                        &caption,
                    )
                })
                .collect();
            out.push_str(&grid(&charts));
        }
        out
    }
}
