//! Level updates, snapshot loads and tape events on recorded data, beside a BTreeMap and a HashMap book.
#![allow(missing_docs, clippy::unwrap_used)]
#![allow(clippy::disallowed_types, clippy::disallowed_methods, reason = "the slower twins, and the files")]

#[path = "../tests/common/recorded.rs"]
mod recorded;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use recorded::Message;
use scalp_market::{BarRule, Bars, Book, BookConfig, Levels, Market, OrderBook, OrderBookConfig};
use scalp_types::{
    BookAction, BookOrder, Contract, Depth, DepthKind, InstrumentId, InstrumentSpec, Instruments, Level,
    MarketBody, MarketEvent, Price, Qty, Side, Timestamp, Trade,
};
use std::collections::{BTreeMap, HashMap};
use std::hint::black_box;

/// What every book here can do.
trait Replay: Default {
    fn set(&mut self, side: Side, price: i64, lots: i64);
    fn best(&self) -> (Option<i64>, Option<i64>);
}

struct Fast(Book);

impl Default for Fast {
    fn default() -> Self {
        Self(Book::new(BookConfig::default()))
    }
}

impl Replay for Fast {
    fn set(&mut self, side: Side, price: i64, lots: i64) {
        let level = Level { price: Price::new(price), qty: Qty::new(lots) };
        match side {
            Side::Buy => self.0.set_bid(level),
            Side::Sell => self.0.set_ask(level),
        };
    }
    fn best(&self) -> (Option<i64>, Option<i64>) {
        (self.0.best_bid_price().map(Price::get), self.0.best_ask_price().map(Price::get))
    }
}

#[derive(Default)]
struct Tree {
    bids: BTreeMap<i64, i64>,
    asks: BTreeMap<i64, i64>,
}

impl Replay for Tree {
    fn set(&mut self, side: Side, price: i64, lots: i64) {
        let map = if side == Side::Buy { &mut self.bids } else { &mut self.asks };
        if lots == 0 {
            map.remove(&price);
        } else {
            map.insert(price, lots);
        }
    }
    fn best(&self) -> (Option<i64>, Option<i64>) {
        (self.bids.last_key_value().map(|it| *it.0), self.asks.first_key_value().map(|it| *it.0))
    }
}

/// Hashed sizes with best pointers that walk tick by tick, with the standard library's hasher.
#[derive(Default)]
struct Hashed {
    bids: HashMap<i64, i64>,
    asks: HashMap<i64, i64>,
    best_bid: Option<i64>,
    best_ask: Option<i64>,
    lowest: i64,
    highest: i64,
}

impl Replay for Hashed {
    fn set(&mut self, side: Side, price: i64, lots: i64) {
        let (map, best, step) = match side {
            Side::Buy => (&mut self.bids, &mut self.best_bid, -1),
            Side::Sell => (&mut self.asks, &mut self.best_ask, 1),
        };
        if lots == 0 {
            map.remove(&price);
            if *best == Some(price) {
                let end = if step < 0 { self.lowest } else { self.highest };
                let mut at = price;
                *best = None;
                while at != end {
                    at += step;
                    if map.contains_key(&at) {
                        *best = Some(at);
                        break;
                    }
                }
            }
            return;
        }
        map.insert(price, lots);
        self.lowest = self.lowest.min(price);
        self.highest = self.highest.max(price);
        if best.is_none_or(|it| (price - it) * step < 0) {
            *best = Some(price);
        }
    }
    fn best(&self) -> (Option<i64>, Option<i64>) {
        (self.best_bid, self.best_ask)
    }
}

fn replay<B: Replay>(book: &mut B, updates: &[(Side, Level)]) -> i64 {
    let mut sum = 0_i64;
    for (side, level) in updates {
        book.set(*side, level.price.get(), level.qty.get());
        let (bid, ask) = book.best();
        sum = sum.wrapping_add(bid.unwrap_or(0)).wrapping_add(ask.unwrap_or(0));
    }
    sum
}

fn flat(messages: &[Message]) -> Vec<(Side, Level)> {
    let side = |levels: &[Level], side| levels.iter().map(|it| (side, *it)).collect::<Vec<_>>();
    messages.iter().flat_map(|it| [side(&it.bids, Side::Buy), side(&it.asks, Side::Sell)].concat()).collect()
}

/// Criterion prints elements per second; this prints nanoseconds per element beside it.
fn say(name: &str, count: usize, mut run: impl FnMut()) {
    run();
    let (mut best, rounds) = (f64::MAX, 9);
    for _ in 0..rounds {
        let start = std::time::Instant::now();
        run();
        best = best.min(start.elapsed().as_nanos() as f64 / count as f64);
    }
    println!("{name}: {best:.2} ns per element (best of {rounds} x {count})");
}

fn bench(criterion: &mut Criterion, group: &str, name: &str, count: usize, mut run: impl FnMut()) {
    say(&format!("{group}/{name}"), count, &mut run);
    let mut group = criterion.benchmark_group(group);
    group.throughput(Throughput::Elements(count as u64)).sample_size(20);
    group.bench_function(name, |it| it.iter(&mut run));
}

