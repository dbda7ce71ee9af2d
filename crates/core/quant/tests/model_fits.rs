//! Models of prices fitted to paths of themselves: what was put in is found again, as far off as the standard errors say.

#![allow(clippy::unwrap_used, reason = "a test stops at what it does not expect")]

use scalp_quant::Error;
use scalp_quant::montecarlo::{FractionalBrownian, Grid, Merton, Paths, fractional, merton};
use scalp_quant::rng::Key;

const PER_YEAR: f64 = 365.0;

fn log_returns(made: &impl Paths, seed: u64) -> Vec<f64> {
    let mut path = vec![0.0; made.steps() + 1];
    made.path(&mut Key::named(seed, "fits").stream(0), &mut path);
    path.windows(2).map(|it| libm::log(it[1] / it[0])).collect()
}

/// Counts how often the true value lies within 1.96 standard errors, and asks for what chance allows around 95 in 100.
struct Coverage {
    name: &'static str,
    all: usize,
    within: usize,
    deviations: f64,
}

impl Coverage {
    fn new(name: &'static str) -> Self {
        Self { name, all: 0, within: 0, deviations: 0.0 }
    }

    fn count(&mut self, got: f64, want: f64, error: f64) {
        assert!(got.is_finite() && error > 0.0 && error.is_finite(), "{}: {got} {error}", self.name);
        self.all += 1;
        self.within += usize::from((got - want).abs() <= 1.96 * error);
        self.deviations += (got - want) / error;
    }

    /// `bias_max` in standard errors of one estimate.
    fn check(&self, least: f64, bias_max: f64) {
        let share = self.within as f64 / self.all as f64;
        let bias = self.deviations / self.all as f64;
        println!(
            "{}: {} of {} within 1.96 errors, mean deviation {bias:.3} errors",
            self.name, self.within, self.all
        );
        assert!(share >= least, "{}: {share}", self.name);
        assert!(bias.abs() <= bias_max, "{}: {bias}", self.name);
    }
}

#[test]
fn the_jumps_that_were_put_in_are_found_within_their_errors() {
    let put_in = merton::Parameters {
        start: 1.0,
        drift: 0.2,
        volatility: 0.5,
        jumps_per_year: 20.0,
        jump_mean: -0.02,
        jump_deviation: 0.08,
    };
    let grid = Grid::new(1_500, 1_500.0 / PER_YEAR).unwrap();
    let made = Merton::new(put_in, grid).unwrap();
    let names = ["drift", "volatility", "jumps per year", "mean of a jump", "deviation of a jump"];
    let mut counted = names.map(Coverage::new);
    for seed in 0..80 {
        let got = merton::fit(&log_returns(&made, seed), 1.0 / PER_YEAR).unwrap();
        assert!(got.log_likelihood > got.log_likelihood_without_jumps + 10.0 && got.gradient_norm < 1e-6);
        let of = |it: merton::Parameters| {
            [it.drift, it.volatility, it.jumps_per_year, it.jump_mean, it.jump_deviation]
        };
        let all = of(got.parameters).into_iter().zip(of(put_in)).zip(of(got.standard_errors));
        for (at, ((got, want), error)) in all.enumerate() {
            // What cannot be below zero is nearer to normal as a logarithm.
            if [1, 2, 4].contains(&at) {
                counted[at].count(libm::log(got), libm::log(want), error / got);
            } else {
                counted[at].count(got, want, error);
            }
        }
    }
    counted.iter().for_each(|it| it.check(0.88, 0.3));
}

#[test]
fn returns_without_jumps_have_none_fitted_or_few_that_matter() {
    let grid = Grid::new(1_000, 1_000.0 / PER_YEAR).unwrap();
    let none = merton::Parameters {
        start: 1.0,
        drift: 0.1,
        volatility: 0.4,
        jumps_per_year: 0.0,
        jump_mean: 0.0,
        jump_deviation: 0.0,
    };
    let made = Merton::new(none, grid).unwrap();
    let mut refused = 0;
    for seed in 0..20 {
        match merton::fit(&log_returns(&made, seed), 1.0 / PER_YEAR) {
            Err(Error::NotConverged { detail, .. }) => {
                assert!(detail.contains("a model without jumps"), "{detail}");
                refused += 1;
            }
            Err(other) => panic!("{other}"),
            // Chance alone: half of the difference of the likelihoods of three parameters more.
            Ok(it) => assert!(it.log_likelihood - it.log_likelihood_without_jumps < 12.0),
        }
    }
    println!("{refused} of 20 series without jumps refused");
    let still = merton::fit(&[0.01; 200], 1.0 / PER_YEAR);
    assert!(matches!(still, Err(Error::Constant { .. })), "{still:?}");
    assert!(matches!(merton::fit(&[0.0, 0.1], 0.01), Err(Error::TooShort { .. })));
    let mut bad = vec![0.01; 200];
    bad[7] = f64::NAN;
    assert!(matches!(merton::fit(&bad, 0.01), Err(Error::NotFinite { index: 7, .. })));
}

