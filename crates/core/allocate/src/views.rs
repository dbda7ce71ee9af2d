//! Black-Litterman: expected returns from the market's weights and from views on some of them.

use crate::covariance::{Covariance, dot};
use crate::error::{Error, finite, parameter, sized};
use scalp_quant::matrix::{Cholesky, Matrix};

/// A belief that the portfolio `weights` will return `expected`; relative views have weights that sum to zero.
#[derive(Clone, Debug, PartialEq)]
pub struct View {
    /// One per asset, e.g. 1 for one asset alone, or 1 and -1 for one against another.
    pub weights: Vec<f64>,
    /// In the unit of the prior.
    pub expected: f64,
    /// How sure it is.
    pub certainty: Certainty,
}

/// How sure a view is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Certainty {
    /// As uncertain as the prior is about the same portfolio: variance `tau p' S p` (He & Litterman 1999).
    LikePrior,
    /// The variance of the view itself.
    Variance(f64),
    /// From 0, ignored, to 1, certain: the share of the way from prior to view that it would go alone
    /// (Idzorek 2005, in the closed form of Walters 2014, equation 44).
    Confidence(f64),
}

/// Expected returns and covariance after the views.
#[derive(Clone, Debug)]
pub struct Posterior {
    /// Expected returns.
    pub mean: Vec<f64>,
    /// Covariance of returns: the prior's plus that of what is left unknown about the mean.
    pub covariance: Covariance,
}

/// The expected returns at which the market portfolio is optimal: `aversion * S w + riskless`.
///
/// # Errors
/// Capitalisations that are negative, all zero, or not one per asset; an aversion that is not positive.
pub fn market_prior(
    covariance: &Covariance,
    capitalisation: &[f64],
    aversion: f64,
    riskless: f64,
) -> Result<Vec<f64>, Error> {
    sized("capitalisation", capitalisation, covariance.size())?;
    parameter("aversion", aversion, "more than zero", aversion > 0.0)?;
    finite("riskless rate", &[riskless])?;
    if let Some(&value) = capitalisation.iter().find(|it| **it < 0.0) {
        return Err(Error::Parameter { name: "capitalisation", value, expected: "zero or more" });
    }
    let total: f64 = capitalisation.iter().sum();
    parameter("total capitalisation", total, "more than zero", total > 0.0)?;
    let weights: Vec<f64> = capitalisation.iter().map(|it| it / total).collect();
    Ok(covariance.times(&weights).iter().map(|it| aversion * it + riskless).collect())
}

/// What the prior and the views say together (Black & Litterman 1992). `tau` is the variance of the prior mean in
/// multiples of the covariance, e.g. 0.05.
///
/// # Errors
/// A view that cannot be read, or certain views that contradict or repeat each other.
pub fn posterior(
    covariance: &Covariance,
    prior: &[f64],
    tau: f64,
    views: &[View],
) -> Result<Posterior, Error> {
    let assets = covariance.size();
    sized("prior", prior, assets)?;
    parameter("tau", tau, "more than zero", tau > 0.0)?;
    let mut kept = Vec::new();
    for view in views {
        if let Some(variance) = variance_of(view, covariance, tau)? {
            kept.push((view, variance));
        }
    }
    // Rows of tau S P', and P tau S P' + Omega.
    let reach: Vec<Vec<f64>> = kept
        .iter()
        .map(|(view, _)| covariance.times(&view.weights).iter().map(|it| tau * it).collect())
        .collect();
    let mut mean = prior.to_vec();
    let mut values: Vec<f64> = covariance.values().iter().map(|it| (1.0 + tau) * it).collect();
    if !kept.is_empty() {
        let mut system = Matrix::zeros(kept.len(), kept.len());
        for (a, (view, variance)) in kept.iter().enumerate() {
            for (b, reach) in reach.iter().enumerate() {
                system[(a, b)] = dot(&view.weights, reach);
            }
            system[(a, a)] += variance;
        }
        for a in 0..kept.len() {
            for b in 0..a {
                system[(a, b)] = system[(b, a)];
            }
        }
        let factor = Cholesky::of(&system)?;
        let surprise: Vec<f64> =
            kept.iter().map(|(view, _)| view.expected - dot(&view.weights, prior)).collect();
        for (weight, reach) in factor.solve(&surprise)?.iter().zip(&reach) {
            mean.iter_mut().zip(reach).for_each(|(mean, it)| *mean += weight * it);
        }
        for column in 0..assets {
            let right: Vec<f64> = reach.iter().map(|it| it[column]).collect();
            let solved = factor.solve(&right)?;
            for row in 0..assets {
                let known: f64 = reach.iter().zip(&solved).map(|(reach, it)| reach[row] * it).sum();
                values[row * assets + column] -= known;
            }
        }
    }
    Ok(Posterior { mean, covariance: Covariance::new(assets, values)? })
}

/// The variance of a view; nothing for one that is to be ignored.
fn variance_of(view: &View, covariance: &Covariance, tau: f64) -> Result<Option<f64>, Error> {
    sized("weights of a view", &view.weights, covariance.size())?;
    finite("expected return of a view", &[view.expected])?;
    let prior = tau * covariance.variance(&view.weights);
    parameter("variance of a viewed portfolio", prior, "more than zero", prior > 0.0)?;
    match view.certainty {
        Certainty::LikePrior => Ok(Some(prior)),
        Certainty::Variance(value) => {
            parameter("variance of a view", value, "zero or more", value >= 0.0)?;
            Ok(Some(value))
        }
        Certainty::Confidence(value) => {
            parameter("confidence of a view", value, "from 0 to 1", (0.0..=1.0).contains(&value))?;
            Ok((value > 0.0).then(|| prior * (1.0 - value) / value))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn market() -> Covariance {
        Covariance::new(3, vec![0.04, 0.01, 0.0, 0.01, 0.09, 0.02, 0.0, 0.02, 0.16]).unwrap()
    }

    fn view(confidence: f64) -> View {
        View { weights: vec![1.0, -1.0, 0.0], expected: 0.05, certainty: Certainty::Confidence(confidence) }
    }

    #[test]
    fn confidence_is_the_share_of_the_way_from_prior_to_view() {
        let prior = market_prior(&market(), &[3.0, 2.0, 1.0], 2.5, 0.0).unwrap();
        let spread = |mean: &[f64]| mean[0] - mean[1];
        for confidence in [0.0, 0.25, 0.7, 1.0] {
            let mean = posterior(&market(), &prior, 0.05, &[view(confidence)]).unwrap().mean;
            let expected = (1.0 - confidence) * spread(&prior) + confidence * 0.05;
            assert!((spread(&mean) - expected).abs() < 1e-14, "{confidence}");
        }
    }

    #[test]
    fn certain_views_that_repeat_each_other_are_refused() {
        let prior = vec![0.0; 3];
        let answer = posterior(&market(), &prior, 0.05, &[view(1.0), view(1.0)]);
        assert!(matches!(answer, Err(Error::Quant(scalp_quant::Error::Singular { .. }))));
    }
}
