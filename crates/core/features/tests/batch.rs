//! Columns at once are the pipeline bar by bar, to the last bit.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::float_cmp,
    reason = "tests only: exact answers"
)]

use proptest::prelude::*;
use scalp_features::batch::{BarColumns, Batch, Lanes, Scratch};
use scalp_features::{BarRow, Pipeline, Schema, Sources};

const MINUTE: i64 = 60_000_000_000;

struct Bars {
    span: i64,
    open_at: Vec<i64>,
    values: Vec<[f64; 5]>,
}

impl Bars {
    fn rows(&self) -> impl Iterator<Item = BarRow<'_>> + Clone {
        let rows = self.open_at.iter().zip(&self.values);
        rows.map(|(&open_at, values)| BarRow { open_at, close_at: open_at + self.span, values })
    }

    fn sources(&self) -> Sources {
        Sources { bar_span: Some(self.span), ..Sources::bars() }
    }

    fn table(&self) -> Table {
        Table {
            open_at: self.open_at.clone(),
            close_at: self.open_at.iter().map(|it| it + self.span).collect(),
            columns: (0..5).map(|at| self.values.iter().map(|it| it[at]).collect()).collect(),
        }
    }
}

/// The same by columns.
struct Table {
    open_at: Vec<i64>,
    close_at: Vec<i64>,
    columns: Vec<Vec<f64>>,
}

impl Table {
    fn lent(&self) -> BarColumns<'_> {
        let columns = self.columns.iter().map(Vec::as_slice).collect();
        BarColumns { open_at: &self.open_at, close_at: &self.close_at, columns }
    }
}

/// The golden candles, as if each were of five minutes, with gaps as on weekends.
fn candles() -> Bars {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../../shared/golden/input/eurusd_1h.csv");
    let mut reader = csv::Reader::from_path(path).unwrap();
    let (mut open_at, mut values) = (Vec::new(), Vec::new());
    for (at, row) in reader.records().map(Result::unwrap).enumerate() {
        open_at.push((at as i64 + at as i64 / 120 * 7) * 5 * MINUTE);
        values.push(std::array::from_fn(|place| row[place + 1].parse().unwrap()));
    }
    Bars { span: 5 * MINUTE, open_at, values }
}

fn streamed(schema: &Schema, bars: &Bars) -> Vec<Vec<u64>> {
    let mut pipeline = Pipeline::new(schema);
    let mut columns = vec![Vec::new(); schema.len()];
    for bar in bars.rows() {
        pipeline.on_bar(&bar).unwrap();
        let vector = pipeline.vector();
        columns.iter_mut().zip(vector.raw()).for_each(|(to, it)| to.push(it.to_bits()));
    }
    columns
}

/// Compares every column that the batch computes; how many, and how many are left to a pipeline.
fn compare(schema: &Schema, bars: &Bars) -> (usize, usize) {
    let table = bars.table();
    let lanes = Lanes::new(schema, &table.lent()).unwrap();
    let mut batch = Batch::new(schema, &lanes);
    let mut scratch = Scratch::default();
    for stage in batch.stages().to_vec() {
        for node in stage {
            let mut columns = Vec::new();
            batch.node(node, &mut columns, &mut scratch);
            batch.keep(node, columns);
        }
    }
    let wanted = streamed(schema, bars);
    let mut left = 0;
    for (place, wanted) in wanted.iter().enumerate() {
        if batch.is_streamed(place) {
            left += 1;
            continue;
        }
        // What a buffer held before does not matter, nor how long it was.
        let mut got = [vec![7.0; place % 3 * wanted.len()]];
        batch.columns(&[place], &mut got, &mut scratch);
        let [got] = got;
        assert_eq!(got.len(), wanted.len());
        for (row, (got, want)) in got.iter().zip(wanted).enumerate() {
            let want = f64::from_bits(*want);
            assert!(got.to_bits() == want.to_bits(), "{} at {row}: {got}, not {want}", schema.names()[place]);
        }
    }
    (wanted.len() - left, left)
}

#[test]
fn the_wide_set_is_that_of_the_pipeline() {
    let bars = candles();
    let schema = Schema::parse("SCHEMA:wide@1", &bars.sources()).unwrap();
    let (same, left) = compare(&schema, &bars);
    println!("{same} columns of {} bars, equal to the bit; {left} left to a pipeline", bars.values.len());
    assert_eq!(left, 0);
    assert!(same > 2_000);
}

