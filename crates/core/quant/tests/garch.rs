//! The GARCH family against reference values, its gradient against differences, its filter against itself.

#![allow(clippy::unwrap_used, reason = "a test fails where a value is missing")]

mod golden;

use golden::{Worst, floats, json, sp500_returns};
use proptest::prelude::*;
use scalp_quant::Error;
use scalp_quant::volatility::{
    Draws, ErrorFamily, Errors, Garch, Kind, Mean, Params, Plan, Spec, backcast, fit, log_likelihood,
    log_likelihood_gradient, simulate,
};
use serde_json::Value;

fn model(kind: Kind, p: &[f64]) -> Garch {
    let (mu, omega, alpha) = (p[0], p[1], p[2]);
    let (gamma, rest) = if kind == Kind::Garch { (0.0, &p[3..]) } else { (p[3], &p[4..]) };
    let errors = match rest[1..] {
        [nu] => Errors::StudentT { nu },
        [nu, lambda] => Errors::SkewedT { nu, lambda },
        _ => Errors::Normal,
    };
    Garch::new(kind, Params { mu, omega, alpha, gamma, beta: rest[0], errors }).unwrap()
}

fn kind(spec: &Value) -> Kind {
    match (spec["vol"].as_str().unwrap(), spec.get("o").is_some()) {
        ("EGARCH", _) => Kind::Egarch,
        (_, true) => Kind::Gjr,
        _ => Kind::Garch,
    }
}

#[test]
fn likelihood_filter_and_forecast_at_given_parameters() {
    let returns = sp500_returns();
    let mut worst = Worst::default();
    for case in json("garch/fixed_params_sp500.json").as_array().unwrap() {
        let returns = &returns[returns.len() - case["n"].as_u64().unwrap() as usize..];
        let it = model(kind(&case["spec"]), &floats(&case["params"]));
        let start = backcast(returns, Mean::Constant).unwrap();
        worst.see("loglik", log_likelihood(&it, returns, start).unwrap(), case["loglik"].as_f64().unwrap());
        let variances = it.variances(returns, start).unwrap();
        let n = returns.len();
        for (v, want) in variances[..30].iter().zip(floats(&case["cond_vol_first"])) {
            worst.see("first", v.sqrt(), want);
        }
        for (v, want) in variances[n - 30..n].iter().zip(floats(&case["cond_vol_last"])) {
            worst.see("last", v.sqrt(), want);
        }
        for (f, want) in
            it.forecast(variances[n], 10).unwrap().iter().zip(floats(&case["forecast_variance_h1_10"]))
        {
            worst.see("forecast", *f, want);
        }
    }
    worst.end("garch/fixed_params_sp500.json", 1e-9);
}

/// The last 1,200 returns under given parameters: log-likelihood, first and last volatility, next variance of `arch` 8.0.
#[test]
fn other_errors_and_means_agree_with_other_software() {
    let cases: [(Kind, Mean, &[f64], [f64; 4]); 4] = [
        (
            Kind::Egarch,
            Mean::Constant,
            &[0.03, -0.02, 0.17, -0.15, 0.95, 7.0, -0.12],
            [-1230.5940267604906, 0.7406751268106362, 1.5812053660119296, 2.06521171097817],
        ),
        (
            Kind::Egarch,
            Mean::Zero,
            &[0.0, -0.02, 0.17, -0.15, 0.95, 7.0],
            [-1237.9322262023502, 0.7423490980987862, 1.5608852257420558, 2.016122714056306],
        ),
        (
            Kind::Gjr,
            Mean::Zero,
            &[0.0, 0.02, 0.03, 0.12, 0.88, 5.5, 0.2],
            [-1291.1568811569236, 0.7409907848176381, 1.7671910086009641, 2.789662731040663],
        ),
        (
            Kind::Garch,
            Mean::Constant,
            &[0.05, 0.02, 0.1, 0.88, 9.0, -0.3],
            [-1282.7946688165243, 0.7429584616566131, 1.9343013405688207, 3.3758469737848276],
        ),
    ];
    let returns = sp500_returns();
    let returns = &returns[returns.len() - 1_200..];
    let mut worst = Worst::default();
    for (kind, mean, params, [likelihood, first, last, next]) in cases {
        let it = model(kind, params);
        let start = backcast(returns, mean).unwrap();
        let variances = it.variances(returns, start).unwrap();
        worst.see("likelihood", log_likelihood(&it, returns, start).unwrap(), likelihood);
        worst.see("first", variances[0].sqrt(), first);
        worst.see("last", variances[1_199].sqrt(), last);
        worst.see("next", variances[1_200], next);
    }
    worst.end("arch 8.0 at given parameters", 1e-9);
}

