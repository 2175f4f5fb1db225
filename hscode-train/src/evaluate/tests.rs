//! The whole evaluation, on small cases by hand and on random rankings.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use hscode_core::{
    Cascade, Classifier, ClassifierInfo, DecisionPolicy, Edition, Error, ErrorKind, External, HsCode, Level,
    Options, Thresholds,
};
use proptest::prelude::*;

use super::*;
use crate::progress::{Progress, Silent, StepError};

pub(super) type Scores = Vec<(HsCode, f32)>;

fn code(text: &str) -> HsCode {
    text.parse().unwrap()
}

fn scores(pairs: &[(&str, f32)]) -> Scores {
    pairs.iter().map(|(c, s)| (code(c), *s)).collect()
}

/// Answers each description from a table; what is not in it has no candidate, `fail` fails.
pub(super) fn from_table(name: &str, table: BTreeMap<String, Scores>) -> impl Classifier + 'static {
    let info = ClassifierInfo::new(name, "table@1", Edition::HS2022, Level::Subheading, 5612);
    let policy = DecisionPolicy::with_thresholds(Thresholds { chapter: 0.9, heading: 0.7, subheading: 0.5 });
    External::new(info, policy, move |descriptions: &[&str], _: &Options| {
        descriptions
            .iter()
            .map(|d| match *d {
                "fail" => Err(Error::new(ErrorKind::Inference, "out of order")),
                d => Ok(table.get(d).cloned().unwrap_or_default()),
            })
            .collect()
    })
    .unwrap()
}

pub(super) fn table(rows: &[(&str, &[(&str, f32)])]) -> BTreeMap<String, Scores> {
    rows.iter().map(|(text, pairs)| ((*text).to_owned(), scores(pairs))).collect()
}

pub(super) fn dataset(rows: &[(&str, &str)]) -> Dataset {
    let mut builder = DatasetBuilder::new("goods", Edition::HS2022, Edition::HS2022).unwrap();
    for (at, (text, code)) in rows.iter().enumerate() {
        builder.push(at as u64, text, code);
    }
    builder.finish().unwrap()
}

pub(super) fn goods() -> Dataset {
    dataset(&[
        ("tee", "610910"),
        ("shirt", "610990"),
        ("bolt", "731815"),
        ("nut", "731816"),
        ("unknown", "010121"),
        ("heading only", "6109"),
    ])
}

pub(super) fn answers() -> BTreeMap<String, Scores> {
    table(&[
        ("tee", &[("610910", 0.9), ("610990", 0.1)]),
        ("shirt", &[("610910", 0.45), ("610990", 0.35), ("620520", 0.1)]),
        ("bolt", &[("731816", 0.2), ("731815", 0.15), ("830140", 0.1)]),
        ("nut", &[("830140", 0.6), ("731816", 0.2)]),
        ("heading only", &[("610910", 0.8)]),
    ])
}

pub(super) fn options() -> EvaluateOptions {
    EvaluateOptions::default()
}

pub(super) fn report(
    data: &Dataset,
    classifiers: &[(&str, &dyn Classifier)],
    options: &EvaluateOptions,
) -> Report {
    let contestants: Vec<Contestant<'_>> = classifiers
        .iter()
        .map(|(label, classifier)| Contestant { label, classifier: *classifier, size_bytes: Some(9) })
        .collect();
    evaluate(std::slice::from_ref(data), &contestants, options, &Silent).unwrap().report
}

/// A report without what differs from run to run.
fn timeless(mut report: Report) -> Report {
    for evaluation in &mut report.evaluations {
        evaluation.speed.single = None;
        evaluation.speed.batch_us = 0.0;
        evaluation.speed.threads = 0;
        evaluation.speed.batch = 0;
    }
    report
}

