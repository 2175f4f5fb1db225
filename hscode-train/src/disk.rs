//! The few file operations that steps need, behind a trait, so that faults can be put in under them.

use std::fs::File;
use std::io::{self, BufWriter, Read, Write};
use std::path::Path;

/// Where a working folder keeps its files.
///
/// The steps write through this trait only, so a test can fill the "disk" after n bytes or end the "process"
/// at any operation, and another store (object storage, memory) can take the place of folders.
pub trait Disk: Send + Sync {
    /// Opens a file to read it from its start.
    ///
    /// # Errors
    /// As the operating system gives them; `NotFound` when there is no such file.
    fn open(&self, path: &Path) -> io::Result<Box<dyn Read + Send>>;

    /// Creates a file, or empties it if it is there.
    ///
    /// # Errors
    /// As the operating system gives them.
    fn create(&self, path: &Path) -> io::Result<Box<dyn Sink>>;

    /// Gives a file or a folder its final name, in one step, replacing what had that name.
    ///
    /// # Errors
    /// As the operating system gives them.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;

    /// Removes a file.
    ///
    /// # Errors
    /// As the operating system gives them; `NotFound` when there is no such file.
    fn remove(&self, path: &Path) -> io::Result<()>;

    /// Removes an empty folder.
    ///
    /// # Errors
    /// As the operating system gives them.
    fn remove_folder(&self, path: &Path) -> io::Result<()>;

    /// Makes a folder and those above it.
    ///
    /// # Errors
    /// As the operating system gives them.
    fn make_folder(&self, path: &Path) -> io::Result<()>;
}

/// A file being written.
pub trait Sink: Write + Send {
    /// Brings every byte to the disk and closes the file; only then is the file whole.
    ///
    /// # Errors
    /// As the operating system gives them, such as a full disk that showed only now.
    fn finish(self: Box<Self>) -> io::Result<()>;
}

/// The file system of this machine.
#[derive(Debug, Clone, Copy, Default)]
pub struct Folders;

struct FileSink(BufWriter<File>);

impl Write for FileSink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

impl Sink for FileSink {
    fn finish(self: Box<Self>) -> io::Result<()> {
        let file = self.0.into_inner().map_err(io::IntoInnerError::into_error)?;
        file.sync_all()
    }
}

impl Disk for Folders {
    fn open(&self, path: &Path) -> io::Result<Box<dyn Read + Send>> {
        Ok(Box::new(File::open(path)?))
    }

    fn create(&self, path: &Path) -> io::Result<Box<dyn Sink>> {
        Ok(Box::new(FileSink(BufWriter::with_capacity(1 << 18, File::create(path)?))))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        std::fs::rename(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        std::fs::remove_file(path)
    }

    fn remove_folder(&self, path: &Path) -> io::Result<()> {
        std::fs::remove_dir(path)
    }

    fn make_folder(&self, path: &Path) -> io::Result<()> {
        std::fs::create_dir_all(path)
    }
}

/// Disks that fail on purpose.
#[cfg(test)]
pub(crate) mod faulty {
    use super::*;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicI64, Ordering};

    /// What runs out.
    #[derive(Clone, Copy, PartialEq, Eq, Debug)]
    pub(crate) enum Fault {
        /// Bytes: the disk is full after so many.
        Full,
        /// Operations: the process "ends" at one of them; nothing after it reaches the disk.
        Killed,
    }

    /// A real folder under a budget of bytes or operations.
    #[derive(Clone)]
    pub(crate) struct FaultyDisk {
        pub(crate) fault: Fault,
        left: Arc<AtomicI64>,
    }

    impl FaultyDisk {
        pub(crate) fn new(fault: Fault, budget: i64) -> Self {
            Self { fault, left: Arc::new(AtomicI64::new(budget)) }
        }

        fn spend(&self, fault: Fault, cost: i64) -> io::Result<()> {
            if fault != self.fault || self.left.fetch_sub(cost, Ordering::Relaxed) >= cost {
                return Ok(());
            }
            self.left.store(0, Ordering::Relaxed);
            Err(match fault {
                Fault::Full => io::Error::from(io::ErrorKind::StorageFull),
                Fault::Killed => io::Error::other("killed"),
            })
        }
    }

    struct FaultySink(File, FaultyDisk);

    impl Write for FaultySink {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            // Small pieces, as a full disk takes part of a buffer.
            let piece = &bytes[..bytes.len().min(64)];
            self.1.spend(Fault::Full, piece.len() as i64)?;
            self.1.spend(Fault::Killed, 1)?;
            self.0.write(piece)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl Sink for FaultySink {
        fn finish(self: Box<Self>) -> io::Result<()> {
            self.1.spend(Fault::Killed, 1)
        }
    }

    impl Disk for FaultyDisk {
        fn open(&self, path: &Path) -> io::Result<Box<dyn Read + Send>> {
            Folders.open(path)
        }

        fn create(&self, path: &Path) -> io::Result<Box<dyn Sink>> {
            self.spend(Fault::Killed, 1)?;
            Ok(Box::new(FaultySink(File::create(path)?, self.clone())))
        }

        fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
            self.spend(Fault::Killed, 1)?;
            Folders.rename(from, to)
        }

        fn remove(&self, path: &Path) -> io::Result<()> {
            self.spend(Fault::Killed, 1)?;
            Folders.remove(path)
        }

        fn remove_folder(&self, path: &Path) -> io::Result<()> {
            self.spend(Fault::Killed, 1)?;
            Folders.remove_folder(path)
        }

        fn make_folder(&self, path: &Path) -> io::Result<()> {
            self.spend(Fault::Killed, 1)?;
            Folders.make_folder(path)
        }
    }
}
