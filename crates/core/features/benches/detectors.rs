//! What the detectors find of episodes laid into recorded streams, and what they raise on the streams as they were.
//!
//! Limits of the books' detectors were chosen on the first stream of their table with seeds 1 to 5, those of wash trades on
//! SKYUSDT, those of the other detectors of trades on SKYUSDT and POLUSDT. What is marked as looked at was run while they were
//! chosen, with another seed; the rest was not, and no limit was changed after it was seen. Below each table stands what the
//! score could give with one limit for each stream that is chosen on all of it. Counted are alerts from level 2
//! on. Precision is that of a stream with so many episodes an hour; what an alert is worth where there are none is told by the
//! alarms on the stream as recorded.

#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::unwrap_used,
    reason = "a program of its own: files, times"
)]

#[path = "../tests/common/episodes.rs"]
mod episodes;
#[path = "../tests/common/tape.rs"]
mod tape;

use episodes::{Score, at_limits, laid, untouched, wilson, with_hindsight};
use scalp_features::detect::Kind;
use tape::Tape;

fn line(name: &str, score: &Score) {
    let interval = |k: u32, n: u32| {
        let (low, high) = wilson(k, n);
        let share = f64::from(k) / f64::from(n.max(1));
        format!("{k:>3}/{n:<3} {share:.2} [{low:.2}, {high:.2}]")
    };
    println!(
        "| {name:<44} | {} | {} | {:>5} in {:>5.2} h = {:>6.1}/h, {:>4.1} % of the time | {:>5.1} s |",
        interval(score.found, score.episodes),
        interval(score.right, score.incidents),
        score.false_alarms,
        score.hours,
        score.alarms_per_hour(),
        100.0 * score.loud_seconds / (3600.0 * score.hours),
        score.median_delay(),
    );
}

/// Of each stream the score that gives one alarm an hour and one in five hours, with hindsight, and who reaches it.
fn hindsight(kind: Kind, tapes: &[Tape], chosen: usize, seeds: &[u64], most: usize) {
    println!("\n{kind:?}, with a limit of each stream's own that is chosen with hindsight");
    println!("| stream | one alarm an hour: limit, recall | one in five hours: limit, recall |");
    for (i, tape) in tapes.iter().enumerate() {
        let seeds = if i < chosen { &[1, 2, 3, 4, 5] } else { seeds };
        let cells = [1.0, 0.2].map(|per_hour| {
            let it = with_hindsight(kind, tape, seeds, most, per_hour);
            let share = f64::from(it.found) / f64::from(it.episodes.max(1));
            format!("{:>5.2}, {:>3}/{:<3} {share:.2}", it.limit, it.found, it.episodes)
        });
        println!("| {:<44} | {} |", tape.name, cells.join(" | "));
    }
}

/// Scores that might be limits.
const LIMITS: [f64; 8] = [1.0, 1.2, 1.35, 1.5, 1.75, 2.0, 2.5, 3.0];

/// What a limit at each of some scores gives: alarms an hour on the stream as recorded, and recall.
fn limits(kind: Kind, tapes: &[Tape], chosen: usize, seeds: &[u64], most: usize) {
    let heads = LIMITS.map(|it| format!("{it:>12}"));
    println!("\n{kind:?}, alarms an hour and recall by the score that is the limit");
    println!("| {:<44} | {} |", "stream", heads.join(" | "));
    for (i, tape) in tapes.iter().enumerate() {
        let seeds = if i < chosen { &[1, 2, 3, 4, 5] } else { seeds };
        let cells = at_limits(kind, tape, seeds, most, &LIMITS).into_iter().map(|it| {
            let share = f64::from(it.found) / f64::from(it.episodes.max(1));
            format!("{:>6.1}, {share:.2}", it.per_hour)
        });
        println!("| {:<44} | {} |", tape.name, cells.collect::<Vec<_>>().join(" | "));
    }
}

/// The kinds that were named on the command line, or all.
fn is_asked(kind: Kind) -> bool {
    let named: Vec<String> = std::env::args().skip(1).filter(|it| !it.starts_with('-')).collect();
    named.is_empty() || named.contains(&format!("{kind:?}"))
}

