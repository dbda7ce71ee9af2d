//! The standard errors of the GARCH family against a slow twin by numerical differences of the textbook likelihood, and
//! against simulation: how often an interval holds the truth.

#![allow(clippy::unwrap_used, reason = "a test fails where a value is missing")]

mod golden;

use golden::sp500_returns;
use scalp_quant::matrix::{Cholesky, Matrix};
use scalp_quant::rng::Key;
use scalp_quant::special::{HansenT, normal_pdf};
use scalp_quant::volatility::{ErrorFamily, Errors, Fit, Garch, Kind, Params, Spec, fit};

const NORMAL: Errors = Errors::Normal;
const STUDENT: Errors = Errors::StudentT { nu: 6.0 };
const SKEWED: Errors = Errors::SkewedT { nu: 6.0, lambda: -0.2 };

fn truth(kind: Kind, errors: Errors) -> Params {
    let (omega, alpha, gamma, beta) = match kind {
        Kind::Garch => (0.05, 0.1, 0.0, 0.85),
        // Well away from 0: beside a bound the spread of an estimate is not normal, and fewer are covered.
        Kind::Gjr => (0.05, 0.08, 0.1, 0.82),
        Kind::Egarch => (0.01, 0.2, -0.08, 0.95),
    };
    Params { mu: 0.05, omega, alpha, gamma, beta, errors }
}

fn simulated(kind: Kind, params: Params, n: usize, trial: u64) -> Vec<f64> {
    let mut draws = Key::named(11, "coverage of standard errors").stream(trial);
    let mut filter = Garch::new(kind, params).unwrap().stream(1.0).unwrap();
    (0..n)
        .map(|_| {
            let error = params.errors.quantile(draws.uniform().max(1e-12)).unwrap();
            let value = params.mu + filter.variance().sqrt() * error;
            filter.update(value).unwrap();
            value
        })
        .collect()
}

/// The log-likelihood of each return as the textbook has it. `signs` are those of the errors in EGARCH's `|z|`; of the
/// errors themselves when absent.
fn terms(kind: Kind, p: &[f64], returns: &[f64], backcast: f64, signs: Option<&[f64]>) -> Vec<f64> {
    let [mu, omega, alpha, gamma, beta, ..] = *p else { panic!("five parameters at least") };
    let ln_density = |z: f64| match *p {
        [_, _, _, _, _, nu] => HansenT::new(nu, 0.0).unwrap().ln_pdf(z),
        [_, _, _, _, _, nu, lambda] => HansenT::new(nu, lambda).unwrap().ln_pdf(z),
        _ => libm::log(normal_pdf(z)),
    };
    let mut variance = match kind {
        Kind::Egarch => libm::exp(omega + beta * libm::log(backcast)),
        _ => omega + (alpha + 0.5 * gamma + beta) * backcast,
    };
    let mut out = Vec::new();
    for (t, value) in returns.iter().enumerate() {
        let error = value - mu;
        let z = error / variance.sqrt();
        out.push(ln_density(z) - 0.5 * libm::log(variance));
        variance = if kind == Kind::Egarch {
            let size = signs.map_or(z.abs(), |it| it[t] * z);
            let mean = (2.0 / std::f64::consts::PI).sqrt();
            libm::exp(omega + alpha * (size - mean) + gamma * z + beta * libm::log(variance))
        } else {
            let response = if error < 0.0 { alpha + gamma } else { alpha };
            omega + response * error * error + beta * variance
        };
    }
    out
}

fn values(params: &Params) -> Vec<f64> {
    let mut out = vec![params.mu, params.omega, params.alpha, params.gamma, params.beta];
    match params.errors {
        Errors::Normal => {}
        Errors::StudentT { nu } => out.push(nu),
        Errors::SkewedT { nu, lambda } => out.extend([nu, lambda]),
    }
    out
}

fn square(n: usize, value: impl Fn(usize, usize) -> f64) -> Matrix {
    let row = |i: usize| (0..n).map(|j| value(i.min(j), i.max(j))).collect::<Vec<_>>();
    Matrix::from_rows(&(0..n).map(row).collect::<Vec<_>>()).unwrap()
}

