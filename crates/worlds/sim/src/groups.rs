//! Orders that live and die together: one-cancels-other legs, parents and their children.
//!
//! A group counts what has come in through its parent and what has gone out through its legs. A leg (or child) is as
//! large as it was asked to be, but no larger than what came in, less what the other legs have traded. The first
//! trigger or whole fill of one leg cancels the others. The first trade or trigger of a child ends what is still open
//! of its parent: who leaves does not go on entering.

use crate::exchange::Exchange;
use crate::orders::{Live, Slot, State};
use crate::replies::Replies;
use scalp_types::{
    CancelReason, GroupId, GroupRole, OrderBody, OrderId, OrderRequest, Price, Qty, RejectReason,
};

/// Groups at once. Only groups with a living order are needed; beyond, the oldest that waits for children which never
/// came is forgotten.
pub const GROUPS_MAX: usize = 1 << 14;

/// One group that has a living member, or whose parent has.
#[derive(Debug, Clone)]
pub(crate) struct Group {
    id: GroupId,
    parent: Option<OrderId>,
    parent_ended: bool,
    /// Filled by the parent.
    came_in: Qty,
    /// Filled by legs.
    went_out: Qty,
    legs: Vec<Slot>,
}

/// All groups with a living member. Few at a time, so a plain list.
#[derive(Debug, Clone, Default)]
pub(crate) struct Groups {
    all: Vec<Group>,
}

impl Groups {
    fn get_mut(&mut self, id: GroupId) -> Option<&mut Group> {
        self.all.iter_mut().find(|it| it.id == id)
    }
    fn get(&self, id: GroupId) -> Option<&Group> {
        self.all.iter().find(|it| it.id == id)
    }
    fn get_or_insert(&mut self, id: GroupId) -> &mut Group {
        let at = self.all.iter().position(|it| it.id == id).unwrap_or_else(|| {
            if self.all.len() >= GROUPS_MAX
                && let Some(idle) = self.all.iter().position(|it| it.parent_ended && it.legs.is_empty())
            {
                self.all.remove(idle);
            }
            self.all.push(Group {
                id,
                parent: None,
                parent_ended: false,
                came_in: Qty::ZERO,
                went_out: Qty::ZERO,
                legs: Vec::new(),
            });
            self.all.len() - 1
        });
        &mut self.all[at]
    }
}

impl Exchange {
    /// A leg or parent joins its group.
    pub(crate) fn join_group(&mut self, slot: Slot) {
        let Some(live) = self.orders.get(slot) else { return };
        let Some(link) = live.request.link else { return };
        let id = live.request.id;
        let group = self.groups.get_or_insert(link.group);
        match link.role {
            GroupRole::Parent => {
                group.parent = Some(id);
                group.parent_ended = false;
            }
            GroupRole::Leg | GroupRole::Child => group.legs.push(slot),
        }
    }

    /// A child is held until its parent fills; with a parent that has filled it becomes active at once.
    pub(crate) fn submit_child(&mut self, mut live: Live, out: &mut Replies) -> Result<(), RejectReason> {
        let Some(link) = live.request.link else { return Err(RejectReason::Malformed) };
        let Some(group) = self.groups.get(link.group) else { return Err(RejectReason::Malformed) };
        if group.parent.is_none() || (group.parent_ended && group.came_in <= group.went_out) {
            return Err(RejectReason::Malformed);
        }
        live.state = State::Held;
        let slot = self.orders.insert(live);
        self.join_group(slot);
        self.accepted(slot, out);
        self.fit_legs(link.group, out);
        Ok(())
    }

    /// A member traded.
    pub(crate) fn filled_in_group(
        &mut self,
        request: &OrderRequest,
        slot: Slot,
        qty: Qty,
        out: &mut Replies,
    ) {
        let Some(link) = request.link else { return };
        let ended = self.orders.get(slot).is_none();
        let Some(group) = self.groups.get_mut(link.group) else { return };
        match link.role {
            GroupRole::Parent => {
                group.came_in += qty;
                group.parent_ended |= ended;
                self.fit_legs(link.group, out);
            }
            GroupRole::Leg | GroupRole::Child => {
                group.went_out += qty;
                if ended {
                    group.legs.retain(|it| *it != slot);
                    let more_to_come = group.parent.is_some() && !group.parent_ended;
                    let done =
                        link.role == GroupRole::Leg || (group.went_out >= group.came_in && !more_to_come);
                    if done {
                        self.cancel_legs(link.group, None, out);
                    } else {
                        self.fit_legs(link.group, out);
                    }
                } else {
                    self.fit_legs(link.group, out);
                }
            }
        }
        self.drop_empty(link.group);
    }

