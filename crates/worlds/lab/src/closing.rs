//! The end of a run whose messages may have been lost: the core asks the venue how everything stands, until its books
//! are settled. There is no market any more: nothing is traded, questions are answered, and of the timers only the
//! engine's own fires.

use crate::drive::{DriveError, Driven, Watch, carry_out};
use scalp_engine::{Actions, Engine};
use scalp_sim::{Feed, World};
use scalp_strategy::Strategy;
use scalp_types::{Body, Command, CommandBody, Event, IncomingBody, Mode, Span, Timestamp};

/// No longer than this goes by at the end, in the time of the run; what is not settled by then stays as it is.
pub const CLOSING_MAX: Span = Span::from_secs(300);

/// Closes a run whose world has ended; does nothing when nothing is in doubt. The core places no new orders: there is
/// nobody to fill them.
pub fn close<S: Strategy, F: Feed>(
    world: &mut World<F>,
    engine: &mut Engine<S>,
    watch: &mut impl Watch<S>,
    driven: &mut Driven,
) -> Result<(), DriveError> {
    if !engine.is_in_doubt() {
        return Ok(());
    }
    let mut actions = Actions::new();
    let latest = driven.last_at.saturating_add(CLOSING_MAX);
    let command = |body| Body::Command(Command { operator: 0, body });
    if engine.gate().mode() < Mode::Paused {
        let body = command(CommandBody::SetMode(Mode::Paused));
        step(driven.last_at, body, world, engine, watch, driven, &mut actions)?;
    }
    step(driven.last_at, command(CommandBody::Reconcile), world, engine, watch, driven, &mut actions)?;
    loop {
        let reached = world.next()?.map(|it| match it.body {
            IncomingBody::Order(body) => Some((it.at, Body::Order(body))),
            IncomingBody::Account(body) => Some((it.at, Body::Account(body))),
            _ => None,
        });
        match reached {
            Some(Some((at, body))) => step(at, body, world, engine, watch, driven, &mut actions)?,
            Some(None) => {}
            None if engine.orders().is_settled() => return Ok(()),
            None => match engine.house_timer() {
                Some(timer) if timer.due <= latest => {
                    step(timer.due, Body::Timer(timer), world, engine, watch, driven, &mut actions)?;
                }
                _ => return Ok(()),
            },
        }
    }
}

fn step<S: Strategy, F: Feed>(
    at: Timestamp,
    body: Body<'_>,
    world: &mut World<F>,
    engine: &mut Engine<S>,
    watch: &mut impl Watch<S>,
    driven: &mut Driven,
    actions: &mut Actions,
) -> Result<(), DriveError> {
    driven.last_at = driven.last_at.max(at);
    let event = Event { seq: engine.next_seq(), at: driven.last_at, body };
    engine.step(&event, actions);
    watch.on_event(&event, engine)?;
    carry_out(actions, driven.last_at, world, engine, watch, driven)?;
    Ok(())
}
