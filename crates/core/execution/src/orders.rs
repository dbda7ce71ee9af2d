//! The table of orders at work.

use crate::effects::{Effect, Effects, EndedOrder, Quality};
use crate::groups::{Groups, GroupsBy};
use crate::homes::Homes;
use crate::ids::Ids;
use crate::recent::Recent;
use crate::reconcile::Audit;
use crate::work::{Book, Wait, Work};
use scalp_risk::{Approved, Exposure};
use scalp_types::{
    GroupId, GroupRole, InstrumentId, OpenOrder, OrderId, OrderRequest, OrderStatus, Qty, Reason, Side, Span,
    StateHash, Timestamp, TradeId,
};
use serde::{Deserialize, Serialize};

/// Most orders that can be at work at once, over all instruments. When the table is full, a new order is refused.
pub const OPEN_ORDERS_MAX: usize = 1 << 14;
/// Most orders at work unless configured otherwise: a table that stays in the cache.
pub const OPEN_ORDERS_DEFAULT: usize = 1 << 11;
/// How many ended orders are remembered, to recognise late answers. The oldest is forgotten first.
pub const ENDED_ORDERS_MAX: usize = 1 << 11;
/// How many fills are remembered, to recognise duplicates. The oldest is forgotten first.
pub const FILLS_MAX: usize = 1 << 13;
/// A retryable refusal is answered by sending again so often, and a silent cancel too.
pub const RETRIES_MAX: u8 = 3;
/// The first retry waits so long, the second twice, the third three times.
pub const RETRY_STEP: Span = Span::from_millis(100);
/// Room for the orders of one instrument before its lists grow (up to the table's own limit).
const ORDERS_PER_INSTRUMENT: usize = 64;

/// How orders are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrdersConfig {
    /// Most orders at work at once; at most [`OPEN_ORDERS_MAX`].
    pub capacity: usize,
    /// An order or cancel that is not answered for so long is of unknown fate.
    pub answer_timeout: Span,
    /// Who looks after groups.
    pub groups_by: GroupsBy,
    /// The venue is asked this often how everything stands, although nothing seems amiss: where single messages get
    /// lost. Without it, it is asked when something does.
    #[serde(default)]
    pub reconcile_every: Option<Span>,
}

impl Default for OrdersConfig {
    fn default() -> Self {
        Self {
            capacity: OPEN_ORDERS_DEFAULT,
            answer_timeout: Span::from_secs(5),
            groups_by: GroupsBy::Venue,
            reconcile_every: None,
        }
    }
}

/// Why an order was not taken. Nothing was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SubmitError {
    /// The table is full.
    #[error("{limit} orders are at work, no room for another")]
    Full {
        /// Its size.
        limit: usize,
    },
    /// The id is at work or has been.
    #[error("order id {0} is in use or was")]
    DuplicateId(OrderId),
    /// An id of another run.
    #[error("instrument {0} is not in this run")]
    UnknownInstrument(InstrumentId),
}

/// What a cancel came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CancelOutcome {
    /// On its way.
    Sent,
    /// It was on its way already: nothing was sent.
    Already,
    /// The order had never been sent and has ended now.
    Dropped,
    /// No such order at work.
    Gone,
}

/// Every order at work, with the memory of those that have ended.
#[derive(Debug, Serialize, Deserialize)]
#[serde(from = "Snapshot")]
pub struct Orders {
    pub(crate) config: OrdersConfig,
    pub(crate) ids: Ids,
    /// By instrument.
    pub(crate) books: Vec<Book>,
    #[serde(skip_serializing)]
    homes: Homes,
    /// No order that is at work or remembered as ended has an id above this.
    #[serde(skip_serializing)]
    newest: OrderId,
    pub(crate) groups: Groups,
    pub(crate) ended: Recent<OrderId, OrderStatus>,
    /// With their signed size.
    pub(crate) fills: Recent<(InstrumentId, TradeId), Qty>,
    pub(crate) audit: Audit,
    /// No wait of any order ends before this.
    earliest_due: Timestamp,
    pub(crate) counters: Counters,
}

