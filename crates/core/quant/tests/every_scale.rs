//! Volatility, tails and copulas on series of any size and shape: the answer is finite or a named refusal, scales with its
//! input, and keeps the order that the measures have.
#![allow(clippy::unwrap_used, reason = "tests only")]

use proptest::prelude::*;
use scalp_quant::Error;
use scalp_quant::dependence::copula::{ArchimedeanCopula, Copula, Family};
use scalp_quant::dependence::rank::pseudo_observations;
use scalp_quant::dependence::{covariance, denoise, shrinkage};
use scalp_quant::forecast::arima::{Arima, Order, SeasonalOrder};
use scalp_quant::matrix::{Cholesky, Eigen, Matrix, nearest_correlation};
use scalp_quant::rng::Key;
use scalp_quant::tails::{
    CornishFisher, TailRisk, conditional_tail, drawdowns, entropic_var, filtered_historical, fit_pareto_tail,
    fit_student, historical_contributions, historical_tail, mcneil_frey, normal_contributions, normal_tail,
};
use scalp_quant::volatility::{
    ErrorFamily, Ewma, Kind, Spec, bipower_variation, fit, fit_dcc, fit_har, jump_test, realised_variance,
};

/// Sizes of returns that units can have: of a coin with eight zeros, of basis points, of wei.
const SCALES: [f64; 5] = [1e-12, 1e-4, 1.0, 1e4, 1e12];

/// A series of `n` values with one of the shapes that break estimators.
fn shaped(seed: u64, n: usize, shape: usize) -> Vec<f64> {
    let mut stream = Key::named(seed, "every scale").stream(shape as u64);
    let mut level = 1.0;
    (0..n)
        .map(|t| match shape {
            // Clusters of volatility.
            0 => {
                level = 0.05 + 0.9 * level + 0.05 * stream.normal() * stream.normal();
                stream.normal() * level.abs().max(0.1).sqrt()
            }
            // Ties: three values only.
            1 => stream.below(3) as f64 - 1.0,
            // Constant.
            2 => 0.25,
            // Constant but for one.
            3 => f64::from(u8::from(t == n / 2)),
            // Half of it zero.
            4 => {
                if stream.below(2) == 0 {
                    0.0
                } else {
                    stream.normal()
                }
            }
            // No mean, no variance.
            5 => stream.normal() / stream.uniform(),
            // Alternating.
            6 => {
                if t % 2 == 0 {
                    1.0
                } else {
                    -1.0
                }
            }
            // A trend without noise.
            _ => t as f64,
        })
        .collect()
}
const SHAPES: usize = 8;

#[track_caller]
fn sound(name: &str, answer: Result<Vec<f64>, Error>) {
    if let Ok(values) = answer {
        assert!(values.iter().all(|v| v.is_finite()), "{name}: {values:?}");
    }
}

