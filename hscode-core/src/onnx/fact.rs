//! What is known of a value in a graph before it is computed: type, shape, and small whole numbers themselves.

use super::wire::{MAX_INTS, MAX_RANK, Tensor};
use crate::{Error, ErrorKind};

/// The largest value, in numbers.
const MAX_ELEMENTS: u64 = 1 << 27;

/// The types of numbers that networks here compute with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    F32,
    F64,
    F16,
    I64,
    I32,
    I8,
    U8,
    Bool,
}

impl Kind {
    /// The type of a number in ONNX.
    pub(super) fn of(number: u64) -> Result<Self, Error> {
        Ok(match number {
            1 => Self::F32,
            2 => Self::U8,
            3 => Self::I8,
            6 => Self::I32,
            7 => Self::I64,
            9 => Self::Bool,
            10 => Self::F16,
            11 => Self::F64,
            other => return Err(wrong(format!("expected a type of plain numbers, saw number {other}"))),
        })
    }

    fn bytes(self) -> u64 {
        match self {
            Self::F64 | Self::I64 => 8,
            Self::F32 | Self::I32 => 4,
            Self::F16 => 2,
            Self::I8 | Self::U8 | Self::Bool => 1,
        }
    }

    pub(super) fn is_whole(self) -> bool {
        matches!(self, Self::I64 | Self::I32)
    }
}

/// What is known of a value.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Fact {
    pub kind: Kind,
    pub shape: Vec<u64>,
    /// The numbers, where they are few, whole and do not depend on the texts.
    pub ints: Option<Vec<i64>>,
}

pub(super) fn wrong(what: impl Into<String>) -> Error {
    Error::new(ErrorKind::Package, what)
}

impl Fact {
    /// A value of this type and shape.
    ///
    /// # Errors
    /// `Package` when it has too many axes or numbers.
    pub(super) fn new(kind: Kind, shape: Vec<u64>) -> Result<Self, Error> {
        let fact = Self { kind, shape, ints: None };
        if fact.shape.len() > MAX_RANK {
            return Err(wrong(format!("expected at most {MAX_RANK} axes, saw {}", fact.shape.len())));
        }
        fact.count().map(|_| fact)
    }

    /// Whole numbers that are known.
    pub(super) fn known(shape: Vec<u64>, ints: Vec<i64>) -> Result<Self, Error> {
        let mut fact = Self::new(Kind::I64, shape)?;
        fact.ints = (ints.len() <= MAX_INTS).then_some(ints);
        Ok(fact)
    }

    /// A constant, whose bytes must be those of its shape.
    pub(super) fn constant(tensor: &Tensor<'_>) -> Result<Self, Error> {
        let mut fact = Self::new(Kind::of(tensor.kind)?, tensor.shape.clone())?;
        let count = fact.count()?;
        let seen = match tensor.raw {
            Some(raw) if (raw.len() as u64).is_multiple_of(fact.kind.bytes()) => {
                raw.len() as u64 / fact.kind.bytes()
            }
            Some(raw) => return Err(wrong(format!("expected {count} numbers, saw {} bytes", raw.len()))),
            None => tensor.typed as u64,
        };
        if seen != count {
            return Err(wrong(format!("expected {count} numbers by its shape, saw {seen}")));
        }
        if fact.kind.is_whole() && count <= MAX_INTS as u64 {
            fact.ints = Some(match (tensor.raw, fact.kind) {
                (None, _) => tensor.ints.clone(),
                (Some(raw), Kind::I32) => {
                    raw.as_chunks().0.iter().map(|&x| i64::from(i32::from_le_bytes(x))).collect()
                }
                (Some(raw), _) => raw.as_chunks().0.iter().map(|&x| i64::from_le_bytes(x)).collect(),
            });
        }
        Ok(fact)
    }

    /// How many numbers.
    pub(super) fn count(&self) -> Result<u64, Error> {
        product(&self.shape).filter(|&count| count <= MAX_ELEMENTS).ok_or_else(|| {
            wrong(format!("shape {:?}: expected at most {MAX_ELEMENTS} numbers in a value", self.shape))
        })
    }

    pub(super) fn rank(&self) -> usize {
        self.shape.len()
    }

    /// An axis counted from the front, which `at` may count from the end.
    pub(super) fn axis(&self, at: i64) -> Result<usize, Error> {
        axis(at, self.rank())
    }

    /// The numbers of a value that says how another is shaped.
    pub(super) fn numbers(&self) -> Result<&[i64], Error> {
        self.ints.as_deref().ok_or_else(|| {
            wrong("expected sizes, axes and places that follow from the shapes alone, saw some that do not")
        })
    }
}

/// An axis of `rank`, counted from the front.
pub(super) fn axis(at: i64, rank: usize) -> Result<usize, Error> {
    let from_front = if at < 0 { at + rank as i64 } else { at };
    usize::try_from(from_front)
        .ok()
        .filter(|&axis| axis < rank)
        .ok_or_else(|| wrong(format!("axis {at}: expected one of {rank}")))
}

/// The product of sizes; `None` when it is too large to write down. 0 times anything is 0.
pub(super) fn product(sizes: &[u64]) -> Option<u64> {
    if sizes.contains(&0) {
        return Some(0);
    }
    sizes.iter().try_fold(1_u64, |product, &size| product.checked_mul(size))
}

/// The shape of two values combined number by number: sizes are alike, or 1.
pub(super) fn broadcast(a: &[u64], b: &[u64]) -> Result<Vec<u64>, Error> {
    let rank = a.len().max(b.len());
    let size = |shape: &[u64], at: usize| {
        (at + shape.len()).checked_sub(rank).and_then(|at| shape.get(at)).copied().unwrap_or(1)
    };
    (0..rank)
        .map(|at| match (size(a, at), size(b, at)) {
            (x, y) if x == y => Ok(x),
            (1, x) | (x, 1) => Ok(x),
            _ => Err(wrong(format!("shapes {a:?} and {b:?}: expected sizes alike, or 1"))),
        })
        .collect()
}
