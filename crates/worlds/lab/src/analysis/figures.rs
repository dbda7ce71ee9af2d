//! The key figures and the risk table, each a number or the reason why there is none.

use super::Ended;
use super::grid::{Grid, in_words};
use crate::metrics::sampling::sample;
use crate::metrics::trades::{self, ClosedTrade, TradeBootstrap, profit_factor, profits, stats};
use crate::metrics::{MetricError, Performance};
use scalp_quant::bootstrap::{Method, Percentiles, Plan, RatioBootstrap, RatioReport};
use scalp_quant::edge::Trials;
use scalp_quant::performance;
use scalp_quant::rng::Key;
use scalp_quant::tails::TailRisk;
use scalp_report::data::{
    Better, Bootstrap, BootstrapRow, Fact, Figure, Interval, ReturnDistribution, Series, Tail as TailRow,
    Unit, Value,
};
use scalp_types::{InstrumentId, Money, Timestamp};

/// Everything that is measured of an equity curve and its round trips.
#[derive(Debug, Clone, Default)]
pub struct Figures {
    /// The most important ones.
    pub key: Vec<Figure>,
    /// The risk table.
    pub risk: Vec<Figure>,
    /// Distribution of returns.
    pub returns: ReturnDistribution,
    /// What resampling says.
    pub bootstrap: Option<Bootstrap>,
    /// The Sharpe ratio of one step, for sweeps.
    pub sharpe_per_step: Option<f64>,
}

/// Coverage of the intervals: between the 5th and the 95th percentile.
const LEVEL: f64 = 0.90;

/// What measuring needs to be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Measuring {
    /// What returns are measured on.
    pub grid: Grid,
    /// How many variants were tried, this one included.
    pub trials: u32,
    /// Resamples of the bootstrap.
    pub resamples: u32,
    /// Their seed.
    pub seed: u64,
}

/// Measures a run.
pub fn figures(run: &Ended<'_>, equity: &Series, how: Measuring) -> Figures {
    let Measuring { grid, trials, resamples, seed } = how;
    let at: Vec<Timestamp> = equity.at_ns.iter().map(|at| Timestamp::from_nanos(*at)).collect();
    let step = grid.step;
    let sampled = match sample(&at, &equity.value, step) {
        Ok(sampled) => sampled,
        Err(error) => return Figures { key: vec![missing("Total return", error)], ..Figures::default() },
    };
    let returns = sampled.returns();
    // Of the variants before this one nothing is known but their number: without skill their Sharpe ratios of one
    // step differ by the error of measuring them, whose variance is 1 / (returns - 1) (Lo 2002, equation 9 at zero).
    let spread = 1.0 / (sampled.equity.len().saturating_sub(2).max(1)) as f64;
    let tried = Trials { count: trials.into(), variance: spread };
    let performance = Performance::of(&sampled, Some(tried)).with_drawdowns_of(&equity.value);
    let trades: Vec<ClosedTrade> = closed(run);
    let resampled =
        returns.as_ref().ok().and_then(|it| Resampled::of(it, sampled.per_year(), resamples, seed));
    let of_trades = trades::resampled(&profits(&trades), resamples, seed);
    let ranges = resampled.as_ref().map(|it| &it.report);
    let mut key = key_figures(run, &performance, ranges, equity);
    key.extend(trade_figures(&trades, of_trades.as_ref().ok()));
    key.extend(under_way(run));
    Figures {
        key,
        risk: risk_figures(&performance, ranges, trials),
        returns: ReturnDistribution {
            horizon: in_words(step),
            why: grid.reason(),
            tails: [(0.95, &performance.tail_95), (0.99, &performance.tail_99)]
                .map(|(l, t)| tail_row(l, t))
                .to_vec(),
            returns: returns.clone().unwrap_or_default(),
        },
        bootstrap: resampled.map(|it| bootstrap_table(&it, &performance, seed)),
        sharpe_per_step: returns.ok().and_then(|it| performance::sharpe(&it, 1.0).ok()),
    }
}

/// The ratios of the resampled returns, and how they were resampled.
struct Resampled {
    plan: Plan,
    /// Returns in each resample.
    length: usize,
    /// Mean length of a block.
    block: f64,
    report: RatioReport,
}