fn level_updates(criterion: &mut Criterion) {
    let capture = recorded::capture(recorded::USDM_BTC, recorded::USDM_BTC_GRID);
    let updates = flat(&capture.depth);
    let count = updates.len();
    let group = "level update with best read, USD-M BTCUSDT";
    let (mut fast, mut tree, mut hashed) = (Fast::default(), Tree::default(), Hashed::default());
    bench(criterion, group, "paged", count, || {
        black_box(replay(&mut fast, &updates));
    });
    bench(criterion, group, "btreemap", count, || {
        black_box(replay(&mut tree, &updates));
    });
    bench(criterion, group, "hashmap", count, || {
        black_box(replay(&mut hashed, &updates));
    });

    let group = "message apply, USD-M BTCUSDT";
    let mut book = Book::new(BookConfig::default());
    bench(criterion, group, "one book", count, || {
        for message in &capture.depth {
            book.apply(&message.depth());
            black_box((book.best_bid_price(), book.best_ask_price()));
        }
    });
    let mut books = [book.clone(), book.clone()];
    bench(criterion, group, "two books, each level twice", count, || {
        for message in &capture.depth {
            for book in &mut books {
                book.apply(&message.depth());
                black_box((book.best_bid_price(), book.best_ask_price()));
            }
        }
    });
    let mut market = market();
    bench(criterion, group, "through the market", count, || {
        for (at, message) in capture.depth.iter().enumerate() {
            black_box(market.on_event(&event(at as i64, MarketBody::Depth(message.depth()))));
        }
    });
    bench(criterion, "walk of the best 20 levels a side", "paged", 40, || {
        let sum = |levels: Levels<'_>| levels.take(20).map(|it| it.qty.get()).sum::<i64>();
        black_box(sum(book.bids()) + sum(book.asks()));
    });

    // Made beforehand: an event comes from a decoder or a mapped file, and is not built by the market.
    let body = |it: &Trade| MarketBody::Trade(*it);
    let tape: Vec<_> = capture.trades.iter().enumerate().map(|(at, it)| event(at as i64, body(it))).collect();
    bench(criterion, "tape, USD-M BTCUSDT", "trade", tape.len(), || {
        for event in &tape {
            black_box(market.on_event(event));
        }
    });
    bench(criterion, "tape, USD-M BTCUSDT", "trade, then a bar of 20", tape.len(), || {
        let mut bars = Bars::new(BarRule::Tick(20)).unwrap();
        for event in &tape {
            black_box(market.on_event(event));
            if let MarketBody::Trade(trade) = &event.body
                && let Some(bar) = bars.push(trade, event.exchange_at)
            {
                black_box(market.close_bar(event.instrument, &bar));
            }
        }
    });
}

fn event(at: i64, body: MarketBody<'_>) -> MarketEvent<'_> {
    let at = Timestamp::from_nanos(at);
    MarketEvent { instrument: InstrumentId(0), exchange_at: at, arrived_at: at, body }
}

fn market() -> Market {
    let spec = InstrumentSpec {
        venue: "binance-usdm".into(),
        symbol: "BTCUSDT".into(),
        contract: Contract::Linear,
        base: "BTC".into(),
        quote: "USDT".into(),
        tick: "0.1".parse().unwrap(),
        lot: "0.001".parse().unwrap(),
        ..InstrumentSpec::unlimited()
    };
    Market::new(&Instruments::new([spec]).unwrap())
}

fn batched(criterion: &mut Criterion) {
    let messages = recorded::xrp_500();
    let count = messages.iter().map(|it| it.bids.len() + it.asks.len()).sum();
    let mut book = Book::new(BookConfig::default());
    bench(criterion, "batched updates, XRPUSDT 500 levels", "paged", count, || {
        for message in &messages {
            book.apply(&message.depth());
            black_box((book.best_bid(), book.best_ask()));
        }
    });
}

fn snapshots(criterion: &mut Criterion) {
    let grid = recorded::Grid { price: 2, size: 8 };
    let value = recorded::json("book-snapshots-large/l2_snapshot.json.gz");
    let (bids, asks) = (recorded::levels(&value["bids"], grid), recorded::levels(&value["asks"], grid));
    let depth = Depth {
        kind: DepthKind::Snapshot,
        first_id: 0,
        last_id: 0,
        previous_id: 0,
        bids: &bids,
        asks: &asks,
    };
    let count = bids.len() + asks.len();
    // Coinbase resting bids reach from one cent to the touch: 6.5 million ticks.
    let mut book = Book::new(BookConfig { pages_max: 1 << 16 });
    let group = "snapshot load, Coinbase BTC-USD L2";
    bench(criterion, group, "paged", count, || book.apply(black_box(&depth)));
    let mut tree = Tree::default();
    bench(criterion, group, "btreemap", count, || {
        tree.bids.clear();
        tree.asks.clear();
        bids.iter().for_each(|it| tree.set(Side::Buy, it.price.get(), it.qty.get()));
        asks.iter().for_each(|it| tree.set(Side::Sell, it.price.get(), it.qty.get()));
    });

    let value = recorded::json("book-snapshots-large/l3_snapshot.json.gz");
    let mut orders = vec![];
    for (side, name) in [(Side::Buy, "bids"), (Side::Sell, "asks")] {
        for it in recorded::levels(&value[name], grid) {
            let id = orders.len() as u64 + 1;
            orders.push(BookOrder { action: BookAction::Add, id, side, price: it.price, qty: it.qty });
        }
    }
    let mut book = OrderBook::new(OrderBookConfig { pages_max: 1 << 16, ..OrderBookConfig::default() });
    bench(criterion, "order book load, Coinbase BTC-USD L3", "queues", orders.len(), || {
        book.clear();
        orders.iter().for_each(|it| book.apply(black_box(it)).unwrap());
    });
}

criterion_group!(benches, level_updates, batched, snapshots);
criterion_main!(benches);
