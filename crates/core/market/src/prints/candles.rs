//! Tells a price of a candle that cannot be true from a market that moved.
//!
//! In a candle a wrong print is a high or a low that nothing else supports: the candle before, the one after and its own open and
//! close all lie elsewhere. A crash is supported: the close or the next candle is where it went. What is left is a wick, and
//! true wicks are long at times. As with prints ([`Inspector`](super::Inspector)) how long they are is learnt from the
//! instrument itself: each candle that passes is an example of a true one, and so is what it would have looked like with a wrong
//! extreme of a wrong one. The same regression is fitted to both; it knows how far the wick reaches in typical ranges of a candle,
//! how lively the candles around it are, what was traded in it, and where the market went.
//!
//! A wick of more than four typical ranges is suspect. Of those that come before the first fit any may be wrong, so none is taken for
//! an example of a true one.
//!
//! An open or a close is judged in the same way, by the candle before, the one after and the other of the two. Each verdict is
//! spoken with the next candle. A wick that two candles share, one beside the other, looks true.

use super::regression::{Look, Regression};
use scalp_types::rng::Stream;

/// Reaches beyond all neighbours, in typical ranges, from which on a price is suspect; one that is not is right without asking
/// further.
const SUSPECT: f64 = 4.0;
/// Steps of the grid of prices up to which a price is right without asking.
const STEPS_NEAR: f64 = 3.0;
/// Share of wrong prices that is expected before looking, among wicks.
const SHARE: f64 = 1e-3;
/// Beyond its neighbours by so much of a typical range a price is a wick, which others are compared with.
const WICK: f64 = 0.25;
/// Candles before the first is judged by its range: the usual range is not known before.
const WARM: u32 = 32;

/// Prices of a candle and what was traded in it; a volume of zero says nothing.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Candle {
    /// First price.
    pub open: f64,
    /// Highest.
    pub high: f64,
    /// Lowest.
    pub low: f64,
    /// Last.
    pub close: f64,
    /// Traded, in any unit.
    pub volume: f64,
}

/// A price of a candle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The first.
    Open,
    /// The highest.
    High,
    /// The lowest.
    Low,
    /// The last.
    Close,
}

impl Part {
    /// As a column is called.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Part::Open => "open",
            Part::High => "high",
            Part::Low => "low",
            Part::Close => "close",
        }
    }
}

/// What is thought of a price that is suspect.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CandleVerdict {
    /// Which price of the candle.
    pub part: Part,
    /// The price.
    pub price: f64,
    /// The nearest price that anything beside it supports.
    pub usual: f64,
    /// How far it is from there, in typical ranges of a candle.
    pub z: f64,
    /// Probability that it is wrong; none until enough candles have passed.
    pub probability: Option<f64>,
}

impl CandleVerdict {
    /// Whether the price is more likely wrong than right.
    #[must_use]
    pub fn is_wrong(&self) -> bool {
        self.probability.is_some_and(|it| it > 0.5)
    }
}

/// Suspect prices of one candle: the farther of open and close, and the extreme, on either side.
pub type CandleVerdicts = [Option<CandleVerdict>; 4];

/// Logarithms of the prices: open, high, low, close.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
struct Levels {
    open: f64,
    high: f64,
    low: f64,
    close: f64,
}

/// Judges the candles of one length of one instrument in the order of their times.
#[derive(Debug, Clone, PartialEq)]
pub struct CandleInspector {
    /// The grid of prices; 0 where it is not known.
    step: f64,
    /// The candle before the one that waits, without what was wrong of it.
    before: Option<Levels>,
    waiting: Option<(Candle, Levels)>,
    count: u32,
    /// Typical range of a candle, fast and slow.
    fast: f64,
    slow: f64,
    /// Mean logarithm of the volume.
    volume: f64,
    stream: Stream,
    regression: Regression,
}

/// What the candles around say of one side of a candle. Levels are turned so that a wick points up.
struct Around {
    /// The farthest that the candles before and after reach.
    reach: f64,
    look: Look,
    scale: f64,
}

impl Around {
    /// How a price looks that reaches so far beyond what supports it.
    fn look(&self, beyond: f64) -> Look {
        Look { size: libm::log1p(beyond.max(0.0) / self.scale), ..self.look }
    }
}

impl CandleInspector {
    /// Of prices on a grid of `step`, which is 1 for prices in ticks and 0 where it is not known.
    #[must_use]
    pub fn with_step(step: f64) -> Self {
        Self {
            step,
            before: None,
            waiting: None,
            count: 0,
            fast: 0.0,
            slow: 0.0,
            volume: 0.0,
            stream: Stream::named(0, "candles that might have been"),
            regression: Regression::default(),
        }
    }

    /// Takes a candle in and judges the one before it. One whose prices are not above zero and finite, or lie outside its low and
    /// high, is passed over: it needs no judge.
    pub fn push(&mut self, candle: &Candle) -> CandleVerdicts {
        let Candle { open, high, low, close, .. } = *candle;
        let is_sound =
            low > 0.0 && high < f64::INFINITY && [open, close].iter().all(|it| (low..=high).contains(it));
        if !is_sound {
            return [None; 4];
        }
        self.regression.work();
        let [open, high, low, close] = [open, high, low, close].map(libm::log);
        let next = Levels { open, high, low, close };
        let Some((judged, levels)) = self.waiting.replace((*candle, next)) else { return [None; 4] };
        let (verdicts, mended) = match self.before {
            Some(before) if self.count >= WARM && self.scale() > 0.0 => {
                self.judge(&judged, levels, before, next)
            }
            _ => ([None; 4], levels),
        };
        self.accept(&judged, mended);
        verdicts
    }

