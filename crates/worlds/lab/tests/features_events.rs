//! What rules read of a recorded book in a run is what `scalp features compute` writes of the same file, to the last bit.

#![allow(clippy::unwrap_used, reason = "tests")]

mod support;

use scalp_engine::{Engine, Record};
use scalp_lab::drive::{Watch, WatchError};
use scalp_lab::features::{Asked, compute, read};
use scalp_market::BarRule;
use scalp_strategy::{Shipped, Strategy};
use scalp_types::{Event, InstrumentId, StateHash, VenueRequest};
use std::num::NonZero;
use std::sync::Arc;
use support::{Ready, drive_with, events, house, ready, shipped};

/// Every measure that reads changes or a queue, others of trades and of the book, and indicators and windows over them.
const ITEMS: [&str; 22] = [
    "CANCELS(2).cancels",
    "CANCELS(2).share",
    "CANCELS(2).side",
    "CANCELS(2).rank",
    "SPOOFING.score",
    "LAYERING.score",
    "QUOTE_STUFFING(1).changes",
    "QUOTE_STUFFING(1).score",
    "QUEUE(2).bid_wait",
    "QUEUE(2).ask_age",
    "OFI(20).ofi",
    "MLOFI(20,5).scaled",
    "MICROPRICE(5).momentum",
    "STOIKOV_PRICE.price",
    "EFFECTIVE_SPREAD(1,50).realised",
    "VPIN(20).vpin",
    "EMA(40,real=mid)",
    "ROLLSTD(price,30)",
    "LAG(bid_size,7)",
    "RSI(5,real=ONBAR(CANCELS(2).side))",
    "RSI(5)",
    "DOUBLE_TOP(swing=fractal,size=2)",
];

#[derive(Default)]
struct Seen {
    rows: Vec<Vec<Option<f64>>>,
    bars: Vec<(InstrumentId, BarRule)>,
    schema: Option<StateHash>,
}

impl Watch<Shipped> for Seen {
    fn on_event(&mut self, _: &Event<'_>, engine: &Engine<Shipped>) -> Result<(), WatchError> {
        let Shipped::Signal(signal) = engine.strategy() else { panic!("rules") };
        if signal.items().bars() > self.rows.len() as u64 {
            self.schema = self.schema.or_else(|| signal.schema(&self.bars));
            self.rows.push(signal.items().now().to_vec());
        }
        Ok(())
    }
    fn on_request(&mut self, _: &VenueRequest) -> Result<(), WatchError> {
        Ok(())
    }
    fn on_record(&mut self, _: &Record) {}
    fn on_snapshot(&mut self, _: &Engine<Shipped>) -> Result<(), WatchError> {
        Ok(())
    }
}

/// Runs a rule that never holds over `items`: the data, and what the rule read at each bar.
fn read_in_a_run(head: &str, items: &[&str], tail: &str) -> (Ready, Seen) {
    let rule: Vec<String> = items.iter().map(|it| format!("{it} > 1e300")).collect();
    let rule = rule.join(" or ");
    let ready = ready(&format!(
        "{head}[strategy]\nname = \"signal\"\norder_qty = 1\nenter_long = {rule:?}\nexit_long = \"close < 0\"\n{tail}"
    ));
    let all: Arc<[_]> = events(&ready).into();
    let mut seen = Seen { bars: ready.plan.engine.bars.clone(), ..Seen::default() };
    drive_with(&mut house(&ready.plan, &all), &mut seen, |_| None);
    (ready, seen)
}

/// Computes the same of the file, and says how often each item spoke.
fn alike(ready: &Ready, seen: &Seen, items: &[&str], bars: i64) -> Vec<usize> {
    let path = ready.loaded.tracks[0].file.path();
    let asked = Asked { threads: NonZero::new(3).unwrap(), bars: Some(bars), keep_going: false };
    let computed = compute(path, &read(path).unwrap(), items, &asked).unwrap();
    assert!(computed.times.len() > 100 && seen.rows.len() == computed.times.len(), "{}", seen.rows.len());
    // The rules read the close too, behind them.
    let all = if items.contains(&"close") { items.to_vec() } else { [items, &["close"]].concat() };
    let schema = compute(path, &read(path).unwrap(), &all, &asked).unwrap().schema;
    assert_eq!(
        seen.schema.map(StateHash::get),
        Some(schema),
        "the hash that a model stores is that of the run"
    );
    let mut spoken = Vec::new();
    for (place, (title, column)) in computed.columns.iter().enumerate() {
        for (row, (&computed, seen)) in column.iter().zip(&seen.rows).enumerate() {
            let computed = computed.is_finite().then_some(computed.to_bits());
            assert_eq!(seen[place].map(f64::to_bits), computed, "{title} at bar {row}");
        }
        spoken.push(column.iter().filter(|it| it.is_finite()).count());
        println!("{title}: {} of {} bars", spoken[place], column.len());
    }
    spoken
}

#[test]
fn what_rules_read_of_a_recorded_book_is_what_is_computed_of_its_file() {
    let text = shipped("workloads/w2b.toml");
    let (head, tail) = text.split_once("[strategy]").unwrap();
    let (head, tail) = (
        format!("{head}[bars]\ntime = \"2s\"\n"),
        format!("[report]{}", tail.split_once("[report]").unwrap().1),
    );
    let (ready, seen) = read_in_a_run(&head, &ITEMS, &tail);
    for (title, spoken) in ITEMS.iter().zip(alike(&ready, &seen, &ITEMS, 2_000_000_000)) {
        // A minute passes before some of them speak; a double top is rare.
        assert!(spoken > 50 || title.starts_with("DOUBLE_TOP"), "{title} spoke at {spoken} bars");
    }
    // Without bars each trade and each book is a row.
    let path = ready.loaded.tracks[0].file.path();
    let table = read(path).unwrap();
    let asked = Asked { threads: NonZero::new(3).unwrap(), bars: None, keep_going: false };
    let rows = compute(path, &table, &["CANCELS(2).cancels", "mid"], &asked).unwrap();
    assert!(rows.times.len() > 20_000 && rows.columns.iter().all(|it| it.1.len() == rows.times.len()));
    let told = compute(path, &table, &["open"], &asked).unwrap_err().to_string();
    assert!(told.contains("reads the column open"), "{told}");
}

#[test]
fn recorded_candles_are_read_as_in_a_run() {
    let items = ["RSI(7)", "close", "SMA(20)@45m", "OBV", "LAG(ROLLZ(close,30),2)", "CDLENGULFING"];
    let text = shipped("examples/cross-minute.toml");
    let (head, tail) = text.split_once("[strategy]").unwrap();
    let tail = format!("[risk]{}", tail.split_once("[risk]").unwrap().1);
    let (ready, seen) = read_in_a_run(head, &items, &tail);
    let spoken = alike(&ready, &seen, &items, 15 * 60_000_000_000);
    assert!(spoken.iter().all(|it| *it > 2_000), "{spoken:?}");
    // Neither rows that are not there nor an empty answer: what is missing is said.
    let path = ready.loaded.tracks[0].file.path();
    let table = read(path).unwrap();
    for (bars, item, want) in [
        (None, "mid", "candles are rows with --bars"),
        (None, "close", "reads the column close"),
        (Some(100 * 86_400_000_000_000), "close", "no candle of this length"),
    ] {
        let asked = Asked { threads: NonZero::new(1).unwrap(), bars, keep_going: false };
        let told = compute(path, &table, &[item], &asked).unwrap_err().to_string();
        assert!(told.contains(want), "{told}");
    }
}
