//! Whether what an instrument's feed says may be acted on: prints that may be wrong, and spreads far wider than usual. It
//! knows nothing of orders; what to do about a doubt is for others to say.

use crate::prints::{Inspector, LAG, RUN_MAX, Verdict};
use crate::spread::{UsualSpread, spread_of};
use scalp_types::{Price, StateHash, Timestamp};
use serde::{Deserialize, Serialize};

/// What is watched; nothing by default.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct WatchConfig {
    /// Prints that may be wrong.
    pub prints: bool,
    /// How many times its usual spread an instrument's spread may be.
    pub spread_times_max: Option<u32>,
}

/// A print that was judged wrong.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct WrongPrint {
    /// When it came, by the exchange's clock.
    pub at: Timestamp,
    /// Its price.
    pub price: Price,
    /// Median of the prices before it.
    pub usual: Price,
    /// Its distance from that median in typical changes of price.
    pub z: f64,
    /// How sure that is.
    pub probability: f64,
}

/// A spread far wider than usual, in ticks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WideSpread {
    /// What it is.
    pub got: u64,
    /// What is usual.
    pub usual: u64,
    /// How many times that it may be.
    pub times_max: u32,
}

/// Watches the feed of one instrument.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Watch {
    prints: Option<Prints>,
    spread: Option<(UsualSpread, u32)>,
}

/// Prints as they came, with what was found wrong of them last.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Prints {
    inspector: Inspector,
    /// When the latest prints came: the n-th of all at `n % TIMES`.
    times: [Timestamp; TIMES],
    count: usize,
    verdict: Option<Verdict>,
}

/// The print that is judged and those that may be judged again with it, after those that wait.
const TIMES: usize = 16;
const _: () = assert!(TIMES > LAG + RUN_MAX);

impl Watch {
    /// One that has seen nothing.
    #[must_use]
    pub fn new(config: &WatchConfig) -> Self {
        let prints = || Prints {
            inspector: Inspector::with_step(1.0),
            times: [Timestamp::MIN; TIMES],
            count: 0,
            verdict: None,
        };
        Self {
            prints: config.prints.then(prints),
            spread: config.spread_times_max.map(|it| (UsualSpread::default(), it)),
        }
    }

    /// As new; the room stays.
    pub fn reset(&mut self) {
        if let Some(it) = &mut self.prints {
            it.inspector.reset();
            (it.times, it.count, it.verdict) = ([Timestamp::MIN; TIMES], 0, None);
        }
        if let Some((usual, _)) = &mut self.spread {
            usual.reset();
        }
    }

    /// Takes in the price of a trade, or of a bar's close where there are no trades. True when prints were judged wrong by
    /// it: see [`Watch::wrong`]. A price of zero or below is passed over.
    #[inline]
    pub fn on_print(&mut self, price: Price, at: Timestamp) -> bool {
        let Some(it) = self.prints.as_mut().filter(|_| price.get() > 0) else { return false };
        it.times[it.count % TIMES] = at;
        it.count += 1;
        it.verdict = it.inspector.push(price.get() as f64).filter(Verdict::is_wrong);
        it.verdict.is_some() || it.inspector.has_taken_back()
    }

    /// Whether the print that was judged last, [`LAG`] before the latest, is wrong.
    #[inline]
    #[must_use]
    pub fn is_wrong(&self) -> bool {
        self.prints.as_ref().is_some_and(|it| it.verdict.is_some())
    }

    /// Prints that the latest has shown to be wrong, the oldest first.
    pub fn wrong(&self) -> impl Iterator<Item = WrongPrint> + '_ {
        self.prints.iter().flat_map(|it| {
            let again = (0..RUN_MAX).rev().filter_map(|back| {
                let verdict = it.inspector.verdict_again(back)?;
                it.wrong(&verdict, back + 1)
            });
            again.chain(it.verdict.and_then(|verdict| it.wrong(&verdict, 0)))
        })
    }

    /// Takes in the best prices after a change of the book.
    #[inline]
    pub fn on_touch(&mut self, bid: Price, ask: Price) {
        if let Some((usual, _)) = &mut self.spread {
            usual.see(bid, ask);
        }
    }

    /// True while a print is in doubt: see [`Inspector::is_in_doubt`].
    #[inline]
    #[must_use]
    pub fn has_suspect(&self) -> bool {
        self.prints.as_ref().is_some_and(|it| it.inspector.is_in_doubt())
    }

    /// The price of the print that is in doubt, and what would be usual.
    #[must_use]
    pub fn suspect(&self) -> Option<(Price, Price)> {
        let it = self.prints.as_ref()?.inspector.doubt()?;
        Some((ticks(it.price), ticks(it.usual)))
    }

    /// What would be usual, where the latest print is in doubt itself.
    #[must_use]
    pub fn doubts_latest(&self) -> Option<Price> {
        self.prints.as_ref()?.inspector.doubts_latest().map(ticks)
    }

    /// The latest price that is not in doubt.
    #[must_use]
    pub fn believed(&self) -> Option<Price> {
        self.prints.as_ref()?.inspector.believed().map(ticks)
    }

    /// Whether this touch is too wide; never before [`LOOKS_MIN`](crate::spread::LOOKS_MIN) looks at the book.
    #[must_use]
    pub fn wide(&self, bid: Price, ask: Price) -> Option<WideSpread> {
        let (usual, times_max) = self.spread.as_ref()?;
        let (got, usual) = (spread_of(bid, ask)?, usual.usual()?);
        let is_wide = got > usual.saturating_mul(u64::from(*times_max));
        is_wide.then_some(WideSpread { got, usual, times_max: *times_max })
    }

    /// Folds what it knows into a hash.
    pub fn digest(&self, hash: &mut StateHash) {
        if let Some(it) = &self.prints {
            hash.absorb(it.count as u64);
            it.inspector.digest(hash);
        }
        if let Some((usual, _)) = &self.spread {
            usual.digest(hash);
        }
    }
}

impl Prints {
    /// What is told of a print that came `back` before the one judged last.
    fn wrong(&self, verdict: &Verdict, back: usize) -> Option<WrongPrint> {
        let at = self.times[self.count.checked_sub(LAG + 1 + back)? % TIMES];
        let (price, usual) = (ticks(verdict.price), ticks(verdict.usual));
        Some(WrongPrint { at, price, usual, z: verdict.z, probability: verdict.probability? })
    }
}

/// Prices in ticks went in, so whole numbers come out.
const fn ticks(price: f64) -> Price {
    Price::new(price as i64)
}
