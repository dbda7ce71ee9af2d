//! The features that rules read: a list of texts built once; closed bars, trades and books in; a value or silence for each.
//!
//! This is the one file that knows who computes features: the pipeline of `scalp-features`, over the bars, trades and book of
//! one instrument, and the patterns of `scalp-indicators`. Rules read them when a bar closes.
//!
//! An indicator cannot be written down, and a recursive one depends on every bar before. So the bars themselves are kept, up to
//! [`BARS_MAX`], and put away with the strategy; what comes back takes them in again and is the same to the last bit. After more
//! bars than that everything goes on, but putting the strategy away is refused. So it is where a feature reads trades or
//! the book, which are not kept.

use crate::sizing::PriceScale;
use scalp_features::flow;
use scalp_features::measure::{Depth, Level as Resting, Print};
use scalp_features::{BarRow, Error, Pipeline, Schema, Sources, entry};
use scalp_indicators::patterns::{self, table};
use scalp_indicators::{Request, catalogue, nearest};
use scalp_market::InstrumentMarket;
use scalp_types::{Bar, Instrument, Level, Price, Qty, Span, StateHash, Timestamp, Trade};
use serde::{Deserialize, Serialize, Serializer};

/// A strategy that has seen more bars cannot be put away: 56 bytes each are kept until then.
pub const BARS_MAX: usize = 1_000_000;
/// Levels a side of the book that features may look at.
pub const LEVELS_MAX: usize = 50;

const COLUMNS: [&str; 5] = ["open", "high", "low", "close", "volume"];
const HIGH: usize = 1;
const LOW: usize = 2;
const CLOSE: usize = 3;
const VOLUME: usize = 4;

/// Exact becomes belief: prices in quote coins, volume in units of the instrument.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
struct Scale {
    price: PriceScale,
    lot: f64,
    lots: f64,
}

impl Scale {
    fn of(instrument: &Instrument) -> Self {
        let lot = instrument.spec.lot.normalize();
        let lots = (0..lot.scale()).fold(1.0, |power, _| power * 10.0);
        Self { price: PriceScale::of(instrument), lot: lot.mantissa() as f64, lots }
    }

    fn size(&self, qty: Qty) -> f64 {
        qty.get() as f64 * self.lot / self.lots
    }

    fn row(&self, bar: &Kept) -> [f64; 5] {
        let [open, high, low, close] = bar.prices.map(|it| self.price.to_f64(it));
        [open, high, low, close, self.size(bar.volume)]
    }

    fn level(&self, level: Level) -> Resting {
        Resting { price: self.price.to_f64(level.price), size: self.size(level.qty) }
    }
}

/// A bar as it is kept: open, high, low, close, and volume.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
struct Kept {
    open_at: Timestamp,
    span: Span,
    prices: [Price; 4],
    volume: Qty,
}

/// Where a value comes from.
#[derive(Debug, Clone, Copy)]
enum Source {
    Pipeline(usize),
    Pattern(usize),
}

/// The features of a list, and what they said of the last two bars.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "Stored")]
pub struct Items {
    texts: Vec<String>,
    scale: Scale,
    sources: Vec<Source>,
    pipeline: Option<Pipeline>,
    /// Levels a side that the pipeline looks at.
    levels: usize,
    reads_flow: bool,
    bids: Vec<Resting>,
    asks: Vec<Resting>,
    patterns: Vec<patterns::Signal>,
    now: Vec<Option<f64>>,
    before: Vec<Option<f64>>,
    bars: u64,
    /// Trades and books taken in.
    flow: u64,
    path: StateHash,
    kept: Vec<Kept>,
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
    /// Builds the features that `texts` name, for the bars, trades and book of `instrument`.
    pub fn build(texts: Vec<String>, instrument: &Instrument) -> Result<Self, Unbuilt> {
        Self::with_scale(texts, Scale::of(instrument))
    }

    fn with_scale(texts: Vec<String>, scale: Scale) -> Result<Self, Unbuilt> {
        let market = Sources::market(LEVELS_MAX);
        let (mut sources, mut computed, mut built) = (Vec::new(), Vec::new(), Vec::new());
        for (place, text) in texts.iter().enumerate() {
            sources.push(match one(text, &market).map_err(|why| Unbuilt { place, why })? {
                Some(pattern) => {
                    built.push(pattern);
                    Source::Pattern(built.len() - 1)
                }
                None => {
                    computed.push(text.as_str());
                    Source::Pipeline(computed.len() - 1)
                }
            });
        }
        let schema = match computed[..] {
            [] => None,
            _ => Some(
                Schema::of_items(&computed, &market)
                    .map_err(|error| Unbuilt { place: 0, why: error.to_string() })?,
            ),
        };
        let levels = schema.as_ref().map_or(0, Schema::levels).min(LEVELS_MAX);
        let silent = vec![None; texts.len()];
        Ok(Self {
            sources,
            pipeline: schema.as_ref().map(Pipeline::new),
            levels,
            reads_flow: schema.as_ref().is_some_and(Schema::reads_flow),
            bids: Vec::with_capacity(levels.max(1)),
            asks: Vec::with_capacity(levels.max(1)),
            patterns: built,
            now: silent.clone(),
            before: silent,
            bars: 0,
            flow: 0,
            path: StateHash::default(),
            kept: Vec::new(),
            scale,
            texts,
        })
    }

