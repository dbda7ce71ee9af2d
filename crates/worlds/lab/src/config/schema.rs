//! The keys, their defaults and their ranges.

use super::load::ConfigError;
use super::value::{Length, Number, Time};
use rust_decimal::Decimal;
use scalp_types::instrument::MarginTierSpec;
use scalp_types::{Contract, InstrumentSpec, MarginMode, SelfTradePrevention, Span};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Everything a run is made from.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Name, seed, declared trials.
    #[serde(default)]
    pub run: RunConfig,
    /// Where the market comes from; none means the synthetic market.
    #[serde(default)]
    pub data: Vec<DataConfig>,
    /// Parameters of the synthetic market, checked by its generator.
    #[serde(default)]
    pub synthetic: Option<toml::Table>,
    /// What can be traded.
    #[serde(default)]
    pub instrument: Vec<InstrumentConfig>,
    /// What we start with.
    #[serde(default)]
    pub account: AccountConfig,
    /// How the exchange behaves.
    #[serde(default)]
    pub venue: VenueConfig,
    /// What trades: `name` chooses it, the other keys are its own and checked by it.
    pub strategy: toml::Table,
    /// What the risk gate allows.
    #[serde(default)]
    pub risk: RiskConfig,
    /// What is written.
    #[serde(default)]
    pub report: ReportConfig,
    /// The grid of a sweep.
    #[serde(default)]
    pub sweep: Option<SweepConfig>,
    /// The text this was read from.
    #[serde(skip)]
    pub text: String,
    /// The file this was read from.
    #[serde(skip)]
    pub path: PathBuf,
}

/// `[run]`
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct RunConfig {
    /// A name for people.
    pub name: String,
    /// Seeds every random stream.
    pub seed: u64,
    /// How many variants were tried before this one: the deflated Sharpe ratio pays for them.
    pub trials: u32,
}

impl Default for RunConfig {
    fn default() -> Self {
        Self { name: "backtest".into(), seed: 1, trials: 1 }
    }
}

/// One path or several.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(untagged, expecting = "expected a path, or a list of paths")]
pub enum Paths {
    /// One file or folder.
    One(PathBuf),
    /// Several files of one instrument, in the order of time.
    Many(Vec<PathBuf>),
}

impl Paths {
    /// All of them.
    pub fn as_slice(&self) -> &[PathBuf] {
        match self {
            Self::One(path) => std::slice::from_ref(path),
            Self::Many(paths) => paths,
        }
    }
}

/// How a file is to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Format {
    /// By its name and first lines.
    #[default]
    Auto,
    /// A raw websocket capture: `<receive ns> <json>` lines.
    Capture,
    /// A file of the Binance public archive.
    BinanceArchive,
    /// A Tardis CSV file.
    Tardis,
    /// CSV or Parquet described by `[data.mapping]`.
    Mapping,
    /// A binary event file of ours.
    Events,
    /// A catalogue of ours.
    Catalog,
}

/// What is done about a recorder whose clock was off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReceiveShift {
    /// Receive times stay as recorded.
    #[default]
    None,
    /// Receive times are shifted by one constant, so that the smallest feed latency is zero.
    SmallestLatencyZero,
}

/// `[[data]]`
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct DataConfig {
    /// A file, several, or a folder; beside the configuration first, then from the working directory.
    pub path: Paths,
    /// The symbol of the instrument it belongs to; may be left out when there is one instrument.
    #[serde(default)]
    pub instrument: Option<String>,
    /// How to read it.
    #[serde(default)]
    pub format: Format,
    /// The name of a shipped mapping, for `format = "mapping"`.
    #[serde(default)]
    pub mapping_name: Option<String>,
    /// A mapping written here, for `format = "mapping"`.
    #[serde(default)]
    pub mapping: Option<toml::Table>,
    /// What is done about the recorder's clock.
    #[serde(default)]
    pub receive_shift: ReceiveShift,
    /// Whether best-bid-ask messages of a capture are read as well.
    #[serde(default)]
    pub book_ticker: bool,
    /// How often the data is played, one after the other.
    #[serde(default = "one")]
    pub repeat: u32,
    /// Time between the last event of one replica and the first of the next.
    #[serde(default = "millisecond")]
    pub repeat_gap: Length,
    /// Nothing before this.
    #[serde(default)]
    pub start: Option<Time>,
    /// Nothing at or after this.
    #[serde(default)]
    pub end: Option<Time>,
}

const fn one() -> u32 {
    1
}

const fn millisecond() -> Length {
    Length(Span::from_millis(1))
}

