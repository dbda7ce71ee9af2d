//! Technical analysis on columns and streams: indicators, patterns, matrix profile. Plain numbers in and out; no clock, no
//! file, no instrument.

mod catalogue;
mod data;
mod error;
mod indicator;
mod kernel;
mod own;
mod request;
mod set;
mod spec;
mod talib;
mod window;

pub use catalogue::{catalogue, find, page};
pub use data::{Column, Frame, Schema, Values};
pub use error::{Error, Nearest};
pub use indicator::{Answer, Indicator};
pub use request::Request;
pub use set::Set;
pub use spec::{Cost, Family, Input, Output, Parameter, Range, Spec};
