//! A user's own settled descriptions, read from a table.

use std::path::Path;
use std::sync::Arc;

use hscode_core::lexical::Reference;
use hscode_core::{Edition, HsCode, Nomenclature};
use hscode_table::Reader;

use crate::exit::{Failure, Status};

/// Reads descriptions with their codes: the columns `description` and `code` of a table of any format.
///
/// A fault in any row ends the run: what outranks the model must be right as a whole.
pub(crate) fn read(path: &Path, edition: &Edition) -> Result<Vec<Reference>, Failure> {
    let nomenclature = Nomenclature::of(edition)?;
    let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy();
    let source: Arc<str> = name.into();
    let mut reader = Reader::open(path, None)?;
    let columns = [
        reader.text_column("description")?.name().to_owned(),
        reader.text_or_digits_column("code")?.name().to_owned(),
    ];
    let mut references = Vec::new();
    for row in reader.rows(&columns)? {
        let row = row?;
        let given = row.text_or_digits(1)?;
        let code: HsCode =
            given.parse().map_err(|error: hscode_core::Error| row.error(1, format!("code {error}")))?;
        let Some(subheading) = code.subheading() else {
            return Err(row.error(1, format!("expected a code of at least 6 digits, saw {code}")).into());
        };
        nomenclature.check(subheading).map_err(|error| row.error(1, error.to_string()))?;
        let description = row.text(0)?;
        if description.trim().is_empty() {
            return Err(row.error(0, "expected a description, saw empty text").into());
        }
        references.push(Reference::new(description, subheading, Arc::clone(&source)));
    }
    if references.is_empty() {
        let message = format!("{}: expected descriptions with codes, saw no rows", path.display());
        return Err(Failure::Said(Status::InputOutput, message));
    }
    Ok(references)
}
