//! `hscode convert`: codes of one edition in another.

use std::fmt::Write;

use hscode_core::{CorrelationTable, Edition, HsCode, Link, Nomenclature, Target};
use hscode_table::{Field, Type, Value};

use crate::exit::{Failure, Status};
use crate::human::{Ink, Look};
use crate::io::{Origin, Plan, RowArgs, Source};
use crate::rows::{self, Answer, Answerer};

/// Converts codes between editions, every target listed, with the kind of change
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  hscode convert 851712 --from HS2017 --to HS2022
  hscode convert --input tariff.csv --column code --from HS2012 --to HS2022 --keep sku --output moved.csv
  cut -f1 codes.txt | hscode convert --from HS2017 --to HS2022 --json

Changes: same, renumbered, split (several targets, each from here alone), merged (one target that gathers
several codes), complex (several targets that gather several codes). Codes of 8 or 10 digits are converted by
their first six. What goods a code is split by is a question of the goods: no target is chosen for you.
Exit status: 0 all codes converted, 1 some codes are malformed or not in the edition, 2 usage, 4 input or
output, 130 stopped.")]
pub(crate) struct ConvertArgs {
    /// Codes with or without dots; none with --input or to read lines from standard input
    #[arg(value_name = "CODE")]
    codes: Vec<String>,

    /// The edition of the codes
    #[arg(long, value_name = "EDITION")]
    from: Edition,

    /// The edition to convert to
    #[arg(long, value_name = "EDITION")]
    to: Edition,

    /// Also list gathering targets: newer codes that took in a small part of more than a hundred older ones
    #[arg(long)]
    all: bool,

    #[command(flatten)]
    rows: RowArgs,
}

pub(crate) fn run(args: &ConvertArgs) -> Result<Status, Failure> {
    let example = "hscode convert 851712 --from HS2017 --to HS2022";
    let origin = Origin::choose(&args.codes, &args.rows, "code", example)?;
    let table = CorrelationTable::between(&args.from, &args.to)?;
    let plan = Plan::choose(&args.rows, &origin)?;
    let source = Source::open(&origin, &args.rows, "code", true)?;
    let convert = Convert {
        table,
        before: Nomenclature::of(&args.from)?,
        after: Nomenclature::of(&args.to)?,
        all: args.all,
    };
    rows::run(&convert, plan, source, &args.rows)
}

struct Convert {
    table: &'static CorrelationTable,
    before: &'static Nomenclature,
    after: &'static Nomenclature,
    all: bool,
}

impl Convert {
    /// The code that is looked up, and its targets.
    fn targets(&self, text: &str) -> Result<(HsCode, &'static [Target]), String> {
        let given: HsCode = text.parse().map_err(|error: hscode_core::Error| format!("code {error}"))?;
        let code = given.subheading().unwrap_or(given);
        let all = self.table.convert(code).map_err(|error| error.to_string())?;
        let main = self.table.main_targets(code);
        Ok((code, if self.all || main.is_empty() { all } else { main }))
    }

    fn block(&self, look: &Look, code: HsCode, targets: &[Target]) -> String {
        let mut out = String::new();
        let title = self.before.title(code).or_else(|| {
            // The newer edition's title will do for a code that stayed the same.
            targets
                .first()
                .filter(|only| only.change.as_str() == "same")
                .and_then(|only| self.after.title(only.code))
        });
        let title = title.map_or_else(String::new, |title| format!("  {}", look.line(title, 24)));
        // Writing to a String does not fail.
        let _ = writeln!(
            out,
            "{} {}{title}",
            look.paint(Ink::Faint, self.table.from().as_str()),
            look.paint(Ink::Strong, &code.dotted())
        );
        for target in targets {
            let path = look.path(self.after, target.code, 32);
            let mut change = format!("{:<10}", target.change);
            change = look.paint(if targets.len() == 1 { Ink::Good } else { Ink::Unsure }, &change);
            let _ = writeln!(
                out,
                "  {} {}  {change}  {path}",
                look.paint(Ink::Faint, self.table.to().as_str()),
                look.paint(Ink::Strong, &format!("{:<7}", target.code.dotted()))
            );
        }
        let more = self.table.targets(code).len() - targets.len();
        if more > 0 {
            let note = format!("  and {more} that took in a small part of many codes; --all lists them");
            let _ = writeln!(out, "{}", look.paint(Ink::Faint, &note));
        }
        if let Some(via) = self.table.via().filter(|_| targets.iter().any(|t| t.link == Link::Composed)) {
            let note =
                format!("  worked out through {via}: there is no table of the two, so there may be too many");
            let _ = writeln!(out, "{}", look.paint(Ink::Faint, &note));
        }
        out.push('\n');
        out
    }
}

impl Answerer for Convert {
    fn fields(&self) -> Vec<Field> {
        let target = vec![
            Field::new("code", Type::Text),
            Field::new("change", Type::Text),
            Field::new("link", Type::Text),
            Field::new("title", Type::Text),
        ];
        vec![
            Field::new("index", Type::Integer),
            Field::new("code", Type::Text),
            Field::new("from", Type::Text),
            Field::new("to", Type::Text),
            Field::new("target", Type::Text),
            Field::new("targets", Type::List(Box::new(Type::Struct(target)))),
        ]
    }

    fn blank(&self) -> Vec<Value> {
        vec![Value::Null, Value::Null, Value::Null, Value::List(Vec::new())]
    }

    fn answer(&self, texts: &[&str], look: Option<&Look>) -> Vec<Result<Answer, String>> {
        let answer = |text: &&str| {
            let (code, targets) = self.targets(text)?;
            let listed = targets.iter().map(|target| {
                Value::Struct(vec![
                    Value::text(target.code.as_str()),
                    Value::text(target.change.as_str()),
                    Value::text(target.link.as_str()),
                    Value::optional_text(self.after.title(target.code)),
                ])
            });
            let only = if let [only] = targets { Value::text(only.code.as_str()) } else { Value::Null };
            let values = vec![
                Value::text(self.table.from().as_str()),
                Value::text(self.table.to().as_str()),
                only,
                Value::List(listed.collect()),
            ];
            let human = look.map_or_else(String::new, |look| self.block(look, code, targets));
            Ok(Answer { values, human, class: usize::from(targets.len() > 1), refused: false })
        };
        texts.iter().map(answer).collect()
    }

    fn summary(&self, classes: &[u64; 4]) -> String {
        let [one, several, ..] = classes.map(indicatif::HumanCount);
        format!("{one} with one target, {several} with several")
    }
}
