//! Exponential averages, realised measures, the heterogeneous autoregression, and dynamic correlations.
#![allow(clippy::unwrap_used, reason = "a test fails where a value is missing")]

mod golden;

use golden::{Worst, column, json, sp500_returns};
use proptest::prelude::*;
use scalp_quant::Error;
use scalp_quant::special::normal_quantile;
use scalp_quant::volatility::{
    Dcc, DccStream, ErrorFamily, Errors, Ewma, Garch, Kind, Mean, Params, Spec, annualise, backcast,
    bipower_variation, fit_dcc, fit_har, jump_test, realised_variance, tripower_quarticity,
};

/// Standard normal draws; uniforms from SplitMix64.
fn normals(seed: u64, n: usize) -> Vec<f64> {
    let mut state = seed;
    (0..n)
        .map(|_| {
            state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
            let mut z = state;
            z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
            normal_quantile((((z ^ (z >> 31)) >> 11) as f64 + 0.5) / (1_u64 << 53) as f64).unwrap()
        })
        .collect()
}

#[test]
fn realised_and_bipower_of_minute_bars() {
    let times = column("input/trades_101.csv", "t_ms");
    let prices = column("input/trades_101.csv", "price_ticks");
    let mut closes: Vec<(u64, f64)> = Vec::new();
    for (t, price) in times.iter().zip(&prices) {
        let bar = *t as u64 / 60_000;
        match closes.last_mut() {
            Some(last) if last.0 == bar => last.1 = *price,
            _ => closes.push((bar, *price)),
        }
    }
    let returns: Vec<f64> = closes.windows(2).map(|w| libm::log(w[1].1 / w[0].1)).collect();
    let want = &json("micro/micro_101.json")["realised"];
    let (rv, bv) = (realised_variance(&returns).unwrap(), bipower_variation(&returns).unwrap());
    let mut worst = Worst::default();
    worst.see("rv", rv, want["rv"].as_f64().unwrap());
    worst.see("bipower", bv, want["bipower"].as_f64().unwrap());
    worst.see("jump ratio", 1.0 - bv / rv, want["jump_ratio"].as_f64().unwrap());
    worst.end("micro/micro_101.json realised", 1e-9);
}

#[test]
fn a_jump_is_found_and_its_absence_too() {
    let (mut refused, days) = (0, 1_000);
    for day in 0..days {
        let returns: Vec<f64> = normals(day, 288).iter().map(|z| 0.001 * z).collect();
        refused += usize::from(jump_test(&returns).unwrap().p_value < 0.05);
    }
    println!("jump test rejects {refused} of {days} days without a jump at 5 %");
    assert!((25..=85).contains(&refused));
    let mut returns: Vec<f64> = normals(1, 288).iter().map(|z| 0.001 * z).collect();
    returns[100] += 0.012;
    let found = jump_test(&returns).unwrap();
    assert!(found.p_value < 1e-4, "{found:?}");
    assert!(found.ratio > 0.2);
    let quarticity = tripower_quarticity(&normals(3, 200_000)).unwrap() / 4e10;
    assert!((quarticity - 1.0).abs() < 0.02, "{quarticity}");
}

#[test]
fn realised_measures_refuse_what_says_nothing() {
    assert!(matches!(jump_test(&[0.0; 50]), Err(Error::Constant { .. })));
    assert!(matches!(jump_test(&[0.1; 5]), Err(Error::TooShort { .. })));
    assert!(matches!(realised_variance(&[]), Err(Error::TooShort { .. })));
    assert!(matches!(bipower_variation(&[1.0, f64::NAN]), Err(Error::NotFinite { index: 1, .. })));
}

