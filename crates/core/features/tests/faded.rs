//! What fades with time is shown as of the row, and nobody's looking changes it: against the sums that the formulas write down.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "tests only: exact answers")]

use scalp_features::measure::{Change, Depth, Level, Print};
use scalp_features::{BarRow, Pipeline, Schema, Sources};
use scalp_types::Side;

const SECOND: i64 = 1_000_000_000;

fn sources() -> Sources {
    Sources { bar_span: Some(60 * SECOND), ..Sources::market(5) }
}

/// Half a second to nine between two trades, in nanoseconds, with their sides.
fn trades() -> Vec<(i64, Side)> {
    let (mut at, mut state) = (3 * SECOND, 11_u64);
    (0..400)
        .map(|_| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            at += SECOND / 2 + (state >> 30) as i64 % (8 * SECOND);
            (at, if state >> 62 > 1 { Side::Buy } else { Side::Sell })
        })
        .collect()
}

fn print(at: i64, side: Side) -> Print {
    Print { at, price: 100.0, size: 2.0, aggressor: Some(side) }
}

fn candle(pipeline: &mut Pipeline, open_at: i64) {
    let bar = BarRow { open_at, close_at: open_at + 60 * SECOND, values: &[100.0; 5] };
    pipeline.on_bar(&bar).unwrap();
}

fn near(what: &str, got: Option<f64>, want: f64) {
    let got = got.unwrap();
    assert!((got / want - 1.0).abs() < 1e-12, "{what}: {got} for {want}");
}

#[test]
fn intensities_and_rates_at_the_close_of_a_candle_are_the_sums_until_then() {
    let list = "HAWKES(1,0.5,1).intensity, HAWKES(1,0.5,1).buys, RATE(10).buys, RATE(10).volume, ONBAR(RATE(10).buys),
        ROLLMEAN(RATE(10).sells,3), AGE(RATE(10).buys), RATIO(RATE(10).buys,RATE(10).sells)";
    let schema = Schema::parse(list, &sources()).unwrap();
    let mut pipeline = Pipeline::new(&schema);
    let (all, mut minute, mut rows) = (trades(), 0, 0);
    let mut sells = Vec::new();
    for (n, &(at, side)) in all.iter().enumerate() {
        while (minute + 1) * 60 * SECOND <= at {
            candle(&mut pipeline, minute * 60 * SECOND);
            minute += 1;
            let end = minute * 60 * SECOND;
            let past = &all[..n];
            let Some(&(last, _)) = past.last() else { continue };
            let ago = |at: i64| (end - at) as f64 * 1e-9;
            let sum = |of: Option<Side>, rate: f64| -> f64 {
                past.iter()
                    .filter(|it| of.is_none_or(|of| of == it.1))
                    .map(|it| (-rate * ago(it.0)).exp())
                    .sum()
            };
            near("intensity", pipeline.get(0), 1.0 + 0.5 * sum(None, 1.0));
            near("buys", pipeline.get(1), 0.5 + 0.5 * sum(Some(Side::Buy), 1.0));
            let rate = std::f64::consts::LN_2 / 10.0;
            let known = 1.0 - (-rate * ago(all[0].0)).exp();
            near("rate", pipeline.get(2), sum(Some(Side::Buy), rate) * rate / known);
            near("volume", pipeline.get(3), 2.0 * sum(None, rate) * rate / known);
            assert_eq!(pipeline.get(4), pipeline.get(2), "at the bar");
            near("age", pipeline.get(6), ago(last));
            near("ratio", pipeline.get(7), sum(Some(Side::Buy), rate) / sum(Some(Side::Sell), rate));
            // A window counts trades, not looks.
            if sells.len() >= 3 {
                near("window", pipeline.get(5), sells[sells.len() - 3..].iter().sum::<f64>() / 3.0);
            }
            rows += 1;
        }
        pipeline.on_trade(&print(at, side)).unwrap();
        let now = Schema::parse("RATE(10).sells", &sources()).unwrap();
        let mut alone = Pipeline::new(&now);
        all[..=n].iter().for_each(|&(at, side)| alone.on_trade(&print(at, side)).unwrap());
        sells.extend(alone.get(0));
    }
    assert!(rows > 20, "{rows}");
}

