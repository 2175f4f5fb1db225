//! The step `pack`: from the working folder to a package.

use std::collections::BTreeMap;

use hscode_core::package::{
    FUSED, FUSED_SETTINGS, LEXICAL_SETTINGS, MANIFEST, ModelPackage, ProbeCase, REFERENCES, TEXT_CNN,
    TEXT_CNN_SETTINGS, TEXT_CNN_VOCABULARY, TEXT_CNN_WEIGHTS, Tool, sha256,
};
use hscode_core::{Error, ErrorKind, Fused, HsCode, Level, Lexical, TextCnn, lexical};

use super::calibrate::{Calibration, ask};
use super::{Manifest, metrics_of, pack, text_cnn_files};
use crate::config::{Config, Source};
use crate::evaluate::{Contestant, Dataset, DatasetBuilder, EvaluateOptions, Evaluated, evaluate};
use crate::models::{ModelKind, NeuralModel};
use crate::progress::{Progress, StepError, check};
use crate::row::Row;
use crate::split::{self, PARTS};
use crate::training;
use crate::workdir::WorkDir;

/// Thresholds of a network before any were chosen.
const START: &str = "threshold chapter 0.5\nthreshold heading 0.5\nthreshold subheading 0.5\n";
/// With fewer development rows nothing is chosen on them.
const FEWEST_ROWS: usize = 50;
/// Development rows that thresholds are chosen on; more would hardly move them.
const MOST_ROWS: usize = 2_000;
/// Thresholds and exponent of references where they would answer alone, which they do not here.
const LEXICAL_START: &str =
    "threshold chapter 0.4\nthreshold heading 0.55\nthreshold subheading 0.65\nsharpness 1.3\n";
/// Shares of the references that are tried.
const WEIGHTS: [f64; 5] = [0.2, 0.35, 0.5, 0.65, 0.8];
/// Added to what the references say of a code, so that one they do not know stays possible.
const FLOOR: f64 = 0.0003;

/// A package of the working folder's model.
pub struct Packed {
    /// The package, to be [published](super::publish).
    pub package: ModelPackage,
    /// The test part and what it says of the package; `None` where there is no test part.
    pub measured: Option<(Dataset, Evaluated)>,
}

/// Makes a package of the model that [`training::run`] left in the working folder.
///
/// Thresholds and temperature are chosen on the development part, figures are measured on the test part; the
/// manifest names sources with digests and licences, the division, the seed. The same folder and settings give the
/// same bytes.
///
/// # Errors
/// `InvalidInput` when `train` has not run or a fact is missing; `Unsupported` for a model that packages do not
/// hold (`svc`, `lstm`, one trained without rounding); `Io`; stopped.
pub fn pack_work(work: &WorkDir, config: &Config, progress: &dyn Progress) -> Result<Packed, StepError> {
    let questions: Vec<ProbeCase> = config.package.questions.iter().map(ProbeCase::new).collect();
    if questions.is_empty() {
        return Err(wrong("package.questions: expected at least one, seen none".to_owned()).into());
    }
    work.input("train", training::MODEL)?;
    let parts: Vec<Vec<Row>> =
        PARTS.iter().map(|part| work.read_rows(part, progress)).collect::<Result<_, _>>()?;
    let [train, dev, test] = &parts[..] else { return Err(wrong("expected three parts".to_owned()).into()) };
    if !matches!(config.train.model, ModelKind::TextCnn | ModelKind::Dnn) {
        let message = format!(
            "pack: expected train.model = \"text_cnn\" or \"dnn\", seen {:?}: packages hold no other",
            config.train.model.as_str()
        );
        return Err(Error::new(ErrorKind::Unsupported, message).into());
    }
    let model = NeuralModel::open(work.disk(), &work.path(training::MODEL))?;
    let mut files = text_cnn_files(&model, START)?;
    check(progress)?;
    if config.package.references {
        let texts = train.iter().map(|row| (row.code, row.text.as_str()));
        files.insert(REFERENCES.to_owned(), lexical::reference_bytes(texts)?);
    }
    choose(&mut files, config, dev, progress)?;
    let manifest = || facts(work, config, train);
    let package = pack(manifest()?, &config.card.to_card(), files.clone(), &questions)?;
    if test.is_empty() {
        progress.note("no test rows: the package carries no figures");
        return Ok(Packed { package, measured: None });
    }
    let data = dataset(config, test)?;
    let classifier = package.classifier();
    let id = package.manifest().id();
    let contestant = Contestant {
        label: &config.package.name,
        classifier: &*classifier,
        size_bytes: Some(package.manifest().total_bytes()),
    };
    let evaluated =
        evaluate(std::slice::from_ref(&data), &[contestant], &EvaluateOptions::default(), progress)?;
    let mut manifest = manifest()?;
    manifest.metrics = metrics_of(&evaluated.report, &id)?;
    let package = pack(manifest, &config.card.to_card(), files, &questions)?;
    Ok(Packed { package, measured: Some((data, evaluated)) })
}

