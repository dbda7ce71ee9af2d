//! Plugs that drivers carry and that the worlds and the edge implement. Synchronous and non-blocking.

use crate::market::MarketEvent;
use crate::order::VenueRequest;

/// A source of market events, in the order of arrival. `next` lends the event until the following call.
pub trait EventStream {
    /// The next event; `None` at the end.
    fn next(&mut self) -> Result<Option<MarketEvent<'_>>, StreamError>;
}

/// A stream that cannot go on: which source, where in it, and why.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{source_name}: {message}")]
pub struct StreamError {
    /// File or feed, with its line or offset.
    pub source_name: String,
    /// What was wrong and what was expected.
    pub message: String,
}

/// Something that takes orders. Answers are events, never return values.
pub trait Venue {
    /// Takes one request, or says that its queue is full (then nothing happened).
    fn request(&mut self, request: &VenueRequest) -> Result<(), Full>;
}

/// A bounded queue was full; the request was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("queue is full")]
pub struct Full;
