//! Installs the C library as C hosts expect it.
//!
//! The static library that cargo builds is linked once more into a shared one, so that its symbols carry the
//! version of the interface that they came with (`hscode_classify@@HSCODE_1.0`): rustc's own way to a shared library
//! has no place for a version script.

pub(crate) mod symbols;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What the static library needs of the system: the list of rustc for this target, in the order of the linker.
const SYSTEM_LIBRARIES: &str = "-lgcc_s -lutil -lrt -lpthread -lm -ldl -lc";

struct Places {
    prefix: PathBuf,
    libdir: String,
    destdir: Option<PathBuf>,
    features: Option<String>,
    from: Option<PathBuf>,
}

pub(crate) fn run(options: &[&str]) -> Result<String, String> {
    if cfg!(not(target_os = "linux")) {
        return Err(
            "install: made for Linux; elsewhere use cargo-c: cargo cinstall -p hscode-ffi\n".to_owned()
        );
    }
    let places = parse(options)?;
    let archive = match &places.from {
        Some(archive) => archive.clone(),
        None => build(places.features.as_deref())?,
    };
    let root = match &places.destdir {
        Some(destdir) => destdir.join(places.prefix.strip_prefix("/").unwrap_or(&places.prefix)),
        None => places.prefix.clone(),
    };
    let library = root.join(&places.libdir);
    let (include, cmake, pkg_config) =
        (root.join("include"), library.join("cmake/hscode"), library.join("pkgconfig"));
    for folder in [&library, &include, &cmake, &pkg_config] {
        fs::create_dir_all(folder).map_err(|error| format!("{}: {error}\n", folder.display()))?;
    }
    let source = crate::crate_dir();
    copy(&archive, &library.join("libhscode.a"))?;
    run_quietly(Command::new("strip").arg("--strip-debug").arg(library.join("libhscode.a")))?;
    shared(&archive, &library)?;
    for name in ["hscode.h", "hscode.hpp"] {
        copy(&source.join("include").join(name), &include.join(name))?;
    }
    for name in ["hscode-config.cmake", "hscode-config-version.cmake"] {
        copy(&source.join("cmake").join(name), &cmake.join(name))?;
    }
    write(&pkg_config.join("hscode.pc"), &pkg_config_file(&places))?;
    Ok(format!("installed hscode {} below {}\n", env!("CARGO_PKG_VERSION"), root.display()))
}

fn parse(options: &[&str]) -> Result<Places, String> {
    let mut places = Places {
        prefix: PathBuf::new(),
        libdir: "lib".to_owned(),
        destdir: None,
        features: None,
        from: None,
    };
    for pair in options.chunks(2) {
        match pair {
            ["--prefix", prefix] => places.prefix = (*prefix).into(),
            ["--libdir", libdir] if !libdir.starts_with('/') => places.libdir = (*libdir).to_owned(),
            ["--destdir", destdir] => places.destdir = Some((*destdir).into()),
            ["--features", features] => places.features = Some((*features).to_owned()),
            ["--from", archive] => places.from = Some((*archive).into()),
            _ => return Err(format!("install: did not expect {}\n", pair.join(" "))),
        }
    }
    if !places.prefix.is_absolute() {
        return Err("install: expected --prefix with an absolute path\n".to_owned());
    }
    Ok(places)
}

/// Builds the static library for release and tells where it is.
fn build(features: Option<&str>) -> Result<PathBuf, String> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let arguments = ["rustc", "--locked", "--release", "--package", "hscode-ffi", "--lib", "--crate-type"];
    let output = Command::new(cargo)
        .current_dir(crate::crate_dir())
        .args(arguments)
        .args(["staticlib", "--message-format", "json-render-diagnostics"])
        .args(features.map(|features| format!("--features={features}")))
        .stderr(std::process::Stdio::inherit())
        .output()
        .map_err(|error| format!("install: cannot start cargo: {error}\n"))?;
    if !output.status.success() {
        return Err(format!("install: cargo: {}\n", output.status));
    }
    // Cargo tells each file that it made as a JSON text in quotes; ours has a name of its own.
    let told = String::from_utf8_lossy(&output.stdout);
    let archive = told.split('"').rfind(|text| text.ends_with("libhscode_ffi.a"));
    archive.map(PathBuf::from).ok_or_else(|| "install: cargo named no libhscode_ffi.a\n".to_owned())
}