/// `[[instrument]]`: as [`InstrumentSpec`], with numbers as people write them.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct InstrumentConfig {
    /// The venue's name.
    #[serde(default = "venue")]
    pub venue: String,
    /// The venue's symbol.
    pub symbol: String,
    /// `spot`, `linear` or `inverse`.
    #[serde(default = "linear")]
    pub contract: Contract,
    /// What is traded.
    #[serde(default = "base")]
    pub base: String,
    /// What the price is counted in.
    #[serde(default = "quote")]
    pub quote: String,
    /// Smallest price step.
    pub tick: Number,
    /// Smallest size step.
    pub lot: Number,
    /// Base coins per unit of size (linear) or quote coins per contract (inverse).
    #[serde(default = "unit")]
    pub multiplier: Number,
    /// Lowest price the venue takes.
    #[serde(default)]
    pub price_min: Option<Number>,
    /// Highest price the venue takes.
    #[serde(default)]
    pub price_max: Option<Number>,
    /// Smallest size of one order.
    #[serde(default)]
    pub qty_min: Option<Number>,
    /// Largest size of one limit order.
    #[serde(default)]
    pub qty_max: Option<Number>,
    /// Largest size of one market order.
    #[serde(default)]
    pub market_qty_max: Option<Number>,
    /// Smallest value of one order.
    #[serde(default)]
    pub notional_min: Option<Number>,
    /// A buy may not be priced above `mark * percent_up`.
    #[serde(default)]
    pub percent_up: Option<Number>,
    /// A sell may not be priced below `mark * percent_down`.
    #[serde(default)]
    pub percent_down: Option<Number>,
    /// Most open orders at once.
    #[serde(default)]
    pub open_orders_max: Option<u32>,
    /// `[notional_floor, maintenance, leverage_max]` for each step of the margin table.
    #[serde(default)]
    pub margin_tiers: Vec<(Number, Number, u32)>,
    /// Fee on what a liquidation closes.
    #[serde(default)]
    pub liquidation_fee: Option<Number>,
    /// Hours between two funding payments.
    #[serde(default)]
    pub funding_hours: Option<u32>,
    /// When a dated future is delivered.
    #[serde(default)]
    pub expiry: Option<Time>,
}

fn venue() -> String {
    "binance-usdm".into()
}
const fn linear() -> Contract {
    Contract::Linear
}
fn base() -> String {
    "BTC".into()
}
fn quote() -> String {
    "USDT".into()
}
const fn unit() -> Number {
    Number(Decimal::ONE)
}

impl InstrumentConfig {
    /// The declaration that the instrument table checks.
    pub fn spec(&self) -> InstrumentSpec {
        let number = |it: Option<Number>| it.map(|it| it.0);
        let tier = |&(floor, maintenance, leverage_max): &(Number, Number, u32)| MarginTierSpec {
            notional_floor: floor.0,
            maintenance: maintenance.0,
            leverage_max,
        };
        InstrumentSpec {
            venue: self.venue.clone(),
            symbol: self.symbol.clone(),
            contract: self.contract,
            base: self.base.clone(),
            quote: self.quote.clone(),
            tick: self.tick.0,
            lot: self.lot.0,
            multiplier: self.multiplier.0,
            price_min: number(self.price_min),
            price_max: number(self.price_max),
            qty_min: number(self.qty_min),
            qty_max: number(self.qty_max),
            market_qty_max: number(self.market_qty_max),
            notional_min: number(self.notional_min),
            percent_up: number(self.percent_up),
            percent_down: number(self.percent_down),
            open_orders_max: self.open_orders_max,
            margin_tiers: self.margin_tiers.iter().map(tier).collect(),
            liquidation_fee: self.liquidation_fee.map_or(Decimal::ZERO, |it| it.0),
            funding_hours: self.funding_hours,
            expiry: self.expiry.map(|it| it.0),
        }
    }
}

/// `[account]`
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct AccountConfig {
    /// Opening balances by asset.
    pub balances: BTreeMap<String, Number>,
    /// `cross` or `isolated`.
    pub margin: MarginMode,
    /// Leverage chosen at the venue: initial margin is value / leverage.
    pub leverage: u32,
}

impl Default for AccountConfig {
    fn default() -> Self {
        Self { balances: BTreeMap::new(), margin: MarginMode::Cross, leverage: 10 }
    }
}

/// `[venue]`
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct VenueConfig {
    /// Maker and taker fees.
    pub fees: FeesConfig,
    /// Time from us to the venue and back.
    pub latency: LatencyConfig,
    /// Where a resting order stands in its queue.
    pub queue: QueueConfig,
    /// Orders fill in parts (the default), or whole when their turn comes (`false`, for comparison with simulators
    /// that know no partial fills).
    pub whole_fills: bool,
    /// What an order pays beyond the displayed book.
    pub impact: ImpactConfig,
    /// Cost of a fill against bars, in ticks added to the bar's price.
    pub bar_slippage_ticks: u32,
    /// Largest part of a bar's volume that one order takes; 0 is no limit.
    pub bar_volume_share: Option<Number>,
    /// Against our own orders.
    pub self_trade: SelfTradePrevention,
    /// Orders taken per 10 seconds and per minute; none is no limit.
    pub orders_per_10s: Option<u32>,
    /// See `orders_per_10s`.
    pub orders_per_minute: Option<u32>,
    /// Part of requests that the venue refuses at random, as unavailable.
    pub reject_share: Option<Number>,
}

