//! `scalp forecast`: what comes next, by several models on one error report.

use super::TableArgs;
use anyhow::{Result, ensure};
use clap::{Args, ValueEnum};
use scalp_lab::study::forecast;
use std::process::ExitCode;

/// Options of `scalp forecast`.
#[derive(Args)]
pub struct AheadArgs {
    #[command(flatten)]
    pub table: TableArgs,
    /// Whose forecast is printed; the one of least error out of sample when absent
    #[arg(long, value_enum)]
    pub model: Option<Forecaster>,
    /// Steps ahead
    #[arg(long, default_value_t = 10)]
    pub horizon: usize,
    /// Steps in a season, e.g. 7 for a week of days; 1 for none
    #[arg(long, default_value_t = 1)]
    pub season: usize,
    /// Level of the intervals
    #[arg(long, default_value_t = 0.95, allow_negative_numbers = true)]
    pub level: f64,
    /// Forecasts that each model is judged by
    #[arg(long, default_value_t = 20)]
    pub origins: usize,
    /// Seed of simulated intervals
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
}

/// Ways to forecast.
#[derive(Clone, Copy, ValueEnum)]
pub enum Forecaster {
    /// The last value
    RandomWalk,
    /// ARIMA, its order chosen step by step
    Arima,
    /// Exponential smoothing, its kind chosen
    Ets,
    /// Trend with changes of slope, and a season
    Additive,
}

/// Runs `scalp forecast`.
pub fn forecast(args: &AheadArgs) -> Result<ExitCode> {
    let model = args.model.map(|it| match it {
        Forecaster::RandomWalk => forecast::Model::RandomWalk,
        Forecaster::Arima => forecast::Model::Arima,
        Forecaster::Ets => forecast::Model::Ets,
        Forecaster::Additive => forecast::Model::Additive,
    });
    for (name, value) in [("horizon", args.horizon), ("season", args.season), ("origins", args.origins)] {
        ensure!(value > 0, "--{name}: expected at least 1, got 0");
    }
    let (horizon, season, level) = (args.horizon, args.season, args.level);
    let asked =
        forecast::ForecastArgs { model, horizon, season, level, origins: args.origins, seed: args.seed };
    args.table.ask("forecast", |it| forecast::forecast(it, &asked))
}
