//! Forecasts against statsmodels 0.15.0, with fixed parameters where an optimiser would stand between.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test may fail by panic and need not be the same on every machine"
)]

mod known;

use known::{Deviation, log_returns, number, numbers};
use scalp_quant::Error;
use scalp_quant::forecast::accuracy::{Rolling, rolling_origin};
use scalp_quant::forecast::additive::{Additive, Options};
use scalp_quant::forecast::arima::{Arima, Order, Stepwise};
use scalp_quant::forecast::ets::{Ets, Season, Smoothing, State, Trend};
use scalp_quant::forecast::stl::{Windows, mstl, stl};
use scalp_quant::rng::Key;

fn beside() -> serde_json::Value {
    serde_json::from_str(include_str!("reference/forecast.json")).unwrap()
}

fn volume() -> Vec<f64> {
    known::column("eurusd_1h.csv", "volume")[..720].to_vec()
}

fn log_volume() -> Vec<f64> {
    volume().into_iter().map(libm::log).collect()
}

#[test]
fn arima_agrees_with_statsmodels() {
    let want = beside();
    let price = known::sp500();
    let returns: Vec<f64> = log_returns(&price[price.len() - 600..]).iter().map(|r| 100.0 * r).collect();
    let changes: Vec<f64> = log_volume().windows(2).map(|w| w[1] - w[0]).collect();
    let (mut likelihood, mut forecasts) = (Deviation::default(), Deviation::default());
    for want in want["arima"].as_array().unwrap() {
        let x = match want["series"].as_str().unwrap() {
            "returns" => returns.clone(),
            "volume" => log_volume(),
            _ => changes.clone(),
        };
        let count = |name: &str| want[name].as_u64().unwrap() as usize;
        let order = Order { p: count("p"), d: 0, q: count("q"), constant: want["c"].as_bool().unwrap() };
        let got = Arima::fit(&x, order).unwrap();
        let llf = number(&want["llf"]);
        println!(
            "{order:?}: log-likelihood {:.6}, statsmodels {llf:.6}; ar {:?} ma {:?}",
            got.log_likelihood, got.ar, got.ma
        );
        // A higher likelihood is a better optimum, and its forecasts are others.
        likelihood.absolute((llf - got.log_likelihood).max(0.0), 0.0);
        if got.log_likelihood < llf + 1e-4 {
            let sd = got.variance.sqrt();
            let made = got.forecast(5, 0.95).unwrap();
            for (got, name) in [(&made.mean, "mean"), (&made.lower, "lower"), (&made.upper, "upper")] {
                for (got, want) in got.iter().zip(numbers(&want[name])) {
                    forecasts.absolute(got / sd, want / sd);
                }
            }
        }
    }
    likelihood.at_most("ARIMA: log-likelihood below that of statsmodels", 1e-4);
    forecasts.at_most("ARIMA: forecasts in standard deviations of a shock", 3e-3);
}

#[test]
fn differenced_forecasts_go_on_from_the_last_values() {
    // A random walk's forecast stays where it is, with intervals that grow with the root of time.
    let mut stream = Key::named(4, "walk").stream(0);
    let mut at = 100.0;
    let x: Vec<f64> = (0..500)
        .map(|_| {
            at += stream.normal();
            at
        })
        .collect();
    let model = Arima::fit(&x, Order { p: 0, d: 1, q: 0, constant: false }).unwrap();
    let made = model.forecast(9, 0.95).unwrap();
    assert!(made.mean.iter().all(|m| (m - at).abs() < 1e-9));
    let width = |h: usize| made.upper[h - 1] - made.lower[h - 1];
    assert!((width(9) / width(1) - 3.0).abs() < 1e-9);
    // With a drift it goes on by the mean step; twice differenced by the last one.
    let drift = Arima::fit(&x, Order { p: 0, d: 1, q: 0, constant: true }).unwrap();
    let step = (x[499] - x[0]) / 499.0;
    assert!((drift.forecast(4, 0.95).unwrap().mean[3] - at - 4.0 * step).abs() < 1e-6);
    let twice = Arima::fit(&x, Order { p: 0, d: 2, q: 0, constant: false }).unwrap();
    assert!((twice.forecast(2, 0.95).unwrap().mean[1] - at - 2.0 * (x[499] - x[498])).abs() < 1e-9);
}

