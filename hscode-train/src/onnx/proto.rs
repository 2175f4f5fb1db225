//! The few messages of ONNX that an export needs, written as protocol buffers. The only file that knows them.
//!
//! Fields are written in the order of their numbers, so the same graph gives the same bytes.
//!
//! Source: the field numbers of `onnx.proto` of ONNX, version 8 of the representation.

/// The version of the representation.
const IR_VERSION: u64 = 8;
/// The version of the operators: understood by every runtime since 2022.
const OPERATORS: u64 = 17;

/// The type of a tensor's numbers, by its number in ONNX.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Type {
    F32 = 1,
    U8 = 2,
    I8 = 3,
    I64 = 7,
}

/// A constant.
pub(super) struct Tensor {
    pub name: String,
    pub kind: Type,
    pub shape: Vec<usize>,
    /// Little-endian.
    pub bytes: Vec<u8>,
}

/// An attribute of an operator.
pub(super) enum Attribute {
    Int(i64),
    Ints(Vec<i64>),
    Text(&'static str),
}

/// An operator; its name is that of its output.
pub(super) struct Node {
    pub operator: &'static str,
    pub inputs: Vec<String>,
    pub output: String,
    pub attributes: Vec<(&'static str, Attribute)>,
}

/// One size of an input or output.
pub(super) enum Size {
    Fixed(usize),
    /// Any, and the same wherever the name comes again.
    Named(&'static str),
}

/// An input or output.
pub(super) struct Port {
    pub name: &'static str,
    pub kind: Type,
    pub shape: Vec<Size>,
}

/// A whole model.
pub(super) struct Model {
    pub nodes: Vec<Node>,
    pub tensors: Vec<Tensor>,
    pub inputs: Vec<Port>,
    pub outputs: Vec<Port>,
    /// Facts for people and programs, by name.
    pub facts: Vec<(&'static str, String)>,
}

/// Bytes of a message that is being written.
#[derive(Default)]
struct Message(Vec<u8>);

impl Message {
    fn varint(&mut self, mut x: u64) {
        while x >= 0x80 {
            self.0.push(x as u8 | 0x80);
            x >>= 7;
        }
        self.0.push(x as u8);
    }

    fn int(&mut self, field: u64, x: u64) {
        self.varint(field << 3);
        self.varint(x);
    }

    fn bytes(&mut self, field: u64, bytes: &[u8]) {
        self.varint(field << 3 | 2);
        self.varint(bytes.len() as u64);
        self.0.extend_from_slice(bytes);
    }

    fn message(&mut self, field: u64, write: impl FnOnce(&mut Self)) {
        let mut inner = Self::default();
        write(&mut inner);
        self.bytes(field, &inner.0);
    }
}

impl Model {
    /// The bytes of the file.
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let mut model = Message::default();
        model.int(1, IR_VERSION);
        model.bytes(2, b"hscode");
        model.bytes(3, env!("CARGO_PKG_VERSION").as_bytes());
        model.message(7, |graph| {
            self.nodes.iter().for_each(|node| graph.message(1, |m| node.write(m)));
            graph.bytes(2, b"hscode");
            self.tensors.iter().for_each(|tensor| graph.message(5, |m| tensor.write(m)));
            self.inputs.iter().for_each(|port| graph.message(11, |m| port.write(m)));
            self.outputs.iter().for_each(|port| graph.message(12, |m| port.write(m)));
        });
        model.message(8, |operators| {
            operators.bytes(1, b"");
            operators.int(2, OPERATORS);
        });
        for (name, value) in &self.facts {
            model.message(14, |entry| {
                entry.bytes(1, name.as_bytes());
                entry.bytes(2, value.as_bytes());
            });
        }
        model.0
    }
}

impl Node {
    fn write(&self, m: &mut Message) {
        self.inputs.iter().for_each(|input| m.bytes(1, input.as_bytes()));
        m.bytes(2, self.output.as_bytes());
        m.bytes(3, self.output.as_bytes());
        m.bytes(4, self.operator.as_bytes());
        for (name, value) in &self.attributes {
            m.message(5, |m| {
                m.bytes(1, name.as_bytes());
                let kind = match value {
                    Attribute::Int(x) => {
                        m.int(3, *x as u64);
                        2
                    }
                    Attribute::Text(text) => {
                        m.bytes(4, text.as_bytes());
                        3
                    }
                    Attribute::Ints(all) => {
                        all.iter().for_each(|&x| m.int(8, x as u64));
                        7
                    }
                };
                m.int(20, kind);
            });
        }
    }
}

impl Tensor {
    fn write(&self, m: &mut Message) {
        self.shape.iter().for_each(|&size| m.int(1, size as u64));
        m.int(2, self.kind as u64);
        m.bytes(8, self.name.as_bytes());
        m.bytes(9, &self.bytes);
    }
}

impl Port {
    fn write(&self, m: &mut Message) {
        m.bytes(1, self.name.as_bytes());
        m.message(2, |m| {
            m.message(1, |m| {
                m.int(1, self.kind as u64);
                m.message(2, |m| {
                    for size in &self.shape {
                        m.message(1, |m| match size {
                            Size::Fixed(size) => m.int(1, *size as u64),
                            Size::Named(name) => m.bytes(2, name.as_bytes()),
                        });
                    }
                });
            });
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_lengths_are_written_as_protocol_buffers_say() {
        let mut m = Message::default();
        m.int(1, 150);
        m.message(2, |m| m.bytes(14, b"ab"));
        m.int(3, -1i64 as u64);
        // Field 1 as a number: 150; field 2 as bytes: field 14 as bytes.
        assert_eq!(m.0[..3], [0x08, 0x96, 0x01]);
        assert_eq!(m.0[3..9], [0x12, 0x04, 0x72, 0x02, b'a', b'b']);
        // Negative numbers take ten bytes.
        assert_eq!(m.0[9..], [0x18, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1]);
    }
}