#[test]
fn accuracies_equal_those_by_hand() {
    let classifier = from_table("rules", answers());
    let report = report(&goods(), &[("rules", &classifier)], &options());
    let e = &report.evaluations[0];
    let hits = |level: Level, k: u8| {
        let top = e.at(level).unwrap().top(k).unwrap();
        (top.hits, top.n)
    };
    // Six digits: tee right at once, shirt second, bolt second, nut second, unknown never; the heading is out.
    assert_eq!((hits(Level::Subheading, 1), hits(Level::Subheading, 3)), ((1, 5), (4, 5)));
    // Four digits: the scores of 7318 add up to 0.35 for the bolt; the nut's 8301 has 0.6.
    assert_eq!((hits(Level::Heading, 1), hits(Level::Heading, 3)), ((4, 6), (5, 6)));
    assert_eq!(hits(Level::Chapter, 1), (4, 6));
    assert_eq!(e.at(Level::Heading).unwrap().best_code_cut.hits, 4);
    assert_eq!(e.at(Level::Subheading).unwrap().calibration.n, 4);
    // Decisions: tee, nut, heading only accepted; shirt backs off to 6109 (0.8); bolt and unknown abstain.
    let d = &e.decisions;
    assert_eq!((d.accepted.hits, d.backed_off.hits, d.abstained.hits), (3, 1, 2));
    assert_eq!(
        (d.accepted_right.hits, d.accepted_right.n),
        (1, 2),
        "six digits for a heading cannot be judged"
    );
    assert_eq!(d.backed_off_by_level[0].level, Level::Heading);
    assert_eq!((d.backed_off_right.hits, d.answered_right.hits, d.answered_right.n), (1, 2, 3));
    assert_eq!((d.abstained_best_right.hits, d.abstained_best_right.n), (0, 2));
    assert_eq!(d.reasons, BTreeMap::from([("low_score".into(), 2), ("no_evidence".into(), 1)]));
}

#[test]
fn confusions_count_pairs_and_keep_descriptions_to_themselves() {
    let classifier = from_table("rules", answers());
    let hidden = report(&goods(), &[("rules", &classifier)], &options());
    let six = &hidden.evaluations[0].confusions[1];
    assert_eq!((six.level, six.wrong, six.unanswered, six.pairs), (Level::Subheading, 4, 1, 3));
    let first = &six.worst[0];
    assert_eq!((first.right, first.answered, first.rows, first.of), (code("610990"), code("610910"), 1, 1));
    assert_eq!(first.examples[0].index, 1);
    for shown in [hidden.to_json().unwrap(), hidden.to_text()] {
        assert!(!shown.contains("\"shirt\"") && !shown.contains("\"nut\""), "{shown}");
    }
    let open = report(&goods(), &[("rules", &classifier)], &EvaluateOptions { show_text: true, ..options() });
    assert_eq!(open.evaluations[0].confusions[1].worst[0].examples[0].text.as_deref(), Some("shirt"));
    assert!(open.to_text().contains("1 \"shirt\""));
}

#[test]
fn several_right_codes_count_as_one_row() {
    let mut builder = DatasetBuilder::new("old", Edition::HS2017, Edition::HS2022).unwrap();
    builder.push(0, "phone", "851712");
    builder.push(1, "other", "851712");
    let data = builder.finish().unwrap();
    let rules = table(&[("phone", &[("851714", 0.8)]), ("other", &[("851762", 0.8)])]);
    let classifier = from_table("rules", rules);
    let report = report(&data, &[("rules", &classifier)], &options());
    let six = report.evaluations[0].at(Level::Subheading).unwrap();
    assert_eq!((six.top(1).unwrap().hits, six.n), (1, 2));
    assert_eq!(report.data[0].rows.several_targets, 2);
    // The row that is right counts under its answer, the other under the first right code.
    let averages = six.averages.as_ref().unwrap();
    assert_eq!((averages.classes, averages.never_answered, averages.answered_only), (2, 1, 1));
    assert!(report.to_text().contains("2 of the rows several, any of which counts as right"));
}

