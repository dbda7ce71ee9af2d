//! What paths come to: returns, drawdowns and their tails, each with its standard error.

use super::Estimate;
use super::estimate::Tail;
use crate::{Error, given};

/// What one path of prices came to.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct PathOutcome {
    /// Last price over first, less one.
    pub total_return: f64,
    /// Largest fall from a highest price so far, as a positive fraction of it.
    pub max_drawdown: f64,
}

impl PathOutcome {
    /// Of a path of positive prices; of an empty one, nothing happened.
    pub fn of(path: &[f64]) -> Self {
        let (Some(first), Some(last)) = (path.first(), path.last()) else { return Self::default() };
        let (mut peak, mut kept) = (*first, 1.0_f64);
        for price in path {
            if *price > peak {
                peak = *price;
            }
            kept = kept.min(price / peak);
        }
        Self { total_return: last / first - 1.0, max_drawdown: 1.0 - kept }
    }
}

/// Risk over the horizon of the paths. Losses are minus the total return; all are fractions of the start.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RiskReport {
    /// Expected total return.
    pub total_return: Estimate,
    /// Value at risk and expected shortfall at 95 %.
    pub tail_95: Tail,
    /// Value at risk and expected shortfall at 99 %.
    pub tail_99: Tail,
    /// Expected maximum drawdown.
    pub max_drawdown: Estimate,
    /// The drawdown that 95 of 100 paths do not exceed, and the mean beyond.
    pub drawdown_95: Tail,
    /// Probability of a loss.
    pub probability_of_loss: Estimate,
}

impl RiskReport {
    /// Of independent paths. Needs 1,000, so that ten are expected beyond the 99 % level. Antithetic paths are not
    /// independent: their errors would be overstated for means and wrong for tails.
    pub fn of(outcomes: &[PathOutcome]) -> Result<Self, Error> {
        given::enough("the paths of a risk report", outcomes.len(), 1000)?;
        let mut returns: Vec<f64> = outcomes.iter().map(|o| o.total_return).collect();
        let falls: Vec<f64> = outcomes.iter().map(|o| o.max_drawdown).collect();
        let total_return = Estimate::mean(&returns)?;
        let max_drawdown = Estimate::mean(&falls)?;
        returns.sort_unstable_by(f64::total_cmp);
        let lost = returns.partition_point(|r| *r < 0.0);
        Ok(Self {
            total_return,
            tail_95: Tail::of_outcomes(&returns, 0.95)?,
            tail_99: Tail::of_outcomes(&returns, 0.99)?,
            max_drawdown,
            drawdown_95: Tail::of(&falls, 0.95)?,
            probability_of_loss: Estimate::probability(lost, returns.len())?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_by_hand() {
        let got = PathOutcome::of(&[100.0, 120.0, 90.0, 110.0, 130.0, 117.0]);
        assert!((got.total_return - 0.17).abs() < 1e-15 && (got.max_drawdown - 0.25).abs() < 1e-15);
        let falls = crate::tails::drawdowns(&[100.0, 120.0, 90.0, 110.0, 130.0, 117.0]).unwrap();
        assert_eq!(got.max_drawdown.to_bits(), falls.max.to_bits());
        assert_eq!(PathOutcome::of(&[]), PathOutcome::default());
        assert_eq!(PathOutcome::of(&[5.0]), PathOutcome::default());
    }

    #[test]
    fn refuses_too_few_paths_and_what_is_no_number() {
        let one = PathOutcome { total_return: 0.1, max_drawdown: 0.2 };
        assert!(RiskReport::of(&[one; 999]).is_err());
        assert!(RiskReport::of(&[one; 1000]).is_ok());
        assert!(RiskReport::of(&[PathOutcome { total_return: f64::NAN, ..one }; 1000]).is_err());
    }
}