#[test]
fn fits_of_two_thousand_returns() {
    let returns = sp500_returns();
    let returns = &returns[returns.len() - 2_000..];
    let golden = json("garch/sp500_last2000.json");
    for case in golden.as_object().unwrap().values() {
        let label = case["label"].as_str().unwrap();
        let family = if case["spec"]["dist"] == "t" { ErrorFamily::StudentT } else { ErrorFamily::Normal };
        let found = fit(returns, &Spec::new(kind(&case["spec"]), family)).unwrap();
        let p = found.model.params();
        let nu = if let Errors::StudentT { nu } = p.errors { nu } else { 0.0 };
        let got = [
            ("mu", p.mu),
            ("omega", p.omega),
            ("alpha[1]", p.alpha),
            ("gamma[1]", p.gamma),
            ("beta[1]", p.beta),
            ("nu", nu),
        ];
        let errors = found.standard_errors.unwrap().robust;
        for (place, (name, got)) in got.into_iter().enumerate() {
            let Some(want) = case["params"].get(name).and_then(Value::as_f64) else { continue };
            let close = if name == "nu" { 0.01 * want } else { (2e-3 * want.abs()).max(1e-3) };
            assert!((got - want).abs() <= close, "{label} {name}: {got} {want}");
            let want = case["std_err_robust"][name].as_f64().unwrap();
            let got = errors[place].unwrap();
            println!("{label}: standard error of {name} {got}, reference {want}");
            assert!((got - want).abs() <= 1e-3 * want);
        }
        let want = case["loglik"].as_f64().unwrap();
        println!(
            "{label}: log-likelihood {} above the reference, {} steps, gradient {:.1e}",
            found.log_likelihood - want,
            found.iterations,
            found.gradient_norm
        );
        assert!(found.log_likelihood > want - 1e-3);
        assert!((found.aic() - case["aic"].as_f64().unwrap()).abs() < 2e-3);
        assert!((found.bic() - case["bic"].as_f64().unwrap()).abs() < 2e-3);
        // The reference states the start value about the fitted mean, and uses that about the sample mean.
        let centred: Vec<f64> = returns.iter().map(|r| r - p.mu).collect();
        let start = backcast(&centred, Mean::Zero).unwrap();
        let start = if found.model.kind() == Kind::Egarch { libm::log(start) } else { start };
        assert!((start - case["backcast"].as_f64().unwrap()).abs() < 1e-3, "{label}: {start}");
        let mut worst = Worst::default();
        let variances = found.model.variances(returns, found.backcast).unwrap();
        for (v, want) in variances.iter().zip(floats(&case["cond_vol_first"])) {
            worst.see("first", v.sqrt(), want);
        }
        for (v, want) in variances[1975..2000].iter().zip(floats(&case["cond_vol_last"])) {
            worst.see("last", v.sqrt(), want);
        }
        worst.end(label, 1e-3);
        if found.model.kind() == Kind::Egarch {
            assert!(matches!(found.forecast(2), Err(Error::Parameter { name: "horizon", .. })));
            continue;
        }
        let mut worst = Worst::default();
        for (f, want) in found.forecast(10).unwrap().iter().zip(floats(&case["forecast_variance_h1_10"])) {
            worst.see("forecast", *f, want);
        }
        worst.end(label, 5e-3);
    }
}

#[test]
fn moments_in_closed_form() {
    let cases = json("mc/closed_forms.json");
    let case = cases["cases"].as_array().unwrap().iter().find(|c| c["model"] == "GARCH(1,1) normal").unwrap();
    let of = |name: &str| case["params"][name].as_f64().unwrap();
    let it = model(Kind::Garch, &[0.0, of("omega"), of("alpha"), of("beta")]);
    let mut worst = Worst::default();
    worst.see("variance", it.long_run_variance().unwrap(), case["uncond_var"].as_f64().unwrap());
    worst.see("kurtosis", it.kurtosis().unwrap(), case["kurtosis"].as_f64().unwrap());
    let first = it.squared_autocorrelation(1).unwrap();
    worst.see("acf", first, case["acf_sq_lag1"].as_f64().unwrap());
    worst.see(
        "decay",
        it.squared_autocorrelation(2).unwrap() / first,
        case["acf_sq_decay"].as_f64().unwrap(),
    );
    worst.end("mc/closed_forms.json GARCH", 1e-9);
}

