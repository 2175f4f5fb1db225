//! Rows in and out of tables: CSV, TSV, JSONL, Parquet and plain lines.
//!
//! A [`Reader`] gives one row at a time, whatever the size of the file. A row that cannot be read (ragged,
//! not UTF-8, broken JSON) is an error item that names its line, and reading goes on with the next. A
//! [`Writer`] takes typed values and writes the same columns in each format; a file appears under its name
//! only once it is whole.
//!
//! ```
//! use hscode_table::{Format, Reader};
//!
//! let csv = "id,description\nA1,cotton tee\nA2\nA3,steel bolt\n";
//! let reader = Reader::from_read("goods.csv", std::io::Cursor::new(csv), Format::Csv)?;
//! let mut seen = Vec::new();
//! for row in reader.rows(&["description"])? {
//!     match row {
//!         Ok(row) => seen.push(row.text(0)?.to_owned()),
//!         Err(error) if error.is_row() => seen.push(error.to_string()),
//!         Err(error) => return Err(error),
//!     }
//! }
//! assert_eq!(seen[1], "goods.csv: line 3: 1 field, expected 2 as in the header");
//! assert_eq!(seen[2], "steel bolt");
//! # Ok::<(), hscode_table::Error>(())
//! ```

mod bytes;
mod column;
mod delimited;
mod delimited_out;
mod error;
mod file;
mod format;
mod jsonl;
mod lines;
mod parquet_in;
mod parquet_out;
mod reader;
mod row;
mod time;
mod value;
mod writer;

pub use bytes::{MAX_ROW_BYTES, Progress};
pub use column::{Column, Kind};
pub use error::{Error, ErrorKind};
pub use file::NewFile;
pub use format::Format;
pub use reader::{Reader, Rows};
pub use row::{Cell, Row};
pub use value::{Field, Type, Value};
pub use writer::Writer;
