//! `text-cnn.bin`: the weights of a network as bytes; docs/text-cnn.md describes them.
//!
//! All numbers are little-endian. The same weights give the same bytes, and only what the encoder writes is read.

use crate::features::{FEATURE_HASH_VERSION, FeatureSpec, GramSpec, PairSpec};
use crate::{Error, ErrorKind, HsCode};

use super::weights::{
    BagScale, Filters, HiddenLayer, Layer, MAX_CLASSES, MAX_DIM, MAX_LAYERS, MAX_ROWS, MAX_UNITS, Reader,
    Table, Weights, row_bytes,
};

/// The first bytes of a file, with the version of the format.
const MAGIC: &[u8; 8] = b"hscnn\x00\x01\n";

fn damaged(what: impl Into<String>) -> Error {
    Error::new(ErrorKind::Package, what)
}

impl Weights {
    /// The weights as the bytes of a file.
    ///
    /// # Errors
    /// `Package`, as [`check`](Self::check).
    pub fn to_bytes(&self) -> Result<Vec<u8>, Error> {
        self.check()?;
        let mut out = Writer(MAGIC.to_vec());
        out.number(crate::text::VERSION as usize);
        out.number(FEATURE_HASH_VERSION as usize);
        out.features(&self.features);
        out.number(self.classes.len());
        for code in &self.classes {
            let number = code.as_str().bytes().fold(0, |sum, digit| sum * 10 + usize::from(digit - b'0'));
            out.number(number);
        }
        out.byte(match self.bag_scale {
            BagScale::Mean => 0,
            BagScale::Root => 1,
        });
        out.floats(&self.input_steps);
        for table in [&self.tokens, &self.pairs, &self.grams] {
            out.table(table.as_ref());
        }
        match &self.reader {
            Reader::None => out.byte(0),
            Reader::Mean => out.byte(1),
            Reader::Conv { widths, mean } => {
                out.byte(if *mean { 3 } else { 2 });
                out.number(widths.len());
                for Filters { width, layer } in widths {
                    out.number(*width);
                    out.layer(layer);
                }
            }
        }
        out.number(self.hidden.len());
        for HiddenLayer { layer, step } in &self.hidden {
            out.floats(&[*step]);
            out.layer(layer);
        }
        out.layer(&self.output);
        match (&self.chapters, &self.headings) {
            (Some(chapters), Some(headings)) => {
                out.byte(1);
                out.layer(chapters);
                out.layer(headings);
            }
            _ => out.byte(0),
        }
        Ok(out.0)
    }

    /// Reads what [`to_bytes`](Self::to_bytes) wrote.
    ///
    /// # Errors
    /// `Package`, saying what is wrong; bytes of any content are safe to give, and no more memory is taken than
    /// a few times their length. `Unsupported`: they were made for another version of text or feature hash.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        let mut rest = Bytes(bytes);
        if rest.take(MAGIC.len())? != MAGIC {
            return Err(damaged(format!("expected a file that starts with {}", MAGIC.escape_ascii())));
        }
        for (what, expected) in
            [("text version", crate::text::VERSION), ("feature hash version", FEATURE_HASH_VERSION)]
        {
            let seen = rest.u32()?;
            if seen != expected {
                let what = format!("{what} {seen}: this version reads {expected}");
                return Err(Error::new(ErrorKind::Unsupported, what));
            }
        }
        let features = rest.features()?;
        let count = rest.count("classes", MAX_CLASSES)?;
        let classes: Vec<HsCode> = rest
            .take(count * 4)?
            .chunks_exact(4)
            .map(|bytes| {
                let number = u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
                HsCode::parse(&format!("{number:06}"))
                    .map_err(|_| damaged(format!("class {number}: expected a subheading")))
            })
            .collect::<Result<_, _>>()?;
        let bag_scale = match rest.byte()? {
            0 => BagScale::Mean,
            1 => BagScale::Root,
            seen => return Err(damaged(format!("scale of bags {seen}: expected 0 or 1"))),
        };
        let steps = rest.floats(4)?;
        let input_steps = [steps[0], steps[1], steps[2], steps[3]];
        let (tokens, pairs, grams) = (rest.table("tokens")?, rest.table("pairs")?, rest.table("grams")?);
        let reader = match rest.byte()? {
            0 => Reader::None,
            1 => Reader::Mean,
            kind @ (2 | 3) => {
                let mut widths = Vec::new();
                for _ in 0..rest.count("widths", MAX_LAYERS)? {
                    let width = rest.count("width", MAX_DIM)?;
                    widths.push(Filters { width, layer: rest.layer("convolution")? });
                }
                Reader::Conv { widths, mean: kind == 3 }
            }
            seen => return Err(damaged(format!("reader {seen}: expected 0 to 3"))),
        };
        let mut hidden = Vec::new();
        for _ in 0..rest.count("hidden layers", MAX_LAYERS)? {
            let step = rest.floats(1)?[0];
            hidden.push(HiddenLayer { step, layer: rest.layer("hidden layer")? });
        }
        let output = rest.layer("output")?;
        let (chapters, headings) = match rest.byte()? {
            0 => (None, None),
            1 => (Some(rest.layer("chapters")?), Some(rest.layer("headings")?)),
            seen => return Err(damaged(format!("walk {seen}: expected 0 or 1"))),
        };
        if !rest.0.is_empty() {
            return Err(damaged(format!("expected the end of the file, seen {} more bytes", rest.0.len())));
        }
        let weights = Self {
            features,
            classes,
            tokens,
            pairs,
            grams,
            reader,
            bag_scale,
            input_steps,
            hidden,
            output,
            chapters,
            headings,
        };
        weights.check()?;
        Ok(weights)
    }
}

