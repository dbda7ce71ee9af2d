//! Tails against reference values and against each other.
#![allow(clippy::unwrap_used, reason = "a test fails where a value is missing")]

mod golden;

use golden::{Worst, column, json, sp500_returns};
use proptest::prelude::*;
use scalp_quant::Error;
use scalp_quant::special::StudentT;
use scalp_quant::tails::{
    CornishFisher, Forecast, StudentTail, acerbi_szekely, christoffersen, conditional_coverage,
    conditional_extreme, conditional_tail, drawdowns, drawdowns_of_returns, dynamic_quantile, entropic_var,
    exceedances, filtered_historical, fit_pareto_tail, fit_student, historical_contributions,
    historical_tail, kupiec, normal_contributions, normal_tail, quantile,
};
use scalp_quant::volatility::{ErrorFamily, Errors, Garch, Kind, Params, Spec, fit};

/// Simple hourly returns of EURUSD.
fn eurusd() -> Vec<f64> {
    let closes = column("input/eurusd_1h.csv", "close");
    closes.windows(2).map(|w| w[1] / w[0] - 1.0).collect()
}

/// Uniforms in (0, 1) from SplitMix64.
fn uniforms(seed: u64, n: usize) -> Vec<f64> {
    let mut state = seed;
    (0..n)
        .map(|_| {
            state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
            let mut z = state;
            z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
            (((z ^ (z >> 31)) >> 11) as f64 + 0.5) / (1_u64 << 53) as f64
        })
        .collect()
}

fn draws(errors: Errors, seed: u64, n: usize) -> Vec<f64> {
    uniforms(seed, n).into_iter().map(|u| errors.quantile(u).unwrap()).collect()
}

#[test]
fn measures_of_the_reference_file() {
    let returns = eurusd();
    let golden = &json("risk/eurusd_close_as_hourly.json")["series"];
    let want = |name: &str| golden[name].as_f64().unwrap();
    let mut worst = Worst::default();
    let moments = CornishFisher::new(&returns).unwrap();
    for (confidence, label) in [(0.95, "0.95"), (0.99, "0.99")] {
        let it = historical_tail(&returns, confidence).unwrap();
        worst.see("hist var", it.value_at_risk, want(&format!("hist_var_{label}")));
        worst.see("hist cvar", it.expected_shortfall, want(&format!("hist_cvar_{label}")));
        let it = normal_tail(&returns, confidence, 1.0).unwrap();
        worst.see("norm var", it.value_at_risk, want(&format!("norm_var_{label}")));
        worst.see("norm cvar", it.expected_shortfall, want(&format!("norm_cvar_{label}")));
        let bare = moments.value_at_risk_outside_domain_too(confidence).unwrap();
        worst.see("cornish-fisher", bare, want(&format!("cornish_fisher_var_{label}")));
    }
    worst.see("skewness", moments.skewness, want("skew_biased"));
    worst.see("kurtosis", moments.excess_kurtosis + 3.0, want("kurt_nonexcess_biased"));
    let falls = drawdowns_of_returns(&returns).unwrap();
    let n = returns.len() as f64;
    worst.see("max drawdown", -falls.max, want("max_drawdown"));
    worst.see("average drawdown", -falls.average, want("avg_drawdown_all_bars"));
    // The reference divides by n - 1.
    worst.see("ulcer", falls.ulcer * (n / (n - 1.0)).sqrt(), want("qs_ulcer_index"));
    assert_eq!(Some(falls.max_at as u64 - 1), golden["mdd_index"].as_u64());
    assert_eq!(Some(falls.longest as u64), golden["longest_drawdown_bars"].as_u64());
    worst.end("risk/eurusd_close_as_hourly.json closed forms", 1e-9);

    // The parameters of the file are taken as given: they are not the maximum of the likelihood, see below.
    let given = &golden["t_fit"];
    let of = |name: &str| given[name].as_f64().unwrap();
    let t = StudentT::new(of("df")).unwrap();
    let at_given = StudentTail { t, location: of("loc"), scale: of("scale") };
    let mut worst = Worst::default();
    for (confidence, label) in [(0.95, "0.95"), (0.99, "0.99")] {
        let it = at_given.tail(confidence).unwrap();
        worst.see("t var", it.value_at_risk, want(&format!("t_var_{label}")));
        worst.see("t cvar", it.expected_shortfall, want(&format!("t_cvar_{label}")));
    }
    worst.end("risk/eurusd_close_as_hourly.json Student-t", 1e-9);
}

