//! Statistics and risk mathematics on plain numbers. Pure: slices in, numbers or a named refusal out; no clock, no file,
//! no dice but a seed that is given.

pub mod bootstrap;
pub mod dependence;
mod error;
mod given;
pub mod matrix;
pub mod montecarlo;
pub mod optimise;
pub mod performance;
pub mod rng;
pub mod special;
pub mod tails;
pub mod volatility;

pub use error::Error;
