//! What a person sees: colours on a terminal, plain text elsewhere, lines that fit the width.

use std::io::IsTerminal;

use hscode_core::{HsCode, Nomenclature};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// The columns of a line where there is no terminal.
const PAGE: usize = 120;

/// How to draw.
#[derive(Debug, Clone)]
pub(crate) struct Look {
    colour: bool,
    terminal: bool,
    /// Columns of the terminal, or of a page.
    width: usize,
}

/// The role of a piece of text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ink {
    Strong,
    Faint,
    Good,
    Unsure,
    Bad,
}

impl Look {
    /// Of standard output: colours on a terminal unless `NO_COLOR` is set or the terminal is dumb.
    pub(crate) fn of_stdout() -> Self {
        let of_env = |name: &str| std::env::var(name).unwrap_or_default();
        let width = terminal_size::terminal_size_of(std::io::stdout())
            .map_or(PAGE, |(width, _)| usize::from(width.0).max(40));
        let (colour, drawn) = means(std::io::stdout().is_terminal(), &of_env("NO_COLOR"), &of_env("TERM"));
        Self { colour, terminal: drawn, width }
    }

    /// Text in an ink.
    pub(crate) fn paint(&self, ink: Ink, text: &str) -> String {
        if !self.colour || text.is_empty() {
            return text.to_owned();
        }
        let code = match ink {
            Ink::Strong => "1",
            Ink::Faint => "2",
            Ink::Good => "32",
            Ink::Unsure => "33",
            Ink::Bad => "31",
        };
        format!("\x1b[{code}m{text}\x1b[0m")
    }

    /// A bar of `cells` cells for a share in `0.0..=1.0`.
    pub(crate) fn bar(&self, share: f32, cells: usize) -> String {
        let share = share.clamp(0.0, 1.0);
        if !self.terminal {
            let full = (share * cells as f32).round() as usize;
            return "#".repeat(full) + &".".repeat(cells - full.min(cells));
        }
        const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
        let eighths = ((share * (cells * 8) as f32).round() as usize).min(cells * 8);
        let eighths = if share > 0.0 { eighths.max(1) } else { 0 };
        let (full, rest) = (eighths / 8, EIGHTHS[eighths % 8]);
        let empty = cells - full - usize::from(!rest.is_empty());
        format!("{}{rest}{}", "█".repeat(full), " ".repeat(empty))
    }

    /// The columns left after an indent of `used`.
    fn room(&self, used: usize) -> usize {
        self.width.saturating_sub(used).max(12)
    }

    /// The titles from the chapter down to `code`, shortened to the room; empty without titles.
    pub(crate) fn path(&self, nomenclature: &Nomenclature, code: HsCode, used: usize) -> String {
        let titles: Vec<&str> = nomenclature.path(code).filter_map(|(_, title)| title).collect();
        fit_path(&titles, self.room(used))
    }

    /// One line of text, shortened to the room.
    pub(crate) fn line(&self, text: &str, used: usize) -> String {
        let flat: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        shorten(flat.trim(), self.room(used))
    }

    /// Text broken into lines between words, each after the first with `indent` before it.
    pub(crate) fn wrapped(&self, text: &str, indent: usize) -> String {
        let room = self.room(indent);
        let mut out = String::new();
        let mut used = 0;
        for word in text.split_whitespace() {
            let width = word.width();
            if used > 0 && used + 1 + width > room {
                out.push('\n');
                out.push_str(&" ".repeat(indent));
                used = 0;
            } else if used > 0 {
                out.push(' ');
                used += 1;
            }
            out.push_str(word);
            used += width;
        }
        out
    }

    /// The lines about a row that could not be answered.
    pub(crate) fn bad_row(&self, error: &str) -> String {
        format!("{} {error}\n\n", self.paint(Ink::Bad, "error"))
    }
}

