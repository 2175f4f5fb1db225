//! The working folder: what each step read, wrote and counted, so that nothing is done twice or by halves.

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};

use hscode_core::{Error, ErrorKind};
use serde::{Serialize, de::DeserializeOwned};
use sha2::{Digest, Sha256};

use crate::disk::{Disk, Folders, Sink};
use crate::progress::{Progress, StepError, Ticker, check, io_error};
use crate::steps::{Counts, FileDigest, StepRecord, Steps};

const STEPS: &str = "steps.json";
const LOCK: &str = ".lock";
const PART: &str = ".part";

/// A folder in which the steps keep their files, and `steps.json`, which tells how each file came to be.
///
/// A step writes its files beside their final names and renames them when all are whole; then it records itself.
/// A run that is killed leaves either the step as it was before, or files whose digests `steps.json` does not
/// know: the next run does that step again and the others not.
pub struct WorkDir {
    root: PathBuf,
    disk: Box<dyn Disk>,
    _lock: File,
}

/// What a step is: with the digests of its inputs, this decides whether it has to run again.
#[derive(Debug)]
pub struct Step<'a, S> {
    /// Its name, which is also the folder of its files.
    pub name: &'a str,
    /// Raised when the same inputs and settings give other outputs than before.
    pub version: u32,
    /// Everything in the settings that its outputs depend on.
    pub settings: S,
    /// The files it reads, with their digests.
    pub inputs: Vec<FileDigest>,
}

/// How a step ended.
#[derive(Debug, Clone, PartialEq)]
pub struct Ran {
    /// What it read, wrote and counted.
    pub record: StepRecord,
    /// Whether nothing had changed since it ran last, so that it did not run.
    pub skipped: bool,
}

impl WorkDir {
    /// Opens a working folder, making it if need be, and locks it for this process.
    ///
    /// # Errors
    /// `Io` when the folder cannot be made or locked, or when another process works in it.
    pub fn open(root: impl Into<PathBuf>) -> Result<Self, Error> {
        Self::on(Box::new(Folders), root)
    }

