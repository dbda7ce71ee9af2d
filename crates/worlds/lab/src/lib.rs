//! The bench: backtests, sweeps and what is measured of them. Deterministic; reads and writes files; never talks to
//! a network.

pub mod analysis;
pub mod at_work;
pub mod backtest;
mod bars;
pub mod closing;
pub mod data;
pub mod decided;
pub mod drive;
pub mod export;
pub mod features;
pub mod feed;
pub mod generate;
pub mod measure;
pub mod metrics;
pub mod observer;
pub mod outcome;
mod parallel;
pub mod replay;
pub mod selection;
pub mod settled;
pub mod sheets;
pub mod store;
pub mod study;
pub mod summary;
pub mod sweep;
pub mod trace;