    fn end_parent(&mut self, id: GroupId, out: &mut Replies) {
        let parent = self.groups.get(id).and_then(|it| it.parent);
        if let Some(slot) = parent.and_then(|it| self.orders.slot(it)) {
            self.end(slot, CancelReason::Group, out);
        }
    }

    /// A leg was triggered: the others are cancelled.
    pub(crate) fn triggered_in_group(&mut self, slot: Slot, out: &mut Replies) {
        let Some(live) = self.orders.get(slot) else { return };
        if let Some(link) = live.request.link
            && link.role != GroupRole::Parent
        {
            self.cancel_legs(link.group, Some(slot), out);
            self.end_parent(link.group, out);
        }
    }

    /// A member ended without being filled whole.
    pub(crate) fn left_group(&mut self, live: &Live, out: &mut Replies) {
        let Some(link) = live.request.link else { return };
        let alive = |it: &Slot, orders: &crate::orders::Orders| {
            orders.get(*it).is_some_and(|it| it.request.link.is_some_and(|l| l.group == link.group))
        };
        let Some(group) = self.groups.get_mut(link.group) else { return };
        match link.role {
            GroupRole::Parent => {
                group.parent_ended = true;
                if group.came_in <= group.went_out {
                    self.cancel_legs(link.group, None, out);
                }
            }
            GroupRole::Leg | GroupRole::Child => group.legs.retain(|it| alive(it, &self.orders)),
        }
        self.drop_empty(link.group);
    }

    fn cancel_legs(&mut self, id: GroupId, except: Option<Slot>, out: &mut Replies) {
        let Some(group) = self.groups.get_mut(id) else { return };
        let legs = std::mem::take(&mut group.legs);
        for &slot in &legs {
            if Some(slot) != except {
                self.end(slot, CancelReason::Group, out);
            }
        }
        if let (Some(group), Some(kept)) = (self.groups.get_mut(id), except) {
            group.legs.push(kept);
        }
    }

    /// Brings every leg to the size it may have now.
    fn fit_legs(&mut self, id: GroupId, out: &mut Replies) {
        let Some(group) = self.groups.get(id) else { return };
        // A copy of the list, and fresh counts for each leg: one that becomes active may trade at once.
        for slot in group.legs.clone() {
            let Some(group) = self.groups.get(id) else { return };
            let (came_in, went_out, bounded) = (group.came_in, group.went_out, group.parent.is_some());
            let Some(live) = self.orders.get_mut(slot) else { continue };
            let asked = live.request.qty;
            let whole = if bounded { asked.min(came_in) } else { asked };
            // What the other legs have traded is not ours to trade any more.
            let total = whole - (went_out - live.filled);
            if live.state == State::Held {
                if came_in <= went_out {
                    continue;
                }
                if total <= Qty::ZERO {
                    self.end(slot, CancelReason::Group, out);
                    continue;
                }
                live.qty = total;
                self.activate_checked(slot, out);
            } else if total != live.qty {
                self.resize(slot, total, out);
            }
        }
    }

    fn resize(&mut self, slot: Slot, total: Qty, out: &mut Replies) {
        let Some(live) = self.orders.get_mut(slot) else { return };
        if total <= live.filled {
            self.end(slot, CancelReason::Group, out);
            return;
        }
        live.qty = total;
        let (request, remaining, state) = (live.request, live.remaining(), live.state);
        let price = live.limit.or_else(|| request.kind.trigger()).or(live.best).unwrap_or(Price::new(0));
        if state == State::Resting {
            let queues = self.pits[request.instrument.index()].queues(request.side);
            if let Some(row) = queues.rows.iter_mut().find(|it| it.slot == slot) {
                row.remaining = remaining.get();
            }
        }
        self.say(request.id, request.instrument, OrderBody::Amended { price, qty: total }, out);
    }

    fn drop_empty(&mut self, id: GroupId) {
        let orders = &self.orders;
        self.groups.all.retain(|it| {
            let parent_lives = it.parent.is_some_and(|parent| orders.slot(parent).is_some());
            // Children may still be on their way for what the parent has bought.
            let awaited = it.parent.is_some() && it.came_in > it.went_out;
            it.id != id || parent_lives || awaited || !it.legs.is_empty()
        });
    }
}
