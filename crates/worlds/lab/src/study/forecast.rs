//! What comes next in one series, by several models on one error report.

use super::charts::forecast as charts;
use super::{Sample, StudyError, count, figure};
use scalp_quant::Error;
use scalp_quant::forecast::Forecast;
use scalp_quant::forecast::accuracy::{Reports, Rolling, rolling_origin};
use scalp_quant::forecast::additive::{Additive, Options, Seasonality};
use scalp_quant::forecast::arima::{Arima, Order, Stepwise};
use scalp_quant::forecast::ets::{Ets, Season};
use scalp_report::data::{Figure, Unit};
use scalp_report::study::{Cell, Section, Study};

/// Futures that the additive model simulates.
const PATHS: usize = 1_000;
/// Sine pairs of a season of the additive model.
const PAIRS: usize = 3;
/// Levels of the bands inside the one that was asked for.
const FAN: [f64; 2] = [0.5, 0.8];
/// Of the series at least this share is seen before the first forecast that is judged.
const SEEN_FIRST: f64 = 0.5;

/// The ways to forecast.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Model {
    /// The last value, with an interval that widens: what the others must beat.
    RandomWalk,
    /// ARIMA, its order chosen step by step.
    Arima,
    /// Exponential smoothing, its kind chosen by the corrected Akaike criterion.
    Ets,
    /// Trend with changes of slope, and a season.
    Additive,
}

impl Model {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::RandomWalk, Self::Arima, Self::Ets, Self::Additive];

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::RandomWalk => "random walk",
            Self::Arima => "ARIMA",
            Self::Ets => "exponential smoothing",
            Self::Additive => "additive",
        }
    }
}

/// What is asked beside the table.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ForecastArgs {
    /// Whose forecast is printed; the one of least MASE when absent.
    pub model: Option<Model>,
    /// Steps ahead.
    pub horizon: usize,
    /// Steps in a season; 1 for none.
    pub season: usize,
    /// Level of the intervals.
    pub level: f64,
    /// Forecasts that each model is judged by.
    pub origins: usize,
    /// Seed of simulated intervals.
    pub seed: u64,
}

/// Values of the only column: prices where there are prices.
pub fn forecast(sample: &Sample, args: &ForecastArgs) -> Result<Study, StudyError> {
    if !(args.level > 0.0 && args.level < 1.0) {
        return Err(StudyError::Asked(format!(
            "level: expected above 0 and below 1 (0.95 for 95 %), got {}",
            args.level
        )));
    }
    let asset = sample.single()?;
    let name = &sample.names[asset];
    let values = sample.prices.as_ref().map_or(&sample.returns[asset], |it| &it[asset]);
    let ahead = args.origins.saturating_mul(args.horizon);
    let first = values.len().saturating_sub(ahead);
    if (first as f64) < SEEN_FIRST * values.len() as f64 {
        return Err(StudyError::Asked(format!(
            "{name}: {} origins of {} steps judge {ahead} of {} values; at most half can be judged: ask for fewer (--origins) or shorter ones (--horizon)",
            args.origins,
            args.horizon,
            values.len()
        )));
    }
    let order = Arima::auto(&values[..first], Stepwise::default()).map(|it| it.order);
    let rolling =
        Rolling { first, horizon: args.horizon, step: args.horizon, season: args.season, level: args.level };
    let mut judged: Vec<(Model, Result<Reports, Error>)> = Vec::new();
    for model in Model::ALL {
        let by = |seen: &[f64], horizon: usize| one(model, seen, horizon, &order, args);
        judged.push((model, rolling_origin(values, rolling, by)));
    }
    let best = judged.iter().filter_map(|(model, it)| Some((*model, it.as_ref().ok()?.all.mase)));
    let best = best.min_by(|a, b| a.1.total_cmp(&b.1)).map(|it| it.0);
    let model = args.model.or(best).ok_or_else(|| {
        let why = judged.iter().filter_map(|it| Some(format!("{}: {}", it.0.name(), it.1.as_ref().err()?)));
        let why = why.collect::<Vec<_>>().join("; ");
        StudyError::Asked(format!("{name}: no model can be fitted to {} values ({why})", values.len()))
    })?;
    let ahead = one(model, values, args.horizon, &order, args).map_err(StudyError::of(name))?;
    let mut notes = sample.notes.clone();
    if let Ok(order) = &order {
        notes.push(format!(
            "ARIMA({},{},{}){}, its order chosen on the first {first} values.",
            order.p,
            order.d,
            order.q,
            if order.constant { " with a constant" } else { "" }
        ));
    }
    notes.push(format!(
        "Each model was fitted anew at {}, {} apart, and saw nothing behind them. MASE below 1 is better than the naive forecast of one season ahead.",
        count(args.origins, "origin"),
        count(args.horizon, "step")
    ));
    let mut fan = Vec::new();
    for level in FAN.into_iter().filter(|it| *it < args.level) {
        let it = one(model, values, args.horizon, &order, &ForecastArgs { level, ..*args });
        fan.push((level, it.map_err(StudyError::of(name))?));
    }
    let sections = vec![report(&judged), table(&ahead)];
    let headline = judged.iter().find(|it| it.0 == model).map(|it| headline(&it.1, args.level));
    fan.push((args.level, ahead));
    let mut drawn = vec![charts::fan(sample, values, model, &fan)];
    drawn.extend(charts::by_step(&judged, args.level, args.origins));
    Ok(Study {
        title: format!("{name}: {} ahead by {}", count(args.horizon, "step"), model.name()),
        sample: sample.described(),
        headline: headline.unwrap_or_default(),
        sections,
        charts: drawn,
        notes,
    })
}