const SPECS: [(Kind, &[f64]); 9] = [
    (Kind::Garch, &[0.05, 0.02, 0.08, 0.9]),
    (Kind::Garch, &[0.05, 0.02, 0.08, 0.9, 6.0]),
    (Kind::Garch, &[0.05, 0.02, 0.08, 0.9, 6.0, -0.15]),
    (Kind::Gjr, &[0.05, 0.02, 0.03, 0.1, 0.88]),
    (Kind::Gjr, &[0.05, 0.02, 0.03, 0.1, 0.88, 4.2]),
    (Kind::Gjr, &[0.05, 0.02, 0.03, 0.1, 0.88, 4.2, 0.3]),
    (Kind::Egarch, &[0.05, -0.02, 0.17, -0.1, 0.96]),
    (Kind::Egarch, &[0.05, -0.02, 0.17, -0.1, 0.96, 8.0]),
    (Kind::Egarch, &[0.05, -0.02, 0.17, -0.1, 0.96, 8.0, -0.4]),
];

#[test]
fn gradients_are_differences_of_the_likelihood() {
    let returns = sp500_returns();
    let returns = &returns[returns.len() - 700..];
    let start = backcast(returns, Mean::Constant).unwrap();
    let mut largest = 0.0_f64;
    for (kind, params) in SPECS {
        let it = model(kind, params);
        let (_, gradient) = log_likelihood_gradient(&it, returns, start).unwrap();
        let places: &[usize] = if kind == Kind::Garch { &[0, 1, 2, 4, 5, 6] } else { &[0, 1, 2, 3, 4, 5, 6] };
        for (k, &place) in places[..params.len()].iter().enumerate() {
            let at = |by: f64| {
                let mut p = params.to_vec();
                p[k] += by;
                log_likelihood(&model(kind, &p), returns, start).unwrap()
            };
            // Richardson's extrapolation of two central differences.
            let h = 2e-4 * params[k].abs();
            let (wide, narrow) = ((at(h) - at(-h)) / (2.0 * h), (at(0.5 * h) - at(-0.5 * h)) / h);
            let want = (4.0 * narrow - wide) / 3.0;
            let off = (gradient[place] - want).abs() / want.abs().max(1.0);
            largest = largest.max(off);
            assert!(off < 1e-6, "{kind:?} {params:?} {place}: {} {want}", gradient[place]);
        }
    }
    println!("analytic gradient against differences: worst relative deviation {largest:.1e}");
}

#[test]
fn likelihood_agrees_with_the_textbook() {
    let returns = sp500_returns();
    let returns = &returns[returns.len() - 500..];
    let start = backcast(returns, Mean::Constant).unwrap();
    for (kind, params) in SPECS {
        let it = model(kind, params);
        let variances = it.variances(returns, start).unwrap();
        let mut sum = 0.0;
        for (r, v) in returns.iter().zip(&variances) {
            let z = (r - params[0]) / v.sqrt();
            sum -= 0.5 * libm::log(*v);
            sum += match it.params().errors {
                Errors::Normal => libm::log(scalp_quant::special::normal_pdf(z)),
                Errors::StudentT { nu } => scalp_quant::special::HansenT::new(nu, 0.0).unwrap().ln_pdf(z),
                Errors::SkewedT { nu, lambda } => {
                    scalp_quant::special::HansenT::new(nu, lambda).unwrap().ln_pdf(z)
                }
            };
        }
        let got = log_likelihood(&it, returns, start).unwrap();
        assert!((got - sum).abs() < 1e-10 * sum.abs(), "{kind:?} {params:?}: {got} {sum}");
    }
}

#[test]
fn a_stream_gives_the_bits_of_the_batch_and_survives_a_snapshot() {
    let returns = sp500_returns();
    let start = backcast(&returns, Mean::Constant).unwrap();
    for (kind, params) in SPECS {
        let it = model(kind, params);
        let batch = it.variances(&returns, start).unwrap();
        let mut stream = it.stream(start).unwrap();
        for (i, r) in returns.iter().enumerate() {
            assert_eq!(stream.variance().to_bits(), batch[i].to_bits());
            assert_eq!(stream.update(*r).unwrap().to_bits(), batch[i + 1].to_bits());
            if i % 997 == 0 {
                let kept = postcard::to_allocvec(&stream).unwrap();
                let back = postcard::from_bytes(&kept).unwrap();
                assert_eq!(stream, back);
                stream = back;
            }
        }
    }
}

