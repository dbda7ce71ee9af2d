//! Items over values of several clocks are those of the joined table: a row for each candle (or trade), every other series as it
//! stands then. The twins are written out over columns, as one would in a data frame.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::float_cmp,
    reason = "tests only: exact answers"
)]

use scalp_features::measure::{Depth, Level, Print};
use scalp_features::{BarRow, Observation, Outside, Pipeline, Schema, Sources};

const MINUTE: i64 = 60_000_000_000;

type Column = Vec<Option<f64>>;

fn random(state: &mut u64) -> f64 {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    (*state >> 11) as f64 / (1_u64 << 53) as f64
}

fn walk(seed: u64, count: usize) -> Vec<f64> {
    let (mut state, mut price) = (seed, 100.0);
    (0..count)
        .map(|_| {
            price *= 1.0 + 0.01 * (random(&mut state) - 0.5);
            price
        })
        .collect()
}

/// Answers over the last `n` rows, all of which must be there.
fn rolling(n: usize, columns: &[&Column], of: impl Fn(&[Vec<f64>]) -> f64) -> Column {
    let rows = columns[0].len();
    (0..rows)
        .map(|row| {
            let from = (row + 1).checked_sub(n)?;
            let window = |it: &&Column| it[from..=row].iter().copied().collect::<Option<Vec<f64>>>();
            let windows = columns.iter().map(window).collect::<Option<Vec<_>>>()?;
            Some(of(&windows)).filter(|it| it.is_finite())
        })
        .collect()
}

fn mean(x: &[f64]) -> f64 {
    x.iter().sum::<f64>() / x.len() as f64
}

fn cov(a: &[f64], b: &[f64]) -> f64 {
    let (m, n) = (mean(a), mean(b));
    a.iter().zip(b).map(|(a, b)| (a - m) * (b - n)).sum::<f64>() / (a.len() - 1) as f64
}

fn corr(n: usize, a: &Column, b: &Column) -> Column {
    rolling(n, &[a, b], |it| cov(&it[0], &it[1]) / (cov(&it[0], &it[0]) * cov(&it[1], &it[1])).sqrt())
}

fn ratio(a: &Column, b: &Column) -> Column {
    a.iter().zip(b).map(|(a, b)| Some((*a)? / (*b)?)).collect()
}

fn lag(n: usize, a: &Column) -> Column {
    (0..a.len()).map(|row| a[row.checked_sub(n)?]).collect()
}

/// The twins of [`LIST`] over columns of closes.
fn twins(close: &Column, leader: &Column) -> Vec<Column> {
    let ratios = ratio(close, leader);
    let change = |it: &Column| ratio(it, &lag(1, it)).iter().map(|it| Some((*it)? - 1.0)).collect::<Column>();
    vec![
        corr(50, close, leader),
        corr(50, &change(close), &change(leader)),
        rolling(30, &[close, leader], |it| cov(&it[0], &it[1]) / cov(&it[1], &it[1])),
        corr(50, close, leader),
        rolling(100, &[&ratios], |it| (it[0][99] - mean(&it[0])) / cov(&it[0], &it[0]).sqrt()),
        lag(1, &ratios),
        change(&ratios),
        rolling(20, &[&ratios], |it| mean(&it[0])),
        rolling(20, &[close, leader], |it| mean(&it[0]) - mean(&it[1])),
    ]
}

const LIST: &str = "CORR(close,leader,50), CORR(PCTCHANGE(close,1),PCTCHANGE(ONBAR(leader),1),50), BETA_ON(close,leader,30),
    CORREL(close,leader,50), ROLLZ(RATIO(close,leader),100), LAG(RATIO(close,leader),1), PCTCHANGE(RATIO(close,leader),1),
    SMA(RATIO(close,leader),20), ROLLMEAN(DELTA(close,leader),20)";

