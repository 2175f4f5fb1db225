//! Shapes of the operators that put numbers elsewhere: gathered, joined, cut, shaped anew.

use super::fact::{Fact, Kind, product, wrong};
use super::operators::{Call, distinct, sizes};
use super::wire::MAX_INTS;
use crate::Error;

pub(super) fn range(call: &Call<'_>) -> Result<Fact, Error> {
    let scalar = |at: usize| match call.input(at)?.numbers()? {
        [value] => Ok(i128::from(*value)),
        _ => Err(wrong("expected a single number")),
    };
    let (start, end, step) = (scalar(0)?, scalar(1)?, scalar(2)?);
    if step == 0 {
        return Err(wrong("step 0: expected another"));
    }
    let count = ((end - start) + step - step.signum()) / step;
    let count = u64::try_from(count.max(0)).map_err(|_| wrong("range: too long"))?;
    let mut fact = Fact::new(Kind::I64, vec![count])?;
    if count <= MAX_INTS as u64 {
        fact.ints = Some((0..i128::from(count)).map(|at| (start + at * step) as i64).collect());
    }
    Ok(fact)
}

pub(super) fn gather(call: &Call<'_>) -> Result<Fact, Error> {
    let [data, places] = [call.input(0)?, call.input(1)?];
    let at = data.axis(call.int("axis", 0)?)?;
    let size = data.shape[at] as i64;
    if !places.kind.is_whole() {
        return Err(wrong("expected whole numbers as places"));
    }
    if let Some(place) = places.ints.iter().flatten().find(|&&place| place < -size || place >= size) {
        return Err(wrong(format!("place {place}: expected one of {size}")));
    }
    let shape = [&data.shape[..at], &places.shape, &data.shape[at + 1..]].concat();
    let mut fact = Fact::new(data.kind, shape)?;
    if let (1, Some(numbers), Some(places)) = (data.rank(), &data.ints, &places.ints) {
        let of = |&place: &i64| numbers[if place < 0 { place + size } else { place } as usize];
        fact.ints = Some(places.iter().map(of).collect());
    }
    Ok(fact)
}

pub(super) fn concat(call: &Call<'_>) -> Result<Fact, Error> {
    let first = call.input(0)?;
    let at = first.axis(call.int("axis", 0)?)?;
    let mut shape = first.shape.clone();
    let mut ints = first.ints.clone();
    for input in 1..call.node.inputs.len() {
        let other = call.input(input)?;
        let alike = |n: usize| n == at || other.shape.get(n) == shape.get(n);
        if other.rank() != shape.len() || !(0..shape.len()).all(alike) || other.kind != first.kind {
            return Err(wrong("expected values of one type that differ on the joined axis alone"));
        }
        shape[at] = shape[at].saturating_add(other.shape[at]);
        ints = match (ints, &other.ints) {
            (Some(mut ints), Some(more)) => {
                ints.extend(more);
                Some(ints)
            }
            _ => None,
        };
    }
    let ints = ints.filter(|ints| shape.len() == 1 && ints.len() <= MAX_INTS);
    Ok(Fact { ints, ..Fact::new(first.kind, shape)? })
}

pub(super) fn split(call: &Call<'_>) -> Result<Vec<Fact>, Error> {
    let input = call.input(0)?;
    let at = input.axis(call.int("axis", 0)?)?;
    let parts = call.node.outputs.len() as u64;
    let each = match call.list(1, "split")? {
        Some(each) => sizes(&each)?,
        None if parts > 0 && input.shape[at] % parts == 0 => vec![input.shape[at] / parts; parts as usize],
        None => return Err(wrong("expected parts of one size")),
    };
    let total = each.iter().try_fold(0_u64, |sum, &size| sum.checked_add(size));
    if each.len() as u64 != parts || total != Some(input.shape[at]) {
        return Err(wrong(format!("expected {parts} parts of {} together", input.shape[at])));
    }
    each.into_iter()
        .map(|size| {
            let mut shape = input.shape.clone();
            shape[at] = size;
            Fact::new(input.kind, shape)
        })
        .collect()
}

