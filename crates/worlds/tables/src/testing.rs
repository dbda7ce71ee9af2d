//! Shared by the tests of this room: instruments and the recorded data beside the repository.

use scalp_types::{Contract, InstrumentSpec, Instruments};
use std::path::PathBuf;

/// A linear instrument of venue `v`.
pub fn spec(symbol: &str, tick: &str, lot: &str) -> InstrumentSpec {
    InstrumentSpec {
        venue: "v".into(),
        symbol: symbol.into(),
        contract: Contract::Linear,
        base: "B".into(),
        quote: "Q".into(),
        tick: tick.parse().unwrap(),
        lot: lot.parse().unwrap(),
        ..InstrumentSpec::unlimited()
    }
}

/// Instruments of venue `v` by (symbol, tick, lot).
pub fn instruments(all: &[(&str, &str, &str)]) -> Instruments {
    Instruments::new(all.iter().map(|(symbol, tick, lot)| spec(symbol, tick, lot))).unwrap()
}

/// A path in the recorded data; fails loudly when it is not there.
pub fn data(path: &str) -> PathBuf {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../../shared/data");
    let full = PathBuf::from(root).join(path);
    assert!(full.exists(), "recorded data is missing: expected {} beside the repository", full.display());
    full
}
