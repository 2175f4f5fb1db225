//! Writes Parquet: rows are gathered to row groups of bounded size, then written column by column.

use std::io::{self, Write};
use std::sync::Arc;

use parquet::basic::{Compression, ConvertedType, LogicalType, Repetition, Type as Physical};
use parquet::column::writer::ColumnWriter;
use parquet::data_type::ByteArray;
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::{Type as Schema, TypePtr};

use crate::{Field, Type, Value};

/// A row group ends at this many rows or about this many bytes, so that memory stays bounded.
const GROUP_ROWS: usize = 32_768;
const GROUP_BYTES: usize = 32 << 20;

pub(crate) struct ParquetOut<W: Write + Send> {
    writer: SerializedFileWriter<W>,
    types: Vec<Type>,
    leaves: Vec<Leaf>,
    rows: usize,
}

/// The values of one column without parts, with their levels as the format defines them: how far down the
/// value is there (definition), and which list a value goes on with (repetition).
#[derive(Default)]
struct Leaf {
    definition: Vec<i16>,
    repetition: Vec<i16>,
    values: Values,
    bytes: usize,
}

#[derive(Default)]
enum Values {
    #[default]
    None,
    Text(Vec<ByteArray>),
    Integer(Vec<i64>),
    Single(Vec<f32>),
    Double(Vec<f64>),
    Boolean(Vec<bool>),
}

impl<W: Write + Send> ParquetOut<W> {
    pub(crate) fn new(out: W, fields: &[Field]) -> io::Result<Self> {
        let columns = fields.iter().map(|field| schema(&field.name, &field.of)).collect::<Result<_, _>>();
        let root = columns.and_then(|columns| Schema::group_type_builder("row").with_fields(columns).build());
        let properties = WriterProperties::builder()
            .set_compression(Compression::SNAPPY)
            .set_created_by(concat!("hscode ", env!("CARGO_PKG_VERSION")).to_owned())
            .build();
        let writer = SerializedFileWriter::new(out, Arc::new(root.map_err(io_error)?), Arc::new(properties))
            .map_err(io_error)?;
        let types: Vec<Type> = fields.iter().map(|field| field.of.clone()).collect();
        let leaves = leaves_of(&types);
        Ok(Self { writer, types, leaves, rows: 0 })
    }

    pub(crate) fn write(&mut self, values: &[Value]) -> io::Result<()> {
        let mut leaves = self.leaves.iter_mut();
        for (of, value) in self.types.iter().zip(values) {
            shred(Some(value), of, 0, 0, 0, &mut leaves.by_ref().take(width(of)).collect::<Vec<_>>());
        }
        self.rows += 1;
        let bytes: usize = self.leaves.iter().map(|leaf| leaf.bytes).sum();
        if self.rows >= GROUP_ROWS || bytes >= GROUP_BYTES { self.end_group() } else { Ok(()) }
    }

    fn end_group(&mut self) -> io::Result<()> {
        if self.rows == 0 {
            return Ok(());
        }
        self.rows = 0;
        let leaves = std::mem::replace(&mut self.leaves, leaves_of(&self.types));
        let mut group = self.writer.next_row_group().map_err(io_error)?;
        for leaf in leaves {
            let Some(mut column) = group.next_column().map_err(io_error)? else {
                return Err(io::Error::other("the columns do not fit the schema"));
            };
            let (definition, repetition) = (Some(&leaf.definition[..]), Some(&leaf.repetition[..]));
            let written = match (column.untyped(), &leaf.values) {
                (ColumnWriter::ByteArrayColumnWriter(column), Values::Text(values)) => {
                    column.write_batch(values, definition, repetition)
                }
                (ColumnWriter::Int64ColumnWriter(column), Values::Integer(values)) => {
                    column.write_batch(values, definition, repetition)
                }
                (ColumnWriter::FloatColumnWriter(column), Values::Single(values)) => {
                    column.write_batch(values, definition, repetition)
                }
                (ColumnWriter::DoubleColumnWriter(column), Values::Double(values)) => {
                    column.write_batch(values, definition, repetition)
                }
                (ColumnWriter::BoolColumnWriter(column), Values::Boolean(values)) => {
                    column.write_batch(values, definition, repetition)
                }
                _ => return Err(io::Error::other("the columns do not fit the schema")),
            };
            written.and_then(|_| column.close()).map_err(io_error)?;
        }
        group.close().map_err(io_error)?;
        Ok(())
    }

    /// Writes the rest and the footer.
    pub(crate) fn finish(mut self) -> io::Result<W> {
        self.end_group()?;
        self.writer.into_inner().map_err(io_error)
    }
}

