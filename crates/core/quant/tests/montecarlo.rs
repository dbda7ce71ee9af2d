//! Simulated moments against closed forms: within four standard errors of the sample, plus the allowance for
//! discretisation where a scheme is not exact.
#![allow(clippy::unwrap_used, reason = "tests only")]

mod golden;

use scalp_quant::montecarlo::{
    Draws, Estimate, FractionalBrownian, GeometricBrownian, Grid, Heston, Merton, OrnsteinUhlenbeck, Paths,
    evaluate, fractional, gbm, heston, merton, ornstein_uhlenbeck,
};
use scalp_quant::rng::Key;
use serde_json::Value;

const PATHS: usize = 100_000;

fn case(model: &str) -> Value {
    let all = golden::json("mc/closed_forms.json");
    let cases = all["cases"].as_array().unwrap();
    cases.iter().find(|c| c["model"].as_str().unwrap().starts_with(model)).unwrap().clone()
}

fn number(case: &Value, name: &str) -> f64 {
    case[name].as_f64().or_else(|| case["params"][name].as_f64()).unwrap_or_else(|| panic!("no {name}"))
}

/// The last values of the paths.
fn ends(model: &impl Paths, name: &str) -> Vec<f64> {
    let mut out = vec![0.0; PATHS];
    let draws = Draws::independent(Key::named(20_240_601, name));
    evaluate(model, draws, 0, &mut out, |path| path[path.len() - 1]);
    out
}

#[track_caller]
fn check(name: &str, got: f64, error: f64, want: f64, allowance: f64) {
    println!("{name}: got {got:.6}, want {want:.6}, off by {:.2} standard errors", (got - want) / error);
    assert!((got - want).abs() <= 4.0 * error + allowance, "{name}");
}

#[track_caller]
fn check_mean(name: &str, values: &[f64], want: f64, allowance: f64) {
    let got = Estimate::mean(values).unwrap();
    check(name, got.value, got.standard_error, want, allowance);
}

/// Central moments 2, 3 and 4 over a sample.
fn central(values: &[f64]) -> [f64; 3] {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    [2.0, 3.0, 4.0].map(|k| values.iter().map(|v| libm::pow(v - mean, k)).sum::<f64>() / n)
}

#[track_caller]
fn check_variance(name: &str, values: &[f64], want: f64, allowance: f64) {
    let [m2, _, m4] = central(values);
    check(name, m2, ((m4 - m2 * m2) / values.len() as f64).sqrt(), want, allowance);
}

/// Skewness with its error by splitting the sample into fifty parts.
#[track_caller]
fn check_shape(name: &str, values: &[f64], skew: (f64, f64), kurtosis: (f64, f64)) {
    let shape = |part: &[f64]| {
        let [m2, m3, m4] = central(part);
        (m3 / (m2 * m2.sqrt()), m4 / (m2 * m2) - 3.0)
    };
    let parts: Vec<(f64, f64)> = values.chunks_exact(values.len() / 50).map(shape).collect();
    let whole = shape(values);
    let error = |of: fn(&(f64, f64)) -> f64| {
        Estimate::mean(&parts.iter().map(of).collect::<Vec<_>>()).unwrap().standard_error
    };
    check(&format!("{name}, skewness"), whole.0, error(|p| p.0), skew.0, skew.1);
    check(&format!("{name}, excess kurtosis"), whole.1, error(|p| p.1), kurtosis.0, kurtosis.1);
}

#[test]
fn geometric_brownian_motion() {
    let want = case("GBM");
    let parameters = gbm::Parameters { start: 100.0, drift: 0.05, volatility: 0.6 };
    let model = GeometricBrownian::new(parameters, Grid::new(4, 1.0).unwrap()).unwrap();
    let end = ends(&model, "gbm");
    check_mean("GBM mean", &end, number(&want, "E[S_T]"), 0.0);
    check_variance("GBM variance", &end, number(&want, "Var[S_T]"), 0.0);
    let low = end.iter().filter(|s| **s < 90.0).count();
    let got = Estimate::probability(low, PATHS).unwrap();
    check("GBM below 90", got.value, got.standard_error, number(&want, "P(S_T<0.9 S0)"), 0.0);
    // The barrier is continuous: between two prices above it, a bridge touches it with a known probability
    // (Andersen and Brotherton-Ratcliffe 1996), which takes the discretisation out.
    let (grid, barrier) = (Grid::new(8, 1.0).unwrap(), 90.0_f64);
    let model = GeometricBrownian::new(parameters, grid).unwrap();
    let mut touched = vec![0.0; PATHS];
    let draws = Draws::independent(Key::named(20_240_601, "gbm barrier"));
    evaluate(&model, draws, 0, &mut touched, |path| {
        let spared: f64 = path
            .windows(2)
            .map(|w| {
                if w[0] <= barrier || w[1] <= barrier {
                    return 0.0;
                }
                let (a, b) = (libm::log(w[0] / barrier), libm::log(w[1] / barrier));
                1.0 - libm::exp(-2.0 * a * b / (0.36 * grid.dt()))
            })
            .product();
        1.0 - spared
    });
    check_mean("GBM barrier", &touched, number(&want, "P(min_t<=T S_t < 0.9 S0) continuous"), 0.0);
}

