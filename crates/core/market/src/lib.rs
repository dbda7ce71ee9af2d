//! What the market is now: books, bars, tape, marks and the health of the feed, for every instrument. Pure: events in,
//! state out; no clock, no sockets, nothing about our own orders.

pub mod book;
mod ladder;

pub use book::{Book, BookConfig, BookCounts, BookState, BookStateError, LevelChange, Levels};
