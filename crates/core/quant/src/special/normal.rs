//! The standard normal distribution.

use super::{HALF_LN_TWO_PI, check_probability};
use crate::Error;

const SQRT_HALF: f64 = std::f64::consts::FRAC_1_SQRT_2;

/// Density at `x`.
pub fn normal_pdf(x: f64) -> f64 {
    libm::exp(-0.5 * x * x - HALF_LN_TWO_PI)
}

/// Probability of at most `x`.
pub fn normal_cdf(x: f64) -> f64 {
    0.5 * libm::erfc(-x * SQRT_HALF)
}

/// Probability of more than `x`: exact where `1 - normal_cdf(x)` is not.
pub fn normal_sf(x: f64) -> f64 {
    0.5 * libm::erfc(x * SQRT_HALF)
}

/// The value that is exceeded with probability `1 - p`. Wichura's algorithm AS 241 (1988), 16 digits. Refuses a `p`
/// outside `(0, 1)`.
pub fn normal_quantile(p: f64) -> Result<f64, Error> {
    check_probability(p)?;
    let q = p - 0.5;
    if q.abs() <= 0.425 {
        let r = 0.180_625 - q * q;
        return Ok(q * horner(&CENTRE_A, r) / horner(&CENTRE_B, r));
    }
    let tail = if q < 0.0 { p } else { 1.0 - p };
    let r = (-libm::log(tail)).sqrt();
    let x = if r <= 5.0 {
        horner(&MIDDLE_A, r - 1.6) / horner(&MIDDLE_B, r - 1.6)
    } else {
        horner(&FAR_A, r - 5.0) / horner(&FAR_B, r - 5.0)
    };
    Ok(if q < 0.0 { -x } else { x })
}

/// Coefficients from the lowest power.
fn horner(coefficients: &[f64; 8], x: f64) -> f64 {
    coefficients.iter().rev().fold(0.0, |sum, c| sum * x + c)
}

const CENTRE_A: [f64; 8] = [
    3.3871328727963665,
    133.14166789178438,
    1971.5909503065513,
    13731.69376550946,
    45921.95393154987,
    67265.7709270087,
    33430.57558358813,
    2509.0809287301227,
];
const CENTRE_B: [f64; 8] = [
    1.0,
    42.31333070160091,
    687.1870074920579,
    5394.196021424751,
    21213.794301586597,
    39307.89580009271,
    28729.085735721943,
    5226.495278852854,
];
const MIDDLE_A: [f64; 8] = [
    1.4234371107496835,
    4.630337846156546,
    5.769497221460691,
    3.6478483247632045,
    1.2704582524523684,
    0.2417807251774506,
    0.022723844989269184,
    0.0007745450142783414,
];
const MIDDLE_B: [f64; 8] = [
    1.0,
    2.053191626637759,
    1.6763848301838038,
    0.6897673349851,
    0.14810397642748008,
    0.015198666563616457,
    0.0005475938084995345,
    1.0507500716444169e-09,
];
const FAR_A: [f64; 8] = [
    6.657904643501103,
    5.463784911164114,
    1.7848265399172913,
    0.29656057182850487,
    0.026532189526576124,
    0.0012426609473880784,
    2.7115555687434876e-05,
    2.0103343992922881e-07,
];
const FAR_B: [f64; 8] = [
    1.0,
    0.599832206555888,
    0.1369298809227358,
    0.014875361290850615,
    0.0007868691311456133,
    1.8463183175100548e-05,
    1.421511758316446e-07,
    2.0442631033899397e-15,
];
