//! The gamma function's logarithm and its derivatives; the incomplete gamma and beta functions, both tails at once so
//! that neither is got by subtraction from one.

use super::HALF_LN_TWO_PI;

/// From here on Stirling's series with the terms below is exact to rounding.
const STIRLING_FROM: f64 = 10.0;
const FRACTION_STEPS_MAX: usize = 100_000;

/// ln of the gamma function, for positive `x`.
pub fn ln_gamma(x: f64) -> f64 {
    libm::lgamma(x)
}

/// What Stirling's formula `(x - 1/2) ln x - x + ln(2 pi)/2` lacks; for `x >= 10`.
fn stirling_rest(x: f64) -> f64 {
    let y = 1.0 / (x * x);
    let series = 1.0 / 1260.0 - y * (1.0 / 1680.0 - y * (1.0 / 1188.0 - y * (691.0 / 360_360.0 - y / 156.0)));
    (1.0 / 12.0 - y * (1.0 / 360.0 - y * series)) / x
}

/// ln of the beta function, for positive arguments; without the cancellation of three large logarithms.
pub fn ln_beta(a: f64, b: f64) -> f64 {
    let (a, b) = (a.min(b), a.max(b));
    if b < STIRLING_FROM {
        return ln_gamma(a) + ln_gamma(b) - ln_gamma(a + b);
    }
    let rest = stirling_rest(b) - stirling_rest(a + b);
    let long = -(b - 0.5) * libm::log1p(a / b);
    if a < STIRLING_FROM {
        return ln_gamma(a) + long - a * libm::log(a + b) + a + rest;
    }
    let short = (a - 0.5) * libm::log(a / (a + b)) - 0.5 * libm::log(a + b);
    HALF_LN_TWO_PI + long + short + stirling_rest(a) + rest
}

/// Derivative of [`ln_gamma`], for positive `x` (Abramowitz & Stegun 6.3.5 and 6.3.18).
pub fn digamma(x: f64) -> f64 {
    let (mut x, mut below) = (x, 0.0);
    while x < STIRLING_FROM {
        below += 1.0 / x;
        x += 1.0;
    }
    let y = 1.0 / (x * x);
    let series = 1.0 / 12.0
        - y * (1.0 / 120.0
            - y * (1.0 / 252.0 - y * (1.0 / 240.0 - y * (1.0 / 132.0 - y * (691.0 / 32_760.0 - y / 12.0)))));
    libm::log(x) - 0.5 / x - y * series - below
}

/// Second derivative of [`ln_gamma`], for positive `x` (Abramowitz & Stegun 6.4.6 and 6.4.12).
pub fn trigamma(x: f64) -> f64 {
    let (mut x, mut below) = (x, 0.0);
    while x < STIRLING_FROM {
        below += 1.0 / (x * x);
        x += 1.0;
    }
    let y = 1.0 / (x * x);
    let series = 1.0 / 6.0
        - y * (1.0 / 30.0
            - y * (1.0 / 42.0 - y * (1.0 / 30.0 - y * (5.0 / 66.0 - y * (691.0 / 2730.0 - y * 7.0 / 6.0)))));
    1.0 / x + 0.5 * y + y / x * series + below
}

/// The regularised incomplete beta function and its complement, `(I_x(a, b), I_y(b, a))`, for `x + y = 1`. Both `x` and
/// `y` are taken, so that neither loses digits near one. By the continued fraction (DLMF 8.17.22).
pub fn beta_tails(x: f64, y: f64, a: f64, b: f64) -> (f64, f64) {
    if x <= 0.0 {
        return (0.0, 1.0);
    }
    if y <= 0.0 {
        return (1.0, 0.0);
    }
    let ln_x = if x > 0.5 { libm::log1p(-y) } else { libm::log(x) };
    let ln_y = if y > 0.5 { libm::log1p(-x) } else { libm::log(y) };
    let front = libm::exp(a * ln_x + b * ln_y - ln_beta(a, b));
    if x < (a + 1.0) / (a + b + 2.0) {
        let lower = front * beta_fraction(x, a, b) / a;
        (lower, 1.0 - lower)
    } else {
        let upper = front * beta_fraction(y, b, a) / b;
        (1.0 - upper, upper)
    }
}

/// Lentz's evaluation of the continued fraction of the incomplete beta function.
fn beta_fraction(x: f64, a: f64, b: f64) -> f64 {
    const TINY: f64 = 1e-300;
    let away = |v: f64| if v.abs() < TINY { TINY } else { v };
    let mut c = 1.0;
    let mut d = 1.0 / away(1.0 - (a + b) * x / (a + 1.0));
    let mut value = d;
    for m in 1..FRACTION_STEPS_MAX {
        let m = m as f64;
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        d = 1.0 / away(1.0 + even * d);
        c = away(1.0 + even / c);
        value *= d * c;
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        d = 1.0 / away(1.0 + odd * d);
        c = away(1.0 + odd / c);
        let factor = d * c;
        value *= factor;
        if (factor - 1.0).abs() <= f64::EPSILON {
            break;
        }
    }
    value
}

/// The regularised incomplete gamma functions `(P(a, x), Q(a, x))`: series below `a + 1`, continued fraction above
/// (Numerical Recipes, section 6.2; DLMF 8.11.4 and 8.9.2).
pub fn gamma_tails(a: f64, x: f64) -> (f64, f64) {
    if x <= 0.0 {
        return (0.0, 1.0);
    }
    let front = gamma_front(a, x);
    if x < a + 1.0 {
        let (mut term, mut sum, mut n) = (1.0 / a, 1.0 / a, a);
        for _ in 0..FRACTION_STEPS_MAX {
            n += 1.0;
            term *= x / n;
            sum += term;
            if term <= sum * 1e-17 {
                break;
            }
        }
        let lower = front * sum;
        return (lower, 1.0 - lower);
    }
    let mut b = x + 1.0 - a;
    let mut c = 1e300;
    let mut d = 1.0 / b;
    let mut value = d;
    for i in 1..FRACTION_STEPS_MAX {
        let i = i as f64;
        let an = -i * (i - a);
        b += 2.0;
        d = 1.0 / (an * d + b);
        c = b + an / c;
        let factor = d * c;
        value *= factor;
        if (factor - 1.0).abs() <= f64::EPSILON {
            break;
        }
    }
    let upper = front * value;
    (1.0 - upper, upper)
}

/// `x^a e^-x / Gamma(a)`, without cancellation for large `a`.
fn gamma_front(a: f64, x: f64) -> f64 {
    if a < STIRLING_FROM {
        return libm::exp(a * libm::log(x) - x - ln_gamma(a));
    }
    // a ln x - x - [(a - 1/2) ln a - a + ..] with u = (x - a) / a is a (ln(1 + u) - u) + ln(a) / 2 - ..
    let u = (x - a) / a;
    libm::exp(a * (libm::log1p(u) - u) - HALF_LN_TWO_PI - stirling_rest(a)) * a.sqrt()
}
