//! `hscode classify`: descriptions in, codes and decisions out.

use std::path::PathBuf;
use std::sync::Arc;

use hscode_core::{Classifier, Decision, Edition, Error, HsCode, Level, Options, Prediction, Record};
use hscode_table::{Field, Type, Value};

use super::classify_view;
use crate::exit::{Failure, Status};
use crate::human::Look;
use crate::io::{Origin, Plan, RowArgs, Source};
use crate::model;
use crate::rows::{self, Answer, Answerer};
use crate::titles::Titles;

/// Classifies descriptions: ranked HS codes, and a decision to accept, back off or abstain
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  hscode classify \"mens cotton crew neck tee\"
  hscode classify --top 3 --explain \"LED desk lamp with USB port\" \"rubber gasket 20 mm\"
  hscode classify --input goods.csv --column description --output answers.jsonl
  hscode classify --input goods.csv --keep sku,code=declared_code --output answers.parquet
  hscode classify --references settled.csv --input goods.csv --output answers.csv
  zcat goods.txt.gz | hscode classify | jq .code

Decisions: accept (the code is sure enough), back_off (the code is an ancestor that is), abstain (no code
is). A row that cannot be read becomes a record with \"error\", and the exit status is 1.
Exit status: 0 all rows answered, 1 some rows bad, 2 usage, 3 model package, 4 input or output, 130 stopped.")]
pub(crate) struct ClassifyArgs {
    /// Descriptions of goods; none with --input or to read lines from standard input
    #[arg(value_name = "DESCRIPTION")]
    descriptions: Vec<String>,

    /// The most candidates to give, best first
    #[arg(long, value_name = "N", default_value = "5", help_heading = "Answer")]
    top: usize,

    /// The level of the answer: chapter, heading, subheading or tariff-line [default: the model's deepest]
    #[arg(long, value_name = "LEVEL", help_heading = "Answer")]
    level: Option<Level>,

    /// Only codes at or below this one
    #[arg(long, value_name = "CODE", help_heading = "Answer")]
    within: Option<HsCode>,

    /// The edition that the answer must be in; refused when the model answers another
    #[arg(long, value_name = "EDITION", help_heading = "Answer")]
    edition: Option<Edition>,

    /// Also say why: words, nearest references, titles
    #[arg(long, help_heading = "Answer")]
    explain: bool,

    /// Also give the set of codes that holds the right one with this probability, such as 0.95
    #[arg(long, value_name = "P", help_heading = "Answer")]
    coverage: Option<f32>,

    /// Folder of a model package [default: the embedded model]
    #[arg(long, value_name = "DIR", help_heading = "Model")]
    model: Option<PathBuf>,

    /// Your own settled descriptions, which outrank ours: a table with the columns description and code
    #[arg(long, value_name = "FILE", conflicts_with = "model", help_heading = "Model")]
    references: Option<PathBuf>,

    /// Show these titles instead of ours: CSV with code and description, such as an official text
    #[arg(long, value_name = "FILE", help_heading = "Model")]
    titles: Option<PathBuf>,

    #[command(flatten)]
    rows: RowArgs,
}

pub(crate) fn run(args: &ClassifyArgs) -> Result<Status, Failure> {
    let example = "hscode classify \"mens cotton crew neck tee\"";
    let origin = Origin::choose(&args.descriptions, &args.rows, "description", example)?;
    let plan = Plan::choose(&args.rows, &origin)?;
    let source = Source::open(&origin, &args.rows, "description", false)?;
    let classifier = match &args.references {
        Some(references) => model::embedded_with(references)?,
        None => model::open(args.model.as_deref())?,
    };
    let info = classifier.info();
    if let Some(edition) = args.edition.as_ref().filter(|edition| *edition != info.edition()) {
        let seen = info.edition();
        return Err(Failure::usage(format!(
            "--edition {edition}: the model answers {seen}; classify, then move the codes on:\n  \
             hscode convert --input answers.jsonl --column code --from {seen} --to {edition}"
        )));
    }
    let mut options = Options::default().with_top_k(args.top).with_explain(args.explain);
    options.level = args.level;
    options.within = args.within;
    options.coverage = args.coverage;
    options.check(info)?;
    let nomenclature = Titles::open(args.titles.as_deref(), info.edition())?;
    rows::run(&Classify { classifier, nomenclature, options }, plan, source, &args.rows)
}

struct Classify {
    classifier: Arc<dyn Classifier>,
    nomenclature: Titles,
    options: Options,
}

impl Classify {
    /// One prediction or error for each text: where a batch fails, its rows are asked one by one, so that a
    /// row that cannot be answered costs no other.
    fn predict(&self, texts: &[&str]) -> Vec<Result<Prediction, Error>> {
        match self.classifier.classify_batch(texts, &self.options) {
            Ok(predictions) if predictions.len() == texts.len() => predictions.into_iter().map(Ok).collect(),
            _ => texts.iter().map(|text| self.classifier.classify(text, &self.options)).collect(),
        }
    }
}

