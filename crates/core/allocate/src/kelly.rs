//! How much of the equity to bet for the fastest growth (Kelly 1956; Thorp 2006), and how much less when the edge is only
//! estimated.

use crate::certificate::Check;
use crate::constraints::{Constraints, Source};
use crate::covariance::dot;
use crate::error::{Error, finite, parameter, sized};
use crate::portfolio::settled;
use crate::program::{Affine, Cone, Program};

/// Most independent bets that are combined into joint outcomes.
const JOINT_BETS_MAX: usize = 12;

/// The fraction for a bet that wins `odds` times the stake with `probability` and loses the stake else:
/// `(p b - q) / b`. Negative when the bet has no edge: do not take it.
///
/// # Errors
/// A probability outside 0..=1, or odds that are not positive.
pub fn binary(probability: f64, odds: f64) -> Result<f64, Error> {
    parameter("probability", probability, "from 0 to 1", (0.0..=1.0).contains(&probability))?;
    parameter("odds", odds, "more than zero", odds > 0.0)?;
    Ok((probability * odds - (1.0 - probability)) / odds)
}

/// The fraction for normal returns traded continuously: `(mean - riskless) / variance` (Merton 1969). Negative is short.
///
/// # Errors
/// A variance that is not positive, or a value that is not finite.
pub fn continuous(mean: f64, riskless: f64, variance: f64) -> Result<f64, Error> {
    finite("mean and riskless rate", &[mean, riskless])?;
    parameter("variance", variance, "more than zero", variance > 0.0)?;
    Ok((mean - riskless) / variance)
}

/// What one bet may bring: the return on the stake by outcome, with probabilities that sum to 1.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcomes {
    returns: Vec<f64>,
    probabilities: Vec<f64>,
}

impl Outcomes {
    /// Checks and keeps them.
    ///
    /// # Errors
    /// None, sizes that differ, a value that is not finite, a negative probability, or a sum other than 1.
    pub fn new(returns: Vec<f64>, probabilities: Vec<f64>) -> Result<Self, Error> {
        if returns.is_empty() {
            return Err(Error::TooFew { what: "outcomes", have: 0, need: 1 });
        }
        finite("returns of the outcomes", &returns)?;
        distribution(&probabilities, returns.len())?;
        Ok(Self { returns, probabilities })
    }

    /// Past returns, each as likely as the others.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn of_history(returns: &[f64]) -> Result<Self, Error> {
        let each = 1.0 / returns.len().max(1) as f64;
        Self::new(returns.to_vec(), vec![each; returns.len()])
    }

    /// Expected return on the stake.
    #[must_use]
    pub fn mean(&self) -> f64 {
        dot(&self.returns, &self.probabilities)
    }

    /// Expected growth of the logarithm of equity when `fraction` of it is staked; negative infinity where an outcome
    /// ruins.
    #[must_use]
    pub fn growth(&self, fraction: f64) -> f64 {
        let mut growth = 0.0;
        for (it, p) in self.returns.iter().zip(&self.probabilities).filter(|(_, p)| **p > 0.0) {
            let after = 1.0 + fraction * it;
            growth += if after > 0.0 { p * libm::log(after) } else { f64::NEG_INFINITY };
        }
        growth
    }

    /// The fraction with the most growth, zero or more: the root of `sum of p r / (1 + f r)`, by bisection to the last
    /// digit.
    ///
    /// # Errors
    /// [`Error::Unbounded`] where no outcome loses.
    pub fn fraction(&self) -> Result<f64, Error> {
        if self.mean() <= 0.0 {
            return Ok(0.0);
        }
        let possible = self.returns.iter().zip(&self.probabilities).filter(|(_, p)| **p > 0.0);
        let worst = possible.fold(0.0_f64, |worst, (it, _)| worst.min(*it));
        if worst >= 0.0 {
            return Err(Error::Unbounded);
        }
        let (mut low, mut high) = (0.0, -1.0 / worst);
        loop {
            let middle = 0.5 * (low + high);
            if middle <= low || middle >= high {
                return Ok(low);
            }
            if self.slope(middle) > 0.0 { low = middle } else { high = middle }
        }
    }

    fn slope(&self, fraction: f64) -> f64 {
        self.returns.iter().zip(&self.probabilities).map(|(it, p)| p * it / (1.0 + fraction * it)).sum()
    }
}

