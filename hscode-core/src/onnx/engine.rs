//! Runs a checked graph. The only file that knows tract.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use tract_onnx::prelude::*;
use tract_onnx::tract_core::internal::TractErrorContext;

use super::check::{self, Input};
use crate::{Error, ErrorKind};

/// A graph that is ready to run, one text at a time.
pub(super) struct Engine {
    plan: Arc<TypedRunnableModel>,
    /// For each input of the graph the number of ours.
    order: Vec<usize>,
    classes: usize,
}

impl Engine {
    /// Checks a file and makes it ready. Inputs of one `length` are as long as each other.
    ///
    /// # Errors
    /// `Package` or `Unsupported`, as [`check::check`] says, or when the engine cannot take the graph.
    pub(super) fn open(
        bytes: &[u8],
        inputs: &[(Input, &'static str)],
        output: &str,
        classes: usize,
    ) -> Result<Self, Error> {
        let plain: Vec<Input> = inputs.iter().map(|input| input.0.clone()).collect();
        check::check(bytes, &plain, output, classes)?;
        let refused = |why: String| Error::new(ErrorKind::Package, format!("cannot be run: {why}"));
        guarded(|| prepare(bytes, inputs, output)).map_err(refused).map(|(plan, order)| Self {
            plan,
            order,
            classes,
        })
    }

    /// The logits of a text. `ids`: of each input, in the order in which they were named; none may be empty.
    ///
    /// # Errors
    /// `Inference` when the engine fails, or gives what is no number for each class.
    pub(super) fn run(&self, ids: &[Vec<i64>]) -> Result<Vec<f32>, Error> {
        let failed = |why: String| Error::new(ErrorKind::Inference, format!("the network failed: {why}"));
        let logits = guarded(|| {
            let inputs = self.order.iter().map(|&at| {
                let ids = &ids[at];
                Ok(Tensor::from_shape(&[1, ids.len()], ids)?.into())
            });
            let outputs = self.plan.run(inputs.collect::<TractResult<_>>()?)?;
            let first = outputs.first().context("expected an output")?;
            Ok(first.to_plain_array_view::<f32>()?.iter().copied().collect::<Vec<f32>>())
        })
        .map_err(failed)?;
        if logits.len() != self.classes {
            return Err(failed(format!("expected {} numbers, saw {}", self.classes, logits.len())));
        }
        match logits.iter().position(|logit| !logit.is_finite()) {
            None => Ok(logits),
            Some(at) => Err(failed(format!("expected numbers, saw {} for class {at}", logits[at]))),
        }
    }
}

/// Runs what may fail or panic; why it did, in one line.
fn guarded<T>(run: impl FnOnce() -> TractResult<T>) -> Result<T, String> {
    let short = |why: String| -> String {
        let line: String = why.chars().take(300).collect();
        line.replace('\n', " ")
    };
    // What a panic leaves half done is dropped: nothing outlives a failed opening, and each run has its own state.
    match catch_unwind(AssertUnwindSafe(run)) {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) => Err(short(format!("{error:#}"))),
        Err(panic) => {
            let text = panic.downcast_ref::<String>().cloned();
            let text = text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
            Err(short(format!("panic: {}", text.unwrap_or_default())))
        }
    }
}

type Prepared = (Arc<TypedRunnableModel>, Vec<usize>);

fn prepare(bytes: &[u8], inputs: &[(Input, &'static str)], output: &str) -> TractResult<Prepared> {
    let onnx = tract_onnx::onnx().with_ignore_value_info(true);
    let proto = onnx.proto_model_for_read(&mut &*bytes)?;
    let outputs = proto.graph.as_ref().map_or(&[][..], |graph| &graph.output);
    let place = outputs.iter().position(|port| port.name == output).context("no such output")?;
    let mut model = onnx.model_for_proto_model(&proto)?;
    drop(proto);
    let outlet = model.output_outlets()?.get(place).copied().context("no such output")?;
    model.select_output_outlets(&[outlet])?;
    let names: Vec<String> =
        model.input_outlets()?.iter().map(|outlet| model.node(outlet.node).name.clone()).collect();
    let mut order = Vec::new();
    for (at, name) in names.iter().enumerate() {
        let ours = inputs.iter().position(|input| input.0.name == *name).context("an unknown input")?;
        let length = model.symbols.sym(inputs[ours].1);
        let shape: TVec<TDim> = tvec![1.to_dim(), length.to_dim()];
        model.set_input_fact(at, InferenceFact::dt_shape(i64::datum_type(), shape))?;
        order.push(ours);
    }
    for (_, length) in inputs {
        model.symbols.add_assertion(format!("{length}>=1"))?;
    }
    Ok((model.into_optimized()?.into_runnable()?, order))
}
