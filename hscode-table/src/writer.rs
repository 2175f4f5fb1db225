//! Writes rows in any format.

use std::io::{self, BufWriter, Write};
use std::sync::Arc;

use crate::delimited_out::DelimitedOut;
use crate::parquet_out::ParquetOut;
use crate::value::write_json_object;
use crate::{Error, ErrorKind, Field, Format, NewFile, Value};

/// Where the bytes go.
pub(crate) enum Target {
    File(NewFile),
    Stream(Box<dyn Write + Send>),
}

impl Write for Target {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        match self {
            Self::File(file) => file.write(buffer),
            Self::Stream(stream) => stream.write(buffer),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::File(file) => file.flush(),
            Self::Stream(stream) => stream.flush(),
        }
    }
}

enum Inner {
    Jsonl(BufWriter<Target>),
    Delimited(Box<DelimitedOut<Target>>),
    Parquet(Box<ParquetOut<Target>>),
}

/// Writes rows of named, typed columns; the same columns in every format.
///
/// ```
/// use hscode_table::{Field, Format, Type, Value, Writer};
///
/// let fields = vec![Field::new("code", Type::Text), Field::new("score", Type::Single)];
/// let mut writer = Writer::to_stream("memory", Box::new(std::io::sink()), Format::Csv, fields)?;
/// writer.write(&[Value::text("610910"), Value::Single(0.93)])?;
/// writer.finish()?;
/// # Ok::<(), hscode_table::Error>(())
/// ```
pub struct Writer {
    inner: Inner,
    fields: Vec<Field>,
    name: Arc<str>,
    line: Vec<u8>,
}

impl Writer {
    /// Writes to a file that appears under its name once [`finish`](Self::finish) is called.
    ///
    /// # Errors
    /// `Format`: nothing writes this format. `Io`: the first bytes cannot be written.
    pub fn to_file(file: NewFile, name: &str, format: Format, fields: Vec<Field>) -> Result<Self, Error> {
        Self::new(name, Target::File(file), format, fields)
    }

    /// Writes to a stream, such as standard output; `name` stands in messages.
    ///
    /// # Errors
    /// As [`to_file`](Self::to_file).
    pub fn to_stream(
        name: &str,
        stream: Box<dyn Write + Send>,
        format: Format,
        fields: Vec<Field>,
    ) -> Result<Self, Error> {
        Self::new(name, Target::Stream(stream), format, fields)
    }

    fn new(name: &str, target: Target, format: Format, fields: Vec<Field>) -> Result<Self, Error> {
        let name: Arc<str> = name.into();
        let failed = |error| Error::io(&name, "cannot write", error);
        let inner = match format {
            Format::Jsonl => Inner::Jsonl(BufWriter::with_capacity(1 << 16, target)),
            Format::Csv => {
                Inner::Delimited(Box::new(DelimitedOut::new(target, b',', &fields).map_err(failed)?))
            }
            Format::Tsv => {
                Inner::Delimited(Box::new(DelimitedOut::new(target, b'\t', &fields).map_err(failed)?))
            }
            Format::Parquet => Inner::Parquet(Box::new(ParquetOut::new(target, &fields).map_err(failed)?)),
            Format::Lines => {
                let message =
                    "expected a format with columns to write (csv, tsv, jsonl or parquet), saw lines";
                return Err(Error::new(ErrorKind::Format, &name, message));
            }
        };
        Ok(Self { inner, fields, name, line: Vec::new() })
    }

    /// The columns.
    pub fn fields(&self) -> &[Field] {
        &self.fields
    }

    /// Writes one row, a value a column.
    ///
    /// # Errors
    /// `Column`: another number of values than columns, or a value of another type than its column's.
    /// `Io`: the row cannot be written.
    pub fn write(&mut self, values: &[Value]) -> Result<(), Error> {
        if values.len() != self.fields.len() {
            let message = format!("expected {} values in a row, saw {}", self.fields.len(), values.len());
            return Err(Error::new(ErrorKind::Column, &self.name, message));
        }
        if let Some((field, _)) = self.fields.iter().zip(values).find(|(field, value)| !value.fits(&field.of))
        {
            let message = format!("expected a value of the type {:?}", field.of);
            return Err(Error::new(ErrorKind::Column, &self.name, message).in_column(&field.name));
        }
        let written = match &mut self.inner {
            Inner::Jsonl(out) => {
                self.line.clear();
                write_json_object(&self.fields, values, &mut self.line);
                self.line.push(b'\n');
                out.write_all(&self.line)
            }
            Inner::Delimited(out) => out.write(&self.fields, values),
            Inner::Parquet(out) => out.write(values),
        };
        written.map_err(|error| Error::io(&self.name, "cannot write", error))
    }

    /// Hands on what is written so far; Parquet hands on whole row groups only.
    ///
    /// # Errors
    /// `Io`: it cannot be written.
    pub fn flush(&mut self) -> Result<(), Error> {
        let flushed = match &mut self.inner {
            Inner::Jsonl(out) => out.flush(),
            Inner::Delimited(out) => out.flush(),
            Inner::Parquet(_) => Ok(()),
        };
        flushed.map_err(|error| Error::io(&self.name, "cannot write", error))
    }

    /// Writes the rest and gives a file its name.
    ///
    /// # Errors
    /// `Io`: it cannot be written; of a file, nothing is left then.
    pub fn finish(self) -> Result<(), Error> {
        let name = self.name;
        let target = match self.inner {
            Inner::Jsonl(out) => out.into_inner().map_err(io::IntoInnerError::into_error),
            Inner::Delimited(out) => out.into_inner(),
            Inner::Parquet(out) => out.finish(),
        };
        match target.map_err(|error| Error::io(&name, "cannot write", error))? {
            Target::File(file) => file.commit(),
            Target::Stream(mut stream) => {
                stream.flush().map_err(|error| Error::io(&name, "cannot write", error))
            }
        }
    }
}
