//! Orders per time, and the same order again.

use super::{Proposal, RiskLayer, Verdict};
use crate::config::{MessageLimit, RepeatLimit};
use crate::refusal::Refusal;
use crate::view::RiskView;
use scalp_types::{InstrumentId, OrderKind, Price, Qty, Side, Span, StateHash, Timestamp};
use serde::{Deserialize, Serialize};

/// Most message limits at once.
pub const BUCKETS_MAX: usize = 4;
/// How many recent orders the repeat limit remembers; the oldest is forgotten first.
pub const REPEAT_MEMORY: usize = 64;

/// Counts what was let through. Cancels take no token: they always pass.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ThrottleLayer {
    buckets: Vec<Bucket>,
    repeat: Option<RepeatLimit>,
    /// A ring: `recent[next]` is the oldest once it is full.
    recent: Vec<Recent>,
    next: usize,
}

/// A token bucket kept as one time: when it would be full again (the generic cell rate algorithm of ITU-T I.371).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Bucket {
    limit: MessageLimit,
    full_at: Timestamp,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Recent {
    at: Timestamp,
    instrument: InstrumentId,
    side: Side,
    price: Option<Price>,
    qty: Qty,
}

impl Bucket {
    const fn token(&self) -> Span {
        Span::from_nanos(self.limit.window.nanos() / self.limit.count as i64)
    }
    /// When it would be full after one more token is taken at `now`.
    fn after(&self, now: Timestamp) -> Timestamp {
        self.full_at.max(now).saturating_add(self.token())
    }
    fn has_token(&self, now: Timestamp) -> bool {
        let capacity = Span::from_nanos(self.token().nanos() * i64::from(self.limit.count));
        self.after(now) <= now.saturating_add(capacity)
    }
}

impl RiskLayer for ThrottleLayer {
    fn review(&self, proposal: &Proposal, view: &RiskView<'_>) -> Verdict {
        if let Some(limit) = self.repeat.filter(|it| self.repeats(proposal, view.now, it.window) >= it.count)
        {
            return Verdict::Refuse(Refusal::Repeated { limit: limit.count, window: limit.window });
        }
        match self.buckets.iter().find(|it| !it.has_token(view.now)) {
            Some(it) => Verdict::Refuse(Refusal::Messages { limit: it.limit.count, window: it.limit.window }),
            None => Verdict::Allow,
        }
    }
}

impl ThrottleLayer {
    pub(crate) fn new(messages: &[MessageLimit], repeat: Option<RepeatLimit>) -> Self {
        let buckets = messages.iter().map(|&limit| Bucket { limit, full_at: Timestamp::MIN }).collect();
        Self { buckets, repeat, recent: Vec::with_capacity(REPEAT_MEMORY), next: 0 }
    }

    /// Takes the tokens of an order that has passed every layer.
    pub(crate) fn take(&mut self, proposal: &Proposal, now: Timestamp) {
        for it in &mut self.buckets {
            it.full_at = it.after(now);
        }
        if self.repeat.is_none() {
            return;
        }
        let entry = Recent { at: now, ..seen(proposal) };
        if self.recent.len() < REPEAT_MEMORY {
            self.recent.push(entry);
        } else {
            self.recent[self.next] = entry;
        }
        self.next = (self.next + 1) % REPEAT_MEMORY;
    }

    fn repeats(&self, proposal: &Proposal, now: Timestamp, window: Span) -> u32 {
        let wanted = seen(proposal);
        let same =
            |it: &&Recent| Recent { at: wanted.at, ..**it } == wanted && it.at.saturating_add(window) > now;
        self.recent.iter().filter(same).count() as u32
    }

    pub(crate) fn digest(&self, hash: &mut StateHash) {
        self.buckets.iter().for_each(|it| hash.absorb_signed(it.full_at.nanos()));
        for it in &self.recent {
            hash.absorb_signed(it.at.nanos());
            hash.absorb_signed(it.qty.get());
        }
        hash.absorb(self.next as u64);
    }
}

fn seen(proposal: &Proposal) -> Recent {
    let intent = &proposal.intent;
    let price = match intent.kind {
        OrderKind::Market | OrderKind::TrailingStop { .. } => None,
        kind => kind.limit().or(kind.trigger()),
    };
    Recent { at: Timestamp::MIN, instrument: intent.instrument, side: intent.side, price, qty: intent.qty }
}
