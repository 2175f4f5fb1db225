//! From a table to a trained model, as a customer does it; stopped and killed on the way.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a test fails by panicking

mod common;

use common::{Folder, hscode};
#[cfg(unix)]
use common::{Run, command, signal, wait_until};
use serde_json::Value;

/// Settings for a small network over real descriptions of two chapters.
fn settings(folder: &Folder, more: &str) -> String {
    let data = concat!(env!("CARGO_MANIFEST_DIR"), "/../data/descriptions");
    let mut text = format!(
        "{more}\n[split]\ndev = 0.1\n[train.network]\npieces = 800\ntoken_dim = 16\nfilters = 16\nhidden = [32]\n\
         [train.network.grams]\nbuckets = 2000\ndim = 16\n\
         [train.learn]\nepochs = 6\nbatch = 32\nrate = 0.01\ncheckpoint_every = 2\nmeasure_every = 20\n"
    );
    for chapter in ["13", "45"] {
        text.push_str(&format!("[[sources]]\nname = \"c{chapter}\"\npath = \"{data}/{chapter}.tsv\"\n"));
    }
    folder.file("train.toml", text)
}

#[test]
fn a_table_becomes_a_model_and_nothing_is_done_twice() {
    let folder = Folder::new("train");
    let settings = settings(&folder, "");
    let work = folder.path("work");
    let arguments = ["train", "--config", &settings, "--work", &work];
    let run = hscode(&arguments).status(0);
    for part in ["ingest (", "clean (", "split (", "encode (", "train (", "classes", "top-1 in % at 2, 4, 6"]
    {
        assert!(run.stdout.contains(part), "{part}: {}", run.stdout);
    }
    let row = run.stdout.lines().find(|line| line.starts_with("c45 ")).unwrap();
    let cells: Vec<f64> = row.split_whitespace().skip(1).map(|cell| cell.parse().unwrap()).collect();
    assert!(cells[0] > 20.0 && cells[1] > 50.0, "{row}");
    run.says("step 20 epoch");
    let log: Value = serde_json::from_str(&folder.read("work/train/log.json")).unwrap();
    assert_eq!(log["model"], "text_cnn");
    let again = hscode(&arguments).status(0).stdout;
    assert_eq!(again.matches("(nothing changed)").count(), 5, "{again}");
    // From this model, with one setting changed.
    let model = folder.path("work/train/model.bin");
    let other = folder.path("other");
    let from =
        ["train", "--config", &settings, "--work", &other, "--from", &model, "--set", "train.learn.epochs=1"];
    let run = hscode(&from).status(0);
    assert!(!run.stdout.contains("encode ("), "{}", run.stdout);
    let second: Value = serde_json::from_str(&folder.read("other/train/log.json")).unwrap();
    assert!(second["entries"][0]["train_loss"].as_f64() < log["entries"][0]["train_loss"].as_f64());
}

#[cfg(unix)]
#[test]
fn a_stopped_or_killed_run_goes_on_to_the_same_bytes() {
    let folder = Folder::new("train-stop");
    let settings = settings(&folder, "");
    let run = |work: &str| hscode(&["train", "--config", &settings, "--work", work]).status(0);
    run(&folder.path("whole"));
    let expected = folder.read("whole/steps.json");
    assert!(expected.contains("train/model.bin"));
    for (name, with) in [("stopped", "INT"), ("ended", "TERM"), ("killed", "KILL")] {
        let work = folder.path(name);
        let child = command(&["train", "--config", &settings, "--work", &work]).spawn().unwrap();
        let checkpoint = folder.0.join(name).join("train/checkpoint.bin");
        wait_until("a checkpoint", || checkpoint.exists());
        signal(&child, with);
        let ended = Run::of(child.wait_with_output().unwrap());
        if with == "KILL" {
            assert_eq!(ended.status, -1);
        } else {
            ended.status(130).says("hscode: stopped");
        }
        assert!(checkpoint.exists() && !folder.0.join(name).join("train/model.bin").exists());
        run(&work);
        assert_eq!(folder.read(&format!("{name}/steps.json")), expected, "{name}");
        assert!(!checkpoint.exists());
    }
}

#[test]
fn wrong_settings_data_and_models_are_told() {
    let folder = Folder::new("train-wrong");
    let printed = hscode(&["train", "--print-config"]).status(0).stdout;
    assert!(printed.contains("[train.learn]") && printed.contains("[start]"));
    let good = settings(&folder, "");
    let work = folder.path("work");
    let run = |more: &[&str]| hscode(&[&["train", "--config", &good, "--work", &work], more].concat());
    run(&["--set", "train.learn.epoch=3"]).status(4).says("did you mean `epochs`?");
    run(&["--set", "train.learn.batch=0"]).status(4).says("learn.batch: expected 1 to 65536, seen 0");
    run(&["--set", "train.learn"]).status(2).says("expected KEY=VALUE");
    run(&["--from", &folder.path("none.bin")]).status(4).says("none.bin");
    let damaged = folder.file("damaged.bin", b"HSTENS01 and no more");
    run(&["--from", &damaged]).status(3).says("damaged.bin");
    // The embedded model is a start too; its classes are those of the edition.
    let small = ["--from", "embedded", "--set", "train.learn.epochs=1", "--set", "train.learn.batch=512"];
    assert!(run(&small).status(0).stdout.contains("5,612  classes"));
    folder.file("one.csv", "description,code\ncotton tee,610910\nblue jersey tee,610910\n");
    folder.file("none.csv", "description,code\n");
    for (table, said) in [("one.csv", "one class only"), ("none.csv", "no row can be used: 0 read")] {
        let text = format!("[[sources]]\nname = \"own\"\npath = \"{table}\"\n");
        let settings = folder.file("bad.toml", text);
        hscode(&["train", "--config", &settings, "--work", &work]).status(4).says(said);
    }
}

