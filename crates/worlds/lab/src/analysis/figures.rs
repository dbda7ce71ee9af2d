//! The key figures and the risk table, each a number or the reason why there is none.

use super::Ended;
use crate::metrics::sampling::{Sampled, natural_step, sample, step_for};
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
    let tried = Trials { count: trials.into(), variance: spread };
    let performance = Performance::of(&sampled, Some(tried)).with_drawdowns_of(&equity.value);
    let trades: Vec<ClosedTrade> = closed(run);
    let is_annual = performance.annual_return.is_ok();
    let resampled = returns
        .as_ref()
        .ok()
        .and_then(|it| Resampled::of(it, sampled.per_year(), is_annual, resamples, seed));
    let of_trades = trades::resampled(&profits(&trades), resamples, seed);
    let ranges = resampled.as_ref().map(|it| &it.report);
    let mut key = key_figures(run, &performance, ranges, equity);
    key.extend(trade_figures(&trades, of_trades.as_ref().ok()));
    Figures {
        key,
        risk: risk_figures(&performance, ranges, trials),
        returns: ReturnDistribution {
            horizon: in_words(step),
            tails: [(0.95, &performance.tail_95), (0.99, &performance.tail_99)]
                .map(|(l, t)| tail_row(l, t))
                .to_vec(),
            returns: returns.clone().unwrap_or_default(),
        },
        bootstrap: resampled.map(|it| bootstrap_table(&it, &sampled, seed)),
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
    /// `None` for fewer returns than are worth resampling. Of a run too short for an annual return, the Calmar ratio of a
    /// resample would be a hundred digits of luck.
    fn of(returns: &[f64], per_year: f64, is_annual: bool, resamples: u32, seed: u64) -> Option<Self> {
        let plan = Plan::new(per_year, Key::named(seed, "bootstrap"));
        let bootstrap = RatioBootstrap::new(returns, plan).ok()?;
        let block = match bootstrap.method() {
            Method::Independent => 1.0,
            Method::MovingBlock { length } | Method::CircularBlock { length } => length as f64,
            Method::Stationary { mean_length } => mean_length,
        };
        let report = bootstrap.run(resamples as usize).ok()?;
        let report = RatioReport { calmar: report.calmar.filter(|_| is_annual), ..report };
        Some(Self { plan, length: returns.len(), block, report })
    }
}

fn closed(run: &Ended<'_>) -> Vec<ClosedTrade> {
    let of_asset =
        run.outcome.trips.iter().filter(|it| run.instruments.get(it.0.instrument).settle == run.asset);
    of_asset
        .map(|(it, _)| ClosedTrade { opened: it.opened_at, closed: it.closed_at, profit: it.net().to_f64() })
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

fn bootstrap_table(it: &Resampled, sampled: &Sampled, seed: u64) -> Bootstrap {
    let row = |name: &str, unit, percentiles: Option<Percentiles>| BootstrapRow {
        name: name.into(),
        unit,
        percentiles: percentiles.map(Percentiles::array),
    };
    let percent = |share: f64| format!("{:.1} %", share * 100.0);
    Bootstrap {
        how: format!(
            "{} resamples of {} returns of {} each, stationary blocks of {:.1} on average, seed {seed}",
            it.report.resamples,
            it.length,
            in_words(sampled.step),
            it.block
        ),
        rows: vec![
            row("Total return", Unit::Percent, it.report.total_return),
            row("Maximum drawdown", Unit::Magnitude, it.report.max_drawdown),
            row("Sharpe ratio", Unit::Ratio, it.report.sharpe),
            row("Sortino ratio", Unit::Ratio, it.report.sortino),
            row("Calmar ratio", Unit::Ratio, it.report.calmar),
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
