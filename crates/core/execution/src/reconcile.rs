//! What the venue says is there against what we believe is there. A pass asks for a statement of each instrument in turn:
//! fills that we have not heard of are booked, orders that are not what we believe are looked up or cancelled, and what
//! differs after that is a difference. Pure: questions go out as effects, and answers come in as events, like
//! everything else.
//!
//! A fill that is heard of after a later one is booked late. It leaves the position as it would have been, but not always
//! its cost: what a reduction takes out of the cost depends on what had been bought before, and a fill that turns the
//! position through zero is rounded in two parts. The venue has booked them in their order, so its cost is taken over
//! once both have heard the same, and a difference of cash that three passes find alike is taken over where the
//! rounding of the fills booked out of place explains it ([`ROUNDING_MAX`]). Both only after late fills; anything else
//! is a difference.
//!
//! A pass is made every so often where the configuration says so, shortly after a message is known to have been lost
//! (silence, a venue that was unavailable), and on command. A statement that is not answered is asked for again, up to
//! [`ASKS_MAX`] times; then the pass is given up, [`Effect::Unanswered`] says so, and another begins after
//! [`PASS_AGAIN`], for as long as the venue is silent. A difference that [`DIFFERENCES_MAX`] passes in a row find alike
//! is not explained by messages that were lost.

use crate::effects::{Effect, Effects};
use crate::look_up::{ASKS_MAX, pause_after};
use crate::orders::Orders;
use crate::work::Wait;
use scalp_types::{InstrumentId, Money, OrderStatus, Qty, Span, StateHash, Timestamp, TradeId, VenueQuery};
use serde::{Deserialize, Serialize};

/// So many passes in a row must find the same difference before it is one.
pub const DIFFERENCES_MAX: u8 = 3;
/// A pass begins so long after something was in doubt: more may be.
pub const DOUBT_PAUSE: Span = Span::from_secs(1);
/// A pass that nobody answers is tried again after this.
pub const PASS_AGAIN: Span = Span::from_secs(60);

/// A fill that turns a position through zero is booked in two parts, each rounded to half a unit of 1e-8. So two orders of
/// booking differ by no more than this for each fill that stood in another place.
pub const ROUNDING_MAX: Money = Money::new(2);

/// What the venue states of one instrument.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stated {
    /// Which instrument.
    pub instrument: InstrumentId,
    /// When the venue said so.
    pub as_of: Timestamp,
    /// What is held of it, and the cash of its settle asset.
    pub books: Books,
    /// Every fill up to this one has been told.
    pub upto: TradeId,
    /// There are more.
    pub more: bool,
}

/// What is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Books {
    /// Signed lots held.
    pub position: Qty,
    /// What that has cost.
    pub cost: Money,
    /// The wallet less the cost of what is held.
    pub cash: Money,
}

/// Ours less the venue's, when both have heard the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difference {
    /// Found in this instrument first.
    pub instrument: InstrumentId,
    /// Signed lots.
    pub position: Qty,
    /// What the position has cost, in its settle asset.
    pub cost: Money,
    /// In its settle asset.
    pub cash: Money,
}

/// How far the asking is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Audit {
    /// When the next pass begins; `MAX` for never.
    due: Timestamp,
    /// It begins because something is in doubt, not because it is time.
    wanted: bool,
    asking: Option<Asking>,
    /// By instrument: fills up to this one are in our books.
    told: Vec<TradeId>,
    /// By instrument: the last fill of all that has been booked.
    newest: Vec<TradeId>,
    /// By instrument: how many fills have been booked in another place than the venue's, since the books agreed last.
    displaced: Vec<u32>,
    /// The first difference of this pass, and that of the passes before with how often it was found.
    found: Option<Difference>,
    last: Option<Difference>,
    times: u8,
}

/// The question that is out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Asking {
    instrument: InstrumentId,
    asks: u8,
    due: Timestamp,
}

impl Audit {
    pub(crate) fn new(instruments: usize) -> Self {
        Self {
            due: Timestamp::MAX,
            wanted: false,
            asking: None,
            told: vec![TradeId(0); instruments],
            newest: vec![TradeId(0); instruments],
            displaced: vec![0; instruments],
            found: None,
            last: None,
            times: 0,
        }
    }
    /// A message has been lost, so others may have been.
    pub(crate) fn doubt(&mut self, now: Timestamp) {
        self.begin_by(now.saturating_add(DOUBT_PAUSE));
    }
    /// A pass is wanted, at this time at the latest.
    pub(crate) fn begin_by(&mut self, due: Timestamp) {
        self.due = self.due.min(due);
        self.wanted = true;
    }
    pub(crate) fn next_due(&self) -> Timestamp {
        self.asking.map_or(self.due, |it| it.due)
    }
    /// Says nothing as long as nothing was ever asked.
    pub(crate) fn digest(&self, hash: &mut StateHash) {
        if self.next_due() < Timestamp::MAX {
            hash.absorb_signed(self.next_due().nanos());
            hash.absorb(self.asking.map_or(0, |it| 1 + u64::from(it.instrument.0)));
        }
        self.told.iter().filter(|it| it.0 > 0).for_each(|it| hash.absorb(it.0));
        self.displaced.iter().filter(|it| **it > 0).for_each(|it| hash.absorb(u64::from(*it)));
    }
}

