//! Statistics and risk mathematics on plain numbers. Pure: slices in, numbers or a named refusal out; no clock, no file,
//! no dice but a seed that is given.

mod error;
pub mod optimise;
pub mod special;
pub mod tails;
pub mod volatility;

pub use error::Error;
