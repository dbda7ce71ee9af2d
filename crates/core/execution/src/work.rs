//! One order at work: what the strategy sees of it, and what only this room needs.

use crate::effects::Quality;
use scalp_risk::Approved;
use scalp_types::{OpenOrder, OrderRequest, Qty, StateHash, Timestamp};
use serde::{Deserialize, Serialize};

/// What goes with an [`OpenOrder`] and is nobody else's business.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Work {
    /// The permission it stands on; needed to send it again, to release it, or to cut it.
    pub approved: Approved<OrderRequest>,
    /// When something must have happened; `MAX` for never.
    pub due: Timestamp,
    /// What must happen then.
    pub wait: Wait,
    /// How often it (or its cancel) has been sent again.
    pub attempts: u8,
    /// Somebody wants it gone, whatever the answers say.
    pub cancel_wanted: bool,
    /// The venue has confirmed it at least once.
    pub confirmed: bool,
    /// Held here, not sent: a child whose parent has not filled.
    pub held: bool,
    /// A change of size on its way: the total size asked for.
    pub resizing: Option<Qty>,
    /// The venue refused a change of size: it stands as it is.
    pub rigid: bool,
    /// How often the venue has been asked what became of it, since its fate was last in doubt.
    pub asks: u8,
    /// How often the venue has said since then that it knows no such order.
    pub absent: u8,
    /// How often it was found open at the venue although it was to be cancelled.
    pub rounds: u8,
    /// The last answer that listed it among the open orders.
    pub listed_at: Timestamp,
    /// When a change of it was last sent.
    pub amended_at: Timestamp,
    pub quality: Quality,
}

/// What an order waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Wait {
    Nothing,
    /// An answer to the order.
    Answer,
    /// The time to send it again.
    Retry,
    /// An answer to the cancel.
    CancelAnswer,
    /// An answer to the question what became of it.
    LookUp,
}

/// The orders at work in one instrument, by rising id. The two columns run side by side, so that a strategy can
/// be lent the first as a slice.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Book {
    pub open: Vec<OpenOrder>,
    pub work: Vec<Work>,
}

impl Book {
    pub fn with_capacity(capacity: usize) -> Self {
        Self { open: Vec::with_capacity(capacity), work: Vec::with_capacity(capacity) }
    }
    pub fn position_of(&self, id: scalp_types::OrderId) -> Option<usize> {
        self.open.binary_search_by_key(&id, |it| it.id).ok()
    }
    pub fn insert(&mut self, order: OpenOrder, work: Work) {
        // Ids rise, so a new order goes to the end.
        if self.open.last().is_none_or(|it| it.id < order.id) {
            self.open.push(order);
            self.work.push(work);
            return;
        }
        let at = self.open.partition_point(|it| it.id < order.id);
        self.open.insert(at, order);
        self.work.insert(at, work);
    }
    pub fn remove(&mut self, at: usize) -> (OpenOrder, Work) {
        (self.open.remove(at), self.work.remove(at))
    }
    pub fn digest(&self, hash: &mut StateHash) {
        for (order, work) in self.open.iter().zip(&self.work) {
            hash.absorb(order.id.0);
            hash.absorb(order.status as u64);
            hash.absorb_signed(order.qty.get());
            hash.absorb_signed(order.filled.get());
            hash.absorb_signed(order.kind.limit().map_or(i64::MIN, scalp_types::Price::get));
            hash.absorb_signed(work.due.nanos());
        }
    }
}
