//! The one error type of the library.

use std::fmt;

/// What went wrong, in the classes that callers act on.
///
/// | kind | what the caller does |
/// |---|---|
/// | `InvalidInput` | fix the call or the row |
/// | `UnknownCode`, `EditionMismatch` | choose the edition, use the correlation table |
/// | `Package`, `Unsupported` | reinstall the model package, keep the old one |
/// | `Io` | retry, fix the path |
/// | `Inference` | the cascade has already tried the next stage |
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// An argument, a code or a row is not of the form asked for.
    InvalidInput,
    /// The code is well formed, but the edition does not have it.
    UnknownCode,
    /// Two editions meet that do not fit, or an edition is not known.
    EditionMismatch,
    /// A model package or a data file is damaged or of another format.
    Package,
    /// The build or the model cannot do what was asked.
    Unsupported,
    /// The operating system refused to read or write.
    Io,
    /// A classifier failed while answering.
    Inference,
}

impl ErrorKind {
    /// The name of the kind in lower snake case, stable for logs and records.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::InvalidInput => "invalid_input",
            Self::UnknownCode => "unknown_code",
            Self::EditionMismatch => "edition_mismatch",
            Self::Package => "package",
            Self::Unsupported => "unsupported",
            Self::Io => "io",
            Self::Inference => "inference",
        }
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

type Source = Box<dyn std::error::Error + Send + Sync + 'static>;

/// An error with a [kind](ErrorKind) to match on, a message for people, and the cause below it.
///
/// Messages say what was expected, what was seen and where. They never hold a whole description, since
/// declarations are confidential.
pub struct Error(Box<Inner>);

struct Inner {
    kind: ErrorKind,
    message: String,
    source: Option<Source>,
}

impl Error {
    /// Makes an error; classifiers outside this crate use it to report their failures.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self(Box::new(Inner { kind, message: message.into(), source: None }))
    }

    /// Adds the cause, which [`std::error::Error::source`] then gives back.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Source>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    /// Puts a place before the message: `manifest.json: expected ...`.
    #[must_use]
    pub fn at(mut self, place: impl fmt::Display) -> Self {
        self.0.message = format!("{place}: {}", self.0.message);
        self
    }

    /// The same kind and message without the cause: for errors that are kept and reported again.
    pub(crate) fn copied(&self) -> Self {
        Self::new(self.0.kind, self.0.message.clone())
    }

    /// The class of the error, for callers that act on it.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The message alone, without the causes.
    pub fn message(&self) -> &str {
        &self.0.message
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Error");
        shown.field("kind", &self.0.kind).field("message", &self.0.message);
        if let Some(source) = &self.0.source {
            shown.field("source", source);
        }
        shown.finish()
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source.as_deref().map(|source| source as _)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::error::Error as _;

    #[test]
    fn keeps_kind_place_and_cause() {
        let error = Error::new(ErrorKind::Io, "cannot read")
            .with_source(std::io::Error::other("disk gone"))
            .at("goods.csv");
        assert_eq!(error.kind(), ErrorKind::Io);
        assert_eq!(error.to_string(), "goods.csv: cannot read");
        assert_eq!(error.source().unwrap().to_string(), "disk gone");
        assert!(format!("{error:?}").contains("disk gone"));
    }

    #[test]
    fn is_small_and_crosses_threads() {
        fn crosses<T: Send + Sync + 'static>() {}
        crosses::<Error>();
        assert_eq!(size_of::<Error>(), size_of::<usize>());
    }
}
