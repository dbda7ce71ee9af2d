//! The features that rules read: a list of texts built once; closed bars, trades and books in; a value or silence for each.
//!
//! This is the one file that knows who computes features: the pipeline of `scalp-features`, over the bars, trades and book of
//! one instrument, and the series beside it. Rules read them when a bar closes.
//!
//! An indicator cannot be written down, and a recursive one depends on every bar before. So the bars themselves are kept, up to
//! [`BARS_MAX`], and put away with the strategy; what comes back takes them in again and is the same to the last bit. What was
//! learnt of trades, the book and series from outside is put away as it is, by [`Pipeline::save`]; indicators over those are fed
//! again what they were fed, up to a million rows each. After more than that everything goes on, but putting the strategy away is
//! refused.

mod check;
mod stored;

use super::outside::Beside;
use super::reading::{LEVELS_MAX, Moments, Reading, Scale};
use check::check;
use scalp_features::importance::Moment;
use scalp_features::latest::Last;
use scalp_features::{BarRow, Latest, Pipeline, Schema, Sources};
use scalp_market::{BarRule, InstrumentMarket};
use scalp_types::{
    Bar, Instrument, InstrumentId, MarketBody, MarketEvent, Price, Qty, Span, StateHash, Timestamp,
};
use serde::{Deserialize, Serialize};

/// A strategy that has seen more bars cannot be put away: 64 bytes each are kept until then.
pub const BARS_MAX: usize = 1_000_000;

/// Its place among the last vectors: there is one instrument.
const ONLY: InstrumentId = InstrumentId(0);

/// A bar as it is kept: open, high, low, close, and volume.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
struct Kept {
    open_at: Timestamp,
    span: Span,
    /// Of a candle of the feed the latest that its instrument had been dated by then.
    known_at: Timestamp,
    prices: [Price; 4],
    volume: Qty,
}

impl Kept {
    fn row(&self, scale: &Scale) -> [f64; 5] {
        let [open, high, low, close] = self.prices.map(|it| scale.price(it));
        [open, high, low, close, scale.size(self.volume)]
    }
}

/// The features of a list, and what they said of the last two bars.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "stored::Stored")]
pub struct Items {
    texts: Vec<String>,
    scale: Scale,
    /// What its bars are built by; none where they come with the feed.
    rule: Option<BarRule>,
    /// `None` where rules name no feature.
    computed: Option<Computed>,
    now: Vec<Option<f64>>,
    before: Vec<Option<f64>>,
    /// For each feature the lengths of the longer bars that it reads.
    longer: Vec<Vec<Span>>,
    /// The first feature that could not be made of the bars that came, the length it reads and that of the bar.
    misfit: Option<(usize, Span, Span)>,
    bars: u64,
    /// Trades, books and values from outside taken in.
    flow: u64,
    beside: Beside,
    path: StateHash,
    moments: Moments,
    /// Whether the trade in hand was taken in with the bar that it closed.
    is_fed: bool,
    kept: Vec<Kept>,
}

/// What computes features, and what they were when the last bar closed.
#[derive(Debug, Clone)]
struct Computed {
    pipeline: Pipeline,
    reading: Reading,
    latest: Latest,
}

/// A feature that cannot be built.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unbuilt {
    /// Its place in the list.
    pub place: usize,
    /// Why.
    pub why: String,
}

impl Items {
    /// Builds the features that `texts` name, for the bars, trades and book of `instrument`, and the series `beside` it. Bars
    /// without a rule come with the feed.
    pub fn build(
        texts: Vec<String>,
        instrument: &Instrument,
        beside: Beside,
        rule: Option<BarRule>,
    ) -> Result<Self, Unbuilt> {
        Self::with_scale(texts, Scale::of(instrument), beside, rule)
    }

