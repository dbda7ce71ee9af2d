//! Statistics and risk mathematics on plain numbers. Pure: slices in, numbers or a named refusal out; no clock, no file,
//! no dice but a seed that is given.

pub mod calibration;
pub mod edge;
mod error;
pub mod forecast;
pub mod fracdiff;
mod given;
pub mod hypothesis;
pub mod labels;
pub mod optimise;
pub mod regime;
pub mod regression;
pub mod rng;
mod series;
pub mod special;
pub mod split;
pub mod tails;
pub mod volatility;

pub use error::Error;
