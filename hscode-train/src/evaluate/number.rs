//! Numbers as reports carry them: rounded once, so that text, JSON and drawings show the same figure.

/// Rounds to six decimals: rates, scores and their intervals.
pub(crate) fn round6(value: f64) -> f64 {
    (value * 1e6).round() / 1e6
}

/// Rounds to four significant digits: small probabilities keep their size.
pub(crate) fn significant4(value: f64) -> f64 {
    if value == 0.0 || !value.is_finite() {
        return value;
    }
    let digits = 3 - value.abs().log10().floor() as i32;
    if digits > 300 {
        return value;
    }
    let scale = 10_f64.powi(digits);
    (value * scale).round() / scale
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounds_large_and_tiny_values() {
        assert_eq!(round6(0.123_456_789), 0.123_457);
        assert_eq!(significant4(0.000_012_345_6), 0.000_012_35);
        assert_eq!(significant4(12_345.6), 12_350.0);
        assert_eq!(significant4(0.0), 0.0);
        assert!(significant4(1.234_56e-290) > 0.0);
    }
}
