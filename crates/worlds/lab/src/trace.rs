//! The price of each instrument over the run, kept small: candles that double their length when there are too many.

use scalp_types::{InstrumentId, MarketBody, MarketEvent, Price, Span, Timestamp};

/// Candles of one instrument before they are joined in pairs.
pub const CANDLES_MAX: usize = 4_096;
/// Where the length starts.
const SPAN_START: Span = Span::from_secs(1);

/// One candle of a trace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Candle {
    /// Its start.
    pub at: Timestamp,
    /// First price.
    pub open: Price,
    /// Highest.
    pub high: Price,
    /// Lowest.
    pub low: Price,
    /// Last.
    pub close: Price,
}

/// The price over time, in at most [`CANDLES_MAX`] candles whatever the length of the run.
#[derive(Debug, Clone)]
pub struct Trace {
    span: Span,
    ends: Timestamp,
    candles: Vec<Candle>,
}

impl Default for Trace {
    fn default() -> Self {
        Self { span: SPAN_START, ends: Timestamp::MIN, candles: Vec::new() }
    }
}

impl Trace {
    /// The candles, by time; spans without a price have none.
    pub fn candles(&self) -> &[Candle] {
        &self.candles
    }
    /// The length of a candle.
    pub const fn span(&self) -> Span {
        self.span
    }
    /// The last price at or before `at`; the first price before there was one.
    pub fn price_at(&self, at: Timestamp) -> Option<Price> {
        let after = self.candles.partition_point(|it| it.at <= at);
        self.candles.get(after.saturating_sub(1)).map(|it| it.close)
    }

    /// Takes in a price. Times that go back belong to the last candle.
    #[inline]
    pub fn push(&mut self, at: Timestamp, price: Price) {
        if at < self.ends
            && let Some(last) = self.candles.last_mut()
        {
            last.high = last.high.max(price);
            last.low = last.low.min(price);
            last.close = price;
            return;
        }
        self.open(at, price);
    }

    #[cold]
    fn open(&mut self, at: Timestamp, price: Price) {
        if self.candles.len() == CANDLES_MAX {
            self.join();
        }
        let start = at.floor(self.span);
        self.ends = start.saturating_add(self.span);
        match self.candles.last_mut().filter(|it| it.at == start) {
            Some(last) => {
                last.high = last.high.max(price);
                last.low = last.low.min(price);
                last.close = price;
            }
            None => {
                self.candles.push(Candle { at: start, open: price, high: price, low: price, close: price })
            }
        }
    }

    /// Doubles the span until at most half of the candles remain.
    fn join(&mut self) {
        while self.candles.len() > CANDLES_MAX / 2 {
            self.span = self.span + self.span;
            let mut joined: Vec<Candle> = Vec::with_capacity(CANDLES_MAX);
            for it in &self.candles {
                let at = it.at.floor(self.span);
                match joined.last_mut().filter(|last| last.at == at) {
                    Some(last) => {
                        last.high = last.high.max(it.high);
                        last.low = last.low.min(it.low);
                        last.close = it.close;
                    }
                    None => joined.push(Candle { at, ..*it }),
                }
            }
            self.candles = joined;
        }
    }
}

/// A trace for each instrument.
#[derive(Debug, Clone, Default)]
pub struct Traces(Vec<Trace>);

impl Traces {
    /// For so many instruments.
    pub fn new(instruments: usize) -> Self {
        Self(vec![Trace::default(); instruments])
    }
    /// The trace of one instrument.
    pub fn get(&self, instrument: InstrumentId) -> &Trace {
        &self.0[instrument.index()]
    }

    /// Takes in a market event at the time we knew it: trades, bars, marks; of a quote the middle. Depth is left to
    /// [`Self::push`], because its middle is known to the book alone.
    #[inline]
    pub fn on_event(&mut self, at: Timestamp, event: &MarketEvent<'_>) {
        let price = match &event.body {
            MarketBody::Trade(it) => it.price,
            MarketBody::Quote(it) if !it.bid.qty.is_zero() && !it.ask.qty.is_zero() => {
                Price::new(it.bid.price.get().midpoint(it.ask.price.get()))
            }
            MarketBody::Bar(it) => {
                let trace = &mut self.0[event.instrument.index()];
                trace.push(
                    it.open_at.max(trace.candles.last().map_or(Timestamp::MIN, |last| last.at)),
                    it.open,
                );
                trace.push(at, it.high);
                trace.push(at, it.low);
                it.close
            }
            _ => return,
        };
        self.push(event.instrument, at, price);
    }

    /// Takes in a price of one instrument.
    #[inline]
    pub fn push(&mut self, instrument: InstrumentId, at: Timestamp, price: Price) {
        if let Some(trace) = self.0.get_mut(instrument.index()) {
            trace.push(at, price);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trace_keeps_the_extremes_and_stays_small() {
        let mut trace = Trace::default();
        for second in 0..100_000_i64 {
            let price = if second == 31_337 { 9_999 } else { 100 + second % 7 };
            trace.push(Timestamp::from_nanos(second * 1_000_000_000), Price::new(price));
        }
        assert!(trace.candles().len() <= CANDLES_MAX && trace.candles().len() > CANDLES_MAX / 4);
        assert_eq!(trace.candles().iter().map(|it| it.high.get()).max(), Some(9_999));
        assert_eq!(trace.candles().iter().map(|it| it.low.get()).min(), Some(100));
        assert!(trace.candles().windows(2).all(|it| it[0].at < it[1].at));
        assert_eq!(
            trace.price_at(Timestamp::from_nanos(99_999_000_000_000)),
            Some(Price::new(100 + 99_999 % 7))
        );
        assert_eq!(trace.price_at(Timestamp::MIN), trace.candles().first().map(|it| it.close));
    }

    #[test]
    fn one_price_is_one_candle_and_none_is_none() {
        let mut trace = Trace::default();
        assert_eq!(trace.price_at(Timestamp::MAX), None);
        trace.push(Timestamp::from_nanos(5), Price::new(7));
        assert_eq!(trace.candles().len(), 1);
        assert_eq!(trace.price_at(Timestamp::MAX), Some(Price::new(7)));
    }
}
