//! What the pretend exchange is told: how orders fill, what they cost, how long messages take, what breaks.

use scalp_ledger::MarginTerms;
use scalp_types::{AssetId, InstrumentId, Money, Qty, Rate, Span, Timestamp};

/// Everything about the exchange and the road to it.
#[derive(Debug, Clone, PartialEq)]
pub struct ExchangeConfig {
    /// How resting and taking orders are filled.
    pub fills: FillRules,
    /// Fee steps by 30-day volume, by rising volume; the first has volume zero.
    pub fees: Vec<FeeTier>,
    /// What the account holds at the start.
    pub balances: Vec<(AssetId, Money)>,
    /// How margin is computed and whether it is enforced.
    pub margin: MarginRules,
    /// How many requests the venue takes.
    pub limits: RateLimits,
    /// What goes wrong, by chance and by schedule.
    pub faults: FaultRules,
    /// How long a client order id stays taken.
    pub ids: IdRule,
    /// Open orders of the whole account, beyond which orders are refused.
    pub open_orders_max: usize,
}

impl Default for ExchangeConfig {
    /// Partial fills, no fee, no balance, no margin check, no limits and no faults.
    fn default() -> Self {
        Self {
            fills: FillRules::default(),
            fees: vec![FeeTier { volume: Money::ZERO, maker: Rate::ZERO, taker: Rate::ZERO }],
            balances: Vec::new(),
            margin: MarginRules::default(),
            limits: RateLimits::default(),
            faults: FaultRules::default(),
            ids: IdRule::OpenOrders,
            open_orders_max: crate::OPEN_ORDERS_MAX,
        }
    }
}

/// How resting and taking orders are filled.
#[derive(Debug, Clone, PartialEq)]
pub struct FillRules {
    /// How the size ahead of a resting order shrinks.
    pub queue: QueueModel,
    /// Partial fills, or every order whole at once.
    pub size: FillSize,
    /// What a market order gets beyond what is displayed.
    pub beyond: Beyond,
    /// What happens to a resting order when the data shows no size at its price (trades, quotes).
    pub unseen_queue: UnseenQueue,
    /// How bars fill orders.
    pub bars: BarRules,
}

impl Default for FillRules {
    fn default() -> Self {
        Self {
            queue: QueueModel::Power { n: 2.0 },
            size: FillSize::Partial,
            beyond: Beyond::Nothing,
            unseen_queue: UnseenQueue::ThroughOnly,
            bars: BarRules::default(),
        }
    }
}

/// How the size ahead of a resting order shrinks when the level shrinks for another reason than a trade. `ahead` and
/// `behind` are the sizes before and after us in the queue of our price.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum QueueModel {
    /// Cancels are always behind us: only trades bring us forward.
    RiskAverse,
    /// A cancel is ahead of us with probability `f(ahead) / (f(ahead) + f(behind))`, `f(x) = x^n`.
    Power {
        /// The exponent.
        n: f64,
    },
    /// The same with `f(x) = ln(1 + x)`, x in base units.
    Log,
}

/// Whether orders are filled in parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum FillSize {
    /// As much as was there (the truthful rule).
    #[default]
    Partial,
    /// An order fills whole when its turn comes or its price is reached; a taker fills whole at the best price.
    Whole,
}

/// What a market order gets beyond what is displayed: the levels of the book, the touch where only quotes are known, the
/// last trade where only trades are. Limit orders never get more than is displayed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Beyond {
    /// Nothing: the rest of a market order is cancelled.
    Nothing,
    /// All of it, `ticks` worse than the last displayed price.
    Worse {
        /// How much worse.
        ticks: i64,
    },
    /// All of it, worse by `k * sigma * sqrt(rest / daily_volume)` as a fraction of the last displayed price
    /// (the square-root law of impact).
    Impact {
        /// The constant of the law, about 1.
        k: f64,
        /// Daily volatility as a fraction of the price.
        sigma: f64,
        /// Average daily volume.
        daily_volume: Qty,
    },
}

/// The queue at a price of which the data never shows the size.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum UnseenQueue {
    /// Endless: only a trade through the price fills.
    ThroughOnly,
    /// Empty: the first trade at the price fills, as far as its size reaches.
    Empty,
    /// Each trade at the price reaches us with this chance, with a share of its size drawn from Beta(alpha, beta).
    Chance {
        /// Probability that a trade at our price reaches us.
        reach: f64,
        /// First shape of the share.
        alpha: f64,
        /// Second shape of the share.
        beta: f64,
    },
}

/// How bars fill orders when there is nothing finer.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BarRules {
    /// The way the price is supposed to have gone through the bar.
    pub path: BarPath,
    /// Market orders pay this much beyond the open (half the spread and slippage), in ticks.
    pub slippage_ticks: i64,
    /// At most this part of the bar's volume is ours, and nothing of a bar without volume. `None` is for bars that do
    /// not tell their volume: then there is no cap.
    pub volume_share: Option<f64>,
    /// An order that came at most so long after the open still has that open.
    pub entry_grace: Span,
}

impl Default for BarRules {
    fn default() -> Self {
        Self {
            path: BarPath::NearerExtremeFirst,
            slippage_ticks: 0,
            volume_share: Some(1.0),
            entry_grace: Span::from_secs(1),
        }
    }
}

