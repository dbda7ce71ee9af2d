//! Everything that the page of one run shows.

use super::{
    Ended, Grid, Measuring, buy_and_hold, controls, costs, equity_series, figures, fill_quality, fill_rows,
    hold_note, order_rows, price_bars, trade_rows, usage,
};
use crate::backtest::{Finished, Plan};
use crate::summary::{OneOrMany, settle_assets};
use rust_decimal::prelude::ToPrimitive;
use scalp_config::Config;
use scalp_report::data::{Fact, ReportData, Run};
use scalp_risk::{ModeChange, ModeReason};
use scalp_strategy::Configured;
use scalp_types::{Instruments, Mode, Money, Timestamp};

/// Orders that a page keeps; what it draws of them is thinned anyway.
const ORDERS_MAX: usize = 20_000;

/// What is known of a run beside its plan and its result.
#[derive(Debug, Clone)]
pub struct About {
    /// Id under which it is kept.
    pub id: String,
    /// The command that repeats it.
    pub command: Option<String>,
    /// The market was generated.
    pub synthetic: bool,
    /// Files beside the page.
    pub files: Vec<Fact>,
}

/// The data of the page; `None` for a run without an instrument or without prices.
pub fn page<S: Configured>(plan: &Plan<S>, finished: &Finished, about: &About) -> Option<ReportData> {
    let config = &plan.config;
    let run = finished.ended(plan)?;
    let equity = equity_series(&run);
    let costs = costs(&run);
    let seed = config.run.seed;
    let how = Measuring {
        grid: Grid::of(run.last_at - run.first_at, config.report.sample.0, finished.prices_apart),
        trials: config.run.trials,
        resamples: config.report.resamples,
        seed,
    };
    let measured = figures(&run, &equity, how);
    let mut orders = order_rows(&run);
    let mut limits = limits(config);
    if orders.len() > ORDERS_MAX {
        limits.push(format!(
            "The page keeps the first {ORDERS_MAX} of {} orders; all are in the tables.",
            orders.len()
        ));
        orders.truncate(ORDERS_MAX);
    }
    Some(ReportData {
        run: run_of(plan, finished, about, &run),
        figures: measured.key,
        risk: measured.risk,
        buy_and_hold: buy_and_hold(&run, &equity),
        hold_note: hold_note(&run, &plan.instruments.assets()[run.asset.index()]),
        controls: controls(&run, &costs, config.report.controls, seed),
        equity,
        costs: Some(costs),
        fill_quality: Some(fill_quality(&run)),
        usage: usage(&run),
        returns: measured.returns,
        bootstrap: measured.bootstrap,
        trades: trade_rows(&run),
        orders,
        fills: fill_rows(&run),
        prices: price_bars(&run, &config.report.indicators),
        features: finished.summary.features.clone(),
        files: about.files.clone(),
        warnings: warnings(plan, finished, &run, how),
        limits,
    })
}

/// What puts the figures themselves in doubt.
fn warnings<S: Configured>(
    plan: &Plan<S>,
    finished: &Finished,
    run: &Ended<'_>,
    how: Measuring,
) -> Vec<String> {
    let unreconciled = finished.summary.unreconciled.then(|| {
        let unanswered = finished.summary.fault_kinds.get("unanswered").copied().unwrap_or(0);
        // Said where it is so, and not where the books differ for another reason.
        let silence = match unanswered {
            0 => String::new(),
            1 => " A question to the venue was never answered.".to_owned(),
            n => format!(" {n} questions to the venue were never answered."),
        };
        format!(
            "The books of the venue differ from ours at the end: the figures are what the platform believed, not what \
             the account held.{silence}"
        )
    });
    let stopped = stops(&finished.outcome.modes, run.first_at, run.last_at);
    let said = finished.summary.warnings.iter().chain(&finished.summary.remarks).cloned();
    let doubts = unreconciled.into_iter().chain(stopped).chain(how.grid.warning());
    doubts.chain(other_assets(plan, finished, run)).chain(said).collect()
}

