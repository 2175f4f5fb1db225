//! The few functions of numbers that networks need, with the same bits on every machine.
//!
//! Only addition, multiplication, division, square root and conversions are used, which IEEE 754 fixes; sums run
//! in [`LANES`] interleaved chains whatever the width of the machine's vectors.

use pulp::{Arch, NullaryFnOnce};

/// Chains of every long sum.
pub(crate) const LANES: usize = 16;

/// Runs a loop with the widest vectors that the machine has.
#[inline(always)]
pub(crate) fn wide<F: NullaryFnOnce>(work: F) -> F::Output {
    struct Op<F>(F);
    impl<F: NullaryFnOnce> pulp::WithSimd for Op<F> {
        type Output = F::Output;
        #[inline(always)]
        fn with_simd<S: pulp::Simd>(self, _: S) -> F::Output {
            self.0.call()
        }
    }
    Arch::new().dispatch(Op(work))
}

/// e to the power of `x`, for `x` in -87..=88 (clamped), within 2 units in the last place.
#[inline(always)]
pub(crate) fn exp(x: f32) -> f32 {
    let x = x.clamp(-87.0, 88.0);
    // x = n ln 2 + r with |r| <= ln 2 / 2; the constant rounds to the nearest integer.
    let n = (x * std::f32::consts::LOG2_E + 12_582_912.0) - 12_582_912.0;
    let r = x - n * 0.693_359_4;
    let r = r - n * -2.121_944_4e-4;
    let mut p = 1.987_569_1e-4;
    p = p * r + 1.398_199_9e-3;
    p = p * r + 8.333_452e-3;
    p = p * r + 4.166_579_6e-2;
    p = p * r + 0.166_666_66;
    p = p * r + 0.5;
    let e = (p * r) * r + r + 1.0;
    e * f32::from_bits(((n as i32 + 127) as u32) << 23)
}

/// 1 / (1 + e^-x).
#[inline(always)]
pub(crate) fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + exp(-x))
}

/// The hyperbolic tangent.
#[inline(always)]
pub(crate) fn tanh(x: f32) -> f32 {
    2.0 * sigmoid(2.0 * x) - 1.0
}

/// The cosine of pi times `t`, for `t` in 0..=1, within 1e-7.
pub(crate) fn cos_pi(t: f64) -> f64 {
    // cos(pi t) = -sin(pi (t - 1/2)); the series of the sine to the 13th power on -pi/2..=pi/2.
    let x = std::f64::consts::PI * (t - 0.5);
    let square = x * x;
    let mut term = x;
    let mut sum = x;
    for n in [6.0, 20.0, 42.0, 72.0, 110.0, 156.0] {
        term = -term * square / n;
        sum += term;
    }
    -sum
}

/// The natural logarithm of a positive number, within 1e-12 of its size.
pub(crate) fn ln(x: f64) -> f64 {
    // x = m 2^e with m in 1/sqrt 2 .. sqrt 2; ln m = 2 artanh((m - 1) / (m + 1)).
    let bits = x.to_bits();
    let mut e = ((bits >> 52) as i64 - 1023) as f64;
    let mut m = f64::from_bits((bits & 0x000F_FFFF_FFFF_FFFF) | 0x3FF0_0000_0000_0000);
    if m > std::f64::consts::SQRT_2 {
        m *= 0.5;
        e += 1.0;
    }
    let s = (m - 1.0) / (m + 1.0);
    let square = s * s;
    let mut sum = 0.0;
    for n in (0..12).rev() {
        sum = sum * square + 1.0 / f64::from(2 * n + 1);
    }
    2.0 * s * sum + e * std::f64::consts::LN_2
}

/// The largest of numbers; negative infinity of none.
#[inline(always)]
pub(crate) fn largest(x: &[f32]) -> f32 {
    let (chunks, rest) = x.as_chunks::<LANES>();
    let mut best = [f32::NEG_INFINITY; LANES];
    for chunk in chunks {
        for lane in 0..LANES {
            best[lane] = if chunk[lane] > best[lane] { chunk[lane] } else { best[lane] };
        }
    }
    best.iter().chain(rest).fold(f32::NEG_INFINITY, |a, &b| if b > a { b } else { a })
}

/// The sum of numbers in [`LANES`] chains, the rest behind.
#[inline(always)]
pub(crate) fn sum(x: &[f32]) -> f32 {
    let (chunks, rest) = x.as_chunks::<LANES>();
    let mut sums = [0.0f32; LANES];
    for chunk in chunks {
        for lane in 0..LANES {
            sums[lane] += chunk[lane];
        }
    }
    sums.iter().chain(rest).fold(0.0, |a, &b| a + b)
}

