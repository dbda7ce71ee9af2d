//! Bars from trades: by time, by number of trades, by volume, by value, and by how they lean to one side ([`flow`]).
//! Larger bars from smaller ones, where a bar tells enough for that.
//!
//! The rules, for every kind:
//! - A trade belongs to one bar whole. A volume or value bar closes with the trade that reaches its size, and what is
//!   above it is not carried over. So does an imbalance or run bar with the trade that reaches its threshold.
//! - Open and close are the first and last trade in the order of arrival, whatever their times say.
//! - A time bar holds the trades with `open <= time < open + span`, on the grid of [`Timestamp::candle_start`]. It closes when
//!   the first trade of a later interval arrives, or when [`Bars::on_time`] says that its end has come.
//! - A trade of an interval before the open (or last closed) one is late: it is counted and left out. A trade out of
//!   order within its interval is counted nowhere and used. Other kinds of bar know no late trades.
//! - An interval without trades makes no bar. [`fill`] makes the flat bars in between for whoever needs an even grid.

pub mod flow;

use self::flow::{Flow, FlowRule};
use scalp_types::{Bar, Instrument, Money, Price, Qty, Side, Span, StateHash, Timestamp, Trade};
use serde::{Deserialize, Serialize};

/// When a bar closes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum BarRule {
    /// At multiples of this span since the epoch.
    Time(Span),
    /// After this many trades.
    Tick(u32),
    /// When at least this many lots have been traded.
    Volume(Qty),
    /// When price in ticks times size in lots, summed up, reaches this; see [`BarRule::value`].
    Value(i128),
    /// When the trades lean to one side by more than expected: imbalance and run bars.
    Flow(FlowRule),
}

/// A rule that would close a bar on nothing, or whose bounds contradict each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a bar needs positive sizes and spans, and trades_min <= trades_first <= trades_max; got {0:?}")]
pub struct BarRuleError(pub BarRule);

/// A smaller bar that does not lie whole in one bar of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[error("bars of {} s cannot be made of bars of {} s: it does not divide", bar.as_secs_f64(), part.as_secs_f64())]
pub struct Undivided {
    /// The span of the smaller bar.
    pub part: Span,
    /// The span of the bars.
    pub bar: Span,
}

impl BarRule {
    /// Bars of at least `value` in the quote currency, rounded up to a whole tick times lot. An inverse contract is
    /// worth a fixed amount of the quote currency, so its value bars are volume bars. `None` when it does not fit.
    pub fn value(instrument: &Instrument, value: Money) -> Option<Self> {
        use rust_decimal::prelude::ToPrimitive;
        let spec = &instrument.spec;
        let value = rust_decimal::Decimal::try_from_i128_with_scale(value.get(), 8).ok()?;
        let per_lot = spec.lot.checked_mul(spec.multiplier)?;
        if spec.contract == scalp_types::Contract::Inverse {
            return Some(Self::Volume(Qty::new(value.checked_div(per_lot)?.ceil().to_i64()?)));
        }
        let unit = per_lot.checked_mul(spec.tick)?;
        Some(Self::Value(value.checked_div(unit)?.ceil().to_i128()?))
    }

    const fn is_sound(self) -> bool {
        match self {
            Self::Time(span) => span.nanos() > 0,
            Self::Tick(trades) => trades > 0,
            Self::Volume(lots) => lots.get() > 0,
            Self::Value(value) => value > 0,
            Self::Flow(rule) => rule.is_sound(),
        }
    }
}

/// Builds bars of one kind for one instrument. Constant time and space.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bars {
    rule: BarRule,
    open: Option<Bar>,
    value: i128,
    /// Start of the earliest interval that may still be written (time bars).
    floor: i64,
    late: u64,
    /// What imbalance and run bars remember.
    flow: Option<Flow>,
}

impl Bars {
    /// No bar yet.
    pub fn new(rule: BarRule) -> Result<Self, BarRuleError> {
        if !rule.is_sound() {
            return Err(BarRuleError(rule));
        }
        Ok(Self { rule, open: None, value: 0, floor: i64::MIN, late: 0, flow: Flow::new(rule) })
    }

    /// One trade at exchange time `at`. Returns the bar that it closed: for time bars the one before it, for the
    /// others the one it belongs to.
    // The engine calls it on two roads, and on the one that nearly all trades take a call would show.
    #[inline(always)]
    pub fn push(&mut self, trade: &Trade, at: Timestamp) -> Option<Bar> {
        let taker_buy = if trade.taker == Side::Buy { trade.qty } else { Qty::ZERO };
        let bar = Bar {
            open_at: at,
            span: Span::ZERO,
            open: trade.price,
            high: trade.price,
            low: trade.price,
            close: trade.price,
            volume: trade.qty,
            taker_buy,
            trades: 1,
        };
        match self.rule {
            BarRule::Time(span) => self.push_timed(bar, span),
            BarRule::Flow(rule) => self.push_flow(&bar, trade, &rule),
            _ => self.push_sized(&bar),
        }
    }

