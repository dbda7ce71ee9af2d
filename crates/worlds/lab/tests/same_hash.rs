//! Forty runs of each workload end in one state; so does a run that was put away in the middle and brought back, from
//! memory or from its journal and a snapshot.

#![allow(clippy::unwrap_used, reason = "tests")]

mod support;

use scalp_engine::Engine;
use scalp_journal::recover::{recover, snapshots_of};
use scalp_journal::{Snapshots, Writer, WriterConfig};
use scalp_lab::backtest::{Looks, run};
use scalp_lab::drive::Nobody;
use scalp_lab::observer::{Keeping, Observer};
use scalp_lab::replay::{rebuild, replay};
use scalp_strategy::Shipped;
use scalp_types::{Command, CommandBody};
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use support::{House, drive_with, events, hash, house, ready, rules_on_a_book, rules_on_bars, shipped};

const RUNS: usize = 40;

fn check_forty_runs(config: &str) {
    check_forty_runs_of(config, &shipped(config));
}

fn check_forty_runs_of(config: &str, text: &str) {
    let ready = ready(text);
    let results: BTreeSet<String> = (0..RUNS)
        .map(|_| {
            let it = run(&ready.plan, &ready.loaded.tracks, Looks::default()).unwrap().summary;
            format!("{} {} {:?} {:?}", it.state_hash, it.events, it.balance, it.position)
        })
        .collect();
    assert_eq!(results.len(), 1, "{config}: {results:?}");
}

#[test]
fn forty_runs_of_w1_are_one() {
    check_forty_runs("workloads/w1.toml");
}

#[test]
fn forty_runs_of_w2a_are_one() {
    check_forty_runs("workloads/w2a.toml");
}

#[test]
fn forty_runs_of_w2b_are_one() {
    check_forty_runs("workloads/w2b.toml");
}

#[test]
fn forty_runs_of_w2c_are_one() {
    check_forty_runs("workloads/w2c.toml");
}

#[test]
fn forty_runs_of_w3_are_one() {
    check_forty_runs("workloads/w3.toml");
}

#[test]
fn forty_runs_of_rules_on_a_book_are_one() {
    check_forty_runs_of("rules on a book", &rules_on_a_book());
}

#[test]
fn forty_runs_of_rules_on_bars_are_one() {
    check_forty_runs_of("rules on bars", &rules_on_bars());
}

/// Markets, strategies and clocks of five kinds: trades, a book with latencies, bars with funding and brackets, and rules over
/// a book and over bars.
fn short(config: &str) -> String {
    match config {
        "rules on a book" => return rules_on_a_book(),
        "rules on bars" => return rules_on_bars(),
        _ => {}
    }
    shipped(config)
        .replace("repeat = 500 ", "repeat = 20 ")
        .replace("start = \"2020-03-01\"", "start = \"2021-09-01\"")
}
const SHORT: [&str; 5] = [
    "workloads/w1.toml",
    "workloads/w2b.toml",
    "examples/trend-hourly.toml",
    "rules on a book",
    "rules on bars",
];

#[test]
fn a_core_that_was_put_away_and_brought_back_ends_in_the_same_state() {
    for config in SHORT {
        let ready = ready(&short(config));
        let all: Arc<[_]> = events(&ready).into();
        let mut whole = house(&ready.plan, &all);
        drive_with(&mut whole, &mut Nobody, |_| None);
        for part in [0.01, 0.37, 0.73, 0.99] {
            let cut = (whole.engine.next_seq() as f64 * part) as u64;
            let mut bytes = 0;
            let mut again = house(&ready.plan, &all);
            drive_with(&mut again, &mut Nobody, |engine| {
                if engine.next_seq() == cut {
                    let state = postcard::to_allocvec(&engine.snapshot()).unwrap();
                    bytes = state.len();
                    let mut reader = postcard::Deserializer::from_bytes(&state);
                    *engine = Engine::restore(&mut reader).unwrap();
                }
                None
            });
            assert!(bytes > 100, "{config}: the snapshot was taken");
            assert_eq!(hash(&again.engine), hash(&whole.engine), "{config}: cut at {cut}");
            assert_eq!(again.engine.next_seq(), whole.engine.next_seq());
        }
    }
}