/// The assets that something settles in and the page does not count, with what became of them.
fn other_assets<S: Configured>(plan: &Plan<S>, finished: &Finished, run: &Ended<'_>) -> Vec<String> {
    let OneOrMany::Many(equity) = &finished.summary.equity else { return Vec::new() };
    let assets = plan.instruments.assets();
    let others = settle_assets(&plan.instruments).into_iter().filter(|it| *it != run.asset);
    let told = others.filter_map(|id| {
        let (name, closing) = equity.get_key_value(&assets[id.index()])?;
        let opening: Money = plan.exchange.balances.iter().filter(|it| it.0 == id).map(|it| it.1).sum();
        let settling = plan.instruments.iter().filter(|it| it.settle == id).map(|it| it.name());
        let change = closing.0.to_f64().filter(|_| opening > Money::ZERO).map_or(String::new(), |closing| {
            format!(" ({:+.2} %)", (closing / opening.to_f64() - 1.0) * 100.0)
        });
        let (opening, closing) = (opening.to_decimal().normalize(), closing.0.normalize());
        Some(format!(
            "All figures and curves count {} alone. In {name}, where {} settles, equity went from {opening} to \
             {closing}{change}.",
            assets[run.asset.index()],
            settling.collect::<Vec<_>>().join(" and ")
        ))
    });
    told.collect()
}

/// When and why trading was limited, and for how much of the run; none when it never was. In a backtest only the end
/// commands, so that nothing is traded after the last market event; that limits nothing.
fn stops(modes: &[(Timestamp, ModeChange)], first_at: Timestamp, last_at: Timestamp) -> Option<String> {
    let modes: Vec<_> = modes.iter().filter(|it| it.1.reason != ModeReason::Command).collect();
    let (at, first) = modes.iter().find(|it| it.1.new > Mode::Normal)?;
    let until = modes.iter().skip(1).map(|it| it.0).chain([last_at]);
    let limited = modes.iter().zip(until).filter(|it| it.0.1.new > Mode::Normal);
    let nanos: i128 = limited.map(|it| i128::from((it.1 - it.0.0).nanos().max(0))).sum();
    let share = nanos as f64 / ((last_at - first_at).nanos().max(1)) as f64 * 100.0;
    let what = match first.new {
        Mode::Normal | Mode::Paused => "paused: no new orders",
        Mode::Reduced => "reduced: only orders that shrink a position",
        Mode::Emergency => "stopped: everything cancelled and closed",
    };
    let why = match first.reason {
        ModeReason::Command => "by command",
        ModeReason::DayLoss => "the loss of the day reached its limit",
        ModeReason::Drawdown => "the fall from the highest equity reached its limit",
        ModeReason::NextDay => "a new day began",
        ModeReason::Integrity => "the books did not agree with themselves or with the venue",
    };
    let end = modes.last().filter(|it| it.1.new > Mode::Normal).map_or("", |_| " and at its end");
    Some(format!("At {at} trading was {what} ({why}). It was limited for {share:.1} % of the run{end}."))
}

fn run_of<S: Configured>(plan: &Plan<S>, finished: &Finished, about: &About, run: &Ended<'_>) -> Run {
    let config = &plan.config;
    let asset = &plan.instruments.assets()[run.asset.index()];
    let fact = |(name, value): (&String, &toml::Value)| Fact::new(name, value.to_string().trim_matches('"'));
    Run {
        name: config.run.name.clone(),
        id: about.id.clone(),
        strategy: finished.summary.strategy.clone(),
        parameters: config.strategy.iter().filter(|it| it.0 != "name").map(fact).collect(),
        data: data_facts(config, finished, &plan.instruments),
        costs: cost_facts(config),
        latency: latency_facts(config),
        start_ns: run.first_at.nanos(),
        end_ns: run.last_at.nanos(),
        seed: config.run.seed,
        state_hash: finished.summary.state_hash.clone(),
        trials: config.run.trials.into(),
        version: env!("CARGO_PKG_VERSION").into(),
        currency: asset.clone(),
        decimals: if asset.starts_with("USD") { 2 } else { 6 },
        start_equity: run.opening.to_f64(),
        synthetic: about.synthetic,
        command: about.command.clone(),
        config: config.text.clone(),
    }
}