impl Resampled {
    /// `None` for fewer returns than are worth resampling.
    fn of(returns: &[f64], per_year: f64, resamples: u32, seed: u64) -> Option<Self> {
        let plan = Plan::new(per_year, Key::named(seed, "bootstrap"));
        let bootstrap = RatioBootstrap::new(returns, plan).ok()?;
        let block = match bootstrap.method() {
            Method::Independent => 1.0,
            Method::MovingBlock { length } | Method::CircularBlock { length } => length as f64,
            Method::Stationary { mean_length } => mean_length,
        };
        let report = bootstrap.run(resamples as usize).ok()?;
        Some(Self { plan, length: returns.len(), block, report })
    }
}

fn closed(run: &Ended<'_>) -> Vec<ClosedTrade> {
    let of_asset =
        run.outcome.trips.iter().filter(|it| run.instruments.get(it.trip.instrument).settle == run.asset);
    of_asset
        .map(|it| ClosedTrade {
            opened: it.trip.opened_at,
            closed: it.trip.closed_at,
            profit: it.net().to_f64(),
        })
        .collect()
}

fn key_figures(
    run: &Ended<'_>,
    it: &Performance,
    resampled: Option<&RatioReport>,
    equity: &Series,
) -> Vec<Figure> {
    let net = (run.closing - run.opening).to_f64();
    let drawdown = it.drawdown.as_ref().map(|it| it.max).map_err(Clone::clone);
    let sharpe_note = format!("annual, 365 days, no risk-free rate, from returns of {}", in_words(it.step));
    vec![
        figure("Net result", Ok(net), Unit::Money, Better::Higher, "change of equity after all costs"),
        figure(
            "Total return",
            it.total_return.clone(),
            Unit::Percent,
            Better::Higher,
            "change of equity over the first equity",
        )
        .within(resampled.and_then(|it| it.total_return)),
        figure(
            "Annual return",
            it.annual_return.clone(),
            Unit::Percent,
            Better::Higher,
            "compound, 365 days",
        ),
        figure("Sharpe ratio", it.sharpe.clone(), Unit::Ratio, Better::Higher, &sharpe_note)
            .within(resampled.and_then(|it| it.sharpe)),
        figure(
            "Maximum drawdown",
            drawdown,
            Unit::Percent,
            Better::Lower,
            "deepest fall from a peak, over all samples of equity",
        )
        .within(resampled.and_then(|it| it.max_drawdown)),
        figure(
            "Final equity",
            Ok(equity.value.last().copied().unwrap_or(0.0)),
            Unit::Money,
            Better::Higher,
            "",
        ),
    ]
}

fn trade_figures(trades: &[ClosedTrade], resampled: Option<&TradeBootstrap>) -> Vec<Figure> {
    let stats = stats(trades);
    let of = |get: fn(&trades::TradeStats) -> f64| stats.as_ref().map(get).map_err(Clone::clone);
    let factor = profit_factor(&profits(trades));
    vec![
        figure(
            "Round trips",
            Ok(trades.len() as f64),
            Unit::Count,
            Better::Neutral,
            "positions opened and closed",
        ),
        figure(
            "Win rate",
            of(|it| it.win_rate),
            Unit::Share,
            Better::Higher,
            "round trips that made money after costs",
        )
        .within(resampled.and_then(|it| it.win_rate)),
        figure(
            "Expectancy",
            of(|it| it.expectancy),
            Unit::Money,
            Better::Higher,
            "mean net result of a round trip",
        )
        .within(resampled.and_then(|it| it.expectancy)),
        figure("Profit factor", factor, Unit::Ratio, Better::Higher, "sum of profits over sum of losses")
            .within(resampled.and_then(|it| it.profit_factor)),
        figure(
            "Time held",
            of(|it| it.mean_duration.as_secs_f64()),
            Unit::Seconds,
            Better::Neutral,
            "mean of all round trips",
        ),
    ]
}

/// What is booked of positions that are still open: with the round trips it makes the change of the balance.
fn under_way(run: &Ended<'_>) -> Option<Figure> {
    let settles = |it: &InstrumentId| run.instruments.get(*it).settle == run.asset;
    let mut open = run.outcome.under_way.iter().filter(|it| settles(it.0)).map(|it| *it.1).peekable();
    open.peek()?;
    let booked = open.sum::<Money>().to_f64();
    let note = "profit of reductions, fees and funding of positions that are still open";
    Some(figure("Booked of open positions", Ok(booked), Unit::Money, Better::Neutral, note))
}

