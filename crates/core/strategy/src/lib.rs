//! What we want: strategies that look at borrowed facts and write down wishes. They cannot send an order, read a
//! clock, or tell a backtest from live trading.
//!
//! A strategy of your own implements [`Strategy`] and [`Configured`]; `examples/own-strategy` at the root of the
//! workspace is a complete one.

pub mod control;
pub mod cross;
pub mod grid;
pub mod parameters;
pub mod shipped;
pub mod signal;
pub mod sizing;
pub mod strategy;
pub mod trend;
pub mod view;
pub mod wake;
pub mod watch;

#[cfg(test)]
pub(crate) mod fixtures;

pub use parameters::{ParameterError, Setup};
pub use shipped::{Shipped, ShippedParameters};
pub use strategy::{Configured, FeatureFact, FeatureFacts, Strategy};
pub use view::{OpenOrders, View};
pub use wake::{Interest, Wake};