/// `[venue.fees]`
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct FeesConfig {
    /// Part of the value for resting orders; negative is a rebate.
    pub maker: Number,
    /// Part of the value for orders that take.
    pub taker: Number,
    /// Steps by our volume of the last 30 days, over the two above.
    pub tiers: Vec<FeeTierConfig>,
}

impl Default for FeesConfig {
    fn default() -> Self {
        Self { maker: Number(Decimal::new(2, 4)), taker: Number(Decimal::new(5, 4)), tiers: Vec::new() }
    }
}

/// `[[venue.fees.tiers]]`
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct FeeTierConfig {
    /// From this value traded in 30 days.
    pub volume: Number,
    /// Maker fee there.
    pub maker: Number,
    /// Taker fee there.
    pub taker: Number,
}

/// `[venue.latency]`
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct LatencyConfig {
    /// From us to the venue: the constant, or the median when there is a spread.
    pub entry: Length,
    /// From the venue to us.
    pub response: Length,
    /// Added to every feed message on top of what was recorded.
    pub feed: Length,
    /// Standard deviation of the logarithm: 0 is constant.
    pub log_sigma: f64,
    /// Part of messages that meet a spike.
    pub spike_share: f64,
    /// How much longer a message takes that meets a spike.
    pub spike: Length,
    /// A CSV of recorded latencies: `at_ns,entry_ns,response_ns`; replaces the model.
    pub replay: Option<PathBuf>,
}

impl Default for LatencyConfig {
    fn default() -> Self {
        Self {
            entry: Length(Span::from_millis(5)),
            response: Length(Span::from_millis(5)),
            feed: Length(Span::ZERO),
            log_sigma: 0.0,
            spike_share: 0.0,
            spike: Length(Span::ZERO),
            replay: None,
        }
    }
}

/// `[venue.queue]`
#[derive(Debug, Clone, Copy, Deserialize, Serialize)]
#[serde(deny_unknown_fields, tag = "model", rename_all = "kebab-case")]
pub enum QueueConfig {
    /// Only trades advance us; cancels are behind us.
    RiskAverse,
    /// Cancels are ahead of us with probability f(ahead) / (f(ahead) + f(behind)), f(x) = x^n.
    Power {
        /// The exponent.
        n: f64,
    },
    /// As `power`, f(x) = ln(1 + x).
    Log,
}

impl Default for QueueConfig {
    fn default() -> Self {
        Self::Power { n: 2.0 }
    }
}

/// `[venue.impact]`
#[derive(Debug, Clone, Copy, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct ImpactConfig {
    /// Factor k of `k * sigma * sqrt(size / daily volume)`; 0 is none.
    pub k: f64,
    /// Daily volatility, as a fraction.
    pub daily_sigma: f64,
    /// Daily volume in units of size.
    pub daily_volume: f64,
}

/// `[risk]`: limits of the gate; what is left out is not limited.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct RiskConfig {
    /// Largest size of one order, in units of the instrument.
    pub order_qty_max: Option<Number>,
    /// Largest value of one order, settle currency.
    pub order_notional_max: Option<Number>,
    /// Farthest a limit may be from mark and mid, as a fraction.
    pub price_collar: Option<Number>,
    /// Largest position of one instrument, open and unknown orders counted, in units.
    pub position_max: Option<Number>,
    /// Largest sum of position values.
    pub gross_notional_max: Option<Number>,
    /// Largest net value.
    pub net_notional_max: Option<Number>,
    /// Most open orders over all instruments.
    pub open_orders_max: Option<u32>,
    /// Most messages a second.
    pub messages_per_second: Option<u32>,
    /// The same order again within this time is refused.
    pub repeat_window: Option<Length>,
    /// No order on a market that has been silent for longer.
    pub stale_after: Option<Length>,
    /// Loss of a UTC day, as a fraction of the day's opening equity, that stops new risk.
    pub day_loss_max: Option<Number>,
    /// Fall from the highest equity, as a fraction, that stops new risk.
    pub drawdown_max: Option<Number>,
}

