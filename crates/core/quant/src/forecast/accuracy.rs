//! One error report for every kind of forecast, made by rolling origin: forecast, see what came, move on. Measures as in
//! Hyndman & Koehler (2006) and Gneiting & Raftery (2007).

use super::{Forecast, check_level};
use crate::Error;
use crate::series::{check, check_same, mean};

/// How the origin rolls.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rolling {
    /// Values that the first forecast may see.
    pub first: usize,
    /// Values forecast each time.
    pub horizon: usize,
    /// Values by which the origin moves on.
    pub step: usize,
    /// Length of a season for the naive forecast that MASE compares with; 1 for the last value.
    pub season: usize,
    /// Level of the forecasts' intervals, e.g. 0.95.
    pub level: f64,
}

/// How good forecasts were.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Report {
    /// Values forecast.
    pub count: usize,
    /// Mean absolute error.
    pub mae: f64,
    /// Root mean squared error.
    pub rmse: f64,
    /// Mean over the origins of the mean absolute error by that of the (seasonal) naive forecast one season ahead within
    /// the values seen: below 1 is better than naive.
    pub mase: f64,
    /// Symmetric mean absolute percentage error, `200 |e| / (|y| + |f|)`, 0 where both are 0: 0 to 200.
    pub smape: f64,
    /// Share of values within the interval; the level is the aim.
    pub coverage: f64,
    /// Mean pinball loss of the two ends of the interval as quantiles.
    pub pinball: f64,
    /// Mean width of the interval.
    pub width: f64,
}

/// The report over all horizons, and for each horizon on its own.
#[derive(Clone, Debug, PartialEq)]
pub struct Reports {
    /// All horizons together.
    pub all: Report,
    /// The next value first.
    pub by_horizon: Vec<Report>,
}

#[derive(Clone, Copy, Default)]
struct Sums {
    count: usize,
    absolute: f64,
    squared: f64,
    scaled: f64,
    symmetric: f64,
    covered: f64,
    pinball: f64,
    width: f64,
}

impl Sums {
    fn add(&mut self, other: &Self) {
        self.count += other.count;
        self.absolute += other.absolute;
        self.squared += other.squared;
        self.scaled += other.scaled;
        self.symmetric += other.symmetric;
        self.covered += other.covered;
        self.pinball += other.pinball;
        self.width += other.width;
    }

    fn report(&self) -> Report {
        let n = self.count as f64;
        Report {
            count: self.count,
            mae: self.absolute / n,
            rmse: libm::sqrt(self.squared / n),
            mase: self.scaled / n,
            smape: self.symmetric / n,
            coverage: self.covered / n,
            pinball: self.pinball / n,
            width: self.width / n,
        }
    }
}

/// Asks `forecast` for the next `horizon` values after each origin, giving it the values up to there only, and measures
/// its answers. The first error of `forecast` is the answer.
pub fn rolling_origin(
    x: &[f64],
    rolling: Rolling,
    mut forecast: impl FnMut(&[f64], usize) -> Result<Forecast, Error>,
) -> Result<Reports, Error> {
    let Rolling { first, horizon, step, season, level } = rolling;
    check_level(level)?;
    if horizon == 0 || step == 0 || season == 0 {
        return Err(Error::Parameter {
            name: "horizon, step and season",
            value: 0.0,
            expected: "at least 1 each",
        });
    }
    if first <= season {
        return Err(Error::Parameter { name: "first", value: first as f64, expected: "more than a season" });
    }
    check("rolling origin: series", x, first.saturating_add(horizon))?;
    let mut sums = vec![Sums::default(); horizon];
    let mut origin = first;
    while origin + horizon <= x.len() {
        let seen = &x[..origin];
        let naive: Vec<f64> = seen[season..].iter().zip(seen).map(|(b, a)| (b - a).abs()).collect();
        let scale = mean(&naive);
        if scale <= 0.0 {
            return Err(Error::Constant { what: "rolling origin: values seen, season by season" });
        }
        let answer = forecast(seen, horizon)?;
        for (what, values) in [("mean", &answer.mean), ("lower", &answer.lower), ("upper", &answer.upper)] {
            check_same(what, values.len(), "horizon", horizon)?;
            check(what, values, horizon)?;
        }
        for (h, sums) in sums.iter_mut().enumerate() {
            let interval = (answer.lower[h], answer.upper[h]);
            sums.add(&measure(x[origin + h], answer.mean[h], interval, scale, level));
        }
        origin += step;
    }
    let mut all = Sums::default();
    sums.iter().for_each(|s| all.add(s));
    Ok(Reports { all: all.report(), by_horizon: sums.iter().map(Sums::report).collect() })
}

