//! Ratios of a series of simple returns per step. `per_year` is the number of steps in a year; the risk-free rate is
//! zero. Equity starts at 1 and is `prod(1 + r)`; a return below -1 is refused, as nobody loses more than all.

use crate::Error;
use crate::given::{self, quantile_sorted};
use crate::series::{check_varying, mean};
use crate::tails::drawdowns_of_returns;

/// `prod(1 + r) - 1`; 0 for no returns.
pub fn total_return(returns: &[f64]) -> Result<f64, Error> {
    check(returns, 0)?;
    let total = returns.iter().map(|r| 1.0 + r).product::<f64>() - 1.0;
    given::finite("the total return", &[total])?;
    Ok(total)
}

/// Compound annual growth, `prod(1 + r)^(per_year / n) - 1`; -1 for a lost account. Refuses what grows past the range of
/// numbers when annualised.
pub fn annual_return(returns: &[f64], per_year: f64) -> Result<f64, Error> {
    check(returns, 1)?;
    check_year(per_year)?;
    let annual = annualised(1.0 + total_return(returns)?, returns.len(), per_year);
    given::finite("the annual return of so short a series", &[annual])?;
    Ok(annual)
}

/// Standard deviation of the returns (divisor `n - 1`) times `sqrt(per_year)`.
pub fn volatility(returns: &[f64], per_year: f64) -> Result<f64, Error> {
    check(returns, 2)?;
    check_year(per_year)?;
    Ok(deviation(returns) * libm::sqrt(per_year))
}

/// Sharpe ratio (1994): mean over standard deviation (divisor `n - 1`), times `sqrt(per_year)`, which takes the returns
/// to be uncorrelated in time. Constant returns are refused.
pub fn sharpe(returns: &[f64], per_year: f64) -> Result<f64, Error> {
    check(returns, 2)?;
    check_year(per_year)?;
    // Returns of a steady curve differ by their rounding, which is no risk to be paid for.
    check_varying("the series of returns", returns, 2)?;
    let deviation = deviation(returns);
    Ok(quotient(mean(returns), "the standard deviation", deviation)? * libm::sqrt(per_year))
}

/// Downside deviation `sqrt(mean(min(r, 0)^2)) * sqrt(per_year)`: the mean is over all returns, not the losing ones.
pub fn downside_deviation(returns: &[f64], per_year: f64) -> Result<f64, Error> {
    check(returns, 1)?;
    check_year(per_year)?;
    let squares: f64 = returns.iter().map(|r| r.min(0.0) * r.min(0.0)).sum();
    Ok(libm::sqrt(squares / returns.len() as f64) * libm::sqrt(per_year))
}

/// Sortino ratio (Sortino and van der Meer 1991), target zero: annual mean over annual downside deviation. Refused
/// without a losing step.
pub fn sortino(returns: &[f64], per_year: f64) -> Result<f64, Error> {
    let downside = downside_deviation(returns, per_year)?;
    quotient(mean(returns) * per_year, "the downside deviation", downside)
}

/// Calmar ratio (Young 1991): annual return over maximum drawdown of the same period. Refused when equity never fell.
pub fn calmar(returns: &[f64], per_year: f64) -> Result<f64, Error> {
    let annual = annual_return(returns, per_year)?;
    let fall = drawdowns_of_returns(returns)?.max;
    quotient(annual, "the maximum drawdown", fall)
}

/// Omega ratio (Keating and Shadwick 2002): gains above `threshold` (a return per step) over losses below it. Refused
/// without a step below. At threshold zero it is the profit factor.
pub fn omega(returns: &[f64], threshold: f64) -> Result<f64, Error> {
    check(returns, 1)?;
    given::parameter("the threshold", threshold, true, "a finite number is needed")?;
    let gains: f64 = returns.iter().map(|r| (r - threshold).max(0.0)).sum();
    let losses: f64 = returns.iter().map(|r| (threshold - r).max(0.0)).sum();
    quotient(gains, "the sum of the losses", losses)
}

/// Sum of the gains over sum of the losses of the steps.
pub fn profit_factor(returns: &[f64]) -> Result<f64, Error> {
    omega(returns, 0.0)
}