/// Adds the settings of what is in `files`: temperature, thresholds and, with references, their weight, all chosen
/// on the development part.
fn choose(
    files: &mut BTreeMap<String, Vec<u8>>,
    config: &Config,
    dev: &[Row],
    progress: &dyn Progress,
) -> Result<(), StepError> {
    let few = dev.len() < FEWEST_ROWS;
    if few {
        progress.note(&format!("{} development rows are too few to choose thresholds on", dev.len()));
    }
    // Evenly over the part, so that every source has its share.
    let every = dev.len().div_ceil(MOST_ROWS).max(1);
    let rows: Vec<(&str, HsCode)> =
        dev.iter().step_by(every).map(|row| (row.text.as_str(), row.code)).collect();
    let bytes = |name: &str| files.get(name).map(Vec::as_slice).unwrap_or_default();
    let vocabulary = String::from_utf8_lossy(bytes(TEXT_CNN_VOCABULARY)).into_owned();
    let network = |settings: &str| TextCnn::from_bytes(bytes(TEXT_CNN_WEIGHTS), &vocabulary, settings, "");
    let not_chosen = format!("# Not chosen: {} development rows are too few.\n{START}", dev.len());
    let alone = if few {
        not_chosen.clone()
    } else {
        let calibration = Calibration::fit(&ask(&network(START)?, &rows, progress)?, config.package.right);
        format!("{}temperature {:.3}\n", calibration.lines(), calibration.temperature)
    };
    if !config.package.references {
        files.insert(TEXT_CNN_SETTINGS.to_owned(), alone.into_bytes());
        return Ok(());
    }
    let how = |lines: &str, weight: f64, temperature: f64| {
        format!(
            "{lines}# Both are always asked.\nsure 1.01\nweight {weight}\nfloor {FLOOR}\ntemperature {temperature:.3}\n"
        )
    };
    let mut together = how(&not_chosen, WEIGHTS[1], 1.0);
    if !few {
        let mut best: Option<(f64, Calibration)> = None;
        for weight in WEIGHTS {
            let lexical = Lexical::from_bytes(bytes(REFERENCES), "", LEXICAL_START)?;
            let both = Fused::new(network(&alone)?, lexical, &how(START, weight, 1.0))?;
            let found = Calibration::fit(&ask(&both, &rows, progress)?, config.package.right);
            if best.as_ref().is_none_or(|(_, best)| found.loss < best.loss) {
                best = Some((weight, found));
            }
        }
        if let Some((weight, found)) = best {
            together = how(&found.lines(), weight, found.temperature);
        }
    }
    files.insert(TEXT_CNN_SETTINGS.to_owned(), alone.into_bytes());
    files.insert(FUSED_SETTINGS.to_owned(), together.into_bytes());
    files.insert(LEXICAL_SETTINGS.to_owned(), LEXICAL_START.as_bytes().to_vec());
    Ok(())
}

fn facts(work: &WorkDir, config: &Config, train: &[Row]) -> Result<Manifest, Error> {
    let own = &config.package;
    let kind = if own.references { FUSED } else { TEXT_CNN };
    let mut manifest =
        Manifest::new(&own.name, &own.version, &[kind], config.edition.clone(), Level::Subheading);
    for source in &config.sources {
        let rows = train.iter().filter(|row| row.source == source.name).count() as u64;
        if rows > 0 {
            manifest.data.push(described(work, source, rows)?);
        }
    }
    if let Some(path) = &config.start.model {
        let file = if path.is_dir() { path.join(MANIFEST) } else { path.clone() };
        let digest = work.digest(&file, "start")?;
        manifest.data.push(super::DataSource {
            name: "start".to_owned(),
            licence: "see its own card".to_owned(),
            origin: "the trained model that learning started from; its file, not its texts".to_owned(),
            machine_written: false,
            rows: 0,
            sha256: digest.sha256,
        });
    }
    manifest.seed = Some(config.train.seed);
    let division: split::Summary = work.read_json(split::SUMMARY)?;
    manifest.split_sha256 = Some(division.digest);
    manifest.tools = vec![Tool { name: "hscode".to_owned(), version: env!("CARGO_PKG_VERSION").to_owned() }];
    Ok(manifest)
}

/// A source as the manifest names it: by the digests of the files that `ingest` read.
fn described(work: &WorkDir, source: &Source, rows: u64) -> Result<super::DataSource, Error> {
    let record = work.record("ingest")?.ok_or_else(|| wrong("run `hscode ingest` first".to_owned()))?;
    let prefix = format!("{}:", source.name);
    let mut lines: Vec<(&str, &str)> = record
        .inputs
        .iter()
        .filter_map(|file| {
            // A file alone has the name of its source, those of a folder have theirs behind it.
            let name = if file.name == source.name { "" } else { file.name.strip_prefix(&prefix)? };
            Some((name, file.sha256.as_str()))
        })
        .collect();
    lines.sort();
    let digest = match lines[..] {
        [] => return Err(wrong(format!("source {:?}: expected files that ingest read", source.name))),
        [(_, digest)] => digest.to_owned(),
        _ => {
            let list: String = lines.iter().map(|(name, digest)| format!("{digest}  {name}\n")).collect();
            sha256(list.as_bytes())
        }
    };
    let file = source.path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    Ok(super::DataSource {
        name: source.name.clone(),
        licence: source.licence.clone(),
        origin: source.origin.clone().unwrap_or(file),
        machine_written: source.machine_written,
        rows,
        sha256: digest,
    })
}

/// The test part as a data set, under the name of the package.
fn dataset(config: &Config, rows: &[Row]) -> Result<Dataset, Error> {
    let mut data = DatasetBuilder::new("test", config.edition.clone(), config.edition.clone())?;
    for (row, at) in rows.iter().zip(0..) {
        data.push(at, &row.text, row.code.as_str());
    }
    data.finish()
}

fn wrong(what: String) -> Error {
    Error::new(ErrorKind::InvalidInput, format!("pack: {what}"))
}