    /// The same over another [`Disk`]. The lock is a file of the machine's own file system.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn on(disk: Box<dyn Disk>, root: impl Into<PathBuf>) -> Result<Self, Error> {
        let root = root.into();
        disk.make_folder(&root).map_err(|e| io_error(root.display(), "make the working folder", e))?;
        let lock = root.join(LOCK);
        let file = File::create(&lock).map_err(|e| io_error(lock.display(), "make the lock file", e))?;
        match file.try_lock() {
            Ok(()) => Ok(Self { root, disk, _lock: file }),
            Err(std::fs::TryLockError::WouldBlock) => Err(Error::new(
                ErrorKind::Io,
                format!("{}: another hscode command is at work in this folder; wait for it", root.display()),
            )),
            Err(std::fs::TryLockError::Error(e)) => Err(io_error(lock.display(), "lock", e)),
        }
    }

    /// The folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The path of a file in the folder, by its name in `steps.json`, such as `clean/rows.jsonl`.
    pub fn path(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }

    /// What a step read, wrote and counted when it ran last; `None` if it never did.
    ///
    /// # Errors
    /// `Io`, or `InvalidInput` when `steps.json` is damaged or of a newer format.
    pub fn record(&self, step: &str) -> Result<Option<StepRecord>, Error> {
        Ok(self.steps()?.get(step).cloned())
    }

    /// A file that an earlier step wrote, as an input: it must still be what that step wrote.
    ///
    /// # Errors
    /// `InvalidInput` when the step has not run yet, or when the file was changed since; `Io`.
    pub fn input(&self, step: &str, name: &str) -> Result<FileDigest, Error> {
        let steps = self.steps()?;
        let Some(known) = steps.get(step).and_then(|record| record.output(name)) else {
            return Err(Error::new(
                ErrorKind::InvalidInput,
                format!("{}: not there yet; run `hscode {step}` first", self.path(name).display()),
            ));
        };
        let seen = self.digest(&self.path(name), name)?;
        if seen == *known {
            return Ok(seen);
        }
        Err(Error::new(
            ErrorKind::InvalidInput,
            format!(
                "{}: expected the file that step {step} wrote ({} bytes, digest {}), saw {} bytes, digest {}; \
                 run `hscode {step}` again",
                self.path(name).display(),
                known.bytes,
                short(&known.sha256),
                seen.bytes,
                short(&seen.sha256),
            ),
        ))
    }

    /// The size and digest of any file; `name` is how `steps.json` calls it.
    ///
    /// # Errors
    /// `Io`.
    pub fn digest(&self, path: &Path, name: &str) -> Result<FileDigest, Error> {
        let mut file = self.disk.open(path).map_err(|e| io_error(path.display(), "open", e))?;
        let mut hash = Sha256::new();
        let mut buffer = vec![0; 1 << 18];
        let mut bytes = 0;
        loop {
            let n = match file.read(&mut buffer) {
                Ok(0) => break,
                Ok(n) => n,
                Err(e) if e.kind() == std::io::ErrorKind::Interrupted => continue,
                Err(e) => return Err(io_error(path.display(), "read", e)),
            };
            hash.update(&buffer[..n]);
            bytes += n as u64;
        }
        Ok(FileDigest { name: name.to_owned(), bytes, sha256: hex(&hash.finalize()) })
    }

    /// Runs a step, or skips it when its inputs, settings, version and outputs are those of its last run.
    ///
    /// `body` writes the step's files through [`Outputs`] and returns its counts. If it fails or is stopped,
    /// its unfinished files are removed and the folder is as it was before.
    ///
    /// # Errors
    /// Those of `body`; `Io` when a file cannot be written, such as on a full disk.
    pub fn run<S: Serialize>(
        &self,
        step: Step<'_, S>,
        progress: &dyn Progress,
        body: impl FnOnce(&mut Outputs<'_>) -> Result<Counts, StepError>,
    ) -> Result<Ran, StepError> {
        let settings = serde_json::to_value(&step.settings)
            .map_err(|e| Error::new(ErrorKind::InvalidInput, format!("settings of {}: {e}", step.name)))?;
        let mut record = StepRecord::new(step.version, settings, step.inputs);
        let mut steps = self.steps()?;
        if let Some(last) = steps.get(step.name)
            && last.same_work(&record)
            && self.outputs_whole(last)
        {
            return Ok(Ran { record: last.clone(), skipped: true });
        }
        check(progress)?;
        let folder = self.root.join(step.name);
        self.disk.make_folder(&folder).map_err(|e| io_error(folder.display(), "make the folder", e))?;
        let mut outputs = Outputs { work: self, step: step.name, files: Vec::new() };
        let result = body(&mut outputs).and_then(|counts| {
            check(progress)?;
            record.counts = counts;
            record.outputs = outputs.keep()?;
            steps.put(step.name, record.clone());
            self.write_steps(&steps)?;
            Ok(Ran { record: record.clone(), skipped: false })
        });
        if result.is_err() {
            outputs.discard();
        }
        result
    }

    /// Reads every row of a file of JSON lines.
    ///
    /// # Errors
    /// `Io`; `InvalidInput` with the line, when a line is not such a row; stopped.
    pub fn read_rows<T: DeserializeOwned>(
        &self,
        name: &str,
        progress: &dyn Progress,
    ) -> Result<Vec<T>, StepError> {
        let path = self.path(name);
        let file = self.disk.open(&path).map_err(|e| io_error(path.display(), "open", e))?;
        let mut ticker = Ticker::begin(progress, &format!("read {name}"), "rows", None);
        let mut rows = Vec::new();
        let mut reader = BufReader::with_capacity(1 << 18, file);
        let mut line = String::new();
        loop {
            line.clear();
            let read = reader.read_line(&mut line).map_err(|e| io_error(path.display(), "read", e))?;
            if read == 0 {
                break;
            }
            // The parser's own words may quote the row, and a description is confidential.
            rows.push(serde_json::from_str(&line).map_err(|e| {
                Error::new(
                    ErrorKind::InvalidInput,
                    format!(
                        "{}: line {}, column {}: not a row of this file's kind",
                        path.display(),
                        rows.len() + 1,
                        e.column()
                    ),
                )
            })?);
            ticker.tick()?;
        }
        ticker.end()?;
        Ok(rows)
    }

    /// Reads a file that holds one JSON value.
    ///
    /// # Errors
    /// `Io`; `InvalidInput` when it holds something else.
    pub fn read_json<T: DeserializeOwned>(&self, name: &str) -> Result<T, Error> {
        let path = self.path(name);
        let mut text = String::new();
        self.disk
            .open(&path)
            .and_then(|mut file| file.read_to_string(&mut text))
            .map_err(|e| io_error(path.display(), "read", e))?;
        serde_json::from_str(&text).map_err(|e| {
            let message = format!(
                "{}: line {}, column {}: not what it should hold",
                path.display(),
                e.line(),
                e.column()
            );
            Error::new(ErrorKind::InvalidInput, message)
        })
    }

    fn outputs_whole(&self, record: &StepRecord) -> bool {
        record
            .outputs
            .iter()
            .all(|known| self.digest(&self.path(&known.name), &known.name).is_ok_and(|seen| seen == *known))
    }

    fn steps(&self) -> Result<Steps, Error> {
        let path = self.path(STEPS);
        let mut text = String::new();
        match self.disk.open(&path).and_then(|mut file| file.read_to_string(&mut text)) {
            Ok(_) => Steps::from_json(&text).map_err(|e| e.at(path.display())),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(Steps::default()),
            Err(e) => Err(io_error(path.display(), "read", e)),
        }
    }

    /// The disk under the folder.
    pub fn disk(&self) -> &dyn Disk {
        &*self.disk
    }

    fn write_steps(&self, steps: &Steps) -> Result<(), Error> {
        self.write_aside(STEPS, steps.to_json()?.as_bytes())
    }

    /// Writes a file that is no output of a step, since equal runs do not leave it equal, such as a log with times:
    /// beside and renamed.
    ///
    /// # Errors
    /// `Io`, such as a full disk; what had the name before is still there then.
    pub fn write_aside(&self, name: &str, bytes: &[u8]) -> Result<(), Error> {
        let path = self.path(name);
        let part = self.path(&format!("{name}{PART}"));
        self.disk
            .create(&part)
            .and_then(|mut file| {
                file.write_all(bytes)?;
                file.finish()
            })
            .and_then(|()| self.disk.rename(&part, &path))
            .map_err(|e| {
                let _ = self.disk.remove(&part);
                io_error(path.display(), "write", e)
            })
    }
}

