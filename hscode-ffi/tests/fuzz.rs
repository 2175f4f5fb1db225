//! The fuzz target of the C interface on a stable compiler: programs of drawn bytes.
//!
//! libFuzzer finds more: `fuzz/run.sh 600 c`.

#![allow(unsafe_code, clippy::unwrap_used, clippy::expect_used, clippy::panic)]
#![allow(clippy::undocumented_unsafe_blocks)]

use proptest::prelude::*;

#[path = "../../fuzz/src/c.rs"]
#[allow(unreachable_pub, reason = "shared with a target of another crate")]
mod c;

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, max_shrink_iters: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn no_program_breaks_the_surface(program in prop::collection::vec(any::<u8>(), 0..3_000)) {
        c::surface(&program);
    }
}
