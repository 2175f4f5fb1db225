//! The steps together, from tables to an audited division: resumed, stopped, killed.

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};

use crate::config::Config;
use crate::disk::faulty::{Fault, FaultyDisk};
use crate::prepare::{Prepare, prepare};
use crate::progress::{Progress, Silent, StepError};
use crate::workdir::WorkDir;

/// Real descriptions: three chapters of the repository's own.
fn config() -> Config {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../data/descriptions");
    let mut text = "[split]\ntest = 0.2\n".to_owned();
    for chapter in ["45", "50", "80"] {
        let path = data.join(format!("{chapter}.tsv"));
        text.push_str(&format!("[[sources]]\nname = \"c{chapter}\"\npath = {path:?}\n"));
    }
    Config::parse(&text).unwrap()
}

fn steps(work: &WorkDir, config: &Config, progress: &dyn Progress) -> Result<u32, StepError> {
    let mut ran = 0;
    prepare(work, config, Prepare::Audit, progress, |_, step| ran += u32::from(!step.skipped))?;
    Ok(ran)
}

/// The digests of every file, as the steps recorded them.
fn state(folder: &Path) -> String {
    std::fs::read_to_string(folder.join("steps.json")).unwrap()
}

fn whole() -> String {
    let folder = tempfile::tempdir().unwrap();
    let work = WorkDir::open(folder.path()).unwrap();
    assert_eq!(steps(&work, &config(), &Silent).unwrap(), 4);
    assert_eq!(steps(&work, &config(), &Silent).unwrap(), 0);
    state(folder.path())
}

#[test]
fn counts_add_up_from_step_to_step() {
    let folder = tempfile::tempdir().unwrap();
    let work = WorkDir::open(folder.path()).unwrap();
    steps(&work, &config(), &Silent).unwrap();
    let count = |step: &str, name: &str| work.record(step).unwrap().unwrap().counts.get(name);
    assert!(count("ingest", "kept") > 500);
    assert_eq!(count("ingest", "kept"), count("clean", "read"));
    assert_eq!(count("clean", "read"), count("clean", "kept") + count("clean", "rejected"));
    assert_eq!(count("clean", "kept"), count("split", "read"));
    let parted = count("split", "train") + count("split", "dev") + count("split", "test");
    assert_eq!(count("split", "read"), parted + count("split", "rejected"));
    assert_eq!(count("audit", "rows"), parted);
    assert_eq!(count("audit", "leaks"), 0);
    // Other settings of one step: that step and those after it run again.
    let mut other = config();
    other.split.test = 0.1;
    assert_eq!(steps(&work, &other, &Silent).unwrap(), 2);
}

#[test]
fn a_stop_at_any_moment_resumes_to_the_same_bytes() {
    struct StopAt(AtomicU64);
    impl Progress for StopAt {
        fn stop(&self) -> bool {
            self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |n| n.checked_sub(1)).is_err()
        }
    }
    let expected = whole();
    let mut stops = 0;
    for after in (0..).step_by(3) {
        let folder = tempfile::tempdir().unwrap();
        let work = WorkDir::open(folder.path()).unwrap();
        match steps(&work, &config(), &StopAt(AtomicU64::new(after))) {
            Ok(_) => break,
            Err(StepError::Stopped) => stops += 1,
            Err(StepError::Failed(error)) => panic!("{error}"),
        }
        steps(&work, &config(), &Silent).unwrap();
        assert_eq!(state(folder.path()), expected, "stopped at question {after}");
    }
    assert!(stops > 3, "{stops}");
}

#[test]
fn a_full_disk_in_any_step_is_told_and_resumes_to_the_same_bytes() {
    let expected = whole();
    for budget in [0, 1_000, 60_000, 120_000, 180_000, 240_000, 300_000] {
        let folder = tempfile::tempdir().unwrap();
        let disk = FaultyDisk::new(Fault::Full, budget);
        let work = WorkDir::on(Box::new(disk), folder.path()).unwrap();
        if let Err(error) = steps(&work, &config(), &Silent) {
            assert!(error.to_string().contains("cannot"), "{error}");
        }
        drop(work);
        steps(&WorkDir::open(folder.path()).unwrap(), &config(), &Silent).unwrap();
        assert_eq!(state(folder.path()), expected, "full after {budget} bytes");
    }
}

const CHILD: &str = "HSCODE_TEST_KILLED_IN";

#[test]
fn a_killed_process_resumes_to_the_same_bytes() {
    if let Ok(folder) = std::env::var(CHILD) {
        steps(&WorkDir::open(folder).unwrap(), &config(), &Silent).unwrap();
        return;
    }
    let expected = whole();
    let mut killed = 0;
    for milliseconds in [5, 20, 40, 80, 120, 160, 240, 320] {
        let folder = tempfile::tempdir().unwrap();
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "pipeline_tests::a_killed_process_resumes_to_the_same_bytes"])
            .env(CHILD, folder.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(std::time::Duration::from_millis(milliseconds));
        child.kill().unwrap();
        killed += u32::from(!child.wait().unwrap().success());
        steps(&WorkDir::open(folder.path()).unwrap(), &config(), &Silent).unwrap();
        assert_eq!(state(folder.path()), expected, "killed after {milliseconds} ms");
    }
    assert!(killed > 0);
}
