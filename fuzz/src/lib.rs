//! Every decoder, behind one function each that takes any bytes and must not panic.
//!
//! The functions are run in two ways: by libFuzzer, through the programs in `fuzz_targets`
//! (`cargo fuzz run <target>`), and by a test of the workspace that throws mutated valid inputs at them for a few
//! seconds ([`storm`]).

pub mod journal;
pub mod runs;
pub mod seeds;
pub mod stored;
pub mod storm;
pub mod tables;
pub mod wire;

pub use storm::storm;

/// One decoder.
#[derive(Debug, Clone, Copy)]
pub struct Target {
    /// Its name: that of the program in `fuzz_targets`.
    pub name: &'static str,
    /// Takes any bytes; must not panic.
    pub run: fn(&[u8]),
    /// Valid inputs, to begin from.
    pub seeds: fn() -> Vec<Vec<u8>>,
    /// Inputs that a test of a few seconds can afford, in thousands.
    pub thousands: u32,
}

/// All decoders.
pub const TARGETS: &[Target] = &[
    Target { name: "wire", run: wire::records, seeds: seeds::wire, thousands: 200 },
    Target { name: "journal", run: journal::segments, seeds: seeds::journal, thousands: 4 },
    Target { name: "journal_frames", run: journal::frames, seeds: seeds::journal_frames, thousands: 10 },
    Target { name: "snapshot", run: journal::snapshot, seeds: seeds::snapshot, thousands: 1 },
    Target { name: "capture", run: tables::capture, seeds: seeds::capture, thousands: 60 },
    Target { name: "json", run: tables::json, seeds: seeds::capture, thousands: 100 },
    Target { name: "text", run: tables::text, seeds: seeds::text, thousands: 200 },
    Target { name: "source", run: tables::source, seeds: seeds::source, thousands: 4 },
    Target { name: "ready_made", run: tables::ready_made, seeds: seeds::ready_made, thousands: 30 },
    Target { name: "by_header", run: tables::by_header, seeds: seeds::by_header, thousands: 10 },
    Target { name: "mapping", run: tables::mapping, seeds: seeds::mapping, thousands: 10 },
    Target { name: "event_file", run: tables::event_file, seeds: seeds::event_file, thousands: 1 },
    Target { name: "sniff", run: stored::sniff, seeds: seeds::sniff, thousands: 4 },
    Target { name: "parquet", run: stored::parquet, seeds: seeds::parquet, thousands: 1 },
    Target { name: "table", run: stored::table, seeds: seeds::table, thousands: 1 },
    Target { name: "manifest", run: stored::manifest, seeds: seeds::manifest, thousands: 1 },
    Target { name: "config", run: runs::config, seeds: seeds::config, thousands: 4 },
    Target { name: "latency", run: runs::latency, seeds: seeds::latency, thousands: 4 },
    Target { name: "core", run: runs::core, seeds: seeds::core, thousands: 10 },
    Target { name: "report", run: runs::report, seeds: seeds::report, thousands: 1 },
];
