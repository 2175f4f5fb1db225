//! Stopping: Ctrl-C, a kill, a reader that goes away, and memory that does not grow.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::panic)] // a test fails by panicking

mod common;

use std::io::{BufRead, BufReader, Read, Write};
use std::process::Stdio;

use common::{Folder, Run, command, fifo, hscode_reading, signal, wait_until};

/// A run that has answered some rows of a pipe which stays open.
struct Waiting {
    folder: Folder,
    child: std::process::Child,
    pipe: std::fs::File,
}

fn waiting(name: &str) -> Waiting {
    let folder = Folder::new(name);
    let input = folder.0.join("goods.txt");
    fifo(&input);
    std::fs::write(folder.0.join("out.jsonl"), "the old answers\n").unwrap();
    let output = folder.path("out.jsonl");
    let arguments = ["classify", "--input", input.to_str().unwrap(), "--output", &output, "--batch", "1"];
    let child = command(&arguments).spawn().unwrap();
    let mut pipe = std::fs::OpenOptions::new().write(true).open(&input).unwrap();
    // Enough rows that some have reached the temporary file, past what is held in memory.
    for row in 0..400 {
        writeln!(pipe, "mens cotton crew neck tee {row}").unwrap();
    }
    wait_until("writing", || {
        let partial = folder.names().into_iter().find(|name| name.ends_with(".partial"));
        partial.is_some_and(|name| std::fs::metadata(folder.0.join(name)).unwrap().len() > 0)
    });
    Waiting { folder, child, pipe }
}

#[test]
fn ctrl_c_removes_the_temporary_file_and_keeps_the_old_one() {
    let Waiting { folder, child, pipe } = waiting("sigint");
    signal(&child, "INT");
    let run = Run::of(child.wait_with_output().unwrap()).status(130).says("hscode: stopped");
    assert_eq!(run.stdout, "");
    assert_eq!(folder.names(), ["goods.txt", "out.jsonl"]);
    assert_eq!(folder.read("out.jsonl"), "the old answers\n");
    drop(pipe);
}

#[test]
fn termination_stops_in_the_same_way() {
    let Waiting { folder, child, pipe } = waiting("sigterm");
    signal(&child, "TERM");
    Run::of(child.wait_with_output().unwrap()).status(130);
    assert_eq!(folder.names(), ["goods.txt", "out.jsonl"]);
    drop(pipe);
}

#[test]
fn a_kill_leaves_no_half_file_under_the_final_name() {
    let Waiting { folder, mut child, pipe } = waiting("sigkill");
    signal(&child, "KILL");
    assert_eq!(child.wait().unwrap().code(), None);
    assert_eq!(folder.read("out.jsonl"), "the old answers\n");
    let left: Vec<String> = folder.names().into_iter().filter(|name| name.ends_with(".partial")).collect();
    assert_eq!(left.len(), 1, "only the temporary file is left: {left:?}");
    drop(pipe);
}

#[test]
fn a_run_that_is_not_stopped_ends_whole() {
    let Waiting { folder, child, pipe } = waiting("whole");
    drop(pipe);
    Run::of(child.wait_with_output().unwrap()).status(0);
    assert_eq!(folder.names(), ["goods.txt", "out.jsonl"]);
    assert_eq!(folder.read("out.jsonl").lines().count(), 400);
}

#[test]
fn a_reader_that_goes_away_ends_the_run_quietly_also_while_input_is_awaited() {
    let mut child = command(&["classify", "--batch", "1"]).stdin(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    stdin.write_all(b"cotton tee\n").unwrap();
    let mut line = String::new();
    stdout.read_line(&mut line).unwrap();
    assert!(line.starts_with("{\"index\":0,"), "{line}");
    drop(stdout);
    stdin.write_all(b"steel bolt\n").unwrap();
    // The input stays open: the run must not wait for it.
    let mut stderr = String::new();
    child.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
    assert_eq!((child.wait().unwrap().code(), stderr.as_str()), (Some(0), ""));
    drop(stdin);
}

#[test]
fn one_row_at_a_time_is_answered_as_it_comes() {
    one_at_a_time(&["classify", "--batch", "1"]);
}

#[test]
fn so_it_is_when_standard_input_and_output_are_named() {
    one_at_a_time(&["classify", "--input", "-", "--output", "-", "--batch", "1"]);
}

fn one_at_a_time(arguments: &[&str]) {
    let mut child = command(arguments).stdin(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    for row in 0..5 {
        writeln!(stdin, "cotton tee").unwrap();
        let mut line = String::new();
        stdout.read_line(&mut line).unwrap();
        assert!(line.starts_with(&format!("{{\"index\":{row},")), "{line}");
    }
    drop(stdin);
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

/// The most memory that a run has held, in KiB.
#[cfg(target_os = "linux")]
fn peak_kib(arguments: &[&str], rows: usize, row: &str) -> u64 {
    let mut child = command(arguments).stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
    let mut stdin = std::io::BufWriter::new(child.stdin.take().unwrap());
    for _ in 0..rows {
        writeln!(stdin, "{row}").unwrap();
    }
    stdin.flush().unwrap();
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap();
    drop(stdin);
    assert!(child.wait().unwrap().success());
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    peak.trim().trim_end_matches(" kB").parse().unwrap()
}

#[cfg(target_os = "linux")]
#[test]
fn memory_does_not_grow_with_the_rows() {
    let arguments = ["check", "--threads", "2"];
    let row = "stainless steel bolt M8 with nut and washer, 100 pieces a box";
    let (few, many) = (peak_kib(&arguments, 2_000, row), peak_kib(&arguments, 100_000, row));
    assert!(many < few + 8 * 1024, "{few} KiB for 2,000 rows, {many} KiB for 100,000");
}

#[test]
fn rows_of_a_mebibyte_do_not_meet_in_memory() {
    let row = "steel ".repeat(170_000);
    let input = format!("{row}\n").repeat(40);
    let run = hscode_reading(&["check", "--output-format", "csv"], input.as_bytes());
    assert_eq!(run.stdout.lines().count(), 41);
}

#[test]
fn ctrl_c_ends_an_evaluation_without_a_report() {
    let folder = Folder::new("sigint-evaluate");
    let input = folder.0.join("goods.jsonl");
    fifo(&input);
    let out = folder.path("out");
    let arguments = ["evaluate", "--data", input.to_str().unwrap(), "--report", &out, "--threads", "1"];
    let child = command(&arguments).spawn().unwrap();
    // Opening waits for the command, which by then listens. The rows are enough for many seconds of answering.
    let mut pipe = std::fs::OpenOptions::new().write(true).open(&input).unwrap();
    let row = "{\"text\":\"mens cotton crew neck tee with short sleeves\",\"code\":\"610910\"}\n";
    pipe.write_all(row.repeat(50_000).as_bytes()).unwrap();
    drop(pipe);
    // Most likely it answers by now; if it still reads, it stops at once and without a word.
    std::thread::sleep(std::time::Duration::from_millis(500));
    signal(&child, "INT");
    let run = Run::of(child.wait_with_output().unwrap()).status(130);
    assert_eq!(run.stdout, "");
    assert!(run.stderr.is_empty() || run.stderr.contains("hscode: stopped"), "{}", run.stderr);
    assert_eq!(folder.names(), ["goods.jsonl"]);
}