/// The way the price is supposed to have gone through a bar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BarPath {
    /// Open, the extreme nearer to the open, the other extreme, close.
    NearerExtremeFirst,
    /// For each order the worse of both: stops before take-profits.
    Pessimistic,
}

/// Fees from this 30-day volume on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FeeTier {
    /// Traded value of the last 30 days, in the settle currency.
    pub volume: Money,
    /// For resting orders; negative is a rebate.
    pub maker: Rate,
    /// For taking orders.
    pub taker: Rate,
}

/// How margin is computed and whether it is enforced.
#[derive(Debug, Clone, PartialEq)]
pub struct MarginRules {
    /// Orders need free margin, and positions are liquidated. Without it the wallet may go below zero.
    pub enforced: bool,
    /// Mode and leverage of every instrument that is not listed below.
    pub terms: MarginTerms,
    /// Mode and leverage of single instruments.
    pub overrides: Vec<(InstrumentId, MarginTerms)>,
    /// The part of a position closed by one step of a liquidation; 1 closes it at once.
    pub liquidation_share: f64,
}

impl Default for MarginRules {
    fn default() -> Self {
        Self { enforced: false, terms: MarginTerms::default(), overrides: Vec::new(), liquidation_share: 1.0 }
    }
}

/// How many requests the venue takes; zero means no limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RateLimits {
    /// Orders (submits and amends) in 10 seconds.
    pub orders_10s: u32,
    /// Orders in a minute.
    pub orders_1m: u32,
    /// Request weight in a minute: every request weighs 1, a cancel-all 10.
    pub weight_1m: u32,
}

/// What goes wrong. Chances are per request or reply; news of the account (funding, liquidations) always arrives once.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct FaultRules {
    /// A submit or amend is refused as unavailable.
    pub reject: f64,
    /// The request never reaches the venue and nobody says so.
    pub lose_request: f64,
    /// The reply never arrives.
    pub lose_reply: f64,
    /// The reply arrives twice.
    pub repeat_reply: f64,
    /// The reply is late by `late_by`.
    pub late_reply: f64,
    /// How late.
    pub late_by: Span,
    /// From, until: every request is refused as unavailable.
    pub outages: Vec<(Timestamp, Timestamp)>,
}

/// How long a client order id stays taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IdRule {
    /// Unique among open orders (Binance futures).
    OpenOrders,
    /// Unique among open orders and those that ended within this time.
    Remembered(Span),
}

/// What makes a configuration impossible.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{field} is {value}, expected {expected}")]
pub struct ConfigError {
    /// Which key.
    pub field: &'static str,
    /// What was given.
    pub value: String,
    /// What would have been accepted.
    pub expected: &'static str,
}

impl ExchangeConfig {
    /// Says what is impossible.
    pub fn check(&self) -> Result<(), ConfigError> {
        let bad = |field, value: String, expected| Err(ConfigError { field, value, expected });
        if self.fees.first().is_none_or(|it| it.volume != Money::ZERO) {
            return bad("fees", "without a first step".into(), "a first step from volume zero");
        }
        if !self.fees.windows(2).all(|it| it[0].volume < it[1].volume) {
            return bad("fees", "out of order".into(), "steps by rising volume");
        }
        if let QueueModel::Power { n } = self.fills.queue
            && !(n.is_finite() && n > 0.0)
        {
            return bad("fills.queue.n", n.to_string(), "a positive number");
        }
        let fraction = |value: f64| (0.0..=1.0).contains(&value);
        for (field, value) in [
            ("faults.reject", self.faults.reject),
            ("faults.lose_request", self.faults.lose_request),
            ("faults.lose_reply", self.faults.lose_reply),
            ("faults.repeat_reply", self.faults.repeat_reply),
            ("faults.late_reply", self.faults.late_reply),
            ("fills.bars.volume_share", self.fills.bars.volume_share.unwrap_or(1.0)),
            ("margin.liquidation_share", self.margin.liquidation_share),
        ] {
            if !fraction(value) {
                return bad(field, value.to_string(), "a number from 0 to 1");
            }
        }
        if self.margin.liquidation_share <= 0.0 {
            return bad("margin.liquidation_share", "0".into(), "a number above 0");
        }
        if self.open_orders_max == 0 {
            return bad("open_orders_max", "0".into(), "1 or more");
        }
        if let Beyond::Impact { k, sigma, daily_volume } = self.fills.beyond
            && !(k >= 0.0 && sigma >= 0.0 && (k * sigma).is_finite() && daily_volume.get() > 0)
        {
            return bad(
                "fills.beyond",
                format!("k {k}, sigma {sigma}, daily volume {}", daily_volume.get()),
                "k and sigma of zero or more and a positive daily volume",
            );
        }
        if let UnseenQueue::Chance { reach, alpha, beta } = self.fills.unseen_queue
            && !(fraction(reach) && alpha > 0.0 && beta > 0.0 && alpha.is_finite() && beta.is_finite())
        {
            return bad(
                "fills.unseen_queue",
                format!("reach {reach}, alpha {alpha}, beta {beta}"),
                "a chance from 0 to 1 and two positive shapes",
            );
        }
        Ok(())
    }
}
