//! `[bars]` and `[core]`: what the core is told beside its limits.

use super::load::ConfigError;
use super::schema::Config;
use super::value::{Length, Number};
use scalp_engine::{EngineConfig, Recording};
use scalp_market::{BarRule, Bars, FlowKind, FlowRule, FlowUnit, MarketConfig, SyncRule};
use scalp_types::{Contract, Instrument, Instruments, Money, Span};
use serde::{Deserialize, Serialize};

/// `[bars]`: bars built from trades, for every instrument; at most one kind.
#[derive(Debug, Clone, Copy, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct TradeBarsConfig {
    /// A bar closes after this many trades.
    pub trades: Option<u32>,
    /// A bar closes at multiples of this time since the epoch.
    pub time: Option<Length>,
    /// A bar closes when this size has been traded, in units.
    pub volume: Option<Number>,
    /// A bar closes when this value has been traded, quote currency.
    pub value: Option<Number>,
    /// A bar closes when its two sides differ by more than expected.
    pub imbalance: Option<FlowBarsConfig>,
    /// A bar closes when its larger side has traded more than expected.
    pub run: Option<FlowBarsConfig>,
}

/// `[bars.imbalance]` and `[bars.run]`; every key is required.
#[derive(Debug, Clone, Copy, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct FlowBarsConfig {
    /// What a trade counts for: one, its size, or its value.
    pub unit: FlowUnit,
    /// Trades of the first bar.
    pub trades_first: u32,
    /// No bar has fewer trades.
    pub trades_min: u32,
    /// No bar has more trades.
    pub trades_max: u32,
    /// Bars over which the expected trades of a bar are averaged.
    pub trades_span: u32,
    /// Trades over which the expected flow of a trade is averaged.
    pub flow_span: u32,
}

impl TradeBarsConfig {
    /// The keys, each a kind of bar.
    pub const KINDS: [&str; 6] = ["trades", "time", "volume", "value", "imbalance", "run"];

    /// The key that was given; none without bars of our own.
    pub fn key(&self) -> Option<&'static str> {
        let given = [
            ("bars.trades", self.trades.is_some()),
            ("bars.time", self.time.is_some()),
            ("bars.volume", self.volume.is_some()),
            ("bars.value", self.value.is_some()),
            ("bars.imbalance", self.imbalance.is_some()),
            ("bars.run", self.run.is_some()),
        ];
        given.into_iter().find(|it| it.1).map(|it| it.0)
    }
    /// True for bars that are made of single trades alone, by which side took each.
    pub fn needs_trades(&self) -> bool {
        self.imbalance.is_some() || self.run.is_some()
    }

    /// When a bar of this instrument closes; none without a key. Else the key that is wrong, and what was expected of it.
    pub fn rule(&self, instrument: &Instrument) -> Result<Option<BarRule>, (&'static str, String)> {
        let bars = self;
        let plain =
            bars.trades.is_some() || bars.time.is_some() || bars.volume.is_some() || bars.value.is_some();
        let flow = match (bars.imbalance, bars.run) {
            (Some(it), None) if !plain => Some(("bars.imbalance", it.rule(FlowKind::Imbalance, instrument))),
            (None, Some(it)) if !plain => Some(("bars.run", it.rule(FlowKind::Run, instrument))),
            (None, None) => None,
            _ => return Err(("bars", "expected one kind of bar, found several".to_owned())),
        };
        if let Some((key, rule)) = flow {
            let sound = "expected whole numbers above zero and trades_min <= trades_first <= trades_max";
            return Bars::new(rule).map(|_| Some(rule)).map_err(|_| (key, sound.to_owned()));
        }
        let (key, rule, expected) = match (bars.trades, bars.time, bars.volume, bars.value) {
            (None, None, None, None) => return Ok(None),
            (Some(count), None, None, None) => {
                ("bars.trades", (count > 0).then_some(BarRule::Tick(count)), "a whole number above zero")
            }
            (None, Some(Length(span)), None, None) => {
                ("bars.time", (span > Span::ZERO).then_some(BarRule::Time(span)), "a positive length of time")
            }
            (None, None, Some(volume), None) => {
                let lots = instrument.qty(volume.0).ok().filter(|it| it.get() > 0);
                (
                    "bars.volume",
                    lots.map(BarRule::Volume),
                    "a size above zero on the lot grid of every instrument",
                )
            }
            (None, None, None, Some(value)) => {
                let value = Money::from_decimal(value.0).ok();
                ("bars.value", value.and_then(|it| BarRule::value(instrument, it)), "a value above zero")
            }
            _ => return Err(("bars", "expected one kind of bar, found several".to_owned())),
        };
        let sound = rule.filter(|it| Bars::new(*it).is_ok());
        sound.map(Some).ok_or_else(|| (key, format!("expected {expected}")))
    }
}

impl FlowBarsConfig {
    /// The lots of an inverse contract are worth a fixed amount of the quote currency, so its value is its volume.
    fn rule(self, kind: FlowKind, instrument: &Instrument) -> BarRule {
        let Self { unit, trades_first, trades_min, trades_max, trades_span, flow_span } = self;
        let inverse = instrument.spec.contract == Contract::Inverse && unit == FlowUnit::Value;
        let unit = if inverse { FlowUnit::Volume } else { unit };
        BarRule::Flow(FlowRule { kind, unit, trades_first, trades_min, trades_max, trades_span, flow_span })
    }
}

/// How the venue numbers its book messages.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum BookSync {
    /// Messages are applied as they come.
    #[default]
    None,
    /// Binance USD-M and COIN-M: `pu` equals the `u` before.
    BinanceFutures,
    /// Binance spot: `U` follows the `u` before.
    BinanceSpot,
    /// Bybit v5.
    Bybit,
    /// OKX v5.
    Okx,
}

impl Config {
    /// What the core is told.
    pub fn engine(&self, instruments: &Instruments) -> Result<EngineConfig, ConfigError> {
        let mut bars = Vec::new();
        for it in instruments.iter() {
            bars.extend(self.bar_rule(it)?.map(|rule| (it.id, rule)));
        }
        let rule = match self.book_sync {
            BookSync::None => None,
            BookSync::BinanceFutures => Some(SyncRule::BinanceFutures),
            BookSync::BinanceSpot => Some(SyncRule::BinanceSpot),
            BookSync::Bybit => Some(SyncRule::Bybit),
            BookSync::Okx => Some(SyncRule::Okx),
        };
        let sync = rule.map(|rule| instruments.iter().map(|it| (it.id, rule)).collect()).unwrap_or_default();
        let mut config = EngineConfig {
            market: MarketConfig { sync, ..MarketConfig::default() },
            watch: self.watch()?,
            bars,
            ledger: self.ledger(instruments)?,
            gate: self.gate(instruments)?,
            recording: Recording::Decisions,
            equity_every: Some(self.report.sample.0),
            ..EngineConfig::default()
        };
        config.orders.reconcile_every = self.reconcile_every()?;
        Ok(config)
    }

    fn bar_rule(&self, instrument: &Instrument) -> Result<Option<BarRule>, ConfigError> {
        self.bars.rule(instrument).map_err(|(key, what)| self.refuse(key, what))
    }
}
