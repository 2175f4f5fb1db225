//! What a caller may ask of one classification.

use std::ffi::c_char;
use std::mem::{MaybeUninit, offset_of};

use hscode_core::Options;

use crate::code;
use crate::entry;
use crate::error::{Failure, hscode_error};
use crate::out::Out;
use crate::status::hscode_status;

/// How to answer. Set `struct_size` to `sizeof(hscode_options)` and the rest to zero (`HSCODE_OPTIONS_INIT`), then
/// what you want otherwise. A pointer to options may be NULL for all defaults.
///
/// Later versions of the library add fields at the end; programs built before keep working, since the size tells
/// what they know.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct hscode_options {
    /// The size of this struct where the program was built.
    pub struct_size: usize,
    /// The most candidates to give, best first, up to the number of the classifier's classes; 0 for 5.
    pub top_k: usize,
    /// The level of the candidates, an `hscode_level`; 0 for the deepest that the classifier answers.
    pub level: i32,
    /// Not 0 to say why: words, references, titles.
    pub explain: i32,
    /// Also give the set of codes that holds the right one with this probability, between 0 and 1; 0 for none.
    pub coverage: f32,
    /// Only codes at or below this one, NUL-terminated or padded with spaces; empty for all.
    pub within: [c_char; 16],
    /// Zero.
    pub reserved: i32,
}

/// The size of the options of the first version: no program knows less.
const FIRST_SIZE: usize = offset_of!(hscode_options, reserved) + size_of::<i32>();

/// The largest size believed: options do not grow to this.
const LARGEST_SIZE: usize = 4096;

impl hscode_options {
    /// All defaults.
    pub(crate) fn new() -> Self {
        Self {
            struct_size: size_of::<Self>(),
            top_k: 0,
            level: 0,
            explain: 0,
            coverage: 0.0,
            within: [0; 16],
            reserved: 0,
        }
    }

    /// The options as C sees them.
    pub(crate) fn of(options: &Options) -> Self {
        Self {
            top_k: options.top_k,
            level: options.level.map_or(0, code::level_number),
            explain: i32::from(options.explain),
            coverage: options.coverage.unwrap_or(0.0),
            within: code::field_or_empty(options.within),
            ..Self::new()
        }
    }

    fn to_core(self) -> Result<Options, Failure> {
        if self.reserved != 0 {
            return Err(Failure::invalid("options.reserved: expected 0"));
        }
        let mut options = Options::default();
        if self.top_k != 0 {
            options.top_k = self.top_k;
        }
        if self.level != 0 {
            options.level = Some(code::level(self.level, "options.level")?);
        }
        if self.within[0] != 0 && !self.within.iter().all(|&c| c == b' ' as c_char) {
            // SAFETY: a field of 16 bytes, which is what is read at most.
            options.within = Some(unsafe { code::read(self.within.as_ptr(), "options.within")? });
        }
        if self.coverage != 0.0 {
            options.coverage = Some(self.coverage);
        }
        Ok(options.with_explain(self.explain != 0))
    }
}

/// Reads a caller's options.
///
/// # Safety
/// `options` is NULL or points to as many bytes as its `struct_size` says.
pub(crate) unsafe fn read(options: *const hscode_options) -> Result<Options, Failure> {
    if options.is_null() {
        return Ok(Options::default());
    }
    // SAFETY: the caller promises the memory; the size stands first.
    let size = unsafe { options.cast::<usize>().read_unaligned() };
    if !(FIRST_SIZE..=LARGEST_SIZE).contains(&size) {
        return Err(Failure::invalid(format!(
            "options.struct_size {size}: expected sizeof(hscode_options), such as {}",
            size_of::<hscode_options>()
        )));
    }
    let known = size_of::<hscode_options>();
    let mut copy = MaybeUninit::new(hscode_options::new());
    // SAFETY: `size` bytes are there, of which no more are copied than the struct has.
    unsafe { copy.as_mut_ptr().cast::<u8>().copy_from_nonoverlapping(options.cast(), size.min(known)) };
    for at in known..size {
        // SAFETY: below `size`.
        if unsafe { options.cast::<u8>().add(at).read() } != 0 {
            return Err(Failure::new(
                hscode_status::HSCODE_STATUS_UNSUPPORTED,
                format!("options: the byte at {at} sets what this version does not know; update the library"),
            ));
        }
    }
    // SAFETY: initialised from the start; any bytes make valid numbers.
    unsafe { copy.assume_init() }.to_core()
}