#[test]
fn failures_are_wrong_answers_and_are_told() {
    let data = dataset(&[("tee", "610910"), ("fail", "731815"), ("bolt", "731815")]);
    let classifier = from_table("rules", answers());
    let report = report(&data, &[("rules", &classifier)], &options());
    let e = &report.evaluations[0];
    assert_eq!((e.n, e.failed), (3, 1));
    assert!(e.first_failure.as_ref().unwrap().contains("out of order"));
    assert_eq!(e.at(Level::Subheading).unwrap().top(1).unwrap().n, 3);
    assert_eq!(e.decisions.reasons["failed"], 1);
    assert_eq!(e.stages[0].failed, 1);
    assert!(report.to_text().contains("failed on 1 rows, counted as wrong"));

    let broken = Contestant { label: "broken", classifier: &classifier, size_bytes: None };
    let none = evaluate(&[dataset(&[("fail", "731815")])], &[broken], &options(), &Silent);
    let Err(StepError::Failed(error)) = none else { panic!("{none:?}") };
    assert_eq!(error.kind(), ErrorKind::Inference);
    assert!(error.message().starts_with("broken on goods: rules failed on all 1 rows"), "{error}");
}

#[test]
fn a_cascade_tells_which_stage_answered() {
    let first = from_table("first", table(&[("tee", &[("610910", 0.9)])]));
    let second = from_table("second", answers());
    let stages: Vec<Arc<dyn Classifier>> = vec![Arc::new(first), Arc::new(second)];
    let cascade = Cascade::new("both", stages).unwrap();
    let report = report(&goods(), &[("both", &cascade)], &options());
    let seen: Vec<_> = report.evaluations[0]
        .stages
        .iter()
        .map(|s| (s.classifier.as_str(), s.gave.hits, s.accepted.hits, s.passed_on))
        .collect();
    // The bolt is abstained from by both: the second has the better candidate. Nobody knows the unknown: the
    // first stage's abstention is given.
    assert_eq!(seen, [("second", 4, 2, 1), ("first", 2, 1, 4)]);
    assert!(report.to_text().contains("Who answered"));
}

#[test]
fn candidate_sets_are_measured() {
    let classifier = from_table("rules", answers());
    let run = RunOptions { coverage: Some(0.95), ..RunOptions::default() };
    let report = report(&goods(), &[("rules", &classifier)], &EvaluateOptions { run, ..options() });
    let sets = report.evaluations[0].candidate_sets.unwrap();
    assert_eq!((sets.asked, sets.covered.hits, sets.covered.n), (0.95, 4, 5));
    // Sizes: 2, 3, 3, 2, 0, 1.
    assert_eq!((sets.mean_size, sets.median_size, sets.p90_size), (1.833_333, 2, 3));
    assert_eq!((sets.single.hits, sets.empty.hits), (1, 1));
}

#[test]
fn two_classifiers_are_compared_row_by_row() {
    let one = from_table("one", answers());
    let other = from_table("other", table(&[("bolt", &[("731815", 0.9)]), ("nut", &[("731816", 0.9)])]));
    let report = report(&goods(), &[("one", &one), ("other", &other)], &options());
    assert_eq!(report.comparisons.len(), 6, "three levels, the best and the five best");
    let c = report.comparisons.iter().find(|c| c.level == Level::Subheading && c.k == 1).unwrap();
    let p = &c.pair;
    assert_eq!((p.n, p.both, p.only_first, p.only_second, p.neither), (5, 0, 1, 2, 2));
    assert_eq!(p.difference, -0.2);
    assert!(report.to_text().contains("Side by side on goods"));
}

#[test]
fn result_is_the_same_on_any_threads_and_batches() {
    let classifier = from_table("rules", answers());
    let run = |threads: usize, batch: usize| {
        let mut options = options();
        options.run.threads = NonZeroUsize::new(threads).unwrap();
        options.run.batch = NonZeroUsize::new(batch).unwrap();
        timeless(report(&goods(), &[("rules", &classifier)], &options))
    };
    let one = run(1, 64);
    assert_eq!(one, run(3, 1));
    assert_eq!(one, run(2, 4));
}

