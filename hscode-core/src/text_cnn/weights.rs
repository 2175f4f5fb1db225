//! The weights of a network as integers, as a trainer hands them over, and the rules that they keep.

use crate::features::FeatureSpec;
use crate::{Error, ErrorKind, HsCode, Level};

/// The most classes.
pub(super) const MAX_CLASSES: usize = 1 << 16;
/// The most rows of a table.
pub(super) const MAX_ROWS: usize = 1 << 24;
/// The most numbers of a table's row.
pub(super) const MAX_DIM: usize = 1024;
/// The most outputs of a layer, and the most hidden layers and widths.
pub(super) const MAX_UNITS: usize = 1 << 16;
pub(super) const MAX_LAYERS: usize = 8;
const MAX_FILTERS: usize = 4096;
const MAX_WIDTH: usize = 16;
const MAX_TOKENS: u32 = 1024;
const MAX_WORDS: u32 = 4096;
const MAX_WORD_BYTES: u32 = 4096;
const MAX_REACH: u32 = 4;
const MAX_RUN: u32 = 16;
/// The most numbers that the convolution of one text may make: 64 MiB of them.
const MAX_PRODUCTS: usize = 1 << 24;
/// Scales and biases are below this, so that no sum is infinite.
const MAX_FLOAT: f32 = 1e6;

/// How a bag of `n` rows is scaled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BagScale {
    /// The sum over `n`.
    Mean,
    /// The sum over the square root of `n`.
    Root,
}

impl BagScale {
    /// The factor for `n` rows; 0 for none.
    pub(super) fn factor(self, n: usize) -> f32 {
        match (self, n) {
            (_, 0) => 0.0,
            (Self::Mean, n) => 1.0 / n as f32,
            (Self::Root, n) => 1.0 / (n as f32).sqrt(),
        }
    }
}

/// A table of rows; a number is `step * multiple of its row * integer`.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    /// Numbers of a row.
    pub dim: usize,
    /// The step of the table.
    pub step: f32,
    /// The largest integer, 1 to 127; integers of a table of up to 7 take half a byte.
    pub most: u8,
    /// The multiple of each row, 1 to 255.
    pub multiples: Vec<u8>,
    /// Row after row, as [`Table::new`] packs them. Where `most` is above 7 a byte is an integer (two's
    /// complement). Otherwise a row has `dim` halved and rounded up bytes: the lower half of byte `n` holds
    /// integer `n` plus 8, the upper half the integer that many bytes further, plus 8, or 0 behind the last.
    pub packed: Vec<u8>,
}

impl Table {
    /// Packs rows of `dim` integers in `-most..=most`.
    ///
    /// # Errors
    /// `InvalidInput`: the integers are no whole rows, a row a multiple, or one is out of range.
    ///
    /// ```
    /// use hscode_core::text_cnn::Table;
    /// let table = Table::new(3, 0.01, 7, vec![1, 20], &[1, -7, 0, 3, 2, 5])?;
    /// assert_eq!(table.packed.len(), 2 * 2);
    /// assert_eq!(table.row(1), [3, 2, 5]);
    /// # Ok::<(), hscode_core::Error>(())
    /// ```
    pub fn new(dim: usize, step: f32, most: u8, multiples: Vec<u8>, numbers: &[i8]) -> Result<Self, Error> {
        let rows = multiples.len();
        if dim == 0 || most == 0 || most > 127 || rows.checked_mul(dim) != Some(numbers.len()) {
            let what = format!(
                "table: expected {rows} rows of {dim} integers of at most {most}, seen {}",
                numbers.len()
            );
            return Err(Error::new(ErrorKind::InvalidInput, what));
        }
        if let Some(large) = numbers.iter().find(|number| number.unsigned_abs() > most) {
            let what = format!("table: expected integers up to {most}, seen {large}");
            return Err(Error::new(ErrorKind::InvalidInput, what));
        }
        let packed = if most > 7 {
            numbers.iter().map(|&number| number as u8).collect()
        } else {
            let half = dim.div_ceil(2);
            let mut packed = Vec::with_capacity(rows * half);
            for row in numbers.chunks_exact(dim) {
                packed.extend((0..half).map(|at| {
                    let upper = row.get(half + at).map_or(0, |&number| (number + 8) as u8);
                    (row[at] + 8) as u8 | upper << 4
                }));
            }
            packed
        };
        Ok(Self { dim, step, most, multiples, packed })
    }

