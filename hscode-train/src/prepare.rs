//! The steps from tables to an audited division, each after those that it needs.

use crate::config::Config;
use crate::progress::{Progress, StepError};
use crate::workdir::{Ran, WorkDir};
use crate::{audit, clean, ingest, split};

/// A step of preparing data; each needs those before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Prepare {
    /// Tables become rows.
    Ingest,
    /// Rows that say nothing, say it twice or contradict one another are put aside.
    Clean,
    /// Rows are divided into parts.
    Split,
    /// What is wrong with the data is reported.
    Audit,
}

impl Prepare {
    /// The steps, in their order.
    pub const ALL: [Self; 4] = [Self::Ingest, Self::Clean, Self::Split, Self::Audit];

    /// The name, as commands and `steps.json` spell it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ingest => "ingest",
            Self::Clean => "clean",
            Self::Split => "split",
            Self::Audit => "audit",
        }
    }
}

/// Runs the steps up to `last`, skipping those for which nothing changed; `told` hears of each.
///
/// # Errors
/// Those of the steps; what was complete before is kept.
pub fn prepare(
    work: &WorkDir,
    config: &Config,
    last: Prepare,
    progress: &dyn Progress,
    mut told: impl FnMut(Prepare, &Ran),
) -> Result<(), StepError> {
    for step in Prepare::ALL.into_iter().filter(|step| *step <= last) {
        let ran = match step {
            Prepare::Ingest => ingest::run(work, config, progress),
            Prepare::Clean => clean::run(work, config, progress),
            Prepare::Split => split::run(work, config, progress),
            Prepare::Audit => audit::run(work, config, progress),
        }?;
        told(step, &ran);
    }
    Ok(())
}
