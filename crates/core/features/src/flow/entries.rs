//! The entries of the table, one after the other. Adding a measure means one file and one entry.

use super::book::{BookTable, DepthShape, Spread};
use super::imbalance::{BookImbalance, LEVELS_MAX, OrderFlow};
use super::price::Microprice;
use super::sign::{BulkBars, Deviation, TradeSign};
use super::table::{Entry, Family, Kept, Spec, Stream};
use super::vpin::{Bucket, Split, Vpin};
use crate::measure::Measure;

const LEVELS: (i32, i32) = (1, LEVELS_MAX as i32);
const EVENTS: (i32, i32) = (1, 100_000);

fn kept(stream: impl Stream) -> Box<dyn Measure> {
    Box::new(Kept::new(stream))
}

pub(super) fn specs() -> Vec<Spec> {
    let mut specs = trades();
    specs.extend(book());
    specs.extend(flow());
    specs
}

fn trades() -> Vec<Spec> {
    vec![
        Entry::new("TRADE_SIGN", Family::Trades, "Who took the last trade, by each rule, and how often each is right")
            .source("Lee & Ready (1991), Journal of Finance 46; the tick test alone; the venue's word where it tells")
            .trades()
            .levels(1)
            .out(&[
                ("sign", "1 buy, -1 sell, 0 unknown"),
                ("lee_ready", "1, -1, 0"),
                ("tick", "1, -1, 0"),
                ("lee_ready_right", "share of trades"),
                ("tick_right", "share of trades"),
            ])
            .warm("at the first trade; `lee_ready` at the first trade after a book; the shares where the venue tells")
            .build(|_| kept(TradeSign::default())),
        Entry::new("BVC", Family::Trades, "The last finished bar, split into what buyers and what sellers took")
            .source("Easley, Lopez de Prado & O'Hara (2012), RFS 25, eq. 1: share = Phi(price change / its deviation)")
            .trades()
            .real("seconds", "Length of a bar; 0 makes each trade one", (0.0, 86_400.0), 60.0)
            .out(&[("share", "share bought"), ("bought", "base units"), ("sold", "base units")])
            .warm("after 12 bars: the deviation needs ten changes")
            .build(|it| kept(BulkBars::new(it[0]))),
        Entry::new("VPIN", Family::Trades, "The probability of informed trading in volume time, and how toxic that is")
            .source("Easley, Lopez de Prado & O'Hara (2012), RFS 25, eq. 4: sum of |buys - sells| over n buckets / volume")
            .trades()
            .whole("buckets", "Buckets in the mean", (1, 10_000), 50)
            .real("volume", "Base units of a bucket; 0 makes it 50 trades of mean size", (0.0, 1e18), 0.0)
            .real("seconds", "Length of the bars that are split; 0 splits each trade", (0.0, 86_400.0), 1.0)
            .choice(
                "split",
                "By the bars' price change, or by the sign of each trade (then `seconds` plays no part)",
                &[(0, "BULK"), (1, "SIGN")],
            )
            .levels(1)
            .out(&[
                ("vpin", "0 to 1"),
                ("rank", "share of former values that were lower"),
                ("level", "0 normal, 1 cautious (rank 0.80), 2 defensive (0.95), 3 exit (0.99)"),
                ("plain_level", "0 normal, 1 cautious (0.2), 2 defensive (0.3), 3 exit (0.4)"),
                ("filled", "share of the open bucket"),
            ])
            .warm("after `buckets` buckets; `rank` and `level` after 100 values more")
            .build(|it| {
                let bucket = if it[1] > 0.0 { Bucket::Volume(it[1]) } else { Bucket::Trades(50.0) };
                let split =
                    if it[3] == 0.0 { Split::Bulk(it[2], Deviation::Running) } else { Split::Sign };
                kept(Vpin::new(it[0] as usize, bucket, split))
            }),
    ]
}

