//! All figures of one sampled equity curve together, each a number or its reason.

use super::sampling::Sampled;
use super::{MetricError, needs};
use scalp_quant::edge::{SharpeSample, Trials};
use scalp_quant::performance as of;
use scalp_quant::tails::{Drawdowns, TailRisk, drawdowns, historical_tail};
use scalp_types::Span;

/// Shortest run whose return is scaled to a year: below it the scaling says more about luck than about the run.
pub const ANNUAL_DAYS_MIN: usize = 30;
/// Fewest returns for an annual ratio, and for what is said about its luck.
pub const RATIO_RETURNS_MIN: usize = 30;

/// Fewest returns for a tail at this confidence: at least one observation is expected beyond it.
pub fn returns_for_tail(confidence: f64) -> usize {
    libm::ceil(1.0 / (1.0 - confidence) - 1e-9) as usize
}

/// Figures of an equity curve. Their definitions are those of `scalp_quant`: `performance`, `tails`, `edge`.
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
    /// Falls from the highest value so far.
    pub drawdown: Result<Drawdowns, MetricError>,
    /// Value at risk and expected shortfall at 95 %, one step.
    pub tail_95: Result<TailRisk, MetricError>,
    /// The same at 99 %.
    pub tail_99: Result<TailRisk, MetricError>,
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
        let drawdown = drawdowns(&sampled.equity).map_err(MetricError::from);
        let returns = sampled.returns();
        let enough = |what| -> Result<&[f64], MetricError> {
            let returns = returns.as_ref().map_err(Clone::clone)?;
            needs(what, RATIO_RETURNS_MIN, returns.len())?;
            Ok(returns)
        };
        let days = sampled.step.nanos() as f64 * sampled.equity.len().saturating_sub(1) as f64
            / Span::DAY.nanos() as f64;
        let annual_return = returns.as_ref().map_err(Clone::clone).and_then(|returns| {
            needs("the annual return: days", ANNUAL_DAYS_MIN, days as usize)?;
            Ok(of::annual_return(returns, per_year)?)
        });
        let tail = |confidence| {
            let returns = returns.as_ref().map_err(Clone::clone)?;
            needs("value at risk: returns", returns_for_tail(confidence), returns.len())?;
            Ok(historical_tail(returns, confidence)?)
        };
        let sample =
            enough("the probabilistic Sharpe ratio: returns").and_then(|it| Ok(SharpeSample::of(it)?));
        let judged = |judge: &dyn Fn(&SharpeSample) -> Result<f64, MetricError>| match &sample {
            Ok(sample) => judge(sample),
            Err(error) => Err(error.clone()),
        };
        let trials = trials.ok_or(MetricError::Undefined {
            what: "the deflated Sharpe ratio",
            why: "the number of trials and the variance of their Sharpe ratios were not declared",
        });
        Self {
            step: sampled.step,
            returns: sampled.equity.len().saturating_sub(1),
            total_return: total(&sampled.equity),
            volatility: enough("the volatility: returns").and_then(|it| Ok(of::volatility(it, per_year)?)),
            sharpe: enough("the Sharpe ratio: returns").and_then(|it| Ok(of::sharpe(it, per_year)?)),
            sortino: enough("the Sortino ratio: returns").and_then(|it| Ok(of::sortino(it, per_year)?)),
            calmar: calmar(&annual_return, &drawdown),
            annual_return,
            drawdown,
            tail_95: tail(0.95),
            tail_99: tail(0.99),
            probabilistic_sharpe: judged(&|it| Ok(it.probabilistic(0.0)?)),
            deflated_sharpe: judged(&|it| Ok(it.deflated(trials.clone()?)?)),
            luck_sharpe: trials.clone().and_then(|it| Ok(it.expected_best()? * libm::sqrt(per_year))),
            returns_needed: judged(&|it| {
                if it.sharpe <= 0.0 {
                    let why = "the Sharpe ratio is not above zero";
                    return Err(MetricError::Undefined { what: "the number of returns needed", why });
                }
                Ok(it.minimum_length(0.0, 0.95)?)
            }),
        }
    }

    /// Takes the falls from a finer curve than the sampled one: a fall between two points of the grid is a fall all the
    /// same.
    pub fn with_drawdowns_of(mut self, equity: &[f64]) -> Self {
        self.drawdown = drawdowns(equity).map_err(MetricError::from);
        self.calmar = calmar(&self.annual_return, &self.drawdown);
        self
    }
}

/// Calmar ratio (Young 1991): annual return over the deepest fall, which here may be seen on a finer grid than the
/// returns.
fn calmar(
    annual: &Result<f64, MetricError>,
    drawdown: &Result<Drawdowns, MetricError>,
) -> Result<f64, MetricError> {
    let (annual, fall) = (annual.clone()?, drawdown.as_ref().map_err(Clone::clone)?.max);
    if fall > 0.0 {
        Ok(annual / fall)
    } else {
        Err(MetricError::Undefined { what: "the Calmar ratio", why: "equity never fell" })
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
        assert!((got.drawdown.unwrap().max - 1.0).abs() < 1e-12);
        assert_eq!(got.sharpe, Err(MetricError::Ruined { index: 1 }));
    }

    #[test]
    fn a_long_run_has_every_figure() {
        let mut equity = vec![1000.0];
        for i in 0..400 {
            let step = if i % 3 == 0 { 0.98 } else { 1.013 };
            equity.push(equity[i] * step);
        }
        let got = Performance::of(&daily(equity), Some(Trials { count: 10.0, variance: 0.0001 }));
        assert!(got.deflated_sharpe.clone().unwrap() < got.probabilistic_sharpe.clone().unwrap());
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
    }

    #[test]
    fn a_losing_run_says_why_no_number_of_returns_is_enough_without_a_row_of_digits() {
        let falling = (0..400).map(|i| 1000.0 - f64::from(i) - f64::from(i % 7)).collect();
        let text = Performance::of(&daily(falling), None).returns_needed.unwrap_err().to_string();
        assert_eq!(text, "the number of returns needed is undefined: the Sharpe ratio is not above zero");
    }

    #[test]
    fn nothing_and_one_value_do_not_panic() {
        assert!(Performance::of(&daily(vec![]), None).total_return.is_err());
        assert!(Performance::of(&daily(vec![1.0]), None).drawdown.is_err());
        assert!(Performance::of(&daily(vec![f64::NAN, 1.0]), None).total_return.is_err());
    }
}
