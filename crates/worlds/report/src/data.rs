//! What a page is made from: plain numbers and texts, nothing of ours but these structs.
//!
//! Times are nanoseconds since 1970-01-01T00:00:00Z. Money is in units of [`Run::currency`]. Shares and returns are
//! fractions (0.05 is five percent). A number that is not known is an absence with its reason, never a NaN; a NaN or
//! an infinity that comes in all the same is shown as "not a number" and never drawn.

use crate::candles::Drawn;
use serde::{Deserialize, Serialize};

/// A name and its value, both as text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fact {
    /// What it is.
    pub name: String,
    /// Its value, already in words, with its unit.
    pub value: String,
}

impl Fact {
    /// A fact from its two texts.
    pub fn new(name: impl Into<String>, value: impl Into<String>) -> Self {
        Self { name: name.into(), value: value.into() }
    }
}

/// What was run, so that anyone can run it again.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Run {
    /// Name of the run, the heading of the page.
    pub name: String,
    /// Id under which the run is stored.
    pub id: String,
    /// Name of the strategy.
    pub strategy: String,
    /// Its parameters.
    pub parameters: Vec<Fact>,
    /// Data: venue, instruments, kind of events, number of rows, gaps found.
    pub data: Vec<Fact>,
    /// Cost model: fees, spread, impact, funding.
    pub costs: Vec<Fact>,
    /// Latency and queue model.
    pub latency: Vec<Fact>,
    /// First instant of the run, ns.
    pub start_ns: i64,
    /// Last instant of the run, ns.
    pub end_ns: i64,
    /// Seed of every random stream.
    pub seed: u64,
    /// Hash of the state after the last event.
    pub state_hash: String,
    /// How many parameter sets or ideas were tried to arrive at this one; 0 when nobody said.
    pub trials: u64,
    /// Version of the program.
    pub version: String,
    /// Settle currency, e.g. `USDT`.
    pub currency: String,
    /// Decimals to print of that currency.
    pub decimals: u8,
    /// Equity before the first event, in `currency`.
    pub start_equity: f64,
    /// The market was generated, not recorded.
    pub synthetic: bool,
    /// The command that repeats the run.
    pub command: Option<String>,
    /// The whole configuration as text (TOML); the compare page shows where two differ.
    pub config: String,
}

/// How a number is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// An amount of the run's currency, with its sign.
    Money,
    /// A fraction, printed in percent with its sign where it may be negative.
    Percent,
    /// A size given as a fraction, such as a drawdown or a volatility, printed in percent without sign.
    Magnitude,
    /// A plain number with three significant decimals.
    #[default]
    Ratio,
    /// A whole number.
    Count,
    /// Seconds, printed as ns, us, ms, s, min, h or days.
    Seconds,
    /// Hundredths of a percent.
    BasisPoints,
    /// A probability or share from 0 to 1, printed in percent without sign.
    Share,
}

/// A number, or why there is none.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Value {
    /// The number.
    Known(f64),
    /// Why it is missing, in words, e.g. `not enough data for the Sharpe ratio (needs 30 returns, got 4)`.
    Missing(String),
}

impl Default for Value {
    fn default() -> Self {
        Self::Missing("not measured".into())
    }
}

impl From<f64> for Value {
    fn from(value: f64) -> Self {
        Self::Known(value)
    }
}

impl Value {
    /// The number when it is known and finite.
    pub fn get(&self) -> Option<f64> {
        match self {
            Self::Known(value) if value.is_finite() => Some(*value),
            _ => None,
        }
    }
}

/// A confidence interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
    /// Coverage, e.g. 0.90.
    pub level: f64,
}

/// Which way is better, for differences and colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Better {
    /// More is better.
    Higher,
    /// Less is better.
    Lower,
    /// Neither; the number describes.
    #[default]
    Neutral,
}

/// One measured figure.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Figure {
    /// Its name, also the key by which two runs are compared.
    pub name: String,
    /// Number or reason.
    pub value: Value,
    /// How to print it.
    pub unit: Unit,
    /// Confidence interval, where one was computed.
    pub interval: Option<Interval>,
    /// Which way is better.
    pub better: Better,
    /// One line: definition, sampling, source.
    pub note: String,
}

