//! Reads Parquet: chosen columns, a page at a time.

use std::collections::VecDeque;
use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use parquet::basic::{ConvertedType, LogicalType, TimeUnit, Type as Physical};
use parquet::column::reader::{ColumnReader, ColumnReaderImpl};
use parquet::data_type::DataType;
use parquet::errors::ParquetError;
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::schema::types::{ColumnDescriptor, Type as Schema};

use crate::bytes::Progress;
use crate::row::Heading;
use crate::{Cell, Column, Error, ErrorKind, Kind, Row, time};

/// Rows decoded at once.
const BATCH: usize = 1024;

pub(crate) struct ParquetTable {
    reader: SerializedFileReader<File>,
    /// The leaf that a column is read from; none for columns with parts.
    leaves: Vec<Option<usize>>,
    pub(crate) columns: Vec<Column>,
}

impl ParquetTable {
    pub(crate) fn open(file: File, name: &Arc<str>) -> Result<Self, Error> {
        let reader = guarded(|| SerializedFileReader::new(file)).map_err(|why| {
            Error::new(
                ErrorKind::Format,
                name,
                format!("expected a Parquet file, saw another or a damaged one: {why}"),
            )
        })?;
        let schema = reader.metadata().file_metadata().schema_descr();
        let mut columns = Vec::new();
        let mut leaves = Vec::new();
        let mut leaf = 0;
        for field in schema.root_schema().get_fields() {
            let width = leaf_count(field);
            let plain = width == 1 && field.is_primitive() && leaf < schema.num_columns();
            let descriptor = plain.then(|| schema.column(leaf)).filter(|column| column.max_rep_level() == 0);
            let (kind, type_name) = match &descriptor {
                Some(descriptor) => (kind_of(descriptor), type_name(descriptor)),
                None => (Kind::Nested, nested_name(field)),
            };
            columns.push(Column::new(field.name(), kind, type_name));
            leaves.push(descriptor.map(|_| leaf));
            leaf += width;
        }
        Ok(Self { reader, leaves, columns })
    }

    pub(crate) fn row_count(&self) -> u64 {
        u64::try_from(self.reader.metadata().file_metadata().num_rows()).unwrap_or(0)
    }

    /// `at`: the positions of the columns asked for.
    pub(crate) fn rows(
        self,
        at: &[usize],
        heading: Arc<Heading>,
        progress: Progress,
    ) -> Result<ParquetRows, Error> {
        let mut leaves = Vec::with_capacity(at.len());
        for &at in at {
            let column = &self.columns[at];
            match self.leaves[at] {
                Some(leaf) if column.kind() != Kind::Nested => leaves.push(leaf),
                _ => {
                    let message =
                        format!("expected text, numbers, truth values or dates, saw {}", column.type_name());
                    return Err(
                        Error::new(ErrorKind::Column, &heading.file, message).in_column(column.name())
                    );
                }
            }
        }
        Ok(ParquetRows {
            reader: self.reader,
            leaves,
            heading,
            progress,
            group: 0,
            left_in_group: 0,
            columns: Vec::new(),
            ahead: VecDeque::new(),
            failed: false,
        })
    }
}

pub(crate) struct ParquetRows {
    reader: SerializedFileReader<File>,
    leaves: Vec<usize>,
    heading: Arc<Heading>,
    progress: Progress,
    group: usize,
    left_in_group: usize,
    columns: Vec<(ColumnReader, Arc<ColumnDescriptor>)>,
    ahead: VecDeque<Vec<Cell>>,
    failed: bool,
}

