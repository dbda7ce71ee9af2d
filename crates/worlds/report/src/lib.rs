//! Turns the numbers of a run into pages that people look at. Plain numbers in, one self-contained HTML file or a
//! terminal text out; knows no other room, no clock, no network and no file.

pub mod data;

pub mod candles;
pub mod compare;
pub mod page;
pub mod study;
pub mod sweep;
pub mod terminal;

mod calendar;
mod document;
mod plot;
mod series;
mod text;

pub use compare::compare;
pub use data::ReportData;
pub use page::page;
pub use study::Study;
pub use sweep::sweep;