#[test]
fn json_reads_back_and_other_json_is_refused() {
    let classifier = from_table("rules", answers());
    let report = report(&goods(), &[("rules", &classifier)], &options());
    let json = report.to_json().unwrap();
    assert_eq!(Report::from_json(&json).unwrap(), report);
    let message = |json: &str| Report::from_json(json).unwrap_err().message().to_owned();
    assert_eq!(message("{}"), "evaluation: format none: expected hscode-evaluation/1");
    assert!(message("[").starts_with("evaluation: expected JSON"));
    let unknown = json.replacen("\"tool\"", "\"tools\"", 1);
    assert!(message(&unknown).contains("unknown field `tools`"));
}

/// Counts what it hears and stops after so many calls.
#[derive(Default)]
struct Ear {
    begun: AtomicU64,
    done: AtomicU64,
    calls: AtomicU64,
    stop_after: Option<u64>,
}

impl Progress for Ear {
    fn begin(&self, name: &str, unit: &str, total: Option<u64>) {
        assert_eq!((name, unit, total), ("rules on goods", "rows", Some(6)));
        self.begun.fetch_add(1, Ordering::Relaxed);
    }
    fn advance(&self, done: u64) {
        assert!(self.done.fetch_max(done, Ordering::Relaxed) <= done);
        self.calls.fetch_add(1, Ordering::Relaxed);
    }
    fn stop(&self) -> bool {
        self.stop_after.is_some_and(|calls| self.calls.load(Ordering::Relaxed) >= calls)
    }
}

#[test]
fn progress_reaches_the_total_and_stop_stops() {
    let classifier = from_table("rules", answers());
    let contestant = Contestant { label: "rules", classifier: &classifier, size_bytes: None };
    let mut options = options();
    options.run.batch = NonZeroUsize::MIN;
    options.run.threads = NonZeroUsize::new(2).unwrap();
    let ear = Ear::default();
    evaluate(&[goods()], &[contestant], &options, &ear).unwrap();
    assert_eq!((ear.begun.into_inner(), ear.done.into_inner()), (1, 6));

    options.run.threads = NonZeroUsize::MIN;
    let halting = Ear { stop_after: Some(2), ..Ear::default() };
    let stopped = evaluate(&[goods()], &[contestant], &options, &halting);
    assert!(matches!(stopped, Err(StepError::Stopped)));
    assert_eq!(halting.done.into_inner(), 2);
}

#[test]
fn wrong_calls_are_refused() {
    let classifier = from_table("rules", answers());
    let contestant = Contestant { label: "rules", classifier: &classifier, size_bytes: None };
    let refuse = |data: &[Dataset], contestants: &[Contestant<'_>], options: &EvaluateOptions| match evaluate(
        data,
        contestants,
        options,
        &Silent,
    ) {
        Err(StepError::Failed(error)) => error,
        other => panic!("{other:?}"),
    };
    assert!(refuse(&[], &[contestant], &options()).message().contains("at least one data set"));
    let twice = refuse(&[goods()], &[contestant, contestant], &options());
    assert_eq!(twice.message(), "classifier rules: expected each label once");
    let twice = refuse(&[goods(), goods()], &[contestant], &options());
    assert_eq!(twice.message(), "data set goods: expected each name once");
    let mut wrong = options();
    wrong.run.coverage = Some(1.5);
    assert!(refuse(&[goods()], &[contestant], &wrong).message().contains("coverage 1.5"));
    let mut old = DatasetBuilder::new("old", Edition::HS2017, Edition::HS2017).unwrap();
    old.push(0, "tee", "610910");
    let error = refuse(&[old.finish().unwrap()], &[contestant], &options());
    assert_eq!(error.kind(), ErrorKind::EditionMismatch);
}