#[test]
fn ewma_is_its_textbook_sum() {
    let returns = &sp500_returns()[..300];
    let filter = Ewma::new(Ewma::LAMBDA_DAILY, 1.3).unwrap();
    let variances = filter.variances(returns).unwrap();
    let mut weight = 1.0;
    let mut sum = 0.0;
    for r in returns.iter().rev() {
        sum += 0.06 * weight * r * r;
        weight *= 0.94;
    }
    assert!((variances[300] - sum - weight * 1.3).abs() < 1e-12);
    let mut stream = filter;
    for (i, r) in returns.iter().enumerate() {
        assert_eq!(stream.update(*r).unwrap().to_bits(), variances[i + 1].to_bits());
    }
    assert_eq!(stream.update(f64::NAN), None);
    assert_eq!(stream.variance().to_bits(), variances[300].to_bits());
    assert!(Ewma::new(1.0, 1.0).is_err());
    assert!(Ewma::new(0.9, 0.0).is_err());
    assert!((annualise(4e-4, 365.0).unwrap() - 0.382_099_463_490_856).abs() < 1e-14);
    assert!(annualise(-1.0, 365.0).is_err());
}

/// The regression of statsmodels 0.15 (OLS, HAC with 5 lags, no small-sample correction) on the squared S&P 500 returns
/// 1 to 300.
#[test]
fn har_agrees_with_other_software() {
    let realised: Vec<f64> = sp500_returns()[..300].iter().map(|r| r * r).collect();
    let found = fit_har(&realised, 5).unwrap();
    let mut worst = Worst::default();
    for k in 0..4 {
        worst.see("coefficient", found.model.coefficients[k], HAR_COEFFICIENTS[k]);
        worst.see("standard error", found.standard_errors[k], HAR_ERRORS[k]);
    }
    worst.see("r squared", found.r_squared, HAR_R_SQUARED);
    worst.end("HAR", 1e-9);
    let tiny: Vec<f64> = realised.iter().map(|v| v * 1e-9).collect();
    let scaled = fit_har(&tiny, 5).unwrap();
    assert!((scaled.model.coefficients[1] / found.model.coefficients[1] - 1.0).abs() < 1e-9);
    let forecast = found.model.forecast(&realised).unwrap();
    let mean = |n: usize| realised[300 - n..].iter().sum::<f64>() / n as f64;
    let c = found.model.coefficients;
    assert!((forecast - (c[0] + c[1] * realised[299] + c[2] * mean(5) + c[3] * mean(22))).abs() < 1e-12);
    assert!(matches!(fit_har(&[1.0; 100], 5), Err(Error::Constant { .. })));
    assert!(matches!(fit_har(&realised[..40], 5), Err(Error::TooShort { .. })));
}

/// Two correlated series of constant volatility whose correlation swings.
fn pair(n: usize) -> (Vec<f64>, Vec<f64>, Vec<f64>) {
    let (x, y) = (normals(11, n), normals(12, n));
    let rho: Vec<f64> =
        (0..n).map(|t| 0.3 + 0.5 * libm::sin(t as f64 * std::f64::consts::TAU / 800.0)).collect();
    let other = (0..n).map(|t| rho[t] * x[t] + (1.0 - rho[t] * rho[t]).sqrt() * y[t]).collect();
    (x, other, rho)
}

#[test]
fn dcc_follows_a_swinging_correlation() {
    let (x, y, rho) = pair(4_000);
    let spec = Spec::new(Kind::Garch, ErrorFamily::Normal);
    let found = fit_dcc(&[&x, &y], &spec).unwrap();
    println!("dcc a {} b {}, {} steps", found.model.a(), found.model.b(), found.iterations);
    assert!(found.model.a() > 0.01 && found.model.a() + found.model.b() > 0.9);
    assert!(found.correlation_log_likelihood > 0.0);
    let filters = found.assets.iter().map(|a| a.model.stream(a.backcast).unwrap()).collect();
    let mut stream = DccStream::new(&found.model, filters).unwrap();
    let (mut with, mut without) = (0.0, 0.0);
    let mean = rho.iter().sum::<f64>() / rho.len() as f64;
    for t in 0..x.len() {
        let now = stream.correlation(0, 1).unwrap();
        assert!(now.abs() < 1.0);
        with += (now - rho[t]) * (now - rho[t]);
        without += (mean - rho[t]) * (mean - rho[t]);
        assert!(stream.update(&[x[t], y[t]]));
    }
    println!("dcc leaves {:.2} of the variance of the correlation", with / without);
    assert!(with < 0.35 * without);
    assert_eq!(stream, found.stream);
    let kept: DccStream = postcard::from_bytes(&postcard::to_allocvec(&stream).unwrap()).unwrap();
    assert_eq!(kept, stream);
}

