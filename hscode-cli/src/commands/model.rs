//! `hscode model`: what a model is, whether it is whole, what differs between two; networks out and in as ONNX.

use std::io::Write;
use std::path::{Path, PathBuf};

use hscode_core::package::{self, Manifest};
use hscode_core::{ErrorKind, ModelPackage};
use hscode_train::disk::Folders;
use hscode_train::models::{Model, NeuralModel};
use serde::Serialize;

use crate::exit::{Failure, Status};
use crate::human::{Ink, Look};
use crate::model;

/// Describes, checks and compares models
#[derive(Debug, clap::Subcommand)]
pub(crate) enum ModelCommand {
    Info(InfoArgs),
    Verify(VerifyArgs),
    Diff(DiffArgs),
    Export(ExportArgs),
    Import(ImportArgs),
}

/// Shows what a model is: what it answers, what it was made of, how good it is
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  hscode model info
  hscode model info my-model --json

The package is checked as by `hscode model verify` first.
Exit status: 0, 2 usage, 3 the model cannot be opened, 4 input or output.")]
pub(crate) struct InfoArgs {
    /// Folder of a model package [default: the embedded model]
    #[arg(value_name = "DIR")]
    model: Option<PathBuf>,

    /// One JSON object instead of text
    #[arg(long)]
    json: bool,
}

/// Checks a model package: sizes, digests, and the answers that it should give
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  hscode model verify my-model
  hscode model verify my-model --seal 70b5445556e8f3cf64c32c8c984364d33ca5753994f1a8496892d7492d7c0843

Without --seal it is checked that the package is whole and answers as where it was made; with it also that it is
the very package of that seal.
Exit status: 0, 2 usage, 3 the package is damaged or another, 4 output.")]
pub(crate) struct VerifyArgs {
    /// Folder of a model package
    #[arg(value_name = "DIR")]
    model: PathBuf,

    /// The seal that it should have, as `hscode model info` shows it: at least 12 digits
    #[arg(long, value_name = "SHA256")]
    seal: Option<String>,

    /// One JSON object instead of text
    #[arg(long)]
    json: bool,
}

/// Lists what differs between two model packages: files, data, figures, thresholds, answers
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  hscode model diff old-model new-model
  hscode model diff embedded new-model --json

Both models are asked the questions of both probes; a question is named by its line, never shown.
Exit status: 0 alike, 1 something differs, 2 usage, 3 a package cannot be opened, 4 output.")]
pub(crate) struct DiffArgs {
    /// Folder of a model package, or `embedded`
    #[arg(value_name = "DIR1")]
    first: PathBuf,

    /// Folder of a model package, or `embedded`
    #[arg(value_name = "DIR2")]
    second: PathBuf,

    /// One JSON object a difference instead of text
    #[arg(long)]
    json: bool,
}

/// Writes a trained network as ONNX, for other programs and for `hscode model import`
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  hscode model export run1/model.bin my-network
  hscode model export run1/model.bin my-network && hscode model import my-network my-package

The folder holds model.onnx, vocabulary.txt, codes.txt, onnx.tsv and package.toml (docs/onnx.md).
Exit status: 0, 2 usage, 3 no trained network, 4 input or output.")]
pub(crate) struct ExportArgs {
    /// A network of `text_cnn`, `dnn` or `lstm` as training saved it
    #[arg(value_name = "MODEL.bin")]
    model: PathBuf,

    /// The folder to make
    #[arg(value_name = "DIR")]
    folder: PathBuf,
}

/// Makes a model package of an exported network: one of `hscode model export`, or any text classifier in ONNX
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  hscode model import my-network my-package
  hscode classify --model my-package \"mens cotton crew neck tee\"

The folder holds model.onnx, codes.txt, onnx.tsv, package.toml, and vocabulary.txt or tokenizer.json; docs/onnx.md
says what stands in them. The graph is checked and run before anything is written.
Exit status: 0, 2 usage or a file that is not understood, 3 a network that cannot be run, 4 input or output.")]
pub(crate) struct ImportArgs {
    /// Folder of the exported network
    #[arg(value_name = "DIR")]
    folder: PathBuf,

    /// Folder of the package to make
    #[arg(value_name = "PACKAGE")]
    package: PathBuf,
}

pub(crate) fn run(command: &ModelCommand) -> Result<Status, Failure> {
    match command {
        ModelCommand::Info(args) => info(args),
        ModelCommand::Verify(args) => verify(args),
        ModelCommand::Diff(args) => diff(args),
        ModelCommand::Export(args) => export(args),
        ModelCommand::Import(args) => import(args),
    }
}

fn open(folder: Option<&Path>) -> Result<ModelPackage, Failure> {
    match folder {
        None => hscode_core::embedded_package().map_err(Failure::package),
        Some(folder) => model::package(folder),
    }
}

fn line(value: &impl Serialize) -> Result<(), Failure> {
    let text = serde_json::to_string(value).map_err(std::io::Error::from)?;
    Ok(writeln!(std::io::stdout().lock(), "{text}")?)
}

#[derive(Serialize)]
struct Info<'a> {
    classifier: String,
    model: String,
    edition: &'a str,
    level: &'static str,
    codes: usize,
    embedded: bool,
    version: &'static str,
    package: &'a Manifest,
}

