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
//! the usual robust z-score.
//!
//! More than two wrong prints in a row look like a new level at first, so the first of them passes. It is judged again, by the
//! same regression, once the price is back where it was: if that is after [`RUN_MAX`] prints at most and nobody traded between
//! the two levels meanwhile. A market that falls trades on its way down, or on its way back. See [`Inspector::taken_back`].

use scalp_types::rng::Stream;
use std::collections::VecDeque;

/// Prints that must follow before a print is judged.
pub const LAG: usize = 2;
/// Wrong prints in a row that can be told from a new level.
pub const RUN_MAX: usize = 8;
/// Prints before, whose median a print is compared with.
const BEFORE: usize = 9;
/// Prints that the regression is fitted to, and as many wrong ones.
const EXAMPLES: usize = 4_096;
/// Prints before the first fit.
const FIRST_FIT: u64 = 1_024;
/// Prints between two fits, at most; it doubles from the first fit on.
const FIT_EVERY_MAX: u64 = 65_536;
/// Inputs of the regression, the constant among them.
const INPUTS: usize = 8;
/// Steps of Newton's method in a fit.
const STEPS_MAX: usize = 25;
/// Pulls the weights towards zero, so that examples that can be told apart wholly do not drive them without end.
const RIDGE: f64 = 3e-5;
/// Share of wrong prints that is expected before looking.
const SHARE: f64 = 1e-5;
/// Median absolute deviation to standard deviation, for normal values.
const TO_DEVIATION: f64 = 1.4826;
/// A robust z-score from which on a print is suspect.
const SUSPECT: f64 = 10.0;

/// What is thought of a print.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Verdict {
    /// The price that was judged.
    pub price: f64,
    /// Median of the prices before it, those taken for wrong left out.
    pub usual: f64,
    /// Robust z-score: distance from that median in typical changes of price. It does not tell a crash from an error.
    pub z: f64,
    /// Probability that the print is wrong; none until enough prints have passed.
    pub probability: Option<f64>,
}

impl Verdict {
    /// Whether the print is more likely wrong than right.
    #[must_use]
    pub fn is_wrong(&self) -> bool {
        self.probability.is_some_and(|it| it > 0.5)
    }
}

/// Judges the prints of one instrument in the order they came.
#[derive(Debug, Clone)]
pub struct Inspector {
    /// Logarithms of the price of the print to be judged and of those after it.
    waiting: VecDeque<f64>,
    ground: Ground,
    leave: Option<Leave>,
    taken_back: [bool; RUN_MAX],
    judged: u64,
    next_fit: u64,
    stream: Stream,
    right: Vec<[f64; INPUTS]>,
    wrong: Vec<[f64; INPUTS]>,
    weights: Option<[f64; INPUTS]>,
}

/// What a print is compared with.
#[derive(Debug, Clone, Copy, Default)]
struct Ground {
    /// Logarithms of the prices before it that were not taken for wrong, the oldest first.
    before: [f64; BEFORE],
    count: usize,
    /// Typical change from print to print, fast and slow.
    fast: f64,
    slow: f64,
}

/// Prints that passed far from where the market was, since when and with what they were compared.
#[derive(Debug, Clone, Copy)]
struct Leave {
    ground: Ground,
    usual: f64,
    /// Logarithms of the prices, those taken for wrong at once included.
    levels: [f64; RUN_MAX],
    passed: [bool; RUN_MAX],
    count: usize,
}

impl Default for Inspector {
    fn default() -> Self {
        Self {
            waiting: VecDeque::with_capacity(LAG + 1),
            ground: Ground::default(),
            leave: None,
            taken_back: [false; RUN_MAX],
            judged: 0,
            next_fit: FIRST_FIT,
            stream: Stream::named(0, "prints that might have been"),
            right: Vec::new(),
            wrong: Vec::new(),
            weights: None,
        }
    }
}

impl Inspector {
    /// Takes a print in and judges the one that came [`LAG`] prints before. A price that is not above zero and finite is
    /// passed over: it needs no judge.
    pub fn push(&mut self, price: f64) -> Option<Verdict> {
        if !(price > 0.0 && price.is_finite()) {
            return None;
        }
        self.taken_back = [false; RUN_MAX];
        self.waiting.push_back(libm::log(price));
        if self.waiting.len() <= LAG {
            return None;
        }
        let level = self.waiting.pop_front()?;
        let verdict = self.judge(level);
        let is_wrong = verdict.is_some_and(|it| it.is_wrong());
        self.follow(level, is_wrong);
        if !is_wrong {
            self.ground.accept(level);
        }
        verdict
    }

