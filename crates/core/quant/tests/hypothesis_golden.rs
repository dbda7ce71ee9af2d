//! The tests of `hypothesis` against statsmodels 0.15.0 and SciPy 1.17.1.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test may fail by panic and need not be the same on every machine"
)]

mod known;

use known::{Deviation, log_returns, number, numbers, read, sp500};
use scalp_quant::Error;
use scalp_quant::hypothesis::autocorrelation::{acf, arch_lm, ljung_box, pacf};
use scalp_quant::hypothesis::cointegration::{engle_granger, johansen};
use scalp_quant::hypothesis::memory::{dfa, hill_index, rescaled_range, sign_entropy, variance_ratio};
use scalp_quant::hypothesis::normality::{anderson_darling, jarque_bera, shapiro_wilk};
use scalp_quant::hypothesis::samples::{
    ks_one_sample, ks_two_sample, ks_two_sample_asymptotic, mann_whitney, welch,
};
use scalp_quant::hypothesis::student;
use scalp_quant::hypothesis::unit_root::{Around, Deterministic, Lags, adf, kpss};

fn last1000() -> (Vec<f64>, Vec<f64>) {
    let price = sp500();
    let log: Vec<f64> = price[price.len() - 1000..].iter().map(|p| p.ln()).collect();
    let returns = log.windows(2).map(|w| w[1] - w[0]).collect();
    (log, returns)
}

#[test]
fn unit_roots_agree_with_statsmodels() {
    let want = read("stats/sp500_last1000.json");
    let (log, returns) = last1000();
    let (mut statistics, mut ps, mut criticals) =
        (Deviation::default(), Deviation::default(), Deviation::default());
    for (name, kind) in
        [("n", Deterministic::None), ("c", Deterministic::Constant), ("ct", Deterministic::Trend)]
    {
        for (suffix, lags) in [("AIC", Lags::Aic(None)), ("fixed10", Lags::Fixed(10))] {
            let want = &want[format!("adf_logprice_{name}_{suffix}")];
            let got = adf(&log, kind, lags).unwrap();
            statistics.relative(got.test.statistic, number(&want["stat"]));
            ps.absolute(got.test.p, number(&want["p"]));
            assert_eq!(got.lags as u64, want["usedlag"].as_u64().unwrap());
            assert_eq!(got.observations as u64, want["nobs"].as_u64().unwrap());
            for (got, level) in got.critical.into_iter().zip(["1%", "5%", "10%"]) {
                criticals.relative(got, number(&want["crit"][level]));
            }
        }
    }
    let got = adf(&returns, Deterministic::Constant, Lags::Aic(None)).unwrap();
    statistics.relative(got.test.statistic, number(&want["adf_returns_c_AIC"]["stat"]));
    assert_eq!((got.lags, got.observations), (1, 997));
    for (name, around) in [("kpss_logprice_c", Around::Level), ("kpss_logprice_ct", Around::Trend)] {
        let got = kpss(&log, around, None).unwrap();
        statistics.relative(got.test.statistic, number(&want[name]["stat"]));
        ps.absolute(got.test.p, number(&want[name]["p"]));
        assert_eq!(got.lags as u64, want[name]["lags"].as_u64().unwrap());
    }
    statistics.at_most("ADF and KPSS statistics", 1e-8);
    criticals.at_most("ADF critical values", 1e-8);
    ps.at_most("ADF and KPSS p", 1e-6);
}

#[test]
fn moments_and_memory_agree_with_statsmodels() {
    let want = read("stats/sp500_last1000.json");
    let (_, returns) = last1000();
    let squares: Vec<f64> = returns.iter().map(|r| r * r).collect();
    let (mut statistics, mut ps) = (Deviation::default(), Deviation::default());
    let jb = jarque_bera(&returns).unwrap();
    let w = &want["jarque_bera_returns"];
    statistics.relative(jb.test.statistic, number(&w["stat"]));
    statistics.relative(jb.skew, number(&w["skew"]));
    statistics.relative(jb.kurtosis, number(&w["kurtosis"]));
    ps.relative(jb.test.p, number(&w["p"]));
    for (name, x) in [("ljung_box_returns", &returns), ("ljung_box_sq_returns", &squares)] {
        let w = &want[name];
        for (i, lag) in numbers(&w["lags"]).into_iter().enumerate() {
            let got = ljung_box(x, lag as usize, 0).unwrap();
            statistics.relative(got.statistic, number(&w["stat"][i]));
            ps.relative(got.p, number(&w["p"][i]));
        }
    }
    let w = &want["arch_lm"];
    let mean = returns.iter().sum::<f64>() / returns.len() as f64;
    let residuals: Vec<f64> = returns.iter().map(|r| r - mean).collect();
    let got = arch_lm(&residuals, 10).unwrap();
    statistics.relative(got.lm.statistic, number(&w["lm"]));
    statistics.relative(got.f.statistic, number(&w["f"]));
    ps.relative(got.lm.p, number(&w["p"]));
    ps.relative(got.f.p, number(&w["fp"]));
    for (got, want) in acf(&returns, 10).unwrap().into_iter().zip(numbers(&want["acf_returns_0_10"])) {
        statistics.relative(got, want);
    }
    for (got, want) in pacf(&returns, 10).unwrap().into_iter().zip(numbers(&want["pacf_ywm_0_10"])) {
        statistics.relative(got, want);
    }
    statistics
        .relative(anderson_darling(&returns).unwrap().statistic, number(&want["anderson_normal"]["stat"]));
    statistics.at_most("Jarque-Bera, Ljung-Box, ARCH-LM, ACF, PACF, Anderson-Darling", 1e-8);
    ps.at_most("their p (relative)", 1e-6);
}

