//! Tells a print that cannot be true from a market that falls.
//!
//! A wrong print (a decimal point that slipped, a price of another instrument, a digit lost) stands alone: what came before
//! and what comes after agree with each other and not with it. A crash is travelled through, and what comes after stays. No
//! threshold on the size of a move can tell the two apart, so an [`Inspector`] learns it from the instrument itself. Each
//! print that passes is an example of a true one; what the same print would have looked like among its neighbours with a
//! wrong price is an example of a wrong one. A logistic regression is fitted to both, again and again as prints pass. It
//! needs no labels and no history, and learns nothing from what comes later than the print after next.
//!
//! The price of it: a verdict is spoken when [`LAG`] more prints have come. Until then a print is only suspect or not, by
//! the usual robust z-score: see [`Inspector::doubt`].
//!
//! A price between the lowest and the highest of the latest prints is right without asking: the market was there a moment ago.
//!
//! More than two wrong prints in a row look like a new level at first, so the first of them passes. It is judged again, by the
//! same regression, once the price is back where it was: if that is after [`RUN_MAX`] prints at most and nobody traded between
//! the two levels meanwhile. A market that falls trades on its way down, or on its way back. See [`Inspector::taken_back`].
//!
//! Cost: constant for each print. A print near the usual price is right without asking the regression, and a fit takes in a
//! few examples with each print, so that none waits for it.

pub mod candles;
mod ground;
mod recent;
mod regression;

use ground::{Ground, Print, SUSPECT};
use recent::Recent;
use regression::Regression;
use scalp_types::StateHash;
use scalp_types::rng::Stream;
use serde::{Deserialize, Serialize};

/// Prints that must follow before a print is judged.
pub const LAG: usize = 2;
/// Wrong prints in a row that can be told from a new level.
pub const RUN_MAX: usize = 8;
/// Steps of the grid of prices up to which a print is right without asking: after a long calm, the grid alone moves a price
/// by many typical changes.
const STEPS_NEAR: f64 = 3.0;

/// What is thought of a print.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    /// The price that was judged.
    pub price: f64,
    /// Median of the prices before it, those taken for wrong left out.
    pub usual: f64,
    /// Robust z-score: distance from that median in typical changes of price. It does not tell a crash from an error.
    pub z: f64,
    /// Probability that the print is wrong; none until enough prints have passed, zero for one near the usual price.
    pub probability: Option<f64>,
}

impl Verdict {
    /// Whether the print is more likely wrong than right.
    #[must_use]
    pub fn is_wrong(&self) -> bool {
        self.probability.is_some_and(|it| it > 0.5)
    }
}

/// A print that is not to be acted on yet.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Suspect {
    /// Its price.
    pub price: f64,
    /// Median of the prices before it, those taken for wrong left out.
    pub usual: f64,
}

/// Judges the prints of one instrument in the order they came.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Inspector {
    /// The grid of prices; 0 where it is not known.
    step: f64,
    /// The latest prints, the next to be judged first.
    waiting: [Print; LAG],
    count: usize,
    ground: Ground,
    recent: Recent,
    leave: Option<Leave>,
    /// By [`Self::taken_back`]; all empty but after a print that brought the price back.
    again: [Option<Verdict>; RUN_MAX],
    has_again: bool,
    is_in_doubt: bool,
    stream: Stream,
    regression: Regression,
}

/// Prints that passed far from where the market was, since when and with what they were compared.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
struct Leave {
    ground: Ground,
    recent: Recent,
    /// Those taken for wrong at once included.
    prints: [Print; RUN_MAX],
    passed: [bool; RUN_MAX],
    count: usize,
}

impl Default for Inspector {
    fn default() -> Self {
        Self::with_step(0.0)
    }
}

impl Inspector {
    /// Of prices on a grid of `step`, which is 1 for prices in ticks.
    #[must_use]
    pub fn with_step(step: f64) -> Self {
        Self::made(step, Regression::default())
    }

    fn made(step: f64, regression: Regression) -> Self {
        Self {
            step,
            waiting: [Print::default(); LAG],
            count: 0,
            ground: Ground::default(),
            recent: Recent::default(),
            leave: None,
            again: [None; RUN_MAX],
            has_again: false,
            is_in_doubt: false,
            stream: Stream::named(0, "prints that might have been"),
            regression,
        }
    }

