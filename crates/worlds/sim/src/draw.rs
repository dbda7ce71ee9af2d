//! Random variables for fills and delays, from one uniform stream: log-normal, gamma, beta, Poisson.

use scalp_types::rng::Stream;

/// Log-normal with this median; `sigma` is the standard deviation of the logarithm.
pub fn log_normal(stream: &mut Stream, median: f64, sigma: f64) -> f64 {
    median * libm::exp(sigma * stream.normal())
}

/// Gamma with this shape and scale 1 (Marsaglia and Tsang 2000, "A simple method for generating gamma variables").
pub fn gamma(stream: &mut Stream, shape: f64) -> f64 {
    if shape < 1.0 {
        let boost = libm::pow(1.0 - stream.uniform(), 1.0 / shape);
        return gamma(stream, shape + 1.0) * boost;
    }
    let d = shape - 1.0 / 3.0;
    let c = 1.0 / libm::sqrt(9.0 * d);
    loop {
        let x = stream.normal();
        let t = 1.0 + c * x;
        if t <= 0.0 {
            continue;
        }
        let v = t * t * t;
        if libm::log(1.0 - stream.uniform()) < 0.5 * x * x + d - d * v + d * libm::log(v) {
            return d * v;
        }
    }
}

/// Beta with these shapes: a share between 0 and 1.
pub fn beta(stream: &mut Stream, alpha: f64, beta: f64) -> f64 {
    let (a, b) = (gamma(stream, alpha), gamma(stream, beta));
    if a + b > 0.0 { a / (a + b) } else { 0.5 }
}

/// Means above this are drawn in parts, so that `exp(-mean)` stays a normal number.
const POISSON_PART: f64 = 500.0;

/// Poisson with this mean (Knuth's product of uniforms; time grows with the mean).
pub fn poisson(stream: &mut Stream, mean: f64) -> u64 {
    let (mut left, mut count) = (mean, 0);
    while left > 0.0 {
        let part = left.min(POISSON_PART);
        left -= part;
        let floor = libm::exp(-part);
        let mut product = 1.0 - stream.uniform();
        while product > floor {
            count += 1;
            product *= 1.0 - stream.uniform();
        }
    }
    count
}