#[test]
fn the_search_finds_an_order_that_explains() {
    let mut stream = Key::named(8, "arma").stream(0);
    let (mut at, mut level) = ([0.0, 0.0], 0.0);
    let x: Vec<f64> = (0..800)
        .map(|_| {
            let next = 0.6 * at[0] - 0.3 * at[1] + stream.normal();
            at = [next, at[0]];
            level += 0.2 + next;
            level
        })
        .collect();
    let got = Arima::auto(&x, Stepwise::default()).unwrap();
    println!("found {:?}, AR {:?}, MA {:?}, AICc {:.2}", got.order, got.ar, got.ma, got.aicc);
    assert_eq!(got.order.d, 1);
    let truth = Arima::fit(&x, Order { p: 2, d: 1, q: 0, constant: true }).unwrap();
    // The search sees neighbours only, so that it need not end at the best order of all.
    assert!(got.aicc <= truth.aicc + 4.0, "{} {}", got.aicc, truth.aicc);
    assert!((truth.ar[0] - 0.6).abs() < 0.1 && (truth.ar[1] + 0.3).abs() < 0.1);
    let left =
        scalp_quant::hypothesis::autocorrelation::ljung_box(&got.residuals, 10, got.order.p + got.order.q);
    assert!(left.unwrap().p > 0.01);
    // Nine in ten of what comes lie in intervals of nine in ten.
    let rolling = Rolling { first: 600, horizon: 5, step: 5, season: 1, level: 0.9 };
    let order = truth.order;
    let report = rolling_origin(&x, rolling, |seen, h| Arima::fit(seen, order)?.forecast(h, 0.9)).unwrap();
    println!("rolling origin: {:?}", report.all);
    assert!((report.all.coverage - 0.9).abs() < 0.08 && report.all.mase < 4.0);
}

fn state(want: &serde_json::Value) -> State {
    let init = &want["init"];
    State {
        level: number(&init["initial_level"]),
        slope: init.get("initial_trend").map_or(0.0, number),
        seasons: init.get("initial_seasonal").map_or(Vec::new(), numbers),
    }
}

#[test]
fn smoothing_agrees_with_statsmodels() {
    let want = beside();
    let x = &volume()[..240];
    let (mut fixed, mut fitted) = (Deviation::default(), Deviation::default());
    for want in want["ets"].as_array().unwrap() {
        let par = numbers(&want["par"]);
        let at = |i: usize| par.get(i).copied().unwrap_or(0.0);
        let none = Smoothing { alpha: at(0), beta: at(1), gamma: 0.0, phi: 1.0 };
        let (trend, season, smoothing) = match want["name"].as_str().unwrap() {
            "simple" => (Trend::None, Season::None, none),
            "holt" => (Trend::Holt, Season::None, none),
            "damped" => (Trend::Damped, Season::None, Smoothing { phi: at(2), ..none }),
            "hw_add" => (Trend::Holt, Season::Additive(24), Smoothing { gamma: at(2), ..none }),
            _ => (Trend::Holt, Season::Multiplicative(24), Smoothing { gamma: at(2), ..none }),
        };
        let got = Ets::with(x, trend, season, smoothing, state(want)).unwrap();
        fixed.relative(got.errors.iter().map(|e| e * e).sum(), number(&want["sse"]));
        let made = got.forecast(30, 0.95, 3).unwrap();
        for (got, want) in made.mean.iter().zip(numbers(&want["forecast"])) {
            fixed.relative(*got, want);
        }
        if let Some(upper) = want.get("upper") {
            for (got, want) in made.upper.iter().zip(numbers(upper)) {
                fixed.relative(*got, want);
            }
        }
        let best = Ets::fit(x, trend, season).unwrap();
        let sse: f64 = best.errors.iter().map(|e| e * e).sum();
        println!(
            "{trend:?} {season:?}: squares {sse:.0}, statsmodels {:.0}, {:?}",
            number(&want["sse_fit"]),
            best.smoothing
        );
        // Theirs divides by the new level where seasons multiply, which is another model.
        if season != Season::Multiplicative(24) {
            fitted.absolute((sse / number(&want["sse_fit"]) - 1.0).max(0.0), 0.0);
        }
    }
    fixed.at_most("smoothing at given parameters: squares, forecasts, intervals", 1e-9);
    fitted.at_most("smoothing fitted: squares above those of statsmodels (share)", 0.01);
}

