//! Imbalance and run bars: a bar closes when its trades lean to one side by more than was expected of it.
//!
//! Source: López de Prado, Advances in Financial Machine Learning (2018), sections 2.3.2.1 to 2.3.2.4. Of the trades
//! `t = 1..T` of a bar, `b` is the side of the taker as the exchange tells it (buy `1`, sell `-1`; no tick rule) and `v`
//! the size, in the unit of the rule: 1, lots, or price in ticks times lots.
//!
//! | kind | the bar leans by | it closes at the first `T` where that is at least |
//! |---|---|---|
//! | imbalance | `abs(sum of b v)` | `E[T] abs(E[v, b = 1] - E[v, b = -1])` |
//! | run | `max(sum of v where b = 1, sum of v where b = -1)` | `E[T] max(E[v, b = 1], E[v, b = -1])` |
//!
//! - `E[v, b = 1]` is what a trade brings from takers who buy: the mean over all trades of `v` where `b = 1`, else 0. It
//!   is the book's `P[b = 1] E[v | b = 1]` in one estimate instead of two, and with the unit 1 its `P[b = 1]`. The mean
//!   is exponential over trades: the trade `n` back weighs `(1 - k)^n` with `k = 2 / (flow_span + 1)`, and the weights
//!   are divided by their sum, so that no first value has to be invented.
//! - `E[T]` starts at `trades_first`; each closed bar moves it by `2 / (trades_span + 1)` of the way to its own trades.
//! - Both are read when a bar closes, and the threshold of the next one stays as it is until that closes.
//! - The first bar knows nothing of the flow and closes after `trades_first` trades.
//!
//! These bars are known to collapse (the flow is balanced, the threshold near zero, every trade a bar) and to explode
//! (a long bar raises the threshold of the next, which is longer still). Two bounds on the trades of a bar rule out
//! both: no bar closes before `trades_min`, and each closes with trade `trades_max` at the latest. `E[T]`, a mean of such
//! numbers, lies between them too. [`FlowCounts`] says how often each bound decided.

use super::BarRule;
use scalp_types::{Bar, Side, StateHash, Trade};
use serde::{Deserialize, Serialize};

/// What a bar is measured against.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FlowKind {
    /// What the two sides differ by.
    Imbalance,
    /// What the larger side has traded; the sides do not cancel.
    Run,
}

/// What a trade counts for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FlowUnit {
    /// One.
    Tick,
    /// Its lots.
    Volume,
    /// Its price in ticks times its lots. Of an inverse contract, whose lots are worth a fixed amount of the quote
    /// currency, take the volume.
    Value,
}

/// An imbalance or run bar; see the [module](self) for what each number does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct FlowRule {
    /// Imbalance or run.
    pub kind: FlowKind,
    /// What a trade counts for.
    pub unit: FlowUnit,
    /// Trades of the first bar, and of the second as far as is known.
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

impl FlowRule {
    /// Whether all is positive and `trades_min <= trades_first <= trades_max`.
    pub(super) const fn is_sound(&self) -> bool {
        self.trades_min > 0
            && self.trades_min <= self.trades_first
            && self.trades_first <= self.trades_max
            && self.trades_span > 0
            && self.flow_span > 0
    }

    fn size(&self, trade: &Trade) -> i128 {
        let lots = i128::from(trade.qty.get());
        let size = match self.unit {
            FlowUnit::Tick => 1,
            FlowUnit::Volume => lots,
            FlowUnit::Value => i128::from(trade.price.get()) * lots,
        };
        size.abs()
    }
}

/// How often a bound decided, since the start.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FlowCounts {
    /// Bars that reached their threshold before `trades_min` and were held open.
    pub held: u64,
    /// Bars that `trades_max` closed short of their threshold.
    pub cut: u64,
    /// Smaller bars refused: they do not tell the side of each trade.
    pub refused: u64,
}

