//! Rows that come in: arguments, standard input, files.

use std::io::IsTerminal;
use std::path::{Path, PathBuf};

use hscode_table::{Cell, Error, Field, Format, Kind, Progress, Reader, Row, Rows, Type, Value};

use super::{RowArgs, is_dash};
use crate::exit::Failure;

/// Where the rows of a run come from.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    Arguments(Vec<String>),
    Stdin,
    File(PathBuf),
}

impl Origin {
    /// Decides from the arguments; `what` names one row, `example` shows one.
    pub(crate) fn choose(
        given: &[String],
        args: &RowArgs,
        what: &str,
        example: &str,
    ) -> Result<Self, Failure> {
        let dash = [String::from("-")];
        if !given.is_empty() && given != dash {
            if args.input.is_some() {
                return Err(Failure::usage(format!("expected {what}s as arguments or by --input, saw both")));
            }
            let options = [
                ("--column", args.column.is_some()),
                ("--format", args.format.is_some()),
                ("--keep", !args.keep.is_empty()),
            ];
            if let Some((option, _)) = options.into_iter().find(|(_, given)| *given) {
                let hint =
                    if option == "--format" { "; the format of the output is --output-format" } else { "" };
                return Err(Failure::usage(format!(
                    "{option} is about an --input file, and there is none{hint}"
                )));
            }
            let file = |text: &&String| {
                let path = Path::new(text);
                Format::of_path(path).is_some() && path.is_file()
            };
            if let Some(path) = given.iter().find(file) {
                return Err(Failure::usage(format!("{path} is a file; to answer its rows: --input {path}")));
            }
            return Ok(Self::Arguments(given.to_vec()));
        }
        match &args.input {
            Some(path) if !is_dash(path) => Ok(Self::File(path.clone())),
            None if given.is_empty() && std::io::stdin().is_terminal() => Err(Failure::usage(format!(
                "expected a {what}, a file by --input, or lines on standard input\n  such as: {example}\n  more:    --help"
            ))),
            _ => Ok(Self::Stdin),
        }
    }
}

/// One row on its way.
#[derive(Debug)]
pub(crate) struct Item {
    pub(crate) index: u64,
    /// Where it stands in a text file, from 1.
    pub(crate) line: Option<u64>,
    /// What to answer, or why the row cannot be read.
    pub(crate) text: Result<String, String>,
    pub(crate) kept: Vec<Value>,
}

/// The rows of a run.
pub(crate) struct Source {
    pub(crate) items: Box<dyn Iterator<Item = Result<Item, Failure>> + Send>,
    /// The columns that are carried along.
    pub(crate) kept: Vec<Field>,
    pub(crate) progress: Option<Progress>,
    /// Whether the rows stand on the command line.
    pub(crate) arguments: bool,
    /// Whether a person types the rows.
    pub(crate) typed: bool,
}

impl Source {
    /// Opens the rows; `default` names the column that is read when nobody names one, `digits` says that whole
    /// numbers will do for text.
    pub(crate) fn open(
        origin: &Origin,
        args: &RowArgs,
        default: &str,
        digits: bool,
    ) -> Result<Self, Failure> {
        let mut reader = match origin {
            Origin::Arguments(texts) => {
                let items = texts.clone().into_iter().enumerate().map(|(at, text)| {
                    Ok(Item { index: at as u64, line: None, text: Ok(text), kept: Vec::new() })
                });
                let items = Box::new(items);
                return Ok(Self { items, kept: Vec::new(), progress: None, arguments: true, typed: false });
            }
            Origin::Stdin => {
                Reader::from_read("standard input", std::io::stdin(), args.format.unwrap_or(Format::Lines))?
            }
            Origin::File(path) => Reader::open(path, args.format)?,
        };
        let column = match &args.column {
            Some(name) if digits => reader.text_or_digits_column(name)?,
            Some(name) => reader.text_column(name)?,
            None if digits => {
                // Codes stored as numbers: the column named so, or the one that there is.
                let only = match reader.columns() {
                    [only] => Some(only.name().to_owned()),
                    _ => None,
                };
                match only.or_else(|| reader.column(default).ok().map(|column| column.name().to_owned())) {
                    Some(name) => reader.text_or_digits_column(&name)?,
                    None => reader.default_text_column(default)?,
                }
            }
            None => reader.default_text_column(default)?,
        };
        let mut names = vec![column.name().to_owned()];
        let mut kept: Vec<Field> = Vec::new();
        for keep in &args.keep {
            let (name, written) = keep.split_once('=').unwrap_or((keep, keep));
            let column = reader.column(name)?;
            let written = if keep.contains('=') { written } else { column.name() };
            let of = if reader.format() == Format::Parquet { type_of(column.kind()) } else { Type::Any };
            if kept.iter().any(|field| field.name() == written) {
                return Err(Failure::usage(format!("--keep {keep}: the column {written:?} is kept twice")));
            }
            kept.push(Field::new(written, of));
            names.push(column.name().to_owned());
        }
        let progress = Some(reader.progress());
        let rows = reader.rows(&names)?;
        let empty = vec![Value::Null; kept.len()];
        let typed = *origin == Origin::Stdin && std::io::stdin().is_terminal();
        let items = Box::new(Items { rows, digits, empty });
        Ok(Self { items, kept, progress, arguments: false, typed })
    }

    /// The kept columns must not stand in the way of the answer's own.
    pub(crate) fn check_kept(&self, own: &[Field]) -> Result<(), Failure> {
        match self.kept.iter().find(|kept| own.iter().any(|field| field.name() == kept.name())) {
            Some(kept) => {
                let name = kept.name();
                Err(Failure::usage(format!(
                    "--keep {name}: the answer has a column {name:?} of its own; write yours under another name: --keep {name}=given_{name}"
                )))
            }
            None => Ok(()),
        }
    }
}

fn type_of(kind: Kind) -> Type {
    match kind {
        Kind::Integer => Type::Integer,
        Kind::Float => Type::Double,
        Kind::Boolean => Type::Boolean,
        _ => Type::Text,
    }
}

struct Items {
    rows: Rows,
    digits: bool,
    empty: Vec<Value>,
}

impl Iterator for Items {
    type Item = Result<Item, Failure>;

    fn next(&mut self) -> Option<Self::Item> {
        Some(match self.rows.next()? {
            Ok(row) => Ok(self.item(row)),
            Err(error) if error.is_row() => Ok(Item {
                index: error.index().unwrap_or(0),
                line: error.line(),
                text: Err(error.without_file()),
                kept: self.empty.clone(),
            }),
            Err(error) => Err(error.into()),
        })
    }
}

impl Items {
    fn item(&self, row: Row) -> Item {
        let (index, line) = (row.index(), row.line());
        let text = if self.digits {
            row.text_or_digits(0).map(|text| text.into_owned())
        } else {
            row.text(0).map(str::to_owned)
        };
        let text = text.map_err(|error: Error| error.without_file());
        let kept = row.into_cells().into_iter().skip(1).map(value).collect();
        Item { index, line, text, kept }
    }
}

fn value(cell: Cell) -> Value {
    match cell {
        Cell::Text(text) => Value::Text(text),
        Cell::Integer(number) => Value::Integer(number),
        Cell::Float(number) => Value::Double(number),
        Cell::Boolean(value) => Value::Boolean(value),
        Cell::Nested(json) => Value::Json(json),
        _ => Value::Null,
    }
}
