//! All figures of one sampled equity curve together, each a number or its reason.

use super::drawdown::{Drawdown, drawdown};
use super::sampling::Sampled;
use super::significance::{SharpeSample, Trials, expected_maximum};
use super::tails::{Tail, historical};
use super::{MetricError, needs, ratio};
use scalp_types::Span;

/// Shortest run whose return is scaled to a year: below it the scaling says more about luck than about the run.
pub const ANNUAL_DAYS_MIN: usize = 30;
/// Fewest returns for an annual ratio.
pub const RATIO_RETURNS_MIN: usize = 30;

/// Figures of an equity curve; see the functions of `ratio`, `tails` and `significance` for their definitions.
#[derive(Debug, Clone, PartialEq)]
pub struct Performance {
    /// Distance of two samples.
    pub step: Span,
    /// Number of returns.
    pub returns: usize,
    /// Change of equity over the first equity.
    pub total_return: Result<f64, MetricError>,
    /// Compound annual growth; needs [`ANNUAL_DAYS_MIN`] days.
    pub annual_return: Result<f64, MetricError>,
    /// Annual volatility.
    pub volatility: Result<f64, MetricError>,
    /// Annual Sharpe ratio.
    pub sharpe: Result<f64, MetricError>,
    /// Annual Sortino ratio.
    pub sortino: Result<f64, MetricError>,
    /// Calmar ratio.
    pub calmar: Result<f64, MetricError>,
    /// Deepest and longest fall.
    pub drawdown: Result<Drawdown, MetricError>,
    /// Value at risk and expected shortfall at 95 %, one step.
    pub tail_95: Result<Tail, MetricError>,
    /// The same at 99 %.
    pub tail_99: Result<Tail, MetricError>,
    /// Probability that the true Sharpe ratio is above zero.
    pub probabilistic_sharpe: Result<f64, MetricError>,
    /// Probability that it is above what the best of all trials would show by luck.
    pub deflated_sharpe: Result<f64, MetricError>,
    /// The annual Sharpe ratio that the best of all trials would show by luck.
    pub luck_sharpe: Result<f64, MetricError>,
    /// Returns needed for 95 % confidence in a Sharpe ratio above zero.
    pub returns_needed: Result<f64, MetricError>,
}

impl Performance {
    /// Measures a sampled curve. `trials` is what was tried to arrive at this run; with one trial the deflated
    /// ratio is the probabilistic one, with none declared it is refused.
    pub fn of(sampled: &Sampled, trials: Option<Trials>) -> Self {
        let per_year = sampled.per_year();
        let total_return = total(&sampled.equity);
        let drawdown = drawdown(&sampled.equity);
        let returns = sampled.returns();
        let with = |measure: &dyn Fn(&[f64]) -> Result<f64, MetricError>| match &returns {
            Ok(returns) => measure(returns),
            Err(error) => Err(*error),
        };
        let enough = |what, returns: &[f64]| needs(what, RATIO_RETURNS_MIN, returns.len());
        let days = sampled.step.nanos() as f64 * sampled.equity.len().saturating_sub(1) as f64
            / Span::DAY.nanos() as f64;
        let annual_return = with(&|returns| {
            needs("the annual return: days", ANNUAL_DAYS_MIN, days as usize)?;
            ratio::annual_return(returns, per_year)
        });
        let tail = |level| match &returns {
            Ok(returns) => historical(returns, level),
            Err(error) => Err(*error),
        };
        let sample = returns.as_ref().map_err(|error| *error).and_then(|r| SharpeSample::of(r));
        let trials = trials.ok_or(MetricError::Undefined {
            what: "the deflated Sharpe ratio",
            why: "the number of trials and the variance of their Sharpe ratios were not declared",
        });
        Self {
            step: sampled.step,
            returns: sampled.equity.len().saturating_sub(1),
            total_return,
            volatility: with(&|returns| {
                enough("the volatility: returns", returns)?;
                ratio::volatility(returns, per_year)
            }),
            sharpe: with(&|returns| {
                enough("the Sharpe ratio: returns", returns)?;
                ratio::sharpe(returns, per_year)
            }),
            sortino: with(&|returns| {
                enough("the Sortino ratio: returns", returns)?;
                ratio::sortino(returns, per_year)
            }),
            calmar: annual_return.and_then(|annual| ratio::calmar(annual, drawdown?.depth)),
            annual_return,
            drawdown,
            tail_95: tail(0.95),
            tail_99: tail(0.99),
            probabilistic_sharpe: sample.and_then(|s| s.probabilistic(0.0)),
            deflated_sharpe: sample.and_then(|s| s.deflated(trials?)),
            luck_sharpe: trials.and_then(|t| Ok(expected_maximum(t)? * libm::sqrt(per_year))),
            returns_needed: sample.and_then(|s| s.returns_needed(0.0, 0.95)),
        }
    }
}

fn total(equity: &[f64]) -> Result<f64, MetricError> {
    needs("the total return: equity values", 1, equity.len())?;
    super::finite(equity)?;
    if equity[0] <= 0.0 {
        return Err(MetricError::Ruined { index: 0 });
    }
    Ok(equity[equity.len() - 1] / equity[0] - 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use scalp_types::Timestamp;

    fn daily(equity: Vec<f64>) -> Sampled {
        Sampled { first: Timestamp::from_secs(0).unwrap(), step: Span::DAY, equity }
    }

    #[test]
    fn a_short_run_says_what_each_figure_needs() {
        let got = Performance::of(&daily(vec![100.0, 101.0, 99.0]), None);
        assert!((got.total_return.unwrap() + 0.01).abs() < 1e-12);
        assert_eq!(
            got.sharpe.unwrap_err().to_string(),
            "not enough data for the Sharpe ratio: returns (needs 30, got 2)"
        );
        assert!(got.annual_return.is_err());
        assert!(got.calmar.is_err());
        assert!(got.tail_95.is_err());
        assert!(got.drawdown.is_ok());
    }

    #[test]
    fn a_lost_account_keeps_its_total_and_refuses_its_ratios() {
        let got = Performance::of(&daily(vec![100.0, 0.0, 0.0, 0.0]), None);
        assert!((got.total_return.unwrap() + 1.0).abs() < 1e-12);
        assert!((got.drawdown.unwrap().depth - 1.0).abs() < 1e-12);
        assert_eq!(got.sharpe, Err(MetricError::Ruined { index: 1 }));
    }

    #[test]
    fn a_long_run_has_every_figure() {
        let mut equity = vec![1000.0];
        for i in 0..400 {
            let step = if i % 3 == 0 { 0.98 } else { 1.013 };
            equity.push(equity[i] * step);
        }
        let got = Performance::of(&daily(equity), Some(Trials { count: 10, variance: 0.0001 }));
        for value in [
            got.total_return,
            got.annual_return,
            got.volatility,
            got.sharpe,
            got.sortino,
            got.calmar,
            got.probabilistic_sharpe,
            got.deflated_sharpe,
            got.luck_sharpe,
            got.returns_needed,
        ] {
            assert!(value.unwrap().is_finite());
        }
        assert!(got.deflated_sharpe.unwrap() < got.probabilistic_sharpe.unwrap());
    }

    #[test]
    fn nothing_and_one_value_do_not_panic() {
        assert!(Performance::of(&daily(vec![]), None).total_return.is_err());
        assert!(Performance::of(&daily(vec![1.0]), None).drawdown.is_err());
        assert!(Performance::of(&daily(vec![f64::NAN, 1.0]), None).total_return.is_err());
    }
}