/// The schema of a column; every value may be null.
fn schema(name: &str, of: &Type) -> Result<TypePtr, ParquetError> {
    let primitive = |physical| Schema::primitive_type_builder(name, physical);
    let built = match of {
        Type::Text | Type::Any => primitive(Physical::BYTE_ARRAY)
            .with_converted_type(ConvertedType::UTF8)
            .with_logical_type(Some(LogicalType::String))
            .with_repetition(Repetition::OPTIONAL)
            .build(),
        Type::Json => primitive(Physical::BYTE_ARRAY)
            .with_converted_type(ConvertedType::JSON)
            .with_logical_type(Some(LogicalType::Json))
            .with_repetition(Repetition::OPTIONAL)
            .build(),
        Type::Integer => primitive(Physical::INT64).with_repetition(Repetition::OPTIONAL).build(),
        Type::Single => primitive(Physical::FLOAT).with_repetition(Repetition::OPTIONAL).build(),
        Type::Double => primitive(Physical::DOUBLE).with_repetition(Repetition::OPTIONAL).build(),
        Type::Boolean => primitive(Physical::BOOLEAN).with_repetition(Repetition::OPTIONAL).build(),
        Type::List(of) => {
            let repeated = Schema::group_type_builder("list")
                .with_repetition(Repetition::REPEATED)
                .with_fields(vec![schema("element", of)?])
                .build()?;
            Schema::group_type_builder(name)
                .with_converted_type(ConvertedType::LIST)
                .with_logical_type(Some(LogicalType::List))
                .with_repetition(Repetition::OPTIONAL)
                .with_fields(vec![Arc::new(repeated)])
                .build()
        }
        Type::Struct(fields) => {
            let parts =
                fields.iter().map(|field| schema(&field.name, &field.of)).collect::<Result<_, _>>()?;
            Schema::group_type_builder(name).with_repetition(Repetition::OPTIONAL).with_fields(parts).build()
        }
    };
    built.map(Arc::new)
}

fn leaves_of(types: &[Type]) -> Vec<Leaf> {
    fn add(of: &Type, leaves: &mut Vec<Leaf>) {
        let values = match of {
            Type::Text | Type::Json | Type::Any => Values::Text(Vec::new()),
            Type::Integer => Values::Integer(Vec::new()),
            Type::Single => Values::Single(Vec::new()),
            Type::Double => Values::Double(Vec::new()),
            Type::Boolean => Values::Boolean(Vec::new()),
            Type::List(of) => return add(of, leaves),
            Type::Struct(fields) => return fields.iter().for_each(|field| add(&field.of, leaves)),
        };
        leaves.push(Leaf { values, ..Leaf::default() });
    }
    let mut leaves = Vec::new();
    types.iter().for_each(|of| add(of, &mut leaves));
    leaves
}

/// The number of leaves of a type.
fn width(of: &Type) -> usize {
    match of {
        Type::List(of) => width(of),
        Type::Struct(fields) => fields.iter().map(|field| width(&field.of)).sum(),
        _ => 1,
    }
}

/// Takes a value apart into its leaves.
///
/// `value`: none when a part above is null. `repetition`: which list this value goes on with. `definition`: how
/// many optional or repeated parts above are there. `depth`: the number of lists above.
fn shred(
    value: Option<&Value>,
    of: &Type,
    repetition: i16,
    definition: i16,
    depth: i16,
    leaves: &mut [&mut Leaf],
) {
    let value = value.filter(|value| **value != Value::Null);
    match (of, value) {
        (Type::List(of), Some(Value::List(values))) if !values.is_empty() => {
            for (at, value) in values.iter().enumerate() {
                let repetition = if at == 0 { repetition } else { depth + 1 };
                shred(Some(value), of, repetition, definition + 2, depth + 1, leaves);
            }
        }
        (Type::List(of), Some(_)) => shred(None, of, repetition, definition + 1, depth + 1, leaves),
        (Type::List(of), None) => shred(None, of, repetition, definition, depth + 1, leaves),
        (Type::Struct(fields), parts) => {
            let (parts, definition) = match parts {
                Some(Value::Struct(parts)) => (Some(parts), definition + 1),
                _ => (None, definition),
            };
            let mut from = 0;
            for (at, field) in fields.iter().enumerate() {
                let to = from + width(&field.of);
                let part = parts.and_then(|parts| parts.get(at));
                shred(part, &field.of, repetition, definition, depth, &mut leaves[from..to]);
                from = to;
            }
        }
        (_, value) => {
            if let Some(leaf) = leaves.first_mut() {
                leaf.push(value, repetition, definition);
            }
        }
    }
}

impl Leaf {
    fn push(&mut self, value: Option<&Value>, repetition: i16, definition: i16) {
        self.bytes += 12;
        let there = match (&mut self.values, value) {
            (Values::Text(values), Some(value)) => {
                let mut text = Vec::new();
                value.write_cell(&Type::Any, &mut text);
                self.bytes += text.len();
                values.push(ByteArray::from(text));
                true
            }
            (Values::Integer(values), Some(Value::Integer(value))) => {
                values.push(*value);
                true
            }
            (Values::Single(values), Some(Value::Single(value))) => {
                values.push(*value);
                true
            }
            (Values::Double(values), Some(Value::Double(value))) => {
                values.push(*value);
                true
            }
            (Values::Boolean(values), Some(Value::Boolean(value))) => {
                values.push(*value);
                true
            }
            _ => false,
        };
        self.repetition.push(repetition);
        self.definition.push(definition + i16::from(there));
    }
}

fn io_error(error: ParquetError) -> io::Error {
    match error {
        // Keeps the kind, such as a pipe that was closed.
        ParquetError::External(inner) => match inner.downcast::<io::Error>() {
            Ok(error) => *error,
            Err(inner) => io::Error::other(inner),
        },
        other => io::Error::other(other),
    }
}
