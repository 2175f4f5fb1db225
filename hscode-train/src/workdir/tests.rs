//! Faults under the working folder.

use super::*;
use crate::disk::faulty::{Fault, FaultyDisk};
use crate::progress::Silent;
use crate::row::Row;
use crate::row::tests::row;

fn rows() -> Vec<Row> {
    (0..16).map(|i| row(&format!("s:{i}"), &format!("cotton tee number {i}"), "610910")).collect()
}

/// Two steps: one writes rows, one reads them and writes two files.
fn pipeline(work: &WorkDir, salt: u32) -> Result<(Ran, Ran), StepError> {
    let first =
        work.run(Step { name: "one", version: 1, settings: salt, inputs: Vec::new() }, &Silent, |out| {
            out.write_rows("rows.jsonl", &rows(), &Silent)?;
            let mut counts = Counts::default();
            counts.add("rows", 16);
            Ok(counts)
        })?;
    let input = work.input("one", "one/rows.jsonl")?;
    let second =
        work.run(Step { name: "two", version: 1, settings: salt, inputs: vec![input] }, &Silent, |out| {
            let read: Vec<Row> = work.read_rows("one/rows.jsonl", &Silent)?;
            out.write_rows("even.jsonl", read.iter().step_by(2), &Silent)?;
            out.write_rows("odd.jsonl", read.iter().skip(1).step_by(2), &Silent)?;
            Ok(Counts::default())
        })?;
    Ok((first, second))
}

/// Every file of a folder with its bytes; the lock has none.
fn snapshot(root: &Path) -> Vec<(String, Vec<u8>)> {
    let mut files = Vec::new();
    let mut folders = vec![root.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
                files.push((name, std::fs::read(&path).unwrap()));
            }
        }
    }
    files.sort();
    files
}

fn whole(salt: u32) -> Vec<(String, Vec<u8>)> {
    let folder = tempfile::tempdir().unwrap();
    pipeline(&WorkDir::open(folder.path()).unwrap(), salt).unwrap();
    snapshot(folder.path())
}

#[test]
fn nothing_changed_is_skipped_and_something_changed_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let work = WorkDir::open(folder.path()).unwrap();
    let (first, second) = pipeline(&work, 1).unwrap();
    assert!(!first.skipped && !second.skipped);
    let before = snapshot(folder.path());
    let (first, second) = pipeline(&work, 1).unwrap();
    assert!(first.skipped && second.skipped);
    assert_eq!(first.record.counts.get("rows"), 16);
    assert_eq!(snapshot(folder.path()), before);
    // Other settings: both run. A removed output: that step runs.
    assert!(!pipeline(&work, 2).unwrap().1.skipped);
    std::fs::remove_file(work.path("two/odd.jsonl")).unwrap();
    let (first, second) = pipeline(&work, 2).unwrap();
    assert!(first.skipped && !second.skipped);
}

#[test]
fn a_changed_input_and_a_missing_step_are_errors() {
    let folder = tempfile::tempdir().unwrap();
    let work = WorkDir::open(folder.path()).unwrap();
    let error = work.input("one", "one/rows.jsonl").unwrap_err();
    assert!(error.message().ends_with("run `hscode one` first"), "{error}");
    pipeline(&work, 1).unwrap();
    std::fs::write(work.path("one/rows.jsonl"), "{}\n").unwrap();
    let error = work.input("one", "one/rows.jsonl").unwrap_err();
    assert!(error.message().contains("saw 3 bytes"), "{error}");
    let error = work.read_rows::<Row>("one/rows.jsonl", &Silent).unwrap_err();
    assert!(error.to_string().contains("line 1, column 2"), "{error}");
}

#[test]
fn a_second_process_is_kept_out() {
    let folder = tempfile::tempdir().unwrap();
    let first = WorkDir::open(folder.path()).unwrap();
    let error = WorkDir::open(folder.path()).unwrap_err();
    assert!(error.message().contains("another hscode command"), "{error}");
    drop(first);
    WorkDir::open(folder.path()).unwrap();
}

#[test]
fn a_full_disk_at_any_byte_leaves_no_half_file_and_resumes() {
    let expected = whole(1);
    let total: usize = expected.iter().map(|(_, bytes)| bytes.len()).sum();
    for budget in (0..total as i64).step_by(211) {
        let folder = tempfile::tempdir().unwrap();
        let disk = FaultyDisk::new(Fault::Full, budget);
        let error = pipeline(&WorkDir::on(Box::new(disk), folder.path()).unwrap(), 1).unwrap_err();
        let StepError::Failed(error) = error else { panic!("stopped") };
        assert_eq!(error.kind(), ErrorKind::Io);
        assert!(error.message().contains("cannot"), "{error}");
        for (name, _) in snapshot(folder.path()) {
            assert!(!name.ends_with(PART), "{name} left after {budget} bytes");
        }
        pipeline(&WorkDir::open(folder.path()).unwrap(), 1).unwrap();
        assert_eq!(snapshot(folder.path()), expected, "after {budget} bytes");
    }
}

#[test]
fn a_run_killed_at_any_operation_resumes_to_the_same_bytes() {
    let expected = whole(2);
    let mut killed = 0;
    for operation in 1.. {
        let folder = tempfile::tempdir().unwrap();
        // The folder holds an older run, as it would.
        pipeline(&WorkDir::open(folder.path()).unwrap(), 1).unwrap();
        let disk = FaultyDisk::new(Fault::Killed, operation);
        let ended = WorkDir::on(Box::new(disk), folder.path()).map(|work| pipeline(&work, 2).is_ok());
        if ended.is_ok_and(|ok| ok) {
            break;
        }
        killed += 1;
        pipeline(&WorkDir::open(folder.path()).unwrap(), 2).unwrap();
        let after: Vec<_> =
            snapshot(folder.path()).into_iter().filter(|(name, _)| !name.ends_with(PART)).collect();
        assert_eq!(after, expected, "killed at operation {operation}");
    }
    assert!(killed > 60, "only {killed} operations were tried");
}

#[test]
fn a_folder_that_cannot_be_written_is_an_error_with_its_path() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "x").unwrap();
    let error = WorkDir::open(file.join("work")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Io);
    assert!(error.message().contains("make the working folder"), "{error}");
}

#[test]
fn a_stop_leaves_the_folder_as_it_was() {
    struct Stop;
    impl Progress for Stop {
        fn stop(&self) -> bool {
            true
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let work = WorkDir::open(folder.path()).unwrap();
    pipeline(&work, 1).unwrap();
    let before = snapshot(folder.path());
    let result =
        work.run(Step { name: "one", version: 1, settings: 9, inputs: Vec::new() }, &Silent, |out| {
            out.write_rows("rows.jsonl", &rows(), &Stop)?;
            Ok(Counts::default())
        });
    assert!(matches!(result, Err(StepError::Stopped)));
    assert_eq!(snapshot(folder.path()), before);
}