#[test]
fn a_classifier_of_headings_is_judged_down_to_headings() {
    let info = ClassifierInfo::new("headings", "table@1", Edition::HS2022, Level::Heading, 1228);
    let policy = DecisionPolicy::with_thresholds(Thresholds { chapter: 0.9, heading: 0.7, subheading: 0.5 });
    let always = External::new(info, policy, |d: &[&str], _: &Options| {
        Ok(vec![vec![(code("6109"), 0.8), (code("7318"), 0.1)]; d.len()])
    })
    .unwrap();
    let report = report(&goods(), &[("headings", &always)], &options());
    let e = &report.evaluations[0];
    assert_eq!(e.levels.iter().map(|l| l.level).collect::<Vec<_>>(), [Level::Chapter, Level::Heading]);
    assert_eq!(e.at(Level::Heading).unwrap().top(1).unwrap().hits, 3);
    assert_eq!((e.decisions.accepted.hits, e.decisions.accepted_right.hits), (6, 3));
    assert_eq!(e.confusions.len(), 1);
}

#[test]
fn the_folder_holds_every_row_and_no_half_file() {
    let mut builder = DatasetBuilder::new("goods", Edition::HS2022, Edition::HS2022).unwrap();
    builder.push(0, "tee", "610910");
    builder.push(1, "secret", "999");
    builder.push(2, "fail", "731815");
    let data = [builder.finish().unwrap()];
    let classifier = from_table("rules", answers());
    let contestant = Contestant { label: "rules", classifier: &classifier, size_bytes: None };
    let evaluated = evaluate(&data, &[contestant], &options(), &Silent).unwrap();
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("a/b");
    evaluated.write_folder(&folder, &data, &Logs::default()).unwrap();
    let read = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap();
    assert_eq!(Report::from_json(&read("report.json")).unwrap(), evaluated.report);
    assert_eq!(read("report.txt"), evaluated.report.to_text());
    let lines: Vec<serde_json::Value> =
        read("outcomes.jsonl").lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 2);
    assert_eq!((&lines[0]["code"], &lines[0]["decision_right"]), (&"610910".into(), &true.into()));
    assert_eq!((&lines[1]["index"], &lines[1]["decision"]), (&2.into(), &"abstain".into()));
    assert!(lines[1]["failure"].as_str().unwrap().contains("out of order"));
    assert!(read("unjudged.jsonl").starts_with("{\"data\":\"goods\",\"index\":1,\"reason\":\"bad_code\""));
    assert_eq!(read("report.html"), evaluated.report.to_html(&Logs::default()));
    for entry in std::fs::read_dir(&folder).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        assert!(!name.ends_with(".partial"), "{name}");
        assert!(!read(&name).contains("secret"), "{name}");
    }

    let blocked = place.path().join("file");
    std::fs::write(&blocked, "").unwrap();
    let error = evaluated.write_folder(&blocked.join("x"), &data, &Logs::default()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Io);
    assert!(error.message().contains("cannot make the folder"), "{error}");
}

/// Codes that exist in the nomenclature, over some chapters and headings.
const CODES: [&str; 9] =
    ["610910", "610990", "611020", "611030", "620520", "620530", "731815", "731816", "830140"];

