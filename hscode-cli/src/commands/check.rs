//! `hscode check`: whether a description would do for customs.

use std::fmt::Write;

use hscode_core::text::{self, Check, Finding, Verdict};
use hscode_table::{Field, Type, Value};

use crate::exit::{Failure, Status};
use crate::human::{Ink, Look};
use crate::io::{Origin, Plan, RowArgs, Source};
use crate::rows::{self, Answer, Answerer};

/// Checks descriptions: too vague to classify, why, and what to add
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  hscode check \"gift\"
  hscode check --input goods.csv --column description --output checked.csv
  hscode check \"$description\" && send

Verdicts: acceptable, warn (it may do, and would be better with what is advised), refuse (it names no article).
Exit status: 0 none refused, 1 some refused or unreadable, 2 usage, 4 input or output, 130 stopped.")]
pub(crate) struct CheckArgs {
    /// Descriptions of goods; none with --input or to read lines from standard input
    #[arg(value_name = "DESCRIPTION")]
    descriptions: Vec<String>,

    #[command(flatten)]
    rows: RowArgs,
}

pub(crate) fn run(args: &CheckArgs) -> Result<Status, Failure> {
    let origin = Origin::choose(&args.descriptions, &args.rows, "description", "hscode check \"gift\"")?;
    let plan = Plan::choose(&args.rows, &origin)?;
    let source = Source::open(&origin, &args.rows, "description", false)?;
    rows::run(&Checker, plan, source, &args.rows)
}

struct Checker;

impl Answerer for Checker {
    fn fields(&self) -> Vec<Field> {
        let finding = vec![
            Field::new("reason", Type::Text),
            Field::new("verdict", Type::Text),
            Field::new("term", Type::Text),
            Field::new("start", Type::Integer),
            Field::new("end", Type::Integer),
            Field::new("advice", Type::Text),
        ];
        vec![
            Field::new("index", Type::Integer),
            Field::new("description", Type::Text),
            Field::new("verdict", Type::Text),
            Field::new("findings", Type::List(Box::new(Type::Struct(finding)))),
        ]
    }

    fn blank(&self) -> Vec<Value> {
        vec![Value::Null, Value::List(Vec::new())]
    }

    fn answer(&self, texts: &[&str], look: Option<&Look>) -> Vec<Result<Answer, String>> {
        let answer = |text: &&str| {
            let check = text::check(text);
            let findings = check.findings.iter().map(finding).collect();
            Ok(Answer {
                values: vec![Value::text(check.verdict.as_str()), Value::List(findings)],
                human: look.map_or_else(String::new, |look| block(look, text, &check)),
                class: match check.verdict {
                    Verdict::Acceptable => 0,
                    Verdict::Warn => 1,
                    _ => 2,
                },
                refused: check.verdict == Verdict::Refuse,
            })
        };
        texts.iter().map(answer).collect()
    }

    fn summary(&self, classes: &[u64; 4]) -> String {
        let [acceptable, warned, refused, _] = classes.map(indicatif::HumanCount);
        format!("{acceptable} acceptable, {warned} warned of, {refused} refused")
    }
}

fn finding(finding: &Finding) -> Value {
    let place = |at: usize| Value::Integer(i64::try_from(at).unwrap_or(i64::MAX));
    Value::Struct(vec![
        Value::text(finding.reason.as_str()),
        Value::text(finding.verdict.as_str()),
        Value::text(finding.term.as_str()),
        place(finding.start),
        place(finding.end),
        Value::text(finding.advice),
    ])
}

fn block(look: &Look, text: &str, check: &Check) -> String {
    let mut out = String::new();
    let shown = look.line(text, 0);
    let shown =
        if shown.is_empty() { look.paint(Ink::Faint, "(empty)") } else { look.paint(Ink::Strong, &shown) };
    let (ink, verdict) = match check.verdict {
        Verdict::Acceptable => (Ink::Good, "acceptable"),
        Verdict::Warn => (Ink::Unsure, "acceptable, could be better"),
        _ => (Ink::Bad, "refused"),
    };
    // Writing to a String does not fail.
    let _ = writeln!(out, "{shown}\n  {}", look.paint(ink, verdict));
    for finding in &check.findings {
        let reason = finding.reason.as_str().replace('_', " ");
        let about = if finding.term.is_empty() { reason } else { format!("{reason}: {}", finding.term) };
        let _ = writeln!(out, "    {}", look.line(&about, 4));
        let _ = writeln!(out, "      {}", look.wrapped(finding.advice, 6));
    }
    out.push('\n');
    out
}