/// By what to multiply a Kelly fraction whose `edge` is known to `standard_error` only:
/// `edge^2 / (edge^2 + standard_error^2)`, which maximises the expected growth over what the true edge may be (Baker &
/// McHale 2013, equation 5 for binary bets, where the edge is `(b + 1) p - 1` and its error `b + 1` times that of `p`;
/// for continuous returns the edge is the mean and the result exact).
///
/// # Errors
/// A value that is not finite, or a negative error.
pub fn shrinkage(edge: f64, standard_error: f64) -> Result<f64, Error> {
    finite("edge", &[edge])?;
    parameter("standard error", standard_error, "zero or more", standard_error >= 0.0)?;
    let square = edge * edge;
    let total = square + standard_error * standard_error;
    Ok(if total > 0.0 { square / total } else { 0.0 })
}

/// By what to multiply each of `count` fractions of like bets whose returns correlate with `correlation` on average:
/// `1 / (1 + (count - 1) correlation)`, the joint optimum of like normal bets. Never more than 1.
///
/// # Errors
/// No bets, or a correlation outside -1..=1.
pub fn correlation_factor(count: usize, correlation: f64) -> Result<f64, Error> {
    if count == 0 {
        return Err(Error::TooFew { what: "bets", have: 0, need: 1 });
    }
    parameter("correlation", correlation, "from -1 to 1", (-1.0..=1.0).contains(&correlation))?;
    Ok(1.0 / (1.0 + (count - 1) as f64 * correlation.max(0.0)))
}

/// Simultaneous bets.
#[derive(Clone, Debug, PartialEq)]
pub struct Joint {
    /// Fraction of equity by bet; negative is against it.
    pub fractions: Vec<f64>,
    /// Expected growth of the logarithm of equity.
    pub growth: f64,
    /// The residuals of optimality.
    pub check: Check,
}

/// The fractions with the most expected growth over joint outcomes: `returns` has one row of returns on the stakes per
/// outcome. Convex, by exponential cones; dependence between the bets is whatever the rows say.
///
/// # Errors
/// Rows that do not fit, probabilities that are no distribution, infeasible, unbounded (no outcome loses), not optimal.
pub fn joint(returns: &[Vec<f64>], probabilities: &[f64], constraints: &Constraints) -> Result<Joint, Error> {
    let what = "joint Kelly fractions";
    constraints.validate()?;
    let bets = constraints.assets();
    distribution(probabilities, returns.len())?;
    let mut program = Program::default();
    program.columns(bets);
    constraints.lower(&mut program, 0);
    for (row, probability) in returns.iter().zip(probabilities) {
        sized("returns of an outcome", row, bets)?;
        if *probability > 0.0 {
            let log = program.column();
            let after = Affine::row(0, row).plus(1.0);
            let rows = vec![Affine::of(log), Affine::constant(1.0), after];
            program.cone(Cone::Exponential, Source::Definition, rows);
            program.minimise(&Affine::of(log).times(-probability));
        }
    }
    let solved = program.solve(what)?;
    let mut check = solved.check;
    let fractions = settled(what, constraints, solved.x[..bets].to_vec(), &mut check)?;
    let mut growth = 0.0;
    for (row, probability) in returns.iter().zip(probabilities).filter(|(_, p)| **p > 0.0) {
        growth += probability * libm::log(1.0 + dot(row, &fractions));
    }
    Ok(Joint { fractions, growth, check })
}

/// All joint outcomes of independent bets, rows of returns and their probabilities, for [`joint`].
///
/// # Errors
/// No bets, or more than twelve, or more than 100,000 joint outcomes.
pub fn independent(bets: &[Outcomes]) -> Result<(Vec<Vec<f64>>, Vec<f64>), Error> {
    if bets.is_empty() {
        return Err(Error::TooFew { what: "bets", have: 0, need: 1 });
    }
    let count = bets.iter().fold(1.0, |count, it| count * it.returns.len() as f64);
    let expected = "few enough for at most 12 bets and 100,000 joint outcomes; draw scenarios instead";
    let few = bets.len() <= JOINT_BETS_MAX && count <= 1e5;
    parameter("number of joint outcomes", count, expected, few)?;
    let (mut rows, mut probabilities) = (vec![Vec::new()], vec![1.0]);
    for bet in bets {
        let (mut next, mut weights) = (Vec::new(), Vec::new());
        for (row, probability) in rows.iter().zip(&probabilities) {
            for (it, p) in bet.returns.iter().zip(&bet.probabilities) {
                let mut row: Vec<f64> = row.clone();
                row.push(*it);
                next.push(row);
                weights.push(probability * p);
            }
        }
        (rows, probabilities) = (next, weights);
    }
    Ok((rows, probabilities))
}