    /// Which of the prints before the one judged last, counted back from it, were wrong after all, though they passed. All
    /// false but for the verdict with which the price is back where it was.
    #[must_use]
    pub const fn taken_back(&self) -> [bool; RUN_MAX] {
        self.taken_back
    }

    /// Whether a print that has just come should not be acted on before it is judged.
    #[must_use]
    pub fn is_suspect(&self, price: f64) -> bool {
        self.ground.is_full() && self.ground.is_far(self.ground.middle(), libm::log(price))
    }

    fn judge(&mut self, level: f64) -> Option<Verdict> {
        let ground = self.ground;
        if !ground.is_full() || ground.scale() <= 0.0 {
            return None;
        }
        let usual = ground.middle();
        // The neighbour after it that is nearest to where the price was: a second wrong print hides nothing.
        let after = self.waiting.iter().map(|it| (it - usual).abs()).fold(f64::INFINITY, f64::min);
        let inputs = ground.inputs(usual, level, after);
        let verdict = Verdict {
            price: libm::exp(level),
            usual: libm::exp(usual),
            z: (level - usual).abs() / (TO_DEVIATION * ground.scale()),
            probability: self.weights.map(|it| probability(&it, &inputs)),
        };
        if !verdict.is_wrong() {
            let might = usual + self.mistake();
            let place = (self.judged % EXAMPLES as u64) as usize;
            let mistaken = ground.inputs(usual, might, after);
            if self.right.len() < EXAMPLES {
                self.right.push(inputs);
                self.wrong.push(mistaken);
            } else {
                (self.right[place], self.wrong[place]) = (inputs, mistaken);
            }
            self.judged += 1;
            if self.judged == self.next_fit {
                self.next_fit += self.judged.min(FIT_EVERY_MAX);
                // A fit that does not settle leaves the one before.
                let fitted = fit(&self.right, &self.wrong, self.weights.unwrap_or_default());
                self.weights = fitted.or(self.weights);
            }
        }
        Some(verdict)
    }

    /// Follows a price that has left where it was, until it is back, trades between, or has stayed away too long.
    fn follow(&mut self, level: f64, is_wrong: bool) {
        let Some(mut leave) = self.leave else {
            let usual = self.ground.middle();
            if !is_wrong && self.ground.is_full() && self.ground.is_far(usual, level) {
                let mut leave = Leave {
                    ground: self.ground,
                    usual,
                    levels: [0.0; RUN_MAX],
                    passed: [false; RUN_MAX],
                    count: 0,
                };
                leave.add(level, true);
                self.leave = Some(leave);
            }
            return;
        };
        self.leave = None;
        if !leave.ground.is_far(leave.usual, level) {
            self.judge_again(&leave, level);
        } else if leave.count < RUN_MAX && leave.is_beyond(level) {
            leave.add(level, !is_wrong);
            self.leave = Some(leave);
        }
    }