#[test]
fn antithetic_and_control_variates_keep_the_mean_and_shrink_the_error() {
    let want = case("GBM");
    let parameters = gbm::Parameters { start: 100.0, drift: 0.05, volatility: 0.6 };
    let model = GeometricBrownian::new(parameters, Grid::new(1, 1.0).unwrap()).unwrap();
    let key = Key::named(20_240_601, "variance reduction");
    let plain = Estimate::mean(&ends(&model, "gbm plain")).unwrap();
    let mut end = vec![0.0; PATHS];
    evaluate(&model, Draws::antithetic(key), 0, &mut end, |path| path[1]);
    let mirrored = Estimate::antithetic(&end).unwrap();
    let mean = number(&want, "E[S_T]");
    check("GBM antithetic", mirrored.value, mirrored.standard_error, mean, 0.0);
    assert!(mirrored.standard_error < 0.8 * plain.standard_error);
    // A call struck at 100: Black and Scholes 1973 with the drift as rate, not discounted; controlled by the price.
    evaluate(&model, Draws::independent(key), 0, &mut end, |path| path[1]);
    let call: Vec<f64> = end.iter().map(|s| (s - 100.0).max(0.0)).collect();
    let normal = |x: f64| scalp_quant::special::normal_cdf(x);
    let d1 = (0.05 + 0.18) / 0.6;
    let price = mean * normal(d1) - 100.0 * normal(d1 - 0.6);
    let (alone, controlled) =
        (Estimate::mean(&call).unwrap(), Estimate::with_control(&call, &end, mean).unwrap());
    check("call", alone.value, alone.standard_error, price, 0.0);
    check("controlled call", controlled.value, controlled.standard_error, price, 0.0);
    assert!(controlled.standard_error < 0.4 * alone.standard_error);
}

#[test]
fn ornstein_uhlenbeck_process() {
    let want = case("OU");
    let parameters =
        ornstein_uhlenbeck::Parameters { start: 1.0, reversion: 3.0, mean: 0.2, volatility: 0.4 };
    assert!((parameters.half_life() - number(&want, "half_life")).abs() < 1e-12);
    let model = OrnsteinUhlenbeck::new(parameters, Grid::new(3, 0.75).unwrap()).unwrap();
    let end = ends(&model, "ou");
    check_mean("OU mean", &end, number(&want, "E"), 0.0);
    check_variance("OU variance", &end, number(&want, "Var"), 0.0);
    // After ten years the law is the stationary one, and values 0.75 years apart correlate as stated.
    let long = OrnsteinUhlenbeck::new(parameters, Grid::new(15, 11.25).unwrap()).unwrap();
    let mut pairs = vec![(0.0, 0.0); PATHS];
    let draws = Draws::independent(Key::named(20_240_601, "ou long"));
    evaluate(&long, draws, 0, &mut pairs, |path| (path[14], path[15]));
    let last: Vec<f64> = pairs.iter().map(|p| p.1).collect();
    let stationary = number(&want, "stationary_var");
    check_variance("OU stationary variance", &last, stationary, 0.0);
    let products: Vec<f64> = pairs.iter().map(|p| (p.0 - 0.2) * (p.1 - 0.2) / stationary).collect();
    check_mean("OU autocorrelation", &products, number(&want, "autocorr_lag_T"), 0.0);
}

#[test]
fn heston_model() {
    let want = case("Heston");
    let parameters = heston::Parameters {
        start: 100.0,
        drift: 0.03,
        variance: 0.25,
        reversion: 2.0,
        mean_variance: 0.36,
        volatility_of_variance: 0.5,
        correlation: -0.6,
    };
    // Euler on days with the stated allowance; quadratic-exponential on weeks, a fifth of that.
    for (scheme, steps, share, skew) in [
        (heston::Scheme::FullTruncationEuler, 365, 0.005, 0.03),
        (heston::Scheme::QuadraticExponential, 52, 0.001, 0.006),
    ] {
        let model = Heston::new(parameters, scheme, Grid::new(steps, 1.0).unwrap()).unwrap();
        let name = format!("Heston {scheme:?}");
        let key = Key::named(20_240_601, &name);
        let (mut prices, mut variances) = (vec![0.0; steps + 1], vec![0.0; steps + 1]);
        let (mut end, mut last, mut integral) = (vec![], vec![], vec![]);
        for path in 0..PATHS as u64 {
            model.path_with_variance(&mut key.stream(path), &mut prices, &mut variances).unwrap();
            end.push(prices[steps]);
            last.push(variances[steps]);
            let ends = (variances[0] + variances[steps]) / 2.0;
            integral.push((variances[1..steps].iter().sum::<f64>() + ends) / steps as f64);
        }
        let logs: Vec<f64> = end.iter().map(|s| libm::log(s / 100.0)).collect();
        let of = |field: &str| number(&want, field);
        let allowed = |field: &str| of(field).abs() * share;
        check_mean(&format!("{name}: price"), &end, of("E[S_T]"), 0.0);
        check_mean(&format!("{name}: variance"), &last, of("E[v_T]"), 0.0);
        check_variance(&format!("{name}: variance of variance"), &last, of("Var[v_T]"), allowed("Var[v_T]"));
        check_mean(&format!("{name}: integral"), &integral, of("E[int v]"), 0.0);
        check_mean(&format!("{name}: log"), &logs, of("E[ln S_T/S0]"), 0.0);
        check_variance(&format!("{name}: log"), &logs, of("Var[ln S_T/S0]"), allowed("Var[ln S_T/S0]"));
        check_shape(&name, &logs, (of("skew_log"), skew), (of("exkurt_log"), 2.0 * skew));
    }
}

