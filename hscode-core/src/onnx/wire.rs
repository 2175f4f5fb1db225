//! An ONNX file as it lies in memory, read before anything is allocated for it.
//!
//! A protocol buffer can ask a reader for far more memory than it has bytes, so the file is looked through here
//! first: names and lists are borrowed or counted, and every count has its cap. What appears twice, where once is
//! meant, is refused: readers differ in which they take.
//!
//! Source: the field numbers of `onnx.proto` of ONNX.

use crate::{Error, ErrorKind};

/// The most operators of a graph.
pub(super) const MAX_NODES: usize = 8192;
/// The most constants of a graph.
const MAX_TENSORS: usize = 8192;
/// The most inputs or outputs of a graph or an operator.
const MAX_PORTS: usize = 256;
/// The most attributes of an operator.
const MAX_ATTRIBUTES: usize = 32;
/// The longest name, in bytes.
const MAX_NAME: usize = 512;
/// The most whole numbers of a list that are looked at; shapes and axes are shorter.
pub(super) const MAX_INTS: usize = 256;
/// The most axes.
pub(super) const MAX_RANK: usize = 8;

/// A graph.
#[derive(Debug, Default)]
pub(super) struct Graph<'a> {
    pub nodes: Vec<Node<'a>>,
    pub tensors: Vec<Tensor<'a>>,
    pub inputs: Vec<Port<'a>>,
    pub outputs: Vec<Port<'a>>,
    /// The version of the operators.
    pub operators: i64,
}

/// An operator.
#[derive(Debug, Default)]
pub(super) struct Node<'a> {
    pub operator: &'a str,
    /// Empty names stand for inputs that are left out.
    pub inputs: Vec<&'a str>,
    pub outputs: Vec<&'a str>,
    pub attributes: Vec<(&'a str, Attribute<'a>)>,
}

/// An attribute's value.
#[derive(Debug)]
pub(super) enum Attribute<'a> {
    Int(i64),
    Float,
    Text(&'a [u8]),
    Ints(Vec<i64>),
    Floats(usize),
    Tensor(Tensor<'a>),
}

/// A constant.
#[derive(Debug, Default, Clone)]
pub(super) struct Tensor<'a> {
    pub name: &'a str,
    /// The number of its type in ONNX.
    pub kind: u64,
    pub shape: Vec<u64>,
    pub raw: Option<&'a [u8]>,
    /// Numbers that do not stand in `raw`.
    pub typed: usize,
    /// The first of them, where they are whole.
    pub ints: Vec<i64>,
}

/// An input or output of the graph.
#[derive(Debug, Default)]
pub(super) struct Port<'a> {
    pub name: &'a str,
    pub kind: u64,
    /// Sizes; `None` where any is allowed. `None` for all when the shape is not stated.
    pub shape: Option<Vec<Option<u64>>>,
}

fn wrong(what: impl Into<String>) -> Error {
    Error::new(ErrorKind::Package, what)
}

/// A field's content.
#[derive(Clone, Copy)]
enum Wire<'a> {
    Int(u64),
    Bytes(&'a [u8]),
    /// Four or eight bytes.
    Fixed,
}

/// The fields of a message, in their order.
struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    fn varint(&mut self) -> Result<u64, Error> {
        let mut value = 0_u64;
        for shift in (0..70).step_by(7) {
            let Some((&byte, rest)) = self.0.split_first() else { return Err(wrong("cut off in a number")) };
            self.0 = rest;
            if shift < 64 {
                value |= u64::from(byte & 0x7f) << shift;
            }
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(wrong("a number of more than ten bytes"))
    }

    fn bytes(&mut self, count: u64) -> Result<&'a [u8], Error> {
        let split = usize::try_from(count).ok().and_then(|count| self.0.split_at_checked(count));
        let Some((bytes, rest)) = split else {
            return Err(wrong(format!("expected {count} more bytes, saw {}", self.0.len())));
        };
        self.0 = rest;
        Ok(bytes)
    }

    fn next(&mut self) -> Result<Option<(u64, Wire<'a>)>, Error> {
        if self.0.is_empty() {
            return Ok(None);
        }
        let key = self.varint()?;
        let content = match key & 7 {
            0 => Wire::Int(self.varint()?),
            1 => self.bytes(8).map(|_| Wire::Fixed)?,
            2 => {
                let count = self.varint()?;
                Wire::Bytes(self.bytes(count)?)
            }
            5 => self.bytes(4).map(|_| Wire::Fixed)?,
            other => return Err(wrong(format!("expected a field of a known form, saw form {other}"))),
        };
        Ok(Some((key >> 3, content)))
    }
}

