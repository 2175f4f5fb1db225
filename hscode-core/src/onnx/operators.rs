//! What each operator makes of the shapes that it is given: a dry run of a graph.
//!
//! Known are the operators that exported text classifiers use. Each is held to its own rules here, so that the
//! engine behind meets no axis that is not there, no step of 0, no order that is none, and no size that nobody has
//! memory for.

use super::fact::{Fact, Kind, axis, broadcast, product, wrong};
use super::layers;
use super::places;
use super::wire::{Attribute, MAX_INTS, Node};
use crate::{Error, ErrorKind};

/// The most operators that compute with sizes: each makes the next expression of sizes longer.
const MAX_SIZE_OPERATORS: usize = 512;

/// An operator with what is known of its inputs.
pub(super) struct Call<'a> {
    pub node: &'a Node<'a>,
    pub inputs: Vec<Option<Fact>>,
}

/// What a dry run adds up.
#[derive(Debug, Default)]
pub(super) struct Cost {
    /// Multiplications.
    pub work: u64,
    size_operators: usize,
}

impl Call<'_> {
    pub(super) fn input(&self, at: usize) -> Result<&Fact, Error> {
        self.maybe(at).ok_or_else(|| wrong(format!("expected an input {at}, saw none")))
    }

    pub(super) fn maybe(&self, at: usize) -> Option<&Fact> {
        self.inputs.get(at).and_then(Option::as_ref)
    }

    fn attribute(&self, name: &str) -> Result<Option<&Attribute<'_>>, Error> {
        let mut of_name = self.node.attributes.iter().filter(|attribute| attribute.0 == name);
        match (of_name.next(), of_name.next()) {
            (_, Some(_)) => Err(wrong(format!("attribute {name} twice: expected it once"))),
            (found, None) => Ok(found.map(|attribute| &attribute.1)),
        }
    }

    pub(super) fn int(&self, name: &str, default: i64) -> Result<i64, Error> {
        match self.attribute(name)? {
            None => Ok(default),
            Some(Attribute::Int(value)) => Ok(*value),
            Some(_) => Err(wrong(format!("attribute {name}: expected a number"))),
        }
    }

    pub(super) fn ints(&self, name: &str) -> Result<Option<&[i64]>, Error> {
        match self.attribute(name)? {
            None => Ok(None),
            Some(Attribute::Ints(values)) => Ok(Some(values)),
            Some(_) => Err(wrong(format!("attribute {name}: expected numbers"))),
        }
    }

    pub(super) fn text(&self, name: &str, default: &'static str) -> Result<&str, Error> {
        match self.attribute(name)? {
            None => Ok(default),
            Some(Attribute::Text(value)) => {
                std::str::from_utf8(value).map_err(|_| wrong(format!("attribute {name}: expected UTF-8")))
            }
            Some(_) => Err(wrong(format!("attribute {name}: expected a text"))),
        }
    }

    /// Axes, sizes or places: an input in newer files, an attribute in older ones.
    pub(super) fn list(&self, input: usize, attribute: &str) -> Result<Option<Vec<i64>>, Error> {
        match (self.maybe(input), self.ints(attribute)?) {
            (Some(fact), None) => fact.numbers().map(|numbers| Some(numbers.to_vec())),
            (None, Some(numbers)) => Ok(Some(numbers.to_vec())),
            (None, None) => Ok(None),
            (Some(_), Some(_)) => Err(wrong(format!("{attribute} as input and attribute: expected one"))),
        }
    }

    pub(super) fn needed(&self, input: usize, attribute: &str) -> Result<Vec<i64>, Error> {
        self.list(input, attribute)?.ok_or_else(|| wrong(format!("expected {attribute}, saw none")))
    }
}

