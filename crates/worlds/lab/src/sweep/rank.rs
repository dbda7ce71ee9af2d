//! From results to a ranking that pays for the number of tries.

use super::{JobResult, Swept};
use crate::analysis::Grid;
use crate::metrics::performance::RATIO_RETURNS_MIN;
use crate::metrics::sampling::sample;
use crate::metrics::{MetricError, needs};
use scalp_config::Config;
use scalp_quant::edge::{SharpeSample, Trials};
use scalp_quant::performance;
use scalp_quant::tails::drawdowns;
use scalp_report::data::{Better, Run, SweepData, SweepFigure, SweepRow, Unit, Value};
use scalp_types::{Money, Span, Timestamp};

/// The figures of one job.
#[derive(Debug, Clone)]
pub struct Measured {
    /// Change of equity.
    pub net: f64,
    /// As a part of the opening equity.
    pub total_return: Result<f64, MetricError>,
    /// Annual Sharpe ratio.
    pub sharpe: Result<f64, MetricError>,
    /// Probability that it beats the best of all trials without skill.
    pub deflated: Result<f64, MetricError>,
    /// Deepest fall.
    pub drawdown: Result<f64, MetricError>,
    sample: Result<SharpeSample, MetricError>,
}

fn length(it: &JobResult) -> Span {
    it.curve.first().zip(it.curve.last()).map(|(first, last)| last.0 - first.0).unwrap_or_default()
}

fn measure(it: &JobResult, opening: Money, grid: Grid) -> Measured {
    let at: Vec<Timestamp> = it.curve.iter().map(|it| it.0).collect();
    let equity: Vec<f64> = it.curve.iter().map(|it| it.1.to_f64()).collect();
    let sampled = sample(&at, &equity, grid.step);
    let returns = sampled.as_ref().map_err(Clone::clone).and_then(|it| it.returns());
    let per_year = sampled.as_ref().map_or(1.0, |it| it.per_year());
    let of = |measure: &dyn Fn(&[f64]) -> Result<f64, MetricError>| match &returns {
        Ok(returns) => measure(returns),
        Err(error) => Err(error.clone()),
    };
    let net = (it.equity - opening).to_f64();
    Measured {
        net,
        total_return: if opening > Money::ZERO {
            Ok(net / opening.to_f64())
        } else {
            of(&|returns| Ok(performance::total_return(returns)?))
        },
        sharpe: of(&|returns| Ok(performance::sharpe(returns, per_year)?)),
        deflated: Err(MetricError::Undefined { what: "the deflated Sharpe ratio", why: "not measured yet" }),
        drawdown: drawdowns(&equity).map(|it| it.max).map_err(MetricError::from),
        sample: returns.as_ref().map_err(Clone::clone).and_then(|it| {
            needs("the probabilistic Sharpe ratio: returns", RATIO_RETURNS_MIN, it.len())?;
            Ok(SharpeSample::of(it)?)
        }),
    }
}

/// The trials that the deflated Sharpe ratio of a sweep pays for: every job, measurable or not, and what was tried
/// before. `run.trials` counts this run as well, which here is the jobs.
fn trials_counted(config: &Config, jobs: usize) -> (u64, u64) {
    let before = u64::from(config.run.trials.saturating_sub(1));
    (before, before + jobs as u64)
}