    /// The integers of a row.
    pub fn row(&self, row: usize) -> Vec<i8> {
        let mut out = vec![0; self.dim];
        super::kernel::unpack(self.packed_row(row), self.most, &mut out);
        out
    }

    /// Bytes of a packed row.
    pub(super) fn row_bytes(&self) -> usize {
        row_bytes(self.dim, self.most)
    }

    pub(super) fn packed_row(&self, row: usize) -> &[u8] {
        let bytes = self.row_bytes();
        &self.packed[row * bytes..][..bytes]
    }

    /// Asks for a row that will be read soon: most rows of a large table are in no near cache.
    pub(super) fn expect(&self, row: usize) {
        super::kernel::expect(self.packed_row(row));
        super::kernel::expect(&self.multiples[row..=row]);
    }

    fn check(&self, what: &str, rows: usize) -> Result<(), Error> {
        if !(1..=MAX_DIM).contains(&self.dim) {
            return bad(format!("{what}: {} numbers a row: expected 1 to {MAX_DIM}", self.dim));
        }
        if !(1..=127).contains(&self.most) {
            return bad(format!("{what}: largest integer {}: expected 1 to 127", self.most));
        }
        scale(what, self.step)?;
        if rows == 0 || self.multiples.len() != rows {
            return bad(format!(
                "{what}: {} rows: expected {rows}, and more than none",
                self.multiples.len()
            ));
        }
        if self.multiples.contains(&0) {
            return bad(format!("{what}: a multiple of 0: expected 1 to 255"));
        }
        if self.packed.len() != rows * self.row_bytes() {
            return bad(format!("{what}: {} bytes: expected {}", self.packed.len(), rows * self.row_bytes()));
        }
        // Without an early end, so that compilers make vectors of the loops: tables are millions of numbers.
        let (most, lowest) = (self.most, 8_u8.wrapping_sub(self.most));
        let fits = if most > 7 {
            all(&self.packed, |byte| byte.wrapping_add(most) <= 2 * most)
        } else {
            let lower = |byte: u8| (byte & 15).wrapping_sub(lowest) <= 2 * most;
            let upper = |byte: u8| (byte >> 4).wrapping_sub(lowest) <= 2 * most;
            let ends = |row: &[u8]| row.last().is_none_or(|byte| byte >> 4 == 0);
            if self.dim.is_multiple_of(2) {
                all(&self.packed, |byte| lower(byte) & upper(byte))
            } else {
                let mut rows = self.packed.chunks_exact(self.row_bytes());
                rows.all(|row| all(row, lower) && all(&row[..row.len() - 1], upper) && ends(row))
            }
        };
        if fits { Ok(()) } else { bad(format!("{what}: an integer out of -{most}..={most}")) }
    }
}

/// Bytes of a packed row of `dim` integers.
pub(super) fn row_bytes(dim: usize, most: u8) -> usize {
    if most > 7 { dim } else { dim.div_ceil(2) }
}

/// A fully connected layer; an output is `scale * (sum of weight * input) + bias`, its inputs are integers.
#[derive(Debug, Clone, PartialEq)]
pub struct Layer {
    /// Numbers in.
    pub inputs: usize,
    /// A row of `inputs` integers an output, each in `-127..=127`.
    pub weights: Vec<i8>,
    /// The scale of each output, above 0.
    pub scales: Vec<f32>,
    /// Added to each output.
    pub bias: Vec<f32>,
}

impl Layer {
    /// The number of outputs.
    pub fn outputs(&self) -> usize {
        self.scales.len()
    }

