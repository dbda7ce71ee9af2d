//! Sizes such as 0.3 are no binary fractions, and what is left of 0.8 after 0.3 is not exactly 0.5. A market of such sizes and
//! the same market counted in whole lots are one market.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "tests only")]
#![allow(clippy::float_cmp, reason = "whole numbers")]

use scalp_features::flow::{self, Built};
use scalp_features::measure::{Change, Depth, Level, Print};
use scalp_indicators::Request;
use scalp_types::Side;
use scalp_types::rng::Stream;

/// Levels of a side.
const LEVELS: usize = 12;

/// Sizes in lots. A message is a trade through one to three levels, the book after it, levels that are taken back, or levels
/// that are put in.
struct Market {
    stream: Stream,
    at: i64,
    lots: [[u32; LEVELS]; 2],
}

enum Told {
    Trade { side: Side, price: f64, lots: u32 },
    Book { changes: Vec<(Side, f64, u32, u32)> },
}

fn price(side: Side, level: usize) -> f64 {
    let ticks = match side {
        Side::Buy => 600_000 - 1 - level as i32,
        Side::Sell => 600_000 + 1 + level as i32,
    };
    f64::from(ticks) / 10.0
}

impl Market {
    fn next(&mut self, told: &mut Vec<(i64, Told)>) {
        told.clear();
        self.at += 1 + (self.stream.exponential() * 5e7) as i64;
        let side = if self.stream.uniform() < 0.5 { Side::Buy } else { Side::Sell };
        let book = &mut self.lots[usize::from(side == Side::Sell)];
        let mut changes = Vec::new();
        let mut set = |level: usize, lots: u32| {
            let before = std::mem::replace(&mut book[level], lots);
            (before != lots).then(|| changes.push((side, price(side, level), before, lots)));
            before
        };
        let draw = self.stream.uniform();
        if draw < 0.4 {
            // Down to what lies on the last level that it meets.
            for level in 0..=self.stream.below(3) as usize {
                let before = set(level, 0);
                let rest = if before > 1 { self.stream.below(u64::from(before)) as u32 } else { 0 };
                set(level, rest);
                if before > rest {
                    let lots = before - rest;
                    told.push((self.at, Told::Trade { side, price: price(side, level), lots }));
                }
            }
        } else {
            for _ in 0..1 + self.stream.below(4) {
                let level = self.stream.below(LEVELS as u64) as usize;
                set(level, self.stream.below(30) as u32);
            }
        }
        // What went from twelve to none to five is one change from twelve to five.
        changes.sort_by(|a, b| a.1.total_cmp(&b.1));
        let mut merged: Vec<(Side, f64, u32, u32)> = Vec::new();
        for it in changes {
            match merged.last_mut() {
                Some(last) if last.1.to_bits() == it.1.to_bits() => last.3 = it.3,
                _ => merged.push(it),
            }
        }
        merged.retain(|it| it.2 != it.3);
        told.push((self.at, Told::Book { changes: merged }));
    }
}

/// What one message tells, with sizes of so many lots to a unit.
fn feed(all: &mut [Built], at: i64, told: &Told, lots: &[[u32; LEVELS]; 2], to_a_unit: f64) {
    let size = |lots: u32| f64::from(lots) / to_a_unit;
    match *told {
        Told::Trade { side, price, lots } => {
            let aggressor = Some(side.opposite());
            let print = Print { at, price, size: size(lots), aggressor };
            all.iter_mut().for_each(|it| it.measure.on_trade(&print));
        }
        Told::Book { ref changes } => {
            let side = |side: Side| -> Vec<Level> {
                let lots = lots[usize::from(side == Side::Sell)].iter().enumerate();
                lots.filter(|it| *it.1 > 0)
                    .map(|(level, it)| Level { price: price(side, level), size: size(*it) })
                    .collect()
            };
            let changes: Vec<Change> = changes
                .iter()
                .map(|&(side, price, before, after)| Change {
                    side,
                    level: Level { price, size: size(after) },
                    before: size(before),
                })
                .collect();
            let (bids, asks) = (side(Side::Buy), side(Side::Sell));
            let book = Depth { at, bids: &bids, asks: &asks, changes: &changes };
            all.iter_mut().for_each(|it| it.measure.on_book(&book));
        }
    }
}

