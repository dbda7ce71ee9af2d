//! How much of the equity to bet, from an edge: Kelly's fractions, with the ruin and the drawdowns that they bring.

mod bet;
mod programme;
mod returns;
mod stop;

pub use bet::{BetArgs, bet};
pub use programme::programme;
pub use returns::{ReturnsArgs, returns};
pub use stop::{StopArgs, stop};

use super::{StudyError, figure};
use scalp_report::data::{Figure, Unit as FigureUnit};

/// Multiples of the full fraction that are compared.
const MULTIPLES: [f64; 5] = [2.0, 1.0, 0.5, 0.25, 0.1];
/// Less growth than this a bet is nothing.
const NOTHING: f64 = 1e-12;

/// Falls that are asked about.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FallArgs {
    /// Share of the equity that it falls to.
    pub to: f64,
    /// Most chance of that.
    pub chance: f64,
    /// Bets or years within which it may.
    pub within: f64,
}

fn said(option: &str) -> impl Fn(scalp_allocate::Error) -> StudyError {
    let option = option.to_owned();
    move |why| StudyError::Allocate(format!("{option}: {why}"))
}

fn check(falls: &FallArgs) -> Result<(), StudyError> {
    for (option, value) in [("fall-to", falls.to), ("chance", falls.chance)] {
        if !(value > 0.0 && value < 1.0) {
            return Err(StudyError::Asked(format!("--{option}: expected between 0 and 1, got {value}")));
        }
    }
    if !(falls.within > 0.0 && falls.within.is_finite()) {
        return Err(StudyError::Asked(format!("--within: expected above 0, got {}", falls.within)));
    }
    Ok(())
}

fn known(name: &str, unit: FigureUnit, value: f64, note: &str) -> Figure {
    figure(name, unit, Ok::<f64, String>(value), note)
}
