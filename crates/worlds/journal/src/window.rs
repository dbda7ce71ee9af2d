//! Windows: what happened to each instrument in each second (or other span) of the log. Pure, and the same on every
//! replay, because it lives by the time of the events.

use scalp_types::{Body, Event, InstrumentId, MarketBody, Price, Qty, Side, Span, Timestamp};

/// What happened to one instrument in one window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// Which instrument.
    pub instrument: InstrumentId,
    /// Start of the window; it holds the events from here up to, and without, `start + span`.
    pub start: Timestamp,
    /// Market events of any kind.
    pub events: u64,
    /// Trades.
    pub trades: u64,
    /// First, highest, lowest and last price traded; none without a trade.
    pub prices: Option<Prices>,
    /// Size bought by takers, in lots; stops at the largest number there is.
    pub bought: Qty,
    /// Size sold by takers, in lots; stops likewise.
    pub sold: Qty,
}

/// The prices traded in a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Prices {
    /// First.
    pub open: Price,
    /// Highest.
    pub high: Price,
    /// Lowest.
    pub low: Price,
    /// Last.
    pub close: Price,
}

/// Gathers windows from a stream of events. Memory is one window for each instrument.
#[derive(Debug, Clone)]
pub struct Windows {
    span: Span,
    start: Timestamp,
    open: Vec<Window>,
}

impl Windows {
    /// Windows of this span for instruments 0 to `instruments`; those of other instruments are not counted.
    ///
    /// # Panics
    /// When the span is not positive.
    pub fn new(span: Span, instruments: u16) -> Self {
        assert!(span > Span::ZERO, "a window takes time");
        let open = (0..instruments).map(|id| Window::empty(InstrumentId(id), Timestamp::MIN)).collect();
        Self { span, start: Timestamp::MIN, open }
    }

    /// Takes the next event, by its `at`. When it opens a new window, the windows before it that held something are
    /// handed to `closed`, by instrument. Windows in which nothing happened are not handed out.
    pub fn push(&mut self, event: &Event<'_>, closed: impl FnMut(&Window)) {
        let start = floor(event.at, self.span);
        if start != self.start {
            self.flush(closed);
            self.start = start;
        }
        let Body::Market(market) = &event.body else { return };
        let Some(window) = self.open.get_mut(market.instrument.index()) else { return };
        window.start = start;
        window.events += 1;
        if let MarketBody::Trade(trade) = &market.body {
            window.trade(trade.price, trade.qty, trade.taker);
        }
    }

    /// Hands out the open windows that hold something; the end of the log.
    pub fn flush(&mut self, mut closed: impl FnMut(&Window)) {
        for window in self.open.iter_mut().filter(|it| it.events > 0) {
            closed(window);
            *window = Window::empty(window.instrument, Timestamp::MIN);
        }
    }
}

impl Window {
    const fn empty(instrument: InstrumentId, start: Timestamp) -> Self {
        Self { instrument, start, events: 0, trades: 0, prices: None, bought: Qty::ZERO, sold: Qty::ZERO }
    }

    fn trade(&mut self, price: Price, qty: Qty, taker: Side) {
        self.trades += 1;
        let prices = self.prices.get_or_insert(Prices { open: price, high: price, low: price, close: price });
        prices.high = prices.high.max(price);
        prices.low = prices.low.min(price);
        prices.close = price;
        let total = match taker {
            Side::Buy => &mut self.bought,
            Side::Sell => &mut self.sold,
        };
        *total = Qty::new(total.get().saturating_add(qty.get()));
    }
}

/// The start of the window that holds `at`; the earliest time there is for those too early to have one.
fn floor(at: Timestamp, span: Span) -> Timestamp {
    Timestamp::from_nanos(at.nanos().saturating_sub(at.nanos().rem_euclid(span.nanos())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use scalp_types::{MarketEvent, Trade, TradeId};

    fn trade(seq: u64, ms: i64, instrument: u16, price: i64, qty: i64, taker: Side) -> Event<'static> {
        let at = Timestamp::from_millis(ms).unwrap();
        let body = MarketBody::Trade(Trade {
            id: TradeId(seq),
            price: Price::new(price),
            qty: Qty::new(qty),
            taker,
        });
        let instrument = InstrumentId(instrument);
        Event {
            seq,
            at,
            body: Body::Market(MarketEvent { instrument, exchange_at: at, arrived_at: at, body }),
        }
    }

    #[test]
    fn a_window_closes_with_the_first_event_after_it() {
        let mut windows = Windows::new(Span::from_secs(1), 2);
        let mut closed = Vec::new();
        let events = [
            trade(0, 100, 0, 50, 1, Side::Buy),
            trade(1, 900, 0, 40, 2, Side::Sell),
            trade(2, 999, 1, 7, 1, Side::Buy),
            trade(3, 1000, 0, 45, 4, Side::Buy),
            trade(4, 5000, 9, 1, 1, Side::Buy),
        ];
        for (n, event) in events.iter().enumerate() {
            windows.push(event, |it| closed.push((n, *it)));
        }
        let prices = |open, high, low, close| {
            let [open, high, low, close] = [open, high, low, close].map(Price::new);
            Some(Prices { open, high, low, close })
        };
        let first = &closed[0].1;
        assert_eq!((closed[0].0, first.start.nanos(), first.trades), (3, 0, 2));
        assert_eq!(first.prices, prices(50, 50, 40, 40));
        assert_eq!((first.bought.get(), first.sold.get()), (1, 2));
        assert_eq!(
            (closed[1].0, closed[1].1.instrument, closed[1].1.prices),
            (3, InstrumentId(1), prices(7, 7, 7, 7))
        );
        assert_eq!((closed[2].0, closed[2].1.start.nanos()), (4, 1_000_000_000));
        assert_eq!(closed.len(), 3);
        windows.flush(|_| panic!("an instrument that is not counted opens no window"));
    }

    #[test]
    fn sizes_and_times_at_the_ends_of_their_range_are_taken() {
        let mut windows = Windows::new(Span::from_secs(1), 1);
        let mut event = trade(0, 0, 0, i64::MIN, i64::MAX, Side::Buy);
        for at in [Timestamp::MIN, Timestamp::MIN, Timestamp::MAX] {
            event.at = at;
            windows.push(&event, |it| assert_eq!((it.bought.get(), it.start), (i64::MAX, Timestamp::MIN)));
        }
    }
}