    /// Whether a feature reads trades or the book.
    pub const fn reads_flow(&self) -> bool {
        self.reads_flow
    }

    /// Takes a closed bar in. Bars in which a feature cannot be computed leave it silent.
    pub fn push(&mut self, bar: &Bar) {
        let prices = [bar.open, bar.high, bar.low, bar.close];
        let bar = Kept { open_at: bar.open_at, span: bar.span, prices, volume: bar.volume };
        if self.kept.is_empty() {
            // At once, so that no later bar has to make room.
            self.kept.reserve_exact(BARS_MAX);
        }
        if self.kept.len() < BARS_MAX {
            self.kept.push(bar);
        }
        self.take_in(&bar);
    }

    fn take_in(&mut self, bar: &Kept) {
        self.bars += 1;
        bar.prices.iter().for_each(|it| self.path.absorb_signed(it.get()));
        self.path.absorb_signed(bar.volume.get());
        self.path.absorb_signed(bar.open_at.nanos());
        let row = self.scale.row(bar);
        std::mem::swap(&mut self.now, &mut self.before);
        let shown = self.pipeline.as_mut().is_none_or(|pipeline| {
            let close_at = bar.open_at.saturating_add(bar.span).nanos();
            pipeline.on_bar(&BarRow { open_at: bar.open_at.nanos(), close_at, values: &row }).is_ok()
        });
        let shape = patterns::Bar { high: row[HIGH], low: row[LOW], close: row[CLOSE], volume: row[VOLUME] };
        for (value, source) in self.now.iter_mut().zip(&self.sources) {
            *value = match *source {
                // A bar that the pipeline refuses, as it starts before the last, says nothing.
                Source::Pipeline(place) => {
                    self.pipeline.as_ref().filter(|_| shown).and_then(|it| it.get(place))
                }
                Source::Pattern(place) => self.patterns[place].push(&shape).ok().flatten(),
            };
        }
    }

    /// Takes a trade in, where a feature reads them. `at` is the venue's time.
    pub fn on_trade(&mut self, trade: &Trade, at: Timestamp) {
        let Some(pipeline) = self.pipeline.as_mut().filter(|_| self.reads_flow) else { return };
        let (price, size) = (self.scale.price.to_f64(trade.price), self.scale.size(trade.qty));
        // What is not sound changes nothing, by the pipeline's own rule.
        let _ = pipeline.on_trade(&Print { at: at.nanos(), price, size, aggressor: Some(trade.taker) });
        self.flow += 1;
    }

    /// Takes in what the book is now, where a feature reads it: as many levels as features look at, or the best prices of a
    /// feed without a book. Which levels changed is not told, so measures of queues and cancels stay silent.
    pub fn on_book(&mut self, market: &InstrumentMarket, at: Timestamp) {
        if !self.reads_flow || self.levels == 0 {
            return;
        }
        let Some(pipeline) = &mut self.pipeline else { return };
        self.bids.clear();
        self.asks.clear();
        if market.has_depth {
            self.bids.extend(market.book.bids().take(self.levels).map(|it| self.scale.level(it)));
            self.asks.extend(market.book.asks().take(self.levels).map(|it| self.scale.level(it)));
        } else if let Some(quote) = market.quote {
            self.bids.push(self.scale.level(quote.bid));
            self.asks.push(self.scale.level(quote.ask));
        }
        let depth = Depth { at: at.nanos(), bids: &self.bids, asks: &self.asks, changes: &[] };
        // What is not sound, a crossed book for one, changes nothing.
        let _ = pipeline.on_book(&depth);
        self.flow += 1;
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
    }
}

/// Checks that `text` is one value: a pattern, or `None` for what the pipeline computes.
fn one(text: &str, market: &Sources) -> Result<Option<patterns::Signal>, String> {
    if let Ok(request) = Request::parse(text)
        && table().iter().any(|it| it.name.eq_ignore_ascii_case(&request.name))
    {
        return patterns::Signal::build(&request).map(Some).map_err(|error| error.to_string());
    }
    let schema = Schema::of_items(&[text], market).map_err(|error| match error {
        Error::UnknownName { name, .. } => format!("unknown feature {name:?}{}", near(&name)),
        other => other.to_string(),
    })?;
    if schema.len() > 1 {
        let outputs: Vec<&str> =
            schema.titles().iter().map(|it| it.rsplit('.').next().unwrap_or_default()).collect();
        let names = outputs.join(", ");
        return Err(format!("{text} has several outputs: name one of {names} after a full stop"));
    }
    Ok(None)
}