impl ParquetRows {
    pub(crate) fn next(&mut self, index: u64) -> Option<Result<Row, Error>> {
        if self.failed {
            return None;
        }
        while self.ahead.is_empty() {
            match guarded(AssertUnwindSafe(|| self.fill())) {
                Ok(true) => {}
                Ok(false) => return None,
                Err(why) => {
                    self.failed = true;
                    let message = format!(
                        "row group {} of the Parquet file cannot be read: {why}",
                        self.group.saturating_sub(1)
                    );
                    return Some(Err(Error::new(ErrorKind::Format, &self.heading.file, message)));
                }
            }
        }
        self.progress.done.fetch_add(1, Ordering::Relaxed);
        let cells = self.ahead.pop_front()?;
        Some(Ok(Row { index, line: None, cells, heading: Arc::clone(&self.heading) }))
    }

    /// Decodes the next rows; `false` at the end.
    fn fill(&mut self) -> Result<bool, ParquetError> {
        if self.left_in_group == 0 {
            let metadata = self.reader.metadata();
            if self.group >= metadata.num_row_groups() {
                return Ok(false);
            }
            let group = self.reader.get_row_group(self.group)?;
            self.left_in_group = usize::try_from(group.metadata().num_rows()).unwrap_or(0);
            let schema = metadata.file_metadata().schema_descr_ptr();
            self.columns = self
                .leaves
                .iter()
                .map(|&leaf| Ok((group.get_column_reader(leaf)?, schema.column(leaf))))
                .collect::<Result<_, ParquetError>>()?;
            self.group += 1;
            return Ok(true);
        }
        let count = self.left_in_group.min(BATCH);
        self.left_in_group -= count;
        let mut rows: Vec<Vec<Cell>> = (0..count).map(|_| Vec::with_capacity(self.leaves.len())).collect();
        for (reader, descriptor) in &mut self.columns {
            let cells = decode(reader, descriptor, count)?;
            for (row, cell) in rows.iter_mut().zip(cells) {
                row.push(cell);
            }
        }
        self.ahead.extend(rows);
        Ok(true)
    }
}

/// Runs code of the Parquet library; a damaged file must not bring the program down.
fn guarded<T>(run: impl FnOnce() -> Result<T, ParquetError>) -> Result<T, String> {
    match catch_unwind(AssertUnwindSafe(run)) {
        Ok(result) => result.map_err(|error| error.to_string()),
        Err(_) => Err("the reader gave up on it".to_owned()),
    }
}

fn decode(
    reader: &mut ColumnReader,
    column: &ColumnDescriptor,
    count: usize,
) -> Result<Vec<Cell>, ParquetError> {
    let how = Meaning::of(column);
    let top = column.max_def_level();
    match reader {
        ColumnReader::BoolColumnReader(reader) => read(reader, top, count, |value| Cell::Boolean(*value)),
        ColumnReader::Int32ColumnReader(reader) => read(reader, top, count, |value| match how {
            Meaning::Unsigned => Cell::Integer(i64::from(value.cast_unsigned())),
            _ => how.integer(i64::from(*value)),
        }),
        ColumnReader::Int64ColumnReader(reader) => read(reader, top, count, |value| match how {
            Meaning::Unsigned if *value < 0 => Cell::Float(value.cast_unsigned() as f64),
            _ => how.integer(*value),
        }),
        ColumnReader::FloatColumnReader(reader) => {
            read(reader, top, count, |value| Cell::Float(f64::from(*value)))
        }
        ColumnReader::DoubleColumnReader(reader) => read(reader, top, count, |value| Cell::Float(*value)),
        ColumnReader::ByteArrayColumnReader(reader) => {
            read(reader, top, count, |value| Cell::from_bytes(value.data()))
        }
        ColumnReader::Int96ColumnReader(_) | ColumnReader::FixedLenByteArrayColumnReader(_) => {
            Err(ParquetError::General("a type that is not read".to_owned()))
        }
    }
}