/// What is read back from a snapshot; what follows from the rest is worked out anew.
#[derive(Deserialize)]
struct Snapshot {
    config: OrdersConfig,
    ids: Ids,
    books: Vec<Book>,
    groups: Groups,
    ended: Recent<OrderId, OrderStatus>,
    fills: Recent<(InstrumentId, TradeId), Qty>,
    audit: Audit,
    earliest_due: Timestamp,
    counters: Counters,
}

impl From<Snapshot> for Orders {
    fn from(it: Snapshot) -> Self {
        let mut homes = Homes::with_capacity(it.config.capacity);
        let orders = it.books.iter().flat_map(|book| &book.open);
        orders.for_each(|order| homes.insert(order.id, order.instrument));
        let newest = it.ended.iter().map(|(id, _)| *id).chain(homes.last()).max().unwrap_or(OrderId(0));
        Self {
            config: it.config,
            ids: it.ids,
            books: it.books,
            homes,
            newest,
            groups: it.groups,
            ended: it.ended,
            fills: it.fills,
            audit: it.audit,
            earliest_due: it.earliest_due,
            counters: it.counters,
        }
    }
}

/// What has happened so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Counters {
    /// Orders sent, without repetitions.
    pub submits: u64,
    /// Cancels sent, without repetitions.
    pub cancels: u64,
    /// Amends sent.
    pub amends: u64,
    /// Fills seen, without duplicates.
    pub fills: u64,
    /// Fills seen before.
    pub duplicate_fills: u64,
    /// Answers after the end.
    pub late: u64,
    /// Answers about orders that are not ours.
    pub foreign: u64,
    /// Orders and cancels sent again.
    pub retries: u64,
    /// Orders nobody answered for.
    pub unknown: u64,
    /// Groups of which more than one leg went.
    pub races: u64,
    /// Questions asked of the venue.
    pub queries: u64,
}

impl Orders {
    /// An empty table for so many instruments.
    pub fn new(instruments: usize, config: OrdersConfig) -> Self {
        let config = OrdersConfig { capacity: config.capacity.clamp(1, OPEN_ORDERS_MAX), ..config };
        Self {
            config,
            ids: Ids::default(),
            books: (0..instruments).map(|_| Book::with_capacity(ORDERS_PER_INSTRUMENT)).collect(),
            homes: Homes::with_capacity(config.capacity),
            newest: OrderId(0),
            groups: Groups::default(),
            ended: Recent::with_capacity(ENDED_ORDERS_MAX),
            fills: Recent::with_capacity(FILLS_MAX),
            audit: Audit::new(instruments),
            earliest_due: Timestamp::MAX,
            counters: Counters::default(),
        }
    }

    /// Starts the ids of the event `seq`.
    #[inline]
    pub fn begin(&mut self, seq: u64) {
        self.ids.begin(seq);
    }
    /// The next order id; `None` when this event has had its share.
    #[inline]
    pub fn next_id(&mut self) -> Option<OrderId> {
        self.ids.next_id()
    }
    /// True when another order can be taken.
    #[inline]
    pub const fn has_room(&self) -> bool {
        self.homes.len() < self.config.capacity
    }