fn each<'a>(bytes: &'a [u8], mut take: impl FnMut(u64, Wire<'a>) -> Result<(), Error>) -> Result<(), Error> {
    let mut fields = Fields(bytes);
    while let Some((field, content)) = fields.next()? {
        take(field, content)?;
    }
    Ok(())
}

impl<'a> Wire<'a> {
    fn message(self) -> Result<&'a [u8], Error> {
        match self {
            Self::Bytes(bytes) => Ok(bytes),
            _ => Err(wrong("expected a message, saw a number")),
        }
    }

    fn name(self) -> Result<&'a str, Error> {
        let bytes = self.message()?;
        if bytes.len() > MAX_NAME {
            return Err(wrong(format!("expected names of at most {MAX_NAME} bytes, saw {}", bytes.len())));
        }
        std::str::from_utf8(bytes).map_err(|_| wrong("expected names in UTF-8"))
    }

    fn int(self) -> Result<u64, Error> {
        match self {
            Self::Int(value) => Ok(value),
            _ => Err(wrong("expected a number, saw bytes")),
        }
    }

    /// Adds whole numbers, one or many together, to a list up to its cap; counts all.
    fn ints(self, out: &mut Vec<i64>, count: &mut usize) -> Result<(), Error> {
        let mut take = |value: u64| {
            *count += 1;
            if out.len() < MAX_INTS {
                out.push(value as i64);
            }
        };
        match self {
            Self::Int(value) => take(value),
            Self::Bytes(bytes) => {
                let mut all = Fields(bytes);
                while !all.0.is_empty() {
                    take(all.varint()?);
                }
            }
            Self::Fixed => return Err(wrong("expected whole numbers")),
        }
        Ok(())
    }

    /// Counts numbers of a fixed size.
    fn count(self, size: usize) -> Result<usize, Error> {
        match self {
            Self::Bytes(bytes) if bytes.len() % size == 0 => Ok(bytes.len() / size),
            Self::Fixed => Ok(1),
            _ => Err(wrong(format!("expected numbers of {size} bytes"))),
        }
    }
}

fn once<T>(place: &mut Option<T>, value: T, what: &str) -> Result<(), Error> {
    if place.replace(value).is_some() {
        return Err(wrong(format!("{what} twice: expected one")));
    }
    Ok(())
}

fn room<T>(list: &[T], most: usize, what: &str) -> Result<(), Error> {
    if list.len() >= most {
        return Err(wrong(format!("expected at most {most} {what}, saw more")));
    }
    Ok(())
}

