//! Grid market maker: at every interval, post-only limit orders on a fixed grid of prices around a reservation price
//! that leans against the position.
//!
//! ```text
//! reservation = mid - skew * position / unit                      (ticks; unit = order size)
//! first bid   = floor(min(reservation - half_spread, best bid) / spacing) * spacing
//! first ask   = ceil (max(reservation + half_spread, best ask) / spacing) * spacing
//! ```
//!
//! Further levels are `spacing` apart, outward. A side is not quoted at the position limit. What is off the new grid
//! is cancelled, if the venue has confirmed it and no cancel is out; what is missing is submitted, unless an order
//! of that side and price still exists in any state. Bids go before asks, cancels before submits, best price first.
//! The rules are those of the grid example of hftbacktest, in ticks. Constant time a level; no allocation.

use crate::parameters::{self, ParameterError, Setup};
use crate::sizing::price_away;
use crate::strategy::{Configured, Strategy};
use crate::view::View;
use crate::wake::{Interest, Wake};
use rust_decimal::Decimal;
use scalp_types::{
    InstrumentId, Intent, Intents, OrderIntent, OrderKind, Price, Qty, Reason, Side, Span, StateHash,
    TimerId, Timestamp,
};
use serde::{Deserialize, Serialize};

/// Most levels on one side.
pub const LEVELS_MAX: i64 = 64;

/// A touch further from zero than this, in ticks, is not quoted.
pub const PRICE_TICKS_MAX: u64 = 1 << 53;

/// The one timer of the strategy.
const TICK: TimerId = TimerId(0);

/// Parameters of [`Grid`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GridParameters {
    /// `venue:symbol` or `symbol`; may be left out when the run has one instrument.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instrument: Option<String>,
    /// Time between two looks, in milliseconds, counted from the start of the run.
    #[serde(default = "interval_ms")]
    pub interval_ms: u32,
    /// Orders a side, 1 to 64.
    #[serde(default = "levels")]
    pub levels: u32,
    /// Distance of two levels, and the grid that all prices lie on, in ticks.
    #[serde(default = "spacing_ticks")]
    pub spacing_ticks: u32,
    /// Distance of the first level from the reservation price, in ticks.
    #[serde(default = "half_spread_ticks")]
    pub half_spread_ticks: f64,
    /// How far the reservation price leans for one unit of position, in ticks.
    #[serde(default = "skew_ticks")]
    pub skew_ticks: f64,
    /// Size of every order, in base coins (inverse: contracts): the unit of position.
    #[serde(with = "scalp_types::exact")]
    pub order_qty: Decimal,
    /// Position at which a side is not quoted any more, in units.
    #[serde(default = "position_units_max")]
    pub position_units_max: u32,
}

const fn interval_ms() -> u32 {
    100
}
const fn levels() -> u32 {
    5
}
const fn spacing_ticks() -> u32 {
    5
}
const fn half_spread_ticks() -> f64 {
    10.0
}
const fn skew_ticks() -> f64 {
    2.0
}
const fn position_units_max() -> u32 {
    10
}

/// The strategy.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Grid {
    instrument: InstrumentId,
    interval: Span,
    levels: i64,
    spacing: i64,
    half_spread: f64,
    skew: f64,
    unit: Qty,
    position_max: Qty,
    looks: u64,
}

/// The wanted prices of one side: `levels` of them from `first` outward; none at the limit.
#[derive(Debug, Clone, Copy)]
struct Ladder {
    side: Side,
    first: i64,
    spacing: i64,
    levels: i64,
}

impl Ladder {
    /// Which level a price is, if it is one.
    #[inline]
    fn level(&self, price: i64) -> Option<i64> {
        let outward = (self.first - price) * self.side.sign();
        let level = outward / self.spacing;
        (outward >= 0 && outward % self.spacing == 0 && level < self.levels).then_some(level)
    }
    #[inline]
    fn price(&self, level: i64) -> Price {
        Price::new(self.first - level * self.spacing * self.side.sign())
    }
}

