//! How much of each: portfolio optimisation and sizing formulas, on plain numbers. The only room with a convex solver.

pub mod budgeting;
pub mod certificate;
pub mod constraints;
pub mod costs;
pub mod covariance;
pub mod error;
pub mod gradient;
pub mod meanvariance;
pub mod hierarchy;
pub mod lots;
pub mod meanrisk;
pub mod multiperiod;
pub mod pooling;
pub mod portfolio;
mod program;
pub mod realtime;
pub mod resampling;
pub mod risk;
pub mod scenarios;
pub mod tree;
pub mod uncertainty;
pub mod views;

pub use certificate::Check;
pub use constraints::{Constraints, Group, Range, Source, Turnover};
pub use costs::Costs;
pub use covariance::Covariance;
pub use error::Error;
pub use meanrisk::MeanRisk;
pub use meanvariance::MeanVariance;
pub use portfolio::{FEASIBLE, Portfolio};
pub use risk::Risk;
pub use scenarios::Scenarios;
pub use tree::{Linkage, Tree};
pub use uncertainty::Uncertainty;
