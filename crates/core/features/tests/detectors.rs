//! What the detectors find of episodes laid into recorded streams must not fall below what was measured, and what they
//! raise on the streams as they were must not rise above it. The floors lie well below the numbers that `benches/detectors.rs`
//! prints, so that only a real loss fails.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "tests only: they read files; the room itself does not"
)]

#[path = "common/episodes.rs"]
mod episodes;
#[path = "common/tape.rs"]
mod tape;

use episodes::{Score, Script, laid, play, untouched, wilson};
use scalp_features::detect::Kind;
use tape::{Event, Tape};

struct Floor {
    kind: Kind,
    recall: f64,
    precision: f64,
    alarms_per_hour: f64,
}

fn check(tape: &Tape, seeds: &[u64], most: usize, floors: &[Floor]) {
    for floor in floors {
        let mut score: Score = untouched(floor.kind, tape);
        for &seed in seeds {
            score.add(&laid(floor.kind, tape, seed, most));
        }
        println!(
            "{:?} on {}: recall {}/{}, precision {}/{}, {} alarms in {:.2} h",
            floor.kind,
            tape.name,
            score.found,
            score.episodes,
            score.right,
            score.incidents,
            score.false_alarms,
            score.hours
        );
        assert!(score.episodes >= 10, "{:?}: too few episodes to say anything", floor.kind);
        assert!(score.recall() >= floor.recall, "{:?} on {}: recall", floor.kind, tape.name);
        assert!(score.precision() >= floor.precision, "{:?} on {}: precision", floor.kind, tape.name);
        let alarms = score.alarms_per_hour();
        assert!(
            alarms <= floor.alarms_per_hour,
            "{:?} on {}: {alarms} alarms an hour",
            floor.kind,
            tape.name
        );
    }
}

fn floor(kind: Kind, recall: f64, precision: f64, alarms_per_hour: f64) -> Floor {
    Floor { kind, recall, precision, alarms_per_hour }
}

#[test]
fn orders_that_are_not_meant_are_found_in_a_stream_that_no_limit_was_chosen_on() {
    let eth = tape::capture("USD-M ETHUSDT", "hftbacktest/usdm_ethusdt_20240808.gz", 2, 3);
    check(
        &eth,
        &[21, 22, 23],
        6,
        &[
            floor(Kind::Spoofing, 0.35, 0.85, 13.0),
            floor(Kind::Layering, 0.6, 0.85, 13.0),
            floor(Kind::QuoteStuffing, 0.9, 0.9, 13.0),
        ],
    );
}

/// Whole books each half second are another thing than changes: what is weak there is held to be no weaker.
#[test]
fn orders_that_are_not_meant_are_found_in_whole_books_too() {
    let eth = tape::snapshots("Hyperliquid ETH", "ETH", 1, 4);
    check(
        &eth,
        &[21, 22, 23],
        6,
        &[
            floor(Kind::Spoofing, 0.4, 0.85, 4.0),
            floor(Kind::Layering, 0.5, 0.85, 6.0),
            floor(Kind::QuoteStuffing, 0.6, 0.9, 4.0),
        ],
    );
    // Where several levels go by themselves, layering once raised thirty alarms an hour.
    let btc = tape::snapshots("Hyperliquid BTC", "BTC", 0, 5);
    check(&btc, &[21, 22, 23, 24, 25, 26], 6, &[floor(Kind::Layering, 0.25, 0.5, 6.0)]);
    // Nothing was chosen on this.
    let standx = tape::standx("StandX BTC", 15);
    check(&standx, &[21, 22, 23], 6, &[floor(Kind::Layering, 0.8, 0.9, 3.0)]);
}

/// Of two venues, two years and a market that is made: nothing that the limits were chosen on.
#[test]
fn prints_that_are_not_meant_are_found_on_markets_that_no_limit_was_chosen_on() {
    let day =
        |name, file: &str, price, size| tape::trades(name, &format!("trades-20251010/{file}"), price, size);
    let dot = day("COIN-M DOTUSD", "binance-delivery_trades_2025-10-10_DOTUSD_PERP.csv.zst", 3, 0);
    let coinbase = day("Coinbase DOT-USD", "coinbase_trades_2025-10-10_DOT-USD.csv.zst", 3, 8);
    let old = tape::mtgox("MtGox BTCUSD 2013-04-20");
    let made = tape::made("a made market", 8);
    for (tape, alarms) in [(&dot, 2.0), (&coinbase, 2.0), (&old, 0.3), (&made, 0.3)] {
        check(
            tape,
            &[41],
            30,
            &[
                floor(Kind::WashTrades, 0.9, 0.85, 0.5),
                floor(Kind::MomentumIgnition, 0.5, 0.4, alarms),
                floor(Kind::StopHunting, 0.45, 0.65, 0.6),
                floor(Kind::Coordination, 0.85, 0.3, 3.5),
            ],
        );
    }
}

/// The scores mean nothing if the player does not replay the stream: its book is the recorded one at every message, and
/// with orders laid over it differs from it by those orders alone.
#[test]
fn the_player_replays_the_recorded_book_and_lays_over_it_what_the_script_says() {
    let btc = tape::capture("USD-M BTCUSDT", "hftbacktest/usdm_btcusdt_20240808.gz", 1, 3);
    let (mut plain, mut laid) = (Vec::new(), Vec::new());
    let (mut crossed, mut books) = (0, 0);
    play(&btc, &Script::empty(Kind::Spoofing), |event| {
        if let Event::Book(book) = event {
            let touch = book.touch().unwrap();
            books += 1;
            crossed += u32::from(touch.spread() <= 0.0);
            assert!(book.is_sound() && book.bids.len() == 20 && book.asks.len() == 20);
            plain.push((book.at, touch));
        }
    });
    assert_eq!((books, crossed), (6_548, 0), "the snapshot and the messages that are not older");
    let script = Script::of(Kind::Spoofing, &btc, 1, 6);
    assert_eq!(script.episodes.len(), 6);
    play(&btc, &script, |event| {
        if let Event::Book(book) = event {
            laid.push((book.at, book.touch().unwrap()));
        }
    });
    assert!(laid.len() > plain.len());
    // Once an episode is over, its orders are gone.
    let is_inside = |at: i64| script.episodes.iter().any(|it| (it.from..=it.to).contains(&at));
    let outside =
        |all: &[(i64, scalp_features::measure::Touch)]| -> Vec<(i64, scalp_features::measure::Touch)> {
            all.iter().filter(|it| !is_inside(it.0)).copied().collect()
        };
    assert_eq!(outside(&plain), outside(&laid));
}

#[test]
fn the_interval_of_wilson_is_the_published_one() {
    // Wilson's interval for 81 of 263, as in Newcombe (1998), Statistics in Medicine 17, table I.
    let (low, high) = wilson(81, 263);
    assert!((low - 0.2553).abs() < 5e-5 && (high - 0.3662).abs() < 5e-5, "{low} {high}");
    assert_eq!(wilson(0, 0), (0.0, 1.0));
}