    fn with_scale(
        texts: Vec<String>,
        scale: Scale,
        beside: Beside,
        rule: Option<BarRule>,
    ) -> Result<Self, Unbuilt> {
        let market = match rule {
            Some(rule) => uneven_or_even(sources(rule, &scale, &beside)),
            None => {
                Sources { outside: beside.sources(), worth: scale.worth(), ..Sources::market(LEVELS_MAX) }
            }
        };
        let mut longer = Vec::with_capacity(texts.len());
        for (place, text) in texts.iter().enumerate() {
            longer.push(check(text, &market).map_err(|why| Unbuilt { place, why })?);
        }
        let computed = match texts[..] {
            [] => None,
            _ => {
                let schema = Schema::of_items(&texts, &market)
                    .map_err(|error| Unbuilt { place: 0, why: error.to_string() })?;
                let (pipeline, reading) = (Pipeline::keeping(&schema), Reading::new(&schema, scale));
                Some(Computed { pipeline, reading, latest: Latest::new(&schema, 1) })
            }
        };
        let silent = vec![None; texts.len()];
        Ok(Self {
            computed,
            now: silent.clone(),
            before: silent,
            longer,
            misfit: None,
            bars: 0,
            flow: 0,
            beside,
            rule,
            path: StateHash::default(),
            moments: Moments::default(),
            is_fed: false,
            kept: Vec::new(),
            scale,
            texts,
        })
    }

    /// Whether a feature reads trades or the book.
    pub fn reads_flow(&self) -> bool {
        self.computed.as_ref().is_some_and(|it| it.reading.reads_flow())
    }

    /// Whether a feature reads the book.
    pub fn reads_book(&self) -> bool {
        self.computed.as_ref().is_some_and(|it| it.reading.reads_book())
    }

    /// The hash of their schema over bars that are built by `rule`, as whoever computes the same list of such bars has it. Bars
    /// without a rule come with the feed, and have the length of the first. None where rules name no feature, where that length
    /// is not known yet, and where a feature does not fit such bars.
    pub fn schema(&self, rule: Option<BarRule>) -> Option<StateHash> {
        let of_feed = || self.kept.first().map(|it| BarRule::Time(it.span));
        let sources = sources(rule.or_else(of_feed)?, &self.scale, &self.beside);
        Schema::of_items(&self.texts, &sources).ok().map(|it| it.hash())
    }

    /// The first feature that cannot be made of bars that are built by `rule`, and why.
    pub fn unfit(&self, rule: BarRule) -> Option<Unbuilt> {
        let sources = uneven_or_even(sources(rule, &self.scale, &self.beside));
        self.texts.iter().enumerate().find_map(|(place, text)| {
            let error = Schema::of_items(&[text], &sources).err()?;
            Some(Unbuilt { place, why: error.to_string() })
        })
    }

    /// Takes a closed bar of time in, known at its end. Bars in which a feature cannot be computed leave it silent.
    pub fn push(&mut self, bar: &Bar) {
        self.close(bar, bar.open_at.saturating_add(bar.span), None);
    }

    /// Takes the bar in that the event in hand of `market` has closed, with the trade that closed it where it is part of it.
    pub fn on_bar(&mut self, bar: &Bar, market: &InstrumentMarket) {
        let known_at = market.known_at(bar);
        // A candle of the feed may come behind messages that are dated later. They tell the time, read here or not, but none that had
        // not come when the candle arrived.
        let told = market.latest_at().min(market.updated_at);
        let known_at = if self.rule.is_some() { known_at } else { known_at.max(told) };
        self.close(bar, known_at, Some(market));
    }

    /// Until when series from outside have a place in the row of a bar: its end, or where it is a candle of the feed, later if its
    /// instrument had been dated later by then.
    fn seen_until(&mut self, bar: &Kept) -> i64 {
        let (_, close_at) = self.moments.of(bar.open_at, bar.span, bar.known_at);
        if self.rule.is_some() { close_at } else { close_at.max(bar.known_at.nanos()) }
    }

