//! The report as one HTML file that opens offline: tables and drawings from the same structs as the JSON.

mod calibrated;
mod chapters;
mod chart;
mod decisions;
mod figures;
mod mark;
mod mistakes;
mod summary;
mod trained;

#[cfg(test)]
mod tests;

use super::{Evaluation, Logs, Report};
use mark::{Cell, escape, grouped, note, table};

impl Report {
    /// The report as a page: one file, no script or picture from elsewhere, light and dark, made to be printed.
    ///
    /// `logs`: what training and tuning wrote down, drawn as well. Descriptions appear only where the report was
    /// made to show them.
    pub fn to_html(&self, logs: &Logs) -> String {
        let page = Page { report: self, logs };
        let sections: Vec<(&str, &str, String)> = [
            ("summary", "Summary", page.summary()),
            ("levels", "Accuracy by level", page.levels()),
            ("pairs", "Side by side", page.pairs()),
            ("decisions", "Decisions", page.decisions()),
            ("coverage", "Coverage and accuracy", page.coverage()),
            ("calibration", "Calibration", page.calibration()),
            ("classes", "Precision, recall, F1", page.classes()),
            ("chapters", "Chapters", page.chapters()),
            ("confusions", "Confusions", page.confusions()),
            ("stages", "Who answered", page.stages()),
            ("speed", "Time, size, cost", page.speed()),
            ("training", "Training", page.training()),
            ("tuning", "Tuning", page.tuning()),
            ("data", "Data", page.data()),
        ]
        .into_iter()
        .filter(|(_, _, body)| !body.is_empty())
        .collect();
        let links: Vec<String> =
            sections.iter().map(|(id, title, _)| format!("<a href=\"#{id}\">{title}</a>")).collect();
        let body: Vec<String> = sections
            .iter()
            .map(|(id, title, body)| format!("<section id=\"{id}\">\n<h2>{title}</h2>\n{body}</section>\n"))
            .collect();
        format!(
            "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <title>{title}</title>\n<style>\n{style}</style>\n</head>\n<body>\n\
             <header>\n<h1>{title}</h1>\n{lead}</header>\n<nav><div>{links}</div></nav>\n<main>\n{body}</main>\n\
             <footer>{tool}, format {format}. Intervals are of {confidence:.0}%. Figures are those of report.json \
             beside this file.</footer>\n<script>\n{script}</script>\n</body>\n</html>\n",
            title = escape(&page.title()),
            style = include_str!("style.css"),
            lead = page.lead(),
            links = links.concat(),
            body = body.concat(),
            tool = escape(&self.tool),
            format = escape(&self.format),
            confidence = self.confidence * 100.0,
            script = include_str!("sort.js"),
        )
    }
}

/// What a page is made of.
struct Page<'a> {
    report: &'a Report,
    logs: &'a Logs,
}

