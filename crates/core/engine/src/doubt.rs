//! Prices that should not be acted on: what the watches are fed with, what they find, and what is valued by it.

use crate::action::Actions;
use crate::engine::Engine;
use crate::record::RecordBody;
use scalp_market::prints::LAG;
use scalp_market::{MarketChange, WatchConfig};
use scalp_risk::{Doubt, RiskView};
use scalp_strategy::{Interest, Strategy, Wake};
use scalp_types::{Bar, InstrumentId, MarketBody, MarketEvent, Price, Timestamp, Trade};
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// Trades of one instrument that wait for a verdict, in the order they came: one in doubt first, and what came behind it. At
/// most as many as a verdict takes, and the one it is spoken of.
pub(crate) type Held = VecDeque<HeldTrade>;

/// A trade, and when it was made.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(crate) struct HeldTrade {
    pub(crate) exchange_at: Timestamp,
    pub(crate) trade: Trade,
    /// The usual price, where it was in doubt itself when it came.
    doubted: Option<Price>,
}

/// Room for so many instruments, where prints are watched.
pub(crate) fn held_of(config: &WatchConfig, instruments: usize) -> Vec<Held> {
    let count = if config.prints { instruments } else { 0 };
    (0..count).map(|_| Held::with_capacity(LAG + 1)).collect()
}

/// The market events that watches are made of; bars of the feed come to them by another road.
pub(crate) const fn watched(config: &WatchConfig) -> Interest {
    let prints = if config.prints { Interest::TRADES } else { Interest::NONE };
    match config.spread_times_max {
        Some(_) => prints.and(Interest::DEPTH).and(Interest::BOOK_ORDERS).and(Interest::QUOTES),
        None => prints,
    }
}

impl<S: Strategy> Engine<S> {
    /// Takes in a market event that somebody wants to hear of, before anything is decided by it.
    pub(crate) fn watch(&mut self, event: &MarketEvent<'_>) {
        let id = event.instrument;
        match &event.body {
            MarketBody::Depth(_) | MarketBody::Order(_) | MarketBody::Quote(_) => {
                if let Some((bid, ask)) = self.market.state(id).best_prices() {
                    self.watches[id.index()].on_touch(bid, ask);
                }
            }
            _ => {}
        }
    }

    /// Takes in a trade where prints are watched. What is not in doubt goes on as everywhere. One that is, and those behind it,
    /// are held back from whatever remembers prices until it is judged: then it goes on as if it came now, or is forgotten.
    #[inline(never)]
    pub(crate) fn on_doubtable(&mut self, event: &MarketEvent<'_>, trade: &Trade, out: &mut Actions) {
        let id = event.instrument;
        self.absorb_market(event);
        // What an instrument is valued at may change with a doubt alone.
        self.stale.add(id);
        // Nobody judges what no market has.
        if trade.price.get() <= 0 || !self.market.state(id).takes(trade) {
            return self.pass(event, out);
        }
        self.tell_doubted(id, event.exchange_at, out);
        let watch = &mut self.watches[id.index()];
        let was_in_doubt = watch.has_suspect();
        let has_found = watch.on_print(trade.price, event.exchange_at);
        if has_found {
            self.tell_wrong(id, out);
        }
        let watch = &self.watches[id.index()];
        let (is_in_doubt, is_wrong) = (watch.has_suspect(), watch.is_wrong());
        let held = &mut self.held[id.index()];
        if held.is_empty() && !is_in_doubt {
            self.pass(event, out);
        } else {
            let doubted = watch.doubts_latest();
            held.push_back(HeldTrade { exchange_at: event.exchange_at, trade: *trade, doubted });
            // The first of so many is the one that was judged now.
            if held.len() > LAG
                && let Some(judged) = held.pop_front()
                && !is_wrong
            {
                self.release(id, &judged, out);
            }
            while !is_in_doubt && let Some(next) = self.held[id.index()].pop_front() {
                self.release(id, &next, out);
            }
        }
        // What a print in doubt is worth has been left out of the equity. Now that it is judged it may not wait.
        if was_in_doubt {
            self.check_losses(out);
        }
    }

