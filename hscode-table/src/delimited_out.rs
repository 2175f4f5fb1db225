//! Writes CSV and TSV.

use std::io::{self, Write};

use crate::{Field, Value};

pub(crate) struct DelimitedOut<W: Write> {
    writer: csv::Writer<W>,
    cell: Vec<u8>,
}

impl<W: Write> DelimitedOut<W> {
    pub(crate) fn new(out: W, delimiter: u8, fields: &[Field]) -> io::Result<Self> {
        let mut writer =
            csv::WriterBuilder::new().delimiter(delimiter).buffer_capacity(1 << 16).from_writer(out);
        writer.write_record(fields.iter().map(Field::name)).map_err(io_error)?;
        Ok(Self { writer, cell: Vec::new() })
    }

    pub(crate) fn write(&mut self, fields: &[Field], values: &[Value]) -> io::Result<()> {
        for (field, value) in fields.iter().zip(values) {
            self.cell.clear();
            value.write_cell(&field.of, &mut self.cell);
            self.writer.write_field(&self.cell).map_err(io_error)?;
        }
        self.writer.write_record(None::<&[u8]>).map_err(io_error)
    }

    pub(crate) fn flush(&mut self) -> io::Result<()> {
        self.writer.flush()
    }

    pub(crate) fn into_inner(self) -> io::Result<W> {
        self.writer.into_inner().map_err(|error| io::Error::new(error.error().kind(), error.to_string()))
    }
}

fn io_error(error: csv::Error) -> io::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error,
        other => io::Error::other(format!("{other:?}")),
    }
}
