//! What changes with the regime: the multiple of the Kelly fraction, the objective and the covariance. Tables, as data.

use crate::constraints::Constraints;
use crate::covariance::Covariance;
use crate::error::{Error, finite, parameter};
use crate::meanvariance::MeanVariance;
use crate::portfolio::Portfolio;
use serde::{Deserialize, Serialize};

/// Where the market goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Direction {
    /// Upward.
    Bull,
    /// Neither.
    Sideways,
    /// Downward.
    Bear,
    /// Falling apart.
    Crisis,
}

/// How the market moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Condition {
    /// In one direction.
    Trending,
    /// None of the others.
    Normal,
    /// Between two levels.
    RangeBound,
    /// Far and fast.
    Volatile,
    /// Falling apart.
    Crisis,
}

/// How large the moves are, for the covariance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Turbulence {
    /// Small.
    LowVolatility,
    /// As usual.
    Normal,
    /// Large.
    Volatile,
    /// Falling within minutes.
    FlashCrash,
}

/// Multiples of the full Kelly fraction by regime.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct KellyTable {
    /// Most, by direction: bull, sideways, bear, crisis.
    pub ceilings: [f64; 4],
    /// Tuned, by condition: trending, normal, range-bound, volatile, crisis.
    pub tuned: [f64; 5],
    /// Most in any regime; 0.25, or up to 0.40 where that is enabled.
    pub hard_max: f64,
}

impl Default for KellyTable {
    fn default() -> Self {
        Self {
            ceilings: [0.30, 0.25, 0.20, 0.15],
            tuned: [0.35, 0.25, 0.20, 0.15, 0.05],
            hard_max: KELLY_HARD_MAX,
        }
    }
}

/// Most multiple of the Kelly fraction without further permission.
pub const KELLY_HARD_MAX: f64 = 0.25;
/// Most multiple of the Kelly fraction that can be enabled.
pub const KELLY_ENABLED_MAX: f64 = 0.40;
/// Least multiple of the adaptive range.
pub const KELLY_ADAPTIVE_MIN: f64 = 0.10;

impl KellyTable {
    /// That every entry is a multiple that can be.
    ///
    /// # Errors
    /// An entry outside 0..=1, or a hard maximum above [`KELLY_ENABLED_MAX`].
    pub fn validate(&self) -> Result<(), Error> {
        for &value in self.ceilings.iter().chain(&self.tuned) {
            parameter("multiple of Kelly", value, "from 0 to 1", (0.0..=1.0).contains(&value))?;
        }
        let inside = (0.0..=KELLY_ENABLED_MAX).contains(&self.hard_max);
        parameter("hard_max", self.hard_max, "from 0 to 0.4", inside)
    }

    /// The tuned multiple, under the ceiling of the direction and the hard maximum.
    #[must_use]
    pub fn multiple(&self, direction: Direction, condition: Condition) -> f64 {
        let ceiling = match direction {
            Direction::Bull => self.ceilings[0],
            Direction::Sideways => self.ceilings[1],
            Direction::Bear => self.ceilings[2],
            Direction::Crisis => self.ceilings[3],
        };
        let tuned = match condition {
            Condition::Trending => self.tuned[0],
            Condition::Normal => self.tuned[1],
            Condition::RangeBound => self.tuned[2],
            Condition::Volatile => self.tuned[3],
            Condition::Crisis => self.tuned[4],
        };
        tuned.min(ceiling).min(self.hard_max)
    }
}

/// A multiple from 0.10 to 0.40 that grows with the edge: from the least at no edge in proportion up to the most at
/// `edge_full` and above.
///
/// # Errors
/// An edge that is not finite, or an `edge_full` that is not positive.
pub fn adaptive_multiple(edge: f64, edge_full: f64) -> Result<f64, Error> {
    finite("edge", &[edge])?;
    parameter("edge_full", edge_full, "more than zero", edge_full > 0.0)?;
    let share = (edge / edge_full).clamp(0.0, 1.0);
    Ok(KELLY_ADAPTIVE_MIN + share * (KELLY_ENABLED_MAX - KELLY_ADAPTIVE_MIN))
}

/// By what a covariance is multiplied: 0.8, 1, 1.5 and 2, from small moves to a flash crash.
#[must_use]
pub fn covariance_multiple(turbulence: Turbulence) -> f64 {
    match turbulence {
        Turbulence::LowVolatility => 0.8,
        Turbulence::Normal => 1.0,
        Turbulence::Volatile => 1.5,
        Turbulence::FlashCrash => 2.0,
    }
}