/// Each value of the schema with its bits over the candles; patterns that never come say nothing and are left out.
fn bits(list: &str, bars: &Bars) -> (usize, Vec<(String, Vec<u64>)>) {
    let schema = Schema::parse(list, &bars.sources()).unwrap();
    let named = schema.names().iter().map(ToString::to_string).zip(streamed(&schema, bars));
    let all = named.filter(|it| !it.0.starts_with("CDL")).collect();
    (schema.len(), all)
}

#[test]
fn no_two_values_of_the_wide_set_are_the_same_and_the_guide_tells_their_number() {
    let bars = candles();
    let twins = |list: &str| {
        let (count, mut all) = bits(list, &bars);
        all.sort_by(|a, b| a.1.cmp(&b.1));
        let twins =
            all.windows(2).filter(|it| it[0].1 == it[1].1).map(|it| format!("{} {}", it[0].0, it[1].0));
        (count, twins.collect::<Vec<_>>())
    };
    let (count, found) = twins("SCHEMA:wide@2");
    assert!(found.is_empty(), "{found:?}");
    let (before, found) = twins("SCHEMA:wide@1");
    println!("{count} values, no two the same; {before} in version 1, {} of them twice", found.len());
    assert!(found.len() > 40, "the first version has them: {found:?}");
    let guide = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../docs/features.md");
    let guide = std::fs::read_to_string(guide).unwrap();
    for (version, count) in [(1, before), (2, count)] {
        let told = format!("`SCHEMA:wide@{version}` ({},{:03}", count / 1_000, count % 1_000);
        assert!(guide.contains(&told), "{told}");
    }
}

const MIXED: &str = "SCHEMA:model@1, GROUP:interaction@1, GROUP:lag@1, GROUP:rolling@1, open, time, close@15m,
    LAG(close,1), DIFF(close,3), LOGRETURN(volume,2), ROLLSUM(close,1), ROLLMEAN(close,1), ROLLVAR(close,2),
    ROLLMIN(volume,1), ROLLMAX(close,7), RANGEPLACE(close,13), CORR(close,volume,2), COV(close,volume,9), BETA_ON(open,volume,30),
    ROLLMEAN(close,300), ROLLSTD(RSI(14),33), ROLLZ(ROLLMEAN(close,3),5), RSI(5,real=volume), SMA(3,real=RSI(4)),
    CORREL(high,volume,30), STANDARD(close,5,4), EWSTANDARD(close,10,5,4), FILL(LAG(close,4),-1), MISSING(close),
    MISSING(ROLLSTD(close@15m,4)), FILL(RSI(3)@1h,50), ONBAR(RSI(3)@1h), LAG(ONBAR(close@15m),2), DELTA(close,ONBAR(close@15m)),
    MEDIAN(5), MEDIAN(10,real=volume), MEDIAN(64), MEDIAN(65), MEDIAN(300,real=volume), MEDIAN(7,real=RSI(14)), MEDIAN(9)@15m,
    QUANTILE(1,0.3), QUANTILE(5,0.25), QUANTILE(30,0.9), QUANTILE(200,0), QUANTILE(21,1,real=volume), QUANTILE(50,0.37),
    SKEW(3), SKEW(20,real=volume), SKEW(500), KURT(4), KURT(33), KURT(9,real=RSI(14)), SKEW(7)@15m,
    ROLLMEAN(close@15m,4), ROLLZ(volume,6)@1h, CORR(close,volume,5)@15m, DIFF(MACD(12,26,9).macdhist,1),
    HEAD_SHOULDERS(0.15), DOUBLE_TOP@15m, DOUBLE_TOP.invalidation, DOUBLE_TOP.target, DOUBLE_TOP@15m.bars, CLIP(RSI(14),40,60), SIGN(MOM(3)), ABS(DIFF(close,1)), RATIO(HOUR,close),
    RATIO(close,close@15m), AGE(close@1h), CONFLUENCE(1,3,12), ONBAR(CONFLUENCE(1,3,12).score), PRODUCT(volume,CDLDOJI),
    LAG(PRODUCT(close,HOURSIN),3), LAG(RATIO(close,close@15m),1), MAXINDEX(9), MINMAXINDEX(5)@15m, ZIGZAG(0.1,1), ZIGZAG(0.3,2)@1h,
    MININDEX(7,real=RSI(14)), MAXINDEX(4,real=LAG(volume,3)), KVO, HILO";

#[test]
fn windows_and_arithmetic_are_those_of_the_pipeline() {
    let bars = candles();
    let schema = Schema::parse(MIXED, &bars.sources()).unwrap();
    let (same, left) = compare(&schema, &bars);
    println!("{same} columns equal to the bit; {left} left to a pipeline");
    assert_eq!(left, 15, "an age, what joins two lengths, confluence");
    assert!(same > 120, "{same}");
}

