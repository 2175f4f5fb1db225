//! Matrix products whose bits do not depend on the machine or the number of threads.
//!
//! Every element of the result is one chain of fused multiply-adds over the summed index, in order, in blocks of
//! [`BLOCK_K`] that are then added in order. Vectors run across outputs, never across the sum, and blocks have
//! sizes of their own, not of the caches: so AVX2, AVX-512, NEON and plain code agree to the bit, and so do any
//! two numbers of threads.

use pulp::{Arch, Simd, WithSimd};
use rayon::prelude::*;

/// Terms of one chain of multiply-adds.
const BLOCK_K: usize = 256;
/// Rows of the result that are one task.
const TASK_ROWS: usize = 64;
/// Vectors side by side in the kernel.
const VECTORS: usize = 3;
/// Most columns of one panel: three vectors of 16.
const MAX_PANEL: usize = VECTORS * 16;
/// Rows of a packed tile of the left factor.
const TILE: usize = 8;

/// Where the rows of a matrix start in its data.
#[derive(Clone, Copy)]
enum Starts<'a> {
    Stride(usize),
    List(&'a [u32]),
}

/// A matrix seen in a slice: by strides, or with a list of the places where its rows start.
///
/// Rows may overlap, so the windows of a convolution are a view of the embedded tokens.
#[derive(Clone, Copy)]
pub(crate) struct View<'a> {
    data: &'a [f32],
    rows: usize,
    cols: usize,
    starts: Starts<'a>,
    step: usize,
    transposed: bool,
}

impl<'a> View<'a> {
    /// `rows` x `cols`, rows one behind another.
    pub(crate) fn new(data: &'a [f32], rows: usize, cols: usize) -> Self {
        Self::strided(data, rows, cols, cols)
    }

    /// `rows` x `cols`, rows `stride` apart.
    pub(crate) fn strided(data: &'a [f32], rows: usize, cols: usize, stride: usize) -> Self {
        debug_assert!(rows == 0 || (rows - 1) * stride + cols <= data.len());
        Self { data, rows, cols, starts: Starts::Stride(stride), step: 1, transposed: false }
    }

    /// Row `i` is the `cols` numbers from `starts[i]`.
    pub(crate) fn gathered(data: &'a [f32], starts: &'a [u32], cols: usize) -> Self {
        debug_assert!(starts.iter().all(|&s| s as usize + cols <= data.len()));
        Self { data, rows: starts.len(), cols, starts: Starts::List(starts), step: 1, transposed: false }
    }

    /// The transposed matrix, without moving anything.
    pub(crate) fn t(mut self) -> Self {
        self.transposed = !self.transposed;
        self
    }

    fn size(&self) -> (usize, usize) {
        if self.transposed { (self.cols, self.rows) } else { (self.rows, self.cols) }
    }

    #[inline(always)]
    fn start(&self, row: usize) -> usize {
        match self.starts {
            Starts::Stride(stride) => row * stride,
            Starts::List(list) => list[row] as usize,
        }
    }

    /// Writes `width` lanes of major index `from..from + count` (of `lanes` wanted, zeros beyond) for `depth`
    /// summed indices from `k0`: `out[k * lanes + lane]`. `major_rows`: whether lanes run over rows of the view.
    #[inline(always)]
    fn pack(&self, along_rows: bool, from: usize, count: usize, lanes: usize, k0: usize, out: &mut [f32]) {
        let depth = out.len() / lanes;
        // Lanes run over stored rows when the view is not transposed and lanes are its rows, or the other way.
        if along_rows != self.transposed {
            for lane in 0..lanes {
                if lane < count {
                    let start = self.start(from + lane) + k0 * self.step;
                    let row = &self.data[start..start + depth];
                    for (k, &x) in row.iter().enumerate() {
                        out[k * lanes + lane] = x;
                    }
                } else {
                    for k in 0..depth {
                        out[k * lanes + lane] = 0.0;
                    }
                }
            }
        } else {
            for (k, out) in out.chunks_exact_mut(lanes).enumerate() {
                let start = self.start(k0 + k) + from;
                out[..count].copy_from_slice(&self.data[start..start + count]);
                out[count..].fill(0.0);
            }
        }
    }
}