impl Grid {
    /// The order of one side and price has one name.
    fn tag(side: Side, price: Price) -> u64 {
        ((price.get() as u64) << 1) | u64::from(side == Side::Sell)
    }

    fn look(&mut self, view: &View<'_>, out: &mut Intents) {
        self.looks += 1;
        let Some((bid, ask)) = view.best_prices(self.instrument) else { return };
        // Beyond this no float counts ticks, and no instrument is priced.
        if [bid, ask].iter().any(|it| it.get().unsigned_abs() > PRICE_TICKS_MAX) {
            return;
        }
        let position = view.position(self.instrument);
        let mid = (bid.get() as f64 + ask.get() as f64) / 2.0;
        let units = position.get() as f64 / self.unit.get() as f64;
        let reservation = mid - self.skew * units;
        let first = [
            price_away(reservation - self.half_spread, Side::Buy)
                .map(|it| it.min(bid).get().div_euclid(self.spacing) * self.spacing),
            price_away(reservation + self.half_spread, Side::Sell)
                .map(|it| -((-it.max(ask).get()).div_euclid(self.spacing) * self.spacing)),
        ];
        for (side, first) in [Side::Buy, Side::Sell].into_iter().zip(first) {
            let Some(first) = first else { continue };
            let is_full = position.signed(side) >= self.position_max;
            let levels = if is_full { 0 } else { self.levels };
            self.quote(Ladder { side, first, spacing: self.spacing, levels }, view, out);
        }
    }

    /// Cancels what is off the ladder and submits what is missing.
    fn quote(&self, ladder: Ladder, view: &View<'_>, out: &mut Intents) {
        let mut present = 0_u64;
        for order in view.open(self.instrument) {
            if order.side != ladder.side || order.reason != Reason::Quote {
                continue;
            }
            let price = order.kind.limit().map_or(0, Price::get);
            match ladder.level(price) {
                Some(level) => present |= 1 << level,
                None if order.is_cancellable() => out.push(Intent::Cancel { order: order.id }),
                None => {}
            }
        }
        for level in (0..ladder.levels).filter(|level| present & (1 << level) == 0) {
            let price = ladder.price(level);
            let mut intent = OrderIntent::new(
                Self::tag(ladder.side, price),
                self.instrument,
                ladder.side,
                self.unit,
                OrderKind::Limit { price },
                Reason::Quote,
            );
            intent.post_only = true;
            out.push(Intent::Place(intent));
        }
    }

    /// The first of `mark + interval`, `mark + 2 * interval` ... that is not before `now`.
    fn next_mark(&self, mark: Timestamp, now: Timestamp) -> Timestamp {
        let next = mark.saturating_add(self.interval);
        if next >= now {
            return next;
        }
        let late = now.nanos().saturating_sub(next.nanos());
        let skipped = late / self.interval.nanos() + i64::from(late % self.interval.nanos() != 0);
        next.saturating_add(Span::from_nanos(skipped.saturating_mul(self.interval.nanos())))
    }
}

impl Strategy for Grid {
    #[inline]
    fn interest(&self) -> Interest {
        Interest::NONE
    }

    fn decide(&mut self, wake: &Wake<'_>, view: &View<'_>, out: &mut Intents) {
        let at = match wake {
            Wake::Start => self.next_mark(view.now, view.now),
            Wake::Timer(timer) => {
                self.look(view, out);
                self.next_mark(timer.due, view.now)
            }
            _ => return,
        };
        out.push(Intent::Wake { timer: TICK, at });
    }

    fn digest(&self, hash: &mut StateHash) {
        hash.absorb(self.looks);
    }
}

impl Configured for Grid {
    type Parameters = GridParameters;