    /// As new; the room stays.
    pub fn reset(&mut self) {
        let mut regression = std::mem::take(&mut self.regression);
        regression.reset();
        *self = Self::made(self.step, regression);
    }

    /// Takes a print in and judges the one that came [`LAG`] prints before. A price that is not above zero and finite is
    /// passed over: it needs no judge.
    pub fn push(&mut self, price: f64) -> Option<Verdict> {
        if !(price > 0.0 && price.is_finite()) {
            return None;
        }
        if self.has_again {
            (self.again, self.has_again) = ([None; RUN_MAX], false);
        }
        self.regression.work();
        let newest = Print { price, level: self.level_of(price) };
        if self.count < LAG {
            self.waiting[self.count] = newest;
            self.count += 1;
            return None;
        }
        let print = self.waiting[0];
        self.waiting.copy_within(1.., 0);
        self.waiting[LAG - 1] = newest;
        let verdict = self.judge(print);
        let is_wrong = verdict.is_some_and(|it| it.is_wrong());
        self.follow(print, is_wrong);
        if !is_wrong {
            self.ground.accept(print);
            self.recent.accept(print.price);
        }
        self.is_in_doubt = self.suspect().is_some();
        verdict
    }

    /// Which of the prints before the one judged last, counted back from it, were wrong after all, though they passed. All
    /// false but for the verdict with which the price is back where it was.
    #[must_use]
    pub fn taken_back(&self) -> [bool; RUN_MAX] {
        self.again.map(|it| it.is_some())
    }

    /// Whether any was: see [`Self::taken_back`].
    #[must_use]
    pub const fn has_taken_back(&self) -> bool {
        self.has_again
    }

    /// The verdict on a print that was wrong after all, counted back as by [`Self::taken_back`].
    #[must_use]
    pub fn verdict_again(&self, back: usize) -> Option<Verdict> {
        self.again.get(back).copied().flatten()
    }

    /// True while the latest prints hold one that should not be acted on: it is far from the usual price, and either is not
    /// judged yet or was judged wrong and the price is not back. A new level is none once its first print is judged right.
    #[must_use]
    pub const fn is_in_doubt(&self) -> bool {
        self.is_in_doubt
    }

    /// The print that is in doubt, the oldest of several.
    #[must_use]
    pub fn doubt(&self) -> Option<Suspect> {
        self.suspect().filter(|_| self.is_in_doubt)
    }

    /// The usual price, where the latest print is one that is in doubt: see [`Self::is_in_doubt`].
    #[must_use]
    pub fn doubts_latest(&self) -> Option<f64> {
        let newest = self.waiting[..self.count].last().filter(|_| self.is_in_doubt)?;
        self.is_strange(newest).then(|| self.ground.middle().price)
    }

    /// The latest price that is not in doubt; none before the first ten or so.
    #[must_use]
    pub fn believed(&self) -> Option<f64> {
        let newest = self.waiting[..self.count].iter().rev().find(|it| !self.is_strange(it));
        newest.map(|it| it.price).or_else(|| self.ground.is_full().then(|| self.ground.latest().price))
    }

    /// Folds what it knows into a hash.
    pub fn digest(&self, hash: &mut StateHash) {
        self.waiting[..self.count].iter().for_each(|it| hash.absorb(it.price.to_bits()));
        self.ground.digest(hash);
        self.recent.digest(hash);
        hash.absorb(self.leave.map_or(u64::MAX, |it| it.count as u64));
        self.regression.digest(hash);
    }

    /// A price repeats more often than not.
    fn level_of(&self, price: f64) -> f64 {
        let known = self.waiting[..self.count].iter().find(|it| it.price.to_bits() == price.to_bits());
        known.map_or_else(|| libm::log(price), |it| it.level)
    }

    fn suspect(&self) -> Option<Suspect> {
        let first = self.waiting[..self.count].iter().find(|it| self.is_strange(it))?;
        Some(Suspect { price: first.price, usual: self.ground.middle().price })
    }

    /// Whether a print is far both from the usual price and from the latest that passed.
    fn is_strange(&self, print: &Print) -> bool {
        let ground = &self.ground;
        let middle = ground.middle();
        ground.is_full()
            && ground.is_far(middle.level, print.level)
            && ground.is_far(ground.latest().level, print.level)
            && !self.is_grid(middle.price, print.price)
            && !self.recent.spans(print.price)
    }