    fn check(&self, what: &str, inputs: usize, outputs: usize) -> Result<(), Error> {
        if self.inputs != inputs || self.outputs() != outputs || self.bias.len() != outputs {
            return bad(format!(
                "{what}: {} inputs, {} scales, {} biases: expected {inputs} inputs, {outputs} outputs",
                self.inputs,
                self.outputs(),
                self.bias.len()
            ));
        }
        if !(1..=MAX_UNITS).contains(&outputs) || !(1..=MAX_UNITS).contains(&inputs) {
            return bad(format!("{what}: {outputs} outputs of {inputs} inputs: expected 1 to {MAX_UNITS}"));
        }
        if self.weights.len() != inputs * outputs {
            return bad(format!("{what}: {} weights: expected {}", self.weights.len(), inputs * outputs));
        }
        if self.weights.contains(&-128) {
            return bad(format!("{what}: a weight of -128: expected -127 to 127"));
        }
        self.scales.iter().try_for_each(|&value| scale(what, value))?;
        match self.bias.iter().find(|bias| bias.is_nan() || bias.abs() >= MAX_FLOAT) {
            Some(bias) => bad(format!("{what}: bias {bias}: expected a number below {MAX_FLOAT}")),
            None => Ok(()),
        }
    }
}

/// A hidden layer with the scale at which its outputs, cut below at 0, become integers.
#[derive(Debug, Clone, PartialEq)]
pub struct HiddenLayer {
    /// The layer.
    pub layer: Layer,
    /// The step of its outputs: they are `step` times 0 to 127.
    pub step: f32,
}

/// The filters of one width of the convolution.
#[derive(Debug, Clone, PartialEq)]
pub struct Filters {
    /// Tokens of a window.
    pub width: usize,
    /// One output a filter; the inputs are the window's token vectors, one behind another.
    pub layer: Layer,
}

/// How the word pieces of a text become one vector.
#[derive(Debug, Clone, PartialEq)]
pub enum Reader {
    /// They are not read.
    None,
    /// The mean of their vectors.
    Mean,
    /// Windows start at every token, those beyond the text see zeros; of each filter the largest output over the
    /// text, cut below at 0.
    Conv {
        /// By width ascending, all with as many filters.
        widths: Vec<Filters>,
        /// Whether the mean of the token vectors stands behind the filters' outputs.
        mean: bool,
    },
}

/// A network from a description's features to the logits of subheadings, in integers.
///
/// What flows: the largest outputs of the filters, the mean of the token vectors, the bag of pairs and the bag of
/// grams, those of them that there are, are rounded to `input_steps[n]` times -127 to 127 and stand behind one
/// another as the inputs of the first layer. Each hidden layer's outputs are cut below at 0 and rounded to its
/// step. The last layer gives the logits.
#[derive(Debug, Clone, PartialEq)]
pub struct Weights {
    /// How text is read. `pairs` and `grams` are there where their tables are.
    pub features: FeatureSpec,
    /// The subheadings by code ascending, one an output.
    pub classes: Vec<HsCode>,
    /// Vectors of word pieces; none where the reader is.
    pub tokens: Option<Table>,
    /// Vectors of hashed pairs.
    pub pairs: Option<Table>,
    /// Vectors of hashed grams.
    pub grams: Option<Table>,
    /// What is made of the word pieces.
    pub reader: Reader,
    /// How bags of pairs and grams are scaled.
    pub bag_scale: BagScale,
    /// The steps of filters, mean of tokens, pairs, grams; those that are not there count for nothing but must be
    /// numbers above 0 all the same.
    pub input_steps: [f32; 4],
    /// Hidden layers, from the inputs up.
    pub hidden: Vec<HiddenLayer>,
    /// The last layer, an output a class.
    pub output: Layer,
    /// Beside the last layer, an output a chapter of the classes, ascending: which chapters the walk looks into.
    pub chapters: Option<Layer>,
    /// The same by heading. Both are there or neither is.
    pub headings: Option<Layer>,
}

impl Weights {
    /// Sizes of what the first layer reads: filters, mean of tokens, pairs, grams.
    pub(super) fn segments(&self) -> [usize; 4] {
        let dim = |table: &Option<Table>| table.as_ref().map_or(0, |table| table.dim);
        let (filters, mean) = match &self.reader {
            Reader::None => (0, false),
            Reader::Mean => (0, true),
            Reader::Conv { widths, mean } => (widths.iter().map(|width| width.layer.outputs()).sum(), *mean),
        };
        [filters, if mean { dim(&self.tokens) } else { 0 }, dim(&self.pairs), dim(&self.grams)]
    }