#[test]
fn samples_agree_with_scipy() {
    let want = read("stats/sp500_last1000.json");
    let (_, returns) = last1000();
    let (mut statistics, mut ps) = (Deviation::default(), Deviation::default());
    let n = returns.len() as f64;
    let mean = returns.iter().sum::<f64>() / n;
    let sd = (returns.iter().map(|r| (r - mean) * (r - mean)).sum::<f64>() / (n - 1.0)).sqrt();
    let z: Vec<f64> = returns.iter().map(|r| (r - mean) / sd).collect();
    let got = ks_one_sample(&z, |z| 0.5 * libm::erfc(-z / 2f64.sqrt())).unwrap();
    println!("one-sample KS {} p {:e}", got.statistic, got.p);
    statistics.relative(got.statistic, number(&want["ks_1samp_std_normal"]["stat"]));
    ps.relative(got.p, number(&want["ks_1samp_std_normal"]["p"]));
    let (a, b) = returns.split_at(499);
    let w = &want["ks_2samp_halves"];
    let got = ks_two_sample(a, b).unwrap();
    statistics.relative(got.statistic, number(&w["stat"]));
    ps.relative(got.p, number(&w["p"]));
    let got = ks_two_sample_asymptotic(a, b).unwrap();
    ps.relative(got.p, number(&want["ks_2samp_halves_asymp"]["p"]));
    let got = mann_whitney(a, b).unwrap();
    statistics.relative(got.statistic, number(&want["mannwhitney_halves"]["U"]));
    ps.relative(got.p, number(&want["mannwhitney_halves"]["p"]));
    let got = welch(a, b).unwrap();
    let w = &want["welch_t_halves"];
    statistics.relative(got.test.statistic, number(&w["t"]));
    statistics.relative(got.df, number(&w["df"]));
    ps.relative(got.test.p, number(&w["p"]));
    statistics.at_most("Kolmogorov-Smirnov, Mann-Whitney, Welch", 1e-8);
    ps.at_most("their p (relative)", 1e-6);
}

#[test]
fn student_fit_agrees_with_scipy() {
    let want = &read("stats/sp500_last1000.json")["student_t_mle"];
    let got = student::fit(&last1000().1).unwrap();
    let mut worst = Deviation::default();
    worst.relative(got.df, number(&want["df"]));
    worst.relative(got.location, number(&want["loc"]));
    worst.relative(got.scale, number(&want["scale"]));
    worst.absolute(got.log_likelihood, number(&want["loglik"]));
    assert!(got.log_likelihood >= number(&want["loglik"]) - 1e-8);
    worst.at_most("Student-t maximum likelihood", 1e-3);
}

#[test]
fn memory_agrees_with_the_definitions() {
    let want = read("stats/eurusd_hurst_tail_entropy.json");
    let x = log_returns(&known::eurusd_close());
    let mut worst = Deviation::default();
    worst.relative(hill_index(&x, 100).unwrap(), number(&want["hill_alpha"]["value"]));
    let scales = [8, 16, 32, 64, 128];
    let got = dfa(&x, &scales).unwrap();
    worst.relative(got.exponent, number(&want["dfa1"]["alpha"]));
    for (got, want) in got.values.into_iter().zip(numbers(&want["dfa1"]["F"])) {
        worst.relative(got, want);
    }
    let got = rescaled_range(&x, &scales).unwrap();
    worst.relative(got.exponent, number(&want["rescaled_range"]["slope"]));
    for (got, want) in got.values.into_iter().zip(numbers(&want["rescaled_range"]["RS_mean"])) {
        worst.relative(got, want);
    }
    worst.relative(sign_entropy(&x, 3).unwrap(), number(&want["sign3_entropy_bits"]));
    for q in [2, 5, 10] {
        worst.relative(variance_ratio(&x, q).unwrap().ratio, number(&want["variance_ratio"][q.to_string()]));
    }
    worst.at_most("Hurst, tail index, entropy, variance ratio", 1e-9);
}