/// Three stocks under given parameters, against the recursion written out in numpy with its own linear algebra.
#[test]
fn dcc_at_given_parameters_agrees_with_other_software() {
    let names = ["AAPL", "AMD", "BAC"];
    let params = Params { mu: 0.05, omega: 0.1, alpha: 0.08, gamma: 0.0, beta: 0.87, errors: Errors::Normal };
    let model = Garch::new(Kind::Garch, params).unwrap();
    let returns: Vec<Vec<f64>> = names
        .iter()
        .map(|name| {
            let prices = column("input/panel10_756d.csv", name);
            prices.windows(2).map(|w| 100.0 * libm::log(w[1] / w[0])).collect()
        })
        .collect();
    let starts: Vec<f64> = returns.iter().map(|r| backcast(r, Mean::Constant).unwrap()).collect();
    let n = returns[0].len();
    let each: Vec<Vec<f64>> =
        returns.iter().zip(&starts).map(|(r, start)| model.standardised(r, *start).unwrap()).collect();
    let errors: Vec<f64> = (0..n).flat_map(|t| each.iter().map(move |z| z[t])).collect();
    let target: Vec<f64> = (0..9)
        .map(|place| {
            (0..n).map(|t| errors[3 * t + place / 3] * errors[3 * t + place % 3]).sum::<f64>() / n as f64
        })
        .collect();
    let mut worst = Worst::default();
    for (got, want) in target.iter().zip(DCC_TARGET) {
        worst.see("target", *got, want);
    }
    let dcc = Dcc::new(0.03, 0.94, target, 3).unwrap();
    worst.see("likelihood", dcc.log_likelihood(&errors).unwrap(), DCC_LIKELIHOOD);
    let filters = starts.iter().map(|start| model.stream(*start).unwrap()).collect();
    let mut stream = DccStream::new(&dcc, filters).unwrap();
    for ((x, y), z) in returns[0].iter().zip(&returns[1]).zip(&returns[2]) {
        assert!(stream.update(&[*x, *y, *z]));
    }
    for ((i, j), want) in [(0, 1), (0, 2), (1, 2)].into_iter().zip(DCC_CORRELATIONS) {
        worst.see("correlation", stream.correlation(i, j).unwrap(), want);
    }
    worst.end("DCC at given parameters", 1e-9);
    assert!(matches!(dcc.log_likelihood(&errors[1..]), Err(Error::Lengths { .. })));
}

#[test]
fn a_broken_snapshot_of_a_stream_is_refused() {
    let (x, y, _) = pair(200);
    let stream = fit_dcc(&[&x, &y], &Spec::new(Kind::Garch, ErrorFamily::Normal)).unwrap().stream;
    let mut kept = serde_json::to_value(&stream).unwrap();
    kept[2] = serde_json::json!([1.0, 0.0, 1.0]);
    assert!(serde_json::from_value::<DccStream>(kept.clone()).is_err());
    kept[2] = serde_json::json!([0.0, 0.0, 0.0, 1.0]);
    assert!(serde_json::from_value::<DccStream>(kept.clone()).is_err());
    kept[2] = serde_json::json!([1.0, 0.0, 0.0, 1.0]);
    assert!(serde_json::from_value::<DccStream>(kept.clone()).is_ok());
    kept[1][0][1]["variance"] = serde_json::json!(-1.0);
    assert!(serde_json::from_value::<DccStream>(kept).is_err());
}

