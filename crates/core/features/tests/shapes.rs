//! Chart patterns and confluence by name: what the pipeline says is what their own types say.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::float_cmp,
    reason = "tests only: exact answers"
)]

use scalp_features::confluence::{Confluence, ConfluenceConfig, Timeframe};
use scalp_features::{BarRow, Pipeline, Schema, Sources};
use scalp_indicators::patterns::{Bar, Signal, table};
use scalp_types::{Price, Qty, Side, Span, Timestamp};

const HOUR: i64 = 3_600_000_000_000;

/// The golden candles as whole ticks, on a grid of hours.
fn candles() -> Vec<[f64; 5]> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../../shared/golden/input/eurusd_1h.csv");
    let mut reader = csv::Reader::from_path(path).unwrap();
    let rows = reader.records().map(|it| {
        let it = it.unwrap();
        let number = |at: usize| it[at].parse::<f64>().unwrap();
        let price = |at: usize| (number(at) * 1e5).round();
        [price(1), price(2), price(3), price(4), number(5).round()]
    });
    rows.collect()
}

fn sources() -> Sources {
    Sources { bar_span: Some(HOUR), ..Sources::bars() }
}

fn columns(schema: &Schema, bars: &[[f64; 5]]) -> Vec<Vec<u64>> {
    let mut pipeline = Pipeline::new(schema);
    let mut rows = Vec::new();
    for (at, values) in bars.iter().enumerate() {
        let open_at = at as i64 * HOUR;
        pipeline.on_bar(&BarRow { open_at, close_at: open_at + HOUR, values }).unwrap();
        rows.push(pipeline.vector().raw().iter().map(|it| it.to_bits()).collect());
    }
    rows
}

#[test]
fn a_pattern_by_its_name_is_its_signal() {
    let bars = candles();
    let mut list: Vec<String> = table().iter().map(|it| it.name.to_owned()).collect();
    assert_eq!(list.len(), 26);
    list.push("HEAD_SHOULDERS(0.15)".into());
    list.push("double_top(since=known)".into());
    let schema = Schema::of_items(&list, &sources()).unwrap();
    let got = columns(&schema, &bars);
    let mut spoke = 0;
    for (place, item) in list.iter().enumerate() {
        let mut signal = Signal::parse(item).unwrap();
        for (row, &[_, high, low, close, volume]) in bars.iter().enumerate() {
            let want = signal.push(&Bar { high, low, close, volume }).unwrap();
            assert_eq!(got[row][place], want.unwrap_or(f64::NAN).to_bits(), "{item} at {row}");
            spoke += usize::from(want.is_some_and(|it| it != 0.0));
        }
    }
    println!("{} items, {spoke} values that are not zero", list.len());
    assert!(spoke > 1_000, "{spoke}");
    let again = Schema::of_items(schema.names(), &sources()).unwrap();
    assert_eq!(again.hash(), schema.hash(), "a name written in full is that value");
}

#[test]
fn on_longer_bars_a_pattern_is_the_signal_of_those() {
    let bars = candles();
    let schema = Schema::parse("DOUBLE_BOTTOM@4h, high@4h, low@4h, close@4h, volume@4h", &sources()).unwrap();
    let got = columns(&schema, &bars);
    let mut signal = Signal::parse("DOUBLE_BOTTOM").unwrap();
    let mut said = f64::NAN;
    for (row, values) in got.iter().enumerate() {
        if row % 4 == 3 {
            let [high, low, close, volume] = [1, 2, 3, 4].map(|it| f64::from_bits(values[it]));
            said = signal.push(&Bar { high, low, close, volume }).unwrap().unwrap_or(f64::NAN);
        }
        assert_eq!(values[0], said.to_bits(), "{row}");
    }
}

#[test]
fn confluence_by_its_name_is_confluence() {
    let bars = candles();
    let schema = Schema::parse("CONFLUENCE(1,4,12,0.3,2,1,0.5)", &sources()).unwrap();
    let got = columns(&schema, &bars);
    let span = |hours: i64| Span::from_nanos(hours * HOUR);
    let frame = |hours: i64, weight: f64| Timeframe { span: span(hours), weight };
    let of = |timeframes: Vec<Timeframe>| {
        Confluence::new(ConfluenceConfig { base: span(1), timeframes, threshold: 0.3 }).unwrap()
    };
    let mut own = of(vec![frame(1, 2.0), frame(4, 1.0), frame(12, 0.5)]);
    let mut alone = [1, 4, 12].map(|hours| of(vec![frame(hours, 1.0)]));
    let mut said = 0;
    for (row, &[open, high, low, close, volume]) in bars.iter().enumerate() {
        let price = |it: f64| Price::new(it as i64);
        let bar = scalp_types::Bar {
            open_at: Timestamp::from_nanos(row as i64 * HOUR),
            span: span(1),
            open: price(open),
            high: price(high),
            low: price(low),
            close: price(close),
            volume: Qty::new(volume as i64),
            taker_buy: Qty::new(0),
            trades: 0,
        };
        let lengths = alone.each_mut().map(|it| it.push(&bar).unwrap().map(|it| it.confluence_score));
        let want = own.push(&bar).unwrap().map_or([f64::NAN; 11], |it| {
            said += 1;
            let [short, middle, long] = lengths.map(Option::unwrap);
            let side = it.side.map_or(0.0, |it| if it == Side::Buy { 1.0 } else { -1.0 });
            let aligned = f64::from(it.aligned);
            let groups = [it.trend, it.momentum, it.volatility, it.volume, it.patterns];
            let [trend, momentum, volatility, volume, patterns] = groups;
            let score = it.confluence_score;
            [trend, momentum, volatility, volume, patterns, score, aligned, side, short, middle, long]
        });
        assert_eq!(got[row], want.map(f64::to_bits), "{row}");
        let [score, short, middle, long] = [5, 8, 9, 10].map(|at| want[at]);
        let mean = (2.0 * short + middle + 0.5 * long) / 3.5;
        assert!(score.is_nan() || (score - mean).abs() < 1e-15, "{row}: {score}, {mean}");
    }
    assert!(said > 1_000, "{said}");
}