/// The book of W2b at a venue that loses, repeats and delays, under limits that refuse and a loss stop that closes
/// everything.
fn in_trouble(strategy: &str) -> String {
    let text = shipped("workloads/w2b.toml");
    let head = text.split_once("[account]").unwrap().0;
    format!(
        "{head}[account]\nbalances = {{ USDT = 20000 }}\n[venue]\nid_memory = \"1m\"\n\
         latency = {{ entry = \"20ms\", response = \"20ms\", log_sigma = 1.0, spike_share = 0.05, spike_mean = \"1s\", \
         overtaking = true }}\n\
         faults = {{ reject = 0.05, lose_request = 0.05, lose_reply = 0.05, repeat_reply = 0.05, late_reply = 0.05, \
         late_by = \"3s\", outages = [[\"2024-08-08T23:55:30Z\", \"2024-08-08T23:55:45Z\"]] }}\n\
         [bars]\ntime = \"2s\"\n[strategy]\n{strategy}\n\
         [risk]\nposition_max = 0.3\ngross_notional_max = 30000\norders_per_second = 4\nrepeat_max = 3\n\
         stale_after = \"2s\"\nday_loss_max = 0.004\nloss_mode = \"emergency\"\ncooldown = \"1m\"\n"
    )
}

#[test]
fn a_core_that_was_put_away_in_trouble_ends_in_the_same_state() {
    let grid = "name = \"grid\"\norder_qty = 0.05\ninterval_ms = 500\nlevels = 3";
    let trend =
        "name = \"trend\"\nentry_bars = 4\natr_bars = 4\ntrail_atr = 2\nrisk = 0.0003\ncooldown_bars = 0";
    let mut lost = 0;
    for strategy in [grid, trend] {
        let ready = ready(&in_trouble(strategy));
        let all: Arc<[_]> = events(&ready).into();
        let mut whole = house(&ready.plan, &all);
        drive_with(&mut whole, &mut Nobody, |_| None);
        let counters = whole.engine.orders().counters();
        assert!(counters.queries > 0, "{strategy}: {counters:?}");
        lost += counters.unknown + counters.retries;
        assert!(whole.engine.gate().refusals().any(|it| it.1 > 0), "{strategy}: nothing was refused");
        let last = whole.engine.next_seq();
        for part in 1..24 {
            let cut = last * part / 24;
            let mut again = house(&ready.plan, &all);
            let mut taken = false;
            drive_with(&mut again, &mut Nobody, |engine| {
                if engine.next_seq() == cut {
                    taken = true;
                    let state = postcard::to_allocvec(&engine.snapshot()).unwrap();
                    *engine = Engine::restore(&mut postcard::Deserializer::from_bytes(&state)).unwrap();
                }
                None
            });
            assert!(taken, "{strategy}: no event {cut}");
            assert_eq!(hash(&again.engine), hash(&whole.engine), "{strategy}: cut at {cut}");
        }
    }
    assert!(lost > 0, "messages were lost");
}

/// Runs once with a journal in `folder`, a snapshot being asked for at event `snapshot_at`.
fn journaled(config: &str, folder: &Path, snapshot_at: u64) -> House<scalp_sim::Kept> {
    let ready = ready(&short(config));
    let all: Arc<[_]> = events(&ready).into();
    let mut house = house(&ready.plan, &all);
    let journal = Writer::create(folder, WriterConfig::default()).unwrap();
    let keeping = Keeping { journal, snapshots: Snapshots::open(snapshots_of(folder)).unwrap() };
    let mut observer = Observer::new(ready.plan.instruments.len(), None, Some(keeping), None);
    drive_with(&mut house, &mut observer, |engine| {
        let now = engine.next_seq() == snapshot_at;
        now.then_some(Command { operator: 0, body: CommandBody::Snapshot })
    });
    observer.close(house.engine.path_hash()).unwrap();
    house
}

