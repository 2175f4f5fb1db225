//! The audit finds what was put in.

use super::*;
use crate::progress::Silent;
use crate::row::tests::row;

fn rows() -> Vec<(Part, Row)> {
    let goods =
        [("610910", "cotton tee shirt"), ("731812", "steel wood screw"), ("180632", "milk chocolate bar")];
    let colours = ["red", "blue", "green", "white", "black", "large", "small", "striped"];
    let mut rows = Vec::new();
    for (class, (code, text)) in goods.iter().enumerate() {
        for (at, colour) in colours.iter().enumerate() {
            let part = match at {
                6 => Part::Dev,
                7 => Part::Test,
                _ => Part::Train,
            };
            let mut row = row(&format!("{class}:{at}"), &format!("{colour} {text}"), code);
            row.group = Some((class * 8 + at) as u32);
            rows.push((part, row));
        }
    }
    rows
}

fn run_on(rows: &[(Part, Row)]) -> Audit {
    audit(rows, &Config::default(), "d".to_owned(), Conflicts::default(), &Silent).unwrap()
}

#[test]
fn clean_data_is_found_clean() {
    let audit = run_on(&rows());
    assert_eq!(audit.parts, [18, 3, 3]);
    assert_eq!((audit.noise.subheading.hits, audit.noise.subheading.n), (24, 24));
    assert!(audit.doubtful.is_empty() && audit.leaking.is_empty());
    assert_eq!(audit.leaks, Leaks { tested: 6, ..Leaks::default() });
    assert_eq!((audit.classes.trained, audit.classes.median, audit.classes.tail), (3, 6, 3));
    assert_eq!(audit.classes.in_edition, audit.classes.trained + audit.classes.empty.len());
    assert_eq!(audit.classes.largest, Some(("180632".parse().unwrap(), 6)));
    let chapter = audit.chapters.iter().find(|chapter| chapter.chapter.as_str() == "61").unwrap();
    assert_eq!((chapter.rows, chapter.classes), (6, 1));
    assert_eq!(
        audit.chapters.iter().map(|chapter| chapter.in_edition).sum::<usize>(),
        audit.classes.in_edition
    );
}

#[test]
fn a_wrong_code_and_a_leak_are_found() {
    let mut rows = rows();
    rows[3].1.code = "731812".parse().unwrap(); // a tee under screws
    rows[7].1.text = "blue cotton tee shirt".to_owned(); // the test row trains too, and its group does not say so
    let audit = run_on(&rows);
    assert_eq!(audit.doubtful[0].id, "0:3");
    assert_eq!(audit.doubtful[0].suggested.as_str(), "610910");
    assert_eq!((audit.leaks.same_text, audit.leaking.as_slice()), (1, &["0:7".to_owned()][..]));
    let page = markdown::write(&audit, &Config::default()).unwrap();
    assert!(page.contains("| by groups | 6 | 1 | 0 | 0 |"), "{page}");
    assert!(page.contains("| 0:3 | 731812 | 610910 |"), "{page}");
    assert!(page.contains("Leaking: 0:7."));
}

#[test]
fn the_report_comes_back_from_its_file() {
    let audit = run_on(&rows());
    let json = serde_json::to_string(&audit).unwrap();
    assert_eq!(serde_json::from_str::<Audit>(&json).unwrap(), audit);
}

#[test]
fn one_class_is_refused() {
    let rows: Vec<(Part, Row)> = rows().into_iter().take(8).collect();
    let error = audit(&rows, &Config::default(), String::new(), Conflicts::default(), &Silent).unwrap_err();
    assert!(error.to_string().starts_with("one class only"), "{error}");
}