/// Whether to use colours, and whether to draw with more than ASCII.
fn means(terminal: bool, no_color: &str, term: &str) -> (bool, bool) {
    let drawn = terminal && term != "dumb";
    (drawn && no_color.is_empty(), drawn)
}

/// A share as a percentage of three digits at most.
pub(crate) fn percent(share: f32) -> String {
    let percent = share.clamp(0.0, 1.0) * 100.0;
    if percent > 0.0 && percent < 0.95 { "<1%".to_owned() } else { format!("{percent:.0}%") }
}

/// Shortens text to so many columns, with an ellipsis.
pub(crate) fn shorten(text: &str, room: usize) -> String {
    if text.width() <= room {
        return text.to_owned();
    }
    let (mut out, mut used) = (String::new(), 0);
    for character in text.chars() {
        let width = character.width().unwrap_or(0);
        if used + width + 1 > room {
            break;
        }
        out.push(character);
        used += width;
    }
    out.truncate(out.trim_end_matches([' ', ',', ';']).len());
    out.push('…');
    out
}

/// Joins titles with `>`; when they are too long, the deeper ones keep more of their words.
fn fit_path(titles: &[&str], room: usize) -> String {
    const BETWEEN: &str = " > ";
    let whole = titles.join(BETWEEN);
    if whole.width() <= room {
        return whole;
    }
    let widths: Vec<usize> = titles.iter().map(|title| title.width()).collect();
    let room = room.saturating_sub(BETWEEN.len() * titles.len().saturating_sub(1));
    // Each level down may take twice as much as the one above.
    let cap = |unit: usize, depth: usize| (unit << depth.min(8)).max(4);
    let fits = |unit: usize| {
        widths.iter().enumerate().map(|(depth, width)| (*width).min(cap(unit, depth))).sum::<usize>() <= room
    };
    let unit = (1..=room).rev().find(|unit| fits(*unit)).unwrap_or(1);
    let parts: Vec<String> =
        titles.iter().enumerate().map(|(depth, title)| shorten(title, cap(unit, depth))).collect();
    parts.join(BETWEEN)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn look(terminal: bool, width: usize) -> Look {
        Look { colour: false, terminal, width }
    }

    #[test]
    fn colours_are_for_terminals_that_want_them() {
        assert_eq!(means(true, "", "xterm"), (true, true));
        assert_eq!(means(true, "1", "xterm"), (false, true));
        assert_eq!(means(true, "", "dumb"), (false, false));
        assert_eq!(means(false, "", "xterm"), (false, false));
    }

    #[test]
    fn shortens_by_columns_not_bytes() {
        assert_eq!(shorten("cotton tees", 11), "cotton tees");
        assert_eq!(shorten("cotton tees", 8), "cotton…");
        assert_eq!(shorten("棉质圆领衫", 7), "棉质圆…");
    }

    #[test]
    fn a_path_keeps_more_of_what_is_deeper() {
        let titles = [
            "Clothing and accessories, knitted or crocheted",
            "T-shirts, singlets and other vests, knitted",
            "of cotton",
        ];
        assert_eq!(fit_path(&titles, 200), titles.join(" > "));
        for room in 30..130 {
            let path = fit_path(&titles, room);
            assert!(path.width() <= room, "{room}: {path}");
            assert!(path.ends_with("of cotton"), "{room}: {path}");
        }
    }

    #[test]
    fn bars_have_one_length() {
        for look in [look(false, 80), look(true, 80)] {
            for share in [0.0, 0.001, 0.124, 0.5, 0.999, 1.0, 7.0] {
                assert_eq!(look.bar(share, 10).width(), 10, "{share}");
            }
        }
        assert_eq!(look(false, 80).bar(0.5, 10), "#####.....");
    }

    #[test]
    fn wraps_between_words() {
        assert_eq!(
            look(true, 40).wrapped(&"word ".repeat(12), 10),
            "word word word word word word\n          word word word word word word"
        );
    }
}