#[test]
fn merton_jump_diffusion() {
    let want = case("Merton");
    let parameters = merton::Parameters {
        start: 100.0,
        drift: 0.05,
        volatility: 0.5,
        jumps_per_year: 4.0,
        jump_mean: -0.04,
        jump_deviation: 0.08,
    };
    for steps in [1, 12] {
        let model = Merton::new(parameters, Grid::new(steps, 1.0).unwrap()).unwrap();
        let name = format!("Merton in {steps} steps");
        let end = ends(&model, &name);
        let logs: Vec<f64> = end.iter().map(|s| libm::log(s / 100.0)).collect();
        let of = |field: &str| number(&want, field);
        check_mean(&format!("{name}: price"), &end, of("E[S_T]"), 0.0);
        check_mean(&format!("{name}: log"), &logs, of("E[ln]"), 0.0);
        check_variance(&format!("{name}: log"), &logs, of("Var[ln]"), 0.0);
        check_shape(&name, &logs, (of("skew"), 0.0), (of("exkurt"), 0.0));
    }
    // Without a diffusion a step without a jump is the drift alone.
    let still = merton::Parameters { volatility: 0.0, jump_deviation: 0.08, ..parameters };
    let model = Merton::new(still, Grid::new(1, 1.0).unwrap()).unwrap();
    let drift = 0.05 - 4.0 * libm::expm1(-0.04 + 0.0032);
    let calm = ends(&model, "merton still")
        .iter()
        .filter(|s| (libm::log(**s / 100.0) - drift).abs() < 1e-12)
        .count();
    let got = Estimate::probability(calm, PATHS).unwrap();
    check("Merton without a jump", got.value, got.standard_error, number(&want, "P(no jump)"), 0.0);
}

#[test]
fn fractional_brownian_motion() {
    let want = case("fBm");
    let parameters = fractional::Parameters { start: 0.0, hurst: 0.7, scale: 1.0 };
    let model = FractionalBrownian::new(parameters, Grid::new(256, 1.0).unwrap()).unwrap();
    let mut paths = vec![([0.0; 8], 0.0, 0.0); PATHS / 4];
    let draws = Draws::independent(Key::named(20_240_601, "fbm"));
    evaluate(&model, draws, 0, &mut paths, |path| {
        (std::array::from_fn(|i| path[i + 1]), path[256], path[200] - path[136])
    });
    let end: Vec<f64> = paths.iter().map(|p| p.1).collect();
    check_mean("fBm mean", &end, 0.0, 0.0);
    check_variance("fBm variance", &end, number(&want, "Var[B_T]"), 0.0);
    let between: Vec<f64> = paths.iter().map(|p| p.2).collect();
    check_variance("fBm scaling over a quarter", &between, libm::pow(0.25, 1.4), 0.0);
    let increment = |p: &([f64; 8], f64, f64), i: usize| if i == 0 { p.0[0] } else { p.0[i] - p.0[i - 1] };
    let variance = number(&want, "Var[increment]");
    let steps: Vec<f64> = paths.iter().map(|p| increment(p, 3)).collect();
    check_variance("fBm increment", &steps, variance, 0.0);
    for (lag, value) in want["increment_autocorr_lag1_5"].as_array().unwrap().iter().enumerate() {
        let products: Vec<f64> =
            paths.iter().map(|p| increment(p, 1) * increment(p, 2 + lag) / variance).collect();
        check_mean(&format!("fBm autocorrelation at {}", lag + 1), &products, value.as_f64().unwrap(), 0.0);
    }
    for i in 0..4 {
        for j in 0..=i {
            let products: Vec<f64> = paths.iter().map(|p| p.0[i] * p.0[j]).collect();
            let value = want["cov_first4x4"][i][j].as_f64().unwrap();
            check_mean(&format!("fBm covariance {i} {j}"), &products, value, 0.0);
        }
    }
}
