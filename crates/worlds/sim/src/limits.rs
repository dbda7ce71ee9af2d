//! How many requests a venue takes: token buckets that refill evenly.

use crate::config::RateLimits;
use scalp_types::Timestamp;

const NANOS_10S: i64 = 10_000_000_000;
const NANOS_1M: i64 = 60_000_000_000;

/// A bucket of `size` tokens that refills in `period`. Counted in parts of a token, so that nothing is rounded away.
#[derive(Debug, Clone, Copy)]
struct Bucket {
    size: i64,
    period: i64,
    /// Tokens times `period`.
    level: i128,
    at: Timestamp,
}

impl Bucket {
    const fn new(size: u32, period: i64) -> Self {
        let size = size as i64;
        Self { size, period, level: size as i128 * period as i128, at: Timestamp::MIN }
    }
    fn refill(&mut self, now: Timestamp) {
        let passed = i128::from(now.nanos()) - i128::from(self.at.nanos());
        if passed > 0 {
            let full = i128::from(self.size) * i128::from(self.period);
            self.level = full.min(self.level.saturating_add(passed * i128::from(self.size)));
            self.at = now;
        }
    }
    const fn has(&self, tokens: u32) -> bool {
        self.size == 0 || self.level >= tokens as i128 * self.period as i128
    }
    const fn take(&mut self, tokens: u32) {
        if self.size > 0 {
            self.level -= tokens as i128 * self.period as i128;
        }
    }
}

/// The buckets of an account.
#[derive(Debug, Clone)]
pub(crate) struct Limits {
    on: bool,
    orders_10s: Bucket,
    orders_1m: Bucket,
    weight_1m: Bucket,
}

impl Limits {
    pub const fn new(rules: &RateLimits) -> Self {
        Self {
            on: rules.orders_10s > 0 || rules.orders_1m > 0 || rules.weight_1m > 0,
            orders_10s: Bucket::new(rules.orders_10s, NANOS_10S),
            orders_1m: Bucket::new(rules.orders_1m, NANOS_1M),
            weight_1m: Bucket::new(rules.weight_1m, NANOS_1M),
        }
    }

    /// Takes the tokens of one request, or none when one bucket has too few.
    pub fn allow(&mut self, now: Timestamp, orders: u32, weight: u32) -> bool {
        if !self.on {
            return true;
        }
        for bucket in [&mut self.orders_10s, &mut self.orders_1m, &mut self.weight_1m] {
            bucket.refill(now);
        }
        let allowed = self.orders_10s.has(orders) && self.orders_1m.has(orders) && self.weight_1m.has(weight);
        if allowed {
            self.orders_10s.take(orders);
            self.orders_1m.take(orders);
            self.weight_1m.take(weight);
        }
        allowed
    }
}
