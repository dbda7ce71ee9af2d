//! The whole state, put away and brought back: a run resumed from a snapshot ends in the same hash.

use crate::engine::Engine;
use crate::timers::HOUSE;
use scalp_strategy::Strategy;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The state of an engine between two steps, lent for writing with any serde format.
#[derive(Debug)]
pub struct Snapshot<'a, S>(&'a Engine<S>);

impl<S: Strategy> Serialize for Snapshot<'_, S> {
    fn serialize<Z: Serializer>(&self, serializer: Z) -> Result<Z::Ok, Z::Error> {
        self.0.serialize(serializer)
    }
}

impl<S: Strategy> Engine<S> {
    /// The state as it stands. The next event after a restore is [`Engine::next_seq`].
    pub const fn snapshot(&self) -> Snapshot<'_, S> {
        Snapshot(self)
    }

    /// Brings an engine back. Timers that are still to come have to be set again outside: see
    /// [`Engine::pending_timers`].
    pub fn restore<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut engine = Self::deserialize(deserializer)?;
        engine.after_restore();
        Ok(engine)
    }

    /// The engine's own timer, when it is set: answers overdue, questions to be asked again.
    pub fn house_timer(&self) -> Option<scalp_types::Timer> {
        self.pending_timers().find(|it| it.0 == HOUSE).map(|(id, due)| scalp_types::Timer { id, due })
    }

    /// Timers that were set and have not come, for the driver to set again after a restore.
    pub fn pending_timers(
        &self,
    ) -> impl Iterator<Item = (scalp_types::TimerId, scalp_types::Timestamp)> + '_ {
        self.timers.pending()
    }
}
