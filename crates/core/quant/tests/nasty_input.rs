//! Whatever finite numbers come in, the answer is finite or a named refusal: no panic, no NaN.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test may fail by panic")]

use proptest::prelude::*;
use scalp_quant::Error;
use scalp_quant::calibration::{Beta, Isotonic, Platt, brier_parts};
use scalp_quant::edge::{
    Resampling, SharpeSample, Trials, probability_of_overfitting, reality_check, superior_predictive_ability,
};
use scalp_quant::forecast::additive::{Additive, Options};
use scalp_quant::forecast::arima::{Arima, Order, Stepwise};
use scalp_quant::forecast::ets::{Ets, Season, Trend};
use scalp_quant::forecast::stl::{Windows, mstl, stl};
use scalp_quant::fracdiff;
use scalp_quant::hypothesis::cointegration::{engle_granger, johansen};
use scalp_quant::hypothesis::unit_root::{Around, Deterministic, Lags, adf, kpss};
use scalp_quant::hypothesis::{autocorrelation, memory, normality, samples, student};
use scalp_quant::labels::{ewm_deviation, trend_scanning};
use scalp_quant::regime::Family;
use scalp_quant::regime::bayesian::{Bayesian, Prior};
use scalp_quant::regime::hmm::{Hmm, Search};
use scalp_quant::regime::pelt::{Change, pelt};
use scalp_quant::regime::segment::characteristics;