fn agree(name: &str, got: &Column, want: &Column) -> f64 {
    assert_eq!(got.len(), want.len());
    let mut worst = 0.0_f64;
    for (row, (got, want)) in got.iter().zip(want).enumerate() {
        assert_eq!(got.is_some(), want.is_some(), "{name} at row {row}: {got:?} for {want:?}");
        if let (Some(got), Some(want)) = (got, want) {
            worst = worst.max((got - want).abs());
        }
    }
    assert!(worst < 1e-9, "{name}: {worst}");
    worst
}

fn leader() -> Sources {
    Sources {
        bar_span: Some(MINUTE),
        outside: vec![Outside { name: "leader".into(), age_max: None, origin: String::new() }],
        ..Sources::market(1)
    }
}

fn candle(pipeline: &mut Pipeline, minute: i64, close: f64) {
    let (open_at, close_at) = (minute * MINUTE, (minute + 1) * MINUTE);
    pipeline.on_bar(&BarRow { open_at, close_at, values: &[close, close, close, close, 1.0] }).unwrap();
}

fn publish(pipeline: &mut Pipeline, at: i64, value: f64) {
    pipeline.on_outside(0, Observation { event_at: at, published_at: at, value }).unwrap();
}

fn collect(pipeline: &Pipeline, columns: &mut [Column]) {
    columns.iter_mut().enumerate().for_each(|(place, it)| it.push(pipeline.get(place)));
}

#[test]
fn a_series_from_outside_is_joined_at_the_candle() {
    let schema = Schema::parse(LIST, &leader()).unwrap();
    let (closes, leaders) = (walk(3, 600), walk(5, 600));
    // With each candle; several times in a candle, and with gaps.
    for step in [0, 7] {
        let mut pipeline = Pipeline::new(&schema);
        let (mut got, mut shown, mut seen) = (vec![Vec::new(); schema.len()], Vec::new(), None);
        for (minute, &close) in closes.iter().enumerate() {
            let from = minute as i64 * MINUTE;
            if step == 0 {
                publish(&mut pipeline, from + MINUTE, leaders[minute]);
                seen = Some(leaders[minute]);
            } else if minute % step < 4 {
                for part in 1..=minute % 4 {
                    let value = leaders[minute] + part as f64;
                    publish(&mut pipeline, from + part as i64 * MINUTE / 5, value);
                    seen = Some(value);
                }
            }
            candle(&mut pipeline, minute as i64, close);
            shown.push(seen);
            collect(&pipeline, &mut got);
        }
        let closes: Column = closes.iter().copied().map(Some).collect();
        for ((title, got), want) in schema.titles().iter().zip(&got).zip(&twins(&closes, &shown)) {
            println!("{title}: {:e}", agree(title, got, want));
        }
    }
}

#[test]
fn two_lengths_of_candles_are_joined_at_the_shorter_after_a_gap_too() {
    let list = "LAG(RATIO(close,close@5m),1), CORR(close,SMA(3)@5m,20), LAG(RATIO(close@5m,close@15m),1), close@5m, close@15m, SMA(3)@5m";
    let sources = Sources { bar_span: Some(MINUTE), ..Sources::bars() };
    let schema = Schema::parse(list, &sources).unwrap();
    let mut pipeline = Pipeline::new(&schema);
    let (mut got, mut closes, mut fives) = (vec![Vec::new(); 6], Column::new(), Vec::new());
    for (minute, &close) in walk(9, 900).iter().enumerate() {
        // Gaps that cut candles of both lengths off before their ends.
        if [3, 4, 17, 18, 19, 20, 21, 22, 44, 45].contains(&(minute % 100)) {
            continue;
        }
        let had = pipeline.vector().raw()[3].to_bits();
        candle(&mut pipeline, minute as i64, close);
        closes.push(Some(close));
        collect(&pipeline, &mut got);
        let [.., five, fifteen, _] = got.as_slice() else { unreachable!() };
        if five.last().unwrap().is_some_and(|it| it.to_bits() != had) {
            let row = five.len() - 1;
            fives.push(five[row].zip(fifteen[row]).map(|(a, b)| a / b));
        }
    }
    let of_rows = lag(1, &ratio(&closes, &got[3]));
    agree("of both", &got[0], &of_rows);
    agree("correlation", &got[1], &corr(20, &closes, &got[5]));
    // Of two longer ones: at the closes of the shorter. A value shown between is that of its last one.
    let mut said: Vec<Option<f64>> = got[2].clone();
    said.dedup();
    let mut want: Vec<Option<f64>> = lag(1, &fives);
    want.dedup();
    assert!(fives.len() > 150, "{}", fives.len());
    agree("of longer ones", &said, &want);
}