/// The name that may have been meant.
fn near(name: &str) -> impl std::fmt::Display {
    let indicators = catalogue().iter().map(|it| it.name);
    let measures = flow::catalogue().iter().map(|it| it.name);
    let entries = entry::ENTRIES.iter().map(|it| it.name);
    let patterns = table().iter().map(|it| it.name);
    let all = indicators.chain(measures).chain(entries).chain(patterns);
    nearest(name, all.chain(COLUMNS).chain(super::parse::CROSSINGS))
}

/// What was built from the same texts and has seen the same is the same.
impl PartialEq for Items {
    fn eq(&self, other: &Self) -> bool {
        let of = |it: &Self| (it.bars, it.flow, it.path, it.scale);
        of(self) == of(other) && self.texts == other.texts && self.kept == other.kept
    }
}

/// As it is put away.
#[derive(Deserialize)]
struct Stored {
    texts: Vec<String>,
    scale: Scale,
    kept: Vec<Kept>,
}

impl Serialize for Items {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Lent<'a> {
            texts: &'a [String],
            scale: Scale,
            kept: &'a [Kept],
        }
        let why = if self.bars > self.kept.len() as u64 {
            format!("has seen {} bars and can be put away with {BARS_MAX} at most", self.bars)
        } else if self.flow > 0 {
            "reads trades or the book, which are not kept, and cannot be put away".to_owned()
        } else {
            return Lent { texts: &self.texts, scale: self.scale, kept: &self.kept }.serialize(serializer);
        };
        let remedy = "replay the run from the start of its journal";
        Err(serde::ser::Error::custom(format!("the strategy signal {why}; {remedy}")))
    }
}

impl TryFrom<Stored> for Items {
    type Error = String;

    fn try_from(stored: Stored) -> Result<Self, String> {
        if stored.kept.len() > BARS_MAX {
            return Err(format!("at most {BARS_MAX} bars are kept, got {}", stored.kept.len()));
        }
        let mut items = Self::with_scale(stored.texts, stored.scale).map_err(|it| it.why)?;
        items.kept.reserve_exact(BARS_MAX);
        for bar in &stored.kept {
            items.kept.push(*bar);
            items.take_in(bar);
        }
        Ok(items)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::instrument;
    use scalp_indicators::{Schema, Set};
    use scalp_types::{InstrumentId, MarketBody, MarketEvent, Quote, Side, TradeId};

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
        Items::build(texts, &instrument("0.1", "0.001")).unwrap()
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

    #[test]
    fn measures_of_trades_and_books_are_fed_and_not_put_away() {
        let mut items = items(&["TRADE_FLOW(60).count", "MICROPRICE(100).price", "close"]);
        assert!(items.reads_flow());
        let mut market = scalp_market::Market::new(&crate::fixtures::instruments(&["A"]));
        let level = |price, qty| Level { price: Price::new(price), qty: Qty::new(qty) };
        let body = MarketBody::Quote(Quote { id: 0, bid: level(600_000, 30), ask: level(600_010, 10) });
        let at = Timestamp::from_nanos(5);
        market.on_event(&MarketEvent { instrument: InstrumentId(0), exchange_at: at, arrived_at: at, body });
        items.on_book(market.state(InstrumentId(0)), at);
        for n in 0..100 {
            let taker = if n % 4 == 0 { Side::Sell } else { Side::Buy };
            let trade = Trade { id: TradeId(n), price: Price::new(600_000), qty: Qty::new(5), taker };
            items.on_trade(&trade, at);
        }
        items.push(&bar(1));
        let near = |place: usize, b: f64| items.now()[place].is_some_and(|it| (it / b - 1.0).abs() < 1e-12);
        assert!(near(0, 0.5), "25 sold and 75 bought: {:?}", items.now());
        assert!(near(1, 60_000.75), "three quarters of the way to the thinner side: {:?}", items.now());
        let refused = serde_json::to_string(&items).unwrap_err().to_string();
        assert!(refused.contains("reads trades or the book"), "{refused}");
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
        assert!(refused.contains("has seen 1000001 bars") && refused.contains("replay the run"), "{refused}");
    }

    #[test]
    fn what_was_put_away_and_damaged_is_refused() {
        let text = serde_json::to_string(&items(&["RSI(14)"])).unwrap();
        assert!(serde_json::from_str::<Items>(&text).is_ok());
        let damaged = serde_json::from_str::<Items>(&text.replace("RSI", "XYZ")).unwrap_err().to_string();
        assert!(damaged.contains("unknown feature"), "{damaged}");
    }
}