/// Reference values that lie beside this file, with what made them in their head.
fn beside() -> serde_json::Value {
    serde_json::from_str(include_str!("reference/hypothesis.json")).unwrap()
}

fn log_panel(name: &str) -> Vec<f64> {
    known::column("panel10_756d.csv", name).into_iter().map(libm::log).collect()
}

#[test]
fn cointegration_agrees_with_statsmodels() {
    let want = beside();
    let mut worst = Deviation::default();
    for (_, want) in want["engle_granger"].as_object().unwrap() {
        let names: Vec<&str> =
            want["others"].as_array().unwrap().iter().map(|v| v.as_str().unwrap()).collect();
        let others: Vec<Vec<f64>> = names.iter().map(|n| log_panel(n)).collect();
        let others: Vec<&[f64]> = others.iter().map(Vec::as_slice).collect();
        let y = log_panel(want["y"].as_str().unwrap());
        let got = engle_granger(&y, &others, want["trend"] == "ct", Lags::Aic(None)).unwrap();
        worst.relative(got.test.statistic, number(&want["stat"]));
        worst.absolute(got.test.p, number(&want["p"]));
        for (got, want) in got.critical.into_iter().zip(numbers(&want["crit"])) {
            worst.relative(got, want);
        }
    }
    for want in want["johansen"].as_array().unwrap() {
        let series: Vec<Vec<f64>> =
            want["names"].as_array().unwrap().iter().map(|n| log_panel(n.as_str().unwrap())).collect();
        let series: Vec<&[f64]> = series.iter().map(Vec::as_slice).collect();
        let kind = match want["det"].as_i64().unwrap() {
            -1 => Deterministic::None,
            0 => Deterministic::Constant,
            _ => Deterministic::Trend,
        };
        let got = johansen(&series, kind, want["lags"].as_u64().unwrap() as usize).unwrap();
        for r in 0..series.len() {
            worst.relative(got.eigenvalues[r], number(&want["eig"][r]));
            worst.relative(got.trace[r].statistic, number(&want["trace"][r]));
            worst.relative(got.max_eigen[r].statistic, number(&want["max"][r]));
            assert_eq!(got.trace[r].critical.to_vec(), numbers(&want["cvt"][r]));
            assert_eq!(got.max_eigen[r].critical.to_vec(), numbers(&want["cvm"][r]));
            worst.relative(got.vectors[0][r], number(&want["evec0"][r]));
        }
    }
    for want in want["adf_bic"].as_array().unwrap() {
        let kind = match want["reg"].as_str().unwrap() {
            "n" => Deterministic::None,
            "c" => Deterministic::Constant,
            _ => Deterministic::Trend,
        };
        let got = adf(&log_panel(want["name"].as_str().unwrap()), kind, Lags::Bic(Some(12))).unwrap();
        worst.relative(got.test.statistic, number(&want["stat"]));
        assert_eq!(got.lags as u64, want["lags"].as_u64().unwrap());
    }
    worst.at_most("Engle-Granger, Johansen, ADF by BIC", 1e-8);
}

#[test]
fn small_samples_agree_with_scipy() {
    let want = beside();
    let mut worst = Deviation::default();
    for row in want["ks_one_sample_sf"].as_array().unwrap() {
        let (n, d) = (row[0].as_u64().unwrap() as usize, number(&row[1]));
        // Values at the middles of n equal steps, moved by d less half a step, lie exactly d from the uniform.
        let x: Vec<f64> = (0..n).map(|i| (i as f64 + 0.5) / n as f64).collect();
        let got = ks_one_sample(&x, |v| (v + d - 0.5 / n as f64).min(1.0)).unwrap();
        assert!((got.statistic - d).abs() < 1e-12);
        worst.relative(got.p, number(&row[2]));
    }
    let w = &want["mann_whitney_exact"];
    let (a, b) = (numbers(&w["a"]), numbers(&w["b"]));
    let got = mann_whitney(&a, &b).unwrap();
    worst.relative(got.statistic, number(&w["U"]));
    worst.relative(got.p, number(&w["p"]));
    let got = ks_two_sample(&a, &b).unwrap();
    worst.relative(got.statistic, number(&want["ks_2samp_small"]["stat"]));
    worst.relative(got.p, number(&want["ks_2samp_small"]["p"]));
    let w = &want["mann_whitney_ties"];
    let got = mann_whitney(&numbers(&w["a"]), &numbers(&w["b"])).unwrap();
    worst.relative(got.statistic, number(&w["U"]));
    worst.relative(got.p, number(&w["p"]));
    worst.at_most("Kolmogorov-Smirnov and Mann-Whitney at small and large n (relative)", 1e-6);
}

