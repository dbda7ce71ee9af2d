//! Loss stops: the loss of the UTC day against the equity at its start, and the fall from the highest equity.

use crate::config::AssetLimits;
use crate::mode::{ModeChange, ModeReason};
use scalp_types::{Money, Rate, StateHash, Timestamp};
use serde::{Deserialize, Serialize};

/// The equity of one asset as the stops see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct LossWatch {
    limits: AssetLimits,
    /// UTC day, once equity has been seen.
    day: Option<i64>,
    day_start: Money,
    peak: Money,
    last: Money,
}

/// What a new equity means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct LossNews {
    /// The stop that is (still) reached, the day's before the drawdown's.
    pub day_loss: bool,
    pub drawdown: bool,
}

impl LossWatch {
    pub(crate) const fn new(limits: AssetLimits) -> Self {
        Self { limits, day: None, day_start: Money::ZERO, peak: Money::ZERO, last: Money::ZERO }
    }

    /// Limits of the asset.
    pub const fn limits(&self) -> &AssetLimits {
        &self.limits
    }
    /// Equity at the start of the UTC day: the last seen before it, or the first of all.
    pub const fn day_start(&self) -> Money {
        self.day_start
    }
    /// The highest equity seen.
    pub const fn peak(&self) -> Money {
        self.peak
    }

    pub(crate) fn see(&mut self, now: Timestamp, equity: Money) -> LossNews {
        let day = now.day();
        let mut news = LossNews::default();
        match self.day {
            None => (self.day, self.day_start, self.peak) = (Some(day), equity, equity),
            Some(before) if day > before => {
                (self.day, self.day_start) = (Some(day), self.last);
            }
            Some(_) => {}
        }
        self.last = equity;
        self.peak = self.peak.max(equity);
        news.day_loss = fell(self.day_start, equity, self.limits.day_loss_max);
        news.drawdown = fell(self.peak, equity, self.limits.drawdown_max);
        news
    }

    /// True when the equity was last seen on a later UTC day than `change` was made.
    pub(crate) fn is_new_day_since(&self, change: &ModeChange) -> bool {
        self.day.is_some_and(|day| day > change.at.day())
    }

    pub(crate) fn digest(&self, hash: &mut StateHash) {
        hash.absorb_signed(self.day.unwrap_or(i64::MIN));
        for it in [self.day_start, self.peak, self.last] {
            hash.absorb_wide(it.get());
        }
    }
}

/// True when `to` is below `from` by `limit` of it or more. An account that starts at nothing or less has no loss
/// that could be a part of it, and never trips.
fn fell(from: Money, to: Money, limit: Option<Rate>) -> bool {
    let Some(limit) = limit.filter(|_| from > Money::ZERO && to < from) else { return false };
    let lost = (from - to).get().saturating_mul(i128::from(Rate::ONE));
    lost >= from.get().saturating_mul(i128::from(limit.get()))
}

impl LossNews {
    pub(crate) const fn reason(self) -> Option<ModeReason> {
        if self.day_loss {
            Some(ModeReason::DayLoss)
        } else if self.drawdown {
            Some(ModeReason::Drawdown)
        } else {
            None
        }
    }
}