/// Room for packed factors, kept between calls.
#[derive(Default)]
pub(crate) struct Room {
    right: Vec<f32>,
}

/// Where a product goes: rows of `stride` numbers, the product's columns from `offset`.
pub(crate) struct Out<'a> {
    /// The rows.
    pub data: &'a mut [f32],
    /// Numbers from row to row.
    pub stride: usize,
    /// First column.
    pub offset: usize,
    /// Whether to add to what is there.
    pub add: bool,
}

impl<'a> Out<'a> {
    /// Rows of `cols` numbers, overwritten.
    pub(crate) fn set(data: &'a mut [f32], cols: usize) -> Self {
        Self { data, stride: cols, offset: 0, add: false }
    }
}

/// `out = left * right`, or `out += left * right`.
///
/// Sizes: m x k, k x n, and m rows of `out`.
pub(crate) fn gemm(left: View<'_>, right: View<'_>, out: Out<'_>, room: &mut Room) {
    gemm_on(Arch::new(), left, right, out, room);
}

fn gemm_on(arch: Arch, left: View<'_>, right: View<'_>, out: Out<'_>, room: &mut Room) {
    let (m, k) = left.size();
    let (k2, n) = right.size();
    debug_assert_eq!(k, k2);
    let Out { data, stride, offset, add } = out;
    if m == 0 || n == 0 {
        return;
    }
    let data = &mut data[..m * stride];
    if k == 0 {
        if !add {
            data.chunks_exact_mut(stride).for_each(|row| row[offset..offset + n].fill(0.0));
        }
        return;
    }
    let panel = VECTORS * arch.dispatch(Lanes);
    let panels = n.div_ceil(panel);
    let mut k0 = 0;
    while k0 < k {
        let depth = BLOCK_K.min(k - k0);
        room.right.resize(panels * panel * depth, 0.0);
        room.right.par_chunks_mut(panel * depth).enumerate().for_each(|(at, packed)| {
            let from = at * panel;
            right.pack(false, from, panel.min(n - from), panel, k0, packed);
        });
        let add = add || k0 > 0;
        let packed = &room.right[..panels * panel * depth];
        data.par_chunks_mut(TASK_ROWS * stride).enumerate().for_each(|(task, rows)| {
            let from = task * TASK_ROWS;
            let count = TASK_ROWS.min(m - from);
            let tiles = count.div_ceil(TILE);
            let mut tile_room = vec![0.0f32; tiles * TILE * depth];
            for (tile, out) in tile_room.chunks_exact_mut(TILE * depth).enumerate() {
                let first = tile * TILE;
                left.pack(true, from + first, TILE.min(count - first), TILE, k0, out);
            }
            arch.dispatch(Task { left: &tile_room, right: packed, rows, stride, offset, n, depth, add });
        });
        k0 += depth;
    }
}

/// Asks the machine for the width of its vectors.
struct Lanes;

impl WithSimd for Lanes {
    type Output = usize;

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> usize {
        S::F32_LANES
    }
}

/// One task: a few rows of the result against all panels.
struct Task<'a> {
    left: &'a [f32],
    right: &'a [f32],
    rows: &'a mut [f32],
    stride: usize,
    offset: usize,
    n: usize,
    depth: usize,
    add: bool,
}