/// The fit of scipy 1.17 to the returns as they are stops 45 below the maximum of the log-likelihood, with 1.98 degrees of
/// freedom; its quasi-Newton search on returns scaled to variance one finds the maximum, with 3.05.
#[test]
fn student_fit_is_the_maximum_of_the_likelihood() {
    let found = fit_student(&eurusd()).unwrap();
    println!("{found:?}");
    assert!((found.distribution.t.nu() / 3.050_337_9 - 1.0).abs() < 1e-5);
    assert!((found.distribution.scale / 0.000_564_675_547_9 - 1.0).abs() < 1e-5);
    assert!((found.log_likelihood - 28_553.679_837_188).abs() < 1e-6);
    let sum: f64 = eurusd()
        .iter()
        .map(|r| {
            let it = found.distribution;
            it.t.ln_pdf((r - it.location) / it.scale) - libm::log(it.scale)
        })
        .sum();
    assert!((found.log_likelihood - sum).abs() < 1e-7);
}

#[test]
fn coverage_of_the_reference_file() {
    let returns = eurusd();
    let golden = &json("risk/eurusd_close_as_hourly.json")["series"];
    let limits: Vec<f64> =
        (250..returns.len()).map(|i| -quantile(&returns[i - 250..i], 1.0 - 0.95).unwrap()).collect();
    let after = &returns[250..];
    let hits = exceedances(after, &limits).unwrap();
    let count = hits.iter().filter(|h| **h).count() as u64;
    assert_eq!(
        (count, hits.len() as u64),
        (golden["kupiec"]["exceptions"].as_u64().unwrap(), golden["kupiec"]["n"].as_u64().unwrap())
    );
    let mut worst = Worst::default();
    let share = kupiec(&hits, 0.95).unwrap();
    worst.see("kupiec", share.statistic, golden["kupiec"]["lr_pof"].as_f64().unwrap());
    worst.see("kupiec p", share.p_value, golden["kupiec"]["p"].as_f64().unwrap());
    let clusters = christoffersen(&hits).unwrap();
    let golden = &golden["christoffersen"];
    let of = |name: &str| golden[name].as_u64().unwrap();
    assert_eq!(clusters.transitions, [[of("n00"), of("n01")], [of("n10"), of("n11")]]);
    worst.see("christoffersen", clusters.test.statistic, golden["lr_ind"].as_f64().unwrap());
    worst.see("christoffersen p", clusters.test.p_value, golden["p"].as_f64().unwrap());
    let both = conditional_coverage(&hits, 0.95).unwrap();
    worst.see("both", both.statistic, share.statistic + clusters.test.statistic);
    // With two degrees of freedom the tail is exponential.
    worst.see("both p", both.p_value, libm::exp(-0.5 * both.statistic));
    // Computed with numpy's linear algebra on the same exceedances, four lags.
    let dynamic = dynamic_quantile(after, &limits, 0.95, 4).unwrap();
    worst.see("dynamic quantile", dynamic.statistic, DQ_STATISTIC);
    worst.see("dynamic quantile p", dynamic.p_value, DQ_P_VALUE);
    worst.end("risk/eurusd_close_as_hourly.json coverage", 1e-9);
}

#[test]
fn cornish_fisher_is_refused_outside_its_domain() {
    let moments = CornishFisher::new(&eurusd()).unwrap();
    assert!(!moments.is_valid());
    assert!(matches!(moments.tail(0.95), Err(Error::Parameter { name: "excess kurtosis", .. })));
    let normal = CornishFisher { mean: 0.0, deviation: 1.0, skewness: 0.0, excess_kurtosis: 0.0 };
    let it = normal.tail(0.99).unwrap();
    assert!((it.value_at_risk - 2.326_347_874_040_841).abs() < 1e-14);
    assert!((it.expected_shortfall - 2.665_214_220_345_808).abs() < 1e-12);
    // The expected shortfall is the mean of the expanded quantiles.
    let fat = CornishFisher { mean: 0.1, deviation: 2.0, skewness: -0.3, excess_kurtosis: 1.2 };
    assert!(fat.is_valid());
    let cells = 200_000;
    let sum: f64 = (0..cells)
        .map(|i| fat.value_at_risk_outside_domain_too(1.0 - 0.05 * (i as f64 + 0.5) / cells as f64).unwrap())
        .sum();
    let got = fat.tail(0.95).unwrap().expected_shortfall;
    assert!((got - sum / cells as f64).abs() < 1e-3 * got, "{got} {}", sum / cells as f64);
}

