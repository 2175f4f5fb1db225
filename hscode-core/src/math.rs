//! Logarithm and exponential by plain arithmetic: the same bits on every machine, whatever its math library.

use std::f64::consts::{LN_2, SQRT_2};

/// The natural logarithm of a positive normal number; relative error below 1e-14.
pub(crate) fn ln(x: f64) -> f64 {
    let bits = x.to_bits();
    let mut exponent = ((bits >> 52) & 0x7ff) as i64 - 1023;
    let mut mantissa = f64::from_bits(bits & 0x000f_ffff_ffff_ffff | 0x3ff0_0000_0000_0000);
    if mantissa > SQRT_2 {
        mantissa *= 0.5;
        exponent += 1;
    }
    // ln m = 2 artanh((m - 1) / (m + 1)), here with |s| < 0.172.
    let s = (mantissa - 1.0) / (mantissa + 1.0);
    let z = s * s;
    let mut sum = 0.0;
    for k in (0..11).rev() {
        sum = sum * z + 1.0 / f64::from(2 * k + 1);
    }
    2.0 * s * sum + exponent as f64 * LN_2
}

/// The exponential of a number up to 700; below -700 it is 0. Relative error below 1e-14.
pub(crate) fn exp(x: f64) -> f64 {
    if x < -700.0 {
        return 0.0;
    }
    let k = (x / LN_2 + 0.5).floor();
    let r = x - k * LN_2;
    let mut sum = 0.0;
    for term in TAYLOR {
        sum = sum * r + term;
    }
    sum * f64::from_bits(((k as i64 + 1023) as u64) << 52)
}

/// Turns logarithms into parts of 1, in place.
#[cfg(feature = "text-cnn")]
pub(crate) fn softmax(logarithms: &mut [f64]) {
    let most = logarithms.iter().copied().fold(f64::MIN, f64::max);
    logarithms.iter_mut().for_each(|x| *x = exp(*x - most));
    let all: f64 = logarithms.iter().sum();
    logarithms.iter_mut().for_each(|x| *x /= all);
}

/// 1 / n! for n from 13 down to 0. Factorials up to 13! are exact.
const TAYLOR: [f64; 14] = {
    let mut terms = [1.0; 14];
    let (mut factorial, mut n) = (1.0, 1);
    while n < 14 {
        factorial *= n as f64;
        terms[13 - n] = 1.0 / factorial;
        n += 1;
    }
    terms
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_the_standard_library() {
        let mut x = 1e-200_f64;
        while x < 1e200 {
            assert!((ln(x) - x.ln()).abs() <= 1e-13 * x.ln().abs().max(1.0), "{x}");
            x *= 1.37;
        }
        let mut x = -690.0;
        while x < 600.0 {
            assert!((exp(x) / x.exp() - 1.0).abs() < 1e-12, "{x}");
            x += 0.731;
        }
        assert_eq!(exp(-1e9), 0.0);
        assert_eq!(ln(1.0).to_bits(), 0);
    }
}