impl Orders {
    /// The run begins: the first pass comes after the time between two, where there is one.
    pub fn start(&mut self, now: Timestamp) {
        if let Some(every) = self.config.reconcile_every {
            self.audit.due = self.audit.due.min(now.saturating_add(every));
            self.wait_until(self.audit.next_due());
        }
    }

    /// Begins a pass, now or when the one under way is over.
    pub fn reconcile(&mut self, now: Timestamp, out: &mut Effects) {
        (self.audit.due, self.audit.wanted) = (now, true);
        self.audit_on_time(now, out);
    }

    /// True when no pass is under way or wanted, and no order waits for an answer.
    pub fn is_settled(&self) -> bool {
        let waits = self.books.iter().flat_map(|it| &it.work).any(|it| it.wait != Wait::Nothing);
        !waits && self.audit.asking.is_none() && !self.audit.wanted
    }

    /// True when the fate of an order is unknown, or a pass is under way or wanted.
    pub fn is_doubtful(&self) -> bool {
        let mut open = self.books.iter().flat_map(|it| &it.open);
        open.any(|it| it.status == OrderStatus::Unknown) || self.audit.asking.is_some() || self.audit.wanted
    }

    /// Takes a statement in, after the fills and orders that came with it. `ours` are our books, with those fills.
    /// Returns a difference that lost messages do not explain: trading must stop until somebody has looked.
    pub fn on_statement(
        &mut self,
        stated: &Stated,
        ours: &Books,
        now: Timestamp,
        out: &mut Effects,
    ) -> Option<Difference> {
        let told = self.audit.told.get_mut(stated.instrument.index())?;
        let is_news = stated.upto > *told;
        *told = stated.upto.max(*told);
        // One that nobody waits for has come late, or twice.
        self.audit.asking.filter(|it| it.instrument == stated.instrument)?;
        if stated.more {
            if is_news {
                self.ask_for(stated.instrument, 0, now, out);
            }
            return None;
        }
        self.look_up_missing(stated, now, out);
        let found = self.difference(stated, ours);
        if found.is_none() && self.has_heard_the_same(stated) {
            self.audit.displaced[stated.instrument.index()] = 0;
        }
        self.audit.found = self.audit.found.or(found);
        let next = stated.instrument.0 + 1;
        if usize::from(next) < self.books.len() {
            self.ask_for(InstrumentId(next), 0, now, out);
            return None;
        }
        self.end_of_pass(now)
    }

    /// The cost that is to be taken over from the venue before its statement is compared: fills were booked late, and by
    /// now both have heard the same.
    pub fn cost_to_adopt(&self, stated: &Stated, ours: &Books) -> Option<Money> {
        let is_displaced = self.audit.displaced.get(stated.instrument.index()).is_some_and(|it| *it > 0);
        let is_same = !stated.more && stated.books.position == ours.position;
        let differs = stated.books.cost != ours.cost;
        (is_displaced && is_same && differs && self.has_heard_the_same(stated)).then_some(stated.books.cost)
    }

    /// How far the cash may be off because fills of these instruments have been booked in another order.
    pub fn rounding_of(&self, instruments: impl Iterator<Item = InstrumentId>) -> Money {
        let displaced = instruments.filter_map(|it| self.audit.displaced.get(it.index()));
        Money::new(displaced.map(|it| i128::from(*it)).sum::<i128>() * ROUNDING_MAX.get())
    }

    /// True when fills of this instrument have been booked late since the books agreed last.
    pub fn is_displaced(&self, instrument: InstrumentId) -> bool {
        self.audit.displaced.get(instrument.index()).is_some_and(|it| *it > 0)
    }

    /// A difference has been taken over: a pass soon sees whether all is well.
    pub fn on_adopted(&mut self, now: Timestamp) {
        self.audit.doubt(now);
        self.wait_until(self.audit.next_due());
    }