#[test]
fn who_looks_and_how_often_changes_nothing_that_follows() {
    let list =
        "HAWKES, RATE(10), QUEUE(10), CANCELS(5), EMA(5,real=RATE(10).buys), ROLLSTD(QUEUE(10).bid_age,9)";
    let schema = Schema::parse(list, &sources()).unwrap();
    let (mut one, mut two) = (Pipeline::new(&schema), Pipeline::new(&schema));
    let bits = |it: &mut Pipeline| it.vector().raw().iter().map(|it| it.to_bits()).collect::<Vec<_>>();
    let (mut differ, mut spoken) = (0, 0);
    for (n, (at, side)) in trades().into_iter().enumerate() {
        let was = bits(&mut two);
        for part in 1..=n as i64 % 4 {
            two.on_time(at - SECOND / 2 + part * SECOND / 20);
        }
        differ += usize::from(was != bits(&mut two));
        for it in [&mut one, &mut two] {
            if n % 3 == 0 {
                let level = |price, size| Level { price, size };
                let (bids, asks) = ([level(99.0, 2.0 + (n % 5) as f64)], [level(101.0, 3.0)]);
                let before = 2.0 + ((n + 2) % 5) as f64;
                let changes = [Change { side: Side::Buy, level: bids[0], before }];
                it.on_book(&Depth { at, bids: &bids, asks: &asks, changes: &changes }).unwrap();
            } else {
                it.on_trade(&print(at, side)).unwrap();
            }
        }
        assert_eq!(bits(&mut one), bits(&mut two), "event {n}");
        spoken = one.vector().len() - one.vector().missing_count() as usize;
    }
    assert!(differ > 200, "or nothing fades: {differ}");
    assert!(spoken + 4 > schema.len(), "{spoken} of {}", schema.len());
}

#[test]
fn a_queue_is_as_old_at_a_trade_and_at_a_candle_as_it_is() {
    let schema =
        Schema::parse("QUEUE(10).bid_age, QUEUE(10).bid_wait, CANCELS(10).cancelled", &sources()).unwrap();
    let mut pipeline = Pipeline::new(&schema);
    let level = |price, size| Level { price, size };
    let book = |pipeline: &mut Pipeline, at: i64, size: f64, before: f64| {
        let (bids, asks) = ([level(99.0, size)], [level(101.0, 1.0)]);
        let changes = [Change { side: Side::Buy, level: bids[0], before }];
        pipeline.on_book(&Depth { at, bids: &bids, asks: &asks, changes: &changes }).unwrap();
    };
    book(&mut pipeline, 0, 8.0, 0.0);
    book(&mut pipeline, 10 * SECOND, 4.0, 8.0);
    let rate = std::f64::consts::LN_2 / 10.0;
    let left = |seconds: f64| 4.0 * (-rate * seconds).exp() * rate / (1.0 - (-rate * (10.0 + seconds)).exp());
    for seconds in [0, 7, 13] {
        if seconds > 0 {
            pipeline.on_trade(&print((10 + seconds) * SECOND, Side::Buy)).unwrap();
        }
        let seconds = seconds as f64;
        near("age", pipeline.get(0), 10.0 + seconds);
        near("wait", pipeline.get(1), 4.0 / left(seconds));
        near("cancelled", pipeline.get(2), left(seconds));
    }
    candle(&mut pipeline, 0);
    near("age at the candle", pipeline.get(0), 60.0);
    near("cancelled at the candle", pipeline.get(2), left(50.0));
    let peeked = BarRow { open_at: 60 * SECOND, close_at: 100 * SECOND, values: &[100.0; 5] };
    near("a look", pipeline.peek_bar(&peeked).unwrap().get(0), 100.0);
    // A trade that comes late counts at the latest stamp; a wrong time of a bar does not stay.
    pipeline.on_trade(&print(12 * SECOND, Side::Buy)).unwrap();
    near("late", pipeline.get(0), 23.0);
}

/// One trade in ten is stamped a minute back, and one far ahead.
#[test]
fn late_stamps_make_nothing_fade_twice_and_cut_no_bars() {
    let list = "RATE(10).buys, HAWKES(1,0.5,1).intensity, AMIHUD(5,60), BVC(60).share, TRADE_FLOW(60).count";
    let schema = Schema::parse(list, &sources()).unwrap();
    let run = |stamp: &dyn Fn(usize, i64) -> i64| {
        let mut pipeline = Pipeline::new(&schema);
        let mut told = Vec::new();
        for n in 0..4_000_i64 {
            let (at, side) = (n * SECOND, if n % 3 == 0 { Side::Sell } else { Side::Buy });
            let price = 100.0 + ((n * 37) % 11) as f64 * 0.1;
            let print = Print { at: stamp(n as usize, at), price, size: 2.0, aggressor: Some(side) };
            pipeline.on_trade(&print).unwrap();
            told.push((0..5).map(|it| pipeline.get(it)).collect::<Vec<_>>());
        }
        told
    };
    let usual = run(&|_, at| at);
    let late = run(&|n, at| if n % 10 == 7 { at - 60 * SECOND } else { at });
    let ahead = run(&|n, at| if n == 1_000 { at + 3_600 * SECOND } else { at });
    // A trade that counts a minute late, of those that weigh in ten seconds; the time that is ahead lets everything fade.
    for (what, told, from) in [("late", &late, 1_000), ("ahead", &ahead, 2_000)] {
        for (row, (told, usual)) in told.iter().zip(&usual).enumerate().skip(from).filter(|it| it.0 % 10 == 6)
        {
            for (place, (told, usual)) in told.iter().zip(usual).enumerate() {
                let (told, usual) = (told.unwrap(), usual.unwrap());
                let off = (told - usual).abs() / usual.abs().max(0.1);
                assert!(off < 0.2, "{what}, row {row}, item {place}: {told} for {usual}");
            }
        }
    }
}
