//! What rules read in a run, and what is computed of the file that it played: the same, to the last bit.

use super::{Ready, drive_with, events, house, ready};
use scalp_engine::{Engine, Record};
use scalp_lab::drive::{Watch, WatchError};
use scalp_lab::features::{Asked, With, compute, parse_bars, read_all};
use scalp_market::BarRule;
use scalp_strategy::strategy::FeatureFacts;
use scalp_strategy::{Shipped, Strategy};
use scalp_types::{Event, InstrumentId, StateHash, VenueRequest};
use std::num::NonZero;
use std::sync::Arc;

#[derive(Default)]
pub struct Seen {
    pub rows: Vec<Vec<Option<f64>>>,
    pub bars: Vec<(InstrumentId, BarRule)>,
    pub schema: Option<StateHash>,
    /// As of the last bar.
    pub facts: Option<FeatureFacts>,
}

impl Watch<Shipped> for Seen {
    fn on_event(&mut self, _: &Event<'_>, engine: &Engine<Shipped>) -> Result<(), WatchError> {
        let Shipped::Signal(signal) = engine.strategy() else { panic!("rules") };
        if signal.items().bars() > self.rows.len() as u64 {
            self.schema = self.schema.or_else(|| signal.schema(&self.bars));
            self.rows.push(signal.items().now().to_vec());
            self.facts = signal.features();
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
pub fn read_in_a_run(head: &str, items: &[&str], tail: &str) -> (Ready, Seen) {
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
pub fn alike(ready: &Ready, seen: &Seen, items: &[&str], bars: &str) -> Vec<usize> {
    alike_with(ready, seen, items, bars, &[])
}

pub fn alike_with(ready: &Ready, seen: &Seen, items: &[&str], bars: &str, with: &[With]) -> Vec<usize> {
    let path = ready.loaded.tracks[0].file.path();
    let asked =
        Asked { threads: NonZero::new(3).unwrap(), bars: Some(parse_bars(bars).unwrap()), keep_going: false };
    let table = read_all(&[path.to_owned()], with).unwrap();
    let computed = compute(path, &table, items, &asked).unwrap();
    assert!(computed.times.len() > 100 && seen.rows.len() == computed.times.len(), "{}", seen.rows.len());
    // The rules read the close too, behind them.
    let all = if items.contains(&"close") { items.to_vec() } else { [items, &["close"]].concat() };
    let schema = compute(path, &table, &all, &asked).unwrap().schema;
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