#[test]
fn dcc_forecasts_return_to_the_mean() {
    let (x, y, _) = pair(1_000);
    let found = fit_dcc(&[&x, &y], &Spec::new(Kind::Garch, ErrorFamily::Normal)).unwrap();
    let next = found.stream.forecast_correlation(1).unwrap();
    assert!((next[1] - found.stream.correlation(0, 1).unwrap()).abs() < 1e-15);
    let far = found.stream.forecast_correlation(1_000_000).unwrap();
    let s = found.model.target();
    assert!((far[1] - s[1] / (s[0] * s[3]).sqrt()).abs() < 1e-6);
    let mut covariance = [0.0; 4];
    assert!(found.stream.covariance(&mut covariance));
    let (v, w) = (found.stream.variance(0).unwrap(), found.stream.variance(1).unwrap());
    assert!((covariance[1] / (v * w).sqrt() - next[1]).abs() < 1e-14);
    assert_eq!(covariance[0].to_bits(), v.to_bits());
    assert!(!found.stream.covariance(&mut [0.0; 3]));
}

#[test]
fn dcc_refuses_what_it_cannot_use() {
    let (x, y, _) = pair(200);
    let spec = Spec::new(Kind::Garch, ErrorFamily::Normal);
    assert!(matches!(fit_dcc(&[&x], &spec), Err(Error::Parameter { .. })));
    assert!(matches!(fit_dcc(&[&x, &y[..100]], &spec), Err(Error::Lengths { .. })));
    assert!(matches!(fit_dcc(&[&x, &x], &spec), Err(Error::Singular { .. })));
    assert!(matches!(Dcc::new(0.5, 0.5, vec![1.0, 0.0, 0.0, 1.0], 2), Err(Error::Parameter { .. })));
    assert!(matches!(Dcc::new(0.1, 0.5, vec![1.0, 2.0, 2.0, 1.0], 2), Err(Error::Singular { .. })));
    let mut stream = fit_dcc(&[&x, &y], &spec).unwrap().stream;
    let before = stream.clone();
    assert!(!stream.update(&[1.0]));
    assert!(!stream.update(&[1.0, f64::NAN]));
    assert_eq!(stream, before);
}

proptest! {
    /// Whatever the returns, the correlation matrix of three assets stays one.
    #[test]
    fn correlations_stay_positive_definite(rows in prop::collection::vec(prop::array::uniform3(-30.0..30.0_f64), 1..60), a in 0.0..0.5_f64, b in 0.0..0.49_f64) {
        let target = vec![1.0, 0.3, -0.2, 0.3, 1.0, 0.1, -0.2, 0.1, 1.0];
        let params = Params { mu: 0.0, omega: 0.1, alpha: 0.1, gamma: 0.0, beta: 0.8, errors: Errors::Normal };
        let filter = Garch::new(Kind::Garch, params).unwrap().stream(1.0).unwrap();
        let mut stream = DccStream::new(&Dcc::new(a, b, target, 3).unwrap(), vec![filter; 3]).unwrap();
        for row in &rows {
            prop_assert!(stream.update(row));
        }
        let r = |i, j| stream.correlation(i, j).unwrap();
        let determinant = 1.0 + 2.0 * r(0, 1) * r(0, 2) * r(1, 2) - r(0, 1) * r(0, 1) - r(0, 2) * r(0, 2) - r(1, 2) * r(1, 2);
        prop_assert!(determinant > -1e-12, "{determinant}");
        prop_assert!(r(0, 1).abs() <= 1.0);
    }
}

const HAR_COEFFICIENTS: [f64; 4] =
    [1.390958106528113, -0.10821859387636729, -0.03991685802249485, 0.1640669138547302];
const HAR_ERRORS: [f64; 4] =
    [0.5260462909285076, 0.05739572202530151, 0.17301904759512785, 0.42140322771359334];
const HAR_R_SQUARED: f64 = 0.012372207563917548;

const DCC_LIKELIHOOD: f64 = 254.56474784413487;
const DCC_CORRELATIONS: [f64; 3] = [0.6764218922721239, 0.39636742126278807, 0.4186622024942566];
const DCC_TARGET: [f64; 9] = [
    1.3454122282640555,
    0.8463254339399311,
    0.45042997902247445,
    0.8463254339399311,
    1.6425200412889551,
    0.39985118956191873,
    0.45042997902247445,
    0.39985118956191873,
    1.3508266001545441,
];