    /// Takes an approved order to its venue. `arrival_mid_twice` is bid plus ask at this moment, for later judgement.
    pub fn submit(
        &mut self,
        approved: Approved<OrderRequest>,
        tag: u64,
        reason: Reason,
        arrival_mid_twice: Option<i64>,
        now: Timestamp,
        out: &mut Effects,
    ) -> Result<(), SubmitError> {
        let request = *approved.get();
        if request.instrument.index() >= self.books.len() {
            return Err(SubmitError::UnknownInstrument(request.instrument));
        }
        if self.is_used(request.id) {
            return Err(SubmitError::DuplicateId(request.id));
        }
        if !self.has_room() {
            return Err(SubmitError::Full { limit: self.config.capacity });
        }
        let emulated = self.config.groups_by == GroupsBy::Us && request.link.is_some();
        let held = emulated && request.link.is_some_and(|it| it.role == GroupRole::Child);
        let order = open_order(&request, tag, reason, held, now);
        if !held {
            self.send_order(&approved, out);
        }
        let mut work = Work::sent(approved, now.saturating_add(self.config.answer_timeout), now);
        work.quality.arrival_mid_twice = arrival_mid_twice;
        if held {
            (work.held, work.wait, work.due, work.quality.sends) = (true, Wait::Nothing, Timestamp::MAX, 0);
        }
        self.insert(order, work);
        if emulated {
            self.join_group(&order, now, out);
        }
        Ok(())
    }

    /// Sends an approved change of an order at work. False, and nothing is sent, when it has ended.
    pub fn amend(
        &mut self,
        approved: Approved<scalp_types::VenueRequest>,
        now: Timestamp,
        out: &mut Effects,
    ) -> bool {
        let scalp_types::VenueRequest::Amend { order, instrument, qty, .. } = *approved.get() else {
            return false;
        };
        let Some((book, at)) = self.find_mut(instrument, order) else { return false };
        if book.work[at].held {
            return false;
        }
        (book.work[at].resizing, book.work[at].amended_at) = (qty, now);
        self.counters.amends += 1;
        out.push(Effect::Send(approved));
        true
    }

    /// Asks for the end of one order. Twice is once.
    pub fn cancel(&mut self, order: OrderId, now: Timestamp, out: &mut Effects) -> CancelOutcome {
        let Some(instrument) = self.homes.get(order) else { return CancelOutcome::Gone };
        let Some((book, at)) = self.find_mut(instrument, order) else { return CancelOutcome::Gone };
        let is_at_venue = !book.work[at].held && book.work[at].wait != Wait::Retry;
        if !is_at_venue {
            let ended = self.end(instrument, at, OrderStatus::Cancelled, now);
            out.push(Effect::Ended(ended));
            self.settle_group(&ended.order, now, out);
            return CancelOutcome::Dropped;
        }
        if book.work[at].cancel_wanted {
            return CancelOutcome::Already;
        }
        (book.work[at].cancel_wanted, book.work[at].attempts) = (true, 0);
        self.send_cancel(instrument, at, now, out);
        self.counters.cancels += 1;
        CancelOutcome::Sent
    }

    /// Asks for the end of every order of an instrument, one by one.
    pub fn cancel_all(&mut self, instrument: InstrumentId, now: Timestamp, out: &mut Effects) {
        let mut after = None;
        while let Some(id) = self.next_after(instrument, after, |_| true) {
            self.cancel(id, now, out);
            after = Some(id);
        }
    }

    /// Asks for the end of every order of a group.
    pub fn cancel_group(&mut self, group: GroupId, now: Timestamp, out: &mut Effects) {
        for index in 0..self.books.len() {
            let instrument = InstrumentId(index as u16);
            let mut after = None;
            let is_member = |it: &OpenOrder| it.link.is_some_and(|link| link.group == group);
            while let Some(id) = self.next_after(instrument, after, is_member) {
                self.cancel(id, now, out);
                after = Some(id);
            }
        }
    }

    /// The orders of an instrument that have not ended, by rising id. Panics for an id of another run.
    #[inline]
    pub fn open(&self, instrument: InstrumentId) -> &[OpenOrder] {
        &self.books[instrument.index()].open
    }
    /// One order at work.
    pub fn get(&self, order: OrderId) -> Option<&OpenOrder> {
        let book = &self.books[self.homes.get(order)?.index()];
        book.position_of(order).map(|at| &book.open[at])
    }
    /// The (first) order of an instrument with the strategy's tag.
    pub fn by_tag(&self, instrument: InstrumentId, tag: u64) -> Option<&OpenOrder> {
        self.open(instrument).iter().find(|it| it.tag == tag)
    }
    /// How many orders are at work.
    pub const fn len(&self) -> usize {
        self.homes.len()
    }
    /// True when none is.
    pub const fn is_empty(&self) -> bool {
        self.homes.len() == 0
    }
    /// What has happened so far.
    pub const fn counters(&self) -> &Counters {
        &self.counters
    }
    /// How an order at work is doing.
    pub fn quality(&self, order: OrderId) -> Option<&Quality> {
        let book = &self.books[self.homes.get(order)?.index()];
        book.position_of(order).map(|at| &book.work[at].quality)
    }