fn risk_figures(it: &Performance, resampled: Option<&RatioReport>, trials: u32) -> Vec<Figure> {
    let tried =
        format!("probability that the true Sharpe ratio beats the best of {trials} trials without skill");
    let step = in_words(it.step);
    let tail = |tail: &Result<TailRisk, MetricError>, get: fn(&TailRisk) -> f64| {
        tail.as_ref().map(get).map_err(Clone::clone)
    };
    vec![
        figure(
            "Volatility",
            it.volatility.clone(),
            Unit::Percent,
            Better::Lower,
            &format!("annual, 365 days, from returns of {step}"),
        ),
        figure("Sortino ratio", it.sortino.clone(), Unit::Ratio, Better::Higher, "annual, against zero")
            .within(resampled.and_then(|it| it.sortino)),
        figure(
            "Calmar ratio",
            it.calmar.clone(),
            Unit::Ratio,
            Better::Higher,
            "annual return over maximum drawdown",
        )
        .within(resampled.and_then(|it| it.calmar)),
        figure(
            "Value at risk 95 %",
            tail(&it.tail_95, |it| it.value_at_risk),
            Unit::Percent,
            Better::Lower,
            &step,
        ),
        figure(
            "Expected shortfall 95 %",
            tail(&it.tail_95, |it| it.expected_shortfall),
            Unit::Percent,
            Better::Lower,
            &step,
        ),
        figure(
            "Value at risk 99 %",
            tail(&it.tail_99, |it| it.value_at_risk),
            Unit::Percent,
            Better::Lower,
            &step,
        ),
        figure(
            "Expected shortfall 99 %",
            tail(&it.tail_99, |it| it.expected_shortfall),
            Unit::Percent,
            Better::Lower,
            &step,
        ),
        figure(
            "Probabilistic Sharpe ratio",
            it.probabilistic_sharpe.clone(),
            Unit::Share,
            Better::Higher,
            "probability that the true Sharpe ratio is above zero (Bailey and Lopez de Prado 2012)",
        ),
        figure("Deflated Sharpe ratio", it.deflated_sharpe.clone(), Unit::Share, Better::Higher, &tried),
        figure(
            "Returns needed",
            it.returns_needed.clone(),
            Unit::Count,
            Better::Lower,
            "for 95 % confidence in a Sharpe ratio above zero (minimum track record length)",
        ),
    ]
}

/// Percentiles of a ratio are shown where the run itself has the ratio: resamples of a run without a fall may fall, which
/// says nothing about a ratio that it does not have, and of a run too short for an annual return they say nothing at all.
fn bootstrap_table(it: &Resampled, run: &Performance, seed: u64) -> Bootstrap {
    let row = |name: &str, unit, percentiles: Option<Percentiles>| BootstrapRow {
        name: name.into(),
        unit,
        percentiles: percentiles.map(Percentiles::array),
        note: String::new(),
    };
    let all = it.report.resamples;
    let ratio = |name: &str, of_run: &Result<f64, MetricError>, percentiles: Option<Percentiles>, defined| {
        let (percentiles, note) = match (of_run, percentiles) {
            (Err(error), _) => (None, error.to_string()),
            (Ok(_), None) => (None, format!("defined in {defined} of {all} resamples only")),
            (Ok(_), Some(it)) if defined < all => {
                (Some(it), format!("of the {defined} resamples that have it"))
            }
            (Ok(_), Some(it)) => (Some(it), String::new()),
        };
        let percentiles = percentiles.map(Percentiles::array);
        BootstrapRow { name: name.into(), unit: Unit::Ratio, percentiles, note }
    };
    let percent = |share: f64| format!("{:.1} %", share * 100.0);
    Bootstrap {
        how: format!(
            "{} resamples of {} returns of {} each, stationary blocks of {:.1} on average, seed {seed}",
            it.report.resamples,
            it.length,
            in_words(run.step),
            it.block
        ),
        rows: vec![
            row("Total return", Unit::Percent, it.report.total_return),
            row("Maximum drawdown", Unit::Magnitude, it.report.max_drawdown),
            ratio("Sharpe ratio", &run.sharpe, it.report.sharpe, it.report.defined[0]),
            ratio("Sortino ratio", &run.sortino, it.report.sortino, it.report.defined[1]),
            ratio("Calmar ratio", &run.calmar, it.report.calmar, it.report.defined[2]),
        ],
        probabilities: vec![
            Fact::new("return above zero", percent(it.report.probability_of_profit.value)),
            Fact::new(
                format!("drawdown worse than {}", percent(it.plan.drawdown_limit)),
                percent(it.report.probability_of_drawdown.value),
            ),
        ],
    }
}

