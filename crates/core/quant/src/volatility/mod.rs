//! How much prices move: conditional variance models, exponential averages, realised measures, and how they move together.
//!
//! Returns go in as plain numbers of any scale (0.01 or 1 per cent), variances come out in the square of that scale, per
//! step of the series. [`annualise`] turns a variance per step into a volatility per year.

mod dcc;
mod ewma;
mod fit;
mod har;
mod likelihood;
mod model;
mod realised;
mod simulate;
mod transform;

pub use dcc::{Dcc, DccFit, DccStream, fit_dcc};
pub use ewma::Ewma;
pub use fit::{Fit, Spec, StandardErrors, fit};
pub use har::{Har, HarFit, fit_har};
pub use likelihood::{log_likelihood, log_likelihood_gradient};
pub use model::{ErrorFamily, Errors, Garch, GarchStream, Kind, Mean, Params, backcast};
pub use realised::{JumpTest, bipower_variation, jump_test, realised_variance, tripower_quarticity};
pub use simulate::{Draws, Plan, Simulation, simulate};

use crate::Error;
pub(crate) use crate::given::series as check_series;

/// Steps in a year of a market that never closes, for daily data; the default of everything that annualises.
pub const DAYS_PER_YEAR: f64 = 365.0;

/// Volatility per year of a variance per step: `sqrt(variance * steps_per_year)`. Refuses what is not positive.
pub fn annualise(variance: f64, steps_per_year: f64) -> Result<f64, Error> {
    let expected = "positive and finite";
    for (name, value) in [("variance", variance), ("steps per year", steps_per_year)] {
        if !(value > 0.0 && value.is_finite()) {
            return Err(Error::Parameter { name, value, expected });
        }
    }
    Ok((variance * steps_per_year).sqrt())
}
