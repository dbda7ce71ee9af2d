//! Is an edge real? What a Sharpe ratio proves after so many observations and so many trials, and how likely the best
//! of many is to be the best by luck. Rates are per period of the returns given; nothing is annualised here.

mod overfitting;
mod sharpe;
mod snooping;

pub(crate) use overfitting::next_combination;
pub use overfitting::{Pbo, probability_of_overfitting};
pub use sharpe::{SharpeSample, Trials, familywise, required_length};
pub use snooping::{RealityCheck, Resampling, Spa, reality_check, superior_predictive_ability};