    fn close(&mut self, bar: &Bar, known_at: Timestamp, market: Option<&InstrumentMarket>) {
        let prices = [bar.open, bar.high, bar.low, bar.close];
        let kept = Kept { open_at: bar.open_at, span: bar.span, known_at, prices, volume: bar.volume };
        if self.kept.is_empty() {
            // At once, so that no later bar has to make room.
            self.kept.reserve_exact(BARS_MAX);
        }
        if self.kept.len() < BARS_MAX {
            self.kept.push(kept);
        }
        let seen_until = self.seen_until(&kept);
        if let Some(Computed { pipeline, reading, .. }) = &mut self.computed {
            self.flow += self.beside.publish(pipeline, seen_until);
            self.is_fed = market.is_some_and(|it| reading.feed_closing(pipeline, bar, it));
            self.flow += u64::from(self.is_fed);
        }
        self.take_in(&kept);
    }

    /// When the bar that was taken in last began and all of it had been heard, as a file of the same bars tells it (`known_at`).
    pub fn moment(&self, bar: &Bar, market: &InstrumentMarket) -> Moment {
        let (open_at, close_at) = self.moments.last();
        let known_at = market.heard_at(bar).nanos().max(close_at);
        Moment { open_at, known_at, is_of_trades: market.closing_trade(bar).is_some() }
    }

    /// Takes a closed bar of another instrument in, where a series is made of its bars.
    pub fn on_other(&mut self, instrument: InstrumentId, bar: &Bar, known_at: Timestamp) {
        if self.computed.is_some() {
            self.beside.on_bar(instrument, bar, known_at);
        }
    }

    /// Whether a series is made of the bars of another instrument.
    pub fn reads_others(&self) -> bool {
        self.beside.reads_bars()
    }

    /// Whether something is learnt that the bars alone do not make again.
    fn learns_beside(&self) -> bool {
        self.reads_flow() || !self.beside.is_empty()
    }

    fn take_in(&mut self, bar: &Kept) {
        self.bars += 1;
        bar.prices.iter().for_each(|it| self.path.absorb_signed(it.get()));
        self.path.absorb_signed(bar.volume.get());
        self.path.absorb_signed(bar.open_at.nanos());
        std::mem::swap(&mut self.now, &mut self.before);
        let seen_until = self.seen_until(bar);
        let Some(Computed { pipeline, latest, .. }) = &mut self.computed else { return };
        pipeline.publish_until(seen_until);
        let (open_at, close_at) = self.moments.of(bar.open_at, bar.span, bar.known_at);
        let values = bar.row(&self.scale);
        // A bar that the pipeline refuses, as it starts before the last, says nothing.
        let is_taken = pipeline.on_bar(&BarRow { open_at, close_at, values: &values }).is_ok();
        if is_taken {
            latest.keep(ONLY, &pipeline.vector()).expect("built of the same schema, for one instrument");
        }
        for (place, value) in self.now.iter_mut().enumerate() {
            // Bars of trades or volume have no length of time.
            let divides = |it: &&Span| bar.span > Span::ZERO && it.nanos() % bar.span.nanos() == 0;
            let unfit = self.longer[place].iter().find(|it| !divides(it));
            if let (Some(&length), None) = (unfit, self.misfit) {
                self.misfit = Some((place, length, bar.span));
            }
            *value = pipeline.get(place).filter(|_| is_taken && unfit.is_none());
        }
    }

    /// Which feature could not be made of the bars that came, and why, if there is one.
    pub fn misfit(&self) -> Option<String> {
        let (place, length, bar) = self.misfit?;
        let text = &self.texts[place];
        let length = length.as_secs_f64();
        Some(match bar > Span::ZERO {
            true => format!("{text}: bars of {length} s cannot be made of bars of {} s", bar.as_secs_f64()),
            false => format!("{text}: bars of {length} s cannot be made of bars that have no length of time"),
        })
    }

    /// Takes an event of the instrument in, where a feature reads it: trades, and the book that `market` has made of messages.
    #[inline]
    pub fn on_market(&mut self, event: &MarketEvent<'_>, market: &InstrumentMarket) {
        if std::mem::take(&mut self.is_fed) && matches!(event.body, MarketBody::Trade(_)) {
            return;
        }
        if let Some(Computed { pipeline, reading, .. }) = &mut self.computed {
            // What was heard of and is not read here tells the time as well.
            self.flow += self.beside.publish(pipeline, market.latest_at().nanos());
            self.flow += u64::from(reading.feed(pipeline, event, market));
        }
    }