fn table(kinds: &[Kind], tapes: &[Tape], chosen: usize, seeds: &[u64], most: usize) {
    for &kind in kinds.iter().filter(|it| is_asked(**it)) {
        println!("\n{kind:?}");
        println!("| stream | recall | precision | alarms on the stream as recorded | delay (median) |");
        for (i, tape) in tapes.iter().enumerate() {
            let mut score = untouched(kind, tape);
            let seeds = if i < chosen { &[1, 2, 3, 4, 5] } else { seeds };
            for &seed in seeds {
                score.add(&laid(kind, tape, seed, most));
            }
            line(tape.name, &score);
        }
        limits(kind, tapes, chosen, seeds, most);
        hindsight(kind, tapes, chosen, seeds, most);
    }
}

fn main() {
    let books = [
        tape::capture(
            "USD-M BTCUSDT 2024-08-08 (chosen on this)",
            "hftbacktest/usdm_btcusdt_20240808.gz",
            1,
            3,
        ),
        tape::capture("USD-M ETHUSDT 2024-08-08", "hftbacktest/usdm_ethusdt_20240808.gz", 2, 3),
        tape::capture("COIN-M BTCUSD 2024-08-08", "hftbacktest/cm_btcusd_perp_20240808.gz", 1, 0),
        tape::capture("spot BTCUSDT 2024-08-08 (each 100 ms)", "hftbacktest/spot_btcusdt_20240808.gz", 2, 8),
        tape::snapshots("Hyperliquid BTC 2025-09-04 (each 550 ms)", "BTC", 0, 5),
        tape::snapshots("Hyperliquid ETH 2025-09-04 (each 550 ms)", "ETH", 1, 4),
        tape::standx("StandX BTC 2026-01-06 13 h (each 330 ms)", 13),
        tape::standx("StandX BTC 2026-01-06 14 h (each 330 ms)", 14),
        tape::standx("StandX BTC 2026-01-06 15 h (each 330 ms)", 15),
        tape::standx("StandX BTC 2026-01-06 16 h (each 330 ms)", 16),
    ];
    table(&[Kind::Spoofing, Kind::Layering, Kind::QuoteStuffing], &books, 1, &[21, 22, 23, 24, 25, 26], 6);
    let kinds = [Kind::WashTrades, Kind::Coordination, Kind::MomentumIgnition, Kind::StopHunting];
    if !kinds.into_iter().any(is_asked) {
        return;
    }
    let day =
        |name, file: &str, price, size| tape::trades(name, &format!("trades-20251010/{file}"), price, size);
    // Limits were chosen on the first two; what follows was looked at while they were, and the last ones never.
    let trades = [
        day("Binance SKYUSDT 2025-10-10 (chosen on this)", "binance_trades_2025-10-10_SKYUSDT.csv.zst", 5, 1),
        day("Binance POLUSDT 2025-10-10 (chosen on this)", "binance_trades_2025-10-10_POLUSDT.csv.zst", 4, 1),
        day(
            "COIN-M AVAXUSD 2025-10-10 (looked at)",
            "binance-delivery_trades_2025-10-10_AVAXUSD_PERP.csv.zst",
            2,
            0,
        ),
        day("Coinbase LINK-USD 2025-10-10 (looked at)", "coinbase_trades_2025-10-10_LINK-USD.csv.zst", 3, 2),
        tape::archive(
            "Binance BTCUSDC 2025-10-04 (looked at)",
            "aggtrades-btcusdc-spot/BTCUSDC-aggTrades-2025-10-04.csv.zst",
            2,
            5,
        ),
        tape::gemini(
            "Gemini ETHUSD 2021-07-01 (looked at)",
            "l1-gemini-ethusd/gemini__eth-usd__2021-07-01__trade.csv.zst",
            2,
            8,
        ),
        day("COIN-M DOTUSD 2025-10-10", "binance-delivery_trades_2025-10-10_DOTUSD_PERP.csv.zst", 3, 0),
        day("COIN-M ATOMUSD 2025-10-10", "binance-delivery_trades_2025-10-10_ATOMUSD_PERP.csv.zst", 3, 0),
        day("Coinbase DOGE-USD 2025-10-10", "coinbase_trades_2025-10-10_DOGE-USD.csv.zst", 5, 1),
        day("Coinbase DOT-USD 2025-10-10", "coinbase_trades_2025-10-10_DOT-USD.csv.zst", 3, 8),
        day("Gemini BTCUSD 2025-10-10", "gemini_trades_2025-10-10_BTCUSD.csv.zst", 2, 8),
        tape::mtgox("MtGox BTCUSD 2013-04-20"),
        tape::made("a made market", 8),
    ];
    table(&kinds, &trades, 2, &[41, 42], 30);
}
