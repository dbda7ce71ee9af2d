//! Free variables in place of constrained parameters: whatever the search tries, `omega > 0`, `alpha`, `alpha + gamma` and
//! `beta` are not negative, the persistence lies below 1, `nu` above 2.05 and `lambda` in (-1, 1).

use super::model::{ErrorFamily, Kind, Mean};

/// The persistence stays below this, as at 1 there is no long-run variance.
const PERSISTENCE_MAX: f64 = 1.0 - 1e-8;
/// Bounds of `1 / nu`: between 500 and 2.05 degrees of freedom. In the inverse the likelihood stays curved up to normal.
const TAIL_MIN: f64 = 1.0 / 500.0;
const TAIL_MAX: f64 = 1.0 / 2.05;
/// Bound of EGARCH's `beta`, and of the skewness.
const BETA_MAX: f64 = 1.0 - 1e-6;
const LAMBDA_MAX: f64 = 0.999;

/// EGARCH's responses are searched in this unit, so that a first step of one does not leave the sensible region.
const RESPONSE_UNIT: f64 = 0.1;

/// Which parameters are searched, and how.
#[derive(Clone, Copy)]
pub(super) struct Transform {
    pub kind: Kind,
    pub mean: Mean,
    pub family: ErrorFamily,
}

/// Rows: `mu, omega, alpha, gamma, beta, nu, lambda`; columns: the free variables.
pub(super) type Jacobian = [[f64; 7]; 7];

impl Transform {
    /// The places, in the seven parameters, of those that the model has.
    pub(super) fn places(&self) -> Vec<usize> {
        let has = [
            self.mean == Mean::Constant,
            true,
            true,
            self.kind != Kind::Garch,
            true,
            self.family != ErrorFamily::Normal,
            self.family == ErrorFamily::SkewedT,
        ];
        (0..7).filter(|&place| has[place]).collect()
    }

    /// The parameters at free variables `u`, and their derivatives.
    pub(super) fn parameters(&self, u: &[f64]) -> ([f64; 7], Jacobian) {
        let mut at = 0;
        let mut take = || {
            at += 1;
            (at - 1, u[at - 1])
        };
        let mut p = [0.0; 7];
        let mut j = [[0.0; 7]; 7];
        if self.mean == Mean::Constant {
            let (k, v) = take();
            (p[0], j[0][k]) = (v, 1.0);
        }
        let (first, level) = take();
        if self.kind != Kind::Egarch {
            (p[1], j[1][first]) = (libm::exp(level), libm::exp(level));
        }
        match self.kind {
            Kind::Garch => {
                let ((k, v), (l, w)) = (take(), take());
                let (whole, whole_slope) = between(0.0, PERSISTENCE_MAX, v);
                let (share, share_slope) = by_square(0.0, 1.0, w);
                (p[2], p[4]) = (whole * share, whole * (1.0 - share));
                (j[2][k], j[2][l]) = (whole_slope * share, whole * share_slope);
                (j[4][k], j[4][l]) = (whole_slope * (1.0 - share), -whole * share_slope);
            }
            Kind::Gjr => {
                let ((k, v), (l, w), (m, x)) = (take(), take(), take());
                let (whole, whole_slope) = between(0.0, PERSISTENCE_MAX, v);
                // Shares of the persistence: of positive errors, of negative errors, of memory.
                let parts = [w * w, x * x, 1.0];
                let sum: f64 = parts.iter().sum();
                let share = parts.map(|part| part / sum);
                let root = [w, x];
                let slope = |of: usize, by: usize| {
                    2.0 * root[by] / sum * (if of == by { 1.0 - share[of] } else { -share[of] })
                };
                p[2] = 2.0 * whole * share[0];
                p[3] = 2.0 * whole * (share[1] - share[0]);
                p[4] = whole * share[2];
                (j[2][k], j[3][k], j[4][k]) = (
                    2.0 * whole_slope * share[0],
                    2.0 * whole_slope * (share[1] - share[0]),
                    whole_slope * share[2],
                );
                for (column, by) in [(l, 0), (m, 1)] {
                    j[2][column] = 2.0 * whole * slope(0, by);
                    j[3][column] = 2.0 * whole * (slope(1, by) - slope(0, by));
                    j[4][column] = whole * slope(2, by);
                }
            }
            Kind::Egarch => {
                for place in [2, 3] {
                    let (k, v) = take();
                    (p[place], j[place][k]) = (RESPONSE_UNIT * v, RESPONSE_UNIT);
                }
                let (k, v) = take();
                (p[4], j[4][k]) = between(-BETA_MAX, BETA_MAX, v);
                // Not omega but the level to which the logarithm returns, which hardly moves with beta.
                p[1] = level * (1.0 - p[4]);
                (j[1][first], j[1][k]) = (1.0 - p[4], -level * j[4][k]);
            }
        }
        if self.family != ErrorFamily::Normal {
            let (k, v) = take();
            let (tail, slope) = by_square(TAIL_MIN, TAIL_MAX, v);
            (p[5], j[5][k]) = (1.0 / tail, -slope / (tail * tail));
        }
        if self.family == ErrorFamily::SkewedT {
            let (k, v) = take();
            (p[6], j[6][k]) = between(-LAMBDA_MAX, LAMBDA_MAX, v);
        }
        (p, j)
    }

