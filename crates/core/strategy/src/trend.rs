//! Trend follower over many instruments: breaks out of a channel, sizes by volatility, leaves by a bracket.
//!
//! - **Channel** (Donchian): highest high and lowest low of the `entry_bars` bars before this one. A close above it
//!   buys, a close below it sells.
//! - **Volatility**: average true range, `atr += (range - atr) / n`, seeded with the mean of the first `n` (Wilder,
//!   New Concepts in Technical Trading Systems, 1978).
//! - **Size**: so that the way from the close to the stop loses `risk` of the equity; lots toward zero. Never more
//!   than what `gross_leverage_max` leaves free.
//! - **Exit**: stop-loss `stop_atr` and take-profit `take_atr` away, as one bracket; optionally a trailing stop; or a
//!   close beyond the opposite channel of `exit_bars`. A position without a stop is closed at once.
//!
//! Warm-up: the longest of the three periods, plus one bar. Time linear in `entry_bars` for each bar; no allocation.

use crate::parameters::{self, ParameterError, Setup};
use crate::sizing::{loss_per_lot, price_away, size_for, value_per_lot};
use crate::strategy::{Configured, Strategy};
use crate::view::View;
use crate::wake::{Interest, Wake};
use scalp_types::{
    Bar, GroupId, GroupLink, GroupRole, Instrument, InstrumentId, Intent, Intents, OrderBody, OrderEvent,
    OrderIntent, OrderKind, Price, Qty, Rate, Reason, Side, StateHash, TriggerSource,
};
use serde::{Deserialize, Serialize};

/// Longest channel or average, in bars.
pub const PERIOD_MAX: i64 = 10_000;

/// The venues' range of a trailing stop's distance.
const CALLBACK: std::ops::RangeInclusive<f64> = 0.001..=0.1;

/// Parameters of [`Trend`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TrendParameters {
    /// `venue:symbol` or `symbol` of each; empty for all of the run.
    pub instruments: Vec<String>,
    /// Bars of the entry channel.
    pub entry_bars: u32,
    /// Bars of the exit channel; 0 switches it off.
    pub exit_bars: u32,
    /// Bars of the average true range.
    pub atr_bars: u32,
    /// Stop-loss distance in average true ranges.
    pub stop_atr: f64,
    /// Take-profit distance in average true ranges; 0 places none.
    pub take_atr: f64,
    /// Trailing-stop distance in average true ranges, held within 0.1 % to 10 % of the price; 0 places none.
    pub trail_atr: f64,
    /// Part of the equity that the stop-loss may cost.
    pub risk: f64,
    /// Most positions at once, over all instruments.
    pub positions_max: u32,
    /// Most value of all positions together, as a multiple of the equity.
    pub gross_leverage_max: f64,
    /// Bars to wait after a position has been closed.
    pub cooldown_bars: u32,
    /// Whether to sell short as well.
    pub short: bool,
}

impl Default for TrendParameters {
    fn default() -> Self {
        Self {
            instruments: Vec::new(),
            entry_bars: 55,
            exit_bars: 20,
            atr_bars: 20,
            stop_atr: 2.0,
            take_atr: 6.0,
            trail_atr: 0.0,
            risk: 0.005,
            positions_max: 5,
            gross_leverage_max: 2.0,
            cooldown_bars: 5,
            short: true,
        }
    }
}

/// The last bars of one instrument, oldest overwritten.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Window {
    bars: Vec<(Price, Price)>,
    next: usize,
    seen: u64,
}

impl Window {
    fn new(length: usize) -> Self {
        Self { bars: vec![(Price::default(), Price::default()); length], next: 0, seen: 0 }
    }
    fn push(&mut self, bar: &Bar) {
        self.bars[self.next] = (bar.high, bar.low);
        self.next = (self.next + 1) % self.bars.len();
        self.seen = self.seen.saturating_add(1);
    }
    /// Highest high and lowest low of the last `n` bars; `None` before there are as many.
    fn channel(&self, n: usize) -> Option<(Price, Price)> {
        if n == 0 || self.seen < n as u64 {
            return None;
        }
        let length = self.bars.len();
        let last = (1..=n).map(|back| self.bars[(self.next + length - back) % length]);
        last.reduce(|(high, low), bar| (high.max(bar.0), low.min(bar.1)))
    }
}