impl<'a> Graph<'a> {
    /// Reads a file.
    ///
    /// # Errors
    /// `Package`: not an ONNX file, above a cap, or with parts that a plain network has not: functions, training,
    /// graphs inside operators, data in other files.
    pub(super) fn read(bytes: &'a [u8]) -> Result<Self, Error> {
        let (mut graph, mut operators) = (None, None);
        each(bytes, |field, content| match field {
            7 => once(&mut graph, content.message()?, "graph"),
            8 => {
                let (mut domain, mut version) = (None, None);
                each(content.message()?, |field, content| match field {
                    1 => once(&mut domain, content.name()?, "domain"),
                    2 => once(&mut version, content.int()?, "version"),
                    _ => Ok(()),
                })?;
                match domain.unwrap_or_default() {
                    "" | "ai.onnx" => once(&mut operators, version.unwrap_or(0) as i64, "operators"),
                    // Operators of other domains are refused where they are used.
                    _ => Ok(()),
                }
            }
            20 | 25 => Err(wrong("expected a graph alone, saw training or functions")),
            _ => Ok(()),
        })?;
        let Some(bytes) = graph else { return Err(wrong("expected a graph, saw none")) };
        let mut graph = Self { operators: operators.unwrap_or(0), ..Self::default() };
        each(bytes, |field, content| match field {
            1 => {
                room(&graph.nodes, MAX_NODES, "operators")?;
                let node = Node::read(content.message()?)
                    .map_err(|error| error.at(format!("operator {}", graph.nodes.len())))?;
                graph.nodes.push(node);
                Ok(())
            }
            5 => {
                room(&graph.tensors, MAX_TENSORS, "constants")?;
                let tensor = Tensor::read(content.message()?)
                    .map_err(|error| error.at(format!("constant {}", graph.tensors.len())))?;
                graph.tensors.push(tensor);
                Ok(())
            }
            11 | 12 => {
                let ports = if field == 11 { &mut graph.inputs } else { &mut graph.outputs };
                // Old files list constants among the inputs.
                room(ports, MAX_TENSORS, "inputs or outputs")?;
                ports.push(Port::read(content.message()?)?);
                Ok(())
            }
            14 | 15 => Err(wrong("expected plain constants, saw sparse or quantised ones")),
            _ => Ok(()),
        })?;
        Ok(graph)
    }
}

impl<'a> Node<'a> {
    fn read(bytes: &'a [u8]) -> Result<Self, Error> {
        let mut node = Self::default();
        let mut operator = None;
        each(bytes, |field, content| match field {
            1 | 2 => {
                let names = if field == 1 { &mut node.inputs } else { &mut node.outputs };
                room(names, MAX_PORTS, "inputs or outputs")?;
                names.push(content.name()?);
                Ok(())
            }
            4 => once(&mut operator, content.name()?, "operator"),
            5 => {
                room(&node.attributes, MAX_ATTRIBUTES, "attributes")?;
                node.attributes.push(Attribute::read(content.message()?)?);
                Ok(())
            }
            7 => match content.name()? {
                "" | "ai.onnx" => Ok(()),
                other => Err(Error::new(
                    ErrorKind::Unsupported,
                    format!("expected operators of ONNX itself, saw domain \"{}\"", other.escape_debug()),
                )),
            },
            _ => Ok(()),
        })?;
        node.operator = operator.unwrap_or_default();
        Ok(node)
    }
}

impl<'a> Attribute<'a> {
    fn read(bytes: &'a [u8]) -> Result<(&'a str, Self), Error> {
        let (mut name, mut kind) = (None, None);
        let (mut int, mut text, mut tensor) = (None, None, None);
        let (mut ints, mut count, mut floats) = (Vec::new(), 0, 0);
        each(bytes, |field, content| match field {
            1 => once(&mut name, content.name()?, "name of an attribute"),
            3 => once(&mut int, content.int()? as i64, "number"),
            4 => once(&mut text, content.message()?, "text"),
            5 => once(&mut tensor, Tensor::read(content.message()?)?, "tensor"),
            7 => content.count(4).map(|more| floats += more),
            8 => content.ints(&mut ints, &mut count),
            20 => once(&mut kind, content.int()?, "type of an attribute"),
            6 | 9..=12 | 14 | 15 | 21..=23 => {
                Err(wrong("expected an attribute of numbers or a text, saw a graph or a list of others"))
            }
            _ => Ok(()),
        })?;
        if count > MAX_INTS {
            return Err(wrong(format!("expected at most {MAX_INTS} numbers in an attribute, saw {count}")));
        }
        let value = match (kind, tensor) {
            (Some(1), _) => Self::Float,
            // Numbers that are 0 and texts that are empty are left out of the file.
            (Some(2), _) => Self::Int(int.unwrap_or(0)),
            (Some(3), _) => Self::Text(text.unwrap_or_default()),
            (Some(4), Some(tensor)) => Self::Tensor(tensor),
            (Some(6), _) => Self::Floats(floats),
            (Some(7), _) => Self::Ints(ints),
            (kind, _) => {
                return Err(wrong(format!(
                    "attribute of type {}: expected numbers, a text or a tensor",
                    kind.unwrap_or(0)
                )));
            }
        };
        Ok((name.unwrap_or_default(), value))
    }
}