    /// The chapters or headings of the classes, ascending.
    pub(super) fn groups(&self, level: Level) -> Vec<HsCode> {
        let mut groups: Vec<HsCode> = self.classes.iter().filter_map(|code| code.at(level)).collect();
        groups.dedup();
        groups
    }

    /// Checks that all parts fit together, that scales are numbers above 0, and that no sum can overflow.
    ///
    /// # Errors
    /// `Package`, naming the part, what was expected and what was seen.
    pub fn check(&self) -> Result<(), Error> {
        self.check_features()?;
        if !(1..=MAX_CLASSES).contains(&self.classes.len()) {
            return bad(format!("{} classes: expected 1 to {MAX_CLASSES}", self.classes.len()));
        }
        if let Some(code) = self.classes.iter().find(|code| code.level() != Level::Subheading) {
            return bad(format!("class {code}: expected subheadings"));
        }
        if let Some(pair) = self.classes.windows(2).find(|pair| pair[0] >= pair[1]) {
            return bad(format!("class {} after {}: expected ascending codes", pair[1], pair[0]));
        }
        self.input_steps.iter().try_for_each(|&step| scale("input", step))?;
        self.check_reader()?;
        let pairs = self.features.pairs.map(|spec| spec.buckets);
        let grams = self.features.grams.map(|spec| spec.buckets);
        for (what, table, buckets) in [("pairs", &self.pairs, pairs), ("grams", &self.grams, grams)] {
            match (table, buckets) {
                (Some(table), Some(buckets)) => table.check(what, buckets as usize)?,
                (None, None) => {}
                _ => return bad(format!("{what}: expected a table where they are read, and only there")),
            }
        }
        self.check_sums()?;
        let mut inputs: usize = self.segments().iter().sum();
        if self.hidden.len() > MAX_LAYERS {
            return bad(format!("{} hidden layers: expected at most {MAX_LAYERS}", self.hidden.len()));
        }
        for (at, hidden) in self.hidden.iter().enumerate() {
            let what = format!("hidden layer {at}");
            hidden.layer.check(&what, inputs, hidden.layer.outputs())?;
            scale(&what, hidden.step)?;
            inputs = hidden.layer.outputs();
        }
        self.output.check("output", inputs, self.classes.len())?;
        match (&self.chapters, &self.headings) {
            (Some(chapters), Some(headings)) => {
                chapters.check("chapters", inputs, self.groups(Level::Chapter).len())?;
                headings.check("headings", inputs, self.groups(Level::Heading).len())
            }
            (None, None) => Ok(()),
            _ => bad("chapters and headings: expected both or neither".to_owned()),
        }
    }

    fn check_features(&self) -> Result<(), Error> {
        let spec = &self.features;
        let run = spec.grams.is_none_or(|grams| {
            1 <= grams.shortest && grams.shortest <= grams.longest && grams.longest <= MAX_RUN
        });
        let within = |value: u32, most: u32| (1..=most).contains(&value);
        let rows = MAX_ROWS as u32;
        let checks = [
            (within(spec.max_words, MAX_WORDS), format!("max_words 1 to {MAX_WORDS}")),
            (within(spec.max_tokens, MAX_TOKENS), format!("max_tokens 1 to {MAX_TOKENS}")),
            (within(spec.max_word_bytes, MAX_WORD_BYTES), format!("max_word_bytes 1 to {MAX_WORD_BYTES}")),
            (
                spec.pairs.is_none_or(|pairs| within(pairs.reach, MAX_REACH)),
                format!("pairs that reach 1 to {MAX_REACH} words"),
            ),
            (run, format!("runs of 1 to {MAX_RUN} characters, the shortest first")),
            (
                spec.pairs.is_none_or(|pairs| within(pairs.buckets, rows))
                    && spec.grams.is_none_or(|grams| within(grams.buckets, rows)),
                format!("1 to {MAX_ROWS} buckets"),
            ),
        ];
        match checks.into_iter().find(|(good, _)| !good) {
            Some((_, expected)) => bad(format!("features: expected {expected}")),
            None => Ok(()),
        }
    }