/// The measures and alarms of the book whose values do not go by bins of sizes.
#[test]
fn a_market_of_decimals_is_that_of_lots() {
    let names = [
        "CANCELS(1)",
        "CANCELS(0.1)",
        "QUEUE(1)",
        "OFI(20)",
        "OFI(5,3)",
        "MLOFI(20,5)",
        "BOOK_IMBALANCE(5)",
        "DEPTH(5)",
        "BOOK_TABLE(5)",
        "MICROPRICE(5)",
        "TRADE_FLOW(5)",
        "RATE(1)",
        "QUOTE_STUFFING",
    ];
    let build = || names.map(|it| flow::build(&Request::parse(it).unwrap()).unwrap());
    for (seed, to_a_unit) in [(1, 10.0), (2, 1000.0), (3, 3.0)] {
        let mut market = Market { stream: Stream::named(seed, "decimals"), at: 0, lots: [[20; LEVELS]; 2] };
        let (mut decimals, mut whole) = (build(), build());
        let (mut told, mut out) = (Vec::new(), [vec![], vec![]]);
        for message in 0..20_000 {
            market.next(&mut told);
            for (at, it) in &told {
                feed(&mut decimals, *at, it, &market.lots, to_a_unit);
                feed(&mut whole, *at, it, &market.lots, 1.0);
            }
            for (a, b) in decimals.iter().zip(&whole) {
                for (out, built) in out.iter_mut().zip([a, b]) {
                    out.resize(built.spec.outputs.len(), f64::NAN);
                    built.measure.write(out);
                }
                for ((got, want), output) in out[0].iter().zip(&out[1]).zip(&a.spec.outputs) {
                    let of_size = output.unit.starts_with("base units");
                    let want = if of_size { want / to_a_unit } else { *want };
                    let is_one = (got - want).abs() <= 1e-9 * want.abs().max(1.0);
                    let is_told = got.is_nan() && want.is_nan() || is_one;
                    assert!(is_told, "{a}.{} in message {message}: {got} for {want}", output.name);
                }
            }
        }
    }
}

/// Ten lots of a tenth fill a bucket of one, with the trade that ten whole ones fill it with, also after trades of thousands of
/// buckets, whose own rounding is more than that of a bucket; and what is 0.4 of lots is 0.4 of tenths,
/// and has its rank.
#[test]
fn a_bucket_of_decimals_is_full_when_that_of_lots_is() {
    for (to_a_unit, volume) in [(10.0, 50_u32), (1000.0, 77), (3.0, 12), (1000.0, 8)] {
        let build =
            |volume: f64| flow::build(&Request::parse(&format!("VPIN(5,{volume},1,SIGN)")).unwrap()).unwrap();
        let mut decimals = build(f64::from(volume) / to_a_unit);
        let mut whole = build(f64::from(volume));
        let mut stream = Stream::named(9, "buckets");
        let (mut out, mut full, mut limits) = ([[f64::NAN; 5]; 2], 0, 0);
        for trade in 0..20_000 {
            let is_large = trade > 10_000 && stream.uniform() < 0.01;
            let lots = 1 + stream.below(if is_large { 500_000 } else { 9 }) as u32;
            let aggressor = Some(if stream.uniform() < 0.6 { Side::Buy } else { Side::Sell });
            for (it, unit) in [(&mut decimals, to_a_unit), (&mut whole, 1.0)] {
                let print = Print { at: trade, price: 100.0, size: f64::from(lots) / unit, aggressor };
                it.measure.on_trade(&print);
            }
            decimals.measure.write(&mut out[0]);
            whole.measure.write(&mut out[1]);
            full += u32::from(out[1][4] < 1e-9);
            limits += u32::from([0.2, 0.3, 0.4].iter().any(|it| (out[1][0] - it).abs() < 1e-9));
            for at in [0, 1, 2, 3, 4] {
                let (got, want) = (out[0][at], out[1][at]);
                let is_one = got.is_nan() && want.is_nan() || (got - want).abs() < 1e-9;
                assert!(is_one, "trade {trade} of {to_a_unit} to a unit, output {at}: {got} for {want}");
            }
        }
        assert!(full > 100 && limits > 10, "{full} {limits}");
    }
}

/// Only trades take sizes off: nothing is taken back, whatever the sizes are written in.
#[test]
fn what_is_only_traded_is_not_taken_back() {
    for to_a_unit in [1.0, 10.0, 100.0, 3.0, 7e6] {
        let mut cancels = [flow::build(&Request::parse("CANCELS(1)").unwrap()).unwrap()];
        let mut out = [f64::NAN; 6];
        for message in 0..3000_u32 {
            let at = i64::from(message) * 10_000_000;
            // A sweep through forty prices, and a book that is filled again.
            let (before, after) = (8 + message % 5, 3 + message % 4);
            let level = |i: usize| price(Side::Buy, i);
            let pieces = [1, before - after - 1];
            for i in 0..40 {
                for lots in pieces.into_iter().filter(|it| *it > 0) {
                    let it = Told::Trade { side: Side::Buy, price: level(i), lots };
                    feed(&mut cancels, at, &it, &[[1; LEVELS]; 2], to_a_unit);
                }
            }
            for (from, to) in [(before, after), (after, before)] {
                let changes = (0..40).map(|i| (Side::Buy, level(i), from, to)).collect();
                feed(&mut cancels, at + 1, &Told::Book { changes }, &[[1; LEVELS]; 2], to_a_unit);
            }
            cancels[0].measure.write(&mut out);
            assert!(out[0].is_nan() || out[0].abs() < 1e-12, "{to_a_unit}: {} levels a second", out[0]);
            assert!(out[3].is_nan() || out[3].abs() < 1e-12, "{to_a_unit}: a share of {}", out[3]);
        }
        assert!(out[0].is_finite() && out[3].is_finite(), "{out:?}");
    }
}
