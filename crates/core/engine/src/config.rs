//! What the engine is told at the start.

use scalp_execution::OrdersConfig;
use scalp_ledger::{LedgerConfig, LedgerError};
use scalp_market::{BarRule, MarketConfig, WatchConfig};
use scalp_risk::GateConfig;
use scalp_types::{InstrumentId, Span};
use serde::{Deserialize, Serialize};

/// How much is recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Recording {
    /// Nothing: for sweeps.
    Off,
    /// Decisions, fills, equity, mode, faults.
    #[default]
    Decisions,
    /// Also each answer of the venue, each line of the ledger's journal, each bar.
    Full,
}

/// Everything beside the instruments, the run and the strategy.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EngineConfig {
    /// Depth of books and the like.
    pub market: MarketConfig,
    /// What is watched of each feed: in doubt, only what shrinks a position passes. Nothing by default.
    #[serde(default)]
    pub watch: WatchConfig,
    /// Bars to build, at most one kind for each instrument: from its trades, or from smaller bars of the feed as long as no
    /// trade has come, so that nothing counts twice. A time bar closes with the first event of its instrument at or after
    /// its end, or with the part that reaches its end. Without a rule, bars of the feed are taken as they are.
    pub bars: Vec<(InstrumentId, BarRule)>,
    /// Balances and margin at the start.
    pub ledger: LedgerConfig,
    /// Limits.
    pub gate: GateConfig,
    /// How many orders, how long to wait for an answer, who looks after groups.
    pub orders: OrdersConfig,
    /// How much is recorded.
    pub recording: Recording,
    /// Time between two equity samples, on a grid from the epoch; `None` takes none.
    pub equity_every: Option<Span>,
    /// Time between two looks of the loss stops at the equity; they also look after each fill.
    pub risk_every: Span,
}

impl Default for EngineConfig {
    /// No limits, no bars, an empty wallet; equity every minute, loss stops every second.
    fn default() -> Self {
        Self {
            market: MarketConfig::default(),
            watch: WatchConfig::default(),
            bars: Vec::new(),
            ledger: LedgerConfig::default(),
            gate: GateConfig::default(),
            orders: OrdersConfig::default(),
            recording: Recording::default(),
            equity_every: Some(Span::from_secs(60)),
            risk_every: Span::from_secs(1),
        }
    }
}

/// Why an engine cannot be built.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BuildError {
    /// The ledger cannot.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The gate cannot.
    #[error(transparent)]
    Gate(#[from] scalp_risk::config::ConfigError),
    /// A bar rule of an instrument of another run, or a second one.
    #[error("bars of instrument {0}: expected one rule for an instrument of the run")]
    Bars(InstrumentId),
    /// A spread that may be no wider than nothing.
    #[error("watch.spread_times_max is 0, expected 1 or more")]
    SpreadTimes,
    /// A span that is not positive.
    #[error("{field} is {} ns, expected a positive time", .span.nanos())]
    Span {
        /// Which field.
        field: &'static str,
        /// What was given.
        span: Span,
    },
}
