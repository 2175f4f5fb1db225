//! Exponential and logarithm by plain arithmetic: the same bits on every machine.

/// e to the power of `x`, for `x` of at most 0; below -87 it is 0. Relative error below 3e-7.
#[inline(always)]
pub(super) fn exp(x: f32) -> f32 {
    let clamped = if x < -87.0 { -87.0 } else { x };
    // x = n ln 2 + r with |r| <= ln 2 / 2, ln 2 in two parts; the constant rounds to the nearest integer.
    let n = (clamped * std::f32::consts::LOG2_E + 12_582_912.0) - 12_582_912.0;
    let r = (clamped - n * 0.693_359_4) - n * -2.121_944_4e-4;
    // The series of Taylor to the seventh power, from its end.
    let mut sum = 1.0 / 5040.0;
    for term in [1.0 / 720.0, 1.0 / 120.0, 1.0 / 24.0, 1.0 / 6.0, 0.5, 1.0, 1.0] {
        sum = sum * r + term;
    }
    let power = f32::from_bits(((n as i32 + 127) as u32) << 23);
    if x < -87.0 { 0.0 } else { sum * power }
}

/// Turns logits into probabilities at a temperature, in place: the same order of operations whatever the machine.
pub(super) fn softmax(logits: &mut [f32], sharpness: f32) {
    let top = logits.iter().fold(f32::NEG_INFINITY, |a, &b| if b > a { b } else { a });
    for logit in logits.iter_mut() {
        *logit = exp((*logit - top) * sharpness);
    }
    let scale = 1.0 / sum(logits);
    logits.iter_mut().for_each(|p| *p *= scale);
}

/// Turns logits into logarithms of probabilities, in place.
pub(super) fn log_softmax(logits: &mut [f32]) {
    let top = logits.iter().fold(f32::NEG_INFINITY, |a, &b| if b > a { b } else { a });
    let mut total = 0.0_f64;
    for logit in logits.iter_mut() {
        *logit -= top;
        total += f64::from(exp(*logit));
    }
    let total = crate::math::ln(total.max(1.0)) as f32;
    logits.iter_mut().for_each(|x| *x -= total);
}

/// The sum in 16 interleaved chains, the rest behind.
fn sum(x: &[f32]) -> f32 {
    let (chunks, rest) = x.as_chunks::<16>();
    let mut sums = [0.0_f32; 16];
    for chunk in chunks {
        sums.iter_mut().zip(chunk).for_each(|(sum, x)| *sum += x);
    }
    sums.iter().chain(rest).fold(0.0, |a, &b| a + b)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exponential_is_close_to_the_true_one() {
        for n in 0..87_000 {
            let x = -(n as f32) * 0.001;
            let truth = f64::from(x).exp();
            assert!((f64::from(exp(x)) - truth).abs() <= truth * 3e-7, "exp({x}) = {}", exp(x));
        }
        assert_eq!(exp(0.0), 1.0);
        assert_eq!(exp(-88.0), 0.0);
        assert_eq!(exp(f32::NEG_INFINITY), 0.0);
    }

    #[test]
    fn probabilities_sum_to_one_and_logarithms_agree() {
        let logits: Vec<f32> = (0..5612).map(|n| ((n * 37) % 101) as f32 * 0.1 - 3.0).collect();
        let (mut p, mut log) = (logits.clone(), logits.clone());
        softmax(&mut p, 1.0);
        log_softmax(&mut log);
        assert!((p.iter().map(|&x| f64::from(x)).sum::<f64>() - 1.0).abs() < 1e-5);
        assert!(p.iter().zip(&log).all(|(p, log)| (p.ln() - log).abs() < 1e-4));
        let mut sharper = logits;
        softmax(&mut sharper, 2.0);
        // (n * 37) % 101 is largest at 30.
        assert!(p[30] > p[31] && sharper[30] > p[30] && sharper[31] < p[31]);
    }
}