/// How good the chosen model was out of sample.
fn headline(found: &Result<Reports, Error>, level: f64) -> Vec<Figure> {
    let of = |get: fn(&Reports) -> f64| found.as_ref().map(get);
    let aim = format!("out of sample, aim {} %", level * 100.0);
    vec![
        figure("Mean absolute error", Unit::Ratio, of(|it| it.all.mae), "out of sample"),
        figure("Root mean squared error", Unit::Ratio, of(|it| it.all.rmse), "out of sample"),
        figure("MASE", Unit::Ratio, of(|it| it.all.mase), "below 1 beats the naive forecast"),
        figure("Coverage", Unit::Share, of(|it| it.all.coverage), &aim),
    ]
}

fn one(
    model: Model,
    seen: &[f64],
    horizon: usize,
    order: &Result<Order, Error>,
    args: &ForecastArgs,
) -> Result<Forecast, Error> {
    match model {
        Model::RandomWalk => {
            let order = Order { p: 0, d: 1, q: 0, constant: false };
            Arima::fit(seen, order)?.forecast(horizon, args.level)
        }
        Model::Arima => Arima::fit(seen, order.clone()?)?.forecast(horizon, args.level),
        Model::Ets => {
            let season = if args.season > 1 { Season::Additive(args.season) } else { Season::None };
            Ets::auto(seen, season)?.forecast(horizon, args.level, args.seed)
        }
        Model::Additive => {
            let period = args.season as f64;
            let seasons =
                if args.season > 1 { vec![Seasonality { period, order: PAIRS }] } else { Vec::new() };
            let options = Options { seasons, ..Options::daily_and_weekly(1.0) };
            let fitted = Additive::fit(seen, &[], options)?;
            fitted.simulate(horizon, &[], PATHS, args.seed)?.forecast(args.level)
        }
    }
}

fn report(judged: &[(Model, Result<Reports, Error>)]) -> Section {
    let columns = ["MAE", "RMSE", "MASE", "sMAPE", "coverage", "pinball"];
    let mut section = Section::with_columns("Out of sample", columns);
    for (model, found) in judged {
        let cells = match found {
            Ok(it) => {
                let it = &it.all;
                [it.mae, it.rmse, it.mase, it.smape, it.coverage, it.pinball].map(Cell::from).to_vec()
            }
            Err(e) => vec![Cell::Undefined(e.to_string()); columns.len()],
        };
        section.row(model.name(), cells);
    }
    section
}

fn table(ahead: &Forecast) -> Section {
    let mut section = Section::with_columns("Forecast", ["expected", "lower", "upper"]);
    for step in 0..ahead.mean.len() {
        let cells = [ahead.mean[step], ahead.lower[step], ahead.upper[step]].map(Cell::from).to_vec();
        section.row(&format!("step {}", step + 1), cells);
    }
    section
}