/// Classical and robust standard errors along the columns of `along`, for each parameter, by differences of the terms:
/// four points for a slope, nine for a curvature.
fn twin(found: &Fit, returns: &[f64], along: &Matrix) -> [Vec<f64>; 2] {
    let kind = found.model.kind();
    let centre = values(found.model.params());
    let signs: Vec<f64> = returns.iter().map(|r| if *r < centre[0] { -1.0 } else { 1.0 }).collect();
    let free = along.cols();
    let steps: Vec<f64> = (0..free)
        .map(|column| {
            let size =
                |(place, by): (usize, f64)| if by.abs() > 0.0 { centre[place].abs() } else { f64::INFINITY };
            2e-3 * along
                .column(column)
                .into_iter()
                .enumerate()
                .map(size)
                .fold(f64::INFINITY, f64::min)
                .max(0.02)
        })
        .collect();
    let at = |moves: &[f64]| {
        let by = along.times_vector(moves).unwrap();
        let p: Vec<f64> = centre.iter().zip(by).map(|(p, by)| p + by).collect();
        terms(kind, &p, returns, found.backcast, Some(&signs))
    };
    let one = |i: usize, by: f64| {
        let mut moves = vec![0.0; free];
        moves[i] += by;
        at(&moves)
    };
    let scores: Vec<Vec<f64>> = (0..free)
        .map(|i| {
            let h = steps[i];
            let [a, b, c, d] = [-h, -0.5 * h, 0.5 * h, h].map(|by| one(i, by));
            (0..returns.len()).map(|t| (a[t] - 8.0 * b[t] + 8.0 * c[t] - d[t]) / (6.0 * h)).collect()
        })
        .collect();
    let total = |moves: &[f64]| at(moves).iter().sum::<f64>();
    let mixed = |i: usize, j: usize, scale: f64| {
        let sum = |a: f64, b: f64| {
            let mut moves = vec![0.0; free];
            moves[i] += a * scale * steps[i];
            moves[j] += b * scale * steps[j];
            total(&moves)
        };
        let four = sum(1.0, 1.0) - sum(1.0, -1.0) - sum(-1.0, 1.0) + sum(-1.0, -1.0);
        four / (4.0 * scale * scale * steps[i] * steps[j])
    };
    let information = square(free, |i, j| -(4.0 * mixed(i, j, 1.0) - mixed(i, j, 2.0)) / 3.0);
    let inverse = Cholesky::of(&information).unwrap().inverse();
    let middle = square(free, |i, j| scores[i].iter().zip(&scores[j]).map(|(a, b)| a * b).sum());
    let sandwich = inverse.times(&middle).unwrap().times(&inverse).unwrap();
    [inverse, sandwich].map(|covariance| {
        let all = along.times(&covariance).unwrap().times(&along.transposed()).unwrap();
        all.diagonal().iter().map(|variance| variance.sqrt()).collect()
    })
}

/// Every parameter free but the `gamma` of a plain GARCH.
fn every_direction(found: &Fit) -> Matrix {
    let size = values(found.model.params()).len();
    let places: Vec<usize> =
        (0..size).filter(|place| found.model.kind() != Kind::Garch || *place != 3).collect();
    let column = |place: &usize| (0..size).map(|row| f64::from(u8::from(row == *place))).collect::<Vec<_>>();
    Matrix::from_columns(&places.iter().map(column).collect::<Vec<_>>()).unwrap()
}

/// The worst relative distance of the errors stated from those of the twin.
fn apart(found: &Fit, twin: &[Vec<f64>; 2]) -> f64 {
    let stated = found.standard_errors.unwrap();
    let mut worst = 0.0_f64;
    for (stated, twin) in [stated.classical, stated.robust].iter().zip(twin) {
        for (place, want) in twin.iter().enumerate() {
            match stated[place] {
                Some(got) => worst = worst.max((got / want - 1.0).abs()),
                None => assert!(want.abs() <= 0.0, "{place}: none and {want}"),
            }
        }
    }
    worst
}