type Answer = Result<Vec<f64>, Error>;
type Named = (&'static str, fn(&[f64]) -> Answer);
type Shape = (&'static str, fn(usize) -> f64);

fn other(x: &[f64]) -> Vec<f64> {
    x.iter().enumerate().map(|(i, v)| 0.5 * v + (i * 37 % 11) as f64).collect()
}

fn outcomes(x: &[f64]) -> Vec<bool> {
    (0..x.len()).map(|i| i * 37 % 11 > 4).collect()
}

const ALL: &[Named] = &[
    ("adf", |x| adf(x, Deterministic::Trend, Lags::Aic(None)).map(|a| vec![a.test.statistic, a.test.p])),
    ("adf n", |x| adf(x, Deterministic::None, Lags::Fixed(1)).map(|a| vec![a.test.statistic, a.test.p])),
    ("kpss", |x| kpss(x, Around::Level, None).map(|a| vec![a.test.statistic, a.test.p])),
    ("kpss trend", |x| kpss(x, Around::Trend, None).map(|a| vec![a.test.statistic, a.test.p])),
    ("engle granger", |x| {
        engle_granger(x, &[&other(x)], false, Lags::Fixed(1))
            .map(|a| vec![a.test.statistic, a.test.p, a.hedge[0]])
    }),
    ("johansen", |x| {
        let got = johansen(&[x, &other(x)], Deterministic::Constant, 1)?;
        Ok(got
            .eigenvalues
            .iter()
            .chain(&got.vectors[0])
            .copied()
            .chain(got.trace.iter().map(|t| t.statistic))
            .collect())
    }),
    ("pacf", |x| autocorrelation::pacf(x, 5)),
    ("ljung box", |x| autocorrelation::ljung_box(x, 5, 0).map(|t| vec![t.statistic, t.p])),
    ("arch", |x| autocorrelation::arch_lm(x, 3).map(|t| vec![t.lm.statistic, t.lm.p, t.f.statistic, t.f.p])),
    ("jarque bera", |x| normality::jarque_bera(x).map(|t| vec![t.test.statistic, t.test.p])),
    ("shapiro", |x| normality::shapiro_wilk(x).map(|t| vec![t.statistic, t.p])),
    ("anderson", |x| normality::anderson_darling(x).map(|t| vec![t.statistic, t.p])),
    ("student", |x| student::fit(x).map(|t| vec![t.df, t.location, t.scale, t.log_likelihood])),
    ("dfa", |x| memory::dfa(x, &[4, 8, 16]).map(|t| vec![t.exponent])),
    ("rescaled range", |x| memory::rescaled_range(x, &[4, 8, 16]).map(|t| vec![t.exponent])),
    ("variance ratio", |x| memory::variance_ratio(x, 3).map(|t| vec![t.ratio, t.test.statistic, t.test.p])),
    ("hill", |x| memory::hill_index(x, 5).map(|t| vec![t])),
    ("entropy", |x| memory::sign_entropy(x, 3).map(|t| vec![t])),
    ("ks", |x| samples::ks_two_sample(x, &other(x)).map(|t| vec![t.statistic, t.p])),
    ("mann whitney", |x| samples::mann_whitney(x, &other(x)).map(|t| vec![t.statistic, t.p])),
    ("welch", |x| samples::welch(x, &other(x)).map(|t| vec![t.test.statistic, t.test.p, t.df])),
    ("sharpe", |x| {
        let s = SharpeSample::of(x)?;
        let deflated = s.deflated(Trials { count: 100.0, variance: 0.01 })?;
        Ok(vec![s.sharpe, s.skew, s.kurtosis, s.probabilistic(0.0)?, deflated])
    }),
    ("pbo", |x| probability_of_overfitting(&[x, &other(x)], 4).map(|p| p.logits)),
    ("reality check", |x| {
        let r = reality_check(&[x, &other(x)], Resampling { seed: 1, resamples: 20, block: 3.0 })?;
        Ok(vec![r.statistic, r.p])
    }),
    ("spa", |x| {
        let r =
            superior_predictive_ability(&[x, &other(x)], Resampling { seed: 1, resamples: 20, block: 3.0 })?;
        Ok(vec![r.statistic, r.p_lower, r.p_consistent, r.p_upper])
    }),
    ("trend scanning", |x| trend_scanning(x, 3, 8).map(|t| t.iter().map(|t| t.t).collect())),
    ("ewm", |x| ewm_deviation(x, 10.0).map(|v| v.into_iter().flatten().collect())),
    ("fracdiff", |x| fracdiff::difference(x, 0.4, 1e-2).map(|v| v.into_iter().flatten().collect())),
    ("isotonic", |x| {
        let map = Isotonic::fit(x, &other(x))?;
        Ok([-1e308, -1.0, 0.0, 0.3, 1e308].iter().filter_map(|q| map.predict(*q)).collect())
    }),
    ("platt", |x| Platt::fit(x, &outcomes(x)).map(|p| vec![p.a, p.b, p.predict(0.3)])),
    ("beta", |x| {
        let p: Vec<f64> = x.iter().map(|v| (v.abs() / 3.0).min(1.0)).collect();
        Beta::fit(&p, &outcomes(x)).map(|b| vec![b.a, b.b, b.c, b.predict(0.3)])
    }),
    ("brier", |x| {
        let p: Vec<f64> = x.iter().map(|v| (v.abs() / 3.0).min(1.0)).collect();
        brier_parts(&p, &outcomes(x), 10).map(|b| vec![b.reliability, b.resolution, b.uncertainty, b.within])
    }),
    ("hmm", |x| {
        let fit = Hmm::fit(x, Search { family: Family::Gaussian, states: 2, starts: 1, seed: 1 })?;
        let mut out = vec![fit.log_likelihood];
        out.extend(fit.model.smooth(x)?.concat());
        Ok(out)
    }),
    ("hmm student", |x| {
        let fit = Hmm::fit(x, Search { family: Family::StudentT, states: 2, starts: 0, seed: 1 })?;
        Ok(vec![fit.log_likelihood, fit.model.transition()[0][0]])
    }),
    ("bayesian", |x| {
        let mut d = Bayesian::new(Prior { mean: 0.0, mean_weight: 0.1, shape: 1.0, scale: 1.0 }, 100.0, 20)?;
        x.iter().try_for_each(|v| d.push(*v))?;
        Ok([d.run_lengths(), &[d.log_likelihood(), d.changed_within(5)]].concat())
    }),
    ("pelt", |x| pelt(x, Change::MeanVariance, 3, None).map(|c| vec![c.cost])),
    ("pelt mean", |x| pelt(x, Change::Mean, 3, None).map(|c| vec![c.cost])),
    ("segment", |x| {
        let s = characteristics(x)?;
        let mut out = vec![s.mean, s.volatility, s.max_drawdown];
        out.extend([s.skew, s.kurtosis, s.trend, s.autocorrelation].into_iter().flatten());
        Ok(out)
    }),
    ("arima", |x| {
        let model = Arima::fit(x, Order { p: 1, d: 1, q: 1, constant: true })?;
        let f = model.forecast(5, 0.95)?;
        Ok([f.mean, f.lower, f.upper, vec![model.aicc, model.log_likelihood]].concat())
    }),
    ("ets", |x| {
        let f = Ets::fit(x, Trend::Damped, Season::Additive(4))?.forecast(5, 0.95, 1)?;
        Ok([f.mean, f.lower, f.upper].concat())
    }),
    ("ets multiplied", |x| {
        let f = Ets::fit(x, Trend::Holt, Season::Multiplicative(4))?.forecast(5, 0.95, 1)?;
        Ok([f.mean, f.lower, f.upper].concat())
    }),
    ("stl", |x| {
        stl(x, 5, Windows { seasonal: 7, trend: None, robust: true }).map(|d| [d.trend, d.rest].concat())
    }),
    ("mstl", |x| mstl(x, &[3, 7]).map(|d| [d.trend, d.rest].concat())),
    ("additive", |x| {
        let options = Options { changepoints: 5, ..Options::daily_and_weekly(8.0) };
        let f = Additive::fit(x, &[], options)?.simulate(5, &[], 20, 1)?.forecast(0.9)?;
        Ok([f.mean, f.lower, f.upper].concat())
    }),
];

fn try_all(label: &str, x: &[f64]) {
    for (name, f) in ALL {
        if let Ok(values) = f(x) {
            assert!(values.iter().all(|v| v.is_finite()), "{name} of {label}: {values:?}");
        }
    }
}

fn noise(i: usize) -> f64 {
    ((i * 7919 + i * i * 31) % 1009) as f64 / 504.5 - 1.0
}

#[test]
fn strange_shapes_have_finite_answers() {
    let shapes: [Shape; 26] = [
        ("huge", |i| 1e300 * noise(i)),
        ("largest", |i| if i % 2 == 0 { f64::MAX } else { -f64::MAX }),
        ("large", |i| 1e150 * noise(i)),
        ("bearable", |i| 1e69 * noise(i)),
        ("fine", |i| 1e-68 * noise(i)),
        ("bearably wide", |i| libm::pow(10.0, 69.0 * noise(i))),
        ("outlier at the limit", |i| if i == 17 { 1e69 } else { noise(i) }),
        ("subnormal", |i| 1e-310 * noise(i)),
        ("small", |i| 1e-170 * noise(i)),
        ("wide", |i| libm::pow(10.0, 300.0 * noise(i))),
        ("one ulp", |i| 1.0 + f64::EPSILON * (i % 2) as f64),
        ("level and rounding", |i| 1e10 + 1e-6 * noise(i)),
        ("one outlier", |i| if i == 17 { 1.0 } else { 0.0 }),
        ("huge outlier", |i| if i == 17 { 1e200 } else { noise(i) }),
        ("line", |i| i as f64),
        ("parabola", |i| (i * i) as f64),
        ("falling line", |i| 500.0 - i as f64),
        ("alternating", |i| if i % 2 == 0 { 1.0 } else { -1.0 }),
        ("period of four", |i| (i % 4) as f64),
        ("step", |i| if i < 20 { 1.0 } else { 2.0 }),
        ("growth", |i| libm::exp(i as f64)),
        ("decay", |i| libm::exp(-(i as f64))),
        ("three values", |i| (i * 37 % 3) as f64),
        ("positive", |i| 2.0 + noise(i)),
        ("plain", noise),
        ("negative zero", |i| if i % 3 == 0 { -0.0 } else { 0.0 }),
    ];
    for (name, shape) in shapes {
        for n in [1, 2, 5, 23, 41, 97] {
            let x: Vec<f64> = (0..n).map(shape).collect();
            try_all(&format!("{n} of {name}"), &x);
        }
    }
}

#[test]
fn the_automatic_searches_end() {
    for shape in [
        noise as fn(usize) -> f64,
        |i| (i as f64).sqrt() + noise(i),
        |i| 1e200 * noise(i),
        |i| (i % 4) as f64,
    ] {
        let x: Vec<f64> = (0..60).map(shape).collect();
        if let Ok(model) = Arima::auto(&x, Stepwise::default()) {
            assert!(model.forecast(3, 0.9).is_ok_and(|f| f.upper.iter().all(|v| v.is_finite())));
        }
        if let Ok(model) = Ets::auto(&x, Season::Additive(4)) {
            assert!(model.forecast(3, 0.9, 0).is_ok_and(|f| f.upper.iter().all(|v| v.is_finite())));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(24) })]
    #[test]
    fn any_finite_numbers_have_finite_answers(x in prop::collection::vec(prop::num::f64::NORMAL | prop::num::f64::ZERO | prop::num::f64::SUBNORMAL, 0..60)) {
        try_all("any", &x);
    }

    #[test]
    fn numbers_of_all_sizes_have_finite_answers(x in prop::collection::vec((-69.0f64..69.0, any::<bool>()), 0..50)) {
        let x: Vec<f64> = x.into_iter().map(|(e, up)| libm::pow(10.0, e) * if up { 1.0 } else { -1.0 }).collect();
        try_all("all sizes", &x);
    }

    #[test]
    fn a_few_distinct_values_have_finite_answers(x in prop::collection::vec(-2i8..3, 0..60)) {
        let x: Vec<f64> = x.into_iter().map(f64::from).collect();
        try_all("few", &x);
    }
}
