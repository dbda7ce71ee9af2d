//! Groups for venues that have none: one-cancels-other, one-triggers-other, brackets.
//!
//! Nothing is remembered of what was done; after every answer the group's *target* is worked out anew from what has
//! filled, and the difference is asked for:
//!
//! - `base` is what the legs may close in all: what the parent has filled; without a parent, the largest leg.
//! - What is left to close is `base` less what all legs have filled. No leg may have more than that at work. What is
//!   too much is cancelled, or cut by an amend where the leg is a plain limit order; a conditional leg that is only
//!   partly too large stands until it is wholly too large (venues do not amend those; make it reduce-only).
//! - A held child is released in slices, cut off it as the parent fills, so that it is never larger than that.
//! - A cancel that the venue keeps refusing is given up after its retries; what then fills too much is a race.
//! - A triggered leg cancels the others at once.
//! - When the legs have closed more than `base` (both went before a cancel arrived), the group is marked as a race and
//!   the excess is flattened by one reduce-only market order to the other side, through the gate.

use crate::effects::{Effect, Effects, Quality};
use crate::orders::{Orders, RETRIES_MAX, open_order};
use crate::work::{Wait, Work};
use scalp_types::{
    GroupId, GroupRole, InstrumentId, OpenOrder, OrderBody, OrderIntent, OrderKind, OrderStatus, Qty, Reason,
    Side, StateHash, TimeInForce, Timestamp,
};
use serde::{Deserialize, Serialize};

/// Who looks after groups.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum GroupsBy {
    /// The venue: links are sent along.
    #[default]
    Venue,
    /// We: links stay here.
    Us,
}

/// What has happened to a group. It is kept while one of its orders is at work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Group {
    instrument: InstrumentId,
    id: GroupId,
    has_parent: bool,
    parent_filled: i64,
    /// The largest leg, for groups without a parent.
    leg_max: i64,
    leg_side: Option<Side>,
    legs_filled: i64,
    /// Tag of the leg that was triggered first.
    triggered: Option<u64>,
    flattened: i64,
}

/// The groups with an order at work, by instrument and id.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Groups(Vec<Group>);

impl Group {
    fn new(instrument: InstrumentId, id: GroupId) -> Self {
        Self {
            instrument,
            id,
            has_parent: false,
            parent_filled: 0,
            leg_max: 0,
            leg_side: None,
            legs_filled: 0,
            triggered: None,
            flattened: 0,
        }
    }
    const fn base(&self) -> i64 {
        if self.has_parent { self.parent_filled } else { self.leg_max }
    }
}

impl Groups {
    fn find(&self, instrument: InstrumentId, id: GroupId) -> Result<usize, usize> {
        self.0.binary_search_by_key(&(instrument, id), |it| (it.instrument, it.id))
    }
    fn get(&self, instrument: InstrumentId, id: GroupId) -> Option<Group> {
        self.find(instrument, id).ok().map(|at| self.0[at])
    }
    fn get_or_add(&mut self, instrument: InstrumentId, id: GroupId) -> &mut Group {
        let at = self.find(instrument, id).unwrap_or_else(|at| {
            self.0.insert(at, Group::new(instrument, id));
            at
        });
        &mut self.0[at]
    }
    fn remove(&mut self, instrument: InstrumentId, id: GroupId) {
        if let Ok(at) = self.find(instrument, id) {
            self.0.remove(at);
        }
    }
    pub(crate) fn digest(&self, hash: &mut StateHash) {
        for it in &self.0 {
            hash.absorb(it.id.0);
            for word in [it.parent_filled, it.leg_max, it.legs_filled, it.flattened] {
                hash.absorb_signed(word);
            }
        }
    }
}

/// The orders of one leg (slices share its tag), in lots.
#[derive(Debug, Clone, Copy, Default)]
struct Leg {
    /// Remaining size at the venue, less what is being cancelled.
    live: i64,
    /// Size held back here.
    held: i64,
}

impl Orders {
    /// A new order of a group.
    pub(crate) fn join_group(&mut self, order: &OpenOrder, now: Timestamp, out: &mut Effects) {
        let Some(link) = order.link else { return };
        let group = self.groups.get_or_add(order.instrument, link.group);
        if link.role == GroupRole::Parent {
            group.has_parent = true;
        } else {
            group.leg_max = group.leg_max.max(order.qty.get());
            group.leg_side.get_or_insert(order.side);
        }
        self.settle_group(order, now, out);
    }