fn book() -> Vec<Spec> {
    vec![
        Entry::new("SPREAD", Family::Book, "Ask less bid, and how wide that is for this instrument")
            .source("spread / mid; mean with exponential weights over messages; rank among all spreads before")
            .real("half_life", "Messages in which a weight halves", (1.0, 1e9), 1000.0)
            .levels(1)
            .out(&[("spread", "quote currency"), ("bps", "of the mid"), ("mean_bps", "of the mid"), ("rank", "share of former spreads that were narrower")])
            .warm("at the first book; `rank` at the second")
            .build(|it| kept(Spread::new(it[0]))),
        Entry::new("DEPTH", Family::Book, "What rests, and how fast it grows with the distance from the mid")
            .source("slope of cumulated size on distance, least squares through the mid; after Naes & Skjeltorp (2006)")
            .whole("levels", "Levels of each side", LEVELS, 10)
            .levels_of_last()
            .window()
            .out(&[("bids", "base units"), ("asks", "base units"), ("bid_slope", "base units per bp"), ("ask_slope", "base units per bp")])
            .warm("at the first book")
            .build(|it| kept(DepthShape::new(it[0] as usize))),
        Entry::new("BOOK_TABLE", Family::Book, "Volume, mean size and volume-weighted price of each side")
            .source("sum(size), mean(size), sum(price * size) / sum(size)")
            .whole("levels", "Levels of each side", LEVELS, 10)
            .levels_of_last()
            .window()
            .out(&[
                ("bid_volume", "base units"),
                ("ask_volume", "base units"),
                ("bid_mean", "base units"),
                ("ask_mean", "base units"),
                ("bid_vwap", "quote currency"),
                ("ask_vwap", "quote currency"),
                ("ratio", "bid volume / ask volume"),
                ("vwap_spread", "quote currency"),
            ])
            .warm("at the first book")
            .build(|it| kept(BookTable::new(it[0] as usize))),
        Entry::new("BOOK_IMBALANCE", Family::Book, "Which side of the book weighs more")
            .source("(bids - asks) / (bids + asks): of all levels, with weights 1/level, and at the last level alone")
            .whole("levels", "Levels of each side", LEVELS, 5)
            .levels_of_last()
            .window()
            .out(&[("total", "-1 to 1"), ("weighted", "-1 to 1"), ("at_level", "-1 to 1")])
            .warm("at the first book; an empty side counts as nothing, two of them are silent")
            .build(|it| kept(BookImbalance::new(it[0] as usize))),
        Entry::new("MICROPRICE", Family::Book, "The mid weighted by the sizes of the other side, and how it moves")
            .source("(bid * ask size + ask * bid size) / (sum of sizes); momentum: mean change over the lookback")
            .whole("lookback", "Messages over which the mean change is taken", EVENTS, 100)
            .levels(1)
            .out(&[("price", "quote currency"), ("lean", "spreads above the mid"), ("momentum", "quote currency per message")])
            .warm("at the first book; `momentum` after `lookback` more")
            .build(|it| kept(Microprice::new(it[0] as usize))),
    ]
}

fn flow() -> Vec<Spec> {
    vec![
        Entry::new("OFI", Family::Flow, "Order-flow imbalance at one level, over the last messages")
            .source("Cont, Kukanov & Stoikov (2014), Journal of Financial Econometrics 12, eq. 4 and 5")
            .whole("messages", "Messages in the sum", EVENTS, 100)
            .whole("level", "The level, 1 being the touch", LEVELS, 1)
            .levels_of_last()
            .out(&[("ofi", "base units"), ("scaled", "mean sizes of the level"), ("last", "base units of the last message")])
            .warm("after `messages` + 1 books; `last` at the second")
            .build(|it| {
                let level = it[1] as usize;
                kept(OrderFlow::new(it[0] as usize, level - 1, level))
            }),
        Entry::new("MLOFI", Family::Flow, "Order-flow imbalance summed over levels, over the last messages")
            .source("Xu, Gould & Howison (2018), arXiv 1907.06230; scaled by depth as in Cont, Cucuringu & Zhang (2023)")
            .whole("messages", "Messages in the sum", EVENTS, 100)
            .whole("levels", "Levels of each side", LEVELS, 10)
            .levels_of_last()
            .window()
            .out(&[("ofi", "base units"), ("scaled", "mean sizes of a level, a level"), ("last", "base units of the last message")])
            .warm("after `messages` + 1 books; `last` at the second")
            .build(|it| kept(OrderFlow::new(it[0] as usize, 0, it[1] as usize))),
    ]
}