#[test]
fn a_search_keeps_its_trials_and_is_drawn() {
    let folder = Folder::new("tune");
    let settings = settings(
        &folder,
        "[tune]\ntrials = 4\ndrawn = 2\nsample = 0.5\nprune = false\n[tune.parameters]\n\
         \"train.learn.rate\" = { from = 0.001, to = 0.03, log = true }\n\
         \"train.learn.epochs\" = { from = 1, to = 3 }\n",
    );
    let work = folder.path("work");
    let arguments = ["tune", "--config", &settings, "--work", &work];
    let run = hscode(&[&arguments[..], &["--set", "tune.trials=2"]].concat()).status(0);
    run.says("trial 1: complete");
    let again = hscode(&arguments).status(0);
    assert!(
        !again.stderr.contains("trial 1:") && again.stderr.contains("trial 3: complete"),
        "{}",
        again.stderr
    );
    assert!(again.stdout.contains("top-1 at 6 digits on development of 4 trials"), "{}", again.stdout);
    assert_eq!(folder.read("work/tune/trials.jsonl").lines().count(), 5);
    assert!(folder.read("work/tune/best.toml").contains("train.learn.rate = 0.0"));
    let data = folder.file("goods.csv", "text,code\ncotton t-shirt,610910\n");
    let (out, study) = (folder.path("out"), folder.path("work/tune/study.json"));
    hscode(&["evaluate", "--data", &data, "--report", &out, "--log", &study]).status(0);
    assert!(folder.read("out/report.html").contains("Trials of settings of training"));
    hscode(&[&arguments[..], &["--set", "tune.digits=3"]].concat()).status(4).says("expected 2, 4 or 6");
}

#[test]
fn one_command_goes_from_tables_to_a_package_that_answers() {
    let folder = Folder::new("pack");
    let settings = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/customer/train.toml");
    let (work, out, report) = (folder.path("work"), folder.path("model"), folder.path("report"));
    let small = [
        "--set",
        "train.learn.epochs=4",
        "--set",
        "train.network.token_dim=16",
        "--set",
        "train.network.filters=16",
    ];
    let arguments = ["pack", "--config", settings, "--work", &work, "--out", &out, "--report", &report];
    let run = hscode(&[&arguments[..], &small].concat()).status(0);
    assert!(run.stdout.contains("package: bags-and-hats@1#"), "{}", run.stdout);
    assert!(run.stdout.contains("test: ") && run.stdout.contains("judged in HS2022"), "{}", run.stdout);
    let card = folder.read("model/CARD.md");
    assert!(card.contains("| declarations |") && card.contains("accuracy_top1"), "{card}");
    let page = folder.read("report/report.html");
    assert!(page.contains("mean loss of training") && page.ends_with("</html>\n"));
    // It answers, and it is compared with the model before packing and with another kind.
    hscode(&["model", "verify", &out]).status(0);
    let answer = hscode(&["classify", "--model", &out, "--json", "leather handbag"]).status(0);
    assert_eq!(answer.records()[0]["classifier"], "text-cnn+lexical");
    let svc = folder.path("svc");
    hscode(&["train", "--config", settings, "--work", &svc, "--set", "train.model=svc"]).status(0);
    let data = folder.path("work/split/dev.jsonl");
    let (network, linear) = (folder.path("work/train/model.bin"), folder.path("svc/train/model.bin"));
    let compared = folder.path("compared");
    let run = hscode(&[
        "evaluate", "--data", &data, "--model", &out, "--model", &network, "--model", &linear, "--report",
        &compared, "--json", "--time", "5",
    ])
    .status(0);
    let seen: Value = serde_json::from_str(&run.stdout).unwrap();
    let labels: Vec<&str> =
        seen["models"].as_array().unwrap().iter().map(|m| m["label"].as_str().unwrap()).collect();
    assert_eq!(labels, ["model", "work", "svc"]);
    assert_eq!(seen["comparisons"].as_array().unwrap().len(), 3 * 3 * 2);
    let page = folder.read("compared/report.html");
    assert!(page.contains("minutes of training") && page.contains("Loss of work"));
    // What is published stays; another version is another folder, and starts from this one.
    hscode(&arguments).status(4).says("what is published is never changed");
    let (other, second) = (folder.path("other"), folder.path("second"));
    let from = [
        "pack",
        "--config",
        settings,
        "--work",
        &other,
        "--from",
        &out,
        "--out",
        &second,
        "--set",
        "package.version=2",
        "--set",
        "train.learn.epochs=1",
        "--set",
        "train.learn.rate=0.0005",
    ];
    hscode(&from).status(0);
    assert!(folder.read("second/CARD.md").contains("| start |"));
    hscode(&[
        "pack",
        "--config",
        settings,
        "--work",
        &svc,
        "--out",
        &folder.path("no"),
        "--set",
        "train.model=svc",
    ])
    .status(3)
    .says("packages hold no other");
    assert!(!folder.0.join("no").exists());
}
