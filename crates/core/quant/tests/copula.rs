//! Copulas against pyvinecopulib and direct evaluation, on four stocks over 755 days.
#![allow(clippy::unwrap_used, reason = "tests only")]

mod golden;

use scalp_quant::dependence::copula::{
    Copula, DegreesOfFreedom, GaussianCopula, GaussianPair, StudentCopula, StudentPair, implied_correlation,
    tail,
};
use scalp_quant::dependence::rank;
use scalp_quant::matrix::{Eigen, Matrix};
use serde_json::Value;

/// Logarithmic returns of the first four stocks.
fn returns() -> Matrix {
    let text = golden::text("input/panel10_756d.csv");
    let prices: Vec<Vec<f64>> = text
        .lines()
        .skip(1)
        .map(|line| line.split(',').skip(1).take(4).map(|v| v.parse().unwrap()).collect())
        .collect();
    let rows: Vec<Vec<f64>> =
        prices.windows(2).map(|w| w[1].iter().zip(&w[0]).map(|(b, a)| libm::log(b / a)).collect()).collect();
    Matrix::from_rows(&rows).unwrap()
}

fn matrix(value: &Value) -> Matrix {
    let rows: Vec<Vec<f64>> = value
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row.as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect())
        .collect();
    Matrix::from_rows(&rows).unwrap()
}

fn worst(got: &Matrix, want: &Value) -> f64 {
    got.values().iter().zip(matrix(want).values()).fold(0.0, |m, (a, b)| m.max((a - b).abs()))
}

#[track_caller]
fn within(name: &str, got: f64, want: &Value, tolerance: f64) {
    let want = want.as_f64().unwrap();
    let off = (got - want).abs();
    println!("{name}: got {got}, want {want}, off by {off:.2e}");
    assert!(off <= tolerance, "{name}");
}

#[test]
fn ranks_and_implied_correlations_agree() {
    let (returns, want) = (returns(), golden::json("copula/t_copula_4.json"));
    let tau = worst(&rank::kendall_matrix(&returns).unwrap(), &want["kendall_tau"]);
    let implied = implied_correlation(&returns).unwrap();
    let r = worst(&implied.correlation, &want["R_sin_pi2_tau"]);
    println!("tau off by {tau:.2e}, R by {r:.2e}");
    assert!(tau < 1e-11 && r < 1e-11 && implied.corrected_by.is_none());
    within("least eigenvalue", Eigen::of(&implied.correlation).unwrap().values[0], &want["min_eig"], 1e-11);
    let spearman = rank::spearman(&returns.column(0), &returns.column(1)).unwrap();
    within("Spearman", spearman, &want["spearman_pair01"], 1e-11);
    let uniforms = rank::pseudo_observations(&returns).unwrap();
    let low = tail::empirical_lower(&uniforms.column(0), &uniforms.column(1), 0.05).unwrap();
    within("empirical tail dependence", low, &want["empirical_lower_tail_dep_q05_pair01"], 1e-11);
}

#[test]
fn the_profile_likelihood_agrees() {
    let (returns, want) = (returns(), golden::json("copula/t_copula_4.json"));
    let uniforms = rank::pseudo_observations(&returns).unwrap();
    let fit = StudentCopula::fit(&returns, DegreesOfFreedom::default()).unwrap();
    let nu = want["nu_given_R"].as_f64().unwrap();
    within("nu", fit.copula.nu(), &want["nu_given_R"], 1e-3 * nu);
    within("log likelihood", fit.ln_likelihood, &want["loglik"], 1e-6);
    let correlation = fit.copula.correlation();
    let at = |nu: f64| StudentCopula::new(correlation, nu).unwrap().ln_likelihood(&uniforms).unwrap();
    within("log likelihood at nu 4", at(4.0), &want["loglik_at_nu4"], 1e-6);
    let gaussian = GaussianCopula::new(correlation).unwrap().ln_likelihood(&uniforms).unwrap();
    within("Gaussian log likelihood", gaussian, &want["gaussian_copula_loglik_same_R"], 1e-6);
    // The tail dependence at the reference's own parameters takes the search out.
    let given = StudentCopula::new(&matrix(&want["R_sin_pi2_tau"]), nu).unwrap();
    let off = worst(&given.tail_dependence().unwrap(), &want["tail_dep_lower=upper"]);
    println!("tail dependence off by {off:.2e}");
    assert!(off < 1e-8);
}

#[test]
fn the_full_likelihood_of_a_pair_agrees() {
    let (returns, want) = (returns(), golden::json("copula/t_copula_4.json"));
    let pair = Matrix::from_columns(&[returns.column(0), returns.column(1)]).unwrap();
    let uniforms = rank::pseudo_observations(&pair).unwrap();
    let want = &want["bivariate_full_mle_pair01"];
    let got = StudentPair::fit(&uniforms, DegreesOfFreedom::default()).unwrap();
    for reference in ["own_nelder_mead", "pyvinecopulib_student"] {
        let want = &want[reference];
        within("log likelihood", got.ln_likelihood, &want["loglik"], 1e-6);
        within("rho", got.rho, &want["rho"], 4e-7);
        within("nu", got.nu, &want["nu"], 1e-3 * got.nu);
    }
    let gaussian = GaussianPair::fit(&uniforms).unwrap();
    within("Gaussian rho", gaussian.rho, &want["gaussian"]["param"][0], 4e-7);
    within("Gaussian log likelihood", gaussian.ln_likelihood, &want["gaussian"]["loglik"], 1e-6);
}

#[test]
fn densities_agree_at_given_points() {
    let want = &golden::json("copula/t_copula_4.json")["pdf_check"];
    let points = matrix(&want["u"]);
    let correlation = Matrix::from_rows(&[[1.0, 0.5], [0.5, 1.0]]).unwrap();
    let copula = StudentCopula::new(&correlation, 4.0).unwrap();
    for i in 0..points.rows() {
        let point = Matrix::from_rows(&[points.row(i)]).unwrap();
        within("log density", copula.ln_likelihood(&point).unwrap(), &want["logpdf"][i], 1e-10);
    }
}