#[test]
fn standard_errors_are_those_of_differences_of_the_textbook_likelihood() {
    let market = sp500_returns();
    let market = &market[market.len() - 1_500..];
    for kind in [Kind::Garch, Kind::Gjr, Kind::Egarch] {
        for errors in [NORMAL, STUDENT, SKEWED] {
            let drawn = simulated(kind, truth(kind, errors), 1_500, 0);
            for (name, returns) in [("simulated", drawn.as_slice()), ("market", market)] {
                let found = fit(returns, &Spec::new(kind, errors.family())).unwrap();
                let worst = apart(&found, &twin(&found, returns, &every_direction(&found)));
                println!("{kind:?} {:?} {name}: worst relative deviation {worst:.1e}", errors.family());
                assert!(worst < 1e-3, "{kind:?} {errors:?} {name}: {worst}");
            }
        }
    }
}

/// Why the sign of each error is held: a difference of the likelihood over a kink measures the kink. The maximum of EGARCH
/// tends to lie on one, and with the step that is usual for second differences (`eps^(1/4)` of at least 0.1, as in
/// statsmodels and, over it, in `arch` 8.0) the mean then seems known many times better than it is: of 2,327 days of
/// bitcoin to the end of 2023 `arch` states 0.0013 where it is 0.044, which simulation bears out below.
#[test]
fn a_second_difference_over_a_kink_is_no_curvature() {
    let returns = simulated(Kind::Egarch, truth(Kind::Egarch, STUDENT), 2_000, 1);
    let found = fit(&returns, &Spec::new(Kind::Egarch, ErrorFamily::StudentT)).unwrap();
    let mut centre = values(found.model.params());
    let nearest = |a: &&f64, b: &&f64| (*a - centre[0]).abs().total_cmp(&(*b - centre[0]).abs());
    let kink = *returns.iter().min_by(nearest).unwrap();
    let near = |place: f64| returns.iter().filter(|r| (*r - place).abs() < 0.05).copied().collect::<Vec<_>>();
    centre[0] = kink;
    let by_step = |mean: f64, step: f64, signs: Option<&[f64]>| {
        let at = |by: f64| {
            let mut p = centre.clone();
            p[0] = mean + by;
            terms(Kind::Egarch, &p, &returns, found.backcast, signs).iter().sum::<f64>()
        };
        (2.0 * at(0.0) - at(step) - at(-step)) / (step * step)
    };
    let signs: Vec<f64> = returns.iter().map(|r| if *r < kink { -1.0 } else { 1.0 }).collect();
    let held = by_step(kink, 1e-3, Some(&signs));
    let again = by_step(kink, 1e-4, Some(&signs));
    assert!((again / held - 1.0).abs() < 1e-3, "{held} and {again}");
    // On the kinks near the maximum, of either sign, a short difference gives anything.
    let claimed: Vec<f64> = near(kink).into_iter().map(|it| by_step(it, 1.2e-5, None)).collect();
    let (least, most) = claimed.iter().fold((f64::INFINITY, 0.0_f64), |(l, m), c| (l.min(*c), m.max(*c)));
    println!("information about mu {held:.0}, over kinks {least:.0} to {most:.0}");
    assert!(most > 25.0 * held && least < 0.0);
    // Over many kinks they average out.
    let wide = by_step(kink, 0.1, None);
    println!("over many kinks {wide:.0}");
    assert!((wide / held - 1.0).abs() < 0.2, "{held} and {wide}");
}