#[test]
fn a_stream_refuses_what_would_break_it() {
    for (kind, params) in SPECS {
        let mut stream = model(kind, params).stream(1.0).unwrap();
        stream.update(0.3).unwrap();
        let before = stream;
        for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1e200] {
            assert_eq!(stream.update(bad), None, "{kind:?} {bad}");
            assert_eq!(stream, before);
        }
    }
    assert!(
        serde_json::from_str::<Garch>(
            r#"["Garch",{"mu":0.0,"omega":-1.0,"alpha":0.1,"gamma":0.0,"beta":0.8,"errors":"Normal"}]"#
        )
        .is_err()
    );
}

#[test]
fn the_unit_of_the_returns_changes_nothing() {
    let returns = sp500_returns();
    let returns = &returns[returns.len() - 1_000..];
    let small: Vec<f64> = returns.iter().map(|r| r / 100.0).collect();
    for kind in [Kind::Garch, Kind::Gjr, Kind::Egarch] {
        let spec = Spec::new(kind, ErrorFamily::SkewedT);
        let (one, other) = (fit(returns, &spec).unwrap(), fit(&small, &spec).unwrap());
        let (p, q) = (one.model.params(), other.model.params());
        assert!((p.alpha - q.alpha).abs() < 1e-5, "{kind:?} {p:?} {q:?}");
        assert!((p.beta - q.beta).abs() < 1e-5);
        assert!((one.stream.variance() / other.stream.variance() / 1e4 - 1.0).abs() < 1e-5);
        let (s, t) = (one.standard_errors.unwrap(), other.standard_errors.unwrap());
        assert!((s.robust[0].unwrap() / t.robust[0].unwrap() / 100.0 - 1.0).abs() < 1e-3);
        assert!((s.classical[4].unwrap() / t.classical[4].unwrap() - 1.0).abs() < 1e-3);
    }
}

#[test]
fn simulated_variances_agree_with_the_closed_form() {
    let plan = Plan { horizon: 10, paths: 40_000, seed: 5 };
    for (kind, params) in &SPECS[..6] {
        let stream = model(*kind, params).stream(2.0).unwrap();
        // The closed form of GJR takes half of the errors to be negative ones, weighted by their squares.
        if *kind == Kind::Gjr && params.len() == 7 {
            continue;
        }
        let found = simulate(&stream, Draws::Model, plan).unwrap();
        let want = stream.model().forecast(stream.variance(), 10).unwrap();
        for ((mean, error), want) in found.variances.unwrap().into_iter().zip(&want).skip(1) {
            assert!((mean - want).abs() < 4.5 * error, "{kind:?} {params:?}: {mean} +- {error}, {want}");
        }
        let mean = found.returns.iter().sum::<f64>() / 40_000.0;
        let spread = (want.iter().sum::<f64>() / 40_000.0).sqrt();
        assert!((mean - 10.0 * params[0]).abs() < 4.5 * spread);
        assert_eq!(simulate(&stream, Draws::Model, plan).unwrap().returns, found.returns);
    }
}

#[test]
fn the_mean_size_of_an_error_is_that_of_its_quantiles() {
    const PIECES: usize = 20_000;
    for errors in [Errors::Normal, Errors::StudentT { nu: 3.0 }, Errors::SkewedT { nu: 5.0, lambda: -0.4 }] {
        let at = |it: usize| errors.quantile((it as f64 + 0.5) / PIECES as f64).unwrap().abs();
        let sum = (0..PIECES).map(at).sum::<f64>() / PIECES as f64;
        let got = errors.mean_abs().unwrap();
        assert!((got - sum).abs() < 1e-3, "{errors:?}: {got} and {sum}");
    }
}