struct Writer(Vec<u8>);

impl Writer {
    fn byte(&mut self, byte: u8) {
        self.0.push(byte);
    }

    /// Numbers are checked to be far below 2^32.
    fn number(&mut self, number: usize) {
        self.0.extend_from_slice(&(number as u32).to_le_bytes());
    }

    fn floats(&mut self, floats: &[f32]) {
        floats.iter().for_each(|float| self.0.extend_from_slice(&float.to_le_bytes()));
    }

    fn features(&mut self, spec: &FeatureSpec) {
        for number in [spec.max_words, spec.max_tokens, spec.max_word_bytes] {
            self.number(number as usize);
        }
        self.byte(u8::from(spec.pairs.is_some()));
        if let Some(PairSpec { buckets, reach }) = spec.pairs {
            self.number(buckets as usize);
            self.number(reach as usize);
        }
        self.byte(u8::from(spec.grams.is_some()));
        if let Some(GramSpec { buckets, shortest, longest, words }) = spec.grams {
            for number in [buckets, shortest, longest] {
                self.number(number as usize);
            }
            self.byte(u8::from(words));
        }
    }

    fn table(&mut self, table: Option<&Table>) {
        self.byte(u8::from(table.is_some()));
        if let Some(table) = table {
            self.number(table.multiples.len());
            self.number(table.dim);
            self.byte(table.most);
            self.floats(&[table.step]);
            self.0.extend_from_slice(&table.multiples);
            self.0.extend_from_slice(&table.packed);
        }
    }

    fn layer(&mut self, layer: &Layer) {
        self.number(layer.outputs());
        self.number(layer.inputs);
        self.floats(&layer.scales);
        self.floats(&layer.bias);
        self.0.extend(layer.weights.iter().map(|&weight| weight as u8));
    }
}

/// What is still to read. Nothing is allocated before its bytes are known to be there.
struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8], Error> {
        let (head, tail) = self.0.split_at_checked(count).ok_or_else(|| damaged("the file ends early"))?;
        self.0 = tail;
        Ok(head)
    }

    fn byte(&mut self) -> Result<u8, Error> {
        Ok(self.take(1)?[0])
    }

    fn flag(&mut self, what: &str) -> Result<bool, Error> {
        match self.byte()? {
            0 => Ok(false),
            1 => Ok(true),
            seen => Err(damaged(format!("{what} {seen}: expected 0 or 1"))),
        }
    }

    fn u32(&mut self) -> Result<u32, Error> {
        let bytes = self.take(4)?;
        Ok(u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]))
    }

    fn count(&mut self, what: &str, most: usize) -> Result<usize, Error> {
        let count = self.u32()? as usize;
        if count > most {
            return Err(damaged(format!("{what} {count}: expected at most {most}")));
        }
        Ok(count)
    }

    fn floats(&mut self, count: usize) -> Result<Vec<f32>, Error> {
        let bytes = self.take(count * 4)?.chunks_exact(4);
        Ok(bytes.map(|bytes| f32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]])).collect())
    }

    fn features(&mut self) -> Result<FeatureSpec, Error> {
        let (max_words, max_tokens, max_word_bytes) = (self.u32()?, self.u32()?, self.u32()?);
        let pairs = if self.flag("pairs")? {
            Some(PairSpec { buckets: self.u32()?, reach: self.u32()? })
        } else {
            None
        };
        let grams = if self.flag("grams")? {
            let (buckets, shortest, longest) = (self.u32()?, self.u32()?, self.u32()?);
            Some(GramSpec { buckets, shortest, longest, words: self.flag("words among grams")? })
        } else {
            None
        };
        Ok(FeatureSpec { max_words, max_tokens, max_word_bytes, pairs, grams })
    }

    fn table(&mut self, what: &str) -> Result<Option<Table>, Error> {
        if !self.flag(what)? {
            return Ok(None);
        }
        let (rows, dim) = (self.count(what, MAX_ROWS)?, self.count(what, MAX_DIM)?);
        let (most, step) = (self.byte()?, self.floats(1)?[0]);
        let multiples = self.take(rows)?.to_vec();
        let packed = self.take(rows * row_bytes(dim, most))?.to_vec();
        Ok(Some(Table { dim, step, most, multiples, packed }))
    }

    fn layer(&mut self, what: &str) -> Result<Layer, Error> {
        let (outputs, inputs) = (self.count(what, MAX_UNITS)?, self.count(what, MAX_UNITS)?);
        let (scales, bias) = (self.floats(outputs)?, self.floats(outputs)?);
        let weights = self.take(outputs * inputs)?.iter().map(|&weight| weight as i8).collect();
        Ok(Layer { inputs, weights, scales, bias })
    }
}
