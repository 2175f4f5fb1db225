//! Networks: layers with hand-written forward and backward passes, losses and the optimiser.
//!
//! Everything here gives the same bits on any number of threads and any instruction set: work is split over
//! outputs or fixed blocks, sums have one order, and nothing calls the platform's mathematics library.

mod bag;
#[cfg(test)]
mod checks;
mod conv;
mod gemm;
mod integers;
mod linear;
mod loss;
mod lstm;
mod math;
mod named;
mod network;
mod param;
mod ragged;
mod rounding;
mod shape;
mod walk;

pub use bag::BagScale;
pub use integers::{IntegerLayer, IntegerNetwork, IntegerTable};
pub(crate) use loss::{Groups, LossWeights, Target, forward_backward};
pub(crate) use lstm::Lstm;
pub(crate) use math::{Draws, cos_pi, ln, softmax, wide};
pub(crate) use network::{Batch, Cache, Dropout, Network, Reader};
pub(crate) use param::{AdamW, BETA1, BETA2, norm_squared};
#[cfg(test)]
pub(crate) use ragged::Ragged;
pub use rounding::{Rounding, RoundingConfig, Scale, TableScale};
pub use shape::{HashedShape, NetworkShape, TokenReader};
pub(crate) use walk::Walk;