/// A line over time. Times do not decrease; both vectors are of one length (the shorter one rules).
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Series {
    /// Times, ns.
    pub at_ns: Vec<i64>,
    /// Values.
    pub value: Vec<f64>,
}

/// Random-entry runs with the turnover and holding times of the strategy, on one shared grid of times.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Controls {
    /// The shared times, ns.
    pub at_ns: Vec<i64>,
    /// Equity of each control at those times.
    pub runs: Vec<Vec<f64>>,
    /// How they were made, one sentence.
    pub how: String,
}

/// Where the money went: `gross` less every cost is `net`. Costs are positive when they cost; a rebate or funding
/// received is negative.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Costs {
    /// Profit had every order been filled at its arrival mid price without any cost.
    pub gross: f64,
    /// Fees less rebates.
    pub fees: f64,
    /// Half spread paid (or earned, negative) against the mid at arrival.
    pub spread: f64,
    /// Move of the price between decision and fill.
    pub slippage: f64,
    /// Own impact beyond the best level.
    pub impact: f64,
    /// Funding paid.
    pub funding: f64,
    /// Liquidation fees.
    pub liquidation: f64,
    /// Loss beyond the margin that the venue's fund took over; negative, because the account did not pay it.
    pub taken_over: f64,
    /// What is left: the change of equity.
    pub net: f64,
}

/// Five points of a distribution.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Quantiles {
    /// Median.
    pub p50: f64,
    /// 90th percentile.
    pub p90: f64,
    /// 99th percentile.
    pub p99: f64,
    /// Largest.
    pub max: f64,
    /// How many were measured.
    pub count: u64,
}

/// A named distribution, e.g. "queue time" in seconds.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Timing {
    /// What was measured.
    pub name: String,
    /// How to print it.
    pub unit: Unit,
    /// The distribution; `None` when nothing was measured.
    pub quantiles: Option<Quantiles>,
}

/// How orders were filled.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct FillQuality {
    /// Orders sent.
    pub orders: u64,
    /// Filled whole.
    pub filled: u64,
    /// Filled in part, then ended.
    pub partly: u64,
    /// Ended without a fill (cancelled or expired).
    pub unfilled: u64,
    /// Rejected by the venue.
    pub rejected: u64,
    /// Refused by our own risk gate, never sent.
    pub refused: u64,
    /// Filled quantity over ordered quantity.
    pub fill_ratio: Value,
    /// Share of the filled notional that was maker.
    pub maker_share: Value,
    /// Queue times, latencies (feed, entry, response), slippage.
    pub timings: Vec<Timing>,
    /// Rejects and refusals by reason.
    pub rejects: Vec<(String, u64)>,
    /// What came in and could not be, by kind in words.
    pub faults: Vec<(String, u64)>,
    /// Prints that were judged wrong, by symbol.
    pub wrong_prints: Vec<(String, u64)>,
}

/// How much of the account was in use over time. All series share `at_ns`; empty ones are left out.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Usage {
    /// Times, ns.
    pub at_ns: Vec<i64>,
    /// Signed notional over equity; negative is short.
    pub exposure: Vec<f64>,
    /// Gross notional over equity.
    pub leverage: Vec<f64>,
    /// Margin in use over equity.
    pub margin: Vec<f64>,
}

/// One level of a loss distribution.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Tail {
    /// Confidence, e.g. 0.95.
    pub level: f64,
    /// Value at risk as a positive fraction of equity.
    pub value_at_risk: Value,
    /// Expected shortfall as a positive fraction of equity.
    pub expected_shortfall: Value,
}

/// Returns of one horizon.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ReturnDistribution {
    /// The horizon in words, e.g. `1 hour`.
    pub horizon: String,
    /// Why it is that one, as a sentence.
    pub why: String,
    /// The returns as fractions.
    pub returns: Vec<f64>,
    /// Tails to mark.
    pub tails: Vec<Tail>,
}