/// Gain to pain (Schwager): sum of the returns over sum of the losses. Stated by month or day as a rule: sum first.
pub fn gain_to_pain(returns: &[f64]) -> Result<f64, Error> {
    check(returns, 1)?;
    let losses: f64 = returns.iter().map(|r| (-r).max(0.0)).sum();
    quotient(returns.iter().sum::<f64>(), "the sum of the losses", losses)
}

/// Share of winning steps among those that are not zero; refused when all are.
pub fn win_rate(returns: &[f64]) -> Result<f64, Error> {
    check(returns, 1)?;
    let (wins, losses) = wins_and_losses(returns);
    quotient(wins, "the number of steps that are not zero", wins + losses)
}

/// Mean winning step over mean losing step. Refused without a losing one; 0 without a winning one.
pub fn payoff(returns: &[f64]) -> Result<f64, Error> {
    let factor = profit_factor(returns)?;
    let (wins, losses) = wins_and_losses(returns);
    let ratio = if wins > 0.0 { factor * losses / wins } else { 0.0 };
    given::finite("the payoff", &[ratio])?;
    Ok(ratio)
}

/// Kelly's share of the capital for a bet with this win rate and payoff (1956): `w - (1 - w) / payoff`. Refused without a
/// winning or a losing step.
pub fn kelly(returns: &[f64]) -> Result<f64, Error> {
    let payoff = payoff(returns)?;
    let w = win_rate(returns)?;
    Ok(w - quotient(1.0 - w, "the payoff", payoff)?)
}

/// Profit factor times win rate times payoff: the common-sense product of three.
pub fn cpc_index(returns: &[f64]) -> Result<f64, Error> {
    let product = profit_factor(returns)? * win_rate(returns)? * payoff(returns)?;
    given::finite("the product of profit factor, win rate and payoff", &[product])?;
    Ok(product)
}

/// 95th percentile over the 5th in size: how much fatter the winning tail is. Refused when the 5th percentile is zero.
pub fn tail_ratio(returns: &[f64]) -> Result<f64, Error> {
    check(returns, 2)?;
    let mut sorted = returns.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let low = quantile_sorted(&sorted, 0.05).abs();
    quotient(quantile_sorted(&sorted, 0.95).abs(), "the size of the 5th percentile", low)
}

/// R squared of the cumulative log returns against time: 1 for a straight line. Needs three returns above -1, and equity
/// that moves.
pub fn stability(returns: &[f64]) -> Result<f64, Error> {
    check(returns, 3)?;
    if let Some(index) = returns.iter().position(|r| *r <= -1.0) {
        let (what, expected) = ("the returns", "a number above -1");
        return Err(Error::OutOfRange { what, index, value: returns[index], expected });
    }
    let mut log = 0.0;
    let curve: Vec<f64> = returns
        .iter()
        .map(|r| {
            log += libm::log1p(*r);
            log
        })
        .collect();
    let (centre, middle) = (mean(&curve), (curve.len() as f64 - 1.0) / 2.0);
    let (mut xy, mut xx, mut yy) = (0.0, 0.0, 0.0);
    for (i, y) in curve.iter().enumerate() {
        let (dx, dy) = (i as f64 - middle, y - centre);
        xy += dx * dy;
        xx += dx * dx;
        yy += dy * dy;
    }
    if yy <= 0.0 {
        return Err(Error::Constant { what: "the equity" });
    }
    Ok(xy * xy / (xx * yy))
}

/// `wealth^(per_year / n) - 1`; -1 for wealth that is gone, infinite when it grows past the range.
pub(crate) fn annualised(wealth: f64, n: usize, per_year: f64) -> f64 {
    if wealth > 0.0 { libm::expm1(libm::log(wealth) * per_year / n as f64) } else { -1.0 }
}

/// What every function here asks of its returns.
pub(crate) fn check(returns: &[f64], need: usize) -> Result<(), Error> {
    given::series("the returns", returns, need)?;
    match returns.iter().position(|r| !(-1.0..=RETURN_MAX).contains(r)) {
        Some(index) => Err(Error::OutOfRange {
            what: "the returns",
            index,
            value: returns[index],
            expected: "a number from -1 to 1e60",
        }),
        None => Ok(()),
    }
}