#[test]
fn an_item_that_is_asked_for_twice_is_there_twice() {
    let bars = candles();
    let items = [
        "HOUR",
        "RSI(3)@30m",
        "BBANDS(5,2,2,0).upperband",
        "BBANDS(5,2,2,0).lowerband",
        "close",
        "LAG(close,2)",
    ];
    let schema = Schema::of_items(&[items, items].concat(), &bars.sources()).unwrap();
    let table = bars.table();
    let lanes = Lanes::new(&schema, &table.lent()).unwrap();
    let batch = Batch::new(&schema, &lanes);
    let wanted = streamed(&schema, &bars);
    for first in 0..items.len() {
        let node = batch.node_of(first);
        let places: Vec<usize> = (first..schema.len())
            .filter(|&it| {
                it == first || it == first + items.len() || node.is_some() && batch.node_of(it) == node
            })
            .collect();
        assert!(places.len() > 1);
        let mut got = vec![Vec::new(); places.len()];
        batch.columns(&places, &mut got, &mut Scratch::default());
        for (place, got) in places.iter().zip(&got) {
            let got: Vec<u64> = got.iter().map(|it| it.to_bits()).collect();
            assert!(got == wanted[*place], "{}", schema.names()[*place]);
        }
    }
}

#[test]
fn what_is_missing_in_a_bar_is_missing_alike() {
    let mut bars = candles();
    bars.values.truncate(3_000);
    bars.open_at.truncate(3_000);
    for row in 0..bars.values.len() {
        if row % 41 == 3 || (700..760).contains(&row) {
            bars.values[row][row % 5] = if row % 2 == 0 { f64::NAN } else { f64::INFINITY };
        }
        if row % 57 == 0 {
            bars.values[row][4] = -0.0;
        }
    }
    let schema = Schema::parse(MIXED, &bars.sources()).unwrap();
    compare(&schema, &bars);
    // A column without any value, and one that is shorter than any window.
    bars.values.iter_mut().for_each(|it| it[4] = f64::NAN);
    compare(&schema, &bars);
    bars.values.truncate(2);
    bars.open_at.truncate(2);
    compare(&schema, &bars);
}

#[test]
fn bars_that_a_pipeline_refuses_are_refused() {
    let bars = candles();
    let schema = Schema::parse("close", &bars.sources()).unwrap();
    let mut table = bars.table();
    let refused = |schema: &Schema, table: &Table| Lanes::new(schema, &table.lent()).unwrap_err().to_string();
    table.open_at.swap(4, 9);
    assert!(refused(&schema, &table).contains("bar.open_at"));
    table = bars.table();
    table.close_at[3] = table.open_at[3] - 1;
    assert!(refused(&schema, &table).contains("bar.close_at"));
    table.close_at.pop();
    assert!(refused(&schema, &table).contains("bar.close_at"));
    table = bars.table();
    table.columns[2].pop();
    assert!(refused(&schema, &table).contains("rows"));
    let wide = Sources { bar_extra: vec!["funding".into()], ..Sources::bars() };
    let schema = Schema::parse("close", &wide).unwrap();
    assert!(refused(&schema, &bars.table()).contains("6 columns"));
}

proptest! {
    #[test]
    fn any_window_over_anything_is_that_of_the_pipeline(
        closes in prop::collection::vec(prop_oneof![9 => -5..5_i32, 1 => Just(99)], 0..200),
        n in 2..40_usize,
    ) {
        let value = |it: i32| if it == 99 { f64::NAN } else { f64::from(it) * 0.7 };
        let values: Vec<[f64; 5]> = closes.iter().map(|&it| [value(it); 5]).collect();
        let open_at = (0..values.len() as i64).map(|it| it * MINUTE).collect();
        let bars = Bars { span: MINUTE, open_at, values };
        let windows = ["LAG", "DIFF", "PCTCHANGE", "LOGRETURN", "ROLLSUM", "ROLLMEAN", "ROLLVAR", "ROLLSTD", "ROLLZ",
            "ROLLMIN", "ROLLMAX", "RANGEPLACE"];
        let mut list: Vec<String> = windows.iter().map(|it| format!("{it}(close,{n})")).collect();
        list.extend(["CORR", "COV", "BETA_ON"].iter().map(|it| format!("{it}(close,time,{n})")));
        list.extend([format!("MEDIAN({n})"), format!("QUANTILE({n},0.2)"), format!("QUANTILE({n},1)")]);
        list.extend([format!("SKEW({})", n + 1), format!("KURT({})", n + 2)]);
        let schema = Schema::of_items(&list, &bars.sources()).unwrap();
        prop_assert_eq!(compare(&schema, &bars), (20, 0));
    }
}
