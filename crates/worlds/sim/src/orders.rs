//! Our orders at the venue: each in a slot, found by id, listed by instrument.

use scalp_types::{IdMap, OrderId, OrderRequest, Price, Qty, Timestamp};
use std::collections::VecDeque;

/// Ids of ended orders that are remembered at once; beyond, the oldest is forgotten before its time.
pub const ENDED_IDS_MAX: usize = 1 << 20;

/// Where an order is kept.
pub(crate) type Slot = u32;

/// What an accepted order is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    /// A child whose parent has not filled.
    Held,
    /// Conditional, not triggered.
    Waiting,
    /// Active from the next bar (instruments of which only bars are known).
    NextBar,
    /// In the queue of its price.
    Resting,
    /// Being executed right now.
    Taking,
}

/// One accepted order that has not ended.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Live {
    pub request: OrderRequest,
    /// The limit now: amended, or of the triggered order; none for a market order.
    pub limit: Option<Price>,
    /// Total size now: amended, shrunk by its group, or as large as its parent.
    pub qty: Qty,
    pub filled: Qty,
    pub state: State,
    /// Trailing stop: the best price since activation.
    pub best: Option<Price>,
    pub received_at: Timestamp,
    pub triggered: bool,
}

impl Live {
    #[inline]
    pub fn remaining(&self) -> Qty {
        self.qty - self.filled
    }
}

/// All live orders. Slots are reused; ids are not.
#[derive(Debug, Clone)]
pub(crate) struct Orders {
    slots: Vec<Option<Live>>,
    free: Vec<Slot>,
    by_id: IdMap<OrderId, Slot>,
    /// Ids that ended, by time, while they are still taken.
    ended: VecDeque<(Timestamp, OrderId)>,
    ended_ids: IdMap<OrderId, ()>,
    /// Slots of each instrument in order of arrival.
    by_instrument: Vec<Vec<Slot>>,
    count: usize,
}

impl Orders {
    pub fn new(capacity: usize, instruments: usize) -> Self {
        Self {
            slots: Vec::with_capacity(capacity.min(1024)),
            free: Vec::new(),
            by_id: IdMap::with_capacity(capacity.min(1024)),
            ended: VecDeque::new(),
            ended_ids: IdMap::default(),
            by_instrument: vec![Vec::new(); instruments],
            count: 0,
        }
    }
    pub const fn len(&self) -> usize {
        self.count
    }
    pub fn slot(&self, id: OrderId) -> Option<Slot> {
        self.by_id.get(&id).copied()
    }
    /// The order in this slot, if it still lives.
    #[inline]
    pub fn get(&self, slot: Slot) -> Option<&Live> {
        self.slots.get(slot as usize).and_then(Option::as_ref)
    }
    #[inline]
    pub fn get_mut(&mut self, slot: Slot) -> Option<&mut Live> {
        self.slots.get_mut(slot as usize).and_then(Option::as_mut)
    }
    pub fn of_instrument(&self, instrument: usize) -> &[Slot] {
        &self.by_instrument[instrument]
    }
    pub fn insert(&mut self, live: Live) -> Slot {
        let (id, instrument) = (live.request.id, live.request.instrument.index());
        let slot = match self.free.pop() {
            Some(slot) => {
                self.slots[slot as usize] = Some(live);
                slot
            }
            None => {
                self.slots.push(Some(live));
                Slot::try_from(self.slots.len() - 1).expect("open orders are bounded by the configuration")
            }
        };
        self.by_id.insert(id, slot);
        self.by_instrument[instrument].push(slot);
        self.count += 1;
        slot
    }
    /// Takes an order out. `remember_until` keeps its id taken.
    pub fn remove(&mut self, slot: Slot, remember_until: Option<Timestamp>) -> Option<Live> {
        let live = self.slots.get_mut(slot as usize)?.take()?;
        self.free.push(slot);
        self.by_id.remove(&live.request.id);
        self.by_instrument[live.request.instrument.index()].retain(|it| *it != slot);
        self.count -= 1;
        if let Some(until) = remember_until {
            if self.ended.len() >= ENDED_IDS_MAX
                && let Some((_, oldest)) = self.ended.pop_front()
            {
                self.ended_ids.remove(&oldest);
            }
            self.ended.push_back((until, live.request.id));
            self.ended_ids.insert(live.request.id, ());
        }
        Some(live)
    }
    /// True when a new order may not have this id.
    pub fn is_taken(&mut self, id: OrderId, now: Timestamp) -> bool {
        while let Some(&(until, ended)) = self.ended.front()
            && until <= now
        {
            self.ended.pop_front();
            self.ended_ids.remove(&ended);
        }
        self.by_id.contains_key(&id) || self.ended_ids.contains_key(&id)
    }
}