/// Average true range in ticks.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct TrueRange {
    period: u32,
    seen: u32,
    average: f64,
    close: Option<Price>,
}

impl TrueRange {
    fn push(&mut self, bar: &Bar) {
        let (high, low) = (bar.high.get() as f64, bar.low.get() as f64);
        let range = self.close.map_or(high - low, |close| {
            let close = close.get() as f64;
            (high - low).max((high - close).abs()).max((low - close).abs())
        });
        self.close = Some(bar.close);
        self.seen = self.seen.saturating_add(1);
        let weight = f64::from(self.seen.min(self.period));
        self.average += (range - self.average) / weight;
    }
    fn get(&self) -> Option<f64> {
        (self.seen >= self.period && self.average > 0.0).then_some(self.average)
    }
}

/// What is remembered of one instrument.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Track {
    instrument: InstrumentId,
    window: Window,
    range: TrueRange,
    was_open: bool,
    cooldown: u32,
    group: GroupId,
}

/// Rules shared by all instruments.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Rules {
    entry_bars: usize,
    exit_bars: usize,
    stop_atr: f64,
    take_atr: Option<f64>,
    trail_atr: Option<f64>,
    risk: f64,
    positions_max: usize,
    gross_leverage_max: f64,
    cooldown_bars: u32,
    short: bool,
}

/// The strategy.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Trend {
    rules: Rules,
    tracks: Vec<Track>,
    groups: u64,
}

/// The places of a bracket's orders, as the last two bits of their tags.
const ENTRY: u64 = 0;
const STOP: u64 = 1;
const TAKE: u64 = 2;
const TRAIL: u64 = 3;

/// An exit is no part of the bracket; its tags have the highest bit set.
const EXIT: u64 = 1 << 63;

/// Value of all positions and entry orders, and how many instruments they are in.
#[derive(Debug, Clone, Copy, Default)]
struct Exposure {
    value: f64,
    instruments: usize,
}

impl Trend {
    fn on_bar(&mut self, at: usize, bar: &Bar, view: &View<'_>, out: &mut Intents) {
        let (entry, exit) = {
            let window = &self.tracks[at].window;
            (window.channel(self.rules.entry_bars), window.channel(self.rules.exit_bars))
        };
        self.tracks[at].window.push(bar);
        self.tracks[at].range.push(bar);
        self.count_down(at, view);

        let id = self.tracks[at].instrument;
        let position = view.position(id);
        if let Some(side) = position.side() {
            let is_broken = exit.is_some_and(|(high, low)| match side {
                Side::Buy => bar.close < low,
                Side::Sell => bar.close > high,
            });
            if is_broken || !is_protected(view, id) {
                self.leave(
                    at,
                    position,
                    if is_broken { Reason::Exit } else { Reason::RiskReduction },
                    view,
                    out,
                );
            }
            return;
        }
        if !view.open(id).is_empty() {
            // Flat with orders: an entry under way, or what is left of a bracket.
            if view.open(id).iter().all(|it| it.reduce_only) {
                out.push(Intent::CancelAll { instrument: id });
            }
            return;
        }
        let Some((high, low)) = entry else { return };
        let side = if bar.close > high {
            Side::Buy
        } else if bar.close < low && self.rules.short {
            Side::Sell
        } else {
            return;
        };
        if self.tracks[at].cooldown == 0 {
            self.enter(at, side, bar.close, view, out);
        }
    }

    fn count_down(&mut self, at: usize, view: &View<'_>) {
        let cooldown_bars = self.rules.cooldown_bars;
        let track = &mut self.tracks[at];
        let is_open = !view.position(track.instrument).is_zero();
        track.cooldown = match (track.was_open, is_open) {
            (true, false) => cooldown_bars,
            _ => track.cooldown.saturating_sub(1),
        };
        track.was_open = is_open;
    }

