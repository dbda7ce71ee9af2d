//! What the core waits for. Each timer is one slot: setting it again replaces it, and a delivery that does not match
//! the slot is stale.

use scalp_types::{StateHash, Timer, TimerId, Timestamp};
use serde::{Deserialize, Serialize};

/// Timers that a strategy may use: ids 0 to 63. A wish for another one is dropped and recorded.
pub const STRATEGY_TIMERS_MAX: usize = 64;

/// The engine's own timer: answers overdue, groups, emergency closes.
pub const HOUSE: TimerId = TimerId(STRATEGY_TIMERS_MAX as u32);

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timers(Vec<Option<Timestamp>>);

/// Whose timer it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Owner {
    Strategy,
    House,
}

impl Timers {
    pub fn new() -> Self {
        Self(vec![None; STRATEGY_TIMERS_MAX + 1])
    }
    /// Sets a timer of the strategy; false for an id that it does not have.
    pub fn set(&mut self, id: TimerId, at: Timestamp) -> bool {
        let is_known = id.index() < STRATEGY_TIMERS_MAX;
        if is_known {
            self.0[id.index()] = Some(at);
        }
        is_known
    }
    /// Moves the engine's own timer to an earlier time; true when it has to be set outside.
    pub fn set_house(&mut self, at: Timestamp) -> bool {
        let slot = &mut self.0[HOUSE.index()];
        let is_earlier = slot.is_none_or(|before| at < before);
        if is_earlier {
            *slot = Some(at);
        }
        is_earlier
    }
    /// Takes a delivery; `None` when it is stale.
    pub fn take(&mut self, timer: &Timer) -> Option<Owner> {
        let slot = self.0.get_mut(timer.id.index())?;
        if *slot != Some(timer.due) {
            return None;
        }
        *slot = None;
        Some(if timer.id == HOUSE { Owner::House } else { Owner::Strategy })
    }
    /// What is set, by id.
    pub fn pending(&self) -> impl Iterator<Item = (TimerId, Timestamp)> + '_ {
        let slots = self.0.iter().enumerate();
        slots.filter_map(|(index, at)| at.map(|at| (TimerId(index as u32), at)))
    }
    pub fn digest(&self, hash: &mut StateHash) {
        self.0.iter().for_each(|it| hash.absorb_signed(it.map_or(i64::MIN, Timestamp::nanos)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timer_set_again_makes_the_first_delivery_stale() {
        let at = Timestamp::from_nanos;
        let mut timers = Timers::new();
        assert!(timers.set(TimerId(3), at(10)));
        assert!(timers.set(TimerId(3), at(20)));
        assert_eq!(timers.take(&Timer { id: TimerId(3), due: at(10) }), None);
        assert_eq!(timers.take(&Timer { id: TimerId(3), due: at(20) }), Some(Owner::Strategy));
        assert_eq!(timers.take(&Timer { id: TimerId(3), due: at(20) }), None, "delivered once");
        assert!(!timers.set(HOUSE, at(1)), "not the strategy's");
        assert_eq!(timers.take(&Timer { id: TimerId(u32::MAX), due: at(1) }), None);
    }

    #[test]
    fn the_house_timer_only_moves_earlier() {
        let at = Timestamp::from_nanos;
        let mut timers = Timers::new();
        assert!(timers.set_house(at(20)));
        assert!(!timers.set_house(at(30)));
        assert!(timers.set_house(at(10)));
        assert_eq!(timers.take(&Timer { id: HOUSE, due: at(20) }), None);
        assert_eq!(timers.take(&Timer { id: HOUSE, due: at(10) }), Some(Owner::House));
    }
}