impl Page<'_> {
    fn title(&self) -> String {
        let names = |names: Vec<&str>| match names.as_slice() {
            [one] => (*one).to_owned(),
            many => many.len().to_string(),
        };
        let models: Vec<&str> = self.report.models.iter().map(|model| model.label.as_str()).collect();
        let data: Vec<&str> = self.report.data.iter().map(|data| data.name.as_str()).collect();
        let (plural_models, plural_data) =
            (if models.len() == 1 { "" } else { " models" }, if data.len() == 1 { "" } else { " data sets" });
        format!("{}{plural_models} on {}{plural_data}", names(models), names(data))
    }

    fn lead(&self) -> String {
        let rows: u64 = self.report.data.iter().map(|data| data.rows.judged).sum();
        let editions: Vec<&str> =
            self.report.models.iter().take(1).map(|model| model.edition.as_str()).collect();
        note(&format!("{} rows judged in {}.", grouped(rows), editions.concat()))
    }

    /// The models with the colours of their lines; nothing when there is one.
    fn legend(&self) -> String {
        if self.report.models.len() < 2 {
            return String::new();
        }
        let items: Vec<String> =
            self.report.models.iter().enumerate().map(|(at, model)| legend_item(at, &model.label)).collect();
        format!("<ul class=\"legend\">{}</ul>\n", items.concat())
    }

    /// The evaluations on one data set, with the number of their model.
    fn of_data<'b>(&'b self, data: &'b str) -> impl Iterator<Item = (usize, &'b Evaluation)> {
        let models = self.report.models.iter().enumerate();
        models.filter_map(move |(at, model)| Some((at, self.report.evaluation(data, &model.label)?)))
    }

    /// One part a data set, under its name when there are several.
    fn each_data(&self, part: impl Fn(&str) -> String) -> String {
        let mut out = String::new();
        for data in &self.report.data {
            let inside = part(&data.name);
            if self.report.data.len() > 1 && !inside.is_empty() {
                out.push_str(&format!("<h3>{}</h3>\n", escape(&data.name)));
            }
            out.push_str(&inside);
        }
        out
    }

    /// Rows that could not be judged, and what identifies the data.
    fn data(&self) -> String {
        let rows: Vec<Vec<Cell>> = self
            .report
            .data
            .iter()
            .map(|data| {
                let reasons: Vec<String> = data
                    .unjudged_reasons
                    .iter()
                    .map(|(reason, n)| format!("{n} {}", reason.as_str()))
                    .collect();
                vec![
                    Cell::text(&data.name),
                    Cell::count(data.rows.rows),
                    Cell::count(data.rows.judged),
                    Cell::count(data.rows.unjudged),
                    Cell::text(&reasons.join(", ")),
                    Cell::count(data.rows.cut),
                    Cell::count(data.rows.several_targets),
                    Cell::text(data.data_edition.as_str()),
                    Cell::html(format!(
                        "<code>{}</code>",
                        escape(data.digest.get(..16).unwrap_or(&data.digest))
                    )),
                ]
            })
            .collect();
        let heads = [
            "Data set",
            "Rows",
            "Judged",
            "Not judged",
            "Because",
            "Cut to six digits",
            "Several right codes",
            "Edition",
            "SHA-256",
        ];
        let mut out = table(&heads, &rows, false);
        let models: Vec<Vec<Cell>> = self
            .report
            .models
            .iter()
            .map(|model| {
                vec![
                    Cell::text(&model.label),
                    Cell::text(&model.classifier),
                    Cell::html(format!("<code>{}</code>", escape(&model.model))),
                    Cell::text(model.edition.as_str()),
                    Cell::count(model.classes),
                ]
            })
            .collect();
        out.push_str(&table(&["Model", "Classifier", "Identity", "Edition", "Codes"], &models, false));
        let listed: Vec<Vec<Cell>> = self
            .report
            .data
            .iter()
            .flat_map(|data| data.unjudged_rows.iter().map(|row| (&data.name, row)))
            .take(100)
            .map(|(data, row)| {
                vec![
                    Cell::text(data),
                    Cell::number(&row.index.to_string(), row.index as f64),
                    Cell::text(row.reason.as_str()),
                    Cell::text(&row.detail),
                ]
            })
            .collect();
        if !listed.is_empty() {
            let inside = table(&["Data set", "Row", "Reason", "Detail"], &listed, true);
            out.push_str(&mark::details("Rows that cannot be judged (the first)", &inside, false));
        }
        out
    }
}

/// One line of a legend.
fn legend_item(series: usize, name: &str) -> String {
    format!(
        "<li><svg viewBox=\"0 0 30 10\" aria-hidden=\"true\"><polyline class=\"l s{s}\" points=\"0,5 30,5\"/>\
         <circle class=\"d s{s}\" cx=\"15\" cy=\"5\" r=\"3.6\"/></svg>{}</li>",
        escape(name),
        s = series % 8
    )
}
