//! The table that one looks at first, and who is better than whom.

use hscode_core::Level;

use super::Page;
use super::mark::{Cell, escape, note, table};
use crate::evaluate::text::p_value;
use crate::evaluate::{Comparison, Evaluation, Proportion};

/// p-values below this are told as a difference.
const SIGNIFICANT: f64 = 0.05;

impl Page<'_> {
    /// The deepest level that all models of the report are judged at.
    pub(super) fn deepest(&self) -> Level {
        let of = |evaluation: &Evaluation| evaluation.levels.last().map(|level| level.level);
        self.report.evaluations.iter().filter_map(of).min().unwrap_or(Level::Subheading)
    }

    /// A row a model, top-1 and top-5 of every data set.
    pub(super) fn summary(&self) -> String {
        let level = self.deepest();
        let mut heads = vec!["Model".to_owned()];
        for data in &self.report.data {
            heads.push(format!("{}\ntop-1", data.name));
            heads.push("top-5".to_owned());
        }
        let best: Vec<Option<f64>> = self
            .report
            .data
            .iter()
            .map(|data| {
                self.of_data(&data.name).filter_map(|(_, e)| rate(e, level, 1)).max_by(f64::total_cmp)
            })
            .collect();
        let several = self.report.models.len() > 1;
        let rows: Vec<Vec<Cell>> = self
            .report
            .models
            .iter()
            .map(|model| {
                let mut cells = vec![Cell::text(&model.label)];
                for (data, best) in self.report.data.iter().zip(&best) {
                    let found = self.report.evaluation(&data.name, &model.label);
                    let top = |k| found.and_then(|e| e.at(level)).and_then(|l| l.top(k)).copied();
                    for k in [1, 5] {
                        let cell = Cell::share(&top(k).unwrap_or(Proportion::of(0, 0)));
                        let this = found.and_then(|e| rate(e, level, 1));
                        cells.push(match (k, several, this == *best) {
                            (1, true, true) => cell.marked("best"),
                            (1, true, false)
                                if self.level_with_best(&data.name, &model.label, level, *best) =>
                            {
                                cell.marked("level")
                            }
                            _ => cell,
                        });
                    }
                }
                cells
            })
            .collect();
        let heads: Vec<&str> = heads.iter().map(String::as_str).collect();
        let mut out = note(&format!(
            "Share of rows, in %, whose right code of {} digits is the first candidate or among the first five, with \
             its interval.{}",
            level.digits(),
            if several {
                " The best of each data set is shaded; underlined are those from which it does not differ \
                 (McNemar's mid-p of 0.05 or more)."
            } else {
                ""
            }
        ));
        out.push_str(&table(&heads, &rows, several));
        out
    }

    /// Whether the best model of a data set is not shown to be better than this one.
    fn level_with_best(&self, data: &str, model: &str, level: Level, best: Option<f64>) -> bool {
        self.of_data(data).filter(|(_, e)| rate(e, level, 1) == best).any(|(_, leader)| {
            self.comparison(data, model, &leader.model, level)
                .is_some_and(|(c, _)| c.pair.p_mid >= SIGNIFICANT)
        })
    }

    /// The comparison of two models by their first candidates, and whether it is told the other way round.
    fn comparison(&self, data: &str, one: &str, other: &str, level: Level) -> Option<(&Comparison, bool)> {
        self.report.comparisons.iter().filter(|c| c.data == data && c.level == level && c.k == 1).find_map(
            |c| {
                let straight = c.first == one && c.second == other;
                let turned = c.first == other && c.second == one;
                (straight || turned).then_some((c, turned))
            },
        )
    }

    /// The matrix of differences of every data set.
    pub(super) fn pairs(&self) -> String {
        if self.report.models.len() < 2 {
            return String::new();
        }
        let level = self.deepest();
        let mut out = note(&format!(
            "Row less column: the difference in points of the first candidate at {} digits, its interval, and the \
             mid-p value of McNemar's test, which looks only at rows that one of the two has right. Shaded: mid-p \
             below 0.05. With many pairs some will differ by chance.",
            level.digits()
        ));
        out.push_str(&self.each_data(|data| {
            let mut heads = vec![""];
            heads.extend(self.report.models.iter().map(|model| model.label.as_str()));
            let rows: Vec<Vec<Cell>> = self
                .report
                .models
                .iter()
                .map(|one| {
                    let mut cells = vec![Cell::text(&one.label)];
                    cells.extend(
                        self.report
                            .models
                            .iter()
                            .map(|other| self.pair(data, &one.label, &other.label, level)),
                    );
                    cells
                })
                .collect();
            table(&heads, &rows, false)
        }));
        out
    }

    fn pair(&self, data: &str, one: &str, other: &str, level: Level) -> Cell {
        let Some((comparison, turned)) = self.comparison(data, one, other, level) else {
            return Cell::text("").marked("n");
        };
        let pair = &comparison.pair;
        let (difference, low, high) = if turned {
            (-pair.difference, -pair.high, -pair.low)
        } else {
            (pair.difference, pair.low, pair.high)
        };
        // Adding nothing takes the sign off a zero.
        let cell = Cell::html(format!(
            "<b>{:+.1}</b> <small>{:+.1} to {:+.1}<br>p {}</small>",
            difference * 100.0 + 0.0,
            low * 100.0 + 0.0,
            high * 100.0 + 0.0,
            escape(&p_value(pair.p_mid))
        ));
        cell.marked(if pair.p_mid < SIGNIFICANT { "best" } else { "n" })
    }
}

fn rate(evaluation: &Evaluation, level: Level, k: u8) -> Option<f64> {
    evaluation.at(level)?.top(k)?.rate
}