    /// Places the entry and its bracket, if there is room for a position of at least the smallest size.
    fn enter(&mut self, at: usize, side: Side, close: Price, view: &View<'_>, out: &mut Intents) {
        let Some(plan) = self.plan(at, side, close, view) else { return };
        self.groups += 1;
        let group = GroupId(self.groups);
        let track = &mut self.tracks[at];
        track.group = group;
        let id = track.instrument;
        let mut place = |place: u64, side: Side, kind: OrderKind, role: GroupRole, reason: Reason| {
            let mut intent = OrderIntent::new(group.0 << 2 | place, id, side, plan.qty, kind, reason);
            intent.link = Some(GroupLink { group, role });
            intent.reduce_only = role == GroupRole::Child;
            intent.trigger_source = TriggerSource::Last;
            out.push(Intent::Place(intent));
        };
        let back = side.opposite();
        place(ENTRY, side, OrderKind::Market, GroupRole::Parent, Reason::Signal);
        place(STOP, back, OrderKind::StopMarket { trigger: plan.stop }, GroupRole::Child, Reason::StopLoss);
        if let Some(trigger) = plan.take {
            let kind = OrderKind::TakeProfitMarket { trigger };
            place(TAKE, back, kind, GroupRole::Child, Reason::TakeProfit);
        }
        if let Some(callback) = plan.trail {
            let kind = OrderKind::TrailingStop { activation: None, callback };
            place(TRAIL, back, kind, GroupRole::Child, Reason::StopLoss);
        }
    }

    /// Size and prices of a new position; `None` when caps, equity or a missing number leave no room.
    fn plan(&self, at: usize, side: Side, close: Price, view: &View<'_>) -> Option<Plan> {
        let rules = &self.rules;
        let instrument = view.instruments.get(self.tracks[at].instrument);
        let atr = self.tracks[at].range.get()?;
        let ticks = close.get() as f64;
        let sign = side.sign() as f64;
        // Prices of the exits are rounded away from the close, so the size is computed from the wider stop.
        let stop = price_away(ticks - sign * rules.stop_atr * atr, side)?;
        let take = match rules.take_atr {
            Some(distance) => Some(price_away(ticks + sign * distance * atr, side.opposite())?),
            None => None,
        };
        let trail = rules.trail_atr.map(|distance| {
            let part = (distance * atr / ticks.abs().max(1.0)).clamp(*CALLBACK.start(), *CALLBACK.end());
            Rate::new((part * Rate::ONE as f64).trunc() as i64)
        });
        if stop.get() <= 0 || take.is_some_and(|it| it.get() <= 0) {
            return None;
        }
        let equity = view.equity(instrument.settle).to_f64();
        let exposure = self.exposure(view);
        if equity <= 0.0 || exposure.instruments >= rules.positions_max {
            return None;
        }
        let by_risk =
            size_for(instrument, equity * rules.risk, loss_per_lot(instrument, close, stop, side)?)?;
        let room = equity * rules.gross_leverage_max - exposure.value;
        let by_room = size_for(instrument, room, value_per_lot(instrument, close)?)?;
        Some(Plan { qty: by_risk.min(by_room), stop, take, trail })
    }

    /// Over all instruments of the strategy. Values of different settle currencies are added as if they were one:
    /// use one engine for each.
    fn exposure(&self, view: &View<'_>) -> Exposure {
        let mut total = Exposure::default();
        for track in &self.tracks {
            let id = track.instrument;
            let entering = view.open(id).iter().filter(|it| it.reason == Reason::Signal);
            let wished: i64 = entering.map(|it| it.remaining().get().abs()).fold(0, i64::saturating_add);
            let lots = (view.position(id).get() as f64).abs() + wished as f64;
            if lots > 0.0 {
                total.instruments += 1;
                total.value += lots
                    * view.mark(id).and_then(|it| value_per_lot(view.instruments.get(id), it)).unwrap_or(0.0);
            }
        }
        total
    }

    /// Closes the position at the market, once; the bracket goes with it.
    fn leave(&self, at: usize, position: Qty, reason: Reason, view: &View<'_>, out: &mut Intents) {
        let track = &self.tracks[at];
        let id = track.instrument;
        let Some(side) = position.side() else { return };
        if view.open(id).iter().any(|it| it.tag & EXIT != 0) {
            return;
        }
        out.push(Intent::CancelGroup { group: track.group });
        let tag = EXIT | track.group.0;
        let mut intent =
            OrderIntent::new(tag, id, side.opposite(), position.abs(), OrderKind::Market, reason);
        intent.reduce_only = true;
        out.push(Intent::Place(intent));
    }

