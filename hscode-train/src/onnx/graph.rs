//! Puts operators and constants together into a graph.

use super::proto::{Attribute, Model, Node, Port, Tensor, Type};

/// The name of a value in the graph.
pub(super) type Value = String;

/// A graph that grows by an operator at a time.
#[derive(Default)]
pub(super) struct Graph {
    nodes: Vec<Node>,
    tensors: Vec<Tensor>,
}

impl Graph {
    /// Applies an operator; the output gets the operator's name and a number.
    pub(super) fn apply(
        &mut self,
        operator: &'static str,
        inputs: &[&Value],
        attributes: Vec<(&'static str, Attribute)>,
    ) -> Value {
        let output = format!("{}_{}", operator.to_ascii_lowercase(), self.nodes.len());
        let inputs = inputs.iter().map(|&input| input.clone()).collect();
        self.nodes.push(Node { operator, inputs, output: output.clone(), attributes });
        output
    }

    /// Applies an operator without attributes.
    pub(super) fn plain(&mut self, operator: &'static str, inputs: &[&Value]) -> Value {
        self.apply(operator, inputs, Vec::new())
    }

    /// Applies the last operator; the output gets the name of the graph's output.
    pub(super) fn finish(
        mut self,
        value: &Value,
        inputs: Vec<Port>,
        output: Port,
        facts: Vec<(&'static str, String)>,
    ) -> Model {
        self.nodes.push(Node {
            operator: "Identity",
            inputs: vec![value.clone()],
            output: output.name.to_owned(),
            attributes: Vec::new(),
        });
        Model { nodes: self.nodes, tensors: self.tensors, inputs, outputs: vec![output], facts }
    }

    /// Changes numbers to f32.
    pub(super) fn float(&mut self, value: &Value) -> Value {
        self.apply("Cast", &[value], vec![("to", Attribute::Int(Type::F32 as i64))])
    }

    /// The sum over one axis, which goes or stays as 1.
    pub(super) fn sum(&mut self, value: &Value, axis: i64, keep: bool) -> Value {
        let axes = self.ints("axes", &[axis]);
        self.apply("ReduceSum", &[value, &axes], vec![("keepdims", Attribute::Int(keep.into()))])
    }

    /// A new axis of 1.
    pub(super) fn widen(&mut self, value: &Value, axis: i64) -> Value {
        let axes = self.ints("axes", &[axis]);
        self.plain("Unsqueeze", &[value, &axes])
    }

    /// Values side by side.
    pub(super) fn beside(&mut self, values: &[Value]) -> Value {
        match values {
            [one] => one.clone(),
            all => {
                let inputs: Vec<&Value> = all.iter().collect();
                self.apply("Concat", &inputs, vec![("axis", Attribute::Int(1))])
            }
        }
    }

    /// A number.
    pub(super) fn number(&mut self, x: f32) -> Value {
        self.floats("number", &[x], &[])
    }

    /// A constant of f32.
    pub(super) fn floats(&mut self, name: &str, numbers: &[f32], shape: &[usize]) -> Value {
        let bytes = numbers.iter().flat_map(|x| x.to_le_bytes()).collect();
        self.tensor(name, Type::F32, shape, bytes)
    }

    /// A constant of whole numbers that fit into one byte; their f32 in the graph.
    pub(super) fn bytes(&mut self, name: &str, numbers: &[i8], shape: &[usize]) -> Value {
        self.tensor(name, Type::I8, shape, numbers.iter().map(|&x| x as u8).collect())
    }

    /// A constant of bytes without sign.
    pub(super) fn unsigned(&mut self, name: &str, numbers: Vec<u8>, shape: &[usize]) -> Value {
        self.tensor(name, Type::U8, shape, numbers)
    }

    /// A single i64.
    pub(super) fn index(&mut self, x: i64) -> Value {
        self.tensor("index", Type::I64, &[], x.to_le_bytes().to_vec())
    }

    /// A list of i64.
    pub(super) fn ints(&mut self, name: &str, numbers: &[i64]) -> Value {
        let bytes = numbers.iter().flat_map(|x| x.to_le_bytes()).collect();
        self.tensor(name, Type::I64, &[numbers.len()], bytes)
    }

    fn tensor(&mut self, name: &str, kind: Type, shape: &[usize], bytes: Vec<u8>) -> Value {
        let name = format!("{name}_c{}", self.tensors.len());
        self.tensors.push(Tensor { name: name.clone(), kind, shape: shape.to_vec(), bytes });
        name
    }
}
