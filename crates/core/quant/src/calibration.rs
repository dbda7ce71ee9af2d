//! From a model's score to a probability that sizing may trust, and how good a probability is: isotonic, Platt and beta
//! maps; Brier score, its parts and its skill over the base rate; the reliability curve.

mod isotonic;
mod parametric;
mod score;

pub use isotonic::{Isotonic, PerRegime};
pub use parametric::{Beta, Platt};
pub use score::{
    Bin, BrierParts, auc, brier, brier_parts, brier_skill, expected_calibration_error, log_loss,
    reliability_curve,
};

use crate::Error;
use crate::series::{check, check_same};

/// Outcomes are true or false, one for each score.
fn check_outcomes(scores: &[f64], outcomes: &[bool]) -> Result<(), Error> {
    check_same("scores", scores.len(), "outcomes", outcomes.len())?;
    check("scores", scores, 1)
}

/// As [`check_outcomes`], the scores being probabilities.
fn check_probabilities(p: &[f64], outcomes: &[bool]) -> Result<(), Error> {
    check_outcomes(p, outcomes)?;
    match p.iter().position(|p| !(0.0..=1.0).contains(p)) {
        Some(index) => {
            Err(Error::OutOfRange { what: "probability", index, value: p[index], expected: "0 to 1" })
        }
        None => Ok(()),
    }
}

/// Both outcomes must occur where one is told from the other.
fn check_both(outcomes: &[bool]) -> Result<(), Error> {
    if outcomes.iter().all(|o| *o == outcomes[0]) {
        Err(Error::Constant { what: "outcomes" })
    } else {
        Ok(())
    }
}
