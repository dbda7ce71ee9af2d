//! A run again, from its journal alone: the same events must give the same requests and the same state.

use crate::backtest::{CoreConfig, RunError};
use scalp_engine::{Action, Actions, Engine};
use scalp_journal::Reader;
use scalp_journal::replay::Replayed;
use scalp_strategy::{Configured, Setup};
use scalp_types::{Genesis, StateHash, Venue};
use std::path::Path;

/// What a replay found, and the state it ended in.
#[derive(Debug)]
pub struct Again {
    /// What was compared, and the first difference.
    pub replayed: Replayed,
    /// Hash of everything that went by and of the state at the end, to be compared with the run's.
    pub state_hash: StateHash,
}

/// Builds the core that a genesis describes.
pub fn rebuild<S: Configured>(genesis: &Genesis) -> Result<Engine<S>, RunError> {
    let failed = |what: &str| RunError::Keep(format!("genesis: {what}"));
    let core: CoreConfig<S::Parameters> =
        serde_json::from_str(&genesis.config).map_err(|e| failed(&e.to_string()))?;
    let setup = Setup { instruments: &genesis.instruments, seed: genesis.seed, bars: &core.engine.bars };
    let strategy = S::build(&core.strategy, &setup).map_err(|e| failed(&e.to_string()))?;
    Ok(Engine::new(genesis, strategy, core.engine)?)
}

/// Replays the journal in a folder.
pub fn replay<S: Configured>(folder: &Path) -> Result<Again, RunError> {
    let damaged = |e: scalp_journal::ReadError| RunError::Keep(e.to_string());
    let mut first = Reader::open(folder).map_err(damaged)?;
    first.next_event().map_err(damaged)?;
    let genesis = first.genesis().cloned();
    let genesis =
        genesis.ok_or_else(|| RunError::Keep(format!("{}: the journal is empty", folder.display())))?;
    let mut reader = Reader::open(folder).map_err(damaged)?;
    let mut engine = rebuild::<S>(&genesis)?;
    let mut actions = Actions::new();
    let replayed = scalp_journal::replay(&mut reader, true, |event, recorder| {
        engine.step(event, &mut actions);
        for action in actions.drain() {
            if let Action::Request(request) = action {
                // The recorder's queue has no end: it compares, and remembers the first difference.
                let _ = recorder.request(request.get());
            }
        }
        engine.path_hash()
    })
    .map_err(damaged)?;
    Ok(Again { replayed, state_hash: engine.state_hash() })
}