fn measure(y: f64, mean: f64, (lower, upper): (f64, f64), scale: f64, level: f64) -> Sums {
    let error = (y - mean).abs();
    let size = y.abs() + mean.abs();
    let tail = 0.5 * (1.0 - level);
    Sums {
        count: 1,
        absolute: error,
        squared: error * error,
        scaled: error / scale,
        symmetric: if size > 0.0 { 200.0 * error / size } else { 0.0 },
        covered: f64::from(u8::from(lower <= y && y <= upper)),
        pinball: 0.5 * (pinball(y, lower, tail) + pinball(y, upper, 1.0 - tail)),
        width: upper - lower,
    }
}

/// Loss of `quantile` as the forecast of the value that `y` stays below with this chance; its expectation is least at
/// the true one.
pub fn pinball(y: f64, quantile: f64, chance: f64) -> f64 {
    if y >= quantile { chance * (y - quantile) } else { (1.0 - chance) * (quantile - y) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_by_hand() {
        let x = [1.0, 3.0, 2.0, 4.0, 8.0];
        let rolling = Rolling { first: 3, horizon: 1, step: 1, season: 1, level: 0.8 };
        let last = |seen: &[f64], _| {
            let l = seen[seen.len() - 1];
            Ok(Forecast { mean: vec![l], lower: vec![l - 2.0], upper: vec![l + 2.0] })
        };
        let got = rolling_origin(&x, rolling, last).unwrap().all;
        // Errors 2 and 4; naive steps (2, 1) then (2, 1, 2).
        assert_eq!(got.count, 2);
        assert!((got.mae - 3.0).abs() < 1e-15 && (got.rmse - libm::sqrt(10.0)).abs() < 1e-15);
        assert!((got.mase - (2.0 / 1.5 + 4.0 / (5.0 / 3.0)) / 2.0).abs() < 1e-15);
        assert!((got.smape - (200.0 * 2.0 / 6.0 + 200.0 * 4.0 / 12.0) / 2.0).abs() < 1e-12);
        assert!((got.coverage - 0.5).abs() < 1e-15 && (got.width - 4.0).abs() < 1e-15);
        // Lower ends: 0.1 * 4 and 0.1 * 6; upper ends: 0 and 0.9 * 2.
        assert!((got.pinball - (0.5 * 0.4 + 0.5 * (0.6 + 1.8)) / 2.0).abs() < 1e-12);
    }

    #[test]
    fn the_forecaster_never_sees_what_is_to_come() {
        let x: Vec<f64> = (0..50).map(|i| f64::from(i * i % 13)).collect();
        let rolling = Rolling { first: 20, horizon: 3, step: 4, season: 2, level: 0.95 };
        let mut lengths = Vec::new();
        let got = rolling_origin(&x, rolling, |seen, h| {
            lengths.push(seen.len());
            Ok(Forecast { mean: vec![5.0; h], lower: vec![-1.0; h], upper: vec![20.0; h] })
        })
        .unwrap();
        assert_eq!(lengths, [20, 24, 28, 32, 36, 40, 44]);
        assert_eq!((got.all.count, got.by_horizon.len()), (21, 3));
        let short = |_: &[f64], _: usize| Ok(Forecast::default());
        assert!(matches!(rolling_origin(&x, rolling, short), Err(Error::Lengths { .. })));
        assert!(rolling_origin(&x, Rolling { step: 0, ..rolling }, short).is_err());
    }
}