    /// The text of each feature.
    pub fn texts(&self) -> &[String] {
        &self.texts
    }

    /// What each said of the last bar; `None` while it is warming up, and where its formula has no finite value.
    pub fn now(&self) -> &[Option<f64>] {
        &self.now
    }

    /// The same of the bar before.
    pub fn before(&self) -> &[Option<f64>] {
        &self.before
    }

    /// The last vector with its time and its ages: of the last bar that could be computed. None before that, and where rules
    /// name no feature.
    pub fn last(&self) -> Option<Last<'_>> {
        self.computed.as_ref()?.latest.of(ONLY)
    }

    /// A price in quote coins.
    pub fn price(&self, price: Price) -> f64 {
        self.scale.price(price)
    }

    /// How many bars have been taken in.
    pub const fn bars(&self) -> u64 {
        self.bars
    }

    /// Folds all bars so far, and what they made of the features, into a rolling hash.
    pub fn digest(&self, hash: &mut StateHash) {
        hash.absorb(self.bars);
        hash.absorb(self.flow);
        hash.absorb(self.path.get());
        for value in self.now.iter().chain(&self.before) {
            hash.absorb(value.map_or(u64::MAX, f64::to_bits));
        }
        if let Some(it) = &self.computed {
            it.latest.digest(hash);
        }
    }
}

/// What is read: bars that are built by `rule`, trades, the book, and the series beside.
fn sources(rule: BarRule, scale: &Scale, beside: &Beside) -> Sources {
    let ((bar_span, bar_kind), worth) = (scale.kind(rule), scale.worth());
    Sources { bar_span, bar_kind, worth, outside: beside.sources(), ..Sources::market(LEVELS_MAX) }
}

