//! Token vectors distilled from a sentence encoder (teacher/token_vectors.py).

use hscode_core::{Error, ErrorKind};

use crate::nets::Draws;

const MAGIC: &[u8; 8] = b"HSVECT01";
/// Most rows and most columns of a file.
const MAX_SIZE: usize = 1 << 20;
/// Reflections that make up the rotation.
const REFLECTIONS: u64 = 16;

/// Token vectors: one row a piece of the vocabulary, columns by falling variance.
#[derive(Debug, Clone, PartialEq)]
pub struct TokenVectors {
    rows: usize,
    dim: usize,
    numbers: Vec<f32>,
}

impl TokenVectors {
    /// Reads "HSVECT01", u32 rows, u32 columns, a f32 scale a column, i8 rows; little endian.
    ///
    /// # Errors
    /// `Package` when the bytes are of another form.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        let bad = |what: String| Error::new(ErrorKind::Package, format!("token vectors: {what}"));
        let rest = bytes.strip_prefix(MAGIC).ok_or_else(|| bad("expected HSVECT01 at the start".into()))?;
        let (sizes, rest) =
            rest.split_first_chunk::<8>().ok_or_else(|| bad("expected sizes, seen the end".into()))?;
        let [a, b, c, d, e, f, g, h] = *sizes;
        let (rows, dim) =
            (u32::from_le_bytes([a, b, c, d]) as usize, u32::from_le_bytes([e, f, g, h]) as usize);
        if rows > MAX_SIZE || dim == 0 || dim > MAX_SIZE || rest.len() != dim * 4 + rows * dim {
            return Err(bad(format!(
                "expected {rows} x {dim} numbers and their scales, seen {} bytes",
                rest.len()
            )));
        }
        let (scales, numbers) = rest.split_at(dim * 4);
        let (scales, _) = scales.as_chunks::<4>();
        let scales: Vec<f32> = scales.iter().map(|b| f32::from_le_bytes(*b)).collect();
        if scales.iter().any(|s| !s.is_finite()) {
            return Err(bad("expected finite scales".into()));
        }
        let numbers = numbers
            .iter()
            .enumerate()
            .map(|(at, &n)| f32::from(n.cast_signed()) * scales[at % dim])
            .collect();
        Ok(Self { rows, dim, numbers })
    }

    /// The number of rows.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// The first `rows` rows and `dim` columns, turned by a rotation that is drawn from `seed`, with root mean
    /// square `size`.
    ///
    /// The columns of the file fall in variance; turned, all have about the same, so that one scale of integers
    /// fits all. Distances stay as they are.
    ///
    /// # Errors
    /// `InvalidInput` when the file has fewer rows or columns.
    pub fn turned(&self, rows: usize, dim: usize, size: f32, seed: u64) -> Result<Vec<f32>, Error> {
        if rows > self.rows || dim > self.dim {
            return Err(Error::new(
                ErrorKind::InvalidInput,
                format!("token vectors: expected {rows} x {dim} or more, seen {} x {}", self.rows, self.dim),
            ));
        }
        let mut out: Vec<f32> =
            self.numbers.chunks_exact(self.dim).take(rows).flat_map(|row| &row[..dim]).copied().collect();
        for n in 0..REFLECTIONS {
            let draws = Draws::new(seed, 7000 + n);
            let mut axis: Vec<f32> = (0..dim as u64).map(|at| draws.normal(at)).collect();
            let length = axis.iter().map(|x| x * x).sum::<f32>().sqrt();
            axis.iter_mut().for_each(|x| *x /= length);
            for row in out.chunks_exact_mut(dim) {
                let along: f32 = 2.0 * row.iter().zip(&axis).map(|(x, a)| x * a).sum::<f32>();
                row.iter_mut().zip(&axis).for_each(|(x, a)| *x -= along * a);
            }
        }
        let square = out.iter().map(|&x| f64::from(x) * f64::from(x)).sum::<f64>() / out.len().max(1) as f64;
        let factor = if square > 0.0 { size / square.sqrt() as f32 } else { 0.0 };
        out.iter_mut().for_each(|x| *x *= factor);
        Ok(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(rows: u32, dim: u32, numbers: &[i8]) -> Vec<u8> {
        let mut bytes = MAGIC.to_vec();
        bytes.extend(rows.to_le_bytes());
        bytes.extend(dim.to_le_bytes());
        for column in 0..dim {
            bytes.extend((1.0 / (1 + column) as f32).to_le_bytes());
        }
        bytes.extend(numbers.iter().map(|n| n.cast_unsigned()));
        bytes
    }

    #[test]
    fn turning_keeps_angles_and_evens_columns() {
        let numbers: Vec<i8> =
            (0..400 * 16).map(|n: i32| ((n * 7919 + n / 16 * 31) % 255 - 127) as i8).collect();
        let vectors = TokenVectors::from_bytes(&file(400, 16, &numbers)).unwrap();
        let turned = vectors.turned(400, 16, 0.5, 1).unwrap();
        let cosine = |m: &[f32], a: usize, b: usize| {
            let (x, y) = (&m[a * 16..][..16], &m[b * 16..][..16]);
            let dot = |p: &[f32], q: &[f32]| p.iter().zip(q).map(|(a, b)| a * b).sum::<f32>();
            dot(x, y) / (dot(x, x) * dot(y, y)).sqrt()
        };
        for n in 0..50 {
            assert!((cosine(&vectors.numbers, n, n + 100) - cosine(&turned, n, n + 100)).abs() < 1e-4);
        }
        let variance = |m: &[f32], c: usize| (0..400).map(|r| m[r * 16 + c].powi(2)).sum::<f32>() / 400.0;
        // The share of the largest column of all.
        let largest = |m: &[f32]| {
            let all: Vec<f32> = (0..16).map(|c| variance(m, c)).collect();
            all.iter().fold(0.0f32, |a, &b| a.max(b)) / all.iter().sum::<f32>()
        };
        assert!(largest(&vectors.numbers) > 0.6 && largest(&turned) < 0.4, "{}", largest(&turned));
        assert!(vectors.turned(401, 16, 0.5, 1).is_err());
    }

    #[test]
    fn damaged_files_are_errors() {
        let good = file(3, 2, &[1, 2, 3, 4, 5, 6]);
        assert_eq!(TokenVectors::from_bytes(&good).unwrap().numbers, [1.0, 1.0, 3.0, 2.0, 5.0, 3.0]);
        for cut in 0..good.len() {
            assert!(TokenVectors::from_bytes(&good[..cut]).is_err(), "{cut}");
        }
        let mut huge = good;
        huge[8..16].fill(0xFE);
        assert!(TokenVectors::from_bytes(&huge).is_err());
    }
}
