//! `hscode pack`: from the working folder to a package.

use std::io::Write as _;
use std::path::PathBuf;

use hscode_train::evaluate::Logs;
use hscode_train::pack::{Packed, pack_work, publish};
use hscode_train::training;

use super::prepare::StepArgs;
use super::train::{From, train};
use crate::exit::{Failure, Status};

/// Makes a package of the trained model (after ingest, clean, split and train, if they have to run)
#[derive(Debug, clap::Args)]
#[command(after_help = "\
One command from tables to a package: whatever lacks is run first, whatever is there is kept. Thresholds are chosen on
the development part and figures measured on the test part; with --report they are drawn. [package] and [card] of
train.toml name the package and say what it is for. The package answers with `hscode classify --model DIR`.

Examples:
  hscode pack --config train.toml --work work --out my-model
  hscode pack --from embedded --out my-model --report report

Exit status: 0 done, 2 usage, 3 a model that packages do not hold, 4 settings, input or output, 130 stopped.")]
pub(crate) struct PackArgs {
    #[command(flatten)]
    step: StepArgs,

    #[command(flatten)]
    from: From,

    /// The folder of the package; what is there already is never changed
    #[arg(long, value_name = "DIR", required_unless_present = "print_config")]
    out: Option<PathBuf>,

    /// Also write what the test part says of it into this folder, as `hscode evaluate --report` does
    #[arg(long, value_name = "DIR")]
    report: Option<PathBuf>,
}

pub(crate) fn run(args: &PackArgs) -> Result<Status, Failure> {
    let mut out = std::io::stdout().lock();
    let Some((mut config, work, watch)) = args.step.begin(&mut out)? else { return Ok(Status::Done) };
    let Some(folder) = &args.out else { return Err(Failure::usage("expected --out DIR")) };
    if std::fs::symlink_metadata(folder).is_ok() {
        let message =
            format!("{}: expected a new folder: what is published is never changed", folder.display());
        return Err(Failure::Said(Status::InputOutput, message));
    }
    args.from.put(&mut config, &work)?;
    train(&work, &config, &watch, &mut out)?;
    let packed = pack_work(&work, &config, &watch);
    watch.clear();
    let Packed { package, measured } = packed?;
    if let Some((data, evaluated)) = &measured {
        writeln!(out, "\n{}", evaluated.report.to_text().trim_end())?;
        if let Some(report) = &args.report {
            let mut logs = Logs::default();
            let log = std::fs::read_to_string(work.path(training::LOG));
            // A log that was removed is no fault of the package.
            if let Ok(log) = log {
                logs.add(&log).map_err(Failure::file)?;
            }
            evaluated.write_folder(report, std::slice::from_ref(data), &logs)?;
        }
    }
    publish(work.disk(), folder, &package).map_err(Failure::file)?;
    writeln!(out, "\npackage: {} in {}", package.manifest().id(), folder.display())?;
    Ok(Status::Done)
}