#[test]
fn entropic_value_at_risk_agrees_with_other_software() {
    let got = entropic_var(&eurusd(), 0.95).unwrap();
    println!("entropic var {got}");
    assert!((got / EVAR - 1.0).abs() < 1e-9);
    // Of a large normal sample it is the mean plus sd sqrt(-2 ln p).
    let normal = draws(Errors::Normal, 3, 400_000);
    let want = (-2.0 * libm::log(0.05)).sqrt();
    assert!((entropic_var(&normal, 0.95).unwrap() / want - 1.0).abs() < 0.01);
    assert!((entropic_var(&[1.0, 1.0], 0.9).unwrap() + 1.0).abs() < 1e-15);
}

#[test]
fn a_pareto_tail_is_found_again() {
    // scipy 1.17 (Nelder-Mead on its density) on the losses beyond the 95 % quantile.
    let losses: Vec<f64> = eurusd().iter().map(|r| -r).collect();
    let it = fit_pareto_tail(&losses, 0.05).unwrap();
    println!("{it:?}");
    assert_eq!(it.exceedances, 250);
    assert!((it.shape - 0.210_044_622_989).abs() < 1e-6);
    assert!((it.scale / 0.000_560_844_962_292 - 1.0).abs() < 1e-6);
    assert!(it.log_likelihood > 1_569.005_365_547 - 1e-7);
    // A true generalised Pareto sample.
    for shape in [-0.2, 0.0, 0.3] {
        let sample: Vec<f64> =
            uniforms(5, 20_000)
                .into_iter()
                .map(|u: f64| {
                    if shape == 0.0 {
                        -2.0 * libm::log(u)
                    } else {
                        2.0 * (libm::pow(u, -shape) - 1.0) / shape
                    }
                })
                .collect();
        let it = fit_pareto_tail(&sample, 0.5).unwrap();
        assert!((it.shape - shape).abs() < 4.0 * it.standard_errors[0], "{it:?}");
        let p: f64 = 0.01;
        let want =
            if shape == 0.0 { -2.0 * libm::log(p) } else { 2.0 * (libm::pow(p, -shape) - 1.0) / shape };
        let got = it.tail(0.99).unwrap();
        assert!((got.value_at_risk / want - 1.0).abs() < 0.05, "{got:?} {want}");
    }
    assert!(matches!(it.tail(0.5), Err(Error::Parameter { name: "confidence", .. })));
}

#[test]
fn conditional_tails_follow_the_volatility() {
    let returns = sp500_returns();
    let returns = &returns[returns.len() - 2_000..];
    let found = fit(returns, &Spec::new(Kind::Garch, ErrorFamily::StudentT)).unwrap();
    let model = conditional_tail(&found.stream, 0.99, 1).unwrap();
    let Errors::StudentT { nu } = found.model.params().errors else { panic!("fitted with t errors") };
    let t = StudentT::new(nu).unwrap();
    let scaled = t.quantile(0.01).unwrap() * ((nu - 2.0) / nu).sqrt();
    let want = -found.model.params().mu - scaled * found.stream.variance().sqrt();
    assert!((model.value_at_risk - want).abs() < 1e-12);
    let filtered = filtered_historical(&found, returns, 0.99).unwrap();
    let extreme = conditional_extreme(&found, returns, 0.1, 0.99).unwrap();
    println!("99 %: model {model:?}, filtered {filtered:?}, extreme {extreme:?}");
    for it in [filtered, extreme] {
        assert!((it.value_at_risk / model.value_at_risk - 1.0).abs() < 0.25);
        assert!((it.expected_shortfall / model.expected_shortfall - 1.0).abs() < 0.25);
    }
    let ten = conditional_tail(&found.stream, 0.99, 10).unwrap();
    assert!(ten.value_at_risk > 2.5 * model.value_at_risk && ten.value_at_risk < 3.6 * model.value_at_risk);
    let egarch = fit(returns, &Spec::new(Kind::Egarch, ErrorFamily::Normal)).unwrap();
    assert!(conditional_tail(&egarch.stream, 0.99, 1).is_ok());
    assert!(matches!(
        conditional_tail(&egarch.stream, 0.99, 2),
        Err(Error::Parameter { name: "horizon", .. })
    ));
}

