//! The driver of a backtest: events out of the world into the core, actions out of the core into the world.

use crate::closing::close;
use scalp_engine::{Action, Actions, Engine, Record};
use scalp_sim::{Feed, Reached, World};
use scalp_strategy::Strategy;
use scalp_types::{
    Body, DepthKind, Event, Full, Genesis, MarketBody, MarketEvent, StreamError, Timestamp, VenueRequest,
};
use std::ops::ControlFlow;

/// Somebody who looks on while a run goes by.
pub trait Watch<S: Strategy> {
    /// A market event has been stepped. Without a body of its own it is passed on to `on_event`.
    fn on_market(
        &mut self,
        seq: u64,
        at: Timestamp,
        event: &MarketEvent<'_>,
        engine: &Engine<S>,
    ) -> Result<(), WatchError> {
        self.on_event(&Event { seq, at, body: Body::Market(*event) }, engine)
    }
    /// An event has been stepped; a market event only where `on_market` passes it on.
    fn on_event(&mut self, event: &Event<'_>, engine: &Engine<S>) -> Result<(), WatchError>;
    /// A request has been sent because of it.
    fn on_request(&mut self, request: &VenueRequest) -> Result<(), WatchError>;
    /// Something has been recorded, and the engine stands as it was then. Without a body of its own it is passed on to
    /// `on_record`.
    fn on_record_of(&mut self, record: &Record, _: &Engine<S>) {
        self.on_record(record);
    }
    /// Something has been recorded; only where `on_record_of` passes it on.
    fn on_record(&mut self, record: &Record);
    /// The core asks for a snapshot.
    fn on_snapshot(&mut self, engine: &Engine<S>) -> Result<(), WatchError>;
}

/// The look-on could not keep what it saw (a journal on a full disk, say).
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct WatchError(pub String);

/// Nobody looks on.
#[derive(Debug, Clone, Copy, Default)]
pub struct Nobody;

impl<S: Strategy> Watch<S> for Nobody {
    #[inline]
    fn on_market(
        &mut self,
        _: u64,
        _: Timestamp,
        _: &MarketEvent<'_>,
        _: &Engine<S>,
    ) -> Result<(), WatchError> {
        Ok(())
    }
    #[inline]
    fn on_event(&mut self, _: &Event<'_>, _: &Engine<S>) -> Result<(), WatchError> {
        Ok(())
    }
    #[inline]
    fn on_request(&mut self, _: &VenueRequest) -> Result<(), WatchError> {
        Ok(())
    }
    #[inline]
    fn on_record(&mut self, _: &Record) {}
    #[inline]
    fn on_snapshot(&mut self, _: &Engine<S>) -> Result<(), WatchError> {
        Ok(())
    }
}

/// Why a run ended before its data did.
#[derive(Debug, thiserror::Error)]
pub enum DriveError {
    /// The data cannot be read on.
    #[error(transparent)]
    Stream(#[from] StreamError),
    /// What was seen cannot be kept.
    #[error(transparent)]
    Watch(#[from] WatchError),
}

/// What went by.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Driven {
    /// Market rows: one for each changed level, each cleared book, and each other market event.
    pub rows: u64,
    /// Market messages, as the feed delivered them.
    pub messages: u64,
    /// Orders sent.
    pub submits: u64,
    /// Cancels sent, those of all orders of an instrument included.
    pub cancels: u64,
    /// Amends sent.
    pub amends: u64,
    /// Requests that found the road to the venue full; they never left.
    pub unsent: u64,
    /// Questions asked: about orders of unknown fate, and how the account stands.
    pub look_ups: u64,
    /// The time of the first and the last event.
    pub first_at: Option<Timestamp>,
    /// See `first_at`.
    pub last_at: Timestamp,
}

/// Runs the core through the world until the data has ended and no message is on its way.
pub fn drive<S: Strategy, F: Feed>(
    world: &mut World<F>,
    engine: &mut Engine<S>,
    genesis: &Genesis,
    watch: &mut impl Watch<S>,
) -> Result<Driven, DriveError> {
    let mut actions = Actions::new();
    let mut driven = Driven::default();
    if engine.next_seq() == 0 {
        let start = world.start_at().unwrap_or(Timestamp::from_nanos(0));
        let event = Event { seq: 0, at: start, body: Body::Genesis(genesis) };
        engine.step(&event, &mut actions);
        watch.on_event(&event, engine)?;
        carry_out(&mut actions, start, world, engine, watch, &mut driven)?;
    }
    let mut seq = engine.next_seq();
    loop {
        // Goes on while nobody wants anything.
        let stopped = world.run(|at, reached| {
            let watched = match reached {
                Reached::Market(event) => {
                    driven.messages += 1;
                    driven.rows += match &event.body {
                        MarketBody::Depth(it) if it.kind == DepthKind::Clear => 1,
                        MarketBody::Depth(it) => (it.bids.len() + it.asks.len()) as u64,
                        _ => 1,
                    };
                    engine.step_market(seq, at, event, &mut actions);
                    watch.on_market(seq, at, event, engine)
                }
                Reached::Order(it) => step(seq, at, Body::Order(it), engine, &mut actions, watch),
                Reached::Account(it) => step(seq, at, Body::Account(it), engine, &mut actions, watch),
                Reached::Timer(it) => step(seq, at, Body::Timer(it), engine, &mut actions, watch),
            };
            seq += 1;
            driven.first_at = driven.first_at.or(Some(at));
            driven.last_at = at;
            if watched.is_err() || !actions.is_empty() {
                return ControlFlow::Break(watched);
            }
            ControlFlow::Continue(())
        })?;
        let Some(watched) = stopped else { break };
        watched?;
        carry_out(&mut actions, driven.last_at, world, engine, watch, &mut driven)?;
    }
    close(world, engine, watch, &mut driven)?;
    engine.sample(driven.last_at, &mut actions);
    carry_out(&mut actions, driven.last_at, world, engine, watch, &mut driven)?;
    Ok(driven)
}

#[inline(never)]
fn step<S: Strategy>(
    seq: u64,
    at: Timestamp,
    body: Body<'_>,
    engine: &mut Engine<S>,
    actions: &mut Actions,
    watch: &mut impl Watch<S>,
) -> Result<(), WatchError> {
    let event = Event { seq, at, body };
    engine.step(&event, actions);
    watch.on_event(&event, engine)
}

#[inline(never)]
pub(crate) fn carry_out<S: Strategy, F: Feed>(
    actions: &mut Actions,
    at: Timestamp,
    world: &mut World<F>,
    engine: &Engine<S>,
    watch: &mut impl Watch<S>,
    driven: &mut Driven,
) -> Result<(), WatchError> {
    for action in actions.drain() {
        match action {
            Action::Request(approved) => {
                let request = approved.get();
                match request {
                    VenueRequest::Submit(_) => driven.submits += 1,
                    VenueRequest::Amend { .. } => driven.amends += 1,
                    VenueRequest::Cancel { .. } | VenueRequest::CancelAll { .. } => driven.cancels += 1,
                    VenueRequest::Query(_) => driven.look_ups += 1,
                }
                watch.on_request(request)?;
                // The core hears nothing of it, as of any message that got lost, and asks again at its deadline.
                driven.unsent += u64::from(world.request(at, request) == Err(Full));
            }
            Action::SetTimer { id, at } => world.set_timer(id, at),
            Action::Record(record) => watch.on_record_of(&record, engine),
            Action::Snapshot => watch.on_snapshot(engine)?,
        }
    }
    Ok(())
}