    /// Whether two prices are no farther apart than the grid alone moves a price.
    fn is_grid(&self, usual: f64, price: f64) -> bool {
        (price - usual).abs() <= STEPS_NEAR * self.step
    }

    fn judge(&mut self, print: Print) -> Option<Verdict> {
        let ground = &self.ground;
        if !ground.is_full() || ground.scale() <= 0.0 {
            return None;
        }
        let usual = ground.middle();
        let z = ground.z(print.level - usual.level);
        let is_near =
            z <= SUSPECT || self.is_grid(usual.price, print.price) || self.recent.spans(print.price);
        let is_example = self.regression.wants_examples();
        // The neighbour after it that is nearest to where the price was: a second wrong print hides nothing.
        let after = || {
            self.waiting.map(|it| (it.level - usual.level).abs()).into_iter().fold(f64::INFINITY, f64::min)
        };
        let look = (is_example || !is_near).then(|| ground.look(print.level, after()));
        let probability = match look.filter(|_| !is_near) {
            Some(look) => self.regression.probability(&look),
            None => self.regression.is_fitted().then_some(0.0),
        };
        let verdict = Verdict { price: print.price, usual: usual.price, z, probability };
        if !verdict.is_wrong() {
            if let Some(right) = look.filter(|_| is_example) {
                let (after, might) = (after(), usual.level + self.mistake());
                let wrong = self.ground.look(might, after);
                self.regression.learn(&right, &wrong);
            }
            self.regression.pass();
        }
        Some(verdict)
    }

    /// Follows a price that has left where it was, until it is back, trades between, or has stayed away too long.
    fn follow(&mut self, print: Print, is_wrong: bool) {
        let Some(leave) = &mut self.leave else {
            let ground = &self.ground;
            if !is_wrong && ground.is_full() && ground.is_far(ground.middle().level, print.level) {
                let mut leave = Leave {
                    ground: *ground,
                    recent: self.recent,
                    prints: [Print::default(); RUN_MAX],
                    passed: [false; RUN_MAX],
                    count: 0,
                };
                leave.add(print, true);
                self.leave = Some(leave);
            }
            return;
        };
        if !leave.ground.is_far(leave.ground.middle().level, print.level) {
            let leave = *leave;
            self.leave = None;
            self.judge_again(&leave, print);
        } else if leave.count < RUN_MAX && leave.is_beyond(print) {
            leave.add(print, !is_wrong);
        } else {
            self.leave = None;
        }
    }

    /// The price is back: what passed meanwhile is judged again, and what is wrong leaves nothing behind.
    fn judge_again(&mut self, leave: &Leave, back: Print) {
        if !self.regression.is_fitted() || leave.count <= LAG {
            return;
        }
        let (ground, usual) = (&leave.ground, leave.ground.middle());
        let after = (back.level - usual.level).abs();
        let mut all = true;
        for (n, print) in leave.prints[..leave.count].iter().enumerate() {
            let probability = self.regression.probability(&ground.look(print.level, after));
            let z = ground.z(print.level - usual.level);
            let verdict = Verdict { price: print.price, usual: usual.price, z, probability };
            let is_news = leave.passed[n] && verdict.is_wrong();
            self.again[leave.count - 1 - n] = is_news.then_some(verdict);
            self.has_again |= is_news;
            all &= verdict.is_wrong();
        }
        if all {
            self.ground = leave.ground;
            self.recent = leave.recent;
        }
    }

    /// The logarithm of a mistake: a point slipped by one or two places, or 20 to 2,000 typical changes either way.
    fn mistake(&mut self) -> f64 {
        let sign = if self.stream.below(2) == 0 { 1.0 } else { -1.0 };
        let ten = core::f64::consts::LN_10;
        match self.stream.below(8) {
            0 => sign * ten,
            1 => sign * 2.0 * ten,
            _ => {
                let changes = 20.0 * libm::exp(self.stream.uniform() * libm::log(100.0));
                sign * (changes * self.ground.scale()).min(2.0 * ten)
            }
        }
    }
}

impl Leave {
    fn add(&mut self, print: Print, passed: bool) {
        (self.prints[self.count], self.passed[self.count]) = (print, passed);
        self.count += 1;
    }

    /// Whether a price is on the side of the first that left, and more than half as far away: nobody trades between.
    fn is_beyond(&self, print: Print) -> bool {
        let usual = self.ground.middle().level;
        (print.level - usual) / (self.prints[0].level - usual) > 0.5
    }
}
