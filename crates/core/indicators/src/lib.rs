//! Technical analysis on columns and streams: indicators, patterns, matrix profile. Plain numbers in and out; no clock, no
//! file, no instrument.
