//! A package into a folder of its own: whole, or not at all, and never over another.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use hscode_core::package::ModelPackage;
use hscode_core::{Error, ErrorKind};

use crate::disk::Disk;
use crate::progress::io_error;

/// Writes a package into a new folder.
///
/// The files are written into a folder beside it (`NAME.part`), opened from there as a check, and the folder then
/// gets its name in one step. When anything fails, what was written is removed again; what a killed run left in
/// `NAME.part` is removed by the next.
///
/// # Errors
/// `InvalidInput` when there is something of that name: published packages are never changed, so take a new
/// version. `Io` when the disk fails; `Package` when what was written does not open.
pub fn publish(disk: &dyn Disk, folder: &Path, package: &ModelPackage) -> Result<(), Error> {
    new_folder(disk, folder, package.files(), |part| ModelPackage::open(part).map(|_| ()))
}

/// Writes files into a new folder, whole or not at all; `check` looks at them before the folder gets its name.
pub(crate) fn new_folder<'a>(
    disk: &dyn Disk,
    folder: &Path,
    files: impl Iterator<Item = (&'a str, &'a [u8])>,
    check: impl FnOnce(&Path) -> Result<(), Error>,
) -> Result<(), Error> {
    refuse_existing(folder)?;
    let Some(name) = folder.file_name() else {
        return Err(Error::new(
            ErrorKind::InvalidInput,
            format!("{}: expected the name of a new folder", folder.display()),
        ));
    };
    let mut part = name.to_owned();
    part.push(".part");
    let part = folder.with_file_name(part);
    remove(disk, &part)?;
    let done = write(disk, &part, files)
        .and_then(|()| check(&part))
        // Again: another run may have been faster.
        .and_then(|()| refuse_existing(folder))
        .and_then(|()| {
            disk.rename(&part, folder).map_err(|error| io_error(folder.display(), "name the folder", error))
        });
    if done.is_err() {
        // The first error is what counts; a disk that fails here too leaves a folder that the next run removes.
        let _ = remove(disk, &part);
    }
    done
}

fn refuse_existing(folder: &Path) -> Result<(), Error> {
    match fs::symlink_metadata(folder) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(io_error(folder.display(), "look up", error)),
        Ok(_) => Err(Error::new(
            ErrorKind::InvalidInput,
            format!(
                "{}: expected a new folder: what is published is never changed, take another version or name",
                folder.display()
            ),
        )),
    }
}

fn write<'a>(
    disk: &dyn Disk,
    part: &Path,
    files: impl Iterator<Item = (&'a str, &'a [u8])>,
) -> Result<(), Error> {
    disk.make_folder(part).map_err(|error| io_error(part.display(), "make the folder", error))?;
    for (name, bytes) in files {
        let path = part.join(name);
        let failed = |error| io_error(path.display(), "write", error);
        let mut file = disk.create(&path).map_err(failed)?;
        file.write_all(bytes).map_err(failed)?;
        file.finish().map_err(failed)?;
    }
    Ok(())
}

/// Removes an unfinished folder with the plain files in it.
fn remove(disk: &dyn Disk, part: &Path) -> Result<(), Error> {
    let entries = match fs::read_dir(part) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(io_error(part.display(), "read the folder", error)),
    };
    let files: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    for file in files {
        disk.remove(&file).map_err(|error| io_error(file.display(), "remove", error))?;
    }
    disk.remove_folder(part).map_err(|error| io_error(part.display(), "remove", error))
}
