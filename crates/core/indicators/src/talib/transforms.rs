//! Exponentials, logarithms and inverse sines, the same on every machine. The algorithms are those of fdlibm (Sun Microsystems 1993, as in
//! `libm`), whose error is below one unit in the last place; written without a branch, so that the compiler makes several of
//! them at once over a column. What lies outside their plain range is left to `libm`.

use super::FuncId;
use super::bind::Walk;
use crate::data::Column;
use crate::kernel::{SILENT, Step};

/// How many values are looked at before they are transformed.
const BLOCK: usize = 256;

pub(super) fn walk(id: FuncId) -> Option<Walk> {
    match id {
        FuncId::EXP => Some(column::<Exponential>),
        FuncId::COSH => Some(column::<Cosine>),
        FuncId::LN => Some(column::<Logarithm>),
        FuncId::ASIN => Some(column::<Arcsine>),
        FuncId::ACOS => Some(column::<Arccosine>),
        _ => None,
    }
}

/// A function of one value.
trait Transform: Clone + Send + Sync + 'static {
    fn is_plain(x: f64) -> bool;

    /// Of a value in the plain range.
    fn plain(x: f64) -> f64;

    /// Of any other.
    fn other(x: f64) -> f64;
}

fn column<T: Transform>(inputs: &[&[f64]], _: &[f64], out: &mut [Column]) -> bool {
    let out = out[0].values.real(inputs[0].len());
    for (x, to) in inputs[0].chunks(BLOCK).zip(out.chunks_mut(BLOCK)) {
        if x.iter().fold(true, |all, x| all & T::is_plain(*x)) {
            to.iter_mut().zip(x).for_each(|(to, x)| *to = T::plain(*x));
        } else {
            to.iter_mut().zip(x).for_each(|(to, x)| *to = value::<T>(*x));
        }
    }
    true
}

#[inline]
fn value<T: Transform>(x: f64) -> f64 {
    if T::is_plain(x) { T::plain(x) } else { T::other(x) }
}

macro_rules! steps {
    ($($name:ident)*) => {$(
        impl Step<1, 1> for $name {
            const WARMS: bool = true;

            #[inline]
            fn step(&mut self, [x]: [f64; 1], out: &mut [f64; 1]) {
                out[0] = value::<$name>(x);
            }

            #[inline(always)]
            fn warm<const ASKED: bool>(&mut self, [x]: [f64; 1]) -> Option<[f64; 1]> {
                $name::is_plain(x).then(|| [$name::plain(x)])
            }
        }
    )*};
}
steps! { Exponential Cosine Logarithm Arcsine Arccosine }

/// ln 2 in two parts; a whole number of the first of up to 20 bits is exact.
const LN2_HIGH: f64 = f64::from_bits(0x3fe6_2e42_fee0_0000);
const LN2_LOW: f64 = f64::from_bits(0x3dea_39ef_3579_3c76);

#[derive(Clone)]
pub(crate) struct Exponential;

/// Added to a number and taken away again, it leaves the nearest whole one, which stands in the last bits of the sum.
const WHOLE: f64 = 6_755_399_441_055_744.0;
const BIAS: u64 = 1023;

impl Transform for Exponential {
    #[inline(always)]
    fn is_plain(x: f64) -> bool {
        x.abs() <= 708.0
    }

    #[inline(always)]
    fn plain(x: f64) -> f64 {
        const P: [f64; 5] = [
            f64::from_bits(0x3fc5_5555_5555_553e),
            f64::from_bits(0xbf66_c16c_16be_bd93),
            f64::from_bits(0x3f11_566a_af25_de2c),
            f64::from_bits(0xbebb_bd41_c5d2_6bf1),
            f64::from_bits(0x3e66_3769_72be_a4d0),
        ];
        // x = k ln 2 + r, and r = high - low.
        let sum = x * std::f64::consts::LOG2_E + WHOLE;
        let k = sum - WHOLE;
        let (high, low) = (x - k * LN2_HIGH, k * LN2_LOW);
        let r = high - low;
        let square = r * r;
        let c = r - square * (P[0] + square * (P[1] + square * (P[2] + square * (P[3] + square * P[4]))));
        let power = 1.0 + (r * c / (2.0 - c) - low + high);
        power * f64::from_bits(sum.to_bits().wrapping_add(BIAS) << 52)
    }

    fn other(x: f64) -> f64 {
        libm::exp(x)
    }
}

/// The hyperbolic cosine, by two exponentials, one of them the inverse of the other: within two units in the last place.
#[derive(Clone)]
pub(crate) struct Cosine;

impl Transform for Cosine {
    #[inline(always)]
    fn is_plain(x: f64) -> bool {
        Exponential::is_plain(x)
    }

    #[inline(always)]
    fn plain(x: f64) -> f64 {
        let power = Exponential::plain(x.abs());
        0.5 * power + 0.5 / power
    }

