//! A description as the rest of the library reads it.

use super::normalise::Normaliser;
use super::tokenise::{Piece, tokenise};

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TokenKind {
    /// Letters of any script. Of Chinese and other ideographs each character is a word, so that word bigrams
    /// are character bigrams.
    Word,
    /// A number: `500`, `3.5`, `1/2`; no thousands separators, a decimal point, no zeros at its end.
    Number,
    /// A unit after a number, in one spelling: `ml`, `inch`, `kw`, `%`, `pcs`.
    Unit,
    /// Letters and digits together: model numbers, grades, `a4`, `cr2032`, `3d`.
    Code,
}

impl TokenKind {
    /// `word`, `number`, `unit` or `code`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Word => "word",
            Self::Number => "number",
            Self::Unit => "unit",
            Self::Code => "code",
        }
    }
}

/// A word, number or unit of a description, and where it is from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Token<'a> {
    /// The token in normal form; differs from the text where signs were dropped (`men's` is `mens`).
    pub text: &'a str,
    /// Where it starts in the raw text, in bytes; always a character boundary.
    pub start: usize,
    /// Where it ends in the raw text, in bytes, exclusive; always a character boundary.
    pub end: usize,
    /// What it is.
    pub kind: TokenKind,
}

/// A reusable reader of descriptions: no memory is allocated once its buffers have grown to the texts read.
///
/// ```
/// let mut description = hscode_core::text::Description::new();
/// description.read("Stainless steel pipe 1/2\" x 3.5 m");
/// let tokens: Vec<_> = description.tokens().map(|token| token.text).collect();
/// assert_eq!(tokens, ["stainless", "steel", "pipe", "1/2", "inch", "3.5", "m"]);
/// ```
#[derive(Debug, Clone, Default)]
pub struct Description {
    normal: Normaliser,
    canonical: String,
    pieces: Vec<Piece>,
    truncated: bool,
}

impl Description {
    /// An empty description with empty buffers.
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads `raw`, forgetting what was read before. Any text is fine; of text longer than
    /// [`MAX_DESCRIPTION_BYTES`](super::MAX_DESCRIPTION_BYTES) the rest is left out.
    pub fn read(&mut self, raw: &str) {
        self.truncated = self.normal.read(raw);
        tokenise(&self.normal.text, &self.normal.spans, &mut self.canonical, &mut self.pieces);
    }

    /// The normal form: Unicode NFKC in lower case, accents of Latin and Greek letters folded, HTML references
    /// read, quotes and dashes as ASCII, white space single, nothing invisible. Normal text stays as it is.
    pub fn text(&self) -> &str {
        &self.normal.text
    }

    /// The tokens' texts with single spaces between: what two descriptions have in common if they differ only
    /// in punctuation, case, accents and the spelling of units.
    pub fn canonical(&self) -> &str {
        &self.canonical
    }

    /// The tokens, in the order of the text.
    pub fn tokens(&self) -> Tokens<'_> {
        Tokens { canonical: &self.canonical, pieces: self.pieces.iter() }
    }

    /// Whether the text was longer than what is read.
    pub fn truncated(&self) -> bool {
        self.truncated
    }

    /// Whether there is a word; numbers, units, model numbers and signs are none.
    pub fn has_words(&self) -> bool {
        self.pieces.iter().any(|piece| piece.kind == TokenKind::Word)
    }

    /// Whether there is anything that may name goods: a word or a model number.
    pub(crate) fn names_something(&self) -> bool {
        self.pieces.iter().any(|piece| !matches!(piece.kind, TokenKind::Number | TokenKind::Unit))
    }
}

/// The tokens of a [`Description`].
#[derive(Debug, Clone)]
pub struct Tokens<'a> {
    canonical: &'a str,
    pieces: std::slice::Iter<'a, Piece>,
}

impl<'a> Iterator for Tokens<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        let piece = self.pieces.next()?;
        Some(Token {
            text: &self.canonical[piece.text.clone()],
            start: piece.span.start.into(),
            end: piece.span.end.into(),
            kind: piece.kind,
        })
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.pieces.size_hint()
    }
}

impl ExactSizeIterator for Tokens<'_> {}

/// The normal form of one text; [`Description`] does the same without allocating.
///
/// ```
/// use hscode_core::text::normalise;
/// assert_eq!(normalise("  Caf\u{e9}&nbsp;FILTERS \u{2013} 1\u{bd}\u{2033} "), "cafe filters - 1 1/2\"");
/// ```
pub fn normalise(raw: &str) -> String {
    let mut normal = Normaliser::default();
    normal.read(raw);
    normal.text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn allocates_nothing_once_warm() {
        let texts = [
            "MEN&#39;S T-SHIRT 100% Cotton 500ML",
            "Cafe\u{301} fran\u{e7}ais \u{2013} 1\u{bd}\u{2033}",
            "\u{43c}\u{43e}\u{438}\u{306}ка \u{30ab}\u{3099}\u{30e9}ス 棉质T恤",
        ];
        let mut description = Description::new();
        let sizes = |description: &Description| {
            let normal = description.normal.capacities();
            [&normal[..], &[description.canonical.capacity(), description.pieces.capacity()]].concat()
        };
        texts.iter().for_each(|text| description.read(text));
        let warm = sizes(&description);
        for _ in 0..3 {
            texts.iter().for_each(|text| description.read(text));
        }
        assert_eq!(sizes(&description), warm);
    }
}
