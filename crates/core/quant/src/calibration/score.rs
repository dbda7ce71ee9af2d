//! How good probabilities are.

use super::{check_both, check_outcomes, check_probabilities};
use crate::Error;

fn outcome(o: bool) -> f64 {
    f64::from(u8::from(o))
}

/// Brier score: mean squared distance of probability and outcome. 0 is perfect; a constant base rate `r` has
/// `r (1 - r)`, at most 0.25.
pub fn brier(p: &[f64], outcomes: &[bool]) -> Result<f64, Error> {
    check_probabilities(p, outcomes)?;
    Ok(p.iter().zip(outcomes).map(|(p, o)| (p - outcome(*o)) * (p - outcome(*o))).sum::<f64>()
        / p.len() as f64)
}

/// Brier skill score: the share of the base rate's Brier score that is gone; 0 for knowing no more than the base rate of
/// these very outcomes, negative for less.
pub fn brier_skill(p: &[f64], outcomes: &[bool]) -> Result<f64, Error> {
    let score = brier(p, outcomes)?;
    check_both(outcomes)?;
    let rate = outcomes.iter().filter(|o| **o).count() as f64 / outcomes.len() as f64;
    Ok(1.0 - score / (rate * (1.0 - rate)))
}

/// Mean of minus the logarithm of the probability that the outcome had. Infinite confidence in what did not happen is
/// refused.
pub fn log_loss(p: &[f64], outcomes: &[bool]) -> Result<f64, Error> {
    check_probabilities(p, outcomes)?;
    let mut sum = 0.0;
    for (index, (p, o)) in p.iter().zip(outcomes).enumerate() {
        let given = if *o { *p } else { 1.0 - p };
        if given <= 0.0 {
            let expected = if *o { "above 0, as it happened" } else { "below 1, as it did not happen" };
            return Err(Error::OutOfRange { what: "probability", index, value: *p, expected });
        }
        sum -= if *o { libm::log(*p) } else { libm::log1p(-p) };
    }
    Ok(sum / p.len() as f64)
}

/// Chance that a true case scores above a false one, ties counting half.
pub fn auc(scores: &[f64], outcomes: &[bool]) -> Result<f64, Error> {
    check_outcomes(scores, outcomes)?;
    check_both(outcomes)?;
    let part = |side: bool| -> Vec<f64> {
        scores.iter().zip(outcomes).filter(|(_, o)| **o == side).map(|(s, _)| *s).collect()
    };
    let (positive, mut negative) = (part(true), part(false));
    negative.sort_by(f64::total_cmp);
    let wins: f64 = positive
        .iter()
        .map(|s| {
            let below = negative.partition_point(|n| n < s);
            let upto = negative.partition_point(|n| n <= s);
            (below + upto) as f64 / 2.0
        })
        .sum();
    Ok(wins / (positive.len() as f64 * negative.len() as f64))
}

/// One bin of the reliability curve.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bin {
    /// Cases in it.
    pub count: usize,
    /// Mean probability given.
    pub mean: f64,
    /// Share of true outcomes.
    pub observed: f64,
}

/// The reliability curve over `bins` bins of equal width, each with its upper edge, the first with 0 too; empty bins are
/// left out. A calibrated forecast has `mean` and `observed` alike.
pub fn reliability_curve(p: &[f64], outcomes: &[bool], bins: usize) -> Result<Vec<Bin>, Error> {
    Ok(binned(p, outcomes, bins)?
        .into_iter()
        .filter(|b| b.n > 0.0)
        .map(|b| Bin { count: b.n as usize, mean: b.p / b.n, observed: b.o / b.n })
        .collect())
}

/// Mean distance of probability and observed share over the bins of [`reliability_curve`], weighted by their counts.
pub fn expected_calibration_error(p: &[f64], outcomes: &[bool], bins: usize) -> Result<f64, Error> {
    let sum: f64 = reliability_curve(p, outcomes, bins)?
        .iter()
        .map(|b| b.count as f64 * (b.mean - b.observed).abs())
        .sum();
    Ok(sum / p.len() as f64)
}

/// The parts of a Brier score: `reliability - resolution + uncertainty + within`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BrierParts {
    /// Squared distance of probability and observed share in the bins: what calibration can mend. Smaller is better.
    pub reliability: f64,
    /// Squared distance of the observed shares from the base rate: what is known. Larger is better.
    pub resolution: f64,
    /// Brier score of the base rate.
    pub uncertainty: f64,
    /// What Murphy's three parts leave because probabilities differ inside a bin: their variance less twice their
    /// covariance with the outcomes (Stephenson, Coelho & Jolliffe 2008). 0 when each bin holds one probability.
    pub within: f64,
}

/// Decomposition of the Brier score by Murphy (1973) over `bins` bins of equal width, exact with its fourth part.
pub fn brier_parts(p: &[f64], outcomes: &[bool], bins: usize) -> Result<BrierParts, Error> {
    let n = p.len() as f64;
    let bins = binned(p, outcomes, bins)?;
    let rate = bins.iter().map(|b| b.o).sum::<f64>() / n;
    let mut parts =
        BrierParts { reliability: 0.0, resolution: 0.0, uncertainty: rate * (1.0 - rate), within: 0.0 };
    for b in bins.iter().filter(|b| b.n > 0.0) {
        let (mean, observed) = (b.p / b.n, b.o / b.n);
        parts.reliability += b.n / n * (mean - observed) * (mean - observed);
        parts.resolution += b.n / n * (observed - rate) * (observed - rate);
        let (variance, covariance) = (b.pp - b.n * mean * mean, b.po - b.n * mean * observed);
        parts.within += (variance - 2.0 * covariance) / n;
    }
    Ok(parts)
}

#[derive(Clone, Copy, Default)]
struct Sums {
    n: f64,
    p: f64,
    o: f64,
    pp: f64,
    po: f64,
}

fn binned(p: &[f64], outcomes: &[bool], bins: usize) -> Result<Vec<Sums>, Error> {
    check_probabilities(p, outcomes)?;
    if !(1..=1_000_000).contains(&bins) {
        return Err(Error::Parameter { name: "bins", value: bins as f64, expected: "1 to 1,000,000" });
    }
    let mut out = vec![Sums::default(); bins];
    let edge = |i: usize| i as f64 / bins as f64;
    for (p, o) in p.iter().zip(outcomes) {
        // The product may round across an edge, so that the edges themselves decide.
        let mut bin = ((p * bins as f64) as usize).min(bins - 1);
        if bin > 0 && *p <= edge(bin) {
            bin -= 1;
        }
        let b = &mut out[bin];
        let o = outcome(*o);
        b.n += 1.0;
        b.p += p;
        b.o += o;
        b.pp += p * p;
        b.po += p * o;
    }
    Ok(out)
}