    fn other(x: f64) -> f64 {
        libm::cosh(x)
    }
}

#[derive(Clone)]
pub(crate) struct Logarithm;

impl Transform for Logarithm {
    #[inline(always)]
    fn is_plain(x: f64) -> bool {
        (f64::MIN_POSITIVE..=f64::MAX).contains(&x)
    }

    #[inline(always)]
    fn plain(x: f64) -> f64 {
        const L: [f64; 7] = [
            f64::from_bits(0x3fe5_5555_5555_5593),
            f64::from_bits(0x3fd9_9999_9997_fa04),
            f64::from_bits(0x3fd2_4924_9422_9359),
            f64::from_bits(0x3fcc_71c5_1d8e_78af),
            f64::from_bits(0x3fc7_4664_96cb_03de),
            f64::from_bits(0x3fc3_9a09_d078_c69f),
            f64::from_bits(0x3fc2_f112_df3e_5244),
        ];
        /// The bits of sqrt(2) / 2, without the last, and those of 1 less these.
        const ROOT: u64 = 0x3fe6_a09e << 32;
        const SHIFT: u64 = (0x3ff0_0000 << 32) - ROOT;
        /// The exponent of 2^52, in whose last bits a whole number stands.
        const EXPONENT: u64 = 0x433 << 52;
        // x = 2^k (1 + f), with 1 + f between the root of 1/2 and that of 2.
        let bits = x.to_bits().wrapping_add(SHIFT);
        let k = f64::from_bits((bits >> 52) | EXPONENT) - (4_503_599_627_370_496.0 + BIAS as f64);
        let f = f64::from_bits((bits & 0x000f_ffff_ffff_ffff).wrapping_add(ROOT)) - 1.0;
        let half = 0.5 * f * f;
        let s = f / (2.0 + f);
        let z = s * s;
        let w = z * z;
        let even = w * (L[1] + w * (L[3] + w * L[5]));
        let odd = z * (L[0] + w * (L[2] + w * (L[4] + w * L[6])));
        s * (half + (odd + even)) + k * LN2_LOW - half + f + k * LN2_HIGH
    }

    fn other(x: f64) -> f64 {
        libm::log(x)
    }
}

/// A right angle in two parts.
const RIGHT_HIGH: f64 = std::f64::consts::FRAC_PI_2;
const RIGHT_LOW: f64 = f64::from_bits(0x3c91_a626_3314_5c07);

/// The arc between 0 and 1/2 whose sine has the square `z`, less that sine, as a part of it.
#[inline(always)]
#[allow(clippy::inline_always, reason = "several values are computed at once where it is seen through")]
fn excess(z: f64) -> f64 {
    const P: [f64; 6] = [
        f64::from_bits(0x3fc5_5555_5555_5555),
        f64::from_bits(0xbfd4_d612_03eb_6f7d),
        f64::from_bits(0x3fc9_c155_0e88_4455),
        f64::from_bits(0xbfa4_8228_b568_8f3b),
        f64::from_bits(0x3f49_efe0_7501_b288),
        f64::from_bits(0x3f02_3de1_0dfd_f709),
    ];
    const Q: [f64; 4] = [
        f64::from_bits(0xc003_3a27_1c8a_2d4b),
        f64::from_bits(0x4000_2ae5_9c59_8ac8),
        f64::from_bits(0xbfe6_066c_1b8d_0159),
        f64::from_bits(0x3fb3_b8c5_b12e_9282),
    ];
    let above = z * (P[0] + z * (P[1] + z * (P[2] + z * (P[3] + z * (P[4] + z * P[5])))));
    above / (1.0 + z * (Q[0] + z * (Q[1] + z * (Q[2] + z * Q[3]))))
}

/// A sine between 0 and 1, or half the chord to the right angle where it is above 1/2, with what the arc of either is more than it.
struct Arc {
    is_small: bool,
    sine: f64,
    /// The part of the sine that squares without rounding, and the rest of it.
    parts: [f64; 2],
    excess: f64,
}

impl Arc {
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "several values are computed at once where it is seen through")]
    fn of(x: f64) -> Arc {
        let is_small = x < 0.5;
        let square = if is_small { x * x } else { (1.0 - x) * 0.5 };
        let root = square.sqrt();
        let sine = if is_small { x } else { root };
        let high = f64::from_bits(root.to_bits() & 0xffff_ffff_0000_0000);
        let rest = (square - high * high) / (root + high);
        // Of no chord at all.
        let low = if root > 0.0 { rest } else { 0.0 };
        Arc { is_small, sine, parts: [high, low], excess: sine * excess(square) }
    }
}

#[derive(Clone)]
pub(crate) struct Arcsine;

impl Transform for Arcsine {
    #[inline(always)]
    fn is_plain(x: f64) -> bool {
        x.abs() <= 1.0
    }

