//! Turns the numbers of a run into pages that people look at. Plain numbers in, one self-contained HTML file or a
//! terminal text out; knows no other room, no clock, no network and no file.

pub mod data;

pub use data::ReportData;
