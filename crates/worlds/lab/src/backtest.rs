//! One backtest from its configuration to its result.

use crate::analysis::{Ended, prices_apart};
use crate::bars::{check_bars, given_bars};
use crate::data::DataError;
use crate::drive::{DriveError, Driven, drive};
use crate::features::{self, With};
use crate::feed::{Replicas, Track};
use crate::measure::{Spent, Stopwatch};
use crate::observer::{Keeping, Observer, Tick};
use crate::outcome::Outcome;
use crate::summary::{Facts, Summary, equity, traded};
use crate::trace::Traces;
use scalp_config::{Config, ConfigError};
use scalp_engine::{BuildError, Engine, EngineConfig, Recording};
use scalp_market::BarRule;
use scalp_market::stamps::AHEAD_MAX;
use scalp_sim::{Exchange, ExchangeConfig, ExchangeError, Feed, LatencyConfig, Merged, Order, World};
use scalp_strategy::{Configured, ParameterError, Setup, Strategy};
use scalp_tables::eventfile::Kind;
use scalp_types::{
    AssetId, Genesis, Instrument, InstrumentId, Instruments, Money, RunId, Side, Span, StreamError, Timestamp,
};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};

/// More than one in so many that arrived before they happened are told.
const AHEAD_TOLD_PART: u64 = 100;