    /// What the orders of an instrument could still do. Panics for an id of another run.
    pub fn exposure(&self, instrument: InstrumentId) -> Exposure {
        // Summed in places told by arithmetic: sides alternate, so a branch on them would be guessed wrong half the time.
        const OPEN: usize = 0;
        const UNKNOWN: usize = 2;
        const CLOSING: usize = 4;
        let mut sums = [0_i64; 6];
        let book = &self.books[instrument.index()];
        for (it, work) in book.open.iter().zip(&book.work) {
            let remaining = work.resizing.unwrap_or(it.qty).max(it.qty).get().saturating_sub(it.filled.get());
            let kind = if it.status == OrderStatus::Unknown { UNKNOWN } else { OPEN };
            let kind = if it.reduce_only { CLOSING } else { kind };
            let sum = &mut sums[kind + usize::from(it.side == Side::Sell)];
            *sum = sum.saturating_add(remaining.max(0));
        }
        let [open_buy, open_sell, unknown_buy, unknown_sell, closing_buy, closing_sell] = sums.map(Qty::new);
        let orders = book.open.len() as u32;
        Exposure { open_buy, open_sell, unknown_buy, unknown_sell, closing_buy, closing_sell, orders }
    }

    /// No wait ends before this; `None` when nothing waits. A timer at this time may find nothing to do.
    pub fn next_due(&self) -> Option<Timestamp> {
        (self.earliest_due < Timestamp::MAX).then_some(self.earliest_due)
    }

    /// Sends again what is to be sent again, and gives up on answers that have not come.
    pub fn on_time(&mut self, now: Timestamp, out: &mut Effects) {
        if now < self.earliest_due {
            return;
        }
        self.earliest_due = Timestamp::MAX;
        for index in 0..self.books.len() {
            for at in 0..self.books[index].open.len() {
                if self.books[index].work[at].due <= now {
                    self.wait_is_over(InstrumentId(index as u16), at, now, out);
                }
                self.earliest_due = self.earliest_due.min(self.books[index].work[at].due);
            }
        }
        self.audit_on_time(now, out);
    }

    /// Folds the state into a rolling hash.
    pub fn digest(&self, hash: &mut StateHash) {
        self.books.iter().for_each(|it| it.digest(hash));
        self.groups.digest(hash);
        self.audit.digest(hash);
        let it = &self.counters;
        for word in [it.submits, it.cancels, it.amends, it.fills, it.duplicate_fills, it.late, it.foreign] {
            hash.absorb(word);
        }
        for word in [it.retries, it.unknown, it.races, self.ended.len() as u64, self.fills.len() as u64] {
            hash.absorb(word);
        }
    }

    fn wait_is_over(&mut self, instrument: InstrumentId, at: usize, now: Timestamp, out: &mut Effects) {
        let timeout = self.config.answer_timeout;
        let book = &mut self.books[instrument.index()];
        let work = &mut book.work[at];
        match work.wait {
            Wait::Nothing => work.due = Timestamp::MAX,
            Wait::Retry => {
                (work.wait, work.due) = (Wait::Answer, now.saturating_add(timeout));
                work.quality.sends = work.quality.sends.saturating_add(1);
                self.counters.retries += 1;
                out.push(Effect::Send(work.approved.again()));
            }
            Wait::CancelAnswer if work.attempts < RETRIES_MAX => {
                work.attempts += 1;
                self.counters.retries += 1;
                self.send_cancel(instrument, at, now, out);
            }
            Wait::Answer | Wait::CancelAnswer => {
                self.counters.unknown += 1;
                self.look_up(instrument, at, now, out);
            }
            Wait::LookUp => self.ask_about(instrument, at, now, out),
        }
    }

