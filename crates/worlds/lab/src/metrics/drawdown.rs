//! Falls of equity from its highest value so far.

use super::{MetricError, finite, needs};

/// The deepest fall of a series, and the longest.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Drawdown {
    /// Largest fall from a peak as a positive fraction of the peak; 0 when equity never fell.
    pub depth: f64,
    /// Index of the peak before the deepest fall.
    pub peak: usize,
    /// Index of its lowest value.
    pub trough: usize,
    /// Index of the first value at or above that peak again; `None` when the series ends before.
    pub recovered: Option<usize>,
    /// Most consecutive values below an earlier peak.
    pub longest: usize,
}

impl Drawdown {
    /// Steps from the peak to the recovery, or to the end of a series of `len` values that did not recover.
    pub fn length(&self, len: usize) -> usize {
        self.recovered.unwrap_or(len.saturating_sub(1)).saturating_sub(self.peak)
    }
}

/// The drawdown of an equity series; the first value is the first peak. Needs two values and a positive peak.
pub fn drawdown(equity: &[f64]) -> Result<Drawdown, MetricError> {
    needs("a drawdown: values", 2, equity.len())?;
    finite(equity)?;
    if equity[0] <= 0.0 {
        return Err(MetricError::Ruined { index: 0 });
    }
    let mut worst = Drawdown { depth: 0.0, peak: 0, trough: 0, recovered: Some(0), longest: 0 };
    let (mut peak, mut under) = (0, 0);
    for (index, value) in equity.iter().enumerate() {
        if *value >= equity[peak] {
            if worst.recovered.is_none() && *value >= equity[worst.peak] {
                worst.recovered = Some(index);
            }
            peak = index;
            under = 0;
            continue;
        }
        under += 1;
        worst.longest = worst.longest.max(under);
        let depth = 1.0 - value / equity[peak];
        if depth > worst.depth {
            worst = Drawdown { depth, peak, trough: index, recovered: None, ..worst };
        }
    }
    Ok(worst)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_depth_place_recovery_and_the_longest_stay_under_water() {
        let got = drawdown(&[100.0, 120.0, 90.0, 119.0, 120.0, 118.0, 117.0, 119.0, 119.5]).unwrap();
        assert!((got.depth - 0.25).abs() < 1e-15);
        assert_eq!((got.peak, got.trough, got.recovered, got.longest), (1, 2, Some(4), 4));
        assert_eq!(got.length(9), 3);
    }

    #[test]
    fn a_rising_or_flat_series_has_none() {
        let got = drawdown(&[1.0, 1.0, 2.0]).unwrap();
        assert!(got.depth.abs() < 1e-300);
        assert_eq!((got.length(3), got.longest), (0, 0));
    }

    #[test]
    fn an_unrecovered_fall_lasts_to_the_end_and_may_pass_the_whole_account() {
        let got = drawdown(&[100.0, 50.0, -20.0]).unwrap();
        assert!((got.depth - 1.2).abs() < 1e-15);
        assert_eq!((got.recovered, got.length(3)), (None, 2));
        assert!(drawdown(&[0.0, 1.0]).is_err());
        assert!(drawdown(&[1.0]).is_err());
    }
}