    /// A stop that was refused, or that ended without its group, leaves the position bare.
    fn on_order(&self, tag: u64, event: &OrderEvent, view: &View<'_>, out: &mut Intents) {
        let has_ended = matches!(event.body, OrderBody::Rejected(_) | OrderBody::Expired { .. });
        if !has_ended || tag & EXIT != 0 || !matches!(tag & 3, STOP | TRAIL) {
            return;
        }
        let Some(at) = self.tracks.iter().position(|it| it.instrument == event.instrument) else { return };
        let position = view.position(event.instrument);
        if !position.is_zero() && !is_protected(view, event.instrument) {
            self.leave(at, position, Reason::RiskReduction, view, out);
        }
    }
}

/// What an entry is to be.
#[derive(Debug, Clone, Copy)]
struct Plan {
    qty: Qty,
    stop: Price,
    take: Option<Price>,
    trail: Option<Rate>,
}

/// True while a stop or an exit is out, or the entry that releases the stop is still being filled.
fn is_protected(view: &View<'_>, id: InstrumentId) -> bool {
    let guards =
        |reason| matches!(reason, Reason::StopLoss | Reason::Exit | Reason::RiskReduction | Reason::Signal);
    view.open(id).iter().any(|it| guards(it.reason))
}

impl Strategy for Trend {
    fn interest(&self) -> Interest {
        Interest::BARS.and(Interest::ORDERS)
    }

    fn decide(&mut self, wake: &Wake<'_>, view: &View<'_>, out: &mut Intents) {
        match wake {
            Wake::Bar { instrument, bar } => {
                if let Some(at) = self.tracks.iter().position(|it| it.instrument == *instrument) {
                    self.on_bar(at, bar, view, out);
                }
            }
            Wake::Order { tag, event } => self.on_order(*tag, event, view, out),
            _ => {}
        }
    }

    fn digest(&self, hash: &mut StateHash) {
        hash.absorb(self.groups);
        for track in &self.tracks {
            hash.absorb(track.window.seen);
            hash.absorb(track.range.average.to_bits());
            hash.absorb(u64::from(track.cooldown) << 1 | u64::from(track.was_open));
            hash.absorb(track.group.0);
            let bars = track.window.bars.iter();
            bars.for_each(|(high, low)| {
                hash.absorb_signed(high.get());
                hash.absorb_signed(low.get());
            });
        }
    }
}

impl Configured for Trend {
    type Parameters = TrendParameters;

