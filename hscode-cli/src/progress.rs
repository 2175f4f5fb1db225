//! The progress bar, on a terminal only.

use std::io::IsTerminal;

use hscode_table::Progress;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Shows how far a run has come, on standard error if that is a terminal.
pub(crate) struct Meter {
    bar: Option<(ProgressBar, Progress)>,
    rows: u64,
}

impl Meter {
    /// `free`: whether the terminal is free to show it.
    pub(crate) fn start(progress: Option<Progress>, free: bool) -> Self {
        let wanted = free && std::io::stderr().is_terminal();
        let bar = progress.filter(|_| wanted).map(|progress| {
            let template = match (progress.total(), progress.counts_rows()) {
                (Some(_), false) => "{bar:30} {percent:>3}%  {msg} rows  {elapsed}, {eta} left",
                (Some(_), true) => {
                    "{bar:30} {percent:>3}%  {human_pos} of {human_len} rows  {elapsed}, {eta} left"
                }
                (None, _) => "{spinner} {msg} rows  {elapsed}",
            };
            let bar = ProgressBar::with_draw_target(progress.total(), ProgressDrawTarget::stderr());
            if let Ok(style) = ProgressStyle::with_template(template) {
                bar.set_style(style.progress_chars("█▓░"));
            }
            (bar, progress)
        });
        Self { bar, rows: 0 }
    }

    pub(crate) fn advance(&mut self, rows: u64) {
        self.rows += rows;
        if let Some((bar, progress)) = &self.bar {
            bar.set_message(indicatif::HumanCount(self.rows).to_string());
            // The reader is ahead of the answers by a few batches, so its own count of bytes will do.
            bar.set_position(if progress.counts_rows() { self.rows } else { progress.done() });
        }
    }

    /// Takes the bar away.
    pub(crate) fn end(&self) {
        if let Some((bar, _)) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