impl std::fmt::Debug for WorkDir {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WorkDir").field("root", &self.root).finish_non_exhaustive()
    }
}

/// The files that a running step writes.
#[derive(Debug)]
pub struct Outputs<'a> {
    work: &'a WorkDir,
    step: &'a str,
    files: Vec<FileDigest>,
}

impl Outputs<'_> {
    /// Starts a file of the step, such as `rows.jsonl`; it gets its name when the step is complete.
    ///
    /// # Errors
    /// `Io` when it cannot be created.
    pub fn create(&mut self, file: &str) -> Result<Output, Error> {
        let name = format!("{}/{file}", self.step);
        let path = self.work.path(&format!("{name}{PART}"));
        let sink = self.work.disk.create(&path).map_err(|e| io_error(path.display(), "create", e))?;
        // Known from now on, so that it is removed if the step fails.
        self.files.push(FileDigest { name: name.clone(), bytes: 0, sha256: String::new() });
        Ok(Output { name, path, sink, hash: Sha256::new(), bytes: 0 })
    }

    /// Brings a file to the disk. The step is complete only when all its files are.
    ///
    /// # Errors
    /// `Io`, such as a full disk.
    pub fn finish(&mut self, output: Output) -> Result<(), Error> {
        let Output { name, path, sink, hash, bytes } = output;
        sink.finish().map_err(|e| io_error(path.display(), "write", e))?;
        if let Some(file) = self.files.iter_mut().find(|file| file.name == name) {
            *file = FileDigest { name, bytes, sha256: hex(&hash.finalize()) };
        }
        Ok(())
    }

    /// Writes a whole file of rows, one JSON object a line.
    ///
    /// # Errors
    /// `Io`; stopped.
    pub fn write_rows<'r, T: Serialize + 'r>(
        &mut self,
        file: &str,
        rows: impl IntoIterator<Item = &'r T>,
        progress: &dyn Progress,
    ) -> Result<(), StepError> {
        let mut output = self.create(file)?;
        let mut ticker = Ticker::begin(progress, &format!("write {}", output.name), "rows", None);
        for row in rows {
            output.row(row)?;
            ticker.tick()?;
        }
        ticker.end()?;
        Ok(self.finish(output)?)
    }

    /// Writes a whole file.
    ///
    /// # Errors
    /// `Io`.
    pub fn write(&mut self, file: &str, bytes: &[u8]) -> Result<(), Error> {
        let mut output = self.create(file)?;
        output.write_all(bytes).map_err(|e| io_error(output.path.display(), "write", e))?;
        self.finish(output)
    }

    fn keep(&self) -> Result<Vec<FileDigest>, Error> {
        for file in &self.files {
            if file.sha256.is_empty() {
                let message = format!("{}: the step ended before the file did", file.name);
                return Err(Error::new(ErrorKind::Io, message));
            }
        }
        for file in &self.files {
            let (from, to) = (self.work.path(&format!("{}{PART}", file.name)), self.work.path(&file.name));
            self.work.disk.rename(&from, &to).map_err(|e| io_error(to.display(), "rename into place", e))?;
        }
        Ok(self.files.clone())
    }

    fn discard(&self) {
        for file in &self.files {
            let _ = self.work.disk.remove(&self.work.path(&format!("{}{PART}", file.name)));
        }
    }
}

/// A file that a step is writing; hand it to [`Outputs::finish`].
pub struct Output {
    name: String,
    path: PathBuf,
    sink: Box<dyn Sink>,
    hash: Sha256,
    bytes: u64,
}

impl Output {
    /// Writes one row as a line of JSON.
    ///
    /// # Errors
    /// `Io`, such as a full disk.
    pub fn row<T: Serialize>(&mut self, row: &T) -> Result<(), Error> {
        let mut line = serde_json::to_vec(row)
            .map_err(|e| Error::new(ErrorKind::InvalidInput, format!("{}: {e}", self.path.display())))?;
        line.push(b'\n');
        self.write_all(&line).map_err(|e| io_error(self.path.display(), "write", e))
    }
}

impl std::fmt::Debug for Output {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Output").field("name", &self.name).field("bytes", &self.bytes).finish_non_exhaustive()
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let n = self.sink.write(bytes)?;
        self.hash.update(&bytes[..n]);
        self.bytes += n as u64;
        Ok(n)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.sink.flush()
    }
}

/// A digest in hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn short(digest: &str) -> &str {
    digest.get(..12).unwrap_or(digest)
}

#[cfg(test)]
mod tests;