    fn build(parameters: &TrendParameters, setup: &Setup<'_>) -> Result<Self, ParameterError> {
        let p = parameters;
        let period = |key, value: u32, least| parameters::whole(key, value.into(), least..=PERIOD_MAX);
        let entry_bars = period("entry_bars", p.entry_bars, 1)? as usize;
        let exit_bars = period("exit_bars", p.exit_bars, 0)? as usize;
        let atr_bars = period("atr_bars", p.atr_bars, 1)? as u32;
        let distance = |key, value: f64| parameters::number(key, value, 0.0..=1_000.0);
        let or_none = |value: f64| (value > 0.0).then_some(value);
        let rules = Rules {
            entry_bars,
            exit_bars,
            stop_atr: parameters::number("stop_atr", p.stop_atr, 0.1..=1_000.0)?,
            take_atr: or_none(distance("take_atr", p.take_atr)?),
            trail_atr: or_none(distance("trail_atr", p.trail_atr)?),
            risk: parameters::number("risk", p.risk, 1e-6..=1.0)?,
            positions_max: parameters::whole("positions_max", p.positions_max.into(), 1..=65_535)? as usize,
            gross_leverage_max: parameters::number("gross_leverage_max", p.gross_leverage_max, 0.01..=125.0)?,
            cooldown_bars: parameters::whole("cooldown_bars", p.cooldown_bars.into(), 0..=PERIOD_MAX)? as u32,
            short: p.short,
        };
        let track = |it: &Instrument| Track {
            instrument: it.id,
            window: Window::new(entry_bars.max(exit_bars)),
            range: TrueRange { period: atr_bars, seen: 0, average: 0.0, close: None },
            was_open: false,
            cooldown: 0,
            group: GroupId(0),
        };
        let tracks = setup.instruments(&p.instruments)?.into_iter().map(track).collect();
        Ok(Self { rules, tracks, groups: 0 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::{Stage, instruments};
    use scalp_types::{OrderId, RejectReason, Timestamp};

    fn parameters() -> TrendParameters {
        TrendParameters {
            entry_bars: 3,
            exit_bars: 2,
            atr_bars: 3,
            stop_atr: 2.0,
            take_atr: 4.0,
            risk: 0.01,
            positions_max: 1,
            gross_leverage_max: 10.0,
            cooldown_bars: 2,
            ..TrendParameters::default()
        }
    }

    fn trend(parameters: &TrendParameters, symbols: &[&str]) -> Result<Trend, ParameterError> {
        Trend::build(parameters, &Setup { instruments: &instruments(symbols), seed: 0, bars: &[] })
    }

    /// Three bars of 10,000 +- 50 ticks, then one that closes at `close`.
    fn breakout(stage: &mut Stage, trend: &mut Trend, instrument: u16, close: i64) -> Vec<Intent> {
        for _ in 0..3 {
            assert!(stage.candle(trend, instrument, 10_050, 9_950, 10_000).is_empty());
        }
        stage.candle(trend, instrument, 10_000.max(close), 10_000.min(close), close)
    }

    #[test]
    fn a_breakout_places_an_entry_with_its_bracket_sized_by_the_stop() {
        let mut stage = Stage::new(&["A"]);
        let mut trend = trend(&parameters(), &["A"]).unwrap();
        let out = breakout(&mut stage, &mut trend, 0, 10_100);
        let orders: Vec<OrderIntent> = out
            .iter()
            .map(|it| match it {
                Intent::Place(it) => *it,
                other => panic!("unexpected {other:?}"),
            })
            .collect();
        let roles: Vec<GroupRole> = orders.iter().map(|it| it.link.unwrap().role).collect();
        assert_eq!(roles, [GroupRole::Parent, GroupRole::Child, GroupRole::Child]);
        assert!(orders[1..].iter().all(|it| it.reduce_only && it.side == Side::Sell));
        // Ranges of 100 ticks: the stop is 200 below, the target 400 above.
        assert_eq!(orders[1].kind, OrderKind::StopMarket { trigger: Price::new(9_900) });
        assert_eq!(orders[2].kind, OrderKind::TakeProfitMarket { trigger: Price::new(10_500) });
        // 1 % of 100,000 USDT over 20 USDT a coin is 50 coins.
        assert_eq!(orders[0].qty, Qty::new(50_000));
    }

    #[test]
    fn a_fall_sells_short_only_when_told() {
        let mut stage = Stage::new(&["A"]);
        let out = breakout(&mut stage, &mut trend(&parameters(), &["A"]).unwrap(), 0, 9_900);
        assert_eq!(stage.placed(&out)[0].0, Side::Sell);
        let mut stage = Stage::new(&["A"]);
        let long_only = TrendParameters { short: false, ..parameters() };
        assert!(breakout(&mut stage, &mut trend(&long_only, &["A"]).unwrap(), 0, 9_900).is_empty());
    }

    #[test]
    fn the_caps_hold_over_all_instruments() {
        let mut stage = Stage::new(&["A", "B"]);
        let mut both = trend(&parameters(), &["A", "B"]).unwrap();
        let out = breakout(&mut stage, &mut both, 0, 10_100);
        stage.rest(&out);
        assert!(
            breakout(&mut stage, &mut both, 1, 10_100).is_empty(),
            "one position at most, entries included"
        );

        let mut stage = Stage::new(&["A"]);
        let tight = TrendParameters { gross_leverage_max: 0.5, ..parameters() };
        let out = breakout(&mut stage, &mut trend(&tight, &["A"]).unwrap(), 0, 10_100);
        assert_eq!(stage.placed(&out)[0].1, 49_504, "half of 100,000 at 1,010.0 a coin, toward zero");
    }

    #[test]
    fn a_position_leaves_through_the_opposite_channel_once() {
        let mut stage = Stage::new(&["A"]);
        let mut trend = trend(&parameters(), &["A"]).unwrap();
        let bracket = breakout(&mut stage, &mut trend, 0, 10_100);
        stage.rest(&bracket[1..]);
        stage.fill(0, Side::Buy, 50_000, 10_100);
        let out = stage.candle(&mut trend, 0, 10_000, 9_900, 9_900);
        assert!(matches!(out[0], Intent::CancelGroup { group: GroupId(1) }));
        assert_eq!(stage.placed(&out), [(Side::Sell, 50_000, Reason::Exit)]);
        stage.rest(&out);
        assert!(stage.candle(&mut trend, 0, 9_900, 9_800, 9_800).is_empty(), "the exit is out already");
    }

    #[test]
    fn a_bare_position_is_closed_at_once() {
        let mut stage = Stage::new(&["A"]);
        let mut trend = trend(&parameters(), &["A"]).unwrap();
        breakout(&mut stage, &mut trend, 0, 10_100);
        stage.fill(0, Side::Buy, 50_000, 10_100);
        let event = OrderEvent {
            order: OrderId(2),
            instrument: InstrumentId(0),
            exchange_at: Timestamp::MIN,
            body: OrderBody::Rejected(RejectReason::WouldTrigger),
        };
        let out = stage.wake(&mut trend, &Wake::Order { tag: 1 << 2 | STOP, event: &event });
        assert_eq!(stage.placed(&out), [(Side::Sell, 50_000, Reason::RiskReduction)]);
        let out = stage.wake(&mut trend, &Wake::Order { tag: 1 << 2 | TAKE, event: &event });
        assert!(out.is_empty(), "a lost target is no danger");
    }

    #[test]
    fn after_a_close_it_waits_and_clears_what_is_left_of_the_bracket() {
        let mut stage = Stage::new(&["A"]);
        let mut trend = trend(&parameters(), &["A"]).unwrap();
        let bracket = breakout(&mut stage, &mut trend, 0, 10_100);
        stage.rest(&bracket[1..]);
        stage.fill(0, Side::Buy, 50_000, 10_100);
        assert!(stage.candle(&mut trend, 0, 10_110, 10_100, 10_105).is_empty());
        stage.fill(0, Side::Sell, 50_000, 10_500);
        let out = stage.candle(&mut trend, 0, 10_500, 10_400, 10_500);
        assert_eq!(out, [Intent::CancelAll { instrument: InstrumentId(0) }]);
        stage.open(0).clear();
        assert!(stage.candle(&mut trend, 0, 10_600, 10_500, 10_600).is_empty(), "cooldown 2");
        assert!(!stage.candle(&mut trend, 0, 10_700, 10_600, 10_700).is_empty(), "over");
    }

    #[test]
    fn nonsense_prices_do_not_panic() {
        let mut stage = Stage::new(&["A"]);
        let mut trend = trend(&parameters(), &["A"]).unwrap();
        for (high, low, close) in
            [(i64::MAX, i64::MIN, 0), (0, 0, i64::MAX), (-5, -9, -7), (i64::MIN, i64::MAX, -1)]
        {
            for _ in 0..5 {
                stage.candle(&mut trend, 0, high, low, close);
            }
        }
    }

    #[test]
    fn impossible_parameters_are_refused_by_key() {
        let key = |p: TrendParameters| trend(&p, &["A"]).unwrap_err().key;
        assert_eq!(key(TrendParameters { entry_bars: 0, ..parameters() }), "entry_bars");
        assert_eq!(key(TrendParameters { atr_bars: 0, ..parameters() }), "atr_bars");
        assert_eq!(key(TrendParameters { stop_atr: 0.0, ..parameters() }), "stop_atr");
        assert_eq!(key(TrendParameters { risk: 2.0, ..parameters() }), "risk");
        assert_eq!(key(TrendParameters { positions_max: 0, ..parameters() }), "positions_max");
        assert_eq!(key(TrendParameters { instruments: vec!["B".into()], ..parameters() }), "instrument");
    }
}
