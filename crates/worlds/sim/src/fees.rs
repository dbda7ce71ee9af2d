//! What trading costs: maker and taker rates by the traded value of the last 30 days.

use crate::config::FeeTier;
use scalp_types::{Liquidity, Money, Rate, Rounding, Timestamp};

const DAYS: usize = 30;

/// The fee schedule and what has been traded under it.
#[derive(Debug, Clone)]
pub(crate) struct Fees {
    tiers: Vec<FeeTier>,
    /// Value traded on each of the last 30 days; the day `d` is at `d % 30`.
    days: [Money; DAYS],
    today: i64,
    volume: Money,
    tier: usize,
}

impl Fees {
    pub fn new(tiers: &[FeeTier]) -> Self {
        Self {
            tiers: tiers.to_vec(),
            days: [Money::ZERO; DAYS],
            today: i64::MIN,
            volume: Money::ZERO,
            tier: 0,
        }
    }

    /// The rate that applies now. A venue settles the step once a day: what is traded today counts from tomorrow.
    pub fn rate(&mut self, at: Timestamp, liquidity: Liquidity) -> Rate {
        if self.tiers.len() > 1 {
            self.turn_to(at.day());
        }
        let tier = &self.tiers[self.tier];
        match liquidity {
            Liquidity::Maker => tier.maker,
            Liquidity::Taker => tier.taker,
        }
    }

    /// The fee of a fill worth `value`, half-even, and the value counted towards the volume.
    pub fn charge(&mut self, at: Timestamp, value: Money, liquidity: Liquidity) -> Money {
        let fee = value.abs().times(self.rate(at, liquidity), Rounding::HalfEven);
        if self.tiers.len() > 1 {
            let today = &mut self.days[self.today.rem_euclid(DAYS as i64) as usize];
            *today += value.abs();
        }
        fee
    }

    fn turn_to(&mut self, day: i64) {
        if day <= self.today {
            return;
        }
        for it in 0..day.saturating_sub(self.today).min(DAYS as i64) {
            self.days[(day - it).rem_euclid(DAYS as i64) as usize] = Money::ZERO;
        }
        self.today = day;
        self.volume = self.days.iter().copied().sum();
        self.tier = self.tiers.iter().rposition(|it| it.volume <= self.volume).unwrap_or(0);
    }
}