fn info(args: &InfoArgs) -> Result<Status, Failure> {
    let package = open(args.model.as_deref())?;
    let manifest = package.manifest();
    let classifier = package.classifier();
    let info = Info {
        classifier: manifest.models.join(", "),
        model: manifest.id(),
        edition: manifest.edition.as_str(),
        level: manifest.level.as_str(),
        codes: classifier.info().classes(),
        embedded: args.model.is_none(),
        version: env!("CARGO_PKG_VERSION"),
        package: manifest,
    };
    if args.json {
        line(&info)?;
        return Ok(Status::Done);
    }
    let from = if info.embedded { "embedded in this program" } else { "a package" };
    let mut lines = vec![
        ("model", info.model.clone()),
        ("from", from.to_owned()),
        ("classifier", info.classifier.clone()),
        ("edition", info.edition.to_owned()),
        ("answers", format!("{} codes of the level {}", info.codes, info.level)),
        ("hscode", info.version.to_owned()),
        ("seal", manifest.seal().to_owned()),
        ("size", format!("{} bytes in {} files", manifest.total_bytes(), manifest.files().len())),
        ("probe", format!("{} answers as expected", package.probe_len())),
    ];
    for (kind, policy) in package.policies() {
        let thresholds = &policy.thresholds;
        lines.push((
            "accepts",
            format!(
                "{kind}: from {} for a chapter, {} for a heading, {} for a subheading",
                thresholds.chapter, thresholds.heading, thresholds.subheading
            ),
        ));
    }
    for data in &manifest.data {
        let written = if data.machine_written { ", machine-written" } else { "" };
        lines.push(("data", format!("{}: {} rows, {}{written}", data.name, data.rows, data.licence)));
    }
    for metric in &manifest.metrics {
        lines.push((
            "figure",
            format!(
                "{} of {} on {}: {:.1}% ({:.1} to {:.1}), n {}",
                metric.name,
                metric.level,
                metric.data,
                metric.value * 100.0,
                metric.low * 100.0,
                metric.high * 100.0,
                metric.n
            ),
        ));
    }
    let look = Look::of_stdout();
    let mut stdout = std::io::stdout().lock();
    for (name, value) in lines {
        writeln!(stdout, "{} {value}", look.paint(Ink::Faint, &format!("{name:<11}")))?;
    }
    Ok(Status::Done)
}

#[derive(Serialize)]
struct Verified<'a> {
    model: String,
    seal: &'a str,
    files: usize,
    bytes: u64,
    answers: usize,
}

fn verify(args: &VerifyArgs) -> Result<Status, Failure> {
    if let Some(seal) = &args.seal
        && !(seal.len() >= 12 && seal.bytes().all(|byte| byte.is_ascii_hexdigit()))
    {
        return Err(Failure::usage(
            "--seal: expected 12 to 64 hexadecimal digits, as hscode model info shows them",
        ));
    }
    let package = open(Some(&args.model))?;
    let manifest = package.manifest();
    if let Some(seal) = &args.seal
        && !manifest.seal().starts_with(&seal.to_ascii_lowercase())
    {
        return Err(Failure::Said(
            Status::Package,
            format!(
                "{}: expected the package of seal {seal}, saw {}; it is whole, but another",
                args.model.display(),
                manifest.seal()
            ),
        ));
    }
    let verified = Verified {
        model: manifest.id(),
        seal: manifest.seal(),
        files: manifest.files().len() + 1,
        bytes: manifest.total_bytes(),
        answers: package.probe_len(),
    };
    if args.json {
        line(&verified)?;
        return Ok(Status::Done);
    }
    writeln!(
        std::io::stdout().lock(),
        "{}: whole: {} files, {} bytes, {} answers as expected\nseal {}",
        verified.model,
        verified.files,
        verified.bytes,
        verified.answers,
        verified.seal
    )?;
    Ok(Status::Done)
}

#[derive(Serialize)]
struct Differs<'a> {
    part: &'a str,
    name: &'a str,
    first: Option<&'a str>,
    second: Option<&'a str>,
}

fn diff(args: &DiffArgs) -> Result<Status, Failure> {
    let named = |path: &Path| open((path != Path::new("embedded")).then_some(path));
    let (first, second) = (named(&args.first)?, named(&args.second)?);
    let differences = package::diff(&first, &second)?;
    if args.json {
        for difference in &differences {
            line(&Differs {
                part: difference.part,
                name: &difference.name,
                first: difference.first.as_deref(),
                second: difference.second.as_deref(),
            })?;
        }
    } else {
        let look = Look::of_stdout();
        let mut stdout = std::io::stdout().lock();
        for difference in &differences {
            let side = |text: &Option<String>| text.clone().unwrap_or_else(|| "none".to_owned());
            writeln!(stdout, "{} {}", difference.part, difference.name)?;
            writeln!(stdout, "  {} {}", look.paint(Ink::Faint, "1:"), side(&difference.first))?;
            writeln!(stdout, "  {} {}", look.paint(Ink::Faint, "2:"), side(&difference.second))?;
        }
        if differences.is_empty() {
            writeln!(stdout, "no difference: {}", first.manifest().id())?;
        }
    }
    Ok(if differences.is_empty() { Status::Done } else { Status::BadRows })
}

fn export(args: &ExportArgs) -> Result<Status, Failure> {
    let model = NeuralModel::open(&Folders, &args.model).map_err(|error| match error.kind() {
        ErrorKind::Io => error.into(),
        _ => Failure::package(error),
    })?;
    hscode_train::onnx::write(&Folders, &args.folder, &model)?;
    writeln!(
        std::io::stdout().lock(),
        "{}: {} weights, {} codes",
        args.folder.display(),
        model.weights(),
        model.classes().len()
    )?;
    Ok(Status::Done)
}

fn import(args: &ImportArgs) -> Result<Status, Failure> {
    let package = hscode_train::pack::import_onnx(&args.folder)?;
    hscode_train::publish(&Folders, &args.package, &package)?;
    let manifest = package.manifest();
    writeln!(
        std::io::stdout().lock(),
        "{}: {}, {} bytes\nseal {}",
        args.package.display(),
        manifest.id(),
        manifest.total_bytes(),
        manifest.seal()
    )?;
    Ok(Status::Done)
}
