//! The worst confusions, and the stages of a cascade.

use hscode_core::HsCode;

use super::Page;
use super::mark::{Cell, details, escape, note, table};
use crate::evaluate::{Confusion, Evaluation};

fn code(code: HsCode, title: Option<&str>) -> Cell {
    let title = title.map_or_else(String::new, |title| format!("<br><small>{}</small>", escape(title)));
    Cell::html(format!("<b>{}</b>{title}", escape(&code.dotted())))
}

fn examples(confusion: &Confusion) -> Cell {
    let shown: Vec<String> = confusion
        .examples
        .iter()
        .map(|example| match &example.text {
            Some(text) => format!("{}: {}", example.index, escape(text)),
            None => example.index.to_string(),
        })
        .collect();
    let with_text = confusion.examples.iter().any(|example| example.text.is_some());
    Cell::html(shown.join(if with_text { "<br>" } else { ", " }))
}

impl Page<'_> {
    /// Tables of confused pairs, a part a data set and model.
    pub(super) fn confusions(&self) -> String {
        let mut out = note(
            "Which codes are most often taken for which. Each pair is a fact that the training text lacks, a wrong label, \
             or a description that does not tell. Rows are counted from 0, as hscode classify does.",
        );
        let first = self.report.evaluations.len() == 1;
        for evaluation in &self.report.evaluations {
            out.push_str(&details(
                &format!("{} on {}", evaluation.model, evaluation.data),
                &of_one(evaluation),
                first,
            ));
        }
        out
    }

    /// The stages, where some evaluation has more than one.
    pub(super) fn stages(&self) -> String {
        if self.report.evaluations.iter().all(|evaluation| evaluation.stages.len() < 2) {
            return String::new();
        }
        let mut rows = Vec::new();
        for evaluation in &self.report.evaluations {
            for stage in &evaluation.stages {
                rows.push(vec![
                    Cell::text(&evaluation.model),
                    Cell::text(&evaluation.data),
                    Cell::text(&stage.classifier),
                    Cell::share(&stage.gave),
                    Cell::share(&stage.top1),
                    Cell::share(&stage.accepted),
                    Cell::share(&stage.accepted_right),
                    Cell::count(stage.passed_on),
                    Cell::count(stage.failed),
                ]);
            }
        }
        let heads = [
            "Model",
            "Data set",
            "Classifier",
            "Gave, of all rows",
            "Top-1 of its rows",
            "Accepted",
            "Accepted right",
            "Passed on",
            "Failed",
        ];
        note("Which classifier of a cascade gave the answer, and how often that was right.")
            + &table(&heads, &rows, true)
    }
}

fn of_one(evaluation: &Evaluation) -> String {
    let mut out = String::new();
    for report in evaluation.confusions.iter().rev() {
        out.push_str(&format!(
            "<h3>{}s: {} rows wrong, in {} pairs; {} without a candidate</h3>\n",
            report.level, report.wrong, report.pairs, report.unanswered
        ));
        let rows: Vec<Vec<Cell>> = report
            .worst
            .iter()
            .map(|confusion| {
                vec![
                    code(confusion.right, confusion.right_title.as_deref()),
                    code(confusion.answered, confusion.answered_title.as_deref()),
                    Cell::number(&format!("{} of {}", confusion.rows, confusion.of), confusion.rows as f64),
                    examples(confusion),
                ]
            })
            .collect();
        if !rows.is_empty() {
            out.push_str(&table(&["Right", "Answered", "Rows", "Examples"], &rows, true));
        }
    }
    out
}
