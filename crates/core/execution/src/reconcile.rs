//! What the venue says is there against what we believe is there. Pure: it compares and proposes; the corrections
//! come back in as events, like everything else.

use crate::orders::Orders;
use scalp_risk::Approved;
use scalp_types::{
    CancelReason, InstrumentId, OrderBody, OrderEvent, OrderId, OrderStatus, Qty, Timestamp, VenueRequest,
};

/// One open order as the venue lists it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VenueOrder {
    /// Our id.
    pub id: OrderId,
    /// Its instrument.
    pub instrument: InstrumentId,
    /// Traded so far.
    pub filled: Qty,
}

/// Everything the venue says it has of ours.
#[derive(Debug, Clone, Copy)]
pub struct VenueTruth<'a> {
    /// When the venue was asked: what we sent later cannot be in its answer.
    pub as_of: Timestamp,
    /// Its open orders of ours.
    pub orders: &'a [VenueOrder],
    /// Its positions of ours; an instrument that is not listed is flat.
    pub positions: &'a [(InstrumentId, Qty)],
}

/// One difference and what to do about it.
#[derive(Debug, PartialEq, Eq)]
pub enum Correction {
    /// Feed this event in, as if the venue had sent it.
    Event(OrderEvent),
    /// The venue has filled more than we have heard of: its fills of this order must be fetched and fed in.
    MissingFills {
        /// Which order.
        order: OrderId,
        /// Its instrument.
        instrument: InstrumentId,
        /// Filled, as we know.
        ours: Qty,
        /// Filled, as the venue says.
        venues: Qty,
    },
    /// An order of ours that we know nothing of: cancel it.
    Orphan(Approved<VenueRequest>),
    /// The positions differ, and no missing fill explains it yet: trading must stop until one does.
    Position {
        /// Which instrument.
        instrument: InstrumentId,
        /// As we know.
        ours: Qty,
        /// As the venue says.
        venues: Qty,
    },
}

/// Compares. `positions` are ours, by instrument id. Orders come first, then positions, each in our order.
pub fn reconcile(
    orders: &Orders,
    positions: impl Iterator<Item = (InstrumentId, Qty)>,
    truth: &VenueTruth<'_>,
) -> Vec<Correction> {
    let mut found = Vec::new();
    for book in &orders.books {
        for (order, work) in book.open.iter().zip(&book.work) {
            if work.held || work.quality.sent_at >= truth.as_of {
                continue;
            }
            let (id, instrument) = (order.id, order.instrument);
            let event = |body| {
                Correction::Event(OrderEvent { order: id, instrument, exchange_at: truth.as_of, body })
            };
            match truth.orders.iter().find(|it| it.id == id) {
                None => {
                    found.push(event(OrderBody::Cancelled {
                        reason: CancelReason::Venue,
                        filled: order.filled,
                    }));
                }
                Some(theirs) => {
                    if matches!(order.status, OrderStatus::Pending | OrderStatus::Unknown) {
                        found.push(event(OrderBody::Accepted));
                    }
                    if theirs.filled > order.filled {
                        let (ours, venues) = (order.filled, theirs.filled);
                        found.push(Correction::MissingFills { order: id, instrument, ours, venues });
                    }
                }
            }
        }
    }
    for it in truth.orders.iter().filter(|it| orders.get(it.id).is_none()) {
        found.push(Correction::Orphan(Approved::<VenueRequest>::cancel(it.id, it.instrument)));
    }
    for (instrument, ours) in positions {
        let theirs = truth.positions.iter().find(|(id, _)| *id == instrument);
        let venues = theirs.map_or(Qty::ZERO, |(_, qty)| *qty);
        if ours != venues {
            found.push(Correction::Position { instrument, ours, venues });
        }
    }
    found
}