/// The covariance of a regime.
///
/// # Errors
/// None that the given one did not have.
pub fn covariance_of(covariance: &Covariance, turbulence: Turbulence) -> Result<Covariance, Error> {
    let multiple = covariance_multiple(turbulence);
    let values = covariance.values().iter().map(|it| it * multiple).collect();
    Covariance::new(covariance.size(), values)
}

/// What is optimised in a regime.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Objectives {
    /// Riskless rate of the Sharpe ratio, in the unit of the expected returns.
    pub riskless: f64,
    /// Volatility of the efficient portfolio, in the unit of the covariance.
    pub risk_budget: f64,
}

impl Default for Objectives {
    fn default() -> Self {
        Self { riskless: 0.02, risk_budget: 0.02 }
    }
}

impl Objectives {
    /// The quietest portfolio where the market moves far and fast or falls apart, the best Sharpe ratio where it trends,
    /// and else the most return within the risk budget.
    ///
    /// # Errors
    /// As the programme of the regime.
    pub fn solve(
        &self,
        condition: Condition,
        mean: &[f64],
        covariance: &Covariance,
        constraints: &Constraints,
    ) -> Result<Portfolio, Error> {
        let problem = MeanVariance::new(mean, covariance, constraints)?;
        match condition {
            Condition::Volatile | Condition::Crisis => problem.min_volatility(),
            Condition::Trending => problem.max_sharpe(self.riskless),
            Condition::Normal | Condition::RangeBound => problem.efficient_risk(self.risk_budget),
        }
    }
}

/// One opinion on the return of an asset.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Opinion {
    /// Which asset.
    pub asset: usize,
    /// Expected return.
    pub expected: f64,
    /// From 0 to 1.
    pub confidence: f64,
}

/// The mean of the opinions on each asset, weighted by confidence; nothing for an asset on which there is none.
///
/// # Errors
/// An asset that does not exist, a value that is not finite, a confidence outside 0..=1.
pub fn expected_returns(assets: usize, opinions: &[Opinion]) -> Result<Vec<Option<f64>>, Error> {
    let (mut sums, mut weights) = (vec![0.0; assets], vec![0.0; assets]);
    for it in opinions {
        parameter("asset of an opinion", it.asset as f64, "an asset of the portfolio", it.asset < assets)?;
        finite("expected return of an opinion", &[it.expected])?;
        let inside = (0.0..=1.0).contains(&it.confidence);
        parameter("confidence", it.confidence, "from 0 to 1", inside)?;
        sums[it.asset] += it.confidence * it.expected;
        weights[it.asset] += it.confidence;
    }
    Ok(sums.iter().zip(&weights).map(|(sum, weight)| (*weight > 0.0).then(|| sum / weight)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tuned_multiple_stays_under_ceiling_and_hard_maximum() {
        let table = KellyTable::default();
        table.validate().unwrap();
        let near = |a: f64, b: f64| (a - b).abs() < 1e-15;
        assert!(near(table.multiple(Direction::Bull, Condition::Trending), 0.25));
        assert!(near(table.multiple(Direction::Bear, Condition::Normal), 0.20));
        assert!(near(table.multiple(Direction::Crisis, Condition::Trending), 0.15));
        assert!(near(table.multiple(Direction::Sideways, Condition::Crisis), 0.05));
        let enabled = KellyTable { hard_max: KELLY_ENABLED_MAX, ..table };
        assert!(near(enabled.multiple(Direction::Bull, Condition::Trending), 0.30));
        assert!(KellyTable { hard_max: 0.5, ..table }.validate().is_err());
        assert!(near(adaptive_multiple(-0.1, 0.2).unwrap(), 0.10));
        assert!(near(adaptive_multiple(0.1, 0.2).unwrap(), 0.25));
        assert!(near(adaptive_multiple(0.5, 0.2).unwrap(), 0.40));
    }

    #[test]
    fn opinions_are_weighted_by_confidence() {
        let opinion = |asset, expected, confidence| Opinion { asset, expected, confidence };
        let given = [opinion(0, 0.02, 0.9), opinion(0, -0.01, 0.3), opinion(2, 0.05, 0.0)];
        let expected = expected_returns(3, &given).unwrap();
        assert!((expected[0].unwrap() - 0.0125).abs() < 1e-15);
        assert_eq!(&expected[1..], [None, None]);
        assert!(expected_returns(1, &given).is_err());
    }
}
