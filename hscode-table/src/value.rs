//! Typed values and columns of a table that is written.

/// The type of a column that is written.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Type {
    /// Text.
    Text,
    /// A whole number of 64 bits.
    Integer,
    /// A number of 32 bits; written with the fewest digits that give it back.
    Single,
    /// A number of 64 bits; written with the fewest digits that give it back.
    Double,
    /// True or false.
    Boolean,
    /// JSON made by the caller: as it is in JSONL, as text elsewhere.
    Json,
    /// A value of any kind, of a column that is carried along from an untyped source: as it is in JSONL; text
    /// elsewhere, with JSON for what is no text.
    Any,
    /// A list of values of one type: JSON text in CSV and TSV, a list in Parquet.
    List(Box<Type>),
    /// A record: JSON text in CSV and TSV, a struct in Parquet.
    Struct(Vec<Field>),
}

/// A column that is written, or a part of a record.
#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    pub(crate) name: String,
    pub(crate) of: Type,
    pub(crate) optional: bool,
}

impl Field {
    /// A column of this name and type.
    pub fn new(name: impl Into<String>, of: Type) -> Self {
        Self { name: name.into(), of, optional: false }
    }

    /// The same, but JSONL leaves the key out of rows where the value is null.
    #[must_use]
    pub fn optional(mut self) -> Self {
        self.optional = true;
        self
    }

    /// The name of the column.
    pub fn name(&self) -> &str {
        &self.name
    }
}

/// A value that is written; it must be null or of its column's [`Type`].
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Value {
    /// No value.
    Null,
    /// Of a [`Type::Text`] column.
    Text(String),
    /// Of a [`Type::Integer`] column.
    Integer(i64),
    /// Of a [`Type::Single`] column; a number that is not finite is written as null in JSON.
    Single(f32),
    /// Of a [`Type::Double`] column; a number that is not finite is written as null in JSON.
    Double(f64),
    /// Of a [`Type::Boolean`] column.
    Boolean(bool),
    /// Of a [`Type::Json`] column: well-formed JSON on one line.
    Json(String),
    /// Of a [`Type::List`] column.
    List(Vec<Value>),
    /// Of a [`Type::Struct`] column: as many values as it has fields, in their order.
    Struct(Vec<Value>),
}

impl Value {
    /// Text.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    /// Text, or null.
    pub fn optional_text(text: Option<impl Into<String>>) -> Self {
        text.map_or(Self::Null, |text| Self::Text(text.into()))
    }

    /// Whether the value is null or of this type.
    pub(crate) fn fits(&self, of: &Type) -> bool {
        match (self, of) {
            (Self::Null, _)
            | (Self::Text(_), Type::Text)
            | (Self::Integer(_), Type::Integer)
            | (Self::Single(_), Type::Single)
            | (Self::Double(_), Type::Double)
            | (Self::Boolean(_), Type::Boolean)
            | (Self::Json(_), Type::Json) => true,
            (Self::List(_) | Self::Struct(_), Type::Any) => false,
            (_, Type::Any) => true,
            (Self::List(values), Type::List(of)) => values.iter().all(|value| value.fits(of)),
            (Self::Struct(values), Type::Struct(fields)) => {
                values.len() == fields.len()
                    && values.iter().zip(fields).all(|(value, field)| value.fits(&field.of))
            }
            _ => false,
        }
    }

    /// Appends the value as JSON.
    pub(crate) fn write_json(&self, of: &Type, out: &mut Vec<u8>) {
        match (self, of) {
            (Self::Null, _) => out.extend_from_slice(b"null"),
            (Self::Text(text), _) => write_json_text(text, out),
            (Self::Integer(number), _) => out.extend_from_slice(number.to_string().as_bytes()),
            (Self::Single(number), _) => write_plain(number, out),
            (Self::Double(number), _) => write_plain(number, out),
            (Self::Boolean(value), _) => out.extend_from_slice(if *value { b"true" } else { b"false" }),
            (Self::Json(json), _) => out.extend_from_slice(json.as_bytes()),
            (Self::List(values), of) => {
                let inner = if let Type::List(inner) = of { inner } else { of };
                out.push(b'[');
                for (at, value) in values.iter().enumerate() {
                    if at > 0 {
                        out.push(b',');
                    }
                    value.write_json(inner, out);
                }
                out.push(b']');
            }
            (Self::Struct(values), Type::Struct(fields)) => write_json_object(fields, values, out),
            (Self::Struct(_), _) => out.extend_from_slice(b"null"),
        }
    }

    /// Appends the value as the text of a CSV cell.
    pub(crate) fn write_cell(&self, of: &Type, out: &mut Vec<u8>) {
        match self {
            Self::Null => {}
            Self::Text(text) => out.extend_from_slice(text.as_bytes()),
            other => other.write_json(of, out),
        }
    }
}

/// Appends a JSON object; optional fields without a value are left out.
pub(crate) fn write_json_object(fields: &[Field], values: &[Value], out: &mut Vec<u8>) {
    out.push(b'{');
    let mut first = true;
    for (field, value) in fields.iter().zip(values) {
        if field.optional && *value == Value::Null {
            continue;
        }
        if !first {
            out.push(b',');
        }
        first = false;
        write_json_text(&field.name, out);
        out.push(b':');
        value.write_json(&field.of, out);
    }
    out.push(b'}');
}

fn write_json_text(text: &str, out: &mut Vec<u8>) {
    write_plain(text, out);
}

/// Text and numbers as serde_json writes them; writing them to memory does not fail.
fn write_plain<T: serde::Serialize + ?Sized>(value: &T, out: &mut Vec<u8>) {
    let start = out.len();
    if serde_json::to_writer(&mut *out, value).is_err() {
        out.truncate(start);
        out.extend_from_slice(b"null");
    }
}
