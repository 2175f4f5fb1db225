//! Answers as columns: those of the command's Parquet output, with scores in single precision.

use std::sync::Arc;

use arrow_array::{
    Array, ArrayRef, BooleanArray, Float32Array, Int64Array, ListArray, RecordBatch, StringArray, StructArray,
};
use arrow_buffer::OffsetBuffer;
use arrow_schema::{ArrowError, DataType, Field, FieldRef, Fields, Schema, SchemaRef};
use hscode_core::{Explanation, Options, Prediction, TokenContribution};
use pyo3::prelude::*;

use super::texts::Text;
use crate::errors::wrong_value;
use crate::record;

/// The columns of an answer and where those of the input go.
pub(super) struct Layout {
    schema: SchemaRef,
    column: usize,
    kept: Vec<usize>,
    explain: bool,
    coverage: bool,
}

fn field(name: &str, kind: DataType) -> Field {
    Field::new(name, kind, true)
}

fn list(item: FieldRef) -> DataType {
    DataType::List(item)
}

fn item(kind: DataType) -> FieldRef {
    Arc::new(Field::new("item", kind, true))
}

fn candidate() -> Fields {
    Fields::from(vec![
        field("code", DataType::Utf8),
        field("score", DataType::Float32),
        field("title", DataType::Utf8),
    ])
}

fn token() -> Fields {
    Fields::from(vec![
        field("text", DataType::Utf8),
        field("start", DataType::Int64),
        field("end", DataType::Int64),
        field("contribution", DataType::Float32),
    ])
}

fn evidence() -> Fields {
    Fields::from(vec![
        field("text", DataType::Utf8),
        field("code", DataType::Utf8),
        field("source", DataType::Utf8),
        field("similarity", DataType::Float32),
    ])
}

fn explanation() -> Fields {
    Fields::from(vec![
        field("tokens", list(item(DataType::Struct(token())))),
        field("evidence", list(item(DataType::Struct(evidence())))),
        field("path", list(item(DataType::Utf8))),
        field("base", DataType::Float32),
        field("runner_up", DataType::Struct(runner_up())),
    ])
}

fn runner_up() -> Fields {
    Fields::from(vec![
        field("code", DataType::Utf8),
        field("score", DataType::Float32),
        field("tokens", list(item(DataType::Struct(token())))),
        field("base", DataType::Float32),
    ])
}

impl Layout {
    /// Fails when a kept column has the name of an answer's.
    pub(super) fn new(options: &Options, input: &Schema, column: usize, kept: &[usize]) -> PyResult<Self> {
        let text = |name| field(name, DataType::Utf8);
        let (explain, coverage) = (options.explain, options.coverage.is_some());
        let mut fields = vec![
            Field::new("index", DataType::Int64, false),
            field("description", input.field(column).data_type().clone()),
            text("decision"),
            text("code"),
            field("score", DataType::Float32),
            text("reason"),
            text("level"),
            field("candidates", list(item(DataType::Struct(candidate())))),
            text("classifier"),
            text("edition"),
            text("model"),
            field("truncated", DataType::Boolean),
        ];
        if explain {
            fields.push(field("explanation", DataType::Struct(explanation())));
        }
        if coverage {
            fields.push(field("candidate_set", list(item(DataType::Utf8))));
        }
        fields.push(text("error"));
        for &place in kept {
            let own = input.field(place);
            if fields.iter().any(|field| field.name() == own.name()) {
                return Err(wrong_value(format!(
                    "keep: the answer has a column {:?} of its own, or it is named twice",
                    own.name()
                )));
            }
            fields.push(own.clone());
        }
        let schema = super::shared(Schema::new(fields));
        Ok(Self { schema, column, kept: kept.to_vec(), explain, coverage })
    }

    pub(super) fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    pub(super) fn column(&self) -> usize {
        self.column
    }

