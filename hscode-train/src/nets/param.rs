//! Parameters with their gradients and the state of their optimiser.

use rayon::prelude::*;

use super::math::{self, Draws, wide};

/// Numbers of one task of element-wise work.
pub(crate) const CHUNK: usize = 1 << 14;
/// Rows of a table that are one task.
const TABLE_ROWS: usize = 512;

/// A dense parameter.
#[derive(Debug, Clone, Default)]
pub(crate) struct Dense {
    /// The numbers.
    pub value: Vec<f32>,
    /// The gradient of the step.
    pub grad: Vec<f32>,
    /// AdamW's mean of gradients.
    pub first: Vec<f32>,
    /// AdamW's mean of squares.
    pub second: Vec<f32>,
    /// Whether weight decay applies: to matrices, not to biases.
    pub decays: bool,
}

impl Dense {
    /// Zeros.
    pub(crate) fn zeros(size: usize, decays: bool) -> Self {
        let zeros = || vec![0.0; size];
        Self { value: zeros(), grad: zeros(), first: zeros(), second: zeros(), decays }
    }

    /// Normal numbers of the given deviation.
    pub(crate) fn normal(size: usize, deviation: f32, draws: Draws) -> Self {
        let mut new = Self::zeros(size, true);
        new.value.par_iter_mut().enumerate().for_each(|(at, x)| *x = deviation * draws.normal(at as u64));
        new
    }
}

/// A table of vectors of which a step touches few rows.
#[derive(Debug, Clone, Default)]
pub(crate) struct Table {
    /// Numbers of a row.
    pub dim: usize,
    /// The rows.
    pub value: Vec<f32>,
    /// AdamW's mean of gradients, moved only when a row is touched.
    pub first: Vec<f32>,
    /// AdamW's mean of squares, moved only when a row is touched.
    pub second: Vec<f32>,
    /// Rows touched in this step, ascending.
    pub touched: Vec<u32>,
    /// Their gradients, a row each.
    pub grad: Vec<f32>,
}

/// Where a row of a table was used: row in the upper half, use in the lower.
pub(crate) fn used_at(row: u32, place: usize) -> u64 {
    (u64::from(row) << 32) | place as u64
}

impl Table {
    /// Normal numbers of the given deviation.
    pub(crate) fn normal(rows: usize, dim: usize, deviation: f32, draws: Draws) -> Self {
        let Dense { value, first, second, .. } = Dense::normal(rows * dim, deviation, draws);
        Self { dim, value, first, second, touched: Vec::new(), grad: Vec::new() }
    }

    /// A row.
    pub(crate) fn row(&self, at: u32) -> &[f32] {
        &self.value[at as usize * self.dim..][..self.dim]
    }

    /// Sums the gradients of all uses of each row, in the order of the uses.
    ///
    /// `uses`: from [`used_at`]; sorted here. `of`: adds the gradient of one use to a row.
    pub(crate) fn collect(&mut self, uses: &mut [u64], of: impl Fn(usize, &mut [f32]) + Sync) {
        uses.par_sort_unstable();
        self.touched.clear();
        let mut starts = Vec::new();
        for (at, used) in uses.iter().enumerate() {
            let row = (used >> 32) as u32;
            if self.touched.last() != Some(&row) {
                self.touched.push(row);
                starts.push(at);
            }
        }
        starts.push(uses.len());
        self.grad.resize(self.touched.len() * self.dim, 0.0);
        let uses = &*uses;
        self.grad.par_chunks_mut(64 * self.dim).enumerate().for_each(|(task, grads)| {
            for (at, grad) in grads.chunks_exact_mut(self.dim).enumerate() {
                let at = task * 64 + at;
                grad.fill(0.0);
                for used in &uses[starts[at]..starts[at + 1]] {
                    of((used & 0xFFFF_FFFF) as usize, grad);
                }
            }
        });
    }
}

/// One step of AdamW for all parameters.
#[derive(Debug, Clone, Copy)]
pub(crate) struct AdamW {
    /// Learning rate of this step.
    pub rate: f32,
    /// Decay of weights per step, before the learning rate.
    pub decay: f32,
    /// Factor on all gradients, from clipping.
    pub scale: f32,
    /// 1 less the first and second decay to the power of the step, for the bias of young means.
    pub young: (f32, f32),
}

