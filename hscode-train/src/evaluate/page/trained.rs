//! Learning curves and trials.

use std::collections::BTreeSet;

use super::chart::{Axis, Chart};
use super::mark::{Cell, details, escape, figure, grid, grouped, note, table};
use super::{Page, legend_item};
use crate::evaluate::{Curve, Parameter, Study, Trial, TrialState};

impl Page<'_> {
    /// Two charts a training run: the loss, and the accuracy on the development sets.
    pub(super) fn training(&self) -> String {
        let mut out = self.side_by_side();
        for curve in self.logs.curves.iter().filter(|curve| !curve.entries.is_empty()) {
            let seconds = curve.entries.last().map_or(0.0, |entry| entry.seconds);
            let title = format!(
                "{}: {} weights, {} texts, {:.1} minutes",
                curve.model,
                grouped(curve.weights),
                grouped(curve.samples),
                seconds / 60.0
            );
            out.push_str(&format!("<h3>{}</h3>\n", escape(&title)));
            let sets: BTreeSet<&str> =
                curve.entries.iter().flat_map(|entry| entry.dev.iter().map(|dev| dev.set.as_str())).collect();
            let legend: Vec<String> = sets.iter().enumerate().map(|(at, set)| legend_item(at, set)).collect();
            if !legend.is_empty() {
                out.push_str(&format!("<ul class=\"legend\">{}</ul>\n", legend.concat()));
            }
            let mut charts = vec![accuracy(curve, &sets, 1), accuracy(curve, &sets, 5)];
            if sets.is_empty() {
                charts.clear();
            }
            charts.push(loss(curve));
            out.push_str(&grid(&charts));
        }
        if out.is_empty() { out } else { note("Measured while training, on the development sets.") + &out }
    }

    /// A table of the trained models, where there are several.
    fn side_by_side(&self) -> String {
        let curves: Vec<&Curve> = self.logs.curves.iter().filter(|curve| !curve.entries.is_empty()).collect();
        if curves.len() < 2 {
            return String::new();
        }
        let sets: BTreeSet<&str> =
            curves.iter().flat_map(|curve| last_sets(curve)).map(|dev| dev.set.as_str()).collect();
        let mut heads = vec!["model", "weights", "texts", "minutes of training"];
        let names: Vec<String> =
            sets.iter().map(|set| format!("{set}, top-1 / top-5 at 6 digits, %")).collect();
        heads.extend(names.iter().map(String::as_str));
        let rows: Vec<Vec<Cell>> = curves
            .iter()
            .map(|curve| {
                let seconds = curve.entries.last().map_or(0.0, |entry| entry.seconds);
                let mut cells = vec![
                    Cell::text(&curve.model),
                    Cell::count(curve.weights),
                    Cell::count(curve.samples),
                    Cell::number(&format!("{:.1}", seconds / 60.0), seconds),
                ];
                cells.extend(sets.iter().map(|set| {
                    last_sets(curve).find(|dev| dev.set == *set).map_or_else(
                        || Cell::text(""),
                        |dev| {
                            let (one, five) = (100.0 * dev.top1[2], 100.0 * dev.top5[2]);
                            Cell::number(&format!("{one:.1} / {five:.1}"), one)
                        },
                    )
                }));
                cells
            })
            .collect();
        table(&heads, &rows, true)
    }

    /// A chart and a table of every search for settings.
    pub(super) fn tuning(&self) -> String {
        self.logs.studies.iter().filter(|study| !study.trials.is_empty()).map(study).collect()
    }
}

fn last_sets(curve: &Curve) -> impl Iterator<Item = &crate::evaluate::CurveFigures> {
    curve.entries.last().into_iter().flat_map(|entry| &entry.dev)
}

fn epochs(curve: &Curve) -> Axis {
    Axis::round("passes over the rows", curve.entries.iter().map(|entry| entry.epoch))
}

fn loss(curve: &Curve) -> String {
    let points: Vec<(f64, f64)> = curve.entries.iter().map(|entry| (entry.epoch, entry.train_loss)).collect();
    let mut chart = Chart::new(epochs(curve), Axis::round("loss", points.iter().map(|point| point.1)));
    chart.line(&points, 7);
    for (x, y) in points {
        chart.dot(x, y, 7, false, &format!("after {x:.2} passes: loss {y:.4}"));
    }
    figure(&chart.finish(&format!("Loss of {}", curve.model)), "mean loss of training")
}