impl WithSimd for Task<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let lanes = S::F32_LANES;
        let panel = VECTORS * lanes;
        for (at, right) in self.right.chunks_exact(panel * self.depth).enumerate() {
            let from = at * panel;
            let width = panel.min(self.n - from);
            let (right, _) = S::as_simd_f32s(right);
            let tiles = self.left.chunks_exact(TILE * self.depth);
            for (rows, left) in self.rows.chunks_mut(TILE * self.stride).zip(tiles) {
                let rows =
                    rows.chunks_exact_mut(self.stride).map(|row| &mut row[self.offset + from..][..width]);
                if lanes >= 16 {
                    let sums = kernel::<S, TILE, 0>(simd, left, right);
                    store(simd, &sums, rows, self.add);
                } else {
                    // Half a tile at a time: the smaller register files hold 12 sums.
                    let top = kernel::<S, 4, 0>(simd, left, right);
                    let bottom = kernel::<S, 4, 4>(simd, left, right);
                    let mut rows = rows;
                    store(simd, &top, rows.by_ref().take(4), self.add);
                    store(simd, &bottom, rows, self.add);
                }
            }
        }
    }
}

/// `ROWS` rows from `FIRST` of a tile times one panel.
#[inline(always)]
fn kernel<S: Simd, const ROWS: usize, const FIRST: usize>(
    simd: S,
    left: &[f32],
    right: &[S::f32s],
) -> [[S::f32s; VECTORS]; ROWS] {
    let mut sums = [[simd.splat_f32s(0.0); VECTORS]; ROWS];
    let (left, _) = left.as_chunks::<TILE>();
    let (right, _) = right.as_chunks::<VECTORS>();
    for (left, right) in left.iter().zip(right) {
        for row in 0..ROWS {
            let x = simd.splat_f32s(left[FIRST + row]);
            for vector in 0..VECTORS {
                sums[row][vector] = simd.mul_add_f32s(x, right[vector], sums[row][vector]);
            }
        }
    }
    sums
}

