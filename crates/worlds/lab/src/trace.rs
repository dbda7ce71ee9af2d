//! The price of each instrument over the run: candles to draw, kept few by doubling their length, and the last price
//! at each mark of the grid on which equity is sampled, so that what it is compared with knows the same and no more.

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

/// The price over time, in at most [`CANDLES_MAX`] candles whatever the length of the run, and at the marks of a grid.
#[derive(Debug, Clone)]
pub struct Trace {
    span: Span,
    ends: Timestamp,
    candles: Vec<Candle>,
    /// Distance of two marks.
    every: Span,
    /// Marks of the grid since the epoch, each with the last price at or before it; a mark without a new one has none.
    marks: Vec<(Timestamp, Price)>,
    /// The latest price.
    last: Option<(Timestamp, Price)>,
}

impl Trace {
    /// An empty trace that keeps the price at each multiple of `every` exactly.
    pub const fn new(every: Span) -> Self {
        Self {
            span: SPAN_START,
            ends: Timestamp::MIN,
            candles: Vec::new(),
            every,
            marks: Vec::new(),
            last: None,
        }
    }
    /// The candles, by time; spans without a price have none.
    pub fn candles(&self) -> &[Candle] {
        &self.candles
    }
    /// The length of a candle.
    pub const fn span(&self) -> Span {
        self.span
    }
    /// The first price.
    pub fn first(&self) -> Option<Price> {
        self.candles.first().map(|it| it.open)
    }
    /// The last price at or before `at`; the first price before there was one. Exact at the marks of the grid and from
    /// the latest price on. Between two marks it misses at most what came since the mark before `at`, or since the
    /// candle around `at` began, whichever is later; it never looks ahead.
    pub fn price_at(&self, at: Timestamp) -> Option<Price> {
        if let Some((_, price)) = self.last.filter(|it| it.0 <= at) {
            return Some(price);
        }
        let marks = self.marks.partition_point(|it| it.0 <= at);
        let candles = self.candles.partition_point(|it| it.at.saturating_add(self.span) <= at);
        let mark = marks.checked_sub(1).map(|n| self.marks[n]);
        let candle = candles.checked_sub(1).map(|n| self.candles[n]);
        match (mark, candle) {
            // What is known of a candle is that its last price came before its end.
            (Some(mark), Some(candle)) if candle.at.saturating_add(self.span) > mark.0 => Some(candle.close),
            (Some(mark), _) => Some(mark.1),
            (None, Some(candle)) => Some(candle.close),
            (None, None) => self.first(),
        }
    }

    /// Takes in a price that is known from `at` on. Times do not go back.
    #[inline]
    pub fn push(&mut self, at: Timestamp, price: Price) {
        self.draw(at, price);
        self.last = Some((at, price));
        match self.marks.last_mut() {
            Some(last) if at <= last.0 => last.1 = price,
            _ => self.mark(at, price),
        }
    }

    #[cold]
    fn mark(&mut self, at: Timestamp, price: Price) {
        let before = at.floor(self.every);
        let mark = if before == at { at } else { before.saturating_add(self.every) };
        self.marks.push((mark, price));
    }

    /// Takes in a price for the candles alone. Times that go back belong to the last candle.
    #[inline]
    fn draw(&mut self, at: Timestamp, price: Price) {
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
    /// For so many instruments, exact at each multiple of `every`.
    pub fn new(instruments: usize, every: Span) -> Self {
        Self(vec![Trace::new(every); instruments])
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
                // Of a bar only its end is known at `at`; how it went there is for the eye.
                trace.draw(
                    it.open_at.max(trace.candles.last().map_or(Timestamp::MIN, |last| last.at)),
                    it.open,
                );
                trace.draw(at, it.high);
                trace.draw(at, it.low);
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
        let mut trace = Trace::new(Span::from_secs(60));
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
        assert_eq!(trace.price_at(Timestamp::MIN), trace.candles().first().map(|it| it.open));
    }

    #[test]
    fn one_price_is_one_candle_and_none_is_none() {
        let mut trace = Trace::new(Span::from_secs(60));
        assert_eq!(trace.price_at(Timestamp::MAX), None);
        trace.push(Timestamp::from_nanos(5), Price::new(7));
        assert_eq!(trace.candles().len(), 1);
        assert_eq!(trace.price_at(Timestamp::MAX), Some(Price::new(7)));
    }

    /// The last price at or before each time, from all prices.
    fn looked_up(prices: &[(i64, i64)], at: i64) -> i64 {
        prices[prices.partition_point(|it| it.0 <= at).saturating_sub(1)].1
    }

    #[test]
    fn a_price_at_a_mark_is_the_last_one_at_or_before_it_however_long_the_candles_are() {
        // Three seconds apart over 100 days, so that candles are far longer than the marks.
        let prices: Vec<(i64, i64)> = (0..2_880_000).map(|n| (1 + n * 3, 1_000 + n)).collect();
        let mut trace = Trace::new(Span::from_secs(60));
        let at = |seconds: i64| Timestamp::from_nanos(seconds * 1_000_000_000);
        for (seconds, price) in &prices {
            trace.push(at(*seconds), Price::new(*price));
        }
        assert!(trace.span() > Span::from_secs(600), "the candles must be long to prove anything");
        for mark in (0..144_000).step_by(7).map(|n| n * 60) {
            assert_eq!(trace.price_at(at(mark)), Some(Price::new(looked_up(&prices, mark))), "{mark}");
        }
        for between in (1..8_640_000).step_by(10_007) {
            let got = trace.price_at(at(between)).unwrap().get();
            let (want, oldest) = (looked_up(&prices, between), looked_up(&prices, between - 60));
            assert!((oldest..=want).contains(&got), "{between}: {got}, not from {oldest} to {want}");
        }
        assert_eq!(trace.price_at(Timestamp::MAX), Some(Price::new(1_000 + 2_879_999)));
    }

    #[test]
    fn without_marks_in_between_a_price_is_never_younger_than_its_time() {
        let mut trace = Trace::new(Span::from_secs(30 * 86_400));
        let at = |seconds: i64| Timestamp::from_nanos(seconds * 1_000_000_000);
        for second in 0..50_000 {
            trace.push(at(second), Price::new(second));
        }
        for second in 0..50_000 {
            let got = trace.price_at(at(second)).unwrap().get();
            let oldest = second - trace.span().nanos() / 1_000_000_000;
            assert!(got <= second && got >= oldest.max(0), "{second}: {got}");
        }
    }
}
