//! What comes next, with an interval that is meant to be kept, and how good such forecasts were: ARIMA, exponential
//! smoothing, decomposition into several seasons, an additive model of trend, seasons and regressors, and one error
//! report for all of them.

pub mod accuracy;
pub mod additive;
pub mod arima;
mod arma;
mod auto_arima;
pub mod ets;
mod lasso;
pub mod stl;

/// A forecast of the next values, the next one first.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Forecast {
    /// Expected values.
    pub mean: Vec<f64>,
    /// Lower ends of the intervals.
    pub lower: Vec<f64>,
    /// Upper ends of the intervals.
    pub upper: Vec<f64>,
}

impl Forecast {
    /// Normal intervals of this level, e.g. 0.95, around means with these standard deviations.
    pub(crate) fn normal(mean: Vec<f64>, sd: &[f64], level: f64) -> Result<Self, crate::Error> {
        check_level(level)?;
        let z = crate::special::normal_quantile(0.5 + 0.5 * level)?;
        let lower = mean.iter().zip(sd).map(|(m, s)| m - z * s).collect();
        let upper = mean.iter().zip(sd).map(|(m, s)| m + z * s).collect();
        Ok(Self { mean, lower, upper })
    }
}

pub(crate) fn check_level(level: f64) -> Result<(), crate::Error> {
    crate::series::check_parameter("level", level, level > 0.0 && level < 1.0, "between 0 and 1")
}