#[inline(always)]
fn store<'a, S: Simd, const ROWS: usize>(
    simd: S,
    sums: &[[S::f32s; VECTORS]; ROWS],
    rows: impl Iterator<Item = &'a mut [f32]>,
    add: bool,
) {
    for (sums, row) in sums.iter().zip(rows) {
        if row.len() == VECTORS * S::F32_LANES {
            let (row, _) = S::as_mut_simd_f32s(row);
            for (out, sum) in row.iter_mut().zip(sums) {
                *out = if add { simd.add_f32s(*out, *sum) } else { *sum };
            }
        } else {
            let mut plain = [0.0f32; MAX_PANEL];
            let (vectors, _) = S::as_mut_simd_f32s(&mut plain);
            for (out, sum) in vectors.iter_mut().zip(sums) {
                *out = *sum;
            }
            for (out, sum) in row.iter_mut().zip(plain) {
                *out = if add { *out + sum } else { sum };
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(n: usize, seed: u64) -> Vec<f32> {
        (0..n as u64)
            .map(|i| ((i + seed).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 40) as f32 / 8388608.0 - 1.0)
            .collect()
    }

    /// The definition: one chain of multiply-adds a block.
    fn plain(a: &[f32], b: &[f32], m: usize, k: usize, n: usize) -> Vec<f32> {
        let mut c = vec![0.0f32; m * n];
        for i in 0..m {
            for j in 0..n {
                let mut total = 0.0f32;
                for k0 in (0..k).step_by(BLOCK_K) {
                    let mut sum = 0.0f32;
                    for p in k0..(k0 + BLOCK_K).min(k) {
                        sum = a[i * k + p].mul_add(b[p * n + j], sum);
                    }
                    total = if k0 == 0 { sum } else { total + sum };
                }
                c[i * n + j] = total;
            }
        }
        c
    }

    fn transpose(a: &[f32], rows: usize, cols: usize) -> Vec<f32> {
        (0..rows * cols).map(|at| a[(at % rows) * cols + at / rows]).collect()
    }

    fn bits(a: &[f32]) -> Vec<u32> {
        a.iter().map(|x| x.to_bits()).collect()
    }

    #[test]
    fn equals_the_definition_to_the_bit_in_every_layout_and_instruction_set() {
        for (m, k, n) in [(1, 1, 1), (7, 5, 3), (8, 256, 48), (9, 257, 49), (130, 600, 100), (65, 3, 200)] {
            let (a, b) = (numbers(m * k, 1), numbers(k * n, 99));
            let expected = plain(&a, &b, m, k, n);
            let (at, bt) = (transpose(&a, m, k), transpose(&b, k, n));
            let starts_a: Vec<u32> = (0..m).map(|i| (i * k) as u32).collect();
            let starts_b: Vec<u32> = (0..k).map(|i| (i * n) as u32).collect();
            for arch in [Arch::new(), Arch::Scalar] {
                for (left, right) in [
                    (View::new(&a, m, k), View::new(&b, k, n)),
                    (View::new(&at, k, m).t(), View::new(&bt, n, k).t()),
                    (View::gathered(&a, &starts_a, k), View::gathered(&b, &starts_b, n)),
                ] {
                    let mut c = vec![5.0; m * n];
                    gemm_on(arch, left, right, Out::set(&mut c, n), &mut Room::default());
                    assert_eq!(bits(&c), bits(&expected), "{m} x {k} x {n}");
                }
            }
        }
    }

    #[test]
    fn writes_into_columns_and_adds() {
        let (a, b) = (numbers(6, 1), numbers(6, 2));
        let expected = plain(&a, &b, 3, 2, 3);
        let mut c = vec![1.0; 3 * 5];
        let out = Out { data: &mut c, stride: 5, offset: 1, add: true };
        gemm(View::new(&a, 3, 2), View::new(&b, 2, 3), out, &mut Room::default());
        for i in 0..3 {
            assert_eq!((c[i * 5], c[i * 5 + 4]), (1.0, 1.0));
            for j in 0..3 {
                assert_eq!(c[i * 5 + 1 + j], 1.0 + expected[i * 3 + j]);
            }
        }
    }

    #[test]
    fn same_bits_on_any_number_of_threads() {
        let (a, b) = (numbers(300 * 700, 1), numbers(700 * 90, 2));
        let run = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            let mut c = vec![0.0; 300 * 90];
            pool.install(|| {
                gemm(
                    View::new(&a, 300, 700),
                    View::new(&b, 700, 90),
                    Out::set(&mut c, 90),
                    &mut Room::default(),
                );
            });
            bits(&c)
        };
        let one = run(1);
        assert!(run(2) == one && run(3) == one);
    }

    /// `cargo test --release -p hscode-train gemm_speed -- --ignored --nocapture`
    #[test]
    #[ignore = "a measurement"]
    fn gemm_speed() {
        for threads in [1, 2] {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            for (name, m, k, n) in [
                ("logits", 512, 256, 5612),
                ("weights", 5612, 512, 256),
                ("hidden", 512, 5612, 256),
                ("conv", 4096, 384, 96),
            ] {
                let (a, b) = (numbers(m * k, 1), numbers(k * n, 2));
                let mut c = vec![0.0; m * n];
                let mut room = Room::default();
                let mut best = f64::MAX;
                for _ in 0..9 {
                    let begin = std::time::Instant::now();
                    pool.install(|| {
                        let (left, right) = match name {
                            "logits" => (View::new(&a, m, k), View::new(&b, n, k).t()),
                            "weights" => (View::new(&a, k, m).t(), View::new(&b, k, n)),
                            _ => (View::new(&a, m, k), View::new(&b, k, n)),
                        };
                        gemm(left, right, Out::set(&mut c, n), &mut room);
                    });
                    best = best.min(begin.elapsed().as_secs_f64());
                }
                eprintln!(
                    "{threads} {name}: {:.2} ms, {:.1} GFLOP/s",
                    best * 1e3,
                    2e-9 * (m * k * n) as f64 / best
                );
            }
        }
    }
}