/// Out of sample, one day ahead, from the calm of 2006 through the crisis: exceedances of a constant limit come in
/// clusters, those of a limit that follows the volatility hardly.
#[test]
fn a_conditional_limit_breaks_up_the_clusters() {
    let returns = sp500_returns();
    let (before, after) = returns[..3_000].split_at(2_000);
    let found = fit(before, &Spec::new(Kind::Gjr, ErrorFamily::SkewedT)).unwrap();
    let mut stream = found.stream;
    let mut moving = Vec::new();
    for r in after {
        moving.push(conditional_tail(&stream, 0.95, 1).unwrap().value_at_risk);
        stream.update(*r).unwrap();
    }
    let fixed = vec![normal_tail(before, 0.95, 1.0).unwrap().value_at_risk; after.len()];
    let (good, bad) = (exceedances(after, &moving).unwrap(), exceedances(after, &fixed).unwrap());
    let (good, bad) = (conditional_coverage(&good, 0.95).unwrap(), conditional_coverage(&bad, 0.95).unwrap());
    println!("conditional {good:?}, constant {bad:?}");
    assert!(bad.p_value < 1e-6);
    assert!(4.0 * good.statistic < bad.statistic);
}

/// Limits from the model that made the returns pass at about the level of the tests.
#[test]
fn true_forecasts_pass_the_tests_of_coverage() {
    let params = Params {
        mu: 0.0,
        omega: 0.05,
        alpha: 0.1,
        gamma: 0.0,
        beta: 0.85,
        errors: Errors::StudentT { nu: 5.0 },
    };
    let model = Garch::new(Kind::Garch, params).unwrap();
    let quantile = params.errors.quantile(0.05).unwrap();
    let (mut by_coverage, mut by_quantile, trials) = (0, 0, 200);
    for seed in 0..trials {
        let mut stream = model.stream(1.0).unwrap();
        let (mut returns, mut limits) = (Vec::new(), Vec::new());
        for z in draws(params.errors, 500 + seed, 1_000) {
            let deviation = stream.variance().sqrt();
            limits.push(-deviation * quantile);
            returns.push(deviation * z);
            stream.update(deviation * z).unwrap();
        }
        let hits = exceedances(&returns, &limits).unwrap();
        by_coverage += usize::from(conditional_coverage(&hits, 0.95).unwrap().p_value < 0.05);
        by_quantile += usize::from(dynamic_quantile(&returns, &limits, 0.95, 4).unwrap().p_value < 0.05);
    }
    println!(
        "of {trials} true forecasts, coverage rejects {by_coverage} and dynamic quantile {by_quantile} at 5 %"
    );
    assert!((2..=24).contains(&by_coverage));
    assert!((2..=24).contains(&by_quantile));
}

#[test]
fn shortfall_tests_see_what_they_should() {
    let forecast = Forecast { mean: 0.001, deviation: 0.02 };
    let forecasts = vec![forecast; 1_000];
    let fat = Errors::StudentT { nu: 3.0 };
    let returns: Vec<f64> = draws(fat, 9, 1_000).iter().map(|z| 0.001 + 0.02 * z).collect();
    let right = acerbi_szekely(&returns, &forecasts, &fat, 0.975, 1_000, 7).unwrap();
    let wrong = acerbi_szekely(&returns, &forecasts, &Errors::Normal, 0.975, 1_000, 7).unwrap();
    println!("right {right:?}, wrong {wrong:?}");
    assert!(right.p_value_1.unwrap() > 0.05 && right.p_value_2 > 0.05);
    assert!(wrong.p_value_1.unwrap() < 0.01);
    assert_eq!(right, acerbi_szekely(&returns, &forecasts, &fat, 0.975, 1_000, 7).unwrap());
    // Rejections of a true null, at 5 %.
    let rejected = (0..200)
        .filter(|&seed| {
            let returns: Vec<f64> = draws(fat, 1_000 + seed, 250).iter().map(|z| 0.001 + 0.02 * z).collect();
            acerbi_szekely(&returns, &forecasts[..250], &fat, 0.975, 200, seed).unwrap().p_value_2 < 0.05
        })
        .count();
    println!("Z2 rejects {rejected} of 200 true nulls at 5 %");
    assert!((2..=22).contains(&rejected));
    let calm = acerbi_szekely(&[0.0; 20], &forecasts[..20], &fat, 0.975, 10, 1).unwrap();
    assert_eq!((calm.z1, calm.exceedances), (None, 0));
}