fn accuracy(curve: &Curve, sets: &BTreeSet<&str>, k: u8) -> String {
    let of = |dev: &crate::evaluate::CurveFigures| if k == 1 { dev.top1[2] } else { dev.top5[2] };
    let all = curve.entries.iter().flat_map(|entry| entry.dev.iter().map(of)).map(|rate| rate * 100.0);
    let mut chart = Chart::new(epochs(curve), Axis::round("right, %", all));
    for (series, set) in sets.iter().enumerate() {
        let points: Vec<(f64, f64)> = curve
            .entries
            .iter()
            .filter_map(|entry| {
                let dev = entry.dev.iter().find(|dev| dev.set == *set)?;
                Some((entry.epoch, of(dev) * 100.0))
            })
            .collect();
        chart.line(&points, series);
        for (x, y) in points {
            chart.dot(x, y, series, false, &format!("{set}, after {x:.2} passes: {y:.1}%"));
        }
    }
    let caption = format!("top-{k} at 6 digits");
    figure(&chart.finish(&format!("{caption} of {}", curve.model)), &caption)
}

fn study(study: &Study) -> String {
    let valued: Vec<(&Trial, f64)> =
        study.trials.iter().filter_map(|trial| Some((trial, trial.value?))).collect();
    let mut chart = Chart::new(
        Axis::round("trial", study.trials.iter().map(|trial| trial.number as f64)),
        Axis::round(&study.metric, valued.iter().map(|(_, value)| *value)),
    );
    let mut best: Vec<(f64, f64)> = Vec::new();
    for (trial, value) in valued.iter().filter(|(trial, _)| trial.state == TrialState::Complete) {
        let (x, before) = (trial.number as f64, best.last().map_or(*value, |point| point.1));
        best.extend([(x, before), (x, before.max(*value))]);
    }
    if let (Some(last), Some(end)) = (study.trials.last(), best.last()) {
        best.push((last.number as f64, end.1));
    }
    chart.line(&best, 0);
    for (trial, value) in &valued {
        let hint = format!("trial {}: {value:.4} ({})", trial.number, state(trial.state));
        chart.dot(trial.number as f64, *value, 0, trial.state != TrialState::Complete, &hint);
    }
    let drawn = figure(
        &chart.finish(&format!("Trials of {}", study.study)),
        "Filled: complete trials; hollow: stopped early. The line is the best so far.",
    );
    let names: BTreeSet<&str> =
        study.trials.iter().flat_map(|trial| trial.parameters.keys().map(String::as_str)).collect();
    let mut heads = vec!["Trial", "Value", "State", "Seconds"];
    heads.extend(&names);
    let mut ranked: Vec<&Trial> = study.trials.iter().collect();
    ranked.sort_by(|a, b| {
        let value = |trial: &Trial| trial.value.unwrap_or(f64::NEG_INFINITY);
        value(b).total_cmp(&value(a)).then(a.number.cmp(&b.number))
    });
    let rows: Vec<Vec<Cell>> = ranked
        .iter()
        .map(|trial| {
            let mut cells = vec![
                Cell::count(trial.number),
                trial.value.map_or_else(|| Cell::number("–", -1.0), |v| Cell::number(&format!("{v:.4}"), v)),
                Cell::text(state(trial.state)),
                Cell::number(&format!("{:.0}", trial.seconds), trial.seconds),
            ];
            cells.extend(
                names
                    .iter()
                    .map(|name| trial.parameters.get(*name).map_or_else(|| Cell::text(""), parameter)),
            );
            cells
        })
        .collect();
    let listed = format!("<div class=\"tall\">{}</div>", table(&heads, &rows, true));
    format!("<h3>{}</h3>\n", escape(&study.study))
        + &grid(&[drawn])
        + &details(&format!("{} trials, best first", rows.len()), &listed, rows.len() <= 20)
}

fn state(state: TrialState) -> &'static str {
    match state {
        TrialState::Complete => "complete",
        TrialState::Pruned => "stopped early",
        TrialState::Failed => "failed",
    }
}

fn parameter(parameter: &Parameter) -> Cell {
    match parameter {
        Parameter::Integer(value) => Cell::number(&value.to_string(), *value as f64),
        Parameter::Number(value) => {
            Cell::number(&format!("{}", crate::evaluate::number::significant4(*value)), *value)
        }
        Parameter::Flag(value) => Cell::text(if *value { "yes" } else { "no" }),
        Parameter::Name(value) => Cell::text(value),
    }
}
