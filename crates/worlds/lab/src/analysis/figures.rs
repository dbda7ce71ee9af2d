//! The key figures and the risk table, each a number or the reason why there is none.

use super::Ended;
use crate::metrics::bootstrap::{self, Percentiles, Plan, ReturnBootstrap};
use crate::metrics::drawdown::drawdown;
use crate::metrics::ratio;
use crate::metrics::sampling::{Sampled, natural_step, sample, step_for};
use crate::metrics::significance::Trials;
use crate::metrics::tails::Tail;
use crate::metrics::trades::{ClosedTrade, profit_factor, profits, stats};
use crate::metrics::{MetricError, Performance};
use scalp_report::data::{
    Better, Bootstrap, BootstrapRow, Fact, Figure, Interval, ReturnDistribution, Series, Tail as TailRow,
    Unit, Value,
};
use scalp_types::{Span, Timestamp};

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
    /// Time between two samples of equity.
    pub sampled: Span,
    /// How many variants were tried, this one included.
    pub trials: u32,
    /// Resamples of the bootstrap.
    pub resamples: u32,
    /// Their seed.
    pub seed: u64,
}

/// A sentence for a run whose equity was looked at less often than its length asks for.
pub fn coarse_samples(length: Span, sampled: Span) -> Option<String> {
    let (natural, step) = (natural_step(length), step_for(length, sampled));
    (sampled > natural).then(|| {
        format!(
            "Equity was sampled every {}, so returns are over {} and not over {} as the length of the run allows: \
             volatility, ratios and value at risk count those alone, and a fall between two samples is not seen.",
            in_words(sampled),
            in_words(step),
            in_words(natural)
        )
    })
}