/// A step twice as long has the same parameters per year; returns of another unit have theirs.
#[test]
fn a_fit_of_jumps_does_not_depend_on_the_unit_of_time_or_of_returns() {
    let put_in = merton::Parameters {
        start: 1.0,
        drift: 0.0,
        volatility: 0.3,
        jumps_per_year: 30.0,
        jump_mean: 0.03,
        jump_deviation: 0.05,
    };
    let made = Merton::new(put_in, Grid::new(1_000, 1_000.0 / PER_YEAR).unwrap()).unwrap();
    let x = log_returns(&made, 3);
    let once = merton::fit(&x, 1.0 / PER_YEAR).unwrap().parameters;
    let longer = merton::fit(&x, 2.0 / PER_YEAR).unwrap().parameters;
    assert!((longer.jumps_per_year / once.jumps_per_year - 0.5).abs() < 1e-9);
    assert!((longer.volatility / once.volatility - libm::sqrt(0.5)).abs() < 1e-9);
    let small: Vec<f64> = x.iter().map(|it| it * 1e-4).collect();
    let small = merton::fit(&small, 1.0 / PER_YEAR).unwrap().parameters;
    assert!((small.jump_deviation / once.jump_deviation / 1e-4 - 1.0).abs() < 1e-5, "{small:?} {once:?}");
}

#[test]
fn the_exponent_that_was_put_in_is_found_within_its_error() {
    for hurst in [0.3, 0.5, 0.7] {
        let put_in = fractional::Parameters { start: 0.0, hurst, scale: 0.6 };
        let grid = Grid::new(400, 400.0 / PER_YEAR).unwrap();
        let made = FractionalBrownian::new(put_in, grid).unwrap();
        let (mut exponent, mut scale) = (Coverage::new("Hurst"), Coverage::new("scale"));
        for seed in 0..100 {
            let mut path = vec![0.0; 401];
            made.path(&mut Key::named(seed, "fits").stream(1), &mut path);
            let steps: Vec<f64> = path.windows(2).map(|it| it[1] - it[0] + 0.001).collect();
            let got = fractional::fit(&steps, 1.0 / PER_YEAR).unwrap();
            exponent.count(got.hurst, hurst, got.hurst_error);
            scale.count(libm::log(got.scale), libm::log(0.6), got.scale_error / got.scale);
            assert!(got.log_likelihood >= got.log_likelihood_independent - 1e-9);
            let again = fractional::scale_at(&steps, 1.0 / PER_YEAR, got.hurst).unwrap();
            assert!((again / got.scale - 1.0).abs() < 1e-9);
        }
        println!("exponent {hurst}");
        exponent.check(0.88, 0.3);
        scale.check(0.88, 0.3);
    }
}

/// The restricted likelihood written out: a normal law with the covariance matrix of the noise.
#[test]
fn the_recursion_is_the_likelihood_of_the_whole_matrix() {
    use scalp_quant::matrix::{Cholesky, Matrix};
    let x: Vec<f64> = (0..60).map(|i| libm::sin(f64::from(i * i)) + 0.2 * libm::cos(f64::from(i))).collect();
    let got = fractional::fit(&x, 1.0).unwrap();
    let n = x.len();
    let power = |k: f64| libm::pow(k.abs(), 2.0 * got.hurst);
    let noise = |k: f64| 0.5 * (power(k + 1.0) - 2.0 * power(k) + power(k - 1.0));
    let mut matrix = Matrix::zeros(n, n);
    for i in 0..n {
        for j in 0..n {
            matrix[(i, j)] = noise(i as f64 - j as f64);
        }
    }
    let factor = Cholesky::of(&matrix).unwrap();
    let ones = factor.solve(&vec![1.0; n]).unwrap();
    let sum: f64 = ones.iter().sum();
    let mean = x.iter().zip(&ones).map(|(a, b)| a * b).sum::<f64>() / sum;
    let away: Vec<f64> = x.iter().map(|it| it - mean).collect();
    let solved = factor.solve(&away).unwrap();
    let square: f64 = away.iter().zip(&solved).map(|(a, b)| a * b).sum();
    let free = n as f64 - 1.0;
    let variance = square / free;
    let want = -0.5
        * (free * (libm::log(2.0 * std::f64::consts::PI * variance) + 1.0)
            + factor.log_determinant()
            + libm::log(sum));
    println!("likelihood: deviation {:.1e}", (got.log_likelihood / want - 1.0).abs());
    assert!((got.log_likelihood / want - 1.0).abs() < 1e-10, "{} {want}", got.log_likelihood);
    assert!((got.step_mean - mean).abs() < 1e-9 && (got.scale / libm::sqrt(variance) - 1.0).abs() < 1e-9);
}

#[test]
fn an_exponent_is_refused_where_there_is_none() {
    let trend: Vec<f64> = (0..200).map(|i| f64::from(i) + 0.01 * libm::sin(f64::from(i * i))).collect();
    let said = fractional::fit(&trend, 1.0).unwrap_err().to_string();
    assert!(said.contains("still grows at 0.99"), "{said}");
    assert!(matches!(fractional::fit(&[0.5; 100], 1.0), Err(Error::Constant { .. })));
    assert!(matches!(fractional::fit(&[0.1, 0.2], 1.0), Err(Error::TooShort { .. })));
}
