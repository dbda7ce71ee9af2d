//! The standard normal distribution and its inverse.

use super::MetricError;
use std::f64::consts::{FRAC_1_SQRT_2, PI};

/// Density at `z`.
pub fn density(z: f64) -> f64 {
    libm::exp(-0.5 * z * z) / libm::sqrt(2.0 * PI)
}

/// Distribution function, `erfc(-z / sqrt(2)) / 2`; relative accuracy about 1e-15 near the centre and 1e-13 at
/// z = -30 (the complementary error function of the C mathematical library, in Rust).
pub fn cdf(z: f64) -> f64 {
    0.5 * libm::erfc(-z * FRAC_1_SQRT_2)
}

/// Inverse of [`cdf`] for `p` strictly between 0 and 1: Wichura's algorithm AS 241, PPND16 (Applied Statistics 37,
/// 1988), relative accuracy about 1e-16.
pub fn quantile(p: f64) -> Result<f64, MetricError> {
    if !(p > 0.0 && p < 1.0) {
        return Err(MetricError::OutOfRange {
            what: "the probability of a normal quantile (above 0, below 1)",
        });
    }
    let q = p - 0.5;
    if q.abs() <= 0.425 {
        let r = 0.180_625 - q * q;
        return Ok(q * polynomial(&CENTRE[0], r) / polynomial(&CENTRE[1], r));
    }
    let r = libm::sqrt(-libm::log(if q < 0.0 { p } else { 1.0 - p }));
    let z = if r <= 5.0 {
        polynomial(&SHOULDER[0], r - 1.6) / polynomial(&SHOULDER[1], r - 1.6)
    } else {
        polynomial(&TAIL[0], r - 5.0) / polynomial(&TAIL[1], r - 5.0)
    };
    Ok(if q < 0.0 { -z } else { z })
}

/// Horner's rule, lowest power first.
fn polynomial(coefficients: &[f64; 8], x: f64) -> f64 {
    coefficients.iter().rev().fold(0.0, |sum, c| sum * x + c)
}

/// Numerator and denominator for |p - 1/2| <= 0.425.
const CENTRE: [[f64; 8]; 2] = [
    [
        3.387_132_872_796_366_5,
        133.141_667_891_784_38,
        1_971.590_950_306_551_3,
        13_731.693_765_509_46,
        45_921.953_931_549_87,
        67_265.770_927_008_7,
        33_430.575_583_588_13,
        2_509.080_928_730_122_7,
    ],
    [
        1.0,
        42.313_330_701_600_91,
        687.187_007_492_057_9,
        5_394.196_021_424_751,
        21_213.794_301_586_597,
        39_307.895_800_092_71,
        28_729.085_735_721_943,
        5_226.495_278_852_854,
    ],
];
/// For sqrt(-ln p) up to 5.
const SHOULDER: [[f64; 8]; 2] = [
    [
        1.423_437_110_749_683_5,
        4.630_337_846_156_546,
        5.769_497_221_460_691,
        3.647_848_324_763_204_5,
        1.270_458_252_452_368_4,
        0.241_780_725_177_450_6,
        0.022_723_844_989_269_184,
        7.745_450_142_783_414e-4,
    ],
    [
        1.0,
        2.053_191_626_637_759,
        1.676_384_830_183_803_8,
        0.689_767_334_985_1,
        0.148_103_976_427_480_08,
        0.015_198_666_563_616_457,
        5.475_938_084_995_345e-4,
        1.050_750_071_644_416_9e-9,
    ],
];
/// Beyond.
const TAIL: [[f64; 8]; 2] = [
    [
        6.657_904_643_501_103,
        5.463_784_911_164_114,
        1.784_826_539_917_291_3,
        0.296_560_571_828_504_87,
        0.026_532_189_526_576_124,
        0.001_242_660_947_388_078_4,
        2.711_555_568_743_487_6e-5,
        2.010_334_399_292_288_1e-7,
    ],
    [
        1.0,
        0.599_832_206_555_887_9,
        0.136_929_880_922_735_8,
        0.014_875_361_290_850_615,
        7.868_691_311_456_133e-4,
        1.846_318_317_510_054_8e-5,
        1.421_511_758_316_446e-7,
        2.044_263_103_389_939_8e-15,
    ],
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_published_tables() {
        for (p, z) in [
            (0.5, 0.0),
            (0.975, 1.959_963_984_540_054),
            (0.95, 1.644_853_626_951_472_7),
            (0.01, -2.326_347_874_040_841),
            (1e-10, -6.361_340_902_404_056),
        ] {
            assert!((quantile(p).unwrap() - z).abs() < 2e-15 * z.abs().max(1.0), "{p}");
        }
        assert!((cdf(1.0) - 0.841_344_746_068_542_9).abs() < 1e-15);
        assert!((density(0.0) - 0.398_942_280_401_432_7).abs() < 1e-15);
    }

    #[test]
    fn the_quantile_inverts_the_distribution_over_three_hundred_decades() {
        for exponent in 1..300 {
            let p = 10_f64.powi(-exponent);
            let back = cdf(quantile(p).unwrap());
            assert!((back / p - 1.0).abs() < 1e-12, "{p}: {back}");
        }
        for step in 1..2000 {
            let p = f64::from(step) / 2000.0;
            assert!((cdf(quantile(p).unwrap()) - p).abs() < 1e-15, "{p}");
        }
    }

    #[test]
    fn refuses_what_is_no_probability() {
        for p in [0.0, 1.0, -1.0, f64::NAN] {
            assert!(quantile(p).is_err());
        }
    }
}