#[test]
fn a_run_resumed_from_its_snapshot_and_the_tail_of_its_journal_ends_in_the_same_state() {
    for config in SHORT {
        let folder = tempfile::tempdir().unwrap();
        let run = journaled(config, folder.path(), 9_000);
        let mut recovery = recover(folder.path()).unwrap();
        assert!(recovery.skipped.is_empty(), "{:?}", recovery.skipped);
        let snapshot = recovery.snapshot.expect("a snapshot was asked for");
        let mut reader = postcard::Deserializer::from_bytes(&snapshot.state);
        let mut engine: Engine<Shipped> = Engine::restore(&mut reader).unwrap();
        assert_eq!(engine.next_seq(), 9_001, "{config}");
        let mut actions = scalp_engine::Actions::new();
        let mut stepped = 0;
        while let Some(event) = recovery.tail.next_event().unwrap() {
            actions.clear();
            engine.step(&event, &mut actions);
            stepped += 1;
        }
        assert!(stepped > 5_000, "{config}: {stepped}");
        assert_eq!(engine.state_hash(), run.engine.state_hash(), "{config}");
    }
}

#[test]
fn a_replay_of_the_journal_asks_for_the_same_and_ends_in_the_same_state() {
    for config in SHORT {
        let folder = tempfile::tempdir().unwrap();
        let run = journaled(config, folder.path(), u64::MAX);
        let again = replay::<Shipped>(folder.path()).unwrap();
        assert_eq!(again.replayed.difference, None, "{config}");
        assert_eq!(again.replayed.events, run.engine.next_seq(), "{config}");
        let sent = run.engine.orders().counters();
        assert_eq!(again.replayed.requests, sent.submits + sent.cancels + sent.amends, "{config}");
        assert!(again.replayed.requests > 10 && again.replayed.checks > 1, "{config}: {:?}", again.replayed);
        assert_eq!(again.state_hash, run.engine.state_hash(), "{config}");
    }
}

/// The last segment of a journal.
fn last_segment(folder: &Path) -> std::path::PathBuf {
    let files = std::fs::read_dir(folder)
        .unwrap()
        .map(|it| it.unwrap().path())
        .filter(|it| it.extension().is_some_and(|it| it == "journal"));
    files.max().expect("the journal has a segment")
}

#[test]
fn a_torn_tail_is_cut_and_what_is_before_it_replays() {
    let folder = tempfile::tempdir().unwrap();
    let run = journaled(SHORT[0], folder.path(), u64::MAX);
    let segment = last_segment(folder.path());
    let whole = std::fs::read(&segment).unwrap();
    for cut in [1, 7, 100, 5_001] {
        std::fs::write(&segment, &whole[..whole.len() - cut]).unwrap();
        let again = replay::<Shipped>(folder.path()).unwrap();
        assert_eq!(again.replayed.difference, None, "{cut} bytes less");
        let events = again.replayed.events;
        assert!(events <= run.engine.next_seq() && events > run.engine.next_seq() - 100, "{cut}: {events}");
    }
}

#[test]
fn a_flipped_bit_is_named_with_its_file_and_place() {
    let folder = tempfile::tempdir().unwrap();
    journaled(SHORT[0], folder.path(), u64::MAX);
    let segment = last_segment(folder.path());
    let whole = std::fs::read(&segment).unwrap();
    for at in [whole.len() / 3, whole.len() / 2, whole.len() * 4 / 5] {
        let mut damaged = whole.clone();
        damaged[at] ^= 0x10;
        std::fs::write(&segment, damaged).unwrap();
        let error = replay::<Shipped>(folder.path()).unwrap_err().to_string();
        let name = segment.file_name().unwrap().to_string_lossy();
        assert!(error.contains(&*name), "the file is named: {error}");
        let places: Vec<u64> = error
            .split(|c: char| !c.is_ascii_digit())
            .filter_map(|it| it.parse().ok())
            .filter(|place| *place > 1_000)
            .collect();
        let near = |place: &u64| place.abs_diff(at as u64) < 4_096;
        assert!(places.iter().any(near), "the place {at} is named: {error}");
    }
}

#[test]
fn the_journal_alone_rebuilds_the_core() {
    let folder = tempfile::tempdir().unwrap();
    let run = journaled(SHORT[1], folder.path(), u64::MAX);
    let engine = rebuild::<Shipped>(&recover(folder.path()).unwrap().genesis).unwrap();
    assert_eq!(engine.instruments(), run.engine.instruments());
    assert_eq!(engine.next_seq(), 0);
}
