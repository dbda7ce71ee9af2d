//! Annual returns and covariance of a table, as portfolios are made from them.

use super::{Sample, StudyError};
use scalp_allocate::Covariance;
use scalp_quant::dependence::covariance::{exponential, sample as of_sample, semicovariance};
use scalp_quant::dependence::shrinkage::{constant_variance, oracle_approximating};
use scalp_quant::matrix::Matrix;
use scalp_quant::performance;

/// Which estimate of the covariance is used.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Estimate {
    /// Of the sample.
    Sample,
    /// Shrunk towards a constant variance (Ledoit and Wolf 2004).
    LedoitWolf,
    /// Oracle approximating shrinkage (Chen et al. 2010).
    Oas,
    /// Recent rows count more, with this span.
    Exponential(f64),
    /// Of losses only.
    Semi,
}

/// Annual mean returns and covariance of a sample: compounded mean as the field has it, and the chosen estimate.
pub struct Moments {
    /// By asset.
    pub mean: Vec<f64>,
    /// Of simple returns, scaled to a year.
    pub covariance: Covariance,
}

impl Moments {
    /// Of a table. Refuses a covariance that sees no risk at all in some portfolios.
    pub fn of(sample: &Sample, estimate: Estimate) -> Result<Self, StudyError> {
        enough(sample)?;
        let failed = || StudyError::of("covariance");
        let matrix = Matrix::from_columns(&sample.returns).map_err(failed())?;
        let found = match estimate {
            Estimate::Sample => of_sample(&matrix),
            Estimate::LedoitWolf => constant_variance(&matrix).map(|it| it.covariance),
            Estimate::Oas => oracle_approximating(&matrix).map(|it| it.covariance),
            Estimate::Exponential(span) => exponential(&matrix, span),
            Estimate::Semi => semicovariance(&matrix, 0.0),
        };
        let annual = found.map_err(failed())?.scaled(sample.per_year);
        let covariance = Covariance::of(&annual)
            .map_err(|e| StudyError::Allocate(super::portfolio::named(&e.to_string(), &sample.names)))?;
        let mut mean = Vec::new();
        for (name, returns) in sample.names.iter().zip(&sample.returns) {
            let found = performance::annual_return(returns, sample.per_year);
            mean.push(found.map_err(StudyError::of(name))?);
        }
        Ok(Self { mean, covariance })
    }

    /// Expected return and volatility of a portfolio.
    pub fn place(&self, weights: &[f64]) -> (f64, f64) {
        let mean = weights.iter().zip(&self.mean).map(|(weight, mean)| weight * mean).sum();
        (mean, self.covariance.volatility(weights))
    }
}

/// That there are returns to take a covariance of.
pub fn enough(sample: &Sample) -> Result<(), StudyError> {
    let steps = sample.steps();
    if steps < 2 {
        return Err(StudyError::Asked(format!(
            "{}: a covariance needs at least 2 returns, there is {steps}: take a table with more rows",
            sample.table
        )));
    }
    Ok(())
}

/// That a covariance that is inverted rests on more rows than columns.
pub fn invertible(sample: &Sample, estimate: Estimate) -> Result<(), StudyError> {
    let (assets, steps) = (sample.names.len(), sample.steps());
    if steps <= assets && !matches!(estimate, Estimate::LedoitWolf | Estimate::Oas) {
        return Err(StudyError::Asked(format!(
            "{}: {assets} columns with {steps} returns each: this covariance sees no risk at all in some portfolios; take --covariance ledoit-wolf or oas, fewer columns (--column) or more rows",
            sample.table
        )));
    }
    Ok(())
}
