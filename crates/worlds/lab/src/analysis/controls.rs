//! Random-entry controls: the round trips of the run, each with its size and the time it was held, moved to a random
//! moment and a random side, at the same cost for what is traded. What they make is what turnover and luck make.

use super::Ended;
use rust_decimal::prelude::ToPrimitive;
use scalp_ledger::RoundTrip;
use scalp_report::data::{Controls, Costs};
use scalp_types::rng::Stream;
use scalp_types::{Contract, Instrument, Timestamp};

/// Points of each control's curve.
const POINTS: i64 = 240;

/// So many controls; none when the run closed no position.
pub fn controls(run: &Ended<'_>, costs: &Costs, count: u32, seed: u64) -> Controls {
    let trips: Vec<(&Instrument, &RoundTrip)> = run
        .outcome
        .trips
        .iter()
        .map(|it| (run.instruments.get(it.trip.instrument), &it.trip))
        .filter(|(it, _)| it.settle == run.asset)
        .collect();
    let length = (run.last_at - run.first_at).nanos();
    if trips.is_empty() || count == 0 || length < POINTS {
        return Controls::default();
    }
    let at_ns: Vec<i64> = (0..=POINTS).map(|n| run.first_at.nanos() + length / POINTS * n).collect();
    let of_asset =
        run.outcome.fills.iter().filter(|it| run.instruments.get(it.instrument).settle == run.asset);
    let value =
        |it: &crate::outcome::FillLine| run.instruments.get(it.instrument).value(it.fill.price, it.fill.qty);
    let traded: f64 = of_asset.map(|it| value(it).to_f64()).sum();
    // A control takes: it pays the taker's fee, and what a maker earns by waiting it cannot earn.
    let cost_share = run.taker_fee + (costs.spread + costs.slippage + costs.impact).max(0.0) / traded;
    let one = |n: u32| {
        let mut stream = Stream::named(seed, &format!("random-entry control {n}"));
        let mut curve =
            Curve { run, at_ns: &at_ns, steps: vec![0.0; at_ns.len()], open: vec![0.0; at_ns.len()] };
        for (instrument, trip) in &trips {
            curve.play(instrument, trip, cost_share, &mut stream);
        }
        curve.equity()
    };
    Controls {
        runs: (0..count).map(one).collect(),
        at_ns,
        how: format!(
            "{count} controls, seed {seed}: each round trip with its size and holding time, at a random moment and on \
             a random side, paying {:.2} basis points of what it trades.",
            cost_share * 1e4
        ),
    }
}

struct Curve<'a> {
    run: &'a Ended<'a>,
    at_ns: &'a [i64],
    /// Closed profit, at the point from which on it counts.
    steps: Vec<f64>,
    /// Open profit at each point.
    open: Vec<f64>,
}

impl Curve<'_> {
    fn play(&mut self, instrument: &Instrument, trip: &RoundTrip, cost_share: f64, stream: &mut Stream) {
        let (first, last) = (self.run.first_at.nanos(), self.run.last_at.nanos());
        let held = (trip.closed_at - trip.opened_at).nanos().clamp(0, last - first);
        let room = (last - first - held).unsigned_abs();
        let start = first + stream.below(room + 1) as i64;
        let sign = if stream.below(2) == 0 { 1.0 } else { -1.0 };
        let trace = self.run.traces.get(instrument.id);
        let price = |at: i64| trace.price_at(Timestamp::from_nanos(at)).map(|it| instrument.price_f64(it));
        let Some(entry) = price(start) else { return };
        let size = instrument.qty_f64(trip.qty_max) * instrument.spec.multiplier.to_f64().unwrap_or(1.0);
        let profit = |price: f64| match instrument.spec.contract {
            Contract::Inverse => sign * size * (1.0 / entry - 1.0 / price),
            Contract::Linear | Contract::Spot => sign * size * (price - entry),
        };
        // What the trip traded in all, so that turnover and its cost are the same.
        let cost = cost_share * (trip.entry_value.to_f64() + trip.exit_value.to_f64()) / 2.0;
        let (begin, end) = (
            self.at_ns.partition_point(|at| *at < start),
            self.at_ns.partition_point(|at| *at < start + held),
        );
        for point in begin..end {
            self.open[point] += profit(price(self.at_ns[point]).unwrap_or(entry)) - cost;
        }
        if end < self.steps.len() {
            self.steps[end] += profit(price(start + held).unwrap_or(entry)) - 2.0 * cost;
        }
    }

    fn equity(self) -> Vec<f64> {
        let mut closed = self.run.opening.to_f64();
        let points = self.steps.iter().zip(&self.open);
        points
            .map(|(step, open)| {
                closed += step;
                closed + open
            })
            .collect()
    }
}
