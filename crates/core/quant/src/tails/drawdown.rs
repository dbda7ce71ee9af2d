//! Falls from the highest value so far: the only definition of a drawdown here. What needs the deepest fall alone and
//! many times (paths of a simulation, resamples) keeps a running peak instead, and is tested against this.

use super::tail_probability;
use crate::given;
use crate::{Error, performance};

/// The falls of an equity curve, as shares of the peak before: 0.2 is a fall by a fifth. A curve that passes below zero
/// falls by more than one.
///
/// The first value is where the curve starts and the first peak; means are over the steps after it.
#[derive(Clone, Debug, PartialEq)]
pub struct Drawdowns {
    /// At each value of the curve; 0 at the start and at a new peak.
    pub path: Vec<f64>,
    /// The deepest.
    pub max: f64,
    /// Where it was reached, from 0; 0 when the curve never fell.
    pub max_at: usize,
    /// Where the peak before the deepest fall was.
    pub peak_at: usize,
    /// The first value after the deepest fall that is at least that peak; `None` when the curve ends before.
    pub recovered_at: Option<usize>,
    /// The mean over all steps, those to a peak included.
    pub average: f64,
    /// Ulcer index (Martin & McCann 1989): the root of the mean square over all steps. quantstats divides by one less.
    pub ulcer: f64,
    /// The most values in a row below a peak.
    pub longest: usize,
    /// Values in a row below the peak at the end; 0 at a peak.
    pub current: usize,
}

/// The drawdowns of a curve of two values or more. Refuses one that does not start above zero.
pub fn drawdowns(equity: &[f64]) -> Result<Drawdowns, Error> {
    given::series("equity", equity, 2)?;
    if equity[0] <= 0.0 {
        let expected = "a positive number to start from";
        return Err(Error::OutOfRange { what: "equity", index: 0, value: equity[0], expected });
    }
    let mut it = Drawdowns {
        path: Vec::with_capacity(equity.len()),
        max: 0.0,
        max_at: 0,
        peak_at: 0,
        recovered_at: Some(0),
        average: 0.0,
        ulcer: 0.0,
        longest: 0,
        current: 0,
    };
    let (mut peak_at, mut sum, mut squares) = (0, 0.0, 0.0);
    for (index, &value) in equity.iter().enumerate() {
        if value >= equity[peak_at] {
            if it.recovered_at.is_none() && value >= equity[it.peak_at] {
                it.recovered_at = Some(index);
            }
            peak_at = index;
            it.current = 0;
        } else {
            it.current += 1;
            it.longest = it.longest.max(it.current);
        }
        let fall = 1.0 - value / equity[peak_at];
        if fall > it.max {
            (it.max, it.max_at, it.peak_at, it.recovered_at) = (fall, index, peak_at, None);
        }
        sum += fall;
        squares += fall * fall;
        it.path.push(fall);
    }
    let steps = (equity.len() - 1) as f64;
    it.average = sum / steps;
    it.ulcer = libm::sqrt(squares / steps);
    given::finite("the drawdowns, of equity past the range of numbers,", &[it.max, it.average, it.ulcer])?;
    Ok(it)
}

/// The drawdowns of what `1` becomes by these simple returns; at least one of them, and none below -1.
pub fn drawdowns_of_returns(returns: &[f64]) -> Result<Drawdowns, Error> {
    performance::check(returns, 1)?;
    let mut wealth = 1.0;
    let mut equity = Vec::with_capacity(returns.len() + 1);
    equity.push(wealth);
    for r in returns {
        wealth *= 1.0 + r;
        equity.push(wealth);
    }
    drawdowns(&equity)
}

impl Drawdowns {
    /// Steps from the peak before the deepest fall to its recovery, or to the end of a curve that did not recover.
    #[must_use]
    pub fn length(&self) -> usize {
        self.recovered_at.unwrap_or(self.path.len() - 1) - self.peak_at
    }

    /// Conditional drawdown at risk (Chekhlov, Uryasev & Zabarankin 2005): the mean of the deepest falls that make up one
    /// minus the confidence of all steps, the one at the border counted in part.
    pub fn conditional(&self, confidence: f64) -> Result<f64, Error> {
        let p = tail_probability(confidence)?;
        let mut falls = self.path[1..].to_vec();
        falls.sort_by(|a, b| b.total_cmp(a));
        let count = p * falls.len() as f64;
        let whole = (count.floor() as usize).min(falls.len());
        let sum: f64 = falls[..whole].iter().sum();
        let part = falls.get(whole).map_or(0.0, |fall| (count - whole as f64) * fall);
        // A mean of the deepest is at most the deepest, however it is rounded.
        Ok(((sum + part) / count).min(self.max))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_depth_place_recovery_and_the_longest_stay_below() {
        let got = drawdowns(&[100.0, 120.0, 90.0, 119.0, 120.0, 118.0, 117.0, 119.0, 119.5]).unwrap();
        assert!((got.max - 0.25).abs() < 1e-15);
        assert_eq!((got.peak_at, got.max_at, got.recovered_at), (1, 2, Some(4)));
        assert_eq!((got.length(), got.longest, got.current), (3, 4, 4));
        let rising = drawdowns(&[1.0, 1.0, 2.0]).unwrap();
        assert_eq!((rising.length(), rising.longest, rising.max_at), (0, 0, 0));
        assert!(rising.max.abs() < 1e-300);
    }

    #[test]
    fn a_curve_may_fall_by_more_than_all_but_not_start_from_nothing() {
        let got = drawdowns(&[100.0, 50.0, -20.0]).unwrap();
        assert!((got.max - 1.2).abs() < 1e-15);
        assert_eq!((got.recovered_at, got.length()), (None, 2));
        assert!(drawdowns(&[0.0, 1.0]).is_err() && drawdowns(&[1.0]).is_err());
    }

    #[test]
    fn of_returns_it_starts_at_one() {
        let got = drawdowns_of_returns(&[0.1, -1.0, 0.5]).unwrap();
        assert!((got.max - 1.0).abs() < 1e-15);
        assert_eq!((got.longest, got.max_at, got.current), (2, 2, 2));
        assert!((got.average - 2.0 / 3.0).abs() < 1e-15);
        assert!(drawdowns_of_returns(&[]).is_err() && drawdowns_of_returns(&[-1.1]).is_err());
    }
}