pub(super) fn slice(call: &Call<'_>) -> Result<Fact, Error> {
    let input = call.input(0)?;
    let (starts, ends) = (call.needed(1, "starts")?, call.needed(2, "ends")?);
    let axes = match call.list(3, "axes")? {
        Some(axes) => distinct(&axes, input.rank())?,
        None => (0..starts.len()).collect(),
    };
    let steps = call.list(4, "steps")?.unwrap_or_else(|| vec![1; starts.len()]);
    if [ends.len(), axes.len(), steps.len()] != [starts.len(); 3] || starts.len() > input.rank() {
        return Err(wrong("expected a start, an end and a step for each axis"));
    }
    let mut shape = input.shape.clone();
    let mut ints = input.ints.clone().filter(|_| input.rank() == 1);
    for (n, &at) in axes.iter().enumerate() {
        let (size, step) = (shape[at] as i64, steps[n]);
        if step == 0 {
            return Err(wrong("step 0: expected another"));
        }
        let from_front = |place: i64| if place < 0 { place.saturating_add(size) } else { place };
        let (low, high) = if step > 0 { (0, size) } else { (-1, size - 1) };
        // Going backwards, an end before the first number is the whole.
        let start = from_front(starts[n]).clamp(low.max(0), high.max(0));
        let end = from_front(ends[n]).clamp(low, high);
        let length = if step > 0 { end - start } else { start - end };
        let length = length.max(0).unsigned_abs().div_ceil(step.unsigned_abs());
        shape[at] = if size == 0 { 0 } else { length };
        if let Some(known) = &ints {
            let place = |k: u64| usize::try_from(start + k as i64 * step).ok();
            ints = (0..shape[at]).map(|k| place(k).and_then(|at| known.get(at)).copied()).collect();
        }
    }
    Ok(Fact { ints, ..Fact::new(input.kind, shape)? })
}

pub(super) fn reshape(call: &Call<'_>) -> Result<Fact, Error> {
    let input = call.input(0)?;
    let wanted = call.input(1)?.numbers()?;
    let count = input.count()?;
    let copies = call.int("allowzero", 0)? == 0;
    let mut shape = Vec::new();
    let mut open = None;
    for (at, &size) in wanted.iter().enumerate() {
        shape.push(match size {
            -1 if open.is_none() => {
                open = Some(at);
                1
            }
            0 if copies => *input.shape.get(at).ok_or_else(|| wrong("size 0: no such axis to copy"))?,
            size => u64::try_from(size).map_err(|_| wrong(format!("size {size}: expected 0 or more")))?,
        });
    }
    let rest = product(&shape).ok_or_else(|| wrong("shape: too large"))?;
    if let Some(at) = open {
        shape[at] = count.checked_div(rest).unwrap_or(0);
    }
    if product(&shape) != Some(count) {
        return Err(wrong(format!("shape {wanted:?}: expected one of {count} numbers")));
    }
    Ok(Fact { ints: input.ints.clone(), ..Fact::new(input.kind, shape)? })
}

pub(super) fn pad(call: &Call<'_>) -> Result<Fact, Error> {
    let input = call.input(0)?;
    let pads = sizes(&call.needed(1, "pads")?)?;
    if pads.len() != 2 * input.rank()
        || call.maybe(3).is_some()
        || call.text("mode", "constant")? != "constant"
    {
        return Err(wrong("expected padding by a constant, before and behind each axis"));
    }
    let (before, behind) = pads.split_at(input.rank());
    let shape = input.shape.iter().zip(before).zip(behind);
    let shape = shape.map(|((size, before), behind)| size.saturating_add(*before).saturating_add(*behind));
    Fact::new(input.kind, shape.collect())
}