    /// The price is back at `level`: what passed meanwhile is judged again, and what is wrong leaves nothing behind.
    fn judge_again(&mut self, leave: &Leave, level: f64) {
        let (Some(weights), true) = (self.weights, leave.count > LAG) else { return };
        let after = (level - leave.usual).abs();
        let mut all = true;
        for n in 0..leave.count {
            let inputs = leave.ground.inputs(leave.usual, leave.levels[n], after);
            let is_wrong = probability(&weights, &inputs) > 0.5;
            self.taken_back[leave.count - 1 - n] = leave.passed[n] && is_wrong;
            all &= is_wrong;
        }
        if all {
            self.ground = leave.ground;
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
    fn add(&mut self, level: f64, passed: bool) {
        (self.levels[self.count], self.passed[self.count]) = (level, passed);
        self.count += 1;
    }

    /// Whether a price is on the side of the first that left, and more than half as far away: nobody trades between.
    fn is_beyond(&self, level: f64) -> bool {
        (level - self.usual) / (self.levels[0] - self.usual) > 0.5
    }
}

impl Ground {
    const fn is_full(&self) -> bool {
        self.count == BEFORE
    }

    /// Whether a price is suspect by its distance alone.
    fn is_far(&self, usual: f64, level: f64) -> bool {
        (level - usual).abs() > SUSPECT * TO_DEVIATION * self.scale()
    }

    /// Typical change of price from print to print now.
    fn scale(&self) -> f64 {
        self.fast.max(self.slow)
    }

    fn middle(&self) -> f64 {
        let mut sorted = self.before;
        sorted.sort_unstable_by(f64::total_cmp);
        sorted[BEFORE / 2]
    }

    /// What a print with this logarithm of the price looks like between those before it and those after, the nearest of which
    /// to where the price was is `after` from there.
    fn inputs(&self, usual: f64, level: f64, after: f64) -> [f64; INPUTS] {
        let scale = self.scale();
        let leap = level - usual;
        let size = libm::log1p(leap.abs() / scale);
        let reach = leap.abs().max(scale);
        // 1: the market is back where it was. 0: it stayed. Below: it went on.
        let back = (1.0 - after / reach).clamp(-1.0, 1.0);
        // How far what comes after is from where the market was, in typical changes.
        let drift = libm::log1p(after / scale);
        // How far the prints before it had gone the same way already.
        let way = self.before[BEFORE - 1] - self.before[0];
        let going = (way * leap.signum() / reach).clamp(-1.0, 1.0);
        let haste = libm::log((self.fast + self.slow * 1e-3) / self.slow);
        [1.0, size, back, size * back, drift, going, haste, size * haste.max(0.0)]
    }

    fn accept(&mut self, level: f64) {
        if self.count > 0 {
            let change = (level - self.before[self.count - 1]).abs();
            if self.slow <= 0.0 {
                (self.fast, self.slow) = (change, change);
            } else {
                self.fast += (change - self.fast) / 16.0;
                self.slow += (change - self.slow) / 1_024.0;
            }
        }
        if self.is_full() {
            self.before.copy_within(1.., 0);
            self.before[BEFORE - 1] = level;
        } else {
            self.before[self.count] = level;
            self.count += 1;
        }
    }
}

/// That a print is wrong.
fn probability(weights: &[f64; INPUTS], inputs: &[f64; INPUTS]) -> f64 {
    let odds = dot(weights, inputs) + libm::log(SHARE / (1.0 - SHARE));
    1.0 / (1.0 + libm::exp(-odds))
}

fn dot(a: &[f64; INPUTS], b: &[f64; INPUTS]) -> f64 {
    (0..INPUTS).map(|i| a[i] * b[i]).sum()
}

/// Logistic regression by Newton's method, from weights that are near. None if it does not settle.
fn fit(right: &[[f64; INPUTS]], wrong: &[[f64; INPUTS]], from: [f64; INPUTS]) -> Option<[f64; INPUTS]> {
    let mut weights = from;
    let share = 1.0 / (right.len() + wrong.len()) as f64;
    for _ in 0..STEPS_MAX {
        let mut slope: [f64; INPUTS] = core::array::from_fn(|i| -RIDGE * weights[i]);
        let mut bend = [[0.0; INPUTS]; INPUTS];
        (0..INPUTS).for_each(|i| bend[i][i] = RIDGE);
        for (inputs, truth) in right.iter().map(|it| (it, 0.0)).chain(wrong.iter().map(|it| (it, 1.0))) {
            let p = 1.0 / (1.0 + libm::exp(-dot(&weights, inputs)));
            let weight = p * (1.0 - p) * share;
            for i in 0..INPUTS {
                slope[i] += (truth - p) * inputs[i] * share;
                (0..INPUTS).for_each(|j| bend[i][j] += weight * inputs[i] * inputs[j]);
            }
        }
        let step = solve(bend, slope)?;
        (0..INPUTS).for_each(|i| weights[i] += step[i]);
        if step.iter().all(|it| it.abs() < 1e-8) {
            return Some(weights);
        }
    }
    None
}

/// Solves a positive definite system by elimination.
fn solve(mut a: [[f64; INPUTS]; INPUTS], mut b: [f64; INPUTS]) -> Option<[f64; INPUTS]> {
    for k in 0..INPUTS {
        if a[k][k] <= 0.0 {
            return None;
        }
        for i in k + 1..INPUTS {
            let times = a[i][k] / a[k][k];
            (k..INPUTS).for_each(|j| a[i][j] -= times * a[k][j]);
            b[i] -= times * b[k];
        }
    }
    for k in (0..INPUTS).rev() {
        let known: f64 = (k + 1..INPUTS).map(|j| a[k][j] * b[j]).sum();
        b[k] = (b[k] - known) / a[k][k];
    }
    b.iter().all(|it| it.is_finite()).then_some(b)
}
