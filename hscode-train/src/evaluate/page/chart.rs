//! Line and dot charts as SVG, coloured by the page's style sheet so that they follow light, dark and print.
//!
//! Plotting crates fix colours and sizes in the picture; here a chart is a few elements with classes.

use std::fmt::Write as _;

use super::mark::escape;

const WIDTH: f64 = 420.0;
const LEFT: f64 = 46.0;
const RIGHT: f64 = 12.0;
const TOP: f64 = 12.0;
const BOTTOM: f64 = 40.0;

/// One axis: its range, its ticks and what it shows.
pub(super) struct Axis {
    low: f64,
    high: f64,
    ticks: Vec<(f64, String)>,
    title: String,
}

impl Axis {
    /// Shares from 0 to 1, labelled in percent.
    pub(super) fn percent(title: &str) -> Self {
        let ticks = [0.0, 0.2, 0.4, 0.6, 0.8, 1.0].map(|t| (t, format!("{:.0}", t * 100.0))).to_vec();
        Self { low: 0.0, high: 1.0, ticks, title: title.to_owned() }
    }

    /// A range that holds `values`, with round ticks.
    pub(super) fn round(title: &str, values: impl Iterator<Item = f64>) -> Self {
        let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
        for value in values.filter(|value| value.is_finite()) {
            low = low.min(value);
            high = high.max(value);
        }
        if low > high {
            (low, high) = (0.0, 1.0);
        }
        if high - low < 1e-9 {
            (low, high) = (low - 0.5, high + 0.5);
        }
        let rough = (high - low) / 5.0;
        let power = 10_f64.powf(rough.log10().floor());
        let step =
            [1.0, 2.0, 5.0, 10.0].map(|m| m * power).into_iter().find(|s| *s >= rough).unwrap_or(rough);
        let (first, last) = ((low / step).floor(), (high / step).ceil());
        let decimals = (-power.log10().floor()).clamp(0.0, 9.0) as usize;
        let ticks = (0..=(last - first) as usize)
            .map(|at| (first + at as f64) * step)
            .map(|tick| (tick, format!("{tick:.decimals$}")))
            .collect();
        Self { low: first * step, high: last * step, ticks, title: title.to_owned() }
    }

    /// Names in rows, from the top: row `n` is at `n`.
    pub(super) fn names(names: &[String]) -> Self {
        let ticks = names.iter().enumerate().map(|(at, name)| (at as f64, name.clone())).collect();
        // Turned over, so that the first row is at the top.
        Self { low: names.len() as f64 - 0.5, high: -0.5, ticks, title: String::new() }
    }
}

/// A chart that is being drawn.
pub(super) struct Chart {
    x: Axis,
    y: Axis,
    left: f64,
    height: f64,
    body: String,
}

/// Numbers of a picture: a tenth of a pixel is enough.
fn px(value: f64) -> String {
    let text = format!("{value:.1}");
    text.strip_suffix(".0").map_or(text.clone(), str::to_owned)
}

/// Writes to the body, which takes all that is written.
macro_rules! draw {
    ($out:expr, $($part:tt)*) => { let _ = writeln!($out, $($part)*); };
}

impl Chart {
    pub(super) fn new(x: Axis, y: Axis) -> Self {
        let longest = y.ticks.iter().map(|(_, name)| name.chars().count()).max().unwrap_or(0);
        let left = LEFT.max(longest as f64 * 6.4 + 28.0);
        Self { x, y, left, height: 300.0, body: String::new() }
    }

    /// Rows of names on the left; as high as they need.
    pub(super) fn rows(x: Axis, names: &[String], row: f64) -> Self {
        let longest = names.iter().map(|name| name.chars().count()).max().unwrap_or(0);
        let left = (longest as f64 * 6.4 + 14.0).clamp(LEFT, 170.0);
        let height = TOP + BOTTOM + row * names.len() as f64;
        Self { x, y: Axis::names(names), left, height, body: String::new() }
    }

    fn at_x(&self, value: f64) -> f64 {
        self.left + (value - self.x.low) / (self.x.high - self.x.low) * (WIDTH - self.left - RIGHT)
    }

    fn at_y(&self, value: f64) -> f64 {
        let plot = self.height - TOP - BOTTOM;
        TOP + plot - (value - self.y.low) / (self.y.high - self.y.low) * plot
    }

    /// A line through points, in the colour and dash of series `series`.
    pub(super) fn line(&mut self, points: &[(f64, f64)], series: usize) {
        let path: Vec<String> =
            points.iter().map(|(x, y)| format!("{},{}", px(self.at_x(*x)), px(self.at_y(*y)))).collect();
        if path.len() > 1 {
            draw!(self.body, "<polyline class=\"l s{}\" points=\"{}\"/>", series % 8, path.join(" "));
        }
    }

    /// A dot that tells `hint` under the pointer; hollow ones stand for the second of two figures.
    pub(super) fn dot(&mut self, x: f64, y: f64, series: usize, hollow: bool, hint: &str) {
        let class = if hollow { "o" } else { "d" };
        draw!(
            self.body,
            "<circle class=\"{class} s{}\" cx=\"{}\" cy=\"{}\" r=\"3.6\"><title>{}</title></circle>",
            series % 8,
            px(self.at_x(x)),
            px(self.at_y(y)),
            escape(hint)
        );
    }