/// What imbalance and run bars remember. Constant space. The floats are finite: sizes are below 2^127, and a sum of
/// weights is below 2^32.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Flow {
    /// Traded in the open bar, by side of the taker.
    bought: i128,
    sold: i128,
    /// Of the open bar; none for the first.
    threshold: Option<i128>,
    /// Whether the open bar reached it before `trades_min`.
    early: bool,
    trades: f64,
    /// Weighted sums over all trades: bought, sold, and the weights.
    sums: [f64; 3],
    counts: FlowCounts,
}

/// No float here is ever NaN.
impl Eq for Flow {}

impl Flow {
    pub(super) fn new(rule: BarRule) -> Option<Self> {
        let BarRule::Flow(rule) = rule else { return None };
        Some(Self {
            bought: 0,
            sold: 0,
            threshold: None,
            early: false,
            trades: f64::from(rule.trades_first),
            sums: [0.0; 3],
            counts: FlowCounts::default(),
        })
    }

    /// One trade, which `bar` holds already. Whether it closes the bar.
    pub(super) fn push(&mut self, rule: &FlowRule, trade: &Trade, bar: &Bar) -> bool {
        let size = rule.size(trade);
        let (bought, sold) = if trade.taker == Side::Buy { (size, 0) } else { (0, size) };
        self.bought = self.bought.saturating_add(bought);
        self.sold = self.sold.saturating_add(sold);
        let keep = 1.0 - share(rule.flow_span);
        for (sum, new) in self.sums.iter_mut().zip([bought as f64, sold as f64, 1.0]) {
            *sum = *sum * keep + new;
        }
        if !self.is_full(rule, bar.trades) {
            return false;
        }
        self.close(rule, bar.trades);
        true
    }

    fn is_full(&mut self, rule: &FlowRule, trades: u32) -> bool {
        let Some(threshold) = self.threshold else { return trades >= rule.trades_first };
        let lean = match rule.kind {
            FlowKind::Imbalance => (self.bought - self.sold).abs(),
            FlowKind::Run => self.bought.max(self.sold),
        };
        let reached = lean >= threshold;
        if trades < rule.trades_min {
            self.early |= reached;
            return false;
        }
        self.counts.held += u64::from(self.early);
        self.early = false;
        let cut = !reached && trades >= rule.trades_max;
        self.counts.cut += u64::from(cut);
        reached || cut
    }

    fn close(&mut self, rule: &FlowRule, trades: u32) {
        self.trades += share(rule.trades_span) * (f64::from(trades) - self.trades);
        let [bought, sold, weight] = self.sums;
        let flow = match rule.kind {
            FlowKind::Imbalance => (bought - sold).abs(),
            FlowKind::Run => bought.max(sold),
        };
        // Sizes are whole, so the next whole number up is reached by the same trade.
        self.threshold = Some((self.trades * (flow / weight)).ceil() as i128);
        self.bought = 0;
        self.sold = 0;
    }

    pub(super) fn refuse(&mut self) {
        self.counts.refused += 1;
    }

    /// What the open bar has to reach, in the unit of the rule; none for the first bar.
    pub const fn threshold(&self) -> Option<i128> {
        self.threshold
    }
    /// Trades that the open bar is expected to hold, from `trades_min` to `trades_max`.
    pub const fn expected_trades(&self) -> f64 {
        self.trades
    }
    /// How often a bound decided.
    pub const fn counts(&self) -> FlowCounts {
        self.counts
    }

    pub(super) fn digest(&self, hash: &mut StateHash) {
        hash.absorb_wide(self.bought);
        hash.absorb_wide(self.sold);
        hash.absorb(u64::from(self.threshold.is_some()));
        hash.absorb_wide(self.threshold.unwrap_or(0));
        hash.absorb(u64::from(self.early));
        hash.absorb(self.trades.to_bits());
        self.sums.iter().for_each(|it| hash.absorb(it.to_bits()));
        for count in [self.counts.held, self.counts.cut, self.counts.refused] {
            hash.absorb(count);
        }
    }
}

/// Of the way to a new value, for an exponential mean over `span`.
fn share(span: u32) -> f64 {
    2.0 / (f64::from(span) + 1.0)
}
