//! `cargo xtask model`: the packages of the repository from data/.

mod figures;
mod network;
mod recipe;
mod texts;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use hscode_core::package::{
    FUSED, FUSED_SETTINGS, LEXICAL, LEXICAL_SETTINGS, MANIFEST, Manifest, Metric, ModelPackage, REFERENCES,
    TEXT_CNN_SETTINGS, Tool,
};
use hscode_core::{Level, lexical};
use hscode_train::pack::pack;

use recipe::Recipe;

/// The recipes: the embedded model, and a small package for tests.
const RECIPES: [&str; 2] = ["data/model/default.toml", "data/model/tiny.toml"];
/// Where thresholds and calibration are, which are chosen on held-out texts and written by hand.
const SETTINGS: &str = "data/model";

enum Task<'a> {
    Write,
    Check,
    Figures(&'a str),
}

pub(crate) fn run(options: &[&str]) -> Result<String, String> {
    let task = match *options {
        [] => Task::Write,
        ["--check"] => Task::Check,
        ["--figures", folder] => Task::Figures(folder),
        _ => {
            return Err(format!("model {}: expected nothing, --check or --figures DIR\n", options.join(" ")));
        }
    };
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().ok_or("no folder above xtask")?;
    let mut report = String::new();
    for (at, path) in RECIPES.iter().enumerate() {
        let recipe = Recipe::read(&root.join(path))?;
        // Figures are measured of the embedded model alone.
        let measured = at == 0;
        if let (true, Task::Figures(folder)) = (measured, &task) {
            let package = ModelPackage::open(root.join(&recipe.folder)).map_err(|why| format!("{why}\n"))?;
            figures::take(root, Path::new(folder), &package)?;
        }
        let (package, note) = build(root, &recipe, measured)?;
        if let Some(note) = note {
            report.push_str(&format!("{note}\n"));
        }
        let changed = changed(&root.join(&recipe.folder), &package)?;
        let (id, bytes) = (package.manifest().id(), package.manifest().total_bytes());
        if changed.is_empty() {
            report.push_str(&format!("{}: as it is, {id}, {bytes} bytes\n", recipe.folder));
            continue;
        }
        if matches!(task, Task::Check) {
            return Err(format!(
                "{report}{}: {} not what data/ gives; run cargo xtask model\n",
                recipe.folder,
                changed.join(", ")
            ));
        }
        write(&root.join(&recipe.folder), &package, &changed)?;
        report.push_str(&format!("{}: written, {id}, {bytes} bytes\n", recipe.folder));
    }
    Ok(report)
}

/// Trains the network of the embedded model and compares it with the committed one, or puts it there.
pub(crate) fn train(options: &[&str]) -> Result<String, String> {
    let (check, from) = match *options {
        [] => (false, None),
        ["--check"] => (true, None),
        ["--from", path] => (false, Some(path)),
        _ => {
            let seen = options.join(" ");
            return Err(format!("default-model {seen}: expected nothing, --check or --from MODEL.bin\n"));
        }
    };
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().ok_or("no folder above xtask")?;
    let recipe = Recipe::read(&root.join(RECIPES[0]))?;
    let network = recipe.network.as_ref().ok_or("the recipe has no network")?;
    let files = match from {
        Some(path) => network::saved(root, Path::new(path))?,
        None => network::trained(root, network)?,
    };
    let digest = network::digest(&files);
    let before = network::committed(root, &recipe).map(|files| network::digest(&files));
    if before.as_ref() == Ok(&digest) {
        return Ok(format!("the network is the committed one: {digest}\n{}", run(&["--check"])?));
    }
    if check {
        return Err(format!(
            "expected the committed network, {}; saw {digest}\n",
            before.unwrap_or_else(|why| why)
        ));
    }
    for (name, bytes) in &files {
        replace(&root.join(&recipe.folder).join(name), bytes)?;
    }
    Ok(format!("the network is another one now: {digest}\n{}", run(&[])?))
}