    /// The free variables of parameters inside the bounds.
    pub(super) fn free(&self, p: &[f64; 7]) -> Vec<f64> {
        let [mu, omega, alpha, gamma, beta, nu, lambda] = *p;
        let mut u = Vec::with_capacity(7);
        if self.mean == Mean::Constant {
            u.push(mu);
        }
        match self.kind {
            Kind::Garch => {
                let whole = alpha + beta;
                u.extend([libm::log(omega), inverse(0.0, PERSISTENCE_MAX, whole), (alpha / beta).sqrt()]);
            }
            Kind::Gjr => {
                let whole = alpha + 0.5 * gamma + beta;
                u.extend([libm::log(omega), inverse(0.0, PERSISTENCE_MAX, whole)]);
                u.extend([(0.5 * alpha / beta).sqrt(), (0.5 * (alpha + gamma) / beta).sqrt()]);
            }
            Kind::Egarch => {
                let (alpha, gamma) = (alpha / RESPONSE_UNIT, gamma / RESPONSE_UNIT);
                u.extend([omega / (1.0 - beta), alpha, gamma, inverse(-BETA_MAX, BETA_MAX, beta)]);
            }
        }
        if self.family != ErrorFamily::Normal {
            let tail = 1.0 / nu;
            u.push(((tail - TAIL_MIN) / (TAIL_MAX - tail)).sqrt());
        }
        if self.family == ErrorFamily::SkewedT {
            u.push(inverse(-LAMBDA_MAX, LAMBDA_MAX, lambda));
        }
        u
    }
}

/// The logistic function between two bounds, and its slope.
fn between(low: f64, high: f64, u: f64) -> (f64, f64) {
    let small = libm::exp(-u.abs());
    let share = if u >= 0.0 { 1.0 / (1.0 + small) } else { small / (1.0 + small) };
    let slope = small / ((1.0 + small) * (1.0 + small));
    (low + (high - low) * share, (high - low) * slope)
}

/// Between two bounds the lower of which is reached at 0 and left again beyond: a search that oversteps it is not trapped,
/// as it would be where a slope dies away. The slope comes second.
fn by_square(low: f64, high: f64, u: f64) -> (f64, f64) {
    let more = 1.0 + u * u;
    (low + (high - low) * (u * u / more), (high - low) * 2.0 * u / (more * more))
}

/// The variable at which [`between`] gives `value`; a value at a bound is taken a little inside.
fn inverse(low: f64, high: f64, value: f64) -> f64 {
    let share = ((value - low) / (high - low)).clamp(1e-9, 1.0 - 1e-9);
    libm::log(share / (1.0 - share))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_come_back_and_slopes_are_differences() {
        let all = [
            (Kind::Garch, [0.02, 0.1, 0.07, 0.0, 0.9, 5.0, -0.2]),
            (Kind::Gjr, [0.02, 0.1, 0.03, 0.09, 0.88, 5.0, -0.2]),
            (Kind::Egarch, [0.02, -0.1, 0.2, -0.1, 0.95, 5.0, -0.2]),
        ];
        for (kind, p) in all {
            let it = Transform { kind, mean: Mean::Constant, family: ErrorFamily::SkewedT };
            let u = it.free(&p);
            let (back, slopes) = it.parameters(&u);
            for (b, p) in back.iter().zip(&p) {
                assert!((b - p).abs() < 1e-12, "{back:?}");
            }
            for k in 0..u.len() {
                let shifted = |by: f64| {
                    let mut u = u.clone();
                    u[k] += by;
                    it.parameters(&u).0
                };
                let (up, down) = (shifted(1e-6), shifted(-1e-6));
                for row in 0..7 {
                    let want = (up[row] - down[row]) / 2e-6;
                    assert!((slopes[row][k] - want).abs() < 1e-7 * want.abs().max(1.0), "{kind:?} {row} {k}");
                }
            }
        }
    }
}
