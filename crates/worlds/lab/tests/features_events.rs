//! What rules read of a recorded book in a run is what `scalp features compute` writes of the same file, to the last bit.

#![allow(clippy::unwrap_used, reason = "tests")]

mod support;

use scalp_engine::{Engine, Record};
use scalp_lab::drive::{Watch, WatchError};
use scalp_lab::features::{Asked, compute, read};
use scalp_strategy::Shipped;
use scalp_types::{Event, VenueRequest};
use std::num::NonZero;
use std::sync::Arc;
use support::{drive_with, events, house, ready, shipped};

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
struct Seen(Vec<Vec<Option<f64>>>);

impl Watch<Shipped> for Seen {
    fn on_event(&mut self, _: &Event<'_>, engine: &Engine<Shipped>) -> Result<(), WatchError> {
        let Shipped::Signal(signal) = engine.strategy() else { panic!("rules") };
        if signal.items().bars() > self.0.len() as u64 {
            self.0.push(signal.items().now().to_vec());
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

#[test]
fn what_rules_read_of_a_recorded_book_is_what_is_computed_of_its_file() {
    let text = shipped("workloads/w2b.toml");
    let (head, tail) = text.split_once("[strategy]").unwrap();
    let rule: Vec<String> = ITEMS.iter().map(|it| format!("{it} > 1e300")).collect();
    let rule = rule.join(" or ");
    let ready = ready(&format!(
        "{head}[bars]\ntime = \"2s\"\n[strategy]\nname = \"signal\"\norder_qty = 0.01\nenter_long = {rule:?}\n\
         exit_long = \"close < 0\"\n[report]{}",
        tail.split_once("[report]").unwrap().1
    ));
    let all: Arc<[_]> = events(&ready).into();
    let mut seen = Seen::default();
    drive_with(&mut house(&ready.plan, &all), &mut seen, |_| None);
    let path = ready.loaded.tracks[0].file.path();
    let table = read(path).unwrap();
    let asked = Asked { threads: NonZero::new(3).unwrap(), bars: Some(2_000_000_000), keep_going: false };
    let computed = compute(path, &table, &ITEMS, &asked).unwrap();
    assert!(computed.times.len() > 100 && seen.0.len() == computed.times.len(), "{}", seen.0.len());
    for (place, (title, column)) in computed.columns.iter().enumerate() {
        let spoken = column.iter().filter(|it| it.is_finite()).count();
        println!("{title}: {spoken} of {} bars", column.len());
        // A minute passes before some of them speak; a double top is rare.
        assert!(spoken > 50 || title.starts_with("DOUBLE_TOP"), "{title} spoke at {spoken} bars");
        for (row, (&computed, seen)) in column.iter().zip(&seen.0).enumerate() {
            let computed = computed.is_finite().then_some(computed.to_bits());
            assert_eq!(seen[place].map(f64::to_bits), computed, "{title} at bar {row}");
        }
    }
    // Without bars each trade and each book is a row.
    let asked = Asked { bars: None, ..asked };
    let rows = compute(path, &table, &["CANCELS(2).cancels", "mid"], &asked).unwrap();
    assert!(rows.times.len() > 20_000 && rows.columns.iter().all(|it| it.1.len() == rows.times.len()));
    let told = compute(path, &table, &["open"], &asked).unwrap_err().to_string();
    assert!(told.contains("open"), "{told}");
}
