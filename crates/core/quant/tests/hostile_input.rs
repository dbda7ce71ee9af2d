//! Numbers that nobody should send: an answer is a finite number or a named refusal, never NaN and never a panic.
#![allow(clippy::unwrap_used, reason = "tests only")]

use proptest::prelude::*;
use scalp_quant::bootstrap::{Plan, RatioBootstrap, Ratios, optimal_block_length};
use scalp_quant::dependence::copula::{DegreesOfFreedom, GaussianPair, StudentCopula, StudentPair};
use scalp_quant::dependence::{covariance, denoise, rank, shrinkage};
use scalp_quant::matrix::{Cholesky, Eigen, Matrix, nearest_correlation};
use scalp_quant::montecarlo::Estimate;
use scalp_quant::performance as of;
use scalp_quant::rng::Key;
use scalp_quant::tails;

/// Ordinary numbers, and the ones at the ends.
fn number() -> impl Strategy<Value = f64> {
    prop_oneof![
        4 => -1.0..1.0,
        1 => prop::sample::select(vec![
            0.0, -0.0, 1.0, -1.0, 1e-320, -1e-320, 1e-160, 1e160, -1e160, 1e308, -1e308, f64::MAX, f64::NAN,
            f64::INFINITY, f64::NEG_INFINITY,
        ]),
    ]
}

/// One strange number at most, so that not everything is refused at the door.
fn series(length: std::ops::Range<usize>) -> impl Strategy<Value = Vec<f64>> {
    (prop::collection::vec(-0.5..0.5, length), number(), any::<prop::sample::Index>()).prop_map(
        |(mut values, strange, at)| {
            if !values.is_empty() {
                let at = at.index(values.len());
                values[at] = strange;
            }
            values
        },
    )
}

#[track_caller]
fn sound<T>(answer: Result<T, scalp_quant::Error>, values: impl Fn(&T) -> Vec<f64>) {
    if let Ok(it) = answer {
        assert!(values(&it).iter().all(|v| v.is_finite()), "{:?}", values(&it));
    }
}

#[track_caller]
fn finite(answer: Result<f64, scalp_quant::Error>) {
    sound(answer, |v| vec![*v]);
}

proptest! {
    #[test]
    fn ratios(returns in series(0..40), year in number()) {
        finite(of::total_return(&returns));
        finite(of::omega(&returns, 0.0));
        finite(of::gain_to_pain(&returns));
        finite(of::win_rate(&returns));
        finite(of::payoff(&returns));
        finite(of::kelly(&returns));
        finite(of::cpc_index(&returns));
        finite(of::tail_ratio(&returns));
        finite(of::stability(&returns));
        sound(tails::drawdowns_of_returns(&returns), |d| vec![d.max, d.average, d.ulcer]);
        for year in [365.0, year] {
            finite(of::annual_return(&returns, year));
            finite(of::volatility(&returns, year));
            finite(of::sharpe(&returns, year));
            finite(of::sortino(&returns, year));
            finite(of::calmar(&returns, year));
        }
        sound(optimal_block_length(&returns), |b| vec![b.stationary, b.circular]);
        sound(Estimate::mean(&returns), |e| vec![e.value, e.standard_error]);
        if let Ok(bootstrap) = RatioBootstrap::new(&returns, Plan::new(365.0, Key::named(1, "hostile"))) {
            let mut out = vec![Ratios::default(); 20];
            bootstrap.evaluate(0, &mut out);
            if let Ok(report) = bootstrap.report(&out) {
                for p in [report.total_return, report.sharpe, report.calmar, report.ulcer_index].into_iter().flatten() {
                    assert!(p.array().iter().all(|v| v.is_finite()));
                }
            }
        }
    }

    #[test]
    fn dependence(x in series(0..45), y in series(0..45), z in series(0..45)) {
        finite(rank::kendall(&x, &y));
        finite(rank::spearman(&x, &y));
        let n = x.len().min(y.len()).min(z.len());
        let Ok(panel) = Matrix::from_columns(&[&x[..n], &y[..n], &z[..n]]) else { return Ok(()) };
        let all = |m: &Matrix| m.values().to_vec();
        sound(covariance::sample(&panel), all);
        sound(covariance::exponential(&panel, 10.0), all);
        sound(covariance::semicovariance(&panel, 0.0), all);
        sound(covariance::correlation(&panel), all);
        sound(shrinkage::constant_variance(&panel), |s| s.covariance.values().to_vec());
        sound(shrinkage::oracle_approximating(&panel), |s| s.covariance.values().to_vec());
        sound(shrinkage::constant_correlation(&panel), |s| s.covariance.values().to_vec());
        sound(shrinkage::single_factor(&panel), |s| s.covariance.values().to_vec());
        if let Ok(correlation) = covariance::correlation(&panel) {
            sound(denoise::constant_residual(&correlation, n), |d| d.correlation.values().to_vec());
        }
        sound(StudentCopula::fit(&panel, DegreesOfFreedom::default()), |f| vec![f.ln_likelihood, f.copula.nu()]);
        let Ok(pair) = Matrix::from_columns(&[&x[..n], &y[..n]]) else { return Ok(()) };
        let uniforms = rank::pseudo_observations(&pair).unwrap();
        for uniforms in [&pair, &uniforms] {
            sound(StudentPair::fit(uniforms, DegreesOfFreedom::default()), |f| vec![f.rho, f.nu, f.ln_likelihood]);
            sound(GaussianPair::fit(uniforms), |f| vec![f.rho, f.ln_likelihood]);
        }
    }

    #[test]
    fn matrices(values in series(9..10)) {
        let Ok(given) = Matrix::new(3, 3, values) else { return Ok(()) };
        let rows: Vec<Vec<f64>> =
            (0..3).map(|i| (0..3).map(|j| given[(i.min(j), i.max(j))]).collect()).collect();
        let symmetric = Matrix::from_rows(&rows).unwrap();
        for matrix in [&given, &symmetric] {
            sound(Cholesky::of(matrix), |c| c.lower().values().to_vec());
            sound(Eigen::of(matrix), |e| e.values.clone());
            sound(nearest_correlation(matrix, 1e-6), |n| n.matrix.values().to_vec());
        }
    }
}