/// Makes the package of a recipe; also says why it has no figures, where it has none.
fn build(root: &Path, recipe: &Recipe, measured: bool) -> Result<(ModelPackage, Option<String>), String> {
    let texts = texts::read(root, &recipe.chapters, &recipe.data)?;
    let material = texts::material(root, &recipe.material)?;
    let references = lexical::reference_bytes(texts.texts.iter().map(|(code, text)| (*code, text.as_str())))
        .map_err(|why| format!("{why}\n"))?;
    let settings = |name: &str| {
        let path = root.join(SETTINGS).join(name);
        fs::read(&path)
            .map(|bytes| (name.to_owned(), bytes))
            .map_err(|why| format!("{}: {why}\n", path.display()))
    };
    let mut files = BTreeMap::from([(REFERENCES.to_owned(), references), settings(LEXICAL_SETTINGS)?]);
    let mut kind = LEXICAL;
    if recipe.network.is_some() {
        kind = FUSED;
        files.extend([settings(TEXT_CNN_SETTINGS)?, settings(FUSED_SETTINGS)?]);
        files.extend(network::committed(root, recipe)?.map(|(name, bytes)| (name.to_owned(), bytes)));
    }
    let with = |metrics: Vec<Metric>| {
        let mut manifest =
            Manifest::new(&recipe.name, &recipe.version, &[kind], recipe.edition.clone(), Level::Subheading);
        manifest.data = texts.sources.iter().chain(&material).cloned().collect();
        manifest.seed = recipe.network.as_ref().map(|network| network.train.seed);
        manifest.metrics = metrics;
        manifest.tools =
            vec![Tool { name: "hscode".to_owned(), version: env!("CARGO_PKG_VERSION").to_owned() }];
        pack(manifest, &recipe.card, files.clone(), &recipe.questions())
            .map_err(|why| format!("{}: {why}\n", recipe.name))
    };
    let package = with(Vec::new())?;
    if !measured {
        return Ok((package, None));
    }
    match figures::of(root, &package)? {
        (metrics, note) if metrics.is_empty() => Ok((package, note)),
        (metrics, note) => Ok((with(metrics)?, note)),
    }
}

/// The files in which a folder differs from a package.
fn changed(folder: &Path, package: &ModelPackage) -> Result<Vec<String>, String> {
    let mut changed: Vec<String> = package
        .files()
        .filter(|(name, bytes)| fs::read(folder.join(name)).map_or(true, |old| old != *bytes))
        .map(|(name, _)| name.to_owned())
        .collect();
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(why) if why.kind() == std::io::ErrorKind::NotFound => return Ok(changed),
        Err(why) => return Err(format!("{}: {why}\n", folder.display())),
    };
    for entry in entries {
        let entry = entry.map_err(|why| format!("{}: {why}\n", folder.display()))?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if package.file(&name).is_none() {
            changed.push(name);
        }
    }
    Ok(changed)
}

/// Brings a folder to what the package has, the manifest last: until then it does not open.
fn write(folder: &Path, package: &ModelPackage, changed: &[String]) -> Result<(), String> {
    fs::create_dir_all(folder).map_err(|why| format!("{}: {why}\n", folder.display()))?;
    let (manifest, others): (Vec<&String>, Vec<&String>) = changed.iter().partition(|name| *name == MANIFEST);
    for name in others.into_iter().chain(manifest) {
        let path = folder.join(name);
        match package.file(name) {
            Some(bytes) => replace(&path, bytes)?,
            None => fs::remove_file(&path).map_err(|why| format!("{}: {why}\n", path.display()))?,
        }
    }
    Ok(())
}

/// Writes a file beside its name and renames it.
fn replace(path: &Path, bytes: &[u8]) -> Result<(), String> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".tmp");
    fs::write(&beside, bytes)
        .and_then(|()| fs::rename(&beside, path))
        .map_err(|why| format!("{}: {why}\n", path.display()))
}