    /// Books what an answer means for the order's group, and settles it.
    pub(crate) fn on_group_answer(
        &mut self,
        order: &OpenOrder,
        body: &OrderBody,
        now: Timestamp,
        out: &mut Effects,
    ) {
        let Some(link) = order.link.filter(|_| self.config.groups_by == GroupsBy::Us) else { return };
        let group = self.groups.get_or_add(order.instrument, link.group);
        match (body, link.role) {
            (OrderBody::Filled(fill), GroupRole::Parent) => {
                group.parent_filled = group.parent_filled.saturating_add(fill.qty.get());
            }
            (OrderBody::Filled(fill), GroupRole::Leg | GroupRole::Child) => {
                group.legs_filled = group.legs_filled.saturating_add(fill.qty.get());
            }
            (OrderBody::Triggered, GroupRole::Leg | GroupRole::Child) => {
                group.triggered.get_or_insert(order.tag);
            }
            _ => {}
        }
        self.settle_group(order, now, out);
    }

    /// Brings the group of `order` to its target, and forgets it when none of its orders is left.
    pub(crate) fn settle_group(&mut self, order: &OpenOrder, now: Timestamp, out: &mut Effects) {
        let Some(link) = order.link.filter(|_| self.config.groups_by == GroupsBy::Us) else { return };
        let instrument = order.instrument;
        let Some(group) = self.groups.get(instrument, link.group) else { return };
        let is_leg = |it: &OpenOrder| {
            it.link.is_some_and(|link| link.group == group.id && link.role != GroupRole::Parent)
        };
        let left = group.base().saturating_sub(group.legs_filled).max(0);
        let is_parent_done = group.has_parent && !self.has_parent_at_work(&group);
        let mut after = None;
        while let Some(id) = self.next_after(instrument, after, is_leg) {
            after = Some(id);
            let Some(tag) = self.get(id).map(|it| it.tag) else { continue };
            let first = self.next_after(instrument, None, |it| is_leg(it) && it.tag == tag);
            if first != Some(id) {
                continue;
            }
            let leg = self.leg(&group, tag);
            let is_beaten = group.triggered.is_some_and(|it| it != tag);
            let target = if is_beaten { 0 } else { left.min(leg.live + leg.held) };
            if leg.live > target {
                self.cut_leg(&group, tag, leg.live - target, now, out);
            } else if leg.held > 0 && target > leg.live {
                self.release(&group, tag, target - leg.live, now, out);
            }
            if is_beaten || is_parent_done {
                self.drop_held(&group, tag, now, out);
            }
        }
        self.flatten_excess(&group, out);
        if self.next_after(instrument, None, |it| it.link.is_some_and(|l| l.group == group.id)).is_none() {
            self.groups.remove(instrument, group.id);
        }
    }

    fn has_parent_at_work(&self, group: &Group) -> bool {
        let is_parent = |it: &OpenOrder| {
            it.link.is_some_and(|link| link.group == group.id && link.role == GroupRole::Parent)
        };
        self.next_after(group.instrument, None, is_parent).is_some()
    }

    fn leg(&self, group: &Group, tag: u64) -> Leg {
        let mut leg = Leg::default();
        let book = &self.books[group.instrument.index()];
        for (it, work) in book.open.iter().zip(&book.work).filter(|(it, _)| is_of(it, group, tag)) {
            let total = work.resizing.unwrap_or(it.qty).get();
            let remaining = total.saturating_sub(it.filled.get()).max(0);
            if work.held {
                leg.held = leg.held.saturating_add(remaining);
            } else if !work.cancel_wanted {
                leg.live = leg.live.saturating_add(remaining);
            }
        }
        leg
    }

    /// Takes `excess` off what a leg has at the venue, newest slice first.
    fn cut_leg(&mut self, group: &Group, tag: u64, mut excess: i64, now: Timestamp, out: &mut Effects) {
        let instrument = group.instrument;
        for at in (0..self.books[instrument.index()].open.len()).rev() {
            let book = &mut self.books[instrument.index()];
            let (order, work) = (&book.open[at], &mut book.work[at]);
            let is_given_up = work.attempts >= RETRIES_MAX;
            if excess == 0 || work.held || work.cancel_wanted || is_given_up || !is_of(order, group, tag) {
                continue;
            }
            let total = work.resizing.unwrap_or(order.qty).get();
            let remaining = total.saturating_sub(order.filled.get()).max(0);
            if remaining <= excess {
                excess -= remaining;
                work.cancel_wanted = true;
                self.counters.cancels += 1;
                self.send_cancel(instrument, at, now, out);
                continue;
            }
            let is_amendable = matches!(order.kind, OrderKind::Limit { .. }) && work.confirmed && !work.rigid;
            let wanted = Qty::new(total - excess);
            if let Some(amend) = work.approved.resize(wanted).filter(|_| is_amendable) {
                (work.resizing, work.amended_at) = (Some(wanted), now);
                self.counters.amends += 1;
                out.push(Effect::Send(amend));
            }
            return;
        }
    }

