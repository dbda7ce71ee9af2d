//! Configurations, loaded data and a driver that a test may interrupt.

#![allow(dead_code, reason = "each test file is a crate of its own and uses its part")]

pub mod rules;

use scalp_config::Config;
use scalp_engine::{Action, Actions, Engine, EngineConfig, Recording};
use scalp_lab::backtest::Plan;
use scalp_lab::data::{self, Loaded};
use scalp_lab::drive::Watch;
use scalp_lab::feed::Replicas;
use scalp_sim::{Exchange, Feed, Kept, Merged, Order, StoredEvent, World};
use scalp_strategy::{Shipped, Strategy};
use scalp_types::{Body, Event, Genesis, Instruments, Timestamp};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tempfile::TempDir;

/// The root of the workspace.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../..")
}

/// The text of a configuration of the repository, with the data it names found from anywhere.
pub fn shipped(config: &str) -> String {
    let path = root().join("config").join(config);
    let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let shared = root().join("../shared/data").canonicalize().unwrap_or_else(|e| {
        panic!("{}/../shared/data: {e}: these tests need the shared data set", root().display())
    });
    let shared = shared.display().to_string();
    text.replace("../../../shared/data", &shared).replace("../shared/data", &shared)
}

/// The recorded book and trades of W2b, traded by rules over them: measures of changes, indicators and windows of trades and
/// of the book, and indicators of bars.
pub fn rules_on_a_book() -> String {
    let text = shipped("workloads/w2b.toml");
    let (head, tail) = text.split_once("[strategy]").unwrap();
    let rules = [
        ("enter_long", "OFI(20).ofi > 0 and CANCELS(2).side < 0.5 and RSI(5) < 70"),
        ("exit_long", "EMA(40, real=MICROPRICE(5).price) < LAG(mid, 30) or QUOTE_STUFFING(1).level > 3"),
        ("enter_short", "ROLLSUM(signed, 60) < 0 and QUEUE(2).bid_ahead > 0 and VPIN(20).vpin < 2"),
        ("exit_short", "ROLLMEAN(LAG(close, 1), 3) > EMA(200, real=price) or TRADE_FLOW(5).volume > 0.9"),
    ];
    let rules: String = rules.iter().map(|(key, rule)| format!("{key} = {rule:?}\n")).collect();
    let report = tail.split_once("[report]").unwrap().1;
    format!(
        "{head}[bars]\ntime = \"2s\"\n[strategy]\nname = \"signal\"\norder_qty = 0.01\nstop_atr = 6\natr_bars = 5\n{rules}\
         [report]{report}"
    )
}

/// Recorded candles of a minute, traded by rules over indicators and patterns of two lengths.
pub fn rules_on_bars() -> String {
    let text = shipped("examples/cross-minute.toml");
    let (head, tail) = text.split_once("[strategy]").unwrap();
    let rules = [
        ("enter_long", "RSI(7) < 45 and close > SMA(20)@45m - 3 * ATR(14)"),
        ("exit_long", "RSI(7) > 60 or DOUBLE_TOP(swing=fractal,size=2) < 0"),
        ("enter_short", "crosses_below(EMA(5), EMA(15))"),
        ("exit_short", "crosses_above(EMA(5), EMA(15)) or CDLENGULFING > 0"),
    ];
    let rules: String = rules.iter().map(|(key, rule)| format!("{key} = {rule:?}\n")).collect();
    let risk = tail.split_once("[risk]").unwrap().1;
    format!("{head}[strategy]\nname = \"signal\"\norder_qty = 20\n{rules}[risk]{risk}")
}

/// A plan and its data, ready to be run as often as wanted.
pub struct Ready {
    pub plan: Plan<Shipped>,
    pub loaded: Loaded,
    pub folder: TempDir,
}

/// Checks a configuration and loads its data.
pub fn ready(text: &str) -> Ready {
    let folder = tempfile::tempdir().unwrap();
    let mut config = Config::parse(text, Path::new("test.toml")).unwrap_or_else(|e| panic!("{e}"));
    config.report.folder = folder.path().into();
    let instruments = data::instruments(&config).unwrap();
    let plan = Plan::new(config, instruments).unwrap_or_else(|e| panic!("{e}"));
    let loaded =
        data::load(&plan.config, &plan.instruments, &mut |_, _, _| {}).unwrap_or_else(|e| panic!("{e}"));
    Ready { plan, loaded, folder }
}