    /// True when an order with this id is at work, or is remembered as ended. Ids rise, so a new one is told by one look.
    #[inline]
    fn is_used(&self, id: OrderId) -> bool {
        id <= self.newest && (self.homes.get(id).is_some() || self.ended.get(&id).is_some())
    }

    pub(crate) fn insert(&mut self, order: OpenOrder, work: Work) {
        self.earliest_due = self.earliest_due.min(work.due);
        self.homes.insert(order.id, order.instrument);
        self.newest = self.newest.max(order.id);
        self.books[order.instrument.index()].insert(order, work);
    }

    pub(crate) fn send_order(&mut self, approved: &Approved<OrderRequest>, out: &mut Effects) {
        self.counters.submits += 1;
        let request = if self.config.groups_by == GroupsBy::Us { approved.alone() } else { approved.again() };
        out.push(Effect::Send(request));
    }

    pub(crate) fn send_cancel(
        &mut self,
        instrument: InstrumentId,
        at: usize,
        now: Timestamp,
        out: &mut Effects,
    ) {
        let due = now.saturating_add(self.config.answer_timeout);
        let book = &mut self.books[instrument.index()];
        let (order, work) = (&mut book.open[at], &mut book.work[at]);
        if order.status != OrderStatus::Unknown {
            order.status = OrderStatus::CancelPending;
        }
        (work.wait, work.due) = (Wait::CancelAnswer, due);
        self.earliest_due = self.earliest_due.min(due);
        out.push(Effect::Send(Approved::<scalp_types::VenueRequest>::cancel(order.id, instrument)));
    }

    pub(crate) fn wait_until(&mut self, due: Timestamp) {
        self.earliest_due = self.earliest_due.min(due);
    }

    pub(crate) fn find_mut(
        &mut self,
        instrument: InstrumentId,
        order: OrderId,
    ) -> Option<(&mut Book, usize)> {
        let book = self.books.get_mut(instrument.index())?;
        let at = book.position_of(order)?;
        Some((book, at))
    }

    /// Takes an order out for good.
    pub(crate) fn end(
        &mut self,
        instrument: InstrumentId,
        at: usize,
        status: OrderStatus,
        now: Timestamp,
    ) -> EndedOrder {
        assert!(status.is_terminal(), "an order ends in a terminal state");
        let (mut order, work) = self.books[instrument.index()].remove(at);
        order.status = status;
        self.homes.remove(order.id);
        let is_first_end = self.ended.insert(order.id, status, now);
        assert!(is_first_end, "an order ends once");
        EndedOrder { order, quality: work.quality, ended_at: now }
    }

    /// The first order of an instrument past `after` that `wanted` takes.
    pub(crate) fn next_after(
        &self,
        instrument: InstrumentId,
        after: Option<OrderId>,
        wanted: impl Fn(&OpenOrder) -> bool,
    ) -> Option<OrderId> {
        let open = &self.books.get(instrument.index())?.open;
        let from = after.map_or(0, |id| open.partition_point(|it| it.id <= id));
        open[from..].iter().find(|it| wanted(it)).map(|it| it.id)
    }
}

pub(crate) fn open_order(
    request: &OrderRequest,
    tag: u64,
    reason: Reason,
    held: bool,
    now: Timestamp,
) -> OpenOrder {
    OpenOrder {
        id: request.id,
        tag,
        instrument: request.instrument,
        side: request.side,
        qty: request.qty,
        filled: Qty::ZERO,
        kind: request.kind,
        status: if held { OrderStatus::Open } else { OrderStatus::Pending },
        reduce_only: request.reduce_only,
        link: request.link,
        reason,
        submitted_at: now,
    }
}