fn any_rows() -> impl Strategy<Value = Vec<(HsCode, Scores)>> {
    let ranking = proptest::collection::vec((0..CODES.len(), 1..100_u32), 0..9).prop_map(|cells| {
        let total: u32 = cells.iter().map(|cell| cell.1).sum::<u32>() + 20;
        cells.into_iter().map(|(c, s)| (code(CODES[c]), s as f32 / total as f32)).collect::<Scores>()
    });
    let row = (0..CODES.len(), ranking).prop_map(|(truth, scores)| (code(CODES[truth]), scores));
    proptest::collection::vec(row, 1..40)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn figures_agree_with_each_other(rows in any_rows()) {
        let texts: Vec<String> = (0..rows.len()).map(|at| format!("goods {at}")).collect();
        let pairs: Vec<(&str, &str)> =
            texts.iter().zip(&rows).map(|(text, (truth, _))| (text.as_str(), truth.as_str())).collect();
        let answers = texts.iter().cloned().zip(rows.iter().map(|row| row.1.clone())).collect();
        let classifier = from_table("random", answers);
        let report = report(&dataset(&pairs), &[("random", &classifier)], &options());
        let e = &report.evaluations[0];
        let n = rows.len() as u64;
        let rate = |p: &Proportion| p.rate.unwrap();
        for level in &e.levels {
            prop_assert_eq!(level.n, n);
            let (one, three, five) = (level.top(1).unwrap(), level.top(3).unwrap(), level.top(5).unwrap());
            prop_assert!(one.hits <= three.hits && three.hits <= five.hits);
            let averages = level.averages.as_ref().unwrap();
            prop_assert!((averages.weighted_average.recall.value - rate(one)).abs() < 1e-6);
            let binned: u64 = level.calibration.bins.iter().map(|bin| bin.right.hits).sum();
            prop_assert_eq!(binned, one.hits);
        }
        // The best code cut is right at two digits wherever it is right at four, and so on.
        let cut: Vec<u64> = e.levels.iter().map(|level| level.best_code_cut.hits).collect();
        prop_assert!(cut[0] >= cut[1] && cut[1] >= cut[2]);
        prop_assert_eq!(cut[2], e.levels[2].top(1).unwrap().hits);
        // There are four chapters: a right heading that has any score has its chapter among the first five.
        prop_assert!(e.levels[0].top(5).unwrap().hits >= e.levels[1].top(5).unwrap().hits);

        let d = &e.decisions;
        prop_assert_eq!(d.accepted.hits + d.backed_off.hits + d.abstained.hits, n);
        prop_assert_eq!(d.accepted.hits + d.backed_off.hits, d.answered.hits);
        prop_assert_eq!(d.accepted_right.hits + d.backed_off_right.hits, d.answered_right.hits);
        prop_assert_eq!(d.backed_off_by_level.iter().map(|b| b.share.hits).sum::<u64>(), d.backed_off.hits);
        prop_assert_eq!(d.reasons.values().sum::<u64>(), d.backed_off.hits + d.abstained.hits);

        prop_assert_eq!(e.chapters.iter().map(|c| c.n).sum::<u64>(), n);
        for (level, report) in Level::INTERNATIONAL.iter().zip(&e.levels) {
            let by_chapter: u64 = e.chapters.iter().flat_map(|c| &c.levels).filter(|l| l.level == *level)
                .map(|l| l.top[0].right.hits).sum();
            prop_assert_eq!(by_chapter, report.top(1).unwrap().hits);
        }
        for confusion in &e.confusions {
            let right = e.at(confusion.level).unwrap().top(1).unwrap().hits;
            prop_assert_eq!(confusion.wrong, n - right);
            let listed: u64 = confusion.worst.iter().map(|pair| pair.rows).sum();
            prop_assert!(listed + confusion.unanswered <= confusion.wrong);
            if confusion.pairs as usize == confusion.worst.len() {
                prop_assert_eq!(listed + confusion.unanswered, confusion.wrong);
            }
        }
        prop_assert_eq!(e.stages.iter().map(|stage| stage.gave.hits).sum::<u64>(), n);
    }

    /// Rankings whose headings and chapters follow their best subheading: each level up is never worse.
    #[test]
    fn consistent_rankings_are_no_worse_a_level_up(rows in any_rows()) {
        let texts: Vec<String> = (0..rows.len()).map(|at| format!("goods {at}")).collect();
        let pairs: Vec<(&str, &str)> =
            texts.iter().zip(&rows).map(|(text, (truth, _))| (text.as_str(), truth.as_str())).collect();
        let answers = texts.iter().cloned().zip(rows.iter().map(|(_, scores)| {
            // More than half of the score on one code: its heading and chapter then lead as well.
            scores.first().map_or_else(Scores::new, |first| vec![(first.0, 0.6)])
                .into_iter().chain(scores.iter().skip(1).map(|s| (s.0, 0.3 * s.1))).collect()
        })).collect();
        let classifier = from_table("consistent", answers);
        let report = report(&dataset(&pairs), &[("consistent", &classifier)], &options());
        let top: Vec<u64> = report.evaluations[0].levels.iter().map(|l| l.top(1).unwrap().hits).collect();
        prop_assert!(top[0] >= top[1] && top[1] >= top[2], "{top:?}");
    }
}