/// The sum of squares in double precision, in [`LANES`] chains.
#[inline(always)]
pub(crate) fn sum_of_squares(x: &[f32]) -> f64 {
    let (chunks, rest) = x.as_chunks::<LANES>();
    let mut sums = [0.0f64; LANES];
    for chunk in chunks {
        for lane in 0..LANES {
            sums[lane] += f64::from(chunk[lane]) * f64::from(chunk[lane]);
        }
    }
    sums.iter().sum::<f64>() + rest.iter().map(|&x| f64::from(x) * f64::from(x)).sum::<f64>()
}

/// Turns logits into probabilities in place; the answer is the logarithm of the sum of exponents, for
/// reporting: log p = logit - answer.
pub(crate) fn softmax(x: &mut [f32]) -> f64 {
    let top = wide(
        #[inline(always)]
        || largest(x),
    );
    let total = wide(
        #[inline(always)]
        || {
            for x in x.iter_mut() {
                *x = exp(*x - top);
            }
            let total = sum(x);
            let scale = 1.0 / total;
            for x in x.iter_mut() {
                *x *= scale;
            }
            total
        },
    );
    f64::from(top) + f64::from(total).ln()
}

/// Numbers drawn by place instead of in turn, so that threads and order do not matter.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Draws(u64);

impl Draws {
    /// The draws of `stream` under `seed`.
    pub(crate) fn new(seed: u64, stream: u64) -> Self {
        Self(mix(mix(seed ^ 0x9E37_79B9_7F4A_7C15) ^ stream.wrapping_mul(0xD1B5_4A32_D192_ED03)))
    }

    /// A stream below this one.
    pub(crate) fn sub(self, stream: u64) -> Self {
        Self::new(self.0, stream)
    }

    /// 64 bits at a place.
    #[inline(always)]
    pub(crate) fn bits(self, at: u64) -> u64 {
        mix(self.0.wrapping_add(at.wrapping_mul(0x9E37_79B9_7F4A_7C15)))
    }

    /// A number in 0..1 at a place, of 24 bits.
    #[inline(always)]
    pub(crate) fn unit(self, at: u64) -> f32 {
        (self.bits(at) >> 40) as f32 * (1.0 / 16_777_216.0)
    }

    /// About normal, mean 0 and deviation 1: twelve units, less six.
    pub(crate) fn normal(self, at: u64) -> f32 {
        (0..12).map(|n| self.unit(at * 12 + n)).sum::<f32>() - 6.0
    }

    /// A whole number below `bound`; 0 when the bound is 0.
    pub(crate) fn below(self, at: u64, bound: usize) -> usize {
        ((u128::from(self.bits(at)) * bound as u128) >> 64) as usize
    }
}

/// The finaliser of SplitMix64.
#[inline(always)]
fn mix(x: u64) -> u64 {
    let x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    x ^ (x >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_are_close_to_the_true_ones() {
        for n in -8700..8800 {
            let x = n as f32 * 0.01;
            let (ours, true_value) = (f64::from(exp(x)), f64::from(x).exp());
            assert!((ours - true_value).abs() <= true_value * 2.5e-7, "exp({x})");
            assert!((f64::from(tanh(x)) - f64::from(x).tanh()).abs() < 3e-7, "tanh({x})");
        }
        for x in [1e-30, 0.1, 0.5, 0.7, 1.0, 1.41, 1.42, 2.0, 3.0, 12345.678, 1e30] {
            assert!((ln(x) - f64::ln(x)).abs() < 1e-11, "ln({x})");
        }
        for n in 0..=1000 {
            let t = f64::from(n) / 1000.0;
            assert!((cos_pi(t) - (std::f64::consts::PI * t).cos()).abs() < 1e-7);
        }
    }

    #[test]
    fn softmax_sums_to_one_and_knows_its_logarithm() {
        let logits: Vec<f32> = (0..5612).map(|n| ((n * 37) % 101) as f32 * 0.1 - 3.0).collect();
        let mut p = logits.clone();
        let log = softmax(&mut p);
        assert!((p.iter().map(|&x| f64::from(x)).sum::<f64>() - 1.0).abs() < 1e-5);
        assert!((f64::from(p[7]).ln() - (f64::from(logits[7]) - log)).abs() < 1e-5);
        let expected = logits.iter().map(|&x| f64::from(x).exp()).sum::<f64>().ln();
        assert!((log - expected).abs() < 1e-5);
    }

    #[test]
    fn draws_are_even_and_normal() {
        let draws = Draws::new(1, 2);
        let mean = (0..10_000).map(|n| f64::from(draws.unit(n))).sum::<f64>() / 1e4;
        let normal: Vec<f64> = (0..10_000).map(|n| f64::from(draws.normal(n))).collect();
        let square = normal.iter().map(|x| x * x).sum::<f64>() / 1e4;
        assert!((mean - 0.5).abs() < 0.01 && (square - 1.0).abs() < 0.05);
        assert!((0..1000).all(|n| draws.below(n, 7) < 7));
        assert_eq!(draws.below(0, 0), 0);
    }
}