/// All events of loaded data in memory, by arrival.
pub fn events(ready: &Ready) -> Vec<StoredEvent> {
    let open = |it| Replicas::new(it, Order::Arrival, &ready.plan.instruments).unwrap();
    let mut feed = Merged::new(ready.loaded.tracks.iter().map(open).collect()).unwrap();
    let mut all = Vec::new();
    while feed.next_at().unwrap().is_some() {
        all.push(StoredEvent::new(&feed.take().unwrap()));
    }
    all
}

/// The world and the core of a plan.
pub struct House<F: Feed> {
    pub world: World<F>,
    pub engine: Engine<Shipped>,
    pub genesis: Genesis,
}

/// A new world over these events, and a new core.
pub fn house(plan: &Plan<Shipped>, events: &Arc<[StoredEvent]>) -> House<Kept> {
    let kept = |order| Kept::new(events.clone(), order);
    let seed = plan.config.run.seed;
    let exchange = Exchange::new(&plan.instruments, &plan.exchange, seed).unwrap();
    let world = World::two_orders(exchange, kept(Order::Exchange), kept(Order::Arrival), &plan.latency, seed)
        .unwrap();
    let genesis = plan.genesis();
    let config = EngineConfig { recording: Recording::Full, ..plan.engine.clone() };
    let engine = Engine::new(&genesis, plan.strategy().unwrap(), config).unwrap();
    House { world, engine, genesis }
}

/// As `lab::drive`, with a word to be put in before an event: `interrupt` gets the core between two steps, may put
/// another one in its place, and may return a command that comes before the next event.
pub fn drive_with<F: Feed>(
    house: &mut House<F>,
    watch: &mut impl Watch<Shipped>,
    mut interrupt: impl FnMut(&mut Engine<Shipped>) -> Option<scalp_types::Command>,
) {
    let House { world, engine, genesis } = house;
    let mut actions = Actions::new();
    let start = world.start_at().unwrap_or(Timestamp::from_nanos(0));
    step(engine, world, watch, &mut actions, &Event { seq: 0, at: start, body: Body::Genesis(genesis) });
    let mut at = start;
    loop {
        if let Some(command) = interrupt(engine) {
            let event = Event { seq: engine.next_seq(), at, body: Body::Command(command) };
            step(engine, world, watch, &mut actions, &event);
        }
        let seq = engine.next_seq();
        // The event borrows the world, which the requests go to afterwards.
        let Some(incoming) = world.next().unwrap() else { break };
        at = incoming.at;
        let event = Event { seq, at, body: incoming.body.into_body() };
        engine.step(&event, &mut actions);
        watch.on_event(&event, engine).unwrap();
        carry_out(engine, world, watch, &mut actions, at);
    }
    let mut driven = scalp_lab::drive::Driven { last_at: at, ..Default::default() };
    scalp_lab::closing::close(world, engine, watch, &mut driven).unwrap();
    at = driven.last_at;
    engine.sample(at, &mut actions);
    carry_out(engine, world, watch, &mut actions, at);
}

fn step<F: Feed>(
    engine: &mut Engine<Shipped>,
    world: &mut World<F>,
    watch: &mut impl Watch<Shipped>,
    actions: &mut Actions,
    event: &Event<'_>,
) {
    engine.step(event, actions);
    watch.on_event(event, engine).unwrap();
    carry_out(engine, world, watch, actions, event.at);
}

fn carry_out<F: Feed>(
    engine: &Engine<Shipped>,
    world: &mut World<F>,
    watch: &mut impl Watch<Shipped>,
    actions: &mut Actions,
    at: Timestamp,
) {
    for action in actions.drain() {
        match action {
            Action::Request(approved) => {
                watch.on_request(approved.get()).unwrap();
                world.request(at, approved.get()).expect("the road is never full in a test");
            }
            Action::SetTimer { id, at } => world.set_timer(id, at),
            Action::Record(record) => watch.on_record(&record),
            Action::Snapshot => watch.on_snapshot(engine).unwrap(),
        }
    }
}

/// The instruments of a plan, for tests that make their own market.
pub fn plan_of(text: &str, instruments: Instruments) -> Plan<Shipped> {
    let config = Config::parse(text, Path::new("test.toml")).unwrap_or_else(|e| panic!("{e}\n{text}"));
    Plan::new(config, instruments).unwrap_or_else(|e| panic!("{e}\n{text}"))
}

/// Asserts that a strategy is what it is said to be; keeps `Strategy` in scope for the tests.
pub fn hash<S: Strategy>(engine: &Engine<S>) -> String {
    engine.state_hash().to_string()
}