#[test]
fn bad_series_are_refused_by_name() {
    let constant = vec![3.0; 100];
    let mut broken: Vec<f64> = (0..100).map(|i| f64::from(i * 37 % 17)).collect();
    broken[41] = f64::NAN;
    type Asked = (&'static str, fn(&[f64]) -> Result<f64, Error>);
    let tests: [Asked; 13] = [
        ("adf", |x| adf(x, Deterministic::Constant, Lags::Aic(None)).map(|t| t.test.p)),
        ("kpss", |x| kpss(x, Around::Trend, None).map(|t| t.test.p)),
        ("acf", |x| acf(x, 5).map(|v| v[1])),
        ("pacf", |x| pacf(x, 5).map(|v| v[1])),
        ("ljung_box", |x| ljung_box(x, 5, 0).map(|t| t.p)),
        ("arch_lm", |x| arch_lm(x, 5).map(|t| t.lm.p)),
        ("jarque_bera", |x| jarque_bera(x).map(|t| t.test.p)),
        ("anderson_darling", |x| anderson_darling(x).map(|t| t.p)),
        ("student", |x| student::fit(x).map(|t| t.df)),
        ("dfa", |x| dfa(x, &[4, 8, 16]).map(|t| t.exponent)),
        ("rescaled_range", |x| rescaled_range(x, &[4, 8, 16]).map(|t| t.exponent)),
        ("variance_ratio", |x| variance_ratio(x, 4).map(|t| t.ratio)),
        ("hill", |x| hill_index(x, 10)),
    ];
    for (name, test) in tests {
        assert!(matches!(test(&constant), Err(Error::Constant { .. })), "{name}: {:?}", test(&constant));
        assert!(
            matches!(test(&broken), Err(Error::NotFinite { index: 41, .. })),
            "{name}: {:?}",
            test(&broken)
        );
        assert!(matches!(test(&[]), Err(Error::TooShort { .. })), "{name}: {:?}", test(&[]));
        assert!(matches!(test(&[1.0, 2.0]), Err(Error::TooShort { .. })), "{name}: {:?}", test(&[1.0, 2.0]));
    }
}

#[test]
fn variance_ratio_and_anderson_darling_agree_with_arch_and_statsmodels() {
    let want = beside();
    let x = log_returns(&known::eurusd_close());
    let (mut ratio, mut worst) = (Deviation::default(), Deviation::default());
    for want in want["variance_ratio_arch"].as_array().unwrap() {
        let got = variance_ratio(&x, want["q"].as_u64().unwrap() as usize).unwrap();
        // Theirs takes off a bias of the order of q by the number of values.
        ratio.absolute(got.test.statistic, number(&want["stat"]));
        ratio.absolute(got.test.p, number(&want["p"]));
    }
    ratio.at_most("variance ratio: z and p", 0.1);
    for want in want["normal_ad"].as_array().unwrap() {
        let got = anderson_darling(&x[..want["n"].as_u64().unwrap() as usize]).unwrap();
        worst.relative(got.statistic, number(&want["stat"]));
        worst.relative(got.p, number(&want["p"]));
    }
    let mild = &want["normal_ad_mild"];
    let got = anderson_darling(&numbers(&mild["x"])).unwrap();
    worst.relative(got.statistic, number(&mild["stat"]));
    worst.relative(got.p, number(&mild["p"]));
    worst.at_most("Anderson-Darling", 1e-8);
}

#[test]
fn shapiro_wilk_agrees_with_scipy() {
    let (mut statistics, mut ps) = (Deviation::default(), Deviation::default());
    let want = &read("stats/sp500_last1000.json")["shapiro_first2000"];
    let got = shapiro_wilk(&last1000().1).unwrap();
    statistics.relative(got.statistic, number(&want["W"]));
    ps.relative(got.p, number(&want["p"]));
    let want = beside();
    let x = numbers(&want["normal_ad_mild"]["x"]);
    for want in want["shapiro"].as_array().unwrap() {
        let n = want["n"].as_u64().unwrap() as usize;
        let from = if n < 50 { 7 } else { 0 };
        let got = shapiro_wilk(&x[from..from + n]).unwrap();
        statistics.relative(got.statistic, number(&want["W"]));
        ps.relative(got.p, number(&want["p"]));
    }
    statistics.at_most("Shapiro-Wilk", 1e-8);
    ps.at_most("its p (relative)", 1e-6);
}
