//! `[bars]` and `[core]`: what the core is told beside its limits.

use super::load::ConfigError;
use super::schema::Config;
use super::value::{Length, Number};
use scalp_engine::{EngineConfig, Recording};
use scalp_market::{BarRule, MarketConfig, SyncRule};
use scalp_types::{Instrument, Instruments, Money, Span};
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
        let bars = &self.bars;
        let rule = match (bars.trades, bars.time, bars.volume, bars.value) {
            (None, None, None, None) => return Ok(None),
            (Some(count), None, None, None) if count > 0 => Some(BarRule::Tick(count)),
            (None, Some(Length(span)), None, None) if span > Span::ZERO => Some(BarRule::Time(span)),
            (None, None, Some(volume), None) => {
                instrument.qty(volume.0).ok().filter(|it| it.get() > 0).map(BarRule::Volume)
            }
            (None, None, None, Some(value)) => {
                Money::from_decimal(value.0).ok().and_then(|it| BarRule::value(instrument, it))
            }
            _ => None,
        };
        let expected =
            "expected exactly one of trades, time, volume and value, above zero and on the lot grid";
        rule.map(Some).ok_or_else(|| self.refuse("bars", expected))
    }
}
