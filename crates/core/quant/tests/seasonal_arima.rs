//! Seasonal ARIMA on the airline passengers of Box & Jenkins (1970, series G), against statsmodels 0.15 (SARIMAX on the
//! differenced series, the best of four optimisers) and the published fit.
#![allow(clippy::unwrap_used, reason = "tests only")]

use scalp_quant::Error;
use scalp_quant::forecast::accuracy::{Rolling, rolling_origin};
use scalp_quant::forecast::arima::{Arima, Order, SeasonalOrder, Stepwise};
use scalp_quant::rng::Key;

/// Thousands of passengers in the months of 1949 to 1960.
const PASSENGERS: [u16; 144] = [
    112, 118, 132, 129, 121, 135, 148, 148, 136, 119, 104, 118, 115, 126, 141, 135, 125, 149, 170, 170, 158,
    133, 114, 140, 145, 150, 178, 163, 172, 178, 199, 199, 184, 162, 146, 166, 171, 180, 193, 181, 183, 218,
    230, 242, 209, 191, 172, 194, 196, 196, 236, 235, 229, 243, 264, 272, 237, 211, 180, 201, 204, 188, 235,
    227, 234, 264, 302, 293, 259, 229, 203, 229, 242, 233, 267, 269, 270, 315, 364, 347, 312, 274, 237, 278,
    284, 277, 317, 313, 318, 374, 413, 405, 355, 306, 271, 306, 315, 301, 356, 348, 355, 422, 465, 467, 404,
    347, 305, 336, 340, 318, 362, 348, 363, 435, 491, 505, 404, 359, 310, 337, 360, 342, 406, 396, 420, 472,
    548, 559, 463, 407, 362, 405, 417, 391, 419, 461, 472, 535, 622, 606, 508, 461, 390, 432,
];

fn airline() -> Vec<f64> {
    PASSENGERS.iter().map(|n| libm::log(f64::from(*n))).collect()
}

const fn order(p: usize, d: usize, q: usize, constant: bool) -> Order {
    Order { p, d, q, constant }
}

const fn yearly(p: usize, d: usize, q: usize) -> SeasonalOrder {
    SeasonalOrder { p, d, q, period: 12 }
}

#[test]
fn likelihoods_are_those_of_statsmodels_or_higher() {
    let x = airline();
    let mut worst = 0.0_f64;
    for (order, seasonal, want) in [
        (order(0, 1, 1, false), yearly(0, 1, 1), 244.696_486_832_515_7),
        (order(1, 0, 0, true), yearly(1, 1, 1), 245.056_165_190_338_93),
        (order(2, 1, 1, false), yearly(1, 1, 0), 242.111_042_703_601_56),
        (order(1, 1, 1, false), yearly(2, 0, 1), 254.578_885_390_559_83),
    ] {
        let got = Arima::fit_seasonal(&x, order, seasonal).unwrap();
        println!(
            "{order:?} {seasonal:?}: {:.7} against {want:.7}; {:?} {:?} {:?} {:?}",
            got.log_likelihood, got.ar, got.ma, got.seasonal_ar, got.seasonal_ma
        );
        worst = worst.max(want - got.log_likelihood);
    }
    println!("worst log-likelihood below statsmodels: {worst:.1e}");
    assert!(worst < 1e-5);
}

#[test]
fn the_airline_model_is_the_published_one() {
    let x = airline();
    let got = Arima::fit_seasonal(&x, order(0, 1, 1, false), yearly(0, 1, 1)).unwrap();
    assert!((got.ma[0] + 0.401_824_9).abs() < 1e-4 && (got.seasonal_ma[0] + 0.556_937_6).abs() < 1e-4);
    assert!((got.variance / 0.001_348_098_8 - 1.0).abs() < 1e-4);
    let made = got.forecast(14, 0.95).unwrap();
    // The forecasts of the differenced series by statsmodels, put together by hand.
    let mut want = x.clone();
    for change in [0.012_560_890_144, 0.007_967_944_316, 0.048_775_645_796 - 0.040_807_701_0] {
        let n = want.len();
        want.push(change + want[n - 1] + want[n - 12] - want[n - 13]);
    }
    for (got, want) in made.mean.iter().zip(&want[144..146]) {
        assert!((got - want).abs() < 1e-5, "{got} {want}");
    }
    // Weights of the shocks by hand: theta + 1 for a year, then the seasonal term as well.
    let (t, s) = (got.ma[0], got.seasonal_ma[0]);
    let variance = |h: usize| {
        let weight = |k: usize| {
            let years = k / 12;
            let carried = |j: usize| if j == 0 { 1.0 } else { 1.0 + t };
            (0..=years).map(|y| if y == 0 { 1.0 } else { 1.0 + s } * carried(k - 12 * y)).sum::<f64>()
        };
        got.variance * (0..h).map(|k| weight(k) * weight(k)).sum::<f64>()
    };
    for h in [1, 2, 12] {
        let half = (made.upper[h - 1] - made.lower[h - 1]) / 2.0 / 1.959_963_984_540_054;
        assert!((half / variance(h).sqrt() - 1.0).abs() < 1e-9, "{h}: {half} {}", variance(h).sqrt());
    }
}