impl<'a> Tensor<'a> {
    fn read(bytes: &'a [u8]) -> Result<Self, Error> {
        let mut tensor = Self::default();
        let (mut name, mut kind, mut raw) = (None, None, None);
        let (mut shape, mut rank) = (Vec::new(), 0);
        each(bytes, |field, content| match field {
            1 => content.ints(&mut shape, &mut rank),
            2 => once(&mut kind, content.int()?, "type of a constant"),
            4 => content.count(4).map(|more| tensor.typed += more),
            5 | 7 => content.ints(&mut tensor.ints, &mut tensor.typed),
            8 => once(&mut name, content.name()?, "name of a constant"),
            9 => once(&mut raw, content.message()?, "bytes of a constant"),
            10 => content.count(8).map(|more| tensor.typed += more),
            3 | 6 | 11 => Err(wrong("expected a constant of plain numbers")),
            13 | 14 => match content {
                Wire::Int(0) => Ok(()),
                _ => Err(wrong("expected the constants in the file itself, saw data in another")),
            },
            _ => Ok(()),
        })?;
        if rank > MAX_RANK {
            return Err(wrong(format!("expected at most {MAX_RANK} axes, saw {rank}")));
        }
        tensor.shape = shape
            .into_iter()
            .map(|size| u64::try_from(size).map_err(|_| wrong(format!("size {size}: expected 0 or more"))))
            .collect::<Result<_, _>>()?;
        tensor.name = name.unwrap_or_default();
        tensor.kind = kind.unwrap_or(0);
        tensor.raw = raw.filter(|raw| !raw.is_empty());
        Ok(tensor)
    }
}

impl<'a> Port<'a> {
    fn read(bytes: &'a [u8]) -> Result<Self, Error> {
        let (mut name, mut about) = (None, None);
        each(bytes, |field, content| match field {
            1 => once(&mut name, content.name()?, "name of an input or output"),
            2 => once(&mut about, content.message()?, "type of an input or output"),
            _ => Ok(()),
        })?;
        let mut port = Self { name: name.unwrap_or_default(), ..Self::default() };
        let mut tensor = None;
        each(about.unwrap_or_default(), |field, content| match field {
            1 => once(&mut tensor, content.message()?, "type of an input or output"),
            4 | 5 | 8 | 9 => Err(wrong("expected tensors as inputs and outputs")),
            _ => Ok(()),
        })?;
        let (mut kind, mut shape) = (None, None);
        each(tensor.unwrap_or_default(), |field, content| match field {
            1 => once(&mut kind, content.int()?, "type of an input or output"),
            2 => once(&mut shape, content.message()?, "shape of an input or output"),
            _ => Ok(()),
        })?;
        port.kind = kind.unwrap_or(0);
        if let Some(shape) = shape {
            let mut sizes = Vec::new();
            each(shape, |field, content| {
                if field != 1 {
                    return Ok(());
                }
                room(&sizes, MAX_RANK, "axes")?;
                let mut size = None;
                each(content.message()?, |field, content| match field {
                    1 => once(&mut size, content.int()?, "size"),
                    2 => content.name().map(|_| ()),
                    _ => Ok(()),
                })?;
                sizes.push(size);
                Ok(())
            })?;
            port.shape = Some(sizes);
        }
        Ok(port)
    }
}