fn tail_row(level: f64, tail: &Result<TailRisk, MetricError>) -> TailRow {
    let value = |of: fn(&TailRisk) -> f64| {
        tail.as_ref().map_or_else(|e| Value::Missing(e.to_string()), |it| Value::Known(of(it)))
    };
    TailRow {
        level,
        value_at_risk: value(|it| it.value_at_risk),
        expected_shortfall: value(|it| it.expected_shortfall),
    }
}

fn figure(name: &str, value: Result<f64, MetricError>, unit: Unit, better: Better, note: &str) -> Figure {
    let value = value.map_or_else(|e| Value::Missing(e.to_string()), Value::Known);
    Figure { name: name.into(), value, unit, interval: None, better, note: note.into() }
}

fn missing(name: &str, error: MetricError) -> Figure {
    figure(name, Err(error), Unit::Percent, Better::Higher, "")
}

/// Puts a bootstrap interval beside a figure.
trait Within {
    fn within(self, percentiles: Option<Percentiles>) -> Self;
}

impl Within for Figure {
    fn within(mut self, percentiles: Option<Percentiles>) -> Self {
        if self.value.get().is_some() {
            self.interval = percentiles.map(|it| Interval { low: it.p5, high: it.p95, level: LEVEL });
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::sampling::Sampled;
    use scalp_types::{Span, Timestamp};

    fn table(returns: impl Iterator<Item = f64>) -> Vec<BootstrapRow> {
        let mut equity = vec![1_000.0];
        equity.extend(returns.scan(1_000.0, |at, it| {
            *at *= 1.0 + it;
            Some(*at)
        }));
        let sampled = Sampled { first: Timestamp::from_secs(0).unwrap(), step: Span::DAY, equity };
        let resampled = Resampled::of(&sampled.returns().unwrap(), sampled.per_year(), 400, 1).unwrap();
        bootstrap_table(&resampled, &Performance::of(&sampled, None), 1).rows
    }
    fn of<'a>(rows: &'a [BootstrapRow], name: &str) -> &'a BootstrapRow {
        rows.iter().find(|it| it.name == name).unwrap()
    }

    #[test]
    fn a_ratio_that_the_run_does_not_have_has_no_percentiles_but_a_reason() {
        // Too short for an annual return, with falls in every resample.
        let rows = table((0..25).map(|n| if n % 2 == 0 { 0.02 } else { -0.01 }));
        for name in ["Sharpe ratio", "Sortino ratio", "Calmar ratio"] {
            let row = of(&rows, name);
            assert!(row.percentiles.is_none() && row.note.contains("needs 30"), "{name}: {}", row.note);
        }
        // Without a fall.
        let rows = table((0..60).map(|n| 0.001 * f64::from(1 + n % 3)));
        for (name, why) in
            [("Sortino ratio", "downside deviation is 0"), ("Calmar ratio", "equity never fell")]
        {
            let row = of(&rows, name);
            assert!(row.percentiles.is_none() && row.note.contains(why), "{name}: {}", row.note);
        }
        assert!(of(&rows, "Sharpe ratio").percentiles.is_some());
        assert!(of(&rows, "Maximum drawdown").percentiles.is_some());
    }

    #[test]
    fn a_ratio_that_some_resamples_lack_says_how_many_have_it() {
        // One fall in sixty days: two resamples of three have it, which is too few.
        let rows = table((0..60).map(|n| if n == 30 { -0.01 } else { 0.001 }));
        let row = of(&rows, "Calmar ratio");
        assert!(row.percentiles.is_none(), "{row:?}");
        assert!(
            row.note.starts_with("defined in ") && row.note.ends_with(" of 400 resamples only"),
            "{}",
            row.note
        );
        // Four falls far apart: nearly all have one.
        let rows = table((0..60).map(|n| if n % 15 == 7 { -0.01 } else { 0.001 }));
        let row = of(&rows, "Calmar ratio");
        assert!(row.percentiles.is_some(), "{row:?}");
        assert!(
            row.note.starts_with("of the ") && row.note.ends_with(" resamples that have it"),
            "{}",
            row.note
        );
    }
}