#[test]
fn contributions_add_up() {
    let positions = [100.0, -40.0, 25.0];
    let covariance = [4e-4, 1e-4, 5e-5, 1e-4, 9e-4, -2e-5, 5e-5, -2e-5, 1e-3];
    let means = [1e-4, 0.0, 3e-4];
    let (var, shortfall) = normal_contributions(&positions, &means, &covariance, 0.99).unwrap();
    for it in [&var, &shortfall] {
        assert_eq!(it.component.iter().sum::<f64>().to_bits(), it.total.to_bits());
    }
    let variance: f64 = (0..3)
        .flat_map(|i| (0..3).map(move |j| (i, j)))
        .map(|(i, j)| positions[i] * positions[j] * covariance[3 * i + j])
        .sum();
    let drift = 100.0 * 1e-4 + 25.0 * 3e-4;
    assert!((var.total - (2.326_347_874_040_841 * variance.sqrt() - drift)).abs() < 1e-12);
    // Marginal contributions are slopes.
    for i in 0..3 {
        let at = |by: f64| {
            let mut moved = positions;
            moved[i] += by;
            normal_contributions(&moved, &means, &covariance, 0.99).unwrap().0.total
        };
        assert!(((at(1e-3) - at(-1e-3)) / 2e-3 - var.marginal[i]).abs() < 1e-8);
    }
    assert!(matches!(
        normal_contributions(&[0.0; 3], &means, &covariance, 0.99),
        Err(Error::Singular { .. })
    ));
    let series: Vec<Vec<f64>> = (0..3).map(|i| draws(Errors::StudentT { nu: 4.0 }, i, 2_000)).collect();
    let views: Vec<&[f64]> = series.iter().map(Vec::as_slice).collect();
    let it = historical_contributions(&positions, &views, 0.95).unwrap();
    assert_eq!(it.component.iter().sum::<f64>().to_bits(), it.total.to_bits());
    let outcome: Vec<f64> = (0..2_000).map(|t| (0..3).map(|i| positions[i] * series[i][t]).sum()).collect();
    let whole = historical_tail(&outcome, 0.95).unwrap().expected_shortfall;
    assert!((it.total / whole - 1.0).abs() < 1e-12);
    assert!(it.incremental[0] > 0.0);
}

#[test]
fn drawdowns_of_a_short_curve() {
    let it = drawdowns(&[100.0, 100.0, 110.0, 99.0, 104.5, 110.0, 120.0, 60.0, 90.0]).unwrap();
    assert!((it.max - 0.5).abs() < 1e-15);
    assert_eq!((it.max_at, it.longest, it.current), (7, 2, 2));
    assert!((it.average - (0.1 + 0.05 + 0.5 + 0.25) / 8.0).abs() < 1e-15);
    // A quarter of eight steps is two; a fifth is one and three fifths of the next.
    assert!((it.conditional(0.75).unwrap() - 0.375).abs() < 1e-15);
    assert!((it.conditional(0.8).unwrap() - (0.5 + 0.6 * 0.25) / 1.6).abs() < 1e-14);
    assert!(matches!(drawdowns(&[0.0, 1.0]), Err(Error::OutOfRange { index: 0, .. })));
    assert!(matches!(drawdowns(&[]), Err(Error::TooShort { .. })));
}