/// Simulated under known parameters and fitted again: the truth should lie within 1.96 standard errors 95 times in 100.
/// Asked here is 90 to 98 in 100.
fn covers(kind: Kind, errors: Errors) {
    const TRIALS: u64 = 200;
    let params = truth(kind, errors);
    let want = values(&params);
    let places: Vec<usize> = (0..want.len()).filter(|place| kind != Kind::Garch || *place != 3).collect();
    // The responses of GJR, each to errors of one sign, take more returns to be normal.
    let n = if kind == Kind::Gjr { 4_000 } else { 2_000 };
    let mut covered = [[0_u32; 7]; 2];
    for trial in 0..TRIALS {
        let returns = simulated(kind, params, n, trial);
        let found = fit(&returns, &Spec::new(kind, errors.family())).unwrap();
        let got = values(found.model.params());
        let spread = found.standard_errors.unwrap();
        for (row, each) in covered.iter_mut().zip([spread.classical, spread.robust]) {
            for &place in &places {
                let error = each[place].map_or(0.0, |it| 1.96 * it);
                row[place] += u32::from((got[place] - want[place]).abs() <= error);
            }
        }
    }
    println!("{kind:?} {errors:?}, of {TRIALS}: classical {:?}, robust {:?}", covered[0], covered[1]);
    for row in covered {
        for &place in &places {
            assert!((180..=196).contains(&row[place]), "{kind:?} {errors:?} {place}: {row:?}");
        }
    }
}

#[test]
fn garch_normal_covers() {
    covers(Kind::Garch, NORMAL);
}

#[test]
fn garch_student_covers() {
    covers(Kind::Garch, STUDENT);
}

#[test]
fn garch_skewed_covers() {
    covers(Kind::Garch, SKEWED);
}

#[test]
fn gjr_normal_covers() {
    covers(Kind::Gjr, NORMAL);
}

#[test]
fn gjr_student_covers() {
    covers(Kind::Gjr, STUDENT);
}

#[test]
fn gjr_skewed_covers() {
    covers(Kind::Gjr, SKEWED);
}

#[test]
fn egarch_normal_covers() {
    covers(Kind::Egarch, NORMAL);
}

#[test]
fn egarch_student_covers() {
    covers(Kind::Egarch, STUDENT);
}

#[test]
fn egarch_skewed_covers() {
    covers(Kind::Egarch, SKEWED);
}

/// A fit whose persistence came to lie at 1 has one parameter less: the responses and the memory add up to it.
#[test]
fn a_nearly_integrated_fit_has_the_errors_of_the_integrated_model() {
    let errors = Errors::StudentT { nu: 4.0 };
    let params = Params { mu: 0.05, omega: 0.05, alpha: 0.1, gamma: 0.0, beta: 0.899_999, errors };
    let mut integrated = 0;
    let mut covered = [0; 6];
    for trial in 0..60 {
        let returns = simulated(Kind::Garch, params, 2_000, trial);
        let found = fit(&returns, &Spec::new(Kind::Garch, ErrorFamily::StudentT)).unwrap();
        if !found.nearly_integrated {
            continue;
        }
        integrated += 1;
        if integrated == 1 {
            // mu, omega, alpha with beta following, nu.
            let columns: [&[f64]; 4] = [
                &[1.0, 0.0, 0.0, 0.0, 0.0, 0.0],
                &[0.0, 1.0, 0.0, 0.0, 0.0, 0.0],
                &[0.0, 0.0, 1.0, 0.0, -1.0, 0.0],
                &[0.0, 0.0, 0.0, 0.0, 0.0, 1.0],
            ];
            let along = Matrix::from_columns(&columns).unwrap();
            let worst = apart(&found, &twin(&found, &returns, &along));
            println!("integrated: worst relative deviation {worst:.1e}");
            assert!(worst < 1e-3, "{worst}");
        }
        let (got, want, spread) =
            (values(found.model.params()), values(&params), found.standard_errors.unwrap().classical);
        for place in [0, 1, 2, 4, 5] {
            covered[place] += usize::from((got[place] - want[place]).abs() <= 1.96 * spread[place].unwrap());
        }
    }
    println!("integrated {integrated} of 60, covered {covered:?}");
    assert!(integrated >= 20);
    assert!([0, 1, 2, 4, 5].iter().all(|place| 5 * covered[*place] >= 4 * integrated), "{covered:?}");
}