/// Exactly `count` cells of a column without parts.
fn read<T: DataType>(
    reader: &mut ColumnReaderImpl<T>,
    top: i16,
    count: usize,
    cell: impl Fn(&T::T) -> Cell,
) -> Result<Vec<Cell>, ParquetError> {
    let mut levels = Vec::new();
    let mut values = Vec::with_capacity(count);
    let (records, _, _) = reader.read_records(count, Some(&mut levels), None, &mut values)?;
    if records != count {
        return Err(ParquetError::General(format!("expected {count} more rows in a column, saw {records}")));
    }
    if top == 0 {
        return Ok(values.iter().map(cell).collect());
    }
    let mut values = values.iter();
    let cells = levels
        .iter()
        .map(|&level| if level == top { values.next().map_or(Cell::Null, &cell) } else { Cell::Null });
    Ok(cells.collect())
}

/// What the numbers of a column stand for.
#[derive(Clone, Copy, PartialEq)]
enum Meaning {
    Number,
    Unsigned,
    Date,
    Moment { per_second: i64 },
    Unreadable,
}

impl Meaning {
    fn of(column: &ColumnDescriptor) -> Self {
        match column.logical_type_ref() {
            Some(LogicalType::Timestamp(timestamp)) => {
                return match timestamp.unit {
                    TimeUnit::MILLIS => Self::Moment { per_second: 1_000 },
                    TimeUnit::MICROS => Self::Moment { per_second: 1_000_000 },
                    TimeUnit::NANOS => Self::Moment { per_second: 1_000_000_000 },
                };
            }
            Some(LogicalType::Date) => return Self::Date,
            _ => {}
        }
        match column.converted_type() {
            ConvertedType::DATE => Self::Date,
            ConvertedType::TIMESTAMP_MILLIS => Self::Moment { per_second: 1_000 },
            ConvertedType::TIMESTAMP_MICROS => Self::Moment { per_second: 1_000_000 },
            ConvertedType::UINT_8
            | ConvertedType::UINT_16
            | ConvertedType::UINT_32
            | ConvertedType::UINT_64 => Self::Unsigned,
            ConvertedType::DECIMAL
            | ConvertedType::INTERVAL
            | ConvertedType::BSON
            | ConvertedType::TIME_MILLIS
            | ConvertedType::TIME_MICROS => Self::Unreadable,
            _ => Self::Number,
        }
    }

    fn integer(self, value: i64) -> Cell {
        match self {
            Self::Date => Cell::Text(time::date(value)),
            Self::Moment { per_second } => Cell::Text(time::moment(value, per_second)),
            Self::Number | Self::Unsigned | Self::Unreadable => Cell::Integer(value),
        }
    }
}

fn kind_of(column: &ColumnDescriptor) -> Kind {
    match (column.physical_type(), Meaning::of(column)) {
        (_, Meaning::Unreadable) => Kind::Nested,
        (Physical::BYTE_ARRAY, _) => Kind::Text,
        // Dates are given as text, yet nobody means them when text is asked for.
        (Physical::INT32 | Physical::INT64, Meaning::Date | Meaning::Moment { .. }) => Kind::Unknown,
        (Physical::INT32 | Physical::INT64, _) => Kind::Integer,
        (Physical::FLOAT | Physical::DOUBLE, _) => Kind::Float,
        (Physical::BOOLEAN, _) => Kind::Boolean,
        (Physical::INT96 | Physical::FIXED_LEN_BYTE_ARRAY, _) => Kind::Nested,
    }
}

fn type_name(column: &ColumnDescriptor) -> String {
    match (column.converted_type(), column.logical_type_ref()) {
        (_, Some(LogicalType::Timestamp(_))) => "TIMESTAMP".to_owned(),
        (ConvertedType::NONE, _) => column.physical_type().to_string(),
        (converted, _) => converted.to_string(),
    }
}

fn nested_name(field: &Schema) -> String {
    match field.get_basic_info().converted_type() {
        ConvertedType::NONE if field.is_primitive() => "a repeated value".to_owned(),
        ConvertedType::NONE => "STRUCT".to_owned(),
        converted => converted.to_string(),
    }
}

fn leaf_count(field: &Schema) -> usize {
    if field.is_primitive() { 1 } else { field.get_fields().iter().map(|field| leaf_count(field)).sum() }
}
