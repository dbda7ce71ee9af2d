//! What the venue says back, before the road home has been added.

use scalp_types::{AccountEvent, OrderEvent, Timestamp};

/// One message of the venue to us.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reply {
    /// When the venue sent it.
    pub sent_at: Timestamp,
    /// What it says.
    pub body: ReplyBody,
    /// Whether it is a message of its own.
    pub part: Part,
}

/// Whether a reply travels alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// News: a message of its own.
    News,
    /// The first part of an answer to a question.
    First,
    /// A further part of that answer: it arrives with the part before, or is lost with it.
    Further,
}

/// The kinds of message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReplyBody {
    /// About an order.
    Order(OrderEvent),
    /// About the account.
    Account(AccountEvent),
}

/// Where the exchange writes its messages; the caller reads, clears and keeps it.
#[derive(Debug, Clone, Default)]
pub struct Replies(Vec<Reply>);

impl Replies {
    /// An empty buffer with room for `capacity` messages.
    pub fn with_capacity(capacity: usize) -> Self {
        Self(Vec::with_capacity(capacity))
    }
    /// The messages so far.
    #[inline]
    pub fn as_slice(&self) -> &[Reply] {
        &self.0
    }
    /// True when there is none.
    #[inline]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
    /// Forgets them, keeping the room.
    #[inline]
    pub fn clear(&mut self) {
        self.0.clear();
    }
    pub(crate) fn order(&mut self, event: OrderEvent) {
        self.0.push(Reply { sent_at: event.exchange_at, body: ReplyBody::Order(event), part: Part::News });
    }
    /// A part of an answer sent at `sent_at`.
    pub(crate) fn answer(&mut self, sent_at: Timestamp, body: ReplyBody, part: Part) {
        self.0.push(Reply { sent_at, body, part });
    }
    pub(crate) fn account(&mut self, event: AccountEvent) {
        self.0.push(Reply { sent_at: event.exchange_at, body: ReplyBody::Account(event), part: Part::News });
    }
}
