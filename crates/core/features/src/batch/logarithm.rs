//! Logarithms of a column, to the last bit those of `libm::log`: the steps of its main line (FreeBSD's e_log.c), written so
//! that several values go through at once. What is not a positive normal number takes the way of `libm::log` itself.

use super::kernel::{there, wide};
use crate::window::ABSENT;

/// How many values are looked at together.
const CHUNK: usize = 32;

const LN2_HI: f64 = f64::from_bits(0x3fe6_2e42_fee0_0000);
const LN2_LO: f64 = f64::from_bits(0x3dea_39ef_3579_3c76);
const LG1: f64 = f64::from_bits(0x3fe5_5555_5555_5593);
const LG2: f64 = f64::from_bits(0x3fd9_9999_9997_fa04);
const LG3: f64 = f64::from_bits(0x3fd2_4924_9422_9359);
const LG4: f64 = f64::from_bits(0x3fcc_71c5_1d8e_78af);
const LG5: f64 = f64::from_bits(0x3fc7_4664_96cb_03de);
const LG6: f64 = f64::from_bits(0x3fc3_9a09_d078_c69f);
const LG7: f64 = f64::from_bits(0x3fc2_f112_df3e_5244);

/// `ln(x / old)`, absent where that is no number.
pub(super) fn of_ratios(x: &[f64], old: &[f64], out: &mut [f64]) {
    wide(
        #[inline(always)]
        || chunks(x, old, out),
    );
}

#[inline(always)]
#[allow(clippy::inline_always, reason = "compiled for each kind of processor")]
fn chunks(x: &[f64], old: &[f64], out: &mut [f64]) {
    let chunks = out.chunks_mut(CHUNK).zip(x.chunks(CHUNK).zip(old.chunks(CHUNK)));
    for (to, (x, old)) in chunks {
        // Zeros, infinities and what is not above zero are found by their ratios; those are no normal numbers then.
        let mut ratios = [1.0; CHUNK];
        ratios.iter_mut().zip(x).zip(old).for_each(|((to, x), old)| *to = x / old);
        let is_normal = |all: bool, it: &f64| all & (f64::MIN_POSITIVE..=f64::MAX).contains(it);
        if ratios.iter().fold(true, is_normal) {
            to.iter_mut().zip(&ratios).for_each(|(to, it)| *to = of_normal(*it));
        } else {
            for ((to, x), old) in to.iter_mut().zip(x).zip(old) {
                *to = if *old == 0.0 { ABSENT } else { there(libm::log(x / old)) };
            }
        }
    }
}

/// The logarithm of a positive normal number.
#[inline(always)]
#[allow(clippy::inline_always, reason = "several values go through at once")]
fn of_normal(x: f64) -> f64 {
    // x is 2^k (1 + f) with 1 + f between the roots of a half and of two.
    const ROOT: u64 = 0x3fe6_a09e_0000_0000;
    const ONE: u64 = 0x3ff0_0000_0000_0000;
    let moved = x.to_bits().wrapping_add(ONE.wrapping_sub(ROOT));
    let reduced = f64::from_bits((moved & 0x000f_ffff_ffff_ffff).wrapping_add(ROOT));
    // The exponent as a number, through the last bits of one that is large: 2^52 and 1023 more.
    const LARGE: f64 = 4_503_599_627_370_496.0;
    let dk = f64::from_bits(LARGE.to_bits() | (moved >> 52)) - (LARGE + 1023.0);
    let f = reduced - 1.0;
    let hfsq = 0.5 * f * f;
    let s = f / (2.0 + f);
    let z = s * s;
    let w = z * z;
    let t1 = w * (LG2 + w * (LG4 + w * LG6));
    let t2 = z * (LG1 + w * (LG3 + w * (LG5 + w * LG7)));
    let r = t2 + t1;
    s * (hfsq + r) + dk * LN2_LO - hfsq + f + dk * LN2_HI
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(x: f64, old: f64) {
        let mut out = [7.0; CHUNK + 3];
        let (mut all_x, mut all_old) = ([1.5; CHUNK + 3], [1.25; CHUNK + 3]);
        for at in [0, CHUNK - 1, CHUNK, CHUNK + 2] {
            (all_x[at], all_old[at]) = (x, old);
        }
        of_ratios(&all_x, &all_old, &mut out);
        for (said, (x, old)) in out.iter().zip(all_x.iter().zip(all_old)) {
            let want = if old == 0.0 { ABSENT } else { there(libm::log(x / old)) };
            assert_eq!(said.to_bits(), want.to_bits(), "ln({x} / {old}): {said}, not {want}");
        }
    }

    #[test]
    fn the_edges_are_those_of_the_library() {
        let root = std::f64::consts::SQRT_2;
        let near = |x: f64| [x.next_down(), x, x.next_up()];
        let edges = [0.0, -0.0, -1.0, 1.0, 2.0, root, root / 2.0, f64::MIN_POSITIVE, f64::MAX, 5e-324, 0.5];
        for x in edges.into_iter().flat_map(near) {
            [1.0, 3.0, 0.0, -2.0, 1e-300].into_iter().for_each(|old| check(x, old));
        }
    }

    proptest! {
        #[test]
        fn any_logarithm_is_that_of_the_library(bits in any::<u64>(), near in 0.5..2.0_f64, old in 1.0..200.0_f64) {
            check(f64::from_bits(bits), 1.0);
            check(near, 1.0);
            check(near * old, old);
        }
    }
}
