//! The queue of a price: who is before us, and how that shrinks.
//!
//! Sizes ahead are floats in lots, because the models speak of expectations; what is filled is whole lots.

use crate::config::QueueModel;
use crate::orders::Slot;
use scalp_types::{Price, Side};

/// A resting order in its queue.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Queued {
    /// Place of the price: smaller is better for both sides.
    pub key: i64,
    pub slot: Slot,
    pub remaining: i64,
    /// Lots before us; infinite where the data does not show the level. Slightly negative after a fraction of a lot
    /// has been traded beyond it.
    pub ahead: f64,
    /// Traded at our price since the level was last updated: the update will contain it.
    pub traded: f64,
    /// Order-by-order data: who came earlier.
    pub joined: u64,
}

/// Our resting orders of one side, best price first, then by time.
#[derive(Debug, Clone)]
pub(crate) struct Queues {
    pub rows: Vec<Queued>,
}

/// The place of a price in the queues of a side.
#[inline]
pub(crate) const fn key(side: Side, price: Price) -> i64 {
    match side {
        Side::Buy => price.get().saturating_neg(),
        Side::Sell => price.get(),
    }
}

impl Queues {
    pub const fn new() -> Self {
        Self { rows: Vec::new() }
    }
    #[inline]
    pub const fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }
    /// The best of our prices.
    #[inline]
    pub fn best_key(&self) -> i64 {
        self.rows.first().map_or(i64::MAX, |it| it.key)
    }
    pub fn insert(&mut self, row: Queued) {
        let at = self.rows.partition_point(|it| it.key <= row.key);
        self.rows.insert(at, row);
    }
    pub fn remove(&mut self, slot: Slot) {
        self.rows.retain(|it| it.slot != slot);
    }
    /// The best and the worst of our places; an empty range without orders.
    #[inline]
    pub fn range(&self) -> (i64, i64) {
        match (self.rows.first(), self.rows.last()) {
            (Some(first), Some(last)) => (first.key, last.key),
            _ => (i64::MAX, i64::MIN),
        }
    }
    /// A level of our side went from `before` to `after` lots.
    pub fn on_level(&mut self, model: QueueModel, key: i64, before: i64, after: i64, lot: f64) {
        let mut floor = f64::NEG_INFINITY;
        for row in self.rows.iter_mut().skip_while(|it| it.key < key).take_while(|it| it.key == key) {
            model.level(row, before as f64, after as f64, lot);
            row.ahead = row.ahead.max(floor);
            floor = row.ahead;
        }
    }
}

impl QueueModel {
    /// Probability that a cancel is ahead of us. Zero over zero counts as behind.
    #[inline]
    fn share_behind(self, ahead: f64, behind: f64, lot: f64) -> f64 {
        let f = |x: f64| match self {
            Self::RiskAverse => 1.0,
            Self::Power { n: 1.0 } => x,
            Self::Power { n: 2.0 } => x * x,
            Self::Power { n: 3.0 } => x * x * x,
            Self::Power { n } => libm::pow(x.max(0.0), n),
            Self::Log => libm::log(1.0 + (x * lot).max(0.0)),
        };
        let share = f(behind) / (f(behind) + f(ahead));
        if share.is_finite() { share } else { 1.0 }
    }

    /// The level changed from `before` to `after`. A growth is behind us; a shrinkage that trades do not explain is
    /// shared out by the model.
    fn level(self, row: &mut Queued, before: f64, after: f64, lot: f64) {
        if self == Self::RiskAverse || row.ahead.is_infinite() {
            row.ahead = row.ahead.min(after);
            row.traded = 0.0;
            return;
        }
        let cancelled = before - after - row.traded;
        row.traded = 0.0;
        if cancelled < 0.0 {
            row.ahead = row.ahead.min(after);
            return;
        }
        let behind = before - row.ahead;
        let share = self.share_behind(row.ahead, behind, lot);
        let from_ahead = (1.0 - share) * cancelled;
        let not_behind = (behind - share * cancelled).min(0.0);
        row.ahead = (row.ahead - from_ahead + not_behind).min(after);
    }
}
