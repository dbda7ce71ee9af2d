//! Several timeframes at once: only finished bars count, and the numbers are those of the formula.

#![allow(
    clippy::unwrap_used,
    clippy::float_cmp,
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "tests only: exact answers, files"
)]

use allocation_counter::measure;
use scalp_features::confluence::{
    Confluence, ConfluenceConfig, ConfluenceError, GroupSignals, TIMEFRAMES_MAX, TaSignals, Timeframe,
    WARM_UP_BARS,
};
use scalp_types::{Bar, Price, Qty, Side, Span, Timestamp};

const HOUR: i64 = 3600;

/// Hours of one asset: prices in cents, volumes in thousandths.
fn real(asset: &str) -> Vec<Bar> {
    let path = format!(
        "{}/../../../../shared/data/ohlcv-1h-binance-12/{asset}-USDT.csv.zst",
        env!("CARGO_MANIFEST_DIR")
    );
    let file = std::fs::File::open(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    let mut reader = csv::Reader::from_reader(zstd::Decoder::new(file).unwrap());
    let rows = reader.records().map(|row| {
        let row = row.unwrap();
        let number = |i: usize, scale: f64| (row[i].parse::<f64>().unwrap() * scale).round() as i64;
        Bar {
            open_at: Timestamp::from_millis(row[0].parse().unwrap()).unwrap(),
            span: Span::from_secs(HOUR),
            open: Price::new(number(1, 100.0)),
            high: Price::new(number(2, 100.0)),
            low: Price::new(number(3, 100.0)),
            close: Price::new(number(4, 100.0)),
            volume: Qty::new(number(5, 1000.0)),
            taker_buy: Qty::ZERO,
            trades: 0,
        }
    });
    rows.collect()
}

fn config(hours: &[(i64, f64)]) -> ConfluenceConfig {
    let of = |&(hours, weight): &(i64, f64)| Timeframe { span: Span::from_secs(hours * HOUR), weight };
    ConfluenceConfig {
        base: Span::from_secs(HOUR),
        timeframes: hours.iter().map(of).collect(),
        threshold: 0.3,
    }
}

fn usual() -> ConfluenceConfig {
    config(&[(1, 1.0), (4, 2.0), (24, 3.0)])
}

/// What is said at each bar: the whole, and each timeframe.
type Said = (Option<TaSignals>, Vec<Option<GroupSignals>>);

fn run(config: ConfluenceConfig, bars: &[Bar]) -> Vec<Said> {
    let count = config.timeframes.len();
    let mut all = Confluence::new(config).unwrap();
    let said = bars.iter().map(|bar| {
        let whole = all.push(bar).unwrap();
        (whole, (0..count).map(|place| all.timeframe(place).copied()).collect())
    });
    said.collect()
}

/// Larger bars, each with the number of the base bar that finished it, by plain grouping.
fn grouped(bars: &[Bar], hours: i64) -> Vec<(usize, Bar)> {
    let span = Span::from_secs(hours * HOUR);
    let interval = |bar: &Bar| bar.open_at.nanos().div_euclid(span.nanos());
    let mut groups: Vec<(usize, Bar)> = Vec::new();
    let mut from = 0;
    while from < bars.len() {
        let key = interval(&bars[from]);
        let to = from + bars[from..].iter().take_while(|bar| interval(bar) == key).count();
        let parts = &bars[from..to];
        let last = parts[parts.len() - 1];
        // It is finished by the part that reaches its end, or else by the next bar at all.
        let reaches = last.open_at.nanos() + last.span.nanos() == (key + 1) * span.nanos();
        groups.push((
            if reaches { to - 1 } else { to },
            Bar {
                open_at: Timestamp::from_nanos(key * span.nanos()),
                span,
                open: parts[0].open,
                high: parts.iter().map(|bar| bar.high).max().unwrap(),
                low: parts.iter().map(|bar| bar.low).min().unwrap(),
                close: last.close,
                volume: Qty::new(parts.iter().map(|bar| bar.volume.get()).sum()),
                ..last
            },
        ));
        from = to;
    }
    groups
}

#[test]
fn a_larger_timeframe_says_what_its_own_finished_bars_say() {
    let bars = &real("BTC")[..8000];
    let said = run(usual(), bars);
    for (place, hours) in [(1, 4), (2, 24)] {
        let groups = grouped(bars, hours);
        let alone = ConfluenceConfig {
            base: Span::from_secs(hours * HOUR),
            timeframes: vec![Timeframe { span: Span::from_secs(hours * HOUR), weight: 1.0 }],
            threshold: 0.3,
        };
        let larger = run(alone, &groups.iter().map(|it| it.1).collect::<Vec<_>>());
        let mut last = None;
        let mut next = groups.iter().zip(&larger).peekable();
        for (i, it) in said.iter().enumerate() {
            while let Some((_, of)) = next.next_if(|((finished_by, _), _)| *finished_by <= i) {
                last = of.1[0];
            }
            assert_eq!(it.1[place], last, "{hours} h at {i}");
        }
        assert!(last.is_some());
    }
}

#[test]
fn the_score_is_the_mean_of_strengths_by_weight() {
    let bars = &real("ETH")[..8000];
    let config = usual();
    let (mut sides, mut aligned) = ([0; 3], 0);
    for (i, (whole, frames)) in run(config.clone(), bars).iter().enumerate() {
        assert_eq!(whole.is_some(), frames.iter().all(Option::is_some), "{i}");
        let Some(whole) = whole else { continue };
        let strengths: Vec<f64> = frames.iter().map(|it| it.unwrap().strength()).collect();
        let score = (strengths[0] + 2.0 * strengths[1] + 3.0 * strengths[2]) / 6.0;
        assert!((whole.confluence_score - score).abs() < 1e-15);
        let trend: f64 =
            frames.iter().zip(&config.timeframes).map(|(it, of)| it.unwrap().trend * of.weight).sum();
        assert!((whole.trend - trend / 6.0).abs() < 1e-15);
        assert_eq!(
            whole.aligned,
            strengths.iter().all(|it| *it > 0.0) || strengths.iter().all(|it| *it < 0.0)
        );
        let side = (score.abs() >= 0.3).then_some(if score > 0.0 { Side::Buy } else { Side::Sell });
        assert_eq!(whole.side, side);
        assert_eq!(whole.at.nanos(), bars[i].open_at.nanos() + HOUR * 1_000_000_000);
        for it in frames.iter().flatten() {
            assert!(it.closed_at <= whole.at);
            for value in [it.trend, it.momentum, it.volatility, it.volume, it.patterns, it.strength()] {
                assert!((-1.0..=1.0).contains(&value), "{it:?}");
            }
        }
        aligned += usize::from(whole.aligned);
        sides[match side {
            Some(Side::Buy) => 0,
            Some(Side::Sell) => 1,
            None => 2,
        }] += 1;
    }
    println!("buy, sell, none: {sides:?}; aligned {aligned}");
    assert!(sides.iter().all(|it| *it > 100) && aligned > 100);
}

/// The formula of each group over whole columns.
#[test]
fn the_groups_are_those_of_the_table() {
    use scalp_indicators::{Frame, Indicator, Schema};
    let bars = &real("LTC")[..3000];
    let said = run(config(&[(1, 1.0)]), bars);
    let column = |of: &dyn Fn(&Bar) -> i64| bars.iter().map(|bar| of(bar) as f64).collect::<Vec<f64>>();
    let columns = [
        column(&|bar| bar.open.get()),
        column(&|bar| bar.high.get()),
        column(&|bar| bar.low.get()),
        column(&|bar| bar.close.get()),
        column(&|bar| bar.volume.get()),
    ];
    let schema = Schema::ohlcv();
    let slices: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
    let frame = Frame::new(&schema, &slices).unwrap();
    let of = |text: &str, output: usize| {
        Indicator::parse(text, &schema).unwrap().batch(&frame).unwrap()[output].clone()
    };
    let (fast, slow, range, long) = (of("EMA(20)", 0), of("EMA(50)", 0), of("ATR(14)", 0), of("ATR(100)", 0));
    let (plus, minus, rsi) = (of("PLUS_DI(14)", 0), of("MINUS_DI(14)", 0), of("RSI(14)", 0));
    let (macd, flow) = (of("MACD(12,26,9)", 2), of("CMF(20)", 0));
    for (i, (_, frames)) in said.iter().enumerate() {
        assert_eq!(frames[0].is_some(), i + 1 >= WARM_UP_BARS, "{i}");
        let Some(it) = frames[0] else { continue };
        let at = |column: &scalp_indicators::Column| column.at(i).unwrap();
        let range = at(&range);
        let directed = (at(&plus) - at(&minus)) / (at(&plus) + at(&minus));
        let trend = (((at(&fast) - at(&slow)) / (2.0 * range)).clamp(-1.0, 1.0) + directed) / 2.0;
        let momentum = ((at(&rsi) - 50.0) / 50.0 + (at(&macd) / (0.5 * range)).clamp(-1.0, 1.0)) / 2.0;
        assert!((it.trend - trend).abs() < 1e-14);
        assert!((it.momentum - momentum).abs() < 1e-14);
        assert!((it.volatility - (range / at(&long) - 1.0).clamp(-1.0, 1.0)).abs() < 1e-14);
        assert!((it.volume - at(&flow)).abs() < 1e-14);
    }
    let patterns: Vec<f64> = said.iter().filter_map(|it| it.1[0]).map(|it| it.patterns).collect();
    assert!(patterns.iter().any(|it| *it >= 0.5) && patterns.iter().any(|it| *it <= -0.5));
    assert!(patterns.iter().any(|it| it.abs() > 0.0 && it.abs() < 0.5), "a chart pattern alone");
}

#[test]
fn the_future_changes_nothing_that_was_said() {
    let bars = real("BTC")[..4000].to_vec();
    let whole = run(usual(), &bars);
    // Cuts within a day and within four hours, and at their ends.
    for cut in [2999, 3000, 3001, 3002, 3013, 3500] {
        let mut altered = bars.clone();
        for bar in &mut altered[cut..] {
            let twice = |price: Price| Price::new(price.get() * 2);
            *bar = Bar {
                open: twice(bar.open),
                high: twice(bar.high),
                low: twice(bar.low),
                close: twice(bar.close),
                ..*bar
            };
        }
        let said = run(usual(), &altered);
        assert_eq!(said[..cut], whole[..cut], "{cut}");
        assert_ne!(said[cut..], whole[cut..], "{cut}");
    }
}

#[test]
fn a_larger_bar_that_is_not_finished_is_not_heard() {
    let bars = real("BTC")[..4000].to_vec();
    let whole = run(usual(), &bars);
    let day = Span::from_secs(24 * HOUR).nanos();
    let mut changes = 0;
    for i in 1..bars.len() {
        let (before, now) = (&whole[i - 1].1[2], &whole[i].1[2]);
        if before != now {
            changes += 1;
            let end = bars[i].open_at.nanos() + bars[i].span.nanos();
            let of = |bar: &Bar| bar.open_at.nanos().div_euclid(day);
            assert!(end % day == 0 || of(&bars[i - 1]) != of(&bars[i]), "a day speaks at its end only: {i}");
            assert!(now.unwrap().closed_at.nanos() % day == 0);
        }
    }
    assert!(changes > 50);
}

#[test]
fn a_second_run_and_a_reset_say_the_same() {
    let bars = real("ETH")[..4000].to_vec();
    let first = run(usual(), &bars);
    assert_eq!(first, run(usual(), &bars));
    let mut again = Confluence::new(usual()).unwrap();
    for bar in &bars[..1777] {
        again.push(bar).unwrap();
    }
    again.reset();
    for (bar, said) in bars.iter().zip(&first) {
        assert_eq!(again.push(bar).unwrap(), said.0);
    }
}

#[test]
fn prices_and_volumes_in_other_units_say_the_same() {
    let bars = real("BTC")[..4000].to_vec();
    let larger: Vec<Bar> = bars
        .iter()
        .map(|bar| {
            let times = |price: Price| Price::new(price.get() * 1024);
            Bar {
                open: times(bar.open),
                high: times(bar.high),
                low: times(bar.low),
                close: times(bar.close),
                volume: Qty::new(bar.volume.get() * 16),
                ..*bar
            }
        })
        .collect();
    assert_eq!(run(usual(), &bars), run(usual(), &larger));
}

#[test]
fn a_market_that_does_not_move_says_nothing_in_any_group() {
    let flat: Vec<Bar> = (0..200)
        .map(|i| Bar {
            open_at: Timestamp::from_secs(i * HOUR).unwrap(),
            span: Span::from_secs(HOUR),
            open: Price::new(100),
            high: Price::new(100),
            low: Price::new(100),
            close: Price::new(100),
            volume: Qty::ZERO,
            taker_buy: Qty::ZERO,
            trades: 0,
        })
        .collect();
    let said = run(config(&[(1, 1.0)]), &flat);
    let last = said[199].0.unwrap();
    assert_eq!((last.confluence_score, last.trend, last.momentum, last.volatility), (0.0, 0.0, 0.0, 0.0));
    assert_eq!((last.aligned, last.side), (false, None));
}

#[test]
fn a_wrong_configuration_names_its_key() {
    let error = |config: ConfluenceConfig| Confluence::new(config).err().map(|it| it.to_string());
    let says = |config, text: &str| assert_eq!(error(config).as_deref(), Some(text));
    let half = Timeframe { span: Span::from_secs(5400), weight: 1.0 };
    says(
        ConfluenceConfig { timeframes: vec![usual().timeframes[0], half], ..usual() },
        "timeframes[1].span of 5400 s is not a multiple of the base of 3600 s",
    );
    let short = Timeframe { span: Span::from_secs(60), weight: 1.0 };
    says(
        ConfluenceConfig { timeframes: vec![short], ..usual() },
        "timeframes[0].span of 60 s is not a multiple of the base of 3600 s",
    );
    let none = Timeframe { span: Span::ZERO, weight: 1.0 };
    assert!(error(ConfluenceConfig { timeframes: vec![none], ..usual() }).is_some());
    says(config(&[(4, 1.0), (1, 1.0), (4, 2.0)]), "timeframes[2].span of 14400 s is named twice");
    says(config(&[(4, 0.0)]), "timeframes[0].weight must be a number from 1e-6 to 1e6, got 0");
    says(config(&[(4, f64::NAN)]), "timeframes[0].weight must be a number from 1e-6 to 1e6, got NaN");
    says(config(&[]), "timeframes must be 1 to 8, got 0");
    let many: Vec<(i64, f64)> = (1..=TIMEFRAMES_MAX as i64 + 1).map(|it| (it, 1.0)).collect();
    says(config(&many), "timeframes must be 1 to 8, got 9");
    says(ConfluenceConfig { threshold: 1.5, ..usual() }, "threshold must be a number from 0 to 1, got 1.5");
    assert!(matches!(
        Confluence::new(ConfluenceConfig { base: Span::ZERO, ..usual() }),
        Err(ConfluenceError::Base(_))
    ));
}

#[test]
fn a_wrong_bar_is_refused_and_leaves_no_trace() {
    let bars = real("BTC")[..500].to_vec();
    let clean = run(usual(), &bars);
    let mut all = Confluence::new(usual()).unwrap();
    for (i, bar) in bars.iter().enumerate() {
        let minute = Bar { span: Span::from_secs(60), ..*bar };
        assert!(matches!(all.push(&minute), Err(ConfluenceError::Span { .. })));
        let off = Bar { open_at: Timestamp::from_nanos(bar.open_at.nanos() + 1), ..*bar };
        assert!(matches!(all.push(&off), Err(ConfluenceError::OffGrid(_))));
        for absurd in [
            Bar { high: Price::new(bar.low.get() - 1), ..*bar },
            Bar { close: Price::new(bar.high.get() + 1), ..*bar },
            Bar { open: Price::new(bar.low.get() - 1), ..*bar },
            Bar { volume: Qty::new(-1), ..*bar },
        ] {
            assert!(matches!(all.push(&absurd), Err(ConfluenceError::Absurd { .. })));
        }
        assert_eq!(all.push(bar).unwrap(), clean[i].0);
        assert_eq!(all.push(bar), Err(ConfluenceError::Late(bar.open_at)));
    }
}

#[test]
fn a_warm_bar_costs_no_allocation() {
    let bars = real("BTC")[..6000].to_vec();
    let mut all = Confluence::new(usual()).unwrap();
    for bar in &bars[..3000] {
        all.push(bar).unwrap();
    }
    let cost = measure(|| {
        for bar in &bars[3000..] {
            all.push(bar).unwrap();
        }
    });
    assert_eq!(cost.count_total, 0);
}