/// Why there is no result.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The configuration cannot be.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The data cannot be had.
    #[error(transparent)]
    Data(#[from] DataError),
    /// The exchange cannot be built.
    #[error(transparent)]
    Exchange(#[from] ExchangeError),
    /// The core cannot be built.
    #[error(transparent)]
    Engine(#[from] BuildError),
    /// The run could not go on.
    #[error(transparent)]
    Drive(#[from] DriveError),
    /// Nothing happened at all.
    #[error("no market event in the data chosen: look at start and end of each [[data]]")]
    NoData,
    /// Something of the run could not be kept.
    #[error("{0}")]
    Keep(String),
}

impl From<StreamError> for RunError {
    fn from(error: StreamError) -> Self {
        Self::Drive(error.into())
    }
}

/// What a core is built from, as it stands in the genesis: enough to replay the run from its journal alone.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct CoreConfig<P> {
    /// Limits, bars, balances.
    pub engine: EngineConfig,
    /// The strategy's parameters.
    pub strategy: P,
}

/// A configuration, checked and translated for each room.
#[derive(Debug, Clone)]
pub struct Plan<S: Configured> {
    /// As it was read.
    pub config: Config,
    /// The instruments.
    pub instruments: Instruments,
    /// What the exchange is told.
    pub exchange: ExchangeConfig,
    /// How long messages take.
    pub latency: LatencyConfig,
    /// What the core is told.
    pub engine: EngineConfig,
    /// What the strategy is told.
    pub parameters: S::Parameters,
}

impl<S: Configured> Plan<S> {
    /// Checks everything that can be checked before any data is read.
    pub fn new(config: Config, instruments: Instruments) -> Result<Self, RunError> {
        let mut parameters = config.strategy_parameters()?;
        read_series::<S>(&config, &instruments, &mut parameters)?;
        let plan = Self {
            exchange: config.exchange(&instruments)?,
            latency: config.latency()?,
            engine: config.engine(&instruments)?,
            parameters,
            instruments,
            config,
        };
        let strategy = plan.strategy()?;
        plan.check_schema(&strategy)?;
        plan.check_features(&strategy, &plan.engine.bars)?;
        Ok(plan)
    }

    /// Refuses features that cannot be made of these bars: silence in the run would look like rules that never held.
    fn check_features(&self, strategy: &S, bars: &[(InstrumentId, BarRule)]) -> Result<(), ConfigError> {
        strategy.check_bars(bars).map_err(|e| self.refuse_parameter(&e))
    }

    /// The same for the bars that come with the data, where no others are built of them.
    fn check_given(&self, tracks: &[Track]) -> Result<(), ConfigError> {
        if self.config.bars.key().is_some() {
            return Ok(());
        }
        let strategy = self.strategy()?;
        for bar in tracks.iter().flat_map(|it| given_bars(it, &self.instruments)) {
            self.check_features(&strategy, &[bar])?;
        }
        Ok(())
    }

    fn refuse_parameter(&self, error: &ParameterError) -> ConfigError {
        let ParameterError { key, value, expected } = error;
        self.config.refuse(format!("strategy.{key}"), format!("is {value}, expected {expected}"))
    }

    /// Refuses features that are not those that the configuration expects.
    fn check_schema(&self, strategy: &S) -> Result<(), ConfigError> {
        let key = "expect_schema";
        let Some(expected) = self.config.strategy.get(key).and_then(toml::Value::as_str) else {
            return Ok(());
        };
        let what = match strategy.schema(&self.engine.bars) {
            Some(it) if it.to_string().eq_ignore_ascii_case(expected) => return Ok(()),
            Some(it) => format!(
                "expected features of the schema {expected}, and those of the rules over these bars have {it}: a name, its \
                 place, a parameter, a version or the bars differ"
            ),
            None if self.engine.bars.is_empty() => {
                "expected [bars] beside it, such as time = \"1m\": the length of the feed's own candles is known only when they come"
                    .to_owned()
            }
            None => "expected rules with features that these bars have".to_owned(),
        };
        Err(self.config.refuse(format!("strategy.{key}"), what))
    }

    /// The strategy, new.
    pub fn strategy(&self) -> Result<S, ConfigError> {
        let setup =
            Setup { instruments: &self.instruments, seed: self.config.run.seed, bars: &self.engine.bars };
        S::build(&self.parameters, &setup).map_err(|e| self.refuse_parameter(&e))
    }

    /// The first event of the run.
    pub fn genesis(&self) -> Genesis {
        let core = CoreConfig { engine: self.engine.clone(), strategy: self.parameters.clone() };
        Genesis {
            run: RunId(1),
            seed: self.config.run.seed,
            config_hash: Sha256::digest(self.config.text.as_bytes()).into(),
            instruments: self.instruments.clone(),
            config: serde_json::to_string(&core).expect("plain numbers and texts become JSON"),
        }
    }

    /// What we start with, in what the first instrument settles in.
    pub fn opening(&self) -> Money {
        let asset = self.instruments.iter().next().map(|it| it.settle);
        self.exchange.balances.iter().filter(|it| Some(it.0) == asset).map(|it| it.1).sum()
    }
}

/// Puts the values of the files that the strategy's parameters name in their place.
fn read_series<S: Configured>(
    config: &Config,
    instruments: &Instruments,
    parameters: &mut S::Parameters,
) -> Result<(), ConfigError> {
    for series in S::series(parameters) {
        let Some(text) = series.file().map(str::to_owned) else { continue };
        let refuse = |why: String| config.refuse("strategy.with", format!("is {text:?}: {why}"));
        if let Some(symbol) = symbol_in(config, instruments, &text) {
            return Err(refuse(format!(
                "expected NAME={symbol}.close, or open, high, low or volume, and nothing behind it: {symbol} is an instrument of the run"
            )));
        }
        let mut with = With::parse("strategy.with", &text).map_err(refuse)?;
        with.file = config.resolve(&with.file);
        let age =
            "expected age=LENGTH too, after which a value is absent: a run does not know when a file ends";
        let age = with.age.ok_or_else(|| refuse(age.into()))?;
        let (outside, values) = features::observations(&with).map_err(|e| refuse(e.to_string()))?;
        series.fill(outside.name, age, outside.origin, &values);
    }
    Ok(())
}

/// The instrument of the run that stands where a file would, if there is no such file.
fn symbol_in(config: &Config, instruments: &Instruments, text: &str) -> Option<String> {
    let named = text.split_once('=')?.1.split(',').next()?.trim();
    let symbol = named.rsplit_once('.').map_or(named, |it| it.0);
    let is_it =
        |it: &Instrument| [named, symbol].into_iter().any(|text| it.spec.symbol == text || it.name() == text);
    let known = instruments.iter().find(|it| is_it(it))?;
    (!config.resolve(std::path::Path::new(named)).exists()).then(|| known.spec.symbol.clone())
}

/// A run that has ended.
#[derive(Debug)]
pub struct Finished {
    /// In one object.
    pub summary: Summary,
    /// In detail.
    pub outcome: Outcome,
    /// Prices over time, when they were asked for.
    pub traces: Option<Traces>,
    /// Equity before the first event, in what the first instrument settles in.
    pub opening: Money,
    /// Equity after the last.
    pub closing: Money,
    /// The time of the first event.
    pub first_at: Timestamp,
    /// The time of the last event.
    pub last_at: Timestamp,
    /// How far apart the prices in the data are; zero when not known.
    pub prices_apart: Span,
}

impl Finished {
    /// For the analysis; `None` before there was an event or an instrument, or without prices.
    pub fn ended<'a, S: Configured>(&'a self, plan: &'a Plan<S>) -> Option<Ended<'a>> {
        let instruments = &plan.instruments;
        Some(Ended {
            instruments,
            asset: instruments.iter().next()?.settle,
            outcome: &self.outcome,
            traces: self.traces.as_ref()?,
            opening: self.opening,
            closing: self.closing,
            first_at: self.first_at,
            last_at: self.last_at,
            leverage: plan.config.account.leverage,
            taker_fee: plan.exchange.fees.first().map_or(0.0, |it| it.taker.to_f64()),
        })
    }
}

/// How a run is looked at.
#[derive(Default)]
pub struct Looks<'a> {
    /// Prices are kept, for a page.
    pub traces: bool,
    /// Every answer and every line of the ledger is recorded, for the tables.
    pub full: bool,
    /// The journal is kept.
    pub keeping: Option<Keeping>,
    /// Told how far it is.
    pub tick: Option<Tick<'a>>,
    /// What reading the data cost, for the summary.
    pub loading: Spent,
    /// What was odd about the data, for the summary and the page.
    pub warnings: &'a [String],
}

/// Runs a plan over recorded tracks.
pub fn run<S: Configured>(plan: &Plan<S>, tracks: &[Track], looks: Looks<'_>) -> Result<Finished, RunError> {
    check_bars(&plan.config, &plan.instruments, tracks)?;
    plan.check_given(tracks)?;
    let one_time = tracks.iter().all(Track::has_one_time) && plan.latency.feed_extra == Span::ZERO;
    let open = |order| {
        let opened = tracks.iter().map(|it| Replicas::new(it, order, &plan.instruments));
        opened.collect::<Result<Vec<_>, _>>()
    };
    // Asked for a page alone.
    let prices_apart = if looks.traces { prices_apart(tracks)? } else { Span::ZERO };
    let (mut feeds, mut arrivals) =
        (open(Order::Exchange)?, if one_time { None } else { Some(open(Order::Arrival)?) });
    let mut finished = if tracks.len() == 1 {
        let feed = feeds.remove(0);
        run_feeds(plan, feed, arrivals.map(|mut it| it.remove(0)), looks)?
    } else {
        let arrivals = arrivals.take().map(Merged::new).transpose()?;
        run_feeds(plan, Merged::new(feeds)?, arrivals, looks)?
    };
    finished.prices_apart = prices_apart;
    finished.summary.warnings.extend(never_saw_a_book(&finished.summary, tracks));
    finished.summary.warnings.extend(never_wide(plan, tracks));
    finished.summary.warnings.extend(nothing_beyond(plan, &finished.summary, tracks));
    Ok(finished)
}

/// Why a strategy that quotes around the book may have done nothing at all.
fn never_saw_a_book(summary: &Summary, tracks: &[Track]) -> Option<String> {
    let kinds = || tracks.iter().flat_map(|it| &it.file.summary().kinds).filter(|it| it.events > 0);
    let has_book = kinds().any(|it| matches!(it.kind, Kind::Depth | Kind::Order | Kind::Quote));
    if has_book || summary.submits > 0 || summary.refused > 0 {
        return None;
    }
    let names: BTreeSet<&str> = kinds().map(|it| it.kind.name()).collect();
    let names: Vec<&str> = names.into_iter().collect();
    Some(format!(
        "No order was sent, and the data has no bids and asks (it holds: {}): a strategy that quotes around the best \
         bid and ask, such as grid, waits for them in vain.",
        names.join(", ")
    ))
}

/// A limit of spreads where there are none.
fn never_wide<S: Configured>(plan: &Plan<S>, tracks: &[Track]) -> Option<String> {
    plan.config.risk.spread_times_max?;
    let mut kinds = tracks.iter().flat_map(|it| &it.file.summary().kinds).filter(|it| it.events > 0);
    let has_spread = kinds.any(|it| matches!(it.kind, Kind::Depth | Kind::Order | Kind::Quote));
    (!has_spread).then(|| "risk.spread_times_max never acts: the data has no bids and asks.".to_owned())
}

/// Trades that the bars of the run have lost.
fn late_trades<S: Strategy>(engine: &Engine<S>) -> Option<String> {
    let late = |it: &Instrument| (it.name(), engine.late_trades(it.id));
    let late = engine.instruments().iter().map(late).filter(|it| it.1 > 0);
    let names: Vec<String> = late.map(|(name, count)| format!("{count} of {name}")).collect();
    (!names.is_empty())
        .then(|| format!("Trades that came when their bar had closed are in no bar: {}.", names.join(", ")))
}

/// Events that came so long before their stamp that it was not believed.
fn stamps_ahead<S: Strategy>(engine: &Engine<S>) -> Option<String> {
    let ahead = |it: &Instrument| (it.name(), engine.market().state(it.id).stamps.disbelieved());
    let ahead = engine.instruments().iter().map(ahead).filter(|it| it.1 > 0);
    let names: Vec<String> = ahead.map(|(name, count)| format!("{count} of {name}")).collect();
    (!names.is_empty()).then(|| {
        format!(
            "Events whose time lies more than {} s ahead of their arrival count at the time of the one before, and candles \
             of such a time, or that arrived while they grew, are left out: {}. scalp data check shows the rows; \
             receive_shift = \"smallest-latency-zero\" puts a recorder's clock right that is behind.",
            AHEAD_MAX.as_secs_f64(),
            names.join(", ")
        )
    })
}

/// Clocks that are apart.
fn arrivals_ahead<S: Strategy>(engine: &Engine<S>) -> Option<String> {
    let part = |it: &Instrument| {
        let latency = engine.market().state(it.id).latency;
        let (ahead, all) = (latency.ahead(), latency.ahead().saturating_add(latency.count()));
        let is_told = ahead > all / AHEAD_TOLD_PART;
        is_told.then(|| format!("{ahead} of {all} of {}", it.name()))
    };
    let names: Vec<String> = engine.instruments().iter().filter_map(part).collect();
    (!names.is_empty()).then(|| {
        format!(
            "Events arrived before the venue says that they happened ({}): what they decide meets a market that has not come so \
             far, and gains what could not have been had, or nothing is filled. receive_shift = \"smallest-latency-zero\" puts the \
             recorder's clock right.",
            names.join(", ")
        )
    })
}

/// Candles that came once more.
fn bars_repeated<S: Strategy>(engine: &Engine<S>) -> Option<String> {
    let repeated = |it: &Instrument| (it.name(), engine.market().state(it.id).health.bars_repeated);
    let repeated = engine.instruments().iter().map(repeated).filter(|it| it.1 > 0);
    let names: Vec<String> = repeated.map(|(name, count)| format!("{count} of {name}")).collect();
    (!names.is_empty()).then(|| {
        format!(
            "Candles that start at or before the one above are told twice, or out of order, and count once: {} left out. \
             scalp data check shows the rows.",
            names.join(", ")
        )
    })
}

/// What a run lives off that may never have been there.
fn fills_in_doubt(outcome: &Outcome, instruments: &Instruments) -> Option<String> {
    let mut sums: BTreeMap<AssetId, (u64, Money, Money)> = BTreeMap::new();
    for (line, usual) in outcome.fills_in_doubt() {
        let (it, fill) = (instruments.get(line.instrument), &line.fill);
        let signed = if fill.side == Side::Buy { fill.qty } else { -fill.qty };
        let sum = sums.entry(it.settle).or_default();
        sum.0 += 1;
        sum.1 += it.value(fill.price, fill.qty);
        sum.2 += it.profit(fill.price, usual, signed);
    }
    let told = |(asset, (fills, value, gain)): (&AssetId, &(u64, Money, Money))| {
        let asset = &instruments.assets()[asset.index()];
        let s = if *fills == 1 { "" } else { "s" };
        format!("{fills} fill{s} of {value} {asset} in all, {gain} {asset} better than the usual price")
    };
    let told: Vec<String> = sums.iter().map(told).collect();
    (!told.is_empty()).then(|| {
        format!(
            "Prints in doubt brought fills, which a real venue may not have given: {}; negative is worse.",
            told.join("; ")
        )
    })
}

/// What becomes of an order larger than the last trade, where trades are all there is and the configuration does not say it.
fn nothing_beyond<S: Configured>(plan: &Plan<S>, summary: &Summary, tracks: &[Track]) -> Option<String> {
    let is_said = toml::from_str::<toml::Table>(&plan.config.text)
        .is_ok_and(|it| it.get("venue").is_some_and(|it| it.get("beyond").is_some()));
    // Orders that fill whole ask for nothing beyond.
    if is_said || plan.config.venue.whole_fills || summary.submits == 0 {
        return None;
    }
    let shows_trades_alone = |name: &String| {
        let own = tracks.iter().filter(|it| it.file.instruments().iter().any(|it| it.name() == *name));
        let kinds: BTreeSet<Kind> = own
            .flat_map(|it| &it.file.summary().kinds)
            .filter(|it| it.events > 0)
            .map(|it| it.kind)
            .collect();
        let finer = [Kind::Depth, Kind::Order, Kind::Quote];
        kinds.contains(&Kind::Trade) && finer.iter().all(|it| !kinds.contains(it))
    };
    let names: Vec<String> = plan.instruments.iter().map(|it| it.name()).filter(shows_trades_alone).collect();
    (!names.is_empty()).then(|| {
        format!(
            "The data of {} shows trades alone: a market order gets the size of the last trade, and its rest is cancelled. \
             Set venue.beyond to say what lies beyond, such as {{ model = \"worse\", ticks = 1 }}, or \"nothing\" to keep \
             it so.",
            names.join(", ")
        )
    })
}

/// Runs a plan over any feeds: one by exchange time, and one by arrival where the two differ.
pub fn run_feeds<S: Configured, F: Feed>(
    plan: &Plan<S>,
    feed: F,
    arrivals: Option<F>,
    looks: Looks<'_>,
) -> Result<Finished, RunError> {
    let exchange = Exchange::new(&plan.instruments, &plan.exchange, plan.config.run.seed)?;
    let seed = plan.config.run.seed;
    let mut world = match arrivals {
        Some(arrivals) => World::two_orders(exchange, feed, arrivals, &plan.latency, seed)?,
        None => World::one_order(exchange, feed, &plan.latency, seed)?,
    };
    let genesis = plan.genesis();
    // The page shows indicators on the bars, which only a full record has.
    let keeps_bars = looks.traces && !plan.config.report.indicators.is_empty();
    let recording = if looks.full || keeps_bars { Recording::Full } else { Recording::Decisions };
    let engine_config = EngineConfig { recording, ..plan.engine.clone() };
    let mut engine = Engine::new(&genesis, plan.strategy()?, engine_config)?;
    let traces_every = looks.traces.then_some(plan.config.report.sample.0);
    let mut observer = Observer::new(plan.instruments.len(), traces_every, looks.keeping, looks.tick);
    observer.outcome.keeps_bars = keeps_bars;
    let watch = Stopwatch::start();
    let driven = drive(&mut world, &mut engine, &genesis, &mut observer)?;
    let spent = watch.spent();
    if driven.messages == 0 {
        return Err(RunError::NoData);
    }
    observer.close(engine.path_hash()).map_err(DriveError::from)?;
    let Observer { mut outcome, traces, touch_sums, .. } = observer;
    outcome.settle(&plan.instruments);
    let traded =
        traded(&plan.instruments, outcome.fills.iter().map(|it| (it.instrument, it.fill.price, it.fill.qty)));
    let strategy = plan.config.strategy.get("name").and_then(toml::Value::as_str).unwrap_or("own");
    let facts = Facts {
        name: &plan.config.run.name,
        strategy,
        driven: &driven,
        spent,
        loading: looks.loading,
        traded: &traded,
        touch_sums: &touch_sums,
        faults: &outcome.faults,
        fills_in_doubt: outcome.fills_in_doubt().count() as u64,
        warnings: looks.warnings,
        bars: &plan.engine.bars,
    };
    let mut summary = Summary::of(&engine, world.exchange(), &facts);
    summary.warnings.extend(late_trades(&engine));
    summary.warnings.extend(stamps_ahead(&engine));
    summary.warnings.extend(bars_repeated(&engine));
    summary.warnings.extend(arrivals_ahead(&engine));
    summary.warnings.extend(fills_in_doubt(&outcome, &plan.instruments));
    let closing = plan.instruments.iter().next().map_or(Money::ZERO, |it| equity(&engine, it.settle));
    let Driven { first_at, last_at, .. } = driven;
    let first_at = first_at.unwrap_or(last_at);
    let (opening, prices_apart) = (plan.opening(), Span::ZERO);
    Ok(Finished { summary, outcome, traces, opening, closing, first_at, last_at, prices_apart })
}