    /// A new fill is about to be booked. One that is older than another of its instrument is late: a pass must see to it.
    pub(crate) fn note_place(&mut self, instrument: InstrumentId, trade: TradeId, now: Timestamp) {
        let Some(newest) = self.audit.newest.get_mut(instrument.index()) else { return };
        if trade >= *newest {
            *newest = trade;
            return;
        }
        let later = self.fills.iter().filter(|((it, other), _)| *it == instrument && *other > trade).count();
        let displaced = &mut self.audit.displaced[instrument.index()];
        *displaced = displaced.saturating_add(1 + later as u32);
        self.audit.begin_by(now.saturating_add(PASS_AGAIN));
        self.wait_until(self.audit.next_due());
    }

    /// No fill of ours is newer than what the venue has stated.
    fn has_heard_the_same(&self, stated: &Stated) -> bool {
        let newest = self.audit.newest.get(stated.instrument.index());
        newest.is_some_and(|it| *it <= stated.upto)
    }

    pub(crate) fn audit_on_time(&mut self, now: Timestamp, out: &mut Effects) {
        match self.audit.asking {
            Some(it) if it.due <= now && it.asks >= ASKS_MAX => {
                self.audit.asking = None;
                out.push(Effect::Unanswered { order: None, instrument: it.instrument });
                (self.audit.due, self.audit.wanted) = (now.saturating_add(PASS_AGAIN), true);
            }
            Some(it) if it.due <= now => self.ask_for(it.instrument, it.asks, now, out),
            None if self.audit.due <= now && !self.books.is_empty() => {
                (self.audit.due, self.audit.wanted, self.audit.found) = (Timestamp::MAX, false, None);
                self.ask_for(InstrumentId(0), 0, now, out);
            }
            _ => {}
        }
        self.wait_until(self.audit.next_due());
    }

    fn ask_for(&mut self, instrument: InstrumentId, asked: u8, now: Timestamp, out: &mut Effects) {
        let asks = asked + 1;
        let due = now.saturating_add(pause_after(asks));
        self.audit.asking = Some(Asking { instrument, asks, due });
        self.wait_until(due);
        let after = self.audit.told[instrument.index()];
        self.query(VenueQuery::Statement { instrument, after }, out);
    }

    /// Orders that we believe at the venue, and that are not among its open ones.
    fn look_up_missing(&mut self, stated: &Stated, now: Timestamp, out: &mut Effects) {
        let index = stated.instrument.index();
        for at in 0..self.books[index].open.len() {
            let (order, work) = (&self.books[index].open[at], &self.books[index].work[at]);
            let is_awaited = match order.status {
                // Its own wait goes on: it may not have arrived when the venue was asked.
                OrderStatus::Pending => work.wait != Wait::Nothing,
                OrderStatus::Unknown => work.wait == Wait::LookUp,
                _ => false,
            };
            let is_older = work.quality.sent_at < stated.as_of;
            if !work.held && !is_awaited && is_older && work.listed_at != stated.as_of {
                self.look_up(stated.instrument, at, now, out);
            }
        }
    }

    /// Ours less the venue's, without the fills that the venue had not made when it was asked. Cost and cash are compared
    /// only when there is none of these.
    fn difference(&self, stated: &Stated, ours: &Books) -> Option<Difference> {
        let instrument = stated.instrument;
        let newer = self.fills.iter().filter(|((it, trade), _)| *it == instrument && *trade > stated.upto);
        let is_quiet = self.has_heard_the_same(stated);
        let mut position = ours.position.get();
        for (_, qty) in newer {
            position = position.saturating_sub(qty.get());
        }
        let position = Qty::new(position.saturating_sub(stated.books.position.get()));
        // What is held at another size has another cost: the size says it.
        let cost = if is_quiet && position.is_zero() { ours.cost - stated.books.cost } else { Money::ZERO };
        let cash = if is_quiet { ours.cash - stated.books.cash } else { Money::ZERO };
        let differs = !position.is_zero() || !cost.is_zero() || !cash.is_zero();
        differs.then_some(Difference { instrument, position, cost, cash })
    }

    fn end_of_pass(&mut self, now: Timestamp) -> Option<Difference> {
        let every = self.config.reconcile_every;
        let audit = &mut self.audit;
        audit.asking = None;
        let regular = every.map_or(Timestamp::MAX, |it| now.saturating_add(it));
        audit.times = match audit.found {
            None => 0,
            found if found == audit.last => audit.times + 1,
            Some(_) => 1,
        };
        audit.last = audit.found;
        let is_certain = audit.times >= DIFFERENCES_MAX;
        if audit.times > 0 && !is_certain {
            audit.doubt(now);
        }
        if is_certain {
            (audit.last, audit.times) = (None, 0);
        }
        audit.due = audit.due.min(regular);
        let due = audit.next_due();
        let found = self.audit.found.filter(|_| is_certain);
        self.wait_until(due);
        found
    }
}