/// Links the shared library, with the links that the loader and the linker look for.
fn shared(archive: &Path, library: &Path) -> Result<(), String> {
    let abi = Abi::of_sources()?;
    let soname = format!("libhscode.so.{}", abi.major);
    let file = library.join(format!("{soname}.{}.0", abi.minor));
    let script = library.join("hscode.map.tmp");
    write(&script, &symbols::version_script(&symbols::read()?))?;
    let linked = run_quietly(
        Command::new("cc")
            .args(["-shared", "-o"])
            .arg(&file)
            .arg(format!("-Wl,-soname,{soname}"))
            .arg(format!("-Wl,--version-script={}", script.display()))
            .args(symbols::read()?.iter().map(|symbol| format!("-Wl,-u,{}", symbol.name)))
            .arg(archive)
            .args(["-Wl,--gc-sections", "-Wl,--no-undefined", "-Wl,-z,relro,-z,now", "-Wl,--strip-all"])
            .args(SYSTEM_LIBRARIES.split(' ')),
    );
    fs::remove_file(&script).ok();
    linked?;
    for (link, target) in [(soname.as_str(), &file), ("libhscode.so", &library.join(&soname))] {
        let link = library.join(link);
        fs::remove_file(&link).ok();
        let name = target.file_name().unwrap_or_default();
        symlink(Path::new(name), &link)?;
    }
    symbols::check(&file).map(drop)
}

#[cfg(unix)]
fn symlink(target: &Path, link: &Path) -> Result<(), String> {
    std::os::unix::fs::symlink(target, link).map_err(|error| format!("{}: {error}\n", link.display()))
}

#[cfg(not(unix))]
fn symlink(target: &Path, link: &Path) -> Result<(), String> {
    Err(format!("{}: no link to {} can be made here\n", link.display(), target.display()))
}

/// The version of the binary interface.
struct Abi {
    major: u32,
    minor: u32,
}

impl Abi {
    fn of_sources() -> Result<Self, String> {
        let header = crate::crate_dir().join("include/hscode.h");
        let text = fs::read_to_string(&header).map_err(|error| format!("{}: {error}\n", header.display()))?;
        let number = |name: &str| {
            let line = text.lines().find_map(|line| line.strip_prefix("#define ")?.strip_prefix(name));
            line.and_then(|rest| rest.trim().parse().ok())
                .ok_or_else(|| format!("{}: expected #define {name} N\n", header.display()))
        };
        Ok(Self { major: number("HSCODE_ABI_MAJOR")?, minor: number("HSCODE_ABI_MINOR")? })
    }
}

fn pkg_config_file(places: &Places) -> String {
    format!(
        "prefix={}\n\
         exec_prefix=${{prefix}}\n\
         libdir=${{exec_prefix}}/{}\n\
         includedir=${{prefix}}/include\n\
         \n\
         Name: hscode\n\
         Description: HS customs codes from goods descriptions\n\
         Version: {}\n\
         Libs: -L${{libdir}} -lhscode\n\
         Libs.private: {SYSTEM_LIBRARIES}\n\
         Cflags: -I${{includedir}}\n",
        places.prefix.display(),
        places.libdir,
        env!("CARGO_PKG_VERSION"),
    )
}

fn copy(from: &Path, to: &Path) -> Result<(), String> {
    fs::copy(from, to).map(drop).map_err(|error| format!("{} to {}: {error}\n", from.display(), to.display()))
}

fn write(place: &Path, text: &str) -> Result<(), String> {
    fs::write(place, text).map_err(|error| format!("{}: {error}\n", place.display()))
}

fn run_quietly(command: &mut Command) -> Result<(), String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command.output().map_err(|error| format!("install: cannot start {name}: {error}\n"))?;
    if output.status.success() {
        return Ok(());
    }
    Err(format!("install: {name}: {}\n{}", output.status, String::from_utf8_lossy(&output.stderr)))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_read_and_wrong_ones_told() {
        let places = parse(&["--prefix", "/opt/hs", "--libdir", "lib64", "--features", "onnx"]).unwrap();
        assert_eq!((places.libdir.as_str(), places.features.as_deref()), ("lib64", Some("onnx")));
        assert!(pkg_config_file(&places).contains("libdir=${exec_prefix}/lib64\n"));
        for wrong in
            [&["--prefix", "relative"][..], &[], &["--prefix"], &["--libdir", "/abs", "--prefix", "/p"]]
        {
            assert!(parse(wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn the_interface_of_the_header_is_that_of_the_files() {
        let abi = Abi::of_sources().unwrap();
        let manifest = fs::read_to_string(crate::crate_dir().join("Cargo.toml")).unwrap();
        assert!(
            manifest.contains(&format!("version = \"{}.{}.0\"", abi.major, abi.minor)),
            "cargo-c's version"
        );
        let cmake = fs::read_to_string(crate::crate_dir().join("cmake/hscode-config-version.cmake")).unwrap();
        assert!(
            cmake.contains(&format!("set(PACKAGE_VERSION \"{}\")", env!("CARGO_PKG_VERSION"))),
            "CMake's"
        );
    }
}
