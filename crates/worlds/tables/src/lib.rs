//! Recorded markets on disk: reads what others wrote, keeps it as ours, lends it back as events.
//!
//! A [`Reader`](reader::Reader) turns rows of a foreign file into events in an [`EventBuffer`](buffer::EventBuffer).
//! This room knows files and formats; it does not know the exchange simulator, strategies or the clock.

pub mod buffer;
pub mod catalog;
pub mod clock;
pub mod columns;
pub mod connection;
pub mod download;
pub mod error;
pub mod eventfile;
pub mod flat;
pub mod import;
pub mod info;
pub mod lengths;
pub mod reader;

pub mod binance;
pub mod capture;
pub mod detect;
pub mod fault;
pub mod json;
pub mod mapping;
pub mod panel;
pub mod plain;
pub mod recorded;
mod rows;
pub mod source;
pub mod symbols;
pub mod tardis;
mod temporary;
#[cfg(test)]
mod testing;
pub mod text;
pub mod validate;

#[cfg(test)]
mod samples;
