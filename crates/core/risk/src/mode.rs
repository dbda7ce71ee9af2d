//! The trading mode: tightened at once, loosened only after the cooldown, and every change remembered.

use scalp_types::{Mode, Span, StateHash, Timestamp};
use serde::{Deserialize, Serialize};

/// Why the mode changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum ModeReason {
    /// An operator.
    Command,
    /// The loss of the day reached its limit.
    DayLoss,
    /// The fall from the highest equity reached its limit.
    Drawdown,
    /// A new day undid the stop of the last.
    NextDay,
    /// The books do not agree with themselves or with the venue.
    Integrity,
}

/// One change of mode, for the audit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModeChange {
    /// When.
    pub at: Timestamp,
    /// From.
    pub old: Mode,
    /// To.
    pub new: Mode,
    /// Why.
    pub reason: ModeReason,
    /// Who; 0 is the program itself.
    pub operator: u32,
}

/// A looser mode was asked for too soon.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("mode stays {current:?} until {until}")]
pub struct ModeRefused {
    /// The mode that stays.
    pub current: Mode,
    /// When a looser one is allowed.
    pub until: Timestamp,
}

/// How many changes are remembered; the oldest is forgotten first (the engine records each as it happens).
pub const HISTORY: usize = 64;

/// The mode with its history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ModeSwitch {
    mode: Mode,
    cooldown: Span,
    tightened_at: Option<Timestamp>,
    history: Vec<ModeChange>,
    changes: u64,
}

impl ModeSwitch {
    pub(crate) fn new(cooldown: Span) -> Self {
        let history = Vec::with_capacity(HISTORY);
        Self { mode: Mode::Normal, cooldown, tightened_at: None, history, changes: 0 }
    }

    pub(crate) const fn mode(&self) -> Mode {
        self.mode
    }

    /// The latest change.
    pub(crate) fn last(&self) -> Option<&ModeChange> {
        self.history.last()
    }

    pub(crate) fn history(&self) -> &[ModeChange] {
        &self.history
    }

    /// `Ok(None)` when it is that mode already.
    pub(crate) fn set(
        &mut self,
        at: Timestamp,
        new: Mode,
        reason: ModeReason,
        operator: u32,
    ) -> Result<Option<ModeChange>, ModeRefused> {
        if new == self.mode {
            return Ok(None);
        }
        if new > self.mode {
            self.tightened_at = Some(at);
        } else if let Some(since) = self.tightened_at {
            let until = since.saturating_add(self.cooldown);
            if at < until {
                return Err(ModeRefused { current: self.mode, until });
            }
        }
        let change = ModeChange { at, old: self.mode, new, reason, operator };
        self.mode = new;
        self.changes += 1;
        if self.history.len() == HISTORY {
            self.history.remove(0);
        }
        self.history.push(change);
        Ok(Some(change))
    }

    pub(crate) fn digest(&self, hash: &mut StateHash) {
        hash.absorb(self.mode as u64);
        hash.absorb(self.changes);
        hash.absorb_signed(self.tightened_at.map_or(i64::MIN, Timestamp::nanos));
    }
}
