//! Unbuilt.

pub mod metrics;
