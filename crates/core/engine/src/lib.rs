//! The loop: one synchronous function from an event to actions. Owns the state of the core as plain fields; knows no
//! clock, no dice, no I/O, and not whether it runs in a backtest, on paper or live.

pub mod action;
pub mod config;
mod doubt;
pub mod engine;
mod exposure;
mod hash;
pub mod record;
pub mod snapshot;
mod timers;
mod trading;

pub use action::{Action, Actions};
pub use config::{BuildError, EngineConfig, Recording};
pub use engine::Engine;
pub use record::{Drop, Fault, Record, RecordBody};
pub use snapshot::Snapshot;
