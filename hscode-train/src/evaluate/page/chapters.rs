//! Every chapter, drawn and as a table.

use std::collections::BTreeMap;

use hscode_core::{HsCode, Level, Nomenclature};

use super::Page;
use super::chart::{Axis, Chart};
use super::mark::{Cell, details, escape, figure, note, table};
use crate::evaluate::{ChapterReport, Proportion};

fn top(chapter: &ChapterReport, level: Level, k: u8) -> Option<Proportion> {
    let found = chapter.levels.iter().find(|found| found.level == level)?;
    found.top.iter().find(|top| top.k == k).map(|top| top.right)
}

impl Page<'_> {
    /// A chart and a table of the chapters of every data set.
    pub(super) fn chapters(&self) -> String {
        let level = self.deepest();
        let several = self.report.models.len() > 1;
        let mut out = note(&format!(
            "By chapter of the right code: the share of rows whose first candidate of {} digits is right. Chapters with \
             few rows have wide intervals: a chapter at 0% of 3 rows says little. A click on a head sorts.",
            level.digits()
        ));
        out.push_str(&self.legend());
        out.push_str(&self.each_data(|data| {
            let mut by_chapter: BTreeMap<HsCode, Vec<(usize, &str, &ChapterReport)>> = BTreeMap::new();
            for (series, evaluation) in self.of_data(data) {
                for chapter in &evaluation.chapters {
                    by_chapter.entry(chapter.chapter).or_default().push((series, &evaluation.model, chapter));
                }
            }
            let names: Vec<String> = by_chapter
                .iter()
                .map(|(chapter, rows)| {
                    format!("{chapter} · n={}", rows.iter().map(|row| row.2.n).max().unwrap_or(0))
                })
                .collect();
            let mut chart = Chart::rows(Axis::percent("right, %"), &names, if several { 22.0 } else { 17.0 });
            let mut rows = Vec::new();
            for (at, (chapter, models)) in by_chapter.iter().enumerate() {
                for (series, model, found) in models {
                    if let Some(right) = top(found, level, 1)
                        && let Some(rate) = right.rate
                    {
                        // Beside each other within the row, so that equal figures do not hide each other.
                        let count = self.report.models.len();
                        let shift = (*series as f64 - (count as f64 - 1.0) / 2.0) * (0.6 / count as f64);
                        let y = at as f64 + shift;
                        if !several {
                            chart.across(right.low, right.high, y, *series);
                        }
                        let hint = format!(
                            "{model}, chapter {chapter}: {}, n={}",
                            right.percent_with_interval(),
                            right.n
                        );
                        chart.dot(rate, y, *series, false, &hint);
                    }
                    rows.push(self.chapter_row(data, *chapter, model, found, several));
                }
            }
            let label = format!("Accuracy by chapter on {data}");
            let drawn = figure(&chart.finish(&label), &format!("{data}, {} digits", level.digits()));
            let mut heads =
                vec!["Chapter", "Title", "n", "Answered", "Top-1 at 2", "at 4", "at 6", "Top-5 at 6"];
            if several {
                heads.insert(0, "Model");
            }
            let listed = format!("<div class=\"tall\">{}</div>", table(&heads, &rows, true));
            let open = self.report.data.len() == 1;
            details(&format!("{} chapters, drawn", by_chapter.len()), &drawn, open)
                + &details(&format!("{} chapters, as a table", by_chapter.len()), &listed, open)
        }));
        out
    }

    fn chapter_row(
        &self,
        data: &str,
        code: HsCode,
        model: &str,
        found: &ChapterReport,
        several: bool,
    ) -> Vec<Cell> {
        let edition = self.report.data.iter().find(|d| d.name == data).map(|d| &d.edition);
        let nomenclature = edition.and_then(|edition| Nomenclature::of(edition).ok());
        let title = nomenclature.and_then(|nomenclature| nomenclature.title(code)).unwrap_or_default();
        let share = |level, k| Cell::share(&top(found, level, k).unwrap_or(Proportion::of(0, 0)));
        let mut row = vec![
            Cell::html(format!("<b>{}</b>", escape(code.as_str()))),
            Cell::text(title),
            Cell::count(found.n),
            Cell::count(found.answered),
            share(Level::Chapter, 1),
            share(Level::Heading, 1),
            share(Level::Subheading, 1),
            share(Level::Subheading, 5),
        ];
        if several {
            row.insert(0, Cell::text(model));
        }
        row
    }
}
