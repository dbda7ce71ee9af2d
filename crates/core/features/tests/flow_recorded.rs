//! Measures on recorded streams: against a fit that others published, and what they say of real markets.

#![allow(
    clippy::unwrap_used,
    clippy::float_cmp,
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "tests only: they read files, and ask whether a mid has moved at all"
)]

#[path = "common/tape.rs"]
mod tape;

use scalp_features::flow::hawkes::Hawkes;
use scalp_features::flow::{self, Built};
use scalp_indicators::Request;
use std::io::{BufRead, BufReader};
use tape::{Body, Event, Player, Tape};

fn build(text: &str) -> Built {
    flow::build(&Request::parse(text).unwrap()).unwrap()
}

fn play(tape: &Tape, all: &mut [Built], mut each: impl FnMut(&[Built])) {
    let mut player = Player::new(tape, 20);
    for row in &tape.rows {
        let event = match &row.body {
            Body::Trade { ticks, lots, side } => player.trade(row.at, *ticks, *lots, *side),
            Body::Depth { is_snapshot, levels } => {
                player.begin();
                player.take(*is_snapshot, levels);
                player.book(row.at)
            }
        };
        for it in all.iter_mut() {
            match &event {
                Event::Trade(trade) => it.measure.on_trade(trade),
                Event::Book(book) => it.measure.on_book(book),
            }
        }
        each(all);
    }
}

fn read(it: &Built) -> Vec<f64> {
    let mut out = vec![f64::NAN; it.spec.outputs.len()];
    it.measure.write(&mut out);
    out
}

/// Trades of MtGox on 2013-04-20 with the intensities that J. Heusser fitted with R's ptproc in 2013: our fit finds his
/// process, and its intensity at each event is his.
#[test]
fn a_fit_that_others_published_is_found_again() {
    let lines =
        BufReader::new(tape::open("trades-mtgox-201304/hawkes_fitted_intensities_actual_times.csv.zst"));
    let mut published: Vec<(f64, f64)> = lines
        .lines()
        .skip(1)
        .map(|line| {
            let line = line.unwrap();
            let (time, intensity) = line.split_once(',').unwrap();
            (time.parse().unwrap(), intensity.parse().unwrap())
        })
        .collect();
    published.sort_by(|a, b| a.0.total_cmp(&b.0));
    let start = published[0].0;
    let times: Vec<f64> = published.iter().map(|it| it.0 - start).collect();
    let end = *times.last().unwrap();
    let fitted = Hawkes::fit(&times, end).unwrap();
    println!("{} events in {end:.0} s: {fitted:?}, branching {:.4}", times.len(), fitted.process.branching());
    let (mut excited, mut before) = (0.0, 0.0);
    let mut worst = 0.0_f64;
    for (i, (&time, &(_, want))) in times.iter().zip(&published).enumerate() {
        if i > 0 {
            excited = libm::exp(-fitted.process.beta * (time - before)) * (1.0 + excited);
        }
        before = time;
        let got = fitted.process.mu + fitted.process.alpha * excited;
        worst = worst.max((got - want).abs() / want);
    }
    println!("intensities: worst relative deviation {worst:.1e}");
    assert!(worst < 2e-3);
}

/// Raw VPIN of this market is above 0.2 most of the time; its rank tells the usual from the rest.
#[test]
fn levels_of_vpin_are_calibrated_by_the_instrument() {
    let sky = tape::trades("SKYUSDT", "trades-20251010/binance_trades_2025-10-10_SKYUSDT.csv.zst", 5, 1);
    let mut all = [build("VPIN(50)")];
    let (mut ranked, mut plain, mut count) = ([0_u32; 4], [0_u32; 4], 0_u32);
    play(&sky, &mut all, |all| {
        let out = read(&all[0]);
        if out[2].is_finite() {
            ranked[out[2] as usize] += 1;
            plain[out[3] as usize] += 1;
            count += 1;
        }
    });
    let share = |of: [u32; 4]| of.map(|it| f64::from(it) / f64::from(count));
    let (ranked, plain) = (share(ranked), share(plain));
    println!("normal, cautious, defensive, exit: by rank {ranked:.3?}, by plain limits {plain:.3?}");
    assert!(plain[0] < 0.5, "plain limits would stop trading for most of the day");
    assert!(ranked[0] > 0.6 && ranked[3] < 0.1, "{ranked:?}");
}

#[test]
fn rules_of_sign_and_parts_of_the_spread_agree_with_the_venue() {
    let btc = tape::capture("USD-M BTCUSDT", "hftbacktest/usdm_btcusdt_20240808.gz", 1, 3);
    let mut all =
        [build("TRADE_SIGN"), build("EFFECTIVE_SPREAD(5)"), build("NASH_SPREAD(5)"), build("STOIKOV_PRICE")];
    let (mut closer, mut total, mut last) = (0_u32, 0_u32, None);
    play(&btc, &mut all, |all| {
        let stoikov = read(&all[3]);
        if stoikov[1].is_finite() && stoikov[1] != 0.0 {
            let mid = stoikov[0] - stoikov[1];
            // Whether the mid moved next to the side that the price leaned to.
            if let Some((mid_then, lean)) = last
                && mid != mid_then
            {
                total += 1;
                closer += u32::from((mid - mid_then) * lean > 0.0);
            }
            last = Some((mid, stoikov[1]));
        }
    });
    let sign = read(&all[0]);
    println!("right: Lee and Ready {:.4}, tick test {:.4}", sign[3], sign[4]);
    assert!(sign[3] > 0.6 && sign[4] > 0.6);
    let spread = read(&all[1]);
    println!("effective {:.4} bps = realised {:.4} + impact {:.4}", spread[0], spread[1], spread[2]);
    assert!((spread[0] - spread[1] - spread[2]).abs() < 1e-9 && spread[2] > 0.0);
    println!("Nash half-spread {:.3?}", read(&all[2]));
    println!("Stoikov's price leans to the next move of the mid in {closer} of {total} cases");
    assert!(total > 300 && f64::from(closer) > 0.7 * f64::from(total));
}