#[test]
fn the_future_altered_changes_nothing_before_and_reset_is_new() {
    let bars = candles();
    let bars = &bars[..2_400];
    let mut list: Vec<&str> = table().iter().map(|it| it.name).collect();
    list.extend(["CONFLUENCE(1,2,4)", "LAG(DOUBLE_TOP,3)", "CONFLUENCE(1,2,4).score"]);
    let schema = Schema::of_items(&list, &sources()).unwrap();
    let mut altered = bars.to_vec();
    altered[1_500..].iter_mut().for_each(|it| it[..4].iter_mut().for_each(|it| *it *= 2.0));
    altered[1_600..].reverse();
    let (one, two) = (columns(&schema, bars), columns(&schema, &altered));
    assert!(one[..1_500] == two[..1_500]);
    assert!(one[1_500..] != two[1_500..], "or the alteration was none");
    let mut pipeline = Pipeline::new(&schema);
    for _ in 0..2 {
        for (at, values) in bars.iter().enumerate() {
            let bar = BarRow { open_at: at as i64 * HOUR, close_at: (at as i64 + 1) * HOUR, values };
            let peeked: Vec<u64> =
                pipeline.peek_bar(&bar).unwrap().raw().iter().map(|it| it.to_bits()).collect();
            pipeline.on_bar(&bar).unwrap();
            let said: Vec<u64> = pipeline.vector().raw().iter().map(|it| it.to_bits()).collect();
            assert!(said == one[at], "{at}");
            if at % 4 != 3 && at % 2 != 1 {
                assert!(peeked == said, "a look is what the bar says: {at}");
            }
        }
        pipeline.reset();
    }
}

#[test]
fn what_is_wrong_is_named() {
    let fail = |list: &str, sources: &Sources| Schema::parse(list, sources).unwrap_err().to_string();
    let all = sources();
    for (list, says) in [
        ("HEAD_SHOULDER(0.15)", "did you mean HEAD_SHOULDERS"),
        ("HEAD_SHOULDERS(7)", "HEAD_SHOULDERS.tolerance must be"),
        ("DOUBLE_TOP.x", "x"),
        ("CONFLUENCE(5,5,15)", "CONFLUENCE.short must be below CONFLUENCE.middle"),
        (
            "CONFLUENCE(1,5,15,0.5,1,0,1)",
            "CONFLUENCE.middle_weight must be a number from 0.000001 to 1000000, got 0",
        ),
        ("CONFLUENCE(0,5,15)", "CONFLUENCE.short must be a whole number"),
        ("CONFLUENCE.trent", "it has trend, momentum"),
        ("LAG(CONFLUENCE,1)", "has several outputs; name one: trend"),
    ] {
        let error = fail(list, &all);
        assert!(error.contains(says), "{list}: {error}");
    }
    assert!(fail("CONFLUENCE", &Sources::bars()).contains("bars of one length"));
    assert!(Schema::parse("CONFLUENCE@1h", &Sources::bars()).is_ok());
    let without = Sources { no_volume: true, ..sources() };
    for item in ["OBV", "volume", "CONFLUENCE", "ROLLMEAN(volume,5)", "volume@4h"] {
        let error = fail(item, &without);
        assert!(error.contains("the column volume, and there are open, high, low, close, time"), "{error}");
    }
    let of = |sources: &Sources| Schema::parse("DOUBLE_TOP", sources).unwrap().hash();
    assert_ne!(of(&all), of(&without), "a strength without volumes is another number");
    let of = |list: &str| Schema::parse(list, &all).unwrap().hash();
    assert_eq!(of("CONFLUENCE"), of("CONFLUENCE(1,5,15,0.5)"));
    assert_eq!(of("CONFLUENCE"), of("CONFLUENCE(1,5,15,0.5,1,1,1)"));
    assert_ne!(of("CONFLUENCE"), of("CONFLUENCE(1,5,15,0.5,1,1,2)"));
    assert_ne!(of("CONFLUENCE.score"), of("CONFLUENCE(1,5,15,0.4).score"));
    assert_ne!(of("HEAD_SHOULDERS(0.15)"), of("HEAD_SHOULDERS(0.1)"));
}
