//! Whether a graph is one that can be run: read, and run dry, before the engine sees it.
//!
//! The engine panics, hangs or asks for any amount of memory on some graphs that are no graphs. What passes here
//! has operators in order, each held to its rules, inputs and outputs as the settings name them, and a bound on
//! memory and work for the longest text.

use std::collections::BTreeMap;

use super::fact::{Fact, Kind, wrong};
use super::operators::{Call, Cost, infer};
use super::wire::Graph;
use crate::Error;

/// The most numbers of all values of a graph together.
const MAX_TOTAL: u64 = 1 << 29;
/// The oldest and newest operators.
const OPERATORS: std::ops::RangeInclusive<i64> = 9..=21;

/// An input that the caller will fill.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Input {
    pub name: String,
    /// The most ids of a text.
    pub longest: usize,
}

/// Checks a file.
///
/// # Errors
/// `Package`, naming the operator; `Unsupported` for operators that are not known here.
pub(super) fn check(bytes: &[u8], inputs: &[Input], output: &str, classes: usize) -> Result<(), Error> {
    let graph = Graph::read(bytes)?;
    if !OPERATORS.contains(&graph.operators) {
        return Err(wrong(format!(
            "operators of version {}: expected {} to {}",
            graph.operators,
            OPERATORS.start(),
            OPERATORS.end()
        )));
    }
    ports(&graph, inputs, output)?;
    // Sizes may grow or shrink with a text: both ends are tried.
    for longest in [false, true] {
        let length = |input: &Input| if longest { input.longest.max(1) as u64 } else { 1 };
        let seen = dry_run(&graph, inputs.iter().map(|input| (input.name.as_str(), length(input))), output)?;
        if seen.kind != Kind::F32 || seen.shape != [1, classes as u64] {
            return Err(wrong(format!(
                "output {output}: expected a number of f32 for each of {classes} codes, saw {:?} of shape {:?}",
                seen.kind, seen.shape
            )));
        }
    }
    Ok(())
}

/// Whether the inputs and outputs are those that the settings name.
fn ports(graph: &Graph<'_>, inputs: &[Input], output: &str) -> Result<(), Error> {
    let constants: Vec<&str> = graph.tensors.iter().map(|tensor| tensor.name).collect();
    let open: Vec<_> = graph.inputs.iter().filter(|port| !constants.contains(&port.name)).collect();
    for input in inputs {
        let found: Vec<_> = open.iter().filter(|port| port.name == input.name).collect();
        let [port] = found[..] else {
            return Err(wrong(format!(
                "input {}: expected it once, saw it {} times",
                input.name,
                found.len()
            )));
        };
        let two = port.shape.as_ref().is_none_or(|shape| shape.len() == 2);
        if Kind::of(port.kind)? != Kind::I64 || !two {
            return Err(wrong(format!("input {}: expected texts x ids of i64", input.name)));
        }
    }
    if let Some(port) = open.iter().find(|port| inputs.iter().all(|input| input.name != port.name)) {
        return Err(wrong(format!("input {}: not named in the settings", port.name.escape_debug())));
    }
    match graph.outputs.iter().filter(|port| port.name == output).count() {
        1 => Ok(()),
        count => Err(wrong(format!("output {output}: expected it once, saw it {count} times"))),
    }
}

/// Shapes through the whole graph for texts of these lengths; what is known of `output`.
fn dry_run<'a>(
    graph: &Graph<'a>,
    lengths: impl Iterator<Item = (&'a str, u64)>,
    output: &str,
) -> Result<Fact, Error> {
    let mut values: BTreeMap<&str, Fact> = BTreeMap::new();
    let (mut total, mut cost) = (0_u64, Cost::default());
    let mut put = |values: &mut BTreeMap<&'a str, Fact>, name: &'a str, fact: Fact| {
        total = total.saturating_add(fact.count()?);
        if total > MAX_TOTAL {
            return Err(wrong(format!("expected at most {MAX_TOTAL} numbers in all values together")));
        }
        match values.insert(name, fact) {
            None => Ok(()),
            Some(_) => Err(wrong(format!("value \"{}\": given twice", name.escape_debug()))),
        }
    };
    for tensor in &graph.tensors {
        let fact = Fact::constant(tensor)
            .map_err(|error| error.at(format!("constant \"{}\"", tensor.name.escape_debug())))?;
        put(&mut values, tensor.name, fact)?;
    }
    for (name, length) in lengths {
        put(&mut values, name, Fact::new(Kind::I64, vec![1, length])?)?;
    }
    for (at, node) in graph.nodes.iter().enumerate() {
        let place = || format!("operator {at} ({})", node.operator.escape_debug());
        // A name that is not known yet is of no operator, or of a later one: then the graph may go round.
        let known = |name: &&str| match *name {
            "" => Ok(None),
            name => values.get(name).cloned().map(Some).ok_or_else(|| {
                wrong(format!("input \"{}\": expected a value given before", name.escape_debug()))
            }),
        };
        let inputs = node.inputs.iter().map(known).collect::<Result<_, Error>>();
        let call = Call { node, inputs: inputs.map_err(|error| error.at(place()))? };
        let facts = infer(&call, &mut cost).map_err(|error| error.at(place()))?;
        if node.outputs.is_empty() || node.outputs.len() > facts.len() {
            return Err(wrong(format!("expected 1 to {} outputs", facts.len())).at(place()));
        }
        for (name, fact) in node.outputs.iter().zip(facts).filter(|(name, _)| !name.is_empty()) {
            put(&mut values, name, fact).map_err(|error| error.at(place()))?;
        }
    }
    values.remove(output).ok_or_else(|| wrong(format!("output {output}: expected an operator that gives it")))
}
