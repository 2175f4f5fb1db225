//! Shapes and work of the operators that multiply: products of matrices, convolutions, recurrent layers.

use super::fact::{Fact, broadcast, product, wrong};
use super::operators::{Call, Cost};
use crate::Error;

/// The most multiplications of one text; some seconds.
const MAX_WORK: u64 = 1 << 35;
/// The largest kernel, step or padding of a convolution.
const MAX_KERNEL: i64 = 1 << 12;

fn add(cost: &mut Cost, sizes: &[u64]) -> Result<(), Error> {
    let total = product(sizes).and_then(|work| work.checked_add(cost.work));
    cost.work = total
        .filter(|&work| work <= MAX_WORK)
        .ok_or_else(|| wrong(format!("expected at most {MAX_WORK} multiplications for a text, saw more")))?;
    Ok(())
}

pub(super) fn multiply(call: &Call<'_>, cost: &mut Cost) -> Result<Fact, Error> {
    let [a, b] = [call.input(0)?, call.input(1)?];
    let (Some((&inner, above)), false) = (a.shape.split_last(), b.shape.is_empty()) else {
        return Err(wrong("expected matrices, saw a single number"));
    };
    // A list of numbers stands for a row on the left, a column on the right.
    let (rows, a_batch) = match above.split_last() {
        Some((&rows, batch)) => (Some(rows), batch),
        None => (None, above),
    };
    let (b_batch, height, cols) = match b.shape[..] {
        [height] => (&[][..], height, None),
        [ref batch @ .., height, cols] => (batch, height, Some(cols)),
        [] => (&[][..], 0, None),
    };
    if inner != height || a.kind != b.kind {
        return Err(wrong(format!("shapes {:?} and {:?}: expected matrices that fit", a.shape, b.shape)));
    }
    let mut shape = broadcast(a_batch, b_batch)?;
    shape.extend(rows);
    shape.extend(cols);
    let fact = Fact::new(a.kind, shape)?;
    add(cost, &[fact.count()?, inner])?;
    Ok(fact)
}

pub(super) fn gemm(call: &Call<'_>, cost: &mut Cost) -> Result<Fact, Error> {
    let side = |at: usize, name: &str| match (&call.input(at)?.shape[..], call.int(name, 0)?) {
        (&[rows, cols], 0) => Ok((rows, cols)),
        (&[rows, cols], 1) => Ok((cols, rows)),
        (shape, _) => Err(wrong(format!("shape {shape:?}: expected a matrix"))),
    };
    let ((rows, inner), (height, cols)) = (side(0, "transA")?, side(1, "transB")?);
    if inner != height {
        return Err(wrong(format!("expected matrices that fit, saw {inner} columns and {height} rows")));
    }
    let shape = vec![rows, cols];
    if let Some(bias) = call.maybe(2)
        && broadcast(&shape, &bias.shape)? != shape
    {
        return Err(wrong(format!("bias of shape {:?}: expected one for {shape:?}", bias.shape)));
    }
    let fact = Fact::new(call.input(0)?.kind, shape)?;
    add(cost, &[fact.count()?, inner])?;
    Ok(fact)
}

/// Sizes after a window has moved over the axes behind the first two.
fn windows(call: &Call<'_>, shape: &[u64], kernel: &[u64]) -> Result<Vec<u64>, Error> {
    let axes = kernel.len();
    let list = |name: &str, count: usize, low: i64, default: i64| -> Result<Vec<u64>, Error> {
        let values = call.ints(name)?.map_or_else(|| vec![default; count], <[i64]>::to_vec);
        if values.len() != count || values.iter().any(|value| !(low..=MAX_KERNEL).contains(value)) {
            return Err(wrong(format!("{name}: expected {count} numbers from {low} to {MAX_KERNEL}")));
        }
        Ok(values.into_iter().map(i64::unsigned_abs).collect())
    };
    let steps = list("strides", axes, 1, 1)?;
    let gaps = list("dilations", axes, 1, 1)?;
    let pads = list("pads", 2 * axes, 0, 0)?;
    if call.text("auto_pad", "NOTSET")? != "NOTSET" || call.int("ceil_mode", 0)? != 0 {
        return Err(wrong("expected padding in numbers"));
    }
    if kernel.iter().any(|&size| size == 0 || size > MAX_KERNEL as u64) {
        return Err(wrong(format!("kernel {kernel:?}: expected sizes from 1 to {MAX_KERNEL}")));
    }
    (0..axes)
        .map(|at| {
            let reach = (kernel[at] - 1) * gaps[at] + 1;
            let size = shape[at + 2].saturating_add(pads[at] + pads[at + axes]);
            let moves = size.checked_sub(reach);
            moves
                .map(|moves| moves / steps[at] + 1)
                .ok_or_else(|| wrong(format!("expected a window of {reach} within {size}")))
        })
        .collect()
}