    /// Typical range of a candle now.
    fn scale(&self) -> f64 {
        self.fast.max(self.slow)
    }

    fn judge(
        &mut self,
        it: &Candle,
        levels: Levels,
        before: Levels,
        next: Levels,
    ) -> (CandleVerdicts, Levels) {
        let volume = if it.volume > 0.0 { libm::log(it.volume) - self.volume } else { 0.0 };
        let (mut verdicts, mut mended) = ([None; 4], levels);
        let mut widest: Option<(Around, f64)> = None;
        for (side, up) in [true, false].into_iter().enumerate() {
            let around = self.around(levels, before, next, up, volume);
            let sign = if up { 1.0 } else { -1.0 };
            let (open, close) = (sign * levels.open, sign * levels.close);
            let (near, mut far, part) =
                if close >= open { (open, close, Part::Close) } else { (close, open, Part::Open) };
            let supported = around.reach.max(near);
            let price = if part == Part::Close { it.close } else { it.open };
            let verdict = self.verdict(part, price, sign * supported, far - supported, &around);
            if verdict.is_some_and(|it| it.is_wrong()) {
                far = supported;
                *(if part == Part::Close { &mut mended.close } else { &mut mended.open }) = sign * supported;
            }
            verdicts[2 * side] = verdict;
            let supported = around.reach.max(far);
            let (part, price, extreme) =
                if up { (Part::High, it.high, levels.high) } else { (Part::Low, it.low, -levels.low) };
            let beyond = extreme - supported;
            let verdict = self.verdict(part, price, sign * supported, beyond, &around);
            if verdict.is_some_and(|it| it.is_wrong()) {
                *(if up { &mut mended.high } else { &mut mended.low }) = sign * supported;
            }
            verdicts[2 * side + 1] = verdict;
            if widest.as_ref().is_none_or(|it| beyond > it.1) {
                widest = Some((around, beyond));
            }
        }
        let has_wrong = verdicts.iter().flatten().any(CandleVerdict::is_wrong);
        if let Some((around, beyond)) = widest.filter(|_| !has_wrong) {
            let z = beyond / around.scale;
            let is_example = z > WICK && (z <= SUSPECT || self.regression.is_fitted());
            if self.regression.wants_examples() && is_example {
                let mistake = self.mistake();
                self.regression.learn(&around.look(beyond), &around.look(mistake));
            }
            self.regression.pass();
        }
        (verdicts, mended)
    }

    fn verdict(
        &self,
        part: Part,
        price: f64,
        supported: f64,
        beyond: f64,
        around: &Around,
    ) -> Option<CandleVerdict> {
        let z = beyond / around.scale;
        let usual = libm::exp(supported);
        if z <= SUSPECT || (price - usual).abs() <= STEPS_NEAR * self.step {
            return None;
        }
        let probability = self.regression.probability_of(&around.look(beyond), SHARE);
        Some(CandleVerdict { part, price, usual, z, probability })
    }

    fn around(&self, it: Levels, before: Levels, next: Levels, up: bool, volume: f64) -> Around {
        let scale = self.scale();
        let extreme = |of: &Levels| if up { of.high } else { -of.low };
        // What is not in question: the body, and the ranges beside.
        let lively = [before.high - before.low, next.high - next.low, (it.open - it.close).abs()];
        let lively = lively.into_iter().fold(scale * 1e-3, f64::max);
        let after = (it.close - before.close).abs().max((next.close - before.close).abs());
        Around {
            reach: extreme(&before).max(extreme(&next)),
            look: Look {
                size: 0.0,
                back: (1.0 - after / (after + scale)).clamp(0.0, 1.0),
                going: volume.clamp(-3.0, 6.0),
                drift: libm::log1p(after / scale),
                haste: libm::log(lively / scale).clamp(-3.0, 6.0),
            },
            scale,
        }
    }

    /// A candle has passed, without what was wrong of it.
    fn accept(&mut self, it: &Candle, mended: Levels) {
        let range =
            mended.high.max(mended.open).max(mended.close) - mended.low.min(mended.open).min(mended.close);
        self.count = self.count.saturating_add(1);
        let mean = |of: &mut f64, new: f64, span: f64| *of += (new - *of) / span.min(f64::from(self.count));
        mean(&mut self.fast, range, 16.0);
        mean(&mut self.slow, range, 1_024.0);
        if it.volume > 0.0 {
            mean(&mut self.volume, libm::log(it.volume), 256.0);
        }
        self.before = Some(mended);
    }

    /// How far beyond what supports it a wrong price lies: a point slipped by one or two places, or 8 to 800 typical ranges.
    fn mistake(&mut self) -> f64 {
        let ten = core::f64::consts::LN_10;
        match self.stream.below(8) {
            0 => ten,
            1 => 2.0 * ten,
            _ => {
                let ranges = 8.0 * libm::exp(self.stream.uniform() * libm::log(100.0));
                (ranges * self.scale()).min(2.0 * ten)
            }
        }
    }
}
