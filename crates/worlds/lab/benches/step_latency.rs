//! How long one event takes in the core, on recorded data: quantiles over all steps, with what the clock itself takes
//! subtracted. An event that sends is also divided by the number of requests that it sends.
#![allow(clippy::unwrap_used, missing_docs, reason = "a bench")]

#[path = "../tests/support/mod.rs"]
mod support;

use scalp_engine::{Action, Actions, Engine, EngineConfig, Recording};
use scalp_sim::{Feed, World};
use scalp_types::{Body, Event, IncomingBody, MarketBody};
use std::sync::Arc;
use std::time::{Duration, Instant};
use support::{House, events, house, ready, shipped};

/// The table shows the median of so many runs, quantile by quantile.
const ROUNDS: usize = 7;
const CLOCK_READINGS: usize = 100_000;
const QUANTILES: [f64; 4] = [0.5, 0.99, 0.999, 1.0];

/// What is told apart.
const KINDS: [&str; 5] = [
    "trade",
    "depth message, per level",
    "other event",
    "event that sends requests",
    "the same, per request",
];
/// Their places in the table.
const TRADE: usize = 0;
const DEPTH: usize = 1;
const OTHER: usize = 2;
const SENDS: usize = 3;
const PER_REQUEST: usize = 4;

/// Of one run.
#[derive(Default)]
struct Times {
    /// Nanoseconds of every step, by kind.
    steps: [Vec<f64>; KINDS.len()],
    /// How many requests each event sent, of those that sent any.
    requests: Vec<f64>,
}

fn main() {
    let clock = clock();
    println!("nanoseconds, median of {ROUNDS} runs; the clock's own {clock:.0} ns are subtracted\n");
    println!("| workload | step | steps | p50 | p99 | p99.9 | max |");
    println!("| --- | --- | ---: | ---: | ---: | ---: | ---: |");
    for (name, config) in
        [("W1", "workloads/w1.toml"), ("W2b", "workloads/w2b.toml"), ("W2c", "workloads/w2c.toml")]
    {
        measure(name, config, clock);
    }
}

fn measure(name: &str, config: &str, clock: f64) {
    let ready = ready(&shipped(config));
    let events: Arc<[_]> = events(&ready).into();
    let rounds: Vec<Times> = (0..ROUNDS)
        .map(|_| {
            let mut house = house(&ready.plan, &events);
            let config = EngineConfig { recording: Recording::Off, ..ready.plan.engine.clone() };
            house.engine = Engine::new(&house.genesis, ready.plan.strategy().unwrap(), config).unwrap();
            let mut times = run(&mut house, clock);
            times.steps.iter_mut().for_each(|it| it.sort_by(f64::total_cmp));
            times.requests.sort_by(f64::total_cmp);
            times
        })
        .collect();
    for (kind, label) in KINDS.iter().enumerate() {
        let steps = rounds[0].steps[kind].len();
        if steps == 0 {
            continue;
        }
        let cells = QUANTILES.map(|quantile| {
            let mut of_rounds: Vec<f64> = rounds.iter().map(|it| at(&it.steps[kind], quantile)).collect();
            of_rounds.sort_by(f64::total_cmp);
            format!("{:.0}", of_rounds[ROUNDS / 2])
        });
        println!("| {name} | {label} | {steps} | {} |", cells.join(" | "));
    }
    let requests = &rounds[0].requests;
    let cells = QUANTILES.map(|quantile| format!("{:.0}", at(requests, quantile)));
    println!("| {name} | number of requests in such an event | {} | {} |", requests.len(), cells.join(" | "));
}

/// A quantile of what has been sorted.
fn at(sorted: &[f64], quantile: f64) -> f64 {
    sorted[((sorted.len() - 1) as f64 * quantile).round() as usize]
}

fn run<F: Feed>(house: &mut House<F>, clock: f64) -> Times {
    let House { world, engine, genesis } = house;
    let (mut actions, mut times) = (Actions::new(), Times::default());
    let start = world.start_at().unwrap();
    engine.step(&Event { seq: 0, at: start, body: Body::Genesis(genesis) }, &mut actions);
    carry_out(&mut actions, world, start);
    loop {
        let seq = engine.next_seq();
        let Some(incoming) = world.next().unwrap() else { return times };
        let (at, (kind, levels)) = (incoming.at, kind(&incoming.body));
        let event = Event { seq, at, body: incoming.body.into_body() };
        let begun = Instant::now();
        engine.step(&event, &mut actions);
        let took = nanos(begun.elapsed()) - clock;
        let requests = actions.as_slice().iter().filter(|it| matches!(it, Action::Request(_))).count();
        if requests > 0 {
            times.steps[SENDS].push(took);
            times.steps[PER_REQUEST].push(took / requests as f64);
            times.requests.push(requests as f64);
        } else {
            times.steps[kind].push(took / levels);
        }
        carry_out(&mut actions, world, at);
    }
}

/// The row of an event that sends nothing, and among how many levels its time is divided.
fn kind(body: &IncomingBody<'_>) -> (usize, f64) {
    match body {
        IncomingBody::Market(event) => match &event.body {
            MarketBody::Trade(_) => (TRADE, 1.0),
            MarketBody::Depth(it) => (DEPTH, (it.bids.len() + it.asks.len()).max(1) as f64),
            _ => (OTHER, 1.0),
        },
        _ => (OTHER, 1.0),
    }
}

fn carry_out<F: Feed>(actions: &mut Actions, world: &mut World<F>, at: scalp_types::Timestamp) {
    for action in actions.drain() {
        match action {
            Action::Request(approved) => world.request(at, approved.get()).unwrap(),
            Action::SetTimer { id, at } => world.set_timer(id, at),
            Action::Record(_) | Action::Snapshot => {}
        }
    }
}

/// What a reading of the clock takes, in nanoseconds.
fn clock() -> f64 {
    let mut all: Vec<f64> = (0..CLOCK_READINGS).map(|_| nanos(Instant::now().elapsed())).collect();
    all.sort_by(f64::total_cmp);
    all[CLOCK_READINGS / 2]
}

fn nanos(it: Duration) -> f64 {
    it.as_nanos() as f64
}
