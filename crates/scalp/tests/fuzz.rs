//! Every decoder of the house under a storm of mutated inputs; the same functions are run by libFuzzer (see `fuzz/`).

use scalp_fuzz::{TARGETS, storm};

/// Another seed than the one that `fuzz` itself tests with.
const SEED: u64 = 2;

#[test]
fn no_decoder_panics_in_a_storm() {
    for target in TARGETS {
        storm(target, SEED, target.thousands * 300);
    }
}