/// A return above this is a slip; its square is still a number.
const RETURN_MAX: f64 = 1e60;

pub(crate) fn check_year(per_year: f64) -> Result<(), Error> {
    given::parameter(
        "the steps per year",
        per_year,
        (1e-12..=1e12).contains(&per_year),
        "from 1e-12 to 1e12 is needed",
    )
}

/// Refuses a divisor that is zero, or so small that the quotient leaves the range of numbers.
fn quotient(above: f64, name: &'static str, below: f64) -> Result<f64, Error> {
    let value = above / below;
    let expected = "a number clearly above zero is needed to divide by it";
    given::parameter(name, below, below > 0.0 && value.is_finite(), expected)?;
    Ok(value)
}

fn wins_and_losses(returns: &[f64]) -> (f64, f64) {
    let count = |of: fn(&f64) -> bool| returns.iter().filter(|r| of(r)).count() as f64;
    (count(|r| *r > 0.0), count(|r| *r < 0.0))
}

fn deviation(values: &[f64]) -> f64 {
    let centre = mean(values);
    let squares: f64 = values.iter().map(|v| (v - centre) * (v - centre)).sum();
    libm::sqrt(squares / (values.len() - 1) as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_worked_example_by_hand() {
        let returns = [0.10, -0.05, 0.02, -0.01];
        assert!((total_return(&returns).unwrap() - (1.1 * 0.95 * 1.02 * 0.99 - 1.0)).abs() < 1e-15);
        // Mean 0.015; squared deviations 0.007225, 0.004225, 0.000025, 0.000625 sum to 0.0121.
        let deviation = (0.0121_f64 / 3.0).sqrt();
        assert!((sharpe(&returns, 4.0).unwrap() - 0.03 / deviation).abs() < 1e-12);
        assert!((sortino(&returns, 4.0).unwrap() - 0.03 / (0.0026_f64 / 4.0).sqrt()).abs() < 1e-12);
        assert!((omega(&returns, 0.0).unwrap() - 2.0).abs() < 1e-12);
        assert!((omega(&returns, 0.02).unwrap() - 0.08 / 0.10).abs() < 1e-12);
        assert!(
            (win_rate(&returns).unwrap() - 0.5).abs() < 1e-15
                && (payoff(&returns).unwrap() - 2.0).abs() < 1e-12
        );
        assert!((kelly(&returns).unwrap() - 0.25).abs() < 1e-12);
    }

    #[test]
    fn what_does_not_exist_is_refused_and_says_why() {
        assert!(matches!(sharpe(&[0.01; 9], 365.0), Err(Error::Constant { .. })));
        assert!(matches!(sharpe(&[0.0, -0.0], 365.0), Err(Error::Constant { .. })));
        assert!(matches!(sharpe(&[0.01], 365.0), Err(Error::TooShort { have: 1, need: 2, .. })));
        assert!(matches!(sortino(&[0.01, 0.02], 365.0), Err(Error::Parameter { .. })));
        assert!(matches!(calmar(&[0.01, 0.02], 365.0), Err(Error::Parameter { .. })));
        assert!(matches!(total_return(&[0.1, f64::NAN]), Err(Error::NotFinite { index: 1, .. })));
        assert!(matches!(total_return(&[0.1, -1.5]), Err(Error::OutOfRange { index: 1, .. })));
        assert!(annual_return(&[9.0], 525_600.0).is_err() && annual_return(&[0.1], 0.0).is_err());
        assert!((annual_return(&[-1.0], 365.0).unwrap() + 1.0).abs() < 1e-15);
        assert!(payoff(&[-0.1, -0.2]).unwrap().abs() < 1e-300 && kelly(&[-0.1, -0.2]).is_err());
        assert!(win_rate(&[0.0, 0.0]).is_err() && tail_ratio(&[0.0; 9]).is_err());
        assert!(stability(&[0.0; 9]).is_err() && stability(&[0.1, -1.0, 0.2]).is_err());
        assert!(total_return(&[]).unwrap().abs() < 1e-300);
    }

    #[test]
    fn a_lost_account_falls_by_all_of_it() {
        assert!((calmar(&[0.1, -1.0, 0.5], 3.0).unwrap() + 1.0).abs() < 1e-15);
    }
}
