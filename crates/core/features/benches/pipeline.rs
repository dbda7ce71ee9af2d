//! What an event costs: the vector of more than 100 values on a trade, a book, a bar, by percentile; 150 indicators on a bar.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a bench: it measures time")]
#![allow(missing_docs, reason = "a bench")]

use scalp_features::importance::Moment;
use scalp_features::measure::{Depth, Level, Print};
use scalp_features::{BarRow, Importance, Latest, Pipeline, Schema, Sources};
use scalp_indicators::{Family, catalogue};
use scalp_types::{InstrumentId, Side};
use std::hint::black_box;
use std::time::Instant;

fn show(what: &str, mut spans: Vec<u128>) {
    spans.sort_unstable();
    let at = |share: usize| spans[(spans.len() - 1) * share / 1000];
    println!("{what:<60} p50 {:>6} ns  p99 {:>6} ns  p99.9 {:>6} ns", at(500), at(990), at(999));
}

/// The mean of a thousand, by percentile: one alone is over before the clock has moved.
fn each(what: &str, mut run: impl FnMut(usize)) {
    let thousand = |round: usize| {
        let clock = Instant::now();
        (0..1_000).for_each(|n| run(round * 1_000 + n));
        clock.elapsed().as_nanos() / 1_000
    };
    show(what, (0..500).map(thousand).collect());
}

/// What is kept of 500 instruments, and a decision weighed by what came after.
fn kept() {
    let schema = Schema::parse("SCHEMA:full@1", &Sources::market(10)).unwrap();
    let mut pipeline = Pipeline::new(&schema);
    let (count, width) = (500, schema.len());
    let mut latest = Latest::new(&schema, count);
    let id = |n: usize| InstrumentId((n * 7 % count) as u16);
    for n in 0..300_i64 {
        let close = 100.0 + (n * n % 17) as f64;
        let (open_at, values) = (n * 60_000_000_000, [close, close + 1.0, close - 1.0, close, 5.0]);
        pipeline.on_bar(&BarRow { open_at, close_at: open_at + 60_000_000_000, values: &values }).unwrap();
    }
    (0..count).for_each(|n| latest.keep(id(n), &pipeline.vector()).unwrap());
    let titles = schema.titles();
    let vector = pipeline.vector();
    each(&format!("a vector of {width} values is kept"), |n| latest.keep(id(n), &vector).unwrap());
    each("the last vector of one of 500 instruments", |n| {
        black_box(latest.of(id(n)).unwrap().raw());
    });
    each("one of its values by name", |n| {
        black_box(latest.of(id(n)).unwrap().named(&titles[n % width]));
    });
    for features in [5, 64] {
        let mut importance = Importance::new(features, 10, 1_000.0).unwrap();
        let values: Vec<Option<f64>> = (0..features).map(|it| Some(it as f64)).collect();
        each(&format!("a decision by {features} features, joined with its outcome"), |n| {
            let moment = Moment { open_at: n as i64, known_at: n as i64 + 1, is_of_trades: false };
            importance.on_decision(
                100.0 + (n % 13) as f64,
                moment,
                &values,
                (n % 9 == 0).then_some(Side::Buy),
            );
        });
    }
}

/// Numbers from 0 to 1.
struct Random(u64);

impl Random {
    fn next(&mut self) -> f64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// The vector of a schema over three thousand minutes of trades, books and bars.
fn vector(name: &str) {
    let schema = Schema::parse(name, &Sources::market(10)).unwrap();
    let mut pipeline = Pipeline::new(&schema);
    let (mut trades, mut books, mut bars) = (Vec::new(), Vec::new(), Vec::new());
    let mut random = Random(88_172_645_463_325_252);
    let mut random = || random.next();
    let mut price = 100.0;
    for minute in 0..3_000_i64 {
        let start = minute * 60_000_000_000;
        for part in 0..20 {
            price *= 1.0 + 0.0005 * (random() - 0.5);
            let at = start + part * 2_900_000_000;
            let mut side = |sign: f64| {
                std::array::from_fn::<Level, 10, _>(|n| Level {
                    price: price + sign * 0.01 * (n as f64 + 1.0),
                    size: 1.0 + random(),
                })
            };
            let (bids, asks) = (side(-1.0), side(1.0));
            let clock = Instant::now();
            // A vector that reads no book refuses it.
            if pipeline.on_book(&Depth { at, bids: &bids, asks: &asks, changes: &[] }).is_ok() {
                black_box(pipeline.vector().raw());
                books.push(clock.elapsed().as_nanos());
            }
            let aggressor = Some(if random() < 0.5 { Side::Buy } else { Side::Sell });
            let print = Print { at, price, size: 0.1 + random(), aggressor };
            let clock = Instant::now();
            pipeline.on_trade(&print).unwrap();
            black_box(pipeline.vector().raw());
            trades.push(clock.elapsed().as_nanos());
        }
        let values = [price, price * 1.001, price * 0.999, price * 1.0005, 10.0 + random()];
        let clock = Instant::now();
        let row = BarRow { open_at: start, close_at: start + 60_000_000_000, values: &values };
        if pipeline.on_bar(&row).is_ok() {
            black_box(pipeline.vector().raw());
            bars.push(clock.elapsed().as_nanos());
        }
    }
    let width = schema.len();
    for (what, mut spans, warm) in [("trade", trades, 20_000), ("book", books, 20_000), ("bar", bars, 1_000)]
    {
        if !spans.is_empty() {
            show(&format!("{name}, {width} values, a {what} and the vector"), spans.split_off(warm));
        }
    }
}

fn main() {
    kept();
    vector("SCHEMA:tick@1");
    vector("SCHEMA:full@1");
    let (mut price, mut random) = (100.0, Random(88_172_645_463_325_252));
    let mut random = || random.next();
    let reads_bar = |it: &&scalp_indicators::Spec| {
        let known = ["open", "high", "low", "close", "volume"];
        it.inputs.iter().all(|it| known.contains(&it.column)) && it.family != Family::Transform
    };
    let list: Vec<&str> = catalogue()
        .iter()
        .filter(reads_bar)
        .map(|it| it.name)
        .filter(|it| !matches!(*it, "VOLUME_PROFILE" | "HURST"))
        .take(150)
        .collect();
    let schema = Schema::of_items(&list, &Sources::bars()).unwrap();
    let mut pipeline = Pipeline::new(&schema);
    let mut spans = Vec::new();
    for minute in 0..20_000_i64 {
        price *= 1.0 + 0.002 * (random() - 0.5);
        let values = [price, price * 1.001, price * 0.999, price * 1.0005, 10.0 + random()];
        let open_at = minute * 60_000_000_000;
        let clock = Instant::now();
        pipeline.on_bar(&BarRow { open_at, close_at: open_at + 60_000_000_000, values: &values }).unwrap();
        black_box(pipeline.vector().raw());
        spans.push(clock.elapsed().as_nanos());
    }
    show(
        &format!("{} indicators, {} values, a bar and the vector", list.len(), schema.len()),
        spans.split_off(2_000),
    );
}
