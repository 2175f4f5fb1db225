//! Pieces of HTML: escaping, tables, notes.

/// Text made safe between tags and inside quoted attributes.
pub(super) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

/// A cell of a table: what is shown, what it is sorted by, how it looks.
pub(super) struct Cell {
    html: String,
    sort: Option<String>,
    class: &'static str,
}

impl Cell {
    /// Text, escaped.
    pub(super) fn text(text: &str) -> Self {
        Self { html: escape(text), sort: None, class: "t" }
    }

    /// HTML that is already safe.
    pub(super) fn html(html: String) -> Self {
        Self { html, sort: None, class: "t" }
    }

    /// A number, aligned to the right and sorted by `value`.
    pub(super) fn number(shown: &str, value: f64) -> Self {
        Self { html: escape(shown), sort: Some(value.to_string()), class: "n" }
    }

    /// A whole number.
    pub(super) fn count(value: u64) -> Self {
        Self::number(&grouped(value), value as f64)
    }

    /// A share with its interval below in small print.
    pub(super) fn share(share: &crate::evaluate::Proportion) -> Self {
        let Some(rate) = share.rate else {
            return Self { html: "–".into(), sort: Some("-1".into()), class: "n" };
        };
        let html = format!(
            "<b>{:.1}</b> <small>{:.0}–{:.0}</small>",
            rate * 100.0,
            share.low * 100.0,
            share.high * 100.0
        );
        Self { html, sort: Some(rate.to_string()), class: "n" }
    }

    /// Marks the cell, for the best of its kind.
    pub(super) fn marked(mut self, class: &'static str) -> Self {
        self.class = class;
        self
    }
}

/// A count with thin spaces between thousands.
pub(super) fn grouped(value: u64) -> String {
    let digits = value.to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push('\u{2009}');
        }
        out.push(digit);
    }
    out
}

/// A table, where a line end in a head is one on the page; `sortable` by a click on a head.
pub(super) fn table(heads: &[&str], rows: &[Vec<Cell>], sortable: bool) -> String {
    let mut out = String::from(if sortable {
        "<div class=\"wide\"><table class=\"sort\"><thead><tr>"
    } else {
        "<div class=\"wide\"><table><thead><tr>"
    });
    for (at, head) in heads.iter().enumerate() {
        let class = rows
            .first()
            .and_then(|row| row.get(at))
            .map_or("t", |cell| if cell.class == "t" { "t" } else { "n" });
        let head = escape(head).replace('\n', "<br>");
        let inside = if sortable { format!("<button type=\"button\">{head}</button>") } else { head };
        out.push_str(&format!("<th scope=\"col\" class=\"{class}\">{inside}</th>"));
    }
    out.push_str("</tr></thead><tbody>\n");
    for row in rows {
        out.push_str("<tr>");
        for cell in row {
            let sort =
                cell.sort.as_ref().map_or_else(String::new, |sort| format!(" data-v=\"{}\"", escape(sort)));
            out.push_str(&format!("<td class=\"{}\"{sort}>{}</td>", cell.class, cell.html));
        }
        out.push_str("</tr>\n");
    }
    out.push_str("</tbody></table></div>\n");
    out
}

/// A paragraph of explanation.
pub(super) fn note(text: &str) -> String {
    format!("<p class=\"note\">{}</p>\n", escape(text))
}

/// A chart with its caption.
pub(super) fn figure(chart: &str, caption: &str) -> String {
    format!("<figure>{chart}<figcaption>{}</figcaption></figure>\n", escape(caption))
}

/// Charts beside each other as far as the page is wide.
pub(super) fn grid(figures: &[String]) -> String {
    format!("<div class=\"grid\">\n{}</div>\n", figures.concat())
}

/// A part that opens by a click.
pub(super) fn details(summary: &str, inside: &str, open: bool) -> String {
    let open = if open { " open" } else { "" };
    format!("<details{open}><summary>{}</summary>\n{inside}</details>\n", escape(summary))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_a_description_becomes_markup() {
        let cell = Cell::text("<script>alert('x' & \"y\")</script>");
        let html = table(&["a<b"], &[vec![cell]], true);
        assert!(
            !html.contains("<script>")
                && html.contains("&lt;script&gt;alert(&#39;x&#39; &amp; &quot;y&quot;)")
        );
        assert!(html.contains("<button type=\"button\">a&lt;b</button>"));
    }

    #[test]
    fn thousands_are_grouped() {
        assert_eq!(
            [1, 999, 1000, 1_234_567].map(grouped),
            ["1", "999", "1\u{2009}000", "1\u{2009}234\u{2009}567"]
        );
    }
}