/// Bars without a length of time are parts of none that has one.
fn uneven_or_even(sources: Sources) -> Sources {
    Sources { bars_uneven: sources.bar_span.is_none(), ..sources }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::instrument;
    use scalp_indicators::{Schema, Set, patterns};
    use scalp_types::{Depth, DepthKind, Level, Quote, Side, Trade, TradeId};

    fn bar(step: i64) -> Bar {
        let close = 600_000 + (step * step * 37) % 9_000 - step % 7 * 300;
        Bar {
            open_at: Timestamp::from_nanos(step * 60_000_000_000),
            span: Span::from_secs(60),
            open: Price::new(close - 100),
            high: Price::new(close + 200),
            low: Price::new(close - 300),
            close: Price::new(close),
            volume: Qty::new(1 + step % 11),
            taker_buy: Qty::ZERO,
            trades: 1,
        }
    }

    fn items(texts: &[&str]) -> Items {
        let texts = texts.iter().map(|it| (*it).to_owned()).collect();
        Items::build(texts, &instrument("0.1", "0.001"), Beside::default(), None).unwrap()
    }

    #[test]
    fn each_feature_says_what_it_says_alone() {
        let texts = [
            "close",
            "RSI(14)",
            "volume",
            "DOUBLE_TOP(swing=fractal,size=2)",
            "BBANDS(20,2,2,0).upperband",
            "rsi(14)",
        ];
        let mut items = items(&texts);
        let schema = Schema::ohlcv();
        let mut set = Set::parse("RSI(14), BBANDS(20,2,2,0).upperband", &schema).unwrap();
        let mut pattern = patterns::Signal::parse(texts[3]).unwrap();
        let (mut out, mut before, mut spoken) = (Vec::new(), vec![None; 6], [0; 6]);
        for step in 0..400 {
            let it = bar(step);
            // Decimal texts become the floats nearest to them.
            let value = |ticks: i64| format!("{}.{}", ticks / 10, ticks % 10).parse::<f64>().unwrap();
            let [open, high, low, close] = [it.open, it.high, it.low, it.close].map(|it| value(it.get()));
            let volume = format!("0.{:03}", it.volume.get()).parse::<f64>().unwrap();
            set.push(&[open, high, low, close, volume], &mut out).unwrap();
            let shape = patterns::Bar { high, low, close, volume };
            let said = pattern.push(&shape).unwrap();
            items.push(&it);
            assert_eq!(items.now(), [Some(close), out[0], Some(volume), said, out[1], out[0]]);
            assert_eq!(items.before(), before);
            before = items.now().to_vec();
            before.iter().zip(&mut spoken).for_each(|(it, count)| *count += u32::from(it.is_some()));
        }
        assert_eq!(items.bars(), 400);
        assert!(spoken.iter().all(|it| *it > 300), "{spoken:?}");
    }

    #[test]
    fn features_of_features_and_longer_bars_are_those_of_the_pipeline() {
        let texts = ["LAG(RSI(14),3)", "ROLLMEAN(close,5)", "RSI(14)", "SMA(3)@5m"];
        let mut items = items(&texts);
        let mut rsi = Vec::new();
        for step in 0..200 {
            items.push(&bar(step));
            rsi.push(items.now()[2]);
            if step >= 30 {
                assert_eq!(items.now()[0], rsi[rsi.len() - 4], "bar {step}");
            }
        }
        let closes = |from: i64, step: i64, count: i64| {
            let sum: f64 = (0..count).map(|it| bar(from - it * step).close.get() as f64 / 10.0).sum();
            sum / count as f64
        };
        let near = |a: Option<f64>, b: f64| a.is_some_and(|it| (it / b - 1.0).abs() < 1e-12);
        assert!(near(items.now()[1], closes(199, 1, 5)));
        assert!(
            near(items.now()[3], closes(199, 5, 3)),
            "the bar of five minutes closes with its fifth part"
        );
    }

    /// Quotes, trades and bars, and later a book that changes.
    fn play(items: &mut Items, market: &mut scalp_market::Market, from: i64, to: i64) {
        let level = |price, qty| Level { price: Price::new(price), qty: Qty::new(qty) };
        for n in from..to {
            let at = Timestamp::from_nanos(n * 7_000_000_000);
            let price = 600_000 + n * n * 13 % 90;
            let (bid, ask) = (level(price, 30 + n % 9), level(price + 10, 10));
            let asked = [ask];
            let changed = [bid, level(price - 10, n % 5), level(price - 20, 3)];
            let body = match n % 3 {
                0 => {
                    let taker = if n % 4 == 0 { Side::Sell } else { Side::Buy };
                    let id = TradeId(n as u64 + 1);
                    MarketBody::Trade(Trade { id, price: Price::new(price), qty: Qty::new(5), taker })
                }
                _ if n < 100 => MarketBody::Quote(Quote { id: 0, bid, ask }),
                _ => {
                    let kind = DepthKind::Delta;
                    let (bids, asks) = (&changed[..], &asked[..]);
                    MarketBody::Depth(Depth { kind, bids, asks, first_id: 0, last_id: 0, previous_id: 0 })
                }
            };
            let event = MarketEvent { instrument: InstrumentId(0), exchange_at: at, arrived_at: at, body };
            market.on_event(&event);
            items.on_market(&event, market.state(InstrumentId(0)));
            if n % 9 == 8 {
                items.push(&bar(n / 9));
            }
        }
    }

    fn told_market() -> scalp_market::Market {
        let mut market = scalp_market::Market::new(&crate::fixtures::instruments(&["A"]));
        market.tell_changes(true);
        market
    }

    #[test]
    fn measures_of_trades_and_books_are_fed() {
        let mut items =
            items(&["TRADE_FLOW(60).count", "MICROPRICE(100).price", "close", "CANCELS(60).cancels"]);
        assert!(items.reads_flow() && items.reads_book());
        let mut market = told_market();
        play(&mut items, &mut market, 0, 99);
        assert!(items.now()[..3].iter().all(Option::is_some), "{:?}", items.now());
        assert_eq!(items.now()[3], None, "quotes do not tell what was cancelled");
        play(&mut items, &mut market, 99, 400);
        assert!(items.now().iter().all(Option::is_some), "{:?}", items.now());
    }

    #[test]
    fn what_was_learnt_of_trades_and_books_comes_back_to_the_last_bit() {
        let texts = [
            "RSI(14)",
            "CANCELS(60).cancels",
            "OFI(20).ofi",
            "EMA(5,real=MICROPRICE(3).price)",
            "LAG(price,4)",
            "DOUBLE_TOP(swing=fractal,size=2)",
            "ROLLSTD(mid,8)",
        ];
        let (mut one, mut market) = (items(&texts), told_market());
        let mut spoken = [false; 7];
        for (from, to) in [(0, 50), (50, 300), (300, 301), (301, 700), (700, 1_500)] {
            play(&mut one, &mut market, from, to);
            let mut back: Items = postcard::from_bytes(&postcard::to_allocvec(&one).unwrap()).unwrap();
            assert_eq!(back, one);
            let mut again = market.clone();
            again.tell_changes(true);
            let mut on = one.clone();
            play(&mut on, &mut market.clone(), to, to + 200);
            play(&mut back, &mut again, to, to + 200);
            let (mut a, mut b) = (StateHash::default(), StateHash::default());
            on.digest(&mut a);
            back.digest(&mut b);
            assert_eq!((back.now(), b), (on.now(), a), "put away at {to}");
            on.now().iter().zip(&mut spoken).for_each(|(it, spoke)| *spoke |= it.is_some());
        }
        assert_eq!(spoken, [true; 7]);
    }

    #[test]
    fn a_crossed_quote_shows_its_ask_alone_as_a_crossed_book_does() {
        let (mut items, mut market) = (items(&["bid", "ask", "mid"]), told_market());
        let level = |price| Level { price: Price::new(price), qty: Qty::new(5) };
        for (step, (bid, ask, want)) in [
            (599_990, 600_000, [Some(59_999.0), Some(60_000.0), Some(59_999.5)]),
            (600_010, 600_000, [None, Some(60_000.0), None]),
            (600_000, 600_000, [None, Some(60_000.0), None]),
        ]
        .into_iter()
        .enumerate()
        {
            let at = Timestamp::from_nanos(step as i64 * 60_000_000_000);
            let body = MarketBody::Quote(Quote { id: 0, bid: level(bid), ask: level(ask) });
            let event = MarketEvent { instrument: InstrumentId(0), exchange_at: at, arrived_at: at, body };
            market.on_event(&event);
            items.on_market(&event, market.state(InstrumentId(0)));
            items.push(&bar(step as i64));
            assert_eq!(items.now(), want);
        }
    }

    #[test]
    fn beyond_the_bars_that_are_kept_it_goes_on_and_is_not_put_away() {
        let mut items = items(&["close"]);
        for step in 0..BARS_MAX as i64 {
            items.push(&Bar { open_at: bar(step).open_at, ..bar(step % 1_000) });
        }
        assert!(postcard::to_allocvec(&items).is_ok(), "full, and whole");
        let last = Bar { open_at: bar(1_000_001).open_at, ..bar(3) };
        items.push(&last);
        assert_eq!((items.bars(), items.now()[0]), (1_000_001, Some(last.close.get() as f64 / 10.0)));
        let refused = serde_json::to_string(&items).unwrap_err().to_string();
        assert!(
            refused.contains("it has seen 1000001 bars") && refused.contains("replay the run"),
            "{refused}"
        );
    }

    #[test]
    fn what_was_put_away_and_damaged_is_refused() {
        let text = serde_json::to_string(&items(&["RSI(14)"])).unwrap();
        assert!(serde_json::from_str::<Items>(&text).is_ok());
        let damaged = serde_json::from_str::<Items>(&text.replace("RSI", "XYZ")).unwrap_err().to_string();
        assert!(damaged.contains("unknown feature"), "{damaged}");
    }
}