pub(super) fn convolve(call: &Call<'_>, cost: &mut Cost) -> Result<Fact, Error> {
    let [input, weight] = [call.input(0)?, call.input(1)?];
    let group = u64::try_from(call.int("group", 1)?).unwrap_or(0);
    let (&[texts, channels, ..], &[filters, depth, ref kernel @ ..]) = (&input.shape[..], &weight.shape[..])
    else {
        return Err(wrong("expected texts and filters of three axes or more"));
    };
    if input.rank() != weight.rank()
        || kernel.is_empty()
        || group == 0
        || filters % group != 0
        || depth.checked_mul(group) != Some(channels)
    {
        return Err(wrong(format!(
            "shapes {:?} and {:?} in {group} groups: expected filters that fit",
            input.shape, weight.shape
        )));
    }
    let named: Option<Vec<u64>> =
        call.ints("kernel_shape")?.map(|sizes| sizes.iter().map(|&size| size as u64).collect());
    if named.is_some_and(|named| named != kernel) {
        return Err(wrong("kernel_shape: expected the shape of the filters"));
    }
    if let Some(bias) = call.maybe(2)
        && bias.shape != [filters]
    {
        return Err(wrong(format!("bias of shape {:?}: expected {filters}", bias.shape)));
    }
    let mut shape = vec![texts, filters];
    shape.extend(windows(call, &input.shape, kernel)?);
    let fact = Fact::new(input.kind, shape)?;
    add(cost, &[fact.count()?, depth, product(kernel).unwrap_or(u64::MAX)])?;
    Ok(fact)
}

pub(super) fn pool(call: &Call<'_>) -> Result<Fact, Error> {
    let input = call.input(0)?;
    let kernel: Vec<u64> =
        call.ints("kernel_shape")?.unwrap_or(&[]).iter().map(|&size| size as u64).collect();
    if kernel.is_empty() || kernel.len() + 2 != input.rank() {
        return Err(wrong("kernel_shape: expected a size for each axis behind the first two"));
    }
    let mut shape = input.shape[..2].to_vec();
    shape.extend(windows(call, &input.shape, &kernel)?);
    Fact::new(input.kind, shape)
}

pub(super) fn pool_all(call: &Call<'_>) -> Result<Fact, Error> {
    let input = call.input(0)?;
    if input.rank() < 3 {
        return Err(wrong("expected three axes or more"));
    }
    let shape = input.shape.iter().enumerate().map(|(at, &size)| if at < 2 { size } else { 1 });
    Fact::new(input.kind, shape.collect())
}

/// A recurrent layer of so many gates: all states, the last, and of an LSTM the last cells.
pub(super) fn recur(call: &Call<'_>, gates: u64, cost: &mut Cost) -> Result<Vec<Fact>, Error> {
    let [input, weight, state] = [call.input(0)?, call.input(1)?, call.input(2)?];
    let plain = call.int("layout", 0)? == 0
        && call.ints("activations").is_ok_and(|list| list.is_none())
        && call.maybe(4).is_none()
        && (5..8).all(|at| call.maybe(at).is_none());
    if !plain {
        return Err(wrong("expected a plain recurrent layer: no lengths, states to start from or peepholes"));
    }
    let directions = match call.text("direction", "forward")? {
        "forward" | "reverse" => 1,
        "bidirectional" => 2,
        _ => return Err(wrong("direction: expected forward, reverse or bidirectional")),
    };
    let &[steps, texts, size] = &input.shape[..] else {
        return Err(wrong("expected steps, texts and numbers"));
    };
    let hidden = state.shape.last().copied().unwrap_or(0);
    let fits = hidden > 0
        && hidden <= 1 << 16
        && weight.shape == [directions, gates * hidden, size]
        && state.shape == [directions, gates * hidden, hidden]
        && call.maybe(3).is_none_or(|bias| bias.shape == [directions, 2 * gates * hidden])
        && call.int("hidden_size", hidden as i64)? == hidden as i64;
    if !fits {
        return Err(wrong(format!("weights of shapes {:?} and {:?}: do not fit", weight.shape, state.shape)));
    }
    add(cost, &[steps, texts, directions, gates * hidden, size.saturating_add(hidden)])?;
    let last = Fact::new(input.kind, vec![directions, texts, hidden])?;
    let all = Fact::new(input.kind, vec![steps, directions, texts, hidden])?;
    Ok(vec![all, last.clone(), last])
}