    /// The print before was in doubt when it came: until now it was what the market showed.
    fn tell_doubted(&self, instrument: InstrumentId, until: Timestamp, out: &mut Actions) {
        if let Some(HeldTrade { exchange_at: at, trade, doubted: Some(usual) }) =
            self.held[instrument.index()].back()
        {
            let (at, price, usual) = (*at, trade.price, *usual);
            self.record(RecordBody::DoubtedPrint { instrument, at, until, price, usual }, out);
        }
    }

    fn release(&mut self, instrument: InstrumentId, held: &HeldTrade, out: &mut Actions) {
        let (exchange_at, body) = (held.exchange_at, MarketBody::Trade(held.trade));
        self.pass(&MarketEvent { instrument, exchange_at, arrived_at: self.now, body }, out);
    }

    /// A trade that is not in doubt: to the market, its bar, and whoever wants to hear of it.
    fn pass(&mut self, event: &MarketEvent<'_>, out: &mut Actions) {
        let (id, change) = (event.instrument, self.market.on_event(event));
        self.stale.add(id);
        if let MarketChange::Refused(_) = change {
            return;
        }
        if let MarketBody::Trade(trade) = &event.body {
            self.build_bar(id, trade, event.exchange_at, out);
        }
        if self.strategy.interest().contains(Interest::TRADES) {
            self.wake(&Wake::Market(event), out);
        }
    }

    /// Takes in the close of a bar of the feed, where there are no trades.
    pub(crate) fn watch_bar(&mut self, id: InstrumentId, bar: &Bar, at: Timestamp, out: &mut Actions) {
        if self.market.state(id).trade.is_none() {
            self.watch_print(id, bar.close, at, out);
        }
    }

    fn watch_print(&mut self, id: InstrumentId, price: Price, at: Timestamp, out: &mut Actions) {
        let watch = &mut self.watches[id.index()];
        let was_in_doubt = watch.has_suspect();
        let has_found = watch.on_print(price, at);
        if was_in_doubt || watch.has_suspect() || has_found {
            self.on_doubt(id, was_in_doubt, out);
        }
    }

    /// A doubt begins, goes on or ends.
    #[cold]
    fn on_doubt(&mut self, id: InstrumentId, was_in_doubt: bool, out: &mut Actions) {
        self.tell_wrong(id, out);
        // As for trades.
        if was_in_doubt {
            self.check_losses(out);
        }
    }

    #[cold]
    fn tell_wrong(&mut self, id: InstrumentId, out: &mut Actions) {
        for print in self.watches[id.index()].wrong() {
            self.counters.wrong_prints += 1;
            self.hash.absorb_signed(print.price.get());
            self.record(RecordBody::WrongPrint { instrument: id, print }, out);
        }
    }

    /// The last price that is not in doubt, where the last one is and nothing better tells what a position is worth.
    #[inline]
    pub(crate) fn believed(&self, id: InstrumentId) -> Option<Price> {
        let watch = self.watches.get(id.index())?;
        if !watch.has_suspect() {
            return None;
        }
        let state = self.market.state(id);
        let is_by_trades = state.mark.is_none() && state.best_prices().is_none();
        watch.believed().filter(|_| is_by_trades)
    }

    /// What the gate is to know of it: the doubt, and a last price without it.
    #[inline]
    pub(crate) fn tell_doubt(&self, view: &mut RiskView<'_>) {
        let id = view.instrument.id;
        let Some(watch) = self.watches.get(id.index()) else { return };
        view.doubt = self.doubt(id);
        if watch.has_suspect() && self.market.state(id).mark.is_none() {
            view.mark = watch.believed().or(view.mark);
        }
    }

    /// Why nothing should be opened by what the market says of this instrument.
    fn doubt(&self, id: InstrumentId) -> Option<Doubt> {
        let watch = self.watches.get(id.index())?;
        if let Some((price, usual)) = watch.suspect() {
            return Some(Doubt::Print { price, usual });
        }
        let (bid, ask) = self.market.state(id).best_prices()?;
        let wide = watch.wide(bid, ask)?;
        Some(Doubt::Spread { got: wide.got, usual: wide.usual, times_max: wide.times_max })
    }
}