    fn check_reader(&self) -> Result<(), Error> {
        let Some(tokens) = &self.tokens else {
            return match self.reader {
                Reader::None => Ok(()),
                _ => bad("tokens: expected a table, since word pieces are read".to_owned()),
            };
        };
        tokens.check("tokens", tokens.multiples.len())?;
        if tokens.multiples.len() > MAX_ROWS {
            return bad(format!("tokens: {} rows: expected at most {MAX_ROWS}", tokens.multiples.len()));
        }
        let widths = match &self.reader {
            Reader::None => {
                return bad("tokens: expected no table, since word pieces are not read".to_owned());
            }
            Reader::Mean => return Ok(()),
            Reader::Conv { widths, .. } => widths,
        };
        let rising = widths.windows(2).all(|pair| pair[0].width < pair[1].width);
        let sizes = widths.iter().all(|width| (1..=MAX_WIDTH).contains(&width.width));
        if !(1..=MAX_LAYERS).contains(&widths.len()) || !rising || !sizes {
            return bad(format!(
                "convolution: expected 1 to {MAX_LAYERS} ascending widths up to {MAX_WIDTH}"
            ));
        }
        let filters = widths[0].layer.outputs();
        if filters > MAX_FILTERS {
            return bad(format!("convolution: {filters} filters: expected at most {MAX_FILTERS}"));
        }
        for width in widths {
            let what = format!("convolution of width {}", width.width);
            width.layer.check(&what, width.width * tokens.dim, filters)?;
        }
        let products: usize = widths.iter().map(|width| width.width).sum::<usize>()
            * filters.next_multiple_of(super::conv::BLOCK)
            * self.features.max_tokens as usize;
        if products > MAX_PRODUCTS {
            return bad(format!("convolution: {products} products: expected at most {MAX_PRODUCTS}"));
        }
        Ok(())
    }

    /// Sums of 32 bits hold whatever a text says.
    fn check_sums(&self) -> Result<(), Error> {
        let most = i64::from(i32::MAX);
        let largest = |table: &Table| {
            i64::from(table.most) * i64::from(table.multiples.iter().copied().max().unwrap_or(0))
        };
        let spec = &self.features;
        let runs = spec.grams.map_or(0, |grams| {
            let lengths = i64::from(grams.longest - grams.shortest + 1);
            (i64::from(spec.max_word_bytes) + 2) * lengths + i64::from(grams.words)
        });
        let words = i64::from(spec.max_words);
        let reach = spec.pairs.map_or(0, |pairs| i64::from(pairs.reach));
        for (what, table, rows) in [
            ("tokens", &self.tokens, i64::from(spec.max_tokens)),
            ("pairs", &self.pairs, words * reach),
            ("grams", &self.grams, words * runs),
        ] {
            if table.as_ref().is_some_and(|table| largest(table) * rows > most) {
                return bad(format!("{what}: expected sums of 32 bits, {rows} rows may exceed them"));
            }
        }
        if let (Reader::Conv { widths, .. }, Some(tokens)) = (&self.reader, &self.tokens) {
            for width in widths {
                let sum = |row: &[i8]| row.iter().map(|&weight| i64::from(weight).abs()).sum::<i64>();
                let rows = width.layer.weights.chunks_exact(width.layer.inputs);
                if rows.map(sum).max().unwrap_or(0) * largest(tokens) > most {
                    return bad(format!("convolution of width {}: expected sums of 32 bits", width.width));
                }
            }
        }
        Ok(())
    }
}

fn all(bytes: &[u8], fits: impl Fn(u8) -> bool) -> bool {
    bytes.iter().fold(true, |all, &byte| all & fits(byte))
}

fn scale(what: &str, value: f32) -> Result<(), Error> {
    if value > 0.0 && value < MAX_FLOAT && value.is_normal() {
        Ok(())
    } else {
        bad(format!("{what}: scale {value}: expected a number above 0 and below {MAX_FLOAT}"))
    }
}

fn bad(message: String) -> Result<(), Error> {
    Err(Error::new(ErrorKind::Package, message))
}
