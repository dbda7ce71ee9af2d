//! Statistics and risk mathematics on plain numbers. Pure: slices in, numbers or a named refusal out; no clock, no file,
//! no dice but a seed that is given.

pub mod bootstrap;
pub mod calibration;
pub mod dependence;
pub mod edge;
mod error;
pub mod forecast;
pub mod fracdiff;
mod given;
pub mod hypothesis;
pub mod labels;
mod ln_product;
pub mod matrix;
pub mod montecarlo;
pub mod optimise;
pub mod performance;
pub mod regime;
pub mod regression;
pub mod rng;
mod series;
pub mod special;
pub mod split;
pub mod tails;
pub mod volatility;

pub use error::Error;
