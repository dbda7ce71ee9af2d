//! The forecast as a fan behind its history, and how large the errors were at each step ahead.

use super::millis;
use crate::study::forecast::Model;
use crate::study::{Sample, count};
use scalp_quant::Error;
use scalp_quant::forecast::Forecast;
use scalp_quant::forecast::accuracy::Reports;
use scalp_report::study::chart::{Axis, Chart, Colour, Plane, Shape, Unit};
use scalp_types::Timestamp;

/// Values before the forecast that are drawn: at least so many, and so many times the horizon.
const HISTORY_MIN: usize = 60;
const HISTORY_BY_HORIZON: usize = 6;
const DAY_NS: i64 = 86_400_000_000_000;
const COLOURS: [Colour; 4] = [Colour::Grey, Colour::Blue, Colour::Orange, Colour::Purple];

/// Times of the next steps: the usual step, weekends left out where the table has none.
fn ahead(sample: &Sample, horizon: usize) -> Vec<f64> {
    let times = &sample.times;
    let mut gaps: Vec<i64> = times.windows(2).map(|it| it[1].nanos() - it[0].nanos()).collect();
    gaps.sort_unstable();
    let (Some(usual), Some(last)) = (gaps.get(gaps.len() / 2), times.last()) else {
        return (1..=horizon).map(|it| it as f64).collect();
    };
    let skips = *usual == DAY_NS && !times.iter().any(|it| crate::study::is_weekend(*it));
    let mut at = *last;
    let mut next = || {
        at = Timestamp::from_nanos(at.nanos().saturating_add(*usual));
        while skips && crate::study::is_weekend(at) {
            at = Timestamp::from_nanos(at.nanos() + DAY_NS);
        }
        millis(at)
    };
    (0..horizon).map(|_| next()).collect()
}

/// The fan: forecasts of one model at rising levels, drawn from the widest.
pub fn fan(sample: &Sample, values: &[f64], model: Model, forecasts: &[(f64, Forecast)]) -> Chart {
    let name = "Forecast";
    let Some((_, widest)) = forecasts.last() else { return Chart::missing(name, "there is no forecast") };
    let horizon = widest.mean.len();
    let shown = values.len().min(HISTORY_MIN.max(HISTORY_BY_HORIZON * horizon));
    let from = values.len() - shown;
    let timed = sample.times.len() >= 2;
    let (axis, past, future): (_, Vec<f64>, Vec<f64>) = if timed {
        // A table of prices has one value before its first return, whose time is not kept: it is left out.
        let skipped = values.len() - sample.times.len();
        let first = from.saturating_sub(skipped);
        let past = sample.times[first..].iter().copied().map(millis).collect();
        (Axis::new("time", Unit::Time), past, ahead(sample, horizon))
    } else {
        let last = values.len();
        let past = (from..last).map(|it| (it + 1) as f64).collect();
        (Axis::new("row", Unit::Count), past, (1..=horizon).map(|it| (last + it) as f64).collect())
    };
    let title = if sample.prices.is_some() { "value" } else { "return" };
    let mut plane = Plane::new(axis, Axis::new(title, Unit::Plain));
    let seen = values[values.len() - past.len()..].to_vec();
    // The forecast begins at the last value that was seen.
    let joined =
        |it: &[f64]| -> Vec<f64> { seen.last().copied().into_iter().chain(it.iter().copied()).collect() };
    let x: Vec<f64> = past.last().copied().into_iter().chain(future.iter().copied()).collect();
    for (level, it) in forecasts.iter().rev() {
        let label = format!("{} %", level * 100.0);
        plane.layer(&label, Colour::Blue, Shape::Band(joined(&it.upper)), x.clone(), joined(&it.lower));
    }
    let mean = joined(&widest.mean);
    plane.layer("seen", Colour::Ink, Shape::Line, past, seen);
    plane.layer("expected", Colour::Blue, Shape::Line, x, mean);
    let spaced = if timed { " Times ahead are spaced as those of the table usually are." } else { "" };
    let note = format!(
        "{}, fitted to all {} values. The bands hold the true value as often as they say if the model is true; how often they did is in the table.{spaced}",
        capital(model.name()),
        values.len()
    );
    Chart::plane(name, &note, plane)
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |it| it.to_uppercase().collect::<String>() + chars.as_str())
}

/// Errors and coverage of each model by the step ahead.
pub fn by_step(judged: &[(Model, Result<Reports, Error>)], level: f64, origins: usize) -> Vec<Chart> {
    let step = || Axis::new("steps ahead", Unit::Count);
    let mut errors = Plane::new(step(), Axis::new("mean absolute error", Unit::Plain).from_zero());
    let mut covered = Plane::new(step(), Axis::new("inside the interval", Unit::Percent).from_zero());
    for ((model, found), colour) in judged.iter().zip(COLOURS) {
        let Ok(found) = found else { continue };
        let x: Vec<f64> = (1..=found.by_horizon.len()).map(|it| it as f64).collect();
        let shape = || if x.len() == 1 { Shape::Dots } else { Shape::Line };
        let of = |get: fn(&scalp_quant::forecast::accuracy::Report) -> f64| {
            found.by_horizon.iter().map(get).collect()
        };
        errors.layer(model.name(), colour, shape(), x.clone(), of(|it| it.mae));
        covered.layer(model.name(), colour, shape(), x.clone(), of(|it| it.coverage));
    }
    covered.level(&format!("aim {} %", level * 100.0), level);
    let note = format!("Out of sample, mean over {} at each step ahead.", count(origins, "origin"));
    vec![
        Chart::plane("Error by steps ahead", &note, errors),
        Chart::plane(
            "Coverage of the intervals",
            &format!("{note} So few origins tell coverage coarsely."),
            covered,
        ),
    ]
}