#[test]
fn what_cannot_be_measured_is_refused() {
    for confidence in [0.0, 1.0, -1.0, 95.0, f64::NAN] {
        assert!(historical_tail(&[0.1, 0.2], confidence).is_err());
        assert!(kupiec(&[true, false], confidence).is_err());
    }
    assert!(matches!(normal_tail(&[0.5; 10], 0.95, 1.0), Err(Error::Constant { .. })));
    assert!(matches!(fit_student(&[0.5; 100]), Err(Error::Constant { .. })));
    assert!(matches!(fit_pareto_tail(&[0.5; 100], 0.1), Err(Error::TooShort { .. })));
    assert!(matches!(christoffersen(&[false; 100]), Err(Error::Constant { .. })));
    assert!(kupiec(&[false; 100], 0.99).unwrap().p_value > 0.1);
    assert!(matches!(historical_tail(&[0.1, f64::NAN], 0.9), Err(Error::NotFinite { index: 1, .. })));
    assert!(matches!(
        dynamic_quantile(&eurusd()[..500], &[0.001; 500], 0.95, 2),
        Err(Error::Singular { .. })
    ));
    assert!(matches!(exceedances(&[0.1], &[0.1, 0.2]), Err(Error::Lengths { .. })));
}

/// Expected shortfall of exactly the tail's probability (Rockafellar & Uryasev 2002).
fn exact_shortfall(returns: &[f64], p: f64) -> f64 {
    let mut sorted = returns.to_vec();
    sorted.sort_by(f64::total_cmp);
    let count = p * returns.len() as f64;
    let whole = count.floor() as usize;
    -(sorted[..whole].iter().sum::<f64>() + (count - whole as f64) * sorted[whole.min(sorted.len() - 1)])
        / count
}

proptest! {
    #[test]
    fn value_at_risk_is_at_most_expected_shortfall(
        returns in prop::collection::vec(prop_oneof![-1.0..1.0_f64, Just(0.25), -30.0..10.0_f64], 40..200),
        confidence in 0.5..0.999_f64,
        nu in 2.05..30.0_f64,
        lambda in -0.9..0.9_f64,
    ) {
        let mut all = vec![historical_tail(&returns, confidence).unwrap(), normal_tail(&returns, confidence, 5.0).unwrap()];
        all.extend(fit_student(&returns).and_then(|it| it.distribution.tail(confidence)));
        all.extend(CornishFisher::new(&returns).and_then(|it| it.tail(confidence)));
        let losses: Vec<f64> = returns.iter().map(|r| -r).collect();
        all.extend(fit_pareto_tail(&losses, 0.5).and_then(|it| it.tail(confidence.max(0.9))));
        for errors in [Errors::Normal, Errors::StudentT { nu }, Errors::SkewedT { nu, lambda }] {
            let params = Params { mu: 0.01, omega: 0.1, alpha: 0.1, gamma: 0.0, beta: 0.8, errors };
            let stream = Garch::new(Kind::Garch, params).unwrap().stream(1.0).unwrap();
            all.push(conditional_tail(&stream, confidence, 3).unwrap());
        }
        for it in all {
            prop_assert!(it.value_at_risk <= it.expected_shortfall, "{it:?}");
            prop_assert!(it.expected_shortfall.is_finite());
        }
        let exact = exact_shortfall(&returns, 1.0 - confidence);
        let entropic = entropic_var(&returns, confidence).unwrap();
        prop_assert!(entropic >= exact - 1e-9 * exact.abs().max(1.0), "{entropic} {exact}");
        let worst = -returns.iter().copied().fold(f64::INFINITY, f64::min);
        prop_assert!(entropic <= worst);
    }

    #[test]
    fn a_deeper_quantile_is_no_better(returns in prop::collection::vec(-1.0..1.0_f64, 2..60), a in 0.01..0.99_f64, b in 0.01..0.99_f64) {
        let (low, high) = (a.min(b), a.max(b));
        prop_assert!(historical_tail(&returns, low).unwrap().value_at_risk <= historical_tail(&returns, high).unwrap().value_at_risk);
        let falls = drawdowns(&returns.iter().map(|r| 2.0 + r).collect::<Vec<f64>>()).unwrap();
        prop_assert!(falls.average <= falls.conditional(low).unwrap() + 1e-12);
        prop_assert!(falls.conditional(low).unwrap() <= falls.conditional(high).unwrap() + 1e-12);
        prop_assert!(falls.conditional(high).unwrap() <= falls.max + 1e-12);
    }
}

const DQ_STATISTIC: f64 = 37.274151155073795;
const DQ_P_VALUE: f64 = 1.5569308601194696e-06;
const EVAR: f64 = 0.0046996148248733055;