    /// Sends `qty` of what a leg holds back: as a slice, or, when nothing would be left, itself.
    fn release(&mut self, group: &Group, tag: u64, mut qty: i64, now: Timestamp, out: &mut Effects) {
        let instrument = group.instrument;
        let mut after = None;
        while let Some(id) = self.next_after(instrument, after, |it| is_of(it, group, tag)) {
            after = Some(id);
            let due = now.saturating_add(self.config.answer_timeout);
            let Some((book, at)) = self.find_mut(instrument, id) else { continue };
            if qty == 0 || !book.work[at].held {
                continue;
            }
            let held = book.open[at].qty.get();
            if qty >= held {
                qty -= held;
                self.send_held(instrument, at, due, now, out);
            } else if self.has_room()
                && let Some(slice_id) = self.next_id()
            {
                let (book, at) = self.find_mut(instrument, id).expect("found just above");
                let Some(slice) = book.work[at].approved.split(Qty::new(qty), slice_id) else { return };
                book.open[at].qty = Qty::new(held - qty);
                let (reason, request) = (book.open[at].reason, *slice.get());
                self.send_order(&slice, out);
                let order = open_order(&request, tag, reason, false, now);
                self.insert(order, Work::sent(slice, due, now));
                return;
            }
        }
    }

    fn send_held(
        &mut self,
        instrument: InstrumentId,
        at: usize,
        due: Timestamp,
        now: Timestamp,
        out: &mut Effects,
    ) {
        let book = &mut self.books[instrument.index()];
        let (order, work) = (&mut book.open[at], &mut book.work[at]);
        order.status = OrderStatus::Pending;
        order.submitted_at = now;
        work.held = false;
        (work.wait, work.due) = (Wait::Answer, due);
        (work.quality.sent_at, work.quality.arrival_mid_twice, work.quality.sends) = (now, None, 1);
        out.push(Effect::Send(work.approved.alone()));
        self.counters.submits += 1;
        self.wait_until(due);
    }

    /// Ends what a leg still holds back and can never send.
    fn drop_held(&mut self, group: &Group, tag: u64, now: Timestamp, out: &mut Effects) {
        let mut after = None;
        while let Some(id) = self.next_after(group.instrument, after, |it| is_of(it, group, tag)) {
            after = Some(id);
            let Some((book, at)) = self.find_mut(group.instrument, id) else { continue };
            if book.work[at].held {
                out.push(Effect::Ended(self.end(group.instrument, at, OrderStatus::Cancelled, now)));
            }
        }
    }

    fn flatten_excess(&mut self, group: &Group, out: &mut Effects) {
        let excess = group.legs_filled.saturating_sub(group.base()).saturating_sub(group.flattened);
        let Some(side) = group.leg_side.filter(|_| excess > 0) else { return };
        if group.flattened == 0 {
            self.counters.races += 1;
        }
        self.groups.get_or_add(group.instrument, group.id).flattened += excess;
        let mut intent = OrderIntent::new(
            FLATTEN_TAG | group.id.0,
            group.instrument,
            side.opposite(),
            Qty::new(excess),
            OrderKind::Market,
            Reason::RiskReduction,
        );
        intent.time_in_force = TimeInForce::Ioc;
        intent.reduce_only = true;
        out.push(Effect::Flatten { group: group.id, intent });
    }
}

/// Tags of flattening orders have this bit, so that they meet no tag of a strategy that counts from zero.
pub const FLATTEN_TAG: u64 = 1 << 63;

fn is_of(order: &OpenOrder, group: &Group, tag: u64) -> bool {
    order.tag == tag
        && order.link.is_some_and(|link| link.group == group.id && link.role != GroupRole::Parent)
}

impl Work {
    /// Of an order that has just been sent.
    pub(crate) fn sent(
        approved: scalp_risk::Approved<scalp_types::OrderRequest>,
        due: Timestamp,
        now: Timestamp,
    ) -> Self {
        Self {
            approved,
            due,
            wait: Wait::Answer,
            attempts: 0,
            cancel_wanted: false,
            confirmed: false,
            held: false,
            resizing: None,
            rigid: false,
            asks: 0,
            absent: 0,
            rounds: 0,
            listed_at: Timestamp::MIN,
            amended_at: Timestamp::MIN,
            quality: Quality {
                sent_at: now,
                arrival_mid_twice: None,
                accepted_at: None,
                first_fill_at: None,
                traded: 0,
                sends: 1,
            },
        }
    }
}
