//! Shows how a training step goes, and stops it on Ctrl-C.

use std::io::IsTerminal;
use std::sync::Mutex;

use hscode_train::progress::{Progress, StepError};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::exit::{self, Failure};
use crate::interrupt;

/// A bar a piece of work, on standard error if that is a terminal.
pub(crate) struct Watch {
    terminal: bool,
    bar: Mutex<Option<ProgressBar>>,
}

impl Watch {
    /// Listens for Ctrl-C from here on.
    pub(crate) fn start() -> Result<Self, Failure> {
        interrupt::listen()?;
        Ok(Self { terminal: std::io::stderr().is_terminal(), bar: Mutex::new(None) })
    }

    fn with_bar(&self, act: impl FnOnce(&mut Option<ProgressBar>)) {
        act(&mut self.bar.lock().unwrap_or_else(std::sync::PoisonError::into_inner));
    }

    /// Takes away a bar that a failed step left.
    pub(crate) fn clear(&self) {
        self.with_bar(|bar| {
            if let Some(bar) = bar.take() {
                bar.finish_and_clear();
            }
        });
    }
}

impl Progress for Watch {
    fn begin(&self, name: &str, unit: &str, total: Option<u64>) {
        if !self.terminal {
            return;
        }
        let template = match total {
            Some(_) => format!(
                "{{bar:30}} {{percent:>3}}%  {{msg}}: {{human_pos}} of {{human_len}} {unit}  {{elapsed}}, {{eta}} left"
            ),
            None => format!("{{spinner}} {{msg}}: {{human_pos}} {unit}  {{elapsed}}"),
        };
        let bar = ProgressBar::with_draw_target(total, ProgressDrawTarget::stderr());
        if let Ok(style) = ProgressStyle::with_template(&template) {
            bar.set_style(style.progress_chars("█▓░"));
        }
        bar.set_message(name.to_owned());
        self.with_bar(|held| *held = Some(bar));
    }

    fn advance(&self, done: u64) {
        self.with_bar(|bar| {
            if let Some(bar) = bar {
                bar.set_position(done);
            }
        });
    }

    fn note(&self, line: &str) {
        self.with_bar(|bar| match bar {
            Some(bar) => bar.suspend(|| exit::say(line)),
            None => exit::say(line),
        });
    }

    fn end(&self) {
        self.clear();
    }

    fn stop(&self) -> bool {
        interrupt::asked()
    }
}

impl From<StepError> for Failure {
    fn from(error: StepError) -> Self {
        match error {
            StepError::Stopped => Self::Interrupted,
            StepError::Failed(error) => Self::file(error),
        }
    }
}
