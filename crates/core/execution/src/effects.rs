//! What comes out: what to send, what to ask, what has ended, and what an answer changed.

use scalp_risk::Approved;
use scalp_types::{
    Fill, GroupId, InstrumentId, OpenOrder, OrderId, OrderIntent, OrderStatus, Qty, Timestamp, VenueRequest,
};
use serde::{Deserialize, Serialize};

/// Something to be done or to be recorded.
#[derive(Debug, PartialEq, Eq)]
pub enum Effect {
    /// Send this to the venue.
    Send(Approved<VenueRequest>),
    /// A question was asked as often as it may be, and nobody has answered: about this order, or how the account stands.
    Unanswered {
        /// Which order; none for the account.
        order: Option<OrderId>,
        /// Its instrument.
        instrument: InstrumentId,
    },
    /// More was filled than a group should have: both legs went. The order is to go through the gate like any wish.
    Flatten {
        /// Which group.
        group: GroupId,
        /// A reduce-only market order over the excess.
        intent: OrderIntent,
    },
    /// An order ended without an answer of the venue: it had never been sent.
    Ended(EndedOrder),
}

/// The caller's buffer of effects, in the order they are to be carried out.
#[derive(Debug, Default)]
pub struct Effects(Vec<Effect>);

impl Effects {
    /// With room for `capacity` effects.
    pub fn with_capacity(capacity: usize) -> Self {
        Self(Vec::with_capacity(capacity))
    }
    pub(crate) fn push(&mut self, effect: Effect) {
        self.0.push(effect);
    }
    /// The effects so far.
    pub fn as_slice(&self) -> &[Effect] {
        &self.0
    }
    /// Takes the request out when there is nothing else, as after nearly every order.
    #[inline]
    pub fn take_only_request(&mut self) -> Option<Approved<VenueRequest>> {
        if !matches!(self.0.as_slice(), [Effect::Send(_)]) {
            return None;
        }
        match self.0.pop() {
            Some(Effect::Send(request)) => Some(request),
            _ => None,
        }
    }
    /// Takes them out, keeping the room.
    pub fn drain(&mut self) -> std::vec::Drain<'_, Effect> {
        self.0.drain(..)
    }
    /// True when there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// How well an order was carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quality {
    /// When it was (first) sent.
    pub sent_at: Timestamp,
    /// Bid plus ask, in ticks, when it was sent: twice the arrival mid.
    pub arrival_mid_twice: Option<i64>,
    /// When its acceptance reached us.
    pub accepted_at: Option<Timestamp>,
    /// When its first fill reached us.
    pub first_fill_at: Option<Timestamp>,
    /// Sum of price times size over its fills, in ticks times lots.
    pub traded: i128,
    /// How often it was sent.
    pub sends: u8,
}

/// An order at its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndedOrder {
    /// The order; its status is terminal.
    pub order: OpenOrder,
    /// How it went.
    pub quality: Quality,
    /// When the end reached us.
    pub ended_at: Timestamp,
}

/// What an answer meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Change {
    /// The venue has it now.
    Accepted,
    /// It was triggered.
    Triggered,
    /// Price or size changed.
    Amended,
    /// A change was refused.
    AmendRejected,
    /// The cancel was refused.
    CancelRejected,
    /// Part of it traded.
    PartlyFilled,
    /// It ended, with this status.
    Ended(OrderStatus),
    /// Refused for now; it is sent again by and by, under the same id.
    Retrying,
    /// It said nothing new.
    Nothing,
    /// It came after the order's end. If it carries a fill that was not seen before, the fill is real all the same.
    Late,
    /// A fill that has been booked already.
    DuplicateFill,
    /// About an order that is not ours, or was forgotten. A fill in it is real all the same (a forced one, say).
    Foreign,
}

/// What one answer changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OrderChange {
    /// What it meant.
    pub change: Change,
    /// The fill to book: there exactly when this answer carries one that was never seen before.
    pub fill: Option<Fill>,
    /// The order afterwards, where it is known.
    pub order: Option<OpenOrder>,
    /// The order's end, when this was it.
    pub ended: Option<EndedOrder>,
}

impl OrderChange {
    pub(crate) const fn plain(change: Change, order: Option<OpenOrder>) -> Self {
        Self { change, fill: None, order, ended: None }
    }
}

/// Sizes that answers report are cut to what an order can have.
pub(crate) fn no_negative(qty: Qty) -> Qty {
    qty.max(Qty::ZERO)
}