fn data_facts(config: &Config, finished: &Finished, instruments: &Instruments) -> Vec<Fact> {
    let names: Vec<String> = instruments.iter().map(|it| it.name()).collect();
    let mut facts = vec![
        Fact::new("Instruments", names.join(", ")),
        Fact::new("Market rows", finished.summary.events.to_string()),
        Fact::new("Messages", finished.summary.messages.to_string()),
    ];
    for data in &config.data {
        let files = data.path.as_slice();
        let names: Vec<String> = files.iter().map(|it| it.display().to_string()).collect();
        facts.push(Fact::new("Source", names.join(", ")));
        if data.repeat > 1 {
            facts.push(Fact::new("Played", format!("{} times, one after the other", data.repeat)));
        }
    }
    facts
}

fn cost_facts(config: &Config) -> Vec<Fact> {
    let venue = &config.venue;
    let bps = |it: scalp_config::Number| {
        format!("{} bp of the value", (it.0 * rust_decimal::Decimal::from(10_000)).normalize())
    };
    let mut facts =
        vec![Fact::new("Maker fee", bps(venue.fees.maker)), Fact::new("Taker fee", bps(venue.fees.taker))];
    if !venue.fees.tiers.is_empty() {
        facts.push(Fact::new("Fee steps by 30-day volume", venue.fees.tiers.len().to_string()));
    }
    facts.push(Fact::new("Beyond the displayed book", words(&venue.beyond)));
    facts.push(Fact::new(
        "Margin",
        format!("{:?}, leverage {}", config.account.margin, config.account.leverage).to_lowercase(),
    ));
    facts
}

fn latency_facts(config: &Config) -> Vec<Fact> {
    let (latency, venue) = (&config.venue.latency, &config.venue);
    let time = |it: scalp_config::Length| {
        toml::Value::try_from(it).map_or_else(|e| e.to_string(), |it| it.to_string())
    };
    let mut facts = vec![
        Fact::new("To the venue", time(latency.entry).trim_matches('"')),
        Fact::new("From the venue", time(latency.response).trim_matches('"')),
        Fact::new("Queue position", words(&venue.queue)),
        Fact::new("Fills", if venue.whole_fills { "whole orders" } else { "partial" }),
    ];
    if latency.log_sigma > 0.0 {
        facts.push(Fact::new("Latency distribution", format!("log-normal, sigma {}", latency.log_sigma)));
    }
    if let Some(path) = &latency.recorded {
        facts.push(Fact::new("Recorded latencies", path.display().to_string()));
    }
    if latency.spike_share > 0.0 {
        facts.push(Fact::new("Latency spikes", format!("{} of the messages", latency.spike_share)));
    }
    facts
}

/// `power, n = 2.0` out of `{ model = "power", n = 2.0 }`.
fn words(model: &impl serde::Serialize) -> String {
    let Ok(toml::Value::Table(table)) = toml::Value::try_from(model) else { return String::new() };
    let name = table.get("model").and_then(toml::Value::as_str).unwrap_or_default().to_owned();
    let rest = table.iter().filter(|it| it.0 != "model").map(|(key, value)| format!(", {key} = {value}"));
    rest.fold(name, |all, it| all + &it)
}

fn limits(config: &Config) -> Vec<String> {
    let mut limits = Vec::new();
    if config.venue.no_margin_check {
        limits.push("Margin was not checked and positions were not liquidated.".into());
    }
    if config.venue.whole_fills {
        limits.push("Orders were filled whole at once, whatever size was there.".into());
    }
    limits
}