#[track_caller]
fn ordered(name: &str, answer: Result<TailRisk, Error>) {
    if let Ok(it) = answer {
        assert!(it.value_at_risk.is_finite() && it.expected_shortfall.is_finite(), "{name}: {it:?}");
        assert!(it.value_at_risk <= it.expected_shortfall, "{name}: {it:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(40) })]

    #[test]
    fn tails_are_finite_and_ordered(seed in 0_u64..1_000_000, shape in 0..SHAPES, scale in prop::sample::select(SCALES.to_vec()), confidence in 0.51..0.999_f64) {
        let returns: Vec<f64> = shaped(seed, 260, shape).iter().map(|r| r * scale).collect();
        let losses: Vec<f64> = returns.iter().map(|r| -r).collect();
        ordered("historical", historical_tail(&returns, confidence));
        ordered("normal", normal_tail(&returns, confidence, 10.0));
        ordered("Student-t", fit_student(&returns).and_then(|it| it.distribution.tail(confidence)));
        ordered("Cornish-Fisher", CornishFisher::new(&returns).and_then(|it| it.tail(confidence)));
        ordered("extreme", fit_pareto_tail(&losses, 0.2).and_then(|it| it.tail(confidence.max(0.9))));
        sound("entropic", entropic_var(&returns, confidence).map(|it| vec![it]));
        if let (Ok(plain), Ok(entropic)) = (historical_tail(&returns, confidence), entropic_var(&returns, confidence)) {
            let size = returns.iter().fold(0.0, |m: f64, r| m.max(r.abs()));
            prop_assert!(entropic >= plain.value_at_risk - 1e-9 * size, "{entropic} {plain:?}");
        }
        sound("drawdowns", drawdowns(&returns.iter().map(|r| r.abs() + scale).collect::<Vec<_>>()).map(|it| vec![it.max, it.average, it.ulcer]));
        let forecast = TailRisk { value_at_risk: 0.1 * scale, expected_shortfall: 0.2 * scale };
        let test = mcneil_frey(&returns, &vec![forecast; 260], &vec![scale; 260], 50, 1);
        sound("McNeil-Frey", test.map(|it| vec![it.statistic, it.p_value]));
    }

    #[test]
    fn the_unit_of_the_returns_changes_nothing(seed in 0_u64..1_000_000, scale in prop::sample::select(SCALES.to_vec())) {
        let plain = shaped(seed, 400, 0);
        // A power of two leaves every digit as it is.
        let unit = libm::exp2(libm::round(libm::log2(scale)));
        let scaled: Vec<f64> = plain.iter().map(|r| r * unit).collect();
        let near = |name: &str, a: f64, b: f64| assert!((a * unit - b).abs() <= 1e-9 * b.abs().max(unit * 1e-6), "{name}: {} {b}", a * unit);
        let (a, b) = (historical_tail(&plain, 0.95).unwrap(), historical_tail(&scaled, 0.95).unwrap());
        near("historical", a.expected_shortfall, b.expected_shortfall);
        let tail = |x: &[f64]| fit_student(x).and_then(|it| it.distribution.tail(0.99));
        if let (Ok(a), Ok(b)) = (tail(&plain), tail(&scaled)) {
            near("Student-t", a.value_at_risk, b.value_at_risk);
        }
        let model = |x: &[f64]| {
            let found = fit(x, &Spec::new(Kind::Garch, ErrorFamily::StudentT))?;
            Ok::<_, Error>((found.stream.variance().sqrt(), filtered_historical(&found, x, 0.99)?.value_at_risk))
        };
        match (model(&plain), model(&scaled)) {
            (Ok(a), Ok(b)) => {
                prop_assert!((a.0 * unit / b.0 - 1.0).abs() < 1e-6, "{} {}", a.0 * unit, b.0);
                prop_assert!((a.1 * unit / b.1 - 1.0).abs() < 1e-5, "{} {}", a.1 * unit, b.1);
            }
            (Err(_), Err(_)) => {}
            (a, b) => prop_assert!(false, "{a:?} {b:?}"),
        }
        let (a, b) = (entropic_var(&plain, 0.95).unwrap(), entropic_var(&scaled, 0.95).unwrap());
        near("entropic", a, b);
    }

    #[test]
    fn volatility_is_finite_and_positive(seed in 0_u64..1_000_000, shape in 0..SHAPES, scale in prop::sample::select(SCALES.to_vec())) {
        let returns: Vec<f64> = shaped(seed, 150, shape).iter().map(|r| r * scale).collect();
        for kind in [Kind::Garch, Kind::Gjr, Kind::Egarch] {
            for errors in [ErrorFamily::Normal, ErrorFamily::StudentT, ErrorFamily::SkewedT] {
                let Ok(found) = fit(&returns, &Spec::new(kind, errors)) else { continue };
                prop_assert!(found.stream.variance() > 0.0 && found.log_likelihood.is_finite(), "{kind:?} {errors:?} {shape}");
                if kind != Kind::Egarch {
                    let ahead = found.forecast(50).unwrap();
                    prop_assert!(ahead.iter().all(|v| *v > 0.0 && v.is_finite()), "{ahead:?}");
                }
                ordered("conditional", conditional_tail(&found.stream, 0.99, 1));
                if let Some(errors) = found.standard_errors {
                    for it in errors.classical.iter().chain(&errors.robust).flatten() {
                        prop_assert!(*it > 0.0 && it.is_finite());
                    }
                }
            }
        }
        let squares: Vec<f64> = returns.iter().map(|r| r * r).collect();
        sound("HAR", fit_har(&squares, 5).map(|it| [it.model.coefficients, it.standard_errors].concat()));
        sound("realised", realised_variance(&returns).map(|it| vec![it]));
        sound("bipower", bipower_variation(&returns).map(|it| vec![it]));
        sound("jumps", jump_test(&returns).map(|it| vec![it.statistic, it.p_value]));
        if let Ok(mut ewma) = Ewma::new(0.94, scale * scale) {
            returns.iter().for_each(|r| { let _ = ewma.update(*r); });
            prop_assert!(ewma.variance().is_finite() && ewma.variance() >= 0.0);
        }
    }

    #[test]
    fn contributions_sum_to_the_whole(seed in 0_u64..1_000_000, shape in 0..SHAPES, scale in prop::sample::select(SCALES.to_vec())) {
        let series: Vec<Vec<f64>> = (0..4).map(|k| shaped(seed + k, 120, if k == 0 { shape } else { 0 }).iter().map(|r| r * scale).collect()).collect();
        let slices: Vec<&[f64]> = series.iter().map(Vec::as_slice).collect();
        let weights = [0.4, -0.3, 0.5, 0.2];
        let size = series.iter().flatten().fold(0.0, |m: f64, r| m.max(r.abs()));
        if let Ok(it) = historical_contributions(&weights, &slices, 0.9) {
            prop_assert!((it.component.iter().sum::<f64>() - it.total).abs() <= 1e-12 * size, "{it:?}");
        }
        let panel = Matrix::from_columns(&series).unwrap();
        let Ok(sample) = covariance::sample(&panel) else { return Ok(()) };
        if let Ok((at_risk, shortfall)) = normal_contributions(&weights, &[0.0; 4], sample.values(), 0.95) {
            for it in [at_risk, shortfall] {
                prop_assert!((it.component.iter().sum::<f64>() - it.total).abs() <= 1e-12 * it.total.abs(), "{it:?}");
            }
        }
    }

    #[test]
    fn matrices_are_valid(seed in 0_u64..1_000_000, shape in 0..SHAPES, scale in prop::sample::select(SCALES.to_vec()), days in 6_usize..60) {
        // Six assets, the last all but the sum of the first two: near singular, and singular for few days.
        let mut series: Vec<Vec<f64>> = (0..6).map(|k| shaped(seed + k, days, if k == 0 { shape } else { 0 })).collect();
        series[5] = series[0].iter().zip(&series[1]).zip(&series[2]).map(|((a, b), c)| a + b + 1e-7 * c).collect();
        let panel = Matrix::from_columns(&series).unwrap().scaled(scale);
        let valid = |name: &str, matrix: &Matrix| {
            matrix.require_symmetric(name_of(name)).unwrap();
            let eigen = Eigen::of(matrix).unwrap();
            let largest = eigen.values[eigen.values.len() - 1];
            assert!(eigen.values[0] >= -1e-10 * largest, "{name}: {:?}", eigen.values);
        };
        for (name, found) in [
            ("sample", covariance::sample(&panel)),
            ("exponential", covariance::exponential(&panel, 20.0)),
            ("semi", covariance::semicovariance(&panel, 0.0)),
            ("constant variance", shrinkage::constant_variance(&panel).map(|it| it.covariance)),
            ("oracle", shrinkage::oracle_approximating(&panel).map(|it| it.covariance)),
            ("constant correlation", shrinkage::constant_correlation(&panel).map(|it| it.covariance)),
            ("single factor", shrinkage::single_factor(&panel).map(|it| it.covariance)),
        ] {
            if let Ok(found) = found {
                valid(name, &found);
            }
        }
        if let Ok(correlation) = covariance::correlation(&panel) {
            correlation.require_correlation("the sample correlation").unwrap();
            if let Ok(it) = denoise::constant_residual(&correlation, days) {
                it.correlation.require_correlation("the denoised correlation").unwrap();
                valid("denoised", &it.correlation);
            }
            let crooked = Matrix::from_rows(&(0..6).map(|i| (0..6).map(|j| if i == j { 1.0 } else { (correlation[(i, j)] * 1.4).clamp(-1.0, 1.0) }).collect::<Vec<f64>>()).collect::<Vec<_>>()).unwrap();
            let nearest = nearest_correlation(&crooked, 1e-6).unwrap().matrix;
            nearest.require_correlation("the nearest correlation").unwrap();
            prop_assert!(Cholesky::of(&nearest).is_ok());
        }
    }

    #[test]
    fn copulas_of_ties_are_finite(seed in 0_u64..1_000_000, shape in 0..SHAPES) {
        let (x, y) = (shaped(seed, 80, shape), shaped(seed + 1, 80, 0));
        let uniforms = pseudo_observations(&Matrix::from_columns(&[x, y]).unwrap()).unwrap();
        for family in [Family::Clayton, Family::Gumbel, Family::Frank] {
            for survival in [false, true] {
                let found = ArchimedeanCopula::fit(family, &uniforms, survival).unwrap();
                prop_assert!(found.copula.theta().is_finite() && found.ln_likelihood.is_finite());
                // No other parameter of the family is likelier.
                for theta in [1.1, 2.0, 8.0] {
                    let other = ArchimedeanCopula::new(family, theta).unwrap();
                    let other = if survival { other.survival() } else { other };
                    prop_assert!(found.ln_likelihood >= other.ln_likelihood(&uniforms).unwrap() - 1e-6);
                }
            }
            sound("by tau", ArchimedeanCopula::of_tau(family, &uniforms).map(|it| vec![it.theta(), it.tau()]));
        }
    }

    #[test]
    fn seasonal_models_are_finite(seed in 0_u64..1_000_000, shape in 0..SHAPES, scale in prop::sample::select(SCALES.to_vec())) {
        let x: Vec<f64> = shaped(seed, 60, shape).iter().map(|r| r * scale).collect();
        let order = Order { p: 1, d: 0, q: 1, constant: true };
        for seasonal in [SeasonalOrder { p: 1, d: 0, q: 0, period: 7 }, SeasonalOrder { p: 0, d: 1, q: 1, period: 7 }] {
            sound("seasonal", Arima::fit_seasonal(&x, order, seasonal).and_then(|it| {
                let made = it.forecast(9, 0.9)?;
                Ok([made.mean, made.lower, made.upper, vec![it.aicc]].concat())
            }));
        }
    }
}

fn name_of(_: &str) -> &'static str {
    "an estimated covariance"
}

#[test]
fn correlations_of_moving_volatility_stay_valid() {
    for (seed, scale) in (0..3).zip([1e-12, 1.0, 1e12]) {
        let series: Vec<Vec<f64>> =
            (0..3).map(|k| shaped(seed + 10 * k, 400, 0).iter().map(|r| r * scale).collect()).collect();
        let slices: Vec<&[f64]> = series.iter().map(Vec::as_slice).collect();
        let Ok(found) = fit_dcc(&slices, &Spec::new(Kind::Garch, ErrorFamily::Normal)) else { continue };
        let now = (0..9).map(|k| found.stream.correlation(k / 3, k % 3).unwrap()).collect();
        let matrix = Matrix::new(3, 3, now).unwrap();
        matrix.require_correlation("the dynamic correlation").unwrap();
        assert!(Cholesky::of(&matrix).is_ok());
    }
}