    fn build(parameters: &GridParameters, setup: &Setup<'_>) -> Result<Self, ParameterError> {
        let it = setup.instrument(parameters.instrument.as_deref())?;
        let unit = parameters::order_qty("order_qty", parameters.order_qty, it)?;
        let units =
            parameters::whole("position_units_max", parameters.position_units_max.into(), 1..=1_000_000)?;
        let position_max = unit.get().checked_mul(units).map(Qty::new).ok_or_else(|| {
            ParameterError::new("position_units_max", units, "a limit that fits in 63 bits of lots")
        })?;
        let interval_ms = parameters::whole("interval_ms", parameters.interval_ms.into(), 1..=86_400_000)?;
        Ok(Self {
            instrument: it.id,
            interval: Span::from_millis(interval_ms),
            levels: parameters::whole("levels", parameters.levels.into(), 1..=LEVELS_MAX)?,
            spacing: parameters::whole("spacing_ticks", parameters.spacing_ticks.into(), 1..=1_000_000)?,
            half_spread: parameters::number("half_spread_ticks", parameters.half_spread_ticks, 0.0..=1e9)?,
            skew: parameters::number("skew_ticks", parameters.skew_ticks, 0.0..=1e9)?,
            unit,
            position_max,
            looks: 0,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::{Stage, instruments};
    use scalp_types::OrderStatus;

    fn parameters() -> GridParameters {
        GridParameters {
            instrument: None,
            interval_ms: 100,
            levels: 2,
            spacing_ticks: 5,
            half_spread_ticks: 10.0,
            skew_ticks: 2.0,
            order_qty: Decimal::new(10, 3),
            position_units_max: 2,
        }
    }

    fn grid(parameters: &GridParameters) -> Result<Grid, ParameterError> {
        Grid::build(parameters, &Setup { instruments: &instruments(&["A"]), seed: 0, bars: &[] })
    }

    /// Side and price of each order placed, in order.
    fn quotes(intents: &[Intent]) -> Vec<(Side, i64)> {
        let quote = |it: &Intent| match it {
            Intent::Place(it) => {
                assert!(it.post_only);
                assert_eq!(it.qty, Qty::new(10));
                Some((it.side, it.kind.limit().unwrap().get()))
            }
            _ => None,
        };
        intents.iter().filter_map(quote).collect()
    }

    fn cancels(intents: &[Intent]) -> usize {
        intents.iter().filter(|it| matches!(it, Intent::Cancel { .. })).count()
    }

    #[test]
    fn an_empty_book_is_not_quoted_but_the_timer_goes_on() {
        let mut stage = Stage::new(&["A"]);
        let mut grid = grid(&parameters()).unwrap();
        let out = stage.timer(&mut grid);
        assert_eq!(out.len(), 1);
        assert!(matches!(out[0], Intent::Wake { timer: TICK, .. }));
    }

    #[test]
    fn bids_go_before_asks_best_first_on_multiples_of_the_spacing() {
        let mut stage = Stage::new(&["A"]);
        let mut grid = grid(&parameters()).unwrap();
        stage.quote(0, 1_000, 1_003);
        let out = stage.timer(&mut grid);
        let want = [(Side::Buy, 990), (Side::Buy, 985), (Side::Sell, 1_015), (Side::Sell, 1_020)];
        assert_eq!(quotes(&out), want, "mid 1001.5: 991.5 goes down to 990, 1011.5 up to 1015");
    }

    #[test]
    fn the_reservation_leans_against_the_position() {
        let mut stage = Stage::new(&["A"]);
        let mut grid = grid(&parameters()).unwrap();
        stage.quote(0, 1_000, 1_002);
        stage.fill(0, Side::Buy, 10, 1_000);
        let out = stage.timer(&mut grid);
        let want = [(Side::Buy, 985), (Side::Buy, 980), (Side::Sell, 1_010), (Side::Sell, 1_015)];
        assert_eq!(quotes(&out), want, "mid 1001 - 2: bids from 989, asks from 1009");
    }

    #[test]
    fn a_side_never_crosses_the_touch_however_far_it_leans() {
        let mut stage = Stage::new(&["A"]);
        let mut grid = grid(&GridParameters { skew_ticks: 50.0, ..parameters() }).unwrap();
        stage.quote(0, 1_000, 1_001);
        stage.fill(0, Side::Sell, 10, 1_000);
        let out = stage.timer(&mut grid);
        assert_eq!(quotes(&out)[0], (Side::Buy, 1_000), "capped at the best bid");
    }

    #[test]
    fn at_the_limit_the_side_is_not_quoted_and_its_orders_go() {
        let mut stage = Stage::new(&["A"]);
        let mut grid = grid(&parameters()).unwrap();
        stage.quote(0, 1_000, 1_003);
        let out = stage.timer(&mut grid);
        stage.rest(&out);
        stage.fill(0, Side::Buy, 20, 1_000);
        let out = stage.timer(&mut grid);
        assert!(quotes(&out).iter().all(|(side, _)| *side == Side::Sell));
        assert!(cancels(&out) >= 2, "both bids at least");
    }

    #[test]
    fn what_exists_in_any_state_is_not_sent_again_and_only_confirmed_orders_are_cancelled() {
        let mut stage = Stage::new(&["A"]);
        let mut grid = grid(&parameters()).unwrap();
        stage.quote(0, 1_000, 1_003);
        let out = stage.timer(&mut grid);
        stage.rest(&out);
        assert_eq!(stage.timer(&mut grid).len(), 1, "only the timer");

        for status in [OrderStatus::Pending, OrderStatus::CancelPending, OrderStatus::Unknown] {
            stage.open(0).iter_mut().for_each(|it| it.status = status);
            assert_eq!(stage.timer(&mut grid).len(), 1, "{status:?} counts as there");
        }
        stage.quote(0, 2_000, 2_003);
        let out = stage.timer(&mut grid);
        assert_eq!((cancels(&out), quotes(&out).len()), (0, 4), "nothing confirmed, so nothing to cancel");
        stage.open(0).iter_mut().for_each(|it| it.status = OrderStatus::Open);
        assert_eq!(cancels(&stage.timer(&mut grid)), 4);
    }

    #[test]
    fn looks_keep_to_their_marks_however_late_a_timer_comes() {
        let grid = grid(&parameters()).unwrap();
        let at = |ms: i64| Timestamp::from_millis(ms).unwrap();
        assert_eq!(grid.next_mark(at(1_000), at(1_003)), at(1_100));
        assert_eq!(grid.next_mark(at(1_000), at(1_250)), at(1_300));
        assert_eq!(grid.next_mark(at(1_000), at(1_200)), at(1_200));
        assert_eq!(grid.next_mark(Timestamp::MAX, Timestamp::MIN), Timestamp::MAX);
    }

    #[test]
    fn the_start_sets_the_timer() {
        let mut stage = Stage::new(&["A"]);
        let out = stage.wake(&mut grid(&parameters()).unwrap(), &Wake::Start);
        let at = Timestamp::from_millis(100).unwrap();
        assert_eq!(out, [Intent::Wake { timer: TICK, at }]);
    }

    #[test]
    fn prices_at_the_edge_of_the_integers_do_not_panic() {
        let mut stage = Stage::new(&["A"]);
        let mut grid = grid(&parameters()).unwrap();
        for (bid, ask) in
            [(i64::MIN, i64::MAX), (i64::MAX, i64::MIN), (i64::MIN, i64::MIN), (i64::MAX, i64::MAX)]
        {
            stage.quote(0, bid, ask);
            stage.timer(&mut grid);
        }
    }

    #[test]
    fn impossible_parameters_are_refused_by_key() {
        let key = |p: GridParameters| grid(&p).unwrap_err().key;
        assert_eq!(key(GridParameters { levels: 65, ..parameters() }), "levels");
        assert_eq!(key(GridParameters { interval_ms: 0, ..parameters() }), "interval_ms");
        assert_eq!(key(GridParameters { spacing_ticks: 0, ..parameters() }), "spacing_ticks");
        assert_eq!(key(GridParameters { skew_ticks: f64::NAN, ..parameters() }), "skew_ticks");
        assert_eq!(key(GridParameters { half_spread_ticks: -1.0, ..parameters() }), "half_spread_ticks");
        assert_eq!(key(GridParameters { position_units_max: 0, ..parameters() }), "position_units_max");
        assert_eq!(key(GridParameters { order_qty: Decimal::ZERO, ..parameters() }), "order_qty");
    }
}