/// The jobs with their figures, best first by the deflated Sharpe ratio, then by the net result, then by number. Sets
/// the number of trials of `run`.
pub fn ranked(swept: &Swept, opening: Money, config: &Config, mut run: Run) -> SweepData {
    let every = config.report.sample.0;
    let grid = |it: &JobResult| Grid::of(length(it), every, swept.prices_apart);
    let mut measured: Vec<Measured> = swept.results.iter().map(|it| measure(it, opening, grid(it))).collect();
    let sharpes: Vec<f64> = measured.iter().filter_map(|it| Some(it.sample.as_ref().ok()?.sharpe)).collect();
    let (before, count) = trials_counted(config, swept.jobs.len());
    run.trials = count;
    let trials = Trials::of(&sharpes).map(|it| Trials { count: count as f64, ..it });
    for it in &mut measured {
        it.deflated = match (&it.sample, &trials) {
            (Ok(sample), Ok(trials)) => sample.deflated(*trials).map_err(MetricError::from),
            (Err(error), _) => Err(error.clone()),
            (_, Err(error)) => Err(error.clone().into()),
        };
    }
    let mut order: Vec<usize> = (0..measured.len()).collect();
    let worth = |n: &usize| measured[*n].deflated.as_ref().map_or(f64::NEG_INFINITY, |it| *it);
    order.sort_by(|a, b| {
        let by_deflated = worth(b).total_cmp(&worth(a));
        by_deflated.then(measured[*b].net.total_cmp(&measured[*a].net)).then(a.cmp(b))
    });
    let parameters: Vec<String> =
        swept.jobs.first().map(|it| it.values.keys().cloned().collect()).unwrap_or_default();
    let figure = |name: &str, unit, better| SweepFigure { name: name.into(), unit, better };
    let mut notes = vec![format!(
        "{} jobs over the same {} market events, each a whole backtest with all costs.",
        swept.jobs.len(),
        swept.events
    )];
    if let Ok(trials) = &trials {
        notes.push(format!(
            "The deflated Sharpe ratio counts {count} trials: {} jobs and {before} tried before them (run.trials - 1). \
             The Sharpe ratios of one step of the {} jobs that have one differ with a variance of {:.3e} (Bailey and \
             Lopez de Prado 2014).",
            swept.jobs.len(),
            sharpes.len(),
            trials.variance
        ));
    }
    if let Some(first) = swept.results.first() {
        notes.push(grid(first).reason());
        notes.extend(grid(first).warning());
    }
    SweepData {
        run,
        parameters,
        figures: vec![
            figure("Deflated Sharpe", Unit::Share, Better::Higher),
            figure("Sharpe", Unit::Ratio, Better::Higher),
            figure("Net result", Unit::Money, Better::Higher),
            figure("Return", Unit::Percent, Better::Higher),
            figure("Drawdown", Unit::Magnitude, Better::Lower),
            figure("Fills", Unit::Count, Better::Neutral),
            figure("Fees", Unit::Money, Better::Lower),
        ],
        rank_by: 0,
        rows: order.iter().map(|n| row(swept, *n, &measured[*n])).collect(),
        notes,
        warnings: unreconciled(swept).into_iter().chain(said(swept)).collect(),
    }
}

/// Jobs in the order of their numbers that a warning names one by one, and things that jobs say.
const NAMED_MAX: usize = 10;

fn unreconciled(swept: &Swept) -> Option<String> {
    let jobs = swept.unreconciled();
    let named: Vec<String> = jobs.iter().take(NAMED_MAX).map(ToString::to_string).collect();
    let more = if jobs.len() > NAMED_MAX { ", ..." } else { "" };
    (!jobs.is_empty()).then(|| {
        format!(
            "{} of {} jobs ended with books that differ from the venue's ({}{more}): their figures are what the platform \
             believed, not what the account held.",
            jobs.len(),
            swept.jobs.len(),
            named.join(", ")
        )
    })
}

/// What single runs would say above their figures, each once, with the number of jobs that say it.
fn said(swept: &Swept) -> Vec<String> {
    let mut texts: Vec<(&str, usize)> = Vec::new();
    for text in swept.results.iter().flat_map(|it| &it.said) {
        match texts.iter_mut().find(|it| it.0 == text) {
            Some((_, count)) => *count += 1,
            None => texts.push((text, 1)),
        }
    }
    let jobs = swept.jobs.len();
    let more = texts.len().saturating_sub(NAMED_MAX);
    let told = texts.iter().take(NAMED_MAX).map(|(text, count)| format!("{count} of {jobs} jobs: {text}"));
    told.chain((more > 0).then(|| format!("Jobs say {more} more things likewise: run them one by one.")))
        .collect()
}

fn row(swept: &Swept, number: usize, it: &Measured) -> SweepRow {
    let value = |it: &Result<f64, MetricError>| match it {
        Ok(value) => Value::Known(*value),
        Err(error) => Value::Missing(error.to_string()),
    };
    let result = &swept.results[number];
    let text = |value: &toml::Value| value.to_string().trim_matches('"').to_owned();
    SweepRow {
        job: number as u64,
        parameters: swept.jobs[number].values.values().map(text).collect(),
        values: vec![
            value(&it.deflated),
            value(&it.sharpe),
            Value::Known(it.net),
            value(&it.total_return),
            value(&it.drawdown),
            Value::Known(result.fills as f64),
            Value::Known(result.fees.to_f64()),
        ],
    }
}