#[test]
fn the_logarithm_of_the_variance_of_egarch_rests_at_its_mean() {
    let errors = Errors::StudentT { nu: 3.0 };
    let params = Params { mu: 0.0, omega: 0.02, alpha: 0.3, gamma: -0.05, beta: 0.9, errors };
    let model = Garch::new(Kind::Egarch, params).unwrap();
    let level = model.mean_log_variance().unwrap().unwrap();
    // The mean response of the logarithm to an error leaves it where it is.
    let variance = libm::exp(level);
    let after = |it: usize| {
        let z = errors.quantile((it as f64 + 0.5) / 20_000.0).unwrap();
        libm::log(model.after(variance, z * variance.sqrt()).unwrap())
    };
    let mean = (0..20_000).map(after).sum::<f64>() / 20_000.0;
    assert!((mean - level).abs() < 1e-3, "{mean} and {level}");
    assert!((level - 0.02 / 0.1).abs() > 0.1, "not the level of normal errors");
    assert!(matches!(model.after(0.0, 1.0), Err(Error::Parameter { .. })));
}

#[test]
fn errors_drawn_again_have_exact_expected_variances() {
    let returns = sp500_returns();
    let returns = &returns[returns.len() - 1_000..];
    for kind in [Kind::Garch, Kind::Gjr, Kind::Egarch] {
        let found = fit(returns, &Spec::new(kind, ErrorFamily::StudentT)).unwrap();
        let errors = found.model.standardised(returns, found.backcast).unwrap();
        let next = found.stream.variance();
        let exact = found.model.forecast_again(next, &errors, 12).unwrap();
        assert_eq!(exact[..5], found.model.forecast_again(next, &errors, 5).unwrap(), "{kind:?}");
        let plan = Plan { horizon: 12, paths: 20_000, seed: 3 };
        let paths = simulate(&found.stream, Draws::Again(&errors), plan).unwrap().variances.unwrap();
        for (step, (exact, (mean, error))) in exact.iter().zip(paths).enumerate() {
            let room = 4.5 * error + 1e-12 * exact;
            assert!((exact - mean).abs() < room, "{kind:?} {step}: {exact}, {mean} with error {error}");
        }
    }
}

#[test]
fn simulation_of_egarch_gives_no_mean_that_does_not_exist() {
    let plan = Plan { horizon: 5, paths: 2_000, seed: 5 };
    let normal = model(SPECS[6].0, SPECS[6].1).stream(1.0).unwrap();
    assert!(simulate(&normal, Draws::Model, plan).unwrap().variances.is_some());
    let fat = model(SPECS[7].0, SPECS[7].1).stream(1.0).unwrap();
    let found = simulate(&fat, Draws::Model, plan).unwrap();
    assert!(found.variances.is_none());
    assert_eq!(found.returns.len(), 2_000);
    let again = simulate(&fat, Draws::Again(&[-1.0, 1.0]), plan).unwrap();
    assert!(again.variances.is_some());
    assert!(simulate(&fat, Draws::Again(&[]), plan).is_err());
    assert!(simulate(&fat, Draws::Model, Plan { paths: 0, ..plan }).is_err());
}

#[test]
fn a_penalty_draws_the_parameters_in() {
    let returns = sp500_returns();
    let returns = &returns[returns.len() - 1_000..];
    let plain = Spec::new(Kind::Garch, ErrorFamily::Normal);
    let free = fit(returns, &plain).unwrap();
    let held = fit(returns, &Spec { ridge: 50.0, ..plain }).unwrap();
    let size = |p: &Params| p.alpha * p.alpha + p.beta * p.beta;
    assert!(size(held.model.params()) < size(free.model.params()));
    assert!(held.log_likelihood < free.log_likelihood);
}

#[test]
fn what_cannot_be_fitted_is_refused() {
    let spec = Spec::new(Kind::Garch, ErrorFamily::Normal);
    assert!(matches!(fit(&[0.1; 20], &spec), Err(Error::TooShort { .. })));
    assert!(matches!(fit(&[0.1; 200], &spec), Err(Error::Constant { .. })));
    assert!(matches!(fit(&[0.0; 200], &spec), Err(Error::Constant { .. })));
    let mut returns = sp500_returns();
    returns[7] = f64::NAN;
    assert!(matches!(fit(&returns, &spec), Err(Error::NotFinite { index: 7, .. })));
    assert!(matches!(fit(&[1e200; 60], &spec), Err(Error::Parameter { .. } | Error::Constant { .. })));
    for bad in [
        [0.0, 0.0, 0.1, 0.8],
        [0.0, 0.1, -0.1, 0.8],
        [0.0, 0.1, 0.1, -0.8],
        [0.0, 0.1, 0.2, 0.8],
        [f64::NAN, 0.1, 0.1, 0.8],
    ] {
        let [mu, omega, alpha, beta] = bad;
        let params = Params { mu, omega, alpha, gamma: 0.0, beta, errors: Errors::Normal };
        assert!(matches!(Garch::new(Kind::Garch, params), Err(Error::Parameter { .. })), "{bad:?}");
    }
}

