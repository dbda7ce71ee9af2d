//! Resampled frontiers (Michaud 1998): portfolios averaged over worlds that the sample might have come from.

use crate::constraints::Constraints;
use crate::covariance::Covariance;
use crate::error::Error;
use crate::meanvariance::MeanVariance;
use crate::scenarios::Scenarios;
use scalp_quant::matrix::Matrix;
use scalp_quant::rng::Key;

/// How a frontier is resampled.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Resampling {
    /// Portfolios on the frontier, at least two.
    pub points: usize,
    /// Worlds drawn, at least one.
    pub draws: usize,
    /// Of the dice.
    pub seed: u64,
}

/// The mean over worlds of the weights of the portfolios of each rank, from the quietest to the one that earns most.
/// A world is as many rows as there are, drawn with replacement. Where the allowed set is convex, as all
/// [`Constraints`] are, the means are allowed too.
///
/// # Errors
/// Too few points or draws, or a frontier of a world that cannot be found.
pub fn resampled_frontier(
    scenarios: &Scenarios,
    constraints: &Constraints,
    resampling: Resampling,
) -> Result<Vec<Vec<f64>>, Error> {
    let Resampling { points, draws, seed } = resampling;
    if draws == 0 {
        return Err(Error::TooFew { what: "draws", have: 0, need: 1 });
    }
    let (assets, periods) = (scenarios.assets(), scenarios.periods());
    let key = Key::named(seed, "resampled frontier");
    let mut frontier = vec![vec![0.0; assets]; points];
    for draw in 0..draws {
        let mut stream = key.stream(draw as u64);
        let mut world = Vec::with_capacity(periods * assets);
        for _ in 0..periods {
            world.extend_from_slice(scenarios.row(stream.below(periods as u64) as usize));
        }
        let mean = Scenarios::new(assets, world.clone())?.mean();
        let table = Matrix::new(periods, assets, world)?;
        let covariance = Covariance::of(&scalp_quant::dependence::covariance::sample(&table)?)?;
        let found = MeanVariance::new(&mean, &covariance, constraints)?.frontier(points)?;
        for (sum, portfolio) in frontier.iter_mut().zip(found) {
            sum.iter_mut().zip(portfolio.weights).for_each(|(sum, it)| *sum += it / draws as f64);
        }
    }
    for weights in &mut frontier {
        constraints.repair(weights);
    }
    Ok(frontier)
}