#[test]
fn multiplied_seasons_have_intervals_that_grow_with_the_level() {
    let x = &volume()[..240];
    let model = Ets::fit(x, Trend::None, Season::Multiplicative(24)).unwrap();
    let made = model.forecast(24, 0.9, 1).unwrap();
    assert_eq!(made, model.forecast(24, 0.9, 1).unwrap());
    assert!(made.lower.iter().zip(&made.mean).zip(&made.upper).all(|((l, m), u)| l < m && m < u));
    assert!(Ets::fit(&[1.0; 100], Trend::Holt, Season::None).is_err());
    let mut negative = x.to_vec();
    negative[7] = -1.0;
    assert!(matches!(
        Ets::fit(&negative, Trend::None, Season::Multiplicative(24)),
        Err(Error::OutOfRange { index: 7, .. })
    ));
    let best = Ets::auto(x, Season::Additive(24)).unwrap();
    assert_eq!(best.season, Season::Additive(24));
}

#[test]
fn decompositions_agree_with_statsmodels() {
    let want = beside();
    let x = log_volume();
    let mut worst = Deviation::default();
    let mut compare = |got: &[f64], want: &serde_json::Value| {
        let want = numbers(want);
        assert_eq!(got.len().div_ceil(7), want.len());
        for (got, want) in got.iter().step_by(7).zip(want) {
            worst.relative_to(*got, want, 1.0);
        }
    };
    for want in want["stl"].as_array().unwrap() {
        let count = |name: &str| want[name].as_u64().unwrap() as usize;
        let windows =
            Windows { seasonal: count("seasonal"), trend: None, robust: want["robust"].as_bool().unwrap() };
        let got = stl(&x, count("period"), windows).unwrap();
        compare(&got.trend, &want["trend"]);
        compare(&got.seasons[0], &want["season"]);
        for (t, v) in x.iter().enumerate() {
            assert!((got.trend[t] + got.seasons[0][t] + got.rest[t] - v).abs() < 1e-12);
        }
    }
    let got = mstl(&x, &[24, 120]).unwrap();
    compare(&got.trend, &want["mstl"]["trend"]);
    for i in 0..2 {
        compare(&got.seasons[i], &want["mstl"]["season"][i]);
    }
    worst.at_most("STL and MSTL", 1e-9);
    assert!(stl(&x, 400, Windows { seasonal: 7, trend: None, robust: false }).is_err());
    assert!(stl(&x, 24, Windows { seasonal: 8, trend: None, robust: false }).is_err());
    assert!(mstl(&x, &[120, 24]).is_err() && mstl(&x, &[]).is_err());
}

#[test]
fn the_additive_model_agrees_with_prophet() {
    let want: serde_json::Value = serde_json::from_str(include_str!("reference/additive.json")).unwrap();
    let y: Vec<f64> =
        known::column("eurusd_1h.csv", "volume")[..1500].iter().map(|v| libm::log(*v)).collect();
    let spike: Vec<f64> =
        (0..1500).map(|t| libm::sin(f64::from(t) * 0.37) + f64::from(u8::from(t % 17 == 0))).collect();
    let model = Additive::fit(&y[..1200], &[&spike[..1200]], Options::daily_and_weekly(24.0)).unwrap();
    let futures = model.simulate(300, &[&spike[1200..]], 2000, 1).unwrap();
    let made = futures.forecast(0.95).unwrap();
    let mut path = model.fitted(&[&spike[..1200]]).unwrap();
    path.extend(&made.mean);
    let noise = number(&want["sigma"]);
    let (mut means, mut widths) = (Deviation::default(), Deviation::default());
    means.relative(model.noise(), noise);
    for (i, (yhat, trend)) in numbers(&want["yhat"]).into_iter().zip(numbers(&want["trend"])).enumerate() {
        means.absolute(path[25 * i] / noise, yhat / noise);
        means.absolute(model.trend(25 * i) / noise, trend / noise);
    }
    for i in 48..60 {
        let wide = number(&want["upper"][i]) - number(&want["lower"][i]);
        widths.relative(made.upper[25 * i - 1200] - made.lower[25 * i - 1200], wide);
    }
    let prophet = prophet_objective(&want, &y[..1200], model.noise(), noise, &spike);
    println!("minus log posterior {:.6}, Prophet {prophet:.6}", model.objective());
    assert!(model.objective() <= prophet + 1e-6);
    means.at_most("additive model: path, trend and noise in deviations of the noise", 0.02);
    // Each width is an estimate from 2,000 paths.
    widths.at_most("additive model: width of the interval", 0.12);
    let probability = futures.above(made.mean[299]);
    assert!(probability.iter().all(|p| (0.0..=1.0).contains(p)) && (probability[299] - 0.5).abs() < 0.05);
    assert_eq!(futures, model.simulate(300, &[&spike[1200..]], 2000, 1).unwrap());
}

