//! The loops of the network, for each instruction set.
//!
//! The portable form defines every result. The others compute the same integers, and the same single operations
//! of IEEE 754 on each float, so that an answer has the same bits on every machine; tests compare them. This is
//! the one file of the crate with unsafe code: to enter functions of an instruction set that the machine was
//! seen to have, and to load and store whole vectors.

#![allow(unsafe_code, reason = "see above")]

use std::sync::atomic::{AtomicU8, Ordering};

/// 64 bytes of weights or activations, aligned for the widest loads.
#[derive(Debug, Clone, Copy)]
#[repr(C, align(64))]
pub(super) struct Line(pub(super) [i8; 64]);

impl Line {
    pub(super) const SIZE: usize = 64;
    pub(super) const ZERO: Self = Self([0; Self::SIZE]);
}

/// Lines as one slice of numbers.
pub(super) fn flat(lines: &mut [Line]) -> &mut [i8] {
    let length = lines.len() * Line::SIZE;
    // SAFETY: a line is 64 numbers and nothing else (repr(C), its size is its alignment), lines of a slice lie
    // one behind another, any byte is an i8, and the borrow of the lines goes on in that of the numbers.
    unsafe { std::slice::from_raw_parts_mut(lines.as_mut_ptr().cast::<i8>(), length) }
}

/// Which instructions the loops of a network use; the answers are the same bits whichever they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
#[repr(u8)]
pub enum SimdLevel {
    /// Those that every machine of the target has: SSE2 on x86-64, NEON on AArch64.
    Portable = 0,
    /// AVX2.
    Avx2 = 1,
    /// AVX-512 F, BW, VL and VNNI.
    Avx512 = 2,
}

static LIMIT: AtomicU8 = AtomicU8::new(u8::MAX);

impl SimdLevel {
    /// All levels, from the least.
    pub const ALL: [Self; 3] = [Self::Portable, Self::Avx2, Self::Avx512];

    /// The highest level that this machine has.
    pub fn detected() -> Self {
        #[cfg(target_arch = "x86_64")]
        {
            use std::arch::is_x86_feature_detected as has;
            if has!("avx512f") && has!("avx512bw") && has!("avx512vl") && has!("avx512vnni") && has!("avx2") {
                return Self::Avx512;
            }
            if has!("avx2") {
                return Self::Avx2;
            }
        }
        Self::Portable
    }

    /// Models that this process opens from now on use at most this level. It changes no answer: it is here so
    /// that tests can show that.
    pub fn limit(self) {
        LIMIT.store(self as u8, Ordering::Relaxed);
    }
}

/// A level that this machine was seen to have.
#[derive(Debug, Clone, Copy)]
pub(super) struct Simd(SimdLevel);

impl Simd {
    /// The highest level of this machine under the limit.
    pub(super) fn new() -> Self {
        let limit = LIMIT.load(Ordering::Relaxed);
        let under = SimdLevel::ALL.into_iter().rev().find(|&level| level as u8 <= limit);
        Self(under.unwrap_or(SimdLevel::Portable).min(SimdLevel::detected()))
    }

    pub(super) fn level(self) -> SimdLevel {
        self.0
    }
}

/// Calls the form of a function that a [`Simd`] stands for.
macro_rules! at_level {
    ($simd:expr, $name:ident, $($argument:expr),*) => {
        match $simd.0 {
            // SAFETY: the level is made by `Simd::new` alone, which has seen that the machine has it.
            #[cfg(target_arch = "x86_64")]
            SimdLevel::Avx512 => unsafe { avx512::$name($($argument),*) },
            // SAFETY: as above.
            #[cfg(target_arch = "x86_64")]
            SimdLevel::Avx2 => unsafe { avx2::$name($($argument),*) },
            _ => portable::$name($($argument),*),
        }
    };
}

/// Adding and taking away this rounds a small number to the nearest integer, ties to even.
const NEAREST: f32 = 12_582_912.0;

/// What is added to the integers of a table where bytes without sign are needed: 8 or 128.
pub(super) fn offset(most: u8) -> u8 {
    if most > 7 { 128 } else { 8 }
}

/// The integers of a packed row, plus [`offset`]; see [`Table::packed`](super::Table::packed).
#[inline(always)]
pub(super) fn unpack_raised(packed: &[u8], most: u8, out: &mut [u8]) {
    if most > 7 {
        out.iter_mut().zip(packed).for_each(|(out, &byte)| *out = byte ^ 0x80);
        return;
    }
    let (lower, upper) = out.split_at_mut(packed.len());
    lower.iter_mut().zip(packed).for_each(|(out, &byte)| *out = byte & 15);
    upper.iter_mut().zip(packed).for_each(|(out, &byte)| *out = byte >> 4);
}