/// Percentiles 5, 25, 50, 75, 95 of one resampled figure.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct BootstrapRow {
    /// Name of the figure.
    pub name: String,
    /// How to print it.
    pub unit: Unit,
    /// The five percentiles; `None` when it could not be computed.
    pub percentiles: Option<[f64; 5]>,
    /// Why there are none, or of how many resamples they are when not of all; else empty.
    pub note: String,
}

/// What resampling the returns says.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Bootstrap {
    /// Method in words: resamples, block length, horizon, seed.
    pub how: String,
    /// One row per figure.
    pub rows: Vec<BootstrapRow>,
    /// Probabilities: `("return above zero", 0.61)`.
    pub probabilities: Vec<Fact>,
}

/// One closed round trip.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct TradeRow {
    /// Instrument.
    pub instrument: String,
    /// Long or short.
    pub long: bool,
    /// Opened, ns.
    pub opened_ns: i64,
    /// Closed, ns.
    pub closed_ns: i64,
    /// Largest size held, in base units or contracts.
    pub qty: f64,
    /// Average entry price.
    pub entry: f64,
    /// Average exit price.
    pub exit: f64,
    /// Profit after all costs.
    pub profit: f64,
    /// Fees of the round trip.
    pub fees: f64,
    /// Largest open loss while held, as a positive fraction of the entry notional.
    pub mae: Option<f64>,
    /// Largest open gain while held, as a positive fraction of the entry notional.
    pub mfe: Option<f64>,
    /// Why it was closed.
    pub reason: String,
}

/// One order and how it ended.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct OrderRow {
    /// Order id as text.
    pub id: String,
    /// Instrument.
    pub instrument: String,
    /// Buy or sell.
    pub buy: bool,
    /// Sent, ns.
    pub sent_ns: i64,
    /// Ended (filled, cancelled, rejected) or the end of the run, ns.
    pub ended_ns: i64,
    /// Kind in words, e.g. `limit, post only`.
    pub kind: String,
    /// Limit or trigger price.
    pub price: Option<f64>,
    /// Ordered size.
    pub qty: f64,
    /// Filled size.
    pub filled: f64,
    /// How it ended, e.g. `filled`, `cancelled`.
    pub status: String,
    /// Why the strategy sent it.
    pub reason: String,
}

/// One fill.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct FillRow {
    /// Instrument.
    pub instrument: String,
    /// Buy or sell.
    pub buy: bool,
    /// When, ns.
    pub at_ns: i64,
    /// Price.
    pub price: f64,
    /// Size.
    pub qty: f64,
    /// Fee; negative is a rebate.
    pub fee: f64,
    /// We rested in the book.
    pub maker: bool,
}

/// Bars of one instrument, as columns. `open`, `high` and `low` may be empty: then a line of `close` is drawn.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct PriceBars {
    /// Instrument, matched with orders and fills by this name.
    pub instrument: String,
    /// Decimals of its prices.
    pub decimals: u8,
    /// Start of each bar, ns.
    pub at_ns: Vec<i64>,
    /// Open prices.
    pub open: Vec<f64>,
    /// High prices.
    pub high: Vec<f64>,
    /// Low prices.
    pub low: Vec<f64>,
    /// Close prices.
    pub close: Vec<f64>,
    /// What is drawn besides the candles.
    #[serde(skip_serializing_if = "is_nothing")]
    pub drawn: Drawn,
}

fn is_nothing(drawn: &Drawn) -> bool {
    *drawn == Drawn::default()
}

/// What a feature had to do with what came after decisions.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Weighed {
    /// Decisions with a value and a known outcome.
    pub decisions: u64,
    /// The effective number of those whose outcomes do not overlap.
    pub effective: f64,
    /// The correlation of value and return.
    pub correlation: Option<f64>,
    /// Its standard error.
    pub standard_error: Option<f64>,
}