/// A maximum of the likelihood of EGARCH whose next variance, of order `e^702`, is finite for the scaled returns of the search and
/// not for these: it is passed over for the next lower one.
#[test]
fn a_maximum_that_ends_in_an_explosion_is_passed_over() {
    let returns = [
        15.885537059878176,
        0.0,
        -42.60257821059896,
        17.03755651382328,
        44.25888473249651,
        0.0,
        0.0,
        0.49190742183168995,
        0.0,
        0.0,
        0.2634096877720027,
        0.0,
        0.6726896626170831,
        -24.143441511549558,
        -0.19871624722893597,
        -0.4384231170989277,
        0.0,
        0.0,
        0.0,
        0.0,
        0.0,
        -0.34935938298748626,
        0.0,
        0.0,
        -42.78076542362103,
        -26.669151061757674,
        -0.8458365158543482,
        37.49156093344801,
        36.335969072284655,
        -0.6241911301180705,
        -33.988553624016276,
        36.77222812873035,
        -0.6259818738616822,
        16.5874065669698,
        -21.530929068328646,
        -0.07143505738212276,
        -0.37091497291209197,
        0.0,
        0.0,
        29.271345377210192,
        0.5464368150579523,
        -32.89877845156657,
        -49.83452534222638,
        0.0,
        12.674467523344187,
        0.0,
        -6.249573838910025,
        0.8600247512645716,
        -6.7253278118908115,
        0.0,
        -24.29222532578184,
        15.101452460998125,
        10.578432073468052,
        -0.9099421850068391,
        0.8464863158960843,
        -0.6868704387233358,
        0.0,
        0.5220071389266081,
        -0.7780822004468377,
        -0.4033399494662865,
        0.0,
        0.8598486324933629,
        -43.75799943844576,
        9.563276282290865,
        0.0,
        0.04783588517516859,
        0.0,
        0.0,
        0.9827996521497707,
        -16.75175420694532,
        -11.775929571060066,
        0.0,
        -0.6545511078663675,
        9.126188719755639,
        0.1329189302161945,
        -24.442339168409532,
        -16.265050481198763,
        0.0,
        -41.301445524962695,
        -42.11067209934681,
        41.21488763293639,
        17.14354927726651,
        31.598941587918894,
        0.2822130138717754,
        -0.9131946926534443,
        0.0,
        0.0,
        0.9401848352192658,
        0.0,
        0.0,
        9.923345633136341,
        -0.02456730219852511,
        -0.6211552674186336,
        30.026389398995093,
        15.243682552822483,
        0.8296420722440331,
        41.22336813302748,
        0.0,
        0.0,
        0.0,
        0.0,
        -1.1224873018217847,
    ];
    let found = fit(&returns, &Spec::new(Kind::Egarch, ErrorFamily::SkewedT)).unwrap();
    let start = backcast(&returns, Mean::Constant).unwrap();
    let again = log_likelihood(&found.model, &returns, start).unwrap();
    assert!((found.log_likelihood - again).abs() <= 1e-9 * again.abs());
    let squares = returns.map(|r| r * r);
    let largest = squares.into_iter().fold(0.0, f64::max);
    assert!(found.stream.variance() < largest, "{}", found.stream.variance());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Any series is fitted to a sound model or refused by name.
    #[test]
    fn any_series_is_fitted_or_refused(values in prop::collection::vec(prop_oneof![-1.0..1.0_f64, Just(0.0), -50.0..50.0_f64], 50..120)) {
        for kind in [Kind::Garch, Kind::Gjr, Kind::Egarch] {
            for errors in [ErrorFamily::Normal, ErrorFamily::StudentT, ErrorFamily::SkewedT] {
                match fit(&values, &Spec::new(kind, errors)) {
                    Ok(found) => {
                        prop_assert!(found.log_likelihood.is_finite());
                        prop_assert!(found.stream.variance() > 0.0);
                    }
                    Err(Error::NotConverged { .. } | Error::Constant { .. }) => {}
                    Err(other) => return Err(TestCaseError::fail(format!("{other}"))),
                }
            }
        }
    }
}