#[test]
fn trades_and_books_are_joined_at_the_trade() {
    let sources = Sources { bars: false, bar_span: None, ..leader() };
    let schema =
        Schema::parse("CORR(price,mid,20), LAG(DELTA(price,mid),1), CORR(mid,leader,20)", &sources).unwrap();
    let mut pipeline = Pipeline::new(&schema);
    let (prices, mids, leaders) = (walk(3, 900), walk(5, 900), walk(7, 900));
    let mut got = vec![Vec::new(); 3];
    let (mut price, mut mid, mut at_books) =
        (Column::new(), Column::new(), [Column::new(), Column::new(), Column::new()]);
    let mut seen = None;
    for n in 0..900 {
        let at = n as i64 * MINUTE;
        match n % 7 {
            0 | 3 | 4 => {
                let level = |price| Level { price, size: 1.0 };
                let (bids, asks) = ([level(mids[n] - 1.0)], [level(mids[n] + 1.0)]);
                pipeline.on_book(&Depth { at, bids: &bids, asks: &asks, changes: &[] }).unwrap();
                seen = Some(0.5 * (bids[0].price + asks[0].price));
                at_books[0].push(seen);
                at_books[1].push((n > 6).then(|| leaders[n / 7 * 7 - 1]));
                at_books[2].push(pipeline.get(2));
            }
            6 => publish(&mut pipeline, at, leaders[n]),
            _ => {
                pipeline.on_trade(&Print { at, price: prices[n], size: 1.0, aggressor: None }).unwrap();
                price.push(Some(prices[n]));
                mid.push(seen);
                collect(&pipeline, &mut got);
            }
        }
    }
    agree("correlation", &got[0], &corr(20, &price, &mid));
    let apart: Column = price.iter().zip(&mid).map(|(a, b)| Some((*a)? - (*b)?)).collect();
    agree("lag", &got[1], &lag(1, &apart));
    agree("of the book", &at_books[2], &corr(20, &at_books[0], &at_books[1]));
}

/// What the venue dated later has been heard of, whether it is read or not: books that came before a trade and are dated behind it.
#[test]
fn ages_at_trades_do_not_depend_on_whether_books_are_read() {
    let list = "CORR(price,AGE(leader),6), LAG(DELTA(price,AGE(leader)),1), ROLLMEAN(RATIO(price,AGE(leader)),4), AGE(leader)";
    let of = |list: &str| Pipeline::new(&Schema::parse(list, &leader()).unwrap());
    let schema = Schema::parse(list, &leader()).unwrap();
    assert!(schema.canonical().contains("with AGE 2\n"), "once they did: {}", schema.canonical());
    let (mut alone, mut listed) = (of(list), of(&format!("{list}, mid")));
    let (prices, mut spoken) = (walk(3, 900), 0);
    for (n, &price) in prices.iter().enumerate() {
        let at = n as i64 * MINUTE;
        let ahead = [0, 5, 250][n % 3] * 1_000_000;
        if n % 7 == 6 {
            publish(&mut alone, at, price);
            publish(&mut listed, at, price);
        }
        for pipeline in [&mut alone, &mut listed] {
            pipeline.publish_until(at + ahead);
        }
        if ahead > 0 {
            let level = |price| Level { price, size: 1.0 };
            let (bids, asks) = ([level(price - 1.0)], [level(price + 1.0)]);
            listed.on_book(&Depth { at: at + ahead, bids: &bids, asks: &asks, changes: &[] }).unwrap();
        }
        for pipeline in [&mut alone, &mut listed] {
            pipeline.on_trade(&Print { at, price, size: 1.0, aggressor: None }).unwrap();
        }
        let rows = [&alone, &listed].map(|it| [0, 1, 2, 3].map(|place| it.get(place).map(f64::to_bits)));
        assert_eq!(rows[0], rows[1], "trade {n}");
        let seconds = (n + 1) % 7 * 60;
        let age = seconds as f64 + ahead as f64 / 1e9;
        if n > 6 {
            assert!((alone.get(3).unwrap() - age).abs() < 1e-9, "trade {n}: {:?} for {age}", alone.get(3));
        }
        spoken += usize::from(rows[0].iter().all(Option::is_some));
    }
    assert!(spoken > 700, "{spoken}");
}