/// The shapes of an operator's outputs.
///
/// # Errors
/// `Package` when the operator's rules are broken; `Unsupported` for one that is not known here.
pub(super) fn infer(call: &Call<'_>, cost: &mut Cost) -> Result<Vec<Fact>, Error> {
    let one = match call.node.operator {
        "Abs" | "Neg" | "Exp" | "Log" | "Sqrt" | "Reciprocal" | "Erf" | "Tanh" | "Sigmoid" | "Relu"
        | "LeakyRelu" | "Elu" | "Gelu" | "HardSigmoid" | "HardSwish" | "Softplus" | "Sign" | "Floor"
        | "Ceil" | "Round" | "Not" | "Clip" => forget(call.input(0)?),
        "Identity" => call.input(0)?.clone(),
        "Dropout" => forget(call.input(0)?),
        "Softmax" | "LogSoftmax" => {
            let input = call.input(0)?;
            input.axis(call.int("axis", -1)?)?;
            forget(input)
        }
        "CumSum" => {
            let input = call.input(0)?;
            let [at] = call.input(1)?.numbers()? else { return Err(wrong("expected one axis")) };
            input.axis(*at)?;
            forget(input)
        }
        "LayerNormalization" => {
            let input = call.input(0)?;
            let at = input.axis(call.int("axis", -1)?)?;
            for factor in [call.input(1)?].into_iter().chain(call.maybe(2)) {
                if broadcast(&input.shape[at..], &factor.shape)? != input.shape[at..] {
                    return Err(wrong("expected factors of the shape that is normalised"));
                }
            }
            forget(input)
        }
        "Cast" => {
            let mut fact = call.input(0)?.clone();
            fact.kind = Kind::of(call.int("to", 0)? as u64)?;
            fact.ints = fact.ints.filter(|_| fact.kind.is_whole());
            fact
        }
        "Add" | "Sub" | "Mul" | "Div" | "Pow" | "Max" | "Min" | "Sum" => combine(call, cost)?,
        "Equal" | "Less" | "LessOrEqual" | "Greater" | "GreaterOrEqual" | "And" | "Or" => {
            let mut fact = combine(call, cost)?;
            fact.kind = Kind::Bool;
            fact
        }
        "Where" => {
            let [test, yes, no] = [call.input(0)?, call.input(1)?, call.input(2)?];
            Fact::new(yes.kind, broadcast(&test.shape, &broadcast(&yes.shape, &no.shape)?)?)?
        }
        "ReduceSum" | "ReduceMean" | "ReduceMax" | "ReduceMin" | "ReduceL2" => reduce(call)?,
        "Shape" => {
            let shape = &call.input(0)?.shape;
            if !call.node.attributes.is_empty() {
                return Err(wrong("expected the whole shape, saw a part of it asked for"));
            }
            Fact::known(vec![shape.len() as u64], shape.iter().map(|&size| size as i64).collect())?
        }
        "Constant" => constant(call)?,
        "ConstantOfShape" => {
            let kind = match call.attribute("value")? {
                Some(Attribute::Tensor(tensor)) => Fact::constant(tensor)?.kind,
                _ => Kind::F32,
            };
            Fact::new(kind, sizes(call.input(0)?.numbers()?)?)?
        }
        "Range" => places::range(call)?,
        "Gather" => places::gather(call)?,
        "GatherElements" => {
            let [data, places] = [call.input(0)?, call.input(1)?];
            let at = data.axis(call.int("axis", 0)?)?;
            let fits = |(n, (a, b)): (usize, (&u64, &u64))| n == at || a >= b;
            if data.rank() != places.rank() || !data.shape.iter().zip(&places.shape).enumerate().all(fits) {
                return Err(wrong("expected places within the data on every other axis"));
            }
            Fact::new(data.kind, places.shape.clone())?
        }
        "Concat" => places::concat(call)?,
        "Split" => return places::split(call),
        "Slice" => places::slice(call)?,
        "Unsqueeze" => {
            let input = call.input(0)?;
            let axes = call.needed(1, "axes")?;
            let rank = input.rank() + axes.len();
            let axes = distinct(&axes, rank)?;
            let mut old = input.shape.iter();
            let shape = (0..rank)
                .map(|at| if axes.contains(&at) { 1 } else { old.next().copied().unwrap_or(1) })
                .collect();
            Fact { ints: input.ints.clone(), ..Fact::new(input.kind, shape)? }
        }
        "Squeeze" => {
            let input = call.input(0)?;
            let axes = match call.list(1, "axes")? {
                Some(axes) => distinct(&axes, input.rank())?,
                None => return Err(wrong("expected the axes to take out, saw none")),
            };
            if let Some(at) = axes.iter().find(|&&at| input.shape[at] != 1) {
                return Err(wrong(format!("axis {at}: expected a size of 1, saw {}", input.shape[*at])));
            }
            let kept = input.shape.iter().enumerate().filter(|(at, _)| !axes.contains(at));
            Fact { ints: input.ints.clone(), ..Fact::new(input.kind, kept.map(|(_, &size)| size).collect())? }
        }
        "Reshape" => places::reshape(call)?,
        "Flatten" => {
            let input = call.input(0)?;
            // One past the last axis is allowed.
            let at = axis(call.int("axis", 1)?, input.rank() + 1)?;
            let sides = input.shape.split_at(at);
            let count = |sizes| product(sizes).ok_or_else(|| wrong("too large"));
            Fact::new(input.kind, vec![count(sides.0)?, count(sides.1)?])?
        }
        "Expand" => {
            let input = call.input(0)?;
            Fact::new(input.kind, broadcast(&input.shape, &sizes(call.input(1)?.numbers()?)?)?)?
        }
        "Pad" => places::pad(call)?,
        "Transpose" => {
            let input = call.input(0)?;
            let backwards: Vec<i64> = (0..input.rank() as i64).rev().collect();
            let order = distinct(call.ints("perm")?.unwrap_or(&backwards), input.rank())?;
            if order.len() != input.rank() {
                return Err(wrong(format!("expected an order of {} axes", input.rank())));
            }
            Fact::new(input.kind, order.iter().map(|&at| input.shape[at]).collect())?
        }
        "MatMul" => layers::multiply(call, cost)?,
        "Gemm" => layers::gemm(call, cost)?,
        "Conv" => layers::convolve(call, cost)?,
        "MaxPool" | "AveragePool" => layers::pool(call)?,
        "GlobalMaxPool" | "GlobalAveragePool" => layers::pool_all(call)?,
        "LSTM" => return layers::recur(call, 4, cost),
        "GRU" => return layers::recur(call, 3, cost),
        other => {
            return Err(Error::new(
                ErrorKind::Unsupported,
                format!("operator \"{}\": not one that this version runs", other.escape_debug()),
            ));
        }
    };
    Ok(vec![one])
}