/// Measures a run.
pub fn figures(run: &Ended<'_>, equity: &Series, how: Measuring) -> Figures {
    let Measuring { sampled, trials, resamples, seed } = how;
    let at: Vec<Timestamp> = equity.at_ns.iter().map(|at| Timestamp::from_nanos(*at)).collect();
    let step = step_for(run.last_at - run.first_at, sampled);
    let sampled = match sample(&at, &equity.value, step) {
        Ok(sampled) => sampled,
        Err(error) => return Figures { key: vec![missing("Total return", error)], ..Figures::default() },
    };
    let returns = sampled.returns();
    // Of the variants before this one nothing is known but their number: without skill their Sharpe ratios of one
    // step differ by the error of measuring them, whose variance is 1 / (returns - 1) (Lo 2002, equation 9 at zero).
    let spread = 1.0 / (sampled.equity.len().saturating_sub(2).max(1)) as f64;
    let trials = Trials { count: trials.into(), variance: spread };
    let mut performance = Performance::of(&sampled, Some(trials));
    // A fall between two points of the grid is a fall all the same.
    performance.drawdown = drawdown(&equity.value);
    performance.calmar =
        performance.annual_return.and_then(|annual| ratio::calmar(annual, performance.drawdown?.depth));
    let trades: Vec<ClosedTrade> = closed(run);
    let plan = Plan { resamples, ..Plan::new(sampled.per_year(), seed) };
    let resampled = returns.as_ref().map_err(|e| *e).and_then(|it| bootstrap::returns(it, plan));
    let of_trades = bootstrap::trades(&profits(&trades), resamples, seed);
    let mut key = key_figures(run, &performance, resampled.as_ref().ok(), equity);
    key.extend(trade_figures(&trades, of_trades.as_ref().ok()));
    Figures {
        key,
        risk: risk_figures(&performance, resampled.as_ref().ok(), trials.count),
        returns: ReturnDistribution {
            horizon: in_words(step),
            tails: [(0.95, performance.tail_95), (0.99, performance.tail_99)]
                .map(|(l, t)| tail_row(l, t))
                .to_vec(),
            returns: returns.clone().unwrap_or_default(),
        },
        bootstrap: resampled.ok().map(|it| bootstrap_table(&it, &sampled, seed)),
        sharpe_per_step: returns.ok().and_then(|it| crate::metrics::ratio::sharpe_per_step(&it).ok()),
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
    resampled: Option<&ReturnBootstrap>,
    equity: &Series,
) -> Vec<Figure> {
    let net = (run.closing - run.opening).to_f64();
    let drawdown = it.drawdown.map(|it| it.depth);
    let sharpe_note = format!("annual, 365 days, no risk-free rate, from returns of {}", in_words(it.step));
    vec![
        figure("Net result", Ok(net), Unit::Money, Better::Higher, "change of equity after all costs"),
        figure(
            "Total return",
            it.total_return,
            Unit::Percent,
            Better::Higher,
            "change of equity over the first equity",
        )
        .within(resampled.map(|it| it.total_return)),
        figure("Annual return", it.annual_return, Unit::Percent, Better::Higher, "compound, 365 days"),
        figure("Sharpe ratio", it.sharpe, Unit::Ratio, Better::Higher, &sharpe_note)
            .within(resampled.and_then(|it| it.sharpe)),
        figure(
            "Maximum drawdown",
            drawdown,
            Unit::Percent,
            Better::Lower,
            "deepest fall from a peak, over all samples of equity",
        )
        .within(resampled.map(|it| it.max_drawdown)),
        figure(
            "Final equity",
            Ok(equity.value.last().copied().unwrap_or(0.0)),
            Unit::Money,
            Better::Higher,
            "",
        ),
    ]
}

fn trade_figures(trades: &[ClosedTrade], resampled: Option<&bootstrap::TradeBootstrap>) -> Vec<Figure> {
    let stats = stats(trades);
    let win_rate = stats.map(|it| it.win_rate);
    let held = stats.map(|it| it.mean_duration.as_secs_f64());
    let factor = profit_factor(&profits(trades));
    vec![
        figure(
            "Round trips",
            Ok(trades.len() as f64),
            Unit::Count,
            Better::Neutral,
            "positions opened and closed",
        ),
        figure("Win rate", win_rate, Unit::Share, Better::Higher, "round trips that made money after costs")
            .within(resampled.map(|it| it.win_rate)),
        figure(
            "Expectancy",
            stats.map(|it| it.expectancy),
            Unit::Money,
            Better::Higher,
            "mean net result of a round trip",
        )
        .within(resampled.map(|it| it.expectancy)),
        figure("Profit factor", factor, Unit::Ratio, Better::Higher, "sum of profits over sum of losses")
            .within(resampled.and_then(|it| it.profit_factor)),
        figure("Time held", held, Unit::Seconds, Better::Neutral, "mean of all round trips"),
    ]
}

fn risk_figures(it: &Performance, resampled: Option<&ReturnBootstrap>, trials: u64) -> Vec<Figure> {
    let tried =
        format!("probability that the true Sharpe ratio beats the best of {trials} trials without skill");
    let step = in_words(it.step);
    vec![
        figure(
            "Volatility",
            it.volatility,
            Unit::Percent,
            Better::Lower,
            &format!("annual, 365 days, from returns of {step}"),
        ),
        figure("Sortino ratio", it.sortino, Unit::Ratio, Better::Higher, "annual, against zero")
            .within(resampled.and_then(|it| it.sortino)),
        figure("Calmar ratio", it.calmar, Unit::Ratio, Better::Higher, "annual return over maximum drawdown")
            .within(resampled.and_then(|it| it.calmar)),
        figure(
            "Value at risk 95 %",
            it.tail_95.map(|it| it.value_at_risk),
            Unit::Percent,
            Better::Lower,
            &step,
        ),
        figure(
            "Expected shortfall 95 %",
            it.tail_95.map(|it| it.expected_shortfall),
            Unit::Percent,
            Better::Lower,
            &step,
        ),
        figure(
            "Value at risk 99 %",
            it.tail_99.map(|it| it.value_at_risk),
            Unit::Percent,
            Better::Lower,
            &step,
        ),
        figure(
            "Expected shortfall 99 %",
            it.tail_99.map(|it| it.expected_shortfall),
            Unit::Percent,
            Better::Lower,
            &step,
        ),
        figure(
            "Probabilistic Sharpe ratio",
            it.probabilistic_sharpe,
            Unit::Share,
            Better::Higher,
            "probability that the true Sharpe ratio is above zero (Bailey and Lopez de Prado 2012)",
        ),
        figure("Deflated Sharpe ratio", it.deflated_sharpe, Unit::Share, Better::Higher, &tried),
        figure(
            "Returns needed",
            it.returns_needed,
            Unit::Count,
            Better::Lower,
            "for 95 % confidence in a Sharpe ratio above zero (minimum track record length)",
        ),
    ]
}

fn bootstrap_table(it: &ReturnBootstrap, sampled: &Sampled, seed: u64) -> Bootstrap {
    let row = |name: &str, unit, percentiles: Option<Percentiles>| BootstrapRow {
        name: name.into(),
        unit,
        percentiles: percentiles.map(Percentiles::array),
    };
    let percent = |share: f64| format!("{:.1} %", share * 100.0);
    Bootstrap {
        how: format!(
            "{} resamples of {} returns of {} each, stationary blocks of {:.1} on average, seed {seed}",
            it.plan.resamples,
            it.length,
            in_words(sampled.step),
            it.mean_block
        ),
        rows: vec![
            row("Total return", Unit::Percent, Some(it.total_return)),
            row("Maximum drawdown", Unit::Magnitude, Some(it.max_drawdown)),
            row("Sharpe ratio", Unit::Ratio, it.sharpe),
            row("Sortino ratio", Unit::Ratio, it.sortino),
            row("Calmar ratio", Unit::Ratio, it.calmar),
        ],
        probabilities: vec![
            Fact::new("return above zero", percent(it.probability_of_profit)),
            Fact::new(
                format!("drawdown worse than {}", percent(it.plan.drawdown_limit)),
                percent(it.probability_of_drawdown),
            ),
        ],
    }
}

fn tail_row(level: f64, tail: Result<Tail, MetricError>) -> TailRow {
    let value =
        |of: fn(Tail) -> f64| tail.map_or_else(|e| Value::Missing(e.to_string()), |it| Value::Known(of(it)));
    TailRow {
        level,
        value_at_risk: value(|it| it.value_at_risk),
        expected_shortfall: value(|it| it.expected_shortfall),
    }
}

fn in_words(step: Span) -> String {
    let units = [("day", 86_400), ("hour", 3_600), ("minute", 60), ("second", 1)];
    let unit = units.map(|(name, seconds)| (name, Span::from_secs(seconds).nanos()));
    let whole = unit.into_iter().find(|it| step >= Span::from_nanos(it.1) && step.nanos() % it.1 == 0);
    let Some((name, nanos)) = whole else { return format!("{} seconds", step.as_secs_f64()) };
    let count = step.nanos() / nanos;
    format!("{count} {name}{}", if count == 1 { "" } else { "s" })
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
