//! Falls from the highest value so far.

use super::tail_probability;
use crate::Error;
use crate::volatility::check_series;

/// The falls of an equity curve, as shares of the peak before: 0.2 is a fall by a fifth.
#[derive(Clone, Debug, PartialEq)]
pub struct Drawdowns {
    /// At each value of the curve; 0 at a new peak.
    pub path: Vec<f64>,
    /// The deepest.
    pub max: f64,
    /// Where it was reached, from 0.
    pub max_at: usize,
    /// The mean over all values, peaks included.
    pub average: f64,
    /// Ulcer index (Martin 1987): the root of the mean square.
    pub ulcer: f64,
    /// The most values in a row below a peak.
    pub longest: usize,
    /// Values in a row below the peak at the end; 0 at a peak.
    pub current: usize,
}

/// The drawdowns of a curve of positive values. Refuses an empty curve, and one that reaches zero.
pub fn drawdowns(equity: &[f64]) -> Result<Drawdowns, Error> {
    check_series("equity", equity, 1)?;
    if let Some(index) = equity.iter().position(|v| *v <= 0.0) {
        let expected = "a positive number";
        return Err(Error::OutOfRange { what: "equity", index, value: equity[index], expected });
    }
    let mut peak = equity[0];
    let mut path = Vec::with_capacity(equity.len());
    let (mut max, mut max_at, mut longest, mut current) = (0.0, 0, 0, 0);
    let (mut sum, mut squares) = (0.0, 0.0);
    for (index, &value) in equity.iter().enumerate() {
        if value >= peak {
            peak = value;
            current = 0;
        } else {
            current += 1;
            longest = longest.max(current);
        }
        let fall = 1.0 - value / peak;
        if fall > max {
            (max, max_at) = (fall, index);
        }
        sum += fall;
        squares += fall * fall;
        path.push(fall);
    }
    let n = equity.len() as f64;
    Ok(Drawdowns { path, max, max_at, average: sum / n, ulcer: (squares / n).sqrt(), longest, current })
}

impl Drawdowns {
    /// Conditional drawdown at risk (Chekhlov, Uryasev & Zabarankin 2005): the mean of the deepest falls that make up one
    /// minus the confidence of all values, the one at the border counted in part.
    pub fn conditional(&self, confidence: f64) -> Result<f64, Error> {
        let p = tail_probability(confidence)?;
        let mut falls = self.path.clone();
        falls.sort_by(|a, b| b.total_cmp(a));
        let count = p * falls.len() as f64;
        let whole = (count.floor() as usize).min(falls.len());
        let sum: f64 = falls[..whole].iter().sum();
        let part = falls.get(whole).map_or(0.0, |fall| (count - whole as f64) * fall);
        Ok((sum + part) / count)
    }
}