impl Answerer for Classify {
    fn fields(&self) -> Vec<Field> {
        let candidate = vec![
            Field::new("code", Type::Text),
            Field::new("score", Type::Single),
            Field::new("title", Type::Text),
        ];
        let mut fields = vec![
            Field::new("index", Type::Integer),
            Field::new("description", Type::Text),
            Field::new("decision", Type::Text),
            Field::new("code", Type::Text),
            Field::new("score", Type::Single),
            Field::new("reason", Type::Text),
            Field::new("level", Type::Text),
            Field::new("candidates", Type::List(Box::new(Type::Struct(candidate)))),
            Field::new("classifier", Type::Text),
            Field::new("edition", Type::Text),
            Field::new("model", Type::Text),
            Field::new("truncated", Type::Boolean).optional(),
        ];
        if self.options.explain {
            fields.push(Field::new("explanation", Type::Json).optional());
        }
        if self.options.coverage.is_some() {
            fields.push(Field::new("candidate_set", Type::List(Box::new(Type::Text))).optional());
        }
        fields
    }

    fn blank(&self) -> Vec<Value> {
        // Candidates are there in every case.
        let empty =
            |field: &Field| if field.name() == "candidates" { Value::List(Vec::new()) } else { Value::Null };
        self.fields().iter().skip(2).map(empty).collect()
    }

    fn answer(&self, texts: &[&str], look: Option<&Look>) -> Vec<Result<Answer, String>> {
        let predictions = self.predict(texts);
        let answers = texts.iter().zip(predictions).map(|(text, prediction)| {
            let prediction = prediction.map_err(|error| error.to_string())?;
            let record = Record::new(0, text, &prediction, &self.nomenclature);
            let human = look.map_or_else(String::new, |look| {
                classify_view::block(look, text, &prediction, &self.nomenclature)
            });
            let class = match prediction.decision() {
                Decision::Accept(_) => 0,
                Decision::BackOff { .. } => 1,
                _ => 2,
            };
            Ok(Answer { values: self.values(&record), human, class, refused: false })
        });
        answers.collect()
    }

    fn summary(&self, classes: &[u64; 4]) -> String {
        let [accepted, backed_off, abstained, _] = classes.map(indicatif::HumanCount);
        format!("{accepted} accepted, {backed_off} backed off, {abstained} abstained")
    }
}

impl Classify {
    /// The values of a record after the index and the description, in the order of [`Answerer::fields`].
    fn values(&self, record: &Record<'_>) -> Vec<Value> {
        let candidates = record.candidates.iter().map(|candidate| {
            Value::Struct(vec![
                Value::text(candidate.code.as_str()),
                Value::Single(candidate.score),
                Value::optional_text(candidate.title),
            ])
        });
        let mut values = vec![
            Value::text(record.decision),
            Value::optional_text(record.code.as_ref().map(HsCode::as_str)),
            record.score.map_or(Value::Null, Value::Single),
            Value::optional_text(record.reason),
            Value::text(record.level.as_str()),
            Value::List(candidates.collect()),
            Value::text(record.classifier),
            Value::text(record.edition.as_str()),
            Value::text(record.model),
            if record.truncated { Value::Boolean(true) } else { Value::Null },
        ];
        if self.options.explain {
            let json = record.explanation.and_then(|explanation| serde_json::to_string(explanation).ok());
            values.push(json.map_or(Value::Null, Value::Json));
        }
        if self.options.coverage.is_some() {
            values.push(record.candidate_set.map_or(Value::Null, |codes| {
                Value::List(codes.iter().map(|code| Value::text(code.as_str())).collect())
            }));
        }
        values
    }
}

#[cfg(test)]
mod tests {
    use hscode_core::{ClassifierInfo, DecisionPolicy, ErrorKind, External, Thresholds};

    use super::*;

    #[test]
    fn a_row_that_the_classifier_fails_on_costs_no_other() {
        let info = ClassifierInfo::new("rules", "rules@1", Edition::HS2022, Level::Subheading, 5612);
        let policy =
            DecisionPolicy::with_thresholds(Thresholds { chapter: 0.5, heading: 0.5, subheading: 0.5 });
        let tee: HsCode = "610910".parse().unwrap();
        let rules = External::new(info, policy, move |texts, _: &Options| {
            if texts.contains(&"boom") {
                return Err(Error::new(ErrorKind::Inference, "the remote model is gone"));
            }
            Ok(texts.iter().map(|_| vec![(tee, 0.9)]).collect())
        });
        let classify = Classify {
            classifier: Arc::new(rules.unwrap()),
            nomenclature: Titles::open(None, &Edition::HS2022).unwrap(),
            options: Options::default(),
        };
        let answers = classify.answer(&["tee", "boom", "shirt"], None);
        let errors: Vec<Option<&String>> = answers.iter().map(|answer| answer.as_ref().err()).collect();
        assert!(errors[0].is_none() && errors[2].is_none());
        assert_eq!(errors[1].unwrap(), "rules: the remote model is gone");
        let fields = classify.fields().len();
        assert!(answers.iter().flatten().all(|answer| answer.values.len() == fields - 2));
        assert_eq!(classify.blank().len(), fields - 2);
    }
}
