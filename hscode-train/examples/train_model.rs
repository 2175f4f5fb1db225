//! Trains one model on the repository's texts and measures it on sets of pairs:
//!
//! ```text
//! cargo run --release -p hscode-train --example train_model -- \
//!     --data data --dev FOLDER_OF_DEV_JSONL --out FOLDER [--config train.toml] [--limit ROWS] [--labels COUNT] [key=value ...]
//! ```
//!
//! `--measure MODEL[:WEIGHT],..` trains nothing and measures saved models, several together by the mean of the
//! logarithms of their probabilities; `--sharpness X` is that of linear ones.
//!
//! `key=value` changes a setting, as `model=svc` or `learn.epochs=2`. The folder of pairs holds `*.jsonl` files
//! with the fields `text` and `hs6`. `--labels` adds the composed texts and the teachers' probabilities of
//! data/labels/soft.bin; the composed texts are read in the share of the epochs that is given (0.58 makes 40%).
//! Ctrl-C is not caught: killed and started again, training goes on from its
//! last checkpoint.

use std::error::Error;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Instant;

use hscode_train::disk::Folders;
use hscode_train::house;
use hscode_train::models::{
    DevFigures, DevSet, Model, Place, SvcModel, TrainConfig, TrainingData, mean_of_logs, measure, open, train,
};
use hscode_train::progress::Progress;

struct Printer(Instant);

impl Progress for Printer {
    fn note(&self, line: &str) {
        let mut out = std::io::stderr().lock();
        let _ = writeln!(out, "[{:>5.0} s] {line}", self.0.elapsed().as_secs_f64());
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let (mut folder, mut dev, mut out, mut file, mut limit) = (None, None, None, None, usize::MAX);
    let (mut changes, mut labels) = (Vec::new(), None);
    let (mut saved, mut sharpness) = (None, None);
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().ok_or(format!("{argument}: expected a value"));
        match argument.as_str() {
            "--data" => folder = Some(PathBuf::from(value()?)),
            "--dev" => dev = Some(PathBuf::from(value()?)),
            "--out" => out = Some(PathBuf::from(value()?)),
            "--config" => file = Some(PathBuf::from(value()?)),
            "--labels" => labels = Some(value()?.parse::<f32>()?),
            "--measure" => saved = Some(value()?),
            "--sharpness" => sharpness = Some(value()?.parse::<f32>()?),
            "--limit" => limit = value()?.parse()?,
            _ => changes
                .push(argument.split_once('=').map(|(k, v)| (k.to_owned(), v.to_owned())).ok_or(argument)?),
        }
    }
    let folder = folder.ok_or("expected --data FOLDER")?;
    if let Some(saved) = saved {
        let data = read_data(&folder, dev.as_deref(), limit, None)?;
        return measure_saved(&saved, sharpness, &data.dev);
    }
    let out = out.ok_or("expected --out FOLDER")?;
    std::fs::create_dir_all(&out)?;
    let config = settings(file.as_deref(), &changes)?;
    let data = read_data(&folder, dev.as_deref(), limit, labels)?;
    let printer = Printer(Instant::now());
    printer.note(&format!("{} samples, {} classes", data.samples.len(), data.classes.len()));
    let place = Place { disk: &Folders, folder: out.clone() };
    let trained = train(&config, &data, Some(&place), &printer)?;
    trained.model.save(&Folders, &out.join("model.bin"))?;
    std::fs::write(out.join("log.json"), serde_json::to_string_pretty(&trained.log)?)?;
    printer.note(&format!("{} weights in {}", trained.model.weights(), out.join("model.bin").display()));
    for set in trained.log.entries.last().map(|entry| entry.dev.as_slice()).unwrap_or_default() {
        printer.note(&line(set));
    }
    Ok(())
}

fn line(set: &DevFigures) -> String {
    let cells = |x: [f64; 3]| x.map(|x| format!("{:.1}", 100.0 * x)).join(" ");
    format!("{} n={} top-1 at 2, 4, 6: {}  top-5: {}", set.set, set.n, cells(set.top1), cells(set.top5))
}

fn measure_saved(saved: &str, sharpness: Option<f32>, sets: &[DevSet]) -> Result<(), Box<dyn Error>> {
    let mut models: Vec<(Box<dyn Model>, f32)> = Vec::new();
    for part in saved.split(',') {
        let (path, weight) = part.split_once(':').unwrap_or((part, "1"));
        let path = Path::new(path);
        let model: Box<dyn Model> = match (SvcModel::open(&Folders, path), sharpness) {
            (Ok(mut model), Some(sharpness)) => {
                model.set_sharpness(sharpness);
                Box::new(model)
            }
            _ => open(&Folders, path)?,
        };
        models.push((model, weight.parse()?));
    }
    let classes = models.first().map(|m| m.0.classes().to_vec()).unwrap_or_default();
    for set in sets {
        let texts: Vec<&str> = set.texts.iter().map(String::as_str).collect();
        let mut scores = Vec::new();
        for (model, weight) in &models {
            scores.push((model.scores(&texts)?, *weight));
        }
        let mut out = std::io::stdout().lock();
        writeln!(out, "{}", line(&measure(set, &classes, &mean_of_logs(&scores, classes.len()))))?;
    }
    Ok(())
}

fn settings(file: Option<&Path>, changes: &[(String, String)]) -> Result<TrainConfig, Box<dyn Error>> {
    let text = file.map(std::fs::read_to_string).transpose()?.unwrap_or_default();
    let mut table: toml::Table = toml::from_str(&text)?;
    for (key, value) in changes {
        let value = toml::from_str::<toml::Table>(&format!("x = {value}"))
            .or_else(|_| toml::from_str(&format!("x = {value:?}")))?
            .remove("x")
            .ok_or("no value")?;
        let mut at = &mut table;
        let (path, last) = key.rsplit_once('.').unwrap_or(("", key));
        for part in path.split('.').filter(|part| !part.is_empty()) {
            at = at
                .entry(part)
                .or_insert(toml::Value::Table(toml::Table::new()))
                .as_table_mut()
                .ok_or_else(|| format!("{key}: expected a table"))?;
        }
        at.insert(last.to_owned(), value);
    }
    Ok(table.try_into()?)
}

fn read_data(
    folder: &Path,
    dev: Option<&Path>,
    limit: usize,
    composed_share: Option<f32>,
) -> Result<TrainingData, Box<dyn Error>> {
    let mut data = house::read(folder, composed_share)?;
    // With a limit every k-th row is kept.
    let every = data.samples.len().div_ceil(limit).max(1);
    data.samples = data.samples.into_iter().step_by(every).collect();
    if let Some(dev) = dev {
        let mut files: Vec<_> =
            std::fs::read_dir(dev)?.map(|e| e.map(|e| e.path())).collect::<Result<_, _>>()?;
        files.sort();
        for file in files.iter().filter(|file| file.extension().is_some_and(|e| e == "jsonl")) {
            let name = file.file_stem().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default();
            let mut set = DevSet { name, ..DevSet::default() };
            for line in std::fs::read_to_string(file)?.lines() {
                let row: serde_json::Value = serde_json::from_str(line)?;
                if let (Some(text), Some(code)) = (row["text"].as_str(), row["hs6"].as_str()) {
                    set.texts.push(text.to_owned());
                    set.codes.push(code.parse()?);
                }
            }
            data.dev.push(set);
        }
    }
    Ok(data)
}