/// Decay of the mean of gradients.
pub(crate) const BETA1: f32 = 0.9;
/// Decay of the mean of squares.
pub(crate) const BETA2: f32 = 0.999;
const EPSILON: f32 = 1e-8;

impl AdamW {
    #[inline(always)]
    fn update(&self, decay: f32, value: &mut [f32], grad: &[f32], first: &mut [f32], second: &mut [f32]) {
        let root = 1.0 / self.young.1;
        let rate = self.rate / self.young.0;
        let keep = 1.0 - self.rate * decay;
        let numbers = value.iter_mut().zip(grad).zip(first).zip(second);
        for (((value, grad), first), second) in numbers {
            let grad = grad * self.scale;
            *first = BETA1 * *first + (1.0 - BETA1) * grad;
            *second = BETA2 * *second + (1.0 - BETA2) * (grad * grad);
            *value = *value * keep - rate * *first / ((*second * root).sqrt() + EPSILON);
        }
    }

    /// Moves a dense parameter.
    pub(crate) fn dense(&self, p: &mut Dense) {
        let decay = if p.decays { self.decay } else { 0.0 };
        let Dense { value, grad, first, second, .. } = p;
        (
            value.par_chunks_mut(CHUNK),
            grad.par_chunks(CHUNK),
            first.par_chunks_mut(CHUNK),
            second.par_chunks_mut(CHUNK),
        )
            .into_par_iter()
            .for_each(|(value, grad, first, second)| {
                wide(
                    #[inline(always)]
                    || self.update(decay, value, grad, first, second),
                );
            });
    }

    /// Moves the touched rows of a table, at `rate` times the learning rate; tables have no weight decay.
    pub(crate) fn table(&self, t: &mut Table, rate: f32) {
        let step = Self { rate: self.rate * rate, ..*self };
        let dim = t.dim;
        let Table { value, first, second, touched, grad, .. } = t;
        let size = TABLE_ROWS * dim;
        (value.par_chunks_mut(size), first.par_chunks_mut(size), second.par_chunks_mut(size))
            .into_par_iter()
            .enumerate()
            .for_each(|(task, (value, first, second))| {
                let base = task * TABLE_ROWS;
                let from = touched.partition_point(|&row| (row as usize) < base);
                let to = touched.partition_point(|&row| (row as usize) < base + TABLE_ROWS);
                for (at, row) in touched[from..to].iter().enumerate() {
                    let range = (*row as usize - base) * dim..(*row as usize - base + 1) * dim;
                    let grad = &grad[(from + at) * dim..][..dim];
                    let (value, first, second) =
                        (&mut value[range.clone()], &mut first[range.clone()], &mut second[range]);
                    wide(
                        #[inline(always)]
                        || step.update(0.0, value, grad, first, second),
                    );
                }
            });
    }
}

/// The sum of squares of a gradient, in fixed blocks.
pub(crate) fn norm_squared(grad: &[f32]) -> f64 {
    let parts: Vec<f64> = grad
        .par_chunks(CHUNK)
        .map(|part| {
            wide(
                #[inline(always)]
                || math::sum_of_squares(part),
            )
        })
        .collect();
    parts.iter().sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn collects_in_order_and_touches_no_other_row() {
        let mut table = Table::normal(2000, 3, 1.0, Draws::new(1, 1));
        let before = table.clone();
        let rows = [5u32, 1999, 5, 7, 5];
        let mut uses: Vec<u64> = rows.iter().enumerate().map(|(at, &row)| used_at(row, at)).collect();
        table.collect(&mut uses, |place, grad| grad.iter_mut().for_each(|g| *g += 1.0 + place as f32));
        assert_eq!(table.touched, [5, 7, 1999]);
        assert_eq!(table.grad, [9.0, 9.0, 9.0, 4.0, 4.0, 4.0, 2.0, 2.0, 2.0]);
        let step = AdamW { rate: 0.1, decay: 0.5, scale: 1.0, young: (1.0 - BETA1, 1.0 - BETA2) };
        step.table(&mut table, 1.0);
        for row in 0..2000 {
            let moved = table.row(row) != before.row(row);
            assert_eq!(moved, [5, 7, 1999].contains(&row), "{row}");
        }
        // The first step of Adam is the learning rate, by the sign of the gradient.
        assert!((before.row(7)[0] - table.row(7)[0] - 0.1).abs() < 1e-5);
    }
}