/// Sets options to their defaults, for hosts that cannot use `HSCODE_OPTIONS_INIT`.
///
/// `out`: the options. `struct_size`: their size where the program was built. `err` may be NULL.
///
/// Threads: any, at once. Statuses: NULL_ARGUMENT; INVALID_INPUT for a size that no version has; UNSUPPORTED for
/// one of a later version.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hscode_options_init(
    out: *mut hscode_options,
    struct_size: usize,
    err: *mut *mut hscode_error,
) -> hscode_status {
    entry::run(err, || {
        let out = Out::new(out, "out")?;
        if struct_size != size_of::<hscode_options>() {
            return Err(if (size_of::<hscode_options>()..=LARGEST_SIZE).contains(&struct_size) {
                Failure::new(
                    hscode_status::HSCODE_STATUS_UNSUPPORTED,
                    format!("struct_size {struct_size}: of a later version; update the library"),
                )
            } else {
                Failure::invalid(format!(
                    "struct_size {struct_size}: expected sizeof(hscode_options), {}",
                    size_of::<hscode_options>()
                ))
            });
        }
        // SAFETY: the contract of all functions.
        unsafe { out.write(hscode_options::new()) };
        Ok(())
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use hscode_core::Level;

    fn set() -> hscode_options {
        let mut options =
            hscode_options { top_k: 3, level: 4, explain: 1, coverage: 0.9, ..hscode_options::new() };
        options.within[0] = b'6' as c_char;
        options.within[1] = b'1' as c_char;
        options
    }

    #[test]
    fn fields_arrive_and_zeros_are_defaults() {
        // SAFETY: live options.
        unsafe {
            let given = set();
            let options = read(&raw const given).unwrap();
            let expected = Options::default()
                .with_top_k(3)
                .with_level(Level::Heading)
                .with_explain(true)
                .with_coverage(0.9)
                .with_within("61".parse().unwrap());
            assert_eq!(options, expected);
            let (back, none) = (hscode_options::of(&expected), hscode_options::new());
            assert_eq!(read(&raw const back).unwrap(), expected);
            assert_eq!(read(&raw const none).unwrap(), Options::default());
            assert_eq!(read(std::ptr::null()).unwrap(), Options::default());
        }
    }

    #[test]
    fn there_is_no_padding_that_a_later_field_would_fill() {
        assert_eq!(FIRST_SIZE, size_of::<hscode_options>());
    }

    #[test]
    fn sizes_are_checked_and_unknown_fields_must_be_zero() {
        for wrong in [0, 8, FIRST_SIZE - 1, LARGEST_SIZE + 1, usize::MAX] {
            let options = hscode_options { struct_size: wrong, ..set() };
            // SAFETY: live options; a wrong size is refused before more is read.
            let failure = unsafe { read(&raw const options) }.unwrap_err();
            assert_eq!(failure.status, hscode_status::HSCODE_STATUS_INVALID_INPUT, "{wrong}");
        }
        #[repr(C)]
        struct Later {
            options: hscode_options,
            more: [u8; 8],
        }
        let mut later = Later { options: set(), more: [0; 8] };
        later.options.struct_size = size_of::<Later>();
        // SAFETY: as many bytes as the size says.
        unsafe {
            assert_eq!(read((&raw const later).cast()).unwrap().top_k, 3);
            later.more[5] = 1;
            let failure = read((&raw const later).cast()).unwrap_err();
            assert_eq!(failure.status, hscode_status::HSCODE_STATUS_UNSUPPORTED);
        }
    }

    #[test]
    fn wrong_values_are_refused() {
        let mut bad_level = set();
        bad_level.level = 5;
        let mut bad_code = set();
        bad_code.within[2] = b'x' as c_char;
        let mut endless = set();
        endless.within = [b'1' as c_char; 16];
        for options in [bad_level, bad_code, endless] {
            // SAFETY: live options.
            assert!(unsafe { read(&raw const options) }.is_err());
        }
    }
}
