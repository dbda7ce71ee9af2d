//! How the market is described: one definition of each feature, for research over history and for the live core. Pure: market
//! data in, numbers out; no clock, no file, nothing about our own orders.

pub mod confluence;
pub mod measure;
pub mod synthesis;