    #[inline(always)]
    fn plain(x: f64) -> f64 {
        let Arc { is_small, sine, parts: [high, low], excess } = Arc::of(x.abs());
        let half = 0.5 * RIGHT_HIGH;
        let near = half - (2.0 * excess - (RIGHT_LOW - 2.0 * low) - (half - 2.0 * high));
        (if is_small { sine + excess } else { near }).copysign(x)
    }

    /// There is none.
    fn other(_: f64) -> f64 {
        SILENT
    }
}

#[derive(Clone)]
pub(crate) struct Arccosine;

impl Transform for Arccosine {
    #[inline(always)]
    fn is_plain(x: f64) -> bool {
        x.abs() <= 1.0
    }

    #[inline(always)]
    fn plain(x: f64) -> f64 {
        let Arc { is_small, sine, parts: [high, low], excess } = Arc::of(x.abs());
        let small = RIGHT_HIGH - (x - (RIGHT_LOW - excess.copysign(x)));
        let above = 2.0 * (high + (excess + low));
        let below = 2.0 * (RIGHT_HIGH - (sine + (excess - RIGHT_LOW)));
        let large = if x > 0.0 { above } else { below };
        if is_small { small } else { large }
    }

    /// There is none.
    fn other(_: f64) -> f64 {
        SILENT
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many units in the last place two numbers of one sign are apart.
    fn units(a: f64, b: f64) -> u64 {
        a.to_bits().abs_diff(b.to_bits())
    }

    #[test]
    fn an_exponential_is_that_of_libm_but_for_the_last_place() {
        let mut worst = 0;
        for i in -1_416_000..=1_416_000 {
            let x = f64::from(i) * 0.0005 + f64::from(i % 7) * 1e-9;
            if Exponential::is_plain(x) {
                worst = worst.max(units(value::<Exponential>(x), libm::exp(x)));
            }
        }
        for x in [0.0, -0.0, 1e-300, -1e-20, 5e-324] {
            assert!((value::<Exponential>(x) - 1.0).abs() <= 0.0);
        }
        println!("exponential: {worst} units in the last place from that of libm");
        assert!(worst <= 1);
        for x in [708.5, 709.9, -708.2, -740.0, -1000.0, 1e300] {
            assert_eq!(value::<Exponential>(x).to_bits(), libm::exp(x).to_bits());
        }
    }

    #[test]
    fn a_hyperbolic_cosine_is_that_of_libm_but_for_the_last_places() {
        let mut worst = 0;
        for i in -1_416_000..=1_416_000 {
            let x = f64::from(i) * 0.0005;
            worst = worst.max(units(value::<Cosine>(x), libm::cosh(x)));
        }
        println!("hyperbolic cosine: {worst} units in the last place from that of libm");
        assert!(worst <= 3);
    }

    #[test]
    fn a_logarithm_is_that_of_libm_to_the_last_bit() {
        let mut x = f64::MIN_POSITIVE;
        let mut seen = 0;
        while x < 1e308 {
            for near in [x, x * 1.000_000_000_3, 2.0 - x.min(1.5)] {
                assert_eq!(value::<Logarithm>(near).to_bits(), libm::log(near).to_bits(), "{near}");
            }
            x *= 1.000_37;
            seen += 1;
        }
        assert!(seen > 1_000_000);
        for x in [1.0, 5e-324, f64::MAX, 0.0] {
            assert_eq!(value::<Logarithm>(x).to_bits(), libm::log(x).to_bits(), "{x}");
        }
        assert!(value::<Logarithm>(-1.0).is_nan());
    }

    #[test]
    fn arcs_are_those_of_libm_but_for_the_last_place() {
        let mut worst = [0; 2];
        let near = |i: i32| 1.0 - f64::from(i) * f64::from(i) * 1e-13;
        let sines = (0..=1_000_000).flat_map(|i| [f64::from(i) * 1e-6, near(i), f64::from(i) * 1e-12]);
        for x in sines.flat_map(|x| [x, -x]).filter(|x| x.abs() <= 1.0) {
            worst[0] = worst[0].max(units(value::<Arcsine>(x), libm::asin(x)));
            worst[1] = worst[1].max(units(value::<Arccosine>(x), libm::acos(x)));
        }
        println!("arcs: {worst:?} units in the last place from those of libm");
        assert!(worst[0] <= 1 && worst[1] <= 1);
        for x in [0.0, -0.0, 1.0, -1.0, 0.5, -0.5, 5e-324, -1e-300] {
            assert_eq!(value::<Arcsine>(x).to_bits(), libm::asin(x).to_bits(), "{x}");
            assert_eq!(value::<Arccosine>(x).to_bits(), libm::acos(x).to_bits(), "{x}");
        }
        for x in [1.000_000_000_000_000_2, -1.5, 100.0, 1e300] {
            assert!(value::<Arcsine>(x).is_nan() && value::<Arccosine>(x).is_nan(), "{x}");
        }
    }
}