fn forget(fact: &Fact) -> Fact {
    Fact { ints: None, ..fact.clone() }
}

/// Sizes from whole numbers.
pub(super) fn sizes(numbers: &[i64]) -> Result<Vec<u64>, Error> {
    numbers
        .iter()
        .map(|&size| u64::try_from(size).map_err(|_| wrong(format!("size {size}: expected 0 or more"))))
        .collect()
}

/// Axes, each once.
pub(super) fn distinct(axes: &[i64], rank: usize) -> Result<Vec<usize>, Error> {
    let mut out = Vec::new();
    for &at in axes {
        let at = axis(at, rank)?;
        if out.contains(&at) {
            return Err(wrong(format!("axis {at} twice: expected it once")));
        }
        out.push(at);
    }
    Ok(out)
}

/// Values combined number by number.
fn combine(call: &Call<'_>, cost: &mut Cost) -> Result<Fact, Error> {
    let first = call.input(0)?;
    let mut fact = first.clone();
    for at in 1..call.node.inputs.len() {
        let other = call.input(at)?;
        fact.shape = broadcast(&fact.shape, &other.shape)?;
    }
    let fact = Fact::new(first.kind, fact.shape)?;
    let (Some(a), Some(b), 2) =
        (&first.ints, call.maybe(1).and_then(|fact| fact.ints.as_ref()), call.inputs.len())
    else {
        return Ok(fact);
    };
    cost.size_operators += 1;
    if cost.size_operators > MAX_SIZE_OPERATORS {
        return Err(wrong(format!("expected at most {MAX_SIZE_OPERATORS} operators that compute sizes")));
    }
    let count = fact.count()? as usize;
    if count > MAX_INTS || ![a, b].iter().all(|list| list.len() == count || list.len() == 1) {
        return Ok(fact);
    }
    let get = |list: &[i64], at: usize| list.get(at).or(list.first()).copied().unwrap_or(0);
    let apply = |x: i64, y: i64| match call.node.operator {
        "Add" => x.checked_add(y),
        "Sub" => x.checked_sub(y),
        "Mul" => x.checked_mul(y),
        "Div" => x.checked_div(y),
        "Max" => Some(x.max(y)),
        "Min" => Some(x.min(y)),
        _ => None,
    };
    let ints: Option<Vec<i64>> = (0..count).map(|at| apply(get(a, at), get(b, at))).collect();
    match (ints, call.node.operator) {
        (None, "Add" | "Sub" | "Mul" | "Div") => Err(wrong("sizes: out of range, or divided by 0")),
        (ints, _) => Ok(Fact { ints, ..fact }),
    }
}

fn reduce(call: &Call<'_>) -> Result<Fact, Error> {
    let input = call.input(0)?;
    let axes = match call.list(1, "axes")? {
        Some(axes) if !axes.is_empty() => distinct(&axes, input.rank())?,
        _ => (0..input.rank()).collect(),
    };
    let keep = call.int("keepdims", 1)? != 0;
    let shape = input
        .shape
        .iter()
        .enumerate()
        .filter_map(|(at, &size)| if !axes.contains(&at) { Some(size) } else { keep.then_some(1) });
    Fact::new(input.kind, shape.collect())
}

fn constant(call: &Call<'_>) -> Result<Fact, Error> {
    let [(name, value)] = &call.node.attributes[..] else {
        return Err(wrong("expected one value of a constant"));
    };
    match (*name, value) {
        ("value", Attribute::Tensor(tensor)) => Fact::constant(tensor),
        ("value_int", Attribute::Int(value)) => Fact::known(Vec::new(), vec![*value]),
        ("value_ints", Attribute::Ints(values)) => Fact::known(vec![values.len() as u64], values.clone()),
        ("value_float", Attribute::Float) => Fact::new(Kind::F32, Vec::new()),
        ("value_floats", Attribute::Floats(count)) => Fact::new(Kind::F32, vec![*count as u64]),
        _ => Err(wrong("expected numbers as a constant")),
    }
}
