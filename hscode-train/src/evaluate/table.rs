//! Aligned columns of plain text.

use std::fmt::Write as _;

/// A table of text: the first column to the left, the others to the right, unless told otherwise.
pub(crate) struct Table {
    rows: Vec<Vec<String>>,
    left: Vec<usize>,
}

impl Table {
    pub(crate) fn new(head: &[&str]) -> Self {
        Self { rows: vec![head.iter().map(|cell| (*cell).to_owned()).collect()], left: vec![0] }
    }

    /// Aligns further columns to the left.
    pub(crate) fn left(mut self, columns: &[usize]) -> Self {
        self.left.extend(columns);
        self
    }

    pub(crate) fn row(&mut self, cells: Vec<String>) {
        self.rows.push(cells);
    }

    /// Writes the table, each line indented by two spaces, without spaces at its end.
    pub(crate) fn write(&self, out: &mut String) {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        let wide = |column: usize| {
            self.rows
                .iter()
                .filter_map(|row| row.get(column))
                .map(|cell| cell.chars().count())
                .max()
                .unwrap_or(0)
        };
        let widths: Vec<usize> = (0..columns).map(wide).collect();
        for row in &self.rows {
            let mut line = String::new();
            for (column, (cell, width)) in row.iter().zip(&widths).enumerate() {
                let gap = if column == 0 { "" } else { "  " };
                // Writing to a String does not fail.
                let _ = if self.left.contains(&column) {
                    write!(line, "{gap}{cell:<width$}")
                } else {
                    write!(line, "{gap}{cell:>width$}")
                };
            }
            out.push_str("  ");
            out.push_str(line.trim_end());
            out.push('\n');
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn aligns_and_leaves_no_space_at_the_end() {
        let mut table = Table::new(&["code", "n", "title"]).left(&[2]);
        table.row(vec!["01".into(), "1200".into(), "Live animals".into()]);
        table.row(vec!["0101".into(), "7".into(), String::new()]);
        let mut out = String::new();
        table.write(&mut out);
        assert_eq!(out, "  code     n  title\n  01    1200  Live animals\n  0101     7\n");
    }
}