fn distribution(probabilities: &[f64], outcomes: usize) -> Result<(), Error> {
    sized("probabilities", probabilities, outcomes)?;
    if let Some(&value) = probabilities.iter().find(|it| **it < 0.0) {
        return Err(Error::Parameter { name: "probability", value, expected: "zero or more" });
    }
    let total: f64 = probabilities.iter().sum();
    parameter("sum of the probabilities", total, "1", (total - 1.0).abs() <= 1e-9)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::constraints::Range;

    #[test]
    fn binary_and_outcomes_agree() {
        for (p, b) in [(0.55, 1.0), (0.4, 2.0), (0.9, 0.2), (0.51, 1.3)] {
            let closed = binary(p, b).unwrap();
            let outcomes = Outcomes::new(vec![b, -1.0], vec![p, 1.0 - p]).unwrap();
            assert!((outcomes.fraction().unwrap() - closed.max(0.0)).abs() < 1e-14);
        }
        assert!(binary(0.4, 1.0).unwrap() < 0.0);
        assert!(binary(1.2, 1.0).is_err());
    }

    #[test]
    fn no_edge_no_bet_and_no_loss_no_bound() {
        assert!(Outcomes::new(vec![1.0, -1.0], vec![0.5, 0.5]).unwrap().fraction().unwrap().abs() < 1e-300);
        let free = Outcomes::new(vec![1.0, 0.0], vec![0.5, 0.5]).unwrap();
        assert_eq!(free.fraction(), Err(Error::Unbounded));
    }

    #[test]
    fn the_fraction_of_many_outcomes_has_the_most_growth() {
        let outcomes = Outcomes::new(vec![0.8, 0.1, -0.3, -0.9], vec![0.3, 0.3, 0.3, 0.1]).unwrap();
        let best = outcomes.fraction().unwrap();
        for other in [0.9 * best, 0.99 * best, 1.01 * best, 1.05 * best] {
            assert!(outcomes.growth(other) < outcomes.growth(best));
        }
    }

    #[test]
    fn small_normal_returns_give_the_continuous_formula() {
        // Two points at mean and standard deviation: f = mean / (deviation^2 - mean^2).
        let (mean, deviation) = (0.000_2, 0.01);
        let outcomes = Outcomes::of_history(&[mean + deviation, mean - deviation]).unwrap();
        let exact = mean / (deviation * deviation - mean * mean);
        assert!((outcomes.fraction().unwrap() - exact).abs() < 1e-9);
        let merton = continuous(mean, 0.0, deviation * deviation).unwrap();
        assert!((merton / exact - 1.0).abs() < 1e-3);
    }

    #[test]
    fn joint_fractions_of_two_like_coins_are_the_closed_form() {
        // Two even coins with edge e = 2p - 1 at once: each e / (1 + e^2) (Thorp 2006, section 5, Bernoulli case).
        let p = 0.6;
        let coin = Outcomes::new(vec![1.0, -1.0], vec![p, 1.0 - p]).unwrap();
        let (rows, probabilities) = independent(&[coin.clone(), coin]).unwrap();
        let free = Constraints::bounded(2, Range::new(0.0, 1.0));
        let both = joint(&rows, &probabilities, &free).unwrap();
        let edge = 2.0 * p - 1.0;
        for it in &both.fractions {
            assert!((it - edge / (1.0 + edge * edge)).abs() < 1e-6, "{it}");
        }
        println!("{}", both.check);
    }

    #[test]
    fn a_joint_bet_on_one_thing_twice_is_one_bet() {
        let rows = vec![vec![1.0, 1.0], vec![-1.0, -1.0]];
        let free = Constraints::bounded(2, Range::new(0.0, 1.0));
        let both = joint(&rows, &[0.6, 0.4], &free).unwrap();
        assert!((both.fractions.iter().sum::<f64>() - 0.2).abs() < 1e-6);
        let alone = correlation_factor(2, 1.0).unwrap();
        assert!((alone - 0.5).abs() < 1e-15);
    }

    #[test]
    fn an_edge_as_large_as_its_error_is_halved() {
        assert!((shrinkage(0.1, 0.1).unwrap() - 0.5).abs() < 1e-15);
        assert!((shrinkage(0.1, 0.0).unwrap() - 1.0).abs() < 1e-15);
        assert!(shrinkage(0.0, 0.1).unwrap().abs() < 1e-300);
        assert!(shrinkage(0.1, -1.0).is_err());
    }
}
