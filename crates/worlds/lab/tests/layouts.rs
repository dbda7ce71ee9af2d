//! The state of the core belongs to the version of the snapshot.

#![allow(clippy::unwrap_used, reason = "this is a test")]

mod support;

use scalp_engine::Engine;
use scalp_strategy::Shipped;
use sha2::{Digest, Sha256};
use support::plan_of;

/// A new core, before any event: its bytes are the layout and the defaults, and nothing of what a run does. A change
/// without another version would let this program take up an earlier state for what it is not.
#[test]
fn the_state_of_a_new_core_is_that_of_this_version() {
    let text = "[[instrument]]\nvenue = \"v\"\nsymbol = \"S\"\nbase = \"B\"\nquote = \"Q\"\ntick = \"1\"\nlot = \"1\"\n\
                [account]\nbalances = { Q = 1000 }\n[bars]\ntime = \"1m\"\n[strategy]\nname = \"watch\"\n";
    let config = scalp_config::Config::parse(text, std::path::Path::new("test.toml")).unwrap();
    let plan = plan_of(text, config.instruments().unwrap());
    let engine: Engine<Shipped> =
        Engine::new(&plan.genesis(), plan.strategy().unwrap(), plan.engine.clone()).unwrap();
    let state = postcard::to_allocvec(&engine.snapshot()).unwrap();
    let digest = u32::from_be_bytes(*Sha256::digest(&state).first_chunk().unwrap());
    let found = (scalp_journal::snapshot::VERSION, state.len(), digest);
    assert_eq!(
        found,
        (11, 702, 2_090_208_109),
        "the layout of the core's state has changed (or a default has): raise VERSION in the journal's snapshot.rs, and \
         only then take these numbers"
    );
}