    /// One smaller bar, known at its close. Returns the bars that it closed, oldest first: a time bar closes as soon
    /// as a part reaches its end. A part that does not lie whole in one interval, as its span does not divide that of the bars,
    /// is refused. Tick bars count the trades a part reports, or 1. Imbalance and run bars refuse every part and count it: a
    /// part does not tell the side of each trade, and zero where its source does not tell what takers bought.
    pub fn push_bar(&mut self, part: &Bar) -> Result<[Option<Bar>; 2], Undivided> {
        if let Some(flow) = &mut self.flow {
            flow.refuse();
            return Ok([None, None]);
        }
        let BarRule::Time(span) = self.rule else {
            return Ok([self.push_sized(&Bar { trades: part.trades.max(1), ..*part }), None]);
        };
        let own = part.span.nanos().max(0);
        let into = part.open_at.nanos().saturating_sub(part.open_at.candle_start(span).nanos());
        if (own > 0 && span.nanos() % own != 0) || into.saturating_add(own) > span.nanos() {
            return Err(Undivided { part: part.span, bar: span });
        }
        let before = self.push_timed(*part, span);
        let whole = self.close_at(part.open_at.nanos().saturating_add(own));
        Ok(if before.is_some() { [before, whole] } else { [whole, None] })
    }

    /// Says that `now` has come: closes a time bar whose end is not after it.
    pub fn on_time(&mut self, now: Timestamp) -> Option<Bar> {
        self.close_at(now.nanos())
    }

    fn push_timed(&mut self, part: Bar, span: Span) -> Option<Bar> {
        let at = part.open_at.nanos();
        if at < self.floor {
            self.late = self.late.saturating_add(1);
            return None;
        }
        // Most parts belong to the open bar, and need no grid.
        if let Some(open) = &mut self.open
            && at < self.floor.saturating_add(span.nanos())
        {
            merge(open, &part);
            return None;
        }
        let open_at = part.open_at.candle_start(span);
        self.floor = open_at.nanos();
        self.open.replace(Bar { open_at, span, ..part })
    }

    fn close_at(&mut self, now: i64) -> Option<Bar> {
        let BarRule::Time(span) = self.rule else { return None };
        let end = self.open?.open_at.nanos().saturating_add(span.nanos());
        if now < end {
            return None;
        }
        self.floor = end;
        self.open.take()
    }

    #[inline(always)]
    fn push_sized(&mut self, part: &Bar) -> Option<Bar> {
        let bar = grow(&mut self.open, part);
        let full = match self.rule {
            BarRule::Time(_) | BarRule::Flow(_) => false,
            BarRule::Tick(trades) => bar.trades >= trades,
            BarRule::Volume(lots) => bar.volume >= lots,
            BarRule::Value(value) => {
                let part = i128::from(part.close.get()) * i128::from(part.volume.get());
                self.value = self.value.saturating_add(part.saturating_abs());
                self.value >= value
            }
        };
        if !full {
            return None;
        }
        self.value = 0;
        self.open.take()
    }

    fn push_flow(&mut self, part: &Bar, trade: &Trade, rule: &FlowRule) -> Option<Bar> {
        let bar = grow(&mut self.open, part);
        if !self.flow.as_mut()?.push(rule, trade, bar) {
            return None;
        }
        self.open.take()
    }

    /// The bar under construction.
    pub const fn open(&self) -> Option<&Bar> {
        self.open.as_ref()
    }
    /// When the open time bar ends: the timer to set for [`Self::on_time`].
    pub fn due(&self) -> Option<Timestamp> {
        let BarRule::Time(span) = self.rule else { return None };
        self.open.map(|it| it.open_at.saturating_add(span))
    }
    /// Trades left out because their bar was already closed.
    pub const fn late(&self) -> u64 {
        self.late
    }
    /// What imbalance and run bars expect, and how often their bounds decided; none for other kinds.
    pub const fn flow(&self) -> Option<&Flow> {
        self.flow.as_ref()
    }
    /// The rule in force.
    pub const fn rule(&self) -> BarRule {
        self.rule
    }
    /// Absorbs the open bar, and what the next ones depend on.
    pub fn digest(&self, hash: &mut StateHash) {
        hash.absorb_signed(self.floor);
        hash.absorb_wide(self.value);
        hash.absorb(u64::from(self.open.is_some()));
        if let Some(it) = &self.open {
            for price in [it.open, it.high, it.low, it.close] {
                hash.absorb_signed(price.get());
            }
            hash.absorb_signed(it.volume.get());
            hash.absorb_signed(it.taker_buy.get());
            hash.absorb(u64::from(it.trades));
            hash.absorb_signed(it.open_at.nanos());
        }
        if let Some(flow) = &self.flow {
            flow.digest(hash);
        }
    }
}

/// The flat bars (no trades, every price the last close) for the empty intervals between two time bars of one kind.
pub fn fill(before: &Bar, after: &Bar) -> impl Iterator<Item = Bar> + use<> {
    let (before, end) = (*before, after.open_at);
    let mut open_at = before.open_at;
    std::iter::from_fn(move || {
        open_at = Timestamp::from_nanos(open_at.nanos().checked_add(before.span.nanos())?);
        (before.span > Span::ZERO && open_at < end).then_some(Bar {
            open_at,
            open: before.close,
            high: before.close,
            low: before.close,
            volume: Qty::ZERO,
            taker_buy: Qty::ZERO,
            trades: 0,
            ..before
        })
    })
}

/// The open bar with the part in it.
#[inline]
fn grow<'a>(open: &'a mut Option<Bar>, part: &Bar) -> &'a Bar {
    match open {
        Some(open) => {
            merge(open, part);
            open
        }
        None => open.insert(Bar { span: Span::ZERO, ..*part }),
    }
}

#[inline]
fn merge(bar: &mut Bar, part: &Bar) {
    let add = |a: Qty, b: Qty| Qty::new(a.get().saturating_add(b.get()));
    bar.high = Price::max(bar.high, part.high);
    bar.low = Price::min(bar.low, part.low);
    bar.close = part.close;
    bar.volume = add(bar.volume, part.volume);
    bar.taker_buy = add(bar.taker_buy, part.taker_buy);
    bar.trades = bar.trades.saturating_add(part.trades);
}