    /// The answers to the rows of a batch.
    pub(super) fn fill(
        &self,
        input: &RecordBatch,
        index: u64,
        read: &[Text<'_>],
        answers: &[Option<Prediction>],
    ) -> Result<RecordBatch, ArrowError> {
        let of = |take: fn(&Prediction) -> Option<&str>| -> ArrayRef {
            Arc::new(answers.iter().map(|answer| answer.as_ref().and_then(take)).collect::<StringArray>())
        };
        let codes: StringArray = answers
            .iter()
            .map(|answer| answer.as_ref().and_then(|p| p.code()).map(|code| code.as_str().to_owned()))
            .collect();
        let level = |p: &Prediction| p.code().map_or(p.level(), |code| code.level()).as_str();
        let errors: StringArray = read
            .iter()
            .zip(answers)
            .map(|(text, answer)| match (text, answer) {
                (Err(why), _) => Some(*why),
                (Ok(_), None) => Some("the row was not answered"),
                (Ok(_), Some(_)) => None,
            })
            .collect();
        let mut columns: Vec<ArrayRef> = vec![
            Arc::new((index as i64..).take(read.len()).collect::<Int64Array>()),
            Arc::clone(input.column(self.column)),
            of(|p| Some(p.decision().as_str())),
            Arc::new(codes),
            Arc::new(
                answers.iter().map(|p| p.as_ref().and_then(Prediction::score)).collect::<Float32Array>(),
            ),
            of(|p| p.decision().reason().map(|reason| reason.as_str())),
            Arc::new(answers.iter().map(|p| p.as_ref().map(level)).collect::<StringArray>()),
            candidates(answers)?,
            of(|p| Some(p.classifier())),
            of(|p| Some(p.edition().as_str())),
            of(|p| Some(p.model())),
            Arc::new(answers.iter().map(|p| p.as_ref().map(Prediction::truncated)).collect::<BooleanArray>()),
        ];
        if self.explain {
            columns.push(explanations(answers)?);
        }
        if self.coverage {
            columns.push(sets(answers)?);
        }
        columns.push(Arc::new(errors));
        columns.extend(self.kept.iter().map(|&place| Arc::clone(input.column(place))));
        RecordBatch::try_new(self.schema(), columns)
    }
}

/// A list in each row; `lengths` of the items that `values` holds one after the other.
fn lists(lengths: impl Iterator<Item = usize>, values: ArrayRef) -> Result<ArrayRef, ArrowError> {
    let field = item(values.data_type().clone());
    Ok(Arc::new(ListArray::try_new(field, OffsetBuffer::from_lengths(lengths), values, None)?))
}

fn candidates(answers: &[Option<Prediction>]) -> Result<ArrayRef, ArrowError> {
    let of = |answer: &Option<Prediction>| answer.as_ref().map_or(0, |p| p.candidates().len());
    let all = || answers.iter().flatten().flat_map(|p| p.candidates().iter().map(move |c| (p, c)));
    let codes: StringArray = all().map(|(_, c)| Some(c.code().as_str().to_owned())).collect();
    let scores: Float32Array = all().map(|(_, c)| Some(c.score())).collect();
    // The answers of a batch are almost always of one edition.
    let mut last = None;
    let titles: StringArray = all()
        .map(|(p, c)| {
            if last.is_none_or(|(edition, _)| edition != p.edition()) {
                last = Some((p.edition(), record::titles(p.edition())));
            }
            last.and_then(|(_, titles)| titles).and_then(|titles| titles.title(c.code()))
        })
        .collect();
    let columns: Vec<ArrayRef> = vec![Arc::new(codes), Arc::new(scores), Arc::new(titles)];
    lists(answers.iter().map(of), Arc::new(StructArray::try_new(candidate(), columns, None)?))
}

fn sets(answers: &[Option<Prediction>]) -> Result<ArrayRef, ArrowError> {
    let of =
        |answer: &Option<Prediction>| answer.as_ref().and_then(Prediction::candidate_set).map(<[_]>::to_vec);
    let sets: Vec<_> = answers.iter().map(|answer| of(answer).unwrap_or_default()).collect();
    let codes: StringArray = sets.iter().flatten().map(|code| Some(code.as_str().to_owned())).collect();
    lists(sets.iter().map(Vec::len), Arc::new(codes))
}

fn explanations(answers: &[Option<Prediction>]) -> Result<ArrayRef, ArrowError> {
    static NONE: std::sync::LazyLock<Explanation> = std::sync::LazyLock::new(Explanation::default);
    let given: Vec<Option<&Explanation>> =
        answers.iter().map(|answer| answer.as_ref().and_then(Prediction::explanation)).collect();
    let each: Vec<&Explanation> = given.iter().map(|one| one.unwrap_or(&NONE)).collect();
    let found = || each.iter().flat_map(|one| &one.evidence);
    let found_columns: Vec<ArrayRef> = vec![
        Arc::new(found().map(|e| Some(e.text.as_str())).collect::<StringArray>()),
        Arc::new(found().map(|e| Some(e.code.as_str())).collect::<StringArray>()),
        Arc::new(found().map(|e| Some(&*e.source)).collect::<StringArray>()),
        Arc::new(found().map(|e| Some(e.similarity)).collect::<Float32Array>()),
    ];
    let paths: StringArray =
        each.iter().flat_map(|one| &one.path).map(|title| Some(title.as_str())).collect();
    let columns = vec![
        words(each.iter().map(|one| one.tokens.as_slice()))?,
        lists(
            each.iter().map(|one| one.evidence.len()),
            Arc::new(StructArray::try_new(evidence(), found_columns, None)?),
        )?,
        lists(each.iter().map(|one| one.path.len()), Arc::new(paths))?,
        Arc::new(each.iter().map(|one| one.base).collect::<Float32Array>()),
        seconds(&each)?,
    ];
    let missing = given.iter().map(Option::is_some).collect::<Vec<bool>>();
    Ok(Arc::new(StructArray::try_new(explanation(), columns, Some(missing.into()))?))
}

/// The words of each row with what they added.
fn words<'a>(rows: impl Iterator<Item = &'a [TokenContribution]> + Clone) -> Result<ArrayRef, ArrowError> {
    let all = || rows.clone().flatten();
    let columns: Vec<ArrayRef> = vec![
        Arc::new(all().map(|t| Some(t.text.as_str())).collect::<StringArray>()),
        Arc::new(all().map(|t| t.start as i64).collect::<Int64Array>()),
        Arc::new(all().map(|t| t.end as i64).collect::<Int64Array>()),
        Arc::new(all().map(|t| Some(t.contribution)).collect::<Float32Array>()),
    ];
    lists(rows.map(<[_]>::len), Arc::new(StructArray::try_new(token(), columns, None)?))
}

/// The code that came second in each row.
fn seconds(each: &[&Explanation]) -> Result<ArrayRef, ArrowError> {
    let second = || each.iter().map(|one| one.runner_up.as_ref());
    let codes: StringArray = second().map(|one| one.map(|one| one.code.as_str().to_owned())).collect();
    let columns: Vec<ArrayRef> = vec![
        Arc::new(codes),
        Arc::new(second().map(|one| one.map(|one| one.score)).collect::<Float32Array>()),
        words(second().map(|one| one.map_or(&[][..], |one| one.tokens.as_slice())))?,
        Arc::new(second().map(|one| one.map(|one| one.base)).collect::<Float32Array>()),
    ];
    let there: Vec<bool> = second().map(|one| one.is_some()).collect();
    Ok(Arc::new(StructArray::try_new(runner_up(), columns, Some(there.into()))?))
}