    /// An interval across, at row `y` moved by `shift` pixels.
    pub(super) fn across(&mut self, low: f64, high: f64, y: f64, series: usize) {
        let y = px(self.at_y(y));
        let (low, high) = (px(self.at_x(low)), px(self.at_x(high)));
        draw!(
            self.body,
            "<line class=\"i s{}\" x1=\"{low}\" x2=\"{high}\" y1=\"{y}\" y2=\"{y}\"/>",
            series % 8
        );
    }

    /// An interval upright.
    pub(super) fn upright(&mut self, x: f64, low: f64, high: f64, series: usize) {
        let x = px(self.at_x(x));
        let (low, high) = (px(self.at_y(low)), px(self.at_y(high)));
        draw!(
            self.body,
            "<line class=\"i s{}\" x1=\"{x}\" x2=\"{x}\" y1=\"{low}\" y2=\"{high}\"/>",
            series % 8
        );
    }

    /// A bar across from `from` to `to`, `thick` rows thick, with a class of the style sheet.
    pub(super) fn bar(&mut self, from: f64, to: f64, y: f64, thick: f64, class: &str, hint: &str) {
        let (left, right) = (self.at_x(from), self.at_x(to));
        let (top, bottom) = (self.at_y(y - thick / 2.0), self.at_y(y + thick / 2.0));
        draw!(
            self.body,
            "<rect class=\"{class}\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"><title>{}</title></rect>",
            px(left),
            px(top.min(bottom)),
            px((right - left).max(0.0)),
            px((bottom - top).abs()),
            escape(hint)
        );
    }

    /// The line on which both axes are equal.
    pub(super) fn diagonal(&mut self) {
        let (x1, x2) = (px(self.at_x(self.x.low)), px(self.at_x(self.x.high)));
        let (y1, y2) = (px(self.at_y(self.x.low)), px(self.at_y(self.x.high)));
        draw!(self.body, "<line class=\"g diagonal\" x1=\"{x1}\" x2=\"{x2}\" y1=\"{y1}\" y2=\"{y2}\"/>");
    }

    /// The finished picture; `label` says what it shows to those who cannot see it.
    pub(super) fn finish(&self, label: &str) -> String {
        let (right, bottom) = (WIDTH - RIGHT, self.height - BOTTOM);
        let mut out = format!(
            "<svg viewBox=\"0 0 {} {}\" role=\"img\" aria-label=\"{}\">\n",
            px(WIDTH),
            px(self.height),
            escape(label)
        );
        for (value, name) in &self.x.ticks {
            let x = px(self.at_x(*value));
            draw!(out, "<line class=\"g\" x1=\"{x}\" x2=\"{x}\" y1=\"{}\" y2=\"{}\"/>", px(TOP), px(bottom));
            draw!(out, "<text class=\"x\" x=\"{x}\" y=\"{}\">{}</text>", px(bottom + 15.0), escape(name));
        }
        for (value, name) in &self.y.ticks {
            let y = self.at_y(*value);
            let at = px(y);
            draw!(
                out,
                "<line class=\"g\" x1=\"{}\" x2=\"{}\" y1=\"{at}\" y2=\"{at}\"/>",
                px(self.left),
                px(right)
            );
            let name = escape(name);
            draw!(out, "<text class=\"y\" x=\"{}\" y=\"{}\">{name}</text>", px(self.left - 6.0), px(y + 4.0));
        }
        let middle = px((self.left + right) / 2.0);
        draw!(
            out,
            "<text class=\"x t\" x=\"{middle}\" y=\"{}\">{}</text>",
            px(bottom + 33.0),
            escape(&self.x.title)
        );
        if !self.y.title.is_empty() {
            let y = px((TOP + bottom) / 2.0);
            let title = escape(&self.y.title);
            draw!(out, "<text class=\"x t\" transform=\"translate(12 {y}) rotate(-90)\">{title}</text>");
        }
        out.push_str(&self.body);
        out.push_str("</svg>");
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_hold_the_values() {
        let ticks = |values: &[f64]| {
            let axis = Axis::round("x", values.iter().copied());
            assert!(values.iter().all(|v| axis.low <= *v && *v <= axis.high));
            axis.ticks.into_iter().map(|t| t.1).collect::<Vec<_>>()
        };
        assert_eq!(ticks(&[0.0, 10.0]), ["0", "2", "4", "6", "8", "10"]);
        assert_eq!(ticks(&[0.312, 0.447]), ["0.30", "0.35", "0.40", "0.45"]);
        assert!(ticks(&[3.0]).len() > 4);
        assert!(!ticks(&[]).is_empty());
        assert_eq!(ticks(&[1200.0, 9300.0]), ["0", "2000", "4000", "6000", "8000", "10000"]);
    }

    #[test]
    fn values_land_where_they_belong() {
        let mut chart = Chart::new(Axis::percent("a"), Axis::percent("b"));
        chart.dot(0.0, 0.0, 0, false, "low & left");
        chart.dot(1.0, 1.0, 9, true, "");
        let svg = chart.finish("a<b");
        assert!(svg.contains("cx=\"47.2\" cy=\"260\"") && svg.contains("low &amp; left"), "{svg}");
        assert!(svg.contains("class=\"o s1\" cx=\"408\" cy=\"12\""), "{svg}");
        assert!(svg.contains("aria-label=\"a&lt;b\""));
        let rows = Chart::rows(Axis::percent("a"), &["one".into(), "two".into()], 20.0);
        assert!(rows.at_y(0.0) < rows.at_y(1.0));
    }
}
