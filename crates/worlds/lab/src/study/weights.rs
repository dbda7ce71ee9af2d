//! The portfolio that a question about risk is asked of.

use super::{Sample, StudyError};

/// Weights as they were given, one for each column; equal ones when none were.
pub fn of(sample: &Sample, given: &[f64]) -> Result<Vec<f64>, StudyError> {
    let assets = sample.names.len();
    let weights = match given.len() {
        0 => vec![1.0 / assets as f64; assets],
        n if n == assets => given.to_vec(),
        n => {
            let names = scalp_tables::panel::listed(&sample.names);
            return Err(StudyError::Asked(format!("--weights: expected {assets} ({names}), got {n}")));
        }
    };
    if let Some(at) = weights.iter().position(|it| !it.is_finite()) {
        return Err(StudyError::Asked(format!(
            "--weights: expected a finite number for {}, got {}",
            sample.names[at], weights[at]
        )));
    }
    Ok(weights)
}

/// Simple returns of a portfolio that is brought back to its weights at every step.
pub fn returns(sample: &Sample, weights: &[f64]) -> Vec<f64> {
    let at = |t: usize| weights.iter().zip(&sample.returns).map(|(weight, asset)| weight * asset[t]).sum();
    (0..sample.steps()).map(at).collect()
}
