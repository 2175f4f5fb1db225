//! The page: whole, closed in itself, and of the same figures as the JSON.

use std::collections::BTreeMap;

use hscode_core::{Classifier, Level};

use crate::evaluate::tests::{answers, from_table, goods, options, report, table};
use crate::evaluate::{
    Calibration, CalibrationLog, CalibrationStep, EvaluateOptions, Logs, Report, RunOptions,
};

fn two_models(show_text: bool) -> Report {
    let one = from_table("one", answers());
    let other = from_table("other", table(&[("bolt", &[("731815", 0.9)]), ("nut", &[("731816", 0.9)])]));
    let run = RunOptions { coverage: Some(0.9), ..RunOptions::default() };
    let models: [(&str, &dyn Classifier); 2] = [("one", &one), ("other <i>", &other)];
    report(&goods(), &models, &EvaluateOptions { run, show_text, core_hour_price: Some(0.04), ..options() })
}

fn logs() -> Logs {
    let mut logs = Logs::default();
    let curve = r#"{"model":"text_cnn","weights":1234567,"samples":9,"entries":[
        {"epoch":1.0,"train_loss":2.5,"seconds":30.0,"dev":[{"set":"dev","n":5,"top1":[0.6,0.4,0.2],"top5":[1.0,0.8,0.6]}]},
        {"epoch":2.0,"train_loss":2.0,"seconds":60.0,"dev":[{"set":"dev","n":5,"top1":[0.6,0.4,0.3],"top5":[1.0,0.8,0.7]}]}]}"#;
    let study = r#"{"study":"first","metric":"dev top-1","trials":[
        {"number":0,"state":"complete","value":0.41,"seconds":60.0,"parameters":{"rate":0.001,"loss":"ce"}},
        {"number":1,"state":"pruned","value":0.2,"seconds":9.0,"parameters":{"rate":0.1,"loss":"ce"}},
        {"number":2,"state":"failed","value":null,"seconds":1.0,"parameters":{"rate":1.0,"loss":"ce"}}]}"#;
    logs.add(curve).unwrap();
    logs.add(study).unwrap();
    let step = CalibrationStep {
        level: Level::Subheading,
        before: Calibration::of(&[(0.9, false), (0.9, true)]),
        after: Calibration::of(&[(0.5, false), (0.5, true)]),
    };
    logs.calibrations.push(CalibrationLog { model: "m".into(), set: "dev".into(), calibration: vec![step] });
    logs
}

/// Checks that tags are closed in order; gives how often each was opened.
fn tags(html: &str) -> BTreeMap<String, usize> {
    const VOID: [&str; 3] = ["meta", "br", "!doctype"];
    let (mut open, mut counts): (Vec<String>, BTreeMap<String, usize>) = (Vec::new(), BTreeMap::new());
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        let end = at + rest[at..].find('>').unwrap();
        let tag = &rest[at + 1..end];
        rest = &rest[end + 1..];
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop().as_deref(), Some(name));
            continue;
        }
        let name = tag.split([' ', '/']).next().unwrap().to_lowercase();
        *counts.entry(name.clone()).or_default() += 1;
        if !VOID.contains(&name.as_str()) && !tag.ends_with('/') {
            if name == "style" || name == "script" {
                let close = format!("</{name}>");
                rest = &rest[rest.find(&close).unwrap() + close.len()..];
            } else {
                open.push(name);
            }
        }
    }
    assert!(open.is_empty(), "{open:?}");
    counts
}

#[test]
fn the_page_is_whole_and_needs_nothing_else() {
    let html = two_models(true).to_html(&logs());
    let counts = tags(&html);
    assert!(counts["svg"] >= 10 && counts["table"] >= 10, "{counts:?}");
    for part in ["summary", "pairs", "decisions", "coverage", "calibration", "chapters", "training", "tuning"]
    {
        assert!(html.contains(&format!("<section id=\"{part}\">")), "{part}");
        assert!(html.contains(&format!("href=\"#{part}\"")), "{part}");
    }
    // No address of anywhere else, no import, no link element.
    for outside in ["http", "url(", "@import", "<link", "<img", "src="] {
        assert!(!html.contains(outside), "{outside}");
    }
    let (shown, _) = html.split_once("<script>").unwrap();
    assert!(!shown.contains("NaN") && !shown.contains("inf\""), "numbers are numbers");
}

#[test]
fn names_and_descriptions_stay_text() {
    let html = two_models(true).to_html(&Logs::default());
    assert!(!html.contains("other <i>") && html.contains("other &lt;i&gt;"));
    assert!(html.contains("1: shirt"));
    let hidden = two_models(false).to_html(&Logs::default());
    assert!(!hidden.contains(": shirt") && !hidden.contains("heading only"));
}

#[test]
fn figures_are_those_of_the_report() {
    let report = two_models(false);
    let html = report.to_html(&Logs::default());
    let top = report.evaluations[0].at(Level::Subheading).unwrap().top(1).unwrap();
    let shown = format!(
        "<b>{:.1}</b> <small>{:.0}–{:.0}</small>",
        top.rate.unwrap() * 100.0,
        top.low * 100.0,
        top.high * 100.0
    );
    assert!(html.contains(&shown), "{shown}");
    let comparison = report.comparisons.iter().find(|c| c.level == Level::Subheading && c.k == 1).unwrap();
    assert!(html.contains(&format!("<b>{:+.1}</b>", comparison.pair.difference * 100.0)));
    assert!(
        html.contains(&format!("<b>{:+.1}</b>", -comparison.pair.difference * 100.0)),
        "and the other way"
    );
}

#[test]
fn one_model_has_no_comparison_and_no_empty_part() {
    let one = from_table("one", answers());
    let html = report(&goods(), &[("one", &one)], &options()).to_html(&Logs::default());
    for absent in ["id=\"pairs\"", "id=\"training\"", "id=\"tuning\"", "id=\"stages\""] {
        assert!(!html.contains(absent), "{absent}");
    }
    tags(&html);
}
