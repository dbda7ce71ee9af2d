//! Statistics and risk mathematics on plain numbers. Pure: slices in, numbers or a named refusal out; no clock, no file,
//! no dice but a seed that is given.

mod error;
mod given;
pub mod rng;
pub mod hypothesis;
pub mod regression;
mod series;

pub use error::Error;