/// The objective at Prophet's own parameters, whose seasons count time from 1970.
fn prophet_objective(want: &serde_json::Value, y: &[f64], _: f64, noise: f64, spike: &[f64]) -> f64 {
    let (k, m, delta, beta) =
        (number(&want["k"]), number(&want["m"]), numbers(&want["delta"]), numbers(&want["beta"]));
    let scale = number(&want["y_scale"]);
    let n = y.len();
    let mean = spike[..n].iter().sum::<f64>() / n as f64;
    let sd = (spike[..n].iter().map(|v| (v - mean) * (v - mean)).sum::<f64>() / (n - 1) as f64).sqrt();
    // Days from 1970-01-01 to 2024-01-01.
    let first = 19_723.0;
    let mut residual = 0.0;
    for (t, v) in y.iter().enumerate() {
        let time = t as f64 / (n - 1) as f64;
        let mut fit = k * time + m;
        for (j, d) in delta.iter().enumerate() {
            let place = ((j + 1) as f64 * 959.0 / 25.0).round() / (n - 1) as f64;
            fit += d * (time - place).max(0.0);
        }
        let day = first + t as f64 / 24.0;
        let mut terms = Vec::new();
        for (period, order) in [(7.0, 3), (1.0, 4)] {
            for i in 1..=order {
                let angle = 2.0 * core::f64::consts::PI * f64::from(i) * day / period;
                terms.push(angle.sin());
                terms.push(angle.cos());
            }
        }
        terms.push((spike[t] - mean) / sd);
        fit += terms.iter().zip(&beta).map(|(t, b)| t * b).sum::<f64>();
        residual += (v / scale - fit) * (v / scale - fit);
    }
    let sigma = noise / scale;
    n as f64 * sigma.ln()
        + residual / (2.0 * sigma * sigma)
        + 2.0 * sigma * sigma
        + (k * k + m * m) / 50.0
        + beta.iter().map(|b| b * b).sum::<f64>() / 200.0
        + delta.iter().map(|d| d.abs()).sum::<f64>() / 0.05
}

#[test]
fn a_bend_is_found_and_bad_input_is_refused() {
    let mut stream = Key::named(6, "bend").stream(0);
    let y: Vec<f64> = (0..600)
        .map(|t| {
            let t = f64::from(t);
            100.0 + 0.05 * t - 0.15 * (t - 300.0).max(0.0)
                + 2.0 * libm::sin(t * core::f64::consts::PI / 12.0)
                + 0.5 * stream.normal()
        })
        .collect();
    let model = Additive::fit(&y, &[], Options::daily_and_weekly(24.0)).unwrap();
    let slope = |a: usize| (model.trend(a + 50) - model.trend(a)) / 50.0;
    assert!(
        (slope(100) - 0.05).abs() < 0.01 && (slope(500) + 0.1).abs() < 0.01,
        "{} {}",
        slope(100),
        slope(500)
    );
    assert!((model.seasonal(6) - 2.0).abs() < 0.2 && (model.noise() - 0.5).abs() < 0.1);
    let bent: f64 = model.changes().filter(|(at, _)| at.abs_diff(300) < 60).map(|(_, d)| d).sum();
    assert!((bent + 0.15).abs() < 0.02, "{bent}");
    let options = || Options::daily_and_weekly(24.0);
    assert!(matches!(Additive::fit(&[1.0; 300], &[], options()), Err(Error::Constant { .. })));
    assert!(matches!(Additive::fit(&y[..20], &[], options()), Err(Error::TooShort { .. })));
    assert!(matches!(Additive::fit(&y, &[&y[..9]], options()), Err(Error::Lengths { .. })));
    assert!(model.simulate(10, &[&y[..10]], 10, 0).is_err());
}