/// The integers of a packed row.
pub(super) fn unpack(packed: &[u8], most: u8, out: &mut [i8]) {
    if most > 7 {
        out.iter_mut().zip(packed).for_each(|(out, &byte)| *out = byte as i8);
        return;
    }
    let (lower, upper) = out.split_at_mut(packed.len());
    lower.iter_mut().zip(packed).for_each(|(out, &byte)| *out = (byte & 15) as i8 - 8);
    upper.iter_mut().zip(packed).for_each(|(out, &byte)| *out = (byte >> 4) as i8 - 8);
}

/// Asks for bytes, not many, that will be read soon.
#[inline(always)]
pub(super) fn expect(bytes: &[u8]) {
    #[cfg(target_arch = "x86_64")]
    if let (Some(first), Some(last)) = (bytes.first(), bytes.last()) {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        // SAFETY: both places are in the slice, and a prefetch reads nothing into the program.
        unsafe {
            _mm_prefetch::<_MM_HINT_T0>(std::ptr::from_ref(first).cast());
            _mm_prefetch::<_MM_HINT_T0>(std::ptr::from_ref(last).cast());
        }
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = bytes;
}

/// Adds a packed row times its multiple to sums.
pub(super) fn add_row(simd: Simd, packed: &[u8], most: u8, multiple: u8, sums: &mut [i32]) {
    at_level!(simd, add_row, packed, most, multiple, sums);
}

/// For each row of weights, as many lines as there are inputs: its sum of products with the inputs.
pub(super) fn dense(simd: Simd, weights: &[Line], inputs: &[Line], out: &mut [i32]) {
    at_level!(simd, dense, weights, inputs, out);
}

/// Weights of filters for tokens, 16 filters a block.
#[derive(Debug)]
pub(super) struct Blocks {
    /// A line holds four weights of each of 16 filters; `quads` lines a block.
    pub(super) lines: Vec<Line>,
    pub(super) quads: usize,
    /// For each filter what the offset of its token's numbers adds.
    pub(super) raised: Vec<i32>,
    /// Numbers of tokens are below 16.
    pub(super) small: bool,
}

/// The products of tokens with filters. `tokens`: four times `quads` raised numbers each. `out`: a row of sums, one
/// a filter, a token; times the token's multiple.
pub(super) fn products(simd: Simd, blocks: &Blocks, tokens: &[u8], multiples: &[i32], out: &mut [i32]) {
    at_level!(simd, products, blocks, tokens, multiples, out);
}

/// A width's place among the products of a token: where they start, how many filters, how many tokens.
pub(super) type Place = (usize, usize, usize);

/// The largest sum of each filter over the windows of a text. `products`: a row of `units` a token.
pub(super) fn pool(simd: Simd, products: &[i32], units: usize, place: Place, best: &mut [i32]) {
    at_level!(simd, pool, products, units, place, best);
}

/// Sums as activations: times their scales, plus biases, cut below at 0, as multiples of `step` up to 127.
pub(super) fn activate(simd: Simd, sums: &[i32], scales: &[f32], bias: &[f32], step: f32, out: &mut [i8]) {
    at_level!(simd, activate, sums, scales, bias, step, out);
}

/// Sums times one scale, as multiples of `step` from -127 to 127.
pub(super) fn quantise(simd: Simd, sums: &[i32], scale: f32, step: f32, out: &mut [i8]) {
    at_level!(simd, quantise, sums, scale, step, out);
}

/// Sums times their scales, plus biases.
pub(super) fn affine(simd: Simd, sums: &[i32], scales: &[f32], bias: &[f32], out: &mut [f32]) {
    at_level!(simd, affine, sums, scales, bias, out);
}

/// How many keys are larger than one.
pub(super) fn count_above(simd: Simd, keys: &[i32], key: i32) -> usize {
    let mut count = 0;
    at_level!(simd, count_above, keys, key, &mut count);
    count as usize
}

/// Adds weights times a factor to sums, each a product and then a sum.
pub(super) fn add_scaled(simd: Simd, weights: &[Line], factor: f32, sums: &mut [f32]) {
    at_level!(simd, add_scaled, weights, factor, sums);
}

/// The definition. Compilers make vectors of some of these loops by themselves, with the instructions of the
/// function that they are put into.
mod portable {
    use super::{Blocks, Line, NEAREST, Place};

    #[inline(always)]
    pub(super) fn add_row(packed: &[u8], most: u8, multiple: u8, sums: &mut [i32]) {
        // At most 255 x 127: 16 bits hold it.
        let multiple = i16::from(multiple);
        if most > 7 {
            let add = |(sum, &byte): (&mut i32, &u8)| *sum += i32::from(multiple * i16::from(byte as i8));
            sums.iter_mut().zip(packed).for_each(add);
            return;
        }
        let (lower, upper) = sums.split_at_mut(packed.len());
        let (lower, upper) = (lower.iter_mut().zip(packed), upper.iter_mut().zip(packed));
        lower.for_each(|(sum, &byte)| *sum += i32::from(multiple * (i16::from(byte & 15) - 8)));
        upper.for_each(|(sum, &byte)| *sum += i32::from(multiple * (i16::from(byte >> 4) - 8)));
    }

    #[inline(always)]
    pub(super) fn dense(weights: &[Line], inputs: &[Line], out: &mut [i32]) {
        for (out, row) in out.iter_mut().zip(weights.chunks_exact(inputs.len().max(1))) {
            let mut sum = 0;
            for (weights, inputs) in row.iter().zip(inputs) {
                for at in 0..Line::SIZE {
                    sum += i32::from(weights.0[at]) * i32::from(inputs.0[at]);
                }
            }
            *out = sum;
        }
    }

    #[inline(always)]
    pub(super) fn products(blocks: &Blocks, tokens: &[u8], multiples: &[i32], out: &mut [i32]) {
        let rows = tokens.chunks_exact(blocks.quads * 4).zip(multiples);
        for ((token, &multiple), out) in rows.zip(out.chunks_exact_mut(blocks.raised.len())) {
            let (token, _) = token.as_chunks::<4>();
            let lines = blocks.lines.chunks_exact(blocks.quads).zip(blocks.raised.chunks_exact(16));
            for ((block, raised), out) in lines.zip(out.chunks_exact_mut(16)) {
                let mut sums = [0_i32; 16];
                for (line, numbers) in block.iter().zip(token) {
                    for (filter, sum) in sums.iter_mut().enumerate() {
                        for (at, &number) in numbers.iter().enumerate() {
                            *sum += i32::from(line.0[filter * 4 + at]) * i32::from(number);
                        }
                    }
                }
                let sums = sums.iter().zip(raised);
                out.iter_mut().zip(sums).for_each(|(out, (sum, raised))| *out = (sum - raised) * multiple);
            }
        }
    }

    #[inline(always)]
    pub(super) fn pool(products: &[i32], units: usize, (first, filters, width): Place, best: &mut [i32]) {
        let tokens = products.len() / units;
        for (block, best) in best.chunks_exact_mut(16).enumerate() {
            let mut most = [i32::MIN; 16];
            for start in 0..tokens {
                let mut sums = [0_i32; 16];
                for at in 0..width.min(tokens - start) {
                    let row = &products[(start + at) * units + first + at * filters + block * 16..][..16];
                    sums.iter_mut().zip(row).for_each(|(sum, &product)| *sum += product);
                }
                most.iter_mut().zip(sums).for_each(|(most, sum)| *most = (*most).max(sum));
            }
            best.copy_from_slice(&most);
        }
    }

    #[inline(always)]
    pub(super) fn activate(sums: &[i32], scales: &[f32], bias: &[f32], step: f32, out: &mut [i8]) {
        for (((out, &sum), &scale), &bias) in out.iter_mut().zip(sums).zip(scales).zip(bias) {
            let value = sum as f32 * scale + bias;
            *out = rounded(if value > 0.0 { value } else { 0.0 }, step);
        }
    }

    #[inline(always)]
    pub(super) fn quantise(sums: &[i32], scale: f32, step: f32, out: &mut [i8]) {
        out.iter_mut().zip(sums).for_each(|(out, &sum)| *out = rounded(sum as f32 * scale, step));
    }

    /// The nearest integer of `value / step` in -127..=127, ties to even: in the last bits of the shifted number.
    #[inline(always)]
    fn rounded(value: f32, step: f32) -> i8 {
        let value = value / step;
        let value = if value > 127.0 { 127.0 } else { value };
        let value = if value < -127.0 { -127.0 } else { value };
        ((value + NEAREST).to_bits() as i32).wrapping_sub(NEAREST.to_bits() as i32) as i8
    }

    #[inline(always)]
    pub(super) fn affine(sums: &[i32], scales: &[f32], bias: &[f32], out: &mut [f32]) {
        for (((out, &sum), &scale), &bias) in out.iter_mut().zip(sums).zip(scales).zip(bias) {
            *out = sum as f32 * scale + bias;
        }
    }

    #[inline(always)]
    pub(super) fn count_above(keys: &[i32], key: i32, count: &mut i32) {
        *count = keys.iter().map(|&other| i32::from(other > key)).sum();
    }

    #[inline(always)]
    pub(super) fn add_scaled(weights: &[Line], factor: f32, sums: &mut [f32]) {
        for (line, sums) in weights.iter().zip(sums.chunks_exact_mut(Line::SIZE)) {
            sums.iter_mut().zip(line.0).for_each(|(sum, weight)| *sum += f32::from(weight) * factor);
        }
    }
}

/// The portable loops of these names, with the vectors of an instruction set.
#[cfg(target_arch = "x86_64")]
macro_rules! as_portable {
    ($features:literal: $($name:ident($($argument:ident: $kind:ty),*);)*) => {
        $(
            #[target_feature(enable = $features)]
            pub(super) fn $name($($argument: $kind),*) {
                super::portable::$name($($argument),*);
            }
        )*
    };
}

#[cfg(target_arch = "x86_64")]
mod avx2 {
    use std::arch::x86_64::*;

    use super::{Blocks, Line, Place};

    as_portable! { "avx2":
        add_row(packed: &[u8], most: u8, multiple: u8, sums: &mut [i32]);
        pool(products: &[i32], units: usize, place: Place, best: &mut [i32]);
        activate(sums: &[i32], scales: &[f32], bias: &[f32], step: f32, out: &mut [i8]);
        quantise(sums: &[i32], scale: f32, step: f32, out: &mut [i8]);
        affine(sums: &[i32], scales: &[f32], bias: &[f32], out: &mut [f32]);
        add_scaled(weights: &[Line], factor: f32, sums: &mut [f32]);
        count_above(keys: &[i32], key: i32, count: &mut i32);
    }

    #[target_feature(enable = "avx2")]
    fn products_of_bytes(blocks: &Blocks, tokens: &[u8], multiples: &[i32], out: &mut [i32]) {
        super::portable::products(blocks, tokens, multiples, out);
    }

    #[inline]
    #[target_feature(enable = "avx2")]
    fn half(line: &Line, half: usize) -> __m256i {
        debug_assert!(half < 2);
        // SAFETY: a line is 64 aligned bytes, its halves are 32 aligned ones each.
        unsafe { _mm256_load_si256(line.0.as_ptr().cast::<__m256i>().add(half & 1)) }
    }

    /// The sums of the lanes of four vectors.
    #[inline]
    #[target_feature(enable = "avx2")]
    fn lanes(sums: [__m256i; 4]) -> [i32; 4] {
        let [a, b, c, d] = sums;
        let pairs = _mm256_hadd_epi32(_mm256_hadd_epi32(a, b), _mm256_hadd_epi32(c, d));
        let all = _mm_add_epi32(_mm256_castsi256_si128(pairs), _mm256_extracti128_si256::<1>(pairs));
        [
            _mm_extract_epi32::<0>(all),
            _mm_extract_epi32::<1>(all),
            _mm_extract_epi32::<2>(all),
            _mm_extract_epi32::<3>(all),
        ]
    }

    #[target_feature(enable = "avx2")]
    pub(super) fn dense(weights: &[Line], inputs: &[Line], out: &mut [i32]) {
        let ones = _mm256_set1_epi16(1);
        let size = inputs.len().max(1);
        for (out, rows) in out.chunks_mut(4).zip(weights.chunks(size * 4)) {
            let mut sums = [_mm256_setzero_si256(); 4];
            for (at, inputs) in inputs.iter().enumerate() {
                for part in 0..2 {
                    let x = half(inputs, part);
                    let large = _mm256_abs_epi8(x);
                    for (row, sum) in sums.iter_mut().enumerate() {
                        let Some(line) = rows.get(row * size + at) else { break };
                        // Weights and inputs are at most 127, so that a pair of products is at most 32,258.
                        let products = _mm256_maddubs_epi16(large, _mm256_sign_epi8(half(line, part), x));
                        *sum = _mm256_add_epi32(*sum, _mm256_madd_epi16(products, ones));
                    }
                }
            }
            out.iter_mut().zip(lanes(sums)).for_each(|(out, sum)| *out = sum);
        }
    }

    #[target_feature(enable = "avx2")]
    pub(super) fn products(blocks: &Blocks, tokens: &[u8], multiples: &[i32], out: &mut [i32]) {
        // Of larger numbers pairs of products exceed 16 bits.
        if !blocks.small {
            return products_of_bytes(blocks, tokens, multiples, out);
        }
        const TOKENS: usize = 2;
        let (size, units) = (blocks.quads * 4, blocks.raised.len());
        let ones = _mm256_set1_epi16(1);
        let groups = tokens.chunks(size * TOKENS).zip(multiples.chunks(TOKENS));
        for ((tokens, multiples), out) in groups.zip(out.chunks_mut(units * TOKENS)) {
            let (first, _) = tokens[..size].as_chunks::<4>();
            let (second, _) = tokens[tokens.len() - size..].as_chunks::<4>();
            for (at, block) in blocks.lines.chunks_exact(blocks.quads).enumerate() {
                let mut sums = [_mm256_setzero_si256(); 4];
                // Eight pairs of at most 2 x 15 x 127 are at most 30,480.
                for ((lines, first), second) in block.chunks(8).zip(first.chunks(8)).zip(second.chunks(8)) {
                    let mut short = [_mm256_setzero_si256(); 4];
                    for ((line, &first), &second) in lines.iter().zip(first).zip(second) {
                        let first = _mm256_set1_epi32(i32::from_le_bytes(first));
                        let second = _mm256_set1_epi32(i32::from_le_bytes(second));
                        let (lower, upper) = (half(line, 0), half(line, 1));
                        short[0] = _mm256_add_epi16(short[0], _mm256_maddubs_epi16(first, lower));
                        short[1] = _mm256_add_epi16(short[1], _mm256_maddubs_epi16(first, upper));
                        short[2] = _mm256_add_epi16(short[2], _mm256_maddubs_epi16(second, lower));
                        short[3] = _mm256_add_epi16(short[3], _mm256_maddubs_epi16(second, upper));
                    }
                    for (sum, short) in sums.iter_mut().zip(short) {
                        *sum = _mm256_add_epi32(*sum, _mm256_madd_epi16(short, ones));
                    }
                }
                let raised = &blocks.raised[at * 16..][..16];
                let rows = out.chunks_exact_mut(units).zip(multiples);
                for (token, (out, &multiple)) in rows.enumerate() {
                    let mut lane = [0; 16];
                    // SAFETY: two stores of 32 bytes each into 64; any place is fine for them.
                    unsafe {
                        _mm256_storeu_si256(lane.as_mut_ptr().cast(), sums[token * 2]);
                        _mm256_storeu_si256(lane.as_mut_ptr().add(8).cast(), sums[token * 2 + 1]);
                    }
                    for ((out, sum), raised) in out[at * 16..][..16].iter_mut().zip(lane).zip(raised) {
                        *out = (sum - raised) * multiple;
                    }
                }
            }
        }
    }
}

#[cfg(target_arch = "x86_64")]
mod avx512 {
    use std::arch::x86_64::*;

    use super::{Blocks, Line, Place};

    as_portable! { "avx2,avx512f,avx512bw,avx512vl,avx512vnni":
        add_row(packed: &[u8], most: u8, multiple: u8, sums: &mut [i32]);
        pool(products: &[i32], units: usize, place: Place, best: &mut [i32]);
        activate(sums: &[i32], scales: &[f32], bias: &[f32], step: f32, out: &mut [i8]);
        quantise(sums: &[i32], scale: f32, step: f32, out: &mut [i8]);
        affine(sums: &[i32], scales: &[f32], bias: &[f32], out: &mut [f32]);
        add_scaled(weights: &[Line], factor: f32, sums: &mut [f32]);
        count_above(keys: &[i32], key: i32, count: &mut i32);
    }

    #[inline]
    #[target_feature(enable = "avx2,avx512f,avx512bw,avx512vl,avx512vnni")]
    fn whole(line: &Line) -> __m512i {
        // SAFETY: a line is 64 aligned bytes.
        unsafe { _mm512_load_si512(line.0.as_ptr().cast()) }
    }

    #[target_feature(enable = "avx2,avx512f,avx512bw,avx512vl,avx512vnni")]
    pub(super) fn dense(weights: &[Line], inputs: &[Line], out: &mut [i32]) {
        // Behind a layer that is cut below at 0 no input is negative.
        match inputs.iter().all(|line| _mm512_movepi8_mask(whole(line)) == 0) {
            true => rows::<false>(weights, inputs, out),
            false => rows::<true>(weights, inputs, out),
        }
    }

    #[inline]
    #[target_feature(enable = "avx2,avx512f,avx512bw,avx512vl,avx512vnni")]
    fn rows<const SIGNED: bool>(weights: &[Line], inputs: &[Line], out: &mut [i32]) {
        const ROWS: usize = 4;
        let zero = _mm512_setzero_si512();
        let size = inputs.len().max(1);
        let (groups, rest) = (weights.chunks_exact(size * ROWS), out.len() / ROWS * ROWS);
        let (out, out_rest) = out.split_at_mut(rest);
        let single = groups.remainder();
        let product = |sum: __m512i, line: &Line, large: __m512i, negative: __mmask64| {
            let weights = whole(line);
            let weights = match SIGNED {
                true => _mm512_mask_sub_epi8(weights, negative, zero, weights),
                false => weights,
            };
            _mm512_dpbusd_epi32(sum, large, weights)
        };
        for (out, rows) in out.chunks_exact_mut(ROWS).zip(groups) {
            let (a, rows) = rows.split_at(size);
            let (b, rows) = rows.split_at(size);
            let (c, d) = rows.split_at(size);
            let mut sums = [zero; ROWS];
            for ((((inputs, a), b), c), d) in inputs.iter().zip(a).zip(b).zip(c).zip(d) {
                let x = whole(inputs);
                let (large, negative) = (_mm512_abs_epi8(x), _mm512_movepi8_mask(x));
                for (sum, line) in sums.iter_mut().zip([a, b, c, d]) {
                    *sum = product(*sum, line, large, negative);
                }
            }
            // SAFETY: a store of 16 bytes into four numbers of 4; any place is fine for it.
            unsafe { _mm_storeu_si128(out.as_mut_ptr().cast(), lanes(sums)) };
        }
        for (out, row) in out_rest.iter_mut().zip(single.chunks_exact(size)) {
            let mut sum = zero;
            for (inputs, line) in inputs.iter().zip(row) {
                let x = whole(inputs);
                sum = product(sum, line, _mm512_abs_epi8(x), _mm512_movepi8_mask(x));
            }
            *out = _mm_cvtsi128_si32(lanes([sum, zero, zero, zero]));
        }
    }

    /// The sums of the lanes of four vectors.
    #[inline]
    #[target_feature(enable = "avx2,avx512f,avx512bw,avx512vl,avx512vnni")]
    fn lanes([a, b, c, d]: [__m512i; 4]) -> __m128i {
        let ab = _mm512_add_epi32(_mm512_unpacklo_epi32(a, b), _mm512_unpackhi_epi32(a, b));
        let cd = _mm512_add_epi32(_mm512_unpacklo_epi32(c, d), _mm512_unpackhi_epi32(c, d));
        let all = _mm512_add_epi32(_mm512_unpacklo_epi64(ab, cd), _mm512_unpackhi_epi64(ab, cd));
        let half = _mm256_add_epi32(_mm512_castsi512_si256(all), _mm512_extracti64x4_epi64::<1>(all));
        _mm_add_epi32(_mm256_castsi256_si128(half), _mm256_extracti128_si256::<1>(half))
    }

    #[target_feature(enable = "avx2,avx512f,avx512bw,avx512vl,avx512vnni")]
    pub(super) fn products(blocks: &Blocks, tokens: &[u8], multiples: &[i32], out: &mut [i32]) {
        // Four tokens at a time, then what is left: a token more costs as much as its share of the weights' loads.
        let (size, units) = (blocks.quads * 4, blocks.raised.len());
        let mut rest = (tokens, multiples, out);
        while !rest.1.is_empty() {
            let (tokens, multiples, out) = rest;
            let count = multiples.len().min(TOKENS);
            let (now, tokens) = tokens.split_at(size * count);
            let (times, multiples) = multiples.split_at(count);
            let (to, out) = out.split_at_mut(units * count);
            match count {
                1 => group::<1>(blocks, now, times, to),
                2 => group::<2>(blocks, now, times, to),
                3 => group::<3>(blocks, now, times, to),
                _ => group::<TOKENS>(blocks, now, times, to),
            }
            rest = (tokens, multiples, out);
        }
    }

    const TOKENS: usize = 4;

    /// The products of `COUNT` tokens, two blocks of filters at a time.
    #[inline]
    #[target_feature(enable = "avx2,avx512f,avx512bw,avx512vl,avx512vnni")]
    fn group<const COUNT: usize>(blocks: &Blocks, tokens: &[u8], multiples: &[i32], out: &mut [i32]) {
        let (quads, units) = (blocks.quads, blocks.raised.len());
        let tokens: [&[[u8; 4]]; COUNT] =
            std::array::from_fn(|at| tokens[at * quads * 4..][..quads * 4].as_chunks::<4>().0);
        for (pair, lines) in blocks.lines.chunks(quads * 2).enumerate() {
            let (first, second) = lines.split_at(quads);
            let both = !second.is_empty();
            // Of an odd number of blocks the last is multiplied twice and stored once.
            let second = if both { second } else { first };
            let mut sums = [[_mm512_setzero_si512(); COUNT]; 2];
            for (quad, (first, second)) in first.iter().zip(second).enumerate() {
                let weights = [whole(first), whole(second)];
                for (at, token) in tokens.iter().enumerate() {
                    let numbers = _mm512_set1_epi32(i32::from_le_bytes(token[quad]));
                    sums[0][at] = _mm512_dpbusd_epi32(sums[0][at], numbers, weights[0]);
                    sums[1][at] = _mm512_dpbusd_epi32(sums[1][at], numbers, weights[1]);
                }
            }
            for (half, sums) in sums.iter().enumerate().take(1 + usize::from(both)) {
                let at = (pair * 2 + half) * 16;
                let raised = sixteen(&blocks.raised[at..]);
                for ((sum, out), &multiple) in sums.iter().zip(out.chunks_exact_mut(units)).zip(multiples) {
                    let product =
                        _mm512_mullo_epi32(_mm512_sub_epi32(*sum, raised), _mm512_set1_epi32(multiple));
                    let out = &mut out[at..at + 16];
                    // SAFETY: a store of 64 bytes into 16 numbers of 4; any place is fine for it.
                    unsafe { _mm512_storeu_si512(out.as_mut_ptr().cast(), product) };
                }
            }
        }
    }

    #[inline]
    #[target_feature(enable = "avx2,avx512f,avx512bw,avx512vl,avx512vnni")]
    fn sixteen(numbers: &[i32]) -> __m512i {
        let numbers = &numbers[..16];
        // SAFETY: 16 numbers of 4 bytes; any place is fine for this load.
        unsafe { _mm512_loadu_si512(numbers.as_ptr().cast()) }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The levels of this machine, the portable one left out.
    fn levels() -> impl Iterator<Item = Simd> {
        SimdLevel::ALL.into_iter().skip(1).filter(|&level| level <= SimdLevel::detected()).map(Simd)
    }

    const PORTABLE: Simd = Simd(SimdLevel::Portable);

    /// Numbers that are the same in every run, the extremes among them.
    fn draw(seed: &mut u64, range: std::ops::RangeInclusive<i64>) -> i64 {
        *seed = seed.wrapping_mul(0x5851_F42D_4C95_7F2D).wrapping_add(0x1405_7B7E_F767_814F);
        let (low, high) = (*range.start(), *range.end());
        match *seed >> 60 {
            0 => low,
            1 => high,
            _ => low + ((*seed >> 16) % (high - low + 1) as u64) as i64,
        }
    }

    fn lines(seed: &mut u64, count: usize) -> Vec<Line> {
        (0..count).map(|_| Line(std::array::from_fn(|_| draw(seed, -127..=127) as i8))).collect()
    }

    proptest! {
        #[test]
        fn layers_are_the_same_integers(mut seed: u64, rows in 0usize..11, size in 1usize..10, extreme: bool) {
            let (mut weights, mut inputs) = (lines(&mut seed, rows * size), lines(&mut seed, size));
            if extreme {
                weights.fill(Line([-127; 64]));
                inputs.fill(Line([127; 64]));
            }
            let mut expected = vec![0; rows];
            dense(PORTABLE, &weights, &inputs, &mut expected);
            for simd in levels() {
                let mut seen = vec![1; rows];
                dense(simd, &weights, &inputs, &mut seen);
                prop_assert_eq!(&seen, &expected);
            }
        }

        #[test]
        fn convolutions_are_the_same_integers(
            mut seed: u64, quads in 1usize..30, blocks in 1usize..4, tokens in 1usize..10, small: bool, extreme: bool,
        ) {
            let mut blocks = Blocks {
                lines: lines(&mut seed, blocks * quads),
                quads,
                raised: (0..blocks * 16).map(|_| draw(&mut seed, -9999..=9999) as i32).collect(),
                small,
            };
            let largest = if small { 15 } else { 255 };
            let mut numbers: Vec<u8> =
                (0..tokens * quads * 4).map(|_| draw(&mut seed, 0..=largest) as u8).collect();
            if extreme {
                blocks.lines.fill(Line([127; 64]));
                numbers.fill(largest as u8);
            }
            // Up to 80, so that three of the largest products fit 32 bits: weights are checked for that.
            let multiples: Vec<i32> = (0..tokens).map(|_| draw(&mut seed, 1..=80) as i32).collect();
            let units = blocks.raised.len();
            let mut expected = vec![0; tokens * units];
            products(PORTABLE, &blocks, &numbers, &multiples, &mut expected);
            let place = (0, 16, units / 16);
            let mut expected_best = vec![0; 16];
            pool(PORTABLE, &expected, units, place, &mut expected_best);
            for simd in levels() {
                let mut seen = vec![1; tokens * units];
                products(simd, &blocks, &numbers, &multiples, &mut seen);
                prop_assert_eq!(&seen, &expected);
                let mut best = vec![1; 16];
                pool(simd, &expected, units, place, &mut best);
                prop_assert_eq!(&best, &expected_best);
            }
        }

        #[test]
        fn rows_are_the_same_integers(mut seed: u64, dim in 1usize..70, wide: bool, multiple: u8) {
            let most = if wide { 127 } else { 7 };
            let bytes = if wide { dim } else { dim.div_ceil(2) };
            let packed: Vec<u8> = (0..bytes)
                .map(|_| match wide {
                    true => draw(&mut seed, -127..=127) as u8,
                    false => draw(&mut seed, 1..=15) as u8 | (draw(&mut seed, 1..=15) as u8) << 4,
                })
                .collect();
            let mut numbers = vec![0; dim];
            unpack(&packed, most, &mut numbers);
            let start: Vec<i32> = (0..dim).map(|_| draw(&mut seed, -99_999..=99_999) as i32).collect();
            let expected: Vec<i32> =
                start.iter().zip(&numbers).map(|(sum, &n)| sum + i32::from(multiple) * i32::from(n)).collect();
            for simd in levels().chain([PORTABLE]) {
                let mut sums = start.clone();
                add_row(simd, &packed, most, multiple, &mut sums);
                prop_assert_eq!(&sums, &expected);
            }
            let mut raised = vec![0; dim];
            unpack_raised(&packed, most, &mut raised);
            let lowered = raised.iter().map(|&n| (i16::from(n) - i16::from(offset(most))) as i8);
            prop_assert_eq!(lowered.collect::<Vec<_>>(), numbers);
        }

        #[test]
        fn floats_are_the_same_bits(mut seed: u64, count in 0usize..70, scale in 1e-6f32..1.0, step in 1e-4f32..1.0) {
            let sums: Vec<i32> = (0..count).map(|_| draw(&mut seed, -9_999_999..=9_999_999) as i32).collect();
            let scales: Vec<f32> =
                (0..count).map(|_| scale * (draw(&mut seed, 1..=999) as f32 / 999.0)).collect();
            let bias: Vec<f32> = (0..count).map(|_| draw(&mut seed, -999..=999) as f32 * step).collect();
            let padded = count.div_ceil(64) * 64;
            let run = |simd: Simd, seed: &mut u64| {
                let (mut one, mut two, mut three) = (vec![0_i8; count], vec![0_i8; count], vec![0_f32; count]);
                activate(simd, &sums, &scales, &bias, step, &mut one);
                quantise(simd, &sums, scale, step, &mut two);
                affine(simd, &sums, &scales, &bias, &mut three);
                let mut four: Vec<f32> = (0..padded).map(|at| at as f32 * scale).collect();
                add_scaled(simd, &lines(seed, padded / 64), scale, &mut four);
                let bits = |floats: Vec<f32>| floats.into_iter().map(f32::to_bits).collect::<Vec<_>>();
                (one, two, bits(three), bits(four))
            };
            let expected = run(PORTABLE, &mut seed.clone());
            let round = |value: f32| (value / step).clamp(-127.0, 127.0).round_ties_even() as i8;
            for (at, &sum) in sums.iter().enumerate() {
                let value = sum as f32 * scales[at] + bias[at];
                prop_assert_eq!(expected.0[at], round(value.max(0.0)));
                prop_assert_eq!(expected.1[at], round(sum as f32 * scale));
            }
            for simd in levels() {
                prop_assert_eq!(&run(simd, &mut seed.clone()), &expected);
            }
        }
    }

    #[test]
    fn the_limit_holds_for_what_is_opened_after() {
        assert!(Simd::new().level() <= SimdLevel::detected());
        assert!(levels().count() <= 2);
    }
}