#[test]
fn the_search_finds_the_airline_model() {
    let got = Arima::auto_seasonal(&airline(), 12, Stepwise::default()).unwrap();
    println!("{:?} {:?} AICc {}", got.order, got.seasonal, got.aicc);
    let airline = Arima::fit_seasonal(&airline(), order(0, 1, 1, false), yearly(0, 1, 1)).unwrap();
    let seasonal = got.seasonal.unwrap();
    assert_eq!((got.order.d, seasonal.d, seasonal.period), (1, 1, 12));
    assert!(got.aicc <= airline.aicc + 1e-6, "{} {}", got.aicc, airline.aicc);
    // What comes next is seen better with the season than without.
    let x: Vec<f64> = PASSENGERS.iter().map(|n| libm::log(f64::from(*n))).collect();
    let rolling = Rolling { first: 120, horizon: 6, step: 6, season: 12, level: 0.9 };
    let with = rolling_origin(&x, rolling, |seen, h| {
        Arima::fit_seasonal(seen, order(0, 1, 1, false), yearly(0, 1, 1))?.forecast(h, 0.9)
    });
    let without =
        rolling_origin(&x, rolling, |seen, h| Arima::fit(seen, order(0, 1, 1, false))?.forecast(h, 0.9));
    let (with, without) = (with.unwrap().all, without.unwrap().all);
    println!("with the season {with:?}, without {without:?}");
    assert!(with.rmse < 0.5 * without.rmse);
}

#[test]
fn noise_has_no_season_and_a_daily_one_of_hours_is_found() {
    let mut stream = Key::named(2, "seasons").stream(0);
    let noise: Vec<f64> = (0..300).map(|_| stream.normal()).collect();
    let got = Arima::auto_seasonal(&noise, 12, Stepwise::default()).unwrap();
    assert_eq!((got.seasonal.unwrap().d, got.order.d), (0, 0));
    let hours: Vec<f64> = noise
        .iter()
        .enumerate()
        .map(|(t, e)| 0.3 * e + [0.0, 2.0, 5.0, 1.0, -3.0, -5.0][t / 4 % 6])
        .collect();
    let got =
        Arima::fit_seasonal(&hours, order(1, 0, 0, false), SeasonalOrder { p: 0, d: 1, q: 1, period: 24 });
    let made = got.unwrap().forecast(24, 0.9).unwrap();
    for (h, mean) in made.mean.iter().enumerate() {
        let want = [0.0, 2.0, 5.0, 1.0, -3.0, -5.0][(300 + h) / 4 % 6];
        assert!((mean - want).abs() < 0.8, "{h}: {mean} of {want}");
    }
}

#[test]
fn a_season_of_nothing_is_the_plain_model() {
    let x = airline();
    let plain = Arima::fit(&x, order(1, 1, 1, false)).unwrap();
    let nothing = Arima::fit_seasonal(&x, order(1, 1, 1, false), yearly(0, 0, 0)).unwrap();
    assert!((plain.log_likelihood - nothing.log_likelihood).abs() < 1e-12);
    assert_eq!(plain.forecast(5, 0.9).unwrap(), nothing.forecast(5, 0.9).unwrap());
}

#[test]
fn refuses_what_it_cannot_fit() {
    let x = airline();
    let fit = |seasonal| Arima::fit_seasonal(&x, order(0, 1, 1, false), seasonal);
    assert!(matches!(fit(SeasonalOrder { period: 1, ..yearly(0, 1, 1) }), Err(Error::Parameter { .. })));
    assert!(matches!(fit(SeasonalOrder { period: 100, ..yearly(0, 1, 1) }), Err(Error::TooShort { .. })));
    assert!(fit(yearly(4, 0, 0)).is_err() && fit(yearly(0, 2, 0)).is_err());
    assert!(Arima::auto_seasonal(&x[..20], 12, Stepwise::default()).is_err());
    assert!(matches!(
        Arima::fit_seasonal(&[3.0; 90], order(0, 0, 1, false), yearly(0, 1, 0)),
        Err(Error::Constant { .. })
    ));
}