#[test]
fn arithmetic_is_up_to_date_between_two_candles_and_only_what_remembers_waits() {
    let schema =
        Schema::parse("DELTA(mid,close), LAG(DELTA(mid,close),1), LAG(RATIO(close,HOUR),1)", &leader())
            .unwrap();
    let mut pipeline = Pipeline::new(&schema);
    let book = |pipeline: &mut Pipeline, at: i64, mid: f64| {
        let level = |price| Level { price, size: 1.0 };
        let (bids, asks) = ([level(mid - 1.0)], [level(mid + 1.0)]);
        pipeline.on_book(&Depth { at, bids: &bids, asks: &asks, changes: &[] }).unwrap();
    };
    candle(&mut pipeline, 120, 10.0);
    book(&mut pipeline, 121 * MINUTE, 11.0);
    assert_eq!([pipeline.get(0), pipeline.get(1)], [Some(1.0), None]);
    candle(&mut pipeline, 121, 10.5);
    book(&mut pipeline, 122 * MINUTE, 12.0);
    candle(&mut pipeline, 122, 11.5);
    assert_eq!([pipeline.get(0), pipeline.get(1)], [Some(0.5), Some(0.5)]);
    assert_eq!(pipeline.get(2), Some(10.5 / 2.0), "what changes with time alone is taken with the candle");
    let told = Schema::parse("LAG(HOUR,1)", &leader()).unwrap_err().to_string();
    assert!(told.contains("write ONBAR(...) around it"), "{told}");
    let hash = |list: &str| Schema::parse(list, &leader()).unwrap().canonical().to_owned();
    assert!(hash("CORR(close,leader,5)").contains("with steps 2"), "what changed is another vector");
    assert!(!hash("CORR(close,volume,5), RATIO(close,leader), LAG(leader,1)").contains("with steps"));
}

#[test]
fn the_future_of_a_series_altered_changes_nothing_joined_before() {
    let list = format!("{LIST}, LAG(RATIO(close@5m,leader),1), CORR(SMA(3)@5m,close,9)");
    let schema = Schema::parse(&list, &leader()).unwrap();
    let (closes, leaders, other) = (walk(3, 500), walk(5, 500), walk(11, 500));
    let play = |cut: usize| {
        let mut pipeline = Pipeline::new(&schema);
        let mut rows = Vec::new();
        for (minute, &close) in closes.iter().enumerate() {
            let value = if minute < cut { leaders[minute] } else { other[minute] };
            let close = if minute < cut { close } else { close + 1.0 };
            publish(&mut pipeline, (minute as i64 + 1) * MINUTE, value);
            candle(&mut pipeline, minute as i64, close);
            rows.push(pipeline.vector().raw().iter().map(|it| it.to_bits()).collect::<Vec<_>>());
        }
        rows
    };
    let (whole, cut) = (play(500), play(333));
    assert_eq!(whole[..333], cut[..333]);
    assert!((333..500).all(|row| whole[row] != cut[row]), "or the alteration was none");
}
