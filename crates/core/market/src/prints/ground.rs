//! What a print is compared with: the prints before it that were not taken for wrong, and how far the price usually goes
//! from one to the next.

use super::regression::Look;
use scalp_types::StateHash;
use serde::{Deserialize, Serialize};

/// Prints before, whose median a print is compared with.
pub(super) const BEFORE: usize = 9;
/// Median absolute deviation to standard deviation, for normal values.
const TO_DEVIATION: f64 = 1.4826;
/// A robust z-score from which on a print is suspect; one that is not is right without asking further. Of the prints laid
/// into the recorded markets of the tests none was told that is nearer than 24.
pub(super) const SUSPECT: f64 = 10.0;

/// A price and its logarithm.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub(super) struct Print {
    pub price: f64,
    pub level: f64,
}

#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub(super) struct Ground {
    /// A ring: `before[next]` is the oldest once it is full.
    before: [Print; BEFORE],
    next: usize,
    count: usize,
    /// The median of them, once they are full.
    middle: Print,
    /// Typical change from print to print, fast and slow.
    fast: f64,
    slow: f64,
}

impl Ground {
    pub const fn is_full(&self) -> bool {
        self.count == BEFORE
    }

    /// The usual price: the median of those before.
    pub const fn middle(&self) -> Print {
        self.middle
    }

    /// The latest of those before.
    pub const fn latest(&self) -> Print {
        self.before[(self.next + BEFORE - 1) % BEFORE]
    }

    /// Typical change of price from print to print now.
    pub const fn scale(&self) -> f64 {
        self.fast.max(self.slow)
    }

    /// Robust z-score of a distance.
    pub fn z(&self, leap: f64) -> f64 {
        leap.abs() / (TO_DEVIATION * self.scale())
    }

    /// Whether two levels are suspiciously far from each other.
    pub fn is_far(&self, from: f64, level: f64) -> bool {
        (level - from).abs() > SUSPECT * TO_DEVIATION * self.scale()
    }

    /// What a print of this level looks like between those before it and those after, the nearest of which to where the
    /// price was is `after` from there.
    pub fn look(&self, level: f64, after: f64) -> Look {
        let scale = self.scale();
        let leap = level - self.middle.level;
        let reach = leap.abs().max(scale);
        let way = self.latest().level - self.before[self.next].level;
        Look {
            size: libm::log1p(leap.abs() / scale),
            back: (1.0 - after / reach).clamp(-1.0, 1.0),
            going: (way * leap.signum() / reach).clamp(-1.0, 1.0),
            drift: libm::log1p(after / scale),
            haste: libm::log((self.fast + self.slow * 1e-3) / self.slow),
        }
    }

    pub fn accept(&mut self, print: Print) {
        if self.count > 0 {
            let change = (print.level - self.latest().level).abs();
            if self.slow <= 0.0 {
                (self.fast, self.slow) = (change, change);
            } else {
                self.fast += (change - self.fast) / 16.0;
                self.slow += (change - self.slow) / 1_024.0;
            }
        }
        let oldest = std::mem::replace(&mut self.before[self.next], print);
        self.next = if self.next + 1 == BEFORE { 0 } else { self.next + 1 };
        if !self.is_full() {
            self.count += 1;
            if self.is_full() {
                self.middle = median(self.before);
            }
            return;
        }
        // The median stays as long as no more than half lie on either side of it.
        let side =
            |it: Print| i8::from(it.level > self.middle.level) - i8::from(it.level < self.middle.level);
        let (new, old) = (side(print), side(oldest));
        if new != 0 && new != old {
            self.middle = median(self.before);
        }
    }

    pub fn digest(&self, hash: &mut StateHash) {
        let from = if self.is_full() { self.next } else { 0 };
        for n in 0..self.count {
            hash.absorb(self.before[(from + n) % BEFORE].price.to_bits());
        }
        [self.fast, self.slow].iter().for_each(|it| hash.absorb(it.to_bits()));
    }
}

/// The fifth of nine by size. By insertion: they are few, and nearly in order most of the time.
fn median(mut all: [Print; BEFORE]) -> Print {
    for n in 1..BEFORE {
        let (it, mut at) = (all[n], n);
        while at > 0 && all[at - 1].level > it.level {
            all[at] = all[at - 1];
            at -= 1;
        }
        all[at] = it;
    }
    all[BEFORE / 2]
}