/// `[report]`
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct ReportConfig {
    /// Where runs are kept.
    pub folder: PathBuf,
    /// Whether the HTML page is written.
    pub html: bool,
    /// Whether orders, fills, positions and balance changes are written as CSV and Parquet.
    pub tables: bool,
    /// Time between two samples of equity.
    pub sample: Length,
    /// How many random-entry runs the result is compared with; 0 is none.
    pub controls: u32,
    /// Resamples of the bootstrap.
    pub resamples: u32,
    /// Whether the journal of the run is kept, for `scalp replay`.
    pub journal: bool,
}

impl Default for ReportConfig {
    fn default() -> Self {
        Self {
            folder: "runs".into(),
            html: true,
            tables: true,
            sample: Length(Span::from_secs(60)),
            controls: 20,
            resamples: 10_000,
            journal: true,
        }
    }
}

/// `[sweep]`
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct SweepConfig {
    /// Values for each key of `[strategy]`: a list, or `{ from, to, step }`.
    pub grid: BTreeMap<String, GridAxis>,
    /// Threads; all cores when absent.
    #[serde(default)]
    pub threads: Option<usize>,
    /// `a < b` for two keys of the grid: other pairs are left out.
    #[serde(default)]
    pub less: Option<(String, String)>,
}

/// One axis of a sweep.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(untagged, expecting = "expected a list of values, or { from, to, step } with whole numbers")]
pub enum GridAxis {
    /// These values.
    Values(Vec<toml::Value>),
    /// Whole numbers from `from` up to and including `to`.
    Range {
        /// First.
        from: i64,
        /// Last.
        to: i64,
        /// Distance.
        step: i64,
    },
}

impl Config {
    /// Ranges that the types cannot say.
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        let positive = |key: &str, ok: bool, expected: &str| {
            if ok { Ok(()) } else { Err(self.refuse(key, format!("expected {expected}"))) }
        };
        positive("run.trials", self.run.trials >= 1, "at least 1: this run is a trial as well")?;
        positive(
            "account.leverage",
            (1..=1_000).contains(&self.account.leverage),
            "a leverage from 1 to 1000",
        )?;
        positive("report.sample", self.report.sample.0 > Span::ZERO, "a positive length of time")?;
        let latency = &self.venue.latency;
        positive("venue.latency.log_sigma", (0.0..=10.0).contains(&latency.log_sigma), "0 to 10")?;
        positive(
            "venue.latency.spike_share",
            (0.0..=1.0).contains(&latency.spike_share),
            "a part from 0 to 1",
        )?;
        if let QueueConfig::Power { n } = self.venue.queue {
            positive("venue.queue.n", n > 0.0 && n <= 100.0, "an exponent above 0 and at most 100")?;
        }
        for (at, tier) in self.venue.fees.tiers.windows(2).enumerate() {
            positive(
                &format!("venue.fees.tiers[{}].volume", at + 1),
                tier[0].volume < tier[1].volume,
                "rising volumes",
            )?;
        }
        for (key, fee) in
            [("venue.fees.maker", &self.venue.fees.maker), ("venue.fees.taker", &self.venue.fees.taker)]
        {
            let ok = fee.0.abs() < Decimal::new(1, 1);
            positive(key, ok, "a fraction of the value such as 0.0004 (4 basis points), below 0.1")?;
        }
        for (asset, amount) in &self.account.balances {
            positive(
                &format!("account.balances.{asset}"),
                amount.0 >= Decimal::ZERO,
                "an amount that is not negative",
            )?;
        }
        for (at, data) in self.data.iter().enumerate() {
            self.check_data(at, data)?;
        }
        Ok(())
    }

    fn check_data(&self, at: usize, data: &DataConfig) -> Result<(), ConfigError> {
        let key = |name: &str| format!("data[{at}].{name}");
        if data.repeat == 0 {
            return Err(self.refuse(key("repeat"), "expected at least 1"));
        }
        if data.format == Format::Mapping && data.mapping.is_some() == data.mapping_name.is_some() {
            return Err(
                self.refuse(key("mapping"), "expected either [data.mapping] or mapping_name, exactly one")
            );
        }
        if let (Some(start), Some(end)) = (data.start, data.end)
            && start >= end
        {
            return Err(self.refuse(key("end"), format!("expected a time after start ({})", start.0)));
        }
        match &data.instrument {
            Some(symbol) if !self.instrument.iter().any(|it| it.symbol == *symbol) => {
                let known: Vec<&str> = self.instrument.iter().map(|it| it.symbol.as_str()).collect();
                Err(self
                    .refuse(key("instrument"), format!("{symbol:?} is not defined; defined are {known:?}")))
            }
            None if self.instrument.len() != 1 => Err(self.refuse(
                key("instrument"),
                format!("expected the symbol of one of the {} instruments", self.instrument.len()),
            )),
            _ => Ok(()),
        }
    }
}