/// One feature that a strategy decided by.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct FeatureRow {
    /// As its rules have it.
    pub name: String,
    /// Its last value.
    pub value: Option<f64>,
    /// How old that is.
    pub age_seconds: Option<f64>,
    /// At every decision, with the return that followed.
    pub at_decisions: Weighed,
    /// At entries, with the return that followed in their direction.
    pub at_entries: Weighed,
}

/// The features that a strategy decided by on one instrument.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Features {
    /// Instrument.
    pub instrument: String,
    /// The last decision, in nanoseconds since 1970 UTC.
    pub at: i64,
    /// The hash of the schema of the features over the bars of the run, where it is known.
    pub schema: Option<String>,
    /// Bars from a decision to its outcome; none where outcomes were not looked at.
    pub outcome_bars: Option<u64>,
    /// Decisions in which the weight of one halves.
    pub outcome_half_life: Option<f64>,
    /// The features.
    pub rows: Vec<FeatureRow>,
}

/// Everything the page of one run shows. Whatever is empty is left out or said to be missing.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ReportData {
    /// What was run.
    pub run: Run,
    /// The key figures, most important first; about eight read well.
    pub figures: Vec<Figure>,
    /// The risk table.
    pub risk: Vec<Figure>,
    /// Equity over time, in currency.
    pub equity: Series,
    /// The same starting money, bought and held.
    pub buy_and_hold: Series,
    /// What holding means, where that needs a word.
    pub hold_note: String,
    /// Random-entry control runs.
    pub controls: Controls,
    /// Cost waterfall.
    pub costs: Option<Costs>,
    /// Fill quality.
    pub fill_quality: Option<FillQuality>,
    /// Exposure, leverage and margin.
    pub usage: Usage,
    /// Distribution of returns.
    pub returns: ReturnDistribution,
    /// Bootstrap of returns.
    pub bootstrap: Option<Bootstrap>,
    /// Closed round trips in order of closing.
    pub trades: Vec<TradeRow>,
    /// Orders in order of sending.
    pub orders: Vec<OrderRow>,
    /// Fills in order of time.
    pub fills: Vec<FillRow>,
    /// Bars per instrument.
    pub prices: Vec<PriceBars>,
    /// The features that the strategy decided by, by instrument.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub features: Vec<Features>,
    /// Files beside the page: what is in it, relative path.
    pub files: Vec<Fact>,
    /// What puts the figures themselves in doubt, said above them.
    pub warnings: Vec<String>,
    /// What this run does not show: further sentences, after the standing ones.
    pub limits: Vec<String>,
}

/// One run as the compare page and the list of runs need it.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct RunSummary {
    /// What was run.
    pub run: Run,
    /// Its figures.
    pub figures: Vec<Figure>,
    /// Equity over time.
    pub equity: Series,
    /// The step of its returns in words, e.g. `1 hour`; empty when not known.
    pub horizon: String,
}

/// Two runs side by side.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct CompareData {
    /// The first run.
    pub a: RunSummary,
    /// The second run.
    pub b: RunSummary,
}

/// One parameter set of a sweep.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct SweepRow {
    /// Job number: the same whatever the number of threads.
    pub job: u64,
    /// Values of the parameters, in the order of [`SweepData::parameters`].
    pub parameters: Vec<String>,
    /// Values of the figures, in the order of [`SweepData::figures`].
    pub values: Vec<Value>,
}

/// A column of a sweep.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct SweepFigure {
    /// Name.
    pub name: String,
    /// How to print it.
    pub unit: Unit,
    /// Which way is better.
    pub better: Better,
}

/// A parameter sweep.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct SweepData {
    /// What was run, without the swept parameters.
    pub run: Run,
    /// Names of the swept parameters.
    pub parameters: Vec<String>,
    /// Figures measured for each set.
    pub figures: Vec<SweepFigure>,
    /// Index in `figures` of the one that ranks.
    pub rank_by: usize,
    /// The rows, best first.
    pub rows: Vec<SweepRow>,
    /// Further sentences: how the deflated Sharpe ratio was computed, variance of the trials.
    pub notes: Vec<String>,
    /// What puts rows of the ranking in doubt, said above it.
    pub warnings: Vec<String>,
}
